/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Service passwords: orders that need one, former passwords, key rotation, foreign hashes, simultaneous guesses and guesses
 * across restarts. The store is SQLite or a small one that follows the contract of accounts.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/password_hash.h"
#include "store/sqlite/connection.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define PASSWORD "246810"
#define TRIES 3
#define LOCKED_UNTIL (FIXTURE_NOW + 300)

/* ---- a store with one account ---- */

struct store {
	struct accounts *accounts;
	char hash[PASSWORD_HASH_SIZE], past[512];
	unsigned int tries, counted;
	bool temporary;
	bool replaced, renewed;			/* writes of the hash: a new password or a new hash */
	bool silent;				/* orders are not answered */
	unsigned int orders;
	struct request order;			/* the last one */
	uint64_t order_id;
};

static enum result book_attempt(struct store *store, struct response *response)
{
	struct password_found *found = &response->password;
	struct record *facts = &response->facts;

	if (store->tries == TRIES) {
		record_put_number(facts, FIELD_LOCKED_UNTIL, LOCKED_UNTIL);
		return RESULT_LOCKED;
	}
	store->tries++;
	store->counted++;
	if (store->tries == TRIES)
		record_put_number(facts, FIELD_LOCKED_UNTIL, LOCKED_UNTIL);
	record_put_text(facts, FIELD_MSISDN, ALICE, strlen(ALICE));
	response->part = RESPONSE_PASSWORD;
	*found = (struct password_found){ .left = TRIES - store->tries, .temporary = store->temporary };
	strcpy(found->hash, store->hash);
	osmo_strlcpy(found->past, store->past, sizeof(found->past));
	return RESULT_OK;
}

static enum result book_set(struct store *store, const struct password_request *asked)
{
	if (strcmp(asked->compared, store->hash))
		return RESULT_CONFLICT;
	store->tries = 0;
	store->replaced = asked->fresh[0] && !asked->rehashed;
	store->renewed = asked->fresh[0] && asked->rehashed;
	if (asked->fresh[0])
		strcpy(store->hash, asked->fresh);
	return RESULT_OK;
}

static int book_order(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	store->order = *request;
	store->order_id = id;
	store->orders++;
	response->result = RESULT_ACCEPTED;
	record_put_text(&response->facts, FIELD_STATUS, "suspended", strlen("suspended"));
	return store->silent ? -EINPROGRESS : 0;
}

static int book_submit(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (request->kind == REQUEST_PASSWORD_ATTEMPT)
		response->result = book_attempt(store, response);
	else if (request->kind == REQUEST_PASSWORD_SET)
		response->result = book_set(store, &request->password);
	else if (request_orders(request->kind))	/* on a slow machine, also time for the requests that accounts/ makes itself */
		return book_order(store, request, id, response);
	return 0;
}

static int book_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store)
{
	*store = talloc_zero(ctx, struct store);
	(*store)->accounts = accounts;
	return 0;
}

static uint64_t book_reference(struct store *store, unsigned int count)
{
	return 1;
}

static void book_close(struct store *store)
{
	talloc_free(store);
}

static const struct store_ops book_ops = {
	.name = "book", .open = book_open, .change = book_submit, .read = book_submit,
	.housekeep = book_submit, .reference = book_reference, .close = book_close,
};

/* Replaces the program's. */
const struct store_ops *const store_table[] = { &book_ops, &memory_store_ops, &sqlite_store_ops, NULL };

/* ---- the bench ---- */

struct bench {
	struct accounts *accounts;
	struct store *store;
	char pepper[64];
	struct answers answers;
};

static struct accounts_settings settings_of(const struct bench *bench, const char *kinds)
{
	return (struct accounts_settings){
		.store = "book", .deadline_ms = 8000, .password_tries = TRIES, .requests_max = 200,
		.pepper_file = bench->pepper, .password_hashes = kinds,
	};
}

static void hash_with_current(const struct bench *bench, const char *password, char hash[static PASSWORD_HASH_SIZE])
{
	uint8_t pepper[PEPPER_SIZE];

	assert_int_equal(pepper_load(bench->pepper, pepper), 0);
	assert_int_equal(password_hash(pepper, password, hash), 0);
}

static void name_pepper(struct bench *bench)
{
	snprintf(bench->pepper, sizeof(bench->pepper), "/tmp/starhash-password-%d", (int)getpid());
	unlink(bench->pepper);
}

static void bench_start(struct bench *bench, const struct accounts_settings *settings)
{
	assert_int_equal(accounts_new(NULL, settings, answers_take, &bench->accounts), 0);
	bench->store = accounts_store(bench->accounts);
}

static void bench_open(struct bench *bench, const char *kinds)
{
	struct accounts_settings settings;

	name_pepper(bench);
	settings = settings_of(bench, kinds);
	bench_start(bench, &settings);
	hash_with_current(bench, PASSWORD, bench->store->hash);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	unlink(bench->pepper);
}

static bool some_answer(void *user)
{
	return ((struct bench *)user)->answers.count;
}

static enum result submit(struct bench *bench, const struct request *request)
{
	uint64_t id;

	bench->answers.count = 0;
	if (accounts_submit(bench->accounts, request, &bench->answers, &bench->answers.last, &id) == -EINPROGRESS)
		assert_true(loop_until(some_answer, bench, 20000));
	return bench->answers.last.result;
}

static enum result suspend(struct bench *bench, uint64_t ref, const char *password)
{
	struct request request = fixture_request(REQUEST_LINE_SUSPEND, ALICE, ref);

	fixture_arg(&request, ARG_CHANNEL, "console");
	fixture_arg(&request, FIELD_PASSWORD, password);
	return submit(bench, &request);
}

static struct request with_new(enum request_kind kind, uint64_t ref, const char *old, const char *fresh)
{
	struct request request = fixture_request(kind, ALICE, ref);

	fixture_arg(&request, FIELD_OLD, old);
	fixture_arg(&request, FIELD_NEW, fresh);
	return request;
}

static enum result change(struct bench *bench, uint64_t ref, const char *old, const char *fresh)
{
	const struct request request = with_new(REQUEST_PASSWORD_CHANGE, ref, old, fresh);

	return submit(bench, &request);
}

static enum result check(struct bench *bench, const char *old, const char *fresh)
{
	const struct request request = with_new(REQUEST_PASSWORD_CHECK, 0, old, fresh);

	return submit(bench, &request);
}

/* -1: not said. */
static int64_t tries_left(const struct bench *bench)
{
	return record_number(&bench->answers.last.facts, FIELD_TRIES_LEFT, -1);
}

static void restart(struct bench *bench, const char *kinds)
{
	const struct accounts_settings settings = settings_of(bench, kinds);
	char hash[PASSWORD_HASH_SIZE];

	strcpy(hash, bench->store->hash);
	accounts_free(bench->accounts);
	bench_start(bench, &settings);
	strcpy(bench->store->hash, hash);
}

/* ---- orders ---- */

static void S11_order__right_password__passed_on_without_it(void **state)
{
	struct bench bench = { 0 };
	struct record args;
	struct value value;

	bench_open(&bench, NULL);
	assert_int_equal(suspend(&bench, 41, PASSWORD), RESULT_ACCEPTED);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_STATUS), "suspended");
	assert_int_equal(bench.store->order.ref, 41);
	assert_int_equal(bench.store->order.kind, REQUEST_LINE_SUSPEND);
	args = request_args(&bench.store->order);
	assert_false(record_get(&args, FIELD_PASSWORD, &value));
	assert_string_equal(fixture_text(&args, ARG_CHANNEL), "console");
	assert_null(memmem(bench.store->order.args, sizeof(bench.store->order.args), PASSWORD, 6));
	assert_int_equal(bench.store->tries, 0);
	bench_close(&bench);
}

static void S11_order__wrong_too_often__locked_for_a_time(void **state)
{
	static const enum result wanted[] = { RESULT_WRONG, RESULT_WRONG, RESULT_LOCKED, RESULT_LOCKED };
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(suspend(&bench, 1 + i, i == 3 ? PASSWORD : i == 1 ? "" : "135791"), wanted[i]);
		assert_int_equal(record_number(&bench.answers.last.facts, FIELD_LOCKED_UNTIL, 0),
				 wanted[i] == RESULT_LOCKED ? LOCKED_UNTIL : 0);
		assert_int_equal(tries_left(&bench), wanted[i] == RESULT_WRONG ? TRIES - 1 - (int)i : -1);
		record_drop(&bench.answers.last.facts, FIELD_LOCKED_UNTIL);
		record_drop(&bench.answers.last.facts, FIELD_TRIES_LEFT);
		assert_int_equal(bench.answers.last.facts.len, 0);
	}
	assert_int_equal(bench.store->orders, 0);
	bench_close(&bench);
}

static void S11_order__temporary_password__only_good_to_change_it(void **state)
{
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	bench.store->temporary = true;
	assert_int_equal(suspend(&bench, 1, "135791"), RESULT_WRONG);
	assert_int_equal(suspend(&bench, 2, PASSWORD), RESULT_TEMPORARY);
	assert_int_equal(bench.store->tries, 0);
	assert_int_equal(bench.store->orders, 0);
	assert_int_equal(change(&bench, 3, PASSWORD, "975319"), RESULT_OK);
	bench_close(&bench);
}

/* A7: the store recognises the order; the password is judged each time, and a wrong one orders nothing under any reference. */
static void A7_order__same_reference_again__judged_each_time(void **state)
{
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(suspend(&bench, 7, PASSWORD), RESULT_ACCEPTED);
		assert_int_equal(bench.store->order.ref, 7);
	}
	assert_int_equal(bench.store->counted, 3);
	assert_int_equal(suspend(&bench, 7, "135791"), RESULT_WRONG);
	assert_int_equal(bench.store->orders, 3);
	bench_close(&bench);
}

static void order__without_password__goes_straight_to_the_store(void **state)
{
	struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 1);
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	assert_int_equal(submit(&bench, &request), RESULT_ACCEPTED);
	assert_int_equal(bench.store->counted, 0);
	bench_close(&bench);
}

/* A26: an order that needs a password fails if it is missing or empty, even if the stored password is empty, too. */
static void A26_order__password_is_missing_or_empty__nothing_ordered(void **state)
{
	static const enum request_kind kinds[] = { REQUEST_LINE_SUSPEND, REQUEST_LINE_RESUME };
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct request request = fixture_request(kinds[i], ALICE, 1 + i);

		assert_int_equal(submit(&bench, &request), RESULT_REFUSED);
	}
	hash_with_current(&bench, "", bench.store->hash);
	assert_int_equal(suspend(&bench, 3, ""), RESULT_WRONG);
	assert_int_equal(bench.store->orders, 0);
	assert_int_equal(bench.store->tries, 1);
	bench_close(&bench);
}

static void order__no_key_file_configured__unavailable(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings = settings_of(&bench, NULL);

	settings.pepper_file = NULL;
	bench_start(&bench, &settings);
	assert_int_equal(suspend(&bench, 1, PASSWORD), RESULT_UNAVAILABLE);
	assert_int_equal(bench.store->orders, 0);
	bench_close(&bench);
}

static bool order_is_there(void *user)
{
	return ((struct bench *)user)->store->orders;
}

static void F3_order__store_answers_after_the_deadline__answered_once_more(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;
	struct response late;

	name_pepper(&bench);
	settings = settings_of(&bench, NULL);
	settings.deadline_ms = 700;
	bench_start(&bench, &settings);
	hash_with_current(&bench, PASSWORD, bench.store->hash);
	bench.store->silent = true;
	assert_int_equal(suspend(&bench, 1, PASSWORD), RESULT_UNKNOWN);
	assert_true(loop_until(order_is_there, &bench, 5000));
	assert_true(accounts_pending(bench.accounts, bench.store->order_id));
	response_init(&late);
	late.result = RESULT_OK;
	accounts_complete(bench.accounts, bench.store->order_id, &late);
	assert_int_equal(bench.answers.count, 2);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	bench_close(&bench);
}

static void busy__more_than_the_threads_can_do__refused_uncounted(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;
	unsigned int refused = 0;

	name_pepper(&bench);
	settings = settings_of(&bench, NULL);
	settings.password_threads = 1;
	settings.deadline_ms = 200;
	bench_start(&bench, &settings);
	hash_with_current(&bench, PASSWORD, bench.store->hash);
	for (uint64_t ref = 1; ref <= 20; ref++) {
		struct request request = fixture_request(REQUEST_LINE_RESUME, ALICE, ref);
		uint64_t id;

		bench.store->tries = 0;
		fixture_arg(&request, FIELD_PASSWORD, PASSWORD);
		if (!accounts_submit(bench.accounts, &request, &bench.answers, &bench.answers.last, &id))
			refused += bench.answers.last.result == RESULT_BUSY;
	}
	assert_int_equal(refused, 6);	/* a quarter of 20 hashes is for changes, and one more is reserved than used */
	assert_int_equal(bench.store->counted, 14);
	bench_close(&bench);
}

/* ---- checks before a change ---- */

/* The same rows for a check and for a change, but only a change changes the password. */
static void S4_check__each_result__as_a_change_but_nothing_changes(void **state)
{
	static const struct {
		const char *old, *fresh;
		enum result wanted;
		int left;
	} rows[] = {
		{ "135791", "975319", RESULT_WRONG, 2 }, { "", "975319", RESULT_WRONG, 1 }, { PASSWORD, "111111", RESULT_WEAK, -1 },
		{ "135791", "111111", RESULT_WRONG, 2 }, { PASSWORD, "357913", RESULT_USED, -1 }, { PASSWORD, PASSWORD, RESULT_WEAK, -1 },
		{ PASSWORD, "", RESULT_WEAK, -1 }, { PASSWORD, "975319", RESULT_OK, -1 },
	};

	for (unsigned int changes = 0; changes < 2; changes++) {
		struct bench bench = { 0 };
		char hash[PASSWORD_HASH_SIZE];

		bench_open(&bench, NULL);
		strcpy(hash, bench.store->hash);
		hash_with_current(&bench, "357913", bench.store->past);
		for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
			const enum result result = changes ? change(&bench, 1 + i, rows[i].old, rows[i].fresh) :
						   check(&bench, rows[i].old, rows[i].fresh);

			assert_int_equal(result, rows[i].wanted);
			assert_int_equal(tries_left(&bench), rows[i].left);
			record_drop(&bench.answers.last.facts, FIELD_TRIES_LEFT);
			assert_int_equal(bench.answers.last.facts.len, 0);
			assert_int_equal(bench.store->tries > 0, result == RESULT_WRONG);
			assert_int_equal(bench.store->counted, i + 1);
		}
		assert_int_equal(bench.store->replaced, changes);
		assert_int_equal(strcmp(bench.store->hash, hash) != 0, changes);
		assert_int_equal(bench.store->orders, 0);
		bench_close(&bench);
	}
}

static void S4_check__wrong_too_often__locked_for_the_right_one_and_for_changes(void **state)
{
	static const enum result wanted[] = { RESULT_WRONG, RESULT_WRONG, RESULT_LOCKED, RESULT_LOCKED };
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(check(&bench, i == 3 ? PASSWORD : "135791", "975319"), wanted[i]);
		assert_int_equal(tries_left(&bench), i < 2 ? TRIES - 1 - i : -1);
		assert_int_equal(record_number(&bench.answers.last.facts, FIELD_LOCKED_UNTIL, 0), i < 2 ? 0 : LOCKED_UNTIL);
	}
	assert_int_equal(change(&bench, 1, PASSWORD, "975319"), RESULT_LOCKED);
	assert_int_equal(tries_left(&bench), -1);
	bench_close(&bench);
}

static void S4_check__right_with_an_older_key__hashed_anew_but_not_replaced(void **state)
{
	struct bench bench = { 0 };
	char id[KEY_ID_SIZE];

	bench_open(&bench, NULL);
	assert_int_equal(keys_rotate(bench.pepper, id), 0);
	restart(&bench, NULL);
	assert_int_equal(check(&bench, PASSWORD, "975319"), RESULT_OK);
	assert_true(bench.store->renewed);
	assert_false(bench.store->replaced);
	assert_memory_equal(bench.store->hash + 1, id, 8);
	assert_int_equal(check(&bench, PASSWORD, "975319"), RESULT_OK);
	assert_false(bench.store->renewed);
	bench_close(&bench);
}

static void S4_check__key_missing__unavailable(void **state)
{
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	unlink(bench.pepper);
	restart(&bench, NULL);
	assert_int_equal(check(&bench, PASSWORD, "975319"), RESULT_UNAVAILABLE);
	assert_int_equal(tries_left(&bench), -1);
	assert_int_equal(bench.store->tries, 0);
	bench_close(&bench);
}

/* ---- former passwords ---- */

static void S4_change__to_a_former_password__refused_if_the_present_one_is_right(void **state)
{
	struct bench bench = { 0 };
	char hash[PASSWORD_HASH_SIZE];

	bench_open(&bench, NULL);
	for (unsigned int i = 0; i < 4; i++) {
		static const char *const former[] = { "357913", "468024", "579135", "680246" };

		hash_with_current(&bench, former[i], hash);
		strcat(strcat(bench.store->past, i ? " " : ""), hash);
	}
	assert_int_equal(change(&bench, 1, "135791", "357913"), RESULT_WRONG);
	assert_int_equal(change(&bench, 2, PASSWORD, "357913"), RESULT_USED);
	assert_int_equal(bench.store->tries, 0);
	assert_int_equal(change(&bench, 3, PASSWORD, "579135"), RESULT_USED);
	assert_int_equal(change(&bench, 4, PASSWORD, "680246"), RESULT_OK);
	assert_true(bench.store->replaced);
	bench_close(&bench);
}

#define FORTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_WORD FORTY FORTY FORTY FORTY

static void S4_change__former_hashes_are_rubbish_or_keyless__ignored(void **state)
{
	static const char *const pasts[] = {
		"", "   ", "x", "k00000000$argon2id$v=19$m=19456,t=2,p=1$BAGBYmi/Yxc39iU4SBm+uQ$E210yG6UjNBH4qMkkMHrO86X2tojy0",
		LONG_WORD " b",
	};
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(pasts); i++) {
		strcpy(bench.store->past, pasts[i]);
		assert_int_equal(change(&bench, 1 + i, i % 2 ? "975319" : PASSWORD, i % 2 ? PASSWORD : "975319"), RESULT_OK);
	}
	bench_close(&bench);
}

/* ---- keys ---- */

static void keys_rotate__hash_of_the_previous_key__right_and_hashed_anew(void **state)
{
	struct bench bench = { 0 };
	char id[KEY_ID_SIZE];

	bench_open(&bench, NULL);
	assert_int_equal(keys_rotate(bench.pepper, id), 0);
	restart(&bench, NULL);
	assert_memory_not_equal(bench.store->hash + 1, id, 8);
	assert_int_equal(suspend(&bench, 1, "135791"), RESULT_WRONG);
	assert_int_equal(suspend(&bench, 2, PASSWORD), RESULT_ACCEPTED);
	assert_true(bench.store->renewed);
	assert_memory_equal(bench.store->hash + 1, id, 8);
	assert_int_equal(suspend(&bench, 3, PASSWORD), RESULT_ACCEPTED);
	assert_false(bench.store->renewed);
	bench_close(&bench);
}

static void keys_rotate__hash_from_before_keys_had_names__belongs_to_the_first(void **state)
{
	struct bench bench = { 0 };
	char id[KEY_ID_SIZE];

	bench_open(&bench, NULL);
	memmove(bench.store->hash, bench.store->hash + 9, strlen(bench.store->hash + 9) + 1);
	assert_int_equal(keys_rotate(bench.pepper, id), 0);
	restart(&bench, NULL);
	assert_int_equal(change(&bench, 1, PASSWORD, "111111"), RESULT_WEAK);
	assert_true(bench.store->renewed);
	assert_memory_equal(bench.store->hash + 1, id, 8);
	bench_close(&bench);
}

static void key__missing__unavailable_and_not_counted_as_wrong(void **state)
{
	struct bench bench = { 0 };

	bench_open(&bench, NULL);
	unlink(bench.pepper);
	restart(&bench, NULL);
	for (uint64_t ref = 1; ref <= 5; ref++) {
		assert_int_equal(suspend(&bench, ref, ref % 2 ? PASSWORD : "135791"), RESULT_UNAVAILABLE);
		assert_int_equal(bench.store->tries, 0);
	}
	assert_int_equal(bench.store->orders, 0);
	bench_close(&bench);
}

static void keys_rotate__file__grows_and_keeps_its_mode(void **state)
{
	char path[] = "/tmp/starhash-keys-XXXXXX";
	uint8_t first[PEPPER_SIZE], current[PEPPER_SIZE];
	char id[KEY_ID_SIZE], own[KEY_ID_SIZE];
	struct keys *keys;
	struct stat stat_of;

	close(mkstemp(path));
	unlink(path);
	assert_int_equal(keys_rotate(path, id), -ENOENT);
	assert_int_equal(pepper_load(path, first), 0);
	for (unsigned int count = 2; count <= KEYS_MAX; count++) {
		assert_int_equal(keys_rotate(path, id), 0);
		assert_int_equal(stat(path, &stat_of), 0);
		assert_int_equal(stat_of.st_size, count * PEPPER_SIZE);
		assert_int_equal(stat_of.st_mode & 07777, 0600);
		assert_int_equal(pepper_load(path, current), 0);
		key_id(current, own);
		assert_string_equal(own, id);
	}
	assert_int_equal(keys_rotate(path, id), -ENOSPC);
	assert_int_equal(keys_load(path, &keys), 0);
	assert_memory_equal(keys_first(keys), first, PEPPER_SIZE);
	assert_memory_equal(keys_find(keys, own), current, PEPPER_SIZE);
	keys_free(keys);
	unlink(path);
}

/* ---- foreign hashes ---- */

#define ARGON2ID "$argon2id$v=19$m=8192,t=1,p=1$tCUijLdRNa/HV4gV/nD3Sw$AyrvSW0tHxCPmd5VBjXPSEF8WtQoi9vG2Swdn3wp/94"
#define ARGON2ID_AS_OURS \
	"$argon2id$v=19$m=19456,t=2,p=1$BAGBYmi/Yxc39iU4SBm+uQ$E210yG6UjNBH4qMkkMHrO86X2tojy0+EupdLInjHk24"
#define SHA256 "$5$rounds=1000$saltsalt$Reo/RnjMMxfQf.3kOMIGGpy/IISq2BZje2V4k6peaD9"
#define SHA512 "$6$saltsaltsalt$2yBU/IDGqSsEjvMYK198qH4veHGTaxxQ6Vzpa9ixKwuYWoVKpbZgDtGnzUP7XxAw0VMa1gdC.hNJMPX8V6V3R1"
#define YESCRYPT "$y$j75$saltsaltsalt$DuTqYnqrS7hEMBWA2P88h.tan5uqvtXab55OnyFjhH7"
#define BCRYPT "$2b$04$saltsaltsaltsaltsaltsOo0ZzAGqSoWflZRTCteXStcae11Mqy2i"

static void foreign_hash__kind_accepted__right_wrong_and_hashed_anew(void **state)
{
	static const char *const hashes[] = { ARGON2ID, ARGON2ID_AS_OURS, SHA256, SHA512, YESCRYPT, BCRYPT };

	for (unsigned int i = 0; i < ARRAY_SIZE(hashes); i++) {
		struct bench bench = { 0 };

		bench_open(&bench, " argon2id bcrypt  sha256-crypt sha512-crypt yescrypt");
		strcpy(bench.store->hash, hashes[i]);
		assert_int_equal(suspend(&bench, 1, "135791"), RESULT_WRONG);
		assert_string_equal(bench.store->hash, hashes[i]);
		assert_int_equal(suspend(&bench, 2, PASSWORD), RESULT_ACCEPTED);
		assert_true(bench.store->renewed);
		assert_int_equal(bench.store->hash[0], 'k');
		assert_int_equal(suspend(&bench, 3, PASSWORD), RESULT_ACCEPTED);
		bench_close(&bench);
	}
}

static void foreign_hash__kind_not_accepted_or_too_expensive__unavailable(void **state)
{
	static const struct {
		const char *kinds;
		const char *hash;
	} cases[] = {
		{ NULL, ARGON2ID }, { NULL, SHA256 }, { "sha512-crypt", SHA256 }, { "bcrypt yescrypt", SHA512 },
		{ "sha256-crypt", "$5$rounds=900000000$saltsalt$Reo/RnjMMxfQf.3kOMIGGpy/IISq2BZje2V4k6peaD9" },
		{ "sha256-crypt", "$5$" }, { "bcrypt", "$2b$31$saltsaltsaltsaltsaltsOo0ZzAGqSoWflZRTCteXStcae11Mqy2i" },
		{ "bcrypt", "$2b$" }, { "yescrypt", "$y$jFT$saltsaltsalt$DuTqYnqrS7hEMBWA2P88h.tan5uqvtXab55OnyFjhH7" },
		{ "yescrypt", "$y$" }, { "yescrypt", "$y$j" },
		{ "argon2id", "$argon2id$v=19$m=4194304,t=1,p=1$tCUijLdRNa/HV4gV/nD3Sw$AyrvSW0tHxCPmd5VBjXPSEF8WtQoi9vG2Swdn3wp/94" },
		{ "argon2id", "$argon2id$v=19$m=8,t=100000,p=1$tCUijLdRNa/HV4gV/nD3Sw$AyrvSW0tHxCPmd5VBjXPSEF8WtQoi9vG2Swdn3wp/94" },
		{ "sha256-crypt", PASSWORD }, { "sha256-crypt", "" }, { "sha256-crypt", "k" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench = { 0 };

		bench_open(&bench, cases[i].kinds);
		strcpy(bench.store->hash, cases[i].hash);
		assert_int_equal(suspend(&bench, 1, PASSWORD), RESULT_UNAVAILABLE);
		assert_int_equal(bench.store->tries, 0);
		bench_close(&bench);
	}
}

static void settings__unknown_hash_type__refused(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;

	name_pepper(&bench);
	settings = settings_of(&bench, "bcrypt md5");
	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench.accounts), -EINVAL);
}

/* ---- guesses, with SQLite ---- */

#define CHANNELS 4
#define GUESSES 10

struct guesses {
	unsigned int verified, all;	/* verified: found wrong, and not locked at that time */
};

static void guess_done(void *user, uint64_t id, const struct response *response)
{
	struct guesses *guesses = user;

	guesses->all++;
	guesses->verified += response->result == RESULT_WRONG || response->result == RESULT_OK ||
			     response->result == RESULT_ACCEPTED;
}

static bool all_guessed(void *user)
{
	return ((struct guesses *)user)->all == CHANNELS * GUESSES;
}

static void guess(struct accounts *accounts, uint64_t ref, const char *password, struct guesses *guesses)
{
	struct request request = fixture_request(ref % 2 ? REQUEST_PASSWORD_CHANGE : REQUEST_LINE_SUSPEND, ALICE, ref);
	struct response response;
	uint64_t id;

	fixture_arg(&request, ref % 2 ? FIELD_OLD : FIELD_PASSWORD, password);
	fixture_arg(&request, FIELD_NEW, "975319");
	if (accounts_ask(accounts, &request, guess_done, guesses, &response, &id) == 0)
		guess_done(guesses, id, &response);
}

/* Alice's hash is of PASSWORD. */
static const char *sqlite_open(struct bench *bench, char file[static DATABASE_NAME_SIZE], struct accounts_settings *settings)
{
	char hash[PASSWORD_HASH_SIZE], sql[256];
	sqlite3 *db;

	name_pepper(bench);
	hash_with_current(bench, PASSWORD, hash);
	database_fixture(file);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	snprintf(sql, sizeof(sql), "UPDATE password SET hash = '%s' WHERE msisdn = " ALICE, hash);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	*settings = settings_of(bench, NULL);
	settings->store = "sqlite";
	settings->file = file;
	settings->password_threads = 2;
	return file;
}

static void F23_guesses__four_channels_at_once__no_more_verified_than_tries(void **state)
{
	struct accounts_settings settings;
	struct guesses guesses = { 0 };
	struct bench bench = { 0 };
	char file[DATABASE_NAME_SIZE];

	sqlite_open(&bench, file, &settings);
	settings.deadline_ms = 30000;
	assert_int_equal(accounts_new(NULL, &settings, guess_done, &bench.accounts), 0);
	for (uint64_t i = 0; i < CHANNELS * GUESSES; i++)	/* the last one is right, but too late */
		guess(bench.accounts, (i % CHANNELS << 20 | i) + 1, i + 1 == CHANNELS * GUESSES ? PASSWORD : "135791", &guesses);
	assert_true(loop_until(all_guessed, &guesses, 30000));
	assert_int_equal(guesses.verified, TRIES - 1);		/* and the attempt that locked */
	bench_close(&bench);
	database_unlink(file);
}

static bool one_guessed(void *user)
{
	return ((struct guesses *)user)->all;
}

/* The daemon dies as soon as the guesser knows whether the guess was right: the count must be on the disk. */
static bool guess_and_die(const struct accounts_settings *settings, uint64_t ref)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct guesses guesses = { 0 };
		struct accounts *accounts;

		if (accounts_new(NULL, settings, guess_done, &accounts) < 0)
			_exit(2);
		guess(accounts, ref, ref == 8 ? PASSWORD : "135791", &guesses);
		loop_until(one_guessed, &guesses, 20000);
		if (guesses.verified)
			kill(getpid(), SIGKILL);
		_exit(guesses.all ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void F23_guesses__daemon_killed_after_each__no_more_verified_than_tries(void **state)
{
	struct accounts_settings settings;
	struct bench bench = { 0 };
	char file[DATABASE_NAME_SIZE];
	unsigned int verified = 0;

	sqlite_open(&bench, file, &settings);
	for (uint64_t ref = 1; ref <= 8; ref++)
		verified += guess_and_die(&settings, ref);
	assert_int_equal(verified, TRIES - 1);
	unlink(bench.pepper);
	database_unlink(file);
}

/* ---- links and subscribers: A23, A24, A54, A55 ---- */

static enum result suspend_over(struct bench *bench, uint64_t ref, const char *msisdn, const char *trust, const char *password)
{
	struct request request = fixture_request(REQUEST_LINE_SUSPEND, msisdn, ref);

	fixture_arg(&request, ARG_CHANNEL, trust);
	fixture_arg(&request, ARG_TRUST, trust);
	fixture_arg(&request, FIELD_PASSWORD, password);
	return submit(bench, &request);
}

static void A23_suspend__after_three_forged_texts__done_for_its_owner(void **state)
{
	struct accounts_settings settings;
	struct bench bench = { 0 };
	char file[DATABASE_NAME_SIZE];

	sqlite_open(&bench, file, &settings);
	settings.password_delays = "300 3600";
	bench_start(&bench, &settings);
	for (uint64_t ref = 1; ref <= TRIES; ref++)
		assert_int_equal(suspend_over(&bench, ref, ALICE, "read+code", "135791"), ref < TRIES ? RESULT_WRONG : RESULT_LOCKED);
	assert_int_equal(suspend_over(&bench, 10, ALICE, "read+code", PASSWORD), RESULT_LOCKED);
	assert_int_equal(record_number(&bench.answers.last.facts, FIELD_LOCKED_UNTIL, 0), FIXTURE_NOW + 300);
	assert_int_equal(suspend_over(&bench, 11, ALICE, "password", PASSWORD), RESULT_OK);
	bench_close(&bench);
	database_unlink(file);
}

/* An empty password is a wrong one. */
static void memory_open(struct bench *bench, struct accounts_settings *settings, char hash[static PASSWORD_HASH_SIZE])
{
	struct stored_account alice = fixture_accounts[0];

	name_pepper(bench);
	hash_with_current(bench, PASSWORD, hash);
	alice.hash = hash;
	*settings = settings_of(bench, NULL);
	settings->store = "memory";
	bench_start(bench, settings);
	fixture_sell(&memory_store_ops, bench->store);
	fixture_put(&memory_store_ops, bench->store, &alice);
}

static enum result check_over(struct bench *bench, const char *trust, const char *old)
{
	struct request request = with_new(REQUEST_PASSWORD_CHECK, 0, old, "975319");

	fixture_arg(&request, ARG_CHANNEL, trust);
	fixture_arg(&request, ARG_TRUST, trust);
	return submit(bench, &request);
}

/* Each kind of link has its own tries, shared by checks and orders; the right password over a trusted one clears both. */
static void S4_check__over_each_kind_of_link_in_each_store__tries_left_of_its_lock(void **state)
{
	for (int sqlite = 0; sqlite < 2; sqlite++) {
		char file[DATABASE_NAME_SIZE], hash[PASSWORD_HASH_SIZE];
		struct accounts_settings settings;
		struct bench bench = { 0 };

		if (sqlite) {
			sqlite_open(&bench, file, &settings);
			bench_start(&bench, &settings);
		} else {
			memory_open(&bench, &settings, hash);
		}
		assert_int_equal(check_over(&bench, "read", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 2);
		assert_int_equal(check_over(&bench, "read+code", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 1);
		assert_int_equal(check_over(&bench, "password", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 2);
		assert_int_equal(suspend_over(&bench, 1, ALICE, "password", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 1);
		assert_int_equal(check_over(&bench, "read", "135791"), RESULT_LOCKED);
		assert_int_equal(tries_left(&bench), -1);
		assert_int_equal(check_over(&bench, "password", PASSWORD), RESULT_OK);
		assert_int_equal(tries_left(&bench), -1);
		assert_int_equal(check_over(&bench, "read", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 2);
		assert_int_equal(check_over(&bench, "password", "135791"), RESULT_WRONG);
		assert_int_equal(tries_left(&bench), 2);
		fixture_claim(bench.accounts, QUEUE_NOTIFICATIONS, &bench.answers);
		assert_int_equal(bench.answers.last.rows.count, 0);	/* no "password_changed" */
		bench_close(&bench);
		if (sqlite)
			database_unlink(file);
	}
}

static void A24_link__with_too_many_wrong_passwords__refused_uncounted_and_others_are_not(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;

	name_pepper(&bench);
	settings = settings_of(&bench, NULL);
	settings.password_link_wrong = 2;
	bench_start(&bench, &settings);
	hash_with_current(&bench, PASSWORD, bench.store->hash);
	time_stop();
	assert_int_equal(suspend_over(&bench, 1, ALICE, "read", "135791"), RESULT_WRONG);
	assert_int_equal(suspend_over(&bench, 2, BOB, "read", ""), RESULT_WRONG);
	assert_int_equal(tries_left(&bench), 1);
	assert_int_equal(suspend_over(&bench, 3, "8613900000001", "read", "135791"), RESULT_BUSY);
	assert_int_equal(tries_left(&bench), -1);
	assert_int_equal(bench.store->counted, 2);
	assert_int_equal(suspend_over(&bench, 4, ALICE, "password", PASSWORD), RESULT_ACCEPTED);
	time_go_on();
	bench_close(&bench);
}

static void A55_right_password__more_often_than_allowed__busy_for_that_subscriber_only(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;

	name_pepper(&bench);
	settings = settings_of(&bench, NULL);
	settings.password_checks = 2;
	bench_start(&bench, &settings);
	hash_with_current(&bench, PASSWORD, bench.store->hash);
	time_stop();
	assert_int_equal(suspend_over(&bench, 1, ALICE, "password", PASSWORD), RESULT_ACCEPTED);
	assert_int_equal(suspend_over(&bench, 2, ALICE, "password", PASSWORD), RESULT_ACCEPTED);
	assert_int_equal(suspend_over(&bench, 3, ALICE, "password", PASSWORD), RESULT_BUSY);
	assert_int_equal(check(&bench, "135791", "975319"), RESULT_BUSY);
	assert_int_equal(tries_left(&bench), -1);
	assert_int_equal(suspend_over(&bench, 4, BOB, "password", PASSWORD), RESULT_ACCEPTED);
	assert_int_equal(bench.store->counted, 3);
	time_go_on();
	bench_close(&bench);
}

/* "Try again later" would be wrong: until the lock ends, every attempt is answered with its end. */
static void S4_locked__attempts_more_often_than_allowed__answered_until_when_all_the_same(void **state)
{
	struct bench bench = { 0 };
	struct accounts_settings settings;

	name_pepper(&bench);
	settings = settings_of(&bench, NULL);
	settings.password_checks = TRIES;
	bench_start(&bench, &settings);
	hash_with_current(&bench, PASSWORD, bench.store->hash);
	time_stop();
	for (uint64_t ref = 1; ref <= TRIES; ref++)
		assert_int_equal(suspend_over(&bench, ref, ALICE, "password", "135791"), ref < TRIES ? RESULT_WRONG : RESULT_LOCKED);
	for (uint64_t i = 0; i < 3; i++) {
		static const char *const passwords[] = { PASSWORD, "135791", "" };

		assert_int_equal(suspend_over(&bench, 10 + i, ALICE, i ? "password" : "read", passwords[i]), RESULT_LOCKED);
		assert_int_equal(record_number(&bench.answers.last.facts, FIELD_LOCKED_UNTIL, 0), LOCKED_UNTIL);
		assert_int_equal(change(&bench, 20 + i, passwords[i], "975319"), RESULT_LOCKED);
		assert_int_equal(record_number(&bench.answers.last.facts, FIELD_LOCKED_UNTIL, 0), LOCKED_UNTIL);
	}
	assert_int_equal(bench.store->counted, TRIES);
	time_pass(60);
	bench.store->tries = 0;		/* an operator has released it */
	assert_int_equal(suspend_over(&bench, 30, ALICE, "password", PASSWORD), RESULT_ACCEPTED);
	time_go_on();
	bench_close(&bench);
}

/* One thread, which has time for 20 hashes. */
static void bench_open_slow(struct bench *bench)
{
	struct accounts_settings settings;

	name_pepper(bench);
	settings = settings_of(bench, NULL);
	settings.password_threads = 1;
	settings.deadline_ms = 200;
	bench_start(bench, &settings);
	hash_with_current(bench, PASSWORD, bench->store->hash);
}

/* No answer comes before the loop runs. Returns whether the request was accepted. */
static bool begin(struct bench *bench, enum request_kind kind, uint64_t ref)
{
	struct request request = fixture_request(kind, ALICE, ref);
	uint64_t id;

	bench->store->tries = 0;
	fixture_arg(&request, FIELD_PASSWORD, PASSWORD);
	fixture_arg(&request, FIELD_OLD, PASSWORD);
	fixture_arg(&request, FIELD_NEW, "975319");
	return accounts_submit(bench->accounts, &request, &bench->answers, &bench->answers.last, &id) == -EINPROGRESS;
}

static unsigned int begin_many(struct bench *bench, enum request_kind kind, uint64_t ref)
{
	unsigned int taken = 0;

	while (taken < 15 && begin(bench, kind, ref + taken))
		taken++;
	return taken;
}

static void A54_change__reserves_the_hashes_that_it_uses(void **state)
{
	static const struct { const char *past; unsigned int taken; } cases[] = { { "", 6 }, { "h1", 4 }, { "h1 h2 h3 h4", 3 } };

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench = { 0 };

		bench_open_slow(&bench);
		strcpy(bench.store->past, cases[i].past);
		assert_int_equal(begin_many(&bench, REQUEST_PASSWORD_CHANGE, 1), cases[i].taken);
		bench_close(&bench);
	}
}

static void A55_orders_with_a_password__while_changes_fill_their_queue__still_accepted(void **state)
{
	struct bench bench = { 0 };

	bench_open_slow(&bench);
	begin_many(&bench, REQUEST_PASSWORD_CHANGE, 1);
	assert_false(begin(&bench, REQUEST_PASSWORD_CHANGE, 20));
	assert_false(begin(&bench, REQUEST_PASSWORD_CHECK, 0));
	assert_true(begin(&bench, REQUEST_LINE_SUSPEND, 21));
	bench_close(&bench);
}

static void A55_changes__while_orders_with_a_password_fill_their_queue__still_accepted(void **state)
{
	struct bench bench = { 0 };

	bench_open_slow(&bench);
	begin_many(&bench, REQUEST_LINE_SUSPEND, 1);
	assert_false(begin(&bench, REQUEST_LINE_SUSPEND, 20));
	assert_true(begin(&bench, REQUEST_PASSWORD_CHANGE, 21));
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S11_order__right_password__passed_on_without_it),
		cmocka_unit_test(S11_order__wrong_too_often__locked_for_a_time),
		cmocka_unit_test(S11_order__temporary_password__only_good_to_change_it),
		cmocka_unit_test(A7_order__same_reference_again__judged_each_time),
		cmocka_unit_test(order__without_password__goes_straight_to_the_store),
		cmocka_unit_test(A26_order__password_is_missing_or_empty__nothing_ordered),
		cmocka_unit_test(order__no_key_file_configured__unavailable),
		cmocka_unit_test(F3_order__store_answers_after_the_deadline__answered_once_more),
		cmocka_unit_test(busy__more_than_the_threads_can_do__refused_uncounted),
		cmocka_unit_test(S4_check__each_result__as_a_change_but_nothing_changes),
		cmocka_unit_test(S4_check__wrong_too_often__locked_for_the_right_one_and_for_changes),
		cmocka_unit_test(S4_check__right_with_an_older_key__hashed_anew_but_not_replaced),
		cmocka_unit_test(S4_check__key_missing__unavailable),
		cmocka_unit_test(S4_change__to_a_former_password__refused_if_the_present_one_is_right),
		cmocka_unit_test(S4_change__former_hashes_are_rubbish_or_keyless__ignored),
		cmocka_unit_test(keys_rotate__hash_of_the_previous_key__right_and_hashed_anew),
		cmocka_unit_test(keys_rotate__hash_from_before_keys_had_names__belongs_to_the_first),
		cmocka_unit_test(key__missing__unavailable_and_not_counted_as_wrong),
		cmocka_unit_test(keys_rotate__file__grows_and_keeps_its_mode),
		cmocka_unit_test(foreign_hash__kind_accepted__right_wrong_and_hashed_anew),
		cmocka_unit_test(foreign_hash__kind_not_accepted_or_too_expensive__unavailable),
		cmocka_unit_test(settings__unknown_hash_type__refused),
		cmocka_unit_test(F23_guesses__four_channels_at_once__no_more_verified_than_tries),
		cmocka_unit_test(F23_guesses__daemon_killed_after_each__no_more_verified_than_tries),
		cmocka_unit_test(A23_suspend__after_three_forged_texts__done_for_its_owner),
		cmocka_unit_test(S4_check__over_each_kind_of_link_in_each_store__tries_left_of_its_lock),
		cmocka_unit_test(A24_link__with_too_many_wrong_passwords__refused_uncounted_and_others_are_not),
		cmocka_unit_test(A55_right_password__more_often_than_allowed__busy_for_that_subscriber_only),
		cmocka_unit_test(S4_locked__attempts_more_often_than_allowed__answered_until_when_all_the_same),
		cmocka_unit_test(A54_change__reserves_the_hashes_that_it_uses),
		cmocka_unit_test(A55_orders_with_a_password__while_changes_fill_their_queue__still_accepted),
		cmocka_unit_test(A55_changes__while_orders_with_a_password_fill_their_queue__still_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

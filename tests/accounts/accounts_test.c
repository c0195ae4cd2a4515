/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests: answered exactly once, by the store or by the deadline; the chain of a password change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "accounts/counters.h"
#include "accounts/internal.h"
#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "starhash/alarm.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

#define PASSWORD "246810"

struct bench {
	struct accounts *accounts;
	struct stored_account stored;
	char hash[PASSWORD_HASH_SIZE];
	char pieces[STORED_ID_PIECES_SIZE];
	char folder[64];
	char pepper[96];
	struct answers answers;
	struct alarms *alarms;
};

static void bench_open(struct bench *bench, enum gate gate, unsigned int deadline_ms)
{
	struct accounts_settings settings = {
		.store = "memory", .front = &gate_store_ops, .deadline_ms = deadline_ms, .password_tries = 3, .requests_max = 20,
		.pepper_file = bench->pepper, .alarms = bench->alarms,
	};
	uint8_t pepper[PEPPER_SIZE];

	strcpy(bench->folder, "/tmp/starhash-account-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(bench->pepper, sizeof(bench->pepper), "%s/pepper", bench->folder);
	assert_int_equal(pepper_load(bench->pepper, pepper), 0);
	assert_int_equal(password_hash(pepper, PASSWORD, bench->hash), 0);
	bench->stored = fixture_accounts[0];
	bench->stored.hash = bench->hash;
	id_pieces_make(pepper, ALICE, "11010119900307123X", bench->pieces);
	bench->stored.id_pieces = bench->pieces;
	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
	fixture_sell(&gate_store_ops, accounts_store(bench->accounts));
	fixture_put(&gate_store_ops, accounts_store(bench->accounts), &bench->stored);
	fixture_put(&gate_store_ops, accounts_store(bench->accounts), &fixture_accounts[1]);
	gate_set(accounts_store(bench->accounts), gate);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	unlink(bench->pepper);
	rmdir(bench->folder);
}

static int submit(struct bench *bench, enum request_kind kind, uint64_t ref, uint64_t *id)
{
	struct request request = fixture_request(kind, ALICE, ref);

	return accounts_submit(bench->accounts, &request, &bench->answers, &bench->answers.last, id);
}

static bool some_answer(void *user)
{
	return ((struct bench *)user)->answers.count;
}

static void wait_answer(struct bench *bench)
{
	assert_true(loop_until(some_answer, bench, 10000));
}

static void F17_deadline__read_and_change__unavailable_and_unknown_outcome(void **state)
{
	static const struct {
		enum request_kind kind;
		enum result wanted;
	} cases[] = {
		{ REQUEST_PROFILE, RESULT_UNAVAILABLE },
		{ REQUEST_LANGUAGE_SET, RESULT_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bench bench = { 0 };
		uint64_t id;

		bench_open(&bench, GATE_SHUT, 20);
		assert_int_equal(submit(&bench, cases[i].kind, 1, &id), -EINPROGRESS);
		wait_answer(&bench);
		assert_int_equal(bench.answers.id, id);
		assert_int_equal(bench.answers.last.result, cases[i].wanted);
		assert_int_equal(accounts_counts(bench.accounts)->expired, 1);
		bench_close(&bench);
	}
}

static void F5_answer__after_the_deadline_or_twice__counted_and_dropped(void **state)
{
	struct bench bench = { 0 };
	struct response response;
	uint64_t id;

	bench_open(&bench, GATE_SHUT, 20);
	submit(&bench, REQUEST_PROFILE, 0, &id);
	wait_answer(&bench);
	gate_set(accounts_store(bench.accounts), GATE_LATER);
	loop_for(10);
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(accounts_counts(bench.accounts)->dropped, 1);
	response_init(&response);
	accounts_complete(bench.accounts, id, &response);
	accounts_complete(bench.accounts, ~id, &response);
	accounts_complete(bench.accounts, 7, &response);
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(accounts_counts(bench.accounts)->dropped, 4);
	bench_close(&bench);
}

static void request__posted__done_without_an_answer(void **state)
{
	static const enum gate gates[] = { GATE_OPEN, GATE_LATER, GATE_DOWN };
	const struct request request = fixture_keep(ALICE, "10086", NULL, 0, NULL);
	struct bench bench = {};
	size_t i;

	for (i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		bench_open(&bench, gates[i], 20);
		accounts_post(bench.accounts, &request);
		loop_for(30);
		assert_int_equal(bench.answers.count, 0);
		assert_int_equal(accounts_counts(bench.accounts)->requests, 1);
		assert_int_equal(accounts_counts(bench.accounts)->expired + accounts_counts(bench.accounts)->dropped, 0);
		bench_close(&bench);
	}
}

static void F3_change__answered_after_its_deadline__answered_once_more(void **state)
{
	struct bench bench = { 0 };
	struct request request = fixture_request(REQUEST_LANGUAGE_SET, ALICE, 1);
	struct response response;
	uint64_t id;

	bench_open(&bench, GATE_SHUT, 20);
	fixture_arg(&request, FIELD_LANGUAGE, "ar");
	assert_int_equal(accounts_submit(bench.accounts, &request, &bench.answers, &bench.answers.last, &id),
			 -EINPROGRESS);
	wait_answer(&bench);
	assert_int_equal(bench.answers.last.result, RESULT_UNKNOWN);
	assert_true(accounts_pending(bench.accounts, id));
	gate_set(accounts_store(bench.accounts), GATE_LATER);
	loop_for(10);
	assert_int_equal(bench.answers.count, 2);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_false(accounts_pending(bench.accounts, id));
	response_init(&response);
	accounts_complete(bench.accounts, id, &response);
	assert_int_equal(bench.answers.count, 2);
	bench_close(&bench);
}

static void F5_answers__out_of_order__each_to_its_request(void **state)
{
	struct bench bench = { 0 };
	struct response response;
	uint64_t ids[3];

	bench_open(&bench, GATE_SHUT, 5000);
	for (int i = 0; i < 3; i++)
		submit(&bench, REQUEST_PROFILE, 0, &ids[i]);
	response_init(&response);
	for (int i = 3; i--;) {
		accounts_complete(bench.accounts, ids[i], &response);
		assert_int_equal(bench.answers.id, ids[i]);
	}
	assert_int_equal(bench.answers.count, 3);
	bench_close(&bench);
}

static void forget__then_answer__not_called_back(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_open(&bench, GATE_LATER, 5000);
	submit(&bench, REQUEST_PROFILE, 0, &id);
	accounts_forget(bench.accounts, id);
	accounts_forget(bench.accounts, id);
	loop_for(10);
	assert_int_equal(bench.answers.count, 0);
	assert_int_equal(accounts_counts(bench.accounts)->dropped, 1);
	bench_close(&bench);
}

static void submit__too_many_open__busy(void **state)
{
	struct bench bench = { 0 };
	char line[256];
	uint64_t id;

	bench_open(&bench, GATE_SHUT, 5000);
	for (int i = 0; i < 20; i++)
		assert_int_equal(submit(&bench, REQUEST_PROFILE, 0, &id), -EINPROGRESS);
	assert_int_equal(submit(&bench, REQUEST_PROFILE, 0, &id), 0);
	assert_int_equal(bench.answers.last.result, RESULT_BUSY);
	accounts_describe(bench.accounts, line, sizeof(line));
	assert_non_null(strstr(line, "memory: 2 accounts"));
	assert_non_null(strstr(line, "20 requests open"));
	bench_close(&bench);
}

static void submit__requests_not_for_users__refused(void **state)
{
	static const struct {
		enum request_kind kind;
		uint64_t ref;
	} cases[] = {
		{ REQUEST_PASSWORD_ATTEMPT, 1 },
		{ REQUEST_PASSWORD_SET, 1 },
		{ REQUEST_ORDER_END, 0 },
		{ REQUEST_HOUSEKEEP, 0 },
		{ REQUEST_KIND_COUNT, 1 },
		{ REQUEST_LANGUAGE_SET, 0 },
		{ REQUEST_SERVICE_ACTIVATE, 0 },
		{ REQUEST_LINE_SUSPEND, 1 },	/* A26: requires a password */
		{ REQUEST_LINE_RESUME, 1 },
	};
	struct bench bench = { 0 };
	uint64_t id;

	bench_open(&bench, GATE_OPEN, 5000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(submit(&bench, cases[i].kind, cases[i].ref, &id), 0);
		assert_int_equal(bench.answers.last.result, RESULT_REFUSED);
		assert_int_equal(bench.answers.last.facts.len, 0);
	}
	bench_close(&bench);
}

static struct request language_request(const char *msisdn)
{
	struct request request = fixture_request(REQUEST_LANGUAGE_SET, msisdn, 1);

	fixture_arg(&request, FIELD_LANGUAGE, "ar");
	return request;
}

/* A3: the operator gets an alarm with masked numbers, the subscriber hears that the request failed. */
static void A3_change__alien_reference__alarm_and_nothing_answered(void **state)
{
	static const enum gate gates[] = { GATE_OPEN, GATE_LATER };

	for (size_t i = 0; i < 2; i++) {
		struct alarms *alarms = alarms_new(NULL);
		const struct alarm_state *alarm = alarm_state(alarms, ALARM_REFERENCE_ALIEN);
		const struct request alices = language_request(ALICE), bobs = language_request(BOB);
		struct bench bench = { .alarms = alarms };

		bench_open(&bench, gates[i], 5000);
		fixture_ask(bench.accounts, &alices, &bench.answers);
		assert_int_equal(bench.answers.last.result, RESULT_OK);
		fixture_ask(bench.accounts, &bobs, &bench.answers);
		assert_int_equal(bench.answers.last.result, RESULT_ALIEN);
		assert_int_equal(bench.answers.last.facts.len, 0);
		assert_int_equal(alarm->count, 1);
		assert_non_null(strstr(alarm->text, "0000-0000-0001"));
		assert_null(strstr(alarm->text, ALICE));
		assert_null(strstr(alarm->text, BOB));
		bench_close(&bench);
		talloc_free(alarms);
	}
}

/* A1: never 0, never twice. */
static void A1_reference__drawn_repeatedly__never_repeated(void **state)
{
	struct bench bench = { 0 };
	uint64_t last = 0;

	bench_open(&bench, GATE_OPEN, 5000);
	for (int i = 0; i < 1000; i++) {
		const uint64_t ref = accounts_reference(bench.accounts);

		assert_true(ref > last);
		assert_int_equal(ref >> 60, 0);
		last = ref;
	}
	bench_close(&bench);
}

static void new__unknown_store__fails(void **state)
{
	const struct accounts_settings settings = { .store = "nosuch", .requests_max = 1 };
	struct accounts *accounts;

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &accounts), -ENOENT);
}

/* ---- passwords ---- */

static int submit_change(struct bench *bench, uint64_t ref, const char *old, const char *fresh, uint64_t *id)
{
	struct request request = fixture_request(REQUEST_PASSWORD_CHANGE, ALICE, ref);

	fixture_arg(&request, FIELD_OLD, old);
	fixture_arg(&request, FIELD_NEW, fresh);
	return accounts_submit(bench->accounts, &request, &bench->answers, &bench->answers.last, id);
}

static enum result change(struct bench *bench, uint64_t ref, const char *old, const char *fresh)
{
	uint64_t id;

	bench->answers.count = 0;
	if (submit_change(bench, ref, old, fresh, &id) == -EINPROGRESS)
		wait_answer(bench);
	assert_int_not_equal(bench->answers.last.part, RESPONSE_PASSWORD);
	return bench->answers.last.result;
}

static void S4_password__wrong_weak_ok__judged_by_the_rules(void **state)
{
	static const enum gate gates[] = { GATE_OPEN, GATE_LATER };

	for (size_t i = 0; i < 2; i++) {
		struct bench bench = { 0 };

		bench_open(&bench, gates[i], 8000);
		assert_int_equal(change(&bench, 1, "135791", "975319"), RESULT_WRONG);
		assert_int_equal(change(&bench, 2, PASSWORD, "111111"), RESULT_WEAK);
		assert_int_equal(change(&bench, 3, PASSWORD, "900307"), RESULT_WEAK);
		assert_int_equal(change(&bench, 4, PASSWORD, "001380"), RESULT_WEAK);
		assert_int_equal(change(&bench, 5, PASSWORD, PASSWORD), RESULT_WEAK);
		assert_int_equal(change(&bench, 6, PASSWORD, "975319"), RESULT_OK);
		assert_int_equal(change(&bench, 6, PASSWORD, "975319"), RESULT_WRONG);	/* A7: the old password is wrong by now */
		assert_int_equal(change(&bench, 7, PASSWORD, "864208"), RESULT_WRONG);
		assert_int_equal(change(&bench, 8, "975319", "864208"), RESULT_OK);
		bench_close(&bench);
	}
}

static void S4_password__three_wrong_in_a_row__locked_for_the_right_one_too(void **state)
{
	struct bench bench = { 0 };

	bench_open(&bench, GATE_OPEN, 8000);
	assert_int_equal(change(&bench, 1, "135791", "975319"), RESULT_WRONG);
	assert_int_equal(change(&bench, 2, "", "975319"), RESULT_WRONG);
	assert_int_equal(change(&bench, 3, "135791", "975319"), RESULT_LOCKED);
	assert_int_equal(change(&bench, 4, PASSWORD, "975319"), RESULT_LOCKED);
	bench_close(&bench);
}

struct guesses {
	unsigned int wrong, locked, other;
};

static void guess_done(void *user, uint64_t id, const struct response *response)
{
	struct guesses *guesses = user;

	if (response->result == RESULT_WRONG)
		guesses->wrong++;
	else if (response->result == RESULT_LOCKED)
		guesses->locked++;
	else
		guesses->other++;
}

static bool all_guessed(void *user)
{
	const struct guesses *guesses = user;

	return guesses->wrong + guesses->locked + guesses->other == 8;
}

static void F23_password__eight_guesses_at_once__no_more_tries_than_allowed(void **state)
{
	struct bench bench = { 0 };
	struct guesses guesses = { 0 };

	bench_open(&bench, GATE_LATER, 8000);
	for (uint64_t ref = 1; ref <= 8; ref++) {
		/* The last one is right, but comes too late. */
		struct request request = fixture_request(REQUEST_PASSWORD_CHANGE, ALICE, ref);
		struct response response;
		uint64_t id;

		fixture_arg(&request, FIELD_OLD, ref == 8 ? PASSWORD : "135791");
		fixture_arg(&request, FIELD_NEW, "975319");
		assert_int_equal(accounts_ask(bench.accounts, &request, guess_done, &guesses, &response, &id),
				 -EINPROGRESS);
	}
	assert_true(loop_until(all_guessed, &guesses, 10000));
	assert_int_equal(guesses.wrong, 2);
	assert_int_equal(guesses.locked, 6);
	bench_close(&bench);
}

static void password__store_fails_or_server_ends__no_leak(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_open(&bench, GATE_DOWN, 8000);
	assert_int_equal(change(&bench, 1, PASSWORD, "975319"), RESULT_UNAVAILABLE);
	gate_set(accounts_store(bench.accounts), GATE_SHUT);
	assert_int_equal(submit_change(&bench, 2, PASSWORD, "975319", &id), -EINPROGRESS);
	gate_set(accounts_store(bench.accounts), GATE_OPEN);
	assert_int_equal(submit_change(&bench, 3, PASSWORD, "975319", &id), -EINPROGRESS);
	bench_close(&bench);
}

static void pepper__file_of_wrong_shape_or_mode__refused(void **state)
{
	char path[] = "/tmp/starhash-pepper-XXXXXX";
	uint8_t first[PEPPER_SIZE];
	uint8_t second[PEPPER_SIZE];
	int fd = mkstemp(path);

	assert_int_equal(pepper_load(path, first), -EINVAL);
	unlink(path);
	assert_int_equal(pepper_load(path, first), 0);
	assert_int_equal(pepper_load(path, second), 0);
	assert_memory_equal(first, second, PEPPER_SIZE);
	chmod(path, 0640);
	assert_int_equal(pepper_load(path, second), -EPERM);
	unlink(path);
	assert_int_equal(pepper_load("/nonexistent/pepper", second), -ENOENT);
	close(fd);
}

static uint64_t counted(const struct bench *bench, unsigned int counter)
{
	return rate_ctr_group_get_ctr(accounts_counters(bench->accounts), counter)->current;
}

/* A76 */
static void counters__wrong_password_lock_overload_deadline__each_counted_once(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_open(&bench, GATE_OPEN, 5000);
	assert_int_equal(submit(&bench, REQUEST_PROFILE, 0, &id), 0);
	assert_int_equal(submit(&bench, REQUEST_HOUSEKEEP, 0, &id), 0);
	for (unsigned int ref = 1; ref <= 3; ref++)
		assert_int_equal(change(&bench, ref, "135791", "975319"), ref < 3 ? RESULT_WRONG : RESULT_LOCKED);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_REQUESTS), 5);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_OK), 1);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_REFUSED), 1);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_WRONG), 2);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_LOCKED), 1);
	bench_close(&bench);
	bench = (struct bench){ 0 };
	bench_open(&bench, GATE_SHUT, 20);
	for (unsigned int i = 0; i < 21; i++)
		submit(&bench, REQUEST_PROFILE, 0, &id);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_BUSY), 1);
	loop_for(50);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_LATE), 20);
	assert_int_equal(counted(&bench, ACCOUNT_COUNT_RESULTS + RESULT_UNAVAILABLE), 20);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F17_deadline__read_and_change__unavailable_and_unknown_outcome),
		cmocka_unit_test(F5_answer__after_the_deadline_or_twice__counted_and_dropped),
		cmocka_unit_test(request__posted__done_without_an_answer),
		cmocka_unit_test(F3_change__answered_after_its_deadline__answered_once_more),
		cmocka_unit_test(F5_answers__out_of_order__each_to_its_request),
		cmocka_unit_test(forget__then_answer__not_called_back),
		cmocka_unit_test(submit__too_many_open__busy),
		cmocka_unit_test(submit__requests_not_for_users__refused),
		cmocka_unit_test(A3_change__alien_reference__alarm_and_nothing_answered),
		cmocka_unit_test(A1_reference__drawn_repeatedly__never_repeated),
		cmocka_unit_test(new__unknown_store__fails),
		cmocka_unit_test(S4_password__wrong_weak_ok__judged_by_the_rules),
		cmocka_unit_test(S4_password__three_wrong_in_a_row__locked_for_the_right_one_too),
		cmocka_unit_test(F23_password__eight_guesses_at_once__no_more_tries_than_allowed),
		cmocka_unit_test(password__store_fails_or_server_ends__no_leak),
		cmocka_unit_test(counters__wrong_password_lock_overload_deadline__each_counted_once),
		cmocka_unit_test(pepper__file_of_wrong_shape_or_mode__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

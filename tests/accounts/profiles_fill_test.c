/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Profiles that a thread reads in advance, while they change: from a store that waits for the test in the middle. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "accounts/profiles.h"
#include "tests/cmocka.h"
#include "tests/support/loop.h"

#define OCTETS 2000000
#define ALICE_KEY 13800138000
#define ALICE "13800138000"
#define IMSI_KEY 1010000000001
#define IMSI "001010000000001"
#define MANY 1000000

struct store {
	int go[2];			/* a fill reads one octet of it before it ends */
	unsigned int fills, given;	/* the thread's, read when it has ended */
	unsigned int many, pause_us;	/* profiles in a fill besides Alice's, and a pause after each */
	int rc;
	bool known;
	const char *language;		/* of Alice */
	unsigned int waiting, let_go;	/* fills that have reached the octet, and that were given one */
};

struct bench {
	void *ctx;
	struct store store;
	struct profiles *profiles;
	struct response response;
};

/* ---- the store ---- */

static bool fake_touched(struct store *store)
{
	return store->known;
}

static bool give(struct store *store, struct profile_sink *sink, int64_t msisdn, int64_t imsi, const char *language)
{
	uint8_t octets[64];
	struct record facts = { .data = octets, .size = sizeof(octets) };

	msisdn_put(&facts, msisdn);
	record_append_text(&facts, FIELD_LANGUAGE, language, strlen(language));
	__atomic_fetch_add(&store->given, 1, __ATOMIC_RELAXED);
	return sink->take(sink, msisdn, imsi, &facts);
}

static int fake_profiles(struct store *store, struct profile_sink *sink)
{
	char octet;

	sink->begin(sink, 1);
	__atomic_fetch_add(&store->fills, 1, __ATOMIC_RELAXED);
	give(store, sink, ALICE_KEY, IMSI_KEY, store->language);
	__atomic_fetch_add(&store->waiting, 1, __ATOMIC_RELEASE);
	if (read(store->go[0], &octet, 1) != 1)
		return -EIO;
	for (unsigned int i = 0; i < store->many && give(store, sink, ALICE_KEY + 1 + i, 0, "en"); i++) {
		if (store->pause_us)
			usleep(store->pause_us);
	}
	return store->rc;
}

static const struct store_ops ops = { .name = "fake", .touched = fake_touched, .profiles = fake_profiles };

/* ---- the bench ---- */

static bool reached(void *user)
{
	const struct store *store = user;

	return __atomic_load_n(&store->waiting, __ATOMIC_ACQUIRE) > store->let_go;
}

static void start(struct bench *bench)
{
	bench->profiles = profiles_new(bench->ctx, &ops, &bench->store, OCTETS, NULL);
	assert_non_null(bench->profiles);
	assert_true(loop_until(reached, &bench->store, 5000));
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->store.known = true;
	bench->store.language = "en";
	assert_int_equal(pipe(bench->store.go), 0);
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	close(bench->store.go[1]);
	profiles_free(bench->profiles);
	close(bench->store.go[0]);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static bool has_ended(void *user)
{
	const struct bench *bench = user;
	char text[256];

	profiles_describe(bench->profiles, text, sizeof(text));
	return !strstr(text, "being read");
}

static void fill_goes_on(struct bench *bench)
{
	bench->store.let_go++;
	assert_int_equal(write(bench->store.go[1], "", 1), 1);
}

static void fill_ends(struct bench *bench)
{
	fill_goes_on(bench);
	assert_true(loop_until(has_ended, bench, 20000));
}

static struct request ask(const char *msisdn, const char *imsi)
{
	struct request request = { .kind = REQUEST_PROFILE };

	snprintf(request.subscriber.msisdn, sizeof(request.subscriber.msisdn), "%s", msisdn);
	snprintf(request.subscriber.imsi, sizeof(request.subscriber.imsi), "%s", imsi);
	return request;
}

static bool is_here(struct bench *bench, const char *msisdn, const char *imsi)
{
	const struct request request = ask(msisdn, imsi);

	response_init(&bench->response);
	return profiles_answer(bench->profiles, &request, &bench->response);
}

static void alice_put(struct response *response)
{
	response_init(response);
	response->result = RESULT_OK;
	msisdn_put(&response->facts, ALICE_KEY);
	record_append_text(&response->facts, FIELD_LANGUAGE, "en", 2);
}

static void language_is(const struct bench *bench, const char *language)
{
	assert_true(record_is(&bench->response.facts, FIELD_LANGUAGE, language));
}

/* ---- changes during a fill ---- */

static void fill__nothing_changed__used(void **state)
{
	struct bench *bench = *state;

	start(bench);
	assert_false(is_here(bench, ALICE, ""));
	fill_ends(bench);
	assert_true(is_here(bench, ALICE, ""));
	assert_true(is_here(bench, "", IMSI));
}

static void fill__one_changed__is_read_again(void **state)
{
	struct bench *bench = *state;

	bench->store.many = 10;
	start(bench);
	for (unsigned int i = 0; i < 10000; i++)		/* more than are noted at first */
		profiles_forget(bench->profiles, i + 1);
	profiles_forget(bench->profiles, ALICE_KEY);
	fill_ends(bench);
	assert_false(is_here(bench, ALICE, ""));
	assert_false(is_here(bench, "", IMSI));
	assert_true(is_here(bench, "13800138001", ""));
}

static void another_fill_is_right(struct bench *bench)
{
	assert_false(is_here(bench, ALICE, ""));
	bench->store.language = "ar";
	time_stop();
	time_pass(9);
	assert_int_equal(bench->store.fills, 1);
	time_pass(2);
	assert_true(loop_until(reached, &bench->store, 5000));
	time_go_on();
	fill_ends(bench);
	assert_true(is_here(bench, ALICE, ""));
	language_is(bench, "ar");
}

static void fill__everybody_changed__not_used_and_another_follows(void **state)
{
	struct bench *bench = *state;

	start(bench);
	profiles_forget(bench->profiles, 0);
	fill_ends(bench);
	another_fill_is_right(bench);
}

static void fill__more_changes_than_are_noted__not_used_and_another_follows(void **state)
{
	struct bench *bench = *state;

	start(bench);
	for (unsigned int i = 0; i < 1 << 20; i++)
		profiles_forget(bench->profiles, i + 1);
	profiles_forget(bench->profiles, ALICE_KEY);
	fill_ends(bench);
	another_fill_is_right(bench);
}

static void fill__store_fails__not_used_and_another_follows(void **state)
{
	struct bench *bench = *state;

	bench->store.rc = -EIO;
	start(bench);
	fill_ends(bench);
	bench->store.rc = 0;
	another_fill_is_right(bench);
}

static void fill__most_change_afterwards__another_follows(void **state)
{
	struct bench *bench = *state;

	bench->store.many = 100;
	start(bench);
	fill_ends(bench);
	for (unsigned int i = 0; i < 40; i++)
		profiles_forget(bench->profiles, ALICE_KEY + i);
	loop_for(1000);
	assert_int_equal(bench->store.fills, 1);
	for (unsigned int i = 40; i < 80; i++)
		profiles_forget(bench->profiles, ALICE_KEY + i);
	assert_true(loop_until(reached, &bench->store, 5000));
	fill_ends(bench);
	assert_true(is_here(bench, ALICE, ""));
}

/* ---- its end ---- */

static void fill__memory_is_full__ends(void **state)
{
	struct bench *bench = *state;

	bench->store.many = MANY;
	start(bench);
	fill_ends(bench);
	assert_true(bench->store.given < MANY);
	assert_true(is_here(bench, "13800138001", ""));
}

static void fill__closed_meanwhile__ends(void **state)
{
	struct bench *bench = *state;

	bench->store.many = MANY;
	bench->store.pause_us = 1000;
	start(bench);
	fill_goes_on(bench);
	profiles_free(bench->profiles);
	assert_true(bench->store.given < 1000);
	bench->profiles = NULL;
}

/* ---- answers of the store ---- */

static void answer__changed_while_it_was_read__not_remembered(void **state)
{
	const struct request request = ask("", IMSI);
	struct bench *bench = *state;
	struct profile_awaited awaited;
	struct response late;

	alice_put(&late);
	start(bench);
	profiles_await(bench->profiles, &request, &awaited);
	profiles_forget(bench->profiles, ALICE_KEY);
	profiles_remember_awaited(bench->profiles, &awaited, &late);
	assert_false(is_here(bench, ALICE, ""));
	profiles_await(bench->profiles, &request, &awaited);
	profiles_remember_awaited(bench->profiles, &awaited, &late);
	assert_true(is_here(bench, ALICE, ""));
	assert_true(is_here(bench, "", IMSI));
}

/* The network says which IMSI has the number; the store did not look it up. */
static void answer__by_msisdn__not_remembered_under_the_imsi(void **state)
{
	const struct request request = ask(ALICE, IMSI);
	struct bench *bench = *state;
	struct response response;

	alice_put(&response);
	start(bench);
	profiles_remember(bench->profiles, &request, &response);
	assert_true(is_here(bench, ALICE, ""));
	assert_false(is_here(bench, "", IMSI));
}

static void answer__changes_not_known__from_the_store(void **state)
{
	struct bench *bench = *state;

	start(bench);
	fill_ends(bench);
	bench->store.known = false;
	assert_false(is_here(bench, ALICE, ""));
	bench->store.known = true;
	assert_true(is_here(bench, ALICE, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fill__nothing_changed__used, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__one_changed__is_read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__everybody_changed__not_used_and_another_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__more_changes_than_are_noted__not_used_and_another_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__store_fails__not_used_and_another_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__most_change_afterwards__another_follows, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__memory_is_full__ends, setup, teardown),
		cmocka_unit_test_setup_teardown(fill__closed_meanwhile__ends, setup, teardown),
		cmocka_unit_test_setup_teardown(answer__changed_while_it_was_read__not_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(answer__by_msisdn__not_remembered_under_the_imsi, setup, teardown),
		cmocka_unit_test_setup_teardown(answer__changes_not_known__from_the_store, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

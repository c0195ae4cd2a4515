/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F32: a database has one writer, however the previous one ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "starhash/alarm.h"
#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

struct daemon {
	struct accounts *accounts;
	struct accounts_watch watch;
	struct alarms *alarms;
	unsigned int lost;
	struct answers answers;
};

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct daemon one, two;
};

static void lost(void *user)
{
	((struct daemon *)user)->lost++;
}

static int start(struct daemon *daemon, const char *file)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = file, .deadline_ms = 5000, .password_tries = 3, .requests_max = 16,
		.alarms = daemon->alarms, .watch = &daemon->watch, .lost = lost, .lost_user = daemon,
	};

	return accounts_new(NULL, &settings, answers_take, &daemon->accounts);
}

static enum result ask(struct daemon *daemon, enum request_kind kind)
{
	struct request request = fixture_request(kind, ALICE, accounts_reference(daemon->accounts));

	if (kind == REQUEST_LANGUAGE_SET)
		fixture_arg(&request, FIELD_LANGUAGE, "ar");
	fixture_ask(daemon->accounts, &request, &daemon->answers);
	return daemon->answers.last.result;
}

/* As an operator does who mistakes it for a leftover; on another machine it is missing as well. */
static void remove_lock(const struct bench *bench)
{
	char name[DATABASE_NAME_SIZE + 8];

	snprintf(name, sizeof(name), "%s-writer", bench->file);
	assert_int_equal(unlink(name), 0);
}

static int setup(void **state)
{
	struct bench *bench = talloc_zero(NULL, struct bench);

	database_fixture(bench->file);
	bench->one.alarms = alarms_new(bench);
	bench->two.alarms = alarms_new(bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	accounts_free(bench->one.accounts);
	accounts_free(bench->two.accounts);
	database_unlink(bench->file);
	talloc_free(bench);
	return 0;
}

/* ---- A8 ---- */

static void A8_second__first_lives__busy_and_named(void **state)
{
	struct bench *bench = *state;
	char self[32];

	snprintf(self, sizeof(self), "process %d on ", (int)getpid());
	assert_int_equal(start(&bench->one, bench->file), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	assert_true(bench->two.watch.alive);
	assert_memory_equal(bench->two.watch.holder, self, strlen(self));
	assert_int_equal(ask(&bench->one, REQUEST_LANGUAGE_SET), RESULT_OK);
}

/* Each would have its own log, and neither would see the other's lease. */
static void A8_second__by_another_name_of_the_file__refused(void **state)
{
	struct bench *bench = *state;
	char name[DATABASE_NAME_SIZE + 8];

	assert_int_equal(start(&bench->one, bench->file), 0);
	snprintf(name, sizeof(name), "%s-link", bench->file);
	assert_int_equal(link(bench->file, name), 0);
	assert_int_equal(start(&bench->two, name), -EMLINK);
	assert_int_equal(unlink(name), 0);
}

static void A8_second__first_has_ended__takes_over_at_once(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(start(&bench->one, bench->file), 0);
	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	accounts_free(bench->one.accounts);
	bench->one.accounts = NULL;
	assert_int_equal(start(&bench->two, bench->file), 0);
	assert_int_equal(ask(&bench->two, REQUEST_LANGUAGE_SET), RESULT_OK);
	assert_int_equal(database_number(bench->file, "SELECT epoch FROM lease"), 2);
}

/* It serves until somebody kills it. */
static pid_t start_child(struct bench *bench)
{
	int ends[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		if (start(&bench->one, bench->file) || write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			osmo_select_main_ctx(0);
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return child;
}

static void A8_second__first_was_killed__takes_over_at_once(void **state)
{
	struct bench *bench = *state;
	const pid_t child = start_child(bench);

	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(database_number(bench->file, "SELECT holder IS NULL FROM lease"), 0);
	assert_int_equal(start(&bench->two, bench->file), 0);
	assert_int_equal(ask(&bench->two, REQUEST_LANGUAGE_SET), RESULT_OK);
}

static bool has_beaten(void *user)
{
	return database_number(user, "SELECT beat FROM lease") > 0;
}

/* Only the heartbeat shows that the other is alive. */
static void A8_second__without_the_lock__waits_while_the_heart_beats(void **state)
{
	struct bench *bench = *state;

	time_stop();
	assert_int_equal(start(&bench->one, bench->file), 0);
	remove_lock(bench);
	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	assert_false(bench->two.watch.alive);
	time_pass(14);
	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	assert_true(loop_until(has_beaten, bench->file, 10000));
	time_pass(2);
	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	assert_true(bench->two.watch.alive);
	time_go_on();
}

/* ---- A9 ---- */

/* The first is paused for longer than a heartbeat may be late, and the second takes over. */
static void take_over_from_paused(struct bench *bench)
{
	assert_int_equal(start(&bench->one, bench->file), 0);
	assert_int_equal(ask(&bench->one, REQUEST_PASSWORD_ATTEMPT), RESULT_OK);
	remove_lock(bench);
	time_stop();
	assert_int_equal(start(&bench->two, bench->file), -EBUSY);
	osmo_clock_override_add(CLOCK_MONOTONIC_COARSE, 15, 0);
	assert_int_equal(start(&bench->two, bench->file), 0);
	time_go_on();
}

static void A9_writer__lost_its_lease__changes_nothing_and_reports_it(void **state)
{
	static const enum request_kind kinds[] = { REQUEST_PASSWORD_ATTEMPT, REQUEST_LANGUAGE_SET, REQUEST_HOUSEKEEP };
	struct bench *bench = *state;

	take_over_from_paused(bench);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		assert_int_equal(ask(&bench->one, kinds[i]), RESULT_UNAVAILABLE);
	assert_int_equal(bench->one.lost, 1);
	assert_int_equal(alarm_state(bench->one.alarms, ALARM_LEASE_LOST)->count, 1);
	assert_int_equal(ask(&bench->one, REQUEST_PROFILE), RESULT_OK);
	assert_int_equal(database_number(bench->file, "SELECT tries FROM password WHERE msisdn = " ALICE), 1);
	assert_int_equal(database_number(bench->file, "SELECT count(*) FROM replay"), 0);
	assert_int_equal(ask(&bench->two, REQUEST_PASSWORD_ATTEMPT), RESULT_OK);
	assert_int_equal(bench->two.answers.last.password.left, 3 - 2);
	assert_int_equal(bench->two.lost, 0);
}

static bool has_lost(void *user)
{
	return ((struct daemon *)user)->lost;
}

/* Without any orders, the heartbeat notices it. */
static void A9_writer__lost_its_lease_and_is_idle__ends_as_well(void **state)
{
	struct bench *bench = *state;

	take_over_from_paused(bench);
	assert_true(loop_until(has_lost, &bench->one, 10000));
	assert_int_equal(bench->one.lost, 1);
}

/* The one that comes back late does not release a lease that it no longer has. */
static void A9_writer__lost_its_lease_and_ends__the_others_lease_stays(void **state)
{
	struct bench *bench = *state;

	take_over_from_paused(bench);
	accounts_free(bench->one.accounts);
	bench->one.accounts = NULL;
	assert_int_equal(database_number(bench->file, "SELECT holder IS NOT NULL AND epoch = 2 FROM lease"), 1);
	assert_int_equal(ask(&bench->two, REQUEST_LANGUAGE_SET), RESULT_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(A8_second__first_lives__busy_and_named),
		TEST(A8_second__by_another_name_of_the_file__refused),
		TEST(A8_second__first_has_ended__takes_over_at_once),
		TEST(A8_second__first_was_killed__takes_over_at_once),
		TEST(A8_second__without_the_lock__waits_while_the_heart_beats),
		TEST(A9_writer__lost_its_lease__changes_nothing_and_reports_it),
		TEST(A9_writer__lost_its_lease_and_is_idle__ends_as_well),
		TEST(A9_writer__lost_its_lease_and_ends__the_others_lease_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Automatic ends and deletions while the machine's clock jumps (F31). */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/alarm.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define DAY_S 86400
#define SIX_YEARS_S (6 * 365 * DAY_S)

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct alarms *alarms;
	struct accounts *accounts;
	struct answers answers;
};

static void run(const struct bench *bench, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static int64_t query(const struct bench *bench, const char *sql)
{
	return database_number(bench->file, sql);
}

static void start(struct bench *bench)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = bench->file, .deadline_ms = 5000, .password_tries = 3, .requests_max = 16,
		.alarms = bench->alarms,
	};

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
}

/* A trial until the day after tomorrow, a completed order, two consents; all from today. */
static void bench_open(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	time_stop();
	bench->alarms = alarms_new(NULL);
	database_fixture(bench->file);
	run(bench, "INSERT INTO subscription (msisdn, service, since, state, trial_until, due) SELECT " ALICE ", 'WEATHER',"
	    "  strftime('%Y%m%d'), 'trial', CAST(strftime('%Y%m%d', 'now', '2 days') AS INTEGER), 0;"
	    "INSERT INTO orders (ref, msisdn, kind, effective, state, accepted, ended, due)"
	    "  VALUES (1, " ALICE ", 'line suspend', 0, 'completed', unixepoch(), unixepoch(), 0);"
	    "INSERT INTO consent (msisdn, sequence, epoch, time, ref, kind, service, channel, trust, shown, answered, key, previous, hash)"
	    "  SELECT " ALICE ", column1, 0, unixepoch(), column1, 'service activate', 'NEWS', 'ussd', 'password', 'Sure?', '1', '',"
	    "  zeroblob(32), zeroblob(32) FROM (VALUES (1), (2));"
	    "INSERT INTO consent_head (msisdn, sequence, hash) VALUES (" ALICE ", 2, zeroblob(32))");
	start(bench);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	time_go_on();
	talloc_free(bench->alarms);
	database_unlink(bench->file);
}

static void machine_clock_jumps(int64_t seconds)
{
	osmo_clock_override_add(CLOCK_REALTIME_COARSE, seconds, 0);
}

static bool answered(void *user)
{
	return ((struct bench *)user)->answers.count;
}

/* Housekeeping runs; a change requested afterwards is done after it. */
static void minute_passes(struct bench *bench)
{
	struct request request = fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 1);
	struct response response;

	time_pass(61);
	for (int i = 0; i < 10; i++)
		osmo_select_main_ctx(1);
	bench->answers.count = 0;
	assert_int_equal(accounts_ask(bench->accounts, &request, answers_take, &bench->answers, &response, &bench->answers.id),
			 -EINPROGRESS);
	while (!answered(bench))
		osmo_select_main_ctx(0);
}

static bool doubted(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_CLOCK_JUMP)->raised;
}

static void assert_retained(const struct bench *bench, int64_t trials, int64_t orders, int64_t consents)
{
	assert_int_equal(query(bench, "SELECT count(*) FROM subscription WHERE state = 'trial'"), trials);
	assert_int_equal(query(bench, "SELECT count(*) FROM orders WHERE kind = 'line suspend'"), orders);
	assert_int_equal(query(bench, "SELECT count(*) FROM consent"), consents);
}

/* A60, A61, A76 */
static void F31_clock__six_years_ahead_and_back__nothing_ended_deleted_or_misdated(void **state)
{
	struct bench bench;
	int64_t now;

	bench_open(&bench);
	minute_passes(&bench);
	assert_false(doubted(&bench));
	now = accounts_now(bench.accounts);
	assert_in_range(query(&bench, "SELECT believed FROM clock"), now - 61, now);
	machine_clock_jumps(SIX_YEARS_S);
	minute_passes(&bench);
	assert_true(doubted(&bench));
	assert_retained(&bench, 1, 1, 2);
	assert_int_equal(accounts_now(bench.accounts), now + 61);
	assert_true(query(&bench, "SELECT believed FROM clock") <= now);
	machine_clock_jumps(-SIX_YEARS_S);
	minute_passes(&bench);
	assert_false(doubted(&bench));
	assert_int_equal(accounts_now(bench.accounts), now + 122);
	assert_retained(&bench, 1, 1, 2);
	bench_close(&bench);
}

/* A60 */
static void F31_clock__ahead_around_a_restart__nothing_ended_until_an_operator_confirms(void **state)
{
	struct bench bench;
	int64_t now;

	bench_open(&bench);
	minute_passes(&bench);
	now = accounts_now(bench.accounts);
	accounts_free(bench.accounts);
	machine_clock_jumps(SIX_YEARS_S);
	start(&bench);
	assert_true(doubted(&bench));
	minute_passes(&bench);
	assert_retained(&bench, 1, 1, 2);
	assert_true(accounts_now(bench.accounts) < now + 3600);
	accounts_clock_accept(bench.accounts);
	assert_false(doubted(&bench));
	minute_passes(&bench);
	assert_retained(&bench, 0, 0, 0);
	bench_close(&bench);
}

/* A65: stored for the retention period, and no longer. */
static void vanished__for_a_month__forgotten(void **state)
{
	struct bench bench;

	bench_open(&bench);
	run(&bench, "INSERT INTO vanished (msisdn, language, orders_after, consents_after, time, hash)"
	    "  VALUES (1, 'en', 0, 0, unixepoch() - 31 * 86400, 'a'), (2, 'en', 0, 0, unixepoch() - 29 * 86400, 'b');"
	    "INSERT INTO vanished_subscription (msisdn, service, since, state) VALUES (1, 'NEWS', 0, 'activating'), (2, 'NEWS', "
	    "0, 'activating')");
	minute_passes(&bench);
	assert_int_equal(query(&bench, "SELECT sum(msisdn) FROM vanished"), 2);
	assert_int_equal(query(&bench, "SELECT sum(msisdn) FROM vanished_subscription"), 2);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F31_clock__six_years_ahead_and_back__nothing_ended_deleted_or_misdated),
		cmocka_unit_test(F31_clock__ahead_around_a_restart__nothing_ended_until_an_operator_confirms),
		cmocka_unit_test(vanished__for_a_month__forgotten),
	};
	void *ctx = talloc_named_const(NULL, 0, "housekeeping_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	database_start();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}

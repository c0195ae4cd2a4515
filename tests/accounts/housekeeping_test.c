/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Automatic ends, deletions and monthly notices while the machine's clock jumps (F31). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/message_settings.h"
#include "starhash/alarm.h"
#include "starhash/calendar.h"
#include "starhash/clock.h"
#include "starhash/log.h"
#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define DAY_S 86400
#define HOUR_S 3600
#define SIX_YEARS_S (6 * 365 * DAY_S)

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct alarms *alarms;
	struct accounts *accounts;
	struct answers answers;
	const struct message_settings *messages;	/* NULL: the default */
	unsigned int notices;		/* of information fees, sent */
	int64_t noticed;		/* when the last one was */
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
		.alarms = bench->alarms, .messages = bench->messages,
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

/* For all changes before this one. */
static void changes_wait(struct bench *bench)
{
	struct request request = fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 1);
	struct response response;

	bench->answers.count = 0;
	assert_int_equal(accounts_ask(bench->accounts, &request, answers_take, &bench->answers, &response, &bench->answers.id),
			 -EINPROGRESS);
	while (!answered(bench))
		osmo_select_main_ctx(0);
}

static void seconds_pass(struct bench *bench, unsigned int seconds)
{
	time_pass(seconds);
	for (int i = 0; i < 10; i++)
		osmo_select_main_ctx(1);
	changes_wait(bench);
}

static void minute_passes(struct bench *bench)
{
	seconds_pass(bench, 61);
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

/* ---- S5 ---- */

static void notice_take(void *user, const struct account_notification *notification)
{
	struct bench *bench = user;

	if (!strcmp(notification->kind, "information_fees")) {
		bench->notices++;
		bench->noticed = accounts_now(bench->accounts);
	}
	accounts_notification_ack(bench->accounts, notification->id, NOTIFICATION_SENT);
}

static int64_t moment(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute)
{
	return calendar_days(year, month, day) * DAY_S + hour * 3600 + minute * 60;
}

/* Two minutes, second by second, in which housekeeping and the scheduler do what is due. */
static void minutes_pass(struct bench *bench)
{
	for (int second = 0; second < 120; second++)
		seconds_pass(bench, 1);
}

static void time_goes_to(struct bench *bench, int64_t when)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_REALTIME_COARSE, &now);
	assert_true(when > now.tv_sec);
	time_pass((unsigned int)(when - now.tv_sec));
	minutes_pass(bench);
}

/* The machine's clock is wrong for two minutes. */
static void clock_steps(struct bench *bench, int64_t seconds)
{
	machine_clock_jumps(seconds);
	minutes_pass(bench);
	machine_clock_jumps(-seconds);
	minutes_pass(bench);
}

/* Quiet from 21:00 to 08:00, by a clock that is an hour east of UTC, and from 29 March on two. */
static void S5_clock__set_over_the_window_and_quiet_hours__each_month_once_by_day(void **state)
{
	struct message_settings messages = message_settings_default();
	struct bench bench = { .messages = &messages };

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	messages.quiet_from = 21 * 60;
	messages.quiet_until = 8 * 60;
	time_stop();
	machine_clock_jumps(moment(2026, 3, 10, 19, 40) - time(NULL));
	bench.alarms = alarms_new(NULL);
	database_fixture(bench.file);
	run(&bench, "INSERT OR IGNORE INTO bill (msisdn, month, total) VALUES (" ALICE ", 202602, 500), (" ALICE ", 202603, 700);"
	    "UPDATE subscriber SET bill_month = 202603 WHERE msisdn = " ALICE ";"
	    "INSERT INTO preference (msisdn, kind, about, choice, since, last, after)"
	    "  VALUES (" ALICE ", 'information_fees', '', 'on', 202602, 0, 0)");
	start(&bench);
	accounts_set_notify(bench.accounts, notice_take, &bench);
	minutes_pass(&bench);					/* the day before */
	clock_steps(&bench, -HOUR_S);
	assert_int_equal(query(&bench, "SELECT count(*) FROM notification WHERE kind = 'information_fees'"), 0);
	time_goes_to(&bench, moment(2026, 3, 10, 23, 10));	/* after midnight, quiet */
	assert_int_equal(query(&bench, "SELECT count(*) FROM notification WHERE kind = 'information_fees' AND ended IS NULL"), 1);
	clock_steps(&bench, -4 * HOUR_S);			/* by day, before the window */
	clock_steps(&bench, HOUR_S);
	time_goes_to(&bench, moment(2026, 3, 11, 6, 40));
	assert_int_equal(bench.notices, 0);
	time_goes_to(&bench, moment(2026, 3, 11, 7, 0));
	assert_int_equal(bench.notices, 1);
	assert_in_range(bench.noticed, moment(2026, 3, 11, 7, 0), moment(2026, 3, 11, 7, 2));
	clock_steps(&bench, -12 * HOUR_S);
	clock_steps(&bench, DAY_S);
	time_goes_to(&bench, moment(2026, 3, 29, 0, 58));	/* from two to three o'clock */
	clock_steps(&bench, -HOUR_S);
	clock_steps(&bench, HOUR_S);
	assert_int_equal(query(&bench, "SELECT count(*) FROM notification WHERE kind = 'information_fees'"), 1);
	time_goes_to(&bench, moment(2026, 4, 10, 22, 30));	/* half past midnight on the 11th */
	assert_int_equal(query(&bench, "SELECT count(*) FROM notification WHERE kind = 'information_fees'"), 2);
	clock_steps(&bench, -2 * HOUR_S);
	time_goes_to(&bench, moment(2026, 4, 11, 5, 50));
	assert_int_equal(bench.notices, 1);
	time_goes_to(&bench, moment(2026, 4, 11, 6, 0));
	assert_int_equal(bench.notices, 2);
	clock_steps(&bench, -DAY_S);
	clock_steps(&bench, DAY_S);
	assert_int_equal(bench.notices, 2);
	assert_int_equal(query(&bench, "SELECT count(*) FROM notification WHERE kind = 'information_fees'"), 2);
	unsetenv("TZ");
	tzset();
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F31_clock__six_years_ahead_and_back__nothing_ended_deleted_or_misdated),
		cmocka_unit_test(F31_clock__ahead_around_a_restart__nothing_ended_until_an_operator_confirms),
		cmocka_unit_test(S5_clock__set_over_the_window_and_quiet_hours__each_month_once_by_day),
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

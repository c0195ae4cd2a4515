/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Profiles in memory, in front of a real database: after a change, by us or by another process, nobody gets an older one or
 * another's. Real time: other processes' changes are seen soon. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/utils.h>

#include "accounts/counters.h"
#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define MORE 40			/* subscribers besides the fixture's two */
#define FIRST 13800200000LL	/* the first of them */
#define FIRST_SIM 1010000001000LL
#define SOON_US 12000		/* 5 ms of a clock that ticks every 4 */
#define ROUNDS 4000

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct accounts *accounts;
	struct connection other;	/* another process's */
	struct answers answers;
	unsigned int wanted;		/* profiles in memory */
};

/* ---- accounts, and another process ---- */

static void other_runs(struct bench *bench, const char *sql)
{
	if (sqlite3_exec(bench->other.db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(bench->other.db));
}

static void start(struct bench *bench)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = bench->file, .deadline_ms = 5000, .requests_max = 100, .password_tries = 3, .profiles_mb = 1,
	};
	const struct catalogue catalogue = { .services = fixture_services, .count = ARRAY_SIZE(fixture_services) };

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
	accounts_set_catalogue(bench->accounts, &catalogue);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const char *why;
	char sql[512];

	*state = bench;
	bench->wanted = MORE + 2;
	database_fixture(bench->file);
	assert_int_equal(connection_open(&bench->other, bench->file, CONNECTION_WRITE, NULL, &why), SQLITE_OK);
	for (unsigned int i = 0; i < MORE; i++) {
		snprintf(sql, sizeof(sql), "INSERT INTO subscriber (msisdn, account, brand, status, language, as_of, balance) VALUES"
			 " (%lld, 'prepaid', 'young', 'active', 'en', 1788220800, %u); INSERT INTO sim VALUES (%lld, %lld)",
			 FIRST + i, i, FIRST_SIM + i, FIRST + i);
		other_runs(bench, sql);
	}
	start(bench);
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	accounts_free(bench->accounts);
	connection_close(&bench->other);
	database_unlink(bench->file);
	free(bench);
	return 0;
}

static unsigned int answered_here(const struct bench *bench)
{
	return (unsigned int)rate_ctr_group_get_ctr(accounts_counters(bench->accounts), ACCOUNT_COUNT_PROFILES_HERE)->current;
}

static void submit(struct bench *bench, const struct request *request)
{
	struct answers *answers = &bench->answers;

	answers->count = 0;
	if (accounts_submit(bench->accounts, request, answers, &answers->last, &answers->id) == 0)
		answers->count = 1;
	for (unsigned int i = 0; !answers->count && i < 5000; i++)
		loop_for(1);
	assert_int_equal(answers->count, 1);
}

static struct request profile_of(const char *msisdn, const char *imsi)
{
	struct request request = fixture_request(REQUEST_PROFILE, msisdn ? msisdn : "", 0);

	if (imsi)
		osmo_strlcpy(request.subscriber.imsi, imsi, sizeof(request.subscriber.imsi));
	return request;
}

/* The answer is what the database says now. */
static void reads_right(struct bench *bench, const struct request *request)
{
	static struct response now;

	submit(bench, request);
	response_init(&now);
	assert_int_equal(request_read(&bench->other, request, &now), SQLITE_OK);
	assert_int_equal(bench->answers.last.result, now.result);
	assert_true(fixture_same(&bench->answers.last.facts, &now.facts));
}

/* ---- one by one ---- */

static void profiles__asked_again__from_memory(void **state)
{
	struct bench *bench = *state;
	const struct request by_msisdn = profile_of(ALICE, NULL), by_imsi = profile_of(NULL, ALICE_IMSI);
	unsigned int before;

	reads_right(bench, &by_imsi);
	before = answered_here(bench);
	reads_right(bench, &by_imsi);
	reads_right(bench, &by_msisdn);
	assert_int_equal(answered_here(bench), before + 2);
}

static bool all_are_here(void *user)
{
	const struct bench *bench = user;
	char text[1024], wanted[32];

	snprintf(wanted, sizeof(wanted), "; %u profiles in ", bench->wanted);
	accounts_describe(bench->accounts, text, sizeof(text));
	return strstr(text, wanted) && strstr(text, " read in ");
}

static void profiles__started__filled_unasked(void **state)
{
	struct bench *bench = *state;
	struct request request = profile_of(BOB, NULL);
	unsigned int before;

	assert_true(loop_until(all_are_here, bench, 5000));
	before = answered_here(bench);
	reads_right(bench, &request);
	assert_int_equal(answered_here(bench), before + 1);
}

/* They are read in pieces. */
static void profiles__thousands__all_filled(void **state)
{
	struct bench *bench = *state;

	accounts_free(bench->accounts);
	other_runs(bench, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9958)"
		   " INSERT INTO subscriber (msisdn, account, brand, status, language, as_of) SELECT 13900000000 + i, 'prepaid',"
		   " '', 'active', 'en', 1788220800 FROM n");
	start(bench);
	bench->wanted = 10000;
	assert_true(loop_until(all_are_here, bench, 20000));
}

static void profiles__unknown_subscriber__not_remembered(void **state)
{
	struct bench *bench = *state;
	const struct request request = profile_of(NULL, "001010000000777");

	reads_right(bench, &request);
	other_runs(bench, "INSERT INTO sim VALUES (1010000000777, " BOB ")");
	usleep(SOON_US);
	reads_right(bench, &request);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
}

static void profiles__own_change__seen_at_once(void **state)
{
	struct bench *bench = *state;
	const struct request request = profile_of(NULL, ALICE_IMSI);
	struct request change = fixture_request(REQUEST_LANGUAGE_SET, ALICE, accounts_reference(bench->accounts));

	assert_true(loop_until(all_are_here, bench, 5000));
	reads_right(bench, &request);
	fixture_arg(&change, FIELD_LANGUAGE, "ar");
	submit(bench, &change);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
	reads_right(bench, &request);
	assert_string_equal(fixture_text(&bench->answers.last.facts, FIELD_LANGUAGE), "ar");
}

static void profiles__changed_by_another_process__seen_soon(void **state)
{
	static const char *const changes[] = {
		"UPDATE subscriber SET balance = 777 WHERE msisdn = " ALICE,
		"UPDATE sim SET msisdn = " BOB " WHERE imsi = 1010000000001",
		"DELETE FROM sim WHERE imsi = 1010000000001",
		"DELETE FROM subscriber WHERE msisdn = " ALICE,
	};
	struct bench *bench = *state;
	const struct request by_msisdn = profile_of(ALICE, NULL), by_imsi = profile_of(NULL, ALICE_IMSI);

	assert_true(loop_until(all_are_here, bench, 5000));
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		reads_right(bench, &by_imsi);
		other_runs(bench, changes[i]);
		usleep(SOON_US);
		reads_right(bench, &by_imsi);
		reads_right(bench, &by_msisdn);
	}
}

/* More changes than one look takes, and rows that a careless hand deleted. */
static void profiles__changes_not_known__read_again(void **state)
{
	static const char many[] =
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
		" INSERT INTO touched (msisdn) SELECT 1 FROM n; UPDATE subscriber SET balance = 2";
	const char *const changes[] = {
		many,
		"UPDATE subscriber SET balance = 3; DELETE FROM touched WHERE seq < (SELECT max(seq) FROM touched)",
		"UPDATE subscriber SET balance = 4; INSERT INTO touched (msisdn) VALUES (0)",
		/* as when a backup is restored under us */
		"UPDATE subscriber SET balance = 5; DELETE FROM touched; INSERT INTO touched VALUES (1, 0)",
	};
	struct bench *bench = *state;
	const struct request request = profile_of(NULL, ALICE_IMSI);

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		assert_true(loop_until(all_are_here, bench, 5000));
		reads_right(bench, &request);
		other_runs(bench, changes[i]);
		usleep(SOON_US);
		reads_right(bench, &request);
	}
}

static void profiles__read_from_a_slow_disk__still_right(void **state)
{
	struct bench *bench = *state;
	const struct request request = profile_of(NULL, ALICE_IMSI);

	disk_would_block = true;
	reads_right(bench, &request);
	other_runs(bench, "UPDATE subscriber SET balance = 777 WHERE msisdn = " ALICE);
	usleep(SOON_US);
	reads_right(bench, &request);
	disk_would_block = false;
	reads_right(bench, &request);
}

static void profiles__pruned_by_housekeeping__no_number_stays(void **state)
{
	struct bench *bench = *state;
	const struct request request = profile_of(ALICE, NULL);

	other_runs(bench, "UPDATE subscriber SET balance = 777; UPDATE touched SET msisdn = 0 WHERE seq = (SELECT max(seq) FROM touched)");
	for (unsigned int i = 0; i < 5000 && database_number(bench->file, "SELECT count(*) FROM touched") > 1; i++)
		loop_for(1);
	assert_int_equal(database_number(bench->file, "SELECT count(*) FROM touched"), 1);
	reads_right(bench, &request);
}

/* ---- at random ---- */

static unsigned int below(unsigned int limit)
{
	return (unsigned int)random() % limit;
}

static void read_somebody(struct bench *bench)
{
	char number[16];
	struct request request;

	if (below(2)) {
		snprintf(number, sizeof(number), "%lld", FIRST + below(MORE + 2));
		request = profile_of(number, NULL);
	} else {
		snprintf(number, sizeof(number), "00%lld", FIRST_SIM + below(MORE + 2));
		request = profile_of(NULL, number);
	}
	reads_right(bench, &request);
}

static void order_something(struct bench *bench)
{
	static const char *const languages[] = { "en", "zh", "ar" };
	struct request request;
	char number[16];

	snprintf(number, sizeof(number), "%lld", FIRST + below(MORE));
	request = fixture_request(REQUEST_LANGUAGE_SET, number, accounts_reference(bench->accounts));
	fixture_arg(&request, FIELD_LANGUAGE, languages[below(3)]);
	submit(bench, &request);
}

static void billing_updates(struct bench *bench)
{
	struct stored_account account = fixture_accounts[0];
	struct account_update update;
	char number[16], imsi[16];

	snprintf(number, sizeof(number), "%lld", FIRST + below(MORE));
	snprintf(imsi, sizeof(imsi), "00%lld", FIRST_SIM + below(MORE));
	osmo_strlcpy(account.msisdn, number, sizeof(account.msisdn));
	memset(account.imsis, 0, sizeof(account.imsis));
	osmo_strlcpy(account.imsis[0], imsi, sizeof(account.imsis[0]));
	account.balance = below(100000);
	account.as_of = time(NULL);
	account.hash = account.owner = NULL;
	account.bills_count = account.points_count = account.subscriptions_count = 0;
	update = account_update_whole(&account, time(NULL), false);
	bench->answers.count = 0;
	if (accounts_merge(bench->accounts, &update, answers_take, &bench->answers, &bench->answers.last, &bench->answers.id) == 0)
		bench->answers.count = 1;
	for (unsigned int i = 0; !bench->answers.count && i < 5000; i++)
		loop_for(1);
	assert_int_equal(bench->answers.count, 1);
}

/* A process that dies before its commit changes nothing. */
static void other_changes(struct bench *bench)
{
	const bool dies = !below(4);
	char sql[256];

	switch (below(4)) {
	case 0:
		snprintf(sql, sizeof(sql), "BEGIN; UPDATE subscriber SET balance = %u WHERE msisdn = %lld", below(1000),
			 FIRST + below(MORE));
		break;
	case 1:
		snprintf(sql, sizeof(sql), "BEGIN; DELETE FROM sim WHERE imsi = %lld", FIRST_SIM + below(MORE));
		break;
	case 2:
		snprintf(sql, sizeof(sql), "BEGIN; UPDATE sim SET msisdn = %lld WHERE imsi = %lld", FIRST + below(MORE),
			 FIRST_SIM + below(MORE));
		break;
	default:
		snprintf(sql, sizeof(sql), "BEGIN; UPDATE subscriber SET status = 'suspended' WHERE msisdn %% %u = 0", 2 + below(9));
	}
	other_runs(bench, sql);
	other_runs(bench, dies ? "ROLLBACK" : "COMMIT");
	usleep(SOON_US);
}

static void profiles__random__never_old_never_another_s(void **state)
{
	struct bench *bench = *state;

	srandom(15);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		switch (below(100)) {
		case 0:
			accounts_free(bench->accounts);	/* as after a kill: memory is gone */
			start(bench);
			break;
		case 1 ... 4:
			other_changes(bench);
			break;
		case 5 ... 9:
			order_something(bench);
			break;
		case 10 ... 14:
			billing_updates(bench);
			break;
		default:
			read_somebody(bench);
		}
	}
	assert_true(answered_here(bench) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(profiles__asked_again__from_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__started__filled_unasked, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__thousands__all_filled, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__unknown_subscriber__not_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__own_change__seen_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__changed_by_another_process__seen_soon, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__changes_not_known__read_again, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__read_from_a_slow_disk__still_right, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__pruned_by_housekeeping__no_number_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(profiles__random__never_old_never_another_s, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading through to billing: fresh, stale, and every possible failure (F17). */
#include <errno.h>
#include <string.h>

#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

#define DAY 86400
#define BIT(kind) (1u << ACCOUNT_##kind)
#define EVERY (BIT(PROFILE) | BIT(BILLS) | BIT(POINTS) | BIT(SERVICES))

static const struct accounts_settings hourly = { .fresh_s = { 3600, 3600, 3600, 3600 } };

static int ask(struct bench *bench, enum request_kind kind, uint64_t *id)
{
	const struct request request = user_request(kind, ALICE, 0);
	int rc;

	rc = accounts_submit(bench->accounts, &request, &bench->answers, &bench->answers.last, id);
	bench->answers.count += rc == 0;
	loop_round();
	return rc;
}

static int64_t balance(const struct bench *bench)
{
	return record_number(&bench->answers.last.facts, FIELD_BALANCE, -1);
}

static void expect_answer(const struct bench *bench, unsigned int count, enum result result, int64_t wanted)
{
	assert_int_equal(bench->answers.count, count);
	assert_int_equal(bench->answers.last.result, result);
	assert_int_equal(balance(bench), wanted);
}

static void F17_read__by_age_and_kind__billing_asked_for_stale_kinds(void **state)
{
	static const struct {
		enum request_kind kind;
		unsigned int fresh_s[ACCOUNT_KINDS];
		int64_t age[ACCOUNT_KINDS];
		unsigned int wanted;
	} cases[] = {
		{ REQUEST_PROFILE, { 0, 0, 0, 0 }, { DAY, DAY, DAY, DAY }, 0 },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { 60, DAY, 60, 60 }, 0 },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { -60, DAY, 0, 0 }, 0 },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { -300, DAY, 0, 0 }, 0 },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { -301, DAY, 0, 0 }, BIT(PROFILE) },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { 61, DAY, 60, 60 }, BIT(PROFILE) },
		{ REQUEST_PROFILE, { 60, 60, 60, 60 }, { 60, DAY, 61, 61 }, BIT(POINTS) | BIT(SERVICES) },
		{ REQUEST_PROFILE, { 60, 0, 0, 0 }, { DAY, DAY, DAY, DAY }, BIT(PROFILE) },
		{ REQUEST_PROFILE, { 0, 60, 60, 60 }, { DAY, 0, 0, 0 }, 0 },
		{ REQUEST_BILLS, { 60, 60, 60, 60 }, { DAY, 60, DAY, DAY }, 0 },
		{ REQUEST_BILLS, { 60, 60, 60, 60 }, { 0, 61, 0, 0 }, BIT(BILLS) },
		{ REQUEST_BILL_LINES, { 60, 60, 60, 60 }, { 0, 61, 0, 0 }, BIT(BILLS) },
		{ REQUEST_BILL_FEES, { 60, 60, 60, 60 }, { 0, 61, 0, 0 }, BIT(BILLS) },
		{ REQUEST_POINTS, { 60, 60, 60, 60 }, { 0, 0, 61, 0 }, BIT(POINTS) },
		{ REQUEST_SERVICES_MINE, { 60, 60, 60, 60 }, { 0, 0, 0, 61 }, BIT(SERVICES) },
		{ REQUEST_SERVICES_OFFERED, { 60, 60, 60, 60 }, { 0, 0, 0, 61 }, BIT(SERVICES) },
		{ REQUEST_SERVICES_INSTEAD, { 60, 60, 60, 60 }, { 0, 0, 0, 61 }, BIT(SERVICES) },
		{ REQUEST_ORDERS_MINE, { 60, 60, 60, 60 }, { DAY, DAY, DAY, DAY }, 0 },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct accounts_settings settings = { 0 };
		struct bench bench = { 0 };
		uint64_t id;

		disk_clear();
		disk.later = i % 2;
		memcpy(settings.fresh_s, cases[i / 2].fresh_s, sizeof(settings.fresh_s));
		for (unsigned int kind = 0; kind < ACCOUNT_KINDS; kind++)
			disk.as_of[kind] = FAKE_NOW - cases[i / 2].age[kind];
		bench_start(&bench, &settings);
		ask(&bench, cases[i / 2].kind, &id);
		assert_int_equal(bench.billing->asked_count, cases[i / 2].wanted != 0);
		if (cases[i / 2].wanted) {
			assert_int_equal(bench.answers.count, 0);
			assert_int_equal(llist_first_entry(&bench.billing->asked, struct asked, entry)->kinds,
					 cases[i / 2].wanted);
			fake_answer_query(bench.billing, BILLING_OK);
			loop_round();
			assert_int_equal(disk.put_kinds, cases[i / 2].wanted);
		}
		expect_answer(&bench, 1, RESULT_OK, cases[i / 2].wanted ? 777 : 100);
		assert_false(accounts_pending(bench.accounts, id));
		bench_stop(&bench);
	}
}

static void F17_billing__fails_in_any_way__cache_unchanged(void **state)
{
	static const enum billing_result results[] = {
		BILLING_DOWN, BILLING_WRONG, BILLING_UNKNOWN_SUBSCRIBER, BILLING_LATER, BILLING_DECLINED,
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(results); i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk.later = i % 2;
		bench_start(&bench, &hourly);
		ask(&bench, REQUEST_PROFILE, &id);
		fake_answer_query(bench.billing, results[i / 2]);
		expect_answer(&bench, 1, RESULT_OK, 100);
		assert_int_equal(record_number(&bench.answers.last.facts, FIELD_AS_OF, -1), 0);
		assert_int_equal(disk.puts, 0);
		bench_stop(&bench);
	}
}

static void F16_store__cannot_write_an_update_from_billing__cache_unchanged(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk.later = i;
		disk.broken = true;
		bench_start(&bench, &hourly);
		ask(&bench, REQUEST_PROFILE, &id);
		fake_answer_query(bench.billing, BILLING_OK);
		loop_round();
		expect_answer(&bench, 1, RESULT_OK, 100);
		bench_stop(&bench);
	}
}

static void F17_billing__accepts_no_more__cache_at_once(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &hourly);
	bench.billing->busy = true;
	assert_int_equal(ask(&bench, REQUEST_PROFILE, &id), 0);
	expect_answer(&bench, 1, RESULT_OK, 100);
	bench_stop(&bench);
}

static void F17_billing__slower_than_the_deadline__cache_in_time_and_stored_later(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk_clear();
		disk.later = i;
		bench_start(&bench, &hourly);
		assert_int_equal(ask(&bench, REQUEST_PROFILE, &id), -EINPROGRESS);
		clocks_pass(4990);
		assert_int_equal(bench.answers.count, 0);
		clocks_pass(20);
		expect_answer(&bench, 1, RESULT_OK, 100);
		assert_false(accounts_pending(bench.accounts, id));
		fake_answer_query(bench.billing, BILLING_OK);
		loop_round();
		assert_int_equal(bench.answers.count, 1);
		assert_int_equal(disk.balance, 777);
		bench_stop(&bench);
	}
}

static void read__many_of_one_subscriber__billing_asked_once(void **state)
{
	struct bench bench = { 0 };
	uint64_t ids[3];

	disk.later = true;
	bench_start(&bench, &hourly);
	for (int i = 0; i < 3; i++)
		ask(&bench, REQUEST_PROFILE, &ids[i]);
	ask(&bench, REQUEST_POINTS, &ids[0]);
	assert_int_equal(bench.billing->asked_count, 1);
	fake_answer_query(bench.billing, BILLING_OK);
	loop_round();
	expect_answer(&bench, 4, RESULT_OK, 777);
	assert_int_equal(disk.puts, 1);
	ask(&bench, REQUEST_BILLS, &ids[0]);
	assert_int_equal(bench.billing->asked_count, 2);
	bench_stop(&bench);
}

static void F15_read__by_imsi__billing_asked_by_number(void **state)
{
	struct request request = { .kind = REQUEST_PROFILE, .subscriber = { .imsi = ALICE_IMSI } };
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &hourly);
	accounts_submit(bench.accounts, &request, &bench.answers, &bench.answers.last, &id);
	assert_string_equal(llist_first_entry(&bench.billing->asked, struct asked, entry)->subscriber.msisdn, ALICE);
	ask(&bench, REQUEST_PROFILE, &id);
	assert_int_equal(bench.billing->asked_count, 1);
	bench_stop(&bench);
}

static void read__unknown_in_the_cache__billing_asked_for_everything(void **state)
{
	static const struct {
		enum billing_result result;
		enum result wanted;
		int64_t balance;
	} cases[] = {
		{ BILLING_OK, RESULT_OK, 777 },
		{ BILLING_UNKNOWN_SUBSCRIBER, RESULT_NOT_FOUND, -1 },
		{ BILLING_DOWN, RESULT_NOT_FOUND, -1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk_clear();
		disk.unknown = true;
		bench_start(&bench, &hourly);
		ask(&bench, REQUEST_BILLS, &id);
		assert_int_equal(llist_first_entry(&bench.billing->asked, struct asked, entry)->kinds, EVERY);
		fake_answer_query(bench.billing, cases[i].result);
		expect_answer(&bench, 1, cases[i].wanted, cases[i].balance);
		bench_stop(&bench);
	}
}

/* A47: for any request and any text about the number. */
static void read__number_that_billing_does_not_know__asked_for_once_a_minute(void **state)
{
	static const enum request_kind kinds[] = {
		REQUEST_PROFILE, REQUEST_BILLS, REQUEST_POINTS, REQUEST_SERVICES_MINE, REQUEST_PROFILE,
	};
	struct accounts_settings settings = hourly;

	settings.unknown_s = 60;
	settings.unknown_max = 8;
	for (int later = 0; later < 2; later++) {
		struct bench bench = { 0 };
		char line[600];
		uint64_t id;

		disk_clear();
		disk.unknown = true;
		disk.later = later;
		bench_start(&bench, &settings);
		ask(&bench, REQUEST_PROFILE, &id);
		fake_answer_query(bench.billing, BILLING_UNKNOWN_SUBSCRIBER);
		expect_answer(&bench, 1, RESULT_NOT_FOUND, -1);
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
			ask(&bench, kinds[i], &id);
			expect_answer(&bench, 2 + i, RESULT_NOT_FOUND, -1);
		}
		assert_int_equal(bench.billing->asked_count, 1);
		accounts_describe(bench.accounts, line, sizeof(line));
		assert_non_null(strstr(line, "5 avoided"));
		clocks_pass(60001);
		ask(&bench, REQUEST_PROFILE, &id);
		assert_int_equal(bench.billing->asked_count, 2);
		fake_answer_query(bench.billing, BILLING_OK);
		loop_round();
		expect_answer(&bench, 2 + ARRAY_SIZE(kinds), RESULT_OK, 777);
		bench_stop(&bench);
	}
}

/* A47 */
static void read__billing_only_fails__asked_again(void **state)
{
	static const enum billing_result results[] = { BILLING_DOWN, BILLING_WRONG };
	struct accounts_settings settings = hourly;

	settings.unknown_s = 60;
	settings.unknown_max = 8;
	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk_clear();
		disk.unknown = true;
		bench_start(&bench, &settings);
		ask(&bench, REQUEST_PROFILE, &id);
		fake_answer_query(bench.billing, results[i]);
		ask(&bench, REQUEST_PROFILE, &id);
		assert_int_equal(bench.billing->asked_count, 2);
		bench_stop(&bench);
	}
}

static void read__forgotten_while_billing_is_asked__not_called_back(void **state)
{
	struct bench bench = { 0 };
	uint64_t ids[2];

	bench_start(&bench, &hourly);
	ask(&bench, REQUEST_PROFILE, &ids[0]);
	ask(&bench, REQUEST_PROFILE, &ids[1]);
	accounts_forget(bench.accounts, ids[0]);
	fake_answer_query(bench.billing, BILLING_OK);
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.id, ids[1]);
	bench_stop(&bench);
}

static void read__too_many_waiting__cache_at_once(void **state)
{
	struct accounts_settings settings = hourly;
	struct bench bench = { 0 };
	char line[600];
	uint64_t id;

	settings.requests_max = 2000;
	bench_start(&bench, &settings);
	for (int i = 0; i < 1024; i++)
		assert_int_equal(ask(&bench, REQUEST_PROFILE, &id), -EINPROGRESS);
	assert_int_equal(ask(&bench, REQUEST_PROFILE, &id), 0);
	accounts_describe(bench.accounts, line, sizeof(line));
	assert_non_null(strstr(line, "1024 reads waiting for billing, 1 asked"));
	assert_non_null(strstr(line, "billing is a fake"));
	fake_answer_query(bench.billing, BILLING_OK);
	expect_answer(&bench, 1025, RESULT_OK, 777);
	bench_stop(&bench);
}

static void F16_request__in_the_store__stamped_and_never_earlier(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	ask(&bench, REQUEST_PROFILE, &id);
	assert_int_equal(disk.last.now, FAKE_NOW);
	osmo_clock_override_gettimespec(CLOCK_REALTIME_COARSE)->tv_sec -= DAY;
	ask(&bench, REQUEST_PROFILE, &id);
	assert_int_equal(disk.last.now, FAKE_NOW);
	clocks_pass(6000);		/* half speed, since the machine's clock was set back */
	ask(&bench, REQUEST_PROFILE, &id);
	assert_int_equal(disk.last.now, FAKE_NOW + 3);
	bench_stop(&bench);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)
	const struct CMUnitTest tests[] = {
		TEST(F17_read__by_age_and_kind__billing_asked_for_stale_kinds),
		TEST(F17_billing__fails_in_any_way__cache_unchanged),
		TEST(F16_store__cannot_write_an_update_from_billing__cache_unchanged),
		TEST(F17_billing__accepts_no_more__cache_at_once),
		TEST(F17_billing__slower_than_the_deadline__cache_in_time_and_stored_later),
		TEST(read__many_of_one_subscriber__billing_asked_once),
		TEST(F15_read__by_imsi__billing_asked_by_number),
		TEST(read__unknown_in_the_cache__billing_asked_for_everything),
		TEST(read__number_that_billing_does_not_know__asked_for_once_a_minute),
		TEST(read__billing_only_fails__asked_again),
		TEST(read__forgotten_while_billing_is_asked__not_called_back),
		TEST(read__too_many_waiting__cache_at_once),
		TEST(F16_request__in_the_store__stamped_and_never_earlier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

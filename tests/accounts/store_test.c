/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads, orders and notifications through a real database, with billing that answers as the test wants. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"
#include "tests/support/database.h"

#define BIT(kind) (1u << ACCOUNT_##kind)

struct daemon {
	struct bench bench;
	char file[DATABASE_NAME_SIZE];
	unsigned int notifications;
	char notification_kind[32];
};

static const struct service news = { .code = "NEWS", .price = 300, .period = "month", .excludes = "" };
static const struct service weather = { .code = "WEATHER", .price = 10, .period = "day", .excludes = "" };

static void take_notification(void *user, const struct account_notification *notification)
{
	struct daemon *daemon = user;

	daemon->notifications++;
	osmo_strlcpy(daemon->notification_kind, notification->kind, sizeof(daemon->notification_kind));
	accounts_notification_ack(daemon->bench.accounts, notification->id, NOTIFICATION_SENT);
}

static void start(struct daemon *daemon, unsigned int fresh_s)
{
	const struct accounts_settings settings = {
		.file = daemon->file, .fresh_s = { fresh_s, fresh_s, fresh_s, fresh_s }, .password_tries = 3,
	};
	const struct service services[] = { news, weather };
	const struct catalogue catalogue = { .services = services, .count = ARRAY_SIZE(services) };

	bench_start(&daemon->bench, &settings);
	accounts_set_catalogue(daemon->bench.accounts, &catalogue);
}

/* The store's threads live in real time. */
static bool poll_until(bool (*reached)(const struct daemon *daemon), const struct daemon *daemon)
{
	for (int i = 0; i < 10000 && !reached(daemon); i++) {
		usleep(1000);
		loop_round();
	}
	return reached(daemon);
}

static bool is_answered(const struct daemon *daemon)
{
	return daemon->bench.answers.count;
}

static bool has_asked(const struct daemon *daemon)
{
	return daemon->bench.answers.count || !llist_empty(&daemon->bench.billing->asked);
}

static bool has_given(const struct daemon *daemon)
{
	return daemon->bench.answers.count || !llist_empty(&daemon->bench.billing->given);
}

static bool is_notified(const struct daemon *daemon)
{
	return daemon->notifications;
}

static void submit(struct daemon *daemon, const struct request *request)
{
	struct answers *answers = &daemon->bench.answers;
	uint64_t id;

	answers->count = 0;
	answers->count += accounts_submit(daemon->bench.accounts, request, answers, &answers->last, &id) == 0;
}

static enum result answer(struct daemon *daemon)
{
	assert_true(poll_until(is_answered, daemon));
	assert_int_equal(daemon->bench.answers.count, 1);
	return daemon->bench.answers.last.result;
}

static struct request order(uint64_t ref)
{
	struct request request = user_request(REQUEST_SERVICE_ACTIVATE, ALICE, ref);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	fixture_arg(&request, ARG_SHOWN, "WEATHER, 0.10 a day. 1: yes");
	fixture_arg(&request, ARG_ANSWERED, "1");
	fixture_arg(&request, ARG_CHANNEL, "gsup");
	return request;
}

static void F17_lists__of_any_age__show_it_and_are_refreshed_when_old(void **state)
{
	static const struct {
		enum request_kind kind;
		uint16_t as_of;
		unsigned int kinds;
	} cases[] = {
		{ REQUEST_BILLS, FIELD_BILLS_AS_OF, BIT(BILLS) },
		{ REQUEST_BILL_LINES, FIELD_BILLS_AS_OF, BIT(BILLS) },
		{ REQUEST_BILL_FEES, FIELD_BILLS_AS_OF, BIT(BILLS) },
		{ REQUEST_POINTS, FIELD_POINTS_AS_OF, BIT(POINTS) },
		{ REQUEST_SERVICES_MINE, FIELD_SERVICES_AS_OF, BIT(SERVICES) },
		{ REQUEST_SERVICES_OFFERED, FIELD_SERVICES_AS_OF, BIT(SERVICES) },
		{ REQUEST_SERVICES_INSTEAD, FIELD_SERVICES_AS_OF, BIT(SERVICES) },
		{ REQUEST_PROFILE, FIELD_AS_OF, BIT(PROFILE) | BIT(POINTS) | BIT(SERVICES) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request request = user_request(cases[i].kind, ALICE, 0);
		struct daemon daemon = { 0 };
		const struct record *facts = &daemon.bench.answers.last.facts;

		database_fixture(daemon.file);
		start(&daemon, 3600);
		for (int round = 0; round < 2; round++) {
			submit(&daemon, &request);
			assert_true(poll_until(has_asked, &daemon));
			assert_int_equal(daemon.bench.billing->asked_count, 1);
			if (round == 0) {
				assert_int_equal(llist_first_entry(&daemon.bench.billing->asked, struct asked, entry)->kinds,
						 cases[i].kinds);
				fake_answer_query(daemon.bench.billing, BILLING_OK);
			}
			answer(&daemon);
			assert_int_equal(record_number(facts, cases[i].as_of, 0), FAKE_NOW);
		}
		bench_stop(&daemon.bench);
		database_unlink(daemon.file);
	}
}

static void read__new_customer_at_billing__known_from_then_on(void **state)
{
	const struct request request = user_request(REQUEST_PROFILE, NOBODY, 0);
	struct daemon daemon = { 0 };

	database_fixture(daemon.file);
	start(&daemon, 3600);
	submit(&daemon, &request);
	assert_true(poll_until(has_asked, &daemon));
	fake_answer_query(daemon.bench.billing, BILLING_UNKNOWN_SUBSCRIBER);
	assert_int_equal(answer(&daemon), RESULT_NOT_FOUND);
	submit(&daemon, &request);
	assert_true(poll_until(has_asked, &daemon));
	fake_answer_query(daemon.bench.billing, BILLING_OK);
	assert_int_equal(answer(&daemon), RESULT_OK);
	assert_int_equal(record_number(&daemon.bench.answers.last.facts, FIELD_BALANCE, 0), 777);
	submit(&daemon, &request);
	assert_int_equal(answer(&daemon), RESULT_OK);
	assert_int_equal(daemon.bench.billing->asked_count, 2);
	bench_stop(&daemon.bench);
	database_unlink(daemon.file);
}

static void F3_F4_order__in_time_and_late__reported_once_by_answer_or_notification(void **state)
{
	static const struct {
		enum billing_result said;
		bool late;
		enum result wanted;
		const char *notification, *services;
	} cases[] = {
		{ BILLING_OK, false, RESULT_OK, NULL, "CRBT NEWS WEATHER" },
		{ BILLING_OK, true, RESULT_ACCEPTED, "order_completed", "CRBT NEWS WEATHER" },
		{ BILLING_DECLINED, false, RESULT_REFUSED, NULL, "CRBT NEWS" },
		{ BILLING_DECLINED, true, RESULT_ACCEPTED, "order_refused", "CRBT NEWS" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct request profile = user_request(REQUEST_PROFILE, ALICE, 0);
		const struct request request = order(7);
		struct daemon daemon = { 0 };
		const struct record *facts = &daemon.bench.answers.last.facts;

		database_fixture(daemon.file);
		start(&daemon, 0);
		accounts_set_notify(daemon.bench.accounts, take_notification, &daemon);
		submit(&daemon, &request);
		assert_true(poll_until(has_given, &daemon));
		if (cases[i].late)
			clocks_pass(5100);
		fake_answer(daemon.bench.billing, cases[i].said, "", 0);
		assert_int_equal(answer(&daemon), cases[i].wanted);
		if (!cases[i].late)
			accounts_notification_ack(daemon.bench.accounts,
						  (uint64_t)daemon.bench.answers.last.notification, NOTIFICATION_SENT);
		for (int second = 0; second < 180; second++) {
			usleep(500);
			clocks_pass(1000);
		}
		if (cases[i].notification) {
			assert_true(poll_until(is_notified, &daemon));
			assert_string_equal(daemon.notification_kind, cases[i].notification);
		}
		assert_int_equal(daemon.notifications, cases[i].notification ? 1 : 0);
		submit(&daemon, &profile);
		assert_int_equal(answer(&daemon), RESULT_OK);
		assert_string_equal(fixture_text(facts, FIELD_SERVICES), cases[i].services);
		assert_int_equal(daemon.bench.billing->given_count, 1);
		bench_stop(&daemon.bench);
		database_unlink(daemon.file);
	}
}

static void F18_process__ends_before_billing_answers__order_continues_afterwards(void **state)
{
	const struct request request = order(7);
	struct daemon daemon = { 0 };

	database_fixture(daemon.file);
	start(&daemon, 0);
	submit(&daemon, &request);
	assert_true(poll_until(has_given, &daemon));
	bench_stop(&daemon.bench);

	start(&daemon, 0);
	accounts_set_notify(daemon.bench.accounts, take_notification, &daemon);
	assert_true(poll_until(has_given, &daemon));
	assert_int_equal(llist_first_entry(&daemon.bench.billing->given, struct given, entry)->order.ref, 7);
	assert_string_equal(llist_first_entry(&daemon.bench.billing->given, struct given, entry)->msisdn, ALICE);
	fake_answer(daemon.bench.billing, BILLING_OK, "", 0);
	for (int i = 0; i < 100; i++) {
		usleep(1000);
		clocks_pass(100);
	}
	assert_true(poll_until(is_notified, &daemon));
	assert_string_equal(daemon.notification_kind, "order_completed");
	assert_int_equal(daemon.bench.billing->effects, 1);
	bench_stop(&daemon.bench);
	database_unlink(daemon.file);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)
	const struct CMUnitTest tests[] = {
		TEST(F17_lists__of_any_age__show_it_and_are_refreshed_when_old),
		TEST(read__new_customer_at_billing__known_from_then_on),
		TEST(F3_F4_order__in_time_and_late__reported_once_by_answer_or_notification),
		TEST(F18_process__ends_before_billing_answers__order_continues_afterwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

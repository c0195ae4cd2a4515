/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders on their way to billing: carried out once, reported once, whatever billing, the store or a crash does. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/alarm.h"
#include "starhash/store.h"
#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

static int order_of(struct bench *bench, const char *msisdn, uint64_t ref, uint64_t *id)
{
	const struct request request = user_request(REQUEST_SERVICE_ACTIVATE, msisdn, ref);
	int rc;

	rc = accounts_submit(bench->accounts, &request, &bench->answers, &bench->answers.last, id);
	bench->answers.count += rc == 0;
	loop_round();
	return rc;
}

static int order(struct bench *bench, uint64_t ref, uint64_t *id)
{
	return order_of(bench, ALICE, ref, id);
}

static void F4_order__answered_in_its_turn__with_billings_outcome(void **state)
{
	static const struct {
		enum billing_result said;
		const char *reason;
		enum result wanted;
		enum order_end end;
		const char *wanted_reason;
	} cases[] = {
		{ BILLING_OK, "", RESULT_OK, END_DONE, "" },
		{ BILLING_DECLINED, "credit", RESULT_REFUSED, END_REFUSED, "credit" },
		{ BILLING_DECLINED, "", RESULT_REFUSED, END_REFUSED, "" },
		{ BILLING_UNKNOWN_SUBSCRIBER, "", RESULT_REFUSED, END_REFUSED, "unknown" },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct bench bench = { 0 };
		const struct record *facts = &bench.answers.last.facts;
		uint64_t id;

		disk_clear();
		disk.later = i % 2;
		disk.keep_completed = true;
		bench_start(&bench, &(struct accounts_settings){ 0 });
		assert_int_equal(order(&bench, 4711, &id), -EINPROGRESS);
		assert_int_equal(bench.answers.count, 0);
		assert_int_equal(llist_first_entry(&bench.billing->given, struct given, entry)->order.ref, 4711);
		fake_answer(bench.billing, cases[i / 2].said, cases[i / 2].reason, 0);
		loop_round();
		assert_int_equal(bench.answers.count, 1);
		assert_int_equal(bench.answers.id, id);
		assert_int_equal(bench.answers.last.result, cases[i / 2].wanted);
		assert_int_equal(bench.answers.last.notification, 1001);
		assert_string_equal(fixture_text(facts, FIELD_SERVICES), "NEWS");
		assert_string_equal(fixture_text(facts, FIELD_REASON), cases[i / 2].wanted_reason);
		assert_int_equal(disk_order(1)->end, cases[i / 2].end);
		assert_string_equal(disk_order(1)->reason, cases[i / 2].wanted_reason);
		assert_false(accounts_pending(bench.accounts, id));
		bench_stop(&bench);
	}
}

/* A5: the subscriber hears that the order is in flight, which it is; the operator, that billing has another order of that reference. */
static void A5_order__billing_has_another_order_of_its_reference__alarm_and_not_refused(void **state)
{
	struct alarms *alarms = alarms_new(NULL);
	const struct alarm_state *alarm = alarm_state(alarms, ALARM_REFERENCE_CONFLICT);
	struct bench bench = { 0 };
	uint64_t id;

	disk.keep_completed = true;
	bench_start(&bench, &(struct accounts_settings){ .alarms = alarms });
	assert_int_equal(order(&bench, 32, &id), -EINPROGRESS);
	fake_answer(bench.billing, BILLING_KEY_CONFLICT, "conflict", 0);
	loop_round();
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.last.result, RESULT_ACCEPTED);
	assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_REASON), "");
	assert_int_equal(disk_order(1)->end, END_CONFLICT);
	assert_string_equal(disk_order(1)->reason, "conflict");
	assert_int_equal(alarm->count, 1);
	assert_non_null(strstr(alarm->text, "0000-0000-0010"));
	clocks_pass(86400 * 1000);
	assert_int_equal(bench.billing->given_count, 1);
	bench_stop(&bench);
	talloc_free(alarms);
}

static void F3_billing__slower_than_the_deadline__accepted_in_time_and_completed_after_it(void **state)
{
	for (int i = 0; i < 2; i++) {
		struct bench bench = { 0 };
		uint64_t id;

		disk_clear();
		disk.later = i;
		disk.keep_completed = true;
		bench_start(&bench, &(struct accounts_settings){ 0 });
		order(&bench, 1, &id);
		clocks_pass(4990);
		assert_int_equal(bench.answers.count, 0);
		clocks_pass(20);
		assert_int_equal(bench.answers.count, 1);
		assert_int_equal(bench.answers.last.result, RESULT_ACCEPTED);
		assert_string_equal(fixture_text(&bench.answers.last.facts, FIELD_SERVICES), "NEWS");
		assert_false(accounts_pending(bench.accounts, id));
		fake_answer(bench.billing, BILLING_OK, "", 0);
		loop_round();
		assert_int_equal(disk_order(1)->end, END_DONE);
		assert_int_equal(bench.answers.count, 1);
		bench_stop(&bench);
	}
}

static void F3_store__accepts_an_order_after_the_deadline__unknown_then_accepted(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ .deadline_ms = 300 });
	disk.later = true;
	disk.later_ms = 500;
	order(&bench, 1, &id);
	clocks_pass(400);
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.last.result, RESULT_UNKNOWN);
	assert_true(accounts_pending(bench.accounts, id));
	clocks_pass(200);
	assert_int_equal(bench.answers.count, 2);
	assert_int_equal(bench.answers.last.result, RESULT_ACCEPTED);
	assert_false(accounts_pending(bench.accounts, id));
	bench_stop(&bench);
}

static void F5_order__forgotten_or_requested_twice__each_waiter_answered_once(void **state)
{
	struct bench bench = { 0 };
	struct response taken;
	uint64_t ids[2];

	bench_start(&bench, &(struct accounts_settings){ 0 });
	order(&bench, 1, &ids[0]);
	order(&bench, 2, &ids[1]);
	accounts_forget(bench.accounts, ids[0]);
	response_init(&taken);
	taken.result = RESULT_ACCEPTED;
	accounts_complete(bench.accounts, ids[1], &taken);
	assert_int_equal(bench.answers.count, 0);
	for (int i = 0; i < 2; i++) {
		fake_answer(bench.billing, BILLING_OK, "", 0);
		loop_round();
	}
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.id, ids[1]);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	bench_stop(&bench);
}

static void F17_billing__cannot_now__retried_at_growing_intervals(void **state)
{
	static const enum billing_result results[] = { BILLING_DOWN, BILLING_LATER, BILLING_WRONG };
	static const struct {
		unsigned int attempts, after_s, wanted;
	} cases[] = {
		{ 0, 0, 1 }, { 1, 0, 5 }, { 2, 0, 30 }, { 3, 0, 30 }, { 4, 0, 600 }, { 5, 0, 3600 },
		/* billing is away: at most this long, so that its return is noticed soon */
		{ 99, 0, 30 }, { 99, 0, 3600 }, { 0, 40, 40 }, { 5, 200, 200 }, { 5, 40, 3600 }, { 0, 4000000000u, 86400 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench = { 0 };
		int64_t wait;
		uint64_t id;

		clocks_set();
		disk_clear();
		bench_start(&bench, &(struct accounts_settings){ 0 });
		bench.billing->busy = true;
		order(&bench, 1, &id);
		disk_order(1)->attempts = cases[i].attempts;
		bench.billing->busy = false;
		clocks_pass(1000);
		fake_answer(bench.billing, results[i % 3], "", cases[i].after_s);
		loop_round();
		wait = disk_order(1)->due - FAKE_NOW - 1;
		assert_false(disk_order(1)->ended);
		assert_int_equal(disk_order(1)->attempts, cases[i].attempts + 1);
		assert_in_range(wait, cases[i].wanted, cases[i].wanted + cases[i].wanted / 4);
		/* a subscriber who would wait in vain is answered at once that the order is safe */
		assert_int_equal(bench.answers.count, wait > 4);
		clocks_pass((unsigned int)(wait - 1) * 1000);
		assert_int_equal(bench.billing->given_count, 1);
		clocks_pass(1000);
		assert_int_equal(bench.billing->given_count, 2);
		bench_stop(&bench);
	}
}

/* An order waiting for its retry is sent when billing is known to be back, and only once if it is not. */
static void F17_billing__is_back__waiting_orders_sent_at_once(void **state)
{
	static const enum billing_result results[] = { BILLING_OK, BILLING_DOWN };

	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		struct bench bench = { 0 };
		uint64_t id;

		clocks_set();
		disk_clear();
		disk.keep_completed = true;
		bench_start(&bench, &(struct accounts_settings){ 0 });
		bench.billing->busy = true;
		order(&bench, 1, &id);
		disk_order(1)->attempts = 3;
		bench.billing->busy = false;
		clocks_pass(1000);
		fake_answer(bench.billing, BILLING_DOWN, "", 0);
		clocks_pass(10000);
		assert_int_equal(bench.billing->given_count, 1);
		bench.billing->recovered(bench.billing->recovered_user);
		loop_round();
		assert_int_equal(bench.billing->given_count, 2);
		fake_answer(bench.billing, results[i], "", 0);
		clocks_pass(10000);
		assert_int_equal(bench.billing->given_count, 2);
		assert_int_equal(disk_order(1)->ended, results[i] == BILLING_OK);
		bench_stop(&bench);
	}
}

static void F4_billing__says_later_then_done__answered_in_the_same_turn(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	order(&bench, 1, &id);
	fake_answer(bench.billing, BILLING_LATER, "", 0);
	clocks_pass(1000);
	assert_int_equal(bench.answers.count, 0);
	fake_answer(bench.billing, BILLING_OK, "", 0);
	loop_round();
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.last.result, RESULT_OK);
	assert_int_equal(bench.billing->effects, 1);
	bench_stop(&bench);
}

static void F17_billing__away_longer_than_orders_wait__dead(void **state)
{
	static const struct {
		unsigned int give_up_s, age;
		bool dead;
	} cases[] = {
		{ 3600, 3599, false }, { 3600, 3600, true }, { 0, 3 * 86400 - 1, false }, { 0, 3 * 86400, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct accounts_settings settings = { .orders_give_up_s = cases[i].give_up_s };
		struct bench bench = { 0 };
		uint64_t id;

		clocks_set();
		disk_clear();
		disk.keep_completed = true;
		bench_start(&bench, &settings);
		bench.billing->busy = true;
		order(&bench, 1, &id);
		disk_order(1)->ordered = FAKE_NOW + 1 - cases[i].age;
		bench.billing->busy = false;
		clocks_pass(1000);
		fake_answer(bench.billing, BILLING_DOWN, "", 0);
		loop_round();
		assert_int_equal(disk_order(1)->ended, cases[i].dead);
		assert_true(!cases[i].dead || disk_order(1)->end == END_DEAD);
		bench_stop(&bench);
	}
}

static void orders__of_one_and_of_many_subscribers__one_each_up_to_a_limit(void **state)
{
	struct bench bench = { 0 };
	char msisdn[MSISDN_SIZE];
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	bench.billing->busy = true;
	for (uint64_t i = 0; i < 60; i++) {
		snprintf(msisdn, sizeof(msisdn), "1380013%04u", (unsigned int)i / 2);
		order_of(&bench, msisdn, i + 1, &id);
	}
	bench.billing->busy = false;
	clocks_pass(1000);
	assert_in_range(bench.billing->given_count, 20, 30);
	while (!llist_empty(&bench.billing->given)) {
		const struct given *given;
		unsigned int of_first = 0;

		llist_for_each_entry(given, &bench.billing->given, entry)
			of_first += !strcmp(given->msisdn,
					    llist_first_entry(&bench.billing->given, struct given, entry)->msisdn);
		assert_int_equal(of_first, 1);
		fake_answer(bench.billing, BILLING_OK, "", 0);
		loop_round();
	}
	assert_int_equal(bench.billing->given_count, 60);
	assert_int_equal(bench.billing->effects, 60);
	bench_stop(&bench);
}

static void F18_process__ends_between_sending_and_completing__sent_again_with_its_number(void **state)
{
	struct bench bench = { 0 };
	struct billing *first;
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	order(&bench, 42, &id);
	first = bench.billing;
	assert_int_equal(first->given_count, 1);
	bench_stop(&bench);

	bench_start(&bench, &(struct accounts_settings){ 0 });
	assert_int_equal(bench.billing->given_count, 1);
	assert_int_equal(llist_first_entry(&bench.billing->given, struct given, entry)->order.ref, 42);
	fake_answer(bench.billing, BILLING_OK, "", 0);
	loop_round();
	assert_true(llist_empty(&disk.orders));
	clocks_pass(60000);
	assert_int_equal(bench.billing->given_count, 1);
	bench_stop(&bench);
}

static void F16_store__cannot_complete_the_order__billing_is_not_asked_again(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	order(&bench, 1, &id);
	disk.broken = true;
	fake_answer(bench.billing, BILLING_OK, "", 0);
	for (int i = 0; i < 10; i++)
		clocks_pass(1000);
	assert_int_equal(bench.billing->given_count, 1);
	assert_int_equal(bench.answers.count, 1);
	assert_int_equal(bench.answers.last.result, RESULT_ACCEPTED);
	disk.broken = false;
	clocks_pass(1000);
	assert_true(llist_empty(&disk.orders));
	assert_int_equal(bench.billing->given_count, 1);
	bench_stop(&bench);
}

static void F16_store__cannot_store_an_order__refused_and_not_sent_to_billing(void **state)
{
	struct bench bench = { 0 };
	uint64_t id;

	bench_start(&bench, &(struct accounts_settings){ 0 });
	disk.broken = true;
	assert_int_equal(order(&bench, 1, &id), 0);
	assert_int_equal(bench.answers.last.result, RESULT_UNAVAILABLE);
	clocks_pass(5000);
	assert_int_equal(bench.billing->given_count, 0);
	bench_stop(&bench);
}

static void F18_orders__a_hundred_thousand_with_faults__each_once_and_no_memory_leaks(void **state)
{
	struct bench bench = { 0 };
	size_t before = 0;
	uint64_t id;

	disk.later = true;
	bench_start(&bench, &(struct accounts_settings){ 0 });
	for (uint64_t ref = 1; ref <= 100000; ref++) {
		order(&bench, ref, &id);
		if (ref % 1000 == 0) {
			fake_answer(bench.billing, BILLING_DOWN, "", 0);
			clocks_pass(1000);
		}
		fake_answer(bench.billing, BILLING_OK, "", 0);
		loop_round();
		assert_int_equal(bench.answers.count, ref);
		assert_int_equal(bench.answers.last.result, RESULT_OK);
		if (ref == 1000)
			before = talloc_total_blocks(bench.accounts);
	}
	assert_int_equal(talloc_total_blocks(bench.accounts), before);
	assert_int_equal(bench.billing->effects, 100000);
	assert_int_equal(bench.billing->given_count, 100100);
	assert_true(llist_empty(&disk.orders));
	bench_stop(&bench);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fakes_setup, fakes_teardown)
	const struct CMUnitTest tests[] = {
		TEST(F4_order__answered_in_its_turn__with_billings_outcome),
		TEST(A5_order__billing_has_another_order_of_its_reference__alarm_and_not_refused),
		TEST(F3_billing__slower_than_the_deadline__accepted_in_time_and_completed_after_it),
		TEST(F3_store__accepts_an_order_after_the_deadline__unknown_then_accepted),
		TEST(F5_order__forgotten_or_requested_twice__each_waiter_answered_once),
		TEST(F17_billing__cannot_now__retried_at_growing_intervals),
		TEST(F17_billing__is_back__waiting_orders_sent_at_once),
		TEST(F4_billing__says_later_then_done__answered_in_the_same_turn),
		TEST(F17_billing__away_longer_than_orders_wait__dead),
		TEST(orders__of_one_and_of_many_subscribers__one_each_up_to_a_limit),
		TEST(F18_process__ends_between_sending_and_completing__sent_again_with_its_number),
		TEST(F16_store__cannot_complete_the_order__billing_is_not_asked_again),
		TEST(F16_store__cannot_store_an_order__refused_and_not_sent_to_billing),
		TEST(F18_orders__a_hundred_thousand_with_faults__each_once_and_no_memory_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

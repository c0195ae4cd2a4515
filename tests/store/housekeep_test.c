/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tasks on their due day: trials, services that expire, retention, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/shop.h"

static void housekeep(struct round *round)
{
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", round->ops->reference(round->store, STORE_PIECE)), RESULT_OK);
	assert_int_equal(notification_id(round), 0);
}

/* Until 2026-11-26. */
static void try_it(struct round *round, enum result wanted)
{
	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY", wanted);
	if (wanted == RESULT_ACCEPTED)
		end_order(round, order_id(round), END_DONE, NULL, RESULT_OK);
}

/* Complete everything that is due. */
static void send_all(struct round *round)
{
	struct due_notification due;

	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	while (response_notification(&round->answers.last, 0, &due)) {
		complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id }, RESULT_OK);
		claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	}
}

static void S7_trial__three_days_before_its_end__reminded_once(struct round *round)
{
	struct record notified;

	try_it(round, RESULT_OK);
	round->now += 2 * DAY_S;	/* 2026-11-22 */
	send_all(round);
	housekeep(round);
	assert_facts_of(round, NULL);
	round->now += DAY_S;
	housekeep(round);
	notified = assert_facts_of(round, "trial_ending");
	assert_string_equal(fixture_text(&notified, FIELD_SERVICE), "TRY");
	assert_int_equal(record_number(&notified, FIELD_PRICE, ABSENT), 100);
	assert_int_equal(record_number(&notified, FIELD_TRIAL_UNTIL, ABSENT), 20261126);
	assert_int_equal(record_number(&notified, FIELD_TRIAL_PRICE, ABSENT), ABSENT);
	assert_string_equal(fixture_text(&notified, FIELD_LANGUAGE), "en");
	housekeep(round);
	assert_facts_of(round, "trial_ending");
}

static void S7_trial__past_its_end__cancelled_and_notified(struct round *round)
{
	try_it(round, RESULT_OK);
	round->now += 6 * DAY_S;	/* its last day */
	housekeep(round);
	assert_subscribed(round, "TRY", "trial");
	round->now += DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "TRY", NULL);
	assert_services(round, "CRBT NEWS");
	assert_facts_of(round, "trial_ended");
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_KIND, "service_deactivate");
}

/* "Nothing was charged" would be untrue. */
static void S7_trial_with_a_price__its_end__notified_with_the_price(struct round *round)
{
	struct record notified;

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "ZINE", RESULT_OK);
	round->now += 3 * DAY_S;
	send_all(round);
	housekeep(round);
	notified = assert_facts_of(round, "trial_ending");
	assert_int_equal(record_number(&notified, FIELD_TRIAL_PRICE, ABSENT), 100);
	round->now += 4 * DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "ZINE", NULL);
	notified = assert_facts_of(round, "trial_ended");
	assert_int_equal(record_number(&notified, FIELD_TRIAL_PRICE, ABSENT), 100);
}

/* Until 2026-11-26, reminded. */
static void try_what_goes_on(struct round *round, enum result wanted)
{
	struct record notified;

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "ZEN", wanted);
	if (wanted == RESULT_ACCEPTED)
		end_order(round, order_id(round), END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "ZEN", "trial");
	assert_row_text(round, 2, FIELD_TRIAL_ENDS, "paid");
	round->now += 3 * DAY_S;
	send_all(round);
	housekeep(round);
	notified = assert_facts_of(round, "trial_ending");
	assert_string_equal(fixture_text(&notified, FIELD_TRIAL_ENDS), "paid");
}

static void S7_trial_that_goes_on__past_its_end__charged_and_notified(struct round *round)
{
	try_what_goes_on(round, RESULT_OK);
	round->now += 3 * DAY_S;	/* its last day */
	housekeep(round);
	assert_subscribed(round, "ZEN", "trial");
	round->now += DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "ZEN", "active");
	assert_row_text(round, 2, FIELD_TRIAL_ENDS, "");
	assert_facts_of(round, "order_completed");
	housekeep(round);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_KIND, "trial_accept");
}

/* The agreed terms count, not those of the present catalogue. */
static void S7_trial_that_goes_on__other_terms_meanwhile__as_agreed(struct round *round)
{
	static const struct service other = { .code = "ZEN", .excludes = "", .price = 400, .period = "month", .trial_days = 7 };
	const struct catalogue catalogue = { .services = &other, .count = 1 };

	try_what_goes_on(round, RESULT_OK);
	round->ops->set_catalogue(round->store, &catalogue);
	round->now += 4 * DAY_S;
	housekeep(round);
	assert_subscribed(round, "ZEN", "active");
}

/* Nobody is charged without notification. */
static void S7_trial_that_goes_on__not_announced__ends(struct round *round)
{
	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "ZEN", RESULT_OK);
	round->now += 7 * DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "ZEN", NULL);
	assert_facts_of(round, "trial_ended");
}

static void S7_trial_that_goes_on__cancelled__ends(struct round *round)
{
	try_what_goes_on(round, RESULT_OK);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "ZEN", RESULT_OK);
	assert_subscribed(round, "ZEN", NULL);
}

static void S7_trial_that_goes_on__billing_refuses__ends(struct round *round)
{
	try_what_goes_on(round, RESULT_ACCEPTED);
	round->now += 4 * DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "ZEN", "activating");
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_TRIAL_ACCEPT);
	end_order(round, due_order(round, 0)->id, END_REFUSED, NULL, RESULT_OK);
	assert_subscribed(round, "ZEN", "trial");
	housekeep(round);
	assert_subscribed(round, "ZEN", "deactivating");
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_SERVICE_DEACTIVATE);
}

static void S7_trial__accepted__neither_reminded_nor_cancelled(struct round *round)
{
	try_it(round, RESULT_OK);
	order(round, REQUEST_TRIAL_ACCEPT, 2, "TRY", RESULT_OK);
	round->now += 60;
	send_all(round);
	round->now += 4 * DAY_S;
	housekeep(round);
	round->now += 30 * DAY_S;
	housekeep(round);
	assert_facts_of(round, NULL);
	assert_subscribed(round, "TRY", "active");
}

/* A4: the reference is drawn like all others. */
static int64_t end_by_billing(struct round *round, enum order_end end)
{
	int64_t id;

	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_SERVICE_DEACTIVATE);
	id = due_order(round, 0)->id;
	assert_in_range(due_order(round, 0)->ref, 1, round->ops->reference(round->store, 1) - 1);
	end_order(round, id, end, NULL, RESULT_OK);
	round->now += 5;
	return id;
}

static void past_the_end(struct round *round)
{
	try_it(round, RESULT_ACCEPTED);
	round->now += 7 * DAY_S;
	send_all(round);
	housekeep(round);
	assert_subscribed(round, "TRY", "deactivating");
	housekeep(round);
	assert_facts_of(round, NULL);
}

static void S7_trial_with_billing__past_its_end__notified_when_billing_has_done_it(struct round *round)
{
	past_the_end(round);
	end_by_billing(round, END_DONE);
	assert_subscribed(round, "TRY", NULL);
	assert_facts_of(round, "trial_ended");
}

static void S7_trial_with_billing__end_refused__notified_and_becomes_a_subscription(struct round *round)
{
	past_the_end(round);
	end_by_billing(round, END_REFUSED);
	assert_subscribed(round, "TRY", "active");
	assert_facts_of(round, "order_refused");
	housekeep(round);
	assert_subscribed(round, "TRY", "active");
}

static void S7_trial_with_billing__end_not_delivered__ordered_again(struct round *round)
{
	int64_t id;

	past_the_end(round);
	id = end_by_billing(round, END_DEAD);
	assert_facts_of(round, NULL);
	housekeep(round);
	assert_subscribed(round, "TRY", "deactivating");
	assert_true(end_by_billing(round, END_DONE) > id);
}

/* A5: neither the trial nor a charged subscription goes on: it is deactivating until an operator decides. */
static void A5_trial_with_billing__end_meets_a_conflict__never_a_subscription(struct round *round)
{
	past_the_end(round);
	end_by_billing(round, END_CONFLICT);
	assert_subscribed(round, "TRY", "deactivating");
	round->now += 30 * DAY_S;
	housekeep(round);
	assert_subscribed(round, "TRY", "deactivating");
	assert_facts_of(round, NULL);
	assert_orders_due(round, 0);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_row_text(round, 0, FIELD_STATE, "dead");
}

/* A4: no trial ends without a reference, and each has its own. */
static void A4_trials__several_end_at_once__references_of_their_own(struct round *round)
{
	const uint64_t first = round->ops->reference(round->store, STORE_PIECE);
	struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, BOB, 2);

	try_it(round, RESULT_ACCEPTED);
	ask_with(round, REQUEST_LINE_RESUME, BOB, 3, FIELD_NONE, "", RESULT_ACCEPTED);
	end_order(round, order_id(round), END_DONE, NULL, RESULT_OK);
	fixture_arg(&request, FIELD_SERVICE, "TRY");
	ask(round, request, RESULT_ACCEPTED);
	end_order(round, order_id(round), END_DONE, NULL, RESULT_OK);
	round->now += 8 * DAY_S;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
	assert_orders_due(round, 0);
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", first), RESULT_OK);
	assert_orders_due(round, 2);
	assert_int_equal(due_order(round, 0)->ref, first);
	assert_int_equal(due_order(round, 1)->ref, first + 1);
}

static void F18_replay__older_than_its_retention__forgotten(struct round *round)
{
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "NOSUCH", RESULT_NOT_FOUND);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT", RESULT_OK);
	round->now += 7 * DAY_S;
	housekeep(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT", RESULT_OK);
	round->now++;
	housekeep(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "NOSUCH", RESULT_NOT_FOUND);
}

/* A3: orders are retained longer than replays: the answer to this one is no longer known, so nothing is done. */
static void A3_order__its_answer_is_forgotten__alien(struct round *round)
{
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT", RESULT_OK);
	round->now += 8 * DAY_S;
	housekeep(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "NEWS", RESULT_ALIEN);
	assert_subscribed(round, "NEWS", "active");
}

static int64_t held(struct round *round, unsigned int index)
{
	struct record at;

	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	at = row(round, index);
	return record_number(&at, FIELD_STORED, ABSENT);
}

static void consent(struct round *round, uint64_t ref)
{
	struct request request = fixture_request(ref % 2 ? REQUEST_SERVICE_ACTIVATE : REQUEST_SERVICE_DEACTIVATE, ALICE, ref);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	fixture_arg(&request, ARG_SHOWN, "Sure?");
	ask(round, request, RESULT_OK);
}

/* Orders 400 days, consents 1825; their chain goes on afterwards. */
static void S18_retention__each_kind__as_long_as_required(struct round *round)
{
	for (uint64_t ref = 1; ref <= 4; ref++)
		consent(round, ref);
	assert_int_equal(held(round, 7), 4);
	round->now += 8 * DAY_S;
	housekeep(round);
	assert_int_equal(held(round, 7), 0);
	round->now += 393 * DAY_S;
	housekeep(round);
	assert_int_equal(held(round, 5), 0);
	assert_int_equal(held(round, 6), 4);
	round->now += 1500 * DAY_S;
	housekeep(round);
	assert_int_equal(held(round, 6), 0);
	consent(round, 5);
	assert_int_equal(held(round, 6), 1);
}

static void F16_retention__order_not_completed__stays_however_old(struct round *round)
{
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_ACCEPTED);
	round->now += 4000 * DAY_S;
	housekeep(round);
	assert_int_equal(held(round, 5), 1);
	assert_subscribed(round, "WEATHER", "activating");
}

/* All that is due of one day's share. */
static void housekeep_day(struct round *round)
{
	do
		housekeep(round);
	while (round->answers.last.more);
}

/* A62 */
static void F31_retention__much_is_due_at_once__limited_per_day(struct round *round)
{
	for (uint64_t ref = 1; ref <= 250; ref++)
		consent(round, ref);
	round->now += 2000 * DAY_S;
	for (int left = 250; left > 0; left -= left > 100 ? 100 : left) {
		assert_int_equal(held(round, 5), left);
		assert_int_equal(held(round, 6), left);
		housekeep_day(round);
		housekeep_day(round);
		round->now += DAY_S;
	}
	assert_int_equal(held(round, 5), 0);
	assert_int_equal(held(round, 6), 0);
}

/* A62: one day deletes what expires in two days, or a backlog would never end. */
static void F31_retention__short__keeps_up_with_new_records(struct round *round)
{
	for (uint64_t ref = 1; ref <= 250; ref++)
		consent(round, ref);
	round->now += 3 * DAY_S;
	housekeep_day(round);
	assert_int_equal(held(round, 5), 0);
}

static const struct round_case cases[] = {
	CASE(S7_trial__three_days_before_its_end__reminded_once),
	CASE(S7_trial__past_its_end__cancelled_and_notified),
	CASE(S7_trial_with_a_price__its_end__notified_with_the_price),
	CASE(S7_trial_that_goes_on__past_its_end__charged_and_notified),
	CASE(S7_trial_that_goes_on__other_terms_meanwhile__as_agreed),
	CASE(S7_trial_that_goes_on__not_announced__ends),
	CASE(S7_trial_that_goes_on__cancelled__ends),
	CASE_BILLING(S7_trial_that_goes_on__billing_refuses__ends),
	CASE(S7_trial__accepted__neither_reminded_nor_cancelled),
	CASE_BILLING(S7_trial_with_billing__past_its_end__notified_when_billing_has_done_it),
	CASE_BILLING(S7_trial_with_billing__end_refused__notified_and_becomes_a_subscription),
	CASE_BILLING(S7_trial_with_billing__end_not_delivered__ordered_again),
	CASE_BILLING(A5_trial_with_billing__end_meets_a_conflict__never_a_subscription),
	CASE_BILLING(A4_trials__several_end_at_once__references_of_their_own),
	CASE(F18_replay__older_than_its_retention__forgotten),
	CASE(A3_order__its_answer_is_forgotten__alien),
	CASE(S18_retention__each_kind__as_long_as_required),
	CASE(F31_retention__much_is_due_at_once__limited_per_day),
	{ "F31_retention__short__keeps_up_with_new_records", F31_retention__short__keeps_up_with_new_records,
	  { .retention = "orders 2" } },
	CASE_BILLING(F16_retention__order_not_completed__stays_however_old),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

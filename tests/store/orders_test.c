/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S7, S11, S18: orders, with billing and without, in every store. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "tests/store/round.h"

#include "tests/store/shop.h"

/* ---- without billing: done at once ---- */

static void S3_open__no_billing__completed_and_a_notification_waits(struct round *round)
{
	struct due_notification due;
	struct record notified;
	int64_t notification;

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 33, "WEATHER", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS WEATHER");
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261120);
	assert_int_equal(order_id(round), 0);
	notification = notification_id(round);
	assert_subscribed(round, "WEATHER", "active");
	round->now += 59;
	assert_facts_of(round, NULL);
	round->now++;
	due = assert_notification(round, "order_completed");
	notified = due.facts;
	assert_int_equal(due.id, notification);
	assert_int_equal(due.msisdn, atoll(ALICE));
	assert_string_equal(fixture_text(&notified, FIELD_REF), "0000-0000-0011");
	assert_string_equal(fixture_text(&notified, FIELD_KIND), "service_activate");
	assert_string_equal(fixture_text(&notified, FIELD_SERVICE), "WEATHER");
	assert_string_equal(fixture_text(&notified, FIELD_PERIOD), "day");
	assert_string_equal(fixture_text(&notified, FIELD_LANGUAGE), "en");
	assert_int_equal(record_number(&notified, FIELD_PRICE, ABSENT), 10);
	assert_int_equal(record_number(&notified, FIELD_EFFECTIVE, ABSENT), 20261120);
}

static void F18_order__same_reference_again__same_answer_and_one_order(struct round *round)
{
	int64_t notification;

	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_OK);
	notification = notification_id(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_OK);
	assert_int_equal(notification_id(round), notification);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
}

/* A3: a change under another subscriber's reference reveals nothing of that one, and orders nothing. */
static void A3_change__reference_of_another_subscriber__alien(struct round *round)
{
	struct request language = fixture_request(REQUEST_LANGUAGE_SET, BOB, 1);
	struct request opens = fixture_request(REQUEST_SERVICE_DEACTIVATE, BOB, 1);

	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "CRBT", RESULT_OK);
	fixture_arg(&opens, FIELD_SERVICE, "CRBT");
	fixture_arg(&language, FIELD_LANGUAGE, "ar");
	ask(round, opens, RESULT_ALIEN);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "");
	assert_int_equal(round->answers.last.alien.msisdn, atoll(BOB));
	assert_int_equal(round->answers.last.alien.ref, 1);
	assert_int_equal(round->answers.last.alien.other, atoll(ALICE));
	ask(round, language, RESULT_ALIEN);
	ask(round, fixture_request(REQUEST_PROFILE, BOB, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "zh");
	ask(round, fixture_request(REQUEST_ORDERS_MINE, BOB, 0), RESULT_OK);
	assert_rows(round, 0);
}

/* A3: for the same subscriber, another kind is another change, such as an order and a language. */
static void A3_change__same_subscriber_other_kind__done(struct round *round)
{
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "CRBT", RESULT_OK);
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 1, FIELD_LANGUAGE, "ar", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "ar");
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "CRBT", RESULT_OK);
}

static void S3_orders_mine__twelve__last_ten_newest_first(struct round *round)
{
	for (uint64_t ref = 1; ref <= 12; ref++)
		order(round, ref % 2 ? REQUEST_SERVICE_ACTIVATE : REQUEST_SERVICE_DEACTIVATE, ref, "WEATHER", RESULT_OK);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 10);
	assert_row_text(round, 0, FIELD_ORDER, "0000-0000-000C");
	assert_row_text(round, 0, FIELD_KIND, "service_deactivate");
	assert_row_text(round, 1, FIELD_KIND, "service_activate");
	assert_row_text(round, 9, FIELD_SERVICE, "WEATHER");
	assert_row_text(round, 9, FIELD_STATE, "completed");
	assert_row_number(round, 9, FIELD_ORDERED, FIXTURE_NOW);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, BOB, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S3_open__another_price_or_period_was_shown__conflict(struct round *round)
{
	struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 1);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	arg_number(&request, FIELD_PRICE, 9);
	ask(round, request, RESULT_CONFLICT);
	request.ref = 2;
	arg_number(&request, FIELD_PRICE, 10);
	fixture_arg(&request, FIELD_PERIOD, "week");
	ask(round, request, RESULT_CONFLICT);
	request.ref = 3;
	fixture_arg(&request, FIELD_PERIOD, "day");
	ask(round, request, RESULT_OK);
}

static void S3_open__excluded_or_no_longer_sold__reported(struct round *round)
{
	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "RIVAL", RESULT_EXCLUDED);
	order(round, REQUEST_SERVICE_ACTIVATE, 2, "VMAIL", RESULT_NOT_FOUND);
}

static void S3_periods__next_one__starts_and_ends_on_its_first_day(struct round *round)
{
	static const struct {
		const char *service;
		int64_t first;
	} table[] = { { "DAILY", 20261121 }, { "WEEKLY", 20261123 }, { "MONTHLY", 20261201 } };

	sell(round);
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_row_number(round, 0, FIELD_EFFECTIVE, 20261121);
	assert_row_number(round, 1, FIELD_EFFECTIVE, 20261201);
	assert_row_number(round, 4, FIELD_EFFECTIVE, 20261123);
	assert_row_number(round, 3, FIELD_EFFECTIVE, 20261120);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		order(round, REQUEST_SERVICE_ACTIVATE, 1 + i, table[i].service, RESULT_OK);
		assert_int_equal(number(round, FIELD_EFFECTIVE), table[i].first);
		assert_subscribed(round, table[i].service, "activating");
	}
	order(round, REQUEST_SERVICE_DEACTIVATE, 10, "MONTHLY", RESULT_OK);	/* has not started */
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261120);
	assert_subscribed(round, "MONTHLY", NULL);
	round->now += DAY_S;
	assert_subscribed(round, "DAILY", "active");
}

static void S3_utc_offset__evening_in_utc__tomorrow_here(struct round *round)
{
	round->now = FIXTURE_NOW + 10 * 3600;
	round->utc_offset = 8 * 3600;
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_OK);
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261121);
}

static void S3_cancel__at_the_end_of_the_period__expires_and_can_be_ordered_again(struct round *round)
{
	sell(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "NEWS", RESULT_OK);
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261201);
	assert_subscribed(round, "NEWS", "deactivating");
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "NEWS", RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_ACTIVATE, 3, "NEWS", RESULT_OK);
	assert_subscribed(round, "NEWS", "active");
	order(round, REQUEST_SERVICE_DEACTIVATE, 4, "NEWS", RESULT_OK);
	round->now += 10 * DAY_S;	/* 2026-11-30 */
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
	assert_subscribed(round, "NEWS", "deactivating");
	round->now += DAY_S;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
	assert_subscribed(round, "NEWS", NULL);
	assert_services(round, "CRBT");
}

static void S7_trial__accepted__paid_from_its_end_on(struct round *round)
{
	sell(round);
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_row_number(round, 2, FIELD_TRIAL_DAYS, 7);
	assert_row_number(round, 3, FIELD_TRIAL_DAYS, ABSENT);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY", RESULT_OK);
	assert_int_equal(number(round, FIELD_TRIAL_UNTIL), 20261126);
	assert_subscribed(round, "TRY", "trial");
	assert_row_number(round, 2, FIELD_TRIAL_UNTIL, 20261126);
	order(round, REQUEST_TRIAL_ACCEPT, 2, "TRY", RESULT_OK);
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261127);
	assert_subscribed(round, "TRY", "active");
	assert_row_number(round, 2, FIELD_TRIAL_UNTIL, ABSENT);
	order(round, REQUEST_TRIAL_ACCEPT, 3, "TRY", RESULT_NOT_FOUND);
	order(round, REQUEST_TRIAL_ACCEPT, 4, "NOSUCH", RESULT_NOT_FOUND);
}

static void S7_trial__cancelled__gone_at_once(struct round *round)
{
	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY", RESULT_OK);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "TRY", RESULT_OK);
	assert_subscribed(round, "TRY", NULL);
}

/* Its text says "free until", or the price of the trial, rather than the price of the service. */
static void assert_trial_completed(struct round *round, int64_t until, int64_t price, const char *ends)
{
	const struct record notified = assert_facts_of(round, "order_completed");

	assert_string_equal(fixture_text(&notified, FIELD_KIND), "service_activate");
	assert_int_equal(record_number(&notified, FIELD_TRIAL_UNTIL, ABSENT), until);
	assert_int_equal(record_number(&notified, FIELD_TRIAL_PRICE, ABSENT), price);
	assert_string_equal(fixture_text(&notified, FIELD_TRIAL_ENDS), ends);
}

static void S7_trial__completed__notified_of_its_terms(struct round *round)
{
	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY", RESULT_OK);
	round->now += 60;
	assert_trial_completed(round, 20261126, ABSENT, "");
}

/* A paid trial runs until its last day, like every paid period. */
static void S7_trial_with_a_price__offered_and_cancelled__notified_and_active_until_its_end(struct round *round)
{
	sell(round);
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_row_number(round, 2, FIELD_TRIAL_PRICE, ABSENT);
	assert_row_text(round, 5, FIELD_SERVICE, "ZEN");
	assert_row_text(round, 5, FIELD_TRIAL_ENDS, "paid");
	assert_row_text(round, 6, FIELD_SERVICE, "ZINE");
	assert_row_text(round, 6, FIELD_TRIAL_ENDS, "");
	assert_row_number(round, 6, FIELD_TRIAL_PRICE, 100);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "ZINE", RESULT_OK);
	assert_subscribed(round, "ZINE", "trial");
	assert_row_number(round, 2, FIELD_TRIAL_PRICE, 100);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "ZINE", RESULT_OK);
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261127);
	assert_subscribed(round, "ZINE", "deactivating");
	assert_row_number(round, 2, FIELD_UNTIL, 20261126);
}

static void S7_open__another_price_of_the_trial_was_shown__conflict(struct round *round)
{
	static const struct {
		int64_t price, trial_price;	/* ABSENT: not shown */
		enum result result;
	} table[] = { { 900, 90, RESULT_CONFLICT }, { 900, ABSENT, RESULT_CONFLICT }, { 900, 100, RESULT_OK } };

	sell(round);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 1 + i);

		fixture_arg(&request, FIELD_SERVICE, "ZINE");
		arg_number(&request, FIELD_PRICE, table[i].price);
		if (table[i].trial_price != ABSENT)
			arg_number(&request, FIELD_TRIAL_PRICE, table[i].trial_price);
		ask(round, request, table[i].result);
	}
}

static void S11_line__suspended_and_resumed__notified_and_not_twice(struct round *round)
{
	ask(round, fixture_request(REQUEST_LINE_RESUME, ALICE, 1), RESULT_DUPLICATE);
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 2), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "suspended");
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 3), RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_ACTIVATE, 4, "WEATHER", RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_LINE_RESUME, ALICE, 5), RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "active");
}

static void S6_consent__shown_or_not__recorded_or_not(struct round *round)
{
	struct request request = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 1);

	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	ask(round, request, RESULT_OK);
	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	assert_row_number(round, 6, FIELD_STORED, 0);
	request = fixture_request(REQUEST_SERVICE_DEACTIVATE, ALICE, 2);
	fixture_arg(&request, FIELD_SERVICE, "WEATHER");
	fixture_arg(&request, ARG_SHOWN, "Cancel weather?");
	fixture_arg(&request, ARG_ANSWERED, "1");
	fixture_arg(&request, ARG_CHANNEL, "hlr");
	ask(round, request, RESULT_OK);
	ask(round, request, RESULT_OK);
	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	assert_row_text(round, 6, FIELD_KIND, "consents");
	assert_row_number(round, 6, FIELD_STORED, 1);
}

/* ---- with billing ---- */

static int64_t taken(struct round *round, enum request_kind kind, uint64_t ref, const char *service)
{
	order(round, kind, ref, service, RESULT_ACCEPTED);
	assert_int_equal(notification_id(round), 0);
	return order_id(round);
}

static void F4_open__billing__accepted_then_completed(struct round *round)
{
	const struct due_order *due;
	int64_t id;
	int64_t notification;

	sell(round);
	id = taken(round, REQUEST_SERVICE_ACTIVATE, 33, "WEATHER");
	assert_subscribed(round, "WEATHER", "activating");
	assert_orders_due(round, 1);
	due = due_order(round, 0);
	assert_int_equal(due->id, id);
	assert_int_equal(due->ref, 33);
	assert_int_equal(due->kind, REQUEST_SERVICE_ACTIVATE);
	assert_int_equal(due->attempts, 0);
	assert_int_equal(due->price, 10);
	assert_int_equal(due->effective, 20261120);
	assert_int_equal(due->ordered, FIXTURE_NOW);
	assert_int_equal(due->msisdn, atoll(ALICE));
	assert_string_equal(due->service, "WEATHER");
	assert_string_equal(due->instead, "");
	assert_string_equal(due->period, "day");
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	notification = notification_id(round);
	assert_true(notification > 0);
	assert_subscribed(round, "WEATHER", "active");
	assert_orders_due(round, 0);
	assert_facts_of(round, NULL);
	round->now += 5;
	assert_int_equal(assert_notification(round, "order_completed").id, notification);
}

static void F5_order_end__twice_or_unknown__first_one_counts(struct round *round)
{
	int64_t id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");

	end_order(round, id, END_DONE, NULL, RESULT_OK);
	end_order(round, id, END_REFUSED, NULL, RESULT_DUPLICATE);
	end_order(round, id + 1, END_DONE, NULL, RESULT_NOT_FOUND);
	assert_subscribed(round, "WEATHER", "active");
}

static void S3_order_end__refused_or_dead__as_it_was_and_notified_why(struct round *round)
{
	static const enum order_end ends[] = { END_REFUSED, END_DEAD };
	static const char *const notifications[] = { "order_refused", "order_dead" };

	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
		struct record notified;

		end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 1 + i, "WEATHER"), ends[i], "no_money", RESULT_OK);
		assert_subscribed(round, "WEATHER", NULL);
		assert_services(round, "CRBT NEWS");
		round->now += 5;
		notified = assert_facts_of(round, notifications[i]);
		assert_string_equal(fixture_text(&notified, FIELD_REASON), "no_money");
		round->now += 10 * DAY_S;	/* not sent: it has expired */
		end_order(round, taken(round, REQUEST_SERVICE_DEACTIVATE, 11 + i, "CRBT"), ends[i], NULL, RESULT_OK);
		assert_subscribed(round, "CRBT", "active");
		round->now += 10 * DAY_S;
	}
}

/* A5: billing has another order under the reference. This one is neither refused nor completed: its pending state stays, and the
 * subscriber hears that an operator has to help. */
static void A5_order_end__conflict__dead_and_the_subscription_stays_as_it_is(struct round *round)
{
	sell(round);
	end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER"), END_CONFLICT, "conflict", RESULT_OK);
	assert_subscribed(round, "WEATHER", "activating");
	end_order(round, taken(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT"), END_CONFLICT, "conflict", RESULT_OK);
	assert_subscribed(round, "CRBT", "deactivating");
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_row_text(round, 0, FIELD_STATE, "dead");
	assert_row_text(round, 1, FIELD_STATE, "dead");
	assert_orders_due(round, 0);
	round->now += 5;
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_rows(round, 2);
	assert_string_equal(due_notification(round, 0).kind, "order_dead");
	assert_string_equal(due_notification(round, 1).kind, "order_dead");
}

static void F7_order__another_for_the_same_service_in_flight__duplicate(struct round *round)
{
	taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");
	order(round, REQUEST_SERVICE_ACTIVATE, 2, "WEATHER", RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_DEACTIVATE, 3, "WEATHER", RESULT_DUPLICATE);
	taken(round, REQUEST_SERVICE_DEACTIVATE, 4, "NEWS");
	order(round, REQUEST_SERVICE_DEACTIVATE, 5, "NEWS", RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_ACTIVATE, 6, "NEWS", RESULT_DUPLICATE);
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 7), RESULT_ACCEPTED);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "active");
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 8), RESULT_DUPLICATE);
}

static void F18_orders_due__several_of_one_subscriber__one_after_the_other(struct round *round)
{
	const int64_t first = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");
	const int64_t second = taken(round, REQUEST_SERVICE_DEACTIVATE, 2, "NEWS");

	ask(round, fixture_request(REQUEST_LINE_RESUME, BOB, 3), RESULT_ACCEPTED);
	assert_orders_due(round, 2);
	assert_int_equal(due_order(round, 0)->id, first);
	assert_int_equal(due_order(round, 1)->msisdn, atoll(BOB));
	round->now += 1000 * DAY_S;
	assert_orders_due(round, 2);
	end_order(round, first, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 2);
	assert_int_equal(due_order(round, 1)->id, second);
}

static void F17_complete__retried__due_later_and_counted(struct round *round)
{
	const int64_t id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");

	complete(round, QUEUE_ORDERS, (struct completion){ .id = id, .how = ITEM_LATER, .due = FIXTURE_NOW + 30 }, RESULT_OK);
	complete(round, QUEUE_ORDERS, (struct completion){ .id = id + 1, .how = ITEM_LATER, .due = FIXTURE_NOW + 30 }, RESULT_NOT_FOUND);
	complete(round, QUEUE_ORDERS, (struct completion){ .id = id, .how = ITEM_DONE }, RESULT_REFUSED);	/* no answer from billing */
	round->now += 29;
	assert_orders_due(round, 0);
	round->now++;
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->attempts, 1);
}

static void S11_suspend__billing__after_its_completion(struct round *round)
{
	int64_t id;

	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 1), RESULT_ACCEPTED);
	id = order_id(round);
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "suspended");
}

static void S7_trial__completed_by_billing__notified_of_its_terms(struct round *round)
{
	sell(round);
	end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 1, "ZINE"), END_DONE, NULL, RESULT_OK);
	round->now += 5;
	assert_trial_completed(round, 20261126, 100, "");
}

static void S7_trial__refused_by_billing__no_trial_in_its_notification(struct round *round)
{
	struct record notified;

	sell(round);
	end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 1, "ZINE"), END_REFUSED, NULL, RESULT_OK);
	round->now += 5;
	notified = assert_facts_of(round, "order_refused");
	assert_int_equal(record_number(&notified, FIELD_TRIAL_UNTIL, ABSENT), ABSENT);
}

static void S7_trial_accept__refused__a_trial_as_before(struct round *round)
{
	sell(round);
	end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY"), END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "TRY", "trial");
	end_order(round, taken(round, REQUEST_TRIAL_ACCEPT, 2, "TRY"), END_REFUSED, NULL, RESULT_OK);
	assert_subscribed(round, "TRY", "trial");
	end_order(round, taken(round, REQUEST_SERVICE_DEACTIVATE, 3, "TRY"), END_DEAD, NULL, RESULT_OK);
	assert_subscribed(round, "TRY", "trial");
	end_order(round, taken(round, REQUEST_TRIAL_ACCEPT, 4, "TRY"), END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "TRY", "active");
}

static void S3_open_again__refused__expires_as_before(struct round *round)
{
	sell(round);
	end_order(round, taken(round, REQUEST_SERVICE_DEACTIVATE, 1, "NEWS"), END_DONE, NULL, RESULT_OK);
	end_order(round, taken(round, REQUEST_SERVICE_ACTIVATE, 2, "NEWS"), END_REFUSED, NULL, RESULT_OK);
	assert_subscribed(round, "NEWS", "deactivating");
	round->now += 11 * DAY_S;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0), RESULT_OK);
	assert_subscribed(round, "NEWS", NULL);
}

/* ---- orders to backends: a queue of their own ---- */

#define LONG 3600000		/* ms */

static int64_t redeem(struct round *round, const char *msisdn, uint64_t ref, const char *backend, const char *sent)
{
	struct request request = fixture_request(REQUEST_BACKEND_ORDER, msisdn, ref);

	fixture_arg(&request, ARG_BACKEND, backend);
	fixture_arg(&request, ARG_SENT, sent);
	ask(round, request, RESULT_ACCEPTED);
	return order_id(round);
}

static const struct due_order *due_to_backends(struct round *round, unsigned int lease_ms, unsigned int count)
{
	claim(round, QUEUE_BACKEND_ORDERS, DUE_MAX, lease_ms);
	assert_int_equal(round->answers.last.orders_count, count);
	return round->answers.last.orders;
}

static const char *sent_of(const struct round *round, unsigned int index)
{
	return round->answers.last.sent + round->answers.last.orders[index].sent.at;
}

static void backend_orders__beside_those_to_billing__each_in_its_queue(struct round *round)
{
	const int64_t first = redeem(round, ALICE, 41, "redeem", "{\"offer\":\"TEA\"}");
	const int64_t unawaited = redeem(round, ALICE, 42, "redeem", "{\"offer\":\"GB1\"}");
	const int64_t other = redeem(round, ALICE, 43, "survey", "{}");
	const int64_t bought = taken(round, REQUEST_SERVICE_ACTIVATE, 44, "WEATHER");
	const struct due_order *due;

	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->id, bought);
	assert_string_equal(due_order(round, 0)->backend, "");
	due = due_to_backends(round, LONG, 2);
	assert_int_equal(due[0].id, first);
	assert_int_equal(due[0].ref, 41);
	assert_int_equal(due[0].msisdn, atoll(ALICE));
	assert_int_equal(due[0].kind, REQUEST_BACKEND_ORDER);
	assert_int_equal(due[0].ordered, FIXTURE_NOW);
	assert_string_equal(due[0].backend, "redeem");
	assert_string_equal(sent_of(round, 0), "{\"offer\":\"TEA\"}");
	assert_int_equal(due[1].id, other);
	assert_string_equal(due[1].backend, "survey");
	assert_string_equal(sent_of(round, 1), "{}");
	due_to_backends(round, LONG, 0);
	/* given back, put off, ended */
	complete(round, QUEUE_BACKEND_ORDERS, (struct completion){ .id = first, .how = ITEM_BACK }, RESULT_OK);
	assert_int_equal(due_to_backends(round, LONG, 1)->id, first);
	complete(round, QUEUE_BACKEND_ORDERS, (struct completion){ .id = first, .how = ITEM_LATER, .due = round->now }, RESULT_OK);
	assert_int_equal(due_to_backends(round, LONG, 1)->attempts, 1);
	complete(round, QUEUE_BACKEND_ORDERS, (struct completion){ .id = first, .how = ITEM_DONE }, RESULT_REFUSED);
	end_order(round, first, END_REFUSED, "too_few", RESULT_OK);
	assert_int_equal(unawaited, 0);
	assert_int_equal(due_to_backends(round, LONG, 1)->ref, 42);
	assert_string_equal(sent_of(round, 0), "{\"offer\":\"GB1\"}");
	assert_orders_due(round, 1);
}

static void backend_orders__longer_than_a_claim_holds__the_rest_next(struct round *round)
{
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
	const unsigned int fit = DUE_SENT_MAX / ORDER_SENT_SIZE;
	char sent[ORDER_SENT_SIZE];

	memset(sent, 'x', sizeof(sent) - 1);
	sent[sizeof(sent) - 1] = '\0';
	for (unsigned int i = 0; i < 8; i++)
		redeem(round, ALICE, 50 + i, names[i], sent);
	due_to_backends(round, LONG, fit);
	assert_string_equal(sent_of(round, fit - 1), sent);
	due_to_backends(round, LONG, 8 - fit);
	assert_string_equal(sent_of(round, 7 - fit), sent);
	due_to_backends(round, LONG, 0);
}

/* F18, A13: the same number is the same order. */
static void backend_orders__repeated__one(struct round *round)
{
	redeem(round, ALICE, 61, "redeem", "{}");
	redeem(round, ALICE, 61, "redeem", "{}");
	due_to_backends(round, 0, 1);
}

static void backend_orders__listed__by_the_name_of_the_backend(struct round *round)
{
	const int64_t id = redeem(round, ALICE, 71, "redeem", "{}");
	struct record row;

	end_order(round, id, END_DONE, NULL, RESULT_OK);
	round->now += 10;
	row = assert_facts_of(round, "order_completed");
	assert_string_equal(fixture_text(&row, FIELD_KIND), "redeem");
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_true(rows_at(&round->answers.last.rows, 0, &row));
	assert_string_equal(fixture_text(&row, FIELD_KIND), "redeem");
	assert_string_equal(fixture_text(&row, FIELD_STATE), "completed");
}

/* ---- claims ---- */

static void claim__orders__handed_out_once_until_the_lease_ends(struct round *round)
{
	const int64_t id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");

	claim(round, QUEUE_ORDERS, DUE_MAX, 50);
	assert_int_equal(due_order(round, 0)->id, id);
	assert_orders_due(round, 0);
	usleep(60000);
	claim(round, QUEUE_ORDERS, DUE_MAX, LONG);
	assert_int_equal(due_order(round, 0)->id, id);
	assert_orders_due(round, 0);
	complete(round, QUEUE_ORDERS, (struct completion){ .id = id, .how = ITEM_BACK }, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->attempts, 0);
}

static void claim__orders__completed_ones_not_claimed_again(struct round *round)
{
	const int64_t id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER");
	int64_t next;

	claim(round, QUEUE_ORDERS, DUE_MAX, LONG);
	complete(round, QUEUE_ORDERS, (struct completion){ .id = id, .how = ITEM_LATER, .due = round->now }, RESULT_OK);
	claim(round, QUEUE_ORDERS, DUE_MAX, LONG);
	assert_int_equal(due_order(round, 0)->attempts, 1);
	next = taken(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT");
	assert_orders_due(round, 0);		/* one per subscriber at a time */
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	claim(round, QUEUE_ORDERS, DUE_MAX, LONG);
	assert_int_equal(round->answers.last.orders_count, 1);
	assert_int_equal(due_order(round, 0)->id, next);
}

/* As many as requested, and then the others: claimed ones do not block them. */
static void claim__notifications__each_once(struct round *round)
{
	int64_t ids[3];

	for (unsigned int i = 0; i < ARRAY_SIZE(ids); i++) {
		order(round, i % 2 ? REQUEST_SERVICE_DEACTIVATE : REQUEST_SERVICE_ACTIVATE, 1 + i, "WEATHER", RESULT_OK);
		ids[i] = notification_id(round);
	}
	round->now += 60;
	claim(round, QUEUE_NOTIFICATIONS, 2, LONG);
	assert_rows(round, 2);
	assert_int_equal(due_notification(round, 0).id, ids[0]);
	claim(round, QUEUE_NOTIFICATIONS, 2, LONG);
	assert_rows(round, 1);
	assert_int_equal(due_notification(round, 0).id, ids[2]);
	claim(round, QUEUE_NOTIFICATIONS, 2, LONG);
	assert_rows(round, 0);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = ids[0], .how = ITEM_DONE }, RESULT_OK);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = ids[1], .how = ITEM_LATER, .due = round->now + 30 }, RESULT_OK);
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, LONG);
	assert_rows(round, 0);
	round->now += 30;
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, LONG);
	assert_rows(round, 1);
	assert_int_equal(due_notification(round, 0).id, ids[1]);
	assert_int_equal(due_notification(round, 0).attempts, 1);
}

static void complete__unclaimed_notification__accepted(struct round *round)
{
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_OK);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = notification_id(round), .how = ITEM_DONE }, RESULT_OK);
	round->now += 60;
	assert_facts_of(round, NULL);
}

/* ---- notifications ---- */

static void notification__retried_then_sent__due_later_then_gone(struct round *round)
{
	int64_t id;

	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_OK);
	id = notification_id(round);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = id, .how = ITEM_LATER, .due = FIXTURE_NOW + 300 }, RESULT_OK);
	round->now += 299;
	assert_facts_of(round, NULL);
	round->now++;
	assert_int_equal(assert_notification(round, "order_completed").attempts, 1);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = id, .how = ITEM_DONE }, RESULT_OK);
	assert_facts_of(round, NULL);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = id, .how = ITEM_DONE }, RESULT_NOT_FOUND);
}

/* An order retains the agreed terms, even if the catalogue has changed meanwhile. */
static void S7_order_release__dead__agreed_trial_is_sent_to_billing(struct round *round)
{
	static const struct service dearer = { .code = "ZINE", .excludes = "", .price = 900, .period = "month", .trial_days = 3,
					       .trial_price = 150, .trial_ends = TRIAL_ENDS_PAID };
	const struct catalogue catalogue = { .services = &dearer, .count = 1 };
	struct request release = fixture_request(REQUEST_ORDER_RELEASE, "", 0);
	int64_t id;

	sell(round);
	id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "ZINE");
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->trial_until, 20261126);
	assert_int_equal(due_order(round, 0)->trial_price, 100);
	end_order(round, id, END_DEAD, NULL, RESULT_OK);
	round->ops->set_catalogue(round->store, &catalogue);
	release.id = id;
	ask(round, release, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->trial_until, 20261126);
	assert_int_equal(due_order(round, 0)->trial_price, 100);
	assert_false(due_order(round, 0)->trial_paid);
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "ZINE", "trial");
	assert_row_text(round, 2, FIELD_TRIAL_ENDS, "");
}

static void S7_order_release__trial_that_goes_on__stays_one(struct round *round)
{
	struct request release = fixture_request(REQUEST_ORDER_RELEASE, "", 0);
	int64_t id;

	sell(round);
	id = taken(round, REQUEST_SERVICE_ACTIVATE, 1, "ZEN");
	end_order(round, id, END_DEAD, NULL, RESULT_OK);
	release.id = id;
	ask(round, release, RESULT_OK);
	assert_orders_due(round, 1);
	assert_true(due_order(round, 0)->trial_paid);
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "ZEN", "trial");
	assert_row_text(round, 2, FIELD_TRIAL_ENDS, "paid");
	round->now += 5;
	assert_trial_completed(round, 20261126, ABSENT, "paid");
}

/* An operator has it delivered once more: "could not be carried out" is no longer true. */
static void order_release__dead__its_notification_is_withdrawn(struct round *round)
{
	struct request release = fixture_request(REQUEST_ORDER_RELEASE, "", 0);
	int64_t id;

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_ACCEPTED);
	id = order_id(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 2, "DAILY", RESULT_ACCEPTED);
	end_order(round, id, END_DEAD, NULL, RESULT_OK);
	end_order(round, id + 1, END_DEAD, NULL, RESULT_OK);
	release.id = id;
	ask(round, release, RESULT_OK);
	round->now += 60;
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_rows(round, 1);		/* the notification of the other order stays */
	ask(round, release, RESULT_REFUSED);
}

static const struct round_case cases[] = {
	CASE(S3_open__no_billing__completed_and_a_notification_waits),
	CASE(F18_order__same_reference_again__same_answer_and_one_order),
	CASE(A3_change__reference_of_another_subscriber__alien),
	CASE(A3_change__same_subscriber_other_kind__done),
	CASE(S3_orders_mine__twelve__last_ten_newest_first),
	CASE(S3_open__another_price_or_period_was_shown__conflict),
	CASE(S3_open__excluded_or_no_longer_sold__reported),
	CASE(S3_periods__next_one__starts_and_ends_on_its_first_day),
	CASE(S3_utc_offset__evening_in_utc__tomorrow_here),
	CASE(S3_cancel__at_the_end_of_the_period__expires_and_can_be_ordered_again),
	CASE(S7_trial__accepted__paid_from_its_end_on),
	CASE(S7_trial__cancelled__gone_at_once),
	CASE(S7_trial__completed__notified_of_its_terms),
	CASE_BILLING(S7_trial__completed_by_billing__notified_of_its_terms),
	CASE_BILLING(S7_trial__refused_by_billing__no_trial_in_its_notification),
	CASE(S7_trial_with_a_price__offered_and_cancelled__notified_and_active_until_its_end),
	CASE(S7_open__another_price_of_the_trial_was_shown__conflict),
	CASE(S11_line__suspended_and_resumed__notified_and_not_twice),
	CASE(S6_consent__shown_or_not__recorded_or_not),
	CASE_BILLING(order_release__dead__its_notification_is_withdrawn),
	CASE_BILLING(F4_open__billing__accepted_then_completed),
	CASE_BILLING(F5_order_end__twice_or_unknown__first_one_counts),
	CASE_BILLING(S3_order_end__refused_or_dead__as_it_was_and_notified_why),
	CASE_BILLING(A5_order_end__conflict__dead_and_the_subscription_stays_as_it_is),
	CASE_BILLING(F7_order__another_for_the_same_service_in_flight__duplicate),
	CASE_BILLING(F18_orders_due__several_of_one_subscriber__one_after_the_other),
	CASE_BILLING(F17_complete__retried__due_later_and_counted),
	CASE_BILLING(S11_suspend__billing__after_its_completion),
	CASE_BILLING(S7_trial_accept__refused__a_trial_as_before),
	CASE_BILLING(S7_order_release__dead__agreed_trial_is_sent_to_billing),
	CASE_BILLING(S7_order_release__trial_that_goes_on__stays_one),
	CASE_BILLING(S3_open_again__refused__expires_as_before),
	CASE_BILLING(claim__orders__handed_out_once_until_the_lease_ends),
	CASE_BILLING(claim__orders__completed_ones_not_claimed_again),
	CASE_BILLING(backend_orders__beside_those_to_billing__each_in_its_queue),
	CASE_BILLING(backend_orders__longer_than_a_claim_holds__the_rest_next),
	CASE_BILLING(backend_orders__repeated__one),
	CASE_BILLING(backend_orders__listed__by_the_name_of_the_backend),
	CASE(claim__notifications__each_once),
	CASE(complete__unclaimed_notification__accepted),
	CASE(notification__retried_then_sent__due_later_then_gone),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

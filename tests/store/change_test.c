/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3: replacing one service by another with one order, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/shop.h"

#define LATER INT64_C(1788220900)
#define DECEMBER 20261201

static struct request change_request(uint64_t ref, const char *instead, const char *service)
{
	struct request request = fixture_request(REQUEST_SERVICE_CHANGE, ALICE, ref);

	fixture_arg(&request, FIELD_SERVICE, service);
	fixture_arg(&request, FIELD_INSTEAD, instead);
	return request;
}

static void change(struct round *round, uint64_t ref, const char *instead, const char *service, enum result wanted)
{
	ask(round, change_request(ref, instead, service), wanted);
}

/* Asks: ALICE's subscription to a service with a last day. */
static void assert_until(struct round *round, const char *service, int64_t until)
{
	struct record at;
	bool found = false;

	assert_subscribed(round, service, "deactivating");
	for (unsigned int i = 0; !found && rows_at(&round->answers.last.rows, i, &at); i++)
		found = !strcmp(fixture_text(&at, FIELD_SERVICE), service);
	assert_int_equal(record_number(&at, FIELD_UNTIL, ABSENT), until);
}

static void housekeep(struct round *round)
{
	struct request request = fixture_request(REQUEST_HOUSEKEEP, "", 0);

	request.ref = 5000;
	ask(round, request, RESULT_OK);
}

/* ---- what is offered ---- */

static void S3_offered__excluded_by_a_subscribed_one__left_out(struct round *round)
{
	sell(round);
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_rows(round, 7);
	for (unsigned int i = 0; i < 7; i++) {
		const struct record offered = row(round, i);

		assert_string_not_equal(fixture_text(&offered, FIELD_SERVICE), "RIVAL");
	}
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "RIVAL", RESULT_EXCLUDED);
	assert_string_equal(fixture_text(facts(round), FIELD_INSTEAD), "NEWS");
	assert_services(round, "CRBT NEWS");
}

static void S3_instead__excluding_each_other_or_same_family__with_the_day_of_the_change(struct round *round)
{
	sell(round);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_INSTEAD, "NEWS", RESULT_OK);
	assert_rows(round, 3);
	assert_row_text(round, 0, FIELD_SERVICE, "DAILY");
	assert_row_text(round, 0, FIELD_INSTEAD, "NEWS");
	assert_row_number(round, 0, FIELD_PRICE, 10);
	assert_row_text(round, 0, FIELD_PERIOD, "day");
	assert_row_number(round, 0, FIELD_EFFECTIVE, DECEMBER);
	assert_row_text(round, 1, FIELD_SERVICE, "RIVAL");
	assert_row_text(round, 2, FIELD_SERVICE, "WEATHER");
	assert_true(number(round, FIELD_SERVICES_AS_OF) > 0);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_INSTEAD, "CRBT", RESULT_OK);	/* of no family, and excludes nothing */
	assert_rows(round, 0);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_INSTEAD, "WEATHER", RESULT_OK);	/* not subscribed */
	assert_rows(round, 0);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_SERVICE, "RIVAL", RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_INSTEAD, "NEWS");
	assert_row_number(round, 0, FIELD_EFFECTIVE, DECEMBER);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_SERVICE, "WEATHER", RESULT_OK);	/* can be activated as it is */
	assert_rows(round, 0);
	change(round, 1, "NEWS", "RIVAL", RESULT_OK);
	ask_with(round, REQUEST_SERVICES_INSTEAD, ALICE, 0, FIELD_INSTEAD, "NEWS", RESULT_OK);	/* it expires */
	assert_rows(round, 0);
}

/* ---- without billing ---- */

static void S3_change__at_once__old_one_gone_and_new_one_active(struct round *round)
{
	struct record notification;

	sell(round);
	change(round, 33, "CRBT", "WEATHER", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "NEWS WEATHER");
	assert_int_equal(number(round, FIELD_EFFECTIVE), 20261120);
	assert_subscribed(round, "CRBT", NULL);
	assert_subscribed(round, "WEATHER", "active");
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_KIND, "service_change");
	assert_row_text(round, 0, FIELD_SERVICE, "WEATHER");
	assert_row_text(round, 0, FIELD_INSTEAD, "CRBT");
	round->now += 60;
	notification = assert_facts_of(round, "order_completed");
	assert_string_equal(fixture_text(&notification, FIELD_KIND), "service_change");
	assert_string_equal(fixture_text(&notification, FIELD_SERVICE), "WEATHER");
	assert_string_equal(fixture_text(&notification, FIELD_INSTEAD), "CRBT");
	assert_int_equal(record_number(&notification, FIELD_PRICE, ABSENT), 10);
}

static void S3_change__at_the_next_period__both_listed_until_then(struct round *round)
{
	sell(round);
	change(round, 1, "NEWS", "RIVAL", RESULT_OK);
	assert_int_equal(number(round, FIELD_EFFECTIVE), DECEMBER);
	assert_subscribed(round, "RIVAL", "activating");
	assert_until(round, "NEWS", 20261130);
	order(round, REQUEST_SERVICE_ACTIVATE, 2, "NEWS", RESULT_EXCLUDED);	/* it would continue beside the other one */
	assert_string_equal(fixture_text(facts(round), FIELD_INSTEAD), "RIVAL");
	round->now += 10 * DAY_S;	/* 2026-11-30 */
	housekeep(round);
	assert_services(round, "CRBT NEWS RIVAL");
	round->now += DAY_S;
	housekeep(round);
	assert_services(round, "CRBT RIVAL");
	assert_subscribed(round, "RIVAL", "active");
}

static void S7_change__to_one_with_a_trial__charged_from_its_first_day(struct round *round)
{
	sell(round);
	change(round, 1, "CRBT", "TRY", RESULT_OK);
	assert_int_equal(number(round, FIELD_TRIAL_UNTIL), ABSENT);
	assert_subscribed(round, "TRY", "active");
}

static void S3_change__each_objection__reported_and_nothing_changed(struct round *round)
{
	struct request other_price = change_request(1, "CRBT", "WEATHER");

	sell(round);
	arg_number(&other_price, FIELD_PRICE, 9);
	ask(round, other_price, RESULT_CONFLICT);
	change(round, 2, "CRBT", "RIVAL", RESULT_EXCLUDED);	/* by a service other than the replaced one */
	assert_string_equal(fixture_text(facts(round), FIELD_INSTEAD), "NEWS");
	change(round, 3, "CRBT", "NEWS", RESULT_DUPLICATE);
	change(round, 4, "NEWS", "NEWS", RESULT_DUPLICATE);
	change(round, 5, "DAILY", "WEATHER", RESULT_NOT_FOUND);
	change(round, 6, "CRBT", "VMAIL", RESULT_NOT_FOUND);
	change(round, 7, "CRBT", "NOSUCH", RESULT_NOT_FOUND);
	order(round, REQUEST_SERVICE_CHANGE, 8, "WEATHER", RESULT_NOT_FOUND);	/* without a service to replace */
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 9), RESULT_OK);
	change(round, 10, "CRBT", "WEATHER", RESULT_REFUSED);
	assert_services(round, "CRBT NEWS");
}

static void F18_change__same_reference_again__same_answer_and_one_order(struct round *round)
{
	struct request request = change_request(1, "CRBT", "WEATHER");

	fixture_arg(&request, ARG_SHOWN, "Change Ring-back tone to Weather?");
	fixture_arg(&request, ARG_ANSWERED, "1");
	fixture_arg(&request, ARG_CHANNEL, "hlr");
	for (int i = 0; i < 2; i++) {
		ask(round, request, RESULT_OK);
		assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "NEWS WEATHER");
	}
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	assert_row_text(round, 6, FIELD_KIND, "consents");
	assert_row_number(round, 6, FIELD_STORED, 1);
}

/* ---- with billing ---- */

static int64_t taken(struct round *round, uint64_t ref, const char *instead, const char *service)
{
	change(round, ref, instead, service, RESULT_ACCEPTED);
	return order_id(round);
}

static void F4_change__billing__accepted_then_completed(struct round *round)
{
	int64_t id;

	sell(round);
	id = taken(round, 33, "NEWS", "RIVAL");
	assert_subscribed(round, "RIVAL", "activating");
	assert_subscribed(round, "NEWS", "deactivating");
	assert_services(round, "CRBT NEWS RIVAL");
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_SERVICE_CHANGE);
	assert_string_equal(due_order(round, 0)->service, "RIVAL");
	assert_string_equal(due_order(round, 0)->instead, "NEWS");
	assert_int_equal(due_order(round, 0)->price, 200);
	assert_int_equal(due_order(round, 0)->effective, DECEMBER);
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	assert_until(round, "NEWS", 20261130);
	assert_subscribed(round, "RIVAL", "activating");	/* as shown while it waits for its first day */
}

static void F4_change__refused_or_dead__both_as_before(struct round *round)
{
	static const enum order_end ends[] = { END_REFUSED, END_DEAD };

	sell(round);
	for (unsigned int i = 0; i < ARRAY_SIZE(ends); i++) {
		struct record notification;

		end_order(round, taken(round, 1 + i, "NEWS", "RIVAL"), ends[i], "no_money", RESULT_OK);
		assert_subscribed(round, "RIVAL", NULL);
		assert_subscribed(round, "NEWS", "active");
		assert_services(round, "CRBT NEWS");
		round->now += 5;
		notification = assert_facts_of(round, i ? "order_dead" : "order_refused");
		assert_string_equal(fixture_text(&notification, FIELD_INSTEAD), "NEWS");
		round->now += 10 * DAY_S;	/* not sent: it has expired */
	}
}

static void A5_change__conflict__both_stay_until_an_operator_releases_it(struct round *round)
{
	struct request release = fixture_request(REQUEST_ORDER_RELEASE, "", 0);
	int64_t id;

	sell(round);
	id = taken(round, 1, "NEWS", "RIVAL");
	end_order(round, id, END_CONFLICT, "conflict", RESULT_OK);
	assert_subscribed(round, "RIVAL", "activating");
	assert_subscribed(round, "NEWS", "deactivating");
	round->now += 20 * DAY_S;	/* the agreed day is over */
	housekeep(round);
	assert_services(round, "CRBT NEWS RIVAL");
	release.id = id;
	ask(round, release, RESULT_OK);
	assert_orders_due(round, 1);
	assert_string_equal(due_order(round, 0)->instead, "NEWS");
	assert_int_equal(due_order(round, 0)->effective, 20261210);
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	assert_subscribed(round, "RIVAL", "active");
	assert_services(round, "CRBT RIVAL");
}

static void F7_change__in_flight__no_other_order_for_either(struct round *round)
{
	struct request release = fixture_request(REQUEST_ORDER_RELEASE, "", 0);
	int64_t dead;

	sell(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "NEWS", RESULT_ACCEPTED);
	dead = order_id(round);
	end_order(round, dead, END_DEAD, NULL, RESULT_OK);
	taken(round, 2, "NEWS", "RIVAL");
	order(round, REQUEST_SERVICE_DEACTIVATE, 3, "NEWS", RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_DEACTIVATE, 4, "RIVAL", RESULT_DUPLICATE);
	order(round, REQUEST_SERVICE_ACTIVATE, 5, "RIVAL", RESULT_DUPLICATE);
	change(round, 6, "NEWS", "WEATHER", RESULT_DUPLICATE);
	change(round, 7, "CRBT", "RIVAL", RESULT_DUPLICATE);
	release.id = dead;
	ask(round, release, RESULT_CONFLICT);
}

/* Billing's update is older than the order, and knows of neither. */
static void F3_put__change_in_flight__both_as_in_the_order(struct round *round)
{
	static const struct stored_subscription subscriptions[] = { { .service = "CRBT", .since = 20250115 },
								    { .service = "NEWS", .since = 20260301 } };
	static const struct stored_subscription after[] = { { .service = "CRBT", .since = 20250115 },
							    { .service = "RIVAL", .since = 20261120 } };
	struct stored_account account = {
		.imsis = { ALICE_IMSI }, .msisdn = ALICE, .account = "prepaid", .brand = "young", .status = "active", .as_of = LATER,
		.balance = STORED_UNKNOWN, .owed = STORED_UNKNOWN, .valid_until = STORED_UNKNOWN, .points = STORED_UNKNOWN,
		.bill_month = STORED_UNKNOWN, .bill_total = STORED_UNKNOWN, .subscriptions = subscriptions, .subscriptions_count = 2,
	};
	int64_t id;

	sell(round);
	id = taken(round, 1, "NEWS", "RIVAL");
	put(round, &account, 1u << ACCOUNT_SERVICES, RESULT_OK);
	assert_subscribed(round, "RIVAL", "activating");
	assert_subscribed(round, "NEWS", "deactivating");
	assert_services(round, "CRBT NEWS RIVAL");
	end_order(round, id, END_DONE, NULL, RESULT_OK);
	put(round, &account, 1u << ACCOUNT_SERVICES, RESULT_OK);	/* made before the order was completed */
	assert_subscribed(round, "RIVAL", "activating");
	assert_until(round, "NEWS", 20261130);
	account.as_of = round->now + 1;
	put(round, &account, 1u << ACCOUNT_SERVICES, RESULT_OK);	/* until December it is unchanged at billing */
	assert_subscribed(round, "RIVAL", "activating");
	assert_until(round, "NEWS", 20261130);
	account.subscriptions = after;
	account.as_of++;
	put(round, &account, 1u << ACCOUNT_SERVICES, RESULT_OK);
	assert_services(round, "CRBT RIVAL");
	assert_subscribed(round, "RIVAL", "active");
}

static const struct round_case cases[] = {
	CASE(S3_offered__excluded_by_a_subscribed_one__left_out),
	CASE(S3_instead__excluding_each_other_or_same_family__with_the_day_of_the_change),
	CASE(S3_change__at_once__old_one_gone_and_new_one_active),
	CASE(S3_change__at_the_next_period__both_listed_until_then),
	CASE(S7_change__to_one_with_a_trial__charged_from_its_first_day),
	CASE(S3_change__each_objection__reported_and_nothing_changed),
	CASE(F18_change__same_reference_again__same_answer_and_one_order),
	CASE_BILLING(F4_change__billing__accepted_then_completed),
	CASE_BILLING(F4_change__refused_or_dead__both_as_before),
	CASE_BILLING(A5_change__conflict__both_stay_until_an_operator_releases_it),
	CASE_BILLING(F7_change__in_flight__no_other_order_for_either),
	CASE_BILLING(F3_put__change_in_flight__both_as_in_the_order),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts at their limits, texts of maximum length, and reference numbers used twice, in every store. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/shop.h"

#define MANY 100
#define ALL ((1u << ACCOUNT_KINDS) - 1)

static struct stored_account update_at(int64_t as_of)
{
	return (struct stored_account){
		.imsis = { ALICE_IMSI }, .msisdn = ALICE, .account = "prepaid", .brand = "young", .status = "active", .language = "zh",
		.balance = STORED_UNKNOWN, .owed = 700, .valid_until = STORED_UNKNOWN, .points = 11, .as_of = as_of,
		.bill_month = STORED_UNKNOWN, .bill_total = STORED_UNKNOWN,
	};
}

/* This many services, of which ALICE has all but the last one. */
static const char *give_services(struct round *round, unsigned int count, const char *end)
{
	static char codes[MANY][SERVICE_CODE_MAX + 1];
	static struct service sold[MANY];
	static struct stored_subscription has[MANY];
	const struct catalogue catalogue = { .services = sold, .count = count };
	struct stored_account account = update_at(round->now);

	for (unsigned int i = 0; i < count; i++) {
		snprintf(codes[i], sizeof(codes[i]), "S%02u%s", i, end);
		sold[i] = (struct service){ .code = codes[i], .price = 1, .period = "month", .excludes = "" };
		has[i] = (struct stored_subscription){ .service = codes[i], .since = 20260101 };
	}
	round->ops->set_catalogue(round->store, &catalogue);
	account.subscriptions = has;
	account.subscriptions_count = count - 1;
	put(round, &account, ALL, RESULT_OK);
	return codes[count - 1];
}

static void put__maximum_number_of_services__all_stored(struct round *round)
{
	const char *last = give_services(round, MANY, "");

	assert_subscribed(round, "S42", "active");
	order(round, REQUEST_SERVICE_ACTIVATE, 1, last, RESULT_OK);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "S42", RESULT_OK);
	assert_subscribed(round, "S42", NULL);
}

/* The caller waits for the order by its id, and drops a notification that repeats the answer. */
static void order__list_of_services_is_long__ids_are_in_the_answer(struct round *round)
{
	const char *last = give_services(round, 40, "xxxxxxxxxxxxxxxxxxxxx");

	order(round, REQUEST_SERVICE_ACTIVATE, 1, last, RESULT_ACCEPTED);
	assert_int_not_equal(order_id(round), 0);
	end_order(round, order_id(round), END_DONE, NULL, RESULT_OK);
	assert_int_not_equal(notification_id(round), 0);
}

static void F15_put__owners_that_differ_at_their_end__distinguished(struct round *round)
{
	char one[129], other[129];
	struct stored_account account = update_at(round->now);

	memset(one, 'o', sizeof(one) - 1);
	one[sizeof(one) - 1] = '\0';
	strcpy(other, one);
	other[sizeof(other) - 2] = 'p';
	account.owner = one;
	put(round, &account, ALL, RESULT_OK);
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 1, FIELD_LANGUAGE, "ar", RESULT_OK);
	account.as_of++;
	put(round, &account, ALL, RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "ar");
	account.as_of++;
	account.owner = other;
	put(round, &account, ALL, RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "zh");
}

static void F15_put__only_a_second_imsi__found_by_it(struct round *round)
{
	struct request request = fixture_request(REQUEST_PROFILE, "", 0);
	struct stored_account account = update_at(round->now);

	memset(account.imsis, 0, sizeof(account.imsis));
	strcpy(account.imsis[1], ALICE_SECOND_IMSI);
	put(round, &account, ALL, RESULT_OK);
	strcpy(request.subscriber.imsi, ALICE_SECOND_IMSI);
	ask(round, request, RESULT_OK);
}

/* Of orders for the same service only the latest end counts, and none of them concerns the line. */
static void put__many_orders_ended_since__shield_only_their_services(struct round *round)
{
	static const struct stored_subscription has[] = {
		{ .service = "NEWS", .since = 20260301 }, { .service = "WEATHER", .since = 20261001 },
	};
	struct stored_account account = update_at(round->now - 3600);

	sell(round);
	for (uint64_t i = 0; i < 20; i++) {
		order(round, REQUEST_SERVICE_ACTIVATE, 2 * i + 1, "DAILY", RESULT_OK);
		order(round, REQUEST_SERVICE_DEACTIVATE, 2 * i + 2, "DAILY", RESULT_OK);
	}
	account.status = "suspended";
	account.subscriptions = has;
	account.subscriptions_count = ARRAY_SIZE(has);
	put(round, &account, ALL, RESULT_OK);
	assert_services(round, "NEWS WEATHER");
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "suspended");
}

/* ---- silence texts ---- */

static void save(struct round *round, const char *msisdn, const char *late)
{
	ask(round, fixture_keep(msisdn, "10086", "s", round->now + 60, late), RESULT_OK);
}

static void S6_silence__text_is_long_or_empty__announced_with_the_others(struct round *round)
{
	char late[ACCOUNT_LATE_SIZE];

	memset(late, 'x', sizeof(late) - 1);
	late[sizeof(late) - 1] = '\0';
	save(round, ALICE, late);
	round->now += 600;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1000), RESULT_OK);
	assert_int_equal(assert_notification(round, NOTIFICATION_UNANSWERED).message.len, sizeof(late) - 1);
	save(round, ALICE, "");
	save(round, BOB, "too late");
	round->now += 600;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1100), RESULT_OK);
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_true(round->answers.last.rows.count >= 2);	/* a long one fills the answer */
}

/* ---- one reference number for changes of two kinds ---- */

static void F18_change__two_kinds_under_one_reference__none_done_twice(struct round *round)
{
	sell(round);
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 9), RESULT_ACCEPTED);
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 9, FIELD_LANGUAGE, "ar", RESULT_OK);
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 10, FIELD_LANGUAGE, "fr", RESULT_OK);
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 9, FIELD_LANGUAGE, "ar", RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "fr");
}

static const struct round_case cases[] = {
	CASE(put__maximum_number_of_services__all_stored),
	CASE_BILLING(order__list_of_services_is_long__ids_are_in_the_answer),
	CASE(F15_put__owners_that_differ_at_their_end__distinguished),
	CASE(F15_put__only_a_second_imsi__found_by_it),
	CASE(put__many_orders_ended_since__shield_only_their_services),
	CASE(S6_silence__text_is_long_or_empty__announced_with_the_others),
	CASE_BILLING(F18_change__two_kinds_under_one_reference__none_done_twice),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

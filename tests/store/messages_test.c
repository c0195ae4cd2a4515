/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S5, S8, S9: events, messages and what subscribers choose about them, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/notification.h"
#include "tests/store/shop.h"

static const struct stored_line november[] = {
	{ .item = "calls", .amount = 1250 },
	{ .item = "services", .amount = 300, .fee_class = "information", .charged_service = "NEWS" },
	{ .item = "services", .amount = 205, .fee_class = "information", .charged_service = "WEATHER" },
	{ .item = "services", .amount = 500, .fee_class = "own", .charged_service = "CRBT" },
	{ .item = "services", .amount = 300, .fee_class = "information", .charged_service = "NEWS" },
	{ .item = "services", .amount = 7, .fee_class = "information" },
};

static unsigned int index_of(const char *kind)
{
	return notification_kind_index(notification_kind_find(kind, strlen(kind)));
}

static void housekeep(struct round *round)
{
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", round->ops->reference(round->store, STORE_PIECE)), RESULT_OK);
}

/* ---- events ---- */

static struct request event(const char *msisdn, const char *id, const char *kind)
{
	struct request request = fixture_request(REQUEST_EVENT, msisdn, 0);

	osmo_strlcpy(request.event.source, "billing", sizeof(request.event.source));
	osmo_strlcpy(request.event.id, id, sizeof(request.event.id));
	osmo_strlcpy(request.event.kind, kind, sizeof(request.event.kind));
	request.event.time = FIXTURE_NOW;
	return request;
}

static void purchase(struct round *round, const char *msisdn, const char *id, uint8_t digest, enum result wanted)
{
	struct request request = event(msisdn, id, "purchase");

	request.event.digest[0] = digest;
	fixture_arg(&request, FIELD_PURCHASED_BY, "web");
	arg_number(&request, FIELD_AMOUNT, 200);
	ask(round, request, wanted);
}

static struct request fetch(const char *id)
{
	struct request request = event("", id, "");

	request.kind = REQUEST_EVENT_FETCH;
	return request;
}

static void event__comes_twice__done_once(struct round *round)
{
	struct due_notification due;

	purchase(round, ALICE, "1", 1, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_REASON), "notified");
	purchase(round, ALICE, "1", 1, RESULT_DUPLICATE);
	assert_string_equal(fixture_text(facts(round), FIELD_REASON), "notified");
	purchase(round, ALICE, "1", 2, RESULT_CONFLICT);
	purchase(round, BOB, "1", 2, RESULT_CONFLICT);
	due = assert_notification(round, "purchase");
	assert_int_equal(record_number(&due.facts, FIELD_AMOUNT, ABSENT), 200);
	assert_string_equal(fixture_text(&due.facts, FIELD_LANGUAGE), "en");
	purchase(round, NOBODY, "2", 1, RESULT_NOT_FOUND);
	ask(round, fetch("2"), RESULT_NOT_FOUND);
}

static void event__each_state__known_by_its_id(struct round *round)
{
	struct due_notification due;

	purchase(round, ALICE, "1", 1, RESULT_OK);
	ask(round, fetch("1"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_REASON), "notified");
	assert_string_equal(fixture_text(facts(round), FIELD_NOTIFICATION), "purchase");
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "waiting");
	due = assert_notification(round, "purchase");
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_DONE, .now = round->now + 5 }, RESULT_OK);
	ask(round, fetch("1"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "sent");
	assert_int_equal(number(round, FIELD_SENT), round->now + 5);
	assert_notification(round, NULL);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_DONE, .now = round->now }, RESULT_NOT_FOUND);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_LATER, .due = round->now }, RESULT_NOT_FOUND);
	/* it stays for 35 days */
	round->now += 35 * DAY_S;
	housekeep(round);
	ask(round, fetch("1"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "sent");
	round->now += DAY_S;
	housekeep(round);
	ask(round, fetch("1"), RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void event__payment__withdraws_what_waits(struct round *round)
{
	struct request low = event(ALICE, "1", "validity_ending"), paid = event(ALICE, "2", "payment");

	arg_number(&low, FIELD_VALID_UNTIL, 20261201);
	ask(round, low, RESULT_OK);
	assert_notification(round, "validity_ending");
	arg_number(&paid, FIELD_AMOUNT, 100);
	paid.event.time = round->now + 1;
	ask(round, paid, RESULT_OK);
	assert_notification(round, NULL);
	ask(round, fetch("1"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "withdrawn");
	/* what happened before it comes too late; what happens after it counts */
	low = event(ALICE, "3", "validity_ending");
	arg_number(&low, FIELD_VALID_UNTIL, 20261201);
	ask(round, low, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_REASON), "obsolete");
	low = event(ALICE, "4", "validity_ending");
	low.event.time = round->now + 2;
	arg_number(&low, FIELD_VALID_UNTIL, 20261201);
	ask(round, low, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_REASON), "notified");
}

static void message__not_sent_in_time__expired(struct round *round)
{
	purchase(round, ALICE, "1", 1, RESULT_OK);
	round->now += 7 * DAY_S;
	housekeep(round);
	assert_notification(round, NULL);
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_NOTIFICATION, "purchase");
	assert_row_text(round, 0, FIELD_SENDING, "expired");
	assert_row_number(round, 0, FIELD_SENT, round->now);
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, BOB, 0), RESULT_OK);
	assert_rows(round, 0);
}

/* ---- claims ---- */

static void claim_by(struct round *round, struct claim claim)
{
	claim.max = DUE_MAX;
	claim_as(round, QUEUE_NOTIFICATIONS, claim);
}

static void assert_claimed(const struct round *round, unsigned int index, const char *kind)
{
	struct due_notification due;

	assert_int_equal(response_notification(&round->answers.last, index, &due), kind != NULL);
	if (kind)
		assert_string_equal(due.kind, kind);
}

static void claim__kinds__most_urgent_first_and_limited(struct round *round)
{
	const uint8_t purchases = (uint8_t)index_of("purchase"), validity = (uint8_t)index_of("validity_ending");
	struct request ends = event(ALICE, "3", "validity_ending");
	struct due_notification due;

	purchase(round, ALICE, "1", 1, RESULT_OK);
	purchase(round, BOB, "2", 1, RESULT_OK);
	arg_number(&ends, FIELD_VALID_UNTIL, 20261125);
	ask(round, ends, RESULT_OK);
	claim_by(round, (struct claim){ .kinds = { validity, purchases }, .kinds_count = 2 });
	assert_claimed(round, 0, "validity_ending");
	assert_claimed(round, 1, "purchase");
	assert_claimed(round, 2, "purchase");
	assert_claimed(round, 3, NULL);
	claim_by(round, (struct claim){ .kinds = { purchases }, .kinds_count = 1 });
	assert_claimed(round, 1, "purchase");
	assert_claimed(round, 2, NULL);
	claim_by(round, (struct claim){ .kinds = { purchases, validity }, .kinds_count = 2, .limited = 1u << purchases, .limit = 1 });
	assert_claimed(round, 0, "purchase");
	assert_claimed(round, 1, "validity_ending");
	assert_claimed(round, 2, NULL);
	/* in a hurry: only what must be sent by then, which a purchase never must */
	claim_by(round, (struct claim){ .kinds = { purchases, validity }, .kinds_count = 2, .latest = round->now + 4 * DAY_S,
					.hurried = 1u << purchases | 1u << validity });
	assert_claimed(round, 0, NULL);
	claim_by(round, (struct claim){ .kinds = { purchases, validity }, .kinds_count = 2, .latest = round->now + 5 * DAY_S,
					.hurried = 1u << purchases | 1u << validity });
	assert_claimed(round, 0, "validity_ending");
	assert_claimed(round, 1, NULL);
	/* the messages of today count */
	claim_by(round, (struct claim){ .kinds = { purchases }, .kinds_count = 1 });
	assert_true(response_notification(&round->answers.last, 0, &due));
	assert_int_equal(due.sent_since, 0);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .now = round->now }, RESULT_OK);
	purchase(round, ALICE, "4", 1, RESULT_OK);
	claim_by(round, (struct claim){ .kinds = { purchases }, .kinds_count = 1, .counted = 1u << purchases, .since = round->now });
	assert_true(response_notification(&round->answers.last, 1, &due));
	assert_int_equal(due.sent_since, 1);
	assert_true(response_notification(&round->answers.last, 0, &due));
	assert_int_equal(due.sent_since, 0);
	claim_by(round, (struct claim){ .kinds = { purchases }, .kinds_count = 1, .counted = 1u << purchases, .since = round->now + 1 });
	assert_true(response_notification(&round->answers.last, 1, &due));
	assert_int_equal(due.sent_since, 0);
}

static void complete__postponed_and_withdrawn__as_said(struct round *round)
{
	struct due_notification due;

	purchase(round, ALICE, "1", 1, RESULT_OK);
	due = assert_notification(round, "purchase");
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_POSTPONED, .due = round->now + 60 }, RESULT_OK);
	assert_notification(round, NULL);
	round->now += 60;
	due = assert_notification(round, "purchase");
	assert_int_equal(due.attempts, 0);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_LATER, .due = round->now }, RESULT_OK);
	due = assert_notification(round, "purchase");
	assert_int_equal(due.attempts, 1);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_WITHDRAWN, .now = round->now }, RESULT_OK);
	assert_notification(round, NULL);
	ask(round, fetch("1"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "withdrawn");
}

static void claim__dated_message__brings_its_deadlines(struct round *round)
{
	struct request ending = event(ALICE, "1", "validity_ending");
	struct due_notification due;

	arg_number(&ending, FIELD_VALID_UNTIL, 20261122);
	ask(round, ending, RESULT_OK);
	due = assert_notification(round, "validity_ending");
	assert_int_equal(due.latest, FIXTURE_NOW - 8 * 3600 + 2 * DAY_S);
	assert_int_equal(due.expires, due.latest + DAY_S);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .now = round->now }, RESULT_OK);
	purchase(round, ALICE, "2", 1, RESULT_OK);
	due = assert_notification(round, "purchase");
	assert_int_equal(due.latest, 0);
	assert_true(due.expires > round->now);
}

/* Of a kind that is not listed once it was sent. */
static void complete__message_that_counts__found_by_the_next_claim(struct round *round)
{
	static const struct {
		enum request_kind kind;
		const char *service;
		bool counts;
		unsigned int before;
	} orders[] = {
		{ REQUEST_SERVICE_ACTIVATE, "WEATHER", false, 0 },
		{ REQUEST_SERVICE_DEACTIVATE, "WEATHER", true, 0 },
		{ REQUEST_SERVICE_DEACTIVATE, "NEWS", true, 1 },
	};
	const unsigned int kind = index_of("order_completed");
	const struct claim claim = { .kinds = { (uint8_t)kind }, .kinds_count = 1, .counted = 1u << kind, .since = round->now };

	for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
		struct request request = fixture_request(orders[i].kind, ALICE, 7 + i);
		struct due_notification due;

		fixture_arg(&request, FIELD_SERVICE, orders[i].service);
		ask(round, request, RESULT_OK);
		round->now += 3600;
		claim_by(round, claim);
		assert_true(response_notification(&round->answers.last, 0, &due));
		assert_int_equal(due.sent_since, orders[i].before);
		complete(round, QUEUE_NOTIFICATIONS,
			 (struct completion){ .id = due.id, .now = round->now, .counts = orders[i].counts }, RESULT_OK);
		assert_notification(round, NULL);
	}
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void messages__waiting__counted_by_kind(struct round *round)
{
	struct due_notification due;

	ask(round, fixture_request(REQUEST_MESSAGES_WAITING, "", 0), RESULT_OK);
	assert_rows(round, 0);
	purchase(round, ALICE, "1", 1, RESULT_OK);
	purchase(round, BOB, "2", 1, RESULT_OK);
	purchase(round, BOB, "3", 1, RESULT_OK);
	ask(round, fixture_request(REQUEST_MESSAGES_WAITING, "", 0), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_NOTIFICATION, "purchase");
	assert_row_number(round, 0, FIELD_STORED, 3);
	claim(round, QUEUE_NOTIFICATIONS, 1, 0);
	assert_true(response_notification(&round->answers.last, 0, &due));
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .now = round->now }, RESULT_OK);
	ask(round, fixture_request(REQUEST_MESSAGES_WAITING, "", 0), RESULT_OK);
	assert_row_number(round, 0, FIELD_STORED, 2);
}

/* ---- choices ---- */

static void choose(struct round *round, uint64_t ref, const char *kind, const char *choice, enum result wanted)
{
	struct request request = fixture_request(REQUEST_PREFERENCE_SET, ALICE, ref);

	fixture_arg(&request, FIELD_NOTIFICATION, kind);
	fixture_arg(&request, FIELD_CHOICE, choice);
	ask(round, request, wanted);
}

static void assert_choice(struct round *round, const char *kind, const char *choice, int64_t threshold)
{
	struct record found;

	ask(round, fixture_request(REQUEST_PREFERENCES_MINE, ALICE, 0), RESULT_OK);
	for (unsigned int i = 0; i < round->answers.last.rows.count; i++) {
		found = row(round, i);
		if (strcmp(fixture_text(&found, FIELD_NOTIFICATION), kind))
			continue;
		assert_string_equal(fixture_text(&found, FIELD_CHOICE), choice);
		assert_int_equal(record_number(&found, FIELD_THRESHOLD, ABSENT), threshold);
		return;
	}
	fail_msg("%s cannot be chosen", kind);
}

static void preference__set__read_back(struct round *round)
{
	struct request threshold = fixture_request(REQUEST_PREFERENCE_SET, ALICE, 3);

	assert_choice(round, "information_fees", "off", ABSENT);
	assert_choice(round, "balance_low", "on", 0);
	choose(round, 1, "information_fees", "on", RESULT_OK);
	choose(round, 1, "information_fees", "on", RESULT_OK);	/* a repetition */
	choose(round, 2, "information_fees", "on", RESULT_DUPLICATE);
	assert_choice(round, "information_fees", "on", ABSENT);
	fixture_arg(&threshold, FIELD_NOTIFICATION, "balance_low");
	arg_number(&threshold, FIELD_THRESHOLD, 2000);
	ask(round, threshold, RESULT_OK);
	assert_choice(round, "balance_low", "on", 2000);
	choose(round, 4, "balance_low", "off", RESULT_OK);
	assert_choice(round, "balance_low", "off", 2000);
	choose(round, 5, "suspension_planned", "off", RESULT_REFUSED);
}

/* F15: another subscriber gets the number. */
static void preference__of_a_former_owner__gone(struct round *round)
{
	struct stored_account other = fixture_accounts[0];

	other.owner = "first";
	put(round, &other, 1u << ACCOUNT_PROFILE, RESULT_OK);
	choose(round, 1, "information_fees", "on", RESULT_OK);
	purchase(round, ALICE, "1", 1, RESULT_OK);
	other.owner = "second";
	put(round, &other, 1u << ACCOUNT_PROFILE, RESULT_OK);
	assert_choice(round, "information_fees", "off", ABSENT);
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask(round, fetch("1"), RESULT_NOT_FOUND);
}

/* ---- reminders ---- */

static void S5_fees__ordered_in_november__announced_in_december(struct round *round)
{
	const struct stored_bill bill = { .month = 202611, .total = 2262, .lines = november, .lines_count = ARRAY_SIZE(november) };
	struct stored_account account = fixture_accounts[0];
	struct request fees = fixture_request(REQUEST_BILL_FEES, ALICE, 0);
	struct due_notification due;
	struct value octets;
	struct rows rows;
	struct record row;
	uint16_t at = 0;

	round->now -= 15 * DAY_S;			/* 5 November */
	choose(round, 1, "information_fees", "on", RESULT_OK);
	round->now += 35 * DAY_S;			/* 10 December */
	account.bills = &bill;
	account.bills_count = 1;
	account.bill_month = 202611;
	account.bill_total = 2262;
	account.as_of = round->now;
	put(round, &account, 1u << ACCOUNT_PROFILE | 1u << ACCOUNT_BILLS, RESULT_OK);
	housekeep(round);
	assert_notification(round, NULL);
	round->now += DAY_S;
	housekeep(round);
	due = assert_notification(round, "information_fees");
	assert_int_equal(record_number(&due.facts, FIELD_MONTH, ABSENT), 202611);
	assert_int_equal(record_number(&due.facts, FIELD_TOTAL, ABSENT), 812);
	assert_true(record_get(&due.facts, ARG_ROWS, &octets));
	rows = (struct rows){ .data = (uint8_t *)octets.text, .len = octets.len, .size = octets.len };
	assert_true(rows_check(rows.data, rows.len, &rows.count));
	assert_int_equal(rows.count, 3);
	assert_true(rows_next(&rows, &at, &row));
	assert_string_equal(fixture_text(&row, FIELD_SERVICE), "NEWS");
	assert_int_equal(record_number(&row, FIELD_AMOUNT, ABSENT), 600);
	/* once, also in later rounds */
	round->now += DAY_S;
	housekeep(round);
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_claimed(round, 0, "information_fees");
	assert_claimed(round, 1, NULL);
	/* the same figures, asked for */
	ask(round, fees, RESULT_OK);
	assert_int_equal(number(round, FIELD_MONTH), 202611);
	assert_int_equal(number(round, FIELD_TOTAL), 812);
	assert_rows(round, 3);
	assert_row_text(round, 1, FIELD_SERVICE, "WEATHER");
	assert_row_number(round, 1, FIELD_AMOUNT, 205);
	assert_row_text(round, 2, FIELD_SERVICE, "");
	arg_number(&fees, FIELD_MONTH, 202610);
	ask(round, fees, RESULT_NOT_FOUND);
}

static void S9_validity__ends__announced_from_the_data(struct round *round)
{
	struct stored_account account = fixture_accounts[0];

	account.valid_until = 20261122;
	account.as_of = round->now;
	put(round, &account, 1u << ACCOUNT_PROFILE, RESULT_OK);
	housekeep(round);
	assert_notification(round, "validity_ending");
	/* the search looks at all accounts once an hour, and announces a day once */
	round->now += 3600;
	housekeep(round);
	assert_notification(round, "validity_ending");
	ask(round, fixture_request(REQUEST_MESSAGES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
}

static void claims__old_claims_of_all_kinds__as_before(struct round *round)
{
	purchase(round, ALICE, "1", 1, RESULT_OK);
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 60000);
	assert_claimed(round, 0, "purchase");
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 60000);
	assert_claimed(round, 0, NULL);
}

int main(void)
{
	static const struct round_case cases[] = {
		CASE(event__comes_twice__done_once),
		CASE(event__each_state__known_by_its_id),
		CASE(event__payment__withdraws_what_waits),
		CASE(message__not_sent_in_time__expired),
		CASE(claim__kinds__most_urgent_first_and_limited),
		CASE(complete__postponed_and_withdrawn__as_said),
		CASE(claim__dated_message__brings_its_deadlines),
		CASE(complete__message_that_counts__found_by_the_next_claim),
		CASE(messages__waiting__counted_by_kind),
		CASE(preference__set__read_back),
		CASE(preference__of_a_former_owner__gone),
		CASE(S5_fees__ordered_in_november__announced_in_december),
		CASE(S9_validity__ends__announced_from_the_data),
		CASE(claims__old_claims_of_all_kinds__as_before),
	};

	return rounds_run(cases, ARRAY_SIZE(cases));
}

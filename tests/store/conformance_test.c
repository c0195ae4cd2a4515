/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What every store must do, run against each store and each way of answering. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/barring.h"
#include "tests/store/round.h"

static void ask_lines(struct round *round, int64_t month, enum result wanted)
{
	struct request request = fixture_request(REQUEST_BILL_LINES, ALICE, 0);

	arg_number(&request, FIELD_MONTH, month);
	ask(round, request, wanted);
}

static void profile__prepaid__every_fact_known(struct round *round)
{
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
	assert_string_equal(fixture_text(facts(round), FIELD_ACCOUNT), "prepaid");
	assert_string_equal(fixture_text(facts(round), FIELD_BRAND), "young");
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "active");
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "en");
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS");
	assert_string_equal(fixture_text(facts(round), FIELD_TARIFF), "DAILY2");
	assert_string_equal(fixture_text(facts(round), FIELD_BILLED), "");
	assert_string_equal(fixture_text(facts(round), FIELD_REGISTERED), "yes");
	assert_int_equal(number(round, FIELD_BALANCE), 1250);
	assert_int_equal(number(round, FIELD_OWED), ABSENT);
	assert_int_equal(number(round, FIELD_VALID_UNTIL), 20271231);
	assert_int_equal(number(round, FIELD_BILL_MONTH), 202608);
	assert_int_equal(number(round, FIELD_BILL_TOTAL), 3100);
	assert_int_equal(number(round, FIELD_POINTS), 40);
	assert_int_equal(number(round, FIELD_AS_OF), 1788220800);
	assert_int_equal(number(round, FIELD_BILLS_AS_OF), 1788220800);
	assert_int_equal(number(round, FIELD_POINTS_AS_OF), 1788220800);
	assert_int_equal(number(round, FIELD_SERVICES_AS_OF), 1788220800);
	assert_rows(round, 0);
}

static void profile__postpaid__owes_and_has_no_balance(struct round *round)
{
	ask(round, fixture_request(REQUEST_PROFILE, BOB, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_ACCOUNT), "postpaid");
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "");
	assert_int_equal(number(round, FIELD_OWED), -5);
	assert_int_equal(number(round, FIELD_BALANCE), ABSENT);
	assert_int_equal(number(round, FIELD_POINTS), 0);
}

static void F15_profile__by_either_imsi__same_subscriber(struct round *round)
{
	static const char *const imsis[] = { ALICE_IMSI, ALICE_SECOND_IMSI };

	for (size_t i = 0; i < ARRAY_SIZE(imsis); i++) {
		struct request request = fixture_request(REQUEST_PROFILE, "", 0);

		osmo_strlcpy(request.subscriber.imsi, imsis[i], sizeof(request.subscriber.imsi));
		ask(round, request, RESULT_OK);
		assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
		assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS");
	}
}

/* And reaches the store. */
static bool is_about_subscriber(enum request_kind kind)
{
	switch (kind) {
	case REQUEST_PASSWORD_CHANGE:
	case REQUEST_PASSWORD_CHECK:
	case REQUEST_HOUSEKEEP:
	case REQUEST_MESSAGES_WAITING:
	case REQUEST_BARRED:
	case REQUEST_REFUND:		/* never asked */
	case REQUEST_COMPENSATION:
	case REQUEST_TICKETS_MINE:	/* also of a bare number */
	case REQUEST_DATA_ACCESSES:
	case REQUEST_TICKET_LIST:
		return false;
	default:
		return true;
	}
}

/* A17: nor known numbers with zeros dropped or added in front. */
static void F15_any_kind__unknown_subscriber__not_found(struct round *round)
{
	static const struct subscriber unknown[] = {
		{ .msisdn = NOBODY },
		{ .imsi = "001019999999999" },
		{ .imsi = ALICE_IMSI, .msisdn = NOBODY },
		{ .msisdn = "1380013800x" },
		{ .msisdn = "138001380000000" },
		{ .msisdn = "0" ALICE },
		{ .msisdn = "0000" ALICE },
		{ .imsi = "01010000000001" },
		{ .imsi = "1010000000001" },
		{ .imsi = "", .msisdn = "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
			struct request request = { .kind = kind, .subscriber = unknown[i], .ref = 100 + kind };

			if (!is_about_subscriber(kind) || account_parts(kind) & ACCOUNT_PART_ABSENT)
				continue;
			ask(round, request, RESULT_NOT_FOUND);
			assert_int_equal(facts(round)->len, 0);
			assert_rows(round, 0);
		}
	}
}

static void bills__six_billed_and_one_running__last_five_newest_first(struct round *round)
{
	ask(round, fixture_request(REQUEST_BILLS, ALICE, 0), RESULT_OK);
	assert_rows(round, 5);
	assert_row_number(round, 0, FIELD_MONTH, 202608);
	assert_row_number(round, 0, FIELD_TOTAL, 3100);
	assert_row_number(round, 4, FIELD_MONTH, 202604);
	ask(round, fixture_request(REQUEST_BILLS, BOB, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void bill_lines__billed_month__in_the_bills_order(struct round *round)
{
	ask_lines(round, 202608, RESULT_OK);
	assert_rows(round, 3);
	assert_row_text(round, 0, FIELD_ITEM, "rent");
	assert_row_number(round, 1, FIELD_AMOUNT, 1250);
	ask_lines(round, 202607, RESULT_OK);
	assert_rows(round, 0);
	ask_lines(round, 202609, RESULT_NOT_FOUND);
	ask_lines(round, 202401, RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_BILL_LINES, ALICE, 0), RESULT_NOT_FOUND);
}

static void points__twelve_entries_in_any_order__last_ten_newest_first(struct round *round)
{
	ask(round, fixture_request(REQUEST_POINTS, ALICE, 0), RESULT_OK);
	assert_rows(round, 10);
	assert_row_number(round, 0, FIELD_DATE, 20260901);
	assert_row_number(round, 1, FIELD_CHANGE, -9);
	assert_row_text(round, 2, FIELD_REASON, "bonus");
	assert_row_number(round, 9, FIELD_CHANGE, 3);
}

static void services__mine_and_offered__disjoint_and_filtered(struct round *round)
{
	ask(round, fixture_request(REQUEST_SERVICES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_SERVICE, "CRBT");
	assert_row_number(round, 0, FIELD_PRICE, 500);
	assert_row_text(round, 0, FIELD_PERIOD, "month");
	assert_row_number(round, 1, FIELD_SINCE, 20260301);
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_SERVICE, "WEATHER");
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, BOB, 0), RESULT_OK);
	assert_rows(round, 4);
}

static void service_activate__offered__active_at_once(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 1, FIELD_SERVICE, "WEATHER", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS WEATHER");
	assert_services(round, "CRBT NEWS WEATHER");
	ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 2, FIELD_SERVICE, "WEATHER", RESULT_DUPLICATE);
}

static void service_activate__not_allowed_or_unknown__refused(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 1, FIELD_SERVICE, "VMAIL", RESULT_REFUSED);
	ask_with(round, REQUEST_SERVICE_ACTIVATE, BOB, 2, FIELD_SERVICE, "NEWS", RESULT_REFUSED);
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 3, FIELD_SERVICE, "NOSUCH", RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 4), RESULT_NOT_FOUND);
	assert_services(round, "CRBT NEWS");
}

static void service_deactivate__active_and_not_active__gone_and_not_found(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 1, FIELD_SERVICE, "CRBT", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "NEWS");
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 2, FIELD_SERVICE, "CRBT", RESULT_NOT_FOUND);
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 3, FIELD_SERVICE, "NOSUCH", RESULT_NOT_FOUND);
	assert_services(round, "NEWS");
}

static void F18_change__same_reference_again__same_answer_and_done_once(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 1, FIELD_SERVICE, "WEATHER", RESULT_OK);
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 2, FIELD_SERVICE, "WEATHER", RESULT_OK);
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 1, FIELD_SERVICE, "WEATHER", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS WEATHER");
	assert_services(round, "CRBT NEWS");
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 3, FIELD_SERVICE, "WEATHER", RESULT_NOT_FOUND);
	ask_with(round, REQUEST_SERVICE_ACTIVATE, ALICE, 4, FIELD_SERVICE, "WEATHER", RESULT_OK);
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 3, FIELD_SERVICE, "WEATHER", RESULT_NOT_FOUND);
	assert_services(round, "CRBT NEWS WEATHER");
}

static void language_set__then_profile__shows_it(struct round *round)
{
	ask_with(round, REQUEST_LANGUAGE_SET, ALICE, 1, FIELD_LANGUAGE, "ar", RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "ar");
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "ar");
	ask(round, fixture_request(REQUEST_PROFILE, BOB, 0), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "zh");
}

static void keep(struct round *round, const char *msisdn, const char *number, const char *session, int64_t until)
{
	ask(round, fixture_keep(msisdn, number, session, until, NULL), RESULT_OK);
}

static void assert_saved(struct round *round, const char *msisdn, const char *number, const char *session)
{
	ask(round, fixture_conversation(REQUEST_CONVERSATION_FETCH, msisdn, number), session ? RESULT_OK : RESULT_NOT_FOUND);
	if (session)
		assert_string_equal(fixture_session(&round->answers.last), session);
}

static void conversation__saved__fetched_by_its_number(struct round *round)
{
	keep(round, ALICE, "10086", "first", FUTURE);
	keep(round, ALICE, "10010", "other", FUTURE);
	assert_saved(round, ALICE, "10086", "first");
	assert_saved(round, ALICE, "10010", "other");
	assert_saved(round, ALICE, "10000", NULL);
	assert_saved(round, BOB, "10086", NULL);
	keep(round, ALICE, "10086", "second", FUTURE);
	assert_saved(round, ALICE, "10086", "second");
}

static void conversation__without_a_session__deleted(struct round *round)
{
	keep(round, ALICE, "10086", "first", FUTURE);
	keep(round, ALICE, "10010", "other", FUTURE);
	keep(round, ALICE, "10086", NULL, FUTURE);
	assert_saved(round, ALICE, "10086", NULL);
	assert_saved(round, ALICE, "10010", "other");
	keep(round, ALICE, "10086", "", FUTURE);
	assert_saved(round, ALICE, "10086", NULL);
}

static void conversation__expired__not_found(struct round *round)
{
	keep(round, ALICE, "10086", "old", FIXTURE_NOW + 60);
	assert_saved(round, ALICE, "10086", "old");
	round->now += 60;
	assert_saved(round, ALICE, "10086", NULL);
	keep(round, ALICE, "10086", "new", FUTURE);
	assert_saved(round, ALICE, "10086", "new");
}

static void conversation__without_a_number__refused(struct round *round)
{
	ask(round, fixture_keep(ALICE, "", "first", FUTURE, NULL), RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_CONVERSATION_FETCH, ALICE, 0), RESULT_NOT_FOUND);
}

static void data_mine__of_each_kind__stored_and_retention(struct round *round)
{
	static const struct {
		const char *kind;
		int64_t held, retention;
	} wanted[] = {
		{ "profile", 1, ABSENT }, { "bills", 7, ABSENT },	{ "points", 12, ABSENT }, { "services", 2, ABSENT },
		{ "password", 1, ABSENT }, { "orders", 0, 400 },	{ "consents", 0, 1825 },  { "messages", 0, 35 },
		{ "conversations", 1, ABSENT }, { "tickets", 0, 730 },
	};

	keep(round, ALICE, "10086", "first", FUTURE);
	keep(round, BOB, "10086", "other", FUTURE);
	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, ARRAY_SIZE(wanted));
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		assert_row_text(round, i, FIELD_KIND, wanted[i].kind);
		assert_row_number(round, i, FIELD_STORED, wanted[i].held);
		assert_row_number(round, i, FIELD_RETENTION, wanted[i].retention);
	}
}

static void purge__unknown_number__nothing_to_do(struct round *round)
{
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, NOBODY, 0), RESULT_OK);
	ask(round, fixture_request(REQUEST_ORDERS_PURGE, NOBODY, 0), RESULT_OK);
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, "1380013800x", 0), RESULT_NOT_FOUND);
}

static void S18_purge__subscriber__nothing_is_left_but_orders_and_consents(struct round *round)
{
	struct request request = fixture_request(REQUEST_PROFILE, "", 0);

	keep(round, ALICE, "10086", "first", FUTURE);
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 1, FIELD_SERVICE, "NEWS", RESULT_OK);
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_OK);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_CONVERSATION_FETCH, ALICE, 0), RESULT_NOT_FOUND);
	osmo_strlcpy(request.subscriber.imsi, ALICE_IMSI, sizeof(request.subscriber.imsi));
	ask(round, request, RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_PROFILE, BOB, 0), RESULT_OK);
}

/* The order's reference is known as long as the order exists. */
static void S18_purge__orders__gone_unless_one_is_in_flight(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 1, FIELD_SERVICE, "NEWS", RESULT_OK);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	ask(round, fixture_request(REQUEST_ORDERS_PURGE, ALICE, 0), RESULT_OK);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S18_purge__order_in_flight__refused(struct round *round)
{
	ask_with(round, REQUEST_SERVICE_DEACTIVATE, ALICE, 1, FIELD_SERVICE, "NEWS", RESULT_ACCEPTED);
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_ORDERS_PURGE, ALICE, 0), RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
}

/* ---- barred numbers ---- */

static void bar(struct round *round, const char *number, int64_t since, int64_t until)
{
	struct bar bar = { .since = since, .until = until };
	struct response response;

	snprintf(bar.number, sizeof(bar.number), "%s", number);
	snprintf(bar.reason, sizeof(bar.reason), "reason of %s", number);
	snprintf(bar.staff, sizeof(bar.staff), "staff");
	response_init(&response);
	round->ops->bar(round->store, &bar, STORE_NOBODY, &response);
	/* done before a change that comes after it */
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, NOBODY, 0), RESULT_OK);
}

/* Asks: changes after this one, as "NUMBER until; …". Returns the last one. */
static int64_t assert_barred(struct round *round, int64_t after, const char *wanted)
{
	struct request request = fixture_request(REQUEST_BARRED, "", 0);
	char seen[256] = "";

	request.id = after;
	ask(round, request, RESULT_OK);
	assert_false(round->answers.last.more);
	for (unsigned int i = 0; i < round->answers.last.rows.count; i++) {
		const struct record record = row(round, i);
		struct bar bar;

		bar_read(&record, &bar);
		assert_true(bar.id > after);
		after = bar.id;
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s %d; ", bar.number, (int)bar.until);
	}
	assert_string_equal(seen, wanted);
	return after;
}

static unsigned int barred_count(struct round *round)
{
	ask(round, fixture_request(REQUEST_BARRED, "", 0), RESULT_OK);
	return round->answers.last.rows.count;
}

static void bar__numbers_and_prefixes__changes_in_their_sequence(struct round *round)
{
	int64_t last;

	assert_barred(round, 0, "");
	bar(round, "8613*", 1000, 0);
	bar(round, "13800138000", 1001, 5000);
	last = assert_barred(round, 0, "8613* 0; 13800138000 5000; ");
	assert_row_text(round, 0, FIELD_REASON, "reason of 8613*");
	assert_row_text(round, 0, FIELD_STAFF, "staff");
	assert_row_number(round, 1, ARG_TIME, 1001);
	assert_barred(round, last, "");
	bar(round, "8613*", 1002, 1002);
	assert_barred(round, last, "8613* 1002; ");
	assert_barred(round, 0, "13800138000 5000; 8613* 1002; ");
}

/* The clock of a tool that bars another number does not count. */
static void bar__ended__removed_by_the_trusted_time_alone(struct round *round)
{
	bar(round, "8613*", round->now, 0);
	bar(round, "13800138000", round->now, round->now + 5000);
	bar(round, "7", round->now, round->now);
	bar(round, "8", round->now + INT64_C(10000) * 86400, 0);
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1000), RESULT_OK);
	assert_int_equal(barred_count(round), 4);
	round->now += 730 * 86400 + 5000;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1100), RESULT_OK);
	assert_int_equal(barred_count(round), 3);		/* "7" has gone */
	round->now++;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1200), RESULT_OK);
	assert_int_equal(barred_count(round), 2);
}

static void bar__many__in_portions(struct round *round)
{
	struct request request = fixture_request(REQUEST_BARRED, "", 0);
	unsigned int count = 0;
	char number[8];

	for (unsigned int i = 0; i < 200; i++) {
		snprintf(number, sizeof(number), "%u", 1000 + i);
		bar(round, number, 1000, 0);
	}
	do {
		ask(round, request, RESULT_OK);
		for (unsigned int i = 0; i < round->answers.last.rows.count; i++, count++) {
			const struct record record = row(round, i);

			snprintf(number, sizeof(number), "%u", 1000 + count);
			assert_string_equal(fixture_text(&record, FIELD_MSISDN), number);
			request.id = record_number(&record, ARG_POSITION, 0);
		}
	} while (round->answers.last.more);
	assert_int_equal(count, 200);
}

static void args__hostile_octets__no_harm(struct round *round)
{
	for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
		struct request request = fixture_request(kind, ALICE, 1000 + kind);

		if (kind == REQUEST_PASSWORD_CHANGE || kind == REQUEST_PASSWORD_CHECK)
			continue;
		memset(request.args, 0xff, sizeof(request.args));
		request.args_len = sizeof(request.args);
		ask_anything(round, request);
	}
}

static const struct round_case cases[] = {
	CASE(profile__prepaid__every_fact_known),
	CASE(profile__postpaid__owes_and_has_no_balance),
	CASE(F15_profile__by_either_imsi__same_subscriber),
	CASE(F15_any_kind__unknown_subscriber__not_found),
	CASE(bills__six_billed_and_one_running__last_five_newest_first),
	CASE(bill_lines__billed_month__in_the_bills_order),
	CASE(points__twelve_entries_in_any_order__last_ten_newest_first),
	CASE(services__mine_and_offered__disjoint_and_filtered),
	CASE(service_activate__offered__active_at_once),
	CASE(service_activate__not_allowed_or_unknown__refused),
	CASE(service_deactivate__active_and_not_active__gone_and_not_found),
	CASE(F18_change__same_reference_again__same_answer_and_done_once),
	CASE(language_set__then_profile__shows_it),
	CASE(conversation__saved__fetched_by_its_number),
	CASE(conversation__without_a_session__deleted),
	CASE(conversation__expired__not_found),
	CASE(conversation__without_a_number__refused),
	CASE(data_mine__of_each_kind__stored_and_retention),
	CASE(purge__unknown_number__nothing_to_do),
	CASE(S18_purge__subscriber__nothing_is_left_but_orders_and_consents),
	CASE(S18_purge__orders__gone_unless_one_is_in_flight),
	CASE_BILLING(S18_purge__order_in_flight__refused),
	CASE(bar__numbers_and_prefixes__changes_in_their_sequence),
	CASE(bar__ended__removed_by_the_trusted_time_alone),
	CASE(bar__many__in_portions),
	CASE(args__hostile_octets__no_harm),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

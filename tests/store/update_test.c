/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Updates from billing, and the catalogue, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/account.h"
#include "tests/store/shop.h"

#define ALL ((1u << ACCOUNT_KINDS) - 1)
#define LATER INT64_C(1788220900)
#define KIND(kind) (1u << ACCOUNT_##kind)

static const struct stored_line lines[] = {
	{ .item = "rent", .amount = 100 }, { .item = "data", .amount = 23, .charged_service = "NEWS", .provider = "STAR",
					     .fee_class = "info" },
};
static const struct stored_bill bills[] = { { .month = 202610, .total = 123, .lines = lines, .lines_count = 2 } };
static const struct stored_points points[] = { { .date = 20261101, .change = 5, .reason = "bonus" },
					       { .date = 20261102, .change = 6, .reason = "earned" } };
static const struct stored_subscription subscriptions[] = { { .service = "NEWS", .since = 20260301 },
							    { .service = "WEATHER", .since = 20261001 } };

static struct stored_account update_as_of(int64_t as_of)
{
	return (struct stored_account){
		.imsis = { ALICE_IMSI }, .msisdn = ALICE, .account = "postpaid", .brand = "old", .status = "suspended",
		.language = "zh", .balance = STORED_UNKNOWN, .owed = 700, .valid_until = STORED_UNKNOWN, .points = 11,
		.as_of = as_of, .bill_month = 202610, .bill_total = 123, .bills = bills, .bills_count = 1,
		.points_entries = points, .points_count = 2, .subscriptions = subscriptions, .subscriptions_count = 2,
	};
}

static void profile(struct round *round)
{
	ask(round, fixture_request(REQUEST_PROFILE, ALICE, 0), RESULT_OK);
}

static void put__every_kind__replaced(struct round *round)
{
	struct request lines_asked;
	const struct stored_account account = update_as_of(LATER);

	put(round, &account, ALL, RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_ACCOUNT), "postpaid");
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "suspended");
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "en");	/* the subscriber's own choice */
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "NEWS WEATHER");
	assert_int_equal(number(round, FIELD_BALANCE), ABSENT);
	assert_int_equal(number(round, FIELD_OWED), 700);
	assert_int_equal(number(round, FIELD_POINTS), 11);
	assert_int_equal(number(round, FIELD_BILL_MONTH), 202610);
	assert_int_equal(number(round, FIELD_SERVICES_AS_OF), LATER);
	ask(round, fixture_request(REQUEST_BILLS, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	assert_row_number(round, 0, FIELD_TOTAL, 123);
	lines_asked = fixture_request(REQUEST_BILL_LINES, ALICE, 0);
	arg_number(&lines_asked, FIELD_MONTH, 202610);
	ask(round, lines_asked, RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_SERVICE, "");
	assert_row_text(round, 1, FIELD_SERVICE, "NEWS");
	assert_row_text(round, 1, FIELD_PROVIDER, "STAR");
	assert_row_text(round, 1, FIELD_FEE_CLASS, "info");
	ask(round, fixture_request(REQUEST_POINTS, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_REASON, "earned");
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 1), RESULT_OK);
	assert_string_equal(found(round)->hash, "hash of alice");
}

static void put__absent_text__stays(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	account.tariff = "MONTHLY59";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_TARIFF), "MONTHLY59");
	assert_string_equal(fixture_text(facts(round), FIELD_REGISTERED), "yes");
	account.tariff = NULL;
	account.owed = STORED_UNKNOWN;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_TARIFF), "MONTHLY59");
	assert_int_equal(number(round, FIELD_OWED), ABSENT);
}

static void put__one_kind__others_and_their_age_stay(struct round *round)
{
	const struct stored_account account = update_as_of(LATER);

	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_int_equal(number(round, FIELD_AS_OF), LATER);
	assert_int_equal(number(round, FIELD_BILLS_AS_OF), 1788220800);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "CRBT NEWS");
	put(round, &account, KIND(POINTS), RESULT_OK);
	profile(round);
	assert_int_equal(number(round, FIELD_POINTS_AS_OF), LATER);
	assert_int_equal(number(round, FIELD_BILLS_AS_OF), 1788220800);
	ask(round, fixture_request(REQUEST_BILLS, ALICE, 0), RESULT_OK);
	assert_rows(round, 5);
}

static void F27_put__older_than_the_stored_account__nothing_changes(struct round *round)
{
	struct stored_account account = update_as_of(1788220799);

	put(round, &account, ALL, RESULT_OK);
	assert_services(round, "CRBT NEWS");
	assert_int_equal(number(round, FIELD_BALANCE), 1250);
	account.bills_as_of = LATER;
	put(round, &account, ALL, RESULT_OK);
	ask(round, fixture_request(REQUEST_BILLS, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	assert_services(round, "CRBT NEWS");
}

static void put__number_unknown__added_with_a_profile_only(struct round *round)
{
	struct stored_account account = update_as_of(LATER);
	struct request request = fixture_request(REQUEST_PROFILE, "", 0);

	strcpy(account.msisdn, NOBODY);
	strcpy(account.imsis[0], "001010000000077");
	put(round, &account, KIND(BILLS), RESULT_NOT_FOUND);
	put(round, &account, ALL, RESULT_OK);
	strcpy(request.subscriber.imsi, "001010000000077");
	ask(round, request, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), NOBODY);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "NEWS WEATHER");
	strcpy(account.msisdn, "x");
	put(round, &account, ALL, RESULT_NOT_FOUND);
}

static void F16_put__stored_account_is_from_the_future__replaced(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	put(round, &account, ALL, RESULT_OK);
	round->now = LATER - ACCOUNT_SKEW_S;
	account = update_as_of(LATER - 1);
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_int_equal(number(round, FIELD_AS_OF), LATER);
	round->now--;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_int_equal(number(round, FIELD_AS_OF), LATER - 1);
	assert_int_equal(number(round, FIELD_BILLS_AS_OF), LATER);
}

static void F15_put__imsi_of_another_number__moves(struct round *round)
{
	struct stored_account account = update_as_of(LATER);
	struct request request = fixture_request(REQUEST_PROFILE, "", 0);

	strcpy(account.imsis[0], "001010000000002");
	put(round, &account, KIND(PROFILE), RESULT_OK);
	strcpy(request.subscriber.imsi, "001010000000002");
	ask(round, request, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
	strcpy(request.subscriber.imsi, ALICE_SECOND_IMSI);
	ask(round, request, RESULT_NOT_FOUND);
}

/* A17: as integers they were equal. */
static void put__imsis_that_differ_by_a_zero__a_number_each(struct round *round)
{
	struct stored_account account = update_as_of(LATER);
	struct request request = fixture_request(REQUEST_PROFILE, "", 0);

	strcpy(account.imsis[0], "01010000000001");
	put(round, &account, KIND(PROFILE), RESULT_OK);
	strcpy(account.msisdn, NOBODY);
	strcpy(account.imsis[0], "001010000000001");
	put(round, &account, KIND(PROFILE), RESULT_OK);
	strcpy(request.subscriber.imsi, "001010000000001");
	ask(round, request, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), NOBODY);
	strcpy(request.subscriber.imsi, "01010000000001");
	ask(round, request, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
}

static void keep(struct round *round)
{
	ask(round, fixture_keep(ALICE, "10086", "secret", FUTURE, NULL), RESULT_OK);
}

static void F15_put__another_owner__nothing_of_the_former_one_stays(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	account.owner = "customer 1";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	keep(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "CRBT", RESULT_ACCEPTED);
	account.owner = "customer 2";
	account.balance = STORED_UNKNOWN;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICES), "");
	assert_string_equal(fixture_text(facts(round), FIELD_LANGUAGE), "zh");	/* not the former owner's choice */
	assert_int_equal(number(round, FIELD_POINTS), ABSENT);
	assert_string_equal(fixture_text(facts(round), FIELD_TARIFF), "");
	assert_int_equal(number(round, FIELD_BILLS_AS_OF), ABSENT);
	ask(round, fixture_conversation(REQUEST_CONVERSATION_FETCH, ALICE, "10086"), RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 3), RESULT_LOCKED);
	ask(round, fixture_request(REQUEST_BILLS, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask(round, fixture_request(REQUEST_POINTS, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	assert_orders_due(round, 0);
	round->now += DAY_S;
	assert_facts_of(round, NULL);
	ask(round, fixture_request(REQUEST_LINE_RESUME, ALICE, 4), RESULT_ACCEPTED);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
}

static void F15_put__same_owner_again_or_none_given__everything_stays(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	keep(round);
	account.owner = "customer 1";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	put(round, &account, KIND(PROFILE), RESULT_OK);
	account.owner = NULL;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	ask(round, fixture_conversation(REQUEST_CONVERSATION_FETCH, ALICE, "10086"), RESULT_OK);
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 1), RESULT_OK);
}

static void F27_put__older_update_of_another_owner__ignored(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	account.owner = "customer 2";
	put(round, &account, ALL, RESULT_OK);
	account = update_as_of(LATER - 1);
	account.owner = "customer 1";
	put(round, &account, ALL, RESULT_OK);
	account = update_as_of(LATER);
	account.owner = "customer 2";
	account.owed = 701;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	assert_services(round, "NEWS WEATHER");
}

static void put__with_a_hash__password_replaced(struct round *round)
{
	struct stored_account account = update_as_of(LATER);

	account.hash = "given";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, 1), RESULT_OK);
	assert_string_equal(found(round)->hash, "given");
}

static void F3_put__orders_in_flight__our_state_until_they_are_completed(struct round *round)
{
	static const struct stored_subscription other[] = { { .service = "CRBT", .since = 20250115 },
							    { .service = "NEWS", .since = 20260301 } };
	struct stored_account account = update_as_of(LATER);
	int64_t opening;

	account.subscriptions = other;
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "WEATHER", RESULT_ACCEPTED);
	opening = order_id(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "CRBT", RESULT_ACCEPTED);
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_subscribed(round, "WEATHER", "activating");
	assert_subscribed(round, "CRBT", "deactivating");
	assert_services(round, "CRBT NEWS WEATHER");
	end_order(round, opening, END_DONE, NULL, RESULT_OK);
	put(round, &account, KIND(SERVICES), RESULT_OK);	/* made before the order was completed */
	assert_subscribed(round, "WEATHER", "active");
	account.as_of = round->now + 1;
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_subscribed(round, "WEATHER", NULL);
}

static void S3_put__expires_or_starts_later__stored_days_stay(struct round *round)
{
	static const struct stored_subscription other[] = { { .service = "NEWS", .since = 20260301 },
							    { .service = "NOSUCH", .since = 20260301 },
							    { .service = "TRY", .since = 20261119, .trial_until = 20261125 } };
	struct stored_account account = update_as_of(FIXTURE_NOW + 10);

	sell(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "NEWS", RESULT_OK);
	order(round, REQUEST_SERVICE_ACTIVATE, 2, "MONTHLY", RESULT_OK);
	account.subscriptions = other;
	account.subscriptions_count = 3;
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_subscribed(round, "NEWS", "deactivating");
	assert_subscribed(round, "MONTHLY", "activating");
	assert_subscribed(round, "TRY", "trial");
	assert_services(round, "MONTHLY NEWS TRY");
}

/* S7: an agreement made here stays even if billing does not mention it, and an agreement signed elsewhere counts. */
static void S7_put__trial_that_goes_on__known_here_or_updated(struct round *round)
{
	static const struct stored_subscription has[] = {
		{ .service = "TRY", .since = 20261120, .trial_until = 20261126, .trial_ends = "paid" },
		{ .service = "ZEN", .since = 20261120, .trial_until = 20261126 },
	};
	struct stored_account account = update_as_of(FIXTURE_NOW + 10);

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "ZEN", RESULT_OK);
	account.subscriptions = has;
	account.subscriptions_count = 2;
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_services(round, "TRY ZEN");
	assert_subscribed(round, "ZEN", "trial");
	assert_row_text(round, 0, FIELD_TRIAL_ENDS, "paid");
	assert_row_text(round, 1, FIELD_TRIAL_ENDS, "paid");
}

static void assert_consents(struct round *round, int64_t count)
{
	ask(round, fixture_request(REQUEST_DATA_MINE, ALICE, 0), RESULT_OK);
	assert_row_text(round, 6, FIELD_KIND, "consents");
	assert_row_number(round, 6, FIELD_STORED, count);
}

/* S7: the subscriber agreed at billing, and billing updates us: once, and with a consent. */
static void S7_put__trial_is_charged_by_now__confirmed_by_billing(struct round *round)
{
	static const struct stored_subscription has[] = { { .service = "TRY", .since = 20261120 } };
	struct stored_account account = update_as_of(FIXTURE_NOW + 10);

	sell(round);
	order(round, REQUEST_SERVICE_ACTIVATE, 1, "TRY", RESULT_OK);
	assert_consents(round, 0);
	account.subscriptions = has;
	account.subscriptions_count = 1;
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_subscribed(round, "TRY", "active");
	assert_consents(round, 1);
	account.as_of++;
	put(round, &account, KIND(SERVICES), RESULT_OK);
	assert_consents(round, 1);
}

static void S3_put__service_that_excludes_another__merged_like_any(struct round *round)
{
	struct stored_account account = update_as_of(FIXTURE_NOW + 10);

	sell(round);
	order(round, REQUEST_SERVICE_DEACTIVATE, 1, "CRBT", RESULT_OK);
	order(round, REQUEST_SERVICE_DEACTIVATE, 2, "NEWS", RESULT_OK);
	round->now += 31 * DAY_S;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 1000), RESULT_OK);
	order(round, REQUEST_SERVICE_ACTIVATE, 3, "RIVAL", RESULT_OK);
	assert_services(round, "RIVAL");
	account.as_of = account.services_as_of = round->now + 10;
	put(round, &account, 1u << ACCOUNT_PROFILE | 1u << ACCOUNT_SERVICES, RESULT_OK);
	assert_services(round, "NEWS WEATHER");
}

static void S11_put__order_for_the_line_not_seen__its_state_stays(struct round *round)
{
	struct stored_account account = update_as_of(LATER);
	int64_t order;

	account.status = "active";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	ask(round, fixture_request(REQUEST_LINE_SUSPEND, ALICE, 1), RESULT_ACCEPTED);
	order = order_id(round);
	account.status = "suspended";		/* from billing itself, which does not know the order yet */
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "active");
	end_order(round, order, END_DONE, NULL, RESULT_OK);
	account.status = "active";
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "suspended");
	account.as_of = round->now + 1;
	put(round, &account, KIND(PROFILE), RESULT_OK);
	profile(round);
	assert_string_equal(fixture_text(facts(round), FIELD_STATUS), "active");
}

static void F16_put__dated_more_than_a_day_ahead__refused(struct round *round)
{
	struct stored_account account = update_as_of(FIXTURE_NOW + ACCOUNT_AHEAD_S);

	account.balance = 1;
	account.bills_as_of = FIXTURE_NOW + ACCOUNT_AHEAD_S + 1;
	put(round, &account, ALL, RESULT_REFUSED);
	assert_services(round, "CRBT NEWS");
	assert_int_equal(number(round, FIELD_BALANCE), 1250);
	account.bills_as_of--;
	put(round, &account, ALL, RESULT_OK);
	assert_services(round, "NEWS WEATHER");
}

static void set_catalogue__one_gone_one_dearer__subscribers_retain_theirs(struct round *round)
{
	static const struct service sold[] = { { .code = "WEATHER", .price = 20, .period = "day", .excludes = "" } };
	const struct catalogue catalogue = { .services = sold, .count = 1 };

	for (unsigned int i = 0; i < 2; i++) {
		round->ops->set_catalogue(round->store, &catalogue);
		order(round, REQUEST_SERVICE_ACTIVATE, 1 + i, "VMAIL", RESULT_NOT_FOUND);
		ask(round, fixture_request(REQUEST_SERVICES_OFFERED, ALICE, 0), RESULT_OK);
		assert_rows(round, 1);
		assert_row_number(round, 0, FIELD_PRICE, 20);
	}
	ask(round, fixture_request(REQUEST_SERVICES_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	order(round, REQUEST_SERVICE_DEACTIVATE, 3, "NEWS", RESULT_OK);
	order(round, REQUEST_SERVICE_ACTIVATE, 4, "NEWS", RESULT_NOT_FOUND);
}

static void put__one_charge__added_to_its_bill(struct round *round)
{
	static const struct stored_line extra[] = { { .item = "extra", .amount = 7 } };
	struct stored_bill bill = { .month = 202610, .lines = extra, .lines_count = 1 };
	struct stored_account account = update_as_of(LATER);
	struct account_update update = {
		.account = &account, .kinds = KIND(BILLS), .now = round->now, .import = true, .single = true, .charge = true, .position = 2,
	};
	struct request lines_asked = fixture_request(REQUEST_BILL_LINES, ALICE, 0);

	put(round, &account, ALL, RESULT_OK);
	account.bills = &bill;
	merge(round, &update, RESULT_OK);
	arg_number(&lines_asked, FIELD_MONTH, 202610);
	ask(round, lines_asked, RESULT_OK);
	assert_rows(round, 3);
	assert_row_text(round, 1, FIELD_ITEM, "data");
	assert_row_text(round, 2, FIELD_ITEM, "extra");
	bill.month = 202609;
	merge(round, &update, RESULT_REFUSED);
}

static const struct round_case cases[] = {
	CASE(put__every_kind__replaced),
	CASE(put__absent_text__stays),
	CASE(put__one_kind__others_and_their_age_stay),
	CASE(F27_put__older_than_the_stored_account__nothing_changes),
	CASE(put__number_unknown__added_with_a_profile_only),
	CASE(F16_put__stored_account_is_from_the_future__replaced),
	CASE(F15_put__imsi_of_another_number__moves),
	CASE(put__imsis_that_differ_by_a_zero__a_number_each),
	CASE_BILLING(F15_put__another_owner__nothing_of_the_former_one_stays),
	CASE(F15_put__same_owner_again_or_none_given__everything_stays),
	CASE(F27_put__older_update_of_another_owner__ignored),
	CASE(put__with_a_hash__password_replaced),
	CASE_BILLING(F3_put__orders_in_flight__our_state_until_they_are_completed),
	CASE(S3_put__expires_or_starts_later__stored_days_stay),
	CASE(S7_put__trial_that_goes_on__known_here_or_updated),
	CASE(S7_put__trial_is_charged_by_now__confirmed_by_billing),
	CASE(S3_put__service_that_excludes_another__merged_like_any),
	CASE_BILLING(S11_put__order_for_the_line_not_seen__its_state_stays),
	CASE(F16_put__dated_more_than_a_day_ahead__refused),
	CASE(put__one_charge__added_to_its_bill),
	CASE(set_catalogue__one_gone_one_dearer__subscribers_retain_theirs),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

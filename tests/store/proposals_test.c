/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S6: what partners and web shops ask, and what subscribers answer, in every store. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/shop.h"

#define PROPOSED 0x20001		/* reference number of the first proposal */
#define NUMBER "0000-0000-4001"	/* as a proposal's number */

static struct request propose(const char *msisdn, const char *id, const char *kind, const char *service)
{
	struct request request = fixture_request(REQUEST_PROPOSE, msisdn, PROPOSED);

	osmo_strlcpy(request.event.source, "shop", sizeof(request.event.source));
	osmo_strlcpy(request.event.id, id, sizeof(request.event.id));
	osmo_strlcpy(request.event.kind, kind, sizeof(request.event.kind));
	request.event.time = FIXTURE_NOW;
	if (service)
		fixture_arg(&request, FIELD_SERVICE, service);
	return request;
}

static const char *done(struct round *round)
{
	return fixture_text(facts(round), FIELD_REASON);
}

static void fetch(struct round *round, const char *id)
{
	struct request request = propose("", id, "", NULL);

	request.kind = REQUEST_EVENT_FETCH;
	ask(round, request, RESULT_OK);
}

static const char *reply(struct round *round, const char *id)
{
	fetch(round, id);
	return fixture_text(facts(round), ARG_REPLY);
}

static struct request answer(enum request_kind kind, const char *msisdn, uint64_t ref, const char *service)
{
	struct request request = fixture_request(kind, msisdn, ref);

	fixture_arg(&request, FIELD_PROPOSAL, NUMBER);
	if (service)
		fixture_arg(&request, FIELD_SERVICE, service);
	return request;
}

/* ---- by the menu ---- */

static void S6_proposed__asked__message_with_the_terms(struct round *round)
{
	struct due_notification due;
	struct request again = propose(ALICE, "1", "order_request", "TRY");

	sell(round);
	ask(round, again, RESULT_OK);
	assert_string_equal(done(round), "notified");
	ask(round, again, RESULT_DUPLICATE);
	assert_string_equal(done(round), "notified");
	again.event.digest[0] = 1;
	ask(round, again, RESULT_CONFLICT);
	due = assert_notification(round, "order_requested");
	assert_string_equal(fixture_text(&due.facts, FIELD_PROPOSAL), NUMBER);
	assert_string_equal(fixture_text(&due.facts, FIELD_SERVICE), "TRY");
	assert_int_equal(record_number(&due.facts, FIELD_TRIAL_DAYS, ABSENT), 7);
	assert_int_equal(record_number(&due.facts, FIELD_CONFIRM_UNTIL, ABSENT), round->now + DAY_S);
	assert_int_equal(due.expires, round->now + DAY_S);
	fetch(round, "1");
	assert_string_equal(fixture_text(facts(round), FIELD_KIND), "order_request");
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
	assert_string_equal(fixture_text(facts(round), FIELD_SERVICE), "TRY");
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "waiting");
	assert_string_equal(fixture_text(facts(round), ARG_REPLY), "");
	assert_int_equal(number(round, FIELD_CONFIRM_UNTIL), round->now + DAY_S);
	assert_int_equal(number(round, FIELD_TRIES_LEFT), ABSENT);
	ask(round, fixture_request(REQUEST_ORDERS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S6_yes__ordered_once_and_known_to_the_source(struct round *round)
{
	struct request yes = answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 7, "WEATHER");

	ask(round, propose(ALICE, "1", "order_request", "WEATHER"), RESULT_OK);
	ask(round, yes, RESULT_ACCEPTED);
	ask(round, yes, RESULT_ACCEPTED);
	yes.ref = 8;
	ask(round, yes, RESULT_DUPLICATE);
	ask(round, answer(REQUEST_PROPOSAL_DECLINE, ALICE, 9, NULL), RESULT_DUPLICATE);
	assert_string_equal(reply(round, "1"), "yes");
	assert_string_equal(fixture_text(facts(round), FIELD_REF), "0000-0000-0007");
	assert_string_equal(fixture_text(facts(round), FIELD_STATE), "accepted");
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_REFUSED, "credit", RESULT_OK);
	fetch(round, "1");
	assert_string_equal(fixture_text(facts(round), FIELD_STATE), "refused");
}

static void S6_no__nothing_is_ordered_afterwards(struct round *round)
{
	ask(round, propose(ALICE, "1", "order_request", "WEATHER"), RESULT_OK);
	ask(round, answer(REQUEST_PROPOSAL_DECLINE, ALICE, 7, NULL), RESULT_OK);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 8, "WEATHER"), RESULT_DUPLICATE);
	assert_string_equal(reply(round, "1"), "no");
	assert_string_equal(fixture_text(facts(round), FIELD_REF), "");
	assert_orders_due(round, 0);
}

static void S6_late_yes__orders_nothing(struct round *round)
{
	struct request request = propose(ALICE, "1", "order_request", "WEATHER");

	arg_number(&request, ARG_END, FIXTURE_NOW + 60);
	ask(round, request, RESULT_OK);
	round->now += 60;
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 7, "WEATHER"), RESULT_NOT_FOUND);
	ask(round, answer(REQUEST_PROPOSAL_DECLINE, ALICE, 8, NULL), RESULT_NOT_FOUND);
	assert_string_equal(reply(round, "1"), "");
	assert_orders_due(round, 0);
}

static void S6_yes__of_another_or_to_another_service__orders_nothing(struct round *round)
{
	ask(round, propose(ALICE, "1", "order_request", "WEATHER"), RESULT_OK);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, BOB, 7, "WEATHER"), RESULT_NOT_FOUND);
	ask(round, answer(REQUEST_PROPOSAL_DECLINE, BOB, 8, NULL), RESULT_NOT_FOUND);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 9, "NEWS"), RESULT_CONFLICT);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 10, NULL), RESULT_CONFLICT);
	assert_string_equal(reply(round, "1"), "");
	assert_orders_due(round, 0);
}

static void S6_proposed__not_possible__not_asked(struct round *round)
{
	struct request priced = propose(ALICE, "5", "order_request", "WEATHER"), late = propose(ALICE, "6", "order_request", "WEATHER");

	sell(round);
	ask(round, propose(ALICE, "1", "order_request", "NEWS"), RESULT_OK);
	assert_string_equal(done(round), "already");
	ask(round, propose(ALICE, "2", "order_request", "VMAIL"), RESULT_OK);
	assert_string_equal(done(round), "not_sold");
	ask(round, propose(ALICE, "3", "order_request", "NOTHING"), RESULT_OK);
	assert_string_equal(done(round), "not_sold");
	ask(round, propose(ALICE, "4", "order_request", "RIVAL"), RESULT_OK);
	assert_string_equal(done(round), "excluded");
	arg_number(&priced, FIELD_PRICE, 1);
	ask(round, priced, RESULT_OK);
	assert_string_equal(done(round), "other_price");
	arg_number(&late, ARG_END, FIXTURE_NOW);
	ask(round, late, RESULT_OK);
	assert_string_equal(done(round), "obsolete");
	ask(round, propose(NOBODY, "7", "order_request", "WEATHER"), RESULT_NOT_FOUND);
	assert_notification(round, NULL);
	fetch(round, "5");
	assert_string_equal(done(round), "other_price");
	assert_string_equal(fixture_text(facts(round), FIELD_PROPOSAL), "");
}

/* A request has no words for the terms of a trial: the message says them. */
static void S6_proposed__trial_with_its_price__asked(struct round *round)
{
	static const struct { const char *id, *service; int64_t price; } table[] = {
		{ "1", "TRY", 100 }, { "2", "ZEN", 400 }, { "3", "ZINE", 900 }, { "4", "ZEN", 401 },
	};

	sell(round);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct request request = propose(ALICE, table[i].id, "order_request", table[i].service);

		request.ref += i;
		arg_number(&request, FIELD_PRICE, table[i].price);
		ask(round, request, RESULT_OK);
		assert_string_equal(done(round), i < 3 ? "notified" : "other_price");
	}
}

/* Each on a day of the operator's calendar. */
static void S6_proposed__sixth_of_a_source_on_a_day__not_asked(struct round *round)
{
	struct request request = propose(ALICE, "1", "code_request", "WEATHER");

	for (request.event.id[0] = '1'; request.event.id[0] <= '6'; request.event.id[0]++, request.ref++) {
		ask(round, request, RESULT_OK);
		assert_string_equal(done(round), request.event.id[0] < '6' ? "notified" : "too_many");
	}
	ask(round, propose(ALICE, "o", "order_request", "WEATHER"), RESULT_OK);
	assert_string_equal(done(round), "notified");
	round->now += DAY_S;
	ask(round, request, RESULT_OK);
	assert_string_equal(done(round), "notified");
}

/* A client's name may be longer than the code of a service, or equal to one. */
static void S6_proposed__eleventh_of_all_sources_on_a_day__not_asked(struct round *round)
{
	static const char *const sources[] = { "WEATHER", "client-whose-name-is-quite-long", "shop" };
	struct request request = propose(ALICE, "a", "code_request", "WEATHER");

	for (unsigned int i = 0; i < 12; i++, request.event.id[0]++, request.ref++) {
		osmo_strlcpy(request.event.source, sources[i / 5], sizeof(request.event.source));
		ask(round, request, RESULT_OK);
		assert_string_equal(done(round), i < 10 ? "notified" : "too_many");
	}
}

static void S6_yes__not_possible_any_more__says_why(struct round *round)
{
	ask(round, propose(ALICE, "1", "order_request", "WEATHER"), RESULT_OK);
	order(round, REQUEST_SERVICE_ACTIVATE, 5, "WEATHER", RESULT_ACCEPTED);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 7, "WEATHER"), RESULT_DUPLICATE);
	assert_string_equal(reply(round, "1"), "already");
}

static void S6_kinds__each_on_its_own_way(struct round *round)
{
	struct request event = propose(ALICE, "1", "order_request", "WEATHER"), proposal = propose(ALICE, "2", "payment", NULL);

	event.kind = REQUEST_EVENT;
	ask(round, event, RESULT_REFUSED);
	ask(round, proposal, RESULT_REFUSED);
	assert_notification(round, NULL);
}

/* ---- with a one-time code ---- */

static void code_arg(struct request *request, char first)
{
	char digest[CONFIRM_DIGEST_SIZE + 1];

	memset(digest, 'x', CONFIRM_DIGEST_SIZE);
	digest[0] = first;
	digest[CONFIRM_DIGEST_SIZE] = '\0';
	fixture_arg(request, ARG_CODE, digest);
}

static void propose_with_code(struct round *round)
{
	struct request request = propose(ALICE, "1", "code_request", "WEATHER");

	fixture_arg(&request, ARG_SHOWN, "Weather, 0.10 a day. Enter the code to order.");
	ask(round, request, RESULT_OK);
	assert_string_equal(done(round), "notified");
}

static void send_code(struct round *round, char first, enum result wanted)
{
	struct request request = answer(REQUEST_PROPOSAL_CODE, ALICE, 0, NULL);

	code_arg(&request, first);
	ask(round, request, wanted);
}

static void confirm(struct round *round, uint64_t ref, char first, enum result wanted)
{
	struct request request = answer(REQUEST_PROPOSAL_CONFIRM, ALICE, ref, "WEATHER");

	code_arg(&request, first);
	ask(round, request, wanted);
}

static void S6_code__right__ordered_once(struct round *round)
{
	propose_with_code(round);
	confirm(round, 7, 'a', RESULT_WRONG);		/* before one was sent */
	send_code(round, 'a', RESULT_OK);
	send_code(round, 'b', RESULT_OK);
	confirm(round, 8, 'a', RESULT_WRONG);		/* another was sent since */
	assert_int_equal(number(round, FIELD_TRIES_LEFT), 1);
	confirm(round, 9, 'b', RESULT_ACCEPTED);
	confirm(round, 10, 'b', RESULT_DUPLICATE);
	send_code(round, 'c', RESULT_DUPLICATE);
	assert_string_equal(reply(round, "1"), "yes");
	assert_string_equal(fixture_text(facts(round), FIELD_REF), "0000-0000-0009");
	assert_int_equal(number(round, FIELD_TRIES_LEFT), 1);
	assert_orders_due(round, 1);
}

static void S6_code__wrong_three_times__locked(struct round *round)
{
	propose_with_code(round);
	send_code(round, 'a', RESULT_OK);
	for (uint64_t ref = 7; ref < 10; ref++) {
		confirm(round, ref, 'b', RESULT_WRONG);
		assert_int_equal(number(round, FIELD_TRIES_LEFT), 9 - (int64_t)ref);
		if (ref == 8)
			send_code(round, 'a', RESULT_OK);	/* a new code gives no new attempts */
	}
	confirm(round, 10, 'a', RESULT_LOCKED);
	assert_string_equal(reply(round, "1"), "locked");
	assert_orders_due(round, 0);
}

static void S6_code__guesses_under_one_reference__each_counts(struct round *round)
{
	propose_with_code(round);
	send_code(round, 'a', RESULT_OK);
	for (unsigned int i = 0; i < 3; i++)
		confirm(round, 7, 'b', RESULT_WRONG);
	confirm(round, 7, 'a', RESULT_LOCKED);
}

static void S6_code__too_late__orders_nothing(struct round *round)
{
	propose_with_code(round);
	send_code(round, 'a', RESULT_OK);
	round->now += 600;
	confirm(round, 7, 'a', RESULT_NOT_FOUND);
	send_code(round, 'a', RESULT_NOT_FOUND);
	assert_orders_due(round, 0);
}

/* ---- pushed pages ---- */

static void push__waits_for_its_time__and_ends(struct round *round)
{
	struct request request = propose(ALICE, "1", "push", "WEATHER");
	struct due_notification due;

	fixture_arg(&request, ARG_PAGE, "offer");
	arg_number(&request, ARG_BEGIN, FIXTURE_NOW + 100);
	arg_number(&request, ARG_END, FIXTURE_NOW + 200);
	ask(round, request, RESULT_OK);
	assert_notification(round, NULL);
	round->now += 100;
	due = assert_notification(round, "push");
	assert_string_equal(fixture_text(&due.facts, ARG_PAGE), "offer");
	assert_string_equal(fixture_text(&due.facts, FIELD_PERIOD), "day");
	assert_int_equal(due.expires, FIXTURE_NOW + 200);
	assert_string_equal(reply(round, "1"), "");
	assert_string_equal(fixture_text(facts(round), FIELD_SENDING), "waiting");
}

static void push__opted_out__not_wanted(struct round *round)
{
	struct request choice = fixture_request(REQUEST_PREFERENCE_SET, ALICE, 3), request = propose(ALICE, "1", "push", NULL);

	fixture_arg(&choice, FIELD_NOTIFICATION, "push");
	fixture_arg(&choice, FIELD_CHOICE, "off");
	ask(round, choice, RESULT_OK);
	fixture_arg(&request, ARG_PAGE, "offer");
	ask(round, request, RESULT_OK);
	assert_string_equal(done(round), "not_wanted");
	ask(round, fixture_request(REQUEST_PREFERENCES_MINE, ALICE, 0), RESULT_OK);
}

/* ---- records ---- */

static void proposals__old_or_purged__gone(struct round *round)
{
	struct request request = propose(ALICE, "1", "order_request", "WEATHER");

	ask(round, request, RESULT_OK);
	round->now += 37 * DAY_S;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", round->ops->reference(round->store, STORE_PIECE)), RESULT_OK);
	ask(round, answer(REQUEST_PROPOSAL_ACCEPT, ALICE, 7, "WEATHER"), RESULT_NOT_FOUND);
	/* the same event may come again, as if it were new */
	request.now = round->now;
	request.ref++;
	ask(round, request, RESULT_OK);
	assert_string_equal(done(round), "notified");
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_OK);
	request.kind = REQUEST_EVENT_FETCH;
	ask(round, request, RESULT_NOT_FOUND);
}

int main(void)
{
	static const struct round_case cases[] = {
		CASE(S6_proposed__asked__message_with_the_terms),
		CASE_BILLING(S6_yes__ordered_once_and_known_to_the_source),
		CASE_BILLING(S6_no__nothing_is_ordered_afterwards),
		CASE_BILLING(S6_late_yes__orders_nothing),
		CASE_BILLING(S6_yes__of_another_or_to_another_service__orders_nothing),
		CASE(S6_proposed__not_possible__not_asked),
		CASE(S6_proposed__trial_with_its_price__asked),
		CASE(S6_proposed__sixth_of_a_source_on_a_day__not_asked),
		CASE(S6_proposed__eleventh_of_all_sources_on_a_day__not_asked),
		CASE_BILLING(S6_yes__not_possible_any_more__says_why),
		CASE(S6_kinds__each_on_its_own_way),
		CASE_BILLING(S6_code__right__ordered_once),
		CASE_BILLING(S6_code__wrong_three_times__locked),
		CASE_BILLING(S6_code__guesses_under_one_reference__each_counts),
		CASE_BILLING(S6_code__too_late__orders_nothing),
		CASE(push__waits_for_its_time__and_ends),
		CASE(push__opted_out__not_wanted),
		CASE(proposals__old_or_purged__gone),
	};

	return rounds_run(cases, ARRAY_SIZE(cases));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S12, S13, S14, S16, S18, S19: tickets, in every store. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/ticket.h"
#include "tests/store/shop.h"

#define NUMBER "26112001"		/* of the first ticket at FIXTURE_NOW */
#define HOUR_S INT64_C(3600)

static struct request open_request(const char *msisdn, uint64_t ref, const char *kind, const char *text)
{
	struct request request = fixture_request(REQUEST_TICKET_OPEN, msisdn, ref);

	fixture_arg(&request, FIELD_TICKET_KIND, kind);
	if (text)
		fixture_arg(&request, FIELD_TEXT, text);
	return request;
}

static struct request about(enum request_kind kind, const char *msisdn, uint64_t ref, const char *text)
{
	struct request request = fixture_request(kind, msisdn, ref);

	fixture_arg(&request, FIELD_TICKET, NUMBER);
	if (text)
		fixture_arg(&request, FIELD_TEXT, text);
	return request;
}

static struct request staff(enum ticket_event event, const char *text)
{
	struct request request = about(REQUEST_TICKET_STAFF, ALICE, 0, text);

	request.ticket.event = event;
	osmo_strlcpy(request.ticket.staff, "li", sizeof(request.ticket.staff));
	return request;
}

static void complain(struct round *round)
{
	ask(round, open_request(ALICE, 7, "complaint", "no signal"), RESULT_OK);
}

static void assert_state(struct round *round, const char *state, int64_t answer_by)
{
	ask(round, about(REQUEST_TICKET_STATE, ALICE, 0, NULL), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET_STATE), state);
	assert_int_equal(number(round, FIELD_ANSWER_BY), answer_by);
}

static void housekeep_at(struct round *round, int64_t now)
{
	round->now = now;
	ask(round, fixture_request(REQUEST_HOUSEKEEP, "", 0x30001), RESULT_OK);
}

/* ---- opened ---- */

static void S12_opened__number_at_once__answer_owed_in_48_hours(struct round *round)
{
	complain(round);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
	assert_int_equal(number(round, FIELD_ANSWER_BY), FIXTURE_NOW + 48 * HOUR_S);
	complain(round);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
	ask(round, open_request(ALICE, 8, "suggestion", "longer nights"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112002");
	ask(round, open_request(BOB, 9, "complaint", "mine"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
	ask(round, fixture_request(REQUEST_TICKETS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_TICKET, "26112002");
	assert_row_text(round, 1, FIELD_TICKET_KIND, "complaint");
	assert_row_text(round, 1, FIELD_TICKET_STATE, "open");
	assert_row_number(round, 1, FIELD_OPENED, FIXTURE_NOW);
	assert_notification(round, NULL);
}

static void S12_opened__without_text_or_kind__refused(struct round *round)
{
	ask(round, open_request(ALICE, 7, "complaint", NULL), RESULT_REFUSED);
	ask(round, open_request(ALICE, 8, "complaint", ""), RESULT_REFUSED);
	ask(round, open_request(ALICE, 9, "applause", "well done"), RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_TICKETS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S12_opened__number_without_an_account__stored_as_well(struct round *round)
{
	const char *stranger = "13800999999";

	ask(round, open_request(stranger, 7, "complaint", "I was your customer"), RESULT_OK);
	ask(round, fixture_request(REQUEST_TICKETS_MINE, stranger, 0), RESULT_OK);
	assert_rows(round, 1);
}

static void S12_opened__thirty_on_a_day__no_more_until_tomorrow(struct round *round)
{
	for (unsigned int i = 0; i < 30; i++)
		ask(round, open_request(ALICE, 100 + i, "nuisance", "spam"), RESULT_OK);
	ask(round, open_request(ALICE, 200, "nuisance", "spam"), RESULT_REFUSED);
	round->now += DAY_S;
	ask(round, open_request(ALICE, 201, "nuisance", "spam"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112101");
	round->now -= 3 * DAY_S;	/* the clock was wrong */
	ask(round, open_request(ALICE, 202, "nuisance", "spam"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112102");
}

static void S16_opened__same_charge_again__the_first_one(struct round *round)
{
	struct request request = open_request(ALICE, 7, "dispute", "not ordered");

	arg_number(&request, FIELD_MONTH, 202610);
	fixture_arg(&request, FIELD_ITEM, "services");
	ask(round, request, RESULT_OK);
	request.ref = 8;
	ask(round, request, RESULT_DUPLICATE);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
	fixture_arg(&request, FIELD_CAUSE, "price");
	request.ref = 10;
	ask(round, request, RESULT_DUPLICATE);
	arg_number(&request, FIELD_MONTH, 202609);
	request.ref = 9;
	ask(round, request, RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112002");
}

static void S19_called__twice__one_ticket(struct round *round)
{
	ask(round, open_request(ALICE, 7, "agent", NULL), RESULT_OK);
	ask(round, open_request(ALICE, 8, "agent", NULL), RESULT_DUPLICATE);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 9, NULL), RESULT_OK);
	ask(round, open_request(ALICE, 10, "agent", NULL), RESULT_OK);
}

static void S13_reported__no_answer_owed(struct round *round)
{
	ask(round, open_request(ALICE, 7, "nuisance", "buy now"), RESULT_OK);
	assert_int_equal(number(round, FIELD_ANSWER_BY), ABSENT);
	housekeep_at(round, FIXTURE_NOW + 30 * DAY_S);
	assert_state(round, "open", ABSENT);
}

/* ---- answered ---- */

static void S12_answered__message_asks__yes_closes(struct round *round)
{
	struct due_notification due;

	complain(round);
	ask(round, staff(TICKET_TAKE, NULL), RESULT_OK);
	assert_state(round, "taken", FIXTURE_NOW + 48 * HOUR_S);
	ask(round, staff(TICKET_ANSWER_INTERIM, "We look into it."), RESULT_OK);
	assert_state(round, "interim", FIXTURE_NOW + 168 * HOUR_S);
	due = assert_notification(round, "ticket_interim");
	assert_string_equal(fixture_text(&due.facts, FIELD_ANSWER), "We look into it.");
	assert_int_equal(due.latest, FIXTURE_NOW + 48 * HOUR_S);
	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = ITEM_DONE, .now = round->now }, RESULT_OK);
	ask(round, staff(TICKET_ANSWER, "The mast is repaired."), RESULT_OK);
	assert_state(round, "answered", ABSENT);
	due = assert_notification(round, "ticket_answered");
	assert_string_equal(fixture_text(&due.facts, FIELD_TICKET), NUMBER);
	assert_string_equal(fixture_text(&due.facts, FIELD_TICKET_KIND), "complaint");
	ask(round, about(REQUEST_TICKET_ANSWERS, ALICE, 0, NULL), RESULT_OK);
	assert_rows(round, 2);
	assert_row_text(round, 0, FIELD_ANSWER, "The mast is repaired.");
	assert_row_text(round, 1, FIELD_ANSWER, "We look into it.");
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 8, NULL), RESULT_OK);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 9, NULL), RESULT_DUPLICATE);
	assert_state(round, "closed", ABSENT);
	ask(round, staff(TICKET_ANSWER, "again"), RESULT_CONFLICT);
}

static void S12_answered__no_or_anything_else__owed_once_more(struct round *round)
{
	complain(round);
	ask(round, about(REQUEST_TICKET_REOPEN, ALICE, 8, NULL), RESULT_DUPLICATE);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	round->now += HOUR_S;
	ask(round, about(REQUEST_TICKET_REOPEN, ALICE, 9, NULL), RESULT_OK);
	assert_state(round, "open", FIXTURE_NOW + 49 * HOUR_S);
	ask(round, staff(TICKET_ANSWER, "Now it works."), RESULT_OK);
	round->now += HOUR_S;
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 10, "it does not"), RESULT_OK);
	assert_state(round, "open", FIXTURE_NOW + 50 * HOUR_S);
}

static void end_message(struct round *round, const char *kind, enum completion_how how)
{
	const struct due_notification due = assert_notification(round, kind);

	complete(round, QUEUE_NOTIFICATIONS, (struct completion){ .id = due.id, .how = how, .now = round->now }, RESULT_OK);
}

static void S12_answered__silence__closed_then_opened_again_for_30_days(struct round *round)
{
	complain(round);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	round->now += HOUR_S;
	end_message(round, "ticket_answered", ITEM_DONE);
	housekeep_at(round, FIXTURE_NOW + DAY_S);
	housekeep_at(round, FIXTURE_NOW + 7 * DAY_S);
	assert_state(round, "answered", ABSENT);
	housekeep_at(round, FIXTURE_NOW + HOUR_S + 7 * DAY_S);
	assert_state(round, "closed", ABSENT);
	round->now += 30 * DAY_S;
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 8, "not any more"), RESULT_OK);
	assert_state(round, "open", round->now + 48 * HOUR_S);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 9, NULL), RESULT_OK);
	round->now += 30 * DAY_S + 1;
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 10, "hello"), RESULT_REFUSED);
	ask(round, about(REQUEST_TICKET_REOPEN, ALICE, 11, NULL), RESULT_REFUSED);
}

/* Of several messages about several tickets, that of the last answer counts. */
static void S12_answered__message_of_this_answer__counts(struct round *round)
{
	complain(round);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	end_message(round, "ticket_answered", ITEM_DONE);
	ask(round, staff(TICKET_ANSWER, "Now it works."), RESULT_OK);
	ask(round, open_request(ALICE, 8, "suggestion", "longer nights"), RESULT_OK);
	housekeep_at(round, FIXTURE_NOW + 6 * DAY_S);
	assert_state(round, "answered", ABSENT);
	end_message(round, "ticket_answered", ITEM_DONE);
	housekeep_at(round, FIXTURE_NOW + 13 * DAY_S - 1);
	assert_state(round, "answered", ABSENT);
	housekeep_at(round, FIXTURE_NOW + 13 * DAY_S);
	assert_state(round, "closed", ABSENT);
}

static void S12_answered__message_expires__owed_once_more(struct round *round)
{
	complain(round);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	housekeep_at(round, FIXTURE_NOW + 7 * DAY_S - 1);
	assert_state(round, "answered", ABSENT);
	housekeep_at(round, FIXTURE_NOW + 7 * DAY_S);
	assert_state(round, "open", FIXTURE_NOW + 7 * DAY_S + 48 * HOUR_S);
	ask(round, staff(TICKET_CLOSE, NULL), RESULT_OK);
	assert_state(round, "closed", ABSENT);
}

static void S12_answered__message_withdrawn__owed_once_more(struct round *round)
{
	complain(round);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	end_message(round, "ticket_answered", ITEM_WITHDRAWN);
	housekeep_at(round, FIXTURE_NOW + 12 * HOUR_S);
	assert_state(round, "open", FIXTURE_NOW + 60 * HOUR_S);
}

static void S12_not_answered__warned_then_late__once_each(struct round *round)
{
	complain(round);
	housekeep_at(round, FIXTURE_NOW + 36 * HOUR_S);
	housekeep_at(round, FIXTURE_NOW + 48 * HOUR_S);
	housekeep_at(round, FIXTURE_NOW + 96 * HOUR_S);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
	ask(round, staff(TICKET_ANSWER, "sorry"), RESULT_OK);
	assert_state(round, "answered", ABSENT);
}

static void S12_staff__without_name_text_or_right__refused(struct round *round)
{
	struct request nameless = staff(TICKET_ANSWER, "It works.");

	complain(round);
	nameless.ticket.staff[0] = '\0';
	ask(round, nameless, RESULT_REFUSED);
	ask(round, staff(TICKET_ANSWER, NULL), RESULT_REFUSED);
	ask(round, staff(TICKET_RESOLVE, NULL), RESULT_REFUSED);
	ask(round, staff(TICKET_SILENCE, NULL), RESULT_REFUSED);
	ask(round, staff(TICKET_CLOSE, NULL), RESULT_CONFLICT);	/* only the subscriber may */
	ask(round, staff(TICKET_CONFIRM, NULL), RESULT_CONFLICT);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
}

static void S14_confirmed__then_closed_by_staff(struct round *round)
{
	ask(round, open_request(ALICE, 7, "network", "no coverage in the lift"), RESULT_OK);
	ask(round, staff(TICKET_CONFIRM, NULL), RESULT_OK);
	assert_state(round, "confirmed", ABSENT);
	ask(round, staff(TICKET_CLOSE, NULL), RESULT_OK);
	assert_state(round, "closed", ABSENT);
}

static void S18_deletion__answered__closed(struct round *round)
{
	ask(round, open_request(ALICE, 7, "deletion", NULL), RESULT_OK);
	ask(round, staff(TICKET_ANSWER, "Your data were deleted."), RESULT_OK);
	assert_state(round, "closed", ABSENT);
	assert_notification(round, "ticket_answered");
}

/* ---- S16: charges given back ---- */

#define SECOND 0x40002

static struct request disputing(uint64_t ref, int64_t month, int64_t amount)
{
	struct request request = open_request(ALICE, ref, "dispute", "not ordered");

	arg_number(&request, FIELD_MONTH, month);
	fixture_arg(&request, FIELD_ITEM, "services");
	arg_number(&request, FIELD_AMOUNT, amount);
	return request;
}

static void dispute(struct round *round, int64_t month, int64_t amount)
{
	ask(round, disputing(7, month, amount), RESULT_OK);
}

static struct request decision(enum ticket_event event, const char *by, const char *form, const char *equal)
{
	struct request request = staff(event, "You were right.");

	request.ref = 0x40001;
	osmo_strlcpy(request.ticket.staff, by, sizeof(request.ticket.staff));
	arg_number(&request, ARG_SECOND, SECOND);
	fixture_arg(&request, FIELD_FORM, form);
	if (equal)
		fixture_arg(&request, FIELD_FORM_EQUAL, equal);
	return request;
}

static void S16_granted__two_orders__the_charge_and_its_equal_once(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", "voucher");
	struct due_notification due;

	dispute(round, 202610, 500);
	ask(round, grant, RESULT_OK);
	ask(round, grant, RESULT_CONFLICT);
	assert_state(round, "answered", ABSENT);
	due = assert_notification(round, "dispute_granted");
	assert_int_equal(record_number(&due.facts, FIELD_AMOUNT, ABSENT), 500);
	assert_string_equal(fixture_text(&due.facts, FIELD_FORM_EQUAL), "voucher");
	assert_int_equal(record_number(&due.facts, FIELD_MONTH, ABSENT), 202610);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_REFUND);
	assert_int_equal(due_order(round, 0)->ref, 0x40001);
	assert_int_equal(due_order(round, 0)->price, 500);
	assert_string_equal(due_order(round, 0)->form, "credit");
	assert_int_equal(due_order(round, 0)->ticket, 26112001);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_COMPENSATION);
	assert_int_equal(due_order(round, 0)->ref, SECOND);
	assert_string_equal(due_order(round, 0)->form, "voucher");
	end_order(round, due_order(round, 0)->id, END_REFUSED, "limit", RESULT_OK);
	assert_orders_due(round, 0);
	assert_notification(round, "dispute_granted");		/* and no other */
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);	/* staff owe another answer, and the equal alone */
	grant.ref = 0x40007;
	arg_number(&grant, ARG_SECOND, 0x40008);
	ask(round, grant, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_COMPENSATION);
	assert_int_equal(due_order(round, 0)->ref, 0x40008);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 0);
	ask(round, grant, RESULT_CONFLICT);
}

/* A credit that is refused is taken back as what it was. */
static void S16_refused_by_billing__another_credit__still_counts(struct round *round)
{
	struct request more = decision(TICKET_COMPENSATE, "li", "credit", NULL), grant = decision(TICKET_GRANT, "li", "credit", "credit");

	dispute(round, 202610, 1000);
	arg_number(&more, FIELD_AMOUNT, 2000);
	ask(round, more, RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	grant.ref = 0x40005;
	arg_number(&grant, ARG_SECOND, 0x40006);
	ask(round, grant, RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_REFUSED, "limit", RESULT_OK);
	more.ref = 0x40009;
	arg_number(&more, FIELD_AMOUNT, 2001);		/* 2000 and 1000 have been given: 5001 in all */
	ask(round, more, RESULT_ACCEPTED);
}

static void S16_refused_by_billing__open_again__and_may_be_granted_again(struct round *round)
{
	struct request again = decision(TICKET_GRANT, "li", "voucher", "voucher");

	dispute(round, 202610, 500);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_REFUSED, "account closed", RESULT_OK);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	again.ref = 0x40005;
	arg_number(&again, ARG_SECOND, 0x40006);
	ask(round, again, RESULT_OK);
	assert_state(round, "answered", ABSENT);
	assert_orders_due(round, 1);
	assert_string_equal(due_order(round, 0)->form, "voucher");
	assert_int_equal(due_order(round, 0)->kind, REQUEST_REFUND);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 0);			/* its equal was paid the first time */
}

static void S16_granted__more_than_one_may__by_two_who_say_the_same(struct round *round)
{
	dispute(round, 202610, 6000);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_ACCEPTED);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_ACCEPTED);
	ask(round, decision(TICKET_GRANT, "wu", "cash", "credit"), RESULT_ACCEPTED);
	assert_orders_due(round, 0);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
	ask(round, decision(TICKET_GRANT, "li", "cash", "credit"), RESULT_OK);
	assert_orders_due(round, 1);
	assert_string_equal(due_order(round, 0)->form, "cash");
}

static void S16_granted__equal_and_earlier_credits__count_as_well(struct round *round)
{
	dispute(round, 202610, 2501);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_ACCEPTED);	/* 50.02 in all; one may grant 50.00 */
	assert_orders_due(round, 0);
	ask(round, decision(TICKET_GRANT, "wu", "credit", "credit"), RESULT_OK);
	assert_orders_due(round, 1);
}

static void S16_proposed__then_declined__awaits_nobody(struct round *round)
{
	dispute(round, 202610, 6000);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_ACCEPTED);
	ask(round, decision(TICKET_DECLINE, "wu", "credit", NULL), RESULT_OK);
	ask(round, decision(TICKET_GRANT, "wu", "credit", "credit"), RESULT_ACCEPTED);
	assert_orders_due(round, 0);
}

static void S16_granted__form_amount_or_age_not_possible__refused(struct round *round)
{
	struct request grant;

	dispute(round, 202410, 500);
	ask(round, decision(TICKET_GRANT, "li", "bill", "credit"), RESULT_REFUSED);	/* she is prepaid */
	ask(round, decision(TICKET_GRANT, "li", "credit", "cash"), RESULT_REFUSED);
	ask(round, decision(TICKET_GRANT, "li", "stamps", "credit"), RESULT_REFUSED);
	ask(round, decision(TICKET_GRANT, "li", "credit voucher", "credit"), RESULT_REFUSED);
	grant = decision(TICKET_GRANT, "li", "credit", "credit");
	arg_number(&grant, FIELD_AMOUNT, 501);
	ask(round, grant, RESULT_REFUSED);
	arg_number(&grant, FIELD_AMOUNT, 400);
	ask(round, grant, RESULT_EXCLUDED);	/* two years and a month */
	arg_number(&grant, ARG_OVERRIDE, 1);
	ask(round, grant, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->price, 400);
}

static void S16_granted__without_its_equal__only_if_staff_insist(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", NULL);

	dispute(round, 202610, 500);
	ask(round, grant, RESULT_EXCLUDED);
	arg_number(&grant, ARG_OVERRIDE, 1);
	ask(round, grant, RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 0);
}

static void S16_declined__notified_why__and_may_be_granted_later(struct round *round)
{
	struct request decline = staff(TICKET_DECLINE, "You used it. You may ask the regulator.");
	struct due_notification due;

	dispute(round, 202610, 500);
	fixture_arg(&decline, FIELD_REASON, "used");
	ask(round, decline, RESULT_REFUSED);		/* no menu has a word for it */
	fixture_arg(&decline, FIELD_REASON, "own");
	ask(round, decline, RESULT_OK);
	due = assert_notification(round, "dispute_declined");
	assert_string_equal(fixture_text(&due.facts, FIELD_REASON), "own");
	assert_string_equal(fixture_text(&due.facts, FIELD_ANSWER), "You used it. You may ask the regulator.");
	assert_orders_due(round, 0);
	ask(round, about(REQUEST_TICKET_REOPEN, ALICE, 8, NULL), RESULT_OK);
	ask(round, decision(TICKET_GRANT, "wu", "credit", "credit"), RESULT_OK);
	assert_orders_due(round, 1);
}

static void S16_compensated__on_any_ticket__up_to_the_limit_in_all(struct round *round)
{
	struct request give = decision(TICKET_COMPENSATE, "li", "credit", NULL);

	complain(round);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_CONFLICT);	/* nothing is disputed */
	ask(round, staff(TICKET_DECLINE, "no"), RESULT_CONFLICT);
	ask(round, give, RESULT_REFUSED);		/* how much? */
	arg_number(&give, FIELD_AMOUNT, 5000);
	ask(round, give, RESULT_OK);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
	assert_notification(round, "compensated");
	give.ref = 0x50001;
	arg_number(&give, FIELD_AMOUNT, 15001);
	ask(round, give, RESULT_REFUSED);
	arg_number(&give, FIELD_AMOUNT, 15000);
	ask(round, give, RESULT_ACCEPTED);
	osmo_strlcpy(give.ticket.staff, "wu", sizeof(give.ticket.staff));
	ask(round, give, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_COMPENSATION);
	assert_int_equal(due_order(round, 0)->price, 5000);
	end_order(round, due_order(round, 0)->id, END_DONE, NULL, RESULT_OK);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->price, 15000);
}

static void S14_rewarded__confirmed_alone__once(struct round *round)
{
	struct request reward = decision(TICKET_REWARD, "li", "credit", NULL);
	struct due_notification due;

	arg_number(&reward, FIELD_AMOUNT, 1000);
	ask(round, open_request(ALICE, 7, "network", "no coverage in the lift"), RESULT_OK);
	ask(round, reward, RESULT_CONFLICT);
	ask(round, staff(TICKET_CONFIRM, NULL), RESULT_OK);
	ask(round, staff(TICKET_CLOSE, NULL), RESULT_OK);
	ask(round, reward, RESULT_OK);
	ask(round, reward, RESULT_CONFLICT);
	due = assert_notification(round, "rewarded");
	assert_int_equal(record_number(&due.facts, FIELD_AMOUNT, ABSENT), 1000);
	assert_int_equal(record_number(&due.facts, FIELD_OPENED, ABSENT), FIXTURE_NOW);
	assert_orders_due(round, 1);
	assert_int_equal(due_order(round, 0)->kind, REQUEST_COMPENSATION);
	assert_state(round, "closed", ABSENT);
}

/* ---- what staff see ---- */

static struct request list_request(const char *msisdn, const char *kind, const char *state)
{
	struct request request = fixture_request(REQUEST_TICKET_LIST, msisdn, 0);

	if (kind)
		fixture_arg(&request, FIELD_TICKET_KIND, kind);
	if (state)
		fixture_arg(&request, FIELD_TICKET_STATE, state);
	return request;
}

static void S12_listed__by_kind_state_number_and_late(struct round *round)
{
	const char *stranger = "13800999999";
	struct request request;

	complain(round);
	ask(round, open_request(ALICE, 8, "nuisance", "buy now"), RESULT_OK);
	round->now += HOUR_S;
	ask(round, open_request(stranger, 9, "complaint", "I was your customer"), RESULT_OK);
	ask(round, open_request(BOB, 10, "network", "no coverage"), RESULT_OK);
	ask(round, staff(TICKET_TAKE, NULL), RESULT_OK);
	ask(round, about(REQUEST_TICKET_RESOLVE, BOB, 11, NULL), RESULT_OK);
	ask(round, list_request("", NULL, NULL), RESULT_OK);
	assert_rows(round, 3);
	assert_row_text(round, 0, FIELD_MSISDN, ALICE);
	assert_row_text(round, 0, FIELD_TICKET, NUMBER);
	assert_row_text(round, 0, FIELD_TICKET_STATE, "taken");
	assert_row_text(round, 0, FIELD_STAFF, "li");
	assert_row_number(round, 0, FIELD_ANSWER_BY, FIXTURE_NOW + 48 * HOUR_S);
	assert_row_text(round, 1, FIELD_TICKET_KIND, "nuisance");
	assert_row_text(round, 2, FIELD_MSISDN, stranger);
	assert_int_equal(number(round, FIELD_OPENED), ABSENT);		/* no more */
	ask(round, list_request("", "complaint", NULL), RESULT_OK);
	assert_rows(round, 2);
	ask(round, list_request("", "complaint", "open"), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_MSISDN, stranger);
	ask(round, list_request("", NULL, "closed"), RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_MSISDN, BOB);
	ask(round, list_request("1380013800x", NULL, NULL), RESULT_NOT_FOUND);
	assert_rows(round, 0);
	ask(round, list_request(BOB, NULL, NULL), RESULT_OK);
	assert_rows(round, 1);
	ask(round, list_request(BOB, "complaint", NULL), RESULT_OK);
	assert_rows(round, 0);
	round->now = FIXTURE_NOW + 48 * HOUR_S;
	request = list_request("", NULL, NULL);
	arg_number(&request, ARG_LATE, 1);
	ask(round, request, RESULT_OK);
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_MSISDN, ALICE);
}

/* Asks for the next page of a list; false: there is none. */
static bool list_on(struct round *round, struct request *request)
{
	if (number(round, FIELD_OPENED) == ABSENT)
		return false;
	arg_number(request, FIELD_OPENED, number(round, FIELD_OPENED));
	fixture_arg(request, FIELD_MSISDN, fixture_text(facts(round), FIELD_MSISDN));
	fixture_arg(request, FIELD_TICKET, fixture_text(facts(round), FIELD_TICKET));
	ask(round, *request, RESULT_OK);
	return true;
}

static unsigned int list_all(struct round *round, struct request request, unsigned int *pages)
{
	char last[2 * MSISDN_SIZE] = "";
	unsigned int count = 0;

	ask(round, request, RESULT_OK);
	*pages = 0;
	do {
		for (unsigned int i = 0; i < round->answers.last.rows.count; i++, count++) {
			const struct record at = row(round, i);
			char is[2 * MSISDN_SIZE];

			snprintf(is, sizeof(is), "%s ", fixture_text(&at, FIELD_MSISDN));
			strcat(is, fixture_text(&at, FIELD_TICKET));
			assert_true(strcmp(is, last) > 0);	/* all are of one time */
			strcpy(last, is);
		}
		++*pages;
	} while (list_on(round, &request));
	return count;
}

static void S12_listed__many__page_by_page_each_once(struct round *round)
{
	unsigned int pages;

	for (unsigned int i = 0; i < 25; i++) {
		ask(round, open_request(ALICE, 100 + i, "complaint", "no signal"), RESULT_OK);
		ask(round, open_request(BOB, 200 + i, "nuisance", "buy now"), RESULT_OK);
	}
	assert_int_equal(list_all(round, list_request("", NULL, NULL), &pages), 50);
	assert_int_equal(pages, 3);
	assert_int_equal(list_all(round, list_request("", "nuisance", NULL), &pages), 25);
	assert_int_equal(list_all(round, list_request("", NULL, "open"), &pages), 50);
	assert_int_equal(list_all(round, list_request("", NULL, "closed"), &pages), 0);
	assert_int_equal(list_all(round, list_request(BOB, NULL, NULL), &pages), 25);
	assert_int_equal(pages, 2);
}

/* A page that looks at many and finds few says where to go on. */
static void S12_listed__few_among_many__in_bounded_steps(struct round *round)
{
	unsigned int pages;

	for (unsigned int day = 0; day < 8; day++, round->now += DAY_S) {
		for (unsigned int i = 0; i < 30; i++)
			ask(round, open_request(ALICE, 1000 * day + i + 1, "nuisance", "buy now"), RESULT_OK);
	}
	ask(round, open_request(ALICE, 9000, "complaint", "no signal"), RESULT_OK);
	assert_int_equal(list_all(round, list_request("", "complaint", NULL), &pages), 1);
	assert_int_equal(pages, 2);
}

static struct request history_request(int64_t behind)
{
	struct request request = about(REQUEST_TICKET_HISTORY, ALICE, 0, NULL);

	arg_number(&request, ARG_POSITION, behind);
	return request;
}

static void S12_history__pages_of_it__each_entry_once(struct round *round)
{
	char text[TICKET_TEXT_SIZE];
	int64_t position = 0, more;
	struct value value;
	struct record last;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	complain(round);
	for (unsigned int i = 0; i < 7; i++)
		ask(round, staff(TICKET_NOTE, text), RESULT_OK);
	do {
		ask(round, history_request(position), RESULT_OK);
		assert_string_equal(fixture_text(facts(round), FIELD_TICKET_STATE), "open");
		assert_true(round->answers.last.rows.count > 0);
		for (unsigned int i = 0; i < round->answers.last.rows.count; i++)
			assert_row_number(round, i, ARG_POSITION, ++position);
		more = number(round, ARG_POSITION);
		assert_true(more == ABSENT || more == position);
	} while (more != ABSENT);
	assert_int_equal(position, 8);
	assert_row_text(round, 0, FIELD_ACT, "noted");
	assert_row_text(round, 0, FIELD_STAFF, "li");
	assert_row_number(round, 0, ARG_TIME, FIXTURE_NOW);
	last = row(round, 0);
	assert_true(record_get(&last, FIELD_TEXT, &value) && value.len == sizeof(text) - 1);
	ask(round, history_request(8), RESULT_OK);
	assert_rows(round, 0);
}

static void S13_history__sender_and_contents_are_hidden(struct round *round)
{
	struct request request = open_request(ALICE, 7, "nuisance", "buy now");
	struct record at;
	struct value value;

	fixture_arg(&request, FIELD_SENDER, "106912345");
	ask(round, request, RESULT_OK);
	ask(round, staff(TICKET_NOTE, "the third today"), RESULT_OK);
	ask(round, history_request(0), RESULT_OK);
	assert_false(record_get(facts(round), FIELD_SENDER, &value));
	assert_rows(round, 2);
	at = row(round, 0);
	assert_false(record_get(&at, FIELD_TEXT, &value));
	assert_row_number(round, 0, ARG_HIDDEN, 1);
	assert_row_text(round, 1, FIELD_TEXT, "the third today");
	ask(round, about(REQUEST_TICKET_HISTORY, BOB, 0, NULL), RESULT_NOT_FOUND);
}

/* ---- whose ---- */

/* Billing reports another customer under ALICE's number. */
static void other_owner(struct round *round)
{
	struct stored_account account = fixture_accounts[0];

	account.owner = "A1";
	account.as_of = FIXTURE_NOW + 1;
	put(round, &account, 1u << ACCOUNT_PROFILE, RESULT_OK);
	account.owner = "A2";
	account.as_of = FIXTURE_NOW + 2;
	put(round, &account, 1u << ACCOUNT_PROFILE, RESULT_OK);
}

static struct request looking(const char *by)
{
	struct request request = fixture_request(REQUEST_ACCESS, ALICE, 0);

	osmo_strlcpy(request.ticket.staff, by, sizeof(request.ticket.staff));
	return request;
}

static void S18_accesses__looked_at_long_ago__removed(struct round *round)
{
	ask(round, looking("li"), RESULT_OK);
	housekeep_at(round, FIXTURE_NOW + 730 * DAY_S);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 1);
	housekeep_at(round, FIXTURE_NOW + 731 * DAY_S);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S18_accesses__of_staff_alone__newest_first(struct round *round)
{
	struct request request = open_request(ALICE, 8, "suggestion", "longer nights");

	osmo_strlcpy(request.ticket.staff, "li", sizeof(request.ticket.staff));
	complain(round);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask(round, request, RESULT_OK);
	round->now += HOUR_S;
	ask(round, staff(TICKET_READ, NULL), RESULT_OK);
	ask(round, staff(TICKET_ANSWER, "It works."), RESULT_OK);
	ask(round, about(REQUEST_TICKET_REOPEN, ALICE, 9, NULL), RESULT_OK);
	ask(round, open_request(BOB, 10, "complaint", "mine"), RESULT_OK);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 3);
	assert_row_text(round, 0, FIELD_ACCESS, "answered");
	assert_row_number(round, 0, FIELD_ACCESSED, FIXTURE_NOW + HOUR_S);
	assert_row_text(round, 0, FIELD_TICKET, NUMBER);
	assert_row_text(round, 1, FIELD_ACCESS, "read");
	assert_row_text(round, 2, FIELD_ACCESS, "written");
	assert_row_text(round, 2, FIELD_TICKET, "26112002");
	ask(round, looking("li"), RESULT_OK);
	ask(round, looking(""), RESULT_REFUSED);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 4);
	assert_row_text(round, 2, FIELD_ACCESS, "looked");
	assert_row_number(round, 2, FIELD_ACCESSED, FIXTURE_NOW + HOUR_S);
	for (unsigned int i = 0; i < 10; i++)
		ask(round, staff(TICKET_NOTE, "x"), RESULT_OK);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, VIEW_ACCESSES_MAX);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, BOB, 0), RESULT_OK);
	assert_rows(round, 0);
	other_owner(round);
	ask(round, fixture_request(REQUEST_DATA_ACCESSES, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
}

static void S12_ticket__of_another__not_found(struct round *round)
{
	complain(round);
	ask(round, about(REQUEST_TICKET_STATE, BOB, 0, NULL), RESULT_NOT_FOUND);
	ask(round, about(REQUEST_TICKET_ANSWERS, BOB, 0, NULL), RESULT_NOT_FOUND);
	ask(round, about(REQUEST_TICKET_WRITE, BOB, 8, "let me in"), RESULT_NOT_FOUND);
	ask(round, about(REQUEST_TICKET_RESOLVE, BOB, 9, NULL), RESULT_NOT_FOUND);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
}

static void S12_number__has_another_owner__sees_and_gets_nothing(struct round *round)
{
	complain(round);
	other_owner(round);
	ask(round, about(REQUEST_TICKET_STATE, ALICE, 0, NULL), RESULT_NOT_FOUND);
	ask(round, fixture_request(REQUEST_TICKETS_MINE, ALICE, 0), RESULT_OK);
	assert_rows(round, 0);
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 8, "mine?"), RESULT_NOT_FOUND);
	ask(round, staff(TICKET_ANSWER, "The mast is repaired."), RESULT_OK);
	assert_notification(round, NULL);
	ask(round, open_request(ALICE, 9, "complaint", "my first"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112002");
}

static void S16_opened__charge_was_given_back__its_ticket_again(struct round *round)
{
	dispute(round, 202610, 500);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_OK);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 8, NULL), RESULT_OK);
	ask(round, disputing(9, 202610, 500), RESULT_DUPLICATE);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
	assert_state(round, "open", FIXTURE_NOW + 48 * HOUR_S);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 10, NULL), RESULT_OK);
	round->now += 31 * DAY_S;
	ask(round, disputing(11, 202610, 500), RESULT_REFUSED);
}

static void S16_opened__charge_was_given_back_long_ago__its_ticket_again(struct round *round)
{
	dispute(round, 202610, 500);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_OK);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 8, NULL), RESULT_OK);
	for (unsigned int i = 0; i < ACCOUNT_TICKETS_MAX + 1; i++)
		ask(round, open_request(ALICE, 100 + i, "compliment", "good"), RESULT_OK);
	ask(round, disputing(9, 202610, 500), RESULT_DUPLICATE);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), NUMBER);
}

static void S16_disputed__in_words__another_charge_later(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", "credit");

	ask(round, open_request(ALICE, 7, "dispute", "News in January"), RESULT_OK);
	arg_number(&grant, FIELD_AMOUNT, 300);
	arg_number(&grant, FIELD_MONTH, 202601);
	ask(round, grant, RESULT_OK);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 8, NULL), RESULT_OK);
	ask(round, open_request(ALICE, 9, "dispute", "News in February"), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_TICKET), "26112002");
}

/* No bill says what the charge was: it has bounds of its own. */
static void S16_disputed__in_words__month_and_amount_are_bounded(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", "credit");
	struct due_notification due;

	ask(round, open_request(ALICE, 7, "dispute", "News, two years ago"), RESULT_OK);
	arg_number(&grant, FIELD_AMOUNT, 20001);
	arg_number(&grant, FIELD_MONTH, 202601);
	ask(round, grant, RESULT_REFUSED);
	arg_number(&grant, FIELD_AMOUNT, 300);
	arg_number(&grant, ARG_OVERRIDE, 1);
	arg_number(&grant, FIELD_MONTH, 0);
	ask(round, grant, RESULT_REFUSED);		/* of which month? */
	arg_number(&grant, FIELD_MONTH, 202612);
	ask(round, grant, RESULT_REFUSED);
	arg_number(&grant, FIELD_MONTH, 202410);
	ask(round, grant, RESULT_REFUSED);
	arg_number(&grant, FIELD_MONTH, 202411);
	ask(round, grant, RESULT_OK);
	due = assert_notification(round, "dispute_granted");
	assert_int_equal(record_number(&due.facts, FIELD_MONTH, ABSENT), 202411);
	ask(round, history_request(0), RESULT_OK);
	assert_int_equal(number(round, FIELD_MONTH), 202411);
}

/* The second one agrees to the month that the first one named; another month is another proposal. */
static void S16_disputed__in_words__two_say_the_same_month(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", "credit"), silent;

	ask(round, open_request(ALICE, 7, "dispute", "News in January"), RESULT_OK);
	arg_number(&grant, FIELD_AMOUNT, 3000);
	silent = grant;
	arg_number(&grant, FIELD_MONTH, 202601);
	ask(round, grant, RESULT_ACCEPTED);
	arg_number(&grant, FIELD_MONTH, 202602);
	osmo_strlcpy(grant.ticket.staff, "wu", sizeof(grant.ticket.staff));
	ask(round, grant, RESULT_ACCEPTED);
	osmo_strlcpy(silent.ticket.staff, "WU", sizeof(silent.ticket.staff));
	ask(round, silent, RESULT_ACCEPTED);		/* the same person */
	osmo_strlcpy(silent.ticket.staff, "li", sizeof(silent.ticket.staff));
	ask(round, silent, RESULT_OK);
	ask(round, history_request(0), RESULT_OK);
	assert_int_equal(number(round, FIELD_MONTH), 202602);
}

/* The month's charge is on a bill: what staff say of it does not count. */
static void S16_granted__month_is_known__another_one_is_ignored(struct round *round)
{
	struct request grant = decision(TICKET_GRANT, "li", "credit", "credit");

	dispute(round, 202410, 500);
	arg_number(&grant, FIELD_MONTH, 202610);
	ask(round, grant, RESULT_EXCLUDED);
}

static struct request compensation(uint64_t ref, const char *ticket, const char *by, int64_t amount)
{
	struct request request = decision(TICKET_COMPENSATE, by, "credit", NULL);

	request.ref = ref;
	fixture_arg(&request, FIELD_TICKET, ticket);
	arg_number(&request, FIELD_AMOUNT, amount);
	return request;
}

static void S16_credits__of_several_tickets_in_a_month__by_two_beyond_the_limit(struct round *round)
{
	complain(round);
	ask(round, open_request(ALICE, 8, "complaint", "no signal either"), RESULT_OK);
	ask(round, open_request(ALICE, 9, "agent", NULL), RESULT_OK);
	ask(round, open_request(BOB, 10, "complaint", "mine"), RESULT_OK);
	ask(round, compensation(0x41001, NUMBER, "li", 5000), RESULT_OK);
	ask(round, compensation(0x41002, "26112002", "li", 5000), RESULT_OK);
	ask(round, compensation(0x41003, "26112003", "li", 1), RESULT_ACCEPTED);
	ask(round, compensation(0x41004, "26112003", "wu", 1), RESULT_OK);
	assert_orders_due(round, 1);
	end_order(round, due_order(round, 0)->id, END_REFUSED, "limit", RESULT_OK);
	ask(round, compensation(0x41005, "26112003", "li", 4999), RESULT_OK);	/* what billing has refused was not given */
	ask(round, compensation(0x41006, "26112003", "li", 1), RESULT_ACCEPTED);
	round->utc_offset = 8 * HOUR_S;
	round->now += 10 * DAY_S + 8 * HOUR_S - 1;	/* the last second of November */
	ask(round, compensation(0x41007, NUMBER, "li", 5000), RESULT_ACCEPTED);
	round->now++;
	ask(round, compensation(0x41008, NUMBER, "li", 5000), RESULT_OK);
}

/* The draw is not held back by what its winner was given before, but counts. */
static void S14_rewarded__beyond_the_month__given_and_counted(struct round *round)
{
	struct request reward = decision(TICKET_REWARD, "li", "credit", NULL);

	complain(round);
	ask(round, open_request(ALICE, 8, "complaint", "no signal either"), RESULT_OK);
	ask(round, open_request(ALICE, 9, "network", "no coverage in the lift"), RESULT_OK);
	ask(round, compensation(0x41001, NUMBER, "li", 5000), RESULT_OK);
	ask(round, compensation(0x41002, "26112002", "li", 4500), RESULT_OK);
	fixture_arg(&reward, FIELD_TICKET, "26112003");
	arg_number(&reward, FIELD_AMOUNT, 1000);
	ask(round, reward, RESULT_CONFLICT);
	reward.ticket.event = TICKET_CONFIRM;
	ask(round, reward, RESULT_OK);
	reward.ticket.event = TICKET_REWARD;
	ask(round, reward, RESULT_OK);
	ask(round, compensation(0x41003, "26112002", "li", 1), RESULT_ACCEPTED);
}

static void S16_credits__of_a_former_owner__do_not_count(struct round *round)
{
	complain(round);
	ask(round, open_request(ALICE, 8, "complaint", "no signal either"), RESULT_OK);
	ask(round, compensation(0x41001, NUMBER, "li", 5000), RESULT_OK);
	ask(round, compensation(0x41002, "26112002", "li", 5000), RESULT_OK);
	other_owner(round);
	ask(round, open_request(ALICE, 9, "complaint", "my first"), RESULT_OK);
	ask(round, compensation(0x41003, "26112003", "li", 5000), RESULT_OK);
}

static void S16_number__has_another_owner__no_money(struct round *round)
{
	dispute(round, 202610, 500);
	other_owner(round);
	ask(round, decision(TICKET_GRANT, "li", "credit", "credit"), RESULT_CONFLICT);
	ask(round, decision(TICKET_COMPENSATE, "li", "credit", NULL), RESULT_CONFLICT);
	assert_orders_due(round, 0);
	assert_notification(round, NULL);
	ask(round, staff(TICKET_CLOSE, NULL), RESULT_OK);
}

static void S18_purged__tickets_stay_for_staff__and_go_with_the_orders(struct round *round)
{
	complain(round);
	ask(round, fixture_request(REQUEST_ACCOUNT_PURGE, ALICE, 0), RESULT_OK);
	ask(round, about(REQUEST_TICKET_STATE, ALICE, 0, NULL), RESULT_NOT_FOUND);
	ask(round, staff(TICKET_READ, NULL), RESULT_OK);
	ask(round, fixture_request(REQUEST_ORDERS_PURGE, ALICE, 0), RESULT_OK);
	ask(round, staff(TICKET_READ, NULL), RESULT_NOT_FOUND);
}

static void S12_closed__long_ago__removed(struct round *round)
{
	complain(round);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 8, NULL), RESULT_OK);
	housekeep_at(round, FIXTURE_NOW + 730 * DAY_S);
	assert_state(round, "closed", ABSENT);
	housekeep_at(round, FIXTURE_NOW + 730 * DAY_S + 1);
	ask(round, about(REQUEST_TICKET_STATE, ALICE, 0, NULL), RESULT_NOT_FOUND);
}

/* Those that are owed no answer, and that nobody has touched. */
static void S13_never_closed__long_untouched__removed(struct round *round)
{
	ask(round, open_request(ALICE, 7, "nuisance", "buy now"), RESULT_OK);
	ask(round, open_request(BOB, 8, "complaint", "no signal"), RESULT_OK);
	round->now += DAY_S;
	ask(round, staff(TICKET_READ, NULL), RESULT_OK);
	housekeep_at(round, FIXTURE_NOW + 731 * DAY_S);
	assert_state(round, "open", ABSENT);
	housekeep_at(round, FIXTURE_NOW + 731 * DAY_S + 1);
	ask(round, about(REQUEST_TICKET_STATE, ALICE, 0, NULL), RESULT_NOT_FOUND);
	ask(round, about(REQUEST_TICKET_STATE, BOB, 0, NULL), RESULT_OK);	/* an answer is owed */
}

static void S12_never_answered__of_a_former_owner__removed(struct round *round)
{
	complain(round);
	other_owner(round);
	housekeep_at(round, FIXTURE_NOW + 730 * DAY_S + 1);
	ask(round, staff(TICKET_READ, NULL), RESULT_NOT_FOUND);
}

static void S12_written__fifty_times_a_day__no_more_until_tomorrow(struct round *round)
{
	struct request agent = open_request(ALICE, 7, "agent", "call me");

	ask(round, agent, RESULT_OK);
	for (unsigned int i = 1; i < 50; i++)
		ask(round, about(REQUEST_TICKET_WRITE, ALICE, 100 + i, "hello"), RESULT_OK);
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 200, "hello"), RESULT_REFUSED);
	agent.ref = 201;
	ask(round, agent, RESULT_REFUSED);
	ask(round, about(REQUEST_TICKET_RESOLVE, ALICE, 202, NULL), RESULT_OK);
	round->now += DAY_S;
	ask(round, about(REQUEST_TICKET_WRITE, ALICE, 203, "hello"), RESULT_OK);
}

static void S12_taken__from_a_colleague__only_if_staff_insist(struct round *round)
{
	struct request take = staff(TICKET_TAKE, NULL);

	complain(round);
	ask(round, take, RESULT_OK);
	ask(round, take, RESULT_OK);
	osmo_strlcpy(take.ticket.staff, "wu", sizeof(take.ticket.staff));
	ask(round, take, RESULT_EXCLUDED);
	arg_number(&take, ARG_OVERRIDE, 1);
	ask(round, take, RESULT_OK);
	ask(round, history_request(3), RESULT_OK);
	assert_string_equal(fixture_text(facts(round), FIELD_STAFF), "wu");
	assert_rows(round, 1);
	assert_row_text(round, 0, FIELD_STAFF, "wu");
	assert_row_text(round, 0, ARG_TERMS, "from li");
}

int main(void)
{
	static const struct round_case cases[] = {
		CASE(S12_opened__number_at_once__answer_owed_in_48_hours),
		CASE(S12_opened__without_text_or_kind__refused),
		CASE(S12_opened__number_without_an_account__stored_as_well),
		CASE(S12_opened__thirty_on_a_day__no_more_until_tomorrow),
		CASE(S16_opened__same_charge_again__the_first_one),
		CASE(S19_called__twice__one_ticket),
		CASE(S13_reported__no_answer_owed),
		CASE(S12_answered__message_asks__yes_closes),
		CASE(S12_answered__no_or_anything_else__owed_once_more),
		CASE(S12_answered__silence__closed_then_opened_again_for_30_days),
		CASE(S12_answered__message_of_this_answer__counts),
		CASE(S12_answered__message_expires__owed_once_more),
		CASE(S12_answered__message_withdrawn__owed_once_more),
		CASE(S12_not_answered__warned_then_late__once_each),
		CASE(S12_staff__without_name_text_or_right__refused),
		CASE(S14_confirmed__then_closed_by_staff),
		CASE(S18_deletion__answered__closed),
		CASE_BILLING(S16_granted__two_orders__the_charge_and_its_equal_once),
		CASE_BILLING(S16_refused_by_billing__open_again__and_may_be_granted_again),
		CASE_BILLING(S16_refused_by_billing__another_credit__still_counts),
		CASE_BILLING(S16_granted__more_than_one_may__by_two_who_say_the_same),
		CASE_BILLING(S16_granted__equal_and_earlier_credits__count_as_well),
		CASE_BILLING(S16_proposed__then_declined__awaits_nobody),
		CASE_BILLING(S16_granted__form_amount_or_age_not_possible__refused),
		CASE_BILLING(S16_granted__without_its_equal__only_if_staff_insist),
		CASE_BILLING(S16_declined__notified_why__and_may_be_granted_later),
		CASE_BILLING(S16_compensated__on_any_ticket__up_to_the_limit_in_all),
		CASE_BILLING(S14_rewarded__confirmed_alone__once),
		CASE(S12_listed__by_kind_state_number_and_late),
		CASE(S12_listed__many__page_by_page_each_once),
		CASE(S12_listed__few_among_many__in_bounded_steps),
		CASE(S12_history__pages_of_it__each_entry_once),
		CASE(S13_history__sender_and_contents_are_hidden),
		CASE(S18_accesses__of_staff_alone__newest_first),
		CASE(S18_accesses__looked_at_long_ago__removed),
		CASE(S12_ticket__of_another__not_found),
		CASE(S12_number__has_another_owner__sees_and_gets_nothing),
		CASE_BILLING(S16_opened__charge_was_given_back__its_ticket_again),
		CASE_BILLING(S16_opened__charge_was_given_back_long_ago__its_ticket_again),
		CASE_BILLING(S16_disputed__in_words__another_charge_later),
		CASE_BILLING(S16_disputed__in_words__month_and_amount_are_bounded),
		CASE_BILLING(S16_disputed__in_words__two_say_the_same_month),
		CASE_BILLING(S16_granted__month_is_known__another_one_is_ignored),
		CASE_BILLING(S16_credits__of_several_tickets_in_a_month__by_two_beyond_the_limit),
		CASE_BILLING(S14_rewarded__beyond_the_month__given_and_counted),
		CASE_BILLING(S16_credits__of_a_former_owner__do_not_count),
		CASE_BILLING(S16_number__has_another_owner__no_money),
		CASE(S18_purged__tickets_stay_for_staff__and_go_with_the_orders),
		CASE(S12_closed__long_ago__removed),
		CASE(S13_never_closed__long_untouched__removed),
		CASE(S12_never_answered__of_a_former_owner__removed),
		CASE(S12_written__fifty_times_a_day__no_more_until_tomorrow),
		CASE(S12_taken__from_a_colleague__only_if_staff_insist),
	};

	return rounds_run(cases, sizeof(cases) / sizeof(*cases));
}

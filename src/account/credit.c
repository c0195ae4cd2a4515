/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Money that staff give (S16, "one wrong, double back"): a disputed charge is given back, and its equal on top, as two orders to billing.
 * Beside a dispute staff may grant a bounded credit, and the month's draw rewards confirmed reports of network problems (S14).
 *
 * ARG_OVERRIDE grants a charge of more than two years ago, or one without its equal: some causes, such as the customer's own mistake, are
 * owed less. A charge that was disputed in words alone is not on a bill that could be looked up: staff name its month, and it has bounds of
 * its own. When a ticket would cost more than one member of staff may give, or all tickets of its subscriber in a month, a second one must
 * grant the same. Rewards of the draw count in the month, but are not held back by it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "account/order.h"
#include "account/step.h"

#define OLD_MONTHS 24

/* ---- what is asked ---- */

static bool is_one_of(const char *codes, const char *code)
{
	return code[0] && !strchr(code, ' ') && codes_name(codes, code);
}

/* Menus have words for these alone: any other would reach the subscriber as "other". None is fine, too. */
static bool reason_allowed(const struct stepping *stepping)
{
	char reason[ACCOUNT_WORD_SIZE];
	const size_t len = record_text(&stepping->args, FIELD_REASON, reason, sizeof(reason));

	return !len || (len < sizeof(reason) && is_one_of(CODES_OF_DECLINES, reason));
}

/* Cash only for the charge itself; an account without bills has none to take it off. */
static bool form_allowed(const struct account *account, const char *form, bool equal)
{
	const bool billed = !strcmp(account->account, "postpaid");

	return is_one_of(equal ? "credit voucher bill" : CODES_OF_CREDITS, form) && (billed || strcmp(form, "bill") != 0);
}

/* After billing has refused one of a grant's two orders: the other one was given. */
static bool matches_given(const struct ticket *ticket, const struct credit *credit)
{
	if (ticket->refunded && (credit->amount != ticket->refunded || !credit->equal[0]))
		return false;
	return !ticket->equal || credit->amount == ticket->equal;
}

static int64_t fact(const struct ticket *ticket, enum field field)
{
	const struct record facts = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };

	return record_number(&facts, field, 0);
}

/* The charge's month, yyyymm; 0: nobody has named it. That of a charge in words is as staff say. */
static int64_t month_of(const struct stepping *stepping, const struct ticket *ticket)
{
	const int64_t named = fact(ticket, FIELD_AMOUNT) ? 0 : record_number(&stepping->args, FIELD_MONTH, ticket->month);

	return named ? named : fact(ticket, FIELD_MONTH);
}

static int64_t this_month(const struct stepping *stepping)
{
	return calendar_date(stepping->day) / 100;
}

static bool words_allowed(const struct stepping *stepping, int64_t month)
{
	return month && month <= this_month(stepping) &&
	       month_after(month, stepping->rules->tickets.words_months) >= this_month(stepping);
}

static bool credit_read(const struct stepping *stepping, const struct ticket *ticket, enum ticket_event event, struct credit *credit)
{
	const struct ticket_rules *rules = &stepping->rules->tickets;
	const int64_t charge = event == TICKET_GRANT ? fact(ticket, FIELD_AMOUNT) : 0;
	const int64_t most = event == TICKET_COMPENSATE ? rules->credit_max - ticket->compensated :
			     event == TICKET_REWARD ? rules->alone_max : charge ? charge : rules->words_max;

	credit->amount = record_number(&stepping->args, FIELD_AMOUNT, charge);
	if (record_text(&stepping->args, FIELD_FORM, credit->form, sizeof(credit->form)) >= sizeof(credit->form) ||
	    record_text(&stepping->args, FIELD_FORM_EQUAL, credit->equal, sizeof(credit->equal)) >= sizeof(credit->equal))
		return false;
	if (event == TICKET_GRANT &&
	    (!matches_given(ticket, credit) || (!charge && !words_allowed(stepping, month_of(stepping, ticket)))))
		return false;
	return credit->amount > 0 && credit->amount <= most && form_allowed(stepping->account, credit->form, false) &&
	       (!credit->equal[0] || (event == TICKET_GRANT && form_allowed(stepping->account, credit->equal, true)));
}

static bool is_too_old(const struct stepping *stepping, const struct ticket *ticket)
{
	const int64_t month = month_of(stepping, ticket);

	return month && month_after(month, OLD_MONTHS) < this_month(stepping);
}

void credit_terms(const struct stepping *stepping, char out[static TICKET_TERMS_SIZE])
{
	const struct credit *credit = &stepping->credit;

	snprintf(out, TICKET_TERMS_SIZE, "%" PRId64 " %s%s%s%s", credit->amount, credit->form, credit->equal[0] ? " and " : "",
		 credit->equal, record_number(&stepping->args, ARG_OVERRIDE, 0) ? ", override" : "");
}

/* ---- by two ---- */

void credit_forget(struct ticket *ticket)
{
	ticket->proposed = 0;
	ticket->proposed_as[0] = ticket->proposed_by[0] = '\0';
}

/* Of a grant after billing has refused one of its two orders, only that one is made again. */
static bool gives_refund(const struct ticket *ticket, enum ticket_event event)
{
	return event == TICKET_GRANT && !ticket->refunded;
}

static bool gives_equal(const struct ticket *ticket, const struct credit *credit)
{
	return credit->equal[0] && !ticket->equal;
}

/* Whether one member of staff may give it, by what the ticket and the subscriber's month would have cost in all. */
static bool by_one(const struct stepping *stepping, const struct ticket *ticket, enum ticket_event event, const struct credit *credit)
{
	const struct ticket_rules *rules = &stepping->rules->tickets;
	const int64_t before = ticket->refunded + ticket->equal + ticket->compensated + ticket->rewarded;
	const int orders = event == TICKET_GRANT ? gives_refund(ticket, event) + gives_equal(ticket, credit) : 1;
	const int64_t more = credit->amount * orders;

	return before + more <= rules->alone_max &&
	       (event == TICKET_REWARD || stepping->account->credited + more <= rules->month_max);
}

/* Whether it is the second one who grants it; if not, it is proposed. A name in other letters is the same person's. */
static bool by_two(const struct stepping *stepping, struct ticket *ticket, enum ticket_event event, const struct credit *credit)
{
	const char *staff = stepping->staff;
	char as[TICKET_PROPOSED_SIZE];

	snprintf(as, sizeof(as), "%s %s %s", ticket_event_name(event), credit->form, credit->equal);
	if (ticket->proposed == credit->amount && !strcmp(ticket->proposed_as, as) && strcasecmp(ticket->proposed_by, staff) != 0)
		return true;
	ticket->proposed = credit->amount;
	memcpy(ticket->proposed_as, as, sizeof(ticket->proposed_as));
	snprintf(ticket->proposed_by, sizeof(ticket->proposed_by), "%s", staff);
	return false;
}

void credit_take_back(struct ticket *ticket, const struct order *order)
{
	if (order->kind == ORDER_REFUND)
		ticket->refunded = 0;
	else if (order->ref == (uint64_t)ticket->equal_ref)
		ticket->equal = 0;
	else if (order->ref == (uint64_t)ticket->reward_ref)
		ticket->rewarded = 0;
	else
		ticket->compensated -= order->price;
}

/* ---- what follows ---- */

static void order_make(struct stepping *stepping, const struct ticket *ticket, struct order *order, enum order_kind kind, uint64_t ref,
		       int64_t amount, const char *form)
{
	*order = (struct order){
		.kind = kind, .ref = ref, .priced = true, .price = amount, .period = "once", .ticket = ticket->number,
	};
	snprintf(order->form, sizeof(order->form), "%s", form);
	order_credit(stepping, order, kind == ORDER_COMPENSATION && order != &stepping->step->order);
}

static void tell(struct stepping *stepping, const struct ticket *ticket, const char *kind, const struct credit *credit)
{
	static const uint16_t about[] = { FIELD_MONTH, FIELD_ITEM, FIELD_SERVICE };
	const struct record charge = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };
	struct record *facts = notification_begin(stepping);
	struct value text;

	ticket_put(ticket, facts);
	record_put_number(facts, FIELD_OPENED, ticket->opened);
	for (size_t i = 0; i < sizeof(about) / sizeof(*about); i++)
		record_copy(facts, &charge, about[i]);
	if (ticket->month)
		record_put_number(facts, FIELD_MONTH, ticket->month);
	if (credit) {
		record_put_number(facts, FIELD_AMOUNT, credit->amount);
		record_put_text(facts, FIELD_FORM, credit->form, strlen(credit->form));
		if (credit->equal[0])
			record_put_text(facts, FIELD_FORM_EQUAL, credit->equal, strlen(credit->equal));
	}
	record_copy(facts, &stepping->args, FIELD_REASON);
	if (record_get(&stepping->args, FIELD_TEXT, &text) && text.is_text)
		record_put_text(facts, FIELD_ANSWER, text.text, text.len);
	ticket_notify(stepping, facts, kind, ticket->owed_by);
}

static const char *message_of(enum ticket_event event)
{
	return event == TICKET_GRANT ? "dispute_granted" : event == TICKET_REWARD ? "rewarded" : "compensated";
}

static void credit_give(struct stepping *stepping, struct ticket *ticket, enum ticket_event event, const struct credit *credit)
{
	struct account_step *step = stepping->step;
	const uint64_t ref = stepping->request->ref, second = (uint64_t)record_number(&stepping->args, ARG_SECOND, 0);

	credit_forget(ticket);
	if (event != TICKET_GRANT)
		order_make(stepping, ticket, &step->order, ORDER_COMPENSATION, ref, credit->amount, credit->form);
	else if (gives_refund(ticket, event))
		order_make(stepping, ticket, &step->order, ORDER_REFUND, ref, credit->amount, credit->form);
	if (gives_equal(ticket, credit)) {
		struct order *order = ticket->refunded ? &step->order : &step->next[0];

		order_make(stepping, ticket, order, ORDER_COMPENSATION, second, credit->amount, credit->equal);
		ticket->equal = credit->amount;
		ticket->equal_ref = (int64_t)second;
	}
	if (event == TICKET_GRANT) {
		ticket->refunded = credit->amount;
	} else if (event == TICKET_REWARD) {
		ticket->rewarded = credit->amount;
		ticket->reward_ref = (int64_t)ref;
	} else {
		ticket->compensated += credit->amount;
	}
	tell(stepping, ticket, message_of(event), credit);
}

/* Billing has refused it. */
static bool equal_is_owed(const struct ticket *ticket)
{
	return ticket->equal_ref && !ticket->equal;
}

/* A proposal to give back the charge of another month is another one. */
static void month_note(const struct stepping *stepping, struct ticket *ticket)
{
	const int64_t month = month_of(stepping, ticket);

	if (ticket->month != month)
		credit_forget(ticket);
	ticket->month = month;
}

bool credit_decide(struct stepping *stepping, struct ticket *ticket, enum ticket_event *event)
{
	const bool override = record_number(&stepping->args, ARG_OVERRIDE, 0);
	enum result *result = &stepping->step->response->result;
	struct credit *credit = &stepping->credit;

	if (ticket->former && *event != TICKET_DECLINE)
		return false;
	if (*event == TICKET_REWARD ? ticket->rewarded || !ticket->confirmed :
	    *event == TICKET_GRANT ? ticket->refunded && !equal_is_owed(ticket) : *event == TICKET_DECLINE && ticket->refunded)
		return false;
	*result = RESULT_REFUSED;
	if (*event == TICKET_DECLINE) {
		if (!reason_allowed(stepping))
			return false;
		credit_forget(ticket);
		if (!ticket->former)
			tell(stepping, ticket, "dispute_declined", NULL);
		return true;
	}
	if (!credit_read(stepping, ticket, *event, credit) || !stepping->request->ref ||
	    (credit->equal[0] && !record_number(&stepping->args, ARG_SECOND, 0)))
		return false;
	*result = RESULT_EXCLUDED;
	if (*event == TICKET_GRANT && !override && (is_too_old(stepping, ticket) || !credit->equal[0]))
		return false;
	if (*event == TICKET_GRANT)
		month_note(stepping, ticket);
	if (by_one(stepping, ticket, *event, credit) || by_two(stepping, ticket, *event, credit))
		credit_give(stepping, ticket, *event, credit);
	else
		*event = TICKET_PROPOSE;
	return true;
}

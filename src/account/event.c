/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events: what billing, charging and other systems of the operator tell of one subscriber, and what follows. What was done is a word, for
 * the source and for a repetition of the event:
 *
 * notified     a message to the subscriber waits to be sent
 * withdrawn    messages that waited do not hold any more, such as after a payment
 * not_first    only the first purchase of the day is announced (S8)
 * shown        the page of the purchase showed its fee (S8)
 * not_wanted   the subscriber has not asked for such messages, or has stopped them
 * not_below    the balance is not below the subscriber's threshold (S9)
 * already      the same was announced before
 * no_bill      the month's bill is not here yet; it will call for the message when it comes (S5)
 * other_total  refused, and not stored: the fees are not those of the bill (S5)
 * obsolete     it happened before something that we know, such as a payment; or its day, or the time for an answer, is over
 * done         what staff did with a ticket (S12); "proposed": a second one must grant the same; "no_ticket", "not_now",
 *              "has_staff", "too_old", "refused": not possible, and not stored
 * not_sold …   there can be no such order: see proposal.c (S6) */
#include <stdio.h>
#include <string.h>

#include "account/step.h"

/* One event on its way through the rules. */
struct happening {
	struct stepping *stepping;
	const struct account_event_kind *kind;
	const struct notification_kind *message;	/* NULL: none */
	char service[SERVICE_CODE_MAX + 1];		/* "": none */
	int64_t date;					/* of the event, on the operator's calendar, yyyymmdd */
	bool proposed;					/* the step's proposal is to be stored */
};

static const struct preference *preference(const struct happening *happening, const char *about)
{
	return preference_find(happening->stepping->account, happening->message, about);
}

static int64_t number(const struct happening *happening, uint16_t field)
{
	return record_number(&happening->stepping->args, field, 0);
}

static struct notification *notify(struct happening *happening)
{
	struct stepping *stepping = happening->stepping;
	struct record *facts = notification_begin(stepping);
	struct notification *notification;
	struct value value;
	uint16_t at = 0, id;

	while (record_next(&stepping->args, &at, &id, &value)) {
		for (size_t i = 0; i < NOTIFICATION_FACTS_MAX && happening->message->facts[i]; i++) {
			if (happening->message->facts[i] == id)
				record_put(facts, id, &value);
		}
	}
	notification_language(stepping, facts);
	if (happening->message->obsolete)
		record_put_number(facts, ARG_TRUE_SINCE, stepping->request->event.time);
	notification = notification_add(stepping, happening->message->name, 0);
	notification->answered = false;
	return notification;
}

static void not_before(struct notification *notification, int64_t time)
{
	if (notification->due >= time)
		return;
	notification->expires += time - notification->due;
	notification->due = time;
}

/* The source decides when. */
static const char *notified(struct happening *happening)
{
	notify(happening);
	return "notified";
}

/* ---- S8 ---- */

static const char *purchased(struct happening *happening)
{
	const char *about = happening->stepping->rules->messages.purchase_of_service ? happening->service : "";
	const struct preference *before = preference(happening, about);

	if (record_is(&happening->stepping->args, FIELD_PURCHASED_BY, "sms")) {
		if (before && before->last >= happening->date)
			return "not_first";
		preference_put(happening->stepping, happening->message, about)->last = happening->date;
	} else if (record_is(&happening->stepping->args, FIELD_FEE_SHOWN, "yes")) {
		return "shown";
	}
	notify(happening);
	record_put_number(&happening->stepping->step->notification.facts, FIELD_DATE, happening->date);
	return "notified";
}

/* ---- S9 ---- */

static bool is_obsolete(const struct happening *happening)
{
	const struct preference *stored = preference(happening, "");

	return stored && happening->stepping->request->event.time < stored->after;
}

/* Older data, such as a balance from before the event, neither arm the message again nor call for another one. */
static void announced(struct happening *happening, int64_t subject)
{
	struct preference *put = preference_put(happening->stepping, happening->message, "");

	put->last = subject;
	put->after = happening->stepping->request->event.time;
}

static const char *balance_fell(struct happening *happening)
{
	const struct message_rules *rules = &happening->stepping->rules->messages;
	const struct preference *stored = preference(happening, "");
	const int64_t threshold = preference_threshold(stored, rules);

	if (number(happening, FIELD_BALANCE) >= threshold)
		return "not_below";
	if (stored && stored->last)
		return "already";
	notify(happening);
	record_put_number(&happening->stepping->step->notification.facts, FIELD_THRESHOLD, threshold);
	announced(happening, 1);
	return "notified";
}

/* Announced once for each day \a field. */
static const char *day_nears(struct happening *happening, uint16_t field)
{
	struct stepping *stepping = happening->stepping;
	const struct preference *stored = preference(happening, "");
	const int64_t date = number(happening, field);

	if (date_day(date) < stepping->day)
		return "obsolete";
	if (stored && stored->last == date)
		return "already";
	reminder_deadline(stepping, notify(happening), date);
	announced(happening, date);
	return "notified";
}

static const char *validity_ends(struct happening *happening)
{
	return day_nears(happening, FIELD_VALID_UNTIL);
}

static const char *suspension_nears(struct happening *happening)
{
	return day_nears(happening, FIELD_PAY_BY);
}

/* Nothing that was true before the payment is announced any more, and everything can be announced again. */
static const char *paid(struct happening *happening)
{
	static const char *const kinds[] = { "balance_low", "validity_ending", "suspension_planned" };
	struct stepping *stepping = happening->stepping;
	const int64_t time = stepping->request->event.time;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		const struct notification_kind *kind = notification_kind_find(kinds[i], strlen(kinds[i]));
		const struct preference *stored = preference_find(stepping->account, kind, "");
		struct preference *put;

		if (stored && stored->after > time)
			continue;
		put = preference_put(stepping, kind, "");
		put->after = time;
		put->last = 0;
		change_add(stepping->step, CHANGE_NOTIFICATION_WITHDRAW)->withdrawal = (struct withdrawal){
			.kind = kind->name, .now = stepping->request->now,
		};
	}
	return "withdrawn";
}

/* ---- S5 ---- */

/* What the event itself says of the fees: rows, or only their total. */
struct reported {
	bool any;
	int64_t total;
	struct value rows;			/* not a text: none */
};

/* False when the total is not the sum of the rows. */
static bool reported_read(const struct record *args, struct reported *reported)
{
	struct record row;
	struct rows rows;
	struct value total;
	uint16_t at = 0;

	*reported = (struct reported){ 0 };
	reported->any = record_get(args, FIELD_TOTAL, &total);
	if (reported->any)
		reported->total = total.number;
	if (!record_get(args, ARG_ROWS, &reported->rows) || !reported->rows.is_text)
		return true;
	rows = (struct rows){ .data = (uint8_t *)reported->rows.text, .len = reported->rows.len, .size = reported->rows.len };
	reported->any = rows_check(rows.data, rows.len, &rows.count);
	reported->total = 0;
	while (reported->any && rows_next(&rows, &at, &row))
		reported->total += record_number(&row, FIELD_AMOUNT, 0);
	return reported->any && record_number(args, FIELD_TOTAL, reported->total) == reported->total;
}

/* The figures are the bill's. Those of the event must be the same, and stand in for a bill that is not here yet. */
static const char *fees_came(struct happening *happening)
{
	struct stepping *stepping = happening->stepping;
	const struct preference *stored = preference(happening, "");
	const int64_t month = number(happening, FIELD_MONTH);
	const struct fees *fees = &stepping->account->fees;
	struct notification *notification;
	struct reported reported;

	if (!stored || month < stored->since)
		return "not_wanted";
	if (stored->last >= month)
		return "already";
	if (!reported_read(&stepping->args, &reported) ||
	    (reported.any && fees->month && reported.total != fees_total(fees))) {
		stepping->step->response->result = RESULT_REFUSED;
		return "other_total";
	}
	if (!fees->month && !reported.rows.is_text)
		return "no_bill";
	notification = notify(happening);
	if (fees->month) {
		message_add_fees(&notification->facts, fees);
	} else {
		record_put_number(&notification->facts, FIELD_TOTAL, reported.total);
		record_put_text(&notification->facts, ARG_ROWS, reported.rows.text, reported.rows.len);
	}
	not_before(notification, day_begins(stepping, month_after(month, 1) * 100 + stepping->rules->messages.fees_day));
	preference_put(stepping, happening->message, "")->last = month;
	return "notified";
}

/* ---- S6, and pages that are pushed ---- */

static const char *proposed(struct happening *happening)
{
	struct stepping *stepping = happening->stepping;
	const struct proposal *proposal = &stepping->step->proposal;
	const char *refusal = proposal_begin(stepping, happening->message);
	struct notification *notification;

	if (refusal)
		return refusal;
	notification = notify(happening);
	proposal_terms_put(stepping, &notification->facts);
	record_put_text(&notification->facts, FIELD_PROPOSAL, proposal->number, strlen(proposal->number));
	record_put_number(&notification->facts, FIELD_CONFIRM_UNTIL, proposal->until);
	if (notification->expires > proposal->until)
		notification->expires = proposal->until;
	happening->proposed = true;
	return "notified";
}

static const char *page_pushed(struct happening *happening)
{
	struct stepping *stepping = happening->stepping;
	const int64_t begin = number(happening, ARG_BEGIN), end = record_number(&stepping->args, ARG_END, INT64_MAX);
	const char *refusal = happening->service[0] ? proposal_refusal(stepping) : NULL;
	struct notification *notification;
	struct value page;

	if (refusal)
		return refusal;
	if (end <= stepping->request->now || end <= begin || !record_get(&stepping->args, ARG_PAGE, &page) || !page.is_text)
		return "obsolete";
	notification = notify(happening);
	proposal_terms_put(stepping, &notification->facts);
	record_put_text(&notification->facts, ARG_PAGE, page.text, page.len);
	not_before(notification, begin);
	if (notification->expires > end)
		notification->expires = end;
	return "notified";
}

/* ---- S12: what staff do, in a system of the operator's ---- */

static const char *acted(struct happening *happening)
{
	struct stepping *stepping = happening->stepping;
	struct response *response = stepping->step->response;
	char act[ACCOUNT_WORD_SIZE], staff[TICKET_STAFF_SIZE];

	record_text(&stepping->args, FIELD_ACT, act, sizeof(act));
	if (record_text(&stepping->args, FIELD_STAFF, staff, sizeof(staff)) >= sizeof(staff))
		staff[0] = '\0';
	stepping->staff = staff;
	ticket_act(stepping, ticket_event_by_name(act));
	stepping->staff = "";
	switch (response->result) {
	case RESULT_OK:
		return "done";
	case RESULT_ACCEPTED:
		response->result = RESULT_OK;
		return "proposed";
	case RESULT_NOT_FOUND:
		response->result = RESULT_REFUSED;
		return "no_ticket";
	case RESULT_EXCLUDED:
		response->result = RESULT_REFUSED;
		if (!strcmp(act, ticket_event_name(TICKET_TAKE)))
			return "has_staff";
		return "too_old";
	case RESULT_CONFLICT:
		response->result = RESULT_REFUSED;
		return "not_now";
	default:
		response->result = RESULT_REFUSED;
		return "refused";
	}
}

/* ---- all of them ---- */

const struct account_event_kind account_event_kinds[] = {
	{ "purchase", { FIELD_AMOUNT, FIELD_PURCHASED_BY }, { FIELD_SERVICE, FIELD_PROVIDER, FIELD_FEE_SHOWN },
	  .notification = "purchase", .decide = purchased },
	{ "balance_low", { FIELD_BALANCE }, .notification = "balance_low", .decide = balance_fell },
	{ "validity_ending", { FIELD_VALID_UNTIL }, { FIELD_BALANCE }, .notification = "validity_ending", .decide = validity_ends },
	{ "suspension_planned", { FIELD_OWED, FIELD_PAY_BY }, { FIELD_BILL_MONTH, FIELD_BILL_TOTAL },
	  .notification = "suspension_planned", .decide = suspension_nears },
	{ "payment", { FIELD_AMOUNT }, .decide = paid },
	{ "spending_high", { FIELD_OWED }, .notification = "spending_high", .decide = notified },
	{ "information_fees", { FIELD_MONTH }, { FIELD_TOTAL }, .rows = true, .notification = "information_fees", .decide = fees_came },
	{ "order_request", { FIELD_SERVICE }, { FIELD_PROVIDER, FIELD_PRICE }, .proposes = PROPOSES_ORDER,
	  .notification = NOTIFICATION_ORDER_REQUESTED, .decide = proposed },
	{ "code_request", { FIELD_SERVICE }, { FIELD_PROVIDER, FIELD_PRICE }, .proposes = PROPOSES_CODE,
	  .notification = "order_code", .decide = proposed },
	{ "push", { FIELD_NONE }, { FIELD_SERVICE }, .proposes = PROPOSES_PAGE, .notification = NOTIFICATION_PUSH, .decide = page_pushed },
	{ "ticket_act", { FIELD_TICKET, FIELD_ACT, FIELD_STAFF }, { FIELD_TEXT, FIELD_AMOUNT, FIELD_FORM, FIELD_FORM_EQUAL, FIELD_MONTH,
	  FIELD_REASON }, .proposes = PROPOSES_ACT, .decide = acted },
};

const unsigned int account_event_kinds_count = sizeof(account_event_kinds) / sizeof(*account_event_kinds);

const struct account_event_kind *account_event_kind_find(const char *name)
{
	for (unsigned int i = 0; i < account_event_kinds_count; i++) {
		if (!strcmp(account_event_kinds[i].name, name))
			return &account_event_kinds[i];
	}
	return NULL;
}

enum request_kind account_event_request(enum event_proposes proposes)
{
	return proposes == PROPOSES_NOTHING ? REQUEST_EVENT : proposes == PROPOSES_ACT ? REQUEST_TICKET_ACT : REQUEST_PROPOSE;
}

static const char *decide(struct happening *happening)
{
	if (happening->message && !preference_wants(happening->message, preference(happening, "")))
		return "not_wanted";
	if (happening->message && is_obsolete(happening))
		return "obsolete";
	return happening->kind->decide(happening);
}

static void done_put(struct stepping *stepping, const char *done)
{
	record_put_text(&stepping->step->response->facts, FIELD_REASON, done, strlen(done));
}

void step_event(struct stepping *stepping)
{
	const struct event_request *event = &stepping->request->event;
	struct account *account = stepping->account;
	struct response *response = stepping->step->response;
	struct happening happening = { .stepping = stepping, .kind = account_event_kind_find(event->kind) };
	struct event_row *row = &stepping->step->event;
	const char *done;

	if (account->event_known) {
		response->result = memcmp(account->event.digest, event->digest, sizeof(event->digest)) ? RESULT_CONFLICT : RESULT_DUPLICATE;
		done_put(stepping, account->event.done);
		return;
	}
	response->result = RESULT_REFUSED;
	if (!happening.kind || stepping->request->kind != account_event_request(happening.kind->proposes))
		return;
	if (happening.kind->notification)
		happening.message = notification_kind_find(happening.kind->notification, strlen(happening.kind->notification));
	memcpy(happening.service, account->service, sizeof(happening.service));
	happening.date = calendar_date(day_of(event->time, stepping->request->utc_offset));
	response->result = RESULT_OK;
	done = decide(&happening);
	done_put(stepping, done);
	if (response->result != RESULT_OK)
		return;
	*row = (struct event_row){ .event = event, .received = stepping->request->now, .notified = !strcmp(done, "notified") };
	memcpy(row->digest, event->digest, sizeof(row->digest));
	snprintf(row->done, sizeof(row->done), "%s", done);
	change_add(stepping->step, CHANGE_EVENT_ADD)->event = row;
	if (happening.proposed)
		change_add(stepping->step, CHANGE_PROPOSAL_ADD)->proposal = &stepping->step->proposal;
}

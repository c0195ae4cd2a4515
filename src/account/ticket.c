/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tickets: what a subscriber reports, the staff's answers, and the times they are owed by.
 *
 * The number is given at once, and does not count as an answer; a first answer may be interim. After the final answer to a kind that asks,
 * only the subscriber's yes closes the ticket, or silence for a time; whatever else they write opens it again, and an answer is owed once
 * more. Silence counts from when the message with the answer was sent. If it could not be sent, an answer is owed once more, too; staff
 * who have reached the subscriber in another way may then close the ticket. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "account/step.h"
#include "starhash/text.h"

#define HOUR_S INT64_C(3600)
#define DAY_S INT64_C(86400)
#define DAY_MAX 30			/* tickets of a subscriber opened on a day */
#define WRITTEN_MAX 50			/* times that a subscriber writes to one on a day */
#define REPEATED_S (30 * DAY_S)
#define LOOK_S (12 * HOUR_S)		/* how often it is looked whether the answer was sent; messages stay listed for longer */

const struct ticket_rules ticket_rules_default = {
	.first_s = 48 * HOUR_S, .final_s = 168 * HOUR_S, .warn_s = 12 * HOUR_S, .silence_s = 7 * DAY_S, .reopen_s = 30 * DAY_S,
	.alone_max = 5000, .month_max = 10000, .credit_max = 20000, .words_max = 20000, .words_months = 24,
};

/* 1 + the next state; 0: refused. */
#define TO(state) (1 + TICKET_##state)
#define DECISIONS(proposed) \
	[TICKET_GRANT] = TO(ANSWERED), [TICKET_DECLINE] = TO(ANSWERED), [TICKET_COMPENSATE] = TO(proposed), \
	[TICKET_PROPOSE] = TO(proposed), [TICKET_REWARD] = TO(proposed), [TICKET_UNPAID] = TO(OPEN)
#define READINGS(state) [TICKET_READ] = TO(state), [TICKET_EXPORT] = TO(state)
static const uint8_t transitions[TICKET_STATES][TICKET_EVENTS] = {
	[TICKET_OPEN] = { [TICKET_WRITE] = TO(OPEN), [TICKET_RESOLVE] = TO(CLOSED), [TICKET_TAKE] = TO(TAKEN), [TICKET_NOTE] = TO(OPEN),
			  [TICKET_ANSWER_INTERIM] = TO(INTERIM), [TICKET_ANSWER] = TO(ANSWERED), [TICKET_CONFIRM] = TO(CONFIRMED),
			  [TICKET_CLOSE] = TO(CLOSED), READINGS(OPEN), [TICKET_WARN] = TO(OPEN), [TICKET_LATE] = TO(OPEN),
			  DECISIONS(OPEN) },
	[TICKET_TAKEN] = { [TICKET_WRITE] = TO(TAKEN), [TICKET_RESOLVE] = TO(CLOSED), [TICKET_TAKE] = TO(TAKEN), [TICKET_NOTE] = TO(TAKEN),
			   [TICKET_ANSWER_INTERIM] = TO(INTERIM), [TICKET_ANSWER] = TO(ANSWERED), [TICKET_CONFIRM] = TO(CONFIRMED),
			   [TICKET_CLOSE] = TO(CLOSED), READINGS(TAKEN), [TICKET_WARN] = TO(TAKEN), [TICKET_LATE] = TO(TAKEN),
			  DECISIONS(TAKEN) },
	[TICKET_INTERIM] = { [TICKET_WRITE] = TO(OPEN), [TICKET_RESOLVE] = TO(CLOSED), [TICKET_TAKE] = TO(INTERIM),
			     [TICKET_NOTE] = TO(INTERIM), [TICKET_ANSWER_INTERIM] = TO(INTERIM), [TICKET_ANSWER] = TO(ANSWERED),
			     [TICKET_CONFIRM] = TO(CONFIRMED), [TICKET_CLOSE] = TO(CLOSED), READINGS(INTERIM), DECISIONS(INTERIM),
			     [TICKET_WARN] = TO(INTERIM), [TICKET_LATE] = TO(INTERIM) },
	[TICKET_CONFIRMED] = { [TICKET_WRITE] = TO(CONFIRMED), [TICKET_RESOLVE] = TO(CLOSED), [TICKET_TAKE] = TO(CONFIRMED),
			       [TICKET_NOTE] = TO(CONFIRMED), [TICKET_ANSWER_INTERIM] = TO(CONFIRMED), [TICKET_ANSWER] = TO(ANSWERED),
			       [TICKET_CLOSE] = TO(CLOSED), READINGS(CONFIRMED),
			       [TICKET_COMPENSATE] = TO(CONFIRMED), [TICKET_PROPOSE] = TO(CONFIRMED),
			       [TICKET_REWARD] = TO(CONFIRMED), [TICKET_UNPAID] = TO(OPEN) },
	[TICKET_ANSWERED] = { [TICKET_WRITE] = TO(OPEN), [TICKET_RESOLVE] = TO(CLOSED), [TICKET_REOPEN] = TO(OPEN),
			      [TICKET_TAKE] = TO(ANSWERED), [TICKET_NOTE] = TO(ANSWERED), [TICKET_ANSWER] = TO(ANSWERED),
			      READINGS(ANSWERED), [TICKET_SILENCE] = TO(CLOSED), [TICKET_UNDELIVERED] = TO(OPEN),
			      DECISIONS(ANSWERED) },
	[TICKET_CLOSED] = { [TICKET_WRITE] = TO(OPEN), [TICKET_REOPEN] = TO(OPEN), [TICKET_NOTE] = TO(CLOSED), READINGS(CLOSED),
			    [TICKET_REWARD] = TO(CLOSED), [TICKET_UNPAID] = TO(OPEN) },
};

/* What kinds allow besides. */
static bool kind_allows(const struct ticket *ticket, enum ticket_event event)
{
	const struct ticket_kind *kind = ticket->kind;

	return event == TICKET_CONFIRM || event == TICKET_REWARD ? kind->confirms :
	       event == TICKET_EXPORT ? kind->confidential :
	       event == TICKET_CLOSE ? !kind->owes || ticket->former || ticket->delivered < 0 :
	       event == TICKET_GRANT || event == TICKET_DECLINE ? kind->disputes : true;
}

/* ---- times ---- */

static struct ticket_deadline deadline_of(const struct ticket_rules *rules, const struct ticket *ticket)
{
	for (unsigned int i = 0; i < rules->deadlines_count; i++) {
		const struct ticket_deadline *deadline = &rules->deadlines[i];

		if ((!deadline->kind || deadline->kind == ticket->kind) &&
		    (!deadline->brand[0] || !strcmp(deadline->brand, ticket->brand)))
			return *deadline;
	}
	return (struct ticket_deadline){ .first_s = rules->first_s, .final_s = rules->final_s };
}

static void owe(struct ticket *ticket, int64_t by)
{
	ticket->owed_by = ticket->kind->owes ? by : 0;
	ticket->warned = 0;
}

static int64_t due_of(const struct ticket_rules *rules, const struct ticket *ticket)
{
	if (ticket->state == TICKET_ANSWERED) {
		const int64_t since = ticket->former ? ticket->answered : ticket->delivered;

		return since ? since + rules->silence_s : ticket->answered + LOOK_S;
	}
	if (!ticket->owed_by || ticket->warned > 1 || ticket->former)
		return 0;
	return ticket->warned ? ticket->owed_by : ticket->owed_by - rules->warn_s;
}

/* ---- one event ---- */

static void again(const struct stepping *stepping, struct ticket *ticket)
{
	ticket->reopened++;
	ticket->answered = ticket->delivered = ticket->closed = 0;
	ticket->outcome[0] = '\0';
	ticket->since = stepping->request->now;
	credit_forget(ticket);
	owe(ticket, ticket->since + deadline_of(&stepping->rules->tickets, ticket).first_s);
}

static void closed(const struct stepping *stepping, struct ticket *ticket, const char *outcome)
{
	ticket->state = TICKET_CLOSED;
	ticket->closed = stepping->request->now;
	ticket->owed_by = 0;
	snprintf(ticket->outcome, sizeof(ticket->outcome), "%s", outcome);
}

static void answered(const struct stepping *stepping, struct ticket *ticket, bool finally)
{
	const int64_t now = stepping->request->now;

	if (!ticket->first_answered)
		ticket->first_answered = now;
	if (!finally) {
		owe(ticket, ticket->since + deadline_of(&stepping->rules->tickets, ticket).final_s);
		return;
	}
	ticket->answered = now;
	ticket->delivered = 0;
	ticket->owed_by = 0;
	if (!ticket->kind->asks)
		closed(stepping, ticket, "answered");
}

/* The state has changed from \a before. */
static void follow(const struct stepping *stepping, struct ticket *ticket, enum ticket_state before, enum ticket_event event)
{
	switch (event) {
	case TICKET_WRITE:
		if (before == TICKET_ANSWERED || before == TICKET_CLOSED)
			again(stepping, ticket);
		ticket->delivered = 0;
		break;
	case TICKET_REOPEN:
	case TICKET_UNPAID:
		again(stepping, ticket);
		break;
	case TICKET_UNDELIVERED:
		again(stepping, ticket);
		ticket->delivered = -1;
		break;
	case TICKET_RESOLVE:
	case TICKET_SILENCE:
	case TICKET_CLOSE:
		closed(stepping, ticket, ticket_event_name(event));
		break;
	case TICKET_ANSWER_INTERIM:
	case TICKET_ANSWER:
	case TICKET_GRANT:
	case TICKET_DECLINE:
		answered(stepping, ticket, event != TICKET_ANSWER_INTERIM);
		break;
	case TICKET_CONFIRM:
		ticket->confirmed = stepping->request->now;
		break;
	case TICKET_WARN:
		ticket->warned = 1;
		break;
	case TICKET_LATE:
		ticket->warned = 2;
		break;
	default:
		break;
	}
}

/* Whether it is allowed now. */
static bool may(const struct stepping *stepping, const struct ticket *ticket, enum ticket_event event)
{
	const uint8_t to = transitions[ticket->state][event];
	const bool opens = ticket->state == TICKET_CLOSED && to != TO(CLOSED) && event != TICKET_UNPAID;

	return to && kind_allows(ticket, event) &&
	       !(opens && stepping->request->now - ticket->closed > stepping->rules->tickets.reopen_s);
}

/* False when it is not allowed. */
static bool apply(struct stepping *stepping, struct ticket *ticket, enum ticket_event event)
{
	const enum ticket_state before = ticket->state;

	if (!may(stepping, ticket, event))
		return false;
	ticket->state = transitions[before][event] - 1;
	follow(stepping, ticket, before, event);
	return true;
}

/* ---- what is stored and answered ---- */

static void history_add(struct stepping *stepping, struct ticket *ticket, enum ticket_event event, const char *staff)
{
	struct ticket_entry *entry = &stepping->step->entry;

	*entry = (struct ticket_entry){
		.number = ticket->number, .position = ++ticket->entries, .time = stepping->request->now, .event = event,
	};
	if (event < TICKET_WARN)		/* not by housekeeping */
		ticket->touched = entry->time;
	snprintf(entry->staff, sizeof(entry->staff), "%s", staff);
	if (ticket_event_credits(event))
		credit_terms(stepping, entry->terms);
	if (ticket_event_has_text(event))
		record_text(&stepping->args, FIELD_TEXT, entry->text, sizeof(entry->text));
	if (!ticket_event_by_staff(event))
		entry->text[text_mask_secrets(entry->text, strlen(entry->text))] = '\0';
}

void ticket_put(const struct ticket *ticket, struct record *record)
{
	char number[TICKET_NUMBER_SIZE];

	ticket_number_print(ticket->number, number);
	record_put_text(record, FIELD_TICKET, number, strlen(number));
	record_put_text(record, FIELD_TICKET_KIND, ticket->kind->name, strlen(ticket->kind->name));
}

static void answer(struct stepping *stepping, const struct ticket *ticket)
{
	struct record *facts = &stepping->step->response->facts;
	const char *state = ticket_state_name(ticket->state);

	ticket_put(ticket, facts);
	record_put_text(facts, FIELD_TICKET_STATE, state, strlen(state));
	if (ticket->owed_by)
		record_put_number(facts, FIELD_ANSWER_BY, ticket->owed_by);
	stepping->step->response->result = RESULT_OK;
}

static void ticket_change(struct stepping *stepping, const struct ticket *ticket)
{
	stepping->step->ticket = *ticket;
	change_add(stepping->step, CHANGE_TICKET_PUT)->ticket = &stepping->step->ticket;
}

static void store(struct stepping *stepping, struct ticket *ticket)
{
	ticket->due = due_of(&stepping->rules->tickets, ticket);
	ticket_change(stepping, ticket);
	change_add(stepping->step, CHANGE_TICKET_ENTRY_ADD)->entry = &stepping->step->entry;
}

static void put(struct stepping *stepping, struct ticket *ticket)
{
	store(stepping, ticket);
	answer(stepping, ticket);
}

/* ---- a new one ---- */

static void facts_take(const struct stepping *stepping, struct ticket *ticket)
{
	struct record facts = { .data = ticket->facts, .size = sizeof(ticket->facts) };
	char place[TICKET_FACTS_SIZE];
	struct value value;

	for (size_t i = 0; i < TICKET_FACTS_MAX && ticket->kind->facts[i]; i++)
		record_copy(&facts, &stepping->args, ticket->kind->facts[i]);
	if (record_get(&facts, FIELD_PLACE, &value) && value.is_text && value.len < sizeof(place)) {
		memcpy(place, value.text, value.len);
		record_put_text(&facts, FIELD_PLACE, place, text_mask_secrets(place, value.len));
	}
	ticket->facts_len = facts.len;
}

static bool is_same(const struct record *one, const struct record *other, uint16_t id)
{
	struct value a, b;
	const bool has = record_get(one, id, &a);

	if (record_get(other, id, &b) != has || !has)
		return record_get(other, id, &b) == has;
	return a.is_text == b.is_text && (a.is_text ? a.len == b.len && !memcmp(a.text, b.text, a.len) : a.number == b.number);
}

/* Whatever the subscriber thinks is wrong about them. */
static bool same_facts(const struct ticket *ticket, const struct ticket *other)
{
	const struct record facts = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };
	const struct record others = { .data = (uint8_t *)other->facts, .len = other->facts_len };

	for (size_t i = 0; i < TICKET_FACTS_MAX && ticket->kind->facts[i]; i++) {
		if (ticket->kind->facts[i] != FIELD_CAUSE && !is_same(&facts, &others, ticket->kind->facts[i]))
			return false;
	}
	return true;
}

/* A dispute in words alone does not say of which charge it is. */
static bool names_charge(const struct ticket *ticket)
{
	const struct record facts = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };
	struct value month;

	return record_get(&facts, FIELD_MONTH, &month);
}

/* The last one of the kind that a second one would be the same as; NULL: none. A charge that was given back is not disputed again. */
static const struct ticket *same_find(const struct account *account, const struct ticket *ticket)
{
	for (unsigned int i = 0; ticket->kind->once && i < account->tickets_count; i++) {
		const struct ticket *other = &account->tickets[i];

		if (other->kind == ticket->kind && !other->former &&
		    (other->state != TICKET_CLOSED || (other->refunded && names_charge(other))) &&
		    same_facts(ticket, other))
			return other;
	}
	return NULL;
}

static bool is_repeated(const struct account *account, const struct ticket *ticket)
{
	for (unsigned int i = 0; i < account->tickets_count; i++) {
		const struct ticket *other = &account->tickets[i];

		if (other->kind == ticket->kind && !other->former && other->opened > ticket->opened - REPEATED_S)
			return true;
	}
	return false;
}

/* 0: too many today. After a clock was set back the numbers go on. */
static int64_t number_next(const struct stepping *stepping)
{
	const struct account *account = stepping->account;
	const int64_t first = calendar_date(stepping->day) % 1000000 * 100 + 1;
	const int64_t next = account->tickets_count ? account->tickets[0].number + 1 : first;

	if (next < first)
		return first;
	return next < first + DAY_MAX || next >= first + 99 ? next : 0;
}

static void text_take(const struct stepping *stepping, uint16_t arg, char *out, size_t size)
{
	if (record_text(&stepping->args, arg, out, size) >= size)
		out[0] = '\0';
}

static bool has_text(const struct stepping *stepping)
{
	struct value text;

	return record_get(&stepping->args, FIELD_TEXT, &text) && text.is_text && text.len && text.len < TICKET_TEXT_SIZE;
}

/* Pages have room for so much. */
static bool answer_fits(const struct stepping *stepping)
{
	const char *at, *end;
	struct value text;
	unsigned int count = 0;

	if (!record_get(&stepping->args, FIELD_TEXT, &text) || !text.is_text)
		return true;
	for (at = text.text, end = at + text.len; at < end; count++)
		text_next(&at, end);
	return count <= field_info(FIELD_ANSWER)->width;
}

/* False: not allowed, or too often today. */
static bool write_more(struct stepping *stepping, struct ticket *ticket)
{
	const int64_t today = calendar_date(stepping->day);

	if (ticket->written_on != today)
		ticket->written = 0;
	ticket->written_on = today;
	return ticket->written++ < WRITTEN_MAX && apply(stepping, ticket, TICKET_WRITE);
}

/* What the subscriber writes about something that is a ticket already, is written there. */
static void open_again(struct stepping *stepping, const struct ticket *same)
{
	struct ticket *ticket = &stepping->account->ticket;

	*ticket = *same;
	if (has_text(stepping) && !write_more(stepping, ticket))
		return;
	if (has_text(stepping)) {
		history_add(stepping, ticket, TICKET_WRITE, stepping->request->ticket.staff);
		put(stepping, ticket);
	} else
		answer(stepping, ticket);
	stepping->step->response->result = RESULT_DUPLICATE;
}

void step_ticket_open(struct stepping *stepping)
{
	struct account *account = stepping->account;
	struct ticket *ticket = &account->ticket;
	const struct ticket *same;
	char kind[ACCOUNT_WORD_SIZE];

	*ticket = (struct ticket){
		.opened = stepping->request->now, .since = stepping->request->now, .number = number_next(stepping),
		.written_on = calendar_date(stepping->day), .written = 1,
	};
	text_take(stepping, FIELD_TICKET_KIND, kind, sizeof(kind));
	ticket->kind = ticket_kind_find(kind);
	stepping->step->response->result = RESULT_REFUSED;
	if (!ticket->kind || !ticket->number || (!ticket->kind->wordless && !has_text(stepping)))
		return;
	facts_take(stepping, ticket);
	same = same_find(account, ticket);
	if (same) {
		open_again(stepping, same);
		return;
	}
	memcpy(ticket->brand, account->brand, sizeof(ticket->brand));
	text_take(stepping, ARG_CHANNEL, ticket->channel, sizeof(ticket->channel));
	ticket->repeated = is_repeated(account, ticket);
	owe(ticket, ticket->opened + deadline_of(&stepping->rules->tickets, ticket).first_s);
	ticket->first_due = ticket->owed_by;
	history_add(stepping, ticket, TICKET_WRITE, stepping->request->ticket.staff);
	put(stepping, ticket);
}

/* ---- what comes after ---- */

/* NULL: there is none, or it is a former owner's. */
static struct ticket *ticket_named(struct stepping *stepping, bool former)
{
	struct account *account = stepping->account;
	const bool may = account->ticket_known && (former || !account->ticket.former);

	stepping->step->response->result = RESULT_NOT_FOUND;
	return may ? &account->ticket : NULL;
}

void step_ticket_subscriber(struct stepping *stepping)
{
	const enum request_kind kind = stepping->request->kind;
	const enum ticket_event event = kind == REQUEST_TICKET_WRITE ? TICKET_WRITE : kind == REQUEST_TICKET_RESOLVE ? TICKET_RESOLVE :
					TICKET_REOPEN;
	struct ticket *ticket = ticket_named(stepping, false);

	if (!ticket)
		return;
	stepping->step->response->result = RESULT_REFUSED;
	if (event == TICKET_WRITE && !has_text(stepping))
		return;
	if (event == TICKET_WRITE ? !write_more(stepping, ticket) : !apply(stepping, ticket, event)) {
		if (event == TICKET_RESOLVE || (event == TICKET_REOPEN && ticket->state != TICKET_CLOSED))
			stepping->step->response->result = RESULT_DUPLICATE;
		return;
	}
	history_add(stepping, ticket, event, "");
	put(stepping, ticket);
}

void ticket_notify(struct stepping *stepping, struct record *facts, const char *kind, int64_t owed_by)
{
	struct notification *notification;

	notification_language(stepping, facts);
	notification = notification_add(stepping, kind, 0);
	notification->answered = false;
	if (owed_by > stepping->request->now)
		notification->latest = owed_by;
}

static void tell(struct stepping *stepping, const struct ticket *ticket, bool finally, int64_t owed_by)
{
	struct record *facts = notification_begin(stepping);
	const struct ticket_entry *entry = &stepping->step->entry;

	ticket_put(ticket, facts);
	record_put_text(facts, FIELD_ANSWER, entry->text, strlen(entry->text));
	ticket_notify(stepping, facts, finally ? "ticket_answered" : "ticket_interim", owed_by);
}

void ticket_act(struct stepping *stepping, enum ticket_event event)
{
	struct ticket *ticket = ticket_named(stepping, true);
	const int64_t owed_by = ticket ? ticket->owed_by : 0;
	bool colleague;

	if (!ticket)
		return;
	stepping->step->response->result = RESULT_REFUSED;
	if (event >= TICKET_EVENTS || !ticket_event_by_staff(event) || event == TICKET_PROPOSE || !stepping->staff[0] ||
	    (ticket_event_has_text(event) && !has_text(stepping)) || (ticket_event_answers(event) && !answer_fits(stepping)))
		return;
	stepping->step->response->result = RESULT_CONFLICT;
	if (!may(stepping, ticket, event) ||
	    (ticket_event_decides(event) && !credit_decide(stepping, ticket, &event)))
		return;
	colleague = event == TICKET_TAKE && ticket->staff[0] && strcmp(ticket->staff, stepping->staff) != 0;
	stepping->step->response->result = RESULT_EXCLUDED;
	if (colleague && !record_number(&stepping->args, ARG_OVERRIDE, 0))
		return;
	apply(stepping, ticket, event);
	history_add(stepping, ticket, event, stepping->staff);
	if (colleague)
		snprintf(stepping->step->entry.terms, sizeof(stepping->step->entry.terms), "from %s", ticket->staff);
	if (event == TICKET_TAKE)
		snprintf(ticket->staff, sizeof(ticket->staff), "%s", stepping->staff);
	if ((event == TICKET_ANSWER || event == TICKET_ANSWER_INTERIM) && !ticket->former)
		tell(stepping, ticket, event == TICKET_ANSWER, owed_by);
	put(stepping, ticket);
	if (event == TICKET_PROPOSE)
		stepping->step->response->result = RESULT_ACCEPTED;
}

void step_ticket_staff(struct stepping *stepping)
{
	stepping->staff = stepping->request->ticket.staff;
	ticket_act(stepping, stepping->request->ticket.event);
}

/* Whether silence counts from now on, or later, because the answer was sent or is still being tried. */
static bool is_delivered_or_tried(const struct stepping *stepping, struct ticket *ticket)
{
	const struct answer_delivery *delivery = &stepping->account->delivery;
	const int64_t now = stepping->request->now;

	ticket->delivered = delivery->sent;
	ticket->due = due_of(&stepping->rules->tickets, ticket);
	if (!delivery->sent)
		ticket->due = delivery->expires < now + LOOK_S ? delivery->expires : now + LOOK_S;
	return delivery->sent || delivery->expires > now;
}

void step_ticket_due(struct stepping *stepping)
{
	struct ticket *ticket = ticket_named(stepping, true);
	const int64_t now = stepping->request->now;
	enum ticket_event event = TICKET_SILENCE;

	if (!ticket || !ticket->due || ticket->due > now)
		return;
	if (ticket->state != TICKET_ANSWERED) {
		event = now < ticket->owed_by ? TICKET_WARN : TICKET_LATE;
	} else if (!ticket->delivered && !ticket->former && !is_delivered_or_tried(stepping, ticket)) {
		event = TICKET_UNDELIVERED;
	} else if (ticket->due > now) {
		ticket_change(stepping, ticket);
		answer(stepping, ticket);
		return;
	}
	if (!apply(stepping, ticket, event))
		ticket->owed_by = 0;	/* nothing can be owed in this state */
	history_add(stepping, ticket, event, "");
	put(stepping, ticket);
}

void ticket_unpaid(struct stepping *stepping, const struct order *order)
{
	struct ticket *ticket = &stepping->account->ticket;
	char *terms = stepping->step->entry.terms;

	if (!stepping->account->ticket_known || ticket->former)
		return;
	credit_take_back(ticket, order);
	apply(stepping, ticket, TICKET_UNPAID);
	history_add(stepping, ticket, TICKET_UNPAID, "");
	snprintf(terms, TICKET_TERMS_SIZE, "%" PRId64 " %s%s%.60s", order->price, order->form, order->reason[0] ? ": " : "", order->reason);
	store(stepping, ticket);
}

void step_access(struct stepping *stepping)
{
	struct ticket_entry *entry = &stepping->step->entry;

	stepping->step->response->result = RESULT_REFUSED;
	if (!stepping->request->ticket.staff[0])
		return;
	*entry = (struct ticket_entry){ .time = stepping->request->now, .event = TICKET_READ };
	snprintf(entry->staff, sizeof(entry->staff), "%s", stepping->request->ticket.staff);
	change_add(stepping->step, CHANGE_ACCESS_ADD)->entry = entry;
	stepping->step->response->result = RESULT_OK;
}

/* ---- what subscribers see, and staff ---- */

void view_ticket(const struct ticket *ticket, struct record *row)
{
	const char *state = ticket_state_name(ticket->state);

	ticket_put(ticket, row);
	record_append_text(row, FIELD_TICKET_STATE, state, strlen(state));
	record_append_number(row, FIELD_OPENED, ticket->opened);
	if (ticket->owed_by)
		record_append_number(row, FIELD_ANSWER_BY, ticket->owed_by);
}

void view_access(const struct ticket_entry *entry, struct record *row)
{
	const char *act = entry->number ? ticket_event_name(entry->event) : "looked";
	char number[TICKET_NUMBER_SIZE];

	record_append_text(row, FIELD_ACCESS, act, strlen(act));
	record_append_number(row, FIELD_ACCESSED, entry->time);
	if (entry->number)
		record_append_text(row, FIELD_TICKET, ticket_number_print(entry->number, number), TICKET_NUMBER_SIZE - 1);
}

bool ticket_listing_begin(const struct request *request, struct ticket_listing *listing)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	char word[ACCOUNT_WORD_SIZE], msisdn[MSISDN_SIZE];
	struct value number;

	*listing = (struct ticket_listing){ .now = request->now, .opened = record_number(&args, FIELD_OPENED, 0),
					    .late = record_number(&args, ARG_LATE, 0) };
	if (record_get(&args, FIELD_TICKET, &number) && number.is_text)
		listing->number = ticket_number(number.text, number.len);
	record_text(&args, FIELD_MSISDN, msisdn, sizeof(msisdn));
	msisdn_key(msisdn, &listing->msisdn);
	if (request->subscriber.msisdn[0] && !msisdn_key(request->subscriber.msisdn, &listing->of))
		return false;
	record_text(&args, FIELD_TICKET_KIND, word, sizeof(word));
	listing->kind = ticket_kind_find(word);
	listing->states = listing->of ? ~0u : ~(1u << TICKET_CLOSED);
	if (record_text(&args, FIELD_TICKET_STATE, word, sizeof(word)))
		listing->states = 1u << ticket_state_by_name(word);
	listing->open = listing->late || !(listing->states & 1u << TICKET_CLOSED);
	return true;
}

static void listed_put(int64_t msisdn, const struct ticket *ticket, struct record *row)
{
	msisdn_put(row, msisdn);
	view_ticket(ticket, row);
	if (ticket->staff[0])
		record_append_text(row, FIELD_STAFF, ticket->staff, strlen(ticket->staff));
}

bool view_listed(struct ticket_listing *listing, int64_t msisdn, const struct ticket *ticket, struct response *response)
{
	const bool wanted = (!listing->kind || listing->kind == ticket->kind) && listing->states & 1u << ticket->state &&
			    (!listing->late || (ticket->owed_by && ticket->owed_by <= listing->now));
	uint8_t octets[192];
	struct record row = { .data = octets, .size = sizeof(octets) };

	if (wanted)
		listed_put(msisdn, ticket, &row);
	if (response->rows.count == VIEW_LISTED_MAX || listing->looked == VIEW_LOOKED_MAX || (wanted && rows_add(&response->rows, &row))) {
		char number[TICKET_NUMBER_SIZE];

		ticket_number_print(listing->number, number);
		msisdn_put(&response->facts, listing->msisdn);
		record_put_text(&response->facts, FIELD_TICKET, number, strlen(number));
		record_put_number(&response->facts, FIELD_OPENED, listing->opened);
		return false;
	}
	listing->looked++;
	listing->opened = ticket->opened;
	listing->msisdn = msisdn;
	listing->number = ticket->number;
	return true;
}

static void append_text(struct record *record, uint16_t id, const char *text)
{
	if (text[0])
		record_append_text(record, id, text, strlen(text));
}

static void append_number(struct record *record, uint16_t id, int64_t number)
{
	if (number)
		record_append_number(record, id, number);
}

void view_history(const struct ticket *ticket, struct record *facts)
{
	const struct record own = { .data = (uint8_t *)ticket->facts, .len = ticket->facts_len };

	view_ticket(ticket, facts);
	for (size_t i = 0; i < TICKET_FACTS_MAX && ticket->kind->facts[i]; i++) {
		if (!ticket_hides_field(ticket->kind, ticket->kind->facts[i]))
			record_copy(facts, &own, ticket->kind->facts[i]);
	}
	if (!record_number(facts, FIELD_MONTH, 0))
		append_number(facts, FIELD_MONTH, ticket->month);
	append_text(facts, FIELD_STAFF, ticket->staff);
	append_text(facts, ARG_CHANNEL, ticket->channel);
	append_text(facts, ARG_OUTCOME, ticket->outcome);
	append_number(facts, ARG_REPEATED, ticket->repeated);
	append_number(facts, ARG_FORMER, ticket->former);
	append_number(facts, ARG_PROPOSED, ticket->proposed);
	append_text(facts, ARG_PROPOSED_AS, ticket->proposed_as);
	append_text(facts, ARG_PROPOSED_BY, ticket->proposed_by);
}

bool view_entry(const struct ticket *ticket, const struct ticket_entry *entry, struct response *response)
{
	uint8_t octets[TICKET_TEXT_SIZE + 256];
	struct record row = { .data = octets, .size = sizeof(octets) };
	const char *event = ticket_event_name(entry->event);

	record_append_number(&row, ARG_POSITION, entry->position);
	record_append_number(&row, ARG_TIME, entry->time);
	append_text(&row, FIELD_ACT, event);
	append_text(&row, FIELD_STAFF, entry->staff);
	append_text(&row, ARG_TERMS, entry->terms);
	if (entry->text[0] && ticket_hides_text(ticket->kind, entry->event))
		append_number(&row, ARG_HIDDEN, 1);
	else
		append_text(&row, FIELD_TEXT, entry->text);
	if (rows_add(&response->rows, &row))
		return false;
	if (entry->position < ticket->entries)
		record_put_number(&response->facts, ARG_POSITION, entry->position);
	else
		record_drop(&response->facts, ARG_POSITION);
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tickets and their entries in memory: stored, loaded and listed. */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "store/memory/tables.h"

static struct memory_ticket *find(struct memory_tables *tables, int64_t msisdn, int64_t number)
{
	struct memory_ticket *at;

	llist_for_each_entry(at, &tables->tickets, entry) {
		if (at->msisdn == msisdn && at->ticket.number == number)
			return at;
	}
	return NULL;
}

/* The higher, the less it matters for a new ticket. */
static int rank(const struct ticket *ticket)
{
	return ticket->refunded ? 0 : ticket->owed_by ? 1 : !ticket->closed ? 2 : 3;
}

void memory_tickets_load(struct memory_tables *tables, const struct request *request, struct account *account)
{
	const int64_t number = request ? account_ticket(account, request) : 0;
	const struct memory_ticket *ticket = find(tables, account->msisdn, number), *at, *newest = NULL;

	llist_for_each_entry_reverse(at, &tables->tickets, entry) {
		if (at->msisdn == account->msisdn && (!newest || at->ticket.number > newest->ticket.number))
			newest = at;
	}
	if (newest)
		account->tickets[account->tickets_count++] = newest->ticket;
	for (int next = 0; next <= 3; next++) {
		llist_for_each_entry_reverse(at, &tables->tickets, entry) {
			if (at->msisdn == account->msisdn && at != newest && rank(&at->ticket) == next &&
			    account->tickets_count < ACCOUNT_TICKETS_MAX)
				account->tickets[account->tickets_count++] = at->ticket;
		}
	}
	account->ticket_known = ticket;
	if (ticket)
		account->ticket = ticket->ticket;
}

void memory_delivery_load(struct memory_tables *tables, const struct request *request, struct account *account)
{
	const struct memory_notification *at;

	llist_for_each_entry_reverse(at, &tables->notifications, entry) {
		if (at->msisdn != account->msisdn || !account_answered_by(request, at->notification.kind, &at->notification.facts))
			continue;
		if (!at->sending)
			account->delivery.expires = at->notification.expires;
		else if (!strcmp(at->sending, "sent"))
			account->delivery.sent = at->ended;
		return;
	}
}

void memory_ticket_put(struct memory_tables *tables, int64_t msisdn, const struct ticket *ticket)
{
	struct memory_ticket *at = find(tables, msisdn, ticket->number);

	if (!at) {
		at = talloc_zero(tables, struct memory_ticket);
		at->msisdn = msisdn;
		INIT_LLIST_HEAD(&at->entries);
		llist_add_tail(&at->entry, &tables->tickets);
	}
	at->ticket = *ticket;
}

void memory_ticket_entry_add(struct memory_tables *tables, int64_t msisdn, const struct ticket_entry *entry)
{
	struct memory_ticket *ticket = find(tables, msisdn, entry->number);
	struct memory_ticket_entry *made = talloc_zero(ticket, struct memory_ticket_entry);

	made->entry = *entry;
	llist_add_tail(&made->list, &ticket->entries);
}

void memory_access_add(struct memory_tables *tables, int64_t msisdn, const struct ticket_entry *entry)
{
	struct memory_access *made = talloc_zero(tables, struct memory_access);

	made->msisdn = msisdn;
	made->entry = *entry;
	made->entry.position = ++tables->last_access;
	llist_add_tail(&made->list, &tables->accesses);
}

/* \a msisdn 0: of all numbers, those before a time. */
static void accesses_drop(struct memory_tables *tables, int64_t msisdn, int64_t before)
{
	struct memory_access *at, *next;

	llist_for_each_entry_safe(at, next, &tables->accesses, list) {
		if (msisdn ? at->msisdn != msisdn : at->entry.time >= before)
			continue;
		llist_del(&at->list);
		talloc_free(at);
	}
}

void memory_accesses_remove(struct memory_tables *tables, int64_t msisdn)
{
	accesses_drop(tables, msisdn, 0);
}

void memory_tickets_former(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_ticket *at;

	llist_for_each_entry(at, &tables->tickets, entry) {
		if (at->msisdn == msisdn)
			at->ticket.former = 1;
	}
}

static void drop(struct memory_ticket *ticket)
{
	llist_del(&ticket->entry);
	talloc_free(ticket);
}

void memory_tickets_remove(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_ticket *at, *next;

	llist_for_each_entry_safe(at, next, &tables->tickets, entry) {
		if (at->msisdn == msisdn)
			drop(at);
	}
}

void memory_tickets_prune(struct memory_tables *tables, int64_t before)
{
	struct memory_ticket *at, *next;

	llist_for_each_entry_safe(at, next, &tables->tickets, entry) {
		const struct ticket *ticket = &at->ticket;

		if (ticket->closed ? ticket->closed < before : ticket->touched < before && (!ticket->owed_by || ticket->former))
			drop(at);
	}
	accesses_drop(tables, 0, before);
}

const struct memory_ticket *memory_ticket_due(struct memory_tables *tables, int64_t now)
{
	const struct memory_ticket *first = NULL, *at;

	llist_for_each_entry(at, &tables->tickets, entry) {
		if (at->ticket.due && at->ticket.due <= now && (!first || at->ticket.due < first->ticket.due))
			first = at;
	}
	return first;
}

int64_t memory_tickets_owed(struct memory_tables *tables, int64_t from, int64_t to)
{
	const struct memory_ticket *at;
	int64_t count = 0;

	llist_for_each_entry(at, &tables->tickets, entry)
		count += !at->ticket.closed && !at->ticket.former && at->ticket.owed_by >= from && at->ticket.owed_by <= to;
	return count < TICKETS_COUNTED_MAX ? count : TICKETS_COUNTED_MAX;
}

int64_t memory_tickets_count(struct memory_tables *tables, int64_t msisdn)
{
	const struct memory_ticket *at;
	int64_t count = 0;

	llist_for_each_entry(at, &tables->tickets, entry)
		count += at->msisdn == msisdn && !at->ticket.former;
	return count;
}

/* ---- what subscribers see ---- */

static void mine(struct memory_tables *tables, int64_t msisdn, struct rows *rows)
{
	const struct memory_ticket *at;
	uint8_t octets[128];

	llist_for_each_entry_reverse(at, &tables->tickets, entry) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (at->msisdn != msisdn || at->ticket.former || rows->count == VIEW_TICKETS_MAX)
			continue;
		view_ticket(&at->ticket, &row);
		rows_add(rows, &row);
	}
}

static void answers(const struct memory_ticket *ticket, struct rows *rows)
{
	const struct memory_ticket_entry *at;
	uint8_t octets[TICKET_TEXT_SIZE + 32];

	llist_for_each_entry_reverse(at, &ticket->entries, list) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (!ticket_event_answers(at->entry.event) || rows->count == VIEW_ANSWERS_MAX)
			continue;
		record_append_text(&row, FIELD_ANSWER, at->entry.text, strlen(at->entry.text));
		record_append_number(&row, FIELD_ANSWERED, at->entry.time);
		rows_add(rows, &row);
	}
}

static bool is_later(const struct ticket_entry *one, const struct ticket_entry *other)
{
	if (one->time != other->time)
		return one->time > other->time;
	return one->number != other->number ? one->number > other->number : one->position > other->position;
}

/* The newest entry by staff that is older than another one; \a before NULL: of all. */
static const struct ticket_entry *access_next(struct memory_tables *tables, int64_t msisdn, const struct ticket_entry *before)
{
	const struct ticket_entry *next = NULL;
	const struct memory_ticket_entry *entry;
	const struct memory_access *access;
	const struct memory_ticket *at;

	llist_for_each_entry(at, &tables->tickets, entry) {
		if (at->msisdn != msisdn || at->ticket.former)
			continue;
		llist_for_each_entry(entry, &at->entries, list) {
			if (entry->entry.staff[0] && (!before || is_later(before, &entry->entry)) &&
			    (!next || is_later(&entry->entry, next)))
				next = &entry->entry;
		}
	}
	llist_for_each_entry(access, &tables->accesses, list) {
		if (access->msisdn == msisdn && (!before || is_later(before, &access->entry)) &&
		    (!next || is_later(&access->entry, next)))
			next = &access->entry;
	}
	return next;
}

static void accesses(struct memory_tables *tables, int64_t msisdn, struct rows *rows)
{
	const struct ticket_entry *at = NULL;
	uint8_t octets[64];

	while (rows->count < VIEW_ACCESSES_MAX && (at = access_next(tables, msisdn, at))) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		view_access(at, &row);
		rows_add(rows, &row);
	}
}

/* ---- what staff see ---- */

/* Whether it comes behind the last one that was looked at. */
static bool is_behind(const struct memory_ticket *at, int64_t opened, int64_t msisdn, int64_t number, bool by_number)
{
	if (by_number || (at->ticket.opened == opened && at->msisdn == msisdn))
		return at->ticket.number > number;
	return at->ticket.opened == opened ? at->msisdn > msisdn : at->ticket.opened > opened;
}

static const struct memory_ticket *next_listed(struct memory_tables *tables, const struct ticket_listing *listing)
{
	const struct memory_ticket *next = NULL, *at;

	llist_for_each_entry(at, &tables->tickets, entry) {
		if ((listing->of && at->msisdn != listing->of) || (listing->open && at->ticket.closed) ||
		    !is_behind(at, listing->opened, listing->msisdn, listing->number, listing->of))
			continue;
		if (!next || is_behind(next, at->ticket.opened, at->msisdn, at->ticket.number, listing->of))
			next = at;
	}
	return next;
}

static void list(struct memory_tables *tables, const struct request *request, struct response *response)
{
	struct ticket_listing listing;
	const struct memory_ticket *at;

	response->result = ticket_listing_begin(request, &listing) ? RESULT_OK : RESULT_NOT_FOUND;
	if (response->result != RESULT_OK)
		return;
	do
		at = next_listed(tables, &listing);
	while (at && view_listed(&listing, at->msisdn, &at->ticket, response));
}

static void history(const struct memory_ticket *ticket, const struct record *args, struct response *response)
{
	const int64_t known = record_number(args, ARG_POSITION, 0);
	const struct memory_ticket_entry *at;

	view_history(&ticket->ticket, &response->facts);
	llist_for_each_entry(at, &ticket->entries, list) {
		if (at->entry.position > known && !view_entry(&ticket->ticket, &at->entry, response))
			break;
	}
}

void memory_tickets_answer(struct memory_tables *tables, int64_t msisdn, const struct request *request, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	const struct memory_ticket *ticket = find(tables, msisdn, ticket_number_in(&args));

	response->result = RESULT_OK;
	if (request->kind == REQUEST_TICKETS_MINE) {
		mine(tables, msisdn, &response->rows);
		return;
	}
	if (request->kind == REQUEST_DATA_ACCESSES) {
		accesses(tables, msisdn, &response->rows);
		return;
	}
	if (request->kind == REQUEST_TICKET_LIST) {
		list(tables, request, response);
		return;
	}
	response->result = ticket && (!ticket->ticket.former || request->kind == REQUEST_TICKET_HISTORY) ? RESULT_OK : RESULT_NOT_FOUND;
	if (response->result != RESULT_OK)
		return;
	if (request->kind == REQUEST_TICKET_HISTORY) {
		history(ticket, &args, response);
		return;
	}
	view_ticket(&ticket->ticket, &response->facts);
	if (request->kind == REQUEST_TICKET_ANSWERS)
		answers(ticket, &response->rows);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tickets and their entries as rows: stored, loaded and listed. */
#include <string.h>

#include "store/sql/connection.h"
#include "store/sql/rows.h"
#include "store/sql/tickets.h"

enum { NUMBER, KIND, STATE, FACTS, REST };	/* TICKET_COLUMNS */

bool ticket_read(struct statement *statement, struct ticket *ticket)
{
	int column = REST;

	*ticket = (struct ticket){
		.number = column_number(statement, NUMBER), .kind = ticket_kind_find(column_text(statement, KIND)),
		.state = ticket_state_by_name(column_text(statement, STATE)),
	};
	ticket->facts_len = column_blob_copy(statement, FACTS, ticket->facts, sizeof(ticket->facts));
	if (!record_check(ticket->facts, ticket->facts_len))
		ticket->facts_len = 0;
#define X(member) ticket->member = column_number(statement, column++);
	TICKET_NUMBERS(X)
#undef X
#define X(member, size) column_copy(statement, column++, ticket->member, sizeof(ticket->member));
	TICKET_TEXTS(X)
#undef X
	return ticket->kind && ticket->state < TICKET_STATES;
}

/* *\a found: there is one with that number. */
static int ticket_find(struct connection *connection, int64_t msisdn, int64_t number, struct ticket *ticket, bool *found)
{
	struct statement *statement = statement_of(connection, SQL_TICKET, msisdn);
	int rc;

	statement_bind_number(statement, 2, number);
	rc = statement_next(statement);
	*found = rc == DB_ROW && ticket_read(statement, ticket);
	return statement_put(statement, rc);
}

int tickets_load(struct connection *connection, const struct request *request, struct account *account)
{
	const int64_t number = request ? account_ticket(account, request) : 0;
	struct statement *statement;
	int rc;

	if (account->order_known && !number)	/* the end of an order that is not about a ticket needs none */
		return DB_OK;
	statement = statement_of(connection, SQL_TICKETS_LOADED, account->msisdn);
	statement_bind_number(statement, 2, ACCOUNT_TICKETS_MAX);
	while ((rc = statement_next(statement)) == DB_ROW && account->tickets_count < ACCOUNT_TICKETS_MAX)
		account->tickets_count += ticket_read(statement, &account->tickets[account->tickets_count]);
	rc = statement_put(statement, rc);
	return rc == DB_OK && number ? ticket_find(connection, account->msisdn, number, &account->ticket, &account->ticket_known) : rc;
}

int delivery_load(struct connection *connection, const struct request *request, struct account *account)
{
	enum { KIND_SENT, FACTS_SENT, SENDING, ENDED, EXPIRES };	/* SQL_DELIVERIES */
	struct statement *statement = statement_of(connection, SQL_DELIVERIES, account->msisdn);
	bool found = false;
	int rc = DB_OK;

	while (!found && (rc = statement_next(statement)) == DB_ROW) {
		const struct column sent = column_get(statement, FACTS_SENT);
		const struct record facts = { .data = (uint8_t *)sent.octets, .len = (uint16_t)sent.len };
		const int64_t ended = column_number(statement, ENDED);

		found = record_check(facts.data, facts.len) && account_answered_by(request, column_text(statement, KIND_SENT), &facts);
		if (found && !strcmp(column_text(statement, SENDING), "sent"))
			account->delivery.sent = ended;
		if (found && !ended)
			account->delivery.expires = column_number(statement, EXPIRES);
	}
	return statement_put(statement, rc);
}

int ticket_write(struct connection *connection, int64_t msisdn, const struct ticket *ticket)
{
	struct statement *statement = statement_of(connection, SQL_TICKET_PUT, msisdn);
	int column = REST + 2;

	statement_bind_number(statement, NUMBER + 2, ticket->number);
	statement_bind_text(statement, KIND + 2, ticket->kind->name);
	statement_bind_text(statement, STATE + 2, ticket_state_name(ticket->state));
	statement_bind_blob(statement, FACTS + 2, ticket->facts, ticket->facts_len);
#define X(member) statement_bind_number(statement, column++, ticket->member);
	TICKET_NUMBERS(X)
#undef X
#define X(member, size) statement_bind_text(statement, column++, ticket->member);
	TICKET_TEXTS(X)
#undef X
	return statement_step(statement);
}

int ticket_entry_write(struct connection *connection, int64_t msisdn, const struct ticket_entry *entry)
{
	struct statement *statement = statement_of(connection, SQL_TICKET_ENTRY_ADD, msisdn);

	statement_bind_number(statement, 2, entry->number);
	statement_bind_number(statement, 3, entry->position);
	statement_bind_number(statement, 4, entry->time);
	statement_bind_text(statement, 5, ticket_event_name(entry->event));
	statement_bind_text(statement, 6, entry->staff);
	statement_bind_text(statement, 7, entry->terms);
	statement_bind_text(statement, 8, entry->text);
	return statement_step(statement);
}

/* ---- what subscribers see ---- */

static int mine(struct connection *connection, int64_t msisdn, struct response *response)
{
	struct statement *statement = statement_of(connection, SQL_TICKETS, msisdn);
	struct ticket ticket;
	uint8_t octets[128];
	int rc;

	response->result = RESULT_OK;
	statement_bind_number(statement, 2, VIEW_TICKETS_MAX);
	while ((rc = statement_next(statement)) == DB_ROW) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (!ticket_read(statement, &ticket) || ticket.former)
			continue;
		view_ticket(&ticket, &row);
		rows_add(&response->rows, &row);
	}
	return statement_put(statement, rc);
}

static int answers(struct connection *connection, int64_t msisdn, int64_t number, struct response *response)
{
	static const uint16_t fields[] = { FIELD_ANSWER, FIELD_ANSWERED };
	struct statement *statement = statement_of(connection, SQL_TICKET_ANSWERS, msisdn);
	uint8_t octets[TICKET_TEXT_SIZE + 32];
	int rc;

	statement_bind_number(statement, 2, number);
	statement_bind_number(statement, 3, VIEW_ANSWERS_MAX);
	while ((rc = statement_next(statement)) == DB_ROW) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		columns_put(statement, 0, fields, sizeof(fields) / sizeof(*fields), &row);
		rows_add(&response->rows, &row);
	}
	return statement_put(statement, rc);
}

static int accesses(struct connection *connection, int64_t msisdn, struct response *response)
{
	struct statement *statement = statement_of(connection, SQL_TICKET_ACCESSES, msisdn);
	uint8_t octets[64];
	int rc;

	response->result = RESULT_OK;
	statement_bind_number(statement, 2, VIEW_ACCESSES_MAX);
	while ((rc = statement_next(statement)) == DB_ROW) {
		struct record row = { .data = octets, .size = sizeof(octets) };
		const struct ticket_entry entry = {
			.number = column_number(statement, 0), .position = column_number(statement, 1),
			.time = column_number(statement, 2), .event = ticket_event_by_name(column_text(statement, 3)),
		};

		if (entry.event == TICKET_EVENTS)
			continue;
		view_access(&entry, &row);
		rows_add(&response->rows, &row);
	}
	return statement_put(statement, rc);
}

/* ---- what staff see ---- */

int tickets_list(struct connection *connection, const struct request *request, struct response *response)
{
	struct ticket_listing listing;
	struct statement *statement;
	struct ticket ticket;
	bool more = true;
	int rc;

	response->result = ticket_listing_begin(request, &listing) ? RESULT_OK : RESULT_NOT_FOUND;
	if (response->result != RESULT_OK)
		return DB_OK;
	statement = statement_get(connection, listing.of ? SQL_TICKETS_LISTED_OF :
				  listing.open ? SQL_TICKETS_LISTED_OPEN : SQL_TICKETS_LISTED);
	statement_bind_number(statement, 1, listing.of ? listing.of : listing.opened);
	statement_bind_number(statement, 2, listing.of ? listing.number : listing.msisdn);
	if (!listing.of)
		statement_bind_number(statement, 3, listing.number);
	while (more && (rc = statement_next(statement)) == DB_ROW)
		more = !ticket_read(statement, &ticket) ||
		       view_listed(&listing, column_number(statement, TICKET_COLUMN_COUNT), &ticket, response);
	return statement_put(statement, rc);
}

static int history(struct connection *connection, int64_t msisdn, const struct ticket *ticket, const struct record *args,
		   struct response *response)
{
	struct statement *statement = statement_of(connection, SQL_TICKET_HISTORY, msisdn);
	struct ticket_entry entry;
	bool more = true;
	int rc;

	view_history(ticket, &response->facts);
	statement_bind_number(statement, 2, ticket->number);
	statement_bind_number(statement, 3, record_number(args, ARG_POSITION, 0));
	while (more && (rc = statement_next(statement)) == DB_ROW) {
		entry = (struct ticket_entry){
			.number = ticket->number, .position = column_number(statement, 0),
			.time = column_number(statement, 1), .event = ticket_event_by_name(column_text(statement, 2)),
		};
		column_copy(statement, 3, entry.staff, sizeof(entry.staff));
		column_copy(statement, 4, entry.terms, sizeof(entry.terms));
		column_copy(statement, 5, entry.text, sizeof(entry.text));
		more = entry.event == TICKET_EVENTS || view_entry(ticket, &entry, response);
	}
	return statement_put(statement, rc);
}

int tickets_answer(struct connection *connection, int64_t msisdn, const struct request *request, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct ticket ticket;
	bool found;
	int rc;

	if (request->kind == REQUEST_TICKETS_MINE)
		return mine(connection, msisdn, response);
	if (request->kind == REQUEST_DATA_ACCESSES)
		return accesses(connection, msisdn, response);
	rc = ticket_find(connection, msisdn, ticket_number_in(&args), &ticket, &found);
	found = rc == DB_OK && found && (!ticket.former || request->kind == REQUEST_TICKET_HISTORY);
	response->result = found ? RESULT_OK : RESULT_NOT_FOUND;
	if (!found)
		return rc;
	if (request->kind == REQUEST_TICKET_HISTORY)
		return history(connection, msisdn, &ticket, &args, response);
	view_ticket(&ticket, &response->facts);
	return request->kind == REQUEST_TICKET_ANSWERS ? answers(connection, msisdn, ticket.number, response) : rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Loads the working set of a request: the parts of one account that it needs. */
#include <stdio.h>
#include <string.h>

#include "store/sql/change.h"
#include "store/sql/rows.h"
#include "store/sql/tickets.h"

/* Columns of SQL_HEAD. */
enum { HEAD_MSISDN, HEAD_ACCOUNT, HEAD_BRAND, HEAD_STATUS, HEAD_LANGUAGE };

static void head_read(struct statement *statement, struct account *account)
{
	account->known = true;
	account->msisdn = column_number(statement, HEAD_MSISDN);
	column_copy(statement, HEAD_ACCOUNT, account->account, sizeof(account->account));
	column_copy(statement, HEAD_BRAND, account->brand, sizeof(account->brand));
	column_copy(statement, HEAD_STATUS, account->status, sizeof(account->status));
	column_copy(statement, HEAD_LANGUAGE, account->language, sizeof(account->language));
}

static int head_load(struct statement *statement, struct account *account)
{
	const int rc = statement_next(statement);

	if (rc == DB_ROW)
		head_read(statement, account);
	return statement_put(statement, rc);
}

static int order_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_get(connection, SQL_ORDER);
	struct order order;
	int rc;

	statement_bind_number(statement, 1, request->id);
	rc = statement_next(statement);
	if (rc == DB_ROW && !order_row_read(statement, &order, &account->msisdn))
		rc = DB_CORRUPT;
	if (rc == DB_ROW)
		account_set_order(account, &order);
	return statement_put(statement, rc);
}

int account_find(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement;
	int rc;

	account_begin(account, request);
	if (!(account_parts(request->kind) & ACCOUNT_PART_ORDER)) {
		statement = subscriber_find(connection, &request->subscriber, SQL_HEAD, SQL_HEAD_BY_IMSI);
		return statement ? head_load(statement, account) : DB_OK;
	}
	rc = order_load(connection, request, account);
	if (rc != DB_OK || !account->order_known)
		return rc;
	statement = statement_get(connection, SQL_HEAD);
	statement_bind_number(statement, 1, account->msisdn);
	return head_load(statement, account);
}

/* ---- parts ---- */

static int terms_load(struct connection *connection, struct account *account)
{
	struct statement *statement = statement_get(connection, SQL_SERVICE);
	struct service terms;
	int rc;

	statement_bind_text(statement, 1, account->service);
	rc = statement_next(statement);
	if (rc == DB_ROW) {
		const bool offered = service_read(statement, 0, &terms);

		account_set_terms(account, &terms, offered);
	}
	return statement_put(statement, rc);
}

static int subscriptions_load(struct connection *connection, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_SUBSCRIPTIONS_HELD, account->msisdn);
	struct subscription subscription;
	struct service terms;
	int rc;

	while ((rc = statement_next(statement)) == DB_ROW) {
		subscription_read(statement, &subscription);
		service_read(statement, SUBSCRIPTION_COLUMN_COUNT, &terms);
		account_add_subscription(account, &subscription, &terms);
	}
	return statement_put(statement, rc);
}

static int services_load(struct connection *connection, const struct request *request, struct account *account)
{
	const int rc = account->service[0] ? terms_load(connection, account) : DB_OK;

	return rc == DB_OK && account->service[0] ? subscriptions_load(connection, account) : rc;
}

/* Columns of SQL_IN_FLIGHT and SQL_ORDERS_UNSEEN. */
static struct account_order in_flight_read(struct statement *statement)
{
	struct account_order order = {
		.id = column_number(statement, 0), .kind = order_kind_by_name(column_text(statement, 1)),
		.due = column_number(statement, 3), .attempts = column_number(statement, 4),
		.ended_at = column_number(statement, 5),
	};

	column_copy(statement, 2, order.service, sizeof(order.service));
	column_copy(statement, 6, order.instead, sizeof(order.instead));
	column_copy(statement, 7, order.backend, sizeof(order.backend));
	return order;
}

static int in_flight_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_IN_FLIGHT, account->msisdn);
	bool room = true;
	int rc = DB_ROW;

	while (room && (rc = statement_next(statement)) == DB_ROW) {
		const struct account_order order = in_flight_read(statement);

		room = account_add_in_flight(account, &order);
	}
	return statement_put(statement, rc);
}

static int password_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_PASSWORD, account->msisdn);
	const int rc = statement_next(statement);

	account->has_password = rc == DB_ROW;
	if (account->has_password) {
		password_read(statement, &account->password);
		column_copy(statement, PASSWORD_COLUMN_COUNT, account->id_pieces, sizeof(account->id_pieces));
	}
	return statement_put(statement, rc);
}

/* Compared as numbers: callers may have dropped leading zeros. */
static int conversation_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_CONVERSATION_LATE, account->msisdn);
	struct column late = { .len = 0 };
	int rc;

	statement_bind_text(statement, 2, request->conversation.short_code);
	rc = statement_next(statement);
	if (rc == DB_ROW)
		late = column_get(statement, 1);
	account->late_len = late.len;
	account->unanswered = rc == DB_ROW && late.len <= sizeof(account->late) &&
			      column_get(statement, 0).len < sizeof(account->short_code);
	if (account->unanswered)
		column_copy(statement, 0, account->short_code, sizeof(account->short_code));
	if (account->unanswered && late.len)
		memcpy(account->late, late.octets, late.len);
	return statement_put(statement, rc);
}

static int preferences_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_PREFERENCES, account->msisdn);
	struct preference preference;
	int rc;

	statement_bind_text(statement, 2, account->about);
	while ((rc = statement_next(statement)) == DB_ROW) {
		if (preference_read(statement, 0, &preference))
			account_add_preference(account, &preference);
	}
	return statement_put(statement, rc);
}

static int facts_load(struct connection *connection, const struct request *request, struct account *account)
{
	return profile_facts_read(connection, &request->subscriber, &account->facts);
}

static int fees_load(struct connection *connection, const struct request *request, struct account *account)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	const int64_t month = record_number(&args, FIELD_MONTH, 0);

	return month ? fees_read(connection, &request->subscriber, month, &account->fees) : DB_OK;
}

static int event_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_get(connection, SQL_EVENT);
	int rc;

	statement_bind_text(statement, 1, request->event.source);
	statement_bind_text(statement, 2, request->event.id);
	rc = statement_next(statement);
	account->event_known = rc == DB_ROW;
	if (account->event_known) {
		column_copy(statement, 1, account->event.done, sizeof(account->event.done));
		column_blob_copy(statement, 0, account->event.digest, sizeof(account->event.digest));
	}
	return statement_put(statement, rc);
}

static int proposal_load(struct connection *connection, const struct request *request, struct account *account)
{
	enum { MSISDN, UNTIL, SERVICE, SHOWN, REPLY, ORDER, CODE, TRIES };	/* SQL_PROPOSAL */
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct proposal *proposal = &account->proposal;
	struct statement *statement;
	int rc;

	*proposal = (struct proposal){ 0 };
	if (record_text(&args, FIELD_PROPOSAL, proposal->number, sizeof(proposal->number)) >= sizeof(proposal->number))
		return DB_OK;
	statement = statement_get(connection, SQL_PROPOSAL);
	statement_bind_text(statement, 1, proposal->number);
	rc = statement_next(statement);
	account->proposal_known = rc == DB_ROW;
	if (account->proposal_known) {
		proposal->msisdn = column_number(statement, MSISDN);
		proposal->until = column_number(statement, UNTIL);
		column_copy(statement, SERVICE, proposal->service, sizeof(proposal->service));
		column_copy(statement, SHOWN, proposal->shown, sizeof(proposal->shown));
		column_copy(statement, REPLY, proposal->reply, sizeof(proposal->reply));
		proposal->order = (uint64_t)column_number(statement, ORDER);
		proposal->has_code = column_blob_copy(statement, CODE, proposal->code, sizeof(proposal->code)) == sizeof(proposal->code);
		proposal->tries = column_number(statement, TRIES);
	}
	return statement_put(statement, rc);
}

static int credits_load(struct connection *connection, const struct request *request, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_CREDITS, account->msisdn);
	struct order order;
	int64_t msisdn;
	int rc;

	statement_bind_number(statement, 2, account_credits_since(request));
	while ((rc = statement_next(statement)) == DB_ROW) {
		if (order_row_read(statement, &order, &msisdn))
			account_add_credit(account, &order);
	}
	return statement_put(statement, rc);
}

int account_load(struct connection *connection, const struct request *request, struct account *account)
{
	static const struct {
		enum account_part part;
		int (*load)(struct connection *connection, const struct request *request, struct account *account);
	} parts[] = {
		{ ACCOUNT_PART_SERVICES, services_load },
		{ ACCOUNT_PART_IN_FLIGHT, in_flight_load },
		{ ACCOUNT_PART_PASSWORD, password_load },
		{ ACCOUNT_PART_CONVERSATION, conversation_load },
		{ ACCOUNT_PART_PREFERENCES, preferences_load },
		{ ACCOUNT_PART_FACTS, facts_load },
		{ ACCOUNT_PART_FEES, fees_load },
		{ ACCOUNT_PART_EVENT, event_load },
		{ ACCOUNT_PART_PROPOSAL, proposal_load },
		{ ACCOUNT_PART_TICKETS, tickets_load },
		{ ACCOUNT_PART_DELIVERY, delivery_load },
		{ ACCOUNT_PART_CREDITS, credits_load },
	};
	const unsigned int wanted = account_parts(request->kind);
	int rc = DB_OK;

	for (size_t i = 0; rc == DB_OK && i < sizeof(parts) / sizeof(*parts); i++) {
		if (wanted & parts[i].part)
			rc = parts[i].load(connection, request, account);
	}
	return rc;
}

/* ---- for an update ---- */

enum { HEAD_OWNER = HEAD_LANGUAGE + 1, HEAD_AS_OF, HEAD_UNSEEN = HEAD_AS_OF + ACCOUNT_KINDS };	/* columns of SQL_HEAD_MERGED */

/* *\a unseen: some orders may be unknown to the update. Most subscribers have none. */
static int head_merged_load(struct connection *connection, int64_t since, struct account *account, bool *unseen)
{
	struct statement *statement = statement_of(connection, SQL_HEAD_MERGED, account->msisdn);
	int rc;

	statement_bind_number(statement, 2, since);
	rc = statement_next(statement);
	*unseen = rc == DB_ROW && column_number(statement, HEAD_UNSEEN);
	if (rc == DB_ROW) {
		head_read(statement, account);
		column_copy(statement, HEAD_OWNER, account->owner, sizeof(account->owner));
		for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
			account->as_of[kind] = column_number(statement, HEAD_AS_OF + (int)kind);
	}
	return statement_put(statement, rc);
}

static int unseen_load(struct connection *connection, const struct account_update *update, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_ORDERS_UNSEEN, account->msisdn);
	int rc;

	statement_bind_number(statement, 2, account_update_since(update));
	while ((rc = statement_next(statement)) == DB_ROW) {
		const struct account_order order = in_flight_read(statement);

		account_add_unseen(account, &order);
	}
	return statement_put(statement, rc);
}

/* Look up a service, with a cache: imports name the same ones again and again. */
static int service_look(struct connection *connection, const char *code, bool *known)
{
	struct statement *statement = statement_get(connection, SQL_SERVICE_KNOWN);
	int rc;

	for (unsigned int i = 0; i < connection->services_count; i++) {
		*known = !strcmp(connection->services[i], code);
		if (*known)
			return DB_OK;
	}
	statement_bind_text(statement, 1, code);
	rc = statement_next(statement);
	*known = rc == DB_ROW;
	if (*known && connection->services_count < SERVICES_KNOWN)
		snprintf(connection->services[connection->services_count++], sizeof(connection->services[0]), "%s", code);
	return statement_put(statement, rc);
}

int account_load_services(struct connection *connection, const struct account_update *update, struct account *account)
{
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < update->account->subscriptions_count && i < ACCOUNT_SUBSCRIPTIONS_MAX; i++)
		rc = service_look(connection, update->account->subscriptions[i].service, &account->services_known[i]);
	return rc;
}

static int bill_load(struct connection *connection, const struct account_update *update, struct account *account)
{
	struct statement *statement = statement_of(connection, SQL_BILL_KNOWN, account->msisdn);
	int rc;

	statement_bind_number(statement, 2, update->account->bills[0].month);
	rc = statement_next(statement);
	account->bill_known = rc == DB_ROW;
	return statement_put(statement, rc);
}

int account_load_update(struct connection *connection, const struct account_update *update, struct account *account)
{
	const bool services = update->kinds & 1u << ACCOUNT_SERVICES;
	bool unseen;
	int rc = head_merged_load(connection, account_update_since(update), account, &unseen);

	if (rc == DB_OK && unseen && !connection->staged && (services || update->kinds & 1u << ACCOUNT_PROFILE))
		rc = unseen_load(connection, update, account);
	if (rc == DB_OK && services && account->known)
		rc = subscriptions_load(connection, account);
	if (rc == DB_OK && services)
		rc = account_load_services(connection, update, account);
	return rc == DB_OK && update->charge ? bill_load(connection, update, account) : rc;
}

int account_load_private(struct connection *connection, int64_t msisdn, struct account *account)
{
	bool unseen;
	int rc;

	account_begin_update(account);
	account->msisdn = msisdn;
	rc = head_merged_load(connection, INT64_MAX, account, &unseen);
	if (rc == DB_OK)
		rc = subscriptions_load(connection, account);
	if (rc == DB_OK)
		rc = in_flight_load(connection, NULL, account);
	if (rc == DB_OK)
		rc = preferences_load(connection, NULL, account);
	if (rc == DB_OK)
		rc = tickets_load(connection, NULL, account);
	return rc == DB_OK ? password_load(connection, NULL, account) : rc;
}

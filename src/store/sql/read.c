/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that change nothing; each takes one or two look-ups. */
#include <string.h>

#include "starhash/accounts.h"
#include "store/sql/blobs.h"
#include "store/sql/connection.h"
#include "store/sql/rows.h"
#include "store/sql/tickets.h"
#include "starhash/calendar.h"

#define ROW_SIZE 1024

struct statement *subscriber_find(struct connection *connection, const struct subscriber *subscriber, enum sql by_msisdn,
			      enum sql by_imsi)
{
	struct statement *statement;
	int64_t key;

	if (subscriber->msisdn[0] ? !msisdn_key(subscriber->msisdn, &key) : !imsi_key(subscriber->imsi, &key))
		return NULL;
	statement = statement_get(connection, subscriber->msisdn[0] ? by_msisdn : by_imsi);
	statement_bind_number(statement, 1, key);
	return statement;
}

int subscriber_row_read(struct connection *connection, const struct subscriber *subscriber, struct subscriber_row *subject)
{
	struct statement *statement = subscriber_find(connection, subscriber, SQL_WHO, SQL_WHO_BY_IMSI);
	int rc;

	memset(subject, 0, sizeof(*subject));
	if (!statement)
		return DB_OK;
	rc = statement_next(statement);
	subject->known = rc == DB_ROW;
	if (subject->known) {
		subject->msisdn = column_number(statement, 0);
		subject->bill_month = column_number(statement, 1);
		subject->orders_after = column_number(statement, 2);
		subject->consents_after = column_number(statement, 3);
		subject->bills_as_of = column_number(statement, 4);
		subject->points_as_of = column_number(statement, 5);
		subject->services_as_of = column_number(statement, 6);
	}
	return statement_put(statement, rc);
}

void columns_put(struct statement *statement, int first, const uint16_t *fields, int count, struct record *record)
{
	for (int i = 0; i < count; i++) {
		const struct column column = column_get(statement, first + i);

		if (column.type == COLUMN_NUMBER)
			record_append_number(record, fields[i], column.number);
		else if (column.type == COLUMN_OCTETS)
			record_append_text(record, fields[i], column.octets, column.len);
	}
}

int64_t profile_row_read(struct statement *statement, struct record *facts)
{
	static const uint16_t fields[] = {
#define FACT(id, name, type, origin, width, storage) FACT_##storage(id)
#define FACT_OWN(id)
#define FACT_FACT(id) FIELD_##id,
		FIELD_ACCOUNT, FIELD_BRAND, FIELD_STATUS, FIELD_LANGUAGE, FIELD_SERVICES,
		FIELD_BILL_MONTH, FIELD_BILL_TOTAL, FIELD_POINTS,
		FIELD_AS_OF, FIELD_BILLS_AS_OF, FIELD_POINTS_AS_OF, FIELD_SERVICES_AS_OF,
		FIELDS(FACT)
	};
	const int64_t msisdn = column_number(statement, 0);

	msisdn_put(facts, msisdn);
	columns_put(statement, 1, fields, sizeof(fields) / sizeof(*fields), facts);
	return msisdn;
}

int profile_facts_read(struct connection *connection, const struct subscriber *subscriber, struct record *facts)
{
	struct statement *statement = subscriber_find(connection, subscriber, SQL_PROFILE, SQL_PROFILE_BY_IMSI);
	int rc;

	if (!statement)
		return DB_OK;
	rc = statement_next(statement);
	if (rc == DB_ROW)
		profile_row_read(statement, facts);
	return statement_put(statement, rc);
}

static int profile(struct connection *connection, const struct request *request, struct response *response)
{
	const int rc = profile_facts_read(connection, &request->subscriber, &response->facts);

	response->result = response->facts.len ? RESULT_OK : RESULT_NOT_FOUND;
	return rc;
}

/* Add data that a row has besides its fields. False: do not list the row. */
typedef bool row_make(const struct connection *connection, const struct request *request, struct statement *statement, struct record *row);

struct list {
	enum sql statement;
	uint16_t fields[13];		/* of the first columns */
	row_make *row;			/* may be NULL */
};

static int64_t day_asked(const struct request *request)
{
	return day_of(request->now, request->utc_offset);
}

static bool mine_row(const struct connection *connection, const struct request *request, struct statement *statement, struct record *row)
{
	const struct service service = {
		.price = column_number(statement, SUBSCRIPTION_COLUMN_COUNT),
		.period = column_text(statement, SUBSCRIPTION_COLUMN_COUNT + 1),
		.trial_price = column_number(statement, SUBSCRIPTION_COLUMN_COUNT + 2),
	};
	struct subscription subscription;

	subscription_read(statement, &subscription);
	view_subscription(&subscription, &service, day_asked(request), row);
	return true;
}

/* Read kind of account, brand and HELD_SERVICES from column \a first on. */
static struct view_subscriber view_subscriber_read(const struct request *request, struct statement *statement, int first)
{
	return (struct view_subscriber){
		.account = column_text(statement, first), .brand = column_text(statement, first + 1),
		.services = column_text(statement, first + 2), .excludes = column_text(statement, first + 3),
		.today = day_asked(request),
	};
}

static bool offered_row(const struct connection *connection, const struct request *request, struct statement *statement, struct record *row)
{
	const struct view_subscriber subscriber = view_subscriber_read(request, statement, SERVICE_COLUMN_COUNT);
	struct service service;
	const bool sold = service_read(statement, 0, &service);

	return view_offer(&service, sold, &subscriber, row);
}

static bool instead_row(const struct connection *connection, const struct request *request, struct statement *statement,
			struct record *row)
{
	enum {
		SERVICE = SUBSCRIPTION_COLUMN_COUNT,
		REPLACED = SERVICE + SERVICE_COLUMN_COUNT,
		REST = REPLACED + SERVICE_COLUMN_COUNT,
	};
	const struct view_subscriber subscriber = view_subscriber_read(request, statement, REST);
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct service service, replaced_terms;
	struct subscription replaced;
	struct value instead;
	bool sold;

	subscription_read(statement, &replaced);
	sold = service_read(statement, SERVICE, &service);
	service_read(statement, REPLACED, &replaced_terms);
	return view_instead(&service, sold, &replaced, &replaced_terms, record_get(&args, FIELD_INSTEAD, &instead), &subscriber, row);
}

static bool order_row(const struct connection *connection, const struct request *request, struct statement *statement, struct record *row)
{
	struct order order = {
		.kind = order_kind_by_name(column_text(statement, 0)),
		.state = order_state_by_name(column_text(statement, 2)),
		.accepted_at = column_number(statement, 3),
		.ref = (uint64_t)column_number(statement, 4),
	};

	column_copy(statement, 1, order.service, sizeof(order.service));
	column_copy(statement, 5, order.instead, sizeof(order.instead));
	column_copy(statement, 6, order.backend, sizeof(order.backend));
	if (order.kind == ORDER_KINDS || order.state == ORDER_STATES)
		return false;
	view_order(&order, row);
	return true;
}

static bool data_row(const struct connection *connection, const struct request *request, struct statement *statement, struct record *row)
{
	const int64_t days = view_retention(&connection->rules, column_text(statement, 0));

	if (days)
		record_append_number(row, FIELD_RETENTION, days);
	return true;
}

static const struct list lists[REQUEST_KIND_COUNT] = {
	[REQUEST_MESSAGES_MINE] = { .statement = SQL_MESSAGES_MINE, .fields = { FIELD_NOTIFICATION, FIELD_SENDING, FIELD_SENT } },
	[REQUEST_BILLS] = { .statement = SQL_BILLS, .fields = { FIELD_MONTH, FIELD_TOTAL } },
	[REQUEST_BILL_LINES] = { .statement = SQL_BILL_LINES, .fields = { FIELD_ITEM, FIELD_AMOUNT, LINE_FACTS(LINE_FIELD) } },
	[REQUEST_POINTS] = { .statement = SQL_POINTS, .fields = { FIELD_DATE, FIELD_CHANGE, FIELD_REASON } },
	[REQUEST_SERVICES_MINE] = { .statement = SQL_MINE, .row = mine_row },
	[REQUEST_SERVICES_OFFERED] = { .statement = SQL_OFFERED, .row = offered_row },
	[REQUEST_SERVICES_INSTEAD] = { .statement = SQL_INSTEAD, .row = instead_row },
	[REQUEST_ORDERS_MINE] = { .statement = SQL_ORDERS_MINE, .row = order_row },
	[REQUEST_DATA_MINE] = { .statement = SQL_DATA_MINE, .fields = { FIELD_KIND, FIELD_STORED }, data_row },
};

/* Append all rows of a bound statement; rows that no longer fit are left out. */
static int rows_put(const struct connection *connection, const struct request *request, struct statement *statement,
		    const struct list *shape, struct rows *rows)
{
	const int most = (int)(sizeof(shape->fields) / sizeof(*shape->fields));
	uint8_t octets[ROW_SIZE];
	int count = 0, rc;

	while (count < most && shape->fields[count])
		count++;
	while ((rc = statement_next(statement)) == DB_ROW) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		columns_put(statement, 0, shape->fields, count, &row);
		if (shape->row && !shape->row(connection, request, statement, &row))
			continue;
		if (rows_add(rows, &row) < 0)
			break;
	}
	return statement_put(statement, rc);
}

/* Whether the month has a bill and is billed. */
static int has_bill(struct connection *connection, const struct subscriber_row *subject, int64_t month, bool *has)
{
	struct statement *statement = statement_get(connection, SQL_BILL);
	int rc;

	*has = false;
	if (month > subject->bill_month)
		return DB_OK;
	statement_bind_number(statement, 1, subject->msisdn);
	statement_bind_number(statement, 2, month);
	rc = statement_next(statement);
	*has = rc == DB_ROW;
	return statement_put(statement, rc);
}

static void list_bind(struct statement *statement, const struct request *request, const struct subscriber_row *subject)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };

	statement_bind_number(statement, 1, subject->msisdn);
	switch (request->kind) {
	case REQUEST_BILLS:
		statement_bind_number(statement, 2, subject->bill_month);
		statement_bind_number(statement, 3, VIEW_BILLS_MAX);
		break;
	case REQUEST_BILL_LINES:
		statement_bind_number(statement, 2, record_number(&args, FIELD_MONTH, 0));
		break;
	case REQUEST_POINTS:
		statement_bind_number(statement, 2, VIEW_POINTS_MAX);
		break;
	case REQUEST_MESSAGES_MINE:
		statement_bind_number(statement, 2, VIEW_MESSAGES_MAX);
		break;
	case REQUEST_ORDERS_MINE:
		statement_bind_number(statement, 2, subject->orders_after);
		statement_bind_number(statement, 3, VIEW_ORDERS_MAX);
		break;
	case REQUEST_DATA_MINE:
		statement_bind_number(statement, 2, subject->orders_after);
		statement_bind_number(statement, 3, subject->consents_after);
		break;
	case REQUEST_SERVICES_INSTEAD:
		statement_bind_arg(statement, 2, &args, FIELD_INSTEAD);
		statement_bind_arg(statement, 3, &args, FIELD_SERVICE);
		break;
	default:
		break;
	}
}

/* Append the age of the list; 0: never updated. */
static void as_of_put(enum request_kind kind, const struct subscriber_row *subject, struct record *facts)
{
	if ((kind == REQUEST_BILLS || kind == REQUEST_BILL_LINES || kind == REQUEST_BILL_FEES) && subject->bills_as_of)
		record_put_number(facts, FIELD_BILLS_AS_OF, subject->bills_as_of);
	if (kind == REQUEST_POINTS && subject->points_as_of)
		record_put_number(facts, FIELD_POINTS_AS_OF, subject->points_as_of);
	if ((kind == REQUEST_SERVICES_MINE || kind == REQUEST_SERVICES_OFFERED || kind == REQUEST_SERVICES_INSTEAD) &&
	    subject->services_as_of)
		record_put_number(facts, FIELD_SERVICES_AS_OF, subject->services_as_of);
}

static int read_list(struct connection *connection, const struct request *request, struct response *response)
{
	const struct list *shape = &lists[request->kind];
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct statement *statement = statement_get(connection, shape->statement);
	struct subscriber_row subject;
	int rc = subscriber_row_read(connection, &request->subscriber, &subject);
	bool found = subject.known;

	if (rc == DB_OK && found && request->kind == REQUEST_BILL_LINES)
		rc = has_bill(connection, &subject, record_number(&args, FIELD_MONTH, 0), &found);
	response->result = found ? RESULT_OK : RESULT_NOT_FOUND;
	if (subject.known)
		as_of_put(request->kind, &subject, &response->facts);
	if (rc != DB_OK || !found)
		return rc;
	list_bind(statement, request, &subject);
	return rows_put(connection, request, statement, shape, &response->rows);
}

/* ---- fees and preferences ---- */

static int fees_of(struct connection *connection, const struct subscriber_row *subject, int64_t month, struct fees *fees)
{
	enum { ITEM, AMOUNT, SERVICE, PROVIDER, FEE_CLASS };	/* SQL_BILL_LINES */
	struct statement *statement = statement_get(connection, SQL_BILL_LINES);
	bool found = false;
	int rc = DB_OK;

	if (!month)
		month = subject->bill_month;
	if (subject->known)
		rc = has_bill(connection, subject, month, &found);
	if (rc != DB_OK || !found)
		return rc;
	fees_begin(fees, month);
	statement_bind_number(statement, 1, subject->msisdn);
	statement_bind_number(statement, 2, month);
	while ((rc = statement_next(statement)) == DB_ROW)
		fees_add_line(fees, column_text(statement, FEE_CLASS), column_text(statement, SERVICE),
			      column_number(statement, AMOUNT));
	return statement_put(statement, rc);
}

int fees_read(struct connection *connection, const struct subscriber *subscriber, int64_t month, struct fees *fees)
{
	struct subscriber_row subject;
	const int rc = subscriber_row_read(connection, subscriber, &subject);

	return rc == DB_OK ? fees_of(connection, &subject, month, fees) : rc;
}

static int bill_fees(struct connection *connection, const struct request *request, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct subscriber_row subject;
	struct fees fees;
	int rc = subscriber_row_read(connection, &request->subscriber, &subject);

	fees_begin(&fees, 0);
	if (rc == DB_OK)
		rc = fees_of(connection, &subject, record_number(&args, FIELD_MONTH, 0), &fees);
	response->result = fees.month ? RESULT_OK : RESULT_NOT_FOUND;
	if (subject.known)
		as_of_put(request->kind, &subject, &response->facts);
	if (fees.month)
		fees_put(&fees, &response->facts, &response->rows);
	return rc;
}

static int preferences_mine(struct connection *connection, const struct request *request, struct response *response)
{
	struct statement *statement = statement_get(connection, SQL_PREFERENCES_MINE);
	struct preference preferences[PREFERENCES_MAX];
	struct subscriber_row subject;
	unsigned int count = 0;
	int rc = subscriber_row_read(connection, &request->subscriber, &subject);

	response->result = subject.known ? RESULT_OK : RESULT_NOT_FOUND;
	if (rc != DB_OK || !subject.known)
		return rc;
	statement_bind_number(statement, 1, subject.msisdn);
	while (count < PREFERENCES_MAX && (rc = statement_next(statement)) == DB_ROW)
		count += preference_read(statement, 0, &preferences[count]);
	view_preferences(preferences, count, &connection->rules.messages, &response->rows);
	return statement_put(statement, rc);
}

static int messages_waiting(struct connection *connection, const struct request *request, struct response *response)
{
	uint8_t octets[128];
	int rc = DB_OK;

	response->result = RESULT_OK;
	for (unsigned int i = 0; rc == DB_OK && i < notification_kinds_count; i++) {
		const char *kind = notification_kinds[i].name;
		struct record row = { .data = octets, .size = sizeof(octets) };
		struct statement *statement = statement_get(connection, SQL_MESSAGES_WAITING);
		int64_t count = 0;

		statement_bind_text(statement, 1, kind);
		statement_bind_number(statement, 2, MESSAGES_COUNTED_MAX);
		rc = statement_next(statement);
		if (rc == DB_ROW)
			count = column_number(statement, 0);
		rc = statement_put(statement, rc);
		record_append_text(&row, FIELD_NOTIFICATION, kind, strlen(kind));
		record_append_number(&row, FIELD_STORED, count);
		if (rc == DB_OK && notification_kinds[i].choice == CHOICE_OPT_IN) {
			statement = statement_get(connection, SQL_SEARCH_PROGRESS);
			statement_bind_text(statement, 1, kind);
			rc = statement_next(statement);
			if (rc == DB_ROW) {
				record_append_number(&row, ARG_SEARCHED, column_number(statement, 0));
				record_append_number(&row, ARG_SEARCH_BEGAN, column_number(statement, 1));
			}
			rc = statement_put(statement, rc);
		}
		if (count)
			rows_add(&response->rows, &row);
	}
	return rc;
}

static int event_fetch(struct connection *connection, const struct request *request, struct response *response)
{
	static const uint16_t fields[] = { FIELD_REASON, FIELD_KIND, FIELD_NOTIFICATION, FIELD_SENDING, FIELD_SENT, FIELD_PROPOSAL,
					   FIELD_CONFIRM_UNTIL, ARG_REPLY, FIELD_TRIES_LEFT, FIELD_STATE };
	enum { TERMS, REF, MSISDN, REST };	/* SQL_EVENT_FETCH */
	struct record *facts = &response->facts;
	char ref[REF_TEXT_SIZE];
	struct statement *statement = statement_get(connection, SQL_EVENT_FETCH);
	int rc;

	statement_bind_text(statement, 1, request->event.source);
	statement_bind_text(statement, 2, request->event.id);
	statement_bind_number(statement, 3, PROPOSAL_TRIES);
	rc = statement_next(statement);
	response->result = rc == DB_ROW ? RESULT_OK : RESULT_NOT_FOUND;
	if (rc == DB_ROW) {
		facts->len = column_blob_copy(statement, TERMS, facts->data, facts->size);
		msisdn_put(facts, column_number(statement, MSISDN));
		columns_put(statement, REST, fields, sizeof(fields) / sizeof(*fields), facts);
		if (!column_is_null(statement, REF))
			record_append_text(facts, FIELD_REF, ref_print((uint64_t)column_number(statement, REF), ref),
					   REF_TEXT_SIZE - 1);
	}
	return statement_put(statement, rc);
}

/* ---- due work ---- */

static struct statement *due_begin(struct connection *connection, enum sql which, const struct due_asked *asked)
{
	struct statement *statement = statement_get(connection, which);

	statement_bind_number(statement, 1, asked->claim.until);
	statement_bind_number(statement, 2, (int64_t)asked->claim.max + asked->claimed_count);
	return statement;
}

static bool is_claimed(const struct due_asked *asked, int64_t id)
{
	unsigned int i = 0;

	while (i < asked->claimed_count && asked->claimed[i] != id)
		i++;
	return i < asked->claimed_count;
}

static int orders_due(struct connection *connection, const struct due_asked *asked, struct response *response)
{
	enum { ID, REF, ATTEMPTS, MSISDN, SERVICE, PRICE, PERIOD, EFFECTIVE, TAKEN, INSTEAD, KIND, TRIAL, TRIAL_PRICE,
	       TRIAL_ENDS, FORM, TICKET };	/* SQL_ORDERS_DUE */
	struct statement *statement = due_begin(connection, SQL_ORDERS_DUE, asked);
	int rc = DB_OK;

	response->part = RESPONSE_ORDERS;
	while (response->orders_count < DUE_MAX && response->orders_count < asked->claim.max &&
	       (rc = statement_next(statement)) == DB_ROW) {
		const enum order_kind kind = order_kind_by_name(column_text(statement, KIND));
		struct due_order due = {
			.id = column_number(statement, ID), .ref = (uint64_t)column_number(statement, REF),
			.msisdn = column_number(statement, MSISDN),
			.effective = (uint32_t)column_number(statement, EFFECTIVE), .price = column_number(statement, PRICE),
			.trial_until = (uint32_t)column_number(statement, TRIAL),
			.trial_price = column_number(statement, TRIAL_PRICE),
			.trial_paid = trial_ends_by_name(column_text(statement, TRIAL_ENDS)) == TRIAL_ENDS_PAID,
			.ordered = column_number(statement, TAKEN), .attempts = (uint32_t)column_number(statement, ATTEMPTS),
			.ticket = column_number(statement, TICKET),
		};

		if (kind == ORDER_KINDS || is_claimed(asked, due.id))
			continue;
		due.kind = order_request_kind(kind);
		column_copy(statement, PERIOD, due.period, sizeof(due.period));
		column_copy(statement, SERVICE, due.service, sizeof(due.service));
		column_copy(statement, INSTEAD, due.instead, sizeof(due.instead));
		column_copy(statement, FORM, due.form, sizeof(due.form));
		response_add_order(response, &due, NULL);
	}
	return statement_put(statement, rc);
}

static int backend_orders_due(struct connection *connection, const struct due_asked *asked, struct response *response)
{
	enum { ID, REF, ATTEMPTS, MSISDN, BACKEND, SENT, TAKEN };	/* SQL_BACKEND_ORDERS_DUE */
	struct statement *statement = due_begin(connection, SQL_BACKEND_ORDERS_DUE, asked);
	int rc = DB_OK;

	response->part = RESPONSE_ORDERS;
	while (response->orders_count < asked->claim.max && (rc = statement_next(statement)) == DB_ROW) {
		struct due_order due = {
			.id = column_number(statement, ID), .ref = (uint64_t)column_number(statement, REF),
			.msisdn = column_number(statement, MSISDN), .kind = REQUEST_BACKEND_ORDER,
			.ordered = column_number(statement, TAKEN), .attempts = (uint32_t)column_number(statement, ATTEMPTS),
		};

		if (is_claimed(asked, due.id))
			continue;
		column_copy(statement, BACKEND, due.backend, sizeof(due.backend));
		if (response_add_order(response, &due, column_text(statement, SENT)))
			break;
	}
	return statement_put(statement, rc);
}

/* Messages of the kinds that count, sent to the subscriber since the beginning of the day. */
static int sent_since(struct connection *connection, const struct claim *claim, int64_t msisdn, uint32_t *count)
{
	struct statement *statement = statement_of(connection, SQL_NOTIFICATIONS_SENT, msisdn);
	int rc;

	statement_bind_number(statement, 2, claim->since);
	while ((rc = statement_next(statement)) == DB_ROW) {
		const struct column name = column_get(statement, 0);
		const struct notification_kind *kind = notification_kind_find(name.octets, name.len);

		*count += kind && claim->counted >> notification_kind_index(kind) & 1;
	}
	return statement_put(statement, rc);
}

/* Due notifications of one kind; *\a left: how many more of the kinds that are limited together. */
static int kind_due(struct connection *connection, const struct due_asked *asked, unsigned int kind, unsigned int *left,
		    struct response *response)
{
	enum { ID, KIND, MSISDN, BLOB, ATTEMPTS, EXPIRES, LATEST };	/* SQL_NOTIFICATIONS_DUE */
	const struct claim *claim = &asked->claim;
	const bool hurried = claim->hurried >> kind & 1, limited = claim->limited >> kind & 1;
	struct statement *statement = due_begin(connection, hurried ? SQL_NOTIFICATIONS_HURRIED : SQL_NOTIFICATIONS_DUE, asked);
	int rc = DB_OK;

	statement_bind_text(statement, 3, notification_kinds[kind].name);
	if (hurried)
		statement_bind_number(statement, 4, claim->latest);
	while (response->rows.count < DUE_MAX && response->rows.count < claim->max && (!limited || *left) &&
	       (rc = statement_next(statement)) == DB_ROW) {
		const struct column blob = column_get(statement, BLOB);
		struct due_notification due = {
			.id = column_number(statement, ID), .msisdn = column_number(statement, MSISDN),
			.attempts = (uint32_t)column_number(statement, ATTEMPTS), .kind = column_text(statement, KIND),
			.expires = column_number(statement, EXPIRES), .latest = column_number(statement, LATEST),
		};

		if (is_claimed(asked, due.id))
			continue;
		if (claim->counted >> kind & 1)
			rc = sent_since(connection, claim, due.msisdn, &due.sent_since);
		notification_decode((const uint8_t *)blob.octets, blob.len, &due);
		if (rc != DB_ROW && rc != DB_OK)
			break;
		if (response_add_notification(response, &due))
			break;
		*left -= limited;
	}
	return statement_put(statement, rc);
}

static int notifications_due(struct connection *connection, const struct due_asked *asked, struct response *response)
{
	unsigned int left = asked->claim.limit, kind;
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && claim_kind(&asked->claim, i, &kind); i++)
		rc = kind_due(connection, asked, kind, &left, response);
	return rc;
}

int due_read(struct connection *connection, const void *what, struct response *response)
{
	const struct due_asked *asked = what;

	static int (*const queues[QUEUES])(struct connection *, const struct due_asked *, struct response *) = {
		[QUEUE_ORDERS] = orders_due,
		[QUEUE_BACKEND_ORDERS] = backend_orders_due,
		[QUEUE_NOTIFICATIONS] = notifications_due,
	};

	response->result = RESULT_OK;
	return queues[asked->queue](connection, asked, response);
}

/* Short messages come with an MSISDN, which need not be looked up each time. */
static int number_find(struct connection *connection, const struct subscriber *subscriber, int64_t *msisdn, bool *known)
{
	struct subscriber_row subject;
	int rc;

	*known = msisdn_key(subscriber->msisdn, msisdn);
	if (*known)
		return DB_OK;
	rc = subscriber_row_read(connection, subscriber, &subject);
	*known = subject.known;
	*msisdn = subject.msisdn;
	return rc;
}

/* Sessions and digests of another version may be longer; ignore them. */
static void conversation_found(struct statement *statement, struct response *response)
{
	const struct column session = column_get(statement, 0), digest = column_get(statement, 1);
	struct conversation_found *found = &response->conversation;

	response->part = RESPONSE_CONVERSATION;
	found->session_len = session.len <= sizeof(found->session) ? (uint16_t)session.len : 0;
	if (found->session_len)
		memcpy(found->session, session.octets, session.len);
	found->until = column_number(statement, 2);
	found->answered = digest.len == ANSWERED_DIGEST_SIZE;
	if (found->answered)
		memcpy(found->digest, digest.octets, sizeof(found->digest));
	response->result = found->session_len ? RESULT_OK : RESULT_NOT_FOUND;
}

static int conversation(struct connection *connection, const struct request *request, struct response *response)
{
	struct statement *statement = statement_get(connection, SQL_CONVERSATION);
	int64_t msisdn;
	bool known;
	int rc = number_find(connection, &request->subscriber, &msisdn, &known);

	response->result = RESULT_NOT_FOUND;
	if (rc != DB_OK || !known)
		return rc;
	statement_bind_number(statement, 1, msisdn);
	statement_bind_text(statement, 2, request->conversation.short_code);
	statement_bind_number(statement, 3, request->now);
	rc = statement_next(statement);
	if (rc == DB_ROW)
		conversation_found(statement, response);
	return statement_put(statement, rc);
}

static int tickets(struct connection *connection, const struct request *request, struct response *response)
{
	int64_t msisdn;
	bool known;
	const int rc = number_find(connection, &request->subscriber, &msisdn, &known);

	response->result = RESULT_NOT_FOUND;
	return rc == DB_OK && known ? tickets_answer(connection, msisdn, request, response) : rc;
}

int request_read(struct connection *connection, const void *what, struct response *response)
{
	const struct request *request = what;

	if (request->kind == REQUEST_PROFILE)
		return profile(connection, request, response);
	if (request->kind == REQUEST_CONVERSATION_FETCH)
		return conversation(connection, request, response);
	if (request->kind == REQUEST_BILL_FEES)
		return bill_fees(connection, request, response);
	if (request->kind == REQUEST_PREFERENCES_MINE)
		return preferences_mine(connection, request, response);
	if (request->kind == REQUEST_EVENT_FETCH)
		return event_fetch(connection, request, response);
	if (request->kind == REQUEST_MESSAGES_WAITING)
		return messages_waiting(connection, request, response);
	if (request->kind == REQUEST_BARRED)
		return barred_read(connection, request, response);
	if (request->kind == REQUEST_TICKET_LIST)
		return tickets_list(connection, request, response);
	if (request->kind == REQUEST_TICKETS_MINE || request->kind == REQUEST_TICKET_STATE || request->kind == REQUEST_TICKET_ANSWERS ||
	    request->kind == REQUEST_TICKET_HISTORY || request->kind == REQUEST_DATA_ACCESSES)
		return tickets(connection, request, response);
	return read_list(connection, request, response);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that change nothing: one or two look-ups each. */
#include <string.h>

#include "starhash/account.h"
#include "store/sqlite/connection.h"

#define ROW_SIZE 128
#define DIGITS_MAX 15

static bool digits_key(const char *digits, sqlite3_int64 *key)
{
	sqlite3_int64 number = 0;
	const char *at = digits;

	for (; *at >= '0' && *at <= '9' && at - digits < DIGITS_MAX; at++)
		number = number * 10 + (*at - '0');
	*key = number;
	return at > digits && !*at;
}

/* An international number does not begin with 0, so the number says it all. */
bool msisdn_key(const char *msisdn, sqlite3_int64 *key)
{
	return digits_key(msisdn, key) && *msisdn != '0';
}

bool imsi_key(const char *imsi, sqlite3_int64 *key)
{
	return digits_key(imsi, key);
}

/* The statement for MSISDN or IMSI with its key bound; NULL when neither can be anybody's. */
static sqlite3_stmt *find(struct connection *connection, const struct subscriber *subscriber, enum statement by_msisdn,
			  enum statement by_imsi)
{
	sqlite3_stmt *statement;
	sqlite3_int64 key;

	if (subscriber->msisdn[0] ? !msisdn_key(subscriber->msisdn, &key) : !imsi_key(subscriber->imsi, &key))
		return NULL;
	statement = statement_get(connection, subscriber->msisdn[0] ? by_msisdn : by_imsi);
	sqlite3_bind_int64(statement, 1, key);
	return statement;
}

int who_read(struct connection *connection, const struct subscriber *subscriber, struct who *who)
{
	sqlite3_stmt *statement = find(connection, subscriber, SQL_WHO, SQL_WHO_BY_IMSI);
	int rc;

	memset(who, 0, sizeof(*who));
	if (!statement)
		return SQLITE_OK;
	rc = sqlite3_step(statement);
	who->known = rc == SQLITE_ROW;
	if (who->known) {
		who->msisdn = sqlite3_column_int64(statement, 0);
		who->bill_month = sqlite3_column_int64(statement, 1);
	}
	return statement_put(statement, rc);
}

void columns_put(sqlite3_stmt *statement, int first, const uint16_t *fields, int count, struct record *record)
{
	for (int i = 0; i < count; i++) {
		/* "Unprotected" by the manual; with a connection of one thread that is no difference. */
		sqlite3_value *value = sqlite3_column_value(statement, first + i);

		switch (sqlite3_value_type(value)) {
		case SQLITE_INTEGER:
			record_append_number(record, fields[i], sqlite3_value_int64(value));
			break;
		case SQLITE_TEXT:
			/* As a blob: as a text it would be copied, to put a zero behind it. */
			record_append_text(record, fields[i], (const char *)sqlite3_value_blob(value),
					   (size_t)sqlite3_value_bytes(value));
			break;
		}
	}
}

void msisdn_put(struct record *facts, sqlite3_int64 msisdn)
{
	char digits[MSISDN_SIZE + 4];
	char *at = digits + sizeof(digits);
	const char *end = at;

	do {
		*--at = (char)('0' + msisdn % 10);
		msisdn /= 10;
	} while (msisdn && at > digits);
	record_put_text(facts, FIELD_MSISDN, at, (size_t)(end - at));
}

static int profile(struct connection *connection, const struct request *request, struct response *response)
{
	static const uint16_t fields[] = {
		FIELD_ACCOUNT, FIELD_BRAND, FIELD_STATUS, FIELD_LANGUAGE, FIELD_SERVICES,
		FIELD_BALANCE, FIELD_OWED, FIELD_VALID_UNTIL, FIELD_BILL_MONTH, FIELD_BILL_TOTAL, FIELD_POINTS,
		FIELD_AS_OF,
	};
	sqlite3_stmt *statement = find(connection, &request->subscriber, SQL_PROFILE, SQL_PROFILE_BY_IMSI);
	int rc;

	response->result = RESULT_NOT_FOUND;
	if (!statement)
		return SQLITE_OK;
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW) {
		response->result = RESULT_OK;
		msisdn_put(&response->facts, sqlite3_column_int64(statement, 0));
		columns_put(statement, 1, fields, sizeof(fields) / sizeof(*fields), &response->facts);
	}
	return statement_put(statement, rc);
}

/* Every row of a statement that is bound already; what does not fit any more is left out. */
static int rows_put(sqlite3_stmt *statement, const uint16_t *fields, struct rows *rows)
{
	const int count = sqlite3_column_count(statement);
	uint8_t octets[ROW_SIZE];
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		columns_put(statement, 0, fields, count, &row);
		rows_add(rows, &row);
	}
	return statement_put(statement, rc);
}

/* Lists that need the subscriber alone, or the last billed month too. */
static const struct list {
	enum statement statement;
	uint16_t fields[4];
} lists[REQUEST_KIND_COUNT] = {
	[REQUEST_BILLS] = { SQL_BILLS, { FIELD_MONTH, FIELD_TOTAL } },
	[REQUEST_BILL_LINES] = { SQL_BILL_LINES, { FIELD_ITEM, FIELD_AMOUNT } },
	[REQUEST_POINTS] = { SQL_POINTS, { FIELD_DATE, FIELD_CHANGE, FIELD_REASON } },
	[REQUEST_SERVICES_MINE] = { SQL_MINE, { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD, FIELD_SINCE } },
	[REQUEST_SERVICES_OFFERED] = { SQL_OFFERED, { FIELD_SERVICE, FIELD_PRICE, FIELD_PERIOD } },
};

/* Whether there is a bill of that month, and it is billed. */
static int has_bill(struct connection *connection, const struct who *who, sqlite3_int64 month, bool *has)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_BILL);
	int rc;

	*has = false;
	if (month > who->bill_month)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, who->msisdn);
	sqlite3_bind_int64(statement, 2, month);
	rc = sqlite3_step(statement);
	*has = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static int list(struct connection *connection, const struct request *request, struct response *response)
{
	const struct list *shape = &lists[request->kind];
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	sqlite3_stmt *statement = statement_get(connection, shape->statement);
	sqlite3_int64 month = record_number(&args, FIELD_MONTH, 0);
	struct who who;
	int rc = who_read(connection, &request->subscriber, &who);
	bool found = who.known;

	if (rc == SQLITE_OK && found && request->kind == REQUEST_BILL_LINES)
		rc = has_bill(connection, &who, month, &found);
	response->result = found ? RESULT_OK : RESULT_NOT_FOUND;
	if (rc != SQLITE_OK || !found)
		return rc;
	sqlite3_bind_int64(statement, 1, who.msisdn);
	if (sqlite3_bind_parameter_count(statement) > 1)
		sqlite3_bind_int64(statement, 2, request->kind == REQUEST_BILLS ? who.bill_month : month);
	return rows_put(statement, shape->fields, &response->rows);
}

static int conversation(struct connection *connection, const struct request *request, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	sqlite3_stmt *statement = statement_get(connection, SQL_CONVERSATION);
	struct who who;
	int rc = who_read(connection, &request->subscriber, &who);

	response->result = RESULT_NOT_FOUND;
	if (rc != SQLITE_OK || !who.known)
		return rc;
	sqlite3_bind_int64(statement, 1, who.msisdn);
	statement_bind_arg(statement, 2, &args, ACCOUNT_FACT_NUMBER);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW &&
	    !record_append_text(&response->facts, ACCOUNT_FACT_SESSION, sqlite3_column_blob(statement, 0),
				(size_t)sqlite3_column_bytes(statement, 0)))
		response->result = RESULT_OK;
	return statement_put(statement, rc);
}

int request_read(struct connection *connection, const struct request *request, struct response *response)
{
	if (request->kind == REQUEST_PROFILE)
		return profile(connection, request, response);
	if (request->kind == REQUEST_CONVERSATION_FETCH)
		return conversation(connection, request, response);
	return list(connection, request, response);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes: who makes which. Each leaves its reference number, its subscriber and its answer in the same transaction, and a
 * repetition gets that answer; another subscriber's is refused. The exceptions: an attempt at a password is counted and judged, and
 * its end done, whatever the reference says, and keeping a conversation has none. */
#include <string.h>

#include "store/sqlite/change.h"
#include "starhash/calendar.h"

/* ---- what all of them share ---- */

sqlite3_stmt *call_begin(const struct call *call, enum statement which)
{
	sqlite3_stmt *statement = statement_get(call->connection, which);

	sqlite3_bind_int64(statement, 1, call->who.msisdn);
	return statement;
}

int64_t call_day(const struct call *call)
{
	return day_of(call->request->now, call->request->utc_offset);
}

int call_apply(const struct call *call, sqlite3_stmt *statement, bool *changed)
{
	int rc = sqlite3_step(statement);

	*changed = rc == SQLITE_ROW || (rc == SQLITE_DONE && sqlite3_changes(call->connection->db) > 0);
	return statement_put(statement, rc);
}

/* ---- reference numbers ---- */

static enum result result_by_name(const char *name)
{
	for (enum result result = 0; result < RESULT_COUNT; result++) {
		if (!strcmp(result_name(result), name))
			return result;
	}
	return RESULT_UNAVAILABLE;
}

/* Columns of SQL_CHANGE. */
enum { PAST_KIND, PAST_MSISDN, PAST_RESULT, PAST_FACTS };

static void past_take(sqlite3_stmt *statement, struct response *response)
{
	const uint8_t *facts = sqlite3_column_blob(statement, PAST_FACTS);
	const size_t len = (size_t)sqlite3_column_bytes(statement, PAST_FACTS);

	response->result = result_by_name((const char *)sqlite3_column_text(statement, PAST_RESULT));
	if (len > response->facts.size || !record_check(facts, len))
		return;
	if (len)
		memcpy(response->facts.data, facts, len);
	response->facts.len = (uint16_t)len;
}

/* What accounts/ raises the alarm with; \a other: 0 when it is not known. */
static void past_alien(const struct call *call, int64_t other)
{
	struct record *facts = &call->response->facts;

	record_wipe(facts);
	call->response->result = RESULT_ALIEN;
	msisdn_put(facts, call->who.msisdn);
	record_put_number(facts, ACCOUNT_FACT_REF, (int64_t)call->request->ref);
	record_put_number(facts, ACCOUNT_FACT_OTHER, other);
}

/* The changes and orders of the request's reference. The same subscriber's of the same kind is the answer. Anybody else's is
 * alien: so is one of which nobody knows whose it is, and an order of which nobody knows the answer any more. */
static int past_find(const struct call *call, bool *found)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_CHANGE);
	bool answered = false, alien = false;
	int64_t other = 0;
	int rc;

	*found = false;
	sqlite3_bind_int64(statement, 1, (sqlite3_int64)call->request->ref);
	while (!alien && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		other = sqlite3_column_int64(statement, PAST_MSISDN);
		alien = other != call->who.msisdn;
		if (strcmp((const char *)sqlite3_column_text(statement, PAST_KIND), request_kind_name(call->request->kind)))
			continue;
		*found = true;
		if (sqlite3_column_type(statement, PAST_RESULT) == SQLITE_NULL)
			continue;
		answered = true;
		past_take(statement, call->response);
	}
	if (alien || (*found && !answered))
		past_alien(call, other);
	*found |= alien;
	return statement_put(statement, rc);
}

static int past_add(const struct call *call)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_CHANGE_ADD);

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)call->request->ref);
	statement_bind_text(statement, 2, request_kind_name(call->request->kind));
	statement_bind_text(statement, 3, result_name(call->response->result));
	statement_bind_record(statement, 4, &call->response->facts);
	sqlite3_bind_int64(statement, 5, call->request->now);
	sqlite3_bind_int64(statement, 6, call->who.msisdn);
	return statement_step(statement);
}

/* ---- small changes ---- */

int services_refresh(const struct call *call)
{
	static const uint16_t fields[] = { FIELD_SERVICES };
	sqlite3_stmt *statement = call_begin(call, SQL_SERVICES);
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		columns_put(statement, 0, fields, 1, &call->response->facts);
		rc = sqlite3_step(statement);
	}
	return statement_put(statement, rc);
}

static int language_set(struct call *call)
{
	sqlite3_stmt *statement;
	char code[CODE_SIZE];
	size_t len = record_text(&call->args, FIELD_LANGUAGE, code, sizeof(code));

	call->response->result = RESULT_REFUSED;
	if (!len || len >= sizeof(code))
		return SQLITE_OK;
	call->response->result = RESULT_OK;
	record_put_text(&call->response->facts, FIELD_LANGUAGE, code, len);
	statement = call_begin(call, SQL_LANGUAGE);
	statement_bind_arg(statement, 2, &call->args, FIELD_LANGUAGE);
	return statement_step(statement);
}

/* ---- all of them ---- */

static const struct {
	int (*make)(struct call *call);
	bool for_nobody;	/* about no subscriber in particular */
} changes[REQUEST_KIND_COUNT] = {
	[REQUEST_SERVICE_OPEN] = { .make = order_service },
	[REQUEST_SERVICE_CANCEL] = { .make = order_service },
	[REQUEST_SERVICE_KEEP] = { .make = order_service },
	[REQUEST_LINE_SUSPEND] = { .make = order_other },
	[REQUEST_LINE_RESUME] = { .make = order_other },
	[REQUEST_DATA_DELETE] = { .make = order_other },
	[REQUEST_LANGUAGE_SET] = { .make = language_set },
	[REQUEST_PASSWORD_ATTEMPT] = { .make = password_attempt },
	[REQUEST_PASSWORD_SET] = { .make = password_set },
	[REQUEST_CONVERSATION_KEEP] = { .make = kept_put },
	[REQUEST_CONVERSATION_EXPIRE] = { .make = kept_expire },
	[REQUEST_TEXT_KEEP] = { .make = kept_text },
	[REQUEST_ORDER_SETTLE] = { .make = order_settle, .for_nobody = true },
	[REQUEST_NOTICE_SETTLE] = { .make = notice_settle, .for_nobody = true },
	[REQUEST_HOUSEKEEP] = { .make = housekeep, .for_nobody = true },
};

bool request_writes(enum request_kind kind)
{
	return changes[kind].make;
}

/* Passwords have no past: a guess under an old reference would get that one's answer, and not be counted. */
static bool leaves_trace(enum request_kind kind)
{
	return request_changes(kind) && kind != REQUEST_PASSWORD_ATTEMPT && kind != REQUEST_PASSWORD_SET;
}

static int change_once(struct call *call)
{
	bool found = false;
	int rc = past_find(call, &found);

	if (rc != SQLITE_OK || found)
		return rc;
	rc = changes[call->request->kind].make(call);
	return rc == SQLITE_OK ? past_add(call) : rc;
}

int request_write(struct connection *connection, const void *what, struct response *response)
{
	const struct request *request = what;
	struct call call = {
		.connection = connection,
		.request = request,
		.args = { .data = (uint8_t *)request->args, .len = request->args_len },
		.response = response,
	};
	int rc;

	response->result = RESULT_NOT_FOUND;
	if (changes[request->kind].for_nobody)
		return changes[request->kind].make(&call);
	rc = who_read(connection, &request->subscriber, &call.who);
	if (rc != SQLITE_OK || !call.who.known)
		return rc;
	rc = leaves_trace(request->kind) ? change_once(&call) : changes[request->kind].make(&call);
	return rc == SQLITE_OK ? answered_put(&call) : rc;
}

int change_whole(struct connection *connection, change_make *make, const void *what, struct response *response)
{
	int rc = statement_run(connection, SQL_SAVE);
	int ended;

	if (rc != SQLITE_OK)
		return rc;
	rc = make(connection, what, response);
	if (rc != SQLITE_OK)
		statement_run(connection, SQL_UNDO);
	ended = statement_run(connection, SQL_RELEASE);
	return rc == SQLITE_OK ? ended : rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes. Each leaves its reference number and its answer in the same transaction, and a repetition gets that answer.
 * The exceptions: an attempt at a password is answered with the hash of now, and clearing its count leaves no trace, nor
 * does keeping a conversation. */
#include <string.h>

#include "starhash/account.h"
#include "store/sqlite/connection.h"

#define CODE_SIZE 32

struct call {
	struct connection *connection;
	const struct request *request;
	struct record args;
	struct who who;
	struct response *response;
};

/* A statement with the subscriber as first parameter. */
static sqlite3_stmt *begin(const struct call *call, enum statement which)
{
	sqlite3_stmt *statement = statement_get(call->connection, which);

	sqlite3_bind_int64(statement, 1, call->who.msisdn);
	return statement;
}

/* Step an UPDATE or DELETE; *\a changed: whether it found its row. */
static int apply(const struct call *call, sqlite3_stmt *statement, bool *changed)
{
	int rc = sqlite3_step(statement);

	*changed = rc == SQLITE_DONE && sqlite3_changes(call->connection->db) > 0;
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

static void past_take(sqlite3_stmt *statement, struct response *response)
{
	const uint8_t *facts = sqlite3_column_blob(statement, 1);
	const size_t len = (size_t)sqlite3_column_bytes(statement, 1);

	response->result = result_by_name((const char *)sqlite3_column_text(statement, 0));
	if (len > response->facts.size || !record_check(facts, len))
		return;
	if (len)
		memcpy(response->facts.data, facts, len);
	response->facts.len = (uint16_t)len;
}

/* Look for a change of this reference; when there is one, \a response becomes its answer. */
static int past_find(const struct call *call, enum request_kind kind, struct response *response, bool *found)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_CHANGE);
	int rc;

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)call->request->ref);
	statement_bind_text(statement, 2, request_kind_name(kind));
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found)
		past_take(statement, response);
	return statement_put(statement, rc);
}

static int past_add(const struct call *call)
{
	sqlite3_stmt *statement = statement_get(call->connection, SQL_CHANGE_ADD);

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)call->request->ref);
	statement_bind_text(statement, 2, request_kind_name(call->request->kind));
	statement_bind_text(statement, 3, result_name(call->response->result));
	sqlite3_bind_blob(statement, 4, call->response->facts.data, call->response->facts.len, SQLITE_STATIC);
	return statement_put(statement, sqlite3_step(statement));
}

/* ---- services ---- */

/* Write the subscriber's list of services anew and tell it. */
static int services_refresh(const struct call *call)
{
	static const uint16_t fields[] = { FIELD_SERVICES };
	sqlite3_stmt *statement = begin(call, SQL_SERVICES);
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		columns_put(statement, 0, fields, 1, &call->response->facts);
		rc = sqlite3_step(statement);
	}
	return statement_put(statement, rc);
}

static int service_judge(const struct call *call, enum result *result)
{
	sqlite3_stmt *statement = begin(call, SQL_SERVICE);
	int rc;

	statement_bind_arg(statement, 2, &call->args, FIELD_SERVICE);
	rc = sqlite3_step(statement);
	if (rc != SQLITE_ROW)
		*result = RESULT_NOT_FOUND;
	else if (sqlite3_column_int(statement, 1))
		*result = RESULT_DUPLICATE;
	else
		*result = sqlite3_column_int(statement, 0) ? RESULT_OK : RESULT_REFUSED;
	return statement_put(statement, rc);
}

static int service_open(struct call *call)
{
	sqlite3_stmt *statement;
	int rc = service_judge(call, &call->response->result);

	if (rc == SQLITE_OK && call->response->result == RESULT_OK) {
		statement = begin(call, SQL_OPEN);
		statement_bind_arg(statement, 2, &call->args, FIELD_SERVICE);
		rc = statement_put(statement, sqlite3_step(statement));
	}
	return rc == SQLITE_OK ? services_refresh(call) : rc;
}

static int service_cancel(struct call *call)
{
	sqlite3_stmt *statement = begin(call, SQL_CANCEL);
	bool changed;
	int rc;

	statement_bind_arg(statement, 2, &call->args, FIELD_SERVICE);
	rc = apply(call, statement, &changed);
	call->response->result = changed ? RESULT_OK : RESULT_NOT_FOUND;
	return rc == SQLITE_OK ? services_refresh(call) : rc;
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
	statement = begin(call, SQL_LANGUAGE);
	statement_bind_arg(statement, 2, &call->args, FIELD_LANGUAGE);
	return statement_put(statement, sqlite3_step(statement));
}

/* ---- passwords ---- */

static int password_tell(const struct call *call)
{
	static const uint16_t fields[] = {
		ACCOUNT_FACT_HASH, ACCOUNT_FACT_TRIES, ACCOUNT_FACT_ID_NUMBER,
	};
	struct record *facts = &call->response->facts;
	sqlite3_stmt *statement = begin(call, SQL_PASSWORD);
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW) {
		msisdn_put(facts, call->who.msisdn);
		columns_put(statement, 0, fields, 3, facts);
	}
	return statement_put(statement, rc);
}

/* Count it. No row changes when there were too many, or when there is no password to match. */
static int password_count(const struct call *call)
{
	sqlite3_stmt *statement = begin(call, SQL_TRY);
	bool changed;
	int rc;

	sqlite3_bind_int64(statement, 2, call->connection->tries_max);
	rc = apply(call, statement, &changed);
	call->response->result = changed ? RESULT_OK : RESULT_LOCKED;
	return rc == SQLITE_OK && changed ? past_add(call) : rc;
}

static int password_attempt(struct call *call)
{
	bool found;
	int rc = past_find(call, REQUEST_PASSWORD_SET, call->response, &found);

	if (rc != SQLITE_OK || found) {
		record_put_number(&call->response->facts, ACCOUNT_FACT_DONE, 1);
		return rc;
	}
	rc = past_find(call, REQUEST_PASSWORD_ATTEMPT, call->response, &found);
	if (rc == SQLITE_OK && !found)
		rc = password_count(call);
	return rc == SQLITE_OK && call->response->result == RESULT_OK ? password_tell(call) : rc;
}

static int password_set(struct call *call)
{
	sqlite3_stmt *statement = begin(call, SQL_PASSWORD_SET);
	bool changed;
	int rc;

	statement_bind_arg(statement, 2, &call->args, FIELD_OLD);
	statement_bind_arg(statement, 3, &call->args, FIELD_NEW);
	rc = apply(call, statement, &changed);
	sqlite3_clear_bindings(statement);
	call->response->result = changed ? RESULT_OK : RESULT_CONFLICT;
	return rc;
}

/* ---- conversations ---- */

int conversations_prune(struct connection *connection)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CONVERSATION_PRUNE);

	if (!connection->kept_last)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, connection->kept_last);
	connection->kept_last = 0;
	return statement_put(statement, sqlite3_step(statement));
}

static int conversation_put(const struct call *call, const struct value *session)
{
	sqlite3_stmt *statement = begin(call, SQL_CONVERSATION_KEEP);

	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_NUMBER);
	sqlite3_bind_blob(statement, 3, session->text, session->len, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, record_number(&call->args, ACCOUNT_FACT_UNTIL, 0));
	return statement_put(statement, sqlite3_step(statement));
}

static int conversation_forget(const struct call *call)
{
	sqlite3_stmt *statement = begin(call, SQL_CONVERSATION_FORGET);

	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_NUMBER);
	return statement_put(statement, sqlite3_step(statement));
}

static int conversation_keep(struct call *call)
{
	struct value number, session;

	call->response->result = RESULT_REFUSED;
	if (!record_get(&call->args, ACCOUNT_FACT_NUMBER, &number) || !number.is_text)
		return SQLITE_OK;
	call->response->result = RESULT_OK;
	if (!record_get(&call->args, ACCOUNT_FACT_SESSION, &session) || !session.is_text || !session.len)
		return conversation_forget(call);
	call->connection->kept_last = call->who.msisdn;
	return conversation_put(call, &session);
}

/* ---- all of them ---- */

static int (*const changes[REQUEST_KIND_COUNT])(struct call *call) = {
	[REQUEST_SERVICE_OPEN] = service_open,
	[REQUEST_SERVICE_CANCEL] = service_cancel,
	[REQUEST_LANGUAGE_SET] = language_set,
	[REQUEST_PASSWORD_SET] = password_set,
	[REQUEST_CONVERSATION_KEEP] = conversation_keep,
};

static bool leaves_no_trace(const struct call *call)
{
	struct value fresh;

	if (call->request->kind == REQUEST_CONVERSATION_KEEP)
		return true;
	return call->request->kind == REQUEST_PASSWORD_SET && !record_get(&call->args, FIELD_NEW, &fresh);
}

static int change_once(struct call *call)
{
	bool found = false;
	int rc = SQLITE_OK;

	if (leaves_no_trace(call))
		return changes[call->request->kind](call);
	rc = past_find(call, call->request->kind, call->response, &found);
	if (rc != SQLITE_OK || found)
		return rc;
	rc = changes[call->request->kind](call);
	return rc == SQLITE_OK ? past_add(call) : rc;
}

int request_write(struct connection *connection, const struct request *request, struct response *response)
{
	struct call call = {
		.connection = connection,
		.request = request,
		.args = { .data = (uint8_t *)request->args, .len = request->args_len },
		.response = response,
	};
	int rc = who_read(connection, &request->subscriber, &call.who);

	response->result = RESULT_NOT_FOUND;
	if (rc != SQLITE_OK || !call.who.known)
		return rc;
	return request->kind == REQUEST_PASSWORD_ATTEMPT ? password_attempt(&call) : change_once(&call);
}

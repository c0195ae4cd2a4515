/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages: kept for another process, and told of when a question of theirs ran out (S6). */
#include <stdio.h>

#include "store/sqlite/change.h"

#define NUMBER_SIZE 32
#define TOLD_WAIT_S 15			/* whoever says that it ran out tells it at once */
#define GRACE_S 10			/* a process that has a dialog for it says so itself */
#define DAY_S 86400			/* later it is of no use to anybody */

static int conversation_put(const struct call *call, const struct value *session)
{
	sqlite3_stmt *statement = call_begin(call, SQL_CONVERSATION_KEEP);

	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_NUMBER);
	sqlite3_bind_blob(statement, 3, session->text, session->len, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, record_number(&call->args, ACCOUNT_FACT_UNTIL, 0));
	statement_bind_arg(statement, 5, &call->args, ACCOUNT_FACT_LATE);
	return statement_step(statement);
}

static int conversation_forget(const struct call *call)
{
	sqlite3_stmt *statement = call_begin(call, SQL_CONVERSATION_FORGET);

	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_NUMBER);
	return statement_step(statement);
}

int kept_put(struct call *call)
{
	struct value number, session;

	call->response->result = RESULT_REFUSED;
	if (!record_get(&call->args, ACCOUNT_FACT_NUMBER, &number) || !number.is_text)
		return SQLITE_OK;
	call->response->result = RESULT_OK;
	if (!record_get(&call->args, ACCOUNT_FACT_SESSION, &session) || !session.is_text || !session.len)
		return conversation_forget(call);
	return conversation_put(call, &session);
}

int answered_put(const struct call *call)
{
	struct value number, digest;
	sqlite3_stmt *statement;
	int rc;

	if (!record_get(&call->args, ACCOUNT_FACT_DIGEST, &digest) || !digest.is_text ||
	    !record_get(&call->args, ACCOUNT_FACT_NUMBER, &number) || !number.is_text)
		return SQLITE_OK;
	rc = conversation_forget(call);
	if (rc != SQLITE_OK)
		return rc;
	statement = call_begin(call, SQL_ANSWERED_PUT);
	statement_bind_arg(statement, 2, &call->args, ACCOUNT_FACT_NUMBER);
	sqlite3_bind_blob(statement, 3, digest.text, digest.len, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 4, record_number(&call->args, ACCOUNT_FACT_ANSWERED_UNTIL, 0));
	return statement_step(statement);
}

/* A notice like any other: listed, tried again, counted and removed with its subscriber. */
int kept_text(struct call *call)
{
	struct notice notice = { .facts = { .data = notice.octets, .size = sizeof(notice.octets) } };
	int64_t id;
	int rc;

	call->response->result = RESULT_REFUSED;
	if (record_append(&notice.facts, &call->args))
		return SQLITE_OK;
	rc = notice_add(call, &notice, NOTICE_TEXT, TOLD_WAIT_S, &id);
	call->response->result = RESULT_OK;
	record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

/* ---- what ran out ---- */

/* Its notice while the row is there to be read. */
static int unanswered_take(const struct call *call, const char *number, struct notice *notice, bool *found)
{
	static const uint16_t fields[] = { ACCOUNT_FACT_NUMBER, ACCOUNT_FACT_LATE };
	sqlite3_stmt *statement = call_begin(call, SQL_CONVERSATION_EXPIRE);
	int rc;

	notice->facts = (struct record){ .data = notice->octets, .size = sizeof(notice->octets) };
	statement_bind_text(statement, 2, number);
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found) {
		columns_put(statement, 0, fields, 2, &notice->facts);
		rc = sqlite3_step(statement);
	}
	return statement_put(statement, rc);
}

static int unanswered_tell(const struct call *call, const char *number, int64_t wait_s, bool *found)
{
	struct notice notice;
	int64_t id;
	int rc = unanswered_take(call, number, &notice, found);

	if (rc == SQLITE_OK && *found)
		rc = notice_add(call, &notice, NOTICE_UNANSWERED, wait_s, &id);
	if (rc == SQLITE_OK && *found)
		record_put_number(&call->response->facts, ACCOUNT_FACT_NOTICE, id);
	return rc;
}

int kept_expire(struct call *call)
{
	char number[NUMBER_SIZE];
	bool found;
	int rc;

	record_text(&call->args, ACCOUNT_FACT_NUMBER, number, sizeof(number));
	rc = unanswered_tell(call, number, TOLD_WAIT_S, &found);
	call->response->result = found ? RESULT_OK : RESULT_NOT_FOUND;
	return rc;
}

static int unanswered_find(struct call *call, char number[static NUMBER_SIZE], bool *found)
{
	const int64_t now = call->request->now;
	sqlite3_stmt *statement = statement_get(call->connection, SQL_UNANSWERED);
	int rc;

	sqlite3_bind_int64(statement, 1, now - GRACE_S);
	sqlite3_bind_int64(statement, 2, now - DAY_S);
	rc = sqlite3_step(statement);
	*found = rc == SQLITE_ROW;
	if (*found) {
		call->who.msisdn = sqlite3_column_int64(statement, 0);
		snprintf(number, NUMBER_SIZE, "%s", (const char *)sqlite3_column_text(statement, 1));
	}
	return statement_put(statement, rc);
}

int kept_unanswered(struct call *call, bool *found)
{
	char number[NUMBER_SIZE];
	int rc = unanswered_find(call, number, found);

	return rc == SQLITE_OK && *found ? unanswered_tell(call, number, 0, found) : rc;
}

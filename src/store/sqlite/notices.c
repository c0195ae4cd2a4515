/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that subscribers should get: left in the transaction that causes them, gone when they are with the
 * network. */
#include <string.h>

#include "store/sqlite/change.h"

int notice_begin(const struct call *call, struct notice *notice)
{
	static const uint16_t fields[] = { FIELD_LANGUAGE };
	sqlite3_stmt *statement = call_begin(call, SQL_LANGUAGE_OF);
	int rc = sqlite3_step(statement);

	notice->facts = (struct record){ .data = notice->octets, .size = sizeof(notice->octets) };
	if (rc == SQLITE_ROW)
		columns_put(statement, 0, fields, 1, &notice->facts);
	return statement_put(statement, rc);
}

int notice_add(const struct call *call, const struct notice *notice, const char *kind, int64_t wait_s, int64_t *id)
{
	const int64_t life_s = call->connection->rules.kept_days[KEPT_NOTICES] * 86400;
	sqlite3_stmt *statement = call_begin(call, SQL_NOTICE_ADD);
	int rc;

	statement_bind_text(statement, 2, kind);
	statement_bind_record(statement, 3, &notice->facts);
	sqlite3_bind_int64(statement, 4, call->request->now + wait_s);
	sqlite3_bind_int64(statement, 5, call->request->now + life_s);
	rc = statement_step(statement);
	if (id)
		*id = sqlite3_last_insert_rowid(call->connection->db);
	return rc;
}

int notice_settle(struct call *call)
{
	struct value due;
	const bool later = record_get(&call->args, ACCOUNT_FACT_DUE, &due) && !due.is_text;
	sqlite3_stmt *statement = statement_get(call->connection, later ? SQL_NOTICE_LATER : SQL_NOTICE_DROP);
	bool changed;
	int rc;

	sqlite3_bind_int64(statement, 1, record_number(&call->args, ACCOUNT_FACT_ID, 0));
	if (later)
		sqlite3_bind_int64(statement, 2, due.number);
	rc = call_apply(call, statement, &changed);
	call->response->result = changed ? RESULT_OK : RESULT_NOT_FOUND;
	return rc;
}

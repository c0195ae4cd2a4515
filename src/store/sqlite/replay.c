/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replays: the answers given to reference numbers (F18). */
#include <string.h>

#include "store/sqlite/blobs.h"
#include "store/sqlite/change.h"
#include "store/sqlite/rows.h"

static enum result result_by_name(const char *name)
{
	for (enum result result = 0; result < RESULT_COUNT; result++) {
		if (!strcmp(result_name(result), name))
			return result;
	}
	return RESULT_UNAVAILABLE;
}

/* Columns of SQL_REPLAY. */
enum { REPLAY_KIND, REPLAY_MSISDN, REPLAY_RESULT, REPLAY_FACTS };

/* Look at the changes and orders with the request's reference. One of the same subscriber and kind is the answer. One of anybody else is
 * alien; so is one of unknown ownership, and an order whose answer is no longer stored. */
int replay_find(struct connection *connection, const struct account *account, const struct request *request,
		struct response *response, bool *found)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_REPLAY);
	bool answered = false, alien = false;
	int64_t other = 0;
	int rc;

	*found = false;
	sqlite3_bind_int64(statement, 1, (int64_t)request->ref);
	while (!alien && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		other = sqlite3_column_int64(statement, REPLAY_MSISDN);
		alien = other != account->msisdn;
		if (strcmp(column_text(statement, REPLAY_KIND), request_kind_name(request->kind)))
			continue;
		*found = true;
		if (sqlite3_column_type(statement, REPLAY_RESULT) == SQLITE_NULL)
			continue;
		answered = true;
		response->result = result_by_name(column_text(statement, REPLAY_RESULT));
		answer_decode(sqlite3_column_blob(statement, REPLAY_FACTS), (size_t)sqlite3_column_bytes(statement, REPLAY_FACTS),
			      response);
	}
	if (alien || (*found && !answered))
		account_alien(account, request, other, response);
	*found |= alien;
	return statement_put(statement, rc);
}

int replay_add(struct connection *connection, const struct account *account, const struct request *request,
	       const struct response *response)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_REPLAY_ADD);
	uint8_t octets[ANSWER_BLOB_SIZE];
	const struct record blob = answer_encode(response, octets);

	sqlite3_bind_int64(statement, 1, (int64_t)request->ref);
	statement_bind_text(statement, 2, request_kind_name(request->kind));
	statement_bind_text(statement, 3, result_name(response->result));
	statement_bind_record(statement, 4, &blob);
	sqlite3_bind_int64(statement, 5, request->now);
	sqlite3_bind_int64(statement, 6, account->msisdn);
	return statement_step(statement);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Replays: the answers given to reference numbers (F18). */
#include <string.h>

#include "store/sql/blobs.h"
#include "store/sql/change.h"
#include "store/sql/rows.h"

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
	struct statement *statement = statement_get(connection, SQL_REPLAY);
	bool answered = false, alien = false;
	struct column facts;
	int64_t other = 0;
	int rc;

	*found = false;
	statement_bind_number(statement, 1, (int64_t)request->ref);
	while (!alien && (rc = statement_next(statement)) == DB_ROW) {
		other = column_number(statement, REPLAY_MSISDN);
		alien = other != account->msisdn;
		if (strcmp(column_text(statement, REPLAY_KIND), request_kind_name(request->kind)))
			continue;
		*found = true;
		if (column_is_null(statement, REPLAY_RESULT))
			continue;
		answered = true;
		response->result = result_by_name(column_text(statement, REPLAY_RESULT));
		facts = column_get(statement, REPLAY_FACTS);
		answer_decode((const uint8_t *)facts.octets, facts.len, response);
	}
	if (alien || (*found && !answered))
		account_alien(account, request, other, response);
	*found |= alien;
	return statement_put(statement, rc);
}

int replay_add(struct connection *connection, const struct account *account, const struct request *request,
	       const struct response *response)
{
	struct statement *statement = statement_get(connection, SQL_REPLAY_ADD);
	uint8_t octets[ANSWER_BLOB_SIZE];
	const struct record blob = answer_encode(response, octets);

	statement_bind_number(statement, 1, (int64_t)request->ref);
	statement_bind_text(statement, 2, request_kind_name(request->kind));
	statement_bind_text(statement, 3, result_name(response->result));
	statement_bind_record(statement, 4, &blob);
	statement_bind_number(statement, 5, request->now);
	statement_bind_number(statement, 6, account->msisdn);
	return statement_step(statement);
}

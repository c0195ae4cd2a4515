/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A change: load, step, commit. One with a reference number leaves it, its subscriber and its answer in the same transaction, and a
 * repetition gets that answer. */
#include <string.h>

#include "store/sqlite/change.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/vanished.h"

/* ---- reference numbers ---- */

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

static void replay_take(sqlite3_stmt *statement, struct response *response)
{
	const uint8_t *facts = sqlite3_column_blob(statement, REPLAY_FACTS);
	const size_t len = (size_t)sqlite3_column_bytes(statement, REPLAY_FACTS);

	response->result = result_by_name(column_text(statement, REPLAY_RESULT));
	if (len > response->facts.size || !record_check(facts, len))
		return;
	if (len)
		memcpy(response->facts.data, facts, len);
	response->facts.len = (uint16_t)len;
}

/* The changes and orders of the request's reference. The same subscriber's of the same kind is the answer. Anybody else's is
 * alien: so is one of which nobody knows whose it is, and an order of which nobody knows the answer any more. */
static int replay_find(struct connection *connection, const struct account *account, const struct request *request,
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
		replay_take(statement, response);
	}
	if (alien || (*found && !answered))
		account_alien(account, request, other, response);
	*found |= alien;
	return statement_put(statement, rc);
}

static int replay_add(struct connection *connection, const struct account *account, const struct request *request,
		      const struct response *response)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_REPLAY_ADD);

	sqlite3_bind_int64(statement, 1, (int64_t)request->ref);
	statement_bind_text(statement, 2, request_kind_name(request->kind));
	statement_bind_text(statement, 3, result_name(response->result));
	statement_bind_record(statement, 4, &response->facts);
	sqlite3_bind_int64(statement, 5, request->now);
	sqlite3_bind_int64(statement, 6, account->msisdn);
	return statement_step(statement);
}

/* ---- changes ---- */

static int change(struct connection *connection, const struct account_rules *rules, const struct request *request,
		  struct account *account, struct account_step *step)
{
	int rc = account_load(connection, request, account);

	if (rc == SQLITE_OK) {
		account_step(rules, account, request, step);
		rc = account_commit(connection, account, step);
	}
	account_wipe(account);
	return rc;
}

int account_change(struct connection *connection, const struct account_rules *rules, const struct request *request,
		   struct response *response)
{
	const bool replays = account_replays(request->kind);
	struct account_step step;
	struct account account;
	bool found = false;
	int rc;

	response->result = RESULT_NOT_FOUND;
	step.response = response;
	rc = account_find(connection, request, &account);
	if (rc != SQLITE_OK || !(account.known || account.order_known))
		return rc;
	if (replays)
		rc = replay_find(connection, &account, request, response, &found);
	if (rc == SQLITE_OK && found) {
		account_replay(&account, request, &step);
		return account_commit(connection, &account, &step);
	}
	if (rc == SQLITE_OK)
		rc = change(connection, rules, request, &account, &step);
	return rc == SQLITE_OK && replays ? replay_add(connection, &account, request, response) : rc;
}

static int update_load(struct connection *connection, const struct account_update *update, struct account *account, struct account_step *step)
{
	int rc;

	account_begin_update(account);
	if (!msisdn_key(update->account->msisdn, &account->msisdn))
		return SQLITE_MISMATCH;
	rc = account_load_update(connection, update, account);
	if (rc == SQLITE_OK)
		account_update(account, update, step);
	return rc;
}

/* A65: a snapshot left out the new subscriber some time ago. */
static int vanished(struct connection *connection, int64_t msisdn, bool *is)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_VANISHED);
	int rc;

	sqlite3_bind_int64(statement, 1, msisdn);
	rc = sqlite3_step(statement);
	*is = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

/* What comes back comes before what the update says of it: wholly, or not at all. */
static int returning_write(struct connection *connection, const struct account_update *update, struct account *account,
			   struct account_step *step)
{
	int rc = statement_run(connection, SQL_SAVE);
	int ended;

	if (rc != SQLITE_OK)
		return rc;
	rc = account_commit_first(connection, account, step);
	if (rc == SQLITE_OK)
		rc = vanished_return(connection->db, account->msisdn);
	if (rc == SQLITE_OK)
		rc = update_load(connection, update, account, step);
	if (rc == SQLITE_OK)
		rc = account_commit(connection, account, step);
	if (rc != SQLITE_OK || step->why)
		statement_run(connection, SQL_UNDO);
	ended = statement_run(connection, SQL_RELEASE);
	return rc == SQLITE_OK ? ended : rc;
}

int account_merge_write(struct connection *connection, const struct account_update *update, struct account_step *step)
{
	struct account account;
	int rc = update_load(connection, update, &account, step);
	bool back = false;

	if (rc == SQLITE_OK && step->changes_count && step->changes[0].kind == CHANGE_ACCOUNT_ADD)
		rc = vanished(connection, account.msisdn, &back);
	if (rc != SQLITE_OK)
		return rc;
	return back ? returning_write(connection, update, &account, step) : account_commit(connection, &account, step);
}

int update_write(struct connection *connection, const void *what, struct response *response)
{
	const struct account_update *update = what;
	struct account_step step = { .response = response };
	int64_t msisdn;

	response->result = RESULT_NOT_FOUND;
	return msisdn_key(update->account->msisdn, &msisdn) ? account_merge_write(connection, update, &step) : SQLITE_OK;
}

/* It changes no account: it was sent, or is tried again later. */
static int notification_ack(struct connection *connection, const struct request *request, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct value due;
	const bool later = record_get(&args, ACCOUNT_FACT_DUE, &due) && !due.is_text;
	sqlite3_stmt *statement = statement_get(connection, later ? SQL_NOTICE_LATER : SQL_NOTICE_DROP);
	int rc;

	sqlite3_bind_int64(statement, 1, record_number(&args, ACCOUNT_FACT_ID, 0));
	if (later)
		sqlite3_bind_int64(statement, 2, due.number);
	rc = statement_step(statement);
	response->result = rc == SQLITE_OK && sqlite3_changes(connection->db) > 0 ? RESULT_OK : RESULT_NOT_FOUND;
	return rc;
}

int request_write(struct connection *connection, const void *what, struct response *response)
{
	const struct request *request = what;

	if (request->kind == REQUEST_NOTICE_SETTLE)
		return notification_ack(connection, request, response);
	if (request->kind == REQUEST_HOUSEKEEP)
		return housekeep(connection, request, response);
	return account_change(connection, &connection->rules, request, response);
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

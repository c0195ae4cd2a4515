/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A change: load, step, commit. If it has a reference number, the number, the subscriber and the answer are recorded in the same
 * transaction, and a repetition gets that answer. */
#include <string.h>

#include "store/sql/change.h"
#include "store/sql/rows.h"
#include "store/sql/vanished.h"

static int change(struct connection *connection, const struct account_rules *rules, const struct request *request,
		  struct account *account, struct account_step *step)
{
	int rc = account_load(connection, request, account);

	if (rc == DB_OK) {
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
	if (rc != DB_OK || !(account.known || account.order_known || account_is_number(&account, request)))
		return rc;
	if (replays)
		rc = replay_find(connection, &account, request, response, &found);
	if (rc == DB_OK && found) {
		account_replay(&account, request, &step);
		return account_commit(connection, &account, &step);
	}
	if (rc == DB_OK)
		rc = change(connection, rules, request, &account, &step);
	return rc == DB_OK && replays ? replay_add(connection, &account, request, response) : rc;
}

int account_update_load(struct connection *connection, const struct account_update *update, struct account *account,
			struct account_step *step)
{
	int rc;

	account_begin_update(account);
	if (!msisdn_key(update->account->msisdn, &account->msisdn))
		return DB_MISMATCH;
	rc = account_load_update(connection, update, account);
	if (rc == DB_OK)
		account_update(account, update, step);
	return rc;
}

/* End the innermost savepoint. */
static int whole_end(struct connection *connection, int rc, bool undo)
{
	int ended;

	if (undo) {
		connection->driver->undo(connection);
		connection->services_count = 0;
	}
	ended = connection->driver->release(connection);
	return rc == DB_OK ? ended : rc;
}

/* Write the account alone first, so that its retained data can come back; then the update, which sees these data. All or nothing. */
static int returning_write(struct connection *connection, const struct account_update *update, struct account *account,
			   struct account_step *step)
{
	int rc = connection->driver->save(connection);

	if (rc != DB_OK)
		return rc;
	step->changes_count = 1;
	rc = account_commit(connection, account, step);
	if (rc == DB_OK)
		rc = vanished_return(connection, account->msisdn, false, NULL);
	if (rc == DB_OK)
		rc = account_update_load(connection, update, account, step);
	if (rc == DB_OK)
		rc = account_commit(connection, account, step);
	return whole_end(connection, rc, rc != DB_OK || step->why);
}

int account_merge_write(struct connection *connection, const struct account_update *update, struct account_step *step)
{
	struct account account;
	int rc = account_update_load(connection, update, &account, step);
	bool back = false;

	if (rc == DB_OK && account_is_new(step))
		rc = vanished_find(connection, account.msisdn, &back);
	if (rc != DB_OK)
		return rc;
	return back ? returning_write(connection, update, &account, step) : account_commit(connection, &account, step);
}

int update_write(struct connection *connection, const void *what, struct response *response)
{
	const struct account_update *update = what;
	struct account_step step = { .response = response };
	int64_t msisdn;

	response->result = RESULT_NOT_FOUND;
	return msisdn_key(update->account->msisdn, &msisdn) ? account_merge_write(connection, update, &step) : DB_OK;
}

static int notification_end(struct connection *connection, const struct completion *completion)
{
	struct statement *statement;
	int rc;

	if (!completion->counts) {
		statement = statement_get(connection, SQL_NOTIFICATION_DROP);
		statement_bind_number(statement, 1, completion->id);
		rc = statement_step(statement);
		if (rc != DB_OK || connection_changed(connection))
			return rc;
	}
	statement = statement_get(connection, SQL_NOTIFICATION_END);
	statement_bind_number(statement, 1, completion->id);
	statement_bind_text(statement, 2, completion->how == ITEM_WITHDRAWN ? "withdrawn" : "sent");
	statement_bind_number(statement, 3, completion->now);
	statement_bind_number(statement, 4, message_stays_until(&connection->rules, completion->now));
	return statement_step(statement);
}

static int item_later(struct connection *connection, const struct item *item)
{
	const struct completion *completion = &item->completion;
	struct statement *statement;

	statement = statement_get(connection, item->queue == QUEUE_NOTIFICATIONS ? SQL_NOTIFICATION_LATER : SQL_ORDER_LATER);
	statement_bind_number(statement, 1, completion->id);
	statement_bind_number(statement, 2, completion->due);
	if (item->queue == QUEUE_NOTIFICATIONS)
		statement_bind_number(statement, 3, completion->how == ITEM_LATER);
	return statement_step(statement);
}

int item_write(struct connection *connection, const void *what, struct response *response)
{
	const struct item *item = what;
	const bool ends = item->completion.how == ITEM_DONE || item->completion.how == ITEM_WITHDRAWN;
	int rc;

	response->result = RESULT_REFUSED;
	if (item->queue != QUEUE_NOTIFICATIONS && item->completion.how != ITEM_LATER)
		return DB_OK;	/* completing an order changes its account, so it is a request */
	rc = ends ? notification_end(connection, &item->completion) : item_later(connection, item);
	response->result = rc == DB_OK && connection_changed(connection) > 0 ? RESULT_OK : RESULT_NOT_FOUND;
	return rc;
}

int request_write(struct connection *connection, const void *what, struct response *response)
{
	const struct request *request = what;

	if (request->kind == REQUEST_HOUSEKEEP)
		return housekeep(connection, request, response);
	return account_change(connection, &connection->rules, request, response);
}

int change_whole(struct connection *connection, change_make *make, const void *what, struct response *response)
{
	int rc = connection->driver->save(connection);

	if (rc != DB_OK)
		return rc;
	rc = make(connection, what, response);
	return whole_end(connection, rc, rc != DB_OK);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes the changes of a step as rows. */
#include <string.h>

#include "store/sql/blobs.h"
#include "store/sql/change.h"
#include "store/sql/consent.h"
#include "store/sql/rows.h"
#include "store/sql/tickets.h"

struct commit {
	struct connection *connection;
	int64_t msisdn;
	struct response *response;
	bool fresh;				/* the account is new: no old rows to remove */
};

static int text_write(const struct commit *commit, enum sql which, const char *text)
{
	struct statement *statement = statement_of(commit->connection, which, commit->msisdn);

	statement_bind_text(statement, 2, text);
	return statement_step(statement);
}

/* ---- changes of an update ---- */

static int run_statement(const struct commit *commit, enum sql which)
{
	return statement_step(statement_of(commit->connection, which, commit->msisdn));
}

static int account_add(const struct commit *commit, const struct change *change)
{
	const struct profile *profile = change->profile;
	const struct stored_account *update = profile->update->account;
	struct statement *statement = statement_of(commit->connection, SQL_ACCOUNT_ADD, commit->msisdn);

	statement_bind_text(statement, 2, profile->account);
	statement_bind_text(statement, 3, profile->brand);
	statement_bind_text(statement, 4, profile->status);
	statement_bind_text(statement, 5, profile->language);
	statement_bind_text(statement, 6, profile->owner);
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		statement_bind_number(statement, 7 + kind, profile->ages[kind]);
	statement_bind_known(statement, 11, profile->numbers & UPDATE_BILL_MONTH ? update->bill_month : STORED_UNKNOWN);
	statement_bind_known(statement, 12, profile->numbers & UPDATE_BILL_TOTAL ? update->bill_total : STORED_UNKNOWN);
	statement_bind_known(statement, 13, profile->numbers & UPDATE_POINTS ? update->points : STORED_UNKNOWN);
	statement_bind_text(statement, 14, profile->services);
	facts_bind(statement, 15, update);
	return statement_step(statement);
}

static int account_remove(const struct commit *commit, const struct change *change)
{
	return run_statement(commit, SQL_ACCOUNT_REMOVE);
}

static int run_all(const struct commit *commit, const enum sql *all, size_t count)
{
	int rc = DB_OK;

	for (size_t i = 0; rc == DB_OK && i < count; i++)
		rc = run_statement(commit, all[i]);
	return rc;
}

static int account_clear(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = {
		SQL_CLEAR_CHARGES, SQL_CLEAR_BILLS, SQL_CLEAR_POINTS, SQL_CLEAR_SUBSCRIPTIONS, SQL_CLEAR_FACTS, SQL_CLEAR_SIMS,
	};

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

static int private_remove(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = {
		SQL_CLEAR_CONVERSATIONS, SQL_CLEAR_ANSWERED, SQL_CLEAR_NOTIFICATIONS, SQL_CLEAR_PASSWORD, SQL_CLEAR_CONSENTS,
	};

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

/* ---- vanished subscribers ---- */

static int vanished_remove(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = { SQL_VANISHED_SUBSCRIPTIONS_REMOVE, SQL_VANISHED_REMOVE };

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

static int vanished_put(const struct commit *commit, const struct change *change)
{
	const struct vanished *vanished = change->vanished;
	struct statement *statement;
	int rc = run_statement(commit, SQL_VANISHED_SUBSCRIPTIONS_REMOVE);

	for (unsigned int i = 0; rc == DB_OK && i < vanished->subscriptions_count; i++) {
		statement = statement_of(commit->connection, SQL_VANISHED_SUBSCRIPTION_PUT, commit->msisdn);
		subscription_bind(statement, &vanished->subscriptions[i]);
		rc = statement_step(statement);
	}
	if (rc != DB_OK)
		return rc;
	statement = statement_of(commit->connection, SQL_VANISHED_PUT, commit->msisdn);
	if (vanished->has_password)
		password_bind(statement, &vanished->password);
	statement_bind_text(statement, 11, vanished->id_pieces[0] ? vanished->id_pieces : NULL);
	statement_bind_text(statement, 12, vanished->owner[0] ? vanished->owner : NULL);
	statement_bind_text(statement, 13, vanished->language);
	statement_bind_number(statement, 14, vanished->time);
	rc = statement_step(statement);
	statement_clear(statement);
	return rc;
}

static int vanished_marks(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = { SQL_VANISHED_MARKS, SQL_VANISHED_EPOCH };

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

static int owner(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_OWNER, change->text);
}

static int profile(const struct commit *commit, const struct change *change)
{
	const struct profile *profile = change->profile;
	const struct stored_account *update = profile->update->account;
	struct statement *statement = statement_of(commit->connection, SQL_PROFILE_SET, commit->msisdn);

	statement_bind_text(statement, 2, profile->account);
	statement_bind_text(statement, 3, profile->brand);
	statement_bind_text(statement, 4, profile->status);
	statement_bind_text(statement, 5, profile->language);
	statement_bind_number(statement, 6, (int)profile->numbers);
	statement_bind_known(statement, 7, update->bill_month);
	statement_bind_known(statement, 8, update->bill_total);
	statement_bind_known(statement, 9, update->points);
	statement_bind_number(statement, 10, profile->as_of);
	facts_bind_changes(statement, 11, update, profile->facts);
	return statement_step(statement);
}

/* Most SIMs are unchanged, so do not rewrite them. */
static int sims(const struct commit *commit, const struct change *change)
{
	struct statement *keep = statement_of(commit->connection, SQL_SIMS_KEEP, commit->msisdn);
	struct statement *set = statement_get(commit->connection, SQL_SIM_SET);
	int64_t imsis[STORED_IMSIS_MAX];
	bool has[STORED_IMSIS_MAX];
	int rc = DB_OK;

	for (int i = 0; i < STORED_IMSIS_MAX; i++) {
		has[i] = imsi_key(change->update->account->imsis[i], &imsis[i]);
		statement_bind_nonzero(keep, 2 + i, has[i] ? imsis[i] : 0);
	}
	if (!commit->fresh)
		rc = statement_step(keep);
	for (int i = 0; rc == DB_OK && i < STORED_IMSIS_MAX; i++) {
		if (!has[i])
			continue;
		statement_bind_number(set, 1, imsis[i]);
		statement_bind_number(set, 2, commit->msisdn);
		rc = statement_step(set);
	}
	return rc;
}

static int password_hash(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_PASSWORD_HASH, commit->msisdn);

	statement_bind_text(statement, 2, change->update->account->hash);
	statement_bind_text(statement, 3, change->update->account->id_pieces);
	return statement_step(statement);
}

static int password_fill(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_PASSWORD_FILL, commit->msisdn);

	statement_bind_text(statement, 2, change->update->account->hash);
	statement_bind_text(statement, 3, change->update->account->id_pieces);
	return statement_step(statement);
}

static int id_pieces(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_ID_PIECES, change->text);
}

static int bills(const struct commit *commit, const struct change *change)
{
	const struct stored_account *update = change->update->account;
	struct statement *statement = statement_of(commit->connection, SQL_BILLED, commit->msisdn);
	int rc = commit->fresh ? DB_OK : run_statement(commit, SQL_CLEAR_CHARGES);

	if (rc == DB_OK && !commit->fresh)
		rc = run_statement(commit, SQL_CLEAR_BILLS);
	if (rc == DB_OK)
		rc = lists_add_bills(&commit->connection->lists, update, commit->msisdn);
	if (rc != DB_OK || commit->fresh || !(change->update->numbers & (UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL)))
		return rc;
	statement_bind_number(statement, 2, (int)change->update->numbers);
	statement_bind_known(statement, 3, update->bill_month);
	statement_bind_known(statement, 4, update->bill_total);
	return statement_step(statement);
}

static int points(const struct commit *commit, const struct change *change)
{
	const struct stored_account *update = change->update->account;
	struct statement *statement = statement_of(commit->connection, SQL_POINTS_SET, commit->msisdn);
	int rc = commit->fresh ? DB_OK : run_statement(commit, SQL_CLEAR_POINTS);

	if (rc == DB_OK)
		rc = lists_add_points(&commit->connection->lists, update, commit->msisdn);
	if (rc != DB_OK || commit->fresh || !(change->update->numbers & UPDATE_POINTS))
		return rc;
	statement_bind_known(statement, 2, update->points);
	return statement_step(statement);
}

static int bill_put(const struct commit *commit, const struct change *change)
{
	const struct stored_bill *bill = change->update->account->bills;
	struct statement *statement = statement_of(commit->connection, SQL_BILL_PUT, commit->msisdn);

	statement_bind_number(statement, 2, bill->month);
	statement_bind_number(statement, 3, bill->total);
	return statement_step(statement);
}

static int charge_put(const struct commit *commit, const struct change *change)
{
	const struct stored_bill *bill = change->update->account->bills;
	struct statement *statement = statement_of(commit->connection, SQL_CHARGE_PUT, commit->msisdn);

	statement_bind_number(statement, 2, bill->month);
	statement_bind_number(statement, 3, change->update->position);
	line_bind(statement, 4, bill->lines);
	return statement_step(statement);
}

static int points_put(const struct commit *commit, const struct change *change)
{
	const struct stored_points *entry = change->update->account->points_entries;
	struct statement *statement = statement_of(commit->connection, SQL_POINTS_PUT, commit->msisdn);

	statement_bind_number(statement, 2, change->update->position);
	statement_bind_number(statement, 3, entry->date);
	statement_bind_number(statement, 4, entry->change);
	statement_bind_text(statement, 5, entry->reason);
	return statement_step(statement);
}

static int as_of(const struct commit *commit, const struct change *change)
{
	static const enum sql ages[ACCOUNT_KINDS] = {
		[ACCOUNT_BILLS] = SQL_BILLS_AGE, [ACCOUNT_POINTS] = SQL_POINTS_AGE, [ACCOUNT_SERVICES] = SQL_SERVICES_AGE,
	};
	struct statement *statement = statement_of(commit->connection, ages[change->as_of.kind], commit->msisdn);

	statement_bind_number(statement, 2, change->as_of.as_of);
	return statement_step(statement);
}

/* ---- changes of a request ---- */

static int language(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_LANGUAGE, change->text);
}

static int status(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_STATUS, change->text);
}

static int services(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_SERVICES_SET, change->text);
}

static int service_name(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_SERVICE_NAME);

	statement_bind_text(statement, 1, change->text);
	return statement_step(statement);
}

static int subscription_put(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_SUBSCRIPTION_WRITE, commit->msisdn);

	subscription_bind(statement, change->subscription);
	statement_bind_nonzero(statement, 9, subscription_due(change->subscription));
	return statement_step(statement);
}

static int subscription_drop(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_SUBSCRIPTION_REMOVE, change->subscription->service);
}

static int order_add(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_ORDER_ADD);
	const struct order *order = change->order;
	int rc;

	order_row_bind(statement, order, commit->msisdn);
	rc = statement_step(statement);
	if (order_is_awaited(order))
		commit->response->order = connection_added(commit->connection);
	return rc;
}

static int order_end(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_ORDER_END);
	const struct order *order = change->order;

	statement_bind_number(statement, 1, order->id);
	statement_bind_text(statement, 2, order_state_name(order->state));
	statement_bind_text(statement, 3, order->reason[0] ? order->reason : NULL);
	statement_bind_number(statement, 4, order->ended_at);
	return statement_step(statement);
}

static int order_due(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_ORDER_DUE);

	statement_bind_number(statement, 1, change->order->id);
	statement_bind_number(statement, 2, change->order->due);
	statement_bind_number(statement, 3, change->order->attempts);
	return statement_step(statement);
}

static int order_release(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_ORDER_RELEASE);
	const struct order *order = change->order;

	statement_bind_number(statement, 1, order->id);
	statement_bind_text(statement, 2, order_state_name(order->state));
	statement_bind_number(statement, 3, order->due);
	statement_bind_number(statement, 4, order->attempts);
	statement_bind_number(statement, 5, order->effective);
	statement_bind_nonzero(statement, 6, order->trial_until);
	return statement_step(statement);
}

static int orders_remove(const struct commit *commit, const struct change *change)
{
	return run_statement(commit, SQL_ORDERS_REMOVE);
}

static int orders_dead(const struct commit *commit, const struct change *change)
{
	return text_write(commit, SQL_ORDERS_DEAD, change->text);
}

static int orders_return(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_ORDERS_RETURN, commit->msisdn);

	statement_bind_number(statement, 2, change->due);
	statement_bind_number(statement, 3, ORDER_WAITS);
	return statement_step(statement);
}

static int consent(const struct commit *commit, const struct change *change)
{
	return consent_add(commit->connection, change->consent);
}

static int password_put(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_PASSWORD_WRITE, commit->msisdn);
	int rc;

	password_bind(statement, change->password);
	rc = statement_step(statement);
	statement_clear(statement);
	return rc;
}

static int notification_add(const struct commit *commit, const struct change *change)
{
	const struct notification *notification = change->notification;
	struct statement *statement = statement_of(commit->connection, SQL_NOTIFICATION_ADD, commit->msisdn);
	uint8_t octets[NOTIFICATION_BLOB_SIZE];
	const struct record blob = notification_encode(notification, octets);
	int rc;

	statement_bind_text(statement, 2, notification->kind);
	statement_bind_record(statement, 3, &blob);
	statement_bind_number(statement, 4, notification->due);
	statement_bind_number(statement, 5, notification->expires);
	statement_bind_nonzero(statement, 6, notification->latest);
	statement_bind_number(statement, 7, notification->stays);
	rc = statement_step(statement);
	commit->connection->notification = connection_added(commit->connection);
	if (notification->answered)
		commit->response->notification = commit->connection->notification;
	return rc;
}

static int notification_withdraw(const struct commit *commit, const struct change *change)
{
	const struct withdrawal *withdrawal = &change->withdrawal;
	const struct notification_kind *kind = notification_kind_find(withdrawal->kind, strlen(withdrawal->kind));
	const bool stays = kind && kind->stays;
	struct statement *statement = statement_of(commit->connection, stays ? SQL_NOTIFICATION_WITHDRAWN : SQL_NOTIFICATION_WITHDRAW,
					       commit->msisdn);

	statement_bind_text(statement, 2, withdrawal->kind);
	if (stays) {
		statement_bind_number(statement, 3, withdrawal->now);
		statement_bind_number(statement, 4, message_stays_until(&commit->connection->rules, withdrawal->now));
	} else {
		statement_bind_blob(statement, 3, withdrawal->ref, withdrawal->ref ? REF_TEXT_SIZE - 1 : 0);
	}
	return statement_step(statement);
}

static int preference_write(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_PREFERENCE_PUT, commit->msisdn);

	preference_bind(statement, change->preference);
	return statement_step(statement);
}

static int preferences_remove(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = {
		SQL_PREFERENCES_REMOVE, SQL_EVENTS_REMOVE, SQL_PROPOSALS_REMOVE, SQL_ACCESSES_REMOVE,
	};

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

/* The notification that it caused, if any, is the row added last. */
static int event_add(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_EVENT_ADD);
	const struct event_row *row = change->event;

	statement_bind_nonzero(statement, 9, row->notified ? commit->connection->notification : 0);
	statement_bind_text(statement, 1, row->event->source);
	statement_bind_text(statement, 2, row->event->id);
	statement_bind_blob(statement, 3, row->digest, sizeof(row->digest));
	statement_bind_number(statement, 4, commit->msisdn);
	statement_bind_text(statement, 5, row->event->kind);
	statement_bind_number(statement, 6, row->event->time);
	statement_bind_number(statement, 7, row->received);
	statement_bind_text(statement, 8, row->done);
	return statement_step(statement);
}

static int proposal_add(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_PROPOSAL_ADD);
	const struct proposal *proposal = change->proposal;

	statement_bind_text(statement, 1, proposal->number);
	statement_bind_text(statement, 2, proposal->event->source);
	statement_bind_text(statement, 3, proposal->event->id);
	statement_bind_number(statement, 4, proposal->msisdn);
	statement_bind_number(statement, 5, proposal->until);
	statement_bind_text(statement, 6, proposal->service);
	statement_bind_blob(statement, 7, proposal->terms, proposal->terms_len);
	statement_bind_text(statement, 8, proposal->shown);
	return statement_step(statement);
}

static int proposal_put(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_PROPOSAL_PUT);
	const struct proposal *proposal = change->proposal;

	statement_bind_text(statement, 1, proposal->number);
	statement_bind_text(statement, 2, proposal->reply);
	statement_bind_nonzero(statement, 3, (int64_t)proposal->order);
	if (proposal->has_code)
		statement_bind_blob(statement, 4, proposal->code, sizeof(proposal->code));
	else
		statement_bind_null(statement, 4);
	statement_bind_number(statement, 5, proposal->tries);
	return statement_step(statement);
}

static int ticket_put(const struct commit *commit, const struct change *change)
{
	return ticket_write(commit->connection, commit->msisdn, change->ticket);
}

static int ticket_entry_add(const struct commit *commit, const struct change *change)
{
	return ticket_entry_write(commit->connection, commit->msisdn, change->entry);
}

static int tickets_former(const struct commit *commit, const struct change *change)
{
	return run_statement(commit, SQL_TICKETS_FORMER);
}

static int tickets_remove(const struct commit *commit, const struct change *change)
{
	static const enum sql all[] = { SQL_TICKET_ENTRIES_REMOVE, SQL_TICKETS_REMOVE };

	return run_all(commit, all, sizeof(all) / sizeof(*all));
}

static int access_add(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_ACCESS_ADD, commit->msisdn);

	statement_bind_number(statement, 2, change->entry->time);
	statement_bind_text(statement, 3, change->entry->staff);
	return statement_step(statement);
}

static int survey_count(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_get(commit->connection, SQL_SURVEY_COUNT);
	const struct survey *survey = change->survey;

	statement_bind_number(statement, 1, survey->day);
	statement_bind_text(statement, 2, survey->about);
	statement_bind_text(statement, 3, survey->channel);
	statement_bind_number(statement, 4, survey->score);
	return statement_step(statement);
}

static int conversation_put(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_CONVERSATION_PUT, commit->msisdn);
	const struct conversation *conversation = change->conversation;

	statement_bind_text(statement, 2, conversation->short_code);
	statement_bind_blob(statement, 3, conversation->session, (int)conversation->session_len);
	statement_bind_number(statement, 4, conversation->until);
	statement_bind_chars(statement, 5, conversation->late, (int)conversation->late_len);
	return statement_step(statement);
}

static int conversation_remove(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_CONVERSATION_REMOVE, commit->msisdn);

	statement_bind_text(statement, 2, change->conversation->short_code);
	return statement_step(statement);
}

static int answered_put(const struct commit *commit, const struct change *change)
{
	struct statement *statement = statement_of(commit->connection, SQL_ANSWERED_PUT, commit->msisdn);
	const struct conversation *conversation = change->conversation;

	statement_bind_text(statement, 2, conversation->short_code);
	statement_bind_blob(statement, 3, conversation->digest, ANSWERED_DIGEST_SIZE);
	statement_bind_number(statement, 4, conversation->until);
	return statement_step(statement);
}

static int (*const commits[CHANGE_KINDS])(const struct commit *commit, const struct change *change) = {
	[CHANGE_ACCOUNT_ADD] = account_add,
	[CHANGE_ACCOUNT_REMOVE] = account_remove,
	[CHANGE_ACCOUNT_CLEAR] = account_clear,
	[CHANGE_PRIVATE_REMOVE] = private_remove,
	[CHANGE_ORDERS_DEAD] = orders_dead,
	[CHANGE_ORDERS_RETURN] = orders_return,
	[CHANGE_VANISHED_PUT] = vanished_put,
	[CHANGE_VANISHED_MARKS] = vanished_marks,
	[CHANGE_VANISHED_REMOVE] = vanished_remove,
	[CHANGE_OWNER] = owner,
	[CHANGE_PROFILE] = profile,
	[CHANGE_SIMS] = sims,
	[CHANGE_PASSWORD_HASH] = password_hash,
	[CHANGE_PASSWORD_FILL] = password_fill,
	[CHANGE_ID_PIECES] = id_pieces,
	[CHANGE_BILLS] = bills,
	[CHANGE_POINTS] = points,
	[CHANGE_BILL_PUT] = bill_put,
	[CHANGE_CHARGE_PUT] = charge_put,
	[CHANGE_POINTS_PUT] = points_put,
	[CHANGE_AS_OF] = as_of,
	[CHANGE_LANGUAGE] = language,
	[CHANGE_STATUS] = status,
	[CHANGE_SERVICE_NAME] = service_name,
	[CHANGE_SUBSCRIPTION_PUT] = subscription_put,
	[CHANGE_SUBSCRIPTION_REMOVE] = subscription_drop,
	[CHANGE_SERVICES] = services,
	[CHANGE_ORDER_ADD] = order_add,
	[CHANGE_ORDER_END] = order_end,
	[CHANGE_ORDER_DUE] = order_due,
	[CHANGE_ORDER_RELEASE] = order_release,
	[CHANGE_ORDERS_REMOVE] = orders_remove,
	[CHANGE_CONSENT_ADD] = consent,
	[CHANGE_PASSWORD_PUT] = password_put,
	[CHANGE_NOTIFICATION_ADD] = notification_add,
	[CHANGE_NOTIFICATION_WITHDRAW] = notification_withdraw,
	[CHANGE_PREFERENCE_PUT] = preference_write,
	[CHANGE_PREFERENCES_REMOVE] = preferences_remove,
	[CHANGE_EVENT_ADD] = event_add,
	[CHANGE_PROPOSAL_ADD] = proposal_add,
	[CHANGE_PROPOSAL_PUT] = proposal_put,
	[CHANGE_TICKET_PUT] = ticket_put,
	[CHANGE_TICKET_ENTRY_ADD] = ticket_entry_add,
	[CHANGE_TICKETS_FORMER] = tickets_former,
	[CHANGE_TICKETS_REMOVE] = tickets_remove,
	[CHANGE_ACCESS_ADD] = access_add,
	[CHANGE_SURVEY_COUNT] = survey_count,
	[CHANGE_CONVERSATION_PUT] = conversation_put,
	[CHANGE_CONVERSATION_REMOVE] = conversation_remove,
	[CHANGE_ANSWERED_PUT] = answered_put,
};

int account_commit(struct connection *connection, const struct account *account, const struct account_step *step)
{
	const struct commit commit = {
		.connection = connection, .msisdn = account->msisdn, .response = step->response,
		.fresh = account_is_new(step),
	};
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < step->changes_count; i++) {
		rc = commits[step->changes[i].kind](&commit, &step->changes[i]);
		if (rc != DB_OK)
			connection->failed = step->changes[i].kind;
	}
	return rc;
}

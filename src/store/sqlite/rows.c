/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"

/* As a blob: reading a text would copy it to append a zero. */
void column_copy(sqlite3_stmt *statement, int column, char *out, size_t size)
{
	const void *octets = sqlite3_column_blob(statement, column);
	const size_t len = (size_t)sqlite3_column_bytes(statement, column);

	out[0] = '\0';
	if (!octets || len >= size)
		return;
	memcpy(out, octets, len);
	out[len] = '\0';
}

uint16_t column_blob_copy(sqlite3_stmt *statement, int column, uint8_t *out, uint16_t size)
{
	const void *blob = sqlite3_column_blob(statement, column);
	const int len = sqlite3_column_bytes(statement, column);

	if (!blob || len > size)
		return 0;
	memcpy(out, blob, (size_t)len);
	return (uint16_t)len;
}

/* ---- orders ---- */

enum {
	ORDER_ID, ORDER_MSISDN, ORDER_KIND, ORDER_REF, ORDER_SERVICE, ORDER_EFFECTIVE, ORDER_TRIAL, ORDER_OWN, ORDER_STATE,
	ORDER_FORMER_OWNER, ORDER_PRICE, ORDER_PERIOD, ORDER_ATTEMPTS, ORDER_INSTEAD, ORDER_TRIAL_PRICE,
	ORDER_TRIAL_ENDS, ORDER_TO, ORDER_FORM, ORDER_TICKET
};

bool order_row_read(sqlite3_stmt *statement, struct order *order, int64_t *msisdn)
{
	*order = (struct order){
		.kind = order_kind_by_name(column_text(statement, ORDER_KIND)),
		.state = order_state_by_name(column_text(statement, ORDER_STATE)),
		.id = sqlite3_column_int64(statement, ORDER_ID),
		.ref = (uint64_t)sqlite3_column_int64(statement, ORDER_REF),
		.effective = sqlite3_column_int64(statement, ORDER_EFFECTIVE),
		.trial_until = sqlite3_column_int64(statement, ORDER_TRIAL),
		.trial_price = sqlite3_column_int64(statement, ORDER_TRIAL_PRICE),
		.trial_ends = trial_ends_by_name(column_text(statement, ORDER_TRIAL_ENDS)),
		.own = sqlite3_column_int(statement, ORDER_OWN),
		.former_owner = sqlite3_column_int(statement, ORDER_FORMER_OWNER),
		.priced = sqlite3_column_type(statement, ORDER_PRICE) != SQLITE_NULL,
		.price = sqlite3_column_int64(statement, ORDER_PRICE),
		.attempts = sqlite3_column_int64(statement, ORDER_ATTEMPTS),
		.ticket = sqlite3_column_int64(statement, ORDER_TICKET),
	};
	*msisdn = sqlite3_column_int64(statement, ORDER_MSISDN);
	column_copy(statement, ORDER_SERVICE, order->service, sizeof(order->service));
	column_copy(statement, ORDER_INSTEAD, order->instead, sizeof(order->instead));
	column_copy(statement, ORDER_PERIOD, order->period, sizeof(order->period));
	column_copy(statement, ORDER_TO, order->backend, sizeof(order->backend));
	column_copy(statement, ORDER_FORM, order->form, sizeof(order->form));
	return order->kind < ORDER_KINDS && order->state < ORDER_STATES;
}

void order_row_bind(sqlite3_stmt *statement, const struct order *order, int64_t msisdn)
{
	sqlite3_bind_int64(statement, 1, (int64_t)order->ref);
	sqlite3_bind_int64(statement, 2, msisdn);
	statement_bind_text(statement, 3, request_kind_name(order_request_kind(order->kind)));
	statement_bind_text(statement, 4, order->service[0] ? order->service : NULL);
	statement_bind_known(statement, 5, order->priced ? order->price : STORED_UNKNOWN);
	statement_bind_text(statement, 6, order->priced ? order->period : NULL);
	sqlite3_bind_int64(statement, 7, order->effective);
	statement_bind_text(statement, 8, order_state_name(order->state));
	sqlite3_bind_int64(statement, 9, order->accepted_at);
	sqlite3_bind_int64(statement, 10, order->due);
	sqlite3_bind_int64(statement, 11, order->own);
	statement_bind_nonzero(statement, 12, order->trial_until);
	statement_bind_nonzero(statement, 13, order->ended_at);
	statement_bind_text(statement, 14, order->instead[0] ? order->instead : NULL);
	statement_bind_nonzero(statement, 15, order->trial_price);
	statement_bind_text(statement, 16, trial_ends_name(order->trial_ends));
	statement_bind_text(statement, 17, order->backend[0] ? order->backend : NULL);
	statement_bind_text(statement, 18, order->sent);
	statement_bind_text(statement, 19, order->form[0] ? order->form : NULL);
	statement_bind_nonzero(statement, 20, order->ticket);
}

/* ---- passwords ---- */

enum { LOCK_COLUMNS = 3, TEMPORARY = PASSWORD_LINKS * LOCK_COLUMNS, HASH, PAST };	/* PASSWORD_COLUMNS */

void password_read(sqlite3_stmt *statement, struct password *password)
{
	memset(password, 0, sizeof(*password));
	for (int link = 0; link < PASSWORD_LINKS; link++)
		password->lock[link] = (struct password_lock){
			.attempts = sqlite3_column_int64(statement, link * LOCK_COLUMNS),
			.locks = sqlite3_column_int64(statement, link * LOCK_COLUMNS + 1),
			.until = sqlite3_column_int64(statement, link * LOCK_COLUMNS + 2),
		};
	password->temporary = sqlite3_column_int(statement, TEMPORARY);
	snprintf(password->hash, sizeof(password->hash), "%s", column_text(statement, HASH));
	snprintf(password->past, sizeof(password->past), "%s", column_text(statement, PAST));
}

void password_bind(sqlite3_stmt *statement, const struct password *password)
{
	for (int link = 0; link < PASSWORD_LINKS; link++) {
		const struct password_lock *lock = &password->lock[link];

		sqlite3_bind_int64(statement, 2 + link * LOCK_COLUMNS, lock->attempts);
		sqlite3_bind_int64(statement, 2 + link * LOCK_COLUMNS + 1, lock->locks);
		statement_bind_nonzero(statement, 2 + link * LOCK_COLUMNS + 2, lock->until);
	}
	sqlite3_bind_int(statement, 2 + TEMPORARY, password->temporary);
	sqlite3_bind_text(statement, 2 + HASH, password->hash, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2 + PAST, password->past, -1, SQLITE_STATIC);
}

/* ---- services ---- */

bool service_read(sqlite3_stmt *statement, int first, struct service *service)
{
	*service = (struct service){
		.code = column_text(statement, first),
		.price = sqlite3_column_int64(statement, first + 1),
		.period = column_text(statement, first + 2),
		.trial_days = (unsigned int)sqlite3_column_int(statement, first + 3),
		.activates_next_period = sqlite3_column_int(statement, first + 4),
		.deactivates_next_period = sqlite3_column_int(statement, first + 5),
		.account = column_text(statement, first + 6),
		.brand = column_text(statement, first + 7),
		.excludes = column_text(statement, first + 8),
		.family = column_text(statement, first + 10),
		.trial_price = sqlite3_column_int64(statement, first + 11),
		.trial_ends = trial_ends_by_name(column_text(statement, first + 12)),
	};
	return sqlite3_column_int(statement, first + 9);
}

/* ---- subscriptions ---- */

enum { SERVICE, STATE, SINCE, TRIAL_UNTIL, UNTIL, REMINDED, TRIAL_ENDS };	/* SUBSCRIPTION_COLUMNS */

void subscription_read(sqlite3_stmt *statement, struct subscription *subscription)
{
	*subscription = (struct subscription){
		.state = subscription_state_by_name(column_text(statement, STATE)),
		.since = sqlite3_column_int64(statement, SINCE),
		.trial_until = sqlite3_column_int64(statement, TRIAL_UNTIL),
		.until = sqlite3_column_int64(statement, UNTIL),
		.reminded = sqlite3_column_int(statement, REMINDED),
		.trial_ends = trial_ends_by_name(column_text(statement, TRIAL_ENDS)),
	};
	snprintf(subscription->service, sizeof(subscription->service), "%s", column_text(statement, SERVICE));
}

void subscription_bind(sqlite3_stmt *statement, const struct subscription *subscription)
{
	statement_bind_text(statement, 2, subscription->service);
	statement_bind_text(statement, 3, subscription_state_name(subscription->state));
	sqlite3_bind_int64(statement, 4, subscription->since);
	statement_bind_nonzero(statement, 5, subscription->trial_until);
	statement_bind_nonzero(statement, 6, subscription->until);
	sqlite3_bind_int(statement, 7, subscription->reminded);
	statement_bind_text(statement, 8, trial_ends_name(subscription->trial_ends));
}

bool preference_read(sqlite3_stmt *statement, int first, struct preference *preference)
{
	const char *kind = column_text(statement, first);

	*preference = (struct preference){
		.kind = kind ? notification_kind_find(kind, strlen(kind)) : NULL,
		.threshold = sqlite3_column_type(statement, first + 3) == SQLITE_NULL ? THRESHOLD_OPERATORS :
			     sqlite3_column_int64(statement, first + 3),
		.since = sqlite3_column_int64(statement, first + 4), .last = sqlite3_column_int64(statement, first + 5),
		.after = sqlite3_column_int64(statement, first + 6),
	};
	if (!preference->kind)
		return false;
	preference->choice = preference_choice_by_name(column_text(statement, first + 2));
	column_copy(statement, first + 1, preference->about, sizeof(preference->about));
	return true;
}

void preference_bind(sqlite3_stmt *statement, const struct preference *preference)
{
	statement_bind_text(statement, 2, preference->kind->name);
	statement_bind_text(statement, 3, preference->about);
	statement_bind_text(statement, 4, preference_choice_name(preference->choice));
	if (preference->threshold == THRESHOLD_OPERATORS)
		sqlite3_bind_null(statement, 5);
	else
		sqlite3_bind_int64(statement, 5, preference->threshold);
	sqlite3_bind_int64(statement, 6, preference->since);
	sqlite3_bind_int64(statement, 7, preference->last);
	sqlite3_bind_int64(statement, 8, preference->after);
}

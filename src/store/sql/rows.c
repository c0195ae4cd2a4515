/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "store/sql/connection.h"
#include "store/sql/rows.h"

void column_copy(struct statement *statement, int column, char *out, size_t size)
{
	const struct column got = column_get(statement, column);

	out[0] = '\0';
	if (!got.octets || got.len >= size)
		return;
	memcpy(out, got.octets, got.len);
	out[got.len] = '\0';
}

uint16_t column_blob_copy(struct statement *statement, int column, uint8_t *out, uint16_t size)
{
	const struct column got = column_get(statement, column);

	if (!got.octets || got.len > size)
		return 0;
	memcpy(out, got.octets, got.len);
	return (uint16_t)got.len;
}

/* ---- orders ---- */

enum {
	ORDER_ID, ORDER_MSISDN, ORDER_KIND, ORDER_REF, ORDER_SERVICE, ORDER_EFFECTIVE, ORDER_TRIAL, ORDER_OWN, ORDER_STATE,
	ORDER_FORMER_OWNER, ORDER_PRICE, ORDER_PERIOD, ORDER_ATTEMPTS, ORDER_INSTEAD, ORDER_TRIAL_PRICE,
	ORDER_TRIAL_ENDS, ORDER_TO, ORDER_FORM, ORDER_TICKET
};

bool order_row_read(struct statement *statement, struct order *order, int64_t *msisdn)
{
	*order = (struct order){
		.kind = order_kind_by_name(column_text(statement, ORDER_KIND)),
		.state = order_state_by_name(column_text(statement, ORDER_STATE)),
		.id = column_number(statement, ORDER_ID),
		.ref = (uint64_t)column_number(statement, ORDER_REF),
		.effective = column_number(statement, ORDER_EFFECTIVE),
		.trial_until = column_number(statement, ORDER_TRIAL),
		.trial_price = column_number(statement, ORDER_TRIAL_PRICE),
		.trial_ends = trial_ends_by_name(column_text(statement, ORDER_TRIAL_ENDS)),
		.own = column_number(statement, ORDER_OWN),
		.former_owner = column_number(statement, ORDER_FORMER_OWNER),
		.priced = !column_is_null(statement, ORDER_PRICE),
		.price = column_number(statement, ORDER_PRICE),
		.attempts = column_number(statement, ORDER_ATTEMPTS),
		.ticket = column_number(statement, ORDER_TICKET),
	};
	*msisdn = column_number(statement, ORDER_MSISDN);
	column_copy(statement, ORDER_SERVICE, order->service, sizeof(order->service));
	column_copy(statement, ORDER_INSTEAD, order->instead, sizeof(order->instead));
	column_copy(statement, ORDER_PERIOD, order->period, sizeof(order->period));
	column_copy(statement, ORDER_TO, order->backend, sizeof(order->backend));
	column_copy(statement, ORDER_FORM, order->form, sizeof(order->form));
	return order->kind < ORDER_KINDS && order->state < ORDER_STATES;
}

void order_row_bind(struct statement *statement, const struct order *order, int64_t msisdn)
{
	statement_bind_number(statement, 1, (int64_t)order->ref);
	statement_bind_number(statement, 2, msisdn);
	statement_bind_text(statement, 3, request_kind_name(order_request_kind(order->kind)));
	statement_bind_text(statement, 4, order->service[0] ? order->service : NULL);
	statement_bind_known(statement, 5, order->priced ? order->price : STORED_UNKNOWN);
	statement_bind_text(statement, 6, order->priced ? order->period : NULL);
	statement_bind_number(statement, 7, order->effective);
	statement_bind_text(statement, 8, order_state_name(order->state));
	statement_bind_number(statement, 9, order->accepted_at);
	statement_bind_number(statement, 10, order->due);
	statement_bind_number(statement, 11, order->own);
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

void password_read(struct statement *statement, struct password *password)
{
	memset(password, 0, sizeof(*password));
	for (int link = 0; link < PASSWORD_LINKS; link++)
		password->lock[link] = (struct password_lock){
			.attempts = column_number(statement, link * LOCK_COLUMNS),
			.locks = column_number(statement, link * LOCK_COLUMNS + 1),
			.until = column_number(statement, link * LOCK_COLUMNS + 2),
		};
	password->temporary = column_number(statement, TEMPORARY);
	snprintf(password->hash, sizeof(password->hash), "%s", column_text(statement, HASH));
	snprintf(password->past, sizeof(password->past), "%s", column_text(statement, PAST));
}

void password_bind(struct statement *statement, const struct password *password)
{
	for (int link = 0; link < PASSWORD_LINKS; link++) {
		const struct password_lock *lock = &password->lock[link];

		statement_bind_number(statement, 2 + link * LOCK_COLUMNS, lock->attempts);
		statement_bind_number(statement, 2 + link * LOCK_COLUMNS + 1, lock->locks);
		statement_bind_nonzero(statement, 2 + link * LOCK_COLUMNS + 2, lock->until);
	}
	statement_bind_number(statement, 2 + TEMPORARY, password->temporary);
	statement_bind_text(statement, 2 + HASH, password->hash);
	statement_bind_text(statement, 2 + PAST, password->past);
}

/* ---- services ---- */

bool service_read(struct statement *statement, int first, struct service *service)
{
	*service = (struct service){
		.code = column_text(statement, first),
		.price = column_number(statement, first + 1),
		.period = column_text(statement, first + 2),
		.trial_days = (unsigned int)column_number(statement, first + 3),
		.activates_next_period = column_number(statement, first + 4),
		.deactivates_next_period = column_number(statement, first + 5),
		.account = column_text(statement, first + 6),
		.brand = column_text(statement, first + 7),
		.excludes = column_text(statement, first + 8),
		.family = column_text(statement, first + 10),
		.trial_price = column_number(statement, first + 11),
		.trial_ends = trial_ends_by_name(column_text(statement, first + 12)),
	};
	return column_number(statement, first + 9);
}

/* ---- subscriptions ---- */

enum { SERVICE, STATE, SINCE, TRIAL_UNTIL, UNTIL, REMINDED, TRIAL_ENDS };	/* SUBSCRIPTION_COLUMNS */

void subscription_read(struct statement *statement, struct subscription *subscription)
{
	*subscription = (struct subscription){
		.state = subscription_state_by_name(column_text(statement, STATE)),
		.since = column_number(statement, SINCE),
		.trial_until = column_number(statement, TRIAL_UNTIL),
		.until = column_number(statement, UNTIL),
		.reminded = column_number(statement, REMINDED),
		.trial_ends = trial_ends_by_name(column_text(statement, TRIAL_ENDS)),
	};
	snprintf(subscription->service, sizeof(subscription->service), "%s", column_text(statement, SERVICE));
}

void subscription_bind(struct statement *statement, const struct subscription *subscription)
{
	statement_bind_text(statement, 2, subscription->service);
	statement_bind_text(statement, 3, subscription_state_name(subscription->state));
	statement_bind_number(statement, 4, subscription->since);
	statement_bind_nonzero(statement, 5, subscription->trial_until);
	statement_bind_nonzero(statement, 6, subscription->until);
	statement_bind_number(statement, 7, subscription->reminded);
	statement_bind_text(statement, 8, trial_ends_name(subscription->trial_ends));
}

bool preference_read(struct statement *statement, int first, struct preference *preference)
{
	const char *kind = column_text(statement, first);

	*preference = (struct preference){
		.kind = kind ? notification_kind_find(kind, strlen(kind)) : NULL,
		.threshold = column_is_null(statement, first + 3) ? THRESHOLD_OPERATORS :
			     column_number(statement, first + 3),
		.since = column_number(statement, first + 4), .last = column_number(statement, first + 5),
		.after = column_number(statement, first + 6),
	};
	if (!preference->kind)
		return false;
	preference->choice = preference_choice_by_name(column_text(statement, first + 2));
	column_copy(statement, first + 1, preference->about, sizeof(preference->about));
	return true;
}

void preference_bind(struct statement *statement, const struct preference *preference)
{
	statement_bind_text(statement, 2, preference->kind->name);
	statement_bind_text(statement, 3, preference->about);
	statement_bind_text(statement, 4, preference_choice_name(preference->choice));
	if (preference->threshold == THRESHOLD_OPERATORS)
		statement_bind_null(statement, 5);
	else
		statement_bind_number(statement, 5, preference->threshold);
	statement_bind_number(statement, 6, preference->since);
	statement_bind_number(statement, 7, preference->last);
	statement_bind_number(statement, 8, preference->after);
}

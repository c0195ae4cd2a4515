/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscriptions, orders, passwords and services as rows; and merging an update into subscriptions: in the tables that are served, or
 * in those of a snapshot that is being read. */
#pragma once

#include <sqlite3.h>

#include "starhash/account.h"
#include "starhash/stored.h"

#define SHIELDS_MAX 64			/* services of one subscriber, before all of them are shielded */

/* A column as a text; NULL where it is NULL. */
static inline const char *column_text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

/* "" where it is NULL, or longer than \a size. */
void column_copy(sqlite3_stmt *statement, int column, char *out, size_t size);

/* Fill \a order from a row of SQL_ORDER; false when the row is not one of an order. */
bool order_row_read(sqlite3_stmt *statement, struct order *order, int64_t *msisdn);

/* Bind it to SQL_ORDER_ADD, by pointers. */
void order_row_bind(sqlite3_stmt *statement, const struct order *order, int64_t msisdn);

#define PASSWORD_COLUMN_COUNT 9

/* Fill \a password from a row of PASSWORD_COLUMNS. It holds hashes: the caller's to wipe. */
void password_read(sqlite3_stmt *statement, struct password *password);

/* Bind it to SQL_PASSWORD_WRITE, by pointers; what it points to has to live until the bindings are cleared. */
void password_bind(sqlite3_stmt *statement, const struct password *password);

#define SERVICE_COLUMN_COUNT 10

/* Fill \a service from a row of SERVICE_COLUMNS; pointers lead into the row. Returns whether it is sold. */
bool service_read(sqlite3_stmt *statement, struct service *service);

#define SUBSCRIPTION_COLUMN_COUNT 6

/* Fill \a subscription from a row of SUBSCRIPTION_COLUMNS. */
void subscription_read(sqlite3_stmt *statement, struct subscription *subscription);

/* Bind it to SUBSCRIPTION_WRITE_SQL_OF(), by pointers. */
void subscription_bind(sqlite3_stmt *statement, const struct subscription *subscription);

/* Run SUBSCRIPTION_WRITE_SQL_OF(), SUBSCRIPTION_REMOVE_SQL(). SQLite result codes. */
int subscription_write(sqlite3_stmt *statement, int64_t msisdn, const struct subscription *subscription);
int subscription_remove(sqlite3_stmt *statement, int64_t msisdn, const char *service);

/* What orders of a subscriber keep as it is, read for an update as of some time. */
struct shields {
	char services[SHIELDS_MAX][SERVICE_CODE_MAX + 1];
	unsigned int services_count;
	bool all;			/* of the services: there were too many to tell them apart */
	bool line;			/* its state */
};

/* \a unseen: ORDERS_UNSEEN_SQL. The update's two ages: of the profile, which has the line's state, and of the services. An SQLite
 * result code. */
int shields_read(sqlite3_stmt *unseen, int64_t msisdn, int64_t as_of, int64_t services_as_of, struct shields *shields);

/* All of one subscriber's. */
struct subscriptions {
	struct subscription *list;	/* to be freed */
	unsigned int count;
};

/* \a statement: SUBSCRIPTIONS_SQL(). An SQLite result code; free the list in any case. */
int subscriptions_read(sqlite3_stmt *statement, int64_t msisdn, struct subscriptions *subscriptions);

struct subscriptions_merge {
	sqlite3_stmt *stored;		/* SUBSCRIPTIONS_SQL() */
	sqlite3_stmt *write, *remove;	/* SUBSCRIPTION_WRITE_SQL_OF(), SUBSCRIPTION_REMOVE_SQL() */
	bool elsewhere;			/* write and remove are about the snapshot's table, which holds the update already */
	bool partial;			/* the update is some subscriptions, not all */
	const struct shields *shields;
	int64_t as_of;			/* of the update */
};

/* Write what subscription_merge() makes of each subscription. An SQLite result code. */
int subscriptions_merge(const struct subscriptions_merge *merge, int64_t msisdn, const struct subscription *update, unsigned int count);

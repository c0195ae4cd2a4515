/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscriptions as rows, and merging an update into them: in the tables that are served, or in those of a snapshot that is being
 * read. */
#pragma once

#include <sqlite3.h>

#include "starhash/account.h"
#include "starhash/stored.h"

#define SHIELDS_MAX 64			/* services of one subscriber, before all of them are shielded */

const char *subscription_state_name(enum subscription_state state);

/* SUBSCRIPTION_ACTIVE for a word that is not one of them. */
enum subscription_state subscription_state_by_name(const char *name);

#define SUBSCRIPTION_COLUMN_COUNT 6

/* Fill \a subscription from a row of SUBSCRIPTION_COLUMNS. */
void subscription_read(sqlite3_stmt *statement, struct subscription *subscription);

/* Bind it to SUBSCRIPTION_WRITE_SQL, by pointers. */
void subscription_bind(sqlite3_stmt *statement, const struct subscription *subscription);

/* Run SUBSCRIPTION_WRITE_SQL, SUBSCRIPTION_REMOVE_SQL(). SQLite result codes. */
int subscription_write(sqlite3_stmt *statement, int64_t msisdn, const struct subscription *subscription);
int subscription_remove(sqlite3_stmt *statement, int64_t msisdn, const char *service);

/* As billing has it: active, or on trial. */
struct subscription subscription_of(const struct stored_subscription *stored);

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

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of consents: a sealed chain for each subscriber, its head, and the root that retention leaves. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "starhash/consent_source.h"

struct connection;

/* Append it to its subscriber's chain, inside the transaction that is open. The epoch is the chain's: that of \a consent is
 * overwritten. SQLITE_MISUSE without a key. Returns an SQLite result code, as all below. */
int consent_add(struct connection *connection, struct consent *consent);

/* Delete up to \a max of the oldest consents if they are older than \a before and have anchors; heads stay, and a sealed root
 * says where each chain begins now. *\a deleted: how many. */
int consent_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Read how far the database knows that consents have anchors, for consent_prune(). */
int consent_anchored_read(struct connection *connection);

/* The consents of a database that is open, and stays the caller's; they are read in a transaction of their own. */
struct sqlite_consents {
	struct consent_source source;
	sqlite3 *db;
	sqlite3_stmt *lists[CONSENT_LISTS];
};

void sqlite_consents_init(struct sqlite_consents *consents, sqlite3 *db);
void sqlite_consents_fini(struct sqlite_consents *consents);

/* Bind a hash, or read one: false when a column holds none. */
void hash_bind(sqlite3_stmt *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE]);
bool hash_read(sqlite3_stmt *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE]);

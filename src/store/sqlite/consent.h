/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of consents: for each subscriber a sealed chain, its head, and the root that retention leaves. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "starhash/consent_source.h"

struct connection;

/* Append a consent to its subscriber's chain, inside the open transaction. \a consent gets the epoch of the chain. Returns an SQLite
 * result code, as do all functions below; SQLITE_MISUSE without a key. */
int consent_add(struct connection *connection, struct consent *consent);

/* Delete up to \a max of the oldest consents if they are older than \a before and have anchors. Heads stay, and a sealed root records
 * where each chain begins now. *\a deleted: how many. */
int consent_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Read up to which id the database knows that consents have anchors, for consent_prune(). */
int consent_anchored_read(struct connection *connection);

/* Iterates over the consents of an open database, which belongs to the caller, in a separate read transaction. */
struct sqlite_consents {
	struct consent_source source;
	sqlite3 *db;
	sqlite3_stmt *lists[CONSENT_LISTS];
};

void sqlite_consents_init(struct sqlite_consents *consents, sqlite3 *db);
void sqlite_consents_fini(struct sqlite_consents *consents);

/* Bind a hash, or read one; false: the column does not contain a hash. */
void hash_bind(sqlite3_stmt *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE]);
bool hash_read(sqlite3_stmt *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE]);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of consents: a sealed chain for each subscriber, its head, and the root that retention leaves. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

#include "starhash/consent.h"

struct connection;

/* Append it to its subscriber's chain, inside the transaction that is open. The epoch is the chain's: that of \a consent is
 * overwritten. SQLITE_MISUSE without a key. Returns an SQLite result code, as all below. */
int consent_add(struct connection *connection, struct consent *consent);

/* Delete up to \a max of the oldest consents if they are older than \a before and have anchors; heads stay, and a sealed root
 * says where each chain begins now. *\a deleted: how many. */
int consent_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Bind a hash, or read one: false when a column holds none. */
void hash_bind(sqlite3_stmt *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE]);
bool hash_read(sqlite3_stmt *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE]);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of consents: for each subscriber a sealed chain, its head, and the root that retention leaves. */
#pragma once

#include <stdint.h>

#include "starhash/consent_source.h"

struct connection;
struct statement;

/* Append a consent to its subscriber's chain, inside the open transaction. \a consent gets the epoch of the chain. Returns a result
 * code, as do all functions below; DB_MISUSE without a key. */
int consent_add(struct connection *connection, struct consent *consent);

/* Delete up to \a max of the oldest consents if they are older than \a before and have anchors. Heads stay, and a sealed root records
 * where each chain begins now. *\a deleted: how many. */
int consent_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* The same for the consents of version 3, which have one chain for all. The newest row always stays, so that an emptied ledger can be
 * distinguished from one whose rows have all expired. */
int ledger_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Read up to which id the database knows that consents have anchors, for consent_prune(). */
int consent_anchored_read(struct connection *connection);

/* Record in the database up to which id consents have anchors. */
int consent_anchored_write(struct connection *connection, int64_t id);

/* Iterates over the consents of a connection, which belongs to the caller, in a view of their own. */
struct sql_consents {
	struct consent_source source;
	struct connection *connection;
	struct statement *lists[CONSENT_LISTS];
};

void sql_consents_init(struct sql_consents *consents, struct connection *connection);
void sql_consents_fini(struct sql_consents *consents);

/* Bind a hash, or read one; false: the column does not contain a hash. */
void hash_bind(struct statement *statement, int index, const uint8_t hash[static CONSENT_HASH_SIZE]);
bool hash_read(struct statement *statement, int column, uint8_t hash[static CONSENT_HASH_SIZE]);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The consents that version 3 wrote: one chain over all subscribers, whose hashes need no key. It is checked by its own rule,
 * and never written: to seal these consents anew would be to rewrite history. Retention empties it. */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

struct connection;

/* Delete up to \a max of the oldest rows if they are older than \a before; the newest one always stays, so that an
 * emptied ledger can be told from an old one. *\a deleted: how many. */
int ledger_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Follow the whole chain. *\a rows: how many there are. *\a broken_id: the first row that is not as it was written,
 * or that is missing; 0 when all is well. Returns an SQLite result code. */
int ledger_check(sqlite3 *db, uint64_t *rows, int64_t *broken_id);

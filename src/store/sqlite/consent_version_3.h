/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The consents written by version 3: one chain over all subscribers, whose hashes need no key. It is checked by its own rule and never
 * written: sealing these consents again would rewrite history. Retention empties it: ledger_prune(). */
#pragma once

#include <sqlite3.h>
#include <stdint.h>

/* Verify the whole chain. *\a rows: number of rows. *\a broken_id: the first row that was changed or is missing; 0: none. Returns an
 * SQLite result code. */
int ledger_check(sqlite3 *db, uint64_t *rows, int64_t *broken_id);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ledger of consent: what a subscriber was shown, what he answered, and so ordered. Each row's hash covers the
 * row and the hash before it, so that a row cannot be changed, left out or put between without all later ones
 * showing it. */
#pragma once

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct connection;
struct value;

struct consent {
	int64_t time;			/* seconds since 1970 */
	int64_t msisdn;
	int64_t ref;
	const char *kind;		/* request_kind_name() */
	const char *service;		/* "" when it is not about one */
	const struct value *channel;	/* texts, as they were; NULL when there is none */
	const struct value *shown;
	const struct value *answered;
};

/* Append a row inside the transaction that is open. */
int ledger_add(struct connection *connection, const struct consent *consent);

/* Delete up to \a max of the oldest rows if they are older than \a before; the newest one always stays, so that an
 * emptied ledger can be told from an old one. *\a deleted: how many. */
int ledger_prune(struct connection *connection, int64_t before, int max, int *deleted);

/* Follow the whole chain. *\a rows: how many there are. *\a broken_id: the first row that is not as it was written,
 * or that is missing; 0 when all is well. Returns an SQLite result code. */
int ledger_check(sqlite3 *db, uint64_t *rows, int64_t *broken_id);

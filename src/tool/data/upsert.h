/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes rows of import files to the store: to the served tables (a delta), or to the staging tables (a snapshot). */
#pragma once

#include "import/row.h"
#include "starhash/account.h"

struct data_store;

enum upsert_end {
	UPSERT_DONE,
	UPSERT_OLDER,			/* the store has newer data (F27) */
	UPSERT_REFUSED,			/* upsert->why has the reason */
	UPSERT_FAILED,			/* the store has the reason */
};

struct upsert {
	struct data_store *store;
	bool snapshot;
	bool force;			/* older data overwrite newer */
	int64_t as_of;			/* of rows that do not state it */
	int64_t now;			/* seconds since 1970 */
	int64_t newest;			/* as_of of the rows so far; STORED_UNKNOWN: none */
	const char *hash_kinds;		/* accepted kinds of billing's password hashes, see password_verify(); NULL: none */
	bool own_hashes;		/* hashes made by starhashd are accepted, too */
	bool ids_dropped;		/* identity numbers were dropped, because the key is missing */
	struct account_step step;
	struct response response;
	const char *why;
};

enum upsert_end upsert_row(struct upsert *upsert, const struct import_row *row);

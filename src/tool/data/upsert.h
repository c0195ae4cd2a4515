/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of import files into the store: into what is served (a delta), or into what will take its place (a snapshot). */
#pragma once

#include "import/row.h"
#include "starhash/account.h"

struct data_store;

enum upsert_end {
	UPSERT_DONE,
	UPSERT_OLDER,			/* the store knows it newer already (F27) */
	UPSERT_REFUSED,			/* upsert->why says why */
	UPSERT_FAILED,			/* the store says why */
};

struct upsert {
	struct data_store *store;
	bool snapshot;
	bool force;			/* older data overwrite newer */
	int64_t as_of;			/* of rows that do not say */
	int64_t now;			/* seconds since 1970 */
	int64_t newest;			/* as_of of all rows so far; STORED_UNKNOWN: there were none */
	const char *hash_kinds;		/* of billing's password hashes that are taken, see password_verify(); NULL: none */
	bool own_hashes;		/* those that starhashd made, too */
	bool ids_dropped;		/* some identity numbers were dropped, for want of the key */
	struct account_step step;
	struct response response;
	const char *why;
};

enum upsert_end upsert_row(struct upsert *upsert, const struct import_row *row);

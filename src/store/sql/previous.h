/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of the previous process, for this one to compare with: the last time, the catalogue and the retention (A60, A66). */
#pragma once

#include "starhash/catalogue.h"
#include "store/sql/connection.h"

struct before {
	int64_t time;			/* seconds since 1970; 0: unknown */
	struct catalogue *catalogue;	/* talloc; empty if unknown */
	bool differs;			/* the recorded rules differ from the current ones: call retention_write() */
	char held[160];			/* why the configured retention is not used; "": it is used */
};

/* To be called before any thread starts. \a rules: a kind of record whose retention became shorter than half of the recorded one gets the
 * recorded days back. Nothing is written: the disk may be full, or another process may be writing. Returns a result code. */
int before_read(struct before *before, void *ctx, struct connection *writer, struct account_rules *rules);

/* Record the retention of \a what, struct account_rules, for the next start. */
change_make retention_write;

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the process before left in the database for this one to compare with: the last time, the catalogue, the retention
 * (A60, A66). */
#pragma once

#include "starhash/catalogue.h"
#include "store/sqlite/connection.h"

struct before {
	int64_t time;			/* seconds since 1970; 0: not known */
	struct catalogue *catalogue;	/* talloc; empty when it is not known */
	bool differs;			/* rules were not recorded as they are now: retention_write() is to do it */
	char held[160];			/* why the settings' retention is not used; "": it is */
};

/* Before any thread works. \a rules: where they would keep a kind of record for less than half as long as before, they get
 * the days of before. Nothing is written: the disk may be full, or another process be at work. An SQLite result code. */
int before_read(struct before *before, void *ctx, struct connection *writer, struct account_rules *rules);

/* \a what: struct account_rules: record their days, for the next start. */
change_make retention_write;

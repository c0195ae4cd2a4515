/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the loop sees of the database: one read transaction for the reads of some milliseconds.
 *
 * Beginning a transaction costs more than a look-up, and after a commit it also empties the connection's page cache. So the
 * loop goes on with the one that it has, unless the read is about somebody whom a change has been about since then: what was
 * answered is seen by all that is asked afterwards. */
#pragma once

#include <stdbool.h>

#include <osmocom/core/timer.h>

#include "store/sqlite/connection.h"

#define CHANGED_MAX 32

struct snapshot {
	struct connection *connection;
	const bool *hurry;		/* the writer's thread says that its checkpoint waits for us */
	struct osmo_timer_list end;
	bool open;
	int64_t began_ms;
	bool stale;			/* there were changes */
	unsigned int changed_count;
	struct subscriber changed[CHANGED_MAX];
};

void snapshot_init(struct snapshot *snapshot, struct connection *connection, const bool *hurry);

/* What is read next has to be as fresh as everything that was noted about \a who; without a number: about anybody. */
int snapshot_begin(struct snapshot *snapshot, const struct subscriber *who);

/* A change is there, about \a who; without a number: about nobody; NULL: about anybody. */
void snapshot_note(struct snapshot *snapshot, const struct subscriber *who);

/* The next one sees all that is there by then. */
void snapshot_end(struct snapshot *snapshot);

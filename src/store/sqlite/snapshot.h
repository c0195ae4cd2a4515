/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The loop's view of the database: one read transaction for all reads within some milliseconds.
 *
 * Beginning a transaction costs more than a look-up, and after a commit it also empties the connection's page cache. So the loop
 * continues to use its open transaction, unless the subscriber of the read was changed since it began: every read must see the changes
 * that were answered before it. */
#pragma once

#include <stdbool.h>

#include <osmocom/core/timer.h>

#include "store/sqlite/connection.h"

#define SNAPSHOT_HOLD_MS 5	/* how long changes of other processes may stay unseen */
#define CHANGED_MAX 32

struct snapshot {
	struct connection *connection;
	const bool *hurry;		/* set by the writer's thread: its checkpoint waits for us */
	struct osmo_timer_list end;
	bool open;
	int64_t began_ms;
	bool stale;			/* there were changes since it began */
	unsigned int changed_count;
	struct subscriber changed[CHANGED_MAX];
};

void snapshot_init(struct snapshot *snapshot, struct connection *connection, const bool *hurry);

/* Begin, or continue, a transaction that sees all changes noted about \a who; without a number: about anybody. */
int snapshot_begin(struct snapshot *snapshot, const struct subscriber *who);

/* Note a change about \a who; without a number: about nobody; NULL: about anybody. */
void snapshot_note(struct snapshot *snapshot, const struct subscriber *who);

/* End the transaction. The next one sees all changes made before it begins. */
void snapshot_end(struct snapshot *snapshot);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The write-ahead log's size (A67). Checkpoints make room in it, and beyond a bound the file is truncated; a reader that never ends its
 * transaction prevents both, which raises an alarm. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

struct alarms;

#define WAL_MAX_MB 256		/* unless the settings say otherwise */

/* Changed by the writer's thread. The loop reads the members marked "for the loop", without a lock. */
struct wal {
	char *name;			/* of the file; talloc, the store's */
	int64_t max_octets;
	bool held_up;			/* for the loop: a checkpoint waits for readers */
	int64_t behind_since_ms;	/* when a checkpoint was first incomplete; 0: the last one was complete */
	int64_t tried_ms;		/* the last incomplete checkpoint */
	int64_t octets;			/* for the loop: of the file, after the last batch */
	int64_t over_since_ms;		/* for the loop; 0: the file is within its bound */
	int64_t reported_ms;		/* the loop's; when the alarm was last raised; 0: not raised */
};

/* To be called before the writer's first transaction. \a file: the database; \a max_mb 0: WAL_MAX_MB. An SQLite result code. */
int wal_init(struct wal *wal, void *ctx, const char *file, unsigned int max_mb, sqlite3 *db);

/* After each batch, in the writer's thread: never waits for a reader. */
void wal_bound(struct wal *wal, sqlite3 *db);

/* On the loop: raise the alarm, or clear it. */
void wal_report(struct wal *wal, struct alarms *alarms);

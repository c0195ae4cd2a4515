/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writer's lease: of the processes that open a database to serve from it, only one writes.
 *
 * Normally a system lock on a file beside the database decides at once: it is released when its process ends, however that happens. Where
 * the lock cannot decide, because the file was removed or another machine has the database, the table does: the holder's heartbeat is
 * watched by a monotonic clock. Each takeover raises the epoch, which the writer checks in each transaction, under SQLite's own lock: a
 * writer that was paused, or wrongly believes that it still has the lease, changes nothing. */
#pragma once

#include "starhash/accounts.h"
#include "store/sqlite/connection.h"

#define LEASE_LOST SQLITE_PERM		/* returned by lease_check() to a process that is no longer the writer */
#define LEASE_BEAT_S 3

struct lease {
	int fd;				/* of the lock file; -1: not locked */
	char place[96];			/* identifies the lock among those of all machines */
	char process[64];		/* for people */
	uint8_t holder[16];		/* random, for each takeover */
	int64_t epoch;			/* of our lease; 0: none */
};

void lease_init(struct lease *lease);

/* Lock the file beside the database. Returns 0; -EBUSY: another process has locked it, see \a watch, which may be NULL; -errno. */
int lease_lock(struct lease *lease, const char *file, struct accounts_watch *watch);

/* Become the writer, and draw \a base for its references, in one transaction. Returns 0; -EBUSY: another writer may be alive; -EIO: see
 * *\a rc. */
int lease_take(struct lease *lease, struct connection *connection, const struct accounts_settings *settings, uint64_t *base, int *rc);

/* Check inside a write transaction that this process is still the writer. Returns a result code. */
int lease_check(const struct lease *lease, struct connection *connection);

/* The change that advances the heartbeat. */
change_make lease_beat;

/* Release the lease, so that the next writer need not wait, and unlock. */
void lease_fini(struct lease *lease, struct connection *connection);

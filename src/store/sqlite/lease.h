/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One writer: of the processes that open a database to serve from it, one writes.
 *
 * A lock of the system's on a file beside the database says so at once: it goes with its process, however that ends. Where
 * the lock cannot say it, since the file was removed or another machine has the database, the table does: the holder's
 * heartbeat is watched, by a monotonic clock. Each taking raises the epoch, which the writer looks at in each transaction,
 * under SQLite's own lock: a writer that was paused, or that believes too long to be the one, changes nothing. */
#pragma once

#include "starhash/account.h"
#include "store/sqlite/connection.h"

#define LEASE_LOST SQLITE_PERM		/* what lease_check() returns for a writer that is not it any more */
#define LEASE_BEAT_S 3

struct lease {
	int fd;				/* of the lock's file; -1: not locked */
	char place[96];			/* which lock that is, of all machines' */
	char process[64];		/* for people */
	uint8_t holder[16];		/* drawn for each taking */
	int64_t epoch;			/* of our own lease; 0: none */
};

void lease_init(struct lease *lease);

/* Lock the file beside the database. 0; -EBUSY: another process has it, see \a watch, which may be NULL; -errno. */
int lease_lock(struct lease *lease, const char *file, struct account_watch *watch);

/* Become the writer, and draw \a base for its references, in one transaction. 0; -EBUSY: perhaps another one lives; -EIO: *\a
 * rc says why. */
int lease_take(struct lease *lease, struct connection *connection, const struct account_settings *settings, uint64_t *base, int *rc);

/* Whether it still is the writer, as an SQLite result code, in a transaction that writes. */
int lease_check(const struct lease *lease, struct connection *connection);

/* A change: the heartbeat. */
change_make lease_beat;

/* Leave it to the next one, who need not wait then; and unlock. */
void lease_fini(struct lease *lease, struct connection *connection);

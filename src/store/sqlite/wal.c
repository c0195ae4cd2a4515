/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The write-ahead log's size. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>

#include "starhash/alarm.h"
#include "starhash/clock.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/wal.h"

#define CHECKPOINT_PAGES 4000
#define RETRY_MS 20		/* a checkpoint scans the whole log: not at each commit while readers hold it up */
#define RETRY_OVER_MS 1000	/* the same for a log that has grown large */
#define REPORT_AGAIN_MS 60000
#define MEGA INT64_C(1048576)

static bool is_time(const struct wal *wal, int64_t now)
{
	return !wal->behind_since_ms || now - wal->tried_ms >= (wal->over_since_ms ? RETRY_OVER_MS : RETRY_MS);
}

static void note_checkpoint(struct wal *wal, bool whole, int64_t now)
{
	wal->tried_ms = now;
	if (whole)
		wal->behind_since_ms = 0;
	else if (!wal->behind_since_ms)
		wal->behind_since_ms = now;
	__atomic_store_n(&wal->held_up, !whole, __ATOMIC_RELAXED);
}

/* After each commit: copy the log to the database file, except pages that readers still need in their old state. */
static int committed(void *data, sqlite3 *db, const char *name, int pages)
{
	const int64_t now = clock_monotonic_ms();
	struct wal *wal = data;
	int all = 0, done = 0;

	if (pages >= CHECKPOINT_PAGES && !is_time(wal, now))
		return SQLITE_OK;
	if (pages >= CHECKPOINT_PAGES)
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, &all, &done);
	note_checkpoint(wal, done >= all, now);
	return SQLITE_OK;
}

/* The limit truncates the file when the log restarts. Read it back: it has 64 bits, and is -1 if it did not take effect. */
static int limit_set(sqlite3 *db, int64_t octets)
{
	sqlite3_stmt *statement;
	char sql[80];
	int rc;

	snprintf(sql, sizeof(sql), "PRAGMA journal_size_limit = %" PRId64, octets);
	rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) == octets ? SQLITE_OK : SQLITE_ERROR;
	sqlite3_finalize(statement);
	return rc;
}

int wal_init(struct wal *wal, void *ctx, const char *file, unsigned int max_mb, sqlite3 *db)
{
	wal->name = talloc_asprintf(ctx, "%s-wal", file);
	wal->max_octets = (max_mb ? max_mb : WAL_MAX_MB) * MEGA;
	if (!wal->name)
		return SQLITE_NOMEM;
	sqlite3_wal_hook(db, committed, wal);
	return limit_set(db, wal->max_octets);
}

static int64_t size_of(const struct wal *wal)
{
	struct stat file;

	return stat(wal->name, &file) < 0 ? 0 : (int64_t)file.st_size;
}

void wal_bound(struct wal *wal, sqlite3 *db)
{
	const int64_t now = clock_monotonic_ms();
	int64_t octets = size_of(wal);
	int rc;

	if (octets > wal->max_octets && (!wal->over_since_ms || is_time(wal, now))) {
		/* without a busy handler, the checkpoint fails at once if a reader is in the way */
		sqlite3_busy_timeout(db, 0);
		rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		sqlite3_busy_timeout(db, BUSY_MS);
		note_checkpoint(wal, rc == SQLITE_OK, now);
		octets = size_of(wal);
	}
	__atomic_store_n(&wal->octets, octets, __ATOMIC_RELAXED);
	if (octets <= wal->max_octets)
		__atomic_store_n(&wal->over_since_ms, 0, __ATOMIC_RELAXED);
	else if (!wal->over_since_ms)
		__atomic_store_n(&wal->over_since_ms, wal->behind_since_ms, __ATOMIC_RELAXED);
}

void wal_report(struct wal *wal, struct alarms *alarms)
{
	const int64_t since = __atomic_load_n(&wal->over_since_ms, __ATOMIC_RELAXED);
	const int64_t now = clock_monotonic_ms();

	if (!since && wal->reported_ms)
		alarm_clear(alarms, ALARM_WAL_SIZE);
	if (since && (!wal->reported_ms || now - wal->reported_ms >= REPORT_AGAIN_MS))
		alarm_raise(alarms, ALARM_WAL_SIZE,
			    "%s has %" PRId64 " MB, and a reader has prevented it from shrinking for %" PRId64 " s: "
			    "\"fuser -v\" on the -shm file beside it shows the processes", wal->name,
			    __atomic_load_n(&wal->octets, __ATOMIC_RELAXED) / MEGA, (now - since) / 1000);
	else if (since)
		return;
	wal->reported_ms = since ? now : 0;
}

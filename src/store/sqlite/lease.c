/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "starhash/clock.h"
#include "store/sqlite/lease.h"
#include "store/sql/references.h"

#define NAME_SIZE 4096
#define TAKEOVER_MS 15000	/* five heartbeats */

/* The row of the table. */
struct lease_holder {
	int64_t epoch, beat;
	bool somebody;
	bool by_us;			/* this process is the holder */
	bool gone;			/* the holder lost its lock: it is ours now */
	char process[64];
};

/* ---- the lock ---- */

void lease_init(struct lease *lease)
{
	*lease = (struct lease){ .fd = -1 };
}

/* Make a unique name of the lock: boot id of the kernel, file system and inode. */
static void place_read(struct lease *lease)
{
	char boot[40] = "";
	struct stat file = { 0 };
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, boot, 36) != 36)
		boot[0] = '\0';
	if (fd >= 0)
		close(fd);
	fstat(lease->fd, &file);
	lease->place[0] = '\0';		/* matches no lock: only the heartbeat can decide */
	if (boot[0])
		snprintf(lease->place, sizeof(lease->place), "%s %" PRIx64 " %" PRIx64, boot, (uint64_t)file.st_dev,
			 (uint64_t)file.st_ino);
}

/* Write into the file who has locked it, for people only. */
static void process_write(struct lease *lease)
{
	char host[40] = "?";

	gethostname(host, sizeof(host) - 1);
	snprintf(lease->process, sizeof(lease->process), "process %ld on %s", (long)getpid(), host);
	if (ftruncate(lease->fd, 0) < 0 || pwrite(lease->fd, lease->process, strlen(lease->process), 0) < 0)
		return;
}

int lease_lock(struct lease *lease, const char *file, struct accounts_watch *watch)
{
	char name[NAME_SIZE];
	ssize_t len;

	if (snprintf(name, sizeof(name), "%s-writer", file) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	lease->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lease->fd < 0)
		return -errno;
	if (flock(lease->fd, LOCK_EX | LOCK_NB) == 0) {
		place_read(lease);
		process_write(lease);
		return 0;
	}
	if (errno != EWOULDBLOCK)
		return -errno;
	if (watch) {
		len = pread(lease->fd, watch->holder, sizeof(watch->holder) - 1, 0);
		watch->holder[len > 0 ? len : 0] = '\0';
		watch->alive = true;
	}
	return -EBUSY;
}

/* ---- the table ---- */

static int holder_read(const struct lease *lease, struct connection *connection, struct lease_holder *holder)
{
	struct statement *statement = statement_get(connection, SQL_LEASE);
	int rc = statement_next(statement);
	struct column by;

	memset(holder, 0, sizeof(*holder));
	if (rc == DB_ROW) {
		holder->epoch = column_number(statement, 0);
		holder->beat = column_number(statement, 1);
		by = column_get(statement, 2);
		holder->somebody = by.type == COLUMN_OCTETS;
		holder->by_us = by.len == sizeof(lease->holder) && !memcmp(by.octets, lease->holder, sizeof(lease->holder));
		holder->gone = lease->place[0] && !strcmp(column_text(statement, 3), lease->place);
		snprintf(holder->process, sizeof(holder->process), "%s", column_text(statement, 4));
	}
	return rc == DB_DONE ? DB_CORRUPT : statement_put(statement, rc);
}

/* Whether the holder's heartbeat has stopped for long enough to take over. Records the observation in the watch. */
static bool is_still(const struct lease_holder *holder, const struct accounts_settings *settings)
{
	const unsigned int takeover_ms = settings->takeover_ms ? settings->takeover_ms : TAKEOVER_MS;
	struct accounts_watch *watch = settings->watch;
	const int64_t now = clock_monotonic_ms();

	if (!watch)
		return false;
	snprintf(watch->holder, sizeof(watch->holder), "%s", holder->process);
	if (watch->since_ms && watch->epoch == holder->epoch && watch->beat == holder->beat)
		return now - watch->since_ms >= takeover_ms;
	watch->alive = watch->since_ms;		/* the heartbeat has advanced */
	watch->epoch = holder->epoch;
	watch->beat = holder->beat;
	watch->since_ms = now;
	return false;
}

static int held_write(struct lease *lease, struct connection *connection, int64_t epoch)
{
	struct statement *statement = statement_get(connection, SQL_LEASE_TAKE);
	int rc;

	randombytes_buf(lease->holder, sizeof(lease->holder));
	lease->epoch = epoch;
	statement_bind_number(statement, 1, epoch);
	statement_bind_blob(statement, 2, lease->holder, sizeof(lease->holder));
	statement_bind_text(statement, 3, lease->place);
	statement_bind_text(statement, 4, lease->process);
	rc = statement_next(statement);
	return statement_put(statement, rc);
}

int lease_take(struct lease *lease, struct connection *connection, const struct accounts_settings *settings, uint64_t *base, int *rc)
{
	struct lease_holder holder = { 0 };
	bool busy = false;

	*rc = statement_run(connection, SQL_BEGIN);
	if (*rc == DB_OK)
		*rc = holder_read(lease, connection, &holder);
	if (*rc == DB_OK)
		busy = holder.somebody && !holder.gone && !is_still(&holder, settings);
	if (*rc == DB_OK && !busy)
		*rc = held_write(lease, connection, holder.epoch + 1);
	if (*rc == DB_OK && !busy)
		*rc = references_draw(connection, base);
	if (*rc == DB_OK)
		*rc = statement_run(connection, SQL_COMMIT);
	if (*rc != DB_OK) {
		lease->epoch = 0;
		if (!sqlite3_get_autocommit(connection->db))
			statement_run(connection, SQL_ROLLBACK);
		return -EIO;
	}
	return busy ? -EBUSY : 0;
}

int lease_check(const struct lease *lease, struct connection *connection)
{
	struct lease_holder holder = { 0 };
	const int rc = holder_read(lease, connection, &holder);

	if (rc != DB_OK)
		return rc;
	return holder.by_us && holder.epoch == lease->epoch ? DB_OK : LEASE_LOST;
}

int lease_beat(struct connection *connection, const void *what, struct response *response)
{
	response->result = RESULT_OK;
	return statement_run(connection, SQL_LEASE_BEAT);
}

void lease_fini(struct lease *lease, struct connection *connection)
{
	if (lease->epoch) {
		struct statement *statement = statement_get(connection, SQL_LEASE_RELEASE);

		statement_bind_blob(statement, 1, lease->holder, sizeof(lease->holder));
		statement_put(statement, statement_next(statement));
	}
	if (lease->fd >= 0)
		close(lease->fd);
	lease_init(lease);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Anchors of consents: a thread reads the consents that have none from the database and appends a line for each.
 *
 * So there is one path for a consent that was just committed, for those that a full disk refused and for those that a crash
 * left without an anchor; nothing is queued in memory, and the loop and the writer never wait for this file. A group of
 * consents that were committed together is one write. The file is only appended to: it may be made so that nobody can do
 * anything else with it (chattr +a). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/alarm.h"
#include "starhash/log.h"
#include "starhash/worker.h"
#include "store/sqlite/anchors.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/consent.h"
#include "store/sqlite/consent_check.h"

#define GROUP 1024		/* lines of one write */
#define TAIL 1000		/* anchors that are compared at the start and once a day */
#define RETRY_S 10
#define DAY_S 86400

/* What the thread found out. */
struct append {
	struct job job;
	struct anchors *anchors;
	int rc;				/* SQLite's */
	int error;			/* of the file: 0 or -errno */
};

struct compare {
	struct job job;
	struct anchors *anchors;
	int rc;
	unsigned int count;		/* findings */
	struct consent_finding first;
};

struct anchors {
	struct anchors_settings settings;
	struct worker *worker;
	/* The thread's. */
	struct connection connection;
	int fd;				/* -1: not open */
	bool torn;			/* the file does not end with a whole line */
	char *lines;
	int64_t reached;		/* the only one that others read: atomic */
	/* The loop's. */
	struct append append;
	struct compare compare;
	bool appending, again, comparing;
	struct osmo_timer_list retry, daily;
};

int64_t anchors_reached(const struct anchors *anchors)
{
	return anchors ? __atomic_load_n(&anchors->reached, __ATOMIC_RELAXED) : 0;
}

/* ---- in the thread: the file ---- */

/* The name of a new file is durable only when its folder is. */
static int sync_folder(const char *path)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	int fd, rc;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int file_open(struct anchors *anchors)
{
	struct stat status;
	char last = '\n';

	if (anchors->fd >= 0)
		return 0;
	anchors->fd = open(anchors->settings.file, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (anchors->fd < 0 || fstat(anchors->fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if (!status.st_size)
		return sync_folder(anchors->settings.file);
	if (pread(anchors->fd, &last, 1, status.st_size - 1) != 1)
		return -EIO;
	anchors->torn = last != '\n';
	return 0;
}

static void file_close(struct anchors *anchors)
{
	if (anchors->fd >= 0)
		close(anchors->fd);
	anchors->fd = -1;
}

/* What a full disk cuts off stays, as a line of its own: the file is never made shorter. The first octet of the buffer is
 * the newline that ends such a line. */
static int file_append(struct anchors *anchors, size_t len)
{
	const char *from = anchors->torn ? anchors->lines : anchors->lines + 1;
	const size_t size = anchors->torn ? len : len - 1;
	const ssize_t done = write(anchors->fd, from, size);

	if (done < 0)
		return -errno;
	anchors->torn = done > 0 && from[done - 1] != '\n';
	if ((size_t)done < size)
		return -ENOSPC;
	return fdatasync(anchors->fd) < 0 ? -errno : 0;
}

/* ---- in the thread: anchors ---- */

/* Lines of the next consents behind \a reached, which becomes the last one. Returns an SQLite result code. */
static int lines_make(struct anchors *anchors, int64_t *reached, size_t *len)
{
	const struct consent_key *key = consent_key_current(anchors->settings.keys);
	sqlite3_stmt *statement = statement_get(&anchors->connection, SQL_CONSENTS_FRESH);
	int rc;

	*len = 0;
	anchors->lines[(*len)++] = '\n';
	sqlite3_bind_int64(statement, 1, *reached);
	sqlite3_bind_int(statement, 2, GROUP);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct consent_anchor anchor = {
			.id = sqlite3_column_int64(statement, 0), .time = sqlite3_column_int64(statement, 3),
			.head.sequence = sqlite3_column_int64(statement, 2),
		};

		hash_read(statement, 4, anchor.head.hash);	/* a damaged one is anchored as zeros, which no consent has */
		consent_number(key->octets, sqlite3_column_int64(statement, 1), anchor.number);
		strcpy(anchor.key, key->id);
		*len += consent_anchor_print(key->octets, &anchor, anchors->lines + *len);
		*reached = anchor.id;
	}
	return statement_put(statement, rc);
}

static void append_run(struct job *job, void *unused)
{
	struct append *append = container_of(job, struct append, job);
	struct anchors *anchors = append->anchors;
	int64_t reached = anchors->reached;
	size_t len = 2;

	append->rc = SQLITE_OK;
	append->error = file_open(anchors);
	while (!append->error && append->rc == SQLITE_OK && len > 1) {
		append->rc = lines_make(anchors, &reached, &len);
		if (append->rc == SQLITE_OK && len > 1)
			append->error = file_append(anchors, len);
		if (append->rc == SQLITE_OK && !append->error)
			__atomic_store_n(&anchors->reached, reached, __ATOMIC_RELAXED);
	}
	if (append->error)
		file_close(anchors);
}

static void compare_found(void *user, const struct consent_finding *finding)
{
	struct compare *compare = user;

	if (!compare->count++)
		compare->first = *finding;
}

/* The end of the file as it is now, against the database as it is afterwards: whatever is anchored is committed. */
static void compare_run(struct job *job, void *unused)
{
	struct compare *compare = container_of(job, struct compare, job);
	struct anchors *anchors = compare->anchors;
	struct consent_check check = {
		.keys = anchors->settings.keys, .found = compare_found, .user = compare, .names_max = 1,
	};
	struct consent_anchors tail = { .file = fopen(anchors->settings.file, "re"), .written = anchors->reached };
	int rc;

	compare->count = 0;
	compare->rc = SQLITE_OK;
	if (!tail.file)
		return;		/* that is an alarm already */
	fseek(tail.file, 0, SEEK_END);
	tail.to = ftell(tail.file);
	tail.from = tail.to > TAIL * CONSENT_ANCHOR_SIZE ? tail.to - TAIL * CONSENT_ANCHOR_SIZE : 0;
	compare->rc = statement_run(&anchors->connection, SQL_READ_BEGIN);
	if (compare->rc == SQLITE_OK)
		compare->rc = consent_check_anchors(anchors->connection.db, &tail, true, &check);
	rc = statement_run(&anchors->connection, SQL_READ_END);
	if (compare->rc == SQLITE_OK)
		compare->rc = rc;
	fclose(tail.file);
}

/* ---- in the loop ---- */

static void append_start(struct anchors *anchors)
{
	anchors->again = false;
	anchors->appending = true;
	worker_submit(anchors->worker, &anchors->append.job);	/* has room for each of the two jobs */
}

void anchors_wake(struct anchors *anchors)
{
	if (!anchors)
		return;
	if (anchors->appending)
		anchors->again = true;
	else
		append_start(anchors);
}

static void append_done(struct job *job)
{
	struct append *append = container_of(job, struct append, job);
	struct anchors *anchors = append->anchors;
	const char *file = anchors->settings.file;

	anchors->appending = false;
	if (!append->error && append->rc == SQLITE_OK) {
		alarm_clear(anchors->settings.alarms, ALARM_ANCHOR_FILE);
		osmo_timer_del(&anchors->retry);
		if (anchors->again)
			append_start(anchors);
		return;
	}
	alarm_raise(anchors->settings.alarms, ALARM_ANCHOR_FILE, "%s: %s; consents behind number %" PRId64 " have no anchor yet",
		    file, append->error ? strerror(-append->error) : sqlite3_errstr(append->rc), anchors_reached(anchors));
	osmo_timer_schedule(&anchors->retry, RETRY_S, 0);
}

static void compare_done(struct job *job)
{
	struct compare *compare = container_of(job, struct compare, job);
	struct alarms *alarms = compare->anchors->settings.alarms;
	char text[CONSENT_FINDING_SIZE];

	compare->anchors->comparing = false;
	if (compare->rc != SQLITE_OK)
		alarm_raise(alarms, ALARM_CONSENT_CHAIN, "anchors cannot be compared: %s", sqlite3_errstr(compare->rc));
	else if (compare->count)
		alarm_raise(alarms, ALARM_CONSENT_CHAIN, "%s; %u findings in all: run \"starhash-data check\"",
			    consent_finding_print(&compare->first, text), compare->count);
	else
		alarm_clear(alarms, ALARM_CONSENT_CHAIN);
}

static void compare_start(void *data)
{
	struct anchors *anchors = data;

	if (!anchors->comparing)
		worker_submit(anchors->worker, &anchors->compare.job);
	anchors->comparing = true;
	osmo_timer_schedule(&anchors->daily, DAY_S, 0);
}

static void retry(void *data)
{
	anchors_wake(data);
}

/* ---- life ---- */

static int mark_read(struct anchors *anchors)
{
	sqlite3_stmt *statement = statement_get(&anchors->connection, SQL_CONSENT_ANCHORED);
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_ROW)
		anchors->reached = sqlite3_column_int64(statement, 0);
	return statement_put(statement, rc);
}

int anchors_new(void *ctx, const struct anchors_settings *settings, struct anchors **anchors)
{
	const struct worker_settings worker = { .name = "consent anchors", .threads = 1, .queue_max = 2 };
	struct anchors *made = talloc_zero(ctx, struct anchors);
	const char *why;
	int rc;

	*anchors = made;
	made->settings = *settings;
	made->fd = -1;
	made->append = (struct append){ .job = { .run = append_run, .done = append_done }, .anchors = made };
	made->compare = (struct compare){ .job = { .run = compare_run, .done = compare_done }, .anchors = made };
	osmo_timer_setup(&made->retry, retry, made);
	osmo_timer_setup(&made->daily, compare_start, made);
	rc = connection_open(&made->connection, settings->database, CONNECTION_READ, NULL, &why);
	if (rc == SQLITE_OK)
		rc = mark_read(made);
	if (rc != SQLITE_OK)
		return rc;
	made->lines = talloc_size(made, 1 + GROUP * CONSENT_ANCHOR_SIZE);
	made->worker = worker_new(made, &worker);
	if (!made->lines || !made->worker)
		return SQLITE_NOMEM;
	append_start(made);
	compare_start(made);
	return SQLITE_OK;
}

void anchors_finish(struct anchors *anchors)
{
	if (!anchors)
		return;
	osmo_timer_del(&anchors->daily);
	worker_free(anchors->worker);
	anchors->worker = NULL;
	osmo_timer_del(&anchors->retry);
}

void anchors_free(struct anchors *anchors)
{
	if (!anchors)
		return;
	anchors_finish(anchors);
	file_close(anchors);
	connection_close(&anchors->connection);
	talloc_free(anchors);
}

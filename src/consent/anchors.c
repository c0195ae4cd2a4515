/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Anchors of consents: a thread reads consents without an anchor from the store and appends a line for each.
 *
 * So newly committed consents take the same path as those left without an anchor by a full disk or a crash; nothing is queued in memory,
 * and the loop and the store's writer never wait for this file. A group of consents committed together is one write. The file is only
 * appended to, and can be restricted to that (chattr +a). */
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
#include "starhash/anchors.h"
#include "starhash/consent_check.h"
#include "starhash/worker.h"

#define GROUP 1024		/* lines per write */
#define TAIL 1000		/* newest anchors, compared at the start and once a day */
#define RETRY_S 10
#define DAY_S 86400

/* The thread's results. */
struct append {
	struct job job;
	struct anchors *anchors;
	const char *why;		/* why consents could not be read; NULL: they were */
	int error;			/* of the file: 0 or -errno */
};

struct compare {
	struct job job;
	struct anchors *anchors;
	const char *why;
	unsigned int count;		/* findings */
	struct consent_finding first;
};

struct anchors {
	struct anchors_settings settings;
	struct worker *worker;
	/* Used by the thread. */
	int fd;				/* -1: not open */
	bool torn;			/* the file ends in an incomplete line */
	char *lines;
	int64_t reached;		/* the only member also read by others: atomic */
	/* Used by the loop. */
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

/* A new file is durable only once its folder has been synced. */
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

/* A line truncated by a full disk stays, as a line of its own: the file is never shortened. The first octet of the buffer is the newline
 * that ends such a line. */
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

/* Make the lines of the consents after \a reached, which becomes the last one. NULL, or why consents could not be read. */
static const char *lines_make(struct anchors *anchors, int64_t *reached, size_t *len)
{
	const struct consent_key *key = consent_key_current(anchors->settings.keys);
	struct consent_source *source = anchors->settings.source;
	struct consent_row row;

	*len = 0;
	anchors->lines[(*len)++] = '\n';
	source->why = NULL;
	source->ops->begin(source, CONSENTS_BY_ID, *reached);
	for (int i = 0; i < GROUP && source->ops->next_row(source, CONSENTS_BY_ID, &row); i++) {
		/* a damaged consent is anchored with zeros, which no sound one has */
		struct consent_anchor anchor = { .id = row.id, .time = row.consent.time, .head = row.head };

		consent_number(key->octets, row.consent.msisdn, anchor.number);
		strcpy(anchor.key, key->id);
		*len += consent_anchor_print(key->octets, &anchor, anchors->lines + *len);
		*reached = row.id;
	}
	source->ops->release(source);
	return source->why;
}

static void append_run(struct job *job, void *unused)
{
	struct append *append = container_of(job, struct append, job);
	struct anchors *anchors = append->anchors;
	int64_t reached = anchors->reached;
	size_t len = 2;

	append->why = NULL;
	append->error = file_open(anchors);
	while (!append->error && !append->why && len > 1) {
		append->why = lines_make(anchors, &reached, &len);
		if (!append->why && len > 1)
			append->error = file_append(anchors, len);
		if (!append->why && !append->error)
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

/* Compare the end of the file with the store, which is read later: an anchored consent is always committed. */
static void compare_run(struct job *job, void *unused)
{
	struct compare *compare = container_of(job, struct compare, job);
	struct anchors *anchors = compare->anchors;
	struct consent_check check = {
		.keys = anchors->settings.keys, .found = compare_found, .user = compare, .names_max = 1,
	};
	struct consent_anchors tail = { .file = fopen(anchors->settings.file, "re"), .written = anchors->reached };
	struct consent_source *source = anchors->settings.source;

	compare->count = 0;
	compare->why = NULL;
	if (!tail.file)
		return;		/* already an alarm */
	fseek(tail.file, 0, SEEK_END);
	tail.to = ftell(tail.file);
	tail.from = tail.to > TAIL * CONSENT_ANCHOR_SIZE ? tail.to - TAIL * CONSENT_ANCHOR_SIZE : 0;
	compare->why = consent_check_anchors(source, &tail, true, &check);
	source->ops->release(source);
	fclose(tail.file);
}

/* ---- in the loop ---- */

static void append_start(struct anchors *anchors)
{
	anchors->again = false;
	anchors->appending = true;
	worker_submit(anchors->worker, &anchors->append.job);	/* the queue has room for both jobs */
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
	if (!append->error && !append->why) {
		alarm_clear(anchors->settings.alarms, ALARM_ANCHOR_FILE);
		osmo_timer_del(&anchors->retry);
		if (anchors->again)
			append_start(anchors);
		return;
	}
	alarm_raise(anchors->settings.alarms, ALARM_ANCHOR_FILE, "%s: %s; consents after number %" PRId64 " have no anchors yet",
		    file, append->error ? strerror(-append->error) : append->why, anchors_reached(anchors));
	osmo_timer_schedule(&anchors->retry, RETRY_S, 0);
}

static void compare_done(struct job *job)
{
	struct compare *compare = container_of(job, struct compare, job);
	struct alarms *alarms = compare->anchors->settings.alarms;
	char text[CONSENT_FINDING_SIZE];

	compare->anchors->comparing = false;
	if (compare->why)
		alarm_raise(alarms, ALARM_CONSENT_CHAIN, "anchors cannot be compared: %s", compare->why);
	else if (compare->count)
		alarm_raise(alarms, ALARM_CONSENT_CHAIN, "%s; %u findings in total: run \"starhash-data check\"",
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

/* ---- setup and teardown ---- */

struct anchors *anchors_new(void *ctx, const struct anchors_settings *settings)
{
	const struct worker_settings worker = { .name = "consent anchors", .threads = 1, .queue_max = 2 };
	struct anchors *made = talloc_zero(ctx, struct anchors);

	made->settings = *settings;
	made->reached = settings->reached;
	made->fd = -1;
	made->append = (struct append){ .job = { .run = append_run, .done = append_done }, .anchors = made };
	made->compare = (struct compare){ .job = { .run = compare_run, .done = compare_done }, .anchors = made };
	osmo_timer_setup(&made->retry, retry, made);
	osmo_timer_setup(&made->daily, compare_start, made);
	made->lines = talloc_size(made, 1 + GROUP * CONSENT_ANCHOR_SIZE);
	made->worker = made->lines ? worker_new(made, &worker) : NULL;
	if (!made->worker) {
		talloc_free(made);
		return NULL;
	}
	append_start(made);
	compare_start(made);
	return made;
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
	talloc_free(anchors);
}

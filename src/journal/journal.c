/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CDR journal. The event loop packs records into one of two buffers while a thread prints those of the other one. When the buffer
 * is full, records are lost; turns never wait. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "starhash/worker.h"

#define BUFFER_SIZE (1u << 20)		/* some thousand records, or lines */
#define LOG_INTERVAL_S 60

#define ROW(row_name, row_type, ...) \
	{ .name = #row_name, .type = row_type, .offset = offsetof(struct journal_settings, row_name), __VA_ARGS__ }

static const struct conf_row rows[] = {
	ROW(file, CONF_PATH, .min = 1, .required = true, .help = "file to which one line of JSON is appended for each call data record"),
	ROW(numbers, CONF_CHOICE, .choices = "pseudonym masked clear", .fallback = "pseudonym",
	    .help = "how subscribers' numbers are written"),
	ROW(key_file, CONF_SECRET, .min = 1, .made = true, .file_problem = journal_key_problem,
	    .help = "key of the pseudonyms, mode 0600, made when absent"),
	ROW(max_mb, CONF_INT, .min = 0, .max = 1000000, .fallback = "100", .unit = "MB",
	    .help = "size at which the file is renamed to FILE.1, and so on; 0: never"),
	ROW(keep, CONF_INT, .min = 0, .max = 1000, .fallback = "10", .help = "how many renamed files to retain"),
	ROW(flush_ms, CONF_INT, .min = 10, .max = 60000, .fallback = "1000", .unit = "ms",
	    .help = "time after which lines are durable"),
	{ 0 }
};

const struct conf_row *const journal_rows = rows;
const size_t journal_settings_size = sizeof(struct journal_settings);

void journal_check(const void *data, const struct setting *group, struct problems *problems)
{
	const struct journal_settings *settings = data;

	if (settings->numbers && !strcmp(settings->numbers, "pseudonym") && !settings->key_file)
		problems_add(problems, group, "pseudonyms need a \"key_file\"; or set \"numbers\" to \"masked\"");
}

/* Owned by the thread from worker_submit() until batch_done(); the loop does not touch it meanwhile. */
struct batch {
	struct job job;
	struct journal *journal;
	struct journal_file file;
	char *records;
	size_t len;
	char *lines;			/* of them, before they are written */
	bool reopen;
	int rc;
	unsigned int lost;
};

struct journal {
	const struct journal_settings *settings;
	struct number_style style;
	struct worker *worker;
	struct batch batch;
	bool writing;			/* the thread has the batch */
	bool reopen;
	char *records;			/* being filled */
	size_t len;
	struct osmo_timer_list timer;
	uint64_t written, lost;		/* records */
	int last_rc;			/* of the last batch */
	struct log_limit log_lost;
	uint64_t lost_logged;
};

/* ---- in the thread ---- */

static void append(struct batch *batch, size_t len)
{
	unsigned int lost;
	const int rc = journal_file_append(&batch->file, batch->lines, len, &lost);

	batch->rc = rc ? rc : batch->rc;
	batch->lost += lost;
}

static void write_records(struct batch *batch)
{
	const struct number_style *style = &batch->journal->style;
	const char *path[CDR_PATH_MAX];
	size_t len = 0, line;
	struct cdr cdr;

	batch->rc = 0;
	batch->lost = 0;
	for (size_t at = 0; at < batch->len;) {
		at += cdr_unpack(batch->records + at, &cdr, path);
		line = line_print(style, &cdr, batch->lines + len, BUFFER_SIZE - len);
		if (!line && len) {
			append(batch, len);
			len = 0;
			line = line_print(style, &cdr, batch->lines, BUFFER_SIZE);
		}
		batch->lost += !line;
		len += line;
	}
	append(batch, len);
}

static void write_lines(struct job *job, void *unused)
{
	struct batch *batch = (struct batch *)job;

	if (batch->reopen)
		journal_file_close(&batch->file);
	write_records(batch);
}

/* ---- in the loop ---- */

static void log_lost(struct journal *journal)
{
	unsigned int suppressed;

	if (journal->lost == journal->lost_logged || !log_allowed(&journal->log_lost, LOG_INTERVAL_S, &suppressed))
		return;
	LOGP(DMAIN, LOGL_ERROR, "journal %s: %llu lines lost since the last such line: %s\n", journal->settings->file,
	     (unsigned long long)(journal->lost - journal->lost_logged),
	     journal->last_rc ? strerror(-journal->last_rc) : "the disk is too slow");
	journal->lost_logged = journal->lost;
}

static void hand_over(struct journal *journal)
{
	struct batch *batch = &journal->batch;
	char *written = batch->records;

	batch->records = journal->records;
	batch->len = journal->len;
	batch->reopen = journal->reopen;
	journal->records = written;
	journal->len = 0;
	journal->reopen = false;
	journal->writing = true;
	worker_submit(journal->worker, &batch->job);	/* the queue has room for the only job */
}

static void batch_done(struct job *job)
{
	struct batch *batch = (struct batch *)job;
	struct journal *journal = batch->journal;

	journal->writing = false;
	journal->last_rc = batch->rc;
	journal->lost += batch->lost;
	log_lost(journal);
}

static void flush(void *data)
{
	struct journal *journal = data;
	const unsigned int ms = journal->settings->flush_ms;

	if (!journal->writing && (journal->len || journal->reopen))
		hand_over(journal);
	osmo_timer_schedule(&journal->timer, ms / 1000, ms % 1000 * 1000);
}

void journal_write(struct journal *journal, const struct cdr *cdr)
{
	const size_t len = cdr_pack(cdr, journal->records + journal->len, BUFFER_SIZE - journal->len);

	if (!len) {
		journal->lost++;
		log_lost(journal);
		return;
	}
	journal->len += len;
	journal->written++;
	if (journal->len > BUFFER_SIZE / 2 && !journal->writing)
		hand_over(journal);
}

void journal_reopen(struct journal *journal)
{
	if (journal)
		journal->reopen = true;
}

int journal_describe(const struct journal *journal, char *out, size_t size)
{
	return snprintf(out, size, "%s: %llu lines, %llu lost, %zu octets to be written%s%s", journal->settings->file,
			(unsigned long long)journal->written, (unsigned long long)journal->lost, journal->len,
			journal->last_rc ? "; last failure: " : "",
			journal->last_rc ? strerror(-journal->last_rc) : "");
}

/* ---- setup and teardown ---- */

/* Fail at startup, not at the first record, when the file cannot be written. */
static int try_file(struct journal *journal)
{
	struct journal_file *file = &journal->batch.file;
	unsigned int lost;
	int rc;

	file->path = journal->settings->file;
	file->max = journal->settings->max_mb * 1000000;
	file->keep = journal->settings->keep;
	file->fd = -1;
	rc = journal_file_append(file, "", 0, &lost);
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "journal %s: %s\n", file->path, strerror(-rc));
	return rc;
}

static int start(struct journal *journal)
{
	const struct worker_settings settings = { .name = "journal", .threads = 1, .queue_max = 1 };
	const char *numbers = journal->settings->numbers;

	if (sodium_init() < 0)
		return -EIO;
	if (!strcmp(numbers, "clear"))
		journal->style.numbers = NUMBERS_CLEAR;
	else if (!strcmp(numbers, "masked"))
		journal->style.numbers = NUMBERS_MASKED;
	else if (journal_key_load(journal->settings->key_file, journal->style.key))
		return -EIO;
	if (try_file(journal))
		return -EIO;
	journal->records = talloc_size(journal, BUFFER_SIZE);
	journal->batch.records = talloc_size(journal, BUFFER_SIZE);
	journal->batch.lines = talloc_size(journal, BUFFER_SIZE);
	journal->worker = worker_new(journal, &settings);
	return journal->records && journal->batch.records && journal->batch.lines && journal->worker ? 0 : -ENOMEM;
}

struct journal *journal_new(void *ctx, const void *settings)
{
	struct journal *journal = talloc_zero(ctx, struct journal);

	if (!journal)
		return NULL;
	journal->settings = settings;
	journal->batch.file.fd = -1;
	journal->batch.journal = journal;
	journal->batch.job = (struct job){ .run = write_lines, .done = batch_done };
	osmo_timer_setup(&journal->timer, flush, journal);
	if (start(journal)) {
		journal_free(journal);
		return NULL;
	}
	flush(journal);
	return journal;
}

void journal_free(struct journal *journal)
{
	struct batch *batch;

	if (!journal)
		return;
	batch = &journal->batch;
	osmo_timer_del(&journal->timer);
	worker_free(journal->worker);
	/* The thread has ended: write the last records here. */
	if (journal->len) {
		batch->records = journal->records;
		batch->len = journal->len;
		write_records(batch);
		if (batch->lost)
			LOGP(DMAIN, LOGL_ERROR, "journal %s: %u lines lost at the end: %s\n", journal->settings->file, batch->lost,
			     strerror(-batch->rc));
	}
	journal_file_close(&batch->file);
	explicit_bzero(&journal->style, sizeof(journal->style));
	talloc_free(journal);
}

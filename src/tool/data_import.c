/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data import: files from billing into the database, while the daemon serves. How far it came is kept in the
 * transactions that fill the tables, so that the same command goes on after a crash, and none counts twice. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "accounts/password_hash.h"
#include "import/reader.h"
#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"
#include "tool/data_lines.h"
#include "tool/data_put.h"
#include "tool/data_stage.h"

#define DIGEST_SIZE 32
#define CHUNK 262144
#define KINDS_SIZE 128

/* One delta file, or all files of a snapshot. */
struct set {
	const struct data_options *options;
	struct data_file *file;
	char **names;
	int count;
	bool stdin_too;
	const uint8_t *key;		/* NULL: none */
	char kinds[KINDS_SIZE];		/* of billing's password hashes */
	bool own_hashes;
	bool later;			/* it stopped for a reason that goes by */
	bool broken;			/* a file is not whole: reading on behind its end would not mend it */
	uint8_t digest[DIGEST_SIZE];
	uint64_t size;			/* octets of all */
	int64_t mtime;
	/* the import's row */
	int64_t id;
	int64_t taken, older, rejected;
	uint64_t offset;		/* octets of all files that are done with */
	uint64_t line;			/* of the file at that offset */
	/* at work */
	struct lines lines;
	struct import_reader *reader;
	struct put put;
	struct rejects rejects;
	char *columns;			/* CSV: the line with their names */
	uint64_t rows;			/* of the file that is being read */
	uint64_t base;			/* octets of the files before it */
	struct progress progress;
};

enum reading {
	READING_ON,
	READING_END,
	READING_STOP,			/* after a message */
};

/* ---- what the files are ---- */

static bool is_stdin(const char *name)
{
	return !strcmp(name, "-");
}

static int file_digest(crypto_generichash_state *state, const char *name, bool follow, uint64_t *size)
{
	const int fd = open(name, O_RDONLY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
	uint8_t *chunk = malloc(CHUNK);
	ssize_t got = fd < 0 || !chunk ? -1 : 0;

	*size = 0;
	while (got >= 0 && (got = read(fd, chunk, CHUNK)) > 0) {
		crypto_generichash_update(state, chunk, (size_t)got);
		*size += (uint64_t)got;
	}
	if (fd >= 0)
		close(fd);
	free(chunk);
	return got < 0 ? data_failed(name, strerror(errno), 0) : 0;
}

static int set_describe(struct set *set)
{
	crypto_generichash_state state;
	struct stat status;

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	set->mtime = time(NULL);
	for (int i = 0; i < set->count; i++) {
		uint64_t size;

		set->stdin_too |= is_stdin(set->names[i]);
		if (is_stdin(set->names[i]))
			continue;
		if (file_digest(&state, set->names[i], !set->options->picked, &size))
			return 1;
		crypto_generichash_update(&state, (const uint8_t *)&size, sizeof(size));
		set->size += size;
		if (i == 0 && stat(set->names[i], &status) == 0 && status.st_mtime < set->mtime)
			set->mtime = status.st_mtime;
	}
	crypto_generichash_final(&state, set->digest, DIGEST_SIZE);
	return 0;
}

static int format_find(const char *name, const char *said, enum import_format *format)
{
	const char *end = said ? said : strrchr(name, '.');

	end = end && *end == '.' ? end + 1 : end ? end : "";
	*format = strcmp(end, "csv") ? IMPORT_JSONL : IMPORT_CSV;
	if (!strcmp(end, "csv") || !strcmp(end, "jsonl") || !strcmp(end, "ndjson") || !strcmp(end, "json"))
		return 0;
	return data_failed(name, "say --format csv or --format jsonl: the name does not tell", 0);
}

/* ---- the import's row ---- */

static const char *kind_of(const struct set *set)
{
	return set->options->snapshot ? "snapshot" : "delta";
}

static void digest_bind(sqlite3_stmt *statement, int index, const struct set *set)
{
	sqlite3_bind_blob(statement, index, set->digest, set->stdin_too ? 0 : DIGEST_SIZE, SQLITE_STATIC);
}

static void time_print(int64_t seconds)
{
	const time_t when = (time_t)seconds;
	struct tm parts;
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&when, &parts));
	fputs(text, stdout);
}

/* 1 when these very files were imported: then there is nothing to do. */
static int done_already(const struct set *set)
{
	sqlite3_stmt *statement;
	int done = 0;

	if (set->stdin_too || set->options->again ||
	    sqlite3_prepare_v2(set->file->db,
			       "SELECT ended FROM import WHERE digest = ?1 AND kind = ?2 AND state = 'done'"
			       " ORDER BY id DESC",
			       -1, &statement, NULL) != SQLITE_OK)
		return 0;
	digest_bind(statement, 1, set);
	statement_bind_text(statement, 2, kind_of(set));
	if (sqlite3_step(statement) == SQLITE_ROW) {
		printf("%s: was imported already at ", set->names[0]);
		time_print(sqlite3_column_int64(statement, 0));
		puts("; --again imports it once more.");
		done = 1;
	}
	sqlite3_finalize(statement);
	return done;
}

static bool row_resume(struct set *set)
{
	sqlite3_stmt *statement;
	bool found;

	if (set->stdin_too || sqlite3_prepare_v2(set->file->db,
						 "SELECT id, lines, older, rejected, offset, line,"
						 " coalesce(as_of, ?3) FROM import WHERE digest = ?1 AND kind = ?2"
						 " AND state = 'running' ORDER BY id DESC",
						 -1, &statement, NULL) != SQLITE_OK)
		return false;
	digest_bind(statement, 1, set);
	statement_bind_text(statement, 2, kind_of(set));
	sqlite3_bind_int64(statement, 3, INT64_MIN);
	found = sqlite3_step(statement) == SQLITE_ROW;
	if (found) {
		set->id = sqlite3_column_int64(statement, 0);
		set->taken = sqlite3_column_int64(statement, 1);
		set->older = sqlite3_column_int64(statement, 2);
		set->rejected = sqlite3_column_int64(statement, 3);
		set->offset = (uint64_t)sqlite3_column_int64(statement, 4);
		set->line = (uint64_t)sqlite3_column_int64(statement, 5);
		set->put.newest = sqlite3_column_int64(statement, 6);
	}
	sqlite3_finalize(statement);
	return found;
}

static int row_add(struct set *set)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(set->file->db, "INSERT INTO import (file, digest, kind, state, began)"
				    " VALUES (?1, ?2, ?3, 'running', unixepoch())", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	statement_bind_text(statement, 1, set->names[0]);
	digest_bind(statement, 2, set);
	statement_bind_text(statement, 3, kind_of(set));
	rc = statement_put(statement, sqlite3_step(statement));
	sqlite3_finalize(statement);
	set->id = sqlite3_last_insert_rowid(set->file->db);
	return rc;
}

static int row_keep(const struct set *set)
{
	char sql[512], as_of[32] = "NULL";

	if (set->put.newest != INT64_MIN)
		snprintf(as_of, sizeof(as_of), "%" PRId64, set->put.newest);
	snprintf(sql, sizeof(sql),
		 "UPDATE import SET lines = %" PRId64 ", older = %" PRId64 ", rejected = %" PRId64 ", offset = %" PRIu64
		 ", line = %" PRIu64 ", as_of = %s WHERE id = %" PRId64,
		 set->taken, set->older, set->rejected, set->offset, set->line, as_of, set->id);
	return data_run(set->file, sql);
}

static void row_state(const struct set *set, const char *state, char *sql, size_t size)
{
	snprintf(sql, size, "UPDATE import SET state = '%s', ended = unixepoch() WHERE id = %" PRId64, state, set->id);
}

static int row_end(const struct set *set, const char *state)
{
	char sql[128];
	int rc;

	row_state(set, state, sql, sizeof(sql));
	rc = data_run(set->file, sql);
	return rc == SQLITE_OK ? 0 : data_failed(set->file->name, "cannot be written", rc);
}

/* ---- reading ---- */

static enum reading stop(const char *name, const char *why, int rc)
{
	data_failed(name, why, rc);
	return READING_STOP;
}

/* No fault of the file's: it can be gone on with. */
static enum reading stop_later(struct set *set, const char *why, int rc)
{
	set->later = true;
	return stop(set->file->name, why, rc);
}

static const char *name_of(const struct set *set, int index)
{
	return is_stdin(set->names[index]) ? "standard input" : set->names[index];
}

/* Rows that are counted without being read: those before the place where an import goes on. */
static bool is_row(const struct set *set, const char *line, size_t len)
{
	uint64_t count;

	size_t at = len >= 3 && !memcmp(line, "\xef\xbb\xbf", 3) ? 3 : 0;

	if ((at < len && line[at] == '#') || import_end_mark(set->reader->format, line, len, &count))
		return false;
	while (at < len && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
		at++;
	return at < len;
}

static void columns_keep(struct set *set, const char *line, size_t len)
{
	free(set->columns);
	set->columns = len && line[len - 1] == '\r' ? strndup(line, len - 1) : strndup(line, len);
}

/* Go to where it stopped, past the names of the columns, which have to be known. */
static enum reading file_skip(struct set *set, const char *name, uint64_t offset)
{
	const char *line;
	size_t len;
	int rc = 1;

	while (set->lines.offset < offset && (rc = lines_next(&set->lines, &line, &len)) > 0) {
		const bool row = is_row(set, line, len);
		const bool names = set->reader->format == IMPORT_CSV && !set->reader->named && row;

		if (import_end_mark(set->reader->format, line, len, &set->reader->end))
			set->reader->ended = true;
		if (names && import_read(set->reader, line, len) == IMPORT_FOUND_ALIEN)
			return stop(name, set->reader->why, 0);
		if (names)
			columns_keep(set, line, len);
		set->rows += !names && row;
	}
	return rc < 0 ? stop(name, strerror(-rc), 0) : READING_ON;
}

static enum reading file_begin(struct set *set, const char *name)
{
	const uint64_t offset = set->offset - set->base;
	enum import_format format;
	int rc;

	if (format_find(name, set->options->format, &format))
		return READING_STOP;
	import_reader_init(set->reader, format);
	free(set->columns);
	set->columns = NULL;
	set->rows = 0;
	rc = lines_open(&set->lines, name, !set->options->picked, 0, 0);
	if (rc == 0)
		rc = rejects_begin(&set->rejects, name, set->options->folder, offset ? set->line : 0);
	return rc < 0 ? stop(name, strerror(-rc), 0) : file_skip(set, name, offset);
}

static enum reading reject(struct set *set, const char *name, const char *why, const char *line, size_t len)
{
	int rc = rejects_add(&set->rejects, name, set->lines.line, why, set->columns, line, len);

	if (rc < 0)
		return stop(set->rejects.name, strerror(-rc), 0);
	set->rejected++;
	if (set->options->rejects_max < 0 || set->rejected <= set->options->rejects_max)
		return READING_ON;
	return stop(name, "stopped: more lines are rejected than --rejects-max allows", 0);
}

static enum reading row_take(struct set *set, const char *name, const char *line, size_t len)
{
	switch (put_row(&set->put, &set->reader->row)) {
	case PUT_OLDER:
		set->older++;
		/* fall through */
	case PUT_TAKEN:
		set->taken++;
		return READING_ON;
	case PUT_REFUSED:
		return reject(set, name, set->put.why, line, len);
	default:
		return stop_later(set, sqlite3_errmsg(set->file->db), 0);
	}
}

static enum reading line_take(struct set *set, const char *name)
{
	const bool named = set->reader->named;
	const char *line;
	size_t len;
	int rc = lines_next(&set->lines, &line, &len);

	if (rc <= 0)
		return rc ? stop(name, strerror(-rc), 0) : READING_END;
	switch (import_read(set->reader, line, len)) {
	case IMPORT_FOUND_ROW:
		set->rows++;
		return row_take(set, name, line, len);
	case IMPORT_FOUND_BAD:
		set->rows++;
		return reject(set, name, set->reader->why, line, len);
	case IMPORT_FOUND_ALIEN:
		return stop(name, set->reader->why, 0);
	default:
		if (named != set->reader->named)
			columns_keep(set, line, len);
		return READING_ON;
	}
}

/* Lines of one transaction. What it took counts even when the last line stops it all. */
static enum reading lines_take(struct set *set, const char *name)
{
	enum reading reading = READING_ON;
	int rc = data_begin(set->file);

	if (rc != SQLITE_OK)
		return stop_later(set, "cannot be written", rc);
	while (reading == READING_ON && !data_is_long(set->file))
		reading = line_take(set, name);
	if (set->put.rc != SQLITE_OK) {
		data_undo(set->file);
		return READING_STOP;
	}
	set->offset = set->base + set->lines.offset;
	set->line = set->lines.line;
	if (set->rejects.out)
		fflush(set->rejects.out);
	rc = row_keep(set);
	rc = rc == SQLITE_OK ? data_commit(set->file) : rc;
	return rc == SQLITE_OK ? reading : stop_later(set, "cannot be written", rc);
}

/* A file that was cut off has no end mark. Deltas may do without: what they lack stays as it was. */
static enum reading file_check(struct set *set, const char *name)
{
	char why[120];

	if (set->reader->ended && set->reader->end == set->rows)
		return READING_END;
	if (!set->reader->ended && (!set->options->snapshot || set->options->expect >= 0))
		return READING_END;
	set->broken = true;
	if (!set->reader->ended)
		return stop(name, "not whole: a snapshot's files end with a line \"# end N\", N being the number of lines before it, or "
			    "--expect says how many there are", 0);
	snprintf(why, sizeof(why), "not whole: it has %" PRIu64 " lines, and its end speaks of %" PRIu64, set->rows,
		 set->reader->end);
	return stop(name, why, 0);
}

static enum reading file_read(struct set *set, int index)
{
	enum reading reading = file_begin(set, set->names[index]);
	const char *name = name_of(set, index);
	int rc;

	while (reading == READING_ON) {
		reading = lines_take(set, name);
		progress_tell(&set->progress, set->offset);
	}
	if (reading == READING_END)
		reading = file_check(set, name);
	rc = rejects_end(&set->rejects);
	if (rc < 0)
		reading = stop(set->rejects.name, strerror(-rc), 0);
	lines_close(&set->lines);
	return reading;
}

static uint64_t file_size(const char *name)
{
	struct stat status;

	return is_stdin(name) || stat(name, &status) < 0 ? 0 : (uint64_t)status.st_size;
}

static enum reading files_read(struct set *set)
{
	enum reading reading = READING_END;

	set->base = 0;
	for (int i = 0; reading == READING_END && i < set->count; i++) {
		const uint64_t size = file_size(set->names[i]);
		const bool again = set->offset > set->base && set->offset >= set->base + size;

		/* one that was read to its end counts no more, unless it is the last: its end is looked at again */
		if (!again || i + 1 == set->count)
			reading = file_read(set, i);
		set->base += is_stdin(set->names[i]) ? set->offset - set->base : size;
	}
	return reading;
}

/* ---- the end ---- */

static int refuse(const struct set *set, const char *why)
{
	return data_failed(name_of(set, 0), why, 0);
}

static int count_check(struct set *set)
{
	char why[120];
	const int64_t rows = set->taken + set->rejected;

	if (set->options->expect < 0 || set->options->expect == rows)
		return 0;
	set->broken = true;
	snprintf(why, sizeof(why), "not whole: %" PRId64 " lines, and %" PRId64 " are expected", rows,
		 set->options->expect);
	return refuse(set, why);
}

static bool too_many_rejected(const struct set *set)
{
	return set->options->rejects_max < 0 && set->rejected > 10 + set->taken / 100;
}

/* Older than the snapshot that is in use. */
static bool is_older(const struct set *set)
{
	return set->put.newest < data_number(set->file,
					     "SELECT max(as_of) FROM import WHERE kind = 'snapshot' AND state = 'done'",
					     INT64_MIN);
}

static int snapshot_check(const struct set *set)
{
	if (too_many_rejected(set))
		return refuse(set,
			      "so many lines are rejected that the snapshot is not taken; --rejects-max N allows it");
	if (!set->options->force && is_older(set))
		return refuse(set, "the snapshot in use is newer; --force takes this one all the same");
	if (!set->options->force && !data_number(set->file, "SELECT EXISTS (SELECT 1 FROM subscriber_next)", 0))
		return refuse(set, "there is no subscriber in it; --force takes it all the same");
	return 0;
}

/* A64: what a mistake in billing's extract would take from subscribers is seen before it happens. */
static int loss_check(struct set *set)
{
	struct stage_loss loss;
	char why[240];

	set->later = stage_look(set->file, set->put.newest, set->options->force, &loss);
	if (set->later)
		return 1;
	if (!set->options->quiet && loss.all)
		fprintf(stderr, "%" PRId64 " of %" PRId64 " subscribers are not in it, and %" PRId64 " have another owner.\n", loss.vanish,
			loss.all, loss.other_owner);
	if (set->options->force || (loss.vanish + loss.other_owner) * 100 <= loss.all * set->options->max_removed)
		return 0;
	snprintf(why, sizeof(why), "%" PRId64 " of %" PRId64 " subscribers are not in it, and %" PRId64 " have another owner: more than %u in"
		 " 100; --max-removed PERCENT or --force takes it all the same", loss.vanish, loss.all, loss.other_owner,
		 set->options->max_removed);
	return refuse(set, why);
}

static int snapshot_end(struct set *set)
{
	char done[128];

	if (snapshot_check(set) || loss_check(set))
		return 1;
	row_state(set, "switched", done, sizeof(done));
	set->later = stage_switch(set->file, set->put.newest, set->options->force, done) ||
		     stage_clean(set->file, set->options->quiet);
	return set->later;
}

static void report(const struct set *set, double began, int64_t before)
{
	const double took = data_seconds() - began;

	if (set->put.ids_dropped)
		fprintf(stderr, "%s: nothing is kept of identity numbers without the key of password hashes: name starhashd's with "
			"--pepper\n", name_of(set, 0));

	if (set->options->quiet)
		return;
	printf("%s: %" PRId64 " lines taken", name_of(set, 0), set->taken);
	if (set->older)
		printf(", %" PRId64 " of them older than what is here and left out", set->older);
	if (set->rejected)
		printf(", %" PRId64 " rejected (see %s)", set->rejected, set->rejects.name);
	printf("; %.1f seconds, %.0f lines a second\n", took,
	       (double)(set->taken + set->rejected - before) / (took > 0 ? took : 1));
}

static int set_end(struct set *set, enum reading reading)
{
	int status = reading == READING_STOP || count_check(set);

	if (set->broken && !set->later)
		row_end(set, "given up");

	if (!status && set->options->snapshot)
		status = snapshot_end(set);
	if (!status)
		status = row_end(set, "done");
	return set->later ? DATA_LATER : status;
}

/* ---- all of it ---- */

/* A snapshot that was not finished, and is not this one: its tables are needed now. */
static int unfinished_end(struct set *set)
{
	struct data_file *file = set->file;

	if (!set->options->snapshot || set->id)
		return 0;
	if (data_number(file,
			"SELECT count(*) FROM sqlite_master WHERE name LIKE '%\\_next' ESCAPE '\\' AND type = 'table'",
			0) &&
	    stage_drop(file, set->options->quiet))
		return 1;
	return data_run(file, "UPDATE import SET state = 'given up' WHERE kind = 'snapshot' AND state = 'running'") !=
	       SQLITE_OK;
}

static int set_start(struct set *set)
{
	int rc = data_begin(set->file);

	if (rc == SQLITE_OK)
		rc = row_add(set);
	if (rc == SQLITE_OK && set->options->snapshot && stage_make(set->file)) {
		data_undo(set->file);
		return 1;
	}
	if (rc == SQLITE_OK)
		rc = data_commit(set->file);
	return rc == SQLITE_OK ? 0 : data_failed(set->file->name, "cannot be written", rc);
}

static int set_open(struct set *set)
{
	set->put = (struct put){
		.file = set->file,
		.snapshot = set->options->snapshot,
		.force = set->options->force,
		.newest = INT64_MIN,
		.now = time(NULL),
		.hash_kinds = set->kinds[0] ? set->kinds : NULL,
		.own_hashes = set->own_hashes,
		.key = set->key,
	};
	if (row_resume(set) && !set->options->quiet)
		fprintf(stderr, "%s: goes on behind line %" PRIu64 ".\n", name_of(set, 0), set->line);
	if (unfinished_end(set) || (!set->id && set_start(set)))
		return 1;
	set->put.as_of = set->options->as_of != STORED_UNKNOWN ? set->options->as_of : set->mtime;
	return put_begin(&set->put);
}

static int set_run(struct set *set)
{
	const double began = data_seconds();
	enum reading reading;
	int64_t before;
	int status = set_open(set);

	if (!status) {
		before = set->taken + set->rejected;
		progress_begin(&set->progress, "octets", set->stdin_too ? 0 : set->size, set->options->quiet);
		reading = files_read(set);
		progress_end(&set->progress, set->offset);
		put_finish(&set->put);
		status = set_end(set, reading);
		report(set, began, before);
	}
	put_finish(&set->put);
	return status;
}

/* "starhash" stands for those that starhashd made; password_kinds_known() knows the others. */
static int kinds_take(struct set *set, const char *said)
{
	char words[KINDS_SIZE], *rest = words;
	const char *word, *wrong;
	size_t len = 0;

	snprintf(words, sizeof(words), "%s", said ? said : "");
	while ((word = strsep(&rest, " "))) {
		if (!strcmp(word, "starhash"))
			set->own_hashes = true;
		else if (*word)
			len += (size_t)snprintf(set->kinds + len, sizeof(set->kinds) - len, "%s%s", len ? " " : "",
						word);
	}
	if (!set->kinds[0] || password_kinds_known(set->kinds, &wrong))
		return 0;
	return data_failed(wrong, "no kind of password hashes; see starhash-data(1)", 0);
}

static int set_import(struct data_file *file, const struct data_options *options, const uint8_t *key, char **names, int count)
{
	struct set set = { .options = options, .file = file, .key = key, .names = names, .count = count };
	int status = kinds_take(&set, options->hash_kinds) || set_describe(&set);

	if (status || done_already(&set))
		return status;
	if (set.stdin_too && !options->quiet)
		fprintf(stderr, "Standard input cannot be gone on with after a crash, nor be known again.\n");
	set.reader = malloc(sizeof(*set.reader));
	status = set.reader ? set_run(&set) : data_failed(names[0], strerror(ENOMEM), 0);
	free(set.columns);
	free(set.reader);
	return status;
}

/* Formats are told before anything is written. */
static int formats_check(const struct data_options *options)
{
	enum import_format format;

	for (int i = 0; i < options->count; i++) {
		if (format_find(options->words[i], options->format, &format))
			return 1;
	}
	return 0;
}

int data_import(const struct data_options *options)
{
	const int at_once = options->snapshot ? options->count : 1;
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	uint8_t key[PEPPER_SIZE];
	bool found;
	int status = formats_check(options) || data_key(options->file, options->pepper, key, &found);

	if (status)
		return 1;
	if (data_open_keyed(&file, options->file, DATA_MAKE, options->pepper) || data_lock(&file) || stage_finish(&file, options->quiet))
		status = DATA_LATER;
	for (int i = 0; i < options->count && !status; i += at_once)
		status = set_import(&file, options, found ? key : NULL, options->words + i, at_once);
	data_close(&file);
	explicit_bzero(key, sizeof(key));
	return status;
}

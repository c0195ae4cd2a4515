/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data import: reads files from billing into the database while the daemon serves. The transactions that fill the tables also
 * record the import's progress, so that after a crash the same command continues, and no line counts twice. */
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
#include "tool/data/data.h"
#include "tool/data/command.h"
#include "tool/data/lines.h"
#include "tool/data/upsert.h"

#define CHUNK 262144
#define KINDS_SIZE 128

/* One delta file, or all files of a snapshot. */
struct set {
	const struct data_options *options;
	struct data_store *store;
	char **names;
	int count;
	bool stdin_too;
	char kinds[KINDS_SIZE];		/* accepted kinds of billing's password hashes */
	bool own_hashes;
	bool later;			/* it stopped for a temporary reason */
	bool broken;			/* a file is incomplete, and continuing later would not help */
	uint64_t size;			/* octets of all files */
	int64_t mtime;
	struct admin_import import;	/* the progress so far */
	/* state while reading */
	struct lines lines;
	struct import_reader *reader;
	struct upsert upsert;
	struct rejects rejects;
	char *columns;			/* CSV: the line with the column names */
	uint64_t rows;			/* of the current file */
	uint64_t base;			/* octets of the files before it */
	struct progress progress;
};

enum reading {
	READING_ON,
	READING_END,
	READING_STOP,			/* after a message */
};

/* ---- identity and format of the files ---- */

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
	return got < 0 ? data_failed(name, strerror(errno)) : 0;
}

static int set_describe(struct set *set)
{
	crypto_generichash_state state;
	struct stat status;

	crypto_generichash_init(&state, NULL, 0, ADMIN_DIGEST_SIZE);
	set->mtime = time(NULL);
	for (int i = 0; i < set->count; i++) {
		uint64_t size;

		set->stdin_too |= is_stdin(set->names[i]);
		if (is_stdin(set->names[i]))
			continue;
		if (file_digest(&state, set->names[i], !set->options->spooled, &size))
			return 1;
		crypto_generichash_update(&state, (const uint8_t *)&size, sizeof(size));
		set->size += size;
		if (i == 0 && stat(set->names[i], &status) == 0 && status.st_mtime < set->mtime)
			set->mtime = status.st_mtime;
	}
	crypto_generichash_final(&state, set->import.digest, ADMIN_DIGEST_SIZE);
	set->import.known = !set->stdin_too;
	return 0;
}

static int format_find(const char *name, const char *said, enum import_format *format)
{
	const char *end = said ? said : strrchr(name, '.');

	end = end && *end == '.' ? end + 1 : end ? end : "";
	*format = strcmp(end, "csv") ? IMPORT_JSONL : IMPORT_CSV;
	if (!strcmp(end, "csv") || !strcmp(end, "jsonl") || !strcmp(end, "ndjson") || !strcmp(end, "json"))
		return 0;
	return data_failed(name, "unknown format: use --format csv or --format jsonl");
}

/* ---- recorded imports ---- */

/* The last import in a state, of the same files and kind, or of any snapshot. id 0: there was none. */
struct finding {
	const struct admin_import *like;	/* NULL: any snapshot */
	enum admin_import_state state;
	struct admin_import found;
};

static int import_compare(void *user, const struct admin_row *row)
{
	struct finding *finding = user;
	const struct admin_import *like = finding->like, *import = row->import;
	const bool wanted = !like ? import->snapshot : import->snapshot == like->snapshot && import->known &&
			    !memcmp(import->digest, like->digest, ADMIN_DIGEST_SIZE);

	if (import->state == finding->state && wanted)
		finding->found = *import;
	finding->found.file = NULL;		/* only valid during the visit */
	return 0;
}

/* Returns 0, or -1; then the store has the reason. */
static int import_find(const struct data_store *store, const struct admin_import *like, enum admin_import_state state,
		       struct admin_import *found)
{
	const struct admin_query query = { .list = ADMIN_IMPORTS };
	struct finding finding = { .like = like, .state = state };
	const int rc = store->ops->list(store->admin, &query, import_compare, &finding);

	*found = finding.found;
	return rc;
}

/* Whether the same files were imported before, so that nothing remains to be done. */
static bool done_already(struct set *set)
{
	struct admin_import done;
	struct tm parts;
	char text[32];
	time_t ended;

	if (set->stdin_too || set->options->again || import_find(set->store, &set->import, ADMIN_IMPORT_DONE, &done) < 0 || !done.id)
		return false;
	ended = (time_t)done.ended;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&ended, &parts));
	printf("%s: already imported at %s; --again imports it again.\n", set->names[0], text);
	return true;
}

/* Record the import's state in a separate transaction. */
static int import_end(struct set *set, enum admin_import_state state)
{
	const struct data_store *store = set->store;

	set->import.state = state;
	if (store->ops->begin(store->admin) == 0 && store->ops->import_put(store->admin, &set->import) == 0 &&
	    store->ops->commit(store->admin) == 0)
		return 0;
	data_why(store);
	store->ops->undo(store->admin);
	return 1;
}

/* ---- reading ---- */

static enum reading stop(const char *name, const char *why)
{
	data_failed(name, why);
	return READING_STOP;
}

/* Stop because of the store, not of the file: the import can be continued later. */
static enum reading stop_later(struct set *set)
{
	set->later = true;
	data_why(set->store);
	return READING_STOP;
}

static const char *name_of(const struct set *set, int index)
{
	return is_stdin(set->names[index]) ? "standard input" : set->names[index];
}

/* Whether a line is a row: rows before the place where an import continues are counted without reading them. */
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

/* Skip to where the import stopped, reading only the column names. */
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
			return stop(name, set->reader->why);
		if (names)
			columns_keep(set, line, len);
		set->rows += !names && row;
	}
	return rc < 0 ? stop(name, strerror(-rc)) : READING_ON;
}

static enum reading file_begin(struct set *set, const char *name)
{
	const uint64_t offset = (uint64_t)set->import.offset - set->base;
	enum import_format format;
	int rc;

	if (format_find(name, set->options->format, &format))
		return READING_STOP;
	import_reader_init(set->reader, format);
	free(set->columns);
	set->columns = NULL;
	set->rows = 0;
	rc = lines_open(&set->lines, name, !set->options->spooled, 0, 0);
	if (rc == 0)
		rc = rejects_begin(&set->rejects, name, set->options->folder, offset ? (uint64_t)set->import.line : 0);
	return rc < 0 ? stop(name, strerror(-rc)) : file_skip(set, name, offset);
}

static enum reading reject(struct set *set, const char *name, const char *why, const char *line, size_t len)
{
	int rc = rejects_add(&set->rejects, name, set->lines.line, why, set->columns, line, len);

	if (rc < 0)
		return stop(set->rejects.name, strerror(-rc));
	set->import.rejected++;
	if (set->options->rejects_max < 0 || set->import.rejected <= set->options->rejects_max)
		return READING_ON;
	return stop(name, "stopped: more rejected lines than --rejects-max allows");
}

static enum reading row_take(struct set *set, const char *name, const char *line, size_t len)
{
	switch (upsert_row(&set->upsert, &set->reader->row)) {
	case UPSERT_OLDER:
		set->import.older++;
		/* fall through */
	case UPSERT_DONE:
		set->import.lines++;
		return READING_ON;
	case UPSERT_REFUSED:
		return reject(set, name, set->upsert.why, line, len);
	default:
		return stop_later(set);
	}
}

static enum reading line_take(struct set *set, const char *name)
{
	const bool named = set->reader->named;
	const char *line;
	size_t len;
	int rc = lines_next(&set->lines, &line, &len);

	if (rc <= 0)
		return rc ? stop(name, strerror(-rc)) : READING_END;
	switch (import_read(set->reader, line, len)) {
	case IMPORT_FOUND_ROW:
		set->rows++;
		return row_take(set, name, line, len);
	case IMPORT_FOUND_BAD:
		set->rows++;
		return reject(set, name, set->reader->why, line, len);
	case IMPORT_FOUND_ALIEN:
		return stop(name, set->reader->why);
	default:
		if (named != set->reader->named)
			columns_keep(set, line, len);
		return READING_ON;
	}
}

/* Import lines in one transaction. The accepted lines count even if the last line stops the import. */
static enum reading lines_take(struct set *set, const char *name)
{
	const struct data_store *store = set->store;
	enum reading reading = READING_ON;

	if (store->ops->begin(store->admin) < 0)
		return stop_later(set);
	while (reading == READING_ON && !store->ops->is_long(store->admin))
		reading = line_take(set, name);
	if (set->later) {
		store->ops->undo(store->admin);
		return READING_STOP;
	}
	set->import.offset = (int64_t)(set->base + set->lines.offset);
	set->import.line = (int64_t)set->lines.line;
	set->import.newest = set->upsert.newest;
	if (set->rejects.out)
		fflush(set->rejects.out);
	if (store->ops->import_put(store->admin, &set->import) == 0 && store->ops->commit(store->admin) == 0)
		return reading;
	stop_later(set);
	store->ops->undo(store->admin);
	return READING_STOP;
}

/* A truncated file lacks its end mark. Deltas do not need one: data that they lack stay as they were. */
static enum reading file_check(struct set *set, const char *name)
{
	char why[120];

	if (set->reader->ended && set->reader->end == set->rows)
		return READING_END;
	if (!set->reader->ended && (!set->options->snapshot || set->options->expect >= 0))
		return READING_END;
	set->broken = true;
	if (!set->reader->ended)
		return stop(name, "incomplete: the files of a snapshot must end with a line \"# end N\", where N is the number of lines "
			    "before it, unless --expect states their number");
	snprintf(why, sizeof(why), "incomplete: it has %" PRIu64 " lines, but its end mark says %" PRIu64, set->rows,
		 set->reader->end);
	return stop(name, why);
}

static enum reading file_read(struct set *set, int index)
{
	enum reading reading = file_begin(set, set->names[index]);
	const char *name = name_of(set, index);
	int rc;

	while (reading == READING_ON) {
		reading = lines_take(set, name);
		progress_show(&set->progress, (uint64_t)set->import.offset);
	}
	if (reading == READING_END)
		reading = file_check(set, name);
	rc = rejects_end(&set->rejects);
	if (rc < 0)
		reading = stop(set->rejects.name, strerror(-rc));
	lines_close(&set->lines);
	return reading;
}

static enum reading files_read(struct set *set)
{
	enum reading reading = READING_END;

	set->base = 0;
	for (int i = 0; reading == READING_END && i < set->count; i++) {
		struct stat status;
		const uint64_t size = is_stdin(set->names[i]) || stat(set->names[i], &status) < 0 ? 0 : (uint64_t)status.st_size;
		const bool again = (uint64_t)set->import.offset > set->base && (uint64_t)set->import.offset >= set->base + size;

		/* skip files that were read completely, except the last: its end mark must be checked again */
		if (!again || i + 1 == set->count)
			reading = file_read(set, i);
		set->base += is_stdin(set->names[i]) ? (uint64_t)set->import.offset - set->base : size;
	}
	return reading;
}

/* ---- the end ---- */

static int refuse_set(const struct set *set, const char *why)
{
	return data_failed(name_of(set, 0), why);
}

static int count_check(struct set *set)
{
	char why[120];
	const int64_t rows = set->import.lines + set->import.rejected;

	if (set->options->expect < 0 || set->options->expect == rows)
		return 0;
	set->broken = true;
	snprintf(why, sizeof(why), "incomplete: %" PRId64 " lines instead of %" PRId64, rows,
		 set->options->expect);
	return refuse_set(set, why);
}

struct newest {
	int64_t as_of;
};

static int snapshot_age(void *user, const struct admin_row *row)
{
	struct newest *newest = user;

	if (row->import->snapshot && row->import->state == ADMIN_IMPORT_DONE && row->import->newest > newest->as_of)
		newest->as_of = row->import->newest;
	return 0;
}

/* Whether it is older than the snapshot in use. */
static bool is_older(const struct set *set)
{
	const struct admin_query query = { .list = ADMIN_IMPORTS };
	struct newest newest = { .as_of = STORED_UNKNOWN };

	set->store->ops->list(set->store->admin, &query, snapshot_age, &newest);
	return set->upsert.newest < newest.as_of;
}

/* A64: detect a mistake in billing's extract before it removes subscribers' data. */
static int loss_check(const struct set *set, const struct admin_loss *loss)
{
	char why[240];

	if (!set->options->quiet && loss->all)
		fprintf(stderr, "%" PRId64 " of %" PRId64 " subscribers are not in it, and %" PRId64 " have another owner.\n", loss->vanish,
			loss->all, loss->other_owner);
	if (set->options->force || (loss->vanish + loss->other_owner) * 100 <= loss->all * set->options->max_removed)
		return 0;
	snprintf(why, sizeof(why), "%" PRId64 " of %" PRId64 " subscribers are not in it, and %" PRId64 " have another owner: more"
		 " than %u %%; --max-removed PERCENT or --force accepts it", loss->vanish, loss->all, loss->other_owner,
		 set->options->max_removed);
	return refuse_set(set, why);
}

static int snapshot_end(struct set *set)
{
	const struct data_store *store = set->store;
	struct admin_loss loss;
	bool any;

	if (set->options->rejects_max < 0 && set->import.rejected > 10 + set->import.lines / 100)
		return refuse_set(set, "too many rejected lines for a snapshot; --rejects-max N allows more");
	if (!set->options->force && is_older(set))
		return refuse_set(set, "the snapshot in use is newer; --force accepts this one");
	set->later = store->ops->staging_look(store->admin, set->upsert.newest, set->options->force, &loss, &any) < 0;
	if (set->later)
		return data_why(store);
	if (!set->options->force && !any)
		return refuse_set(set, "contains no subscribers; --force accepts it");
	if (loss_check(set, &loss))
		return 1;
	set->later = store->ops->staging_switch(store->admin, set->upsert.newest, set->options->force, &set->import) < 0 ||
		     store->ops->staging_clean(store->admin) < 0;
	return set->later ? data_why(store) : 0;
}

static void report(const struct set *set, double began, int64_t before)
{
	const double took = data_seconds() - began;

	if (set->upsert.ids_dropped)
		fprintf(stderr, "%s: identity numbers are dropped, because the key of password hashes is missing: name starhashd's "
			"key with --pepper\n", name_of(set, 0));

	if (set->options->quiet)
		return;
	printf("%s: %" PRId64 " lines accepted", name_of(set, 0), set->import.lines);
	if (set->import.older)
		printf(", %" PRId64 " of them skipped because the stored data are newer", set->import.older);
	if (set->import.rejected)
		printf(", %" PRId64 " rejected (see %s)", set->import.rejected, set->rejects.name);
	printf("; %.1f seconds, %.0f lines a second\n", took,
	       (double)(set->import.lines + set->import.rejected - before) / (took > 0 ? took : 1));
}

/* ---- whole imports ---- */

/* Give up another, unfinished snapshot: its place is needed now. */
static int unfinished_end(struct set *set)
{
	const struct data_store *store = set->store;
	struct admin_import unfinished;

	if (store->ops->staging_drop(store->admin) < 0 || import_find(store, NULL, ADMIN_IMPORT_RUNNING, &unfinished) < 0)
		return -1;
	if (!unfinished.id)
		return 0;
	unfinished.state = ADMIN_IMPORT_GIVEN_UP;
	return store->ops->import_put(store->admin, &unfinished);
}

static int set_start(struct set *set)
{
	const struct data_store *store = set->store;

	set->import.file = set->names[0];
	set->import.newest = STORED_UNKNOWN;
	if ((!set->options->snapshot || unfinished_end(set) == 0) && store->ops->begin(store->admin) == 0 &&
	    store->ops->import_put(store->admin, &set->import) == 0 &&
	    (!set->options->snapshot || store->ops->staging_begin(store->admin) == 0) && store->ops->commit(store->admin) == 0)
		return 0;
	data_why(store);
	store->ops->undo(store->admin);
	return 1;
}

static int set_open(struct set *set)
{
	struct admin_import running;

	set->upsert = (struct upsert){
		.store = set->store,
		.snapshot = set->options->snapshot,
		.force = set->options->force,
		.as_of = set->options->as_of != STORED_UNKNOWN ? set->options->as_of : set->mtime,
		.newest = STORED_UNKNOWN,
		.now = time(NULL),
		.hash_kinds = set->kinds[0] ? set->kinds : NULL,
		.own_hashes = set->own_hashes,
	};
	if (set->stdin_too || import_find(set->store, &set->import, ADMIN_IMPORT_RUNNING, &running) < 0 || !running.id)
		return set_start(set);
	set->import = running;
	set->import.file = set->names[0];
	set->upsert.newest = set->import.newest;
	if (!set->options->quiet)
		fprintf(stderr, "%s: continuing after line %" PRId64 ".\n", name_of(set, 0), set->import.line);
	return 0;
}

static int set_run(struct set *set)
{
	const double began = data_seconds();
	enum reading reading;
	int64_t before;
	int status = set_open(set);

	if (status)
		return status;
	before = set->import.lines + set->import.rejected;
	progress_begin(&set->progress, "octets", set->stdin_too ? 0 : set->size, set->options->quiet);
	reading = files_read(set);
	progress_end(&set->progress, (uint64_t)set->import.offset);
	status = reading == READING_STOP || count_check(set);
	if (set->broken && !set->later)
		import_end(set, ADMIN_IMPORT_GIVEN_UP);
	if (!status && set->options->snapshot)
		status = snapshot_end(set);
	if (!status)
		status = import_end(set, ADMIN_IMPORT_DONE);
	report(set, began, before);
	return set->later ? DATA_LATER : status;
}

/* "starhash" stands for hashes made by starhashd; password_kinds_known() knows the other kinds. */
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
	return data_failed(wrong, "unknown kind of password hashes; see starhash-data(1)");
}

static int set_import(struct data_store *store, const struct data_options *options, char **names, int count)
{
	struct set set = { .options = options, .store = store, .names = names, .count = count, .import.snapshot = options->snapshot };
	int status = kinds_take(&set, options->hash_kinds) || set_describe(&set);

	if (status || done_already(&set))
		return status;
	if (set.stdin_too && !options->quiet)
		fprintf(stderr, "An import of standard input cannot be continued after a crash, and repetitions are not recognised.\n");
	set.reader = malloc(sizeof(*set.reader));
	status = set.reader ? set_run(&set) : data_failed(names[0], strerror(ENOMEM));
	free(set.columns);
	free(set.reader);
	return status;
}

int data_finish(struct data_store *store)
{
	struct admin_import interrupted;

	if (import_find(store, NULL, ADMIN_IMPORT_SWITCHED, &interrupted) < 0)
		return data_why(store);
	if (!interrupted.id)
		return 0;
	interrupted.state = ADMIN_IMPORT_DONE;
	if (store->ops->lock_imports(store->admin) == 0 && store->ops->staging_clean(store->admin) == 0 &&
	    store->ops->begin(store->admin) == 0 && store->ops->import_put(store->admin, &interrupted) == 0 &&
	    store->ops->commit(store->admin) == 0)
		return 0;
	return data_why(store);
}

int data_import(const struct data_options *options)
{
	const int at_once = options->snapshot ? options->count : 1;
	enum import_format format;
	struct data_store store;
	int status;

	/* Determine every file's format before anything is written. */
	for (int i = 0; i < options->count; i++) {
		if (format_find(options->words[i], options->format, &format))
			return 1;
	}
	status = data_open(&store, options, ADMIN_MAKE);
	if (!status && store.ops->lock_imports(store.admin) < 0)
		status = data_why(&store);
	if (status || data_finish(&store))
		status = DATA_LATER;
	for (int i = 0; i < options->count && !status; i += at_once)
		status = set_import(&store, options, options->words + i, at_once);
	data_close(&store);
	return status;
}

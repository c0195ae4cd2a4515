/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the journal with its rotated files, compressed or not, line by line and oldest file first.
 *
 * Beside FILE these are FILE.1 (by the daemon or logrotate) and FILE-20261130 (logrotate's dateext), all of them also with .gz, .xz, .zst
 * or .bz2. A compressed file is recognised by its content and read through the program that made it. */
#include "tool/data/journal_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tool/data/command.h"
#include "tool/data/data.h"

#define NAME_SIZE 4096
#define BAD_MAX 20			/* lines of one file that are printed */
#define TRIES_MAX 10
#define PAUSE_US 10000			/* longer after each try */

extern char **environ;

struct found {
	char name[NAME_SIZE];
	size_t suffix;			/* where it begins, with its dot or dash; the end: none */
	int journal;			/* number of the option that named it */
	int fd;				/* -1: not open */
	dev_t device;
	ino_t inode;
};

/* ---- which files ---- */

/* Whether a file with this suffix is an older part of the journal. */
static bool is_rotated(const char *suffix)
{
	static const char *const compressed[] = { "", ".gz", ".xz", ".zst", ".bz2" };
	const size_t digits = *suffix == '.' || *suffix == '-' ? strspn(suffix + 1, "0123456789") : 0;
	const char *rest = suffix + 1 + digits;

	if (!digits)
		return false;
	if (*suffix == '-')
		rest += strspn(rest, "0123456789-");	/* dateformat -%Y-%m-%d, or with the hour */
	for (size_t i = 0; i < sizeof(compressed) / sizeof(*compressed); i++)
		if (!strcmp(rest, compressed[i]))
			return true;
	return false;
}

/* Oldest first: dates, then numbers from the highest one down, then the file itself. */
static int by_age(const void *one, const void *other)
{
	const struct found *a = one, *b = other;
	const char *x = a->name + a->suffix, *y = b->name + b->suffix;

	if (a->journal != b->journal)
		return a->journal - b->journal;
	if (*x != *y)
		return *x == '-' ? -1 : *y == '-' ? 1 : *x == '.' ? -1 : 1;
	if (*x == '.')
		return strtoul(x + 1, NULL, 10) > strtoul(y + 1, NULL, 10) ? -1 : 1;
	return strcmp(x, y);
}

static int add(struct journal_files *files, const struct found *found)
{
	struct found *more;

	for (size_t i = 0; i < files->count; i++)
		if (files->found[i].device == found->device && files->found[i].inode == found->inode)
			return 0;		/* by another name */
	more = realloc(files->found, (files->count + 1) * sizeof(*more));
	if (!more)
		return data_failed(found->name, strerror(ENOMEM));
	files->found = more;
	files->found[files->count++] = *found;
	return 0;
}

static void forget(struct journal_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->found[i].fd > STDIN_FILENO)
			close(files->found[i].fd);
	free(files->found);
	files->found = NULL;
	files->count = 0;
}

static int find_beside(struct journal_files *files, const char *journal, int number)
{
	const char *slash = strrchr(journal, '/'), *base = slash ? slash + 1 : journal;
	const size_t folder_len = (size_t)(base - journal), base_len = strlen(base), before = files->count;
	struct found found = { .journal = number, .fd = -1, .suffix = folder_len + base_len };
	const struct dirent *entry;
	struct stat status;
	DIR *folder;
	int rc = 0;

	snprintf(found.name, sizeof(found.name), "%.*s", (int)folder_len, journal);
	folder = opendir(slash ? found.name : ".");
	if (!folder)
		return data_failed(journal, strerror(errno));
	while (!rc && (entry = readdir(folder))) {
		if (strncmp(entry->d_name, base, base_len) != 0 || (entry->d_name[base_len] && !is_rotated(entry->d_name + base_len)))
			continue;
		rc = snprintf(found.name, sizeof(found.name), "%.*s%s", (int)folder_len, journal, entry->d_name);
		/* FILE itself may be a pipe; to open another one, which nobody writes, would wait for ever */
		if (rc >= (int)sizeof(found.name) || stat(found.name, &status) < 0 || S_ISDIR(status.st_mode) ||
		    (entry->d_name[base_len] && !S_ISREG(status.st_mode))) {
			rc = 0;
			continue;
		}
		found.device = status.st_dev;
		found.inode = status.st_ino;
		rc = add(files, &found);
	}
	closedir(folder);
	if (!rc && files->count == before && !number)
		rc = data_failed(journal, strerror(ENOENT));
	return rc;
}

static int find(struct journal_files *files, const struct data_options *options)
{
	const char *journal = JOURNAL_DEFAULT;
	int rc = 0;

	for (int i = 0; !rc && (i < options->journal_count || !i); i++) {
		journal = options->journal_count ? options->journals[i] : journal;
		if (strcmp(journal, "-"))
			rc = find_beside(files, journal, i);
		else
			rc = add(files, &(struct found){ .name = "-", .suffix = 1, .journal = i, .fd = STDIN_FILENO });
	}
	if (!rc && files->count)
		qsort(files->found, files->count, sizeof(*files->found), by_age);
	return rc;
}

/* Returns whether each file is still the one that was found. */
static bool open_all(struct journal_files *files)
{
	bool same = true;
	struct stat status;

	for (size_t i = 0; i < files->count; i++) {
		struct found *found = &files->found[i];

		if (!found->fd)
			continue;
		found->fd = open(found->name, O_RDONLY | O_CLOEXEC);
		if (found->fd >= 0 && !fstat(found->fd, &status))
			same = same && status.st_dev == found->device && status.st_ino == found->inode;
		else if (errno == ENOENT)
			same = false;
		else
			files->status = data_failed(found->name, strerror(errno));
	}
	return same;
}

/* Whether a later look finds the same files. */
static bool is_same(const struct journal_files *files, const struct journal_files *later)
{
	bool same = files->count == later->count;

	for (size_t i = 0; same && i < files->count; i++)
		same = !strcmp(files->found[i].name, later->found[i].name) && files->found[i].inode == later->found[i].inode;
	return same;
}

int journal_files_open(struct journal_files *files, const struct data_options *options)
{
	struct journal_files later = {};
	struct rlimit limit;
	bool same = false;

	*files = (struct journal_files){ .open.fd = -1 };
	/* one for each file that the daemon retains, and it may retain a thousand */
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* A rotation renames each file, one after the other. */
	for (int i = 0; !same && i < TRIES_MAX; i++) {
		usleep(i * PAUSE_US);
		forget(files);
		files->status = 0;
		if (find(files, options))
			return 1;
		same = open_all(files) && !find(&later, options) && is_same(files, &later);
		forget(&later);
	}
	return same ? 0 : data_failed(files->count ? files->found[0].name : "journal", "is being rotated again and again");
}

/* ---- reading ---- */

static const struct {
	uint8_t magic[4], len;
	const char *program;
} decompressors[] = {
	{ { 0x1f, 0x8b }, 2, "gzip" },
	{ { 0xfd, '7', 'z', 'X' }, 4, "xz" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd" },
	{ { 'B', 'Z', 'h' }, 3, "bzip2" },
};

/* NULL: it is not compressed. */
static const char *decompressor_of(int fd)
{
	uint8_t begin[4] = {};

	if (pread(fd, begin, sizeof(begin), 0) < 0)
		return NULL;		/* a pipe */
	for (size_t i = 0; i < sizeof(decompressors) / sizeof(*decompressors); i++)
		if (!memcmp(begin, decompressors[i].magic, decompressors[i].len))
			return decompressors[i].program;
	return NULL;
}

/* Returns the descriptor to read from, or -errno. */
static int decompress(struct journal_files *files, const char *program, int in)
{
	char *words[] = { (char *)program, "-dc", NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	rc = -posix_spawnp(&files->decompressor, program, &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (!rc)
		return ends[0];
	close(ends[0]);
	files->decompressor = 0;
	return rc;
}

static void end_file(struct journal_files *files, bool complete)
{
	char why[80];
	int status = 0;

	lines_close(&files->open);
	while (files->decompressor && waitpid(files->decompressor, &status, 0) < 0 && errno == EINTR)
		;
	files->decompressor = 0;
	if (status && complete)
		files->status = data_failed(files->name, "is damaged, and was read up to there");
	snprintf(why, sizeof(why), "%" PRIu64 " more lines are not the journal's", files->bad_here - BAD_MAX);
	if (files->bad_here > BAD_MAX)
		data_failed(files->name, why);
	files->bad_here = 0;
}

/* Returns whether there is a file left. One that cannot be read is named and skipped. */
static bool begin_file(struct journal_files *files)
{
	while (files->at < files->count) {
		struct found *found = &files->found[files->at++];
		const char *program;
		int fd = found->fd, rc;

		found->fd = -1;
		if (fd < 0)
			continue;
		files->name = strcmp(found->name, "-") ? found->name : "standard input";
		program = decompressor_of(fd);
		if (program) {
			rc = decompress(files, program, fd);
			if (fd > STDIN_FILENO)
				close(fd);
			fd = rc;
		}
		rc = fd < 0 ? fd : lines_attach(&files->open, fd);
		if (!rc)
			return true;
		files->status = data_failed(files->name, fd < 0 ? "cannot be decompressed: the program is missing" : strerror(-rc));
		end_file(files, false);
	}
	return false;
}

static void complain(struct journal_files *files, const char *bad)
{
	char where[NAME_SIZE + 32], why[80];

	files->bad++;
	if (++files->bad_here > BAD_MAX)
		return;
	snprintf(where, sizeof(where), "%s:%" PRIu64, files->name, files->open.line);
	snprintf(why, sizeof(why), "not a line of the journal: \"%s\" is missing or malformed", bad);
	data_failed(where, why);
}

bool journal_files_next(struct journal_files *files)
{
	const char *bad;
	int rc;

	for (;;) {
		if (files->open.fd < 0 && !begin_file(files))
			return false;
		rc = lines_next(&files->open, &files->text, &files->len);
		if (rc <= 0) {
			if (rc < 0)
				files->status = data_failed(files->name, strerror(-rc));
			end_file(files, rc == 0);
			continue;
		}
		files->lines++;
		bad = cdr_line_parse(&files->line, files->text, files->len);
		if (!bad)
			return true;
		complain(files, bad);
	}
}

void journal_files_close(struct journal_files *files)
{
	if (files->open.fd >= 0)
		end_file(files, false);
	forget(files);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data spool: one pass over a spool folder. Complete files are imported, or their events taken, oldest first, and moved to "done"
 * or "failed" in the folder, together with their rejected lines. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "import/reader.h"
#include "tool/data/data.h"
#include "tool/data/command.h"

#define PATH_SIZE 4096
#define FILES_MAX 4096		/* in one pass; the next pass handles the rest */
#define TAIL 64

struct spooled_file {
	char name[256];
	int64_t sec, nsec;	/* time of the last change */
};

struct spool {
	const struct data_options *options;
	const char *folder;
	struct spooled_file *files;
	unsigned int count;
};

static bool ends(const char *name, const char *end)
{
	const size_t len = strlen(name), tail = strlen(end);

	return len > tail && !strcmp(name + len - tail, end);
}

static bool beside(const char *folder, const char *name, const char *end)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s%s", folder, name, end);
	return access(path, F_OK) == 0;
}

/* Whether its last line is the end mark. */
static bool has_end(const char *path, off_t size)
{
	char tail[TAIL + 1];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const off_t from = size > TAIL ? size - TAIL : 0;
	const ssize_t got = fd < 0 ? -1 : pread(fd, tail, TAIL, from);
	const char *last;
	uint64_t count;

	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return false;
	tail[got] = '\0';
	for (ssize_t end = got; end && (tail[end - 1] == '\n' || tail[end - 1] == '\r'); end--)
		tail[end - 1] = '\0';
	last = strrchr(tail, '\n');
	last = last ? last + 1 : tail;
	return import_end_mark(ends(path, ".csv") ? IMPORT_CSV : IMPORT_JSONL, last, strlen(last), &count);
}

static void file_look(struct spool *spool, const char *name)
{
	struct spooled_file *file = &spool->files[spool->count];
	struct stat status;
	char path[PATH_SIZE];

	if (spool->count == FILES_MAX || strlen(name) >= sizeof(file->name))
		return;
	/* files with a leading dot are still being written */
	if (name[0] == '.' || (!ends(name, ".csv") && !ends(name, ".jsonl")))
		return;
	snprintf(path, sizeof(path), "%s/%s", spool->folder, name);
	if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	/* a complete file has an end mark or NAME.done beside it, or has not changed for a while */
	if (!beside(spool->folder, name, ".done") && !has_end(path, status.st_size) &&
	    time(NULL) - status.st_mtime < (time_t)spool->options->idle_s)
		return;
	strcpy(file->name, name);
	file->sec = status.st_mtim.tv_sec;
	file->nsec = status.st_mtim.tv_nsec;
	spool->count++;
}

static int older_first(const void *a, const void *b)
{
	const struct spooled_file *first = a, *second = b;

	if (first->sec != second->sec)
		return first->sec < second->sec ? -1 : 1;
	if (first->nsec != second->nsec)
		return first->nsec < second->nsec ? -1 : 1;
	return strcmp(first->name, second->name);
}

static int folder_look(struct spool *spool)
{
	DIR *folder = opendir(spool->folder);
	const struct dirent *entry;

	if (!folder)
		return data_failed(spool->folder, strerror(errno));
	while ((entry = readdir(folder)))
		file_look(spool, entry->d_name);
	closedir(folder);
	qsort(spool->files, spool->count, sizeof(*spool->files), older_first);
	return 0;
}

/* Find a free name, with the time in front if the name exists. */
static void place_find(const struct spool *spool, const char *name, const char *where, char to[static PATH_SIZE])
{
	snprintf(to, PATH_SIZE, "%s/%s/%s", spool->folder, where, name);
	if (access(to, F_OK) == 0)
		snprintf(to, PATH_SIZE, "%s/%s/%lld-%s", spool->folder, where, (long long)time(NULL), name);
}

static int move(const struct spool *spool, const char *name, const char *where)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	snprintf(from, sizeof(from), "%s/%s", spool->folder, name);
	place_find(spool, name, where, to);
	return rename(from, to) < 0 && errno != ENOENT ? data_failed(from, strerror(errno)) : 0;
}

/* ---- why a file was set aside ---- */

static void copy_out(int from, int to)
{
	char text[4096];
	ssize_t len;

	lseek(from, 0, SEEK_SET);
	while ((len = read(from, text, sizeof(text))) > 0 && write(to, text, (size_t)len) == len)
		;
}

/* Always create a new file: users who may write to the folder must not choose which file is overwritten. */
static void reason_keep(const struct spool *spool, const char *name, int reason)
{
	char beside[300], path[PATH_SIZE];
	int fd;

	snprintf(beside, sizeof(beside), "%s.reason", name);
	place_find(spool, beside, "failed", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	copy_out(reason, fd);
	close(fd);
}

/* Collect the import's messages on standard error, then pass them on to standard error. */
static int import_noting_why(const struct spool *spool, const struct data_options *import, const char *name)
{
	const int reason = memfd_create("reason", MFD_CLOEXEC);
	const int err = reason < 0 ? -1 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	int status;

	if (err >= 0)
		dup2(reason, STDERR_FILENO);
	status = ends(name, ".events.jsonl") ? data_events(import) : data_import(import);
	if (err >= 0) {
		dup2(err, STDERR_FILENO);
		copy_out(reason, STDERR_FILENO);
		close(err);
		if (status && status != DATA_LATER)
			reason_keep(spool, name, reason);
	}
	if (reason >= 0)
		close(reason);
	return status;
}

static int file_take(const struct spool *spool, const char *name)
{
	char path[PATH_SIZE], rejects[PATH_SIZE], mark[300];
	char *words[] = { path };
	struct data_options import = *spool->options;
	const char *where;
	int status;

	snprintf(path, sizeof(path), "%s/%s", spool->folder, name);
	import.file = spool->options->words[0];
	import.words = words;
	import.count = 1;
	import.snapshot = ends(name, ".snapshot.jsonl") || ends(name, ".snapshot.csv");
	import.spooled = true;
	status = import_noting_why(spool, &import, name);
	if (status == DATA_LATER)
		return status;
	where = status ? "failed" : "done";
	snprintf(mark, sizeof(mark), "%s.done", name);
	snprintf(rejects, sizeof(rejects), "%.255s.rejects", name);
	return move(spool, rejects, where) || move(spool, mark, where) || move(spool, name, where) ||
	       status;
}

static int folders_make(const char *folder)
{
	static const char *const names[] = { "done", "failed" };
	struct stat status;
	char path[PATH_SIZE];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		if ((mkdir(path, 0700) < 0 && errno != EEXIST) || lstat(path, &status) < 0)
			return data_failed(path, strerror(errno));
		if (!S_ISDIR(status.st_mode))
			return data_failed(path, "is not a folder");
	}
	return 0;
}

/* Exclude a second pass at the same time. */
static int folder_lock(const char *folder)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		data_failed(folder, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		data_failed(folder, "another pass is in progress");
		close(fd);
		return -1;
	}
	return fd;
}

int data_spool(const struct data_options *options)
{
	struct spool spool = { .options = options, .folder = options->file };
	int fd, status;

	if (strlen(spool.folder) + 600 > PATH_SIZE)
		return data_failed(spool.folder, "the name is too long");
	fd = folder_lock(spool.folder);
	if (fd < 0)
		return 1;
	spool.files = calloc(FILES_MAX, sizeof(*spool.files));
	status = spool.files ? folders_make(spool.folder) || folder_look(&spool) : data_failed(spool.folder, strerror(ENOMEM));
	/* stop at a file that must wait: files must be imported in order */
	for (unsigned int i = 0; i < spool.count && status != DATA_LATER; i++) {
		const int taken = file_take(&spool, spool.files[i].name);

		status = taken ? taken : status;
	}
	free(spool.files);
	close(fd);
	return status;
}

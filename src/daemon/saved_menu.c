/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Saves the last good menu: see saved_menu.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "daemon/saved_menu.h"
#include "starhash/alarm.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "starhash/worker.h"

#define UNFINISHED "unfinished"		/* the temporary name */
#define NAME_SIZE 24
#define THREAD_NICE 10

struct saved_menu {
	const char *folder;
	struct alarms *alarms;
	struct worker *worker;
	struct job job;
	struct menu_copy *writing;	/* belongs to the thread; NULL: it is idle */
	struct menu_copy *waiting;	/* the latest; NULL: none */
	int rc;				/* the thread's result */
};

/* ---- folders ---- */

/* The number of a copy's folder; 0: it is not one. */
static unsigned long long copy_number(const char *name)
{
	const size_t digits = strspn(name, "0123456789");

	return digits && digits < 19 && !name[digits] ? strtoull(name, NULL, 10) : 0;
}

/* The highest number among the copies; 0: none. */
static unsigned long long newest(int folder)
{
	const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	unsigned long long most = 0;
	const struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return 0;
	}
	while ((entry = readdir(dir)))
		most = OSMO_MAX(most, copy_number(entry->d_name));
	closedir(dir);
	return most;
}

/* Remove a folder of files. */
static void remove_copy(int folder, const char *name)
{
	const int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir) {
		while ((entry = readdir(dir)))
			unlinkat(fd, entry->d_name, 0);	/* "." and ".." are folders, which this does not remove */
		closedir(dir);
	} else if (fd >= 0) {
		close(fd);
	}
	unlinkat(folder, name, AT_REMOVEDIR);
}

static void remove_others(int folder, unsigned long long number)
{
	const int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir) {
		while ((entry = readdir(dir)))
			if (copy_number(entry->d_name) && copy_number(entry->d_name) != number)
				remove_copy(folder, entry->d_name);
		closedir(dir);
	} else if (fd >= 0) {
		close(fd);
	}
}

static int file_write(int folder, const struct menu_copy_file *file)
{
	const int fd = openat(folder, file->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done = 0;
	int rc = fd < 0 ? -errno : file->len > MENU_COPY_FILE_MAX ? -EFBIG : 0;

	while (!rc && done < file->len) {
		const ssize_t n = write(fd, file->text + done, file->len - done);

		if (n >= 0)
			done += n;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int unfinished_write(int folder, const struct menu_copy *copy)
{
	int fd, rc = 0;

	remove_copy(folder, UNFINISHED);
	if (mkdirat(folder, UNFINISHED, 0700) < 0)
		return -errno;
	fd = openat(folder, UNFINISHED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	for (size_t i = 0; !rc && i < copy->count; i++)
		rc = file_write(fd, &copy->files[i]);
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int copy_write(int folder, const struct menu_copy *copy)
{
	const unsigned long long number = newest(folder) + 1;
	char name[NAME_SIZE];
	int rc;

	snprintf(name, sizeof(name), "%llu", number);
	rc = unfinished_write(folder, copy);
	if (!rc && renameat(folder, UNFINISHED, folder, name) < 0)
		rc = -errno;
	if (!rc && fsync(folder) < 0)
		rc = -errno;
	if (rc)
		remove_copy(folder, UNFINISHED);
	else
		remove_others(folder, number);
	return rc;
}

/* A new folder is durable only once the one that has it is synced; the daemon may lack the right to open that. */
static void sync_parent(int folder)
{
	const int fd = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

int saved_menu_write(const char *folder, const struct menu_copy *copy)
{
	const bool made = mkdir(folder, 0700) == 0;
	int fd, rc;

	if (!made && errno != EEXIST)
		return -errno;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (made)
		sync_parent(fd);
	rc = copy_write(fd, copy);
	close(fd);
	return rc;
}

char *saved_menu_find(void *ctx, const char *folder, int64_t *saved_s)
{
	const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const unsigned long long number = fd < 0 ? 0 : newest(fd);
	struct stat found;
	char *path = NULL;

	if (number)
		path = talloc_asprintf(ctx, "%s/%llu/menu.cfg", folder, number);
	if (fd >= 0)
		close(fd);
	if (path && stat(path, &found) < 0) {
		talloc_free(path);
		return NULL;
	}
	if (path)
		*saved_s = found.st_mtime;
	return path;
}

/* ---- the thread ---- */

static void run(struct job *job, void *batch)
{
	struct saved_menu *saved = container_of(job, struct saved_menu, job);

	saved->rc = saved_menu_write(saved->folder, saved->writing);
}

static void write_next(struct saved_menu *saved)
{
	saved->writing = saved->waiting;
	saved->waiting = NULL;
	if (saved->writing)
		OSMO_ASSERT(worker_submit(saved->worker, &saved->job) == 0);
}

static void done(struct job *job)
{
	struct saved_menu *saved = container_of(job, struct saved_menu, job);

	if (saved->rc) {
		alarm_raise(saved->alarms, ALARM_MENU_UNSAVED, "%s: %s; a start with broken files would serve an older menu, or none",
			    saved->folder, strerror(-saved->rc));
	} else {
		LOGP(DMENU, LOGL_INFO, "the menu in use is saved in %s\n", saved->folder);
		alarm_clear(saved->alarms, ALARM_MENU_UNSAVED);
	}
	menu_copy_free(saved->writing);
	write_next(saved);
}

struct saved_menu *saved_menu_new(void *ctx, const char *folder, struct alarms *alarms)
{
	const struct worker_settings settings = { .name = "menu", .threads = 1, .queue_max = 1, .nice = THREAD_NICE };
	struct saved_menu *saved = talloc_zero(ctx, struct saved_menu);

	OSMO_ASSERT(saved);
	saved->folder = folder;
	saved->alarms = alarms;
	saved->job.run = run;
	saved->job.done = done;
	saved->worker = worker_new(saved, &settings);
	if (saved->worker)
		return saved;
	LOGP(DMENU, LOGL_ERROR, "no thread to save the menu\n");
	talloc_free(saved);
	return NULL;
}

void saved_menu_free(struct saved_menu *saved)
{
	if (!saved)
		return;
	worker_free(saved->worker);
	talloc_free(saved);
}

void saved_menu_put(struct saved_menu *saved, struct menu_copy *copy)
{
	menu_copy_free(saved->waiting);
	saved->waiting = copy;
	if (!saved->writing)
		write_next(saved);
}

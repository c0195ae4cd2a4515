/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* data/: starhash-data, a file for each command. Start with data.c.
 *
 * starhash-data backup: copies the store as of one moment, while the daemon continues to write. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool/data/data.h"
#include "tool/data/command.h"

#define NAME_SIZE 4096

static void pages_show(void *user, uint64_t done, uint64_t all)
{
	struct progress *progress = user;

	progress->all = all;
	progress_show(progress, done);
}

static int copy_make(const struct data_store *store, const char *made, const char *name, bool quiet)
{
	struct progress progress;
	int rc;

	progress_begin(&progress, "pages", 0, quiet);
	rc = store->ops->backup(store->admin, made, pages_show, &progress);
	progress_end(&progress, progress.all);
	return rc < 0 ? data_failed(name, store->ops->why(store->admin)) : data_take_place(made, name);
}

static bool ends(const char *name, const char *end)
{
	const size_t len = strlen(name), tail = strlen(end);

	return len >= tail && !strcmp(name + len - tail, end);
}

/* Refuse targets that even --force must not overwrite. Returns the exit status. */
static int target_judge(const char *name, const char *database)
{
	struct stat one, other;
	char log[NAME_SIZE];

	if (stat(name, &one) == 0 && stat(database, &other) == 0 && one.st_dev == other.st_dev && one.st_ino == other.st_ino)
		return data_failed(name, "is the database itself; choose another file");
	if (ends(name, "-wal") || ends(name, "-shm") || ends(name, "-journal"))
		return data_failed(name, "is a name that SQLite uses for its own files; choose another file");
	/* A process that has the file open would continue to write to it after its name is gone. */
	if (snprintf(log, sizeof(log), "%s-wal", name) < (int)sizeof(log) && access(log, F_OK) == 0)
		return data_failed(name, "is a database in use, or one that was not closed; choose another file");
	return 0;
}

int data_backup(const struct data_options *options)
{
	const char *name = options->words[0];
	struct data_store store;
	char made[NAME_SIZE];
	int status;

	if (snprintf(made, sizeof(made), "%s.new", name) >= (int)sizeof(made))
		return data_failed(name, "the name is too long");
	if (!options->force && access(name, F_OK) == 0)
		return data_failed(name, "already exists; --force overwrites it");
	if (target_judge(name, options->file))
		return 1;
	status = data_open(&store, options, ADMIN_READ);
	if (!status) {
		unlink(made);
		status = copy_make(&store, made, name, options->quiet);
		if (status)
			unlink(made);
	}
	data_close(&store);
	if (!status)
		printf("Created %s with the accounts and passwords of %s. Without the key file, no password matches.\n",
		       name, options->file);
	return status;
}

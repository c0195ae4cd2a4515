/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data backup: a copy of the database as it is at one moment, while the daemon goes on writing. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite/connection.h"
#include "tool/data.h"
#include "tool/data_file.h"

#define NAME_SIZE 4096
#define PAGES_AT_ONCE 1024

/* The transaction keeps the moment: without it a change would begin the copy anew. */
static int pages_copy(struct data_file *file, sqlite3 *copy, bool quiet)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", file->db, "main");
	struct progress progress;
	int rc;

	if (!backup)
		return sqlite3_errcode(copy);
	progress_begin(&progress, "pages", 0, quiet);
	do {
		rc = sqlite3_backup_step(backup, PAGES_AT_ONCE);
		progress.all = (uint64_t)sqlite3_backup_pagecount(backup);
		progress_tell(&progress, progress.all - (uint64_t)sqlite3_backup_remaining(backup));
	} while (rc == SQLITE_OK);
	progress_end(&progress, progress.all);
	return sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A copy has no writer: a process that serves from it later need not wait for the heartbeat of the original's. */
static int lease_drop(sqlite3 *copy)
{
	return sqlite3_exec(copy, "UPDATE lease SET holder = NULL", NULL, NULL, NULL);
}

static int copy_make(struct data_file *file, const char *name, bool quiet)
{
	sqlite3 *copy;
	int rc = sqlite3_open_v2(name, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(file->db, "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = pages_copy(file, copy, quiet);
	if (rc == SQLITE_OK)
		rc = lease_drop(copy);
	sqlite3_close(copy);
	return rc == SQLITE_OK ? 0 : data_failed(name, "cannot be written", rc);
}

int data_backup(const struct data_options *options)
{
	struct data_file file = { .shm_fd = -1, .lock_fd = -1 };
	const char *name = options->words[0];
	char made[NAME_SIZE];
	int status;

	if (snprintf(made, sizeof(made), "%s.new", name) >= (int)sizeof(made))
		return data_failed(name, "the name is too long", 0);
	if (!options->force && access(name, F_OK) == 0)
		return data_failed(name, "exists already; --force overwrites it", 0);
	status = data_open(&file, options->file, DATA_READ);
	if (!status) {
		unlink(made);
		status = copy_make(&file, made, options->quiet) || data_take_place(made, name);
		if (status)
			unlink(made);
	}
	data_close(&file);
	if (!status)
		printf("Made %s. It has the accounts and passwords of %s; without the key file no password matches.\n",
		       name, options->file);
	return status;
}

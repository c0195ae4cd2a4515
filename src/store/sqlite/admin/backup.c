/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A copy of the database as of one moment, while the daemon serves. */
#include "store/sqlite/admin/admin.h"

#define PAGES_AT_ONCE 1024

/* A read transaction fixes the moment: without it, each change would restart the copy. */
static int pages_copy(struct store_admin *admin, sqlite3 *copy, void (*progress)(void *user, uint64_t done, uint64_t all), void *user)
{
	sqlite3_backup *backup = sqlite3_backup_init(copy, "main", admin->connection.db, "main");
	int rc;

	if (!backup)
		return sqlite3_errcode(copy);
	do {
		uint64_t all;

		rc = sqlite3_backup_step(backup, PAGES_AT_ONCE);
		all = (uint64_t)sqlite3_backup_pagecount(backup);
		if (progress)
			progress(user, all - (uint64_t)sqlite3_backup_remaining(backup), all);
	} while (rc == SQLITE_OK);
	return sqlite3_backup_finish(backup) == SQLITE_OK && rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int admin_backup(struct store_admin *admin, const char *file, void (*progress)(void *user, uint64_t done, uint64_t all), void *user)
{
	sqlite3 *copy;
	int rc = sqlite3_open_v2(file, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	if (rc == SQLITE_OK)
		rc = admin_run(admin, "BEGIN; SELECT count(*) FROM sqlite_master");
	if (rc == SQLITE_OK)
		rc = pages_copy(admin, copy, progress, user);
	/* The copy has no writer, so a process that serves from it need not wait for the original's heartbeat. */
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(copy, "UPDATE lease SET holder = NULL", NULL, NULL, NULL);
	sqlite3_close(copy);
	admin_undo(admin);
	return admin_end(admin, rc);
}

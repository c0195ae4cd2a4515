/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests: an SQLite built without overwriting deleted rows. Preloaded. */
#include <stddef.h>

#include <sqlite3.h>

static int set_insecure(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
	(void)why;
	(void)api;
	return sqlite3_exec(db, "PRAGMA secure_delete = 0", NULL, NULL, NULL);
}

static void __attribute__((constructor)) build_otherwise(void)
{
	sqlite3_auto_extension((void (*)(void))set_insecure);
}

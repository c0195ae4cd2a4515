/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sqlite/: accounts in an SQLite file. Start with store.c; schema.c has the tables, and ../sql/ all that another SQL database needs, too.
 *
 * One connection to the account database: its pragmas are read back, its statements prepared once. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "starhash/log.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"

static const char *const own_texts[] = {
#define X(name, text) text,
	OWN_READ_STATEMENTS(X)
	OWN_WRITE_STATEMENTS(X)
#undef X
};

static_assert(sizeof(own_texts) / sizeof(*own_texts) <= SQL_OWN_MAX, "room for the driver's own statements");

/* Required on every connection; a pragma that did not take effect is an error. Negative cache sizes are KiB: the loop's cache holds the
 * first rows that a dialog reads, for a million subscribers. Deleted rows are overwritten (A34), whatever the library's default is: a
 * removed password must not be found in the file. */
struct pragma {
	const char *name;
	int value;
};

static const struct pragma pragmas_read[] = {
	{ "mmap_size", 0 }, { "foreign_keys", 1 }, { "cache_size", -8192 }, { "query_only", 1 }, { NULL, 0 },
};

static const struct pragma pragmas_loop[] = {
	{ "mmap_size", 0 }, { "foreign_keys", 1 }, { "cache_size", -131072 }, { "query_only", 1 }, { NULL, 0 },
};

static const struct pragma pragmas_write[] = {
	{ "mmap_size", 0 }, { "foreign_keys", 1 }, { "cache_size", -65536 }, { "synchronous", 2 },
	{ "secure_delete", 1 }, { NULL, 0 },
};

static const struct {
	const struct pragma *pragmas;
	bool writes;
	unsigned int own;		/* how many of the own statements it needs */
} roles[] = {
	[CONNECTION_READ] = { pragmas_read, false, SQL_OWN_READ_END - SQL_COUNT },
	[CONNECTION_LOOP] = { pragmas_loop, false, SQL_OWN_READ_END - SQL_COUNT },
	[CONNECTION_WRITE] = { pragmas_write, true, sizeof(own_texts) / sizeof(*own_texts) },
};

static int is_wal(void *user, int count, char **values, char **names)
{
	return strcmp(values[0], "wal") != 0;
}

static int pragmas_apply(sqlite3 *db, enum connection_role role)
{
	int rc = sqlite3_exec(db, "PRAGMA journal_mode = WAL", is_wal, NULL, NULL);
	char text[80];

	for (const struct pragma *pragma = roles[role].pragmas; rc == SQLITE_OK && pragma->name; pragma++) {
		snprintf(text, sizeof(text), "PRAGMA %s = %d", pragma->name, pragma->value);
		rc = sqlite3_exec(db, text, NULL, NULL, NULL);
		if (rc == SQLITE_OK && schema_pragma(db, pragma->name) != pragma->value)
			rc = SQLITE_ERROR;
	}
	return rc;
}

const char *const staged_tables[TABLES_STAGED] = {
	"subscriber", "sim", "bill", "bill_line", "points_entry", "subscription", "password",
};

int connection_prepare(struct connection *connection, enum connection_role role, const char *behind)
{
	int rc;

	connection->driver = &sqlite_driver;
	connection->behind = behind;
	rc = statements_prepare(connection, roles[role].writes);
	for (unsigned int i = 0; rc == SQLITE_OK && i < roles[role].own; i++)
		rc = statement_prepare(connection, own_texts[i], &connection->statements[SQL_COUNT + i]);
	return rc;
}

int connection_open(struct connection *connection, const char *file, enum connection_role role, const char *vfs,
		    const char **why)
{
	sqlite3 *db;
	int rc;

	memset(connection, 0, sizeof(*connection));
	*why = "cannot be opened";
	rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs);
	connection->db = db;
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, vfs ? 0 : BUSY_MS);
	*why = "does not accept the settings that keep changes safe";
	rc = pragmas_apply(db, role);
	if (rc != SQLITE_OK)
		return rc;
	*why = "lacks tables of this version";
	return connection_prepare(connection, role, NULL);
}

void connection_close(struct connection *connection)
{
	statements_finish(connection);
	sqlite3_close(connection->db);
	memset(connection, 0, sizeof(*connection));
}

void database_start(void)
{
	/* Memory statistics cost SQLite a lock per allocation. Once SQLite runs this call fails, which does not matter. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	/* For the hashes of consents. It fails if there is no source of randomness, which they do not need. */
	if (sodium_init() < 0)
		LOGP(DACCOUNT, LOGL_NOTICE, "libsodium cannot be initialised\n");
}

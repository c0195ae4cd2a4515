/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the account database, by version. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

/* The version that this program reads and writes. A database records its version as user_version. */
#define SCHEMA_VERSION 16

/* Computes keyed pieces of identity numbers, which databases of version 3 contain in clear text; as in struct accounts_settings. */
struct schema_pieces {
	void (*make)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *key;
};

/* Whether a database of this version can be migrated to SCHEMA_VERSION: an empty one, or version 3. No version between them was
 * released. */
bool schema_upgrades(int version);

/* Migrate a database. Without \a pieces, or without a key in it, identity numbers are deleted without storing pieces. Returns an SQLite
 * result code; \a why: what SQLite says when it fails. */
#define SCHEMA_WHY_SIZE 256
int schema_migrate(sqlite3 *db, const struct schema_pieces *pieces, char why[static SCHEMA_WHY_SIZE]);

/* Have SQLite overwrite deleted data, and verify the setting (A34). Returns an SQLite result code. */
int schema_secure(sqlite3 *db);

/* The database's version: 0 if it is empty, -1 if it cannot be read. */
int schema_version(sqlite3 *db);

/* The value of a numeric pragma, such as "foreign_keys"; -1 if it cannot be read. */
int schema_pragma(sqlite3 *db, const char *name);

/* The triggers that note in the table "touched" whose profile may have changed, for touched() of the
 * store. They belong to the served tables, so a snapshot makes them anew. */
#define TOUCHED_DROP \
	"DROP TRIGGER touched_subscriber_UPDATE; DROP TRIGGER touched_subscriber_DELETE;" \
	"DROP TRIGGER touched_sim_UPDATE; DROP TRIGGER touched_sim_DELETE"
#define TOUCHED_MAX "65536"		/* rows: then the oldest goes */
#define TOUCHED_BY(table, event) \
	"CREATE TRIGGER touched_" table "_" event " AFTER " event " ON " table " BEGIN" \
	" INSERT INTO touched (msisdn) VALUES (old.msisdn);" \
	" DELETE FROM touched WHERE seq <= last_insert_rowid() - " TOUCHED_MAX "; END;"
#define TOUCHED_MAKE \
	TOUCHED_BY("subscriber", "UPDATE") TOUCHED_BY("subscriber", "DELETE") TOUCHED_BY("sim", "UPDATE") TOUCHED_BY("sim", "DELETE")

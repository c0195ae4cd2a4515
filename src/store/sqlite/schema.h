/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the account database, by version. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

/* What this program reads and writes; the database's user_version says what it has. */
#define SCHEMA_VERSION 9

/* Makes keyed pieces of identity numbers, which databases of version 3 have in clear; as in account_settings. */
struct schema_pieces {
	void (*make)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *key;
};

/* Whether one of this version can be brought to SCHEMA_VERSION: an empty one, or one of version 3. None between them was released. */
bool schema_upgrades(int version);

/* Do it. Without \a pieces, or when it has no key, identity numbers are deleted and nothing is kept of them. Returns an SQLite result
 * code. */
int schema_migrate(sqlite3 *db, const struct schema_pieces *pieces);

/* Have what is deleted overwritten, and make sure of it (A34). Returns an SQLite result code. */
int schema_secure(sqlite3 *db);

/* The database's version: 0 for an empty one, -1 when it cannot be read. */
int schema_version(sqlite3 *db);

/* The number that a pragma without arguments gives, such as "foreign_keys"; -1 when it cannot be read. */
int schema_pragma(sqlite3 *db, const char *name);

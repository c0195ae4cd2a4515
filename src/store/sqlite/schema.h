/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of the account database, by version. */
#pragma once

#include <sqlite3.h>

/* What this program reads and writes; the database's user_version says what it has. */
#define SCHEMA_VERSION 4

/* Bring a database, which may be empty, to SCHEMA_VERSION. Returns an SQLite result code. */
int schema_migrate(sqlite3 *db);

/* Have what is deleted overwritten, and make sure of it (A34). Returns an SQLite result code. */
int schema_secure(sqlite3 *db);

/* The database's version: 0 for an empty one, -1 when it cannot be read. */
int schema_version(sqlite3 *db);

/* The number that a pragma without arguments gives, such as "foreign_keys"; -1 when it cannot be read. */
int schema_pragma(sqlite3 *db, const char *name);

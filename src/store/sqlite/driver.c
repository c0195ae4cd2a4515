/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Statements of SQLite: each function is one of the library's. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/connection.h"

/* Result codes are passed on as they are. */
static_assert((int)DB_OK == SQLITE_OK && (int)DB_CORRUPT == SQLITE_CORRUPT && (int)DB_FULL == SQLITE_FULL &&
	      (int)DB_MISMATCH == SQLITE_MISMATCH && (int)DB_MISUSE == SQLITE_MISUSE && (int)DB_ROW == SQLITE_ROW &&
	      (int)DB_DONE == SQLITE_DONE, "the result codes are SQLite's");

struct sqlite_statement {
	struct statement statement;
	sqlite3_stmt *native;
};

static inline sqlite3_stmt *native(const struct statement *statement)
{
	return ((const struct sqlite_statement *)statement)->native;
}

sqlite3_stmt *statement_native(const struct statement *statement)
{
	return native(statement);
}

/* ---- preparing ---- */

static bool is_staged(const char *name, size_t len)
{
	for (size_t i = 0; i < TABLES_STAGED; i++) {
		if (strlen(staged_tables[i]) == len && !memcmp(staged_tables[i], name, len))
			return true;
	}
	return false;
}

/* Append \a behind to the names of the tables that a snapshot replaces. "main.subscriber" stays: it means the served table. */
static void names_replace(const char *sql, const char *behind, char *out, size_t size)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	size_t at = 0;

	for (const char *word = sql; *word && at < size;) {
		const size_t len = strspn(word, letters), all = len ? len : 1;
		const bool replaced = len && is_staged(word, len) && (word == sql || word[-1] != '.');

		at += (size_t)snprintf(out + at, size - at, "%.*s%s", (int)all, word, replaced ? behind : "");
		word += all;
	}
}

static void finish(struct statement *statement)
{
	sqlite3_finalize(native(statement));
	free(statement);
}

static int prepare(struct connection *connection, const char *sql, struct statement **statement)
{
	struct sqlite_statement *made = calloc(1, sizeof(*made));
	char replaced[4096];
	int rc;

	*statement = NULL;
	if (!made)
		return SQLITE_NOMEM;
	if (connection->behind)
		names_replace(sql, connection->behind, replaced, sizeof(replaced));
	rc = sqlite3_prepare_v3(connection->db, connection->behind ? replaced : sql, -1, SQLITE_PREPARE_PERSISTENT, &made->native, NULL);
	made->statement.driver = &sqlite_driver;
	*statement = &made->statement;
	if (rc != SQLITE_OK) {
		finish(*statement);
		*statement = NULL;
	}
	return rc;
}

/* ---- parameters ---- */

static void bind_null(struct statement *statement, int index)
{
	sqlite3_bind_null(native(statement), index);
}

static void bind_number(struct statement *statement, int index, int64_t number)
{
	sqlite3_bind_int64(native(statement), index, number);
}

static void bind_text(struct statement *statement, int index, const char *text, size_t len)
{
	sqlite3_bind_text(native(statement), index, text, (int)len, SQLITE_STATIC);
}

static void bind_blob(struct statement *statement, int index, const void *octets, size_t len)
{
	sqlite3_bind_blob(native(statement), index, octets, (int)len, SQLITE_STATIC);
}

static void clear(struct statement *statement)
{
	sqlite3_clear_bindings(native(statement));
}

/* ---- running ---- */

static int next(struct statement *statement)
{
	return sqlite3_step(native(statement));
}

static void reset(struct statement *statement)
{
	sqlite3_reset(native(statement));
}

static int64_t number_of(struct statement *statement, int column)
{
	return sqlite3_column_int64(native(statement), column);
}

static const char *text_of(struct statement *statement, int column)
{
	return (const char *)sqlite3_column_text(native(statement), column);
}

/* A text as a blob: reading it as a text would copy it to append a zero. The manual calls the value "unprotected", which makes no
 * difference while one thread uses the connection. */
static struct column column_of(struct statement *statement, int column)
{
	sqlite3_value *value = sqlite3_column_value(native(statement), column);
	struct column got = { .type = COLUMN_NULL };

	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		got.type = COLUMN_NUMBER;
		got.number = sqlite3_value_int64(value);
		break;
	case SQLITE_TEXT:
	case SQLITE_BLOB:
		got.type = COLUMN_OCTETS;
		got.octets = sqlite3_value_blob(value);
		got.len = (size_t)sqlite3_value_bytes(value);
		break;
	}
	return got;
}

/* ---- transactions ---- */

static int save(struct connection *connection)
{
	return statement_run(connection, SQL_SAVE);
}

static int undo(struct connection *connection)
{
	return statement_run(connection, SQL_UNDO);
}

static int release(struct connection *connection)
{
	return statement_run(connection, SQL_RELEASE);
}

static int64_t changed(struct connection *connection)
{
	return sqlite3_changes(connection->db);
}

static int64_t added(struct connection *connection)
{
	return sqlite3_last_insert_rowid(connection->db);
}

static int view_begin(struct connection *connection)
{
	return sqlite3_get_autocommit(connection->db) ? sqlite3_exec(connection->db, "BEGIN", NULL, NULL, NULL) : SQLITE_OK;
}

static void view_end(struct connection *connection)
{
	if (!sqlite3_get_autocommit(connection->db))
		sqlite3_exec(connection->db, "COMMIT", NULL, NULL, NULL);
}

const struct driver sqlite_driver = {
	.prepare = prepare,
	.finish = finish,
	.bind_null = bind_null,
	.bind_number = bind_number,
	.bind_text = bind_text,
	.bind_blob = bind_blob,
	.clear = clear,
	.next = next,
	.reset = reset,
	.column_number = number_of,
	.column_text = text_of,
	.column = column_of,
	.save = save,
	.undo = undo,
	.release = release,
	.changed = changed,
	.added = added,
	.view_begin = view_begin,
	.view_end = view_end,
	.describe = sqlite3_errstr,
};

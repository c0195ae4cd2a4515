/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records which files were imported, and how far. */
#include <string.h>

#include "store/sqlite/admin/admin.h"
#include "store/sqlite/admin/imports.h"

static const char *const states[ADMIN_IMPORT_STATES] = {
	[ADMIN_IMPORT_RUNNING] = "running", [ADMIN_IMPORT_SWITCHED] = "switched", [ADMIN_IMPORT_DONE] = "done",
	[ADMIN_IMPORT_GIVEN_UP] = "given up",
};

static enum admin_import_state state_by_name(const char *name)
{
	enum admin_import_state state = 0;

	while (state < ADMIN_IMPORT_GIVEN_UP && strcmp(states[state], name))
		state++;
	return state;
}

void import_row_read(sqlite3_stmt *statement, struct admin_import *import)
{
	*import = (struct admin_import){
		.id = sqlite3_column_int64(statement, 0), .state = state_by_name(column_text(statement, 1)),
		.snapshot = !strcmp(column_text(statement, 2), "snapshot"), .file = column_text(statement, 3),
		.known = sqlite3_column_bytes(statement, 4) == ADMIN_DIGEST_SIZE,
		.lines = sqlite3_column_int64(statement, 5), .older = sqlite3_column_int64(statement, 6),
		.rejected = sqlite3_column_int64(statement, 7), .offset = sqlite3_column_int64(statement, 8),
		.line = sqlite3_column_int64(statement, 9),
		.newest = sqlite3_column_type(statement, 10) == SQLITE_NULL ? STORED_UNKNOWN : sqlite3_column_int64(statement, 10),
		.began = sqlite3_column_int64(statement, 11), .ended = sqlite3_column_int64(statement, 12),
	};
	if (import->known)
		memcpy(import->digest, sqlite3_column_blob(statement, 4), ADMIN_DIGEST_SIZE);
}

int import_write(struct store_admin *admin, struct admin_import *import)
{
	static const char add[] =
		"INSERT INTO import (state, kind, file, digest, lines, older, rejected, offset, line, as_of, began)"
		" VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, unixepoch())";
	static const char set[] =
		"UPDATE import SET state = ?2, lines = ?6, older = ?7, rejected = ?8, offset = ?9, line = ?10, as_of = ?11,"
		" ended = iif(?2 = 'running', ended, unixepoch()) WHERE id = ?1";
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(admin->connection.db, import->id ? set : add, -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int64(statement, 1, import->id);
	statement_bind_text(statement, 2, states[import->state]);
	statement_bind_text(statement, 3, import->snapshot ? "snapshot" : "delta");
	statement_bind_text(statement, 4, import->file);
	sqlite3_bind_blob(statement, 5, import->digest, import->known ? ADMIN_DIGEST_SIZE : 0, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, import->lines);
	sqlite3_bind_int64(statement, 7, import->older);
	sqlite3_bind_int64(statement, 8, import->rejected);
	sqlite3_bind_int64(statement, 9, import->offset);
	sqlite3_bind_int64(statement, 10, import->line);
	statement_bind_known(statement, 11, import->newest);
	rc = statement_step(statement);
	sqlite3_finalize(statement);
	if (rc == SQLITE_OK && !import->id)
		import->id = sqlite3_last_insert_rowid(admin->connection.db);
	return rc;
}

int admin_import_put(struct store_admin *admin, struct admin_import *import)
{
	return admin_end(admin, import_write(admin, import));
}

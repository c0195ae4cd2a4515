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

void import_row_read(struct statement *statement, struct admin_import *import)
{
	const struct column digest = column_get(statement, 4);

	*import = (struct admin_import){
		.id = column_number(statement, 0), .state = state_by_name(column_text(statement, 1)),
		.snapshot = !strcmp(column_text(statement, 2), "snapshot"), .file = column_text(statement, 3),
		.known = digest.len == ADMIN_DIGEST_SIZE,
		.lines = column_number(statement, 5), .older = column_number(statement, 6),
		.rejected = column_number(statement, 7), .offset = column_number(statement, 8),
		.line = column_number(statement, 9),
		.newest = column_is_null(statement, 10) ? STORED_UNKNOWN : column_number(statement, 10),
		.began = column_number(statement, 11), .ended = column_number(statement, 12),
	};
	if (import->known)
		memcpy(import->digest, digest.octets, ADMIN_DIGEST_SIZE);
}

int import_write(struct store_admin *admin, struct admin_import *import)
{
	static const char add[] =
		"INSERT INTO import (state, kind, file, digest, lines, older, rejected, offset, line, as_of, began)"
		" VALUES (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, unixepoch())";
	static const char set[] =
		"UPDATE import SET state = ?2, lines = ?6, older = ?7, rejected = ?8, offset = ?9, line = ?10, as_of = ?11,"
		" ended = iif(?2 = 'running', ended, unixepoch()) WHERE id = ?1";
	struct statement *statement;
	int rc = statement_prepare(&admin->connection, import->id ? set : add, &statement);

	if (rc != SQLITE_OK)
		return rc;
	statement_bind_number(statement, 1, import->id);
	statement_bind_text(statement, 2, states[import->state]);
	statement_bind_text(statement, 3, import->snapshot ? "snapshot" : "delta");
	statement_bind_text(statement, 4, import->file);
	statement_bind_blob(statement, 5, import->digest, import->known ? ADMIN_DIGEST_SIZE : 0);
	statement_bind_number(statement, 6, import->lines);
	statement_bind_number(statement, 7, import->older);
	statement_bind_number(statement, 8, import->rejected);
	statement_bind_number(statement, 9, import->offset);
	statement_bind_number(statement, 10, import->line);
	statement_bind_known(statement, 11, import->newest);
	rc = statement_step(statement);
	statement_finish(statement);
	if (rc == SQLITE_OK && !import->id)
		import->id = connection_added(&admin->connection);
	return rc;
}

int admin_import_put(struct store_admin *admin, struct admin_import *import)
{
	return admin_end(admin, import_write(admin, import));
}

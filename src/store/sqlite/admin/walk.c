/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Processes a whole table in short transactions. */
#include "store/sqlite/admin/walk.h"

#include "store/sqlite/admin/admin.h"

struct walk {
	struct store_admin *admin;
	const char *const *work;
	struct statement *next, *statements[WALK_WORK_MAX];
	int64_t at;
	int64_t rows;
};

static int piece_do(struct walk *walk, bool *more)
{
	int64_t key;
	int rc;

	statement_bind_number(walk->next, 1, walk->at);
	statement_bind_number(walk->next, 2, walk->rows);
	rc = statement_next(walk->next);
	*more = rc == DB_ROW && !column_is_null(walk->next, 0);
	key = *more ? column_number(walk->next, 0) : 0;
	rc = statement_put(walk->next, rc);
	for (unsigned int i = 0; rc == SQLITE_OK && *more && walk->work[i]; i++) {
		statement_bind_number(walk->statements[i], 1, walk->at);
		statement_bind_number(walk->statements[i], 2, key);
		rc = statement_step(walk->statements[i]);
	}
	if (*more)
		walk->at = key;
	return rc;
}

/* One transaction. The size of pieces adapts to the permitted duration. */
static int walk_some(struct walk *walk, bool *more)
{
	int rc = admin_begin(walk->admin);

	while (rc == SQLITE_OK && *more && !admin_is_long(walk->admin)) {
		const double began = admin_seconds();

		rc = piece_do(walk, more);
		if (admin_seconds() - began > 0.004 && walk->rows > 16)
			walk->rows /= 2;
		else if (admin_seconds() - began < 0.001 && walk->rows < 100000)
			walk->rows *= 2;
	}
	if (rc == SQLITE_OK)
		return admin_commit(walk->admin);
	admin_undo(walk->admin);
	return rc;
}

int walk(struct store_admin *admin, const char *keys, const char *const *work)
{
	struct walk walk = { .admin = admin, .work = work, .at = INT64_MIN, .rows = 64 };
	bool more = true;
	int rc = statement_prepare(&admin->connection, keys, &walk.next);

	for (unsigned int i = 0; rc == SQLITE_OK && work[i]; i++)
		rc = statement_prepare(&admin->connection, work[i], &walk.statements[i]);

	while (rc == SQLITE_OK && more)
		rc = walk_some(&walk, &more);
	statement_finish(walk.next);
	for (unsigned int i = 0; i < WALK_WORK_MAX; i++)
		statement_finish(walk.statements[i]);
	return rc;
}

/* One transaction. */
static int walk_each_some(struct store_admin *admin, struct statement *next, int64_t *key,
			  int (*one)(struct store_admin *admin, int64_t key, void *user), void *user, bool *more)
{
	int rc = admin_begin(admin);

	while (rc == SQLITE_OK && *more && !admin_is_long(admin)) {
		statement_bind_number(next, 1, *key);
		rc = statement_next(next);
		*more = rc == DB_ROW;
		if (*more)
			*key = column_number(next, 0);
		rc = statement_put(next, rc);
		if (rc == SQLITE_OK && *more)
			rc = one(admin, *key, user);
	}
	if (rc == SQLITE_OK)
		return admin_commit(admin);
	admin_undo(admin);
	return rc;
}

int walk_each(struct store_admin *admin, const char *next, int (*one)(struct store_admin *admin, int64_t key, void *user), void *user)
{
	struct statement *statement;
	int64_t key = INT64_MIN;
	bool more = true;
	int rc = statement_prepare(&admin->connection, next, &statement);

	while (rc == SQLITE_OK && more)
		rc = walk_each_some(admin, statement, &key, one, user, &more);
	statement_finish(statement);
	return rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A database file with the fixture's accounts, and a disk that can be made to look slow. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <osmocom/core/utils.h>

#include "store/sqlite/admin/admin.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

bool disk_would_block;

/* Replaces libc's: only the loop's reads of a database use it. */
ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
	if (disk_would_block) {
		errno = EAGAIN;
		return -1;
	}
	return syscall(SYS_preadv2, fd, parts, (long)count, (long)offset, 0L, flags);
}

static void account_add(struct store_admin *admin, const struct stored_account *account)
{
	const struct account_update update = account_update_whole(account, INT64_MAX - ACCOUNT_AHEAD_S, false);
	struct response response;
	struct account_step step = { .response = &response };

	response_init(&response);
	assert_int_equal(sqlite_admin_ops.merge(admin, &update, &step), 0);
	assert_null(step.why);
}

static void fill(const char *file)
{
	const struct admin_settings settings = { .file = file, .access = ADMIN_FILL };
	struct store_admin *admin;
	const char *why;

	assert_int_equal(sqlite_admin_ops.open(NULL, &settings, &admin, &why), 0);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_services); i++)
		assert_int_equal(service_write(&admin->connection, &fixture_services[i]), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(fixture_accounts); i++)
		account_add(admin, &fixture_accounts[i]);
	sqlite_admin_ops.close(admin);
}

const char *database_fixture(char file[static DATABASE_NAME_SIZE])
{
	strcpy(file, "/tmp/starhash-store-XXXXXX");
	assert_non_null(mkdtemp(file));
	strcat(file, "/accounts.db");
	fill(file);
	return file;
}

int64_t database_number(const char *file, const char *sql)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t number = -1;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return number;
}

void database_unlink(const char *file)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-writer", ".consent-key", ".consent-anchors" };
	char name[DATABASE_NAME_SIZE + 20];

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", file, ends[i]);
		unlink(name);
	}
	snprintf(name, sizeof(name), "%s", file);
	rmdir(dirname(name));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Contents and size of the database's files: deleted rows (A34), the write-ahead log (A67). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/alarm.h"
#include "starhash/log.h"
#include "store/sqlite/admin/admin.h"
#include "store/sqlite/schema.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define MEGA 1048576
#define SECRET "the hash that must not be found again"

/* ---- deleted rows ---- */

/* As in a library built with another default. */
static int set_insecure(sqlite3 *db, char **why, const struct sqlite3_api_routines *api)
{
	return sqlite3_exec(db, "PRAGMA secure_delete = 0", NULL, NULL, NULL);
}

static int library_insecure(void **state)
{
	return sqlite3_auto_extension((void (*)(void))set_insecure) == SQLITE_OK ? 0 : -1;
}

static int library_as_it_is(void **state)
{
	sqlite3_reset_auto_extension();
	return 0;
}

static bool file_holds(const char *file, const char *text)
{
	FILE *in = fopen(file, "r");
	struct stat status;
	char *octets;
	bool found;

	assert_non_null(in);
	assert_int_equal(stat(file, &status), 0);
	octets = malloc((size_t)status.st_size);
	assert_int_equal(fread(octets, 1, (size_t)status.st_size, in), status.st_size);
	found = memmem(octets, (size_t)status.st_size, text, strlen(text));
	free(octets);
	fclose(in);
	return found;
}

static void run(struct connection *connection, const char *sql)
{
	assert_int_equal(sqlite3_exec(connection->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* A34 */
static void secure_delete__library_with_another_default__set_on_every_writing_connection(void **state)
{
	static const enum admin_access accesses[] = { ADMIN_WRITE, ADMIN_MAKE, ADMIN_FILL };
	struct connection connection;
	char file[DATABASE_NAME_SIZE];
	const char *why;

	database_fixture(file);
	assert_int_equal(connection_open(&connection, file, CONNECTION_WRITE, NULL, &why), SQLITE_OK);
	assert_int_equal(schema_pragma(connection.db, "secure_delete"), 1);
	connection_close(&connection);
	for (size_t i = 0; i < ARRAY_SIZE(accesses); i++) {
		const struct admin_settings settings = { .file = file, .access = accesses[i] };
		struct store_admin *admin;

		assert_int_equal(sqlite_admin_ops.open(NULL, &settings, &admin, &why), 0);
		assert_int_equal(schema_pragma(admin->connection.db, "secure_delete"), 1);
		sqlite_admin_ops.close(admin);
	}
	database_unlink(file);
}

/* A34 */
static void password__deleted__not_found_in_the_file(void **state)
{
	struct connection connection;
	char file[DATABASE_NAME_SIZE];
	const char *why;

	database_fixture(file);
	assert_int_equal(connection_open(&connection, file, CONNECTION_WRITE, NULL, &why), SQLITE_OK);
	run(&connection, "UPDATE password SET hash = '" SECRET "' WHERE msisdn = " ALICE);
	run(&connection, "PRAGMA wal_checkpoint(TRUNCATE)");
	assert_true(file_holds(file, SECRET));
	run(&connection, "DELETE FROM password WHERE msisdn = " ALICE);
	run(&connection, "PRAGMA wal_checkpoint(TRUNCATE)");
	connection_close(&connection);
	assert_false(file_holds(file, SECRET));
	database_unlink(file);
}

/* ---- the write-ahead log ---- */

struct bench {
	char file[DATABASE_NAME_SIZE], log[DATABASE_NAME_SIZE + 8];
	struct alarms *alarms;
	struct accounts *accounts;
	struct answers answers;
	uint64_t ref;
};

static void bench_open(struct bench *bench)
{
	struct accounts_settings settings = {
		.store = "sqlite", .file = bench->file, .deadline_ms = 10000, .password_tries = 1000000, .requests_max = 16,
		.wal_max_mb = 1,
	};

	memset(bench, 0, sizeof(*bench));
	bench->alarms = settings.alarms = alarms_new(NULL);
	database_fixture(bench->file);
	snprintf(bench->log, sizeof(bench->log), "%s-wal", bench->file);
	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	database_unlink(bench->file);
	talloc_free(bench->alarms);
}

static int64_t log_size(const struct bench *bench)
{
	struct stat file;

	assert_int_equal(stat(bench->log, &file), 0);
	return file.st_size;
}

static void change(struct bench *bench)
{
	struct request request = fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, ++bench->ref);

	fixture_ask(bench->accounts, &request, &bench->answers);
	assert_int_equal(bench->answers.last.result, RESULT_OK);
}

static sqlite3 *reader_forgotten(const struct bench *bench)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM subscriber", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static const struct alarm_state *wal_alarm(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_WAL_SIZE);
}

/* A67, A76 */
static void wal__reader_left_open__changes_continue_and_an_alarm_gives_size_and_age(void **state)
{
	struct bench bench;
	sqlite3 *reader;

	bench_open(&bench);
	change(&bench);
	reader = reader_forgotten(&bench);
	while (log_size(&bench) <= MEGA) {
		assert_false(wal_alarm(&bench)->raised);
		change(&bench);
	}
	change(&bench);
	assert_true(wal_alarm(&bench)->raised);
	assert_int_equal(wal_alarm(&bench)->count, 1);
	assert_non_null(strstr(wal_alarm(&bench)->text, "-wal has 1 MB, and a reader has prevented it"));
	sqlite3_close(reader);
	bench_close(&bench);
}

/* A67 */
static void wal__reader_gone__truncated_and_the_alarm_ends(void **state)
{
	struct bench bench;
	sqlite3 *reader;

	bench_open(&bench);
	change(&bench);
	reader = reader_forgotten(&bench);
	while (!wal_alarm(&bench)->raised)
		change(&bench);
	sqlite3_close(reader);
	time_stop();
	time_pass(2);		/* not attempted at each change */
	change(&bench);
	change(&bench);
	time_go_on();
	assert_true(log_size(&bench) < MEGA);
	assert_false(wal_alarm(&bench)->raised);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(secure_delete__library_with_another_default__set_on_every_writing_connection,
						library_insecure, library_as_it_is),
		cmocka_unit_test_setup_teardown(password__deleted__not_found_in_the_file, library_insecure, library_as_it_is),
		cmocka_unit_test(wal__reader_left_open__changes_continue_and_an_alarm_gives_size_and_age),
		cmocka_unit_test(wal__reader_gone__truncated_and_the_alarm_ends),
	};

	void *ctx = talloc_named_const(NULL, 0, "files_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	database_start();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}

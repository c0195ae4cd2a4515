/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A71: only pieces of identity numbers are stored, never the numbers themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "accounts/id_pieces.h"
#include "accounts/password_hash.h"
#include "starhash/log.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/schema.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define ID "11010119900307123X"
#define PASSWORD "246810"

struct bench {
	char file[DATABASE_NAME_SIZE], pepper[DATABASE_NAME_SIZE + 8];
	struct keys *keys;
	struct accounts *accounts;
	struct answers answers;
};

static void bench_make(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	database_fixture(bench->file);
	snprintf(bench->pepper, sizeof(bench->pepper), "%s.pepper", bench->file);
	assert_int_equal(keys_load(bench->pepper, &bench->keys), 0);
}

static void bench_start(struct bench *bench, bool with_key)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = bench->file, .deadline_ms = 10000, .password_tries = 3, .requests_max = 16,
		.pepper_file = with_key ? bench->pepper : NULL,
	};

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &bench->accounts), 0);
}

static void bench_close(struct bench *bench)
{
	accounts_free(bench->accounts);
	keys_free(bench->keys);
	unlink(bench->pepper);
	database_unlink(bench->file);
}

/* The first column of the first row; "" when there is none. */
static const char *query(const struct bench *bench, const char *sql)
{
	static char text[512];
	sqlite3_stmt *statement;
	sqlite3 *db;

	text[0] = '\0';
	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
		snprintf(text, sizeof(text), "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return text;
}

static void run_script(const struct bench *bench, const char *name)
{
	char sql[16384];
	size_t len;
	sqlite3 *db;
	FILE *in = fopen(name, "r");

	assert_non_null(in);
	len = fread(sql, 1, sizeof(sql) - 1, in);
	sql[len] = '\0';
	fclose(in);
	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static bool file_holds(const char *name, const char *text)
{
	FILE *in = fopen(name, "r");
	struct stat status;
	char *octets;
	bool found;

	if (!in)
		return false;
	assert_int_equal(fstat(fileno(in), &status), 0);
	octets = malloc((size_t)status.st_size + 1);
	assert_int_equal(fread(octets, 1, (size_t)status.st_size, in), status.st_size);
	found = memmem(octets, (size_t)status.st_size, text, strlen(text));
	free(octets);
	fclose(in);
	return found;
}

static void assert_nowhere_in_clear(const struct bench *bench)
{
	char log[DATABASE_NAME_SIZE + 8];

	snprintf(log, sizeof(log), "%s-wal", bench->file);
	assert_false(file_holds(bench->file, ID));
	assert_false(file_holds(log, ID));
}

/* ---- pieces ---- */

static void id_pieces__of_a_number__match_only_its_parts(void **state)
{
	static const char *const parts[] = { "110101", "101011", "199003", "307123", "321703", "070390", "030790", "900703" };
	static const char *const others[] = { "246813", "071990", "093070", "11010", "", "110102" };
	char pieces[STORED_ID_PIECES_SIZE], again[STORED_ID_PIECES_SIZE];
	struct bench bench;

	bench_make(&bench);
	id_pieces_make(keys_current(bench.keys), ALICE, ID, pieces);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		assert_true(id_pieces_match(bench.keys, ALICE, pieces, parts[i]));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(strlen(others[i]) == 6 && id_pieces_match(bench.keys, ALICE, pieces, others[i]));
	assert_true(id_pieces_match(bench.keys, "00" ALICE, pieces, "110101"));
	assert_false(id_pieces_match(bench.keys, BOB, pieces, "110101"));
	assert_false(id_pieces_match(bench.keys, ALICE, "", "110101"));
	assert_null(strstr(pieces, "110101"));
	id_pieces_make(keys_current(bench.keys), BOB, ID, again);
	assert_string_not_equal(pieces, again);
	id_pieces_make(keys_current(bench.keys), ALICE, "X1", again);
	assert_string_equal(again, "");
	bench_close(&bench);
}

static void id_pieces__key_rotated_or_replaced__match_by_the_key_that_made_them(void **state)
{
	char pieces[STORED_ID_PIECES_SIZE], id[KEY_ID_SIZE], other[DATABASE_NAME_SIZE + 8];
	struct keys *keys;
	struct bench bench;

	bench_make(&bench);
	id_pieces_make(keys_current(bench.keys), ALICE, ID, pieces);
	assert_int_equal(keys_rotate(bench.pepper, id), 0);
	assert_int_equal(keys_load(bench.pepper, &keys), 0);
	assert_true(id_pieces_match(keys, ALICE, pieces, "199003"));
	keys_free(keys);
	snprintf(other, sizeof(other), "%s.other", bench.file);
	assert_int_equal(keys_load(other, &keys), 0);
	assert_false(id_pieces_match(keys, ALICE, pieces, "199003"));
	keys_free(keys);
	unlink(other);
	bench_close(&bench);
}

/* ---- older databases ---- */

static void bench_old(struct bench *bench)
{
	bench_make(bench);
	assert_int_equal(truncate(bench->file, 0), 0);
	run_script(bench, FIXTURES "/store/version_3.sql");
	assert_true(file_holds(bench->file, ID));
}

static void id_number__in_an_older_database__becomes_pieces_and_is_overwritten(void **state)
{
	struct bench bench;

	bench_old(&bench);
	bench_start(&bench, true);
	assert_string_equal(query(&bench, "SELECT count(*) FROM pragma_table_info('password') WHERE name = 'id_number'"), "0");
	assert_true(id_pieces_match(bench.keys, ALICE, query(&bench, "SELECT id_pieces FROM password WHERE msisdn = " ALICE), "199003"));
	assert_string_equal(query(&bench, "SELECT id_pieces FROM password WHERE msisdn = " BOB), "");
	assert_nowhere_in_clear(&bench);
	bench_close(&bench);
}

static void id_number__in_an_older_database_without_a_key__is_deleted(void **state)
{
	struct bench bench;

	bench_old(&bench);
	bench_start(&bench, false);
	assert_string_equal(query(&bench, "SELECT count(id_pieces) FROM password"), "0");
	assert_nowhere_in_clear(&bench);
	bench_close(&bench);
}

/* ---- a change of the password ---- */

static bool answered(void *user)
{
	return ((struct bench *)user)->answers.count;
}

static enum result change(struct bench *bench, const char *fresh, uint64_t ref)
{
	struct request request = fixture_request(REQUEST_PASSWORD_CHANGE, ALICE, ref);
	struct response response;

	fixture_arg(&request, FIELD_OLD, PASSWORD);
	fixture_arg(&request, FIELD_NEW, fresh);
	bench->answers.count = 0;
	accounts_submit(bench->accounts, &request, &bench->answers, &response, &bench->answers.id);
	assert_true(loop_until(answered, bench, 10000));
	return bench->answers.last.result;
}

static void S4_change__to_a_part_of_an_id_from_billing__refused(void **state)
{
	const struct stored_account account = {
		.msisdn = ALICE, .as_of = FIXTURE_NOW, .id_number = ID, .balance = 1, .owed = STORED_UNKNOWN,
		.valid_until = STORED_UNKNOWN, .bill_month = STORED_UNKNOWN, .bill_total = STORED_UNKNOWN, .points = STORED_UNKNOWN,
	};
	const struct account_update update = account_update_of(&account, 1 << ACCOUNT_PROFILE, FIXTURE_NOW);
	char hash[PASSWORD_HASH_SIZE], sql[256];
	struct response response;
	struct bench bench;

	bench_make(&bench);
	assert_int_equal(password_hash(keys_current(bench.keys), PASSWORD, hash), 0);
	snprintf(sql, sizeof(sql), "UPDATE password SET hash = '%s', id_pieces = NULL WHERE msisdn = " ALICE, hash);
	query(&bench, sql);
	bench_start(&bench, true);
	accounts_merge(bench.accounts, &update, answers_take, &bench.answers, &response, &bench.answers.id);
	assert_true(loop_until(answered, &bench, 10000));
	assert_int_equal(change(&bench, "070390", 1), RESULT_WEAK);
	assert_int_equal(change(&bench, "321703", 2), RESULT_WEAK);
	assert_int_equal(change(&bench, "918273", 3), RESULT_OK);
	assert_nowhere_in_clear(&bench);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_pieces__of_a_number__match_only_its_parts),
		cmocka_unit_test(id_pieces__key_rotated_or_replaced__match_by_the_key_that_made_them),
		cmocka_unit_test(id_number__in_an_older_database__becomes_pieces_and_is_overwritten),
		cmocka_unit_test(id_number__in_an_older_database_without_a_key__is_deleted),
		cmocka_unit_test(S4_change__to_a_part_of_an_id_from_billing__refused),
	};
	void *ctx = talloc_named_const(NULL, 0, "id_pieces_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	database_start();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}

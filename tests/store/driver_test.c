/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the shared SQL code expects of a driver: store/sql/db.h. Each driver runs the same tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

/* Two connections to one database. */
struct bench {
	char file[DATABASE_NAME_SIZE];
	struct connection connection, other;
};

/* ---- drivers ---- */

static void sqlite_connect(struct bench *bench)
{
	const char *why;

	database_fixture(bench->file);
	assert_int_equal(connection_open(&bench->connection, bench->file, CONNECTION_WRITE, NULL, &why), DB_OK);
	assert_int_equal(connection_open(&bench->other, bench->file, CONNECTION_WRITE, NULL, &why), DB_OK);
}

static void sqlite_disconnect(struct bench *bench)
{
	connection_close(&bench->other);
	connection_close(&bench->connection);
	database_unlink(bench->file);
}

static const struct kind {
	const char *name;
	void (*connect)(struct bench *bench);
	void (*disconnect)(struct bench *bench);
} kinds[] = {
	{ "sqlite", sqlite_connect, sqlite_disconnect },
};

static void each(void (*test)(struct bench *bench))
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct bench *bench = calloc(1, sizeof(*bench));

		print_message("  %s\n", kinds[i].name);
		kinds[i].connect(bench);
		test(bench);
		kinds[i].disconnect(bench);
		free(bench);
	}
}

/* ---- rows of a small table ---- */

static struct statement *prepare(struct connection *connection, const char *sql)
{
	struct statement *statement;

	assert_int_equal(statement_prepare(connection, sql, &statement), DB_OK);
	return statement;
}

static void put(struct connection *connection, int64_t msisdn, const char *text, size_t text_len, const void *blob, size_t blob_len,
		int64_t number)
{
	struct statement *statement = statement_of(connection, SQL_ANSWERED_PUT, msisdn);

	statement_bind_chars(statement, 2, text, text_len);
	statement_bind_blob(statement, 3, blob, blob_len);
	statement_bind_number(statement, 4, number);
	assert_int_equal(statement_step(statement), DB_OK);
}

static void put_number(struct connection *connection, int64_t msisdn, int64_t number)
{
	put(connection, msisdn, "10086", 5, "x", 1, number);
}

/* The number of a row; 0: there is none. */
static int64_t got_number(struct connection *connection, int64_t msisdn)
{
	struct statement *statement = prepare(connection, "SELECT until FROM answered WHERE msisdn = ?1");
	int64_t number;

	statement_bind_number(statement, 1, msisdn);
	number = statement_next(statement) == DB_ROW ? column_number(statement, 0) : 0;
	statement_put(statement, DB_OK);
	statement_finish(statement);
	return number;
}

/* ---- tests ---- */

static void assert_octets(struct column column, const void *octets, size_t len)
{
	assert_int_equal(column.type, COLUMN_OCTETS);
	assert_int_equal(column.len, len);
	if (len)
		assert_memory_equal(column.octets, octets, len);
}

static void columns_bound_and_read(struct bench *bench)
{
	static const struct {
		const char *text;
		size_t text_len;
		const char *blob;
		size_t blob_len;
		int64_t number;
	} table[] = {
		{ "10086", 5, "\0\1\377", 3, INT64_MAX }, { "", 0, "", 0, INT64_MIN }, { "\303\251t\303\251", 5, "x", 1, -1 },
		{ "10086 and what follows it", 5, "x and what follows it", 1, 0 },
	};
	struct statement *statement = prepare(&bench->connection, "SELECT short_code, digest, until, NULL FROM answered WHERE msisdn = ?1");

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const int64_t msisdn = (int64_t)i + 1;

		put(&bench->connection, msisdn, table[i].text, table[i].text_len, table[i].blob, table[i].blob_len, table[i].number);
		statement_bind_number(statement, 1, msisdn);
		assert_int_equal(statement_next(statement), DB_ROW);
		assert_octets(column_get(statement, 0), table[i].text, table[i].text_len);
		assert_octets(column_get(statement, 1), table[i].blob, table[i].blob_len);
		assert_int_equal(column_get(statement, 2).type, COLUMN_NUMBER);
		assert_int_equal(column_get(statement, 2).number, table[i].number);
		assert_int_equal(column_number(statement, 2), table[i].number);
		assert_true(column_is_null(statement, 3) && !column_is_null(statement, 0));
		assert_int_equal(column_number(statement, 3), 0);
		assert_null(column_text(statement, 3));
		assert_int_equal(strlen(column_text(statement, 0)), table[i].text_len);
		assert_int_equal(statement_next(statement), DB_DONE);
		assert_int_equal(statement_put(statement, DB_DONE), DB_OK);
	}
	statement_finish(statement);
}

static void columns__each_type__as_bound(void **state)
{
	each(columns_bound_and_read);
}

static void parameters_stay(struct bench *bench)
{
	struct statement *statement = prepare(&bench->connection, "SELECT until FROM answered WHERE msisdn = ?1");

	put_number(&bench->connection, 1, 7);
	assert_int_equal(statement_next(statement), DB_DONE);		/* NULL at first */
	statement_put(statement, DB_OK);
	statement_bind_number(statement, 1, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(statement_next(statement), DB_ROW);
		statement_put(statement, DB_OK);
	}
	statement_clear(statement);
	assert_int_equal(statement_next(statement), DB_DONE);
	statement_put(statement, DB_OK);
	statement_bind_number(statement, 1, 1);
	statement_bind_null(statement, 1);
	assert_int_equal(statement_next(statement), DB_DONE);
	statement_put(statement, DB_OK);
	statement_finish(statement);
}

static void parameters__run_again__stay_until_cleared(void **state)
{
	each(parameters_stay);
}

static void rows_and_writes(struct bench *bench)
{
	struct statement *statement = prepare(&bench->connection, "SELECT msisdn FROM answered WHERE until = 7 ORDER BY msisdn");
	int64_t expected = 1;

	for (int64_t msisdn = 1; msisdn <= 3; msisdn++)
		put_number(&bench->connection, msisdn, 7);
	assert_int_equal(bench->connection.driver->save(&bench->connection), DB_OK);
	while (statement_next(statement) == DB_ROW) {
		assert_int_equal(column_number(statement, 0), expected);
		put_number(&bench->connection, 10 + expected, 8);
		assert_int_equal(got_number(&bench->connection, 10 + expected), 8);
		expected++;
	}
	statement_put(statement, DB_OK);
	assert_int_equal(expected, 4);
	assert_int_equal(bench->connection.driver->release(&bench->connection), DB_OK);
	statement_finish(statement);
}

static void rows__other_statements_run_meanwhile__all_are_read(void **state)
{
	each(rows_and_writes);
}

static void savepoints_nested(struct bench *bench)
{
	struct connection *connection = &bench->connection;
	const struct driver *driver = connection->driver;

	assert_int_equal(driver->save(connection), DB_OK);
	put_number(connection, 1, 7);
	assert_int_equal(driver->save(connection), DB_OK);
	put_number(connection, 1, 8);
	put_number(connection, 2, 8);
	assert_int_equal(driver->undo(connection), DB_OK);
	assert_int_equal(driver->release(connection), DB_OK);
	assert_int_equal(got_number(&bench->other, 1), 0);		/* it is a transaction of its own */
	assert_int_equal(driver->release(connection), DB_OK);
	assert_int_equal(got_number(&bench->other, 1), 7);
	assert_int_equal(got_number(&bench->other, 2), 0);
}

static void savepoints__inner_one_undone__outer_one_stays(void **state)
{
	each(savepoints_nested);
}

static void counts_of_writes(struct bench *bench)
{
	struct connection *connection = &bench->connection;
	struct statement *statement = prepare(connection, "UPDATE answered SET until = ?1 WHERE until = ?2"), *add;
	int64_t first;

	put_number(connection, 1, 7);
	put_number(connection, 2, 7);
	statement_bind_number(statement, 1, 8);
	statement_bind_number(statement, 2, 7);
	assert_int_equal(statement_step(statement), DB_OK);
	assert_int_equal(connection_changed(connection), 2);
	assert_int_equal(statement_step(statement), DB_OK);
	assert_int_equal(connection_changed(connection), 0);
	statement_finish(statement);

	add = statement_of(connection, SQL_ACCESS_ADD, 1);
	statement_bind_number(add, 2, 7);
	statement_bind_text(add, 3, "staff");
	assert_int_equal(statement_step(add), DB_OK);
	first = connection_added(connection);
	assert_int_equal(statement_step(add), DB_OK);
	assert_int_equal(connection_added(connection), first + 1);
}

static void writes__of_several_rows__counted_and_their_ids_known(void **state)
{
	each(counts_of_writes);
}

static void view_and_writer(struct bench *bench)
{
	struct connection *reader = &bench->connection;

	put_number(&bench->other, 1, 7);
	assert_int_equal(reader->driver->view_begin(reader), DB_OK);
	assert_int_equal(got_number(reader, 1), 7);
	assert_int_equal(reader->driver->view_begin(reader), DB_OK);	/* the same one */
	put_number(&bench->other, 1, 8);
	assert_int_equal(got_number(reader, 1), 7);
	reader->driver->view_end(reader);
	assert_int_equal(got_number(reader, 1), 8);
}

static void view__changed_by_another_connection__seen_after_its_end(void **state)
{
	each(view_and_writer);
}

static void unknown_table(struct bench *bench)
{
	struct statement *statement;
	const int rc = statement_prepare(&bench->connection, "SELECT 1 FROM no_such_table", &statement);

	assert_null(statement);
	assert_true(rc != DB_OK && rc != DB_ROW && rc != DB_DONE);
	assert_true(bench->connection.driver->describe(rc)[0]);
	statement_finish(statement);
}

static void prepare__unknown_table__an_error_and_no_statement(void **state)
{
	each(unknown_table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns__each_type__as_bound),
		cmocka_unit_test(parameters__run_again__stay_until_cleared),
		cmocka_unit_test(rows__other_statements_run_meanwhile__all_are_read),
		cmocka_unit_test(savepoints__inner_one_undone__outer_one_stays),
		cmocka_unit_test(writes__of_several_rows__counted_and_their_ids_known),
		cmocka_unit_test(view__changed_by_another_connection__seen_after_its_end),
		cmocka_unit_test(prepare__unknown_table__an_error_and_no_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

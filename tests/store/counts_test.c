/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many statements the SQLite store needs: counts, unlike seconds, are the same on every machine. Transaction statements
 * are not counted: one serves a whole batch. Expected are today's figures; bounds that must hold are in comments. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "store/sqlite/admin/admin.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

#define FRESH (FIXTURE_NOW - 10)
#define ALL_KINDS ((1u << ACCOUNT_KINDS) - 1)

/* ---- counting ---- */

struct counts {
	unsigned int reads, writes;
	char sql[8192];			/* for people, when a count is wrong */
};

static bool is_transaction(const char *sql)
{
	static const char *const words[] = { "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strncmp(sql, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

/* At its end: SQLITE_TRACE_STMT is also raised for each row that a foreign key cascades to. */
static int count(unsigned int what, void *user, void *statement, void *nanoseconds)
{
	struct counts *counts = user;
	const char *sql = sqlite3_sql(statement);
	const size_t used = strlen(counts->sql);

	if (is_transaction(sql))
		return 0;
	if (sqlite3_stmt_readonly(statement))
		counts->reads++;
	else
		counts->writes++;
	snprintf(counts->sql + used, sizeof(counts->sql) - used, "    %.100s\n", sql);
	return 0;
}

static void assert_counts(const char *what, const struct counts *counts, unsigned int reads, unsigned int writes)
{
	print_message("  %s: %u reads, %u writes\n", what, counts->reads, counts->writes);
	if (counts->reads != reads || counts->writes != writes)
		fail_msg("%s: %u reads and %u writes, not %u and %u:\n%s", what, counts->reads, counts->writes, reads, writes, counts->sql);
}

/* ---- a database ---- */

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct connection connection;
	struct counts counts;
	struct response response;
};

static const uint8_t key_octets[CONSENT_KEY_SIZE] = "the key of consents that count";
static const struct consent_key key = { .id = "0123abcd", .octets = key_octets };

static void bench_open(struct bench *bench, enum connection_role role)
{
	const char *why;

	memset(bench, 0, sizeof(*bench));
	database_fixture(bench->file);
	assert_int_equal(connection_open(&bench->connection, bench->file, role, NULL, &why), SQLITE_OK);
	assert_null(account_rules_read(&bench->connection.rules, 3, "600", NULL, NULL));
	bench->connection.consent_key = &key;
	assert_int_equal(sqlite3_trace_v2(bench->connection.db, SQLITE_TRACE_PROFILE, count, &bench->counts), SQLITE_OK);
}

static void bench_close(struct bench *bench)
{
	connection_close(&bench->connection);
	database_unlink(bench->file);
}

static void bench_begin(struct bench *bench)
{
	memset(&bench->counts, 0, sizeof(bench->counts));
	bench->connection.services_count = 0;		/* as if each had its own transaction */
	response_init(&bench->response);
}

static void bench_read(struct bench *bench, const struct request *request)
{
	bench_begin(bench);
	assert_int_equal(request_read(&bench->connection, request, &bench->response), SQLITE_OK);
}

static void bench_change(struct bench *bench, change_make *make, const void *what)
{
	bench_begin(bench);
	assert_int_equal(change_whole(&bench->connection, make, what, &bench->response), SQLITE_OK);
}

/* ---- reading ---- */

static void read__each_list__one_or_two_statements(void **state)
{
	static const struct {
		enum request_kind kind;
		const char *imsi;		/* NULL: asked by MSISDN */
		unsigned int reads;
	} table[] = {
		{ REQUEST_PROFILE, NULL, 1 }, { REQUEST_PROFILE, ALICE_IMSI, 1 },	/* at most 1 */
		{ REQUEST_BILLS, NULL, 2 }, { REQUEST_POINTS, NULL, 2 }, { REQUEST_SERVICES_MINE, NULL, 2 },
		{ REQUEST_SERVICES_OFFERED, NULL, 2 }, { REQUEST_ORDERS_MINE, NULL, 2 }, { REQUEST_DATA_MINE, NULL, 2 },
	};
	struct bench bench;

	bench_open(&bench, CONNECTION_READ);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct request request = fixture_request(table[i].kind, table[i].imsi ? "" : ALICE, 0);

		if (table[i].imsi)
			osmo_strlcpy(request.subscriber.imsi, table[i].imsi, sizeof(request.subscriber.imsi));
		bench_read(&bench, &request);
		assert_int_equal(bench.response.result, RESULT_OK);
		assert_counts(request_kind_name(table[i].kind), &bench.counts, table[i].reads, 0);
	}
	bench_close(&bench);
}

/* ---- changes ---- */

struct row {
	const char *what;
	enum request_kind kind;
	const char *service, *shown, *language;	/* NULL: not among the arguments */
	enum order_end end;
	struct password_request password;
	bool id;			/* of the order before this row */
	bool billing;
	uint64_t ref;
	enum result result;
	unsigned int reads, writes;
};

static void arg_put(struct request *request, uint16_t field, const char *text)
{
	if (text)
		fixture_arg(request, field, text);
}

static void rows_run(const struct row *rows, size_t count_rows)
{
	struct bench bench;
	int64_t id = 0;

	bench_open(&bench, CONNECTION_WRITE);
	for (const struct row *row = rows; row < rows + count_rows; row++) {
		struct request request = fixture_request(row->kind, ALICE, row->ref);

		arg_put(&request, FIELD_SERVICE, row->service);
		arg_put(&request, ARG_SHOWN, row->shown);
		arg_put(&request, FIELD_LANGUAGE, row->language);
		if (row->kind == REQUEST_ORDER_END)
			request.outcome.end = row->end;
		else
			request.password = row->password;
		request.id = row->id ? id : 0;
		bench.connection.rules.billing = row->billing;
		bench_change(&bench, request_write, &request);
		if (bench.response.result != row->result)
			fail_msg("%s: %s", row->what, result_name(bench.response.result));
		assert_counts(row->what, &bench.counts, row->reads, row->writes);
		id = bench.response.order ? bench.response.order : id;
	}
	bench_close(&bench);
}

static void order__without_billing__at_most_thirteen(void **state)
{
	static const struct row rows[] = {
		{ .what = "first order, shown", .kind = REQUEST_SERVICE_ACTIVATE, .service = "WEATHER", .shown = "Activate?", .ref = 1,
		  .reads = 6, .writes = 7 },	/* at most 13; it is inserted once, in its final state */
		{ .what = "later order, shown", .kind = REQUEST_SERVICE_DEACTIVATE, .service = "WEATHER", .shown = "Cancel?", .ref = 2,
		  .reads = 6, .writes = 7 },
		{ .what = "nothing shown", .kind = REQUEST_SERVICE_ACTIVATE, .service = "WEATHER", .ref = 3, .reads = 5, .writes = 5 },
		{ .what = "repeated", .kind = REQUEST_SERVICE_ACTIVATE, .service = "WEATHER", .ref = 3, .reads = 2, .writes = 0 },
		{ .what = "has it already", .kind = REQUEST_SERVICE_ACTIVATE, .service = "WEATHER", .ref = 4, .result = RESULT_DUPLICATE,
		  .reads = 5, .writes = 1 },
		{ .what = "suspend", .kind = REQUEST_LINE_SUSPEND, .ref = 5, .reads = 3, .writes = 4 },
		{ .what = "language", .kind = REQUEST_LANGUAGE_SET, .language = "zh", .ref = 7, .reads = 2, .writes = 2 },
	};

	rows_run(rows, ARRAY_SIZE(rows));
}

static void order__with_billing__accepted_and_completed(void **state)
{
	static const struct row rows[] = {
		{ .what = "accepted", .kind = REQUEST_SERVICE_ACTIVATE, .billing = true, .service = "WEATHER", .shown = "Activate?",
		  .ref = 1,
		  .result = RESULT_ACCEPTED, .reads = 6, .writes = 6 },
		{ .what = "given up", .kind = REQUEST_ORDER_END, .billing = true, .id = true, .end = END_DEAD, .reads = 5, .writes = 4 },
		{ .what = "given up twice", .kind = REQUEST_ORDER_END, .billing = true, .id = true, .end = END_DEAD,
		  .result = RESULT_DUPLICATE, .reads = 5, .writes = 0 },
		{ .what = "released", .kind = REQUEST_ORDER_RELEASE, .billing = true, .id = true, .reads = 5, .writes = 4 },
		{ .what = "completed", .kind = REQUEST_ORDER_END, .billing = true, .id = true, .end = END_DONE, .reads = 5, .writes = 4 },
	};

	rows_run(rows, ARRAY_SIZE(rows));
}

static void password__attempt_and_right__count_and_clear(void **state)
{
	static const struct row rows[] = {
		{ .what = "attempt", .kind = REQUEST_PASSWORD_ATTEMPT, .reads = 2, .writes = 1 },
		{ .what = "right", .kind = REQUEST_PASSWORD_SET, .password.compared = "hash of alice", .reads = 2, .writes = 2 },
		{ .what = "changed", .kind = REQUEST_PASSWORD_SET, .password = { .compared = "hash of alice", .fresh = "fresh" },
		  .reads = 2, .writes = 3 },
		{ .what = "another by now", .kind = REQUEST_PASSWORD_SET, .password.compared = "hash of alice", .result = RESULT_CONFLICT,
		  .reads = 2,
		  .writes = 0 },
	};

	rows_run(rows, ARRAY_SIZE(rows));
}

/* ---- updates ---- */

static void update__all_kinds__counted(void **state)
{
	static const struct {
		const char *what;
		bool bob, unknown;
		unsigned int kinds;
		int64_t as_of;
		unsigned int reads, writes;
	} table[] = {
		{ "all kinds, as it is", false, false, ALL_KINDS, FRESH, 4, 22 },
		{ "all kinds, older", false, false, ALL_KINDS, FRESH - 1, 4, 0 },
		{ "profile alone", false, false, 1u << ACCOUNT_PROFILE, FRESH, 1, 4 },
		{ "all kinds, nothing to list", true, false, ALL_KINDS, FRESH, 2, 10 },
		{ "new subscriber", false, true, ALL_KINDS, FRESH, 4, 13 },
	};
	struct bench bench;

	bench_open(&bench, CONNECTION_WRITE);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct stored_account fresh = fixture_accounts[table[i].bob];
		struct account_update update;

		fresh.as_of = table[i].as_of;
		fresh.hash = fresh.id_pieces = NULL;
		if (table[i].unknown) {
			osmo_strlcpy(fresh.msisdn, NOBODY, sizeof(fresh.msisdn));
			memset(fresh.imsis, 0, sizeof(fresh.imsis));
		}
		update = account_update_of(&fresh, table[i].kinds, FIXTURE_NOW);
		bench_change(&bench, update_write, &update);
		assert_int_equal(bench.response.result, RESULT_OK);
		assert_counts(table[i].what, &bench.counts, table[i].reads, table[i].writes);
	}
	bench_close(&bench);
}

/* ---- a snapshot's rows ---- */

/* One look-up of the served account. Services named in the same transaction are known. */
static void staging__served_and_new_one__one_lookup_each(void **state)
{
	static const struct {
		const char *what, *msisdn;
		unsigned int reads, writes;
	} table[] = {
		{ "staged, the first one", ALICE, 3, 16 },		/* and its two services */
		{ "staged, not served yet", NOBODY, 1, 14 },
		{ "staged twice", NOBODY, 1, 1 },
	};
	char file[DATABASE_NAME_SIZE];
	const struct admin_settings settings = { .file = database_fixture(file), .access = ADMIN_WRITE };
	struct response response;
	struct account_step step = { .response = &response };
	struct store_admin *admin;
	struct counts counts;
	const char *why;

	assert_int_equal(sqlite_admin_ops.open(NULL, &settings, &admin, &why), 0);
	assert_int_equal(sqlite_admin_ops.begin(admin), 0);
	assert_int_equal(sqlite_admin_ops.staging_begin(admin), 0);
	assert_int_equal(sqlite3_trace_v2(admin->connection.db, SQLITE_TRACE_PROFILE, count, &counts), SQLITE_OK);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct stored_account fresh = fixture_accounts[0];
		struct account_update update;

		if (i)
			memset(fresh.imsis, 0, sizeof(fresh.imsis));
		osmo_strlcpy(fresh.msisdn, table[i].msisdn, sizeof(fresh.msisdn));
		update = account_update_of(&fresh, ALL_KINDS, FIXTURE_NOW);
		update.import = true;
		memset(&counts, 0, sizeof(counts));
		assert_int_equal(sqlite_admin_ops.staging_add(admin, &update, &step), 0);
		assert_counts(table[i].what, &counts, table[i].reads, table[i].writes);
	}
	assert_string_equal(step.why, "msisdn: already in this snapshot");
	sqlite_admin_ops.close(admin);
	database_unlink(file);
}

/* ---- delivery ---- */

/* Claims are in memory only. */
static void claim__items_are_due__no_write(void **state)
{
	struct due_asked due = { .claim = { .until = FIXTURE_NOW, .max = DUE_MAX } };
	struct request order = fixture_request(REQUEST_SERVICE_ACTIVATE, ALICE, 1);
	struct item item = { .queue = QUEUE_ORDERS, .completion = { .how = ITEM_LATER, .due = FIXTURE_NOW } };
	struct bench bench;
	int changes;

	bench_open(&bench, CONNECTION_WRITE);
	bench.connection.rules.billing = true;
	fixture_arg(&order, FIELD_SERVICE, "WEATHER");
	bench_change(&bench, request_write, &order);
	assert_int_equal(bench.response.result, RESULT_ACCEPTED);
	item.completion.id = bench.response.order;
	changes = sqlite3_total_changes(bench.connection.db);
	for (due.queue = 0; due.queue < QUEUES; due.queue++) {
		bench.counts = (struct counts){ 0 };
		response_init(&bench.response);
		assert_int_equal(due_read(&bench.connection, &due, &bench.response), SQLITE_OK);
		assert_int_equal(bench.response.orders_count, due.queue == QUEUE_ORDERS);
		/* at most 0 writes */
		assert_counts("claim", &bench.counts, due.queue == QUEUE_NOTIFICATIONS ? notification_kinds_count : 1, 0);
	}
	assert_int_equal(sqlite3_total_changes(bench.connection.db), changes);
	bench_change(&bench, item_write, &item);
	assert_counts("tried again later", &bench.counts, 0, 1);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__each_list__one_or_two_statements),
		cmocka_unit_test(order__without_billing__at_most_thirteen),
		cmocka_unit_test(order__with_billing__accepted_and_completed),
		cmocka_unit_test(password__attempt_and_right__count_and_clear),
		cmocka_unit_test(update__all_kinds__counted),
		cmocka_unit_test(staging__served_and_new_one__one_lookup_each),
		cmocka_unit_test(claim__items_are_due__no_write),
	};
	void *ctx = talloc_named_const(NULL, 0, "counts_test");
	int rc;

	log_start(ctx);
	database_start();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When the loop sees changes that others commit: announced ones at once, all others soon. */
#include <stdio.h>
#include <stdlib.h>

#include "store/sqlite/snapshot.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct connection reader, writer;
	struct snapshot snapshot;
	bool hurry;
};

static void connect(struct connection *connection, const char *file, enum connection_role role)
{
	const char *why;

	assert_int_equal(connection_open(connection, file, role, NULL, &why), SQLITE_OK);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	database_fixture(bench->file);
	connect(&bench->reader, bench->file, CONNECTION_READ);
	connect(&bench->writer, bench->file, CONNECTION_WRITE);
	snapshot_init(&bench->snapshot, &bench->reader, &bench->hurry);
	time_stop();
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	time_go_on();
	snapshot_end(&bench->snapshot);
	osmo_timer_del(&bench->snapshot.end);
	connection_close(&bench->reader);
	connection_close(&bench->writer);
	database_unlink(bench->file);
	free(bench);
	return 0;
}

static void set_balance(struct bench *bench, int balance)
{
	char sql[80];

	snprintf(sql, sizeof(sql), "UPDATE subscriber SET balance = %d", balance);
	assert_int_equal(sqlite3_exec(bench->writer.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static const struct subscriber alice = { .msisdn = ALICE }, alice_sim = { .imsi = ALICE_IMSI }, bob = { .msisdn = BOB },
			       alice_whole = { .imsi = ALICE_IMSI, .msisdn = ALICE }, nobody = { .imsi = "" };

/* ALICE's balance as seen by a read about \a who. */
static int64_t balance(struct bench *bench, const struct subscriber *who)
{
	static struct response response;
	struct request request = fixture_request(REQUEST_PROFILE, ALICE, 0);

	response_init(&response);
	assert_int_equal(snapshot_begin(&bench->snapshot, who), SQLITE_OK);
	assert_int_equal(request_read(&bench->reader, &request, &response), SQLITE_OK);
	return record_number(&response.facts, FIELD_BALANCE, -1);
}

static void begun_with(struct bench *bench, int before, int after)
{
	snapshot_end(&bench->snapshot);
	set_balance(bench, before);
	assert_int_equal(balance(bench, &bob), before);
	set_balance(bench, after);
}

static void snapshot__change_of_the_same_subscriber__seen_at_once(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, &alice);
	assert_int_equal(balance(bench, &alice), 200);
}

static void snapshot__change_by_number_read_by_imsi__seen_at_once(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, &alice);
	assert_int_equal(balance(bench, &alice_sim), 200);
}

static void snapshot__change_with_number_and_imsi__seen_by_either(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, &alice_whole);
	assert_int_equal(balance(bench, &alice), 200);
	begun_with(bench, 300, 400);
	snapshot_note(&bench->snapshot, &alice_whole);
	assert_int_equal(balance(bench, &alice_sim), 400);
}

static void snapshot__change_of_another_subscriber__seen_when_it_expires(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, &alice);
	assert_int_equal(balance(bench, &bob), 100);
	time_pass(1);
	assert_int_equal(balance(bench, &bob), 200);
}

static void snapshot__change_by_another_process__seen_when_it_expires(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	time_pass(1);
	assert_int_equal(balance(bench, &alice), 200);
}

static void snapshot__read_without_a_subscriber__sees_every_change_at_once(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, &nobody);
	assert_int_equal(balance(bench, &bob), 100);
	assert_int_equal(balance(bench, &nobody), 200);
}

static void snapshot__change_of_many__seen_by_all(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	snapshot_note(&bench->snapshot, NULL);
	assert_int_equal(balance(bench, &bob), 200);
}

static void snapshot__more_changes_than_it_can_remember__seen_by_all(void **state)
{
	struct bench *bench = *state;

	begun_with(bench, 100, 200);
	for (unsigned int i = 0; i <= CHANGED_MAX; i++)
		snapshot_note(&bench->snapshot, &alice);
	assert_int_equal(balance(bench, &bob), 200);
}

static void snapshot__checkpoint_waits__ends_with_the_loops_next_turn(void **state)
{
	struct bench *bench = *state;

	bench->hurry = true;
	begun_with(bench, 100, 200);
	loop_for(0);
	assert_int_equal(balance(bench, &bob), 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(snapshot__change_of_the_same_subscriber__seen_at_once),
		TEST(snapshot__change_by_number_read_by_imsi__seen_at_once),
		TEST(snapshot__change_with_number_and_imsi__seen_by_either),
		TEST(snapshot__change_of_another_subscriber__seen_when_it_expires),
		TEST(snapshot__change_by_another_process__seen_when_it_expires),
		TEST(snapshot__read_without_a_subscriber__sees_every_change_at_once),
		TEST(snapshot__change_of_many__seen_by_all),
		TEST(snapshot__more_changes_than_it_can_remember__seen_by_all),
		TEST(snapshot__checkpoint_waits__ends_with_the_loops_next_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F31, F32: reference numbers are unique across restarts, clocks, sites and backups. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "store/sqlite/connection.h"
#include "store/sql/references.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define STARTS 40

static struct accounts *start(const char *file, unsigned int node)
{
	const struct accounts_settings settings = {
		.store = "sqlite", .file = file, .deadline_ms = 5000, .password_tries = 3, .requests_max = 16, .node = node,
	};
	struct accounts *accounts;

	assert_int_equal(accounts_new(NULL, &settings, answers_take, &accounts), 0);
	return accounts;
}

/* The common prefix of all references of one process, of which \a count are used. */
static uint32_t boot_of(const char *file, unsigned int node)
{
	struct accounts *accounts = start(file, node);
	const uint64_t first = accounts_reference(accounts);

	assert_int_equal(accounts_reference(accounts), first + 1);
	assert_int_equal(first & (REFERENCES_PER_BOOT - 1), 1);
	accounts_free(accounts);
	return (uint32_t)(first / REFERENCES_PER_BOOT);
}

static void assert_all_differ(const uint32_t *boots, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int j = 0; j < i; j++)
			assert_int_not_equal(boots[i], boots[j]);
	}
}

static void A1_reference__restarts_while_the_clock_stands_or_goes_back__never_repeated(void **state)
{
	char file[DATABASE_NAME_SIZE];
	uint32_t boots[STARTS];

	database_fixture(file);
	time_stop();
	for (unsigned int i = 0; i < STARTS; i++) {
		boots[i] = boot_of(file, 0);
		osmo_clock_override_add(CLOCK_REALTIME_COARSE, -7, 0);
	}
	time_go_on();
	assert_all_differ(boots, STARTS);
	assert_int_equal(database_number(file, "SELECT count(*) FROM boot"), STARTS);
	for (unsigned int i = 1; i < STARTS; i++)
		assert_int_equal(boots[i] >> 22, boots[0] >> 22);	/* the node is the database's */
	assert_int_equal(database_number(file, "SELECT node FROM identity"), boots[0] >> 22);
	database_unlink(file);
}

/* A boot number that the database has used is not drawn again, even when nearly all others are used up. */
static void A1_reference__most_boots_used__draws_one_of_the_rest(void **state)
{
	char file[DATABASE_NAME_SIZE];
	uint32_t boot;

	database_fixture(file);
	database_number(file, "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < (1 << 22) - 1)"
			" INSERT INTO boot SELECT i, 0 FROM n WHERE i % 16 <> 5");
	boot = boot_of(file, 0) & ((1u << 22) - 1);
	assert_int_equal(boot % 16, 5);
	database_unlink(file);
}

/* A2, A4: sites that do not know each other, and a cache that is rebuilt. */
static void A2_A4_reference__of_other_databases__never_the_same(void **state)
{
	uint32_t boots[STARTS];

	for (unsigned int i = 0; i < STARTS; i++) {
		char file[DATABASE_NAME_SIZE];

		database_fixture(file);
		boots[i] = boot_of(file, 0);
		database_unlink(file);
	}
	assert_all_differ(boots, STARTS);
}

static void A2_reference__node_is_configured__comes_first(void **state)
{
	static const unsigned int nodes[] = { 0, 1, 1023 };
	char file[DATABASE_NAME_SIZE];

	database_fixture(file);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		assert_int_equal(boot_of(file, 1 + nodes[i]) >> 22, nodes[i]);
	database_unlink(file);
}

static void copy(const char *from, const char *to)
{
	char sql[2 * DATABASE_NAME_SIZE];

	unlink(to);
	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", to);
	database_number(from, sql);
}

/* F32: the backup does not know the references used after it was made. */
static void A1_reference__backup_restored__continues_elsewhere(void **state)
{
	char file[DATABASE_NAME_SIZE], backup[DATABASE_NAME_SIZE + 8];
	uint32_t boots[STARTS];

	database_fixture(file);
	snprintf(backup, sizeof(backup), "%s.backup", file);
	boots[0] = boot_of(file, 0);
	copy(file, backup);
	for (unsigned int i = 1; i < STARTS; i++) {
		boots[i] = boot_of(file, 0);
		if (i % 10 == 0)
			copy(backup, file);
	}
	assert_all_differ(boots, STARTS);
	unlink(backup);
	database_unlink(file);
}

static bool boots_are_two(void *user)
{
	return database_number(user, "SELECT count(*) FROM boot") == 2;
}

/* A1: when all are used up, the next boot follows, recorded before its first use. */
static void A1_reference__all_of_a_boot_used__next_boot_follows(void **state)
{
	const unsigned int quarter = REFERENCES_PER_BOOT / 4;
	char file[DATABASE_NAME_SIZE];
	struct accounts *accounts;
	uint64_t first, next;

	database_fixture(file);
	accounts = start(file, 0);
	first = accounts_references(accounts, quarter);
	for (unsigned int i = 1; i < 3; i++)
		assert_int_equal(accounts_references(accounts, quarter), first + i * quarter);
	assert_int_equal(accounts_references(accounts, quarter), 0);	/* nothing is recorded yet */
	assert_true(loop_until(boots_are_two, file, 10000));
	loop_for(20);
	next = accounts_references(accounts, quarter);
	assert_int_not_equal(next, 0);
	assert_int_not_equal(next / REFERENCES_PER_BOOT, first / REFERENCES_PER_BOOT);
	assert_int_equal(next % REFERENCES_PER_BOOT, 1);
	accounts_free(accounts);
	database_unlink(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A1_reference__restarts_while_the_clock_stands_or_goes_back__never_repeated),
		cmocka_unit_test(A1_reference__most_boots_used__draws_one_of_the_rest),
		cmocka_unit_test(A2_A4_reference__of_other_databases__never_the_same),
		cmocka_unit_test(A2_reference__node_is_configured__comes_first),
		cmocka_unit_test(A1_reference__backup_restored__continues_elsewhere),
		cmocka_unit_test(A1_reference__all_of_a_boot_used__next_boot_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every store, in every way in which it can answer, with the fixture's accounts inside. */
#include "store/memory.h"
#include "tests/cmocka.h"
#include "tests/store/contenders.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"

static struct account *open_memory(enum memory_mode mode)
{
	const struct account_settings settings = {
		.store = "memory", .deadline_ms = 5000, .password_tries = CONTENDER_TRIES, .requests_max = 4,
	};
	struct account *account;

	assert_int_equal(account_new(NULL, &settings, answers_take, &account), 0);
	fixture_fill_memory(account_store(account));
	memory_store_mode(account_store(account), mode);
	return account;
}

static struct account *open_memory_now(void)
{
	return open_memory(MEMORY_NOW);
}

static struct account *open_memory_later(void)
{
	return open_memory(MEMORY_LATER);
}

static char file[DATABASE_NAME_SIZE];

static struct account *open_sqlite(void)
{
	struct account_settings settings = {
		.store = "sqlite", .deadline_ms = 5000, .password_tries = CONTENDER_TRIES, .requests_max = 4,
	};
	struct account *account;

	settings.file = database_fixture(file);
	assert_int_equal(account_new(NULL, &settings, answers_take, &account), 0);
	return account;
}

static struct account *open_sqlite_uncached(void)
{
	struct account *account = open_sqlite();

	disk_would_block = true;
	return account;
}

static void close_sqlite(struct account *account)
{
	disk_would_block = false;
	account_free(account);
	database_unlink(file);
}

const struct contender contenders[] = {
	{ "memory now", open_memory_now, account_free },
	{ "memory later", open_memory_later, account_free },
	{ "sqlite", open_sqlite, close_sqlite },
	{ "sqlite, nothing cached", open_sqlite_uncached, close_sqlite },
	{ NULL, NULL, NULL },
};

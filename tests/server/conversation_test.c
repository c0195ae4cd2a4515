/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages across restarts of the server, with the store on disk. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define BALANCE "You have $12.50."
#define OFFERED "Services\n1 WEATHER $0.10/day\n0 Back"
#define CONFIRM "Open WEATHER?\n1 Yes\n2 No\n0 Back"

struct bench {
	char file[DATABASE_NAME_SIZE];
	struct server *server;
	struct phones phones;
};

static struct menu *load_menu(void *user, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", action_verbs(), limits, problems);
}

static void server_start(struct bench *bench, unsigned int conversation_ms)
{
	const struct account_settings accounts = { .store = "sqlite", .file = bench->file, .deadline_ms = 1500,
						   .password_tries = 3, .requests_max = 100 };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct problems problems = {};
	struct account *account;

	bench->server = server_new(NULL, &settings);
	assert_int_equal(account_new(bench->server, &accounts, server_account_done, &account), 0);
	server_set_account(bench->server, account);
	phones_init(&bench->phones);
	bench->phones.channel.messages = true;
	bench->phones.channel.timing = (struct channel_timing){ 2000, conversation_ms, 100000000 };
	server_add_channel(bench->server, &bench->phones.channel);
	assert_int_equal(server_reload(bench->server, &problems), 0);
}

static void server_restart(struct bench *bench)
{
	server_free(bench->server);
	server_start(bench, 1800000);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	database_fixture(bench->file);
	server_start(bench, 1800000);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	disk_would_block = false;
	server_free(bench->server);
	assert_int_equal(bench->phones.open, 0);
	database_unlink(bench->file);
	free(bench);
	return 0;
}

static bool answered(void *user)
{
	return ((struct bench *)user)->phones.open == 0;
}

static void say(struct bench *bench, const char *words)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_TEXT, ALICE_NUMBER, 10086, 0, words), 0);
	assert_true(loop_until(answered, bench, 3000));
}

static void expect(struct bench *bench, const char *words, const char *answer)
{
	say(bench, words);
	assert_string_equal(bench->phones.text, answer);
}

static int64_t kept(const struct bench *bench)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t count;

	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM conversation", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	count = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return count;
}

static bool some_kept(void *user)
{
	return kept(user) > 0;
}

static bool none_kept(void *user)
{
	return !kept(user);
}

static void conversation__restart__number_continues_the_menu(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "1", CONFIRM);
	expect(bench, "yes", "WEATHER is open. Thank you for texting us about it.");
}

static void conversation__restart_and_slow_disk__number_continues_the_menu(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	disk_would_block = true;
	expect(bench, "1", CONFIRM);
}

static void conversation__two_restarts__order_once_under_its_own_number(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "0", "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form");
	server_restart(bench);
	expect(bench, "4", OFFERED);
	expect(bench, "1", CONFIRM);
	expect(bench, "1", "WEATHER is open. Thank you for texting us about it.");
}

/* The next server runs in another process, as after a crash. */
static void conversation__killed__F18_number_continues_the_menu(void **state)
{
	struct bench *bench = *state;
	pid_t child;

	server_free(bench->server);
	child = fork();
	if (!child) {
		server_start(bench, 1800000);
		say(bench, "services");
		for (;;)
			loop_for(100);
	}
	assert_true(loop_until(some_kept, bench, 5000));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	server_start(bench, 1800000);
	expect(bench, "1", CONFIRM);
}

static void conversation__restart__yields_to_a_keyword(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "ye", BALANCE);
	assert_true(loop_until(none_kept, bench, 2000));
}

static void conversation__ended__not_kept(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	assert_true(loop_until(some_kept, bench, 2000));
	expect(bench, "ye", BALANCE);
	assert_true(loop_until(none_kept, bench, 2000));
	server_restart(bench);
	expect(bench, "1", BALANCE);
}

static void conversation__secret_or_confirmation__former_page_is_not_kept(void **state)
{
	static const char *const texts[] = { "XGMM", "KT 1", "FORM 12.50" };
	struct bench *bench = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect(bench, "services", OFFERED);
		assert_true(loop_until(some_kept, bench, 2000));
		say(bench, texts[i]);
		assert_int_equal(bench->phones.kind, ANSWER_ASK);
		assert_true(loop_until(none_kept, bench, 2000));
		server_restart(bench);
		expect(bench, "1", BALANCE);
	}
}

static void conversation__time_is_up__begins_afresh(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	server_start(bench, 1000);
	expect(bench, "services", OFFERED);
	assert_true(loop_until(some_kept, bench, 2000));
	server_free(bench->server);
	sleep(2);
	server_start(bench, 1800000);
	expect(bench, "1", BALANCE);
}

/* Nobody asks the store for what cannot be there any more. */
static void conversation__long_after_the_start__not_fetched(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	bench->server->began_ms -= 24 * 3600 * 1000;
	expect(bench, "1", BALANCE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conversation__restart__number_continues_the_menu),
		TEST(conversation__restart_and_slow_disk__number_continues_the_menu),
		TEST(conversation__two_restarts__order_once_under_its_own_number),
		TEST(conversation__killed__F18_number_continues_the_menu),
		TEST(conversation__restart__yields_to_a_keyword),
		TEST(conversation__ended__not_kept),
		TEST(conversation__secret_or_confirmation__former_page_is_not_kept),
		TEST(conversation__time_is_up__begins_afresh),
		TEST(conversation__long_after_the_start__not_fetched),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

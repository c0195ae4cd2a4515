/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages across restarts of the server, with the store on disk. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/loop.h"
#include "tests/support/reload.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define BALANCE "You have $12.50."
#define OFFERED "Services\n103 WEATHER $0.10/day\n0 Back"
#define CONFIRM "Open WEATHER?\n1 Yes\n2 No\n0 Back"
#define BY_SMS "Open WEATHER for $0.10 a day? Reply YES.\n1 Yes\n2 No"
#define OPENED "WEATHER is open. Thank you for texting us about it."
#define TOO_LATE "Too late for WEATHER."
#define WITHIN_S 600
#define SLOWLY_S 200
#define NOTHING_ASKED "Nothing was asked.\nMenu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"
#define KEEP "Keep NEWS for $3.00 a month?\n1 Yes\n2 No"

#define HOME "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"

struct bench {
	char file[DATABASE_NAME_SIZE];
	char pepper[64];		/* "": none */
	struct server *server;
	struct phones phones;
	struct phones dialled;		/* a network of dialogs */
};

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static void server_start(struct bench *bench, unsigned int conversation_ms)
{
	const struct accounts_settings with = { .store = "sqlite", .file = bench->file, .deadline_ms = 1500,
						   .password_tries = 3, .requests_max = 100,
						   .pepper_file = bench->pepper[0] ? bench->pepper : NULL };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct problems problems = {};
	struct accounts *accounts;

	bench->server = server_new(NULL, &settings);
	assert_int_equal(accounts_new(bench->server, &with, server_accounts_done, &accounts), 0);
	server_set_accounts(bench->server, accounts);
	phones_init_texting(&bench->phones);
	bench->phones.channel.timing = (struct channel_timing){ 2000, conversation_ms, 100000000 };
	server_add_channel(bench->server, &bench->phones.channel);
	phones_init(&bench->dialled);
	bench->dialled.channel.timing = (struct channel_timing){ 2000, 30000, 100000000 };
	server_add_channel(bench->server, &bench->dialled.channel);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
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

	time_go_on();
	disk_would_block = false;
	server_free(bench->server);
	assert_int_equal(bench->phones.open, 0);
	database_unlink(bench->file);
	free(bench);
	return 0;
}

static bool answered(void *user)
{
	const struct bench *bench = user;

	return !bench->phones.open && !bench->dialled.open;
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

/* The number that a statement returns; 0 for a change. */
static int64_t query(const struct bench *bench, const char *sql)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t count = 0;

	assert_int_equal(sqlite3_open(bench->file, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		count = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	sqlite3_close(db);
	return count;
}

static int64_t saved_conversations(const struct bench *bench)
{
	return query(bench, "SELECT count(*) FROM conversation");
}

static bool some_saved(void *user)
{
	return saved_conversations(user) > 0;
}

static bool none_saved(void *user)
{
	return !saved_conversations(user);
}

static void conversation__restart__number_continues_the_menu(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "103", CONFIRM);
	expect(bench, "yes", "WEATHER is open. Thank you for texting us about it.");
}

static void conversation__restart_and_slow_disk__number_continues_the_menu(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	disk_would_block = true;
	expect(bench, "103", CONFIRM);
}

static void conversation__two_restarts__order_once_under_its_own_number(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "0", "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form");
	server_restart(bench);
	expect(bench, "4", OFFERED);
	expect(bench, "103", CONFIRM);
	expect(bench, "1", "WEATHER is open. Thank you for texting us about it.");
}

/* A conversation is saved, and no notification is in flight any more. */
static bool at_rest(const struct bench *bench)
{
	return query(bench, "SELECT EXISTS (SELECT 1 FROM conversation) AND NOT EXISTS (SELECT 1 FROM notification)");
}

/* The next server runs in another process, until it has done that and saved a conversation, and is killed. It may save other
 * conversations in between. */
static void killed_after(struct bench *bench, void (*doing)(struct bench *bench))
{
	unsigned int limit;
	int done[2];
	pid_t child;
	char octet;

	server_free(bench->server);
	assert_int_equal(pipe(done), 0);
	child = fork();
	if (!child) {
		server_start(bench, 1800000);
		doing(bench);
		if (write(done[1], "", 1) != 1)
			_exit(1);
		for (;;)
			loop_for(100);
	}
	close(done[1]);
	assert_int_equal(read(done[0], &octet, 1), 1);
	close(done[0]);
	for (limit = 1000; limit && !at_rest(bench); limit--)
		usleep(10000);
	assert_true(at_rest(bench));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	server_start(bench, 1800000);
}

static void ask_for_services(struct bench *bench)
{
	say(bench, "services");
}

static void conversation__killed__F18_number_continues_the_menu(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, ask_for_services);
	expect(bench, "103", CONFIRM);
}

static void conversation__restart__yields_to_a_keyword(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	server_restart(bench);
	expect(bench, "ye", BALANCE);
	assert_true(loop_until(none_saved, bench, 2000));
}

static void conversation__ended__not_saved(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	assert_true(loop_until(some_saved, bench, 2000));
	expect(bench, "ye", BALANCE);
	assert_true(loop_until(none_saved, bench, 2000));
	server_restart(bench);
	expect(bench, "1", BALANCE);
}

static void conversation__secret_or_confirmation__former_page_is_not_saved(void **state)
{
	static const char *const texts[] = { "XGMM", "KT 103", "FORM 12.50" };
	struct bench *bench = *state;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect(bench, "services", OFFERED);
		assert_true(loop_until(some_saved, bench, 2000));
		say(bench, texts[i]);
		assert_int_equal(bench->phones.kind, ANSWER_ASK);
		assert_true(loop_until(none_saved, bench, 2000));
		server_restart(bench);
		expect(bench, "1", BALANCE);
	}
}

static void restart_with_another_menu(struct bench *bench)
{
	query(bench, "UPDATE conversation"
	      " SET session = CAST(substr(session, 1, 9) || x'01020304' || substr(session, 14) AS BLOB)");
	server_restart(bench);
}

/* A74, A75: the page was sent from the former menu; in the present one "5" would set the language. */
static void conversation__restart_with_another_menu__answered_and_digit_not_taken(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	assert_true(loop_until(some_saved, bench, 2000));
	restart_with_another_menu(bench);
	expect(bench, "5", "The menu has changed.\n" HOME);
	expect(bench, "1", BALANCE);
}

static void give_request(struct bench *bench)
{
	phones_partner_asks(bench->server, ALICE);
	assert_true(loop_until(some_saved, bench, 2000));
}

static void conversation__restart_with_another_menu__partner_s_question_asked_again__S6(void **state)
{
	struct bench *bench = *state;
	char asked[256];

	give_request(bench);
	strcpy(asked, bench->phones.text);
	assert_non_null(strstr(asked, "Open WEATHER for $0.10 a day, until "));
	restart_with_another_menu(bench);
	expect(bench, "1", asked);
	assert_true(loop_until(some_saved, bench, 2000));
	server_restart(bench);
	expect(bench, "1", "Try later.");	/* no such request is stored */
}

/* What was stored is not trusted. */
static void conversation__restart_with_another_menu__malformed_question_not_asked(void **state)
{
	struct bench *bench = *state;

	give_request(bench);
	query(bench, "UPDATE conversation SET session = CAST(substr(session, 1, length(session) - 1) AS BLOB)");
	restart_with_another_menu(bench);
	expect(bench, "1", "The menu has changed.\n" HOME);
}

static void conversation__time_is_up__starts_afresh(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	server_start(bench, 1000);
	expect(bench, "services", OFFERED);
	assert_true(loop_until(some_saved, bench, 2000));
	server_free(bench->server);
	sleep(2);
	server_start(bench, 1800000);
	expect(bench, "1", BALANCE);
}

static bool is_durable(void *user)
{
	const struct bench *bench = user;

	return phones_dialog(bench->server)->durable;
}

static bool save_completed(void *user)
{
	return ((const struct bench *)user)->phones.saves_completed > 0;
}

/* A10: its text is not acknowledged before the store has it; a conversation that replaces it counts for it, too. */
static void conversation__is_being_saved__reported_once_the_store_has_it(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	assert_true(bench->phones.saving);
	assert_int_equal(bench->phones.saves_completed, 0);
	assert_true(loop_until(save_completed, bench, 2000));
	assert_int_equal(saved_conversations(bench), 1);
	expect(bench, "services", OFFERED);
	assert_true(bench->phones.saving);
	expect(bench, "103", CONFIRM);
	assert_false(bench->phones.saving);
	assert_int_equal(bench->phones.saves_completed, 2);
	assert_true(loop_until(none_saved, bench, 2000));
	assert_int_equal(bench->phones.saves_completed, 2);
}

static bool rested(void *user)
{
	const struct bench *bench = user;

	return rate_ctr_group_get_ctr(bench->server->counters, COUNT_RESTED)->current > 0;
}

/* A43: after ten seconds it needs no dialog, and continues with the next text. */
static void conversation__waits__holds_no_dialog_and_continues(void **state)
{
	struct bench *bench = *state;

	expect(bench, "services", OFFERED);
	assert_true(loop_until(is_durable, bench, 2000));
	time_stop();
	time_pass(9);
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(2);
	assert_true(rested(bench));
	assert_int_equal(server_dialogs(bench->server), 0);
	time_pass(1000);
	time_go_on();
	expect(bench, "103", CONFIRM);
	expect(bench, "yes", OPENED);
}

/* A43: a confirmation is not saved, and a conversation that is not saved keeps its dialog. */
static void conversation__waits_for_a_confirmation__keeps_its_dialog(void **state)
{
	struct bench *bench = *state;

	expect(bench, "KT 103", CONFIRM);
	time_stop();
	time_pass(60);
	time_go_on();
	assert_int_equal(server_dialogs(bench->server), 1);
}

/* A43: mistakes are counted across parking: an answering machine is ended. */
static void conversation__mistakes_across_parking__ended(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	expect(bench, "services", OFFERED);
	for (i = 0; i < 10 && bench->phones.kind == ANSWER_ASK; i++) {
		assert_true(loop_until(is_durable, bench, 2000));
		time_stop();
		time_pass(11 + i);	/* past all earlier times: a real clock does not go back */
		time_go_on();
		assert_int_equal(server_dialogs(bench->server), 0);
		say(bench, "77");
	}
	assert_int_equal(i, 3);
	assert_string_equal(bench->phones.text, "Goodbye, text again.");
}

/* ---- S6: a second confirmation by short message, across restarts ---- */

static void dial_order(struct bench *bench)
{
	assert_int_equal(phones_turn(&bench->dialled, TURN_BEGIN, ALICE_NUMBER, 1, 0, "*155*103#"), 0);
	assert_true(loop_until(answered, bench, 3000));
	assert_string_equal(bench->dialled.text, "We have sent you a message.");
	assert_string_equal(bench->phones.text, BY_SMS);
}

static void pass_second(void)
{
	unsigned int rounds;

	time_pass(1);
	for (rounds = 0; rounds < 5; rounds++) {
		osmo_select_main_ctx(1);
		usleep(200);
	}
}

/* From here on only this moves the time: it jumps, and its last minutes pass second by second. */
static void pass(unsigned int seconds)
{
	time_stop();
	if (seconds > SLOWLY_S)
		time_pass(seconds - SLOWLY_S);
	for (seconds = seconds < SLOWLY_S ? seconds : SLOWLY_S; seconds; seconds--)
		pass_second();
}

/* While time stands still. */
static bool comes(bool (*reached)(void *user), struct bench *bench)
{
	unsigned int limit = 10000;

	while (limit-- && !reached(bench)) {
		osmo_select_main_ctx(1);
		usleep(500);
	}
	return reached(bench);
}

static bool notified_twice(void *user)
{
	return ((struct bench *)user)->phones.notifications == 2;
}

static void pass_until_notified(struct bench *bench, unsigned int notifications)
{
	unsigned int limit = 8000;

	time_stop();
	while (limit-- && bench->phones.notifications < notifications)
		pass_second();
	assert_int_equal(bench->phones.notifications, notifications);
}

static int64_t orders(const struct bench *bench)
{
	return query(bench, "SELECT count(*) FROM orders WHERE service = 'WEATHER'");
}

/* No notification is left, in flight or due. */
static bool all_notified(void *user)
{
	return !query(user, "SELECT count(*) FROM notification");
}

static void by_sms__killed__S6_F18_yes_in_time_orders_once(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_order);
	expect(bench, "YES", OPENED);
	assert_true(loop_until(none_saved, bench, 2000));
	expect(bench, "YES", NOTHING_ASKED);
	assert_int_equal(orders(bench), 1);
	assert_int_equal(bench->phones.notifications, 0);
}

static void dial_and_agree(struct bench *bench)
{
	dial_order(bench);
	say(bench, "YES");
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	say(bench, "services");		/* a page that is saved, which the test waits for */
}

/* A13: the SMSC got no acknowledgement, and repeats it: it orders nothing, and is neither a keyword nor a mistake. */
static void by_sms__killed_after_the_order__repeated_yes_is_only_acknowledged(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_and_agree);
	say(bench, "YES");
	assert_int_equal(bench->phones.kind, ANSWER_NONE);
	assert_int_equal(rate_ctr_group_get_ctr(bench->server->counters, COUNT_REPEATED)->current, 1);
	assert_int_equal(orders(bench), 1);
	expect(bench, "0", HOME);
}

/* A13: the SMSC was busy with other texts first. */
static void by_sms__killed_after_the_order__repeated_yes_comes_second(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_and_agree);
	expect(bench, "0", HOME);
	say(bench, "YES");
	assert_int_equal(bench->phones.kind, ANSWER_NONE);
	expect(bench, "1", BALANCE);
	assert_int_equal(orders(bench), 1);
}

/* A13: some minutes later it can only be the subscriber again. */
static void by_sms__killed_after_the_order__later_yes_is_answered(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_and_agree);
	pass(180);
	assert_int_equal(phones_turn(&bench->phones, TURN_TEXT, ALICE_NUMBER, 10086, 0, "YES"), 0);
	assert_true(comes(answered, bench));
	assert_string_equal(bench->phones.text, "Nothing was asked.");
	assert_int_equal(orders(bench), 1);
}

/* The late yes comes before the notification: its answer says so, and no notification repeats it. */
static void by_sms__killed__S6_F19_late_yes_is_answered_too_late(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_order);
	pass(WITHIN_S + 1);
	expect(bench, "YES", TOO_LATE);
	pass(200);
	assert_int_equal(bench->phones.notifications, 0);
	assert_int_equal(orders(bench), 0);
}

static void by_sms__killed__S6_silence_is_notified_once(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_order);
	pass(WITHIN_S);
	pass_until_notified(bench, 1);
	assert_string_equal(bench->phones.text, TOO_LATE);
	assert_string_equal(bench->phones.sender, "10086");
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	pass(1);	/* until it has left the process */
	assert_true(comes(all_notified, bench));
	pass(200);
	assert_int_equal(bench->phones.notifications, 1);
	expect(bench, "YES", NOTHING_ASKED);
	assert_int_equal(orders(bench), 0);
}

/* It is unknown whether the network has it, so it is sent again. */
static void by_sms__killed_while_silence_is_notified__S6_notified_again(void **state)
{
	struct bench *bench = *state;

	killed_after(bench, dial_order);
	pass(WITHIN_S);
	pass_until_notified(bench, 1);
	server_restart(bench);
	pass_until_notified(bench, 1);
	assert_string_equal(bench->phones.text, TOO_LATE);
}

static void by_sms__alive__S6_silence_is_notified_once_at_its_time(void **state)
{
	struct bench *bench = *state;

	dial_order(bench);
	assert_true(loop_until(some_saved, bench, 3000));
	time_stop();
	time_pass(WITHIN_S + 1);
	assert_true(comes(notified_twice, bench));
	assert_string_equal(bench->phones.text, TOO_LATE);
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	pass(1);	/* until it has left the process */
	assert_true(comes(all_notified, bench));
	pass(300);
	assert_int_equal(bench->phones.notifications, 2);
	server_restart(bench);
	pass(300);
	assert_int_equal(bench->phones.notifications, 0);
}

/* A43: no dialog waits for ten minutes, but a subscriber who does not answer is notified. */
static void by_sms__rests__S6_silence_is_notified_once(void **state)
{
	struct bench *bench = *state;

	dial_order(bench);
	assert_true(loop_until(is_durable, bench, 3000));
	pass(30);
	assert_int_equal(server_dialogs(bench->server), 0);
	pass(WITHIN_S - 30);
	assert_int_equal(bench->phones.notifications, 1);
	pass(120);
	assert_int_equal(bench->phones.notifications, 2);
	assert_string_equal(bench->phones.text, TOO_LATE);
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
	pass(1);
	assert_true(comes(all_notified, bench));
	pass(300);
	assert_int_equal(bench->phones.notifications, 2);
	assert_int_equal(orders(bench), 0);
}

static void by_sms__link_down__S6_F10_silence_is_notified_when_it_is_back(void **state)
{
	struct bench *bench = *state;

	dial_order(bench);
	assert_true(loop_until(some_saved, bench, 3000));
	bench->phones.refuse = -ENOTCONN;
	pass(WITHIN_S + 300);
	assert_int_equal(bench->phones.notifications, 1);
	assert_string_equal(bench->phones.text, BY_SMS);
	bench->phones.refuse = 0;
	pass_until_notified(bench, 2);
	assert_string_equal(bench->phones.text, TOO_LATE);
}

/* S7: asked by a notification, as no turn was open that could be answered. */
static void begin_trial(struct bench *bench)
{
	query(bench, "UPDATE subscription SET state = 'trial', due = 0, trial_until = strftime('%Y%m%d', 'now', '+1 day')"
	      " WHERE service = 'NEWS'");
}

static bool asked(void *user)
{
	return ((struct bench *)user)->phones.notifications;
}

static void wait_for_question(struct bench *bench)
{
	loop_until(asked, bench, 10000);
	channel_sent(&bench->phones.channel, bench->phones.receipt, 0);
}

static void trial__killed_after_the_question__S7_F18_yes_accepts_it(void **state)
{
	struct bench *bench = *state;

	begin_trial(bench);
	killed_after(bench, wait_for_question);
	expect(bench, "Yes.", "News goes on.");
	assert_true(loop_until(none_saved, bench, 2000));
	expect(bench, "Yes.", NOTHING_ASKED);
	assert_int_equal(query(bench, "SELECT count(*) FROM orders WHERE kind = 'trial accept'"), 1);
	assert_int_equal(query(bench, "SELECT count(*) FROM subscription WHERE service = 'NEWS' AND state = 'active'"), 1);
}

static void trial__killed_after_the_question__S7_silence_ends_it(void **state)
{
	struct bench *bench = *state;

	begin_trial(bench);
	killed_after(bench, wait_for_question);
	pass(86400);
	pass_until_notified(bench, 1);
	assert_string_equal(bench->phones.text, "News ends.");
	assert_int_equal(query(bench, "SELECT count(*) FROM orders WHERE kind = 'trial accept'"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- one-time codes: A21, F34 ---- */

static void trust_less(struct bench *bench)
{
	bench->phones.channel.trust = TRUST_READ;
}

static void open_with_key(struct bench *bench)
{
	snprintf(bench->pepper, sizeof(bench->pepper), "/tmp/starhash-conversation-%d", (int)getpid());
	server_restart(bench);
	trust_less(bench);
}

/* The code that the last text asks for. */
static const char *code_of(const char *text, char code[static CONFIRM_CODE_SIZE])
{
	const char *at = strstr(text, "\nReply ");

	assert_non_null(at);
	assert_true(strspn(at + 7, "0123456789") == CONFIRM_CODE_LEN);
	memcpy(code, at + 7, CONFIRM_CODE_LEN);
	code[CONFIRM_CODE_LEN] = '\0';
	return code;
}

static int64_t rows_with(const struct bench *bench, const char *code)
{
	char sql[200];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM conversation WHERE instr(hex(session), hex('%s')) OR late LIKE '%%%s%%'",
		 code, code);
	return query(bench, sql);
}

static void A21_code__restart__still_valid_and_nowhere_in_the_database(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

	open_with_key(bench);
	say(bench, "SUB WEATHER");
	code_of(bench->phones.text, code);
	assert_true(loop_until(some_saved, bench, 2000));
	assert_int_equal(rows_with(bench, code), 0);
	server_restart(bench);
	trust_less(bench);
	expect(bench, code, OPENED);
	assert_int_equal(query(bench, "SELECT count(*) FROM orders"), 1);
	unlink(bench->pepper);
}

/* Without a key file only the process that made a code recognises it. */
static void A21_code__restart_without_a_key__asks_again(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE], other[CONFIRM_CODE_SIZE];

	trust_less(bench);
	say(bench, "SUB WEATHER");
	code_of(bench->phones.text, code);
	assert_true(loop_until(some_saved, bench, 2000));
	server_restart(bench);
	trust_less(bench);
	say(bench, code);
	assert_memory_equal(bench->phones.text, "Wrong code.", 11);
	expect(bench, code_of(bench->phones.text, other), OPENED);
}

/* A forger who can write the database copies the row of another number, whose code is known. */
static void A21_code__copied_to_another_number__invalid(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

	open_with_key(bench);
	assert_int_equal(phones_turn(&bench->phones, TURN_TEXT, ALICE_NUMBER + 1, 10086, 0, "SUB WEATHER"), 0);
	assert_true(loop_until(answered, bench, 3000));
	code_of(bench->phones.text, code);
	assert_true(loop_until(some_saved, bench, 2000));
	server_free(bench->server);
	query(bench, "UPDATE conversation SET msisdn = 13800138000");
	server_start(bench, 1800000);
	trust_less(bench);
	say(bench, code);
	assert_memory_equal(bench->phones.text, "Wrong code.", 11);
	assert_int_equal(query(bench, "SELECT count(*) FROM orders"), 0);
	unlink(bench->pepper);
}

/* The text that carries the code goes to the account's number, not to where the request came from. */
static void A21_dialled__on_a_link_without_the_trust__code_goes_to_the_number(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

	trust_less(bench);
	bench->dialled.channel.trust = TRUST_READ;
	assert_int_equal(phones_turn(&bench->dialled, TURN_BEGIN, ALICE_NUMBER, 1, 1, "*100*4*103#"), 0);
	assert_true(loop_until(answered, bench, 3000));
	assert_string_equal(bench->dialled.text, "We sent a code.");
	assert_int_equal(bench->dialled.kind, ANSWER_END);
	assert_int_equal(bench->phones.notifications, 1);
	expect(bench, code_of(bench->phones.text, code), OPENED);
}

/* The question goes to the number, so it carries the code itself. */
static void A21_trial__asked_about_by_text__its_code_accepts_it(void **state)
{
	struct bench *bench = *state;
	char code[CONFIRM_CODE_SIZE];

	trust_less(bench);
	begin_trial(bench);
	wait_for_question(bench);
	code_of(bench->phones.text, code);
	expect(bench, code, "News goes on.");
	assert_int_equal(query(bench, "SELECT count(*) FROM orders WHERE kind = 'trial accept'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(conversation__restart__number_continues_the_menu),
		TEST(conversation__restart_and_slow_disk__number_continues_the_menu),
		TEST(conversation__two_restarts__order_once_under_its_own_number),
		TEST(conversation__killed__F18_number_continues_the_menu),
		TEST(conversation__restart__yields_to_a_keyword),
		TEST(conversation__ended__not_saved),
		TEST(conversation__is_being_saved__reported_once_the_store_has_it),
		TEST(conversation__secret_or_confirmation__former_page_is_not_saved),
		TEST(conversation__restart_with_another_menu__answered_and_digit_not_taken),
		TEST(conversation__restart_with_another_menu__partner_s_question_asked_again__S6),
		TEST(conversation__restart_with_another_menu__malformed_question_not_asked),
		TEST(conversation__time_is_up__starts_afresh),
		TEST(conversation__waits__holds_no_dialog_and_continues),
		TEST(conversation__waits_for_a_confirmation__keeps_its_dialog),
		TEST(conversation__mistakes_across_parking__ended),
		TEST(by_sms__killed__S6_F18_yes_in_time_orders_once),
		TEST(by_sms__killed_after_the_order__repeated_yes_is_only_acknowledged),
		TEST(by_sms__killed_after_the_order__repeated_yes_comes_second),
		TEST(by_sms__killed_after_the_order__later_yes_is_answered),
		TEST(by_sms__killed__S6_F19_late_yes_is_answered_too_late),
		TEST(by_sms__killed__S6_silence_is_notified_once),
		TEST(by_sms__killed_while_silence_is_notified__S6_notified_again),
		TEST(by_sms__alive__S6_silence_is_notified_once_at_its_time),
		TEST(by_sms__rests__S6_silence_is_notified_once),
		TEST(by_sms__link_down__S6_F10_silence_is_notified_when_it_is_back),
		TEST(trial__killed_after_the_question__S7_F18_yes_accepts_it),
		TEST(trial__killed_after_the_question__S7_silence_ends_it),
		TEST(A21_code__restart__still_valid_and_nowhere_in_the_database),
		TEST(A21_code__restart_without_a_key__asks_again),
		TEST(A21_code__copied_to_another_number__invalid),
		TEST(A21_dialled__on_a_link_without_the_trust__code_goes_to_the_number),
		TEST(A21_trial__asked_about_by_text__its_code_accepts_it),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

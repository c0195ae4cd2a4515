/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The server: dialogs, crossings, reload, overload, stop. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "accounts/internal.h"
#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"
#include "tests/support/reload.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define HOME "Menu\n1 Balance\n3 Password\n4 Services\n5 Chinese\n6 Info\n7 Form"

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones;
	struct phones messages;		/* a channel for short messages, unless a test leaves it out */
	char folder[64];		/* of a menu that the test may edit */
	bool slow;			/* loads end only when they are asked to, or after ten seconds */
	bool ended;			/* one was asked to */
};

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	struct bench *bench = user;
	char path[128];

	for (int i = 0; bench->slow && i < 1000 && !problems_end(problems); i++)
		usleep(10000);
	bench->ended = problems_end(problems);

	snprintf(path, sizeof(path), "%s/menu.cfg", bench->folder);
	return conf_menu_load(path, actions_all(), limits, problems);
}

static void shell(const char *command)
{
	assert_int_equal(system(command), 0);
}

static void copy_menu(struct bench *bench)
{
	char command[512];

	strcpy(bench->folder, "/tmp/starhash-server-test-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	snprintf(command, sizeof(command), "cp " FIXTURES "/engine/fixture/*.cfg %s && chmod u+w %s/*", bench->folder,
		 bench->folder);
	shell(command);
}

static void edit_menu(const struct bench *bench, const char *expression)
{
	char command[512];

	snprintf(command, sizeof(command), "sed -i '%s' %s/*.cfg", expression, bench->folder);
	shell(command);
}

static int open_bench(void **state, unsigned int dialogs_max)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						   .requests_max = 20000 };
	struct server_settings settings = { .dialogs_max = dialogs_max, .resume_ms = 1000, .load_menu = load_menu };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct problems problems = {};

	copy_menu(bench);
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	settings.user = bench;
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	server_add_channel(bench->server, &bench->phones.channel);
	phones_init_texting(&bench->messages);
	server_add_channel(bench->server, &bench->messages.channel);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	*state = bench;
	return 0;
}

static int setup(void **state)
{
	return open_bench(state, 1000);
}

static int setup_small(void **state)
{
	return open_bench(state, 2);
}

static int setup_large(void **state)
{
	return open_bench(state, 20000);
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	struct menu *menu = bench->server->menu;
	char command[128];

	time_go_on();		/* a test that failed may have left it stopped */
	menu_ref(menu);
	server_free(bench->server);
	assert_int_equal(menu_users(menu), 0);		/* no dialog keeps a tree alive */
	menu_unref(menu);
	assert_int_equal(bench->phones.open, 0);	/* no turn is open */
	talloc_free(bench->ctx);
	snprintf(command, sizeof(command), "rm -r %s", bench->folder);
	shell(command);
	free(bench);
	return 0;
}

static void gate(struct bench *bench, enum gate to)
{
	gate_set(accounts_store(bench->accounts), to);
}

static void dial(struct bench *bench, uint64_t session, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, session, 1, code), 0);
}

static void answer(struct bench *bench, uint64_t session, uint32_t sequence, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, session, sequence, text), 0);
}

static bool answered(void *user)
{
	return ((struct phones *)user)->open == 0;
}

static void wait_answer(struct bench *bench)
{
	assert_true(loop_until(answered, &bench->phones, 2000));
}

static uint64_t counter(const struct bench *bench, enum server_counter which)
{
	return rate_ctr_group_get_ctr(bench->server->counters, which)->current;
}

/* ---- a dialog ---- */

static void server__store_answers_now_or_later__same_text(void **state)
{
	static const enum gate gates[] = { GATE_OPEN, GATE_LATER };
	struct bench *bench = *state;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		gate(bench, gates[i]);
		dial(bench, i, "*100#");
		wait_answer(bench);
		assert_string_equal(bench->phones.text, HOME);
		answer(bench, i, 2, "1");
		wait_answer(bench);
		assert_string_equal(bench->phones.text, "You have $12.50.");
		assert_int_equal(bench->phones.kind, ANSWER_END);
		assert_int_equal(server_dialogs(bench->server), 0);
	}
}

/* A72, A73: F42 */
static void server__answer_without_a_dialog__answered_as_expired(void **state)
{
	struct bench *bench = *state;

	answer(bench, 77, 2, "1");
	assert_string_equal(bench->phones.text, "Expired.");
	assert_int_equal(bench->phones.kind, ANSWER_END);
	assert_int_equal(counter(bench, COUNT_STRAY), 1);
}

static void server__subscriber_is_silent__notified_and_ended__F6(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	loop_for(150);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->phones.last_texts, 1);
	assert_string_equal(bench->phones.text, "No answer.");
}

/* The timer of the first page runs out meanwhile. */
static void server__subscriber_answers_in_time__continues__F6(void **state)
{
	struct bench *bench = *state;

	time_stop();
	bench->phones.channel.timing.idle_ms = 25000;
	dial(bench, 1, "*100#");
	time_pass(24);
	answer(bench, 1, 2, "9");
	time_pass(24);
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(2);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(counter(bench, COUNT_SILENT), 1);
	time_go_on();
}

/* It reuses the memory of an ended one, whose timer still runs. */
static void server__dialled_again_at_once__has_its_own_timer__F6(void **state)
{
	struct bench *bench = *state;

	time_stop();
	bench->phones.channel.timing.idle_ms = 25000;
	dial(bench, 1, "*100#");
	time_pass(24);
	answer(bench, 1, 2, "1");
	assert_int_equal(server_dialogs(bench->server), 0);
	dial(bench, 2, "*100#");
	time_pass(24);
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(2);
	assert_int_equal(server_dialogs(bench->server), 0);
	time_go_on();
}

static void dial_as(struct bench *bench, uint64_t user)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, user, user, 1, "*100#"), 0);
}

static void server__earlier_deadline_set_later__ends_in_time__F6(void **state)
{
	struct bench *bench = *state;

	time_stop();
	bench->phones.channel.timing.idle_ms = 25000;
	dial_as(bench, 1);
	bench->phones.channel.timing.idle_ms = 5000;
	dial_as(bench, 2);
	time_pass(6);
	assert_int_equal(server_dialogs(bench->server), 1);
	time_pass(20);
	assert_int_equal(server_dialogs(bench->server), 0);
	time_go_on();
}

static void server__150_silent_at_once__ended_in_rounds__F6(void **state)
{
	struct bench *bench = *state;

	time_stop();
	for (uint64_t user = 1; user <= 150; user++)
		dial_as(bench, user);
	time_pass(1);
	assert_int_equal(server_dialogs(bench->server), 50);
	time_pass(0);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->phones.last_texts, 150);
	time_go_on();
}

/* The wheel's time would be as far from now as it can tell. */
static void server__no_dialog_for_years__next_ends_in_time(void **state)
{
	struct bench *bench = *state;

	time_stop();
	time_pass(60000000);
	dial_as(bench, 1);
	time_pass(1);
	assert_int_equal(server_dialogs(bench->server), 0);
	time_go_on();
}

static void server__dropped_dialog__offered_until_time_is_up__F6(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4#");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	dial(bench, 2, "*100#");
	assert_string_equal(bench->phones.text, "Go on?\n1 Continue\n2 Main menu");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 2, 0, ""), 0);
	loop_for(1100);
	dial(bench, 3, "*100#");
	assert_string_equal(bench->phones.text, HOME);
}

/* ---- crossings ---- */

static void server__same_begin_twice__one_dialog__F1(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	dial(bench, 1, "*100#");
	assert_string_equal(bench->phones.text, HOME);
	assert_int_equal(server_dialogs(bench->server), 1);
	assert_int_equal(counter(bench, COUNT_BEGUN), 1);
	assert_int_equal(counter(bench, COUNT_REPEATED), 1);
}

static void server__same_answer_twice__acts_once__F1(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4#");
	answer(bench, 1, 2, "103");
	assert_memory_equal(bench->phones.text, "Open ", 5);
	answer(bench, 1, 2, "103");	/* as a new input it would be a "yes" */
	assert_memory_equal(bench->phones.text, "Open ", 5);
	assert_int_equal(bench->phones.kind, ANSWER_ASK);
	assert_int_equal(counter(bench, COUNT_REPEATED), 1);
}

static void server__begin_repeated_while_the_account_works__one_answer__F1(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	dial(bench, 1, "*100#");
	dial(bench, 1, "*100#");
	assert_int_equal(bench->phones.nones, 1);
	gate(bench, GATE_OPEN);
	wait_answer(bench);
	assert_string_equal(bench->phones.text, HOME);
	assert_int_equal(bench->phones.asks, 1);
}

static void server__answer_while_the_account_works__never_two_requests__F2(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	gate(bench, GATE_SHUT);
	answer(bench, 1, 2, "4");
	answer(bench, 1, 3, "6");
	assert_int_equal(bench->phones.nones, 1);
	assert_int_equal(counter(bench, COUNT_CROSSED), 1);
	gate(bench, GATE_OPEN);
	wait_answer(bench);
	assert_memory_equal(bench->phones.text, "Services", 8);
}

/* The subscriber left before the answer: a message reports the end of the order, once. */
static void expect_message_of_weather(struct bench *bench)
{
	assert_int_equal(bench->messages.notifications, 1);
	assert_non_null(strstr(bench->messages.text, " is open. Thank you for texting us"));
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	time_stop();
	time_pass(3600);
	assert_int_equal(bench->messages.notifications, 1);
	time_go_on();
}

static void server__order_outlasts_the_turn__named_and_not_repeated__F3(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	gate(bench, GATE_SHUT);
	answer(bench, 1, 2, "1");
	loop_for(100);
	assert_memory_equal(bench->phones.text, "Order ", 6);
	assert_non_null(strstr(bench->phones.text, " takes longer."));
	assert_int_equal(bench->phones.kind, ANSWER_END);
	gate(bench, GATE_OPEN);
	loop_for(20);
	expect_message_of_weather(bench);
	dial(bench, 2, "*100*4#");
	assert_null(strstr(bench->phones.text, "WEATHER"));	/* done all the same: no longer offered */
}

static void server__order_leads_to_a_waiting_page__sent_as_it_is__F3(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	gate(bench, GATE_LATER);
	answer(bench, 1, 2, "5");	/* sets the language, then shows the menu */
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	loop_for(30);
	assert_int_equal(bench->messages.notifications, 1);
	assert_memory_equal(bench->messages.text, "菜单", 6);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void server__dialled_again_during_an_order__names_it__F7(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	gate(bench, GATE_SHUT);
	answer(bench, 1, 2, "1");
	dial(bench, 2, "*100#");
	assert_non_null(strstr(bench->phones.text, "is being carried out."));
	assert_int_equal(server_dialogs(bench->server), 1);
	gate(bench, GATE_OPEN);
	wait_answer(bench);
	assert_non_null(strstr(bench->phones.text, "is open."));
}

static void server__dialled_again_while_waiting__old_dialog_closed__F7(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4#");
	dial(bench, 2, "*100#");
	assert_int_equal(server_dialogs(bench->server), 1);
	assert_string_equal(bench->phones.text, "Go on?\n1 Continue\n2 Main menu");
	answer(bench, 2, 2, "1");
	assert_memory_equal(bench->phones.text, "Services", 8);
}

static void server__network_restarts_the_same_session__no_last_text_in_it__F10(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	answer(bench, 1, 2, "4");
	dial(bench, 1, "*100*1#");
	assert_int_equal(bench->phones.last_texts, 0);
	assert_string_equal(bench->phones.text, "You have $12.50.");
}

static void server__hang_up_during_an_order__order_is_done__F6(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	gate(bench, GATE_LATER);
	answer(bench, 1, 2, "1");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	loop_for(30);
	assert_int_equal(counter(bench, COUNT_LATE_RESULTS), 1);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->phones.last_texts, 0);		/* no dialog is left that could be notified */
	gate(bench, GATE_OPEN);
	expect_message_of_weather(bench);
}

/* ---- reload ---- */

static void server__text_edited_and_reloaded__open_dialog_stays_on_its_tree__F25(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};

	dial(bench, 1, "*100#");
	edit_menu(bench, "s/You have/Your purse holds/");
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	answer(bench, 1, 2, "1");
	assert_string_equal(bench->phones.text, "You have $12.50.");
	dial(bench, 2, "*100*1#");
	assert_string_equal(bench->phones.text, "Your purse holds $12.50.");
}

static void server__broken_edit__old_tree_and_every_error__F25(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};

	edit_menu(bench, "s/page = \"bills\"/page = \"bils\"/; s/{owed}/{owned}/");
	assert_int_equal(reload_now(bench->server, &problems), -EINVAL);
	assert_true(problems.count >= 3);	/* one in menu.cfg, one in each language */
	assert_non_null(strstr(problems.list[0].file, "menu.cfg"));
	assert_true(problems.list[0].line > 0);
	problems_fini(&problems);
	dial(bench, 1, "*100*1#");
	assert_string_equal(bench->phones.text, "You have $12.50.");
}

static void server__ten_reloads_at_once__the_last_good_one_wins__F25(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};
	unsigned int i;

	time_stop();
	dial(bench, 1, "*100#");
	for (i = 0; i < 10; i++) {
		edit_menu(bench, i % 2 ? "s/purse/pocket/" : "s/You have\\|pocket/purse/");
		assert_int_equal(reload_now(bench->server, &problems), 0);
		problems_fini(&problems);	/* warnings */
	}
	answer(bench, 1, 2, "1");
	assert_string_equal(bench->phones.text, "You have $12.50.");
	dial(bench, 2, "*100*1#");
	assert_string_equal(bench->phones.text, "pocket $12.50.");
	time_go_on();
}

struct wait {
	struct menu_reload reload;
	int rc;				/* 1: none yet */
};

static void note_result(struct menu_reload *reload, int rc, const struct problems *problems)
{
	container_of(reload, struct wait, reload)->rc = rc;
}

static struct wait wait_new(void)
{
	return (struct wait){ .reload.done = note_result, .rc = 1 };
}

static bool has_result(void *user)
{
	return ((struct wait *)user)->rc != 1;
}

static void server__asked_during_a_reload__files_read_again_and_all_get_results(void **state)
{
	struct bench *bench = *state;
	struct wait waits[] = { wait_new(), wait_new(), wait_new() };
	unsigned int generation = server_generation(bench->server);

	edit_menu(bench, "s/You have/Your purse holds/");
	server_reload(bench->server, &waits[0].reload);
	server_reload(bench->server, &waits[1].reload);
	edit_menu(bench, "s/purse/pocket/");
	server_reload(bench->server, &waits[2].reload);
	assert_int_equal(server_generation(bench->server), generation);
	assert_true(loop_until(has_result, &waits[2], 60000));
	assert_int_equal(waits[0].rc, 0);
	assert_int_equal(waits[1].rc, 0);
	assert_int_equal(waits[2].rc, 0);
	assert_int_equal(server_generation(bench->server), generation + 2);
	dial(bench, 2, "*100*1#");
	assert_string_equal(bench->phones.text, "Your pocket holds $12.50.");
}

struct asking {
	struct menu_reload reload;
	struct server *server;
	struct wait *next;
};

static void ask_again(struct menu_reload *reload, int rc, const struct problems *problems)
{
	struct asking *asking = container_of(reload, struct asking, reload);

	server_reload(asking->server, &asking->next->reload);
}

static void server__results_that_ask_again__one_more_load_for_each(void **state)
{
	struct bench *bench = *state;
	struct wait waits[] = { wait_new(), wait_new() }, first = wait_new();
	struct asking asking[] = { { .reload.done = ask_again, .server = bench->server, .next = &waits[0] },
				   { .reload.done = ask_again, .server = bench->server, .next = &waits[1] } };
	unsigned int generation = server_generation(bench->server);

	server_reload(bench->server, &first.reload);
	server_reload(bench->server, &asking[0].reload);		/* both have the result of the second load */
	server_reload(bench->server, &asking[1].reload);
	assert_true(loop_until(has_result, &waits[1], 60000));
	assert_int_equal(waits[0].rc, 0);
	assert_int_equal(waits[1].rc, 0);
	assert_int_equal(server_generation(bench->server), generation + 4);
}

static void server__stopped_during_a_reload__reported_and_old_tree_stays(void **state)
{
	struct bench *bench = *state;
	struct wait running = wait_new(), next = wait_new(), late = wait_new(), forgotten = wait_new();
	unsigned int generation = server_generation(bench->server);

	server_reload(bench->server, &running.reload);
	server_reload(bench->server, &next.reload);
	server_reload(bench->server, &forgotten.reload);
	server_reload_forget(&forgotten.reload);
	server_stop(bench->server);
	server_reload(bench->server, &late.reload);
	assert_int_equal(late.rc, -ESHUTDOWN);
	assert_true(loop_until(has_result, &next, 60000));
	assert_int_equal(running.rc, -ESHUTDOWN);
	assert_int_equal(next.rc, -ESHUTDOWN);
	assert_int_equal(forgotten.rc, 1);
	assert_int_equal(server_generation(bench->server), generation);
}

static void server__stopped_during_a_long_load__it_ends(void **state)
{
	struct bench *bench = *state;
	struct wait wait = wait_new();

	bench->slow = true;
	server_reload(bench->server, &wait.reload);
	server_stop(bench->server);
	assert_true(loop_until(has_result, &wait, 60000));
	assert_int_equal(wait.rc, -ESHUTDOWN);
	assert_true(bench->ended);
}

static int text(struct bench *bench, const char *words);

/* The items of services have changed, and the former sixth one is now another. */
static void change_menu(struct bench *bench)
{
	struct problems problems = {};

	edit_menu(bench, "s/You have/Your purse holds/");
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
}

/* A74, A75: "1" chose a service, and must not choose the balance of the new first page. */
static void server__reloaded_while_a_texter_chooses__answered_and_digit_not_taken(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, "services"), 0);
	change_menu(bench);
	assert_int_equal(text(bench, "1"), 0);
	assert_string_equal(bench->messages.text, "The menu has changed.\n" HOME);
	assert_int_equal(text(bench, "1"), 0);
	assert_string_equal(bench->messages.text, "Your purse holds $12.50.");
}

/* A75 */
static void server__reloaded_and_keyword_texted__current_tree(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, "services"), 0);
	change_menu(bench);
	assert_int_equal(text(bench, "ye"), 0);
	assert_string_equal(bench->messages.text, "Your purse holds $12.50.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

/* A partner asks; the test's menu says nothing of what it brings but the service. */
static void give_request(struct bench *bench)
{
	phones_partner_asks(bench->server, ALICE);
	assert_non_null(strstr(bench->messages.text, "Open WEATHER for $0.10 a day, until "));
}

static void server__reloaded_while_a_partner_waits_for_a_yes__asked_again_and_then_answered__S6(void **state)
{
	struct bench *bench = *state;
	char asked[256];

	bench->messages.channel.timing.idle_ms = 60000;
	give_request(bench);
	strcpy(asked, bench->messages.text);
	change_menu(bench);
	bench->messages.text[0] = '\0';
	assert_int_equal(text(bench, "1"), 0);
	assert_string_equal(bench->messages.text, asked);
	assert_int_equal(text(bench, "1"), 0);
	assert_string_equal(bench->messages.text, "Try later.");	/* no such request is stored */
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void server__reloaded_while_a_partner_waits_for_a_yes__keyword_is_one(void **state)
{
	struct bench *bench = *state;

	bench->messages.channel.timing.idle_ms = 60000;
	give_request(bench);
	change_menu(bench);
	assert_int_equal(text(bench, "ye"), 0);
	assert_string_equal(bench->messages.text, "Your purse holds $12.50.");
}

/* A74: nothing restarts without need. */
static void server__reloaded_unchanged__texter_continues(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};

	assert_int_equal(text(bench, "services"), 0);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	assert_int_equal(text(bench, "103"), 0);
	assert_memory_equal(bench->messages.text, "Open ", 5);
}

/* ---- many ---- */

static void server__more_dialogs_than_fit__refused_and_recovers__F26(void **state)
{
	struct bench *bench = *state;
	struct phones *phones = &bench->phones;

	assert_int_equal(phones_turn(phones, TURN_BEGIN, 1, 1, 1, "*100#"), 0);
	assert_int_equal(phones_turn(phones, TURN_BEGIN, 2, 2, 1, "*100#"), 0);
	assert_int_equal(phones_turn(phones, TURN_BEGIN, 3, 3, 1, "*100#"), -EBUSY);
	assert_int_equal(counter(bench, COUNT_REFUSED), 1);
	assert_int_equal(phones_turn(phones, TURN_GONE, 1, 1, 0, ""), 0);
	assert_int_equal(phones_turn(phones, TURN_BEGIN, 3, 3, 1, "*100#"), 0);
}

static void server__full_of_dropped_dialogs__oldest_makes_room__F26(void **state)
{
	struct bench *bench = *state;
	struct phones *phones = &bench->phones;

	dial(bench, 1, "*100*4#");
	assert_int_equal(phones_turn(phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	assert_int_equal(bench->server->parked_count, 1);
	assert_int_equal(phones_turn(phones, TURN_BEGIN, 2, 2, 1, "*100#"), 0);
	assert_int_equal(phones_turn(phones, TURN_BEGIN, 3, 3, 1, "*100#"), 0);
	assert_int_equal(bench->server->parked_count, 0);
}

/* How many entries of the index a look-up passes at most. */
static unsigned int longest_search(const struct server *server)
{
	const struct dialog *dialog = NULL;
	unsigned int longest = 0;

	while ((dialog = dialogs_next(server, dialog))) {
		struct dialog_search search = {};

		while (dialog_next_of(server, dialog->user, &search))
			;
		longest = search.at > longest ? search.at : longest;
	}
	return longest;
}

/* A59: the hashes of these numbers have the same first and last bits, unless they are keyed. */
static void server__numbers_chosen_to_collide__spread(void **state)
{
	struct bench *bench = *state;
	uint64_t user, hash;
	unsigned int found;

	bench->phones.channel.timing.idle_ms = 60000;
	for (user = 1, found = 0; found < 200; user++) {
		hash = keyed_hash(0, &user, sizeof(user));
		if (hash >> 54 || hash % 8)
			continue;
		assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, user, 1, 1, "*100#"), 0);
		found++;
	}
	assert_true(longest_search(bench->server) < 100);
}

static void open_10000(struct bench *bench)
{
	uint64_t i;

	for (i = 1; i <= 10000; i++)
		assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, i, i, 1, "*100#"), 0);
	assert_int_equal(server_dialogs(bench->server), 10000);
}

static void server__10000_dialogs__each_gets_its_answers__F25(void **state)
{
	struct bench *bench = *state;
	struct problems problems = {};
	uint64_t i;

	bench->phones.channel.timing.idle_ms = 60000;
	open_10000(bench);
	edit_menu(bench, "s/Unknown number/Nobody/");
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	for (i = 1; i <= 10000; i++) {
		assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, i, i, 2, "1"), 0);
		assert_string_equal(bench->phones.text, "Unknown number.");
	}
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void server__stopped_with_10000_dialogs__everybody_is_notified(void **state)
{
	struct bench *bench = *state;

	bench->phones.channel.timing.idle_ms = 60000;
	open_10000(bench);
	server_stop(bench->server);
	assert_int_equal(bench->phones.last_texts, 10000);
	assert_string_equal(bench->phones.text, "Restarting.");
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, 1, 1, 1, "*100#"), -EBUSY);
}

static void server__stopped_while_the_account_works__turn_is_answered(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	dial(bench, 1, "*100#");
	server_stop(bench->server);
	assert_int_equal(bench->phones.open, 0);
	assert_string_equal(bench->phones.text, "Restarting.");
}

/* A11 */
static void server__stopped_during_an_order__answered_that_it_goes_on(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	gate(bench, GATE_SHUT);
	answer(bench, 1, 2, "1");
	server_stop(bench->server);
	assert_int_equal(bench->phones.open, 0);
	assert_memory_equal(bench->phones.text, "Order ", 6);
	assert_non_null(strstr(bench->phones.text, " takes longer."));
	assert_int_equal(bench->phones.kind, ANSWER_END);
}

/* ---- short messages ---- */

static int text(struct bench *bench, const char *words)
{
	return phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 10086, 0, words);
}

static void server__texts__one_conversation_until_it_ends(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, ""), 0);
	assert_string_equal(bench->messages.text, HOME);
	assert_int_equal(server_dialogs(bench->server), 1);
	assert_int_equal(text(bench, "1."), 0);
	assert_string_equal(bench->messages.text, "You have $12.50.");
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(text(bench, "ye"), 0);
	assert_int_equal(bench->messages.ends, 2);
}

static void server__text_while_the_last_turn_is_open__to_be_repeated__F2(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	assert_int_equal(text(bench, "ye"), 0);
	assert_int_equal(text(bench, "services"), -EAGAIN);
	gate(bench, GATE_OPEN);
	assert_true(loop_until(answered, &bench->messages, 2000));
	assert_string_equal(bench->messages.text, "You have $12.50.");
	assert_int_equal(text(bench, "services"), 0);
}

/* A46 */
static void server__texter_is_unknown__answered_and_leaves_nothing(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, 4912345678, 10086, 0, "services"), 0);
	assert_int_equal(bench->messages.kind, ANSWER_END);
	assert_string_equal(bench->messages.text, "Unknown number.");
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, 4912345678, 10086, 0, ""), 0);
	assert_string_equal(bench->messages.text, "Unknown number.");
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void server__texter_is_silent__hears_nothing(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, "services"), 0);
	loop_for(150);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->server->parked_count, 0);
	assert_int_equal(bench->messages.last_texts, 0);
}

static void server__stopped_during_a_conversation__texter_hears_nothing(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, "services"), 0);
	server_stop(bench->server);
	assert_int_equal(bench->messages.last_texts, 0);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static void server__saved_conversation_is_late__starts_afresh__F16(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	assert_int_equal(text(bench, "6"), 0);
	assert_int_equal(text(bench, "6"), -EAGAIN);
	assert_int_equal(bench->messages.open, 1);
	assert_true(loop_until(answered, &bench->messages, 2000));
	assert_memory_equal(bench->messages.text, "One two", 7);
	assert_int_equal(bench->messages.asks, 1);
}

static void server__saved_conversation_is_unavailable__starts_afresh__F16(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_DOWN);
	assert_int_equal(text(bench, "yes"), 0);
	assert_string_equal(bench->messages.text, "Not available.");	/* not "nothing was asked": an earlier process may have asked */
	assert_int_equal(text(bench, "6"), 0);
	assert_memory_equal(bench->messages.text, "One two", 7);
}

static void server__stopped_while_a_saved_conversation_is_fetched__turn_is_answered(void **state)
{
	struct bench *bench = *state;

	gate(bench, GATE_SHUT);
	assert_int_equal(text(bench, "1"), 0);
	server_stop(bench->server);
	assert_int_equal(bench->messages.open, 0);
	assert_string_equal(bench->messages.text, "Restarting.");
}

static void server__dialling_while_texting__both_continue(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, ""), 0);
	dial(bench, 1, "*100#");
	assert_int_equal(server_dialogs(bench->server), 2);
	assert_int_equal(text(bench, "1"), 0);
	answer(bench, 1, 2, "1");
	assert_string_equal(bench->phones.text, bench->messages.text);
}

/* ---- admission ---- */

static int text_from(struct bench *bench, uint64_t user, const char *words)
{
	return phones_turn(&bench->messages, TURN_TEXT, user, 10086, 0, words);
}

/* Conversations that cannot be saved, each with its own dialog, as the fixture has too few subscribers. */
static void fill_with_conversations(struct bench *bench, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		const struct turn turn = { .kind = TURN_TEXT, .subscriber.msisdn = "13800138000",
					   .peer = { .channel = &bench->messages.channel, .user = 900000 + i,
							     .session = 10086 } };
		struct dialog *dialog = dialog_new(bench->server, &turn);

		assert_non_null(dialog);
		dialog_arm_timer(dialog, 60000);
		dialog_wait(dialog);
	}
}

/* A42, A44: with the table full of conversations, dials are served, and the last texter continues. */
static void admission__table_full_of_conversations__dials_are_served(void **state)
{
	struct bench *bench = *state;
	const struct peer first = { .channel = &bench->messages.channel, .user = 900000 + 1500, .session = 10086 };
	const struct peer last = { .channel = &bench->messages.channel, .user = 900000 + 1999, .session = 10086 };
	unsigned int i;

	origin_of(&bench->messages.channel)->share = 500;
	fill_with_conversations(bench, 2000);
	assert_int_equal(server_dialogs(bench->server), 500);
	assert_int_equal(counter(bench, COUNT_EVICTED), 1500);
	bench->phones.channel.timing.idle_ms = 60000;
	for (i = 1; i <= 900; i++)
		assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, i, i, 1, "*100#"), 0);
	assert_int_equal(origin_of(&bench->phones.channel)->live, 900);
	assert_int_equal(origin_of(&bench->messages.channel)->live, 100);
	assert_int_equal(counter(bench, COUNT_EVICTED), 1900);
	assert_non_null(dialog_find(bench->server, &last));
	assert_null(dialog_find(bench->server, &first));
}

/* A44 */
static void admission__channel_has_its_share__refused_and_others_served(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	bench->phones.channel.timing.idle_ms = 60000;
	origin_of(&bench->phones.channel)->share = 10;
	for (i = 1; i <= 10; i++)
		assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, i, i, 1, "*100#"), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, 11, 11, 1, "*100#"), -EBUSY);
	assert_int_equal(counter(bench, COUNT_REFUSED_SHARE), 1);
	assert_int_equal(text(bench, "services"), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, 1, 1, 0, ""), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, 11, 11, 1, "*100#"), 0);
}

/* A45: by text only this subscriber's message is delayed; by dial the answer says so. */
static void admission__subscriber_sends_too_much__refused_and_others_served(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	bench->server->inputs = (struct rate_limit){ .interval_us = 2000000, .burst = 5 };
	bench->phones.channel.limited = bench->messages.channel.limited = true;
	for (i = 0; i < 5; i++) {
		dial(bench, i, "*100*1#");
		assert_int_equal(text(bench, "ye"), 0);
	}
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 9, 1, "*100#"), -EBUSY);
	assert_int_equal(text(bench, "ye"), -EAGAIN);
	assert_int_equal(counter(bench, COUNT_REFUSED_SUBSCRIBER), 2);
	assert_int_equal(text_from(bench, ALICE_NUMBER + 1, "ye"), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 9, 0, ""), 0);
}

/* A45 */
static void admission__link_sends_too_much__refused_and_other_links_served(void **state)
{
	struct bench *bench = *state;
	unsigned int i, refused = 0;

	origin_of(&bench->messages.channel)->rate = (struct rate_limit){ .interval_us = 1000000, .burst = 5 };
	for (i = 0; i < 20; i++)
		refused += text_from(bench, ALICE_NUMBER, "ye") == -EBUSY;
	assert_int_equal(refused, 15);
	assert_int_equal(counter(bench, COUNT_REFUSED_LINK), 15);
	dial(bench, 1, "*100*1#");
	assert_string_equal(bench->phones.text, "You have $12.50.");
}

/* A42: refused before an account is looked up. */
static void admission__many_texts_in_progress__more_deferred(void **state)
{
	struct bench *bench = *state;
	const uint64_t before = accounts_counts(bench->accounts)->requests;
	unsigned int i;

	bench->server->settings.texts_max = 10;
	bench->messages.channel.timing.answer_ms = 60000;
	gate(bench, GATE_SHUT);
	for (i = 0; i < 10; i++)
		assert_int_equal(text_from(bench, 1000 + i, "ye"), 0);
	assert_int_equal(accounts_counts(bench->accounts)->requests, before + 10);
	for (; i < 1000; i++)
		assert_int_equal(text_from(bench, 1000 + i, "ye"), -EBUSY);
	assert_int_equal(accounts_counts(bench->accounts)->requests, before + 10);
	assert_int_equal(counter(bench, COUNT_REFUSED_TEXTS), 990);
	gate(bench, GATE_OPEN);
	assert_true(loop_until(answered, &bench->messages, 2000));
	assert_int_equal(text_from(bench, 1000 + i, "ye"), 0);
	assert_int_equal(bench->messages.open, 0);
}

/* ---- long turns of texts (A10) ---- */

/* "1" says yes to a service. */
static void agree_slowly(struct bench *bench, const char *yes)
{
	assert_int_equal(text(bench, "KT 103"), 0);
	assert_memory_equal(bench->messages.text, "Open ", 5);
	bench->messages.channel.timing.answer_ms = 60000;
	gate(bench, GATE_SHUT);
	assert_int_equal(text(bench, yes), 0);
}

/* The answer completes it: nothing is left for another process. */
static void texts__yes_takes_long__saved_until_it_is_answered(void **state)
{
	struct bench *bench = *state;

	agree_slowly(bench, "1");
	gate(bench, GATE_OPEN);
	channel_save_text(bench->messages.turn);
	assert_int_equal(bench->messages.keeps, 1);
	assert_int_equal(bench->messages.text_saved, 0);
	assert_int_equal(counter(bench, COUNT_TEXTS_SAVED), 1);
	assert_true(loop_until(answered, &bench->messages, 2000));
	assert_non_null(strstr(bench->messages.text, " is open"));
	assert_true(bench->messages.receipt > 0);
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	time_stop();
	time_pass(300);
	assert_int_equal(bench->messages.agains, 0);
}

/* The answer did not reach the network: the text is handled again, in another process or in this one, is answered, and orders nothing. */
static void texts__saved_and_answer_lost__answered_again(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(text(bench, "services"), 0);
	bench->messages.channel.timing = (struct channel_timing){ 60000, 1800000, 1800000 };
	gate(bench, GATE_SHUT);
	assert_int_equal(text(bench, "ye"), 0);
	gate(bench, GATE_OPEN);
	channel_save_text(bench->messages.turn);
	assert_true(loop_until(answered, &bench->messages, 2000));
	channel_sent(&bench->messages.channel, bench->messages.receipt, -ETIMEDOUT);
	bench->messages.text[0] = '\0';
	time_stop();
	time_pass(60);
	assert_int_equal(bench->messages.agains, 1);
	assert_string_equal(bench->messages.text, "You have $12.50.");
	channel_sent(&bench->messages.channel, bench->messages.receipt, 0);
	time_pass(300);
	assert_int_equal(bench->messages.agains, 1);
	assert_int_equal(counter(bench, COUNT_TEXTS_AGAIN), 1);
}

/* An answer to a form, or the words after a keyword, may be a secret. */
static void texts__may_be_a_secret__not_saved(void **state)
{
	static const char *const secrets[] = { "XGMM 135790 246813", "135790", "KT NEWS", "a complaint" };
	struct bench *bench = *state;
	unsigned int i;

	bench->messages.channel.timing.answer_ms = 60000;
	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		gate(bench, GATE_SHUT);
		assert_int_equal(text_from(bench, ALICE_NUMBER + 10 + i, secrets[i]), 0);
		channel_save_text(bench->messages.turn);
		assert_int_equal(bench->messages.keeps, i + 1);
		assert_int_equal(bench->messages.text_saved, -EPERM);
		gate(bench, GATE_OPEN);
		assert_true(loop_until(answered, &bench->messages, 2000));
	}
	assert_int_equal(counter(bench, COUNT_TEXTS_NOT_SAVED), i);
	assert_int_equal(text(bench, "XGMM"), 0);
	dialog_load(phones_dialog(bench->server));
	assert_false(engine_text_plain(bench->server->menu, &bench->server->scratch, "1", 1));
	assert_true(engine_text_plain(bench->server->menu, NULL, "1", 1));
}

/* ---- numbers ---- */

/* A1: when the clock goes back while the server runs, events get new references, and every reference belongs to the process that
 * draws it. */
static void clock__stepped_back__events_have_new_references__A1(void **state)
{
	struct bench *bench = *state;
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		struct session_event event = { .kind = EVENT_INPUT };

		if (i == 500) {
			osmo_clock_override_enable(CLOCK_REALTIME_COARSE, true);
			osmo_clock_override_gettimespec(CLOCK_REALTIME_COARSE)->tv_sec = time(NULL) - 3600;
		}
		server_stamp(bench->server, &event);
		assert_int_equal(event.ref >> 60, 0);
		assert_true(last == 0 || event.ref == last + 1);
		last = event.ref;
	}
	osmo_clock_override_enable(CLOCK_REALTIME_COARSE, false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(server__store_answers_now_or_later__same_text),
		TEST(server__answer_without_a_dialog__answered_as_expired),
		TEST(server__subscriber_is_silent__notified_and_ended__F6),
		TEST(server__subscriber_answers_in_time__continues__F6),
		TEST(server__dialled_again_at_once__has_its_own_timer__F6),
		TEST(server__earlier_deadline_set_later__ends_in_time__F6),
		TEST(server__150_silent_at_once__ended_in_rounds__F6),
		TEST(server__no_dialog_for_years__next_ends_in_time),
		TEST(server__dropped_dialog__offered_until_time_is_up__F6),
		TEST(server__same_begin_twice__one_dialog__F1),
		TEST(server__same_answer_twice__acts_once__F1),
		TEST(server__begin_repeated_while_the_account_works__one_answer__F1),
		TEST(server__answer_while_the_account_works__never_two_requests__F2),
		TEST(server__order_outlasts_the_turn__named_and_not_repeated__F3),
		TEST(server__order_leads_to_a_waiting_page__sent_as_it_is__F3),
		TEST(server__dialled_again_during_an_order__names_it__F7),
		TEST(server__dialled_again_while_waiting__old_dialog_closed__F7),
		TEST(server__network_restarts_the_same_session__no_last_text_in_it__F10),
		TEST(server__hang_up_during_an_order__order_is_done__F6),
		TEST(server__text_edited_and_reloaded__open_dialog_stays_on_its_tree__F25),
		TEST(server__broken_edit__old_tree_and_every_error__F25),
		TEST(server__ten_reloads_at_once__the_last_good_one_wins__F25),
		TEST(server__asked_during_a_reload__files_read_again_and_all_get_results),
		TEST(server__results_that_ask_again__one_more_load_for_each),
		TEST(server__stopped_during_a_long_load__it_ends),
		TEST(server__stopped_during_a_reload__reported_and_old_tree_stays),
		TEST(server__reloaded_while_a_texter_chooses__answered_and_digit_not_taken),
		TEST(server__reloaded_and_keyword_texted__current_tree),
		TEST(server__reloaded_while_a_partner_waits_for_a_yes__asked_again_and_then_answered__S6),
		TEST(server__reloaded_while_a_partner_waits_for_a_yes__keyword_is_one),
		TEST(server__reloaded_unchanged__texter_continues),
		TEST(server__texter_is_unknown__answered_and_leaves_nothing),
		cmocka_unit_test_setup_teardown(server__more_dialogs_than_fit__refused_and_recovers__F26, setup_small,
						teardown),
		cmocka_unit_test_setup_teardown(server__full_of_dropped_dialogs__oldest_makes_room__F26, setup_small,
						teardown),
		TEST(server__numbers_chosen_to_collide__spread),
		cmocka_unit_test_setup_teardown(server__10000_dialogs__each_gets_its_answers__F25, setup_large,
						teardown),
		cmocka_unit_test_setup_teardown(server__stopped_with_10000_dialogs__everybody_is_notified, setup_large,
						teardown),
		TEST(server__stopped_while_the_account_works__turn_is_answered),
		TEST(server__stopped_during_an_order__answered_that_it_goes_on),
		TEST(server__texts__one_conversation_until_it_ends),
		TEST(server__text_while_the_last_turn_is_open__to_be_repeated__F2),
		TEST(server__texter_is_silent__hears_nothing),
		TEST(server__stopped_during_a_conversation__texter_hears_nothing),
		TEST(server__saved_conversation_is_late__starts_afresh__F16),
		TEST(server__saved_conversation_is_unavailable__starts_afresh__F16),
		TEST(server__stopped_while_a_saved_conversation_is_fetched__turn_is_answered),
		TEST(server__dialling_while_texting__both_continue),
		TEST(clock__stepped_back__events_have_new_references__A1),
		TEST(admission__table_full_of_conversations__dials_are_served),
		TEST(admission__channel_has_its_share__refused_and_others_served),
		TEST(admission__subscriber_sends_too_much__refused_and_others_served),
		TEST(admission__link_sends_too_much__refused_and_other_links_served),
		TEST(admission__many_texts_in_progress__more_deferred),
		TEST(texts__yes_takes_long__saved_until_it_is_answered),
		TEST(texts__saved_and_answer_lost__answered_again),
		TEST(texts__may_be_a_secret__not_saved),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Call data records (O1): one line for each dialog, with pages and outcome, and without the subscriber's input. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "journal/journal_internal.h"
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

struct bench {
	void *ctx;
	char file[64];
	struct journal_settings journal;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, texts;
	unsigned int count;		/* number of lines at the last read_journal() */
	char raw[1024];			/* the last line */
	json_t *last;
};

/* ---- the bench ---- */

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static int setup(void **state)
{
	struct message_rules rules = message_rules_default;
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						   .requests_max = 100, .message_rules = &rules };
	struct server_settings settings = { .dialogs_max = 100, .resume_ms = 1000, .load_menu = load_menu };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct problems problems = {};

	rules.survey_percent = 0;	/* else one order of ten, as its reference has it, is followed by a survey */
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	snprintf(bench->file, sizeof(bench->file), "/tmp/starhash-cdr-test-%d", (int)getpid());
	bench->journal = (struct journal_settings){ .file = bench->file, .numbers = "clear", .flush_ms = 60000 };
	settings.journal = journal_new(bench->ctx, &bench->journal);
	assert_non_null(settings.journal);
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	phones_init_texting(&bench->texts);
	bench->texts.channel.name = "messages";
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->texts.channel);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;
	struct journal *journal = bench->server->settings.journal;

	server_free(bench->server);
	journal_free(journal);
	unlink(bench->file);
	json_decref(bench->last);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

/* A closed journal has written everything: the next one appends to its file. */
static void read_journal(struct bench *bench)
{
	struct journal **journal = &bench->server->settings.journal;
	FILE *file;

	journal_free(*journal);
	*journal = journal_new(bench->ctx, &bench->journal);
	file = fopen(bench->file, "r");
	assert_non_null(file);
	bench->raw[0] = '\0';
	for (bench->count = 0; fgets(bench->raw, sizeof(bench->raw), file); bench->count++)
		;
	fclose(file);
	json_decref(bench->last);
	bench->last = json_loads(bench->raw, 0, NULL);
}

static const char *word(const struct bench *bench, const char *name)
{
	return json_string_value(json_object_get(bench->last, name));
}

static int number(const struct bench *bench, const char *name)
{
	return (int)json_integer_value(json_object_get(bench->last, name));
}

static void dial(struct bench *bench, uint64_t session, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, session, 1, code), 0);
}

static void answer(struct bench *bench, uint64_t session, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, session, 0, text), 0);
}

/* The number of lines; channel, code and outcome of the last one. */
static void expect(struct bench *bench, unsigned int count, const char *channel, const char *code, const char *outcome)
{
	read_journal(bench);
	assert_int_equal(bench->count, count);
	assert_string_equal(word(bench, "channel"), channel);
	assert_string_equal(word(bench, "code"), code);
	assert_string_equal(word(bench, "outcome"), outcome);
}

static void expect_path(const struct bench *bench, const char *first, const char *second)
{
	const json_t *path = json_object_get(bench->last, "path");

	assert_int_equal(json_array_size(path), second ? 2 : 1);
	assert_string_equal(json_string_value(json_array_get(path, 0)), first);
	if (second)
		assert_string_equal(json_string_value(json_array_get(path, 1)), second);
}

/* ---- outcomes ---- */

static void cdr__dialog__one_line_at_its_end(void **state)
{
	struct bench *bench = *state;
	char menu[16];

	dial(bench, 1, "*100#");
	read_journal(bench);
	assert_int_equal(bench->count, 0);
	answer(bench, 1, "1");
	expect(bench, 1, "phones", "*100#", "done");
	expect_path(bench, "home", "balance_prepaid");
	assert_int_equal(number(bench, "turns"), 2);
	assert_string_equal(word(bench, "msisdn"), ALICE);
	assert_string_equal(word(bench, "language"), "en");
	snprintf(menu, sizeof(menu), "%08x", menu_fingerprint(bench->server->menu));
	assert_string_equal(word(bench, "menu"), menu);
}

static int wait_for_page(const struct bench *bench, size_t page)
{
	return (int)json_integer_value(json_array_get(json_object_get(bench->last, "waits_ms"), page));
}

static void cdr__slow_answer__its_page_and_the_time(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	gate_set(accounts_store(bench->accounts), GATE_SHUT);
	answer(bench, 1, "4");
	loop_for(20);
	gate_set(accounts_store(bench->accounts), GATE_OPEN);
	loop_for(20);
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	expect(bench, 1, "phones", "*100#", "gone");
	expect_path(bench, "home", "offered");
	assert_int_equal(json_array_size(json_object_get(bench->last, "waits_ms")), 2);
	assert_true(wait_for_page(bench, 1) >= 20);
	assert_true(wait_for_page(bench, 0) < 20);
	assert_int_equal(wait_for_page(bench, 1), number(bench, "slowest_ms"));
}

/* Digits after the entry may be a secret: *100*3*old*new*new#. */
static void cdr__dialled_path__only_the_entry(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*1*917364#");
	expect(bench, 1, "phones", "*100#", "done");
	assert_null(strstr(bench->raw, "917364"));
}

static void cdr__code_without_an_entry__not_written(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*917364#");
	expect(bench, 1, "phones", "", "done");
	assert_null(strstr(bench->raw, "917364"));
}

static void cdr__order__its_reference(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	answer(bench, 1, "1");
	expect(bench, 1, "phones", "*100#", "done");
	assert_int_equal(strlen(word(bench, "ref")), 14);
}

static void cdr__survey_after_an_order__reference_of_the_order(void **state)
{
	struct bench *bench = *state;
	char ordered[15];

	dial(bench, 1, "*159#");
	answer(bench, 1, "1");
	expect(bench, 1, "phones", "*159#", "done");
	snprintf(ordered, sizeof(ordered), "%s", word(bench, "ref"));
	assert_non_null(strstr(bench->phones.text, ordered));
}

static void cdr__call_back__no_reference(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	answer(bench, 1, "*");
	expect(bench, 1, "phones", "*100#", "done");
	assert_null(strstr(bench->raw, "\"ref\""));
}

static void cdr__hung_up__gone(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	expect(bench, 1, "phones", "*100#", "gone");
	expect_path(bench, "home", NULL);
}

static void cdr__resumed__its_own_record(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4#");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	expect(bench, 1, "phones", "*100#", "gone");
	dial(bench, 2, "*100#");
	answer(bench, 2, "2");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 2, 0, ""), 0);
	expect(bench, 2, "phones", "*100#", "gone");
	assert_int_equal(number(bench, "turns"), 2);
}

static void cdr__no_answer__silence(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	loop_for(150);
	expect(bench, 1, "phones", "*100#", "silence");
	expect_path(bench, "home", NULL);
}

static void cdr__account_too_late__unavailable(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	gate_set(accounts_store(bench->accounts), GATE_SHUT);
	answer(bench, 1, "4");
	loop_for(100);
	expect(bench, 1, "phones", "*100#", "unavailable");
	assert_true(number(bench, "slowest_ms") > 0);
}

static void cdr__late_order__late(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*103#");
	gate_set(accounts_store(bench->accounts), GATE_SHUT);
	answer(bench, 1, "1");
	loop_for(100);
	read_journal(bench);
	assert_int_equal(bench->count, 0);
	gate_set(accounts_store(bench->accounts), GATE_OPEN);
	loop_for(20);
	expect(bench, 1, "phones", "*100#", "late");
}

static void cdr__answer_without_a_dialog__stray(void **state)
{
	struct bench *bench = *state;

	answer(bench, 77, "1");
	expect(bench, 1, "phones", "", "stray");
}

static void cdr__text__number_and_page_but_not_its_words(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(phones_turn(&bench->texts, TURN_TEXT, ALICE_NUMBER, 10086, 0, "XGMM 135790 246802 246802"), 0);
	loop_for(20);
	read_journal(bench);
	assert_int_equal(bench->count, 1);
	assert_string_equal(word(bench, "channel"), "messages");
	assert_string_equal(word(bench, "code"), "10086");
	assert_null(strstr(bench->raw, "135790"));
	assert_null(strstr(bench->raw, "XGMM"));
}

static void cdr__daemon_stops__stopped(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	server_stop(bench->server);
	expect(bench, 1, "phones", "*100#", "stopped");
	expect_path(bench, "home", NULL);
}

static void cdr__many_pages__first_ones_and_a_count(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	dial(bench, 1, "*100#");
	for (i = 0; i < CDR_PATH_MAX; i++) {
		answer(bench, 1, "4");
		answer(bench, 1, "0");
	}
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	read_journal(bench);
	assert_int_equal(json_array_size(json_object_get(bench->last, "path")), CDR_PATH_MAX);
	assert_int_equal(number(bench, "path_left_out"), CDR_PATH_MAX + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cdr__dialog__one_line_at_its_end),
		TEST(cdr__slow_answer__its_page_and_the_time),
		TEST(cdr__dialled_path__only_the_entry),
		TEST(cdr__code_without_an_entry__not_written),
		TEST(cdr__order__its_reference),
		TEST(cdr__survey_after_an_order__reference_of_the_order),
		TEST(cdr__call_back__no_reference),
		TEST(cdr__hung_up__gone),
		TEST(cdr__resumed__its_own_record),
		TEST(cdr__no_answer__silence),
		TEST(cdr__account_too_late__unavailable),
		TEST(cdr__late_order__late),
		TEST(cdr__answer_without_a_dialog__stray),
		TEST(cdr__text__number_and_page_but_not_its_words),
		TEST(cdr__daemon_stops__stopped),
		TEST(cdr__many_pages__first_ones_and_a_count),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

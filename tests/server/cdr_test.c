/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the journal is told of contacts (O1): one line for each, with the pages and how it ended, and nothing that was typed.
 * The journal here is the test's own. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

#define ALICE_NUMBER UINT64_C(13800138000)

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, messages;
};

/* ---- a journal in the test's hands ---- */

static struct {
	unsigned int count;
	char words[512];		/* the last contact: channel, code, outcome, and the path */
	char ref[REF_TEXT_SIZE];
	struct contact last;
} noted;

static void add_word(const char *word)
{
	strcat(noted.words, word);
	strcat(noted.words, " ");
}

void __wrap_journal_write(struct journal *journal, const struct contact *contact);
void __wrap_journal_write(struct journal *journal, const struct contact *contact)
{
	unsigned int i;

	noted.count++;
	noted.last = *contact;
	noted.words[0] = noted.ref[0] = '\0';
	if (contact->ref)
		strcpy(noted.ref, contact->ref);
	add_word(contact->channel);
	add_word(contact->code);
	add_word(contact->outcome);
	for (i = 0; i < contact->path_count; i++)
		add_word(contact->path[i]);
}

/* ---- the bench ---- */

static struct menu *load_menu(void *user, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static int setup(void **state)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
						   .requests_max = 100 };
	static char some_journal;
	const struct server_settings settings = { .dialogs_max = 100, .resume_ms = 1000, .load_menu = load_menu,
						  .journal = (struct journal *)&some_journal };
	struct bench *bench = calloc(1, sizeof(*bench));
	struct problems problems = {};

	memset(&noted, 0, sizeof(noted));
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	phones_init_texting(&bench->messages);
	bench->messages.channel.name = "messages";
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->messages.channel);
	assert_int_equal(server_reload(bench->server, &problems), 0);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static void dial(struct bench *bench, uint64_t session, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, session, 1, code), 0);
}

static void answer(struct bench *bench, uint64_t session, const char *text)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, session, 0, text), 0);
}

static void expect(unsigned int count, const char *words)
{
	assert_int_equal(noted.count, count);
	assert_string_equal(noted.words, words);
}

/* ---- outcomes ---- */

static void contact__dialog__one_line_at_its_end(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	assert_int_equal(noted.count, 0);
	answer(bench, 1, "1");
	expect(1, "phones *100# done home balance_prepaid ");
	assert_int_equal(noted.last.turns, 2);
	assert_string_equal(noted.last.subscriber.msisdn, ALICE);
	assert_string_equal(noted.last.language, "en");
	assert_int_equal(noted.last.menu, menu_fingerprint(bench->server->menu));
}

/* What follows the entry may be a secret: *100*3*old*new*new#. */
static void contact__dialled_through__only_the_entry(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*1*917364#");
	assert_memory_equal(noted.words, "phones *100# ", 13);
	assert_null(strstr(noted.words, "917364"));
}

static void contact__code_of_no_entry__not_written(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*917364#");
	assert_memory_equal(noted.words, "phones  ", 8);
}

static void contact__order__its_reference(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*1#");
	answer(bench, 1, "1");
	assert_int_equal(noted.count, 1);
	assert_int_equal(strlen(noted.ref), 14);
}

static void contact__hung_up__gone(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	expect(1, "phones *100# gone home ");
}

static void contact__taken_up_again__a_contact_of_its_own(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4#");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	assert_int_equal(noted.count, 1);
	dial(bench, 2, "*100#");
	answer(bench, 2, "2");
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 2, 0, ""), 0);
	assert_int_equal(noted.count, 2);
	assert_int_equal(noted.last.turns, 2);
}

static void contact__no_answer__silence(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	loop_for(150);
	expect(1, "phones *100# silence home ");
}

static void contact__account_too_late__unavailable(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	gate_set(accounts_store(bench->accounts), GATE_SHUT);
	answer(bench, 1, "4");
	loop_for(100);
	assert_memory_equal(noted.words, "phones *100# unavailable ", 25);
	assert_true(noted.last.slowest_ms > 0);
}

static void contact__late_order__late(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100*4*1#");
	gate_set(accounts_store(bench->accounts), GATE_SHUT);
	answer(bench, 1, "1");
	loop_for(100);
	assert_int_equal(noted.count, 0);
	gate_set(accounts_store(bench->accounts), GATE_OPEN);
	loop_for(20);
	assert_int_equal(noted.count, 1);
	assert_string_equal(noted.last.outcome, "late");
}

static void contact__answer_of_no_dialog__stray(void **state)
{
	struct bench *bench = *state;

	answer(bench, 77, "1");
	expect(1, "phones  stray ");
}

static void contact__text__number_and_page_but_no_words(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 10086, 0, "XGMM 135790 246802 246802"),
			 0);
	loop_for(20);
	assert_int_equal(noted.count, 1);
	assert_memory_equal(noted.words, "messages 10086 ", 15);
	assert_null(strstr(noted.words, "135790"));
	assert_null(strstr(noted.words, "XGMM"));
}

static void contact__daemon_stops__stopped(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1, "*100#");
	server_stop(bench->server);
	expect(1, "phones *100# stopped home ");
}

static void contact__many_pages__first_ones_and_a_count(void **state)
{
	struct bench *bench = *state;
	unsigned int i;

	dial(bench, 1, "*100#");
	for (i = 0; i < CONTACT_PATH_MAX; i++) {
		answer(bench, 1, "4");
		answer(bench, 1, "0");
	}
	assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, ""), 0);
	assert_int_equal(noted.last.path_count, CONTACT_PATH_MAX);
	assert_int_equal(noted.last.path_left_out, CONTACT_PATH_MAX + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(contact__dialog__one_line_at_its_end),
		TEST(contact__dialled_through__only_the_entry),
		TEST(contact__code_of_no_entry__not_written),
		TEST(contact__order__its_reference),
		TEST(contact__hung_up__gone),
		TEST(contact__taken_up_again__a_contact_of_its_own),
		TEST(contact__no_answer__silence),
		TEST(contact__account_too_late__unavailable),
		TEST(contact__late_order__late),
		TEST(contact__answer_of_no_dialog__stray),
		TEST(contact__text__number_and_page_but_no_words),
		TEST(contact__daemon_stops__stopped),
		TEST(contact__many_pages__first_ones_and_a_count),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

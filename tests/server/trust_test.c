/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A22, F34: the link and trust of an order that the server passes to the account. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/stores.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/reload.h"

#define ALICE_NUMBER UINT64_C(13800138000)

/* ---- the store in memory, and its last request ---- */

static struct request asked;

static int spy_submit(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (request_changes(request->kind))
		asked = *request;
	return store_ask(&memory_store_ops, store, request, id, response);
}

static int spy_claim(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response)
{
	return memory_store_ops.claim(store, queue, claim, id, response);
}

static int spy_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store)
{
	return memory_store_ops.open(ctx, settings, accounts, store);
}

static void spy_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	memory_store_ops.set_catalogue(store, catalogue);
}

static void spy_close(struct store *store)
{
	memory_store_ops.close(store);
}

static uint64_t spy_reference(struct store *store, unsigned int count)
{
	return memory_store_ops.reference(store, count);
}

static const struct store_ops spy_ops = {
	.name = "spy", .open = spy_open, .change = spy_submit, .read = spy_submit, .claim = spy_claim,
	.housekeep = spy_submit, .set_catalogue = spy_set_catalogue, .reference = spy_reference,
	.close = spy_close,
};

/* Replaces the program's. */
const struct store_ops *const store_table[] = { &spy_ops, NULL };

/* ---- the bench ---- */

struct bench {
	struct server *server;
	char pepper[64];
	struct phones phones, messages;
};

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	const struct accounts_settings with = { .store = "spy", .deadline_ms = 2000, .password_tries = 3, .requests_max = 100,
						.pepper_file = bench->pepper };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct problems problems = {};
	struct accounts *accounts;

	memset(&asked, 0, sizeof(asked));
	snprintf(bench->pepper, sizeof(bench->pepper), "/tmp/starhash-trust-%d", (int)getpid());
	bench->server = server_new(NULL, &settings);
	assert_int_equal(accounts_new(bench->server, &with, server_accounts_done, &accounts), 0);
	fixture_fill(&memory_store_ops, accounts_store(accounts));
	server_set_accounts(bench->server, accounts);
	phones_init(&bench->phones);
	server_add_channel(bench->server, &bench->phones.channel);
	phones_init_texting(&bench->messages);
	bench->messages.channel.name = "texts";
	bench->messages.channel.trust = TRUST_READ;
	server_add_channel(bench->server, &bench->messages.channel);
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	unlink(bench->pepper);
	free(bench);
	return 0;
}

static void text(struct bench *bench, const char *words)
{
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 10086, 0, words), 0);
}

static void text_the_code(struct bench *bench)
{
	const char *at = strstr(bench->messages.text, "\nReply ");
	char code[CONFIRM_CODE_SIZE] = "";

	assert_non_null(at);
	memcpy(code, at + 7, CONFIRM_CODE_LEN);
	text(bench, code);
}

static void expect_asked(enum request_kind kind, const char *channel, const char *trust)
{
	const struct record args = request_args(&asked);

	assert_int_equal(asked.kind, kind);
	assert_string_equal(fixture_text(&args, ARG_CHANNEL), channel);
	assert_string_equal(fixture_text(&args, ARG_TRUST), trust);
}

static void A22_order__dialled__names_the_link_and_its_trust(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 1, 1, "*100*4*103#"), 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 2, "1"), 0);
	expect_asked(REQUEST_SERVICE_ACTIVATE, "phones", "password");
}

static void A22_order__texted__names_the_code_that_completed_it(void **state)
{
	struct bench *bench = *state;

	text(bench, "SUB WEATHER");
	assert_int_equal(asked.ref, 0);
	text_the_code(bench);
	expect_asked(REQUEST_SERVICE_ACTIVATE, "texts", "read+code");
}

static void A22_order__texts_that_may_order__no_code(void **state)
{
	struct bench *bench = *state;

	bench->messages.channel.trust = TRUST_ORDER;
	text(bench, "SUB WEATHER");
	text(bench, "yes");
	expect_asked(REQUEST_SERVICE_ACTIVATE, "texts", "order");
}

/* The question moved between two links that may not suspend. */
static void A22_change__dialled_on_a_link_without_the_trust__names_the_link_of_the_code(void **state)
{
	struct bench *bench = *state;

	bench->phones.channel.trust = TRUST_READ;
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 1, 1, "*100*5#"), 0);
	assert_int_equal(asked.ref, 0);
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 2, "5"), 0);
	assert_int_equal(bench->messages.notifications, 1);
	text_the_code(bench);
	expect_asked(REQUEST_LANGUAGE_SET, "texts", "read+code");
}

static const struct menu_action *action_named(const char *name)
{
	const struct menu_action *const *action = actions_all();

	while (strcmp((*action)->name, name))
		action++;
	return *action;
}

/* F34: a check is not a change, but its wrong passwords count for the lock of its link all the same. */
static void A24_check__over_a_link_without_the_trust__counted_for_the_untrusted_lock(void **state)
{
	static const struct { enum trust trust; enum password_link link; } rows[] = {
		{ TRUST_READ, PASSWORD_LINK_UNTRUSTED }, { TRUST_ORDER, PASSWORD_LINK_UNTRUSTED },
		{ TRUST_PASSWORD, PASSWORD_LINK_TRUSTED },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct peer peer = { .channel = &bench->phones.channel, .user = ALICE_NUMBER, .session = 1 + i };
		struct effect effect = { .kind = EFFECT_CALL, .action = action_named("password.check") };
		struct record args = { .data = effect.args, .size = sizeof(effect.args) };
		struct session_event event;

		bench->phones.channel.trust = rows[i].trust;
		assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, 1 + i, 1, "*100#"), 0);
		record_put_text(&args, FIELD_OLD, "135791", 6);
		record_put_text(&args, FIELD_NEW, "975319", 6);
		effect.args_len = args.len;
		assert_false(effect_call(dialog_find(bench->server, &peer), &effect, &event));
		assert_int_equal(asked.kind, REQUEST_PASSWORD_ATTEMPT);
		assert_int_equal(asked.password.link, rows[i].link);
		assert_string_equal(asked.answered.short_code, "");
		assert_int_equal(phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1 + i, 2, ""), 0);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(A22_order__dialled__names_the_link_and_its_trust),
		TEST(A22_order__texted__names_the_code_that_completed_it),
		TEST(A22_order__texts_that_may_order__no_code),
		TEST(A22_change__dialled_on_a_link_without_the_trust__names_the_link_of_the_code),
		TEST(A24_check__over_a_link_without_the_trust__counted_for_the_untrusted_lock),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

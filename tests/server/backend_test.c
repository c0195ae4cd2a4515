/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dialogs whose pages call backends over real sockets: whatever the service does (F41), each turn is answered once and in time, the loop
 * goes on, and what was changed is reported to a subscriber who has left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/billing/sample.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define LONG_MS 30000			/* to abort a hanging test */
#define BLOCK_MAX_MS 500
#define TICK_MS 10
#define MANY 20

struct bench {
	struct sample *sample;		/* of the group */
	void *ctx;
	struct conf_file *file;
	struct backends *backends;
	struct menu *menu;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, texts;
};

/* The sample's points are a list and an action; redeem changes them. */
static void backends_open_at(struct bench *bench, unsigned int total_ms)
{
	struct problems problems = { 0 };
	char *text;

	assert_true(asprintf(&text,
		"backends = { entries = { url = \"http://127.0.0.1:%u/v1/subscribers/" SAMPLE_MSISDN "/points\"; method = \"GET\";"
		"	connect_ms = 100; total_ms = %u; breaker_failures = 1000;"
		"	rows = { path = \"$.entries[*]\"; fields = { date = { path = \"$.date\"; type = \"date\"; };"
		"		change = { path = \"$.change\"; type = \"count\"; };"
		"		worth = { path = \"$.change\"; type = \"money\"; }; }; }; };"
		"points = { url = \"http://127.0.0.1:%u/v1/subscribers/" SAMPLE_MSISDN "/points\"; method = \"GET\";"
		"	connect_ms = 100; total_ms = %u; breaker_failures = 1000;"
		"	fields = { worth = { path = \"$.points\"; type = \"money\"; }; };"
		"	outcomes = { is = \"none\"; when_status = 404; }; };"
		"redeem = { url = \"http://127.0.0.1:%u/v1/loyalty/redeem\"; changes = true;"
		"	send = ( \"msisdn\", [ \"offer\", \"service\" ] );"
		"	connect_ms = 100; total_ms = %u; breaker_failures = 1000; hmac_file = \"%s/hmac\";"
		"	fields = { worth = { path = \"$.points\"; type = \"money\"; }; };"
		"	outcomes = { is = \"none\"; when_status = 422; }; }; };",
		bench->sample->port, total_ms, bench->sample->port, total_ms, bench->sample->port, total_ms, bench->sample->folder) > 0);
	bench->file = settings_of(text);
	free(text);
	bench->backends = backends_read(NULL, setting_get(conf_file_root(bench->file), "backends"), &problems);
	if (problems.count)
		conf_problems_print(&problems);
	assert_int_equal(problems.count, 0);
	assert_int_equal(backends_start(bench->backends, NULL), 0);
}

static void bench_open(struct bench *bench, unsigned int total_ms, unsigned int answer_ms)
{
	struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000, .password_tries = 3,
					      .requests_max = 100 };
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	struct server_settings settings = { .dialogs_max = 100 };
	struct problems problems = { 0 };

	sample_put(bench->sample, "/v1/subscribers/" SAMPLE_MSISDN,
		   "{\"account\":\"prepaid\",\"status\":\"active\",\"points\":17,"
		   "\"points_entries\":[{\"date\":\"2026-01-05\",\"change\":17,\"reason\":\"earned\"}]}");
	backends_open_at(bench, total_ms);
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	accounts.backends = settings.backends = bench->backends;
	bench->server = server_new(bench->ctx, &settings);
	bench->menu = conf_menu_load(FIXTURES "/server/backend/menu.cfg", backends_actions(bench->backends, actions_all()), limits,
				     &problems);
	if (!bench->menu)
		conf_problems_print(&problems);
	problems_fini(&problems);	/* warnings */
	assert_non_null(bench->menu);
	server_set_menu(bench->server, menu_ref(bench->menu));
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	phones_init(&bench->phones);
	phones_init_texting(&bench->texts);
	bench->phones.channel.timing = (struct channel_timing){ .answer_ms = answer_ms, .idle_ms = 20000, .dialog_ms = 100000 };
	server_add_channel(bench->server, &bench->phones.channel);
	server_add_channel(bench->server, &bench->texts.channel);
}

/* No turn is lost, whatever was open. */
static void bench_close(struct bench *bench)
{
	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->texts.open, 0);
	backends_free(bench->backends);
	conf_file_free(bench->file);
	menu_unref(bench->menu);
	talloc_free(bench->ctx);
	sample_fault(bench->sample, "{}");
}

static bool all_answered(void *user)
{
	return !((struct bench *)user)->phones.open;
}

static bool text_came(void *user)
{
	return ((struct bench *)user)->texts.notifications;
}

static void dial(struct bench *bench, uint64_t user, const char *code)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, user, user, 1, code), 0);
}

static const char *answer_to(struct bench *bench, const char *code)
{
	dial(bench, ALICE_NUMBER, code);
	assert_true(loop_until(all_answered, bench, LONG_MS));
	return bench->phones.text;
}

/* Up to the confirmation, and over it: the call is open. */
static void buy(struct bench *bench)
{
	answer_to(bench, "*100*3#");
	assert_int_equal(phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, ALICE_NUMBER, 2, "1"), 0);
}

/* ---- every fault ---- */

static void turns__every_fault__each_answered_once_with_its_branch_F41(void **state)
{
	static const struct { const char *fault, *list, *action; } rows[] = {
		{ "{}", "History:\n05/01/2026 17", "Points: \xc2\xa5" "0.17" },
		{ "{\"slow_ms\": 900}", "No history yet.", "Not known yet." },
		{ "{\"drop\": \"before\"}", "No history now.", "Try later." },
		{ "{\"status\": 503}", "No history now.", "Try later." },
		{ "{\"status\": 404}", "No history now.", "Not possible." },
		{ "{\"status\": 302, \"location\": \"/v1/stats\"}", "No history now.", "Try later." },
		{ "{\"body\": \"bad-json\"}", "No history now.", "Try later." },
		{ "{\"body\": \"huge\"}", "No history now.", "Try later." },
		{ "{\"body\": \"cut\"}", "No history now.", "Try later." },
		{ "{\"body\": \"twice\"}", "History:\n05/01/2026 17", "Points: \xc2\xa5" "0.17" },
	};
	struct bench bench = { .sample = *state };

	bench_open(&bench, 500, 5000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		sample_fault(bench.sample, rows[i].fault);
		if (strncmp(answer_to(&bench, "*100*1#"), rows[i].list, strlen(rows[i].list)))
			fail_msg("%s: %s", rows[i].fault, bench.phones.text);
		if (strcmp(answer_to(&bench, "*100*2#"), rows[i].action))
			fail_msg("%s: %s", rows[i].fault, bench.phones.text);
	}
	assert_int_equal(bench.phones.asks + bench.phones.ends, 2 * sizeof(rows) / sizeof(*rows));
	bench_close(&bench);
}

/* ---- the loop ---- */

struct watch {
	struct osmo_timer_list timer;
	struct timespec last;
	unsigned int longest_ms;	/* time between two ticks that are TICK_MS apart */
};

static void tick(void *data)
{
	struct watch *watch = data;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	watch->longest_ms = OSMO_MAX(watch->longest_ms, (unsigned int)((now.tv_sec - watch->last.tv_sec) * 1000 +
								       (now.tv_nsec - watch->last.tv_nsec) / 1000000));
	watch->last = now;
	osmo_timer_schedule(&watch->timer, 0, TICK_MS * 1000);
}

static void turns__many_at_once_with_a_slow_service__loop_goes_on(void **state)
{
	struct bench bench = { .sample = *state };
	struct watch watch = { 0 };

	bench_open(&bench, 1500, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 1000}");
	osmo_timer_setup(&watch.timer, tick, &watch);
	clock_gettime(CLOCK_MONOTONIC, &watch.last);
	tick(&watch);
	for (unsigned int i = 0; i < MANY; i++)
		dial(&bench, ALICE_NUMBER + i % 2, "*100*1#");
	loop_for(100);
	assert_int_equal(bench.phones.open, 2);		/* one dialog each: what was dialled before was ended */
	answer_to(&bench, "*100#");			/* others are served meanwhile */
	assert_true(loop_until(all_answered, &bench, LONG_MS));
	osmo_timer_del(&watch.timer);
	print_message("the loop was never busy for longer than %u ms\n", watch.longest_ms - TICK_MS);
	assert_true(watch.longest_ms < BLOCK_MAX_MS);
	assert_int_equal(bench.phones.asks + bench.phones.ends + bench.phones.nones, MANY + 1);
	bench_close(&bench);
}

/* ---- the turn's time ---- */

/* The service has more time than the turn has left: slow, and its late answer meets nobody. */
static void turn__time_is_over__slow(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 300);
	sample_fault(bench.sample, "{\"slow_ms\": 700, \"times\": 1}");
	assert_string_equal(answer_to(&bench, "*100*2#"), "Not known yet.");
	loop_for(600);
	assert_int_equal(bench.phones.asks + bench.phones.ends, 1);
	assert_string_equal(answer_to(&bench, "*100*2#"), "Points: \xc2\xa5" "0.17");
	bench_close(&bench);
}

/* F3: what may be done is reported when it is known. */
static void turn__time_is_over_for_a_change__result_follows_as_a_text(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 300);
	sample_fault(bench.sample, "{\"slow_ms\": 700, \"only\": \"redeem\"}");
	buy(&bench);
	assert_true(loop_until(all_answered, &bench, LONG_MS));
	assert_int_equal(bench.phones.kind, ANSWER_END);
	assert_int_equal(bench.texts.notifications, 0);
	assert_true(loop_until(text_came, &bench, LONG_MS));
	assert_string_equal(bench.texts.text, "Points: \xc2\xa5" "0.07");
	loop_for(100);
	assert_int_equal(bench.texts.notifications, 1);
	bench_close(&bench);
}

/* The turn says at once that it takes longer, and a text what came of it. */
static void order__answered_later__its_end_and_values_as_a_text(void **state)
{
	static const struct { const char *fault, *text; } rows[] = {
		{ "{\"slow_ms\": 700, \"only\": \"redeem\", \"times\": 1}", ": points \xc2\xa5" "0.07" },
		{ "{\"drop\": \"before\", \"only\": \"redeem\", \"times\": 3}", ": points \xc2\xa5" "0.07" },
		{ "{\"status\": 503, \"only\": \"redeem\", \"times\": 2}", ": points \xc2\xa5" "0.07" },
		{ "{\"body\": \"cut\", \"only\": \"redeem\", \"times\": 2}", ": points \xc2\xa5" "0.07" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench bench = { .sample = *state };

		bench_open(&bench, 300, 5000);
		sample_fault(bench.sample, rows[i].fault);
		buy(&bench);
		assert_true(loop_until(all_answered, &bench, LONG_MS));
		assert_string_equal(bench.phones.text, "Not known yet.");
		assert_true(loop_until(text_came, &bench, LONG_MS));
		if (strncmp(bench.texts.text, "redeem ", 7) || !strstr(bench.texts.text, rows[i].text))
			fail_msg("%s: %s", rows[i].fault, bench.texts.text);
		loop_for(100);
		assert_int_equal(bench.texts.notifications, 1);
		bench_close(&bench);
	}
}

static void hang_up__change_is_open__result_follows_as_a_text(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 300, \"only\": \"redeem\"}");
	buy(&bench);
	assert_int_equal(phones_turn(&bench.phones, TURN_GONE, ALICE_NUMBER, ALICE_NUMBER, 0, ""), 0);
	assert_true(loop_until(text_came, &bench, LONG_MS));
	assert_string_equal(bench.texts.text, "Points: \xc2\xa5" "0.07");
	bench_close(&bench);
}

/* F7 */
static void dial_again__change_is_open__named(void **state)
{
	struct bench bench = { .sample = *state };
	unsigned int redeemed;

	redeemed = sample_count(bench.sample, "/v1/loyalty/redemptions", "\"deliveries\": 1");
	bench_open(&bench, 3000, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 400, \"only\": \"redeem\"}");
	buy(&bench);
	assert_int_equal(phones_turn(&bench.phones, TURN_BEGIN, ALICE_NUMBER, 4711, 1, "*100#"), 0);
	assert_true(loop_until(all_answered, &bench, LONG_MS));
	assert_string_equal(bench.phones.text, "Points: \xc2\xa5" "0.07");
	assert_int_equal(bench.phones.ends, 2);
	assert_int_equal(sample_count(bench.sample, "/v1/loyalty/redemptions", "\"deliveries\": 1"), redeemed + 1);
	bench_close(&bench);
}

static void hang_up__read_is_open__forgotten(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 300, \"times\": 1}");
	dial(&bench, ALICE_NUMBER, "*100*2#");
	loop_for(50);
	assert_int_equal(phones_turn(&bench.phones, TURN_GONE, ALICE_NUMBER, ALICE_NUMBER, 0, ""), 0);
	assert_int_equal(server_dialogs(bench.server), 0);
	loop_for(500);
	assert_int_equal(bench.texts.notifications, 0);
	assert_int_equal(backends_open(bench.backends), 0);
	bench_close(&bench);
}

/* The memory of the dialog that is over serves the next one, which must not get its answer. */
static void hang_up__another_dials__answers_are_not_crossed(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 500}");
	dial(&bench, ALICE_NUMBER, "*100*2#");
	loop_for(100);
	assert_int_equal(phones_turn(&bench.phones, TURN_GONE, ALICE_NUMBER, ALICE_NUMBER, 0, ""), 0);
	sample_fault(bench.sample, "{\"slow_ms\": 1500}");
	dial(&bench, ALICE_NUMBER + 1, "*100*1#");
	loop_for(800);
	assert_int_equal(bench.phones.open, 1);
	assert_true(loop_until(all_answered, &bench, LONG_MS));
	assert_non_null(strstr(bench.phones.text, "History:"));
	bench_close(&bench);
}

/* A13: an earlier process may have made the change for the same text. */
static void text__no_conversation_could_be_looked_up__changes_nothing(void **state)
{
	struct bench bench = { .sample = *state };
	unsigned int redeemed = sample_count(bench.sample, "/v1/loyalty/redemptions", "\"key\"");

	bench_open(&bench, 3000, 5000);
	gate_set(accounts_store(bench.accounts), GATE_SHUT);
	assert_int_equal(phones_turn(&bench.texts, TURN_TEXT, ALICE_NUMBER, 10086, 0, "QUICK"), 0);
	dialog_step(phones_dialog(bench.server), &(struct dialog_input){ .event = ON_TIMER });
	gate_set(accounts_store(bench.accounts), GATE_OPEN);
	loop_for(100);
	assert_string_equal(bench.texts.text, "Try later.");
	assert_int_equal(sample_count(bench.sample, "/v1/loyalty/redemptions", "\"key\""), redeemed);
	assert_int_equal(phones_turn(&bench.texts, TURN_TEXT, ALICE_NUMBER, 10086, 0, "QUICK"), 0);
	loop_for(300);
	assert_string_equal(bench.texts.text, "Points: \xc2\xa5" "0.07");
	bench_close(&bench);
}

static void stop__calls_are_open__every_turn_answered(void **state)
{
	struct bench bench = { .sample = *state };

	bench_open(&bench, 3000, 5000);
	sample_fault(bench.sample, "{\"slow_ms\": 500}");
	dial(&bench, ALICE_NUMBER, "*100*1#");
	dial(&bench, ALICE_NUMBER + 1, "*100*2#");
	loop_for(50);
	assert_int_equal(bench.phones.open, 2);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns__every_fault__each_answered_once_with_its_branch_F41),
		cmocka_unit_test(turns__many_at_once_with_a_slow_service__loop_goes_on),
		cmocka_unit_test(turn__time_is_over__slow),
		cmocka_unit_test(turn__time_is_over_for_a_change__result_follows_as_a_text),
		cmocka_unit_test(order__answered_later__its_end_and_values_as_a_text),
		cmocka_unit_test(hang_up__change_is_open__result_follows_as_a_text),
		cmocka_unit_test(dial_again__change_is_open__named),
		cmocka_unit_test(hang_up__read_is_open__forgotten),
		cmocka_unit_test(hang_up__another_dials__answers_are_not_crossed),
		cmocka_unit_test(text__no_conversation_could_be_looked_up__changes_nothing),
		cmocka_unit_test(stop__calls_are_open__every_turn_answered),
	};
	void *ctx;
	int failed;

	if (system("python3 -c 'import sqlite3, ssl'") != 0)
		return 77;
	ctx = talloc_named_const(NULL, 0, "backend_test");
	log_start(ctx);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(ctx);
	failed = cmocka_run_group_tests(tests, sample_setup, sample_teardown);
	log_fini();
	talloc_free(ctx);
	return failed;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What barred numbers get, on each kind of link, and where the server learns of them. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "accounts/internal.h"
#include "server/server_internal.h"
#include "starhash/alarm.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

#define ALICE_NUMBER UINT64_C(13800138000)
#define TEXT "Not served."

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct phones phones, messages;
	struct alarms *alarms;
	int64_t awaited;
};

static int setup(void **state)
{
	struct server_settings settings = { .dialogs_max = 1000, .barred_max = 2, .barred_text = TEXT };
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->ctx = talloc_named_const(NULL, 0, "bench");
	settings.alarms = bench->alarms = alarms_new(bench->ctx);
	bench->server = phones_server(bench->ctx, &settings, &bench->accounts);
	phones_init(&bench->phones);
	server_add_channel(bench->server, &bench->phones.channel);
	phones_init_texting(&bench->messages);
	server_add_channel(bench->server, &bench->messages.channel);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->messages.open, 0);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static struct bar bar_of(const char *number, int64_t until)
{
	struct bar bar = { .since = 1000, .until = until };

	strcpy(bar.number, number);
	return bar;
}

static void bar(struct bench *bench, const char *number, int64_t until)
{
	const struct bar bar = bar_of(number, until);
	struct response response;
	uint64_t id;

	assert_int_equal(server_bar(bench->server, &bar, NULL, NULL, &response, &id), 0);
	assert_int_equal(response.result, RESULT_OK);
}

/* As starhash-data does. */
static void bar_by_tool(struct bench *bench, const struct bar *bar)
{
	struct response response;

	assert_int_equal(store_find("memory")->bar(accounts_store(bench->accounts), bar, STORE_NOBODY, &response), 0);
}

static void dial(struct bench *bench, uint64_t session)
{
	assert_int_equal(phones_turn(&bench->phones, TURN_BEGIN, ALICE_NUMBER, session, 1, "*100#"), 0);
}

static uint64_t barred(const struct bench *bench)
{
	return rate_ctr_group_get_ctr(bench->server->counters, COUNT_REFUSED_BARRED)->current;
}

static void dial__number_or_prefix_barred__text_and_no_dialog(void **state)
{
	static const char *const numbers[] = { "13800138000", "138*" };
	struct bench *bench = *state;

	for (unsigned int i = 0; i < 2; i++) {
		bar(bench, numbers[i], 0);
		dial(bench, i);
		assert_string_equal(bench->phones.text, TEXT);
		assert_int_equal(bench->phones.kind, ANSWER_END);
		assert_int_equal(server_dialogs(bench->server), 0);
		assert_int_equal(barred(bench), i + 1);
		bar(bench, numbers[i], 1000);
	}
	dial(bench, 7);
	assert_int_equal(bench->phones.kind, ANSWER_ASK);
}

static void answer__barred_meanwhile__text_and_dialog_ends(void **state)
{
	struct bench *bench = *state;

	dial(bench, 1);
	bar(bench, "13800138000", 0);
	phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 2, "1");
	assert_string_equal(bench->phones.text, TEXT);
	assert_int_equal(server_dialogs(bench->server), 0);
	assert_int_equal(bench->phones.last_texts, 0);
}

static void text__barred__no_answer(void **state)
{
	struct bench *bench = *state;

	bar(bench, "13800138000", 0);
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 0, 0, "MENU"), 0);
	assert_int_equal(bench->messages.nones, 1);
	assert_int_equal(bench->messages.notifications, 0);
	assert_int_equal(barred(bench), 1);
}

/* As over GSUP: the link knows the IMSI alone. */
static void dial_by_imsi(struct bench *bench, uint64_t session, const char *code)
{
	struct turn *turn = calloc(1, sizeof(*turn));

	turn->kind = TURN_BEGIN;
	turn->peer = (struct peer){ .channel = &bench->phones.channel, .user = 5, .session = session };
	turn->limits.ask = turn->limits.end = text_budget_ussd(160);
	strcpy(turn->subscriber.imsi, ALICE_IMSI);
	turn->len = strlen(code);
	memcpy(turn->text, code, turn->len);
	bench->phones.open++;
	assert_int_equal(channel_rx(turn), 0);
}

static void dial__link_knows_the_imsi__found_by_either_number(void **state)
{
	struct bench *bench = *state;

	dial_by_imsi(bench, 1, "*100#");
	assert_int_equal(bench->phones.kind, ANSWER_ASK);
	bar(bench, "13800138000", 0);
	dial_by_imsi(bench, 2, "*100#");
	assert_string_equal(bench->phones.text, TEXT);
	assert_int_equal(bench->phones.kind, ANSWER_END);
	bar(bench, "13800138000", 1000);
	bar(bench, ALICE_IMSI, 0);
	dial_by_imsi(bench, 3, "*100#");
	assert_string_equal(bench->phones.text, TEXT);
	assert_int_equal(server_dialogs(bench->server), 0);
}

static bool is_barred(void *user)
{
	const struct bench *bench = user;

	return bench->server->barring.count == 2;
}

static bool is_served(void *user)
{
	const struct bench *bench = user;

	return bench->server->barring.count == 1;
}

static bool is_full(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_BARRED_FULL)->raised;
}

static bool fits(void *user)
{
	return !is_full(user);
}

/* More than barred_max are left out, until there is room. */
static void store__more_than_fit__alarm_until_there_is_room(void **state)
{
	struct bench *bench = *state;
	const int64_t now = clock_wall_ms() / 1000;

	bar_by_tool(bench, &(struct bar){ .number = "1390*", .since = now });
	bar_by_tool(bench, &(struct bar){ .number = "1391*", .since = now, .until = now + 1 });
	bar_by_tool(bench, &(struct bar){ .number = "1380*", .since = now });
	assert_true(loop_until(is_barred, bench, 3000));
	assert_true(is_full(bench));
	dial(bench, 1);
	assert_int_equal(bench->phones.kind, ANSWER_ASK);
	assert_true(loop_until(fits, bench, 7000));		/* the second one has ended */
	dial(bench, 2);
	assert_string_equal(bench->phones.text, TEXT);
	assert_int_equal(bench->server->barring.count, 2);
}

static void store__changed_by_the_tool__followed(void **state)
{
	struct bench *bench = *state;
	const int64_t now = clock_wall_ms() / 1000;

	bar_by_tool(bench, &(struct bar){ .number = "1380*", .since = now });
	bar_by_tool(bench, &(struct bar){ .number = "1381*", .since = now });
	assert_true(loop_until(is_barred, bench, 3000));
	dial(bench, 1);
	assert_string_equal(bench->phones.text, TEXT);
	bar_by_tool(bench, &(struct bar){ .number = "1380*", .since = now, .until = now });
	assert_true(loop_until(is_served, bench, 5000));
	assert_int_equal(bench->server->barring_id, 3);		/* it asks for later changes alone */
	dial(bench, 2);
	assert_int_equal(bench->phones.kind, ANSWER_ASK);
}

static bool is_read(void *user)
{
	const struct bench *bench = user;

	return bench->server->barring_newest != INT64_MAX;
}

static bool is_known(void *user)
{
	const struct bench *bench = user;

	return bench->server->barring_newest >= bench->awaited;
}

/* The machine's clock was set back, or is ahead and doubted, so that the server has another time. */
static void store__changed_where_the_clock_is_wrong__length_counts(void **state)
{
	static const int64_t offs[] = { -72000, 300000 };
	struct bench *bench = *state;
	const int64_t now = clock_wall_ms() / 1000;

	assert_true(loop_until(is_read, bench, 1000));
	for (unsigned int i = 0; i < 2; i++) {
		bar_by_tool(bench, &(struct bar){ .number = "1380*", .since = now + offs[i], .until = now + offs[i] + 3600 });
		bench->awaited += 2;			/* it was stored again, with our time */
		assert_true(loop_until(is_known, bench, 7000));
		dial(bench, 2 * i);
		assert_string_equal(bench->phones.text, TEXT);
		assert_in_range(barring_find(&bench->server->barring, "1380", now)->until, now + 3600, now + 3660);
		bar_by_tool(bench, &(struct bar){ .number = "1380*", .since = now + offs[i], .until = now + offs[i] });
		bench->awaited += 2;
		assert_true(loop_until(is_known, bench, 7000));
		dial(bench, 2 * i + 1);
		assert_int_equal(bench->phones.kind, ANSWER_ASK);
	}
}

/* As it follows the machine's clock. */
static void bar__our_clock_steps_before_it_is_read_back__stays_as_it_is(void **state)
{
	struct bench *bench = *state;
	struct bar bar = { .number = "1380*", .since = clock_wall_ms() / 1000 };
	struct response response;
	uint64_t id;

	assert_true(loop_until(is_read, bench, 1000));
	assert_int_equal(server_bar(bench->server, &bar, NULL, NULL, &response, &id), 0);
	bench->server->clock->lead_ms += 7200 * 1000;
	bench->awaited = 1;
	assert_true(loop_until(is_known, bench, 7000));
	assert_int_equal(barring_find(&bench->server->barring, "1380", bar.since)->since, bar.since);
}

/* For the next process. */
static void bar__by_hand__in_the_store(void **state)
{
	struct bench *bench = *state;
	const struct request request = { .kind = REQUEST_BARRED };
	struct response response;
	struct bar bar_3 = bar_of("3", 0);
	uint64_t id;

	bar(bench, "1", 0);
	bar(bench, "2", 0);
	assert_int_not_equal(server_bar(bench->server, &bar_3, NULL, NULL, &response, &id), 0);
	response_init(&response);
	store_find("memory")->read(accounts_store(bench->accounts), &request, STORE_NOBODY, &response);
	assert_int_equal(response.rows.count, 2);
}

#define TEST_OF(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_OF(dial__number_or_prefix_barred__text_and_no_dialog),
		TEST_OF(answer__barred_meanwhile__text_and_dialog_ends),
		TEST_OF(text__barred__no_answer),
		TEST_OF(dial__link_knows_the_imsi__found_by_either_number),
		TEST_OF(store__more_than_fit__alarm_until_there_is_room),
		TEST_OF(store__changed_by_the_tool__followed),
		TEST_OF(store__changed_where_the_clock_is_wrong__length_counts),
		TEST_OF(bar__our_clock_steps_before_it_is_read_back__stays_as_it_is),
		TEST_OF(bar__by_hand__in_the_store),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

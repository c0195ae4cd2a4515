/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Batches of inputs: answers before dials, link by link, and what has waited too long (F26). The test is the clock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "server/server_internal.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"

#define MS INT64_C(1000)
#define ALICE_NUMBER UINT64_C(13800138000)
#define DIALS_MAX 40

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct load load;
	struct phones phones, others, messages;
};

static void pass_ms(unsigned int ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, 0, ms * 1000000l);
	osmo_clock_override_add(CLOCK_MONOTONIC_COARSE, 0, ms * 1000000l);
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct server_settings settings = { .dialogs_max = 1000, .delay_target_ms = 50, .dials_max = DIALS_MAX,
					    .load = &bench->load };

	osmo_clock_override_gettimespec(CLOCK_MONOTONIC)->tv_sec = 1000;
	osmo_clock_override_gettimespec(CLOCK_MONOTONIC_COARSE)->tv_sec = 1000;
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, true);
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->server = phones_server(bench->ctx, &settings, &bench->accounts);
	phones_init(&bench->phones);
	server_add_channel(bench->server, &bench->phones.channel);
	phones_init(&bench->others);
	server_add_channel(bench->server, &bench->others.channel);
	phones_init_texting(&bench->messages);
	server_add_channel(bench->server, &bench->messages.channel);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	server_free(bench->server);
	assert_int_equal(bench->phones.open + bench->others.open + bench->messages.open, 0);
	talloc_free(bench->ctx);
	free(bench);
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, false);
	return 0;
}

static void batch_begin(struct phones *phones, int64_t came_us)
{
	channel_batch_begin(&phones->channel, clock_monotonic_us(), came_us ? came_us : clock_monotonic_us());
}

static void batch_end(struct phones *phones, int more)
{
	channel_batch_end(&phones->channel, more);
}

/* Of one subscriber each, from number \a first. Returns how many were refused at once. */
static unsigned int dial(struct phones *phones, uint64_t first, unsigned int dials)
{
	unsigned int refused = 0;

	for (unsigned int i = 0; i < dials; i++)
		refused += phones_turn(phones, TURN_BEGIN, first + i, 1, 1, "*100#") == -EBUSY;
	return refused;
}

static void round_of_the_loop(void)
{
	osmo_timers_update();
}

static uint64_t counter(const struct bench *bench, enum server_counter which)
{
	return rate_ctr_group_get_ctr(bench->server->counters, which)->current;
}

/* ---- order ---- */

static void batch__dial_before_an_answer__answer_first(void **state)
{
	struct bench *bench = *state;

	dial(&bench->phones, ALICE_NUMBER, 1);
	assert_int_equal(bench->phones.asks, 1);
	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER + 1, 1);
	assert_int_equal(bench->phones.open, 1);
	phones_turn(&bench->phones, TURN_CONTINUE, ALICE_NUMBER, 1, 2, "1");
	assert_int_equal(bench->phones.open, 1);
	assert_string_equal(bench->phones.text, "You have $12.50.");
	batch_end(&bench->phones, 0);
	assert_int_equal(bench->phones.open, 0);
	assert_int_equal(bench->phones.asks, 2);
}

/* A round, then all links are read again. */
static void batch__many_dials__begun_in_rounds(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	assert_int_equal(dial(&bench->phones, ALICE_NUMBER, DIALS_MAX), 0);
	batch_end(&bench->phones, 0);
	assert_int_equal(bench->phones.open, DIALS_MAX - 32);
	round_of_the_loop();
	assert_int_equal(bench->phones.open, 0);
}

static void batch__more_is_known_to_wait__few_are_begun(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, 20);
	batch_end(&bench->phones, 1);
	assert_int_equal(bench->phones.open, 20 - 4);
	batch_begin(&bench->phones, 0);
	batch_end(&bench->phones, -1);
	round_of_the_loop();
	assert_int_equal(bench->phones.open, 0);
}

static void batch__flood_of_one_link__dial_of_another_is_not_delayed(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, DIALS_MAX);
	batch_end(&bench->phones, 1);
	batch_begin(&bench->others, 0);
	dial(&bench->others, ALICE_NUMBER + 100, 2);
	batch_end(&bench->others, 0);
	round_of_the_loop();
	assert_int_equal(bench->others.open, 0);
	assert_int_equal(bench->phones.open, DIALS_MAX - 4 - 2);
}

/* ---- refusals ---- */

static void dial__has_waited_twice_the_target__busy(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, DIALS_MAX);
	batch_end(&bench->phones, 1);
	assert_int_equal(bench->phones.asks, 4);
	pass_ms(100);
	round_of_the_loop();
	round_of_the_loop();
	assert_int_equal(bench->phones.open, 0);
	assert_int_equal(bench->phones.busy, DIALS_MAX - 4);
	assert_int_equal(counter(bench, COUNT_REFUSED_DELAY), DIALS_MAX - 4);
	assert_int_equal(server_dialogs(bench->server), 4);
}

static void dial__more_than_may_wait__refused_at_once(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	assert_int_equal(dial(&bench->phones, ALICE_NUMBER, DIALS_MAX + 5), 5);
	assert_true(bench->phones.channel.full);
	assert_false(bench->others.channel.full);
	batch_end(&bench->phones, 0);
	assert_false(bench->phones.channel.full);
	round_of_the_loop();
	assert_int_equal(counter(bench, COUNT_REFUSED_DELAY), 5);
}

static void dial__refused_by_its_channel__counted(void **state)
{
	struct bench *bench = *state;

	channel_refused(&bench->phones.channel, 7);
	assert_int_equal(counter(bench, COUNT_REFUSED_DELAY), 7);
}

/* It came while the link had no time to read it. */
static void dial__waited_in_the_socket__counts(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, clock_monotonic_us() - 100 * MS);
	dial(&bench->phones, ALICE_NUMBER, 1);
	batch_end(&bench->phones, 0);
	assert_int_equal(bench->phones.busy, 1);
	assert_int_equal(dials_worst(bench->server, clock_monotonic_us()), 100 * MS);
	pass_ms(61000);
	assert_int_equal(dials_worst(bench->server, clock_monotonic_us()), 0);
}

static void answer__waited_in_the_socket__counts(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, clock_monotonic_us() - 100 * MS);
	batch_end(&bench->phones, 0);
	assert_int_equal(dials_worst(bench->server, clock_monotonic_us()), 100 * MS);
}

/* Four in each round, every 20 ms. */
static void dials__others_wait__time_of_each_is_measured(void **state)
{
	struct bench *bench = *state;
	const struct delay *delay = &origin_of(&bench->phones.channel)->delay;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, 20);
	batch_end(&bench->phones, 1);
	assert_int_equal(delay->each_ns, 0);
	pass_ms(20);
	round_of_the_loop();
	assert_int_equal(delay->each_ns, 20 * MS * 1000 / 8 / 4);
	pass_ms(20);
	round_of_the_loop();
	assert_int_equal(delay->each_ns, (20 * MS * 1000 / 8 * 3 / 4 + 20 * MS * 1000 / 4) / 4);
}

/* Eight milliseconds, in which four dials were begun; the others wait. */
static void turns__batch_with_dials__time_of_each_is_measured(void **state)
{
	struct bench *bench = *state;
	const struct pace *pace = &bench->server->pace;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, 8);
	pass_ms(8);
	batch_end(&bench->phones, 1);
	assert_int_equal(bench->phones.asks, 4);
	assert_int_equal(pace->turn_ns, 8 * MS * 1000 / 4 / 8);
}

/* A link that is full refuses dials itself, so nothing else would clear it. */
static void dial__network_ends_all_that_wait__link_takes_dials_again(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, DIALS_MAX);
	assert_true(bench->phones.channel.full);
	for (unsigned int i = 0; i < DIALS_MAX; i++)
		phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER + i, 1, 0, "");
	batch_end(&bench->phones, 0);
	assert_false(bench->phones.channel.full);
	assert_int_equal(bench->phones.open, 0);
}

static void dial__network_ends_it_while_it_waits__no_dialog(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, 3);
	phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER + 1, 2, 0, "");
	phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER + 2, 1, 0, "");
	phones_turn(&bench->phones, TURN_GONE, ALICE_NUMBER, 1, 0, "");
	dial(&bench->phones, ALICE_NUMBER + 3, 1);
	batch_end(&bench->phones, 0);
	assert_int_equal(bench->phones.nones, 5);
	assert_int_equal(server_dialogs(bench->server), 2);
}

static void dial__server_stops_while_it_waits__busy(void **state)
{
	struct bench *bench = *state;

	batch_begin(&bench->phones, 0);
	dial(&bench->phones, ALICE_NUMBER, 2);
	server_stop(bench->server);
	assert_int_equal(bench->phones.busy, 2);
	batch_end(&bench->phones, 0);
}

/* ---- texts ---- */

static void text__waited_too_long__deferred_unless_its_conversation_runs(void **state)
{
	struct bench *bench = *state;
	const int64_t came_us = clock_monotonic_us();

	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 0, 0, "MENU"), 0);
	assert_int_equal(server_dialogs(bench->server), 1);
	pass_ms(100);
	batch_begin(&bench->messages, came_us);
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER + 1, 0, 0, "MENU"), -EBUSY);
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER, 0, 0, "1"), 0);
	batch_end(&bench->messages, 0);
	batch_begin(&bench->messages, 0);
	assert_int_equal(phones_turn(&bench->messages, TURN_TEXT, ALICE_NUMBER + 1, 0, 0, "MENU"), 0);
	batch_end(&bench->messages, 0);
	assert_int_equal(counter(bench, COUNT_REFUSED_DELAY), 1);
}

/* ---- background work ---- */

static void load__dials_wait_for_the_target__high(void **state)
{
	struct bench *bench = *state;
	int64_t since_ms = 0;

	assert_false(load_defers(&bench->load, &since_ms, 1000));
	batch_begin(&bench->phones, clock_monotonic_us() - 60 * MS);
	dial(&bench->phones, ALICE_NUMBER, 1);
	batch_end(&bench->phones, 0);
	assert_int_equal(bench->phones.asks, 1);
	assert_true(load_defers(&bench->load, &since_ms, 1000));
	pass_ms(300);
	assert_false(load_defers(&bench->load, &since_ms, 1000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(batch__dial_before_an_answer__answer_first),
		TEST(batch__many_dials__begun_in_rounds),
		TEST(batch__more_is_known_to_wait__few_are_begun),
		TEST(batch__flood_of_one_link__dial_of_another_is_not_delayed),
		TEST(dial__has_waited_twice_the_target__busy),
		TEST(dial__more_than_may_wait__refused_at_once),
		TEST(dial__refused_by_its_channel__counted),
		TEST(dial__waited_in_the_socket__counts),
		TEST(answer__waited_in_the_socket__counts),
		TEST(dials__others_wait__time_of_each_is_measured),
		TEST(turns__batch_with_dials__time_of_each_is_measured),
		TEST(dial__network_ends_all_that_wait__link_takes_dials_again),
		TEST(dial__network_ends_it_while_it_waits__no_dialog),
		TEST(dial__server_stops_while_it_waits__busy),
		TEST(text__waited_too_long__deferred_unless_its_conversation_runs),
		TEST(load__dials_wait_for_the_target__high),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which dials are admitted by their delay (F26). The test is the clock: a link whose dials take a millisecond each. */
#include "server/delay.h"
#include "starhash/clock.h"
#include "starhash/load.h"
#include "tests/cmocka.h"

#include <osmocom/core/timer.h>

#define MS INT64_C(1000)
#define BEGIN (1000 * 1000 * MS)
#define TARGET (50 * MS)
#define WAITING_MAX 100000

/* Dials that come at a rate and are begun, each in a millisecond. */
struct link {
	struct delay delay;
	int64_t now_us, came_us[WAITING_MAX];
	unsigned int first, last;
	unsigned int begun, refused_late, refused_at_once;
	int64_t longest_us;		/* that an answer took */
};

static struct link link_make(int64_t target_us)
{
	return (struct link){ .delay.target_us = target_us, .now_us = BEGIN };
}

static void link_dials(struct link *link, unsigned int dials)
{
	while (dials--) {
		if (delay_admits(&link->delay, link->last - link->first))
			link->came_us[link->last++] = link->now_us;
		else
			link->refused_at_once++;
	}
}

static void link_serve(struct link *link)
{
	bool begun = false;

	while (!begun && link->first < link->last) {
		const int64_t came_us = link->came_us[link->first++];

		begun = delay_serves(&link->delay, came_us, link->now_us);
		link->refused_late += !begun;
		if (link->now_us - came_us > link->longest_us)
			link->longest_us = link->now_us - came_us;
	}
	link->begun += begun;
	link->now_us += MS;
	delay_measure(&link->delay, begun, link->last - link->first, link->now_us);
}

/* For so many milliseconds, \a dials in each. */
static void link_run(struct link *link, unsigned int ms, unsigned int dials)
{
	link->begun = link->refused_late = link->refused_at_once = 0;
	link->longest_us = 0;
	while (ms--) {
		link_dials(link, dials);
		link_serve(link);
	}
}

static void delay__as_many_dials_as_time__all_admitted(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_run(&link, 10000, 1);
	assert_int_equal(link.begun, 10000);
	assert_int_equal(link.longest_us, 0);
}

static void delay__burst_of_twice_the_target__all_admitted(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_dials(&link, 95);
	link_run(&link, 100, 0);
	assert_int_equal(link.begun, 95);
	assert_int_equal(link.refused_late, 0);
	assert_false(link.delay.stands);
}

/* After a start the first dials are slow, and say little about the others. */
static void delay__second_burst_after_a_start__all_admitted(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_dials(&link, 20);
	link_run(&link, 10, 0);
	link_dials(&link, 80);
	link_run(&link, 90, 0);
	assert_int_equal(link.refused_at_once, 0);
	assert_int_equal(link.begun, 90);
}

static void delay__burst_that_lasts_longer__refused_within_twice_the_target(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_dials(&link, 1000);
	link_run(&link, 200, 0);
	assert_in_range(link.begun, 50, 100);
	assert_int_equal(link.begun + link.refused_late, 1000);
	assert_in_range(link.longest_us, TARGET, 2 * TARGET);
}

static void delay__four_times_the_capacity__time_is_used_and_nobody_waits_long(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_run(&link, 500, 4);
	assert_true(link.longest_us <= 2 * TARGET);
	link_run(&link, 2000, 4);
	assert_true(link.begun >= 1990);
	assert_int_equal(link.begun + link.refused_late + link.refused_at_once, 8000);
	assert_true(link.refused_at_once > 9 * link.refused_late);	/* that is much cheaper */
	assert_true(link.longest_us <= 40 * MS);	/* 32 may always wait */
}

static void delay__longer_than_the_target__served_unless_it_stands(void **state)
{
	struct delay burst = { .target_us = TARGET }, flood = { .target_us = TARGET, .stands = true };

	assert_true(delay_serves(&burst, BEGIN, BEGIN + 60 * MS));
	assert_false(delay_serves(&flood, BEGIN, BEGIN + 60 * MS));
	assert_true(delay_serves(&flood, BEGIN, BEGIN + 40 * MS));
}

/* Each waited while the process had no time; in between there was nothing to do. */
static void delay__late_dials_an_hour_apart__no_flood(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	for (unsigned int i = 0; i < 2; i++) {
		link_dials(&link, 1);
		link.now_us += 60 * MS;
		link_run(&link, 1, 0);
		assert_int_equal(link.begun, 1);
		link.now_us += 3600 * 1000 * MS;
	}
	assert_false(link.delay.stands);
}

static void delay__after_a_flood__normal_at_once(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_run(&link, 1000, 4);
	assert_true(link.delay.stands);
	link_run(&link, 60, 0);
	link_run(&link, 1000, 1);
	assert_false(link.delay.stands);
	assert_int_equal(link.begun, 1000);
	assert_int_equal(link.longest_us, 0);
}

/* The process had no time at all for a moment, and what it measured then says nothing about later bursts. */
static void delay__after_a_pause__bursts_are_admitted_again(void **state)
{
	static struct link link;

	link = link_make(TARGET);
	link_dials(&link, 40);
	link_run(&link, 1, 0);
	link.now_us += 1000 * MS;
	link_dials(&link, 40);
	link_run(&link, 20, 0);
	assert_true(link.delay.each_ns > 5 * MS * 1000);
	for (unsigned int i = 0; i < 20; i++) {
		link_dials(&link, 80);
		link_run(&link, 100, 0);
		if (i >= 10)
			assert_int_equal(link.begun, 80);
	}
}

static void delay__without_a_target__all_wait(void **state)
{
	static struct link link;

	link = link_make(0);
	link_run(&link, 1000, 4);
	assert_int_equal(link.begun, 1000);
	assert_int_equal(link.last, 4000);
}

/* ---- background work ---- */

static void set_ms(int64_t ms)
{
	struct timespec *now = osmo_clock_override_gettimespec(CLOCK_MONOTONIC_COARSE);

	*now = (struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
}

static void load__high__work_waits_and_then_goes_on(void **state)
{
	struct load load = {};
	int64_t since_ms = 0;

	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, true);
	set_ms(10000);
	assert_false(load_defers(&load, &since_ms, 2000));
	assert_false(load_defers(NULL, &since_ms, 2000));
	load_note_high(&load);
	assert_true(load_defers(&load, &since_ms, 2000));
	set_ms(10199);
	assert_true(load_defers(&load, &since_ms, 2000));
	set_ms(10200);
	assert_false(load_defers(&load, &since_ms, 2000));
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, false);
}

static void load__high_for_long__one_portion_each_patience(void **state)
{
	struct load load = {};
	int64_t since_ms = 0;
	unsigned int portions = 0;

	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, true);
	for (int64_t ms = 10000; ms < 20050; ms += 100) {
		set_ms(ms);
		load_note_high(&load);
		portions += !load_defers(&load, &since_ms, 2000);
	}
	assert_in_range(portions, 4, 5);
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delay__as_many_dials_as_time__all_admitted),
		cmocka_unit_test(delay__burst_of_twice_the_target__all_admitted),
		cmocka_unit_test(delay__second_burst_after_a_start__all_admitted),
		cmocka_unit_test(delay__burst_that_lasts_longer__refused_within_twice_the_target),
		cmocka_unit_test(delay__four_times_the_capacity__time_is_used_and_nobody_waits_long),
		cmocka_unit_test(delay__longer_than_the_target__served_unless_it_stands),
		cmocka_unit_test(delay__late_dials_an_hour_apart__no_flood),
		cmocka_unit_test(delay__after_a_flood__normal_at_once),
		cmocka_unit_test(delay__after_a_pause__bursts_are_admitted_again),
		cmocka_unit_test(delay__without_a_target__all_wait),
		cmocka_unit_test(load__high__work_waits_and_then_goes_on),
		cmocka_unit_test(load__high_for_long__one_portion_each_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

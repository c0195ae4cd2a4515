/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The time of day while the machine's clock is set back and forth (F16). */
#include <stdlib.h>
#include <time.h>

#include <osmocom/core/timer.h>

#include "starhash/clock.h"
#include "tests/cmocka.h"

#define BEGIN 1800000000
#define DAY_S INT64_C(86400)

static void set(int64_t wall, int64_t monotonic)
{
	osmo_clock_override_gettimespec(CLOCK_REALTIME_COARSE)->tv_sec = wall;
	osmo_clock_override_gettimespec(CLOCK_MONOTONIC_COARSE)->tv_sec = monotonic;
}

static int setup(void **state)
{
	osmo_clock_override_enable(CLOCK_REALTIME_COARSE, true);
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, true);
	return 0;
}

static int teardown(void **state)
{
	osmo_clock_override_enable(CLOCK_REALTIME_COARSE, false);
	osmo_clock_override_enable(CLOCK_MONOTONIC_COARSE, false);
	unsetenv("TZ");
	tzset();
	return 0;
}

static void F16_clock__stepped__time_never_goes_back(void **state)
{
	static const struct {
		int64_t wall, monotonic, wanted;
	} steps[] = {
		{ 0, 100, 0 },
		{ 10, 110, 10 },
		{ -86400, 111, 11 },		/* set back by a day */
		{ -86340, 171, 71 },		/* and continues from there */
		{ 75, 173, 75 },		/* corrected, a little later than ours */
		{ 3600, 174, 3600 },		/* daylight saving time set by hand, without UTC */
		{ 80, 178, 3602 },		/* set back a little: half speed until both agree */
		{ 90, 188, 3607 },
	};
	struct wall_clock clock = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		set(BEGIN + steps[i].wall, steps[i].monotonic);
		wall_clock_read(&clock);
		assert_int_equal(clock.now, BEGIN + steps[i].wanted);
	}
}

/* A60, A61 */
static void F31_clock__years_ahead_for_ten_seconds__ignored_and_right_again(void **state)
{
	static const struct {
		int64_t wall, monotonic, wanted;
		enum clock_trust trust;
	} steps[] = {
		{ 0, 100, 0, CLOCK_RIGHT },
		{ 6 * 365 * DAY_S, 101, 1, CLOCK_DOUBTED },
		{ 6 * 365 * DAY_S + 9, 110, 10, CLOCK_DOUBTED },
		{ 12, 111, 12, CLOCK_RIGHT },
		{ DAY_S + 13, 112, DAY_S + 13, CLOCK_RIGHT },		/* a day is accepted */
		{ 14, 113, DAY_S + 13, CLOCK_BEHIND },			/* and is followed again, never backwards */
		{ 15 + DAY_S, 114 + DAY_S, DAY_S + 13 + DAY_S / 2, CLOCK_BEHIND },
		{ 16 + 3 * DAY_S, 115 + 3 * DAY_S, 3 * DAY_S + 16, CLOCK_RIGHT },
		{ 17 - 365 * DAY_S, 116 + 3 * DAY_S, 3 * DAY_S + 17, CLOCK_DOUBTED },
		{ 18 + 3 * DAY_S, 117 + 3 * DAY_S, 3 * DAY_S + 18, CLOCK_RIGHT },
	};
	struct wall_clock clock = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		set(BEGIN + steps[i].wall, steps[i].monotonic);
		wall_clock_read(&clock);
		assert_in_range(clock.now, BEGIN + steps[i].wanted - 1, BEGIN + steps[i].wanted + 1);
		assert_int_equal(clock.trust, steps[i].trust);
	}
}

/* A60: monotonic clocks restart with the machine, so at the start only the saved time is known. */
static void F31_clock__first_read_of_a_process__accepted_within_its_possible_absence(void **state)
{
	static const struct {
		int64_t last, wall, wanted;
		enum clock_trust trust;
	} starts[] = {
		{ 0, 0, 0, CLOCK_RIGHT },				/* no saved time */
		{ BEGIN, 30 * DAY_S, 30 * DAY_S, CLOCK_RIGHT },
		{ BEGIN, 30 * DAY_S + 1, 0, CLOCK_DOUBTED },
		{ BEGIN, -7, 0, CLOCK_BEHIND },
		{ BEGIN, -2 * DAY_S, 0, CLOCK_DOUBTED },		/* as after a flat battery */
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		struct wall_clock clock = { 0 };

		set(BEGIN + starts[i].wall, 50);
		wall_clock_start(&clock, starts[i].last, 30);
		wall_clock_read(&clock);
		assert_int_equal(clock.now, BEGIN + starts[i].wanted);
		assert_int_equal(clock.trust, starts[i].trust);
		set(BEGIN + 40, 90);
		wall_clock_read(&clock);
		assert_true(starts[i].trust != CLOCK_DOUBTED || clock.now == BEGIN + 40);
	}
}

/* A60: while the process runs, the bound is a day, however long it was away before. */
static void F31_clock__accepted_by_an_operator__follows_the_machine(void **state)
{
	struct wall_clock clock = { 0 };

	set(BEGIN + 40 * DAY_S, 50);
	wall_clock_start(&clock, BEGIN, 30);
	wall_clock_read(&clock);
	wall_clock_accept(&clock);
	assert_int_equal(clock.now, BEGIN + 40 * DAY_S);
	assert_int_equal(clock.trust, CLOCK_RIGHT);
	set(BEGIN + 42 * DAY_S, 51);
	wall_clock_read(&clock);
	assert_int_equal(clock.trust, CLOCK_DOUBTED);
	set(BEGIN, 52);
	wall_clock_accept(&clock);
	assert_int_equal(clock.now, BEGIN);
}

static void clock__daylight_saving_starts__offset_within_a_minute(void **state)
{
	const int64_t change = 1806195600;	/* 2027-03-28 01:00 UTC */
	struct wall_clock clock = { 0 };

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	set(change - 1, 1);
	wall_clock_read(&clock);
	assert_int_equal(clock.utc_offset, 3600);
	set(change + 59, 61);
	wall_clock_read(&clock);
	assert_int_equal(clock.utc_offset, 7200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(F16_clock__stepped__time_never_goes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(F31_clock__years_ahead_for_ten_seconds__ignored_and_right_again, setup, teardown),
		cmocka_unit_test_setup_teardown(F31_clock__first_read_of_a_process__accepted_within_its_possible_absence, setup,
						teardown),
		cmocka_unit_test_setup_teardown(F31_clock__accepted_by_an_operator__follows_the_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(clock__daylight_saving_starts__offset_within_a_minute, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

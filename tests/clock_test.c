/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The time of day, while the machine's clock is set forth and back (F16). */
#include <stdlib.h>
#include <time.h>

#include <osmocom/core/timer.h>

#include "starhash/clock.h"
#include "tests/cmocka.h"

#define BEGIN 1800000000

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

static void F16_clock__steps__time_goes_on_and_never_back(void **state)
{
	static const struct {
		int64_t wall, monotonic, wanted;
	} steps[] = {
		{ 0, 100, 0 },
		{ 10, 110, 10 },
		{ -86400, 111, 11 },		/* set back by a day */
		{ -86340, 171, 71 },		/* and goes on from there */
		{ 75, 173, 75 },		/* set right again, a little later than ours */
		{ 3600, 174, 3600 },		/* summer's clock of somebody who does not know of UTC */
		{ 80, 178, 3604 },
	};
	struct wall_clock clock = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		set(BEGIN + steps[i].wall, steps[i].monotonic);
		wall_clock_read(&clock);
		assert_int_equal(clock.now, BEGIN + steps[i].wanted);
	}
}

static void clock__summer_begins__offset_within_a_minute(void **state)
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
		cmocka_unit_test_setup_teardown(F16_clock__steps__time_goes_on_and_never_back, setup, teardown),
		cmocka_unit_test_setup_teardown(clock__summer_begins__offset_within_a_minute, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

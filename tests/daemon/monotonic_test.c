/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F16: the wall clock is set while timers run. This program has the daemon's osmo_gettimeofday(), and clocks set by the
 * test. */
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "tests/cmocka.h"

static time_t stepped_s;	/* of the wall clock */

/* Replaces libc's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	const int rc = syscall(SYS_clock_gettime, clock, now);

	if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
		now->tv_sec += stepped_s;
	return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*tv = (struct timeval){ now.tv_sec, now.tv_nsec / 1000 };
	return 0;
}

static void fire(void *fired)
{
	*(bool *)fired = true;
}

static void timer__clock_set_back_an_hour__fires_in_time__F16(void **state)
{
	struct osmo_timer_list timer = {};
	bool fired = false;
	unsigned int rounds = 0;

	osmo_timer_setup(&timer, fire, &fired);
	osmo_timer_schedule(&timer, 0, 1000);
	stepped_s -= 3600;
	while (!fired && rounds++ < 1000) {
		usleep(1000);
		osmo_select_main(1);
	}
	osmo_timer_del(&timer);
	assert_true(fired);
}

static void timer__clock_set_forward_an_hour__does_not_fire_early__F16(void **state)
{
	struct osmo_timer_list timer = {};
	bool fired = false;

	osmo_timer_setup(&timer, fire, &fired);
	osmo_timer_schedule(&timer, 1800, 0);
	stepped_s += 3600;
	osmo_timers_update();
	osmo_timer_del(&timer);
	assert_false(fired);
}

/* libosmocore's own uses of the time get roughly the wall clock. */
static void time__at_the_start__is_the_wall_clock(void **state)
{
	struct timeval tv;

	osmo_gettimeofday(&tv, NULL);
	assert_in_range(tv.tv_sec - (time(NULL) - 5), 0, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time__at_the_start__is_the_wall_clock),
		cmocka_unit_test(timer__clock_set_back_an_hour__fires_in_time__F16),
		cmocka_unit_test(timer__clock_set_forward_an_hour__does_not_fire_early__F16),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

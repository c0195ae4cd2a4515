/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Run libosmocore's loop inside a test. */
#include <stddef.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "tests/support/loop.h"

static void expire(void *data)
{
	bool *expired = data;

	*expired = true;
}

static bool never(void *user)
{
	return false;
}

bool loop_until(bool (*reached)(void *user), void *user, unsigned int timeout_ms)
{
	struct osmo_timer_list timer = { 0 };
	bool expired = false;

	osmo_timer_setup(&timer, expire, &expired);
	osmo_timer_schedule(&timer, timeout_ms / 1000, timeout_ms % 1000 * 1000);
	while (!reached(user) && !expired)
		osmo_select_main_ctx(0);
	osmo_timer_del(&timer);
	return reached(user);
}

static const clockid_t clocks[] = { CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE };

void time_stop(void)
{
	osmo_gettimeofday(&osmo_gettimeofday_override_time, NULL);
	osmo_gettimeofday_override = true;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		osmo_clock_gettime(clocks[i], osmo_clock_override_gettimespec(clocks[i]));
		osmo_clock_override_enable(clocks[i], true);
	}
}

void time_pass(unsigned int seconds)
{
	osmo_gettimeofday_override_add(seconds, 0);
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		osmo_clock_override_add(clocks[i], seconds, 0);
	osmo_timers_update();
}

void time_go_on(void)
{
	osmo_gettimeofday_override = false;
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		osmo_clock_override_enable(clocks[i], false);
}

void loop_for(unsigned int ms)
{
	loop_until(never, NULL, ms);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clocks of the process: monotonic, wall, and the trusted time of day. */
#include <inttypes.h>
#include <time.h>

#include <osmocom/core/timer.h>

#include "starhash/clock.h"

#define OFFSET_VALID_S 60
#define STEP_LOGGED_MS 2000	/* smaller steps are normal: clock ticks, leap seconds */
#define STEP_LOGGED_EVERY_S 3600
#define SAME_CALL_MS 1000	/* more than a call from the loop takes */
#define DAY_MS INT64_C(86400000)

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	osmo_clock_gettime(clock, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC_COARSE);
}

int64_t clock_monotonic_us(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME_COARSE);
}

/* Looking up the time zone may read a file: once a minute is enough for summer time. */
static void refresh_offset(struct wall_clock *clock)
{
	const time_t now = clock->now;
	struct tm local;

	if (clock->offset_known_s && now - clock->offset_known_s < OFFSET_VALID_S)
		return;
	if (localtime_r(&now, &local))
		clock->utc_offset = (int32_t)local.tm_gmtoff;
	clock->offset_known_s = now;
}

static void log_distrust(struct wall_clock *clock)
{
	unsigned int suppressed;

	if (!log_allowed(&clock->limit, STEP_LOGGED_EVERY_S, &suppressed))
		return;
	if (clock->trust == CLOCK_DOUBTED)
		LOGP(DMAIN, LOGL_ERROR, "The machine's clock is %" PRId64 " s %s the trusted time: this process continues with its own "
		     "time until that clock is right or an operator enters \"clock accept\"\n",
		     clock->off_s > 0 ? clock->off_s : -clock->off_s, clock->off_s > 0 ? "ahead of" : "behind");
	else
		LOGP(DMAIN, LOGL_ERROR, "The machine's clock was set back by %" PRId64 " s: this process stays at the later "
		     "time and runs at half speed until both agree\n", -clock->off_s);
}

static void follow(struct wall_clock *clock, int64_t off_ms, int64_t elapsed_ms)
{
	const int64_t step = off_ms > -elapsed_ms / 2 ? off_ms : -elapsed_ms / 2;

	clock->ahead_max_ms = DAY_MS;
	clock->lead_ms += step;
	clock->trust = off_ms - step < -STEP_LOGGED_MS ? CLOCK_BEHIND : CLOCK_RIGHT;
}

static void read_at(struct wall_clock *clock, int64_t monotonic)
{
	const int64_t lead = clock_wall_ms() - monotonic;
	const int64_t ahead_max = clock->ahead_max_ms ? clock->ahead_max_ms : DAY_MS;
	int64_t off;

	if (!clock->read_ms && !clock->ahead_max_ms)
		clock->lead_ms = lead;		/* nothing else is known */
	off = lead - clock->lead_ms;
	clock->off_s = off / 1000;
	if (off > ahead_max || off < -DAY_MS)
		clock->trust = CLOCK_DOUBTED;
	else
		follow(clock, off, clock->read_ms ? monotonic - clock->read_ms : 0);
	clock->read_ms = monotonic;
	clock->now = (monotonic + clock->lead_ms) / 1000;
	if (clock->trust != CLOCK_RIGHT)
		log_distrust(clock);
	refresh_offset(clock);
}

void wall_clock_read(struct wall_clock *clock)
{
	read_at(clock, clock_monotonic_ms());
}

void wall_clock_at(struct wall_clock *clock, int64_t monotonic_ms)
{
	const int64_t newer_ms = clock->read_ms - monotonic_ms;

	if (!clock->read_ms || newer_ms < 0 || newer_ms > SAME_CALL_MS)
		read_at(clock, monotonic_ms);
}

int64_t wall_clock_ms_at(struct wall_clock *clock, int64_t monotonic_ms)
{
	wall_clock_at(clock, monotonic_ms);
	return clock->read_ms + clock->lead_ms;
}

int64_t wall_clock_ms(struct wall_clock *clock)
{
	wall_clock_read(clock);
	return clock->read_ms + clock->lead_ms;
}

void wall_clock_start(struct wall_clock *clock, int64_t last_s, unsigned int days_max)
{
	if (!last_s)
		return;
	clock->ahead_max_ms = days_max * DAY_MS;
	clock->lead_ms = last_s * 1000 - clock_monotonic_ms();
}

void wall_clock_accept(struct wall_clock *clock)
{
	clock->lead_ms = clock_wall_ms() - clock_monotonic_ms();
	clock->ahead_max_ms = DAY_MS;
	clock->offset_known_s = 0;
	wall_clock_read(clock);
}

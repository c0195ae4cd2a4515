/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time for everybody below the pure line. */
#include <inttypes.h>
#include <time.h>

#include <osmocom/core/timer.h>

#include "starhash/clock.h"

#define OFFSET_KEPT_S 60
#define STEP_TOLD_MS 2000	/* the coarse clocks differ by a tick, a leap second by one */
#define STEP_TOLD_EVERY_S 3600

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

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME_COARSE);
}

/* Looking up the time zone may read a file: once a minute is enough for summer time. */
static void refresh_offset(struct wall_clock *clock)
{
	const time_t now = clock->now;
	struct tm local;

	if (clock->offset_known_s && now - clock->offset_known_s < OFFSET_KEPT_S)
		return;
	if (localtime_r(&now, &local))
		clock->utc_offset = (int32_t)local.tm_gmtoff;
	clock->offset_known_s = now;
}

static void tell_step(struct wall_clock *clock, int64_t back_ms)
{
	unsigned int suppressed;

	if (log_allowed(&clock->limit, STEP_TOLD_EVERY_S, &suppressed))
		LOGP(DMAIN, LOGL_ERROR, "The machine's clock is %" PRId64 " s behind what it was: this process keeps the later "
		     "time until it starts again\n", back_ms / 1000);
}

void wall_clock_read(struct wall_clock *clock)
{
	const int64_t monotonic = clock_monotonic_ms();
	const int64_t lead = clock_wall_ms() - monotonic;

	if (lead > clock->lead_ms || !clock->now)
		clock->lead_ms = lead;
	else if (clock->lead_ms - lead > STEP_TOLD_MS)
		tell_step(clock, clock->lead_ms - lead);
	clock->now = (monotonic + clock->lead_ms) / 1000;
	refresh_offset(clock);
}

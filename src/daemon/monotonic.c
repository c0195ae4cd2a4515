/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F16: timers that a step of the wall clock neither delays nor hastens.
 *
 * libosmocore 1.7 keeps its timers by osmo_gettimeofday(), which is the wall clock: set back by an hour, every deadline comes
 * an hour late. It calls that function by its name, so the program's own takes its place: the wall clock as it was at the
 * start, and from there on the monotonic one. (Its override variables cannot do this: they would have to be set anew while
 * the loop is inside poll().) libosmocore stamps log lines with it, too, which is why log.c stamps them itself. */
#include <sys/time.h>
#include <time.h>

#include <osmocom/core/timer_compat.h>
#include <osmocom/core/timer.h>

static struct timespec clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now;
}

/* Of the two clocks at the first call; the loop is the only thread that asks. */
static time_t offset_s(void)
{
	static time_t offset;

	if (!offset)
		offset = clock_now(CLOCK_REALTIME).tv_sec - clock_now(CLOCK_MONOTONIC).tv_sec;
	return offset;
}

int osmo_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	const struct timespec now = clock_now(CLOCK_MONOTONIC);

	tv->tv_sec = now.tv_sec + offset_s();
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}

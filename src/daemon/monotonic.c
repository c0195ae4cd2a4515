/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F16: timers that a step of the wall clock neither delays nor advances.
 *
 * libosmocore 1.7 runs its timers by osmo_gettimeofday(), which is the wall clock: when it is set back by an hour, every deadline is an
 * hour late. libosmocore calls that function by name, so this definition replaces it: the wall clock as of the start, continued by the
 * monotonic clock. (libosmocore's override variables cannot do this: they would have to be updated while the loop is inside poll().)
 * libosmocore also stamps log lines with it, which is why log.c stamps them itself. */
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

/* Only the loop's thread calls this. */
int osmo_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	static time_t offset;		/* difference of the two clocks at the first call */
	const struct timespec now = clock_now(CLOCK_MONOTONIC);

	if (!offset)
		offset = clock_now(CLOCK_REALTIME).tv_sec - clock_now(CLOCK_MONOTONIC).tv_sec;
	tv->tv_sec = now.tv_sec + offset;
	tv->tv_usec = now.tv_nsec / 1000;
	return 0;
}

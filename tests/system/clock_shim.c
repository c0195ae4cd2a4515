/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests: a machine whose clock is set back or forth. It is behind by as many seconds as the file named by CLOCK_BEHIND has
 * octets, and ahead by those of CLOCK_AHEAD; the monotonic clock runs on. Preloaded. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t size_of(const char *variable)
{
	const char *file = getenv(variable);
	struct stat octets;

	return file && stat(file, &octets) == 0 ? octets.st_size : 0;
}

static time_t behind_s(void)
{
	return size_of("CLOCK_BEHIND") - size_of("CLOCK_AHEAD");
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	const int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec -= behind_s();
	return rc;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	const int rc = (int)syscall(SYS_gettimeofday, now, zone);

	now->tv_sec -= behind_s();
	return rc;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

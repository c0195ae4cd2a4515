/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time as the server gives it to sessions, and numbers that are made of it. */
#include <time.h>

#include <osmocom/core/timer.h>

#include "server/server_internal.h"

#define OFFSET_KEPT_S 60
#define ID_EPOCH_MS INT64_C(1767225600000)	/* 2026-01-01 00:00 UTC */

/* libosmocore's clocks, as its timers have: a test may set them. */
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

int64_t clock_wall_s(void)
{
	return clock_ms(CLOCK_REALTIME_COARSE) / 1000;
}

/* Looking up the time zone may read a file: once a minute is enough for summer time. */
static void refresh_offset(struct server *server, time_t now)
{
	struct tm local;

	if (server->offset_known_s && now - server->offset_known_s < OFFSET_KEPT_S && now >= server->offset_known_s)
		return;
	if (localtime_r(&now, &local))
		server->utc_offset = local.tm_gmtoff;
	server->offset_known_s = now;
}

void clock_stamp(struct server *server, struct session_event *event)
{
	event->now = clock_wall_s();
	refresh_offset(server, event->now);
	event->utc_offset = server->utc_offset;
}

/* 41 bits of milliseconds and 7 of counting: growing, and unique across restarts while the clock does not go back
 * further than a restart takes. */
uint64_t clock_session_id(struct server *server)
{
	const uint64_t id = (uint64_t)(clock_ms(CLOCK_REALTIME_COARSE) - ID_EPOCH_MS) << 7;

	server->last_id = id > server->last_id ? id : server->last_id + 1;
	return server->last_id;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time as the server gives it to sessions, and numbers that are made of it. */
#include "server/server_internal.h"

#define ID_EPOCH_MS INT64_C(1767225600000)	/* 2026-01-01 00:00 UTC */

void clock_stamp(struct server *server, struct session_event *event)
{
	wall_clock_read(server->clock);
	event->now = server->clock->now;
	event->utc_offset = server->clock->utc_offset;
}

/* 41 bits of milliseconds and 7 of counting: growing, and unique across restarts while the clock does not go back
 * further than a restart takes. */
uint64_t clock_session_id(struct server *server)
{
	const uint64_t id = (uint64_t)(clock_wall_ms() - ID_EPOCH_MS) << 7;

	server->last_id = id > server->last_id ? id : server->last_id + 1;
	return server->last_id;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the server gives to each event of a session: the time, and a reference number. */
#include "server/server_internal.h"

void clock_stamp(struct server *server, struct session_event *event)
{
	wall_clock_read(server->clock);
	event->now = server->clock->now;
	event->utc_offset = server->clock->utc_offset;
	event->ref = server->accounts ? accounts_reference(server->accounts) : 0;
}

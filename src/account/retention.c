/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long records are kept, and how fast they go. */
#include "starhash/account.h"

#define SPREAD_DAYS 200			/* of a long retention one in 100 may go in a day */
#define ALLOWED_LEAST 100		/* so that a small database ends, too */

static const char *const names[RETENTION_KINDS] = {
	[RETENTION_CONSENTS] = "ledger",
	[RETENTION_ORDERS] = "orders",
	[RETENTION_NOTIFICATIONS] = "notices",
	[RETENTION_REPLAYS] = "changes",
	[RETENTION_VANISHED] = "vanished",
};

const char *retention_name(enum retention kind)
{
	return names[kind];
}

/* Twice what grows old in a day when as much comes as goes, so that a backlog ends. */
int64_t retention_allowed(int64_t count, int64_t days)
{
	const int64_t share = 2 * count / (days < SPREAD_DAYS ? days : SPREAD_DAYS);

	return share > ALLOWED_LEAST ? share : ALLOWED_LEAST;
}

bool retention_shortened(int64_t before, int64_t days)
{
	return days * 2 < before;
}

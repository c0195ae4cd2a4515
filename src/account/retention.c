/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long records are kept, and how fast they go. */
#include "starhash/account.h"

#define SPREAD_DAYS 200			/* of a long retention one in 100 may go in a day */
#define ALLOWED_LEAST 100		/* so that a small database ends, too */

static const struct {
	const char *name;
	int64_t days;			/* where the settings do not say */
} kinds[RETENTION_KINDS] = {
	[RETENTION_CONSENTS] = { .name = "consents", .days = 1825 },
	[RETENTION_ORDERS] = { .name = "orders", .days = 400 },
	[RETENTION_NOTIFICATIONS] = { .name = "notifications", .days = 7 },
	[RETENTION_REPLAYS] = { .name = "replays", .days = 7 },
	[RETENTION_VANISHED] = { .name = "vanished", .days = 30 },
};

const char *retention_name(enum retention kind)
{
	return kinds[kind].name;
}

int64_t retention_days(enum retention kind)
{
	return kinds[kind].days;
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

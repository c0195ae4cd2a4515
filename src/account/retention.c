/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How long records are retained, and how fast they may be deleted. */
#include "starhash/account.h"

#define SPREAD_DAYS 200			/* with long retention one record in 100 may be deleted per day */
#define ALLOWED_LEAST 100		/* so that small databases get cleaned up, too */

static const struct {
	const char *name;
	int64_t days;			/* default */
} kinds[RETENTION_KINDS] = {
	[RETENTION_CONSENTS] = { .name = "consents", .days = 1825 },
	[RETENTION_ORDERS] = { .name = "orders", .days = 400 },
	[RETENTION_NOTIFICATIONS] = { .name = "notifications", .days = 7 },
	[RETENTION_REPLAYS] = { .name = "replays", .days = 7 },
	[RETENTION_VANISHED] = { .name = "vanished", .days = 30 },
	[RETENTION_TICKETS] = { .name = "tickets", .days = 730 },
	[RETENTION_MESSAGES] = { .name = "messages", .days = 35 },
};

const char *retention_name(enum retention kind)
{
	return kinds[kind].name;
}

int64_t retention_days(enum retention kind)
{
	return kinds[kind].days;
}

/* Twice the number that expires per day in a steady state, so that a backlog shrinks. */
int64_t retention_allowed(int64_t count, int64_t days)
{
	const int64_t share = 2 * count / (days < SPREAD_DAYS ? days : SPREAD_DAYS);

	return share > ALLOWED_LEAST ? share : ALLOWED_LEAST;
}

bool retention_shortened(int64_t before, int64_t days)
{
	return days * 2 < before;
}

int64_t message_stays_until(const struct account_rules *rules, int64_t now)
{
	return now + rules->retention_days[RETENTION_MESSAGES] * 86400;
}

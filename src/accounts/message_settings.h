/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When and how fast messages that answer nothing may be sent: the group "messages" of the configuration. */
#pragma once

#include "starhash/account.h"
#include "starhash/accounts.h"

/* The row of a kind in notification_kinds, as the operator wants it. */
struct message_policy {
	uint8_t priority;
	bool quiet, counts;		/* as quiet and capped there */
};

struct message_settings {
	unsigned int quiet_from, quiet_until;	/* minutes of the day by the operator's wall clock; equal: no quiet hours */
	unsigned int daily_max;			/* messages of the kinds that count, per subscriber and day; 0: no limit */
	unsigned int rate;			/* messages a second of priority 1 and lower; 0: no limit */
	struct message_policy kinds[NOTIFICATION_KINDS_MAX];	/* as notification_kinds */
};

/* No quiet hours, no limits, the kinds as in their table. */
struct message_settings message_settings_default(void);

/* The time of day that decides about messages. Seconds since 1970. */
struct message_hours {
	bool quiet;			/* these are quiet hours ... */
	int64_t quiet_ends;		/* ... until then; else 0 */
	int64_t day_began;		/* by the operator's wall clock */
	int64_t morning;		/* when the next day's messages begin: the end of its quiet hours, or else its beginning */
};

/* By the time zone of the process, changes to and from summer time included. */
struct message_hours message_hours_at(const struct message_settings *settings, int64_t now);

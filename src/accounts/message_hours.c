/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Quiet hours and days by the operator's wall clock. */
#include <time.h>

#include "accounts/message_settings.h"
#include "starhash/calendar.h"

#define DAY_S INT64_C(86400)

/* Seconds east of UTC. */
static int32_t offset_at(int64_t now)
{
	const time_t time = now;
	struct tm local;

	return localtime_r(&time, &local) ? (int32_t)local.tm_gmtoff : 0;
}

/* When the wall clock shows a time of a day, as day_of() counts. Of a time that comes twice it is the first; a time that is skipped is when
 * it would have been without the change. mktime() may answer the former differently from one call to the next. */
static int64_t wall_time(int64_t day, unsigned int minute)
{
	const int64_t local = day * DAY_S + minute * 60;
	const int64_t before = local - offset_at(local - DAY_S), after = local - offset_at(local + DAY_S);

	return offset_at(before) != local - before && offset_at(after) == local - after ? after : before;
}

struct message_hours message_hours_at(const struct message_settings *settings, int64_t now)
{
	const int64_t today = day_of(now, offset_at(now));
	const bool overnight = settings->quiet_from > settings->quiet_until;
	struct message_hours hours = {
		.day_began = wall_time(today, 0),
		.morning = wall_time(today + 1, settings->quiet_from == settings->quiet_until ? 0 : settings->quiet_until),
	};

	if (settings->quiet_from == settings->quiet_until)
		return hours;
	for (int64_t day = today - overnight; day <= today; day++) {
		const int64_t ends = wall_time(day + overnight, settings->quiet_until);

		if (now < wall_time(day, settings->quiet_from) || now >= ends)
			continue;
		hours.quiet = true;
		hours.quiet_ends = ends;
	}
	return hours;
}

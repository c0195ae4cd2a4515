/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days and periods of the operator's calendar. */
#include <string.h>

#include "starhash/calendar.h"

#define DAY_S 86400
#define THURSDAY 3		/* weekday of 1970-01-01, where Monday is 0 */

int64_t day_of(int64_t now, int32_t utc_offset)
{
	const int64_t local = now + utc_offset;

	return local / DAY_S - (local % DAY_S < 0);
}

int64_t date_day(int64_t date)
{
	return calendar_days(date / 10000, date / 100 % 100, date % 100);
}

int64_t day_next(int64_t day, const char *period)
{
	const int64_t date = calendar_date(day), year = date / 10000, month = date / 100 % 100;

	if (!strcmp(period, "day"))
		return day + 1;
	if (!strcmp(period, "week"))
		return day + 7 - (day + THURSDAY) % 7;
	if (strcmp(period, "month"))
		return day;
	return month == 12 ? calendar_days(year + 1, 1, 1) : calendar_days(year, month + 1, 1);
}

int64_t month_after(int64_t month, int64_t count)
{
	const int64_t months = month / 100 * 12 + month % 100 - 1 + count;

	return months / 12 * 100 + months % 12 + 1;
}

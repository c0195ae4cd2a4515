/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days of the operator's calendar. */
#include <string.h>
#include <time.h>

#include "store/sqlite/dates.h"

#define DAY_S 86400
#define THURSDAY 3		/* 1970-01-01, where Monday is 0 */

int64_t day_of(int64_t now, int32_t utc_offset)
{
	const int64_t local = now + utc_offset;

	return local / DAY_S - (local % DAY_S < 0);
}

static struct tm day_parts(int64_t day)
{
	const time_t seconds = (time_t)(day * DAY_S);
	struct tm parts = { 0 };

	gmtime_r(&seconds, &parts);
	return parts;
}

int64_t day_date(int64_t day)
{
	const struct tm parts = day_parts(day);

	return (parts.tm_year + INT64_C(1900)) * 10000 + (parts.tm_mon + 1) * 100 + parts.tm_mday;
}

int64_t date_day(int64_t date)
{
	struct tm parts = {
		.tm_year = (int)(date / 10000 - 1900), .tm_mon = (int)(date / 100 % 100 - 1), .tm_mday = (int)(date % 100),
	};

	return day_of(timegm(&parts), 0);
}

static int64_t month_next(int64_t day)
{
	const struct tm parts = day_parts(day);
	struct tm first = { .tm_year = parts.tm_year, .tm_mon = parts.tm_mon + 1, .tm_mday = 1 };

	return day_of(timegm(&first), 0);
}

int64_t day_next(int64_t day, const char *period)
{
	if (!strcmp(period, "day"))
		return day + 1;
	if (!strcmp(period, "week"))
		return day + 7 - (day + THURSDAY) % 7;
	return strcmp(period, "month") ? day : month_next(day);
}

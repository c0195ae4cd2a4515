/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days of the Gregorian calendar, and times as RFC 3339 writes them: numbers alone, no zone of the machine's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether there is such a day, in the years 1900 to 9999. */
bool calendar_has(int64_t year, int64_t month, int64_t day);

/* Days from 1970-01-01 to a day that there is. */
int64_t calendar_days(int64_t year, int64_t month, int64_t day);

/* The day so many days after 1970-01-01, as yyyymmdd. */
int64_t calendar_date(int64_t days);

/* The day on the operator's calendar. \a now: seconds since 1970 UTC; \a utc_offset: seconds east. */
int64_t day_of(int64_t now, int32_t utc_offset);

/* The inverse of calendar_date(). */
int64_t date_day(int64_t date);

/* The first day of the next day, week (they begin on Monday) or month; the same \a day for any other period. */
int64_t day_next(int64_t day, const char *period);

/* What stands behind the date in RFC 3339 5.6, such as "T23:59:59.999+01:00", as seconds of that day in UTC: below 0 or
 * above 86400 where it is another day there. A blank will do for the T; the fraction is dropped. */
bool calendar_clock(const char *text, size_t len, int64_t *seconds);

/* Whether the whole of \a text has the shape: '0' stands for a digit, anything else for itself. */
bool calendar_shaped(const char *text, size_t len, const char *shape);

/* The value of \a count digits, which are there. */
int64_t calendar_number(const char *digits, size_t count);

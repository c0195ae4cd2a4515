/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days of the Gregorian calendar, and times in RFC 3339 format. Arithmetic only: the machine's time zone is not used. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the day exists, in the years 1900 to 9999. */
bool calendar_has(int64_t year, int64_t month, int64_t day);

/* Days from 1970-01-01 to an existing day. */
int64_t calendar_days(int64_t year, int64_t month, int64_t day);

/* The day \a days after 1970-01-01, as yyyymmdd. */
int64_t calendar_date(int64_t days);

/* The day on the operator's calendar. \a now: seconds since 1970 UTC; \a utc_offset: seconds east. */
int64_t day_of(int64_t now, int32_t utc_offset);

/* The month, yyyymm, that is \a count months later; below 0: earlier. */
int64_t month_after(int64_t month, int64_t count);

/* The inverse of calendar_date(). */
int64_t date_day(int64_t date);

/* The first day of the next day, week (beginning on Monday) or month; \a day itself for any other period. */
int64_t day_next(int64_t day, const char *period);

/* Parse the part behind the date in RFC 3339 5.6, such as "T23:59:59.999+01:00", into seconds of that day in UTC: below 0 or above 86400
 * where UTC has another day. A blank may replace the T; the fraction is dropped. */
bool calendar_clock(const char *text, size_t len, int64_t *seconds);

/* Whether all of \a text matches \a shape: '0' stands for any digit, every other character for itself. */
bool calendar_shaped(const char *text, size_t len, const char *shape);

/* The value of \a count digits; the caller has checked that they are digits. */
int64_t calendar_number(const char *digits, size_t count);

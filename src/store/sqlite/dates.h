/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Days of the operator's calendar. A day is a number, counted from 1970-01-01; a date is yyyymmdd. */
#pragma once

#include "starhash/calendar.h"

/* \a now: seconds since 1970 UTC; \a utc_offset: seconds east. */
int64_t day_of(int64_t now, int32_t utc_offset);

int64_t date_day(int64_t date);

/* The first day of the next day, week (they begin on Monday) or month; the same \a day for any other period. */
int64_t day_next(int64_t day, const char *period);

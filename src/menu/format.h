/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values as a subscriber reads them: money, counts, dates, in the forms of a language. */
#pragma once

#include "menu/tree.h"

/* Where text is written: stops, whole characters only, when there is no more room. */
struct writer {
	char *at;
	char *end;
};

void writer_put(struct writer *writer, const char *text, size_t len);
void writer_string(struct writer *writer, const char *text);

/* -1234567 with two minor digits: "-12,345.67" between the language's currency signs. */
void format_money(struct writer *writer, const struct formats *formats, int64_t minor_units, unsigned int minor_digits);
void format_count(struct writer *writer, const struct formats *formats, int64_t count);

/* By one of the language's patterns: %Y %m %d %H %M %%. \a date: yyyymmdd; \a month: yyyymm; \a time: seconds since
 * 1970 UTC, shown \a utc_offset seconds east of UTC. */
void format_date(struct writer *writer, const struct formats *formats, int64_t date);
void format_month(struct writer *writer, const struct formats *formats, int64_t month);
void format_time(struct writer *writer, const struct formats *formats, int64_t time, int32_t utc_offset);

/* The day of \a now on the operator's clock, as yyyymmdd. */
int64_t format_today(int64_t now, int32_t utc_offset);

/* \a form with each '#' replaced by the number. */
void format_plural(struct writer *writer, const struct formats *formats, const char *form, int64_t number);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Formats values for subscribers: money, counts and dates in the formats of a language. */
#pragma once

#include "menu/tree.h"

/* Output of text; when it is full, it stops after a whole character. */
struct writer {
	char *at;
	char *end;
};

void writer_put(struct writer *writer, const char *text, size_t len);
void writer_string(struct writer *writer, const char *text);

/* -1234567 with two minor digits: "-12,345.67" between the language's currency signs. */
void format_money(struct writer *writer, const struct formats *formats, int64_t minor_units, unsigned int minor_digits);
void format_count(struct writer *writer, const struct formats *formats, int64_t count);

/* In the language's pattern: %Y %m %d %H %M %%. \a date: yyyymmdd; \a month: yyyymm; \a time: seconds since
 * 1970 UTC, shown \a utc_offset seconds east of UTC. */
void format_date(struct writer *writer, const struct formats *formats, int64_t date);
void format_month(struct writer *writer, const struct formats *formats, int64_t month);
void format_time(struct writer *writer, const struct formats *formats, int64_t time, int32_t utc_offset);

/* The operator's local date at \a now, as yyyymmdd. */
int64_t format_today(int64_t now, int32_t utc_offset);

/* \a form with each '#' replaced by the number. */
void format_plural(struct writer *writer, const struct formats *formats, const char *form, int64_t number);

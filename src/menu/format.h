/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Formats values for subscribers: money, counts and dates in the formats of a language. */
#pragma once

#include <string.h>

#include "menu/tree.h"

/* Output of text; when it is full, it stops after a whole character. */
struct writer {
	char *at;
	char *end;
	const char *counted;		/* cost is that of everything before it; see writer_counting() */
	struct text_cost cost;
};

/* A writer that counts the cost of what is written. */
static inline struct writer writer_counting(char *out, size_t size)
{
	return (struct writer){ .at = out, .end = out + size, .counted = out, .cost.gsm7 = true };
}

void writer_put_part(struct writer *writer, const char *text, size_t len);	/* as far as there is room */

static inline void writer_put(struct writer *writer, const char *text, size_t len)
{
	if (len > (size_t)(writer->end - writer->at)) {
		writer_put_part(writer, text, len);
		return;
	}
	memcpy(writer->at, text, len);
	writer->at += len;
}

static inline void writer_string(struct writer *writer, const char *text)
{
	if (*text)
		writer_put(writer, text, strlen(text));
}

/* The cost of everything that was written. For writers that count, as all of what follows. */
struct text_cost writer_cost(struct writer *writer);

/* Put a text whose cost is known. */
static inline void writer_put_counted(struct writer *writer, const char *text, size_t len, struct text_cost cost)
{
	if (writer->counted < writer->at)
		writer_cost(writer);
	if (len <= (size_t)(writer->end - writer->at)) {
		writer->cost = text_cost_add(writer->cost, cost);
		writer->counted += len;
	}
	writer_put(writer, text, len);
}

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

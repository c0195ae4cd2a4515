/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Formats values for subscribers. */
#include <stddef.h>
#include <string.h>

#include "menu/format.h"
#include "starhash/calendar.h"

void writer_put_part(struct writer *writer, const char *text, size_t len)
{
	const size_t room = writer->end - writer->at;

	if (len > room)
		for (len = room; len && (text[len] & 0xc0) == 0x80; len--)
			;
	writer->end = writer->at + len;
	memcpy(writer->at, text, len);
	writer->at += len;
}

struct text_cost writer_cost(struct writer *writer)
{
	if (writer->counted < writer->at)
		writer->cost = text_cost_add(writer->cost, text_cost(writer->counted, writer->at - writer->counted));
	writer->counted = writer->at;
	return writer->cost;
}

#define DIGITS_MAX 20

/* Write the digits of a number before \a end: at least \a least and at most DIGITS_MAX. Returns their start. */
static const char *digits_before(char *end, uint64_t number, unsigned int least)
{
	char *at = end;

	while (number || end - at < (ptrdiff_t)least) {
		*--at = (char)('0' + number % 10);
		number /= 10;
	}
	return at;
}

static void put_digits(struct writer *writer, uint64_t number, unsigned int least)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	const char *at = digits_before(end, number, least < DIGITS_MAX ? least : DIGITS_MAX);

	writer_put(writer, at, end - at);
}

/* With the language's separator between groups of three. */
static void put_grouped(struct writer *writer, const char *group, uint64_t number)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	const char *at = digits_before(end, number, 1);
	size_t len = *group ? (end - at - 1) % 3 + 1 : end - at;

	for (; at < end; at += len, len = 3) {
		writer_put(writer, at, len);
		if (at + len < end)
			writer_string(writer, group);
	}
}

static uint64_t magnitude(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

void format_money(struct writer *writer, const struct formats *formats, int64_t minor_units, unsigned int minor_digits)
{
	const uint64_t amount = magnitude(minor_units);
	uint64_t unit = 1;

	for (unsigned int i = 0; i < minor_digits; i++)
		unit *= 10;
	if (minor_units < 0)
		writer_string(writer, "-");
	writer_string(writer, formats->money_before);
	put_grouped(writer, formats->group, amount / unit);
	if (minor_digits) {
		writer_string(writer, formats->decimal);
		put_digits(writer, amount % unit, minor_digits);
	}
	writer_string(writer, formats->money_after);
}

void format_count(struct writer *writer, const struct formats *formats, int64_t count)
{
	if (count < 0)
		writer_string(writer, "-");
	put_grouped(writer, formats->group, magnitude(count));
}

struct moment {
	unsigned int year, month, day, hour, minute;
};

static void put_moment(struct writer *writer, const char *pattern, const struct moment *moment)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%' || !pattern[1]) {
			writer_put(writer, pattern, 1);
			continue;
		}
		switch (*++pattern) {
		case 'Y': put_digits(writer, moment->year, 4); break;
		case 'm': put_digits(writer, moment->month, 2); break;
		case 'd': put_digits(writer, moment->day, 2); break;
		case 'H': put_digits(writer, moment->hour, 2); break;
		case 'M': put_digits(writer, moment->minute, 2); break;
		default: writer_put(writer, pattern, 1); break;
		}
	}
}

void format_date(struct writer *writer, const struct formats *formats, int64_t date)
{
	const struct moment moment = { .year = date / 10000 % 10000, .month = date / 100 % 100, .day = date % 100 };

	put_moment(writer, formats->date, &moment);
}

void format_month(struct writer *writer, const struct formats *formats, int64_t month)
{
	const struct moment moment = { .year = month / 100 % 10000, .month = month % 100 };

	put_moment(writer, formats->month, &moment);
}

/* Convert seconds since 1970 UTC to the operator's local time. */
static int64_t local_time(int64_t time, int32_t utc_offset)
{
	const int64_t limit = 253402300799;	/* 9999-12-31 23:59:59 */
	const int64_t local = (time < 0 || time > limit ? 0 : time) + utc_offset;

	return local < 0 ? 0 : local;
}

void format_time(struct writer *writer, const struct formats *formats, int64_t time, int32_t utc_offset)
{
	const int64_t local = local_time(time, utc_offset);
	const int64_t date = calendar_date(local / 86400);
	const struct moment moment = { .year = date / 10000, .month = date / 100 % 100, .day = date % 100,
				       .hour = local % 86400 / 3600, .minute = local % 3600 / 60 };

	put_moment(writer, formats->time, &moment);
}

int64_t format_today(int64_t now, int32_t utc_offset)
{
	return calendar_date(local_time(now, utc_offset) / 86400);
}

void format_plural(struct writer *writer, const struct formats *formats, const char *form, int64_t number)
{
	const char *mark;

	while ((mark = strchr(form, '#'))) {
		writer_put(writer, form, mark - form);
		format_count(writer, formats, number);
		form = mark + 1;
	}
	writer_string(writer, form);
}

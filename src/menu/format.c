/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values as a subscriber reads them. */
#include <stdio.h>
#include <string.h>

#include "menu/format.h"

void pen_put(struct pen *pen, const char *text, size_t len)
{
	size_t room = pen->end - pen->at;

	if (len > room) {
		for (len = room; len && (text[len] & 0xc0) == 0x80; len--)
			;
		pen->end = pen->at + len;
	}
	memcpy(pen->at, text, len);
	pen->at += len;
}

void pen_string(struct pen *pen, const char *text)
{
	pen_put(pen, text, strlen(text));
}

/* Digits of a number, with the language's mark between groups of three. */
static void put_grouped(struct pen *pen, const char *group, uint64_t number)
{
	char digits[24];
	int count = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	int i;

	for (i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			pen_string(pen, group);
		pen_put(pen, digits + i, 1);
	}
}

static uint64_t magnitude(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

static uint64_t power_of_ten(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

void format_money(struct pen *pen, const struct formats *formats, int64_t minor_units, unsigned int minor_digits)
{
	const uint64_t unit = power_of_ten(minor_digits);
	const uint64_t amount = magnitude(minor_units);
	char minor[24];

	if (minor_units < 0)
		pen_string(pen, "-");
	pen_string(pen, formats->money_before);
	put_grouped(pen, formats->group, amount / unit);
	if (minor_digits) {
		pen_string(pen, formats->decimal);
		snprintf(minor, sizeof(minor), "%0*llu", (int)minor_digits, (unsigned long long)(amount % unit));
		pen_string(pen, minor);
	}
	pen_string(pen, formats->money_after);
}

void format_count(struct pen *pen, const struct formats *formats, int64_t count)
{
	if (count < 0)
		pen_string(pen, "-");
	put_grouped(pen, formats->group, magnitude(count));
}

struct moment {
	unsigned int year, month, day, hour, minute;
};

static void put_number(struct pen *pen, int width, unsigned int number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%0*u", width, number);
	pen_string(pen, digits);
}

static void put_moment(struct pen *pen, const char *pattern, const struct moment *moment)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%' || !pattern[1]) {
			pen_put(pen, pattern, 1);
			continue;
		}
		switch (*++pattern) {
		case 'Y': put_number(pen, 4, moment->year); break;
		case 'm': put_number(pen, 2, moment->month); break;
		case 'd': put_number(pen, 2, moment->day); break;
		case 'H': put_number(pen, 2, moment->hour); break;
		case 'M': put_number(pen, 2, moment->minute); break;
		default: pen_put(pen, pattern, 1); break;
		}
	}
}

void format_date(struct pen *pen, const struct formats *formats, int64_t date)
{
	const struct moment moment = { .year = date / 10000 % 10000, .month = date / 100 % 100, .day = date % 100 };

	put_moment(pen, formats->date, &moment);
}

void format_month(struct pen *pen, const struct formats *formats, int64_t month)
{
	const struct moment moment = { .year = month / 100 % 10000, .month = month % 100 };

	put_moment(pen, formats->month, &moment);
}

/* Civil date from days since 1970-01-01, proleptic Gregorian calendar. */
static void moment_set_day(struct moment *moment, int64_t days)
{
	const int64_t shifted = days + 719468;				/* days since 0000-03-01 */
	const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	const unsigned int of_era = shifted - era * 146097;
	const unsigned int year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const unsigned int of_year = of_era - (365 * year + year / 4 - year / 100);
	const unsigned int month = (5 * of_year + 2) / 153;		/* from March */

	moment->day = of_year - (153 * month + 2) / 5 + 1;
	moment->month = month < 10 ? month + 3 : month - 9;
	moment->year = year + era * 400 + (moment->month <= 2);
}

void format_time(struct pen *pen, const struct formats *formats, int64_t time, int32_t utc_offset)
{
	const int64_t limit = 253402300799;	/* 9999-12-31 23:59:59 */
	struct moment moment = {};
	int64_t local;

	if (time < 0 || time > limit)
		time = 0;
	local = time + utc_offset;
	if (local < 0)
		local = 0;
	moment_set_day(&moment, local / 86400);
	moment.hour = local % 86400 / 3600;
	moment.minute = local % 3600 / 60;
	put_moment(pen, formats->time, &moment);
}

void format_plural(struct pen *pen, const struct formats *formats, const char *form, int64_t number)
{
	const char *mark;

	while ((mark = strchr(form, '#'))) {
		pen_put(pen, form, mark - form);
		format_count(pen, formats, number);
		form = mark + 1;
	}
	pen_string(pen, form);
}

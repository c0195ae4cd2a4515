/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Turns JSON values into numbers, dates and times without ever rounding one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "billing/convert.h"

#define DIGITS "0123456789"
#define DIGITS_MAX 15			/* so that nothing can overflow, and a double holds it exactly */
#define NUMBER_MAX 999999999999999ll

const char *json_text(const json_t *value, char buffer[static JSON_TEXT_SIZE])
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		snprintf(buffer, JSON_TEXT_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return buffer;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return NULL;
	}
}

/* ---- amounts ---- */

static int64_t digits_value(const char *digits, size_t len)
{
	int64_t value = 0;

	for (size_t i = 0; i < len; i++)
		value = value * 10 + (digits[i] - '0');
	return value;
}

/* The digits behind the point, as so many; more of them only when they are zeros. 0 or -EINVAL. */
static int fraction_read(const char *text, unsigned int decimals, int64_t *number)
{
	const size_t len = strspn(text, DIGITS);

	if (!len || text[len])
		return -EINVAL;
	for (unsigned int i = 0; i < decimals; i++)
		*number = *number * 10 + (i < len ? text[i] - '0' : 0);
	return len > decimals && text[decimals + strspn(text + decimals, "0")] ? -EINVAL : 0;
}

/* "-12.50" with two decimals is -1250. */
static int decimal_read(const char *text, unsigned int decimals, int64_t *out)
{
	const bool negative = *text == '-';
	const char *digits = text + negative;
	const size_t len = strspn(digits, DIGITS);
	int64_t number = digits_value(digits, len <= DIGITS_MAX - 2 ? len : 0);
	int rc;

	if (!len || len > DIGITS_MAX - 2)
		return -EINVAL;
	rc = fraction_read(digits[len] == '.' ? digits + len + 1 : digits[len] ? "" : "0", decimals, &number);
	*out = negative ? -number : number;
	return rc;
}

/* A parser has made a double of what was written. It is taken when it is the very double that a decimal of so few places
 * gives, and that is one decimal only below 2^53. */
static int real_read(double real, unsigned int decimals, int64_t *out)
{
	const double scale = decimals ? 100 : 1;

	if (!(real < NUMBER_MAX / 100 && real > -NUMBER_MAX / 100))
		return -EINVAL;
	*out = (int64_t)(real * scale + (real < 0 ? -0.5 : 0.5));
	return (double)*out / scale == real ? 0 : -EINVAL;
}

static int amount_read(const json_t *value, unsigned int decimals, int64_t *out)
{
	const int64_t scale = decimals ? 100 : 1;

	if (json_is_string(value))
		return decimal_read(json_string_value(value), decimals, out);
	if (json_is_real(value))
		return real_read(json_real_value(value), decimals, out);
	if (!json_is_integer(value) || llabs(json_integer_value(value) / 2) > NUMBER_MAX / 100 / 2)
		return -EINVAL;
	*out = json_integer_value(value) * scale;
	return 0;
}

/* ---- dates and times ---- */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool is_date(int64_t year, int64_t month, int64_t day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && is_leap(year));
}

/* Whether a text begins as \a form does, in which 0 stands for any digit. */
static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++) {
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	}
	return true;
}

/* "Z" or "+01:00", to the end. 0 or -EINVAL. */
static int zone_read(const char *text, int64_t *east)
{
	int64_t hours, minutes;

	*east = 0;
	if (!strcmp(text, "Z") || !strcmp(text, "z"))
		return 0;
	if ((*text != '+' && *text != '-') || !has_form(text + 1, "00:00") || text[6])
		return -EINVAL;
	hours = digits_value(text + 1, 2);
	minutes = digits_value(text + 4, 2);
	*east = (*text == '-' ? -60 : 60) * (hours * 60 + minutes);
	return hours < 24 && minutes < 60 ? 0 : -EINVAL;
}

/* What follows a date in RFC 3339, as seconds of that day in UTC: "T23:59:59.999+01:00". 0 or -EINVAL. */
static int clock_read(const char *text, int64_t *seconds)
{
	int64_t hour, minute, second, east;

	if ((*text != 'T' && *text != 't' && *text != ' ') || !has_form(text + 1, "00:00:00"))
		return -EINVAL;
	hour = digits_value(text + 1, 2);
	minute = digits_value(text + 4, 2);
	second = digits_value(text + 7, 2);
	text += 9;
	if (has_form(text, ".0"))
		text += 1 + strspn(text + 1, DIGITS);
	if (hour > 23 || minute > 59 || second > 60 || zone_read(text, &east))
		return -EINVAL;
	*seconds = hour * 3600 + minute * 60 + second - east;
	return 0;
}

/* "yyyy-mm", and perhaps "-dd": \a text is left behind what was read. \a day: 0 when there is none. 0 or -EINVAL. */
static int calendar_read(const char **text, int64_t *month, int64_t *day)
{
	const char *at = *text;
	const bool has_day = has_form(at, "0000-00-00");

	if (!has_day && !has_form(at, "0000-00"))
		return -EINVAL;
	*month = digits_value(at, 4) * 100 + digits_value(at + 5, 2);
	*day = has_day ? digits_value(at + 8, 2) : 0;
	*text = at + (has_day ? 10 : 7);
	return is_date(*month / 100, *month % 100, has_day ? *day : 1) ? 0 : -EINVAL;
}

/* A whole number, perhaps as text. */
static int whole_read(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);

	if (text && strspn(text, DIGITS) != strlen(text))
		return -EINVAL;
	return amount_read(value, 0, out);
}

static int date_read(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	int64_t month, day, seconds;

	if (!whole_read(value, out))
		return is_date(*out / 10000, *out / 100 % 100, *out % 100) ? 0 : -EINVAL;
	if (!text || calendar_read(&text, &month, &day) || !day || (*text && clock_read(text, &seconds)))
		return -EINVAL;
	*out = month * 100 + day;
	return 0;
}

static int month_read(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	int64_t day;

	if (!whole_read(value, out) && is_date(*out / 100, *out % 100, 1))
		return 0;
	if (text && !calendar_read(&text, out, &day) && !day)
		return *text ? -EINVAL : 0;
	if (date_read(value, out))
		return -EINVAL;
	*out /= 100;
	return 0;
}

static int time_read(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	int64_t month, day, seconds;
	struct tm parts = { 0 };

	if (!whole_read(value, out))
		return 0;
	if (!text || calendar_read(&text, &month, &day) || !day || clock_read(text, &seconds))
		return -EINVAL;
	parts.tm_year = (int)(month / 100 - 1900);
	parts.tm_mon = (int)(month % 100 - 1);
	parts.tm_mday = (int)day;
	*out = timegm(&parts) + seconds;
	return 0;
}

int json_number(const json_t *value, enum field_type type, bool major, int64_t *out)
{
	switch (type) {
	case FIELD_TYPE_MONEY:
		return amount_read(value, major ? 2 : 0, out);
	case FIELD_TYPE_COUNT:
		return amount_read(value, 0, out);
	case FIELD_TYPE_DATE:
		return date_read(value, out);
	case FIELD_TYPE_MONTH:
		return month_read(value, out);
	case FIELD_TYPE_TIME:
		return time_read(value, out);
	default:
		return -EINVAL;
	}
}

int json_digits(const json_t *value, char *out, size_t size)
{
	char buffer[JSON_TEXT_SIZE];
	const char *text = json_text(value, buffer);
	size_t len;

	if (!text)
		return -EINVAL;
	text += *text == '+';
	len = strlen(text);
	if (!len || len >= size || strspn(text, DIGITS) != len)
		return -EINVAL;
	memcpy(out, text, len + 1);
	return 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Turns JSON values into numbers, dates and times without ever rounding one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/json.h"
#include "starhash/calendar.h"

#define DIGITS "0123456789"
#define DIGITS_MAX 15			/* so that nothing overflows, and a double is exact */
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

/* "-12.50" with two decimals is -1250; further digits must be zeros. */
static int decimal_read(const char *text, unsigned int decimals, int64_t *out)
{
	const bool negative = *text == '-';
	const char *digits = text + negative;
	const size_t len = strspn(digits, DIGITS);
	const char *fraction = digits[len] == '.' ? digits + len + 1 : digits[len] ? "" : "0";
	const size_t places = strspn(fraction, DIGITS);
	int64_t number;

	if (!len || len > DIGITS_MAX - 2 || !places || fraction[places])
		return -EINVAL;
	number = calendar_number(digits, len);
	for (unsigned int i = 0; i < decimals; i++)
		number = number * 10 + (i < places ? fraction[i] - '0' : 0);
	*out = negative ? -number : number;
	return places > decimals && fraction[decimals + strspn(fraction + decimals, "0")] ? -EINVAL : 0;
}

/* The parser has already turned the text into a double. Accept it only if it is exactly the double of a decimal with that many places,
 * which is unique only below 2^53. */
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

/* "yyyy-mm", optionally with "-dd". Advances \a text; \a day becomes 0 if there is none. 0 or -EINVAL. */
static int calendar_read(const char **text, int64_t *month, int64_t *day)
{
	const char *at = *text;
	const bool has_day = calendar_shaped(at, strnlen(at, 10), "0000-00-00");

	if (!has_day && !calendar_shaped(at, strnlen(at, 7), "0000-00"))
		return -EINVAL;
	*month = calendar_number(at, 4) * 100 + calendar_number(at + 5, 2);
	*day = has_day ? calendar_number(at + 8, 2) : 0;
	*text = at + (has_day ? 10 : 7);
	return calendar_has(*month / 100, *month % 100, has_day ? *day : 1) ? 0 : -EINVAL;
}

/* A whole number, as a JSON number or string. */
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
		return calendar_has(*out / 10000, *out / 100 % 100, *out % 100) ? 0 : -EINVAL;
	if (!text || calendar_read(&text, &month, &day) || !day || (*text && !calendar_clock(text, strlen(text), &seconds)))
		return -EINVAL;
	*out = month * 100 + day;
	return 0;
}

static int month_read(const json_t *value, int64_t *out)
{
	const char *text = json_string_value(value);
	int64_t day;

	if (!whole_read(value, out) && calendar_has(*out / 100, *out % 100, 1))
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

	if (!whole_read(value, out))
		return 0;
	if (!text || calendar_read(&text, &month, &day) || !day || !calendar_clock(text, strlen(text), &seconds))
		return -EINVAL;
	*out = calendar_days(month / 100, month % 100, day) * 86400 + seconds;
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

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, dates and times in import files. */
#include "import/value.h"

#include <inttypes.h>
#include <stdio.h>

#include "starhash/calendar.h"
#include "starhash/text.h"
#include "text/utf8.h"

#define DAY 86400

static bool is_digit(char octet)
{
	return octet >= '0' && octet <= '9';
}

bool value_number(const char *text, size_t len, int64_t *number)
{
	const bool negative = len && *text == '-';
	int64_t value = 0;
	size_t i = negative || (len && *text == '+');

	if (i == len)
		return false;
	for (; i < len; i++) {
		if (!is_digit(text[i]) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text[i] - '0', &value))
			return false;
	}
	*number = negative ? -value : value;
	return true;
}

bool value_digits(const char *text, size_t len, size_t least, size_t most)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]))
			return false;
	}
	return len >= least && len <= most;
}

static bool date_exists(int64_t year, int64_t month, int64_t day)
{
	return year <= 2999 && calendar_has(year, month, day);
}

bool value_date(const char *text, size_t len, int64_t *date)
{
	const bool dashes = calendar_shaped(text, len, "0000-00-00");
	const size_t gap = dashes ? 1 : 0;

	if (!dashes && !calendar_shaped(text, len, "00000000"))
		return false;
	*date = calendar_number(text, 4) * 10000 + calendar_number(text + 4 + gap, 2) * 100 +
		calendar_number(text + 6 + 2 * gap, 2);
	return date_exists(*date / 10000, *date / 100 % 100, *date % 100);
}

bool value_month(const char *text, size_t len, int64_t *month)
{
	const bool dash = calendar_shaped(text, len, "0000-00");

	if (!dash && !calendar_shaped(text, len, "000000"))
		return false;
	*month = calendar_number(text, 4) * 100 + calendar_number(text + 4 + dash, 2);
	return date_exists(*month / 100, *month % 100, 1);
}

bool value_time(const char *text, size_t len, int64_t *time)
{
	int64_t date, seconds;

	if (value_number(text, len, time))
		return *time >= 0 && *time < calendar_days(2999, 12, 31) * DAY;
	if (len < 10 || !value_date(text, 10, &date) || !calendar_clock(text + 10, len - 10, &seconds))
		return false;
	*time = calendar_days(date / 10000, date / 100 % 100, date % 100) * DAY + seconds;
	return *time >= 0;
}

bool value_text(const char *text, size_t len, size_t most, bool blanks)
{
	size_t i = 0;

	if (len > most)
		return false;
	while (i < len) {
		uint32_t codepoint;
		const unsigned int octets = utf8_read((const uint8_t *)text + i, len - i, &codepoint);

		if (!octets || text_is_control(codepoint) || (codepoint == ' ' && !blanks))
			return false;
		i += octets;
	}
	return true;
}

/* ---- writing ---- */

const char *value_print_number(int64_t number, char text[static VALUE_TEXT_SIZE])
{
	snprintf(text, VALUE_TEXT_SIZE, "%" PRId64, number);
	return text;
}

const char *value_print_date(int64_t date, char text[static VALUE_TEXT_SIZE])
{
	snprintf(text, VALUE_TEXT_SIZE, "%04" PRId64 "-%02d-%02d", date / 10000, (int)(date / 100 % 100), (int)(date % 100));
	return text;
}

const char *value_print_month(int64_t month, char text[static VALUE_TEXT_SIZE])
{
	snprintf(text, VALUE_TEXT_SIZE, "%04" PRId64 "-%02d", month / 100, (int)(month % 100));
	return text;
}

const char *value_print_time(int64_t time, char text[static VALUE_TEXT_SIZE])
{
	const int64_t last = INT64_C(253402300799);	/* 9999-12-31 23:59:59: anything later, or before 1970, is damage */
	const int64_t shown = time < 0 ? 0 : time > last ? last : time;
	const int64_t day = day_of(shown, 0), date = calendar_date(day);
	const int second = (int)(shown - day * DAY);

	snprintf(text, VALUE_TEXT_SIZE, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02dZ", date / 10000, (int)(date / 100 % 100), (int)(date % 100),
		 second / 3600, second / 60 % 60, second % 60);
	return text;
}

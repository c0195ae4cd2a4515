/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading numbers, dates and times as billing writes them. */
#include "import/value.h"

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

/* \a count digits from \a at on, whose presence was checked. */
static int64_t digits(const char *at, size_t count)
{
	int64_t value = 0;

	while (count--)
		value = value * 10 + (*at++ - '0');
	return value;
}

static bool leap(int64_t year)
{
	return (year % 4 == 0 && year % 100) || year % 400 == 0;
}

static bool date_exists(int64_t year, int64_t month, int64_t day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return year >= 1900 && year <= 2999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && leap(year));
}

/* Whether \a text has the shape: '0' stands for a digit, anything else for itself. */
static bool shaped(const char *text, size_t len, const char *shape)
{
	for (size_t i = 0; i < len; i++) {
		if (!shape[i] || (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]))
			return false;
	}
	return !shape[len];
}

bool value_date(const char *text, size_t len, int64_t *date)
{
	const bool dashes = shaped(text, len, "0000-00-00");
	const size_t gap = dashes ? 1 : 0;

	if (!dashes && !shaped(text, len, "00000000"))
		return false;
	*date = digits(text, 4) * 10000 + digits(text + 4 + gap, 2) * 100 + digits(text + 6 + 2 * gap, 2);
	return date_exists(*date / 10000, *date / 100 % 100, *date % 100);
}

bool value_month(const char *text, size_t len, int64_t *month)
{
	const bool dash = shaped(text, len, "0000-00");

	if (!dash && !shaped(text, len, "000000"))
		return false;
	*month = digits(text, 4) * 100 + digits(text + 4 + dash, 2);
	return date_exists(*month / 100, *month % 100, 1);
}

/* Days since 1970-01-01 of a day that exists. */
static int64_t days_since(int64_t year, int64_t month, int64_t day)
{
	const int64_t shifted = month > 2 ? year : year - 1;	/* years that begin in March have the leap day last */
	const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - 719468;
}

/* "Z", or hours and minutes that the clock is ahead of UTC. */
static bool zone_read(const char *text, size_t len, int64_t *seconds)
{
	*seconds = 0;
	if (len == 1 && (*text == 'Z' || *text == 'z'))
		return true;
	if (len != 6 || (*text != '+' && *text != '-') || !shaped(text + 1, 5, "00:00"))
		return false;
	*seconds = (digits(text + 1, 2) * 60 + digits(text + 4, 2)) * (*text == '-' ? -60 : 60);
	return digits(text + 1, 2) < 24 && digits(text + 4, 2) < 60;
}

/* Behind the seconds: a fraction, which is dropped. */
static size_t fraction_len(const char *text, size_t len)
{
	size_t i = 1;

	if (len < 2 || *text != '.' || !is_digit(text[1]))
		return 0;
	while (i < len && is_digit(text[i]))
		i++;
	return i;
}

static bool clock_read(const char *text, int64_t *seconds)
{
	const int64_t hour = digits(text, 2), minute = digits(text + 3, 2), second = digits(text + 6, 2);

	*seconds = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second <= 60;
}

static bool moment_read(const char *text, size_t len, int64_t *time)
{
	int64_t date, seconds, zone;
	size_t fraction;

	if (len < 20 || !value_date(text, 10, &date) || (text[10] != 'T' && text[10] != 't' && text[10] != ' ') ||
	    !shaped(text + 11, 8, "00:00:00") || !clock_read(text + 11, &seconds))
		return false;
	fraction = fraction_len(text + 19, len - 19);
	if (!zone_read(text + 19 + fraction, len - 19 - fraction, &zone))
		return false;
	*time = days_since(date / 10000, date / 100 % 100, date % 100) * DAY + seconds - zone;
	return *time >= 0;
}

bool value_time(const char *text, size_t len, int64_t *time)
{
	if (value_number(text, len, time))
		return *time >= 0 && *time < days_since(2999, 12, 31) * DAY;
	return moment_read(text, len, time);
}

bool value_text(const char *text, size_t len, size_t most, bool blanks)
{
	size_t i = 0;

	if (len > most)
		return false;
	while (i < len) {
		uint32_t codepoint;
		const unsigned int octets = utf8_read((const uint8_t *)text + i, len - i, &codepoint);

		if (!octets || codepoint < 0x20 || (codepoint >= 0x7f && codepoint < 0xa0) ||
		    (codepoint == ' ' && !blanks))
			return false;
		i += octets;
	}
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Date arithmetic. Years are counted from March, so that the leap day is their last day. */
#include "starhash/calendar.h"

#define TO_1970 719468		/* days from 0000-03-01 */
#define DAYS_OF_400 146097	/* years */

static bool is_digit(char octet)
{
	return octet >= '0' && octet <= '9';
}

bool calendar_shaped(const char *text, size_t len, const char *shape)
{
	for (size_t i = 0; i < len; i++) {
		if (!shape[i] || (shape[i] == '0' ? !is_digit(text[i]) : text[i] != shape[i]))
			return false;
	}
	return !shape[len];
}

int64_t calendar_number(const char *digits, size_t count)
{
	int64_t value = 0;

	while (count--)
		value = value * 10 + (*digits++ - '0');
	return value;
}

/* ---- days ---- */

static bool is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100) || year % 400 == 0;
}

bool calendar_has(int64_t year, int64_t month, int64_t day)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return year >= 1900 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && is_leap(year));
}

int64_t calendar_days(int64_t year, int64_t month, int64_t day)
{
	const int64_t shifted = month > 2 ? year : year - 1;
	const int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + of_year - TO_1970;
}

int64_t calendar_date(int64_t days)
{
	const int64_t shifted = days + TO_1970;
	const int64_t era = (shifted >= 0 ? shifted : shifted - DAYS_OF_400 + 1) / DAYS_OF_400;
	const int64_t of_era = shifted - era * DAYS_OF_400;
	const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const int64_t from_march = (5 * of_year + 2) / 153;
	const int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;

	return (year + era * 400 + (month <= 2)) * 10000 + month * 100 + of_year - (153 * from_march + 2) / 5 + 1;
}

/* ---- times ---- */

/* "Z", or hours and minutes ahead of UTC. */
static bool zone_read(const char *text, size_t len, int64_t *seconds)
{
	*seconds = 0;
	if (len == 1 && (*text == 'Z' || *text == 'z'))
		return true;
	if (len != 6 || (*text != '+' && *text != '-') || !calendar_shaped(text + 1, 5, "00:00"))
		return false;
	*seconds = (calendar_number(text + 1, 2) * 60 + calendar_number(text + 4, 2)) * (*text == '-' ? -60 : 60);
	return calendar_number(text + 1, 2) < 24 && calendar_number(text + 4, 2) < 60;
}

static size_t fraction_len(const char *text, size_t len)
{
	size_t i = 1;

	if (len < 2 || *text != '.' || !is_digit(text[1]))
		return 0;
	while (i < len && is_digit(text[i]))
		i++;
	return i;
}

bool calendar_clock(const char *text, size_t len, int64_t *seconds)
{
	int64_t hour, minute, second, zone;
	size_t at = 9;

	if (len < at || (*text != 'T' && *text != 't' && *text != ' ') || !calendar_shaped(text + 1, 8, "00:00:00"))
		return false;
	hour = calendar_number(text + 1, 2);
	minute = calendar_number(text + 4, 2);
	second = calendar_number(text + 7, 2);
	at += fraction_len(text + at, len - at);
	if (hour > 23 || minute > 59 || second > 60 || !zone_read(text + at, len - at, &zone))
		return false;
	*seconds = hour * 3600 + minute * 60 + second - zone;
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The calendar compared with the C library's, and times in RFC 3339 form. */
#include <string.h>
#include <time.h>

#include "starhash/calendar.h"
#include "tests/cmocka.h"

#define FIRST_DAY (-25567)	/* 1900-01-01 */
#define LAST_DAY 2932896	/* 9999-12-31 */

static int64_t library_date(int64_t day)
{
	const time_t seconds = (time_t)(day * 86400);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	return (parts.tm_year + INT64_C(1900)) * 10000 + (parts.tm_mon + 1) * 100 + parts.tm_mday;
}

static void date__every_day_of_1900_to_9999__same_as_the_library(void **state)
{
	for (int64_t day = FIRST_DAY; day <= LAST_DAY; day++) {
		const int64_t date = library_date(day);

		if (calendar_date(day) != date)
			assert_int_equal(calendar_date(day), date);
		if (calendar_days(date / 10000, date / 100 % 100, date % 100) != day)
			fail_msg("%lld is not day %lld", (long long)date, (long long)day);
		if (!calendar_has(date / 10000, date / 100 % 100, date % 100))
			fail_msg("%lld is called no day", (long long)date);
	}
}

static void has__no_such_day__false(void **state)
{
	static const int dates[][3] = {
		{ 1899, 12, 31 }, { 10000, 1, 1 }, { 2026, 0, 1 },  { 2026, 13, 1 },  { 2026, 1, 0 },  { 2026, 1, 32 },
		{ 2026, 2, 29 },  { 2100, 2, 29 }, { 2000, 2, 30 }, { 2026, 4, 31 },  { 2026, 11, 31 }, { 2026, -1, 1 },
	};

	for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
		if (calendar_has(dates[i][0], dates[i][1], dates[i][2]))
			fail_msg("%d-%d-%d is called a day", dates[i][0], dates[i][1], dates[i][2]);
	}
}

static void clock__table(void **state)
{
	static const struct {
		const char *text;
		bool right;
		int64_t seconds;
	} rows[] = {
		{ "T00:00:00Z", true, 0 },
		{ "t23:59:59z", true, 86399 },
		{ " 12:30:00+01:00", true, 41400 },
		{ "T00:00:00+14:00", true, -50400 },
		{ "T23:59:60-12:00", true, 129600 },
		{ "T08:50:00.123456Z", true, 31800 },
		{ "T08:50:00.Z", false, 0 },
		{ "T24:00:00Z", false, 0 },
		{ "T08:60:00Z", false, 0 },
		{ "T08:50:61Z", false, 0 },
		{ "T08:50:00", false, 0 },
		{ "T08:50Z", false, 0 },
		{ "T08:50:00+24:00", false, 0 },
		{ "T08:50:00+01:60", false, 0 },
		{ "T08:50:00+0100", false, 0 },
		{ "T08:50:00ZZ", false, 0 },
		{ "x08:50:00Z", false, 0 },
		{ "", false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int64_t seconds = 0;

		if (calendar_clock(rows[i].text, strlen(rows[i].text), &seconds) != rows[i].right)
			fail_msg("'%s' is taken wrongly", rows[i].text);
		if (rows[i].right)
			assert_int_equal(seconds, rows[i].seconds);
	}
}

static void shaped__table(void **state)
{
	assert_true(calendar_shaped("2026-11", 7, "0000-00"));
	assert_false(calendar_shaped("2026-1", 6, "0000-00"));
	assert_false(calendar_shaped("2026-111", 8, "0000-00"));
	assert_false(calendar_shaped("2026/11", 7, "0000-00"));
	assert_true(calendar_shaped("", 0, ""));
	assert_int_equal(calendar_number("0420", 4), 420);
	assert_int_equal(calendar_number("", 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(date__every_day_of_1900_to_9999__same_as_the_library),
		cmocka_unit_test(has__no_such_day__false),
		cmocka_unit_test(clock__table),
		cmocka_unit_test(shaped__table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

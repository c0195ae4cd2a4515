/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, dates and times of import files: valid and invalid ones. */
#include <string.h>

#include "import/value.h"
#include "tests/cmocka.h"

struct value_case {
	const char *text;
	int64_t number;
};

typedef bool reader(const char *text, size_t len, int64_t *number);

static void check_good(reader *read, const struct value_case *cases)
{
	for (; cases->text; cases++) {
		int64_t number = -77;

		if (!read(cases->text, strlen(cases->text), &number) || number != cases->number)
			fail_msg("'%s' gives %lld", cases->text, (long long)number);
	}
}

static void check_bad(reader *read, const char *const *texts)
{
	for (; *texts; texts++) {
		int64_t number;

		if (read(*texts, strlen(*texts), &number))
			fail_msg("'%s' is taken", *texts);
	}
}

static void value__number__whole_64_bits(void **state)
{
	static const struct value_case good[] = {
		{ "0", 0 }, { "-5", -5 }, { "+7", 7 }, { "007", 7 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775807", -INT64_MAX }, { NULL, 0 },
	};
	static const char *const bad[] = {
		"",
		"-",
		"+",
		"1.5",
		"1e3",
		"9223372036854775808",
		"-9223372036854775808",
		"99999999999999999999999",
		" 1",
		"1 ",
		"0x10",
		NULL,
	};

	check_good(value_number, good);
	check_bad(value_number, bad);
}

static void value__date__must_be_in_the_calendar(void **state)
{
	static const struct value_case good[] = {
		{ "2026-11-30", 20261130 }, { "20261130", 20261130 },   { "2024-02-29", 20240229 },
		{ "2000-02-29", 20000229 }, { "1900-01-01", 19000101 }, { NULL, 0 },
	};
	static const char *const bad[] = {
		"",	      "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10",
		"2026-11-31", "2026-1-1",   "26-11-30",	  "20261130 ",	"2026/11/30",
		"1899-12-31", "3000-01-01", "2026113",	  "202611300",	NULL,
	};

	check_good(value_date, good);
	check_bad(value_date, bad);
}

static void value__month__two_spellings(void **state)
{
	static const struct value_case good[] = { { "2026-11", 202611 }, { "202611", 202611 }, { NULL, 0 } };
	static const char *const bad[] = { "", "2026-13", "202600", "2026-1", "20261", "2026-111", "2026-11-01", NULL };

	check_good(value_month, good);
	check_bad(value_month, bad);
}

static void value__time__rfc_3339_or_seconds(void **state)
{
	static const struct value_case good[] = {
		{ "0", 0 },
		{ "1794732600", 1794732600 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-15T08:50:00Z", 1794732600 },
		{ "2026-11-15T16:50:00+08:00", 1794732600 },
		{ "2026-11-15T03:20:00-05:30", 1794732600 },
		{ "2026-11-15 08:50:00.123456z", 1794732600 },
		{ "2024-02-29T23:59:60Z", 1709251200 },
		{ NULL, 0 },
	};
	static const char *const bad[] = {
		"",
		"-1",
		"1969-12-31T23:59:59Z",
		"2026-11-15",
		"2026-11-15T08:50:00",
		"2026-11-15T24:00:00Z",
		"2026-11-15T08:60:00Z",
		"2026-11-15T08:50:61Z",
		"2026-11-15T08:50:00.Z",
		"2026-11-15T08:50:00+8:00",
		"2026-11-15T08:50:00+24:00",
		"2026-02-30T08:50:00Z",
		"20261115T085000Z",
		"99999999999999",
		NULL,
	};

	check_good(value_time, good);
	check_bad(value_time, bad);
}

static void value__printed__can_be_read_again(void **state)
{
	char text[VALUE_TEXT_SIZE];
	int64_t back;

	assert_string_equal(value_print_number(INT64_MIN + 1, text), "-9223372036854775807");
	assert_string_equal(value_print_date(20240229, text), "2024-02-29");
	assert_string_equal(value_print_month(202611, text), "2026-11");
	assert_string_equal(value_print_time(1709251199, text), "2024-02-29T23:59:59Z");
	for (int64_t time = 0; time < 32503680000; time += 12345678 + time % 86399) {
		value_print_time(time, text);
		assert_true(value_time(text, strlen(text), &back));
		assert_int_equal(back, time);
	}
}

static void value__text__bounded_utf8_without_controls(void **state)
{
	assert_true(value_text("", 0, 4, false));
	assert_true(value_text("神州", 6, 6, false));
	assert_false(value_text("神州", 6, 5, false));
	assert_false(value_text("a b", 3, 8, false));
	assert_true(value_text("a b", 3, 8, true));
	assert_false(value_text("a\tb", 3, 8, true));
	assert_false(value_text("a\x7f", 2, 8, true));
	assert_false(value_text("a\xc2\x85", 3, 8, true));
	assert_false(value_text("\xff", 1, 8, true));
	assert_false(value_text("\xe7\xa5", 2, 8, true));
	assert_false(value_text("\xc0\x80", 2, 8, true));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(value__number__whole_64_bits),
		cmocka_unit_test(value__date__must_be_in_the_calendar),
		cmocka_unit_test(value__month__two_spellings),
		cmocka_unit_test(value__time__rfc_3339_or_seconds),
		cmocka_unit_test(value__printed__can_be_read_again),
		cmocka_unit_test(value__text__bounded_utf8_without_controls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

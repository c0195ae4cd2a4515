/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The set of barred numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "starhash/barring.h"
#include "tests/cmocka.h"

#define NOW 1000

static struct barring barring;

static int put(const char *number, int64_t until)
{
	struct bar bar = { .since = NOW, .until = until, .reason = "fraud" };

	snprintf(bar.number, sizeof(bar.number), "%s", number);
	return barring_put(&barring, &bar, NOW);
}

/* The number or prefix that bars it; "": none. */
static const char *bars(const char *number)
{
	const struct bar *bar = barring_find(&barring, number, NOW);

	return bar ? bar->number : "";
}

static int setup(void **state)
{
	barring_init(&barring, 3, 7);
	return 0;
}

static int teardown(void **state)
{
	barring_fini(&barring);
	return 0;
}

static void barring__empty__bars_nobody(void **state)
{
	assert_string_equal(bars("13800138000"), "");
	assert_string_equal(bars(""), "");
	assert_int_equal(put("13800138000", NOW), 0);
	assert_null(barring.index.segments);
}

static void barring__number_and_prefix__what_they_say(void **state)
{
	static const struct { const char *number, *barred; } rows[] = {
		{ "13800138000", "13800138000" }, { "1380013800", "" }, { "138001380000", "" }, { "013800138000", "" },
		{ "8613", "8613*" }, { "8613800138000", "8613*" }, { "861", "" }, { "8", "" }, { "86140", "" }, { "", "" },
		{ "861399999999999", "8613*" },
	};

	assert_int_equal(put("13800138000", 0), 0);
	assert_int_equal(put("8613*", 0), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(bars(rows[i].number), rows[i].barred);
}

static void barring__ends__by_time_or_by_hand(void **state)
{
	assert_int_equal(put("8613*", NOW + 10), 0);
	assert_int_equal(put("8613800138000", 0), 0);
	assert_string_equal(bars("8613999"), "8613*");
	assert_null(barring_find(&barring, "8613999", NOW + 10));
	assert_non_null(barring_find(&barring, "8613800138000", NOW + 10));
	assert_int_equal(put("8613*", NOW), 0);
	assert_string_equal(bars("8613999"), "");
	assert_int_equal(barring.count, 1);
}

static void barring__same_number_again__replaced(void **state)
{
	assert_int_equal(put("1", 0), 0);
	assert_int_equal(put("1", NOW + 5), 0);
	assert_int_equal(barring.count, 1);
	assert_int_equal(barring_find(&barring, "1", NOW)->until, NOW + 5);
	assert_int_equal(put("1*", 0), 0);
	assert_int_equal(barring.count, 2);
}

static void barring__full__refused(void **state)
{
	assert_int_equal(put("1", 0), 0);
	assert_int_equal(put("2", 0), 0);
	assert_int_equal(put("3", 0), 0);
	assert_int_equal(put("4", 0), -ENOSPC);
	assert_int_equal(put("3", NOW + 9), 0);
	assert_int_equal(put("2", NOW), 0);
	assert_int_equal(put("4", 0), 0);
}

static void barring__full_of_ended_ones__they_make_room(void **state)
{
	const struct bar late = { .number = "4", .since = NOW + 20 };

	assert_int_equal(put("1", NOW + 10), 0);
	assert_int_equal(put("2*", NOW + 30), 0);
	assert_int_equal(put("3", NOW + 20), 0);
	assert_int_equal(barring_put(&barring, &late, NOW + 9), -ENOSPC);
	assert_int_equal(barring_put(&barring, &late, NOW + 20), 0);
	assert_int_equal(barring.count, 2);
	assert_non_null(barring_find(&barring, "21", NOW + 29));
	assert_non_null(barring_find(&barring, "4", NOW + 29));
	barring_expire(&barring, NOW + 30);
	assert_int_equal(barring.count, 1);
}

static int count_seen(void *user, const struct bar *bar)
{
	(*(unsigned int *)user)++;
	assert_ptr_equal(barring_find(&barring, bar->number, NOW), bar);
	return 0;
}

/* Numbers that are removed leave the others where they are found. */
static void barring__many_come_and_go__each_found(void **state)
{
	const unsigned int many = 5000;
	unsigned int seen = 0;
	char number[16];

	barring.max = many;
	for (unsigned int i = 0; i < many; i++) {
		snprintf(number, sizeof(number), "86%u", i);
		assert_int_equal(put(number, 0), 0);
	}
	for (unsigned int i = 0; i < many; i++) {
		snprintf(number, sizeof(number), "86%u", i);
		if (i % 3)
			assert_int_equal(put(number, NOW), 0);
	}
	for (unsigned int i = 0; i < many; i++) {
		snprintf(number, sizeof(number), "86%u", i);
		assert_string_equal(bars(number), i % 3 ? "" : number);
	}
	barring_visit(&barring, count_seen, &seen);
	assert_int_equal(seen, (many + 2) / 3);
	assert_int_equal(seen, barring.count);
}

/* By a tool whose clock is ahead of ours. */
static void bar__ended_by_a_clock_ahead__holds_never(void **state)
{
	assert_false(bar_holds(&(struct bar){ .since = NOW + 500, .until = NOW + 500 }, NOW));
	assert_true(bar_holds(&(struct bar){ .since = NOW + 500, .until = NOW + 501 }, NOW));
}

static void bar_number__other_than_digits__invalid(void **state)
{
	static const char *const valid[] = { "1", "123456789012345", "86*" }, *const invalid[] = { "", "*", "1x", "+86", "8*6", "86**",
		"1234567890123456" };

	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++)
		assert_true(bar_number_valid(valid[i]));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++)
		assert_false(bar_number_valid(invalid[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(barring__empty__bars_nobody),
		TEST(barring__number_and_prefix__what_they_say),
		TEST(barring__ends__by_time_or_by_hand),
		TEST(barring__same_number_again__replaced),
		TEST(barring__full__refused),
		TEST(barring__full_of_ended_ones__they_make_room),
		TEST(barring__many_come_and_go__each_found),
		TEST(bar__ended_by_a_clock_ahead__holds_never),
		TEST(bar_number__other_than_digits__invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Changes of a catalogue that an operator has to confirm (A66). */
#include <stdbool.h>

#include "starhash/catalogue.h"
#include "tests/cmocka.h"

static const struct service before[] = {
	{ .code = "A", .price = 100, .period = "month" }, { .code = "B", .price = 0, .period = "month" },
	{ .code = "C", .price = 10, .period = "day" },
};

static bool jumps(int64_t a, int64_t b, const char *period, size_t count, unsigned int percent)
{
	const struct service after[] = {
		{ .code = "A", .price = a, .period = "month" }, { .code = "B", .price = b, .period = "month" },
		{ .code = "C", .price = 10, .period = period },
	};
	const struct catalogue was = { .services = before, .count = 3 }, is = { .services = after + 3 - count, .count = count };
	char why[160];

	return catalogue_jumps(&was, &is, percent, why, sizeof(why));
}

static void F38_catalogue__each_change__beyond_the_bound_or_not(void **state)
{
	static const struct {
		int64_t a, b;
		const char *period;
		size_t count;
		unsigned int percent;
		bool jumps;
	} cases[] = {
		{ 100, 0, "day", 3, 50, false },   { 150, 0, "day", 3, 50, false },   { 151, 0, "day", 3, 50, true },
		{ 50, 0, "day", 3, 50, false },	   { 49, 0, "day", 3, 50, true },     { 10000, 0, "day", 3, 50, true },
		{ 10000, 0, "day", 3, 0, false },  { 100, 1, "day", 3, 50, true },    { 100, 0, "month", 3, 50, true },
		{ 100, 0, "day", 2, 50, false },   { 100, 0, "day", 1, 50, true },    { 100, 0, "day", 1, 0, false },
		{ INT64_MAX, 0, "day", 3, 50, true }, { 200, 0, "day", 3, 100, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(jumps(cases[i].a, cases[i].b, cases[i].period, cases[i].count, cases[i].percent), cases[i].jumps);
}

static void F38_catalogue__price_of_a_trial__like_any_price(void **state)
{
	static const struct {
		int64_t before, after;
		bool jumps;
	} cases[] = { { 0, 0, false }, { 0, 1, true }, { 100, 150, false }, { 100, 151, true }, { 100, 49, true } };
	char why[160];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct service one = { .code = "A", .period = "day", .trial_days = 7, .trial_price = cases[i].before };
		const struct service other = { .code = "A", .period = "day", .trial_days = 7, .trial_price = cases[i].after };
		const struct catalogue was = { .services = &one, .count = 1 }, is = { .services = &other, .count = 1 };

		assert_int_equal(catalogue_jumps(&was, &is, 50, why, sizeof(why)), cases[i].jumps);
	}
}

static void F38_catalogue__nothing_sold_before__anything_accepted(void **state)
{
	const struct catalogue was = { .services = NULL, .count = 0 }, is = { .services = before, .count = 3 };
	char why[160];

	assert_false(catalogue_jumps(&was, &is, 50, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F38_catalogue__each_change__beyond_the_bound_or_not),
		cmocka_unit_test(F38_catalogue__price_of_a_trial__like_any_price),
		cmocka_unit_test(F38_catalogue__nothing_sold_before__anything_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

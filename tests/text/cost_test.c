/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The length of texts in septets and units, and the longest prefix that fits. */
#include "text_test.h"

static const struct text_budget page = { .septets = 182, .units = 80 };

static void budget__octets_of_links__known_pages(void **state)
{
	static const struct { unsigned int octets, septets, units; } rows[] = {
		{ 0, 0, 0 }, { 1, 1, 0 }, { 7, 8, 3 }, { 112, 128, 56 }, { 114, 130, 57 }, { 156, 178, 78 }, { 160, 182, 80 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_budget budget = text_budget_ussd(rows[i].octets);

		assert_int_equal(budget.septets, rows[i].septets);
		assert_int_equal(budget.units, rows[i].units);
	}
	assert_true(text_budget_ussd(UINT32_MAX).septets >= 8000);
}

static void cost__texts__septets_and_units(void **state)
{
	static const struct { const char *text; struct text_cost cost; } rows[] = {
		{ "", { 0, 0, true, 0 } },
		{ "*100#", { 5, 5, true, 0 } },
		{ "a[b]€", { 8, 5, true, 0 } },
		{ "Ωé\n", { 3, 3, true, 0 } },
		{ "漢字", { 0, 2, false, 2 } },
		{ "abc😀", { 0, 5, false, 1 } },
		{ "abcdefgh`", { 0, 9, false, 1 } },
		{ "a\xff" "b", { 0, 3, false, 1 } },
		{ "\xed\xa0\x80", { 0, 3, false, 3 } },
		{ "\xe2\x82", { 0, 2, false, 2 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_cost cost = text_cost(rows[i].text, strlen(rows[i].text));

		assert_int_equal(cost.gsm7, rows[i].cost.gsm7);
		assert_int_equal(cost.units, rows[i].cost.units);
		assert_int_equal(cost.others, rows[i].cost.others);
		if (cost.gsm7)
			assert_int_equal(cost.septets, rows[i].cost.septets);
	}
}

static void fits__both_alphabets__compare_with_their_own_budget(void **state)
{
	assert_true(text_fits((struct text_cost){ .septets = 182, .units = 182, .gsm7 = true }, page));
	assert_false(text_fits((struct text_cost){ .septets = 183, .units = 10, .gsm7 = true }, page));
	assert_true(text_fits((struct text_cost){ .septets = 999, .units = 80, .gsm7 = false }, page));
	assert_false(text_fits((struct text_cost){ .septets = 0, .units = 81, .gsm7 = false }, page));
}

static void fit__known_texts__longest_prefix(void **state)
{
	static const struct { const char *text; struct text_budget budget; size_t fit; } rows[] = {
		{ "", { 5, 5 }, 0 },
		{ "hello", { 5, 2 }, 5 },
		{ "hello", { 4, 2 }, 4 },
		{ "abc[d", { 4, 0 }, 3 },		/* an escape is not split */
		{ "abc€d", { 4, 0 }, 3 },
		{ "abc€d", { 5, 0 }, 6 },
		{ "漢字漢字", { 182, 3 }, 9 },
		{ "漢", { 182, 0 }, 0 },
		{ "a😀b", { 182, 2 }, 1 },		/* a surrogate pair is not split */
		{ "a😀b", { 182, 3 }, 5 },
		{ "abcdef漢", { 6, 3 }, 6 },		/* GSM-7 although the rest is not */
		{ "abcdef漢字", { 6, 7 }, 9 },		/* longer as UCS-2 */
		{ "abcdef漢字", { 4, 7 }, 9 },		/* fits again after it did not */
		{ "``", { 4, 1 }, 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(text_fit(rows[i].text, strlen(rows[i].text), rows[i].budget), rows[i].fit);
}

/* A straightforward implementation: the longest of all prefixes that fit. */
static size_t fit_by_trying(const char *text, size_t len, struct text_budget budget)
{
	const char *pos = text;
	size_t best = 0;

	while (pos < text + len) {
		text_next(&pos, text + len);
		if (text_fits(text_cost(text, pos - text), budget))
			best = pos - text;
	}
	return best;
}

static void fit__random_texts__longest_prefix_that_fits(void **state)
{
	uint64_t seed = 22090;
	char text[60];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text));
		struct text_budget budget = { (uint16_t)(random_next(&seed) % 40), (uint16_t)(random_next(&seed) % 30) };

		assert_int_equal(text_fit(text, len, budget), fit_by_trying(text, len, budget));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget__octets_of_links__known_pages),
		cmocka_unit_test(cost__texts__septets_and_units),
		cmocka_unit_test(fits__both_alphabets__compare_with_their_own_budget),
		cmocka_unit_test(fit__known_texts__longest_prefix),
		cmocka_unit_test(fit__random_texts__longest_prefix_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

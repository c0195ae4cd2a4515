/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where long texts are split into pages. */
#include "text_test.h"

static void cut__known_texts__end_at_lines_then_words(void **state)
{
	static const struct { const char *text; struct text_budget budget; size_t len, skip; } rows[] = {
		{ "", { 9, 9 }, 0, 0 },
		{ "short", { 9, 9 }, 5, 0 },
		{ "ends \n", { 9, 9 }, 6, 0 },			/* all fits: not split */
		{ "one two three", { 9, 4 }, 7, 1 },
		{ "one two three", { 7, 4 }, 7, 1 },		/* the word ends where the page ends */
		{ "line one\nline two", { 12, 4 }, 8, 1 },	/* at a line rather than a word */
		{ "line one\r\n\r\nline", { 9, 4 }, 8, 4 },
		{ "a\nlonger words here", { 14, 4 }, 14, 1 },	/* the line would leave too little */
		{ "a bcdefghijklmnop", { 10, 4 }, 10, 0 },	/* and so would the word */
		{ "ab        cdef", { 6, 3 }, 2, 8 },		/* white space at the boundary is on neither page */
		{ "        abc", { 4, 2 }, 4, 4 },		/* a page of white space still advances */
		{ "漢字漢字漢字", { 9, 4 }, 12, 0 },
		{ "漢字　漢字漢字", { 9, 4 }, 6, 3 },		/* an ideographic space is a space */
		{ "ab e\xcc\x81" "f", { 9, 4 }, 2, 1 },
		{ "漢字漢e\xcc\x81", { 9, 4 }, 9, 0 },		/* an accent stays with its letter */
		{ "漢字漢👍\xf0\x9f\x8f\xbd", { 9, 6 }, 9, 0 },	/* a skin tone stays with its hand */
		{ "ae\u0301\u0301\u0301\u0301", { 9, 4 }, 6, 0 },	/* unless that would leave too little */
		{ "漢字漢12530", { 9, 5 }, 9, 0 },			/* a number stays whole */
		{ "漢字漢\uff0c漢字", { 9, 3 }, 6, 0 },		/* no page begins with a comma */
		{ "漢", { 9, 0 }, 0, 0 },
		{ "😀", { 9, 1 }, 0, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t skip = 99;

		assert_int_equal(text_cut(rows[i].text, strlen(rows[i].text), rows[i].budget, &skip), rows[i].len);
		assert_int_equal(skip, rows[i].skip);
	}
}

static bool white(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	       c == 0x2029 || c == 0x3000;
}

/* Append the visible characters. */
static size_t visible(const char *text, size_t len, uint32_t *out)
{
	const char *pos = text, *end = text + len;
	size_t count = 0;

	while (pos < end) {
		uint32_t c = text_next(&pos, end);

		if (!white(c))
			out[count++] = c;
	}
	return count;
}

/* Split to the end; the visible characters of all pages are those of the text. */
static void assert_pages_hold_all(const char *text, size_t len, struct text_budget budget)
{
	uint32_t before[80], after[80];
	size_t wanted = visible(text, len, before), count = 0, at = 0, skip;

	while (at < len) {
		size_t page = text_cut(text + at, len - at, budget, &skip);

		assert_true(page > 0 && page + skip <= len - at);
		assert_true(text_fits(text_cost(text + at, page), budget));
		count += visible(text + at, page, after + count);
		assert_int_equal(visible(text + at + page, skip, after + count), 0);
		at += page + skip;
	}
	assert_int_equal(count, wanted);
	assert_memory_equal(before, after, count * sizeof(*before));
}

/* F13: with room for any single character, every visible character is output exactly once and none is split. */
static void cut__F13_random_mixed_scripts__lose_nothing(void **state)
{
	uint64_t seed = 24090;
	char text[80];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text));
		struct text_budget budget = { (uint16_t)(2 + random_next(&seed) % 30),
					      (uint16_t)(2 + random_next(&seed) % 20) };

		assert_pages_hold_all(text, len, budget);
	}
}

/* A last screen with less room than the others: 90 octets to ask, 60 to end. */
static void screens__text_too_long_for_the_last_alone__last_is_not_empty(void **state)
{
	static const char body[] = "seventy to ninety characters fit a screen that waits, but not one that ends it all   \n";
	struct text_flow flow = { .body = body, .body_len = sizeof(body) - 1, .more = "\n98 More", .more_len = 8, .last = "",
				  .more_budget = { 102, 45 }, .last_budget = { 68, 30 } };
	struct text_screen screen;

	assert_int_equal(text_screens(&flow, 1, &screen), 2);
	assert_true(screen.part == 1 && screen.last && screen.len > 10);
	assert_true(text_screen(&flow, 2, &screen));
	assert_true(screen.part == 0 && !screen.last);
}

/* Filled to the last character, a text needs fewer screens. */
static void screens__tight__words_are_split(void **state)
{
	struct text_flow flow = { .body = "aaaa bbbbbbb ccccc", .body_len = 18, .more = "", .last = "", .more_budget = { 9, 4 },
				  .last_budget = { 9, 4 } };

	assert_int_equal(text_screens(&flow, 0, NULL), 3);
	flow.tight = true;
	assert_int_equal(text_screens(&flow, 0, NULL), 2);
}

/* Such a screen is UCS-2: a bracket, which takes two septets in GSM-7, takes one unit like any other character. */
static void screens__footer_outside_gsm7__counted_in_units(void **state)
{
	struct text_flow flow = { .body = "[[[[[[[[[[", .body_len = 10, .more = "", .last = "\n文", .last_len = 4, .more_budget = { 24, 12 },
				  .last_budget = { 24, 12 } };

	assert_int_equal(text_screens(&flow, 0, NULL), 1);
	flow.body = "[[[[[[[[[[[";
	flow.body_len = 11;
	assert_int_equal(text_screens(&flow, 0, NULL), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(screens__text_too_long_for_the_last_alone__last_is_not_empty),
		cmocka_unit_test(screens__tight__words_are_split),
		cmocka_unit_test(screens__footer_outside_gsm7__counted_in_units),
		cmocka_unit_test(cut__known_texts__end_at_lines_then_words),
		cmocka_unit_test(cut__F13_random_mixed_scripts__lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Patterns match what the C library's regular expressions match. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/pattern.h"
#include "tests/cmocka.h"

static struct arena arena;

static int setup(void **state)
{
	arena = (struct arena){};
	return 0;
}

static int teardown(void **state)
{
	arena_fini(&arena);
	return 0;
}

/* Both agree on the text, or the C library refuses the pattern. */
static bool agree(const struct pattern *pattern, const char *source, const char *text)
{
	char anchored[PATTERN_OCTETS_MAX + 8];
	regex_t regex;
	bool same;

	snprintf(anchored, sizeof(anchored), "^(%s)$", source);
	if (regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB))
		return true;
	same = pattern_matches(pattern, text, strlen(text)) == !regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return same;
}

static void pattern__same_answers_as_the_c_library(void **state)
{
	static const char *const patterns[] = {
		"[1-9][0-9]{5}", "a|b|", "a|bc|d", "(ab?)+c", "(a|b)*abb", "a{2}", "a{2,}", "a{,2}b", "a{0,2}b{1,3}",
		"(a{2}b){2}", "(a|ab)(c|bcd)",
		"[]a]+", "[^]a]b", "[a-]+", "[[:digit:][:upper:]_]{1,3}", ".", "^ab$", "(a?)(b?)c?", "((a))",
		"[0-9]{4}(-[0-9]{4})?", "a]b}",
		"[^a-c]*", "((a|b)?c){1,3}", "(a*)*", "(a*b*)*c", "(a+|b)?",
	};
	static const char *const texts[] = {
		"", "a", "b", "c", "ab", "abc", "ac", "aab", "abb", "aabb", "aaab", "bbb", "aabaab", "abcd", "acd",
		"123456", "012345", "12345",
		"1234-5678", "1234", "]", "]a", "xb", "-", "a-", "A1_", "a]b}", "xyz", "cc", "acbcc", "ababc", "aa", "aaa",
		"bc", "d",
	};
	size_t p, t;

	for (p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		struct pattern_error error;
		const struct pattern *pattern = pattern_compile(&arena, patterns[p], &error);

		for (t = 0; pattern && t < sizeof(texts) / sizeof(texts[0]); t++)
			if (!agree(pattern, patterns[p], texts[t]))
				fail_msg("'%s' and '%s'", patterns[p], texts[t]);
		if (!pattern)
			assert_string_equal(patterns[p], "a|b|");
	}
}

/* One of an alternative's parts, with a repetition. */
static void put_random(char **at, unsigned int depth)
{
	static const char *const atoms[] = { "a", "b", "[ab]", "[^a]", "." };
	static const char *const repeats[] = { "", "", "", "*", "+", "?", "{2}", "{1,3}", "{,2}", "{2,}" };
	unsigned int count = 1 + rand() % 3;

	while (count--) {
		if (depth && rand() % 3 == 0) {
			*at += sprintf(*at, "(");
			put_random(at, depth - 1);
			*at += sprintf(*at, "|");
			put_random(at, depth - 1);
			*at += sprintf(*at, ")");
		} else {
			*at += sprintf(*at, "%s", atoms[rand() % 5]);
		}
		*at += sprintf(*at, "%s", repeats[rand() % 10]);
	}
}

static void pattern__made_at_random__same_answers(void **state)
{
	unsigned int i, k, compiled = 0;

	srand(1);
	for (i = 0; i < 2000; i++) {
		char source[2000], text[12], *end = source;
		struct pattern_error error;
		const struct pattern *pattern;

		put_random(&end, 2);
		pattern = pattern_compile(&arena, source, &error);
		compiled += pattern != NULL;
		for (k = 0; pattern && k < 20; k++) {
			const unsigned int len = rand() % 10;

			memset(text, 0, sizeof(text));
			for (unsigned int c = 0; c < len; c++)
				text[c] = "abc"[rand() % 3];
			if (!agree(pattern, source, text))
				fail_msg("'%s' and '%s'", source, text);
		}
	}
	assert_true(compiled > 1000);
}

static void pattern__not_a_pattern__refused_with_the_place(void **state)
{
	static const struct { const char *pattern, *what, *at; } rows[] = {
		{ "((((a?){30}){30}){30}){30}", "with every repetition written out it is longer than 256 characters",
		  "((((a?){30}){30}){30}){30}" },
		{ "(([a-z]?){60}){60}1", "with every repetition written out it is longer than 256 characters", "(([a-z]?){60}){60}1" },
		{ "x[a-", "the [ is not closed", "[a-" }, { "x(ab", "the ( is not closed", "(ab" }, { "ab)c",
		  "there is no ( before this )", ")c" },
		{ "", "an empty part", "" }, { "a||b", "an empty part", "|b" }, { "()", "an empty part", ")" }, { "*a",
		  "nothing is repeated", "*" },
		{ "a**", "two repetitions in a row", "a**" }, { "(a{2}){3}{4}", "two repetitions in a row", "(a{2}){3}{" },
		{ "a{161}", "a bound above 160", "{161}" }, { "a{99999999999999999999}", "a bound above 160", "{99999999999999999999}" },
		{ "a{x}", "{ is not followed by how often", "{x}" }, { "a{3", "{ is not followed by how often", "{3" },
		  { "a{0}", "nothing is so often", "{0}" },
		{ "a{3,2}", "nothing is so often", "{3,2}" }, { "(a)\\1", "this has no meaning here", "\\" }, { "a^b",
		  "this has no meaning here", "^" },
		{ "[a-z\u00e4]", "only characters of ASCII can be matched, without '`'", "\u00e4]" },
		{ "[z-a]", "the range ends before it begins", "z-a" }, { "[[:digits:]]", "unknown class of characters", "[:digits:" },
	};
	char many[PATTERN_OCTETS_MAX + 2];
	struct pattern_error error;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(pattern_compile(&arena, rows[i].pattern, &error));
		assert_string_equal(error.what, rows[i].what);
		assert_int_equal(error.len, strlen(rows[i].at));
		assert_memory_equal(error.at, rows[i].at, error.len);
	}
	memset(many, 'a', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	assert_null(pattern_compile(&arena, many, &error));
	assert_string_equal(error.what, "it is longer than 200 octets");
}

/* Each answer costs what the fit check assumes: no other alphabet matches, and the widest answers are those that do. */
static void pattern__widest_answers__match_and_cost_the_most(void **state)
{
	static const struct { const char *pattern, *longest, *costliest; } rows[] = {
		{ "[0-9]{6}", "000000", "000000" }, { "(abcd|[{]{3})", "abcd", "{{{" }, { ".{2,3}", "[[[", "[[[" },
		{ "a?(b|cd)", "acd", "acd" }, { "(x|[~]y)?z", "~yz", "~yz" }, { "[^a-z]", "[", "[" },
	};
	char answer[PATTERN_ANSWER_MAX + 1];
	struct pattern_error error;
	const struct pattern *pattern;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pattern = pattern_compile(&arena, rows[i].pattern, &error);
		assert_int_equal(pattern_widest(pattern, false, answer), strlen(rows[i].longest));
		assert_string_equal(answer, rows[i].longest);
		assert_true(pattern_matches(pattern, answer, strlen(answer)));
		pattern_widest(pattern, true, answer);
		assert_string_equal(answer, rows[i].costliest);
	}
	pattern = pattern_compile(&arena, "[a-z]+", &error);
	assert_int_equal(pattern_widest(pattern, false, answer), PATTERN_ANSWER_MAX);
	pattern = pattern_compile(&arena, "[^a]{2}", &error);
	assert_true(pattern_matches(pattern, "bc", 2));
	assert_false(pattern_matches(pattern, "\u00e4", 2));
	assert_false(pattern_matches(pattern, "b`", 2));
}

/* The C library stores 2^100 states for it, as far as answers lead to them. */
static void pattern__worst_answers__in_little_time(void **state)
{
	struct pattern_error error;
	const struct pattern *pattern = pattern_compile(&arena, "[ab]*a[ab]{100}|([ab]?){150}", &error);
	const size_t used = arena.used;
	char text[641];
	unsigned int i, k;

	assert_non_null(pattern);
	for (i = 0; i < 2000; i++) {
		for (k = 0; k < sizeof(text); k++)
			text[k] = "ab"[rand() & 1];
		pattern_matches(pattern, text, sizeof(text));
	}
	assert_int_equal(arena.used, used);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pattern__same_answers_as_the_c_library, setup, teardown),
		cmocka_unit_test_setup_teardown(pattern__made_at_random__same_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(pattern__not_a_pattern__refused_with_the_place, setup, teardown),
		cmocka_unit_test_setup_teardown(pattern__widest_answers__match_and_cost_the_most, setup, teardown),
		cmocka_unit_test_setup_teardown(pattern__worst_answers__in_little_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

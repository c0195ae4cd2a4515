/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings and problems, built by hand. */
#include <stdio.h>
#include <string.h>

#include "starhash/arena.h"
#include "starhash/setting.h"
#include "starhash/text.h"
#include "tests/cmocka.h"

static const struct setting number = { .name = "number", .type = SETTING_INT, .number = 7, .file = "a.cfg", .line = 3 };
static const struct setting word = {
	.name = "word", .type = SETTING_STRING, .string = "hello", .next = &number, .file = "a.cfg", .line = 2
};
static const struct setting group = { .type = SETTING_GROUP, .child = &word, .file = "a.cfg", .line = 1 };

static void setting_get__name_in_group__found(void **state)
{
	assert_ptr_equal(setting_get(&group, "word"), &word);
	assert_ptr_equal(setting_get(&group, "number"), &number);
}

static void setting_get__nothing_there__null(void **state)
{
	assert_null(setting_get(&group, "other"));
	assert_null(setting_get(NULL, "word"));
	assert_null(setting_get(&word, "word"));
}

static void setting_at__absent__its_group(void **state)
{
	assert_ptr_equal(setting_at(&group, "word"), &word);
	assert_ptr_equal(setting_at(&group, "other"), &group);
}

static void setting_string__other_type_or_absent__fallback(void **state)
{
	assert_string_equal(setting_string(&group, "word", "x"), "hello");
	assert_string_equal(setting_string(&group, "number", "x"), "x");
	assert_string_equal(setting_string(&group, "other", "x"), "x");
	assert_null(setting_string(NULL, "word", NULL));
}

static void setting_count__groups_and_others__elements(void **state)
{
	assert_int_equal(setting_count(&group), 2);
	assert_int_equal(setting_count(&word), 0);
	assert_int_equal(setting_count(NULL), 0);
}

static void expect_problem(const struct problem *problem, const char *text)
{
	char line[128];

	assert_int_equal(problem_print(problem, line, sizeof(line)), strlen(text));
	assert_string_equal(line, text);
}

static void problem_print__with_and_without_place__readable(void **state)
{
	struct problems problems = { 0 };

	problems_add(&problems, &word, "%s is rude", "hello");
	problems_add(&problems, NULL, "nothing works");
	problems_add_at(&problems, "b.cfg", 0, "empty");
	expect_problem(&problems.list[0], "a.cfg:2: hello is rude\n");
	expect_problem(&problems.list[1], "nothing works\n");
	expect_problem(&problems.list[2], "b.cfg: empty\n");
	problems_fini(&problems);
	assert_int_equal(problems.count, 0);
}

static void problem_print__small_buffer__cut(void **state)
{
	struct problems problems = { 0 };
	char line[8];

	problems_add_at(&problems, "b.cfg", 12, "empty");
	assert_int_equal(problem_print(&problems.list[0], line, sizeof(line)), strlen("b.cfg:12: empty\n"));
	assert_string_equal(line, "b.cfg:1");
	problems_fini(&problems);
}

static void problem_print__warning_column_remedy__in_one_line(void **state)
{
	struct problems problems = { 0 };
	struct problem *problem = problems_warn(&problems, &word, "'helo' is odd");

	problem_remedy(problem, "did you mean '%s'?", "hello");
	expect_problem(problem, "a.cfg:2: warning: 'helo' is odd: did you mean 'hello'?\n");
	problem->column = 7;
	expect_problem(problem, "a.cfg:2:7: warning: 'helo' is odd: did you mean 'hello'?\n");
	problems_fini(&problems);
}

static void problem_print__quote__below_with_the_remedy(void **state)
{
	struct problems problems = { 0 };
	struct problem *problem = problems_add_at(&problems, "b.cfg", 3, "it needs %d", 9);

	problem_quote(problem, "one\ntwo|");
	expect_problem(problem, "b.cfg:3: it needs 9:\n    one\n    two|\n");
	problem_remedy(problem, "shorten it by %d", 2);
	expect_problem(problem, "b.cfg:3: it needs 9:\n    one\n    two|\n    shorten it by 2\n");
	problems_fini(&problems);
}

static void problem_suggest__near_or_not__a_remedy_or_none(void **state)
{
	struct problems problems = { 0 };
	struct text_nearest nearest = { 0 };

	problem_suggest(problems_add(&problems, NULL, "unknown name 'blance'"), &nearest);
	expect_problem(&problems.list[0], "unknown name 'blance'\n");
	text_nearest_try_words(&nearest, "blance", "bill balance points");
	problem_suggest(&problems.list[0], &nearest);
	expect_problem(&problems.list[0], "unknown name 'blance': did you mean 'balance'?\n");
	problem_suggest(NULL, &nearest);
	problems_fini(&problems);
}

static void problems_add__same_place_and_text__once(void **state)
{
	struct problems problems = { 0 };

	assert_non_null(problems_add(&problems, &word, "x"));
	assert_null(problems_add(&problems, &word, "x"));
	problem_remedy(NULL, "of what was not added");
	problem_quote(NULL, "of what was not added");
	assert_non_null(problems_warn(&problems, &word, "x"));
	assert_non_null(problems_add(&problems, &number, "x"));
	assert_non_null(problems_add_at(&problems, "b.cfg", word.line, "x"));
	assert_non_null(problems_add(&problems, NULL, "x"));
	assert_null(problems_add(&problems, NULL, "x"));
	assert_int_equal(problems.count, 5);
	assert_int_equal(problems.errors, 4);
	problems_fini(&problems);
}

static void problems_allow__line__hides_its_warnings_only(void **state)
{
	struct problems problems = { 0 };

	problems_allow(&problems, "a.cfg", 2);
	problems_allow(&problems, "a.cfg", 9);
	assert_null(problems_warn(&problems, &word, "x"));
	assert_null(problems_warn_at(&problems, "a.cfg", 9, "x"));
	assert_non_null(problems_warn(&problems, &number, "x"));
	assert_non_null(problems_warn_at(&problems, "b.cfg", 2, "x"));
	assert_non_null(problems_warn(&problems, NULL, "x"));
	assert_non_null(problems_add(&problems, &word, "x"));
	assert_int_equal(problems.count, 4);
	assert_int_equal(problems.errors, 1);
	problems_allow(&problems, "a.cfg", 3);
	assert_int_equal(problems.count, 3);
	assert_string_equal(problems.list[0].file, "b.cfg");
	assert_int_equal(problems.errors, 1);
	problems_fini(&problems);
}

/* However many there are, their list stays short; an error is an error, also when it is not listed. */
static void problems_add__more_than_anybody_reads__dropped_but_counted(void **state)
{
	struct problems problems = { 0 };
	unsigned int line;

	for (line = 1; line <= PROBLEMS_MAX; line++)
		assert_non_null(problems_warn_at(&problems, "a.cfg", line, "x"));
	assert_null(problems_warn_at(&problems, "a.cfg", line, "x"));
	for (line = 1; line < PROBLEMS_MAX; line++)
		assert_non_null(problems_add_at(&problems, "a.cfg", line, "y"));
	assert_false(problems_end(&problems));
	assert_non_null(problems_add_at(&problems, "a.cfg", line++, "y"));
	assert_true(problems_end(&problems));
	assert_null(problems_add_at(&problems, "a.cfg", line, "y"));
	assert_int_equal(problems.count, 2 * PROBLEMS_MAX);
	assert_int_equal(problems.errors, PROBLEMS_MAX + 1);
	problems_allow(&problems, "a.cfg", 7);
	assert_int_equal(problems.warnings, PROBLEMS_MAX - 1);
	assert_non_null(problems_warn_at(&problems, "a.cfg", line, "x"));
	problems_fini(&problems);
}

static void problems_allow__more_lines_than_anybody_writes__no_effect(void **state)
{
	struct problems problems = { 0 };
	unsigned int line;

	for (line = 1; line <= PROBLEMS_ALLOWED_MAX + 1; line++)
		problems_allow(&problems, "a.cfg", line);
	assert_int_equal(problems.allowed_count, PROBLEMS_ALLOWED_MAX);
	assert_null(problems_warn_at(&problems, "a.cfg", PROBLEMS_ALLOWED_MAX, "x"));
	assert_non_null(problems_warn_at(&problems, "a.cfg", PROBLEMS_ALLOWED_MAX + 1, "x"));
	problems_fini(&problems);
}

static void expect_summary(const struct problems *problems, const char *text)
{
	char summary[64];

	assert_int_equal(problems_summary(problems, summary, sizeof(summary)), strlen(text));
	assert_string_equal(summary, text);
}

static void problems_summary__counts__with_their_plurals(void **state)
{
	struct problems problems = { 0 };
	unsigned int line;

	expect_summary(&problems, "no problems");
	problems_add(&problems, &word, "x");
	expect_summary(&problems, "1 error in 1 file");
	problems_warn_at(&problems, "b.cfg", 1, "x");
	expect_summary(&problems, "1 error, 1 warning in 2 files");
	problems_add(&problems, &number, "y");
	problems_warn_at(&problems, "b.cfg", 2, "y");
	expect_summary(&problems, "2 errors, 2 warnings in 2 files");
	problems_fini(&problems);
	problems_warn(&problems, NULL, "x");
	expect_summary(&problems, "1 warning");
	for (line = 1; line <= PROBLEMS_MAX; line++)
		problems_add_at(&problems, "a.cfg", line, "x");
	expect_summary(&problems, "at least 1000 errors, 1 warning in 1 file");
	problems_fini(&problems);
}

static void problems_sort__mixed_places__by_file_line_and_order_found(void **state)
{
	static const char *const sorted[] = { "no place", "a1", "a2 first", "a2 second", "b1" };
	struct problems problems = { 0 };
	size_t i;

	problems_add_at(&problems, "b", 1, "b1");
	problems_add_at(&problems, "a", 2, "a2 first");
	problems_add_at(&problems, "a", 1, "a1");
	problems_add_at(&problems, NULL, 0, "no place");
	problems_add_at(&problems, "a", 2, "a2 second");
	problems_sort(&problems);
	for (i = 0; i < problems.count; i++)
		assert_string_equal(problems.list[i].text, sorted[i]);
	problems_fini(&problems);
}

/* The author's texts are in messages: no line of them may pass for another message, or command a terminal. */
static void problem_print__control_characters__blanks(void **state)
{
	struct problems problems = { 0 };
	char text[100];

	problem_remedy(problems_add_at(&problems, "menu.cfg", 3, "unknown '%s'", "a\nb\x1b[31m"), "write '%s'", "\tc\x7f\u00a0\xc2\x9b");
	problem_quote(&problems.list[0], "one\n\x1b[2Jtwo");
	problem_print(&problems.list[0], text, sizeof(text));
	assert_string_equal(text, "menu.cfg:3: unknown 'a b [31m':\n    one\n     [2Jtwo\n    write ' c \u00a0  '\n");
	problems_fini(&problems);
}

static void problems_sort__many_of_one_place__order_preserved(void **state)
{
	struct problems problems = { 0 };
	char text[16];
	int i;

	for (i = 0; i < PROBLEMS_MAX; i++)
		problems_add_at(&problems, "a", 5, "%d", i);
	problems_sort(&problems);
	for (i = 0; i < PROBLEMS_MAX; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_string_equal(problems.list[i].text, text);
	}
	problems_fini(&problems);
}

/* ---- trees ---- */

static void setting_append__many_names__each_found_and_the_first_of_two(void **state)
{
	struct arena arena = { 0 };
	struct setting *all = arena_alloc(&arena, 2000 * sizeof(*all)), big = { .name = "big" }, copy, other = { .name = "other" };
	char name[16];
	int i;

	setting_begin(&arena, &big);
	assert_null(setting_get(&big, "n0"));
	assert_ptr_equal(setting_arena(&big), &arena);
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "n%d", i % 1999);
		all[i].name = arena_copy(&arena, name, strlen(name));
		setting_append(&big, &all[i]);
		assert_ptr_equal(setting_get(&big, name), &all[i % 1999]);
	}
	assert_int_equal(setting_count(&big), 2000);
	assert_ptr_equal(setting_get(&big, "n7"), &all[7]);
	assert_null(setting_get(&big, "n2000"));

	copy = big;
	copy.child = &other;	/* a changed copy has only its own elements */
	assert_ptr_equal(setting_get(&copy, "other"), &other);
	assert_null(setting_get(&copy, "n7"));
	assert_int_equal(setting_count(&copy), 1);
	assert_ptr_equal(setting_get(&big, "n7"), &all[7]);
	arena_fini(&arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_get__name_in_group__found),
		cmocka_unit_test(setting_get__nothing_there__null),
		cmocka_unit_test(setting_at__absent__its_group),
		cmocka_unit_test(setting_string__other_type_or_absent__fallback),
		cmocka_unit_test(setting_count__groups_and_others__elements),
		cmocka_unit_test(problem_print__with_and_without_place__readable),
		cmocka_unit_test(problem_print__small_buffer__cut),
		cmocka_unit_test(problem_print__warning_column_remedy__in_one_line),
		cmocka_unit_test(problem_print__quote__below_with_the_remedy),
		cmocka_unit_test(problem_print__control_characters__blanks),
		cmocka_unit_test(problem_suggest__near_or_not__a_remedy_or_none),
		cmocka_unit_test(problems_add__same_place_and_text__once),
		cmocka_unit_test(problems_allow__line__hides_its_warnings_only),
		cmocka_unit_test(problems_add__more_than_anybody_reads__dropped_but_counted),
		cmocka_unit_test(problems_allow__more_lines_than_anybody_writes__no_effect),
		cmocka_unit_test(problems_summary__counts__with_their_plurals),
		cmocka_unit_test(problems_sort__mixed_places__by_file_line_and_order_found),
		cmocka_unit_test(problems_sort__many_of_one_place__order_preserved),
		cmocka_unit_test(setting_append__many_names__each_found_and_the_first_of_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

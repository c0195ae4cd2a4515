/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Settings and problems, built by hand. */
#include <stdio.h>
#include <string.h>

#include "starhash/setting.h"
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

static void problems_sort__many_of_one_place__order_preserved(void **state)
{
	struct problems problems = { 0 };
	char text[16];
	int i;

	for (i = 0; i < 5000; i++)
		problems_add_at(&problems, "a", 5, "%d", i);
	problems_sort(&problems);
	for (i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_string_equal(problems.list[i].text, text);
	}
	problems_fini(&problems);
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
		cmocka_unit_test(problems_sort__mixed_places__by_file_line_and_order_found),
		cmocka_unit_test(problems_sort__many_of_one_place__order_preserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

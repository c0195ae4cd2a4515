/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: which passwords are refused. */
#include <stdbool.h>

#include "account/password_rules.h"
#include "tests/cmocka.h"

static void password_weak__table__as_the_rules_say(void **state)
{
	static const struct {
		const char *fresh;
		bool weak;
	} cases[] = {
		{ "246813", false }, { "918273", false }, { "112233", false }, { "000001", false }, { "123457", false },
		{ "", true },	     { "12345", true },	  { "2468135", true },	{ "24681a", true },  { "24 813", true },
		{ "123456", true },  { "654321", true },  { "567890", true },	{ "210987", true },  { "111111", true },
		{ "000000", true },  { "121212", true },  { "123123", true },	{ "246810", true },  { "138001", true },
		{ "138000", true },  { "900101", true },  { "٢٤٦٨١٣", true },
		{ "083100", true },  { "321101", true },  { "010190", true },	{ "911010", true },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(password_weak(cases[i].fresh, "246810", "13800138000", "11010119900101123X"),
				 cases[i].weak);
}

static void password_weak__birthday_in_any_order__only_of_a_chinese_id(void **state)
{
	static const struct {
		const char *fresh;
		const char *id;
		bool weak;
	} cases[] = {
		{ "860529", "110101198605290014", true },  { "290586", "110101198605290014", true },
		{ "052986", "110101198605290014", true },  { "862905", "110101198605290014", true },
		{ "198605", "110101198605290014", true },  { "925068", "110101198605290014", true },
		{ "290587", "110101198605290014", false }, { "290586", "11010119860529001X7", false },
		{ "290586", "19860529", false },	   { "290586", "", false },
	};

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(password_weak(cases[i].fresh, "", "", cases[i].id), cases[i].weak);
}

static void password_weak__numbers_unknown__only_shape_counts(void **state)
{
	assert_false(password_weak("138001", "", "", ""));
	assert_true(password_weak("111111", "", "", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_weak__table__as_the_rules_say),
		cmocka_unit_test(password_weak__birthday_in_any_order__only_of_a_chinese_id),
		cmocka_unit_test(password_weak__numbers_unknown__only_shape_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

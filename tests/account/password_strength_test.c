/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: which passwords are refused. */
#include <stdbool.h>
#include <string.h>

#include "starhash/account.h"
#include "tests/cmocka.h"

/* A new password is judged by the rules and by the stored pieces of the identity number. */
static bool weak(const char *fresh, const char *old, const char *msisdn, const char *id_number)
{
	char pieces[PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE], own[PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE];
	const unsigned int count = password_id_pieces(id_number, pieces);

	if (password_weak(fresh, old, msisdn))
		return true;
	password_as_pieces(fresh, own);
	for (unsigned int i = 0; i < count * PASSWORD_AS_PIECES; i++) {
		if (!strcmp(pieces[i / PASSWORD_AS_PIECES], own[i % PASSWORD_AS_PIECES]))
			return true;
	}
	return false;
}

static void password_weak__each_rule__refused_or_accepted(void **state)
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
		assert_int_equal(weak(cases[i].fresh, "246810", "13800138000", "11010119900101123X"),
				 cases[i].weak);
}

static void password_weak__birthday_in_any_order__only_from_a_chinese_id(void **state)
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
		assert_int_equal(weak(cases[i].fresh, "", "", cases[i].id), cases[i].weak);
}

static void password_weak__numbers_unknown__only_the_shape_counts(void **state)
{
	assert_false(weak("138001", "", "", ""));
	assert_true(weak("111111", "", "", ""));
}

static void password_id_pieces__longer_than_any_number__are_bounded(void **state)
{
	char pieces[PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE], number[201];

	memset(number, '7', 200);
	number[200] = '\0';
	assert_int_equal(password_id_pieces(number, pieces), PASSWORD_PIECES_MAX);
	assert_int_equal(password_id_pieces("12345", pieces), 0);
	assert_int_equal(password_id_pieces("A123456B1234567", pieces), 3);
	assert_string_equal(pieces[2], "r234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_weak__each_rule__refused_or_accepted),
		cmocka_unit_test(password_weak__birthday_in_any_order__only_from_a_chinese_id),
		cmocka_unit_test(password_id_pieces__longer_than_any_number__are_bounded),
		cmocka_unit_test(password_weak__numbers_unknown__only_the_shape_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

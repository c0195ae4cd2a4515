/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folding typed texts, and transliterating characters that GSM-7 cannot carry. */
#include "text_test.h"

struct row {
	const char *from;
	const char *to;
};

static void fold__typed_texts__become_plain(void **state)
{
	static const struct row rows[] = {
		{ "", "" }, { "2", "2" }, { " \t2\r\n", "2" }, { "two words", "two words" },
		{ "１２３＊＃", "123*#" }, { "ＹＥＳ！", "YES!" }, { "　ok　then　", "ok then" },
		{ "٠١٢٣٤٥٦٧٨٩", "0123456789" }, { "١٢٫٥", "12.5" }, { "۰۱۲۳۴۵۶۷۸۹", "0123456789" }, { "०१२३४५६७८९", "0123456789" },
		{ "০১২৩৪৫৬৭৮৯", "0123456789" },
		{ "\u200f\u202b۴۲\u202c\u200e", "42" }, { "\ufeff\u2066" "a\u200bb\u2069\u200d", "a\u200bb" },
		{ "\u00a0" "7\u00a0", "7" }, { "漢字", "漢字" }, { " \u3000\u200b", "" }, { " \xff \xe2\x80", "\xff \xe2\x80" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[64];
		size_t len = strlen(rows[i].from), want = strlen(rows[i].to);

		assert_int_equal(text_fold_input(rows[i].from, len, text), want);
		assert_memory_equal(text, rows[i].to, want);
		memcpy(text, rows[i].from, len);
		assert_int_equal(text_fold_input(text, len, text), want);
		assert_memory_equal(text, rows[i].to, want);
	}
}

static void fold__random_octets__never_grow_and_fold_once(void **state)
{
	uint64_t seed = 7;
	char text[60], once[60], twice[60];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text));
		size_t first = text_fold_input(text, len, once);

		assert_true(first <= len);
		assert_true(!text_valid(text, len) || text_fold_input(once, first, twice) == first);
		assert_int_equal(text_fold_input(text, len, text), first);
		assert_memory_equal(text, once, first);
	}
}

static void transliterate__known_texts__nearest_characters(void **state)
{
	static const struct row rows[] = {
		{ "", "" }, { "plain é ñ € @", "plain é ñ € @" }, { "ça va ê", "ca va e" },
		{ "“quoted” ‘single’ – dash…", "\"quoted\" 'single' - dash..." }, { "Łódź Ağrı Š", "Lodz Agri S" },
		{ "ăâîșțĂÂÎȘȚ", "aaistAAIST" }, { "Tiếng Việt đường Ư", "Tieng Viet duong U" }, { "`tick`", "'tick'" },
		{ "₹5 ₺6 ½ ©", "Rs5 TL6 1/2 (c)" }, { "Привет 漢字 😀", "Привет 漢字 😀" }, { "Ǻ ǘ", "Å ü" }, { "\xff", "\xff" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[80];
		size_t want = strlen(rows[i].to);

		assert_int_equal(text_transliterate(rows[i].from, strlen(rows[i].from), text, sizeof(text)), want);
		assert_memory_equal(text, rows[i].to, want);
	}
}

static void transliterate__without_room__ends_before_the_excess(void **state)
{
	char text[4];

	assert_int_equal(text_transliterate("ab…c", 6, text, 4), 2);
	assert_int_equal(text_transliterate("ab€c", 6, text, 4), 2);
	assert_int_equal(text_transliterate("a", 1, text, 0), 0);
}

/* The table is sorted and complete: every replacement is found, and is GSM-7. */
static void transliterate__all_of_unicode__unchanged_or_in_the_alphabet(void **state)
{
	unsigned int moved = 0;

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char from[4], to[8];
		size_t len = text_put(c, from), got = text_transliterate(from, len, to, sizeof(to));
		bool same = got == len && memcmp(from, to, len) == 0;

		moved += !same;
		assert_true(same || (text_cost(to, got).gsm7 && !text_cost(from, len).gsm7));
	}
	assert_true(moved > 600);
}

static void transliterate__random_octets__are_bounded(void **state)
{
	uint64_t seed = 3;
	char text[60], out[60];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text)), size = random_next(&seed) % (sizeof(out) + 1);
		size_t got = text_transliterate(text, len, out, size);

		assert_true(got <= size);
		assert_true(!text_valid(text, len) || text_valid(out, got));
	}
}

/* F24 */
static void mask_secrets__digits_like_a_password_or_a_card__asterisks(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "", "" },
		{ "123456", "******" },
		{ "pin:123456.", "pin:******." },
		{ "12345 1234567 13800138000 8613800138000", "12345 1234567 13800138000 8613800138000" },
		{ "6222021234567890", "****************" },
		{ "card 6222 0212 3456 7890 ok", "card **************** ok" },
		{ "6222-0212-3456-7890,", "****************," },
		{ "11010119900101123X", "*****************X" },
		{ "110101 19900101 1234", "******************" },
		{ "on 2026-11-20 at 10:30", "on 2026-11-20 at 10:30" },
		{ "13800138000 20261120", "13800138000 20261120" },
		{ "１２３４５６", "******" },
		{ "密码٦٥٤٣٢١。", "密码******。" },
		{ "123456 123456", "****** ******" },
		{ "6222 0212 3456 7890 13800138000", "**************** 13800138000" },
		{ "13800138000 6222 0212 3456 7890", "13800138000 ****************" },
		{ "008613800138000 106551234567890123", "008613800138000 106551234567890123" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[64];

		strcpy(text, rows[i].from);
		text[text_mask_secrets(text, strlen(text))] = '\0';
		assert_string_equal(text, rows[i].to);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mask_secrets__digits_like_a_password_or_a_card__asterisks),
		cmocka_unit_test(fold__typed_texts__become_plain),
		cmocka_unit_test(fold__random_octets__never_grow_and_fold_once),
		cmocka_unit_test(transliterate__known_texts__nearest_characters),
		cmocka_unit_test(transliterate__without_room__ends_before_the_excess),
		cmocka_unit_test(transliterate__all_of_unicode__unchanged_or_in_the_alphabet),
		cmocka_unit_test(transliterate__random_octets__are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

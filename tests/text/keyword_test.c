/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keywords as subscribers really text them. */
#include "text_test.h"

#include <stdio.h>

struct spelling {
	const char *typed;
	const char *folded;
	const char *words;	/* between "|" */
};

static const struct spelling spellings[] = {
	/* case, spaces, line ends */
	{ "YE", "YE", "YE" }, { "ye", "YE", "YE" }, { "Ye", "YE", "YE" }, { "  ye  ", "YE", "YE" },
	{ "ye\r\n", "YE", "YE" },
	{ "\tye\t", "YE", "YE" }, { "y e", "Y E", "Y|E" }, { "bal  now", "BAL NOW", "BAL|NOW" }, { "", "", "" },
	{ "   ", "", "" },
	{ "bal\n\n\nnow", "BAL\nNOW", "BAL|NOW" }, { "bal \r\n now", "BAL\nNOW", "BAL|NOW" },
	{ "YE\xc2\xa0", "YE", "YE" },
	/* punctuation around */
	{ "Yes.", "YES", "YES" }, { "Y!", "Y", "Y" }, { "yes!!!", "YES", "YES" }, { "\"yes\"", "YES", "YES" },
	{ "'yes'", "YES", "YES" },
	{ "“yes”", "YES", "YES" }, { "‘yes’", "YES", "YES" }, { "«oui»", "OUI", "OUI" }, { "(YE)", "YE", "YE" },
	{ "[ye]", "YE", "YE" },
	{ "<BAL>", "BAL", "BAL" }, { "*BAL*", "BAL", "BAL" }, { "-1-", "1", "1" }, { "1.", "1", "1" },
	{ "1)", "1", "1" }, { "#1", "1", "1" },
	{ "¿saldo?", "SALDO", "SALDO" }, { "¡Hola!", "HOLA", "HOLA" }, { "...", "", "" }, { "?", "", "" },
	{ "yes…", "YES", "YES" },
	/* sentences and signatures */
	{ "STOP please", "STOP PLEASE", "STOP|PLEASE" }, { "Stop. Thank you", "STOP. THANK YOU", "STOP|THANK|YOU" },
	{ "STOP, thanks", "STOP, THANKS", "STOP|THANKS" }, { "stop!now", "STOP!NOW", "STOP!NOW" },
	{ "BAL\n--\nJohn Smith", "BAL\n--\nJOHN SMITH", "BAL|JOHN|SMITH" },
	{ "Bal - sent from my phone", "BAL - SENT FROM MY PHONE", "BAL|SENT|FROM|MY|PHONE" },
	{ "1\n\nSent from Outlook", "1\nSENT FROM OUTLOOK", "1|SENT|FROM|OUTLOOK" },
	/* full width */
	{ "ＹＥ", "YE", "YE" }, { "ｙｅ", "YE", "YE" }, { "１", "1", "1" }, { "ＹＥＳ！", "YES", "YES" }, { "　ＹＥ　", "YE", "YE" },
	{ "ＸＧＭＭ＃１１１１１１＃２２２２２２＃２２２２２２", "XGMM#111111#222222#222222", "XGMM|111111|222222|222222" },
	/* Chinese */
	{ "余额", "余额", "余额" }, { "余额。", "余额", "余额" }, { "“余额”", "余额", "余额" }, { "「余额」", "余额", "余额" },
	{ "余额！！", "余额", "余额" },
	{ "【余额】", "余额", "余额" }, { "查询，余额", "查询,余额", "查询|余额" }, { "查询、余额", "查询,余额", "查询|余额" },
	{ "查询　余额", "查询 余额", "查询|余额" },
	{ "1011＃202610", "1011#202610", "1011|202610" }, { "取消：2，3", "取消:2,3", "取消|2|3" }, { "取消；2", "取消;2", "取消|2" },
	{ "余额？", "余额", "余额" },
	{ "cxye谢谢", "CXYE谢谢", "CXYE谢谢" }, { "《YE》", "YE", "YE" }, { "①", "1", "1" }, { "二〇", "二0", "二0" },
	/* arguments */
	{ "XGMM#111111#222222#222222", "XGMM#111111#222222#222222", "XGMM|111111|222222|222222" },
	{ "cpin 1111 2222 2222", "CPIN 1111 2222 2222", "CPIN|1111|2222|2222" },
	{ "CPIN,1111,2222", "CPIN,1111,2222", "CPIN|1111|2222" },
	{ "stop 2,3", "STOP 2,3", "STOP|2|3" }, { "stop 2, 3.", "STOP 2, 3", "STOP|2|3" },
	{ "stop:2/3", "STOP:2/3", "STOP|2|3" },
	{ "*100*1#", "100*1", "100|1" }, { "pay 12.50", "PAY 12.50", "PAY|12.50" },
	{ "pay 12.50.", "PAY 12.50", "PAY|12.50" },
	{ "send +4917012345", "SEND +4917012345", "SEND|+4917012345" }, { "mail a@b.c", "MAIL A@B.C", "MAIL|A@B.C" },
	{ "XGMM##1", "XGMM##1", "XGMM|1" },
	{ "bal;bill", "BAL;BILL", "BAL|BILL" }, { "don't", "DON'T", "DON'T" }, { "don’t", "DON'T", "DON'T" },
	/* emoji */
	{ "YE 😀", "YE", "YE" }, { "👍", "", "" }, { "👍🏽 yes", "YES", "YES" }, { "1️⃣", "1", "1" },
	{ "BAL❤️", "BAL", "BAL" }, { "🙏bal🙏", "BAL", "BAL" },
	{ "bal 😀 now", "BAL 😀 NOW", "BAL|NOW" }, { "👩‍💻", "", "" },
	/* other scripts */
	{ "٢", "2", "2" }, { "رصيد", "رصيد", "رصيد" }, { "رصيد؟", "رصيد", "رصيد" }, { "رصيد، ٢", "رصيد, 2", "رصيد|2" },
	{ "رَصِيد", "رصيد", "رصيد" },
	{ "۱۲۳؛۴", "123;4", "123|4" }, { "\u202bرصيد\u202c", "رصيد", "رصيد" }, { "баланс", "БАЛАНС", "БАЛАНС" },
	{ "Ещё", "ЕЩЕ", "ЕЩЕ" },
	{ "Υπόλοιπο", "ΥΠΟΛΟΙΠΟ", "ΥΠΟΛΟΙΠΟ" }, { "λόγος", "ΛΟΓΟΣ", "ΛΟΓΟΣ" }, { "café", "CAFE", "CAFE" },
	{ "straße", "STRAßE", "STRAßE" }, { "ığdır", "IGDIR", "IGDIR" },
	{ "số dư", "SO DU", "SO|DU" }, { "शेष १२", "शेष 12", "शेष|12" }, { "ยอด ๑๒", "ยอด 12", "ยอด|12" },
	{ "๒", "2", "2" }, { "ÿ", "Y", "Y" },
	{ "শেষ।", "শেষ", "শেষ" },
	/* accents, as one character or alone; letters that are no accented ones */
	{ "français", "FRANCAIS", "FRANCAIS" }, { "FRANÇAIS", "FRANCAIS", "FRANCAIS" }, { "franc\u0327ais", "FRANCAIS", "FRANCAIS" },
	{ "cafe\u0301", "CAFE", "CAFE" }, { "Öl", "OL", "OL" }, { "Øre", "ORE", "ORE" }, { "Łódź", "LODZ", "LODZ" },
	{ "đăng ký", "DANG KY", "DANG|KY" }, { "cœur", "CŒUR", "CŒUR" }, { "ĲSSEL", "ĲSSEL", "ĲSSEL" }, { "æble", "ÆBLE", "ÆBLE" },
	{ "şimdi", "SIMDI", "SIMDI" }, { "İstanbul", "ISTANBUL", "ISTANBUL" }, { "año", "ANO", "ANO" }, { "ÀÉÎÕÜ", "AEIOU", "AEIOU" },
	{ "żółć", "ZOLC", "ZOLC" }, { "čeština", "CESTINA", "CESTINA" }, { "ḿǹṽ", "MNV", "MNV" }, { "3×4", "3×4", "3×4" },
	{ "мой", "МОЙ", "МОЙ" }, { "Ἀθ", "ἈΘ", "ἈΘ" },
	/* hamza, te marbuta, alef maksura, vowel signs, tatweel; the keys of Persian keyboards */
	{ "إلغاء", "الغاء", "الغاء" }, { "الغاء", "الغاء", "الغاء" }, { "أرصدة", "ارصده", "ارصده" }, { "آخر", "اخر", "اخر" },
	{ "ٱلرصيد", "الرصيد", "الرصيد" }, { "على", "علي", "علي" }, { "رصـــيد", "رصيد", "رصيد" }, { "هٰذا", "هذا", "هذا" },
	{ "کوپن", "كوپن", "كوپن" }, { "بسته‌ی", "بستهي", "بستهي" }, { "مسؤول", "مسؤول", "مسؤول" },
	/* invisible, control, broken */
	{ "Y\u200bE", "YE", "YE" }, { "\ufeffYE", "YE", "YE" }, { "Y\x01" "E\x7f", "YE", "YE" },
	{ "YE\xff", "YE\xff", "YE\xff" }, { "so\u00adft", "SOFT", "SOFT" },
};

static void join_words(const char *text, size_t len, const char *separators, char *out)
{
	struct text_span words[8];
	size_t count = text_words(text, len, separators, words, COUNT(words)), used = 0;

	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			out[used++] = '|';
		memcpy(out + used, text + words[i].from, words[i].len);
		used += words[i].len;
	}
	out[used] = '\0';
}

static void keyword__F21_real_spellings__fold_and_split(void **state)
{
	assert_true(COUNT(spellings) >= 80);
	for (size_t i = 0; i < COUNT(spellings); i++) {
		char folded[200], again[200], words[200];
		size_t len = text_fold_keyword(spellings[i].typed, strlen(spellings[i].typed), folded);

		folded[len] = '\0';
		assert_string_equal(folded, spellings[i].folded);
		assert_int_equal(text_fold_keyword(folded, len, again), len);
		assert_memory_equal(again, folded, len);
		join_words(folded, len, TEXT_SEPARATORS, words);
		assert_string_equal(words, spellings[i].words);
	}
}

/* Arguments retain their case if the unfolded text is split, at the same places. */
static void words__of_the_text_as_typed__fold_to_the_same(void **state)
{
	for (size_t i = 0; i < COUNT(spellings); i++) {
		struct text_span typed[8], folded[8];
		char text[200], word[200];
		size_t len = text_fold_keyword(spellings[i].typed, strlen(spellings[i].typed), text);
		size_t count = text_words(text, len, TEXT_SEPARATORS, folded, 8);

		assert_int_equal(text_words(spellings[i].typed, strlen(spellings[i].typed), TEXT_SEPARATORS, typed, 8),
				 count);
		for (size_t j = 0; j < count; j++) {
			len = text_fold_keyword(spellings[i].typed + typed[j].from, typed[j].len, word);
			assert_int_equal(len, folded[j].len);
			assert_memory_equal(word, text + folded[j].from, len);
		}
	}
}

static void words__too_few_spans__last_one_has_the_rest(void **state)
{
	static const char text[] = "complain: the bill of May, twice.";
	struct text_span words[3];

	assert_int_equal(text_words(text, strlen(text), TEXT_SEPARATORS, words, 2), 2);
	assert_int_equal(words[0].len, strlen("complain"));
	assert_memory_equal(text + words[1].from, "the bill of May, twice", words[1].len);
	assert_int_equal(words[1].len, strlen("the bill of May, twice"));
	assert_int_equal(text_words(text, strlen(text), TEXT_SEPARATORS, words, 1), 1);
	assert_int_equal(words[0].from, 0);
	assert_int_equal(text_words(text, strlen(text), TEXT_SEPARATORS, words, 0), 0);
	assert_int_equal(text_words("a-b#c", 5, "#", words, 3), 2);
	assert_int_equal(text_words("a-b＃c d", strlen("a-b＃c d"), "#", words, 3), 3);
}

static void distance__pairs__are_known(void **state)
{
	static const struct { const char *a, *b; unsigned int distance; } rows[] = {
		{ "BAL", "BAL", 0 }, { "", "", 0 }, { "BAL", "BALL", 1 }, { "BAL", "BA", 1 }, { "BAL", "BAT", 1 },
		{ "BAL", "ABL", 1 },
		{ "BAL", "LAB", 2 }, { "BALANCE", "BALNCE", 1 }, { "BALANCE", "BLAANCE", 1 },
		{ "BALANCE", "BALENSE", 2 },
		{ "BALANCE", "BILL", 3 }, { "", "AB", 2 }, { "", "ABC", 3 }, { "ABC", "", 3 }, { "余额", "余頟", 1 },
		{ "余额", "余", 1 },
		{ "БАЛАНС", "БАЛАНЗ", 1 }, { "AB", "BA", 1 }, { "ABCD", "BADC", 2 }, { "ABCDEF", "UVWXYZ", 3 },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDE", 1 },
		{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", 3 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *a = rows[i].a, *b = rows[i].b;

		assert_int_equal(text_distance(a, strlen(a), b, strlen(b)), rows[i].distance);
		assert_int_equal(text_distance(b, strlen(b), a, strlen(a)), rows[i].distance);
	}
}

static void nearest__mistyped_names__the_nearest_candidate(void **state)
{
	static const struct { const char *name, *words, *best; } rows[] = {
		{ "blance", "bill balance points", "balance" }, { "balance", "balances balance", "balance" },
		{ "BALANCE", "balance", "balance" }, { "total-ms", "total_ms", "total_ms" }, { "cuont", "count", "count" },
		{ "pgae", "page", "page" }, { "points", "bill balance", NULL }, { "blnc", "balance", NULL },
		{ "ab", "ac", NULL }, { "AB", "ab", "ab" }, { "", "a", NULL }, { "count", "", NULL },
		{ "abcde", "abcxy", NULL }, { "abcdef", "abcdxy", "abcdxy" }, { "  ", "", NULL },
		{ "abc", "  abd  abe ", "abd" }, { "activ", "active activate", "active" },
		{ "a_name_of_more_than_32_characters_in_all", "a_name_of_more_than_32_characters_in_al", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct text_nearest nearest = { 0 };

		text_nearest_try_words(&nearest, rows[i].name, rows[i].words);
		assert_int_equal(nearest.best != NULL, rows[i].best != NULL);
		assert_int_equal(nearest.len, rows[i].best ? strlen(rows[i].best) : 0);
		if (nearest.best)
			assert_memory_equal(nearest.best, rows[i].best, nearest.len);
	}
}

static void keyword__random_octets__never_grow_and_fold_once(void **state)
{
	uint64_t seed = 21;
	char text[60], once[60], twice[60];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text));
		size_t first = text_fold_keyword(text, len, once);

		assert_true(first <= len);
		if (text_valid(text, len)) {
			assert_true(text_valid(once, first));
			assert_int_equal(text_fold_keyword(once, first, twice), first);
		}
		assert_int_equal(text_fold_keyword(text, len, text), first);
		assert_memory_equal(text, once, first);
	}
}

/* Every single character: no longer than before, and folded for good. */
static void keyword__all_of_unicode__folds_once(void **state)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char text[8] = "A", once[8], twice[8];
		size_t len = 1 + text_put(c, text + 1);
		size_t first, second;

		text[len++] = 'Z';
		first = text_fold_keyword(text, len, once);
		second = text_fold_keyword(once, first, twice);
		assert_true(first >= 2 && first <= len && first == second && memcmp(once, twice, first) == 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keyword__F21_real_spellings__fold_and_split),
		cmocka_unit_test(words__of_the_text_as_typed__fold_to_the_same),
		cmocka_unit_test(words__too_few_spans__last_one_has_the_rest),
		cmocka_unit_test(distance__pairs__are_known),
		cmocka_unit_test(nearest__mistyped_names__the_nearest_candidate),
		cmocka_unit_test(keyword__random_octets__never_grow_and_fold_once),
		cmocka_unit_test(keyword__all_of_unicode__folds_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

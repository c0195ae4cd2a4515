/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 and UTF-16 big-endian. */
#include "text_test.h"

#include <errno.h>

static void utf8__every_character__reads_as_written(void **state)
{
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		char text[4];
		size_t len = text_put(c, text);
		const char *pos = text;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		assert_true(text_valid(text, len));
		assert_int_equal(text_next(&pos, text + len), surrogate ? 0xfffd : c);
		assert_ptr_equal(pos, text + len);
	}
}

static void utf8__broken_sequences__are_one_octet_each(void **state)
{
	static const char *const rows[] = {
		"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *pos = rows[i], *end = rows[i] + strlen(rows[i]);

		assert_false(text_valid(rows[i], strlen(rows[i])));
		assert_int_equal(text_next(&pos, end), 0xfffd);
		assert_ptr_equal(pos, rows[i] + 1);
	}
}

static void ucs2__known_texts__both_ways(void **state)
{
	static const struct { const char *text; uint8_t octets[12]; int len; } rows[] = {
		{ "", { 0 }, 0 },
		{ "A漢", { 0x00, 0x41, 0x6f, 0x22 }, 4 },
		{ "😀", { 0xd8, 0x3d, 0xde, 0x00 }, 4 },
		{ "\xf4\x8f\xbf\xbf", { 0xdb, 0xff, 0xdf, 0xff }, 4 },
		{ "€é\n", { 0x20, 0xac, 0x00, 0xe9, 0x00, 0x0a }, 6 },
	};
	uint8_t octets[12];
	char text[12];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		assert_int_equal(text_ucs2_encode(rows[i].text, len, octets, sizeof(octets)), rows[i].len);
		assert_memory_equal(octets, rows[i].octets, rows[i].len);
		assert_int_equal(text_ucs2_decode(rows[i].octets, rows[i].len, text, sizeof(text)), len);
		assert_memory_equal(text, rows[i].text, len);
	}
}

static void ucs2__F13_lone_surrogates_and_odd_octets__are_replaced(void **state)
{
	static const struct { uint8_t octets[6]; size_t len; const char *text; } rows[] = {
		{ { 0x00 }, 1, "\xef\xbf\xbd" },
		{ { 0x00, 0x41, 0xd8 }, 3, "A\xef\xbf\xbd" },
		{ { 0xd8, 0x3d }, 2, "\xef\xbf\xbd" },
		{ { 0xd8, 0x3d, 0xde }, 3, "\xef\xbf\xbd\xef\xbf\xbd" },
		{ { 0xde, 0x00, 0x00, 0x41 }, 4, "\xef\xbf\xbd" "A" },
		{ { 0xd8, 0x3d, 0x00, 0x41 }, 4, "\xef\xbf\xbd" "A" },
		{ { 0xd8, 0x3d, 0xd8, 0x3d, 0xde, 0x00 }, 6, "\xef\xbf\xbd😀" },
	};
	char text[24];

	for (size_t i = 0; i < COUNT(rows); i++) {
		int len = text_ucs2_decode(rows[i].octets, rows[i].len, text, sizeof(text));

		assert_int_equal(len, strlen(rows[i].text));
		assert_memory_equal(text, rows[i].text, len);
	}
}

static void ucs2__without_room__refused_as_a_whole(void **state)
{
	static const uint8_t emoji[] = { 0xd8, 0x3d, 0xde, 0x00 };
	uint8_t octets[4];
	char text[4];

	for (size_t size = 0; size < 4; size++) {
		assert_int_equal(text_ucs2_encode("😀", 4, octets, size), -ENOSPC);
		assert_int_equal(text_ucs2_decode(emoji, 4, text, size), -ENOSPC);
	}
	assert_int_equal(text_ucs2_encode("a", 1, octets, 1), -ENOSPC);
}

/* The encoded length is the cost in units; decoding gives the text, with invalid parts replaced. */
static void ucs2__random_texts__decoded_as_valid_text(void **state)
{
	uint64_t seed = 10646;
	char text[60], back[180];
	uint8_t octets[120], again[120];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t len = random_text(&seed, text, sizeof(text));
		int units = text_ucs2_encode(text, len, octets, sizeof(octets));
		int back_len;

		assert_int_equal(units, 2 * text_cost(text, len).units);
		back_len = text_ucs2_decode(octets, units, back, sizeof(back));
		assert_true(text_valid(back, back_len));
		assert_true(!text_valid(text, len) || (back_len == (int)len && memcmp(back, text, len) == 0));
		assert_int_equal(text_ucs2_encode(back, back_len, again, sizeof(again)), units);
		assert_memory_equal(again, octets, units);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8__every_character__reads_as_written),
		cmocka_unit_test(utf8__broken_sequences__are_one_octet_each),
		cmocka_unit_test(ucs2__known_texts__both_ways),
		cmocka_unit_test(ucs2__F13_lone_surrogates_and_odd_octets__are_replaced),
		cmocka_unit_test(ucs2__without_room__refused_as_a_whole),
		cmocka_unit_test(ucs2__random_texts__decoded_as_valid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every position of the GSM-7 alphabet and its extension table, both ways. */
#include "text_test.h"

#include <errno.h>

/* 3GPP TS 23.038 clause 6.2.1, in order; position 0x1b is the escape. */
static const char *const alphabet[128] = {
	"@", "£", "$", "¥", "è", "é", "ù", "ì", "ò", "Ç", "\n", "Ø", "ø", "\r", "Å", "å",
	"Δ", "_", "Φ", "Γ", "Λ", "Ω", "Π", "Ψ", "Σ", "Θ", "Ξ", NULL, "Æ", "æ", "ß", "É",
	" ", "!", "\"", "#", "¤", "%", "&", "'", "(", ")", "*", "+", ",", "-", ".", "/",
	"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ":", ";", "<", "=", ">", "?",
	"¡", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O",
	"P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "Ä", "Ö", "Ñ", "Ü", "§",
	"¿", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o",
	"p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "ä", "ö", "ñ", "ü", "à",
};

static const char *const extension[128] = {
	[0x0a] = "\f", [0x14] = "^", [0x28] = "{", [0x29] = "}", [0x2f] = "\\", [0x3c] = "[",
	[0x3d] = "~", [0x3e] = "]", [0x40] = "|", [0x65] = "€",
};

/* Two septets as octets; the second may be absent. */
static size_t pair(uint8_t *out, unsigned int first, unsigned int second)
{
	out[0] = (uint8_t)(first | second << 7);
	out[1] = (uint8_t)(second >> 1);
	return 2;
}

static void assert_unpacks(const uint8_t *packed, size_t octets, const char *text)
{
	char out[16];
	int len = text_ussd_unpack(packed, octets, out, sizeof(out));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(out, text, len);
}

static void gsm7__every_position__packs_to_itself(void **state)
{
	for (unsigned int i = 0; i < 128; i++) {
		uint8_t packed[4];

		if (!alphabet[i])
			continue;
		assert_int_equal(text_ussd_pack(alphabet[i], strlen(alphabet[i]), packed, sizeof(packed)), 1);
		assert_int_equal(packed[0], i);
		assert_unpacks(packed, 1, alphabet[i]);
	}
}

static void gsm7__every_extension__is_an_escaped_pair(void **state)
{
	for (unsigned int i = 0; i < 128; i++) {
		uint8_t packed[4], want[2];
		struct text_cost cost;

		if (!extension[i])
			continue;
		pair(want, 0x1b, i);
		assert_int_equal(text_ussd_pack(extension[i], strlen(extension[i]), packed, sizeof(packed)), 2);
		assert_memory_equal(packed, want, 2);
		assert_unpacks(packed, 2, extension[i]);
		cost = text_cost(extension[i], strlen(extension[i]));
		assert_true(cost.gsm7 && cost.septets == 2 && cost.units == 1);
	}
}

static void gsm7__escape_before_unknown__gives_the_plain_character(void **state)
{
	for (unsigned int i = 0; i < 128; i++) {
		uint8_t packed[2];

		if (extension[i])
			continue;
		pair(packed, 0x1b, i);
		assert_unpacks(packed, 2, alphabet[i] ? alphabet[i] : " ");
	}
}

static void gsm7__lone_escape__gives_a_space(void **state)
{
	static const uint8_t alone[] = { 0x1b };

	assert_unpacks(alone, 1, " ");
}

/* Every other character is refused, and has no cost. */
static void gsm7__all_of_unicode__only_the_alphabet_is_inside(void **state)
{
	unsigned int inside = 0;
	uint8_t packed[8];
	char text[4];

	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		size_t len = text_put(c, text);
		bool gsm7 = text_cost(text, len).gsm7;

		inside += gsm7;
		assert_int_equal(text_ussd_pack(text, len, packed, sizeof(packed)) == -EILSEQ, !gsm7);
	}
	assert_int_equal(inside, 127 + 10);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(gsm7__every_position__packs_to_itself),
		cmocka_unit_test(gsm7__every_extension__is_an_escaped_pair),
		cmocka_unit_test(gsm7__escape_before_unknown__gives_the_plain_character),
		cmocka_unit_test(gsm7__lone_escape__gives_a_space),
		cmocka_unit_test(gsm7__all_of_unicode__only_the_alphabet_is_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Packed GSM-7 strings of USSD: padding, boundaries, hostile octets. */
#include "text_test.h"

#include <errno.h>

static void ussd__known_strings__pack_and_unpack(void **state)
{
	static const struct { const char *text; uint8_t packed[32]; int octets; } rows[] = {
		{ "", { 0 }, 0 },
		{ "*234#", { 0x2a, 0xd9, 0x8c, 0x36, 0x02 }, 5 },
		{ "Your balance = 350", { 0xd9, 0x77, 0x5d, 0x0e, 0x12, 0x87, 0xd9, 0x61, 0xf7, 0xb8, 0x0c, 0xea, 0x81,
					  0x66, 0x35, 0x18 }, 16 },
		{ "1234567", { 0x31, 0xd9, 0x8c, 0x56, 0xb3, 0xdd, 0x1a }, 7 },	/* seven spare bits: CR */
		{ "@@@@@@@@", { 0 }, 7 },					/* eight real @ need none */
	};
	uint8_t packed[32];
	char text[32];

	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].text);

		assert_int_equal(text_ussd_pack(rows[i].text, len, packed, sizeof(packed)), rows[i].octets);
		assert_memory_equal(packed, rows[i].packed, rows[i].octets);
		assert_int_equal(text_ussd_unpack(rows[i].packed, rows[i].octets, text, sizeof(text)), len);
		assert_memory_equal(text, rows[i].text, len);
	}
}

static void assert_round_trip(const char *text, size_t len, const char *back, size_t back_len)
{
	uint8_t packed[161];
	char out[4 * 184];
	int octets = text_ussd_pack(text, len, packed, sizeof(packed));

	assert_true(octets >= 0);
	assert_int_equal(text_ussd_unpack(packed, octets, out, sizeof(out)), back_len);
	assert_memory_equal(out, back, back_len);
}

/* F13: 8n-1 septets, trailing CR, trailing "@". A CR on the boundary is read back as two, as specified. */
static void ussd__F13_every_length_and_ending__round_trip(void **state)
{
	char text[184] = "";

	for (size_t len = 0; len <= 182; len++) {
		for (size_t i = 0; i < len; i++)
			text[i] = (char)('0' + i % 40);
		assert_round_trip(text, len, text, len);
		if (len == 0)
			continue;
		text[len - 1] = '@';
		assert_round_trip(text, len, text, len);
		text[len - 1] = text[len] = '\r';
		assert_round_trip(text, len, text, len + (len % 8 == 0));
	}
}

static void ussd__F13_euro_at_the_boundary__is_not_split(void **state)
{
	static const char *const rows[] = { "€", "123456€", "12345€", "1234567€", "€€€€", "€€€€€€€", "{[~]}|^\\\f" };

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_round_trip(rows[i], strlen(rows[i]), rows[i], strlen(rows[i]));
}

static void ussd__F13_characters_outside__are_refused(void **state)
{
	static const char *const rows[] = { "漢", "12345678`", "abc😀", "\xff", "caf\xc3" };
	uint8_t packed[32];

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(text_ussd_pack(rows[i], strlen(rows[i]), packed, sizeof(packed)), -EILSEQ);
}

/* Room for \a size octets is enough for exactly the texts within the budget of that link. */
static void ussd__pages_of_a_full_budget__fit_its_octets(void **state)
{
	char text[184];
	uint8_t packed[160];

	memset(text, 'x', sizeof(text));
	for (unsigned int octets = 1; octets <= 160; octets++) {
		size_t len = text_budget_ussd(octets).septets;

		assert_int_equal(text_ussd_pack(text, len, packed, octets), octets);
		assert_int_equal(text_ussd_pack(text, len + 1, packed, octets), -ENOSPC);
		text[len - 1] = '\r';
		assert_int_equal(text_ussd_pack(text, len, packed, octets), octets);
		text[len - 1] = 'x';
	}
}

static void ussd__unpack_without_room__is_refused(void **state)
{
	static const uint8_t euros[] = { 0x9b, 0xf2, 0x3c };	/* one euro sign, one escaped unknown */
	char text[8];

	for (size_t size = 0; size < 3; size++)
		assert_int_equal(text_ussd_unpack(euros, 2, text, size), -ENOSPC);
	assert_int_equal(text_ussd_unpack(euros, 2, text, 3), 3);
	assert_memory_equal(text, "€", 3);
}

/* Any octets give valid text; packed again it gives a text that reads the same. */
static void ussd__random_octets__give_valid_text(void **state)
{
	uint64_t seed = 23038;
	uint8_t in[40], packed[96];
	char text[160], again[200];

	for (unsigned int i = 0; i < 100000; i++) {
		size_t octets = random_next(&seed) % (sizeof(in) + 1);
		int len, back;

		for (size_t j = 0; j < octets; j++)
			in[j] = (uint8_t)random_next(&seed);
		len = text_ussd_unpack(in, octets, text, sizeof(text));
		assert_true(len >= 0 && text_valid(text, len));
		back = text_ussd_pack(text, len, packed, sizeof(packed));
		assert_true(back >= 0);
		back = text_ussd_unpack(packed, back, again, sizeof(again));
		assert_true(back == len || (back == len + 1 && again[len] == '\r'));
		assert_memory_equal(again, text, len);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ussd__known_strings__pack_and_unpack),
		cmocka_unit_test(ussd__F13_every_length_and_ending__round_trip),
		cmocka_unit_test(ussd__F13_euro_at_the_boundary__is_not_split),
		cmocka_unit_test(ussd__F13_characters_outside__are_refused),
		cmocka_unit_test(ussd__pages_of_a_full_budget__fit_its_octets),
		cmocka_unit_test(ussd__unpack_without_room__is_refused),
		cmocka_unit_test(ussd__random_octets__give_valid_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

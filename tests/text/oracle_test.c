/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our packing compared with libosmogsm's, for ASCII characters with the same code in both. */
#include "text_test.h"

#include <osmocom/gsm/gsm_utils.h>

/* libosmogsm reads Latin-1, which is UTF-8 too as long as it is ASCII. */
static size_t random_ascii(uint64_t *seed, char *out, size_t size)
{
	static const char last[] = "x@\r[";
	size_t len = 1 + random_next(seed) % (size - 1);

	for (size_t i = 0; i < len; i++) {
		out[i] = (char)(' ' + random_next(seed) % 95);
		if (out[i] == '`')
			out[i] = '\n';
	}
	out[len - 1] = last[random_next(seed) % 4];
	out[len] = 0;
	return len;
}

static void oracle__random_ascii__packs_alike(void **state)
{
	uint64_t seed = 480;
	char text[100];
	uint8_t ours[200], theirs[200];

	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = random_ascii(&seed, text, sizeof(text));
		int octets = text_ussd_pack(text, len, ours, sizeof(ours)), expected;

		gsm_7bit_encode_n_ussd(theirs, sizeof(theirs), text, &expected);
		assert_int_equal(octets, expected);
		assert_memory_equal(ours, theirs, octets);
	}
}

static void oracle__random_ascii__unpacks_alike(void **state)
{
	uint64_t seed = 290;
	char text[100], ours[220], theirs[220];
	uint8_t packed[200];

	for (unsigned int i = 0; i < 20000; i++) {
		size_t len = random_ascii(&seed, text, sizeof(text));
		int octets = text_ussd_pack(text, len, packed, sizeof(packed));
		int got = text_ussd_unpack(packed, octets, ours, sizeof(ours));

		gsm_7bit_decode_n_ussd(theirs, sizeof(theirs), packed, (uint8_t)(octets * 8 / 7));
		assert_int_equal(got, strlen(theirs));
		assert_memory_equal(ours, theirs, got);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle__random_ascii__packs_alike),
		cmocka_unit_test(oracle__random_ascii__unpacks_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Our packed parts read by libosmogsm, including headers and fill bits. */
#include "sms_test.h"

#include <osmocom/gsm/gsm_utils.h>

/* ASCII, which libosmogsm's Latin-1 and UTF-8 share; no "`", which GSM-7 lacks; no ending that looks like padding. */
static size_t random_ascii(uint64_t *seed, char *out, size_t size)
{
	size_t len = 1 + random_next(seed) % (size - 1);

	for (size_t i = 0; i < len; i++) {
		out[i] = (char)(' ' + random_next(seed) % 95);
		if (out[i] == '`')
			out[i] = '\n';
	}
	out[len - 1] = 'x';
	return len;
}

static size_t read_part(const struct sms_segmentation *segments, unsigned int number, char *out, size_t size)
{
	uint8_t octets[SMS_PART_OCTETS + 8] = { 0 };
	struct sms_part part;
	int len = sms_part_encode(segments, number, &part, octets, SMS_PART_OCTETS), septets = len * 8 / 7;

	assert_true(len > 0 && len <= 140);
	gsm_7bit_decode_n_hdr(out, size, octets, (uint8_t)septets, part.esm_class & 0x40);
	len = (int)strlen(out);
	/* that library returns the padding */
	return len > 0 && septets % 8 == 0 && out[len - 1] == '\r' ? len - 1 : len;
}

static void oracle__random_ascii_in_packed_parts__read_alike(void **state)
{
	uint64_t seed = 40;

	for (unsigned int i = 0; i < 20000; i++) {
		struct sms_encoding_profile profile = { .plain = SMS_GSM7_PACKED, .parts = 10, .concat = (enum sms_concat)(i % 2) };
		char text[600], shown[4000];
		size_t len = random_ascii(&seed, text, sizeof(text)), used = 0;
		struct sms_segmentation segments;

		assert_true(sms_segment(&segments, &profile, text, len, (uint16_t)i) > 0);
		for (unsigned int j = 1; j <= segments.messages; j++)
			used += read_part(&segments, j, shown + used, 400);
		assert_int_equal(used, len);
		assert_memory_equal(shown, text, len);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(oracle__random_ascii_in_packed_parts__read_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

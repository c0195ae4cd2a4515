/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The meaning of received octets by data_coding, link and header. */
#include "sms_test.h"

static void decode__each_coding__gives_its_text(void **state)
{
	static const struct {
		uint8_t data_coding;
		struct sms_encoding_profile profile;
		uint8_t octets[16];
		size_t len;
		enum sms_coding coding;
		const char *text;
	} rows[] = {
		{ 0x00, { .plain = SMS_GSM7 }, { 0, 'Y', 0x1b, 0x65 }, 4, SMS_GSM7, "@Y€" },
		{ 0x00, { .plain = SMS_GSM7 }, { 0 }, 0, SMS_GSM7, "" },
		{ 0x00, { .plain = SMS_GSM7 }, { 'a', 0x1b }, 2, SMS_GSM7, "a " },
		{ 0x00, { .plain = SMS_GSM7 }, { 0x1b, 'a', 0x1b, 0x1b }, 4, SMS_GSM7, "a " },
		{ 0x00, { .plain = SMS_GSM7 }, { 'a', 0x9f }, 2, SMS_GSM7, "a\ufffd" },
		{ 0x00, { .plain = SMS_GSM7_PACKED }, { 0xe8, 0x32, 0x9b, 0xfd, 0x06 }, 5, SMS_GSM7_PACKED, "hello" },
		{ 0x00, { .plain = SMS_GSM7_PACKED }, { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0x1b }, 7,
		  SMS_GSM7_PACKED, "hellohe" },
		{ 0x00, { .plain = SMS_GSM7_PACKED }, { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0x01 }, 7,
		  SMS_GSM7_PACKED, "hellohe" },
		{ 0x00, { .plain = SMS_LATIN1 }, { 'Y', 0xe9, 0 }, 3, SMS_LATIN1, "Yé" },
		{ 0x00, { .plain = SMS_ASCII }, { '@', '_', 0xe9 }, 3, SMS_ASCII, "@_é" },
		{ 0x00, { .plain = SMS_UTF8 }, { 0xe4, 0xbd, 0x99, 0xff, 'a' }, 5, SMS_UTF8, "余\ufffda" },
		{ 0x01, { .ia5 = SMS_GSM7 }, { 0, 0x11 }, 2, SMS_GSM7, "@_" },	/* osmo-msc */
		{ 0x01, { .ia5 = SMS_ASCII }, { '@', '_' }, 2, SMS_ASCII, "@_" },
		{ 0x02, { 0 }, { 1, 2, 3 }, 3, SMS_BINARY, "" },
		{ 0x03, { 0 }, { 0xe9, '[' }, 2, SMS_LATIN1, "é[" },
		{ 0x04, { 0 }, { 1, 2, 3 }, 3, SMS_BINARY, "" },
		{ 0x08, { 0 }, { 0x4f, 0x59, 0xd8, 0x3d, 0xde, 0x00 }, 6, SMS_UCS2, "余😀" },
		{ 0x08, { 0 }, { 0x4f, 0x59, 0xd8 }, 3, SMS_UCS2, "余\ufffd" },
		{ 0x10, { 0 }, { 0 }, 1, SMS_GSM7, "@" }, { 0x14, { 0 }, { 0 }, 1, SMS_BINARY, "" },
		{ 0x18, { 0 }, { 0, 'a' }, 2, SMS_UCS2, "a" },
		{ 0xc0, { 0 }, { 0 }, 1, SMS_GSM7, "@" }, { 0xd8, { 0 }, { 0 }, 1, SMS_GSM7, "@" },
		{ 0xe0, { 0 }, { 0, 'a' }, 2, SMS_UCS2, "a" }, { 0xf0, { 0 }, { 0 }, 1, SMS_GSM7, "@" },
		{ 0xf1, { .plain = SMS_LATIN1 }, { '@' }, 1, SMS_LATIN1, "@" }, { 0xf5, { 0 }, { 0 }, 1, SMS_BINARY, "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_raw raw = { rows[i].octets, rows[i].len, rows[i].data_coding, false };
		struct sms_info info;
		char text[SMS_TEXT];

		assert_int_equal(sms_decode(&rows[i].profile, &raw, &info, text, sizeof(text)), strlen(rows[i].text));
		assert_memory_equal(text, rows[i].text, strlen(rows[i].text));
		assert_int_equal(info.coding, rows[i].coding);
		assert_false(info.concat);
		if (rows[i].text[0])
			assert_int_equal(sms_decode(&rows[i].profile, &raw, &info, text, strlen(rows[i].text) - 1),
					 -ENOSPC);
	}
}

/* An unknown alphabet is reported as unknown. */
static void decode__F13_unknown_codings__are_refused(void **state)
{
	static const uint8_t unknown[] = { 5, 6, 7, 9, 0x0a, 0x0d, 0x0e, 0x0f, 0x1c, 0x20, 0x30, 0x60, 0x80, 0xb7 };

	for (size_t i = 0; i < COUNT(unknown); i++) {
		struct sms_raw raw = { (const uint8_t *)"abc", 3, unknown[i], false };
		struct sms_info info;
		char text[SMS_TEXT];

		assert_int_equal(sms_decode(&udh_profile, &raw, &info, text, sizeof(text)), -ENOTSUP);
	}
}

static void decode__each_header__describes_the_part(void **state)
{
	static const struct {
		uint8_t octets[20];
		size_t len;
		int rc;
		struct sms_info info;
	} rows[] = {
		{ { 5, 0, 3, 7, 3, 2, 'a' }, 7, 1, { .concat = true, .reference = 7, .total = 3, .number = 2 } },
		{ { 6, 8, 4, 1, 2, 3, 3, 'a' }, 8, 1,
		  { .concat = true, .wide = true, .reference = 0x102, .total = 3, .number = 3 } },
		{ { 5, 0, 3, 7, 3, 0, 'a' }, 7, 1, { 0 } },			/* number 0 */
		{ { 5, 0, 3, 7, 3, 4, 'a' }, 7, 1, { 0 } },			/* above total */
		{ { 5, 0, 3, 7, 0, 0, 'a' }, 7, 1, { 0 } },
		{ { 4, 0, 2, 7, 3, 'a' }, 6, 1, { 0 } },			/* of a wrong length */
		{ { 3, 0x24, 1, SMS_TURKISH, 0x1b, 0x53 }, 6, 2, { .single = SMS_TURKISH } },
		{ { 6, 0x25, 1, SMS_HINDI, 0x24, 1, SMS_HINDI, 0x15 }, 8, 3,
		  { .locking = SMS_HINDI, .single = SMS_HINDI } },
		{ { 3, 0x25, 1, 99, '@' - 0x40 }, 5, 1, { .locking = 99 } },	/* a future language */
		{ { 6, 5, 4, 0x0b, 0x84, 0, 0, 1, 2 }, 9, 0, { .ports = true, .coding = SMS_BINARY } },
		{ { 4, 4, 2, 1, 1, 1 }, 6, 0, { .ports = true, .coding = SMS_BINARY } },
		{ { 2, 0x70, 0, 'a' }, 4, 1, { 0 } }, { { 0, 'a' }, 2, 1, { 0 } }, { { 1, 0x70, 'a' }, 3, 1, { 0 } },
		{ { 9, 0, 3, 7 }, 4, -EBADMSG, { .coding = SMS_BINARY } }, { { 0 }, 0, -EBADMSG, { .coding = SMS_BINARY } },
		{ { 3, 0, 3, 7, 'a' }, 5, -EBADMSG, { .coding = SMS_BINARY } },	/* an element that exceeds the header */
		{ { 1 }, 1, -EBADMSG, { .coding = SMS_BINARY } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_raw raw = { rows[i].octets, rows[i].len, 0, true };
		struct sms_info info;
		char text[SMS_TEXT];

		assert_int_equal(sms_decode(&udh_profile, &raw, &info, text, sizeof(text)), rows[i].rc);
		assert_int_equal(info.coding, rows[i].info.coding);
		assert_int_equal(info.ports, rows[i].info.ports);
		assert_int_equal(info.concat, rows[i].info.concat);
		assert_int_equal(info.wide, rows[i].info.wide);
		assert_int_equal(info.reference, rows[i].info.reference);
		assert_int_equal(info.total, rows[i].info.total);
		assert_int_equal(info.number, rows[i].info.number);
		assert_int_equal(info.locking, rows[i].info.locking);
		assert_int_equal(info.single, rows[i].info.single);
	}
}

/* "Hello" as part 1 of 2, packed: the header of six octets is followed by one fill bit. */
static void decode__packed_after_a_header__skips_the_fill_bits(void **state)
{
	static const uint8_t octets[] = { 5, 0, 3, 0xcc, 2, 1, 0x90, 0x65, 0x36, 0xfb, 0x0d };
	struct sms_encoding_profile profile = { .plain = SMS_GSM7_PACKED };
	struct sms_raw raw = { octets, sizeof(octets), 0, true };
	struct sms_info info;
	char text[SMS_TEXT];

	assert_int_equal(sms_decode(&profile, &raw, &info, text, sizeof(text)), 5);
	assert_memory_equal(text, "Hello", 5);
	assert_true(info.concat && info.reference == 0xcc);
}

/* Any octets in any coding give text, an error or nothing; never more than the promised room. */
static void decode__F12_F13_random_octets__text_within_the_promised_room(void **state)
{
	uint64_t seed = 3;

	for (unsigned int i = 0; i < 100000; i++) {
		struct sms_encoding_profile profile = { .plain = (enum sms_coding)(random_next(&seed) % (SMS_UTF8 + 1)) };
		uint8_t octets[255];
		struct sms_raw raw = {
			.octets = octets, .len = random_next(&seed) % sizeof(octets),
			.data_coding = (uint8_t)random_next(&seed), .udh = random_next(&seed) % 2,
		};
		struct sms_info info;
		char text[SMS_TEXT];
		int len;

		for (size_t j = 0; j < raw.len; j++)
			octets[j] = (uint8_t)(random_next(&seed) % (j < 6 ? 8 : 256));
		len = sms_decode(&profile, &raw, &info, text, sizeof(text));
		assert_true(len >= 0 || len == -EBADMSG || len == -ENOTSUP);
		assert_true(len <= 0 || text_valid(text, len));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode__each_coding__gives_its_text),
		cmocka_unit_test(decode__F13_unknown_codings__are_refused),
		cmocka_unit_test(decode__each_header__describes_the_part),
		cmocka_unit_test(decode__packed_after_a_header__skips_the_fill_bits),
		cmocka_unit_test(decode__F12_F13_random_octets__text_within_the_promised_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

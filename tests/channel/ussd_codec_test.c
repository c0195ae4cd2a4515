/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD components: vectors from the field, from our recordings and from attackers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/gsup/ussd_codec.h"
#include "starhash/text.h"
#include "tests/cmocka.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	unsigned int octet;
	size_t n = 0;
	int used;

	while (sscanf(hex, " %2x%n", &octet, &used) == 1) {
		out[n++] = octet;
		hex += used;
	}
	return n;
}

struct vector {
	const char *what;
	const char *hex;
	struct ussd_component expected;		/* string_len and string are not compared */
	const char *text;			/* NULL: the alphabet is unknown */
};

#define INVOKE(id, op, a) { USSD_INVOKE, true, id, op, .alphabet = a }
#define RESULT(id, op, a) { USSD_RESULT, true, id, op, .alphabet = a }
#define OTHER(k, has, id, e) { k, has, id, .error = e }

static const struct vector vectors[] = {
	{ "*100#, as recorded", "a112 020105 02013b 300a 04010f 0405 aa180c3602", INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "*234#", "a112 020101 02013b 300a 04010f 0405 2ad98c3602", INVOKE(1, 59, USSD_GSM7), "*234#" },
	{ "balance in a result", "a21f 020101 301a 02013b 3015 04010f 0410 d9775d0e1287d961f7b80cea81663518",
	  RESULT(1, 59, USSD_GSM7), "Your balance = 350" },
	{ "page, as recorded", "a122 020102 02013c 301a 04010f 0415 c2349bad8881e8e8f41cd47ebbe968050c54c6a7e9",
	  INVOKE(2, 60, USSD_GSM7), "Bill\n1 this month\n0 exit" },
	{ "answer, as recorded", "a210 020101 300b 02013c 3006 04010f 040132", RESULT(1, 60, USSD_GSM7), "2" },
	{ "UCS-2 end, as recorded", "a217 020105 3012 02013b 300d 040148 0408 4f59989d003a0031",
	  RESULT(5, 59, USSD_UCS2), "余额:1" },
	{ "DCS 00", "a112 020105 02013b 300a 040100 0405 aa180c3602", INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "DCS 10 with language", "a114 020105 02013b 300c 040110 0407 6577431583c146",
	  INVOKE(5, 59, USSD_GSM7_LANGUAGE), "*100#" },
	{ "DCS 11 with language", "a111 020105 02013b 3009 040111 0404 65370041",
	  INVOKE(5, 59, USSD_UCS2_LANGUAGE), "A" },
	{ "unknown DCS", "a112 020105 02013b 300a 040184 0405 aa180c3602", INVOKE(5, 59, USSD_UNKNOWN), NULL },
	{ "phase 1", "a10d 020107 020113 1605 2a3130 3023", INVOKE(7, 19, USSD_IA5), "*100#" },
	{ "phase 1 result", "a20d 020107 3008 020113 1603 414243", RESULT(7, 19, USSD_IA5), "ABC" },
	{ "empty string", "a10d 020105 02013b 3005 04010f 0400", INVOKE(5, 59, USSD_GSM7), "" },
	{ "empty result", "a203 020103", RESULT(3, 0, USSD_NO_STRING), "" },
	{ "negative invoke id", "a203 0201ff", RESULT(-1, 0, USSD_NO_STRING), "" },
	{ "wide invoke id", "a204 02020005", RESULT(5, 0, USSD_NO_STRING), "" },
	{ "linked id", "a115 020105 800101 02013b 300a 04010f 0405 aa180c3602", INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "alerting pattern and number", "a119 020105 02013b 3011 04010f 0405 aa180c3602 040101 800291f1",
	  INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "another operation", "a109 020105 02010a 3001 00", INVOKE(5, 10, USSD_NO_STRING), "" },
	{ "operation by OID", "a107 020105 0602 2a03", INVOKE(5, 0, USSD_NO_STRING), "" },
	{ "long form of one", "a18114 020105 02013b 30810b 04010f 048105 aa180c3602",
	  INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "long form of four", "a18400000012 020105 02013b 300a 04010f 0405 aa180c3602",
	  INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "indefinite", "a180 020105 02013b 3080 04010f 0405 aa180c3602 0000 0000", INVOKE(5, 59, USSD_GSM7), "*100#" },
	{ "error", "a306 020105 020122", OTHER(USSD_ERROR, true, 5, 34), "" },
	{ "reject", "a406 020105 810101", OTHER(USSD_REJECT, true, 5, 1), "" },
	{ "reject without id", "a405 0500 800100", OTHER(USSD_REJECT, false, 0, 0), "" },
	{ "result not last", "a703 020103", RESULT(3, 0, USSD_NO_STRING), "" },
};

static void vector_check(const struct vector *vector)
{
	struct ussd_component found;
	uint8_t octets[256];
	size_t len = unhex(vector->hex, octets), pos = 0;
	char text[640];
	int n;

	print_message("%s\n", vector->what);
	assert_int_equal(ussd_read(octets, len, &pos, &found), 1);
	assert_int_equal(pos, len);
	assert_int_equal(found.kind, vector->expected.kind);
	assert_int_equal(found.has_invoke_id, vector->expected.has_invoke_id);
	assert_int_equal(found.invoke_id, vector->expected.invoke_id);
	assert_int_equal(found.operation, vector->expected.operation);
	assert_int_equal(found.alphabet, vector->expected.alphabet);
	assert_int_equal(found.error, vector->expected.error);
	n = ussd_text(&found, text, sizeof(text));
	assert_int_equal(n, vector->text ? (int)strlen(vector->text) : -EILSEQ);
	assert_memory_equal(text, vector->text ? vector->text : "", n < 0 ? 0 : n);
}

static void read__F13_vectors__give_operation_and_text(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
		vector_check(&vectors[i]);
}

/* A block of exactly that size, so that a sanitizer sees any read beyond it. */
static int read_exact(const uint8_t *octets, size_t len)
{
	uint8_t *exact = malloc(len + !len);
	struct ussd_component found;
	size_t pos = 0;
	int rc;

	assert_non_null(exact);
	memcpy(exact, octets, len);
	rc = ussd_read(exact, len, &pos, &found);
	assert_true(pos <= len);
	free(exact);
	return rc;
}

static void read__F12_cut_anywhere__is_refused(void **state)
{
	uint8_t octets[256];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		for (size_t cut = unhex(vectors[i].hex, octets); cut-- > 1;)
			assert_int_equal(read_exact(octets, cut), -EBADMSG);
		assert_int_equal(read_exact(octets, 0), 0);
	}
}

static void read__every_octet_changed__stays_inside(void **state)
{
	uint8_t octets[256];

	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		size_t len = unhex(vectors[i].hex, octets);

		for (size_t at = 0; at < len; at++) {
			uint8_t original = octets[at];

			for (unsigned int value = 0; value < 256; value++) {
				octets[at] = value;
				read_exact(octets, len);
			}
			octets[at] = original;
		}
	}
}

static void read__crafted__is_refused(void **state)
{
	static const char *const crafted[] = {
		"00", "a1", "a100", "a103020105", "a1ff", "a180", "a180 0000", "a1850000000000",
		"a184ffffffff020105",
		"a112 020105 02013b 300b 04010f 0405 aa180c3602",	/* a sequence longer than its component */
		"a112 020105 02013b 300a 04010f 0406 aa180c3602",	/* a string longer than its sequence */
		"a112 020105 02013b 300a 04020f 0405 aa180c3602",	/* a coding scheme of two octets */
		"a112 020105 02013b 310a 04010f 0405 aa180c3602",	/* a set for a sequence */
		"a112 020105 02013b 300a 05010f 0405 aa180c3602",
		"a10b 020105 020113 0403 414243",			/* no IA5 in phase 1 */
		"a113 02020105 02013b 300a 04010f 0405 aa180c3602",	/* invoke id out of range */
		"a112 0200 02013b 300a 04010f 0405 aa180c360200",
		"a503 020105", "bf0103 020105", "0480 0000",
		"a180 a180 a180 a180 a180 a180 a180 a180 0000 0000 0000 0000 0000 0000 0000 0000",
		"a204 02020080 ", "a409 0205 0000000001 8101",
	};
	uint8_t octets[256];

	for (size_t i = 0; i < sizeof(crafted) / sizeof(*crafted); i++) {
		print_message("%s\n", crafted[i]);
		assert_int_equal(read_exact(octets, unhex(crafted[i], octets)), -EBADMSG);
	}
}

static void read__string_above_160_octets__is_refused(void **state)
{
	uint8_t octets[256] = { 0xa1, 0x81, 0xb0, 2, 1, 5, 2, 1, 59, 0x30, 0x81, 0xa7, 4, 1, 15, 4, 0x81, 0xa1 };

	octets[2] = 9 + 6 + 0xa1;
	octets[11] = 6 + 0xa1;
	assert_int_equal(read_exact(octets, 3 + 9 + 6 + 0xa1), -EBADMSG);
	octets[2]--;
	octets[11]--;
	octets[17]--;
	assert_int_equal(read_exact(octets, 3 + 9 + 6 + 0xa0), 1);
}

static void read__F14_several_components__one_after_the_other(void **state)
{
	uint8_t octets[256];
	size_t len = unhex("a203020103 a2050201040000 a103020105 a406020105810101", octets), pos = 0;
	struct ussd_component found;

	assert_int_equal(ussd_read(octets, len, &pos, &found), 1);
	assert_int_equal(found.invoke_id, 3);
	assert_int_equal(ussd_read(octets, len, &pos, &found), -EBADMSG);
	assert_int_equal(pos, 12);
	assert_int_equal(ussd_read(octets, len, &pos, &found), -EBADMSG);
	assert_int_equal(ussd_read(octets, len, &pos, &found), 1);
	assert_int_equal(found.kind, USSD_REJECT);
	assert_int_equal(ussd_read(octets, len, &pos, &found), 0);
}

static void alphabet_of__every_scheme__as_23_038_clause_5(void **state)
{
	for (unsigned int dcs = 0; dcs < 256; dcs++) {
		enum ussd_alphabet expected = USSD_UNKNOWN;
		unsigned int group = dcs >> 4, low = dcs & 15;

		if (group == 0 || group == 2 || group == 3 || ((group == 4 || group == 5 || group == 15) && low < 4))
			expected = USSD_GSM7;
		if ((group == 4 || group == 5) && low >= 8 && low < 12)
			expected = USSD_UCS2;
		if (dcs == 0x10)
			expected = USSD_GSM7_LANGUAGE;
		if (dcs == 0x11)
			expected = USSD_UCS2_LANGUAGE;
		assert_int_equal(ussd_alphabet_of(dcs), expected);
	}
}

static const struct ussd_envelope page = { USSD_INVOKE, USSD_REQUEST, 1, USSD_STRING_MAX };
static const struct ussd_envelope last = { USSD_RESULT, USSD_PROCESS_REQUEST, -128, USSD_STRING_MAX };
static const struct ussd_envelope note = { USSD_INVOKE, USSD_NOTIFY, 127, USSD_STRING_MAX };
static const struct ussd_envelope phase1 = { USSD_RESULT, USSD_PROCESS_DATA, 9, USSD_STRING_MAX };

static void round_trip(const struct ussd_envelope *envelope, const char *text, size_t len)
{
	uint8_t octets[USSD_COMPONENT_MAX];
	struct ussd_component found;
	char back[640];
	size_t pos = 0;
	int n = ussd_write(envelope, text, len, octets, sizeof(octets));

	assert_true(n > 0);
	assert_int_equal(ussd_write(envelope, text, len, octets, n - 1), -EMSGSIZE);
	assert_int_equal(ussd_write(envelope, text, len, octets, n), n);
	assert_int_equal(ussd_read(octets, n, &pos, &found), 1);
	assert_int_equal(pos, n);
	assert_int_equal(found.kind, envelope->kind);
	assert_int_equal(found.invoke_id, envelope->invoke_id);
	assert_int_equal(found.operation, envelope->operation);
	assert_int_equal(ussd_text(&found, back, sizeof(back)), len);
	assert_memory_equal(back, text, len);
}

static void write__F13_every_length_in_gsm7__round_trip(void **state)
{
	char text[183];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'a' + i % 26;
	for (size_t len = 0; len <= 182; len++) {
		round_trip(&page, text, len);
		round_trip(&last, text, len);
		round_trip(&note, text, len);
		if (len <= 160)
			round_trip(&phase1, text, len);
	}
	assert_int_equal(ussd_write(&page, text, 183, (uint8_t[256]){ 0 }, 256), -EMSGSIZE);
	assert_int_equal(ussd_write(&phase1, text, 161, (uint8_t[256]){ 0 }, 256), -EMSGSIZE);
}

static void write__F13_every_length_in_ucs2__round_trip(void **state)
{
	char text[81 * 3];

	for (size_t i = 0; i < 81; i++)
		memcpy(text + 3 * i, "余", 3);
	for (size_t units = 1; units <= 80; units++) {
		round_trip(&page, text, 3 * units);
		round_trip(&last, text, 3 * units);
	}
	assert_int_equal(ussd_write(&page, text, 81 * 3, (uint8_t[256]){ 0 }, 256), -EMSGSIZE);
}

static void write__F13_at_the_budget_of_osmohlr__lengths_of_one_octet(void **state)
{
	struct ussd_envelope ask = { USSD_INVOKE, USSD_REQUEST, 1, 114 };
	struct ussd_envelope end = { USSD_RESULT, USSD_PROCESS_REQUEST, 1, 112 };
	char text[131];
	uint8_t octets[USSD_COMPONENT_MAX];

	memset(text, 'x', sizeof(text));
	assert_int_equal(text_budget_ussd(114).septets, 130);
	assert_int_equal(text_budget_ussd(112).septets, 128);
	assert_int_equal(ussd_write(&ask, text, 130, octets, sizeof(octets)), 129);
	assert_int_equal(octets[1], 127);
	assert_int_equal(ussd_write(&ask, text, 131, octets, sizeof(octets)), -EMSGSIZE);
	assert_int_equal(ussd_write(&end, text, 128, octets, sizeof(octets)), 129);
	assert_int_equal(octets[1], 127);
	assert_int_equal(ussd_write(&end, text, 129, octets, sizeof(octets)), -EMSGSIZE);
}

static void write__recorded_texts__recorded_octets(void **state)
{
	struct ussd_envelope dial = { USSD_INVOKE, USSD_PROCESS_REQUEST, 5, USSD_STRING_MAX };
	struct ussd_envelope end = { USSD_RESULT, USSD_PROCESS_REQUEST, 5, 112 };
	uint8_t octets[256], expected[256];
	size_t len = unhex("a112 020105 02013b 300a 04010f 0405 aa180c3602", expected);

	assert_int_equal(ussd_write(&dial, "*100#", 5, octets, sizeof(octets)), len);
	assert_memory_equal(octets, expected, len);
	len = unhex("a217 020105 3012 02013b 300d 040148 0408 4f59989d003a0031", expected);
	assert_int_equal(ussd_write(&end, "余额:1", 8, octets, sizeof(octets)), len);
	assert_memory_equal(octets, expected, len);
}

static void write__phase_1_beyond_ia5__question_marks(void **state)
{
	uint8_t octets[256];
	int n = ussd_write(&phase1, "5 €é", strlen("5 €é"), octets, sizeof(octets));

	assert_memory_equal(octets + n - 4, "5 ??", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__F13_vectors__give_operation_and_text),
		cmocka_unit_test(read__F12_cut_anywhere__is_refused),
		cmocka_unit_test(read__every_octet_changed__stays_inside),
		cmocka_unit_test(read__crafted__is_refused),
		cmocka_unit_test(read__string_above_160_octets__is_refused),
		cmocka_unit_test(read__F14_several_components__one_after_the_other),
		cmocka_unit_test(alphabet_of__every_scheme__as_23_038_clause_5),
		cmocka_unit_test(write__F13_every_length_in_gsm7__round_trip),
		cmocka_unit_test(write__F13_every_length_in_ucs2__round_trip),
		cmocka_unit_test(write__F13_at_the_budget_of_osmohlr__lengths_of_one_octet),
		cmocka_unit_test(write__recorded_texts__recorded_octets),
		cmocka_unit_test(write__phase_1_beyond_ia5__question_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

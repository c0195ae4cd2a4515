/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A68: the seals of consents and the lines of anchors. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "starhash/consent.h"
#include "tests/cmocka.h"

static const uint8_t key[CONSENT_KEY_SIZE] = "the key of consents";
static const uint8_t other_key[CONSENT_KEY_SIZE] = "another key";

static const struct consent sample = {
	.time = 1795161600, .msisdn = 13800138000, .epoch = 1, .ref = 4711,
	.texts = {
		{ "service activate", 12 }, { "WEATHER", 7 }, { "hlr", 3 }, { "order", 5 }, { "Sure?", 5 }, { "1", 1 },
	},
};

static struct consent_head sealed(const struct consent *consent, const uint8_t *with)
{
	struct consent_head head = { .sequence = 6, .hash = "the hash before" };

	consent_seal(with, &head, consent);
	return head;
}

static void A68_seal__anything_changed__another_hash(void **state)
{
	const struct consent_head original = sealed(&sample, key);
	struct consent_head head = { .sequence = 6, .hash = "a hash before" };
	struct consent changed[5];

	assert_int_equal(original.sequence, 7);
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		changed[i] = sample;
	changed[0].time++;
	changed[1].msisdn++;
	changed[2].epoch++;
	changed[3].ref++;
	changed[4].texts[CONSENT_TRUST].len = 0;
	for (size_t i = 0; i < ARRAY_SIZE(changed); i++)
		assert_memory_not_equal(sealed(&changed[i], key).hash, original.hash, CONSENT_HASH_SIZE);
	assert_memory_not_equal(sealed(&sample, other_key).hash, original.hash, CONSENT_HASH_SIZE);
	consent_seal(key, &head, &sample);
	assert_memory_not_equal(head.hash, original.hash, CONSENT_HASH_SIZE);
	assert_memory_equal(sealed(&sample, key).hash, original.hash, CONSENT_HASH_SIZE);
}

/* The same octets, divided differently. */
static void A68_seal__text_moved_into_the_next_field__another_hash(void **state)
{
	struct consent moved = sample;

	moved.texts[CONSENT_SHOWN].octets = "Sure?1";
	moved.texts[CONSENT_SHOWN].len = 6;
	moved.texts[CONSENT_ANSWERED].len = 0;
	assert_memory_not_equal(sealed(&moved, key).hash, sealed(&sample, key).hash, CONSENT_HASH_SIZE);
}

static size_t anchor_line(char line[static CONSENT_ANCHOR_SIZE], struct consent_anchor *anchor)
{
	*anchor = (struct consent_anchor){
		.id = 42, .time = 1795161600, .head = { .sequence = 7, .hash = "the newest hash" }, .key = "0123abcd",
	};
	consent_number(key, 13800138000, anchor->number);
	return consent_anchor_print(key, anchor, line);
}

static void A68_anchor__written__read_back_and_sealed(void **state)
{
	struct consent_anchor anchor, read;
	char line[CONSENT_ANCHOR_SIZE];
	const size_t len = anchor_line(line, &anchor);

	assert_int_equal(line[len - 1], '\n');
	assert_null(strstr(line, "13800138000"));
	assert_true(consent_anchor_parse(line, len - 1, &read));
	assert_int_equal(read.id, anchor.id);
	assert_int_equal(read.time, anchor.time);
	assert_memory_equal(read.number, anchor.number, sizeof(anchor.number));
	assert_int_equal(read.head.sequence, anchor.head.sequence);
	assert_memory_equal(read.head.hash, anchor.head.hash, sizeof(anchor.head.hash));
	assert_string_equal(read.key, anchor.key);
	assert_true(consent_anchor_sealed(key, line, len - 1));
	assert_false(consent_anchor_sealed(other_key, line, len - 1));
}

static void A68_anchor__largest_numbers__fit_the_line(void **state)
{
	struct consent_anchor anchor, read;
	char line[CONSENT_ANCHOR_SIZE];
	size_t len;

	anchor_line(line, &anchor);
	anchor.id = anchor.time = anchor.head.sequence = INT64_MAX;
	len = consent_anchor_print(key, &anchor, line);
	assert_true(len < sizeof(line));
	assert_true(consent_anchor_parse(line, len - 1, &read));
	assert_int_equal(read.head.sequence, INT64_MAX);
}

static void A68_anchor__any_octet_changed_or_missing__not_read_or_not_sealed(void **state)
{
	struct consent_anchor anchor, read;
	char line[CONSENT_ANCHOR_SIZE];
	const size_t len = anchor_line(line, &anchor) - 1;

	for (size_t i = 0; i < len; i++) {
		line[i] ^= 1;
		assert_false(consent_anchor_parse(line, len, &read) && consent_anchor_sealed(key, line, len));
		line[i] ^= 1;
		assert_false(consent_anchor_parse(line, i, &read));
	}
}

static void A68_anchor__not_in_canonical_form__not_read(void **state)
{
	static const char *const lines[] = {
		"", " ", "anchor", "anchor 1", "anchor 01 1 2 3 4 5 6", "anchor -1 1 2 3 4 5 6",
		"anchor 9223372036854775808 1 00112233445566778899aabbccddeeff 1 "
		"0000000000000000000000000000000000000000000000000000000000000000 0123abcd 00112233445566778899aabbccddeeff",
		"anchor 1 1 00112233445566778899AABBCCDDEEFF 1 "
		"0000000000000000000000000000000000000000000000000000000000000000 0123abcd 00112233445566778899aabbccddeeff",
		"anchor 1 1 00112233445566778899aabbccddeeff 1 "
		"0000000000000000000000000000000000000000000000000000000000000000 0123abcd 00112233445566778899aabbccddeeff ",
		"anchor 1  1 00112233445566778899aabbccddeeff 1 "
		"0000000000000000000000000000000000000000000000000000000000000000 0123abcd 00112233445566778899aabbccddeeff",
		"anchor 1 1 00112233445566778899aabbccddeeff 0 "
		"0000000000000000000000000000000000000000000000000000000000000000 0123abcd 00112233445566778899aabbccddeeff",
	};
	struct consent_anchor anchor;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_false(consent_anchor_parse(lines[i], strlen(lines[i]), &anchor));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A68_seal__anything_changed__another_hash),
		cmocka_unit_test(A68_seal__text_moved_into_the_next_field__another_hash),
		cmocka_unit_test(A68_anchor__written__read_back_and_sealed),
		cmocka_unit_test(A68_anchor__largest_numbers__fit_the_line),
		cmocka_unit_test(A68_anchor__any_octet_changed_or_missing__not_read_or_not_sealed),
		cmocka_unit_test(A68_anchor__not_in_canonical_form__not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

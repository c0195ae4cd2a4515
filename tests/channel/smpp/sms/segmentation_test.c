/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Splitting texts into parts: how many, with which octets, and without splitting what belongs together. */
#include "sms_test.h"

static size_t fill(char *out, const char *piece, unsigned int times)
{
	size_t len = strlen(piece);

	for (unsigned int i = 0; i < times; i++)
		memcpy(out + i * len, piece, len);
	return times * len;
}

static void plan__lengths_at_the_limits__known_numbers_of_parts(void **state)
{
	static const struct { const char *piece; unsigned int times; enum sms_concat concat; unsigned int parts; } rows[] = {
		{ "a", 0, SMS_CONCAT_UDH, 1 }, { "a", 160, SMS_CONCAT_UDH, 1 }, { "a", 161, SMS_CONCAT_UDH, 2 },
		{ "a", 306, SMS_CONCAT_UDH, 2 }, { "a", 307, SMS_CONCAT_UDH, 3 }, { "a", 1530, SMS_CONCAT_UDH, 10 },
		{ "a", 1531, SMS_CONCAT_UDH, 0 },
		{ "a", 304, SMS_CONCAT_UDH16, 2 }, { "a", 305, SMS_CONCAT_UDH16, 3 },
		{ "a", 320, SMS_CONCAT_SAR, 2 }, { "a", 321, SMS_CONCAT_SAR, 3 }, { "a", 1600, SMS_CONCAT_SAR, 10 },
		{ "a", 306, SMS_CONCAT_PAYLOAD, 2 }, { "a", 307, SMS_CONCAT_PAYLOAD, 3 },
		{ "€", 80, SMS_CONCAT_UDH, 1 }, { "€", 81, SMS_CONCAT_UDH, 2 },
		{ "€", 152, SMS_CONCAT_UDH, 2 }, { "€", 153, SMS_CONCAT_UDH, 3 },	/* 76 pairs in 153 septets */
		{ "漢", 70, SMS_CONCAT_UDH, 1 }, { "漢", 71, SMS_CONCAT_UDH, 2 }, { "漢", 134, SMS_CONCAT_UDH, 2 },
		{ "漢", 135, SMS_CONCAT_UDH, 3 }, { "漢", 132, SMS_CONCAT_UDH16, 2 }, { "漢", 133, SMS_CONCAT_UDH16, 3 },
		{ "漢", 140, SMS_CONCAT_SAR, 2 }, { "漢", 670, SMS_CONCAT_UDH, 10 }, { "漢", 671, SMS_CONCAT_UDH, 0 },
		{ "😀", 35, SMS_CONCAT_UDH, 1 }, { "😀", 36, SMS_CONCAT_UDH, 2 }, { "😀", 66, SMS_CONCAT_UDH, 2 },
		{ "😀", 67, SMS_CONCAT_UDH, 3 },						/* 33 pairs in 67 units */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_encoding_profile profile = { .parts = SMS_PARTS, .concat = rows[i].concat };
		char text[3000];

		assert_int_equal(sms_parts_count(&profile, text, fill(text, rows[i].piece, rows[i].times)),
				 rows[i].parts);
	}
}

static void plan__fewer_parts_allowed__observed(void **state)
{
	struct sms_encoding_profile profile = { .parts = 2 };
	struct sms_segmentation segments;
	char text[400];

	assert_int_equal(sms_segment(&segments, &profile, text, fill(text, "a", 306), 1), 2);
	assert_int_equal(sms_segment(&segments, &profile, text, fill(text, "a", 307), 1), -EMSGSIZE);
	profile.concat = SMS_CONCAT_PAYLOAD;
	assert_int_equal(sms_segment(&segments, &profile, text, 306, 1), 1);
	assert_int_equal(segments.total, 2);
	assert_int_equal(sms_segment(&segments, &profile, text, 307, 1), -EMSGSIZE);
	profile.parts = 0;
	assert_int_equal(sms_segment(&segments, &profile, text, 160, 1), 1);
	assert_int_equal(sms_segment(&segments, &profile, text, 161, 1), -EMSGSIZE);
	assert_int_equal(sms_segment(&segments, &udh_profile, NULL, 1u << 30, 1), -EMSGSIZE);
}

/* The message octet by octet. */
static void encode__known_texts__known_octets(void **state)
{
	static const struct {
		const char *text;
		struct sms_encoding_profile profile;
		uint8_t data_coding, esm_class, len;
		uint8_t octets[16];
	} rows[] = {
		{ "a@[", { .parts = 1 }, 0, 0, 4, { 'a', 0, 0x1b, 0x3c } },
		{ "", { .parts = 1 }, 0, 0, 0, { 0 } },
		{ "hello", { .parts = 1, .plain = SMS_GSM7_PACKED }, 0, 0, 5, { 0xe8, 0x32, 0x9b, 0xfd, 0x06 } },
		{ "hellohe", { .parts = 1, .plain = SMS_GSM7_PACKED }, 0, 0, 7,		/* 8n-1: CR, not "@" */
		  { 0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0x1b } },
		{ "é@", { .parts = 1, .plain = SMS_LATIN1 }, 0, 0, 2, { 0xe9, '@' } },
		{ "é[", { .parts = 1, .plain = SMS_UTF8 }, 0, 0, 3, { 0xc3, 0xa9, '[' } },
		{ "[@", { .parts = 1, .plain = SMS_ASCII }, 0, 0, 2, { '[', '@' } },
		{ "é", { .parts = 1, .plain = SMS_ASCII }, 8, 0, 2, { 0x00, 0xe9 } },	/* not lossy: UCS-2 */
		{ "€", { .parts = 1, .plain = SMS_LATIN1 }, 8, 0, 2, { 0x20, 0xac } },
		{ "漢😀", { .parts = 1 }, 8, 0, 6, { 0x6f, 0x22, 0xd8, 0x3d, 0xde, 0x00 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_segmentation segments;
		struct sms_part part;
		uint8_t out[64];

		assert_int_equal(sms_segment(&segments, &rows[i].profile, rows[i].text, strlen(rows[i].text), 1), 1);
		assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), rows[i].len);
		assert_memory_equal(out, rows[i].octets, rows[i].len);
		assert_int_equal(part.data_coding, rows[i].data_coding);
		assert_int_equal(part.esm_class, rows[i].esm_class);
		if (rows[i].len > 0)
			assert_int_equal(sms_part_encode(&segments, 1, &part, out, rows[i].len - 1u), -ENOSPC);
	}
}

static void encode__headers__name_reference_total_number_and_tables(void **state)
{
	static const struct { struct sms_encoding_profile profile; uint8_t number, octets[16], header; } rows[] = {
		{ { .parts = 3 }, 1, { 5, 0, 3, 0x34, 2, 1 }, 6 },
		{ { .parts = 3 }, 2, { 5, 0, 3, 0x34, 2, 2 }, 6 },
		{ { .parts = 3, .concat = SMS_CONCAT_UDH16 }, 2, { 6, 8, 4, 0x12, 0x34, 2, 2 }, 7 },
	};
	char text[400];

	fill(text, "a", 300);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_segmentation segments;
		struct sms_part part;
		uint8_t out[SMS_PART_OCTETS];

		assert_int_equal(sms_segment(&segments, &rows[i].profile, text, 300, 0x1234), 2);
		assert_true(sms_part_encode(&segments, rows[i].number, &part, out, sizeof(out)) > rows[i].header);
		assert_memory_equal(out, rows[i].octets, rows[i].header);
		assert_int_equal(part.esm_class, 0x40);
		assert_int_equal(out[rows[i].header], 'a');
	}
}

/* The header of a text in one part that needs a single shift table, and of one that needs both tables. */
static void encode__tables__in_the_header(void **state)
{
	static const uint8_t spanish[] = { 3, 0x24, 1, SMS_SPANISH, 0x1b, 'a' };
	static const uint8_t hindi[] = { 3, 0x25, 1, SMS_HINDI, 0x15 };
	struct sms_encoding_profile profile = { .parts = 3, .languages = SMS_LANGUAGE_BIT(SMS_SPANISH) | SMS_LANGUAGE_BIT(SMS_HINDI) };
	struct sms_segmentation segments;
	struct sms_part part;
	uint8_t out[SMS_PART_OCTETS];
	char text[400];

	assert_int_equal(sms_segment(&segments, &profile, text, fill(text, "á", 1) + fill(text + 2, "b", 100), 1), 1);
	assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), 4 + 2 + 100);
	assert_memory_equal(out, spanish, sizeof(spanish));
	assert_int_equal(part.esm_class, 0x40);
	assert_int_equal(sms_segment(&segments, &profile, text, fill(text, "क", 100), 1), 1);
	assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), 4 + 100);
	assert_memory_equal(out, hindi, sizeof(hindi));
}

static void encode__sar_and_payload__describe_themselves(void **state)
{
	struct sms_encoding_profile profile = { .parts = 3, .concat = SMS_CONCAT_SAR };
	struct sms_segmentation segments;
	struct sms_part part;
	uint8_t out[SMS_OCTETS];
	char text[400];

	fill(text, "a", 300);
	assert_int_equal(sms_segment(&segments, &profile, text, 300, 9), 2);
	assert_int_equal(sms_part_encode(&segments, 2, &part, out, sizeof(out)), 140);
	assert_true(part.sar && !part.payload && part.esm_class == 0);
	assert_int_equal(part.reference, 9);
	assert_int_equal(part.total, 2);
	assert_int_equal(part.number, 2);
	profile.sar_reserve = 6;
	assert_int_equal(sms_segment(&segments, &profile, text, 307 - 7, 9), 2);
	assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), 153);
	profile.concat = SMS_CONCAT_PAYLOAD;
	assert_int_equal(sms_segment(&segments, &profile, text, 300, 9), 1);
	assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), 300);
	assert_true(part.payload && !part.sar && part.esm_class == 0);
	assert_int_equal(sms_segment(&segments, &profile, text, 100, 9), 1);
	assert_int_equal(sms_part_encode(&segments, 1, &part, out, sizeof(out)), 100);
	assert_false(part.payload);
}

/* A letter and its vowel signs, an emoji and its modifiers stay in one part; only very short parts separate them. */
static void plan__F13_diacritics_at_a_boundary__stay_with_their_letter(void **state)
{
	static const struct { const char *text; unsigned int units, most; } clusters[] = {
		{ "e\xcc\x81", 2, 134 }, { "कि", 2, 134 }, { "👍\xf0\x9f\x8f\xbd", 4, 133 }, { "👩\xe2\x80\x8d💻", 5, 133 },
	};

	for (size_t i = 0; i < COUNT(clusters); i++) {
		struct sms_encoding_profile profile = { .parts = 2 };
		size_t len;
		struct sms_segmentation segments;
		char text[600];

		len = fill(text, "漢", 66);
		len += fill(text + len, clusters[i].text, 1);
		len += fill(text + len, "漢", 10);
		assert_int_equal(sms_segment(&segments, &profile, text, len, 1), 2);
		assert_int_equal(segments.ends[0], 66 * 3);
		len = fill(text, "漢", 66);
		len += fill(text + len, clusters[i].text, 1);
		len += fill(text + len, "漢", clusters[i].most - clusters[i].units - 66);
		assert_int_equal(sms_segment(&segments, &profile, text, len, 1), 2);
	}
}

/* ---- breaks between words ---- */

/* Texts at the limits of 153 septets and 67 units: a row's text is \a times its piece, and then the rest. */
static void plan__words_at_the_limits__end_a_part_unless_that_costs_one(void **state)
{
	static const struct { const char *piece; unsigned int times; const char *rest; uint32_t ends[3]; } rows[] = {
		{ "abcdefghi ", 17, "", { 150, 170 } },				/* 153 would be inside a word */
		{ "abcdefghi ", 15, "ab 0123456789", { 153, 163 } },		/* the blank is the 153rd septet */
		{ "abcdefghi ", 15, "abc 0123456789", { 150, 164 } },		/* the blank would be the 154th */
		{ "abcdefghi ", 15, "ab\n0123456789", { 153, 163 } },
		{ "abcdefghi\n", 17, "", { 150, 170 } },
		{ "abcdefghi ", 30, "abc", { 150, 303 } },			/* the last part is full */
		{ "abcdefghi ", 30, "abcd", { 153, 304 } },			/* a third part would be needed */
		{ "abcdefghi ", 30, "abcdef", { 153, 306 } },
		{ "abcdefghi ", 30, "abcdefg", { 150, 300, 307 } },
		{ "abcdefghi ", 45, "abcdefghi", { 153, 306, 459 } },		/* all are full */
		{ "a", 170, "", { 153, 170 } },					/* one word */
		{ "a", 160, " b", { 153, 162 } },				/* one that no part can hold */
		{ "abc€ ", 30, "", { 25 * 7, 30 * 7 } },			/* 25 of six septets; the 26th ends with an escape */
		{ "abcdefghi  ", 16, "", { 13 * 11, 16 * 11 } },		/* two blanks: both stay */
		{ "漢字漢字漢字 ", 12, "", { 9 * 19 + 12, 12 * 19 } },		/* Chinese: at any character */
		{ "漢", 100, "", { 67 * 3, 300 } },
		{ "漢", 66, "，漢漢漢漢漢漢", { 67 * 3, 73 * 3 } },			/* the comma is the 67th unit */
		{ "漢", 67, "，漢漢漢漢漢漢", { 66 * 3, 74 * 3 } },			/* no part begins with a comma */
		{ "漢", 64, "abcdef漢漢漢", { 64 * 3, 73 * 3 - 12 } },		/* a foreign word stays whole */
		{ "漢", 66, "😀漢漢漢漢漢", { 66 * 3, 66 * 3 + 4 + 15 } },		/* nor is a surrogate pair split */
		{ "كلمات ", 14, "", { 11 * 11, 14 * 11 } },			/* Arabic: 66 of 67 units */
		{ "كلمات ", 22, "كل", { 11 * 11 + 2, 22 * 11 + 4 } },		/* both parts are full: 68 units would remain */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_segmentation segments;
		char text[3000], shown[3000];
		size_t len = fill(text, rows[i].piece, rows[i].times);
		unsigned int total = 1;

		len += fill(text + len, rows[i].rest, 1);
		assert_true(sms_segment(&segments, &udh_profile, text, len, 1) > 0);
		while (total < 3 && rows[i].ends[total])
			total++;
		for (unsigned int j = 0; j < total; j++)
			if (segments.ends[j] != rows[i].ends[j] || segments.total != total)
				fail_msg("row %zu: part %u of %u ends at %u", i, j + 1, segments.total, segments.ends[j]);
		assert_int_equal(show_all(&segments, shown, sizeof(shown)), len);
		assert_memory_equal(shown, text, len);
	}
}

static unsigned int width(const struct sms_segmentation *segments, uint32_t c)
{
	if (segments->coding == SMS_UCS2)
		return c > 0xffff ? 2 : 1;
	return c == 0x20ac || (c < 0x80 && strchr("[]{}~^|\\", (int)c)) ? 2 : 1;
}

static unsigned int width_between(const struct sms_segmentation *segments, size_t from, size_t to)
{
	const char *pos = segments->text + from, *end = segments->text + to;
	unsigned int sum = 0;

	while (pos < end)
		sum += width(segments, text_next(&pos, end));
	return sum;
}

/* The parts that are needed at least from \a from on: each as full as it can be. */
static unsigned int parts_needed(const struct sms_segmentation *segments, size_t from, size_t len, unsigned int room)
{
	const char *pos = segments->text + from, *end = segments->text + len;
	unsigned int parts = 1, used = 0;

	while (pos < end) {
		const unsigned int next = width(segments, text_next(&pos, end));

		if (used + next > room) {
			parts++;
			used = 0;
		}
		used += next;
	}
	return parts;
}

static bool blank_at(const char *text, size_t at)
{
	return text[at] == ' ' || text[at] == '\n';
}

/* The last start of a word in a part that begins at \a from; 0: none. */
static size_t last_word(const struct sms_segmentation *segments, size_t from, size_t len, unsigned int room)
{
	size_t best = 0;

	for (size_t at = from + 1; at < len && width_between(segments, from, at) <= room; at++)
		if (blank_at(segments->text, at - 1) && !blank_at(segments->text, at))
			best = at;
	return best;
}

/* Words, blanks and escapes in one alphabet or the other. The parts are those of the text, none is over its limit, none is needless, and
 * one ends inside a word only where the start of that word would have needed a further part. */
static void plan__random_words__as_few_parts_as_possible_and_words_whole_where_free(void **state)
{
	static const char *const words[2][8] = {
		{ "a", "it", "€5", "[ok]", "words", "balances", "subscription", "http://example.org/a/very/long/address/of/a/page" },
		{ "ع", "كل", "😀", "[ok]", "كلمات", "Баланс", "мегабайт", "http://example.org/a/very/long/address/of/a/page" },
	};
	unsigned int inside = 0, between = 0;
	uint64_t seed = 23041;

	for (unsigned int i = 0; i < 20000; i++) {
		const unsigned int kind = i % 2;
		struct sms_segmentation segments;
		char text[2000], shown[2000];
		unsigned int room, length = 1 + random_next(&seed) % 1300;
		size_t len = 0, from = 0;

		while (len < length) {
			len += fill(text + len, words[kind][random_next(&seed) % 8], 1);
			len += fill(text + len, random_next(&seed) % 8 ? " " : random_next(&seed) % 2 ? "\n" : "  ", 1);
		}
		len -= random_next(&seed) % 2;
		if (sms_segment(&segments, &udh_profile, text, len, 1) < 0) {
			segments.coding = kind ? SMS_UCS2 : SMS_GSM7;
			assert_true(parts_needed(&segments, 0, len, kind ? 67 : 153) > SMS_PARTS);
			continue;
		}
		assert_int_equal(show_all(&segments, shown, sizeof(shown)), len);
		assert_memory_equal(shown, text, len);
		room = segments.total == 1 ? segments.coding == SMS_UCS2 ? 70 : 160 : segments.coding == SMS_UCS2 ? 67 : 153;
		assert_int_equal(segments.total, parts_needed(&segments, 0, len, room));
		for (unsigned int j = 0; j < segments.total; j++) {
			const size_t end = segments.ends[j], word = j + 1 < segments.total ? last_word(&segments, from, len, room) : 0;
			const bool free = word && parts_needed(&segments, word, len, room) == segments.total - j - 1u;

			assert_in_range(width_between(&segments, from, end), 1, room);
			if (free)
				assert_int_equal(end, word);
			inside += j + 1u < segments.total && !free;
			between += free;
			from = end;
		}
		assert_int_equal(from, len);
	}
	assert_true(inside > 1000 && between > 2 * inside);
}

static void plan__latin1_link__loses_characters_only_to_fit_the_parts(void **state)
{
	struct sms_encoding_profile profile = { .parts = 1, .plain = SMS_LATIN1 };
	char text[300], shown[300];
	struct sms_segmentation segments;
	size_t len = fill(text, "Δ", 1) + fill(text + 2, "a", 60);

	assert_int_equal(sms_segment(&segments, &profile, text, len, 1), 1);
	assert_true(segments.coding == SMS_UCS2 && !segments.lossy);
	len += fill(text + len, "b", 60);
	assert_int_equal(sms_segment(&segments, &profile, text, len, 1), 1);
	assert_true(segments.coding == SMS_LATIN1 && segments.lossy);
	assert_int_equal(show_all(&segments, shown, sizeof(shown)), len - 1);
	assert_memory_equal(shown, "?aaa", 4);
}

/* A random encoding profile from the numbers. */
static struct sms_encoding_profile random_profile(uint64_t *seed)
{
	return (struct sms_encoding_profile){
		.plain = (enum sms_coding)(random_next(seed) % (SMS_UTF8 + 1)), .ia5 = SMS_ASCII,
		.concat = (enum sms_concat)(random_next(seed) % 4), .parts = (uint8_t)(1 + random_next(seed) % SMS_PARTS),
		.sar_reserve = random_next(seed) % 2 ? 6 : 0, .languages = (uint16_t)random_next(seed),
	};
}

/* Any text within the budget is planned, and arrives unchanged. */
static void plan__F9_F13_texts_within_the_budget__arrive_whole(void **state)
{
	uint64_t seed = 23040;

	for (unsigned int i = 0; i < 20000; i++) {
		struct sms_encoding_profile profile = random_profile(&seed);
		char text[800], shown[3000];
		size_t len = random_text(&seed, text, 1 + random_next(&seed) % sizeof(text)), shown_len;
		bool fits = text_fits(text_cost(text, len), sms_budget(&profile));
		struct sms_segmentation segments;
		int rc = sms_segment(&segments, &profile, text, len, (uint16_t)i);

		assert_true(!fits || rc > 0);
		assert_int_equal(rc < 0 ? 0 : segments.total, sms_parts_count(&profile, text, len));
		if (rc < 0)
			continue;
		assert_true(segments.total <= profile.parts && segments.ends[segments.messages - 1] == len);
		shown_len = show_all(&segments, shown, sizeof(shown));
		if (segments.lossy || !text_valid(text, len))
			continue;
		/* an "@" or CR that ends packed septets cannot be distinguished from padding; some NULs end strings */
		if (shown_len != len && profile.plain != SMS_GSM7)
			continue;
		assert_int_equal(shown_len, len);
		assert_memory_equal(shown, text, len);
	}
}

static void budget__each_style__known(void **state)
{
	static const struct { struct sms_encoding_profile profile; unsigned int septets, units; } rows[] = {
		{ { .parts = 1 }, 160, 70 }, { { .parts = 3 }, 457, 199 }, { { .parts = 10 }, 1521, 661 },
		{ { .parts = 2, .concat = SMS_CONCAT_UDH16 }, 303, 131 }, { { .parts = 2, .concat = SMS_CONCAT_SAR }, 319, 139 },
		{ { .parts = 2, .concat = SMS_CONCAT_SAR, .sar_reserve = 6 }, 305, 133 },
		{ { .parts = 3, .concat = SMS_CONCAT_PAYLOAD }, 457, 199 }, { { .parts = 0 }, 160, 70 },
		{ { .parts = 1, .plain = SMS_UTF8 }, 127, 70 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(sms_budget(&rows[i].profile).septets, rows[i].septets);
		assert_int_equal(sms_budget(&rows[i].profile).units, rows[i].units);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan__lengths_at_the_limits__known_numbers_of_parts),
		cmocka_unit_test(plan__fewer_parts_allowed__observed),
		cmocka_unit_test(encode__known_texts__known_octets),
		cmocka_unit_test(encode__headers__name_reference_total_number_and_tables),
		cmocka_unit_test(encode__tables__in_the_header),
		cmocka_unit_test(encode__sar_and_payload__describe_themselves),
		cmocka_unit_test(plan__F13_diacritics_at_a_boundary__stay_with_their_letter),
		cmocka_unit_test(plan__words_at_the_limits__end_a_part_unless_that_costs_one),
		cmocka_unit_test(plan__random_words__as_few_parts_as_possible_and_words_whole_where_free),
		cmocka_unit_test(plan__latin1_link__loses_characters_only_to_fit_the_parts),
		cmocka_unit_test(plan__F9_F13_texts_within_the_budget__arrive_whole),
		cmocka_unit_test(budget__each_style__known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* National language tables: their properties, and words of each language encoded and decoded. */
#include "sms_test.h"

#include "channel/smpp/sms/language.h"

/* One line of each language, and the table identifiers and septets it must use. */
static const struct {
	enum sms_language language;
	const char *text;
	bool locking, single;
} samples[] = {
	{ SMS_TURKISH, "Değerli müşterimiz, İstanbul şubesinde bakiyeniz: 25 ₺ değil, ığşç.", false, false },
	{ SMS_TURKISH, "Sayın müşterimiz, paketiniz yenilendi, ağ ışıl.", true, false },
	{ SMS_SPANISH, "Su saldo está disponible; más información aquí. Teléfono móvil número único, canción.", false, true },
	{ SMS_PORTUGUESE, "Não há créditos; recarga não disponível, atenção às condições de utilização.", true, false },
	{ SMS_BENGALI, "আপনার ব্যালেন্স ৫০ টাকা", true, true },
	{ SMS_GUJARATI, "તમારું બેલેન્સ", true, false },
	{ SMS_HINDI, "आपका बैलेंस 50 रुपये है", true, false },
	{ SMS_KANNADA, "ನಿಮ್ಮ ಬಾಕಿ", true, false },
	{ SMS_MALAYALAM, "നിങ്ങളുടെ ബാലൻസ്", true, true },
	{ SMS_ORIYA, "ଆପଣଙ୍କ ବାଲାନ୍ସ", true, false },
	{ SMS_PUNJABI, "ਤੁਹਾਡਾ ਬਕਾਇਆ", true, false },
	{ SMS_TAMIL, "உங்கள் இருப்பு", true, false },
	{ SMS_TELUGU, "మీ బ్యాలెన్స్", true, false },
	{ SMS_URDU, "آپ کا بیلنس ۵۰ روپے ہے", true, true },
};

static bool found(const uint16_t *table, uint16_t point)
{
	for (unsigned int i = 0; i < 128; i++)
		if (table[i] == point)
			return true;
	return false;
}

static void tables__all_languages__fixed_positions_unchanged(void **state)
{
	for (unsigned int language = 0; language < SMS_LANGUAGES; language++) {
		struct alphabet a;

		alphabet_make(&a, language, language);
		assert_int_equal(a.plain[GSM7_ESC], 0);
		assert_int_equal(a.shifted[GSM7_ESC], 0);
		assert_int_equal(a.plain['\n'], '\n');
		assert_int_equal(a.plain['\r'], '\r');
		assert_int_equal(a.plain[' '], ' ');
		for (unsigned int c = 'a'; c <= 'z'; c++)
			assert_int_equal(a.plain[c], c);
		for (unsigned int c = '0'; c <= '9'; c++)
			assert_int_equal(a.plain[c], c);
		for (unsigned int c = 'A'; c <= 'Z'; c++)
			assert_true(found(a.plain, (uint16_t)c) || a.shifted[c] == c);
		for (const char *sign = "^{}\\[~]|\f"; *sign; sign++)
			assert_true(found(a.shifted, (uint16_t)*sign));
		assert_true(found(a.shifted, 0x20ac));
	}
}

/* An extra or missing letter in a layout would be hard to see among 3,300 positions: these sums were made from other
 * copies of the specification's tables, position by position and without layouts. */
static void tables__all_positions__sums_match_other_copies(void **state)
{
	static const struct { unsigned int letters, signs; } rows[SMS_LANGUAGES] = {
		[SMS_NO_LANGUAGE] = { 0x92231062, 0xede2964a },
		[SMS_TURKISH] = { 0x7909782c, 0x492ed4cc },
		[SMS_SPANISH] = { 0x92231062, 0x0bef32e7 },
		[SMS_PORTUGUESE] = { 0xf443abd5, 0x8eebc94c },
		[SMS_BENGALI] = { 0xc97474fa, 0x7e36b14e },
		[SMS_GUJARATI] = { 0x45f43428, 0x60320f4a },
		[SMS_HINDI] = { 0x948ea211, 0x4ffb8e53 },
		[SMS_KANNADA] = { 0xa726785c, 0xb0c3b86b },
		[SMS_MALAYALAM] = { 0x5d9d0201, 0xc1a7d8f6 },
		[SMS_ORIYA] = { 0xeedd6bda, 0xd028ce2b },
		[SMS_PUNJABI] = { 0x1dcd37ce, 0xca922463 },
		[SMS_TAMIL] = { 0xacb43044, 0xa8f486b3 },
		[SMS_TELUGU] = { 0xf73e1477, 0xec408374 },
		[SMS_URDU] = { 0x17ae82c9, 0xf9e7a0f9 },
	};

	for (unsigned int language = 0; language < SMS_LANGUAGES; language++) {
		struct alphabet a;
		unsigned int letters = 0, signs = 0;

		alphabet_make(&a, language, language);
		for (unsigned int i = 0; i < 128; i++) {
			letters = letters * 31 + a.plain[i];
			signs = signs * 31 + a.shifted[i];
		}
		assert_int_equal(letters, rows[language].letters);
		assert_int_equal(signs, rows[language].signs);
	}
}

static void tables__every_character__round_trip(void **state)
{
	for (unsigned int locking = 0; locking < SMS_LANGUAGES; locking++) {
		for (unsigned int single = 0; single < SMS_LANGUAGES; single++) {
			struct alphabet_index index;
			struct alphabet a;

			alphabet_make(&a, locking, single);
			alphabet_index_make(&index, &a);
			for (unsigned int i = 0; i < 128; i++) {
				unsigned int code = alphabet_code(&index, a.plain[i] ? a.plain[i] : 0xfffe);

				assert_int_equal(code != 0, a.plain[i] != 0);
				assert_true(code == 0 || a.plain[code & 0x7f] == a.plain[i]);
				code = alphabet_code(&index, a.shifted[i] ? a.shifted[i] : 0xfffe);
				assert_int_equal(code != 0, a.shifted[i] != 0);
				assert_true(!(code & ALPHABET_SHIFTED) || a.shifted[code & 0x7f] == a.shifted[i]);
			}
			assert_int_equal(alphabet_code(&index, 0x6f22), 0);
			assert_int_equal(alphabet_code(&index, 0x1f600), 0);
		}
	}
}

static void tables__unknown_identifiers__default_table(void **state)
{
	static const unsigned int unknown[] = { SMS_LANGUAGES, 200, 255 };
	struct alphabet plain, other;

	alphabet_make(&plain, 0, 0);
	for (size_t i = 0; i < COUNT(unknown); i++) {
		alphabet_make(&other, unknown[i], unknown[i]);
		assert_memory_equal(&plain, &other, sizeof(plain));
	}
	alphabet_make(&other, SMS_SPANISH, 0);
	assert_memory_equal(&plain, &other, sizeof(plain));
}

/* Repeat a line until UCS-2 needs several parts. */
static size_t repeat(const char *line, char *out, size_t size)
{
	size_t len = strlen(line), used = 0;

	while (used + len < size && text_cost(out, used).units < 140) {
		memcpy(out + used, line, len);
		used += len;
	}
	return used;
}

static void tables__lines_of_each_language__save_parts_and_round_trip(void **state)
{
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct sms_encoding_profile profile = udh_profile;
		char text[2000], shown[2000];
		size_t len = repeat(samples[i].text, text, sizeof(text));
		struct sms_segmentation segments;
		unsigned int without = sms_parts_count(&profile, text, len);

		profile.languages = SMS_LANGUAGE_BIT(samples[i].language);
		assert_true(sms_segment(&segments, &profile, text, len, 7) > 0);
		assert_int_equal(show_all(&segments, shown, sizeof(shown)), len);
		assert_memory_equal(shown, text, len);
		assert_int_equal(segments.locking, samples[i].locking ? samples[i].language : 0);
		assert_int_equal(segments.single, samples[i].single ? samples[i].language : 0);
		assert_int_equal(segments.total < without, samples[i].locking || samples[i].single);
	}
}

/* Tables are only used where they save parts: not for text in the default alphabet, nor where UCS-2 is as short, nor
 * where the link has no header. */
static void tables__without_benefit__not_used(void **state)
{
	static const struct { const char *line; enum sms_concat concat; enum sms_coding plain; } rows[] = {
		{ "plain text", SMS_CONCAT_UDH, SMS_GSM7 },
		{ "ş", SMS_CONCAT_SAR, SMS_GSM7 },
		{ "ş", SMS_CONCAT_PAYLOAD, SMS_GSM7_PACKED },
		{ "ş", SMS_CONCAT_UDH, SMS_LATIN1 },
	};

	struct sms_encoding_profile profile = { .parts = 5, .languages = 0xffff };
	struct sms_segmentation segments;
	char text[400];

	for (size_t i = 0; i < COUNT(rows); i++) {
		profile.concat = rows[i].concat;
		profile.plain = rows[i].plain;
		assert_true(sms_segment(&segments, &profile, text, repeat(rows[i].line, text, sizeof(text)), 1) > 0);
		assert_int_equal(segments.locking, 0);
		assert_int_equal(segments.single, 0);
	}
	profile = (struct sms_encoding_profile){ .parts = 5, .languages = 0xffff };
	assert_int_equal(sms_segment(&segments, &profile, "şube", strlen("şube"), 1), 1);
	assert_int_equal(segments.coding, SMS_UCS2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables__all_languages__fixed_positions_unchanged),
		cmocka_unit_test(tables__all_positions__sums_match_other_copies),
		cmocka_unit_test(tables__every_character__round_trip),
		cmocka_unit_test(tables__unknown_identifiers__default_table),
		cmocka_unit_test(tables__lines_of_each_language__save_parts_and_round_trip),
		cmocka_unit_test(tables__without_benefit__not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

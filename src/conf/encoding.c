/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* conf/: configuration files, and rows that say what a setting may be. source.c reads files, syntax.c checks their grammar, rows.c values.
 *
 * Guesses the encoding of a text that is not UTF-8. */
#include "conf/encoding.h"

#include <stdbool.h>
#include <string.h>

#include "starhash/text.h"

/* Languages, and the encoding of Windows' editors there. */
static const struct {
	const char *languages, *encoding;
} usual[] = {
	{ "ar fa ur ps ku", "WINDOWS-1256" },
	{ "he yi", "WINDOWS-1255" },
	{ "ru uk be bg mk sr kk ky mn tg", "WINDOWS-1251" },
	{ "el", "WINDOWS-1253" },
	{ "tr az", "WINDOWS-1254" },
	{ "lt lv et", "WINDOWS-1257" },
	{ "vi", "WINDOWS-1258" },
	{ "cs sk pl hu ro hr sl bs sq", "WINDOWS-1250" },
	{ "th", "WINDOWS-874" },
	{ "zh-TW zh-HK zh-Hant", "BIG5" },
	{ "zh", "GB18030" },
	{ "ja", "SHIFT_JIS" },
	{ "ko", "EUC-KR" },
};

static bool lists(const char *words, const char *word, size_t len)
{
	for (; *words; words += strspn(words, " ")) {
		const size_t span = strcspn(words, " ");

		if (span == len && !memcmp(words, word, len))
			return true;
		words += span;
	}
	return false;
}

/* From the name of a file, "texts.zh-TW.cfg" or "system.ar.cfg", with and without its region. */
static const char *usual_encoding(const char *path)
{
	const char *end = strrchr(path, '.'), *begin = end;
	size_t len;

	while (begin && begin > path && begin[-1] != '.' && begin[-1] != '/')
		begin--;
	if (!begin || begin == path || begin[-1] == '/')
		return NULL;
	len = end - begin;
	for (unsigned int tries = 0; tries < 2; tries++, len = strcspn(begin, ".-_"))
		for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
			if (lists(usual[i].languages, begin, len))
				return usual[i].encoding;
	return NULL;
}

/* Whether all octets above ASCII come in pairs of GB 2312's Chinese characters and punctuation. */
static bool is_chinese(const unsigned char *text, size_t len)
{
	size_t pairs = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x80)
			continue;
		if (text[i] < 0xa1 || text[i] > 0xf7 || i + 1 == len || text[i + 1] < 0xa1)
			return false;
		i++;
		pairs++;
	}
	return pairs > 1;
}

/* By the byte order mark, or by the zero octets beside ASCII characters. */
static const char *guess_utf16(const unsigned char *text, size_t len)
{
	size_t zeros[2] = { 0 };

	if (len >= 2 && ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff)))
		return "UTF-16";
	for (size_t i = 0; i < len; i++)
		zeros[i % 2] += text[i] == 0;
	if (zeros[0] + zeros[1] < len / 4)
		return NULL;
	return zeros[0] > zeros[1] ? "UTF-16BE" : "UTF-16LE";
}

/* Whether most of what is not ASCII is valid UTF-8. */
static bool is_mostly_utf8(const char *text, size_t len)
{
	size_t good = 0, broken = 0;

	for (const char *pos = text, *end = text + len; pos < end;) {
		const char *from = pos;
		const bool ascii = (unsigned char)*pos < 0x80;

		text_next(&pos, end);
		good += !ascii && pos - from > 1;
		broken += !ascii && pos - from == 1;
	}
	return good > broken;
}

const char *encoding_guess(const char *path, const char *text, size_t len)
{
	const unsigned char *octets = (const unsigned char *)text;
	const char *encoding = guess_utf16(octets, len);

	if (encoding || is_mostly_utf8(text, len))
		return encoding;
	encoding = usual_encoding(path);
	if (encoding)
		return encoding;
	if (is_chinese(octets, len))
		return "GB18030";
	for (size_t i = 0; i < len; i++)
		if (octets[i] >= 0x80 && octets[i] < 0xa0)
			return "WINDOWS-1252";
	return "LATIN1";
}

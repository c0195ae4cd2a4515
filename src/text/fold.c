/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Normalises input typed in many scripts: digits and full-width forms become ASCII. */
#include "starhash/text.h"

#include "text/space.h"
#include "text/utf8.h"

/* The zeros of digits that people type: Arabic-Indic, Persian, Devanagari, Bengali. */
static const uint16_t zeros[] = { 0x660, 0x6f0, 0x966, 0x9e6 };

/* The ASCII equivalent of \a codepoint; 0: none. */
static char folded(uint32_t codepoint)
{
	if (codepoint < zeros[0])
		return 0;
	if (codepoint >= 0xff01 && codepoint <= 0xff5e)
		return (char)(codepoint - 0xff01 + '!');
	if (codepoint == 0x3000)
		return ' ';
	if (codepoint == 0x66b)		/* Arabic decimal separator */
		return '.';
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (codepoint >= zeros[i] && codepoint <= zeros[i] + 9u)
			return (char)(codepoint - zeros[i] + '0');
	return 0;
}

/* Skip leading blanks. */
static const char *past_blanks(const char *pos, const char *end)
{
	const char *after = pos;

	while (pos < end && is_blank(utf8_next(&pos, end)))
		after = pos;
	return after;
}

/* No character grows, so \a out may be \a text: writing never overtakes reading. Octets that are not UTF-8 are
 * copied unchanged: their replacement would be longer. */
size_t text_fold_input(const char *text, size_t len, char *out)
{
	const char *end = text + len, *pos = past_blanks(text, end);
	size_t used = 0, seen = 0;

	while (pos < end) {
		const char *start = pos;
		uint32_t c = utf8_next(&pos, end);
		char ascii = folded(c);

		if (ascii)
			out[used++] = ascii;
		while (!ascii && start < pos)
			out[used++] = *start++;
		if (!is_blank(c))
			seen = used;
	}
	return seen;
}

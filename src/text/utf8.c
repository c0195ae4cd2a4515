/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 for those outside this folder. */
#include "starhash/text.h"
#include "text/utf8.h"

uint32_t text_next(const char **pos, const char *end)
{
	return utf8_next(pos, end);
}

size_t text_put(uint32_t codepoint, char *out)
{
	if (codepoint < 0x80) {
		out[0] = (char)codepoint;
		return 1;
	}
	if (codepoint < 0x800) {
		out[0] = (char)(0xc0 | codepoint >> 6);
		out[1] = (char)(0x80 | (codepoint & 0x3f));
		return 2;
	}
	if (codepoint > 0x10ffff || (codepoint & 0xfffff800) == 0xd800)
		codepoint = UTF8_REPLACEMENT;
	if (codepoint < 0x10000) {
		out[0] = (char)(0xe0 | codepoint >> 12);
		out[1] = (char)(0x80 | (codepoint >> 6 & 0x3f));
		out[2] = (char)(0x80 | (codepoint & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | codepoint >> 18);
	out[1] = (char)(0x80 | (codepoint >> 12 & 0x3f));
	out[2] = (char)(0x80 | (codepoint >> 6 & 0x3f));
	out[3] = (char)(0x80 | (codepoint & 0x3f));
	return 4;
}

bool text_valid(const char *text, size_t len)
{
	const uint8_t *pos = (const uint8_t *)text;
	uint32_t codepoint;

	while (len > 0) {
		unsigned int octets = utf8_read(pos, len, &codepoint);

		if (octets == 0)
			return false;
		pos += octets;
		len -= octets;
	}
	return true;
}

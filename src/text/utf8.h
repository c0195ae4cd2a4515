/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading and writing one character of UTF-8, inline because every text goes through it. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UTF8_REPLACEMENT 0xfffdu

static inline int utf8_follows(uint8_t octet)
{
	return (octet & 0xc0) == 0x80;
}

/* Read the character at \a pos, where \a left (at least 1) octets are available. Returns its length, or 0 when it is not UTF-8: truncated,
 * overlong, a surrogate, or above U+10FFFF. */
static inline unsigned int utf8_read(const uint8_t *pos, size_t left, uint32_t *codepoint)
{
	if (pos[0] < 0x80) {
		*codepoint = pos[0];
		return 1;
	}
	if (left < 2 || !utf8_follows(pos[1]) || pos[0] < 0xc2)
		return 0;
	if (pos[0] < 0xe0) {
		*codepoint = (pos[0] & 0x1fu) << 6 | (pos[1] & 0x3fu);
		return 2;
	}
	if (left < 3 || !utf8_follows(pos[2]))
		return 0;
	if (pos[0] < 0xf0) {
		*codepoint = (pos[0] & 0xfu) << 12 | (pos[1] & 0x3fu) << 6 | (pos[2] & 0x3fu);
		return *codepoint < 0x800 || (*codepoint & 0xf800) == 0xd800 ? 0 : 3;
	}
	if (left < 4 || !utf8_follows(pos[3]) || pos[0] > 0xf4)
		return 0;
	*codepoint = (pos[0] & 7u) << 18 | (pos[1] & 0x3fu) << 12 | (pos[2] & 0x3fu) << 6 | (pos[3] & 0x3fu);
	return *codepoint < 0x10000 || *codepoint > 0x10ffff ? 0 : 4;
}

/* As text_next(). */
static inline uint32_t utf8_next(const char **pos, const char *end)
{
	uint32_t codepoint;
	unsigned int octets = utf8_read((const uint8_t *)*pos, end - *pos, &codepoint);

	*pos += octets ? octets : 1;
	return octets ? codepoint : UTF8_REPLACEMENT;
}

/* As text_put(). */
static inline unsigned int utf8_put(uint32_t codepoint, char *out)
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

/* Write a character into \a room octets. Returns its length, 0 when it does not fit. */
static inline unsigned int utf8_append(uint32_t codepoint, char *out, size_t room)
{
	unsigned int len;
	char octets[4];

	if (room >= 4)
		return utf8_put(codepoint, out);
	len = utf8_put(codepoint, octets);
	if (len > room)
		return 0;
	memcpy(out, octets, len);
	return len;
}

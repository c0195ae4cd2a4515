/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* text/: lengths in GSM-7 and UCS-2, cuts, keywords, letters.
 *
 * Characters around words that are not part of them: punctuation, quotes, brackets, emoji. */
#pragma once

#include <string.h>

#include "text/diacritic.h"
#include "text/space.h"

/* Not + % & $ @, which may begin or end a number, a price or an address. */
static inline bool is_boundary_ascii(uint32_t c)
{
	return c <= ' ' || c == 0x7f || (c < 0x80 && strchr("!\"#'()*,-./:;<=>?[\\]^_`{|}~", (int)c));
}

static inline bool is_boundary(uint32_t c)
{
	static const uint32_t ranges[][2] = {
		{ 0x80, 0xa1 }, { 0xa6, 0xa9 }, { 0xab, 0xb4 }, { 0xb6, 0xb8 }, { 0xbb, 0xbb }, { 0xbf, 0xbf },
		{ 0x589, 0x58a }, { 0x5be, 0x5be }, { 0x5f3, 0x5f4 }, { 0x60c, 0x60d }, { 0x61b, 0x61c },
		{ 0x61e, 0x61f }, { 0x640, 0x640 }, { 0x66b, 0x66d }, { 0x6d4, 0x6d4 }, { 0x964, 0x965 },
		{ 0x2000, 0x206f }, { 0x20d0, 0x20ff }, { 0x2122, 0x2122 }, { 0x2190, 0x2bff }, { 0x3000, 0x3004 },
		{ 0x3008, 0x3020 }, { 0x3030, 0x3030 }, { 0x303d, 0x303f }, { 0x30fb, 0x30fb }, { 0xe000, 0xf8ff },
		{ 0xfe00, 0xfe6f }, { 0xfeff, 0xfeff }, { 0xfff0, 0xffff }, { 0x1f000, 0x1faff }, { 0xe0000, 0xe0fff },
	};

	if (c < 0x80)
		return is_boundary_ascii(c);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i][0]; i++)
		if (c <= ranges[i][1])
			return true;
	return false;
}

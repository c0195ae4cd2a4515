/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where a text may be cut without splitting a word. */
#pragma once

#include "text/space.h"

/* Punctuation that must not begin a line of Chinese or Japanese. */
static inline bool is_closing(uint32_t c)
{
	return c == 0x2019 || c == 0x201d || c == 0x3001 || c == 0x3002 || (c >= 0x3009 && c <= 0x3011 && c % 2) ||
	       c == 0xff01 || c == 0xff09 || c == 0xff0c || c == 0xff1a || c == 0xff1b || c == 0xff1f;
}

/* Of a script that writes no spaces between words: Thai, Lao, Burmese, Khmer, Chinese, Japanese; or an emoji. */
static inline bool is_unspaced(uint32_t c)
{
	return c >= 0xe00 && (c < 0xf00 || (c >= 0x1000 && c < 0x10a0) || (c >= 0x1780 && c < 0x1800) ||
			      (c >= 0x2e80 && c < 0xa4d0) || (c >= 0xf900 && c < 0xfb00) || (c >= 0xff00 && c < 0xfff0) ||
			      c >= 0x1f000);
}

/* Whether a word begins with \a c, or, in a script without spaces, a character before which a line may end. */
static inline bool begins_word(uint32_t before, uint32_t c)
{
	if (is_space(c))
		return false;
	return is_space(before) || ((is_unspaced(before) || is_unspaced(c)) && !is_closing(c));
}

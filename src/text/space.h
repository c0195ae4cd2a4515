/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* White space and invisible characters, for cutting and trimming. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* White space at which a text may be cut, so not the no-break spaces. */
static inline bool is_space(uint32_t c)
{
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r');
	return c == 0x85 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a && c != 0x2007) || c == 0x2028 || c == 0x2029 ||
	       c == 0x205f || c == 0x3000;
}

/* Characters to trim around an input: also no-break spaces, direction marks, zero-width characters and the byte order mark. */
static inline bool is_blank(uint32_t c)
{
	return is_space(c) || c == 0xa0 || c == 0x61c || c == 0x2007 || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202f) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

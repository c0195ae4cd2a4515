/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 to big-endian UTF-16 and back. Phones use UTF-16 for UCS-2 (3GPP TS 23.038 clause 6.2.3). */
#include "starhash/text.h"

#include <errno.h>

#include "text/utf8.h"

static inline uint8_t *put_unit(uint8_t *out, uint32_t unit)
{
	out[0] = (uint8_t)(unit >> 8);
	out[1] = (uint8_t)unit;
	return out + 2;
}

int text_ucs2_encode(const char *text, size_t len, uint8_t *out, size_t size)
{
	const char *pos = text, *end = text + len;
	uint8_t *to = out;

	while (pos < end) {
		uint32_t c = utf8_next(&pos, end);
		size_t room = size - (to - out);

		if (room < (c > 0xffff ? 4 : 2))
			return -ENOSPC;
		if (c > 0xffff) {
			to = put_unit(to, 0xd800 + ((c - 0x10000) >> 10));
			c = 0xdc00 + (c & 0x3ff);
		}
		to = put_unit(to, c);
	}
	return (int)(to - out);
}

static inline uint32_t unit_at(const uint8_t *in)
{
	return (uint32_t)in[0] << 8 | in[1];
}

/* Read one character from \a left octets (at least 1) and set \a taken to its length. */
static uint32_t read_char(const uint8_t *in, size_t left, size_t *taken)
{
	uint32_t high, low;

	*taken = left < 2 ? left : 2;
	if (left < 2)
		return UTF8_REPLACEMENT;
	high = unit_at(in);
	if ((high & 0xf800) != 0xd800)
		return high;
	low = left < 4 ? 0 : unit_at(in + 2);
	if (high >= 0xdc00 || (low & 0xfc00) != 0xdc00)
		return UTF8_REPLACEMENT;
	*taken = 4;
	return 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff);
}

int text_ucs2_decode(const uint8_t *in, size_t octets, char *out, size_t size)
{
	size_t used = 0, taken;

	for (size_t at = 0; at < octets; at += taken) {
		uint32_t c = read_char(in + at, octets - at, &taken);
		unsigned int len = utf8_append(c, out + used, size - used);

		if (len == 0)
			return -ENOSPC;
		used += len;
	}
	return (int)used;
}

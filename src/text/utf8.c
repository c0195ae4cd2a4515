/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* UTF-8 functions for other folders. */
#include "starhash/text.h"
#include "text/utf8.h"

uint32_t text_next(const char **pos, const char *end)
{
	return utf8_next(pos, end);
}

size_t text_put(uint32_t codepoint, char *out)
{
	return utf8_put(codepoint, out);
}

bool text_valid(const char *text, size_t len)
{
	const uint8_t *pos = (const uint8_t *)text;
	uint32_t codepoint;

	while (len > 0) {
		unsigned int octets;
		uint64_t eight;

		if (len >= 8 && (memcpy(&eight, pos, 8), !(eight & 0x8080808080808080))) {
			pos += 8;
			len -= 8;
			continue;
		}
		octets = utf8_read(pos, len, &codepoint);

		if (octets == 0)
			return false;
		pos += octets;
		len -= octets;
	}
	return true;
}

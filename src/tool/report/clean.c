/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Prints texts from files that anybody may have written. */
#include <string.h>

#include "starhash/text.h"
#include "tool/report/report.h"

static const char *reference_of(uint32_t codepoint)
{
	switch (codepoint) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

/* They change the order of what stands around a name. */
static bool is_direction(uint32_t codepoint)
{
	return codepoint == 0x200e || codepoint == 0x200f || codepoint == 0x061c || (codepoint >= 0x202a && codepoint <= 0x202e) ||
	       (codepoint >= 0x2066 && codepoint <= 0x2069) || codepoint == 0x2028 || codepoint == 0x2029;
}

void clean_print(FILE *out, enum clean_for reader, const char *text)
{
	const char *end = text + strlen(text), *reference;
	char octets[4] = "";

	if (reader == CLEAN_CSV && *text && strchr("=+-@", *text))
		fputc('\'', out);
	while (text < end) {
		const uint32_t codepoint = text_next(&text, end);

		reference = reader == CLEAN_HTML ? reference_of(codepoint) : NULL;
		if (reference)
			fputs(reference, out);
		else if (text_is_control(codepoint) || is_direction(codepoint))
			fputc('?', out);
		else
			fwrite(octets, 1, text_put(codepoint, octets), out);
		if (reader == CLEAN_CSV && codepoint == '"')
			fputc('"', out);
	}
}

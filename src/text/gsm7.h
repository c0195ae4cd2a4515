/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Look-up in the GSM-7 default alphabet, both ways. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define GSM7_ESC 0x1b
#define GSM7_CR 0x0d
#define GSM7_EURO 0x65

/* Code points below this are looked up in one table; above it the alphabet has only the euro sign. */
#define GSM7_DIRECT 0x400

/* A code is 0 when the character is not in the alphabet; GSM7_PLAIN plus the septet when it is in the default table; the septet alone
 * (never 0 there) when it is in the extension table and needs an escape before it. */
#define GSM7_PLAIN 0x80

extern const uint8_t gsm7_codes[GSM7_DIRECT];

/* By septet: code points of the default table (GSM7_NONE for the escape) and of the extension table (0: none). */
#define GSM7_NONE 0xffff
extern const uint16_t gsm7_plain[128];
extern const uint16_t gsm7_extended[128];

static inline unsigned int gsm7_code(uint32_t codepoint)
{
	if (codepoint < GSM7_DIRECT)
		return gsm7_codes[codepoint];
	return codepoint == 0x20ac ? GSM7_EURO : 0;
}

/* Septets for a code other than 0. */
static inline unsigned int gsm7_width(unsigned int code)
{
	return code & GSM7_PLAIN ? 1 : 2;
}

/* Whether the eight octets at \a text are eight ASCII characters of one septet each. Nearly every text consists of these, and reading
 * eight at a time is three times as fast. */
static inline bool gsm7_plain8(const char *text)
{
	const uint8_t *in = (const uint8_t *)text;
	uint64_t octets;

	memcpy(&octets, in, 8);
	if (octets & 0x8080808080808080u)
		return false;
	return gsm7_codes[in[0]] & gsm7_codes[in[1]] & gsm7_codes[in[2]] & gsm7_codes[in[3]] & gsm7_codes[in[4]] &
	       gsm7_codes[in[5]] & gsm7_codes[in[6]] & gsm7_codes[in[7]] & GSM7_PLAIN;
}

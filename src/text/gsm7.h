/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Looking up characters of the GSM-7 default alphabet, both ways. */
#pragma once

#include <stdint.h>

#define GSM7_ESC 0x1b
#define GSM7_CR 0x0d
#define GSM7_EURO 0x65

/* Code points below this are looked up in one table; above it the alphabet has only the euro sign. */
#define GSM7_DIRECT 0x400

/* A code is 0 when the character is not in the alphabet, GSM7_PLAIN and the septet when it is in the default table,
 * the septet alone (never 0 there) when it is in the extension table and needs an escape before it. */
#define GSM7_PLAIN 0x80

extern const uint8_t gsm7_codes[GSM7_DIRECT];

/* By septet: code points of the default table (a space for the escape), and of the extension table (0: none). */
extern const uint16_t gsm7_plain[128];
extern const uint16_t gsm7_extended[128];

static inline unsigned int gsm7_code(uint32_t codepoint)
{
	if (codepoint < GSM7_DIRECT)
		return gsm7_codes[codepoint];
	return codepoint == 0x20ac ? GSM7_EURO : 0;
}

/* Septets that a code other than 0 takes. */
static inline unsigned int gsm7_width(unsigned int code)
{
	return code & GSM7_PLAIN ? 1 : 2;
}

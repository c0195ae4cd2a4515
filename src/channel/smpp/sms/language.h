/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The pair of tables for decoding and encoding a text in septets, 3GPP TS 23.038 clause 6.2.1.2. */
#pragma once

#include "channel/smpp/sms/short_message.h"
#include "text/gsm7.h"

/* Code points by septet; 0: none. plain is the default alphabet or a locking shift table; shifted, used after an escape, is the default
 * extension or a single shift table. */
struct alphabet {
	uint16_t plain[128];
	uint16_t shifted[128];
};

/* Fill in both tables. 0 is the default. A table that a language lacks (Spanish: the locking shift table), or that of an unknown
 * identifier, is the default, too, as 23.038 requires. */
void alphabet_make(struct alphabet *alphabet, unsigned int locking, unsigned int single);

/* Whether a language has a locking shift table of its own. */
bool language_locks(unsigned int language);

#define ALPHABET_SLOTS 512
#define ALPHABET_PLAIN 0x80
#define ALPHABET_SHIFTED 0x100	/* needs an escape before it */

/* Look-up by character: at most 256 characters in an open hash. */
struct alphabet_index {
	uint16_t codes[ALPHABET_SLOTS];		/* 0: free */
	uint16_t points[ALPHABET_SLOTS];
};

void alphabet_index_make(struct alphabet_index *index, const struct alphabet *alphabet);

static inline unsigned int alphabet_slot(uint32_t codepoint)
{
	return (codepoint ^ codepoint >> 7) % ALPHABET_SLOTS;
}

/* Returns the septet with ALPHABET_PLAIN or ALPHABET_SHIFTED; 0 when the character is in neither table. */
static inline unsigned int alphabet_code(const struct alphabet_index *index, uint32_t codepoint)
{
	unsigned int at = alphabet_slot(codepoint);

	while (index->codes[at] && index->points[at] != codepoint)
		at = (at + 1) % ALPHABET_SLOTS;
	return index->codes[at];
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the tests of src/text/: a repeatable source of octets. */
#pragma once

#include <string.h>

#include "tests/cmocka.h"
#include "starhash/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* xorshift64: the same numbers on every machine. \a *state must not be 0. */
static inline uint32_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint32_t)(*state >> 32);
}

/* Octets that are often text: whole characters of several scripts, white space, escapes and rubbish. */
static inline size_t random_text(uint64_t *state, char *out, size_t size)
{
	static const char *const pieces[] = {
		"a", "Z9", " ", "\n", "\r", "@", "€", "é", "[", "漢", "😀", "ب", "e\xcc\x81", "`", "　", "word ", "\xe2\x80",
	};
	size_t len = 0, want = random_next(state) % (size + 1);

	while (len < want) {
		const char *piece = pieces[random_next(state) % COUNT(pieces)];
		size_t octets = strlen(piece);

		if (random_next(state) % 16 == 0 || octets > want - len) {
			out[len++] = (char)random_next(state);
			continue;
		}
		memcpy(out + len, piece, octets);
		len += octets;
	}
	return len;
}

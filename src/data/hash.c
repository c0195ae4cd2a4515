/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SipHash-1-3, keyed with one secret number. */
#include <string.h>

#include "starhash/hash.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline __attribute__((always_inline)) void sip_round(struct sip *s)		/* keeps *s in registers */
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 = rotate(s->v2, 32);
}

static inline __attribute__((always_inline)) void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t keyed_hash(uint64_t seed, const void *octets, size_t len)
{
	struct sip s = {
		.v0 = seed ^ 0x736f6d6570736575u, .v1 = ~seed ^ 0x646f72616e646f6du,
		.v2 = seed ^ 0x6c7967656e657261u, .v3 = ~seed ^ 0x7465646279746573u,
	};
	const uint8_t *in = octets;
	uint64_t word;

	for (size_t left = len; left >= 8; left -= 8, in += 8) {
		memcpy(&word, in, 8);
		sip_word(&s, word);
	}
	word = (uint64_t)len << 56;
	for (unsigned int i = 0; i < len % 8; i++)
		word |= (uint64_t)in[i] << 8 * i;
	sip_word(&s, word);
	s.v2 ^= 0xff;
	for (unsigned int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

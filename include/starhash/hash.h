/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keyed hash of all hash tables: with a random seed per process nobody can choose numbers or texts that collide. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t keyed_hash(uint64_t seed, const void *octets, size_t len);

/* Hash of two numbers, such as a subscriber and a session. */
static inline uint64_t keyed_hash_pair(uint64_t seed, uint64_t a, uint64_t b)
{
	const uint64_t pair[2] = { a, b };

	return keyed_hash(seed, pair, sizeof(pair));
}

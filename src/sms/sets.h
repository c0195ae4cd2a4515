/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sizes of tables that remember a fixed number of things in sets of eight, forgetting the oldest of a set. */
#pragma once

#include <stdint.h>

#define SET_WAYS 8

/* Sets for at least \a entries: a power of two. */
static inline uint32_t sets_for(unsigned int entries)
{
	uint32_t sets = 1;

	while (sets < 1u << 24 && sets * SET_WAYS < entries)
		sets *= 2;
	return sets;
}

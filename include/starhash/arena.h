/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An arena: memory that is freed all at once. It holds a configuration file as settings, or a compiled menu tree. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;	/* newest first */
	size_t used;			/* octets allocated */
	uint64_t seed;			/* of hashes of names in it that somebody else chose: a secret, set before the first */
};

/* Who fills an arena with what others wrote looks at arena_full() from time to time, and gives up when it is: what is allocated until then
 * must be little. The bound is for files that somebody broke, or made to break us: a menu of 10,000 pages in five languages takes 51 MB,
 * and each of its files 9. */
#define ARENA_MB 256	/* millions of octets */
bool arena_full(const struct arena *arena);

/* Allocate zeroed memory, aligned for any type. Aborts when out of memory. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t len);
void arena_fini(struct arena *arena);

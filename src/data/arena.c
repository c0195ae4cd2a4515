/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* data/: the plain data that all modules exchange (records, requests, numbers, dates), and memory for many small things.
 *
 * An arena: memory that is freed all at once. */
#include <stdlib.h>
#include <string.h>

#include "starhash/arena.h"

#define BLOCK_SIZE 16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

static void *take(struct arena *arena, size_t size, size_t align)
{
	struct arena_block *block = arena->blocks;
	size_t start = block ? (block->used + align - 1) / align * align : 0;

	if (!block || start > block->size || block->size - start < size) {
		const size_t fresh = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = calloc(1, sizeof(*block) + fresh);
		if (!block)
			abort();
		block->size = fresh;
		block->next = arena->blocks;
		arena->blocks = block;
		start = 0;
	}
	block->used = start + size;
	arena->used += size;
	return block->data + start;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return take(arena, size, _Alignof(max_align_t));
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = take(arena, len + 1, 1);

	memcpy(copy, text, len);
	return copy;
}

bool arena_full(const struct arena *arena)
{
	return arena->used > ARENA_MB * (size_t)1000000;
}

void arena_fini(struct arena *arena)
{
	struct arena_block *block, *next;

	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct arena){};
}

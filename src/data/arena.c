/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An arena: memory that is freed all at once. */
#include <stdlib.h>
#include <string.h>

#include "starhash/arena.h"

#define BLOCK_SIZE 16384

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	const size_t need = (size + align - 1) / align * align;
	struct arena_block *block = arena->blocks;

	if (!block || block->size - block->used < need) {
		const size_t fresh = need > BLOCK_SIZE ? need : BLOCK_SIZE;

		block = calloc(1, sizeof(*block) + fresh);
		if (!block)
			abort();
		block->size = fresh;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	block->used += need;
	arena->used += need;
	return block->data + block->used - need;
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	return copy;
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

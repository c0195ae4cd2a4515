/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunks of items with a free list in their own memory, and a slab for each size of block. */
#include <stdlib.h>
#include <string.h>

#include "starhash/slab.h"

#ifdef __SANITIZE_ADDRESS__
void __asan_poison_memory_region(const volatile void *at, size_t size);
void __asan_unpoison_memory_region(const volatile void *at, size_t size);
#define poison __asan_poison_memory_region
#define unpoison __asan_unpoison_memory_region
#else
#define poison(at, size)
#define unpoison(at, size)
#endif

void slab_init(struct slab *slab, size_t size)
{
	*slab = (struct slab){ .size = size };
}

void slab_fini(struct slab *slab)
{
	for (uint32_t i = 0; i < slab->chunks_count; i++)
		free(slab->chunks[i]);
	free(slab->chunks);
	slab_init(slab, slab->size);
}

static int chunk_add(struct slab *slab)
{
	const uint32_t count = slab->chunks_count;
	char **chunks;

	if (!(count & (count - 1))) {
		chunks = realloc(slab->chunks, (count ? 2 * (size_t)count : 1) * sizeof(*chunks));
		if (!chunks)
			return -1;
		slab->chunks = chunks;
	}
	slab->chunks[count] = malloc(SLAB_CHUNK * slab->size);
	if (!slab->chunks[count])
		return -1;
	poison(slab->chunks[count], SLAB_CHUNK * slab->size);
	slab->chunks_count++;
	return 0;
}

uint32_t slab_new(struct slab *slab)
{
	uint32_t item = slab->free;

	if (item) {
		unpoison(slab_at(slab, item), slab->size);
		memcpy(&slab->free, slab_at(slab, item), sizeof(slab->free));
		return item;
	}
	if (slab->used == slab->chunks_count * SLAB_CHUNK && chunk_add(slab))
		return SLAB_NONE;
	item = ++slab->used;
	unpoison(slab_at(slab, item), slab->size);
	return item;
}

void slab_free(struct slab *slab, uint32_t item)
{
	memcpy(slab_at(slab, item), &slab->free, sizeof(slab->free));
	poison(slab_at(slab, item), slab->size);
	slab->free = item;
}

/* ---- blocks ---- */

static unsigned int class_of(size_t size)
{
	if (size <= BLOCK_FINE_MAX)
		return (unsigned int)((size - 1) / BLOCK_STEP);
	return (unsigned int)(BLOCK_FINE_MAX / BLOCK_STEP + (size - BLOCK_FINE_MAX - 1) / BLOCK_COARSE_STEP);
}

void blocks_init(struct blocks *blocks)
{
	for (unsigned int i = 0; i < BLOCK_CLASSES; i++) {
		const unsigned int fine = BLOCK_FINE_MAX / BLOCK_STEP;

		slab_init(&blocks->classes[i],
			  i < fine ? (i + 1) * BLOCK_STEP : BLOCK_FINE_MAX + (i - fine + 1) * BLOCK_COARSE_STEP);
	}
}

void blocks_fini(struct blocks *blocks)
{
	for (unsigned int i = 0; i < BLOCK_CLASSES; i++)
		slab_fini(&blocks->classes[i]);
}

void *block_at(const struct blocks *blocks, struct block block)
{
	return block.size ? slab_at(&blocks->classes[class_of(block.size)], block.item) : NULL;
}

void *block_resize(struct blocks *blocks, struct block *block, size_t size, size_t stays, bool wipe)
{
	struct slab *old = block->size ? &blocks->classes[class_of(block->size)] : NULL;
	struct slab *slab = size ? &blocks->classes[class_of(size)] : NULL;
	void *from = block_at(blocks, *block), *to = from;
	uint32_t item = block->item;

	if (slab != old) {
		item = slab ? slab_new(slab) : SLAB_NONE;
		if (slab && !item)
			return NULL;
		to = slab ? slab_at(slab, item) : NULL;
		if (stays)
			memcpy(to, from, stays);
		if (old && wipe)
			explicit_bzero(from, block->size);
		if (old)
			slab_free(old, block->item);
	} else if (wipe && size < block->size) {
		explicit_bzero((char *)from + size, block->size - size);
	}
	*block = (struct block){ item, (uint16_t)size };
	return to;
}

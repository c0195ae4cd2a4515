/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many small items of one size, or blocks of many sizes, in the memory that they need: found by a number of 32 bits, never moved, and
 * freed into lists for the next ones. Memory is returned only by the _fini functions. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE 0			/* no item has this number */

struct slab {
	size_t size;			/* octets of an item */
	char **chunks;
	uint32_t chunks_count;
	uint32_t used;			/* items handed out so far, freed ones included: their numbers are 1 to used */
	uint32_t free;			/* the item freed last; SLAB_NONE: none */
};

#define SLAB_CHUNK 256			/* items */

/* Items of \a size octets, at least four. They are aligned to eight if that is a multiple of eight. */
void slab_init(struct slab *slab, size_t size);
void slab_fini(struct slab *slab);

/* Take an item, whose contents are undefined. SLAB_NONE: out of memory. */
uint32_t slab_new(struct slab *slab);
void slab_free(struct slab *slab, uint32_t item);

/* The item of that number, which must be in use. */
static inline void *slab_at(const struct slab *slab, uint32_t item)
{
	return slab->chunks[(item - 1) / SLAB_CHUNK] + (item - 1) % SLAB_CHUNK * slab->size;
}

/* ---- blocks ---- */

#define BLOCK_STEP 8			/* sizes are rounded up to this, */
#define BLOCK_FINE_MAX 256
#define BLOCK_COARSE_STEP 64		/* and above BLOCK_FINE_MAX to this */
#define BLOCK_MAX 4352
#define BLOCK_CLASSES (BLOCK_FINE_MAX / BLOCK_STEP + (BLOCK_MAX - BLOCK_FINE_MAX) / BLOCK_COARSE_STEP)

struct blocks {
	struct slab classes[BLOCK_CLASSES];
};

/* A block's number and size, which its owner stores. Zeroed: none. */
struct block {
	uint32_t item;
	uint16_t size;			/* octets that were asked for */
} __attribute__((packed, aligned(2)));

void blocks_init(struct blocks *blocks);
void blocks_fini(struct blocks *blocks);

/* Change the size of a block, at most BLOCK_MAX; 0 frees it. Its first \a stays octets remain, even if it moves. \a wipe: octets that it
 * leaves may be secret. Returns its octets; NULL: it is free, or there is no memory, and nothing has changed. */
void *block_resize(struct blocks *blocks, struct block *block, size_t size, size_t stays, bool wipe);

/* NULL: there is none. */
void *block_at(const struct blocks *blocks, struct block block);

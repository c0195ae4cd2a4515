/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Segments with linear probing; removal moves later entries up, so that no tombstones accumulate. */
#include <errno.h>
#include <stdlib.h>

#include "starhash/index.h"

#define TAG_BITS (32 - INDEX_ITEM_BITS)
#define SEGMENT_ENTRIES 256		/* wanted in each: then fewer than one entry in three shares its tag with another */
#define SLOTS_START 8

struct index_segment {
	uint32_t *slots;		/* 0: free; otherwise tag and item */
	uint32_t size, count;
};

int index_init(struct index *index, unsigned int most)
{
	index->segments_count = 1;
	while (index->segments_count < most / SEGMENT_ENTRIES)
		index->segments_count *= 2;
	index->segments = calloc(index->segments_count, sizeof(*index->segments));
	return index->segments ? 0 : -ENOMEM;
}

void index_fini(struct index *index)
{
	for (unsigned int i = 0; index->segments && i < index->segments_count; i++)
		free(index->segments[i].slots);
	free(index->segments);
}

/* The lowest bits choose the segment, the highest ones are the tag. */
static struct index_segment *segment_of(const struct index *index, uint64_t hash)
{
	return &index->segments[hash & (index->segments_count - 1)];
}

static uint32_t entry_of(uint64_t hash, uint32_t item)
{
	return (uint32_t)(hash >> (64 - TAG_BITS)) << INDEX_ITEM_BITS | item;
}

static uint32_t home_of(uint32_t entry, uint32_t size)
{
	return (uint32_t)((uint64_t)(entry >> INDEX_ITEM_BITS) * size >> TAG_BITS);
}

static uint32_t after(uint32_t slot, uint32_t size)
{
	return slot + 1 < size ? slot + 1 : 0;
}

static void put(uint32_t *slots, uint32_t size, uint32_t entry)
{
	uint32_t slot = home_of(entry, size);

	while (slots[slot])
		slot = after(slot, size);
	slots[slot] = entry;
}

/* From 64 % of the slots in use to 80 %. */
static int grow(struct index_segment *segment)
{
	const uint32_t size = segment->size ? segment->size + segment->size / 4 : SLOTS_START;
	uint32_t *slots = calloc(size, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (uint32_t i = 0; i < segment->size; i++)
		if (segment->slots[i])
			put(slots, size, segment->slots[i]);
	free(segment->slots);
	segment->slots = slots;
	segment->size = size;
	return 0;
}

int index_add(struct index *index, uint64_t hash, uint32_t item)
{
	struct index_segment *segment = segment_of(index, hash);

	if (item > INDEX_ITEMS_MAX)
		return -ENOMEM;
	if (5 * (segment->count + 1) > 4 * segment->size && grow(segment))
		return -ENOMEM;
	put(segment->slots, segment->size, entry_of(hash, item));
	segment->count++;
	return 0;
}

void index_drop(struct index *index, uint64_t hash, uint32_t item)
{
	struct index_segment *segment = segment_of(index, hash);
	const uint32_t size = segment->size, entry = entry_of(hash, item);
	uint32_t *slots = segment->slots, hole, from_home, from_hole;

	if (!size)
		return;
	for (hole = home_of(entry, size); slots[hole] != entry; hole = after(hole, size))
		if (!slots[hole])
			return;
	segment->count--;
	for (uint32_t at = after(hole, size); slots[at]; at = after(at, size)) {
		from_home = (at + size - home_of(slots[at], size)) % size;
		from_hole = (at + size - hole) % size;
		if (from_home < from_hole)
			continue;
		slots[hole] = slots[at];
		hole = at;
	}
	slots[hole] = 0;
}

uint32_t index_next(const struct index *index, uint64_t hash, uint32_t *at)
{
	const struct index_segment *segment = segment_of(index, hash);
	const uint32_t size = segment->size, wanted = entry_of(hash, 0);
	uint32_t slot, entry;

	if (!size)
		return 0;
	for (slot = (home_of(wanted, size) + *at) % size; (entry = segment->slots[slot]); slot = after(slot, size)) {
		(*at)++;
		if ((entry ^ wanted) >> INDEX_ITEM_BITS == 0)
			return entry & INDEX_ITEMS_MAX;
	}
	return 0;
}

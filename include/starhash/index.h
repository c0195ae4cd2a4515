/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Items found by a hash, which must be keyed (hash.h): open addressing with four octets for each, and no long pause as it grows.
 *
 * The index has many small segments, and each grows on its own. An entry has the item's number and ten bits of its hash, which give its
 * place: neither growth nor removal needs the item, and a look-up seldom finds one of another hash. */
#pragma once

#include <stdint.h>

#define INDEX_ITEM_BITS 22
#define INDEX_ITEMS_MAX ((1u << INDEX_ITEM_BITS) - 1)

struct index_segment;

struct index {
	struct index_segment *segments;
	unsigned int segments_count;	/* a power of two */
};

/* For about \a most entries: more only make it slower. Returns 0 or -ENOMEM. */
int index_init(struct index *index, unsigned int most);
void index_fini(struct index *index);

/* Add an item, from 1 to INDEX_ITEMS_MAX, which must not be there under that hash. Returns 0 or -ENOMEM, also for a higher item. */
int index_add(struct index *index, uint64_t hash, uint32_t item);
void index_drop(struct index *index, uint64_t hash, uint32_t item);	/* nothing happens if it is not there */

/* Iterate over the items that may have that hash: *\a at begins with 0. 0: no more. The index must not change meanwhile. */
uint32_t index_next(const struct index *index, uint64_t hash, uint32_t *at);

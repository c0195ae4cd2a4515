/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One deadline for each item of a slab, at a constant cost to set, and in bounded steps when many pass at once.
 *
 * Time is counted in ticks and wraps: a deadline must be less than 2^31 ticks away. The wheel has one slot for each tick of a turn. An item
 * stays in its slot while its deadline is put off, as turns come faster than deadlines pass; it moves when the slot's time has come. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/slab.h"

#define WHEEL_TICK_MS 25		/* so that whole seconds are exact */
#define WHEEL_SLOTS 4096		/* a turn takes 102 s: an item that waits longer is looked at once in each turn */
#define WHEEL_NOWHERE WHEEL_SLOTS

/* In each item. */
struct wheel_link {
	uint32_t next, prev;		/* items in the same slot; SLAB_NONE at its ends */
	uint32_t due;
	uint16_t slot;			/* WHEEL_NOWHERE: in no slot */
	bool set;			/* whether it has a deadline */
};

struct wheel {
	const struct slab *items;
	size_t offset;			/* of the link in an item */
	uint32_t now;			/* slots of earlier ticks are done */
	uint32_t next;			/* to look at in the slot of now; SLAB_NONE: that slot is done */
	uint64_t in_use[WHEEL_SLOTS / 64];	/* slots with items */
	uint32_t slots[WHEEL_SLOTS];	/* their first items */
};

void wheel_init(struct wheel *wheel, const struct slab *items, size_t offset, uint32_t now);
void wheel_link_init(struct wheel_link *link);			/* of a new item */

/* Nobody turns a wheel that has no items: call before the first of them is set. No effect on one that has some. */
void wheel_skip(struct wheel *wheel, uint32_t now);

/* Set an item's deadline, or put it off or forward. Returns the tick at which the wheel will look at the item. */
uint32_t wheel_set(struct wheel *wheel, uint32_t item, uint32_t due);
void wheel_unset(struct wheel *wheel, uint32_t item);

/* Look at up to *\a most items, and decrease it. Returns the next one whose deadline is not after \a now, and unsets it; SLAB_NONE: there
 * is none, or *\a most is 0. */
uint32_t wheel_next(struct wheel *wheel, uint32_t now, unsigned int *most);

/* When wheel_next() found nothing and might have looked at more: how many ticks later it will have something to look at; 0: nothing. */
uint32_t wheel_sleeps(const struct wheel *wheel);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A wheel of doubly linked lists, and a bit for each list that has items. */
#include <string.h>

#include "server/wheel.h"

void wheel_init(struct wheel *wheel, const struct slab *items, size_t offset, uint32_t now)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->items = items;
	wheel->offset = offset;
	wheel->now = now;
}

void wheel_link_init(struct wheel_link *link)
{
	*link = (struct wheel_link){ .slot = WHEEL_NOWHERE };
}

static struct wheel_link *link_of(const struct wheel *wheel, uint32_t item)
{
	return (struct wheel_link *)((char *)slab_at(wheel->items, item) + wheel->offset);
}

static void enter(struct wheel *wheel, uint32_t item, struct wheel_link *link, uint16_t slot)
{
	link->prev = SLAB_NONE;
	link->next = wheel->slots[slot];
	link->slot = slot;
	if (link->next)
		link_of(wheel, link->next)->prev = item;
	wheel->slots[slot] = item;
	wheel->in_use[slot / 64] |= UINT64_C(1) << slot % 64;
}

static void leave(struct wheel *wheel, uint32_t item, struct wheel_link *link)
{
	if (wheel->next == item)
		wheel->next = link->next;
	if (link->next)
		link_of(wheel, link->next)->prev = link->prev;
	if (link->prev)
		link_of(wheel, link->prev)->next = link->next;
	else
		wheel->slots[link->slot] = link->next;
	if (!wheel->slots[link->slot])
		wheel->in_use[link->slot / 64] &= ~(UINT64_C(1) << link->slot % 64);
	link->slot = WHEEL_NOWHERE;
}

/* A deadline that has passed is due at the next tick: the present slot may be done. */
static uint32_t ticks_until(const struct wheel *wheel, uint32_t due)
{
	const int32_t left = (int32_t)(due - wheel->now);

	return left > 0 ? (uint32_t)left : 1;
}

uint32_t wheel_set(struct wheel *wheel, uint32_t item, uint32_t due)
{
	struct wheel_link *link = link_of(wheel, item);
	const uint32_t left = ticks_until(wheel, due);
	uint32_t looks;

	link->due = due;
	link->set = true;
	if (link->slot != WHEEL_NOWHERE) {
		looks = (link->slot - wheel->now - 1) % WHEEL_SLOTS + 1;
		if (looks <= left)
			return wheel->now + looks;
		leave(wheel, item, link);
	}
	enter(wheel, item, link, (uint16_t)((wheel->now + left) % WHEEL_SLOTS));
	return wheel->now + (left - 1) % WHEEL_SLOTS + 1;
}

void wheel_unset(struct wheel *wheel, uint32_t item)
{
	link_of(wheel, item)->set = false;
}

/* The next slot with items, in ticks after the present one: from 1 to WHEEL_SLOTS; 0: there is none. */
static uint32_t next_in_use(const struct wheel *wheel)
{
	const uint32_t from = (wheel->now + 1) % WHEEL_SLOTS, words = WHEEL_SLOTS / 64;
	uint64_t bits = wheel->in_use[from / 64] & ~UINT64_C(0) << from % 64;

	for (uint32_t i = 0; i <= words; i++) {
		const uint32_t word = (from / 64 + i) % words;

		if (i)
			bits = wheel->in_use[word];
		if (bits)
			return (word * 64 + (uint32_t)__builtin_ctzll(bits) - wheel->now - 1) % WHEEL_SLOTS + 1;
	}
	return 0;
}

void wheel_skip(struct wheel *wheel, uint32_t now)
{
	if (!wheel->next && !next_in_use(wheel))
		wheel->now = now;
}

/* Go to the next slot with items whose time has come. */
static bool turn(struct wheel *wheel, uint32_t now)
{
	const uint32_t ahead = next_in_use(wheel);

	if ((int32_t)(now - wheel->now) <= 0)
		return false;
	if (!ahead || ahead > now - wheel->now) {
		wheel->now = now;
		return false;
	}
	wheel->now += ahead;
	wheel->next = wheel->slots[wheel->now % WHEEL_SLOTS];
	return true;
}

uint32_t wheel_next(struct wheel *wheel, uint32_t now, unsigned int *most)
{
	while (*most && (wheel->next || turn(wheel, now))) {
		const uint32_t item = wheel->next;
		struct wheel_link *link = link_of(wheel, item);

		(*most)--;
		leave(wheel, item, link);
		if (!link->set)
			continue;
		if ((int32_t)(link->due - now) > 0) {
			enter(wheel, item, link, (uint16_t)(link->due % WHEEL_SLOTS));
			continue;
		}
		link->set = false;
		return item;
	}
	return SLAB_NONE;
}

uint32_t wheel_sleeps(const struct wheel *wheel)
{
	return next_in_use(wheel);
}

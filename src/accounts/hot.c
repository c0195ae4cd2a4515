/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A ring of packed profiles and two indexes into it.
 *
 * Entries are written at the head of the ring. To make room its tail moves on: an entry that was asked for since it was written is
 * written once more, others are forgotten. Entries that were dropped are dead until the tail comes by.
 *
 * An index is an open-addressing table: within given memory, for more entries than index.h can have. A place has an entry's position and
 * some bits of its hash, so that few other entries of the chain are looked at. */
#include <stdlib.h>
#include <string.h>

#include "accounts/hot.h"
#include "accounts/profile_pack.h"
#include "starhash/hash.h"

#define UNIT 4				/* an entry's size and position are multiples of it */
#define ENTRY_MAX (63 * UNIT)
#define ENTRY_UNITS 0x3f		/* in its first octet, before the packed profile */
#define ENTRY_ASKED 0x40
#define ENTRY_DEAD 0x80
#define POSITION_BITS 28		/* of a place: position in units, plus 1. The rest are bits of the hash */
#define POSITION_MASK ((UINT32_C(1) << POSITION_BITS) - 1)
#define PLACES_START 1024
#define FULL(places) ((places) / 5 * 4)	/* profiles in them at most */
#define MOVES_MAX 16			/* entries written once more for a new one */

_Static_assert(1 + PROFILE_PACKED_MAX <= ENTRY_MAX, "a packed profile fits into an entry");

struct places {
	uint32_t *table;		/* 0: free */
	uint32_t size, used;
};

struct hot {
	uint64_t seed;
	struct profile_packer *packer;
	uint8_t *ring;
	size_t size, head, used;	/* octets; used ones end at the head */
	struct places by_msisdn, by_imsi;
	uint32_t places_max;
	uint64_t evicted;
};

/* ---- entries ---- */

static size_t entry_size(const uint8_t *entry)
{
	return (size_t)(*entry & ENTRY_UNITS) * UNIT;
}

static uint32_t position_of(const struct hot *hot, const uint8_t *entry)
{
	return (uint32_t)((entry - hot->ring) / UNIT) + 1;
}

static uint8_t *entry_at(const struct hot *hot, uint32_t place)
{
	return hot->ring + ((size_t)(place & POSITION_MASK) - 1) * UNIT;
}

static int64_t key_of(const struct hot *hot, const struct places *places, const uint8_t *entry)
{
	int64_t msisdn, imsi;

	profile_keys(hot->packer, entry + 1, &msisdn, &imsi);
	return places == &hot->by_msisdn ? msisdn : imsi;
}

/* ---- indexes ---- */

static uint64_t hash_of(const struct hot *hot, int64_t key)
{
	return keyed_hash_pair(hot->seed, (uint64_t)key, 0);
}

static uint32_t home_of(const struct places *places, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * places->size >> 32);
}

static uint32_t next_place(const struct places *places, uint32_t at)
{
	return at + 1 < places->size ? at + 1 : 0;
}

static uint32_t hash_bits(uint64_t hash)
{
	return (uint32_t)hash & ~POSITION_MASK;
}

static uint8_t *places_find(const struct hot *hot, const struct places *places, int64_t key)
{
	const uint64_t hash = hash_of(hot, key);

	for (uint32_t at = home_of(places, hash); places->table[at]; at = next_place(places, at)) {
		uint8_t *entry = entry_at(hot, places->table[at]);

		if ((places->table[at] & ~POSITION_MASK) == hash_bits(hash) && key_of(hot, places, entry) == key)
			return entry;
	}
	return NULL;
}

static void places_add(const struct hot *hot, struct places *places, int64_t key, const uint8_t *entry)
{
	const uint64_t hash = hash_of(hot, key);
	uint32_t at = home_of(places, hash);

	while (places->table[at])
		at = next_place(places, at);
	places->table[at] = position_of(hot, entry) | hash_bits(hash);
	places->used++;
}

/* The place of an entry that is in the index. */
static uint32_t place_of(const struct hot *hot, const struct places *places, int64_t key, const uint8_t *entry)
{
	const uint64_t hash = hash_of(hot, key);
	const uint32_t place = position_of(hot, entry) | hash_bits(hash);
	uint32_t at = home_of(places, hash);

	while (places->table[at] != place)
		at = next_place(places, at);
	return at;
}

/* Free a place, and move back into it what would not be found behind a free one. */
static void places_remove(const struct hot *hot, struct places *places, uint32_t at)
{
	uint32_t free = at;

	for (at = next_place(places, at); places->table[at]; at = next_place(places, at)) {
		const uint32_t home = home_of(places, hash_of(hot, key_of(hot, places, entry_at(hot, places->table[at]))));
		const bool between = free <= at ? free < home && home <= at : free < home || home <= at;

		if (between)
			continue;
		places->table[free] = places->table[at];
		free = at;
	}
	places->table[free] = 0;
	places->used--;
}

static int places_resize(const struct hot *hot, struct places *places, uint32_t size)
{
	struct places other = { .table = calloc(size, sizeof(*other.table)), .size = size };

	if (!other.table)
		return -1;
	for (uint32_t at = 0; at < places->size; at++) {
		const uint8_t *entry = places->table[at] ? entry_at(hot, places->table[at]) : NULL;

		if (entry)
			places_add(hot, &other, key_of(hot, places, entry), entry);
	}
	free(places->table);
	*places = other;
	return 0;
}

/* An index that has all the places that it may have gets room by forgetting. */
static void places_reserve(const struct hot *hot, struct places *places)
{
	if (places->used >= FULL(places->size) && places->size < hot->places_max)
		places_resize(hot, places, 2 * (uint64_t)places->size < hot->places_max ? 2 * places->size : hot->places_max);
}

static bool places_is_full(const struct places *places)
{
	return places->used >= FULL(places->size);
}

/* ---- the ring ---- */

static void forget(struct hot *hot, uint8_t *entry)
{
	int64_t msisdn, imsi;

	profile_keys(hot->packer, entry + 1, &msisdn, &imsi);
	places_remove(hot, &hot->by_msisdn, place_of(hot, &hot->by_msisdn, msisdn, entry));
	if (imsi)
		places_remove(hot, &hot->by_imsi, place_of(hot, &hot->by_imsi, imsi, entry));
	*entry |= ENTRY_DEAD;
}

/* What an entry of this size takes at the head: the ring's end is left dead if it is too short. */
static size_t room_needed(const struct hot *hot, size_t size)
{
	return hot->size - hot->head < size ? hot->size - hot->head + size : size;
}

/* There must be room. */
static uint8_t *append(struct hot *hot, const uint8_t *entry, size_t size)
{
	const size_t left = hot->size - hot->head;
	uint8_t *at;

	if (left < size) {
		hot->ring[hot->head] = ENTRY_DEAD | (uint8_t)(left / UNIT);
		hot->used += left;
		hot->head = 0;
	}
	at = hot->ring + hot->head;
	memcpy(at, entry, size);
	hot->used += size;
	hot->head = (hot->head + size) % hot->size;
	return at;
}

static void move(const struct hot *hot, struct places *places, int64_t key, const uint8_t *from, const uint8_t *to)
{
	uint32_t *place = &places->table[place_of(hot, places, key, from)];

	*place = (*place & ~POSITION_MASK) | position_of(hot, to);
}

/* Write the entry at the tail once more, as one that nobody asked for. */
static void write_again(struct hot *hot, const uint8_t *from)
{
	const size_t size = entry_size(from);
	uint8_t entry[ENTRY_MAX];
	const uint8_t *to;
	int64_t msisdn, imsi;

	memcpy(entry, from, size);
	*entry &= ~ENTRY_ASKED;
	to = append(hot, entry, size);
	profile_keys(hot->packer, entry + 1, &msisdn, &imsi);
	move(hot, &hot->by_msisdn, msisdn, from, to);
	if (imsi)
		move(hot, &hot->by_imsi, imsi, from, to);
}

/* *\a moves: how many entries may still be written once more. There is room for each where it has left: the end of the ring, if it is too
 * short for the entry, is free. */
static void pass_tail(struct hot *hot, unsigned int *moves)
{
	uint8_t *entry = hot->ring + (hot->head + hot->size - hot->used) % hot->size;
	const size_t size = entry_size(entry);

	hot->used -= size;
	if (*entry & ENTRY_DEAD)
		return;
	if (*entry & ENTRY_ASKED && *moves) {
		--*moves;
		write_again(hot, entry);
		return;
	}
	forget(hot, entry);
	hot->evicted++;
}

static bool has_room(const struct hot *hot, size_t size)
{
	return hot->used + room_needed(hot, size) <= hot->size && !places_is_full(&hot->by_msisdn) && !places_is_full(&hot->by_imsi);
}

/* ---- profiles ---- */

void hot_put(struct hot *hot, int64_t msisdn, int64_t imsi, const struct record *facts)
{
	uint8_t entry[ENTRY_MAX] = { 0 };
	const size_t len = profile_pack(hot->packer, msisdn, imsi, facts, entry + 1);
	const size_t size = (1 + len + UNIT - 1) / UNIT * UNIT;
	unsigned int moves = MOVES_MAX;
	uint8_t *other;

	hot_drop(hot, msisdn);
	other = imsi ? places_find(hot, &hot->by_imsi, imsi) : NULL;
	if (other)
		forget(hot, other);
	if (!len)
		return;
	places_reserve(hot, &hot->by_msisdn);
	places_reserve(hot, &hot->by_imsi);
	while (!has_room(hot, size))
		pass_tail(hot, &moves);
	*entry = (uint8_t)(size / UNIT);
	other = append(hot, entry, size);
	places_add(hot, &hot->by_msisdn, msisdn, other);
	if (imsi)
		places_add(hot, &hot->by_imsi, imsi, other);
}

static bool find(struct hot *hot, const struct places *places, int64_t key, struct record *facts)
{
	uint8_t *entry = places_find(hot, places, key);

	if (!entry)
		return false;
	if (!(*entry & ENTRY_ASKED))
		*entry |= ENTRY_ASKED;
	profile_unpack(hot->packer, entry + 1, facts);
	return true;
}

bool hot_find(struct hot *hot, int64_t msisdn, struct record *facts)
{
	return find(hot, &hot->by_msisdn, msisdn, facts);
}

bool hot_find_by_imsi(struct hot *hot, int64_t imsi, struct record *facts)
{
	return find(hot, &hot->by_imsi, imsi, facts);
}

void hot_drop(struct hot *hot, int64_t msisdn)
{
	uint8_t *entry = places_find(hot, &hot->by_msisdn, msisdn);

	if (entry)
		forget(hot, entry);
}

bool hot_is_full(const struct hot *hot)
{
	return hot->evicted;
}

/* ---- setup and teardown ---- */

/* Two thirds for the ring, a thirtieth for the packer, the rest for the indexes. */
struct hot *hot_new(size_t octets, uint64_t expected, uint64_t seed)
{
	struct hot *hot = calloc(1, sizeof(*hot));
	const uint64_t places = expected + expected / 4 + PLACES_START;
	uint32_t size;

	if (!hot)
		return NULL;
	hot->seed = seed;
	hot->size = octets / 3 * 2 / UNIT * UNIT;
	hot->places_max = (uint32_t)(octets / 10 * 3 / 2 / sizeof(uint32_t));
	size = places < hot->places_max ? (uint32_t)places : hot->places_max;
	hot->ring = calloc(1, hot->size);
	hot->packer = profile_packer_new(octets / 30, seed);
	if (!hot->ring || !hot->packer || places_resize(hot, &hot->by_msisdn, size) || places_resize(hot, &hot->by_imsi, size)) {
		hot_free(hot);
		return NULL;
	}
	return hot;
}

void hot_free(struct hot *hot)
{
	if (!hot)
		return;
	free(hot->ring);
	free(hot->by_msisdn.table);
	free(hot->by_imsi.table);
	profile_packer_free(hot->packer);
	free(hot);
}

void hot_count(const struct hot *hot, struct hot_counts *counts)
{
	const size_t places = (size_t)hot->by_msisdn.size + hot->by_imsi.size;

	*counts = (struct hot_counts){
		.evicted = hot->evicted, .profiles = hot->by_msisdn.used,
		.octets = hot->used + places * sizeof(uint32_t) + profile_packer_octets(hot->packer),
	};
}

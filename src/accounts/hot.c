/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A ring of packed profiles and two indexes into it.
 *
 * Entries are written at the head of the ring. To make room its tail moves on: an entry that was asked for since it was written is
 * written once more, others are forgotten. Entries that were dropped are dead until the tail comes by.
 *
 * An index is an open-addressing table. A place has an entry's position and some bits of its hash, so that few other entries of the
 * chain are looked at. */
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

struct index {
	uint32_t *places;		/* 0: free */
	uint32_t size, used;
};

struct hot {
	uint64_t seed;
	struct profile_packer *packer;
	uint8_t *ring;
	size_t size, head, used;	/* octets; used ones end at the head */
	struct index by_msisdn, by_imsi;
	uint32_t places_max;
	uint64_t put, evicted;
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

static int64_t key_of(const struct hot *hot, const struct index *index, const uint8_t *entry)
{
	int64_t msisdn, imsi;

	profile_keys(hot->packer, entry + 1, &msisdn, &imsi);
	return index == &hot->by_msisdn ? msisdn : imsi;
}

/* ---- indexes ---- */

static uint64_t hash_of(const struct hot *hot, int64_t key)
{
	return keyed_hash(hot->seed, &key, sizeof(key));
}

static uint32_t home_of(const struct index *index, uint64_t hash)
{
	return (uint32_t)((hash >> 32) * index->size >> 32);
}

static uint32_t next_place(const struct index *index, uint32_t at)
{
	return at + 1 < index->size ? at + 1 : 0;
}

static uint32_t hash_bits(uint64_t hash)
{
	return (uint32_t)hash & ~POSITION_MASK;
}

static uint8_t *index_find(const struct hot *hot, const struct index *index, int64_t key)
{
	const uint64_t hash = hash_of(hot, key);

	for (uint32_t at = home_of(index, hash); index->places[at]; at = next_place(index, at)) {
		uint8_t *entry = entry_at(hot, index->places[at]);

		if ((index->places[at] & ~POSITION_MASK) == hash_bits(hash) && key_of(hot, index, entry) == key)
			return entry;
	}
	return NULL;
}

static void index_add(const struct hot *hot, struct index *index, int64_t key, const uint8_t *entry)
{
	const uint64_t hash = hash_of(hot, key);
	uint32_t at = home_of(index, hash);

	while (index->places[at])
		at = next_place(index, at);
	index->places[at] = position_of(hot, entry) | hash_bits(hash);
	index->used++;
}

/* The place of an entry that is in the index. */
static uint32_t index_place(const struct hot *hot, const struct index *index, int64_t key, const uint8_t *entry)
{
	const uint64_t hash = hash_of(hot, key);
	const uint32_t place = position_of(hot, entry) | hash_bits(hash);
	uint32_t at = home_of(index, hash);

	while (index->places[at] != place)
		at = next_place(index, at);
	return at;
}

/* Free a place, and move back into it what would not be found behind a free one. */
static void index_remove(const struct hot *hot, struct index *index, uint32_t at)
{
	uint32_t free = at;

	for (at = next_place(index, at); index->places[at]; at = next_place(index, at)) {
		const uint32_t home = home_of(index, hash_of(hot, key_of(hot, index, entry_at(hot, index->places[at]))));
		const bool between = free <= at ? free < home && home <= at : free < home || home <= at;

		if (between)
			continue;
		index->places[free] = index->places[at];
		free = at;
	}
	index->places[free] = 0;
	index->used--;
}

static int index_resize(const struct hot *hot, struct index *index, uint32_t size)
{
	struct index other = { .places = calloc(size, sizeof(*other.places)), .size = size };

	if (!other.places)
		return -1;
	for (uint32_t at = 0; at < index->size; at++) {
		const uint8_t *entry = index->places[at] ? entry_at(hot, index->places[at]) : NULL;

		if (entry)
			index_add(hot, &other, key_of(hot, index, entry), entry);
	}
	free(index->places);
	*index = other;
	return 0;
}

/* An index that has all the places that it may have gets room by forgetting. */
static void index_reserve(const struct hot *hot, struct index *index)
{
	if (index->used >= FULL(index->size) && index->size < hot->places_max)
		index_resize(hot, index, 2 * (uint64_t)index->size < hot->places_max ? 2 * index->size : hot->places_max);
}

static bool index_is_full(const struct index *index)
{
	return index->used >= FULL(index->size);
}

/* ---- the ring ---- */

static void forget(struct hot *hot, uint8_t *entry)
{
	int64_t msisdn, imsi;

	profile_keys(hot->packer, entry + 1, &msisdn, &imsi);
	index_remove(hot, &hot->by_msisdn, index_place(hot, &hot->by_msisdn, msisdn, entry));
	if (imsi)
		index_remove(hot, &hot->by_imsi, index_place(hot, &hot->by_imsi, imsi, entry));
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
	uint8_t *at;

	while (hot->size - hot->head < size) {
		const size_t left = hot->size - hot->head, dead = left < ENTRY_MAX ? left : ENTRY_MAX;

		hot->ring[hot->head] = ENTRY_DEAD | (uint8_t)(dead / UNIT);
		hot->used += dead;
		hot->head = (hot->head + dead) % hot->size;
		if (!hot->head)
			break;
	}
	at = hot->ring + hot->head;
	memcpy(at, entry, size);
	hot->used += size;
	hot->head = (hot->head + size) % hot->size;
	return at;
}

static void move(const struct hot *hot, struct index *index, int64_t key, const uint8_t *from, const uint8_t *to)
{
	uint32_t *place = &index->places[index_place(hot, index, key, from)];

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

/* *\a moves: how many entries may still be written once more. */
static void pass_tail(struct hot *hot, unsigned int *moves)
{
	uint8_t *entry = hot->ring + (hot->head + hot->size - hot->used) % hot->size;
	const size_t size = entry_size(entry);

	hot->used -= size;
	if (*entry & ENTRY_DEAD)
		return;
	if (*entry & ENTRY_ASKED && *moves && hot->used + room_needed(hot, size) <= hot->size) {
		--*moves;
		write_again(hot, entry);
		return;
	}
	forget(hot, entry);
	hot->evicted++;
}

static bool has_room(const struct hot *hot, size_t size)
{
	return hot->used + room_needed(hot, size) <= hot->size && !index_is_full(&hot->by_msisdn) && !index_is_full(&hot->by_imsi);
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
	other = imsi ? index_find(hot, &hot->by_imsi, imsi) : NULL;
	if (other)
		forget(hot, other);
	if (!len)
		return;
	index_reserve(hot, &hot->by_msisdn);
	index_reserve(hot, &hot->by_imsi);
	while (!has_room(hot, size))
		pass_tail(hot, &moves);
	*entry = (uint8_t)(size / UNIT);
	other = append(hot, entry, size);
	index_add(hot, &hot->by_msisdn, msisdn, other);
	if (imsi)
		index_add(hot, &hot->by_imsi, imsi, other);
	hot->put++;
}

static bool find(struct hot *hot, const struct index *index, int64_t key, struct record *facts)
{
	uint8_t *entry = index_find(hot, index, key);

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
	uint8_t *entry = index_find(hot, &hot->by_msisdn, msisdn);

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
	if (!hot->ring || !hot->packer || index_resize(hot, &hot->by_msisdn, size) || index_resize(hot, &hot->by_imsi, size)) {
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
	free(hot->by_msisdn.places);
	free(hot->by_imsi.places);
	profile_packer_free(hot->packer);
	free(hot);
}

void hot_count(const struct hot *hot, struct hot_counts *counts)
{
	const size_t places = (size_t)hot->by_msisdn.size + hot->by_imsi.size;

	*counts = (struct hot_counts){
		.put = hot->put, .evicted = hot->evicted, .profiles = hot->by_msisdn.used,
		.octets = hot->used + places * sizeof(uint32_t) + profile_packer_octets(hot->packer),
	};
}

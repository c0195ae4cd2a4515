/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A four-way set-associative table by a keyed hash of the number, so that nobody can choose numbers that evict a particular one. The hash
 * stands for the number: collisions of 64 bits do not happen in practice, and would only make a new customer wait a minute. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "accounts/unknown.h"
#include "starhash/clock.h"

#define WAYS 4

struct place {
	uint64_t hash;
	int64_t until_ms;		/* monotonic; 0: free */
};

osmo_static_assert(sizeof(struct place) == UNKNOWN_NUMBER_OCTETS, unknown_number_octets);

struct unknown_numbers {
	unsigned char key[crypto_shorthash_KEYBYTES];
	int64_t keep_ms;
	uint64_t sets;
	struct place (*table)[WAYS];
};

struct unknown_numbers *unknown_new(void *ctx, unsigned int seconds, unsigned int numbers)
{
	struct unknown_numbers *unknown;

	if (!seconds || !numbers)
		return NULL;
	unknown = talloc_zero(ctx, struct unknown_numbers);
	OSMO_ASSERT(unknown);
	unknown->keep_ms = seconds * INT64_C(1000);
	unknown->sets = (numbers + WAYS - 1) / WAYS;
	unknown->table = talloc_zero_size(unknown, unknown->sets * sizeof(*unknown->table));
	OSMO_ASSERT(unknown->table);
	crypto_shorthash_keygen(unknown->key);
	return unknown;
}

/* Billing is asked by MSISDN if it is known. */
static uint64_t hash_of(const struct unknown_numbers *unknown, const struct subscriber *subscriber)
{
	char name[2 + MSISDN_SIZE + IMSI_SIZE] = { subscriber->msisdn[0] ? 'm' : 'i' };
	unsigned char hash[crypto_shorthash_BYTES];
	uint64_t number;

	osmo_strlcpy(name + 1, subscriber->msisdn[0] ? subscriber->msisdn : subscriber->imsi, sizeof(name) - 1);
	crypto_shorthash(hash, (const unsigned char *)name, strlen(name), unknown->key);
	memcpy(&number, hash, sizeof(number));
	return number;
}

void unknown_note(struct unknown_numbers *unknown, const struct subscriber *subscriber)
{
	struct place *set, *found;
	uint64_t hash;

	if (!unknown)
		return;
	hash = hash_of(unknown, subscriber);
	set = found = unknown->table[hash % unknown->sets];
	for (unsigned int i = 0; i < WAYS && found->hash != hash; i++) {
		if (set[i].hash == hash || set[i].until_ms < found->until_ms)
			found = &set[i];
	}
	*found = (struct place){ hash, clock_monotonic_ms() + unknown->keep_ms };
}

bool unknown_has(const struct unknown_numbers *unknown, const struct subscriber *subscriber)
{
	const struct place *set;
	uint64_t hash;

	if (!unknown)
		return false;
	hash = hash_of(unknown, subscriber);
	set = unknown->table[hash % unknown->sets];
	for (unsigned int i = 0; i < WAYS; i++) {
		if (set[i].hash == hash)
			return set[i].until_ms > clock_monotonic_ms();
	}
	return false;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A bucket stores the time at which it will be full again (GCRA), so it never needs refilling. The fullest bucket of a set has the
 * earliest time; it is the one to forget. */
#include <stdlib.h>

#include "server/limiter.h"
#include "starhash/hash.h"

#define WAYS 8

struct entry {
	uint64_t key;
	struct bucket bucket;
};

struct limiter {
	uint64_t seed;
	struct entry entries[LIMITER_ENTRIES];
};

bool bucket_take(struct bucket *bucket, const struct rate_limit *limit, uint64_t now_us)
{
	const uint64_t full_us = bucket->full_us > now_us ? bucket->full_us : now_us;

	if (!limit->interval_us)
		return true;
	if (full_us - now_us + limit->interval_us > (uint64_t)limit->interval_us * limit->burst)
		return false;
	bucket->full_us = full_us + limit->interval_us;
	return true;
}

struct limiter *limiter_new(uint64_t seed)
{
	struct limiter *limiter = calloc(1, sizeof(*limiter));

	if (limiter)
		limiter->seed = seed;
	return limiter;
}

void limiter_free(struct limiter *limiter)
{
	free(limiter);
}

/* The key's own entry, or else the fullest one of its set. */
static struct entry *entry_for(struct limiter *limiter, uint64_t key)
{
	const uint64_t set = keyed_hash(limiter->seed, &key, sizeof(key)) % (LIMITER_ENTRIES / WAYS);
	struct entry *entries = &limiter->entries[set * WAYS], *fullest = entries;

	for (unsigned int i = 0; i < WAYS; i++) {
		if (entries[i].key == key)
			return &entries[i];
		if (entries[i].bucket.full_us < fullest->bucket.full_us)
			fullest = &entries[i];
	}
	*fullest = (struct entry){ .key = key };
	return fullest;
}

bool limiter_take(struct limiter *limiter, const struct rate_limit *limit, uint64_t key, uint64_t now_us)
{
	return !limit->interval_us || bucket_take(&entry_for(limiter, key)->bucket, limit, now_us);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Token buckets in constant memory: one for a link, and a table of them for subscribers, of whom the idlest is forgotten first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LIMITER_ENTRIES 65536		/* 16 octets each */

/* So many at once, and then one each interval_us; interval_us 0: no limit. */
struct rate_limit {
	uint32_t interval_us;
	uint32_t burst;
};

/* When the bucket will be full again, in microseconds of a clock that does not go back. Zeroed: it is full. */
struct bucket {
	uint64_t full_us;
};

/* Whether there is a token in it, which is then taken. */
bool bucket_take(struct bucket *bucket, const struct rate_limit *limit, uint64_t now_us);

struct limiter;

/* \a seed: secret, so that nobody can choose keys that drive others out. NULL without memory. */
struct limiter *limiter_new(uint64_t seed);
void limiter_free(struct limiter *limiter);	/* NULL is fine */
bool limiter_take(struct limiter *limiter, const struct rate_limit *limit, uint64_t key, uint64_t now_us);

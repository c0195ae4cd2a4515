/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Token buckets in constant memory: one per link, and a table of them for subscribers. The idlest subscriber is forgotten first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LIMITER_ENTRIES 65536		/* 16 octets each */

/* Up to burst at once, then one per interval_us; interval_us 0: no limit. */
struct rate_limit {
	uint32_t interval_us;
	uint32_t burst;
};

/* When the bucket will be full again, in microseconds of a monotonic clock. Zeroed: full. */
struct bucket {
	uint64_t full_us;
};

/* Take a token. Returns false when there is none. */
bool bucket_take(struct bucket *bucket, const struct rate_limit *limit, uint64_t now_us);

struct limiter;

/* \a seed: secret, so that nobody can choose keys that push others out. NULL when out of memory. */
struct limiter *limiter_new(uint64_t seed);
void limiter_free(struct limiter *limiter);	/* NULL is fine */
bool limiter_take(struct limiter *limiter, const struct rate_limit *limit, uint64_t key, uint64_t now_us);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times in buckets of which each is 1/16 as wide as its power of two, so that a quantile is at most 1/16 too high. */
#pragma once

#include <stdint.h>

#define HISTOGRAM_BUCKETS 464

struct histogram {
	uint64_t count;
	uint32_t most;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint32_t value);
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The least bound that \a permille of the values do not exceed; 0 when there are none. */
uint32_t histogram_quantile(const struct histogram *histogram, unsigned int permille);

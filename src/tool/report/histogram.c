/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Times in buckets. Values below 32 have a bucket each; from there on, 16 buckets share each power of two. */
#include "tool/report/histogram.h"

#define SHARE 16u			/* buckets of a power of two */
#define SHARE_BITS 4

static unsigned int bucket_of(uint32_t value)
{
	const unsigned int shift = value < 2 * SHARE ? 0 : 31 - SHARE_BITS - (unsigned int)__builtin_clz(value);

	return shift * SHARE + (value >> shift);
}

static uint32_t most_of(unsigned int bucket)
{
	const unsigned int shift = bucket < 2 * SHARE ? 0 : bucket / SHARE - 1;

	return (uint32_t)(((uint64_t)(bucket - shift * SHARE + 1) << shift) - 1);
}

void histogram_add(struct histogram *histogram, uint32_t value)
{
	histogram->count++;
	histogram->buckets[bucket_of(value)]++;
	if (value > histogram->most)
		histogram->most = value;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	histogram->count += other->count;
	histogram->most = other->most > histogram->most ? other->most : histogram->most;
	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram->buckets[i] += other->buckets[i];
}

uint32_t histogram_quantile(const struct histogram *histogram, unsigned int permille)
{
	const uint64_t wanted = histogram->count / 1000 * permille + (histogram->count % 1000 * permille + 999) / 1000;
	uint64_t seen = 0;

	for (unsigned int i = 0; i < HISTOGRAM_BUCKETS && histogram->count; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted && seen)
			return most_of(i) < histogram->most ? most_of(i) : histogram->most;
	}
	return 0;
}

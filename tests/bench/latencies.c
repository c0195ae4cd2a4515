/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Latencies of answers, and the medians of several rounds. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"

/* As HdrHistogram has them: buckets grow with their values, and none is wider than 1/128 of its least one. */
#define PARTS_BITS 7
#define PARTS (1u << PARTS_BITS)
#define BUCKETS ((64 - PARTS_BITS + 1) * PARTS)

struct latencies {
	uint64_t count, max;
	uint64_t buckets[BUCKETS];
};

struct latencies *latencies_new(void)
{
	struct latencies *latencies = calloc(1, sizeof(*latencies));

	if (!latencies)
		err(1, "latencies");
	return latencies;
}

void latencies_free(struct latencies *latencies)
{
	free(latencies);
}

void latencies_clear(struct latencies *latencies)
{
	memset(latencies, 0, sizeof(*latencies));
}

static unsigned int bucket_of(uint64_t ns)
{
	const unsigned int shift = ns < PARTS ? 0 : 63 - PARTS_BITS - (unsigned int)__builtin_clzll(ns);

	return shift * PARTS + (unsigned int)(ns >> shift);
}

/* The middle of its values. */
static double bucket_ns(unsigned int bucket)
{
	const unsigned int shift = bucket < PARTS ? 0 : bucket / PARTS - 1;

	return ((double)(bucket - shift * PARTS) + 0.5) * (double)(1ull << shift);
}

void latencies_add(struct latencies *latencies, uint64_t ns)
{
	latencies->count++;
	latencies->buckets[bucket_of(ns)]++;
	if (ns > latencies->max)
		latencies->max = ns;
}

double latencies_us(const struct latencies *latencies, double share)
{
	const uint64_t rank = (uint64_t)(share * (double)latencies->count);
	uint64_t below = 0;

	for (unsigned int i = 0; i < BUCKETS; i++)
		if ((below += latencies->buckets[i]) > rank)
			return bucket_ns(i) / 1e3;
	return (double)latencies->max / 1e3;
}

void latencies_figures(const struct latencies *latencies, struct figures *figures)
{
	figures->median_us = latencies_us(latencies, 0.5);
	figures->last_us = latencies_us(latencies, 0.99);
	figures->p999_us = latencies_us(latencies, 0.999);
	figures->max_us = (double)latencies->max / 1e3;
}

/* ---- of all rounds ---- */

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double figures_median(const struct figures *figures, unsigned int rounds, size_t offset)
{
	double values[ROUNDS_MAX];
	unsigned int i;

	for (i = 0; i < rounds; i++)
		memcpy(&values[i], (const char *)&figures[i] + offset, sizeof(values[i]));
	qsort(values, rounds, sizeof(*values), by_value);
	return values[rounds / 2];
}

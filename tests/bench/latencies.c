/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Latencies of answers, and the medians of several rounds. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

#define LATENCIES_MAX (8 * 1024 * 1024)

struct latencies {
	size_t count;
	uint32_t ns[LATENCIES_MAX];
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
	latencies->count = 0;
}

void latencies_add(struct latencies *latencies, uint64_t ns)
{
	if (latencies->count < LATENCIES_MAX)
		latencies->ns[latencies->count++] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

static int by_size(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double percentile_us(const struct latencies *latencies, unsigned int percent)
{
	return latencies->count ? latencies->ns[(latencies->count - 1) * percent / 100] / 1e3 : 0;
}

void latencies_figures(struct latencies *latencies, struct figures *figures)
{
	qsort(latencies->ns, latencies->count, sizeof(*latencies->ns), by_size);
	figures->median_us = percentile_us(latencies, 50);
	figures->last_us = percentile_us(latencies, 99);
	figures->most_us = percentile_us(latencies, 100);
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

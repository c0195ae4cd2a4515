/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of the benchmarks' histogram: shares and medians of known values. */
#include <stddef.h>

#include "tests/bench/bench.h"
#include "tests/cmocka.h"

/* Within a bucket, whose width is at most 1/128 of its values. */
static void assert_about(double got_us, double us)
{
	assert_true(got_us >= us * 127 / 128 - 0.001 && got_us <= us * 129 / 128 + 0.001);
}

static void latencies__1_to_100000_us__shares_are_within_a_bucket(void **state)
{
	struct latencies *latencies = latencies_new();
	struct figures figures;

	for (uint64_t us = 100000; us; us--)
		latencies_add(latencies, us * 1000);
	latencies_figures(latencies, &figures);
	assert_about(figures.median_us, 50000);
	assert_about(figures.last_us, 99000);
	assert_about(figures.p999_us, 99900);
	assert_true(figures.max_us == 100000);
	latencies_free(latencies);
}

static void latencies__one_value_of_any_size__is_found(void **state)
{
	struct latencies *latencies = latencies_new();

	for (unsigned int bit = 0; bit < 63; bit++) {
		latencies_clear(latencies);
		latencies_add(latencies, 1ull << bit);
		assert_about(latencies_us(latencies, 0.5), (double)(1ull << bit) / 1e3);
	}
	latencies_free(latencies);
}

static void latencies__one_of_1000_is_slow__only_the_last_share_has_it(void **state)
{
	struct latencies *latencies = latencies_new();
	struct figures figures;

	latencies_add(latencies, 7000000000);
	for (unsigned int i = 0; i < 999; i++)
		latencies_add(latencies, 1000);
	latencies_figures(latencies, &figures);
	assert_about(figures.last_us, 1);
	assert_about(figures.p999_us, 7000000);
	latencies_free(latencies);
}

static void figures_median__three_rounds__the_middle_one(void **state)
{
	const struct figures rounds[] = { { .max_us = 9 }, { .max_us = 1 }, { .max_us = 4 } };

	assert_true(figures_median(rounds, 3, offsetof(struct figures, max_us)) == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(latencies__1_to_100000_us__shares_are_within_a_bucket),
		cmocka_unit_test(latencies__one_value_of_any_size__is_found),
		cmocka_unit_test(latencies__one_of_1000_is_slow__only_the_last_share_has_it),
		cmocka_unit_test(figures_median__three_rounds__the_middle_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

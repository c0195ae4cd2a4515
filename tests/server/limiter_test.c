/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Token buckets (A45). */
#include "server/limiter.h"
#include "tests/cmocka.h"

#define SECOND UINT64_C(1000000)

static const struct rate_limit limit = { .interval_us = 2 * SECOND, .burst = 20 };	/* 30 a minute */

static unsigned int taken(struct limiter *limiter, uint64_t key, uint64_t now_us, unsigned int tries)
{
	unsigned int count = 0;

	while (tries--)
		count += limiter_take(limiter, &limit, key, now_us);
	return count;
}

static void limiter__burst__then_at_its_rate(void **state)
{
	struct limiter *limiter = limiter_new(1);
	uint64_t now = 1000 * SECOND;

	assert_int_equal(taken(limiter, 7, now, 100), 20);
	assert_int_equal(taken(limiter, 8, now, 100), 20);
	assert_int_equal(taken(limiter, 7, now + 2 * SECOND - 1, 100), 0);
	assert_int_equal(taken(limiter, 7, now + 2 * SECOND, 100), 1);
	assert_int_equal(taken(limiter, 7, now + 62 * SECOND, 100), 20);
	limiter_free(limiter);
}

static void limiter__without_a_limit__all_pass(void **state)
{
	const struct rate_limit none = {};
	struct bucket bucket = {};
	unsigned int i;

	for (i = 0; i < 1000; i++)
		assert_true(bucket_take(&bucket, &none, 5));
}

/* Invented senders, each seen once, do not displace the one that sends too much. */
static void limiter__flood_of_others__busy_sender_remembered(void **state)
{
	struct limiter *limiter = limiter_new(1);
	const uint64_t now = 1000 * SECOND;
	uint64_t other;

	assert_int_equal(taken(limiter, 7, now, 100), 20);
	for (other = 1000; other < 1000 + 200000; other++)
		assert_true(limiter_take(limiter, &limit, other, now + SECOND));
	assert_int_equal(taken(limiter, 7, now + SECOND, 100), 0);
	limiter_free(limiter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limiter__burst__then_at_its_rate),
		cmocka_unit_test(limiter__without_a_limit__all_pass),
		cmocka_unit_test(limiter__flood_of_others__busy_sender_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

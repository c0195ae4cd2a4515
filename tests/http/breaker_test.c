/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The circuit breaker with a clock and random numbers controlled by the test. */
#include <stdbool.h>
#include <stddef.h>

#include "http/breaker.h"
#include "tests/cmocka.h"

#define MIDDLE 250	/* the random number that gives exactly open_ms of 1000 */

static struct breaker fresh(void)
{
	struct breaker breaker;

	breaker_init(&breaker, &(struct breaker_settings){ .failures = 3, .open_ms = 1000, .open_max_ms = 4000 });
	return breaker;
}

static bool one(struct breaker *breaker, bool well, int64_t now)
{
	return breaker_leave(breaker, breaker_enter(breaker, now), well, now, MIDDLE);
}

static struct breaker opened(int64_t now)
{
	struct breaker breaker = fresh();

	assert_false(one(&breaker, false, now));
	assert_false(one(&breaker, false, now));
	assert_true(one(&breaker, false, now));
	assert_int_equal(breaker.state, BREAKER_OPEN);
	return breaker;
}

static void leave__successes_between__stays_closed(void **state)
{
	struct breaker breaker = fresh();

	for (int i = 0; i < 30; i++)
		assert_false(one(&breaker, i % 3 == 2, i));
	assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void enter__open__none_pass_until_its_time_is_over(void **state)
{
	struct breaker breaker = opened(10);

	assert_int_equal(breaker_enter(&breaker, 10), 0);
	assert_int_equal(breaker_enter(&breaker, 1009), 0);
	assert_int_equal(breaker_wait_ms(&breaker, 1000), 10);
	assert_int_not_equal(breaker_enter(&breaker, 1010), 0);
}

static void enter__probing__only_one_passes(void **state)
{
	struct breaker breaker = opened(0);
	const uint32_t probe = breaker_enter(&breaker, 1000);

	assert_int_equal(breaker_enter(&breaker, 1001), 0);
	assert_int_equal(breaker_enter(&breaker, 100000), 0);
	assert_true(breaker_leave(&breaker, probe, true, 1001, 0));
	assert_int_equal(breaker.state, BREAKER_CLOSED);
	assert_int_not_equal(breaker_enter(&breaker, 1001), 0);
}

static void leave__failed_probes__open_longer_up_to_the_maximum(void **state)
{
	static const int64_t waits[] = { 2000, 4000, 4000, 4000 };
	struct breaker breaker = opened(0);
	int64_t now = 1000;

	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		assert_true(breaker_leave(&breaker, breaker_enter(&breaker, now), false, now, (uint32_t)(waits[i] / 4)));
		assert_int_equal(breaker.state, BREAKER_OPEN);
		assert_int_equal(breaker_wait_ms(&breaker, now), waits[i]);
		now += breaker_wait_ms(&breaker, now);
	}
}

static void leave__any_random_number__within_a_quarter(void **state)
{
	for (uint32_t chance = 0; chance < 3000; chance += 7) {
		struct breaker breaker = fresh();

		for (int i = 0; i < 3; i++)
			breaker_leave(&breaker, breaker_enter(&breaker, 0), false, 0, chance);
		assert_in_range(breaker_wait_ms(&breaker, 0), 750, 1250);
	}
}

static void leave__begun_before_the_change__does_not_count(void **state)
{
	struct breaker breaker = fresh();
	const uint32_t late = breaker_enter(&breaker, 0);

	for (int i = 0; i < 3; i++)
		one(&breaker, false, 0);
	assert_false(breaker_leave(&breaker, late, true, 500, 0));
	assert_int_equal(breaker.state, BREAKER_OPEN);
	breaker_enter(&breaker, 1000);
	assert_false(breaker_leave(&breaker, late, true, 1000, 0));
	assert_int_equal(breaker.state, BREAKER_PROBING);
}

static void leave__closed_again__needs_all_failures_and_starts_short(void **state)
{
	struct breaker breaker = opened(0);

	assert_true(one(&breaker, false, 1000));
	assert_true(one(&breaker, true, 10000));
	assert_false(one(&breaker, false, 10000));
	assert_false(one(&breaker, false, 10000));
	assert_true(one(&breaker, false, 10000));
	assert_int_equal(breaker_wait_ms(&breaker, 10000), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leave__successes_between__stays_closed),
		cmocka_unit_test(enter__open__none_pass_until_its_time_is_over),
		cmocka_unit_test(enter__probing__only_one_passes),
		cmocka_unit_test(leave__failed_probes__open_longer_up_to_the_maximum),
		cmocka_unit_test(leave__any_random_number__within_a_quarter),
		cmocka_unit_test(leave__begun_before_the_change__does_not_count),
		cmocka_unit_test(leave__closed_again__needs_all_failures_and_starts_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

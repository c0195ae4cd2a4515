/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The wheel, in invented time, against an array of deadlines. */
#include <string.h>

#include "server/wheel.h"
#include "tests/cmocka.h"

#define ITEMS 2000

struct item {
	uint32_t number;
	struct wheel_link link;
};

struct bench {
	struct slab items;
	struct wheel wheel;
};

static void bench_open(struct bench *bench, uint32_t now)
{
	slab_init(&bench->items, sizeof(struct item));
	for (unsigned int i = 0; i < ITEMS; i++)
		wheel_link_init(&((struct item *)slab_at(&bench->items, slab_new(&bench->items)))->link);
	wheel_init(&bench->wheel, &bench->items, offsetof(struct item, link), now);
}

static uint32_t next(struct bench *bench, uint32_t now)
{
	unsigned int most = 1000000;

	return wheel_next(&bench->wheel, now, &most);
}

static void expect_one(uint32_t begins)
{
	struct bench bench;

	bench_open(&bench, begins);
	assert_int_equal(wheel_sleeps(&bench.wheel), 0);
	assert_int_equal(wheel_set(&bench.wheel, 5, begins + 100), begins + 100);
	assert_int_equal(wheel_sleeps(&bench.wheel), 100);
	assert_int_equal(next(&bench, begins + 99), SLAB_NONE);
	assert_int_equal(wheel_sleeps(&bench.wheel), 1);
	assert_int_equal(next(&bench, begins + 100), 5);
	assert_int_equal(next(&bench, begins + 100), SLAB_NONE);
	assert_int_equal(wheel_sleeps(&bench.wheel), 0);
	slab_fini(&bench.items);
}

static void wheel__deadline__at_its_tick(void **state)
{
	expect_one(0);
	expect_one(WHEEL_SLOTS - 50);
	expect_one(UINT32_MAX - 50);		/* time wraps */
}

static void wheel__passed_already__at_the_next_tick(void **state)
{
	struct bench bench;

	bench_open(&bench, 1000);
	assert_int_equal(wheel_set(&bench.wheel, 1, 900), 1001);
	assert_int_equal(wheel_set(&bench.wheel, 2, 1000), 1001);
	assert_int_equal(next(&bench, 1001), 2);
	assert_int_equal(next(&bench, 1001), 1);
	slab_fini(&bench.items);
}

static void wheel__put_off__later_and_once(void **state)
{
	struct bench bench;

	bench_open(&bench, 0);
	wheel_set(&bench.wheel, 1, 10);
	assert_int_equal(wheel_set(&bench.wheel, 1, 300), 10);	/* it stays in its slot */
	assert_int_equal(next(&bench, 299), SLAB_NONE);
	assert_int_equal(next(&bench, 300), 1);
	assert_int_equal(next(&bench, 10000), SLAB_NONE);
	slab_fini(&bench.items);
}

static void wheel__put_forward__earlier(void **state)
{
	struct bench bench;

	bench_open(&bench, 0);
	wheel_set(&bench.wheel, 1, 300);
	assert_int_equal(wheel_set(&bench.wheel, 1, 10), 10);
	assert_int_equal(next(&bench, 10), 1);
	slab_fini(&bench.items);
}

static void wheel__stood_without_items__goes_on_from_now(void **state)
{
	struct bench bench;
	const uint32_t later = 1000 + 10 * WHEEL_SLOTS + 5;

	bench_open(&bench, 1000);
	wheel_skip(&bench.wheel, later);
	assert_int_equal(wheel_set(&bench.wheel, 1, later + 7), later + 7);
	wheel_skip(&bench.wheel, later + 20);		/* it has one */
	assert_int_equal(wheel_set(&bench.wheel, 2, later + 8), later + 8);
	slab_fini(&bench.items);
}

static void wheel__unset__never(void **state)
{
	struct bench bench;

	bench_open(&bench, 0);
	wheel_set(&bench.wheel, 1, 10);
	wheel_unset(&bench.wheel, 1);
	assert_int_equal(next(&bench, 10000), SLAB_NONE);
	wheel_set(&bench.wheel, 1, 10010);
	assert_int_equal(next(&bench, 10010), 1);
	slab_fini(&bench.items);
}

static void wheel__many_turns_away__in_the_right_turn(void **state)
{
	struct bench bench;

	bench_open(&bench, 7);
	wheel_set(&bench.wheel, 1, 7 + 10 * WHEEL_SLOTS);
	wheel_set(&bench.wheel, 2, 9 + 10 * WHEEL_SLOTS);
	for (uint32_t now = 8; now < 7 + 10 * WHEEL_SLOTS; now++)
		assert_int_equal(next(&bench, now), SLAB_NONE);
	assert_int_equal(next(&bench, 7 + 10 * WHEEL_SLOTS), 1);
	assert_int_equal(next(&bench, 9 + 10 * WHEEL_SLOTS), 2);
	slab_fini(&bench.items);
}

/* The loop goes on between the parts of a round, and items change in it. */
static void wheel__many_at_once__in_bounded_parts(void **state)
{
	unsigned int most, due = 0, parts = 0;
	struct bench bench;
	uint32_t item;

	bench_open(&bench, 0);
	for (uint32_t i = 1; i <= ITEMS; i++)
		wheel_set(&bench.wheel, i, 10);
	do {
		most = 64;
		while ((item = wheel_next(&bench.wheel, 20, &most))) {
			due++;
			wheel_set(&bench.wheel, item, 500);
		}
		parts++;
	} while (!most);
	assert_int_equal(due, ITEMS);
	assert_int_equal(parts, ITEMS / 64 + 1);
	assert_int_equal(wheel_sleeps(&bench.wheel), 480);
	slab_fini(&bench.items);
}

static void wheel__next_item_moved_meanwhile__round_goes_on(void **state)
{
	struct bench bench;
	unsigned int most = 1;

	bench_open(&bench, 0);
	for (uint32_t i = 1; i <= 3; i++)
		wheel_set(&bench.wheel, i, 10);
	assert_int_equal(wheel_next(&bench.wheel, 10, &most), 3);
	wheel_set(&bench.wheel, 2, 9);		/* it was the next one */
	assert_int_equal(next(&bench, 10), 1);
	assert_int_equal(next(&bench, 11), 2);
	slab_fini(&bench.items);
}

static void wheel__any_changes__as_an_array(void **state)
{
	uint32_t due[ITEMS + 1], now = UINT32_MAX - 20000, chance = 1, item;
	struct bench bench;

	memset(due, 0, sizeof(due));		/* 0: none; the time skips it */
	bench_open(&bench, now);
	for (unsigned int step = 0; step < 200000; step++) {
		const uint32_t random = (chance = chance * 1664525 + 1013904223) >> 8, i = random % ITEMS + 1;

		if (random / ITEMS % 8 == 0) {
			now += random % 300 == 0 ? 20000 : 1 + random % 3;
			while ((item = next(&bench, now))) {
				assert_true(due[item] && (int32_t)(due[item] - now) <= 0);
				due[item] = 0;
			}
			for (item = 1; item <= ITEMS; item++)
				assert_false(due[item] && (int32_t)(due[item] - now) <= 0);
		} else if (random / ITEMS % 8 == 1) {
			wheel_unset(&bench.wheel, i);
			due[i] = 0;
		} else {
			due[i] = now - 1 + (random % 5 ? random % 1000 : random % 30000);
			due[i] += !due[i];
			wheel_set(&bench.wheel, i, due[i]);
		}
	}
	slab_fini(&bench.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wheel__deadline__at_its_tick),
		cmocka_unit_test(wheel__passed_already__at_the_next_tick),
		cmocka_unit_test(wheel__put_off__later_and_once),
		cmocka_unit_test(wheel__put_forward__earlier),
		cmocka_unit_test(wheel__stood_without_items__goes_on_from_now),
		cmocka_unit_test(wheel__unset__never),
		cmocka_unit_test(wheel__many_turns_away__in_the_right_turn),
		cmocka_unit_test(wheel__many_at_once__in_bounded_parts),
		cmocka_unit_test(wheel__next_item_moved_meanwhile__round_goes_on),
		cmocka_unit_test(wheel__any_changes__as_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

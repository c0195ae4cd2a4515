/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The index against a plain array. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "starhash/hash.h"
#include "starhash/index.h"
#include "tests/cmocka.h"

#define ITEMS 20000

/* Several items share each number, as the dialogs of one subscriber do. */
static uint64_t hash_of(uint64_t seed, uint32_t item)
{
	const uint64_t number = item / 3;

	return keyed_hash(seed, &number, sizeof(number));
}

static bool has(const struct index *index, uint64_t hash, uint32_t wanted)
{
	uint32_t at = 0, item;
	bool found = false;

	while ((item = index_next(index, hash, &at))) {
		assert_false(found && item == wanted);		/* once */
		found |= item == wanted;
	}
	return found;
}

/* \a most: for which the index is made. */
static void change_at_random(unsigned int most, unsigned int steps)
{
	static bool there[ITEMS];
	struct index index;
	uint32_t chance = 1;

	memset(there, 0, sizeof(there));
	assert_int_equal(index_init(&index, most), 0);
	for (unsigned int step = 0; step < steps; step++) {
		const uint32_t item = (chance = chance * 1664525 + 1013904223) >> 8;
		const uint32_t i = item % (ITEMS - 1) + 1;

		assert_int_equal(has(&index, hash_of(7, i), i), there[i]);
		if (there[i])
			index_drop(&index, hash_of(7, i), i);
		else
			assert_int_equal(index_add(&index, hash_of(7, i), i), 0);
		there[i] = !there[i];
		assert_int_equal(has(&index, hash_of(7, i), i), there[i]);
	}
	for (uint32_t i = 1; i < ITEMS; i++)
		assert_int_equal(has(&index, hash_of(7, i), i), there[i]);
	index_fini(&index);
}

static void index__any_changes__as_an_array(void **state)
{
	change_at_random(ITEMS, 200000);
}

static void index__more_than_expected__found(void **state)
{
	change_at_random(100, 60000);
}

static void index__largest_items__found(void **state)
{
	struct index index;

	assert_int_equal(index_init(&index, 1), 0);
	assert_int_equal(index_add(&index, UINT64_MAX, INDEX_ITEMS_MAX), 0);
	assert_int_equal(index_add(&index, 0, INDEX_ITEMS_MAX + 1), -ENOMEM);
	assert_int_equal(index_add(&index, 0, 1), 0);
	assert_true(has(&index, UINT64_MAX, INDEX_ITEMS_MAX));
	assert_false(has(&index, UINT64_MAX, 1));
	assert_true(has(&index, 0, 1));
	index_fini(&index);
}

static void index__unknown_hash__nothing(void **state)
{
	struct index index;

	assert_int_equal(index_init(&index, 1000), 0);
	assert_false(has(&index, 5, 1));
	index_drop(&index, 5, 1);
	assert_int_equal(index_add(&index, 5, 1), 0);
	index_drop(&index, 5, 2);
	assert_true(has(&index, 5, 1));
	index_fini(&index);
}

/* A segment of equal hashes is slow but right. */
static void index__equal_hashes__all_found_and_dropped(void **state)
{
	struct index index;

	assert_int_equal(index_init(&index, 1000), 0);
	for (uint32_t i = 1; i <= 2000; i++)
		assert_int_equal(index_add(&index, UINT64_MAX, i), 0);
	for (uint32_t i = 1; i <= 2000; i += 2)
		index_drop(&index, UINT64_MAX, i);
	for (uint32_t i = 1; i <= 2000; i++)
		assert_int_equal(has(&index, UINT64_MAX, i), i % 2 == 0);
	index_fini(&index);
}

/* What a look-up costs: few entries besides the wanted one. */
static void index__a_million__few_strangers(void **state)
{
	const unsigned int count = 1000000;
	struct index index;
	uint64_t strangers = 0;

	assert_int_equal(index_init(&index, count), 0);
	for (uint32_t i = 1; i <= count; i++)
		assert_int_equal(index_add(&index, keyed_hash(1, &i, sizeof(i)), i), 0);
	for (uint32_t i = 1; i <= count; i += 97) {
		uint32_t at = 0, item;

		while ((item = index_next(&index, keyed_hash(1, &i, sizeof(i)), &at)))
			strangers += item != i;
	}
	assert_true(strangers < count / 97 / 2);
	index_fini(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(index__any_changes__as_an_array),
		cmocka_unit_test(index__more_than_expected__found),
		cmocka_unit_test(index__largest_items__found),
		cmocka_unit_test(index__unknown_hash__nothing),
		cmocka_unit_test(index__equal_hashes__all_found_and_dropped),
		cmocka_unit_test(index__a_million__few_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

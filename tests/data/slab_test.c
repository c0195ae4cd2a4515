/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Items and blocks: each has its own memory, and keeps its contents while others come and go. */
#include <string.h>

#include "starhash/slab.h"
#include "tests/cmocka.h"

#define COUNT 3000

static void slab__items__keep_their_contents(void **state)
{
	uint32_t items[COUNT], chance = 1, i;
	struct slab slab;

	slab_init(&slab, 24);
	memset(items, 0, sizeof(items));
	for (unsigned int step = 0; step < 100000; step++) {
		i = ((chance = chance * 1664525 + 1013904223) >> 8) % COUNT;
		if (items[i]) {
			for (unsigned int at = 0; at < 6; at++)
				assert_int_equal(((uint32_t *)slab_at(&slab, items[i]))[at], i);
			slab_free(&slab, items[i]);
			items[i] = SLAB_NONE;
			continue;
		}
		items[i] = slab_new(&slab);
		assert_true(items[i] >= 1 && items[i] <= slab.used);
		for (unsigned int at = 0; at < 6; at++)
			((uint32_t *)slab_at(&slab, items[i]))[at] = i;
	}
	assert_true(slab.used <= COUNT);
	slab_fini(&slab);
}

static void slab__freed__the_next_one(void **state)
{
	struct slab slab;
	uint32_t item;

	slab_init(&slab, 8);
	slab_new(&slab);
	item = slab_new(&slab);
	slab_free(&slab, item);
	assert_int_equal(slab_new(&slab), item);
	assert_int_equal(slab.used, 2);
	slab_fini(&slab);
}

static void block__grows_and_shrinks__keeps_what_it_should(void **state)
{
	struct blocks blocks;
	struct block block = {}, other = {};
	uint8_t *octets;

	blocks_init(&blocks);
	assert_null(block_at(&blocks, block));
	for (size_t size = 1; size <= BLOCK_MAX; size++) {
		octets = block_resize(&blocks, &block, size, size - 1, 0);
		assert_non_null(octets);
		assert_ptr_equal(octets, block_at(&blocks, block));
		octets[size - 1] = (uint8_t)size;
		if (size % 100 == 0)
			memset(block_resize(&blocks, &other, size, 0, 0), 0xff, size);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(octets[i], (uint8_t)(i + 1));
	}
	octets = block_resize(&blocks, &block, 3, 3, 0);
	assert_int_equal(octets[2], 3);
	assert_null(block_resize(&blocks, &block, 0, 0, 0));
	assert_null(block_at(&blocks, block));
	blocks_fini(&blocks);
}

/* A session that shrinks may have dropped a secret. */
static void block__shrinks_in_its_place__rest_wiped(void **state)
{
	struct blocks blocks;
	struct block block = {};
	uint8_t *octets;

	blocks_init(&blocks);
	octets = block_resize(&blocks, &block, 24, 0, 1);
	memset(octets, 0x55, 24);
	assert_ptr_equal(block_resize(&blocks, &block, 20, 20, 1), octets);
	for (unsigned int i = 0; i < 24; i++)
		assert_int_equal(octets[i], i < 20 ? 0x55 : 0);
	blocks_fini(&blocks);
}

/* All but the link in the free list. */
static void block__moves__old_place_wiped(void **state)
{
	struct blocks blocks;
	struct block block = {}, next = {};
	uint8_t *octets;

	blocks_init(&blocks);
	octets = block_resize(&blocks, &block, 24, 0, 1);
	memset(octets, 0x55, 24);
	assert_ptr_not_equal(block_resize(&blocks, &block, 200, 0, 1), octets);
	assert_ptr_equal(block_resize(&blocks, &next, 24, 0, 1), octets);
	for (unsigned int i = 4; i < 24; i++)
		assert_int_equal(octets[i], 0);
	blocks_fini(&blocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slab__items__keep_their_contents),
		cmocka_unit_test(slab__freed__the_next_one),
		cmocka_unit_test(block__grows_and_shrinks__keeps_what_it_should),
		cmocka_unit_test(block__shrinks_in_its_place__rest_wiped),
		cmocka_unit_test(block__moves__old_place_wiped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

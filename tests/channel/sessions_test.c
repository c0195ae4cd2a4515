/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of open sessions against a plain array. */
#include <stdbool.h>
#include <string.h>

#include "channel/gsup/sessions.h"
#include "tests/cmocka.h"

#define MANY 5000

static void put__many__found_with_their_contents(void **state)
{
	struct gsup_sessions sessions;

	sessions_init(&sessions);
	for (uint32_t i = 1; i <= MANY; i++)
		sessions_put(&sessions, i % 7 + 1, i)->page = i;
	assert_int_equal(sessions.count, MANY);
	for (uint32_t i = 1; i <= MANY; i++)
		assert_int_equal(sessions_find(&sessions, i % 7 + 1, i)->page, (uint8_t)i);
	assert_null(sessions_find(&sessions, 9, 1));
	assert_int_equal(sessions_put(&sessions, 2, 1)->page, 1);
	assert_int_equal(sessions.count, MANY);
	sessions_fini(&sessions);
}

static void drop__any_order__others_stay(void **state)
{
	struct gsup_sessions sessions;
	static bool open[MANY];
	uint32_t chance = 1, count = 0;

	memset(open, 0, sizeof(open));
	sessions_init(&sessions);
	for (unsigned int step = 0; step < 200000; step++) {
		uint32_t i = (chance = chance * 1664525 + 1013904223) >> 8;

		i = i % MANY;
		if (open[i])
			sessions_drop(&sessions, 1010000000001 + i / 2, i % 2);
		else
			sessions_put(&sessions, 1010000000001 + i / 2, i % 2);
		open[i] = !open[i];
		count += open[i] ? 1 : -1;
		assert_int_equal(sessions.count, count);
	}
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(!!sessions_find(&sessions, 1010000000001 + i / 2, i % 2), open[i]);
	sessions_fini(&sessions);
}

/* A59: somebody who knows the source, but not the seed, cannot choose sessions that share one place. */
static void init__two_tables__different_hashes(void **state)
{
	struct gsup_sessions one, other;

	sessions_init(&one);
	sessions_init(&other);
	assert_true(one.seed != other.seed);
	sessions_fini(&one);
	sessions_fini(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init__two_tables__different_hashes),
		cmocka_unit_test(put__many__found_with_their_contents),
		cmocka_unit_test(drop__any_order__others_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many parts one number gets (A53). */
#include "sms_test.h"

#define HOUR_MS (3600 * 1000)

/* Whatever is sent when, no hour has more than the limit, wherever it starts. */
static void meter__A53_any_hour__within_its_limit(void **state)
{
	enum { LIMIT = 20, STEP_MS = 10000, STEPS = 5 * HOUR_MS / STEP_MS };
	struct sms_meter *meter = sms_meter_new(LIMIT, 7);
	static unsigned int got[STEPS];
	unsigned int in_hour = 0, most = 0;

	for (unsigned int i = 0; i < STEPS; i++) {
		got[i] = 0;
		for (unsigned int asked = 0; i / 100 % 3 != 1 && asked < 4; asked++)
			got[i] += 2 * sms_meter_take(meter, (uint64_t)i * STEP_MS, 1, 2);
		in_hour += got[i];
		if (i >= HOUR_MS / STEP_MS)
			in_hour -= got[i - HOUR_MS / STEP_MS];
		most = in_hour > most ? in_hour : most;
	}
	assert_in_range(most, LIMIT - 4, LIMIT);
	sms_meter_free(meter);
}

static void meter__half_at_once__then_one_by_one(void **state)
{
	struct sms_meter *meter = sms_meter_new(20, 7);

	assert_false(sms_meter_take(meter, 1000, 1, 11));
	assert_true(sms_meter_take(meter, 1000, 1, 10));
	assert_false(sms_meter_take(meter, 1000, 1, 1));
	assert_false(sms_meter_take(meter, 1000 + HOUR_MS / 10 - 1, 1, 1));
	assert_true(sms_meter_take(meter, 1000 + HOUR_MS / 10, 1, 1));
	assert_false(sms_meter_take(meter, 1000 + HOUR_MS / 10, 1, 1));
	assert_true(sms_meter_take(meter, 1000 + 2 * HOUR_MS, 1, 10));
	sms_meter_free(meter);
	sms_meter_free(NULL);
}

/* A flood of other numbers neither displaces a number, nor uses up its parts. */
static void meter__A53_200000_other_numbers__change_nothing(void **state)
{
	struct sms_meter *meter = sms_meter_new(20, 7);
	unsigned int refused = 0;

	assert_true(sms_meter_take(meter, 1000, 1, 10));
	for (uint64_t i = 0; i < 200000; i++)
		refused += !sms_meter_take(meter, 1000, 100 + i, 1);
	assert_int_equal(refused, 0);
	assert_false(sms_meter_take(meter, 1000, 1, 1));
	assert_true(sms_meter_take(meter, 1000, 2, 5));
	sms_meter_free(meter);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(meter__A53_any_hour__within_its_limit),
		cmocka_unit_test(meter__half_at_once__then_one_by_one),
		cmocka_unit_test(meter__A53_200000_other_numbers__change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

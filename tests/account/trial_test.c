/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S7: the tasks of a trial and of a service that expires, and their days. */
#include "starhash/account.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define IS(is, ...) { .service = "NEWS", .state = SUBSCRIPTION_##is, .since = 20261101, __VA_ARGS__ }
#define PAID .trial_ends = TRIAL_ENDS_PAID

static void S7_subscription__each_state_and_day__one_task(void **state)
{
	static const struct {
		struct subscription subscription;
		int64_t today;
		enum subscription_task task;
		int64_t due;		/* after it */
	} table[] = {
		{ IS(TRIAL, .trial_until = 20261202), 20261128, SUBSCRIPTION_NOTHING, 20261129 },
		{ IS(TRIAL, .trial_until = 20261202), 20261129, SUBSCRIPTION_REMIND, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202), 20261202, SUBSCRIPTION_REMIND, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202), 20261203, SUBSCRIPTION_END_TRIAL, 20261129 },
		{ IS(TRIAL, .trial_until = 20261202, .reminded = true), 20261202, SUBSCRIPTION_NOTHING, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202, .reminded = true), 20261203, SUBSCRIPTION_END_TRIAL, 20261203 },
		/* agreed to continue: it does, once that was announced */
		{ IS(TRIAL, .trial_until = 20261202, PAID), 20261128, SUBSCRIPTION_NOTHING, 20261129 },
		{ IS(TRIAL, .trial_until = 20261202, PAID), 20261129, SUBSCRIPTION_REMIND, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202, PAID), 20261203, SUBSCRIPTION_END_TRIAL, 20261129 },
		{ IS(TRIAL, .trial_until = 20261202, PAID, .reminded = true), 20261202, SUBSCRIPTION_NOTHING, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202, PAID, .reminded = true), 20261203, SUBSCRIPTION_GO_ON, 20261203 },
		{ IS(TRIAL, .trial_until = 20261202, .trial_ends = TRIAL_ENDS_AGREEMENT, .reminded = true), 20261203,
		  SUBSCRIPTION_END_TRIAL,
		  20261203 },
		{ IS(DEACTIVATING, .until = 20261231), 20261231, SUBSCRIPTION_NOTHING, 20270101 },
		{ IS(DEACTIVATING, .until = 20261231), 20270101, SUBSCRIPTION_ENDED, 20270101 },
		{ IS(DEACTIVATING, .until = 20261231, .trial_until = 20261101), 20261231, SUBSCRIPTION_NOTHING, 20270101 },
		/* in flight, or without an end */
		{ IS(DEACTIVATING), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(DEACTIVATING, .trial_until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVATING, .trial_until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVATING, .until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVE), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(TRIAL), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVATING, .trial_until = 20261202, PAID, .reminded = true), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVE, PAID, .reminded = true), 20291231, SUBSCRIPTION_NOTHING, 0 },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct subscription subscription = table[i].subscription;

		assert_int_equal(subscription_task(&subscription, table[i].today), table[i].task);
		assert_int_equal(subscription_due(&subscription), table[i].due);
		assert_int_equal(subscription.reminded, table[i].subscription.reminded || table[i].task == SUBSCRIPTION_REMIND);
	}
}

/* Each pair of state and distance to the last day once: a missing or repeated pair fails. */
static void S7_subscription__each_state_each_day__named_once(void **state)
{
	enum is { ACTIVE, ENDLESS_TRIAL, ON_TRIAL, REMINDED, GOES_ON_PAID, GOES_ON_REMINDED, ACTIVATING_TRIAL, GOES_ON, ENDS_IN_FLIGHT,
		  RUNS_OUT, IS_COUNT };
	enum day { EARLIER, THREE_DAYS, LAST_DAY, OVER, DAYS };
	static const struct subscription subscriptions[IS_COUNT] = {
		[ACTIVE] = IS(ACTIVE),
		[GOES_ON_PAID] = IS(TRIAL, .trial_until = 20261202, PAID),
		[GOES_ON_REMINDED] = IS(TRIAL, .trial_until = 20261202, PAID, .reminded = true),
		[ENDLESS_TRIAL] = IS(TRIAL),
		[ON_TRIAL] = IS(TRIAL, .trial_until = 20261202),
		[REMINDED] = IS(TRIAL, .trial_until = 20261202, .reminded = true),
		[ACTIVATING_TRIAL] = IS(ACTIVATING, .trial_until = 20261202),
		[GOES_ON] = IS(ACTIVATING, .until = 20261202),
		[ENDS_IN_FLIGHT] = IS(DEACTIVATING, .trial_until = 20261202),
		[RUNS_OUT] = IS(DEACTIVATING, .until = 20261202),
	};
	static const int64_t days[DAYS] = { [EARLIER] = 20261128, [THREE_DAYS] = 20261129, [LAST_DAY] = 20261202, [OVER] = 20261203 };
	static const struct {
		enum is is;
		enum day day;
		enum subscription_task task;
	} table[] = {
#define NEVER(is) \
	{ is, EARLIER, SUBSCRIPTION_NOTHING }, { is, THREE_DAYS, SUBSCRIPTION_NOTHING }, { is, LAST_DAY, SUBSCRIPTION_NOTHING }, \
	{ is, OVER, SUBSCRIPTION_NOTHING }
		NEVER(ACTIVE), NEVER(ENDLESS_TRIAL), NEVER(ACTIVATING_TRIAL), NEVER(GOES_ON), NEVER(ENDS_IN_FLIGHT),
		{ ON_TRIAL, EARLIER, SUBSCRIPTION_NOTHING }, { ON_TRIAL, THREE_DAYS, SUBSCRIPTION_REMIND },
		{ ON_TRIAL, LAST_DAY, SUBSCRIPTION_REMIND }, { ON_TRIAL, OVER, SUBSCRIPTION_END_TRIAL },
		{ REMINDED, EARLIER, SUBSCRIPTION_NOTHING }, { REMINDED, THREE_DAYS, SUBSCRIPTION_NOTHING },
		{ REMINDED, LAST_DAY, SUBSCRIPTION_NOTHING }, { REMINDED, OVER, SUBSCRIPTION_END_TRIAL },
		{ GOES_ON_PAID, EARLIER, SUBSCRIPTION_NOTHING }, { GOES_ON_PAID, THREE_DAYS, SUBSCRIPTION_REMIND },
		{ GOES_ON_PAID, LAST_DAY, SUBSCRIPTION_REMIND }, { GOES_ON_PAID, OVER, SUBSCRIPTION_END_TRIAL },
		{ GOES_ON_REMINDED, EARLIER, SUBSCRIPTION_NOTHING }, { GOES_ON_REMINDED, THREE_DAYS, SUBSCRIPTION_NOTHING },
		{ GOES_ON_REMINDED, LAST_DAY, SUBSCRIPTION_NOTHING }, { GOES_ON_REMINDED, OVER, SUBSCRIPTION_GO_ON },
		{ RUNS_OUT, EARLIER, SUBSCRIPTION_NOTHING }, { RUNS_OUT, THREE_DAYS, SUBSCRIPTION_NOTHING },
		{ RUNS_OUT, LAST_DAY, SUBSCRIPTION_NOTHING }, { RUNS_OUT, OVER, SUBSCRIPTION_ENDED },
	};
	unsigned int named[IS_COUNT][DAYS] = { 0 };

	for (size_t i = 0; i < ROWS(table); i++) {
		struct subscription subscription = subscriptions[table[i].is];

		named[table[i].is][table[i].day]++;
		if (subscription_task(&subscription, days[table[i].day]) != table[i].task)
			fail_msg("state %d, day %d", (int)table[i].is, (int)table[i].day);
	}
	for (size_t i = 0; i < IS_COUNT * DAYS; i++) {
		if (named[i / DAYS][i % DAYS] != 1)
			fail_msg("state %zu, day %zu: named %u times", i / DAYS, i % DAYS, named[i / DAYS][i % DAYS]);
	}
}

static void S3_subscription__waits_for_its_first_day__shown_as_activating(void **state)
{
	static const struct {
		struct subscription subscription;
		enum subscription_state shown;
	} table[] = {
		{ { .state = SUBSCRIPTION_ACTIVE, .since = 20261101 }, SUBSCRIPTION_ACTIVE },
		{ { .state = SUBSCRIPTION_ACTIVE, .since = 20261102 }, SUBSCRIPTION_ACTIVATING },
		{ { .state = SUBSCRIPTION_TRIAL, .since = 20261102 }, SUBSCRIPTION_TRIAL },
		{ { .state = SUBSCRIPTION_DEACTIVATING, .since = 20261102 }, SUBSCRIPTION_DEACTIVATING },
	};

	for (size_t i = 0; i < ROWS(table); i++)
		assert_int_equal(subscription_shown(&table[i].subscription, 20261101), table[i].shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S7_subscription__each_state_and_day__one_task),
		cmocka_unit_test(S7_subscription__each_state_each_day__named_once),
		cmocka_unit_test(S3_subscription__waits_for_its_first_day__shown_as_activating),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

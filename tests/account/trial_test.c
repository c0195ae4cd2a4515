/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S7: what is done about a trial, and a service that runs out, and on which day. */
#include "starhash/account.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define IS(is, ...) { .service = "NEWS", .state = SUBSCRIPTION_##is, .since = 20261101, __VA_ARGS__ }

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
		{ IS(DEACTIVATING, .until = 20261231), 20261231, SUBSCRIPTION_NOTHING, 20270101 },
		{ IS(DEACTIVATING, .until = 20261231), 20270101, SUBSCRIPTION_ENDED, 20270101 },
		{ IS(DEACTIVATING, .until = 20261231, .trial_until = 20261101), 20261231, SUBSCRIPTION_NOTHING, 20270101 },
		/* in flight, and what goes on for ever */
		{ IS(DEACTIVATING), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(DEACTIVATING, .trial_until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVATING, .trial_until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVATING, .until = 20261202), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(ACTIVE), 20291231, SUBSCRIPTION_NOTHING, 0 },
		{ IS(TRIAL), 20291231, SUBSCRIPTION_NOTHING, 0 },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct subscription subscription = table[i].subscription;

		assert_int_equal(subscription_task(&subscription, table[i].today), table[i].task);
		assert_int_equal(subscription_due(&subscription), table[i].due);
		assert_int_equal(subscription.reminded, table[i].subscription.reminded || table[i].task == SUBSCRIPTION_REMIND);
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
		cmocka_unit_test(S3_subscription__waits_for_its_first_day__shown_as_activating),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

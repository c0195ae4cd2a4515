/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Alarms: raised, counted, shown with their last text, ended. */
#include <string.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "tests/cmocka.h"
#include "starhash/alarm.h"
#include "starhash/log.h"

static void raised__twice__counted_and_shows_the_last_text(void **state)
{
	struct alarms *alarms = alarms_new(NULL);
	const struct alarm_state *jump;

	alarm_raise(alarms, ALARM_CLOCK_JUMP, "%d s ahead", 100000);
	alarm_raise(alarms, ALARM_CLOCK_JUMP, "%d s ahead", 200000);
	jump = alarm_state(alarms, ALARM_CLOCK_JUMP);
	assert_string_equal(jump->name, "clock:jump");
	assert_true(jump->raised);
	assert_int_equal(jump->count, 2);
	assert_true(jump->last_s > 0);
	assert_string_equal(jump->text, "200000 s ahead");
	assert_false(alarm_state(alarms, ALARM_WAL_SIZE)->raised);
	talloc_free(alarms);
}

static void cleared__after_it_was_raised__count_and_text_stay(void **state)
{
	struct alarms *alarms = alarms_new(NULL);

	alarm_clear(alarms, ALARM_WAL_SIZE);
	alarm_raise(alarms, ALARM_WAL_SIZE, "big");
	alarm_clear(alarms, ALARM_WAL_SIZE);
	assert_false(alarm_state(alarms, ALARM_WAL_SIZE)->raised);
	assert_int_equal(alarm_state(alarms, ALARM_WAL_SIZE)->count, 1);
	assert_string_equal(alarm_state(alarms, ALARM_WAL_SIZE)->text, "big");
	talloc_free(alarms);
}

static void raised__without_alarms_or_with_a_long_text__harmless(void **state)
{
	struct alarms *alarms = alarms_new(NULL);

	alarm_raise(NULL, ALARM_LEASE_LOST, "nobody listens");
	alarm_clear(NULL, ALARM_LEASE_LOST);
	alarm_raise(alarms, ALARM_LEASE_LOST, "%0*d", 2 * ALARM_TEXT_SIZE, 0);
	assert_int_equal(strlen(alarm_state(alarms, ALARM_LEASE_LOST)->text), ALARM_TEXT_SIZE - 1);
	talloc_free(alarms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raised__twice__counted_and_shows_the_last_text),
		cmocka_unit_test(cleared__after_it_was_raised__count_and_text_stay),
		cmocka_unit_test(raised__without_alarms_or_with_a_long_text__harmless),
	};
	int rc;

	log_start(NULL);
	rate_ctr_init(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	return rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers unknown to billing: how long they are remembered, and that a flood of them costs no more memory (A47). */
#include <stdio.h>

#include <osmocom/core/talloc.h>

#include "accounts/unknown.h"
#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

#define PLACES 1000

static struct subscriber number(unsigned int n)
{
	struct subscriber subscriber = { 0 };

	snprintf(subscriber.msisdn, sizeof(subscriber.msisdn), "139%08u", n);
	return subscriber;
}

static void unknown__noted__for_its_time_and_for_that_number_only(void **state)
{
	struct unknown_numbers *unknown = unknown_new(NULL, 60, PLACES);
	const struct subscriber by_imsi = { .imsi = "13900000001" }, one = number(1), two = number(2);

	assert_false(unknown_has(unknown, &one));
	unknown_note(unknown, &one);
	assert_true(unknown_has(unknown, &one));
	assert_false(unknown_has(unknown, &two));
	assert_false(unknown_has(unknown, &by_imsi));
	clocks_pass(59999);
	assert_true(unknown_has(unknown, &one));
	clocks_pass(1);
	assert_false(unknown_has(unknown, &one));
	unknown_note(unknown, &one);
	assert_true(unknown_has(unknown, &one));
	talloc_free(unknown);
}

static void unknown__flood__evicts_the_earliest_expiry_and_takes_no_more_memory(void **state)
{
	struct unknown_numbers *unknown = unknown_new(NULL, 60, PLACES);
	const size_t octets = talloc_total_size(unknown);
	unsigned int known = 0;

	assert_in_range(octets, PLACES * UNKNOWN_NUMBER_OCTETS, PLACES * UNKNOWN_NUMBER_OCTETS + 256);
	for (unsigned int n = 0; n < 20 * PLACES; n++) {
		const struct subscriber subscriber = number(n);

		unknown_note(unknown, &subscriber);
		assert_true(unknown_has(unknown, &subscriber));
	}
	for (unsigned int n = 0; n < 20 * PLACES; n++) {
		const struct subscriber subscriber = number(n);

		known += unknown_has(unknown, &subscriber);
	}
	assert_in_range(known, PLACES * 9 / 10, PLACES);
	assert_int_equal(talloc_total_size(unknown), octets);
	talloc_free(unknown);
}

static void unknown__switched_off__remembers_nothing(void **state)
{
	const struct subscriber one = number(1);

	assert_null(unknown_new(NULL, 0, PLACES));
	unknown_note(NULL, &one);
	assert_false(unknown_has(NULL, &one));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown__noted__for_its_time_and_for_that_number_only),
		cmocka_unit_test(unknown__flood__evicts_the_earliest_expiry_and_takes_no_more_memory),
		cmocka_unit_test(unknown__switched_off__remembers_nothing),
	};

	clocks_set();
	return cmocka_run_group_tests(tests, NULL, NULL);
}

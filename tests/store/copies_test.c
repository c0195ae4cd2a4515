/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A copy of an account shares nothing with the original, which is gone when the writer's thread reads the copy. */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "store/copies.h"
#include "tests/cmocka.h"

static char text[] = "text";

static void stored_copy__original_is_overwritten__copy_stays(void **state)
{
	struct stored_line line = { .item = text };
	const struct stored_bill bill = { .month = 202601, .lines = &line, .lines_count = 1 };
	const struct stored_points entry = { .reason = text };
	const struct stored_subscription subscription = { .service = text, .state = text, .trial_ends = text };
	struct stored_account account = {
		.account = text, .brand = text, .status = text, .language = text, .id_pieces = text, .hash = text, .owner = text,
		.bills = &bill, .bills_count = 1, .points_entries = &entry, .points_count = 1, .subscriptions = &subscription,
		.subscriptions_count = 1,
	};
	struct stored_account *copy;

	for (enum line_fact_index fact = 0; fact < LINE_FACT_COUNT; fact++)
		*line_fact(&line, fact) = text;
	for (int i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			*stored_text(&account, &stored_facts[i]) = text;
	}
	copy = stored_copy(NULL, &account);
	strcpy(text, "gone");
	for (int i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			assert_string_equal(*stored_text(copy, &stored_facts[i]), "text");
	}
	for (enum line_fact_index fact = 0; fact < LINE_FACT_COUNT; fact++)
		assert_string_equal(*line_fact(&copy->bills[0].lines[0], fact), "text");
	assert_string_equal(copy->bills[0].lines[0].item, "text");
	assert_string_equal(copy->points_entries[0].reason, "text");
	assert_string_equal(copy->subscriptions[0].service, "text");
	assert_string_equal(copy->subscriptions[0].state, "text");
	assert_string_equal(copy->subscriptions[0].trial_ends, "text");
	assert_string_equal(copy->account, "text");
	assert_string_equal(copy->brand, "text");
	assert_string_equal(copy->status, "text");
	assert_string_equal(copy->language, "text");
	assert_string_equal(copy->id_pieces, "text");
	assert_string_equal(copy->hash, "text");
	assert_string_equal(copy->owner, "text");
	talloc_free(copy);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_copy__original_is_overwritten__copy_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

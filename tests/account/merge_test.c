/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F15, F16, F27: what an update from billing or an import does to the stored account. */
#include <string.h>

#include "starhash/account.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define NOW INT64_C(1795000000)		/* 2026-11-18, UTC */

static struct account_head head(const char *owner, int64_t age)
{
	return (struct account_head){ .owner = owner, .as_of = { age, age, age, age } };
}

static void F27_account__ages_compared__newer_or_equally_new_is_stored(void **state)
{
	static const struct {
		int64_t stored, update;
		bool force;
		enum merge_verdict verdict;
	} table[] = {
		{ 1000, 999, false, MERGE_KEEP },
		{ 1000, 1000, false, MERGE_TAKE },
		{ 1000, 1001, false, MERGE_TAKE },
		{ 1000, 999, true, MERGE_TAKE },
		/* F16: whatever wrote that had a wrong clock */
		{ NOW + ACCOUNT_SKEW_S, NOW, false, MERGE_KEEP },
		{ NOW + ACCOUNT_SKEW_S + 1, NOW, false, MERGE_TAKE },
		{ 1000, NOW + ACCOUNT_AHEAD_S, false, MERGE_TAKE },
		{ 1000, NOW + ACCOUNT_AHEAD_S + 1, false, MERGE_REFUSE },
		{ 1000, NOW + ACCOUNT_AHEAD_S + 1, true, MERGE_REFUSE },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		const struct account_head stored = head(NULL, table[i].stored), update = head(NULL, table[i].update);
		const struct merge merge = account_merge(&stored, &update, NOW, table[i].force);

		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			assert_int_equal(merge.kinds[kind], table[i].verdict);
		assert_false(merge.other_owner);
	}
}

static void F27_account__each_kind_has_its_age__judged_by_it(void **state)
{
	struct account_head stored = head("me", 1000), update = head("me", 1000);
	struct merge merge;

	stored.as_of[ACCOUNT_BILLS] = 2000;
	update.as_of[ACCOUNT_POINTS] = 500;
	merge = account_merge(&stored, &update, NOW, false);
	assert_int_equal(merge.kinds[ACCOUNT_PROFILE], MERGE_TAKE);
	assert_int_equal(merge.kinds[ACCOUNT_BILLS], MERGE_KEEP);
	assert_int_equal(merge.kinds[ACCOUNT_POINTS], MERGE_KEEP);
	assert_int_equal(merge.kinds[ACCOUNT_SERVICES], MERGE_TAKE);
}

static void F27_account__unknown__added(void **state)
{
	const struct account_head update = head("me", 0);
	const struct merge merge = account_merge(NULL, &update, NOW, false);

	assert_int_equal(merge.kinds[ACCOUNT_PROFILE], MERGE_TAKE);
	assert_false(merge.other_owner);
}

static void F15_account__other_owner__replaces_all_unless_the_update_is_older(void **state)
{
	static const struct {
		const char *stored, *update;
		int64_t age;
		enum merge_verdict verdict;
		bool other;
	} table[] = {
		{ "me", "you", 1000, MERGE_TAKE, true },
		{ "me", "you", 999, MERGE_KEEP, false },
		{ "me", "me", 1000, MERGE_TAKE, false },
		{ NULL, "you", 1000, MERGE_TAKE, false },
		{ "me", NULL, 1000, MERGE_TAKE, false },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct account_head stored = head(table[i].stored, 1000);
		const struct account_head update = head(table[i].update, table[i].age);
		struct merge merge = account_merge(&stored, &update, NOW, false);

		assert_int_equal(merge.kinds[ACCOUNT_PROFILE], table[i].verdict);
		assert_int_equal(merge.other_owner, table[i].other);
		/* the former owner's bills are newer, and are deleted all the same */
		stored.as_of[ACCOUNT_BILLS] = 5000;
		merge = account_merge(&stored, &update, NOW, false);
		assert_int_equal(merge.kinds[ACCOUNT_BILLS], table[i].other ? MERGE_TAKE : MERGE_KEEP);
	}
}

static void F3_order__in_flight_or_ended_since__shields_its_subscription(void **state)
{
	assert_true(order_shields(true, 0, 1000));
	assert_true(order_shields(false, 1000, 1000));
	assert_true(order_shields(false, 1001, 1000));
	assert_false(order_shields(false, 999, 1000));
}

#define NONE { .service = "" }
#define IS(is, day, ...) { .service = "NEWS", .state = SUBSCRIPTION_##is, .since = day, __VA_ARGS__ }
#define PAID .trial_ends = TRIAL_ENDS_PAID

static void S3_subscription__stored_and_updated__one_of_both_wins(void **state)
{
	static const struct {
		const char *what;
		struct subscription stored, update;	/* NONE: there is no subscription */
		bool shielded;
		enum subscription_verdict verdict;
		struct subscription merged;
	} table[] = {
		{ "new", NONE, IS(ACTIVE, 20260101), false, SUBSCRIPTION_WRITE, IS(ACTIVE, 20260101) },
		{ "as it is", IS(ACTIVE, 20260101), IS(ACTIVE, 20260101), false, SUBSCRIPTION_KEEP, NONE },
		{ "other day", IS(ACTIVE, 20260101), IS(ACTIVE, 20260102), false, SUBSCRIPTION_WRITE,
		  IS(ACTIVE, 20260102) },
		{ "gone", IS(ACTIVE, 20260101), NONE, false, SUBSCRIPTION_REMOVE, NONE },
		{ "begins today", IS(ACTIVE, 20261118), NONE, false, SUBSCRIPTION_REMOVE, NONE },
		{ "begins later", IS(ACTIVE, 20261119), NONE, false, SUBSCRIPTION_KEEP, NONE },
		{ "shielded, gone", IS(ACTIVATING, 20260101), NONE, true, SUBSCRIPTION_KEEP, NONE },
		{ "shielded, there", NONE, IS(ACTIVE, 20260101), true, SUBSCRIPTION_KEEP, NONE },
		{ "shielded, both", IS(DEACTIVATING, 20260101), IS(ACTIVE, 20260101), true, SUBSCRIPTION_KEEP,
		  NONE },
		{ "runs out", IS(DEACTIVATING, 20260101, .until = 20261130), IS(ACTIVE, 20260102), false,
		  SUBSCRIPTION_WRITE, IS(DEACTIVATING, 20260102, .until = 20261130) },
		{ "runs out, trial", IS(DEACTIVATING, 20260101, .until = 20261130), IS(TRIAL, 20260101, .trial_until = 20261201),
		  false, SUBSCRIPTION_WRITE, IS(DEACTIVATING, 20260101, .trial_until = 20261201, .until = 20261130) },
		{ "runs out otherwise", IS(DEACTIVATING, 20260101, .until = 20261130),
		  IS(DEACTIVATING, 20260101, .until = 20261231), false, SUBSCRIPTION_WRITE,
		  IS(DEACTIVATING, 20260101, .until = 20261231) },
		{ "same trial", IS(TRIAL, 20260101, .trial_until = 20261130, .reminded = true),
		  IS(TRIAL, 20260102, .trial_until = 20261130), false,
		  SUBSCRIPTION_WRITE, IS(TRIAL, 20260102, .trial_until = 20261130, .reminded = true) },
		{ "longer trial", IS(TRIAL, 20260101, .trial_until = 20261130, .reminded = true),
		  IS(TRIAL, 20260101, .trial_until = 20261205), false,
		  SUBSCRIPTION_WRITE, IS(TRIAL, 20260101, .trial_until = 20261205) },
		/* what was agreed about the trial: billing may know it, but need not */
		{ "trial that goes on", IS(TRIAL, 20260101, .trial_until = 20261130, PAID), IS(TRIAL, 20260101, .trial_until = 20261130),
		  false,
		  SUBSCRIPTION_KEEP, NONE },
		{ "another trial", IS(TRIAL, 20260101, .trial_until = 20261130, PAID), IS(TRIAL, 20260101, .trial_until = 20261205), false,
		  SUBSCRIPTION_WRITE, IS(TRIAL, 20260101, .trial_until = 20261205) },
		{ "signed elsewhere", IS(TRIAL, 20260101, .trial_until = 20261130), IS(TRIAL, 20260101, .trial_until = 20261130, PAID),
		  false,
		  SUBSCRIPTION_WRITE, IS(TRIAL, 20260101, .trial_until = 20261130, PAID) },
		{ "taken back elsewhere", IS(TRIAL, 20260101, .trial_until = 20261130, PAID),
		  IS(TRIAL, 20260101, .trial_until = 20261130, .trial_ends = TRIAL_ENDS_AGREEMENT), false, SUBSCRIPTION_WRITE,
		  IS(TRIAL, 20260101, .trial_until = 20261130, .trial_ends = TRIAL_ENDS_AGREEMENT) },
		{ "new, signed elsewhere", NONE, IS(TRIAL, 20260101, .trial_until = 20261130, PAID), false, SUBSCRIPTION_WRITE,
		  IS(TRIAL, 20260101, .trial_until = 20261130, PAID) },
		{ "paid for by now", IS(TRIAL, 20260101, .trial_until = 20261130, PAID), IS(ACTIVE, 20260101), false, SUBSCRIPTION_WRITE,
		  IS(ACTIVE, 20260101) },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		const struct subscription *stored = table[i].stored.service[0] ? &table[i].stored : NULL;
		const struct subscription *update = table[i].update.service[0] ? &table[i].update : NULL;
		struct subscription merged;

		print_message("  %s\n", table[i].what);
		assert_int_equal(subscription_merge(stored, update, table[i].shielded, NOW, &merged), table[i].verdict);
		if (table[i].verdict != SUBSCRIPTION_WRITE)
			continue;
		assert_string_equal(merged.service, "NEWS");
		assert_int_equal(merged.state, table[i].merged.state);
		assert_int_equal(merged.since, table[i].merged.since);
		assert_int_equal(merged.trial_until, table[i].merged.trial_until);
		assert_int_equal(merged.until, table[i].merged.until);
		assert_int_equal(merged.reminded, table[i].merged.reminded);
		assert_int_equal(merged.trial_ends, table[i].merged.trial_ends);
	}
}

static void F27_snapshot__of_a_served_subscriber__stays_merges_or_goes(void **state)
{
	enum { AS_OF = 1000, MISSING = -1 };
	static const struct {
		const char *what;
		const char *served;
		int64_t served_age;
		const char *staged;
		int64_t staged_age;
		bool force;
		enum snapshot_verdict verdict;
	} table[] = {
		{ "missing", "me", 999, NULL, MISSING, false, SNAPSHOT_VANISHES },
		{ "missing, as old as it", "me", 1000, NULL, MISSING, false, SNAPSHOT_VANISHES },
		{ "missing, and newer", "me", 1001, NULL, MISSING, false, SNAPSHOT_STAYS },
		{ "missing, and newer, but older data are wanted", "me", 1001, NULL, MISSING, true, SNAPSHOT_VANISHES },
		{ "missing, and newer by a clock that was wrong", "me", NOW + ACCOUNT_SKEW_S + 1, NULL, MISSING, false, SNAPSHOT_VANISHES },
		{ "the same", "me", 2000, "me", 900, false, SNAPSHOT_MERGES },
		{ "owner not known here", NULL, 900, "me", 900, false, SNAPSHOT_MERGES },
		{ "owner not known there", "me", 900, NULL, 900, false, SNAPSHOT_MERGES },
		{ "another owner", "me", 900, "you", 900, false, SNAPSHOT_OTHER_OWNER },
		{ "another owner, but that row is old", "me", 901, "you", 900, false, SNAPSHOT_STAYS },
		{ "the same, and older data are wanted", "me", 901, "you", 900, true, SNAPSHOT_OTHER_OWNER },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		const struct account_head served = head(table[i].served, table[i].served_age);
		const struct account_head staged = head(table[i].staged, table[i].staged_age);

		print_message("  %s\n", table[i].what);
		assert_int_equal(account_meets_snapshot(&served, table[i].staged_age == MISSING ? NULL : &staged, AS_OF, NOW,
							table[i].force),
				 table[i].verdict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F27_account__ages_compared__newer_or_equally_new_is_stored),
		cmocka_unit_test(F27_account__each_kind_has_its_age__judged_by_it),
		cmocka_unit_test(F27_account__unknown__added),
		cmocka_unit_test(F15_account__other_owner__replaces_all_unless_the_update_is_older),
		cmocka_unit_test(F3_order__in_flight_or_ended_since__shields_its_subscription),
		cmocka_unit_test(F27_snapshot__of_a_served_subscriber__stays_merges_or_goes),
		cmocka_unit_test(S3_subscription__stored_and_updated__one_of_both_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4, F23, F34: what locks a service password, for how long, and what releases the lock: each event in each state. */
#include <string.h>

#include "starhash/account.h"
#include "tests/cmocka.h"

#define NOW 1000000
#define PAST_LOCKS { 600, 3600 }

static const struct password_rules rules = { .attempts_max = 3, .lock_s = PAST_LOCKS, .locks = 2 };

enum state { OPEN, LAST, OVERRUN, LOCKED, SHUT, STATES };

/* A password whose lock for \a link is in the given state. */
static struct password password_in(enum state state, enum password_link link)
{
	static const struct password_lock locks[STATES] = {
		[OPEN] = { .attempts = 1 }, [LAST] = { .attempts = 2 }, [OVERRUN] = { .attempts = 7 },
		[LOCKED] = { .locks = 1, .until = NOW + 60 }, [SHUT] = { .attempts = 1 },
	};
	struct password password = { .temporary = true, .hash = "now", .past = "a b c" };

	password.lock[link] = locks[state];
	if (state == SHUT)
		password.lock[PASSWORD_LINK_TRUSTED] = (struct password_lock){ .locks = 2, .until = NOW + 90 };
	return password;
}

static struct password_step step_at(struct password *password, enum password_event event, enum password_link link, int64_t now)
{
	const struct password_input input = { .event = event, .link = link, .compared = "now", .fresh = "fresh", .now = now };

	return password_step(&rules, password, &input);
}

/* ---- each event in each state ---- */

enum act { COUNT, LOCK, LOCK_AND_REFUSE, REFUSE, CLEAR, CLEAR_ALL };

/* Each pair of the table in password.c once: a missing or repeated pair fails. The acts themselves are tested below. */
static void password__each_event_in_each_state__one_act(void **unused)
{
	static const struct {
		enum state state;
		enum password_event event;
		enum act act;
	} rows[] = {
#define CLEARED(state) \
	{ state, PASSWORD_RIGHT, CLEAR }, { state, PASSWORD_CHANGED, CLEAR }, { state, PASSWORD_REHASHED, CLEAR }, \
	{ state, PASSWORD_RELEASED, CLEAR_ALL }, { state, PASSWORD_GIVEN, CLEAR_ALL }
		{ OPEN, PASSWORD_ATTEMPTED, COUNT }, CLEARED(OPEN),
		{ LAST, PASSWORD_ATTEMPTED, LOCK }, CLEARED(LAST),
		{ OVERRUN, PASSWORD_ATTEMPTED, LOCK_AND_REFUSE }, CLEARED(OVERRUN),
		{ LOCKED, PASSWORD_ATTEMPTED, REFUSE }, CLEARED(LOCKED),
		{ SHUT, PASSWORD_ATTEMPTED, REFUSE }, CLEARED(SHUT),
	};
	static const struct {
		enum password_answer answer;
		bool tries_left, locks, withdraws, clears_other;
	} acts[] = {
		[COUNT] = { .answer = PASSWORD_DONE, .tries_left = true },
		[LOCK] = { .answer = PASSWORD_DONE, .locks = true },
		[LOCK_AND_REFUSE] = { .answer = PASSWORD_LOCKED, .locks = true },
		[REFUSE] = { .answer = PASSWORD_LOCKED },
		[CLEAR] = { .answer = PASSWORD_DONE, .withdraws = true },
		[CLEAR_ALL] = { .answer = PASSWORD_DONE, .withdraws = true, .clears_other = true },
	};
	unsigned int named[STATES][PASSWORD_EVENTS] = { 0 };

	/* over an untrusted link, where clearing one lock differs from clearing all */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct password password = password_in(rows[i].state, PASSWORD_LINK_UNTRUSTED);
		struct password_step step;

		if (rows[i].state != SHUT)
			password.lock[PASSWORD_LINK_TRUSTED].attempts = 1;
		step = step_at(&password, rows[i].event, PASSWORD_LINK_UNTRUSTED, NOW);
		named[rows[i].state][rows[i].event]++;
		assert_int_equal(step.answer, acts[rows[i].act].answer);
		assert_int_equal(step.left > 0, acts[rows[i].act].tries_left);
		assert_int_equal(step.notification == PASSWORD_SAYS_LOCKED, acts[rows[i].act].locks);
		assert_int_equal(step.withdraw_locked, acts[rows[i].act].withdraws);
		assert_int_equal(!password.lock[PASSWORD_LINK_TRUSTED].attempts && !password.lock[PASSWORD_LINK_TRUSTED].until,
				 acts[rows[i].act].clears_other);
		if (acts[rows[i].act].withdraws)
			assert_int_equal(password.lock[PASSWORD_LINK_UNTRUSTED].attempts | password.lock[PASSWORD_LINK_UNTRUSTED].until, 0);
	}
	for (enum state state = 0; state < STATES; state++) {
		for (enum password_event event = 0; event < PASSWORD_EVENTS; event++) {
			if (named[state][event] != 1)
				fail_msg("state %d, event %d: named %u times", (int)state, (int)event, named[state][event]);
		}
	}
}

/* ---- attempts ---- */

static void attempt__in_each_state__counted_locked_or_refused(void **unused)
{
	static const struct row {
		struct password_step step;
		struct password_lock after;
	} rows[STATES] = {
		[OPEN] = { { .left = 1 }, { .attempts = 2 } },
		[LAST] = { { .locked_until = NOW + 600, .notification = PASSWORD_SAYS_LOCKED },
			   { .locks = 1, .until = NOW + 600 } },
		[OVERRUN] = { { .answer = PASSWORD_LOCKED, .locked_until = NOW + 600, .notification = PASSWORD_SAYS_LOCKED },
			      { .locks = 1, .until = NOW + 600 } },
		[LOCKED] = { { .answer = PASSWORD_LOCKED, .locked_until = NOW + 60 }, { .locks = 1, .until = NOW + 60 } },
		[SHUT] = { { .answer = PASSWORD_LOCKED, .locked_until = NOW + 90 }, { .attempts = 1 } },
	};

	for (enum state state = 0; state < STATES; state++) {
		for (enum password_link link = state == SHUT ? PASSWORD_LINK_UNTRUSTED : 0; link < PASSWORD_LINKS; link++) {
			const enum password_link other = !link;
			struct password password = password_in(state, link), before = password;
			const struct password_step step = step_at(&password, PASSWORD_ATTEMPTED, link, NOW);

			assert_int_equal(step.answer, rows[state].step.answer);
			assert_int_equal(step.left, rows[state].step.left);
			assert_int_equal(step.locked_until, rows[state].step.locked_until);
			assert_int_equal(step.notification, rows[state].step.notification);
			assert_false(step.withdraw_locked);
			assert_memory_equal(&password.lock[link], &rows[state].after, sizeof(rows[state].after));
			assert_memory_equal(&password.lock[other], &before.lock[other], sizeof(before.lock[other]));
			assert_string_equal(password.hash, "now");
			assert_true(password.temporary);
		}
	}
}

static void attempt__lock_after_lock__locked_longer_and_then_for_good(void **unused)
{
	static const int64_t waits[] = { 600, 3600 };
	struct password password = { .hash = "now" };
	int64_t now = NOW;

	for (int row = 0; row < 3; row++) {
		for (int i = 1; i <= 3; i++) {
			const struct password_step step = step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_TRUSTED, now);

			assert_int_equal(step.answer, PASSWORD_DONE);
			assert_int_equal(step.left, 3 - i);
			assert_int_equal(step.locked_until, i < 3 ? 0 : row < 2 ? now + waits[row] : LOCKED_FOR_GOOD);
		}
		if (row == 2)
			break;
		assert_int_equal(step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_TRUSTED, now + waits[row] - 1).answer,
				 PASSWORD_LOCKED);
		now += waits[row];
	}
	assert_int_equal(step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_TRUSTED, INT64_MAX - 1).answer, PASSWORD_LOCKED);
}

/* F34: three forged texts do not stop a subscriber from suspending a stolen phone; a lock on trusted links holds for forgers, too. */
static void attempt__other_link_is_locked__only_the_trusted_lock_holds_for_both(void **unused)
{
	struct password password = password_in(LOCKED, PASSWORD_LINK_UNTRUSTED);

	assert_int_equal(step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_TRUSTED, NOW).answer, PASSWORD_DONE);
	password = password_in(LOCKED, PASSWORD_LINK_TRUSTED);
	assert_int_equal(step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_UNTRUSTED, NOW).answer, PASSWORD_LOCKED);
	assert_int_equal(step_at(&password, PASSWORD_ATTEMPTED, PASSWORD_LINK_UNTRUSTED, NOW + 60).answer, PASSWORD_DONE);
}

/* ---- right passwords, and what an operator does ---- */

static void right_changed_rehashed__in_each_state__clear(void **unused)
{
	static const struct {
		enum password_event event;
		const char *hash, *past;
		bool temporary;
		enum password_notification notification;
	} rows[] = {
		{ PASSWORD_RIGHT, "now", "a b c", true, PASSWORD_SAYS_NOTHING },
		{ PASSWORD_CHANGED, "fresh", "now a b", false, PASSWORD_SAYS_CHANGED },
		{ PASSWORD_REHASHED, "fresh", "a b c", true, PASSWORD_SAYS_NOTHING },
	};
	static const struct password_lock open;

	for (enum state state = 0; state < STATES; state++) {
		for (enum password_link link = state == SHUT ? PASSWORD_LINK_UNTRUSTED : 0; link < PASSWORD_LINKS; link++) {
			for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
				struct password password = password_in(state, link);
				const struct password_lock trusted =
					link == PASSWORD_LINK_TRUSTED ? open : password.lock[PASSWORD_LINK_TRUSTED];
				const struct password_step step = step_at(&password, rows[i].event, link, NOW);

				assert_int_equal(step.answer, PASSWORD_DONE);
				assert_int_equal(step.notification, rows[i].notification);
				assert_true(step.withdraw_locked);
				assert_string_equal(password.hash, rows[i].hash);
				assert_string_equal(password.past, rows[i].past);
				assert_int_equal(password.temporary, rows[i].temporary);
				assert_memory_equal(&password.lock[PASSWORD_LINK_UNTRUSTED], &open, sizeof(open));
				assert_memory_equal(&password.lock[PASSWORD_LINK_TRUSTED], &trusted, sizeof(open));
			}
		}
	}
}

static void right_changed_rehashed__hash_has_changed_meanwhile__nothing_done(void **unused)
{
	static const enum password_event events[] = { PASSWORD_RIGHT, PASSWORD_CHANGED, PASSWORD_REHASHED };

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct password password = password_in(LOCKED, PASSWORD_LINK_TRUSTED), before;
		struct password_step step;

		strcpy(password.hash, "another");
		before = password;
		step = step_at(&password, events[i], PASSWORD_LINK_TRUSTED, NOW);
		assert_int_equal(step.answer, PASSWORD_OUTDATED);
		assert_false(step.withdraw_locked);
		assert_memory_equal(&password, &before, sizeof(before));
	}
}

static void released_given__in_each_state__clear_all(void **unused)
{
	static const struct password_lock open[PASSWORD_LINKS];

	for (enum state state = 0; state < STATES; state++) {
		for (enum password_link link = state == SHUT ? PASSWORD_LINK_UNTRUSTED : 0; link < PASSWORD_LINKS; link++) {
			struct password password = password_in(state, link);

			assert_true(step_at(&password, PASSWORD_RELEASED, link, NOW).withdraw_locked);
			assert_memory_equal(password.lock, open, sizeof(open));
			assert_string_equal(password.hash, "now");
			assert_string_equal(password.past, "a b c");
			password = password_in(state, link);
			password.temporary = false;
			assert_int_equal(step_at(&password, PASSWORD_GIVEN, link, NOW).notification, PASSWORD_SAYS_NOTHING);
			assert_memory_equal(password.lock, open, sizeof(open));
			assert_string_equal(password.hash, "fresh");
			assert_string_equal(password.past, "now a b");
			assert_true(password.temporary);
		}
	}
}

/* ---- former passwords ---- */

static void changed__again_and_again__three_former_hashes_stored(void **unused)
{
	static const char *const past[] = { "0", "1 0", "2 1 0", "3 2 1" };
	struct password password = { .hash = "0" };

	for (int i = 0; i < 4; i++) {
		char compared[2] = { (char)('0' + i) }, fresh[2] = { (char)('1' + i) };
		const struct password_input input = { .event = PASSWORD_CHANGED, .compared = compared, .fresh = fresh, .now = NOW };

		password_step(&rules, &password, &input);
		assert_string_equal(password.past, past[i]);
	}
}

/* Four of the longest do not fit: the oldest is dropped. */
static void changed__longest_hashes__fit(void **unused)
{
	struct password password = { 0 };
	char hashes[5][PASSWORD_HASH_SIZE] = { 0 };

	for (int i = 0; i < 5; i++)
		memset(hashes[i], 'a' + i, PASSWORD_HASH_SIZE - 1);
	strcpy(password.hash, hashes[0]);
	for (int i = 1; i < 5; i++) {
		const struct password_input input = { .event = PASSWORD_CHANGED, .compared = hashes[i - 1], .fresh = hashes[i],
						      .now = NOW };

		password_step(&rules, &password, &input);
	}
	assert_int_equal(strlen(password.past), PASSWORD_PAST_SIZE - 1);
	assert_memory_equal(password.past, hashes[3], PASSWORD_HASH_SIZE - 1);
	assert_memory_equal(password.past + 2 * PASSWORD_HASH_SIZE, hashes[1], PASSWORD_HASH_SIZE - 1);
}

static void given__without_a_password__no_former_one(void **unused)
{
	struct password password = { 0 };

	step_at(&password, PASSWORD_GIVEN, PASSWORD_LINK_TRUSTED, NOW);
	assert_string_equal(password.past, "");
	assert_string_equal(password.hash, "fresh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password__each_event_in_each_state__one_act),
		cmocka_unit_test(attempt__in_each_state__counted_locked_or_refused),
		cmocka_unit_test(attempt__lock_after_lock__locked_longer_and_then_for_good),
		cmocka_unit_test(attempt__other_link_is_locked__only_the_trusted_lock_holds_for_both),
		cmocka_unit_test(right_changed_rehashed__in_each_state__clear),
		cmocka_unit_test(right_changed_rehashed__hash_has_changed_meanwhile__nothing_done),
		cmocka_unit_test(released_given__in_each_state__clear_all),
		cmocka_unit_test(changed__again_and_again__three_former_hashes_stored),
		cmocka_unit_test(changed__longest_hashes__fit),
		cmocka_unit_test(given__without_a_password__no_former_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: counting attempts at a password, locks, and setting a new one, in every store. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "tests/store/round.h"

static void attempt(struct round *round, uint64_t ref, enum result wanted)
{
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, ALICE, ref), wanted);
}

static void set(struct round *round, uint64_t ref, const char *old, const char *fresh, enum result wanted)
{
	struct request request = fixture_request(REQUEST_PASSWORD_SET, ALICE, ref);

	osmo_strlcpy(request.password.compared, old, sizeof(request.password.compared));
	osmo_strlcpy(request.password.fresh, fresh ? fresh : "", sizeof(request.password.fresh));
	ask(round, request, wanted);
}

static void password_attempt__more_than_allowed__locked(struct round *round)
{
	for (uint64_t ref = 1; ref <= ROUND_TRIES; ref++) {
		attempt(round, ref, RESULT_OK);
		assert_int_equal(found(round)->left, ROUND_TRIES - ref);
		assert_string_equal(found(round)->hash, "hash of alice");
	}
	assert_string_equal(found(round)->id_pieces, "pieces of alice");
	assert_string_equal(fixture_text(facts(round), FIELD_MSISDN), ALICE);
	attempt(round, 50, RESULT_LOCKED);
	assert_int_equal(round->answers.last.part, RESPONSE_ROWS);
	ask(round, fixture_request(REQUEST_PASSWORD_ATTEMPT, BOB, 51), RESULT_OK);
}

/* A7: a reused reference gives no uncounted guess. */
static void A7_password_attempt__same_reference_again__counted_and_locked(struct round *round)
{
	for (unsigned int try = 1; try <= ROUND_TRIES; try++) {
		attempt(round, 1, RESULT_OK);
		assert_int_equal(found(round)->left, ROUND_TRIES - try);
	}
	attempt(round, 1, RESULT_LOCKED);
	assert_int_equal(round->answers.last.part, RESPONSE_ROWS);
}

/* A7: the reference under which the password was set once shows nothing, sets nothing and releases nothing. */
static void A7_password__reference_that_set_one__neither_shown_nor_released(struct round *round)
{
	set(round, 1, "hash of alice", "fresh hash", RESULT_OK);
	for (unsigned int try = 1; try <= ROUND_TRIES; try++)
		attempt(round, 1, RESULT_OK);
	attempt(round, 1, RESULT_LOCKED);
	set(round, 1, "hash of alice", "fresh hash", RESULT_CONFLICT);
	set(round, 1, "hash of alice", NULL, RESULT_CONFLICT);
	attempt(round, 1, RESULT_LOCKED);
	assert_int_equal(number(round, FIELD_LOCKED_UNTIL), round->now + 600);
}

static void password_set__old_hash_matches_or_not__set_or_conflict(struct round *round)
{
	attempt(round, 1, RESULT_OK);
	set(round, 1, "hash of alice", "fresh hash", RESULT_OK);
	attempt(round, 2, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
	assert_string_equal(found(round)->hash, "fresh hash");
	set(round, 2, "hash of alice", "other hash", RESULT_CONFLICT);
}

static void password_set__without_a_new_one__clears_the_count_only(struct round *round)
{
	attempt(round, 1, RESULT_OK);
	attempt(round, 2, RESULT_OK);
	set(round, 2, "hash of alice", NULL, RESULT_OK);
	attempt(round, 3, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
	assert_string_equal(found(round)->hash, "hash of alice");
}

static void password_set__rehashed__no_trace(struct round *round)
{
	struct request request = fixture_request(REQUEST_PASSWORD_SET, ALICE, 1);

	attempt(round, 1, RESULT_OK);
	request.password = (struct password_request){ .compared = "hash of alice", .fresh = "anew", .rehashed = true };
	ask(round, request, RESULT_OK);
	attempt(round, 1, RESULT_OK);
	assert_string_equal(found(round)->hash, "anew");
	assert_string_equal(found(round)->past, "");
	assert_facts_of(round, NULL);
}

static void password_attempt__last_one_of_each_series__locked_longer_each_time(struct round *round)
{
	static const int64_t waits[] = { 600, 3600 };
	uint64_t ref = 1;

	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		for (unsigned int try = 1; try <= ROUND_TRIES; try++)
			attempt(round, ref++, RESULT_OK);
		assert_int_equal(found(round)->left, 0);
		assert_int_equal(number(round, FIELD_LOCKED_UNTIL), round->now + waits[i]);
		round->now += waits[i] - 1;
		attempt(round, ref++, RESULT_LOCKED);
		assert_int_equal(number(round, FIELD_LOCKED_UNTIL), round->now + 1);
		round->now++;
	}
	for (unsigned int try = 1; try <= ROUND_TRIES; try++)
		attempt(round, ref++, RESULT_OK);
	round->now += 1000 * DAY_S;
	attempt(round, ref, RESULT_LOCKED);
	assert_int_equal(number(round, FIELD_LOCKED_UNTIL), ABSENT);
}

static void password_attempt__right_on_the_last_try__lock_and_its_notification_withdrawn(struct round *round)
{
	for (uint64_t ref = 1; ref <= ROUND_TRIES; ref++)
		attempt(round, ref, RESULT_OK);
	set(round, ROUND_TRIES, "hash of alice", NULL, RESULT_OK);
	attempt(round, 10, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
	round->now += DAY_S;
	assert_facts_of(round, NULL);
}

static void password_attempt__locked__notification_after_a_while(struct round *round)
{
	struct record notified;

	for (uint64_t ref = 1; ref <= ROUND_TRIES; ref++)
		attempt(round, ref, RESULT_OK);
	assert_facts_of(round, NULL);
	round->now += 60;
	notified = assert_facts_of(round, "password_locked");
	assert_int_equal(record_number(&notified, FIELD_LOCKED_UNTIL, ABSENT), FIXTURE_NOW + 600);
	assert_string_equal(fixture_text(&notified, FIELD_LANGUAGE), "en");
}

static void password_set__four_times__three_former_ones_listed_and_notifications_left(struct round *round)
{
	static const char *const hashes[] = { "h1", "h2", "h3", "h4", "h5" };

	set(round, 1, "hash of alice", "h1", RESULT_OK);
	for (unsigned int i = 1; i < ARRAY_SIZE(hashes); i++)
		set(round, 1 + i, hashes[i - 1], hashes[i], RESULT_OK);
	attempt(round, 50, RESULT_OK);
	assert_string_equal(found(round)->past, "h4 h3 h2");
	claim(round, QUEUE_NOTIFICATIONS, DUE_MAX, 0);
	assert_rows(round, 5);
	assert_string_equal(due_notification(round, 4).kind, "password_changed");
	assert_int_equal(due_notification(round, 4).msisdn, atoll(ALICE));
}

/* ---- untrusted links: A23, A24, F34 ---- */

static struct request untrusted(enum request_kind kind, uint64_t ref)
{
	struct request request = fixture_request(kind, ALICE, ref);

	request.password.link = PASSWORD_LINK_UNTRUSTED;
	return request;
}

static void forge(struct round *round, uint64_t ref, enum result wanted)
{
	ask(round, untrusted(REQUEST_PASSWORD_ATTEMPT, ref), wanted);
}

static void lock_by_forging(struct round *round)
{
	for (uint64_t ref = 1001; ref <= 1000 + ROUND_TRIES; ref++)
		forge(round, ref, RESULT_OK);
	assert_int_equal(found(round)->left, 0);
	forge(round, 1100, RESULT_LOCKED);
}

static void A24_password_attempt__untrusted_ones_are_locked__owner_is_not(struct round *round)
{
	lock_by_forging(round);
	for (uint64_t ref = 1; ref <= ROUND_TRIES; ref++) {
		attempt(round, ref, RESULT_OK);
		assert_int_equal(found(round)->left, ROUND_TRIES - ref);
	}
	attempt(round, 50, RESULT_LOCKED);
}

/* The holder of a stolen phone gets no more tries by text. */
static void A24_password_attempt__owner_is_locked__so_are_the_untrusted(struct round *round)
{
	for (uint64_t ref = 1; ref <= ROUND_TRIES; ref++)
		attempt(round, ref, RESULT_OK);
	forge(round, 1001, RESULT_LOCKED);
	assert_int_equal(number(round, FIELD_LOCKED_UNTIL), FIXTURE_NOW + 600);
	round->now += 600;
	forge(round, 1002, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
}

static void A24_password_attempt__untrusted_ones__locked_longer_each_time(struct round *round)
{
	lock_by_forging(round);
	assert_int_equal(number(round, FIELD_LOCKED_UNTIL), FIXTURE_NOW + 600);
	round->now += 600;
	for (uint64_t ref = 1201; ref <= 1200 + ROUND_TRIES; ref++)
		forge(round, ref, RESULT_OK);
	assert_int_equal(number(round, FIELD_LOCKED_UNTIL), round->now + 3600);
}

static void A24_password_set__right_over_a_trusted_link__releases_both(struct round *round)
{
	lock_by_forging(round);
	attempt(round, 1, RESULT_OK);
	set(round, 1, "hash of alice", NULL, RESULT_OK);
	forge(round, 1300, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
}

static void A24_password_set__right_over_an_untrusted_link__releases_its_own_count(struct round *round)
{
	struct request request = untrusted(REQUEST_PASSWORD_SET, 1001);

	attempt(round, 1, RESULT_OK);
	attempt(round, 2, RESULT_OK);
	forge(round, 1001, RESULT_OK);
	strcpy(request.password.compared, "hash of alice");
	ask(round, request, RESULT_OK);
	forge(round, 1002, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 1);
	attempt(round, 3, RESULT_OK);
	assert_int_equal(found(round)->left, ROUND_TRIES - 3);
}

#define CASE_DELAYS(name) { #name, name, { .password_delays = "600 3600" } }
static const struct round_case cases[] = {
	CASE(password_attempt__more_than_allowed__locked),
	CASE(A7_password_attempt__same_reference_again__counted_and_locked),
	CASE_DELAYS(A7_password__reference_that_set_one__neither_shown_nor_released),
	CASE(password_set__old_hash_matches_or_not__set_or_conflict),
	CASE(password_set__without_a_new_one__clears_the_count_only),
	CASE(password_set__rehashed__no_trace),
	CASE_DELAYS(password_attempt__last_one_of_each_series__locked_longer_each_time),
	CASE_DELAYS(password_attempt__right_on_the_last_try__lock_and_its_notification_withdrawn),
	CASE_DELAYS(password_attempt__locked__notification_after_a_while),
	CASE(password_set__four_times__three_former_ones_listed_and_notifications_left),
	CASE(A24_password_attempt__untrusted_ones_are_locked__owner_is_not),
	CASE_DELAYS(A24_password_attempt__owner_is_locked__so_are_the_untrusted),
	CASE_DELAYS(A24_password_attempt__untrusted_ones__locked_longer_each_time),
	CASE(A24_password_set__right_over_a_trusted_link__releases_both),
	CASE(A24_password_set__right_over_an_untrusted_link__releases_its_own_count),
};

int main(void)
{
	return rounds_run(cases, ARRAY_SIZE(cases));
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hot accounts: what was put is found by both numbers until it is dropped, nobody gets another's profile, and memory is bounded. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts/hot.h"
#include "starhash/account.h"
#include "starhash/request.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"

#define SEED 42
#define MANY (1 << 26)		/* octets */
#define NUMBERS 80000
#define SMALL (1 << 20)
#define MSISDN INT64_C(8613800138000)
#define IMSI INT64_C(1010000000000)

struct made {
	struct record facts;
	uint8_t octets[2 * ACCOUNT_SERVICES_SIZE];
};

static const char *const tariffs[] = { "DAILY2", "MONTHLY59", "DATA100" };
static const char *const services[] = { "", "NEWS", "NEWS WEATHER", "CALLID CRBT DATA1G MISSED NEWS SPORT WEATHER" };

static struct record *empty(struct made *profile)
{
	profile->facts = (struct record){ .data = profile->octets, .size = sizeof(profile->octets) };
	return &profile->facts;
}

/* As the store answers; \a n decides about everything. */
static struct record *profile_make(struct made *profile, int64_t msisdn, unsigned int n)
{
	struct record *facts = empty(profile);

	msisdn_put(facts, msisdn);
	record_append_text(facts, FIELD_ACCOUNT, n % 2 ? "prepaid" : "postpaid", n % 2 ? 7 : 8);
	record_append_text(facts, FIELD_LANGUAGE, "zh", 2);
	record_append_text(facts, FIELD_SERVICES, services[n % 4], strlen(services[n % 4]));
	if (n % 5)
		record_append_number(facts, FIELD_BILL_TOTAL, n % 7 ? n * 37 % 30000 : -INT64_C(123456789012));
	record_append_number(facts, FIELD_AS_OF, 1795977399);
	record_append_number(facts, FIELD_BALANCE, n % 11 ? n * 13 % 10000 : INT64_MIN);
	record_append_number(facts, FIELD_VALID_UNTIL, 20270101 + n % 28);
	record_append_text(facts, FIELD_TARIFF, tariffs[n % 3], strlen(tariffs[n % 3]));
	return facts;
}

static bool finds(struct hot *hot, int64_t msisdn, unsigned int n)
{
	struct made found, expected;

	return hot_find(hot, msisdn, empty(&found)) && fixture_same(profile_make(&expected, msisdn, n), &found.facts);
}

static bool finds_by_imsi(struct hot *hot, int64_t imsi, int64_t msisdn, unsigned int n)
{
	struct made found, expected;

	return hot_find_by_imsi(hot, imsi, empty(&found)) && fixture_same(profile_make(&expected, msisdn, n), &found.facts);
}

static bool knows(struct hot *hot, int64_t msisdn)
{
	struct made found;

	return hot_find(hot, msisdn, empty(&found));
}

static bool knows_imsi(struct hot *hot, int64_t imsi)
{
	struct made found;

	return hot_find_by_imsi(hot, imsi, empty(&found));
}

static void put(struct hot *hot, int64_t msisdn, int64_t imsi, unsigned int n)
{
	struct made profile;

	hot_put(hot, msisdn, imsi, profile_make(&profile, msisdn, n));
}

static void hot__put__found_by_both_numbers(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);

	for (unsigned int n = 0; n < 1000; n++)
		put(hot, MSISDN + n, IMSI + n, n);
	for (unsigned int n = 0; n < 1000; n++) {
		assert_true(finds(hot, MSISDN + n, n));
		assert_true(finds_by_imsi(hot, IMSI + n, MSISDN + n, n));
	}
	assert_false(knows(hot, MSISDN + 1000));
	assert_false(knows_imsi(hot, IMSI + 1000));
	assert_false(knows_imsi(hot, MSISDN));
	hot_free(hot);
}

static void hot__put_without_imsi__found_by_msisdn_only(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);

	put(hot, MSISDN, 0, 1);
	assert_true(finds(hot, MSISDN, 1));
	assert_false(knows_imsi(hot, 0));
	put(hot, MSISDN, IMSI, 1);
	assert_true(finds_by_imsi(hot, IMSI, MSISDN, 1));
	hot_free(hot);
}

static void hot__put_again__only_the_new_one_found(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);

	put(hot, MSISDN, IMSI, 1);
	put(hot, MSISDN, IMSI + 1, 2);
	assert_true(finds(hot, MSISDN, 2));
	assert_true(finds_by_imsi(hot, IMSI + 1, MSISDN, 2));
	assert_false(knows_imsi(hot, IMSI));
	hot_free(hot);
}

static void hot__sim_of_another__former_owner_dropped(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);

	put(hot, MSISDN, IMSI, 1);
	put(hot, MSISDN + 1, IMSI, 2);
	assert_true(finds_by_imsi(hot, IMSI, MSISDN + 1, 2));
	assert_false(knows(hot, MSISDN));
	hot_free(hot);
}

static void hot__dropped__not_found(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);

	put(hot, MSISDN, IMSI, 1);
	put(hot, MSISDN + 1, IMSI + 1, 2);
	hot_drop(hot, MSISDN);
	hot_drop(hot, MSISDN + 2);
	assert_false(knows(hot, MSISDN));
	assert_false(knows_imsi(hot, IMSI));
	assert_true(finds(hot, MSISDN + 1, 2));
	hot_free(hot);
}

static struct record *numbers_make(struct made *profile, int64_t msisdn, unsigned int count, int64_t number)
{
	msisdn_put(empty(profile), msisdn);
	for (unsigned int i = 0; i < count; i++)
		record_append_number(&profile->facts, FIELD_COUNT + i, number);
	return &profile->facts;
}

static void expect_found(struct hot *hot, int64_t msisdn, const struct record *facts)
{
	struct made found;

	assert_true(hot_find(hot, msisdn, empty(&found)));
	assert_true(fixture_same(facts, &found.facts));
}

static void hot__more_numbers_than_a_shape_has__as_they_were(void **state)
{
	struct hot *hot = hot_new(MANY, 0, SEED);
	struct made profile;

	hot_put(hot, MSISDN, IMSI, numbers_make(&profile, MSISDN, 60, 7));
	expect_found(hot, MSISDN, &profile.facts);
	hot_free(hot);
}

static void hot__too_long_for_an_entry__not_remembered(void **state)
{
	static const unsigned int counts[] = { 25, 48, 60, 100 };	/* within the slots of a shape, and beyond them */

	for (unsigned int i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct hot *hot = hot_new(MANY, 0, SEED);
		struct made profile;

		hot_put(hot, MSISDN, IMSI, numbers_make(&profile, MSISDN, counts[i], 0));
		hot_put(hot, MSISDN + 1, 0, numbers_make(&profile, MSISDN + 1, counts[i], INT64_MIN));
		assert_false(knows(hot, MSISDN + 1));
		hot_free(hot);
	}
}

static struct record *services_make(struct made *profile, int64_t msisdn, const char *text, size_t len)
{
	msisdn_put(empty(profile), msisdn);
	record_append_number(&profile->facts, FIELD_BALANCE, msisdn % 1000);
	record_append_text(&profile->facts, FIELD_SERVICES, text, len);
	return &profile->facts;
}

static void hot__lists_of_services__as_they_were(void **state)
{
	static const char *const lists[] = { "NEWS", "", " ", "NEWS SPORT", "SPORT NEWS", "NEWS  SPORT", " NEWS", "NEWS " };
	const unsigned int count = sizeof(lists) / sizeof(*lists);
	struct hot *hot = hot_new(MANY, 0, SEED);
	struct made profile;

	for (unsigned int i = 0; i < count; i++)
		hot_put(hot, MSISDN + i, 0, services_make(&profile, MSISDN + i, lists[i], strlen(lists[i])));
	for (unsigned int i = 0; i < count; i++)
		expect_found(hot, MSISDN + i, services_make(&profile, MSISDN + i, lists[i], strlen(lists[i])));
	hot_free(hot);
}

/* As one code, and as many. */
static void hot__longest_list_of_services__as_it_was(void **state)
{
	char text[ACCOUNT_SERVICES_SIZE];
	struct hot *hot = hot_new(MANY, 0, SEED);
	struct made profile;

	memset(text, 'A', sizeof(text));
	hot_put(hot, MSISDN, 0, services_make(&profile, MSISDN, text, sizeof(text) - 1));
	expect_found(hot, MSISDN, &profile.facts);
	hot_put(hot, MSISDN, 0, services_make(&profile, MSISDN, text, sizeof(text)));
	assert_false(knows(hot, MSISDN));
	for (unsigned int i = 3; i < sizeof(text); i += 4)
		text[i] = ' ';
	hot_put(hot, MSISDN, 0, services_make(&profile, MSISDN, text, sizeof(text) - 1));
	expect_found(hot, MSISDN, &profile.facts);
	hot_free(hot);
}

static void hot__more_shapes_than_fit__as_they_were(void **state)
{
	struct hot *hot = hot_new(4 * MANY, 0, SEED);
	struct made profile, found;
	char text[24];

	for (unsigned int n = 0; n < 20000; n++) {
		struct record *facts = profile_make(&profile, MSISDN + n, n);

		record_append_text(facts, FIELD_BRAND, text, (size_t)snprintf(text, sizeof(text), "brand %u", n));
		hot_put(hot, MSISDN + n, IMSI + n, facts);
		assert_true(hot_find(hot, MSISDN + n, empty(&found)));
		assert_true(fixture_same(facts, &found.facts));
	}
	hot_free(hot);
}

/* Profiles come, go and change their SIM. */
static void hot__random__never_old_never_another_s(void **state)
{
	static unsigned int here[NUMBERS];	/* the profile put last; 0: none, or it was dropped */
	static unsigned int sims[NUMBERS], holders[NUMBERS];
	struct hot *hot = hot_new(SMALL, 0, SEED);
	struct hot_counts counts;
	unsigned int hits = 0;

	srandom(7);
	for (unsigned int n = 1; n < 600000; n++) {
		const unsigned int who = random() % NUMBERS, sim = random() % NUMBERS;

		switch (random() % 8) {
		case 0:
			hot_drop(hot, MSISDN + who);
			here[who] = 0;
			break;
		case 1:
		case 2:
			put(hot, MSISDN + who, IMSI + sim, n);
			if (sims[holders[sim]] == sim)
				here[holders[sim]] = 0;
			here[who] = n;
			sims[who] = sim;
			holders[sim] = who;
			break;
		case 3:
			if (!knows_imsi(hot, IMSI + sim))
				break;
			assert_int_equal(sims[holders[sim]], sim);
			assert_true(finds_by_imsi(hot, IMSI + sim, MSISDN + holders[sim], here[holders[sim]]));
			break;
		default:
			if (!knows(hot, MSISDN + who))
				break;
			assert_true(here[who] && finds(hot, MSISDN + who, here[who]));
			hits++;
		}
	}
	hot_count(hot, &counts);
	assert_true(counts.evicted > 1000);
	assert_true(hits > 50000);
	assert_true(counts.octets <= SMALL);
	hot_free(hot);
}

static void hot__full__those_asked_for_stay(void **state)
{
	struct hot *hot = hot_new(SMALL, 0, SEED);
	unsigned int stayed = 0, others = 0;

	for (unsigned int n = 0; n < 100000; n++) {
		put(hot, MSISDN + n, IMSI + n, n);
		for (unsigned int asked = 0; asked < 100; asked++)
			knows(hot, MSISDN + asked);
	}
	for (unsigned int n = 0; n < 100; n++)
		stayed += finds(hot, MSISDN + n, n);
	for (unsigned int n = 100; n < 200; n++)
		others += knows(hot, MSISDN + n);
	assert_in_range(stayed, 90, 100);	/* one now and then, so that no put takes long */
	assert_int_equal(others, 0);
	hot_free(hot);
}

/* Numbers that differ in many octets: the ring is full before the indexes are. */
static struct record *long_make(struct made *profile, int64_t msisdn, unsigned int n)
{
	msisdn_put(empty(profile), msisdn);
	for (unsigned int i = 0; i < 20; i++)
		record_append_number(&profile->facts, FIELD_COUNT + i, (INT64_C(1) << 8 * (i % 8) << n % 7) + n);
	return &profile->facts;
}

static void hot__all_asked_for__none_overwritten(void **state)
{
	const unsigned int many = 30000;
	struct hot *hot = hot_new(SMALL, 0, SEED);
	struct hot_counts counts;
	struct made profile;
	unsigned int here = 0;

	for (unsigned int n = 0; n < many; n++) {
		hot_put(hot, MSISDN + n, IMSI + n, long_make(&profile, MSISDN + n, n));
		expect_found(hot, MSISDN + n, &profile.facts);
	}
	for (unsigned int n = 0; n < many; n++)
		if (knows(hot, MSISDN + n)) {
			expect_found(hot, MSISDN + n, long_make(&profile, MSISDN + n, n));
			here++;
		}
	hot_count(hot, &counts);
	assert_int_equal(counts.profiles, here);
	assert_int_equal(counts.evicted, many - here);
	assert_true(counts.octets <= SMALL);
	hot_free(hot);
}

static void hot__asked_for_long_ago__goes(void **state)
{
	struct hot *hot = hot_new(SMALL, 0, SEED);

	for (unsigned int n = 0; n < 100000; n++) {
		put(hot, MSISDN + n, IMSI + n, n);
		if (n < 100)
			assert_true(knows(hot, MSISDN + n));
	}
	for (unsigned int n = 0; n < 100; n++)
		assert_false(knows(hot, MSISDN + n));
	hot_free(hot);
}

/* So that no put takes long. */
static void hot__all_asked_for__the_seventeenth_goes(void **state)
{
	struct hot *hot = hot_new(SMALL, 0, SEED);

	for (unsigned int n = 0; !hot_is_full(hot); n++) {
		put(hot, MSISDN + n, IMSI + n, n);
		assert_true(knows(hot, MSISDN + n));
	}
	for (unsigned int n = 0; n < 20; n++)
		assert_int_equal(knows(hot, MSISDN + n), n != 16);
	hot_free(hot);
}

static void hot__more_expected_than_fit__in_its_memory(void **state)
{
	struct hot *hot = hot_new(SMALL, 10000000, SEED);
	struct hot_counts counts;

	hot_count(hot, &counts);
	assert_true(counts.octets <= SMALL);
	hot_free(hot);
}

static void hot__shapes_and_codes_without_end__in_its_memory(void **state)
{
	struct hot *hot = hot_new(SMALL, 0, SEED);
	struct hot_counts counts;
	struct made profile;
	char text[24];

	for (unsigned int n = 0; n < 20000; n++) {
		const size_t len = (size_t)snprintf(text, sizeof(text), "CODE%u", n);
		struct record *facts = services_make(&profile, MSISDN + n, text, len);

		if (n % 2)
			record_append_text(facts, FIELD_BRAND, text, len);
		hot_put(hot, MSISDN + n, 0, facts);
		expect_found(hot, MSISDN + n, facts);
	}
	hot_count(hot, &counts);
	assert_true(counts.octets <= SMALL);
	hot_free(hot);
}

/* Ten million in 400 MB. */
static void hot__many__forty_octets_for_each(void **state)
{
	const unsigned int many = 200000;
	struct hot *hot = hot_new((size_t)many * 40, many, SEED);
	struct hot_counts counts;

	for (unsigned int n = 0; n < many; n++)
		put(hot, MSISDN + n * 7, IMSI + n * 11, n);
	hot_count(hot, &counts);
	assert_int_equal(counts.profiles, many);
	assert_true(counts.octets <= (size_t)many * 40);
	hot_free(hot);
}

/* Hardly two have the same six of thirty. */
static void hot__each_other_services__forty_octets_for_each(void **state)
{
	const unsigned int many = 200000;
	struct hot *hot = hot_new((size_t)many * 40, many, SEED);
	struct hot_counts counts;
	struct made profile;
	char text[64];

	srandom(7);
	for (unsigned int n = 0; n < many; n++) {
		size_t len = 0;

		for (unsigned int i = 0; i < 6; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%sCODE%lu", i ? " " : "", 5 * i + random() % 5);
		hot_put(hot, MSISDN + n * 7, IMSI + n * 11, services_make(&profile, MSISDN + n * 7, text, len));
	}
	hot_count(hot, &counts);
	assert_int_equal(counts.profiles, many);
	assert_true(counts.octets <= (size_t)many * 40);
	hot_free(hot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hot__put__found_by_both_numbers),
		cmocka_unit_test(hot__put_without_imsi__found_by_msisdn_only),
		cmocka_unit_test(hot__put_again__only_the_new_one_found),
		cmocka_unit_test(hot__sim_of_another__former_owner_dropped),
		cmocka_unit_test(hot__dropped__not_found),
		cmocka_unit_test(hot__more_numbers_than_a_shape_has__as_they_were),
		cmocka_unit_test(hot__too_long_for_an_entry__not_remembered),
		cmocka_unit_test(hot__lists_of_services__as_they_were),
		cmocka_unit_test(hot__longest_list_of_services__as_it_was),
		cmocka_unit_test(hot__more_shapes_than_fit__as_they_were),
		cmocka_unit_test(hot__random__never_old_never_another_s),
		cmocka_unit_test(hot__full__those_asked_for_stay),
		cmocka_unit_test(hot__all_asked_for__none_overwritten),
		cmocka_unit_test(hot__asked_for_long_ago__goes),
		cmocka_unit_test(hot__all_asked_for__the_seventeenth_goes),
		cmocka_unit_test(hot__more_expected_than_fit__in_its_memory),
		cmocka_unit_test(hot__shapes_and_codes_without_end__in_its_memory),
		cmocka_unit_test(hot__many__forty_octets_for_each),
		cmocka_unit_test(hot__each_other_services__forty_octets_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Duplicates, loops, and senders that are never answered. */
#include "sms_test.h"

static bool before(struct sms_dedup *dedup, uint64_t now, uint64_t from, uint64_t to, uint32_t reference,
		   const char *text)
{
	return sms_dedup_check(dedup, now, sms_dedup_key(dedup, from, to, reference, text, strlen(text)));
}

static uint64_t key_of(struct sms_dedup *dedup, uint64_t from, uint32_t reference, const char *text)
{
	return sms_dedup_key(dedup, from, 2, reference, text, strlen(text));
}

static void dedup__F19_same_text_again__recognised_within_the_window(void **state)
{
	struct sms_dedup *dedup = sms_dedup_new(100, 5000, 42);

	assert_false(before(dedup, 100, 1, 2, 0, "YE"));
	assert_true(before(dedup, 200, 1, 2, 0, "YE"));
	assert_true(before(dedup, 5099, 1, 2, 0, "YE"));
	assert_false(before(dedup, 5100, 1, 2, 0, "YE"));	/* counted from the first, not prolonged */
	assert_false(before(dedup, 5200, 3, 2, 0, "YE"));
	assert_false(before(dedup, 5200, 1, 3, 0, "YE"));
	assert_false(before(dedup, 5200, 1, 2, 7, "YE"));
	assert_false(before(dedup, 5200, 1, 2, 0, "YE "));
	assert_false(before(dedup, 5200, 1, 2, 0, ""));
	assert_true(before(dedup, 5300, 1, 2, 7, "YE"));
	assert_int_equal(sms_dedup_find(dedup, 5300, key_of(dedup, 1, 7, "YE")).when, 5200);
	assert_false(sms_dedup_find(dedup, 5300, key_of(dedup, 1, 8, "YE")).seen);
	assert_false(sms_dedup_find(dedup, 10200, key_of(dedup, 1, 7, "YE")).seen);
	sms_dedup_forget(dedup, key_of(dedup, 1, 7, "YE"));
	assert_false(before(dedup, 5300, 1, 2, 7, "YE"));
	sms_dedup_forget(dedup, key_of(dedup, 1, 99, "YE"));
	sms_dedup_free(dedup);
}

/* A52: whether a page has been sent since. */
static void dedup__answered__first_time_counts(void **state)
{
	struct sms_dedup *dedup = sms_dedup_new(100, 5000, 42);
	const uint64_t key = key_of(dedup, 1, 7, "1");

	sms_dedup_answered(dedup, 100, key);
	assert_false(sms_dedup_find(dedup, 100, key).seen);
	assert_false(before(dedup, 100, 1, 2, 7, "1"));
	assert_int_equal(sms_dedup_find(dedup, 200, key).answered, 0);
	sms_dedup_answered(dedup, 100, key);
	assert_int_equal(sms_dedup_find(dedup, 200, key).answered, 101);
	sms_dedup_answered(dedup, 4000, key);
	assert_int_equal(sms_dedup_find(dedup, 4000, key).answered, 101);
	assert_false(before(dedup, 5100, 1, 2, 7, "1"));
	assert_int_equal(sms_dedup_find(dedup, 5100, key).answered, 0);
	sms_dedup_free(dedup);
}

/* A49: the configured number is remembered, however unlucky their hashes. */
static void dedup__A49_as_many_as_it_holds__all_recognised_until_they_expire(void **state)
{
	struct sms_dedup *dedup = sms_dedup_new(100000, 1u << 30, 1);

	for (unsigned int i = 0; i < 100000; i++) {
		assert_false(sms_dedup_full(dedup, i + 1));
		assert_false(before(dedup, i + 1, i, 0, 0, "x"));
	}
	assert_true(sms_dedup_full(dedup, 100001));
	for (unsigned int i = 0; i < 100000; i++)
		assert_true(before(dedup, 100001, i, 0, 0, "x"));
	sms_dedup_forget(dedup, sms_dedup_key(dedup, 500, 0, 0, "x", 1));
	assert_false(sms_dedup_full(dedup, 100001));
	assert_false(before(dedup, 100001, 500, 0, 0, "x"));
	assert_true(sms_dedup_full(dedup, 100001));
	assert_false(sms_dedup_full(dedup, 1 + (1u << 30)));	/* the first one's window is over */
	sms_dedup_free(dedup);
}

static void dedup__more_than_it_holds__oldest_forgotten(void **state)
{
	struct sms_dedup *dedup = sms_dedup_new(1000, 1u << 30, 1);

	for (unsigned int i = 0; i < 10000; i++)
		assert_false(before(dedup, i + 1, i, 0, 0, "x"));
	for (unsigned int i = 9000; i < 10000; i++)
		assert_true(before(dedup, 10001, i, 0, 0, "x"));
	assert_false(before(dedup, 10001, 8999, 0, 0, "x"));
	sms_dedup_free(dedup);
}

/* Compared with a plain list of the texts, over some windows. */
static void dedup__random_texts__same_as_a_plain_list(void **state)
{
	enum { TEXTS = 50, WINDOW = 100 };
	struct sms_dedup *dedup = sms_dedup_new(64, WINDOW, 1);
	uint64_t last[TEXTS] = { 0 }, seed = 3;

	for (uint64_t now = 1000; now < 200000; now++) {
		const unsigned int text = random_next(&seed) % TEXTS;
		const uint64_t key = sms_dedup_key(dedup, text, 0, 0, "x", 1);
		const bool known = last[text] && now - last[text] < WINDOW;

		assert_int_equal(sms_dedup_find(dedup, now, key).seen, known);
		assert_int_equal(sms_dedup_check(dedup, now, key), known);
		if (!known)
			last[text] = now;
		if (random_next(&seed) % 8)
			continue;
		sms_dedup_forget(dedup, key);
		last[text] = 0;
	}
	sms_dedup_free(dedup);
}

static enum sms_verdict check(struct sms_loop_brake *brake, uint64_t now, uint64_t from, const char *text, bool *log)
{
	return sms_loop_brake_check(brake, now, from, 0, text, strlen(text), log);
}

/* An auto-responder that always sends the same text. */
static void loop_brake__F20_same_text_repeatedly__stops_and_reports_once(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 100, .repeats = 3, .repeat_ms = 60000, .answers = 100 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	unsigned int answered = 0, logged = 0;
	bool log;

	for (unsigned int i = 0; i < 50; i++) {
		answered += check(brake, i * 1000, 1, "I am on holiday", &log) == SMS_SERVE;
		logged += log;
	}
	assert_int_equal(answered, 3);
	assert_int_equal(logged, 1);
	assert_int_equal(check(brake, 50000, 2, "I am on holiday", &log), SMS_SERVE);
	assert_int_equal(check(brake, 50000, 1, "something else", &log), SMS_SERVE);
	assert_int_equal(check(brake, 60001, 1, "I am on holiday", &log), SMS_SERVE);
	assert_int_equal(check(brake, 60002, 1, "I am on holiday", &log), SMS_SERVE);
	assert_int_equal(check(brake, 60003, 1, "I am on holiday", &log), SMS_SERVE);
	assert_int_equal(check(brake, 60004, 1, "I am on holiday", &log), SMS_STOP_REPEATS);
	assert_true(log);
	assert_int_equal(check(brake, 60003 + 60000, 1, "I am on holiday", &log), SMS_SERVE);
	sms_loop_brake_free(brake);
}

/* Deferred by overload, the SMSC repeats it: that is not a loop. */
static void loop_brake__deferred__not_counted(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 100, .repeats = 2, .repeat_ms = 60000, .answers = 2 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	for (unsigned int i = 0; i < 50; i++) {
		assert_int_equal(check(brake, i, 1, "YE", &log), SMS_SERVE);
		sms_loop_brake_forget(brake, 1);
	}
	assert_int_equal(check(brake, 50, 1, "YE", &log), SMS_SERVE);
	assert_int_equal(check(brake, 51, 1, "YE", &log), SMS_SERVE);
	assert_int_equal(check(brake, 52, 1, "YE", &log), SMS_STOP_REPEATS);
	sms_loop_brake_forget(brake, 2);
	sms_loop_brake_free(brake);
}

/* F20: another automatic service, whose texts differ. */
static void loop_brake__F20_many_answers_an_hour__stops_until_the_hour_is_over(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 100, .repeats = 3, .repeat_ms = 60000, .answers = 20 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	unsigned int answered = 0, logged = 0;
	bool log;

	for (unsigned int i = 0; i < 100; i++) {
		char text[32];

		snprintf(text, sizeof(text), "Ticket %u", i);
		answered += check(brake, 1000 + i * 1000, 1, text, &log) == SMS_SERVE;
		logged += log;
	}
	assert_int_equal(answered, 20);
	assert_int_equal(logged, 1);
	assert_int_equal(check(brake, 200000, 1, "one more", &log), SMS_STOP_ANSWERS);
	assert_false(log);
	assert_int_equal(check(brake, 1000 + 3600000, 1, "next hour", &log), SMS_SERVE);
	sms_loop_brake_free(brake);
}

static void loop_brake__limits_of_zero__never_stop(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 1 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(check(brake, i, 1, "x", &log), SMS_SERVE);
	sms_loop_brake_free(brake);
	sms_loop_brake_free(NULL);
	sms_dedup_free(NULL);
}

/* SMS menus are answered with "1" and "2", which is not a loop. */
static void loop_brake__a_person_in_a_menu__served(void **state)
{
	static const char *const texts[] = { "YE", "1", "1", "2", "0", "1", "1", "0", "3", "1" };
	struct sms_loop_brake_limits limits = { .senders = 8, .repeats = 3, .repeat_ms = 600000, .answers = 60 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(check(brake, i * 5000, 1, texts[i], &log), SMS_SERVE);
	sms_loop_brake_free(brake);
}

/* A50: the sixth "1" in a row once went unanswered. */
static void loop_brake__A50_same_number_to_page_after_page__served_up_to_the_hour(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 8, .repeats = 5, .repeat_ms = 600000, .answers = 60 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	for (unsigned int i = 0; i < 60; i++) {
		assert_int_equal(check(brake, 1000 + i * 4000, 1, "1", &log), SMS_SERVE);
		sms_loop_brake_asked(brake, 1, "1 Next\n0 Back", 13);
	}
	assert_int_equal(check(brake, 300000, 1, "1", &log), SMS_STOP_ANSWERS);
	sms_loop_brake_free(brake);
}

/* A50: the same words to another page each time are not a loop either; to the same page they are. */
static void loop_brake__A50_same_words__counted_if_the_page_is_the_same(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 8, .repeats = 3, .repeat_ms = 600000, .answers = 60 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	unsigned int served = 0;
	char page[16];
	bool log;

	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(check(brake, i * 4000, 1, "next please", &log), SMS_SERVE);
		snprintf(page, sizeof(page), "Page %u", i);
		sms_loop_brake_asked(brake, 1, page, strlen(page));
	}
	for (unsigned int i = 0; i < 10; i++) {
		served += check(brake, i * 4000, 2, "I am on holiday", &log) == SMS_SERVE;
		sms_loop_brake_asked(brake, 2, "What did you mean?", 18);
	}
	assert_int_equal(served, 4);	/* the second one answers a page for the first time */
	sms_loop_brake_asked(brake, 3, "A page to a stranger", 20);
	sms_loop_brake_free(brake);
}

/* A page is answered once; a deferred text answers it when it comes again. */
static void loop_brake__A50_number_without_a_page__counted(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 8, .repeats = 3, .repeat_ms = 600000, .answers = 60 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	assert_int_equal(check(brake, 0, 1, "1", &log), SMS_SERVE);
	sms_loop_brake_asked(brake, 1, "Page", 4);
	for (unsigned int i = 0; i < 9; i++) {
		assert_int_equal(check(brake, 1, 1, "1", &log), SMS_SERVE);
		sms_loop_brake_forget(brake, 1);
	}
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(check(brake, 2, 1, "1", &log), SMS_SERVE);
	assert_int_equal(check(brake, 3, 1, "1", &log), SMS_STOP_REPEATS);
	sms_loop_brake_free(brake);
}

/* A52: when a reference is significant. */
static void loop_brake__A52_references__significant_if_they_differ_between_texts(void **state)
{
	static const struct { uint32_t reference; const char *text; bool numbered; } rows[] = {
		{ 7, "YE", false }, { 7, "YE", false }, { 7, "1", false }, { 8, "1", true }, { 0, "2", true }, { 8, "1", false },
		{ 9, "1", true }, { 10, "1", true }, { 10, "1", true }, { 10, "0", false },
	};
	struct sms_loop_brake_limits limits = { .senders = 8 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	assert_false(sms_loop_brake_numbered(brake, 1));
	for (size_t i = 0; i < COUNT(rows); i++) {
		sms_loop_brake_check(brake, i, 1, rows[i].reference, rows[i].text, strlen(rows[i].text), &log);
		assert_int_equal(sms_loop_brake_numbered(brake, 1), rows[i].numbered);
	}
	sms_loop_brake_free(brake);
}

static void loop_brake__more_senders_than_it_holds__quiet_ones_forgotten(void **state)
{
	struct sms_loop_brake_limits limits = { .senders = 64, .repeats = 1, .repeat_ms = 600000, .answers = 60 };
	struct sms_loop_brake *brake = sms_loop_brake_new(&limits, 7);
	bool log;

	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(check(brake, i, i + 100, "x", &log), SMS_SERVE);
		assert_int_equal(check(brake, i, 1, "loop", &log), i == 0 ? SMS_SERVE : SMS_STOP_REPEATS);
	}
	sms_loop_brake_free(brake);
}

static void sender__rules__decide_in_order(void **state)
{
	static const char *const test[] = { "491700000001" }, *const allow[] = { "10010", "+4917*" };
	static const char *const deny[] = { "4917999*", "86138*", "0049190*", "10010" };
	static const struct sms_rules rules = {
		.test = { test, 1 }, .allow = { allow, 2 }, .deny = { deny, 4 }, .short_below = 7,
	};
	static const struct { uint8_t ton; const char *address; enum sms_sender sender, only; } rows[] = {
		{ 1, "491700000001", SMS_SENDER_TEST, SMS_SENDER_TEST }, { 1, "+491700000001", SMS_SENDER_TEST, SMS_SENDER_TEST },
		{ 0, "00491700000001", SMS_SENDER_TEST, SMS_SENDER_TEST },
		{ 1, "491799912345", SMS_SENDER_SERVED, SMS_SENDER_SERVED },	/* allowed comes before denied */
		{ 1, "8613812345678", SMS_SENDER_DENIED, SMS_SENDER_DENIED },
		{ 1, "8613912345678", SMS_SENDER_SERVED, SMS_SENDER_NOT_ALLOWED },
		{ 1, "4919012345", SMS_SENDER_DENIED, SMS_SENDER_DENIED }, { 0, "10010", SMS_SENDER_SERVED, SMS_SENDER_SERVED },
		{ 0, "100100", SMS_SENDER_SHORT, SMS_SENDER_NOT_ALLOWED }, { 3, "1001", SMS_SENDER_SHORT, SMS_SENDER_NOT_ALLOWED },
		{ 0, "1234567", SMS_SENDER_SERVED, SMS_SENDER_NOT_ALLOWED }, { 5, "BANK", SMS_SENDER_NAME, SMS_SENDER_NAME },
		{ 5, "12345678", SMS_SENDER_NAME, SMS_SENDER_NAME }, { 0, "My Bank", SMS_SENDER_NAME, SMS_SENDER_NAME },
		{ 0, "", SMS_SENDER_NAME, SMS_SENDER_NAME }, { 1, "+", SMS_SENDER_NAME, SMS_SENDER_NAME },
		{ 1, "12345678a", SMS_SENDER_NAME, SMS_SENDER_NAME },
	};
	struct sms_rules only = rules;

	only.only_allowed = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t len = strlen(rows[i].address);

		assert_int_equal(sms_sender_check(&rules, rows[i].ton, rows[i].address, len), rows[i].sender);
		assert_int_equal(sms_sender_check(&only, rows[i].ton, rows[i].address, len), rows[i].only);
	}
}

/* SipHash spreads well: no two of many similar keys collide, and each seed gives another function. */
static void hash__similar_keys__do_not_collide(void **state)
{
	uint64_t first = sms_hash(1, "abc", 3);

	assert_true(first == sms_hash(1, "abc", 3));
	assert_true(first != sms_hash(2, "abc", 3));
	assert_true(first != sms_hash(1, "abd", 3));
	assert_true(first != sms_hash(1, "abc\0", 4));
	assert_true(sms_hash(1, "12345678", 8) != sms_hash(1, "12345678\0", 9));
	assert_true(sms_hash(1, NULL, 0) != sms_hash(2, NULL, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(dedup__F19_same_text_again__recognised_within_the_window),
		cmocka_unit_test(dedup__answered__first_time_counts),
		cmocka_unit_test(dedup__A49_as_many_as_it_holds__all_recognised_until_they_expire),
		cmocka_unit_test(dedup__more_than_it_holds__oldest_forgotten),
		cmocka_unit_test(dedup__random_texts__same_as_a_plain_list),
		cmocka_unit_test(loop_brake__F20_same_text_repeatedly__stops_and_reports_once),
		cmocka_unit_test(loop_brake__deferred__not_counted),
		cmocka_unit_test(loop_brake__F20_many_answers_an_hour__stops_until_the_hour_is_over),
		cmocka_unit_test(loop_brake__limits_of_zero__never_stop),
		cmocka_unit_test(loop_brake__a_person_in_a_menu__served),
		cmocka_unit_test(loop_brake__A50_same_number_to_page_after_page__served_up_to_the_hour),
		cmocka_unit_test(loop_brake__A50_same_words__counted_if_the_page_is_the_same),
		cmocka_unit_test(loop_brake__A50_number_without_a_page__counted),
		cmocka_unit_test(loop_brake__A52_references__significant_if_they_differ_between_texts),
		cmocka_unit_test(loop_brake__more_senders_than_it_holds__quiet_ones_forgotten),
		cmocka_unit_test(sender__rules__decide_in_order),
		cmocka_unit_test(hash__similar_keys__do_not_collide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

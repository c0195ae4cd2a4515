/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parts that come in any order, twice or never, or contradict each other. */
#include "sms_test.h"

#include "channel/smpp/sms/reassembly.c"		/* A58: to look at the memory of texts */

static const struct sms_reassembly_limits limits = { .messages = 4, .per_sender = 2, .octets = 100, .timeout_ms = 1000 };

static struct sms_piece piece(uint64_t from, uint16_t reference, unsigned int total, unsigned int number,
			      const char *text)
{
	return (struct sms_piece){
		.from = from, .to = 10086, .reference = reference, .total = (uint8_t)total, .number = (uint8_t)number,
		.text = text, .len = strlen(text),
	};
}

static enum sms_reassembled add(struct sms_reassembly *reassembly, uint64_t now, struct sms_piece part,
				struct sms_whole *whole)
{
	return sms_reassembly_add(reassembly, now, &part, whole);
}

static void assert_whole(const struct sms_whole *whole, const char *text)
{
	assert_int_equal(whole->len, strlen(text));
	assert_memory_equal(whole->text, text, whole->len);
}

static void join__every_order_of_three__gives_the_text(void **state)
{
	static const uint8_t orders[][3] = { { 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 } };
	static const char *const texts[] = { "XGMM#", "111111#", "222222" };

	for (size_t i = 0; i < COUNT(orders); i++) {
		struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
		struct sms_whole whole;

		for (unsigned int j = 0; j < 3; j++) {
			unsigned int number = orders[i][j];

			assert_int_equal(add(reassembly, j, piece(1, 5, 3, number, texts[number - 1]), &whole),
					 j < 2 ? SMS_REASSEMBLY_WAIT : SMS_REASSEMBLY_WHOLE);
		}
		assert_whole(&whole, "XGMM#111111#222222");
		assert_int_equal(whole.have, 3);
		assert_int_equal(whole.from, 1);
		assert_int_equal(whole.to, 10086);
		sms_reassembly_free(reassembly);
	}
}

/* The reassembled text could not be accepted: the SMSC sends the last part again. */
static void join__not_accepted__complete_again_with_the_same_part(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_piece last = piece(1, 5, 2, 1, "XGMM#"), other = piece(1, 6, 2, 1, "XGMM#");
	struct sms_whole whole;

	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 2, "111111"), &whole), SMS_REASSEMBLY_WAIT);
	for (unsigned int i = 0; i < 30; i++) {
		assert_int_equal(add(reassembly, i, last, &whole), SMS_REASSEMBLY_WHOLE);
		assert_whole(&whole, "XGMM#111111");
		sms_reassembly_forget(reassembly, &last);
		sms_reassembly_forget(reassembly, &last);
		sms_reassembly_forget(reassembly, &other);
	}
	assert_int_equal(add(reassembly, 30, piece(1, 5, 2, 2, "111111"), &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(reassembly, 40, last, &whole), SMS_REASSEMBLY_WHOLE);
	assert_int_equal(add(reassembly, 50, last, &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(sms_reassembly_counts(reassembly).whole, 1);
	sms_reassembly_free(reassembly);
}

static void join__ten_parts__maximum(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;

	for (unsigned int i = 10; i > 1; i--)
		assert_int_equal(add(reassembly, 1, piece(1, 1, 10, i, "x"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 1, piece(1, 1, 10, 1, "y"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "yxxxxxxxxx");
	assert_int_equal(add(reassembly, 1, piece(1, 2, 11, 1, "x"), &whole), SMS_REASSEMBLY_REFUSED);
	assert_int_equal(add(reassembly, 1, piece(1, 2, 3, 4, "x"), &whole), SMS_REASSEMBLY_REFUSED);
	assert_int_equal(add(reassembly, 1, piece(1, 2, 3, 0, "x"), &whole), SMS_REASSEMBLY_REFUSED);
	assert_int_equal(sms_reassembly_counts(reassembly).refused, 3);
	assert_int_equal(add(reassembly, 1, piece(1, 3, 1, 1, "alone"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "alone");
	sms_reassembly_free(reassembly);
}

/* A repeated part is dropped, also after the text was handed out. */
static void join__F19_part_twice__counts_once(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;

	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 1, "a"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 1, piece(1, 5, 2, 1, "a"), &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(reassembly, 2, piece(1, 5, 2, 2, "b"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_int_equal(add(reassembly, 3, piece(1, 5, 2, 2, "b"), &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(reassembly, 3, piece(1, 5, 2, 1, "a"), &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(sms_reassembly_counts(reassembly).duplicate, 3);
	assert_int_equal(sms_reassembly_counts(reassembly).whole, 1);
	/* later the reference is reused for another text */
	assert_int_equal(add(reassembly, 1500, piece(1, 5, 2, 1, "a"), &whole), SMS_REASSEMBLY_WAIT);
	sms_reassembly_free(reassembly);
}

/* Overload refused the turn, so the SMSC repeats the last part, which counts now. */
static void join__F19_text_not_accepted__complete_again_at_the_next_try(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_piece last = piece(1, 5, 2, 1, "a");
	struct sms_whole whole;

	sms_reassembly_forget(reassembly, &last);
	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 2, "b"), &whole), SMS_REASSEMBLY_WAIT);
	for (unsigned int i = 1; i < 200; i++) {
		assert_int_equal(add(reassembly, i, last, &whole), SMS_REASSEMBLY_WHOLE);
		assert_whole(&whole, "ab");
		sms_reassembly_forget(reassembly, &last);
		sms_reassembly_forget(reassembly, &last);
	}
	assert_int_equal(sms_reassembly_counts(reassembly).whole, 0);
	assert_int_equal(add(reassembly, 300, last, &whole), SMS_REASSEMBLY_WHOLE);
	assert_int_equal(add(reassembly, 301, last, &whole), SMS_REASSEMBLY_DUPLICATE);
	sms_reassembly_free(reassembly);
}

/* The text is gone, but its parts are recognised, and another text with the same reference is new. */
static void join__completed__parts_are_remembered_without_their_text(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_piece first = piece(1, 5, 2, 1, "XGMM#"), last = piece(1, 5, 2, 2, "111111");
	struct sms_whole whole;

	sms_reassembly_digest(reassembly, &last);
	assert_int_equal(add(reassembly, 0, first, &whole), SMS_REASSEMBLY_WAIT);
	sms_reassembly_digest(reassembly, &first);
	assert_int_equal(add(reassembly, 1, last, &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "XGMM#111111");
	sms_reassembly_digest(reassembly, &last);
	for (size_t i = 0; i < whole.len; i++)
		assert_int_equal(whole.text[i], 0);
	sms_reassembly_digest(reassembly, &last);
	sms_reassembly_forget(reassembly, &last);
	assert_int_equal(add(reassembly, 2, last, &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(reassembly, 3, first, &whole), SMS_REASSEMBLY_DUPLICATE);
	assert_int_equal(add(reassembly, 4, piece(1, 5, 2, 1, "XGMM!"), &whole), SMS_REASSEMBLY_WAIT);
	sms_reassembly_free(reassembly);
}

static void join__another_total_or_text__starts_again(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;

	assert_int_equal(add(reassembly, 0, piece(1, 5, 3, 1, "old"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 1, piece(1, 5, 2, 2, "w"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 1, piece(1, 5, 2, 1, "ne"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "new");
	assert_int_equal(add(reassembly, 2, piece(1, 5, 2, 1, "other"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).conflicting, 1);
	sms_reassembly_free(reassembly);
}

static void join__other_sender_service_or_reference__is_another_text(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_piece other = piece(1, 5, 2, 2, "z");
	struct sms_whole whole;

	other.to = 10087;
	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 1, "a"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 0, piece(2, 5, 2, 2, "z"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 0, other, &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 2, "b"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "ab");
	sms_reassembly_free(reassembly);
}

static void join__timeout__returns_texts_that_have_part_one(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;

	assert_true(sms_reassembly_next(reassembly) == UINT64_MAX);
	add(reassembly, 10, piece(1, 5, 4, 1, "ab"), &whole);
	add(reassembly, 11, piece(1, 5, 4, 2, "cd"), &whole);
	add(reassembly, 12, piece(1, 5, 4, 4, "gh"), &whole);
	add(reassembly, 20, piece(2, 5, 2, 2, "no beginning"), &whole);
	add(reassembly, 30, piece(3, 5, 1, 1, "done"), &whole);
	/* each part restarts the timeout */
	assert_int_equal(sms_reassembly_next(reassembly), 1012);
	assert_false(sms_reassembly_expire(reassembly, 1011, &whole));
	assert_true(sms_reassembly_expire(reassembly, 5000, &whole));
	assert_whole(&whole, "abcd");
	assert_int_equal(whole.total, 4);
	assert_int_equal(whole.have, 3);
	assert_false(sms_reassembly_expire(reassembly, 5000, &whole));
	assert_int_equal(sms_reassembly_counts(reassembly).expired, 2);
	assert_true(sms_reassembly_next(reassembly) == UINT64_MAX);
	sms_reassembly_free(reassembly);
}

static void join__limits__observed(void **state)
{
	static const char forty[] = "0123456789012345678901234567890123456789";
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_whole whole;

	assert_int_equal(add(reassembly, 0, piece(1, 1, 3, 1, forty), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 0, piece(1, 1, 3, 2, forty), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 0, piece(1, 1, 3, 3, forty), &whole), SMS_REASSEMBLY_REFUSED);
	/* a sender's third message replaces its first */
	for (unsigned int i = 1; i <= 3; i++)
		assert_int_equal(add(reassembly, i, piece(9, (uint16_t)i, 2, 1, "x"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).replaced, 1);
	assert_int_equal(add(reassembly, 4, piece(9, 2, 2, 2, "y"), &whole), SMS_REASSEMBLY_WHOLE);
	/* handed-out texts make room before unfinished ones */
	for (unsigned int i = 1; i <= 3; i++)
		assert_int_equal(add(reassembly, 5, piece(20 + i, 1, 2, 1, "x"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).evicted, 0);
	sms_reassembly_free(reassembly);
}

/* A48: a thousand half messages once caused every long text to be refused for two minutes. */
static void join__A48_full_of_half_messages__longest_waiting_makes_room(void **state)
{
	struct sms_reassembly_limits many = { .messages = 1000, .per_sender = 4, .octets = 100, .timeout_ms = 120000 };
	struct sms_reassembly *reassembly = sms_reassembly_new(&many);
	struct sms_whole whole;

	for (unsigned int i = 0; i < 100000; i++)
		assert_int_equal(add(reassembly, i, piece(100 + i, 1, 2, 1, "half"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).evicted, 99000);
	assert_int_equal(add(reassembly, 100000, piece(1, 1, 2, 1, "XGMM#"), &whole), SMS_REASSEMBLY_WAIT);
	for (unsigned int i = 0; i < 500; i++)
		assert_int_equal(add(reassembly, 100001 + i, piece(200000 + i, 1, 2, 1, "half"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 101000, piece(1, 1, 2, 2, "111111"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "XGMM#111111");
	sms_reassembly_free(reassembly);
}

/* A48: among the longest waiting, the one whose sender has most. */
static void join__A48_sender_with_most__loses_first(void **state)
{
	struct sms_reassembly_limits few = { .messages = 4, .per_sender = 3, .octets = 100, .timeout_ms = 120000 };
	struct sms_reassembly *reassembly = sms_reassembly_new(&few);
	struct sms_whole whole;

	assert_int_equal(add(reassembly, 1, piece(1, 1, 2, 1, "XGMM#"), &whole), SMS_REASSEMBLY_WAIT);
	for (unsigned int i = 1; i <= 3; i++)
		assert_int_equal(add(reassembly, 1 + i, piece(9, (uint16_t)i, 2, 1, "half"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 5, piece(2, 1, 2, 1, "a"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).evicted, 1);
	assert_int_equal(add(reassembly, 6, piece(1, 1, 2, 2, "111111"), &whole), SMS_REASSEMBLY_WHOLE);
	assert_whole(&whole, "XGMM#111111");
	sms_reassembly_free(reassembly);
}

static void assert_wiped(const struct sms_reassembly *reassembly)
{
	for (size_t i = 0; i < (size_t)limits.messages * limits.octets; i++)
		assert_int_equal(reassembly->octets[i], 0);
	for (size_t i = 0; i < limits.octets; i++)
		assert_int_equal(reassembly->whole[i], 0);
}

/* A58: a half message with a secret leaves nothing behind, however it ends. */
static void join__A58_half_messages__wiped_when_dropped(void **state)
{
	struct sms_reassembly *reassembly = sms_reassembly_new(&limits);
	struct sms_piece last = piece(1, 5, 2, 2, "111111");
	struct sms_whole whole;

	memset(reassembly->whole, 0, limits.octets);
	/* it expires after its turn was refused */
	assert_int_equal(add(reassembly, 0, piece(1, 5, 2, 1, "XGMM#"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 1, last, &whole), SMS_REASSEMBLY_WHOLE);
	sms_reassembly_forget(reassembly, &last);
	assert_false(sms_reassembly_expire(reassembly, 1000, &whole));
	assert_true(sms_reassembly_expire(reassembly, 1001, &whole));
	assert_whole(&whole, "XGMM#");
	explicit_bzero((char *)whole.text, whole.len);
	assert_wiped(reassembly);
	/* another text under its reference, which makes it too long */
	assert_int_equal(add(reassembly, 2000, piece(1, 5, 2, 1, "XGMM#"), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(add(reassembly, 2000, piece(1, 5, 3, 2, "135790"), &whole), SMS_REASSEMBLY_WAIT);
	last.text = "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
	last.len = 100;
	last.total = 3;
	last.number = 1;
	assert_int_equal(add(reassembly, 2001, last, &whole), SMS_REASSEMBLY_REFUSED);
	assert_wiped(reassembly);
	/* displaced by others */
	assert_int_equal(add(reassembly, 3000, piece(1, 5, 2, 1, "XGMM#"), &whole), SMS_REASSEMBLY_WAIT);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(add(reassembly, 3001, piece(10 + i, 5, 2, 1, ""), &whole), SMS_REASSEMBLY_WAIT);
	assert_int_equal(sms_reassembly_counts(reassembly).evicted, 1);
	assert_wiped(reassembly);
	sms_reassembly_free(reassembly);
}

/* Robust against any input: every part is answered, and everything expires. */
static void join__random_parts__all_expire(void **state)
{
	struct sms_reassembly_limits many = { .messages = 50, .per_sender = 3, .octets = 60, .timeout_ms = 100 };
	struct sms_reassembly *reassembly = sms_reassembly_new(&many);
	uint64_t seed = 11;
	struct sms_whole whole;

	for (unsigned int i = 0; i < 200000; i++) {
		struct sms_piece part = piece(random_next(&seed) % 40, (uint16_t)(random_next(&seed) % 4),
					      random_next(&seed) % 12, random_next(&seed) % 12, "0123456789");

		part.len = random_next(&seed) % 11;
		if (sms_reassembly_add(reassembly, i / 10, &part, &whole) == SMS_REASSEMBLY_WHOLE)
			assert_true(whole.total == whole.have && whole.len <= 60);
		if (i % 7 == 0)
			while (sms_reassembly_expire(reassembly, i / 10, &whole))
				assert_true(whole.have < whole.total);
	}
	while (sms_reassembly_expire(reassembly, 1u << 30, &whole))
		;
	assert_true(sms_reassembly_next(reassembly) == UINT64_MAX);
	sms_reassembly_free(reassembly);
	sms_reassembly_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(join__every_order_of_three__gives_the_text),
		cmocka_unit_test(join__not_accepted__complete_again_with_the_same_part),
		cmocka_unit_test(join__ten_parts__maximum),
		cmocka_unit_test(join__F19_part_twice__counts_once),
		cmocka_unit_test(join__F19_text_not_accepted__complete_again_at_the_next_try),
		cmocka_unit_test(join__completed__parts_are_remembered_without_their_text),
		cmocka_unit_test(join__another_total_or_text__starts_again),
		cmocka_unit_test(join__other_sender_service_or_reference__is_another_text),
		cmocka_unit_test(join__timeout__returns_texts_that_have_part_one),
		cmocka_unit_test(join__limits__observed),
		cmocka_unit_test(join__A48_full_of_half_messages__longest_waiting_makes_room),
		cmocka_unit_test(join__A48_sender_with_most__loses_first),
		cmocka_unit_test(join__A58_half_messages__wiped_when_dropped),
		cmocka_unit_test(join__random_parts__all_expire),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

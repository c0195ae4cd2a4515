/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records and rows: stored values are read back, and hostile octets do no harm. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/record.h"
#include "tests/cmocka.h"

static uint8_t memory[256];

static struct record fresh(uint16_t size)
{
	memset(memory, 0xee, sizeof(memory));
	return (struct record){ .data = memory, .size = size };
}

static void assert_text(const struct record *record, uint16_t id, const char *wanted)
{
	char text[64];

	assert_int_equal(record_text(record, id, text, sizeof(text)), strlen(wanted));
	assert_string_equal(text, wanted);
}

static void put__numbers_and_texts__read_back(void **state)
{
	static const int64_t numbers[] = { 0, 1, -1, 1250, INT64_MAX, INT64_MIN };
	struct record record = fresh(sizeof(memory));

	for (uint16_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		assert_int_equal(record_put_number(&record, 10 + i, numbers[i]), 0);
	assert_int_equal(record_put_text(&record, 1, "en", 2), 0);
	assert_int_equal(record_put_text(&record, 2, "", 0), 0);
	for (uint16_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		assert_int_equal(record_number(&record, 10 + i, 7), numbers[i]);
	assert_text(&record, 1, "en");
	assert_text(&record, 2, "");
	assert_true(record_check(record.data, record.len));
}

/* In both forms of heads, around each length that a number can have. */
static void put__numbers_of_all_lengths__read_back(void **state)
{
	static const uint16_t ids[] = { 1, 255, 256, 32767 };

	for (unsigned int bits = 0; bits < 64; bits++) {
		for (int64_t near = -1; near <= 1; near++) {
			const int64_t number = (int64_t)((UINT64_C(1) << bits) + (uint64_t)near);

			for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
				struct record record = fresh(64);

				assert_int_equal(record_put_number(&record, ids[i], number), 0);
				assert_int_equal(record_put_number(&record, 9, ~number), 0);
				assert_true(record_number(&record, ids[i], number ^ 1) == number);
				assert_true(record_number(&record, 9, number) == ~number);
				assert_true(record_check(record.data, record.len));
			}
		}
	}
}

static void put__texts_around_the_short_head__read_back(void **state)
{
	static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123456789";

	for (size_t len = 60; len < 70; len++) {
		for (uint16_t id = 254; id < 258; id++) {
			struct record record = fresh(128);
			struct value value;

			assert_int_equal(record_put_text(&record, id, text, len), 0);
			assert_int_equal(record_put_number(&record, 3, 7), 0);
			assert_true(record_get(&record, id, &value));
			assert_int_equal(value.len, len);
			assert_memory_equal(value.text, text, len);
			assert_int_equal(record_number(&record, 3, 0), 7);
			assert_int_equal(record.len, len + (len < 64 && id < 256 ? 2 : 4) + 3);
		}
	}
}

static void put__same_id_again__replaced_and_overwritten(void **state)
{
	struct record record = fresh(64);
	struct value value;

	record_put_text(&record, 1, "246810", 6);
	record_put_number(&record, 2, 5);
	record_put_text(&record, 1, "x", 1);
	assert_text(&record, 1, "x");
	assert_int_equal(record.len, 2 + 1 + 2 + 1);
	assert_int_equal(memory[record.len], 0);
	record_put_number(&record, 1, 9);
	assert_true(record_get(&record, 1, &value));
	assert_false(value.is_text);
	assert_int_equal(value.number, 9);
}

static void put__no_room__fails_without_that_id(void **state)
{
	struct record record = fresh(14);

	assert_int_equal(record_put_text(&record, 1, "0123456789", 10), 0);
	assert_int_equal(record_put_number(&record, 2, 1), -ENOSPC);
	assert_int_equal(record_put_text(&record, 1, "0123456789abc", 13), -ENOSPC);
	assert_int_equal(record.len, 0);
	assert_int_equal(record_put_text(&record, 1, "0123456789ab", 12), 0);
	assert_int_equal(record_put_text(&record, 1, "0", 40000), -ENOSPC);
	assert_int_equal(record.len, 0);
}

static void get__absent_or_other_kind__falls_back(void **state)
{
	struct record record = fresh(64);
	char text[4] = "abc";

	record_put_text(&record, 1, "12", 2);
	record_put_number(&record, 2, 5);
	assert_int_equal(record_number(&record, 1, 7), 7);
	assert_int_equal(record_number(&record, 3, 7), 7);
	assert_int_equal(record_text(&record, 2, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(record_text(&record, 1, text, 2), 2);
	assert_string_equal(text, "1");
	assert_int_equal(record_text(&record, 1, text, 0), 2);
}

static void drop__middle_value__overwritten(void **state)
{
	struct record record = fresh(64);
	uint16_t before;

	record_put_text(&record, 1, "a", 1);
	record_put_text(&record, 2, "secret", 6);
	record_put_text(&record, 3, "c", 1);
	before = record.len;
	record_drop(&record, 2);
	assert_text(&record, 1, "a");
	assert_text(&record, 2, "");
	assert_text(&record, 3, "c");
	for (uint16_t i = record.len; i < before; i++)
		assert_int_equal(memory[i], 0);
	record_wipe(&record);
	assert_int_equal(record.len, 0);
	for (uint16_t i = 0; i < record.size; i++)
		assert_int_equal(memory[i], 0);
}

static void merge_and_append__two_records__later_or_both(void **state)
{
	uint8_t other[64];
	struct record to = fresh(64);
	struct record from = { .data = other, .size = sizeof(other) };

	record_put_number(&to, 1, 1);
	record_put_number(&from, 1, 2);
	record_put_text(&from, 2, "b", 1);
	assert_int_equal(record_merge(&to, &from), 0);
	assert_int_equal(record_number(&to, 1, 0), 2);
	assert_text(&to, 2, "b");
	assert_int_equal(to.len, from.len);
	assert_int_equal(record_append(&to, &from), 0);
	assert_int_equal(to.len, 2 * from.len);
	to.size = to.len + 1;
	assert_int_equal(record_append(&to, &from), -ENOSPC);
	record_drop(&to, 1);
	assert_int_equal(record_number(&to, 1, -5), -5);
	to = (struct record){ .data = memory, .size = 5 };
	assert_int_equal(record_merge(&to, &from), -ENOSPC);
	assert_int_equal(record_number(&to, 1, 0), 2);
}

static void append_without__some_ids__all_others(void **state)
{
	static const bool unwanted[3] = { [0] = true, [2] = true };
	uint8_t other[64];
	struct record to = fresh(64);
	struct record from = { .data = other, .size = sizeof(other) };

	record_put_number(&from, 1, 300);
	record_put_text(&from, 2, "b", 1);
	record_put_number(&from, 3, 3);
	record_put_text(&from, 1000, "c", 1);
	record_put_number(&to, 4, 4);
	assert_int_equal(record_append_without(&to, &from, unwanted, 3), 0);
	assert_int_equal(record_number(&to, 1, 0), 300);
	assert_int_equal(record_number(&to, 2, -5), -5);
	assert_int_equal(record_number(&to, 3, 0), 3);
	assert_int_equal(record_number(&to, 4, 0), 4);
	assert_text(&to, 1000, "c");
	assert_int_equal(to.len, from.len - (2 + 1) + (2 + 1));
	to = (struct record){ .data = memory, .size = 5 };
	assert_int_equal(record_append_without(&to, &from, unwanted, 3), -ENOSPC);
	assert_int_equal(record_number(&to, 1, 0), 300);
}

static void copy__number_and_text__those_alone(void **state)
{
	uint8_t other[64];
	struct record to = fresh(64);
	struct record from = { .data = other, .size = sizeof(other) };

	record_put_number(&from, 1, -2);
	record_put_text(&from, 2, "b", 1);
	record_put_number(&from, 3, 3);
	record_put_text(&to, 2, "older", 5);
	assert_true(record_copy(&to, &from, 1));
	assert_true(record_copy(&to, &from, 2));
	assert_false(record_copy(&to, &from, 4));
	assert_int_equal(record_number(&to, 1, 0), -2);
	assert_text(&to, 2, "b");
	assert_int_equal(record_number(&to, 3, -5), -5);
}

static void append__values__as_put_until_full(void **state)
{
	struct record record = fresh(3 + 2 + 2 + 1);

	assert_int_equal(record_append_number(&record, 1, -7), 0);
	assert_int_equal(record_append_text(&record, 2, "en", 2), 0);
	assert_int_equal(record_append_text(&record, 3, "", 0), -ENOSPC);
	assert_int_equal(record_append_number(&record, 3, 0), -ENOSPC);
	assert_int_equal(record_append_text(&record, 3, "", 40000), -ENOSPC);
	assert_int_equal(record_number(&record, 1, 0), -7);
	assert_text(&record, 2, "en");
	assert_true(record_check(record.data, record.len));
}

static void walk__three_values__in_order(void **state)
{
	struct record record = fresh(64);
	struct value value;
	uint16_t pos = 0;
	uint16_t id;

	record_put_number(&record, 7, 70);
	record_put_text(&record, 8, "eight", 5);
	assert_true(record_next(&record, &pos, &id, &value));
	assert_int_equal(id, 7);
	assert_int_equal(value.number, 70);
	assert_true(record_next(&record, &pos, &id, &value));
	assert_int_equal(id, 8);
	assert_memory_equal(value.text, "eight", 5);
	assert_false(record_next(&record, &pos, &id, &value));
}

static void check__hostile_octets__refused(void **state)
{
	static const struct {
		uint8_t octets[16];
		size_t len;
		bool good;
	} cases[] = {
		{ { 0 }, 0, true },
		{ { 1, 0, 0, 0x80 }, 4, true },			/* empty text */
		{ { 1, 0, 1, 0x80, 'a' }, 5, true },
		{ { 1, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8 }, 12, true },
		{ { 1, 0, 0 }, 3, false },			/* truncated head */
		{ { 1, 0, 2, 0x80, 'a' }, 5, false },		/* truncated text */
		{ { 1, 0, 4, 0, 1, 2, 3, 4 }, 8, true },
		{ { 1, 0, 0, 0 }, 4, false },			/* number without octets */
		{ { 1, 0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 13, false },
		{ { 1, 0xc1, 'a' }, 3, true },			/* the same with a short head */
		{ { 1, 0xc0 }, 2, true },
		{ { 1, 0x88, 1, 2, 3, 4, 5, 6, 7, 8 }, 10, true },
		{ { 1, 0x81, 1 }, 3, true },
		{ { 1, 0x80 }, 2, false },
		{ { 1, 0x89, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 11, false },
		{ { 1 }, 1, false },
		{ { 1, 0xc2, 'a' }, 3, false },
		{ { 1, 0, 0xff, 0xff, 'a' }, 5, false },
		{ { 1, 0, 0, 0x80, 9 }, 5, false },		/* trailing rubbish */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(record_check(cases[i].octets, cases[i].len), cases[i].good);
	assert_false(record_check(memory, UINT16_MAX + 1));
}

static void read__random_octets__stays_inside(void **state)
{
	struct value value;

	srand(4);
	for (unsigned int round = 0; round < 100000; round++) {
		uint16_t len = (uint16_t)(rand() % 40);
		uint8_t *octets = malloc(len ? len : 1);
		struct record record = { .data = octets, .len = len, .size = len };
		uint16_t count;

		for (uint16_t i = 0; i < len; i++)
			octets[i] = (uint8_t)(rand() % 3 ? rand() % 12 : rand());
		record_get(&record, 3, &value);
		record_put_number(&record, 2, 5);
		record_drop(&record, 1);
		if (record_check(octets, len)) {
			uint16_t at = 0, id;

			record.len = len;
			while (record_next(&record, &at, &id, &value))
				assert_true(at <= len);
			assert_int_equal(at, len);
		}
		if (rows_check(octets, len, &count))
			assert_true(count <= len);
		free(octets);
	}
}

static void rows__three_added__walked_and_indexed(void **state)
{
	uint8_t one[32];
	uint8_t octets[64];
	struct rows rows = { .data = octets, .size = sizeof(octets) };
	struct record row = { .data = one, .size = sizeof(one) };
	uint16_t pos = 0;
	uint16_t count;

	for (int i = 0; i < 3; i++) {
		record_put_number(&row, 1, 100 + i);
		assert_int_equal(rows_add(&rows, &row), 0);
	}
	for (int i = 0; i < 3; i++) {
		assert_true(rows_next(&rows, &pos, &row));
		assert_int_equal(record_number(&row, 1, 0), 100 + i);
	}
	assert_false(rows_next(&rows, &pos, &row));
	assert_true(rows_at(&rows, 2, &row));
	assert_int_equal(record_number(&row, 1, 0), 102);
	assert_false(rows_at(&rows, 3, &row));
	assert_true(rows_check(octets, rows.len, &count));
	assert_int_equal(count, 3);
	assert_false(rows_check(octets, rows.len - 1u, &count));
	octets[2 + 1] = 0x89; /* length of the first row's number */
	assert_false(rows_check(octets, rows.len, &count));
}

static void rows_add__full__refused(void **state)
{
	uint8_t octets[8];
	struct record row = fresh(32);
	struct rows rows = { .data = octets, .size = sizeof(octets) };

	record_put_number(&row, 1, 1);
	assert_int_equal(rows_add(&rows, &row), 0);
	assert_int_equal(rows_add(&rows, &row), -ENOSPC);
	assert_int_equal(rows.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put__numbers_and_texts__read_back),
		cmocka_unit_test(put__numbers_of_all_lengths__read_back),
		cmocka_unit_test(put__texts_around_the_short_head__read_back),
		cmocka_unit_test(put__same_id_again__replaced_and_overwritten),
		cmocka_unit_test(put__no_room__fails_without_that_id),
		cmocka_unit_test(get__absent_or_other_kind__falls_back),
		cmocka_unit_test(drop__middle_value__overwritten),
		cmocka_unit_test(merge_and_append__two_records__later_or_both),
		cmocka_unit_test(append_without__some_ids__all_others),
		cmocka_unit_test(copy__number_and_text__those_alone),
		cmocka_unit_test(append__values__as_put_until_full),
		cmocka_unit_test(walk__three_values__in_order),
		cmocka_unit_test(check__hostile_octets__refused),
		cmocka_unit_test(read__random_octets__stays_inside),
		cmocka_unit_test(rows__three_added__walked_and_indexed),
		cmocka_unit_test(rows_add__full__refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers normalised by a numbering plan, and identities that are equal only for equal texts. */
#include <stdio.h>
#include <string.h>

#include "starhash/number.h"
#include "tests/cmocka.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- identities ---- */

static void pack__A17_digits__unpacked_unchanged(void **state)
{
	static const char *const texts[] = {
		"0", "00", "1", "9", "10086", "010086", "13800138000", "013800138000", "001010000000001", "1010000000001",
		"0000000000000000", "9999999999999999",
	};
	char out[PACKED_SIZE];

	for (size_t i = 0; i < COUNT(texts); i++) {
		digits_unpack(digits_pack(texts[i]), out);
		assert_string_equal(out, texts[i]);
		for (size_t j = 0; j < i; j++)
			assert_true(digits_pack(texts[i]) != digits_pack(texts[j]));
	}
}

static void pack__A17_no_digits_or_too_many__no_identity(void **state)
{
	static const char *const texts[] = { "", "+", "+1", "Bank", "12a", "1 2", "*100#", "12345678901234567", "１" };

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_true(digits_pack(texts[i]) == 0);
}

static void unpack__invalid_value__empty(void **state)
{
	static const uint64_t numbers[] = { 0, UINT64_MAX, 0xf, 0xb1, 0x10, 0x101, ~(uint64_t)17 };
	char out[PACKED_SIZE];

	for (size_t i = 0; i < COUNT(numbers); i++) {
		digits_unpack(numbers[i], out);
		assert_string_equal(out, "");
	}
}

/* ---- the plan ---- */

static struct numbering_plan plan_of(const char *country, const char *national, const char *international,
				     const char *numbers, const char *shorts)
{
	struct numbering_plan plan = { .country = "" };

	snprintf(plan.country, sizeof(plan.country), "%s", country);
	snprintf(plan.national_prefix, sizeof(plan.national_prefix), "%s", national);
	snprintf(plan.international_prefix, sizeof(plan.international_prefix), "%s", international);
	assert_null(number_rules_read(&plan.numbers, numbers));
	assert_null(number_rules_read(&plan.shorts, shorts));
	return plan;
}

struct row {
	uint8_t ton, npi;
	const char *address;
	enum number_result result;
	const char *msisdn;
};

static void check(const struct numbering_plan *plan, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char out[MSISDN_SIZE] = "before";

		print_message("TON %u, NPI %u, \"%s\"\n", rows[i].ton, rows[i].npi, rows[i].address);
		assert_int_equal(number_normalize(plan, rows[i].ton, rows[i].npi, rows[i].address, out), rows[i].result);
		assert_string_equal(out, rows[i].result == NUMBER_OK ? rows[i].msisdn : "");
		if (rows[i].result == NUMBER_OK)
			assert_true(number_in_plan(plan, out));
	}
}

/* F33, A14, A16 */
static void normalize__A16_without_a_plan__only_international_numbers(void **state)
{
	static const struct row rows[] = {
		{ 1, 1, "8613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 0, "8613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "+8613800138000", NUMBER_OK, "8613800138000" },
		{ 1, 1, "+8613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "008613800138000", NUMBER_OK, "8613800138000" },
		{ 1, 1, "008613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "13800138000", NUMBER_OK, "13800138000" },
		{ 0, 1, "013800138000", NUMBER_NATIONAL, NULL },
		{ 2, 1, "013800138000", NUMBER_NATIONAL, NULL },
		{ 2, 1, "13800138000", NUMBER_NATIONAL, NULL },
		{ 0, 8, "13800138000", NUMBER_NATIONAL, NULL },
		{ 1, 1, "013800138000", NUMBER_UNKNOWN, NULL },
		{ 0, 1, "+013800138000", NUMBER_UNKNOWN, NULL },
		{ 1, 1, "00013800138000", NUMBER_UNKNOWN, NULL },
		{ 1, 1, "1234567", NUMBER_OK, "1234567" },
		{ 1, 1, "123456", NUMBER_SHORT, NULL },
		{ 0, 0, "1", NUMBER_SHORT, NULL },
		{ 0, 0, "0012345", NUMBER_UNKNOWN, NULL },
		{ 1, 1, "123456789012345", NUMBER_OK, "123456789012345" },
		{ 1, 1, "1234567890123456", NUMBER_UNKNOWN, NULL },
		{ 1, 1, "12345678901234567890", NUMBER_UNKNOWN, NULL },
		{ 3, 1, "8613800138000", NUMBER_OK, "8613800138000" },	/* osmo-msc */
		{ 3, 1, "013800138000", NUMBER_NATIONAL, NULL },
		{ 4, 1, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 6, 1, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 7, 1, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 255, 255, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 1, 6, "460001234567890", NUMBER_UNKNOWN, NULL },	/* an IMSI */
		{ 1, 9, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 5, 0, "13800138000", NUMBER_NAME, NULL },
		{ 1, 1, "Bank", NUMBER_NAME, NULL },
		{ 1, 1, "86138001380o0", NUMBER_NAME, NULL },
		{ 1, 1, "", NUMBER_NAME, NULL },
		{ 1, 1, "+", NUMBER_NAME, NULL },
		{ 1, 1, "++8613800138000", NUMBER_NAME, NULL },
		{ 1, 1, "*100#", NUMBER_NAME, NULL },
	};

	check(NULL, rows, COUNT(rows));
	check(&numbering_default, rows, COUNT(rows));
}

static void normalize__A14_with_a_country__national_forms_give_the_international_number(void **state)
{
	const struct numbering_plan plan = plan_of("86", "0", "00", "86:13", "");
	static const struct row rows[] = {
		{ 1, 1, "8613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "013800138000", NUMBER_OK, "8613800138000" },
		{ 2, 1, "013800138000", NUMBER_OK, "8613800138000" },
		{ 2, 1, "13800138000", NUMBER_OK, "8613800138000" },
		{ 3, 1, "013800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "13800138000", NUMBER_OK, "8613800138000" },
		{ 0, 8, "13800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "008613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "0013800138000", NUMBER_UNKNOWN, NULL },	/* +1, which is not served */
		{ 1, 1, "13800138000", NUMBER_UNKNOWN, NULL },
		{ 0, 1, "+13800138000", NUMBER_UNKNOWN, NULL },
		{ 0, 1, "00013800138000", NUMBER_UNKNOWN, NULL },
		{ 2, 1, "0013800138000", NUMBER_UNKNOWN, NULL },
		{ 2, 1, "8613800138000", NUMBER_UNKNOWN, NULL },
		{ 2, 1, "0138001380001", NUMBER_UNKNOWN, NULL },
	};

	check(&plan, rows, COUNT(rows));
}

/* A14: if 13800138000 is a subscriber as well, 013800138000 is not that one. */
static void normalize__A14_leading_zero__another_subscriber_or_none(void **state)
{
	const struct numbering_plan plan = plan_of("86", "0", "00", "7-15", "");
	static const struct row rows[] = {
		{ 0, 1, "13800138000", NUMBER_OK, "13800138000" },
		{ 0, 1, "013800138000", NUMBER_OK, "8613800138000" },
	};

	check(&plan, rows, COUNT(rows));
}

static void normalize__prefixes_of_other_countries__by_their_rules(void **state)
{
	const struct numbering_plan russia = plan_of("7", "8", "810", "7:11 86:13", "");
	const struct numbering_plan italy = plan_of("39", "", "00", "39:9-13", "");
	static const struct row russian[] = {
		{ 0, 1, "89161234567", NUMBER_OK, "79161234567" },
		{ 0, 1, "9161234567", NUMBER_OK, "79161234567" },
		{ 0, 1, "79161234567", NUMBER_OK, "79161234567" },
		{ 0, 1, "8108613800138000", NUMBER_OK, "8613800138000" },
		{ 0, 1, "8613800138000", NUMBER_OK, "8613800138000" },
		{ 2, 1, "8001234567", NUMBER_OK, "78001234567" },	/* 800 is an area, not the prefix */
	};
	static const struct row italian[] = {
		{ 2, 1, "3331234567", NUMBER_OK, "393331234567" },
		{ 2, 1, "0612345678", NUMBER_OK, "390612345678" },
		{ 0, 1, "3331234567", NUMBER_OK, "393331234567" },
	};

	check(&russia, russian, COUNT(russian));
	check(&italy, italian, COUNT(italian));
}

static void normalize__A18_private_numbers__only_if_in_the_plan(void **state)
{
	const struct numbering_plan plan = plan_of("", "0", "00", "7-15", "2:4 31:5-6");
	static const struct row rows[] = {
		{ 0, 0, "2001", NUMBER_OK, "2001" },
		{ 1, 1, "2001", NUMBER_OK, "2001" },
		{ 3, 1, "2001", NUMBER_OK, "2001" },
		{ 4, 0, "2001", NUMBER_OK, "2001" },
		{ 0, 9, "2001", NUMBER_OK, "2001" },
		{ 0, 0, "31001", NUMBER_OK, "31001" },
		{ 0, 0, "310012", NUMBER_OK, "310012" },
		{ 0, 0, "02001", NUMBER_SHORT, NULL },
		{ 0, 0, "+2001", NUMBER_SHORT, NULL },
		{ 0, 0, "20011", NUMBER_SHORT, NULL },
		{ 0, 0, "3001", NUMBER_SHORT, NULL },
		{ 4, 0, "8613800138000", NUMBER_UNKNOWN, NULL },
		{ 0, 0, "8613800138000", NUMBER_OK, "8613800138000" },
	};

	check(&plan, rows, COUNT(rows));
	assert_true(number_is_private(&plan, "2001"));
	assert_false(number_is_private(&plan, "8613800138000"));
	assert_false(number_is_private(NULL, "2001"));
	assert_false(number_in_plan(&plan, "3001"));
	assert_false(number_in_plan(NULL, ""));
	assert_false(number_in_plan(NULL, "1234567x"));
}

static void rules__words__read_or_reported(void **state)
{
	static const struct { const char *words; unsigned int count; const char *wrong; } rows[] = {
		{ "", 0, NULL }, { "  ", 0, NULL }, { "7-15", 1, NULL }, { " 86:13  852:11 ", 2, NULL }, { "1:1-15", 1, NULL },
		{ "86:", 0, "86:" }, { "13 x", 1, "x" }, { "0", 0, "0" }, { "16", 0, "16" }, { "8-7", 0, "8-7" },
		{ "7-", 0, "7-" }, { "-7", 0, "-7" }, { "86:13:1", 0, "86:13:1" }, { "086:13", 0, "086:13" },
		{ "861:2", 0, "861:2" }, { "1234567890123456:16", 0, "1234567890123456:16" }, { "7,8", 0, "7,8" },
		{ "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 2", 32, "2" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct number_rules rules;
		const char *wrong = number_rules_read(&rules, rows[i].words);

		print_message("\"%s\"\n", rows[i].words);
		assert_int_equal(rules.count, rows[i].count);
		assert_true(!wrong == !rows[i].wrong);
		if (wrong)
			assert_string_equal(wrong, rows[i].wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pack__A17_digits__unpacked_unchanged),
		cmocka_unit_test(pack__A17_no_digits_or_too_many__no_identity),
		cmocka_unit_test(unpack__invalid_value__empty),
		cmocka_unit_test(normalize__A16_without_a_plan__only_international_numbers),
		cmocka_unit_test(normalize__A14_with_a_country__national_forms_give_the_international_number),
		cmocka_unit_test(normalize__A14_leading_zero__another_subscriber_or_none),
		cmocka_unit_test(normalize__prefixes_of_other_countries__by_their_rules),
		cmocka_unit_test(normalize__A18_private_numbers__only_if_in_the_plan),
		cmocka_unit_test(rules__words__read_or_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

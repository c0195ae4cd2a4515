/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of fields, kinds and results; responses. */
#include <string.h>

#include "starhash/request.h"
#include "tests/cmocka.h"

static void field__every_id__found_by_its_name(void **state)
{
	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++)
		assert_int_equal(field_by_name(field_info(field)->name), field);
	assert_int_equal(field_by_name("no_such_field"), FIELD_NONE);
	assert_int_equal(field_info(FIELD_BALANCE)->type, FIELD_TYPE_MONEY);
	assert_int_equal(field_info(FIELD_AMOUNT)->origin, FIELD_OF_ROW);
	assert_int_equal(field_info(FIELD_MSISDN)->width, 15);
}

static void kind__every_one__has_a_name(void **state)
{
	for (enum request_kind kind = 0; kind < REQUEST_KIND_COUNT; kind++) {
		assert_string_not_equal(request_kind_name(kind), "?");
		assert_true(request_changes(kind) || !request_orders(kind));
	}
	assert_string_equal(request_kind_name(REQUEST_KIND_COUNT), "?");
	assert_false(request_changes(REQUEST_KIND_COUNT));
}

static void result__every_one__has_a_name(void **state)
{
	for (enum result result = 0; result < RESULT_COUNT; result++)
		assert_string_not_equal(result_name(result), "?");
	assert_string_equal(result_name(RESULT_COUNT), "?");
}

static void A20_trust__every_level__found_by_its_name(void **state)
{
	for (enum trust trust = TRUST_ASK; trust < TRUST_COUNT; trust++)
		assert_int_equal(trust_by_name(trust_name(trust), TRUST_COUNT), trust);
	assert_true(TRUST_ASK < TRUST_READ && TRUST_READ < TRUST_ORDER && TRUST_ORDER < TRUST_PASSWORD);
	assert_int_equal(trust_by_name("auto", TRUST_READ), TRUST_READ);
	assert_int_equal(trust_by_name(NULL, TRUST_ORDER), TRUST_ORDER);
	assert_string_equal(trust_name(TRUST_COUNT), "?");
}

static void response_copy__facts_and_rows__own_memory(void **state)
{
	struct response from;
	struct response to;
	struct record row;

	response_init(&from);
	assert_int_equal(from.result, RESULT_UNAVAILABLE);
	from.result = RESULT_OK;
	record_put_number(&from.facts, FIELD_BALANCE, 1250);
	rows_add(&from.rows, &from.facts);
	response_copy(&to, &from);
	record_wipe(&from.facts);
	assert_int_equal(to.result, RESULT_OK);
	assert_int_equal(record_number(&to.facts, FIELD_BALANCE, 0), 1250);
	assert_true(rows_at(&to.rows, 0, &row));
	assert_int_equal(record_number(&row, FIELD_BALANCE, 0), 1250);
	assert_ptr_equal(to.facts.data, to.facts_data);
}

static void args__written__read_back(void **state)
{
	struct request request = { .kind = REQUEST_LANGUAGE_SET };
	struct record args = request_args(&request);
	char language[4];

	assert_int_equal(args.size, REQUEST_ARGS_MAX);
	record_put_text(&args, FIELD_LANGUAGE, "ar", 2);
	request_set_args(&request, &args);
	args = request_args(&request);
	record_text(&args, FIELD_LANGUAGE, language, sizeof(language));
	assert_string_equal(language, "ar");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field__every_id__found_by_its_name),
		cmocka_unit_test(kind__every_one__has_a_name),
		cmocka_unit_test(result__every_one__has_a_name),
		cmocka_unit_test(A20_trust__every_level__found_by_its_name),
		cmocka_unit_test(response_copy__facts_and_rows__own_memory),
		cmocka_unit_test(args__written__read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

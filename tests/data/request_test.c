/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of fields, kinds and results; responses. */
#include <errno.h>
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

/* The parts of a response share memory: a copy has the part in use. */
static void response_copy__each_part__copied(void **state)
{
	struct response from, to;

	response_init(&from);
	from.order = 5;
	from.notification = 6;
	from.part = RESPONSE_ORDERS;
	from.orders_count = DUE_MAX;
	for (unsigned int i = 0; i < DUE_MAX; i++)
		from.orders[i] = (struct due_order){ .id = i, .service = "NEWS" };
	response_copy(&to, &from);
	assert_int_equal(to.order, 5);
	assert_int_equal(to.notification, 6);
	assert_int_equal(to.orders_count, DUE_MAX);
	assert_int_equal(to.orders[DUE_MAX - 1].id, DUE_MAX - 1);
	response_init(&from);
	from.part = RESPONSE_PASSWORD;
	from.password = (struct password_found){ .left = 2, .hash = "hash" };
	response_copy(&to, &from);
	assert_int_equal(to.part, RESPONSE_PASSWORD);
	assert_string_equal(to.password.hash, "hash");
	response_wipe(&to);
	assert_int_equal(to.part, RESPONSE_ROWS);
	assert_string_equal(to.password.hash, "");
	response_init(&from);
	from.part = RESPONSE_CONVERSATION;
	from.conversation = (struct conversation_found){ .session_len = 7, .session = "session" };
	response_copy(&to, &from);
	assert_int_equal(to.conversation.session_len, 7);
	assert_memory_equal(to.conversation.session, "session", 7);
}

static void response_notification__added_until_it_is_full__read_back(void **state)
{
	uint8_t octets[100];
	char text[1500];
	struct due_notification added = {
		.id = 7, .msisdn = 13800138000, .attempts = 3, .kind = "order_completed",
		.facts = { .data = octets, .size = sizeof(octets) },
	}, got;
	struct response response, copy;

	memset(text, 'x', sizeof(text));
	response_init(&response);
	assert_false(response_notification(&response, 0, &got));
	record_put_text(&added.facts, FIELD_SERVICE, "NEWS", 4);
	assert_int_equal(response_add_notification(&response, &added), 0);
	added = (struct due_notification){
		.id = 8, .kind = NOTIFICATION_TEXT,
		.message = { .short_code = "10086", .channel = "sms", .text = text, .len = sizeof(text), .until = 99, .reference = 7 },
	};
	assert_int_equal(response_add_notification(&response, &added), 0);
	assert_int_equal(response_add_notification(&response, &added), -ENOSPC);
	response_copy(&copy, &response);
	assert_true(response_notification(&copy, 0, &got));
	assert_int_equal(got.id, 7);
	assert_int_equal(got.msisdn, 13800138000);
	assert_int_equal(got.attempts, 3);
	assert_string_equal(got.kind, "order_completed");
	assert_true(record_check(got.facts.data, got.facts.len));
	assert_int_equal(got.facts.len, 6);
	assert_string_equal(got.message.short_code, "");
	assert_null(got.message.text);
	assert_true(response_notification(&copy, 1, &got));
	assert_string_equal(got.message.short_code, "10086");
	assert_string_equal(got.message.channel, "sms");
	assert_int_equal(got.message.len, sizeof(text));
	assert_memory_equal(got.message.text, text, sizeof(text));
	assert_int_equal(got.message.until, 99);
	assert_int_equal(got.message.reference, 7);
	assert_false(response_notification(&copy, 2, &got));
}

static void request_span__put_and_out_of_bounds__octets_or_none(void **state)
{
	struct request request = { .kind = REQUEST_CONVERSATION_SAVE };
	struct conversation_request *asked = &request.conversation;
	uint8_t octets[REQUEST_ARGS_MAX] = "session";

	assert_null(request_span(&request, &asked->session));
	assert_int_equal(request_put_span(&request, &asked->session, octets, 7), 0);
	assert_int_equal(request_put_span(&request, &asked->late, octets, REQUEST_ARGS_MAX - 6), -ENOSPC);
	assert_null(request_span(&request, &asked->late));
	assert_int_equal(request_put_span(&request, &asked->late, octets, REQUEST_ARGS_MAX - 7), 0);
	assert_int_equal(request.args_len, REQUEST_ARGS_MAX);
	assert_memory_equal(request_span(&request, &asked->session), "session", 7);
	assert_ptr_equal(request_span(&request, &asked->late), request.args + 7);
	assert_null(request_span(&request, &(struct span){ .at = 8, .len = REQUEST_ARGS_MAX - 7 }));
	assert_null(request_span(&request, &(struct span){ .at = UINT16_MAX, .len = 1 }));
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
		cmocka_unit_test(response_copy__each_part__copied),
		cmocka_unit_test(response_notification__added_until_it_is_full__read_back),
		cmocka_unit_test(request_span__put_and_out_of_bounds__octets_or_none),
		cmocka_unit_test(args__written__read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

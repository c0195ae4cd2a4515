/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders as JSON, and every answer of billing to one. */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "billing/order.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"

static void write__service_order__complete(void **state)
{
	char *text = order_write(&(struct billing_order){
		.ref = 0xabc, .kind = REQUEST_SERVICE_ACTIVATE, .msisdn = "13800138000", .service = "NEWS", .period = "month",
		.price = 300, .effective = 20261201, .ordered = 1794732600 });

	assert_string_equal(text, "{\"ref\":\"0000000000000abc\",\"kind\":\"service-activate\",\"msisdn\":\"13800138000\","
		"\"service\":\"NEWS\",\"period\":\"month\",\"price\":300,\"effective\":\"2026-12-01\","
		"\"ordered\":\"2026-11-15T08:50:00Z\"}");
	free(text);
}

static void write__trial__has_its_last_day_and_price(void **state)
{
	static const struct {
		int64_t price;
		bool paid;
		const char *text;
	} table[] = { { 50, false, "\"trial_price\":50,\"trial_ends\":\"agreement\"" },
		      { 0, true, "\"trial_price\":0,\"trial_ends\":\"paid\"" } };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char *text = order_write(&(struct billing_order){
			.ref = 1, .kind = REQUEST_SERVICE_ACTIVATE, .msisdn = "138", .service = "NEWS", .period = "month",
			.price = 300, .effective = 20261201, .trial_until = 20261207, .trial_price = table[i].price,
			.trial_paid = table[i].paid });

		assert_non_null(strstr(text, "\"trial_until\":\"2026-12-07\""));
		assert_non_null(strstr(text, table[i].text));
		free(text);
	}
}

static void write__change__names_both_services(void **state)
{
	char *text = order_write(&(struct billing_order){
		.ref = 1, .kind = REQUEST_SERVICE_CHANGE, .msisdn = "138", .service = "DATA5G", .instead = "DATA1G", .period = "month",
		.price = 3000, .effective = 20261201, .ordered = 0 });

	assert_string_equal(text, "{\"ref\":\"0000000000000001\",\"kind\":\"service-change\",\"msisdn\":\"138\","
		"\"service\":\"DATA5G\",\"instead\":\"DATA1G\",\"period\":\"month\",\"price\":3000,"
		"\"effective\":\"2026-12-01\",\"ordered\":\"1970-01-01T00:00:00Z\"}");
	free(text);
}

static void write__order_about_the_line__names_no_service(void **state)
{
	char *text = order_write(&(struct billing_order){
		.ref = UINT64_MAX, .kind = REQUEST_LINE_SUSPEND, .msisdn = "138", .service = "", .period = "", .ordered = 0 });

	assert_string_equal(text, "{\"ref\":\"ffffffffffffffff\",\"kind\":\"line-suspend\",\"msisdn\":\"138\","
		"\"ordered\":\"1970-01-01T00:00:00Z\"}");
	free(text);
}

static struct billing_answer answer_to(const struct order_mapping *mapping, long status, const char *body)
{
	struct http_answer http = { .status = status, .body = body, .len = strlen(body), .after_s = 7 };
	struct billing_answer answer;

	order_read(mapping, &http, &answer);
	return answer;
}

static void read__each_answer__means_one_thing_F4(void **state)
{
	static const struct { long status; const char *body; enum billing_result result; const char *reason; } rows[] = {
		{ 201, "{\"state\":\"done\"}", BILLING_OK, "" },
		{ 200, "{\"ref\":\"x\",\"state\":\"done\",\"more\":[]}", BILLING_OK, "" },
		{ 200, "{\"state\":\"refused\",\"reason\":\"no_credit\"}", BILLING_DECLINED, "no_credit" },
		{ 200, "{\"state\":\"refused\"}", BILLING_DECLINED, "" },
		{ 200, "{\"state\":\"pending\"}", BILLING_LATER, "" },
		{ 202, "{\"state\":\"pending\"}", BILLING_LATER, "" },
		{ 202, "", BILLING_LATER, "" },
		{ 202, "thanks", BILLING_LATER, "" },
		{ 202, "{\"state\":\"done\"}", BILLING_OK, "" },
		{ 200, "", BILLING_LATER, "" },
		{ 204, "", BILLING_LATER, "" },
		{ 200, " \n", BILLING_LATER, "" },
		{ 200, "{", BILLING_WRONG, "" },
		{ 200, "[]", BILLING_WRONG, "" },
		{ 200, "{}", BILLING_WRONG, "" },
		{ 200, "{\"state\":\"perhaps\"}", BILLING_WRONG, "" },
		{ 200, "{\"state\":7}", BILLING_WRONG, "" },
		{ 200, "{\"state\":\"done\",\"state\":\"refused\"}", BILLING_WRONG, "" },
		{ 409, "", BILLING_KEY_CONFLICT, "conflict" },	/* A5 */
		{ 422, "{\"state\":\"refused\",\"reason\":\"not-active\"}", BILLING_DECLINED, "not-active" },
		{ 422, "{\"reason\":\"limit\"}", BILLING_DECLINED, "limit" },
		{ 422, "no", BILLING_DECLINED, "" },
		{ 422, "{\"reason\":\"You cannot\"}", BILLING_DECLINED, "" },
		{ 422, "{\"reason\":\"12345678901234567890123456789012\"}", BILLING_DECLINED, "" },
		{ 404, "", BILLING_UNKNOWN_SUBSCRIBER, "" },
		{ 400, "", BILLING_WRONG, "" },
		{ 302, "", BILLING_WRONG, "" },
		{ 401, "", BILLING_DOWN, "" },
		{ 429, "", BILLING_DOWN, "" },
		{ 500, "", BILLING_DOWN, "" },
		{ 503, "{\"state\":\"done\"}", BILLING_DOWN, "" },
	};
	struct problems problems = { 0 };
	struct mapping *mapping = mapping_new(NULL, NULL, NULL, &problems);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct billing_answer answer = answer_to(&mapping->order, rows[i].status, rows[i].body);

		if (answer.result != rows[i].result)
			fail_msg("%ld %s: %d", rows[i].status, rows[i].body, (int)answer.result);
		assert_string_equal(answer.reason, rows[i].reason);
		assert_int_equal(answer.after_s, 7);
	}
	talloc_free(mapping);
}

static void read__other_status_words__are_mapped(void **state)
{
	struct conf_file *file = settings_of("order = { path = \"/x\"; fields = { state = \"$.r.code\"; reason = \"$.r.why\"; };"
		" values = { state = ( [ \"0\", \"done\" ], [ \"9\", \"refused\" ] ); reason = { E17 = \"no_credit\"; }; }; };");
	struct problems problems = { 0 };
	struct mapping *mapping = mapping_new(NULL, NULL, setting_get(conf_file_root(file), "order"), &problems);
	struct billing_answer answer;

	assert_int_equal(problems.count, 0);
	assert_string_equal(mapping->order.path, "/x");
	assert_int_equal(answer_to(&mapping->order, 200, "{\"r\":{\"code\":0}}").result, BILLING_OK);
	answer = answer_to(&mapping->order, 200, "{\"r\":{\"code\":9,\"why\":\"E17\"}}");
	assert_int_equal(answer.result, BILLING_DECLINED);
	assert_string_equal(answer.reason, "no_credit");
	assert_int_equal(answer_to(&mapping->order, 200, "{\"r\":{\"code\":5}}").result, BILLING_WRONG);
	talloc_free(mapping);
	conf_file_free(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__service_order__complete),
		cmocka_unit_test(write__trial__has_its_last_day_and_price),
		cmocka_unit_test(write__change__names_both_services),
		cmocka_unit_test(write__order_about_the_line__names_no_service),
		cmocka_unit_test(read__each_answer__means_one_thing_F4),
		cmocka_unit_test(read__other_status_words__are_mapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

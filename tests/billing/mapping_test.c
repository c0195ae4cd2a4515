/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Billing's JSON and the mapping: valid values are parsed exactly, an invalid one rejects the whole document (F17). */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/json.h"
#include "billing/account_parse.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"

#define NOW 1794732600

static const struct subscriber asked = { .msisdn = "13800138000" };

static json_t *parse(const char *text)
{
	return json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
}

/* ---- values ---- */

static void number__each_form__is_exact_or_refused(void **state)
{
	static const struct { const char *json; enum field_type type; bool major; bool good; int64_t number; } rows[] = {
		{ "1250", FIELD_TYPE_MONEY, false, true, 1250 },
		{ "\"1250\"", FIELD_TYPE_MONEY, false, true, 1250 },
		{ "-7", FIELD_TYPE_MONEY, false, true, -7 },
		{ "1250.0", FIELD_TYPE_MONEY, false, true, 1250 },
		{ "12.5", FIELD_TYPE_MONEY, false, false, 0 },
		{ "\"12.50\"", FIELD_TYPE_MONEY, false, false, 0 },
		{ "\"12.00\"", FIELD_TYPE_MONEY, false, true, 12 },
		{ "12", FIELD_TYPE_MONEY, true, true, 1200 },
		{ "12.5", FIELD_TYPE_MONEY, true, true, 1250 },
		{ "0.29", FIELD_TYPE_MONEY, true, true, 29 },
		{ "1.1", FIELD_TYPE_MONEY, true, true, 110 },
		{ "-0.07", FIELD_TYPE_MONEY, true, true, -7 },
		{ "8115.51", FIELD_TYPE_MONEY, true, true, 811551 },
		{ "9999999999.99", FIELD_TYPE_MONEY, true, true, 999999999999 },
		{ "12.345", FIELD_TYPE_MONEY, true, false, 0 },
		{ "0.001", FIELD_TYPE_MONEY, true, false, 0 },
		{ "1e300", FIELD_TYPE_MONEY, true, false, 0 },
		{ "9223372036854775807", FIELD_TYPE_MONEY, true, false, 0 },
		{ "-9223372036854775808", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"12.50\"", FIELD_TYPE_MONEY, true, true, 1250 },
		{ "\"-12.5\"", FIELD_TYPE_MONEY, true, true, -1250 },
		{ "\"12.500\"", FIELD_TYPE_MONEY, true, true, 1250 },
		{ "\"12.505\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"12.\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\".5\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"1,250.00\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\" 12\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"12 EUR\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"1e3\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"99999999999999999999\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "\"-\"", FIELD_TYPE_MONEY, true, false, 0 },
		{ "true", FIELD_TYPE_MONEY, true, false, 0 },
		{ "[1]", FIELD_TYPE_MONEY, true, false, 0 },
		{ "17", FIELD_TYPE_COUNT, true, true, 17 },
		{ "17.5", FIELD_TYPE_COUNT, true, false, 0 },
		{ "\"2026-11-30\"", FIELD_TYPE_DATE, false, true, 20261130 },
		{ "\"20261130\"", FIELD_TYPE_DATE, false, true, 20261130 },
		{ "20261130", FIELD_TYPE_DATE, false, true, 20261130 },
		{ "\"2026-11-30T23:59:59Z\"", FIELD_TYPE_DATE, false, true, 20261130 },
		{ "\"2028-02-29\"", FIELD_TYPE_DATE, false, true, 20280229 },
		{ "\"2026-02-29\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-13-01\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-11-31\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-11\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"30.11.2026\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-1-1\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-11-30T\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-11-30T25:00:00Z\"", FIELD_TYPE_DATE, false, false, 0 },
		{ "0", FIELD_TYPE_DATE, false, false, 0 },
		{ "-20261130", FIELD_TYPE_DATE, false, false, 0 },
		{ "\"2026-11\"", FIELD_TYPE_MONTH, false, true, 202611 },
		{ "202611", FIELD_TYPE_MONTH, false, true, 202611 },
		{ "\"202611\"", FIELD_TYPE_MONTH, false, true, 202611 },
		{ "\"2026-11-01\"", FIELD_TYPE_MONTH, false, true, 202611 },
		{ "20261101", FIELD_TYPE_MONTH, false, true, 202611 },
		{ "\"2026-00\"", FIELD_TYPE_MONTH, false, false, 0 },
		{ "202613", FIELD_TYPE_MONTH, false, false, 0 },
		{ "\"2026-11x\"", FIELD_TYPE_MONTH, false, false, 0 },
		{ "1794732600", FIELD_TYPE_TIME, false, true, 1794732600 },
		{ "\"2026-11-15T08:50:00Z\"", FIELD_TYPE_TIME, false, true, 1794732600 },
		{ "\"2026-11-15t08:50:00.250z\"", FIELD_TYPE_TIME, false, true, 1794732600 },
		{ "\"2026-11-15T10:50:00+02:00\"", FIELD_TYPE_TIME, false, true, 1794732600 },
		{ "\"2026-11-15T03:20:00-05:30\"", FIELD_TYPE_TIME, false, true, 1794732600 },
		{ "\"2026-11-15T08:50:00\"", FIELD_TYPE_TIME, false, false, 0 },
		{ "\"2026-11-15\"", FIELD_TYPE_TIME, false, false, 0 },
		{ "\"2026-11-15T08:50:00+2:00\"", FIELD_TYPE_TIME, false, false, 0 },
		{ "\"now\"", FIELD_TYPE_TIME, false, false, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *value = parse(rows[i].json);
		int64_t number = 0;

		assert_non_null(value);
		if (json_number(value, rows[i].type, rows[i].major, &number) != (rows[i].good ? 0 : -EINVAL) ||
		    (rows[i].good && number != rows[i].number))
			fail_msg("%s: %lld", rows[i].json, (long long)number);
		json_decref(value);
	}
}

static void path__each_form__finds_its_value(void **state)
{
	static const struct { const char *path, *found; } rows[] = {
		{ "$.a.b", "deep" }, { "$.list[1]", "two" }, { "$.list[7]", NULL }, { "$.none.b", NULL }, { "$.a[0]", NULL },
		{ "$.buckets[type=main].amount", "1250" }, { "$.buckets[type=gift].amount", NULL },
		{ "$.buckets[id=7].amount", "5" }, { "$.Account Info", "yes" }, { "$.list.x", NULL },
	};
	json_t *root = parse("{\"a\":{\"b\":\"deep\"},\"list\":[\"one\",\"two\"],\"Account Info\":\"yes\",\"buckets\":"
			     "[{\"type\":\"bonus\",\"id\":7,\"amount\":5},{\"type\":\"main\",\"amount\":1250},3]}");
	void *ctx = talloc_named_const(NULL, 0, "test");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char buffer[JSON_TEXT_SIZE];
		struct json_path path;
		const char *text;

		assert_null(json_path_compile(ctx, rows[i].path, &path));
		text = json_text(json_path_find(&path, root), buffer);
		if (rows[i].found)
			assert_string_equal(text, rows[i].found);
		else
			assert_null(text);
	}
	json_decref(root);
	talloc_free(ctx);
}

static void path__malformed__is_refused(void **state)
{
	static const char *const rows[] = { "", "a", ".a", "$a", "$.", "$..a", "$.a[", "$.a[]", "$.a[x]", "$.a[1", "$.a[-1]",
		"$.a[b=]", "$.a[=b]", "$.a[b=c", "$.a[9999999]", "$.a]", "$[0]b",
		"$.1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17" };
	void *ctx = talloc_named_const(NULL, 0, "test");

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct json_path path;

		if (!json_path_compile(ctx, rows[i], &path))
			fail_msg("%s was taken", rows[i]);
	}
	talloc_free(ctx);
}

/* ---- documents ---- */

/* Read a document by the resource of a mapping that gives \a kind. 0, or -EBADMSG with parsed->why. */
static int read_with(const struct mapping *mapping, enum account_kind kind, const char *text, struct parsed_account *parsed)
{
	json_t *root = parse(text);
	const struct resource *resource = mapping->resources;
	int rc;

	while (!(resource->gives & 1u << kind))
		resource++;
	assert_non_null(root);
	account_parse_init(parsed);
	rc = account_parse((void *)mapping, parsed, resource, &asked, root, NOW);
	json_decref(root);
	return rc ? rc : account_parse_end(parsed, &asked);
}

static struct mapping *usual(void)
{
	struct problems problems = { 0 };
	struct mapping *mapping = mapping_new(NULL, NULL, NULL, &problems);

	assert_int_equal(problems.count, 0);
	return mapping;
}

static void profile__usual_names__is_parsed(void **state)
{
	struct mapping *mapping = usual();
	struct parsed_account parsed;

	assert_int_equal(read_with(mapping, ACCOUNT_PROFILE,
		"{\"msisdn\":\"+13800138000\",\"imsi\":\"001010000000001\",\"account\":\"prepaid\",\"brand\":\"young\","
		"\"status\":\"active\",\"language\":\"zh\",\"tariff\":\"DAILY2\",\"billed\":\"no\","
		"\"balance\":1250,\"owed\":null,\"valid_until\":\"2027-12-31\","
		"\"bill_month\":\"2026-10\",\"bill_total\":999,\"owner\":\"C-77\",\"as_of\":1794732000,\"else\":{}}", &parsed), 0);
	assert_int_equal(parsed.kinds, 1u << ACCOUNT_PROFILE);
	assert_string_equal(parsed.account.msisdn, asked.msisdn);
	assert_string_equal(parsed.account.imsis[0], "001010000000001");
	assert_string_equal(parsed.account.account, "prepaid");
	assert_string_equal(parsed.account.brand, "young");
	assert_string_equal(parsed.account.language, "zh");
	assert_string_equal(parsed.account.owner, "C-77");
	assert_int_equal(parsed.account.balance, 1250);
	assert_true(parsed.account.owed == STORED_UNKNOWN);
	assert_string_equal(parsed.account.tariff, "DAILY2");
	assert_string_equal(parsed.account.billed, "no");
	assert_null(parsed.account.registered);
	assert_int_equal(parsed.account.valid_until, 20271231);
	assert_int_equal(parsed.account.bill_month, 202610);
	assert_int_equal(parsed.account.as_of, 1794732000);
	assert_null(parsed.account.hash);
	talloc_free(mapping);
}

static void bills__newest_first__are_listed_oldest_first_with_lines(void **state)
{
	struct mapping *mapping = usual();
	const struct stored_bill *bills;
	struct parsed_account parsed;

	assert_int_equal(read_with(mapping, ACCOUNT_BILLS,
		"{\"msisdn\":\"13800138000\",\"bills\":[{\"month\":\"2026-10\",\"total\":30,\"lines\":[{\"item\":\"rent\","
		"\"amount\":40},{\"item\":\"discount\",\"amount\":-10}]},{\"month\":\"2026-08\",\"total\":1,\"lines\":[]},"
		"{\"month\":\"2026-09\",\"total\":2,\"lines\":null}]}", &parsed), 0);
	bills = parsed.account.bills;
	assert_int_equal(parsed.account.bills_count, 3);
	assert_int_equal(bills[0].month, 202608);
	assert_int_equal(bills[1].month, 202609);
	assert_int_equal(bills[2].month, 202610);
	assert_int_equal(bills[2].lines_count, 2);
	assert_string_equal(bills[2].lines[1].item, "discount");
	assert_int_equal(bills[2].lines[1].amount, -10);
	assert_int_equal(parsed.account.bills_as_of, NOW);
	talloc_free(mapping);
}

static void points__newest_first__order_within_a_day_preserved(void **state)
{
	struct mapping *mapping = usual();
	struct parsed_account parsed;

	assert_int_equal(read_with(mapping, ACCOUNT_POINTS,
		"{\"msisdn\":\"13800138000\",\"points\":60,\"entries\":[{\"date\":20261102,\"change\":3,\"reason\":\"c\"},"
		"{\"date\":20261102,\"change\":-2,\"reason\":\"b\"},{\"date\":20261101,\"change\":1,\"reason\":\"a\"}]}", &parsed),
			 0);
	assert_int_equal(parsed.account.points, 60);
	assert_int_equal(parsed.account.points_count, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(parsed.account.points_entries[i].reason[0], "abc"[i]);
	talloc_free(mapping);
}

static void services__any_order__are_sorted_by_code(void **state)
{
	struct mapping *mapping = usual();
	struct parsed_account parsed;

	assert_int_equal(read_with(mapping, ACCOUNT_SERVICES,
		"{\"msisdn\":\"13800138000\",\"services\":[{\"service\":\"NEWS\",\"since\":\"2025-03-01\"},{\"service\":\"CRBT\","
		"\"since\":20260101,\"trial_until\":\"2026-12-01\",\"trial_ends\":\"paid\"}]}", &parsed), 0);
	assert_int_equal(parsed.account.subscriptions_count, 2);
	assert_string_equal(parsed.account.subscriptions[0].service, "CRBT");
	assert_int_equal(parsed.account.subscriptions[0].trial_until, 20261201);
	assert_int_equal(parsed.account.subscriptions[1].since, 20250301);
	assert_int_equal(parsed.account.subscriptions[1].trial_until, 0);
	assert_string_equal(parsed.account.subscriptions[0].trial_ends, "paid");
	assert_null(parsed.account.subscriptions[1].trial_ends);
	talloc_free(mapping);
}

#define WHO "\"msisdn\":\"13800138000\""
#define FINE WHO ",\"account\":\"prepaid\",\"status\":\"active\""
static void document__invalid__rejected_as_a_whole_F17(void **state)
{
	static const struct { enum account_kind kind; const char *json, *why; } rows[] = {
		{ ACCOUNT_PROFILE, "{}", "msisdn is missing" },
		{ ACCOUNT_PROFILE, "[]", "msisdn is missing" },
		{ ACCOUNT_PROFILE, "\"text\"", "msisdn is missing" },
		{ ACCOUNT_PROFILE, "null", "msisdn is missing" },
		{ ACCOUNT_PROFILE, "{\"msisdn\":\"13800138001\",\"account\":\"prepaid\",\"status\":\"active\"}",
		  "msisdn is not the number that was asked for" },
		{ ACCOUNT_PROFILE, "{\"msisdn\":\"1380013800a\"}", "msisdn is not a valid number" },
		{ ACCOUNT_PROFILE, "{\"msisdn\":\"1380013800013800\"}", "msisdn is not a valid number" },
		{ ACCOUNT_PROFILE, "{" WHO "}", "account is missing" },
		{ ACCOUNT_PROFILE, "{" WHO ",\"account\":\"hybrid\"}", "account has an unknown value" },
		{ ACCOUNT_PROFILE, "{" WHO ",\"account\":\"prepaid\",\"status\":null}", "status is missing" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"balance\":-1}", "balance is negative" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"owed\":\"-0.01\"}", "owed cannot be read" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"balance\":1000000000000}", "balance is too large" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"balance\":12.5}", "balance cannot be read" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"balance\":{}}", "balance cannot be read" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"brand\":\"\"}", "brand is empty, or contains characters that are not allowed" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"brand\":\"a b\"}", "brand is empty, or contains characters that are not allowed" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"brand\":\"a\\nb\"}", "brand is empty, or contains characters that are not allowed" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"brand\":\"12345678901234567\"}", "brand is too long" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"brand\":[]}", "brand is not text" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"valid_until\":\"2026-02-30\"}", "valid_until cannot be read" },
		{ ACCOUNT_PROFILE, "{" FINE ",\"as_of\":1794733600}", "as_of is in the future" },
		{ ACCOUNT_BILLS, "{" WHO "}", "bills is not a list" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":{}}", "bills is not a list" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":[7]}", "month is missing" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":[{\"month\":202610,\"total\":-1,\"lines\":[]}]}", "total is negative" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":[{\"month\":202610,\"total\":1}]}", "lines is not a list" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":[{\"month\":202610,\"total\":1,\"lines\":[{\"item\":\"x\"}]}]}",
		  "amount is missing" },
		{ ACCOUNT_BILLS, "{" WHO ",\"bills\":[{\"month\":202610,\"total\":1,\"lines\":[]},{\"month\":202609,\"total\":1,"
		  "\"lines\":[]},{\"month\":202610,\"total\":1,\"lines\":[]}]}", "month appears twice" },
		{ ACCOUNT_POINTS, "{" WHO ",\"entries\":[]}", "points is missing" },
		{ ACCOUNT_POINTS, "{" WHO ",\"points\":-5,\"entries\":[]}", "points is negative" },
		{ ACCOUNT_POINTS, "{" WHO ",\"points\":5,\"entries\":[{\"date\":20261101,\"change\":100000000,\"reason\":\"a\"}]}",
		  "change is too large" },
		{ ACCOUNT_SERVICES, "{" WHO ",\"services\":[{\"service\":\"A B\",\"since\":20250101}]}",
		  "service is empty, or contains characters that are not allowed" },
		{ ACCOUNT_SERVICES, "{" WHO ",\"services\":[{\"service\":\"A\",\"since\":20250101},{\"service\":\"A\","
		  "\"since\":20260101}]}", "service appears twice" },
	};
	struct mapping *mapping = usual();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct parsed_account parsed;

		if (!read_with(mapping, rows[i].kind, rows[i].json, &parsed))
			fail_msg("%s was taken", rows[i].json);
		assert_string_equal(parsed.why, rows[i].why);
	}
	talloc_free(mapping);
}

static void list__too_long__rejected_as_a_whole_F17(void **state)
{
	struct mapping *mapping = usual();
	struct parsed_account parsed;

	for (int extra = 0; extra < 2; extra++) {
		json_t *list = json_array(), *root;
		char *text;

		for (int i = 0; i < PARSED_POINTS_MAX + extra; i++)
			json_array_append_new(list, json_pack("{sisiss}", "date", 20261101, "change", i, "reason", "x"));
		root = json_pack("{sssiso}", "msisdn", asked.msisdn, "points", 1, "entries", list);
		text = json_dumps(root, 0);
		assert_int_equal(read_with(mapping, ACCOUNT_POINTS, text, &parsed), extra ? -EBADMSG : 0);
		free(text);
		json_decref(root);
	}
	assert_string_equal(parsed.why, "points has too many rows");
	talloc_free(mapping);
}

/* ---- foreign field names ---- */

static const char foreign[] =
	"ask = ( {\n"
	"  path = \"/customers/{msisdn}?full=1\"; gives = \"profile bills services\"; money = \"major\";\n"
	"  negative = \"balance\";\n"
	"  fields = { msisdn = \"$.line.number\"; account = \"$.type\"; status = \"$.state\";\n"
	"    balance = \"$.buckets[kind=main].left\"; valid_until = \"$.buckets[kind=main].ends\"; brand = \"$.tariff.family\"; };\n"
	"  values = { account = { PREPAY = \"prepaid\"; POST = \"postpaid\"; };\n"
	"    status = ( [ \"1\", \"active\" ], [ \"barred, lost\", \"suspended\" ] ); item = { GR = \"rent\"; }; };\n"
	"  bills = { rows = \"$.invoices\"; fields = { month = \"$.for\"; total = \"$.sum.gross\"; };\n"
	"    lines = { rows = \"$.positions\"; fields = { item = \"$.code\"; amount = \"$.gross\"; }; }; };\n"
	"  services = { rows = \"$.options\"; fields = { service = \"$.id\"; since = \"$.from\"; }; };\n"
	"} );\n";

static void foreign__mapped_by_settings__is_parsed_into_our_names(void **state)
{
	struct conf_file *file = settings_of(foreign);
	struct problems problems = { 0 };
	struct mapping *mapping = mapping_new(NULL, setting_get(conf_file_root(file), "ask"), NULL, &problems);
	struct parsed_account parsed;

	assert_int_equal(problems.count, 0);
	assert_int_equal(mapping_kinds(mapping, 1u << ACCOUNT_BILLS),
			 1u << ACCOUNT_PROFILE | 1u << ACCOUNT_BILLS | 1u << ACCOUNT_SERVICES);
	assert_int_equal(mapping_kinds(mapping, 1u << ACCOUNT_POINTS), 0);
	assert_int_equal(read_with(mapping, ACCOUNT_PROFILE,
		"{\"line\":{\"number\":13800138000},\"type\":\"POST\",\"state\":\"barred, lost\",\"tariff\":{\"family\":\"gold\"},"
		"\"buckets\":[{\"kind\":\"gift\",\"left\":1},{\"kind\":\"main\",\"left\":-12.35,\"ends\":\"2027-01-31T00:00:00Z\"}],"
		"\"invoices\":[{\"for\":\"2026-10\",\"sum\":{\"gross\":\"18.05\"},\"positions\":[{\"code\":\"GR\",\"gross\":18.05}]}],"
		"\"options\":[{\"id\":7,\"from\":\"2025-01-01\"}]}", &parsed), 0);
	assert_string_equal(parsed.account.account, "postpaid");
	assert_string_equal(parsed.account.status, "suspended");
	assert_string_equal(parsed.account.brand, "gold");
	assert_int_equal(parsed.account.balance, -1235);
	assert_int_equal(parsed.account.valid_until, 20270131);
	assert_int_equal(parsed.account.bills[0].total, 1805);
	assert_string_equal(parsed.account.bills[0].lines[0].item, "rent");
	assert_string_equal(parsed.account.subscriptions[0].service, "7");
	assert_int_equal(parsed.account.services_as_of, NOW);
	talloc_free(mapping);
	conf_file_free(file);
}

static void settings__invalid__reported_with_their_line(void **state)
{
	static const struct { const char *text; unsigned int line; const char *problem; } rows[] = {
		{ "ask = ();", 1, "\"ask\" must contain at least one resource" },
		{ "ask = { gives = \"profile\"; };", 1, "\"path\" is missing: appended to url; with {msisdn} or {imsi}" },
		{ "ask = { path = \"/{msisdn}\"; };", 1,
		  "\"gives\" is missing: kinds of data in it: profile, bills, points, services, separated by blanks" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile money\"; };", 1,
		  "\"gives\" may contain profile, bills, points, services; not \"money\"" },
		{ "ask = { path = \"x{msisdn}\"; gives = \"profile\"; };", 1, "\"x{msisdn}\" must begin with /" },
		{ "ask = { path = \"/../{msisdn}\"; gives = \"profile\"; };", 1, "\"/../{msisdn}\" is not a valid URL path" },
		{ "ask = { path = \"/all\"; gives = \"profile\"; };", 1,
		  "\"/all\" needs {msisdn} or {imsi} to identify the subscriber" },
		{ "ask = { path = \"/{msisdn}\"; path_imsi = \"/x\"; gives = \"profile\"; };", 1,
		  "\"/x\" needs {imsi} to identify the subscriber" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\"; feilds = { }; };", 1,
		  "unknown name 'feilds'" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n fields = { balnce = \"$.a\"; }; };", 2,
		  "\"balnce\" is not a field that can be read here" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n fields = {\n points = \"$.a\"; }; };", 3,
		  "\"points\" does not belong to the kinds in \"gives\"" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n fields = { balance = 7; }; };", 2,
		  "\"balance\" must be a string, not a whole number" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n fields = { balance = \"a.b\"; }; };", 2,
		  "\"a.b\" is not a path: a path must begin with $" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n values = { account = { A = \"trial\"; }; }; };", 2,
		  "\"account\" must be one of: prepaid postpaid; not \"trial\"" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n values = { account = { A = 7; }; }; };", 2,
		  "write a value as theirs = \"ours\" or [ \"theirs\", \"ours\" ]" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n values = { balance = { A = \"7\"; }; }; };", 2,
		  "\"balance\" cannot have a list of values" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n values = { acount = { A = \"7\"; }; }; };", 2,
		  "\"acount\" is not a known field" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\"; negative = \"account\"; };", 1,
		  "\"account\" is not a known amount" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"profile\";\n bills = { rows = \"$.b\"; }; };", 2,
		  "\"bills\" is not one of the kinds in \"gives\"" },
		{ "ask = { path = \"/{msisdn}\"; gives = \"bills\";\n bills = { rows = \"$.b\";\n fields = { month = \"$.m\"; }; }; };",
		  3, "\"total\" is missing" },
		{ "order = { path = \"orders\"; };", 1, "\"orders\" must begin with /" },
		{ "order = { fields = { stat = \"$.a\"; }; };", 1, "\"stat\" is not a field that can be read here" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct conf_file *file = settings_of(rows[i].text);
		const struct setting *root = conf_file_root(file);
		struct problems problems = { 0 };

		talloc_free(mapping_new(NULL, setting_get(root, "ask"), setting_get(root, "order"), &problems));
		if (problems.count != 1)
			conf_problems_print(&problems);
		assert_int_equal(problems.count, 1);
		assert_string_equal(problems.list[0].text, rows[i].problem);
		assert_int_equal(problems.list[0].line, rows[i].line);
		problems_fini(&problems);
		conf_file_free(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number__each_form__is_exact_or_refused),
		cmocka_unit_test(path__each_form__finds_its_value),
		cmocka_unit_test(path__malformed__is_refused),
		cmocka_unit_test(profile__usual_names__is_parsed),
		cmocka_unit_test(bills__newest_first__are_listed_oldest_first_with_lines),
		cmocka_unit_test(points__newest_first__order_within_a_day_preserved),
		cmocka_unit_test(services__any_order__are_sorted_by_code),
		cmocka_unit_test(document__invalid__rejected_as_a_whole_F17),
		cmocka_unit_test(list__too_long__rejected_as_a_whole_F17),
		cmocka_unit_test(foreign__mapped_by_settings__is_parsed_into_our_names),
		cmocka_unit_test(settings__invalid__reported_with_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

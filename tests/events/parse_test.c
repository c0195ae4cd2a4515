/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Events as JSON: what becomes a request, and what is refused in which words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/account.h"
#include "starhash/events.h"
#include "tests/cmocka.h"

#define NOW INT64_C(1795161600)		/* 2026-11-20T08:00:00Z */
#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define HEAD "\"id\":\"e-1\",\"number\":\"13800138000\",\"time\":\"2026-11-20T07:59:59Z\","

static const struct numbering_plan china = {
	.country = "86", .national_prefix = "0", .international_prefix = "00",
	.numbers = { 1, { { "86", 13, 13 } } }, .shorts = { 1, { { "2", 4, 4 } } },
};

static const struct event_origin over_http = { .source = "shop", .plan = &china, .now = NOW };
static const struct event_origin orders = { .source = "shop", .proposes = PROPOSES_ORDER, .plan = &china, .now = NOW };
static const struct message_rules slow = { .order_answer_s = 3 * 86400 };
static const struct event_origin slow_orders = { .source = "shop", .proposes = PROPOSES_ORDER, .plan = &china, .now = NOW, .rules = &slow };
static const struct event_origin codes = { .source = "shop", .proposes = PROPOSES_CODE, .plan = &china, .now = NOW };
static const struct event_origin push = { .source = "shop", .proposes = PROPOSES_PAGE, .plan = &china, .now = NOW };
static const struct event_origin in_file = { .source = "spool", .names_source = true, .now = NOW };

static const char *arg_name(uint16_t id)
{
	return id == ARG_SHOWN ? "shown" : id == ARG_PAGE ? "page" : id == ARG_BEGIN ? "begin" : id == ARG_END ? "end" :
	       field_info(id)->name;
}

static void print_args(struct request *request, char *out, size_t size)
{
	struct record args = request_args(request), row;
	uint16_t at = 0, row_at = 0, id;
	struct value value;
	size_t len = 0;

	*out = '\0';
	while (record_next(&args, &at, &id, &value)) {
		struct rows rows = { .data = (uint8_t *)(uintptr_t)value.text, .len = value.len, .size = value.len };

		if (id == ARG_ROWS) {
			assert_true(rows_check(rows.data, rows.len, &rows.count));
			while (rows_next(&rows, &row_at, &row)) {
				char service[SERVICE_CODE_MAX + 1];

				record_text(&row, FIELD_SERVICE, service, sizeof(service));
				len += (size_t)snprintf(out + len, size - len, " %s:%lld", service,
							(long long)record_number(&row, FIELD_AMOUNT, -1));
			}
		} else if (value.is_text) {
			len += (size_t)snprintf(out + len, size - len, " %s=%.*s", arg_name(id), value.len, value.text);
		} else {
			len += (size_t)snprintf(out + len, size - len, " %s=%lld", arg_name(id), (long long)value.number);
		}
	}
}

/* What a text becomes: the request in one line, or the complaint. */
static const char *parsed(const struct event_origin *origin, const char *text, size_t len, struct request *request)
{
	static char line[2048];
	char why[EVENT_WHY_SIZE] = "", args[1500];
	json_t *event = event_load(text, len, why);
	int rc = -1;

	memset(request, 0xa5, sizeof(*request));
	if (event)
		rc = event_parse(origin, event, request, why);
	json_decref(event);
	if (rc) {
		assert_true(*why);
		snprintf(line, sizeof(line), "%s", why);
		return line;
	}
	print_args(request, args, sizeof(args));
	snprintf(line, sizeof(line), "%s/%s %s %s %lld:%s", request->event.source, request->event.id, request->subscriber.msisdn,
		 request->event.kind, (long long)request->event.time, args);
	return line;
}

struct row {
	const char *text, *becomes;
};

static void rows_run(const struct event_origin *origin, const struct row *rows, size_t count)
{
	struct request request;

	for (size_t i = 0; i < count; i++) {
		const char *is = parsed(origin, rows[i].text, strlen(rows[i].text), &request);

		if (strcmp(is, rows[i].becomes))
			fail_msg("%s\nis      %s\nwanted  %s", rows[i].text, is, rows[i].becomes);
	}
}

static void each_kind__its_fields(void **state)
{
	static const struct row rows[] = {
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":200,\"purchased_by\":\"sms\"}",
		  "shop/e-1 8613800138000 purchase 1795161599: amount=200 purchased_by=sms" },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":0,\"purchased_by\":\"web\",\"service\":\"新闻\","
		  "\"provider\":\"SINA\",\"fee_shown\":\"no\"}",
		  "shop/e-1 8613800138000 purchase 1795161599: amount=0 purchased_by=web service=新闻 provider=SINA fee_shown=no" },
		{ "{" HEAD "\"event\":\"balance_low\",\"balance\":-5}", "shop/e-1 8613800138000 balance_low 1795161599: balance=-5" },
		{ "{" HEAD "\"event\":\"validity_ending\",\"valid_until\":\"2026-12-01\",\"balance\":999999999999}",
		  "shop/e-1 8613800138000 validity_ending 1795161599: valid_until=20261201 balance=999999999999" },
		{ "{" HEAD "\"event\":\"suspension_planned\",\"owed\":5890,\"pay_by\":\"2026-11-25\","
		  "\"bill_month\":\"2026-10\",\"bill_total\":5890}",
		  "shop/e-1 8613800138000 suspension_planned 1795161599: owed=5890 pay_by=20261125 bill_month=202610 bill_total=5890" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":5000}", "shop/e-1 8613800138000 payment 1795161599: amount=5000" },
		{ "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-11\"}",
		  "shop/e-1 8613800138000 information_fees 1795161599: month=202611" },
		/* the lines of one service become one */
		{ "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-11\",\"total\":700,"
		  "\"lines\":[{\"service\":\"NEWS\",\"amount\":300},"
		  "{\"amount\":-100,\"service\":\"CRBT\"},{\"service\":\"NEWS\",\"amount\":500}]}",
		  "shop/e-1 8613800138000 information_fees 1795161599: month=202611 total=700 NEWS:800 CRBT:-100" },
	};

	rows_run(&over_http, rows, ROWS(rows));
}

/* Their time is that of the request, so that its key is none of theirs. */
static void each_kind_that_proposes__its_keys(void **state)
{
#define OF "\"id\":\"o-1\",\"number\":\"13800138000\""
#define IS(kind) "shop/o-1 8613800138000 " kind " 1795161600:"
#define TIMES "must be RFC 3339, such as \"2026-12-01T08:00:00+08:00\", or seconds since 1970"
#define SHOWN "'shown' must be a text of 1 to 640 octets without control characters except line feeds"
#define PAGES "'page' must be a name of 1 to 24 letters, digits, _ or -"
	static const struct row of_orders[] = {
		{ "{" OF ",\"service\":\"NEWS\"}", IS("order_request") " service=NEWS" },
		{ "{" OF ",\"service\":\"NEWS\",\"provider\":\"SINA\",\"price\":300,\"until\":\"2026-11-21T08:00:00Z\"}",
		  IS("order_request") " service=NEWS provider=SINA price=300 end=1795248000" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795161601}", IS("order_request") " service=NEWS end=1795161601" },
		{ "{" OF "}", "'service' is missing" },
		{ "{" OF ",\"service\":\"A B\"}", "'service' must be a code: a short text without blanks" },
		{ "{" OF ",\"service\":\"NEWS\",\"price\":\"300\"}", "'price' must be a whole number of minor units" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":\"tomorrow\"}", "'until' " TIMES },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795248000}", IS("order_request") " service=NEWS end=1795248000" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795248001}", "'until' is more than 1440 minutes ahead" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795161600000}", "'until' is more than 1440 minutes ahead" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":9223372036854775807}", "'until' " TIMES },
		{ "{" OF ",\"service\":\"NEWS\",\"time\":1}", "'time' is not a key of 'order_request'" },
		{ "{" OF ",\"service\":\"NEWS\",\"event\":\"order_request\"}", "'event' is not a key of 'order_request'" },
		{ "{" OF ",\"service\":\"NEWS\",\"source\":\"shop\"}", "'source' is not a key of 'order_request'" },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\"}", "'shown' is not a key of 'order_request'" },
		{ "{" OF ",\"service\":\"NEWS\",\"page\":\"a\"}", "'page' is not a key of 'order_request'" },
		{ "{\"id\":\"o-1\",\"service\":\"NEWS\"}", "'number' must be a text of digits" },
		{ "{\"number\":\"13800138000\",\"service\":\"NEWS\"}",
		  "'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~" },
	};
	static const struct row of_slow_orders[] = {
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795420800}", IS("order_request") " service=NEWS end=1795420800" },
		{ "{" OF ",\"service\":\"NEWS\",\"until\":1795420801}", "'until' is more than 4320 minutes ahead" },
	};
	static const struct row of_codes[] = {
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"News, ¥3.00\\na month\",\"until\":1795161660}",
		  IS("code_request") " service=NEWS shown=News, ¥3.00\na month end=1795161660" },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\",\"until\":1795165200}",
		  IS("code_request") " service=NEWS shown=a end=1795165200" },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\",\"until\":1795165201}", "'until' is more than 60 minutes ahead" },
		{ "{" OF ",\"service\":\"NEWS\"}", "'shown' is missing" },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"\"}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":7}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\\u001b[31m\"}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\\r\\n\"}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\\u007f\"}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\\u0085\"}", SHOWN },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\\u00a0\"}", IS("code_request") " service=NEWS shown=a\u00a0" },
		{ "{" OF ",\"service\":\"NEWS\",\"shown\":\"a\",\"not_before\":1}", "'not_before' is not a key of 'code_request'" },
	};
	static const struct row of_push[] = {
		{ "{" OF ",\"page\":\"offer_7-a\"}", IS("push") " page=offer_7-a" },
		{ "{" OF ",\"page\":\"offer\",\"service\":\"NEWS\",\"not_before\":1795161600,\"not_after\":\"2026-11-21T08:00:00Z\"}",
		  IS("push") " service=NEWS page=offer begin=1795161600 end=1795248000" },
		{ "{" OF ",\"page\":\"offer\",\"not_before\":1795161600,\"not_after\":1795161600}",
		  "'not_after' must be later than 'not_before'" },
		{ "{" OF ",\"page\":\"offer\",\"not_before\":-1}", "'not_before' " TIMES },
		{ "{" OF "}", "'page' is missing" },
		{ "{" OF ",\"page\":\"\"}", PAGES },
		{ "{" OF ",\"page\":\"push:offer\"}", PAGES },
		{ "{" OF ",\"page\":\"../offer\"}", PAGES },
		{ "{" OF ",\"page\":\"o ffer\"}", PAGES },
		{ "{" OF ",\"page\":null}", PAGES },
		{ "{" OF ",\"page\":\"1234567890123456789012345\"}", PAGES },
		{ "{" OF ",\"page\":\"123456789012345678901234\"}", IS("push") " page=123456789012345678901234" },
		{ "{" OF ",\"page\":\"offer\",\"until\":1}", "'until' is not a key of 'push'" },
	};
	struct request request;
	char text[1024];

	rows_run(&orders, of_orders, ROWS(of_orders));
	rows_run(&slow_orders, of_slow_orders, ROWS(of_slow_orders));
	rows_run(&codes, of_codes, ROWS(of_codes));
	rows_run(&push, of_push, ROWS(of_push));
	for (size_t len = 640; len <= 641; len++) {
		snprintf(text, sizeof(text), "{" OF ",\"service\":\"NEWS\",\"shown\":\"%0*d\"}", (int)len, 0);
		parsed(&codes, text, strlen(text), &request);
		assert_int_equal(request.kind, REQUEST_PROPOSE);
		assert_int_equal(request.args_len > 0, len == 640);
	}
}

/* Neither /v1/events nor a file takes them. */
static void kinds_that_propose__not_among_events(void **state)
{
	static const struct row rows[] = {
#define KINDS \
	"'event' must be one of purchase, balance_low, validity_ending, suspension_planned, payment, spending_high, information_fees"
		{ "{" HEAD "\"event\":\"order_request\",\"service\":\"NEWS\"}", KINDS },
		{ "{" HEAD "\"event\":\"code_request\",\"service\":\"NEWS\"}", KINDS },
		{ "{" HEAD "\"event\":\"push\",\"service\":\"NEWS\"}", KINDS },
	};

	rows_run(&over_http, rows, ROWS(rows));
	rows_run(&in_file, rows, ROWS(rows));
}

static void number_and_time__every_form(void **state)
{
	static const struct row rows[] = {
#define EVENT(id, number, time) \
	"{\"id\":\"" id "\",\"event\":\"payment\",\"amount\":1,\"number\":" number ",\"time\":" time "}"
		{ EVENT("1", "\"+8613800138000\"", "1795161600"), "shop/1 8613800138000 payment 1795161600: amount=1" },
		{ EVENT("1", "\"008613800138000\"", "\"2026-11-20T16:00:00+08:00\""), "shop/1 8613800138000 payment 1795161600: amount=1" },
		{ EVENT("1", "\"2345\"", "\"2026-11-20T08:00:00.5Z\""), "shop/1 2345 payment 1795161600: amount=1" },
		/* clocks differ by a day at most */
		{ EVENT("1", "\"2345\"", "1795248000"), "shop/1 2345 payment 1795248000: amount=1" },
		{ EVENT("1", "\"2345\"", "1795248001"), "'time' is in the future" },
#define FORMS "'time' must be RFC 3339, such as \"2026-12-01T08:00:00+08:00\", or seconds since 1970"
		{ EVENT("1", "\"2345\"", "\"2026-11-20T08:00:00\""), FORMS },
		{ EVENT("1", "\"2345\"", "\"2026-02-30T08:00:00Z\""), FORMS },
		{ EVENT("1", "\"2345\"", "1795161600.0"), FORMS },
		{ EVENT("1", "\"2345\"", "0"), FORMS },
		{ EVENT("1", "\"2345\"", "-1"), FORMS },
		{ EVENT("1", "\"2345\"", "null"), FORMS },
		{ EVENT("1", "13800138000", "1"), "'number' must be a text of digits" },
		{ EVENT("1", "\"Bob\"", "1"), "'number' must be a text of digits" },
		{ EVENT("1", "\"\"", "1"), "'number' must be a text of digits" },
		{ EVENT("1", "\"13800138000' OR 1=1\"", "1"), "'number' must be a text of digits" },
		{ EVENT("1", "\"123\"", "1"), "'number' is too short" },
		{ EVENT("1", "\"4471123456789012345678901234567890\"", "1"), "'number' is not a number of the numbering plan" },
		{ EVENT("~-._aZ9", "\"2345\"", "1"), "shop/~-._aZ9 2345 payment 1: amount=1" },
#define IDS "'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~"
		{ EVENT("", "\"2345\"", "1"), IDS },
		{ EVENT("a b", "\"2345\"", "1"), IDS },
		{ EVENT("a/b", "\"2345\"", "1"), IDS },
		{ EVENT("a%2Fb", "\"2345\"", "1"), IDS },
		{ EVENT("a:b", "\"2345\"", "1"), IDS },
		{ EVENT("\\u0007", "\"2345\"", "1"), IDS },
		{ EVENT("é", "\"2345\"", "1"), IDS },
		{ EVENT("0123456789012345678901234567890123456789012345678901234567890123", "\"2345\"", "1"),
		  "shop/0123456789012345678901234567890123456789012345678901234567890123 2345 payment 1: amount=1" },
		{ EVENT("01234567890123456789012345678901234567890123456789012345678901234", "\"2345\"", "1"), IDS },
	};

	rows_run(&over_http, rows, ROWS(rows));
}

static void unknown_missing_twice_wrong_type__refused_by_name(void **state)
{
	static const struct row rows[] = {
#define WHOLE "must be a whole number of minor units"
		{ "{" HEAD "\"event\":\"payment\",\"amount\":\"1\"}", "'amount' " WHOLE },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1.0}", "'amount' " WHOLE },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":true}", "'amount' " WHOLE },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":null}", "'amount' " WHOLE },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":[1]}", "'amount' " WHOLE },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":-1}", "'amount' must not be negative" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1000000000000}", "'amount' is too large" },
		{ "{" HEAD "\"event\":\"balance_low\",\"balance\":-9223372036854775808}", "'balance' is too large" },
		{ "{" HEAD "\"event\":\"payment\"}", "'amount' is missing" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"Amount\":1}", "'Amount' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"service\":\"NEWS\"}", "'service' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"lines\":[]}", "'lines' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"source\":\"billing\"}", "'source' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"a\\n# b\":1}", "'?' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"payment\",\"amount\":1,\"\":1}", "'?' is not a key of 'payment'" },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"ussd\"}",
		  "'purchased_by' must be one of: sms web wap" },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"sms web\"}",
		  "'purchased_by' must be one of: sms web wap" },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\",\"fee_shown\":true}",
		  "'fee_shown' must be one of: yes no" },
#define CODE "must be a code: a short text without blanks"
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\",\"service\":\"A B\"}", "'service' " CODE },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\",\"service\":\"\"}", "'service' " CODE },
#define PROVIDER(name) "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\",\"provider\":\"" name "\"}"
		{ PROVIDER("a\\u009b31m"), "'provider' " CODE },
		{ PROVIDER("Your\\u00a0bank"), "'provider' " CODE },
		{ PROVIDER("x\\u202e\\u0661"), "'provider' " CODE },
		{ PROVIDER("x\\u2066"), "'provider' " CODE },
		{ PROVIDER("a\\u3000b"), "'provider' " CODE },
		{ PROVIDER("\\ufeff"), "'provider' " CODE },
		{ PROVIDER("\\u061c"), "'provider' " CODE },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\",\"service\":7}", "'service' " CODE },
		{ "{" HEAD "\"event\":\"purchase\",\"amount\":1,\"purchased_by\":\"web\","
		  "\"service\":\"1234567890123456789012345\"}",
		  "'service' " CODE },
		{ "{" HEAD "\"event\":\"validity_ending\",\"valid_until\":\"2026-02-30\"}",
		  "'valid_until' must be a date such as \"2026-12-01\"" },
		{ "{" HEAD "\"event\":\"validity_ending\",\"valid_until\":20261201}",
		  "'valid_until' must be a date such as \"2026-12-01\"" },
		{ "{" HEAD "\"event\":\"validity_ending\",\"valid_until\":\"2026-12-01T00:00:00Z\"}",
		  "'valid_until' must be a date such as \"2026-12-01\"" },
		{ "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-13\"}", "'month' must be a month such as \"2026-11\"" },
		{ "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-11-01\"}", "'month' must be a month such as \"2026-11\"" },
#define FEES(lines) "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-11\",\"lines\":" lines "}"
		{ FEES("{}"), "'lines' must be a list" },
		{ FEES("[1]"), "'lines[0]' must have the keys 'service' and 'amount'" },
		{ FEES("[{\"service\":\"A\",\"amount\":1},{\"service\":\"A\"}]"), "'lines[1]' must have the keys 'service' and 'amount'" },
		{ FEES("[{\"service\":\"A\",\"amount\":1,\"x\":1}]"), "'lines[0]' must have the keys 'service' and 'amount'" },
		{ FEES("[{\"service\":\"A\",\"amount\":0.5}]"), "'lines[0]' 'amount' " WHOLE },
		{ FEES("[{\"service\":1,\"amount\":1}]"), "'lines[0]' 'service' " CODE },
		{ "{" HEAD "\"event\":\"bonus\"}",
		  KINDS },
		{ "{" HEAD "\"event\":7}",
		  KINDS },
		{ "{}", "'id' must be a text of 1 to 64 letters, digits, -, ., _ or ~" },
		{ "[]", "not an object" },
	};

	rows_run(&over_http, rows, ROWS(rows));
}

static void twice__names_the_key(void **state)
{
	static const char text[] = "{\"id\":\"1\",\"amount\":1,\"amount\":2}";
	struct request request;

	assert_non_null(strstr(parsed(&over_http, text, strlen(text), &request), "duplicate object key near '\"amount\"'"));
}

static void not_json__words_that_may_be_printed(void **state)
{
	static const char *const texts[] = {
		"", "{", "nonsense", "{\"id\":\"\xff\xfe\"}", "{\"id\":\"a\\u0000\"}", "{\"id\":\"\n\"}", "{}\x1b[31m",
		"{\"amount\":1e999}",
		"{\"amount\":99999999999999999999}", "{\"a\":1} {}",
	};
	struct request request;

	for (size_t i = 0; i < ROWS(texts); i++) {
		const char *why = parsed(&over_http, texts[i], strlen(texts[i]), &request);

		assert_memory_equal(why, "not JSON, at character ", 23);
		for (; *why; why++)
			assert_in_range(*why, ' ', '~');
	}
}

static void deep__refused(void **state)
{
	const size_t len = 1000000;
	char *text = malloc(len + 1);
	struct request request;

	memset(text, '[', len);
	text[len] = '\0';
	assert_non_null(strstr(parsed(&over_http, text, len, &request), "not JSON"));
	free(text);
}

/* The fees of more services become one sum, as on a bill. */
static void many_lines__bounded(void **state)
{
	char *text = malloc(200000);
	struct record args;
	struct request request;
	struct value value;
	int len = sprintf(text, "{" HEAD "\"event\":\"information_fees\",\"month\":\"2026-11\",\"lines\":[");

	for (int i = 0; i < 1000; i++)
		len += sprintf(text + len, "%s{\"service\":\"%024d\",\"amount\":1}", i ? "," : "", i);
	len += sprintf(text + len, "]}");
	assert_non_null(strstr(parsed(&over_http, text, (size_t)len, &request), " :969"));
	args = request_args(&request);
	assert_true(record_get(&args, ARG_ROWS, &value));
	assert_in_range(value.len, 900, NOTIFICATION_ROWS_SIZE);
	free(text);
}

static void in_a_file__international_and_its_source(void **state)
{
	static const struct row rows[] = {
#define LINE(more) "{\"id\":\"1\",\"event\":\"payment\",\"amount\":1,\"time\":1" more "}"
		{ LINE(",\"number\":\"+8613800138000\""), "spool/1 8613800138000 payment 1: amount=1" },
		{ LINE(",\"number\":\"2345\",\"source\":\"billing\""), "billing/1 2345 payment 1: amount=1" },
		{ LINE(",\"number\":\"013800138000\""), "'number' is not a number of the numbering plan" },
		{ LINE(",\"number\":\"2345\",\"source\":\"\""), "'source' must be a text of 1 to 31 ASCII characters without blanks" },
		{ LINE(",\"number\":\"2345\",\"source\":\"12345678901234567890123456789012\""),
		  "'source' must be a text of 1 to 31 ASCII characters without blanks" },
	};

	rows_run(&in_file, rows, ROWS(rows));
}

static void digest__of_contents_not_of_writing(void **state)
{
	static const char first[] = "{" HEAD "\"event\":\"purchase\",\"amount\":200,\"purchased_by\":\"sms\",\"service\":\"NEWS\"}";
	static const char same[] = " { \"service\": \"\\u004eEWS\", \"amount\" : 200 ,\"purchased_by\":\"sms\",\n"
				   "\"event\":\"purchase\"," HEAD
				   "\"source\":\"shop\"}";
	static const char other[] = "{" HEAD "\"event\":\"purchase\",\"amount\":201,\"purchased_by\":\"sms\",\"service\":\"NEWS\"}";
	struct request requests[3];

	parsed(&over_http, first, strlen(first), &requests[0]);
	parsed(&in_file, same, strlen(same), &requests[1]);
	parsed(&over_http, other, strlen(other), &requests[2]);
	assert_string_equal(requests[1].event.source, "shop");
	assert_memory_equal(requests[0].event.digest, requests[1].event.digest, EVENT_DIGEST_SIZE);
	assert_memory_not_equal(requests[0].event.digest, requests[2].event.digest, EVENT_DIGEST_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind__its_fields),
		cmocka_unit_test(each_kind_that_proposes__its_keys),
		cmocka_unit_test(kinds_that_propose__not_among_events),
		cmocka_unit_test(number_and_time__every_form),
		cmocka_unit_test(unknown_missing_twice_wrong_type__refused_by_name),
		cmocka_unit_test(twice__names_the_key),
		cmocka_unit_test(not_json__words_that_may_be_printed),
		cmocka_unit_test(deep__refused),
		cmocka_unit_test(many_lines__bounded),
		cmocka_unit_test(in_a_file__international_and_its_source),
		cmocka_unit_test(digest__of_contents_not_of_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

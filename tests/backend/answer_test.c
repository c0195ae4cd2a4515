/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Answers of backends: outcomes, values that are exact or refused, texts that fit, and what is sent (F41). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "backend/declared.h"
#include "tests/billing/settings.h"
#include "tests/cmocka.h"

#define LONG_TEXT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* The declaration under test, and the memory of an answer. */
struct bench {
	struct conf_file *file;
	void *ctx;
	struct declared declared;
	uint8_t facts[RESPONSE_FACTS_MAX], rows[RESPONSE_ROWS_MAX];
	struct backend_answer answer;
	struct answer_notes notes;
};

static void bench_open(struct bench *bench, const char *settings)
{
	struct problems problems = { 0 };
	char *text;

	assert_true(asprintf(&text, "loyalty = { url = \"https://loyalty.internal/v1\"; %s };", settings) > 0);
	bench->file = settings_of(text);
	free(text);
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	declared_read(bench->ctx, conf_file_root(bench->file)->child, NULL, 0, &bench->declared, &problems);
	if (problems.count)
		conf_problems_print(&problems);
	assert_int_equal(problems.count, 0);
}

static void bench_close(struct bench *bench)
{
	talloc_free(bench->ctx);
	conf_file_free(bench->file);
}

static const char *outcome_when(struct bench *bench, const struct http_answer *answer)
{
	bench->answer = (struct backend_answer){ .facts = { bench->facts, 0, sizeof(bench->facts) },
						 .rows = { bench->rows, 0, sizeof(bench->rows), 0 } };
	answer_read(&bench->declared, answer, &bench->answer, &bench->notes);
	return bench->declared.backend.outcomes[bench->answer.outcome];
}

static const char *outcome(struct bench *bench, long status, const char *body)
{
	return outcome_when(bench, &(struct http_answer){ .status = status, .body = body, .len = strlen(body) });
}

/* ---- outcomes ---- */

static const char offers[] =
	"fields = { offer = { path = \"$.best.name\"; width = 20; }; amount = { path = \"$.best.price\"; type = \"money\"; }; };"
	"outcomes = ( { is = \"none\"; when_status = 404; }, { is = \"limit\"; path = \"$.code\"; equals = \"LIMIT\"; },"
	"	{ is = \"busy\"; when_status = 409; path = \"$.code\"; equals = \"17\"; } );";

static void outcome__each_answer__has_one(void **state)
{
	static const struct { long status; const char *body, *outcome; bool failed; } rows[] = {
		{ 200, "{\"best\":{\"name\":\"Ten points\",\"price\":250}}", "ok", false },
		{ 201, "{\"best\":{}}", "ok", false },
		{ 200, "{}", "ok", false },
		{ 200, "{\"best\":null}", "ok", false },
		{ 404, "", "none", false },
		{ 404, "<html>nothing here</html>", "none", false },
		{ 404, "{\"code\":\"LIMIT\"}", "none", false },
		{ 200, "{\"code\":\"LIMIT\"}", "limit", false },
		{ 422, "{\"code\":\"LIMIT\"}", "limit", false },
		{ 409, "{\"code\":17}", "busy", false },
		{ 409, "{\"code\":18}", "unavailable", false },
		{ 422, "{\"code\":\"OTHER\"}", "unavailable", false },
		{ 400, "{}", "unavailable", false },
		{ 401, "{}", "unavailable", true },
		{ 403, "{}", "unavailable", true },
		{ 429, "{}", "unavailable", true },
		{ 500, "{\"code\":\"LIMIT\"}", "unavailable", true },
		{ 503, "", "unavailable", true },
		{ 301, "{\"code\":\"LIMIT2\"}", "unavailable", false },
		{ 302, "", "unavailable", false },
		{ 199, "{}", "unavailable", false },
		{ 200, "", "unavailable", true },
		{ 200, " \n", "unavailable", true },
		{ 200, "{\"best\":{\"name\":\"Ten", "unavailable", true },
		{ 200, "{\"a\":1,\"a\":2}", "unavailable", true },
		{ 200, "\"text\"", "unavailable", true },
		{ 200, "{\"best\":{\"name\":\"\xff\"}}", "unavailable", true },
		{ 200, "{\"best\":{\"name\":\"a\\u0000b\"}}", "unavailable", true },
		{ 200, "[]", "ok", false },
	};
	struct bench bench;

	bench_open(&bench, offers);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = outcome(&bench, rows[i].status, rows[i].body);

		if (strcmp(got, rows[i].outcome) || bench.notes.failed != rows[i].failed)
			fail_msg("%ld %s: %s, failed %d (%s)", rows[i].status, rows[i].body, got, bench.notes.failed, bench.notes.why);
		if (!strcmp(got, "unavailable"))
			assert_true(*bench.notes.why && !bench.answer.facts.len);
	}
	bench_close(&bench);
}

static void outcome__no_answer__by_the_reason(void **state)
{
	static const struct { enum http_failure failure; const char *outcome; } rows[] = {
		{ HTTP_NOT_SENT, "unavailable" }, { HTTP_LOST, "unavailable" }, { HTTP_TOO_LARGE, "unavailable" }, { HTTP_SLOW, "slow" },
	};
	struct bench bench;

	bench_open(&bench, offers);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct http_answer answer = { .failure = rows[i].failure, .failed = "a reason", .body = "" };

		assert_string_equal(outcome_when(&bench, &answer), rows[i].outcome);
		assert_true(bench.notes.failed);
		assert_string_equal(bench.notes.why, "a reason");
	}
	bench_close(&bench);
}

static void outcome__nothing_to_read__empty_or_json(void **state)
{
	struct bench bench;

	bench_open(&bench, "changes = true; outcomes = { is = \"refused\"; when_status = 409; };");
	assert_string_equal(outcome(&bench, 204, ""), "ok");
	assert_string_equal(outcome(&bench, 200, ""), "ok");
	assert_string_equal(outcome(&bench, 200, "{}"), "ok");
	assert_string_equal(outcome(&bench, 200, "<html>Login required</html>"), "unavailable");
	assert_string_equal(outcome(&bench, 202, "{\"state\":\"queued\"}"), "unavailable");
	assert_string_equal(outcome(&bench, 409, "no"), "refused");
	bench_close(&bench);
}

static void outcome__by_a_value__empty_or_readable(void **state)
{
	struct bench bench;

	bench_open(&bench, "changes = true; outcomes = { is = \"refused\"; path = \"$.state\"; equals = \"refused\"; };");
	assert_string_equal(outcome(&bench, 204, ""), "ok");
	assert_string_equal(outcome(&bench, 200, "{}"), "ok");
	assert_string_equal(outcome(&bench, 200, "{\"state\":\"refused\"}"), "refused");
	assert_string_equal(outcome(&bench, 200, "{\"state\":\"refu"), "unavailable");
	assert_string_equal(outcome(&bench, 302, ""), "unavailable");
	bench_close(&bench);
}

/* Services that answer status 200 whatever happened. */
static void outcome__ok_declared__nothing_else_is_done(void **state)
{
	static const struct { long status; const char *body, *outcome; bool failed; } rows[] = {
		{ 200, "{\"result\":\"0\"}", "ok", false }, { 202, "{\"result\":0}", "ok", false },
		{ 200, "{\"result\":\"7\"}", "too_few", false },
		{ 200, "{\"error\":\"no such offer\"}", "unavailable", false }, { 200, "{\"result\":\"1\"}", "unavailable", false },
		{ 200, "", "unavailable", false }, { 204, "", "unavailable", false }, { 200, "<html>", "unavailable", true },
		{ 400, "{\"result\":\"0\"}", "unavailable", false }, { 500, "{\"result\":\"0\"}", "unavailable", true },
		{ 404, "{\"result\":\"0\"}", "gone", false }, { 409, "{}", "ok", false },
	};
	struct bench bench;

	bench_open(&bench, "changes = true; outcomes = ( { is = \"too_few\"; path = \"$.result\"; equals = \"7\"; },"
			   "{ is = \"ok\"; path = \"$.result\"; equals = \"0\"; }, { is = \"ok\"; when_status = 409; },"
			   "{ is = \"gone\"; when_status = 404; path = \"$.result\"; equals = \"0\"; } );");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = outcome(&bench, rows[i].status, rows[i].body);

		if (strcmp(got, rows[i].outcome) || bench.notes.failed != rows[i].failed)
			fail_msg("%ld %s: %s, failed %d", rows[i].status, rows[i].body, got, bench.notes.failed);
	}
	bench_close(&bench);
}

static void outcome__values_that_may_be_missing__no_content_will_do(void **state)
{
	struct bench bench;

	bench_open(&bench, "changes = true; fields = { voucher = { path = \"$.voucher\"; width = 12; }; };");
	assert_string_equal(outcome(&bench, 204, ""), "ok");
	assert_string_equal(outcome(&bench, 200, ""), "unavailable");
	bench_close(&bench);
}

/* The values of a declared outcome are read where they can be, and spoil nothing where they cannot. */
static void outcome__declared__values_as_far_as_they_go(void **state)
{
	struct bench bench;

	bench_open(&bench, offers);
	assert_string_equal(outcome(&bench, 200, "{\"code\":\"LIMIT\",\"best\":{\"price\":7}}"), "limit");
	assert_int_equal(record_number(&bench.answer.facts, FIELD_AMOUNT, 0), 7);
	assert_string_equal(outcome(&bench, 200, "{\"code\":\"LIMIT\",\"best\":{\"price\":\"x\"}}"), "limit");
	assert_int_equal(bench.answer.facts.len, 0);
	bench_close(&bench);
}

/* ---- values ---- */

/* One value: "-" when it is absent, "!" when it makes the answer unavailable. */
static const char *value(struct bench *bench, const char *json)
{
	static char text[512];
	struct value found;
	char *body;

	assert_true(asprintf(&body, "{\"v\":%s}", json) > 0);
	if (strcmp(outcome(bench, 200, body), "ok"))
		snprintf(text, sizeof(text), "!");
	else if (!record_get(&bench->answer.facts, bench->declared.backend.fields[0].id, &found))
		snprintf(text, sizeof(text), "-");
	else if (found.is_text)
		snprintf(text, sizeof(text), "%.*s", (int)found.len, found.text);
	else
		snprintf(text, sizeof(text), "%lld", (long long)found.number);
	free(body);
	return text;
}

static void value__each_form__is_exact_cut_or_refused(void **state)
{
	static const struct { const char *type; bool major; const char *json, *value; } rows[] = {
		{ "text", false, "\"Gold\"", "Gold" },
		{ "text", false, "42", "42" },
		{ "text", false, "true", "true" },
		{ "text", false, "null", "-" },
		{ "text", false, "\"\"", "-" },
		{ "text", false, "\" \\n \"", "-" },
		{ "text", false, "\"\\u202e\\u200b\"", "-" },
		{ "text", false, "1.5", "!" },
		{ "text", false, "[\"a\"]", "!" },
		{ "text", false, "{}", "!" },
		{ "text", false, "\" two\\n\\t words \"", "two words" },
		{ "text", false, "\"a\\u0007b\\u001b[2Jc\\u009b\"", "ab[2Jc" },
		{ "text", false, "\"a\\u202eb\\u2066c\"", "abc" },
		{ "text", false, "\"{points} <b>\"", "{points}" },	/* no markup, as it is; { and } cost two septets each */
		{ "text", false, "\"twelve chars and more\"", "twelve chars" },
		{ "text", false, "\"\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d"
		  "\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\"",
		  "\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d"
		  "\xe8\xaf\x9d\xe8\xaf\x9d\xe8\xaf\x9d" },
		{ "text", false, "\"\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\\ud83d\\ude00\"",
		  "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80" },	/* two units each */
		{ "code", false, "\"GOLD\"", "GOLD" },
		{ "code", false, "\"GOLD CARD\"", "!" },
		{ "code", false, "\"ABCDEFGHIJKLM\"", "!" },
		{ "money", false, "1250", "1250" },
		{ "money", false, "\"1250\"", "1250" },
		{ "money", false, "-1250", "-1250" },
		{ "money", false, "9999999999", "9999999999" },		/* a width of 12, with sign and point */
		{ "money", false, "10000000000", "!" },
		{ "money", false, "-10000000000", "!" },
		{ "money", false, "12.5", "!" },
		{ "money", false, "\"1,250\"", "!" },
		{ "money", false, "99999999999999999999", "!" },
		{ "money", true, "12.5", "1250" },
		{ "money", true, "0.29", "29" },
		{ "money", true, "\"12.50\"", "1250" },
		{ "money", true, "\"12.505\"", "!" },
		{ "money", true, "1e300", "!" },
		{ "money", true, "true", "!" },
		{ "count", false, "999999999999", "999999999999" },
		{ "count", false, "1000000000000", "!" },
		{ "count", false, "-99999999999", "-99999999999" },
		{ "count", false, "-100000000000", "!" },
		{ "count", true, "7", "7" },
		{ "count", false, "1.8", "!" },
		{ "date", false, "\"2020-01-05T12:00:56.982Z\"", "20200105" },
		{ "date", false, "\"2026-02-30\"", "!" },
		{ "month", false, "\"2026-11\"", "202611" },
		{ "time", false, "\"2026-11-20T08:00:00Z\"", "1795161600" },
		{ "time", false, "\"yesterday\"", "!" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bench bench;
		char settings[160];

		snprintf(settings, sizeof(settings), "money = \"%s\"; fields = { v = { path = \"$.v\"; type = \"%s\"; width = 12; }; };",
			 rows[i].major ? "major" : "minor", rows[i].type);
		bench_open(&bench, settings);
		if (strcmp(value(&bench, rows[i].json), rows[i].value))
			fail_msg("%s %s: \"%s\", not \"%s\" (%s)", rows[i].type, rows[i].json, value(&bench, rows[i].json), rows[i].value,
				 bench.notes.why);
		bench_close(&bench);
	}
}

static void value__text_too_long__cut_and_counted(void **state)
{
	struct bench bench;

	bench_open(&bench, "fields = { v = { path = \"$.v\"; width = 10; }; w = { path = \"$.w\"; width = 10; }; };");
	assert_string_equal(outcome(&bench, 200, "{\"v\":\"" LONG_TEXT "\",\"w\":\"" LONG_TEXT "\"}"), "ok");
	assert_int_equal(bench.notes.cut, 2);
	assert_string_equal(outcome(&bench, 200, "{\"v\":\"short\"}"), "ok");
	assert_int_equal(bench.notes.cut, 0);
	bench_close(&bench);
}

static void value__invalid__refuses_the_whole_answer(void **state)
{
	struct bench bench;

	bench_open(&bench, offers);
	assert_string_equal(outcome(&bench, 200, "{\"best\":{\"name\":\"Gold\",\"price\":\"free\"}}"), "unavailable");
	assert_string_equal(bench.notes.why, "amount cannot be read");
	assert_false(bench.notes.failed);
	assert_int_equal(bench.answer.facts.len, 0);
	bench_close(&bench);
}

/* ---- rows ---- */

static const char list[] = "rows = { path = \"$.offers[*]\"; max = 3; fields = { name = { path = \"$.name\"; width = 8; };"
			   "	amount = { path = \"$.price\"; type = \"money\"; }; }; };";

/* "name amount;" of each row. */
static const char *rows_text(struct bench *bench)
{
	static char text[512];
	const struct backend_value *row = bench->declared.backend.row;
	struct record record;
	uint16_t pos = 0;

	*text = '\0';
	while (rows_next(&bench->answer.rows, &pos, &record)) {
		char name[64];

		record_text(&record, row[0].id, name, sizeof(name));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %lld;", name,
			 (long long)record_number(&record, FIELD_AMOUNT, -1));
	}
	return text;
}

static void rows__each_list__is_bounded_or_refused(void **state)
{
	static const struct { const char *body, *rows; unsigned int cut; } rows[] = {
		{ "{\"offers\":[]}", "", 0 },
		{ "{\"offers\":[{\"name\":\"Gold\",\"price\":1},{\"name\":\"Iron\"}]}", "Gold 1;Iron -1;", 0 },
		{ "{\"offers\":[{},{\"name\":\"Iron\",\"price\":2},7,null]}", "Iron 2;", 0 },
		{ "{\"offers\":[{\"price\":1},{\"price\":2},{\"price\":3},{\"price\":4},{\"price\":5}]}", " 1; 2; 3;", 2 },
		{ "{\"offers\":[{\"name\":\"Gold and more\",\"price\":1}]}", "Gold and 1;", 1 },
		{ "{\"offers\":[{\"name\":\"Gold\",\"price\":1},{\"name\":\"Iron\",\"price\":\"x\"}]}", NULL, 0 },
		{ "{\"offers\":{\"name\":\"Gold\"}}", NULL, 0 },
		{ "{\"offers\":\"none\"}", NULL, 0 },
		{ "{\"other\":[]}", NULL, 0 },
		{ "[]", NULL, 0 },
	};
	struct bench bench;

	bench_open(&bench, list);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = outcome(&bench, 200, rows[i].body);

		if (strcmp(got, rows[i].rows ? "ok" : "unavailable") || strcmp(rows_text(&bench), rows[i].rows ? rows[i].rows : "") ||
		    bench.notes.cut != rows[i].cut)
			fail_msg("%s: %s, \"%s\", cut %u", rows[i].body, got, rows_text(&bench), bench.notes.cut);
	}
	bench_close(&bench);
}

/* As large as a declaration may be: the octets are enough for the widest texts. */
static void rows__all_as_wide_as_possible__have_room(void **state)
{
	struct bench bench;
	char *body = NULL;
	size_t len;
	FILE *out = open_memstream(&body, &len);

	bench_open(&bench, "rows = { path = \"$\"; max = 48; fields = { name = { path = \"$.n\"; width = 18; }; }; };");
	for (unsigned int i = 0; i < 48; i++) {
		fprintf(out, "%s{\"n\":\"", i ? "," : "[");
		for (unsigned int k = 0; k < 30; k++)
			fputs("\xe8\xaf\x9d", out);
		fputs("\"}", out);
	}
	fputs("]", out);
	fclose(out);
	assert_string_equal(outcome(&bench, 200, body), "ok");
	assert_int_equal(bench.answer.rows.count, 48);
	assert_int_equal(bench.notes.cut, 48);
	free(body);
	bench_close(&bench);
}

/* ---- what is sent ---- */

static void call__each_declaration__sends_what_it_names(void **state)
{
	static const struct { const char *settings, *url, *body; } rows[] = {
		{ "send = ( \"msisdn\", \"language\" );", "https://loyalty.internal/v1",
		  "{\"msisdn\":\"13800138000\",\"language\":\"en\"}" },
		/* brand is not known */
		{ "send = ( \"brand\", \"msisdn\" );", "https://loyalty.internal/v1", "{\"msisdn\":\"13800138000\"}" },
		{ "", "https://loyalty.internal/v1", "{}" },
		{ "send = ( [ \"who.number\", \"msisdn\" ], [ \"who.language\", \"language\" ], [ \"sum\", \"price\" ] );",
		  "https://loyalty.internal/v1", "{\"who\":{\"number\":\"13800138000\",\"language\":\"en\"},\"sum\":1250}" },
		{ "money = \"major\"; send = ( \"price\", \"since\", \"wish\" );", "https://loyalty.internal/v1",
		  "{\"price\":\"12.50\",\"since\":\"2026-11-20\",\"wish\":\"a \\\"b\\\" & {c}\"}" },
		{ "method = \"GET\"; send = ( [ \"relatedParty.id\", \"msisdn\" ], \"wish\", \"price\" );",
		  "https://loyalty.internal/v1?relatedParty.id=13800138000&wish=a%20%22b%22%20%26%20%7Bc%7D&price=1250", NULL },
	};
	struct bench bench;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t octets[512];
		struct record args = { octets, 0, sizeof(octets) };
		char *url, *body;

		bench_open(&bench, rows[i].settings);
		record_put_text(&args, FIELD_MSISDN, "13800138000", 11);
		record_put_text(&args, FIELD_LANGUAGE, "en", 2);
		record_put_text(&args, FIELD_PASSWORD, "135790", 6);
		record_put_number(&args, FIELD_PRICE, 1250);
		record_put_number(&args, FIELD_SINCE, 20261120);
		for (unsigned int k = 0; k < bench.declared.backend.sent_count; k++) {
			if (!strcmp(bench.declared.backend.sent[k].name, "wish"))
				record_put_text(&args, bench.declared.backend.sent[k].id, "a \"b\" & {c}", 11);
		}
		assert_true(call_write(bench.ctx, &bench.declared, &args, &url, &body));
		assert_string_equal(url, rows[i].url);
		if (rows[i].body)
			assert_string_equal(body, rows[i].body);
		else
			assert_null(body);
		bench_close(&bench);
	}
}

static void call__value_in_the_url__escaped_or_not_sent(void **state)
{
	struct conf_file *file = settings_of("loyalty = { url = \"https://b/{n}/offers?max=5\"; method = \"GET\";"
					     "	send = ( [ \"n\", \"wish\" ], \"language\" ); };");
	void *ctx = talloc_named_const(NULL, 0, "call");
	struct problems problems = { 0 };
	uint8_t octets[64];
	struct record args = { octets, 0, sizeof(octets) };
	struct declared declared;
	char *url, *body;

	declared_read(ctx, conf_file_root(file)->child, NULL, 0, &declared, &problems);
	assert_int_equal(problems.count, 0);
	record_put_text(&args, FIELD_LANGUAGE, "en", 2);
	assert_false(call_write(ctx, &declared, &args, &url, &body));
	record_put_text(&args, BACKEND_VALUE, "../a?b", 6);
	assert_true(call_write(ctx, &declared, &args, &url, &body));
	assert_string_equal(url, "https://b/%2E%2E%2Fa%3Fb/offers?max=5&language=en");
	talloc_free(ctx);
	conf_file_free(file);
}

/* Computed with Python's hmac module. */
static void sign__known_vector__as_other_implementations(void **state)
{
	char signature[HTTP_SIGNATURE_SIZE];

	http_sign("key", 1794732600, "{\"msisdn\":\"13800138000\"}", signature);
	assert_string_equal(signature, "t=1794732600,v1=ec0168abe59d019c19c11f0e5b6c317337e7c50dd47caa578f8af53e19c8bafc");
	http_sign("Jefe", 0, "", signature);
	assert_string_equal(signature, "t=0,v1=813f643c8863ba9754215e64cdab172f2e96c1a413d772978aba7398cc864e55");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcome__each_answer__has_one),
		cmocka_unit_test(outcome__no_answer__by_the_reason),
		cmocka_unit_test(outcome__nothing_to_read__empty_or_json),
		cmocka_unit_test(outcome__by_a_value__empty_or_readable),
		cmocka_unit_test(outcome__ok_declared__nothing_else_is_done),
		cmocka_unit_test(outcome__values_that_may_be_missing__no_content_will_do),
		cmocka_unit_test(outcome__declared__values_as_far_as_they_go),
		cmocka_unit_test(value__each_form__is_exact_cut_or_refused),
		cmocka_unit_test(value__text_too_long__cut_and_counted),
		cmocka_unit_test(value__invalid__refuses_the_whole_answer),
		cmocka_unit_test(rows__each_list__is_bounded_or_refused),
		cmocka_unit_test(rows__all_as_wide_as_possible__have_room),
		cmocka_unit_test(call__each_declaration__sends_what_it_names),
		cmocka_unit_test(call__value_in_the_url__escaped_or_not_sent),
		cmocka_unit_test(sign__known_vector__as_other_implementations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

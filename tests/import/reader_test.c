/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines of CSV and JSON: valid ones become rows, invalid ones a reason, and none affects the next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/reader.h"
#include "tests/cmocka.h"

static struct import_reader *reader;

static int reader_make(void **state)
{
	reader = malloc(sizeof(*reader));
	return reader == NULL;
}

static int reader_drop(void **state)
{
	free(reader);
	return 0;
}

static enum import_found read_text(const char *line)
{
	return import_read(reader, line, strlen(line));
}

struct bad {
	const char *line, *why;
};

static void check_bad(const struct bad *cases)
{
	for (; cases->line; cases++) {
		if (read_text(cases->line) != IMPORT_FOUND_BAD)
			fail_msg("'%s' is taken", cases->line);
		if (!strstr(reader->why, cases->why))
			fail_msg("'%s': '%s' instead of '%s'", cases->line, reader->why, cases->why);
	}
}

static void json__whole_subscriber__every_field_in_its_place(void **state)
{
	const struct stored_account *account = &reader->row.account;

	import_reader_init(reader, IMPORT_JSONL);
	assert_int_equal(
		read_text("{\"msisdn\":\"13800138000\",\"imsi\":[\"001010000000001\", "
			  "\"001019000000001\"],\"account\":\"prepaid\","
			  "\"brand\":\"\\u795e\\u5dde\",\"balance\":-1250,\"owed\":null,\"valid_until\":\"2027-12-31\","
			  "\"as_of\":\"2026-11-15T08:50:00Z\","
			  "\"owner\":\"C \\\"1\\\"\", "
			  "\"bills\":[{\"month\":\"2026-10\",\"total\":7,\"lines\":[{\"item\":\"calls\",\"amount\":3},"
			  "{\"item\":\"sms\",\"amount\":4}]},{\"month\":202611,\"total\":8}],\"points_entries\":[{"
			  "\"date\":20260105,\"change\":-2,"
			  "\"reason\":\"bonus\"}],\"subscriptions\":[{\"service\":\"NEWS\",\"since\":\"2025-01-05\","
			  "\"trial_until\":\"2025-02-05\",\"trial_ends\":\"paid\"}]}"),
		IMPORT_FOUND_ROW);
	assert_string_equal(account->msisdn, "13800138000");
	assert_string_equal(account->imsis[1], "001019000000001");
	assert_string_equal(account->brand, "神州");
	assert_int_equal(account->balance, -1250);
	assert_true(account->owed == STORED_UNKNOWN && row_has(&reader->row, HAS(OWED)));
	assert_false(row_has(&reader->row, HAS(POINTS)));
	assert_int_equal(account->valid_until, 20271231);
	assert_int_equal(account->as_of, 1794732600);
	assert_string_equal(account->owner, "C \"1\"");
	assert_int_equal(account->bills_count, 2);
	assert_int_equal(account->bills[0].lines_count, 2);
	assert_string_equal(account->bills[0].lines[1].item, "sms");
	assert_int_equal(account->bills[1].month, 202611);
	assert_int_equal(account->bills[1].lines_count, 0);
	assert_int_equal(account->points_entries[0].change, -2);
	assert_int_equal(account->subscriptions[0].trial_until, 20250205);
	assert_string_equal(account->subscriptions[0].trial_ends, "paid");
}

static void json__service__its_own_table(void **state)
{
	import_reader_init(reader, IMPORT_JSONL);
	assert_int_equal(read_text("{\"service\":\"NEWS\",\"price\":300,\"period\":\"month\",\"brand\":\"young\"}"),
			 IMPORT_FOUND_ROW);
	assert_int_equal(reader->row.table, IMPORT_SERVICES);
	assert_int_equal(reader->row.service.price, 300);
	assert_string_equal(reader->row.service.brand, "young");
	assert_null(reader->row.service.account);
}

static void json__bad_lines__reason_and_the_next_is_read(void **state)
{
	static const struct bad bad[] = {
		{ "[]", "not an object" },
		{ "{", "name is missing" },
		{ "nonsense", "not an object" },
		{ "{}", "msisdn: is missing" },
		{ "{\"msisdn\":\"13800138000\"", "object does not end" },
		{ "{\"msisdn\":\"13800138000\"}x", "trailing text after the object" },
		{ "{\"msisdn\":\"13800138000\",}", "name is missing" },
		{ "{\"msisdn\":\"13800138000\",\"msisdn\":\"1\"}", "twice" },
		{ "{\"msisdn\":\"1380013800\\u0030\\u0000\"}", "no character" },
		{ "{\"msisdn\":\"138 001\"}", "not a number of up to" },
		{ "{\"msisdn\":\"0138001\"}", "not a number of up to" },
		{ "{\"msisdn\":13800138000,\"balanc\":1}", "balanc: no such member" },
		{ "{\"msisdn\":13800138000,\"month\":1}", "month: no such member" },
		{ "{\"msisdn\":13800138000,\"balance\":1.5}", "balance: not a whole number" },
		{ "{\"msisdn\":13800138000,\"balance\":9223372036854775808}", "balance: not a whole number" },
		{ "{\"msisdn\":13800138000,\"balance\":[1]}", "value is missing" },
		{ "{\"msisdn\":13800138000,\"balance\":}", "value is missing" },
		{ "{\"msisdn\":13800138000,\"brand\":1}", "brand: not a string" },
		{ "{\"msisdn\":13800138000,\"brand\":\"\"}", "brand: must not be empty" },
		{ "{\"msisdn\":13800138000,\"brand\":\"two words\"}", "brand: not a code" },
		{ "{\"msisdn\":13800138000,\"owner\":\"\xff\"}", "owner: not text" },
		{ "{\"msisdn\":13800138000,\"owner\":\"\\ud800\"}", "no character" },
		{ "{\"msisdn\":13800138000,\"owner\":\"\\ud83d\\ude00\\x\"}", "unknown escape" },
		{ "{\"msisdn\":13800138000,\"owner\":\"open", "ends within a string" },
		{ "{\"msisdn\":13800138000,\"imsi\":[\"001010000000001\",\"2\"]}", "imsi2: not an IMSI" },
		{ "{\"msisdn\":13800138000,\"imsi\":[\"001010000000001\",\"001010000000001\"]}", "the same IMSI twice" },
		{ "{\"msisdn\":13800138000,\"imsi\":[1234567,1234568,1234569]}", "imsi: more than two" },
		{ "{\"msisdn\":13800138000,\"bills\":{}}", "bills: not a list" },
		{ "{\"msisdn\":13800138000,\"bills\":[1]}", "bills: not a list of objects" },
		{ "{\"msisdn\":13800138000,\"bills\":[{\"month\":202610}]}", "bills: an element is incomplete" },
		{ "{\"msisdn\":13800138000,\"bills\":[{\"month\":202610,\"total\":1},{\"month\":202610,\"total\":1}]}",
		 "two for the same month" },
		{ "{\"msisdn\":13800138000,\"bills\":[{\"month\":202610,\"total\":1,\"bills\":[]}]}",
		 "bills: no such member" },
		{ "{\"msisdn\":13800138000,\"subscriptions\":[{\"service\":\"A\",\"since\":20260101,\"state\":\"shut\"}"
		 "]}",
		 "state: must be" },
		{ "{\"msisdn\":13800138000,\"gone\":\"perhaps\"}", "gone: neither" },
		{ NULL, NULL },
	};

	import_reader_init(reader, IMPORT_JSONL);
	check_bad(bad);
	assert_int_equal(read_text("{\"msisdn\":13800138000,\"gone\":true}"), IMPORT_FOUND_ROW);
	assert_true(reader->row.gone);
	assert_int_equal(read_text("{\"msisdn\":13800138000}"), IMPORT_FOUND_ROW);
	assert_false(reader->row.gone);
}

static void json__list_too_long__refused(void **state)
{
	char line[8192] = "{\"msisdn\":13800138000,\"subscriptions\":[";
	size_t len = strlen(line);

	for (int i = 0; i <= IMPORT_SUBSCRIPTIONS_MAX; i++)
		len += (size_t)sprintf(line + len, "%s{\"service\":\"S%d\",\"since\":20260101}", i ? "," : "", i);
	strcpy(line + len, "]}");
	import_reader_init(reader, IMPORT_JSONL);
	assert_int_equal(read_text(line), IMPORT_FOUND_BAD);
	assert_string_equal(reader->why, "subscriptions: too many");
}

static void csv__columns__determine_the_table(void **state)
{
	static const struct {
		const char *names;
		enum import_table table;
	} cases[] = {
		{ "msisdn,balance", IMPORT_SUBSCRIBERS },
		{ "balance,msisdn,gone", IMPORT_SUBSCRIBERS },
		{ "msisdn,month,total", IMPORT_BILLS },
		{ "total,month,msisdn,as_of", IMPORT_BILLS },
		{ "msisdn,month,position,item,amount", IMPORT_LINES },
		{ "msisdn,position,date,change,reason", IMPORT_POINTS },
		{ "msisdn,service,since", IMPORT_SUBSCRIPTIONS },
		{ "service,price,period", IMPORT_SERVICES },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		import_reader_init(reader, IMPORT_CSV);
		assert_int_equal(read_text(cases[i].names), IMPORT_FOUND_NOTHING);
		assert_int_equal(reader->table, cases[i].table);
	}
}

static void csv__unknown_columns__file_refused(void **state)
{
	static const char *const cases[] = {
		"balance",	  "msisdn,month", "msisdn,nonsense",
		"msisdn,msisdn",  "msisdn,bills", "msisdn,total,month,item",
		"msisdn,\"brand", "msisdn,",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		import_reader_init(reader, IMPORT_CSV);
		if (read_text(cases[i]) != IMPORT_FOUND_ALIEN)
			fail_msg("'%s' is taken", cases[i]);
	}
}

static void csv__quotes_crlf_bom__as_in_rfc_4180(void **state)
{
	import_reader_init(reader, IMPORT_CSV);
	assert_int_equal(read_text("\xef\xbb\xbf\"msisdn\",owner,balance\r"), IMPORT_FOUND_NOTHING);
	assert_int_equal(read_text("13800138000,\"A, \"\"B\"\"\",\r"), IMPORT_FOUND_ROW);
	assert_string_equal(reader->row.account.owner, "A, \"B\"");
	assert_true(row_has(&reader->row, HAS(BALANCE)));
	assert_true(reader->row.account.balance == STORED_UNKNOWN);
	assert_int_equal(read_text("13800138001,\"\",-5"), IMPORT_FOUND_ROW);
	assert_null(reader->row.account.owner);
	assert_int_equal(reader->row.account.balance, -5);
}

static void csv__bad_lines__reason_and_the_next_is_read(void **state)
{
	static const struct bad bad[] = {
		{ "13800138000", "fewer" },
		{ "13800138000,a,1,2", "more" },
		{ "13800138000,\"a,1", "quote" },
		{ "13800138000,a\"b,1", "quote" },
		{ "13800138000,\"a\"b,1", "quote" },
		{ ",a,1", "msisdn: not a number" },
		{ "13800138000,a,x", "balance: not a whole" },
		{ NULL, NULL },
	};

	import_reader_init(reader, IMPORT_CSV);
	assert_int_equal(read_text("msisdn,owner,balance"), IMPORT_FOUND_NOTHING);
	check_bad(bad);
	assert_int_equal(read_text("13800138000,a,1"), IMPORT_FOUND_ROW);
}

static void line__blank_comment_end__no_row(void **state)
{
	import_reader_init(reader, IMPORT_JSONL);
	assert_int_equal(read_text(""), IMPORT_FOUND_NOTHING);
	assert_int_equal(read_text(" \t\r"), IMPORT_FOUND_NOTHING);
	assert_int_equal(read_text("# made by billing"), IMPORT_FOUND_NOTHING);
	assert_int_equal(read_text("# end x"), IMPORT_FOUND_NOTHING);
	assert_false(reader->ended);
	assert_int_equal(read_text("# end 12\r"), IMPORT_FOUND_NOTHING);
	assert_true(reader->ended && reader->end == 12);
}

/* A63 */
static void F38_end_mark__as_a_json_object__counts(void **state)
{
	static const char *const none[] = {
		"{\"end\":}", "{\"end\":7", "{\"end\":-1}", "{\"end\":7,\"msisdn\":\"1\"}", "{\"end\":\"7\"}", "{}",
	};
	uint64_t count;

	import_reader_init(reader, IMPORT_JSONL);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		read_text(none[i]);
		assert_false(reader->ended);
	}
	assert_int_equal(read_text(" { \"end\" : 12 } \r"), IMPORT_FOUND_NOTHING);
	assert_true(reader->ended && reader->end == 12);
	assert_false(import_end_mark(IMPORT_CSV, "{\"end\":12}", 10, &count));
}

static void line__zero_octet_or_too_long__bad(void **state)
{
	static char line[IMPORT_LINE_MAX + 1];

	memset(line, ' ', sizeof(line));
	import_reader_init(reader, IMPORT_JSONL);
	assert_int_equal(import_read(reader, line, sizeof(line)), IMPORT_FOUND_BAD);
	assert_string_equal(reader->why, "line: too long");
	assert_int_equal(import_read(reader, "{\0}", 3), IMPORT_FOUND_BAD);
	assert_string_equal(reader->why, "line: contains a zero octet");
	assert_int_equal(import_read(reader, line, IMPORT_LINE_MAX), IMPORT_FOUND_NOTHING);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json__whole_subscriber__every_field_in_its_place),
		cmocka_unit_test(json__service__its_own_table),
		cmocka_unit_test(json__bad_lines__reason_and_the_next_is_read),
		cmocka_unit_test(json__list_too_long__refused),
		cmocka_unit_test(csv__columns__determine_the_table),
		cmocka_unit_test(csv__unknown_columns__file_refused),
		cmocka_unit_test(csv__quotes_crlf_bom__as_in_rfc_4180),
		cmocka_unit_test(csv__bad_lines__reason_and_the_next_is_read),
		cmocka_unit_test(line__blank_comment_end__no_row),
		cmocka_unit_test(F38_end_mark__as_a_json_object__counts),
		cmocka_unit_test(line__zero_octet_or_too_long__bad),
	};

	return cmocka_run_group_tests(tests, reader_make, reader_drop);
}

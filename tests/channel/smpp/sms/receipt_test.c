/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery receipts as vendors write them, and message ids in two bases. */
#include "sms_test.h"

static void receipt__vendors_texts__are_read(void **state)
{
	static const struct { const char *text; struct sms_receipt receipt; } rows[] = {
		{ "id:1234567890 sub:001 dlvrd:001 submit date:2611212330 done date:2611212331 stat:DELIVRD err:000 text:Hello",
		  { "1234567890", SMS_STATE_DELIVERED, 1, 1, 0, 261121233100 } },
		{ "id:0a-7f sub:001 dlvrd:000 done date:261121233107 stat:UNDELIV err:27 Text:id:99 stat:DELIVRD",
		  { "0a-7f", SMS_STATE_UNDELIVERABLE, 1, 0, 27, 261121233107 } },
		{ "stat:EXPIRED id:7", { "7", SMS_STATE_EXPIRED, -1, -1, -1, 0 } },
		{ "ID: 42 SUB: 1 DLVRD: 1 SUBMIT DATE: 20261121233005 DONE DATE: 20261121233006 STAT: Delivered ERR: 0 TEXT: ",
		  { "42", SMS_STATE_DELIVERED, 1, 1, 0, 261121233006 } },
		{ "id=42,stat=REJECTD,err=0x1F", { "42", SMS_STATE_REJECTED, -1, -1, -1, 0 } },
		{ "id:1 stat:ACCEPTD", { "1", SMS_STATE_ACCEPTED, -1, -1, -1, 0 } },
		{ "id:1 stat:DELETED", { "1", SMS_STATE_DELETED, -1, -1, -1, 0 } },
		{ "id:1 stat:UNKNOWN", { "1", SMS_STATE_UNKNOWN, -1, -1, -1, 0 } },
		{ "id:1 stat:ENROUTE", { "1", SMS_STATE_ENROUTE, -1, -1, -1, 0 } },
		{ "id:1 stat:whatever", { "1", SMS_STATE_NONE, -1, -1, -1, 0 } },
		{ "id:1 sub: dlvrd: done date: stat:DELIVRD err:", { "1", SMS_STATE_DELIVERED, -1, -1, -1, 0 } },
		{ "  \r\nid:1\r\nstat:FAILED\r\n", { "1", SMS_STATE_UNDELIVERABLE, -1, -1, -1, 0 } },
		{ "stat:DELIVRD", { "", SMS_STATE_DELIVERED, -1, -1, -1, 0 } },
		{ "id:1 done date:26112123 stat:DELIVRD", { "1", SMS_STATE_DELIVERED, -1, -1, -1, 0 } },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sms_receipt receipt;

		assert_true(sms_receipt_read(&receipt, rows[i].text, strlen(rows[i].text)));
		assert_string_equal(receipt.id, rows[i].receipt.id);
		assert_int_equal(receipt.state, rows[i].receipt.state);
		assert_int_equal(receipt.submitted, rows[i].receipt.submitted);
		assert_int_equal(receipt.delivered, rows[i].receipt.delivered);
		assert_int_equal(receipt.error, rows[i].receipt.error);
		assert_int_equal(receipt.done, rows[i].receipt.done);
	}
}

static void receipt__other_texts__not_receipts(void **state)
{
	static const char *const texts[] = {
		"", "YE", "Paid: 5", "msgid:7", "text:id:7 stat:DELIVRD", "id", "id:", "stat: ", ":", "id 7",
		"id:01234567890123456789012345678901234567890123456789012345678901234567890123456789",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct sms_receipt receipt;

		assert_false(sms_receipt_read(&receipt, texts[i], strlen(texts[i])));
	}
}

static void state__final_ones__end_the_wait(void **state)
{
	static const bool final[] = { false, false, true, true, true, true, false, true, true };

	for (unsigned int i = 0; i < COUNT(final); i++)
		assert_int_equal(sms_state_final((enum sms_state)i), final[i]);
}

static void id__two_bases__one_form(void **state)
{
	static const struct { const char *id; enum sms_id_base base; const char *folded; } rows[] = {
		{ "000000FF", SMS_ID_HEX, "ff" }, { "255", SMS_ID_DECIMAL, "ff" }, { "0255", SMS_ID_DECIMAL, "ff" },
		{ "00Ff", SMS_ID_TEXT, "00Ff" }, { "0", SMS_ID_DECIMAL, "0" }, { "", SMS_ID_HEX, "" },
		{ "ffffffffffffffff", SMS_ID_HEX, "ffffffffffffffff" },
		{ "18446744073709551615", SMS_ID_DECIMAL, "ffffffffffffffff" },
		{ "18446744073709551616", SMS_ID_DECIMAL, "18446744073709551616" },
		{ "12ab", SMS_ID_DECIMAL, "12ab" }, { "7f-01", SMS_ID_HEX, "7f-01" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[SMS_ID_MAX + 1];

		assert_int_equal(sms_id_fold(rows[i].id, rows[i].base, out), strlen(rows[i].folded));
		assert_string_equal(out, rows[i].folded);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(receipt__vendors_texts__are_read),
		cmocka_unit_test(receipt__other_texts__not_receipts),
		cmocka_unit_test(state__final_ones__end_the_wait),
		cmocka_unit_test(id__two_bases__one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

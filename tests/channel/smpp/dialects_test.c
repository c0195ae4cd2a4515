/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The dialects of USSD over SMPP, row by row: received and sent parameters. */
#include <errno.h>
#include <string.h>

#include "channel/smpp/dialects.h"
#include "tests/cmocka.h"

#define NOTHING -1

struct in_row {
	const char *dialect;
	int op;				/* NOTHING: no ussd_service_op */
	int its;			/* NOTHING: no its_session_info */
	const char *text;
	int rc;
	enum dialect_event event;
	uint64_t user;
	uint64_t session;
};

#define MSISDN 1			/* the number, packed */
#define NUMBER "8613800138000"

static const struct in_row in_rows[] = {
	{ "plain", 0x01, 0x1234, "*100#", 0, DIALECT_BEGIN, MSISDN, 0x1234 },
	{ "plain", 0x01, 0x1235, "*100#", 0, DIALECT_BEGIN, MSISDN, 0x1234 },
	{ "plain", 0x02, 0x1234, "1", 0, DIALECT_CONTINUE, MSISDN, 0x1234 },
	{ "plain", 0x12, 0x1234, "1", 0, DIALECT_CONTINUE, MSISDN, 0x1234 },
	{ "plain", 0x12, 0x1235, "", 0, DIALECT_GONE, MSISDN, 0x1234 },
	{ "plain", 0x11, 0x1234, "", 0, DIALECT_GONE, MSISDN, 0x1234 },
	{ "plain", 0x01, NOTHING, "*100#", 0, DIALECT_BEGIN, MSISDN, 0 },
	{ "plain", NOTHING, 0x1234, "*100#", 0, DIALECT_BEGIN, MSISDN, 0x1234 },
	{ "plain", NOTHING, 0x1234, "1", 0, DIALECT_CONTINUE, MSISDN, 0x1234 },
	{ "plain", 0x33, 0x1234, "1", -EBADMSG, 0, 0, 0 },
	{ "generic", 0x01, 0x0002, "*100#", 0, DIALECT_BEGIN, 0, 2 },
	{ "generic", 0x12, 0x0002, "1", 0, DIALECT_CONTINUE, 0, 2 },
	{ "generic", 0x12, 0x0003, "1", 0, DIALECT_CONTINUE, 0, 2 },
	{ "generic", 0x02, 0x0002, "1", -EBADMSG, 0, 0, 0 },
	{ "generic", 0x01, NOTHING, "*100#", -EBADMSG, 0, 0, 0 },
	{ "generic", 0x81, 0x0002, "", 0, DIALECT_GONE, 0, 2 },
	{ "generic", 0x13, 0x0002, "", 0, DIALECT_NOTIFIED, 0, 2 },
	{ "generic", 0xff, 0x0002, "", -EBADMSG, 0, 0, 0 },
	{ "6d", 0x01, 0xfffe, "*100#", 0, DIALECT_BEGIN, MSISDN, 0xfffe },
	{ "6d", 0x12, 0xfffe, "1", 0, DIALECT_CONTINUE, MSISDN, 0xfffe },
	{ "6d", 0x12, 0xffff, "1", 0, DIALECT_GONE, MSISDN, 0xfffe },
	{ "6d", 0x81, 0xfffe, "", 0, DIALECT_GONE, MSISDN, 0xfffe },
	{ "6d", 0x11, 0xfffe, "", -EBADMSG, 0, 0, 0 },
	{ "mica", 0x01, NOTHING, "*100#", 0, DIALECT_BEGIN, MSISDN, 77 },
	{ "mica", 0x12, NOTHING, "1", 0, DIALECT_CONTINUE, MSISDN, 77 },
	{ "mica", 0x81, NOTHING, "", 0, DIALECT_GONE, MSISDN, 77 },
	{ "huawei", 0x01, NOTHING, "*100#", 0, DIALECT_BEGIN, MSISDN, 0x211 },
	{ "huawei", 0x12, 0x1235, "1", 0, DIALECT_CONTINUE, MSISDN, 0x211 },
};

static struct smpp_octets octets(const char *text)
{
	return (struct smpp_octets){ (const uint8_t *)text, strlen(text) };
}

static struct smpp_pdu in_pdu(const struct in_row *row)
{
	struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .service_type = "USSD", .source = "8613800138000", .destination = "100",
		.short_message = octets(row->text), .user_message_reference = 77,
		.tlvs = 1u << SMPP_TLV_USER_MESSAGE_REFERENCE,
	};

	if (row->op != NOTHING) {
		pdu.ussd_service_op = row->op;
		pdu.tlvs |= 1u << SMPP_TLV_USSD_SERVICE_OP;
	}
	if (row->its != NOTHING) {
		pdu.its_session_info = row->its;
		pdu.tlvs |= 1u << SMPP_TLV_ITS_SESSION_INFO;
	}
	return pdu;
}

static void read__each_row__as_the_dialect_defines(void **state)
{
	for (size_t i = 0; i < sizeof(in_rows) / sizeof(in_rows[0]); i++) {
		const struct in_row *row = &in_rows[i];
		struct smpp_pdu pdu = in_pdu(row);
		struct dialect_input input;

		print_message("%s, operation %#x, session %#x\n", row->dialect, row->op, row->its);
		assert_int_equal(dialect_read(dialect_find(row->dialect), NULL, &pdu, &input), row->rc);
		if (row->rc)
			continue;
		assert_int_equal(input.event, row->event);
		assert_true(input.user == (row->user ? digits_pack(NUMBER) : 0));
		assert_string_equal(input.msisdn, NUMBER);
		assert_true(input.session == row->session);
		assert_int_equal(input.text.len, strlen(row->text));
	}
}

static void read__other_reference_or_service_number__is_another_session(void **state)
{
	const struct in_row row = { "mica", 0x01, NOTHING, "*100#", 0, 0, 0, 0 };
	struct smpp_pdu pdu = in_pdu(&row);
	struct dialect_input here, there;

	pdu.tlvs &= ~(1u << SMPP_TLV_USER_MESSAGE_REFERENCE);
	assert_int_equal(dialect_read(dialect_find("mica"), NULL, &pdu, &here), -EBADMSG);
	assert_int_equal(dialect_read(dialect_find("huawei"), NULL, &pdu, &here), 0);
	pdu.destination = "101";
	assert_int_equal(dialect_read(dialect_find("huawei"), NULL, &pdu, &there), 0);
	assert_true(here.session != there.session);
}

static void read__begin_without_text__has_the_destination_as_code(void **state)
{
	const struct in_row row = { "plain", 0x01, 2, "", 0, 0, 0, 0 };
	struct smpp_pdu pdu = in_pdu(&row);
	struct dialect_input input;

	pdu.destination = "*100*1#";
	pdu.data_coding = 8;
	assert_int_equal(dialect_read(dialect_find("plain"), NULL, &pdu, &input), 0);
	assert_int_equal(input.text.len, 7);
	assert_memory_equal(input.text.at, "*100*1#", 7);
	assert_int_equal(dialect_coding(input.data_coding), CODING_ASCII);
}

static void read__subscriber_is_no_number__is_refused(void **state)
{
	static const struct { const char *source; int rc; } rows[] = {
		{ "+8613800138000", 0 }, { "008613800138000", 0 }, { "1234567", 0 }, { "123456789012345", 0 },
		{ "013800138000", -EINVAL }, { "1", -EINVAL }, { "", -EINVAL }, { "+", -EINVAL }, { "1234567890123456", -EINVAL },
		{ "Bank", -EINVAL }, { "12a", -EINVAL },
	};
	struct dialect_input input;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smpp_pdu pdu = in_pdu(&in_rows[0]);

		pdu.source = rows[i].source;
		assert_int_equal(dialect_read(dialect_find("plain"), NULL, &pdu, &input), rows[i].rc);
	}
}

/* F33, A15: 013800138000 joined the dialog of 13800138000. */
static void read__A15_national_number__completed_by_the_plan_or_refused(void **state)
{
	struct numbering_plan plan = numbering_default;

	strcpy(plan.country, "86");
	for (unsigned int i = 0; dialect_name(i); i++) {
		const struct dialect *dialect = dialect_find(dialect_name(i));
		const struct in_row row = { dialect->name, USSD_OP_BEGIN, 0x4320, "*100#", 0, 0, 0, 0 };
		struct smpp_pdu pdu = in_pdu(&row);
		struct dialect_input theirs, national;

		pdu.source = "13800138000";
		assert_int_equal(dialect_read(dialect, NULL, &pdu, &theirs), 0);
		pdu.source = "013800138000";
		assert_int_equal(dialect_read(dialect, NULL, &pdu, &national), -EINVAL);
		assert_int_equal(national.number, NUMBER_NATIONAL);
		assert_int_equal(dialect_read(dialect, &plan, &pdu, &national), 0);
		assert_string_equal(national.msisdn, NUMBER);
		assert_true(dialect->key == KEY_ITS || national.user != theirs.user);
	}
}

/* The other half of huawei's key, also as text. */
static void read__A15_other_service_number__is_another_session(void **state)
{
	static const char *const numbers[] = { "100", "0100", "00100", "*100", "*100#", "100#", "#100", "*100*1234567890123#",
					       "*100*1234567890124#", "1234567890123456", "01234567890123456", "" };
	const struct in_row row = { "huawei", USSD_OP_BEGIN, NOTHING, "*100#", 0, 0, 0, 0 };
	struct dialect_input inputs[sizeof(numbers) / sizeof(numbers[0])];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct smpp_pdu pdu = in_pdu(&row);

		pdu.destination = numbers[i];
		assert_int_equal(dialect_read(dialect_find("huawei"), NULL, &pdu, &inputs[i]), 0);
		for (size_t j = 0; j < i; j++)
			assert_true(inputs[i].session != inputs[j].session);
	}
}

static void coding__of_smpp_and_of_ussd__both_known(void **state)
{
	static const struct { uint8_t data_coding; enum dialect_coding coding; } rows[] = {
		{ 0x00, CODING_DEFAULT }, { 0x0f, CODING_DEFAULT }, { 0x40, CODING_DEFAULT }, { 0xf0, CODING_DEFAULT },
		{ 0x01, CODING_ASCII }, { 0x03, CODING_LATIN1 }, { 0x08, CODING_UCS2 }, { 0x48, CODING_UCS2 },
		{ 0x02, CODING_UNKNOWN }, { 0x04, CODING_UNKNOWN }, { 0x44, CODING_UNKNOWN }, { 0xf4, CODING_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(dialect_coding(rows[i].data_coding), rows[i].coding);
}

/* ---- out ---- */

struct out_row {
	const char *dialect;
	enum dialect_output output;
	int rc;
	int op;
	int its;			/* NOTHING: none */
	int reference;			/* NOTHING: none */
};

static const struct out_row out_rows[] = {
	{ "plain", DIALECT_PAGE, 0, 0x02, 0x1234, NOTHING },
	{ "plain", DIALECT_END, 0, 0x02, 0x1235, NOTHING },
	{ "plain", DIALECT_ABORT, 0, 0x02, 0x1235, NOTHING },
	{ "plain", DIALECT_NOTIFY, 0, 0x03, 0x1234, NOTHING },
	{ "generic", DIALECT_PAGE, 0, 0x02, 0x1234, NOTHING },
	{ "generic", DIALECT_END, 0, 0x11, 0x1234, NOTHING },
	{ "generic", DIALECT_ABORT, 0, 0x11, 0x1234, NOTHING },
	{ "6d", DIALECT_PAGE, 0, 0x02, 0x1234, NOTHING },
	{ "6d", DIALECT_END, 0, 0x11, 0x1235, NOTHING },
	{ "6d", DIALECT_ABORT, 0, 0x81, 0x1235, NOTHING },
	{ "mica", DIALECT_PAGE, 0, 0x02, NOTHING, 77 },
	{ "mica", DIALECT_END, 0, 0x11, NOTHING, 77 },
	{ "mica", DIALECT_ABORT, 0, 0x81, NOTHING, 77 },
	{ "huawei", DIALECT_PAGE, 0, 0x02, NOTHING, NOTHING },
	{ "huawei", DIALECT_END, 0, 0x11, NOTHING, NOTHING },
	{ "huawei", DIALECT_NOTIFY, -ENOTSUP, 0, 0, 0 },
	{ "plain", DIALECT_REQUEST, 0, 0x02, 0x1234, NOTHING },
	{ "plain", DIALECT_RELEASE, 0, 0x02, 0x1235, NOTHING },
	{ "generic", DIALECT_REQUEST, 0, 0x02, 0x1234, NOTHING },
	{ "generic", DIALECT_RELEASE, 0, 0x03, 0x1234, NOTHING },
	{ "6d", DIALECT_REQUEST, 0, 0x02, 0x1234, NOTHING },
	{ "6d", DIALECT_RELEASE, 0, 0x03, 0x1235, NOTHING },
	{ "mica", DIALECT_REQUEST, 0, 0x02, NOTHING, 77 },
	{ "mica", DIALECT_RELEASE, 0, 0x03, NOTHING, 77 },
	{ "huawei", DIALECT_REQUEST, -ENOTSUP, 0, 0, 0 },
	{ "huawei", DIALECT_RELEASE, -ENOTSUP, 0, 0, 0 },
};

static const struct dialect_route route = {
	.service_type = "USSD", .subscriber = "8613800138000", .subscriber_ton = 1, .subscriber_npi = 1, .short_code = "100",
	.short_code_ton = 3, .short_code_npi = 1, .its_session_info = 0x1235, .user_message_reference = 77,
};

/* The parameters present in a PDU, NOTHING for absent ones. */
static int value_of(const struct smpp_pdu *pdu, enum smpp_tlv tlv, int value)
{
	return smpp_has(pdu, tlv) ? value : NOTHING;
}

static void write__each_row__as_the_dialect_requires(void **state)
{
	for (size_t i = 0; i < sizeof(out_rows) / sizeof(out_rows[0]); i++) {
		const struct out_row *row = &out_rows[i];
		struct smpp_pdu pdu;

		print_message("%s, %d\n", row->dialect, row->output);
		assert_int_equal(dialect_write(dialect_find(row->dialect), row->output, &route, octets("1 Balance"), 0x0f,
					       &pdu), row->rc);
		if (row->rc)
			continue;
		assert_int_equal(value_of(&pdu, SMPP_TLV_USSD_SERVICE_OP, pdu.ussd_service_op), row->op);
		assert_int_equal(value_of(&pdu, SMPP_TLV_ITS_SESSION_INFO, pdu.its_session_info), row->its);
		assert_int_equal(value_of(&pdu, SMPP_TLV_USER_MESSAGE_REFERENCE, pdu.user_message_reference),
				 row->reference);
		assert_string_equal(pdu.source, "100");
		assert_string_equal(pdu.destination, "8613800138000");
		assert_int_equal(pdu.source_ton, 3);
		assert_int_equal(pdu.destination_ton, 1);
		assert_int_equal(pdu.data_coding, 0x0f);
		assert_int_equal(smpp_message(&pdu).len, 9);
	}
}

static void write__long_text__only_in_message_payload(void **state)
{
	static const uint8_t text[255];
	struct smpp_pdu pdu;

	dialect_write(dialect_find("plain"), DIALECT_END, &route, (struct smpp_octets){ text, 255 }, 0, &pdu);
	assert_int_equal(pdu.short_message.len, 0);
	assert_true(smpp_has(&pdu, SMPP_TLV_MESSAGE_PAYLOAD));
	assert_int_equal(pdu.message_payload.len, 255);
	dialect_write(dialect_find("plain"), DIALECT_END, &route, (struct smpp_octets){ text, 254 }, 0, &pdu);
	assert_int_equal(pdu.short_message.len, 254);
	assert_false(smpp_has(&pdu, SMPP_TLV_MESSAGE_PAYLOAD));
}

/* A page sent to a peer of the same dialect is read in the session that it was sent to. */
static void session__of_an_answer__is_that_of_its_begin(void **state)
{
	for (unsigned int i = 0; dialect_name(i); i++) {
		const struct dialect *dialect = dialect_find(dialect_name(i));
		struct in_row begin = { dialect->name, USSD_OP_BEGIN, 0x4320, "*100#", 0, 0, 0, 0 };
		struct in_row answer = { dialect->name, dialect->answer[0], 0x4320, "1", 0, 0, 0, 0 };
		struct smpp_pdu first = in_pdu(&begin), second = in_pdu(&answer);
		struct dialect_input one, two;

		assert_int_equal(dialect_read(dialect, NULL, &first, &one), 0);
		assert_int_equal(dialect_read(dialect, NULL, &second, &two), 0);
		assert_true(one.user == two.user);
		assert_true(one.session == two.session);
	}
	assert_null(dialect_find("klingon"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__each_row__as_the_dialect_defines),
		cmocka_unit_test(read__other_reference_or_service_number__is_another_session),
		cmocka_unit_test(read__begin_without_text__has_the_destination_as_code),
		cmocka_unit_test(read__subscriber_is_no_number__is_refused),
		cmocka_unit_test(read__A15_national_number__completed_by_the_plan_or_refused),
		cmocka_unit_test(read__A15_other_service_number__is_another_session),
		cmocka_unit_test(coding__of_smpp_and_of_ussd__both_known),
		cmocka_unit_test(write__each_row__as_the_dialect_requires),
		cmocka_unit_test(write__long_text__only_in_message_payload),
		cmocka_unit_test(session__of_an_answer__is_that_of_its_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

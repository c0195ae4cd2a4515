/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMPP codec: recorded PDUs of osmo-msc, vendors' deviations, every truncation, and tshark's reading. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel/smpp/smpp_codec.h"
#include "tests/cmocka.h"

#define OCTETS(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define BIT(tlv) (1u << SMPP_TLV_##tlv)

static size_t hex_read(const char *hex, uint8_t *out)
{
	size_t n;

	for (n = 0; hex[2 * n]; n++)
		assert_int_equal(sscanf(hex + 2 * n, "%2hhx", &out[n]), 1);
	return n;
}

/* ---- reading recordings ---- */

#define DELIVER "0000003700000005000000000bcf1af0434d5400030131303030310000013130303836000100000000000001000342414c" \
	"02040002002a"
#define DELIVER_RESP "0000001180000005000000000bcf1af000"
#define SUBMIT "0000004200000004000000000000000300030131303038360003013130303031000000000000010000001748692031303030" \
	"312c20796f7520736169643a2042414c"
#define SUBMIT_RESP "000000278000000400000000000000036d73675f69645f6e6f745f696d706c656d656e74656400"
#define SUBMIT_UCS2 \
	"000000390000000400000000000000040000013130303836000301313030303100000000000001000800084f59989d003a0031" \
	"02040002004d"
#define ALERT "0000002000000102000000000bcf1aed03013130303031000000000422000100"

static void read__osmo_msc_deliver_sm__has_each_part(void **state)
{
	struct smpp_pdu pdu;
	uint8_t octets[256];
	size_t n = hex_read(DELIVER, octets);

	assert_int_equal(smpp_frame_read(octets, n), n);
	assert_int_equal(smpp_read(octets, n, &pdu), 0);
	assert_int_equal(pdu.command, SMPP_DELIVER_SM);
	assert_int_equal(pdu.sequence, 198122224);
	assert_string_equal(pdu.service_type, "CMT");
	assert_int_equal(pdu.source_ton, 3);
	assert_int_equal(pdu.source_npi, 1);
	assert_string_equal(pdu.source, "10001");
	assert_int_equal(pdu.destination_ton, 0);
	assert_int_equal(pdu.destination_npi, 1);
	assert_string_equal(pdu.destination, "10086");
	assert_int_equal(pdu.esm_class, 1);
	assert_int_equal(pdu.data_coding, 1);
	assert_int_equal(pdu.short_message.len, 3);
	assert_memory_equal(pdu.short_message.at, "BAL", 3);
	assert_int_equal(pdu.tlvs, BIT(USER_MESSAGE_REFERENCE));
	assert_int_equal(pdu.user_message_reference, 42);
}

static void write__pdu_read_from_a_recording__same_octets(void **state)
{
	static const char *const recorded[] = { DELIVER, DELIVER_RESP, SUBMIT, SUBMIT_RESP, SUBMIT_UCS2 };
	uint8_t octets[256], again[256];
	struct smpp_pdu pdu;
	size_t n;

	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		n = hex_read(recorded[i], octets);
		assert_int_equal(smpp_read(octets, n, &pdu), 0);
		assert_int_equal(smpp_write(&pdu, again, sizeof(again)), n);
		assert_memory_equal(octets, again, n);
	}
}

/* ---- tolerance ---- */

struct tolerance {
	const char *name;
	const char *hex;
	int rc;
	uint32_t status;
	const char *message_id;
};

static void read__vendors_deviations__accepted(void **state)
{
	static const struct tolerance rows[] = {
		{ "alert with a parameter that is passed over", ALERT, 0, 0, "" },
		{ "error without a body", "0000001080000004000000580000000b", 0, SMPP_RTHROTTLED, "" },
		{ "error with a message id", "0000001280000004000000140000000b3900", 0, SMPP_RMSGQFUL, "9" },
		{ "vendor's status", "0000001180000004000004ff0000000b00", 0, 0x4ff, "" },
		{ "success without a body", "0000001080000004000000000000000b", 0, 0, "" },
		{ "message id without its NUL", "000000128000000400000000000000093132", 0, 0, "" },
		{ "response with half a parameter", "000000148000000400000000000000093100" "0204", 0, 0, "1" },
		{ "nack with a body", "0000001380000000000000030000000b010203", 0, 3, "" },
		{ "enquire_link with a body", "0000001500000015000000000000000b00ff000100", 0, 0, "" },
		{ "unknown command", "00000013000102030000000000000007aabbcc", -ENOSYS, 0, "" },
		{ "unknown response", "00000010800102030000000000000007", -ENOSYS, 0, "" },
	};
	uint8_t octets[256];
	struct smpp_pdu pdu;
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = hex_read(rows[i].hex, octets);
		print_message("%s\n", rows[i].name);
		assert_int_equal(smpp_frame_read(octets, n), n);
		assert_int_equal(smpp_read(octets, n, &pdu), rows[i].rc);
		assert_int_equal(pdu.status, rows[i].status);
		assert_string_equal(pdu.message_id, rows[i].message_id);
	}
}

static void read__parameters_repeated_or_of_wrong_length__first_one_or_none(void **state)
{
	uint8_t octets[256];
	size_t n = hex_read("00000048000000050000000000000001" "5553534400" "0101" "3100" "0001" "3200" "00000000000000000000"
			    "050100020101" "0501000112" "0501000181" "13830001aa" "138300021235" "14000000" , octets);
	struct smpp_pdu pdu;

	octets[3] = n;
	assert_int_equal(smpp_read(octets, n, &pdu), 0);
	assert_int_equal(pdu.tlvs, BIT(USSD_SERVICE_OP) | BIT(ITS_SESSION_INFO));
	assert_int_equal(pdu.ussd_service_op, 0x12);
	assert_int_equal(pdu.its_session_info, 0x1235);
}

static void message__payload_or_short_message__the_present_one(void **state)
{
	struct smpp_pdu pdu = { .short_message = OCTETS("a"), .message_payload = OCTETS("bc") };

	assert_int_equal(smpp_message(&pdu).len, 1);
	pdu.short_message.len = 0;
	assert_int_equal(smpp_message(&pdu).len, 2);
}

/* ---- one PDU of each kind, with all parts ---- */

#define LONG20 "12345678901234567890"

static const struct smpp_pdu samples[] = {
	{ .command = SMPP_BIND_TRANSCEIVER, .system_id = "starhash", .password = "secret08", .system_type = "USSD",
	  .interface_version = SMPP_VERSION, .address_ton = 1, .address_npi = 1, .address_range = "^100" },
	{ .command = SMPP_BIND_RECEIVER, .system_id = "starhash", .password = "", .interface_version = SMPP_VERSION },
	{ .command = SMPP_BIND_TRANSMITTER, .system_id = "123456789012345", .interface_version = SMPP_VERSION },
	{ .command = SMPP_RESPONSE | SMPP_BIND_TRANSCEIVER, .system_id = "smsc", .tlvs = BIT(SC_INTERFACE_VERSION),
	  .sc_interface_version = SMPP_VERSION },
	{ .command = SMPP_RESPONSE | SMPP_BIND_RECEIVER, .system_id = "smsc" },
	{ .command = SMPP_RESPONSE | SMPP_BIND_TRANSMITTER, .system_id = "smsc" },
	{ .command = SMPP_OUTBIND, .system_id = "smsc", .password = "pw" },
	{ .command = SMPP_UNBIND },
	{ .command = SMPP_RESPONSE | SMPP_UNBIND },
	{ .command = SMPP_ENQUIRE_LINK },
	{ .command = SMPP_RESPONSE | SMPP_ENQUIRE_LINK },
	{ .command = SMPP_GENERIC_NACK, .status = SMPP_RINVCMDID },
	{ .command = SMPP_SUBMIT_SM, .service_type = "USSD", .source_ton = 0, .source_npi = 1, .source = "100",
	  .destination_ton = 1, .destination_npi = 1, .destination = LONG20, .registered_delivery = 1,
	  .short_message = OCTETS("1 Balance"), .tlvs = BIT(USSD_SERVICE_OP) | BIT(ITS_SESSION_INFO),
	  .ussd_service_op = 2, .its_session_info = 0x1234 },
	{ .command = SMPP_SUBMIT_SM, .source = LONG20, .source_npi = 1, .destination = "1", .esm_class = 0x40,
	  .schedule = "991231235959000+", .validity = "000000010000000R", .data_coding = 8,
	  .short_message = OCTETS("\x05\x00\x03\x2a\x02\x01\x4f\x59"), .priority = 1, .replace_if_present = 1 },
	{ .command = SMPP_SUBMIT_SM, .destination = "861380013800",
	  .tlvs = BIT(MESSAGE_PAYLOAD) | BIT(USER_MESSAGE_REFERENCE) | BIT(SAR_REFERENCE) | BIT(SAR_TOTAL) | BIT(SAR_PART),
	  .message_payload = OCTETS("payload"), .user_message_reference = 0x1234, .sar_reference = 0xfedc, .sar_total = 3,
	  .sar_part = 1 },
	{ .command = SMPP_RESPONSE | SMPP_SUBMIT_SM, .message_id = "1a2b3c" },
	{ .command = SMPP_DELIVER_SM, .service_type = "CMT", .source = "861380013800", .destination = "10086",
	  .esm_class = 4, .short_message = OCTETS("id:1A stat:DELIVRD"),
	  .tlvs = BIT(RECEIPTED_MESSAGE_ID) | BIT(MESSAGE_STATE) | BIT(NETWORK_ERROR), .message_state = 2,
	  .receipted_message_id = OCTETS("1A"), .network_error = OCTETS("\x03\x00\x01") },
	{ .command = SMPP_RESPONSE | SMPP_DELIVER_SM },
	{ .command = SMPP_RESPONSE | SMPP_DELIVER_SM, .status = SMPP_RTHROTTLED },
	{ .command = SMPP_DATA_SM, .service_type = "USSD", .source = "861380013800", .destination = "10086",
	  .tlvs = BIT(MESSAGE_PAYLOAD), .message_payload = OCTETS("*100#") },
	{ .command = SMPP_RESPONSE | SMPP_DATA_SM, .message_id = "77" },
	{ .command = SMPP_QUERY_SM, .message_id = "77", .source = "10086" },
	{ .command = SMPP_RESPONSE | SMPP_QUERY_SM, .message_id = "77", .final_date = "991231235959000+",
	  .message_state = 2 },
	{ .command = SMPP_ALERT_NOTIFICATION, .source = "861380013800", .destination = "10086" },
};

#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static int sample_write(size_t i, uint8_t *out, size_t size)
{
	struct smpp_pdu pdu = samples[i];

	pdu.sequence = i + 1;
	return smpp_write(&pdu, out, size);
}

static void write__each_kind__read_back_unchanged(void **state)
{
	uint8_t octets[512], again[512];
	struct smpp_pdu pdu;
	int n;

	for (size_t i = 0; i < SAMPLES; i++) {
		n = sample_write(i, octets, sizeof(octets));
		assert_in_range(n, SMPP_HEAD, sizeof(octets));
		assert_int_equal(smpp_frame_read(octets, n), n);
		assert_int_equal(smpp_read(octets, n, &pdu), 0);
		assert_int_equal(pdu.command, samples[i].command);
		assert_int_equal(pdu.sequence, i + 1);
		assert_string_equal(pdu.source, samples[i].source ? samples[i].source : "");
		assert_int_equal(pdu.tlvs, samples[i].tlvs);
		assert_int_equal(smpp_write(&pdu, again, sizeof(again)), n);
		assert_memory_equal(octets, again, n);
	}
}

/* In a block of exactly its size, so that a sanitizer sees every read beyond it. */
static int read_exact(const uint8_t *octets, size_t len, struct smpp_pdu *pdu)
{
	uint8_t *exact = malloc(len);
	int rc;

	memcpy(exact, octets, len);
	exact[2] = len >> 8;
	exact[3] = len & 0xff;
	assert_int_equal(smpp_frame_read(exact, len), len);
	rc = smpp_read(exact, len, pdu);
	free(exact);
	return rc;
}

/* End of the mandatory part of a sample. */
static int mandatory_len(size_t i)
{
	struct smpp_pdu pdu = samples[i];
	uint8_t octets[512];

	pdu.tlvs = 0;
	return smpp_write(&pdu, octets, sizeof(octets));
}

static void read__F12_cut_at_every_octet__refused_or_read_without_the_parameter(void **state)
{
	uint8_t octets[512];
	struct smpp_pdu pdu;
	int n, rc, mandatory;

	for (size_t i = 0; i < SAMPLES; i++) {
		n = sample_write(i, octets, sizeof(octets));
		mandatory = mandatory_len(i);
		for (int len = SMPP_HEAD; len < n; len++) {
			rc = read_exact(octets, len, &pdu);
			if (samples[i].command & SMPP_RESPONSE)
				assert_int_equal(rc, 0);
			else if (len < mandatory)
				assert_int_equal(rc, -EBADMSG);
			assert_int_equal(pdu.sequence, i + 1);
		}
		for (int len = 0; len < n; len++)
			assert_int_equal(smpp_frame_read(octets, len), 0);
	}
}

static void write__no_room__is_refused_for_each_size(void **state)
{
	uint8_t octets[512];
	int n;

	for (size_t i = 0; i < SAMPLES; i++) {
		n = sample_write(i, octets, sizeof(octets));
		for (int size = 0; size < n; size++) {
			uint8_t *exact = malloc(size ? size : 1);

			assert_int_equal(sample_write(i, exact, size), -EMSGSIZE);
			free(exact);
		}
	}
}

/* ---- lengths of strings ---- */

#define LONGEST "a123456789b123456789c123456789d123456789e123456789f123456789g1234"

struct bound {
	uint32_t command;
	size_t member;
	size_t max;		/* characters */
};

#define BOUND(command, member, max) { command, offsetof(struct smpp_pdu, member), max }

static void strings__as_long_as_specified__and_no_longer(void **state)
{
	static const struct bound rows[] = {
		BOUND(SMPP_BIND_RECEIVER, system_id, 15), BOUND(SMPP_BIND_RECEIVER, password, 8),
		BOUND(SMPP_BIND_RECEIVER, system_type, 12), BOUND(SMPP_BIND_RECEIVER, address_range, 40),
		BOUND(SMPP_SUBMIT_SM, service_type, 5), BOUND(SMPP_SUBMIT_SM, source, 20),
		BOUND(SMPP_SUBMIT_SM, destination, 20), BOUND(SMPP_SUBMIT_SM, schedule, 16),
		BOUND(SMPP_SUBMIT_SM, validity, 16), BOUND(SMPP_DATA_SM, source, 64),
		BOUND(SMPP_DATA_SM, destination, 64), BOUND(SMPP_ALERT_NOTIFICATION, source, 64),
		BOUND(SMPP_RESPONSE | SMPP_SUBMIT_SM, message_id, 64),
		BOUND(SMPP_RESPONSE | SMPP_QUERY_SM, final_date, 16),
	};
	uint8_t octets[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct smpp_pdu pdu = { .command = rows[i].command }, read;
		const char **string = (const char **)((char *)&pdu + rows[i].member);
		int n;

		*string = &LONGEST[sizeof(LONGEST) - 1 - rows[i].max];
		n = smpp_write(&pdu, octets, sizeof(octets));
		assert_in_range(n, SMPP_HEAD, sizeof(octets));
		assert_int_equal(smpp_read(octets, n, &read), 0);
		assert_string_equal(*(const char **)((char *)&read + rows[i].member), *string);
		(*string)--;
		assert_int_equal(smpp_write(&pdu, octets, sizeof(octets)), -EMSGSIZE);
	}
}

static void read__string_longer_than_specified__refused(void **state)
{
	uint8_t octets[512];
	struct smpp_pdu pdu;
	/* 21 digits where at most 20 are allowed */
	size_t n = hex_read("00000000000000050000000000000001" "00" "0101" "313131313131313131313131313131313131313131" "00"
			    "0000" "3100" "00000000000000000000", octets);

	assert_int_equal(read_exact(octets, n, &pdu), -EBADMSG);
}

static void message__254_octets__and_no_more(void **state)
{
	uint8_t text[300] = { 0 }, octets[512];
	struct smpp_pdu pdu = { .command = SMPP_SUBMIT_SM, .short_message = { text, SMPP_SHORT_MESSAGE_MAX } }, read;
	int n = smpp_write(&pdu, octets, sizeof(octets));

	assert_int_equal(smpp_read(octets, n, &read), 0);
	assert_int_equal(read.short_message.len, SMPP_SHORT_MESSAGE_MAX);
	octets[n - SMPP_SHORT_MESSAGE_MAX - 1] = 255;
	octets[n++] = 0;
	assert_int_equal(read_exact(octets, n, &read), -EBADMSG);
	pdu.short_message.len = 255;
	assert_int_equal(smpp_write(&pdu, octets, sizeof(octets)), -EMSGSIZE);
}

static void write__payload_up_to_the_longest_pdu__and_no_more(void **state)
{
	static uint8_t payload[UINT16_MAX], octets[SMPP_PDU_MAX + 100];
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .tlvs = BIT(MESSAGE_PAYLOAD), .message_payload = { payload, 64000 },
	};

	assert_int_equal(smpp_write(&pdu, octets, sizeof(octets)), 64000 + 16 + 17 + 4);
	pdu.message_payload.len = UINT16_MAX;
	assert_int_equal(smpp_write(&pdu, octets, sizeof(octets)), -EMSGSIZE);
}

static void frame__impossible_length__framing_lost(void **state)
{
	static const struct { const char *hex; int rc; } rows[] = {
		{ "000000", 0 }, { "00000010", 0 }, { "0000000f", -EBADMSG }, { "00000000", -EBADMSG },
		{ "00010000", 0 }, { "00010001", -EBADMSG }, { "ffffffff", -EBADMSG },
	};
	uint8_t octets[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(smpp_frame_read(octets, hex_read(rows[i].hex, octets)), rows[i].rc);
}

static void write__unknown_command__is_refused(void **state)
{
	struct smpp_pdu pdu = { .command = 0x10203 };
	uint8_t octets[64];

	assert_int_equal(smpp_write(&pdu, octets, sizeof(octets)), -ENOSYS);
	assert_string_equal(smpp_command_name(0x10203), "unknown command");
	assert_string_equal(smpp_command_name(SMPP_RESPONSE | SMPP_SUBMIT_SM), "submit_sm_resp");
}

/* ---- tshark ---- */

/* A packet of raw IPv4 with a TCP segment from port 2775 that holds one PDU. */
static void packet_put(FILE *file, const uint8_t *pdu, uint32_t len, uint32_t tcp_sequence)
{
	uint32_t total = 40 + len, head[4] = { 1000, 0, total, total };
	uint8_t ip[40] = { 0x45, 0, total >> 8, total & 0xff, 0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
			   0x0a, 0xd7, 0xc3, 0x50, tcp_sequence >> 24, tcp_sequence >> 16 & 0xff, tcp_sequence >> 8 & 0xff,
			   tcp_sequence & 0xff, 0, 0, 0, 1, 0x50, 0x18, 0xff, 0xff };

	fwrite(head, sizeof(head), 1, file);
	fwrite(ip, sizeof(ip), 1, file);
	fwrite(pdu, len, 1, file);
}

static void pcap_write(const char *path)
{
	static const uint32_t head[6] = { 0xa1b2c3d4, 4 << 16 | 2, 0, 0, 65535, 101 };
	FILE *file = fopen(path, "wb");
	uint32_t tcp_sequence = 1;
	uint8_t octets[512];

	assert_non_null(file);
	fwrite(head, sizeof(head), 1, file);
	for (size_t i = 0; i < SAMPLES; i++) {
		int n = sample_write(i, octets, sizeof(octets));

		packet_put(file, octets, n, tcp_sequence);
		tcp_sequence += n;
	}
	fclose(file);
}

/* Lines that tshark prints of a recording with a display filter. */
static unsigned int tshark_count(const char *path, const char *filter)
{
	char command[512], line[256];
	unsigned int lines = 0;
	FILE *out;

	snprintf(command, sizeof(command), "tshark -r %s -Y '%s' -T fields -e frame.number 2>/dev/null", path, filter);
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof(line), out))
		lines++;
	pclose(out);
	return lines;
}

static void write__each_kind__is_understood_by_tshark(void **state)
{
	char path[] = "/tmp/smpp_codec_test.XXXXXX";

	if (system("command -v tshark >/dev/null") != 0)
		skip();
	assert_true(close(mkstemp(path)) == 0);
	pcap_write(path);
	assert_int_equal(tshark_count(path, "smpp"), SAMPLES);
	assert_int_equal(tshark_count(path, "_ws.malformed || _ws.expert.severity >= 0x00600000"), 0);
	assert_int_equal(tshark_count(path, "smpp.source_addr == \"861380013800\""), 3);
	assert_int_equal(tshark_count(path, "smpp.ussd_service_op == 2 && smpp.its_session.number == 0x12"), 1);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read__osmo_msc_deliver_sm__has_each_part),
		cmocka_unit_test(write__pdu_read_from_a_recording__same_octets),
		cmocka_unit_test(read__vendors_deviations__accepted),
		cmocka_unit_test(read__parameters_repeated_or_of_wrong_length__first_one_or_none),
		cmocka_unit_test(message__payload_or_short_message__the_present_one),
		cmocka_unit_test(write__each_kind__read_back_unchanged),
		cmocka_unit_test(read__F12_cut_at_every_octet__refused_or_read_without_the_parameter),
		cmocka_unit_test(write__no_room__is_refused_for_each_size),
		cmocka_unit_test(strings__as_long_as_specified__and_no_longer),
		cmocka_unit_test(read__string_longer_than_specified__refused),
		cmocka_unit_test(message__254_octets__and_no_more),
		cmocka_unit_test(write__payload_up_to_the_longest_pdu__and_no_more),
		cmocka_unit_test(frame__impossible_length__framing_lost),
		cmocka_unit_test(write__unknown_command__is_refused),
		cmocka_unit_test(write__each_kind__is_understood_by_tshark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The short GSUP reader and writer compared with libosmogsm's. */
#include <string.h>

#include <osmocom/core/msgb.h>
#include <osmocom/gsm/gsup.h>

#include "channel/gsup/gsup_ss.h"
#include "starhash/number.h"
#include "tests/cmocka.h"

static uint8_t component[UINT8_MAX];

static const struct osmo_gsup_message usual[] = {
	{ .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = "001010000000001", .session_id = 0x20000001,
	  .session_state = OSMO_GSUP_SESSION_STATE_BEGIN, .ss_info = component, .ss_info_len = 20,
	  .message_class = OSMO_GSUP_MESSAGE_CLASS_USSD },
	{ .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = "26201", .session_id = UINT32_MAX,
	  .session_state = OSMO_GSUP_SESSION_STATE_CONTINUE, .ss_info = component, .ss_info_len = 1,
	  .message_class = OSMO_GSUP_MESSAGE_CLASS_USSD },
	{ .message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT, .imsi = "26201000000001", .session_id = 1,
	  .session_state = OSMO_GSUP_SESSION_STATE_END, .ss_info = component, .ss_info_len = UINT8_MAX,
	  .message_class = OSMO_GSUP_MESSAGE_CLASS_USSD },
	{ .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = "262010000000011", .session_id = 9,
	  .session_state = OSMO_GSUP_SESSION_STATE_END, .message_class = OSMO_GSUP_MESSAGE_CLASS_USSD },
	{ .message_type = OSMO_GSUP_MSGT_UPDATE_LOCATION_REQUEST, .imsi = "1", .cn_domain = OSMO_GSUP_CN_DOMAIN_CS },
};

static size_t short_way(const struct osmo_gsup_message *message, uint8_t out[static GSUP_SS_MAX])
{
	const struct gsup_message same = {
		.message_type = message->message_type, .imsi = digits_pack(message->imsi), .session_id = message->session_id,
		.session_state = message->session_state, .ss_info = message->ss_info, .ss_info_len = message->ss_info_len,
		.message_class = message->message_class, .cn_domain = message->cn_domain,
	};

	return gsup_ss_write(&same, out);
}

static size_t long_way(const struct osmo_gsup_message *message, uint8_t out[static GSUP_SS_MAX])
{
	struct msgb *msg = msgb_alloc(1024, "test");
	size_t len;

	assert_int_equal(osmo_gsup_encode(msg, message), 0);
	len = msgb_length(msg);
	assert_true(len <= GSUP_SS_MAX);
	memcpy(out, msgb_data(msg), len);
	msgb_free(msg);
	return len;
}

static void write__usual_messages__as_libosmogsm(void **state)
{
	uint8_t octets[GSUP_SS_MAX], wanted[GSUP_SS_MAX];

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		size_t len = short_way(&usual[i], octets);

		assert_int_equal(len, long_way(&usual[i], wanted));
		assert_memory_equal(octets, wanted, len);
	}
}

static void write__without_imsi_or_too_long__refused(void **state)
{
	uint8_t octets[GSUP_SS_MAX];
	struct gsup_message message = { .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = 0x2, .ss_info = component,
					.ss_info_len = UINT8_MAX };

	assert_int_equal(gsup_ss_write(&message, octets), 1 + 3 + 2 + UINT8_MAX);
	message.ss_info_len++;
	assert_int_equal(gsup_ss_write(&message, octets), 0);
	message.ss_info_len--;
	message.imsi = 0;
	assert_int_equal(gsup_ss_write(&message, octets), 0);
}

/* What both can read must be equal: libosmogsm looks into elements that are skipped here. Returns whether both could read it. */
static bool read_both(const uint8_t *octets, size_t len)
{
	static struct osmo_gsup_message wanted;
	struct gsup_message message;

	if (!gsup_ss_read(octets, len, &message) || osmo_gsup_decode(octets, len, &wanted) < 0)
		return false;
	assert_int_equal(message.cause, wanted.cause);
	assert_true(message.imsi == digits_pack(wanted.imsi));
	assert_int_equal(message.message_type, wanted.message_type);
	assert_int_equal(message.session_id, wanted.session_id);
	assert_int_equal(message.session_state, wanted.session_state);
	assert_ptr_equal(message.ss_info, wanted.ss_info);
	assert_int_equal(message.ss_info_len, wanted.ss_info_len);
	assert_int_equal(message.message_class, wanted.message_class);
	return true;
}

static void read__usual_messages__as_libosmogsm(void **state)
{
	uint8_t octets[GSUP_SS_MAX];

	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		assert_true(read_both(octets, long_way(&usual[i], octets)));
}

static void read__F12_cut_or_altered__as_libosmogsm_if_both_can(void **state)
{
	uint8_t octets[GSUP_SS_MAX], altered[GSUP_SS_MAX];
	uint32_t chance = 1;
	unsigned int known = 0;

	for (unsigned int round = 0; round < 100000; round++) {
		size_t len = long_way(&usual[round % 2], octets), cut;

		memcpy(altered, octets, len);
		for (unsigned int i = 0; i <= round % 3; i++) {
			chance = chance * 1664525 + 1013904223;
			altered[(chance >> 8) % len] = chance >> 24;
		}
		cut = round % 4 ? len : (chance >> 16) % (len + 1);
		memmove(altered + GSUP_SS_MAX - cut, altered, cut);	/* so that reading on would be noticed */
		known += read_both(altered + GSUP_SS_MAX - cut, cut);
	}
	assert_in_range(known, 10000, 100000);
}

static void read__other_messages__as_libosmogsm(void **state)
{
	static const struct osmo_gsup_message others[] = {
		{ .message_type = OSMO_GSUP_MSGT_PROC_SS_ERROR, .imsi = "001010000000001", .session_id = 7,
		  .session_state = OSMO_GSUP_SESSION_STATE_END, .cause = GMM_CAUSE_INV_MAND_INFO },
		{ .message_type = OSMO_GSUP_MSGT_UPDATE_LOCATION_RESULT, .imsi = "001010000000001" },
		{ .message_type = OSMO_GSUP_MSGT_INSERT_DATA_REQUEST, .imsi = "26201000000001", .msisdn_enc = component,
		  .msisdn_enc_len = 6 },
		{ .message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = "26201000000001", .session_id = 3,
		  .session_state = OSMO_GSUP_SESSION_STATE_END, .source_name = component, .source_name_len = 4,
		  .destination_name = component, .destination_name_len = 5, .ss_info = component, .ss_info_len = 9 },
	};
	uint8_t octets[GSUP_SS_MAX];

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(read_both(octets, long_way(&others[i], octets)));
}

static void read__elements_that_gsup_does_not_know__are_skipped(void **state)
{
	uint8_t octets[GSUP_SS_MAX];
	struct gsup_message message;
	size_t len = long_way(&usual[0], octets);

	memcpy(octets + len, (uint8_t[]){ 0xf7, 2, 1, 2, 0xf8, 0 }, 6);
	assert_true(gsup_ss_read(octets, len + 6, &message));
	assert_int_equal(message.session_id, usual[0].session_id);
	assert_int_equal(message.ss_info_len, usual[0].ss_info_len);
	assert_false(gsup_ss_read(octets, len + 5, &message));
}

/* Nothing else may be taken for a dial: each octet that it looks at decides. */
static void dial__usual_form__read_without_decoding(void **state)
{
	static const uint8_t invoke[] = { 0xa1, 0x12, 2, 1, 5, 2, 1, 59, 0x30, 0x0a };
	struct osmo_gsup_message message = usual[0];
	uint8_t octets[GSUP_SS_MAX];
	struct gsup_dial dial;
	size_t len;

	memcpy(component, invoke, sizeof(invoke));
	len = short_way(&message, octets);
	assert_true(gsup_dial_read(octets, len, &dial));
	assert_int_equal(dial.imsi_len, 10);
	assert_ptr_equal(dial.imsi, octets + 1);
	assert_memory_equal(dial.session, ((uint8_t[]){ 0x20, 0, 0, 1 }), 4);
	assert_int_equal(dial.invoke_id, 5);
	assert_int_equal(dial.operation, 59);
	for (size_t cut = 0; cut < 30; cut++)
		assert_false(gsup_dial_read(octets, cut, &dial));
	for (size_t i = 0; i < 32; i++) {
		const bool value = (i >= 3 && i < 11) || (i >= 13 && i < 17) || i == 21 || i == 26 || i >= 29;

		octets[i] ^= 0x80;
		assert_int_equal(gsup_dial_read(octets, len, &dial), value);
		octets[i] ^= 0x80;
	}
	message.session_state = OSMO_GSUP_SESSION_STATE_CONTINUE;
	assert_false(gsup_dial_read(octets, short_way(&message, octets), &dial));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write__usual_messages__as_libosmogsm),
		cmocka_unit_test(write__without_imsi_or_too_long__refused),
		cmocka_unit_test(read__usual_messages__as_libosmogsm),
		cmocka_unit_test(read__other_messages__as_libosmogsm),
		cmocka_unit_test(read__elements_that_gsup_does_not_know__are_skipped),
		cmocka_unit_test(dial__usual_form__read_without_decoding),
		cmocka_unit_test(read__F12_cut_or_altered__as_libosmogsm_if_both_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* USSD over SMPP against a fake gateway: turns and pages in each dialect, and losses of the link. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "channel/smpp/dialects.h"
#include "channel/smpp/smpp_ussd.h"
#include "channel/smpp/smpp_ussd_settings.h"
#include "starhash/log.h"
#include "tests/channel/loop.h"
#include "tests/channel/smpp/fake_smsc.h"
#include "tests/cmocka.h"

#define MSISDN "8613800138000"
#define TURNS_MAX 16

struct fixture {
	void *ctx;
	struct fake_smsc smsc;
	struct smpp_ussd_settings settings;
	struct channel *channel;
	struct turn *turns[TURNS_MAX];	/* open ones, in the order of arrival */
	unsigned int count;
	uint16_t reference;
	bool busy;
	unsigned int sent;		/* calls with a receipt */
	uint64_t receipt;		/* the last one */
	int became;
};

static int rx_cb(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	if (fix->busy)
		return -EBUSY;
	assert_true(fix->count < TURNS_MAX);
	fix->turns[fix->count++] = turn;
	return 0;
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct fixture *fix = user;

	fix->sent++;
	fix->receipt = receipt;
	fix->became = rc;
}

static void channel_open(struct fixture *fix, const char *dialect)
{
	fix->settings.dialect = dialect;
	fix->channel = smpp_ussd_channel_kind.create(fix->ctx, &fix->settings);
	assert_non_null(fix->channel);
	fix->channel->rx = rx_cb;
	fix->channel->sent = sent_cb;
	fix->channel->rx_user = fix;
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "smpp_ussd test");
	rate_ctr_init(fix->ctx);
	conf_read(NULL, smpp_ussd_rows, &fix->settings, NULL);
	smsc_listen(&fix->smsc, 0);
	fix->settings.port = fix->smsc.port;
	fix->settings.password_file = NULL;
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	if (fix->channel)
		fix->channel->ops->free(fix->channel);
	smsc_close(&fix->smsc);
	close(fix->smsc.listener);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static void channel_shut(struct fixture *fix)
{
	fix->channel->ops->free(fix->channel);
	fix->channel = NULL;
	smsc_close(&fix->smsc);
}

/* A message from the gateway; its response must have this status. */
static void deliver_from(struct fixture *fix, const char *from, int op, uint16_t its, const char *text,
			 uint16_t reference, uint32_t status)
{
	struct smpp_pdu response, pdu = {
		.command = SMPP_DELIVER_SM, .sequence = 1, .service_type = "USSD", .source_ton = 1, .source_npi = 1,
		.source = from, .destination = "100", .short_message = { (const uint8_t *)text, strlen(text) },
		.tlvs = 1u << SMPP_TLV_USSD_SERVICE_OP | 1u << SMPP_TLV_ITS_SESSION_INFO |
			1u << SMPP_TLV_USER_MESSAGE_REFERENCE,
		.ussd_service_op = op, .its_session_info = its, .user_message_reference = reference,
	};

	smsc_send(&fix->smsc, &pdu);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &response);
	assert_int_equal(response.status, status);
}

static void deliver_as(struct fixture *fix, int op, uint16_t its, const char *text, uint16_t reference, uint32_t status)
{
	deliver_from(fix, MSISDN, op, its, text, reference, status);
}

static void deliver(struct fixture *fix, int op, uint16_t its, const char *text)
{
	bool mica = strcmp(fix->settings.dialect, "mica") == 0;

	deliver_as(fix, op, its, text, mica ? 77 : ++fix->reference, 0);
}

/* The next turn, which must be this one. */
static struct turn *turn_expect(struct fixture *fix, enum turn_kind kind, const char *text)
{
	struct turn *turn = fix->turns[0];

	assert_true(fix->count > 0);
	memmove(fix->turns, fix->turns + 1, --fix->count * sizeof(fix->turns[0]));
	assert_int_equal(turn->kind, kind);
	assert_int_equal(turn->len, strlen(text));
	assert_memory_equal(turn->text, text, turn->len);
	assert_string_equal(turn->subscriber.msisdn, MSISDN);
	return turn;
}

/* The next page on the wire. */
static struct smpp_pdu page_expect(struct fixture *fix, int op, const char *text, uint32_t status)
{
	struct smpp_pdu pdu;

	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_int_equal(pdu.ussd_service_op, op);
	assert_string_equal(pdu.service_type, "USSD");
	assert_string_equal(pdu.source, "100");
	assert_string_equal(pdu.destination, MSISDN);
	assert_int_equal(pdu.destination_ton, 1);
	assert_int_equal(pdu.short_message.len, strlen(text));
	assert_memory_equal(pdu.short_message.at, text, strlen(text));
	smsc_answer(&fix->smsc, &pdu, status);
	return pdu;
}

static void reply(struct turn *turn, enum answer_kind kind, const char *text)
{
	turn_answer(turn, kind, text, strlen(text));
}

/* This turn comes and is answered with a page. */
static void ask_expect(struct fixture *fix, enum turn_kind kind, const char *text)
{
	reply(turn_expect(fix, kind, text), ANSWER_ASK, "menu");
	page_expect(fix, 0x02, "menu", 0);
}

static void dialog__each_dialect__begin_answer_end(void **state)
{
	struct fixture *fix = *state;

	for (unsigned int i = 0; dialect_name(i); i++) {
		const struct dialect *dialect = dialect_find(dialect_name(i));
		uint32_t sequence;
		struct turn *turn;

		print_message("%s\n", dialect->name);
		channel_open(fix, dialect->name);
		smsc_bind(&fix->smsc);
		deliver(fix, 0x01, 0x1234, "*100#");
		turn = turn_expect(fix, TURN_BEGIN, "*100#");
		assert_true(turn->peer.user == digits_pack(MSISDN));
		reply(turn, ANSWER_ASK, "1 Balance");
		page_expect(fix, 0x02, "1 Balance", 0);
		deliver(fix, dialect->answer[0], 0x1234, "1");
		turn = turn_expect(fix, TURN_CONTINUE, "1");
		sequence = turn->sequence;
		assert_int_equal(sequence, 1);
		reply(turn, ANSWER_ASK, "Now?");
		page_expect(fix, 0x02, "Now?", 0);
		deliver(fix, dialect->answer[0], 0x1234, "1");
		turn = turn_expect(fix, TURN_CONTINUE, "1");
		assert_int_equal(turn->sequence, 2);
		reply(turn, ANSWER_END, "15.00");
		page_expect(fix, dialect->end, "15.00", 0);
		channel_shut(fix);
	}
}

/* A73: we were restarted while the phone showed a page. */
static void answer__F42_in_an_unknown_dialog__ends_with_a_text_in_each_dialect(void **state)
{
	struct fixture *fix = *state;

	for (unsigned int i = 0; dialect_name(i); i++) {
		const struct dialect *dialect = dialect_find(dialect_name(i));
		struct smpp_pdu last;
		struct turn *turn;

		print_message("%s\n", dialect->name);
		channel_open(fix, dialect->name);
		smsc_bind(&fix->smsc);
		deliver(fix, 0x01, 0x1234, "*100#");
		ask_expect(fix, TURN_BEGIN, "*100#");
		channel_shut(fix);
		channel_open(fix, dialect->name);
		smsc_bind(&fix->smsc);
		deliver(fix, dialect->answer[0], 0x1234, "1");
		turn = turn_expect(fix, TURN_CONTINUE, "1");
		assert_int_equal(turn->sequence, 0);
		reply(turn, ANSWER_END, "Expired");
		last = page_expect(fix, dialect->end, "Expired", 0);
		if (dialect->end_bit)
			assert_int_equal(last.its_session_info, 0x1235);
		if (dialect->key == KEY_REFERENCE_AND_SUBSCRIBER)
			assert_int_equal(last.user_message_reference, 77);
		deliver(fix, 0x01, 0x1234, "*100#");
		ask_expect(fix, TURN_BEGIN, "*100#");
		channel_shut(fix);
	}
}

static void begin__F1_twice__same_sequence_unless_another_code(void **state)
{
	struct fixture *fix = *state;
	struct turn *first, *second, *third;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	deliver(fix, 0x01, 2, "*100#");
	deliver(fix, 0x01, 2, "*131#");
	first = turn_expect(fix, TURN_BEGIN, "*100#");
	second = turn_expect(fix, TURN_BEGIN, "*100#");
	third = turn_expect(fix, TURN_BEGIN, "*131#");
	assert_int_equal(first->sequence, second->sequence);
	assert_int_not_equal(first->sequence, third->sequence);
	assert_true(first->sequence >= 0x10000);
	reply(first, ANSWER_NONE, "");
	reply(second, ANSWER_NONE, "");
	reply(third, ANSWER_END, "bye");
	page_expect(fix, 0x02, "bye", 0);
}

static void answer__F1_repeated_after_our_page__dropped_unless_all_share_one_number(void **state)
{
	struct fixture *fix = *state;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver_as(fix, 0x01, 2, "*100#", 1, 0);
	ask_expect(fix, TURN_BEGIN, "*100#");
	deliver_as(fix, 0x12, 2, "1", 2, 0);
	ask_expect(fix, TURN_CONTINUE, "1");
	deliver_as(fix, 0x12, 2, "1", 2, 0);
	assert_int_equal(fix->count, 0);
	deliver_as(fix, 0x12, 2, "1", 3, 0);
	ask_expect(fix, TURN_CONTINUE, "1");

	deliver_as(fix, 0x01, 4, "*100#", 9, 0);
	ask_expect(fix, TURN_BEGIN, "*100#");
	for (unsigned int i = 0; i < 3; i++) {
		deliver_as(fix, 0x12, 4, "1", 9, 0);
		ask_expect(fix, TURN_CONTINUE, "1");
	}
}

static void gone__abort_or_end_bit__ends_the_dialog_once(void **state)
{
	struct fixture *fix = *state;

	channel_open(fix, "6d");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	ask_expect(fix, TURN_BEGIN, "*100#");
	deliver(fix, 0x81, 2, "");
	reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
	deliver(fix, 0x81, 2, "");
	assert_int_equal(fix->count, 0);
	deliver(fix, 0x01, 4, "*100#");
	ask_expect(fix, TURN_BEGIN, "*100#");
	deliver(fix, 0x12, 5, "");
	reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
}

static void page__refused_by_the_gateway__is_gone(void **state)
{
	struct fixture *fix = *state;

	for (unsigned int i = 0; dialect_name(i); i++) {
		channel_open(fix, dialect_name(i));
		smsc_bind(&fix->smsc);
		deliver(fix, 0x01, 2, "*100#");
		reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "menu");
		page_expect(fix, 0x02, "menu", SMPP_RINVDSTADR);
		run_until(&fix->count, 1);
		reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
		channel_shut(fix);
	}
}

static void link__F10_lost_between_turn_and_page__page_sent_over_the_next_link(void **state)
{
	struct fixture *fix = *state;
	struct turn *turn;
	struct smpp_pdu pdu;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	turn = turn_expect(fix, TURN_BEGIN, "*100#");
	smsc_close(&fix->smsc);
	run_ms(20);
	reply(turn, ANSWER_ASK, "menu");
	smsc_bind(&fix->smsc);
	/* accepted, but the link is lost before the response */
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	smsc_close(&fix->smsc);
	smsc_bind(&fix->smsc);
	page_expect(fix, 0x02, "menu", 0);
	deliver(fix, 0x12, 2, "1");
	reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "bye");
	page_expect(fix, 0x02, "bye", 0);
}

static void rx__F26_busy__answered_with_a_text(void **state)
{
	struct fixture *fix = *state;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	fix->busy = true;
	deliver(fix, 0x01, 2, "*100#");
	page_expect(fix, 0x02, fix->settings.busy, 0);
}

static void rx__F26_no_more_dials__refused_by_the_channel(void **state)
{
	struct fixture *fix = *state;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "menu");
	page_expect(fix, 0x02, "menu", 0);
	fix->channel->full = true;
	deliver(fix, 0x12, 2, "1");
	reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "bye");
	page_expect(fix, 0x02, "bye", 0);
	deliver(fix, 0x01, 4, "*100#");
	page_expect(fix, 0x02, fix->settings.busy, 0);
	fix->channel->full = false;
	deliver(fix, 0x01, 6, "*100#");
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_BUSY, "");
	page_expect(fix, 0x02, fix->settings.busy, 0);
}

static void rx__not_understood__is_refused_or_answered_sorry(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu, binary = {
		.command = SMPP_DELIVER_SM, .source = MSISDN, .destination = "100", .data_coding = 4,
		.short_message = { (const uint8_t *)"\1\2", 2 }, .tlvs = 1u << SMPP_TLV_USSD_SERVICE_OP,
		.ussd_service_op = 1,
	};

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver_as(fix, 0x55, 2, "1", 1, SMPP_RX_R_APPN);
	assert_int_equal(fix->count, 0);
	binary.source_ton = 1;
	smsc_send(&fix->smsc, &binary);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_int_equal(pdu.short_message.len, strlen(fix->settings.sorry));
	reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
}

static unsigned int counted(const char *name)
{
	return rate_ctr_get_by_name(rate_ctr_get_group_by_name_idx("smpp_ussd", 0), name)->current;
}

/* A15, A16: each cause has its counter; the gateway gets a permanent error, and ends the dialog. */
static void rx__A16_number_not_in_the_plan__refused_and_counted_by_cause(void **state)
{
	static const struct { const char *from, *counter; } rows[] = {
		{ "Bank", "not_served:names" }, { "1001", "not_served:short" }, { "013800138000", "not_served:not_in_plan" },
		{ "1234567890123456", "not_served:not_in_plan" },
	};
	struct fixture *fix = *state;

	channel_open(fix, "huawei");
	smsc_bind(&fix->smsc);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const unsigned int before = counted(rows[i].counter);

		deliver_from(fix, rows[i].from, 0x01, 2, "*100#", ++fix->reference, SMPP_RX_R_APPN);
		assert_int_equal(fix->count, 0);
		assert_int_equal(counted(rows[i].counter), before + 1);
	}
}

/* A15, A19: one form internally, and towards the gateway the form that it used. */
static void rx__A15_national_number_of_the_plan__same_subscriber_answered_as_written(void **state)
{
	struct numbering_plan plan = numbering_default;
	struct fixture *fix = *state;
	struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .source = "013800138000", .source_ton = 2, .source_npi = 8, .destination = "100",
		.short_message = { (const uint8_t *)"*100#", 5 }, .tlvs = 1u << SMPP_TLV_USSD_SERVICE_OP,
		.ussd_service_op = 1,
	};
	struct turn *turn;

	strcpy(plan.country, "86");
	smpp_ussd_channel_kind.set_plan(&fix->settings, &plan);
	channel_open(fix, "huawei");
	smsc_bind(&fix->smsc);
	smsc_send(&fix->smsc, &pdu);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	turn = turn_expect(fix, TURN_BEGIN, "*100#");
	assert_true(turn->peer.user == digits_pack(MSISDN));
	reply(turn, ANSWER_END, "12.50");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_string_equal(pdu.destination, "013800138000");
	assert_int_equal(pdu.destination_ton, 2);
	assert_int_equal(pdu.destination_npi, 8);
}

struct alphabet_row {
	const char *coding;
	bool dcs;
	const char *text;
	uint8_t data_coding;
	const char *octets;
	size_t len;
};

static void text__of_each_alphabet__sent_as_the_gateway_requires(void **state)
{
	static const struct alphabet_row rows[] = {
		{ "gsm7", false, "a@{", 0x00, "a\0\x1b\x28", 4 },
		{ "gsm7", true, "abc", 0x0f, "abc", 3 },
		{ "packed", true, "abc", 0x0f, "\x61\xf1\x18", 3 },
		{ "packed", true, "\xe4\xbd\x99", 0x48, "\x4f\x59", 2 },
		{ "gsm7", false, "\xe4\xbd\x99", 0x08, "\x4f\x59", 2 },
		{ "latin1", false, "\xc3\xa9", 0x00, "\xe9", 1 },
		{ "utf8", false, "\xc3\xa9", 0x00, "\xc3\xa9", 2 },
	};
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fix->settings.coding = rows[i].coding;
		fix->settings.dcs = rows[i].dcs;
		channel_open(fix, "plain");
		smsc_bind(&fix->smsc);
		deliver(fix, 0x01, 2, "");
		reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_END, rows[i].text);
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
		print_message("%s\n", rows[i].coding);
		assert_int_equal(pdu.data_coding, rows[i].data_coding);
		assert_int_equal(pdu.short_message.len, rows[i].len);
		assert_memory_equal(pdu.short_message.at, rows[i].octets, rows[i].len);
		channel_shut(fix);
	}
}

static void text__longest_page__fits(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;
	char page[183];

	memset(page, 'a', 182);
	page[182] = '\0';
	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	assert_int_equal(fix->turns[0]->limits.ask.septets, 182);
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_END, page);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_int_equal(pdu.short_message.len, 182);
}

static void notify__if_the_dialect_has_it__sent_as_notification(void **state)
{
	struct fixture *fix = *state;
	struct subscriber subscriber = { .msisdn = MSISDN }, nobody = { .imsi = "001010000000001" };

	channel_open(fix, "plain");
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &(struct channel_text){ .text = "hi", .len = 2 }), -ENOTCONN);
	smsc_bind(&fix->smsc);
	run_ms(20);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &(struct channel_text){ .text = "hi", .len = 2 }), 0);
	page_expect(fix, 0x03, "hi", 0);
	deliver(fix, 0x13, 0x8000, "");
	assert_int_equal(fix->count, 0);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &nobody, &(struct channel_text){ .text = "hi", .len = 2 }),
			 -EDESTADDRREQ);	/* A39 */
	fix->channel->ops->free(fix->channel);
	channel_open(fix, "huawei");
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &(struct channel_text){ .text = "hi", .len = 2 }), -ENOTSUP);
}

/* ---- dialogs that we begin ---- */

static int begin(struct fixture *fix, const char *msisdn, const char *text, struct peer *peer)
{
	struct subscriber subscriber = { 0 };
	const struct channel_text out = { .text = text, .len = strlen(text), .receipt = 7 };

	strcpy(subscriber.msisdn, msisdn);
	fix->sent = 0;
	return fix->channel->ops->begin(fix->channel, &subscriber, &out, peer);
}

/* A dialog that we began waits for its answer. */
static struct smpp_pdu begun(struct fixture *fix, const char *dialect, struct peer *peer)
{
	struct smpp_pdu page;

	print_message("%s\n", dialect);
	channel_open(fix, dialect);
	smsc_bind(&fix->smsc);
	run_ms(20);
	assert_int_equal(begin(fix, MSISDN, "Keep it?", peer), 0);
	assert_true(peer->user == digits_pack(MSISDN));
	assert_int_equal(fix->sent, 0);
	page = page_expect(fix, 0x02, "Keep it?", 0);
	run_until(&fix->sent, 1);
	assert_int_equal(fix->receipt, 7);
	assert_int_equal(fix->became, 0);
	return page;
}

/* The phone answers under the number of our page. */
static void respond(struct fixture *fix, const struct smpp_pdu *page, int op, const char *text)
{
	bool mica = strcmp(fix->settings.dialect, "mica") == 0;

	deliver_as(fix, op, page->its_session_info, text, mica ? page->user_message_reference : ++fix->reference, 0);
}

static void begin__each_capable_dialect__answer_comes_and_the_last_page_is_a_request(void **state)
{
	static const struct {
		const char *dialect;
		int last;
		bool end_bit;
	} rows[] = { { "plain", 0x02, true }, { "generic", 0x03, false }, { "6d", 0x03, true }, { "mica", 0x03, false } };
	struct fixture *fix = *state;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct peer peer;
		struct smpp_pdu page = begun(fix, rows[i].dialect, &peer);
		struct turn *turn;

		for (unsigned int sequence = 1; sequence <= 3; sequence++) {
			respond(fix, &page, 0x12, "1");
			turn = turn_expect(fix, TURN_CONTINUE, "1");
			assert_int_equal(turn->sequence, sequence);
			assert_int_equal(turn->peer.user, peer.user);
			assert_int_equal(turn->peer.session, peer.session);
			reply(turn, sequence < 3 ? ANSWER_ASK : ANSWER_END, "Sure?");
			page = page_expect(fix, sequence < 3 ? 0x02 : rows[i].last, "Sure?", 0);
		}
		assert_int_equal(page.its_session_info & 1, rows[i].end_bit);
		assert_int_equal(begin(fix, MSISDN, "Again?", &peer), 0);
		page_expect(fix, 0x02, "Again?", 0);
		channel_shut(fix);
	}
	channel_open(fix, "huawei");
	smsc_bind(&fix->smsc);
	run_ms(20);
	assert_int_equal(begin(fix, MSISDN, "Keep it?", &(struct peer){ 0 }), -ENOTSUP);
	assert_int_equal(fix->sent, 0);
}

static void begin__aborted_refused_or_never_accepted__gone_reported_once(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu page;
	struct peer peer;

	for (unsigned int i = 0; strcmp(dialect_name(i), "huawei"); i++) {
		page = begun(fix, dialect_name(i), &peer);
		respond(fix, &page, 0x81, "");
		reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");

		assert_int_equal(begin(fix, MSISDN, "Again?", &peer), 0);
		page_expect(fix, 0x02, "Again?", SMPP_RINVDSTADR);
		run_until(&fix->count, 1);
		reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");

		assert_int_equal(begin(fix, MSISDN, "Again?", &peer), 0);
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &page);
		smsc_close(&fix->smsc);
		run_until(&fix->count, 1);
		reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
		/* and it is not repeated over the next link */
		smsc_bind(&fix->smsc);
		assert_false(smsc_poll(&fix->smsc, &page, 30));
		channel_shut(fix);
	}
}

static void begin__phone_silent__ended_from_our_side(void **state)
{
	struct fixture *fix = *state;
	struct peer peer;

	begun(fix, "generic", &peer);
	fix->channel->ops->end(fix->channel, &peer, "Too late", 8);
	page_expect(fix, 0x03, "Too late", 0);
	assert_int_equal(begin(fix, MSISDN, "Again?", &peer), 0);
}

static void begin__subscriber_in_a_dialog__busy(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu page;
	struct peer peer;

	for (unsigned int i = 0; strcmp(dialect_name(i), "huawei"); i++) {
		page = begun(fix, dialect_name(i), &peer);
		assert_int_equal(begin(fix, MSISDN, "Again?", &peer), -EBUSY);
		assert_int_equal(begin(fix, "8613800138001", "Other?", &peer), 0);
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &(struct smpp_pdu){ 0 });
		respond(fix, &page, 0x12, "1");
		reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "bye");
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &page);
		deliver(fix, 0x01, 0x1234, "*100#");
		ask_expect(fix, TURN_BEGIN, "*100#");
		assert_int_equal(begin(fix, MSISDN, "Again?", &peer), -EBUSY);
		channel_shut(fix);
	}
}

static void begin__impossible__gives_the_reason_and_leaves_nothing(void **state)
{
	struct fixture *fix = *state;
	char text[500] = "", line[256];
	struct peer peer;

	memset(text, 'x', 499);
	channel_open(fix, "plain");
	assert_int_equal(begin(fix, MSISDN, "Keep it?", &peer), -ENOTCONN);
	smsc_bind(&fix->smsc);
	run_ms(20);
	assert_int_equal(begin(fix, "", "Keep it?", &peer), -ENOTSUP);
	assert_int_equal(begin(fix, MSISDN, text, &peer), -EMSGSIZE);
	assert_int_equal(fix->sent, 0);
	fix->channel->ops->describe(fix->channel, line, sizeof(line));
	assert_non_null(strstr(line, "0 dialogs"));
}

/* A gateway that identifies dialogs only by number reuses ours for another phone. */
static void begin__number_reused_by_a_phone__ours_is_gone_and_nothing_mixed_up(void **state)
{
	struct fixture *fix = *state;
	struct peer peer;
	struct smpp_pdu page = begun(fix, "generic", &peer);
	struct turn *turn;

	deliver_from(fix, "8613800138001", 0x01, page.its_session_info, "*100#", 1, 0);
	turn = turn_expect(fix, TURN_GONE, "");
	assert_int_equal(turn->peer.user, peer.user);
	reply(turn, ANSWER_NONE, "");
	fix->channel->ops->end(fix->channel, &peer, "private", 7);
	assert_false(smsc_poll(&fix->smsc, &page, 30));
	reply(fix->turns[0], ANSWER_END, "bye");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &page);
	assert_string_equal(page.destination, "8613800138001");
	assert_int_equal(page.ussd_service_op, 0x11);
}

/* ---- receipts ---- */

/* A turn, answered like this, with a receipt. */
static void answer_with_receipt(struct fixture *fix, enum answer_kind kind, const char *text)
{
	deliver(fix, 0x01, 2, "*100#");
	fix->turns[0]->receipt = 9;
	fix->sent = 0;
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), kind, text);
}

static void expect_receipt(struct fixture *fix, int rc)
{
	run_until(&fix->sent, 1);
	assert_int_equal(fix->receipt, 9);
	assert_int_equal(fix->became, rc);
}

static void receipt__of_an_answer__reported_once_with_its_outcome(void **state)
{
	struct fixture *fix = *state;
	char text[500] = "";

	memset(text, 'x', 499);
	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	answer_with_receipt(fix, ANSWER_ASK, "menu");
	run_ms(20);
	assert_int_equal(fix->sent, 0);
	page_expect(fix, 0x02, "menu", 0);
	expect_receipt(fix, 0);
	answer_with_receipt(fix, ANSWER_END, "bye");
	page_expect(fix, 0x02, "bye", 0);
	expect_receipt(fix, 0);
	answer_with_receipt(fix, ANSWER_END, "no");
	page_expect(fix, 0x02, "no", SMPP_RSUBMITFAIL);
	expect_receipt(fix, -EREMOTEIO);
	answer_with_receipt(fix, ANSWER_END, text);
	expect_receipt(fix, -EMSGSIZE);
	page_expect(fix, 0x02, fix->settings.sorry, 0);
	answer_with_receipt(fix, ANSWER_NONE, "");
	expect_receipt(fix, -ENOTCONN);
	deliver(fix, 0x01, 2, "*100#");
	deliver(fix, 0x11, 2, "");
	fix->turns[0]->receipt = 9;
	fix->sent = 0;
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "menu");
	expect_receipt(fix, -ENOTCONN);
	reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");
}

/* A turn that asks for receipt 9; its link is down. */
static struct turn *turn_without_link(struct fixture *fix, unsigned int guard_ms)
{
	struct turn *turn;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	turn = turn_expect(fix, TURN_BEGIN, "*100#");
	turn->receipt = 9;
	fix->sent = 0;
	fix->settings.guard_ms = guard_ms;
	smsc_close(&fix->smsc);
	run_ms(20);
	return turn;
}

static void receipt__F10_link_down__reported_when_the_next_link_sends_it_or_too_late(void **state)
{
	struct fixture *fix = *state;
	struct turn *turn;

	for (unsigned int late = 0; late < 2; late++) {
		turn = turn_without_link(fix, late ? 500 : 60000);
		reply(turn, ANSWER_ASK, "menu");
		assert_int_equal(fix->sent, 0);
		run_ms(late ? 600 : 0);
		smsc_bind(&fix->smsc);
		if (!late)
			page_expect(fix, 0x02, "menu", 0);
		expect_receipt(fix, late ? -ETIMEDOUT : 0);
		channel_shut(fix);
	}
}

/* Written, but it is unknown whether the gateway read it. A page of a dialog is sent again; a text outside of one is not. */
static void receipt__link_drops_before_the_response__reported_by_the_next_link_or_lost(void **state)
{
	const struct subscriber subscriber = { .msisdn = MSISDN };
	const struct channel_text text = { .text = "news", .len = 4, .receipt = 9 };
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	channel_open(fix, "plain");
	smsc_bind(&fix->smsc);
	answer_with_receipt(fix, ANSWER_ASK, "menu");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	smsc_close(&fix->smsc);
	smsc_bind(&fix->smsc);
	assert_int_equal(fix->sent, 0);
	page_expect(fix, 0x02, "menu", 0);
	expect_receipt(fix, 0);
	fix->sent = 0;
	assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &text), 0);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_int_equal(fix->sent, 0);
	smsc_close(&fix->smsc);
	expect_receipt(fix, -EPIPE);
	smsc_bind(&fix->smsc);
	assert_false(smsc_poll(&fix->smsc, &pdu, 20));
	assert_int_equal(fix->sent, 1);
}

static void receipt__F10_link_stays_down__reported_too_late(void **state)
{
	struct fixture *fix = *state;
	struct turn *turn;

	turn = turn_without_link(fix, 100);
	reply(turn, ANSWER_END, "bye");
	assert_int_equal(fix->sent, 0);
	run_ms(300);
	assert_int_equal(fix->sent, 1);
	channel_shut(fix);
}

static void end__without_open_turn__sends_the_last_text(void **state)
{
	struct fixture *fix = *state;
	struct peer peer;
	char line[256];

	channel_open(fix, "generic");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 2, "*100#");
	peer = fix->turns[0]->peer;
	ask_expect(fix, TURN_BEGIN, "*100#");
	assert_true(fix->channel->ops->describe(fix->channel, line, sizeof(line)) < (int)sizeof(line));
	assert_non_null(strstr(line, "1 dialogs"));
	fix->channel->ops->end(fix->channel, &peer, "too late", 8);
	page_expect(fix, 0x11, "too late", 0);
	fix->channel->ops->end(fix->channel, &peer, "too late", 8);
	fix->channel->ops->describe(fix->channel, line, sizeof(line));
	assert_non_null(strstr(line, "0 dialogs"));
}

static void bind__pair__receives_on_one_and_sends_on_the_other(void **state)
{
	struct fixture *fix = *state;
	struct fake_smsc *other = calloc(1, sizeof(*other));
	struct smpp_pdu pdu;

	fix->settings.bind = "pair";
	channel_open(fix, "plain");
	smsc_accept(&fix->smsc);
	smsc_expect(&fix->smsc, SMPP_BIND_TRANSMITTER, &pdu);
	smsc_answer(&fix->smsc, &pdu, 0);
	other->listener = fix->smsc.listener;
	smsc_accept(other);
	smsc_expect(other, SMPP_BIND_RECEIVER, &pdu);
	smsc_answer(other, &pdu, 0);
	pdu = (struct smpp_pdu){ .command = SMPP_DELIVER_SM, .source = MSISDN, .destination = "100",
				 .short_message = { (const uint8_t *)"*100#", 5 } };
	smsc_send(other, &pdu);
	smsc_expect(other, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_END, "bye");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	smsc_close(other);
	free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A20: without TLS somebody on the way could impersonate the gateway. */
static void A20_smpp_ussd__trust__by_the_link_unless_configured(void **state)
{
	static const struct { const char *address, *tls_ca, *trust; enum trust is; } rows[] = {
		{ "127.0.0.1", NULL, "auto", TRUST_PASSWORD }, { "127.8.0.1", NULL, "auto", TRUST_PASSWORD },
		{ "::1", NULL, "auto", TRUST_PASSWORD }, { "10.0.0.1", NULL, "auto", TRUST_ORDER },
		{ "2001:db8::1", NULL, "auto", TRUST_ORDER }, { "10.0.0.1", "/ca.pem", "auto", TRUST_PASSWORD },
		{ "10.0.0.1", NULL, "password", TRUST_PASSWORD }, { "127.0.0.1", "/ca.pem", "ask", TRUST_ASK },
		{ "127.0.0.1", NULL, "read", TRUST_READ },
	};
	struct fixture *fix = *state;

	assert_string_equal(fix->settings.trust, "auto");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fix->settings.address = rows[i].address;
		fix->settings.tls_ca = rows[i].tls_ca;
		fix->settings.trust = rows[i].trust;
		assert_int_equal(smpp_ussd_settings_trust(&fix->settings), rows[i].is);
	}
	fix->settings.tls_ca = NULL;
	fix->settings.address = "127.0.0.1";
	channel_open(fix, "plain");
	assert_int_equal(fix->channel->trust, TRUST_READ);
}

/* ---- operations of a gateway of its own ---- */

/* In each dialect, on the wire and both ways: only the operations that were set count. */
static void dialog__own_operations__both_ways_and_the_dialects_are_refused(void **state)
{
	struct fixture *fix = *state;

	fix->settings.operations = (struct dialect_operations){ .begin = 21, .answer = 22, .gone = 23, .notified = 24, .page = 0,
								.end = 32, .abort = 33, .notify = 255, .release = 34 };
	for (unsigned int i = 0; strcmp(dialect_name(i), "huawei"); i++) {
		const struct subscriber subscriber = { .msisdn = MSISDN };
		struct smpp_pdu page;
		struct peer peer;

		print_message("%s\n", dialect_name(i));
		channel_open(fix, dialect_name(i));
		smsc_bind(&fix->smsc);
		for (const int *op = (const int[]){ 0x01, 0x12, 0x81, 0x13, 0 }; *op; op++)
			deliver_as(fix, *op, 0x1234, "*100#", ++fix->reference, SMPP_RX_R_APPN);
		assert_int_equal(fix->count, 0);
		deliver(fix, 21, 0x1234, "*100#");
		reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "1 Balance");
		page_expect(fix, 0, "1 Balance", 0);
		deliver(fix, 22, 0x1234, "1");
		reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "15.00");
		page_expect(fix, 32, "15.00", 0);
		deliver(fix, 21, 0x1234, "*100#");
		reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "1 Balance");
		page_expect(fix, 0, "1 Balance", 0);
		deliver(fix, 23, 0x1234, "");
		reply(turn_expect(fix, TURN_GONE, ""), ANSWER_NONE, "");

		assert_int_equal(fix->channel->ops->notify(fix->channel, &subscriber, &(struct channel_text){ .text = "hi", .len = 2 }), 0);
		page_expect(fix, 255, "hi", 0);
		deliver(fix, 24, 0x8000, "");
		assert_int_equal(fix->count, 0);

		assert_int_equal(begin(fix, MSISDN, "Sure?", &peer), 0);
		page = page_expect(fix, 0, "Sure?", 0);
		respond(fix, &page, 22, "1");
		reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "Thanks");
		page_expect(fix, 34, "Thanks", 0);
		channel_shut(fix);
	}
}

static void dialog__gateway_that_ends_with_32__the_rest_as_its_dialect(void **state)
{
	struct fixture *fix = *state;

	fix->settings.operations.end = 32;
	channel_open(fix, "generic");
	smsc_bind(&fix->smsc);
	deliver(fix, 0x01, 0x1234, "*100#");
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_ASK, "1 Balance");
	page_expect(fix, 2, "1 Balance", 0);
	deliver(fix, 0x12, 0x1234, "1");
	reply(turn_expect(fix, TURN_CONTINUE, "1"), ANSWER_END, "15.00");
	page_expect(fix, 32, "15.00", 0);
	deliver(fix, 0x01, 0x1234, "*100#");
	reply(turn_expect(fix, TURN_BEGIN, "*100#"), ANSWER_END, "");
	page_expect(fix, 32, "", 0);
}

static void settings__operations_that_cannot_work__refused_with_the_reason(void **state)
{
	static const struct {
		const char *dialect;
		size_t at;			/* the operation that is set */
		int op;
		const char *says;		/* NULL: accepted */
	} rows[] = {
#define OP(name) offsetof(struct dialect_operations, name)
		{ "plain", OP(end), -1, NULL }, { "generic", OP(end), -1, NULL }, { "6d", OP(end), -1, NULL },
		{ "mica", OP(end), -1, NULL }, { "huawei", OP(end), -1, NULL },
		{ "generic", OP(end), 32, NULL }, { "generic", OP(end), 0, NULL }, { "generic", OP(page), 255, NULL },
		{ "generic", OP(end), 2, "op_page and op_end must differ" },
		{ "generic", OP(page), 0x11, "op_page and op_end must differ" },
		{ "generic", OP(page), 3, "op_page and op_release must differ" },
		{ "mica", OP(page), 0x81, "op_page and op_abort must differ" },
		{ "6d", OP(page), 0x11, NULL },			/* its end bit marks the end */
		{ "6d", OP(notify), 2, "op_page and op_notify must differ" },
		{ "generic", OP(answer), 1, "op_begin and op_answer must differ" },
		{ "generic", OP(gone), 0x12, "op_answer and op_gone must differ" },
		{ "plain", OP(notified), 0x11, "op_gone and op_notified must differ" },
		{ "plain", OP(begin), 2, "op_begin and op_answer must differ" },
		{ "huawei", OP(notify), 3, "op_notify: the dialect huawei has no notifications" },
		{ "huawei", OP(release), 3, "op_release: in the dialect huawei we cannot begin a dialog" },
#undef OP
	};
	struct fixture *fix = *state;
	const struct dialect_operations none = fix->settings.operations;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problems problems = { 0 };

		print_message("%s, row %zu\n", rows[i].dialect, i);
		fix->settings.dialect = rows[i].dialect;
		fix->settings.operations = none;
		*(long long *)((char *)&fix->settings.operations + rows[i].at) = rows[i].op;
		smpp_ussd_settings_check(&fix->settings, NULL, &problems);
		assert_int_equal(problems.count, rows[i].says != NULL);
		if (rows[i].says)
			assert_ptr_equal(strstr(problems.list[0].text, rows[i].says), problems.list[0].text);
		problems_fini(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dialog__each_dialect__begin_answer_end),
		TEST(answer__F42_in_an_unknown_dialog__ends_with_a_text_in_each_dialect),
		TEST(A20_smpp_ussd__trust__by_the_link_unless_configured),
		TEST(begin__F1_twice__same_sequence_unless_another_code),
		TEST(answer__F1_repeated_after_our_page__dropped_unless_all_share_one_number),
		TEST(gone__abort_or_end_bit__ends_the_dialog_once),
		TEST(page__refused_by_the_gateway__is_gone),
		TEST(link__F10_lost_between_turn_and_page__page_sent_over_the_next_link),
		TEST(rx__F26_busy__answered_with_a_text),
		TEST(rx__F26_no_more_dials__refused_by_the_channel),
		TEST(rx__not_understood__is_refused_or_answered_sorry),
		TEST(rx__A16_number_not_in_the_plan__refused_and_counted_by_cause),
		TEST(rx__A15_national_number_of_the_plan__same_subscriber_answered_as_written),
		TEST(text__of_each_alphabet__sent_as_the_gateway_requires),
		TEST(text__longest_page__fits),
		TEST(notify__if_the_dialect_has_it__sent_as_notification),
		TEST(begin__each_capable_dialect__answer_comes_and_the_last_page_is_a_request),
		TEST(begin__aborted_refused_or_never_accepted__gone_reported_once),
		TEST(begin__phone_silent__ended_from_our_side),
		TEST(begin__subscriber_in_a_dialog__busy),
		TEST(begin__impossible__gives_the_reason_and_leaves_nothing),
		TEST(begin__number_reused_by_a_phone__ours_is_gone_and_nothing_mixed_up),
		TEST(receipt__of_an_answer__reported_once_with_its_outcome),
		TEST(receipt__link_drops_before_the_response__reported_by_the_next_link_or_lost),
		TEST(receipt__F10_link_down__reported_when_the_next_link_sends_it_or_too_late),
		TEST(receipt__F10_link_stays_down__reported_too_late),
		TEST(end__without_open_turn__sends_the_last_text),
		TEST(bind__pair__receives_on_one_and_sends_on_the_other),
		TEST(dialog__own_operations__both_ways_and_the_dialects_are_refused),
		TEST(dialog__gateway_that_ends_with_32__the_rest_as_its_dialect),
		TEST(settings__operations_that_cannot_work__refused_with_the_reason),
	};

	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

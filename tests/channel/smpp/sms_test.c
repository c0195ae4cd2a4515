/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The channel for short messages as the server sees it, with fake SMSCs on the other side. The clock stands still
 * unless a test moves it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/smpp/sms.h"
#include "channel/smpp/sms_channel.h"
#include "tests/channel/loop.h"
#include "tests/channel/smpp/fake_smsc.h"
#include "tests/cmocka.h"

#define PHONE "8613800138000"
#define SERVICE "10086"
#define TURNS_MAX 64
#define HAN "余额"
#define RECEIPTS_MAX 400

struct fixture {
	void *ctx;
	struct fake_smsc smscs[2];
	char addresses[64];
	struct sms_settings settings;
	struct channel *channel;
	const char *answer;		/* given at once; NULL: the turn stays open */
	int verdict;			/* of channel_rx() */
	unsigned int count;		/* open turns */
	struct turn *turns[TURNS_MAX];
	uint32_t sequence;		/* of the SMSCs */
	char text[8192];		/* heard last */
	unsigned int sent[RECEIPTS_MAX];	/* calls, by receipt */
	int became;			/* from the last receipt */
	struct log_target *log;
};

/* log_target has no room for a user */
static unsigned int lines_heard;
static const char *line_awaited;

static void count_line(struct log_target *target, unsigned int level, const char *line)
{
	lines_heard += strstr(line, line_awaited) != NULL;
}

/* Count log lines with these words; destroy fix->log at the end. */
static void listen_to_log(struct fixture *fix, const char *words)
{
	lines_heard = 0;
	line_awaited = words;
	fix->log = log_target_create();
	fix->log->output = count_line;
	log_set_log_level(fix->log, LOGL_NOTICE);
	log_set_all_filter(fix->log, 1);
	log_add_target(fix->log);
}

static struct sms_channel *inside(struct fixture *fix)
{
	return (struct sms_channel *)fix->channel;
}

static unsigned int counted(struct fixture *fix, enum sms_counter counter)
{
	return rate_ctr_group_get_ctr(inside(fix)->counters.group, counter)->current;
}

static int turn_rx(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	if (fix->verdict < 0)
		return fix->verdict;
	assert_true(text_valid(turn->text, turn->len));
	assert_true(fix->count < TURNS_MAX);
	if (fix->answer)
		turn_answer(turn, ANSWER_END, fix->answer, strlen(fix->answer));
	else
		fix->turns[fix->count++] = turn;
	return 0;
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct fixture *fix = user;

	assert_true(receipt > 0 && receipt < RECEIPTS_MAX);
	fix->sent[receipt]++;
	fix->became = rc;
}

static void turns_answer(struct fixture *fix, const char *text)
{
	unsigned int i;

	for (i = 0; i < fix->count; i++)
		turn_answer(fix->turns[i], ANSWER_ASK, text, strlen(text));
	fix->count = 0;
}

static void clock_move(unsigned int ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, ms / 1000, ms % 1000 * 1000000L);
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000);
	run_ms(5);
}

static void clock_stop(void)
{
	*osmo_clock_override_gettimespec(CLOCK_MONOTONIC) = (struct timespec){ .tv_sec = 100000 };
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_gettimeofday_override_time = (struct timeval){ .tv_sec = 100000 };
	osmo_gettimeofday_override = true;	/* the clock of libosmocore's timers */
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	clock_stop();
	fix->ctx = talloc_named_const(NULL, 0, "sms test");
	smsc_listen(&fix->smscs[0], 0);
	smsc_listen(&fix->smscs[1], 0);
	conf_read(NULL, sms_channel_kind.rows, &fix->settings, &(struct problems){ 0 });
	snprintf(fix->addresses, sizeof(fix->addresses), "127.0.0.1:%u", fix->smscs[0].port);
	fix->settings.addresses = fix->addresses;
	fix->settings.numbers = SERVICE " 1001";
	fix->settings.acknowledge_ms = 0;	/* most tests ignore the time of acknowledgement */
	*state = fix;
	return 0;
}

static void create(struct fixture *fix)
{
	fix->channel = sms_channel_kind.create(fix->ctx, &fix->settings);
	assert_non_null(fix->channel);
	fix->channel->rx = turn_rx;
	fix->channel->sent = sent_cb;
	fix->channel->rx_user = fix;
}

static void open_one(struct fixture *fix)
{
	create(fix);
	smsc_bind(&fix->smscs[0]);
	run_ms(5);
}

static void open_two(struct fixture *fix)
{
	snprintf(fix->addresses, sizeof(fix->addresses), "127.0.0.1:%u 127.0.0.1:%u", fix->smscs[0].port,
		 fix->smscs[1].port);
	create(fix);
	smsc_bind(&fix->smscs[0]);
	smsc_bind(&fix->smscs[1]);
	run_ms(5);
}

static void shut(struct fixture *fix)
{
	if (fix->channel)
		fix->channel->ops->free(fix->channel);
	fix->channel = NULL;
}

/* Nothing may be left. */
static int teardown(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	if (fix->channel)
		assert_int_equal(inside(fix)->turns.open, 0);
	shut(fix);
	for (i = 0; i < ARRAY_SIZE(fix->smscs); i++) {
		smsc_close(&fix->smscs[i]);
		close(fix->smscs[i].listener);
	}
	assert_int_equal(talloc_total_blocks(fix->ctx), 1);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

/* ---- messages from the SMSC ---- */

static uint32_t deliver_at(struct fixture *fix, unsigned int at, struct smpp_pdu *pdu)
{
	struct smpp_pdu response;

	pdu->command = SMPP_DELIVER_SM;
	pdu->sequence = ++fix->sequence;
	smsc_send(&fix->smscs[at], pdu);
	smsc_expect(&fix->smscs[at], SMPP_DELIVER_SM | SMPP_RESPONSE, &response);
	assert_int_equal(response.sequence, fix->sequence);
	return response.status;
}

static struct smpp_pdu message_of(const char *from, const char *text)
{
	return (struct smpp_pdu){
		.source = from, .source_ton = 1, .source_npi = 1, .destination = SERVICE,
		.short_message = { (const uint8_t *)text, strlen(text) },
	};
}

/* One text without any reference. */
static uint32_t text_in(struct fixture *fix, const char *from, const char *text)
{
	struct smpp_pdu pdu = message_of(from, text);

	return deliver_at(fix, 0, &pdu);
}

/* The next submit_sm; its text, whole or part, is in fix->text. */
static struct smpp_pdu hear_at(struct fixture *fix, unsigned int at, struct sms_info *info)
{
	const struct sms_encoding_profile profile = sms_settings_profile(&fix->settings);
	struct smpp_octets message;
	struct smpp_pdu pdu;
	int len;

	smsc_expect(&fix->smscs[at], SMPP_SUBMIT_SM, &pdu);
	message = smpp_message(&pdu);
	len = sms_decode(&profile, &(struct sms_raw){ message.at, message.len, pdu.data_coding, pdu.esm_class & 0x40 },
			 info,
			 fix->text, sizeof(fix->text) - 1);
	assert_true(len >= 0);
	fix->text[len] = 0;
	return pdu;
}

static void hears(struct fixture *fix, unsigned int at, const char *text, uint32_t status)
{
	struct sms_info info;
	struct smpp_pdu pdu = hear_at(fix, at, &info);

	assert_string_equal(fix->text, text);
	smsc_answer(&fix->smscs[at], &pdu, status);
	run_ms(5);
}

static void hears_nothing(struct fixture *fix, unsigned int at)
{
	struct smpp_pdu pdu;

	assert_false(smsc_poll(&fix->smscs[at], &pdu, 30));
}

/* ---- a text and its answer ---- */

static void sms__text__one_turn_and_its_answer(void **state)
{
	struct fixture *fix = *state;
	struct sms_info info;
	struct smpp_pdu pdu;

	open_one(fix);
	assert_int_equal(text_in(fix, "+" PHONE, "YE"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	assert_int_equal(fix->turns[0]->kind, TURN_TEXT);
	assert_string_equal(fix->turns[0]->subscriber.msisdn, PHONE);
	assert_string_equal(fix->turns[0]->short_code, SERVICE);
	assert_true(fix->turns[0]->peer.user == digits_pack(PHONE));
	assert_int_equal(fix->turns[0]->len, 2);
	turns_answer(fix, "Balance 12.50");
	pdu = hear_at(fix, 0, &info);
	assert_string_equal(fix->text, "Balance 12.50");
	assert_string_equal(pdu.destination, PHONE);
	assert_int_equal(pdu.destination_ton, 1);
	assert_string_equal(pdu.source, SERVICE);
	smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	run_ms(5);
	assert_int_equal(inside(fix)->out.count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_SENT), 1);
}

static void sms__texts_of_any_coding__arrive_as_utf8(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		uint8_t data_coding;
		const char *text;
	} rows[] = {
		{ "BAL", 3, 0, "BAL" },
		{ "\0BAL", 4, 0, "@BAL" },
		{ "\x4f\x59\x98\x9d", 4, 8, HAN },
		{ "\xd8\x3d\xde\x00", 4, 8, "😀" },
		{ "caf\xe9", 4, 3, "café" },
		{ "", 0, 0, "" },
		{ "", 0, 8, "" },
	};
	struct fixture *fix = *state;
	unsigned int i;

	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smpp_pdu pdu = message_of(PHONE, "");

		pdu.user_message_reference = i + 1;
		pdu.tlvs = 1 << SMPP_TLV_USER_MESSAGE_REFERENCE;
		pdu.data_coding = rows[i].data_coding;
		pdu.short_message = (struct smpp_octets){ (const uint8_t *)rows[i].octets, rows[i].len };
		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(fix->count, 1);
		assert_int_equal(fix->turns[0]->len, strlen(rows[i].text));
		assert_memory_equal(fix->turns[0]->text, rows[i].text, fix->turns[0]->len);
		turns_answer(fix, "");
	}
	assert_int_equal(inside(fix)->out.count, 0);
}

/* A text longer than a turn is cut after a character. */
static void sms__text_longer_than_a_turn__cut_between_characters(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu = message_of(PHONE, "");
	uint8_t octets[1 + 700];
	size_t i;

	fix->settings.plain = "utf8";
	for (i = 0; i < sizeof(octets); i++)
		octets[i] = i ? "\xe4\xbd\x99"[(i - 1) % 3] : 'x';
	open_one(fix);
	pdu.tlvs = 1 << SMPP_TLV_MESSAGE_PAYLOAD;
	pdu.message_payload = (struct smpp_octets){ octets, 1 + 3 * 230 };
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->turns[0]->len, 1 + 3 * 213);
	turns_answer(fix, "");
}

/* ---- long answers ---- */

/* Join the parts at the SMSC as a phone does. */
static void hears_parts(struct fixture *fix, const char *text, unsigned int parts)
{
	char whole[4096] = "";
	unsigned int i;

	for (i = 0; i < parts; i++) {
		struct sms_info info;
		struct smpp_pdu pdu = hear_at(fix, 0, &info);

		if (smpp_has(&pdu, SMPP_TLV_SAR_TOTAL)) {
			assert_int_equal(pdu.sar_total, parts);
			assert_int_equal(pdu.sar_part, i + 1);
		} else if (parts > 1) {
			assert_true(info.concat);
			assert_int_equal(info.total, parts);
			assert_int_equal(info.number, i + 1);
		}
		strcat(whole, fix->text);
		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	assert_string_equal(whole, text);
	run_ms(5);
	assert_int_equal(inside(fix)->out.count, 0);
}

static void sms__long_answer__parts_as_the_link_requires(void **state)
{
	static const struct {
		const char *concat, *unit;
		unsigned int units, parts;
	} rows[] = {
		{ "udh", "0123456789", 16, 1 }, { "udh", "0123456789", 17, 2 }, { "udh16", "0123456789", 40, 3 },
		{ "sar", "0123456789", 40, 3 }, { "payload", "0123456789", 40, 1 }, { "udh", HAN, 35, 1 },
		{ "udh", HAN, 36, 2 }, { "udh16", HAN, 90, 3 }, { "sar", HAN, 90, 3 }, { "payload", HAN, 90, 1 },
	};
	struct fixture *fix = *state;
	char text[1024];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fix->settings.concat = rows[i].concat;
		for (j = 0, text[0] = 0; j < rows[i].units; j++)
			strcat(text, rows[i].unit);
		open_one(fix);
		assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
		turns_answer(fix, text);
		hears_parts(fix, text, rows[i].parts);
		shut(fix);
		smsc_close(&fix->smscs[0]);
	}
}

/* ---- received parts ---- */

struct part {
	unsigned int number, total;
	const char *text;
};

static uint32_t part_in(struct fixture *fix, uint8_t reference, struct part part, bool sar)
{
	uint8_t octets[100] = { 5, 0, 3, reference, part.total, part.number };
	const size_t head = sar ? 0 : 6, len = strlen(part.text);
	struct smpp_pdu pdu = message_of(PHONE, "");

	memcpy(octets + head, part.text, len);
	pdu.short_message = (struct smpp_octets){ octets, head + len };
	if (sar) {
		pdu.tlvs = 1 << SMPP_TLV_SAR_REFERENCE | 1 << SMPP_TLV_SAR_TOTAL | 1 << SMPP_TLV_SAR_PART;
		pdu.sar_reference = reference;
		pdu.sar_total = part.total;
		pdu.sar_part = part.number;
	} else {
		pdu.esm_class = 0x40;
	}
	return deliver_at(fix, 0, &pdu);
}

static void sms__parts_in_any_order_and_twice__one_turn(void **state)
{
	static const struct part orders[][5] = {
		{ { 1, 3, "XGMM#" }, { 2, 3, "111111#" }, { 3, 3, "222222" } },
		{ { 3, 3, "222222" }, { 1, 3, "XGMM#" }, { 2, 3, "111111#" } },
		{ { 2, 3, "111111#" }, { 2, 3, "111111#" }, { 3, 3, "222222" }, { 1, 3, "XGMM#" }, { 1, 3, "XGMM#" } },
	};
	struct fixture *fix = *state;
	unsigned int i, j;

	fix->settings.repeats = 100;
	open_one(fix);
	for (i = 0; i < 2 * ARRAY_SIZE(orders); i++) {
		const struct part *parts = orders[i / 2];

		for (j = 0; j < 5 && parts[j].number; j++)
			assert_int_equal(part_in(fix, i, parts[j], i % 2), SMPP_OK);
		assert_int_equal(fix->count, 1);
		assert_int_equal(fix->turns[0]->len, 18);
		assert_memory_equal(fix->turns[0]->text, "XGMM#111111#222222", 18);
		turns_answer(fix, "");
		clock_move(10000);
	}
	assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES), 4);
}

/* A58: and wiped. */
static void sms__part_missing__counted_after_a_time(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	assert_int_equal(part_in(fix, 1, (struct part){ 1, 2, "XGMM#" }, false), SMPP_OK);
	clock_move(59000);
	assert_int_equal(counted(fix, SMS_COUNT_INCOMPLETE), 0);
	clock_move(1001);
	assert_int_equal(counted(fix, SMS_COUNT_INCOMPLETE), 1);
	assert_true(sms_reassembly_next(inside(fix)->reassembly) == UINT64_MAX);
	assert_int_equal(fix->count, 0);
}

/* A48: they once caused every long text to be refused for two minutes. */
static void sms__A48_a_thousand_half_messages__long_texts_are_served(void **state)
{
	static const struct part first = { 1, 2, "XGMM#" }, last = { 2, 2, "111111" };
	struct fixture *fix = *state;
	struct smpp_pdu half;
	char from[16];
	unsigned int i;

	fix->settings.joins = 100;
	open_one(fix);
	for (i = 0; i < 1000; i++) {
		snprintf(from, sizeof(from), "8613900000%03u", i);
		half = message_of(from, "half");
		half.tlvs = 1 << SMPP_TLV_SAR_REFERENCE | 1 << SMPP_TLV_SAR_TOTAL | 1 << SMPP_TLV_SAR_PART;
		half.sar_total = 2;
		half.sar_part = 1;
		assert_int_equal(deliver_at(fix, 0, &half), SMPP_OK);
	}
	assert_int_equal(counted(fix, SMS_COUNT_EVICTED), 900);
	assert_int_equal(part_in(fix, 1, first, false), SMPP_OK);
	assert_int_equal(part_in(fix, 1, last, false), SMPP_OK);
	assert_int_equal(fix->count, 1);
	assert_memory_equal(fix->turns[0]->text, "XGMM#111111", 11);
	turns_answer(fix, "");
}

/* ---- duplicates ---- */

static void smsc_comes_back(struct fixture *fix, unsigned int at)
{
	smsc_forget(&fix->smscs[at]);
	run_ms(5);
	clock_move(2000);
	smsc_bind(&fix->smscs[at]);
	run_ms(5);
}

static void sms__F19_delivered_twice__acts_once(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu = message_of(PHONE, "2");

	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	/* the SMSC did not see our response */
	clock_move(20000);
	smsc_comes_back(fix, 0);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	/* the phone did not see the network's response */
	pdu.user_message_reference = 7;
	pdu.tlvs = 1 << SMPP_TLV_USER_MESSAGE_REFERENCE;
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	clock_move(20000);
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->count, 2);
	assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES), 3);
	turns_answer(fix, "");
}

/* The phone's message reference, which some networks pass on with every message. */
static struct smpp_pdu numbered_as(uint16_t reference, const char *text)
{
	struct smpp_pdu pdu = message_of(PHONE, text);

	pdu.user_message_reference = reference;
	pdu.tlvs = 1 << SMPP_TLV_USER_MESSAGE_REFERENCE;
	return pdu;
}

static struct smpp_pdu numbered(const char *text)
{
	return numbered_as(7, text);
}

/* F19: a phone that did not see the network's response repeats its text, after our page, under the same reference. */
static void sms__F19_own_references__repeated_after_the_page__acts_once(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	open_one(fix);
	for (i = 0; i < 4; i++) {
		struct smpp_pdu pdu = numbered_as(1 + i, i ? "1" : "YE"), again = pdu;

		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(fix->count, 1);
		turns_answer(fix, "Page");
		hears(fix, 0, "Page", SMPP_OK);
		clock_move(20000);
		if (!i)
			continue;		/* nothing is known yet of the first one */
		assert_int_equal(deliver_at(fix, 0, &again), SMPP_OK);
		assert_int_equal(fix->count, 0);
		assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES), i);
	}
}

/* A52: the second text answers the page sent for the first. */
static void sms__A52_same_text_and_reference_to_another_page__acts_twice(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu = numbered("1");

	open_one(fix);
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	clock_move(20000);
	pdu = numbered("1");
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->count, 1);		/* no page since: a repetition */
	turns_answer(fix, "Page 1");
	hears(fix, 0, "Page 1", SMPP_OK);
	clock_move(2000);
	pdu = numbered("1");
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->count, 0);		/* too fast for a human answer */
	clock_move(2000);
	pdu = numbered("1");
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->count, 1);
	turns_answer(fix, "Page 2");
	hears(fix, 0, "Page 2", SMPP_OK);
	/* the SMSC may not have got our response */
	clock_move(20000);
	smsc_comes_back(fix, 0);
	pdu = numbered("1");
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	assert_int_equal(fix->count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES), 3);
}

/* A49: strangers cannot displace a subscriber's texts: they have to wait. */
static void sms__A49_flood_of_strangers__deferred_and_no_duplicate_forgotten(void **state)
{
	struct fixture *fix = *state;
	char from[16];
	unsigned int i;

	fix->settings.duplicates = 50;
	fix->answer = "";
	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	for (i = 0; i < 200; i++) {
		snprintf(from, sizeof(from), "8613900000%03u", i);
		assert_int_equal(text_in(fix, from, "1"), i < 49 ? SMPP_OK : SMPP_RTHROTTLED);
	}
	assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES_FULL), 151);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	assert_int_equal(counted(fix, SMS_COUNT_DUPLICATES), 1);
	assert_int_equal(text_in(fix, PHONE, "2"), SMPP_RTHROTTLED);
	clock_move(fix->settings.duplicate_s * 1000);
	assert_int_equal(text_in(fix, PHONE, "2"), SMPP_OK);
	assert_int_equal(counted(fix, SMS_COUNT_TEXTS), 51);
}

/* "1" chooses from the menu, and then from the next page. */
static void sms__same_text_to_two_pages__acts_twice(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	clock_move(5000);
	assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
	assert_int_equal(fix->count, 2);
	turns_answer(fix, "");
}

/* ---- overload ---- */

static void sms__busy__accepted_when_repeated(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	open_one(fix);
	fix->verdict = -EBUSY;
	for (i = 0; i < 20; i++)
		assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_RTHROTTLED);
	assert_int_equal(part_in(fix, 1, (struct part){ 2, 2, "111111" }, false), SMPP_OK);
	for (i = 0; i < 20; i++)
		assert_int_equal(part_in(fix, 1, (struct part){ 1, 2, "XGMM#" }, false), SMPP_RTHROTTLED);
	fix->verdict = 0;
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	assert_int_equal(part_in(fix, 1, (struct part){ 1, 2, "XGMM#" }, false), SMPP_OK);
	assert_int_equal(fix->count, 2);
	assert_int_equal(fix->turns[1]->len, 11);
	assert_memory_equal(fix->turns[1]->text, "XGMM#111111", 11);
	turns_answer(fix, "");
}

static void sms__last_turn_still_open__deferred_without_slowing_the_link__F2(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	fix->verdict = -EAGAIN;
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_RX_T_APPN);
	fix->verdict = 0;
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	turns_answer(fix, "");
}

static void sms__too_many_wait_for_an_smsc__deferred(void **state)
{
	struct fixture *fix = *state;

	fix->settings.queue = 2;
	fix->answer = "Answer";
	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "A"), SMPP_OK);
	hear_at(fix, 0, &(struct sms_info){ 0 });
	assert_int_equal(text_in(fix, PHONE, "B"), SMPP_OK);
	hear_at(fix, 0, &(struct sms_info){ 0 });
	assert_int_equal(text_in(fix, PHONE, "C"), SMPP_RTHROTTLED);
}

/* ---- receipts and other non-texts ---- */

static int notify(struct fixture *fix, const char *text, const char *sender, uint64_t receipt)
{
	const struct subscriber subscriber = { .msisdn = PHONE };
	const struct channel_text out = { .text = text, .len = strlen(text), .sender = sender, .receipt = receipt };

	return fix->channel->ops->notify(fix->channel, &subscriber, &out);
}

static void notify_to(struct fixture *fix, const char *text)
{
	assert_int_equal(notify(fix, text, NULL, 0), 0);
}

static void sms__receipts__counted_and_not_answered(void **state)
{
	static const struct {
		uint8_t esm_class;
		int state;		/* by TLV; -1: none */
		const char *id, *text;
		unsigned int delivered, undelivered;
		const char *base;	/* the SMSC's ids are all "1a" */
	} rows[] = {
		{ 0x04, -1, NULL, "id:1a sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 "
		  "text:", 1, 0, "text" },
		{ 0x04, -1, NULL, "ID: 26 STAT: EXPIRED", 0, 1, "decimal" },
		{ 0x04, -1, NULL, "ID: 26 STAT: EXPIRED", 0, 0, "text" },
		{ 0x04, -1, NULL, "id:0000001A stat:DELIVRD", 0, 0, "decimal" },
		{ 0x04, -1, NULL, "id:0000001A stat:DELIVRD", 1, 0, "hex" },
		{ 0x04, 2, "1a", "", 1, 0, "text" },
		{ 0x04, 5, "0026", "", 0, 1, "decimal" },
		{ 0x04, 2, "2b", "id:1a stat:DELIVRD", 0, 0, "text" },
		{ 0x04, 1, "1a", "", 0, 0, "text" },
		{ 0x04, -1, NULL, "what is this", 0, 0, "text" },
		{ 0x20, -1, NULL, "id:1a stat:ENROUTE", 0, 0, "text" },
		{ 0x08, -1, NULL, "read", 0, 0, "text" },
		{ 0x00, 8, "1a", "", 0, 1, "text" },
		{ 0x00, -1, NULL, "id:1a stat:UNDELIV err:1", 0, 1, "text" },
	};
	struct fixture *fix = *state;
	unsigned int i, delivered = 0, undelivered = 0;

	fix->settings.receipts = true;
	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smpp_pdu pdu = message_of(PHONE, rows[i].text);

		fix->settings.receipt_ids = rows[i].base;
		notify_to(fix, "x");
		hears(fix, 0, "x", SMPP_OK);
		pdu.esm_class = rows[i].esm_class;
		if (rows[i].id) {
			pdu.tlvs |= 1 << SMPP_TLV_RECEIPTED_MESSAGE_ID;
			pdu.receipted_message_id = (struct smpp_octets){ (const uint8_t *)rows[i].id, strlen(rows[i].id) };
		}
		if (rows[i].state >= 0) {
			pdu.tlvs |= 1 << SMPP_TLV_MESSAGE_STATE;
			pdu.message_state = rows[i].state;
		}
		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(fix->count, 0);
		assert_int_equal(counted(fix, SMS_COUNT_RECEIPTS), i + 1);
		assert_int_equal(counted(fix, SMS_COUNT_DELIVERED), delivered += rows[i].delivered);
		assert_int_equal(counted(fix, SMS_COUNT_UNDELIVERED), undelivered += rows[i].undelivered);
	}
}

static void sms__receipt_twice_or_late__last_state_counted_once(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu enroute = message_of(PHONE, "id:1a stat:ENROUTE"), done = message_of(PHONE, "id:1a stat:DELIVRD");

	fix->settings.receipts = true;
	open_one(fix);
	notify_to(fix, "x");
	hears(fix, 0, "x", SMPP_OK);
	enroute.esm_class = done.esm_class = 0x04;
	deliver_at(fix, 0, &enroute);
	clock_move(20000);
	deliver_at(fix, 0, &done);
	deliver_at(fix, 0, &done);
	deliver_at(fix, 0, &enroute);
	assert_int_equal(counted(fix, SMS_COUNT_RECEIPTS), 4);
	assert_int_equal(counted(fix, SMS_COUNT_DELIVERED), 1);
	assert_int_equal(counted(fix, SMS_COUNT_RECEIPTS_UNKNOWN), 2);
}

static void sms__not_a_text__counted_and_not_answered(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
		uint8_t data_coding, esm_class;
		enum sms_counter counter;
	} rows[] = {
		{ "\1\2\3", 3, 0x04, 0, SMS_COUNT_BINARY },
		{ "\x06\x05\x04\x0b\x84\x0b\x84\1\2", 9, 0x04, 0x40, SMS_COUNT_BINARY },
		{ "\x09\0\3", 3, 0, 0x40, SMS_COUNT_UNREADABLE },
		{ "", 0, 0, 0x40, SMS_COUNT_UNREADABLE },
		{ "\1\2\3", 3, 0x05, 0, SMS_COUNT_UNREADABLE },
		{ "abc", 3, 0x20, 0, SMS_COUNT_UNREADABLE },
	};
	struct fixture *fix = *state;
	unsigned int i;

	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smpp_pdu pdu = message_of(PHONE, "");
		const unsigned int before = counted(fix, rows[i].counter);

		pdu.short_message = (struct smpp_octets){ (const uint8_t *)rows[i].octets, rows[i].len };
		pdu.data_coding = rows[i].data_coding;
		pdu.esm_class = rows[i].esm_class;
		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(counted(fix, rows[i].counter), before + 1);
		assert_int_equal(fix->count, 0);
	}
}

/* ---- senders that are answered ---- */

static void sms__senders__served_or_not(void **state)
{
	static const struct {
		uint8_t ton;
		const char *from, *to;
		enum sms_counter why;		/* not served; SMS_COUNTERS: served */
	} rows[] = {
		{ 1, PHONE, SERVICE, SMS_COUNTERS },
		{ 1, "+" PHONE, "1001", SMS_COUNTERS },
		{ 0, "00" PHONE, SERVICE, SMS_COUNTERS },
		{ 1, PHONE, "12345", SMS_COUNT_NOT_OURS },
		{ 5, "Bank", SERVICE, SMS_COUNT_NAMES },
		{ 0, "Bank", SERVICE, SMS_COUNT_NAMES },
		{ 1, "", SERVICE, SMS_COUNT_NAMES },
		{ 1, SERVICE, SERVICE, SMS_COUNT_SHORT },
		{ 1, "95588", SERVICE, SMS_COUNT_SHORT },
		{ 1, "95500", SERVICE, SMS_COUNTERS },			/* allowed */
		{ 1, "8613900000001", SERVICE, SMS_COUNT_NOT_SERVED },	/* denied */
		{ 1, "8613912345678", SERVICE, SMS_COUNT_NOT_SERVED },
		{ 1, "12", "4711", SMS_COUNTERS },			/* a test number */
		{ 1, "123456789012345", SERVICE, SMS_COUNTERS },
		{ 1, "1234567890123456", SERVICE, SMS_COUNT_NOT_IN_PLAN },	/* not of E.164 */
		{ 1, "12345678901234567890", SERVICE, SMS_COUNT_NOT_IN_PLAN },
		{ 0, "013800138000", SERVICE, SMS_COUNT_NATIONAL },	/* A14 */
		{ 2, "13800138000", SERVICE, SMS_COUNT_NATIONAL },
		{ 2, "95500", SERVICE, SMS_COUNT_SHORT },		/* the allowed number is not national */
		{ 0, "095500", SERVICE, SMS_COUNT_SHORT },
		{ 1, "12", "12345678901234567", SMS_COUNT_NOT_OURS },
	};
	struct fixture *fix = *state;
	unsigned int i, before = 0;

	fix->settings.deny = "8613900000001 86139123*";
	fix->settings.allow = "95500";
	fix->settings.test = "12";
	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct smpp_pdu pdu = message_of(rows[i].from, "YE");

		pdu.source_ton = rows[i].ton;
		pdu.destination = rows[i].to;
		clock_move(4000);
		if (rows[i].why != SMS_COUNTERS)
			before = counted(fix, rows[i].why);
		print_message("\"%s\" to %s\n", rows[i].from, rows[i].to);
		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(fix->count, rows[i].why == SMS_COUNTERS);
		if (rows[i].why != SMS_COUNTERS)
			assert_int_equal(counted(fix, rows[i].why), before + 1);
		turns_answer(fix, "");
	}
}

/* ---- numbers ---- */

static struct smpp_pdu message_from(uint8_t ton, uint8_t npi, const char *from, const char *text)
{
	struct smpp_pdu pdu = message_of(from, text);

	pdu.source_ton = ton;
	pdu.source_npi = npi;
	return pdu;
}

static void sms__A14_leading_zero__read_by_the_plan_or_refused(void **state)
{
	struct smpp_pdu theirs = message_from(0, 1, "13800138000", "YE"), national = message_from(0, 1, "013800138000", "YE");
	struct numbering_plan plan = numbering_default;
	struct fixture *fix = *state;

	open_one(fix);
	assert_int_equal(deliver_at(fix, 0, &theirs), SMPP_OK);
	assert_int_equal(deliver_at(fix, 0, &national), SMPP_OK);
	assert_int_equal(fix->count, 1);
	turns_answer(fix, "");
	shut(fix);
	smsc_close(&fix->smscs[0]);
	strcpy(plan.country, "86");
	sms_channel_kind.set_plan(&fix->settings, &plan);
	open_one(fix);
	assert_int_equal(deliver_at(fix, 0, &theirs), SMPP_OK);
	assert_int_equal(deliver_at(fix, 0, &national), SMPP_OK);
	assert_int_equal(fix->count, 2);
	assert_string_equal(fix->turns[0]->subscriber.msisdn, "13800138000");
	assert_string_equal(fix->turns[1]->subscriber.msisdn, PHONE);
	assert_true(fix->turns[0]->peer.user != fix->turns[1]->peer.user);
	turns_answer(fix, "");
}

/* A19: the number in the SMSC's form, while it has one form internally. */
static void sms__A19_answer__has_the_ton_and_npi_of_the_text(void **state)
{
	static const struct { uint8_t ton, npi; const char *from, *to; uint8_t to_ton; } rows[] = {
		{ 1, 1, PHONE, PHONE, 1 }, { 0, 0, PHONE, PHONE, 0 }, { 2, 8, "13800138000", "13800138000", 2 },
		{ 0, 1, "013800138000", "013800138000", 0 }, { 0, 1, "00" PHONE, "00" PHONE, 0 }, { 0, 1, "+" PHONE, PHONE, 1 },
		{ 4, 9, "2001", "2001", 4 }, { 3, 1, PHONE, PHONE, 3 },		/* osmo-msc */
	};
	struct numbering_plan plan = numbering_default;
	struct fixture *fix = *state;
	struct sms_info info;
	struct smpp_pdu pdu;
	unsigned int i;

	strcpy(plan.country, "86");
	assert_null(number_rules_read(&plan.numbers, "86:13"));
	assert_null(number_rules_read(&plan.shorts, "4"));
	sms_channel_kind.set_plan(&fix->settings, &plan);
	fix->settings.repeats = 100;
	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pdu = message_from(rows[i].ton, rows[i].npi, rows[i].from, "YE");
		clock_move(4000);
		assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
		assert_int_equal(fix->count, 1);
		assert_string_equal(fix->turns[0]->subscriber.msisdn, strlen(rows[i].from) > 4 ? PHONE : rows[i].from);
		turns_answer(fix, "Hello");
		pdu = hear_at(fix, 0, &info);
		assert_string_equal(pdu.destination, rows[i].to);
		assert_int_equal(pdu.destination_ton, rows[i].to_ton);
		assert_int_equal(pdu.destination_npi, rows[i].npi);
		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	notify_to(fix, "An answer to nothing");
	pdu = hear_at(fix, 0, &info);
	assert_string_equal(pdu.destination, PHONE);
	assert_int_equal(pdu.destination_ton, fix->settings.destination_ton);
	assert_int_equal(pdu.destination_npi, fix->settings.destination_npi);
}

/* A18: private networks have such numbers; elsewhere they are services: each is counted, and one a minute is logged. */
static void sms__A18_short_senders__served_if_in_the_plan_else_logged(void **state)
{
	struct numbering_plan plan = numbering_default;
	struct fixture *fix = *state;
	unsigned int i;

	listen_to_log(fix, "short numbers that are not in numbering.short (****, 0 more");
	open_one(fix);
	for (i = 0; i < 20; i++)
		assert_int_equal(text_in(fix, "2001", "YE"), SMPP_OK);
	assert_int_equal(fix->count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_SHORT), 20);
	assert_int_equal(lines_heard, 1);
	shut(fix);
	smsc_close(&fix->smscs[0]);
	assert_null(number_rules_read(&plan.shorts, "3-6"));
	sms_channel_kind.set_plan(&fix->settings, &plan);
	open_one(fix);
	assert_int_equal(text_in(fix, "2001", "YE"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	assert_string_equal(fix->turns[0]->subscriber.msisdn, "2001");
	turns_answer(fix, "Hello");
	hears(fix, 0, "Hello", SMPP_OK);
	log_target_destroy(fix->log);
}

static void sms__allow_list__nobody_else_served(void **state)
{
	struct fixture *fix = *state;

	fix->settings.allow = "8613800138001";
	fix->settings.only_allowed = true;
	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	assert_int_equal(fix->count, 0);
	assert_int_equal(text_in(fix, "8613800138001", "YE"), SMPP_OK);
	assert_int_equal(fix->count, 1);
	turns_answer(fix, "");
}

static void sms__F20_a_machine_answers_us__stops_after_a_few_and_logs_once(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	listen_to_log(fix, "machine");
	fix->settings.test = "8613800138009";
	fix->settings.loop_text = "";
	open_one(fix);
	for (i = 0; i < 30; i++) {
		clock_move(4000);
		assert_int_equal(text_in(fix, PHONE, "I am on holiday"), SMPP_OK);
		assert_int_equal(text_in(fix, "8613800138009", "I am on holiday"), SMPP_OK);
	}
	assert_int_equal(fix->count, 5 + 30);
	assert_int_equal(counted(fix, SMS_COUNT_LOOPS), 25);
	assert_int_equal(lines_heard, 1);
	turns_answer(fix, "");
	log_target_destroy(fix->log);
}

/* A50: "1" leads from page to page. */
static void sms__A50_same_answer_to_six_pages__served(void **state)
{
	struct fixture *fix = *state;
	char page[16];
	unsigned int i;

	open_one(fix);
	for (i = 0; i < 8; i++) {
		assert_int_equal(text_in(fix, PHONE, "1"), SMPP_OK);
		assert_int_equal(fix->count, 1);
		snprintf(page, sizeof(page), "Page %u\n1 Next", i);
		turns_answer(fix, page);
		hears(fix, 0, page, SMPP_OK);
		clock_move(4000);
	}
	assert_int_equal(counted(fix, SMS_COUNT_LOOPS), 0);
}

/* A51 */
static void sms__A51_no_more_answers__announced_once(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;
	struct sms_info info;
	unsigned int i;

	fix->settings.loop_text = "Please stop.";
	open_one(fix);
	for (i = 0; i < 5; i++) {
		assert_int_equal(text_in(fix, PHONE, "I am on holiday"), SMPP_OK);
		clock_move(4000);
	}
	assert_int_equal(fix->count, 5);
	turns_answer(fix, "");
	pdu = message_from(0, 1, "00" PHONE, "I am on holiday");
	assert_int_equal(deliver_at(fix, 0, &pdu), SMPP_OK);
	pdu = hear_at(fix, 0, &info);
	assert_string_equal(fix->text, "Please stop.");
	assert_string_equal(pdu.source, SERVICE);
	assert_string_equal(pdu.destination, "00" PHONE);
	smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	for (i = 0; i < 20; i++) {
		clock_move(4000);
		assert_int_equal(text_in(fix, PHONE, "I am on holiday"), SMPP_OK);
	}
	assert_int_equal(fix->count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_LOOPS), 21);
	hears_nothing(fix, 0);
}

/* ---- links that come and go ---- */

static void sms__F10_link_down__answers_wait_in_order(void **state)
{
	struct fixture *fix = *state;
	char text[8];
	unsigned int i;

	open_one(fix);
	for (i = 0; i < 8; i++) {
		snprintf(text, sizeof(text), "%u", i);
		assert_int_equal(text_in(fix, PHONE, text), SMPP_OK);
	}
	/* some are with the SMSC when it closes, others come afterwards */
	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "A%u", i);
		turn_answer(fix->turns[i], ANSWER_ASK, text, 2);
		hear_at(fix, 0, &(struct sms_info){ 0 });
	}
	smsc_forget(&fix->smscs[0]);
	run_ms(5);
	for (; i < 8; i++) {
		snprintf(text, sizeof(text), "A%u", i);
		turn_answer(fix->turns[i], ANSWER_ASK, text, 2);
	}
	fix->count = 0;
	assert_int_equal(inside(fix)->out.count, 8);
	smsc_comes_back(fix, 0);
	for (i = 0; i < 8; i++) {
		/* those that may have arrived are due again by now */
		snprintf(text, sizeof(text), "A%u", i);
		hears(fix, 0, text, SMPP_OK);
	}
	hears_nothing(fix, 0);
	assert_int_equal(inside(fix)->out.count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_SENT), 8);
}

static void sms__two_smscs__share_and_take_over(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	open_two(fix);
	notify_to(fix, "1");
	notify_to(fix, "2");
	notify_to(fix, "3");
	notify_to(fix, "4");
	hears(fix, 0, "1", SMPP_OK);
	hears(fix, 1, "2", SMPP_OK);
	hears(fix, 0, "3", SMPP_OK);
	hear_at(fix, 1, &(struct sms_info){ 0 });
	assert_string_equal(fix->text, "4");
	for (i = 0; i < 30; i++)
		notify_to(fix, "more");
	run_ms(5);
	smsc_forget(&fix->smscs[1]);
	/* all but the second's window goes to the first at once, and that follows soon */
	for (i = 0; i < 30 + 1 - 10; i++)
		hears(fix, 0, "more", SMPP_OK);
	clock_move(1000);
	hears(fix, 0, "4", SMPP_OK);
	for (i = 0; i < 9; i++)
		hears(fix, 0, "more", SMPP_OK);
	assert_int_equal(inside(fix)->out.count, 0);
}

static void sms__one_smsc_answers_slowly__the_other_takes_more(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	open_two(fix);
	for (i = 0; i < 20; i++) {
		notify_to(fix, "x");
		run_ms(2);
		while (smpp_link_load(inside(fix)->binds[0].link) > 0)
			hears(fix, 0, "x", SMPP_OK);
	}
	assert_true(smpp_link_load(inside(fix)->binds[1].link) < 3);
	assert_true(counted(fix, SMS_COUNT_SENT) > 17);
}

/* ---- refusals ---- */

static void sms__refused_for_good__given_up(void **state)
{
	static const uint32_t statuses[] = { SMPP_RINVDSTADR, SMPP_RX_R_APPN, 0x400 };
	struct fixture *fix = *state;
	unsigned int i;

	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		notify_to(fix, "x");
		hears(fix, 0, "x", statuses[i]);
		assert_int_equal(inside(fix)->out.count, 0);
		assert_int_equal(counted(fix, SMS_COUNT_REFUSED), i + 1);
	}
	clock_move(10000);
	hears_nothing(fix, 0);
}

/* Retries at growing intervals, then gives up. */
static void sms__refused_for_now__retried_until_too_old(void **state)
{
	static const unsigned int ladder_s[] = { 1, 5, 30, 120, 600 };
	struct fixture *fix = *state;
	unsigned int i, wait;

	fix->settings.expiry_s = 1000;
	open_one(fix);
	notify_to(fix, "x");
	for (i = 0; i < ARRAY_SIZE(ladder_s); i++) {
		hears(fix, 0, "x", SMPP_RSYSERR);
		for (wait = ladder_s[i] * 1000; wait > 20000; wait -= 20000) {
			clock_move(20000);
			hears_nothing(fix, 0);
		}
		clock_move(wait - 100);
		hears_nothing(fix, 0);
		clock_move(200);
	}
	hears(fix, 0, "x", SMPP_RX_T_APPN);
	assert_int_equal(inside(fix)->out.count, 1);
	for (i = 0; i < 13; i++) {
		clock_move(20000);
		hears_nothing(fix, 0);
	}
	assert_int_equal(inside(fix)->out.count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_EXPIRED), 1);
	assert_int_equal(counted(fix, SMS_COUNT_RETRIES), 6);
}

static void sms__no_smsc_until_too_old__given_up(void **state)
{
	struct fixture *fix = *state;

	fix->settings.expiry_s = 60;
	create(fix);
	notify_to(fix, "x");
	clock_move(59000);
	assert_int_equal(inside(fix)->out.count, 1);
	clock_move(2000);
	assert_int_equal(inside(fix)->out.count, 0);
	assert_int_equal(counted(fix, SMS_COUNT_EXPIRED), 1);
}

/* An SMSC that accepts texts and never responds does not get them endlessly. */
static void sms__never_answered__retried_at_growing_intervals(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;
	unsigned int i, got = 0;

	open_one(fix);
	notify_to(fix, "x");
	for (i = 0; i < 360; i++) {
		while (smsc_poll(&fix->smscs[0], &pdu, 1))
			got += pdu.command == SMPP_SUBMIT_SM;
		clock_move(10000);
	}
	assert_true(got >= 5 && got <= 9);
}

/* A text of three parts has been sent, and none has been answered. */
static void send_three_parts(struct fixture *fix, struct smpp_pdu pdus[static 3])
{
	char text[401] = "";
	struct sms_info info;
	unsigned int i;

	memset(text, 'x', 400);
	open_one(fix);
	notify_to(fix, text);
	for (i = 0; i < 3; i++)
		pdus[i] = hear_at(fix, 0, &info);
}

static void sms__one_part_refused_for_now__only_that_one_repeated(void **state)
{
	struct fixture *fix = *state;
	struct sms_info info;
	struct smpp_pdu pdus[3];

	send_three_parts(fix, pdus);
	smsc_answer(&fix->smscs[0], &pdus[2], SMPP_OK);
	smsc_answer(&fix->smscs[0], &pdus[0], SMPP_OK);
	smsc_answer(&fix->smscs[0], &pdus[1], SMPP_RSYSERR);
	run_ms(5);
	clock_move(2000);
	pdus[1] = hear_at(fix, 0, &info);
	assert_int_equal(info.number, 2);
	smsc_answer(&fix->smscs[0], &pdus[1], SMPP_OK);
	hears_nothing(fix, 0);
	assert_int_equal(counted(fix, SMS_COUNT_SENT), 1);
	assert_int_equal(inside(fix)->out.count, 0);
}

static void sms__one_part_refused_for_good__the_rest_is_dropped(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdus[3];

	send_three_parts(fix, pdus);
	smsc_answer(&fix->smscs[0], &pdus[0], SMPP_RINVDSTADR);
	smsc_answer(&fix->smscs[0], &pdus[1], SMPP_RSYSERR);
	smsc_answer(&fix->smscs[0], &pdus[2], SMPP_OK);
	run_ms(5);
	clock_move(2000);
	hears_nothing(fix, 0);
	assert_int_equal(counted(fix, SMS_COUNT_REFUSED), 1);
	assert_int_equal(inside(fix)->out.count, 0);
}

static void sms__throttled__sent_later_once(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	notify_to(fix, "1");
	hears(fix, 0, "1", SMPP_RTHROTTLED);
	notify_to(fix, "2");
	hears_nothing(fix, 0);
	clock_move(1100);
	hears(fix, 0, "1", SMPP_OK);
	hears(fix, 0, "2", SMPP_OK);
	hears_nothing(fix, 0);
	assert_int_equal(counted(fix, SMS_COUNT_THROTTLED), 1);
	assert_int_equal(counted(fix, SMS_COUNT_SENT), 2);
}

/* ---- many ---- */

static void sms__more_than_the_link_takes__all_once_and_in_order(void **state)
{
	struct fixture *fix = *state;
	char text[16];
	unsigned int i;

	fix->settings.window = 100;
	fix->settings.parts_per_hour = 0;
	open_one(fix);
	for (i = 0; i < 3000; i++) {
		snprintf(text, sizeof(text), "%u", i);
		notify_to(fix, text);
	}
	for (i = 0; i < 3000; i++) {
		struct sms_info info;
		struct smpp_pdu pdu = hear_at(fix, 0, &info);

		snprintf(text, sizeof(text), "%u", i);
		assert_string_equal(fix->text, text);
		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	run_ms(10);
	assert_int_equal(inside(fix)->out.count, 0);
}

static long long add_and_time(struct fixture *fix, unsigned int count)
{
	const long long start = now_ms();
	unsigned int i;

	for (i = 0; i < count; i++)
		notify_to(fix, "Your balance is 12.50");
	return now_ms() - start;
}

/* The cost of each text must not grow with the queue: a quadratic one would take minutes here. */
static void sms__100000_wait__cost_stays_the_same(void **state)
{
	struct fixture *fix = *state;
	long long start, first, last;
	unsigned int i;

	fix->settings.parts_per_hour = 0;
	create(fix);
	first = add_and_time(fix, 10000);
	add_and_time(fix, 80000);
	last = add_and_time(fix, 10000);
	assert_int_equal(inside(fix)->out.count, 100000);
	smsc_bind(&fix->smscs[0]);
	start = now_ms();
	for (i = 0; i < 300; i++) {
		struct sms_info info;
		struct smpp_pdu pdu = hear_at(fix, 0, &info);

		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	print_message("10000 texts queued: %lld ms before, %lld ms behind 90000; 300 sent in %lld ms\n", first, last,
		      now_ms() - start);
	assert_true(last < 5 * first + 200);
	assert_true(now_ms() - start < 5000);
}

/* ---- notifications ---- */

static void sms__notify__from_its_sender(void **state)
{
	const struct subscriber nobody = { .imsi = "460001234567890" };
	struct fixture *fix = *state;
	char text[2000] = "";
	struct smpp_pdu pdu;

	open_one(fix);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &nobody, &(struct channel_text){ .text = "x", .len = 1 }),
			 -EDESTADDRREQ);	/* A39 */
	memset(text, 'x', sizeof(text) - 1);
	assert_int_equal(notify(fix, text, NULL, 1), -EMSGSIZE);
	assert_int_equal(fix->sent[1], 0);
	notify_to(fix, "Done");
	pdu = hear_at(fix, 0, &(struct sms_info){ 0 });
	assert_string_equal(pdu.source, SERVICE);
	smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	shut(fix);
	fix->settings.sender = "1010";
	smsc_close(&fix->smscs[0]);
	open_one(fix);
	notify_to(fix, "Done");
	pdu = hear_at(fix, 0, &(struct sms_info){ 0 });
	assert_string_equal(pdu.source, "1010");
}

static int notify_number(struct fixture *fix, const char *msisdn)
{
	struct subscriber subscriber = { .imsi = "" };

	snprintf(subscriber.msisdn, sizeof(subscriber.msisdn), "%s", msisdn);
	return fix->channel->ops->notify(fix->channel, &subscriber, &(struct channel_text){ .text = "x", .len = 1 });
}

/* A53 */
static void sms__A53_number_outside_the_plan__gets_nothing(void **state)
{
	struct numbering_plan plan = numbering_default;
	struct fixture *fix = *state;

	assert_null(number_rules_read(&plan.numbers, "86:13"));
	sms_channel_kind.set_plan(&fix->settings, &plan);
	fix->settings.test = "4711";
	fix->settings.allow = "44*";
	open_one(fix);
	assert_int_equal(notify_number(fix, "19005551234"), -ENOTSUP);
	assert_int_equal(notify_number(fix, "013800138000"), -ENOTSUP);
	assert_int_equal(notify_number(fix, "Bank"), -ENOTSUP);
	assert_int_equal(counted(fix, SMS_COUNT_TO_NOBODY), 3);
	assert_int_equal(text_in(fix, "19005551234", "YE"), SMPP_OK);
	assert_int_equal(fix->count, 0);
	hears_nothing(fix, 0);
	assert_int_equal(notify_number(fix, PHONE), 0);
	assert_int_equal(notify_number(fix, "4711"), 0);
	assert_int_equal(notify_number(fix, "447700900123"), 0);
}

/* A53: answers and notifications together. Deferred ones come later. */
static void sms__A53_one_number__limited_parts_an_hour(void **state)
{
	struct fixture *fix = *state;
	unsigned int i, taken = 0;
	struct smpp_pdu pdu;

	fix->settings.parts_per_hour = 20;
	fix->settings.answers_per_hour = 1000;
	fix->settings.repeats = 1000;
	open_one(fix);
	for (i = 0; i < 8; i++) {
		assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
		turns_answer(fix, "Balance");
		hears(fix, 0, "Balance", SMPP_OK);
		clock_move(4000);
	}
	assert_int_equal(notify(fix, "Done", NULL, 1), 0);
	hears(fix, 0, "Done", SMPP_OK);
	assert_int_equal(notify(fix, "Done", NULL, 2), 0);
	hears(fix, 0, "Done", SMPP_OK);
	assert_int_equal(notify(fix, "Done", NULL, 3), -EBUSY);
	assert_int_equal(fix->sent[3], 0);
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	fix->turns[0]->receipt = 4;
	turns_answer(fix, "Weather is open.");
	assert_int_equal(fix->sent[4], 1);
	assert_int_equal(fix->became, -EBUSY);
	hears_nothing(fix, 0);
	assert_int_equal(counted(fix, SMS_COUNT_TOO_MUCH), 2);
	assert_int_equal(counted(fix, SMS_COUNT_ANSWERS), 10);	/* not those */
	assert_int_equal(notify_number(fix, "8613800138001"), 0);
	hears(fix, 0, "x", SMPP_OK);
	for (i = 0; i < 120; i++) {
		clock_move(30000);
		taken += !notify(fix, "Done", NULL, 0);
		while (smsc_poll(&fix->smscs[0], &pdu, 2))
			smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	assert_in_range(taken, 9, 10);
}

/* A57: also while the SMSC is away. */
static void sms__A57_smsc_away__notifications_deferred(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	fix->settings.queue = 10;
	create(fix);
	for (i = 0; i < 30; i++)
		assert_int_equal(notify(fix, "x", NULL, 0), i < 10 ? 0 : -EBUSY);
	assert_int_equal(inside(fix)->out.count, 10);
}

static void sms__sender_of_a_text__number_name_or_refused(void **state)
{
	static const struct {
		const char *sender;
		int rc;
		uint8_t ton, npi;
	} rows[] = {
		{ "1001", 0, 0, 1 },
		{ "12345678901234567890", 0, 0, 1 },
		{ "Starhash", 0, 5, 0 },
		{ "M&S Bank 24", 0, 5, 0 },
		{ "", -ENOTSUP, 0, 0 },
		{ "123456789012345678901", -ENOTSUP, 0, 0 },
		{ "Twelve chars", -ENOTSUP, 0, 0 },
		{ "+8610086", -ENOTSUP, 0, 0 },
		{ "Bank_24", -ENOTSUP, 0, 0 },
		{ "余额", -ENOTSUP, 0, 0 },
	};
	struct fixture *fix = *state;
	struct sms_info info;
	struct smpp_pdu pdu;
	unsigned int i;

	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		print_message("\"%s\"\n", rows[i].sender);
		assert_int_equal(notify(fix, "x", rows[i].sender, 0), rows[i].rc);
		if (rows[i].rc)
			continue;
		pdu = hear_at(fix, 0, &info);
		assert_string_equal(pdu.source, rows[i].sender);
		assert_int_equal(pdu.source_ton, rows[i].ton);
		assert_int_equal(pdu.source_npi, rows[i].npi);
		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
	}
	hears_nothing(fix, 0);
}

/* ---- receipts of the channel ---- */

static void expect_receipt(struct fixture *fix, uint64_t receipt, int rc)
{
	assert_int_equal(fix->sent[receipt], 1);
	assert_int_equal(fix->became, rc);
}

static void sms__notify_with_a_receipt__reported_once_with_its_outcome(void **state)
{
	struct fixture *fix = *state;

	fix->settings.expiry_s = 60;
	open_one(fix);
	assert_int_equal(notify(fix, "accepted", NULL, 1), 0);
	run_ms(5);
	assert_int_equal(fix->sent[1], 0);
	hears(fix, 0, "accepted", SMPP_OK);
	expect_receipt(fix, 1, 0);
	assert_int_equal(notify(fix, "refused", NULL, 2), 0);
	hears(fix, 0, "refused", SMPP_RINVDSTADR);
	expect_receipt(fix, 2, -EREMOTEIO);
	assert_int_equal(notify(fix, "later", NULL, 3), 0);
	hears(fix, 0, "later", SMPP_RSYSERR);
	clock_move(2000);
	assert_int_equal(fix->sent[3], 0);
	hears(fix, 0, "later", SMPP_OK);
	expect_receipt(fix, 3, 0);
	smsc_forget(&fix->smscs[0]);
	run_ms(5);
	assert_int_equal(notify(fix, "too old", NULL, 4), 0);
	clock_move(61000);
	expect_receipt(fix, 4, -ETIMEDOUT);
}

static void sms__parts_with_a_receipt__reported_when_the_last_is_taken(void **state)
{
	struct fixture *fix = *state;
	char text[401] = "";
	struct sms_info info;
	struct smpp_pdu pdu;
	unsigned int i;

	memset(text, 'x', 400);
	open_one(fix);
	assert_int_equal(notify(fix, text, NULL, 1), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(fix->sent[1], 0);
		pdu = hear_at(fix, 0, &info);
		smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
		run_ms(5);
	}
	expect_receipt(fix, 1, 0);
}

static void sms__answer_with_a_receipt__reported_with_its_outcome(void **state)
{
	static const struct {
		enum answer_kind kind;
		size_t len;
		int rc;
	} rows[] = { { ANSWER_END, 4, 0 }, { ANSWER_ASK, 4, 0 }, { ANSWER_END, 1999, -EMSGSIZE }, { ANSWER_NONE, 0, -ENOTCONN } };
	struct fixture *fix = *state;
	struct sms_info info;
	struct smpp_pdu pdu;
	char text[2000] = "";
	unsigned int i;

	memset(text, 'x', sizeof(text) - 1);
	open_one(fix);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(text_in(fix, PHONE, (char[]){ 'A' + i, 0 }), SMPP_OK);
		fix->turns[0]->receipt = i + 1;
		turn_answer(fix->turns[0], rows[i].kind, text, rows[i].len);
		fix->count = 0;
		if (!rows[i].rc) {
			pdu = hear_at(fix, 0, &info);
			assert_string_equal(pdu.source, SERVICE);
			smsc_answer(&fix->smscs[0], &pdu, SMPP_OK);
			run_ms(5);
		}
		expect_receipt(fix, i + 1, rows[i].rc);
	}
}

/* Accept only some; the last one accepted has not been answered when the SMSC dies. */
static void take_some(struct fixture *fix, unsigned int count)
{
	struct smpp_pdu pdu;

	while (count-- && smsc_poll(&fix->smscs[0], &pdu, 50))
		if (count)
			smsc_answer(&fix->smscs[0], &pdu, count % 7 ? SMPP_OK : SMPP_RSYSERR);
}

static void sms__F10_smsc_restarts_under_load__each_receipt_reported_once(void **state)
{
	struct fixture *fix = *state;
	unsigned int i, round;

	fix->settings.parts_per_hour = 0;
	open_one(fix);
	for (i = 1; i < RECEIPTS_MAX; i++)
		assert_int_equal(notify(fix, "x", NULL, i), 0);
	for (round = 0; round < 12; round++) {
		take_some(fix, 60);
		smsc_forget(&fix->smscs[0]);
		smsc_comes_back(fix, 0);
	}
	while (inside(fix)->out.count) {
		take_some(fix, 100);
		clock_move(5000);
	}
	for (i = 1; i < RECEIPTS_MAX; i++)
		assert_int_equal(fix->sent[i], 1);
	assert_int_equal(counted(fix, SMS_COUNT_SENT), RECEIPTS_MAX - 1);
}

static void sms__freed_with_receipts_due__not_reported(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	assert_int_equal(notify(fix, "x", NULL, 1), 0);
	shut(fix);
	assert_int_equal(fix->sent[1], 0);
}

static void sms__describe__counts_waiting_texts(void **state)
{
	struct fixture *fix = *state;
	char line[256];

	open_two(fix);
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	notify_to(fix, "x");
	fix->channel->ops->describe(fix->channel, line, sizeof(line));
	assert_non_null(strstr(line, "2 of 2 binds up"));
	assert_non_null(strstr(line, "1 texts to be sent, 1 being answered"));
	turns_answer(fix, "");
}

/* ---- the end ---- */

static void sms__answered_after_the_link_is_gone__queued(void **state)
{
	struct fixture *fix = *state;

	open_one(fix);
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	smsc_forget(&fix->smscs[0]);
	run_ms(5);
	turns_answer(fix, "Answer");
	assert_int_equal(inside(fix)->out.count, 1);
	smsc_comes_back(fix, 0);
	hears(fix, 0, "Answer", SMPP_OK);
}

static void sms__freed_with_texts_and_turns__nothing_leaks(void **state)
{
	struct fixture *fix = *state;
	unsigned int i;

	fix->settings.parts_per_hour = 0;
	open_two(fix);
	assert_int_equal(text_in(fix, PHONE, "YE"), SMPP_OK);
	assert_int_equal(part_in(fix, 1, (struct part){ 1, 2, "XGMM#" }, false), SMPP_OK);
	for (i = 0; i < 3000; i++)
		notify_to(fix, "x");
	run_ms(5);
	shut(fix);
}

static void sms__pair_of_binds__texts_in_by_one_answers_out_by_the_other(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;
	unsigned int i, receiver = 2;

	/* both connect to the first; the second listener stands in for its other connection */
	fix->settings.bind = "pair";
	create(fix);
	close(fix->smscs[1].listener);
	fix->smscs[1].listener = fix->smscs[0].listener;
	for (i = 0; i < 2; i++) {
		smsc_accept(&fix->smscs[i]);
		assert_true(smsc_poll(&fix->smscs[i], &pdu, 5000));
		receiver = pdu.command == SMPP_BIND_RECEIVER ? i : receiver;
		smsc_answer(&fix->smscs[i], &pdu, SMPP_OK);
	}
	run_ms(5);
	assert_true(receiver < 2);
	pdu = message_of(PHONE, "YE");
	assert_int_equal(deliver_at(fix, receiver, &pdu), SMPP_OK);
	turns_answer(fix, "Answer");
	hears(fix, !receiver, "Answer", SMPP_OK);
	smsc_close(&fix->smscs[1]);
	fix->smscs[1].listener = -1;
}

/* ---- hostile ---- */

/* Almost a deliver_sm, of the right length, so that framing is not lost. */
static size_t random_pdu(struct fixture *fix, uint8_t out[static 512])
{
	static const uint8_t codings[] = { 0, 1, 2, 3, 4, 5, 8, 0x10, 0xf0, 0xf5, 0x20 };
	static const uint8_t classes[] = { 0, 0x40, 0x04, 0x20, 0x44, 0xff };
	uint8_t octets[200];
	struct smpp_pdu pdu = message_of(rand() % 4 ? PHONE : "8613800138001", "");
	size_t i;
	int n;

	for (i = 0; i < sizeof(octets); i++)
		octets[i] = rand() % 3 ? rand() % 8 : rand();
	pdu.command = rand() % 16 ? SMPP_DELIVER_SM : SMPP_DATA_SM;
	pdu.sequence = ++fix->sequence;
	pdu.data_coding = codings[rand() % ARRAY_SIZE(codings)];
	pdu.esm_class = classes[rand() % ARRAY_SIZE(classes)];
	pdu.tlvs = rand() % 4 ? 0 : rand() & ((1 << SMPP_TLVS) - 1);
	pdu.sar_total = rand() % 12;
	pdu.sar_part = rand() % 12;
	pdu.message_payload = (struct smpp_octets){ octets, rand() % sizeof(octets) };
	pdu.receipted_message_id = (struct smpp_octets){ octets, rand() % 20 };
	pdu.network_error = (struct smpp_octets){ octets, 3 };
	pdu.short_message = (struct smpp_octets){ octets, rand() % 140 };
	n = smpp_write(&pdu, out, 512);
	assert_true(n > 0);
	for (i = rand() % 4 ? 0 : rand() % 5; i; i--)
		out[16 + rand() % (n - 16)] = rand();
	return n;
}

/* Read and discard until nothing comes. */
static void drain(struct fixture *fix)
{
	uint8_t octets[65536];

	run_ms(1);
	while (recv(fix->smscs[0].fd, octets, sizeof(octets), MSG_DONTWAIT) > 0)
		run_ms(1);
}

static void sms__random_pdus__no_crash_and_steady_memory(void **state)
{
	struct fixture *fix = *state;
	uint8_t out[512];
	unsigned int i;
	size_t blocks;

	srand(1);
	/* none is answered with a text, so nothing may remain */
	fix->answer = "";
	fix->settings.answers_per_hour = 1000000;
	open_one(fix);
	text_in(fix, PHONE, "first");		/* turns stay */
	drain(fix);
	blocks = talloc_total_blocks(fix->ctx);
	for (i = 0; i < 100000; i++) {
		smsc_send_octets(&fix->smscs[0], out, random_pdu(fix, out));
		if (i % 200 == 199)
			drain(fix);
		if (i % 10000 == 9999)
			clock_move(20000);
	}
	drain(fix);
	assert_true(smpp_link_is_up(inside(fix)->binds[0].link));
	assert_true(counted(fix, SMS_COUNT_TEXTS) > 1000);
	assert_true(counted(fix, SMS_COUNT_MALFORMED) > 100);
	assert_int_equal(inside(fix)->out.count, 0);
	assert_int_equal(talloc_total_blocks(fix->ctx), blocks);
}

/* ---- settings ---- */

static void sms__settings__invalid_combinations_refused(void **state)
{
	static const struct {
		const char *addresses, *languages, *tls_host, *tls_ca, *numbers, *sender;
		const char *problem;	/* NULL: fine */
	} rows[] = {
		{ "127.0.0.1", "", NULL, NULL, SERVICE, NULL, NULL },
		{ "127.0.0.1:1 [::1]:2 ::1", "turkish urdu", "smsc", "/ca", "", "1", NULL },
		{ "", "", NULL, NULL, SERVICE, NULL, "names 0 SMSCs" },
		{ "127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1 127.0.0.1", "", NULL, NULL,
		  SERVICE, NULL, "names 9 SMSCs" },
		{ "smsc.example", "", NULL, NULL, SERVICE, NULL, "not a numeric" },
		{ "127.0.0.1:0", "", NULL, NULL, SERVICE, NULL, "not a numeric" },
		{ "127.0.0.1:65536", "", NULL, NULL, SERVICE, NULL, "not a numeric" },
		{ "127.0.0.1:27x", "", NULL, NULL, SERVICE, NULL, "not a numeric" },
		{ "[::1", "", NULL, NULL, SERVICE, NULL, "not a numeric" },
		{ "127.0.0.1", "turkish klingon", NULL, NULL, SERVICE, NULL, "\"klingon\" has no national" },
		{ "127.0.0.1", "none", NULL, NULL, SERVICE, NULL, "\"none\" has no national" },
		{ "127.0.0.1", "", "smsc", NULL, SERVICE, NULL, "tls_host without tls_ca" },
		{ "127.0.0.1", "", NULL, "/ca", SERVICE, NULL, NULL },	/* A37: the certificate must name the address */
		{ "127.0.0.1", "", NULL, NULL, "", NULL, "without numbers, a sender" },
		{ "127.0.0.1", "", NULL, NULL, "+10086", NULL, "digits" },
		{ "127.0.0.1", "", NULL, NULL, "12345678901234567", NULL, "at most 16 digits" },	/* A17 */
		{ "127.0.0.1", "", NULL, NULL, "1234567890123456", NULL, NULL },
		{ "127.0.0.1", "", NULL, NULL, SERVICE, "Starhash", NULL },
		{ "127.0.0.1", "", NULL, NULL, SERVICE, "123456789012345678901", "neither a number" },
		{ "127.0.0.1", "", NULL, NULL, SERVICE, "+10086", "neither a number" },
	};
	struct fixture *fix = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct setting group = { .name = "sms" };
		struct problems problems = {};

		fix->settings.addresses = rows[i].addresses;
		fix->settings.languages = rows[i].languages;
		fix->settings.tls_host = rows[i].tls_host;
		fix->settings.tls_ca = rows[i].tls_ca;
		fix->settings.numbers = rows[i].numbers;
		fix->settings.sender = rows[i].sender;
		sms_channel_kind.check(&fix->settings, &group, &problems);
		if (rows[i].problem) {
			assert_int_equal(problems.count, 1);
			assert_non_null(strstr(problems.list[0].text, rows[i].problem));
		} else {
			assert_int_equal(problems.count, 0);
		}
		problems_fini(&problems);
	}
}

static void sms__limits__refused_if_they_cannot_be_met(void **state)
{
	static const struct { const char *loop_text; long long parts, parts_per_hour; const char *problem; } rows[] = {
		{ "", 3, 0, NULL }, { "Stop", 10, 20, NULL }, { "Stop", 10, 19, "at least twice parts" },
		{ "\xff", 3, 200, "loop_text is not UTF-8" },
	};
	struct fixture *fix = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct setting group = { .name = "sms" };
		struct problems problems = {};

		fix->settings.loop_text = rows[i].loop_text;
		fix->settings.parts = rows[i].parts;
		fix->settings.parts_per_hour = rows[i].parts_per_hour;
		sms_channel_kind.check(&fix->settings, &group, &problems);
		assert_int_equal(problems.count, rows[i].problem != NULL);
		if (rows[i].problem)
			assert_non_null(strstr(problems.list[0].text, rows[i].problem));
		problems_fini(&problems);
	}
}

static void sms__certificate_without_key_or_authority__refused_A37(void **state)
{
	static const struct { const char *ca, *cert, *key; size_t problems; } rows[] = {
		{ "/ca", "/cert", "/key", 0 }, { "/ca", "/cert", NULL, 1 }, { "/ca", NULL, "/key", 1 }, { NULL, "/cert", "/key", 1 },
	};
	struct fixture *fix = *state;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct setting group = { .name = "sms" };
		struct problems problems = {};

		fix->settings.tls_ca = rows[i].ca;
		fix->settings.tls_cert = rows[i].cert;
		fix->settings.tls_key = rows[i].key;
		sms_channel_kind.check(&fix->settings, &group, &problems);
		assert_int_equal(problems.count, rows[i].problems);
		problems_fini(&problems);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A20: TLS authenticates the SMSC, not the author of the text. */
static void A20_sms__trust__read_only_unless_configured(void **state)
{
	struct fixture *fix = *state;

	create(fix);
	assert_int_equal(fix->channel->trust, TRUST_READ);
	fix->channel->ops->free(fix->channel);
	fix->settings.trust = "password";
	create(fix);
	assert_int_equal(fix->channel->trust, TRUST_PASSWORD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sms__text__one_turn_and_its_answer),
		TEST(A20_sms__trust__read_only_unless_configured),
		TEST(sms__texts_of_any_coding__arrive_as_utf8),
		TEST(sms__text_longer_than_a_turn__cut_between_characters),
		TEST(sms__long_answer__parts_as_the_link_requires),
		TEST(sms__parts_in_any_order_and_twice__one_turn),
		TEST(sms__part_missing__counted_after_a_time),
		TEST(sms__A48_a_thousand_half_messages__long_texts_are_served),
		TEST(sms__F19_delivered_twice__acts_once),
		TEST(sms__same_text_to_two_pages__acts_twice),
		TEST(sms__F19_own_references__repeated_after_the_page__acts_once),
		TEST(sms__A52_same_text_and_reference_to_another_page__acts_twice),
		TEST(sms__A49_flood_of_strangers__deferred_and_no_duplicate_forgotten),
		TEST(sms__busy__accepted_when_repeated),
		TEST(sms__last_turn_still_open__deferred_without_slowing_the_link__F2),
		TEST(sms__too_many_wait_for_an_smsc__deferred),
		TEST(sms__receipts__counted_and_not_answered),
		TEST(sms__receipt_twice_or_late__last_state_counted_once),
		TEST(sms__not_a_text__counted_and_not_answered),
		TEST(sms__senders__served_or_not),
		TEST(sms__A14_leading_zero__read_by_the_plan_or_refused),
		TEST(sms__A19_answer__has_the_ton_and_npi_of_the_text),
		TEST(sms__A18_short_senders__served_if_in_the_plan_else_logged),
		TEST(sms__allow_list__nobody_else_served),
		TEST(sms__F20_a_machine_answers_us__stops_after_a_few_and_logs_once),
		TEST(sms__A50_same_answer_to_six_pages__served),
		TEST(sms__A51_no_more_answers__announced_once),
		TEST(sms__F10_link_down__answers_wait_in_order),
		TEST(sms__two_smscs__share_and_take_over),
		TEST(sms__one_smsc_answers_slowly__the_other_takes_more),
		TEST(sms__refused_for_good__given_up),
		TEST(sms__refused_for_now__retried_until_too_old),
		TEST(sms__no_smsc_until_too_old__given_up),
		TEST(sms__never_answered__retried_at_growing_intervals),
		TEST(sms__one_part_refused_for_now__only_that_one_repeated),
		TEST(sms__one_part_refused_for_good__the_rest_is_dropped),
		TEST(sms__throttled__sent_later_once),
		TEST(sms__more_than_the_link_takes__all_once_and_in_order),
		TEST(sms__100000_wait__cost_stays_the_same),
		TEST(sms__notify__from_its_sender),
		TEST(sms__A53_number_outside_the_plan__gets_nothing),
		TEST(sms__A53_one_number__limited_parts_an_hour),
		TEST(sms__A57_smsc_away__notifications_deferred),
		TEST(sms__sender_of_a_text__number_name_or_refused),
		TEST(sms__notify_with_a_receipt__reported_once_with_its_outcome),
		TEST(sms__parts_with_a_receipt__reported_when_the_last_is_taken),
		TEST(sms__answer_with_a_receipt__reported_with_its_outcome),
		TEST(sms__F10_smsc_restarts_under_load__each_receipt_reported_once),
		TEST(sms__freed_with_receipts_due__not_reported),
		TEST(sms__describe__counts_waiting_texts),
		TEST(sms__answered_after_the_link_is_gone__queued),
		TEST(sms__freed_with_texts_and_turns__nothing_leaks),
		TEST(sms__pair_of_binds__texts_in_by_one_answers_out_by_the_other),
		TEST(sms__random_pdus__no_crash_and_steady_memory),
		TEST(sms__settings__invalid_combinations_refused),
		TEST(sms__limits__refused_if_they_cannot_be_met),
		TEST(sms__certificate_without_key_or_authority__refused_A37),
	};

	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

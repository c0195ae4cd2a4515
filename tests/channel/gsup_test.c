/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The GSUP channel as the server sees it, with a fake HLR on the other side that sends what a real one never does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/talloc.h>

#include "channel/gsup/gsup.h"
#include "channel/gsup/gsup_settings.h"
#include "channel/gsup/ipa_frame.h"
#include "channel/gsup/ussd_codec.h"
#include "channel/link_io.h"
#include "starhash/log.h"
#include "tests/channel/fake_hlr.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"

#define IMSI "001010000000001"
#define TURNS_MAX 8

struct fixture {
	void *ctx;
	struct fake_hlr hlr;
	struct gsup_settings settings;
	struct channel *channel;
	struct turn *turns[TURNS_MAX];	/* not yet answered */
	unsigned int count;
	int verdict;			/* of channel_rx() */
	unsigned int refused;		/* dials that the channel refused itself */
	int64_t now_us, came_us;	/* of the last batch: when it was read, and the earliest time at which it came */
	bool continues;			/* the batch before knew that more waits, and the last one came while that was handled */
	int more;			/* known to wait */
	unsigned int batches, batch_ends;
	unsigned int sent;		/* calls with a receipt */
	int became;			/* from the last call */
	/* the last message at the HLR */
	struct osmo_gsup_message message;
	struct ussd_component component;
	char text[640];
	uint8_t octets[4096];
};

static int turn_rx(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	if (fix->verdict < 0)
		return fix->verdict;
	assert_true(fix->count < TURNS_MAX);
	fix->turns[fix->count++] = turn;
	return 0;
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct fixture *fix = user;

	assert_int_equal(receipt, 9);
	fix->sent++;
	fix->became = rc;
}

static void refused_cb(void *user, unsigned int dials)
{
	((struct fixture *)user)->refused += dials;
}

static void batch_begin_cb(void *user, int64_t now_us, int64_t came_us)
{
	struct fixture *fix = user;

	assert_true(came_us <= now_us);
	assert_int_equal(fix->batches, fix->batch_ends);
	fix->continues = fix->more && came_us == fix->now_us;
	fix->batches++;
	fix->now_us = now_us;
	fix->came_us = came_us;
}

static void batch_end_cb(void *user, int more)
{
	struct fixture *fix = user;

	fix->more += more;
	fix->batch_ends++;
}

static void channel_open(struct fixture *fix)
{
	fix->channel = gsup_channel_kind.create(fix->ctx, &fix->settings);
	assert_non_null(fix->channel);
	fix->channel->rx = turn_rx;
	fix->channel->sent = sent_cb;
	fix->channel->refused = refused_cb;
	fix->channel->batch_begin = batch_begin_cb;
	fix->channel->batch_end = batch_end_cb;
	fix->channel->rx_user = fix;
	fake_accept(&fix->hlr);
	run_ms(20);
	assert_true(recv(fix->hlr.fd, fix->octets, sizeof(fix->octets), 0) > 0);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "gsup test");
	fake_listen(&fix->hlr, 0);
	conf_read(NULL, gsup_channel_kind.rows, &fix->settings, &(struct problems){ 0 });
	fix->settings.port = fix->hlr.port;
	channel_open(fix);
	*state = fix;
	return 0;
}

/* We are restarted: the HLR and the phone remember the session, we do not. */
static void channel_restart(struct fixture *fix)
{
	fix->channel->ops->free(fix->channel);
	fake_close(&fix->hlr);
	channel_open(fix);
}

/* No turn may be open at the end. */
static int teardown(void **state)
{
	struct fixture *fix = *state;
	char line[256];

	fix->channel->ops->describe(fix->channel, line, sizeof(line));
	assert_non_null(strstr(line, " 0 open turns"));
	fix->channel->ops->free(fix->channel);
	fake_close(&fix->hlr);
	close(fix->hlr.listener);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static void hlr_says_type(struct fixture *fix, enum osmo_gsup_message_type type, enum osmo_gsup_session_state session,
			  const char *component, size_t len)
{
	struct osmo_gsup_message message = {
		.message_type = type, .imsi = IMSI, .session_state = session, .session_id = 0x20000001,
		.ss_info = (uint8_t *)component, .ss_info_len = len,
	};
	uint8_t frame[1024];

	fake_send(&fix->hlr, frame, frame_put(&message, frame));
	run_ms(10);
}

#define SAYS(fix, state, component) \
	hlr_says_type(fix, OSMO_GSUP_MSGT_PROC_SS_REQUEST, OSMO_GSUP_SESSION_STATE_##state, component, \
		      sizeof(component) - 1)

#define DIAL "\xa1\x12\x02\x01\x05\x02\x01\x3b\x30\x0a\x04\x01\x0f\x04\x05\xaa\x18\x0c\x36\x02"
#define DIAL_AGAIN "\xa1\x12\x02\x01\x06\x02\x01\x3b\x30\x0a\x04\x01\x0f\x04\x05\xaa\x18\x0c\x36\x02"
#define DIAL_UNKNOWN_DCS "\xa1\x12\x02\x01\x05\x02\x01\x3b\x30\x0a\x04\x01\x84\x04\x05\xaa\x18\x0c\x36\x02"
#define DIAL_PHASE_1 "\xa1\x0d\x02\x01\x07\x02\x01\x13\x16\x05*100#"
#define ANSWER_2_TO(page) "\xa2\x10\x02\x01" page "\x30\x0b\x02\x01\x3c\x30\x06\x04\x01\x0f\x04\x01\x32"
#define EMPTY_ANSWER_TO(page) "\xa2\x03\x02\x01" page
#define PAGE_1 "\x2f"			/* invoke ids of the pages of DIAL: its own in each of three turns */
#define PAGE_2 "\x58"
#define REJECT_OF(page) "\xa4\x06\x02\x01" page "\x81\x01\x01"
#define ERROR_OF(page) "\xa3\x06\x02\x01" page "\x02\x01\x48"

/* The message at the HLR: false when none came. */
static bool hlr_hears(struct fixture *fix)
{
	struct ipa_frame frame;
	size_t pos = 0;
	ssize_t n;

	run_ms(10);
	n = recv(fix->hlr.fd, fix->octets, sizeof(fix->octets), MSG_DONTWAIT);
	if (n < 0)
		return false;
	assert_int_equal(ipa_frame_read(fix->octets, n, &frame), n);
	assert_int_equal(osmo_gsup_decode(frame.data, frame.len, &fix->message), 0);
	assert_int_equal(ussd_read(fix->message.ss_info, fix->message.ss_info_len, &pos, &fix->component), 1);
	n = ussd_text(&fix->component, fix->text, sizeof(fix->text) - 1);
	fix->text[n] = 0;
	return true;
}

static void turns_answer(struct fixture *fix, enum answer_kind kind, const char *text)
{
	while (fix->count)
		turn_answer(fix->turns[--fix->count], kind, text, strlen(text));
}

static void assert_page(struct fixture *fix, int invoke_id, const char *text)
{
	assert_true(hlr_hears(fix));
	assert_int_equal(fix->message.message_type, OSMO_GSUP_MSGT_PROC_SS_REQUEST);
	assert_int_equal(fix->message.session_state, OSMO_GSUP_SESSION_STATE_CONTINUE);
	assert_int_equal(fix->component.kind, USSD_INVOKE);
	assert_int_equal(fix->component.operation, USSD_REQUEST);
	assert_int_equal(fix->component.invoke_id, invoke_id);
	assert_string_equal(fix->text, text);
}

static void assert_end(struct fixture *fix, int invoke_id, const char *text)
{
	assert_true(hlr_hears(fix));
	assert_int_equal(fix->message.message_type, OSMO_GSUP_MSGT_PROC_SS_RESULT);
	assert_int_equal(fix->message.session_state, OSMO_GSUP_SESSION_STATE_END);
	assert_string_equal(fix->message.imsi, IMSI);
	assert_int_equal(fix->component.kind, USSD_RESULT);
	assert_int_equal(fix->component.invoke_id, invoke_id);
	assert_string_equal(fix->text, text);
}

/* Exactly one turn came. */
static struct turn *only_turn(struct fixture *fix, enum turn_kind kind)
{
	assert_int_equal(fix->count, 1);
	assert_int_equal(fix->turns[0]->kind, kind);
	assert_string_equal(fix->turns[0]->subscriber.imsi, IMSI);
	assert_true(fix->turns[0]->peer.user == digits_pack("001010000000001"));
	assert_int_equal(fix->turns[0]->peer.session, 0x20000001);
	return fix->turns[0];
}

static void page_one(struct fixture *fix)
{
	SAYS(fix, BEGIN, DIAL);
	turns_answer(fix, ANSWER_ASK, "Menu");
	assert_page(fix, 0x2f, "Menu");
}

/* A17: as integers they were equal, and so were their dialogs. */
static void begin__A17_imsi_with_one_zero_less__is_another_subscriber(void **state)
{
	struct osmo_gsup_message other = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = "01010000000001",
		.session_state = OSMO_GSUP_SESSION_STATE_BEGIN, .session_id = 0x20000001, .ss_info = (uint8_t *)DIAL,
		.ss_info_len = sizeof(DIAL) - 1,
	};
	struct fixture *fix = *state;
	uint8_t frame[1024];

	SAYS(fix, BEGIN, DIAL);
	fake_send(&fix->hlr, frame, frame_put(&other, frame));
	run_ms(10);
	assert_int_equal(fix->count, 2);
	assert_true(fix->turns[0]->peer.user != fix->turns[1]->peer.user);
	turn_answer(fix->turns[--fix->count], ANSWER_END, "Other", 5);
	assert_true(hlr_hears(fix));
	assert_string_equal(fix->message.imsi, "01010000000001");
	turns_answer(fix, ANSWER_END, "Bye");
	assert_end(fix, 5, "Bye");
}

static void begin__F1_twice__has_the_same_sequence(void **state)
{
	struct fixture *fix = *state;
	uint32_t sequence;

	SAYS(fix, BEGIN, DIAL);
	sequence = only_turn(fix, TURN_BEGIN)->sequence;
	assert_int_not_equal(sequence, 0);
	SAYS(fix, BEGIN, DIAL);
	assert_int_equal(fix->turns[1]->sequence, sequence);
	SAYS(fix, BEGIN, DIAL_AGAIN);
	assert_int_not_equal(fix->turns[2]->sequence, sequence);
	turns_answer(fix, ANSWER_NONE, "");
	assert_false(hlr_hears(fix));
}

static void begin__limits__are_those_of_the_hlr(void **state)
{
	struct fixture *fix = *state;
	struct turn *turn;

	SAYS(fix, BEGIN, DIAL);
	turn = only_turn(fix, TURN_BEGIN);
	assert_int_equal(turn->limits.ask.septets, 130);
	assert_int_equal(turn->limits.ask.units, 57);
	assert_int_equal(turn->limits.end.septets, 128);
	assert_int_equal(turn->limits.end.units, 56);
	assert_memory_equal(turn->text, "*100#", turn->len);
	turns_answer(fix, ANSWER_END, "");
	assert_end(fix, 5, " ");
}

static void begin__F13_unknown_alphabet_or_no_component__ends_with_a_text(void **state)
{
	struct fixture *fix = *state;

	SAYS(fix, BEGIN, DIAL_UNKNOWN_DCS);
	assert_end(fix, 5, fix->settings.sorry);
	SAYS(fix, BEGIN, "");
	assert_end(fix, 0, fix->settings.sorry);
	SAYS(fix, BEGIN, "\xa1\x80");
	assert_end(fix, 0, fix->settings.sorry);
	SAYS(fix, BEGIN, REJECT_OF("\x09"));
	assert_end(fix, 9, fix->settings.sorry);
	assert_int_equal(fix->count, 0);
}

static void begin__server_is_busy__ends_with_a_text(void **state)
{
	struct fixture *fix = *state;

	fix->verdict = -EBUSY;
	SAYS(fix, BEGIN, DIAL);
	assert_end(fix, 5, fix->settings.busy);
}

static void begin__F26_waited_too_long__ends_with_a_text(void **state)
{
	struct fixture *fix = *state;

	SAYS(fix, BEGIN, DIAL);
	turns_answer(fix, ANSWER_BUSY, "");
	assert_end(fix, 5, fix->settings.busy);
}

/* Without decoding it, whatever else it is. Answers still come in. */
static void begin__F26_no_more_dials__refused_by_the_channel(void **state)
{
	struct fixture *fix = *state;

	page_one(fix);
	fix->channel->full = true;
	SAYS(fix, BEGIN, DIAL_AGAIN);
	assert_end(fix, 6, fix->settings.busy);
	assert_int_equal(fix->message.session_id, 0x20000001);
	assert_int_equal(fix->component.operation, USSD_PROCESS_REQUEST);
	assert_int_equal(fix->component.alphabet, USSD_GSM7);
	SAYS(fix, BEGIN, DIAL_PHASE_1);
	assert_end(fix, 7, fix->settings.busy);
	assert_int_equal(fix->component.operation, USSD_PROCESS_DATA);
	assert_int_equal(fix->component.alphabet, USSD_IA5);
	assert_int_equal(fix->refused, 2);
	SAYS(fix, BEGIN, REJECT_OF("\x09"));
	assert_end(fix, 9, fix->settings.sorry);
	fix->channel->full = false;
	page_one(fix);
	fix->channel->full = true;
	SAYS(fix, CONTINUE, ANSWER_2_TO(PAGE_1));
	only_turn(fix, TURN_CONTINUE);
	turns_answer(fix, ANSWER_END, "Bye");
	assert_end(fix, 5, "Bye");
	assert_int_equal(fix->refused, 2);
}

static void input__announced_in_batches(void **state)
{
	struct fixture *fix = *state;
	const unsigned int before = fix->batches;
	const int64_t earliest_us = link_now_us();

	SAYS(fix, BEGIN, DIAL);
	assert_int_equal(fix->batches, before + 1);
	assert_int_equal(fix->batch_ends, fix->batches);
	assert_true(fix->came_us >= earliest_us);
	turns_answer(fix, ANSWER_END, "Bye");
	assert_end(fix, 5, "Bye");
}

/* As many dials as there is room for. Returns their octets; *\a len: those of each. */
static size_t dials_put(uint8_t *frames, size_t size, size_t *len)
{
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = IMSI, .session_state = OSMO_GSUP_SESSION_STATE_BEGIN,
		.session_id = 0x20000001, .ss_info = (uint8_t *)DIAL, .ss_info_len = sizeof(DIAL) - 1,
	};
	uint8_t frame[1024];
	size_t all = 0;

	*len = frame_put(&message, frame);
	for (; all + *len <= size; all += *len)
		memcpy(frames + all, frame, *len);
	return all;
}

/* More than one read: the rest waits at least since the first. */
static void input__F26_waits_in_the_socket__has_its_age(void **state)
{
	struct fixture *fix = *state;
	uint8_t frames[24 * 1024];
	const unsigned int before = fix->batches;
	size_t len;
	const size_t all = dials_put(frames, sizeof(frames), &len);

	fix->channel->full = true;
	fake_send(&fix->hlr, frames, all);
	run_ms(20);
	assert_int_equal(fix->refused, all / len);
	assert_int_equal(fix->batches, before + 2);
	assert_true(fix->continues);
	assert_int_equal(fix->more, 0);
	assert_true(recv(fix->hlr.fd, frames, sizeof(frames), MSG_DONTWAIT) > 0);
}

/* Three reads, and in the second one the framing is lost. */
static void link__lost_while_input_waits__nothing_waits(void **state)
{
	struct fixture *fix = *state;
	uint8_t frames[40 * 1024];
	const unsigned int before = fix->batches;
	size_t len;
	const size_t all = dials_put(frames, sizeof(frames), &len);

	memset(frames + 20 * 1024 / len * len, 0xff, len);
	fix->channel->full = true;
	fake_send(&fix->hlr, frames, all);
	run_ms(20);
	assert_int_equal(fix->batches, before + 3);
	assert_int_equal(fix->batch_ends, fix->batches);
	assert_int_equal(fix->more, 0);
}

static void begin__phone_of_phase_1__gets_one_text_in_ia5(void **state)
{
	struct fixture *fix = *state;

	SAYS(fix, BEGIN, DIAL_PHASE_1);
	assert_int_equal(only_turn(fix, TURN_BEGIN)->limits.ask.units, 0);
	turns_answer(fix, ANSWER_ASK, "Menu");
	assert_end(fix, 7, "Menu");
	assert_int_equal(fix->component.operation, USSD_PROCESS_DATA);
}

static void answer__to_our_page__has_its_number_as_sequence(void **state)
{
	struct fixture *fix = *state;
	struct peer peer;

	page_one(fix);
	SAYS(fix, CONTINUE, ANSWER_2_TO(PAGE_1));
	assert_int_equal(only_turn(fix, TURN_CONTINUE)->sequence, 1);
	assert_int_equal(fix->turns[0]->text[0], '2');
	turns_answer(fix, ANSWER_ASK, "Next");
	assert_page(fix, 0x58, "Next");
	SAYS(fix, CONTINUE, EMPTY_ANSWER_TO(PAGE_2));
	assert_int_equal(only_turn(fix, TURN_CONTINUE)->len, 0);
	peer = fix->turns[0]->peer;
	turns_answer(fix, ANSWER_NONE, "");
	fix->channel->ops->end(fix->channel, &peer, "Bye", 3);
	assert_end(fix, 5, "Bye");
}

static void answer__F14_not_to_our_last_page__is_dropped(void **state)
{
	struct fixture *fix = *state;

	page_one(fix);
	SAYS(fix, CONTINUE, ANSWER_2_TO(PAGE_2));
	SAYS(fix, CONTINUE, EMPTY_ANSWER_TO("\x00"));
	assert_int_equal(fix->count, 0);
	SAYS(fix, CONTINUE, ANSWER_2_TO(PAGE_1));
	turns_answer(fix, ANSWER_END, "Bye");
	assert_end(fix, 5, "Bye");
}

/* A72: the first invoke id returns with the answer to the page. */
static void answer__F42_in_an_unknown_session__ends_with_a_text(void **state)
{
	static const struct {
		int first;		/* invoke id of the phone's first message */
		unsigned int pages;	/* shown before we forget the session */
		int last;		/* invoke id of our last text */
	} rows[] = { { 5, 1, 5 }, { 5, 2, 5 }, { 5, 3, 5 }, { 5, 126, 5 }, { 0, 1, 0 }, { 1, 4, 1 }, { 40, 3, 40 },
		     { 41, 1, 1 }, { 127, 2, 1 }, { -1, 3, 1 } };
	struct fixture *fix = *state;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char dial[] = DIAL, answer[] = ANSWER_2_TO("\x01");
		struct turn *turn;

		dial[4] = rows[i].first;
		SAYS(fix, BEGIN, dial);
		for (unsigned int page = 1; page <= rows[i].pages; page++) {
			turns_answer(fix, ANSWER_ASK, "Menu");
			assert_true(hlr_hears(fix));
			assert_int_not_equal(answer[4], fix->component.invoke_id);
			answer[4] = fix->component.invoke_id;
			if (page < rows[i].pages)
				SAYS(fix, CONTINUE, answer);
		}
		channel_restart(fix);
		SAYS(fix, CONTINUE, answer);
		turn = only_turn(fix, TURN_CONTINUE);
		assert_int_equal(turn->sequence, 0);
		assert_int_equal(turn->len, 0);
		turns_answer(fix, ANSWER_END, "Expired");
		assert_end(fix, rows[i].last, "Expired");
	}
}

/* A72 */
static void answer__F42_nonsense_in_an_unknown_session__ends_with_a_text(void **state)
{
	struct fixture *fix = *state;

	SAYS(fix, CONTINUE, REJECT_OF(PAGE_1));
	only_turn(fix, TURN_CONTINUE);
	turns_answer(fix, ANSWER_END, "Expired");
	assert_end(fix, 5, "Expired");
	SAYS(fix, CONTINUE, "");
	turns_answer(fix, ANSWER_END, "Expired");
	assert_end(fix, 1, "Expired");
	fix->verdict = -EBUSY;
	SAYS(fix, CONTINUE, ANSWER_2_TO(PAGE_2));
	assert_end(fix, 5, fix->settings.busy);
	SAYS(fix, END, "");
	assert_false(hlr_hears(fix));
}

static void assert_aborted(struct fixture *fix, const char *component, size_t len)
{
	page_one(fix);
	hlr_says_type(fix, OSMO_GSUP_MSGT_PROC_SS_REQUEST, OSMO_GSUP_SESSION_STATE_CONTINUE, component, len);
	only_turn(fix, TURN_GONE);
	turns_answer(fix, ANSWER_NONE, "");
	assert_end(fix, 5, fix->settings.sorry);
}

static void answer__F14_reject_error_or_nonsense__ends_both_sides(void **state)
{
	struct fixture *fix = *state;

	assert_aborted(fix, REJECT_OF(PAGE_1), sizeof(REJECT_OF(PAGE_1)) - 1);
	assert_aborted(fix, ERROR_OF(PAGE_1), sizeof(ERROR_OF(PAGE_1)) - 1);
	assert_aborted(fix, DIAL_AGAIN, sizeof(DIAL_AGAIN) - 1);
	assert_aborted(fix, "\xa2\xff", 2);
}

static void session__ended_by_the_other_side__is_gone(void **state)
{
	struct fixture *fix = *state;
	struct peer peer;

	page_one(fix);
	SAYS(fix, END, "");
	peer = only_turn(fix, TURN_GONE)->peer;
	turns_answer(fix, ANSWER_END, "Nobody there");
	fix->channel->ops->end(fix->channel, &peer, "Nobody", 6);
	page_one(fix);
	hlr_says_type(fix, OSMO_GSUP_MSGT_PROC_SS_ERROR, OSMO_GSUP_SESSION_STATE_END, "", 0);
	only_turn(fix, TURN_GONE);
	turns_answer(fix, ANSWER_NONE, "");
	assert_false(hlr_hears(fix));
}

/* A39 */
static void notify__refused__gives_the_reason(void **state)
{
	struct fixture *fix = *state;
	static const char *const malformed[] = { "00101", "00101000000000x", "+01010000000001", "000000000000000", " 0101000000001" };
	struct subscriber known = { .imsi = IMSI }, unknown = { .msisdn = "10086" };
	char text[200];

	memset(text, 'x', sizeof(text));
	assert_int_equal(fix->channel->ops->notify(fix->channel, &unknown, &(struct channel_text){ .text = "x", .len = 1 }), -EDESTADDRREQ);
	for (unsigned int i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct subscriber wrong = { .msisdn = "8613800138000" };

		strcpy(wrong.imsi, malformed[i]);
		assert_int_equal(fix->channel->ops->notify(fix->channel, &wrong, &(struct channel_text){ .text = "x", .len = 1 }), -EINVAL);
	}
	assert_false(hlr_hears(fix));
	assert_int_equal(fix->channel->ops->notify(fix->channel, &known, &(struct channel_text){ .text = text, .len = 131 }), -EMSGSIZE);
	assert_int_equal(fix->channel->ops->notify(fix->channel, &known, &(struct channel_text){ .text = text, .len = 130 }), 0);
	assert_true(hlr_hears(fix));
	assert_int_equal(fix->component.operation, USSD_NOTIFY);
	fix->settings.push = "none";
	assert_int_equal(fix->channel->ops->notify(fix->channel, &known, &(struct channel_text){ .text = "x", .len = 1 }), -ENOTSUP);
}

static void receipt__of_an_answer__reported_once_with_its_outcome(void **state)
{
	static const struct {
		enum answer_kind kind;
		size_t len;
		bool down;
		int rc;
	} rows[] = {
		{ ANSWER_ASK, 10, false, 0 },
		{ ANSWER_END, 10, false, 0 },
		{ ANSWER_ASK, 131, false, -EMSGSIZE },
		{ ANSWER_END, 131, false, -EMSGSIZE },
		{ ANSWER_NONE, 0, false, -ENOTCONN },
		{ ANSWER_END, 10, true, -ENOTCONN },
	};
	struct fixture *fix = *state;
	char text[200];

	memset(text, 'x', sizeof(text));
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SAYS(fix, BEGIN, DIAL);
		only_turn(fix, TURN_BEGIN)->receipt = 9;
		if (rows[i].down)
			fake_close(&fix->hlr);
		run_ms(10);
		turn_answer(fix->turns[0], rows[i].kind, text, rows[i].len);
		fix->count = 0;
		assert_int_equal(fix->sent, rows[i].rc ? i + 1 : i);	/* not before it is written */
		run_until(&fix->sent, i + 1);
		assert_int_equal(fix->became, rows[i].rc);
	}
}

static void turns__reused__none_lost(void **state)
{
	struct fixture *fix = *state;

	for (unsigned int round = 0; round < 30; round++) {
		for (unsigned int i = 0; i < TURNS_MAX; i++)
			SAYS(fix, BEGIN, DIAL);
		assert_int_equal(fix->count, TURNS_MAX);
		turns_answer(fix, ANSWER_NONE, "");
	}
}

/* ---- configuration ---- */

struct check {
	const char *what;
	void (*change)(struct gsup_settings *settings);
	const char *problem;		/* NULL: none */
};

static void unchanged(struct gsup_settings *settings) { }
static void slow_answer(struct gsup_settings *settings) { settings->answer_ms = settings->guard_ms; }
static void slow_idle(struct gsup_settings *settings) { settings->idle_ms = settings->guard_ms + 1; }
static void push_request(struct gsup_settings *settings) { settings->push = "request"; }
static void push_other(struct gsup_settings *settings) { settings->push = "shout"; }
static void address_name(struct gsup_settings *settings) { settings->address = "localhost"; }
static void address_6(struct gsup_settings *settings) { settings->address = "::1"; }
static void entity_prefix(struct gsup_settings *settings) { settings->entity = "EUSE-x"; }
static void end_small(struct gsup_settings *settings) { settings->end_octets = 16; settings->busy = "Busy"; }

static const struct check checks[] = {
	{ "all defaults", unchanged, NULL },
	{ "F8 answer", slow_answer, "answer_ms is 30000 ms, but must be below guard_ms" },
	{ "F8 idle", slow_idle, "idle_ms is 30001 ms, but must be below guard_ms" },
	{ "push request", push_request, "osmo-hlr crashes" },
	{ "push unknown", push_other, "must be \"notify\" or \"none\"" },
	{ "address", address_name, "must be numeric" },
	{ "IPv6", address_6, NULL },
	{ "entity", entity_prefix, "without EUSE-" },
	{ "sorry", end_small, "sorry is not UTF-8, or does not fit 16 octets" },
};

static void check__F8_settings__names_the_rule(void **state)
{
	for (unsigned int i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct gsup_settings settings;
		struct problems problems = { 0 };

		print_message("%s\n", checks[i].what);
		conf_read(NULL, gsup_channel_kind.rows, &settings, &problems);
		checks[i].change(&settings);
		gsup_channel_kind.check(&settings, NULL, &problems);
		assert_int_equal(problems.count, checks[i].problem ? 1 : 0);
		if (checks[i].problem)
			assert_non_null(strstr(problems.list[0].text, checks[i].problem));
		problems_fini(&problems);
	}
}

#define WITH_HLR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* A20 */
static void A20_gsup__trust__authenticated_unless_configured(void **state)
{
	struct fixture *fix = *state;
	struct gsup_settings settings = fix->settings;
	struct channel *channel;

	assert_int_equal(fix->channel->trust, TRUST_PASSWORD);
	settings.trust = "order";
	channel = gsup_channel_kind.create(fix->ctx, &settings);
	assert_int_equal(channel->trust, TRUST_ORDER);
	channel->ops->free(channel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HLR(begin__A17_imsi_with_one_zero_less__is_another_subscriber),
		WITH_HLR(begin__F1_twice__has_the_same_sequence),
		WITH_HLR(A20_gsup__trust__authenticated_unless_configured),
		WITH_HLR(begin__limits__are_those_of_the_hlr),
		WITH_HLR(begin__F13_unknown_alphabet_or_no_component__ends_with_a_text),
		WITH_HLR(begin__server_is_busy__ends_with_a_text),
		WITH_HLR(begin__F26_waited_too_long__ends_with_a_text),
		WITH_HLR(begin__F26_no_more_dials__refused_by_the_channel),
		WITH_HLR(input__announced_in_batches),
		WITH_HLR(input__F26_waits_in_the_socket__has_its_age),
		WITH_HLR(link__lost_while_input_waits__nothing_waits),
		WITH_HLR(begin__phone_of_phase_1__gets_one_text_in_ia5),
		WITH_HLR(answer__to_our_page__has_its_number_as_sequence),
		WITH_HLR(answer__F14_not_to_our_last_page__is_dropped),
		WITH_HLR(answer__F42_in_an_unknown_session__ends_with_a_text),
		WITH_HLR(answer__F42_nonsense_in_an_unknown_session__ends_with_a_text),
		WITH_HLR(answer__F14_reject_error_or_nonsense__ends_both_sides),
		WITH_HLR(session__ended_by_the_other_side__is_gone),
		WITH_HLR(notify__refused__gives_the_reason),
		WITH_HLR(receipt__of_an_answer__reported_once_with_its_outcome),
		WITH_HLR(turns__reused__none_lost),
		cmocka_unit_test(check__F8_settings__names_the_rule),
	};

	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The GSUP link against a fake HLR that splits and joins messages, closes and stays silent. hlr_test.c uses a real one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/talloc.h>

#include "channel/gsup/gsup_link.h"
#include "channel/gsup/ipa_frame.h"
#include "starhash/log.h"
#include "starhash/number.h"
#include "tests/channel/fake_hlr.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"

#define IMSI "001010000000001"

struct fixture {
	void *ctx;
	struct fake_hlr hlr;
	struct link_settings settings;
	struct gsup_link *link;
	unsigned int ups, downs, malformed, overflows, messages;
	unsigned int sent, lost;	/* receipts */
	uint64_t last_receipt;
	uint32_t last_session;
	bool any_imsi;
	bool reply;			/* answer each message with itself */
};

static void event_cb(void *user, enum link_event event)
{
	struct fixture *fix = user;

	fix->ups += event == LINK_UP;
	fix->downs += event == LINK_DOWN;
	fix->malformed += event == LINK_MALFORMED;
	fix->overflows += event == LINK_OVERFLOW;
}

static void rx_cb(void *user, const struct gsup_message *message)
{
	struct fixture *fix = user;

	if (!fix->any_imsi)
		assert_true(message->imsi == digits_pack(IMSI));
	fix->messages++;
	fix->last_session = message->session_id;
	if (fix->reply)
		assert_int_equal(gsup_link_send(fix->link, message, 0), 0);
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct fixture *fix = user;

	if (rc)
		assert_int_equal(rc, -EPIPE);
	if (rc)
		fix->lost++;
	else
		fix->sent++;
	/* in order, each once */
	assert_int_equal(receipt, ++fix->last_receipt);
}

static const struct gsup_link_ops ops = { .event = event_cb, .rx = rx_cb, .sent = sent_cb };

/* Wait until the link is up. */
static void link_accept(struct fixture *fix)
{
	unsigned int ups = fix->ups;

	fake_accept(&fix->hlr);
	run_until(&fix->ups, ups + 1);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "link test");
	fake_listen(&fix->hlr, 0);
	fix->settings.port = fix->hlr.port;
	fix->settings.name = "test";
	fix->settings.address = "127.0.0.1";
	fix->settings.us = "EUSE-test";
	fix->settings.backoff_min_ms = 20;
	fix->settings.backoff_max_ms = 100;
	fix->link = gsup_link_new(fix->ctx, &fix->settings, &ops, fix);
	assert_non_null(fix->link);
	link_accept(fix);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	gsup_link_free(fix->link);
	fake_close(&fix->hlr);
	close(fix->hlr.listener);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

/* One message in its frame, with a session id. */
static size_t message_put(uint8_t *out, uint32_t session)
{
	static uint8_t component[] = { 0xa2, 3, 2, 1, 1 };
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST,
		.imsi = IMSI,
		.session_state = OSMO_GSUP_SESSION_STATE_CONTINUE,
		.session_id = session,
		.ss_info = component,
		.ss_info_len = sizeof(component),
	};

	return frame_put(&message, out);
}

static void setup__identity__as_accepted_by_osmohlr(void **state)
{
	static const char name[] = "\x00\x0b\x01" "EUSE-test\0" "\x00\x0b\x00" "EUSE-test";
	struct fixture *fix = *state;
	uint8_t octets[512];
	ssize_t n;

	run_ms(20);
	n = recv(fix->hlr.fd, octets, sizeof(octets), 0);
	assert_true(n > 0);
	assert_int_equal(octets[2], 0xfe);
	assert_int_equal(octets[3], 5);
	assert_non_null(memmem(octets, n, name, sizeof(name)));
	assert_non_null(memmem(octets, n, "\x00\x01\xfe\x06", 4));
	assert_true(gsup_link_is_up(fix->link));
	assert_string_equal(gsup_link_state_name(fix->link), "up");
}

static void rx__F12_one_octet_at_a_time__is_one_message(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[128];
	size_t len = message_put(octets, 77);

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(fix->messages, 0);
		fake_send(&fix->hlr, octets + i, 1);
		run_ms(1);
	}
	run_until(&fix->messages, 1);
	assert_int_equal(fix->last_session, 77);
}

static void rx__F12_split_and_joined_anywhere__each_message_once(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[512];
	size_t one = message_put(octets, 1), len = one;

	len += message_put(octets + len, 2);
	len += message_put(octets + len, 3);
	for (size_t cut = 0; cut <= len; cut++) {
		unsigned int messages = fix->messages;

		fake_send(&fix->hlr, octets, cut);
		run_ms(1);
		fake_send(&fix->hlr, octets + cut, len - cut);
		run_until(&fix->messages, messages + 3);
		assert_int_equal(fix->last_session, 3);
	}
	assert_int_equal(fix->downs, 0);
}

static void rx__F12_length_contradicts_its_elements__only_that_message_is_dropped(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[256];
	size_t len = message_put(octets, 1);

	octets[1] -= 3;				/* the frame ends inside of the last element */
	fake_send(&fix->hlr, octets, len - 3);
	fake_send(&fix->hlr, (uint8_t[]){ 0, 0, 0xee }, 3);
	fake_send(&fix->hlr, (uint8_t[]){ 0, 1, 0xee, 5 }, 4);
	fake_send(&fix->hlr, (uint8_t[]){ 0, 2, 0xee, 0, 1 }, 5);
	fake_send(&fix->hlr, (uint8_t[]){ 0, 1, 0xfe, 9 }, 4);
	len = message_put(octets, 9);
	fake_send(&fix->hlr, octets, len);
	run_until(&fix->messages, 1);
	assert_int_equal(fix->malformed, 5);
	assert_int_equal(fix->last_session, 9);
	assert_int_equal(fix->downs, 0);
}

static void rx__F12_framing_lost__closes_the_link_and_comes_back(void **state)
{
	static const uint8_t lost[][4] = { { 0, 5, 0x00, 1 }, { 0x20, 0, 0xee, 5 }, { 'H', 'T', 'T', 'P' } };
	struct fixture *fix = *state;

	for (unsigned int i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		fake_send(&fix->hlr, lost[i], 4);
		run_until(&fix->downs, i + 1);
		fake_close(&fix->hlr);
		link_accept(fix);
	}
}

static void link__F10_hlr_closes__reconnects_and_works_again(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[128];

	for (unsigned int i = 1; i <= 3; i++) {
		/* Half a message of the dead connection must not be joined to the next one. */
		fake_send(&fix->hlr, octets, message_put(octets, 1) / 2);
		run_ms(2);
		fake_close(&fix->hlr);
		run_until(&fix->downs, i);
		assert_int_equal(gsup_link_send(fix->link, &(struct gsup_message){ 0 }, 0), -ENOTCONN);
		link_accept(fix);
		fake_send(&fix->hlr, octets, message_put(octets, 40 + i));
		run_until(&fix->messages, i);
	}
}

static void link__F10_nobody_listens__backs_off_and_comes_back(void **state)
{
	struct fixture *fix = *state;

	close(fix->hlr.listener);
	fake_close(&fix->hlr);
	run_until(&fix->downs, 1);
	run_ms(200);
	fake_listen(&fix->hlr, fix->settings.port);
	link_accept(fix);
}

/* ---- log lines that a peer can cause (A40) ---- */

#define LINES 12		/* of link_may_log() in a minute */

static unsigned int lines_logged;

static void line_count(struct log_target *target, unsigned int level, const char *text)
{
	lines_logged++;
}

/* Counts every line, including those of libosmocore and libosmogsm. */
static struct log_target *log_count(void)
{
	struct log_target *target = log_target_create();

	assert_non_null(target);
	target->output = line_count;
	log_add_target(target);
	log_set_all_filter(target, 1);
	lines_logged = 0;
	return target;
}

/* A40 */
static void link__hlr_comes_and_goes__backs_off_and_logs_few_lines_a_minute(void **state)
{
	struct fixture *fix = *state;
	struct log_target *target = log_count();
	const long long began = now_ms();
	uint8_t octets[128];

	for (unsigned int i = 1; i <= 12; i++) {
		/* The link looks healthy each time: an answer to our ping, and a message. */
		fake_send(&fix->hlr, (uint8_t[]){ 0, 1, 0xfe, 1 }, 4);
		fake_send(&fix->hlr, octets, message_put(octets, i));
		run_until(&fix->messages, i);
		fake_close(&fix->hlr);
		run_until(&fix->downs, i);
		link_accept(fix);
	}
	log_target_destroy(target);
	/* 20, 40, 80 and nine times 100 ms, less a quarter: without a longer pause each time it would be 300 */
	assert_true(now_ms() - began >= 750);
	assert_in_range(lines_logged, 1, LINES);		/* of 24 */
}

/* A40 */
static void link__hlr_refuses_us_each_time__logs_few_lines_a_minute(void **state)
{
	struct fixture *fix = *state;
	struct log_target *target = log_count();

	fake_close(&fix->hlr);
	run_until(&fix->downs, 1);
	for (unsigned int i = 0; i < 8; i++) {
		long long until = now_ms() + 5000;

		while ((fix->hlr.fd = accept(fix->hlr.listener, NULL, NULL)) < 0 && now_ms() < until)
			run_ms(1);
		assert_true(fix->hlr.fd >= 0);
		fake_close(&fix->hlr);
	}
	run_ms(20);
	log_target_destroy(target);
	assert_in_range(lines_logged, 1, LINES);		/* of at least 17 */
}

/* A40: libosmogsm would log each of these. */
static void rx__flood_of_messages_not_understood__logs_one_line(void **state)
{
	static const uint8_t wrong[][16] = {
		{ 0, 2, 0xee, 5, 0x20 },				/* no IMSI */
		{ 0, 5, 0xee, 5, 0x20, 0x01, 0x02, 0xbc },		/* a truncated IMSI */
		{ 0, 5, 0xee, 5, 0x20, 0x01, 0x01, 0xdc },		/* an IMSI of letters */
		{ 0, 7, 0xee, 5, 0x20, 0x01, 0x01, 0xf1, 0x35, 9 },	/* a truncated element */
		{ 0, 10, 0xee, 5, 0x20, 0x01, 0x01, 0xf1, 0x05, 0x03, 1, 2, 3 },	/* malformed PDP data */
		{ 0, 7, 0xee, 5, 0x20, 0x01, 0x01, 0xf1, 0xf7, 0 },	/* an element unknown to GSUP */
	};
	struct fixture *fix = *state;
	struct log_target *target = log_count();
	unsigned int wanted = 0;

	fix->any_imsi = true;
	for (unsigned int round = 0; round < 100; round++) {
		for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
			fake_send(&fix->hlr, wrong[i], 2 + 1 + wrong[i][1]);
		wanted += sizeof(wrong) / sizeof(wrong[0]);
		for (long long until = now_ms() + 5000; fix->malformed + fix->messages < wanted && now_ms() < until;)
			run_ms(1);
	}
	log_target_destroy(target);
	assert_int_equal(fix->malformed + fix->messages, wanted);
	assert_int_equal(fix->downs, 0);
	assert_int_equal(lines_logged, 1);
}

static void link__F10_half_open__dropped_without_pong(void **state)
{
	struct fixture *fix = *state;

	fake_close(&fix->hlr);
	run_until(&fix->downs, 1);
	fix->settings.keep_alive_ms = 50;
	link_accept(fix);
	run_ms(30);
	fake_send(&fix->hlr, (uint8_t[]){ 0, 1, 0xfe, 1 }, 4);
	run_ms(50);
	assert_int_equal(fix->downs, 1);
	run_until(&fix->downs, 2);
}

static void link__ping__is_answered_in_the_same_write_as_the_replies(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[1024], back[1024];
	size_t len = 0, one;
	ssize_t n;

	run_ms(10);
	recv(fix->hlr.fd, back, sizeof(back), MSG_DONTWAIT);
	fix->reply = true;
	for (unsigned int i = 0; i < 5; i++)
		len += one = message_put(octets + len, i);
	memcpy(octets + len, (uint8_t[]){ 0, 1, 0xfe, 0 }, 4);
	fake_send(&fix->hlr, octets, len + 4);
	run_until(&fix->messages, 5);
	n = recv(fix->hlr.fd, back, sizeof(back), 0);
	assert_int_equal(n, len + 4);
	assert_memory_equal(back + len, "\x00\x01\xfe\x01", 4);
}

static void send__peer_does_not_read__queue_is_bounded_and_the_link_dropped(void **state)
{
	static uint8_t component[200];
	struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT,
		.imsi = digits_pack(IMSI),
		.session_state = OSMO_GSUP_SESSION_STATE_END,
		.session_id = 1,
		.ss_info = component,
		.ss_info_len = sizeof(component),
	};
	struct fixture *fix = *state;
	unsigned int sent = 0;

	while (gsup_link_send(fix->link, &message, 0) == 0)
		sent++;
	assert_in_range(sent, 4 * 1024 * 1024 / 240, 4 * 1024 * 1024 / 200);
	assert_int_equal(gsup_link_send(fix->link, &message, 0), -ENOBUFS);
	assert_int_equal(fix->overflows, 1);
	run_until(&fix->downs, 1);
	fake_close(&fix->hlr);
	link_accept(fix);
	assert_int_equal(gsup_link_send(fix->link, &message, 0), 0);
}

/* Rule 10 of channel.h: a message that waits for a peer which does not read has not been sent. */
static void receipt__peer_stops_reading_and_the_link_drops__rest_is_lost_once(void **state)
{
	static uint8_t component[200];
	struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT, .imsi = digits_pack(IMSI), .session_state = OSMO_GSUP_SESSION_STATE_END,
		.session_id = 1, .ss_info = component, .ss_info_len = sizeof(component),
	};
	struct fixture *fix = *state;
	unsigned int queued = 0, sent;

	assert_int_equal(gsup_link_send(fix->link, &message, ++queued), 0);
	assert_int_equal(fix->sent, 0);
	run_until(&fix->sent, 1);
	/* more than the sockets of both sides hold */
	do {
		sent = fix->sent;
		for (unsigned int i = 0; i < 1000; i++)
			assert_int_equal(gsup_link_send(fix->link, &message, ++queued), 0);
		run_ms(5);
	} while (fix->sent - sent == 1000);
	sent = fix->sent;
	assert_in_range(sent, 1, queued - 1);
	run_ms(20);
	assert_int_equal(fix->sent, sent);
	assert_int_equal(fix->lost, 0);
	fake_close(&fix->hlr);
	run_until(&fix->lost, queued - sent);
	assert_int_equal(fix->downs, 1);
	link_accept(fix);
	assert_int_equal(gsup_link_send(fix->link, &message, ++queued), 0);
	run_until(&fix->sent, sent + 1);
	assert_int_equal(fix->lost, queued - 1 - sent);
}

/* Messages taken by the last write have been sent; the fate of the rest is unknown. */
static void receipt__link_is_freed__reports_what_was_written(void **state)
{
	struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = digits_pack(IMSI),
		.session_state = OSMO_GSUP_SESSION_STATE_END, .session_id = 5,
	};
	struct fixture *fix = *state;

	assert_int_equal(gsup_link_send(fix->link, &message, 1), 0);
	assert_int_equal(gsup_link_send(fix->link, &message, 2), 0);
	gsup_link_free(fix->link);
	fix->link = NULL;
	assert_int_equal(fix->sent, 2);
	assert_int_equal(fix->lost + fix->downs, 0);
}

static void send__much__arrives_whole_although_the_peer_reads_slowly(void **state)
{
	struct gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = digits_pack(IMSI),
		.session_state = OSMO_GSUP_SESSION_STATE_END, .session_id = 5,
	};
	struct fixture *fix = *state;
	uint8_t octets[65536];
	struct ipa_frame frame;
	size_t have = 0, used;
	unsigned int found = 0;
	int n;

	for (unsigned int i = 0; i < 60000; i++)
		assert_int_equal(gsup_link_send(fix->link, &message, 0), 0);
	while (found < 60000) {
		run_ms(1);
		n = recv(fix->hlr.fd, octets + have, sizeof(octets) - have, MSG_DONTWAIT);
		if (n < 0)
			continue;
		have += n;
		for (used = 0; (n = ipa_frame_read(octets + used, have - used, &frame)); used += n) {
			assert_true(n > 0);
			found += frame.stream == 0xee;
		}
		have -= used;
		memmove(octets, octets + used, have);
	}
	assert_int_equal(fix->downs, 0);
}

static void new__address_is_a_name__is_refused(void **state)
{
	struct link_settings settings = { .name = "t", .address = "hlr.example", .us = "EUSE-t" };

	assert_null(gsup_link_new(NULL, &settings, &ops, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(setup__identity__as_accepted_by_osmohlr, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_one_octet_at_a_time__is_one_message, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_split_and_joined_anywhere__each_message_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			rx__F12_length_contradicts_its_elements__only_that_message_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_framing_lost__closes_the_link_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_hlr_closes__reconnects_and_works_again, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_nobody_listens__backs_off_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(link__hlr_comes_and_goes__backs_off_and_logs_few_lines_a_minute, setup,
						teardown),
		cmocka_unit_test_setup_teardown(link__hlr_refuses_us_each_time__logs_few_lines_a_minute, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__flood_of_messages_not_understood__logs_one_line, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_half_open__dropped_without_pong, setup, teardown),
		cmocka_unit_test_setup_teardown(link__ping__is_answered_in_the_same_write_as_the_replies, setup,
						teardown),
		cmocka_unit_test_setup_teardown(send__peer_does_not_read__queue_is_bounded_and_the_link_dropped, setup,
						teardown),
		cmocka_unit_test_setup_teardown(receipt__peer_stops_reading_and_the_link_drops__rest_is_lost_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(receipt__link_is_freed__reports_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(send__much__arrives_whole_although_the_peer_reads_slowly, setup, teardown),
		cmocka_unit_test(new__address_is_a_name__is_refused),
	};

	log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

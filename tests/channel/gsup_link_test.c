/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The GSUP link against an HLR of our own that cuts, glues, closes and stays silent. hlr_test.c has a real one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "channel/gsup/gsup_link.h"
#include "channel/gsup/ipa_frame.h"
#include "starhash/log.h"
#include "tests/cmocka.h"

#define IMSI "001010000000001"

struct fake {
	void *ctx;
	int listener;
	int fd;				/* the link's connection; -1: none */
	struct gsup_link_settings settings;
	struct gsup_link *link;
	unsigned int ups, downs, malformed, overflows, messages;
	uint32_t last_session;
	bool reply;			/* answer each message with itself */
};

static void event_cb(void *user, enum gsup_link_event event)
{
	struct fake *fake = user;

	fake->ups += event == GSUP_LINK_UP;
	fake->downs += event == GSUP_LINK_DOWN;
	fake->malformed += event == GSUP_LINK_MALFORMED;
	fake->overflows += event == GSUP_LINK_OVERFLOW;
}

static void rx_cb(void *user, const struct osmo_gsup_message *message)
{
	struct fake *fake = user;

	assert_string_equal(message->imsi, IMSI);
	fake->messages++;
	fake->last_session = message->session_id;
	if (fake->reply)
		assert_int_equal(gsup_link_send(fake->link, message), 0);
}

static const struct gsup_link_ops ops = { event_cb, rx_cb };

static void fake_listen(struct fake *fake)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);

	fake->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fake->listener, 5), 0);
	getsockname(fake->listener, (struct sockaddr *)&address, &len);
	fake->settings.port = ntohs(address.sin_port);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void no_op(void *data)
{
}

/* Let the loop run for a while. */
static void run_ms(unsigned int ms)
{
	struct osmo_timer_list timer = { 0 };
	long long until = now_ms() + ms;

	osmo_timer_setup(&timer, no_op, NULL);
	while (now_ms() < until) {
		osmo_timer_schedule(&timer, 0, 1000);
		osmo_select_main(0);
	}
	osmo_timer_del(&timer);
}

/* Run until \a counter reaches \a value. */
static void run_until(const unsigned int *counter, unsigned int value)
{
	long long until = now_ms() + 5000;

	while (*counter < value && now_ms() < until)
		run_ms(1);
	assert_int_equal(*counter, value);
}

static void fake_send(struct fake *fake, const void *data, size_t len)
{
	assert_int_equal(send(fake->fd, data, len, MSG_NOSIGNAL), len);
}

/* Take the connection and ask for the identity, as OsmoHLR does. */
static void fake_accept(struct fake *fake)
{
	static const uint8_t id_get[] = { 0, 17, 0xfe, 4, 1, 8, 1, 7, 1, 2, 1, 3, 1, 4, 1, 5, 1, 1, 1, 0 };
	static const uint8_t id_ack[] = { 0, 1, 0xfe, 6 };
	unsigned int ups = fake->ups;
	int on = 1;

	fake->fd = accept(fake->listener, NULL, NULL);
	assert_true(fake->fd >= 0);
	setsockopt(fake->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fake_send(fake, id_get, sizeof(id_get));
	fake_send(fake, id_ack, sizeof(id_ack));
	run_until(&fake->ups, ups + 1);
}

static int setup(void **state)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	fake->ctx = talloc_named_const(NULL, 0, "link test");
	fake_listen(fake);
	fake->settings.name = "test";
	fake->settings.address = "127.0.0.1";
	fake->settings.unit_name = "EUSE-test";
	fake->settings.backoff_min_ms = 20;
	fake->settings.backoff_max_ms = 100;
	fake->link = gsup_link_new(fake->ctx, &fake->settings, &ops, fake);
	assert_non_null(fake->link);
	fake_accept(fake);
	*state = fake;
	return 0;
}

static int teardown(void **state)
{
	struct fake *fake = *state;

	gsup_link_free(fake->link);
	close(fake->fd);
	close(fake->listener);
	talloc_free(fake->ctx);
	free(fake);
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
	struct msgb *msg = msgb_alloc(1024, "test");
	size_t len;

	assert_int_equal(osmo_gsup_encode(msg, &message), 0);
	len = msgb_length(msg);
	memcpy(out, (uint8_t[]){ 0, len + 1, 0xee, 5 }, 4);
	memcpy(out + 4, msgb_data(msg), len);
	msgb_free(msg);
	return len + 4;
}

static void setup__identity__is_what_osmohlr_was_seen_to_take(void **state)
{
	static const char name[] = "\x00\x0b\x01" "EUSE-test\0" "\x00\x0b\x00" "EUSE-test";
	struct fake *fake = *state;
	uint8_t octets[512];
	ssize_t n;

	run_ms(20);
	n = recv(fake->fd, octets, sizeof(octets), 0);
	assert_true(n > 0);
	assert_int_equal(octets[2], 0xfe);
	assert_int_equal(octets[3], 5);
	assert_non_null(memmem(octets, n, name, sizeof(name)));
	assert_non_null(memmem(octets, n, "\x00\x01\xfe\x06", 4));
	assert_true(gsup_link_is_up(fake->link));
	assert_string_equal(gsup_link_state_name(fake->link), "up");
}

static void rx__F12_one_octet_at_a_time__is_one_message(void **state)
{
	struct fake *fake = *state;
	uint8_t octets[128];
	size_t len = message_put(octets, 77);

	for (size_t i = 0; i < len; i++) {
		assert_int_equal(fake->messages, 0);
		fake_send(fake, octets + i, 1);
		run_ms(1);
	}
	run_until(&fake->messages, 1);
	assert_int_equal(fake->last_session, 77);
}

static void rx__F12_cut_and_glued_anywhere__gives_each_message_once(void **state)
{
	struct fake *fake = *state;
	uint8_t octets[512];
	size_t one = message_put(octets, 1), len = one;

	len += message_put(octets + len, 2);
	len += message_put(octets + len, 3);
	for (size_t cut = 0; cut <= len; cut++) {
		unsigned int messages = fake->messages;

		fake_send(fake, octets, cut);
		run_ms(1);
		fake_send(fake, octets + cut, len - cut);
		run_until(&fake->messages, messages + 3);
		assert_int_equal(fake->last_session, 3);
	}
	assert_int_equal(fake->downs, 0);
}

static void rx__F12_message_shorter_or_longer_than_its_parts_say__is_dropped_alone(void **state)
{
	struct fake *fake = *state;
	uint8_t octets[256];
	size_t len = message_put(octets, 1);

	octets[1] -= 3;				/* the frame ends inside of the last element */
	fake_send(fake, octets, len - 3);
	fake_send(fake, (uint8_t[]){ 0, 0, 0xee }, 3);
	fake_send(fake, (uint8_t[]){ 0, 1, 0xee, 5 }, 4);
	fake_send(fake, (uint8_t[]){ 0, 2, 0xee, 0, 1 }, 5);
	fake_send(fake, (uint8_t[]){ 0, 1, 0xfe, 9 }, 4);
	len = message_put(octets, 9);
	fake_send(fake, octets, len);
	run_until(&fake->messages, 1);
	assert_int_equal(fake->malformed, 5);
	assert_int_equal(fake->last_session, 9);
	assert_int_equal(fake->downs, 0);
}

static void rx__F12_framing_lost__closes_the_link_and_comes_back(void **state)
{
	static const uint8_t lost[][4] = { { 0, 5, 0x00, 1 }, { 0x20, 0, 0xee, 5 }, { 'H', 'T', 'T', 'P' } };
	struct fake *fake = *state;

	for (unsigned int i = 0; i < sizeof(lost) / sizeof(*lost); i++) {
		fake_send(fake, lost[i], 4);
		run_until(&fake->downs, i + 1);
		close(fake->fd);
		fake_accept(fake);
	}
}

static void link__F10_hlr_closes__reconnects_and_speaks_again(void **state)
{
	struct fake *fake = *state;
	uint8_t octets[128];

	for (unsigned int i = 1; i <= 3; i++) {
		/* Half a message of the dead connection must not be glued to the next one. */
		fake_send(fake, octets, message_put(octets, 1) / 2);
		run_ms(2);
		close(fake->fd);
		run_until(&fake->downs, i);
		assert_int_equal(gsup_link_send(fake->link, &(struct osmo_gsup_message){ 0 }), -ENOTCONN);
		fake_accept(fake);
		fake_send(fake, octets, message_put(octets, 40 + i));
		run_until(&fake->messages, i);
	}
}

static void link__F10_nobody_listens__backs_off_and_comes_back(void **state)
{
	struct fake *fake = *state;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(fake->settings.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1;

	close(fake->listener);
	close(fake->fd);
	run_until(&fake->downs, 1);
	run_ms(200);
	fake->listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fake->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fake->listener, 5), 0);
	fake_accept(fake);
}

static void link__F10_half_open__is_given_up_without_pong(void **state)
{
	struct fake *fake = *state;

	close(fake->fd);
	run_until(&fake->downs, 1);
	fake->settings.ping_ms = 50;
	fake_accept(fake);
	run_ms(30);
	fake_send(fake, (uint8_t[]){ 0, 1, 0xfe, 1 }, 4);
	run_ms(50);
	assert_int_equal(fake->downs, 1);
	run_until(&fake->downs, 2);
}

static void link__ping__is_answered_in_the_same_write_as_the_replies(void **state)
{
	struct fake *fake = *state;
	uint8_t octets[1024], back[1024];
	size_t len = 0, one;
	ssize_t n;

	run_ms(10);
	recv(fake->fd, back, sizeof(back), MSG_DONTWAIT);
	fake->reply = true;
	for (unsigned int i = 0; i < 5; i++)
		len += one = message_put(octets + len, i);
	memcpy(octets + len, (uint8_t[]){ 0, 1, 0xfe, 0 }, 4);
	fake_send(fake, octets, len + 4);
	run_until(&fake->messages, 5);
	n = recv(fake->fd, back, sizeof(back), 0);
	assert_int_equal(n, len + 4);
	assert_memory_equal(back + len, "\x00\x01\xfe\x01", 4);
}

static void send__peer_does_not_read__is_bounded_and_gives_the_link_up(void **state)
{
	static uint8_t component[200];
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_RESULT,
		.imsi = IMSI,
		.session_state = OSMO_GSUP_SESSION_STATE_END,
		.session_id = 1,
		.ss_info = component,
		.ss_info_len = sizeof(component),
	};
	struct fake *fake = *state;
	unsigned int sent = 0;

	while (gsup_link_send(fake->link, &message) == 0)
		sent++;
	assert_in_range(sent, 4 * 1024 * 1024 / 240, 4 * 1024 * 1024 / 200);
	assert_int_equal(gsup_link_send(fake->link, &message), -ENOBUFS);
	assert_int_equal(fake->overflows, 1);
	run_until(&fake->downs, 1);
	close(fake->fd);
	fake_accept(fake);
	assert_int_equal(gsup_link_send(fake->link, &message), 0);
}

static void send__much__arrives_whole_when_the_peer_reads_slowly(void **state)
{
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = IMSI,
		.session_state = OSMO_GSUP_SESSION_STATE_END, .session_id = 5,
	};
	struct fake *fake = *state;
	uint8_t octets[65536];
	struct ipa_frame frame;
	size_t have = 0, used;
	unsigned int found = 0;
	int n;

	for (unsigned int i = 0; i < 60000; i++)
		assert_int_equal(gsup_link_send(fake->link, &message), 0);
	while (found < 60000) {
		run_ms(1);
		n = recv(fake->fd, octets + have, sizeof(octets) - have, MSG_DONTWAIT);
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
	assert_int_equal(fake->downs, 0);
}

static void new__address_is_a_name__is_refused(void **state)
{
	struct gsup_link_settings settings = { .name = "t", .address = "hlr.example", .port = 1, .unit_name = "EUSE-t" };

	assert_null(gsup_link_new(NULL, &settings, &ops, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(setup__identity__is_what_osmohlr_was_seen_to_take, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_one_octet_at_a_time__is_one_message, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_cut_and_glued_anywhere__gives_each_message_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			rx__F12_message_shorter_or_longer_than_its_parts_say__is_dropped_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(rx__F12_framing_lost__closes_the_link_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_hlr_closes__reconnects_and_speaks_again, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_nobody_listens__backs_off_and_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(link__F10_half_open__is_given_up_without_pong, setup, teardown),
		cmocka_unit_test_setup_teardown(link__ping__is_answered_in_the_same_write_as_the_replies, setup,
						teardown),
		cmocka_unit_test_setup_teardown(send__peer_does_not_read__is_bounded_and_gives_the_link_up, setup,
						teardown),
		cmocka_unit_test_setup_teardown(send__much__arrives_whole_when_the_peer_reads_slowly, setup, teardown),
		cmocka_unit_test(new__address_is_a_name__is_refused),
	};

	msgb_talloc_ctx_init(NULL, 0);
	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

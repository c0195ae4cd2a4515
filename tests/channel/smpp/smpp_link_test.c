/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The SMPP link against a fake SMSC that splits and joins PDUs, throttles, closes and stays silent. peers_test.sh uses
 * real ones. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "channel/smpp/smpp_link.h"
#include "starhash/log.h"
#include "tests/channel/loop.h"
#include "tests/channel/smpp/fake_smsc.h"
#include "tests/cmocka.h"

#define TOKENS_MAX 4096

struct fixture {
	void *ctx;
	struct fake_smsc smsc;
	struct smpp_link_settings settings;
	struct smpp_link *link;
	char password_file[64];
	unsigned int events[SMPP_LINK_ROOM + 1];
	unsigned int messages;
	unsigned int outcomes[SMPP_UNSENT + 1];
	uint64_t tokens[TOKENS_MAX];	/* of completed requests, in order */
	unsigned int done;
	uint32_t last_status;
	char last_id[SMPP_MESSAGE_ID_MAX + 1];
	char last_text[SMPP_SHORT_MESSAGE_MAX + 1];
	struct smpp_ticket ticket;
	bool later;			/* do not answer at once */
};

static void event_cb(void *user, unsigned int event)
{
	struct fixture *fix = user;

	fix->events[event]++;
}

static void rx_cb(void *user, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	struct fixture *fix = user;

	fix->messages++;
	fix->ticket = *ticket;
	memcpy(fix->last_text, pdu->short_message.at, pdu->short_message.len);
	fix->last_text[pdu->short_message.len] = '\0';
	if (!fix->later)
		assert_int_equal(smpp_link_answer(fix->link, ticket, 0), 0);
}

static void done_cb(void *user, struct smpp_token token, enum smpp_outcome outcome, const struct smpp_pdu *request,
		    const struct smpp_pdu *response)
{
	struct fixture *fix = user;

	assert_int_equal(request->command, SMPP_SUBMIT_SM);
	assert_string_equal(request->destination, "13800138000");
	assert_int_equal(outcome == SMPP_ANSWERED, response != NULL);
	fix->outcomes[outcome]++;
	assert_true(fix->done < TOKENS_MAX);
	fix->tokens[fix->done++] = token.id;
	if (!response)
		return;
	fix->last_status = response->status;
	snprintf(fix->last_id, sizeof(fix->last_id), "%s", response->message_id);
}

static const struct smpp_link_ops ops = { .event = event_cb, .rx = rx_cb, .done = done_cb };

/* Our password file with the given mode. */
static void password_put(struct fixture *fix, const char *password, mode_t mode)
{
	FILE *file = fopen(fix->password_file, "w");

	assert_non_null(file);
	fputs(password, file);
	fclose(file);
	assert_int_equal(chmod(fix->password_file, mode), 0);
}

static void link_open(struct fixture *fix)
{
	fix->link = smpp_link_new(fix->ctx, &fix->settings, &ops, fix);
	assert_non_null(fix->link);
}

static void link_accept(struct fixture *fix)
{
	unsigned int ups = fix->events[LINK_UP];

	smsc_bind(&fix->smsc);
	run_until(&fix->events[LINK_UP], ups + 1);
}

/* A link not yet opened, for tests with their own settings. */
static int setup_closed(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	fix->ctx = talloc_named_const(NULL, 0, "link test");
	smsc_listen(&fix->smsc, 0);
	snprintf(fix->password_file, sizeof(fix->password_file), "/tmp/smpp_link_test.XXXXXX");
	close(mkstemp(fix->password_file));
	password_put(fix, "secret08\n", 0600);
	fix->settings = (struct smpp_link_settings){
		.link = { .name = "test", .address = "127.0.0.1", .port = fix->smsc.port, .us = "starhash",
			  .backoff_min_ms = 20, .backoff_max_ms = 100 },
		.bind = SMPP_BIND_TRANSCEIVER, .password_file = fix->password_file, .system_type = "USSD", .pause_min_ms = 20,
		.pause_max_ms = 80,
	};
	*state = fix;
	return 0;
}

static int setup(void **state)
{
	setup_closed(state);
	link_open(*state);
	link_accept(*state);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	smpp_link_free(fix->link);
	smsc_close(&fix->smsc);
	close(fix->smsc.listener);
	unlink(fix->password_file);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static int submit(struct fixture *fix, uint64_t token)
{
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .source = "10086", .destination = "13800138000",
		.short_message = { (const uint8_t *)"hello", 5 },
	};

	return smpp_link_send(fix->link, &pdu, (struct smpp_token){ .id = token });
}

/* Writes one deliver_sm; returns its length in octets. */
static size_t deliver_put(uint8_t *out, uint32_t sequence)
{
	struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .sequence = sequence, .source = "13800138000", .destination = "10086",
		.short_message = { (const uint8_t *)"YE", 2 },
	};
	int n = smpp_write(&pdu, out, 256);

	assert_true(n > 0);
	return n;
}

/* ---- bind ---- */

static void bind__transceiver__carries_the_configuration(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	fix->settings.address_range = "^100";
	fix->settings.address_ton = 1;
	link_open(fix);
	smsc_accept(&fix->smsc);
	smsc_expect(&fix->smsc, SMPP_BIND_TRANSCEIVER, &pdu);
	assert_string_equal(pdu.system_id, "starhash");
	assert_string_equal(pdu.password, "secret08");
	assert_string_equal(pdu.system_type, "USSD");
	assert_string_equal(pdu.address_range, "^100");
	assert_int_equal(pdu.address_ton, 1);
	assert_int_equal(pdu.interface_version, 0x34);
	assert_false(smpp_link_is_up(fix->link));
	assert_int_equal(submit(fix, 1), -ENOTCONN);
}

static void bind__transmitter_and_receiver__are_two_links(void **state)
{
	static const enum smpp_command binds[] = { SMPP_BIND_TRANSMITTER, SMPP_BIND_RECEIVER };
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	for (unsigned int i = 0; i < 2; i++) {
		fix->settings.bind = binds[i];
		link_open(fix);
		smsc_accept(&fix->smsc);
		smsc_expect(&fix->smsc, binds[i], &pdu);
		smsc_answer(&fix->smsc, &pdu, 0);
		run_until(&fix->events[LINK_UP], i + 1);
		smpp_link_free(fix->link);
		fix->link = NULL;
		smsc_close(&fix->smsc);
	}
}

static void bind__refused__retried_with_the_password_of_that_time(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	link_open(fix);
	smsc_accept(&fix->smsc);
	smsc_expect(&fix->smsc, SMPP_BIND_TRANSCEIVER, &pdu);
	password_put(fix, "other", 0400);
	smsc_answer(&fix->smsc, &pdu, SMPP_RINVPASWD);
	run_until(&fix->events[SMPP_LINK_REFUSED], 1);
	smsc_close(&fix->smsc);
	smsc_accept(&fix->smsc);
	smsc_expect(&fix->smsc, SMPP_BIND_TRANSCEIVER, &pdu);
	assert_string_equal(pdu.password, "other");
	assert_int_equal(fix->events[LINK_DOWN], 0);
}

static void bind__password_file_invalid__no_bind_until_it_is_corrected(void **state)
{
	static const struct { const char *password; mode_t mode; } rows[] = {
		{ "secret", 0640 }, { "secret", 0604 }, { "secret", 0660 }, { "secret", 0601 }, { "123456789", 0600 },
	};
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		password_put(fix, rows[i].password, rows[i].mode);
		link_open(fix);
		smsc_accept(&fix->smsc);
		assert_false(smsc_poll(&fix->smsc, &pdu, 20));
		smsc_close(&fix->smsc);
		smpp_link_free(fix->link);
		smsc_forget(&fix->smsc);
	}
	password_put(fix, "12345678", 0400);
	link_open(fix);
	link_accept(fix);
}

static void new__invalid_settings__refused(void **state)
{
	struct smpp_link_settings name = { .link = { .name = "t", .address = "smsc.example", .us = "" },
					   .bind = SMPP_BIND_RECEIVER };
	struct smpp_link_settings id = { .link = { .name = "t", .address = "::1", .port = 1, .us = "a name of 16 octets" },
					 .bind = SMPP_BIND_RECEIVER };

	assert_null(smpp_link_new(NULL, &name, &ops, NULL));
	assert_null(smpp_link_new(NULL, &id, &ops, NULL));
}

/* ---- input ---- */

static void rx__deliver_sm__is_answered_in_the_same_write_with_its_message_id(void **state)
{
	static const uint8_t expected[] = { 0, 0, 0, 17, 0x80, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7, 0 };
	struct fixture *fix = *state;
	uint8_t octets[256];
	struct smpp_pdu pdu;

	assert_false(smsc_poll(&fix->smsc, &pdu, 20));
	smsc_send_octets(&fix->smsc, octets, deliver_put(octets, 7));
	run_until(&fix->messages, 1);
	assert_string_equal(fix->last_text, "YE");
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	assert_int_equal(fix->smsc.pdu_len, sizeof(expected));
	assert_memory_equal(fix->smsc.in, expected, sizeof(expected));
}

static void rx__F26_overload__is_answered_later_with_a_status_and_the_empty_id(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[256];
	struct smpp_pdu pdu;

	fix->later = true;
	smsc_send_octets(&fix->smsc, octets, deliver_put(octets, 9));
	run_until(&fix->messages, 1);
	assert_false(smsc_poll(&fix->smsc, &pdu, 20));
	assert_int_equal(smpp_link_answer(fix->link, &fix->ticket, SMPP_RTHROTTLED), 0);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	assert_int_equal(pdu.status, SMPP_RTHROTTLED);
	assert_int_equal(pdu.sequence, 9);
	assert_int_equal(fix->smsc.pdu_len, 17);
}

static void answer__connection_of_the_request_is_gone__reported(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[256];

	fix->later = true;
	smsc_send_octets(&fix->smsc, octets, deliver_put(octets, 9));
	run_until(&fix->messages, 1);
	smsc_close(&fix->smsc);
	link_accept(fix);
	assert_int_equal(smpp_link_answer(fix->link, &fix->ticket, 0), -ENOTCONN);
}

static void rx__F12_one_octet_at_a_time__is_one_message(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[256];
	size_t n = deliver_put(octets, 1);

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(fix->messages, 0);
		smsc_send_octets(&fix->smsc, octets + i, 1);
		run_ms(1);
	}
	run_until(&fix->messages, 1);
}

static void rx__F12_split_and_joined_anywhere__each_message_once(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[4 * 256];
	size_t n = 0, cut;

	for (unsigned int i = 0; i < 4; i++)
		n += deliver_put(octets + n, i);
	for (cut = 1; cut < n; cut += 3) {
		fix->messages = 0;
		smsc_send_octets(&fix->smsc, octets, cut);
		run_ms(1);
		smsc_send_octets(&fix->smsc, octets + cut, n - cut);
		run_until(&fix->messages, 4);
	}
	assert_int_equal(fix->events[LINK_MALFORMED], 0);
}

static void rx__F12_length_contradicts_its_parts__only_that_pdu_is_refused(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[512];
	size_t n = deliver_put(octets, 5);
	struct smpp_pdu pdu;

	/* two octets within the announced length that are not a parameter */
	octets[3] += 2;
	octets[n] = octets[n + 1] = 1;
	n += 2;
	n += deliver_put(octets + n, 6);
	smsc_send_octets(&fix->smsc, octets, n);
	run_until(&fix->messages, 1);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	assert_int_equal(pdu.status, SMPP_RINVCMDLEN);
	assert_int_equal(pdu.sequence, 5);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_DELIVER_SM, &pdu);
	assert_int_equal(pdu.status, 0);
	assert_int_equal(fix->events[LINK_MALFORMED], 1);
	assert_int_equal(fix->events[LINK_DOWN], 0);
}

static void rx__F12_framing_lost__closes_the_link_and_comes_back(void **state)
{
	static const char *const garbage[] = { "GET / HTTP/1.1\r\n\r\n", "\0\0\0\x0f----------------", "\0\x01\0\x01----" };
	static const size_t lens[] = { 18, 20, 8 };
	struct fixture *fix = *state;

	for (unsigned int i = 0; i < 3; i++) {
		smsc_send_octets(&fix->smsc, garbage[i], lens[i]);
		run_until(&fix->events[LINK_DOWN], i + 1);
		smsc_close(&fix->smsc);
		link_accept(fix);
	}
}

static void rx__unknown_command__nacked_and_the_link_stays(void **state)
{
	static const uint8_t unknown[] = { 0, 0, 0, 19, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 77, 1, 2, 3 };
	static const uint8_t unknown_resp[] = { 0, 0, 0, 16, 0x80, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 78 };
	static const uint8_t submit_sm[] = { 0, 0, 0, 16, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 79 };
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	smsc_send_octets(&fix->smsc, unknown, sizeof(unknown));
	smsc_expect(&fix->smsc, SMPP_GENERIC_NACK, &pdu);
	assert_int_equal(pdu.status, SMPP_RINVCMDID);
	assert_int_equal(pdu.sequence, 77);
	smsc_send_octets(&fix->smsc, unknown_resp, sizeof(unknown_resp));
	smsc_send_octets(&fix->smsc, submit_sm, sizeof(submit_sm));
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_SUBMIT_SM, &pdu);
	assert_int_equal(pdu.status, SMPP_RINVCMDLEN);
	assert_int_equal(fix->events[LINK_MALFORMED], 3);
	assert_int_equal(fix->events[LINK_DOWN], 0);
}

static void rx__enquire_alert_unbind__answered_ignored_and_obeyed(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu enquire = { .command = SMPP_ENQUIRE_LINK, .sequence = 5 }, pdu;
	struct smpp_pdu alert = { .command = SMPP_ALERT_NOTIFICATION, .sequence = 6, .source = "1" };
	struct smpp_pdu leave = { .command = SMPP_UNBIND, .sequence = 7 };

	smsc_send(&fix->smsc, &enquire);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_ENQUIRE_LINK, &pdu);
	assert_int_equal(pdu.sequence, 5);
	smsc_send(&fix->smsc, &alert);
	smsc_send(&fix->smsc, &leave);
	smsc_expect(&fix->smsc, SMPP_RESPONSE | SMPP_UNBIND, &pdu);
	run_until(&fix->events[LINK_DOWN], 1);
	assert_int_equal(fix->events[LINK_MALFORMED], 0);
	smsc_close(&fix->smsc);
	link_accept(fix);
}

/* ---- output ---- */

static void send__response__reaches_its_request(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu first, second;

	assert_int_equal(submit(fix, 100), 0);
	assert_int_equal(submit(fix, 200), 0);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &first);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &second);
	smsc_answer(&fix->smsc, &second, SMPP_RSUBMITFAIL);
	run_until(&fix->done, 1);
	assert_int_equal(fix->tokens[0], 200);
	assert_int_equal(fix->last_status, SMPP_RSUBMITFAIL);
	smsc_answer(&fix->smsc, &first, 0);
	run_until(&fix->done, 2);
	assert_int_equal(fix->tokens[1], 100);
	assert_string_equal(fix->last_id, "1a");
	/* once more, without effect */
	smsc_answer(&fix->smsc, &first, 0);
	run_until(&fix->events[LINK_MALFORMED], 1);
	assert_int_equal(smpp_link_load(fix->link), 0);
}

static void send__generic_nack__is_a_response(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu, nack = { .command = SMPP_GENERIC_NACK, .status = SMPP_RINVCMDID };

	submit(fix, 1);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	nack.sequence = pdu.sequence;
	smsc_send(&fix->smsc, &nack);
	run_until(&fix->outcomes[SMPP_ANSWERED], 1);
	assert_int_equal(fix->last_status, SMPP_RINVCMDID);
}

static void send__more_than_window_and_queue__refused_until_there_is_room(void **state)
{
	struct fixture *fix = *state;
	unsigned int sent = 0, taken;
	struct smpp_pdu pdu;

	while (submit(fix, sent) == 0)
		sent++;
	assert_int_equal(submit(fix, sent), -ENOBUFS);
	assert_int_equal(sent, 1000);
	for (taken = 0; taken < 10; taken++)
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	assert_false(smsc_poll(&fix->smsc, &pdu, 20));
	assert_int_equal(fix->events[SMPP_LINK_ROOM], 0);
	for (uint32_t sequence = pdu.sequence - 9; taken < sent; sequence++) {
		pdu = (struct smpp_pdu){ .command = SMPP_SUBMIT_SM, .sequence = sequence };
		smsc_answer(&fix->smsc, &pdu, 0);
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
		taken++;
	}
	assert_int_equal(fix->events[SMPP_LINK_ROOM], 1);
	assert_int_equal(fix->done, 990);
	for (unsigned int i = 0; i < fix->done; i++)
		assert_int_equal(fix->tokens[i], i);
}

static void send__throttled__repeated_in_order_and_completed_once(void **state)
{
	struct fixture *fix = *state;
	unsigned int refused = 0, taken = 0;
	struct smpp_pdu pdu;

	for (unsigned int i = 0; i < 30; i++)
		assert_int_equal(submit(fix, i), 0);
	while (taken < 30) {
		bool refuse = refused < 10;

		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
		refused += refuse;
		taken += !refuse;
		smsc_answer(&fix->smsc, &pdu, !refuse ? 0 : refused % 2 ? SMPP_RTHROTTLED : SMPP_RMSGQFUL);
	}
	run_until(&fix->done, 30);
	assert_int_equal(fix->events[SMPP_LINK_THROTTLED], 10);
	assert_int_equal(fix->outcomes[SMPP_ANSWERED], 30);
	for (unsigned int i = 0; i < 30; i++)
		assert_int_equal(fix->tokens[i], i);
}

static void send__no_response__returned_unanswered(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	fix->settings.response_ms = 30;
	link_open(fix);
	link_accept(fix);
	submit(fix, 5);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	run_until(&fix->outcomes[SMPP_UNANSWERED], 1);
	assert_int_equal(fix->events[LINK_DOWN], 0);
	smsc_answer(&fix->smsc, &pdu, 0);
	run_until(&fix->events[LINK_MALFORMED], 1);
}

static void link__F10_closed_under_load__everything_returned_once_in_order(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	for (unsigned int i = 0; i < 100; i++)
		submit(fix, i);
	for (unsigned int i = 0; i < 4; i++) {
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
		smsc_answer(&fix->smsc, &pdu, 0);
	}
	run_until(&fix->done, 4);
	/* in the middle of a PDU */
	smsc_send_octets(&fix->smsc, "\0\0\0\x20\0", 5);
	run_ms(5);
	smsc_close(&fix->smsc);
	run_until(&fix->done, 100);
	assert_int_equal(fix->outcomes[SMPP_UNANSWERED], 10);
	assert_int_equal(fix->outcomes[SMPP_UNSENT], 86);
	for (unsigned int i = 0; i < 100; i++)
		assert_int_equal(fix->tokens[i], i);
	link_accept(fix);
	assert_int_equal(submit(fix, 100), 0);
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
}

static void free__link_up__unbinds_and_returns_requests(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	submit(fix, 1);
	smpp_link_free(fix->link);
	fix->link = NULL;
	assert_int_equal(fix->outcomes[SMPP_UNSENT], 1);
	assert_int_equal(fix->events[LINK_DOWN], 1);
	smsc_expect(&fix->smsc, SMPP_UNBIND, &pdu);
}

static void link__F10_half_open__dropped_without_enquire_link_resp(void **state)
{
	struct fixture *fix = *state;

	fix->settings.link.keep_alive_ms = 30;
	link_open(fix);
	link_accept(fix);
	run_until(&fix->events[LINK_DOWN], 1);
}

static void link__F10_idle__enquire_link_holds_it_up(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;

	fix->settings.link.keep_alive_ms = 20;
	link_open(fix);
	link_accept(fix);
	assert_false(smsc_poll(&fix->smsc, &pdu, 300));
	assert_int_equal(fix->events[LINK_DOWN], 0);
}

static void link__F10_no_listener_or_no_answer__backs_off_and_comes_back(void **state)
{
	struct fixture *fix = *state;
	uint16_t port = fix->smsc.port;

	fix->settings.link.setup_ms = 100;
	close(fix->smsc.listener);
	link_open(fix);
	run_ms(100);
	smsc_listen(&fix->smsc, port);
	/* silent: no answer to the bind */
	smsc_accept(&fix->smsc);
	run_ms(200);
	smsc_forget(&fix->smsc);
	link_accept(fix);
}

static unsigned int lines;

static void line_count(struct log_target *target, unsigned int level, const char *text)
{
	lines++;
}

/* It accepts connections and refuses every bind. */
static void link__smsc_refuses_every_bind__log_stays_short_A40(void **state)
{
	struct fixture *fix = *state;
	struct smpp_pdu pdu;
	unsigned int i;

	osmo_stderr_target->output = line_count;
	lines = 0;
	fix->settings.link.backoff_max_ms = 20;
	link_open(fix);
	for (i = 0; i < 30; i++) {
		smsc_accept(&fix->smsc);
		smsc_expect(&fix->smsc, fix->settings.bind, &pdu);
		smsc_answer(&fix->smsc, &pdu, SMPP_RINVPASWD);
		run_until(&fix->events[SMPP_LINK_REFUSED], i + 1);
		smsc_close(&fix->smsc);
	}
	assert_in_range(lines, 2, 15);
}

static void send__peer_does_not_read__queue_is_bounded_and_the_link_dropped(void **state)
{
	static uint8_t payload[60000];
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .destination = "13800138000", .tlvs = 1u << SMPP_TLV_MESSAGE_PAYLOAD,
		.message_payload = { payload, sizeof(payload) },
	};
	struct fixture *fix = *state;
	unsigned int sent = 0;

	fix->settings.window = 1000;
	link_open(fix);
	link_accept(fix);
	while (!fix->events[LINK_OVERFLOW] && sent < 1000) {
		assert_int_equal(smpp_link_send(fix->link, &pdu, (struct smpp_token){ .id = sent++ }), 0);
		run_ms(0);
	}
	while (!fix->events[LINK_DOWN])
		run_ms(1);
	assert_int_equal(fix->events[LINK_OVERFLOW], 1);
	assert_int_equal(fix->done, sent);
}

static void rate__two_hundred_a_second__observed(void **state)
{
	struct fixture *fix = *state;
	long long start = now_ms();
	struct smpp_pdu pdu;

	fix->settings.rate = 200;
	link_open(fix);
	link_accept(fix);
	start = now_ms();
	for (unsigned int i = 0; i < 60; i++)
		submit(fix, i);
	for (unsigned int i = 0; i < 60; i++) {
		smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
		smsc_answer(&fix->smsc, &pdu, 0);
	}
	assert_in_range(now_ms() - start, 270, 2000);
}

/* A42: one read got all of them, but other links are served in between. */
static void flood__many_pdus_at_once__a_few_in_each_round(void **state)
{
	struct fixture *fix = *state;
	uint8_t octets[200 * 64];
	unsigned int i, rounds = 0, before;
	size_t len = 0;

	for (i = 0; i < 200; i++)
		len += deliver_put(octets + len, i + 1);
	smsc_send_octets(&fix->smsc, octets, len);
	while (fix->messages < 200 && rounds < 10000) {
		before = fix->messages;
		osmo_select_main(1);
		assert_true(fix->messages - before <= 16);
		rounds += fix->messages > before;
	}
	assert_int_equal(fix->messages, 200);
	assert_true(rounds >= 200 / 16);
	for (i = 0; i < 200; i++) {
		struct smpp_pdu pdu;

		smsc_expect(&fix->smsc, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
		assert_int_equal(pdu.sequence, i + 1);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, setup_closed, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_CLOSED(bind__transceiver__carries_the_configuration),
		TEST_CLOSED(bind__transmitter_and_receiver__are_two_links),
		TEST_CLOSED(bind__refused__retried_with_the_password_of_that_time),
		TEST_CLOSED(bind__password_file_invalid__no_bind_until_it_is_corrected),
		cmocka_unit_test(new__invalid_settings__refused),
		TEST(flood__many_pdus_at_once__a_few_in_each_round),
		TEST(rx__deliver_sm__is_answered_in_the_same_write_with_its_message_id),
		TEST(rx__F26_overload__is_answered_later_with_a_status_and_the_empty_id),
		TEST(answer__connection_of_the_request_is_gone__reported),
		TEST(rx__F12_one_octet_at_a_time__is_one_message),
		TEST(rx__F12_split_and_joined_anywhere__each_message_once),
		TEST(rx__F12_length_contradicts_its_parts__only_that_pdu_is_refused),
		TEST(rx__F12_framing_lost__closes_the_link_and_comes_back),
		TEST(rx__unknown_command__nacked_and_the_link_stays),
		TEST(rx__enquire_alert_unbind__answered_ignored_and_obeyed),
		TEST(send__response__reaches_its_request),
		TEST(send__generic_nack__is_a_response),
		TEST(send__more_than_window_and_queue__refused_until_there_is_room),
		TEST(send__throttled__repeated_in_order_and_completed_once),
		TEST_CLOSED(send__no_response__returned_unanswered),
		TEST(link__F10_closed_under_load__everything_returned_once_in_order),
		TEST(free__link_up__unbinds_and_returns_requests),
		TEST_CLOSED(link__F10_half_open__dropped_without_enquire_link_resp),
		TEST_CLOSED(link__F10_idle__enquire_link_holds_it_up),
		TEST_CLOSED(link__F10_no_listener_or_no_answer__backs_off_and_comes_back),
		TEST_CLOSED(link__smsc_refuses_every_bind__log_stays_short_A40),
		TEST_CLOSED(send__peer_does_not_read__queue_is_bounded_and_the_link_dropped),
		TEST_CLOSED(rate__two_hundred_a_second__observed),
	};

	osmo_init_logging2(NULL, &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

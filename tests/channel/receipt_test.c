/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rule 10 of channel.h, end to end: a subscriber orders over a GSUP link whose HLR has stopped reading, the link drops with the
 * answer in it, and the notification that the answer would have replaced comes by short message. Server, accounts, menu and
 * sockets are real. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "channel/gsup/gsup.h"
#include "channel/gsup/gsup_settings.h"
#include "channel/gsup/ipa_frame.h"
#include "channel/gsup/ussd_codec.h"
#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/gate.h"
#include "tests/channel/fake_hlr.h"
#include "tests/channel/loop.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"
#include "tests/support/reload.h"

#define SESSION 0x20000001
#define CANARY UINT64_MAX		/* the test's own receipt */
#define PORTIONS 20			/* of some 50 KB, queued for an HLR that does not read */

struct bench {
	void *ctx;
	struct server *server;
	struct accounts *accounts;
	struct gsup_settings settings;
	struct channel *gsup;
	struct phones messages;
	struct fake_hlr hlr;
	void (*sent)(void *user, uint64_t receipt, int rc);	/* the server's */
	unsigned int canaries, lost_canaries, written, lost;
	/* the last message at the HLR */
	struct osmo_gsup_message message;
	struct ussd_component component;
	char text[200];
};

static struct bench *bench;

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	if (receipt == CANARY) {
		bench->canaries += !rc;
		bench->lost_canaries += rc != 0;
		return;
	}
	bench->written += !rc;
	bench->lost += rc != 0;
	bench->sent(user, receipt, rc);
}

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(112), text_budget_ussd(112) };

	return conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, problems);
}

static int setup(void **state)
{
	const struct accounts_settings accounts = { .store = "memory", .front = &gate_store_ops, .deadline_ms = 2000,
						    .password_tries = 3, .requests_max = 100 };
	const struct server_settings settings = { .dialogs_max = 100, .load_menu = load_menu };
	struct problems problems = {};

	bench = calloc(1, sizeof(*bench));
	bench->ctx = talloc_named_const(NULL, 0, "bench");
	bench->server = server_new(bench->ctx, &settings);
	assert_int_equal(accounts_new(bench->ctx, &accounts, server_accounts_done, &bench->accounts), 0);
	fixture_fill(&gate_store_ops, accounts_store(bench->accounts));
	server_set_accounts(bench->server, bench->accounts);
	fake_listen(&bench->hlr, 0);
	setsockopt(bench->hlr.listener, SOL_SOCKET, SO_RCVBUF, &(int){ 64 * 1024 }, sizeof(int));
	conf_read(NULL, gsup_channel_kind.rows, &bench->settings, &problems);
	bench->settings.port = bench->hlr.port;
	bench->gsup = gsup_channel_kind.create(bench->ctx, &bench->settings);
	phones_init(&bench->messages);
	bench->messages.channel.traits = (struct channel_traits){ .may_wait_long = true, .can_notify = true, .ends_silently = true };
	bench->messages.channel.name = "messages";
	server_add_channel(bench->server, bench->gsup);
	server_add_channel(bench->server, &bench->messages.channel);
	bench->sent = bench->gsup->sent;
	bench->gsup->sent = sent_cb;
	assert_int_equal(reload_now(bench->server, &problems), 0);
	problems_fini(&problems);	/* warnings */
	fake_accept(&bench->hlr);
	run_ms(20);
	return 0;
}

static int teardown(void **state)
{
	time_go_on();
	server_free(bench->server);
	if (bench->hlr.fd >= 0)
		fake_close(&bench->hlr);
	close(bench->hlr.listener);
	talloc_free(bench->ctx);
	free(bench);
	return 0;
}

static void phone_says(enum osmo_gsup_session_state session, const struct ussd_envelope *envelope, const char *text)
{
	uint8_t component[USSD_COMPONENT_MAX], frame[1024];
	const int len = ussd_write(envelope, text, strlen(text), component, sizeof(component));
	struct osmo_gsup_message message = {
		.message_type = OSMO_GSUP_MSGT_PROC_SS_REQUEST, .imsi = ALICE_IMSI, .session_state = session,
		.session_id = SESSION, .ss_info = component, .ss_info_len = len,
	};

	assert_true(len > 0);
	fake_send(&bench->hlr, frame, frame_put(&message, frame));
}

static void dial(const char *code)
{
	phone_says(OSMO_GSUP_SESSION_STATE_BEGIN, &(struct ussd_envelope){ USSD_INVOKE, USSD_PROCESS_REQUEST, 5, USSD_STRING_MAX },
		   code);
	run_ms(20);
}

/* Answers the last page at the HLR. */
static void answer(const char *text)
{
	phone_says(OSMO_GSUP_SESSION_STATE_CONTINUE,
		   &(struct ussd_envelope){ USSD_RESULT, USSD_REQUEST, bench->component.invoke_id, USSD_STRING_MAX }, text);
	run_ms(20);
}

/* The messages at the HLR, up to the last one: a text. */
static const char *hlr_hears(void)
{
	uint8_t octets[4096];
	struct ipa_frame frame;
	size_t used = 0, pos;
	ssize_t n, size;

	n = recv(bench->hlr.fd, octets, sizeof(octets), MSG_DONTWAIT);
	assert_true(n > 0);
	for (; (size = ipa_frame_read(octets + used, n - used, &frame)); used += size) {
		assert_true(size > 0);
		if (frame.stream != IPA_STREAM_OSMO)
			continue;
		pos = 0;
		assert_int_equal(osmo_gsup_decode(frame.data, frame.len, &bench->message), 0);
		assert_int_equal(ussd_read(bench->message.ss_info, bench->message.ss_info_len, &pos, &bench->component), 1);
		size_t len = ussd_text(&bench->component, bench->text, sizeof(bench->text) - 1);
		bench->text[len] = '\0';
	}
	return bench->text;
}

static void portion_send(void)
{
	const struct subscriber somebody = { .imsi = "001010000000077" };
	struct channel_text text = { .text = "The quick brown fox jumps over the lazy dog, again and again.", .len = 61 };

	for (unsigned int i = 1; i <= 500; i++) {
		text.receipt = i < 500 ? 0 : CANARY;
		assert_int_equal(bench->gsup->ops->notify(bench->gsup, &somebody, &text), 0);
	}
	run_ms(2);
}

/* More than the sockets of both sides hold: their buffers grow once if nothing moves for a while. */
static void hlr_stops_reading(void)
{
	unsigned int asked = 0;

	do {
		for (; asked < bench->canaries + PORTIONS; asked++)
			portion_send();
		run_ms(500);
	} while (asked < bench->canaries + PORTIONS / 2);
}

/* Moves the clock by this many seconds without waiting. */
static void wait_s(unsigned int seconds)
{
	time_stop();
	while (seconds--) {
		time_pass(1);
		for (unsigned int i = 0; i < 20; i++)
			osmo_select_main_ctx(1);
	}
	time_go_on();
}

static void order__answer_written__notification_is_acknowledged(void **state)
{
	dial("*100*4*103#");
	hlr_hears();
	answer("1");
	assert_string_equal(hlr_hears(), "WEATHER is open.");
	assert_int_equal(bench->written, 1);
	assert_int_equal(bench->lost, 0);
	wait_s(300);
	assert_int_equal(bench->messages.notifications, 0);
}

static void order__hlr_stops_reading_and_the_link_drops__notification_comes_again(void **state)
{
	dial("*100*4*103#");
	hlr_hears();
	hlr_stops_reading();
	answer("1");
	run_ms(200);
	assert_int_equal(bench->written + bench->lost, 0);	/* the answer is queued, and not reported as sent */
	fake_close(&bench->hlr);
	run_until(&bench->lost, 1);
	assert_in_range(bench->lost_canaries, 1, PORTIONS);
	assert_int_equal(bench->messages.notifications, 0);
	wait_s(60);
	assert_int_equal(bench->messages.notifications, 1);
	assert_non_null(strstr(bench->messages.text, "is done: WEATHER."));
	assert_int_equal(bench->written, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(order__answer_written__notification_is_acknowledged, setup, teardown),
		cmocka_unit_test_setup_teardown(order__hlr_stops_reading_and_the_link_drops__notification_comes_again, setup,
						teardown),
	};

	log_start(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a short message is acknowledged (A10, A12), with a fake SMSC on the other side and the test in the server's place.
 * The clock stands still unless a test moves it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

struct fixture {
	void *ctx;
	struct fake_smsc smsc;
	char addresses[64];
	struct sms_settings settings;
	struct channel *channel;
	struct turn *turn;		/* the open one; NULL: none */
	unsigned int turns;		/* that came */
	unsigned int keeps;		/* asked for */
	int text_saved;			/* the answer; 1: none yet */
	uint64_t receipt;		/* of the answer to the last turn */
	bool saving;		/* the page of the answer is still being saved */
	unsigned int sent;		/* receipts */
	uint32_t sequence;		/* of the SMSC */
};

static int turn_rx(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	assert_null(fix->turn);
	fix->turn = turn;
	fix->turns++;
	return 0;
}

static void keep_cb(void *user, struct turn *turn)
{
	struct fixture *fix = user;

	assert_ptr_equal(turn, fix->turn);
	fix->keeps++;
	if (fix->text_saved <= 0)
		fix->channel->ops->text_saved(fix->channel, turn, fix->text_saved);
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	((struct fixture *)user)->sent++;
}

static void clock_move(unsigned int ms)
{
	osmo_clock_override_add(CLOCK_MONOTONIC, ms / 1000, ms % 1000 * 1000000L);
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000);
	run_ms(5);
}

static int setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof(*fix));

	*osmo_clock_override_gettimespec(CLOCK_MONOTONIC) = (struct timespec){ .tv_sec = 100000 };
	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_gettimeofday_override_time = (struct timeval){ .tv_sec = 100000 };
	osmo_gettimeofday_override = true;
	fix->ctx = talloc_named_const(NULL, 0, "sms ack test");
	smsc_listen(&fix->smsc, 0);
	conf_read(NULL, sms_channel_kind.rows, &fix->settings, &(struct problems){ 0 });
	snprintf(fix->addresses, sizeof(fix->addresses), "127.0.0.1:%u", fix->smsc.port);
	fix->settings.addresses = fix->addresses;
	fix->settings.numbers = SERVICE;
	fix->channel = sms_channel_kind.create(fix->ctx, &fix->settings);
	assert_non_null(fix->channel);
	fix->channel->rx = turn_rx;
	fix->channel->save_text = keep_cb;
	fix->channel->sent = sent_cb;
	fix->channel->rx_user = fix;
	smsc_bind(&fix->smsc);
	run_ms(5);
	*state = fix;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fix = *state;

	assert_null(fix->turn);
	fix->channel->ops->free(fix->channel);
	smsc_close(&fix->smsc);
	close(fix->smsc.listener);
	assert_int_equal(talloc_total_blocks(fix->ctx), 1);
	talloc_free(fix->ctx);
	free(fix);
	return 0;
}

static unsigned int counted(struct fixture *fix, enum sms_counter counter)
{
	return rate_ctr_group_get_ctr(((struct sms_channel *)fix->channel)->counters.group, counter)->current;
}

/* Returns its sequence number. */
static uint32_t deliver(struct fixture *fix, const char *text)
{
	const struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .sequence = ++fix->sequence, .source = PHONE, .source_ton = 1, .source_npi = 1,
		.destination = SERVICE, .short_message = { (const uint8_t *)text, strlen(text) },
	};

	smsc_send(&fix->smsc, &pdu);
	run_ms(5);
	return fix->sequence;
}

static uint32_t deliver_part(struct fixture *fix, unsigned int number)
{
	const uint8_t octets[] = { 5, 0, 3, 77, 2, number, 'Y', 'E' };
	const struct smpp_pdu pdu = {
		.command = SMPP_DELIVER_SM, .sequence = ++fix->sequence, .source = PHONE, .source_ton = 1, .source_npi = 1,
		.destination = SERVICE, .esm_class = 0x40, .short_message = { octets, sizeof(octets) },
	};

	smsc_send(&fix->smsc, &pdu);
	run_ms(5);
	return fix->sequence;
}

static void answer(struct fixture *fix, const char *text)
{
	struct turn *turn = fix->turn;

	fix->turn = NULL;
	turn->receipt = fix->receipt;
	turn->saving = fix->saving;
	turn_answer(turn, *text ? ANSWER_END : ANSWER_NONE, text, strlen(text));
	run_ms(5);
}

static void save_completes(struct fixture *fix, const char *number)
{
	const struct peer peer = { .channel = fix->channel, .user = digits_pack(number), .session = digits_pack(SERVICE) };

	fix->channel->ops->save_complete(fix->channel, &peer);
	run_ms(5);
}

static void hears_nothing(struct fixture *fix)
{
	struct smpp_pdu pdu;

	assert_false(smsc_poll(&fix->smsc, &pdu, 20));
}

static void is_acknowledged(struct fixture *fix, uint32_t sequence, uint32_t status)
{
	struct smpp_pdu pdu;

	smsc_expect(&fix->smsc, SMPP_DELIVER_SM | SMPP_RESPONSE, &pdu);
	assert_int_equal(pdu.sequence, sequence);
	assert_int_equal(pdu.status, status);
}

/* The answer comes, and the SMSC accepts it if \a take. */
static void hears_answer(struct fixture *fix, bool take)
{
	struct smpp_pdu pdu;

	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	if (take)
		smsc_answer(&fix->smsc, &pdu, SMPP_OK);
	run_ms(5);
}

/* ---- answered in time ---- */

/* A10, A12: a kill before the SMSC has the answer loses neither the text nor the answer. */
static void ack__answered__once_the_smsc_has_the_answer(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "YE");
	uint32_t submitted;
	struct smpp_pdu pdu;

	hears_nothing(fix);
	answer(fix, "Balance");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	submitted = pdu.sequence;
	hears_nothing(fix);
	smsc_answer(&fix->smsc, &(struct smpp_pdu){ .command = SMPP_SUBMIT_SM, .sequence = submitted }, SMPP_OK);
	is_acknowledged(fix, sequence, SMPP_OK);
	clock_move(10000);
	hears_nothing(fix);
	assert_int_equal(fix->keeps, 0);
}

static void ack__no_answer__at_once(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "YE");

	answer(fix, "");
	is_acknowledged(fix, sequence, SMPP_OK);
}

/* A12: an SMSC with a window of one that serves one side at a time: no deadlock, and no delay for those behind it. */
static void ack__smsc_takes_nothing_meanwhile__in_time_and_then_at_once(void **state)
{
	struct fixture *fix = *state;
	uint32_t sequence = deliver(fix, "YE");

	answer(fix, "Balance");
	hears_answer(fix, false);
	clock_move(2100);
	hears_nothing(fix);
	clock_move(1900);
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(counted(fix, SMS_COUNT_HASTE), 1);
	sequence = deliver(fix, "BAL");
	answer(fix, "Balance");
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(fix->keeps, 0);
}

static void ack__smsc_refuses_the_answer__acknowledged(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "YE");
	struct smpp_pdu pdu;

	answer(fix, "Balance");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	smsc_answer(&fix->smsc, &pdu, SMPP_RINVDSTADR);
	is_acknowledged(fix, sequence, SMPP_OK);
}

/* ---- pages that are saved (A10) ---- */

static void ack__page_is_being_saved__once_it_is(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "1");

	fix->saving = true;
	answer(fix, "Services");
	hears_answer(fix, true);
	hears_nothing(fix);
	save_completes(fix, "8613800138001");
	hears_nothing(fix);
	save_completes(fix, PHONE);
	is_acknowledged(fix, sequence, SMPP_OK);
	save_completes(fix, PHONE);
	clock_move(10000);
	hears_nothing(fix);
	assert_int_equal(counted(fix, SMS_COUNT_HASTE), 0);
}

static void ack__page_is_saved_before_the_smsc_takes_its_text__once_it_does(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "1");
	struct smpp_pdu pdu;

	fix->saving = true;
	answer(fix, "Services");
	smsc_expect(&fix->smsc, SMPP_SUBMIT_SM, &pdu);
	save_completes(fix, PHONE);
	hears_nothing(fix);
	smsc_answer(&fix->smsc, &pdu, SMPP_OK);
	is_acknowledged(fix, sequence, SMPP_OK);
}

/* The second page replaced the first: both are safe once it is. */
static void ack__two_pages_are_being_saved__both_at_once(void **state)
{
	struct fixture *fix = *state;
	uint32_t sequences[2];
	unsigned int i;

	fix->saving = true;
	for (i = 0; i < 2; i++) {
		sequences[i] = deliver(fix, i ? "2" : "1");
		answer(fix, "Services");
		hears_answer(fix, true);
	}
	hears_nothing(fix);
	save_completes(fix, PHONE);
	is_acknowledged(fix, sequences[1], SMPP_OK);	/* in any order */
	is_acknowledged(fix, sequences[0], SMPP_OK);
}

/* The disk is too slow: the SMSC would repeat the text, and the subscriber has the answer. */
static void ack__page_is_never_saved__in_time(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "1");

	fix->saving = true;
	answer(fix, "Services");
	hears_answer(fix, true);
	clock_move(2100);
	hears_nothing(fix);
	clock_move(2000);
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(counted(fix, SMS_COUNT_HASTE), 0);
	save_completes(fix, PHONE);
	hears_nothing(fix);
}

/* ---- long turns (A10) ---- */

static void ack__long_turn__saved_and_acknowledged(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "1");

	clock_move(1900);
	assert_int_equal(fix->keeps, 0);
	clock_move(200);
	assert_int_equal(fix->keeps, 1);
	is_acknowledged(fix, sequence, SMPP_OK);
	clock_move(10000);
	answer(fix, "Open.");
	hears_answer(fix, true);
	hears_nothing(fix);
}

/* The store saves it behind an order, and takes as long as that order. */
static void ack__saved_later__acknowledged_then(void **state)
{
	struct fixture *fix = *state;
	const uint32_t sequence = deliver(fix, "1");

	fix->text_saved = 1;
	clock_move(2100);
	clock_move(1000);
	hears_nothing(fix);
	fix->channel->ops->text_saved(fix->channel, fix->turn, 0);
	is_acknowledged(fix, sequence, SMPP_OK);
	answer(fix, "Open.");
	hears_answer(fix, true);
	hears_nothing(fix);
}

static void ack__long_turn_is_not_saved__refused_and_repetition_joins(void **state)
{
	struct fixture *fix = *state;
	uint32_t sequence = deliver(fix, "XGMM 135790 246813");

	fix->text_saved = -EPERM;
	clock_move(2100);
	hears_nothing(fix);
	clock_move(2000);
	is_acknowledged(fix, sequence, SMPP_RX_T_APPN);
	assert_int_equal(counted(fix, SMS_COUNT_LATE), 1);
	clock_move(5000);
	sequence = deliver(fix, "XGMM 135790 246813");
	hears_nothing(fix);
	assert_int_equal(fix->turns, 1);
	answer(fix, "Changed.");
	hears_answer(fix, true);
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(counted(fix, SMS_COUNT_JOINED), 1);
}

static void ack__refused_and_answered_since__repetition_only_acknowledged(void **state)
{
	struct fixture *fix = *state;
	const char *text = "XGMM 135790 246813";
	uint32_t sequence = deliver(fix, text);

	fix->text_saved = -EPERM;
	clock_move(2100);
	clock_move(2000);
	is_acknowledged(fix, sequence, SMPP_RX_T_APPN);
	answer(fix, "Changed.");
	hears_answer(fix, true);
	clock_move(20000);
	sequence = deliver(fix, text);
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(fix->turns, 1);
	clock_move(20000);
	deliver(fix, text);
	assert_int_equal(fix->turns, 2);
	answer(fix, "");
}

/* ---- repetitions ---- */

static void ack__repeated_while_its_turn_is_open__both_acknowledged_afterwards(void **state)
{
	struct fixture *fix = *state;
	const uint32_t first = deliver(fix, "1"), second = deliver(fix, "1");

	hears_nothing(fix);
	assert_int_equal(fix->turns, 1);
	answer(fix, "Open?");
	hears_answer(fix, true);
	is_acknowledged(fix, first, SMPP_OK);
	is_acknowledged(fix, second, SMPP_OK);
}

static void ack__last_part_repeated_while_its_turn_is_open__joins_it(void **state)
{
	struct fixture *fix = *state;
	uint32_t last;

	is_acknowledged(fix, deliver_part(fix, 1), SMPP_OK);
	last = deliver_part(fix, 2);
	hears_nothing(fix);
	assert_int_equal(deliver_part(fix, 2), last + 1);
	hears_nothing(fix);
	assert_int_equal(fix->turns, 1);
	answer(fix, "Balance");
	hears_answer(fix, true);
	is_acknowledged(fix, last, SMPP_OK);
	is_acknowledged(fix, last + 1, SMPP_OK);
}

/* The link was lost before the acknowledgement: the SMSC cannot know, and sends it again. */
static void ack__lost_with_the_link__repetition_only_acknowledged(void **state)
{
	struct fixture *fix = *state;
	uint32_t sequence;

	deliver(fix, "1");
	smsc_forget(&fix->smsc);
	run_ms(5);
	answer(fix, "");
	clock_move(2000);
	smsc_bind(&fix->smsc);
	run_ms(5);
	sequence = deliver(fix, "1");
	is_acknowledged(fix, sequence, SMPP_OK);
	assert_int_equal(fix->turns, 1);
}

/* ---- texts of an earlier process ---- */

static void ack__text_of_an_earlier_process__turn_without_an_smsc(void **state)
{
	const struct channel_text text = { .text = "1", .len = 1, .receipt = 42, .reference = 7 };
	const struct subscriber subscriber = { .msisdn = PHONE };
	struct fixture *fix = *state;

	assert_int_equal(fix->channel->ops->resume_text(fix->channel, &subscriber, SERVICE, &text), 0);
	assert_int_equal(fix->turn->saved_receipt, 42);
	assert_int_equal(fix->turn->reference, 7);
	assert_string_equal(fix->turn->short_code, SERVICE);
	assert_string_equal(fix->turn->subscriber.msisdn, PHONE);
	fix->receipt = 42;
	answer(fix, "Open.");
	hears_answer(fix, true);
	assert_int_equal(fix->sent, 1);
	clock_move(10000);
	hears_nothing(fix);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ack__answered__once_the_smsc_has_the_answer),
		TEST(ack__no_answer__at_once),
		TEST(ack__smsc_takes_nothing_meanwhile__in_time_and_then_at_once),
		TEST(ack__smsc_refuses_the_answer__acknowledged),
		TEST(ack__page_is_being_saved__once_it_is),
		TEST(ack__page_is_saved_before_the_smsc_takes_its_text__once_it_does),
		TEST(ack__two_pages_are_being_saved__both_at_once),
		TEST(ack__page_is_never_saved__in_time),
		TEST(ack__long_turn__saved_and_acknowledged),
		TEST(ack__saved_later__acknowledged_then),
		TEST(ack__long_turn_is_not_saved__refused_and_repetition_joins),
		TEST(ack__refused_and_answered_since__repetition_only_acknowledged),
		TEST(ack__repeated_while_its_turn_is_open__both_acknowledged_afterwards),
		TEST(ack__last_part_repeated_while_its_turn_is_open__joins_it),
		TEST(ack__lost_with_the_link__repetition_only_acknowledged),
		TEST(ack__text_of_an_earlier_process__turn_without_an_smsc),
	};

	osmo_init_logging2(talloc_named_const(NULL, 0, "logging"), &log_categories);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Begins a USSD dialog at a given gateway: asks twice, says goodbye, and prints the phone's answers.
 * Usage: push PORT DIALECT MSISDN */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "channel/smpp/smpp_ussd.h"
#include "channel/smpp/smpp_ussd_settings.h"
#include "starhash/log.h"

#define PATIENCE_S 20
#define RECEIPT 1

struct push {
	struct smpp_ussd_settings settings;
	struct channel *channel;
	struct subscriber subscriber;
	struct peer peer;
	struct osmo_timer_list timer;
	unsigned int answers, receipts, tries;
	bool begun, over;
};

static int rx_cb(void *user, struct turn *turn)
{
	struct push *push = user;
	const bool ours = turn->peer.user == push->peer.user && turn->peer.session == push->peer.session;

	printf("%s: %.*s\n", !ours ? "somebody else" : turn->kind == TURN_CONTINUE ? "answer" : "gone", turn->len, turn->text);
	if (turn->kind == TURN_CONTINUE && !push->answers++)
		turn_answer(turn, ANSWER_ASK, "Sure?", 5);
	else
		turn_answer(turn, turn->kind == TURN_CONTINUE ? ANSWER_END : ANSWER_NONE, "Done.", 5);
	return 0;
}

static void sent_cb(void *user, uint64_t receipt, int rc)
{
	struct push *push = user;

	push->receipts += receipt == RECEIPT && !rc;
}

/* Wait for the link, then give the gateway its time. */
static void on_timer(void *data)
{
	const struct channel_text text = { .text = "Keep it?", .len = 8, .receipt = RECEIPT };
	struct push *push = data;

	if (!push->begun)
		push->begun = !push->channel->ops->begin(push->channel, &push->subscriber, &text, &push->peer);
	push->over = ++push->tries == PATIENCE_S * 20;
	osmo_timer_schedule(&push->timer, 0, 50000);
}

/* The last page has been sent once the gateway has disconnected. */
static bool is_done(const struct push *push)
{
	char line[256];

	push->channel->ops->describe(push->channel, line, sizeof(line));
	return push->answers == 2 && strncmp(line, "up,", 3);
}

static void run(struct push *push)
{
	osmo_timer_setup(&push->timer, on_timer, push);
	on_timer(push);
	while (!push->over && !is_done(push))
		osmo_select_main(0);
	osmo_timer_del(&push->timer);
}

int main(int argc, char **argv)
{
	void *ctx = talloc_named_const(NULL, 0, "push");
	struct push push = { 0 };

	if (argc != 4)
		return 2;
	osmo_init_logging2(ctx, &log_categories);
	conf_read(NULL, smpp_ussd_rows, &push.settings, NULL);
	push.settings.port = atoi(argv[1]);
	push.settings.dialect = argv[2];
	snprintf(push.subscriber.msisdn, sizeof(push.subscriber.msisdn), "%s", argv[3]);
	push.channel = smpp_ussd_channel_kind.create(ctx, &push.settings);
	push.channel->rx = rx_cb;
	push.channel->sent = sent_cb;
	push.channel->rx_user = &push;
	run(&push);
	printf("receipts: %u\n", push.receipts);
	push.channel->ops->free(push.channel);
	talloc_free(ctx);
	return push.over;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An example: a whole channel over TCP. It takes this folder, a line in the table of channels and one in a Makefile; link_fsm.h
 * provides the link, and turn_pool.h the turns.
 *
 * Messages are words, and end with a NUL. "hello" from us and back opens a connection, "ping" expects any answer.
 *
 *     13800138000 begin *100#		<- a phone dials, answers a page, hangs up
 *     13800138000 next 1
 *     13800138000 gone
 *     13800138000 ask Welcome…	-> a page that waits for an answer, a last one, a text outside of a dialog
 *     13800138000 end Good bye.
 *     13800138000 show News!
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_fsm.h"
#include "channel/turn_pool.h"
#include "starhash/conf.h"
#include "tests/channel/echo/echo.h"

#define MESSAGE_MAX 1024

struct echo_settings {
	const char *name, *address;
	long long port;
};

struct echo {
	struct channel channel;		/* first */
	struct link_settings link_settings;
	struct link *link;
	struct turn_pool turns;
};

/* ---- out ---- */

static int words_send(struct echo *echo, const char *number, const char *word, const struct channel_text *text)
{
	char message[MESSAGE_MAX];
	const int len = snprintf(message, sizeof(message), "%s %s %.*s", number, word, (int)text->len, text->text) + 1;

	if (!link_is_up(echo->link))
		return -ENOTCONN;
	if (len > MESSAGE_MAX)
		return -EMSGSIZE;
	if (link_send(echo->link, message, len) < 0)
		return -ENOTCONN;
	if (text->receipt)
		link_receipt(echo->link, text->receipt);
	return 0;
}

static int page_send(struct channel *channel, const struct peer *peer, const char *word, const struct channel_text *page)
{
	char number[PACKED_SIZE];

	digits_unpack(peer->user, number);
	return words_send((struct echo *)channel, number, word, page);
}

static void answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	const struct channel_text page = { .text = text, .len = len, .receipt = turn->receipt };
	int rc = -ENOTCONN;

	if (kind != ANSWER_NONE)
		rc = page_send(channel, &turn->peer, kind == ANSWER_ASK ? "ask" : "end", &page);
	if (rc < 0)
		channel_sent(channel, turn->receipt, rc);
	turn_free(&((struct echo *)channel)->turns, turn);
}

static void end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	page_send(channel, peer, "end", &(struct channel_text){ .text = text, .len = len });
}

static int notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	return subscriber->msisdn[0] ? words_send((struct echo *)channel, subscriber->msisdn, "show", text) : -EDESTADDRREQ;
}

/* ---- the protocol ---- */

static int frame(const uint8_t *octets, size_t len)
{
	const uint8_t *nul = memchr(octets, 0, len);

	return nul ? nul + 1 - octets : len < MESSAGE_MAX ? 0 : -EBADMSG;
}

static void message(void *user, const uint8_t *octets, size_t len)
{
	static const char *const kinds[] = { [TURN_BEGIN] = "begin", [TURN_CONTINUE] = "next", [TURN_GONE] = "gone" };
	const struct text_budget budget = text_budget_ussd(160);
	char number[MSISDN_SIZE], word[8];
	struct echo *echo = user;
	unsigned int kind = 0;
	struct turn *turn;
	int text = 0;

	if (!strcmp((const char *)octets, "hello")) {
		link_ready(echo->link);
		return;
	}
	sscanf((const char *)octets, "%15[0-9] %7s %n", number, word, &text);
	while (text && kind < ARRAY_SIZE(kinds) && strcmp(word, kinds[kind]) != 0)
		kind++;
	if (!text || kind == ARRAY_SIZE(kinds) || len - text > TURN_TEXT_MAX) {
		link_malformed(echo->link, "dropped a message that is none");
		return;
	}
	turn = turn_new(&echo->turns);
	turn->kind = kind;
	turn->peer = (struct peer){ .channel = &echo->channel, .user = digits_pack(number), .session = 1 };
	turn->limits = (struct text_limits){ budget, budget };
	osmo_strlcpy(turn->subscriber.msisdn, number, sizeof(turn->subscriber.msisdn));
	turn->len = len - text - 1;
	memcpy(turn->text, octets + text, turn->len);
	if (channel_rx(turn) == 0)
		return;
	if (kind != TURN_GONE)
		end(&echo->channel, &turn->peer, "Busy.", 5);
	turn_free(&echo->turns, turn);
}

static int greet(void *user)
{
	return link_send(((struct echo *)user)->link, "hello", 6);
}

static void ping(void *user)
{
	link_send(((struct echo *)user)->link, "ping", 5);
}

static void sent(void *user, uint64_t receipt, int rc)
{
	channel_sent(user, receipt, rc);
}

static const struct link_protocol protocol = {
	.category = DMAIN, .peer = "the echo", .read_size = 4 * MESSAGE_MAX, .message_max = MESSAGE_MAX,
	.setup_ms = 5000, .keep_alive_ms = 20000, .backoff_min_ms = 20, .backoff_max_ms = 1000,
	.frame = frame, .message = message, .greet = greet, .keep_alive = ping, .sent = sent,
};

/* ---- life cycle ---- */

static int describe(const struct channel *channel, char *out, size_t size)
{
	const struct echo *echo = (const struct echo *)channel;

	return snprintf(out, size, "echo %s: %s, %u open turns", channel->name, link_state_name(echo->link), echo->turns.open);
}

static void echo_free(struct channel *channel)
{
	link_free(((struct echo *)channel)->link);
	talloc_free(channel);
}

static const struct channel_ops ops = {
	.kind = "echo", .answer = answer, .end = end, .notify = notify, .describe = describe, .free = echo_free,
};

static struct text_limits limits(const void *settings)
{
	return (struct text_limits){ text_budget_ussd(160), text_budget_ussd(160) };
}

static struct channel_timing timing(const void *settings)
{
	return (struct channel_timing){ .answer_ms = 8000, .idle_ms = 25000, .dialog_ms = 180000 };
}

static struct channel *create(void *ctx, const void *data)
{
	const struct echo_settings *settings = data;
	struct echo *echo = talloc_zero(ctx, struct echo);

	echo->channel = (struct channel){ .ops = &ops, .name = settings->name, .timing = timing(data), .trust = TRUST_READ };
	echo->link_settings = (struct link_settings){ .name = settings->name, .address = settings->address,
						      .port = settings->port, .us = settings->name };
	turn_pool_init(&echo->turns, echo, sizeof(struct turn));
	echo->link = link_new(echo, &protocol, &echo->link_settings, echo);
	if (echo->link)
		return &echo->channel;
	talloc_free(echo);
	return NULL;
}

#define ROW(row_name, row_type, ...) \
	{ .name = #row_name, .type = row_type, .offset = offsetof(struct echo_settings, row_name), __VA_ARGS__ }

static const struct conf_row rows[] = {
	ROW(name, CONF_STRING, .min = 1, .fallback = "echo", .help = "what logs call it"),
	ROW(address, CONF_STRING, .min = 1, .fallback = "127.0.0.1", .help = "numeric address of the echo"),
	ROW(port, CONF_INT, .min = 1, .max = 65535, .fallback = "7000", .help = "its port"),
	{ 0 }
};

const struct channel_kind echo_channel_kind = {
	.kind = "echo", .rows = rows, .settings_size = sizeof(struct echo_settings), .limits = limits, .timing = timing,
	.create = create,
};

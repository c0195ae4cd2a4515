/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A channel controlled by a test. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/server_internal.h"
#include "starhash/conf.h"
#include "starhash/notification.h"
#include "tests/cmocka.h"
#include "tests/server/phones.h"
#include "tests/support/accounts.h"

static struct phones *phones_of(struct channel *channel)
{
	return (struct phones *)channel;
}

static void phones_answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text,
			  size_t len)
{
	struct phones *phones = phones_of(channel);

	assert_int_equal(turn->len, 0);		/* inputs may be secret: wiped */
	assert_true(len < sizeof(phones->text));
	assert_true(kind == ANSWER_NONE || kind == ANSWER_BUSY || len > 0);
	phones->open--;
	phones->kind = kind;
	phones->asks += kind == ANSWER_ASK;
	phones->ends += kind == ANSWER_END;
	phones->nones += kind == ANSWER_NONE;
	phones->busy += kind == ANSWER_BUSY;
	phones->receipt = turn->receipt;
	phones->saving = turn->saving;
	memcpy(phones->text, text, len);
	phones->text[len] = '\0';
	free(turn);
}

static void phones_end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
	struct phones *phones = phones_of(channel);

	phones->last_texts++;
	memcpy(phones->text, text, len);
	phones->text[len] = '\0';
}

static void show(struct phones *phones, const struct channel_text *text)
{
	phones->receipt = text->receipt;
	snprintf(phones->sender, sizeof(phones->sender), "%s", text->sender ? text->sender : "");
	memcpy(phones->text, text->text, text->len);
	phones->text[text->len] = '\0';
}

static int phones_notify(struct channel *channel, const struct subscriber *subscriber,
			 const struct channel_text *text)
{
	struct phones *phones = phones_of(channel);

	if (!channel->traits.can_notify)
		return -ENOTSUP;
	if (phones->refuse)
		return phones->refuse;
	phones->notifications++;
	show(phones, text);
	return 0;
}

static int phones_begin(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text,
			struct peer *peer)
{
	struct phones *phones = phones_of(channel);

	if (phones->refuse)
		return phones->refuse;
	phones->begun++;
	show(phones, text);
	*peer = (struct peer){ .channel = channel, .user = PHONES_BEGUN, .session = PHONES_BEGUN };
	return 0;
}

static int phones_describe(const struct channel *channel, char *out, size_t size)
{
	return snprintf(out, size, "phones of a test");
}

static void phones_free(struct channel *channel)
{
	assert_int_equal(phones_of(channel)->open, 0);
}

static void phones_text_saved(struct channel *channel, struct turn *turn, int rc)
{
	struct phones *phones = phones_of(channel);

	phones->keeps++;
	phones->text_saved = rc;
}

static void phones_save_complete(struct channel *channel, const struct peer *peer)
{
	phones_of(channel)->saves_completed++;
}

static int hand_over(struct phones *phones, struct turn *turn)
{
	int rc;

	phones->open++;
	phones->turn = turn;
	rc = channel_rx(turn);
	if (rc) {
		phones->open--;
		free(turn);
	}
	return rc;
}

static int phones_resume_text(struct channel *channel, const struct subscriber *subscriber, const char *service,
			      const struct channel_text *text)
{
	struct phones *phones = phones_of(channel);
	struct turn *turn = calloc(1, sizeof(*turn));

	phones->agains++;
	turn->kind = TURN_TEXT;
	turn->peer = (struct peer){ .channel = channel, .user = digits_pack(subscriber->msisdn), .session = digits_pack(service) };
	turn->limits.ask = turn->limits.end = text_budget_ussd(160);
	turn->subscriber = *subscriber;
	turn->reference = text->reference;
	turn->saved_receipt = text->receipt;
	strcpy(turn->short_code, service);
	turn->len = text->len;
	memcpy(turn->text, text->text, text->len);
	return hand_over(phones, turn);
}

static const struct channel_ops phones_ops = {
	.kind = "phones", .answer = phones_answer, .end = phones_end, .notify = phones_notify,
	.text_saved = phones_text_saved, .save_complete = phones_save_complete, .resume_text = phones_resume_text,
	.describe = phones_describe, .free = phones_free,
};

struct server *phones_server(void *ctx, const struct server_settings *settings, struct accounts **accounts)
{
	const struct accounts_settings with = { .store = "memory", .deadline_ms = 2000, .password_tries = 3, .requests_max = 1000 };
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	struct server *server = server_new(ctx, settings);
	struct problems problems = {};

	assert_int_equal(accounts_new(ctx, &with, server_accounts_done, accounts), 0);
	fixture_fill(store_find("memory"), accounts_store(*accounts));
	server_set_accounts(server, *accounts);
	server_set_menu(server, conf_menu_load(FIXTURES "/engine/fixture/menu.cfg", actions_all(), limits, &problems));
	problems_fini(&problems);	/* warnings */
	return server;
}

void phones_init(struct phones *phones)
{
	memset(phones, 0, sizeof(*phones));
	phones->channel.ops = &phones_ops;
	phones->channel.name = "phones";
	phones->channel.trust = TRUST_PASSWORD;
	phones->channel.timing = (struct channel_timing){ .answer_ms = 50, .idle_ms = 80, .dialog_ms = 100000 };
}

void phones_init_texting(struct phones *phones)
{
	phones_init(phones);
	phones->channel.traits = (struct channel_traits){ .may_wait_long = true, .can_notify = true, .ends_silently = true,
							  .saves_dialogs = true,
		.by_short_code = true, .leaves_phone_free = true, .texts_stay = true };
}

void phones_init_beginning(struct phones *phones)
{
	static const struct channel_ops ops = {
		.kind = "beginning phones", .answer = phones_answer, .end = phones_end, .notify = phones_notify,
		.begin = phones_begin, .describe = phones_describe, .free = phones_free,
	};

	phones_init(phones);
	phones->channel.ops = &ops;
	phones->channel.name = "beginning";
}

int phones_turn(struct phones *phones, enum turn_kind kind, uint64_t user, uint64_t session, uint32_t sequence,
		const char *text)
{
	struct turn *turn = calloc(1, sizeof(*turn));

	turn->kind = kind;
	turn->peer = (struct peer){ .channel = &phones->channel, .user = user, .session = session };
	turn->limits.ask = turn->limits.end = text_budget_ussd(160);
	turn->sequence = sequence;
	strcpy(turn->short_code, "10086");
	turn->len = strlen(text);
	memcpy(turn->text, text, turn->len);
	snprintf(turn->subscriber.msisdn, sizeof(turn->subscriber.msisdn), "%llu", (unsigned long long)user);
	if (kind == TURN_TEXT) {
		turn->peer.user = digits_pack(turn->subscriber.msisdn);
		turn->peer.session = digits_pack(turn->short_code);
	}
	return hand_over(phones, turn);
}

void phones_partner_asks(struct server *server, const char *msisdn)
{
	uint8_t data[128];
	struct account_notification notification = { .id = 4711, .kind = NOTIFICATION_ORDER_REQUESTED,
						     .facts = { data, 0, sizeof(data) } };

	snprintf(notification.subscriber.msisdn, sizeof(notification.subscriber.msisdn), "%s", msisdn);
	record_put_text(&notification.facts, FIELD_PROPOSAL, "K7Q2-9F3T-0009", 14);
	record_put_text(&notification.facts, FIELD_SERVICE, "WEATHER", 7);
	record_put_number(&notification.facts, FIELD_PRICE, 10);
	record_put_text(&notification.facts, FIELD_PERIOD, "day", 3);
	record_put_number(&notification.facts, FIELD_CONFIRM_UNTIL, time(NULL) + 7200);
	notification_take(server, &notification);
}

struct dialog *phones_dialog(const struct server *server)
{
	struct dialog *dialog = dialogs_next(server, NULL);

	assert_non_null(dialog);
	assert_null(dialogs_next(server, dialog));
	return dialog;
}

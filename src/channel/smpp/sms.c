/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The short message channel: an ESME towards one or more SMSCs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"
#include "channel/smpp/sms.h"
#include "channel/smpp/sms_channel.h"

static const struct rate_ctr_desc counter_names[] = {
	[SMS_COUNT_TEXTS] = { "in:texts", "texts passed to the menu" },
	[SMS_COUNT_PARTS_IN] = { "in:parts", "parts of longer texts" },
	[SMS_COUNT_DUPLICATES] = { "in:duplicates", "repeated texts" },
	[SMS_COUNT_BINARY] = { "in:binary", "messages without text" },
	[SMS_COUNT_UNREADABLE] = { "in:unreadable", "messages in an unknown alphabet, too long, or with a broken header" },
	[SMS_COUNT_NOT_SERVED] = { "in:not_served", "messages from numbers that are denied, not allowed, or shorter than short_below" },
	[SMS_COUNT_LOOPS] = { "in:loops", "texts left unanswered because their sender looks like a machine" },
	[SMS_COUNT_BUSY] = { "in:busy", "texts deferred: the SMSC must send them again" },
	[SMS_COUNT_INCOMPLETE] = { "in:incomplete", "texts with missing parts" },
	[SMS_COUNT_ANSWERS] = { "out:texts", "texts to subscribers" },
	[SMS_COUNT_PARTS_OUT] = { "out:parts", "parts of texts to subscribers" },
	[SMS_COUNT_SENT] = { "out:accepted", "texts accepted by an SMSC" },
	[SMS_COUNT_RETRIES] = { "out:retries", "texts sent again" },
	[SMS_COUNT_REFUSED] = { "out:refused", "texts rejected by the SMSC" },
	[SMS_COUNT_EXPIRED] = { "out:expired", "texts given up because of their age" },
	[SMS_COUNT_RECEIPTS] = { "receipts", "delivery receipts" },
	[SMS_COUNT_RECEIPTS_UNKNOWN] = { "receipts:unknown", "of these, for texts that expected no receipt" },
	[SMS_COUNT_DELIVERED] = { "receipts:delivered", "of these, delivered" },
	[SMS_COUNT_UNDELIVERED] = { "receipts:undelivered", "of these, undeliverable" },
	[SMS_COUNT_MALFORMED] = { "malformed", "PDUs that were not understood" },
	[SMS_COUNT_THROTTLED] = { "throttled", "requests that the SMSC refused for now" },
	[SMS_COUNT_NAMES] = { "in:names", "messages from names instead of numbers, which cannot be answered" },
	[SMS_COUNT_SHORT] = { "in:short", "messages from short numbers that are not in numbering.short" },
	[SMS_COUNT_NATIONAL] = { "in:national", "messages from national numbers while numbering.country is not set" },
	[SMS_COUNT_NOT_IN_PLAN] = { "in:not_in_plan", "messages from numbers that are not in the numbering plan" },
	[SMS_COUNT_NOT_OURS] = { "in:not_ours", "messages to a number that is not ours" },
	[SMS_COUNT_DUPLICATES_FULL] = { "in:duplicates_full", "texts deferred: more in duplicate_s than 'duplicates' allows" },
	[SMS_COUNT_EVICTED] = { "in:joins_full", "incomplete long texts dropped: more at a time than 'joins' allows" },
	[SMS_COUNT_TOO_MUCH] = { "out:too_much", "texts not sent: their number has used up parts_per_hour" },
	[SMS_COUNT_TO_NOBODY] = { "out:not_in_plan", "texts not sent: their number is not in the numbering plan" },
	[SMS_COUNT_JOINED] = { "in:joined", "texts repeated while the first was being processed, or still had to be acknowledged" },
	[SMS_COUNT_LATE] = { "in:late", "texts refused for now because they were neither answered nor saved in time" },
	[SMS_COUNT_HASTE] = { "in:haste", "texts acknowledged although the SMSC had not accepted their answer" },
};

static const struct rate_ctr_group_desc counter_group = {
	.group_name_prefix = "sms", .group_description = "Short messages over SMPP",
	.num_ctr = ARRAY_SIZE(counter_names), .ctr_desc = counter_names,
};

static struct sms_channel *sms_of(struct channel *channel)
{
	return (struct sms_channel *)channel;
}

/* ---- links ---- */

static void link_event(void *user, unsigned int event)
{
	struct sms_bind *bind = user;
	struct sms_channel *sms = bind->channel;

	switch (event) {
	case LINK_UP:
	case SMPP_LINK_ROOM:
		sms_out_run(sms);
		break;
	case LINK_DOWN:
		sms->lost_ms = link_now_ms();
		break;
	case LINK_MALFORMED:
		link_count(&sms->counters, SMS_COUNT_MALFORMED);
		break;
	case SMPP_LINK_THROTTLED:
		link_count(&sms->counters, SMS_COUNT_THROTTLED);
		break;
	default:
		break;
	}
}

static void link_rx(void *user, const struct smpp_pdu *pdu, const struct smpp_ticket *ticket)
{
	sms_in_take(user, pdu, ticket);
}

static void link_done(void *user, struct smpp_token token, enum smpp_outcome outcome, const struct smpp_pdu *request,
		      const struct smpp_pdu *response)
{
	const struct sms_bind *bind = user;

	sms_out_done(bind->channel, token.id, outcome, response);
}

static void link_batch_begin(void *user, int64_t now_us, int64_t came_us)
{
	const struct sms_bind *bind = user;

	channel_batch_begin(&bind->channel->channel, now_us, came_us);
}

static void link_batch_end(void *user, int more)
{
	const struct sms_bind *bind = user;

	channel_batch_end(&bind->channel->channel, more);
}

static const struct smpp_link_ops link_ops = { .event = link_event, .rx = link_rx, .done = link_done,
					       .batch_begin = link_batch_begin, .batch_end = link_batch_end };

/* ---- server ---- */

/* A53: by the numbering plan, or because the operator lists it. */
static bool sms_knows(const struct sms_channel *sms, const char *msisdn)
{
	return number_in_plan(sms->settings->plan, msisdn) || sms_numbers_have(sms->rules.test, msisdn) ||
	       sms_numbers_have(sms->rules.allow, msisdn);
}

/* An answer is sent from the number that was texted to the address from which the text came, in the same form (A19). */
static void sms_answer(struct channel *channel, struct turn *turn, enum answer_kind kind, const char *text, size_t len)
{
	struct sms_channel *sms = sms_of(channel);
	struct sms_turn *of = (struct sms_turn *)turn;
	const struct channel_text out = { .text = text, .len = len, .sender = turn->short_code, .receipt = turn->receipt };
	int rc = -ENOTCONN;

	if (kind != ANSWER_NONE && len)
		rc = sms_out_add(sms, turn->subscriber.msisdn, &of->from, &out);
	if (rc)
		channel_sent(channel, turn->receipt, rc);
	else
		sms_dedup_answered(sms->dedup, link_now_ms(), of->dedup_key);
	if (!rc && kind == ANSWER_ASK && !of->test)
		sms_loop_brake_asked(sms->loop_brake, of->from_id, text, len);
	sms_ack_answered(sms, of->text, turn, !rc);
	turn_free(&sms->turns, turn);
}

static void sms_saved(struct channel *channel, struct turn *turn, int rc)
{
	sms_ack_saved(sms_of(channel), ((struct sms_turn *)turn)->text, rc);
}

static void sms_save_complete(struct channel *channel, const struct peer *peer)
{
	sms_ack_save_complete(sms_of(channel), peer);
}

static int sms_resume_text(struct channel *channel, const struct subscriber *subscriber, const char *short_code,
			   const struct channel_text *text)
{
	return sms_in_again(sms_of(channel), subscriber, short_code, text);
}

/* A subscriber does not wait for the end of a conversation, so it ends without a text. */
static void sms_end(struct channel *channel, const struct peer *peer, const char *text, size_t len)
{
}

static int sms_notify(struct channel *channel, const struct subscriber *subscriber, const struct channel_text *text)
{
	struct sms_channel *sms = sms_of(channel);
	const struct sms_address to = sms_own_address(sms, subscriber->msisdn);
	struct channel_text out = *text;

	if (!out.sender)
		out.sender = sms->sender;
	if (!subscriber->msisdn[0])
		return -EDESTADDRREQ;
	if (!sms_sender_valid(out.sender))
		return -ENOTSUP;
	if (!sms_knows(sms, subscriber->msisdn)) {
		link_fault(&sms->counters, SMS_COUNT_TO_NOBODY, subscriber->msisdn);
		return -ENOTSUP;
	}
	if (sms->out.count >= sms->settings->queue)
		return -EBUSY;
	return sms_out_add(sms, subscriber->msisdn, &to, &out);
}

static int sms_describe(const struct channel *channel, char *out, size_t size)
{
	const struct sms_channel *sms = (const struct sms_channel *)channel;
	unsigned int up = 0, i;

	for (i = 0; i < sms->binds_count; i++)
		up += smpp_link_is_up(sms->binds[i].link);
	return snprintf(out, size, "sms %s: %u of %u binds up to %s as %s, %u texts to be sent, %u being answered",
			channel->name, up, sms->binds_count, sms->settings->addresses, sms->settings->system_id,
			sms->out.count, sms->turns.open);
}

static void sms_free(struct channel *channel)
{
	struct sms_channel *sms = sms_of(channel);
	unsigned int i;

	sms->closing = true;
	for (i = 0; i < sms->binds_count; i++)
		smpp_link_free(sms->binds[i].link);
	sms_receipts_fini(sms);
	sms_in_fini(sms);
	sms_ack_fini(sms);
	sms_out_fini(sms);
	link_counters_fini(&sms->counters);
	talloc_free(sms);
}

static const struct channel_ops sms_ops = {
	.kind = "sms", .answer = sms_answer, .end = sms_end, .notify = sms_notify,
	.text_saved = sms_saved, .save_complete = sms_save_complete,
	.resume_text = sms_resume_text, .describe = sms_describe,
	.free = sms_free,
};

/* ---- start ---- */

static int add_bind(struct sms_channel *sms, const char *word, enum smpp_command command)
{
	const struct sms_settings *settings = sms->settings;
	struct sms_bind *bind = &sms->binds[sms->binds_count];

	bind->channel = sms;
	bind->sends = command != SMPP_BIND_RECEIVER;
	bind->settings = (struct smpp_link_settings){
		.link = { .name = settings->name, .address = bind->address, .us = settings->system_id,
			  .tls = settings->tls_ca ? &sms->tls : NULL },
		.bind = command, .password_file = settings->password_file,
		.system_type = settings->system_type, .window = settings->window, .rate = settings->rate,
	};
	if (sms_address(word, bind->address, sizeof(bind->address), &bind->settings.link.port))
		return -EINVAL;
	bind->link = smpp_link_new(sms, &bind->settings, &link_ops, bind);
	if (!bind->link)
		return -EINVAL;
	sms->binds_count++;
	return 0;
}

static int add_binds(struct sms_channel *sms)
{
	const struct sms_numbers words = sms_words(sms, sms->settings->addresses);
	const bool pair = !strcmp(sms->settings->bind, "pair");
	size_t i;

	for (i = 0; i < words.count; i++) {
		if (add_bind(sms, words.patterns[i], pair ? SMPP_BIND_TRANSMITTER : SMPP_BIND_TRANSCEIVER))
			return -EINVAL;
		if (pair && add_bind(sms, words.patterns[i], SMPP_BIND_RECEIVER))
			return -EINVAL;
	}
	return 0;
}

static struct channel *sms_create(void *ctx, const void *data)
{
	const struct sms_settings *settings = data;
	struct sms_channel *sms = talloc_zero(ctx, struct sms_channel);

	sms->settings = settings;
	sms->profile = sms_settings_profile(settings);
	sms->limits = sms_settings_limits(settings);
	sms->numbers = sms_words(sms, settings->numbers);
	sms->sender = settings->sender ? settings->sender : sms->numbers.patterns[0];
	sms->tls = (struct link_tls_settings){ .ca_file = settings->tls_ca, .host = settings->tls_host,
					   .cert_file = settings->tls_cert, .key_file = settings->tls_key };
	sms->rules = (struct sms_rules){
		.test = sms_words(sms, settings->test), .allow = sms_words(sms, settings->allow),
		.deny = sms_words(sms, settings->deny), .short_below = settings->short_below,
		.only_allowed = settings->only_allowed,
	};
	sms->channel = (struct channel){ .ops = &sms_ops, .name = settings->name,
					 .traits = { .may_wait_long = true, .can_notify = true, .ends_silently = true,
						     .saves_dialogs = true,
						     .by_short_code = true, .leaves_phone_free = true, .texts_stay = true },
					 .timing = sms_settings_timing(settings), .trust = trust_by_name(settings->trust, TRUST_READ),
					 .limited = true, .dialogs_share = settings->dialogs_share,
					 .rate_in = settings->rate_in, .duplicate_s = settings->duplicate_s };
	link_counters_init(&sms->counters, sms, DSMPP, &counter_group, settings->name);
	turn_pool_init(&sms->turns, sms, sizeof(struct sms_turn));
	sms_in_init(sms);
	sms_receipts_init(sms);
	sms_ack_init(sms);
	sms_out_init(sms);
	if (!add_binds(sms))
		return &sms->channel;
	sms_free(&sms->channel);
	return NULL;
}

const struct channel_kind sms_channel_kind = {
	.kind = "sms",
	.rows = sms_rows,
	.settings_size = sizeof(struct sms_settings),
	.can_notify = true,
	.set_plan = sms_settings_set_plan,
	.check = sms_settings_check,
	.limits = sms_settings_limits,
	.timing = sms_settings_timing,
	.create = sms_create,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Outgoing texts: shared over the links, sent again when they come back, given up when too old.
 *
 * The cost of a text does not grow with the number waiting: there is one list per delay and two by age, each in order by itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define PARTS_BITS 8
#define TON_ALPHANUMERIC 5

/* Seconds until the next try; the last value repeats. */
static const unsigned int ladder_s[SMS_LADDER_STEPS] = { 1, 5, 30, 120, 600, 3600 };

/* ---- one message ---- */

static struct sms_message *message_new(struct sms_channel *sms, const struct sms_address *to,
				       const struct channel_text *text)
{
	struct sms_message *message = calloc(1, sizeof(*message) + text->len);

	if (!message)
		abort();
	message->id = ++sms->out.last_id;
	message->to = *to;
	osmo_strlcpy(message->from, text->sender, sizeof(message->from));
	message->receipt = text->receipt;
	message->expires_ms = link_now_ms() + sms->settings->expiry_s * 1000;
	message->len = text->len;
	memcpy(message->text, text->text, text->len);
	return message;
}

/* The text may contain a balance: wipe it when it is done. */
static void message_wipe(struct sms_message *message)
{
	explicit_bzero(message->text, message->len);
	free(message);
}

static void message_free(struct sms_channel *sms, struct sms_message *message)
{
	llist_del(&message->entry);
	llist_del(&message->by_age);
	hash_del(&message->by_id);
	sms->out.count--;
	message_wipe(message);
}

/* The message is sent or given up: report its result, once. */
static void message_done(struct sms_channel *sms, struct sms_message *message, enum sms_counter how, int rc)
{
	const uint64_t receipt = message->receipt;
	struct sms_text *text = message->answers;

	link_count(&sms->counters, how);
	message_free(sms, message);
	if (text)
		sms_ack_accepted(sms, text);
	channel_sent(&sms->channel, receipt, rc);
}

static struct sms_message *message_find(struct sms_channel *sms, uint32_t id)
{
	struct sms_message *message;

	hash_for_each_possible(sms->out.by_id, message, by_id, id)
		if (message->id == id)
			return message;
	return NULL;
}

/* ---- sending ---- */

/* Of the links that are up, choose the one with the fewest requests, in turn among equals. So all share the load, and one that is slow or
 * full gets less. */
static struct sms_bind *choose_bind(struct sms_channel *sms)
{
	struct sms_bind *best = NULL;
	unsigned int i;

	for (i = 0; i < sms->binds_count; i++) {
		struct sms_bind *bind = &sms->binds[(sms->out.next_bind + i) % sms->binds_count];

		if (!bind->sends || !smpp_link_is_up(bind->link))
			continue;
		if (!best || smpp_link_load(bind->link) < smpp_link_load(best->link))
			best = bind;
	}
	if (best)
		sms->out.next_bind = best - sms->binds + 1;
	return best;
}

static int send_part(struct sms_channel *sms, struct sms_message *message, struct sms_bind *bind, unsigned int number)
{
	const struct sms_settings *settings = sms->settings;
	/* A name instead of a number is alphanumeric, SMPP 3.4 clause 5.2.5. */
	const bool named = !sms_is_number(message->from);
	uint8_t octets[SMS_OCTETS];
	struct sms_part part;
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .source = message->from,
		.source_ton = named ? TON_ALPHANUMERIC : settings->source_ton, .source_npi = named ? 0 : settings->source_npi,
		.destination = message->to.digits,
		.destination_ton = message->to.ton, .destination_npi = message->to.npi,
		.registered_delivery = settings->receipts,
	};
	int rc = sms_part_encode(&message->segments, number, &part, octets, sizeof(octets));

	if (rc < 0)
		return rc;
	pdu.data_coding = part.data_coding;
	pdu.esm_class = part.esm_class;
	if (part.sar) {
		pdu.tlvs |= 1u << SMPP_TLV_SAR_REFERENCE | 1u << SMPP_TLV_SAR_TOTAL | 1u << SMPP_TLV_SAR_PART;
		pdu.sar_reference = part.reference;
		pdu.sar_total = part.total;
		pdu.sar_part = part.number;
	}
	*(part.payload ? &pdu.message_payload : &pdu.short_message) = (struct smpp_octets){ octets, part.len };
	pdu.tlvs |= part.payload ? 1u << SMPP_TLV_MESSAGE_PAYLOAD : 0;
	rc = smpp_link_send(bind->link, &pdu, (struct smpp_token){ .id = (uint64_t)message->id << PARTS_BITS | number });
	explicit_bzero(octets, part.len);
	return rc;
}

/* Send the remaining parts over one link, so that they arrive in order. */
static int send_message(struct sms_channel *sms, struct sms_message *message)
{
	struct sms_bind *bind = choose_bind(sms);

	if (!bind)
		return -ENOTCONN;
	while (message->unsent) {
		const unsigned int number = __builtin_ctz(message->unsent) + 1;
		const int rc = send_part(sms, message, bind, number);

		if (rc < 0)
			return rc;
		message->unsent &= message->unsent - 1;
		message->open++;
		link_count(&sms->counters, SMS_COUNT_PARTS_OUT);
	}
	llist_move_tail(&message->entry, &sms->out.open);
	return 0;
}

static void give_up(struct sms_channel *sms, struct sms_message *message, enum sms_counter why, const char *reason)
{
	unsigned int suppressed;
	char masked[MASKED_SIZE];

	if (log_allowed(&sms->counters.limits[why], 10, &suppressed))
		LOGP(DSMPP, LOGL_ERROR, "%s: gave up a text for %s: %s (%u more since the last such line)\n",
		     sms->channel.name, log_masked(message->to.digits, masked), reason, suppressed);
	message_done(sms, message, why, why == SMS_COUNT_EXPIRED ? -ETIMEDOUT : -EREMOTEIO);
}

/* ---- the queue ---- */

/* Messages with parts at an SMSC are handled when those are answered. */
static void give_up_old(struct sms_channel *sms, int64_t now)
{
	struct sms_message *message;

	while ((message = llist_first_entry_or_null(&sms->out.by_age, struct sms_message, by_age)) &&
	       message->expires_ms <= now) {
		if (message->open)
			llist_move_tail(&message->by_age, &sms->out.too_old);
		else
			give_up(sms, message, SMS_COUNT_EXPIRED, "too old");
	}
}

static struct sms_message *first_of(const struct llist_head *list)
{
	return llist_first_entry_or_null(list, struct sms_message, entry);
}

/* For when there is something to do without a link event. A timer that fires too early does no harm. */
static void arm(struct sms_channel *sms, int64_t now)
{
	const struct sms_message *message = llist_first_entry_or_null(&sms->out.by_age, struct sms_message, by_age);
	int64_t due = message ? message->expires_ms : INT64_MAX;
	unsigned int step;

	for (step = 0; step < SMS_LADDER_STEPS; step++) {
		message = first_of(&sms->out.later[step]);
		if (message && message->due_ms < due)
			due = message->due_ms;
	}
	if (due == INT64_MAX || (osmo_timer_pending(&sms->out.timer) && sms->out.fires_ms <= due))
		return;
	sms->out.fires_ms = due;
	osmo_timer_schedule(&sms->out.timer, (due - now) / 1000, (due - now) % 1000 * 1000);
}

/* Send messages that came back first, each list in order, until the links are full. */
void sms_out_run(struct sms_channel *sms)
{
	struct sms_message *message;
	const int64_t now = link_now_ms();
	unsigned int step;

	give_up_old(sms, now);
	for (step = 0; step < SMS_LADDER_STEPS; step++)
		while ((message = first_of(&sms->out.later[step])) && message->due_ms <= now)
			llist_move_tail(&message->entry, &sms->out.again);
	while ((message = first_of(&sms->out.again)) || (message = first_of(&sms->out.fresh))) {
		const int rc = send_message(sms, message);

		if (rc == -ENOTCONN || rc == -ENOBUFS)
			break;
		if (rc < 0)
			give_up(sms, message, SMS_COUNT_REFUSED, strerror(-rc));
	}
	arm(sms, now);
}

static void on_timer(void *data)
{
	sms_out_run(data);
}

/* A53: forged senders must not flood a subscriber's phone. Each text is counted once, however often it is sent. */
static bool may_have(struct sms_channel *sms, const char *msisdn, unsigned int parts)
{
	if (!sms->meter || sms_numbers_have(sms->rules.test, msisdn) ||
	    sms_meter_take(sms->meter, link_now_ms(), sms_id(sms, msisdn), parts))
		return true;
	link_fault(&sms->counters, SMS_COUNT_TOO_MUCH, msisdn);
	return false;
}

int sms_out_add(struct sms_channel *sms, const char *msisdn, const struct sms_address *to,
		const struct channel_text *text)
{
	struct sms_message *message = message_new(sms, to, text);
	int rc = sms_segment(&message->segments, &sms->profile, message->text, message->len, ++sms->out.last_reference);

	if (rc < 0)
		link_count(&sms->counters, SMS_COUNT_REFUSED);
	else if (!may_have(sms, msisdn, message->segments.total))
		rc = -EBUSY;
	if (rc < 0) {
		message_wipe(message);
		return rc;
	}
	link_count(&sms->counters, SMS_COUNT_ANSWERS);
	message->unsent = (1u << message->segments.messages) - 1;
	sms->out.count++;
	hash_add(sms->out.by_id, &message->by_id, message->id);
	llist_add_tail(&message->by_age, &sms->out.by_age);
	llist_add_tail(&message->entry, &sms->out.fresh);
	sms_out_run(sms);
	return 0;
}

bool sms_out_await(struct sms_channel *sms, struct sms_text *text, struct sms_message **answer)
{
	*answer = message_find(sms, sms->out.last_id);
	if (*answer)
		(*answer)->answers = text;
	return *answer;
}

/* ---- responses ---- */

/* Whether the status is temporary. */
static bool passes(uint32_t status)
{
	switch (status) {
	case SMPP_RSYSERR:
	case SMPP_RSUBMITFAIL:
	case SMPP_RMSGQFUL:
	case SMPP_RTHROTTLED:
	case SMPP_RX_T_APPN:
		return true;
	default:
		return false;
	}
}

static void try_again(struct sms_channel *sms, struct sms_message *message)
{
	const unsigned int step = message->tries;

	if (message->expires_ms <= link_now_ms()) {
		give_up(sms, message, SMS_COUNT_EXPIRED, "too old");
		return;
	}
	link_count(&sms->counters, SMS_COUNT_RETRIES);
	if (message->delayed) {
		message->tries += step + 1 < SMS_LADDER_STEPS;
		message->due_ms = link_now_ms() + ladder_s[step] * INT64_C(1000);
		llist_move_tail(&message->entry, &sms->out.later[step]);
	} else {
		llist_move_tail(&message->entry, &sms->out.again);
	}
	message->delayed = message->back = false;
}

/* Queue a part to be sent again. A part that may have arrived is delayed, so that an SMSC that never answers, or crashes on this very text,
 * does not get it endlessly. */
static void part_back(struct sms_channel *sms, struct sms_message *message, unsigned int part, bool delayed)
{
	message->unsent |= 1u << (part - 1);
	message->back = true;
	message->delayed |= delayed;
	llist_move_tail(&message->entry, &sms->out.open);
}

static void part_done(struct sms_channel *sms, struct sms_message *message, unsigned int part,
		      enum smpp_outcome outcome, const struct smpp_pdu *response)
{
	message->open--;
	if (outcome != SMPP_ANSWERED) {
		part_back(sms, message, part, outcome == SMPP_UNANSWERED);
	} else if (passes(response->status)) {
		part_back(sms, message, part, true);
	} else if (response->status != SMPP_OK) {
		message->unsent = 0;
		message->refused = true;
		llist_move_tail(&message->entry, &sms->out.open);
	} else {
		sms_receipts_expect(sms, response->message_id);
	}
	if (message->open)
		return;
	/* No part is open any more: give the message up, try it again, or report it as sent. */
	if (message->refused)
		give_up(sms, message, SMS_COUNT_REFUSED, "rejected by the SMSC");
	else if (message->back)
		try_again(sms, message);
	else if (!message->unsent)
		message_done(sms, message, SMS_COUNT_SENT, 0);
}

void sms_out_done(struct sms_channel *sms, uint64_t id, enum smpp_outcome outcome, const struct smpp_pdu *response)
{
	struct sms_message *message = message_find(sms, id >> PARTS_BITS);

	if (sms->closing || !message)
		return;
	part_done(sms, message, id & ((1 << PARTS_BITS) - 1), outcome, response);
	sms_out_run(sms);
}

/* ---- life ---- */

void sms_out_init(struct sms_channel *sms)
{
	struct sms_out *out = &sms->out;
	unsigned int step;

	hash_init(out->by_id);
	INIT_LLIST_HEAD(&out->fresh);
	INIT_LLIST_HEAD(&out->again);
	INIT_LLIST_HEAD(&out->open);
	INIT_LLIST_HEAD(&out->by_age);
	INIT_LLIST_HEAD(&out->too_old);
	for (step = 0; step < SMS_LADDER_STEPS; step++)
		INIT_LLIST_HEAD(&out->later[step]);
	osmo_timer_setup(&out->timer, on_timer, sms);
}

static void free_all(struct sms_channel *sms, struct llist_head *by_age)
{
	struct sms_message *message, *next;

	llist_for_each_entry_safe(message, next, by_age, by_age)
		message_free(sms, message);
}

void sms_out_fini(struct sms_channel *sms)
{
	osmo_timer_del(&sms->out.timer);
	free_all(sms, &sms->out.by_age);
	free_all(sms, &sms->out.too_old);
}

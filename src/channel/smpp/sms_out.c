/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts on their way to the SMSCs: shared over the links, sent again when they come back, given up when too old. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define PARTS_BITS 8
#define OUT_PART_OCTETS SMS_OCTETS

/* Seconds until the next try, the last one again and again. */
static const unsigned int ladder_s[] = { 1, 5, 30, 120, 600, 3600 };

int64_t sms_now(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- one message ---- */

static struct sms_message *message_new(struct sms_channel *sms, const char *to, const char *from, const char *text,
				       size_t len)
{
	struct sms_message *message = calloc(1, sizeof(*message) + len);

	if (!message)
		abort();
	message->id = ++sms->out.last_id;
	osmo_strlcpy(message->to, to, sizeof(message->to));
	osmo_strlcpy(message->from, from, sizeof(message->from));
	message->next = 1;
	message->expires_ms = sms_now() + sms->settings->expiry_s * 1000;
	message->len = len;
	memcpy(message->text, text, len);
	return message;
}

/* The text may show a balance: it goes when it is done. */
static void message_free(struct sms_channel *sms, struct sms_message *message)
{
	llist_del(&message->entry);
	sms->out.count--;
	explicit_bzero(message->text, message->len);
	free(message);
}

static struct sms_message *message_find(struct sms_channel *sms, uint32_t id)
{
	struct sms_message *message;

	llist_for_each_entry(message, &sms->out.sent, entry)
		if (message->id == id)
			return message;
	llist_for_each_entry(message, &sms->out.waiting, entry)
		if (message->id == id)
			return message;
	return NULL;
}

static uint64_t token_of(const struct sms_message *message, unsigned int part)
{
	return (uint64_t)message->id << PARTS_BITS | part;
}

/* ---- sending ---- */

/* A link that is up, the next one in turn, so that all share the load. */
static struct sms_bind *next_bind(struct sms_channel *sms)
{
	unsigned int i;

	for (i = 0; i < sms->binds_count; i++) {
		struct sms_bind *bind = &sms->binds[sms->out.next_bind++ % sms->binds_count];

		if (bind->sends && smpp_link_is_up(bind->link))
			return bind;
	}
	return NULL;
}

static void fill_sar(struct smpp_pdu *pdu, const struct sms_part *part)
{
	pdu->tlvs |= 1u << SMPP_TLV_SAR_REFERENCE | 1u << SMPP_TLV_SAR_TOTAL | 1u << SMPP_TLV_SAR_PART;
	pdu->sar_reference = part->reference;
	pdu->sar_total = part->total;
	pdu->sar_part = part->number;
}

static void fill_octets(struct smpp_pdu *pdu, const struct sms_part *part, const uint8_t *octets)
{
	const struct smpp_octets message = { octets, part->len };

	if (part->payload) {
		pdu->tlvs |= 1u << SMPP_TLV_MESSAGE_PAYLOAD;
		pdu->message_payload = message;
	} else {
		pdu->short_message = message;
	}
}

static int send_part(struct sms_channel *sms, struct sms_message *message)
{
	const struct sms_settings *settings = sms->settings;
	struct sms_bind *bind = next_bind(sms);
	uint8_t octets[OUT_PART_OCTETS];
	struct sms_part part;
	struct smpp_pdu pdu = {
		.command = SMPP_SUBMIT_SM, .source = message->from, .destination = message->to,
		.source_ton = settings->source_ton, .source_npi = settings->source_npi,
		.destination_ton = settings->destination_ton, .destination_npi = settings->destination_npi,
		.registered_delivery = settings->receipts,
	};
	int rc;

	if (!bind)
		return -ENOTCONN;
	rc = sms_part_encode(&message->plan, message->next, &part, octets, sizeof(octets));
	if (rc < 0)
		return rc;
	pdu.data_coding = part.data_coding;
	pdu.esm_class = part.esm_class;
	if (part.sar)
		fill_sar(&pdu, &part);
	fill_octets(&pdu, &part, octets);
	rc = smpp_link_send(bind->link, &pdu, token_of(message, message->next));
	explicit_bzero(octets, sizeof(octets));
	return rc;
}

static int send_message(struct sms_channel *sms, struct sms_message *message)
{
	int rc;

	while (message->next <= message->plan.messages) {
		rc = send_part(sms, message);
		if (rc < 0)
			return rc;
		message->next++;
		message->open++;
		sms_count(sms, SMS_COUNT_PARTS_OUT);
	}
	llist_del(&message->entry);
	llist_add_tail(&message->entry, &sms->out.sent);
	return 0;
}

static void give_up(struct sms_channel *sms, struct sms_message *message, enum sms_counter why, const char *reason)
{
	unsigned int suppressed;
	char masked[MASKED_SIZE];

	sms_count(sms, why);
	if (log_allowed(&sms->limits_of_logs[LOG_NOT_SENT], 10, &suppressed))
		LOGP(DSMPP, LOGL_ERROR, "%s: a text for %s is given up: %s (%u more since the last such line)\n",
		     sms->channel.name, log_masked(message->to, masked), reason, suppressed);
	message_free(sms, message);
}

/* ---- the queue ---- */

static void arm(struct sms_channel *sms)
{
	const struct sms_message *message;
	const int64_t now = sms_now();
	int64_t due = INT64_MAX, wait;

	llist_for_each_entry(message, &sms->out.waiting, entry)
		due = message->due_ms > now && message->due_ms < due ? message->due_ms : due;
	if (due == INT64_MAX)
		return;
	wait = due - now;
	osmo_timer_schedule(&sms->out.timer, wait / 1000, wait % 1000 * 1000);
}

/* In the order of their coming, until the links have no more room. */
void sms_out_run(struct sms_channel *sms)
{
	struct sms_message *message, *next;
	const int64_t now = sms_now();

	llist_for_each_entry_safe(message, next, &sms->out.waiting, entry) {
		int rc;

		if (message->expires_ms <= now && !message->open) {
			give_up(sms, message, SMS_COUNT_EXPIRED, "too old");
			continue;
		}
		if (message->due_ms > now)
			continue;
		rc = send_message(sms, message);
		if (rc == -ENOTCONN || rc == -ENOBUFS)
			break;
		if (rc < 0)
			give_up(sms, message, SMS_COUNT_REFUSED, strerror(-rc));
	}
	arm(sms);
}

static void on_timer(void *data)
{
	sms_out_run(data);
}

int sms_out_add(struct sms_channel *sms, const char *to, const char *from, const char *text, size_t len)
{
	struct sms_message *message = message_new(sms, to, from, text, len);
	const int rc = sms_plan_make(&message->plan, &sms->style, message->text, len, ++sms->out.last_reference);

	if (rc < 0) {
		explicit_bzero(message->text, len);
		free(message);
		return rc;
	}
	sms->out.count++;
	llist_add_tail(&message->entry, &sms->out.waiting);
	sms_out_run(sms);
	return 0;
}

/* ---- responses ---- */

/* Whether the SMSC may say otherwise another time. */
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

/* Back into the queue: from the first part that was not taken. */
static void try_again(struct sms_channel *sms, struct sms_message *message, unsigned int delay_s)
{
	message->next = message->resend_from;
	message->failed = false;
	message->due_ms = sms_now() + delay_s * INT64_C(1000);
	sms_count(sms, SMS_COUNT_RETRIES);
	llist_del(&message->entry);
	llist_add(&message->entry, &sms->out.waiting);
}

static void part_failed(struct sms_message *message, unsigned int part)
{
	if (!message->failed || part < message->resend_from)
		message->resend_from = part;
	message->failed = true;
}

static unsigned int ladder(struct sms_message *message)
{
	const unsigned int step = message->tries < ARRAY_SIZE(ladder_s) ? message->tries : ARRAY_SIZE(ladder_s) - 1;

	message->tries += message->tries < UINT8_MAX;
	return ladder_s[step];
}

/* All parts have been answered, or come back. */
static void message_done(struct sms_channel *sms, struct sms_message *message, bool refused_now)
{
	if (message->failed) {
		try_again(sms, message, refused_now ? ladder(message) : 0);
	} else if (message->next > message->plan.messages) {
		sms_count(sms, SMS_COUNT_SENT);
		message_free(sms, message);
	}
}

void sms_out_done(struct sms_channel *sms, uint64_t token, enum smpp_outcome outcome, const struct smpp_pdu *response)
{
	struct sms_message *message = message_find(sms, token >> PARTS_BITS);
	const unsigned int part = token & ((1 << PARTS_BITS) - 1);
	const uint32_t status = outcome == SMPP_ANSWERED ? response->status : SMPP_OK;

	if (!message)
		return;
	message->open--;
	if (outcome != SMPP_ANSWERED || passes(status))
		part_failed(message, part);
	if (status != SMPP_OK && !passes(status))
		give_up(sms, message, SMS_COUNT_REFUSED, "the SMSC refuses it");
	else if (!message->open)
		message_done(sms, message, status != SMPP_OK);
	sms_out_run(sms);
}

/* ---- life ---- */

void sms_out_init(struct sms_channel *sms)
{
	INIT_LLIST_HEAD(&sms->out.waiting);
	INIT_LLIST_HEAD(&sms->out.sent);
	osmo_timer_setup(&sms->out.timer, on_timer, sms);
}

static void free_all(struct sms_channel *sms, struct llist_head *list)
{
	struct sms_message *message, *next;

	llist_for_each_entry_safe(message, next, list, entry)
		message_free(sms, message);
}

void sms_out_fini(struct sms_channel *sms)
{
	osmo_timer_del(&sms->out.timer);
	free_all(sms, &sms->out.waiting);
	free_all(sms, &sms->out.sent);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery receipts: which texts they belong to, and whether those were delivered. */
#include <string.h>

#include <osmocom/core/utils.h>

#include "channel/smpp/sms_channel.h"

#define ESM_TYPE 0x3c			/* bits 5 to 2 of esm_class, SMPP 3.4 clause 5.2.12: 0: a normal message */
#define EXPECTED 262144
#define EXPECTED_MS (72 * 3600 * 1000)

/* ---- which text ---- */

/* Some SMSCs write an id in one base in the response, and in another base in the receipt. */
static enum sms_id_base base_of(const struct sms_channel *sms, bool receipt)
{
	if (!strcmp(sms->settings->receipt_ids, "text"))
		return SMS_ID_TEXT;
	return !strcmp(sms->settings->receipt_ids, "hex") == receipt ? SMS_ID_HEX : SMS_ID_DECIMAL;
}

void sms_receipts_expect(struct sms_channel *sms, const char *message_id)
{
	char id[SMS_ID_MAX + 1];
	size_t len;

	if (!sms->expected || !*message_id)
		return;
	len = sms_id_fold(message_id, base_of(sms, false), id);
	sms_dedup_check(sms->expected, link_now_ms(), sms_dedup_key(sms->expected, 0, 0, 0, id, len));
}

/* Whether the receipt is about our text. The final receipt of a text is accepted once. */
static bool is_expected(struct sms_channel *sms, const struct sms_receipt *receipt)
{
	char id[SMS_ID_MAX + 1];
	const size_t len = sms_id_fold(receipt->id, base_of(sms, true), id);
	uint64_t key;

	if (!sms->expected)
		return false;
	key = sms_dedup_key(sms->expected, 0, 0, 0, id, len);
	if (!sms_dedup_find(sms->expected, link_now_ms(), key).seen)
		return false;
	if (sms_state_final(receipt->state))
		sms_dedup_forget(sms->expected, key);
	return true;
}

/* ---- what it says ---- */

/* Read the TLVs, or else the text. Returns false when there is neither. */
static bool receipt_read(const struct smpp_pdu *pdu, struct sms_receipt *receipt)
{
	const struct smpp_octets message = smpp_message(pdu), id = pdu->receipted_message_id;
	const bool has_id = smpp_has(pdu, SMPP_TLV_RECEIPTED_MESSAGE_ID);
	const bool said = sms_receipt_read(receipt, (const char *)message.at, message.len);

	if (smpp_has(pdu, SMPP_TLV_MESSAGE_STATE))
		receipt->state = (enum sms_state)pdu->message_state;
	if (has_id && id.len <= SMS_ID_MAX) {
		memcpy(receipt->id, id.at, id.len);
		receipt->id[id.len] = 0;
	}
	return has_id || (said && receipt->id[0] && receipt->state != SMS_STATE_NONE);
}

/* Receipts and acknowledgements are not texts, even if only their text shows what they are: answering one would cause the next. */
bool sms_receipts_take(struct sms_channel *sms, const struct smpp_pdu *pdu)
{
	struct sms_receipt receipt = {};

	if (!receipt_read(pdu, &receipt) && !(pdu->esm_class & ESM_TYPE))
		return false;
	link_count(&sms->counters, SMS_COUNT_RECEIPTS);
	if (!is_expected(sms, &receipt))
		link_count(&sms->counters, SMS_COUNT_RECEIPTS_UNKNOWN);
	else if (receipt.state == SMS_STATE_DELIVERED)
		link_count(&sms->counters, SMS_COUNT_DELIVERED);
	else if (sms_state_final(receipt.state))
		link_count(&sms->counters, SMS_COUNT_UNDELIVERED);
	return true;
}

/* ---- life ---- */

void sms_receipts_init(struct sms_channel *sms)
{
	if (!sms->settings->receipts)
		return;
	sms->expected = sms_dedup_new(EXPECTED, EXPECTED_MS, sms->seed);
	OSMO_ASSERT(sms->expected);
}

void sms_receipts_fini(struct sms_channel *sms)
{
	sms_dedup_free(sms->expected);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* smpp/: short messages (sms*.c) and USSD (smpp_ussd.c) over SMPP; smpp_codec.c decodes PDUs.
 *
 * The dialects of USSD over SMPP, one row each. */
#include <errno.h>
#include <string.h>

#include "channel/smpp/dialects.h"

#define END_BIT 0x0001

/* In all of them. */
#define COMMON .begin = USSD_OP_BEGIN, .notified = USSD_OP_NOTIFIED, .page = USSD_OP_REQUEST

static const struct dialect dialects[] = {
	{ "plain", KEY_ITS_AND_SUBSCRIBER, COMMON, .answer = { USSD_OP_REQUEST, USSD_OP_ANSWER }, .gone = { USSD_OP_ABORT, USSD_OP_END },
	  .end = USSD_OP_REQUEST, .abort = USSD_OP_REQUEST, .notify = USSD_OP_NOTIFY, .request = USSD_OP_REQUEST,
	  .release = USSD_OP_REQUEST, .end_bit = true },
	{ "generic", KEY_ITS, COMMON, .answer = { USSD_OP_ANSWER, USSD_OP_NONE }, .gone = { USSD_OP_ABORT, USSD_OP_NONE },
	  .end = USSD_OP_END, .abort = USSD_OP_END, .notify = USSD_OP_NOTIFY, .request = USSD_OP_REQUEST,
	  .release = USSD_OP_NOTIFY },
	{ "6d", KEY_ITS_AND_SUBSCRIBER, COMMON, .answer = { USSD_OP_ANSWER, USSD_OP_NONE }, .gone = { USSD_OP_ABORT, USSD_OP_NONE },
	  .end = USSD_OP_END, .abort = USSD_OP_ABORT, .notify = USSD_OP_NOTIFY, .request = USSD_OP_REQUEST,
	  .release = USSD_OP_NOTIFY, .end_bit = true },
	{ "mica", KEY_REFERENCE_AND_SUBSCRIBER, COMMON, .answer = { USSD_OP_ANSWER, USSD_OP_NONE }, .gone = { USSD_OP_ABORT, USSD_OP_NONE },
	  .end = USSD_OP_END, .abort = USSD_OP_ABORT, .notify = USSD_OP_NOTIFY, .request = USSD_OP_REQUEST,
	  .release = USSD_OP_NOTIFY },
	/* Without a dialog id, our request would look like a page of the subscriber's last dialog. */
	{ "huawei", KEY_NUMBERS, COMMON, .answer = { USSD_OP_ANSWER, USSD_OP_NONE }, .gone = { USSD_OP_ABORT, USSD_OP_NONE },
	  .end = USSD_OP_END, .abort = USSD_OP_END, .notify = USSD_OP_NONE, .request = USSD_OP_NONE,
	  .release = USSD_OP_NONE },
};

#define DIALECTS (sizeof(dialects) / sizeof(dialects[0]))

const char *dialect_name(unsigned int index)
{
	return index < DIALECTS ? dialects[index].name : NULL;
}

const struct dialect *dialect_find(const char *name)
{
	for (unsigned int i = 0; i < DIALECTS; i++) {
		if (strcmp(dialects[i].name, name) == 0)
			return &dialects[i];
	}
	return NULL;
}

/* ---- operations of a link ---- */

static uint16_t chosen(long long set, uint16_t otherwise)
{
	return set >= 0 ? (uint16_t)set : otherwise;
}

struct dialect dialect_with(const struct dialect *base, const struct dialect_operations *set)
{
	struct dialect dialect = *base;

	dialect.begin = chosen(set->begin, base->begin);
	dialect.notified = chosen(set->notified, base->notified);
	for (unsigned int i = 0; i < 2; i++) {
		dialect.answer[i] = chosen(set->answer, base->answer[i]);
		dialect.gone[i] = chosen(set->gone, base->gone[i]);
	}
	dialect.page = chosen(set->page, base->page);
	dialect.end = chosen(set->end, base->end);
	dialect.notify = chosen(set->notify, base->notify);
	dialect.abort = chosen(set->abort, base->abort == base->end ? dialect.end : base->abort);
	dialect.request = base->request == base->page ? dialect.page : base->request;
	dialect.release = chosen(set->release, base->release == base->end ? dialect.end :
						base->release == base->notify ? dialect.notify : base->release);
	return dialect;
}

bool dialect_clash(const struct dialect *dialect, const char *names[static 2])
{
	const struct {
		const char *name;
		uint16_t op;
	} received[] = {
		{ "op_begin", dialect->begin }, { "op_answer", dialect->answer[0] }, { "op_answer", dialect->answer[1] },
		{ "op_gone", dialect->gone[0] }, { "op_gone", dialect->gone[1] }, { "op_notified", dialect->notified },
	}, sent[] = {
		/* with the end bit, the operation need not say that the dialog ends */
		{ "op_end", dialect->end_bit ? USSD_OP_NONE : dialect->end },
		{ "op_abort", dialect->end_bit ? USSD_OP_NONE : dialect->abort },
		{ "op_release", dialect->end_bit ? USSD_OP_NONE : dialect->release }, { "op_notify", dialect->notify },
	};

	for (size_t i = 0; i < sizeof(received) / sizeof(*received); i++) {
		for (size_t k = 0; k < i; k++) {
			names[0] = received[k].name;
			names[1] = received[i].name;
			if (received[i].op == received[k].op && received[i].op != USSD_OP_NONE && strcmp(names[0], names[1]))
				return true;
		}
	}
	names[0] = "op_page";
	for (size_t i = 0; i < sizeof(sent) / sizeof(*sent); i++) {
		names[1] = sent[i].name;
		if (sent[i].op == dialect->page)
			return true;
	}
	return false;
}

/* ---- input ---- */

#define HASHED (UINT64_C(0xf) << 60)	/* marks hashes: no packed key begins with this digit */

/* A short code may have any form, such as "*100#". It is packed as by digits_pack(), with two more signs, so that packed keys never
 * collide. Longer ones are dialled strings: a hash (FNV-1a) is enough, as it only tells one subscriber's dialogs apart. */
static uint64_t address_key(const char *address)
{
	static const char signs[] = "0123456789*#";
	uint64_t key = 0, hash = 14695981039346656037u;
	bool packs = strlen(address) <= PACKED_DIGITS;

	for (; *address; address++) {
		const char *sign = strchr(signs, *address);

		packs = packs && sign;
		key = key << 4 | (packs ? (uint64_t)(sign - signs) + 1 : 0);
		hash = (hash ^ (uint8_t)*address) * 1099511628211u;
	}
	return packs ? key : hash | HASHED;
}

static int key_read(const struct dialect *dialect, const struct smpp_pdu *pdu, struct dialect_input *input)
{
	switch (dialect->key) {
	case KEY_ITS:
		input->user = 0;
		/* fall through */
	case KEY_ITS_AND_SUBSCRIBER:
		input->session = pdu->its_session_info & ~END_BIT;
		/* The subscriber alone is enough: one dialog at a time. */
		return smpp_has(pdu, SMPP_TLV_ITS_SESSION_INFO) || input->user ? 0 : -EBADMSG;
	case KEY_REFERENCE_AND_SUBSCRIBER:
		input->session = pdu->user_message_reference;
		return smpp_has(pdu, SMPP_TLV_USER_MESSAGE_REFERENCE) ? 0 : -EBADMSG;
	case KEY_NUMBERS:
		input->session = address_key(pdu->destination);
		return 0;
	}
	return -EBADMSG;
}

static int event_read(const struct dialect *dialect, const struct smpp_pdu *pdu, struct dialect_input *input)
{
	const bool code = input->text.len && (input->text.at[0] == '*' || input->text.at[0] == '#');
	const bool ended = dialect->end_bit && smpp_has(pdu, SMPP_TLV_ITS_SESSION_INFO) && pdu->its_session_info & END_BIT;
	uint16_t op = code ? dialect->begin : dialect->answer[0];

	/* Gateways omit the operation when a dialog begins; some omit it always. */
	if (smpp_has(pdu, SMPP_TLV_USSD_SERVICE_OP))
		op = pdu->ussd_service_op;
	if (op == dialect->begin)
		input->event = DIALECT_BEGIN;
	else if (op == dialect->notified)
		input->event = DIALECT_NOTIFIED;
	else if (op == dialect->gone[0] || op == dialect->gone[1] || ended)
		input->event = DIALECT_GONE;
	else if (op == dialect->answer[0] || op == dialect->answer[1])
		input->event = DIALECT_CONTINUE;
	else
		return -EBADMSG;
	return 0;
}

int dialect_read(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *pdu,
		 struct dialect_input *input)
{
	*input = (struct dialect_input){ .text = smpp_message(pdu), .data_coding = pdu->data_coding };
	input->number = number_normalize(plan, pdu->source_ton, pdu->source_npi, pdu->source, input->msisdn);
	if (input->number != NUMBER_OK)
		return -EINVAL;
	input->user = digits_pack(input->msisdn);
	if (key_read(dialect, pdu, input) < 0 || event_read(dialect, pdu, input) < 0)
		return -EBADMSG;
	/* Without a text, the destination is the dialled code. */
	if (input->event == DIALECT_BEGIN && !input->text.len) {
		input->text = (struct smpp_octets){ (const uint8_t *)pdu->destination, strlen(pdu->destination) };
		input->data_coding = 1;
	}
	return 0;
}

enum dialect_coding dialect_coding(uint8_t data_coding)
{
	switch (data_coding) {
	case 0x00:
	case 0x0f:
	case 0x40 ... 0x43:
	case 0xf0 ... 0xf3:
		return CODING_DEFAULT;
	case 0x01:
		return CODING_ASCII;
	case 0x03:
		return CODING_LATIN1;
	case 0x08:
	case 0x48 ... 0x4b:
		return CODING_UCS2;
	}
	return CODING_UNKNOWN;
}

/* ---- output ---- */

static uint16_t op_of(const struct dialect *dialect, enum dialect_output output)
{
	switch (output) {
	case DIALECT_PAGE:
		return dialect->page;
	case DIALECT_END:
		return dialect->end;
	case DIALECT_ABORT:
		return dialect->abort;
	case DIALECT_NOTIFY:
		return dialect->notify;
	case DIALECT_REQUEST:
		return dialect->request;
	case DIALECT_RELEASE:
		return dialect->release;
	}
	return USSD_OP_NONE;
}

static void key_put(const struct dialect *dialect, enum dialect_output output, const struct dialect_route *route,
		    struct smpp_pdu *pdu)
{
	const bool end = output == DIALECT_END || output == DIALECT_ABORT || output == DIALECT_RELEASE;

	switch (dialect->key) {
	case KEY_ITS:
	case KEY_ITS_AND_SUBSCRIBER:
		pdu->its_session_info = (route->its_session_info & ~END_BIT) | (end && dialect->end_bit ? END_BIT : 0);
		pdu->tlvs |= 1u << SMPP_TLV_ITS_SESSION_INFO;
		break;
	case KEY_REFERENCE_AND_SUBSCRIBER:
		pdu->user_message_reference = route->user_message_reference;
		pdu->tlvs |= 1u << SMPP_TLV_USER_MESSAGE_REFERENCE;
		break;
	case KEY_NUMBERS:
		break;
	}
}

int dialect_read_back(const struct dialect *dialect, const struct numbering_plan *plan, const struct smpp_pdu *page,
		      struct smpp_pdu *answer, struct dialect_input *input)
{
	if (page->ussd_service_op != dialect->page)
		return -EBADMSG;
	*answer = *page;
	answer->source = page->destination;
	answer->source_ton = page->destination_ton;
	answer->source_npi = page->destination_npi;
	answer->destination = page->source;
	answer->destination_ton = page->source_ton;
	answer->destination_npi = page->source_npi;
	answer->ussd_service_op = (uint8_t)dialect->answer[0];
	return dialect_read(dialect, plan, answer, input);
}

int dialect_write(const struct dialect *dialect, enum dialect_output output, const struct dialect_route *route,
		  struct smpp_octets text, uint8_t data_coding, struct smpp_pdu *pdu)
{
	bool fits = text.len <= SMPP_SHORT_MESSAGE_MAX;

	if (op_of(dialect, output) == USSD_OP_NONE)
		return -ENOTSUP;
	*pdu = (struct smpp_pdu){
		.command = SMPP_SUBMIT_SM, .service_type = route->service_type,
		.source = route->short_code, .source_ton = route->short_code_ton, .source_npi = route->short_code_npi,
		.destination = route->subscriber, .destination_ton = route->subscriber_ton,
		.destination_npi = route->subscriber_npi, .data_coding = data_coding,
		.ussd_service_op = (uint8_t)op_of(dialect, output), .tlvs = 1u << SMPP_TLV_USSD_SERVICE_OP,
	};
	*(fits ? &pdu->short_message : &pdu->message_payload) = text;
	pdu->tlvs |= fits ? 0 : 1u << SMPP_TLV_MESSAGE_PAYLOAD;
	key_put(dialect, output, route, pdu);
	return 0;
}

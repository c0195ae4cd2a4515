/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads and writes SMPP PDUs, both from one table of their fields.
 *
 * We do not use libsmpp34 1.14: it rejects vendors' statuses, error responses with bodies, and unknown commands, and it
 * reads past the end of strings. */
#include <errno.h>
#include <string.h>

#include "channel/smpp/smpp_codec.h"

#define TLV_HEAD 4

enum field_kind {
	FIELD_OCTET,
	FIELD_STRING,		/* C-octet string, clause 3.1 */
	FIELD_MESSAGE,		/* sm_length and short_message */
};

struct pdu_field {
	uint8_t kind;
	uint8_t max;		/* octets of a string, including the NUL */
	uint16_t at;
};

#define OCTET(member) { FIELD_OCTET, 1, offsetof(struct smpp_pdu, member) }
#define STRING(member, max) { FIELD_STRING, max, offsetof(struct smpp_pdu, member) }
#define MESSAGE(member) { FIELD_MESSAGE, SMPP_SHORT_MESSAGE_MAX, offsetof(struct smpp_pdu, member) }
#define SOURCE(max) OCTET(source_ton), OCTET(source_npi), STRING(source, max)
#define DESTINATION(max) OCTET(destination_ton), OCTET(destination_npi), STRING(destination, max)

static const struct pdu_field bind_fields[] = {
	STRING(system_id, SMPP_SYSTEM_ID_MAX + 1), STRING(password, SMPP_PASSWORD_MAX + 1),
	STRING(system_type, SMPP_SYSTEM_TYPE_MAX + 1), OCTET(interface_version), OCTET(address_ton), OCTET(address_npi),
	STRING(address_range, SMPP_ADDRESS_RANGE_MAX + 1),
};

static const struct pdu_field bind_resp_fields[] = { STRING(system_id, SMPP_SYSTEM_ID_MAX + 1) };

static const struct pdu_field outbind_fields[] = {
	STRING(system_id, SMPP_SYSTEM_ID_MAX + 1), STRING(password, SMPP_PASSWORD_MAX + 1),
};

static const struct pdu_field sm_fields[] = {
	STRING(service_type, 6), SOURCE(SMPP_ADDRESS_MAX + 1), DESTINATION(SMPP_ADDRESS_MAX + 1), OCTET(esm_class),
	OCTET(protocol_id), OCTET(priority), STRING(schedule, 17), STRING(validity, 17), OCTET(registered_delivery),
	OCTET(replace_if_present), OCTET(data_coding), OCTET(default_message), MESSAGE(short_message),
};

static const struct pdu_field message_id_fields[] = { STRING(message_id, SMPP_MESSAGE_ID_MAX + 1) };

static const struct pdu_field data_sm_fields[] = {
	STRING(service_type, 6), SOURCE(65), DESTINATION(65), OCTET(esm_class), OCTET(registered_delivery),
	OCTET(data_coding),
};

static const struct pdu_field query_sm_fields[] = {
	STRING(message_id, SMPP_MESSAGE_ID_MAX + 1), SOURCE(SMPP_ADDRESS_MAX + 1),
};

static const struct pdu_field query_sm_resp_fields[] = {
	STRING(message_id, SMPP_MESSAGE_ID_MAX + 1), STRING(final_date, 17), OCTET(message_state), OCTET(error_code),
};

static const struct pdu_field alert_fields[] = { SOURCE(65), DESTINATION(65) };

struct layout {
	uint32_t command;
	const char *name;
	const struct pdu_field *fields;
	unsigned int count;
};

#define LAYOUT(command, name, fields) { command, name, fields, sizeof(fields) / sizeof(fields[0]) }
#define EMPTY(command, name) { command, name, NULL, 0 }

/* Clause 4. The most frequent ones come first. */
static const struct layout layouts[] = {
	LAYOUT(SMPP_SUBMIT_SM, "submit_sm", sm_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_SUBMIT_SM, "submit_sm_resp", message_id_fields),
	LAYOUT(SMPP_DELIVER_SM, "deliver_sm", sm_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_DELIVER_SM, "deliver_sm_resp", message_id_fields),
	LAYOUT(SMPP_DATA_SM, "data_sm", data_sm_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_DATA_SM, "data_sm_resp", message_id_fields),
	LAYOUT(SMPP_ALERT_NOTIFICATION, "alert_notification", alert_fields),
	EMPTY(SMPP_ENQUIRE_LINK, "enquire_link"),
	EMPTY(SMPP_RESPONSE | SMPP_ENQUIRE_LINK, "enquire_link_resp"),
	LAYOUT(SMPP_BIND_TRANSCEIVER, "bind_transceiver", bind_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_BIND_TRANSCEIVER, "bind_transceiver_resp", bind_resp_fields),
	LAYOUT(SMPP_BIND_RECEIVER, "bind_receiver", bind_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_BIND_RECEIVER, "bind_receiver_resp", bind_resp_fields),
	LAYOUT(SMPP_BIND_TRANSMITTER, "bind_transmitter", bind_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_BIND_TRANSMITTER, "bind_transmitter_resp", bind_resp_fields),
	EMPTY(SMPP_UNBIND, "unbind"),
	EMPTY(SMPP_RESPONSE | SMPP_UNBIND, "unbind_resp"),
	EMPTY(SMPP_GENERIC_NACK, "generic_nack"),
	LAYOUT(SMPP_OUTBIND, "outbind", outbind_fields),
	LAYOUT(SMPP_QUERY_SM, "query_sm", query_sm_fields),
	LAYOUT(SMPP_RESPONSE | SMPP_QUERY_SM, "query_sm_resp", query_sm_resp_fields),
};

enum tlv_kind {
	TLV_NUMBER8,
	TLV_NUMBER16,
	TLV_OCTETS,
	TLV_STRING,		/* ends with a NUL, which is not copied to the struct */
};

struct tlv_layout {
	uint16_t tag;
	uint8_t kind;
	uint16_t min, max;	/* octets */
	uint16_t at;
};

#define TLV(tag, kind, min, max, member) { tag, kind, min, max, offsetof(struct smpp_pdu, member) }

/* Clause 5.3. */
static const struct tlv_layout tlvs[SMPP_TLVS] = {
	[SMPP_TLV_RECEIPTED_MESSAGE_ID] = TLV(0x001e, TLV_STRING, 1, SMPP_MESSAGE_ID_MAX + 1, receipted_message_id),
	[SMPP_TLV_USER_MESSAGE_REFERENCE] = TLV(0x0204, TLV_NUMBER16, 2, 2, user_message_reference),
	[SMPP_TLV_SAR_REFERENCE] = TLV(0x020c, TLV_NUMBER16, 2, 2, sar_reference),
	[SMPP_TLV_SAR_TOTAL] = TLV(0x020e, TLV_NUMBER8, 1, 1, sar_total),
	[SMPP_TLV_SAR_PART] = TLV(0x020f, TLV_NUMBER8, 1, 1, sar_part),
	[SMPP_TLV_SC_INTERFACE_VERSION] = TLV(0x0210, TLV_NUMBER8, 1, 1, sc_interface_version),
	[SMPP_TLV_NETWORK_ERROR] = TLV(0x0423, TLV_OCTETS, 3, 3, network_error),
	[SMPP_TLV_MESSAGE_PAYLOAD] = TLV(0x0424, TLV_OCTETS, 0, UINT16_MAX, message_payload),
	[SMPP_TLV_MESSAGE_STATE] = TLV(0x0427, TLV_NUMBER8, 1, 1, message_state),
	[SMPP_TLV_USSD_SERVICE_OP] = TLV(0x0501, TLV_NUMBER8, 1, 1, ussd_service_op),
	[SMPP_TLV_ITS_SESSION_INFO] = TLV(0x1383, TLV_NUMBER16, 2, 2, its_session_info),
};

static const struct smpp_pdu empty_pdu = {
	.system_id = "", .password = "", .system_type = "", .address_range = "", .service_type = "", .source = "",
	.destination = "", .schedule = "", .validity = "", .message_id = "", .final_date = "",
};

static uint32_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

static const struct layout *layout_of(uint32_t command)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		if (layouts[i].command == command)
			return &layouts[i];
	}
	return NULL;
}

const char *smpp_command_name(uint32_t command)
{
	const struct layout *layout = layout_of(command);

	return layout ? layout->name : "unknown command";
}

struct smpp_octets smpp_message(const struct smpp_pdu *pdu)
{
	static const struct smpp_octets nothing = { (const uint8_t *)"", 0 };

	if (pdu->short_message.len)
		return pdu->short_message;
	return pdu->message_payload.len ? pdu->message_payload : nothing;
}

/* ---- reading ---- */

/* Octets still to be read. */
struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static size_t input_left(const struct input *in)
{
	return in->end - in->at;
}

static int field_read(struct input *in, const struct pdu_field *field, struct smpp_pdu *pdu)
{
	uint8_t *member = (uint8_t *)pdu + field->at;
	size_t left = input_left(in), len;
	const uint8_t *nul;

	if (field->kind == FIELD_STRING) {
		nul = memchr(in->at, 0, left < field->max ? left : field->max);
		if (!nul)
			return -EBADMSG;
		*(const char **)member = (const char *)in->at;
		in->at = nul + 1;
		return 0;
	}
	if (!left)
		return -EBADMSG;
	if (field->kind == FIELD_OCTET) {
		*member = *in->at++;
		return 0;
	}
	len = *in->at++;
	if (len > field->max || len > left - 1)
		return -EBADMSG;
	*(struct smpp_octets *)member = (struct smpp_octets){ in->at, len };
	in->at += len;
	return 0;
}

static void tlv_take(const struct tlv_layout *tlv, struct smpp_octets value, struct smpp_pdu *pdu)
{
	uint8_t *member = (uint8_t *)pdu + tlv->at;

	switch (tlv->kind) {
	case TLV_NUMBER8:
		*member = value.at[0];
		break;
	case TLV_NUMBER16:
		*(uint16_t *)member = get16(value.at);
		break;
	case TLV_STRING:
		value.len = strnlen((const char *)value.at, value.len);
		/* fall through */
	case TLV_OCTETS:
		*(struct smpp_octets *)member = value;
		break;
	}
}

/* Accept a known parameter if its length is right and it is the first of its kind. */
static void tlv_match(uint16_t tag, struct smpp_octets value, struct smpp_pdu *pdu)
{
	for (unsigned int i = 0; i < SMPP_TLVS; i++) {
		if (tlvs[i].tag != tag)
			continue;
		if (value.len < tlvs[i].min || value.len > tlvs[i].max || smpp_has(pdu, i))
			return;
		tlv_take(&tlvs[i], value, pdu);
		pdu->tlvs |= 1u << i;
		return;
	}
}

static int tlvs_read(struct input *in, struct smpp_pdu *pdu)
{
	struct smpp_octets value;
	uint16_t tag;

	while (input_left(in)) {
		if (input_left(in) < TLV_HEAD)
			return -EBADMSG;
		tag = get16(in->at);
		value = (struct smpp_octets){ in->at + TLV_HEAD, get16(in->at + 2) };
		in->at += TLV_HEAD;
		if (value.len > input_left(in))
			return -EBADMSG;
		in->at += value.len;
		tlv_match(tag, value, pdu);
	}
	return 0;
}

static int body_read(struct input *in, const struct layout *layout, struct smpp_pdu *pdu)
{
	for (unsigned int i = 0; i < layout->count; i++) {
		if (field_read(in, &layout->fields[i], pdu) < 0)
			return -EBADMSG;
	}
	return tlvs_read(in, pdu);
}

int smpp_frame_read(const uint8_t *in, size_t len)
{
	uint32_t need;

	if (len < 4)
		return 0;
	need = get32(in);
	if (need < SMPP_HEAD || need > SMPP_PDU_MAX)
		return -EBADMSG;
	return need <= len ? need : 0;
}

int smpp_read(const uint8_t *in, size_t len, struct smpp_pdu *pdu)
{
	struct input body = { in + SMPP_HEAD, in + len };
	const struct layout *layout;

	*pdu = empty_pdu;
	if (len < SMPP_HEAD)
		return -EBADMSG;
	pdu->command = get32(in + 4);
	pdu->status = get32(in + 8);
	pdu->sequence = get32(in + 12);
	layout = layout_of(pdu->command);
	if (!layout)
		return -ENOSYS;
	if (body_read(&body, layout, pdu) < 0 && !(pdu->command & SMPP_RESPONSE))
		return -EBADMSG;
	return 0;
}

/* ---- writing ---- */

struct output {
	uint8_t *at;
	uint8_t *end;
};

static int octets_put(struct output *out, const void *octets, size_t len)
{
	if (len > (size_t)(out->end - out->at))
		return -EMSGSIZE;
	if (len)
		memcpy(out->at, octets, len);
	out->at += len;
	return 0;
}

static int field_put(struct output *out, const struct pdu_field *field, const struct smpp_pdu *pdu)
{
	const uint8_t *member = (const uint8_t *)pdu + field->at;
	const struct smpp_octets *message;
	const char *string;
	uint8_t len;

	if (field->kind == FIELD_OCTET)
		return octets_put(out, member, 1);
	if (field->kind == FIELD_STRING) {
		string = *(const char *const *)member;
		len = string ? strnlen(string, field->max) : 0;
		return len == field->max ? -EMSGSIZE : octets_put(out, string ? string : "", len + 1u);
	}
	message = (const struct smpp_octets *)member;
	len = message->len;
	if (message->len > field->max || octets_put(out, &len, 1) < 0)
		return -EMSGSIZE;
	return octets_put(out, message->at, message->len);
}

/* The value as octets; \a number is room for a number's octets. */
static struct smpp_octets tlv_value(const struct tlv_layout *tlv, const struct smpp_pdu *pdu, uint8_t number[2])
{
	const uint8_t *member = (const uint8_t *)pdu + tlv->at;

	switch (tlv->kind) {
	case TLV_NUMBER8:
		return (struct smpp_octets){ member, 1 };
	case TLV_NUMBER16:
		put16(number, *(const uint16_t *)member);
		return (struct smpp_octets){ number, 2 };
	}
	return *(const struct smpp_octets *)member;
}

static int tlv_put(struct output *out, const struct tlv_layout *tlv, const struct smpp_pdu *pdu)
{
	uint8_t head[TLV_HEAD], number[2];
	struct smpp_octets value = tlv_value(tlv, pdu, number);
	bool nul = tlv->kind == TLV_STRING;
	size_t len = value.len + nul;

	if (len < tlv->min || len > tlv->max)
		return -EMSGSIZE;
	put16(head, tlv->tag);
	put16(head + 2, len);
	if (octets_put(out, head, sizeof(head)) < 0 || octets_put(out, value.at, value.len) < 0)
		return -EMSGSIZE;
	return nul ? octets_put(out, "", 1) : 0;
}

static int body_put(struct output *out, const struct layout *layout, const struct smpp_pdu *pdu)
{
	for (unsigned int i = 0; i < layout->count; i++) {
		if (field_put(out, &layout->fields[i], pdu) < 0)
			return -EMSGSIZE;
	}
	for (unsigned int i = 0; pdu->tlvs >> i && i < SMPP_TLVS; i++) {
		if (smpp_has(pdu, i) && tlv_put(out, &tlvs[i], pdu) < 0)
			return -EMSGSIZE;
	}
	return 0;
}

int smpp_write(const struct smpp_pdu *pdu, uint8_t *out, size_t size)
{
	struct output body = { out + SMPP_HEAD, out + (size < SMPP_PDU_MAX ? size : SMPP_PDU_MAX) };
	const struct layout *layout = layout_of(pdu->command);

	if (!layout)
		return -ENOSYS;
	if (size < SMPP_HEAD || body_put(&body, layout, pdu) < 0)
		return -EMSGSIZE;
	put32(out, body.at - out);
	put32(out + 4, pdu->command);
	put32(out + 8, pdu->status);
	smpp_sequence_put(out, pdu->sequence);
	return body.at - out;
}

void smpp_sequence_put(uint8_t *pdu, uint32_t sequence)
{
	put32(pdu + 12, sequence);
}

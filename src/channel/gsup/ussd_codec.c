/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Decodes and encodes USSD components in BER.
 *
 * We do not use libosmogsm 1.7: its gsm0480_parse_facility_ie() reads past the end of a crafted Facility and rejects
 * long lengths and UCS-2, and its writer makes invalid lengths from 128 octets on. */
#include <errno.h>
#include <string.h>

#include "channel/gsup/ussd_codec.h"
#include "starhash/text.h"

enum ber_tag {
	BER_END = 0x00,
	BER_INTEGER = 0x02,
	BER_OCTETS = 0x04,
	BER_NULL = 0x05,
	BER_OID = 0x06,
	BER_IA5 = 0x16,
	BER_SEQUENCE = 0x30,
	BER_LINKED_ID = 0x80,
	BER_RESULT_NOT_LAST = 0xa7,
};

#define BER_CONSTRUCTED 0x20
#define BER_DEPTH_MAX 6

#define DCS_GSM7 0x0f
#define DCS_UCS2 0x48

/* Octets still to be read. */
struct span {
	const uint8_t *at;
	const uint8_t *end;
};

struct tlv {
	uint8_t tag;
	struct span value;
};

static size_t span_len(const struct span *span)
{
	return span->end - span->at;
}

static int tlv_read(struct span *in, struct tlv *tlv, unsigned int depth);

/* Find the end of an indefinite length: elements up to two zero octets (X.690 clause 8.1.3.6). */
static int indefinite_read(struct span *in, struct span *value, unsigned int depth)
{
	struct tlv inner;

	if (depth >= BER_DEPTH_MAX)
		return -EBADMSG;
	value->at = in->at;
	do {
		value->end = in->at;
		if (tlv_read(in, &inner, depth + 1) < 0)
			return -EBADMSG;
	} while (inner.tag != BER_END);
	return span_len(&inner.value) ? -EBADMSG : 0;
}

static int definite_read(struct span *in, uint8_t first, struct span *value)
{
	size_t len = first, count = first & 0x7f;

	/* The long form: the length in \a count octets, leading zeros allowed. */
	if (first >= 0x80) {
		if (count > 4 || count > span_len(in))
			return -EBADMSG;
		for (len = 0; count; count--)
			len = len << 8 | *in->at++;
	}
	if (len > span_len(in))
		return -EBADMSG;
	value->at = in->at;
	value->end = in->at + len;
	in->at += len;
	return 0;
}

/* Read one element with a tag of one octet; \a in advances past it. */
static int tlv_read(struct span *in, struct tlv *tlv, unsigned int depth)
{
	uint8_t first;

	if (span_len(in) < 2)
		return -EBADMSG;
	tlv->tag = *in->at++;
	if ((tlv->tag & 0x1f) == 0x1f)
		return -EBADMSG;
	first = *in->at++;
	if (first != 0x80)
		return definite_read(in, first, &tlv->value);
	if (!(tlv->tag & BER_CONSTRUCTED))
		return -EBADMSG;
	return indefinite_read(in, &tlv->value, depth);
}

static bool long_tagged_read(struct span *in, struct span *value)
{
	struct span at = *in;
	struct tlv tlv;

	if (tlv_read(&at, &tlv, 0) < 0)
		return false;
	*in = at;
	*value = tlv.value;
	return true;
}

/* Read an element if it has \a tag; otherwise returns false and leaves \a in unchanged. */
static inline bool tagged_read(struct span *in, uint8_t tag, struct span *value)
{
	const size_t len = span_len(in);

	if (len < 2 || in->at[0] != tag)
		return false;
	if (in->at[1] > 0x7f || in->at[1] > len - 2)
		return long_tagged_read(in, value);
	value->at = in->at + 2;
	value->end = value->at + in->at[1];
	in->at = value->end;
	return true;
}

/* A signed number of 1 to 4 octets. */
static inline int integer_read(struct span *in, int32_t *number)
{
	struct span value;
	uint32_t bits;

	if (!tagged_read(in, BER_INTEGER, &value) || !span_len(&value) || span_len(&value) > 4)
		return -EBADMSG;
	bits = *value.at & 0x80 ? UINT32_MAX : 0;
	while (value.at < value.end)
		bits = bits << 8 | *value.at++;
	*number = (int32_t)bits;
	return 0;
}

static inline int invoke_id_read(struct span *in, struct ussd_component *out)
{
	int32_t number;

	if (integer_read(in, &number) < 0 || number < INT8_MIN || number > INT8_MAX)
		return -EBADMSG;
	out->invoke_id = number;
	out->has_invoke_id = true;
	return 0;
}

/* A local operation code; a global one (an object identifier) becomes USSD_NO_OPERATION. */
static inline int operation_read(struct span *in, struct ussd_component *out)
{
	struct span value;
	int32_t number;

	if (tagged_read(in, BER_OID, &value))
		return 0;
	if (integer_read(in, &number) < 0 || number < 0 || number > UINT8_MAX)
		return -EBADMSG;
	out->operation = number;
	return 0;
}

enum ussd_alphabet ussd_alphabet_of(uint8_t dcs)
{
	switch (dcs) {
	case 0x10:
		return USSD_GSM7_LANGUAGE;
	case 0x11:
		return USSD_UCS2_LANGUAGE;
	case 0x00 ... 0x0f:
	case 0x20 ... 0x3f:
	case 0x40 ... 0x43:
	case 0x50 ... 0x53:
	case 0xf0 ... 0xf3:
		return USSD_GSM7;
	case 0x48 ... 0x4b:
	case 0x58 ... 0x5b:
		return USSD_UCS2;
	default:
		return USSD_UNKNOWN;
	}
}

static inline int string_take(struct span value, enum ussd_alphabet alphabet, struct ussd_component *out)
{
	if (span_len(&value) > USSD_STRING_MAX)
		return -EBADMSG;
	out->alphabet = alphabet;
	out->string = value.at;
	out->string_len = span_len(&value);
	return 0;
}

/* USSD-Arg and USSD-Res. Skip what follows the string (alerting pattern, number). */
static inline int ussd_arg_read(struct span arg, struct ussd_component *out)
{
	struct span dcs, string;

	if (!tagged_read(&arg, BER_OCTETS, &dcs) || span_len(&dcs) != 1 || !tagged_read(&arg, BER_OCTETS, &string))
		return -EBADMSG;
	return string_take(string, ussd_alphabet_of(*dcs.at), out);
}

/* The parameter of an operation that carries a text. Parameters of other operations are skipped. */
static inline int parameter_read(struct span *in, struct ussd_component *out)
{
	struct span value;

	if (!span_len(in))
		return 0;
	switch (out->operation) {
	case USSD_PROCESS_DATA:
		return tagged_read(in, BER_IA5, &value) ? string_take(value, USSD_IA5, out) : -EBADMSG;
	case USSD_PROCESS_REQUEST:
	case USSD_REQUEST:
	case USSD_NOTIFY:
		return tagged_read(in, BER_SEQUENCE, &value) ? ussd_arg_read(value, out) : -EBADMSG;
	default:
		return 0;
	}
}

static int invoke_read(struct span in, struct ussd_component *out)
{
	struct span linked;

	if (invoke_id_read(&in, out) < 0)
		return -EBADMSG;
	tagged_read(&in, BER_LINKED_ID, &linked);
	if (operation_read(&in, out) < 0)
		return -EBADMSG;
	return parameter_read(&in, out);
}

static int result_read(struct span in, struct ussd_component *out)
{
	struct span sequence;

	if (invoke_id_read(&in, out) < 0)
		return -EBADMSG;
	if (!span_len(&in))
		return 0;
	if (!tagged_read(&in, BER_SEQUENCE, &sequence) || operation_read(&sequence, out) < 0)
		return -EBADMSG;
	return parameter_read(&sequence, out);
}

static int error_read(struct span in, struct ussd_component *out)
{
	int32_t code;

	if (invoke_id_read(&in, out) < 0)
		return -EBADMSG;
	if (integer_read(&in, &code) == 0)
		out->error = code;
	return 0;
}

static int reject_read(struct span in, struct ussd_component *out)
{
	struct span null;
	struct tlv problem;

	if (!tagged_read(&in, BER_NULL, &null) && invoke_id_read(&in, out) < 0)
		return -EBADMSG;
	if (tlv_read(&in, &problem, 0) < 0 || span_len(&problem.value) != 1)
		return -EBADMSG;
	out->error = *problem.value.at;
	return 0;
}

static int component_read(const struct tlv *tlv, struct ussd_component *out)
{
	*out = (struct ussd_component){ .kind = tlv->tag };
	switch (tlv->tag) {
	case USSD_INVOKE:
		return invoke_read(tlv->value, out);
	case BER_RESULT_NOT_LAST:
		out->kind = USSD_RESULT;
		return result_read(tlv->value, out);
	case USSD_RESULT:
		return result_read(tlv->value, out);
	case USSD_ERROR:
		return error_read(tlv->value, out);
	case USSD_REJECT:
		return reject_read(tlv->value, out);
	default:
		return -EBADMSG;
	}
}

int ussd_read(const uint8_t *in, size_t len, size_t *pos, struct ussd_component *out)
{
	struct span rest = { in + *pos, in + len };
	struct tlv tlv;

	if (*pos >= len)
		return 0;
	if (tlv_read(&rest, &tlv, 0) < 0) {
		*pos = len;
		return -EBADMSG;
	}
	*pos = rest.at - in;
	return component_read(&tlv, out) < 0 ? -EBADMSG : 1;
}

int ussd_text(const struct ussd_component *component, char *out, size_t size)
{
	const uint8_t *string = component->string;
	size_t len = component->string_len, i;
	int n;

	switch (component->alphabet) {
	case USSD_NO_STRING:
		return 0;
	case USSD_GSM7:
		return text_ussd_unpack(string, len, out, size);
	case USSD_GSM7_LANGUAGE:
		n = text_ussd_unpack(string, len, out, size);
		/* "en\r" and then the text (23.038 clause 5, coding group 0001). */
		if (n < 3 || out[2] != '\r')
			return n;
		memmove(out, out + 3, n - 3);
		return n - 3;
	case USSD_UCS2:
		return text_ucs2_decode(string, len, out, size);
	case USSD_UCS2_LANGUAGE:
		return len < 2 ? 0 : text_ucs2_decode(string + 2, len - 2, out, size);
	case USSD_IA5:
		if (len > size)
			return -ENOSPC;
		for (i = 0; i < len; i++)
			out[i] = string[i] & 0x7f;
		return len;
	case USSD_UNKNOWN:
		break;
	}
	return -EILSEQ;
}

static int ia5_write(const char *text, size_t len, uint8_t *out, size_t size)
{
	const char *end = text + len;
	uint32_t codepoint;
	size_t n;

	for (n = 0; text < end; n++) {
		if (n == size)
			return -ENOSPC;
		codepoint = text_next(&text, end);
		out[n] = codepoint < 0x80 ? codepoint : '?';	/* IA5 lacks all others */
	}
	return n;
}

/* Output of a component, written from its end to its start, so that each length is known when it is written. */
struct backwards {
	uint8_t *at;
	uint8_t *end;
};

static void octet_put(struct backwards *out, uint8_t octet)
{
	*--out->at = octet;
}

/* Wrap everything from out->at to \a end in one element. */
static void element_put(struct backwards *out, uint8_t tag, const uint8_t *end)
{
	size_t len = end - out->at;

	octet_put(out, len);
	if (len > 0x7f)
		octet_put(out, 0x81);
	octet_put(out, tag);
}

static void integer_put(struct backwards *out, int8_t number)
{
	const uint8_t *end = out->at;

	octet_put(out, number);
	element_put(out, BER_INTEGER, end);
}

/* Encode the text in the alphabet that it needs, and set \a dcs accordingly. Returns octets or -ENOSPC. */
static int string_write(const struct ussd_envelope *envelope, const char *text, size_t len, uint8_t *out, uint8_t *dcs)
{
	size_t size = envelope->octets_max < USSD_STRING_MAX ? envelope->octets_max : USSD_STRING_MAX;
	int rc;

	if (envelope->operation == USSD_PROCESS_DATA)
		return ia5_write(text, len, out, size);
	*dcs = DCS_GSM7;
	rc = text_ussd_pack(text, len, out, size);
	if (rc != -EILSEQ)
		return rc;
	*dcs = DCS_UCS2;
	return text_ucs2_encode(text, len, out, size);
}

int ussd_write(const struct ussd_envelope *envelope, const char *text, size_t len, uint8_t *out, size_t size)
{
	uint8_t string[USSD_STRING_MAX], component[USSD_COMPONENT_MAX], dcs = 0;
	struct backwards to = { component + sizeof(component), component + sizeof(component) };
	int n = string_write(envelope, text, len, string, &dcs);
	const uint8_t *after_dcs;

	if (n < 0)
		return -EMSGSIZE;
	to.at -= n;
	memcpy(to.at, string, n);
	if (envelope->operation == USSD_PROCESS_DATA) {
		element_put(&to, BER_IA5, to.end);
	} else {
		element_put(&to, BER_OCTETS, to.end);
		after_dcs = to.at;
		octet_put(&to, dcs);
		element_put(&to, BER_OCTETS, after_dcs);
		element_put(&to, BER_SEQUENCE, to.end);
	}
	integer_put(&to, envelope->operation);
	if (envelope->kind == USSD_RESULT)
		element_put(&to, BER_SEQUENCE, to.end);
	integer_put(&to, envelope->invoke_id);
	element_put(&to, envelope->kind, to.end);
	if ((size_t)(to.end - to.at) > size)
		return -EMSGSIZE;
	memcpy(out, to.at, to.end - to.at);
	return to.end - to.at;
}

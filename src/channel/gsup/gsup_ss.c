/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Decodes and encodes GSUP messages. */
#include <endian.h>
#include <string.h>

#include "channel/gsup/gsup_ss.h"

#define IMSI_OCTETS_MAX 8
#define EACH_DIGIT(nibble) ((nibble) * UINT64_C(0x1111111111111111))

/* ---- IMSIs ----
 *
 * On the wire there are two digits per octet, the first in the low nibble; the last octet may have only one. In a packed IMSI the last
 * digit is in the lowest nibble, and each is greater by one. */

static uint64_t swap_nibbles(uint64_t octets)
{
	return (octets & 0x0f0f0f0f0f0f0f0fu) << 4 | (octets >> 4 & 0x0f0f0f0f0f0f0f0fu);
}

/* 0: not an IMSI. */
static uint64_t imsi_read(const uint8_t *in, size_t len)
{
	uint8_t octets[IMSI_OCTETS_MAX] = { 0 };
	uint64_t digits;
	unsigned int spare;

	if (!len || len > IMSI_OCTETS_MAX)
		return 0;
	memcpy(octets, in, len);
	memcpy(&digits, octets, sizeof(digits));
	spare = 64 - 8 * (unsigned int)len + (in[len - 1] >> 4 == 0xf ? 4 : 0);
	if (!spare)
		return 0;
	digits = swap_nibbles(be64toh(digits)) >> spare;
	if (digits >> 3 & (digits >> 2 | digits >> 1) & EACH_DIGIT(1))		/* above 9 */
		return 0;
	return digits + (EACH_DIGIT(1) >> spare);
}

/* Returns octets; 0: not an IMSI. */
static size_t imsi_write(uint64_t imsi, uint8_t out[static IMSI_OCTETS_MAX])
{
	unsigned int spare = 0;

	if (!imsi)
		return 0;
	for (; !(imsi >> 60); imsi <<= 4)
		spare += 4;
	imsi -= EACH_DIGIT(1) << spare;
	if (spare % 8)
		imsi |= UINT64_C(0xf) << (spare - 4);
	imsi = htobe64(swap_nibbles(imsi));
	memcpy(out, &imsi, sizeof(imsi));
	return (64 - spare + 4) / 8;
}

/* ---- input ---- */

/* Skip elements that are not needed here, whether known to GSUP or not. */
static bool element_read(uint8_t tag, const uint8_t *value, size_t len, struct gsup_message *out)
{
	switch (tag) {
	case OSMO_GSUP_SESSION_ID_IE:
		if (len == 4)
			out->session_id = (uint32_t)value[0] << 24 | (uint32_t)value[1] << 16 |
					  (uint32_t)value[2] << 8 | value[3];
		return len == 4;
	case OSMO_GSUP_SESSION_STATE_IE:
		if (len == 1)
			out->session_state = value[0];
		return len == 1;
	case OSMO_GSUP_SS_INFO_IE:
		out->ss_info = value;
		out->ss_info_len = len;
		return true;
	case OSMO_GSUP_MESSAGE_CLASS_IE:
		if (len == 1)
			out->message_class = value[0];
		return len == 1;
	case OSMO_GSUP_CAUSE_IE:
		if (len == 1)
			out->cause = value[0];
		return len == 1;
	default:
		return true;
	}
}

bool gsup_ss_read(const uint8_t *in, size_t len, struct gsup_message *out)
{
	const uint8_t *at = in + 1, *end = in + len;
	size_t size;

	if (len < 3 || at[0] != OSMO_GSUP_IMSI_IE || at[1] > end - at - 2)
		return false;
	*out = (struct gsup_message){ .message_type = in[0], .imsi = imsi_read(at + 2, at[1]) };
	if (!out->imsi)
		return false;
	for (at += 2 + at[1]; end - at >= 2; at += 2 + size) {
		size = at[1];
		if (size > (size_t)(end - at - 2) || !element_read(at[0], at + 2, size, out))
			return false;
	}
	return at == end;
}

bool gsup_dial_read(const uint8_t *in, size_t len, struct gsup_dial *dial)
{
	static const uint8_t session[] = { OSMO_GSUP_SESSION_ID_IE, 4 };
	static const uint8_t begins[] = { OSMO_GSUP_SESSION_STATE_IE, 1, OSMO_GSUP_SESSION_STATE_BEGIN, OSMO_GSUP_SS_INFO_IE };
	const uint8_t *at = in + 1, *component;

	if (len < 3 || in[0] != OSMO_GSUP_MSGT_PROC_SS_REQUEST || at[0] != OSMO_GSUP_IMSI_IE || at[1] > IMSI_OCTETS_MAX)
		return false;
	dial->imsi = at;
	dial->imsi_len = 2 + at[1];
	at += dial->imsi_len;
	component = at + sizeof(session) + 4 + sizeof(begins) + 1;
	if (in + len < component + 8 || memcmp(at, session, sizeof(session)) || memcmp(at + 6, begins, sizeof(begins)))
		return false;
	dial->session = at + sizeof(session);
	/* an Invoke with a length of one octet, its id and its operation */
	if (component[0] != 0xa1 || component[1] > 0x7f || component[2] != 0x02 || component[3] != 1 || component[5] != 0x02 ||
	    component[6] != 1)
		return false;
	dial->invoke_id = (int8_t)component[4];
	dial->operation = component[7];
	return true;
}

/* ---- output ---- */

static uint8_t *octet_write(uint8_t tag, uint8_t value, uint8_t *out)
{
	*out++ = tag;
	*out++ = 1;
	*out++ = value;
	return out;
}

static uint8_t *session_write(const struct gsup_message *message, uint8_t *out)
{
	const uint32_t session = htobe32(message->session_id);

	*out++ = OSMO_GSUP_SESSION_ID_IE;
	*out++ = sizeof(session);
	memcpy(out, &session, sizeof(session));
	return octet_write(OSMO_GSUP_SESSION_STATE_IE, message->session_state, out + sizeof(session));
}

size_t gsup_ss_write(const struct gsup_message *message, uint8_t out[static GSUP_SS_MAX])
{
	const size_t octets = imsi_write(message->imsi, out + 3);
	uint8_t *at = out + 3 + octets;

	if (!octets || message->ss_info_len > UINT8_MAX)
		return 0;
	out[0] = message->message_type;
	out[1] = OSMO_GSUP_IMSI_IE;
	out[2] = (uint8_t)octets;
	if (message->cn_domain)
		at = octet_write(OSMO_GSUP_CN_DOMAIN_IE, message->cn_domain, at);
	if (message->session_state)
		at = session_write(message, at);
	if (message->ss_info) {
		*at++ = OSMO_GSUP_SS_INFO_IE;
		*at++ = (uint8_t)message->ss_info_len;
		memcpy(at, message->ss_info, message->ss_info_len);
		at += message->ss_info_len;
	}
	if (message->message_class)
		at = octet_write(OSMO_GSUP_MESSAGE_CLASS_IE, message->message_class, at);
	return (size_t)(at - out);
}

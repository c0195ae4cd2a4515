/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Decodes GSUP messages, and encodes those that carry USSD. */
#include <string.h>

#include "channel/gsup/gsup_ss.h"

#define IMSI_OCTETS_MAX 8

static bool is_ss(int type)
{
	return type == OSMO_GSUP_MSGT_PROC_SS_REQUEST || type == OSMO_GSUP_MSGT_PROC_SS_RESULT;
}

/* ---- input ---- */

/* Two digits per octet, the first in the low nibble; the last octet may have only one. \a out is zeroed. */
static bool imsi_read(const uint8_t *in, size_t len, char *out)
{
	size_t i;

	if (!len || len > IMSI_OCTETS_MAX)
		return false;
	for (i = 0; i < len; i++) {
		const unsigned int low = in[i] & 0xf, high = in[i] >> 4;

		if (low > 9 || (high > 9 && (high != 0xf || i + 1 < len)))
			return false;
		*out++ = (char)('0' + low);
		if (high <= 9)
			*out++ = (char)('0' + high);
	}
	return in[len - 1] >> 4 == 0xf || len < IMSI_OCTETS_MAX;
}

/* Skip elements that are not needed here, whether known to GSUP or not. */
static bool element_read(uint8_t tag, const uint8_t *value, size_t len, struct osmo_gsup_message *out)
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
		out->ss_info = (uint8_t *)value;
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

bool gsup_ss_read(const uint8_t *in, size_t len, struct osmo_gsup_message *out)
{
	const uint8_t *at = in + 1, *end = in + len;
	size_t size;

	if (len < 3 || at[0] != OSMO_GSUP_IMSI_IE || at[1] > end - at - 2)
		return false;
	memset(out->imsi, 0, sizeof(out->imsi));
	out->message_type = in[0];
	out->session_id = 0;
	out->session_state = OSMO_GSUP_SESSION_STATE_NONE;
	out->ss_info = NULL;
	out->ss_info_len = 0;
	out->message_class = OSMO_GSUP_MESSAGE_CLASS_UNSET;
	out->cause = 0;
	if (!imsi_read(at + 2, at[1], out->imsi))
		return false;
	for (at += 2 + at[1]; end - at >= 2; at += 2 + size) {
		size = at[1];
		if (size > (size_t)(end - at - 2) || !element_read(at[0], at + 2, size, out))
			return false;
	}
	return at == end;
}

/* ---- output ---- */

/* Returns the position after it; NULL when it is not an IMSI. */
static uint8_t *imsi_write(const char *imsi, uint8_t *out)
{
	uint8_t *at = out + 2;
	unsigned int low, high = 0;

	for (; high <= 9 && (low = (unsigned int)*imsi - '0') <= 9; imsi += high <= 9 ? 2 : 1) {
		high = (unsigned int)imsi[1] - '0';
		if (at == out + 2 + IMSI_OCTETS_MAX)
			return NULL;
		*at++ = (uint8_t)(low | (high <= 9 ? high : 0xfu) << 4);
	}
	if (*imsi || at == out + 2)
		return NULL;
	out[0] = OSMO_GSUP_IMSI_IE;
	out[1] = (uint8_t)(at - out - 2);
	return at;
}

static uint8_t *octet_write(uint8_t tag, uint8_t value, uint8_t *out)
{
	*out++ = tag;
	*out++ = 1;
	*out++ = value;
	return out;
}

size_t gsup_ss_write(const struct osmo_gsup_message *message, uint8_t out[static GSUP_SS_MAX])
{
	const uint32_t session = message->session_id;
	uint8_t *at;

	if (!is_ss(message->message_type) || !message->session_state || !message->ss_info || !message->ss_info_len ||
	    message->ss_info_len > UINT8_MAX || message->message_class == OSMO_GSUP_MESSAGE_CLASS_UNSET)
		return 0;
	out[0] = message->message_type;
	at = imsi_write(message->imsi, out + 1);
	if (!at)
		return 0;
	*at++ = OSMO_GSUP_SESSION_ID_IE;
	*at++ = 4;
	*at++ = (uint8_t)(session >> 24);
	*at++ = (uint8_t)(session >> 16);
	*at++ = (uint8_t)(session >> 8);
	*at++ = (uint8_t)session;
	at = octet_write(OSMO_GSUP_SESSION_STATE_IE, message->session_state, at);
	*at++ = OSMO_GSUP_SS_INFO_IE;
	*at++ = (uint8_t)message->ss_info_len;
	memcpy(at, message->ss_info, message->ss_info_len);
	at = octet_write(OSMO_GSUP_MESSAGE_CLASS_IE, message->message_class, at + message->ss_info_len);
	return (size_t)(at - out);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The HLR's end of a GSUP link. */
#include <err.h>
#include <string.h>

#include <osmocom/gsm/protocol/ipaccess.h>

#include "bench/bench.h"
#include "channel/gsup/ipa_frame.h"

static void ccm_send(struct wire *wire, const uint8_t *body, size_t len)
{
	uint8_t *at = wire_put(wire, IPA_FRAME_HEAD + len);

	at[0] = 0;
	at[1] = (uint8_t)len;
	at[2] = IPA_STREAM_CCM;
	memcpy(at + IPA_FRAME_HEAD, body, len);
}

static void ccm_rx(struct wire *wire, uint8_t type)
{
	static const uint8_t pong[] = { IPAC_MSGT_PONG }, ack[] = { IPAC_MSGT_ID_ACK };

	if (type == IPAC_MSGT_PING)
		ccm_send(wire, pong, sizeof(pong));
	else if (type == IPAC_MSGT_ID_RESP)
		ccm_send(wire, ack, sizeof(ack));
}

const uint8_t *hlr_next(struct wire *wire, size_t *len)
{
	struct ipa_frame frame;
	int used;

	while ((used = ipa_frame_read(wire->in + wire->in_pos, wire->in_len - wire->in_pos, &frame))) {
		if (used < 0)
			errx(1, "what came is no IPA message");
		wire->in_pos += (size_t)used;
		if (frame.stream == IPA_STREAM_CCM) {
			ccm_rx(wire, frame.type);
			continue;
		}
		*len = frame.len;
		return frame.data;
	}
	return NULL;
}

void hlr_greet(struct wire *wire)
{
	static const uint8_t who[] = { IPAC_MSGT_ID_GET, 1, IPAC_IDTAG_UNITNAME, 1, IPAC_IDTAG_SERNR };
	size_t len;

	ccm_send(wire, who, sizeof(who));
	wire_flush(wire);
	while (!wire->out_len) {		/* until there is an identity to acknowledge */
		wire_read(wire);
		if (hlr_next(wire, &len))
			errx(1, "a message came before the identity");
	}
	wire_flush(wire);
}

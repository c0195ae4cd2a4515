/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The IPA multiplex that carries GSUP over TCP: where one message ends and the next begins. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define IPA_FRAME_HEAD 3		/* length of what follows the head; stream */
#define IPA_FRAME_MAX 4096		/* GSUP messages have a few hundred octets; OsmoHLR's buffers have 1536 */

enum ipa_stream {
	IPA_STREAM_CCM = 0xfe,		/* identity and keep-alive */
	IPA_STREAM_OSMO = 0xee,		/* its first octet is the protocol */
};

#define IPA_OSMO_GSUP 0x05

struct ipa_frame {
	uint8_t stream;
	uint8_t type;			/* first octet: type of CCM message, protocol of the Osmocom extension */
	const uint8_t *data;		/* the rest */
	size_t len;
};

/* Parse the first frame of \a len octets. Returns the number of octets it takes; 0 when it is not complete yet; -EBADMSG when it cannot
 * be a frame of such a link, so that the start of the next one cannot be found; -ENOMSG for an empty frame, which takes IPA_FRAME_HEAD
 * octets. */
int ipa_frame_read(const uint8_t *in, size_t len, struct ipa_frame *frame);

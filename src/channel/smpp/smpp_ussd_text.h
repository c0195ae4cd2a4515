/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The text of USSD over SMPP: to the octets and data_coding of a gateway, and back. */
#pragma once

#include <stdbool.h>

#include "channel/smpp/smpp_codec.h"
#include "channel/smpp/sms/short_message.h"

#define SMPP_USSD_OCTETS 320

struct smpp_ussd_coding {
	enum sms_coding plain;		/* the gateway's default alphabet: unpacked or packed septets, Latin-1… */
	bool dcs;			/* data_coding is a coding scheme of 23.038 clause 5: 0x0f and 0x48, not 0 and 8 */
};

/* "gsm7", "packed", "latin1", "ascii", "utf8". */
enum sms_coding smpp_ussd_coding_find(const char *name);

/* Returns octets, or -EMSGSIZE; sets the \a data_coding that belongs to them. */
int smpp_ussd_encode(const struct smpp_ussd_coding *coding, const char *text, size_t len,
		     uint8_t out[static SMPP_USSD_OCTETS], uint8_t *data_coding);

/* Returns octets of UTF-8; -EILSEQ for an unknown alphabet, -ENOSPC. */
int smpp_ussd_decode(const struct smpp_ussd_coding *coding, struct smpp_octets octets, uint8_t data_coding, char *out,
		     size_t size);

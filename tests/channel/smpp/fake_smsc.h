/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An SMSC that does what a test says, to see what a link does with one that misbehaves. */
#pragma once

#include "channel/smpp/smpp_codec.h"

struct fake_smsc {
	int listener;
	int fd;			/* the connection; -1: none */
	uint16_t port;
	size_t in_len, pdu_len;	/* octets that came; those of the PDU that was handed out last */
	uint8_t in[4 * SMPP_PDU_MAX];
};

/* Listen on 127.0.0.1, at \a port or at a free one when it is 0. */
void smsc_listen(struct fake_smsc *smsc, uint16_t port);

/* Run the loop until somebody connects. */
void smsc_accept(struct fake_smsc *smsc);

/* Accept, and agree to the bind that comes. */
void smsc_bind(struct fake_smsc *smsc);

/* The next PDU if one comes within so many milliseconds; enquire_link is answered on the way. Points into the fake. */
bool smsc_poll(struct fake_smsc *smsc, struct smpp_pdu *pdu, unsigned int ms);

/* The next PDU, which has to be this command. */
void smsc_expect(struct fake_smsc *smsc, uint32_t command, struct smpp_pdu *pdu);

void smsc_send(struct fake_smsc *smsc, const struct smpp_pdu *pdu);
void smsc_send_octets(struct fake_smsc *smsc, const void *octets, size_t len);

/* A response to \a pdu. */
void smsc_answer(struct fake_smsc *smsc, const struct smpp_pdu *pdu, uint32_t status);

void smsc_close(struct fake_smsc *smsc);

/* Close, and drop those who have connected meanwhile. */
void smsc_forget(struct fake_smsc *smsc);

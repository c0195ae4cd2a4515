/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fake SMSC controlled by the test, to try a link against one that misbehaves. */
#pragma once

#include "channel/smpp/smpp_codec.h"

struct fake_smsc {
	int listener;
	int fd;			/* the connection; -1: none */
	uint16_t port;
	size_t in_len, pdu_len;	/* received octets; those of the PDU that was returned last */
	uint8_t in[4 * SMPP_PDU_MAX];
};

/* Listen on 127.0.0.1, at \a port or at a free one when it is 0. */
void smsc_listen(struct fake_smsc *smsc, uint16_t port);

/* Run the loop until a client connects. */
void smsc_accept(struct fake_smsc *smsc);

/* Accept a connection and its bind. */
void smsc_bind(struct fake_smsc *smsc);

/* The next PDU if one comes within this many milliseconds; answers enquire_link meanwhile. Points into the fake. */
bool smsc_poll(struct fake_smsc *smsc, struct smpp_pdu *pdu, unsigned int ms);

/* The next PDU, which must be this command. */
void smsc_expect(struct fake_smsc *smsc, uint32_t command, struct smpp_pdu *pdu);

void smsc_send(struct fake_smsc *smsc, const struct smpp_pdu *pdu);
void smsc_send_octets(struct fake_smsc *smsc, const void *octets, size_t len);

/* A response to \a pdu. */
void smsc_answer(struct fake_smsc *smsc, const struct smpp_pdu *pdu, uint32_t status);

void smsc_close(struct fake_smsc *smsc);

/* Close, and drop connections made meanwhile. */
void smsc_forget(struct fake_smsc *smsc);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A fake HLR controlled by the test, to try a link against an HLR that misbehaves. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <osmocom/gsm/gsup.h>

struct fake_hlr {
	int listener;
	int fd;			/* the connection; -1: none */
	uint16_t port;
};

/* Listen on 127.0.0.1, at \a port or at a free one when it is 0. */
void fake_listen(struct fake_hlr *fake, uint16_t port);

/* Run the loop until a client connects, ask for its identity and acknowledge it, as OsmoHLR does. */
void fake_accept(struct fake_hlr *fake);

void fake_send(struct fake_hlr *fake, const void *data, size_t len);

void fake_close(struct fake_hlr *fake);

/* A message in its frame. Returns octets. */
size_t frame_put(const struct osmo_gsup_message *message, uint8_t *out);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Connects a phone to a server in the same process through a real HLR: the GSUP channel on one side, an MSC on the other. The HLR must
 * know each number with the IMSI from network_imsi(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "starhash/request.h"

struct channel;
struct network;

/* The IMSI of a number: its digits, padded with leading zeros. */
void network_imsi(const char *msisdn, char out[static IMSI_SIZE]);

/* Callbacks from the loop. */
struct network_ops {
	/* A page of a dialog. \a waits: for an answer; otherwise it is the last one. */
	void (*page)(void *user, uint32_t dialog, const char *text, size_t len, bool waits);
	/* The dialog is over without a text. */
	void (*failed)(void *user, uint32_t dialog);
	/* A notification outside of dialogs. */
	void (*notification)(void *user, const char *text, size_t len);
};

/* Connect both sides to the HLR at a numeric address. NULL after a message if that fails or takes too long. */
struct network *network_new(void *ctx, const char *hlr, const struct network_ops *ops, void *user);

/* The server's side; the server frees it. */
struct channel *network_channel(const struct network *network);

void network_free(struct network *network);

/* Dial. Returns 0 and the dialog's number, or -errno. */
int network_dial(struct network *network, const char *msisdn, const char *code, uint32_t *dialog);

/* Answer the last page. Returns 0 or -errno. */
int network_answer(struct network *network, uint32_t dialog, const char *text);

void network_hang_up(struct network *network, uint32_t dialog);

/* Process messages until *\a open is 0, but for at most \a ms milliseconds. */
void network_wait(const unsigned int *open, unsigned int ms);

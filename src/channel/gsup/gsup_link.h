/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One TCP connection to an HLR, GSUP over IPA: identity, keep-alive, messages.
 *
 * Answers to the messages of one read are written together, at most a hundred at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "channel/gsup/gsup_ss.h"
#include "channel/link_fsm.h"

/* Called from the loop. None of these may free the link. */
struct gsup_link_ops {
	void (*event)(void *user, enum link_event event);
	/* \a message and everything it points to are valid during the call. */
	void (*rx)(void *user, const struct gsup_message *message);
	/* Reports a receipt: 0 once its message is written, or -EPIPE. */
	void (*sent)(void *user, uint64_t receipt, int rc);
	/* Takes a message that is not to be decoded. NULL, or false: decode it. */
	bool (*take)(void *user, const uint8_t *octets, size_t len);
	/* As those of struct link_protocol; may be NULL. */
	void (*batch_begin)(void *user, int64_t now_us, int64_t came_us);
	void (*batch_end)(void *user, int more);
};

struct gsup_link;

/* Begin to connect, and identify as settings->us ("EUSE-starhash", "MSC-1"). NULL, after a log line, when the address is not numeric or
 * the name too long. \a settings must outlive the link. */
struct gsup_link *gsup_link_new(void *ctx, const struct link_settings *settings, const struct gsup_link_ops *ops,
				void *user);
void gsup_link_free(struct gsup_link *link);

/* Send a message, as link_push() does. \a receipt: have ops->sent() called, if this returns 0; 0: no receipt.
 * Returns 0, -ENOTCONN, -EMSGSIZE, or -ENOBUFS when the peer has not read for so long that the link is given up. */
int gsup_link_send(struct gsup_link *link, const struct gsup_message *message, uint64_t receipt);

/* The same for an encoded one, without a receipt. */
int gsup_link_send_octets(struct gsup_link *link, const uint8_t *octets, size_t len);

bool gsup_link_is_up(const struct gsup_link *link);

/* "up", "connecting" …, for display. */
const char *gsup_link_state_name(const struct gsup_link *link);

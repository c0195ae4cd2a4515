/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One TCP connection to an HLR that speaks GSUP over IPA: identity, keep-alive, reconnection, batches.
 *
 * The answers to all messages of one read leave together, or a hundred at a time when there are so many. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <osmocom/gsm/gsup.h>

/* Lives as long as the link; the strings, too. Milliseconds; 0: the default. */
struct gsup_link_settings {
	const char *name;		/* for logs */
	const char *address;		/* numeric */
	uint16_t port;
	const char *unit_name;		/* "EUSE-starhash", "MSC-1": how the HLR knows us */
	unsigned int ping_ms;		/* 20000 */
	unsigned int setup_ms;		/* 5000: for connecting, and again for the exchange of identities */
	unsigned int backoff_min_ms;	/* 1000 */
	unsigned int backoff_max_ms;	/* 30000 */
};

enum gsup_link_event {
	GSUP_LINK_UP,
	GSUP_LINK_DOWN,			/* was up, is no longer; what was not yet sent is lost */
	GSUP_LINK_MALFORMED,		/* a frame or message was not understood and dropped */
	GSUP_LINK_OVERFLOW,		/* the peer does not read: the link will be dropped */
};

/* Called from the loop. None of them may free the link. */
struct gsup_link_ops {
	void (*event)(void *user, enum gsup_link_event event);
	/* \a message and what it points to are valid during the call. */
	void (*rx)(void *user, const struct osmo_gsup_message *message);
};

struct gsup_link;

/* Begin to connect. NULL, after a log line, when the address is no numeric one. */
struct gsup_link *gsup_link_new(void *ctx, const struct gsup_link_settings *settings, const struct gsup_link_ops *ops,
				void *user);
void gsup_link_free(struct gsup_link *link);

/* Queue a message; it is written at the end of the read that is being handled at the latest, else in the loop's next round.
 * 0, -ENOTCONN, -EMSGSIZE, or -ENOBUFS when the peer has not read for so long that the link is given up. */
int gsup_link_send(struct gsup_link *link, const struct osmo_gsup_message *message);

bool gsup_link_is_up(const struct gsup_link *link);

/* "up", "connecting" …: for people. */
const char *gsup_link_state_name(const struct gsup_link *link);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to a peer: reconnection with back-off, TLS, a greeting, keep-alive, messages in, octets out in batches, and a
 * callback when they have left.
 *
 * A struct link_protocol has what is specific to the protocol (where a message ends, what it means, how the two greet);
 * everything else about a channel's link is here, in link_log.h and in turn_pool.h. tests/channel/echo/ is a whole channel over it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "channel/link_log.h"
#include "channel/link_tls.h"

enum link_event {
	LINK_UP,			/* the peer has agreed */
	LINK_DOWN,			/* was up, is no longer; what was not yet written is lost */
	LINK_FAILED,			/* did not come up; tried again as ever */
	LINK_MALFORMED,			/* link_malformed() was called */
	LINK_OVERFLOW,			/* the peer does not read: the link will be dropped */
	LINK_EVENTS			/* a protocol's own begin here */
};

/* Called from the loop with the link's user. None of them may free the link. NULL: there is nothing to do. */
struct link_protocol {
	int category;			/* of the log */
	const char *peer;		/* "the HLR" */
	size_t read_size;		/* of one read; at least LINK_READ_MIN where there may be TLS */
	size_t message_max;		/* frame() calls longer ones -EBADMSG */
	/* Then other links have their turn, or when about ten microseconds are over, since what a message leads to may take
	 * long; 0: when all that one read brought is handled. */
	unsigned int round_messages;
	/* Where the settings say 0. Milliseconds. */
	unsigned int setup_ms, keep_alive_ms, backoff_min_ms, backoff_max_ms;

	/* Octets of the first message of \a len octets; 0: not all of it is there; -EBADMSG: nobody knows where the next one
	 * begins, and the link is dropped. */
	int (*frame)(const uint8_t *octets, size_t len);
	/* One such message, valid during the call. Before link_is_up(), too. */
	void (*message)(void *user, const uint8_t *octets, size_t len);

	/* The connection is there: say who we are, and link_ready() when the peer agrees. 0, or -errno to drop it. NULL: it
	 * is up at once. What is sent here is wiped when it is up. */
	int (*greet)(void *user);
	/* Send what the peer has to answer: anything that comes from it shows that it is alive. */
	void (*keep_alive)(void *user);
	/* Octets are about to be written: the time to send what waits for that. */
	void (*before_write)(void *user);
	/* The link is up and being freed: last words. */
	void (*farewell)(void *user);

	/* A link_event, or one of the protocol's own. */
	void (*event)(void *user, unsigned int event);
	/* What became of a receipt of link_receipt(), once: 0, or -EPIPE when the link was lost before. */
	void (*sent)(void *user, uint64_t receipt, int rc);
};

/* Lives as long as the link; the strings, too. Read whenever they are needed. */
struct link_settings {
	const char *name;		/* for logs */
	const char *address;		/* numeric */
	uint16_t port;
	const char *us;			/* how the peer knows us, for logs */
	const struct link_tls_settings *tls;	/* NULL: plain TCP */
	/* Milliseconds; 0: as the protocol says */
	unsigned int setup_ms;		/* for connecting, for TLS, and for the greeting */
	unsigned int keep_alive_ms;	/* from one keep_alive() to the next, which finds out whether the first was answered */
	unsigned int backoff_min_ms, backoff_max_ms;	/* between two attempts: doubled each time, a quarter more or less */
};

struct link;

/* Begin to connect. NULL, after a log line, when the address is no numeric one. */
struct link *link_new(void *ctx, const struct link_protocol *protocol, const struct link_settings *settings, void *user);

/* Writes what can be written at once. Receipts of what cannot are forgotten. */
void link_free(struct link *link);

/* The greeting is over. Does nothing in other states. */
void link_ready(struct link *link);

/* The peer shows that it serves us: the next attempt is a first one again. So it is, too, after a link that was up for as
 * long as the longest pause. */
void link_proven(struct link *link);

/* Close the link, once what was sent is written, because of this; then it is tried again. No more messages are handled. */
void link_leave(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A message was not understood: make it an event, and log it once a minute. */
void link_malformed(struct link *link, const char *what);

/* Room for \a len octets of a message, which link_push() sends; NULL: there is no connection, or the peer has not read for so
 * long that the link is given up. */
uint8_t *link_room(struct link *link, size_t len);

/* They are written at the end of the round that is being handled at the latest, else in the loop's next one. */
void link_push(struct link *link, size_t len);

/* Both at once. 0 or -ENOBUFS. */
int link_send(struct link *link, const void *octets, size_t len);

/* Have protocol->sent() called, not before this returns, when all that was sent so far is written, or never can be: after a
 * message that was taken. \a receipt is not 0. */
void link_receipt(struct link *link, uint64_t receipt);

/* Have protocol->before_write() called: in this round or the next one. */
void link_wake(struct link *link);

bool link_is_up(const struct link *link);
struct link_log *link_log(struct link *link);

/* "up", "connecting" …: for people. */
const char *link_state_name(const struct link *link);

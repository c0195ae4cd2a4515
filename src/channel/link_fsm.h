/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to a peer: reconnection with back-off, TLS, a greeting, keep-alive, input split into messages, output in batches, and a
 * callback when output has been written.
 *
 * A struct link_protocol holds what is specific to a protocol: where a message ends, what it means, how the two sides greet. Everything
 * else about a channel's link is here, in link_log.h and in turn_pool.h. tests/channel/echo/ is a complete channel on top of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "channel/link_log.h"
#include "channel/link_tls.h"

enum link_event {
	LINK_UP,			/* the peer has accepted us */
	LINK_DOWN,			/* was up and no longer is; unwritten output is lost */
	LINK_FAILED,			/* did not come up; will be tried again */
	LINK_MALFORMED,			/* link_malformed() was called */
	LINK_OVERFLOW,			/* the peer does not read; the link will be dropped */
	LINK_EVENTS			/* a protocol's own events begin here */
};

/* Callbacks run in the loop, with the link's user. None of them may free the link. NULL: nothing to do. */
struct link_protocol {
	int category;			/* of the log */
	const char *peer;		/* "the HLR" */
	size_t read_size;		/* of one read; at least LINK_READ_MIN where there may be TLS */
	size_t message_max;		/* frame() returns -EBADMSG for longer ones */
	/* Messages per round: then other links have their turn; also after about ten microseconds, since a message may cause long work.
	 * 0: handle everything that one read returned. */
	unsigned int round_messages;
	/* Used where the settings say 0. Milliseconds. */
	unsigned int setup_ms, keep_alive_ms, backoff_min_ms, backoff_max_ms;

	/* Length of the first message in \a len octets; 0: incomplete; -EBADMSG: the start of the next one cannot be found, and the link
	 * is dropped. */
	int (*frame)(const uint8_t *octets, size_t len);
	/* Handle one message, which is valid during the call. Called before link_is_up(), too. */
	void (*message)(void *user, const uint8_t *octets, size_t len);

	/* Connected: say who we are, and call link_ready() when the peer accepts. Returns 0, or -errno to drop the link. NULL: the link
	 * is up at once. What is sent here is wiped once the link is up. */
	int (*greet)(void *user);
	/* Send a message that the peer must answer. Any input shows that it is alive. */
	void (*keep_alive)(void *user);
	/* Messages are about to be handled: the time, and the earliest time at which one of them may have come (link_now_us()). */
	void (*batch_begin)(void *user, int64_t now_us, int64_t came_us);
	/* They were. \a more: others have been read, or can be. */
	void (*batch_end)(void *user, int more);
	/* Output is about to be written: send whatever was deferred until then. */
	void (*before_write)(void *user);
	/* The link is up and being freed: send last messages. */
	void (*farewell)(void *user);

	/* A link_event, or an event of the protocol. */
	void (*event)(void *user, unsigned int event);
	/* Reports each receipt of link_receipt() once: 0, or -EPIPE when the link was lost before. */
	void (*sent)(void *user, uint64_t receipt, int rc);
};

/* Must outlive the link, with its strings. Values are read when needed. */
struct link_settings {
	const char *name;		/* for logs */
	const char *address;		/* numeric */
	uint16_t port;
	const char *us;			/* our name towards the peer, for logs */
	const struct link_tls_settings *tls;	/* NULL: plain TCP */
	/* Milliseconds; 0: the protocol's value */
	unsigned int setup_ms;		/* for connecting, for TLS, and for the greeting */
	unsigned int keep_alive_ms;	/* between keep_alive() calls; no input in between: the link is lost */
	unsigned int backoff_min_ms, backoff_max_ms;	/* between two attempts: doubled each time, a quarter more or less */
};

struct link;

/* Begin to connect. NULL, after a log line, when the address is not numeric. */
struct link *link_new(void *ctx, const struct link_protocol *protocol, const struct link_settings *settings, void *user);

/* Writes what can be written at once. Receipts for the rest are forgotten. */
void link_free(struct link *link);

/* The greeting has succeeded. Does nothing in other states. */
void link_ready(struct link *link);

/* The peer has shown that it serves us, so the back-off starts again from the minimum. It also does after the link was up for as long as
 * the longest pause. */
void link_proven(struct link *link);

/* Close the link for the given reason once its output is written, then reconnect. No more messages are handled. */
void link_leave(struct link *link, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A message was not understood: raise LINK_MALFORMED, and log it at most once a minute. */
void link_malformed(struct link *link, const char *what);

/* Room for \a len octets of a message, which link_push() sends; NULL: not connected, or the peer has not read for so long that the link is
 * given up. */
uint8_t *link_room(struct link *link, size_t len);

/* The octets are written by the end of the current round, or else in the loop's next round. */
void link_push(struct link *link, size_t len);

/* link_room() and link_push() in one. Returns 0 or -ENOBUFS. */
int link_send(struct link *link, const void *octets, size_t len);

/* Have protocol->sent() called when everything sent so far is written, or never will be; not before this returns. Call it after a message
 * was accepted. \a receipt is not 0. */
void link_receipt(struct link *link, uint64_t receipt);

/* Have protocol->before_write() called in this round or the next one. */
void link_wake(struct link *link);

bool link_is_up(const struct link *link);
struct link_log *link_log(struct link *link);

/* "up", "connecting" …, for display. */
const char *link_state_name(const struct link *link);

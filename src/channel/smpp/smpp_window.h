/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests to one SMSC: those that wait, in order, and those in flight; how many may be, how fast, and when to hold
 * back.
 *
 * Knows no socket and no clock: time comes in as microseconds. */
#pragma once

#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "channel/smpp/smpp_codec.h"

struct smpp_window_settings {
	unsigned int size;		/* most requests in flight */
	unsigned int queue_max;		/* most that wait */
	unsigned int rate;		/* requests per second; 0: no limit */
	long long response_us;		/* how long to wait for a response */
	long long pause_min_us;		/* how long to hold back when the SMSC says so the first time */
	long long pause_max_us;
};

/* The sender's own, which comes back with what became of the request. */
struct smpp_token {
	uint64_t id;
	int64_t expires_ms;
};

struct smpp_request {
	struct llist_head entry;
	uint64_t number;		/* its place in the order */
	struct smpp_token token;
	uint32_t sequence;
	long long sent_us;
	size_t len;
	uint8_t octets[];
};

struct smpp_window {
	struct smpp_window_settings settings;
	struct llist_head waiting, sent;	/* sent: the oldest first */
	unsigned int waiting_count, sent_count;
	unsigned int open;		/* how many may be in flight just now: grows back to settings.size */
	uint64_t numbers;
	uint32_t sequence;		/* the last one used */
	long long pause_us;		/* 0: the SMSC keeps up */
	long long pause_until;
	long long rate_next;		/* when the next request is due at this rate */
	uint8_t scratch[SMPP_PDU_MAX];
};

void window_init(struct smpp_window *window, const struct smpp_window_settings *settings);

/* Put a request behind the others. 0, -ENOBUFS when too many wait, or an error of smpp_write(). */
int window_add(struct smpp_window *window, void *ctx, const struct smpp_pdu *pdu, struct smpp_token token);

/* The next sequence number, for requests that are not queued here. */
uint32_t window_sequence(struct smpp_window *window);

/* The next request that may go out now; it counts as sent. NULL: none, or not yet. */
struct smpp_request *window_next(struct smpp_window *window, long long now);

/* A request whose response came, taken out; the caller frees it or puts it back by window_throttled(). NULL: none has
 * this number. */
struct smpp_request *window_take(struct smpp_window *window, uint32_t sequence);

/* The response was a good one: let more out. */
void window_recover(struct smpp_window *window, const struct smpp_request *request);

/* The SMSC wants less: the request waits again, at its old place, and all others with it. */
void window_throttled(struct smpp_window *window, struct smpp_request *request, long long now);

/* A request that has waited too long for its response, taken out; NULL: none. */
struct smpp_request *window_overdue(struct smpp_window *window, long long now);

/* Any request, in order, taken out; \a request->sequence is 0 when it was never sent. NULL: none left. */
struct smpp_request *window_pop(struct smpp_window *window);

/* When to look again, by window_next() or window_overdue(); LLONG_MAX: there is nothing to wait for. */
long long window_due(const struct smpp_window *window);

/* A new connection: numbers begin anew, nothing is held back. Empty before. */
void window_reset(struct smpp_window *window);

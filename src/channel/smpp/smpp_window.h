/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests to one SMSC, waiting in order or in flight: how many may be in flight, how fast they are sent, and when to pause.
 *
 * Uses no socket and no clock: time is passed in as microseconds. */
#pragma once

#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "channel/smpp/smpp_codec.h"

struct smpp_window_settings {
	unsigned int size;		/* maximum requests in flight */
	unsigned int queue_max;		/* maximum requests waiting */
	unsigned int rate;		/* requests per second; 0: no limit */
	long long response_us;		/* how long to wait for a response */
	long long pause_min_us;		/* first pause when the SMSC throttles */
	long long pause_max_us;
};

/* The sender's data, which comes back with the result of the request. */
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
	struct llist_head waiting, sent;	/* sent: oldest first */
	unsigned int waiting_count, sent_count;
	unsigned int open;		/* how many may be in flight now; grows back to settings.size */
	uint64_t numbers;
	uint32_t sequence;		/* last one used */
	long long pause_us;		/* 0: not throttled */
	long long pause_until;
	long long rate_next;		/* when the next request is due at this rate */
	uint8_t scratch[SMPP_PDU_MAX];
};

void window_init(struct smpp_window *window, const struct smpp_window_settings *settings);

/* Queue a request. Returns 0, -ENOBUFS when too many wait, or an error of smpp_write(). */
int window_add(struct smpp_window *window, void *ctx, const struct smpp_pdu *pdu, struct smpp_token token);

/* The next sequence number, for requests that are not queued here. */
uint32_t window_sequence(struct smpp_window *window);

/* The next request that may be sent now; it counts as sent. NULL: none, or not yet. */
struct smpp_request *window_next(struct smpp_window *window, long long now);

/* Remove and return the request that a response belongs to; the caller frees it or puts it back with window_throttled(). NULL: unknown
 * sequence number. */
struct smpp_request *window_take(struct smpp_window *window, uint32_t sequence);

/* The response was positive: open the window further. */
void window_recover(struct smpp_window *window, const struct smpp_request *request);

/* The SMSC throttles: the request waits again at its old place, and so do all others. */
void window_throttled(struct smpp_window *window, struct smpp_request *request, long long now);

/* Remove and return a request that has waited too long for its response; NULL: none. */
struct smpp_request *window_overdue(struct smpp_window *window, long long now);

/* Remove and return the next request in order; its sequence is 0 if it was never sent. NULL: none left. */
struct smpp_request *window_pop(struct smpp_window *window);

/* When to call window_next() and window_overdue() again; LLONG_MAX: nothing to wait for. */
long long window_due(const struct smpp_window *window);

/* Prepare an empty window for a new connection: sequence numbers start again, and nothing is paused. */
void window_reset(struct smpp_window *window);

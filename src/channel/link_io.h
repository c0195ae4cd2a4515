/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What links over TCP share: connecting, octets that wait to be written, how long to wait before the next attempt, states
 * that end in time, counters under their names. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <osmocom/core/fsm.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "starhash/log.h"

/* A numeric address. 0 or -EINVAL. */
int link_address_read(const char *address, uint16_t port, struct sockaddr_storage *out);

/* Begin to connect; \a fd, set up with callback and data, is registered and becomes writable when it is decided. 0 or
 * -errno; the caller closes a registered \a fd in either case. */
int link_connect(struct osmo_fd *fd, const struct sockaddr_storage *address);

/* How it was decided: NULL, or what went wrong. */
const char *link_connect_result(const struct osmo_fd *fd);

#define OUTPUT_MAX (4 * 1024 * 1024)

/* What is to be written: octets from head to tail. */
struct output {
	uint8_t *data;
	size_t head, tail, size;
};

/* Make room for \a len more octets behind the tail; \a ctx owns the memory. 0, or -ENOBUFS above OUTPUT_MAX. */
int output_reserve(void *ctx, struct output *out, size_t len);

/* Milliseconds of a clock that does not go back. */
int64_t link_now_ms(void);

/* A random number for a hash table of peers' numbers. */
uint64_t link_seed(void);

/* The minimum, doubled with each attempt up to the maximum, and a quarter more or less, so that many peers do not come
 * back in one moment. */
unsigned int backoff_ms(unsigned int min, unsigned int max, unsigned int attempts);

/* Change the state of a link, which may last \a ms (0: for ever); then \a timer fires. A timer of its own, since
 * osmo_fsm_inst_state_chg_ms() of libosmocore 1.7 takes the rest of a second's milliseconds for microseconds. */
void link_state_enter(struct osmo_fsm_inst *fi, struct osmo_timer_list *timer, uint32_t state, unsigned int ms);

/* A group of counters with the next free index, shown under the link's \a name. */
struct rate_ctr_group *link_counters_new(void *ctx, const struct rate_ctr_group_desc *desc, const char *name);

/* Count what went wrong, and log it, by the counter's description, once a minute for each of \a limits: one for each
 * counter. \a number is the subscriber's. */
void link_fault(struct rate_ctr_group *counters, unsigned int counter, struct log_limit *limits, int category,
		const char *number);

/* Whether a line of the coming and going of a link may be logged now: some a minute, however often the peer makes it come and go.
 * How many were left out is said in a line before. */
bool link_may_log(struct log_limit *lines, int category, const char *name);

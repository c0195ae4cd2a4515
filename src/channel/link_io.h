/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What socket links share below link_fsm.h: connecting, buffered output with receipts, and time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <osmocom/core/select.h>

/* Parse a numeric address. Returns 0 or -EINVAL. */
int link_address_read(const char *address, uint16_t port, struct sockaddr_storage *out);

/* Begin to connect. \a fd, set up with callback and data, is registered and becomes writable once the result is known. Returns 0 or
 * -errno; the caller closes a registered \a fd in either case. */
int link_connect(struct osmo_fd *fd, const struct sockaddr_storage *address);

/* The result: NULL, or the error. */
const char *link_connect_result(const struct osmo_fd *fd);

#define OUTPUT_MAX (4 * 1024 * 1024)

/* Reported when the octets before \a end, counted from the first octet ever written, have been written. */
struct output_receipt {
	uint64_t end;
	uint64_t receipt;
};

/* Pending output: octets from head to tail. */
struct output {
	uint8_t *data;
	size_t head, tail, size;
	uint64_t written;			/* octets ever written, up to head */
	struct output_receipt *receipts;	/* a ring, oldest first */
	unsigned int receipts_first, receipts_count, receipts_size;
};

/* Make room for \a len more octets after the tail; \a ctx owns the memory. Returns 0, or -ENOBUFS above OUTPUT_MAX. */
int output_reserve(void *ctx, struct output *out, size_t len);

/* \a len octets from the head have been written. */
void output_written(struct output *out, size_t len);

/* Add a receipt (not 0) for everything that is now before the tail. */
void output_receipt_add(void *ctx, struct output *out, uint64_t receipt);

/* Remove and return the oldest receipt whose octets are written, or simply the oldest when \a any is set; 0: none. */
uint64_t output_receipt_take(struct output *out, bool any);

/* Drop the octets; receipts stay until removed. */
void output_drop(struct output *out);

/* Milliseconds, and microseconds, of a monotonic clock. */
int64_t link_now_ms(void);
int64_t link_now_us(void);

/* A random seed for hash tables whose keys peers choose. */
uint64_t link_seed(void);

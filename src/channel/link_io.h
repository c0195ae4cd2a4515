/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What links over sockets share below link_fsm.h: connecting, octets that wait to be written and who wants to know when they
 * are, time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <osmocom/core/select.h>

/* A numeric address. 0 or -EINVAL. */
int link_address_read(const char *address, uint16_t port, struct sockaddr_storage *out);

/* Begin to connect; \a fd, set up with callback and data, is registered and becomes writable when it is decided. 0 or
 * -errno; the caller closes a registered \a fd in either case. */
int link_connect(struct osmo_fd *fd, const struct sockaddr_storage *address);

/* How it was decided: NULL, or what went wrong. */
const char *link_connect_result(const struct osmo_fd *fd);

#define OUTPUT_MAX (4 * 1024 * 1024)

/* To be reported when the octets before \a end are written; counted from the first octet ever written. */
struct output_receipt {
	uint64_t end;
	uint64_t receipt;
};

/* What is to be written: octets from head to tail. */
struct output {
	uint8_t *data;
	size_t head, tail, size;
	uint64_t written;			/* octets before head, ever */
	struct output_receipt *receipts;	/* a ring: the oldest first */
	unsigned int receipts_first, receipts_count, receipts_size;
};

/* Make room for \a len more octets behind the tail; \a ctx owns the memory. 0, or -ENOBUFS above OUTPUT_MAX. */
int output_reserve(void *ctx, struct output *out, size_t len);

/* So many octets from the head on are written. */
void output_written(struct output *out, size_t len);

/* Note a receipt (not 0) for all that stands before the tail now. */
void output_receipt_add(void *ctx, struct output *out, uint64_t receipt);

/* The oldest receipt whose octets are written, or any when \a any is set, is taken out; 0: there is none. */
uint64_t output_receipt_take(struct output *out, bool any);

/* Drop the octets; receipts stay until they are taken. */
void output_drop(struct output *out);

/* Milliseconds of a clock that does not go back. */
int64_t link_now_ms(void);

/* A random number for a hash table of peers' numbers. */
uint64_t link_seed(void);

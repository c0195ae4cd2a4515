/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What links over TCP share: octets that wait to be written, and how long to wait before the next attempt. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define OUTPUT_MAX (4 * 1024 * 1024)

/* What is to be written: octets from head to tail. */
struct output {
	uint8_t *data;
	size_t head, tail, size;
};

/* Make room for \a len more octets behind the tail; \a ctx owns the memory. 0, or -ENOBUFS above OUTPUT_MAX. */
int output_reserve(void *ctx, struct output *out, size_t len);

/* The minimum, doubled with each attempt up to the maximum, and a quarter more or less, so that many peers do not come
 * back in one moment. */
unsigned int backoff_ms(unsigned int min, unsigned int max, unsigned int attempts);

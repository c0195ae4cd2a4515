/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A buffer that grows up to a limit, and jittered waiting times. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"

#define OUTPUT_START (64 * 1024)

int output_reserve(void *ctx, struct output *out, size_t len)
{
	size_t used = out->tail - out->head, size = out->size ? out->size : OUTPUT_START;

	if (out->tail + len <= out->size)
		return 0;
	if (used + len > OUTPUT_MAX)
		return -ENOBUFS;
	if (out->head) {
		memmove(out->data, out->data + out->head, used);
		out->head = 0;
		out->tail = used;
	}
	while (size < used + len)
		size *= 2;
	if (size == out->size)
		return 0;
	out->data = talloc_realloc(ctx, out->data, uint8_t, size);
	OSMO_ASSERT(out->data);
	out->size = size;
	return 0;
}

unsigned int backoff_ms(unsigned int min, unsigned int max, unsigned int attempts)
{
	unsigned int ms = attempts < 16 && min << attempts < max ? min << attempts : max;
	unsigned int random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = ms / 4;
	return ms - ms / 4 + random % (ms / 2 + 1);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sockets that connect in the background, and an output buffer that grows up to a limit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <osmocom/core/sockaddr_str.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "channel/link_io.h"

#define OUTPUT_START (4 * 1024)
#define RECEIPTS_START 64		/* a power of two, as all sizes of the ring are */

int link_address_read(const char *address, uint16_t port, struct sockaddr_storage *out)
{
	struct osmo_sockaddr_str string;

	if (osmo_sockaddr_str_from_str(&string, address, port) < 0)
		return -EINVAL;
	return osmo_sockaddr_str_to_sockaddr(&string, out) < 0 ? -EINVAL : 0;
}

int link_connect(struct osmo_fd *fd, const struct sockaddr_storage *address)
{
	socklen_t len = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	int on = 1;

	fd->fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd->fd < 0)
		return -errno;
	setsockopt(fd->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fd->when = OSMO_FD_WRITE;
	if (osmo_fd_register(fd) < 0) {
		close(fd->fd);
		return -EIO;
	}
	if (connect(fd->fd, (const struct sockaddr *)address, len) < 0 && errno != EINPROGRESS)
		return -errno;
	return 0;
}

const char *link_connect_result(const struct osmo_fd *fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(fd->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error ? strerror(error) : NULL;
}

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

void output_written(struct output *out, size_t len)
{
	out->head += len;
	out->written += len;
	if (out->head == out->tail)
		out->head = out->tail = 0;
}

static void receipts_grow(void *ctx, struct output *out)
{
	const unsigned int size = out->receipts_size ? out->receipts_size * 2 : RECEIPTS_START;
	struct output_receipt *receipts = talloc_array(ctx, struct output_receipt, size);
	unsigned int i;

	OSMO_ASSERT(receipts);
	for (i = 0; i < out->receipts_count; i++)
		receipts[i] = out->receipts[(out->receipts_first + i) & (out->receipts_size - 1)];
	talloc_free(out->receipts);
	out->receipts = receipts;
	out->receipts_first = 0;
	out->receipts_size = size;
}

void output_receipt_add(void *ctx, struct output *out, uint64_t receipt)
{
	if (out->receipts_count == out->receipts_size)
		receipts_grow(ctx, out);
	out->receipts[(out->receipts_first + out->receipts_count++) & (out->receipts_size - 1)] =
		(struct output_receipt){ out->written + (out->tail - out->head), receipt };
}

uint64_t output_receipt_take(struct output *out, bool any)
{
	const struct output_receipt *first;

	if (!out->receipts_count)
		return 0;
	first = &out->receipts[out->receipts_first];
	if (!any && first->end > out->written)
		return 0;
	out->receipts_first = (out->receipts_first + 1) & (out->receipts_size - 1);
	out->receipts_count--;
	return first->receipt;
}

void output_drop(struct output *out)
{
	out->head = out->tail = 0;
}

int64_t link_now_us(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

int64_t link_now_ms(void)
{
	return link_now_us() / 1000;
}

uint64_t link_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		abort();
	return seed;
}

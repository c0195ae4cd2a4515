/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Plain TCP, without TLS. */
#include <errno.h>
#include <sys/socket.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_transport.h"

static int plain_handshake(struct link_transport *transport)
{
	return 0;
}

static ssize_t result_of(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

static ssize_t plain_read(struct link_transport *transport, void *out, size_t size)
{
	return result_of(recv(transport->fd, out, size, MSG_DONTWAIT));
}

static ssize_t plain_write(struct link_transport *transport, const void *data, size_t len)
{
	return result_of(send(transport->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static void plain_free(struct link_transport *transport)
{
	talloc_free(transport);
}

static const struct link_transport_ops plain_ops = { plain_handshake, plain_read, plain_write, plain_free };

struct link_transport *link_plain_new(void *ctx, int fd)
{
	struct link_transport *transport = talloc_zero(ctx, struct link_transport);

	OSMO_ASSERT(transport);
	transport->ops = &plain_ops;
	transport->fd = fd;
	return transport;
}

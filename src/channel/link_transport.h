/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How a link's octets travel over a connected, non-blocking socket: plain or by TLS. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The caller still owns the socket. */
struct link_transport {
	const struct link_transport_ops *ops;
	int fd;
};

struct link_transport_ops {
	/* 0: ready to read and write; OSMO_FD_READ or OSMO_FD_WRITE: call again then; -errno after a log line. */
	int (*handshake)(struct link_transport *transport);
	/* Returns octets; 0: closed by the peer; -EAGAIN; -errno. With TLS, \a size is at least LINK_READ_MIN. */
	ssize_t (*read)(struct link_transport *transport, void *out, size_t size);
	/* Returns octets accepted, perhaps not all; -EAGAIN; -errno. After -EAGAIN the next call must begin with the same octets. */
	ssize_t (*write)(struct link_transport *transport, const void *data, size_t len);
	void (*free)(struct link_transport *transport);
};

#define LINK_READ_MIN 16384		/* one TLS record */

struct link_transport *link_plain_new(void *ctx, int fd);

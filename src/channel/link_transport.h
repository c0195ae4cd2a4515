/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the octets of a link travel over a connected, non-blocking socket: as they are, or by TLS. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* The socket stays the caller's. */
struct link_transport {
	const struct link_transport_ops *ops;
	int fd;
};

struct link_transport_ops {
	/* 0: ready to read and write; OSMO_FD_READ or OSMO_FD_WRITE: call again then; -errno after a log line. */
	int (*handshake)(struct link_transport *transport);
	/* Octets; 0: the peer closed; -EAGAIN; -errno. TLS: \a size is at least LINK_READ_MIN. */
	ssize_t (*read)(struct link_transport *transport, void *out, size_t size);
	/* Octets taken, perhaps not all; -EAGAIN; -errno. After -EAGAIN the same octets have to come first again. */
	ssize_t (*write)(struct link_transport *transport, const void *data, size_t len);
	void (*free)(struct link_transport *transport);
};

#define LINK_READ_MIN 16384		/* a record of TLS */

struct link_transport *link_plain_new(void *ctx, int fd);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Listening sockets that starve nobody: the number of connections is limited, and where descriptors run out, or too many
 * knock, accepting pauses for a second instead of spinning. */
#pragma once

#include <stdint.h>

struct listener;

/* Serve a connection. \a fd is non-blocking, close-on-exec and the callee's, which calls listener_release() once when it has
 * closed it. */
typedef void listener_accepted(void *user, int fd);

struct listener_settings {
	const char *name;		/* for logs; outlives the listener, as the settings do */
	int category;			/* of the log */
	unsigned int connections_max;	/* more are closed at once; 0: no limit */
	listener_accepted *accepted;
	void *user;
};

/* Listen on a UNIX socket of mode 0600. A socket that a crashed process left is removed; any other file stays (-EEXIST), and so
 * does the socket of a process that lives (-EADDRINUSE). 0 or -errno. */
int listener_unix(void *ctx, const struct listener_settings *settings, const char *path, struct listener **listener);

/* Listen on a numeric address. 0 or -errno. */
int listener_tcp(void *ctx, const struct listener_settings *settings, const char *address, uint16_t port,
		 struct listener **listener);

/* Stop listening; a UNIX socket is removed. Connections stay the callee's, which must not release them any more. NULL is fine. */
void listener_free(struct listener *listener);

/* A connection is over. */
void listener_release(struct listener *listener);

/* Accept nobody for a second, as after a wrong password. */
void listener_pause(struct listener *listener);

unsigned int listener_refused(const struct listener *listener);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Listening sockets that cannot starve the process: connections are limited, and when descriptors run out or too many clients connect,
 * accepting pauses for a second instead of spinning. */
#pragma once

#include <stdint.h>

struct listener;

/* Serve a connection. \a fd is non-blocking, close-on-exec and owned by the callee, which calls listener_release() once after closing
 * it. */
typedef void listener_accepted(void *user, int fd);

struct listener_settings {
	const char *name;		/* for logs; must outlive the listener, like the settings */
	int category;			/* log category */
	unsigned int connections_max;	/* more are closed at once; 0: no limit */
	listener_accepted *accepted;
	void *user;
};

/* Listen on a UNIX socket of mode 0600. A socket left by a crashed process is removed; any other file stays (-EEXIST), as does the socket
 * of a live process (-EADDRINUSE). 0 or -errno. */
int listener_unix(void *ctx, const struct listener_settings *settings, const char *path, struct listener **listener);

/* Whether listener_tcp() can read it. */
bool listener_is_address(const char *address);

/* Listen on a numeric address. 0 or -errno. */
int listener_tcp(void *ctx, const struct listener_settings *settings, const char *address, uint16_t port,
		 struct listener **listener);

/* Stop listening; a UNIX socket is removed. Connections remain with their owners, who must not release them any more. NULL is allowed. */
void listener_free(struct listener *listener);

/* A connection was closed. */
void listener_release(struct listener *listener);

/* Accept no connection for a second, as after a wrong password. */
void listener_pause(struct listener *listener);

unsigned int listener_refused(const struct listener *listener);

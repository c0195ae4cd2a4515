/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The engineer's door: a VTY on a UNIX socket of mode 0600 and, where it is configured, on TCP. */
#pragma once

struct conf_row;
struct server;
struct vty_door;

struct vty_settings {
	const char *socket;		/* path; NULL or "": none */
	const char *address;		/* numeric; NULL: no TCP */
	unsigned int port;		/* 0: no TCP */
	const char *password_file;	/* for "enable" over TCP; NULL: never there */
	const char *audit_file;		/* NULL: the log alone */
	unsigned int connections_max;	/* of each way in */
	unsigned int idle_s;		/* no input for so long ends a connection; 0: never */
};

extern const struct conf_row *const vty_rows;

#define VTY_PASSWORD_MIN 12		/* octets: three guesses a second do not find it */
#define VTY_PASSWORD_SIZE 128

/* Open it. One at a time in a process, as libosmovty is; the server of the first one gets server_vty_init(). \a settings and
 * \a server outlive it. 0, or -errno after a log line. */
int vty_door_new(void *ctx, const struct vty_settings *settings, struct server *server, struct vty_door **door);

/* Close it with all its connections. NULL is fine. */
void vty_door_free(struct vty_door *door);

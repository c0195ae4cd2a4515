/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The VTY, on a UNIX socket of mode 0600 and, if configured, on TCP. */
#pragma once

struct conf_row;
struct problems;
struct server;
struct setting;
struct vty_door;

struct vty_settings {
	const char *socket;		/* path; NULL or "": none */
	const char *address;		/* numeric; NULL: no TCP */
	unsigned int port;		/* 0: no TCP */
	const char *password_file;	/* for "enable" over TCP; NULL: not possible there */
	const char *audit_file;		/* NULL: only the log */
	unsigned int connections_max;	/* for each of socket and TCP */
	unsigned int idle_s;		/* a connection without input for this long is closed; 0: never */
};

extern const struct conf_row *const vty_rows;

/* What rows cannot express. */
void vty_check(const struct vty_settings *settings, const struct setting *group, struct problems *problems);

#define VTY_PASSWORD_MIN 12		/* octets: three guesses a second will not find it */
#define VTY_PASSWORD_SIZE 128

/* Open the VTY. Only one at a time per process, as with libosmovty; the server of the first one gets server_vty_init(). \a settings and
 * \a server must outlive it. Returns 0, or -errno after a log line. */
int vty_door_new(void *ctx, const struct vty_settings *settings, struct server *server, struct vty_door **door);

/* Close the VTY with all its connections. NULL is fine. */
void vty_door_free(struct vty_door *door);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The group "door" of the configuration. */
#pragma once

#include "starhash/door.h"

#define DOOR_TOKEN_MIN 16		/* characters */
#define DOOR_TOKEN_SIZE 1024

/* Filled by door_rows. */
struct door_settings {
	const char *socket, *address, *tls_certificate, *tls_key, *tls_ca;
	const struct setting *clients;
	unsigned int port, body_max, connections_max, open_max, timeout_ms, rate, retry_after_s;
};

/* Filled by door_client_rows. */
struct door_client_settings {
	const char *name, *token_file, *certificate;
	const struct setting *may, *providers;
};

/* The bits of a list of rights. */
unsigned int door_rights(const struct setting *may, struct problems *problems);

/* The client after \a at; NULL begins and ends. \a clients: a group or a list of groups, or NULL. */
const struct setting *door_client_next(const struct setting *clients, const struct setting *at);

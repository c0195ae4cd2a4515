/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The clients of the door, and how they prove who they are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <gnutls/gnutls.h>

#include "door/settings.h"

/* Up to \a rate requests at once, and then as many a second. Zeroed at first. */
struct door_bucket {
	int64_t full_us;		/* when it will be full again */
};

/* \a rate: a second; 0: no limit. */
bool door_bucket_take(struct door_bucket *bucket, unsigned int rate);

/* After a take, \a more of them, which may be more than there are: the next ones must wait longer. */
void door_bucket_charge(struct door_bucket *bucket, unsigned int rate, unsigned int more);

struct door_client {
	const char *name;
	unsigned int rights;
	const struct setting *providers;	/* that it may name; NULL: any */
	struct door_bucket bucket;
};

struct door_clients;

/* Reads the token files; only digests of tokens stay in memory. NULL after logging why. */
struct door_clients *door_clients_new(void *ctx, const struct door_settings *settings);

/* The client with these credentials; NULL: none. The time taken does not depend on how much of a token is right.
 * \a authorization: value of the header, or NULL; \a session: whose certificate was verified, or NULL. */
struct door_client *door_clients_find(struct door_clients *clients, const char *authorization, gnutls_session_t session);

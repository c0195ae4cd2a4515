/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4, S11: the service password, changed, or proving who orders: chains over what stores can do. */
#pragma once

#include "starhash/accounts.h"

struct brake;
struct passwords;

/* 0, or -errno after a log line. \a brake outlives it. */
int passwords_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings, struct brake *brake,
		  struct passwords **password);

/* Finishes hashing what has begun. NULL is fine. */
void passwords_free(struct passwords *password);

/* Of PEPPER_SIZE octets; NULL: there is none. */
const uint8_t *passwords_key(const struct passwords *password);

/* Whether the password has to be checked before the store is given the request. */
bool password_concerns(const struct request *request);

/* Check it first, then accounts_pass() the request on, without the password. As a store's submit. \a password NULL: the
 * answer is UNAVAILABLE. */
int passwords_submit(struct passwords *password, const struct request *request, uint64_t id, struct response *response);

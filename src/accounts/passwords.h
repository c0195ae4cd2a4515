/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4, S11: the service password, changed, checked before a change, or authenticating an order: chains of store requests. */
#pragma once

#include "starhash/accounts.h"

struct brake;
struct passwords;

/* 0, or -errno after logging why. \a brake must outlive the result. */
int passwords_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings, struct brake *brake,
		  struct passwords **password);

/* Finishes jobs that have begun. NULL is allowed. */
void passwords_free(struct passwords *password);

/* The current key of PEPPER_SIZE octets; NULL: none. */
const uint8_t *passwords_key(const struct passwords *password);

/* Whether the password must be checked before the request goes to the store. */
bool password_concerns(const struct request *request);

/* Check the password, then dispatch the request without it by accounts_pass(). Returns as an operation of a store. \a password NULL: the
 * answer is UNAVAILABLE. */
int passwords_submit(struct passwords *password, const struct request *request, uint64_t id, struct response *response);

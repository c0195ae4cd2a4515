/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reading through: what the cache has for too long is asked from billing before it is shown. */
#pragma once

#include "accounts/internal.h"

struct refresh;

/* \a settings outlive it. NULL when nothing has to be fresh, or there is no billing. */
struct refresh *refresh_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings);

/* The store has answered \a request at once: NULL when that is good enough; else billing is being asked. */
struct held *refresh_hold(struct refresh *refresh, const struct request *request, uint64_t id,
			  const struct response *response);

/* The store will answer later; NULL when that will be good enough whatever it is. */
struct held *refresh_expect(struct refresh *refresh, const struct request *request, uint64_t id);

/* As snprintf(). */
int refresh_describe(const struct refresh *refresh, char *out, size_t size);

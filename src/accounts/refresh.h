/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Read-through cache: data that are too old are requested from billing before they are shown. */
#pragma once

#include "accounts/internal.h"

struct refresh;

/* \a settings must outlive the result. NULL when nothing must be fresh, or without billing. */
struct refresh *refresh_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings);

/* The store has answered \a request immediately: NULL when the answer is good enough; else billing is being asked. */
struct deferred *refresh_defer(struct refresh *refresh, const struct request *request, uint64_t id,
			       const struct response *response);

/* The store will answer later; NULL when any answer will be good enough. */
struct deferred *refresh_expect(struct refresh *refresh, const struct request *request, uint64_t id);

/* Returns as snprintf(). */
int refresh_describe(const struct refresh *refresh, char *out, size_t size);

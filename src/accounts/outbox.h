/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Orders on their way to billing: each is given until it is done or refused, one of a subscriber at a time (F3, F4, F18). */
#pragma once

#include "accounts/internal.h"

struct outbox;

/* \a settings outlive it. NULL when there is no billing. */
struct outbox *outbox_new(void *ctx, struct accounts *accounts, const struct accounts_settings *settings);

/* NULL is fine. */
void outbox_free(struct outbox *outbox);

/* The store has taken an order of the request \a id, and says so in \a response. NULL: nothing more to wait for. */
struct held *outbox_hold(struct outbox *outbox, uint64_t id, const struct response *response);

/* As snprintf(). */
int outbox_describe(const struct outbox *outbox, char *out, size_t size);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Delivery of orders to billing, or to backends: each is sent until it is done or refused, one per subscriber and destination at a time
 * (F3, F4, F18). */
#pragma once

#include "accounts/internal.h"

struct outbox;

/* \a queue: QUEUE_ORDERS or QUEUE_BACKEND_ORDERS; \a settings must outlive the result. NULL without billing, or without
 * backends; where none of them takes orders any more, older ones are still tried, and at last given up. */
struct outbox *outbox_new(void *ctx, struct accounts *accounts, enum queue queue, const struct accounts_settings *settings);

/* NULL is fine. */
void outbox_free(struct outbox *outbox);

/* The store has accepted an order for the request \a id, with \a response. NULL: there is nothing to wait for. */
struct deferred *outbox_defer(struct outbox *outbox, uint64_t id, const struct response *response);

/* Returns as snprintf(). */
int outbox_describe(const struct outbox *outbox, char *out, size_t size);

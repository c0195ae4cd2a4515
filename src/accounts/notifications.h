/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications to subscribers: from the store to the server, and the acknowledgements back. */
#pragma once

#include "accounts/internal.h"

struct notifications;

struct notifications *notifications_new(void *ctx, struct accounts *accounts);
void notifications_free(struct notifications *notifications);	/* NULL is fine */

void notifications_start(struct notifications *notifications, accounts_notify *notify, void *user);
void notifications_ack(struct notifications *notifications, uint64_t id, enum notification_end end);

/* Returns as snprintf(). */
int notifications_describe(const struct notifications *notifications, char *out, size_t size);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications to subscribers: from the store to the server, and the acknowledgements back. */
#pragma once

#include "accounts/internal.h"

struct notifications;

/* \a settings NULL: message_settings_default(). */
struct notifications *notifications_new(void *ctx, struct accounts *accounts, const struct message_settings *settings);
void notifications_free(struct notifications *notifications);	/* NULL is fine */

void notifications_start(struct notifications *notifications, accounts_notify *notify, void *user);
void notifications_ack(struct notifications *notifications, uint64_t id, enum notification_end end);

/* As accounts_messages_describe() and accounts_messages_pause(). */
int notifications_describe_kind(const struct notifications *notifications, unsigned int index, char *out, size_t size);
bool notifications_pause(struct notifications *notifications, const char *name, bool pause);

/* Returns as snprintf(). */
int notifications_describe(const struct notifications *notifications, char *out, size_t size);

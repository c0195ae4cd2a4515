/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications, written together with the change that causes them. */
#include <string.h>

#include "account/step.h"

#define DAY_S INT64_C(86400)

struct record *notification_begin(struct stepping *stepping)
{
	struct notification *notification = &stepping->step->notification;

	notification->message = (struct message){ 0 };
	notification->facts = (struct record){ .data = notification->octets, .size = sizeof(notification->octets) };
	return &notification->facts;
}

void notification_language(const struct stepping *stepping, struct record *facts)
{
	if (stepping->account->known)
		record_put_text(facts, FIELD_LANGUAGE, stepping->account->language, strlen(stepping->account->language));
}

struct notification *notification_add(struct stepping *stepping, const char *kind, int64_t wait_s)
{
	const struct notification_kind *known = notification_kind_find(kind, strlen(kind));
	struct notification *notification = &stepping->step->notification;
	const int64_t expires_s = known ? stepping->rules->messages.expires_s[notification_kind_index(known)] : 0;
	const int64_t now = stepping->request->now;

	notification->kind = kind;
	notification->due = now + wait_s;
	notification->expires = now + (expires_s ? expires_s : stepping->rules->retention_days[RETENTION_NOTIFICATIONS] * DAY_S);
	notification->latest = 0;
	notification->stays = known && known->stays;
	notification->answered = true;
	change_add(stepping->step, CHANGE_NOTIFICATION_ADD)->notification = notification;
	return notification;
}

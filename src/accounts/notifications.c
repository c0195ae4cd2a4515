/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications: claim due ones from the store -> pass each to the server once -> acknowledge the result to the store.
 *
 * A sent notification is remembered here until the store has deleted it, so that a store that cannot write for a while causes no
 * duplicates. */
#include <inttypes.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/notifications.h"
#include "starhash/clock.h"

#define PASSES_MAX 256		/* at a time, most of them being acknowledged */
#define GIVEN_MAX 32		/* of them passed to the server */
#define GIVEN_MS 60000		/* then it is passed again */

enum pass_state {
	PASS_FREE,
	PASS_GIVEN,		/* passed to the server */
	PASS_ACKING,		/* waiting for the store */
	PASS_UNACKED,		/* the store failed: acknowledged again in a second */
};

/* A notification being processed. */
struct pass {
	struct notifications *notifications;
	enum pass_state state;
	uint64_t id;
	unsigned int attempts;		/* before this one */
	int64_t given_ms;
	int64_t due;			/* next attempt; 0: none, it was sent */
};

struct notifications {
	struct accounts *accounts;
	accounts_notify *notify;		/* NULL: no receiver yet */
	void *user;
	struct osmo_timer_list tick;	/* each second */
	struct osmo_timer_list soon;	/* in the next round of the loop */
	bool listing;			/* waiting for the store to list due ones */
	bool more;			/* the last list was not empty, so there may be more */
	struct pass passes[PASSES_MAX];
	uint64_t given, sent, put_off;
};

static struct pass *pass_find(struct notifications *notifications, uint64_t id)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		if (notifications->passes[i].state != PASS_FREE && notifications->passes[i].id == id)
			return &notifications->passes[i];
	}
	return NULL;
}

static struct pass *pass_new(struct notifications *notifications, uint64_t id, unsigned int attempts)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notifications->passes[i];

		if (pass->state != PASS_FREE)
			continue;
		*pass = (struct pass){ .notifications = notifications, .id = id, .attempts = attempts };
		return pass;
	}
	return NULL;
}

/* How many may be passed now. Those not answered in time are passed again. */
static unsigned int room(const struct notifications *notifications)
{
	const int64_t since = clock_monotonic_ms() - GIVEN_MS;
	unsigned int given = 0, idle = 0;

	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		given += notifications->passes[i].state == PASS_GIVEN && notifications->passes[i].given_ms > since;
		idle += notifications->passes[i].state == PASS_FREE;
	}
	return given < GIVEN_MAX ? OSMO_MIN(GIVEN_MAX - given, idle) : 0;
}

/* ---- acknowledging ---- */

static void ack_done(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct notifications *notifications = pass->notifications;

	if (accounts_failed(response->result)) {
		pass->state = PASS_UNACKED;
		return;
	}
	pass->state = PASS_FREE;
	if (notifications->notify && notifications->more && !osmo_timer_pending(&notifications->soon))
		osmo_timer_schedule(&notifications->soon, 0, 0);
}

static void ack(struct pass *pass)
{
	const struct completion completion = {
		.id = (int64_t)pass->id, .how = pass->due ? ITEM_LATER : ITEM_DONE, .due = pass->due,
		.now = accounts_now(pass->notifications->accounts),
	};
	struct response response;
	uint64_t id;

	pass->state = PASS_ACKING;
	if (accounts_ack(pass->notifications->accounts, QUEUE_NOTIFICATIONS, &completion, ack_done, pass, &response, &id) == 0)
		ack_done(pass, id, &response);
}

static int64_t due(const struct pass *pass)
{
	static const unsigned int ladder[] = { 30, 60, 300, 900, 3600 };
	const unsigned int wait = ladder[OSMO_MIN(pass->attempts, ARRAY_SIZE(ladder) - 1)];

	return accounts_now(pass->notifications->accounts) + wait + randombytes_uniform(wait / 4 + 1);
}

/* A notification unknown here was sent as the answer of a turn, or passed too long ago. */
void notifications_ack(struct notifications *notifications, uint64_t id, enum notification_end end)
{
	struct pass *pass = pass_find(notifications, id);

	if (pass && pass->state != PASS_GIVEN)
		return;
	if (end == NOTIFICATION_LATER)
		notifications->put_off++;
	else
		notifications->sent++;
	if (!pass)
		pass = pass_new(notifications, id, 0);
	if (pass) {
		pass->due = end == NOTIFICATION_LATER ? due(pass) : 0;
		ack(pass);
	} else if (end == NOTIFICATION_SENT) {
		/* no entry is free, because many orders end at once: acknowledge without waiting for the result */
		accounts_ack_unheard(notifications->accounts, QUEUE_NOTIFICATIONS,
				     &(struct completion){ .id = (int64_t)id, .how = ITEM_DONE,
							   .now = accounts_now(notifications->accounts) });
	}
}

/* ---- passing on ---- */

/* One that was sent, but could not be acknowledged yet, is not sent again. */
static void give(struct notifications *notifications, const struct due_notification *due)
{
	struct account_notification notification = {
		.id = (uint64_t)due->id, .kind = due->kind, .facts = due->facts, .message = due->message,
	};
	struct pass *pass = pass_find(notifications, notification.id);

	if (pass && pass->state != PASS_GIVEN)
		return;
	if (!pass)
		pass = pass_new(notifications, notification.id, due->attempts);
	if (!pass)
		return;
	pass->state = PASS_GIVEN;
	pass->given_ms = clock_monotonic_ms();
	msisdn_print(due->msisdn, notification.subscriber.msisdn);
	notifications->given++;
	notifications->notify(notifications->user, &notification);
}

static void listed(void *user, uint64_t id, const struct response *response)
{
	struct notifications *notifications = user;
	struct due_notification due;

	notifications->more = response->rows.count > 0;
	notifications->listing = false;
	for (unsigned int i = 0; response_notification(response, i, &due); i++)
		give(notifications, &due);
}

static void list(void *data)
{
	struct notifications *notifications = data;
	const struct claim claim = {
		.until = accounts_now(notifications->accounts), .max = room(notifications), .lease_ms = GIVEN_MS,
	};
	struct response response;
	uint64_t id;

	if (notifications->listing || !claim.max)
		return;
	notifications->listing = true;
	if (accounts_claim(notifications->accounts, QUEUE_NOTIFICATIONS, &claim, listed, notifications, &response, &id) == 0)
		listed(notifications, id, &response);
}

static void tick(void *data)
{
	struct notifications *notifications = data;

	osmo_timer_schedule(&notifications->tick, 1, 0);
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notifications->passes[i];

		if (pass->state == PASS_UNACKED)
			ack(pass);
		else if (pass->state == PASS_GIVEN && clock_monotonic_ms() - pass->given_ms >= 2 * GIVEN_MS)
			pass->state = PASS_FREE;
	}
	if (notifications->notify)
		list(notifications);
}

/* ---- setup and teardown ---- */

struct notifications *notifications_new(void *ctx, struct accounts *accounts)
{
	struct notifications *made = talloc_zero(ctx, struct notifications);

	made->accounts = accounts;
	osmo_timer_setup(&made->tick, tick, made);
	osmo_timer_setup(&made->soon, list, made);
	osmo_timer_schedule(&made->tick, 1, 0);
	return made;
}

void notifications_start(struct notifications *notifications, accounts_notify *notify, void *user)
{
	notifications->notify = notify;
	notifications->user = user;
	osmo_timer_schedule(&notifications->tick, 0, 0);
}

void notifications_free(struct notifications *notifications)
{
	if (!notifications)
		return;
	osmo_timer_del(&notifications->tick);
	osmo_timer_del(&notifications->soon);
	talloc_free(notifications);
}

int notifications_describe(const struct notifications *notifications, char *out, size_t size)
{
	return snprintf(out, size, "%" PRIu64 " notifications tried, %" PRIu64 " sent, %" PRIu64 " postponed", notifications->given,
			notifications->sent, notifications->put_off);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notifications: what is due is claimed -> its taker is given each once -> the store is told what became of it.
 *
 * What was sent stays known here until the store has forgotten it, so that a store that cannot write for a while makes nobody
 * hear twice. */
#include <inttypes.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/notifications.h"
#include "starhash/clock.h"

#define PASSES_MAX 256		/* at once, most of them being settled */
#define GIVEN_MAX 32		/* of them with the taker */
#define GIVEN_MS 60000		/* then it is given again */

enum pass_state {
	PASS_FREE,
	PASS_GIVEN,		/* its taker has it */
	PASS_SETTLING,		/* the store is told */
	PASS_UNSETTLED,		/* it could not take it: told again in a second */
};

/* A notification on its way through. */
struct pass {
	struct notifications *notifications;
	enum pass_state state;
	uint64_t id;
	unsigned int attempts;		/* before this one */
	int64_t given_ms;
	int64_t due;			/* when it is tried again; 0: never */
};

struct notifications {
	struct accounts *accounts;
	accounts_notify *notify;		/* NULL: nobody takes them yet */
	void *user;
	struct osmo_timer_list tick;	/* each second */
	struct osmo_timer_list soon;	/* once the loop has come round */
	bool listing;			/* the store is being asked what is due */
	bool more;			/* the last time something was, so there may be more */
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

/* How many may be given now. A taker that did not answer in time is given the same ones again. */
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

/* ---- settling ---- */

static void settle_done(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct notifications *notifications = pass->notifications;

	if (accounts_failed(response->result)) {
		pass->state = PASS_UNSETTLED;
		return;
	}
	pass->state = PASS_FREE;
	if (notifications->notify && notifications->more && !osmo_timer_pending(&notifications->soon))
		osmo_timer_schedule(&notifications->soon, 0, 0);
}

static void settle(struct pass *pass)
{
	const struct completion completion = {
		.id = (int64_t)pass->id, .how = pass->due ? ITEM_LATER : ITEM_DONE, .due = pass->due,
	};
	struct response response;
	uint64_t id;

	pass->state = PASS_SETTLING;
	if (accounts_ack(pass->notifications->accounts, QUEUE_NOTIFICATIONS, &completion, settle_done, pass, &response, &id) == 0)
		settle_done(pass, id, &response);
}

/* Many orders end at once: what there is no room to wait for is settled all the same. */
static void settle_unwatched(struct notifications *notifications, uint64_t id)
{
	accounts_ack_unheard(notifications->accounts, QUEUE_NOTIFICATIONS, &(struct completion){ .id = (int64_t)id, .how = ITEM_DONE });
}

static int64_t due(const struct pass *pass)
{
	static const unsigned int ladder[] = { 30, 60, 300, 900, 3600 };
	const unsigned int wait = ladder[OSMO_MIN(pass->attempts, ARRAY_SIZE(ladder) - 1)];

	return accounts_now(pass->notifications->accounts) + wait + randombytes_uniform(wait / 4 + 1);
}

/* One that is not known here went out as an answer in a turn, or was given too long ago. */
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
		settle(pass);
	} else if (end == NOTIFICATION_SENT) {
		settle_unwatched(notifications, id);
	}
}

/* ---- giving ---- */

static void hand_over(struct notifications *notifications, const struct due_notification *due)
{
	struct account_notification notification = {
		.id = (uint64_t)due->id, .kind = due->kind, .facts = due->facts, .message = due->message,
	};

	msisdn_print(due->msisdn, notification.subscriber.msisdn);
	notifications->given++;
	notifications->notify(notifications->user, &notification);
}

/* One that was sent, but whose end could not be written yet, is not sent again. */
static void give(struct notifications *notifications, const struct due_notification *due)
{
	const uint64_t id = (uint64_t)due->id;
	struct pass *pass = pass_find(notifications, id);

	if (pass && pass->state != PASS_GIVEN)
		return;
	if (!pass)
		pass = pass_new(notifications, id, due->attempts);
	if (!pass)
		return;
	pass->state = PASS_GIVEN;
	pass->given_ms = clock_monotonic_ms();
	hand_over(notifications, due);
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

static bool is_forgotten(const struct pass *pass)
{
	return pass->state == PASS_GIVEN && clock_monotonic_ms() - pass->given_ms >= 2 * GIVEN_MS;
}

static void tick(void *data)
{
	struct notifications *notifications = data;

	osmo_timer_schedule(&notifications->tick, 1, 0);
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notifications->passes[i];

		if (pass->state == PASS_UNSETTLED)
			settle(pass);
		else if (is_forgotten(pass))
			pass->state = PASS_FREE;
	}
	if (notifications->notify)
		list(notifications);
}

/* ---- life ---- */

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
	return snprintf(out, size, "%" PRIu64 " notifications given, %" PRIu64 " sent, %" PRIu64 " put off", notifications->given,
			notifications->sent, notifications->put_off);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Notices: what is due is claimed -> its taker is given each once -> the store is told what became of it.
 *
 * What was sent stays known here until the store has forgotten it, so that a store that cannot write for a while makes nobody
 * hear twice. */
#include <inttypes.h>

#include <sodium.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/notices.h"
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

/* A notice on its way through. */
struct pass {
	struct notices *notices;
	enum pass_state state;
	uint64_t id;
	unsigned int attempts;		/* before this one */
	int64_t given_ms;
	int64_t due;			/* when it is tried again; 0: never */
};

struct notices {
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

static struct pass *pass_find(struct notices *notices, uint64_t id)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		if (notices->passes[i].state != PASS_FREE && notices->passes[i].id == id)
			return &notices->passes[i];
	}
	return NULL;
}

static struct pass *pass_new(struct notices *notices, uint64_t id, unsigned int attempts)
{
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notices->passes[i];

		if (pass->state != PASS_FREE)
			continue;
		*pass = (struct pass){ .notices = notices, .id = id, .attempts = attempts };
		return pass;
	}
	return NULL;
}

/* How many may be given now. A taker that did not answer in time is given the same ones again. */
static unsigned int room(const struct notices *notices)
{
	const int64_t since = clock_monotonic_ms() - GIVEN_MS;
	unsigned int given = 0, idle = 0;

	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		given += notices->passes[i].state == PASS_GIVEN && notices->passes[i].given_ms > since;
		idle += notices->passes[i].state == PASS_FREE;
	}
	return given < GIVEN_MAX ? OSMO_MIN(GIVEN_MAX - given, idle) : 0;
}

/* ---- settling ---- */

static void settle_done(void *user, uint64_t id, const struct response *response)
{
	struct pass *pass = user;
	struct notices *notices = pass->notices;

	if (accounts_failed(response->result)) {
		pass->state = PASS_UNSETTLED;
		return;
	}
	pass->state = PASS_FREE;
	if (notices->notify && notices->more && !osmo_timer_pending(&notices->soon))
		osmo_timer_schedule(&notices->soon, 0, 0);
}

static void settle(struct pass *pass)
{
	const struct completion completion = {
		.id = (int64_t)pass->id, .how = pass->due ? ITEM_LATER : ITEM_DONE, .due = pass->due,
	};
	struct response response;
	uint64_t id;

	pass->state = PASS_SETTLING;
	if (accounts_ack(pass->notices->accounts, QUEUE_NOTIFICATIONS, &completion, settle_done, pass, &response, &id) == 0)
		settle_done(pass, id, &response);
}

/* Many orders end at once: what there is no room to wait for is settled all the same. */
static void settle_unwatched(struct notices *notices, uint64_t id)
{
	accounts_ack_unheard(notices->accounts, QUEUE_NOTIFICATIONS, &(struct completion){ .id = (int64_t)id, .how = ITEM_DONE });
}

static int64_t due(const struct pass *pass)
{
	static const unsigned int ladder[] = { 30, 60, 300, 900, 3600 };
	const unsigned int wait = ladder[OSMO_MIN(pass->attempts, ARRAY_SIZE(ladder) - 1)];

	return accounts_now(pass->notices->accounts) + wait + randombytes_uniform(wait / 4 + 1);
}

/* One that is not known here went out as an answer in a turn, or was given too long ago. */
void notices_settle(struct notices *notices, uint64_t id, enum notice_end end)
{
	struct pass *pass = pass_find(notices, id);

	if (pass && pass->state != PASS_GIVEN)
		return;
	if (end == NOTICE_LATER)
		notices->put_off++;
	else
		notices->sent++;
	if (!pass)
		pass = pass_new(notices, id, 0);
	if (pass) {
		pass->due = end == NOTICE_LATER ? due(pass) : 0;
		settle(pass);
	} else if (end == NOTICE_SENT) {
		settle_unwatched(notices, id);
	}
}

/* ---- giving ---- */

static void hand_over(struct notices *notices, const struct due_notification *due)
{
	struct account_notice notice = {
		.id = (uint64_t)due->id, .kind = due->kind, .facts = due->facts, .message = due->message,
	};

	msisdn_print(due->msisdn, notice.subscriber.msisdn);
	notices->given++;
	notices->notify(notices->user, &notice);
}

/* One that was sent, but whose end could not be written yet, is not sent again. */
static void give(struct notices *notices, const struct due_notification *due)
{
	const uint64_t id = (uint64_t)due->id;
	struct pass *pass = pass_find(notices, id);

	if (pass && pass->state != PASS_GIVEN)
		return;
	if (!pass)
		pass = pass_new(notices, id, due->attempts);
	if (!pass)
		return;
	pass->state = PASS_GIVEN;
	pass->given_ms = clock_monotonic_ms();
	hand_over(notices, due);
}

static void listed(void *user, uint64_t id, const struct response *response)
{
	struct notices *notices = user;
	struct due_notification due;

	notices->more = response->rows.count > 0;
	notices->listing = false;
	for (unsigned int i = 0; response_notification(response, i, &due); i++)
		give(notices, &due);
}

static void list(void *data)
{
	struct notices *notices = data;
	const struct claim claim = {
		.until = accounts_now(notices->accounts), .max = room(notices), .lease_ms = GIVEN_MS,
	};
	struct response response;
	uint64_t id;

	if (notices->listing || !claim.max)
		return;
	notices->listing = true;
	if (accounts_claim(notices->accounts, QUEUE_NOTIFICATIONS, &claim, listed, notices, &response, &id) == 0)
		listed(notices, id, &response);
}

static bool is_forgotten(const struct pass *pass)
{
	return pass->state == PASS_GIVEN && clock_monotonic_ms() - pass->given_ms >= 2 * GIVEN_MS;
}

static void tick(void *data)
{
	struct notices *notices = data;

	osmo_timer_schedule(&notices->tick, 1, 0);
	for (unsigned int i = 0; i < PASSES_MAX; i++) {
		struct pass *pass = &notices->passes[i];

		if (pass->state == PASS_UNSETTLED)
			settle(pass);
		else if (is_forgotten(pass))
			pass->state = PASS_FREE;
	}
	if (notices->notify)
		list(notices);
}

/* ---- life ---- */

struct notices *notices_new(void *ctx, struct accounts *accounts)
{
	struct notices *made = talloc_zero(ctx, struct notices);

	made->accounts = accounts;
	osmo_timer_setup(&made->tick, tick, made);
	osmo_timer_setup(&made->soon, list, made);
	osmo_timer_schedule(&made->tick, 1, 0);
	return made;
}

void notices_start(struct notices *notices, accounts_notify *notify, void *user)
{
	notices->notify = notify;
	notices->user = user;
	osmo_timer_schedule(&notices->tick, 0, 0);
}

void notices_free(struct notices *notices)
{
	if (!notices)
		return;
	osmo_timer_del(&notices->tick);
	osmo_timer_del(&notices->soon);
	talloc_free(notices);
}

int notices_describe(const struct notices *notices, char *out, size_t size)
{
	return snprintf(out, size, "%" PRIu64 " notices given, %" PRIu64 " sent, %" PRIu64 " put off", notices->given,
			notices->sent, notices->put_off);
}

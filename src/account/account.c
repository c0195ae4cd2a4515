/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ids, deadlines and exactly one answer for each account request.
 *
 * An id is a slot's index and the slot's generation, which changes with each use: an answer to an id of the past
 * finds no slot. All requests have the same deadline, so the open slots are ordered by it, and one timer serves all. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "account/internal.h"
#include "account/password.h"
#include "starhash/log.h"

struct slot {
	struct llist_head entry;	/* in account->open or account->idle */
	uint32_t generation;
	bool open;
	bool changes;
	account_done *done;
	void *user;
	uint64_t expires_ms;
};

struct account {
	struct account_settings settings;
	const struct store_ops *ops;
	struct store *store;
	struct password *password;	/* NULL: no password change */
	account_done *done;
	struct slot *slots;
	unsigned int slots_count;
	unsigned int in_use;
	struct llist_head open;		/* by deadline; only those that wait */
	struct llist_head idle;
	struct osmo_timer_list timer;
	bool closing;
	struct account_counts counts;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- slots ---- */

static uint64_t slot_id(const struct account *account, const struct slot *slot)
{
	return (uint64_t)slot->generation << 32 | (uint32_t)(slot - account->slots);
}

static struct slot *slot_find(struct account *account, uint64_t id)
{
	uint32_t index = (uint32_t)id;
	struct slot *slot = &account->slots[index];

	if (index >= account->slots_count || !slot->open || slot->generation != id >> 32)
		return NULL;
	return slot;
}

static struct slot *slot_take(struct account *account)
{
	struct slot *slot;

	if (llist_empty(&account->idle))
		return NULL;
	slot = llist_first_entry(&account->idle, struct slot, entry);
	llist_del(&slot->entry);
	INIT_LLIST_HEAD(&slot->entry);
	slot->open = true;
	slot->generation++;
	account->in_use++;
	return slot;
}

static void slot_release(struct account *account, struct slot *slot)
{
	llist_del(&slot->entry);
	llist_add(&slot->entry, &account->idle);
	slot->open = false;
	account->in_use--;
}

static void slots_init(struct account *account)
{
	/* Each request with a password has one of its own below the subscriber's. */
	account->slots_count = 2 * account->settings.requests_max;
	account->slots = talloc_zero_array(account, struct slot, account->slots_count);
	INIT_LLIST_HEAD(&account->open);
	INIT_LLIST_HEAD(&account->idle);
	for (unsigned int i = 0; i < account->slots_count; i++)
		llist_add_tail(&account->slots[i].entry, &account->idle);
}

/* ---- deadlines ---- */

static void timer_start(struct account *account, uint64_t now)
{
	uint64_t wait;

	if (llist_empty(&account->open))
		return;
	wait = llist_first_entry(&account->open, struct slot, entry)->expires_ms;
	wait = wait > now ? wait - now : 0;
	osmo_timer_schedule(&account->timer, (int)(wait / 1000), (int)(wait % 1000 * 1000));
}

static void slot_expire(struct account *account, struct slot *slot)
{
	const uint64_t id = slot_id(account, slot);
	account_done *done = slot->done;
	void *user = slot->user;
	struct response response;

	response_init(&response);
	response.result = slot->changes ? RESULT_UNKNOWN : RESULT_UNAVAILABLE;
	account->counts.expired++;
	if (slot->changes && done == account->done)
		llist_del_init(&slot->entry);		/* still open: the user will be told how it ends */
	else
		slot_release(account, slot);
	done(user, id, &response);
}

static void timer_cb(void *data)
{
	struct account *account = data;
	const uint64_t now = now_ms();

	while (!llist_empty(&account->open)) {
		struct slot *slot = llist_first_entry(&account->open, struct slot, entry);

		if (slot->expires_ms > now)
			break;
		slot_expire(account, slot);
	}
	timer_start(account, now);
}

static void slot_wait(struct account *account, struct slot *slot)
{
	const uint64_t now = now_ms();

	slot->expires_ms = now + account->settings.deadline_ms;
	llist_add_tail(&slot->entry, &account->open);
	if (!osmo_timer_pending(&account->timer))
		timer_start(account, now);
}

/* ---- requests ---- */

static int answer_now(struct response *response, enum result result)
{
	response_init(response);
	response->result = result;
	return 0;
}

static int answer_busy(struct account *account, struct response *response)
{
	account->counts.busy++;
	return answer_now(response, RESULT_BUSY);
}

/* To whoever does such requests. */
int account_pass(struct account *account, const struct request *request, uint64_t id, struct response *response)
{
	if (password_concerns(request))
		return password_submit(account->password, request, id, response);
	return account->ops->submit(account->store, request, id, response);
}

static int submit(struct account *account, struct slot *slot, const struct request *request, struct response *response,
		  uint64_t *id)
{
	int rc;

	*id = slot_id(account, slot);
	slot->changes = request_changes(request->kind);
	response_init(response);
	rc = account_pass(account, request, *id, response);
	if (rc == -EINPROGRESS)
		slot_wait(account, slot);
	else
		slot_release(account, slot);
	return rc;
}

int account_ask(struct account *account, const struct request *request, account_done *done, void *user,
		struct response *response, uint64_t *id)
{
	struct slot *slot = slot_take(account);

	if (!slot)
		return answer_busy(account, response);
	account->counts.requests++;
	slot->done = done;
	slot->user = user;
	return submit(account, slot, request, response, id);
}

/* What users may not ask, or have asked wrongly. */
static bool request_allowed(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_PASSWORD_ATTEMPT:
	case REQUEST_PASSWORD_SET:
	case REQUEST_KIND_COUNT:
		return false;
	default:
		return request->ref || !request_changes(request->kind);
	}
}

int account_submit(struct account *account, const struct request *request, void *user, struct response *response,
		   uint64_t *id)
{
	*id = 0;
	if (!request_allowed(request))
		return answer_now(response, RESULT_REFUSED);
	if (account->in_use >= account->settings.requests_max)
		return answer_busy(account, response);
	return account_ask(account, request, account->done, user, response, id);
}

void account_post(struct account *account, const struct request *request)
{
	struct response response;

	account->counts.requests++;
	response_init(&response);
	account->ops->submit(account->store, request, ACCOUNT_NOBODY, &response);
}

bool account_pending(struct account *account, uint64_t id)
{
	return slot_find(account, id);
}

void account_forget(struct account *account, uint64_t id)
{
	struct slot *slot = slot_find(account, id);

	if (slot)
		slot_release(account, slot);
}

void account_complete(struct account *account, uint64_t id, const struct response *response)
{
	struct slot *slot = slot_find(account, id);

	if (id == ACCOUNT_NOBODY)
		return;
	if (!slot || account->closing) {
		account->counts.dropped++;
		return;
	}
	slot_release(account, slot);
	slot->done(slot->user, id, response);
}

/* ---- life ---- */

static const struct store_ops *store_find(const char *name)
{
	for (const struct store_ops *const *ops = store_table; *ops; ops++) {
		if (!strcmp((*ops)->name, name))
			return *ops;
	}
	return NULL;
}

static int open_parts(struct account *account)
{
	const struct account_settings *settings = &account->settings;
	int rc;

	account->ops = store_find(settings->store);
	if (!account->ops) {
		LOGP(DACCOUNT, LOGL_ERROR, "There is no account store called \"%s\"\n", settings->store);
		return -ENOENT;
	}
	rc = account->ops->open(account, settings, account, &account->store);
	if (rc < 0)
		return rc;
	if (!settings->pepper_file)
		return 0;
	return password_new(account, account, settings, &account->password);
}

int account_new(void *ctx, const struct account_settings *settings, account_done *done, struct account **account)
{
	struct account *made = talloc_zero(ctx, struct account);
	int rc;

	made->settings = *settings;
	made->done = done;
	slots_init(made);
	osmo_timer_setup(&made->timer, timer_cb, made);
	rc = open_parts(made);
	if (rc < 0) {
		account_free(made);
		return rc;
	}
	*account = made;
	return 0;
}

/* Passwords first: a change that is being hashed still goes to the store. */
void account_free(struct account *account)
{
	if (!account)
		return;
	account->closing = true;
	osmo_timer_del(&account->timer);
	password_free(account->password);
	if (account->store)
		account->ops->close(account->store);
	osmo_timer_del(&account->timer);
	talloc_free(account);
}

int account_describe(const struct account *account, char *out, size_t size)
{
	const struct account_counts *counts = &account->counts;
	char store[160];

	account->ops->describe(account->store, store, sizeof(store));
	return snprintf(out, size,
			"%s; %u requests open, %" PRIu64 " asked, %" PRIu64 " refused as busy, %" PRIu64
			" past their deadline, %" PRIu64 " late answers dropped",
			store, account->in_use, counts->requests, counts->busy, counts->expired, counts->dropped);
}

struct store *account_store(const struct account *account)
{
	return account->store;
}

const struct account_counts *account_counts(const struct account *account)
{
	return &account->counts;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "store/copies.h"
#include "store/gate.h"
#include "store/stores.h"

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct request request;
	struct account_update *update;	/* NULL: it is a request */
};

struct store {
	const struct store_ops *ops;	/* of the store behind */
	struct store *behind;
	struct accounts *accounts;
	enum gate gate;
	struct llist_head waiting;
	struct osmo_timer_list timer;
};

/* ---- what waits ---- */

static void take_soon(struct store *store)
{
	if (!llist_empty(&store->waiting) && store->gate != GATE_SHUT)
		osmo_timer_schedule(&store->timer, 0, 0);
}

static int wait(struct store *store, const struct request *request, const struct account_update *update, uint64_t id)
{
	struct waiting *waiting = talloc_zero(store, struct waiting);

	waiting->id = id;
	if (request)
		memcpy(&waiting->request, request, offsetof(struct request, args) + request->args_len);
	if (update) {
		waiting->update = talloc_memdup(waiting, update, sizeof(*update));
		waiting->update->account = stored_copy(waiting->update, update->account);
	}
	llist_add_tail(&waiting->entry, &store->waiting);
	take_soon(store);
	return -EINPROGRESS;
}

/* The first one goes to the store, which tells its end itself unless it answers at once. */
static void take_first(struct store *store)
{
	struct waiting *waiting = llist_first_entry(&store->waiting, struct waiting, entry);
	struct response response;
	int rc;

	llist_del(&waiting->entry);
	response_init(&response);
	if (waiting->update)
		rc = store->ops->merge(store->behind, waiting->update, waiting->id, &response);
	else
		rc = store_ask(store->ops, store->behind, &waiting->request, waiting->id, &response);
	if (rc == 0)
		accounts_complete(store->accounts, waiting->id, &response);
	explicit_bzero(&waiting->request, sizeof(waiting->request));
	talloc_free(waiting);
}

/* Whoever hears an answer may ask more: that is for the next turn. */
static void timer_cb(void *data)
{
	struct store *store = data;
	unsigned int due = llist_count(&store->waiting);

	while (due-- && store->gate != GATE_SHUT)
		take_first(store);
	take_soon(store);
}

void gate_set(struct store *store, enum gate gate)
{
	store->gate = gate;
	take_soon(store);
}

/* ---- the store's operations ---- */

static int gate_ask(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (store->gate == GATE_DOWN)
		return 0;
	return store->gate == GATE_OPEN ? store_ask(store->ops, store->behind, request, id, response) : wait(store, request, NULL, id);
}

static int gate_merge(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	if (store->gate == GATE_DOWN)
		return 0;
	return store->gate == GATE_OPEN ? store->ops->merge(store->behind, update, id, response) : wait(store, NULL, update, id);
}

static uint64_t gate_reference(struct store *store, unsigned int count)
{
	return store->ops->reference(store->behind, count);
}

static void gate_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	store->ops->set_catalogue(store->behind, catalogue);
}

static const struct catalogue *gate_catalogue(const struct store *store)
{
	return store->ops->catalogue(store->behind);
}

static int gate_describe(const struct store *store, char *out, size_t size)
{
	return store->ops->describe(store->behind, out, size);
}

static int gate_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);
	int rc;

	made->ops = store_find(settings->store);
	made->accounts = accounts;
	INIT_LLIST_HEAD(&made->waiting);
	osmo_timer_setup(&made->timer, timer_cb, made);
	rc = made->ops->open(made, settings, accounts, &made->behind);
	if (rc < 0)
		talloc_free(made);
	else
		*store = made;
	return rc;
}

/* Changes that wait were accepted. */
static void gate_close(struct store *store)
{
	osmo_timer_del(&store->timer);
	while (!llist_empty(&store->waiting))
		take_first(store);
	store->ops->close(store->behind);
	talloc_free(store);
}

const struct store_ops gate_store_ops = {
	.name = "gate",
	.open = gate_open,
	.change = gate_ask,
	.read = gate_ask,
	.merge = gate_merge,
	.acknowledge = gate_ask,
	.housekeep = gate_ask,
	.reference = gate_reference,
	.set_catalogue = gate_set_catalogue,
	.catalogue = gate_catalogue,
	.describe = gate_describe,
	.close = gate_close,
};

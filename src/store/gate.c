/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#include "starhash/barring.h"
#include "store/copies.h"
#include "store/gate.h"
#include "store/stores.h"

/* The arguments of one operation: one of the pointers is set. A claim or completion also has a queue. */
struct asked {
	struct request *request;
	const struct account_update *update;
	const struct claim *claim;
	const struct completion *completion;
	const struct bar *bar;
	enum queue queue;
};

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct asked asked;		/* own copies */
};

struct store {
	const struct store_ops *ops;	/* of the store behind the gate */
	struct store *behind;
	struct accounts *accounts;
	enum gate gate;
	struct llist_head waiting;
	struct osmo_timer_list timer;
};

/* ---- waiting operations ---- */

static void take_soon(struct store *store)
{
	if (!llist_empty(&store->waiting) && store->gate != GATE_SHUT)
		osmo_timer_schedule(&store->timer, 0, 0);
}

static void *copy_of(void *ctx, const void *what, size_t size)
{
	return what ? talloc_memdup(ctx, what, size) : NULL;
}

static struct account_update *update_copy(void *ctx, const struct account_update *update)
{
	struct account_update *copy = talloc_memdup(ctx, update, sizeof(*update));

	copy->account = stored_copy(copy, update->account);
	return copy;
}

static int wait_at_gate(struct store *store, const struct asked *asked, uint64_t id)
{
	struct waiting *waiting = talloc_zero(store, struct waiting);

	waiting->id = id;
	waiting->asked = (struct asked){
		.request = copy_of(waiting, asked->request, sizeof(*asked->request)),
		.update = asked->update ? update_copy(waiting, asked->update) : NULL,
		.claim = copy_of(waiting, asked->claim, sizeof(*asked->claim)),
		.completion = copy_of(waiting, asked->completion, sizeof(*asked->completion)), .queue = asked->queue,
		.bar = copy_of(waiting, asked->bar, sizeof(*asked->bar)),
	};
	llist_add_tail(&waiting->entry, &store->waiting);
	take_soon(store);
	return -EINPROGRESS;
}

static int give_answer(struct store *store, const struct asked *asked, uint64_t id, struct response *response)
{
	const struct store_ops *ops = store->ops;

	if (asked->update)
		return ops->merge(store->behind, asked->update, id, response);
	if (asked->claim)
		return ops->claim(store->behind, asked->queue, asked->claim, id, response);
	if (asked->completion)
		return ops->complete(store->behind, asked->queue, asked->completion, id, response);
	if (asked->bar)
		return ops->bar(store->behind, asked->bar, id, response);
	return store_ask(ops, store->behind, asked->request, id, response);
}

/* Pass the first waiting operation to the store. If it does not answer at once, it completes the operation itself. */
static void take_first(struct store *store)
{
	struct waiting *waiting = llist_first_entry(&store->waiting, struct waiting, entry);
	struct response response;

	llist_del(&waiting->entry);
	response_init(&response);
	if (give_answer(store, &waiting->asked, waiting->id, &response) == 0)
		accounts_complete(store->accounts, waiting->id, &response);
	if (waiting->asked.request)
		explicit_bzero(waiting->asked.request, sizeof(*waiting->asked.request));
	talloc_free(waiting);
}

/* Operations that callbacks start meanwhile wait for the next turn. */
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

static int go(struct store *store, const struct asked *asked, uint64_t id, struct response *response)
{
	if (store->gate == GATE_DOWN)
		return 0;
	return store->gate == GATE_OPEN ? give_answer(store, asked, id, response) : wait_at_gate(store, asked, id);
}

static int gate_ask(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	return go(store, &(struct asked){ .request = (struct request *)request }, id, response);
}

static int gate_merge(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	return go(store, &(struct asked){ .update = update }, id, response);
}

static int gate_claim(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response)
{
	return go(store, &(struct asked){ .claim = claim, .queue = queue }, id, response);
}

static int gate_complete(struct store *store, enum queue queue, const struct completion *completion, uint64_t id,
			 struct response *response)
{
	return go(store, &(struct asked){ .completion = completion, .queue = queue }, id, response);
}

static uint64_t gate_reference(struct store *store, unsigned int count)
{
	return store->ops->reference(store->behind, count);
}

static void gate_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	store->ops->set_catalogue(store->behind, catalogue);
}

static int gate_bar(struct store *store, const struct bar *bar, uint64_t id, struct response *response)
{
	return go(store, &(struct asked){ .bar = bar }, id, response);
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

/* Finish the waiting operations: their changes were accepted. */
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
	.claim = gate_claim,
	.complete = gate_complete,
	.housekeep = gate_ask,
	.reference = gate_reference,
	.set_catalogue = gate_set_catalogue,
	.bar = gate_bar,
	.catalogue = gate_catalogue,
	.describe = gate_describe,
	.close = gate_close,
};

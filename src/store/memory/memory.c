/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store in memory, for tests and transcripts. It completes every operation at once, and nothing outlives it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "store/claims.h"
#include "store/copies.h"
#include "store/memory/tables.h"
#include "store/stores.h"

#define NODE_SHIFT 50
#define BOOT_SHIFT 28

struct store {
	struct memory_tables *tables;
	struct memory_consents consents;
	struct claims claims[QUEUES];
	uint64_t reference;		/* the next one */
	struct catalogue *catalogue;	/* as last set */
};

static int memory_change_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	memory_change(store->tables, request, response);
	if (request->kind == REQUEST_ORDER_END)
		claims_drop_order(store->claims, request->id);
	return 0;
}

static int memory_read_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	memory_read(store->tables, request, response);
	return 0;
}

static int memory_merge(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	struct account_step step = { .response = response };

	response->result = RESULT_NOT_FOUND;
	memory_update(store->tables, update, &step);
	return 0;
}

static int memory_housekeep_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	memory_housekeep(store->tables, request, response);
	return 0;
}

static int memory_claim(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response)
{
	struct claims *claims = &store->claims[queue];
	int64_t claimed[CLAIMED_MAX];

	claims_begin(claims);
	memory_due(store->tables, queue, claim, claimed, claims_ids(claims, claimed, CLAIMED_MAX), response);
	claims_end(claims, claim->lease_ms, response);
	return 0;
}

static enum result order_later(struct memory_order *order, int64_t due)
{
	if (!order || order->order.state != ORDER_ACCEPTED)
		return RESULT_NOT_FOUND;
	order->order.due = due;
	order->order.attempts++;
	return RESULT_OK;
}

static enum result notification_complete(struct memory_tables *tables, const struct completion *completion)
{
	struct memory_notification *at = memory_notification_find(tables, completion->id);

	if (!at || at->sending)
		return RESULT_NOT_FOUND;
	at->counts = completion->counts;
	if (completion->how == ITEM_DONE || completion->how == ITEM_WITHDRAWN) {
		memory_notification_end(tables, at, completion->how == ITEM_DONE ? "sent" : "withdrawn", completion->now);
	} else {
		at->notification.due = completion->due;
		at->attempts += completion->how == ITEM_LATER;
	}
	return RESULT_OK;
}

static int memory_complete(struct store *store, enum queue queue, const struct completion *completion, uint64_t id,
			   struct response *response)
{
	struct memory_tables *tables = store->tables;

	if (completion->how == ITEM_BACK)
		response->result = RESULT_OK;
	else if (queue == QUEUE_NOTIFICATIONS)
		response->result = notification_complete(tables, completion);
	else if (completion->how == ITEM_LATER)
		response->result = order_later(memory_order_find(tables, completion->id), completion->due);
	else
		response->result = RESULT_REFUSED;
	claims_drop(&store->claims[queue], completion->id);
	return 0;
}

static void memory_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	struct memory_service *service;

	llist_for_each_entry(service, &store->tables->services, entry)
		service->offered = false;
	for (size_t i = 0; i < catalogue->count; i++)
		memory_service_put(store->tables, &catalogue->services[i]);
	talloc_free(store->catalogue);
	store->catalogue = catalogue_copy(store, catalogue);
}

static int memory_bar(struct store *store, const struct bar *bar, uint64_t id, struct response *response)
{
	memory_bar_put(store->tables, bar);
	response->result = RESULT_OK;
	return 0;
}

static const struct catalogue *memory_catalogue(const struct store *store)
{
	return store->catalogue;
}

/* Counting is enough: no references from earlier processes exist. */
static uint64_t memory_reference(struct store *store, unsigned int count)
{
	const uint64_t first = store->reference;

	store->reference += count;
	return first;
}

/* ---- life ---- */

static void memory_close(struct store *store)
{
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_free(&store->claims[queue]);
	talloc_free(store);
}

static int memory_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts,
		       struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);
	const uint64_t node = settings->node ? settings->node - 1 : randombytes_uniform(1 << 10);
	const char *why;

	made->catalogue = talloc_zero(made, struct catalogue);
	made->tables = memory_tables_new(made);
	memory_consents_init(&made->consents, made->tables);
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_init(&made->claims[queue]);
	why = account_rules_read(&made->tables->rules, settings->password_tries, settings->password_delays,
				 settings->retention, settings->message_rules);
	if (why) {
		LOGP(DACCOUNT, LOGL_ERROR, "store in memory: %s\n", why);
		memory_close(made);
		return -EINVAL;
	}
	made->tables->rules.billing = settings->orders_wait;
	if (settings->ticket_rules)
		made->tables->rules.tickets = *settings->ticket_rules;
	made->tables->consent_key = consent_key_current(settings->consent_keys);
	made->reference = node << NODE_SHIFT | (uint64_t)randombytes_uniform(UINT32_C(1) << (NODE_SHIFT - BOOT_SHIFT)) << BOOT_SHIFT;
	*store = made;
	return 0;
}

static int memory_describe(const struct store *store, char *out, size_t size)
{
	return snprintf(out, size, "memory: %u accounts, %u services", store->tables->subscribers_count,
			llist_count(&store->tables->services));
}

struct consent_source *memory_store_consents(struct store *store)
{
	return &store->consents.source;
}

struct memory_tables *memory_store_tables(struct store *store)
{
	return store->tables;
}

const struct store_ops memory_store_ops = {
	.name = "memory",
	.open = memory_open,
	.change = memory_change_op,
	.read = memory_read_op,
	.merge = memory_merge,
	.claim = memory_claim,
	.complete = memory_complete,
	.housekeep = memory_housekeep_op,
	.set_catalogue = memory_set_catalogue,
	.bar = memory_bar,
	.reference = memory_reference,
	.catalogue = memory_catalogue,
	.describe = memory_describe,
	.close = memory_close,
	.admin = &memory_admin_ops,
};

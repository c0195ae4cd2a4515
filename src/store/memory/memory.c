/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store in memory, for tests and transcripts: whatever it is asked it does at once; answers come now, later or never. Nothing
 * outlives it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "store/copies.h"
#include "store/memory.h"
#include "store/memory/tables.h"
#include "store/stores.h"

#define NODE_SHIFT 50
#define BOOT_SHIFT 28
#define NEVER (INT64_MAX / 2)	/* nothing lies in its future */

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct response response;
};

struct store {
	struct accounts *accounts;
	enum memory_mode mode;
	struct memory_tables *tables;
	struct memory_consents consents;
	uint64_t reference;		/* the next one */
	struct catalogue *catalogue;	/* as it was given last */
	struct llist_head waiting;
	struct osmo_timer_list timer;
};

/* ---- answers ---- */

static void timer_cb(void *data)
{
	struct store *store = data;
	LLIST_HEAD(due);
	struct waiting *waiting;
	struct waiting *next;

	llist_splice_init(&store->waiting, &due);
	llist_for_each_entry_safe(waiting, next, &due, entry) {
		accounts_complete(store->accounts, waiting->id, &waiting->response);
		talloc_free(waiting);
	}
}

static int answer_later(struct store *store, uint64_t id, const struct response *response)
{
	struct waiting *waiting = talloc(store, struct waiting);

	waiting->id = id;
	response_copy(&waiting->response, response);
	llist_add_tail(&waiting->entry, &store->waiting);
	if (store->mode == MEMORY_LATER)
		osmo_timer_schedule(&store->timer, 0, 0);
	return -EINPROGRESS;
}

static int answer(struct store *store, uint64_t id, const struct response *response)
{
	return store->mode == MEMORY_NOW || store->mode == MEMORY_UNAVAILABLE ? 0 : answer_later(store, id, response);
}

static int memory_change_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (store->mode != MEMORY_UNAVAILABLE)
		memory_change(store->tables, request, response);
	return answer(store, id, response);
}

static int memory_read_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (store->mode != MEMORY_UNAVAILABLE)
		memory_read(store->tables, request, response);
	return answer(store, id, response);
}

static int memory_merge_op(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	if (store->mode != MEMORY_UNAVAILABLE)
		memory_update(store->tables, update, response);
	return answer(store, id, response);
}

static int memory_housekeep_op(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	if (store->mode != MEMORY_UNAVAILABLE)
		memory_housekeep(store->tables, request, response);
	return answer(store, id, response);
}

/* It was sent, or is tried again later. */
static int memory_acknowledge(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct memory_notification *at = memory_notification_find(store->tables, record_number(&args, ACCOUNT_FACT_ID, 0));
	struct value due;

	if (store->mode == MEMORY_UNAVAILABLE)
		return 0;
	response->result = at ? RESULT_OK : RESULT_NOT_FOUND;
	if (at && record_get(&args, ACCOUNT_FACT_DUE, &due) && !due.is_text) {
		at->notification.due = due.number;
		at->attempts++;
	} else if (at) {
		llist_del(&at->entry);
		talloc_free(at);
	}
	return answer(store, id, response);
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

static const struct catalogue *memory_catalogue(const struct store *store)
{
	return store->catalogue;
}

/* No database remembers what was drawn before, and nothing outlives this one. */
static uint64_t memory_reference(struct store *store, unsigned int count)
{
	const uint64_t first = store->reference;

	store->reference += count;
	return first;
}

/* ---- life ---- */

static void memory_close(struct store *store)
{
	osmo_timer_del(&store->timer);
	talloc_free(store);
}

static int memory_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts,
		       struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);
	const uint64_t node = settings->node ? settings->node - 1 : randombytes_uniform(1 << 10);
	const char *why;

	made->accounts = accounts;
	made->catalogue = talloc_zero(made, struct catalogue);
	made->tables = talloc_zero(made, struct memory_tables);
	memory_tables_init(made->tables);
	memory_consents_init(&made->consents, made->tables);
	INIT_LLIST_HEAD(&made->waiting);
	osmo_timer_setup(&made->timer, timer_cb, made);
	why = account_rules_read(&made->tables->rules, settings->password_tries, settings->password_delays, settings->retention);
	if (why) {
		LOGP(DACCOUNT, LOGL_ERROR, "The store in memory: %s\n", why);
		memory_close(made);
		return -EINVAL;
	}
	made->tables->rules.billing = settings->billing;
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

void memory_store_mode(struct store *store, enum memory_mode mode)
{
	store->mode = mode;
	if (mode != MEMORY_NEVER && !llist_empty(&store->waiting))
		osmo_timer_schedule(&store->timer, 0, 0);
}

struct consent_source *memory_store_consents(struct store *store)
{
	return &store->consents.source;
}

void memory_store_orders_wait(struct store *store)
{
	store->tables->rules.billing = true;
}

/* ---- what is inside ---- */

/* As an import brings a new subscriber. */
void memory_store_add(struct store *store, const struct stored_account *account)
{
	const struct account_update update = {
		.account = account, .kinds = (1u << ACCOUNT_KINDS) - 1, .facts = (UINT64_C(1) << STORED_FACTS) - 1,
		.numbers = UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL | UPDATE_POINTS, .now = NEVER, .import = true, .sims = true,
	};
	struct response response;

	response_init(&response);
	memory_update(store->tables, &update, &response);
	OSMO_ASSERT(response.result == RESULT_OK);
}

void memory_store_add_service(struct store *store, const struct service *service)
{
	memory_service_put(store->tables, service);
}

/* Ages are no facts of the profile. */
static bool age_set(struct memory_subscriber *subscriber, enum field field, const struct value *value)
{
	static const enum field ages[ACCOUNT_KINDS] = { FIELD_AS_OF, FIELD_BILLS_AS_OF, FIELD_POINTS_AS_OF, FIELD_SERVICES_AS_OF };

	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (field != ages[kind])
			continue;
		subscriber->as_of[kind] = value ? value->number : kind == ACCOUNT_PROFILE ? 0 : AGE_FOLLOWS;
		return true;
	}
	return false;
}

void memory_store_set(struct store *store, const char *msisdn, enum field field, const struct value *value)
{
	struct memory_subscriber *subscriber;
	int64_t key;

	OSMO_ASSERT(msisdn_key(msisdn, &key));
	subscriber = memory_subscriber_by_msisdn(store->tables, key);
	if (age_set(subscriber, field, value))
		return;
	if (!value)
		record_drop(&subscriber->facts, field);
	else if (value->is_text)
		record_put_text(&subscriber->facts, field, value->text, value->len);
	else
		record_put_number(&subscriber->facts, field, value->number);
}

const struct store_ops memory_store_ops = {
	.name = "memory",
	.open = memory_open,
	.change = memory_change_op,
	.read = memory_read_op,
	.merge = memory_merge_op,
	.acknowledge = memory_acknowledge,
	.housekeep = memory_housekeep_op,
	.set_catalogue = memory_set_catalogue,
	.reference = memory_reference,
	.catalogue = memory_catalogue,
	.describe = memory_describe,
	.close = memory_close,
};

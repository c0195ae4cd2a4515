/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store for tests: a database in memory. Requests are carried out at once, by the code of the SQLite store;
 * answers come now, later or never. Nothing outlives it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "store/memory.h"
#include "store/sqlite/connection.h"
#include "store/copies.h"
#include "store/sqlite/references.h"
#include "store/stores.h"

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct response response;
};

struct store {
	struct accounts *accounts;
	enum memory_mode mode;
	struct connection connection;
	struct references references;
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

static int answer(struct store *store, uint64_t id, int rc, struct response *response)
{
	if (rc != SQLITE_OK) {
		LOGP(DACCOUNT, LOGL_ERROR, "The store in memory fails: %s\n", sqlite3_errmsg(store->connection.db));
		response_init(response);
	}
	return store->mode == MEMORY_NOW ? 0 : answer_later(store, id, response);
}

static int memory_submit(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	int rc;

	if (store->mode == MEMORY_UNAVAILABLE)
		return 0;
	if (request_writes(request->kind))
		rc = change_whole(&store->connection, request_write, request, response);
	else
		rc = request_read(&store->connection, request, response);
	return answer(store, id, rc, response);
}

static int memory_put(struct store *store, const struct stored_account *account, unsigned int kinds, int64_t now,
		      uint64_t id, struct response *response)
{
	const struct account_update told = { .account = account, .kinds = kinds, .now = now };

	if (store->mode == MEMORY_UNAVAILABLE)
		return 0;
	return answer(store, id, change_whole(&store->connection, update_write, &told, response), response);
}

static void memory_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	struct response response;

	response_init(&response);
	OSMO_ASSERT(change_whole(&store->connection, catalogue_write, catalogue, &response) == SQLITE_OK);
	talloc_free(store->catalogue);
	store->catalogue = catalogue_copy(store, catalogue);
}

static const struct catalogue *memory_catalogue(const struct store *store)
{
	return store->catalogue;
}

/* Nobody else writes here, and nobody waits. */
static uint64_t memory_reference(struct store *store, unsigned int count)
{
	if (references_low(&store->references))
		OSMO_ASSERT(references_draw(&store->connection, &store->references.next) == SQLITE_OK);
	return references_take(&store->references, count);
}

/* ---- life ---- */

static void memory_close(struct store *store)
{
	osmo_timer_del(&store->timer);
	connection_close(&store->connection);
	talloc_free(store);
}

static int memory_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts,
		       struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);
	const char *why;
	int rc;

	made->accounts = accounts;
	made->catalogue = talloc_zero(made, struct catalogue);
	INIT_LLIST_HEAD(&made->waiting);
	osmo_timer_setup(&made->timer, timer_cb, made);
	database_start();
	rc = connection_open(&made->connection, MEMORY_FILE, CONNECTION_MEMORY, NULL, &why);
	if (rc == SQLITE_OK) {
		made->connection.consent_key = consent_key_current(settings->consent_keys);
		made->connection.anchored = INT64_MAX;
		why = account_rules_read(&made->connection.rules, settings->password_tries, settings->password_delays,
					  settings->retention);
		made->connection.rules.billing = settings->billing;
		made->connection.node = settings->node;
		rc = why ? SQLITE_MISUSE : references_draw(&made->connection, &made->references.base);
	}
	if (rc != SQLITE_OK) {
		LOGP(DACCOUNT, LOGL_ERROR, "The store in memory: %s\n", why ? why : sqlite3_errstr(rc));
		memory_close(made);
		return -EINVAL;
	}
	*store = made;
	return 0;
}

static int memory_describe(const struct store *store, char *out, size_t size)
{
	sqlite3_stmt *statement;
	int len = 0;

	if (sqlite3_prepare_v2(store->connection.db, "SELECT 'memory: ' || (SELECT count(*) FROM subscriber) || ' accounts, '"
			       " || (SELECT count(*) FROM service) || ' services'", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		len = snprintf(out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	return len;
}

void memory_store_mode(struct store *store, enum memory_mode mode)
{
	store->mode = mode;
	if (mode != MEMORY_NEVER && !llist_empty(&store->waiting))
		osmo_timer_schedule(&store->timer, 0, 0);
}

void memory_store_orders_wait(struct store *store)
{
	store->connection.rules.billing = true;
}

/* ---- what is inside ---- */

void memory_store_add(struct store *store, const struct stored_account *account)
{
	OSMO_ASSERT(import_account(&store->connection, account) == SQLITE_OK);
}

void memory_store_add_service(struct store *store, const struct service *service)
{
	OSMO_ASSERT(import_service(&store->connection, service) == SQLITE_OK);
}

static void value_bind(sqlite3_stmt *statement, int index, enum field field, const struct value *value)
{
	if (value && value->is_text)
		sqlite3_bind_text(statement, index, value->text, value->len, SQLITE_STATIC);
	else if (value)
		sqlite3_bind_int64(statement, index, value->number);
	else if (field == FIELD_AS_OF)
		sqlite3_bind_int64(statement, index, 0);	/* a column that has no NULL */
}

/* Facts of the account have columns of their own names. */
void memory_store_set(struct store *store, const char *msisdn, enum field field, const struct value *value)
{
	sqlite3_stmt *statement;
	int64_t key = 0;
	char sql[128];

	snprintf(sql, sizeof(sql), "UPDATE subscriber SET %s = ?2 WHERE msisdn = ?1", field_info(field)->name);
	OSMO_ASSERT(sqlite3_prepare_v2(store->connection.db, sql, -1, &statement, NULL) == SQLITE_OK);
	msisdn_key(msisdn, &key);
	sqlite3_bind_int64(statement, 1, key);
	value_bind(statement, 2, field, value);
	OSMO_ASSERT(sqlite3_step(statement) == SQLITE_DONE);
	sqlite3_finalize(statement);
}

const struct store_ops memory_store_ops = {
	.name = "memory",
	.open = memory_open,
	.submit = memory_submit,
	.put = memory_put,
	.set_catalogue = memory_set_catalogue,
	.reference = memory_reference,
	.catalogue = memory_catalogue,
	.describe = memory_describe,
	.close = memory_close,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The store for tests: accounts in plain memory, answers now, later or never. Nothing outlives it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "store/memory.h"
#include "store/stores.h"

#define HASH_SIZE 128
#define LANGUAGE_SIZE 32
#define NUMBER_SIZE 32
#define SERVICES_MAX 32
#define BILLS_SHOWN 5
#define POINTS_SHOWN 10

struct subscription {
	const struct service *service;
	uint32_t since;
};

struct held {
	struct llist_head entry;
	const struct stored_account *stored;
	char language[LANGUAGE_SIZE];
	char *hash;
	unsigned int tries;
	struct subscription open[SERVICES_MAX];
	unsigned int open_count;
};

/* A conversation by short messages. */
struct kept {
	struct llist_head entry;
	const struct held *held;
	int64_t until;
	uint8_t session[REQUEST_ARGS_MAX];
	size_t len;
	char number[NUMBER_SIZE];
};

/* A change that was carried out, to be answered the same way again. */
struct past {
	struct llist_head entry;
	enum request_kind kind;
	uint64_t ref;
	struct response response;
};

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct response response;
};

struct store {
	struct account *account;
	unsigned int tries_max;
	enum memory_mode mode;
	struct llist_head accounts;
	struct llist_head past;
	struct llist_head kept;
	struct llist_head waiting;
	struct osmo_timer_list timer;
	const struct service *services[SERVICES_MAX];
	unsigned int services_count;
};

struct call {
	struct store *store;
	struct held *held;
	const struct request *request;
	struct record args;
	struct response *response;
};

/* ---- looking up ---- */

static bool is_held(const struct held *held, const struct subscriber *subscriber)
{
	if (subscriber->msisdn[0])
		return !strcmp(held->stored->msisdn, subscriber->msisdn);
	for (unsigned int i = 0; i < STORED_IMSIS_MAX; i++) {
		if (subscriber->imsi[0] && !strcmp(held->stored->imsis[i], subscriber->imsi))
			return true;
	}
	return false;
}

static struct held *held_find(const struct store *store, const struct subscriber *subscriber)
{
	struct held *held;

	llist_for_each_entry(held, &store->accounts, entry) {
		if (is_held(held, subscriber))
			return held;
	}
	return NULL;
}

static const struct service *service_find(const struct store *store, const char *code)
{
	for (unsigned int i = 0; i < store->services_count; i++) {
		if (!strcmp(store->services[i]->code, code))
			return store->services[i];
	}
	return NULL;
}

static int open_index(const struct held *held, const struct service *service)
{
	for (unsigned int i = 0; i < held->open_count; i++) {
		if (held->open[i].service == service)
			return (int)i;
	}
	return -1;
}

static bool may_have(const struct held *held, const struct service *service)
{
	return (!service->account || !strcmp(service->account, held->stored->account)) &&
	       (!service->brand || !strcmp(service->brand, held->stored->brand));
}

/* ---- writing facts and rows ---- */

static void put_text(struct record *record, uint16_t id, const char *text)
{
	if (text)
		record_put_text(record, id, text, strlen(text));
}

static void put_number(struct record *record, uint16_t id, int64_t number)
{
	if (number != STORED_UNKNOWN)
		record_put_number(record, id, number);
}

static void put_services(struct record *facts, const struct held *held)
{
	char codes[256] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < held->open_count && len < sizeof(codes); i++)
		len += (size_t)snprintf(codes + len, sizeof(codes) - len, "%s%s", i ? " " : "",
					held->open[i].service->code);
	put_text(facts, FIELD_SERVICES, codes);
}

static void put_service(struct record *row, const struct service *service)
{
	put_text(row, FIELD_SERVICE, service->code);
	put_number(row, FIELD_PRICE, service->price);
	put_text(row, FIELD_PERIOD, service->period);
}

/* ---- reads ---- */

static enum result profile(struct call *call)
{
	const struct stored_account *stored = call->held->stored;
	struct record *facts = &call->response->facts;

	put_text(facts, FIELD_MSISDN, stored->msisdn);
	put_text(facts, FIELD_ACCOUNT, stored->account);
	put_text(facts, FIELD_BRAND, stored->brand);
	put_text(facts, FIELD_STATUS, stored->status);
	put_text(facts, FIELD_LANGUAGE, call->held->language);
	put_services(facts, call->held);
	put_number(facts, FIELD_BALANCE, stored->balance);
	put_number(facts, FIELD_OWED, stored->owed);
	put_number(facts, FIELD_VALID_UNTIL, stored->valid_until);
	put_number(facts, FIELD_BILL_MONTH, stored->bill_month);
	put_number(facts, FIELD_BILL_TOTAL, stored->bill_total);
	put_number(facts, FIELD_POINTS, stored->points);
	put_number(facts, FIELD_AS_OF, stored->as_of);
	return RESULT_OK;
}

static enum result bills(struct call *call)
{
	const struct stored_account *stored = call->held->stored;
	uint8_t octets[64];

	for (unsigned int i = stored->bills_count; i-- && call->response->rows.count < BILLS_SHOWN;) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (stored->bills[i].month > stored->bill_month)
			continue;
		put_number(&row, FIELD_MONTH, stored->bills[i].month);
		put_number(&row, FIELD_TOTAL, stored->bills[i].total);
		rows_add(&call->response->rows, &row);
	}
	return RESULT_OK;
}

static const struct stored_bill *bill_find(const struct stored_account *stored, int64_t month)
{
	for (unsigned int i = 0; i < stored->bills_count; i++) {
		if (stored->bills[i].month == month && month <= stored->bill_month)
			return &stored->bills[i];
	}
	return NULL;
}

static enum result bill_lines(struct call *call)
{
	const struct stored_bill *bill = bill_find(call->held->stored, record_number(&call->args, FIELD_MONTH, 0));
	uint8_t octets[64];

	if (!bill)
		return RESULT_NOT_FOUND;
	for (unsigned int i = 0; i < bill->lines_count; i++) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		put_text(&row, FIELD_ITEM, bill->lines[i].item);
		put_number(&row, FIELD_AMOUNT, bill->lines[i].amount);
		rows_add(&call->response->rows, &row);
	}
	return RESULT_OK;
}

static enum result points(struct call *call)
{
	const struct stored_account *stored = call->held->stored;
	uint8_t octets[64];

	for (unsigned int i = stored->points_count; i-- && call->response->rows.count < POINTS_SHOWN;) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		put_number(&row, FIELD_DATE, stored->points_entries[i].date);
		put_number(&row, FIELD_CHANGE, stored->points_entries[i].change);
		put_text(&row, FIELD_REASON, stored->points_entries[i].reason);
		rows_add(&call->response->rows, &row);
	}
	return RESULT_OK;
}

static enum result services_mine(struct call *call)
{
	uint8_t octets[128];

	for (unsigned int i = 0; i < call->held->open_count; i++) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		put_service(&row, call->held->open[i].service);
		put_number(&row, FIELD_SINCE, call->held->open[i].since);
		rows_add(&call->response->rows, &row);
	}
	return RESULT_OK;
}

static enum result services_offered(struct call *call)
{
	uint8_t octets[128];

	for (unsigned int i = 0; i < call->store->services_count; i++) {
		const struct service *service = call->store->services[i];
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (open_index(call->held, service) >= 0 || !may_have(call->held, service))
			continue;
		put_service(&row, service);
		rows_add(&call->response->rows, &row);
	}
	return RESULT_OK;
}

/* ---- changes ---- */

static const struct service *service_asked(const struct call *call)
{
	char code[32];

	record_text(&call->args, FIELD_SERVICE, code, sizeof(code));
	return service_find(call->store, code);
}

/* By code, as every store lists them. */
static void open_insert(struct held *held, const struct service *service, uint32_t since)
{
	unsigned int at = held->open_count++;

	for (; at && strcmp(held->open[at - 1].service->code, service->code) > 0; at--)
		held->open[at] = held->open[at - 1];
	held->open[at] = (struct subscription){ .service = service, .since = since };
}

static enum result service_open(struct call *call)
{
	const struct service *service = service_asked(call);
	enum result result = RESULT_OK;

	if (!service)
		return RESULT_NOT_FOUND;
	if (open_index(call->held, service) >= 0)
		result = RESULT_DUPLICATE;
	else if (!may_have(call->held, service) || strcmp(call->held->stored->status, "active"))
		result = RESULT_REFUSED;
	else
		open_insert(call->held, service, 20260101);
	put_services(&call->response->facts, call->held);
	return result;
}

static enum result service_cancel(struct call *call)
{
	const struct service *service = service_asked(call);
	struct held *held = call->held;
	int index = service ? open_index(held, service) : -1;

	if (index >= 0) {
		held->open_count--;
		memmove(held->open + index, held->open + index + 1,
			(held->open_count - (unsigned int)index) * sizeof(held->open[0]));
	}
	put_services(&call->response->facts, held);
	return index >= 0 ? RESULT_OK : RESULT_NOT_FOUND;
}

static enum result language_set(struct call *call)
{
	char code[LANGUAGE_SIZE];
	size_t len = record_text(&call->args, FIELD_LANGUAGE, code, sizeof(code));

	if (!len || len >= sizeof(code))
		return RESULT_REFUSED;
	memcpy(call->held->language, code, len + 1);
	record_put_text(&call->response->facts, FIELD_LANGUAGE, code, len);
	return RESULT_OK;
}

static struct past *past_find(const struct store *store, enum request_kind kind, uint64_t ref)
{
	struct past *past;

	llist_for_each_entry(past, &store->past, entry) {
		if (past->ref == ref && past->kind == kind)
			return past;
	}
	return NULL;
}

static enum result password_attempt(struct call *call)
{
	struct held *held = call->held;
	struct record *facts = &call->response->facts;
	const struct past *set = past_find(call->store, REQUEST_PASSWORD_SET, call->request->ref);

	if (set) {
		record_put_number(facts, ACCOUNT_FACT_DONE, 1);
		return set->response.result;
	}
	if (!past_find(call->store, REQUEST_PASSWORD_ATTEMPT, call->request->ref)) {
		if (held->tries >= call->store->tries_max)
			return RESULT_LOCKED;
		held->tries++;
	}
	put_text(facts, FIELD_MSISDN, held->stored->msisdn);
	put_text(facts, ACCOUNT_FACT_ID_NUMBER, held->stored->id_number);
	put_text(facts, ACCOUNT_FACT_HASH, held->hash);
	record_put_number(facts, ACCOUNT_FACT_TRIES, held->tries);
	return RESULT_OK;
}

static enum result password_set(struct call *call)
{
	struct held *held = call->held;
	char old[HASH_SIZE];
	char fresh[HASH_SIZE];

	record_text(&call->args, FIELD_OLD, old, sizeof(old));
	if (strcmp(old, held->hash))
		return RESULT_CONFLICT;
	held->tries = 0;
	if (record_text(&call->args, FIELD_NEW, fresh, sizeof(fresh)))
		osmo_talloc_replace_string(held, &held->hash, fresh);
	return RESULT_OK;
}

/* ---- conversations ---- */

static struct kept *kept_find(const struct call *call)
{
	char number[NUMBER_SIZE];
	struct kept *kept;

	record_text(&call->args, ACCOUNT_FACT_NUMBER, number, sizeof(number));
	llist_for_each_entry(kept, &call->store->kept, entry) {
		if (kept->held == call->held && !strcmp(kept->number, number))
			return kept;
	}
	return NULL;
}

static void kept_add(const struct call *call, const struct value *session)
{
	struct kept *kept = talloc_zero(call->store, struct kept);

	kept->held = call->held;
	kept->until = record_number(&call->args, ACCOUNT_FACT_UNTIL, 0);
	kept->len = session->len;
	memcpy(kept->session, session->text, session->len);
	record_text(&call->args, ACCOUNT_FACT_NUMBER, kept->number, sizeof(kept->number));
	llist_add(&kept->entry, &call->store->kept);
}

static enum result conversation_keep(struct call *call)
{
	struct kept *kept = kept_find(call);
	struct value session, number;

	if (!record_get(&call->args, ACCOUNT_FACT_NUMBER, &number) || !number.is_text)
		return RESULT_REFUSED;
	if (kept) {
		llist_del(&kept->entry);
		talloc_free(kept);
	}
	if (record_get(&call->args, ACCOUNT_FACT_SESSION, &session) && session.is_text && session.len)
		kept_add(call, &session);
	return RESULT_OK;
}

static enum result conversation_fetch(struct call *call)
{
	const struct kept *kept = kept_find(call);

	if (!kept || kept->until <= time(NULL))
		return RESULT_NOT_FOUND;
	record_put_text(&call->response->facts, ACCOUNT_FACT_SESSION, (const char *)kept->session, kept->len);
	return RESULT_OK;
}

static enum result (*const work[REQUEST_KIND_COUNT])(struct call *call) = {
	[REQUEST_PROFILE] = profile,
	[REQUEST_BILLS] = bills,
	[REQUEST_BILL_LINES] = bill_lines,
	[REQUEST_POINTS] = points,
	[REQUEST_SERVICES_MINE] = services_mine,
	[REQUEST_SERVICES_OFFERED] = services_offered,
	[REQUEST_SERVICE_OPEN] = service_open,
	[REQUEST_SERVICE_CANCEL] = service_cancel,
	[REQUEST_LANGUAGE_SET] = language_set,
	[REQUEST_PASSWORD_ATTEMPT] = password_attempt,
	[REQUEST_PASSWORD_SET] = password_set,
	[REQUEST_CONVERSATION_KEEP] = conversation_keep,
	[REQUEST_CONVERSATION_FETCH] = conversation_fetch,
};

/* ---- submit ---- */

static void past_add(struct store *store, const struct request *request, const struct response *response)
{
	struct past *past = talloc(store, struct past);

	past->kind = request->kind;
	past->ref = request->ref;
	response_copy(&past->response, response);
	llist_add(&past->entry, &store->past);
}

/* An attempt looks at its past by itself: its answer is the hash of now, and a locked one was none. Clearing a count
 * leaves no trace. */
static bool is_recorded(const struct call *call)
{
	struct value fresh;

	if (call->request->kind == REQUEST_PASSWORD_SET)
		return record_get(&call->args, FIELD_NEW, &fresh);
	if (call->request->kind == REQUEST_PASSWORD_ATTEMPT)
		return call->response->result == RESULT_OK;
	return request_changes(call->request->kind);
}

static void answer(struct call *call)
{
	const struct request *request = call->request;
	struct past *past = past_find(call->store, request->kind, request->ref);

	call->held = held_find(call->store, &request->subscriber);
	if (!call->held) {
		call->response->result = RESULT_NOT_FOUND;
	} else if (past && request->kind != REQUEST_PASSWORD_ATTEMPT && is_recorded(call)) {
		response_copy(call->response, &past->response);
	} else {
		call->response->result = work[request->kind](call);
		if (!past && is_recorded(call))
			past_add(call->store, request, call->response);
	}
}

static void timer_cb(void *data)
{
	struct store *store = data;
	LLIST_HEAD(due);
	struct waiting *waiting;
	struct waiting *next;

	llist_splice_init(&store->waiting, &due);
	llist_for_each_entry_safe(waiting, next, &due, entry) {
		account_complete(store->account, waiting->id, &waiting->response);
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

static int memory_submit(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	struct call call = {
		.store = store,
		.request = request,
		.args = { .data = (uint8_t *)request->args, .len = request->args_len },
		.response = response,
	};

	if (store->mode == MEMORY_UNAVAILABLE || !work[request->kind])
		return 0;
	answer(&call);
	return store->mode == MEMORY_NOW ? 0 : answer_later(store, id, response);
}

/* ---- life ---- */

static int memory_open(void *ctx, const struct account_settings *settings, struct account *account,
		       struct store **store)
{
	struct store *made = talloc_zero(ctx, struct store);

	made->account = account;
	made->tries_max = settings->password_tries;
	INIT_LLIST_HEAD(&made->accounts);
	INIT_LLIST_HEAD(&made->past);
	INIT_LLIST_HEAD(&made->kept);
	INIT_LLIST_HEAD(&made->waiting);
	osmo_timer_setup(&made->timer, timer_cb, made);
	*store = made;
	return 0;
}

static int memory_describe(const struct store *store, char *out, size_t size)
{
	return snprintf(out, size, "memory: %u accounts, %u services", llist_count(&store->accounts),
			store->services_count);
}

static void memory_close(struct store *store)
{
	osmo_timer_del(&store->timer);
	talloc_free(store);
}

void memory_store_add(struct store *store, const struct stored_account *account)
{
	struct held *held = talloc_zero(store, struct held);

	held->stored = account;
	held->hash = talloc_strdup(held, account->hash ? account->hash : "");
	osmo_strlcpy(held->language, account->language, sizeof(held->language));
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const struct stored_subscription *open = &account->subscriptions[i];

		open_insert(held, service_find(store, open->service), open->since);
	}
	llist_add_tail(&held->entry, &store->accounts);
}

void memory_store_add_service(struct store *store, const struct service *service)
{
	OSMO_ASSERT(store->services_count < SERVICES_MAX);
	store->services[store->services_count++] = service;
}

void memory_store_mode(struct store *store, enum memory_mode mode)
{
	store->mode = mode;
	if (mode != MEMORY_NEVER && !llist_empty(&store->waiting))
		osmo_timer_schedule(&store->timer, 0, 0);
}

const struct store_ops memory_store_ops = {
	.name = "memory",
	.open = memory_open,
	.submit = memory_submit,
	.describe = memory_describe,
	.close = memory_close,
};

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The surroundings of accounts/ in its tests. Linked before the archive, so that the real billing and the table of real
 * stores stay out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer_compat.h>

#include "store/claims.h"
#include "store/stores.h"
#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

/* ---- time ---- */

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE };

void clocks_set(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		*osmo_clock_override_gettimespec(clocks[i]) = (struct timespec){ .tv_sec = FAKE_NOW };
		osmo_clock_override_enable(clocks[i], true);
	}
	osmo_gettimeofday_override_time = (struct timeval){ .tv_sec = FAKE_NOW };
	osmo_gettimeofday_override = true;
}

static void clocks_free(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		osmo_clock_override_enable(clocks[i], false);
	osmo_gettimeofday_override = false;
}

void loop_round(void)
{
	for (int i = 0; i < 12; i++)
		osmo_select_main_ctx(1);
}

void clocks_pass(unsigned int ms)
{
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		osmo_clock_override_add(clocks[i], ms / 1000, ms % 1000 * 1000000L);
	osmo_gettimeofday_override_add(ms / 1000, ms % 1000 * 1000);
	loop_round();
}

/* ---- the store ---- */

struct disk disk;

struct store {
	struct accounts *accounts;
	struct claims claims[QUEUES];
	struct llist_head waiting;
	struct osmo_timer_list timer;
};

struct waiting {
	struct llist_head entry;
	uint64_t id;
	struct response response;
};

void disk_clear(void)
{
	struct fake_order *order, *next_order;
	struct fake_notification *notification, *next_notification;

	if (disk.orders.next) {
		llist_for_each_entry_safe(order, next_order, &disk.orders, entry)
			talloc_free(order);
		llist_splice_init(&disk.sent, &disk.notifications);
		llist_for_each_entry_safe(notification, next_notification, &disk.notifications, entry)
			talloc_free(notification);
	}
	disk = (struct disk){ .balance = 100 };
	INIT_LLIST_HEAD(&disk.orders);
	INIT_LLIST_HEAD(&disk.notifications);
	INIT_LLIST_HEAD(&disk.sent);
}

struct fake_order *disk_order(int64_t id)
{
	struct fake_order *order;

	llist_for_each_entry(order, &disk.orders, entry) {
		if (order->id == id)
			return order;
	}
	return NULL;
}

struct fake_notification *disk_notification(int64_t id)
{
	struct fake_notification *notification;

	llist_for_each_entry(notification, &disk.notifications, entry) {
		if (notification->id == id)
			return notification;
	}
	return NULL;
}

struct fake_notification *disk_add_message(const char *kind)
{
	struct fake_notification *notification = talloc_zero(NULL, struct fake_notification);

	notification->id = ++disk.last_id;
	notification->kind = kind;
	notification->expires = FAKE_NOW + 10 * 86400;
	notification->balance = 100;
	osmo_strlcpy(notification->msisdn, ALICE, sizeof(notification->msisdn));
	llist_add_tail(&notification->entry, &disk.notifications);
	return notification;
}

int64_t disk_add_notification(void)
{
	return disk_add_message("order_completed")->id;
}

static enum result read_account(const struct request *request, struct response *response)
{
	static const uint16_t fields[] = { FIELD_AS_OF, FIELD_BILLS_AS_OF, FIELD_POINTS_AS_OF, FIELD_SERVICES_AS_OF };

	if (disk.unknown)
		return RESULT_NOT_FOUND;
	record_put_text(&response->facts, FIELD_MSISDN, ALICE, strlen(ALICE));
	record_put_number(&response->facts, FIELD_BALANCE, disk.balance);
	for (unsigned int i = 0; i < ACCOUNT_KINDS; i++)
		record_put_number(&response->facts, fields[i], disk.as_of[i]);
	return RESULT_OK;
}

static enum result order_take(const struct request *request, struct response *response)
{
	struct fake_order *order;

	if (disk.broken)
		return RESULT_UNAVAILABLE;
	order = talloc_zero(NULL, struct fake_order);
	order->id = ++disk.last_id;
	order->ref = request->ref;
	order->ordered = request->now;
	osmo_strlcpy(order->msisdn, request->subscriber.msisdn, sizeof(order->msisdn));
	llist_add_tail(&order->entry, &disk.orders);
	response->order = order->id;
	record_put_text(&response->facts, FIELD_SERVICES, "NEWS", 4);
	return RESULT_ACCEPTED;
}

static bool among(int64_t id, const int64_t *ids, unsigned int count)
{
	while (count && ids[count - 1] != id)
		count--;
	return count;
}

static bool is_first(const struct fake_order *order)
{
	struct fake_order *older;

	llist_for_each_entry(older, &disk.orders, entry) {
		if (older == order)
			return true;
		if (!older->ended && !strcmp(older->msisdn, order->msisdn))
			return false;
	}
	return false;
}

static void orders_due(const struct claim *claim, const int64_t *claimed, unsigned int count, struct response *response)
{
	struct fake_order *order;

	response->part = RESPONSE_ORDERS;
	llist_for_each_entry(order, &disk.orders, entry) {
		struct due_order due = {
			.id = order->id, .ref = order->ref, .kind = REQUEST_SERVICE_ACTIVATE, .attempts = (uint32_t)order->attempts,
			.service = "NEWS", .ordered = order->ordered,
		};

		if (order->ended || order->due > claim->until || !is_first(order) || among(order->id, claimed, count))
			continue;
		msisdn_key(order->msisdn, &due.msisdn);
		if (response->orders_count == OSMO_MIN(claim->max, DUE_MAX))
			break;
		response->orders[response->orders_count++] = due;
	}
}

static enum result end_order(const struct request *request, struct response *response)
{
	struct fake_order *order = disk_order(request->id);

	if (disk.broken)
		return RESULT_UNAVAILABLE;
	if (!order)
		return RESULT_NOT_FOUND;
	order->ended = true;
	order->end = request->outcome.end;
	osmo_strlcpy(order->reason, request->outcome.reason, sizeof(order->reason));
	response->notification = 1000 + order->id;
	if (!disk.keep_completed) {
		llist_del(&order->entry);
		talloc_free(order);
	}
	return RESULT_OK;
}

static void kind_due(const struct claim *claim, unsigned int kind, const int64_t *claimed, unsigned int count, unsigned int *left,
		     struct response *response)
{
	const bool hurried = claim->hurried >> kind & 1, limited = claim->limited >> kind & 1;
	struct fake_notification *notification;
	uint8_t octets[100];

	llist_for_each_entry(notification, &disk.notifications, entry) {
		struct due_notification due = {
			.id = notification->id, .kind = notification->kind, .attempts = notification->attempts,
			.expires = notification->expires, .latest = notification->latest,
			.sent_since = claim->counted >> kind & 1 ? notification->sent_since : 0,
			.facts = { .data = octets, .size = sizeof(octets) },
		};

		if (strcmp(notification->kind, notification_kinds[kind].name) || notification->due > claim->until ||
		    notification->expires <= claim->until || among(notification->id, claimed, count) ||
		    (hurried && (!notification->latest || notification->latest > claim->latest)))
			continue;
		if (response->rows.count == OSMO_MIN(claim->max, DUE_MAX) || (limited && !*left))
			break;
		msisdn_key(notification->msisdn, &due.msisdn);
		record_put_text(&due.facts, FIELD_SERVICE, "NEWS", 4);
		record_put_number(&due.facts, FIELD_BALANCE, notification->balance);
		record_put_number(&due.facts, FIELD_THRESHOLD, 500);
		if (notification_kinds[kind].code)
			record_put_text(&due.facts, FIELD_PROPOSAL, "K7Q2-9F3T-0001", 14);
		if (response_add_notification(response, &due))
			break;
		*left -= limited;
	}
}

static void notifications_due(const struct claim *claim, const int64_t *claimed, unsigned int count, struct response *response)
{
	unsigned int left = claim->limit, kind;

	disk.claim = *claim;
	for (unsigned int i = 0; claim_kind(claim, i, &kind); i++)
		kind_due(claim, kind, claimed, count, &left, response);
}

static enum result order_later(struct fake_order *order, int64_t due)
{
	if (!order)
		return RESULT_NOT_FOUND;
	order->attempts++;
	order->due = due;
	return RESULT_OK;
}

static enum result notification_complete(struct fake_notification *notification, const struct completion *completion)
{
	if (!notification)
		return RESULT_NOT_FOUND;
	notification->due = completion->due;
	notification->attempts += completion->how == ITEM_LATER;
	if (completion->how != ITEM_DONE && completion->how != ITEM_WITHDRAWN)
		return RESULT_OK;
	notification->withdrawn = completion->how == ITEM_WITHDRAWN;
	notification->counts = completion->counts;
	llist_del(&notification->entry);
	if (disk.keep_completed)
		llist_add_tail(&notification->entry, &disk.sent);
	else
		talloc_free(notification);
	return RESULT_OK;
}

static enum result item_complete(enum queue queue, const struct completion *completion)
{
	if (completion->how == ITEM_BACK)
		return RESULT_OK;
	if (disk.broken)
		return RESULT_UNAVAILABLE;
	if (queue == QUEUE_ORDERS)
		return order_later(disk_order(completion->id), completion->due);
	return notification_complete(disk_notification(completion->id), completion);
}

static enum result housekeep(const struct request *request, struct response *response)
{
	if (disk.broken)
		return RESULT_UNAVAILABLE;
	response->more = disk.housekeeping_left && --disk.housekeeping_left;
	return RESULT_OK;
}

static enum result messages_waiting(struct response *response)
{
	struct fake_notification *notification;
	uint8_t octets[64];

	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		struct record row = { .data = octets, .size = sizeof(octets) };
		int64_t count = 0;

		llist_for_each_entry(notification, &disk.notifications, entry)
			count += !strcmp(notification->kind, notification_kinds[i].name);
		record_append_text(&row, FIELD_NOTIFICATION, notification_kinds[i].name, strlen(notification_kinds[i].name));
		record_append_number(&row, FIELD_STORED, count);
		if (count && disk.searched)
			record_append_number(&row, ARG_SEARCHED, disk.searched);
		if (count && disk.searched)
			record_append_number(&row, ARG_SEARCH_BEGAN, FAKE_NOW);
		if (count)
			rows_add(&response->rows, &row);
	}
	return RESULT_OK;
}

static enum result code_store(const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	struct value proposal, code;

	if (disk.broken)
		return RESULT_UNAVAILABLE;
	if (disk.code_result != RESULT_OK)
		return disk.code_result;
	assert_true(record_get(&args, FIELD_PROPOSAL, &proposal) && proposal.len == 14 && !memcmp(proposal.text, "K7Q2-9F3T-0001", 14));
	assert_true(record_get(&args, ARG_CODE, &code) && code.is_text && code.len == CONFIRM_DIGEST_SIZE);
	memcpy(disk.code, code.text, code.len);
	return RESULT_OK;
}

static enum result work(const struct request *request, struct response *response)
{
	switch (request->kind) {
	case REQUEST_ORDER_END: return end_order(request, response);
	case REQUEST_HOUSEKEEP: return housekeep(request, response);
	case REQUEST_MESSAGES_WAITING: return messages_waiting(response);
	case REQUEST_PROPOSAL_CODE: return code_store(request);
	default: break;
	}
	disk.last = *request;
	return request_orders(request->kind) ? order_take(request, response) : read_account(request, response);
}

static void timer_cb(void *data)
{
	struct store *store = data;
	LLIST_HEAD(due);

	llist_splice_init(&store->waiting, &due);
	while (!llist_empty(&due)) {
		struct waiting *waiting = llist_first_entry(&due, struct waiting, entry);

		llist_del(&waiting->entry);
		accounts_complete(store->accounts, waiting->id, &waiting->response);
		talloc_free(waiting);
	}
}

static int now_or_later(struct store *store, uint64_t id, const struct response *response)
{
	struct waiting *waiting;

	if (!disk.later)
		return 0;
	waiting = talloc(store, struct waiting);
	waiting->id = id;
	response_copy(&waiting->response, response);
	llist_add_tail(&waiting->entry, &store->waiting);
	osmo_timer_schedule(&store->timer, disk.later_ms / 1000, disk.later_ms % 1000 * 1000);
	return -EINPROGRESS;
}

static int fake_submit(struct store *store, const struct request *request, uint64_t id, struct response *response)
{
	disk.asked[request->kind]++;
	response->result = work(request, response);
	if (request->kind == REQUEST_ORDER_END && !disk.broken)
		claims_drop_order(store->claims, request->id);
	return now_or_later(store, id, response);
}

static int fake_claim(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response)
{
	struct claims *claims = &store->claims[queue];
	int64_t claimed[CLAIMED_MAX];
	unsigned int count;

	disk.claims += queue == QUEUE_NOTIFICATIONS;
	claims_begin(claims);
	count = claims_ids(claims, claimed, CLAIMED_MAX);
	response->result = RESULT_OK;
	if (queue == QUEUE_ORDERS)
		orders_due(claim, claimed, count, response);
	else
		notifications_due(claim, claimed, count, response);
	claims_end(claims, claim->lease_ms, response);
	return now_or_later(store, id, response);
}

static int fake_complete(struct store *store, enum queue queue, const struct completion *completion, uint64_t id,
			 struct response *response)
{
	response->result = item_complete(queue, completion);
	if (response->result != RESULT_UNAVAILABLE)
		claims_drop(&store->claims[queue], completion->id);
	return now_or_later(store, id, response);
}

static int fake_merge(struct store *store, const struct account_update *update, uint64_t id, struct response *response)
{
	const struct stored_account *account = update->account;
	const unsigned int kinds = update->kinds;

	disk.puts++;
	disk.put_kinds = kinds;
	response->result = disk.broken ? RESULT_UNAVAILABLE : RESULT_OK;
	if (!disk.broken) {
		disk.unknown = false;
		disk.balance = account->balance;
		for (unsigned int i = 0; i < ACCOUNT_KINDS; i++) {
			if (kinds & 1u << i)
				disk.as_of[i] = account->as_of;
		}
	}
	return now_or_later(store, id, response);
}

static int fake_open(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store)
{
	*store = talloc_zero(ctx, struct store);
	(*store)->accounts = accounts;
	INIT_LLIST_HEAD(&(*store)->waiting);
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_init(&(*store)->claims[queue]);
	osmo_timer_setup(&(*store)->timer, timer_cb, *store);
	return 0;
}

static void fake_set_catalogue(struct store *store, const struct catalogue *catalogue)
{
	disk.catalogue = catalogue;
}

static int fake_describe(const struct store *store, char *out, size_t size)
{
	return snprintf(out, size, "a fake");
}

static uint64_t fake_reference(struct store *store, unsigned int count)
{
	disk.last_ref += count;
	return disk.last_ref - count + 1;
}

static void fake_close(struct store *store)
{
	osmo_timer_del(&store->timer);
	for (enum queue queue = 0; queue < QUEUES; queue++)
		claims_free(&store->claims[queue]);
	talloc_free(store);
}

static const struct store_ops fake_ops = {
	.name = "fake", .open = fake_open, .change = fake_submit, .read = fake_submit, .claim = fake_claim, .complete = fake_complete,
	.housekeep = fake_submit, .merge = fake_merge,
	.set_catalogue = fake_set_catalogue, .reference = fake_reference, .describe = fake_describe, .close = fake_close,
};

const struct store_ops *const store_table[] = { &fake_ops, &sqlite_store_ops, NULL };

/* ---- billing ---- */

struct billing *fake_billing_new(void)
{
	struct billing *billing = talloc_zero(NULL, struct billing);

	INIT_LLIST_HEAD(&billing->asked);
	INIT_LLIST_HEAD(&billing->given);
	return billing;
}

void billing_set_recovered(struct billing *billing, billing_recovered *recovered, void *user)
{
	billing->recovered = recovered;
	billing->recovered_user = user;
}

void billing_free(struct billing *billing)
{
	talloc_free(billing);
}

int billing_describe(const struct billing *billing, char *out, size_t size)
{
	return snprintf(out, size, "billing is a fake");
}

int billing_ask(struct billing *billing, const struct subscriber *subscriber, unsigned int kinds, billing_update *answered,
		void *user)
{
	struct asked *asked;

	if (billing->busy)
		return -EBUSY;
	asked = talloc(billing, struct asked);
	*asked = (struct asked){ .subscriber = *subscriber, .kinds = kinds, .answered = answered, .user = user };
	llist_add_tail(&asked->entry, &billing->asked);
	billing->asked_count++;
	return 0;
}

int billing_order(struct billing *billing, const struct billing_order *order, billing_answered *answered, void *user)
{
	struct given *given;

	if (billing->busy)
		return -EBUSY;
	given = talloc(billing, struct given);
	*given = (struct given){ .order = *order, .answered = answered, .user = user };
	osmo_strlcpy(given->msisdn, order->msisdn, sizeof(given->msisdn));
	llist_add_tail(&given->entry, &billing->given);
	billing->given_count++;
	return 0;
}

void fake_answer_query(struct billing *billing, enum billing_result result)
{
	struct stored_account account = {
		.account = "prepaid", .brand = "young", .status = "active", .language = "en", .balance = 777,
		.as_of = FAKE_NOW, .bills_as_of = FAKE_NOW, .points_as_of = FAKE_NOW, .services_as_of = FAKE_NOW,
	};
	struct asked *asked = llist_first_entry(&billing->asked, struct asked, entry);

	assert_false(llist_empty(&billing->asked));
	llist_del(&asked->entry);
	osmo_strlcpy(account.msisdn, asked->subscriber.msisdn, sizeof(account.msisdn));
	asked->answered(asked->user, result, result == BILLING_OK ? &account : NULL, asked->kinds);
	talloc_free(asked);
}

void fake_answer(struct billing *billing, enum billing_result result, const char *reason, unsigned int after_s)
{
	struct billing_answer answer = { .result = result, .after_s = after_s };
	struct given *given = llist_first_entry(&billing->given, struct given, entry);

	assert_false(llist_empty(&billing->given));
	llist_del(&given->entry);
	osmo_strlcpy(answer.reason, reason, sizeof(answer.reason));
	if (result == BILLING_OK && given->order.ref < sizeof(billing->done) && !billing->done[given->order.ref]++)
		billing->effects++;
	given->answered(given->user, &answer);
	talloc_free(given);
}

/* ---- everything together ---- */

struct request user_request(enum request_kind kind, const char *msisdn, uint64_t ref)
{
	struct request request = { .kind = kind, .ref = ref };

	osmo_strlcpy(request.subscriber.msisdn, msisdn, sizeof(request.subscriber.msisdn));
	return request;
}

void bench_start(struct bench *bench, const struct accounts_settings *settings)
{
	struct accounts_settings with = *settings;

	with.store = with.file ? "sqlite" : "fake";
	with.deadline_ms = with.deadline_ms ? with.deadline_ms : 5000;
	with.requests_max = with.requests_max ? with.requests_max : 100;
	with.billing = bench->billing = fake_billing_new();
	bench->answers.count = 0;
	assert_int_equal(accounts_new(NULL, &with, answers_take, &bench->accounts), 0);
	loop_round();
}

void bench_stop(struct bench *bench)
{
	accounts_free(bench->accounts);
}

int fakes_setup(void **state)
{
	clocks_set();
	disk_clear();
	return 0;
}

int fakes_teardown(void **state)
{
	disk_clear();
	clocks_free();
	return 0;
}

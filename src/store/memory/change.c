/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Load, step and commit, without transactions: nothing else accesses the tables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "store/copies.h"
#include "store/memory/tables.h"

/* ---- load ---- */

static void head_load(const struct memory_subscriber *subscriber, struct account *account)
{
	const struct record *facts = &subscriber->facts;

	account->known = true;
	account->msisdn = subscriber->msisdn;
	record_text(facts, FIELD_ACCOUNT, account->account, sizeof(account->account));
	record_text(facts, FIELD_BRAND, account->brand, sizeof(account->brand));
	record_text(facts, FIELD_STATUS, account->status, sizeof(account->status));
	record_text(facts, FIELD_LANGUAGE, account->language, sizeof(account->language));
}

/* Find the order that the request names, and the subscriber. */
static struct memory_subscriber *find(struct memory_tables *tables, const struct request *request, struct account *account)
{
	struct memory_subscriber *subscriber = NULL;
	struct memory_order *order;

	account_begin(account, request);
	if (account_parts(request->kind) & ACCOUNT_PART_ORDER) {
		order = memory_order_find(tables, request->id);
		if (!order)
			return NULL;
		account_set_order(account, &order->order);
		account->order.former_owner = memory_order_is_former(tables, order);
		account->msisdn = order->msisdn;
		subscriber = memory_subscriber_by_msisdn(tables, order->msisdn);
	} else {
		subscriber = memory_subscriber_find(tables, &request->subscriber);
	}
	if (subscriber)
		head_load(subscriber, account);
	return subscriber;
}

static void subscriptions_load(struct memory_tables *tables, const struct memory_subscriber *subscriber, struct account *account)
{
	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		const struct memory_service *service = memory_service_find(tables, subscriber->subscriptions[i].service);

		account_add_subscription(account, &subscriber->subscriptions[i], &service->service);
	}
}

/* Load the current owner's orders: those in flight, and those completed at \a since or later. */
static void orders_load(struct memory_tables *tables, const struct memory_subscriber *subscriber, int64_t since, struct account *account)
{
	struct memory_order *at;

	llist_for_each_entry(at, &tables->orders, entry) {
		const struct order *order = &at->order;
		struct account_order in_flight = {
			.id = order->id, .kind = order->kind, .due = order->due, .attempts = order->attempts, .ended_at = order->ended_at,
		};

		if (at->msisdn != account->msisdn || (subscriber && order->id <= subscriber->orders_after))
			continue;
		memcpy(in_flight.service, order->service, sizeof(in_flight.service));
		memcpy(in_flight.instead, order->instead, sizeof(in_flight.instead));
		memcpy(in_flight.backend, order->backend, sizeof(in_flight.backend));
		if (subscriber && (order->state == ORDER_ACCEPTED || order->ended_at >= since))
			account_add_unseen(account, &in_flight);
		else if (order->state == ORDER_ACCEPTED)
			account_add_in_flight(account, &in_flight);
	}
}

/* Compared as numbers: callers may have dropped leading zeros. */
static const char *significant(const char *number)
{
	return number + strspn(number, "0");
}

static void conversation_load(const struct memory_subscriber *subscriber, const struct request *request, struct account *account)
{
	const char *wanted = significant(request->conversation.short_code);
	struct memory_conversation *conversation;

	llist_for_each_entry(conversation, &subscriber->conversations, entry) {
		if (!conversation->late || strcmp(significant(conversation->short_code), wanted))
			continue;
		account->unanswered = true;
		snprintf(account->short_code, sizeof(account->short_code), "%s", conversation->short_code);
		account->late_len = conversation->late_len;
		if (conversation->late_len)
			memcpy(account->late, conversation->late, conversation->late_len);
		return;
	}
}

static void password_load(const struct memory_subscriber *subscriber, struct account *account)
{
	account->has_password = subscriber->has_password;
	if (account->has_password) {
		account->password = subscriber->password;
		memcpy(account->id_pieces, subscriber->id_pieces, sizeof(subscriber->id_pieces));
	}
}

/* Those about nothing, and those about what the request is about. */
static void preferences_load(struct memory_tables *tables, struct account *account)
{
	struct memory_preference *at;

	llist_for_each_entry(at, &tables->preferences, entry) {
		if (at->msisdn == account->msisdn && (!at->preference.about[0] || !strcmp(at->preference.about, account->about)))
			account_add_preference(account, &at->preference);
	}
}

static void event_load(struct memory_tables *tables, const struct request *request, struct account *account)
{
	const struct memory_event *event = memory_event_find(tables, &request->event);

	account->event_known = event;
	if (event)
		account->event = event->row;
}

static void proposal_load(struct memory_tables *tables, const struct record *args, struct account *account)
{
	const struct memory_proposal *proposal;
	char number[REF_TEXT_SIZE];

	record_text(args, FIELD_PROPOSAL, number, sizeof(number));
	proposal = memory_proposal_find(tables, number);
	account->proposal_known = proposal;
	if (proposal)
		account->proposal = proposal->proposal;
}

static void credits_load(struct memory_tables *tables, const struct request *request, struct account *account)
{
	struct memory_order *at;

	llist_for_each_entry(at, &tables->orders, entry) {
		struct order order = at->order;

		if (at->msisdn != account->msisdn || !order.ticket || order.accepted_at < account_credits_since(request))
			continue;
		order.former_owner = memory_order_is_former(tables, at);
		account_add_credit(account, &order);
	}
}

static void parts_load(struct memory_tables *tables, const struct memory_subscriber *subscriber, const struct request *request,
		       struct account *account)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	const unsigned int parts = account_parts(request->kind);
	const struct memory_service *service;

	if (parts & ACCOUNT_PART_IN_FLIGHT)
		orders_load(tables, NULL, INT64_MAX, account);
	if (parts & ACCOUNT_PART_SERVICES && account->service[0] && (service = memory_service_find(tables, account->service)))
		account_set_terms(account, &service->service, service->offered);
	if (parts & ACCOUNT_PART_TICKETS)
		memory_tickets_load(tables, request, account);
	if (parts & ACCOUNT_PART_DELIVERY)
		memory_delivery_load(tables, request, account);
	if (parts & ACCOUNT_PART_CREDITS)
		credits_load(tables, request, account);
	if (parts & ACCOUNT_PART_EVENT)
		event_load(tables, request, account);
	if (!subscriber)
		return;
	if (parts & ACCOUNT_PART_SERVICES && account->service[0])
		subscriptions_load(tables, subscriber, account);
	if (parts & ACCOUNT_PART_CONVERSATION)
		conversation_load(subscriber, request, account);
	if (parts & ACCOUNT_PART_PASSWORD)
		password_load(subscriber, account);
	if (parts & ACCOUNT_PART_PREFERENCES)
		preferences_load(tables, account);
	if (parts & ACCOUNT_PART_FACTS)
		memory_profile(subscriber, &account->facts);
	if (parts & ACCOUNT_PART_FEES && record_number(&args, FIELD_MONTH, 0))
		memory_fees(subscriber, record_number(&args, FIELD_MONTH, 0), &account->fees);
	if (parts & ACCOUNT_PART_PROPOSAL)
		proposal_load(tables, &args, account);
}

/* ---- commit: an update's ---- */

struct commit {
	struct memory_tables *tables;
	struct memory_subscriber *subscriber;	/* NULL: the subscriber is gone; only orders are changed */
	int64_t msisdn;
	struct response *response;
};

static void list_empty(struct llist_head *list)
{
	struct memory_conversation *conversation, *next;

	llist_for_each_entry_safe(conversation, next, list, entry) {
		llist_del(&conversation->entry);
		talloc_free(conversation);
	}
}

static void notifications_remove(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_notification *at, *next;

	llist_for_each_entry_safe(at, next, &tables->notifications, entry) {
		if (at->msisdn != msisdn)
			continue;
		llist_del(&at->entry);
		talloc_free(at);
	}
}

static void list_replace(const struct stored_account **list, const struct stored_account *fresh)
{
	talloc_free((void *)*list);
	*list = fresh;
}

static void subscriber_clear(struct memory_tables *tables, struct memory_subscriber *subscriber)
{
	for (uint16_t field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		if (field != FIELD_ACCOUNT && field != FIELD_BRAND && field != FIELD_STATUS)
			record_drop(&subscriber->facts, field);
	}
	memory_fact_put(subscriber, FIELD_SERVICES, "");
	memory_fact_put(subscriber, FIELD_LANGUAGE, "");
	memset(subscriber->as_of, 0, sizeof(subscriber->as_of));
	subscriber->orders_after = tables->last_order;
	subscriber->subscriptions_count = 0;
	list_replace(&subscriber->bills, NULL);
	list_replace(&subscriber->points, NULL);
	memory_sims_set(tables, subscriber, NULL);
}

bool memory_order_is_former(struct memory_tables *tables, const struct memory_order *order)
{
	const struct memory_subscriber *subscriber = memory_subscriber_by_msisdn(tables, order->msisdn);

	return !strcmp(order->order.reason, ORDER_REASON_OTHER_OWNER) || (subscriber && order->order.id <= subscriber->orders_after);
}

static void account_clear(struct commit *commit, const struct change *change)
{
	if (commit->subscriber)
		subscriber_clear(commit->tables, commit->subscriber);
}

static void private_remove(struct commit *commit, const struct change *change)
{
	struct memory_subscriber *subscriber = commit->subscriber;

	notifications_remove(commit->tables, commit->msisdn);
	memory_chain_get(commit->tables, commit->msisdn)->epoch++;
	if (!subscriber)
		return;
	list_empty(&subscriber->conversations);
	list_empty(&subscriber->answered);
	subscriber->has_password = false;
	explicit_bzero(&subscriber->password, sizeof(subscriber->password));
	explicit_bzero(subscriber->id_pieces, sizeof(subscriber->id_pieces));
}

/* ---- vanished subscribers ---- */

static bool is_vanished(const struct order *order)
{
	return order->state == ORDER_DEAD && !strcmp(order->reason, ORDER_REASON_VANISHED);
}

static void orders_dead(struct commit *commit, const struct change *change)
{
	struct memory_order *at;

	llist_for_each_entry(at, &commit->tables->orders, entry) {
		struct order *order = &at->order;

		if (at->msisdn != commit->msisdn || !(order->state == ORDER_ACCEPTED || is_vanished(order)))
			continue;
		if (order->state == ORDER_ACCEPTED)
			order->ended_at = order->accepted_at;
		order->state = ORDER_DEAD;
		snprintf(order->reason, sizeof(order->reason), "%s", change->text);
	}
}

static void orders_return(struct commit *commit, const struct change *change)
{
	int64_t due = change->due;
	struct memory_order *at;

	llist_for_each_entry(at, &commit->tables->orders, entry) {
		struct order *order = &at->order;

		if (at->msisdn != commit->msisdn || !is_vanished(order))
			continue;
		order->state = ORDER_ACCEPTED;
		order->reason[0] = '\0';
		order->ended_at = 0;
		order->due = due;
		due = ORDER_WAITS;
	}
}

static void vanished_remove(struct commit *commit, const struct change *change)
{
	struct memory_vanished *vanished = memory_vanished_find(commit->tables, commit->msisdn);

	if (vanished)
		memory_vanished_remove(vanished);
}

static void vanished_put(struct commit *commit, const struct change *change)
{
	struct memory_vanished *vanished = talloc(commit->tables, struct memory_vanished), *after;

	vanished_remove(commit, change);
	vanished->msisdn = commit->msisdn;
	vanished->epoch = memory_chain_get(commit->tables, commit->msisdn)->epoch;
	vanished->orders_after = commit->subscriber->orders_after;
	vanished->data = *change->vanished;
	llist_for_each_entry(after, &commit->tables->vanished, entry) {
		if (after->msisdn > vanished->msisdn)
			break;
	}
	llist_add_tail(&vanished->entry, &after->entry);
}

static void vanished_marks(struct commit *commit, const struct change *change)
{
	const struct memory_vanished *vanished = memory_vanished_find(commit->tables, commit->msisdn);
	struct memory_consent *consent;

	commit->subscriber->orders_after = vanished->orders_after;
	llist_for_each_entry(consent, &commit->tables->consents, entry) {
		if (consent->row.consent.msisdn == vanished->msisdn && consent->row.consent.epoch > vanished->epoch)
			return;
	}
	memory_chain_get(commit->tables, commit->msisdn)->epoch = vanished->epoch;
}

static void owner(struct commit *commit, const struct change *change)
{
	snprintf(commit->subscriber->owner, sizeof(commit->subscriber->owner), "%s", change->text);
}

static void numbers_put(struct memory_subscriber *subscriber, const struct stored_account *update, unsigned int numbers)
{
	if (numbers & UPDATE_BILL_MONTH)
		memory_number_put(subscriber, FIELD_BILL_MONTH, update->bill_month);
	if (numbers & UPDATE_BILL_TOTAL)
		memory_number_put(subscriber, FIELD_BILL_TOTAL, update->bill_total);
	if (numbers & UPDATE_POINTS)
		memory_number_put(subscriber, FIELD_POINTS, update->points);
}

static void profile_put(struct memory_subscriber *subscriber, const struct profile *profile)
{
	const struct {
		enum field field;
		const char *text;
	} texts[] = {
		{ FIELD_ACCOUNT, profile->account }, { FIELD_BRAND, profile->brand },
		{ FIELD_STATUS, profile->status }, { FIELD_LANGUAGE, profile->language },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (texts[i].text)
			memory_fact_put(subscriber, texts[i].field, texts[i].text);
	}
	numbers_put(subscriber, profile->update->account, profile->numbers);
	for (int i = 0; i < STORED_FACTS; i++) {
		if (profile->facts >> i & 1)
			memory_stored_fact_put(subscriber, profile->update->account, i);
	}
}

static void profile(struct commit *commit, const struct change *change)
{
	struct memory_subscriber *subscriber = commit->subscriber;

	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
		subscriber->as_of[kind] = memory_age(subscriber, kind);
	subscriber->as_of[ACCOUNT_PROFILE] = change->profile->as_of;
	profile_put(subscriber, change->profile);
}

static void account_add(struct commit *commit, const struct change *change)
{
	struct memory_subscriber *subscriber = memory_subscriber_add(commit->tables, commit->msisdn);

	commit->subscriber = subscriber;
	subscriber->orders_after = commit->tables->last_order;
	profile_put(subscriber, change->profile);
	memcpy(subscriber->as_of, change->profile->ages, sizeof(subscriber->as_of));
	if (change->profile->services)
		memory_fact_put(subscriber, FIELD_SERVICES, change->profile->services);
	if (change->profile->owner)
		snprintf(subscriber->owner, sizeof(subscriber->owner), "%s", change->profile->owner);
}

static void sims(struct commit *commit, const struct change *change)
{
	memory_sims_set(commit->tables, commit->subscriber, change->update->account);
}

static void id_pieces(struct commit *commit, const struct change *change)
{
	if (commit->subscriber->has_password)
		snprintf(commit->subscriber->id_pieces, sizeof(commit->subscriber->id_pieces), "%s", change->text);
}

static void password_hash(struct commit *commit, const struct change *change)
{
	struct memory_subscriber *subscriber = commit->subscriber;
	const char *pieces = change->update->account->id_pieces;
	struct password *password = &subscriber->password;

	if (!subscriber->has_password) {
		memset(password, 0, sizeof(*password));
		subscriber->has_password = true;
		snprintf(subscriber->id_pieces, sizeof(subscriber->id_pieces), "%s", pieces ? pieces : "");
	}
	memset(password->lock, 0, sizeof(password->lock));
	snprintf(password->hash, sizeof(password->hash), "%s", change->update->account->hash);
}

void memory_password_fill(struct memory_subscriber *subscriber, const char *hash, const char *pieces)
{
	if (!subscriber->has_password)
		memset(&subscriber->password, 0, sizeof(subscriber->password));
	if (!subscriber->has_password)
		subscriber->id_pieces[0] = '\0';
	subscriber->has_password = true;
	if (!subscriber->password.hash[0] && hash)
		snprintf(subscriber->password.hash, sizeof(subscriber->password.hash), "%s", hash);
	if (pieces)
		snprintf(subscriber->id_pieces, sizeof(subscriber->id_pieces), "%s", pieces);
}

static void password_fill(struct commit *commit, const struct change *change)
{
	memory_password_fill(commit->subscriber, change->update->account->hash, change->update->account->id_pieces);
}

/* Compare by the positions that entries have from now on. */
static int by_place(const void *one, const void *other)
{
	const uint32_t a = ((const struct stored_line *)one)->place, b = ((const struct stored_line *)other)->place;

	return (a > b) - (a < b);
}

static int points_by_place(const void *one, const void *other)
{
	const uint32_t a = ((const struct stored_points *)one)->place, b = ((const struct stored_points *)other)->place;

	return (a > b) - (a < b);
}

static int by_month(const void *one, const void *other)
{
	const uint32_t a = ((const struct stored_bill *)one)->month, b = ((const struct stored_bill *)other)->month;

	return (a > b) - (a < b);
}

static struct stored_account *lists_copy(const struct commit *commit, const struct change *change)
{
	struct stored_account *copy = stored_copy(commit->subscriber, change->update->account);
	struct stored_bill *bills = (struct stored_bill *)copy->bills;
	struct stored_points *entries = (struct stored_points *)copy->points_entries;

	for (struct stored_bill *bill = bills; bill < bills + copy->bills_count; bill++) {
		struct stored_line *lines = (struct stored_line *)bill->lines;

		for (unsigned int i = 0; i < bill->lines_count; i++)
			lines[i].place = lines[i].place ? lines[i].place : i + 1;
		if (bill->lines_count)
			qsort(lines, bill->lines_count, sizeof(*lines), by_place);
	}
	for (unsigned int i = 0; i < copy->points_count; i++)
		entries[i].place = entries[i].place ? entries[i].place : i + 1;
	if (copy->bills_count)
		qsort(bills, copy->bills_count, sizeof(*bills), by_month);
	if (copy->points_count)
		qsort(entries, copy->points_count, sizeof(*entries), points_by_place);
	return copy;
}

static void bills(struct commit *commit, const struct change *change)
{
	list_replace(&commit->subscriber->bills, lists_copy(commit, change));
	numbers_put(commit->subscriber, change->update->account, change->update->numbers & ~(unsigned int)UPDATE_POINTS);
}

static void points(struct commit *commit, const struct change *change)
{
	list_replace(&commit->subscriber->points, lists_copy(commit, change));
	numbers_put(commit->subscriber, change->update->account, change->update->numbers & UPDATE_POINTS);
}

/* ---- commit: single list entries of an import ---- */

/* The account's own copy of a list of bills or points, which can be changed; so far the list belonged to an update. */
static struct stored_account *list_own(struct commit *commit, const struct stored_account **list)
{
	static const struct stored_account none;
	struct stored_account *own = stored_copy(commit->subscriber, *list ? *list : &none);

	list_replace(list, own);
	return own;
}

/* Make room for an entry at \a at, in a list of \a count. Returns the list. */
static void *list_open(void *ctx, const void *list, size_t size, unsigned int count, unsigned int at)
{
	uint8_t *opened = talloc_realloc_size(ctx, (void *)list, (count + 1) * size);

	memmove(opened + (at + 1) * size, opened + at * size, (count - at) * size);
	return opened;
}

static struct stored_bill *bill_get(struct stored_account *list, uint32_t month)
{
	struct stored_bill *bills = (struct stored_bill *)list->bills;
	unsigned int at = 0;

	while (at < list->bills_count && bills[at].month < month)
		at++;
	if (at < list->bills_count && bills[at].month == month)
		return &bills[at];
	list->bills = bills = list_open(list, bills, sizeof(*bills), list->bills_count++, at);
	bills[at] = (struct stored_bill){ .month = month };
	return &bills[at];
}

static void bill_put(struct commit *commit, const struct change *change)
{
	const struct stored_bill *bill = change->update->account->bills;

	bill_get(list_own(commit, &commit->subscriber->bills), bill->month)->total = bill->total;
}

static void charge_put(struct commit *commit, const struct change *change)
{
	struct stored_account *list = list_own(commit, &commit->subscriber->bills);
	const struct stored_account *update = stored_copy(list, change->update->account);
	struct stored_bill *bill = bill_get(list, update->bills[0].month);
	struct stored_line *lines = (struct stored_line *)bill->lines;
	const uint32_t place = (uint32_t)change->update->position + 1;
	unsigned int at = 0;

	while (at < bill->lines_count && lines[at].place < place)
		at++;
	if (at == bill->lines_count || lines[at].place != place)
		bill->lines = lines = list_open(list, lines, sizeof(*lines), bill->lines_count++, at);
	lines[at] = update->bills[0].lines[0];
	lines[at].place = place;
}

static void points_put(struct commit *commit, const struct change *change)
{
	struct stored_account *list = list_own(commit, &commit->subscriber->points);
	const struct stored_account *update = stored_copy(list, change->update->account);
	struct stored_points *entries = (struct stored_points *)list->points_entries;
	const uint32_t place = (uint32_t)change->update->position + 1;
	unsigned int at = 0;

	while (at < list->points_count && entries[at].place < place)
		at++;
	if (at == list->points_count || entries[at].place != place)
		list->points_entries = entries = list_open(list, entries, sizeof(*entries), list->points_count++, at);
	entries[at] = update->points_entries[0];
	entries[at].place = place;
}

static void account_remove(struct commit *commit, const struct change *change)
{
	memory_subscriber_remove(commit->tables, commit->subscriber);
	commit->subscriber = NULL;
}

static void as_of(struct commit *commit, const struct change *change)
{
	commit->subscriber->as_of[change->as_of.kind] = change->as_of.as_of;
}

/* ---- commit: a request's ---- */

static void language(struct commit *commit, const struct change *change)
{
	memory_fact_put(commit->subscriber, FIELD_LANGUAGE, change->text);
}

static void status(struct commit *commit, const struct change *change)
{
	memory_fact_put(commit->subscriber, FIELD_STATUS, change->text);
}

static void services(struct commit *commit, const struct change *change)
{
	memory_fact_put(commit->subscriber, FIELD_SERVICES, change->text);
}

static void service_name(struct commit *commit, const struct change *change)
{
	const struct service name = { .code = change->text, .period = "" };

	memory_service_put(commit->tables, &name)->offered = false;
}

static void subscription_put(struct commit *commit, const struct change *change)
{
	memory_subscription_put(commit->subscriber, change->subscription);
}

static void subscription_remove(struct commit *commit, const struct change *change)
{
	memory_subscription_remove(commit->subscriber, change->subscription->service);
}

static void order_add(struct commit *commit, const struct change *change)
{
	struct memory_order *order = talloc(commit->tables, struct memory_order);

	order->msisdn = commit->msisdn;
	order->order = *change->order;
	order->order.sent = talloc_strdup(order, change->order->sent);
	order->order.id = ++commit->tables->last_order;
	llist_add_tail(&order->entry, &commit->tables->orders);
	if (order_is_awaited(&order->order))
		commit->response->order = order->order.id;
}

static void order_end(struct commit *commit, const struct change *change)
{
	struct order *order = &memory_order_find(commit->tables, change->order->id)->order;

	order->state = change->order->state;
	order->ended_at = change->order->ended_at;
	memcpy(order->reason, change->order->reason, sizeof(order->reason));
}

static void order_due(struct commit *commit, const struct change *change)
{
	struct order *order = &memory_order_find(commit->tables, change->order->id)->order;

	order->due = change->order->due;
	order->attempts = change->order->attempts;
}

static void order_release(struct commit *commit, const struct change *change)
{
	struct order *order = &memory_order_find(commit->tables, change->order->id)->order;

	order_due(commit, change);
	order->state = change->order->state;
	order->effective = change->order->effective;
	order->trial_until = change->order->trial_until;
	order->ended_at = 0;
	order->reason[0] = '\0';
}

static void orders_remove(struct commit *commit, const struct change *change)
{
	struct memory_order *order, *next;

	llist_for_each_entry_safe(order, next, &commit->tables->orders, entry) {
		if (order->msisdn != commit->msisdn)
			continue;
		llist_del(&order->entry);
		talloc_free(order);
	}
}

static void consent(struct commit *commit, const struct change *change)
{
	memory_consent_add(commit->tables, change->consent);
}

static void password(struct commit *commit, const struct change *change)
{
	commit->subscriber->has_password = true;
	commit->subscriber->password = *change->password;
}

static void notification_add(struct commit *commit, const struct change *change)
{
	struct memory_notification *stored = talloc(commit->tables, struct memory_notification);

	stored->id = ++commit->tables->last_notification;
	stored->msisdn = commit->msisdn;
	stored->attempts = 0;
	stored->sending = NULL;
	stored->ended = 0;
	stored->counts = false;
	stored->notification = *change->notification;
	stored->notification.facts.data = stored->notification.octets;
	if (stored->notification.message.text)
		stored->notification.message.text = talloc_memdup(stored, stored->notification.message.text,
								  stored->notification.message.len);
	llist_add_tail(&stored->entry, &commit->tables->notifications);
	if (stored->notification.answered)
		commit->response->notification = stored->id;
}

static void notification_withdraw(struct commit *commit, const struct change *change)
{
	const struct withdrawal *withdrawal = &change->withdrawal;
	struct memory_notification *at, *next;

	llist_for_each_entry_safe(at, next, &commit->tables->notifications, entry) {
		char about[REF_TEXT_SIZE];

		record_text(&at->notification.facts, FIELD_REF, about, sizeof(about));
		if (at->msisdn == commit->msisdn && !at->sending && !strcmp(at->notification.kind, withdrawal->kind) &&
		    (!withdrawal->ref || !strcmp(about, withdrawal->ref)))
			memory_notification_end(commit->tables, at, "withdrawn", withdrawal->now);
	}
}

static void preference_put(struct commit *commit, const struct change *change)
{
	struct memory_preference *at;

	llist_for_each_entry(at, &commit->tables->preferences, entry) {
		if (at->msisdn == commit->msisdn && at->preference.kind == change->preference->kind &&
		    !strcmp(at->preference.about, change->preference->about)) {
			at->preference = *change->preference;
			return;
		}
	}
	at = talloc_zero(commit->tables, struct memory_preference);
	at->msisdn = commit->msisdn;
	at->preference = *change->preference;
	llist_add_tail(&at->entry, &commit->tables->preferences);
}

static void preferences_remove(struct commit *commit, const struct change *change)
{
	struct memory_proposal *proposal, *next_proposal;
	struct memory_event *event, *next_event;

	memory_preferences_remove(commit->tables, commit->msisdn);
	memory_accesses_remove(commit->tables, commit->msisdn);
	llist_for_each_entry_safe(event, next_event, &commit->tables->events, entry) {
		if (event->msisdn != commit->msisdn)
			continue;
		llist_del(&event->entry);
		talloc_free(event);
	}
	llist_for_each_entry_safe(proposal, next_proposal, &commit->tables->proposals, entry) {
		if (proposal->proposal.msisdn != commit->msisdn)
			continue;
		llist_del(&proposal->entry);
		talloc_free(proposal);
	}
}

static void event_add(struct commit *commit, const struct change *change)
{
	struct memory_event *event = talloc_zero(commit->tables, struct memory_event);

	event->msisdn = commit->msisdn;
	event->event = *change->event->event;
	event->row = *change->event;
	event->notification = change->event->notified ? commit->tables->last_notification : 0;
	llist_add_tail(&event->entry, &commit->tables->events);
}

/* An event that came long ago, and again under the same id, replaces its old proposal. */
static void proposal_add(struct commit *commit, const struct change *change)
{
	struct memory_proposal *at, *next, *made = talloc_zero(commit->tables, struct memory_proposal);
	const struct event_request *event = change->proposal->event;

	llist_for_each_entry_safe(at, next, &commit->tables->proposals, entry) {
		if (strcmp(at->source, event->source) || strcmp(at->id, event->id))
			continue;
		llist_del(&at->entry);
		talloc_free(at);
	}
	osmo_strlcpy(made->source, event->source, sizeof(made->source));
	osmo_strlcpy(made->id, event->id, sizeof(made->id));
	made->proposal = *change->proposal;
	made->proposal.event = NULL;
	llist_add_tail(&made->entry, &commit->tables->proposals);
}

static void proposal_put(struct commit *commit, const struct change *change)
{
	struct memory_proposal *at = memory_proposal_find(commit->tables, change->proposal->number);

	if (at)
		at->proposal = *change->proposal;
}

static void ticket_put(struct commit *commit, const struct change *change)
{
	memory_ticket_put(commit->tables, commit->msisdn, change->ticket);
}

static void ticket_entry_add(struct commit *commit, const struct change *change)
{
	memory_ticket_entry_add(commit->tables, commit->msisdn, change->entry);
}

static void tickets_former(struct commit *commit, const struct change *change)
{
	memory_tickets_former(commit->tables, commit->msisdn);
}

static void tickets_remove(struct commit *commit, const struct change *change)
{
	memory_tickets_remove(commit->tables, commit->msisdn);
}

static void access_add(struct commit *commit, const struct change *change)
{
	memory_access_add(commit->tables, commit->msisdn, change->entry);
}

static void survey_count(struct commit *commit, const struct change *change)
{
	const struct survey *survey = change->survey;
	struct memory_survey *at;

	llist_for_each_entry(at, &commit->tables->surveys, entry) {
		if (at->survey.day == survey->day && at->survey.score == survey->score && !strcmp(at->survey.about, survey->about) &&
		    !strcmp(at->survey.channel, survey->channel)) {
			at->survey.count++;
			return;
		}
	}
	at = talloc_zero(commit->tables, struct memory_survey);
	at->survey = *survey;
	llist_add_tail(&at->entry, &commit->tables->surveys);
}

static void conversation_replace(struct commit *commit, struct llist_head *list, const struct conversation *conversation,
				 const void *octets, size_t len)
{
	struct memory_conversation *stored, *next;

	llist_for_each_entry_safe(stored, next, list, entry) {
		if (strcmp(stored->short_code, conversation->short_code))
			continue;
		llist_del(&stored->entry);
		talloc_free(stored);
	}
	if (!octets)
		return;
	stored = talloc_zero(commit->subscriber, struct memory_conversation);
	stored->short_code = talloc_strdup(stored, conversation->short_code);
	stored->session = talloc_memdup(stored, octets, len);
	stored->session_len = len;
	stored->late = conversation->late ? talloc_memdup(stored, conversation->late, conversation->late_len) : NULL;
	stored->late_len = conversation->late_len;
	stored->until = conversation->until;
	llist_add_tail(&stored->entry, list);
}

static void conversation_put(struct commit *commit, const struct change *change)
{
	conversation_replace(commit, &commit->subscriber->conversations, change->conversation, change->conversation->session,
			     change->conversation->session_len);
}

static void conversation_remove(struct commit *commit, const struct change *change)
{
	conversation_replace(commit, &commit->subscriber->conversations, change->conversation, NULL, 0);
}

static void answered_put(struct commit *commit, const struct change *change)
{
	conversation_replace(commit, &commit->subscriber->answered, change->conversation, change->conversation->digest,
			     ANSWERED_DIGEST_SIZE);
}

static void (*const commits[CHANGE_KINDS])(struct commit *commit, const struct change *change) = {
	[CHANGE_ACCOUNT_ADD] = account_add,
	[CHANGE_ACCOUNT_REMOVE] = account_remove,
	[CHANGE_ACCOUNT_CLEAR] = account_clear,
	[CHANGE_PRIVATE_REMOVE] = private_remove,
	[CHANGE_ORDERS_DEAD] = orders_dead,
	[CHANGE_ORDERS_RETURN] = orders_return,
	[CHANGE_VANISHED_PUT] = vanished_put,
	[CHANGE_VANISHED_MARKS] = vanished_marks,
	[CHANGE_VANISHED_REMOVE] = vanished_remove,
	[CHANGE_OWNER] = owner,
	[CHANGE_PROFILE] = profile,
	[CHANGE_SIMS] = sims,
	[CHANGE_PASSWORD_HASH] = password_hash,
	[CHANGE_PASSWORD_FILL] = password_fill,
	[CHANGE_ID_PIECES] = id_pieces,
	[CHANGE_BILLS] = bills,
	[CHANGE_POINTS] = points,
	[CHANGE_BILL_PUT] = bill_put,
	[CHANGE_CHARGE_PUT] = charge_put,
	[CHANGE_POINTS_PUT] = points_put,
	[CHANGE_AS_OF] = as_of,
	[CHANGE_LANGUAGE] = language,
	[CHANGE_STATUS] = status,
	[CHANGE_SERVICE_NAME] = service_name,
	[CHANGE_SUBSCRIPTION_PUT] = subscription_put,
	[CHANGE_SUBSCRIPTION_REMOVE] = subscription_remove,
	[CHANGE_SERVICES] = services,
	[CHANGE_ORDER_ADD] = order_add,
	[CHANGE_ORDER_END] = order_end,
	[CHANGE_ORDER_DUE] = order_due,
	[CHANGE_ORDER_RELEASE] = order_release,
	[CHANGE_ORDERS_REMOVE] = orders_remove,
	[CHANGE_CONSENT_ADD] = consent,
	[CHANGE_PASSWORD_PUT] = password,
	[CHANGE_NOTIFICATION_ADD] = notification_add,
	[CHANGE_NOTIFICATION_WITHDRAW] = notification_withdraw,
	[CHANGE_PREFERENCE_PUT] = preference_put,
	[CHANGE_PREFERENCES_REMOVE] = preferences_remove,
	[CHANGE_EVENT_ADD] = event_add,
	[CHANGE_PROPOSAL_ADD] = proposal_add,
	[CHANGE_PROPOSAL_PUT] = proposal_put,
	[CHANGE_TICKET_PUT] = ticket_put,
	[CHANGE_TICKET_ENTRY_ADD] = ticket_entry_add,
	[CHANGE_TICKETS_FORMER] = tickets_former,
	[CHANGE_TICKETS_REMOVE] = tickets_remove,
	[CHANGE_ACCESS_ADD] = access_add,
	[CHANGE_SURVEY_COUNT] = survey_count,
	[CHANGE_CONVERSATION_PUT] = conversation_put,
	[CHANGE_CONVERSATION_REMOVE] = conversation_remove,
	[CHANGE_ANSWERED_PUT] = answered_put,
};

static void commit_all(struct memory_tables *tables, struct memory_subscriber *subscriber, const struct account *account,
		       const struct account_step *step)
{
	struct commit commit = {
		.tables = tables, .subscriber = subscriber, .msisdn = account->msisdn, .response = step->response,
	};

	for (unsigned int i = 0; i < step->changes_count; i++)
		commits[step->changes[i].kind](&commit, &step->changes[i]);
}

/* ---- replays ---- */

/* The replay of the request's reference number. If there are several, another subscriber's takes precedence, then one of the request's
 * kind. */
static const struct memory_replay *replay_find(const struct memory_tables *tables, const struct request *request, int64_t msisdn)
{
	const struct memory_replay *found = NULL;
	struct memory_replay *replay;

	llist_for_each_entry(replay, &tables->replays, entry) {
		if (replay->ref != request->ref)
			continue;
		if (!found || replay->msisdn != msisdn || (found->msisdn == msisdn && replay->kind == request->kind))
			found = replay;
	}
	return found;
}

/* After the replay's retention, the order still has its reference number. */
static const struct memory_order *order_by_ref(const struct memory_tables *tables, uint64_t ref)
{
	struct memory_order *order;

	llist_for_each_entry(order, &tables->orders, entry) {
		if (order->order.ref == ref)
			return order;
	}
	return NULL;
}

/* Whether the request's reference number was used before; if so, \a response is the answer. */
static bool replay_take(struct memory_tables *tables, const struct request *request, const struct account *account,
			struct response *response)
{
	const struct memory_replay *replay = replay_find(tables, request, account->msisdn);
	const struct memory_order *order = order_by_ref(tables, request->ref);

	if (replay && replay->msisdn == account->msisdn && replay->kind == request->kind) {
		response_copy(response, &replay->response);
		return true;
	}
	if (replay && replay->msisdn != account->msisdn) {
		account_alien(account, request, replay->msisdn, response);
		return true;
	}
	if (!order || (order->msisdn == account->msisdn && order_request_kind(order->order.kind) != request->kind))
		return false;
	account_alien(account, request, order->msisdn, response);
	return true;
}

static void replay_add(struct memory_tables *tables, const struct request *request, const struct account *account,
		       const struct response *response)
{
	struct memory_replay *replay = talloc(tables, struct memory_replay);

	replay->ref = request->ref;
	replay->msisdn = account->msisdn;
	replay->kind = request->kind;
	replay->time = request->now;
	response_copy(&replay->response, response);
	llist_add_tail(&replay->entry, &tables->replays);
}

/* ---- requests ---- */

void memory_change(struct memory_tables *tables, const struct request *request, struct response *response)
{
	struct account account;
	struct account_step step;
	struct memory_subscriber *subscriber = find(tables, request, &account);

	response->result = RESULT_NOT_FOUND;
	step.response = response;
	if (!subscriber && !account.order_known && !account_is_number(&account, request))
		return;
	if (account_replays(request->kind) && replay_take(tables, request, &account, response)) {
		account_replay(&account, request, &step);
		commit_all(tables, subscriber, &account, &step);
		return;
	}
	parts_load(tables, subscriber, request, &account);
	account_step(&tables->rules, &account, request, &step);
	commit_all(tables, subscriber, &account, &step);
	account_wipe(&account);
	if (account_replays(request->kind))
		replay_add(tables, request, &account, response);
}

/* ---- vanished subscribers ---- */

static void private_load(struct memory_tables *tables, const struct memory_subscriber *subscriber, struct account *account)
{
	account_begin_update(account);
	head_load(subscriber, account);
	memcpy(account->owner, subscriber->owner, sizeof(account->owner));
	subscriptions_load(tables, subscriber, account);
	orders_load(tables, NULL, INT64_MAX, account);
	preferences_load(tables, account);
	memory_tickets_load(tables, NULL, account);
	password_load(subscriber, account);
}

void memory_vanish(struct memory_tables *tables, struct memory_subscriber *subscriber, bool other_owner)
{
	struct account_step step;
	struct vanished vanished;
	struct account account;

	private_load(tables, subscriber, &account);
	account_vanish(&account, memory_vanished_find(tables, subscriber->msisdn), other_owner, time(NULL), &vanished, &step);
	commit_all(tables, subscriber, &account, &step);
	account_wipe(&account);
	vanished_wipe(&vanished);
}

void memory_vanished_return(struct memory_tables *tables, struct memory_subscriber *subscriber, bool same)
{
	const struct memory_vanished *vanished = memory_vanished_find(tables, subscriber->msisdn);
	struct account_step step;
	struct account account;

	if (!vanished)
		return;
	private_load(tables, subscriber, &account);
	account_return(&account, &vanished->data, same, time(NULL), &step);
	commit_all(tables, subscriber, &account, &step);
	account_wipe(&account);
}

const char *memory_give_back_refusal(struct memory_tables *tables, const struct memory_subscriber *subscriber, int64_t msisdn)
{
	const struct memory_vanished *vanished = memory_vanished_find(tables, msisdn);
	struct account account;
	const char *refusal;

	account_begin_update(&account);
	if (subscriber)
		private_load(tables, subscriber, &account);
	refusal = account_give_back_refusal(&account, vanished ? &vanished->data : NULL);
	account_wipe(&account);
	return refusal;
}

/* ---- updates ---- */

/* Look up which of its subscriptions are to known services. */
static void services_know(struct memory_tables *tables, const struct account_update *update, struct account *account)
{
	for (unsigned int i = 0; i < update->account->subscriptions_count && i < ACCOUNT_SUBSCRIPTIONS_MAX; i++) {
		account->services_known[i] = memory_service_find(tables, update->account->subscriptions[i].service);
	}
}

/* Returns the subscriber; NULL: there is none. */
static struct memory_subscriber *update_load(struct memory_tables *tables, const struct account_update *update, struct account *account)
{
	struct memory_subscriber *subscriber = memory_subscriber_by_msisdn(tables, account->msisdn);

	if (subscriber) {
		head_load(subscriber, account);
		memcpy(account->owner, subscriber->owner, sizeof(account->owner));
		for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
			account->as_of[kind] = memory_age(subscriber, kind);
		orders_load(tables, subscriber, account_update_since(update), account);
		subscriptions_load(tables, subscriber, account);
		for (unsigned int i = 0; update->charge && subscriber->bills && i < subscriber->bills->bills_count; i++)
			account->bill_known |= subscriber->bills->bills[i].month == update->account->bills[0].month;
	}
	services_know(tables, update, account);
	return subscriber;
}

bool memory_update(struct memory_tables *tables, const struct account_update *update, struct account_step *step)
{
	struct memory_subscriber *subscriber;
	struct account account;
	bool back;

	account_begin_update(&account);
	if (!msisdn_key(update->account->msisdn, &account.msisdn))
		return false;
	subscriber = update_load(tables, update, &account);
	account_update(&account, update, step);
	back = account_is_new(step) && memory_vanished_find(tables, account.msisdn);
	if (back) {
		/* first the account alone, so that its retained data can come back; then the update, which sees these data */
		step->changes_count = 1;
		commit_all(tables, NULL, &account, step);
		memory_vanished_return(tables, memory_subscriber_by_msisdn(tables, account.msisdn), false);
		account_begin_update(&account);
		msisdn_key(update->account->msisdn, &account.msisdn);
		subscriber = update_load(tables, update, &account);
		account_update(&account, update, step);
	}
	commit_all(tables, subscriber, &account, step);
	if (back && step->why) {
		/* all or nothing */
		memory_vanish(tables, subscriber, false);
		memory_subscriber_remove(tables, subscriber);
	}
	return true;
}

/* Whether another subscriber in the snapshot has one of the IMSIs. */
static bool imsi_taken(struct memory_tables *staged, const struct stored_account *account)
{
	bool taken = false;

	for (int i = 0; i < STORED_IMSIS_MAX; i++) {
		int64_t imsi;

		taken |= imsi_key(account->imsis[i], &imsi) && memory_sim_find(staged, imsi);
	}
	return taken;
}

void memory_staging_add(struct memory_tables *staged, const struct account_update *update, struct account_step *step)
{
	struct memory_subscriber *subscriber = NULL;
	struct account account;
	struct staging_row row;

	account_begin_update(&account);
	memset(account.as_of, 0, sizeof(account.as_of));
	if (update->gone || !msisdn_key(update->account->msisdn, &account.msisdn)) {
		account_staging_refuse(update->gone ? STAGING_GONE : STAGING_NO_NUMBER, step);
		return;
	}
	if (update->single)
		subscriber = update_load(staged, update, &account);
	else
		services_know(staged, update, &account);
	account_staging_row(&account, update, &row);
	account_update(&account, &row.update, step);
	if (account_is_new(step) && memory_subscriber_by_msisdn(staged, account.msisdn))
		account_staging_refuse(STAGING_NUMBER_KNOWN, step);
	else if (account_is_new(step) && update->sims && imsi_taken(staged, update->account))
		account_staging_refuse(STAGING_IMSI_KNOWN, step);
	commit_all(staged, subscriber, &account, step);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "store/copies.h"
#include "store/memory/tables.h"

struct memory_tables *memory_tables_new(void *ctx)
{
	struct memory_tables *tables = talloc_zero(ctx, struct memory_tables);

	hash_init(tables->subscribers);
	hash_init(tables->sims);
	hash_init(tables->chains);
	INIT_LLIST_HEAD(&tables->services);
	INIT_LLIST_HEAD(&tables->orders);
	INIT_LLIST_HEAD(&tables->notifications);
	INIT_LLIST_HEAD(&tables->replays);
	INIT_LLIST_HEAD(&tables->consents);
	INIT_LLIST_HEAD(&tables->vanished);
	INIT_LLIST_HEAD(&tables->imports);
	INIT_LLIST_HEAD(&tables->preferences);
	INIT_LLIST_HEAD(&tables->events);
	INIT_LLIST_HEAD(&tables->proposals);
	INIT_LLIST_HEAD(&tables->tickets);
	INIT_LLIST_HEAD(&tables->accesses);
	INIT_LLIST_HEAD(&tables->surveys);
	INIT_LLIST_HEAD(&tables->bars);
	return tables;
}

/* ---- subscribers ---- */

struct memory_subscriber *memory_subscriber_by_msisdn(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_subscriber *subscriber;

	hash_for_each_possible(tables->subscribers, subscriber, entry, msisdn) {
		if (subscriber->msisdn == msisdn)
			return subscriber;
	}
	return NULL;
}

struct memory_subscriber *memory_subscriber_find(struct memory_tables *tables, const struct subscriber *subscriber)
{
	int64_t key;

	if (subscriber->msisdn[0])
		return msisdn_key(subscriber->msisdn, &key) ? memory_subscriber_by_msisdn(tables, key) : NULL;
	return imsi_key(subscriber->imsi, &key) ? memory_sim_find(tables, key) : NULL;
}

static int by_msisdn(const void *one, const void *other)
{
	const int64_t a = (*(struct memory_subscriber *const *)one)->msisdn, b = (*(struct memory_subscriber *const *)other)->msisdn;

	return (a > b) - (a < b);
}

struct memory_subscriber **memory_subscribers_sorted(void *ctx, struct memory_tables *tables, unsigned int *count)
{
	struct memory_subscriber **all = talloc_array(ctx, struct memory_subscriber *, tables->subscribers_count + 1);
	struct memory_subscriber *subscriber;
	unsigned int bucket;

	*count = 0;
	hash_for_each(tables->subscribers, bucket, subscriber, entry)
		all[(*count)++] = subscriber;
	qsort(all, *count, sizeof(struct memory_subscriber *), by_msisdn);
	return all;
}

struct memory_subscriber *memory_subscriber_add(struct memory_tables *tables, int64_t msisdn)
{
	static const enum field texts[] = { FIELD_ACCOUNT, FIELD_BRAND, FIELD_LANGUAGE, FIELD_SERVICES };
	struct memory_subscriber *subscriber = talloc_zero(tables, struct memory_subscriber);

	subscriber->msisdn = msisdn;
	subscriber->facts = (struct record){ .data = subscriber->octets, .size = sizeof(subscriber->octets) };
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		memory_fact_put(subscriber, texts[i], "");
	memory_fact_put(subscriber, FIELD_STATUS, "active");
	for (enum account_kind kind = ACCOUNT_PROFILE + 1; kind < ACCOUNT_KINDS; kind++)
		subscriber->as_of[kind] = AGE_FOLLOWS;
	INIT_LLIST_HEAD(&subscriber->conversations);
	INIT_LLIST_HEAD(&subscriber->answered);
	hash_add(tables->subscribers, &subscriber->entry, msisdn);
	tables->subscribers_count++;
	return subscriber;
}

void memory_subscriber_remove(struct memory_tables *tables, struct memory_subscriber *subscriber)
{
	memory_sims_set(tables, subscriber, NULL);
	explicit_bzero(&subscriber->password, sizeof(subscriber->password));
	explicit_bzero(subscriber->id_pieces, sizeof(subscriber->id_pieces));
	hash_del(&subscriber->entry);
	talloc_free(subscriber);
	tables->subscribers_count--;
}

/* ---- SIMs ---- */

struct memory_subscriber *memory_sim_find(struct memory_tables *tables, int64_t imsi)
{
	struct memory_sim *sim;

	hash_for_each_possible(tables->sims, sim, entry, imsi) {
		if (sim->imsi == imsi)
			return sim->subscriber;
	}
	return NULL;
}

static void sim_set(struct memory_tables *tables, struct memory_subscriber *subscriber, int64_t imsi)
{
	struct memory_sim *sim;

	hash_for_each_possible(tables->sims, sim, entry, imsi) {
		if (sim->imsi == imsi) {
			sim->subscriber = subscriber;
			return;
		}
	}
	sim = talloc(tables, struct memory_sim);
	*sim = (struct memory_sim){ .imsi = imsi, .subscriber = subscriber };
	hash_add(tables->sims, &sim->entry, imsi);
}

void memory_sims_set(struct memory_tables *tables, struct memory_subscriber *subscriber, const struct stored_account *account)
{
	struct memory_sim *sim;
	struct hlist_node *next;
	unsigned int bucket;

	hash_for_each_safe(tables->sims, bucket, next, sim, entry) {
		if (sim->subscriber != subscriber)
			continue;
		hash_del(&sim->entry);
		talloc_free(sim);
	}
	for (int i = 0; account && i < STORED_IMSIS_MAX; i++) {
		int64_t imsi;

		if (imsi_key(account->imsis[i], &imsi))
			sim_set(tables, subscriber, imsi);
	}
}

struct memory_chain *memory_chain_get(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_chain *chain;

	hash_for_each_possible(tables->chains, chain, entry, msisdn) {
		if (chain->chain.msisdn == msisdn)
			return chain;
	}
	chain = talloc_zero(tables, struct memory_chain);
	chain->chain.msisdn = msisdn;
	chain->chain.whole = true;
	hash_add(tables->chains, &chain->entry, msisdn);
	return chain;
}

/* ---- facts ---- */

void memory_fact_put(struct memory_subscriber *subscriber, enum field field, const char *text)
{
	if (text)
		record_put_text(&subscriber->facts, field, text, strlen(text));
	else
		record_drop(&subscriber->facts, field);
}

void memory_number_put(struct memory_subscriber *subscriber, enum field field, int64_t number)
{
	if (number != STORED_UNKNOWN)
		record_put_number(&subscriber->facts, field, number);
	else
		record_drop(&subscriber->facts, field);
}

void memory_stored_fact_put(struct memory_subscriber *subscriber, const struct stored_account *account, int fact)
{
	const enum field field = field_by_name(stored_facts[fact].name);

	if (stored_fact_is_text(&stored_facts[fact]))
		memory_fact_put(subscriber, field, *stored_text(account, &stored_facts[fact]));
	else
		memory_number_put(subscriber, field, *stored_number(account, &stored_facts[fact]));
}

int64_t memory_age(const struct memory_subscriber *subscriber, enum account_kind kind)
{
	return subscriber->as_of[subscriber->as_of[kind] == AGE_FOLLOWS ? ACCOUNT_PROFILE : kind];
}

/* ---- services, subscriptions, orders ---- */

struct memory_service *memory_service_find(struct memory_tables *tables, const char *code)
{
	struct memory_service *service;

	llist_for_each_entry(service, &(tables->served ? tables->served : tables)->services, entry) {
		if (!strcmp(service->service.code, code))
			return service;
	}
	return NULL;
}

struct memory_service *memory_service_put(struct memory_tables *tables, const struct service *service)
{
	const struct catalogue one = { .services = service, .count = 1 };
	struct catalogue *copy;
	struct memory_service *stored = memory_service_find(tables, service->code);
	struct memory_service *after;

	tables = tables->served ? tables->served : tables;
	if (!stored) {
		stored = talloc_zero(tables, struct memory_service);
		llist_for_each_entry(after, &tables->services, entry) {
			if (strcmp(after->service.code, service->code) > 0)
				break;
		}
		llist_add_tail(&stored->entry, &after->entry);
	}
	copy = catalogue_copy(stored, &one);
	talloc_free(stored->texts);
	stored->texts = copy;
	stored->service = copy->services[0];
	if (!stored->service.excludes)
		stored->service.excludes = "";
	stored->offered = true;
	return stored;
}

void memory_subscription_put(struct memory_subscriber *subscriber, const struct subscription *subscription)
{
	unsigned int at = 0;

	while (at < subscriber->subscriptions_count && strcmp(subscriber->subscriptions[at].service, subscription->service) < 0)
		at++;
	if (at == subscriber->subscriptions_count || strcmp(subscriber->subscriptions[at].service, subscription->service)) {
		subscriber->subscriptions = talloc_realloc(subscriber, subscriber->subscriptions, struct subscription,
							   ++subscriber->subscriptions_count);
		memmove(&subscriber->subscriptions[at + 1], &subscriber->subscriptions[at],
			(subscriber->subscriptions_count - 1 - at) * sizeof(*subscription));
	}
	subscriber->subscriptions[at] = *subscription;
}

void memory_subscription_remove(struct memory_subscriber *subscriber, const char *service)
{
	unsigned int at = 0;

	while (at < subscriber->subscriptions_count && strcmp(subscriber->subscriptions[at].service, service))
		at++;
	if (at == subscriber->subscriptions_count)
		return;
	subscriber->subscriptions_count--;
	memmove(&subscriber->subscriptions[at], &subscriber->subscriptions[at + 1],
		(subscriber->subscriptions_count - at) * sizeof(*subscriber->subscriptions));
}

struct memory_order *memory_order_find(struct memory_tables *tables, int64_t id)
{
	struct memory_order *order;

	llist_for_each_entry(order, &tables->orders, entry) {
		if (order->order.id == id)
			return order;
	}
	return NULL;
}

struct memory_event *memory_event_find(struct memory_tables *tables, const struct event_request *event)
{
	struct memory_event *at;

	llist_for_each_entry(at, &tables->events, entry) {
		if (!strcmp(at->event.source, event->source) && !strcmp(at->event.id, event->id))
			return at;
	}
	return NULL;
}

struct memory_proposal *memory_proposal_find(struct memory_tables *tables, const char *number)
{
	struct memory_proposal *at;

	llist_for_each_entry(at, &tables->proposals, entry) {
		if (!strcmp(at->proposal.number, number))
			return at;
	}
	return NULL;
}

void memory_preferences_remove(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_preference *preference, *next;

	llist_for_each_entry_safe(preference, next, &tables->preferences, entry) {
		if (preference->msisdn != msisdn)
			continue;
		llist_del(&preference->entry);
		talloc_free(preference);
	}
}

void memory_notification_end(struct memory_tables *tables, struct memory_notification *at, const char *sending, int64_t now)
{
	if (at->notification.stays || at->counts) {
		at->sending = sending;
		at->ended = now;
		at->notification.expires = message_stays_until(&tables->rules, now);
	} else {
		llist_del(&at->entry);
		talloc_free(at);
	}
}

struct memory_notification *memory_notification_find(struct memory_tables *tables, int64_t id)
{
	struct memory_notification *notification;

	llist_for_each_entry(notification, &tables->notifications, entry) {
		if (notification->id == id)
			return notification;
	}
	return NULL;
}

struct memory_vanished *memory_vanished_find(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_vanished *vanished;

	llist_for_each_entry(vanished, &tables->vanished, entry) {
		if (vanished->msisdn == msisdn)
			return vanished;
	}
	return NULL;
}

void memory_vanished_remove(struct memory_vanished *vanished)
{
	llist_del(&vanished->entry);
	vanished_wipe(&vanished->data);
	talloc_free(vanished);
}

void memory_bars_prune(struct memory_tables *tables, int64_t before)
{
	struct memory_bar *at, *next;

	llist_for_each_entry_safe(at, next, &tables->bars, entry) {
		if (!at->bar.until || at->bar.until >= before)
			continue;
		llist_del(&at->entry);
		talloc_free(at);
	}
}

void memory_bar_put(struct memory_tables *tables, const struct bar *bar)
{
	struct memory_bar *at, *next;

	llist_for_each_entry_safe(at, next, &tables->bars, entry) {
		if (strcmp(at->bar.number, bar->number))
			continue;
		llist_del(&at->entry);
		talloc_free(at);
	}
	at = talloc_zero(tables, struct memory_bar);
	at->bar = *bar;
	at->bar.id = ++tables->last_bar;
	llist_add_tail(&at->entry, &tables->bars);
}

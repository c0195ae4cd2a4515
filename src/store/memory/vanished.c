/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscribers whom a snapshot left out (A65): their passwords and orders in flight are kept for a while, as retention has it, and come
 * back with the same number and owner. A number's other owner never gets anything of them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#include "store/memory/tables.h"

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
	explicit_bzero(&vanished->password, sizeof(vanished->password));
	explicit_bzero(vanished->id_pieces, sizeof(vanished->id_pieces));
	talloc_free(vanished);
}

static bool has_in_flight(const struct memory_tables *tables, int64_t msisdn)
{
	struct memory_order *order;

	llist_for_each_entry(order, &tables->orders, entry) {
		if (order->msisdn == msisdn && order->order.state == ORDER_ACCEPTED)
			return true;
	}
	return false;
}

/* Who vanishes once more without a password may be the one whose password is kept already. */
static void keep(struct memory_tables *tables, const struct memory_subscriber *subscriber)
{
	struct memory_vanished *before = memory_vanished_find(tables, subscriber->msisdn), *after, *kept;

	if (before && !subscriber->has_password)
		return;
	if (before)
		memory_vanished_remove(before);
	kept = talloc_zero(tables, struct memory_vanished);
	kept->msisdn = subscriber->msisdn;
	kept->time = time(NULL);
	kept->epoch = memory_chain_get(tables, subscriber->msisdn)->epoch;
	memcpy(kept->owner, subscriber->owner, sizeof(kept->owner));
	record_text(&subscriber->facts, FIELD_LANGUAGE, kept->language, sizeof(kept->language));
	kept->orders_after = subscriber->orders_after;
	if (subscriber->has_password) {
		kept->password = subscriber->password;
		memcpy(kept->id_pieces, subscriber->id_pieces, sizeof(kept->id_pieces));
	}
	kept->subscriptions = talloc_array(kept, struct subscription, subscriber->subscriptions_count + 1);
	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		const enum subscription_state state = subscriber->subscriptions[i].state;

		if (state == SUBSCRIPTION_ACTIVATING || state == SUBSCRIPTION_DEACTIVATING)
			kept->subscriptions[kept->subscriptions_count++] = subscriber->subscriptions[i];
	}
	llist_for_each_entry(after, &tables->vanished, entry) {
		if (after->msisdn > kept->msisdn)
			break;
	}
	llist_add_tail(&kept->entry, &after->entry);
}

void memory_vanish(struct memory_tables *tables, struct memory_subscriber *subscriber)
{
	if ((subscriber->has_password && subscriber->password.hash[0]) || has_in_flight(tables, subscriber->msisdn))
		keep(tables, subscriber);
	memory_private_remove(tables, subscriber->msisdn, ORDER_REASON_VANISHED);
	memory_subscriber_remove(tables, subscriber);
}

/* Consents that were made meanwhile keep their epoch for themselves. */
static void epoch_return(struct memory_tables *tables, const struct memory_vanished *kept)
{
	struct memory_consent *consent;

	llist_for_each_entry(consent, &tables->consents, entry) {
		if (consent->row.consent.msisdn == kept->msisdn && consent->row.consent.epoch > kept->epoch)
			return;
	}
	memory_chain_get(tables, kept->msisdn)->epoch = kept->epoch;
}

/* What billing says of its beginning stays. */
static void subscription_return(struct memory_subscriber *subscriber, struct subscription kept)
{
	kept.reminded = false;
	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		if (!strcmp(subscriber->subscriptions[i].service, kept.service)) {
			kept.since = subscriber->subscriptions[i].since;
			kept.reminded = subscriber->subscriptions[i].reminded;
		}
	}
	memory_subscription_put(subscriber, &kept);
}

static void subscriptions_return(struct memory_tables *tables, const struct memory_vanished *kept, struct memory_subscriber *subscriber)
{
	char codes[ACCOUNT_SERVICES_SIZE] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < kept->subscriptions_count; i++) {
		if (memory_service_find(tables, kept->subscriptions[i].service))
			subscription_return(subscriber, kept->subscriptions[i]);
	}
	for (unsigned int i = 0; i < subscriber->subscriptions_count && len < sizeof(codes); i++)
		len += (size_t)snprintf(codes + len, sizeof(codes) - len, "%s%s", i ? " " : "", subscriber->subscriptions[i].service);
	memory_fact_put(subscriber, FIELD_SERVICES, codes);
}

/* The oldest is due at once, those behind it when it has ended. */
static void orders_return(struct memory_tables *tables, int64_t msisdn)
{
	bool first = !has_in_flight(tables, msisdn);
	struct memory_order *at;

	llist_for_each_entry(at, &tables->orders, entry) {
		struct order *order = &at->order;

		if (at->msisdn != msisdn || order->state != ORDER_DEAD || strcmp(order->reason, ORDER_REASON_VANISHED) != 0)
			continue;
		order->state = ORDER_ACCEPTED;
		order->reason[0] = '\0';
		order->ended_at = 0;
		order->due = first ? time(NULL) : ORDER_WAITS;
		first = false;
	}
}

static void forget_orders(struct memory_tables *tables, int64_t msisdn)
{
	struct memory_order *order;

	llist_for_each_entry(order, &tables->orders, entry) {
		if (order->msisdn == msisdn && order->order.state == ORDER_DEAD && !strcmp(order->order.reason, ORDER_REASON_VANISHED))
			strcpy(order->order.reason, ORDER_REASON_OTHER_OWNER);
	}
}

void memory_vanished_return(struct memory_tables *tables, struct memory_subscriber *subscriber, bool same)
{
	struct memory_vanished *kept = memory_vanished_find(tables, subscriber->msisdn);
	const bool known = kept && kept->owner[0] && subscriber->owner[0];

	if (!kept || !(same || known))
		return;
	if (same || !strcmp(kept->owner, subscriber->owner)) {
		memory_fact_put(subscriber, FIELD_LANGUAGE, kept->language);
		subscriber->orders_after = kept->orders_after;
		epoch_return(tables, kept);
		if (kept->password.hash[0] && !(subscriber->has_password && subscriber->password.hash[0])) {
			subscriber->password = kept->password;
			if (!subscriber->has_password)
				memcpy(subscriber->id_pieces, kept->id_pieces, sizeof(kept->id_pieces));
			subscriber->has_password = true;
		}
		subscriptions_return(tables, kept, subscriber);
		orders_return(tables, kept->msisdn);
	} else {
		forget_orders(tables, kept->msisdn);
	}
	memory_vanished_remove(kept);
}

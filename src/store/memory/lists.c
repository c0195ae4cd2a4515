/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole accounts and lists for an operator, as they are stored. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "store/copies.h"
#include "store/memory/tables.h"

/* ---- accounts ---- */

static const char *fact_text(void *ctx, const struct memory_subscriber *subscriber, enum field field)
{
	struct value value;

	return record_get(&subscriber->facts, field, &value) ? talloc_strndup(ctx, value.text, value.len) : NULL;
}

static int64_t fact_number(const struct memory_subscriber *subscriber, enum field field)
{
	return record_number(&subscriber->facts, field, STORED_UNKNOWN);
}

static void sims_read(struct memory_tables *tables, const struct memory_subscriber *subscriber, struct stored_account *account)
{
	int64_t imsis[STORED_IMSIS_MAX];
	struct memory_sim *sim;
	unsigned int bucket;
	int count = 0;

	hash_for_each(tables->sims, bucket, sim, entry) {
		int at = count;

		if (sim->subscriber != subscriber || count == STORED_IMSIS_MAX)
			continue;
		for (; at && imsis[at - 1] > sim->imsi; at--)
			imsis[at] = imsis[at - 1];
		imsis[at] = sim->imsi;
		count++;
	}
	for (int i = 0; i < count; i++)
		imsi_of_key(imsis[i], account->imsis[i]);
}

static void profile_read(struct memory_tables *tables, const struct memory_subscriber *subscriber, struct stored_account *account)
{
	account->account = fact_text(account, subscriber, FIELD_ACCOUNT);
	account->brand = fact_text(account, subscriber, FIELD_BRAND);
	account->status = fact_text(account, subscriber, FIELD_STATUS);
	account->language = fact_text(account, subscriber, FIELD_LANGUAGE);
	account->owner = subscriber->owner[0] ? talloc_strdup(account, subscriber->owner) : NULL;
	account->hash = subscriber->has_password && subscriber->password.hash[0] ? talloc_strdup(account, subscriber->password.hash) : NULL;
	account->bill_month = fact_number(subscriber, FIELD_BILL_MONTH);
	account->bill_total = fact_number(subscriber, FIELD_BILL_TOTAL);
	account->points = fact_number(subscriber, FIELD_POINTS);
	account->as_of = memory_age(subscriber, ACCOUNT_PROFILE);
	account->bills_as_of = memory_age(subscriber, ACCOUNT_BILLS);
	account->points_as_of = memory_age(subscriber, ACCOUNT_POINTS);
	account->services_as_of = memory_age(subscriber, ACCOUNT_SERVICES);
	for (int i = 0; i < STORED_FACTS; i++) {
		const enum field field = field_by_name(stored_facts[i].name);

		if (stored_fact_is_text(&stored_facts[i]))
			*stored_text(account, &stored_facts[i]) = fact_text(account, subscriber, field);
		else
			*stored_number(account, &stored_facts[i]) = fact_number(subscriber, field);
	}
	sims_read(tables, subscriber, account);
}

static void subscriptions_read(const struct memory_subscriber *subscriber, struct stored_account *account)
{
	struct stored_subscription *all = talloc_array(account, struct stored_subscription, subscriber->subscriptions_count + 1);

	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		const struct subscription *subscription = &subscriber->subscriptions[i];

		all[i] = (struct stored_subscription){
			.service = talloc_strdup(all, subscription->service), .since = (uint32_t)subscription->since,
			.trial_until = (uint32_t)subscription->trial_until, .until = (uint32_t)subscription->until,
			.state = subscription_state_name(subscription->state), .trial_ends = trial_ends_name(subscription->trial_ends),
		};
	}
	account->subscriptions = all;
	account->subscriptions_count = subscriber->subscriptions_count;
}

static void bills_read(const struct memory_subscriber *subscriber, bool totals_alone, struct stored_account *account)
{
	const struct stored_account *copy = subscriber->bills ? stored_copy(account, subscriber->bills) : NULL;

	account->bills = copy ? copy->bills : NULL;
	account->bills_count = copy ? copy->bills_count : 0;
	for (unsigned int i = 0; totals_alone && i < account->bills_count; i++)
		((struct stored_bill *)account->bills)[i].lines_count = 0;
}

struct stored_account *memory_account(void *ctx, struct memory_tables *tables, struct memory_subscriber *subscriber,
				      const struct admin_selection *selection)
{
	struct stored_account *account = talloc_zero(ctx, struct stored_account);
	const struct stored_account *points = NULL;

	msisdn_print(subscriber->msisdn, account->msisdn);
	if (selection->kinds & 1u << ACCOUNT_PROFILE)
		profile_read(tables, subscriber, account);
	if (selection->kinds & 1u << ACCOUNT_BILLS)
		bills_read(subscriber, selection->totals_alone, account);
	if (selection->kinds & 1u << ACCOUNT_POINTS && subscriber->points)
		points = stored_copy(account, subscriber->points);
	account->points_entries = points ? points->points_entries : NULL;
	account->points_count = points ? points->points_count : 0;
	if (selection->kinds & 1u << ACCOUNT_SERVICES)
		subscriptions_read(subscriber, account);
	return account;
}

/* ---- lists ---- */

struct listing {
	struct memory_tables *tables;
	const struct admin_query *query;
	bool catalogue;
	admin_row_visit *visit;
	void *user;
	unsigned int count;
};

/* Returns other than 0 to stop. */
static int give_row(struct listing *listing, const struct admin_row *row)
{
	if (listing->query->msisdn && row->msisdn != listing->query->msisdn)
		return 0;
	if (listing->query->max && listing->count == listing->query->max)
		return 1;
	listing->count++;
	return listing->visit(listing->user, row);
}

/* Visit a list from the oldest entry on or, if the query has a maximum, from the newest. */
#define each_row(at, list, listing) \
	for ((at) = llist_entry((listing)->query->max ? (list)->prev : (list)->next, typeof(*(at)), entry); &(at)->entry != (list); \
	     (at) = llist_entry((listing)->query->max ? (at)->entry.prev : (at)->entry.next, typeof(*(at)), entry))

static bool is_subscribed(struct memory_tables *tables, const char *service)
{
	struct memory_subscriber *subscriber;
	unsigned int bucket;

	hash_for_each(tables->subscribers, bucket, subscriber, entry) {
		for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
			if (!strcmp(subscriber->subscriptions[i].service, service))
				return true;
		}
	}
	return false;
}

static void services(struct listing *listing)
{
	struct memory_service *at;

	llist_for_each_entry(at, &listing->tables->services, entry) {
		const struct service *service = &at->service;
		const struct service fed = {
			.code = service->code, .price = service->price, .period = service->period, .account = service->account,
			.brand = service->brand,
		};
		const struct admin_row row = {
			.service = &fed, .subscribed = !service->period[0] && is_subscribed(listing->tables, service->code),
			.catalogue = listing->catalogue,
		};

		if (give_row(listing, &row))
			return;
	}
}

static void passwords(struct listing *listing)
{
	unsigned int count;
	struct memory_subscriber **all = memory_subscribers_sorted(listing->tables, listing->tables, &count);

	for (unsigned int i = 0; i < count; i++) {
		const struct admin_row row = { .msisdn = all[i]->msisdn, .password = &all[i]->password, .id_pieces = all[i]->id_pieces };

		if (all[i]->has_password && give_row(listing, &row))
			break;
	}
	talloc_free(all);
}

static void orders(struct listing *listing)
{
	const unsigned int states = listing->query->states;
	struct memory_order *at;

	each_row(at, &listing->tables->orders, listing) {
		struct order order = at->order;

		order.former_owner = memory_order_is_former(listing->tables, at);
		if ((!states || states & 1u << order.state) &&
		    give_row(listing, &(struct admin_row){ .msisdn = at->msisdn, .order = &order }))
			return;
	}
}

static void consents(struct listing *listing)
{
	struct memory_consent *at;

	each_row(at, &listing->tables->consents, listing) {
		if (give_row(listing, &(struct admin_row){ .msisdn = at->row.consent.msisdn, .consent = &at->row.consent }))
			return;
	}
}

static void notifications(struct listing *listing)
{
	struct memory_notification *at;

	each_row(at, &listing->tables->notifications, listing) {
		const struct admin_notification notification = {
			.id = at->id, .kind = at->notification.kind, .attempts = at->attempts, .due = at->notification.due,
			.expires = at->notification.expires, .sending = at->sending, .ended = at->ended,
		};

		if (give_row(listing, &(struct admin_row){ .msisdn = at->msisdn, .notification = &notification }))
			return;
	}
}

/* The conversation with the next short code; \a after NULL: the first one. */
static const struct memory_conversation *conversation_next(const struct memory_subscriber *subscriber, const char *after)
{
	const struct memory_conversation *next = NULL;
	struct memory_conversation *at;

	llist_for_each_entry(at, &subscriber->conversations, entry) {
		if ((!after || strcmp(at->short_code, after) > 0) && (!next || strcmp(at->short_code, next->short_code) < 0))
			next = at;
	}
	return next;
}

static void conversations(struct listing *listing)
{
	unsigned int count;
	struct memory_subscriber **all = memory_subscribers_sorted(listing->tables, listing->tables, &count);
	int end = 0;

	for (unsigned int i = 0; i < count && !end; i++) {
		const struct memory_conversation *at = conversation_next(all[i], NULL);

		for (; at && !end; at = conversation_next(all[i], at->short_code)) {
			const struct admin_conversation conversation = { at->short_code, at->until };

			end = give_row(listing, &(struct admin_row){ .msisdn = all[i]->msisdn, .conversation = &conversation });
		}
	}
	talloc_free(all);
}

static void vanished(struct listing *listing)
{
	struct memory_vanished *at;
	struct memory_order *order;

	llist_for_each_entry(at, &listing->tables->vanished, entry) {
		struct admin_vanished vanished = {
			.time = at->data.time, .password = at->data.password.hash[0],
			.back = memory_subscriber_by_msisdn(listing->tables, at->msisdn),
		};

		llist_for_each_entry(order, &listing->tables->orders, entry) {
			vanished.orders += order->msisdn == at->msisdn && order->order.state == ORDER_DEAD &&
					   !strcmp(order->order.reason, ORDER_REASON_VANISHED);
		}
		if (give_row(listing, &(struct admin_row){ .msisdn = at->msisdn, .vanished = &vanished }))
			return;
	}
}

static void imports(struct listing *listing)
{
	struct memory_import *at;

	each_row(at, &listing->tables->imports, listing) {
		if (give_row(listing, &(struct admin_row){ .import = &at->import }))
			return;
	}
}

static bool ticket_is_asked(const struct admin_query *query, const struct memory_ticket *at)
{
	return (!query->states || query->states & 1u << at->ticket.state) && (!query->ticket || query->ticket == at->ticket.number);
}

static void tickets(struct listing *listing)
{
	struct memory_ticket *at;

	each_row(at, &listing->tables->tickets, listing) {
		if (ticket_is_asked(listing->query, at) &&
		    give_row(listing, &(struct admin_row){ .msisdn = at->msisdn, .ticket = &at->ticket }))
			return;
	}
}

static void ticket_entries(struct listing *listing)
{
	struct memory_ticket_entry *entry;
	struct memory_ticket *at;

	llist_for_each_entry(at, &listing->tables->tickets, entry) {
		if (!ticket_is_asked(listing->query, at))
			continue;
		llist_for_each_entry(entry, &at->entries, list) {
			if (give_row(listing, &(struct admin_row){ .msisdn = at->msisdn, .entry = &entry->entry }))
				return;
		}
	}
}

static int bars_compare(const void *a, const void *b)
{
	const struct memory_bar *const *one = a, *const *other = b;

	return strcmp((*one)->bar.number, (*other)->bar.number);
}

static void barred(struct listing *listing)
{
	const size_t count = llist_count(&listing->tables->bars);
	struct memory_bar **sorted = talloc_array(listing->tables, struct memory_bar *, count), *at;
	size_t i = 0;

	llist_for_each_entry(at, &listing->tables->bars, entry)
		sorted[i++] = at;
	qsort(sorted, count, sizeof(*sorted), bars_compare);
	for (i = 0; i < count && !give_row(listing, &(struct admin_row){ .bar = &sorted[i]->bar }); i++)
		;
	talloc_free(sorted);
}

static void surveys(struct listing *listing)
{
	struct memory_survey *at;

	llist_for_each_entry(at, &listing->tables->surveys, entry) {
		if (give_row(listing, &(struct admin_row){ .survey = &at->survey }))
			return;
	}
}

void memory_list(struct memory_tables *tables, const struct admin_query *query, bool catalogue, admin_row_visit *visit, void *user)
{
	static void (*const lists[])(struct listing *listing) = {
		[ADMIN_SERVICES] = services,
		[ADMIN_PASSWORDS] = passwords,
		[ADMIN_ORDERS] = orders,
		[ADMIN_CONSENTS] = consents,
		[ADMIN_NOTIFICATIONS] = notifications,
		[ADMIN_CONVERSATIONS] = conversations,
		[ADMIN_VANISHED] = vanished,
		[ADMIN_IMPORTS] = imports,
		[ADMIN_TICKETS] = tickets,
		[ADMIN_TICKET_ENTRIES] = ticket_entries,
		[ADMIN_SURVEYS] = surveys,
		[ADMIN_BARRED] = barred,
	};
	struct listing listing = { .tables = tables, .query = query, .catalogue = catalogue, .visit = visit, .user = user };

	lists[query->list](&listing);
}

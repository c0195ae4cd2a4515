/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Housekeeping: due work, and records whose retention has ended. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/store.h"
#include "starhash/calendar.h"
#include "store/memory/tables.h"

#define PIECE STORE_PIECE
#define DAY_S INT64_C(86400)
#define GRACE_S 10		/* time for a server with an open dialog to announce an expired question itself */

struct keeping {
	struct memory_tables *tables;
	int64_t now, today;		/* seconds since 1970; yyyymmdd */
};

/* ---- due work ---- */

static bool subscription_find(const struct keeping *keeping, struct request *request)
{
	struct memory_subscriber *subscriber;
	unsigned int bucket;

	hash_for_each(keeping->tables->subscribers, bucket, subscriber, entry) {
		for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
			const int64_t due = subscription_due(&subscriber->subscriptions[i]);
			const char *service = subscriber->subscriptions[i].service;
			struct record args;

			if (!due || due > keeping->today)
				continue;
			request->kind = REQUEST_SUBSCRIPTION_DUE;
			msisdn_print(subscriber->msisdn, request->subscriber.msisdn);
			args = request_args(request);
			record_put_text(&args, FIELD_SERVICE, service, strlen(service));
			request_set_args(request, &args);
			return true;
		}
	}
	return false;
}

/* A conversation that expired without a dialog to announce it, unless the announcement would be too late to be useful. */
static bool conversation_find(const struct keeping *keeping, struct request *request)
{
	struct memory_conversation *conversation;
	struct memory_subscriber *subscriber;
	unsigned int bucket;

	hash_for_each(keeping->tables->subscribers, bucket, subscriber, entry) {
		llist_for_each_entry(conversation, &subscriber->conversations, entry) {
			if (!conversation->late || conversation->until > keeping->now - GRACE_S ||
			    conversation->until <= keeping->now - DAY_S)
				continue;
			request->kind = REQUEST_CONVERSATION_DUE;
			msisdn_print(subscriber->msisdn, request->subscriber.msisdn);
			snprintf(request->conversation.short_code, sizeof(request->conversation.short_code), "%s",
				 conversation->short_code);
			return true;
		}
	}
	return false;
}

static bool ticket_find(const struct keeping *keeping, struct request *request)
{
	const struct memory_ticket *due = memory_ticket_due(keeping->tables, keeping->now);
	char number[TICKET_NUMBER_SIZE];
	struct record args = request_args(request);

	if (!due)
		return false;
	request->kind = REQUEST_TICKET_DUE;
	msisdn_print(due->msisdn, request->subscriber.msisdn);
	ticket_number_print(due->ticket.number, number);
	record_put_text(&args, FIELD_TICKET, number, strlen(number));
	request_set_args(request, &args);
	return true;
}

/* The first message that the data of an account call for (S5, S9). */
static bool reminder_find(const struct keeping *keeping, struct request *request)
{
	struct memory_subscriber *subscriber;
	uint8_t octets[RESPONSE_FACTS_MAX];
	struct record args;
	unsigned int bucket;

	hash_for_each(keeping->tables->subscribers, bucket, subscriber, entry) {
		struct record facts = { .data = octets, .size = sizeof(octets) };

		memory_profile(subscriber, &facts);
		for (unsigned int i = 0; i < notification_kinds_count; i++) {
			const struct notification_kind *kind = &notification_kinds[i];
			struct reminded reminded = {
				.rules = &keeping->tables->rules.messages, .facts = &facts, .day = date_day(keeping->today),
			};
			struct memory_preference *at;
			int64_t subject;
			struct fees fees;

			llist_for_each_entry(at, &keeping->tables->preferences, entry) {
				if (at->msisdn == subscriber->msisdn && at->preference.kind == kind && !at->preference.about[0])
					reminded.preference = &at->preference;
			}
			if (!reminder_due(kind, &reminded, &subject))
				continue;
			fees_begin(&fees, subject);
			if (kind->rows == REQUEST_BILL_FEES) {
				fees_begin(&fees, 0);
				memory_fees(subscriber, subject, &fees);
			}
			if (kind->rows == REQUEST_BILL_FEES && !fees.month)
				continue;	/* the bill is not here yet: the step would refuse */
			request->kind = REQUEST_REMINDER_DUE;
			msisdn_print(subscriber->msisdn, request->subscriber.msisdn);
			args = request_args(request);
			record_put_text(&args, FIELD_NOTIFICATION, kind->name, strlen(kind->name));
			record_put_number(&args, FIELD_MONTH, subject);
			request_set_args(request, &args);
			return true;
		}
	}
	return false;
}

/* Returns whether there is more. Stops at an item that cannot be done now, which is then the first of the next piece. */
static bool works_do(const struct keeping *keeping, bool (*find)(const struct keeping *keeping, struct request *request),
		     const struct request *housekeep)
{
	struct response response;

	for (unsigned int i = 0; i < PIECE; i++) {
		struct request request = { .now = housekeep->now, .utc_offset = housekeep->utc_offset };

		request.ref = housekeep->ref ? housekeep->ref + i : 0;
		if (!find(keeping, &request))
			return false;
		response_init(&response);
		memory_change(keeping->tables, &request, &response);
		if (response.result != RESULT_OK && response.result != RESULT_ACCEPTED)
			return false;
	}
	return true;
}

/* ---- retention ---- */

static int64_t before(const struct keeping *keeping, enum retention kind)
{
	return keeping->now - keeping->tables->rules.retention_days[kind] * DAY_S;
}

static void conversations_prune(const struct keeping *keeping, struct llist_head *list)
{
	struct memory_conversation *old, *next;

	llist_for_each_entry_safe(old, next, list, entry) {
		if (old->until > (old->late ? keeping->now - DAY_S : keeping->now))
			continue;
		llist_del(&old->entry);
		talloc_free(old);
	}
}

static void subscribers_prune(const struct keeping *keeping)
{
	struct memory_subscriber *subscriber;
	unsigned int bucket;

	hash_for_each(keeping->tables->subscribers, bucket, subscriber, entry) {
		conversations_prune(keeping, &subscriber->conversations);
		conversations_prune(keeping, &subscriber->answered);
	}
}

static void notifications_prune(const struct keeping *keeping)
{
	struct memory_notification *old, *next;

	llist_for_each_entry_safe(old, next, &keeping->tables->notifications, entry) {
		if (old->notification.expires > keeping->now)
			continue;
		if (old->notification.stays && !old->sending) {
			memory_notification_end(keeping->tables, old, "expired", keeping->now);
			continue;
		}
		llist_del(&old->entry);
		talloc_free(old);
	}
}

static void events_prune(const struct keeping *keeping)
{
	struct memory_event *old, *next;

	llist_for_each_entry_safe(old, next, &keeping->tables->events, entry) {
		if (old->row.received >= before(keeping, RETENTION_MESSAGES))
			return;
		llist_del(&old->entry);
		talloc_free(old);
	}
}

static void proposals_prune(const struct keeping *keeping)
{
	struct memory_proposal *old, *next;

	llist_for_each_entry_safe(old, next, &keeping->tables->proposals, entry) {
		if (old->proposal.until >= before(keeping, RETENTION_MESSAGES))
			continue;
		llist_del(&old->entry);
		talloc_free(old);
	}
}

static void replays_prune(const struct keeping *keeping)
{
	struct memory_replay *old, *next;

	llist_for_each_entry_safe(old, next, &keeping->tables->replays, entry) {
		if (old->time >= before(keeping, RETENTION_REPLAYS))
			return;
		llist_del(&old->entry);
		talloc_free(old);
	}
}

static void vanished_prune(const struct keeping *keeping)
{
	struct memory_vanished *old, *next;

	llist_for_each_entry_safe(old, next, &keeping->tables->vanished, entry) {
		if (old->data.time >= before(keeping, RETENTION_VANISHED))
			continue;
		if (!memory_subscriber_by_msisdn(keeping->tables, old->msisdn))
			memory_preferences_remove(keeping->tables, old->msisdn);
		memory_vanished_remove(old);
	}
}

/* How many may be deleted now; each day has a new allowance. */
static unsigned int allowed(const struct keeping *keeping, struct memory_allowance *allowance, enum retention kind, unsigned int count)
{
	if (allowance->day != keeping->today)
		*allowance = (struct memory_allowance){
			.day = keeping->today, .allowed = retention_allowed(count, keeping->tables->rules.retention_days[kind]),
		};
	return (unsigned int)OSMO_MIN((int64_t)PIECE, allowance->allowed - allowance->pruned);
}

static bool orders_prune(struct keeping *keeping)
{
	struct memory_allowance *allowance = &keeping->tables->orders_allowance;
	const unsigned int most = allowed(keeping, allowance, RETENTION_ORDERS, llist_count(&keeping->tables->orders));
	const int64_t oldest = before(keeping, RETENTION_ORDERS);
	unsigned int looked = 0, pruned = 0;
	struct memory_order *order, *next;

	llist_for_each_entry_safe(order, next, &keeping->tables->orders, entry) {
		if (looked++ == most)
			break;
		if (order->order.state == ORDER_ACCEPTED || order->order.accepted_at >= oldest)
			continue;
		llist_del(&order->entry);
		talloc_free(order);
		pruned++;
	}
	allowance->pruned += pruned;
	return pruned == PIECE;
}

static bool consents_prune(struct keeping *keeping)
{
	struct memory_allowance *allowance = &keeping->tables->consents_allowance;
	const unsigned int most = allowed(keeping, allowance, RETENTION_CONSENTS, llist_count(&keeping->tables->consents));
	const int64_t oldest = before(keeping, RETENTION_CONSENTS);
	struct memory_consent *consent, *next;
	unsigned int pruned = 0;

	llist_for_each_entry_safe(consent, next, &keeping->tables->consents, entry) {
		if (pruned == most || consent->row.consent.time >= oldest)
			break;
		memory_consent_remove(keeping->tables, consent);
		pruned++;
	}
	allowance->pruned += pruned;
	return pruned == PIECE;
}

/* Returns whether there is more. */
static bool retention(struct keeping *keeping)
{
	bool more;

	subscribers_prune(keeping);
	notifications_prune(keeping);
	events_prune(keeping);
	proposals_prune(keeping);
	memory_tickets_prune(keeping->tables, before(keeping, RETENTION_TICKETS));
	memory_bars_prune(keeping->tables, before(keeping, RETENTION_TICKETS));
	replays_prune(keeping);
	vanished_prune(keeping);
	more = orders_prune(keeping);
	return consents_prune(keeping) || more;
}

void memory_housekeep(struct memory_tables *tables, const struct request *request, struct response *response)
{
	struct keeping keeping = {
		.tables = tables, .now = request->now, .today = calendar_date(day_of(request->now, request->utc_offset)),
	};
	bool more = works_do(&keeping, subscription_find, request);

	more |= works_do(&keeping, conversation_find, request);
	more |= works_do(&keeping, ticket_find, request);
	more |= works_do(&keeping, reminder_find, request);
	more |= retention(&keeping);
	record_put_number(&response->facts, ARG_LATE, memory_tickets_owed(tables, 1, keeping.now));
	record_put_number(&response->facts, ARG_SOON,
			  memory_tickets_owed(tables, keeping.now + 1, keeping.now + tables->rules.tickets.warn_s));
	response->more = more;
	response->result = RESULT_OK;
}

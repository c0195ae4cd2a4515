/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that change nothing. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/calendar.h"
#include "store/memory/tables.h"

#define ROW_SIZE 1024

struct reading {
	struct memory_tables *tables;
	const struct memory_subscriber *subscriber;
	const struct request *request;
	struct record args;
	int64_t day;
	struct response *response;
	void *texts;					/* talloc parent of texts made while reading */
	struct record row;				/* the next one */
	uint8_t octets[ROW_SIZE];
};

/* Append the row. False: the answer is full. */
static bool row_end(struct reading *reading)
{
	const bool room = rows_add(&reading->response->rows, &reading->row) == 0;

	reading->row.len = 0;
	return room;
}

static void text_put(struct record *row, uint16_t field, const char *text)
{
	if (text)
		record_append_text(row, field, text, strlen(text));
}

static void age_put(struct reading *reading, enum field field, enum account_kind kind)
{
	const int64_t age = memory_age(reading->subscriber, kind);

	if (age)
		record_put_number(&reading->response->facts, field, age);
}

void memory_profile(const struct memory_subscriber *subscriber, struct record *facts)
{
	static const enum field ages[ACCOUNT_KINDS] = {
		[ACCOUNT_PROFILE] = FIELD_AS_OF, [ACCOUNT_BILLS] = FIELD_BILLS_AS_OF, [ACCOUNT_POINTS] = FIELD_POINTS_AS_OF,
		[ACCOUNT_SERVICES] = FIELD_SERVICES_AS_OF,
	};

	msisdn_put(facts, subscriber->msisdn);
	record_append(facts, &subscriber->facts);
	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (memory_age(subscriber, kind))
			record_put_number(facts, ages[kind], memory_age(subscriber, kind));
	}
}

static void profile(struct reading *reading)
{
	memory_profile(reading->subscriber, &reading->response->facts);
}

/* ---- bills and points ---- */

/* The last billed month; later bills are not final yet. */
static int64_t billed(const struct reading *reading)
{
	return record_number(&reading->subscriber->facts, FIELD_BILL_MONTH, 0);
}

static void bills(struct reading *reading)
{
	const struct stored_account *stored = reading->subscriber->bills;
	int64_t before = billed(reading) + 1;

	age_put(reading, FIELD_BILLS_AS_OF, ACCOUNT_BILLS);
	for (unsigned int shown = 0; stored && shown < VIEW_BILLS_MAX; shown++) {
		const struct stored_bill *newest = NULL;

		for (const struct stored_bill *bill = stored->bills; bill < stored->bills + stored->bills_count; bill++) {
			if (bill->month < before && (!newest || bill->month > newest->month))
				newest = bill;
		}
		if (!newest)
			return;
		before = newest->month;
		record_append_number(&reading->row, FIELD_MONTH, newest->month);
		record_append_number(&reading->row, FIELD_TOTAL, newest->total);
		row_end(reading);
	}
}

/* NULL: there is none, or it is not final. */
static const struct stored_bill *bill_of(const struct memory_subscriber *subscriber, int64_t month)
{
	const struct stored_account *stored = subscriber->bills;

	for (unsigned int i = 0; stored && i < stored->bills_count; i++) {
		if (stored->bills[i].month == month && month <= record_number(&subscriber->facts, FIELD_BILL_MONTH, 0))
			return &stored->bills[i];
	}
	return NULL;
}

static void bill_lines(struct reading *reading)
{
	static const uint16_t fields[LINE_FACT_COUNT] = { LINE_FACTS(LINE_FIELD) };
	const struct stored_bill *bill = bill_of(reading->subscriber, record_number(&reading->args, FIELD_MONTH, 0));

	age_put(reading, FIELD_BILLS_AS_OF, ACCOUNT_BILLS);
	if (!bill) {
		reading->response->result = RESULT_NOT_FOUND;
		return;
	}
	for (unsigned int i = 0; i < bill->lines_count; i++) {
		text_put(&reading->row, FIELD_ITEM, bill->lines[i].item);
		record_append_number(&reading->row, FIELD_AMOUNT, bill->lines[i].amount);
		for (int fact = 0; fact < LINE_FACT_COUNT; fact++)
			text_put(&reading->row, fields[fact], *line_fact(&bill->lines[i], fact));
		if (!row_end(reading))
			return;
	}
}

void memory_fees(const struct memory_subscriber *subscriber, int64_t month, struct fees *fees)
{
	const struct stored_bill *bill = bill_of(subscriber, month ? month : record_number(&subscriber->facts, FIELD_BILL_MONTH, 0));

	if (bill)
		fees_begin(fees, bill->month);
	for (unsigned int i = 0; bill && i < bill->lines_count; i++)
		fees_add_line(fees, bill->lines[i].fee_class, bill->lines[i].charged_service, bill->lines[i].amount);
}

static void bill_fees(struct reading *reading)
{
	struct fees fees;

	fees_begin(&fees, 0);
	age_put(reading, FIELD_BILLS_AS_OF, ACCOUNT_BILLS);
	memory_fees(reading->subscriber, record_number(&reading->args, FIELD_MONTH, 0), &fees);
	if (fees.month)
		fees_put(&fees, &reading->response->facts, &reading->response->rows);
	else
		reading->response->result = RESULT_NOT_FOUND;
}

/* Newest first; entries of one day in reverse order. */
static void points(struct reading *reading)
{
	const struct stored_account *stored = reading->subscriber->points;
	const struct stored_points *shown = NULL;

	age_put(reading, FIELD_POINTS_AS_OF, ACCOUNT_POINTS);
	for (unsigned int count = 0; stored && count < VIEW_POINTS_MAX; count++) {
		const struct stored_points *newest = NULL;

		for (const struct stored_points *entry = stored->points_entries; entry < stored->points_entries + stored->points_count;
		     entry++) {
			if (shown && (entry->date > shown->date || (entry->date == shown->date && entry >= shown)))
				continue;
			if (!newest || entry->date >= newest->date)
				newest = entry;
		}
		if (!newest)
			return;
		shown = newest;
		record_append_number(&reading->row, FIELD_DATE, newest->date);
		record_append_number(&reading->row, FIELD_CHANGE, newest->change);
		text_put(&reading->row, FIELD_REASON, newest->reason);
		row_end(reading);
	}
}

/* ---- services and orders ---- */

static void services_mine(struct reading *reading)
{
	const struct memory_subscriber *subscriber = reading->subscriber;

	age_put(reading, FIELD_SERVICES_AS_OF, ACCOUNT_SERVICES);
	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		const struct memory_service *service = memory_service_find(reading->tables, subscriber->subscriptions[i].service);

		view_subscription(&subscriber->subscriptions[i], &service->service, reading->day, &reading->row);
		row_end(reading);
	}
}

/* The subscriber whose eligibility is judged. \a but: one of their services to ignore; NULL: none. */
static struct view_subscriber view_subscriber_make(struct reading *reading, const char *but)
{
	const struct memory_subscriber *subscriber = reading->subscriber;
	char *services = talloc_strdup(reading->texts, ""), *excludes = talloc_strdup(reading->texts, "");
	char *account = talloc_zero_size(reading->texts, ACCOUNT_CODE_SIZE);
	char *brand = talloc_zero_size(reading->texts, ACCOUNT_CODE_SIZE);

	record_text(&subscriber->facts, FIELD_ACCOUNT, account, ACCOUNT_CODE_SIZE);
	record_text(&subscriber->facts, FIELD_BRAND, brand, ACCOUNT_CODE_SIZE);
	for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
		const char *code = subscriber->subscriptions[i].service;

		if (but && !strcmp(code, but))
			continue;
		services = talloc_asprintf_append(services, "%s ", code);
		excludes = talloc_asprintf_append(excludes, "%s ", memory_service_find(reading->tables, code)->service.excludes);
	}
	return (struct view_subscriber){
		.account = account, .brand = brand, .services = services, .excludes = excludes, .today = reading->day,
	};
}

static void services_offered(struct reading *reading)
{
	const struct view_subscriber subscriber = view_subscriber_make(reading, NULL);
	struct memory_service *service;

	age_put(reading, FIELD_SERVICES_AS_OF, ACCOUNT_SERVICES);
	llist_for_each_entry(service, &reading->tables->services, entry) {
		if (view_offer(&service->service, service->offered, &subscriber, &reading->row))
			row_end(reading);
	}
}

static void instead_of(struct reading *reading, const struct memory_service *service, const struct subscription *replaced,
		       bool family)
{
	const struct view_subscriber subscriber = view_subscriber_make(reading, replaced->service);
	const struct memory_service *terms = memory_service_find(reading->tables, replaced->service);

	if (view_instead(&service->service, service->offered, replaced, &terms->service, family, &subscriber, &reading->row))
		row_end(reading);
}

/* Each service on sale that can replace one of theirs: the request may name either or both. */
static void services_instead(struct reading *reading)
{
	const struct memory_subscriber *subscriber = reading->subscriber;
	char wanted[SERVICE_CODE_MAX + 1], instead[SERVICE_CODE_MAX + 1];
	struct memory_service *service;

	age_put(reading, FIELD_SERVICES_AS_OF, ACCOUNT_SERVICES);
	record_text(&reading->args, FIELD_SERVICE, wanted, sizeof(wanted));
	record_text(&reading->args, FIELD_INSTEAD, instead, sizeof(instead));
	llist_for_each_entry(service, &reading->tables->services, entry) {
		if (wanted[0] && strcmp(service->service.code, wanted))
			continue;
		for (unsigned int i = 0; i < subscriber->subscriptions_count; i++) {
			const struct subscription *replaced = &subscriber->subscriptions[i];

			if (!instead[0] || !strcmp(replaced->service, instead))
				instead_of(reading, service, replaced, instead[0]);
		}
	}
}

static bool owns(const struct memory_subscriber *subscriber, const struct memory_order *order)
{
	return order->msisdn == subscriber->msisdn && order->order.id > subscriber->orders_after;
}

static void orders_mine(struct reading *reading)
{
	unsigned int shown = 0;
	struct memory_order *order;

	llist_for_each_entry_reverse(order, &reading->tables->orders, entry) {
		if (!owns(reading->subscriber, order))
			continue;
		if (shown++ == VIEW_ORDERS_MAX)
			return;
		view_order(&order->order, &reading->row);
		row_end(reading);
	}
}

/* ---- messages and preferences ---- */

static void message_put(struct reading *reading, struct record *row, const struct memory_notification *at)
{
	text_put(row, FIELD_NOTIFICATION, at->notification.kind);
	text_put(row, FIELD_SENDING, at->sending ? at->sending : "waiting");
	record_append_number(row, FIELD_SENT, at->sending ? at->ended : at->notification.due);
}

static void messages_mine(struct reading *reading)
{
	struct memory_notification *at;
	unsigned int shown = 0;

	llist_for_each_entry_reverse(at, &reading->tables->notifications, entry) {
		if (at->msisdn != reading->subscriber->msisdn || !at->notification.stays)
			continue;
		if (shown++ == VIEW_MESSAGES_MAX)
			return;
		message_put(reading, &reading->row, at);
		row_end(reading);
	}
}

static void preferences_mine(struct reading *reading)
{
	struct preference preferences[PREFERENCES_MAX];
	struct memory_preference *at;
	unsigned int count = 0;

	llist_for_each_entry(at, &reading->tables->preferences, entry) {
		if (at->msisdn == reading->subscriber->msisdn && !at->preference.about[0] && count < PREFERENCES_MAX)
			preferences[count++] = at->preference;
	}
	view_preferences(preferences, count, &reading->tables->rules.messages, &reading->response->rows);
}

/* This store looks at all its subscribers at once, so no search is ever half done. */
static void messages_waiting(struct reading *reading)
{
	struct memory_notification *at;

	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		int64_t count = 0;

		llist_for_each_entry(at, &reading->tables->notifications, entry)
			count += !at->sending && !strcmp(at->notification.kind, notification_kinds[i].name);
		if (!count)
			continue;
		text_put(&reading->row, FIELD_NOTIFICATION, notification_kinds[i].name);
		record_append_number(&reading->row, FIELD_STORED, OSMO_MIN(count, MESSAGES_COUNTED_MAX));
		row_end(reading);
	}
}

static void proposal_put(const struct reading *reading, const struct proposal *proposal)
{
	struct record *facts = &reading->response->facts;
	const struct memory_order *order;
	char ref[REF_TEXT_SIZE];

	record_append(facts, &(struct record){ .data = (uint8_t *)proposal->terms, .len = proposal->terms_len });
	text_put(facts, FIELD_PROPOSAL, proposal->number);
	record_append_number(facts, FIELD_CONFIRM_UNTIL, proposal->until);
	if (proposal->reply[0])
		text_put(facts, ARG_REPLY, proposal->reply);
	if (proposal->shown[0])
		record_append_number(facts, FIELD_TRIES_LEFT, PROPOSAL_TRIES - proposal->tries);
	llist_for_each_entry(order, &reading->tables->orders, entry) {
		if (!proposal->order || order->msisdn != proposal->msisdn || order->order.ref != proposal->order)
			continue;
		text_put(facts, FIELD_REF, ref_print(proposal->order, ref));
		text_put(facts, FIELD_STATE, order_state_name(order->order.state));
	}
}

static void event_fetch(struct reading *reading)
{
	const struct memory_proposal *proposal;
	const struct memory_event *event = memory_event_find(reading->tables, &reading->request->event);
	const struct memory_notification *at = event ? memory_notification_find(reading->tables, event->notification) : NULL;
	struct record *facts = &reading->response->facts;

	reading->response->result = event ? RESULT_OK : RESULT_NOT_FOUND;
	if (!event)
		return;
	text_put(facts, FIELD_REASON, event->row.done);
	text_put(facts, FIELD_KIND, event->event.kind);
	msisdn_put(facts, event->msisdn);
	if (at)
		message_put(reading, facts, at);
	llist_for_each_entry(proposal, &reading->tables->proposals, entry) {
		if (!strcmp(proposal->source, event->event.source) && !strcmp(proposal->id, event->event.id))
			proposal_put(reading, &proposal->proposal);
	}
}

static void tickets(struct reading *reading)
{
	int64_t msisdn = reading->subscriber ? reading->subscriber->msisdn : 0;

	reading->response->result = RESULT_NOT_FOUND;
	if (msisdn || msisdn_key(reading->request->subscriber.msisdn, &msisdn) || reading->request->kind == REQUEST_TICKET_LIST)
		memory_tickets_answer(reading->tables, msisdn, reading->request, reading->response);
}

/* ---- all data held about a subscriber ---- */

static void held(struct reading *reading, const char *kind, int64_t count)
{
	const int64_t days = view_retention(&reading->tables->rules, kind);

	text_put(&reading->row, FIELD_KIND, kind);
	record_append_number(&reading->row, FIELD_STORED, count);
	if (days)
		record_append_number(&reading->row, FIELD_RETENTION, days);
	row_end(reading);
}

static void data_mine(struct reading *reading)
{
	const struct memory_subscriber *subscriber = reading->subscriber;
	struct memory_tables *tables = reading->tables;
	const int64_t epoch = memory_chain_get(tables, subscriber->msisdn)->epoch;
	int64_t orders = 0, consents = 0, messages = 0;
	struct memory_notification *notification;
	struct memory_consent *consent;
	struct memory_order *order;

	llist_for_each_entry(order, &tables->orders, entry)
		orders += owns(subscriber, order);
	llist_for_each_entry(consent, &tables->consents, entry)
		consents += consent->row.consent.msisdn == subscriber->msisdn && consent->row.consent.epoch == epoch;
	llist_for_each_entry(notification, &tables->notifications, entry)
		messages += notification->msisdn == subscriber->msisdn;
	held(reading, "profile", 1);
	held(reading, "bills", subscriber->bills ? subscriber->bills->bills_count : 0);
	held(reading, "points", subscriber->points ? subscriber->points->points_count : 0);
	held(reading, "services", subscriber->subscriptions_count);
	held(reading, "password", subscriber->has_password);
	held(reading, "orders", orders);
	held(reading, "consents", consents);
	held(reading, "messages", messages);
	held(reading, "conversations", llist_count(&subscriber->conversations));
	held(reading, "tickets", memory_tickets_count(tables, subscriber->msisdn));
}

/* ---- conversations ---- */

static const struct memory_conversation *by_short_code(const struct llist_head *list, const char *short_code)
{
	struct memory_conversation *conversation;

	llist_for_each_entry(conversation, list, entry) {
		if (!strcmp(conversation->short_code, short_code))
			return conversation;
	}
	return NULL;
}

static void conversation(struct reading *reading)
{
	const char *short_code = reading->request->conversation.short_code;
	const struct memory_conversation *saved = by_short_code(&reading->subscriber->conversations, short_code);
	const struct memory_conversation *answered = by_short_code(&reading->subscriber->answered, short_code);
	struct conversation_found *found = &reading->response->conversation;
	const int64_t now = reading->request->now;

	reading->response->part = RESPONSE_CONVERSATION;
	found->session_len = 0;
	if (saved && (saved->until > now || saved->late)) {
		memcpy(found->session, saved->session, saved->session_len);
		found->session_len = (uint16_t)saved->session_len;
		found->until = saved->until;
	}
	found->answered = answered && answered->until > now;
	if (found->answered)
		memcpy(found->digest, answered->session, sizeof(found->digest));
	reading->response->result = found->session_len ? RESULT_OK : RESULT_NOT_FOUND;
}

/* ---- due work ---- */

static bool later(int64_t due, int64_t id, int64_t than_due, int64_t than_id)
{
	return due > than_due || (due == than_due && id > than_id);
}

/* The order that is due next after another one; \a after NULL: the first of all. */
static const struct memory_order *order_next(const struct memory_tables *tables, enum queue queue, int64_t until,
					     const struct memory_order *after)
{
	const struct memory_order *next = NULL;
	struct memory_order *at;

	llist_for_each_entry(at, &tables->orders, entry) {
		const struct order *order = &at->order;

		if (order->state != ORDER_ACCEPTED || order->due > until || !order->backend[0] != (queue == QUEUE_ORDERS))
			continue;
		if ((!after || later(order->due, order->id, after->order.due, after->order.id)) &&
		    (!next || later(next->order.due, next->order.id, order->due, order->id)))
			next = at;
	}
	return next;
}

/* The notification of one kind that is due next after another one, by \a due or, if hurried, by its latest time. */
static const struct memory_notification *notification_next(const struct memory_tables *tables, const struct claim *claim,
							   unsigned int kind, const struct memory_notification *after)
{
	const bool hurried = claim->hurried >> kind & 1;
	const struct memory_notification *next = NULL;
	struct memory_notification *at;

	llist_for_each_entry(at, &tables->notifications, entry) {
		const struct notification *notification = &at->notification;
		const int64_t time = hurried ? notification->latest : notification->due;

		if (at->sending || notification->due > claim->until || notification->expires <= claim->until ||
		    strcmp(notification->kind, notification_kinds[kind].name) ||
		    (hurried && (!notification->latest || notification->latest > claim->latest)))
			continue;
		if ((!after || later(time, at->id, hurried ? after->notification.latest : after->notification.due, after->id)) &&
		    (!next || later(hurried ? next->notification.latest : next->notification.due, next->id, time, at->id)))
			next = at;
	}
	return next;
}

/* Messages of the kinds that count, sent to the subscriber since the beginning of the day. */
static uint32_t sent_since(const struct memory_tables *tables, const struct claim *claim, int64_t msisdn)
{
	struct memory_notification *at;
	uint32_t count = 0;

	llist_for_each_entry(at, &tables->notifications, entry) {
		const struct notification_kind *kind = notification_kind_find(at->notification.kind, strlen(at->notification.kind));

		count += at->msisdn == msisdn && at->sending && !strcmp(at->sending, "sent") && at->ended >= claim->since && kind &&
			 claim->counted >> notification_kind_index(kind) & 1;
	}
	return count;
}

static bool order_put(struct response *response, const struct memory_order *at)
{
	const struct order *order = &at->order;
	struct due_order due = {
		.id = order->id, .ref = order->ref, .msisdn = at->msisdn, .kind = order_request_kind(order->kind),
		.effective = (uint32_t)order->effective, .price = order->priced ? order->price : 0, .ordered = order->accepted_at,
		.trial_until = (uint32_t)order->trial_until, .trial_price = order->trial_price,
		.trial_paid = order->trial_ends == TRIAL_ENDS_PAID, .attempts = (uint32_t)order->attempts,
	};

	if (order->priced)
		snprintf(due.period, sizeof(due.period), "%.*s", (int)sizeof(due.period) - 1, order->period);
	memcpy(due.service, order->service, sizeof(due.service));
	memcpy(due.instead, order->instead, sizeof(due.instead));
	memcpy(due.backend, order->backend, sizeof(due.backend));
	memcpy(due.form, order->form, sizeof(due.form));
	due.ticket = order->ticket;
	return !response_add_order(response, &due, order->sent);
}

static bool among(int64_t id, const int64_t *ids, unsigned int count)
{
	while (count && ids[count - 1] != id)
		count--;
	return count;
}

static bool notification_put(const struct memory_tables *tables, const struct claim *claim, unsigned int kind,
			     const struct memory_notification *at, struct response *response)
{
	const struct due_notification due = {
		.id = at->id, .msisdn = at->msisdn, .attempts = (uint32_t)at->attempts, .kind = at->notification.kind,
		.sent_since = claim->counted >> kind & 1 ? sent_since(tables, claim, at->msisdn) : 0,
		.expires = at->notification.expires, .latest = at->notification.latest,
		.facts = at->notification.facts, .message = at->notification.message,
	};

	return !response_add_notification(response, &due);
}

static void orders_due(struct memory_tables *tables, enum queue queue, const struct claim *claim, const int64_t *claimed,
		       unsigned int count, struct response *response)
{
	const struct memory_order *order = NULL;

	response->part = RESPONSE_ORDERS;
	while (response->orders_count < claim->max && (order = order_next(tables, queue, claim->until, order))) {
		if (!among(order->order.id, claimed, count) && !order_put(response, order))
			return;
	}
}

static void notifications_due(struct memory_tables *tables, const struct claim *claim, const int64_t *claimed, unsigned int count,
			      struct response *response)
{
	const unsigned int max = OSMO_MIN(claim->max, DUE_MAX);
	unsigned int left = claim->limit, kind;

	for (unsigned int i = 0; claim_kind(claim, i, &kind); i++) {
		const bool limited = claim->limited >> kind & 1;
		const struct memory_notification *at = NULL;

		while (response->rows.count < max && (!limited || left) && (at = notification_next(tables, claim, kind, at))) {
			if (among(at->id, claimed, count))
				continue;
			if (!notification_put(tables, claim, kind, at, response))
				return;
			left -= limited;
		}
	}
}

void memory_due(struct memory_tables *tables, enum queue queue, const struct claim *claim, const int64_t *claimed, unsigned int count,
		struct response *response)
{
	response->result = RESULT_OK;
	if (queue == QUEUE_NOTIFICATIONS)
		notifications_due(tables, claim, claimed, count, response);
	else
		orders_due(tables, queue, claim, claimed, count, response);
}

/* ---- requests ---- */

static void barred(struct reading *reading)
{
	struct response *response = reading->response;
	const struct memory_bar *at;

	llist_for_each_entry(at, &reading->tables->bars, entry) {
		uint8_t octets[BAR_ROW_SIZE];
		struct record row = { .data = octets, .size = sizeof(octets) };

		if (at->bar.id <= reading->request->id)
			continue;
		bar_write(&at->bar, &row);
		response->more = rows_add(&response->rows, &row) < 0;
		if (response->more)
			return;
	}
}

static void (*const reads[REQUEST_KIND_COUNT])(struct reading *reading) = {
	[REQUEST_PROFILE] = profile,
	[REQUEST_BILLS] = bills,
	[REQUEST_BILL_LINES] = bill_lines,
	[REQUEST_POINTS] = points,
	[REQUEST_SERVICES_MINE] = services_mine,
	[REQUEST_SERVICES_OFFERED] = services_offered,
	[REQUEST_SERVICES_INSTEAD] = services_instead,
	[REQUEST_ORDERS_MINE] = orders_mine,
	[REQUEST_DATA_MINE] = data_mine,
	[REQUEST_BILL_FEES] = bill_fees,
	[REQUEST_MESSAGES_MINE] = messages_mine,
	[REQUEST_PREFERENCES_MINE] = preferences_mine,
	[REQUEST_EVENT_FETCH] = event_fetch,
	[REQUEST_MESSAGES_WAITING] = messages_waiting,
	[REQUEST_BARRED] = barred,
	[REQUEST_CONVERSATION_FETCH] = conversation,
	[REQUEST_TICKETS_MINE] = tickets,
	[REQUEST_TICKET_STATE] = tickets,
	[REQUEST_TICKET_ANSWERS] = tickets,
	[REQUEST_DATA_ACCESSES] = tickets,
	[REQUEST_TICKET_LIST] = tickets,
	[REQUEST_TICKET_HISTORY] = tickets,
};

/* Those that need no subscriber. */
static bool about_nobody(enum request_kind kind)
{
	return kind == REQUEST_EVENT_FETCH || kind == REQUEST_MESSAGES_WAITING || kind == REQUEST_BARRED || reads[kind] == tickets;
}


void memory_read(struct memory_tables *tables, const struct request *request, struct response *response)
{
	struct reading reading = {
		.tables = tables, .subscriber = memory_subscriber_find(tables, &request->subscriber), .request = request,
		.args = { .data = (uint8_t *)request->args, .len = request->args_len },
		.day = day_of(request->now, request->utc_offset),
		.response = response,
	};

	reading.row = (struct record){ .data = reading.octets, .size = sizeof(reading.octets) };
	response->result = RESULT_NOT_FOUND;
	if (!reads[request->kind] || !(reading.subscriber || about_nobody(request->kind)))
		return;
	response->result = RESULT_OK;
	reading.texts = talloc_new(tables);
	reads[request->kind](&reading);
	talloc_free(reading.texts);
}

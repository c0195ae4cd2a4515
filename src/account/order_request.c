/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests that are orders: checked by order_accept(), completed by order_step(). Without billing an order completes when it is accepted
 * (S3, S11, S18). */
#include <stdio.h>
#include <string.h>

#include "account/order.h"
#include "account/step.h"

#define ANSWER_WAIT_S 60		/* the turn is answered sooner, and drops the notification */
#define COMPLETED_WAIT_S 5
#define LIST_ROOM 4			/* overhead of a text in a record */

/* ---- the subject of an order ---- */

static bool about_same(const struct account_order *other, const struct order *order)
{
	return order_about_line(other->kind) == order_about_line(order->kind) &&
	       (in_flight_about(other, order->service) || (order->instead[0] && in_flight_about(other, order->instead)));
}

/* Another order on the same service, or on the line, is in flight. */
static bool others(const struct stepping *stepping, const struct order *order)
{
	const struct account *account = stepping->account;

	if (order->kind == ORDER_BACKEND || order_is_credit(order->kind))
		return false;
	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		const struct account_order *other = &account->in_flight[i];

		if (other->id != order->id && about_same(other, order))
			return true;
	}
	return account->more_in_flight;		/* on an unknown subject */
}

static struct order_subject subject_of(const struct stepping *stepping, const struct order *order)
{
	struct account *account = stepping->account;
	const struct subscription *subscription = order->service[0] ? subscription_find(account, order->service) : NULL;
	const struct subscription *replaced = order->instead[0] ? subscription_find(account, order->instead) : NULL;
	struct order_subject subject = {
		.subscribed = subscription, .replaced_subscribed = replaced,
		.suspended = account->known && strcmp(account->status, "active") != 0,
		.absent = !account->known,
		.others = others(stepping, order),
		.today = calendar_date(stepping->day),
	};

	if (subscription)
		subject.subscription = *subscription;
	if (replaced)
		subject.replaced = *replaced;
	return subject;
}

/* ---- changes ---- */

/* \a room: the step's. */
static void subscription_write(struct stepping *stepping, const char *service, bool subscribed, struct subscription *room)
{
	struct account *account = stepping->account;

	memcpy(room->service, service, sizeof(room->service));
	if (subscribed) {
		subscription_put(account, room);
		change_add(stepping->step, CHANGE_SUBSCRIPTION_PUT)->subscription = room;
	} else if (subscription_find(account, service)) {
		subscription_drop(account, service);
		change_add(stepping->step, CHANGE_SUBSCRIPTION_REMOVE)->subscription = room;
	}
}

/* The replaced subscription first, so that there is room for the new one. */
static void subject_write(struct stepping *stepping, const struct order *order, const struct order_subject *subject)
{
	struct account *account = stepping->account;
	struct account_step *step = stepping->step;

	if (!account->known)
		return;
	if (order_about_line(order->kind) && order->state == ORDER_COMPLETED) {
		snprintf(account->status, sizeof(account->status), "%s", subject->suspended ? "suspended" : "active");
		change_add(step, CHANGE_STATUS)->text = account->status;
	} else if (order->service[0]) {
		step->replaced = subject->replaced;
		if (order->instead[0])
			subscription_write(stepping, order->instead, subject->replaced_subscribed, &step->replaced);
		step->subscription = subject->subscription;
		subscription_write(stepping, order->service, subject->subscribed, &step->subscription);
	}
}

/* The codes of all services, for the answer and, if changed, for the profile. */
static void services_list(struct stepping *stepping, bool changed)
{
	struct account_step *step = stepping->step;
	struct record *facts = &step->response->facts;

	if (stepping->account->too_many)
		return;
	services_join(stepping->account, step->services);
	if (facts->len + strlen(step->services) + LIST_ROOM <= facts->size)
		record_put_text(facts, FIELD_SERVICES, step->services, strlen(step->services));
	if (changed)
		change_add(step, CHANGE_SERVICES)->text = step->services;
}

/* ---- notifications ---- */

static void text_put(struct record *facts, uint16_t field, const char *text)
{
	if (text[0])
		record_put_text(facts, field, text, strlen(text));
}

/* For a trial that has ended it gives the price of the trial. */
static void notify(struct stepping *stepping, const struct order *order, enum order_notification says, int64_t wait_s)
{
	static const char *const names[] = {
		[ORDER_SAYS_DONE] = "order_completed",
		[ORDER_SAYS_REFUSED] = "order_refused",
		[ORDER_SAYS_DEAD] = "order_dead",
		[ORDER_SAYS_TRIAL_ENDED] = "trial_ended",
	};
	struct record *facts = notification_begin(stepping);
	char ref[REF_TEXT_SIZE], kind[ACCOUNT_CODE_SIZE];
	struct value answer;

	if (says == ORDER_SAYS_NOTHING)
		return;
	record_put_text(facts, FIELD_REF, ref_print(order->ref, ref), REF_TEXT_SIZE - 1);
	text_put(facts, FIELD_KIND, order_field(order, kind));
	text_put(facts, FIELD_SERVICE, order->service);
	text_put(facts, FIELD_INSTEAD, order->instead);
	if (order->priced) {
		record_put_number(facts, FIELD_PRICE, order->price);
		text_put(facts, FIELD_PERIOD, order->period);
	}
	trial_terms_put(facts, order->own ? stepping->account->terms.trial_price : order->trial_price, order->trial_ends);
	if (says == ORDER_SAYS_DONE && order->trial_until)
		record_put_number(facts, FIELD_TRIAL_UNTIL, order->trial_until);
	record_put_number(facts, FIELD_EFFECTIVE, order->effective);
	text_put(facts, FIELD_REASON, order->reason);
	if (record_get(&stepping->args, ARG_ANSWER, &answer) && answer.is_text)
		record_put_text(facts, ARG_ANSWER, answer.text, answer.len);
	notification_language(stepping, facts);
	notification_add(stepping, names[says], wait_s);
}

/* ---- accepting ---- */

static struct order_asked asked_of(const struct stepping *stepping, int64_t *price, char period[static ACCOUNT_CODE_SIZE])
{
	const struct account *account = stepping->account;
	struct order_asked asked = {
		.service = account->sold ? &account->terms : NULL, .offered = account->offered,
		.account = account->account, .brand = account->brand,
		.replaced = account->has_replaced ? &account->replaced_terms : NULL,
		.excluded = account->excluded_by[0],
		.trial_days = record_number(&stepping->args, FIELD_TRIAL_DAYS, 0),
		.trial_price = record_number(&stepping->args, FIELD_TRIAL_PRICE, 0),
		.day = stepping->day,
	};
	char ends[ACCOUNT_CODE_SIZE];
	struct value value;

	if (record_get(&stepping->args, FIELD_PRICE, &value)) {
		*price = value.is_text ? INT64_MIN : value.number;
		asked.price = price;
	}
	if (record_get(&stepping->args, FIELD_PERIOD, &value)) {
		record_text(&stepping->args, FIELD_PERIOD, period, ACCOUNT_CODE_SIZE);
		asked.period = period;
	}
	if (record_text(&stepping->args, FIELD_TRIAL_ENDS, ends, sizeof(ends)) < sizeof(ends))
		asked.trial_ends = trial_ends_by_name(ends);
	/* A partner names the price only; the terms of a trial are said to the subscriber, who agrees to them (S6). */
	if (stepping->request->kind == REQUEST_PROPOSE) {
		asked.trial_price = account->terms.trial_price;
		asked.trial_ends = account->terms.trial_ends;
	}
	return asked;
}

/* Orders of a subscriber to billing, or to one backend, are delivered one at a time, the oldest first; no backend makes another wait, or
 * billing. Whether one of them that is older than \a id, or, with 0, any, is in flight. */
static bool waits(const struct account *account, int64_t id, const char *backend)
{
	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		const struct account_order *other = &account->in_flight[i];

		if ((!id || other->id < id) && !strcmp(other->backend, backend))
			return true;
	}
	return false;
}

static void accept_order(struct stepping *stepping, struct order *order, struct order_subject *subject, int64_t wait_s)
{
	const bool completed = !stepping->rules->billing && order->kind != ORDER_BACKEND;
	struct order_step made = { .notification = ORDER_SAYS_NOTHING };
	struct record *facts = &stepping->step->response->facts;

	order->accepted_at = stepping->request->now;
	order->due = waits(stepping->account, 0, order->backend) ? ORDER_WAITS : stepping->request->now;
	if (completed) {
		made = order_step(order, BILLING_DONE, subject);
		order->ended_at = stepping->request->now;
	}
	change_add(stepping->step, CHANGE_ORDER_ADD)->order = order;
	consent_add_for(stepping, order);
	subject_write(stepping, order, subject);
	stepping->step->response->result = completed ? RESULT_OK : RESULT_ACCEPTED;
	if (order->service[0])
		record_put_number(facts, FIELD_EFFECTIVE, order->effective);
	if (order->kind == ORDER_ACTIVATE && order->trial_until)
		record_put_number(facts, FIELD_TRIAL_UNTIL, order->trial_until);
	notify(stepping, order, made.notification, wait_s);
}

void order_credit(struct stepping *stepping, struct order *order, bool behind)
{
	const bool completed = !stepping->rules->billing;

	order->state = completed ? ORDER_COMPLETED : ORDER_ACCEPTED;
	order->accepted_at = stepping->request->now;
	order->ended_at = completed ? stepping->request->now : 0;
	order->effective = calendar_date(stepping->day);
	order->due = behind || waits(stepping->account, 0, "") ? ORDER_WAITS : stepping->request->now;
	change_add(stepping->step, CHANGE_ORDER_ADD)->order = order;
}

static const enum result results[ORDER_VERDICTS] = {
	[ORDER_MAY_BE] = RESULT_OK,
	[ORDER_NOT_FOUND] = RESULT_NOT_FOUND,
	[ORDER_ALREADY] = RESULT_DUPLICATE,
	[ORDER_NOT_ALLOWED] = RESULT_REFUSED,
	[ORDER_EXCLUDED] = RESULT_EXCLUDED,
	[ORDER_OTHER_PRICE] = RESULT_CONFLICT,
};

/* False when the request lacks its backend, or what that is sent. */
static bool backend_set(const struct stepping *stepping, struct order *order)
{
	const size_t len = record_text(&stepping->args, ARG_BACKEND, order->backend, sizeof(order->backend));
	struct value sent;

	if (!len || len >= sizeof(order->backend) || !record_get(&stepping->args, ARG_SENT, &sent) || !sent.is_text ||
	    sent.len >= ORDER_SENT_SIZE || memchr(sent.text, '\0', sent.len))
		return false;
	memcpy(stepping->step->sent, sent.text, sent.len);
	stepping->step->sent[sent.len] = '\0';
	order->sent = stepping->step->sent;
	return true;
}

/* Set an order that the request asks for, and check it. */
static enum order_verdict order_check(struct stepping *stepping, struct order *order, struct order_subject *subject)
{
	const struct account *account = stepping->account;
	char period[ACCOUNT_CODE_SIZE];
	int64_t price;
	const struct order_asked asked = asked_of(stepping, &price, period);

	if (order_kind_has_service(order->kind))
		memcpy(order->service, account->service, sizeof(order->service));
	if (order->kind == ORDER_CHANGE)
		memcpy(order->instead, account->instead, sizeof(order->instead));
	if (asked.service) {
		order->priced = true;
		order->price = asked.service->price;
		snprintf(order->period, sizeof(order->period), "%s", asked.service->period);
	}
	*subject = subject_of(stepping, order);
	return order_accept(order, subject, &asked);
}

enum order_verdict order_try(struct stepping *stepping, enum order_kind kind)
{
	struct order order = { .kind = kind };
	struct order_subject subject;

	return order_check(stepping, &order, &subject);
}

/* Our own order is never refused for want of room: housekeeping would wait for it, and with it all other subscribers. */
static bool has_room(const struct stepping *stepping, const struct order *order)
{
	const struct account *account = stepping->account;
	const bool adds = (order->kind == ORDER_ACTIVATE || order->kind == ORDER_CHANGE) &&
			  !subscription_find(stepping->account, order->service);

	return order->own || (account->in_flight_count < ACCOUNT_IN_FLIGHT_MAX &&
			      !(adds && account->subscriptions_count == ACCOUNT_SUBSCRIPTIONS_MAX));
}

/* Check the order and accept it if allowed. Returns whether it was accepted. */
static bool order_ask(struct stepping *stepping, enum order_kind kind, bool own, int64_t wait_s, enum order_verdict *verdict)
{
	struct order *order = &stepping->step->order;
	struct order_subject subject;

	*order = (struct order){ .kind = kind, .own = own, .ref = stepping->request->ref };
	*verdict = ORDER_NOT_ALLOWED;
	if (kind != ORDER_BACKEND || backend_set(stepping, order))
		*verdict = order_check(stepping, order, &subject);
	stepping->step->response->result = results[*verdict];
	if (*verdict == ORDER_EXCLUDED)
		text_put(&stepping->step->response->facts, FIELD_INSTEAD, stepping->account->excluded_by);
	if (*verdict != ORDER_MAY_BE)
		return false;
	if (!has_room(stepping, order)) {
		stepping->step->response->result = RESULT_BUSY;
		return false;
	}
	accept_order(stepping, order, &subject, wait_s);
	return true;
}

bool order_ask_service(struct stepping *stepping, enum order_kind kind, enum order_verdict *verdict)
{
	const bool accepted = order_ask(stepping, kind, false, ANSWER_WAIT_S, verdict);

	services_list(stepping, accepted);
	return accepted;
}

/* A request without a service is not answered: none are loaded, and the list of services would be empty. */
void step_order(struct stepping *stepping)
{
	enum order_verdict verdict;

	if (stepping->account->service[0])
		order_ask_service(stepping, order_kind_of(stepping->request->kind), &verdict);
}

void step_line(struct stepping *stepping)
{
	const enum order_kind kind = order_kind_of(stepping->request->kind);
	enum order_verdict verdict;

	order_ask(stepping, kind, false, ANSWER_WAIT_S, &verdict);
	record_put_text(&stepping->step->response->facts, FIELD_STATUS, stepping->account->status, strlen(stepping->account->status));
}

void step_backend_order(struct stepping *stepping)
{
	enum order_verdict verdict;

	order_ask(stepping, ORDER_BACKEND, false, ANSWER_WAIT_S, &verdict);
}

/* ---- due subscriptions ---- */

static void trial_announce(struct stepping *stepping, const struct subscription *subscription)
{
	const struct account *account = stepping->account;
	struct record *facts = notification_begin(stepping);

	text_put(facts, FIELD_SERVICE, subscription->service);
	record_put_number(facts, FIELD_PRICE, account->terms.price);
	text_put(facts, FIELD_PERIOD, account->terms.period);
	trial_terms_put(facts, account->terms.trial_price, subscription->trial_ends);
	record_put_number(facts, FIELD_TRIAL_UNTIL, subscription->trial_until);
	notification_language(stepping, facts);
	notification_add(stepping, "trial_ending", 0);
}

/* Carry out subscription_task(). The subscription is written in any case, so that it is no longer due. Without a reference number a trial
 * can neither end nor continue, and nothing is done: BUSY. */
void step_subscription_due(struct stepping *stepping)
{
	struct subscription *subscription = subscription_find(stepping->account, stepping->account->service);
	struct account_step *step = stepping->step;
	enum order_verdict verdict;
	enum subscription_task task;

	if (!subscription)
		return;
	step->response->result = RESULT_OK;
	task = subscription_task(subscription, calendar_date(stepping->day));
	switch (task) {
	case SUBSCRIPTION_END_TRIAL:
	case SUBSCRIPTION_GO_ON:
		step->response->result = RESULT_BUSY;
		if (stepping->request->ref)
			services_list(stepping, order_ask(stepping, task == SUBSCRIPTION_GO_ON ? ORDER_ACCEPT_TRIAL : ORDER_DEACTIVATE,
							  true, 0, &verdict));
		return;
	case SUBSCRIPTION_ENDED:
		step->subscription = *subscription;
		subscription_drop(stepping->account, step->subscription.service);
		change_add(step, CHANGE_SUBSCRIPTION_REMOVE)->subscription = &step->subscription;
		services_list(stepping, true);
		return;
	case SUBSCRIPTION_REMIND:
		trial_announce(stepping, subscription);
		/* fall through */
	default:
		change_add(step, CHANGE_SUBSCRIPTION_PUT)->subscription = subscription;
	}
}

/* ---- answers of billing ---- */

/* Change the due time of another order in flight. */
static void reschedule(struct stepping *stepping, const struct account_order *other, int64_t due)
{
	struct order *next = &stepping->step->next[other - stepping->account->in_flight];

	*next = (struct order){ .id = other->id, .due = due, .attempts = other->attempts };
	change_add(stepping->step, CHANGE_ORDER_DUE)->order = next;
}

/* Orders that waited for one that is in flight no longer. */
static void deliver_next(struct stepping *stepping, int64_t ended)
{
	struct account *account = stepping->account;
	unsigned int left = 0;

	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		if (account->in_flight[i].id != ended)
			account->in_flight[left++] = account->in_flight[i];
	}
	account->in_flight_count = left;
	for (unsigned int i = 0; i < left; i++) {
		const struct account_order *other = &account->in_flight[i];

		if (other->due == ORDER_WAITS && !waits(account, other->id, other->backend))
			reschedule(stepping, other, stepping->request->now);
	}
}

static void end(struct stepping *stepping, struct order *order, enum order_event event)
{
	struct order_subject subject = subject_of(stepping, order);
	const struct order_step made = order_step(order, event, &subject);

	order->ended_at = stepping->request->now;
	memcpy(order->reason, stepping->request->outcome.reason, sizeof(order->reason));
	change_add(stepping->step, CHANGE_ORDER_END)->order = order;
	deliver_next(stepping, order->id);
	subject_write(stepping, order, &subject);
	if (order->service[0])
		services_list(stepping, stepping->account->known);
	if (!order_is_credit(order->kind))	/* the decision was announced */
		notify(stepping, order, made.notification, COMPLETED_WAIT_S);
	else if (order->state == ORDER_REFUSED)
		ticket_unpaid(stepping, order);
}

/* The first answer counts (F5). */
void step_order_complete(struct stepping *stepping)
{
	static const enum order_event events[] = {
		[END_DONE] = BILLING_DONE,
		[END_REFUSED] = BILLING_REFUSED,
		[END_DEAD] = ORDER_GIVEN_UP,
		[END_CONFLICT] = BILLING_CONFLICT,
	};
	struct order *order = &stepping->account->order;

	if (!stepping->account->order_known)
		return;
	stepping->step->response->result = order->state == ORDER_ACCEPTED ? RESULT_OK : RESULT_DUPLICATE;
	if (order->state == ORDER_ACCEPTED)
		end(stepping, order, events[stepping->request->outcome.end]);
}

/* ---- an operator's release ---- */

/* It waits for older orders, and newer ones wait for it. */
static void queue_again(struct stepping *stepping, struct order *order)
{
	const struct account *account = stepping->account;

	order->attempts = 0;
	order->due = waits(account, order->id, order->backend) ? ORDER_WAITS : stepping->request->now;
	change_add(stepping->step, CHANGE_ORDER_RELEASE)->order = order;
	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		const struct account_order *other = &account->in_flight[i];

		if (other->id > order->id && other->due != ORDER_WAITS && !strcmp(other->backend, order->backend))
			reschedule(stepping, other, ORDER_WAITS);
	}
}

void step_order_release(struct stepping *stepping)
{
	struct order *order = &stepping->account->order;
	struct response *response = stepping->step->response;
	struct order_subject subject;

	if (!stepping->account->order_known)
		return;
	subject = subject_of(stepping, order);
	switch (order_step(order, ORDER_RELEASED, &subject).answer) {
	case ORDER_CHANGED:
		response->result = RESULT_OK;
		queue_again(stepping, order);
		change_add(stepping->step, CHANGE_NOTIFICATION_WITHDRAW)->withdrawal = (struct withdrawal){
			.kind = "order_dead", .ref = ref_print(order->ref, stepping->step->ref),
		};
		subject_write(stepping, order, &subject);
		if (order->service[0])
			services_list(stepping, stepping->account->known);
		break;
	case ORDER_OBSOLETE:
		response->result = RESULT_CONFLICT;
		break;
	default:
		response->result = RESULT_REFUSED;
	}
}

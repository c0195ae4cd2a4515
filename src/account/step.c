/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* All changes of an account: the function for each request, and the parts of the account it needs. */
#include <stdio.h>
#include <string.h>

#include "account/order.h"
#include "account/step.h"

static void language_set(struct stepping *stepping)
{
	struct account_step *step = stepping->step;
	const size_t len = record_text(&stepping->args, FIELD_LANGUAGE, step->text, sizeof(step->text));

	step->response->result = RESULT_REFUSED;
	if (!len || len >= sizeof(step->text))
		return;
	step->response->result = RESULT_OK;
	record_put_text(&step->response->facts, FIELD_LANGUAGE, step->text, len);
	snprintf(stepping->account->language, sizeof(stepping->account->language), "%s", step->text);
	change_add(step, CHANGE_LANGUAGE)->text = step->text;
}

#define PARTS_SERVICE (ACCOUNT_PART_SERVICES | ACCOUNT_PART_IN_FLIGHT)
#define PARTS_TICKET (ACCOUNT_PART_TICKETS | ACCOUNT_PART_ABSENT)
#define PARTS_STAFF (PARTS_TICKET | ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_CREDITS)

static const struct {
	void (*step)(struct stepping *stepping);
	unsigned int parts;
	bool without;			/* also for an unknown subscriber */
} steps[REQUEST_KIND_COUNT] = {
	[REQUEST_SERVICE_ACTIVATE] = { .step = step_order, .parts = PARTS_SERVICE },
	[REQUEST_SERVICE_DEACTIVATE] = { .step = step_order, .parts = PARTS_SERVICE },
	[REQUEST_TRIAL_ACCEPT] = { .step = step_order, .parts = PARTS_SERVICE },
	[REQUEST_SERVICE_CHANGE] = { .step = step_order, .parts = PARTS_SERVICE },
	[REQUEST_LINE_SUSPEND] = { .step = step_line, .parts = ACCOUNT_PART_IN_FLIGHT },
	[REQUEST_LINE_RESUME] = { .step = step_line, .parts = ACCOUNT_PART_IN_FLIGHT },
	[REQUEST_BACKEND_ORDER] = { .step = step_backend_order, .parts = ACCOUNT_PART_IN_FLIGHT },
	[REQUEST_ORDER_END] = { .step = step_order_complete, .parts = ACCOUNT_PART_ORDER | PARTS_SERVICE | ACCOUNT_PART_TICKETS,
				.without = true },
	[REQUEST_ORDER_RELEASE] = { .step = step_order_release, .parts = ACCOUNT_PART_ORDER | PARTS_SERVICE, .without = true },
	[REQUEST_PASSWORD_RELEASE] = { .step = step_password_release, .parts = ACCOUNT_PART_PASSWORD },
	[REQUEST_ACCOUNT_PURGE] = { .step = step_account_purge, .parts = ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_ABSENT, .without = true },
	[REQUEST_ORDERS_PURGE] = { .step = step_orders_purge, .parts = ACCOUNT_PART_IN_FLIGHT | ACCOUNT_PART_ABSENT, .without = true },
	[REQUEST_PASSWORD_GIVE] = { .step = step_password_give, .parts = ACCOUNT_PART_PASSWORD },
	[REQUEST_SUBSCRIPTION_DUE] = { .step = step_subscription_due, .parts = PARTS_SERVICE },
	[REQUEST_LANGUAGE_SET] = { .step = language_set },
	[REQUEST_PASSWORD_ATTEMPT] = { .step = step_password_attempt, .parts = ACCOUNT_PART_PASSWORD },
	[REQUEST_PASSWORD_SET] = { .step = step_password_set, .parts = ACCOUNT_PART_PASSWORD },
	[REQUEST_CONVERSATION_SAVE] = { .step = step_conversation_save },
	[REQUEST_CONVERSATION_EXPIRE] = { .step = step_conversation_expire, .parts = ACCOUNT_PART_CONVERSATION },
	[REQUEST_CONVERSATION_DUE] = { .step = step_conversation_expire, .parts = ACCOUNT_PART_CONVERSATION },
	[REQUEST_TEXT_SAVE] = { .step = step_text_save },
	[REQUEST_PREFERENCE_SET] = { .step = step_preference_set, .parts = ACCOUNT_PART_PREFERENCES },
	[REQUEST_REMINDER_DUE] = { .step = step_reminder_due,
				   .parts = ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_FACTS | ACCOUNT_PART_FEES },
	[REQUEST_EVENT] = { .step = step_event, .parts = ACCOUNT_PART_EVENT | ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_FEES },
	[REQUEST_PROPOSE] = { .step = step_event,
			      .parts = ACCOUNT_PART_EVENT | ACCOUNT_PART_PREFERENCES | PARTS_SERVICE },
	[REQUEST_TICKET_ACT] = { .step = step_event, .parts = ACCOUNT_PART_EVENT | PARTS_STAFF, .without = true },
	[REQUEST_PROPOSAL_ACCEPT] = { .step = step_proposal_accept, .parts = ACCOUNT_PART_PROPOSAL | PARTS_SERVICE },
	[REQUEST_PROPOSAL_DECLINE] = { .step = step_proposal_decline, .parts = ACCOUNT_PART_PROPOSAL },
	[REQUEST_PROPOSAL_CODE] = { .step = step_proposal_code, .parts = ACCOUNT_PART_PROPOSAL },
	[REQUEST_PROPOSAL_CONFIRM] = { .step = step_proposal_confirm, .parts = ACCOUNT_PART_PROPOSAL | PARTS_SERVICE },
	[REQUEST_TICKET_OPEN] = { .step = step_ticket_open, .parts = PARTS_TICKET, .without = true },
	[REQUEST_TICKET_WRITE] = { .step = step_ticket_subscriber, .parts = PARTS_TICKET, .without = true },
	[REQUEST_TICKET_RESOLVE] = { .step = step_ticket_subscriber, .parts = PARTS_TICKET, .without = true },
	[REQUEST_TICKET_REOPEN] = { .step = step_ticket_subscriber, .parts = PARTS_TICKET, .without = true },
	[REQUEST_TICKET_STAFF] = { .step = step_ticket_staff, .parts = PARTS_STAFF, .without = true },
	[REQUEST_ACCESS] = { .step = step_access },
	[REQUEST_SURVEY_OFFER] = { .step = step_survey_offer, .parts = ACCOUNT_PART_PREFERENCES | ACCOUNT_PART_TICKETS },
	[REQUEST_SURVEY_ANSWER] = { .step = step_survey_answer, .parts = ACCOUNT_PART_PREFERENCES },
	[REQUEST_TICKET_DUE] = { .step = step_ticket_due, .parts = PARTS_TICKET | ACCOUNT_PART_DELIVERY, .without = true },
};

bool account_steps(enum request_kind kind)
{
	return steps[kind].step;
}

unsigned int account_parts(enum request_kind kind)
{
	return steps[kind].parts;
}

bool account_replays(enum request_kind kind)
{
	return request_changes(kind) && kind != REQUEST_PASSWORD_ATTEMPT && kind != REQUEST_PASSWORD_SET &&
	       kind != REQUEST_PROPOSAL_CONFIRM;
}

/* ---- the working set ---- */

void account_begin(struct account *account, const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };

	account->known = account->sold = account->offered = account->has_replaced = account->too_many = false;
	account->order_known = account->has_password = account->unanswered = account->more_in_flight = false;
	account->instead[0] = account->excluded_by[0] = '\0';
	account->account[0] = account->brand[0] = account->status[0] = account->language[0] = '\0';
	account->terms = (struct service){ .code = account->service, .period = "", .excludes = "" };
	account->subscriptions_count = account->in_flight_count = account->preferences_count = 0;
	account->event_known = account->proposal_known = account->ticket_known = false;
	account->tickets_count = 0;
	account->delivery = (struct answer_delivery){ 0 };
	account->credited = 0;
	account->proposal.reply[0] = '\0';
	fees_begin(&account->fees, 0);
	account->facts = (struct record){ .data = account->facts_data, .size = sizeof(account->facts_data) };
	if (record_text(&args, FIELD_SERVICE, account->service, sizeof(account->service)) >= sizeof(account->service))
		account->service[0] = '\0';	/* longer than any code */
	snprintf(account->about, sizeof(account->about), "%s",
		 request->kind == REQUEST_PROPOSE ? request->event.source : account->service);
	if (request->kind == REQUEST_SERVICE_CHANGE &&
	    record_text(&args, FIELD_INSTEAD, account->instead, sizeof(account->instead)) >= sizeof(account->instead))
		account->instead[0] = '\0';
}

bool account_is_number(struct account *account, const struct request *request)
{
	return account_parts(request->kind) & ACCOUNT_PART_ABSENT && msisdn_key(request->subscriber.msisdn, &account->msisdn);
}

bool account_add_in_flight(struct account *account, const struct account_order *order)
{
	const bool room = account->in_flight_count < ACCOUNT_IN_FLIGHT_MAX;

	account->more_in_flight |= !room;
	if (room)
		account->in_flight[account->in_flight_count++] = *order;
	return room;
}

/* Whether both are on the same service, or on the line. */
static bool same_subject(const struct account_order *one, const struct account_order *other)
{
	return order_about_line(one->kind) == order_about_line(other->kind) && !strcmp(one->service, other->service) &&
	       !strcmp(one->instead, other->instead);
}

/* An order on the line is never left out: there is at most one. */
void account_add_unseen(struct account *account, const struct account_order *order)
{
	for (unsigned int i = 0; i < account->in_flight_count; i++) {
		struct account_order *known = &account->in_flight[i];

		if (!same_subject(known, order))
			continue;
		if (known->ended_at && (!order->ended_at || order->ended_at > known->ended_at))
			known->ended_at = order->ended_at;
		return;
	}
	if (!account_add_in_flight(account, order) && order_about_line(order->kind))
		account->in_flight[ACCOUNT_IN_FLIGHT_MAX - 1] = *order;
}

void account_set_order(struct account *account, const struct order *order)
{
	account->order_known = true;
	account->order = *order;
	memcpy(account->service, order->service, sizeof(account->service));
	memcpy(account->instead, order->instead, sizeof(account->instead));
}

int64_t account_ticket(const struct account *account, const struct request *request)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };

	return account->order_known ? account->order.ticket : ticket_number_in(&args);
}

int64_t account_credits_since(const struct request *request)
{
	const int64_t today = calendar_date(day_of(request->now, request->utc_offset));

	return date_day(today / 100 * 100 + 1) * 86400 - request->utc_offset;
}

void account_add_credit(struct account *account, const struct order *order)
{
	if (order->state != ORDER_REFUSED && !order->former_owner)
		account->credited += order->price;
}

bool account_answered_by(const struct request *request, const char *kind, const struct record *facts)
{
	const struct record args = { .data = (uint8_t *)request->args, .len = request->args_len };
	const struct notification_kind *known = notification_kind_find(kind, strlen(kind));

	return known && known->answers && ticket_number_in(facts) == ticket_number_in(&args);
}

/* NULL stays NULL. A text that does not fit is dropped: the limits of menus and imports make all fit. */
static const char *text_copy(struct account *account, size_t *used, const char *text)
{
	const size_t size = text ? strlen(text) + 1 : 0;
	char *at = account->terms_text + *used;

	if (!text || size > sizeof(account->terms_text) - *used)
		return NULL;
	*used += size;
	return memcpy(at, text, size);
}

void account_set_terms(struct account *account, const struct service *terms, bool offered)
{
	size_t used = 0;

	account->sold = true;
	account->offered = offered;
	account->terms = *terms;
	account->terms.code = account->service;
	account->terms.period = text_copy(account, &used, terms->period);
	account->terms.account = text_copy(account, &used, terms->account);
	account->terms.brand = text_copy(account, &used, terms->brand);
	account->terms.excludes = text_copy(account, &used, terms->excludes);
	account->terms.family = account->terms.sender = NULL;
	if (!account->terms.period)
		account->terms.period = "";
	if (!account->terms.excludes)
		account->terms.excludes = "";
}

static void replaced_set(struct account *account, const struct service *terms)
{
	account->has_replaced = true;
	snprintf(account->replaced_period, sizeof(account->replaced_period), "%s", terms->period);
	account->replaced_terms = (struct service){
		.code = account->instead, .period = account->replaced_period, .excludes = "",
		.deactivates_next_period = terms->deactivates_next_period, .trial_price = terms->trial_price,
	};
}

void account_add_subscription(struct account *account, const struct subscription *subscription, const struct service *terms)
{
	const bool named = !strcmp(subscription->service, account->service);
	const bool replaced = account->instead[0] && !strcmp(subscription->service, account->instead);

	if (replaced)
		replaced_set(account, terms);
	else if (account->service[0] && !named && !account->excluded_by[0] && services_exclude(&account->terms, terms))
		memcpy(account->excluded_by, subscription->service, sizeof(account->excluded_by));
	account->too_many |= account->subscriptions_count == ACCOUNT_SUBSCRIPTIONS_MAX;
	if (!account->too_many)
		account->subscriptions[account->subscriptions_count++] = *subscription;
	else if (named || replaced)
		account->subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX - 1 - replaced] = *subscription;
}

void account_alien(const struct account *account, const struct request *request, int64_t other, struct response *response)
{
	response_wipe(response);
	response->result = RESULT_ALIEN;
	response->alien = (struct alien){ .msisdn = account->msisdn, .ref = request->ref, .other = other };
}

void account_wipe(struct account *account)
{
	if (!account->has_password)
		return;
	explicit_bzero(&account->password, sizeof(account->password));
	explicit_bzero(account->id_pieces, sizeof(account->id_pieces));
}

/* ---- the step ---- */

struct change *change_add(struct account_step *step, enum change_kind kind)
{
	struct change *change = &step->changes[step->changes_count++];

	change->kind = kind;
	return change;
}

static struct stepping stepping_begin(struct account *account, const struct request *request, struct account_step *step)
{
	step->changes_count = 0;
	return (struct stepping){
		.staff = "", .account = account, .request = request, .step = step,
		.args = { .data = (uint8_t *)request->args, .len = request->args_len },
		.day = day_of(request->now, request->utc_offset),
	};
}

void account_step(const struct account_rules *rules, struct account *account, const struct request *request, struct account_step *step)
{
	struct stepping stepping = stepping_begin(account, request, step);

	if (!account->known && !steps[request->kind].without)
		return;
	stepping.rules = rules;
	steps[request->kind].step(&stepping);
	if (account->known)
		conversation_answer(&stepping);
}

void account_replay(struct account *account, const struct request *request, struct account_step *step)
{
	struct stepping stepping = stepping_begin(account, request, step);

	conversation_answer(&stepping);
}

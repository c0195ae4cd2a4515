/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the files that decide requests. */
#pragma once

#include "starhash/account.h"
#include "starhash/calendar.h"

struct credit {
	int64_t amount;				/* minor units */
	char form[CREDIT_FORM_SIZE], equal[CREDIT_FORM_SIZE];	/* equal "": none */
};

struct stepping {
	const struct account_rules *rules;
	struct account *account;
	const struct request *request;
	struct record args;			/* the request's */
	const char *staff;			/* who brings an event of a ticket; "": not staff */
	struct credit credit;			/* that they decide about */
	const char *shown;			/* what the subscriber agreed to; NULL: ARG_SHOWN */
	int64_t day;				/* today, as day_of() counts */
	unsigned int preferences_count;		/* used of the step's */
	struct account_step *step;
};

/* Append a change, to be filled in. */
struct change *change_add(struct account_step *step, enum change_kind kind);

/* ---- order_request.c ---- */

void step_order(struct stepping *stepping);		/* REQUEST_SERVICE_ACTIVATE, _DEACTIVATE, _CHANGE, REQUEST_TRIAL_ACCEPT */

/* Whether an order on the request's service would be accepted. Changes nothing. */
enum order_verdict order_try(struct stepping *stepping, enum order_kind kind);

/* Accept an order on the request's service if it is allowed, and answer. False with ORDER_MAY_BE: not now. */
bool order_ask_service(struct stepping *stepping, enum order_kind kind, enum order_verdict *verdict);

/* Put a credit in flight; its kind, ref, price, form and ticket are set. \a behind: another one, in the same step, is delivered first. */
void order_credit(struct stepping *stepping, struct order *order, bool behind);

void step_line(struct stepping *stepping);		/* REQUEST_LINE_SUSPEND, _RESUME */
void step_backend_order(struct stepping *stepping);	/* REQUEST_BACKEND_ORDER */
void step_order_complete(struct stepping *stepping);		/* REQUEST_ORDER_END */
void step_order_release(struct stepping *stepping);		/* REQUEST_ORDER_RELEASE */
void step_subscription_due(struct stepping *stepping);	/* REQUEST_SUBSCRIPTION_DUE */

/* ---- password_request.c ---- */

void step_password_attempt(struct stepping *stepping);
void step_password_set(struct stepping *stepping);
void step_password_release(struct stepping *stepping);
void step_password_give(struct stepping *stepping);

/* ---- conversation.c ---- */

void step_conversation_save(struct stepping *stepping);	/* REQUEST_CONVERSATION_SAVE */
void step_conversation_expire(struct stepping *stepping);	/* REQUEST_CONVERSATION_EXPIRE, _DUE */
void step_text_save(struct stepping *stepping);		/* REQUEST_TEXT_SAVE */

/* A change that answers a conversation ends it: the digest of the answered input replaces it. */
void conversation_answer(struct stepping *stepping);

/* ---- purge.c ---- */

/* The number gets another owner, who must not see what this one chose and wrote. */
void owner_leaves(struct account_step *step);

/* Remove everything but the number. */
void clear_add(struct account_step *step, struct account *account);

void step_account_purge(struct stepping *stepping);	/* REQUEST_ACCOUNT_PURGE */
void step_orders_purge(struct stepping *stepping);	/* REQUEST_ORDERS_PURGE */

/* ---- consent.c ---- */

/* Record consent to the text that was shown; without such a text there is none. */
void consent_add_for(struct stepping *stepping, const struct order *order);

/* Billing reports that a trial continues as a paid service. Billing itself must store the evidence of that consent. */
void consent_add_by_billing(struct account_step *step, int64_t msisdn, int64_t now, const char *service, struct consent *room);

/* ---- subscriptions.c ---- */

/* Whether an order is about \a service, as the one ordered or the one replaced. */
bool in_flight_about(const struct account_order *order, const char *service);

/* NULL when not subscribed. */
struct subscription *subscription_find(struct account *account, const char *service);

/* Replace the subscription to the same service, or insert it; sets account->too_many when the list is full. */
void subscription_put(struct account *account, const struct subscription *subscription);
void subscription_drop(struct account *account, const char *service);

/* The codes of all subscribed services, separated by blanks. */
void services_join(const struct account *account, char out[static ACCOUNT_SERVICES_SIZE]);

/* ---- preference.c ---- */

void step_preference_set(struct stepping *stepping);	/* REQUEST_PREFERENCE_SET */

/* Whether the subscriber gets messages of that kind. \a preference NULL: none stored. */
bool preference_wants(const struct notification_kind *kind, const struct preference *preference);
int64_t preference_threshold(const struct preference *preference, const struct message_rules *rules);

/* NULL: none stored. \a about: "", or a service. */
const struct preference *preference_find(const struct account *account, const struct notification_kind *kind, const char *about);

/* Store the preference, which the caller changes; at most three in a step. */
struct preference *preference_put(struct stepping *stepping, const struct notification_kind *kind, const char *about);

/* The kind that the request names; NULL: none. */
const struct notification_kind *notification_asked(const struct stepping *stepping);

/* ---- reminder.c ---- */

void step_reminder_due(struct stepping *stepping);	/* REQUEST_REMINDER_DUE */

/* The beginning of a day, yyyymmdd, seconds since 1970. */
int64_t day_begins(const struct stepping *stepping, int64_t date);

/* A message must be sent before that day begins, and is of no use once it is over. */
void reminder_deadline(const struct stepping *stepping, struct notification *notification, int64_t date);

/* Rows and sums for a message about information fees. */
void message_add_fees(struct record *facts, const struct fees *fees);

/* ---- event.c ---- */

void step_event(struct stepping *stepping);		/* REQUEST_EVENT, _PROPOSE, _TICKET_ACT */

/* ---- proposal.c ---- */

/* Prepare the step's proposal of the request's service. Returns why the subscriber is not to be asked, as a word; NULL: they are. */
const char *proposal_begin(struct stepping *stepping, const struct notification_kind *message);

/* Why nobody can order the request's service, as a word; NULL: it can be ordered. */
const char *proposal_refusal(struct stepping *stepping);

/* The service that the request names, with what it costs. */
void proposal_terms_put(const struct stepping *stepping, struct record *record);

void step_proposal_accept(struct stepping *stepping);	/* REQUEST_PROPOSAL_ACCEPT */
void step_proposal_decline(struct stepping *stepping);	/* REQUEST_PROPOSAL_DECLINE */
void step_proposal_code(struct stepping *stepping);	/* REQUEST_PROPOSAL_CODE */
void step_proposal_confirm(struct stepping *stepping);	/* REQUEST_PROPOSAL_CONFIRM */

/* ---- ticket.c ---- */

void step_ticket_open(struct stepping *stepping);	/* REQUEST_TICKET_OPEN */
void step_ticket_subscriber(struct stepping *stepping);	/* REQUEST_TICKET_WRITE, _RESOLVE, _REOPEN */
void step_ticket_staff(struct stepping *stepping);	/* REQUEST_TICKET_STAFF */
void step_ticket_due(struct stepping *stepping);	/* REQUEST_TICKET_DUE */

void step_access(struct stepping *stepping);		/* REQUEST_ACCESS */

/* stepping->staff does something with the ticket that the request names; sets the result. */
void ticket_act(struct stepping *stepping, enum ticket_event event);

/* Add the message \a kind of \a facts to the subscriber. An answer is due by the promised time, whatever the hour. */
void ticket_notify(struct stepping *stepping, struct record *facts, const char *kind, int64_t owed_by);

/* Billing has refused the order, a credit. */
void ticket_unpaid(struct stepping *stepping, const struct order *order);

/* Put the ticket's number and kind. */
void ticket_put(const struct ticket *ticket, struct record *record);

/* ---- survey.c ---- */

void step_survey_offer(struct stepping *stepping);	/* REQUEST_SURVEY_OFFER */
void step_survey_answer(struct stepping *stepping);	/* REQUEST_SURVEY_ANSWER */

/* ---- credit.c ---- */

/* The terms of stepping->credit, for the history. */
void credit_terms(const struct stepping *stepping, char out[static TICKET_TERMS_SIZE]);

/* The order, a credit, was not carried out: staff may grant it again. */
void credit_take_back(struct ticket *ticket, const struct order *order);

/* Nothing awaits a second member of staff any more. */
void credit_forget(struct ticket *ticket);

/* Staff grant or decline a dispute, or grant a credit beside it: orders, and the message about it. False, and the result: not done.
 * *\a event becomes TICKET_PROPOSE when a second member of staff is needed. */
bool credit_decide(struct stepping *stepping, struct ticket *ticket, enum ticket_event *event);

/* ---- notification.c ---- */

void notification_language(const struct stepping *stepping, struct record *facts);

/* Begin an empty notification, to be filled in and then added. */
struct record *notification_begin(struct stepping *stepping);

/* To be sent after \a wait_s seconds. */
struct notification *notification_add(struct stepping *stepping, const char *kind, int64_t wait_s);

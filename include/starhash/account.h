/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One subscriber's account: plain data and every rule about it. Needs libc only: no I/O, no clock, no log, no allocation.
 *
 * A store loads the data of one account, a function here decides the changes, and the store writes them in the same transaction. No
 * store decides anything by itself, so all stores decide alike. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/catalogue.h"
#include "starhash/consent.h"
#include "starhash/notification.h"
#include "starhash/request.h"
#include "starhash/stored.h"
#include "starhash/ticket.h"

#define ACCOUNT_CODE_SIZE 32		/* languages, states, periods, account types; with the zero */
#define ACCOUNT_OWNER_SIZE 136		/* billing and imports deliver at most 128 octets */

/* ---- the service password: attempts, locks, changes (S4, F23, F34; src/account/password.c) ---- */

#define PASSWORD_LOCKS_MAX 16
#define LOCKED_FOR_GOOD INT64_MAX	/* until an operator unlocks it */

struct password_rules {
	unsigned int attempts_max;		/* wrong attempts in a row that lock */
	int64_t lock_s[PASSWORD_LOCKS_MAX];	/* duration of the first lock, the second … */
	unsigned int locks;			/* entries used; any further lock lasts for good */
};

/* Attempts are counted before the password is compared, so that a crash in between yields no free attempt. */
struct password_lock {
	int64_t attempts;		/* since the last correct password or the last lock */
	int64_t locks;			/* since the last correct password */
	int64_t until;			/* seconds since 1970; 0: not locked */
};

struct password {
	struct password_lock lock[PASSWORD_LINKS];
	bool temporary;				/* given by an operator: must be changed before it can be used */
	char hash[PASSWORD_HASH_SIZE];		/* "": none; only an operator can give one */
	char past[PASSWORD_PAST_SIZE];		/* hashes of former passwords, separated by blanks, newest first */
};

enum password_event {
	PASSWORD_ATTEMPTED,		/* before the hash is compared */
	PASSWORD_RIGHT,			/* the password typed matches the hash that was read */
	PASSWORD_CHANGED,		/* the same, and a new password replaces it */
	PASSWORD_REHASHED,		/* the same, and the password is rehashed under another key */
	PASSWORD_RELEASED,		/* by an operator */
	PASSWORD_GIVEN,			/* a temporary password from an operator */
	PASSWORD_EVENTS
};

struct password_input {
	enum password_event event;
	enum password_link link;
	const char *compared;		/* RIGHT, CHANGED, REHASHED: the hash that matched */
	const char *fresh;		/* CHANGED, REHASHED, GIVEN: the new hash */
	int64_t now;			/* seconds since 1970 */
};

enum password_answer {
	PASSWORD_DONE,			/* ATTEMPTED: go on and compare */
	PASSWORD_LOCKED,		/* do not compare */
	PASSWORD_OUTDATED,		/* the hash has changed meanwhile: nothing was done */
};

enum password_notification {
	PASSWORD_SAYS_NOTHING,
	PASSWORD_SAYS_LOCKED,		/* delayed: the attempt that locks in advance may turn out correct, which withdraws it */
	PASSWORD_SAYS_CHANGED,		/* at once: somebody else may have the phone */
};

/* What the store must do besides writing the password. With OUTDATED it need not write it. */
struct password_step {
	enum password_answer answer;
	int64_t left;			/* ATTEMPTED and DONE: further attempts before the lock; 0: this one locked in advance */
	int64_t locked_until;		/* 0: not locked; LOCKED_FOR_GOOD */
	enum password_notification notification;
	bool withdraw_locked;		/* the notification of the lock no longer holds */
};

/* Apply an event to \a password. Every event is defined in every state: see the table in password.c. */
struct password_step password_step(const struct password_rules *rules, struct password *password,
				   const struct password_input *input);

/* ---- password strength (S4; src/account/password_strength.c) ---- */

#define PASSWORD_DIGITS 6

/* Whether \a fresh must be refused: not six digits, a run (123456, 654321), a repeat (111111, 121212, 123123), the old password, or
 * part of the phone number, forwards or backwards. \a old and \a msisdn may be "". */
bool password_weak(const char *fresh, const char *old, const char *msisdn);

/* Nor may it be part of the identity number, forwards or backwards, or the birthday in a Chinese identity number, in any usual
 * order of day, month and year. The number itself is not stored, only keyed hashes of its pieces: a letter for the type of piece,
 * and six digits. */
#define PASSWORD_PIECE_SIZE (1 + PASSWORD_DIGITS + 1)
#define PASSWORD_PIECES_MAX 64		/* the end of longer numbers is left out */
#define PASSWORD_AS_PIECES 3

/* Returns the number of pieces. */
unsigned int password_id_pieces(const char *id_number, char pieces[static PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE]);

/* The pieces that a six-digit password would equal: refuse it when the identity number has one of them. */
void password_as_pieces(const char *fresh, char pieces[static PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE]);

/* ---- orders and subscriptions: the life of an accepted order (S3, S7, S11, F4; src/account/order.c) ---- */

enum subscription_state {
	SUBSCRIPTION_ACTIVE,
	SUBSCRIPTION_TRIAL,
	SUBSCRIPTION_ACTIVATING,	/* an order to activate it, or to continue after a trial, is in flight */
	SUBSCRIPTION_DEACTIVATING,	/* an order to deactivate it is in flight; or, with until set, it is running out */
};

struct subscription {
	char service[SERVICE_CODE_MAX + 1];
	enum subscription_state state;
	int64_t since;			/* first day, yyyymmdd, here and below */
	int64_t trial_until;		/* last day of the trial; 0: no trial */
	int64_t until;			/* last day; 0: open-ended */
	bool reminded;			/* the end of the trial was announced */
	enum trial_ends trial_ends;	/* as agreed */
};

enum order_kind {
	ORDER_ACTIVATE,
	ORDER_DEACTIVATE,
	ORDER_ACCEPT_TRIAL,		/* continue as a paid service when the trial ends */
	ORDER_SUSPEND,			/* the line */
	ORDER_RESUME,
	ORDER_CHANGE,			/* activate one service in place of another */
	ORDER_BACKEND,			/* sent to a backend; changes nothing in the account */
	ORDER_REFUND,			/* S16: staff give money back; so does the next, which changes nothing here either */
	ORDER_COMPENSATION,
	ORDER_KINDS
};

enum order_state {
	ORDER_ACCEPTED,			/* in flight: billing has not answered */
	ORDER_COMPLETED,
	ORDER_REFUSED,
	ORDER_DEAD,			/* could not be delivered: waits for an operator */
	ORDER_STATES
};

struct order {
	enum order_kind kind;
	enum order_state state;
	bool own;			/* created by us at the end of a trial, not by the subscriber */
	bool former_owner;		/* the number now belongs to somebody else */
	char service[SERVICE_CODE_MAX + 1];	/* "" when the order is not about a service */
	char instead[SERVICE_CODE_MAX + 1];	/* ORDER_CHANGE: the service to replace */
	char backend[BACKEND_NAME_SIZE];	/* ORDER_BACKEND: its name; else "" */
	const char *sent;		/* with CHANGE_ORDER_ADD: what the backend is sent, in the request; else NULL */
	int64_t effective;		/* first day on which it takes effect, yyyymmdd, as below */
	int64_t trial_until;		/* ORDER_ACTIVATE: last day of the agreed trial; 0: none */
	int64_t trial_price;		/* price of the whole trial, minor units; 0: free */
	enum trial_ends trial_ends;
	char form[CREDIT_FORM_SIZE];	/* of a credit: credit, voucher, bill, cash; else "" */
	int64_t ticket;			/* of a credit: number of its ticket; else 0 */
	int64_t id;			/* assigned by the store; 0 before it is written */
	uint64_t ref;			/* reference number */
	bool priced;			/* price and period are set */
	int64_t price;			/* minor units, for one period; of a credit: its amount */
	char period[ACCOUNT_CODE_SIZE];
	char reason[ORDER_REASON_SIZE];	/* why it ended, from billing; "": none */
	int64_t accepted_at, ended_at;	/* seconds since 1970; 0: not yet */
	int64_t due;			/* next delivery, seconds since 1970; ORDER_WAITS: not while an earlier one to billing, or to
					 * this backend, is in flight */
	int64_t attempts;		/* deliveries tried */
};

#define ORDER_WAITS INT64_MAX

/* Our own reasons for dead orders: the number has another owner; a snapshot left the subscriber out, and the order waits for them
 * to return. */
#define ORDER_REASON_OTHER_OWNER "other_owner"
#define ORDER_REASON_VANISHED "vanished"

/* The kind of order that a request creates, and the reverse; ORDER_KINDS for a request that is not an order. */
enum order_kind order_kind_of(enum request_kind kind);
enum request_kind order_request_kind(enum order_kind kind);

/* By the name of its request; ORDER_KINDS for any other word. */
enum order_kind order_kind_by_name(const char *name);

/* The value of FIELD_KIND: the name of the backend, or of the request with underscores. */
const char *order_field(const struct order *order, char out[static ACCOUNT_CODE_SIZE]);

/* The service or the backend that it is about; "": neither. */
const char *order_subject_name(const struct order *order);

/* "accepted", "completed" …, as stored, listed and shown; ORDER_STATES for any other word. */
const char *order_state_name(enum order_state state);
enum order_state order_state_by_name(const char *name);

/* "active", "trial" …; SUBSCRIPTION_ACTIVE for any other word. */
const char *subscription_state_name(enum subscription_state state);
enum subscription_state subscription_state_by_name(const char *name);

/* Whether a turn may wait for the end of a new order: not for a second one to a backend that has not answered the first. */
bool order_is_awaited(const struct order *order);

enum order_event {
	BILLING_DONE,			/* here and below, of an order to a backend: by the backend */
	BILLING_REFUSED,
	BILLING_CONFLICT,		/* billing has another order under this reference: the fate of this one is unknown */
	ORDER_GIVEN_UP,			/* billing has not answered for too long */
	ORDER_RELEASED,			/* by an operator: to be delivered again */
	ORDER_EVENTS
};

enum order_answer {
	ORDER_CHANGED,			/* write the order and the subject */
	ORDER_ENDED,			/* it has ended already, and the first end counts: nothing was done */
	ORDER_IN_FLIGHT,		/* it is already waiting for billing: nothing was done */
	ORDER_FORMER,			/* orders of a former owner are not delivered: nothing was done */
	ORDER_OBSOLETE,			/* the account has changed, or another order on the same subject is in flight: nothing was done */
};

enum order_notification {
	ORDER_SAYS_NOTHING,		/* our own order at the end of a trial could not be delivered: it is ordered again */
	ORDER_SAYS_DONE,
	ORDER_SAYS_REFUSED,
	ORDER_SAYS_DEAD,
	ORDER_SAYS_TRIAL_ENDED,
};

/* The subject of the order as stored; changed by the step. */
struct order_subject {
	bool subscribed;		/* the subscription exists; after the step: write it if true, remove it if false */
	struct subscription subscription;
	bool replaced_subscribed;	/* the same for the service that ORDER_CHANGE replaces */
	struct subscription replaced;
	bool suspended;			/* the line */
	bool absent;			/* the subscriber is gone, but the order remains */
	bool others;			/* another order on one of these services, or on the line, is in flight */
	int64_t today;			/* yyyymmdd */
};

struct order_step {
	enum order_answer answer;
	enum order_notification notification;
};

/* Every event is defined in every state: see the table in order.c. */
struct order_step order_step(struct order *order, enum order_event event, struct order_subject *subject);

/* ---- accepting orders (S3, S7, S11, S18; src/account/order_accept.c) ---- */

struct order_asked {
	const struct service *service;	/* its terms; NULL: no service has that code, or the order is not about a service */
	bool offered;			/* it has not been withdrawn from sale */
	const char *account, *brand;	/* the subscriber's: prepaid, postpaid */
	const struct service *replaced;	/* terms of the service that ORDER_CHANGE replaces; NULL: not subscribed */
	bool excluded;			/* another subscribed service, which stays, rules it out: services_exclude() */
	const int64_t *price;		/* the price the subscriber was shown; NULL: none */
	int64_t trial_days;		/* as shown, where price is set; 0: none were */
	int64_t trial_price;		/* the same, for the trial; 0: free of charge */
	enum trial_ends trial_ends;	/* the same */
	const char *period;		/* the same */
	int64_t day;			/* today, as day_of() counts */
};

enum order_verdict {
	ORDER_MAY_BE,			/* the order has its dates, and the subscription is activating or deactivating */
	ORDER_NOT_FOUND,		/* no such service for sale, no such subscription, no trial */
	ORDER_ALREADY,			/* already so, or an order on it is in flight */
	ORDER_NOT_ALLOWED,		/* not for this account type or brand, or not while the line is suspended */
	ORDER_EXCLUDED,
	ORDER_OTHER_PRICE,		/* not the price that was shown */
	ORDER_VERDICTS
};

/* Whether \a order may be accepted; its kind, service and own are set. Changes order and subject only with ORDER_MAY_BE.
 * \a subject->others: another order on the line is in flight, or deletion of data was requested recently. */
enum order_verdict order_accept(struct order *order, struct order_subject *subject, const struct order_asked *asked);

/* Whether the service is sold to this account type and brand. */
bool service_is_for(const struct service *service, const char *account, const char *brand);

/* The first day of service, yyyymmdd, when ordered on \a day, as day_of() counts. */
int64_t service_begins(const struct service *service, int64_t day);

/* Whether two services exclude each other: one of them names the other. */
bool services_exclude(const struct service *one, const struct service *other);

/* Whether a subscription is paid or on trial, with no change in flight and no end set. */
bool subscription_is_stable(const struct subscription *subscription);

/* The first day, yyyymmdd, of a service that replaces another: until then the other one continues. */
int64_t change_begins(const struct service *service, const struct subscription *replaced, const struct service *replaced_terms,
		      int64_t day);

/* ---- due dates of subscriptions (S7; src/account/trial.c) ---- */

enum subscription_task {
	SUBSCRIPTION_NOTHING,		/* yet */
	SUBSCRIPTION_REMIND,		/* announce the end of the trial; the subscription is marked as reminded */
	SUBSCRIPTION_END_TRIAL,		/* order its end */
	SUBSCRIPTION_GO_ON,		/* order that it continues after its trial */
	SUBSCRIPTION_ENDED,		/* its last day has passed: remove it */
};

/* The task due on \a today, yyyymmdd. */
enum subscription_task subscription_task(struct subscription *subscription, int64_t today);

/* The next day on which a task is due, yyyymmdd; 0: none. */
int64_t subscription_due(const struct subscription *subscription);

/* The state shown to people: a subscription before its first day is activating. */
enum subscription_state subscription_shown(const struct subscription *subscription, int64_t today);

/* ---- merging updates from billing or an import (F15, F16, F27; src/account/merge.c) ---- */

#define ACCOUNT_AHEAD_S 86400	/* how far in the future an update may be dated: clocks and time zones differ */

/* The part of a stored account, or of an update, that decides which of the two wins. */
struct account_head {
	const char *owner;		/* billing's customer number; NULL: unknown */
	int64_t as_of[ACCOUNT_KINDS];	/* seconds since 1970 */
};

/* Whether both owners are known and differ. */
bool owners_differ(const struct account_head *one, const struct account_head *other);

enum merge_verdict {
	MERGE_KEEP,			/* the stored data are newer */
	MERGE_TAKE,
	MERGE_REFUSE,			/* dated in the future: nothing could replace it until then */
};

struct merge {
	enum merge_verdict kinds[ACCOUNT_KINDS];
	bool other_owner;		/* the number has another owner: nothing of the former one may stay */
};

/* \a stored: NULL when the number is not known. \a force: older data may overwrite newer data. */
struct merge account_merge(const struct account_head *stored, const struct account_head *update, int64_t now, bool force);

/* Whether an order shields its subject from an update as of \a as_of: it is in flight, or ended at that time or later, so that
 * billing could not know of it. */
bool order_shields(bool in_flight, int64_t ended, int64_t as_of);

enum subscription_verdict {
	SUBSCRIPTION_KEEP,		/* leave it as it is, stored or not */
	SUBSCRIPTION_WRITE,
	SUBSCRIPTION_REMOVE,
};

/* A subscription as billing reports it: active, on trial, or ending. */
struct subscription subscription_of(const struct stored_subscription *stored);

/* Merge one subscription with an update as of \a as_of. NULL: not stored, or not in the update. \a merged is filled with
 * SUBSCRIPTION_WRITE. */
enum subscription_verdict subscription_merge(const struct subscription *stored, const struct subscription *update, bool shielded,
					     int64_t as_of, struct subscription *merged);

/* ---- retention of records (src/account/retention.c) ---- */

enum retention {
	RETENTION_CONSENTS,
	RETENTION_ORDERS,		/* orders that have ended */
	RETENTION_NOTIFICATIONS,	/* how long delivery may be tried */
	RETENTION_REPLAYS,		/* answers to repeated reference numbers */
	RETENTION_VANISHED,		/* passwords and orders of subscribers left out of a snapshot */
	RETENTION_TICKETS,		/* tickets that were closed, or, if no answer is owed, that nobody has touched since; bars that
					 * have ended */
	RETENTION_MESSAGES,		/* messages that were sent, and events: a repeated event is recognised for so long */
	RETENTION_KINDS
};

/* "consents", "orders" …: for settings and stores. */
const char *retention_name(enum retention kind);

/* Default retention in days. */
int64_t retention_days(enum retention kind);

struct account_rules;

/* How many of \a count records with a retention of \a days may be deleted in one day: if a clock or a setting is wrong, operators
 * have days to notice before much is lost. */
int64_t retention_allowed(int64_t count, int64_t days);

/* Until when a message that ended now stays listed, seconds since 1970. */
int64_t message_stays_until(const struct account_rules *rules, int64_t now);

/* Whether \a days, where the retention was \a before, is so much shorter that an operator must confirm it. */
bool retention_shortened(int64_t before, int64_t days);

/* ---- messages: what subscribers choose, and what their data call for (S5, S8, S9; src/account/preference.c, reminder.c) ---- */

#define PREFERENCES_MAX 16

/* A subscriber and one kind of message. Outlives the account data that billing replaces. */
struct preference {
	const struct notification_kind *kind;
	char about[EVENT_SOURCE_SIZE];		/* "", or what \a last is about: a service; of proposals, their source */
	enum preference_choice {
		PREFERENCE_DEFAULT,		/* the subscriber has not chosen */
		PREFERENCE_ON,
		PREFERENCE_OFF,
	} choice;
	int64_t threshold;			/* minor units; THRESHOLD_OPERATORS: the operator's default */
	int64_t since;				/* information_fees: the first month, yyyymm; of proposals: how many on the day \a last; of
						 * surveys: 1 once the last one is answered */
	int64_t last;				/* subject of the newest message: yyyymm, yyyymmdd or 1; 0: none, or armed again */
	int64_t after;				/* seconds since 1970: data and events from before are obsolete, as after a payment */
};

#define THRESHOLD_OPERATORS INT64_MIN

/* "", "on", "off": as stored and shown. */
const char *preference_choice_name(enum preference_choice choice);
enum preference_choice preference_choice_by_name(const char *name);	/* PREFERENCE_DEFAULT for any other word */

struct message_rules {
	int64_t low_balance;			/* minor units: a prepaid balance below it is announced; 0: none */
	int64_t fees_day;			/* of the month: from then on the last month's information fees are announced; 11 */
	int64_t remind_days;			/* before a validity or the time to pay ends: 2, so that it is at least 24 hours */
	int64_t order_answer_s;			/* S6: longest time that a partner may give a subscriber to answer */
	int64_t survey_percent;			/* S17: how many of the dialogs that could end with a survey do so; 0: none */
	int64_t survey_pause_days;		/* how long a subscriber who was asked is not asked again */
	bool purchase_of_service;		/* the first purchase of each service is announced on a day; else the first of all */
	int64_t expires_s[NOTIFICATION_KINDS_MAX];	/* how long a message of that kind is tried; 0: for RETENTION_NOTIFICATIONS */
};

/* The rules as words, from the daemon for starhash-data. message_rules_read() changes those that are named, and returns whether all are
 * valid. */
#define MESSAGE_RULES_SIZE 2048
void message_rules_print(const struct message_rules *rules, char out[static MESSAGE_RULES_SIZE]);
bool message_rules_read(struct message_rules *rules, const char *text);

/* The account data that reminders depend on. */
struct reminded {
	const struct message_rules *rules;
	const struct record *facts;		/* the profile: FIELD_OF_ACCOUNT */
	const struct preference *preference;	/* for this kind; NULL: none stored */
	int64_t day;				/* today, as day_of() counts */
};

/* Whether the data call for REQUEST_REMINDER_DUE of that kind: a message is due, or armed again. Sets *\a subject, as in struct
 * preference; 0: armed again. False for kinds that do not follow from data. */
bool reminder_due(const struct notification_kind *kind, const struct reminded *reminded, int64_t *subject);

/* Whether a message that waited still holds: it is not sent when the subscriber has paid meanwhile. \a message: its facts. Data older
 * than those of the message say nothing about it. */
bool notification_holds(const struct notification_kind *kind, const struct record *message, const struct record *facts);

/* The rows of REQUEST_PREFERENCES_MINE. */
void view_preferences(const struct preference *preferences, unsigned int count, const struct message_rules *rules, struct rows *rows);

/* ---- surveys: how satisfied subscribers are (S17; src/account/survey.c) ---- */

#define SURVEY_ABOUT_SIZE 64		/* longer names are cut */
#define SURVEY_SCORES 5
#define SURVEY_SATISFIED 4		/* from this score on a subscriber counts as satisfied */

/* How often one answer was given on a day. Nothing tells by whom. */
struct survey {
	int64_t day;				/* yyyymmdd */
	char about[SURVEY_ABOUT_SIZE];		/* the page after which it was asked */
	char channel[CHANNEL_NAME_SIZE];
	int64_t score;				/* 1, not at all satisfied, to SURVEY_SCORES; 0: how often it was asked */
	int64_t count;
};

/* ---- information fees: what content providers charge for, by service (S5; src/account/fees.c) ---- */

#define FEES_MAX 32
#define FEES_INFORMATION "information"	/* FEE_CLASS */

struct fees {
	int64_t month;				/* yyyymm; 0: the bill is not stored, or not final */
	unsigned int count;
	struct fee {
		char service[SERVICE_CODE_MAX + 1];	/* "": not of a service; the rest, if there are too many */
		int64_t amount;			/* minor units */
	} fees[FEES_MAX];
};

void fees_begin(struct fees *fees, int64_t month);

/* Add a line of the bill; one of another class adds nothing. Texts may be NULL. */
void fees_add_line(struct fees *fees, const char *fee_class, const char *service, int64_t amount);

/* Facts MONTH and TOTAL, and a row for each service with SERVICE and AMOUNT. */
void fees_put(const struct fees *fees, struct record *facts, struct rows *rows);
int64_t fees_total(const struct fees *fees);

/* ---- events from the operator's systems (S5, S8, S9; src/account/event.c) ---- */

#define EVENT_FIELDS_MAX 8

struct happening;

/* What a kind of event is, besides a report: REQUEST_PROPOSE or REQUEST_TICKET_ACT, on a path of the door and with a right of its own. */
enum event_proposes {
	PROPOSES_NOTHING,		/* REQUEST_EVENT */
	PROPOSES_ORDER,			/* the subscriber is asked, and answers by the menu */
	PROPOSES_CODE,			/* the subscriber is sent a one-time code, and enters it where the order was begun; ARG_SHOWN: what
					 * was shown there */
	PROPOSES_PAGE,			/* the subscriber is sent a page: ARG_PAGE */
	PROPOSES_ACT,			/* staff do something with a ticket; ARG_SECOND: a second reference number */
};

struct account_event_kind {
	const char *name;
	uint16_t needs[EVENT_FIELDS_MAX], may[EVENT_FIELDS_MAX];	/* its fields, each list ended by FIELD_NONE */
	bool rows;			/* it may bring rows: SERVICE and AMOUNT of each */
	enum event_proposes proposes;
	const char *notification;	/* the kind of message that it can cause; NULL: none */
	const char *(*decide)(struct happening *happening);	/* what is done, as a word; private to event.c */
};

extern const struct account_event_kind account_event_kinds[];
extern const unsigned int account_event_kinds_count;

/* NULL when there is no such kind. */
const struct account_event_kind *account_event_kind_find(const char *name);

/* The kind of request by which such events come. */
enum request_kind account_event_request(enum event_proposes proposes);

/* ---- proposals: orders that a partner or a web shop asks for, and only the subscriber makes (S6; src/account/proposal.c) ---- */

/* How far ahead the end of the time for an answer may be. */
int64_t proposal_answer_max(const struct message_rules *rules, bool code);

#define PROPOSAL_TERMS_SIZE 192		/* a record of SERVICE, PRICE, PERIOD and the terms of the trial */
#define PROPOSAL_SHOWN_SIZE 1024
#define PROPOSAL_TRIES 3		/* wrong codes that end it */

struct proposal {
	const struct event_request *event;	/* that it came by; NULL when loaded */
	char number[REF_TEXT_SIZE];		/* as ref_print() */
	int64_t msisdn;
	int64_t until;				/* too late from then on, seconds since 1970 */
	char reply[ACCOUNT_WORD_SIZE];		/* how it ended, a word of proposal.c; "": not answered */
	uint64_t order;				/* reference number of its order; 0: none */
	char service[SERVICE_CODE_MAX + 1];
	uint16_t terms_len;
	uint8_t terms[PROPOSAL_TERMS_SIZE];	/* as they were proposed, for its source; no rule reads them back */
	char shown[PROPOSAL_SHOWN_SIZE];	/* PROPOSES_CODE: what was shown where the order was begun; else "" */
	bool has_code;
	uint8_t code[CONFIRM_DIGEST_SIZE];	/* keyed digest of the code that was sent last */
	int64_t tries;				/* wrong codes, of all that were sent */
};

/* ---- tickets (S12, S13, S14, S16, S18, S19; src/account/ticket.c) ---- */

#define TICKET_DEADLINES_MAX 32
#define ACCOUNT_TICKETS_MAX 20

struct ticket_rules {
	int64_t first_s, final_s;		/* time for the first answer and for the final one, by the wall clock */
	int64_t warn_s;				/* an alarm is raised so long before */
	int64_t silence_s;			/* so long after the final answer, silence counts as "it is resolved" */
	int64_t reopen_s;			/* so long after it was closed, the subscriber may open it again */
	int64_t alone_max;			/* minor units: a larger credit needs two members of staff */
	int64_t month_max;			/* likewise, of all credits of a subscriber's tickets in a calendar month */
	int64_t credit_max;			/* of credits beside a dispute; 0: there are none */
	int64_t words_max;			/* given back for a charge disputed in words, and not on a bill shown; 0: nothing */
	int64_t words_months;			/* before the present month that such a charge may be from, at most */
	unsigned int deadlines_count;
	struct ticket_deadline {		/* the first that fits counts */
		const struct ticket_kind *kind;	/* NULL: any */
		char brand[ACCOUNT_CODE_SIZE];	/* "": any */
		int64_t first_s, final_s;
	} deadlines[TICKET_DEADLINES_MAX];
};

/* The rules where nothing is configured. */
extern const struct ticket_rules ticket_rules_default;

/* A row of REQUEST_TICKETS_MINE; the facts of REQUEST_TICKET_STATE. */
void view_ticket(const struct ticket *ticket, struct record *row);

/* A row of REQUEST_DATA_ACCESSES: an entry by staff; of no ticket, number 0, when they looked at the subscriber's data. */
void view_access(const struct ticket_entry *entry, struct record *row);

/* REQUEST_TICKET_LIST. A store calls ticket_listing_begin(), and then view_listed() with each ticket behind the three numbers, in their
 * order, until it returns false: the answer is complete. ticket_listing_begin() returns false when the request's number is none. */
struct ticket_listing {
	int64_t opened, msisdn, number;		/* of the last ticket that was looked at, from which to go on; 0: from the beginning */
	int64_t of;				/* only this number's tickets, in the order of \a number; 0: everybody's */
	bool open;				/* only those that are not closed need be looked at */
	/* for view_listed() alone */
	const struct ticket_kind *kind;
	unsigned int states, looked;
	bool late;
	int64_t now;
};
bool ticket_listing_begin(const struct request *request, struct ticket_listing *listing);
bool view_listed(struct ticket_listing *listing, int64_t msisdn, const struct ticket *ticket, struct response *response);

/* REQUEST_TICKET_HISTORY: its facts, then a row for each entry behind ARG_POSITION, in their order, until view_entry() returns false. */
void view_history(const struct ticket *ticket, struct record *facts);
bool view_entry(const struct ticket *ticket, const struct ticket_entry *entry, struct response *response);

/* ---- the operator's rules (src/account/settings.c) ---- */

struct account_rules {
	struct password_rules password;
	struct message_rules messages;
	struct ticket_rules tickets;
	bool billing;			/* billing completes orders; otherwise they are completed when they are accepted */
	int64_t retention_days[RETENTION_KINDS];
};

/* Returns NULL, or an error message. \a delays, \a retention, \a messages: as in struct accounts_settings. */
const char *account_rules_read(struct account_rules *rules, unsigned int password_tries, const char *delays, const char *retention,
			       const struct message_rules *messages);

/* The rules about messages where nothing is configured. */
extern const struct message_rules message_rules_default;

/* ---- one request or update applied to one account (src/account/step.c, update.c) ---- */

#define ACCOUNT_SUBSCRIPTIONS_MAX STORED_SUBSCRIPTIONS_MAX
#define ACCOUNT_IN_FLIGHT_MAX 32
#define ACCOUNT_TERMS_SIZE 1200		/* strings of the terms of one service */
#define ACCOUNT_LATE_SIZE 1536		/* text sent when nobody answers */
#define ACCOUNT_SERVICES_SIZE (ACCOUNT_SUBSCRIPTIONS_MAX * (SERVICE_CODE_MAX + 1) + 1)

/* What a store loads for a request besides the account's head: see account_parts(). */
enum account_part {
	ACCOUNT_PART_ORDER = 1 << 0,		/* the order that the request names; first, since it identifies the subscriber */
	ACCOUNT_PART_SERVICES = 1 << 1,		/* the service that the request names, then the subscriptions */
	ACCOUNT_PART_IN_FLIGHT = 1 << 2,
	ACCOUNT_PART_PASSWORD = 1 << 3,
	ACCOUNT_PART_CONVERSATION = 1 << 4,	/* the conversation with the request's short code, if its silence is announced */
	ACCOUNT_PART_ABSENT = 1 << 5,		/* the number, when no subscriber has it */
	ACCOUNT_PART_PREFERENCES = 1 << 6,	/* those about nothing, and those about the request's SERVICE */
	ACCOUNT_PART_FACTS = 1 << 7,		/* the profile as REQUEST_PROFILE gives it */
	ACCOUNT_PART_FEES = 1 << 8,		/* information fees on the bill of the request's MONTH; without one, none */
	ACCOUNT_PART_EVENT = 1 << 9,		/* what is known of the request's event */
	ACCOUNT_PART_PROPOSAL = 1 << 10,	/* the proposal that the request names, also one of another subscriber */
	ACCOUNT_PART_TICKETS = 1 << 11,		/* the newest ticket of the number; others, first those that gave back a charge, then those
						 * that are owed an answer or open; and account_ticket() */
	ACCOUNT_PART_DELIVERY = 1 << 12,	/* what became of the newest message for which account_answered_by() is true */
	ACCOUNT_PART_CREDITS = 1 << 13,		/* account_add_credit() with each order of a credit since account_credits_since() */
};

/* Numbers of a stored account that an update may change, or make unknown. */
enum update_number {
	UPDATE_BILL_MONTH = 1 << 0,
	UPDATE_BILL_TOTAL = 1 << 1,
	UPDATE_POINTS = 1 << 2,
};

/* Data of one subscriber from billing or from a line of an import. */
struct account_update {
	const struct stored_account *account;
	unsigned int kinds;			/* bits, 1 << enum account_kind: the kinds that it covers */
	uint64_t facts;				/* bits, 1 << enum stored_fact_index: the plain facts that it covers */
	unsigned int numbers;			/* bits of enum update_number */
	int64_t now;				/* seconds since 1970 */
	bool force;				/* older data may overwrite newer data */
	/* Only in imports: */
	bool import;				/* for a new subscriber it is complete; an existing password stays, since the
						 * subscriber may have changed it */
	bool gone;				/* the subscriber has left */
	bool sims;				/* its IMSIs are all that the subscriber has */
	bool single;				/* one bill, charge, points entry or subscription, not the whole list */
	bool charge;				/* that one is a charge of the bill */
	int64_t position;			/* of the charge or points entry in its list */
};

/* An update from billing. A missing number becomes unknown, except those of the last bill; a missing text leaves the stored one:
 * billing may not have that fact. */
struct account_update account_update_of(const struct stored_account *account, unsigned int kinds, int64_t now);

/* An import of a whole account: whatever it lacks becomes unknown. \a force: older data overwrite newer data. */
struct account_update account_update_whole(const struct stored_account *account, int64_t now, bool force);

struct account_order {
	int64_t id;
	enum order_kind kind;
	char service[SERVICE_CODE_MAX + 1], instead[SERVICE_CODE_MAX + 1], backend[BACKEND_NAME_SIZE];
	int64_t due, attempts;
	int64_t ended_at;			/* for an update: it has ended, perhaps after the update was made; 0: in flight */
};

/* An event that came, and what was done: for its repetitions, and for its source. */
struct event_row {
	const struct event_request *event;	/* NULL when loaded: the request has the same */
	uint8_t digest[EVENT_DIGEST_SIZE];
	char done[ACCOUNT_WORD_SIZE];		/* a word: see event.c */
	int64_t received;			/* seconds since 1970 */
	bool notified;				/* it caused the notification that was added before it */
};

/* The working set: the parts of one account that one request needs. Filled by a store after account_begin(). */
struct account {
	bool known;				/* the subscriber exists; false: at most their orders do */
	int64_t msisdn;
	char account[ACCOUNT_CODE_SIZE], brand[ACCOUNT_CODE_SIZE];	/* prepaid, postpaid … */
	char status[ACCOUNT_CODE_SIZE], language[ACCOUNT_CODE_SIZE];

	char owner[ACCOUNT_OWNER_SIZE];		/* for updates, like the next two members: billing's customer number; "": unknown */
	int64_t as_of[ACCOUNT_KINDS];
	bool bill_known;			/* the bill that the update's charge belongs to is stored */
	bool services_known[ACCOUNT_SUBSCRIPTIONS_MAX];	/* the store knows the service of that subscription of the update */

	char service[SERVICE_CODE_MAX + 1];	/* the service that the request names; "": none */
	bool sold, offered;			/* the service exists; it has not been withdrawn from sale */
	struct service terms;			/* its strings are in \a terms_text */
	char terms_text[ACCOUNT_TERMS_SIZE];
	char instead[SERVICE_CODE_MAX + 1];	/* the service to be replaced; "": none */
	bool has_replaced;			/* the subscriber has it */
	struct service replaced_terms;		/* only what tells when it ends */
	char replaced_period[ACCOUNT_CODE_SIZE];
	char excluded_by[SERVICE_CODE_MAX + 1];	/* the first subscription, except \a instead, that rules it out; "": none */
	unsigned int subscriptions_count;
	struct subscription subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX];	/* by service */
	bool too_many;				/* more subscriptions than fit: changes of subscriptions are refused */

	bool order_known;
	struct order order;			/* named by the request */
	unsigned int in_flight_count;
	struct account_order in_flight[ACCOUNT_IN_FLIGHT_MAX];	/* the oldest first */
	bool more_in_flight;			/* more than fit */

	bool has_password;
	struct password password;		/* to be wiped after use */
	char id_pieces[STORED_ID_PIECES_SIZE];	/* of the identity number; "": unknown; to be wiped after use */

	char about[EVENT_SOURCE_SIZE];		/* besides preferences about nothing, those about this are loaded */
	unsigned int preferences_count;
	struct preference preferences[PREFERENCES_MAX];
	struct record facts;			/* in \a facts_data */
	uint8_t facts_data[RESPONSE_FACTS_MAX];
	struct fees fees;
	bool event_known;
	struct event_row event;			/* as stored: at least digest and done */

	bool proposal_known;
	struct proposal proposal;

	bool ticket_known;
	struct ticket ticket;			/* named by the request */
	unsigned int tickets_count;
	struct ticket tickets[ACCOUNT_TICKETS_MAX];	/* the newest one first: ACCOUNT_PART_TICKETS */
	struct answer_delivery {			/* ACCOUNT_PART_DELIVERY; zeros: there is no such message any more */
		int64_t sent;			/* seconds since 1970; 0: not sent */
		int64_t expires;		/* it is tried until then; 0: not any more */
	} delivery;
	int64_t credited;			/* ACCOUNT_PART_CREDITS: in this month, minor units */

	bool unanswered;			/* a conversation whose silence is announced is saved */
	char short_code[SHORT_CODE_SIZE];	/* its short code, as saved */
	size_t late_len;
	char late[ACCOUNT_LATE_SIZE];		/* text sent when nobody answers */
};

/* Overwrite its secrets. */
void account_wipe(struct account *account);

/* The parts that a request needs; bits of enum account_part. */
unsigned int account_parts(enum request_kind kind);

/* Whether the request concerns a bare number that no subscriber has; if so, sets it in \a account. */
bool account_is_number(struct account *account, const struct request *request);

/* Empty \a account and set the service that the request names. */
void account_begin(struct account *account, const struct request *request);

/* Add a preference; one too many is left out. */
void account_add_preference(struct account *account, const struct preference *preference);

/* Add an order in flight; false when there is no room for more. */
bool account_add_in_flight(struct account *account, const struct account_order *order);

/* Add an order that an update may not know of. Of several on the same subject, remember only what shields it from the update. */
void account_add_unseen(struct account *account, const struct account_order *order);

/* The number of the ticket to load: the request names it, or its order is a credit for it. 0: none. */
int64_t account_ticket(const struct account *account, const struct request *request);

/* When the present month began on the operator's calendar, seconds since 1970. */
int64_t account_credits_since(const struct request *request);

/* Add an order of a credit to the month's sum, unless billing has refused it, or it was a former owner's. */
void account_add_credit(struct account *account, const struct order *order);

/* Whether a message of that kind, with those facts, brings the final answer to the ticket that the request names. */
bool account_answered_by(const struct request *request, const char *kind, const struct record *facts);

/* Set the order that the request names, and with it the service. */
void account_set_order(struct account *account, const struct order *order);

/* Add copies of the terms of the service, then of each subscription with the terms of its service, sorted by service. */
void account_set_terms(struct account *account, const struct service *terms, bool offered);
void account_add_subscription(struct account *account, const struct subscription *subscription, const struct service *terms);

enum change_kind {
	CHANGE_ACCOUNT_ADD,			/* .profile: create a subscriber */
	CHANGE_ACCOUNT_REMOVE,			/* after CHANGE_ACCOUNT_CLEAR: remove the number, too */
	CHANGE_ACCOUNT_CLEAR,			/* remove everything but the number; hide orders that have ended */
	CHANGE_PRIVATE_REMOVE,			/* remove password, conversations and notifications; the chain of consents begins a
						 * new epoch */
	CHANGE_ORDERS_DEAD,			/* .text, a reason: orders in flight, and those dead for ORDER_REASON_VANISHED,
						 * become dead */
	CHANGE_ORDERS_RETURN,			/* .due, of the oldest: orders dead for ORDER_REASON_VANISHED are in flight again;
						 * the others wait */
	CHANGE_VANISHED_PUT,			/* .vanished: replaces the stored record; with it the store remembers which orders
						 * and consents are a former owner's */
	CHANGE_VANISHED_MARKS,			/* restore the marks of a former owner's orders and consents; consents of a later
						 * epoch keep theirs */
	CHANGE_VANISHED_REMOVE,			/* remove that record of the number */
	CHANGE_OWNER,				/* .text */
	CHANGE_PROFILE,				/* .profile. Kinds that shared its "as of" keep the old one */
	CHANGE_SIMS,				/* .update: its IMSIs replace the subscriber's; taken from others */
	CHANGE_PASSWORD_HASH,			/* .update: set its hash, clear locks, and replace pieces of the identity number
						 * only if it has new ones */
	CHANGE_PASSWORD_FILL,			/* .update: set its hash where none is stored, and its identity number's pieces */
	CHANGE_ID_PIECES,			/* .text */
	CHANGE_BILLS,				/* .update: replace all bills, and the last bill's numbers */
	CHANGE_POINTS,				/* .update: replace all entries, and the number */
	CHANGE_BILL_PUT,			/* .update: its one bill */
	CHANGE_CHARGE_PUT,			/* .update: its one charge, at its position */
	CHANGE_POINTS_PUT,			/* .update: its one entry, at its position */
	CHANGE_AS_OF,				/* .as_of: the new "as of" of a kind */
	CHANGE_LANGUAGE,			/* .text */
	CHANGE_STATUS,				/* .text: of the line */
	CHANGE_SERVICE_NAME,			/* .text: add an unknown service, not for sale */
	CHANGE_SUBSCRIPTION_PUT,		/* .subscription */
	CHANGE_SUBSCRIPTION_REMOVE,		/* .subscription: its service */
	CHANGE_SERVICES,			/* .text: codes of all subscriptions, separated by blanks, for the profile */
	CHANGE_ORDER_ADD,			/* .order */
	CHANGE_ORDER_END,			/* .order: its state, reason and ended_at */
	CHANGE_ORDER_DUE,			/* .order: due and attempts */
	CHANGE_ORDER_RELEASE,			/* .order: the same, its state and its dates; clear its end */
	CHANGE_ORDERS_REMOVE,			/* all orders of the number */
	CHANGE_CONSENT_ADD,			/* .consent */
	CHANGE_PASSWORD_PUT,			/* .password */
	CHANGE_NOTIFICATION_ADD,		/* .notification */
	CHANGE_NOTIFICATION_WITHDRAW,		/* .withdrawal: of notifications that wait */
	CHANGE_PREFERENCE_PUT,			/* .preference: replaces the one of that kind and service */
	CHANGE_PREFERENCES_REMOVE,		/* all of the number, its events, proposals and accesses */
	CHANGE_EVENT_ADD,			/* .event */
	CHANGE_PROPOSAL_ADD,			/* .proposal: of the event that is added before it */
	CHANGE_PROPOSAL_PUT,			/* .proposal: its reply, order, code and tries */
	CHANGE_TICKET_PUT,			/* .ticket: replaces the one with this number */
	CHANGE_TICKET_ENTRY_ADD,		/* .entry */
	CHANGE_TICKETS_FORMER,			/* all of the number become a former owner's */
	CHANGE_TICKETS_REMOVE,			/* all of the number, with their entries */
	CHANGE_ACCESS_ADD,			/* .entry: of no ticket; its time and staff */
	CHANGE_SURVEY_COUNT,			/* .survey: one more; nothing is stored with the number */
	CHANGE_CONVERSATION_PUT,		/* .conversation */
	CHANGE_CONVERSATION_REMOVE,		/* .conversation: its short code */
	CHANGE_ANSWERED_PUT,			/* .conversation: short code, digest and until */
	CHANGE_KINDS
};

/* An unsolicited message, stored until the network has accepted it. */
struct notification {
	const char *kind;			/* "order_completed" … */
	int64_t due, expires;			/* seconds since 1970 */
	int64_t latest;				/* must be sent by then, whatever the hour; 0: whenever it can */
	bool stays;				/* stays listed after it ended: struct notification_kind */
	bool answered;				/* the answer says the same: it carries the id, so that this can be dropped */
	struct message message;			/* NOTIFICATION_UNANSWERED, NOTIFICATION_TEXT; points into account or request */
	struct record facts;			/* FIELD_* for the page */
	uint8_t octets[1600];
};

/* Pointers lead into the request. */
struct conversation {
	const char *short_code;
	const char *session;
	const char *late;			/* text sent when nobody answers; NULL: none */
	size_t session_len, late_len;
	const uint8_t *digest;			/* of the input answered last: ANSWERED_DIGEST_SIZE */
	int64_t until;				/* seconds since 1970: end of the session, or of the digest */
};

struct profile {
	const struct account_update *update;
	const char *account, *brand, *status, *language, *owner;	/* NULL: unchanged; for a new subscriber unknown */
	uint64_t facts;				/* as in the update */
	unsigned int numbers;
	int64_t as_of;
	/* of a new subscriber */
	int64_t ages[ACCOUNT_KINDS];		/* 0: never */
	const char *services;			/* as in CHANGE_SERVICES; NULL: none */
};

/* Notifications of one kind. \a ref, as in FIELD_REF: those about one order; NULL: all. */
struct withdrawal {
	const char *kind, *ref;
	int64_t now;				/* seconds since 1970 */
};

struct kind_age {
	enum account_kind kind;
	int64_t as_of;				/* seconds since 1970 */
};

struct change {
	enum change_kind kind;
	union {
		const struct account_update *update;
		const struct profile *profile;
		struct kind_age as_of;
		struct withdrawal withdrawal;
		const char *text;
		const struct subscription *subscription;
		struct order *order;
		struct consent *consent;
		const struct password *password;
		const struct notification *notification;
		const struct conversation *conversation;
		const struct vanished *vanished;
		const struct preference *preference;
		const struct event_row *event;
		const struct proposal *proposal;
		const struct ticket *ticket;
		const struct ticket_entry *entry;
		const struct survey *survey;
		int64_t due;			/* seconds since 1970, or ORDER_WAITS */
	};
};

#define ACCOUNT_CHANGES_MAX (3 * ACCOUNT_SUBSCRIPTIONS_MAX + 16)

/* The effect of a request on an account: the answer, and the changes, which a store commits together and in this order. The store
 * adds to the answer the ids of a new order that order_is_awaited() and of a notification that is \a answered. */
struct account_step {
	struct response *response;		/* the store's; empty, RESULT_NOT_FOUND */
	const char *why;			/* why an update is REFUSED or NOT_FOUND, for people */
	bool older;				/* update: newer data are stored, nothing was changed */
	unsigned int changes_count;
	struct change changes[ACCOUNT_CHANGES_MAX];
	/* storage that the changes point to */
	struct subscription subscription, replaced, merged[2 * ACCOUNT_SUBSCRIPTIONS_MAX];
	struct profile profile;
	struct order order, next[ACCOUNT_IN_FLIGHT_MAX];	/* next: orders in flight that may now be delivered, or no longer */
	struct consent consent, confirmed[ACCOUNT_SUBSCRIPTIONS_MAX];	/* confirmed: by billing */
	struct notification notification;
	struct preference preference[3];
	struct event_row event;
	struct proposal proposal;
	struct ticket ticket;
	struct ticket_entry entry;
	struct survey survey;
	struct conversation conversation;
	char services[ACCOUNT_SERVICES_SIZE];
	char text[ACCOUNT_CODE_SIZE], ref[REF_TEXT_SIZE], sent[ORDER_SENT_SIZE];
};

/* Apply a request: \a account is changed to its new state. For an unknown subscriber most requests do nothing. */
void account_step(const struct account_rules *rules, struct account *account, const struct request *request, struct account_step *step);

/* Merge an update. For an unknown subscriber it must cover the profile. A store loads ACCOUNT_PART_SERVICES without a named
 * service, and in \a in_flight the owner's orders that are in flight or ended at account_update_since() or later. */
void account_update(struct account *account, const struct account_update *update, struct account_step *step);
bool account_is_new(const struct account_step *step);	/* the update's subscriber was not known */
int64_t account_update_since(const struct account_update *update);
int64_t account_update_age(const struct account_update *update, enum account_kind kind);	/* seconds since 1970; 0: not known */
void account_begin_update(struct account *account);

/* A request is repeated: it gets the first answer again, and only its conversation is updated. */
void account_replay(struct account *account, const struct request *request, struct account_step *step);

/* Whether requests of this kind go to account_step(). */
bool account_steps(enum request_kind kind);

/* Whether a repeated reference number gets the first answer again (F18). Not for password attempts: a guess under an old reference
 * would get the old answer and not be counted. */
bool account_replays(enum request_kind kind);

/* The reference number belongs to another change. \a other: that change's subscriber; 0: not known. */
void account_alien(const struct account *account, const struct request *request, int64_t other, struct response *response);

/* ---- snapshots: replacing all accounts (src/account/snapshot.c) ---- */

enum staging_refusal {
	STAGING_GONE,
	STAGING_NO_NUMBER,
	STAGING_NUMBER_KNOWN,
	STAGING_IMSI_KNOWN,
};

/* Reject a row of the snapshot: it is not staged and changes nothing. */
void account_staging_refuse(enum staging_refusal refusal, struct account_step *step);

/* A row to be staged: for account_update(), with an account that holds only the snapshot's data. */
struct staging_row {
	struct stored_account account;		/* may be changed until then */
	struct account_update update;
};

/* A single row without "as of" takes that of its subscriber. */
void account_staging_row(const struct account *account, const struct account_update *update, struct staging_row *row);

/* Whether a merge takes the update's profile, and with it the password, which a store sets aside until the snapshot is in use. */
bool account_takes_profile(const struct account_step *step);

/* What happens to a subscriber in service. */
enum snapshot_verdict {
	SNAPSHOT_MERGES,			/* merged with the snapshot */
	SNAPSHOT_STAYS,				/* unchanged: newer than a snapshot that lacks them or names another owner */
	SNAPSHOT_VANISHES,			/* not in the snapshot: password and orders are retained for a while */
	SNAPSHOT_OTHER_OWNER,			/* nothing of theirs may stay (F15) */
};

/* \a staged: NULL when the snapshot, dated \a as_of, lacks the subscriber. Only the profile's "as of" counts. \a force: older data
 * may overwrite newer data. */
enum snapshot_verdict account_meets_snapshot(const struct account_head *served, const struct account_head *staged, int64_t as_of,
					     int64_t now, bool force);

/* ---- subscribers whom a snapshot left out (A65; src/account/vanished.c) ---- */

/* Data of such a subscriber, retained for RETENTION_VANISHED: restored for the same number and owner, never for another owner. */
struct vanished {
	char owner[ACCOUNT_OWNER_SIZE], language[ACCOUNT_CODE_SIZE];	/* owner "": unknown */
	int64_t time;				/* when they were left out, seconds since 1970 */
	bool has_password;
	struct password password;		/* to be wiped after use, like the next member */
	char id_pieces[STORED_ID_PIECES_SIZE];
	unsigned int subscriptions_count;
	struct subscription subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX];	/* subjects of orders in flight */
};

void vanished_wipe(struct vanished *vanished);

/* For the next two functions a store loads the head with its owner, the subscriptions, the orders in flight, the password and the
 * preferences. */

/* Remove a subscriber's private data, before the account is removed. \a retained: the store has a record of that number already.
 * \a other_owner: the number has been reassigned. \a vanished is filled with the data to retain. */
void account_vanish(const struct account *account, bool retained, bool other_owner, int64_t now, struct vanished *vanished,
		    struct account_step *step);

/* The number of a vanished subscriber has a subscriber again. \a same: an operator confirms that it is the same one. */
void account_return(struct account *account, const struct vanished *vanished, bool same, int64_t now, struct account_step *step);

/* Whether an operator may confirm that: NULL, or why not. \a vanished NULL: nothing is retained for that number. */
const char *account_give_back_refusal(const struct account *account, const struct vanished *vanished);

/* ---- what subscribers see (src/account/view.c) ---- */

#define VIEW_BILLS_MAX 5			/* rows of a list: the newest */
#define VIEW_POINTS_MAX 10
#define VIEW_ORDERS_MAX 10
#define VIEW_MESSAGES_MAX 10
#define VIEW_TICKETS_MAX 10
#define VIEW_ANSWERS_MAX 5
#define VIEW_ACCESSES_MAX 10
#define VIEW_LISTED_MAX 20			/* tickets, for staff */
#define VIEW_LOOKED_MAX 200			/* tickets that are looked at to find so many: a read must not take long */

/* The subscriber to whom services are offered. */
struct view_subscriber {
	const char *account, *brand;
	const char *services, *excludes;	/* codes between blanks: subscribed services, and all that those exclude; NULL: none */
	int64_t today;				/* as day_of() counts */
};

/* A row of REQUEST_SERVICES_MINE; \a today as day_of() counts. */
void view_subscription(const struct subscription *subscription, const struct service *service, int64_t today, struct record *row);

/* A row of REQUEST_SERVICES_OFFERED. \a sold: not withdrawn from sale. Returns false when the service is not offered to the
 * subscriber. */
bool view_offer(const struct service *service, bool sold, const struct view_subscriber *subscriber, struct record *row);

/* A row of REQUEST_SERVICES_INSTEAD: the same for a service in place of \a replaced; \a subscriber has all others. \a family: two
 * services of one family may replace each other, too. */
bool view_instead(const struct service *service, bool sold, const struct subscription *replaced, const struct service *replaced_terms,
		  bool family, const struct view_subscriber *subscriber, struct record *row);

/* A row of REQUEST_ORDERS_MINE. */
void view_order(const struct order *order, struct record *row);

/* Mandatory retention of a kind of data, as REQUEST_DATA_MINE names it, in days; 0: no rule. */
int64_t view_retention(const struct account_rules *rules, const char *kind);

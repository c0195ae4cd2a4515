/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One subscriber's account: plain data, and every rule about it. Links with libc alone: no I/O, no clock, no log, no memory.
 *
 * A store brings what it holds of one account, a function here decides what becomes of it, and the store writes that down in the
 * same transaction. No store decides anything by itself, so all of them decide alike. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/catalogue.h"
#include "starhash/consent.h"
#include "starhash/request.h"
#include "starhash/stored.h"

#define ACCOUNT_CODE_SIZE 32		/* of languages, states, periods, kinds of account; with the zero */
#define ACCOUNT_OWNER_SIZE 136		/* billing and imports bring at most 128 octets */

/* ---- the service password: attempts, locks, changes (S4, F23, F34; src/account/password.c) ---- */

#define PASSWORD_LOCKS_MAX 16
#define LOCKED_FOR_GOOD INT64_MAX	/* until an operator releases it */

struct password_rules {
	unsigned int attempts_max;		/* so many wrong ones in a row lock */
	int64_t lock_s[PASSWORD_LOCKS_MAX];	/* how long the first lock lasts, the second … */
	unsigned int locks;			/* of these; what comes after them lasts for good */
};

/* Attempts are counted before they are judged, so that a crash in between buys none. */
struct password_lock {
	int64_t attempts;		/* since the last right one, or the last lock */
	int64_t locks;			/* since the last right one */
	int64_t until;			/* seconds since 1970; 0: not locked */
};

struct password {
	struct password_lock lock[PASSWORD_LINKS];
	bool temporary;				/* given by an operator: has to be changed first */
	char hash[PASSWORD_HASH_SIZE];		/* "": there is none, and only an operator can give one */
	char past[PASSWORD_PAST_SIZE];		/* hashes between blanks, the newest first */
};

enum password_event {
	PASSWORD_ATTEMPTED,		/* before the hash is compared */
	PASSWORD_RIGHT,			/* what was typed belongs to the hash that was read */
	PASSWORD_CHANGED,		/* the same, and a new one takes its place */
	PASSWORD_REHASHED,		/* the same, and is hashed anew under another key */
	PASSWORD_RELEASED,		/* by an operator */
	PASSWORD_GIVEN,			/* a temporary one, by an operator */
	PASSWORD_EVENTS
};

struct password_input {
	enum password_event event;
	enum password_link link;
	const char *compared;		/* RIGHT, CHANGED, REHASHED: the hash that was found to be right */
	const char *fresh;		/* CHANGED, REHASHED, GIVEN: the new hash */
	int64_t now;			/* seconds since 1970 */
};

enum password_answer {
	PASSWORD_DONE,			/* ATTEMPTED: compare it */
	PASSWORD_LOCKED,		/* do not compare it */
	PASSWORD_OUTDATED,		/* the hash is another one by now: nothing was done */
};

enum password_notification {
	PASSWORD_SAYS_NOTHING,
	PASSWORD_SAYS_LOCKED,		/* soon: the attempt that locks in advance may be the right one, which withdraws this */
	PASSWORD_SAYS_CHANGED,		/* at once, to the line: somebody else may have the phone */
};

/* What the store has to do besides writing the password, which it may leave out when \a answer is OUTDATED. */
struct password_step {
	enum password_answer answer;
	int64_t attempt;		/* ATTEMPTED and DONE: which one of the row it is, from 1 */
	int64_t locked_until;		/* 0: not locked; LOCKED_FOR_GOOD */
	enum password_notification notification;
	bool withdraw_locked;		/* the notification of a lock is not true any more */
};

/* Change \a password by what happened. Every event is defined in every state: see the table in password.c. */
struct password_step password_step(const struct password_rules *rules, struct password *password,
				   const struct password_input *input);

/* ---- what may be chosen as one (S4; src/account/password_strength.c) ---- */

#define PASSWORD_DIGITS 6

/* Whether \a fresh must be refused: not six digits, a run (123456, 654321), a repeat (111111, 121212, 123123), the
 * old one, or part of the phone number, read from either end. Any but \a fresh may be "". */
bool password_weak(const char *fresh, const char *old, const char *msisdn);

/* Nor may it be part of the identity number, read from either end, or the day of birth in a Chinese one in any order that people
 * write it. The number is not kept, only its pieces, as keyed hashes: a letter for the kind of piece, and six digits. */
#define PASSWORD_PIECE_SIZE (1 + PASSWORD_DIGITS + 1)
#define PASSWORD_PIECES_MAX 64		/* of longer numbers the end is left out */
#define PASSWORD_AS_PIECES 3

/* Returns how many there are. */
unsigned int password_id_pieces(const char *id_number, char pieces[static PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE]);

/* What a password of six digits would be as a piece: it is refused when one of these is among them. */
void password_as_pieces(const char *fresh, char pieces[static PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE]);

/* ---- orders and subscriptions: what becomes of an order that was accepted (S3, S7, S11, F4; src/account/order.c) ---- */

enum subscription_state {
	SUBSCRIPTION_ACTIVE,
	SUBSCRIPTION_TRIAL,
	SUBSCRIPTION_ACTIVATING,	/* an order to activate it, or to go on after a trial, is in flight */
	SUBSCRIPTION_DEACTIVATING,	/* an order to deactivate it is in flight; or, with until, it runs out */
};

struct subscription {
	char service[SERVICE_CODE_MAX + 1];
	enum subscription_state state;
	int64_t since;			/* first day, yyyymmdd, here and below */
	int64_t trial_until;		/* last day of the trial; 0: no trial */
	int64_t until;			/* last day; 0: it goes on */
	bool reminded;			/* the end of the trial was announced */
	enum trial_ends trial_ends;	/* what was agreed to */
};

enum order_kind {
	ORDER_ACTIVATE,
	ORDER_DEACTIVATE,
	ORDER_ACCEPT_TRIAL,		/* go on as a paid service when the trial ends */
	ORDER_SUSPEND,			/* the line */
	ORDER_RESUME,
	ORDER_DELETE_DATA,		/* an operator's task, and no business of billing's */
	ORDER_CHANGE,			/* activate one in place of another */
	ORDER_KINDS
};

enum order_state {
	ORDER_ACCEPTED,			/* in flight: billing has not answered */
	ORDER_COMPLETED,
	ORDER_REFUSED,
	ORDER_DEAD,			/* nobody could deliver it: waits for an operator */
	ORDER_STATES
};

struct order {
	enum order_kind kind;
	enum order_state state;
	bool own;			/* of a trial that is over: nobody asked for it now */
	bool former_owner;		/* the number belongs to somebody else by now */
	char service[SERVICE_CODE_MAX + 1];	/* "" when it is not about one */
	char instead[SERVICE_CODE_MAX + 1];	/* of ORDER_CHANGE: the service that it replaces */
	int64_t effective;		/* first day on which it counts, yyyymmdd, here and below */
	int64_t trial_until;		/* of ORDER_ACTIVATE: last day of the trial that was agreed to; 0: none */
	int64_t trial_price;		/* what that one costs as a whole, minor units; 0: nothing */
	enum trial_ends trial_ends;
	int64_t id;			/* the store's; 0 before it is written */
	uint64_t ref;			/* reference number */
	bool priced;			/* it has price and period */
	int64_t price;			/* minor units, for one period */
	char period[ACCOUNT_CODE_SIZE];
	char reason[ORDER_REASON_SIZE];	/* billing's, for its end; "": none */
	int64_t accepted_at, ended_at;	/* seconds since 1970; 0: not yet */
	int64_t due;			/* when it is delivered next, seconds since 1970; ORDER_WAITS: not while another one is in flight */
	int64_t attempts;		/* deliveries tried */
};

#define ORDER_WAITS INT64_MAX

/* Reasons of dead orders that are not billing's: the number has another owner; a snapshot left the subscriber out, and the order waits
 * for them to come back. */
#define ORDER_REASON_OTHER_OWNER "other_owner"
#define ORDER_REASON_VANISHED "vanished"

/* The kind of order that a request makes, and the reverse; ORDER_KINDS for a request that is not an order. */
enum order_kind order_kind_of(enum request_kind kind);
enum request_kind order_request_kind(enum order_kind kind);

/* By the name of its request; ORDER_KINDS for any other word. */
enum order_kind order_kind_by_name(const char *name);

/* As FIELD_KIND has it: the name of its request with underscores. */
const char *order_field(enum order_kind kind, char out[static ACCOUNT_CODE_SIZE]);

/* "accepted", "done" …, as they are stored, listed and shown; ORDER_STATES for a word that is not one of them. */
const char *order_state_name(enum order_state state);
enum order_state order_state_by_name(const char *name);

/* "open", "trial" …; SUBSCRIPTION_ACTIVE for a word that is not one of them. */
const char *subscription_state_name(enum subscription_state state);
enum subscription_state subscription_state_by_name(const char *name);

enum order_event {
	BILLING_DONE,
	BILLING_REFUSED,
	BILLING_CONFLICT,		/* billing has another order under its reference: nobody knows what became of this one */
	ORDER_GIVEN_UP,			/* billing has not answered for too long */
	ORDER_RELEASED,			/* by an operator: delivered once more */
	ORDER_EVENTS
};

enum order_answer {
	ORDER_CHANGED,			/* its state, and what the step says, are to be written */
	ORDER_ENDED,			/* the first end counts: nothing was done */
	ORDER_IN_FLIGHT,		/* it waits for billing already: nothing was done */
	ORDER_FORMER,			/* a former owner's is not delivered: nothing was done */
	ORDER_OBSOLETE,			/* the account has changed since, or another order about the same is in flight: nothing was done */
};

enum order_notification {
	ORDER_SAYS_NOTHING,		/* our own order at a trial's end could not be delivered: it is ordered again */
	ORDER_SAYS_DONE,
	ORDER_SAYS_REFUSED,
	ORDER_SAYS_DEAD,
	ORDER_SAYS_TRIAL_ENDED,
};

/* What the order is about, as it is stored; changed by the step. */
struct order_subject {
	bool subscribed;		/* the subscription is there; after the step: it is to be written, or else removed */
	struct subscription subscription;
	bool replaced_subscribed;	/* the same of the service that ORDER_CHANGE replaces */
	struct subscription replaced;
	bool suspended;			/* the line */
	bool absent;			/* the subscriber is not here any more, but the order is */
	bool others;			/* another order about one of these services, or about the line, is in flight */
	int64_t today;			/* yyyymmdd */
};

struct order_step {
	enum order_answer answer;
	enum order_notification notification;
};

/* Every event is defined in every state: see the table in order.c. */
struct order_step order_step(struct order *order, enum order_event event, struct order_subject *subject);

/* ---- what may be ordered (S3, S7, S11, S18; src/account/order_accept.c) ---- */

struct order_asked {
	const struct service *service;	/* as it is sold; NULL: none has that code, or the order is not about one */
	bool offered;			/* it has not been withdrawn from sale */
	const char *account, *brand;	/* the subscriber's: prepaid, postpaid */
	const struct service *replaced;	/* as \a service, of the one that ORDER_CHANGE replaces; NULL: they do not have it */
	bool excluded;			/* a service that they have, and keep, rules it out: services_exclude() */
	const int64_t *price;		/* what the subscriber was shown; NULL: nothing */
	int64_t trial_price;		/* the same, of a trial, where there is a price; 0: free of charge */
	enum trial_ends trial_ends;	/* the same */
	const char *period;		/* the same */
	int64_t day;			/* today, as day_of() counts */
};

enum order_verdict {
	ORDER_MAY_BE,			/* the order has its dates, and its subscription is activating or deactivating */
	ORDER_NOT_FOUND,		/* no such service for sale, no such subscription, no trial */
	ORDER_ALREADY,			/* it is so already, or an order about it is in flight */
	ORDER_NOT_ALLOWED,		/* not to this kind of account or brand, or not while the line is suspended */
	ORDER_EXCLUDED,
	ORDER_OTHER_PRICE,		/* than what was shown */
	ORDER_VERDICTS
};

/* Whether \a order, of which kind, service and own are known, may be given. Only after ORDER_MAY_BE anything has changed. \a
 * subject->others: another order about the line is in flight, or a deletion of data was asked for lately. */
enum order_verdict order_accept(struct order *order, struct order_subject *subject, const struct order_asked *asked);

/* Whether it is sold to this kind of account and brand. */
bool service_is_for(const struct service *service, const char *account, const char *brand);

/* The first day on which it counts when it is ordered on \a day, as day_of() counts: yyyymmdd. */
int64_t service_begins(const struct service *service, int64_t day);

/* Whether two services cannot be had side by side: one of them names the other. */
bool services_exclude(const struct service *one, const struct service *other);

/* Whether a subscription is paid for or on trial, and nothing is on its way that changes it. */
bool subscription_is_stable(const struct subscription *subscription);

/* The first day on which one that replaces another counts, yyyymmdd: until then the other one goes on. */
int64_t change_begins(const struct service *service, const struct subscription *replaced, const struct service *replaced_terms,
		      int64_t day);

/* ---- what has to be done about a subscription when its day comes (S7; src/account/trial.c) ---- */

enum subscription_task {
	SUBSCRIPTION_NOTHING,		/* yet */
	SUBSCRIPTION_REMIND,		/* say that the trial ends; it is marked as reminded */
	SUBSCRIPTION_END_TRIAL,		/* order its end */
	SUBSCRIPTION_GO_ON,		/* order that it goes on after its trial */
	SUBSCRIPTION_ENDED,		/* its last day is over: remove it */
};

/* At \a today, yyyymmdd. */
enum subscription_task subscription_task(struct subscription *subscription, int64_t today);

/* The first day on which there is something to do, yyyymmdd; 0: none. */
int64_t subscription_due(const struct subscription *subscription);

/* As people see it: one that waits for its first day is activating. */
enum subscription_state subscription_shown(const struct subscription *subscription, int64_t today);

/* ---- merging what billing, or an import, says (F15, F16, F27; src/account/merge.c) ---- */

#define ACCOUNT_AHEAD_S 86400	/* how far an update may be ahead: clocks differ, and so do time zones */

/* The part of a stored account, or of an update, that decides which of the two counts. */
struct account_head {
	const char *owner;		/* billing's number of the customer; NULL: unknown */
	int64_t as_of[ACCOUNT_KINDS];	/* seconds since 1970 */
};

/* Both owners are known, and are not the same. */
bool owners_differ(const struct account_head *one, const struct account_head *other);

enum merge_verdict {
	MERGE_KEEP,			/* what is stored is newer */
	MERGE_TAKE,
	MERGE_REFUSE,			/* it lies in the future, and nothing could replace it until then */
};

struct merge {
	enum merge_verdict kinds[ACCOUNT_KINDS];
	bool other_owner;		/* the number has another owner, and nothing of the former one may stay */
};

/* \a stored: NULL when the number is not known. \a force: older data are wanted, too. */
struct merge account_merge(const struct account_head *stored, const struct account_head *update, int64_t now, bool force);

/* Whether an order keeps what it is about from an update as of \a as_of: it is in flight, or ended at that time or later, so that
 * billing could not know of it. */
bool order_shields(bool in_flight, int64_t ended, int64_t as_of);

enum subscription_verdict {
	SUBSCRIPTION_KEEP,		/* as it is stored, or not stored */
	SUBSCRIPTION_WRITE,
	SUBSCRIPTION_REMOVE,
};

/* As billing has it: active, or on trial. */
struct subscription subscription_of(const struct stored_subscription *stored);

/* What becomes of one subscription by an update as of \a as_of. NULL: it is not stored, or not in the update. \a merged is filled
 * when it is to be written. */
enum subscription_verdict subscription_merge(const struct subscription *stored, const struct subscription *update, bool shielded,
					     int64_t as_of, struct subscription *merged);

/* ---- how long records are kept (src/account/retention.c) ---- */

enum retention {
	RETENTION_CONSENTS,
	RETENTION_ORDERS,		/* those that have ended */
	RETENTION_NOTIFICATIONS,	/* how long one may be tried */
	RETENTION_REPLAYS,		/* answers to repeated reference numbers */
	RETENTION_VANISHED,		/* passwords of subscribers whom a snapshot left out */
	RETENTION_KINDS
};

/* "consents", "orders" …: for settings and stores. */
const char *retention_name(enum retention kind);

/* For how many days, where the settings do not say. */
int64_t retention_days(enum retention kind);

/* How many of \a count records, which are kept for so many days, may go in one day: whatever went wrong with a clock or a setting,
 * there are days to see it before much is lost. */
int64_t retention_allowed(int64_t count, int64_t days);

/* Whether keeping records for \a days, where it was \a before, is so much less that an operator has to say that it is meant. */
bool retention_shortened(int64_t before, int64_t days);

/* ---- the rules of this operator (src/account/settings.c) ---- */

struct account_rules {
	struct password_rules password;
	bool billing;			/* billing completes orders; otherwise they are completed when they are accepted */
	int64_t retention_days[RETENTION_KINDS];
};

/* Returns NULL, or what is wrong in words. \a delays, \a retention: as struct accounts_settings has them. */
const char *account_rules_read(struct account_rules *rules, unsigned int password_tries, const char *delays, const char *retention);

/* ---- one account in one request or update, and what becomes of it (src/account/step.c, update.c) ---- */

#define ACCOUNT_SUBSCRIPTIONS_MAX STORED_SUBSCRIPTIONS_MAX
#define ACCOUNT_IN_FLIGHT_MAX 32
#define ACCOUNT_TERMS_SIZE 1200		/* texts of one service's terms */
#define ACCOUNT_LATE_SIZE 1536		/* of a text for when nobody answers */
#define ACCOUNT_SERVICES_SIZE (ACCOUNT_SUBSCRIPTIONS_MAX * (SERVICE_CODE_MAX + 1) + 1)

/* What a store loads for a request besides the head: account_parts(). */
enum account_part {
	ACCOUNT_PART_ORDER = 1 << 0,		/* the order that the request names; before all others, since it says whose it is */
	ACCOUNT_PART_SERVICES = 1 << 1,		/* the service that the request names, then the subscriptions */
	ACCOUNT_PART_IN_FLIGHT = 1 << 2,
	ACCOUNT_PART_DELETION = 1 << 3,
	ACCOUNT_PART_PASSWORD = 1 << 4,
	ACCOUNT_PART_CONVERSATION = 1 << 5,	/* the one with the request's short code, if its silence is announced */
	ACCOUNT_PART_ABSENT = 1 << 6,		/* its number, where no subscriber has it */
};

/* Numbers of a stored account that an update may change, also to unknown. */
enum update_number {
	UPDATE_BILL_MONTH = 1 << 0,
	UPDATE_BILL_TOTAL = 1 << 1,
	UPDATE_POINTS = 1 << 2,
};

/* What billing, or a line of an import, says of one subscriber. */
struct account_update {
	const struct stored_account *account;
	unsigned int kinds;			/* bits, 1 << enum account_kind: those that it is about */
	uint64_t facts;				/* bits, 1 << enum stored_fact_index: the plain facts that it has */
	unsigned int numbers;			/* bits of enum update_number */
	int64_t now;				/* seconds since 1970 */
	bool force;				/* older data are wanted, too */
	/* An import's: */
	bool import;				/* it is the whole of a new subscriber, and lacks nothing that one needs; a password
						 * that is there stays: its owner may have changed it since */
	bool gone;				/* the subscriber has left */
	bool sims;				/* it says which IMSIs the subscriber has: these, and no others */
	bool single;				/* one bill, charge, entry of points or subscription, not all of them */
	bool charge;				/* the one is a charge of the bill */
	int64_t position;			/* of the charge, or the entry of points, in its list */
};

/* Billing's: a number that it lacks becomes unknown, but for those of the last bill; a text that it lacks stays: billing may not have
 * that fact. */
struct account_update account_update_of(const struct stored_account *account, unsigned int kinds, int64_t now);

/* An import's, of everything that an account has: what it lacks becomes unknown. \a force: older data overwrite newer. */
struct account_update account_update_whole(const struct stored_account *account, int64_t now, bool force);

struct account_in_flight {
	int64_t id;
	enum order_kind kind;
	char service[SERVICE_CODE_MAX + 1], instead[SERVICE_CODE_MAX + 1];
	int64_t due, attempts;
	int64_t ended_at;			/* for an update: it has ended, but maybe later than the update was made; 0: in flight */
};

/* The working set: what one request needs of one account, never everything. Filled by a store after account_begin(). */
struct account {
	bool known;				/* there is such a subscriber; false: only their orders, perhaps */
	int64_t msisdn;
	char account[ACCOUNT_CODE_SIZE], brand[ACCOUNT_CODE_SIZE];	/* prepaid, postpaid … */
	char status[ACCOUNT_CODE_SIZE], language[ACCOUNT_CODE_SIZE];

	char owner[ACCOUNT_OWNER_SIZE];		/* for an update, as the next two: billing's number of the customer; "": unknown */
	int64_t as_of[ACCOUNT_KINDS];
	bool bill_known;			/* there is a bill of the month of the update's charge */
	bool services_known[ACCOUNT_SUBSCRIPTIONS_MAX];	/* which of the update's subscriptions are to services that the store knows */

	char service[SERVICE_CODE_MAX + 1];	/* what the request is about; "": not about one */
	bool sold, offered;			/* there is such a service; it has not been withdrawn from sale */
	struct service terms;			/* pointers lead into \a terms_text */
	char terms_text[ACCOUNT_TERMS_SIZE];
	char instead[SERVICE_CODE_MAX + 1];	/* the service that it is to replace; "": none */
	bool has_replaced;			/* they have it */
	struct service replaced_terms;		/* no more than when it ends */
	char replaced_period[ACCOUNT_CODE_SIZE];
	char excluded_by[SERVICE_CODE_MAX + 1];	/* the first subscription, but for that one, that rules it out; "": none */
	unsigned int subscriptions_count;
	struct subscription subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX];	/* by service */
	bool too_many;				/* subscriptions: such an account is refused changes of them */

	bool order_known;
	struct order order;			/* that the request names */
	unsigned int in_flight_count;
	struct account_in_flight in_flight[ACCOUNT_IN_FLIGHT_MAX];	/* the oldest first */
	bool more_in_flight;			/* than there is room for */
	int64_t deletion_asked;			/* when the deletion of data was last ordered, seconds since 1970; 0: never */

	bool has_password;
	struct password password;		/* to be wiped after use */
	char id_pieces[STORED_ID_PIECES_SIZE];	/* of the identity number; "": unknown; to be wiped, too */

	bool unanswered;			/* such a conversation is saved */
	char short_code[SHORT_CODE_SIZE];	/* of it, as it was saved */
	size_t late_len;
	char late[ACCOUNT_LATE_SIZE];		/* what is said when nobody answers */
};

/* Overwrite what is secret in it. */
void account_wipe(struct account *account);

/* Which parts a request needs; bits of enum account_part. */
unsigned int account_parts(enum request_kind kind);

/* Whether the request is about a number, though no subscriber has it: the account gets it. */
bool account_is_number(struct account *account, const struct request *request);

/* Empty \a account, but for the service that the request names. */
void account_begin(struct account *account, const struct request *request);

/* Add an order in flight; false when there is no room for more. */
bool account_add_in_flight(struct account *account, const struct account_in_flight *order);

/* Add an order that an update may not know of: of those about the same only what keeps it from the update is remembered. */
void account_add_unseen(struct account *account, const struct account_in_flight *order);

/* The order that the request names, and with it the service. */
void account_set_order(struct account *account, const struct order *order);

/* Add the terms of the service, then each subscription with its service's, as copies. In the order of services. */
void account_set_terms(struct account *account, const struct service *terms, bool offered);
void account_add_subscription(struct account *account, const struct subscription *subscription, const struct service *terms);

enum change_kind {
	CHANGE_ACCOUNT_ADD,			/* .profile: a new subscriber */
	CHANGE_ACCOUNT_REMOVE,			/* after CHANGE_ACCOUNT_CLEAR: the number, too */
	CHANGE_ACCOUNT_CLEAR,			/* all but the number goes; orders that have ended are not shown any more */
	CHANGE_PRIVATE_REMOVE,			/* password, conversations and notifications go; the chain of consents begins a new epoch */
	CHANGE_ORDERS_DEAD,			/* .text, a reason: those in flight, and those that are dead as ORDER_REASON_VANISHED */
	CHANGE_ORDERS_RETURN,			/* .due, of the oldest: those that are dead as ORDER_REASON_VANISHED are in flight again; the
						 * others wait */
	CHANGE_VANISHED_PUT,			/* .vanished, in place of what was kept; with it the store keeps which orders and consents are
						 * a former owner's */
	CHANGE_VANISHED_MARKS,			/* that is so again; consents of a later epoch keep it for themselves */
	CHANGE_VANISHED_REMOVE,			/* nothing of the number is kept any more */
	CHANGE_OWNER,				/* .text */
	CHANGE_PROFILE,				/* .profile. Kinds that had its age keep it */
	CHANGE_SIMS,				/* .update: its IMSIs and no others; taken from other subscribers */
	CHANGE_PASSWORD_HASH,			/* .update: its hash; locks go, and pieces of the identity number come only with a new one */
	CHANGE_PASSWORD_FILL,			/* .update: its hash where there is none, and its pieces of the identity number */
	CHANGE_ID_PIECES,			/* .text */
	CHANGE_BILLS,				/* .update: all of them, and its numbers of the last one */
	CHANGE_POINTS,				/* .update: all entries, and its number */
	CHANGE_BILL_PUT,			/* .update: its one bill */
	CHANGE_CHARGE_PUT,			/* .update: its one charge, at its position */
	CHANGE_POINTS_PUT,			/* .update: its one entry, at its position */
	CHANGE_AS_OF,				/* .as_of: how old a kind is now */
	CHANGE_LANGUAGE,			/* .text */
	CHANGE_STATUS,				/* .text: of the line */
	CHANGE_SERVICE_NAME,			/* .text: a service that is not known yet, and not sold */
	CHANGE_SUBSCRIPTION_PUT,		/* .subscription */
	CHANGE_SUBSCRIPTION_REMOVE,		/* .subscription: its service */
	CHANGE_SERVICES,			/* .text: the codes of all subscriptions between blanks, for the profile */
	CHANGE_ORDER_ADD,			/* .order */
	CHANGE_ORDER_END,			/* .order: its state, reason and ended_at */
	CHANGE_ORDER_DUE,			/* .order: due and attempts */
	CHANGE_ORDER_RELEASE,			/* .order: the same, its state and its dates; it has no end any more */
	CHANGE_ORDERS_REMOVE,			/* all of the number */
	CHANGE_CONSENT_ADD,			/* .consent */
	CHANGE_PASSWORD_PUT,			/* .password */
	CHANGE_NOTIFICATION_ADD,		/* .notification */
	CHANGE_NOTIFICATION_WITHDRAW,		/* .withdrawal */
	CHANGE_CONVERSATION_PUT,		/* .conversation */
	CHANGE_CONVERSATION_REMOVE,		/* .conversation: its short code */
	CHANGE_ANSWERED_PUT,			/* .conversation: short code, digest and until */
	CHANGE_KINDS
};

/* A message that nobody asked for, until the network has it. */
struct notification {
	const char *kind;			/* "order_completed" … */
	int64_t due, expires;			/* seconds since 1970 */
	bool answered;				/* the answer says the same: it tells the id, so that the notification can be dropped */
	struct message message;			/* of NOTIFICATION_UNANSWERED and NOTIFICATION_TEXT; its text leads into the account, or the request */
	struct record facts;			/* FIELD_* for the page */
	uint8_t octets[1600];
};

/* Octets lead into the request. */
struct conversation {
	const char *short_code;
	const char *session;
	const char *late;			/* what is said when nobody answers; NULL: nothing */
	size_t session_len, late_len;
	const uint8_t *digest;			/* of what was answered last: ANSWERED_DIGEST_SIZE */
	int64_t until;				/* seconds since 1970: of the session, or the digest */
};

struct profile {
	const struct account_update *update;
	const char *account, *brand, *status, *language, *owner;	/* NULL: as it is; of a new subscriber's, unknown */
	uint64_t facts;				/* as the update's */
	unsigned int numbers;
	int64_t as_of;
	/* of a new subscriber */
	int64_t ages[ACCOUNT_KINDS];		/* 0: never */
	const char *services;			/* as CHANGE_SERVICES has them; NULL: none */
};

/* Notifications of one kind; \a ref, as FIELD_REF has it: those about one order, NULL: all. */
struct withdrawal {
	const char *kind, *ref;
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
		int64_t due;			/* seconds since 1970, or ORDER_WAITS */
	};
};

#define ACCOUNT_CHANGES_MAX (3 * ACCOUNT_SUBSCRIPTIONS_MAX + 16)

/* What a request does to an account: the answer, and the changes, which a store commits together and in this order. It completes the
 * answer with the ids that it gives to a new order in flight and to a notification that is \a answered. */
struct account_step {
	struct response *response;		/* the store's; empty, RESULT_NOT_FOUND */
	const char *why;			/* of an update that is REFUSED or NOT_FOUND, in words */
	bool older;				/* an update: newer data are stored, and nothing is changed */
	unsigned int changes_count;
	struct change changes[ACCOUNT_CHANGES_MAX];
	/* what the changes lead to */
	struct subscription subscription, replaced, merged[2 * ACCOUNT_SUBSCRIPTIONS_MAX];
	struct profile profile;
	struct order order, next[ACCOUNT_IN_FLIGHT_MAX];	/* next: those in flight whose turn comes, or is over */
	struct consent consent, confirmed[ACCOUNT_SUBSCRIPTIONS_MAX];	/* confirmed: by billing */
	struct notification notification;
	struct conversation conversation;
	char services[ACCOUNT_SERVICES_SIZE];
	char text[ACCOUNT_CODE_SIZE], ref[REF_TEXT_SIZE];
};

/* Decide. \a account is changed, too, to what it will be. For a subscriber who is not known nothing is done. */
void account_step(const struct account_rules *rules, struct account *account, const struct request *request, struct account_step *step);

/* Merge an update. For a subscriber who is not known it must be about the profile. The parts: those of services, where no service is
 * named, and in \a in_flight the orders of the number's owner that are in flight or ended at account_update_since() or later. */
void account_update(struct account *account, const struct account_update *update, struct account_step *step);
bool account_is_new(const struct account_step *step);	/* the update's subscriber was not known */
int64_t account_update_since(const struct account_update *update);
int64_t account_update_age(const struct account_update *update, enum account_kind kind);	/* seconds since 1970; 0: not known */
void account_begin_update(struct account *account);

/* A repetition of a request: it is answered as the first time, and all that is done is what its conversation needs. */
void account_replay(struct account *account, const struct request *request, struct account_step *step);

/* Whether a request of this kind goes to account_step(). */
bool account_steps(enum request_kind kind);

/* Whether a repetition of its reference number is answered as the first time (F18). Attempts at passwords are not: a guess under an
 * old reference would get that one's answer, and not be counted. */
bool account_replays(enum request_kind kind);

/* The reference number is another change's. \a other: the subscriber who has it; 0: not known. */
void account_alien(const struct account *account, const struct request *request, int64_t other, struct response *response);

/* ---- a snapshot takes the place of all accounts (src/account/snapshot.c) ---- */

enum staging_refusal {
	STAGING_GONE,
	STAGING_NO_NUMBER,
	STAGING_NUMBER_KNOWN,
	STAGING_IMSI_KNOWN,
};

/* A row of the snapshot is not staged, and changes nothing. */
void account_staging_refuse(enum staging_refusal refusal, struct account_step *step);

/* A row as it is staged: for account_update(), with an account of the snapshot alone. */
struct staged_row {
	struct stored_account account;		/* may be changed until then */
	struct account_update update;
};

/* A single row whose age is unknown is as old as its subscriber. */
void account_stage_row(const struct account *account, const struct account_update *update, struct staged_row *row);

/* Whether a merge takes the update's profile, and with it the password, which a store keeps apart until the snapshot is in use. */
bool account_takes_profile(const struct account_step *step);

/* What becomes of a subscriber who is served. */
enum snapshot_verdict {
	SNAPSHOT_MERGES,			/* with what the snapshot says */
	SNAPSHOT_STAYS,				/* whole: newer than a snapshot that lacks them, or speaks of another owner */
	SNAPSHOT_VANISHES,			/* they are not in it: what they have is kept for a while */
	SNAPSHOT_OTHER_OWNER,			/* nothing of theirs may stay (F15) */
};

/* \a staged: NULL when the snapshot, which is as of \a as_of, lacks them. Of ages the profile's count. \a force: older data are wanted. */
enum snapshot_verdict account_meets_snapshot(const struct account_head *served, const struct account_head *staged, int64_t as_of,
					     int64_t now, bool force);

/* ---- subscribers whom a snapshot left out (A65; src/account/vanished.c) ---- */

/* What is kept of one, for the days of RETENTION_VANISHED: the same number and owner get it back, and another owner never does. */
struct vanished {
	char owner[ACCOUNT_OWNER_SIZE], language[ACCOUNT_CODE_SIZE];	/* owner "": unknown */
	int64_t time;				/* when they were left out, seconds since 1970 */
	bool has_password;
	struct password password;		/* to be wiped after use, as the next one */
	char id_pieces[STORED_ID_PIECES_SIZE];
	unsigned int subscriptions_count;
	struct subscription subscriptions[ACCOUNT_SUBSCRIPTIONS_MAX];	/* that orders in flight are about */
};

void vanished_wipe(struct vanished *vanished);

/* For these two a store loads the head with its owner, the subscriptions, the orders in flight and the password. */

/* Private data of a subscriber go, before the account does. \a kept: something is kept of that number already. \a other_owner: the
 * number is given to somebody else. \a vanished is filled with what is to be kept. */
void account_vanish(const struct account *account, bool kept, bool other_owner, int64_t now, struct vanished *vanished,
		    struct account_step *step);

/* Somebody is a subscriber again, of whom something is kept. \a same: an operator says that they are the same. */
void account_return(struct account *account, const struct vanished *vanished, bool same, int64_t now, struct account_step *step);

/* Whether an operator may say so: NULL, or why not. NULL \a vanished: nothing is kept of that number. */
const char *account_give_back_refusal(const struct account *account, const struct vanished *vanished);

/* ---- what subscribers see of it (src/account/view.c) ---- */

#define VIEW_BILLS_MAX 5			/* rows of a list: the newest */
#define VIEW_POINTS_MAX 10
#define VIEW_ORDERS_MAX 10

/* Whom something is offered to. */
struct view_subscriber {
	const char *account, *brand;
	const char *services, *excludes;	/* between blanks: codes of what they have, and all that it excludes; NULL: none */
	int64_t today;				/* as day_of() counts */
};

/* A row of REQUEST_SERVICES_MINE; \a today as day_of() counts. */
void view_subscription(const struct subscription *subscription, const struct service *service, int64_t today, struct record *row);

/* A row of REQUEST_SERVICES_OFFERED. \a sold: it has not been withdrawn. False: it is not offered to them. */
bool view_offer(const struct service *service, bool sold, const struct view_subscriber *subscriber, struct record *row);

/* A row of REQUEST_SERVICES_INSTEAD: the same in place of one that they have; \a subscriber has all others. \a family: two of
 * one family will do, too. */
bool view_instead(const struct service *service, bool sold, const struct subscription *replaced, const struct service *replaced_terms,
		  bool family, const struct view_subscriber *subscriber, struct record *row);

/* A row of REQUEST_ORDERS_MINE. */
void view_order(const struct order *order, struct record *row);

/* How long data of a kind, as REQUEST_DATA_MINE names it, have to be kept, in days; 0: no rule. */
int64_t view_retention(const struct account_rules *rules, const char *kind);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requests to a subscriber's account, and the responses: data only.
 *
 * S1…S20 name the requirement that each item serves. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/record.h"

/* How a field's value is stored and shown. */
enum field_type {
	FIELD_TYPE_TEXT,	/* text */
	FIELD_TYPE_CODE,	/* text: an identifier, displayed by texts.<lang>.cfg */
	FIELD_TYPE_MONEY,	/* number: minor units of the operator's currency, may be negative */
	FIELD_TYPE_COUNT,	/* number */
	FIELD_TYPE_DATE,	/* number: yyyymmdd */
	FIELD_TYPE_MONTH,	/* number: yyyymm */
	FIELD_TYPE_TIME,	/* number: seconds since 1970-01-01 00:00 UTC */
};

/* Where a field comes from. */
enum field_origin {
	FIELD_OF_ACCOUNT,	/* one value per subscriber, loaded when a dialog begins */
	FIELD_OF_ROW,		/* one value per row of a list */
};

/* X(id, name in menu files, type, origin, maximum width in characters, storage): the list of all fields. Ids are stored in saved
 * sessions: append, never renumber.
 *
 * Storage: FACT is a CODE, MONEY or DATE of the account that billing owns and no rule interprets. It has the same name in the database,
 * in imports and exports, in billing's mapping and in transcripts; its line here is the only C code it needs, and, after a release, a
 * higher SCHEMA_VERSION. OWN: stored by code of its own, or not at all. */
#define FIELDS(X) \
	X(MSISDN,      msisdn,      TEXT,  ACCOUNT, 15, OWN) \
	X(ACCOUNT,     account,     CODE,  ACCOUNT, 12, OWN)	/* prepaid, postpaid */ \
	X(BRAND,       brand,       CODE,  ACCOUNT, 16, OWN) \
	X(STATUS,      status,      CODE,  ACCOUNT, 16, OWN)	/* active, suspended */ \
	X(LANGUAGE,    language,    CODE,  ACCOUNT, 16, OWN)	/* ISO 639-1 */ \
	X(SERVICES,    services,    TEXT,  ACCOUNT, 0, OWN)	/* codes of subscribed services, also while activating or deactivating,
								 * between blanks; for conditions */ \
	X(BALANCE,     balance,     MONEY, ACCOUNT, 14, FACT)	/* S1: the current balance */ \
	X(OWED,        owed,        MONEY, ACCOUNT, 14, FACT)	/* S1: what a postpaid account owes now */ \
	X(VALID_UNTIL, valid_until, DATE,  ACCOUNT, 10, FACT) \
	X(BILL_MONTH,  bill_month,  MONTH, ACCOUNT, 8, OWN)	/* S1: last billed month */ \
	X(BILL_TOTAL,  bill_total,  MONEY, ACCOUNT, 14, OWN)	/* S1: its total */ \
	X(POINTS,      points,      COUNT, ACCOUNT, 9, OWN)	/* S2 */ \
	X(AS_OF,       as_of,       TIME,  ACCOUNT, 16, OWN)	/* date of the last data from billing */ \
	X(MONTH,       month,       MONTH, ROW,     8, OWN)	/* S10 */ \
	X(TOTAL,       total,       MONEY, ROW,     14, OWN) \
	X(ITEM,        item,        CODE,  ROW,     24, OWN)	/* S10: kind of charge */ \
	X(AMOUNT,      amount,      MONEY, ROW,     14, OWN) \
	X(DATE,        date,        DATE,  ROW,     10, OWN)	/* S2 */ \
	X(CHANGE,      change,      COUNT, ROW,     9, OWN) \
	X(REASON,      reason,      CODE,  ROW,     24, OWN) \
	X(SERVICE,     service,     CODE,  ROW,     24, OWN)	/* S3 */ \
	X(PRICE,       price,       MONEY, ROW,     12, OWN) \
	X(PERIOD,      period,      CODE,  ROW,     10, OWN)	/* day, week, month, once */ \
	X(SINCE,       since,       DATE,  ROW,     10, OWN) \
	X(OLD,         old,         TEXT,  ROW,     0, OWN)	/* S4: parameters, secret, never displayed */ \
	X(NEW,         new,         TEXT,  ROW,     0, OWN) \
	X(REF,         ref,         TEXT,  ACCOUNT, 14, OWN)	/* reference number of the last order */ \
	X(KEYWORD,     keyword,     TEXT,  ACCOUNT, 16, OWN)	/* the keyword nearest to an unknown one */ \
	X(BILLS_AS_OF,    bills_as_of,    TIME, ACCOUNT, 16, OWN)	/* as as_of, for bills and their charges */ \
	X(POINTS_AS_OF,   points_as_of,   TIME, ACCOUNT, 16, OWN)	/* for points and their entries */ \
	X(SERVICES_AS_OF, services_as_of, TIME, ACCOUNT, 16, OWN)	/* for subscriptions */ \
	X(LOCKED_UNTIL, locked_until, TIME, ACCOUNT, 16, OWN)	/* S4: absent when only an operator can release it */ \
	X(PASSWORD,    password,    TEXT,  ROW,     0, OWN)	/* S11: parameter, secret, authenticates an order; never displayed */ \
	X(STATE,       state,       CODE,  ROW,     16, OWN)	/* of a subscription or an order: see below */ \
	X(EFFECTIVE,   effective,   DATE,  ROW,     10, OWN)	/* the first day on which a change takes effect */ \
	X(TRIAL_DAYS,  trial_days,  COUNT, ROW,     4, OWN)	/* S7 */ \
	X(TRIAL_UNTIL, trial_until, DATE,  ROW,     10, OWN)	/* S7: its last day */ \
	X(ORDER,       order,       TEXT,  ROW,     14, OWN)	/* reference number of an order in a list */ \
	X(KIND,        kind,        CODE,  ROW,     24, OWN)	/* of an order, or of stored data */ \
	X(ORDERED,     ordered,     TIME,  ROW,     16, OWN)	/* when an order was accepted */ \
	X(STORED,      stored,      COUNT, ROW,     9, OWN)	/* S18: number of stored records of a kind */ \
	X(RETENTION,   retention,   COUNT, ROW,     5, OWN)	/* S18: mandatory retention in days; absent: no rule */ \
	X(UNTIL,       until,       DATE,  ROW,     10, OWN)	/* of a service that is being deactivated: its last day */ \
	X(CONFIRM_CODE,  confirm_code,  TEXT, ACCOUNT, 6, OWN)	/* F34: the one-time code, while it is displayed */ \
	X(CONFIRM_UNTIL, confirm_until, TIME, ACCOUNT, 16, OWN)	/* until when it is valid */ \
	X(TARIFF,     tariff,     CODE,  ACCOUNT, 24, FACT)	/* the tariff plan */ \
	X(BILLED,     billed,     CODE,  ACCOUNT, 3, FACT)	/* whether the account gets bills: yes, no */ \
	X(REGISTERED, registered, CODE,  ACCOUNT, 3, FACT)	/* whether the subscriber's identity is known to the operator: yes, no */ \
	X(PROVIDER,   provider,   CODE,  ROW,     24, OWN)	/* S16 of a charge: the content provider */ \
	X(FEE_CLASS,  fee_class,  CODE,  ROW,     24, OWN)	/* S16 of a charge: the type of fee */ \
	X(INSTEAD,    instead,    CODE,  ROW,     24, OWN)	/* S3: the service that another one replaces, or that excludes it */ \
	X(TRIAL_PRICE, trial_price, MONEY, ROW,    12, OWN)	/* S7: of the whole trial; absent: free of charge */ \
	X(TRIAL_ENDS, trial_ends, CODE,  ROW,     10, OWN)	/* S7: "paid": it continues automatically; absent: it ends unless the
								 * subscriber accepts the service */ \
	X(TRIES_LEFT, tries_left, COUNT, ACCOUNT, 2, OWN)	/* S4: with WRONG alone: attempts before the password is locked */ \
	X(PAY_BY, pay_by, DATE, ACCOUNT, 10, FACT)	/* S9: the last day to pay before the line is suspended */ \
	X(NOTIFICATION, notification, CODE, ROW, 24, OWN)	/* kind of a message: the menu's entry */ \
	X(SENDING, sending, CODE, ROW, 10, OWN)		/* of a message: waiting, sent, expired, withdrawn */ \
	X(SENT, sent, TIME, ROW, 16, OWN)		/* when its sending ended; while it waits, when it will be tried */ \
	X(CHOICE, choice, CODE, ROW, 3, OWN)		/* S5: whether the subscriber wants a kind of message: on, off */ \
	X(THRESHOLD, threshold, MONEY, ROW, 9, OWN)	/* S9: a balance below it is announced */ \
	X(PURCHASED_BY, purchased_by, CODE, ROW, 4, OWN)	/* S8: sms, web, wap */ \
	X(FEE_SHOWN, fee_shown, CODE, ROW, 3, OWN)	/* S8: whether the page of a purchase showed its fee: yes, no */ \
	X(PROPOSAL, proposal, TEXT, ROW, 14, OWN)	/* S6: number of what a partner or a web shop asks the subscriber */ \
	X(TICKET, ticket, TEXT, ROW, 8, OWN)		/* S12: number of a ticket */ \
	X(TICKET_KIND, ticket_kind, CODE, ROW, 16, OWN)	/* its kind: src/data/ticket.c */ \
	X(TICKET_STATE, ticket_state, CODE, ROW, 16, OWN)	/* open, taken, interim, confirmed, answered, closed */ \
	X(TEXT, text, TEXT, ROW, 0, OWN)		/* parameter: what the subscriber writes; never displayed */ \
	X(OPENED, opened, TIME, ROW, 16, OWN)		/* when a ticket was opened */ \
	X(ANSWER_BY, answer_by, TIME, ROW, 16, OWN)	/* when its answer is due; absent: none is */ \
	X(ANSWER, answer, TEXT, ROW, 199, OWN)		/* of staff */ \
	X(ANSWERED, answered, TIME, ROW, 16, OWN)	/* when it was given */ \
	X(SENDER, sender, TEXT, ROW, 20, OWN)		/* S13: of a nuisance message */ \
	X(PROBLEM, problem, CODE, ROW, 24, OWN)		/* S14: kind of network problem */ \
	X(PLACE, place, TEXT, ROW, 0, OWN)		/* S14: parameter: where it is, in the subscriber's words */ \
	X(CAUSE, cause, CODE, ROW, 24, OWN)		/* S16: why a charge is wrong */ \
	X(ACT, act, CODE, ROW, 20, OWN)			/* S12: what staff do with a ticket */ \
	X(STAFF, staff, TEXT, ROW, 31, OWN)		/* S12: their name */ \
	X(FORM, form, CODE, ROW, 10, OWN)		/* S16: how money is given back: credit, voucher, bill, cash */ \
	X(FORM_EQUAL, form_equal, CODE, ROW, 10, OWN)	/* S16: how the same amount is given once more */ \
	X(SURVEY, survey, TEXT, ROW, 0, OWN)		/* S17: parameter: the page that a survey is about */ \
	X(SCORE, score, CODE, ROW, 1, OWN)		/* S17: how satisfied the subscriber is, 1 to 5 */ \
	X(ACCESS, access, CODE, ROW, 16, OWN)		/* S18: what staff did with a ticket: its event; or looked */ \
	X(ACCESSED, accessed, TIME, ROW, 16, OWN)	/* S18: when */

/* X(id of its field, name): optional codes of a charge on a bill, besides its type and amount. The name is that of the column in the
 * database, in imports and exports, and in billing's mapping. */
#define LINE_FACTS(X) \
	X(SERVICE,   charged_service)	/* the value-added service charged for */ \
	X(PROVIDER,  provider) \
	X(FEE_CLASS, fee_class)
#define LINE_FIELD(id, name) FIELD_##id,

enum field {
	FIELD_NONE,
#define X(id, name, type, origin, width, storage) FIELD_##id,
	FIELDS(X)
#undef X
	FIELD_COUNT
};

struct field_info {
	const char *name;
	enum field_type type;
	enum field_origin origin;
	unsigned int width;
};

/* \a field must be above FIELD_NONE and below FIELD_COUNT. */
const struct field_info *field_info(enum field field);

/* The group in the menu's texts that displays its codes: its own name, or that of the field whose codes it shares. */
const char *field_words(enum field field);

/* FIELD_NONE when no field has that name. */
enum field field_by_name(const char *name);

/* FIELD_STATE of a subscription, and of an order: see below. */
#define CODES_OF_SUBSCRIPTIONS "active trial activating deactivating"
#define CODES_OF_ORDERS "accepted completed refused dead"
#define CODES_OF_ACTS "taken noted answered_interim answered confirmed closed granted declined compensated"
#define CODES_OF_ACCESSES "written " CODES_OF_ACTS " rewarded proposed read exported looked"
#define CODES_OF_CREDITS "credit voucher bill cash"
#define CODES_OF_DECLINES "old cancelled own network force group correct other"	/* S16: REASON of a dispute that is declined */
#define CODES_OF_SCORES "1 2 3 4 5"
#define CODES_OF_TICKETS "open taken interim confirmed answered closed"

/* The codes that a field can have, with blanks between them, unless they depend on the operator: NULL. */
const char *field_codes(enum field field);

enum request_kind {
	REQUEST_PROFILE,		/* facts: every known FIELD_OF_ACCOUNT */
	REQUEST_BILLS,			/* S10 rows: MONTH, TOTAL; newest first, at most 5 */
	REQUEST_BILL_LINES,		/* S10 args: MONTH; rows: ITEM, AMOUNT, SERVICE, PROVIDER, FEE_CLASS */
	REQUEST_POINTS,			/* S2 rows: DATE, CHANGE, REASON; newest first, at most 10 */
	REQUEST_SERVICES_MINE,		/* S3 rows: SERVICE, PRICE, PERIOD, SINCE, STATE, TRIAL_UNTIL, TRIAL_PRICE, TRIAL_ENDS,
					 * UNTIL */
	REQUEST_SERVICES_OFFERED,	/* S3 rows: SERVICE, PRICE, PERIOD, TRIAL_DAYS, TRIAL_PRICE, TRIAL_ENDS, EFFECTIVE; services that
					 * the subscriber lacks and may have: none excluded by a subscribed one */
	REQUEST_SERVICE_ACTIVATE,	/* S3 args: SERVICE, and PRICE, TRIAL_DAYS, TRIAL_PRICE, TRIAL_ENDS and PERIOD if shown; facts:
					 * SERVICES, EFFECTIVE, TRIAL_UNTIL. DUPLICATE: subscribed already, or an order on it is in
					 * flight. CONFLICT: another price. EXCLUDED: by a subscribed service, given as INSTEAD among the
					 * facts. NOT_FOUND: not sold. A service that is running out continues, without another trial.
					 * Changes */
	REQUEST_SERVICE_DEACTIVATE,	/* S3 args: SERVICE; facts: SERVICES, EFFECTIVE. NOT_FOUND: not subscribed. DUPLICATE: running out
					 * already, or an order on it is in flight. Changes */
	REQUEST_LANGUAGE_SET,		/* args: LANGUAGE; facts: LANGUAGE. Changes */
	REQUEST_PASSWORD_CHANGE,	/* S4 args: OLD, NEW. WRONG, WEAK, USED, LOCKED. Changes; done by accounts/, not by stores */
	REQUEST_PASSWORD_CHECK,		/* S4 args: OLD, NEW. Counts as an attempt and answers as a change would, but changes no
					 * password. Facts, as wherever a password is compared: TRIES_LEFT with WRONG, LOCKED_UNTIL
					 * with LOCKED; done by accounts/ */
	REQUEST_PASSWORD_ATTEMPT,	/* accounts/ to store: .password. Counts one attempt durably, then returns struct password_found.
					 * The last of password_tries attempts locks in advance and leaves a delayed notification; facts:
					 * LOCKED_UNTIL, also with LOCKED. Changes */
	REQUEST_PASSWORD_SET,		/* accounts/ to store: .password, which was correct. Clears count and lock, and withdraws that
					 * notification. CONFLICT: the hash is not the one that was compared. Changes */
	REQUEST_CONVERSATION_SAVE,	/* server to store, for another process: .conversation replaces the one saved for its short code;
					 * without a session it is deleted. Durable and idempotent */
	REQUEST_CONVERSATION_FETCH,	/* .conversation: its short code. Returns struct conversation_found: the saved one, unless it has
					 * expired and the subscriber was notified. NOT_FOUND may carry a digest, too */
	REQUEST_TRIAL_ACCEPT,		/* S7 args: SERVICE. A trial continues as a paid service. NOT_FOUND: no trial. DUPLICATE,
					 * CONFLICT: as for activation. Changes */
	REQUEST_ORDERS_MINE,		/* rows: ORDER, KIND, SERVICE, INSTEAD, STATE, ORDERED; newest first, at most 10 */
	REQUEST_LINE_SUSPEND,		/* S11 facts: STATUS. DUPLICATE: already suspended. Changes */
	REQUEST_LINE_RESUME,		/* S11 facts: STATUS. DUPLICATE: already active. Changes */
	REQUEST_DATA_MINE,		/* S18 rows: KIND, STORED, RETENTION */
	REQUEST_DATA_ACCESSES,		/* S18 rows: ACCESS, ACCESSED, TICKET: what staff did with the subscriber's tickets, without their
					 * names; newest first, at most 10 */
	REQUEST_SERVICE_CHANGE,		/* S3 args: SERVICE, which replaces INSTEAD, and PRICE and PERIOD if they were shown; facts:
					 * SERVICES, EFFECTIVE. No trial. NOT_FOUND: INSTEAD is not subscribed, or SERVICE not sold.
					 * DUPLICATE: SERVICE is subscribed, or an order on one of them is in flight. CONFLICT, EXCLUDED:
					 * as for activation, by a service other than INSTEAD. Changes */
	REQUEST_SERVICES_INSTEAD,	/* S3 args: INSTEAD, or SERVICE; rows: SERVICE, INSTEAD, PRICE, PERIOD, EFFECTIVE: services that a
					 * subscribed one can be changed to, or that the wanted one can replace. The two exclude each
					 * other, or, with INSTEAD, belong to one family */
	REQUEST_BILL_FEES,		/* S5 args: MONTH, or none for the last billed month; rows: SERVICE, AMOUNT, one per service; facts:
					 * MONTH, TOTAL: the information fees of a bill. NOT_FOUND: no such bill */
	REQUEST_MESSAGES_MINE,		/* rows: NOTIFICATION, SENDING, SENT; newest first, at most 10 */
	REQUEST_PREFERENCES_MINE,	/* S5, S9 rows: NOTIFICATION, CHOICE, THRESHOLD; a row for each kind that a subscriber may choose */
	REQUEST_PREFERENCE_SET,		/* S5, S9 args: NOTIFICATION, and CHOICE, THRESHOLD or both. DUPLICATE: already so. REFUSED: not for
					 * the subscriber to choose. Changes */
	REQUEST_PROPOSAL_ACCEPT,	/* S6 args: PROPOSAL, and SERVICE with its terms as shown. Activates the service, with the results
					 * of SERVICE_ACTIVATE. NOT_FOUND also: there is no such proposal, or it is too late. DUPLICATE
					 * also: it was answered before. CONFLICT also: it is about another service. Changes */
	REQUEST_PROPOSAL_DECLINE,	/* S6 args: PROPOSAL. NOT_FOUND, DUPLICATE: likewise. Changes */
	REQUEST_BACKEND_ORDER,		/* args: ARG_BACKEND, ARG_SENT; facts: those of the backend's answer. ACCEPTED, and then OK, or
					 * REFUSED with the backend's outcome as REASON. BUSY: too many in flight. Changes */
	REQUEST_TICKET_OPEN,		/* S12 args: TICKET_KIND, TEXT, and what the kind has: struct ticket_kind; facts: TICKET, ANSWER_BY.
					 * DUPLICATE: there is one already, given as TICKET. REFUSED: too many today, or no such kind.
					 * Changes */
	REQUEST_TICKET_WRITE,		/* args: TICKET, TEXT: the subscriber adds something; a closed one is open again; facts:
					 * TICKET_STATE, ANSWER_BY. NOT_FOUND: no such ticket. REFUSED: closed too long ago, or written
					 * to too often today. Changes */
	REQUEST_TICKET_RESOLVE,		/* args: TICKET: it is resolved. NOT_FOUND. DUPLICATE: closed already. Changes */
	REQUEST_TICKET_REOPEN,		/* args: TICKET: it is not. NOT_FOUND, REFUSED likewise. DUPLICATE: not closed or answered.
					 * Changes */
	REQUEST_TICKET_STATE,		/* args: TICKET; facts: TICKET, TICKET_KIND, TICKET_STATE, OPENED, ANSWER_BY. NOT_FOUND */
	REQUEST_TICKETS_MINE,		/* rows: the same; newest first, at most 10 */
	REQUEST_TICKET_ANSWERS,		/* args: TICKET; facts: as TICKET_STATE; rows: ANSWER, ANSWERED; newest first, at most 5 */
	REQUEST_ACCESS,			/* S18 .ticket: its staff are about to look at the subscriber's data. Durable */
	REQUEST_SURVEY_OFFER,		/* S17 args: SURVEY. OK: ask the subscriber now, which is counted. REFUSED: do not. Changes */
	REQUEST_SURVEY_ANSWER,		/* S17 args: SURVEY, SCORE. REFUSED: not asked lately. DUPLICATE: answered already. Changes */
	/* Between accounts/ and the stores; not about a particular subscriber. */
	REQUEST_ORDER_END,		/* .id, .outcome: how billing or a backend ended an order; args of the latter: ARG_ANSWER, for
					 * the notification. Only the first end counts, later ones are a DUPLICATE. Durable */
	REQUEST_REFUND,			/* S16 never asked: the kind of an order by which staff give money back; so is the next */
	REQUEST_COMPENSATION,
	REQUEST_HOUSEKEEP,		/* end trials, notify of expired questions, give up what is too old, apply retention: a bounded
					 * portion of that; response.more. Facts at the end: ARG_LATE, ARG_SOON */
	REQUEST_CONVERSATION_EXPIRE,	/* S6 server to store: .conversation, by its short code, was not answered: it becomes a
					 * notification, delayed so that the dialog can send it at once, which completes it. NOT_FOUND:
					 * there was nothing to send. Durable */
	REQUEST_TEXT_SAVE,		/* server to store: .text, a short message whose turn takes long, becomes a delayed notification
					 * of kind NOTIFICATION_TEXT. Durable */
	REQUEST_EVENT,			/* .event, args: its facts, ARG_ROWS. Facts: REASON, a word for what was done; DUPLICATE: what was
					 * done when the event came first; CONFLICT: its id belongs to another event; REFUSED: it
					 * contradicts the account. Durable */
	REQUEST_PROPOSE,		/* the same, for kinds of events that need an answer of the subscriber, or show a page; .ref is
					 * the number of the proposal. Args: the event's, ARG_SHOWN, ARG_PAGE, ARG_BEGIN, ARG_END */
	REQUEST_TICKET_ACT,		/* S12 the same, for what staff do with a ticket in a system of the operator's; .ref and ARG_SECOND:
					 * for the orders of a credit. Also for a number without a subscriber */
	REQUEST_EVENT_FETCH,		/* .event: its source and id. Facts: REASON as then, KIND, MSISDN; of its message, if any:
					 * NOTIFICATION, SENDING, SENT; of its proposal, if any: PROPOSAL, SERVICE and its terms,
					 * CONFIRM_UNTIL, ARG_REPLY, TRIES_LEFT of a code, and of its order, if any: REF, STATE.
					 * NOT_FOUND: no such event */
	REQUEST_PROPOSAL_CODE,		/* S6 args: PROPOSAL, ARG_CODE of a new one-time code, which is about to be sent: it replaces the
					 * one before. NOT_FOUND: nothing can be answered any more. Durable */
	REQUEST_PROPOSAL_CONFIRM,	/* S6 args: as PROPOSAL_ACCEPT, and ARG_CODE of what was typed. Its results, and WRONG with
					 * TRIES_LEFT, LOCKED: too many wrong codes. Counts each attempt. Changes */
	REQUEST_MESSAGES_WAITING,	/* rows: NOTIFICATION, STORED: how many of a kind wait, counted to MESSAGES_COUNTED_MAX, and
					 * ARG_SEARCHED, ARG_SEARCH_BEGAN while more are being made; no row for a kind without any */
	REQUEST_BARRED,			/* .id: changes of barred numbers after this one, oldest first; rows: bar_read(); response.more */
	/* From an operator. */
	REQUEST_TICKET_LIST,		/* S12 args, each optional: TICKET_KIND, TICKET_STATE, ARG_LATE: 1, only if the answer is late; a
					 * number: only its tickets, else everybody's. Without a state: those that are not closed, and all
					 * of a number. Rows: MSISDN, TICKET, TICKET_KIND, TICKET_STATE, OPENED, ANSWER_BY, STAFF; oldest
					 * first, at most VIEW_LISTED_MAX. Facts: where to go on, if there may be more; args of the next
					 * request: MSISDN, TICKET, OPENED */
	REQUEST_TICKET_HISTORY,		/* S12 args: TICKET, ARG_POSITION of the last entry that is known; facts: as TICKET_STATE, STAFF,
					 * ARG_CHANNEL, ARG_OUTCOME, ARG_REPEATED, ARG_FORMER, ARG_PROPOSED …, and what the kind has;
					 * ARG_POSITION, if there are more entries. Rows: ARG_POSITION, ARG_TIME, ACT, STAFF, ARG_TERMS,
					 * TEXT or ARG_HIDDEN. Record TICKET_READ first. NOT_FOUND */
	REQUEST_ORDER_RELEASE,		/* .id: a dead order is delivered again. CONFLICT: the account has changed, or another order on
					 * the same subject is in flight. REFUSED: it is not dead, or a former owner's */
	REQUEST_PASSWORD_RELEASE,	/* unlock. NOT_FOUND: no password */
	REQUEST_PASSWORD_GIVE,		/* set a temporary one: .password.fresh */
	REQUEST_TICKET_STAFF,		/* .ticket, args: TICKET, and TEXT of some events; facts: TICKET_STATE, ANSWER_BY. CONFLICT: not in
					 * this state, or not for this kind of ticket. Of credits also .ref, ARG_SECOND, AMOUNT, FORM,
					 * FORM_EQUAL, ARG_OVERRIDE. ACCEPTED: another member of staff must grant the same. EXCLUDED: only
					 * with ARG_OVERRIDE. REFUSED: the amount or the form. Durable */
	REQUEST_ACCOUNT_PURGE,		/* S18 delete everything stored about a number except orders, tickets and consents, which the law
					 * may require us to retain; also without a subscriber. REFUSED: an order is in flight */
	REQUEST_ORDERS_PURGE,		/* delete the number's orders and tickets. REFUSED: one is in flight */
	/* Inside a store, during housekeeping. */
	REQUEST_SUBSCRIPTION_DUE,	/* args: SERVICE. A task is due: see subscription_task() */
	REQUEST_CONVERSATION_DUE,	/* .conversation: its short code. It expired at least ten seconds ago, and no dialog has said
					 * so */
	REQUEST_REMINDER_DUE,		/* S5, S9 args: NOTIFICATION, and MONTH of information_fees. The account's data call for it: see
					 * reminder_due() */
	REQUEST_TICKET_DUE,		/* args: TICKET: its next task of housekeeping */
	REQUEST_KIND_COUNT
};

/* Orders: changes that are sent to billing or, BACKEND_ORDER, to a backend. Besides the arguments above they may have the text that the
 * subscriber was shown and agreed to, and a service password that accounts/ checks first (FIELD_PASSWORD). A store writes an order with
 * its outbox entry, its notification and its consent in one transaction.
 *
 * FIELD_KIND of an order is its request's name with underscores: service_activate, line_suspend …; of BACKEND_ORDER the name of the
 * backend; of stored data: profile, bills, points, services, password, orders, consents, messages, conversations.
 * FIELD_STATE of an order: accepted (billing has not answered yet), completed, refused, dead (could not be delivered); of a
 * subscription: active, trial, activating, deactivating. */
bool request_orders(enum request_kind kind);

/* Whether an order of this kind requires a service password, whatever the page asks (S11). */
bool request_needs_password(enum request_kind kind);

/* How far the inputs of a link are trusted (F34); each level includes those before it. Anything beyond is completed by a one-time
 * code. */
enum trust {
	TRUST_ASK,		/* public information only */
	TRUST_READ,		/* view balances, bills, services */
	TRUST_ORDER,		/* activate and deactivate services, set the language */
	TRUST_PASSWORD,		/* change the service password, suspend the line: the link authenticates its subscribers */
	TRUST_COUNT
};

/* "ask", "read", "order", "password": for configuration and records. */
const char *trust_name(enum trust trust);

/* \a otherwise for NULL and for any other name. */
enum trust trust_by_name(const char *name, enum trust otherwise);

/* One-time codes are decimal digits; a session stores a keyed digest of the code that was sent, never the code. */
#define CONFIRM_CODE_LEN 6
#define CONFIRM_CODE_SIZE (CONFIRM_CODE_LEN + 1)
#define CONFIRM_DIGEST_SIZE 16

/* Arguments of requests that are not a FIELD_*; never in a menu. */
enum request_arg {
	ARG_SHOWN = 1100,		/* text: the confirmation agreed to, as it was shown */
	ARG_ANSWERED,			/* text: the answer, as it was typed */
	ARG_CHANNEL,			/* text: name of the channel */
	ARG_TRUST,			/* text: trust_name() of the link, plus "+code" when a one-time code completed it; "by NAME" for
					 * staff */
	ARG_BACKEND,			/* text: name of the backend to which an order is sent */
	ARG_SENT,			/* text: what it is sent, as backends_order_put() writes it */
	ARG_ANSWER,			/* text: the values of its answer, as backends_answer_put() writes them; also in a notification */
	ARG_ROWS,			/* text: the octets of rows that a notification, or an event, brings */
	ARG_SEARCHED,			/* number: thousandths of the subscribers who chose a kind that this round has looked at */
	ARG_SEARCH_BEGAN,		/* number: when the round began, seconds since 1970 */
	ARG_TRUE_SINCE,			/* number: the time of a message's data, seconds since 1970: older data do not make it obsolete */
	ARG_PAGE,			/* text: name of the page to show */
	ARG_BEGIN,			/* number: not to be sent before, seconds since 1970 */
	ARG_END,			/* number: not to be sent, or answered, from then on, seconds since 1970 */
	ARG_REPLY,			/* text: how a proposal ended, as a word of src/account/proposal.c; absent: not yet */
	ARG_SECOND,			/* number: a second reference number, for a second order */
	ARG_OVERRIDE,			/* number: 1: staff decide against a rule that may be waived */
	ARG_LATE,			/* number: tickets whose answer is late, counted to TICKETS_COUNTED_MAX; in a request 1: only
					 * those */
	ARG_SOON,			/* number: those whose answer is due within the time to warn, likewise */
	ARG_POSITION,			/* number: of an entry in a ticket's history, from 1 */
	ARG_TIME,			/* number: of that entry, seconds since 1970 */
	ARG_TERMS,			/* text: of its credit */
	ARG_HIDDEN,			/* number: 1: its text is confidential (S13) */
	ARG_OUTCOME,			/* text: how a ticket was closed */
	ARG_REPEATED,			/* number: 1: the subscriber had opened another one of the kind shortly before */
	ARG_FORMER,			/* number: 1: the number had another owner then */
	ARG_PROPOSED,			/* number: minor units that await a second member of staff */
	ARG_PROPOSED_AS,		/* text: what is to be done, and the forms, between blanks */
	ARG_PROPOSED_BY,		/* text: by whom */
	ARG_CODE,			/* text: CONFIRM_DIGEST_SIZE octets, the keyed digest of a one-time code */
};

/* "profile", "bills" …: for logs. */
const char *request_kind_name(enum request_kind kind);

/* Whether a request of this kind changes the account and so needs a reference number. */
bool request_changes(enum request_kind kind);

#define ACCOUNT_SKEW_S 300	/* tolerance between correct clocks */

/* The kinds of account data that age separately, each with its "as of". */
enum account_kind {
	ACCOUNT_PROFILE,		/* with balance, amount due, total of the last bill */
	ACCOUNT_BILLS,
	ACCOUNT_POINTS,
	ACCOUNT_SERVICES,
	ACCOUNT_KINDS
};

/* A question was not answered in time: send its message. */
#define NOTIFICATION_UNANSWERED "unanswered"

/* A short message that was acknowledged to its SMSC before its turn was over. Only due once the process that saved it is gone, and then
 * to be processed again. */
#define NOTIFICATION_TEXT "text"

#define IMSI_SIZE 16		/* up to 15 digits and the zero */
#define MSISDN_SIZE 16

/* A subscriber: at least one of the two is known; stores prefer the MSISDN. International format, digits only. */
struct subscriber {
	char imsi[IMSI_SIZE];		/* "" when unknown */
	char msisdn[MSISDN_SIZE];	/* "" when unknown */
};

/* ---- in requests between accounts/, the server and the stores; never in a menu ---- */

#define SHORT_CODE_SIZE 32		/* with the zero, like all texts in arrays here */
#define BACKEND_NAME_SIZE 32
#define CREDIT_FORM_SIZE 16
#define ORDER_ANSWER_SIZE 1024		/* of ARG_ANSWER, with the zero */
#define ORDER_SENT_SIZE 960		/* of ARG_SENT */
#define CHANNEL_NAME_SIZE 64
#define PASSWORD_HASH_SIZE 128
#define ORDER_REASON_SIZE 128
#define ANSWERED_DIGEST_SIZE 24

/* A range of a request's octets; len 0: none. */
struct span {
	uint16_t at, len;
};

/* The short message that caused a change (A13). The change's own transaction replaces its conversation by the digest, whatever the result
 * of the change: the digest identifies a message that is sent again after a crash. */
struct answered {
	char short_code[SHORT_CODE_SIZE];	/* to which it was sent; "": not caused by a short message */
	uint8_t digest[ANSWERED_DIGEST_SIZE];	/* in a format private to the server */
	int64_t until;				/* expiry of the digest, seconds since 1970 */
};

enum order_end {
	END_DONE,
	END_REFUSED,
	END_DEAD,			/* billing has not answered for too long */
	END_CONFLICT,			/* billing has another order under its reference: dead, but the subscription stays as the order
					 * left it, since it is unknown what billing did */
};

struct order_outcome {
	enum order_end end;
	char reason[ORDER_REASON_SIZE];		/* from billing; "": none */
};

/* Links that do not authenticate their subscribers have a separate lock (F34), so that forged texts lock no subscriber out on their own
 * phone. The lock of the links that do authenticate applies to the others, too, and clearing it clears both. */
enum password_link {
	PASSWORD_LINK_TRUSTED,
	PASSWORD_LINK_UNTRUSTED,
	PASSWORD_LINKS
};

/* Neither attempts nor changes use their reference number or store it: every attempt is counted and compared, and setting a password
 * twice requires the current one. */
struct password_request {
	enum password_link link;		/* over which the password was sent */
	bool rehashed;				/* fresh is a hash of the same password: no notification, no former password */
	char compared[PASSWORD_HASH_SIZE];	/* the hash that the input matched */
	char fresh[PASSWORD_HASH_SIZE];		/* the new hash; "": unchanged, only count and lock are cleared */
};

/* A subscriber's conversation with a short code. */
struct conversation_request {
	char short_code[SHORT_CODE_SIZE];
	struct span session;			/* in a format private to the server */
	struct span late;			/* text sent when nobody answers (S6); may be empty */
	int64_t until;				/* expiry, seconds since 1970 */
};

/* A received short message. It must contain no secret. */
struct text_request {
	char short_code[SHORT_CODE_SIZE];	/* to which it was sent */
	char channel[CHANNEL_NAME_SIZE];	/* by which link it came */
	struct span text;
	uint32_t reference;			/* the network's number of the message; 0: none */
	int64_t until;				/* seconds since 1970: then an answer would surprise */
};

#define ACCOUNT_WORD_SIZE 32		/* kinds of notifications and events */
#define EVENT_SOURCE_SIZE 32
#define EVENT_ID_SIZE 65
#define EVENT_DIGEST_SIZE 16

/* What happened, from one of the operator's systems. */
struct event_request {
	char source[EVENT_SOURCE_SIZE];		/* the system: its events have ids of their own */
	char id[EVENT_ID_SIZE];			/* chosen by the source: the same id means the same event */
	uint8_t digest[EVENT_DIGEST_SIZE];	/* of the whole event as it came */
	char kind[ACCOUNT_WORD_SIZE];		/* account_event_kinds */
	int64_t time;				/* when it happened, seconds since 1970 */
};

/* What staff do with a ticket. */
struct ticket_request {
	uint8_t event;				/* enum ticket_event */
	char staff[ACCOUNT_WORD_SIZE];		/* their name; of TICKET_OPEN "": the subscriber's own */
};

#define REQUEST_ARGS_MAX 2560

struct request {
	enum request_kind kind;
	struct subscriber subscriber;
	uint64_t ref;			/* requests that change: accounts_reference(); the same number means the same change; else 0.
					 * REQUEST_HOUSEKEEP: the first of STORE_PIECE numbers, for trials that end */
	int64_t now;			/* seconds since 1970 UTC, set by accounts/ if it is 0; never goes back during the process */
	int32_t utc_offset;		/* set with it: offset of the operator's local time, seconds east */
	struct answered answered;	/* of a change */
	int64_t id;			/* of the order concerned */
	union {				/* used by some kinds, see enum request_kind */
		struct password_request password;
		struct order_outcome outcome;
		struct conversation_request conversation;
		struct text_request text;
		struct event_request event;
		struct ticket_request ticket;
	};
	uint16_t args_len;		/* octets in use */
	uint8_t args[REQUEST_ARGS_MAX];	/* a menu's arguments, as a record of FIELD_*; or the octets of spans, one after the other */
};

enum result {
	RESULT_OK,
	RESULT_NOT_FOUND,	/* no such subscriber, bill, service */
	RESULT_CONFLICT,	/* changed by somebody else meanwhile; S3: the price is not the one shown */
	RESULT_DUPLICATE,	/* already so, or an order on it is in flight */
	RESULT_REFUSED,		/* not allowed for this account */
	RESULT_WRONG,		/* S4: old password does not match */
	RESULT_WEAK,		/* S4: new password is too weak */
	RESULT_LOCKED,		/* S4: too many wrong passwords */
	RESULT_BUSY,		/* overload: nothing was done */
	RESULT_UNAVAILABLE,	/* store cannot answer now: nothing was done */
	RESULT_UNKNOWN,		/* timeout: it may have been done; repeat with the same ref */
	RESULT_EXCLUDED,	/* S3: excluded by a subscribed service */
	RESULT_USED,		/* S4: new password was used before */
	RESULT_TEMPORARY,	/* S4: the password was given by an operator and must be changed first */
	RESULT_ACCEPTED,		/* the order is stored, its outcome not known yet; a notification follows (F4) */
	RESULT_ALIEN,		/* the reference number already belongs to another change: nothing was done */
	RESULT_COUNT
};

const char *result_name(enum result result);

/* ---- in responses, likewise ---- */

#define PASSWORD_PAST_MAX 3		/* former passwords that may not be chosen again */
#define PASSWORD_PAST_SIZE (PASSWORD_PAST_MAX * PASSWORD_HASH_SIZE)
#define STORED_ID_PIECES_SIZE 272
#define PERIOD_SIZE 16
#define DUE_MAX 32			/* items of a queue that fit into a response */

struct alien {
	int64_t msisdn;			/* the subscriber of the change */
	uint64_t ref;			/* its reference number */
	int64_t other;			/* the subscriber who already has it; 0: not known */
};

/* The data that an attempt is compared with. */
struct password_found {
	int64_t left;				/* further attempts before the lock; 0: this one locked in advance */
	bool temporary;				/* the password was given by an operator */
	char hash[PASSWORD_HASH_SIZE];
	char past[PASSWORD_PAST_SIZE];		/* hashes of former passwords, newest first, between blanks */
	char id_pieces[STORED_ID_PIECES_SIZE];		/* keyed pieces of the identity number, see stored.h; "": unknown */
};

struct conversation_found {
	uint16_t session_len;			/* 0: none */
	uint8_t session[REQUEST_ARGS_MAX];
	int64_t until;				/* its expiry, seconds since 1970 */
	bool answered;				/* digest is set: of the last input answered by a change */
	uint8_t digest[ANSWERED_DIGEST_SIZE];
};

/* ---- due work, processed by one process at a time (store.h) ---- */

enum queue {
	QUEUE_ORDERS,			/* orders to send to billing: struct due_order */
	QUEUE_BACKEND_ORDERS,		/* orders to send to backends: the same */
	QUEUE_NOTIFICATIONS,		/* notifications to send to subscribers: struct due_notification */
	QUEUES
};

#define NOTIFICATION_KINDS_MAX 32
#define MESSAGES_COUNTED_MAX 100000
#define TICKETS_COUNTED_MAX 1000

struct claim {
	int64_t until;			/* claim items due by then and not expired by then, seconds since 1970 */
	unsigned int max;		/* at most this many, and at most DUE_MAX */
	unsigned int lease_ms;		/* how long nobody else is given them, unless completed */
	/* Only QUEUE_NOTIFICATIONS: the kinds to claim, as indexes of notification_kinds, the most urgent first; none: every kind, in
	 * the order of the table. Read by claim_kind(). */
	uint8_t kinds[NOTIFICATION_KINDS_MAX];
	unsigned int kinds_count;
	uint32_t hurried;		/* bits, 1 << index: of these only the items that must be sent by \a latest */
	int64_t latest;			/* seconds since 1970 */
	uint32_t limited;		/* bits: of these kinds together at most \a limit */
	unsigned int limit;
	uint32_t counted;		/* bits: kinds whose messages count; for an item of these sent_since is set */
	int64_t since;			/* beginning of the subscribers' day, seconds since 1970 */
};

enum completion_how {
	ITEM_DONE,			/* a notification was accepted by the network. Orders end by REQUEST_ORDER_END */
	ITEM_LATER,			/* it could not be done now: count the attempt, due again */
	ITEM_BACK,			/* nothing was done: due as before */
	ITEM_POSTPONED,			/* a notification: not to be tried before it is due again; not an attempt */
	ITEM_WITHDRAWN,			/* a notification: it no longer holds, and is not sent */
};

struct completion {
	int64_t id;			/* of the item, claimed or not */
	enum completion_how how;
	int64_t due;			/* LATER, POSTPONED: seconds since 1970 */
	int64_t now;			/* of a notification that ends: seconds since 1970 */
	bool counts;			/* its kind counts: it remains stored, so that sent_since can find it */
};

/* An order to send to billing or to a backend. */
struct due_order {
	int64_t id;			/* in the store; grows with time */
	uint64_t ref;			/* reference number */
	int64_t msisdn;
	enum request_kind kind;
	uint32_t effective;		/* first day on which it takes effect, yyyymmdd */
	uint32_t trial_until;		/* last day of the agreed trial, yyyymmdd; 0: none */
	int64_t trial_price;		/* of the whole trial, minor units */
	bool trial_paid;		/* the trial continues automatically as a paid service */
	int64_t price;			/* minor units, for one period; 0 without a period: no price */
	int64_t ordered;		/* seconds since 1970 */
	uint32_t attempts;		/* deliveries tried */
	char period[PERIOD_SIZE];	/* "": none, like the next two */
	char service[SERVICE_CODE_MAX + 1];
	char instead[SERVICE_CODE_MAX + 1];	/* the service that it replaces */
	char backend[BACKEND_NAME_SIZE];	/* to which it is sent; "": to billing */
	char form[CREDIT_FORM_SIZE];	/* of a credit; "": none */
	int64_t ticket;			/* of a credit: number of its ticket; 0: none */
	struct span sent;		/* what a backend is sent, zero-terminated: in the response's \a sent */
};

/* The short message of a notification. */
struct message {
	char short_code[SHORT_CODE_SIZE];	/* its recipient, if received, or sender, if to be sent; "": no message */
	char channel[CHANNEL_NAME_SIZE];	/* the link it was received on; "": to be sent */
	const char *text;			/* not zero-terminated; NULL: none */
	size_t len;
	uint32_t reference;			/* the network's number of a received message; 0: none */
	int64_t until;				/* seconds since 1970: then an answer would surprise */
};

/* A notification to send to a subscriber. Does not own what its pointers lead to. */
struct due_notification {
	int64_t id;			/* in the store; grows with time */
	int64_t msisdn;
	uint32_t attempts;		/* deliveries tried */
	const char *kind;		/* as in struct account_notification */
	int64_t expires;		/* not sent from then on, seconds since 1970 */
	int64_t latest;			/* should be sent by then, whatever the hour; 0: whenever it can */
	uint32_t sent_since;		/* messages sent to the subscriber since the claim's \a since, of the kinds \a counted */
	struct record facts;		/* FIELD_* for its page, and ARG_ROWS; read-only */
	struct message message;		/* of NOTIFICATION_UNANSWERED and NOTIFICATION_TEXT */
};

#define DUE_SENT_MAX 4096		/* octets of what the orders of a response send to backends */
#define RESPONSE_FACTS_MAX 1024
#define RESPONSE_ROWS_MAX 3072

/* The part of a response besides facts. */
enum response_part {
	RESPONSE_ROWS,			/* the default of response_init(); may be empty. Also notifications: response_notification() */
	RESPONSE_ORDERS,
	RESPONSE_PASSWORD,
	RESPONSE_CONVERSATION,
};

/* Initialized by response_init(). Its record and rows point to arrays inside: use response_copy(), not assignment. */
struct response {
	enum result result;
	struct record facts;		/* FIELD_*. Include the list's own "as of", even if a known subscriber has nothing to list */
	struct rows rows;
	int64_t order;			/* id of an order to send to billing; 0: none */
	int64_t notification;		/* id of a notification with the same content, dropped once this response was sent; 0: none */
	uint64_t references;		/* internal to a store that draws references: the first of a series */
	bool more;			/* more housekeeping is due, or more rows follow */
	struct alien alien;		/* ALIEN: for the alarm that accounts/ raises; not passed on */
	uint8_t facts_data[RESPONSE_FACTS_MAX];
	enum response_part part;
	unsigned int orders_count, sent_len;
	union {
		uint8_t rows_data[RESPONSE_ROWS_MAX];
		struct {
			struct due_order orders[DUE_MAX];
			char sent[DUE_SENT_MAX];
		};
		struct password_found password;		/* to be wiped */
		struct conversation_found conversation;
	};
};

/* Empty response with RESULT_UNAVAILABLE. */
void response_init(struct response *response);

/* Copy the contents; \a to uses its own memory. */
void response_copy(struct response *to, const struct response *from);

/* Overwrite and empty the response. */
void response_wipe(struct response *response);

/* Append an order, with what its backend is sent, or NULL. Returns 0 or -ENOSPC. */
int response_add_order(struct response *response, const struct due_order *order, const char *sent);

/* Append a notification. Returns 0 or -ENOSPC. */
int response_add_notification(struct response *response, const struct due_notification *notification);

/* The notification with that index, from 0; its pointers lead into \a response. False when there are fewer. */
bool response_notification(const struct response *response, unsigned int index, struct due_notification *notification);

/* The arguments of a request as a record, to read or to write; call request_set_args() after writing. */
struct record request_args(struct request *request);
void request_set_args(struct request *request, const struct record *args);

/* Append octets to a request that has no record of arguments. Returns 0 or -ENOSPC (the span is then empty). */
int request_put_span(struct request *request, struct span *span, const void *octets, size_t len);

/* NULL for none. */
const char *request_span(const struct request *request, const struct span *span);

/* A reference number in printed form: "K7Q2-9F3T-XM4P" for 60 bits (Crockford's base 32). Writes 15 octets. */
#define REF_TEXT_SIZE 15
const char *ref_print(uint64_t ref, char out[static REF_TEXT_SIZE]);

/* A subscriber's numeric key, unique to each text; false for anything that is not a number: letters, more than 15 digits, an MSISDN
 * beginning with 0. */
bool msisdn_key(const char *msisdn, int64_t *key);
bool imsi_key(const char *imsi, int64_t *key);
void imsi_of_key(int64_t key, char out[static IMSI_SIZE]);

void msisdn_print(int64_t msisdn, char out[static MSISDN_SIZE]);

/* Store the MSISDN as a text, as menus need it. */
void msisdn_put(struct record *facts, int64_t msisdn);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What can be asked of a subscriber's account, and what comes back: data only.
 *
 * Rows S1…S20 name the promises to subscribers that each item serves. */
#pragma once

#include "starhash/catalogue.h"
#include "starhash/record.h"

/* How a field's value is stored and shown. */
enum field_type {
	FIELD_TYPE_TEXT,	/* text */
	FIELD_TYPE_CODE,	/* text: an identifier; texts.<lang>.cfg has its words */
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

/* X(id, name in menu files, type, origin, worst width in characters, storage): the one list of all fields. Ids are kept in
 * saved sessions: append, never renumber.
 *
 * Storage: FACT is a CODE, MONEY or DATE about the account that billing owns and no rule interprets. It has the same name in the
 * database, in imports and exports, in billing's mapping and in transcripts; its line here is all the C that it needs, and a greater
 * SCHEMA_VERSION after a release. OWN: code of its own stores it, or nothing does. */
#define FIELDS(X) \
	X(MSISDN,      msisdn,      TEXT,  ACCOUNT, 15, OWN) \
	X(ACCOUNT,     account,     CODE,  ACCOUNT, 12, OWN)	/* prepaid, postpaid */ \
	X(BRAND,       brand,       CODE,  ACCOUNT, 16, OWN) \
	X(STATUS,      status,      CODE,  ACCOUNT, 16, OWN)	/* active, suspended */ \
	X(LANGUAGE,    language,    CODE,  ACCOUNT, 16, OWN)	/* ISO 639-1 */ \
	X(SERVICES,    services,    TEXT,  ACCOUNT, 0, OWN)	/* codes of services, opening and closing ones too, between blanks; for conditions */ \
	X(BALANCE,     balance,     MONEY, ACCOUNT, 14, FACT)	/* S1: the account's money now */ \
	X(OWED,        owed,        MONEY, ACCOUNT, 14, FACT)	/* S1: what a postpaid account owes now */ \
	X(VALID_UNTIL, valid_until, DATE,  ACCOUNT, 10, FACT) \
	X(BILL_MONTH,  bill_month,  MONTH, ACCOUNT, 8, OWN)	/* S1: last billed month */ \
	X(BILL_TOTAL,  bill_total,  MONEY, ACCOUNT, 14, OWN)	/* S1: its total */ \
	X(POINTS,      points,      COUNT, ACCOUNT, 9, OWN)	/* S2 */ \
	X(AS_OF,       as_of,       TIME,  ACCOUNT, 16, OWN)	/* when billing last told us */ \
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
	X(OLD,         old,         TEXT,  ROW,     0, OWN)	/* S4: parameters, secret, never shown */ \
	X(NEW,         new,         TEXT,  ROW,     0, OWN) \
	X(REF,         ref,         TEXT,  ACCOUNT, 14, OWN)	/* reference number of the last order */ \
	X(KEYWORD,     keyword,     TEXT,  ACCOUNT, 16, OWN)	/* the keyword nearest to an unknown one */ \
	X(BILLS_AS_OF,    bills_as_of,    TIME, ACCOUNT, 16, OWN)	/* as as_of, for bills and their lines */ \
	X(POINTS_AS_OF,   points_as_of,   TIME, ACCOUNT, 16, OWN)	/* for points and their entries */ \
	X(SERVICES_AS_OF, services_as_of, TIME, ACCOUNT, 16, OWN)	/* for subscriptions */ \
	X(LOCKED_UNTIL, locked_until, TIME, ACCOUNT, 16, OWN)	/* S4: absent when only an operator can release it */ \
	X(PASSWORD,    password,    TEXT,  ROW,     0, OWN)	/* S11: parameter, secret, proves who orders; never shown */ \
	X(STATE,       state,       CODE,  ROW,     16, OWN)	/* of a subscription or an order: see below */ \
	X(EFFECTIVE,   effective,   DATE,  ROW,     10, OWN)	/* the first day on which a change counts */ \
	X(TRIAL_DAYS,  trial_days,  COUNT, ROW,     4, OWN)	/* S7 */ \
	X(TRIAL_UNTIL, trial_until, DATE,  ROW,     10, OWN)	/* S7: its last day */ \
	X(ORDER,       order,       TEXT,  ROW,     14, OWN)	/* reference number of an order in a list */ \
	X(KIND,        kind,        CODE,  ROW,     24, OWN)	/* of an order, or of data that are held */ \
	X(ORDERED,     ordered,     TIME,  ROW,     16, OWN)	/* when an order was taken */ \
	X(STORED,      stored,      COUNT, ROW,     9, OWN)	/* S18: how many of a kind */ \
	X(RETENTION,   retention,   COUNT, ROW,     5, OWN)	/* S18: days for which it has to be kept; absent: no rule */ \
	X(UNTIL,       until,       DATE,  ROW,     10, OWN)	/* of a service that is being cancelled: its last day */ \
	X(CONFIRM_CODE,  confirm_code,  TEXT, ACCOUNT, 6, OWN)	/* F34: the one-time code, while it is being shown */ \
	X(CONFIRM_UNTIL, confirm_until, TIME, ACCOUNT, 16, OWN)	/* until when it counts */ \
	X(TARIFF,     tariff,     CODE,  ACCOUNT, 24, FACT)	/* the tariff plan */ \
	X(BILLED,     billed,     CODE,  ACCOUNT, 3, FACT)	/* whether bills are made for the account: yes, no */ \
	X(REGISTERED, registered, CODE,  ACCOUNT, 3, FACT)	/* whether the subscriber's identity is known to the operator: yes, no */ \
	X(PROVIDER,   provider,   CODE,  ROW,     24, OWN)	/* S16 of a charge: the content provider */ \
	X(FEE_CLASS,  fee_class,  CODE,  ROW,     24, OWN)	/* S16 of a charge: what kind of fee */ \
	X(INSTEAD,    instead,    CODE,  ROW,     24, OWN)	/* S3: what another service replaces, or what excludes it */ \
	X(TRIAL_PRICE, trial_price, MONEY, ROW,    12, OWN)	/* S7: of the whole trial; absent: it is free of charge */ \
	X(TRIAL_ENDS, trial_ends, CODE,  ROW,     10, OWN)	/* S7: "paid": it goes on by itself; absent: it ends unless it is kept */

/* X(id of its field, name): what a charge on a bill may have besides its kind and amount, each a code. The name is that of its column
 * in the database, in imports and exports, and in billing's mapping. */
#define LINE_FACTS(X) \
	X(SERVICE,   charged_service)	/* the value-added service that it is for */ \
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

/* The group of words that a menu has for its codes: its own name, or that of the field whose codes they are. */
const char *field_words(enum field field);

/* FIELD_NONE when there is no field of that name. */
enum field field_by_name(const char *name);

enum request_kind {
	REQUEST_PROFILE,		/* facts: every FIELD_OF_ACCOUNT that is known */
	REQUEST_BILLS,			/* S10 rows: MONTH, TOTAL; newest first, at most 5 */
	REQUEST_BILL_LINES,		/* S10 args: MONTH; rows: ITEM, AMOUNT, SERVICE, PROVIDER, FEE_CLASS */
	REQUEST_POINTS,			/* S2 rows: DATE, CHANGE, REASON; newest first, at most 10 */
	REQUEST_SERVICES_MINE,		/* S3 rows: SERVICE, PRICE, PERIOD, SINCE, STATE, TRIAL_UNTIL, TRIAL_PRICE, TRIAL_ENDS,
					 * UNTIL */
	REQUEST_SERVICES_OFFERED,	/* S3 rows: SERVICE, PRICE, PERIOD, TRIAL_DAYS, TRIAL_PRICE, TRIAL_ENDS, EFFECTIVE; those that the
					 * subscriber lacks and may have: none that a service of theirs excludes */
	REQUEST_SERVICE_ACTIVATE,		/* S3 args: SERVICE, and PRICE, TRIAL_PRICE, TRIAL_ENDS and PERIOD as shown, if they were; facts: SERVICES,
					 * EFFECTIVE, TRIAL_UNTIL. DUPLICATE: open already, or an order about it is on its way.
					 * CONFLICT: another price. EXCLUDED: by a service of theirs, which is INSTEAD among
					 * the facts. NOT_FOUND: not sold. One that runs out goes on, without another trial.
					 * Changes */
	REQUEST_SERVICE_DEACTIVATE,		/* S3 args: SERVICE; facts: SERVICES, EFFECTIVE. NOT_FOUND: not open. DUPLICATE: runs out
					 * already, or an order about it is on its way. Changes */
	REQUEST_LANGUAGE_SET,		/* args: LANGUAGE; facts: LANGUAGE. Changes */
	REQUEST_PASSWORD_CHANGE,	/* S4 args: OLD, NEW. WRONG, WEAK, USED, LOCKED. Changes; done by accounts/, not by stores */
	REQUEST_PASSWORD_ATTEMPT,	/* accounts/ to store: .password. Counts one attempt durably, then tells struct password_found.
					 * The last of password_tries attempts locks in advance and leaves a notification that waits a
					 * little; facts: LOCKED_UNTIL. LOCKED has it, too. Changes */
	REQUEST_PASSWORD_SET,		/* accounts/ to store: .password, which was right. Clears count and lock, and recalls that
					 * notification. CONFLICT: the hash is not the one that was compared. Changes */
	REQUEST_CONVERSATION_SAVE,	/* server to store, for another process: .conversation takes the place of what was kept for its
					 * short code; without a session it is forgotten. Durable, and kept twice is kept */
	REQUEST_CONVERSATION_FETCH,	/* .conversation: its short code. Answers struct conversation_found: the saved one, unless it
					 * has run out and its subscriber was told. NOT_FOUND, which may have a digest, too */
	REQUEST_TRIAL_ACCEPT,		/* S7 args: SERVICE. A trial goes on as a paid service. NOT_FOUND: no trial.
					 * DUPLICATE, CONFLICT: as opening. Changes */
	REQUEST_ORDERS_MINE,		/* rows: ORDER, KIND, SERVICE, INSTEAD, STATE, ORDERED; newest first, at most 10 */
	REQUEST_LINE_SUSPEND,		/* S11 facts: STATUS. DUPLICATE: is suspended. Changes */
	REQUEST_LINE_RESUME,		/* S11 facts: STATUS. DUPLICATE: is active. Changes */
	REQUEST_DATA_MINE,		/* S18 rows: KIND, HELD, KEPT */
	REQUEST_DATA_DELETE,		/* S18 an operator's task: it is noted. DUPLICATE: asked for already. Changes */
	REQUEST_SERVICE_CHANGE,		/* S3 args: SERVICE, which replaces INSTEAD, and PRICE and PERIOD as shown, if they were;
					 * facts: SERVICES, EFFECTIVE. No trial. NOT_FOUND: INSTEAD is not open, or SERVICE not
					 * sold. DUPLICATE: SERVICE is open, or an order about one of them is on its way.
					 * CONFLICT, EXCLUDED: as opening, by a service other than INSTEAD. Changes */
	REQUEST_SERVICES_INSTEAD,	/* S3 args: INSTEAD, or SERVICE; rows: SERVICE, INSTEAD, PRICE, PERIOD, EFFECTIVE: what an
					 * open service can be changed to, or what the wanted one can replace. Two that
					 * exclude each other, or, when INSTEAD is given, are of one family */
	/* Between accounts/ and the stores; about no subscriber in particular. */
	REQUEST_ORDER_END,		/* .id, .outcome: how billing ended an order. The first end counts, others are a DUPLICATE.
					 * Durable */
	REQUEST_HOUSEKEEP,		/* end trials, tell of questions that ran out, give up what is too old, carry out
					 * retention: a bounded piece of it; response.more */
	REQUEST_CONVERSATION_EXPIRE,	/* S6 server to store: nobody answered .conversation, by its short code: it becomes a
					 * notification. That waits a little, so that the dialog can say it at once, which
					 * completes it. NOT_FOUND: nothing was to be said. Durable */
	REQUEST_TEXT_SAVE,		/* server to store: .text, a short message whose turn lasts long, becomes a notification of kind
					 * NOTIFICATION_TEXT that waits a little. Durable */
	/* An operator's. */
	REQUEST_ORDER_RELEASE,		/* .id: a dead order is delivered once more. CONFLICT: the account has changed since, or
					 * another order about the same is in flight. REFUSED: it is not dead, or a former owner's */
	REQUEST_PASSWORD_RELEASE,	/* from its lock. NOT_FOUND: there is no password */
	REQUEST_PASSWORD_GIVE,		/* a temporary one: .password.fresh */
	REQUEST_ACCOUNT_PURGE,		/* S18 all that is held about a number, but orders and consents, which the law may want kept; also
					 * of one that is nobody's any more. REFUSED: an order is in flight */
	REQUEST_ORDERS_PURGE,		/* the number's orders. REFUSED: one is in flight */
	/* Inside a store, when it keeps house. */
	REQUEST_SUBSCRIPTION_DUE,	/* args: SERVICE. Its day has come: see subscription_task() */
	REQUEST_CONVERSATION_DUE,	/* .conversation: its short code. It ran out ten seconds ago or earlier, and no dialog said so */
	REQUEST_KIND_COUNT
};

/* Orders: changes that billing has to hear of. Their arguments may hold, besides what is named above, what the
 * subscriber was shown and agreed to, and a service password that accounts/ checks first (FIELD_PASSWORD). A store keeps an
 * order with its outbox entry, its notification and its consent in one transaction.
 *
 * FIELD_KIND of an order is its request's name with underscores: service_activate, line_suspend …; of data that are held: profile,
 * bills, points, services, password, orders, consents, messages, conversations.
 * FIELD_STATE of an order: taken (billing has not answered yet), done, refused, dead (nobody could deliver it); of a
 * subscription: open, trial, opening, closing. */
bool request_orders(enum request_kind kind);

/* Whether an order of this kind is refused without a service password, whatever the page asks (S11). */
bool request_needs_password(enum request_kind kind);

/* What an input that came over a link may do by itself (F34), each level more than the one before it. What it may not do by
 * itself is completed by a one-time code. */
enum trust {
	TRUST_ASK,		/* ask for what everybody may know */
	TRUST_READ,		/* see balances, bills, services */
	TRUST_ORDER,		/* activate, cancel, set the language */
	TRUST_PASSWORD,		/* change the service password, suspend the line: the link knows who its subscribers are */
	TRUST_COUNT
};

/* "ask", "read", "order", "password": for configuration and records. */
const char *trust_name(enum trust trust);

/* \a otherwise for any other name, and for NULL. */
enum trust trust_by_name(const char *name, enum trust otherwise);

/* One-time codes are decimal digits; a session keeps a keyed digest of the one that was sent, never the code. */
#define CONFIRM_CODE_LEN 6
#define CONFIRM_CODE_SIZE (CONFIRM_CODE_LEN + 1)
#define CONFIRM_DIGEST_SIZE 16

/* Arguments of requests that are no FIELD_*; never in a menu. */
enum request_arg {
	ARG_SHOWN = 1100,		/* text: the confirmation that was agreed to, as it was shown */
	ARG_ANSWERED,			/* text: the answer, as it was typed */
	ARG_CHANNEL,			/* text: name of the channel */
	ARG_TRUST,			/* text: trust_name() of the link, with "+code" when a one-time code completed it; "by NAME" of staff */
};

/* "profile", "bills" …: for logs. */
const char *request_kind_name(enum request_kind kind);

/* Whether a request of this kind changes the account and so needs a reference number. */
bool request_changes(enum request_kind kind);

#define ACCOUNT_SKEW_S 300	/* how far clocks that are right may be apart */

/* What ages by itself, each with its "as of". */
enum account_kind {
	ACCOUNT_PROFILE,		/* with balance, sum owed, last bill's total */
	ACCOUNT_BILLS,
	ACCOUNT_POINTS,
	ACCOUNT_SERVICES,
	ACCOUNT_KINDS
};

/* A question that nobody answered in time: its message is to be sent. */
#define NOTIFICATION_UNANSWERED "unanswered"

/* A short message that was acknowledged to its SMSC before its turn was over. It is given only when the process that kept it is
 * gone, and is to be worked on again. */
#define NOTIFICATION_TEXT "text"

#define IMSI_SIZE 16		/* up to 15 digits and the zero */
#define MSISDN_SIZE 16

/* Who is asking: at least one of the two is known; stores prefer the MSISDN. International format, digits only. */
struct subscriber {
	char imsi[IMSI_SIZE];		/* "" when unknown */
	char msisdn[MSISDN_SIZE];	/* "" when unknown */
};

/* ---- in requests between accounts/, the server and the stores; never in a menu ---- */

#define SHORT_CODE_SIZE 32		/* with the zero, as all texts in arrays here */
#define CHANNEL_NAME_SIZE 64
#define PASSWORD_HASH_SIZE 128
#define ORDER_REASON_SIZE 128
#define ANSWERED_DIGEST_SIZE 24

/* Some of a request's octets; len 0: none. */
struct span {
	uint16_t at, len;
};

/* The short message that leads to a change (A13). Its conversation is forgotten in the change's own transaction, whatever the change is
 * answered, and the digest is left in its place: what comes again after a crash is known by it. */
struct answered {
	char short_code[SHORT_CODE_SIZE];	/* to which it was sent; "": no short message leads to the change */
	uint8_t digest[ANSWERED_DIGEST_SIZE];	/* only the server understands it */
	int64_t until;				/* seconds since 1970: then the digest is forgotten */
};

enum order_end {
	END_DONE,
	END_REFUSED,
	END_DEAD,			/* billing has not answered for too long */
	END_CONFLICT,			/* billing has another order under its reference: dead, but its subscription stays as the order
					 * has it, since nobody knows what billing did */
};

struct order_outcome {
	enum order_end end;
	char reason[ORDER_REASON_SIZE];		/* billing's; "": none */
};

/* Links that do not know who their subscribers are have a lock of their own (F34): forged texts lock nobody out of their own phone.
 * The lock of the links that do know holds for the others, too, and clearing it clears both. */
enum password_link {
	LINK_TRUSTED,
	LINK_UNTRUSTED,
	PASSWORD_LINKS
};

/* Neither an attempt nor a change looks at its reference number or leaves a trace of it: every attempt is counted and judged, and what
 * sets a password twice has to know the one of now. */
struct password_request {
	enum password_link link;		/* over which it was typed */
	bool rehashed;				/* fresh is of the same password: nothing is announced, nothing becomes a former one */
	char compared[PASSWORD_HASH_SIZE];	/* the hash that what was typed belongs to */
	char fresh[PASSWORD_HASH_SIZE];		/* takes its place; "": it stays, and count and lock are cleared */
};

/* A subscriber's conversation with a short code. */
struct conversation_request {
	char short_code[SHORT_CODE_SIZE];
	struct span session;			/* only the server understands it */
	struct span late;			/* what is sent when nobody answers (S6); none: nothing is */
	int64_t until;				/* seconds since 1970: then it has run out */
};

/* A short message as it came. It must hold no secret. */
struct text_request {
	char short_code[SHORT_CODE_SIZE];	/* to which it was sent */
	char channel[CHANNEL_NAME_SIZE];	/* by which link it came */
	struct span text;
	int64_t until;				/* seconds since 1970: then an answer would surprise */
};

#define REQUEST_ARGS_MAX 1600

struct request {
	enum request_kind kind;
	struct subscriber subscriber;
	uint64_t ref;			/* changing requests: accounts_reference(); the same number means the same order; else 0.
					 * Of REQUEST_HOUSEKEEP the first of STORE_PIECE numbers, for trials that end */
	int64_t now;			/* set by accounts/ when it is 0: seconds since 1970 UTC; never goes back while the process lives */
	int32_t utc_offset;		/* set with it: of the operator's wall clock, seconds east */
	struct answered answered;	/* with a change */
	int64_t id;			/* of the order that it is about */
	union {				/* of some kinds, as they say */
		struct password_request password;
		struct order_outcome outcome;
		struct conversation_request conversation;
		struct text_request text;
	};
	uint16_t args_len;		/* octets in use */
	uint8_t args[REQUEST_ARGS_MAX];	/* what a menu asks, as a record of FIELD_*; or the octets of spans, one after the other */
};

enum result {
	RESULT_OK,
	RESULT_NOT_FOUND,	/* no such subscriber, bill, service */
	RESULT_CONFLICT,	/* somebody else changed it meanwhile; S3: the price is not what was shown */
	RESULT_DUPLICATE,	/* it is so already */
	RESULT_REFUSED,		/* the account may not do this */
	RESULT_WRONG,		/* S4: old password does not match */
	RESULT_WEAK,		/* S4: new password breaks the rules */
	RESULT_LOCKED,		/* S4: too many wrong passwords */
	RESULT_BUSY,		/* too much to do: nothing was done */
	RESULT_UNAVAILABLE,	/* store cannot answer now: nothing was done */
	RESULT_UNKNOWN,		/* time-out after sending: it may have been done; repeat with the same ref */
	RESULT_EXCLUDED,	/* S3: not beside a service that is open */
	RESULT_USED,		/* S4: new password was used before */
	RESULT_TEMPORARY,	/* S4: the password was given by an operator and has to be changed first */
	RESULT_ACCEPTED,		/* the order is safe, its end is not known yet; a notification follows (F4) */
	RESULT_ALIEN,		/* its reference number is another change's already: nothing was done */
	RESULT_COUNT
};

const char *result_name(enum result result);

/* ---- in responses, the same ---- */

#define PASSWORD_PAST_KEPT 3		/* hashes of former passwords, which may not be chosen again */
#define PASSWORD_PAST_SIZE (PASSWORD_PAST_KEPT * PASSWORD_HASH_SIZE)
#define STORED_ID_PIECES_SIZE 272
#define PERIOD_SIZE 16
#define DUE_MAX 32			/* items of a queue that a response has room for */

struct alien {
	int64_t msisdn;			/* whose change was given */
	uint64_t ref;			/* a reference */
	int64_t other;			/* that is this subscriber's; 0: not known whose */
};

/* What an attempt is compared with. */
struct password_found {
	int64_t attempt;			/* which one since the last right one it is, from 1 */
	bool temporary;				/* the password was given by an operator */
	char hash[PASSWORD_HASH_SIZE];
	char past[PASSWORD_PAST_SIZE];		/* hashes of former ones, newest first, between blanks */
	char id_pieces[STORED_ID_PIECES_SIZE];		/* keyed pieces of the identity number, see stored.h; "": unknown */
};

struct conversation_found {
	uint16_t session_len;			/* 0: there is none */
	uint8_t session[REQUEST_ARGS_MAX];
	bool answered;				/* there is a digest: of what a change was answered to last */
	uint8_t digest[ANSWERED_DIGEST_SIZE];
};

/* ---- due work, which one process at a time works on (store.h) ---- */

enum queue {
	QUEUE_ORDERS,			/* that billing should be given: struct due_order */
	QUEUE_NOTIFICATIONS,		/* that subscribers should be sent: struct due_notification */
	QUEUES
};

struct claim {
	int64_t until;			/* what is due until then, and has not expired by then: seconds since 1970 */
	unsigned int max;		/* not more than so many, nor than DUE_MAX */
	unsigned int lease_ms;		/* so long nobody else is given them, unless they are completed */
};

enum completion_how {
	ITEM_DONE,			/* a notification is with the network. Orders end by REQUEST_ORDER_END */
	ITEM_LATER,			/* it could not be done now: one attempt more, and due again */
	ITEM_BACK,			/* nothing was done: it is due as before */
};

struct completion {
	int64_t id;			/* of the item, claimed or not */
	enum completion_how how;
	int64_t due;			/* LATER: seconds since 1970 */
};

/* An order that billing should be given. */
struct due_order {
	int64_t id;			/* in the store; grows with time */
	uint64_t ref;			/* reference number */
	int64_t msisdn;
	enum request_kind kind;
	uint32_t effective;		/* first day on which it counts, yyyymmdd */
	uint32_t trial_until;		/* last day of the trial that was agreed to, yyyymmdd; 0: none */
	int64_t trial_price;		/* of that as a whole, minor units */
	bool trial_paid;		/* it goes on by itself as a paid service */
	int64_t price;			/* minor units, for one period; 0 without a period: there is none */
	int64_t ordered;		/* seconds since 1970 */
	uint32_t attempts;		/* deliveries tried */
	char period[PERIOD_SIZE];	/* "": none, as the next two */
	char service[SERVICE_CODE_MAX + 1];
	char instead[SERVICE_CODE_MAX + 1];	/* the service that it replaces */
};

/* A short message of a notification. */
struct message {
	char short_code[SHORT_CODE_SIZE];	/* to which it came, or from which it goes; "": there is no message */
	char channel[CHANNEL_NAME_SIZE];	/* by which link it came; "": it goes */
	const char *text;			/* not zero-terminated; NULL: none */
	size_t len;
	int64_t until;				/* seconds since 1970: then an answer would surprise */
};

/* A message that a subscriber should be sent. Pointers lead into whatever it was made of. */
struct due_notification {
	int64_t id;			/* in the store; grows with time */
	int64_t msisdn;
	uint32_t attempts;		/* deliveries tried */
	const char *kind;		/* as struct account_notification has it */
	struct record facts;		/* FIELD_* for its page; read-only */
	struct message message;		/* of NOTIFICATION_UNANSWERED and NOTIFICATION_TEXT */
};

#define RESPONSE_FACTS_MAX 1024
#define RESPONSE_ROWS_MAX 3072

/* What a response has besides facts. */
enum response_part {
	RESPONSE_ROWS,			/* perhaps none: as response_init() makes it. Notifications, too: response_notification() */
	RESPONSE_ORDERS,
	RESPONSE_PASSWORD,
	RESPONSE_CONVERSATION,
};

/* Set up by response_init(); records and rows use the arrays below them, so a response must not be copied. */
struct response {
	enum result result;
	struct record facts;		/* FIELD_*. A list tells its own "as of" among them, also when a subscriber who is known lacks
					 * what was asked for */
	struct rows rows;
	int64_t order;			/* id of an order that billing has to hear of; 0: none */
	int64_t notification;		/* id of one that says the same as this response, and is dropped when that was said; 0: none */
	uint64_t references;		/* inside a store that draws them: the first of those that follow */
	bool more;			/* housekeeping has more to do */
	struct alien alien;		/* of ALIEN: accounts/ raises the alarm, and nothing of it goes further */
	uint8_t facts_data[RESPONSE_FACTS_MAX];
	enum response_part part;
	unsigned int orders_count;
	union {
		uint8_t rows_data[RESPONSE_ROWS_MAX];
		struct due_order orders[DUE_MAX];
		struct password_found password;		/* to be wiped */
		struct conversation_found conversation;
	};
};

/* Make it empty, with RESULT_UNAVAILABLE. */
void response_init(struct response *response);

/* Copy all that counts; \a to keeps its own memory. */
void response_copy(struct response *to, const struct response *from);

/* Overwrite the answer, and make it empty. */
void response_wipe(struct response *response);

/* Append a notification. Returns 0 or -ENOSPC. */
int response_add_notification(struct response *response, const struct due_notification *notification);

/* The one of that index, from 0; its pointers lead into \a response. False: there are fewer. */
bool response_notification(const struct response *response, unsigned int index, struct due_notification *notification);

/* The arguments of a request as a record, to read or to write; call request_set_args() after writing. */
struct record request_args(struct request *request);
void request_set_args(struct request *request, const struct record *args);

/* Append octets to a request that asks nothing else. Returns 0 or -ENOSPC (there are none then). */
int request_put_span(struct request *request, struct span *span, const void *octets, size_t len);

/* NULL for none. */
const char *request_span(const struct request *request, const struct span *span);

/* A reference number as people read it: "K7Q2-9F3T-XM4P" for 60 bits (Crockford's base 32). Writes 15 octets. */
#define REF_TEXT_SIZE 15
const char *ref_print(uint64_t ref, char out[static REF_TEXT_SIZE]);

/* A subscriber's key, another one for each text; false for what cannot be a number: letters, more than 15 digits, an MSISDN
 * that begins with 0. */
bool msisdn_key(const char *msisdn, int64_t *key);
bool imsi_key(const char *imsi, int64_t *key);
void imsi_of_key(int64_t key, char out[static IMSI_SIZE]);

void msisdn_print(int64_t msisdn, char out[static MSISDN_SIZE]);

/* To menus the MSISDN is a text. */
void msisdn_put(struct record *facts, int64_t msisdn);

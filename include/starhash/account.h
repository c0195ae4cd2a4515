/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Account requests, answered now or later, exactly once; and what a store has to implement.
 *
 * The server is the user above, the stores are below. A request that is answered now never calls back; one that is
 * answered later calls back once, from the loop, never from inside account_submit(). Ids, not pointers, cross the
 * wait: an answer to an id that was forgotten, or answered already, is counted and dropped. */
#pragma once

#include "starhash/request.h"

struct account;
struct alarms;
struct billing;
struct catalogue;
struct store;
struct stored_account;

/* ---- users ---- */

typedef void account_done(void *user, uint64_t id, const struct response *response);

/* What ages by itself, each with its "as of". */
enum account_kind {
	ACCOUNT_PROFILE,		/* with balance, sum owed, last bill's total */
	ACCOUNT_BILLS,
	ACCOUNT_POINTS,
	ACCOUNT_SERVICES,
	ACCOUNT_KINDS
};

struct account_settings {
	const char *store;		/* name in the store table: "sqlite", "memory" */
	const char *file;		/* the store's; sqlite: the database */
	const char *pepper_file;	/* key for password hashes, mode 0600, made when absent; NULL: no password change */
	unsigned int deadline_ms;	/* after this a request is answered UNAVAILABLE; a change UNKNOWN, and once more when
					 * the store knows how it ended, unless it is forgotten by then (F3) */
	unsigned int password_tries;	/* wrong ones in a row that lock (S4) */
	const char *password_delays;	/* seconds between blanks: how long the first lock lasts, the second …; after the last
					 * one an operator has to release it. NULL: at once */
	const char *password_hashes;	/* kinds of billing's making that are accepted until the first right password, between
					 * blanks: argon2id bcrypt sha256-crypt sha512-crypt yescrypt. NULL: ours alone */
	unsigned int password_threads;	/* that compute hashes; 0: half of the processors, but 1 to 4 */
	unsigned int requests_max;	/* open at once; more are answered BUSY */
	struct billing *billing;	/* owns the truth: asked when the cache is too old, given the orders. Handed over.
					 * NULL: the cache is all there is, and orders are done when they are taken */
	unsigned int fresh_s[ACCOUNT_KINDS];	/* by enum account_kind: age up to which the cache is good enough */
	unsigned int orders_give_up_s;	/* an order that billing has not answered for so long is dead; 0: 3 days */
	struct alarms *alarms;		/* stays the caller's; NULL: alarms are only logged */
	const char *retention;		/* "ledger 1825 orders 400 …": days by kind of record; NULL: the store's own */
};

/* Open the store. Returns 0, or -errno after a log line that says why. \a ctx: talloc parent. */
int account_new(void *ctx, const struct account_settings *settings, account_done *done, struct account **account);
void account_free(struct account *account);	/* waits for accepted changes to be durable */

/* Ask. Returns 0: \a response is filled; -EINPROGRESS: \a done will be called with *\a id and \a user. There are no
 * other returns: a failure is a response. */
int account_submit(struct account *account, const struct request *request, void *user, struct response *response,
		   uint64_t *id);

/* Whether \a id waits for an answer: after a change was answered UNKNOWN by its deadline, it still does. */
bool account_pending(struct account *account, uint64_t id);

/* Do not call back for \a id any more; a change that was accepted is still done. */
void account_forget(struct account *account, uint64_t id);

/* Ask for what nobody waits for: it is done, or not, and \a done is not called. */
void account_post(struct account *account, const struct request *request);

/* ---- messages that subscribers should get without having asked ----
 *
 * A notice is durable from the transaction that caused it (an order's end, a changed password, a trial's end) until its
 * taker says that it is with the network: at least once, and once when nothing crashes. An order's answer in a turn is such a
 * notice, too: it waits a while, and is dropped when the turn's answer has gone out. */

struct account_notice {
	uint64_t id;
	const char *kind;		/* "order_done", "order_refused", "order_dead", "password_changed", "password_locked",
					 * "trial_ending", "trial_ended": names a menu's notice entry; NOTICE_UNANSWERED */
	struct subscriber subscriber;
	struct record facts;		/* FIELD_* for its page; read-only */
};

/* Called from the loop; account_notice_settle() answers, at once or later. Given again after a while if it does not. */
/* A question that nobody answered in time: LATE is the text to be sent, NUMBER the service number that it comes from. */
#define NOTICE_UNANSWERED "unanswered"

/* A short message that was acknowledged to its SMSC before its turn was over: TEXT, NUMBER and CHANNEL, the link it came by. It is
 * given only when the process that kept it is gone, and is to be worked on again, until UNTIL. */
#define NOTICE_TEXT "text"

typedef void account_notify(void *user, const struct account_notice *notice);

void account_set_notify(struct account *account, account_notify *notify, void *user);

enum notice_end {
	NOTICE_SENT,			/* or nobody wants it: it goes */
	NOTICE_LATER,			/* it could not be sent now: tried again, less and less often, until it expires */
};

void account_notice_settle(struct account *account, uint64_t id, enum notice_end end);

/* Services as they are sold from now on. Not kept: the store copies what it needs. */
void account_set_catalogue(struct account *account, const struct catalogue *catalogue);

/* Name, size and state of the store in one line, for people. */
int account_describe(const struct account *account, char *out, size_t size);

#define ACCOUNT_DIGEST_SIZE 16

/* Of what may be a secret, to know it again: keyed with the first key of the pepper file, so that processes agree on it and who has
 * the database alone cannot try all passwords. Without a pepper file there are no passwords, and it is a plain hash. */
void account_digest(const struct account *account, const void *octets, size_t len, uint8_t digest[static ACCOUNT_DIGEST_SIZE]);

/* Never in a menu.
 *
 * Between account/ and the stores: what REQUEST_PASSWORD_ATTEMPT's facts hold besides FIELD_MSISDN. The request counts
 * the attempt, or answers LOCKED. The last of password_tries attempts (TRIES says which one it is) locks in advance and leaves a
 * notice that waits a little; FIELD_LOCKED_UNTIL is among its facts, as among those of LOCKED, unless an operator has to release.
 * REQUEST_PASSWORD_SET without FIELD_NEW only clears count and lock and recalls that notice; with ACCOUNT_FACT_HASH instead, the
 * same password hashed anew, it also takes that hash in place of FIELD_OLD: no notice, nothing in PAST, no trace of its reference
 * number. A hash that is not FIELD_OLD any more gives CONFLICT.
 *
 * Between the server and the stores: a subscriber's conversation with a service number. REQUEST_CONVERSATION_KEEP has
 * NUMBER, SESSION and UNTIL as arguments and replaces what was kept; without SESSION it is forgotten. It is durable but
 * has no reference number: kept twice is kept. REQUEST_CONVERSATION_FETCH has NUMBER, and SESSION among its facts.
 * With LATE, too, silence is to be told (S6): REQUEST_CONVERSATION_EXPIRE, with NUMBER, puts a notice in the conversation's place
 * that waits a little, so that its NOTICE can be told at once; NOT_FOUND: nothing to be told was kept. What ran out while no
 * dialog was there to say so becomes such a notice by housekeeping, ten seconds later at the earliest, unless that is a day ago.
 *
 * What a change was answered to (A13): with DIGEST, NUMBER and ANSWERED_UNTIL among its arguments a change forgets the
 * conversation in its own transaction, and leaves DIGEST in its place until then. REQUEST_CONVERSATION_FETCH has it among its facts,
 * be a conversation found or not: what comes again after a crash is known by it.
 * REQUEST_TEXT_KEEP's arguments are NUMBER, CHANNEL, TEXT and UNTIL; it leaves a notice of kind NOTICE_TEXT that waits a little,
 * and tells its NOTICE. The text must hold no secret.
 *
 * Orders and notices: rows of REQUEST_ORDERS_DUE have ID, REF, ORDER_KIND and ATTEMPTS besides FIELD_MSISDN, SERVICE, PRICE,
 * PERIOD, EFFECTIVE, ORDERED. REQUEST_ORDER_SETTLE's arguments are ID, FIELD_STATE (taken: again at DUE; done, refused, dead)
 * and FIELD_REASON; its facts: NOTICE; the first end counts, others are a DUPLICATE. Rows of REQUEST_NOTICES_DUE have ID,
 * NOTICE_KIND, FIELD_MSISDN, ATTEMPTS and FACTS; REQUEST_NOTICE_SETTLE's arguments are ID, and DUE when it is to be tried again,
 * and twice is as once. REQUEST_HOUSEKEEP tells MORE when there is more to do. A change that leaves a notice tells its
 * number as NOTICE among its facts, an order that billing has to hear of its ID. A list tells its own "as of" among its facts,
 * also when a subscriber who is known lacks what was asked for. */
enum account_fact {
	ACCOUNT_FACT_HASH = 1000,	/* text: of the password */
	ACCOUNT_FACT_ID_NUMBER,		/* text: of the owner's identity document; absent when unknown */
	ACCOUNT_FACT_TRIES,		/* number: attempts since the last right one, this one included */
	ACCOUNT_FACT_DONE,		/* number: present when this reference has set the password already */
	ACCOUNT_FACT_NUMBER,		/* text: the service number */
	ACCOUNT_FACT_SESSION,		/* text: octets that only the server understands */
	ACCOUNT_FACT_UNTIL,		/* number: seconds since 1970, when the conversation has run out */
	ACCOUNT_FACT_PAST,		/* text: hashes of former passwords, newest first, between blanks */
	ACCOUNT_FACT_TEMPORARY,		/* number: present when the password was given by an operator */
	ACCOUNT_FACT_ID,		/* number: of an order or notice in the store, grows with time */
	ACCOUNT_FACT_REF,		/* number: reference of an order */
	ACCOUNT_FACT_ORDER_KIND,	/* number: enum request_kind */
	ACCOUNT_FACT_ATTEMPTS,		/* number: deliveries tried */
	ACCOUNT_FACT_DUE,		/* number: seconds since 1970 */
	ACCOUNT_FACT_NOTICE,		/* number: id of a notice */
	ACCOUNT_FACT_NOTICE_KIND,	/* text */
	ACCOUNT_FACT_FACTS,		/* text: a record */
	ACCOUNT_FACT_MORE,		/* number: present when housekeeping has more to do */
	ACCOUNT_FACT_LATE,		/* text: to be sent if nobody answers */
	ACCOUNT_FACT_DIGEST,		/* text: octets that only the server understands */
	ACCOUNT_FACT_ANSWERED_UNTIL,	/* number: seconds since 1970, when DIGEST is forgotten */
	ACCOUNT_FACT_TEXT,		/* text: a short message */
	ACCOUNT_FACT_CHANNEL,		/* text: name of a link */
};

/* ---- stores ---- */

#define ACCOUNT_SKEW_S 300	/* how far clocks that are right may be apart */
#define ACCOUNT_NOBODY 0	/* id of a request that nobody waits for; account_complete() takes it all the same */

/* A store MUST answer every submit exactly once: by returning 0 with the response, or by returning -EINPROGRESS and
 *   calling account_complete() from the loop later. It MUST answer a repeated reference number as it did the first
 *   time and change nothing again. It MUST have made a change durable before it answers OK.
 * It MUST NOT block the loop, call account_complete() from inside submit, or keep the request's pointer. */
struct store_ops {
	const char *name;
	int (*open)(void *ctx, const struct account_settings *settings, struct account *account, struct store **store);
	int (*submit)(struct store *store, const struct request *request, uint64_t id, struct response *response);
	/* What billing told of one subscriber: replaces the kinds (bits, 1 << enum account_kind) unless the store knows newer
	 * ones. What is stored as of a time after \a now, seconds since 1970, by more than ACCOUNT_SKEW_S was written by a
	 * wrong clock and counts as old (F16). Copied before it returns. As submit. */
	int (*put)(struct store *store, const struct stored_account *told, unsigned int kinds, int64_t now, uint64_t id,
		   struct response *response);
	/* The services that are sold; those that are not in it are sold no more. Copied before it returns. */
	void (*set_catalogue)(struct store *store, const struct catalogue *catalogue);
	int (*describe)(const struct store *store, char *out, size_t size);
	void (*close)(struct store *store);	/* after finishing accepted changes; unanswered ids are dropped */
};

void account_complete(struct account *account, uint64_t id, const struct response *response);

/* The table of stores, NULL-terminated; src/store/table.c. */
extern const struct store_ops *const store_table[];

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Account requests, answered now or later, exactly once.
 *
 * The server is the user above, the stores are below (store.h). A request that is answered now never calls back; one that is
 * answered later calls back once, from the loop, never from inside accounts_submit(). Ids, not pointers, cross the
 * wait: an answer to an id that was forgotten, or answered already, is counted and dropped. */
#pragma once

#include "starhash/request.h"

struct accounts;
struct alarms;
struct billing;
struct catalogue;
struct conf_row;
struct consent_keys;
struct store;
struct store_ops;
struct stored_account;
struct wall_clock;

/* ---- users ---- */

typedef void accounts_done(void *user, uint64_t id, const struct response *response);

/* What one who waits for the store has seen of the process that writes it: the caller's, zero at first, and handed to accounts_new()
 * again and again. Wall clocks are not believed: a writer is gone when its heartbeat has stood still for takeover_ms of our own
 * monotonic clock, or when the system says so, by the lock that it held. */
struct accounts_watch {
	bool alive;			/* the writer was seen alive */
	char holder[96];		/* who it is, for people */
	int64_t epoch, beat;		/* as they were last seen, since that time */
	int64_t since_ms;
};

struct accounts_settings {
	const char *store;		/* name in the store table: "sqlite", "memory" */
	const struct store_ops *front;	/* stands in front of it and passes on what it is asked: a gate (store/gate.h). NULL: nothing */
	const char *file;		/* the store's; sqlite: the database */
	const char *pepper_file;	/* key for password hashes, mode 0600, made when absent; NULL: no password change */
	unsigned int deadline_ms;	/* after this a request is answered UNAVAILABLE; a change UNKNOWN, and once more when
					 * the store knows how it ended, unless it is forgotten by then (F3) */
	unsigned int password_tries;	/* wrong ones in a row that lock (S4) */
	const char *password_delays;	/* seconds between blanks: how long the first lock lasts, the second …; after the last
					 * one an operator has to release it. NULL: at once */
	const char *password_hashes;	/* kinds of billing's making that are accepted until the first right password, between
					 * blanks: argon2id bcrypt sha256-crypt sha512-crypt yescrypt. NULL: ours alone */
	unsigned int password_checks;	/* of one subscriber's password a minute (F36); 0: no limit */
	unsigned int password_link_wrong;	/* wrong ones a minute over a link that is not trusted with passwords; above, all
					 * over it are BUSY (F34); 0: no limit */
	unsigned int password_guessing;	/* numbers with wrong ones in ten minutes that raise an alarm (F23); 0: none */
	unsigned int password_threads;	/* that compute hashes; 0: half of the processors, but 1 to 4 */
	unsigned int requests_max;	/* open at once; more are answered BUSY */
	struct billing *billing;	/* owns the truth: asked when the cache is too old, given the orders. Handed over.
					 * NULL: the cache is all there is, and orders are done when they are taken */
	unsigned int fresh_s[ACCOUNT_KINDS];	/* by enum account_kind: age up to which the cache is good enough */
	bool orders_wait;		/* until somebody settles them; accounts_new() sets it where there is billing */
	unsigned int unknown_s;		/* a number that billing does not know is not asked for again for so long; 0: it is */
	unsigned int unknown_max;	/* such numbers remembered at once, 16 octets each */
	unsigned int orders_give_up_s;	/* an order that billing has not answered for so long is dead; 0: 3 days */
	/* Filled in by accounts_new(), for a store that finds identity numbers in a database of before: makes keyed pieces of one, of
	 * at most STORED_ID_PIECES_SIZE. NULL: there is no key, and they are deleted. */
	void (*id_pieces)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *id_key;
	struct wall_clock *clock;	/* of the whole process; stays the caller's. NULL: one of its own */
	unsigned int clock_jump_days;	/* how long the process may have been away before an operator has to say that the machine's
					 * clock is right; 0: 30 */
	unsigned int catalogue_change_percent;	/* see catalogue_jumps(); 0: any change is taken */
	struct alarms *alarms;		/* stays the caller's; NULL: alarms are only logged */
	unsigned int wal_max_mb;	/* size of the store's write-ahead log beyond which it is truncated, or an alarm raised; 0: 256 */
	unsigned int node;		/* first part of reference numbers, from 1 to 1024; 0: the database's own, drawn when it was made */
	unsigned int takeover_ms;	/* see struct accounts_watch; 0: 15 s */
	struct accounts_watch *watch;	/* NULL: nobody waits, and another writer is an error */
	/* Another process became the store's writer: nothing is changed any more, and this one should end. Called once, from the
	 * loop; may be NULL. */
	void (*lost)(void *user);
	void *lost_user;
	const char *retention;		/* "consents 1825 orders 400 …": days by kind of record; NULL: the store's own */
	const char *consent_key_file;	/* key that seals consents, mode 0600, made when absent; NULL: the store's file with
					 * ".consent-key" behind its name, or, without a file, one that is drawn now */
	const char *consent_anchors_file;	/* where the heads of consents are anchored; NULL: the store's file with
					 * ".consent-anchors" behind */
	const struct consent_keys *consent_keys;	/* for the store: read by accounts_new() from consent_key_file */
};

/* What a configuration file says of them: for conf_read(). */
extern const struct conf_row *const accounts_rows;

/* Open the store, and become its writer. Returns 0, or -errno after a log line that says why. -EBUSY, without a log line: another
 * process writes it, and billing is still the caller's; to be tried again after a while. \a ctx: talloc parent. */
int accounts_new(void *ctx, const struct accounts_settings *settings, accounts_done *done, struct accounts **accounts);
void accounts_free(struct accounts *accounts);	/* waits for accepted changes to be durable */

/* A reference number for a change, which no other change has, of this process or another, now or ever: 10 bits of node, 22 of
 * boot identity, drawn when the store was opened and recorded there, 28 of counting. No clock is in it. It costs no I/O. 0: the
 * store has run out of them and cannot record a new boot identity; a change under it is refused. */
uint64_t accounts_reference(struct accounts *accounts);

/* Ask. Returns 0: \a response is filled; -EINPROGRESS: \a done will be called with *\a id and \a user. There are no
 * other returns: a failure is a response. */
int accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
		    uint64_t *id);

/* Whether \a id waits for an answer: after a change was answered UNKNOWN by its deadline, it still does. */
bool accounts_pending(struct accounts *accounts, uint64_t id);

/* Do not call back for \a id any more; a change that was accepted is still done. */
void accounts_forget(struct accounts *accounts, uint64_t id);

/* One-time codes (F34): a code at random, and a digest that knows it again. It is keyed, by the key of password hashes where
 * there is one, so that six digits cannot be guessed from what is stored, and bound to the subscriber. */
void accounts_code_make(struct accounts *accounts, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
			uint8_t digest[static CONFIRM_DIGEST_SIZE]);
bool accounts_code_right(struct accounts *accounts, const struct subscriber *owner,
			 const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len);

/* Ask for what nobody waits for: it is done, or not, and \a done is not called. */
void accounts_post(struct accounts *accounts, const struct request *request);

/* ---- messages that subscribers should get without having asked ----
 *
 * A notification is durable from the transaction that caused it (an order's end, a changed password, a trial's end) until its
 * taker says that it is with the network: at least once, and once when nothing crashes. An order's answer in a turn is such a
 * notification, too: it waits a while, and is dropped when the turn's answer has gone out. */

struct account_notification {
	uint64_t id;
	const char *kind;		/* "order_completed", "order_refused", "order_dead", "password_changed", "password_locked",
					 * "trial_ending", "trial_ended": names a menu's notification entry; NOTIFICATION_UNANSWERED, NOTIFICATION_TEXT */
	struct subscriber subscriber;
	struct record facts;		/* FIELD_* for its page; read-only */
	struct message message;		/* of NOTIFICATION_UNANSWERED and NOTIFICATION_TEXT; its text leads into the same memory as the facts */
};

/* Called from the loop; accounts_notification_ack() answers, at once or later. Given again after a while if it does not. */
typedef void accounts_notify(void *user, const struct account_notification *notification);

void accounts_set_notify(struct accounts *accounts, accounts_notify *notify, void *user);

enum notification_end {
	NOTIFICATION_SENT,			/* or nobody wants it: it goes */
	NOTIFICATION_LATER,			/* it could not be sent now: tried again, less and less often, until it expires */
};

void accounts_notification_ack(struct accounts *accounts, uint64_t id, enum notification_end end);

/* Services as they are sold from now on. Not kept: the store copies what it needs. */
void accounts_set_catalogue(struct accounts *accounts, const struct catalogue *catalogue);

/* Whether \a catalogue differs too much from what is sold to be taken without an operator's word; \a why says how. */
bool accounts_catalogue_held(struct accounts *accounts, const struct catalogue *catalogue, char *why, size_t size);

/* Why the retention of the settings is not used, but the longer one that the store knows of before; NULL: it is used. */
const char *accounts_retention_held(const struct accounts *accounts);

/* An operator's word that the retention of the settings is meant: used from the next start on. */
void accounts_retention_accept(struct accounts *accounts);

/* An operator's word that the machine's clock is right, after ALARM_CLOCK_JUMP. */
void accounts_clock_accept(struct accounts *accounts);

/* Name, size and state of the store in one line, for people. */
int accounts_describe(const struct accounts *accounts, char *out, size_t size);

#define ACCOUNT_DIGEST_SIZE 16

/* Of what may be a secret, to know it again: keyed with the first key of the pepper file, so that processes agree on it and who has
 * the database alone cannot try all passwords. Without a pepper file there are no passwords, and it is a plain hash. */
void accounts_digest(const struct accounts *accounts, const void *octets, size_t len, uint8_t digest[static ACCOUNT_DIGEST_SIZE]);

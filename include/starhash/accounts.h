/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Account requests, each answered exactly once, now or later.
 *
 * The server is the user above; the stores are below (store.h). A request answered immediately never calls back; a deferred one calls
 * back once, from the loop, never from inside accounts_submit(). Deferred requests are known by id, not by pointer: an answer to an id
 * that was forgotten or already answered is counted and dropped. */
#pragma once

#include "starhash/request.h"

struct accounts;
struct alarms;
struct backends;
struct bar;
struct billing;
struct catalogue;
struct conf_row;
struct consent_keys;
struct load;
struct message_rules;
struct ticket_rules;
struct message_settings;
struct problems;
struct setting;
struct store;
struct store_ops;
struct stored_account;
struct wall_clock;

/* ---- users ---- */

typedef void accounts_done(void *user, uint64_t id, const struct response *response);

/* What a standby has seen of the process that writes the store. Owned by the caller, zeroed at first, and passed to accounts_new() at
 * each try. Wall clocks are not trusted: a writer is gone when its heartbeat has not changed for takeover_ms of our own monotonic clock,
 * or when the operating system has released its lock. */
struct accounts_watch {
	bool alive;			/* the writer was seen alive */
	char holder[96];		/* identifies the writer, for people */
	int64_t epoch, beat;		/* as last seen, unchanged since since_ms */
	int64_t since_ms;
};

struct accounts_settings {
	const char *store;		/* name in the table of stores: "sqlite", "memory" */
	const struct store_ops *front;	/* a wrapper that passes requests on to the store: a gate (store/gate.h). NULL: none */
	const char *file;		/* the store's file; sqlite: the database */
	const char *pepper_file;	/* key for password hashes, mode 0600, created when absent; NULL: no passwords */
	unsigned int deadline_ms;	/* then a request is answered UNAVAILABLE; a change, or a text to save, UNKNOWN, and once more
					 * when the store knows its outcome, unless forgotten by then (F3) */
	unsigned int password_tries;	/* wrong attempts in a row that lock (S4) */
	const char *password_delays;	/* duration in seconds of the first lock, the second …, between blanks; a further lock lasts until
					 * an operator unlocks. NULL: so does the first */
	const char *password_hashes;	/* foreign hash types, from billing, that are accepted until the first correct password, between
					 * blanks: argon2id bcrypt sha256-crypt sha512-crypt yescrypt. NULL: ours only */
	unsigned int password_checks;	/* checks of one subscriber's password per minute (F36); 0: no limit */
	unsigned int password_link_wrong;	/* wrong passwords per minute over a link that is not trusted with passwords; beyond that,
					 * all over it are BUSY (F34); 0: no limit */
	unsigned int password_guessing;	/* numbers with wrong passwords in ten minutes that raise an alarm (F23); 0: never */
	unsigned int password_threads;	/* threads that compute hashes; 0: half of the processors, but 1 to 4 */
	unsigned int requests_max;	/* open at the same time; more are answered BUSY */
	struct billing *billing;	/* the master of account data: asked when the cache is too old, and given the orders. Ownership
					 * passes to accounts. NULL: the cache is all there is, and orders complete when they are
					 * accepted */
	struct backends *backends;	/* owned by the caller, who frees it after accounts: are given the orders for them. NULL: none */
	unsigned int profiles_mb;	/* most memory for remembered profiles, 10^6 octets; 0: none are remembered */
	unsigned int fresh_s[ACCOUNT_KINDS];	/* maximum age of cached data, by enum account_kind */
	bool orders_wait;		/* until billing completes them; accounts_new() sets it if there is billing */
	unsigned int unknown_s;		/* how long billing is not asked again for a number that it does not know; 0: always ask */
	unsigned int unknown_max;	/* how many such numbers are remembered, 16 octets each */
	unsigned int orders_give_up_s;	/* an order becomes dead when it has not been answered for so long; 0: 3 days */
	/* Set by accounts_new() for stores that find identity numbers in an older database: makes keyed pieces of one, at most
	 * STORED_ID_PIECES_SIZE octets. NULL: no key, identity numbers are deleted. */
	void (*id_pieces)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *id_key;
	struct wall_clock *clock;	/* of the whole process, owned by the caller. NULL: one of its own */
	const struct load *load;	/* likewise; while it is high, outbox, notifications and housekeeping put off their work */
	unsigned int clock_jump_days;	/* longest downtime after which the machine's clock is trusted without confirmation by an
					 * operator; 0: 30 */
	unsigned int catalogue_change_percent;	/* see catalogue_jumps(); 0: any change is accepted */
	struct alarms *alarms;		/* owned by the caller; NULL: alarms are only logged */
	unsigned int wal_max_mb;	/* size of the store's write-ahead log at which it is truncated or an alarm is raised; 0: 256 */
	unsigned int node;		/* first part of reference numbers, from 1 to 1024; 0: the database's own, drawn when it was
					 * created */
	unsigned int takeover_ms;	/* see struct accounts_watch; 0: 15 s */
	struct accounts_watch *watch;	/* NULL: not a standby, another writer is an error */
	/* Another process became the store's writer: this one changes nothing any more and should exit. Called once, from the loop; may
	 * be NULL. */
	void (*lost)(void *user);
	void *lost_user;
	const char *retention;		/* "consents 1825 orders 400 …": days by type of record; NULL: the store's own */
	/* Set by messages_read(). NULL: no quiet hours, no limits, the kinds as in their table; and message_rules_default. */
	const struct message_settings *messages;
	const struct message_rules *message_rules;	/* for the store */
	const struct ticket_rules *ticket_rules;	/* for the store; set by tickets_read(). NULL: ticket_rules_default */
	const char *consent_key_file;	/* key that seals consents, mode 0600, created when absent; NULL: the store's file name plus
					 * ".consent-key", or, without a file, a key drawn now */
	const char *consent_anchors_file;	/* file of anchors of consents; NULL: the store's file name plus ".consent-anchors" */
	const struct consent_keys *consent_keys;	/* for the store: accounts_new() reads them from consent_key_file */
};

/* Their keys in the configuration: for conf_read(). */
extern const struct conf_row *const accounts_rows;

/* The keys of the group "messages". */
extern const struct conf_row *const message_rows;

/* Read that group; NULL gives all defaults. What is set in \a settings lives as long as \a ctx. */
void messages_read(void *ctx, const struct setting *group, struct accounts_settings *settings, struct problems *problems);

/* The same for the group "tickets". */
extern const struct conf_row *const ticket_rows;
void tickets_read(void *ctx, const struct setting *group, struct accounts_settings *settings, struct problems *problems);

/* What the service-quality report measures against (O2), in permille. The group "report", which the daemon only checks. */
struct report_targets {
	unsigned int in_time, resolved, satisfied;	/* at least */
	unsigned int repeated;				/* at most */
	unsigned int minor;		/* a minor breach is at most so far below a target */
	unsigned int repeated_minor;	/* up to here repeats are a minor breach */
	unsigned int months;		/* a target missed for so many months running is marked */
};

extern const struct conf_row *const report_rows;

/* Read that group; NULL gives all defaults. */
void report_targets_read(const struct setting *group, struct report_targets *targets, struct problems *problems);

/* What rows cannot express, by the rules of accounts_new(). */
void accounts_check(const struct accounts_settings *settings, const struct setting *group, struct problems *problems);

/* Open the store and become its writer. Returns 0, or -errno after logging why. -EBUSY, not logged: another process is the writer, and
 * billing still belongs to the caller, who should try again after a while. \a ctx: talloc parent. */
int accounts_new(void *ctx, const struct accounts_settings *settings, accounts_done *done, struct accounts **accounts);
void accounts_free(struct accounts *accounts);	/* waits for accepted changes to be durable */

/* A reference number for a change, unique across processes and for all time: 10 bits of node, 22 of boot identity, drawn when the store
 * was opened and recorded there, and a 28-bit counter. It contains no clock and costs no I/O. 0: the store has run out of them and cannot
 * record a new boot identity; a change under reference 0 is refused. */
uint64_t accounts_reference(struct accounts *accounts);

/* Submit a request. Returns 0: \a response is filled; -EINPROGRESS: \a done will be called with *\a id and \a user. Nothing else: a
 * failure is a response, too. */
int accounts_submit(struct accounts *accounts, const struct request *request, void *user, struct response *response,
		    uint64_t *id);

/* As accounts_submit(), for another user than the server: \a done is called instead of that of accounts_new(), and only once. Subscribers
 * go first: BUSY as soon as half of requests_max are open. */
int accounts_submit_for(struct accounts *accounts, const struct request *request, accounts_done *done, void *user,
			struct response *response, uint64_t *id);

/* Whether \a id is still waiting for an answer. A change that was answered UNKNOWN at its deadline still is. */
bool accounts_pending(struct accounts *accounts, uint64_t id);

/* Do not call back for \a id any more; an accepted change is carried out all the same. */
void accounts_forget(struct accounts *accounts, uint64_t id);

/* One-time codes (F34): a random code, and a digest to verify it. The digest is keyed, with the key of password hashes if there is one,
 * so that six digits cannot be guessed from stored data, and it is bound to the subscriber. */
void accounts_code_make(struct accounts *accounts, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
			uint8_t digest[static CONFIRM_DIGEST_SIZE]);
bool accounts_code_right(struct accounts *accounts, const struct subscriber *owner,
			 const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len);

/* The digest of what was typed, for a store that compares it with the one of the code that was sent: REQUEST_PROPOSAL_CONFIRM. What came of
 * it is to be passed to accounts_code_entered(), so that guesses are counted and raise the alarm. */
void accounts_code_digest(struct accounts *accounts, const struct subscriber *owner, const char *code, size_t len,
			  uint8_t digest[static CONFIRM_DIGEST_SIZE]);
void accounts_code_entered(struct accounts *accounts, const struct subscriber *owner, bool right);

/* Store a barred number, or that it has ended. As accounts_submit_for(); UNKNOWN: not within the deadline, but it may be stored later. */
int accounts_bar(struct accounts *accounts, const struct bar *bar, accounts_done *done, void *user, struct response *response,
		 uint64_t *id);

/* Submit a request without waiting: it may fail, and \a done is not called. */
void accounts_post(struct accounts *accounts, const struct request *request);

/* ---- notifications: unsolicited messages to subscribers ----
 *
 * A notification is durable from the transaction that caused it (the end of an order, a changed password, the end of a trial) until the
 * server reports that the network has accepted it: it is delivered at least once, and exactly once when nothing crashes. The answer to an
 * order in a turn is also stored as a notification: it waits a while, and is dropped once the turn's answer has been sent. */

struct account_notification {
	uint64_t id;
	const char *kind;		/* one of notification_kinds */
	struct subscriber subscriber;
	struct record facts;		/* FIELD_* for its page; read-only. A code among them is to be wiped */
	struct message message;		/* NOTIFICATION_UNANSWERED, NOTIFICATION_TEXT; its text is in the same memory as the facts */
};

/* Called from the loop. The server answers by accounts_notification_ack(), immediately or later; otherwise the notification is passed
 * again after a while. */
typedef void accounts_notify(void *user, const struct account_notification *notification);

void accounts_set_notify(struct accounts *accounts, accounts_notify *notify, void *user);

enum notification_end {
	NOTIFICATION_SENT,			/* the network has accepted it, or it needs no text */
	NOTIFICATION_WITHDRAWN,			/* no menu has a page for it: it will not be sent */
	NOTIFICATION_LATER,			/* could not be sent now: retried at growing intervals until it expires */
};

void accounts_notification_ack(struct accounts *accounts, uint64_t id, enum notification_end end);

/* One line for people about the messages of a kind, \a index in notification_kinds: how many wait and were sent, how fast, and when many
 * will have been sent. Returns as snprintf(), 0 for a kind without anything to say, and -ENOENT beyond the last kind. */
int accounts_messages_describe(const struct accounts *accounts, unsigned int index, char *out, size_t size);

/* How many requests are open and may be, in one line for people. Returns the length as snprintf() does. */
int accounts_queues_describe(const struct accounts *accounts, char *out, size_t size);

/* Give the server no more messages of a kind, until it is resumed or the process ends. False: no kind has that name, or its messages
 * cannot be paused, since they belong to a turn. */
bool accounts_messages_pause(struct accounts *accounts, const char *kind, bool pause);

/* Set the services on sale from now on. The store copies what it needs. */
void accounts_set_catalogue(struct accounts *accounts, const struct catalogue *catalogue);

/* Whether \a catalogue differs so much from the one in use that an operator must confirm it; \a why says how. */
bool accounts_catalogue_pending(struct accounts *accounts, const struct catalogue *catalogue, char *why, size_t size);

/* Why the store's earlier, longer retention is used instead of that of the settings; NULL: it is not. */
const char *accounts_retention_pending(const struct accounts *accounts);

/* An operator confirms the retention of the settings: used from the next start on. */
void accounts_retention_accept(struct accounts *accounts);

/* An operator confirms that the machine's clock is right, after ALARM_CLOCK_JUMP. */
void accounts_clock_accept(struct accounts *accounts);

/* Name, size and state of the store in one line, for people. */
int accounts_describe(const struct accounts *accounts, char *out, size_t size);

#define ACCOUNT_DIGEST_SIZE 16

/* Digest of a possible secret, to recognize it again. Keyed with the first key of the pepper file, so that processes agree on it, and the
 * database alone does not allow trying all passwords. Without a pepper file there are no passwords, and it is a plain hash. */
void accounts_digest(const struct accounts *accounts, const void *octets, size_t len, uint8_t digest[static ACCOUNT_DIGEST_SIZE]);

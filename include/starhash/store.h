/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where accounts are kept. A store only stores: what becomes of an account is decided by account_step() and account_update(), and what
 * a subscriber sees of it by view_…().
 *
 * A store MUST
 *  1. answer each operation that has an id exactly once: by returning 0 with the response filled, or by returning -EINPROGRESS and
 *     calling accounts_complete() with the id from the loop later;
 *  2. load the parts of the account that account_parts() names, let account_step() decide, and commit all that it says, or nothing,
 *     in one transaction; changes of one account come one after the other, and what is read under the same number after they were
 *     asked for sees them, whether anybody waits for them or not;
 *  3. have a change on the disk before it answers, where it outlives the process at all;
 *  4. answer a reference number that comes again as it did the first time and do nothing but account_replay(), where
 *     account_replays() says so, and with account_alien() where the number is another subscriber's; find it in the same transaction;
 *  5. give orders and notifications ids that grow, and tell them as struct account_step has it;
 *  6. seal each consent between step and commit by consent_seal(), with the head of its subscriber's chain, which outlives them,
 *     and list consents and chains by a consent_source, for what checks them, and for anchors where it outlives the process;
 *  7. wipe passwords when a step is over, and delete so that nothing of them is left;
 *  8. give an item of due work to nobody else while it is claimed: from claim() until its lease is over, or its end, or that it is to be
 *     tried again, is on the disk. A list that was read before does not bring it back.
 * It MAY NOT
 *  9. block the loop, or call accounts_complete() from inside an operation;
 * 10. keep a pointer that it was given beyond the call;
 * 11. change anything once another process has become its writer;
 * 12. decide: it knows no price, trial, lock, period or text of a notification;
 * 13. refuse to complete an item that nobody claimed: the answer of a turn completes the notification that says the same;
 * 14. remember a claim beyond its process: what was claimed when it ended is due. */
#pragma once

#include "starhash/account.h"
#include "starhash/accounts.h"

#define STORE_PIECE 64		/* accounts that one housekeep() works on, and reference numbers that it is given */
#define STORE_NOBODY 0		/* id of an operation that nobody waits for; accounts_complete() takes it all the same */

struct store_admin_ops;

struct store_ops {
	const char *name;
	/* 0, -EBUSY: another process writes it; or -errno after a log line. */
	int (*open)(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store);
	void (*close)(struct store *store);	/* after finishing accepted changes; unanswered ids are dropped */
	int (*describe)(const struct store *store, char *out, size_t size);	/* name, size and state in one line, for people */

	/* A request of which account_steps() is true. */
	int (*change)(struct store *store, const struct request *request, uint64_t id, struct response *response);
	/* One that changes nothing. */
	int (*read)(struct store *store, const struct request *request, uint64_t id, struct response *response);
	/* What account_update() makes of an update. */
	int (*merge)(struct store *store, const struct account_update *update, uint64_t id, struct response *response);
	/* Due work, the oldest first; of orders one of a subscriber at a time. */
	int (*claim)(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response);
	/* What changes no account. NOT_FOUND: there is no such item any more. */
	int (*complete)(struct store *store, enum queue queue, const struct completion *completion, uint64_t id, struct response *response);
	/* REQUEST_HOUSEKEEP: subscriptions and conversations that are due, each by account_step(), and records whose retention is over; a
	 * bounded piece of it, so that nobody's change waits for long. */
	int (*housekeep)(struct store *store, const struct request *request, uint64_t id, struct response *response);

	/* The first of \a count reference numbers that follow each other, as accounts_reference(). */
	uint64_t (*reference)(struct store *store, unsigned int count);
	/* The services that are sold; those that are not in it are sold no more, and known all the same. */
	void (*set_catalogue)(struct store *store, const struct catalogue *catalogue);
	/* What set_catalogue() was given last, by the process before, too; empty when that is not known. The store's; valid until the
	 * next set_catalogue(). */
	const struct catalogue *(*catalogue)(const struct store *store);
	/* As accounts_retention_held() and accounts_retention_accept(). NULL: a store that keeps nothing for long. */
	const char *(*retention_held)(const struct store *store);
	void (*retention_accept)(struct store *store);
	/* The time of the last housekeep() of the process before, seconds since 1970; 0: not known. NULL: it never is. */
	int64_t (*last_time)(const struct store *store);

	const struct store_admin_ops *admin;	/* for an operator's tool; NULL: none */
};

/* Give a request to the operation that it is for. */
int store_ask(const struct store_ops *ops, struct store *store, const struct request *request, uint64_t id, struct response *response);

void accounts_complete(struct accounts *accounts, uint64_t id, const struct response *response);

/* The table of stores, NULL-terminated; src/store/table.c. */
extern const struct store_ops *const store_table[];

/* The one of that name; NULL: there is none. */
const struct store_ops *store_find(const char *name);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The interface of account stores. A store only stores: account_step() and account_update() decide how an account changes, and view_…()
 * decide what its subscriber sees.
 *
 * A store MUST
 *  1. answer each operation with an id exactly once: return 0 with the response filled, or return -EINPROGRESS and later call
 *     accounts_complete() with the id from the loop;
 *  2. load the parts of the account that account_parts() names, call account_step(), and commit all its changes, or none, in one
 *     transaction; changes of one account are serialized, and a later read of the same number sees them, whether or not anybody waits for
 *     them;
 *  3. have a change on disk before it answers, if the store is persistent;
 *  4. answer a repeated reference number as the first time, if account_replays() says so, and then call account_replay() only; call
 *     account_alien() if the number belongs to another subscriber; look the number up in the same transaction;
 *  5. give orders and notifications growing ids, and report them as described at struct account_step;
 *  6. seal each consent between step and commit by consent_seal(), with the head of its subscriber's chain, which outlives the
 *     subscriber; list consents and chains through a consent_source, for checks, and for anchors if the store is persistent;
 *  7. wipe passwords after each step, and delete them without leaving traces;
 *  8. give a claimed item of due work to nobody else: from claim() until its lease expires, or until its completion or retry is on disk.
 *     A list read earlier must not bring it back.
 * It MAY NOT
 *  9. block the loop, or call accounts_complete() from inside an operation;
 * 10. use a pointer it was given after the call returns;
 * 11. change anything once another process has become its writer;
 * 12. make decisions: it knows no price, trial, lock, period or text of a notification;
 * 13. refuse to complete an unclaimed item: the answer of a turn completes the notification with the same content;
 * 14. remember a claim beyond its process: items claimed by a process that has ended are due. */
#pragma once

#include "starhash/account.h"
#include "starhash/accounts.h"

#define STORE_PIECE 64		/* accounts that one housekeep() processes, and reference numbers passed to it */
#define STORE_NOBODY 0		/* id of an operation that nobody waits for; accounts_complete() accepts it */

struct store_admin_ops;

/* Where profiles() of a store puts them. */
struct profile_sink {
	void (*begin)(struct profile_sink *sink, uint64_t count);	/* how many there are, more or less */
	/* A profile as answered to REQUEST_PROFILE, and an IMSI of its subscriber; 0: none is known. False: no more. */
	bool (*take)(struct profile_sink *sink, int64_t msisdn, int64_t imsi, const struct record *facts);
};

struct store_ops {
	const char *name;
	/* 0, -EBUSY: another process is the writer; or -errno after logging why. */
	int (*open)(void *ctx, const struct accounts_settings *settings, struct accounts *accounts, struct store **store);
	void (*close)(struct store *store);	/* finishes accepted changes; drops unanswered ids */
	int (*describe)(const struct store *store, char *out, size_t size);	/* name, size and state in one line, for people */

	/* A request for which account_steps() is true. */
	int (*change)(struct store *store, const struct request *request, uint64_t id, struct response *response);
	/* A request that changes nothing. */
	int (*read)(struct store *store, const struct request *request, uint64_t id, struct response *response);
	/* Merge an update by account_update(). */
	int (*merge)(struct store *store, const struct account_update *update, uint64_t id, struct response *response);
	/* Claim due work, oldest first; at most one order per subscriber at a time. */
	int (*claim)(struct store *store, enum queue queue, const struct claim *claim, uint64_t id, struct response *response);
	/* Completion that does not change an account. NOT_FOUND: the item no longer exists. */
	int (*complete)(struct store *store, enum queue queue, const struct completion *completion, uint64_t id, struct response *response);
	/* REQUEST_HOUSEKEEP: process due subscriptions and conversations, each by account_step(), and records past their retention; a
	 * bounded portion, so that other changes do not wait for long. */
	int (*housekeep)(struct store *store, const struct request *request, uint64_t id, struct response *response);

	/* For what remembers profiles; NULL, as is the next one, in a store that answers as fast. Call accounts_touched() for each
	 * subscriber whose answer to REQUEST_PROFILE may have changed since the last call, by any process; later reads answer at least as
	 * of this call. Our own changes are seen once they are answered, those of other processes within 10 ms. False: nobody knows now
	 * what has changed. */
	bool (*touched)(struct store *store);
	/* Give every profile to \a sink, in any order and as of any time during the call. For a thread of the caller; it may block. 0, or
	 * -errno. */
	int (*profiles)(struct store *store, struct profile_sink *sink);

	/* The first of \a count consecutive reference numbers, as accounts_reference(). */
	uint64_t (*reference)(struct store *store, unsigned int count);
	/* Set the services on sale; others are no longer sold, but remain known. */
	void (*set_catalogue)(struct store *store, const struct catalogue *catalogue);
	/* Store a barred number in place of an earlier entry for it, under an id that grows, for REQUEST_BARRED. Housekeeping removes
	 * those that have ended after RETENTION_TICKETS. NULL: a store without them. */
	int (*bar)(struct store *store, const struct bar *bar, uint64_t id, struct response *response);
	/* The last catalogue passed to set_catalogue(), also by the previous process; empty when not known. Owned by the store; valid
	 * until the next set_catalogue(). */
	const struct catalogue *(*catalogue)(const struct store *store);
	/* As accounts_retention_pending() and accounts_retention_accept(). NULL: a store without retention. */
	const char *(*retention_pending)(const struct store *store);
	void (*retention_accept)(struct store *store);
	/* The time of the last housekeep() of the previous process, seconds since 1970; 0: not known. NULL: never known. */
	int64_t (*last_time)(const struct store *store);

	const struct store_admin_ops *admin;	/* for the operator's tool; NULL: none */
};

/* Call the operation for a request. */
int store_ask(const struct store_ops *ops, struct store *store, const struct request *request, uint64_t id, struct response *response);

void accounts_complete(struct accounts *accounts, uint64_t id, const struct response *response);

/* See touched(). \a msisdn 0: everybody. */
void accounts_touched(struct accounts *accounts, int64_t msisdn);

/* The table of stores, NULL-terminated; src/store/table.c. */
extern const struct store_ops *const store_table[];

/* NULL when no store has that name. */
const struct store_ops *store_find(const char *name);

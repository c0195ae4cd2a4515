/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the operator's tool accesses a store, from a process beside the daemon, or in the same process if the store exists only there:
 * single accounts by account_step(), lists as stored, and bulk operations. Every call blocks until it is done.
 *
 * A store MUST
 *  1. change single accounts through account_step() or account_update(), as the daemon does;
 *  2. commit the changes between begin() and commit() together, and give the daemon a chance between two such transactions: the tool ends
 *     one when is_long();
 *  3. bring a staged snapshot into use atomically, even if the tool dies: nobody sees staged data before, or the replaced data after.
 * Unless stated otherwise functions return 0, or -1 and why() has an error message. */
#pragma once

#include "starhash/account.h"
#include "starhash/barring.h"
#include "starhash/consent_source.h"

enum admin_access {
	ADMIN_READ,
	ADMIN_WRITE,			/* migrates the data of an earlier version */
	ADMIN_MAKE,			/* as ADMIN_WRITE; created when absent */
	ADMIN_FILL,			/* a new store that nobody else has open, filled as fast as possible: unusable after a crash */
};

struct store;

struct admin_settings {
	const char *file;
	struct store *store;			/* the daemon's store, if it exists only in the process; others use the file */
	enum admin_access access;
	/* Makes the pieces of identity numbers that an earlier version stored in clear; NULL: they are deleted. As in struct
	 * accounts_settings. */
	void (*id_pieces)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *id_key;
	const struct account_rules *rules;	/* NULL: no request needs them */
	const struct consent_key *consent_key;	/* NULL: consents are neither added nor removed */
	void (*note)(const char *text);		/* progress messages for people; NULL: none */
};

/* ---- lists, as stored ---- */

enum admin_list {
	ADMIN_SERVICES,
	ADMIN_PASSWORDS,
	ADMIN_ORDERS,
	ADMIN_CONSENTS,
	ADMIN_NOTIFICATIONS,
	ADMIN_CONVERSATIONS,
	ADMIN_VANISHED,
	ADMIN_IMPORTS,
	ADMIN_TICKETS,				/* by the time they were opened */
	ADMIN_TICKET_ENTRIES,			/* of the ticket that the query names */
	ADMIN_SURVEYS,				/* by day */
	ADMIN_BARRED,				/* by number; also those that have ended */
};

struct admin_query {
	enum admin_list list;
	int64_t msisdn;				/* 0: everybody's */
	unsigned int max;			/* the newest entries, newest first; 0: all, oldest first */
	unsigned int states;			/* of orders and tickets: bits, 1 << enum order_state or ticket_state; 0: all */
	int64_t ticket;				/* number of one of the subscriber's; 0: all */
};

struct admin_notification {
	int64_t id;
	const char *kind;
	int64_t attempts, due, expires;		/* seconds since 1970 */
	const char *sending;			/* sent, expired, withdrawn; NULL: it waits */
	int64_t ended;				/* seconds since 1970 */
};

struct admin_conversation {
	const char *number;			/* the short code */
	int64_t until;				/* seconds since 1970 */
};

/* A subscriber left out of a snapshot. */
struct admin_vanished {
	int64_t time;				/* when it happened, seconds since 1970 */
	bool password;				/* it is retained */
	int64_t orders;				/* orders that wait for the subscriber's return */
	bool back;				/* the number has a subscriber again, perhaps not the same */
};

enum admin_import_state {
	ADMIN_IMPORT_RUNNING,
	ADMIN_IMPORT_SWITCHED,			/* the snapshot is in use, the replaced data are not removed yet */
	ADMIN_IMPORT_DONE,
	ADMIN_IMPORT_GIVEN_UP,
	ADMIN_IMPORT_STATES
};

#define ADMIN_DIGEST_SIZE 32

/* Files imported and the progress, so that an import resumes after a crash and no file is imported twice. */
struct admin_import {
	int64_t id;				/* 0: import_put() assigns one */
	enum admin_import_state state;
	bool snapshot;
	const char *file;			/* name of the first file */
	bool known;				/* it has a digest; standard input has none */
	uint8_t digest[ADMIN_DIGEST_SIZE];	/* of the files */
	int64_t lines, older, rejected;		/* accepted; of these skipped because newer data are stored; rejected */
	int64_t offset, line;			/* octets read of all files; line in the current file */
	int64_t newest;				/* "as of" of its newest line; STORED_UNKNOWN: none yet */
	int64_t began, ended;			/* seconds since 1970; 0: not yet. Set by the store */
};

struct admin_row {
	int64_t msisdn;				/* 0: not of a subscriber */
	union {
		struct {
			const struct service *service;	/* period "": period and price not known from any import or catalogue */
			bool subscribed;	/* somebody is subscribed; set only when its price is not known */
			bool catalogue;		/* a catalogue was loaded, with any services */
		};
		struct {
			const struct password *password;
			const char *id_pieces;	/* "": unknown */
		};
		const struct order *order;
		const struct consent *consent;
		const struct admin_notification *notification;
		const struct admin_conversation *conversation;
		const struct admin_vanished *vanished;
		const struct admin_import *import;
		const struct ticket *ticket;
		const struct ticket_entry *entry;
		const struct survey *survey;
		const struct bar *bar;
	};
};

struct admin_selection {
	int64_t msisdn;				/* 0: everybody */
	unsigned int kinds;			/* bits, 1 << enum account_kind: the kinds to read; the number is always included */
	bool totals_alone;			/* bills without their charges */
};

/* Return non-zero to stop; the operation still returns 0. Arguments are valid during the call. */
typedef int admin_row_visit(void *user, const struct admin_row *row);
typedef int admin_account_visit(void *user, const struct stored_account *account);

/* ---- old records ---- */

enum admin_record {
	ADMIN_BILLS,				/* by month, and points by date, in UTC */
	ADMIN_POINTS,
	ADMIN_COMPLETED_ORDERS,
	ADMIN_OLD_CONSENTS,			/* the oldest with anchors; the new beginnings of chains are sealed */
	ADMIN_EXPIRED_NOTIFICATIONS,
	ADMIN_REPLAYS,
	ADMIN_ENDED_IMPORTS,
};

/* ---- snapshots ---- */

struct admin_loss {
	int64_t all;				/* subscribers in service */
	int64_t vanish;				/* of them: not in the snapshot */
	int64_t other_owner;			/* of them: the number has another owner in the snapshot */
};

/* ---- checking ---- */

/* \a about: the kind of record, in the plural if countable; a static string. */
struct admin_watch {
	void *user;
	void (*found)(void *user, const char *about, const char *what);	/* report a problem */
	void (*figure)(void *user, const char *what);			/* for people: "subscribers 1000" */
	/* Called repeatedly; \a all 0: the total is not known. May be NULL. */
	void (*busy)(void *user, const char *about, uint64_t done, uint64_t all);
};

struct admin_consents {
	struct consent_source *source;		/* owned by the store, until close() */
	uint64_t count;				/* an estimate */
	int64_t anchored;			/* the store knows that anchors up to this id were written */
	uint64_t old;				/* from before consents were sealed (version 3) */
	int64_t old_broken;			/* the first of these that is altered or missing; 0: none */
};

struct store_admin;

struct store_admin_ops {
	bool in_file;						/* persistent, in the file of the settings */
	/* On -1 *\a why has the message, allocated below \a ctx, and *\a admin is NULL. */
	int (*open)(void *ctx, const struct admin_settings *settings, struct store_admin **admin, const char **why);
	void (*close)(struct store_admin *admin);		/* NULL is fine */
	const char *(*why)(const struct store_admin *admin);

	/* Transactions. Lists, accounts and requests that only read need none; all changes do, except operations with their own. With
	 * ADMIN_READ a transaction reads one snapshot of the data. */
	int (*begin)(struct store_admin *admin);
	bool (*is_long)(const struct store_admin *admin);
	int (*commit)(struct store_admin *admin);
	/* No effect when none is open. A store that exists only in the process keeps the changes: nothing there can fail halfway. */
	void (*undo)(struct store_admin *admin);

	/* A request that reads, or one for which account_steps() is true. */
	int (*ask)(struct store_admin *admin, const struct request *request, struct response *response);
	/* Merge an update by account_update(); the caller provides step->response. */
	int (*merge)(struct store_admin *admin, const struct account_update *update, struct account_step *step);
	/* A unique reference number for a request that needs one. In a transaction. */
	int (*reference)(struct store_admin *admin, uint64_t *ref);
	/* Store a service from an import: its price, period, account type and brand. */
	int (*put_service)(struct store_admin *admin, const struct service *service);

	/* As that of struct store_ops. */
	int (*bar)(struct store_admin *admin, const struct bar *bar);

	/* Sorted by MSISDN, from one snapshot of the data. Includes password hashes. */
	int (*accounts)(struct store_admin *admin, const struct admin_selection *selection, admin_account_visit *visit, void *user);
	int (*list)(struct store_admin *admin, const struct admin_query *query, admin_row_visit *visit, void *user);

	/* Delete up to \a max records older than \a before, seconds since 1970. *\a deleted: how many were. */
	int (*prune)(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted);
	/* Confirm that a number left out of a snapshot has the same subscriber as before. *\a refusal: NULL, or why it was refused. */
	int (*give_back)(struct store_admin *admin, int64_t msisdn, const char **refusal);

	/* Lock out other imports until close(). */
	int (*lock_imports)(struct store_admin *admin);
	int (*import_put)(struct store_admin *admin, struct admin_import *import);

	/* A snapshot replaces all account data while the daemon runs. It is staged beside the live data, in the caller's transactions;
	 * accounts that change meanwhile, or are newer than the snapshot, are merged with it by account_update(); then one short
	 * transaction exchanges the two and puts \a import into the state SWITCHED. Passwords, orders and consents stay; those of numbers
	 * with another owner are removed (F15), and those of subscribers who are gone are retained for a while. All but staging_begin() and
	 * staging_add() have transactions of their own, and can be repeated after a crash. */
	int (*staging_begin)(struct store_admin *admin);		/* nothing may be staged yet */
	/* Add a row; the result is as that of merge(). A single row without "as of" takes that of its subscriber. */
	int (*staging_add)(struct store_admin *admin, const struct account_update *update, struct account_step *step);
	/* \a as_of: date of the snapshot; \a force: older data may overwrite newer data. *\a any: whether the snapshot has any
	 * subscriber. */
	int (*staging_look)(struct store_admin *admin, int64_t as_of, bool force, struct admin_loss *loss, bool *any);
	int (*staging_switch)(struct store_admin *admin, int64_t as_of, bool force, struct admin_import *import);
	int (*staging_clean)(struct store_admin *admin);		/* remove the replaced data; new subscribers get their passwords */
	int (*staging_drop)(struct store_admin *admin);		/* discard staged data, if any */

	/* Check integrity and consistency. \a quick: skip slow checks. */
	int (*check)(struct store_admin *admin, bool quick, const struct admin_watch *watch);
	/* Consents, for consent_check.h. */
	int (*consents)(struct store_admin *admin, struct admin_consents *consents);
	/* Copy the store to another file; -1 when it is not in a file. \a progress may be NULL. */
	int (*backup)(struct store_admin *admin, const char *file, void (*progress)(void *user, uint64_t done, uint64_t all), void *user);
};

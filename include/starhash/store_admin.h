/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What an operator's tool does with a store, from a process of its own beside the one that serves, or in the same one where a store
 * lives in that alone: one account by the account machine, lists as they are stored, many accounts at once. Everything blocks until it is
 * done.
 *
 * A store MUST
 *  1. take one account's change through account_step() or account_update(), as the one that serves does;
 *  2. keep changes of begin() … commit() together, and let the one that serves have its turn between two such transactions: a tool
 *     ends one when is_long();
 *  3. bring a staged snapshot into use at once, whenever the tool dies: what is staged is seen by nobody before, and what was in use
 *     by nobody after.
 * Unless said otherwise functions return 0, or -1 after which why() says in words what went wrong. */
#pragma once

#include "starhash/account.h"
#include "starhash/consent_source.h"

enum admin_access {
	ADMIN_READ,
	ADMIN_WRITE,			/* what an earlier version made is brought up to this one */
	ADMIN_MAKE,			/* as ADMIN_WRITE, and made when there is none */
	ADMIN_FILL,			/* a new one, which nobody else has open, as fast as it goes: a crash leaves rubbish */
};

struct store;

struct admin_settings {
	const char *file;
	struct store *store;			/* the one that serves, of those that live in one process; the others have the file */
	enum admin_access access;
	/* What is kept of identity numbers that an earlier version had in clear; NULL: nothing. As struct accounts_settings has it. */
	void (*id_pieces)(const uint8_t *key, const char *msisdn, const char *id_number, char *pieces);
	const uint8_t *id_key;
	const struct account_rules *rules;	/* NULL: nothing that is asked needs any */
	const struct consent_key *consent_key;	/* NULL: consents are neither added nor removed */
	void (*note)(const char *text);		/* on what goes on, for people; NULL: none */
};

/* ---- lists, as they are stored ---- */

enum admin_list {
	ADMIN_SERVICES,
	ADMIN_PASSWORDS,
	ADMIN_ORDERS,
	ADMIN_CONSENTS,
	ADMIN_NOTIFICATIONS,
	ADMIN_CONVERSATIONS,
	ADMIN_VANISHED,
	ADMIN_IMPORTS,
};

struct admin_query {
	enum admin_list list;
	int64_t msisdn;				/* 0: everybody's */
	unsigned int max;			/* the newest of them, newest first; 0: all, the oldest first */
	unsigned int states;			/* orders: bits, 1 << enum order_state; 0: all */
};

struct admin_notification {
	int64_t id;
	const char *kind;
	int64_t attempts, due, expires;		/* seconds since 1970 */
};

struct admin_conversation {
	const char *number;			/* the short code */
	int64_t until;				/* seconds since 1970 */
};

/* Of a subscriber whom a snapshot left out. */
struct admin_vanished {
	int64_t time;				/* when, seconds since 1970 */
	bool password;				/* it is kept */
	int64_t orders;				/* that wait for the subscriber */
	bool back;				/* there is such a subscriber again, and nobody knows whether it is the same */
};

enum admin_import_state {
	ADMIN_IMPORT_RUNNING,
	ADMIN_IMPORT_SWITCHED,			/* a snapshot is in use, and what was in use before is not removed yet */
	ADMIN_IMPORT_DONE,
	ADMIN_IMPORT_GIVEN_UP,
	ADMIN_IMPORT_STATES
};

#define ADMIN_DIGEST_SIZE 32

/* Which files were taken and how far, so that an import goes on after a crash and none counts twice. */
struct admin_import {
	int64_t id;				/* 0: import_put() gives it one */
	enum admin_import_state state;
	bool snapshot;
	const char *file;			/* the first one's name */
	bool known;				/* by its digest: standard input has none */
	uint8_t digest[ADMIN_DIGEST_SIZE];	/* of the files */
	int64_t lines, older, rejected;		/* taken; of these left out because newer data are here; rejected */
	int64_t offset, line;			/* octets read, of all files together; line of the file that is being read */
	int64_t newest;				/* "as of" of its newest line; STORED_UNKNOWN: none yet */
	int64_t began, ended;			/* seconds since 1970; 0: not yet. The store's */
};

struct admin_row {
	int64_t msisdn;				/* 0: nobody's */
	union {
		struct {
			const struct service *service;	/* period "": no import and no catalogue has brought it and the price */
			bool subscribed;	/* somebody has it; looked for only when its price is not known */
			bool catalogue;		/* one has come, of whatever services */
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
	};
};

struct admin_selection {
	int64_t msisdn;				/* 0: everybody */
	unsigned int kinds;			/* bits, 1 << enum account_kind: what is wanted of them; the number is always there */
	bool totals_alone;			/* of bills: without their charges */
};

/* Other than 0: no more of them, and the operation returns 0 all the same. What they are given lives until they return. */
typedef int admin_row_visit(void *user, const struct admin_row *row);
typedef int admin_account_visit(void *user, const struct stored_account *account);

/* ---- old records ---- */

enum admin_record {
	ADMIN_BILLS,				/* by their month, and points by their date, as of UTC */
	ADMIN_POINTS,
	ADMIN_COMPLETED_ORDERS,
	ADMIN_OLD_CONSENTS,			/* the oldest that have anchors; what is left is sealed anew */
	ADMIN_EXPIRED_NOTIFICATIONS,
	ADMIN_REPLAYS,
	ADMIN_ENDED_IMPORTS,
};

/* ---- snapshots ---- */

struct admin_loss {
	int64_t all;				/* subscribers who are served */
	int64_t vanish;				/* of them: are not in the snapshot */
	int64_t other_owner;			/* of them: their number is another owner's there */
};

/* ---- checking ---- */

/* \a about: which kind of thing, in the plural where they can be counted; a text that stays. */
struct admin_watch {
	void *user;
	void (*found)(void *user, const char *about, const char *what);	/* something is wrong */
	void (*figure)(void *user, const char *what);			/* for people: "subscribers 1000" */
	/* Again and again; \a all 0: nobody knows how far it is. NULL: nobody watches. */
	void (*busy)(void *user, const char *about, uint64_t done, uint64_t all);
};

struct admin_consents {
	struct consent_source *source;		/* the store's, until close() */
	uint64_t count;				/* about so many */
	int64_t anchored;			/* the store knows that anchors up to this one were written */
	uint64_t old;				/* of before they were sealed (version 3) */
	int64_t old_broken;			/* the first of these that is not as it was written, or is missing; 0: none */
};

struct store_admin;

struct store_admin_ops {
	bool in_file;						/* it outlives its process, in settings' file */
	/* -1 after which \a why, which lies below \a ctx, and *\a admin NULL. */
	int (*open)(void *ctx, const struct admin_settings *settings, struct store_admin **admin, const char **why);
	void (*close)(struct store_admin *admin);		/* NULL is fine */
	const char *(*why)(const struct store_admin *admin);

	/* Transactions. Lists, accounts and asking for what is read need none; all that changes something does, unless it says
	 * that it has its own. With ADMIN_READ what is read in one is as of one moment. */
	int (*begin)(struct store_admin *admin);
	bool (*is_long)(const struct store_admin *admin);
	int (*commit)(struct store_admin *admin);
	/* Fine when none is open. Of a store that lives in one process what was done stays: nothing there can fail halfway. */
	void (*undo)(struct store_admin *admin);

	/* A request to read, or one of which account_steps() is true. */
	int (*ask)(struct store_admin *admin, const struct request *request, struct response *response);
	/* What account_update() makes of an update; step->response is the caller's. */
	int (*merge)(struct store_admin *admin, const struct account_update *update, struct account_step *step);
	/* For a request that needs one: a reference number that nothing else has. In a transaction. */
	int (*reference)(struct store_admin *admin, uint64_t *ref);
	/* A service that an import tells of: its price, period, and whom it is for. */
	int (*put_service)(struct store_admin *admin, const struct service *service);

	/* In the order of numbers, as of one moment. Passwords' hashes are among them. */
	int (*accounts)(struct store_admin *admin, const struct admin_selection *selection, admin_account_visit *visit, void *user);
	int (*list)(struct store_admin *admin, const struct admin_query *query, admin_row_visit *visit, void *user);

	/* Up to \a max of those older than \a before, seconds since 1970. *\a deleted: how many. */
	int (*prune)(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted);
	/* A subscriber whom a snapshot left out is the same as before. *\a refusal: NULL, or why it was not done. */
	int (*give_back)(struct store_admin *admin, int64_t msisdn, const char **refusal);

	/* Keep other imports out until close(). */
	int (*lock_imports)(struct store_admin *admin);
	int (*import_put)(struct store_admin *admin, struct admin_import *import);

	/* A snapshot takes the place of all account data while another process serves. It is staged beside what is served, in
	 * transactions of the caller's; those who change meanwhile, and whoever is newer than the snapshot, are merged with it by
	 * account_update(); then one short transaction exchanges the two, with \a import in the state SWITCHED. Passwords, orders and
	 * consents stay; those of numbers that have another owner go (F15), and those of subscribers who are gone are kept for a
	 * while. All but staging_begin() and staging_add() have transactions of their own, and can be begun again after a crash. */
	int (*staging_begin)(struct store_admin *admin);		/* nothing may be staged */
	/* A row of it, with the outcome as merge() has it; a single one whose age is unknown is as old as its subscriber. */
	int (*staging_add)(struct store_admin *admin, const struct account_update *update, struct account_step *step);
	/* \a as_of: the snapshot's; \a force: older data may overwrite newer. *\a any: there is a subscriber in it. */
	int (*staging_look)(struct store_admin *admin, int64_t as_of, bool force, struct admin_loss *loss, bool *any);
	int (*staging_switch)(struct store_admin *admin, int64_t as_of, bool force, struct admin_import *import);
	int (*staging_clean)(struct store_admin *admin);		/* what was served before; new subscribers get their passwords */
	int (*staging_drop)(struct store_admin *admin);		/* what is staged, if anything is */

	/* Is it whole, and does it agree with itself? \a quick: leave out what takes long. */
	int (*check)(struct store_admin *admin, bool quick, const struct admin_watch *watch);
	/* What is known of consents, for consent_check.h. */
	int (*consents)(struct store_admin *admin, struct admin_consents *consents);
	/* A copy under another name, which nobody serves; -1 when it is in no file. \a progress may be NULL. */
	int (*backup)(struct store_admin *admin, const char *file, void (*progress)(void *user, uint64_t done, uint64_t all), void *user);
};

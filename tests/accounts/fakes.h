/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The surroundings of accounts/ in its tests: a store whose contents outlive it, billing that answers as a test wants, and time
 * that passes when a test wants it to. */
#pragma once

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "accounts/internal.h"
#include "starhash/billing.h"
#include "tests/support/accounts.h"

/* ---- time ---- */

#define FAKE_NOW 1800000000	/* when a test begins: 2027-01-15 08:00 UTC */

void clocks_set(void);
void clocks_pass(unsigned int ms);	/* and runs the loop */
void loop_round(void);			/* until nothing is left to do now */

/* ---- the store ---- */

struct fake_order {
	struct llist_head entry;
	int64_t id, due, ordered;
	uint64_t ref;
	unsigned int attempts;
	char msisdn[MSISDN_SIZE];
	bool ended;
	enum order_end end;
	char reason[32];
};

struct fake_notification {
	struct llist_head entry;
	int64_t id, due, expires, latest, balance;
	unsigned int attempts, sent_since;
	const char *kind;
	char msisdn[MSISDN_SIZE];
	bool withdrawn, counts;
};

/* The contents of the disk: subscriber ALICE, also known by her IMSI, and all orders and notifications. */
struct disk {
	bool later;			/* answers come from the loop ... */
	unsigned int later_ms;		/* ... after this time */
	bool broken;			/* nothing can be written */
	bool unknown;			/* ALICE is not a subscriber */
	int64_t as_of[ACCOUNT_KINDS];
	int64_t balance;
	unsigned int asked[REQUEST_KIND_COUNT];
	unsigned int puts;
	unsigned int put_kinds;
	int64_t last_id;
	uint64_t last_ref;
	struct llist_head orders;	/* accepted orders, and with keep_completed also the ended ones */
	bool keep_completed;
	unsigned int claims;		/* that were asked for, of notifications */
	struct claim claim;		/* the last of those */
	struct llist_head notifications, sent;	/* waiting; with keep_completed also those that ended */
	int64_t searched;		/* of a search that makes messages, in thousandths; 0: none */
	unsigned int housekeeping_left;
	const struct catalogue *catalogue;
	struct request last;		/* of a user */
	enum result code_result;	/* of REQUEST_PROPOSAL_CODE, unless the disk is broken */
	uint8_t code[CONFIRM_DIGEST_SIZE];	/* that it stored */
};

extern struct disk disk;

struct fake_order *disk_order(int64_t id);
struct fake_notification *disk_notification(int64_t id);
int64_t disk_add_notification(void);		/* the end of an order, due now */
struct fake_notification *disk_add_message(const char *kind);	/* the same of any kind */
void disk_clear(void);

/* ---- billing ---- */

struct asked {
	struct llist_head entry;
	struct subscriber subscriber;
	unsigned int kinds;
	billing_update *answered;
	void *user;
};

struct given {
	struct llist_head entry;
	struct billing_order order;
	char msisdn[MSISDN_SIZE];
	billing_answered *answered;
	void *user;
};

struct billing {
	bool busy;				/* accepts nothing */
	struct llist_head asked, given;		/* not answered yet, the oldest first */
	unsigned int asked_count, given_count;	/* ever */
	unsigned int effects;			/* completed orders with different reference numbers */
	uint8_t done[100001];			/* by reference number */
	billing_recovered *recovered;
	void *recovered_user;
};

struct billing *fake_billing_new(void);

/* Answer the oldest query, as of now and with balance 777; or the oldest order. */
void fake_answer_query(struct billing *billing, enum billing_result result);
void fake_answer(struct billing *billing, enum billing_result result, const char *reason, unsigned int after_s);

/* ---- everything together ---- */

struct bench {
	struct accounts *accounts;
	struct billing *billing;
	struct answers answers;
};

/* A user's request, without a time yet. */
struct request user_request(enum request_kind kind, const char *msisdn, uint64_t ref);

/* Accounts on top of the fake disk, or of the database that the settings name. */
void bench_start(struct bench *bench, const struct accounts_settings *settings);
void bench_stop(struct bench *bench);

/* For each test: an empty disk, and the time is FAKE_NOW. */
int fakes_setup(void **state);
int fakes_teardown(void **state);

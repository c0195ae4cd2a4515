/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of every store run in rounds, each on a fresh store with the fixture's accounts, in every way of answering.
 * Stores are asked without accounts/, so that nothing else happens meanwhile. */
#pragma once

#include "starhash/store.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"

#define ROUND_TRIES 3		/* password_tries */
#define ABSENT -77		/* an unknown number */
#define ROUND_TOUCHED 256
#define DAY_S INT64_C(86400)
#define FUTURE INT64_C(4102444800)	/* 2100 */

struct round {
	const struct store_ops *ops;
	struct store *store;
	int64_t now;			/* FIXTURE_NOW until a case changes it */
	int32_t utc_offset;
	struct answers answers;
	int64_t touched[ROUND_TOUCHED];	/* whose profiles changed; 0: everybody's */
	unsigned int touched_count;
	char file[64];			/* "": none */
};

struct round_case {
	const char *name;
	void (*run)(struct round *round);
	struct accounts_settings settings;	/* where they differ from the fixture's */
};

#define CASE(name) { #name, name, { 0 } }
/* Billing owns the data; it is never asked here. */
#define CASE_BILLING(name) { #name, name, { .orders_wait = true } }

/* Runs every case against every store. Returns the exit status. */
int rounds_run(const struct round_case *cases, size_t count);

/* With any result. */
void ask_anything(struct round *round, struct request request);

void ask(struct round *round, struct request request, enum result wanted);

/* Without waiting for an answer. */
void post(struct round *round, struct request request);

/* With one argument. */
void ask_with(struct round *round, enum request_kind kind, const char *msisdn, uint64_t ref, uint16_t field,
	      const char *text, enum result wanted);

void merge(struct round *round, const struct account_update *update, enum result wanted);
void put(struct round *round, const struct stored_account *account, unsigned int kinds, enum result wanted);

/* Of the last answer. */
const struct record *facts(const struct round *round);
int64_t number(const struct round *round, uint16_t field);
const struct password_found *found(const struct round *round);	/* compared by an attempt */
int64_t order_id(const struct round *round);		/* that has to reach billing; 0: none */
int64_t notification_id(const struct round *round);	/* which says the same; 0: none */
struct record row(const struct round *round, unsigned int index);
void assert_rows(const struct round *round, unsigned int count);
void assert_row_text(const struct round *round, unsigned int index, uint16_t field, const char *wanted);
void assert_row_number(const struct round *round, unsigned int index, uint16_t field, int64_t wanted);

/* Asks: the codes of ALICE's services. */
void assert_services(struct round *round, const char *wanted);

/* Asks: ALICE's subscription to a service; NULL \a state: she has none. */
void assert_subscribed(struct round *round, const char *service, const char *state);

void arg_number(struct request *request, uint16_t field, int64_t number);

/* What is due, claimed for this long; 0: others may claim it at once. */
void claim(struct round *round, enum queue queue, unsigned int max, unsigned int lease_ms);
void claim_as(struct round *round, enum queue queue, struct claim claim);	/* due now */
void complete(struct round *round, enum queue queue, struct completion completion, enum result wanted);

/* Asks: the orders that are due. */
void assert_orders_due(struct round *round, unsigned int count);
const struct due_order *due_order(const struct round *round, unsigned int index);

/* Asks: the only notification due. NULL \a kind: none is. Its facts and texts stay in the last answer. */
struct due_notification assert_notification(struct round *round, const char *kind);

/* The same, its facts. */
struct record assert_facts_of(struct round *round, const char *kind);

/* Of the last answer. */
struct due_notification due_notification(const struct round *round, unsigned int index);

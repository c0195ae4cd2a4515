/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Billing, which owns the truth: asked over HTTP for what the cache lacks, given what subscribers order.
 *
 * contrib/billing/openapi.yaml is the contract as it is by default; which of billing's words mean which of our fields is
 * configuration, not code. Nothing here blocks. Each request is answered exactly once, from the loop, never from inside
 * the call that asks. A circuit breaker answers BILLING_DOWN at once while billing is known to be gone. */
#pragma once

#include "starhash/conf.h"
#include "starhash/request.h"

struct billing;
struct stored_account;
struct wall_clock;

enum billing_result {
	BILLING_OK,		/* an account was told; an order is done */
	BILLING_LATER,		/* an order was accepted, its end is not known: ask again with the same key */
	BILLING_DECLINED,	/* an order will never be done; the reason says why */
	BILLING_UNKNOWN_SUBSCRIBER,
	BILLING_KEY_TAKEN,	/* the order's key is another order's: nothing is known of this one */
	BILLING_DOWN,		/* no connection, time-out, status 5xx or 429, breaker open: try again later */
	BILLING_WRONG,		/* what came was not what was asked for: bad JSON, another number, impossible values (F17) */
};

/* An order as billing is told of it. */
struct billing_order {
	uint64_t ref;			/* the idempotency key: the same one means the same order */
	enum request_kind kind;		/* one of request_orders() */
	const char *msisdn;
	const char *service;		/* "" when the order is not about one */
	const char *instead;		/* the service that it replaces; "": none */
	const char *period;
	int64_t price;
	uint32_t effective;		/* yyyymmdd, here and below */
	uint32_t trial_until;		/* last day of the trial that was agreed to; 0: none */
	int64_t trial_price;		/* of that as a whole; 0: it is free of charge */
	bool trial_paid;		/* it goes on by itself as a paid service */
	int64_t ordered;		/* seconds since 1970 */
};

struct billing_answer {
	enum billing_result result;
	char reason[32];		/* REFUSED: a code that menus have words for; "" when none came */
	unsigned int after_s;		/* LATER, DOWN: not before that; 0: as you like */
};

/* Values from outside are checked before they come here. \a account: of BILLING_OK, else NULL; valid during the call. Its texts
 * are NULL where billing says nothing: what is known stays then. Subscriptions come in the order of their codes. \a kinds:
 * what it says, all that was asked for and that billing has at all, and perhaps more. */
typedef void billing_update(void *user, enum billing_result result, const struct stored_account *account, unsigned int kinds);
typedef void billing_answered(void *user, const struct billing_answer *answer);

/* The group "billing" of the daemon's configuration: rows, and what they cannot say. */
extern const struct conf_row billing_rows[];
extern const size_t billing_settings_size;
void billing_check(const void *settings, const struct setting *group, struct problems *problems);

/* \a ctx: talloc parent; \a settings: filled by billing_rows, outlive it. NULL after a log line that says why. */
struct billing *billing_new(void *ctx, const void *settings, const struct setting *group);

/* The clock of the whole process, by which answers are dated; stays the caller's. Without it: one of its own. */
void billing_set_clock(struct billing *billing, struct wall_clock *clock);

/* Have \a recovered called when billing answers again after it was left alone, from the loop. */
typedef void billing_recovered(void *user);
void billing_set_recovered(struct billing *billing, billing_recovered *recovered, void *user);

/* Requests that are open are not answered any more. Not from inside such an answer. NULL is fine. */
void billing_free(struct billing *billing);

/* Ask for \a kinds (bits, 1 << enum account_kind) of a subscriber. 0, or there is no call: -EBUSY when too much is open,
 * -ENOENT when the configuration knows no way to ask for these, or for somebody of whom no more than this is known. */
int billing_ask(struct billing *billing, const struct subscriber *subscriber, unsigned int kinds, billing_update *update,
		void *user);

/* Give an order. 0, or -EBUSY as billing_ask(). */
int billing_order(struct billing *billing, const struct billing_order *order, billing_answered *answered, void *user);

/* One line of state for people: breaker, requests, failures, latency. As snprintf(). */
int billing_describe(const struct billing *billing, char *out, size_t size);

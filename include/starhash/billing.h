/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Billing, the master of account data: asked over HTTP for what the cache lacks, and given the orders of subscribers.
 *
 * contrib/billing/openapi.yaml is the default contract; how billing's fields map to ours is configuration, not code. Nothing here blocks.
 * Each request is answered exactly once, from the loop, never from inside the call that makes it. While billing is known to be down, a
 * circuit breaker answers BILLING_DOWN immediately. */
#pragma once

#include "starhash/conf.h"
#include "starhash/request.h"

struct billing;
struct stored_account;
struct wall_clock;

enum billing_result {
	BILLING_OK,		/* the account follows; the order is done */
	BILLING_LATER,		/* the order was accepted, its outcome is not known yet: ask again with the same key */
	BILLING_DECLINED,	/* the order was refused for good; the reason says why */
	BILLING_UNKNOWN_SUBSCRIBER,
	BILLING_KEY_CONFLICT,	/* billing has another order under this key: the fate of this one is unknown */
	BILLING_DOWN,		/* no connection, timeout, status 5xx or 429, or breaker open: try again later */
	BILLING_WRONG,		/* unusable answer: bad JSON, another number, impossible values (F17) */
};

/* An order as it is sent to billing. */
struct billing_order {
	uint64_t ref;			/* the idempotency key: the same key means the same order */
	enum request_kind kind;		/* one of request_orders() */
	const char *msisdn;
	const char *service;		/* "" when the order is not about one */
	const char *instead;		/* the service to replace; "": none */
	const char *period;
	int64_t price;
	uint32_t effective;		/* yyyymmdd, as below */
	uint32_t trial_until;		/* last day of the agreed trial; 0: none */
	int64_t trial_price;		/* of the whole trial; 0: free of charge */
	bool trial_paid;		/* the trial continues automatically as a paid service */
	const char *form;		/* of a credit, whose amount is price: credit, voucher, bill, cash; "": none */
	int64_t ticket;			/* of a credit: number of its ticket */
	int64_t ordered;		/* seconds since 1970 */
};

struct billing_answer {
	enum billing_result result;
	char reason[32];		/* DECLINED: a code that menus have texts for; "" when none was given */
	unsigned int after_s;		/* LATER, DOWN: earliest retry; 0: up to the caller */
};

/* Called with checked values only. \a account: with BILLING_OK, else NULL; valid during the call. A text that billing did not send is
 * NULL: the stored one stays. Subscriptions are sorted by service code. \a kinds: the kinds covered: all that were requested and that
 * billing has at all, perhaps more. */
typedef void billing_update(void *user, enum billing_result result, const struct stored_account *account, unsigned int kinds);
typedef void billing_answered(void *user, const struct billing_answer *answer);

/* The group "billing" of the daemon's configuration: rows, and checks that rows cannot express. */
extern const struct conf_row billing_rows[];
extern const size_t billing_settings_size;
void billing_check(const void *settings, const struct setting *group, struct problems *problems);

/* \a ctx: talloc parent; \a settings: filled by billing_rows, must outlive the result. NULL after logging why. */
struct billing *billing_new(void *ctx, const void *settings, const struct setting *group);

/* Set the clock of the whole process, used to date answers; owned by the caller. Default: a clock of its own. */
void billing_set_clock(struct billing *billing, struct wall_clock *clock);

/* Have \a recovered called from the loop when billing answers again after the breaker was open. */
typedef void billing_recovered(void *user);
void billing_set_recovered(struct billing *billing, billing_recovered *recovered, void *user);

/* Open requests are not answered any more. Must not be called from inside an answer. NULL is allowed. */
void billing_free(struct billing *billing);

/* Request \a kinds (bits, 1 << enum account_kind) of a subscriber. 0; or, without a call of \a update: -EBUSY when too many requests are
 * open, -ENOENT when the configuration has no request for these kinds, or for a subscriber identified this way. */
int billing_ask(struct billing *billing, const struct subscriber *subscriber, unsigned int kinds, billing_update *update,
		void *user);

/* Send an order. 0, or -EBUSY as billing_ask(). */
int billing_order(struct billing *billing, const struct billing_order *order, billing_answered *answered, void *user);

/* One line of state for people: breaker, requests, failures, latency. Returns as snprintf(). */
int billing_describe(const struct billing *billing, char *out, size_t size);

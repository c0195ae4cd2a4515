/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shared by the rules for orders, trials and merging. */
#pragma once

#include "starhash/account.h"

/* Whether it has a last day, until which it can still be continued. */
static inline bool subscription_runs_out(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_DEACTIVATING && subscription->until;
}

static inline bool order_about_line(enum order_kind kind)
{
	return kind == ORDER_SUSPEND || kind == ORDER_RESUME;
}

/* S16: staff give money. */
static inline bool order_is_credit(enum order_kind kind)
{
	return kind == ORDER_REFUND || kind == ORDER_COMPENSATION;
}

static inline bool order_kind_has_service(enum order_kind kind)
{
	return !order_about_line(kind) && kind != ORDER_BACKEND && !order_is_credit(kind);
}

/* Append price and end of a trial, unless free of charge or ending by agreement. */
void trial_terms_put(struct record *record, int64_t price, enum trial_ends ends);

/* Put \a order, whose dates are set, in flight. A subscription that is running out keeps its dates, in case billing refuses. */
void activation_begin(const struct order *order, struct order_subject *subject);

/* The same for both services of ORDER_CHANGE. */
void change_begin(const struct order *order, struct order_subject *subject);

/* Whether \a codes, separated by blanks, or NULL, contain \a code. */
bool codes_name(const char *codes, const char *code);

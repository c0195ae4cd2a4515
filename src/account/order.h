/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the rules about orders, trials and merging share. */
#pragma once

#include "starhash/account.h"

/* Whether it has a last day, and can be made to go on until then. */
static inline bool subscription_runs_out(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_DEACTIVATING && subscription->until;
}

static inline bool order_about_line(enum order_kind kind)
{
	return kind == ORDER_SUSPEND || kind == ORDER_RESUME;
}

/* Append price and end of a trial, as far as there is anything to say. */
void trial_terms_put(struct record *record, int64_t price, enum trial_ends ends);

/* \a order, whose dates are known, is in flight. A subscription that runs out keeps its days, in case billing refuses. */
void activation_begin(const struct order *order, struct order_subject *subject);

/* The same of ORDER_CHANGE: of both of its services. */
void change_begin(const struct order *order, struct order_subject *subject);

/* Whether codes between blanks, or NULL, have this one. */
bool codes_name(const char *codes, const char *code);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the rules about orders, trials and merging share. */
#pragma once

#include "starhash/account.h"

/* Whether it has a last day, and can be made to go on until then. */
static inline bool subscription_runs_out(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_DEACTIVATING && subscription->until;
}

/* \a order, whose dates are known, is in flight. A subscription that runs out keeps its days, in case billing refuses. */
void activation_begin(const struct order *order, struct order_subject *subject);

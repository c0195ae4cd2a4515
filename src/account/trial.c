/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Ending trials, and services that run out (S7):
 *
 *                 days until it ends      not announced    announced        announced, and agreed to continue
 * TRIAL           more than REMIND_DAYS   -                -                -
 *                 REMIND_DAYS to 0        announce         -                -
 *                 it is over              order its end    order its end    order its continuation
 * DEACTIVATING    it has a last day that is over: remove
 *
 * Announced means that the notification was queued; it may still wait for a handset that is switched off. A trial that was not announced
 * before it was over (no billing, or the server was down) ends, whatever was agreed. While an order is in flight nothing is due. */
#include <string.h>

#include "account/order.h"
#include "starhash/calendar.h"

#define REMIND_DAYS 3

static int64_t days_after(int64_t date, int64_t days)
{
	return calendar_date(date_day(date) + days);
}

int64_t subscription_due(const struct subscription *subscription)
{
	if (subscription_runs_out(subscription))
		return days_after(subscription->until, 1);
	if (subscription->state != SUBSCRIPTION_TRIAL || !subscription->trial_until)
		return 0;
	return days_after(subscription->trial_until, subscription->reminded ? 1 : -REMIND_DAYS);
}

enum subscription_task subscription_task(struct subscription *subscription, int64_t today)
{
	const int64_t due = subscription_due(subscription);

	if (!due || due > today)
		return SUBSCRIPTION_NOTHING;
	if (subscription_runs_out(subscription))
		return SUBSCRIPTION_ENDED;
	if (subscription->trial_until < today)
		return subscription->reminded && subscription->trial_ends == TRIAL_ENDS_PAID ? SUBSCRIPTION_GO_ON : SUBSCRIPTION_END_TRIAL;
	subscription->reminded = true;
	return SUBSCRIPTION_REMIND;
}

enum subscription_state subscription_shown(const struct subscription *subscription, int64_t today)
{
	const bool waits = subscription->state == SUBSCRIPTION_ACTIVE && subscription->since > today;

	return waits ? SUBSCRIPTION_ACTIVATING : subscription->state;
}

void trial_terms_put(struct record *record, int64_t price, enum trial_ends ends)
{
	const char *paid = trial_ends_name(TRIAL_ENDS_PAID);

	if (price)
		record_append_number(record, FIELD_TRIAL_PRICE, price);
	if (ends == TRIAL_ENDS_PAID)
		record_append_text(record, FIELD_TRIAL_ENDS, paid, strlen(paid));
}

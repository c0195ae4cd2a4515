/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which orders are accepted, the day they take effect, and their price (S3, S7, S11, S18). */
#include <string.h>

#include "account/order.h"
#include "starhash/calendar.h"

bool service_is_for(const struct service *service, const char *account, const char *brand)
{
	return (!service->account || !strcmp(service->account, account)) && (!service->brand || !strcmp(service->brand, brand));
}

int64_t service_begins(const struct service *service, int64_t day)
{
	return calendar_date(service->activates_next_period ? day_next(day, service->period) : day);
}

static bool price_agreed(const struct order_asked *asked)
{
	return (!asked->price || *asked->price == asked->service->price) &&
	       (!asked->period || !strcmp(asked->period, asked->service->period));
}

/* A page with a price, but none for the trial, offers the trial free of charge. If it does not say that the trial continues, it says that
 * it ends. */
static bool trial_agreed(const struct order_asked *asked)
{
	const bool paid = asked->service->trial_ends == TRIAL_ENDS_PAID;

	return !asked->price || ((!asked->trial_days || asked->trial_days == (int64_t)asked->service->trial_days) &&
				 asked->trial_price == asked->service->trial_price && (asked->trial_ends == TRIAL_ENDS_PAID) == paid);
}

bool subscription_is_stable(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_ACTIVE || subscription->state == SUBSCRIPTION_TRIAL;
}

/* Whether the new service may be ordered, at the price shown. */
static enum order_verdict accept_service(const struct order_subject *subject, const struct order_asked *asked)
{
	if (subject->suspended || !service_is_for(asked->service, asked->account, asked->brand))
		return ORDER_NOT_ALLOWED;
	if (asked->excluded)
		return ORDER_EXCLUDED;
	return price_agreed(asked) ? ORDER_MAY_BE : ORDER_OTHER_PRICE;
}

/* ---- activating ---- */

static enum order_verdict accept_activate(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	enum order_verdict verdict;

	if (!asked->service || !asked->offered)
		return ORDER_NOT_FOUND;
	if (subject->subscribed && !subscription_runs_out(&subject->subscription))
		return ORDER_ALREADY;
	verdict = accept_service(subject, asked);
	if (verdict != ORDER_MAY_BE)
		return verdict;
	if (!subject->subscribed && !trial_agreed(asked))
		return ORDER_OTHER_PRICE;
	/* one that is running out continues at once, without another trial */
	if (!subject->subscribed) {
		order->effective = service_begins(asked->service, asked->day);
		if (asked->service->trial_days) {
			order->trial_until = calendar_date(date_day(order->effective) + asked->service->trial_days - 1);
			order->trial_price = asked->service->trial_price;
			order->trial_ends = asked->service->trial_ends;
		}
	}
	activation_begin(order, subject);
	return ORDER_MAY_BE;
}

/* ---- deactivating, and continuing after a trial ---- */

/* The first day without the service. A free service, or one that has not begun, ends at once; a paid trial is a period of its own. */
static int64_t service_ends(const struct service *service, const struct subscription *subscription, int64_t day)
{
	const bool paid = subscription->since <= calendar_date(day) && (!subscription->trial_until || service->trial_price);
	int64_t ends = day;

	if (service->deactivates_next_period && paid)
		ends = subscription->trial_until ? date_day(subscription->trial_until) + 1 : day_next(day, service->period);
	return calendar_date(ends > day ? ends : day);
}

static enum order_verdict accept_deactivate(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	struct subscription *subscription = &subject->subscription;

	if (!subject->subscribed || !asked->service)
		return ORDER_NOT_FOUND;
	if (!subscription_is_stable(subscription))
		return ORDER_ALREADY;
	order->effective = service_ends(asked->service, subscription, asked->day);
	subscription->state = SUBSCRIPTION_DEACTIVATING;
	return ORDER_MAY_BE;
}

/* The service is charged from the end of the trial. */
static enum order_verdict accept_trial(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	struct subscription *subscription = &subject->subscription;

	if (!subject->subscribed || !asked->service)
		return ORDER_NOT_FOUND;
	if (!subscription_is_stable(subscription))
		return ORDER_ALREADY;
	if (subscription->state != SUBSCRIPTION_TRIAL)
		return ORDER_NOT_FOUND;
	if (!price_agreed(asked))
		return ORDER_OTHER_PRICE;
	order->effective = calendar_date(date_day(subscription->trial_until) + 1);
	subscription->state = SUBSCRIPTION_ACTIVATING;
	return ORDER_MAY_BE;
}

/* ---- changing one service to another ---- */

int64_t change_begins(const struct service *service, const struct subscription *replaced, const struct service *replaced_terms,
		      int64_t day)
{
	const int64_t begins = service_begins(service, day), ends = service_ends(replaced_terms, replaced, day);

	return begins > ends ? begins : ends;
}

/* Charged from the first day: a subscriber who changes has made a choice, and changing back would give a second trial. */
static enum order_verdict accept_change(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	enum order_verdict verdict;

	if (!asked->service || !asked->offered || !subject->replaced_subscribed || !asked->replaced)
		return ORDER_NOT_FOUND;
	if (subject->subscribed || !subscription_is_stable(&subject->replaced))
		return ORDER_ALREADY;
	verdict = accept_service(subject, asked);
	if (verdict != ORDER_MAY_BE)
		return verdict;
	order->effective = change_begins(asked->service, &subject->replaced, asked->replaced, asked->day);
	change_begin(order, subject);
	return ORDER_MAY_BE;
}

/* ---- the line, and data ---- */

static enum order_verdict accept_suspend(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	return subject->others || subject->suspended ? ORDER_ALREADY : ORDER_MAY_BE;
}

static enum order_verdict accept_resume(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	return subject->others || !subject->suspended ? ORDER_ALREADY : ORDER_MAY_BE;
}

/* Whether it may be had the backend decides, and the menu. */
static enum order_verdict accept_backend(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	return ORDER_MAY_BE;
}

static enum order_verdict (*const accepts[ORDER_KINDS])(struct order *, struct order_subject *, const struct order_asked *) = {
	[ORDER_ACTIVATE] = accept_activate,
	[ORDER_DEACTIVATE] = accept_deactivate,
	[ORDER_ACCEPT_TRIAL] = accept_trial,
	[ORDER_SUSPEND] = accept_suspend,
	[ORDER_RESUME] = accept_resume,
	[ORDER_CHANGE] = accept_change,
	[ORDER_BACKEND] = accept_backend,
};

enum order_verdict order_accept(struct order *order, struct order_subject *subject, const struct order_asked *asked)
{
	order->state = ORDER_ACCEPTED;
	order->effective = subject->today;
	order->trial_until = order->trial_price = 0;
	order->trial_ends = TRIAL_ENDS_UNSAID;
	return accepts[order->kind](order, subject, asked);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The life of an accepted order (S3, S7, S11, F4):
 *
 *            BILLING_DONE          BILLING_REFUSED      BILLING_CONFLICT   GIVEN_UP         RELEASED
 * ACCEPTED   COMPLETED: carry out  REFUSED: take back   DEAD: leave as is  DEAD: take back  (in flight)
 * DEAD       (ended)               (ended)              (ended)            (ended)          ACCEPTED: begin again
 * COMPLETED  (ended)               (ended)              (ended)            (ended)          (ended)
 * REFUSED    (ended)               (ended)              (ended)            (ended)          (ended)
 *
 * While an order is in flight its subscription is activating or deactivating, so that nothing else is ordered for it. Taking back
 * restores the subscription. After a conflict it is unknown what billing did, and the subscription stays as the order left it: any other
 * state would charge for, or remove, a service without consent.
 *
 * ORDER_CHANGE has two subscriptions: the new one is activating and the replaced one deactivating until one event ends both. */
#include <string.h>

#include "account/order.h"
#include "starhash/calendar.h"

/* The order has ended: back to trial or active, and not running out. */
static void restore(struct subscription *subscription)
{
	subscription->state = subscription->trial_until ? SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE;
	subscription->until = 0;
}

bool order_is_awaited(const struct order *order)
{
	return order->state == ORDER_ACCEPTED && (!order->backend[0] || order->due != ORDER_WAITS);
}

/* ---- done ---- */

/* The replaced service continues until the day before, but a trial no longer than was promised. One that has not begun never does. */
static void change_done(const struct order *order, struct order_subject *subject)
{
	struct subscription *replaced = &subject->replaced;
	int64_t last = calendar_date(date_day(order->effective) - 1);

	if (subject->subscribed && subject->subscription.state == SUBSCRIPTION_ACTIVATING)
		restore(&subject->subscription);
	if (!subject->replaced_subscribed || replaced->state != SUBSCRIPTION_DEACTIVATING || replaced->until)
		return;
	if (replaced->trial_until && replaced->trial_until < last)
		last = replaced->trial_until;
	subject->replaced_subscribed = last >= subject->today && last >= replaced->since;
	replaced->until = last;
}

static void carry_out(const struct order *order, struct order_subject *subject)
{
	struct subscription *subscription = &subject->subscription;

	switch (order->kind) {
	case ORDER_ACTIVATE:
		if (subject->subscribed && subscription->state == SUBSCRIPTION_ACTIVATING)
			restore(subscription);
		break;
	case ORDER_DEACTIVATE:
		if (!subject->subscribed || subscription->state != SUBSCRIPTION_DEACTIVATING)
			break;
		if (order->effective <= subject->today)
			subject->subscribed = false;
		else
			subscription->until = calendar_date(date_day(order->effective) - 1);
		break;
	case ORDER_ACCEPT_TRIAL:
		subscription->trial_until = 0;
		subscription->trial_ends = TRIAL_ENDS_UNSAID;
		if (subject->subscribed && subscription->state == SUBSCRIPTION_ACTIVATING)
			restore(subscription);
		break;
	case ORDER_SUSPEND:
	case ORDER_RESUME:
		subject->suspended = order->kind == ORDER_SUSPEND;
		break;
	case ORDER_CHANGE:
		change_done(order, subject);
		break;
	default:
		break;
	}
}

/* ---- refused, or given up ---- */

static void change_take_back(struct order_subject *subject)
{
	struct subscription *replaced = &subject->replaced;

	if (subject->subscribed && subject->subscription.state == SUBSCRIPTION_ACTIVATING)
		subject->subscribed = false;
	if (subject->replaced_subscribed && replaced->state == SUBSCRIPTION_DEACTIVATING && !replaced->until)
		restore(replaced);
}

/* \a end: an order that billing refuses is not repeated. A trial whose end is refused becomes a subscription; a trial whose continuation
 * is refused ends. */
static void take_back(const struct order *order, enum order_event end, struct order_subject *subject)
{
	struct subscription *subscription = &subject->subscription;

	if (order->kind == ORDER_CHANGE)
		change_take_back(subject);
	if (!subject->subscribed)
		return;
	switch (order->kind) {
	case ORDER_ACTIVATE:
		if (subscription->state == SUBSCRIPTION_ACTIVATING && subscription->until)
			subscription->state = SUBSCRIPTION_DEACTIVATING;	/* it was running out, and still is */
		else if (subscription->state == SUBSCRIPTION_ACTIVATING)
			subject->subscribed = false;
		break;
	case ORDER_DEACTIVATE:
		if (order->own && end == BILLING_REFUSED)
			subscription->trial_until = 0;
		if (subscription->state == SUBSCRIPTION_DEACTIVATING)
			restore(subscription);
		break;
	case ORDER_ACCEPT_TRIAL:
		if (order->own && end == BILLING_REFUSED)
			subscription->trial_ends = TRIAL_ENDS_AGREEMENT;
		if (subscription->state == SUBSCRIPTION_ACTIVATING)
			restore(subscription);
		break;
	default:
		break;
	}
}

/* ---- released ---- */

void activation_begin(const struct order *order, struct order_subject *subject)
{
	struct subscription *subscription = &subject->subscription;

	if (!subject->subscribed) {
		*subscription = (struct subscription){
			.since = order->effective, .trial_until = order->trial_until, .trial_ends = order->trial_ends,
		};
		memcpy(subscription->service, order->service, sizeof(subscription->service));
	}
	subject->subscribed = true;
	subscription->state = SUBSCRIPTION_ACTIVATING;
}

void change_begin(const struct order *order, struct order_subject *subject)
{
	subject->subscribed = false;
	activation_begin(order, subject);
	subject->replaced.state = SUBSCRIPTION_DEACTIVATING;
}

/* The length of the trial was agreed: days before delivery do not count. */
static void begin_today(struct order *order, int64_t today)
{
	const int64_t late = date_day(today) - date_day(order->effective);

	if (late <= 0)
		return;
	order->effective = today;
	if (order->trial_until)
		order->trial_until = calendar_date(date_day(order->trial_until) + late);
}

static bool activate_again(struct order *order, struct order_subject *subject)
{
	const struct subscription *subscription = &subject->subscription;

	/* activating without an order in flight: left by a conflict of this order */
	if (subject->subscribed && !subscription_runs_out(subscription) && subscription->state != SUBSCRIPTION_ACTIVATING)
		return false;
	begin_today(order, subject->today);
	activation_begin(order, subject);
	return true;
}

/* Requires both subscriptions as they were, or as a conflict of this order left them. */
static bool change_again(struct order *order, struct order_subject *subject)
{
	const struct subscription *replaced = &subject->replaced;

	if (subject->subscribed && (subject->subscription.state != SUBSCRIPTION_ACTIVATING || subject->subscription.until))
		return false;
	if (!subject->replaced_subscribed || replaced->state == SUBSCRIPTION_ACTIVATING || replaced->until)
		return false;
	begin_today(order, subject->today);
	change_begin(order, subject);
	return true;
}

/* Whether the account still allows the order, which is then in flight again. */
static bool begin_again(struct order *order, struct order_subject *subject)
{
	struct subscription *subscription = &subject->subscription;

	switch (order->kind) {
	case ORDER_ACTIVATE:
		return activate_again(order, subject);
	case ORDER_DEACTIVATE:
		if (!subject->subscribed || subscription->state == SUBSCRIPTION_ACTIVATING || subscription->until)
			return false;
		subscription->state = SUBSCRIPTION_DEACTIVATING;
		return true;
	case ORDER_ACCEPT_TRIAL:
		if (!subject->subscribed || !subscription->trial_until || subscription->state == SUBSCRIPTION_DEACTIVATING)
			return false;
		subscription->state = SUBSCRIPTION_ACTIVATING;
		return true;
	case ORDER_SUSPEND:
		return !subject->suspended;
	case ORDER_RESUME:
		return subject->suspended;
	case ORDER_CHANGE:
		return change_again(order, subject);
	case ORDER_BACKEND:
	case ORDER_REFUND:
	case ORDER_COMPENSATION:
		return true;
	default:
		return false;
	}
}

/* ---- each event in each state ---- */

static const struct {
	enum order_answer answer;
	enum order_state next;
	enum order_notification notification, end, go_on;	/* end, go_on: our own order at the end of a trial */
} ends[ORDER_STATES][ORDER_EVENTS] = {
	[ORDER_ACCEPTED] = {
		[BILLING_DONE] = { ORDER_CHANGED, ORDER_COMPLETED, ORDER_SAYS_DONE, ORDER_SAYS_TRIAL_ENDED, ORDER_SAYS_DONE },
		[BILLING_REFUSED] = { ORDER_CHANGED, ORDER_REFUSED, ORDER_SAYS_REFUSED, ORDER_SAYS_REFUSED, ORDER_SAYS_NOTHING },
		[BILLING_CONFLICT] = { ORDER_CHANGED, ORDER_DEAD, ORDER_SAYS_DEAD, ORDER_SAYS_NOTHING, ORDER_SAYS_NOTHING },
		[ORDER_GIVEN_UP] = { ORDER_CHANGED, ORDER_DEAD, ORDER_SAYS_DEAD, ORDER_SAYS_NOTHING, ORDER_SAYS_NOTHING },
		[ORDER_RELEASED] = { .answer = ORDER_IN_FLIGHT },
	},
#define IGNORED { .answer = ORDER_ENDED }
	[ORDER_COMPLETED] = { IGNORED, IGNORED, IGNORED, IGNORED, IGNORED },
	[ORDER_REFUSED] = { IGNORED, IGNORED, IGNORED, IGNORED, IGNORED },
	[ORDER_DEAD] = { IGNORED, IGNORED, IGNORED, IGNORED, [ORDER_RELEASED] = { .answer = ORDER_CHANGED } },
#undef IGNORED
};

struct order_step order_step(struct order *order, enum order_event event, struct order_subject *subject)
{
	struct order_step step = { .answer = ends[order->state][event].answer };

	if (step.answer != ORDER_CHANGED)
		return step;
	if (event == ORDER_RELEASED) {
		if (order->former_owner)
			step.answer = ORDER_FORMER;
		else if (subject->others || (!subject->absent && !begin_again(order, subject)))
			step.answer = ORDER_OBSOLETE;
		else
			order->state = ORDER_ACCEPTED;
		return step;
	}
	step.notification = !order->own ? ends[order->state][event].notification :
			    order->kind == ORDER_ACCEPT_TRIAL ? ends[order->state][event].go_on : ends[order->state][event].end;
	if (event == BILLING_DONE)
		carry_out(order, subject);
	else if (event != BILLING_CONFLICT)
		take_back(order, event, subject);
	order->state = ends[order->state][event].next;
	return step;
}

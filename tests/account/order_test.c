/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S7, S11, F4: every event in every state of an order, and its effect on the subscription. */
#include <stdio.h>
#include <string.h>

#include "starhash/account.h"
#include "tests/cmocka.h"

#define TODAY 20261120
#define TOMORROW 20261121
#define LAST_WEEK 20261110
#define NEVER 0

static struct order order_of(enum order_kind kind)
{
	struct order order = { .kind = kind, .effective = TODAY };

	if (kind == ORDER_ACTIVATE || kind == ORDER_DEACTIVATE || kind == ORDER_ACCEPT_TRIAL)
		strcpy(order.service, "NEWS");
	return order;
}

static struct order_subject subscribed(enum subscription_state state, int64_t trial_until, int64_t until)
{
	return (struct order_subject){
		.subscribed = true, .today = TODAY,
		.subscription = { .service = "NEWS", .state = state, .since = LAST_WEEK, .trial_until = trial_until, .until = until },
	};
}

static void assert_subscribed(const struct order_subject *subject, enum subscription_state state, int64_t trial_until, int64_t until)
{
	assert_true(subject->subscribed);
	assert_string_equal(subject->subscription.service, "NEWS");
	assert_int_equal(subject->subscription.state, state);
	assert_int_equal(subject->subscription.trial_until, trial_until);
	assert_int_equal(subject->subscription.until, until);
}

/* ---- states and events ---- */

/* Each pair once: a missing or repeated pair fails. */
static void order__each_event_in_each_state__next_state_and_notification(void **unused)
{
	static const struct {
		enum order_state state;
		enum order_event event;
		enum order_answer answer;
		enum order_state next;
		enum order_notification says, says_of_own;
	} rows[] = {
		{ ORDER_ACCEPTED, BILLING_DONE, ORDER_CHANGED, ORDER_COMPLETED, ORDER_SAYS_DONE, ORDER_SAYS_TRIAL_ENDED },
		{ ORDER_ACCEPTED, BILLING_REFUSED, ORDER_CHANGED, ORDER_REFUSED, ORDER_SAYS_REFUSED, ORDER_SAYS_REFUSED },
		{ ORDER_ACCEPTED, BILLING_CONFLICT, ORDER_CHANGED, ORDER_DEAD, ORDER_SAYS_DEAD, ORDER_SAYS_NOTHING },
		{ ORDER_ACCEPTED, ORDER_GIVEN_UP, ORDER_CHANGED, ORDER_DEAD, ORDER_SAYS_DEAD, ORDER_SAYS_NOTHING },
		{ ORDER_ACCEPTED, ORDER_RELEASED, ORDER_IN_FLIGHT, ORDER_ACCEPTED, ORDER_SAYS_NOTHING, ORDER_SAYS_NOTHING },
#define IGNORED(state, event) { state, event, ORDER_ENDED, state, ORDER_SAYS_NOTHING, ORDER_SAYS_NOTHING }
		IGNORED(ORDER_COMPLETED, BILLING_DONE), IGNORED(ORDER_COMPLETED, BILLING_REFUSED),
		IGNORED(ORDER_COMPLETED, BILLING_CONFLICT),
		IGNORED(ORDER_COMPLETED, ORDER_GIVEN_UP), IGNORED(ORDER_COMPLETED, ORDER_RELEASED),
		IGNORED(ORDER_REFUSED, BILLING_DONE), IGNORED(ORDER_REFUSED, BILLING_REFUSED), IGNORED(ORDER_REFUSED, BILLING_CONFLICT),
		IGNORED(ORDER_REFUSED, ORDER_GIVEN_UP), IGNORED(ORDER_REFUSED, ORDER_RELEASED),
		IGNORED(ORDER_DEAD, BILLING_DONE), IGNORED(ORDER_DEAD, BILLING_REFUSED), IGNORED(ORDER_DEAD, BILLING_CONFLICT),
		IGNORED(ORDER_DEAD, ORDER_GIVEN_UP),
		{ ORDER_DEAD, ORDER_RELEASED, ORDER_CHANGED, ORDER_ACCEPTED, ORDER_SAYS_NOTHING, ORDER_SAYS_NOTHING },
	};
	unsigned int named[ORDER_STATES][ORDER_EVENTS] = { 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		named[rows[i].state][rows[i].event]++;
		for (int own = 0; own < 2; own++) {
			const bool dead = rows[i].state == ORDER_DEAD;
			struct order_subject subject = subscribed(dead ? SUBSCRIPTION_TRIAL : SUBSCRIPTION_DEACTIVATING, TODAY, NEVER);
			const struct order_subject before = subject;
			struct order order = order_of(ORDER_DEACTIVATE);
			struct order_step step;

			order.state = rows[i].state;
			order.own = own;
			step = order_step(&order, rows[i].event, &subject);
			assert_int_equal(step.answer, rows[i].answer);
			assert_int_equal(order.state, rows[i].next);
			assert_int_equal(step.notification, own ? rows[i].says_of_own : rows[i].says);
			if (step.answer != ORDER_CHANGED || rows[i].event == BILLING_CONFLICT)
				assert_memory_equal(&subject, &before, sizeof(before));
		}
	}
	for (enum order_state state = 0; state < ORDER_STATES; state++) {
		for (enum order_event event = 0; event < ORDER_EVENTS; event++) {
			if (named[state][event] != 1)
				fail_msg("state %d, event %d: named %u times", (int)state, (int)event, named[state][event]);
		}
	}
}

/* ---- how the end of an order changes a subscription ---- */

static void activate__done__agreed_trial_or_active(void **unused)
{
	static const int64_t trials[] = { NEVER, TOMORROW };

	for (int i = 0; i < 2; i++) {
		struct order_subject subject = subscribed(SUBSCRIPTION_ACTIVATING, trials[i], NEVER);
		struct order order = order_of(ORDER_ACTIVATE);

		order_step(&order, BILLING_DONE, &subject);
		assert_subscribed(&subject, trials[i] ? SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE, trials[i], NEVER);
	}
}

static void activate__while_deactivating__done_stays_refused_expires(void **unused)
{
	struct order_subject subject = subscribed(SUBSCRIPTION_ACTIVATING, NEVER, TOMORROW);
	struct order order = order_of(ORDER_ACTIVATE);

	order_step(&order, BILLING_DONE, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_ACTIVE, NEVER, NEVER);
	order = order_of(ORDER_ACTIVATE);
	subject = subscribed(SUBSCRIPTION_ACTIVATING, NEVER, TOMORROW);
	order_step(&order, BILLING_REFUSED, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_DEACTIVATING, NEVER, TOMORROW);
}

static void activate__refused_or_dead__gone(void **unused)
{
	static const enum order_event events[] = { BILLING_REFUSED, ORDER_GIVEN_UP };

	for (int i = 0; i < 2; i++) {
		struct order_subject subject = subscribed(SUBSCRIPTION_ACTIVATING, TOMORROW, NEVER);
		struct order order = order_of(ORDER_ACTIVATE);

		order_step(&order, events[i], &subject);
		assert_false(subject.subscribed);
	}
}

static void deactivate__done__gone_or_expires_on_the_day_before(void **unused)
{
	struct order_subject subject = subscribed(SUBSCRIPTION_DEACTIVATING, NEVER, NEVER);
	struct order order = order_of(ORDER_DEACTIVATE);

	order.effective = TOMORROW;
	order_step(&order, BILLING_DONE, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_DEACTIVATING, NEVER, TODAY);
	order = order_of(ORDER_DEACTIVATE);
	subject = subscribed(SUBSCRIPTION_DEACTIVATING, NEVER, NEVER);
	order_step(&order, BILLING_DONE, &subject);
	assert_false(subject.subscribed);
}

/* S7: if billing refuses to end a trial, it becomes a subscription; if the order was not delivered, it stays a trial and is retried. */
static void deactivate__refused_or_dead__as_before(void **unused)
{
	static const struct {
		enum order_event event;
		bool own;
		enum subscription_state after;
		int64_t trial_until;
	} rows[] = {
		{ BILLING_REFUSED, false, SUBSCRIPTION_TRIAL, TODAY }, { ORDER_GIVEN_UP, false, SUBSCRIPTION_TRIAL, TODAY },
		{ BILLING_REFUSED, true, SUBSCRIPTION_ACTIVE, NEVER }, { ORDER_GIVEN_UP, true, SUBSCRIPTION_TRIAL, TODAY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = subscribed(SUBSCRIPTION_DEACTIVATING, TODAY, NEVER);
		struct order order = order_of(ORDER_DEACTIVATE);

		order.own = rows[i].own;
		order_step(&order, rows[i].event, &subject);
		assert_subscribed(&subject, rows[i].after, rows[i].trial_until, NEVER);
	}
}

static void accept_trial__each_end__active_or_still_a_trial(void **unused)
{
	struct order_subject subject = subscribed(SUBSCRIPTION_ACTIVATING, TOMORROW, NEVER);
	struct order order = order_of(ORDER_ACCEPT_TRIAL);

	order_step(&order, BILLING_DONE, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_ACTIVE, NEVER, NEVER);
	order = order_of(ORDER_ACCEPT_TRIAL);
	subject = subscribed(SUBSCRIPTION_ACTIVATING, TOMORROW, NEVER);
	order_step(&order, BILLING_REFUSED, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_TRIAL, TOMORROW, NEVER);
}

/* S7: our own order at the end of a trial that is to continue. If billing refuses it, the subscription ends; if it was not
 * delivered, it is retried. The only notification is that the service is charged from now on. */
static void accept_trial__own__continues_ends_or_is_retried(void **unused)
{
	static const struct {
		enum order_event event;
		enum subscription_state after;
		int64_t trial_until;
		enum trial_ends trial_ends;
		enum order_notification says;
	} rows[] = {
		{ BILLING_DONE, SUBSCRIPTION_ACTIVE, NEVER, TRIAL_ENDS_UNSAID, ORDER_SAYS_DONE },
		{ BILLING_REFUSED, SUBSCRIPTION_TRIAL, TODAY, TRIAL_ENDS_AGREEMENT, ORDER_SAYS_NOTHING },
		{ BILLING_CONFLICT, SUBSCRIPTION_ACTIVATING, TODAY, TRIAL_ENDS_PAID, ORDER_SAYS_NOTHING },
		{ ORDER_GIVEN_UP, SUBSCRIPTION_TRIAL, TODAY, TRIAL_ENDS_PAID, ORDER_SAYS_NOTHING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = subscribed(SUBSCRIPTION_ACTIVATING, TODAY, NEVER);
		struct order order = order_of(ORDER_ACCEPT_TRIAL);

		order.own = true;
		subject.subscription.trial_ends = TRIAL_ENDS_PAID;
		assert_int_equal(order_step(&order, rows[i].event, &subject).notification, rows[i].says);
		assert_subscribed(&subject, rows[i].after, rows[i].trial_until, NEVER);
		assert_int_equal(subject.subscription.trial_ends, rows[i].trial_ends);
	}
}

static void suspend_resume__each_end__line_follows(void **unused)
{
	static const enum order_kind line_kinds[] = { ORDER_SUSPEND, ORDER_RESUME };

	for (int i = 0; i < 2; i++) {
		struct order_subject subject = { .suspended = line_kinds[i] == ORDER_RESUME, .today = TODAY };
		struct order order = order_of(line_kinds[i]);

		order_step(&order, BILLING_REFUSED, &subject);
		assert_int_equal(subject.suspended, line_kinds[i] == ORDER_RESUME);
		order = order_of(line_kinds[i]);
		order_step(&order, BILLING_DONE, &subject);
		assert_int_equal(subject.suspended, line_kinds[i] == ORDER_SUSPEND);
	}
}

/* ---- replacing one service by another ---- */

static struct order change_of(int64_t effective)
{
	return (struct order){ .kind = ORDER_CHANGE, .service = "NEWS", .instead = "OLD", .effective = effective };
}

/* The account while the order is in flight. */
static struct order_subject changing(int64_t effective, int64_t replaced_since, int64_t replaced_trial)
{
	return (struct order_subject){
		.subscribed = true, .replaced_subscribed = true, .today = TODAY,
		.subscription = { .service = "NEWS", .state = SUBSCRIPTION_ACTIVATING, .since = effective },
		.replaced = { .service = "OLD", .state = SUBSCRIPTION_DEACTIVATING, .since = replaced_since,
			      .trial_until = replaced_trial },
	};
}

static void change__done__replaced_service_gone_or_expires_on_the_day_before(void **unused)
{
	static const struct {
		int64_t effective, since, trial_until;
		int64_t until;			/* NEVER: the replaced subscription is gone */
	} rows[] = {
		{ TODAY, LAST_WEEK, NEVER, NEVER }, { LAST_WEEK, LAST_WEEK, NEVER, NEVER }, { TOMORROW, LAST_WEEK, NEVER, TODAY },
		{ 20261201, LAST_WEEK, NEVER, 20261130 },
		{ 20261201, LAST_WEEK, TOMORROW, TOMORROW },	/* a trial does not outlast its promised last day */
		{ 20261201, LAST_WEEK, 20261119, NEVER }, { 20261201, LAST_WEEK, 20261231, 20261130 },
		{ 20261201, 20261201, NEVER, NEVER },		/* it never starts */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = changing(rows[i].effective, rows[i].since, rows[i].trial_until);
		struct order order = change_of(rows[i].effective);

		assert_int_equal(order_step(&order, BILLING_DONE, &subject).notification, ORDER_SAYS_DONE);
		assert_subscribed(&subject, SUBSCRIPTION_ACTIVE, NEVER, NEVER);
		assert_int_equal(subject.subscription.since, rows[i].effective);
		if (subject.replaced_subscribed != (rows[i].until != NEVER))
			fail_msg("row %zu", i);
		if (subject.replaced_subscribed)
			assert_int_equal(subject.replaced.until, rows[i].until);
		assert_int_equal(subject.replaced.state, SUBSCRIPTION_DEACTIVATING);
	}
}

static void change__refused_dead_or_conflict__both_as_before_or_unchanged(void **unused)
{
	static const struct {
		enum order_event event;
		int64_t trial_until;
		enum order_state state;
		bool subscribed;
		enum subscription_state replaced;
	} rows[] = {
		{ BILLING_REFUSED, NEVER, ORDER_REFUSED, false, SUBSCRIPTION_ACTIVE },
		{ ORDER_GIVEN_UP, NEVER, ORDER_DEAD, false, SUBSCRIPTION_ACTIVE },
		{ BILLING_REFUSED, TOMORROW, ORDER_REFUSED, false, SUBSCRIPTION_TRIAL },
		{ ORDER_GIVEN_UP, TOMORROW, ORDER_DEAD, false, SUBSCRIPTION_TRIAL },
		{ BILLING_CONFLICT, NEVER, ORDER_DEAD, true, SUBSCRIPTION_DEACTIVATING },
		{ BILLING_CONFLICT, TOMORROW, ORDER_DEAD, true, SUBSCRIPTION_DEACTIVATING },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = changing(20261201, LAST_WEEK, rows[i].trial_until);
		struct order order = change_of(20261201);

		order_step(&order, rows[i].event, &subject);
		assert_int_equal(order.state, rows[i].state);
		assert_int_equal(subject.subscribed, rows[i].subscribed);
		assert_true(subject.replaced_subscribed);
		assert_int_equal(subject.replaced.state, rows[i].replaced);
		assert_int_equal(subject.replaced.trial_until, rows[i].trial_until);
		assert_int_equal(subject.replaced.until, NEVER);
	}
}

/* Later changes by an import or an update from billing stay. */
static void change__gone_or_completed_by_now__stays_so(void **unused)
{
	for (enum order_event event = BILLING_DONE; event <= ORDER_GIVEN_UP; event++) {
		struct order_subject gone = { .today = TODAY }, completed = changing(TODAY, LAST_WEEK, NEVER), before;
		struct order order = change_of(TODAY);

		order_step(&order, event, &gone);
		assert_false(gone.subscribed);
		assert_false(gone.replaced_subscribed);
		order = change_of(TODAY);
		completed.subscription.state = completed.replaced.state = SUBSCRIPTION_ACTIVE;
		before = completed;
		order_step(&order, event, &completed);
		assert_memory_equal(&completed, &before, sizeof(before));
		order = change_of(TODAY);
		completed.replaced.state = SUBSCRIPTION_DEACTIVATING;	/* another order deactivated it */
		completed.replaced.until = TOMORROW;
		before = completed;
		order_step(&order, event, &completed);
		assert_memory_equal(&completed, &before, sizeof(before));
	}
}

static void change__released__only_where_both_still_fit(void **unused)
{
	static const struct {
		bool subscribed;
		enum subscription_state state;
		bool replaced_subscribed;
		enum subscription_state replaced;
		int64_t until;
		enum order_answer answer;
	} rows[] = {
		{ false, SUBSCRIPTION_ACTIVE, true, SUBSCRIPTION_ACTIVE, NEVER, ORDER_CHANGED },
		{ false, SUBSCRIPTION_ACTIVE, true, SUBSCRIPTION_TRIAL, NEVER, ORDER_CHANGED },
		/* left behind by a conflict */
		{ true, SUBSCRIPTION_ACTIVATING, true, SUBSCRIPTION_DEACTIVATING, NEVER, ORDER_CHANGED },
		{ false, SUBSCRIPTION_ACTIVE, true, SUBSCRIPTION_ACTIVATING, NEVER, ORDER_OBSOLETE },
		{ false, SUBSCRIPTION_ACTIVE, true, SUBSCRIPTION_DEACTIVATING, TOMORROW, ORDER_OBSOLETE },
		{ false, SUBSCRIPTION_ACTIVE, false, SUBSCRIPTION_ACTIVE, NEVER, ORDER_OBSOLETE },
		{ true, SUBSCRIPTION_ACTIVE, true, SUBSCRIPTION_ACTIVE, NEVER, ORDER_OBSOLETE },
		{ true, SUBSCRIPTION_TRIAL, true, SUBSCRIPTION_ACTIVE, NEVER, ORDER_OBSOLETE },
		{ true, SUBSCRIPTION_DEACTIVATING, true, SUBSCRIPTION_ACTIVE, NEVER, ORDER_OBSOLETE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = changing(LAST_WEEK, LAST_WEEK, NEVER), before;
		struct order order = change_of(LAST_WEEK);

		subject.subscribed = rows[i].subscribed;
		subject.subscription.state = rows[i].state;
		subject.replaced_subscribed = rows[i].replaced_subscribed;
		subject.replaced.state = rows[i].replaced;
		subject.replaced.until = rows[i].until;
		before = subject;
		order.state = ORDER_DEAD;
		if (order_step(&order, ORDER_RELEASED, &subject).answer != rows[i].answer)
			fail_msg("row %zu", i);
		if (rows[i].answer != ORDER_CHANGED) {
			assert_memory_equal(&subject, &before, sizeof(before));
			continue;
		}
		assert_int_equal(order.effective, TODAY);	/* the agreed day is over */
		assert_subscribed(&subject, SUBSCRIPTION_ACTIVATING, NEVER, NEVER);
		assert_int_equal(subject.subscription.since, TODAY);
		assert_int_equal(subject.replaced.state, SUBSCRIPTION_DEACTIVATING);
	}
}

/* An import or an update from billing removed it meanwhile: the end of the order restores nothing. */
static void order__subscription_gone_or_completed_by_now__stays_so(void **unused)
{
	static const enum order_kind all[] = { ORDER_ACTIVATE, ORDER_DEACTIVATE, ORDER_ACCEPT_TRIAL };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (enum order_event event = BILLING_DONE; event <= ORDER_GIVEN_UP; event++) {
			struct order_subject gone = { .today = TODAY }, active = subscribed(SUBSCRIPTION_ACTIVE, NEVER, NEVER);
			struct order order = order_of(all[i]);

			assert_int_equal(order_step(&order, event, &gone).answer, ORDER_CHANGED);
			assert_false(gone.subscribed);
			order = order_of(all[i]);
			order_step(&order, event, &active);
			assert_subscribed(&active, SUBSCRIPTION_ACTIVE, NEVER, NEVER);
		}
	}
}

/* ---- released ---- */

/* An order with a free trial was dead, released and then completed: the subscriber gets the agreed number of days. */
static void release__dead_with_a_trial__whole_trial_from_today(void **unused)
{
	struct order_subject subject = { .today = TODAY };
	struct order order = order_of(ORDER_ACTIVATE);

	order.state = ORDER_DEAD;
	order.effective = LAST_WEEK;		/* 7 days: to the 16th */
	order.trial_until = 20261116;
	assert_int_equal(order_step(&order, ORDER_RELEASED, &subject).answer, ORDER_CHANGED);
	assert_int_equal(order.state, ORDER_ACCEPTED);
	assert_int_equal(order.effective, TODAY);
	assert_int_equal(order.trial_until, 20261126);
	assert_subscribed(&subject, SUBSCRIPTION_ACTIVATING, 20261126, NEVER);
	assert_int_equal(subject.subscription.since, TODAY);
	order_step(&order, BILLING_DONE, &subject);
	assert_subscribed(&subject, SUBSCRIPTION_TRIAL, 20261126, NEVER);
}

static void release__dead__only_where_the_account_still_fits(void **unused)
{
	static const struct {
		enum order_kind kind;
		bool subscribed;
		enum subscription_state state;
		int64_t trial_until, until;
		enum order_answer answer;
		enum subscription_state after;
	} rows[] = {
		{ ORDER_ACTIVATE, true, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_ACTIVATE, true, SUBSCRIPTION_TRIAL, TODAY, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_ACTIVATE, true, SUBSCRIPTION_ACTIVATING, NEVER, NEVER, ORDER_CHANGED, SUBSCRIPTION_ACTIVATING },
		{ ORDER_ACTIVATE, true, SUBSCRIPTION_DEACTIVATING, NEVER, TOMORROW, ORDER_CHANGED, SUBSCRIPTION_ACTIVATING },
		{ ORDER_ACTIVATE, true, SUBSCRIPTION_DEACTIVATING, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_CHANGED, SUBSCRIPTION_DEACTIVATING },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_TRIAL, TODAY, NEVER, ORDER_CHANGED, SUBSCRIPTION_DEACTIVATING },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_DEACTIVATING, NEVER, NEVER, ORDER_CHANGED, SUBSCRIPTION_DEACTIVATING },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_DEACTIVATING, NEVER, TOMORROW, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_ACTIVATING, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_DEACTIVATE, false, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_TRIAL, TODAY, NEVER, ORDER_CHANGED, SUBSCRIPTION_ACTIVATING },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_ACTIVATING, TODAY, NEVER, ORDER_CHANGED, SUBSCRIPTION_ACTIVATING },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_DEACTIVATING, TODAY, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		{ ORDER_ACCEPT_TRIAL, false, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
		/* the line is not suspended */
		{ ORDER_RESUME, false, SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_OBSOLETE, SUBSCRIPTION_ACTIVE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_subject subject = subscribed(rows[i].state, rows[i].trial_until, rows[i].until), before;
		struct order order = order_of(rows[i].kind);
		struct order_step step;

		subject.subscribed = rows[i].subscribed;
		before = subject;
		order.state = ORDER_DEAD;
		step = order_step(&order, ORDER_RELEASED, &subject);
		if (step.answer != rows[i].answer)
			fail_msg("row %zu: answer %d", i, step.answer);
		assert_int_equal(order.state, step.answer == ORDER_CHANGED ? ORDER_ACCEPTED : ORDER_DEAD);
		if (step.answer != ORDER_CHANGED)
			assert_memory_equal(&subject, &before, sizeof(before));
		else
			assert_subscribed(&subject, rows[i].after, rows[i].trial_until, rows[i].until);
	}
}

static void release__another_in_flight_or_of_a_former_owner__stays_dead(void **unused)
{
	struct order_subject subject = { .today = TODAY, .others = true };
	struct order order = order_of(ORDER_ACTIVATE);

	order.state = ORDER_DEAD;
	assert_int_equal(order_step(&order, ORDER_RELEASED, &subject).answer, ORDER_OBSOLETE);
	subject.others = false;
	order.former_owner = true;
	assert_int_equal(order_step(&order, ORDER_RELEASED, &subject).answer, ORDER_FORMER);
	assert_int_equal(order.state, ORDER_DEAD);
	assert_false(subject.subscribed);
}

/* A65: only the order is left of a subscriber whom a snapshot left out. */
static void release__subscriber_is_absent__delivered_all_the_same(void **unused)
{
	struct order_subject subject = { .today = TODAY, .absent = true };
	struct order order = order_of(ORDER_DEACTIVATE);

	order.state = ORDER_DEAD;
	assert_int_equal(order_step(&order, ORDER_RELEASED, &subject).answer, ORDER_CHANGED);
	assert_int_equal(order.state, ORDER_ACCEPTED);
	assert_false(subject.subscribed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order__each_event_in_each_state__next_state_and_notification),
		cmocka_unit_test(activate__done__agreed_trial_or_active),
		cmocka_unit_test(activate__while_deactivating__done_stays_refused_expires),
		cmocka_unit_test(activate__refused_or_dead__gone),
		cmocka_unit_test(deactivate__done__gone_or_expires_on_the_day_before),
		cmocka_unit_test(deactivate__refused_or_dead__as_before),
		cmocka_unit_test(accept_trial__each_end__active_or_still_a_trial),
		cmocka_unit_test(accept_trial__own__continues_ends_or_is_retried),
		cmocka_unit_test(suspend_resume__each_end__line_follows),
		cmocka_unit_test(change__done__replaced_service_gone_or_expires_on_the_day_before),
		cmocka_unit_test(change__refused_dead_or_conflict__both_as_before_or_unchanged),
		cmocka_unit_test(change__gone_or_completed_by_now__stays_so),
		cmocka_unit_test(change__released__only_where_both_still_fit),
		cmocka_unit_test(order__subscription_gone_or_completed_by_now__stays_so),
		cmocka_unit_test(release__dead_with_a_trial__whole_trial_from_today),
		cmocka_unit_test(release__dead__only_where_the_account_still_fits),
		cmocka_unit_test(release__another_in_flight_or_of_a_former_owner__stays_dead),
		cmocka_unit_test(release__subscriber_is_absent__delivered_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

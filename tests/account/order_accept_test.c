/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S3, S7, S11, S18: which orders an account accepts, and from which day they take effect. */
#include <string.h>

#include "starhash/account.h"
#include "starhash/calendar.h"
#include "tests/cmocka.h"

#define TODAY 20261120		/* a Friday */
#define TOMORROW 20261121
#define MONDAY 20261123
#define DECEMBER 20261201
#define LAST_WEEK 20261113
#define NEVER 0

static const struct service news = { .code = "NEWS", .price = 300, .period = "month", .excludes = "" };

struct asked {
	struct order order;
	struct order_subject subject;
	struct order_asked asked;
	struct service service;
};

static void asked_init(struct asked *asked, enum order_kind kind)
{
	*asked = (struct asked){
		.order = { .kind = kind, .service = "NEWS" },
		.subject = { .today = TODAY },
		.asked = { .offered = true, .account = "prepaid", .brand = "young", .day = calendar_days(2026, 11, 20) },
		.service = news,
	};
	asked->asked.service = &asked->service;
}

static void subscribe(struct asked *asked, enum subscription_state state, int64_t trial_until, int64_t until)
{
	asked->subject.subscribed = true;
	asked->subject.subscription = (struct subscription){
		.service = "NEWS", .state = state, .since = LAST_WEEK, .trial_until = trial_until, .until = until,
	};
}

static enum order_verdict verdict(struct asked *asked)
{
	const struct order_subject before = asked->subject;
	const enum order_verdict verdict = order_accept(&asked->order, &asked->subject, &asked->asked);

	if (verdict != ORDER_MAY_BE)
		assert_memory_equal(&asked->subject, &before, sizeof(before));
	return verdict;
}

/* ---- activating ---- */

static void activate__period_and_trial__first_day_and_last_day_free(void **unused)
{
	static const struct {
		const char *period;
		bool next;
		unsigned int trial_days;
		int64_t first, trial_until;
	} rows[] = {
		{ "month", false, 0, TODAY, NEVER }, { "month", true, 0, DECEMBER, NEVER }, { "week", true, 0, MONDAY, NEVER },
		{ "day", true, 0, TOMORROW, NEVER }, { "once", true, 0, TODAY, NEVER }, { "month", false, 1, TODAY, TODAY },
		{ "month", false, 7, TODAY, 20261126 }, { "month", true, 31, DECEMBER, 20261231 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, ORDER_ACTIVATE);
		asked.service.period = rows[i].period;
		asked.service.activates_next_period = rows[i].next;
		asked.service.trial_days = rows[i].trial_days;
		assert_int_equal(verdict(&asked), ORDER_MAY_BE);
		assert_int_equal(asked.order.effective, rows[i].first);
		assert_int_equal(asked.order.trial_until, rows[i].trial_until);
		assert_true(asked.subject.subscribed);
		assert_string_equal(asked.subject.subscription.service, "NEWS");
		assert_int_equal(asked.subject.subscription.state, SUBSCRIPTION_ACTIVATING);
		assert_int_equal(asked.subject.subscription.since, rows[i].first);
		assert_int_equal(asked.subject.subscription.trial_until, rows[i].trial_until);
	}
}

static void activate__in_each_state__already_active_or_continued(void **unused)
{
	static const struct {
		enum subscription_state state;
		int64_t trial_until, until;
		enum order_verdict verdict;
	} rows[] = {
		{ SUBSCRIPTION_ACTIVE, NEVER, NEVER, ORDER_ALREADY }, { SUBSCRIPTION_TRIAL, TOMORROW, NEVER, ORDER_ALREADY },
		{ SUBSCRIPTION_ACTIVATING, NEVER, NEVER, ORDER_ALREADY }, { SUBSCRIPTION_DEACTIVATING, NEVER, NEVER, ORDER_ALREADY },
		{ SUBSCRIPTION_DEACTIVATING, NEVER, TOMORROW, ORDER_MAY_BE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, ORDER_ACTIVATE);
		asked.service.trial_days = 7;
		asked.service.activates_next_period = true;
		subscribe(&asked, rows[i].state, rows[i].trial_until, rows[i].until);
		assert_int_equal(verdict(&asked), rows[i].verdict);
		if (rows[i].verdict != ORDER_MAY_BE)
			continue;
		/* it continues at once, without another trial, and retains its last day in case billing refuses */
		assert_int_equal(asked.order.effective, TODAY);
		assert_int_equal(asked.order.trial_until, NEVER);
		assert_int_equal(asked.subject.subscription.state, SUBSCRIPTION_ACTIVATING);
		assert_int_equal(asked.subject.subscription.until, TOMORROW);
		assert_int_equal(asked.subject.subscription.since, LAST_WEEK);
	}
}

static void activate__trial_with_a_price__agreed_as_shown(void **unused)
{
	static const int64_t price = 300;
	static const struct {
		const int64_t *shown;
		unsigned int trial_days;
		int64_t trial_price, trial_shown;
		bool runs_out;
		enum order_verdict verdict;
		int64_t agreed;
	} rows[] = {
		{ NULL, 7, 50, 0, false, ORDER_MAY_BE, 50 },		/* nothing was shown: the terms are the catalogue's */
		{ &price, 7, 50, 50, false, ORDER_MAY_BE, 50 },
		{ &price, 7, 50, 40, false, ORDER_OTHER_PRICE, 0 },
		{ &price, 7, 50, 0, false, ORDER_OTHER_PRICE, 0 },	/* it was free of charge */
		{ &price, 7, 0, 50, false, ORDER_OTHER_PRICE, 0 },
		{ &price, 7, 0, 0, false, ORDER_MAY_BE, 0 },
		{ &price, 7, 50, 0, true, ORDER_MAY_BE, 0 },		/* no second trial */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, ORDER_ACTIVATE);
		asked.service.trial_days = rows[i].trial_days;
		asked.service.trial_price = rows[i].trial_price;
		asked.asked.price = rows[i].shown;
		asked.asked.trial_price = rows[i].trial_shown;
		if (rows[i].runs_out)
			subscribe(&asked, SUBSCRIPTION_DEACTIVATING, NEVER, TOMORROW);
		assert_int_equal(verdict(&asked), rows[i].verdict);
		assert_int_equal(asked.order.trial_price, rows[i].agreed);
	}
}

/* A yes to 30 days free of charge is not a yes to one. */
static void activate__trial_of_other_days_than_shown__other_price(void **unused)
{
	static const int64_t price = 300;
	static const struct { int64_t shown; unsigned int days; enum order_verdict verdict; } rows[] = {
		{ 30, 30, ORDER_MAY_BE }, { 30, 1, ORDER_OTHER_PRICE }, { 30, 0, ORDER_OTHER_PRICE }, { 1, 30, ORDER_OTHER_PRICE },
		{ 0, 30, ORDER_MAY_BE },		/* none was shown: it costs nothing more */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, ORDER_ACTIVATE);
		asked.asked.price = &price;
		asked.asked.trial_days = rows[i].shown;
		asked.service.trial_days = rows[i].days;
		assert_int_equal(verdict(&asked), rows[i].verdict);
	}
}

static void activate__several_objections__reported_in_this_order(void **unused)
{
	const int64_t other_price = 500, price = 300;
	struct asked asked;

	asked_init(&asked, ORDER_ACTIVATE);
	asked.asked.price = &other_price;
	asked.asked.excluded = true;
	asked.subject.suspended = true;
	asked.asked.offered = false;
	assert_int_equal(verdict(&asked), ORDER_NOT_FOUND);
	asked.asked.offered = true;
	assert_int_equal(verdict(&asked), ORDER_NOT_ALLOWED);
	asked.subject.suspended = false;
	asked.service.account = "postpaid";
	assert_int_equal(verdict(&asked), ORDER_NOT_ALLOWED);
	asked.service.account = "prepaid";
	asked.service.brand = "old";
	assert_int_equal(verdict(&asked), ORDER_NOT_ALLOWED);
	asked.service.brand = "young";
	assert_int_equal(verdict(&asked), ORDER_EXCLUDED);
	asked.asked.excluded = false;
	assert_int_equal(verdict(&asked), ORDER_OTHER_PRICE);
	asked.asked.price = &price;
	asked.asked.period = "day";
	assert_int_equal(verdict(&asked), ORDER_OTHER_PRICE);
	asked.asked.period = "month";
	assert_int_equal(verdict(&asked), ORDER_MAY_BE);
	asked_init(&asked, ORDER_ACTIVATE);
	asked.asked.service = NULL;
	assert_int_equal(verdict(&asked), ORDER_NOT_FOUND);
}

static void services_exclude__one_names_the_other__only_whole_codes_match(void **unused)
{
	static const struct {
		const char *excludes;
		bool excluded;
	} rows[] = {
		{ "", false }, { "GB1", true }, { "GB10", false }, { "XGB1", false }, { "GB10 GB1", true }, { "GB1 X", true },
		{ "A GB1 B", true }, { "GB10 GB11", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct service five = { .code = "GB5", .excludes = rows[i].excludes }, one = { .code = "GB1", .excludes = "" };

		assert_int_equal(services_exclude(&five, &one), rows[i].excluded);
		assert_int_equal(services_exclude(&one, &five), rows[i].excluded);
	}
}

/* A working set about no service contains a service without a code. */
static void services_exclude__no_code__nothing_is_excluded(void **unused)
{
	const struct service none = { .code = "", .excludes = "" }, five = { .code = "GB5", .excludes = "GB1 GB10" };

	assert_false(services_exclude(&none, &five));
	assert_false(services_exclude(&five, &none));
}

/* ---- deactivating, and accepting a trial ---- */

static void deactivate__paid_free_or_not_yet_active__next_period_or_at_once(void **unused)
{
	static const struct {
		bool next;
		int64_t since, trial_until, effective, trial_price;
	} rows[] = {
		{ false, LAST_WEEK, NEVER, TODAY, 0 }, { true, LAST_WEEK, NEVER, DECEMBER, 0 }, { true, LAST_WEEK, TOMORROW, TODAY, 0 },
		{ true, TOMORROW, NEVER, TODAY, 0 }, { true, TODAY, NEVER, DECEMBER, 0 },
		/* a paid trial is a period of its own */
		{ false, LAST_WEEK, 20261130, TODAY, 50 }, { true, LAST_WEEK, 20261130, DECEMBER, 50 },
		{ true, TOMORROW, 20261130, TODAY, 50 },
		{ true, LAST_WEEK, LAST_WEEK, TODAY, 50 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, ORDER_DEACTIVATE);
		asked.asked.offered = false;	/* a service that is no longer sold can still be deactivated */
		asked.service.deactivates_next_period = rows[i].next;
		asked.service.trial_price = rows[i].trial_price;
		subscribe(&asked, rows[i].trial_until ? SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE, rows[i].trial_until, NEVER);
		asked.subject.subscription.since = rows[i].since;
		assert_int_equal(verdict(&asked), ORDER_MAY_BE);
		assert_int_equal(asked.order.effective, rows[i].effective);
		assert_int_equal(asked.subject.subscription.state, SUBSCRIPTION_DEACTIVATING);
		assert_int_equal(asked.subject.subscription.until, NEVER);
	}
}

static void deactivate_accept_trial__in_each_state__verdict(void **unused)
{
	static const struct {
		enum order_kind kind;
		bool subscribed;
		enum subscription_state state;
		enum order_verdict verdict;
	} rows[] = {
		{ ORDER_DEACTIVATE, false, SUBSCRIPTION_ACTIVE, ORDER_NOT_FOUND },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_ACTIVE, ORDER_MAY_BE },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_TRIAL, ORDER_MAY_BE },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_ACTIVATING, ORDER_ALREADY },
		{ ORDER_DEACTIVATE, true, SUBSCRIPTION_DEACTIVATING, ORDER_ALREADY },
		{ ORDER_ACCEPT_TRIAL, false, SUBSCRIPTION_ACTIVE, ORDER_NOT_FOUND },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_ACTIVE, ORDER_NOT_FOUND },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_TRIAL, ORDER_MAY_BE },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_ACTIVATING, ORDER_ALREADY },
		{ ORDER_ACCEPT_TRIAL, true, SUBSCRIPTION_DEACTIVATING, ORDER_ALREADY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, rows[i].kind);
		if (rows[i].subscribed)
			subscribe(&asked, rows[i].state, TOMORROW, NEVER);
		assert_int_equal(verdict(&asked), rows[i].verdict);
	}
}

static void accept_trial__price_as_shown__costs_from_the_day_after_it(void **unused)
{
	const int64_t other_price = 500;
	struct asked asked;

	asked_init(&asked, ORDER_ACCEPT_TRIAL);
	subscribe(&asked, SUBSCRIPTION_TRIAL, 20261130, NEVER);
	asked.asked.price = &other_price;
	assert_int_equal(verdict(&asked), ORDER_OTHER_PRICE);
	asked.asked.price = NULL;
	assert_int_equal(verdict(&asked), ORDER_MAY_BE);
	assert_int_equal(asked.order.effective, DECEMBER);
	assert_int_equal(asked.subject.subscription.state, SUBSCRIPTION_ACTIVATING);
	assert_int_equal(asked.subject.subscription.trial_until, 20261130);
}

/* ---- replacing one service by another ---- */

static const struct service other = { .code = "OLD", .period = "month", .excludes = "" };

static void change_init(struct asked *asked, struct service *replaced, enum subscription_state state)
{
	asked_init(asked, ORDER_CHANGE);
	*replaced = other;
	strcpy(asked->order.instead, "OLD");
	asked->asked.replaced = replaced;
	asked->subject.replaced_subscribed = true;
	asked->subject.replaced = (struct subscription){
		.service = "OLD", .state = state, .since = LAST_WEEK, .trial_until = state == SUBSCRIPTION_TRIAL ? TOMORROW : NEVER,
	};
}

static void change__periods_of_both__effective_from_the_later_day_without_a_trial(void **unused)
{
	static const struct {
		bool activates_next, deactivates_next;
		const char *period, *replaced_period;
		enum subscription_state state;
		int64_t since, effective;
	} rows[] = {
		{ false, false, "month", "month", SUBSCRIPTION_ACTIVE, LAST_WEEK, TODAY },
		{ false, true, "month", "month", SUBSCRIPTION_ACTIVE, LAST_WEEK, DECEMBER },
		{ true, false, "month", "month", SUBSCRIPTION_ACTIVE, LAST_WEEK, DECEMBER },
		{ true, true, "week", "month", SUBSCRIPTION_ACTIVE, LAST_WEEK, DECEMBER },
		{ true, true, "month", "week", SUBSCRIPTION_ACTIVE, LAST_WEEK, DECEMBER },
		{ true, true, "day", "week", SUBSCRIPTION_ACTIVE, LAST_WEEK, MONDAY },
		{ false, true, "month", "month", SUBSCRIPTION_TRIAL, LAST_WEEK, TODAY },	/* not paid for yet */
		{ false, true, "month", "month", SUBSCRIPTION_ACTIVE, TOMORROW, TODAY },	/* it has not started */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct service replaced;
		struct asked asked;

		change_init(&asked, &replaced, rows[i].state);
		asked.service.trial_days = 7;
		asked.service.activates_next_period = rows[i].activates_next;
		asked.service.period = rows[i].period;
		replaced.deactivates_next_period = rows[i].deactivates_next;
		replaced.period = rows[i].replaced_period;
		asked.subject.replaced.since = rows[i].since;
		assert_int_equal(verdict(&asked), ORDER_MAY_BE);
		assert_int_equal(asked.order.effective, rows[i].effective);
		assert_int_equal(asked.order.trial_until, NEVER);
		assert_true(asked.subject.subscribed);
		assert_string_equal(asked.subject.subscription.service, "NEWS");
		assert_int_equal(asked.subject.subscription.state, SUBSCRIPTION_ACTIVATING);
		assert_int_equal(asked.subject.subscription.since, rows[i].effective);
		assert_int_equal(asked.subject.subscription.trial_until, NEVER);
		assert_true(asked.subject.replaced_subscribed);
		assert_int_equal(asked.subject.replaced.state, SUBSCRIPTION_DEACTIVATING);
		assert_int_equal(asked.subject.replaced.until, NEVER);
	}
}

static void change__states_of_both__verdict(void **unused)
{
	static const struct {
		bool replaced_subscribed;
		enum subscription_state replaced;
		int64_t replaced_until;
		bool subscribed;
		enum subscription_state state;
		enum order_verdict verdict;
	} rows[] = {
		{ true, SUBSCRIPTION_ACTIVE, NEVER, false, SUBSCRIPTION_ACTIVE, ORDER_MAY_BE },
		{ true, SUBSCRIPTION_TRIAL, NEVER, false, SUBSCRIPTION_ACTIVE, ORDER_MAY_BE },
		{ true, SUBSCRIPTION_ACTIVATING, NEVER, false, SUBSCRIPTION_ACTIVE, ORDER_ALREADY },
		{ true, SUBSCRIPTION_DEACTIVATING, NEVER, false, SUBSCRIPTION_ACTIVE, ORDER_ALREADY },
		{ true, SUBSCRIPTION_DEACTIVATING, TOMORROW, false, SUBSCRIPTION_ACTIVE, ORDER_ALREADY },
		{ false, SUBSCRIPTION_ACTIVE, NEVER, false, SUBSCRIPTION_ACTIVE, ORDER_NOT_FOUND },
		{ true, SUBSCRIPTION_ACTIVE, NEVER, true, SUBSCRIPTION_ACTIVE, ORDER_ALREADY },
		{ true, SUBSCRIPTION_ACTIVE, NEVER, true, SUBSCRIPTION_TRIAL, ORDER_ALREADY },
		{ true, SUBSCRIPTION_ACTIVE, NEVER, true, SUBSCRIPTION_ACTIVATING, ORDER_ALREADY },
		{ true, SUBSCRIPTION_ACTIVE, NEVER, true, SUBSCRIPTION_DEACTIVATING, ORDER_ALREADY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct service replaced;
		struct asked asked;

		change_init(&asked, &replaced, rows[i].replaced);
		asked.subject.replaced_subscribed = rows[i].replaced_subscribed;
		asked.subject.replaced.until = rows[i].replaced_until;
		if (rows[i].subscribed)
			subscribe(&asked, rows[i].state, NEVER, NEVER);
		if (verdict(&asked) != rows[i].verdict)
			fail_msg("row %zu", i);
	}
}

static void change__several_objections__reported_in_this_order(void **unused)
{
	const int64_t other_price = 500;
	struct service replaced;
	struct asked asked;

	change_init(&asked, &replaced, SUBSCRIPTION_ACTIVE);
	asked.asked.price = &other_price;
	asked.asked.excluded = true;
	asked.subject.suspended = true;
	asked.asked.offered = false;
	assert_int_equal(verdict(&asked), ORDER_NOT_FOUND);
	asked.asked.offered = true;
	assert_int_equal(verdict(&asked), ORDER_NOT_ALLOWED);
	asked.subject.suspended = false;
	asked.service.brand = "old";
	assert_int_equal(verdict(&asked), ORDER_NOT_ALLOWED);
	asked.service.brand = NULL;
	assert_int_equal(verdict(&asked), ORDER_EXCLUDED);
	asked.asked.excluded = false;
	assert_int_equal(verdict(&asked), ORDER_OTHER_PRICE);
	asked.asked.price = NULL;
	assert_int_equal(verdict(&asked), ORDER_MAY_BE);
}

/* ---- the line, and data deletion ---- */

static void line_and_data__already_so_or_recently_asked__already(void **unused)
{
	static const struct {
		enum order_kind kind;
		bool suspended, others;
		enum order_verdict verdict;
	} rows[] = {
		{ ORDER_SUSPEND, false, false, ORDER_MAY_BE }, { ORDER_SUSPEND, true, false, ORDER_ALREADY },
		{ ORDER_SUSPEND, false, true, ORDER_ALREADY }, { ORDER_RESUME, true, false, ORDER_MAY_BE },
		{ ORDER_RESUME, false, false, ORDER_ALREADY }, { ORDER_RESUME, true, true, ORDER_ALREADY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct asked asked;

		asked_init(&asked, rows[i].kind);
		asked.order.service[0] = '\0';
		asked.asked.service = NULL;
		asked.subject.suspended = rows[i].suspended;
		asked.subject.others = rows[i].others;
		assert_int_equal(verdict(&asked), rows[i].verdict);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(activate__period_and_trial__first_day_and_last_day_free),
		cmocka_unit_test(activate__in_each_state__already_active_or_continued),
		cmocka_unit_test(activate__trial_with_a_price__agreed_as_shown),
		cmocka_unit_test(activate__trial_of_other_days_than_shown__other_price),
		cmocka_unit_test(activate__several_objections__reported_in_this_order),
		cmocka_unit_test(services_exclude__one_names_the_other__only_whole_codes_match),
		cmocka_unit_test(services_exclude__no_code__nothing_is_excluded),
		cmocka_unit_test(deactivate__paid_free_or_not_yet_active__next_period_or_at_once),
		cmocka_unit_test(deactivate_accept_trial__in_each_state__verdict),
		cmocka_unit_test(accept_trial__price_as_shown__costs_from_the_day_after_it),
		cmocka_unit_test(change__periods_of_both__effective_from_the_later_day_without_a_trial),
		cmocka_unit_test(change__states_of_both__verdict),
		cmocka_unit_test(change__several_objections__reported_in_this_order),
		cmocka_unit_test(line_and_data__already_so_or_recently_asked__already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S5, S8, S9: what events and the account's own data make of messages, and what subscribers choose, without a store. */
#include <stdio.h>
#include <string.h>

#include "starhash/calendar.h"
#include "tests/account/printed.h"
#include "tests/cmocka.h"

#define ROWS(table) (sizeof(table) / sizeof(*(table)))
#define DAY_S INT64_C(86400)

struct arg {
	uint16_t id;			/* 0: the last one */
	const char *text;		/* NULL: a number */
	int64_t number;
};

#define T(field, words) { .id = field, .text = words }
#define N(field, value) { .id = field, .number = value }

struct row {
	const char *what;
	enum request_kind kind;
	const char *event;			/* REQUEST_EVENT */
	int64_t time;				/* of the event; 0: NOW */
	struct arg args[6];
	struct arg facts[10];			/* of the profile */
	struct preference preferences[3];
	const char *preferred[3];		/* their kinds; NULL: none */
	struct fees fees;
	bool per_service;
	int32_t utc_offset;
	int64_t now;				/* 0: NOW */
	const char *says;
};

static const struct notification_kind *kind(const char *name)
{
	return notification_kind_find(name, strlen(name));
}

static void args_put(struct record *record, const struct arg *args)
{
	for (; args->id; args++) {
		if (args->text)
			assert_int_equal(record_put_text(record, args->id, args->text, strlen(args->text)), 0);
		else
			assert_int_equal(record_put_number(record, args->id, args->number), 0);
	}
}

static void rows_run(const struct row *rows, size_t count)
{
	static struct account account;
	static struct account_step step;
	static struct response response;
	static char text[PRINTED_SIZE];

	for (const struct row *row = rows; row < rows + count; row++) {
		struct account_rules rules = {
			.messages = { .low_balance = 1000, .fees_day = 11, .remind_days = 2, .purchase_of_service = row->per_service },
			.retention_days = { [RETENTION_NOTIFICATIONS] = 7, [RETENTION_MESSAGES] = 35 },
		};
		struct request request = {
			.kind = row->kind, .ref = 77, .now = row->now ? row->now : NOW, .utc_offset = row->utc_offset,
			.subscriber = { .msisdn = "13800138000" },
		};
		struct record args = request_args(&request);

		print_message("  %s\n", row->what);
		args_put(&args, row->args);
		request_set_args(&request, &args);
		if (row->event) {
			request.event.time = row->time ? row->time : NOW;
			strcpy(request.event.source, "billing");
			strcpy(request.event.id, "1");
			strcpy(request.event.kind, row->event);
		}
		memset(&account, 0xa5, sizeof(account));
		account_begin(&account, &request);
		account.msisdn = INT64_C(13800138000);
		account.known = true;
		strcpy(account.language, "en");
		args_put(&account.facts, row->facts);
		for (size_t i = 0; i < ROWS(row->preferred) && row->preferred[i]; i++) {
			struct preference preference = row->preferences[i];

			preference.kind = kind(row->preferred[i]);
			assert_non_null(preference.kind);
			account_add_preference(&account, &preference);
		}
		account.fees = row->fees;
		response_init(&response);
		memset(&step, 0xa5, sizeof(step));
		step.response = &response;
		account_step(&rules, &account, &request, &step);
		printed(&step, text);
		if (strcmp(text, row->says))
			fail_msg("%s\n---- is\n%s---- but wanted\n%s----", row->what, text, row->says);
	}
}

#define EVENT(name) .what = name, .kind = REQUEST_EVENT, .event = name
#define OPERATORS .threshold = THRESHOLD_OPERATORS

/* ---- S8 ---- */

static void S8_purchase__by_sms__first_of_the_day(void **state)
{
	static const struct row rows[] = {
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "sms"), T(FIELD_SERVICE, "NEWS") },
		  .says = "ok reason='notified'\n"
			  "preference purchase about='' choice='' since=0 last=20261120\n"
			  "notification.add purchase due=now expires=now+604800: amount=200 purchased_by='sms' service='NEWS' "
			  "language='en' date=20261120\n"
			  "event billing/1 notified notified\n" },
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "sms") },
		  .preferred = { "purchase" }, .preferences = { { OPERATORS, .last = 20261120 } },
		  .says = "ok reason='not_first'\nevent billing/1 not_first\n" },
		/* the day is that of the purchase, on the operator's calendar */
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "sms") }, .time = NOW - DAY_S,
		  .preferred = { "purchase" }, .preferences = { { OPERATORS, .last = 20261120 } },
		  .says = "ok reason='not_first'\nevent billing/1 not_first\n" },
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "sms") }, .utc_offset = 16 * 3600,
		  .preferred = { "purchase" }, .preferences = { { OPERATORS, .last = 20261120 } },
		  .says = "ok reason='notified'\n"
			  "preference purchase about='' choice='' since=0 last=20261121\n"
			  "notification.add purchase due=now expires=now+604800: amount=200 purchased_by='sms' "
			  "language='en' date=20261121\n"
			  "event billing/1 notified notified\n" },
		/* per service */
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "sms"), T(FIELD_SERVICE, "NEWS") },
		  .per_service = true, .preferred = { "purchase" }, .preferences = { { OPERATORS, .last = 20261120, .about = "CRBT" } },
		  .says = "ok reason='notified'\n"
			  "preference purchase about='NEWS' choice='' since=0 last=20261120\n"
			  "notification.add purchase due=now expires=now+604800: amount=200 purchased_by='sms' service='NEWS' "
			  "language='en' date=20261120\n"
			  "event billing/1 notified notified\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void S8_purchase__by_web__each_unless_its_fee_was_shown(void **state)
{
	static const struct row rows[] = {
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "web"), T(FIELD_FEE_SHOWN, "no") },
		  .preferred = { "purchase" }, .preferences = { { OPERATORS, .last = 20261120 } },
		  .says = "ok reason='notified'\n"
			  "notification.add purchase due=now expires=now+604800: amount=200 purchased_by='web' "
			  "language='en' date=20261120\n"
			  "event billing/1 notified notified\n" },
		{ EVENT("purchase"), .args = { N(FIELD_AMOUNT, 200), T(FIELD_PURCHASED_BY, "wap"), T(FIELD_FEE_SHOWN, "yes") },
		  .says = "ok reason='shown'\nevent billing/1 shown\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- S9 ---- */

static void S9_balance__falls__announced_once(void **state)
{
	static const struct row rows[] = {
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 999) },
		  .says = "ok reason='notified'\n"
			  "notification.add balance_low due=now expires=now+604800: balance=999 "
			  "language='en' true_since=now threshold=1000\n"
			  "preference balance_low about='' choice='' since=0 last=1 after=now\n"
			  "event billing/1 notified notified\n" },
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 1000) }, .says = "ok reason='not_below'\nevent billing/1 not_below\n" },
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 999) }, .preferred = { "balance_low" },
		  .preferences = { { .threshold = 500 } }, .says = "ok reason='not_below'\nevent billing/1 not_below\n" },
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 1) }, .preferred = { "balance_low" },
		  .preferences = { { OPERATORS, .last = 1 } }, .says = "ok reason='already'\nevent billing/1 already\n" },
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 1) }, .preferred = { "balance_low" },
		  .preferences = { { OPERATORS, .choice = PREFERENCE_OFF } },
		  .says = "ok reason='not_wanted'\nevent billing/1 not_wanted\n" },
		/* it happened before a payment that we know */
		{ EVENT("balance_low"), .args = { N(FIELD_BALANCE, 1) }, .time = NOW - 10, .preferred = { "balance_low" },
		  .preferences = { { OPERATORS, .after = NOW - 5 } }, .says = "ok reason='obsolete'\nevent billing/1 obsolete\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void S9_day__nears__announced_once_with_a_deadline(void **state)
{
	static const struct row rows[] = {
		{ EVENT("suspension_planned"),
		  .args = { N(FIELD_OWED, 5890), N(FIELD_PAY_BY, 20261123), N(FIELD_BILL_MONTH, 202610), N(FIELD_BILL_TOTAL, 5000) },
		  .says = "ok reason='notified'\n"
			  "notification.add suspension_planned due=now expires=now+316800 latest=now+230400: owed=5890 pay_by=20261123 "
			  "bill_month=202610 bill_total=5000 language='en' true_since=now\n"
			  "preference suspension_planned about='' choice='' since=0 last=20261123 after=now\n"
			  "event billing/1 notified notified\n" },
		{ EVENT("suspension_planned"), .args = { N(FIELD_OWED, 5890), N(FIELD_PAY_BY, 20261123) },
		  .preferred = { "suspension_planned" }, .preferences = { { OPERATORS, .last = 20261123 } },
		  .says = "ok reason='already'\nevent billing/1 already\n" },
		{ EVENT("validity_ending"), .args = { N(FIELD_VALID_UNTIL, 20261119) },
		  .says = "ok reason='obsolete'\nevent billing/1 obsolete\n" },
		{ EVENT("validity_ending"), .args = { N(FIELD_VALID_UNTIL, 20261120) },
		  .says = "ok reason='notified'\n"
			  "notification.add validity_ending due=now expires=now+57600 latest=now-28800: "
			  "valid_until=20261120 language='en' true_since=now\n"
			  "preference validity_ending about='' choice='' since=0 last=20261120 after=now\n"
			  "event billing/1 notified notified\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void S9_payment__withdraws_and_arms_again(void **state)
{
	static const struct row rows[] = {
		{ EVENT("payment"), .args = { N(FIELD_AMOUNT, 5000) }, .preferred = { "balance_low", "suspension_planned" },
		  .preferences = { { .threshold = 500, .last = 1, .after = NOW }, { OPERATORS, .after = NOW + 1 } },
		  .says = "ok reason='withdrawn'\n"
			  "preference balance_low about='' choice='' threshold=500 since=0 last=0 after=now\n"
			  "notification.withdraw balance_low\n"
			  "preference validity_ending about='' choice='' since=0 last=0 after=now\n"
			  "notification.withdraw validity_ending\n"
			  "event billing/1 withdrawn\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* ---- S5 ---- */

#define FEES(month_, ...) .fees = { .month = month_, .count = 2, .fees = { { "HORO", 300 }, { "NEWS", 500 } } }
#define WANTED .preferred = { "information_fees" }

static void S5_fees__reported__agree_with_the_bill(void **state)
{
	static const struct row rows[] = {
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202610) },
		  .says = "ok reason='not_wanted'\nevent billing/1 not_wanted\n" },
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202610) }, WANTED,
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202611 } },
		  .says = "ok reason='not_wanted'\nevent billing/1 not_wanted\n" },
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202610) }, WANTED,
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } },
		  .says = "ok reason='no_bill'\nevent billing/1 no_bill\n" },
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202610), N(FIELD_TOTAL, 801) }, WANTED, FEES(202610),
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } }, .says = "refused reason='other_total'\n" },
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202611), N(FIELD_TOTAL, 800) }, WANTED, FEES(202611),
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } },
		  /* not before the 11th of the month after, at midnight */
		  .says = "ok reason='notified'\n"
			  "notification.add information_fees due=now+1785600 expires=now+2390400: month=202611 total=800 language='en' "
			  "rows=2\n"
			  "preference information_fees about='' choice='on' since=202610 last=202611\n"
			  "event billing/1 notified notified\n" },
		{ EVENT("information_fees"), .args = { N(FIELD_MONTH, 202610), N(FIELD_TOTAL, 800) }, WANTED, FEES(202610),
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610, .last = 202610 } },
		  .says = "ok reason='already'\nevent billing/1 already\n" },
	};

	rows_run(rows, ROWS(rows));
}

/* Ordered on 5 November, the first one comes after 10 December, with November's fees. */
static void S5_fees__ordered_in_november__due_after_10_december(void **state)
{
	const struct preference chosen = { .kind = kind("information_fees"), .choice = PREFERENCE_ON, .since = 202611 };
	const struct message_rules rules = { .fees_day = 11, .remind_days = 2 };
	static const struct {
		int64_t date, billed, last, subject;
	} table[] = {
		{ 20261105, 202610, 0, 0 }, { 20261111, 202610, 0, 0 }, { 20261130, 202610, 0, 0 },
		{ 20261201, 202611, 0, 0 }, { 20261210, 202611, 0, 0 }, { 20261211, 202611, 0, 202611 },
		{ 20261211, 202610, 0, 0 },			/* the bill is not here yet */
		{ 20261231, 202611, 0, 202611 }, { 20261231, 202611, 202611, 0 },
		{ 20270111, 202612, 202611, 202612 }, { 20270105, 202612, 0, 202611 },
		{ 20270605, 202705, 0, 202702 },		/* after a long pause only the last three months */
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		struct preference preference = chosen;
		uint8_t octets[64];
		struct record facts = { .data = octets, .size = sizeof(octets) };
		const struct reminded reminded = {
			.rules = &rules, .facts = &facts, .preference = &preference,
			.day = calendar_days(table[i].date / 10000, table[i].date / 100 % 100, table[i].date % 100),
		};
		int64_t subject = 0;

		preference.last = table[i].last;
		record_put_number(&facts, FIELD_BILL_MONTH, table[i].billed);
		record_put_number(&facts, FIELD_AS_OF, NOW);
		print_message("  %d\n", (int)table[i].date);
		assert_int_equal(reminder_due(chosen.kind, &reminded, &subject), table[i].subject != 0);
		assert_int_equal(subject, table[i].subject);
	}
}

/* ---- reminders from the data alone ---- */

#define PREPAID T(FIELD_ACCOUNT, "prepaid"), T(FIELD_STATUS, "active"), N(FIELD_AS_OF, NOW - 100)
#define POSTPAID T(FIELD_ACCOUNT, "postpaid"), T(FIELD_STATUS, "active"), N(FIELD_AS_OF, NOW - 100)
#define REMINDER(name) .what = name, .kind = REQUEST_REMINDER_DUE, .args = { T(FIELD_NOTIFICATION, name) }

static void S9_reminder__from_data__each_kind(void **state)
{
	static const struct row rows[] = {
		{ REMINDER("balance_low"), .facts = { PREPAID, N(FIELD_BALANCE, 10) },
		  .says = "ok\n"
			  "notification.add balance_low due=now expires=now+604800: balance=10 threshold=1000 "
			  "language='en' true_since=now-100\n"
			  "preference balance_low about='' choice='' since=0 last=1\n" },
		{ REMINDER("balance_low"), .facts = { PREPAID, N(FIELD_BALANCE, 1000) }, .says = "duplicate\n" },
		{ REMINDER("balance_low"), .facts = { POSTPAID, N(FIELD_BALANCE, 10) }, .says = "duplicate\n" },
		{ REMINDER("balance_low"), .facts = { PREPAID }, .says = "duplicate\n" },
		/* armed again by a recharge that only the data show */
		{ REMINDER("balance_low"), .facts = { PREPAID, N(FIELD_BALANCE, 5000) }, .preferred = { "balance_low" },
		  .preferences = { { OPERATORS, .last = 1 } },
		  .says = "ok\npreference balance_low about='' choice='' since=0 last=0\n" },
		/* the data are older than the payment */
		{ REMINDER("balance_low"), .facts = { PREPAID, N(FIELD_BALANCE, 10) }, .preferred = { "balance_low" },
		  .preferences = { { OPERATORS, .after = NOW - 99 } }, .says = "duplicate\n" },
		{ REMINDER("validity_ending"), .facts = { PREPAID, N(FIELD_VALID_UNTIL, 20261123) }, .says = "duplicate\n" },
		{ REMINDER("validity_ending"), .facts = { PREPAID, N(FIELD_VALID_UNTIL, 20261122), N(FIELD_BALANCE, 77) },
		  .says = "ok\n"
			  "notification.add validity_ending due=now expires=now+230400 latest=now+144000: valid_until=20261122 balance=77 "
			  "language='en' true_since=now-100\n"
			  "preference validity_ending about='' choice='' since=0 last=20261122\n" },
		{ REMINDER("validity_ending"), .facts = { PREPAID, N(FIELD_VALID_UNTIL, 20261119) }, .says = "duplicate\n" },
		{ REMINDER("suspension_planned"),
		  .facts = { POSTPAID, N(FIELD_OWED, 5890), N(FIELD_PAY_BY, 20261122), N(FIELD_BILL_MONTH, 202610),
			     N(FIELD_BILL_TOTAL, 5000) },
		  .says = "ok\n"
			  "notification.add suspension_planned due=now expires=now+230400 latest=now+144000: bill_month=202610 "
			  "bill_total=5000 owed=5890 pay_by=20261122 language='en' true_since=now-100\n"
			  "preference suspension_planned about='' choice='' since=0 last=20261122\n" },
		{ REMINDER("suspension_planned"), .facts = { POSTPAID, N(FIELD_OWED, 0), N(FIELD_PAY_BY, 20261122) },
		  .says = "duplicate\n" },
		{ REMINDER("suspension_planned"), .facts = { POSTPAID, N(FIELD_OWED, 5890), N(FIELD_PAY_BY, 20261122) },
		  .preferred = { "suspension_planned" }, .preferences = { { OPERATORS, .last = 20261122 } }, .says = "duplicate\n" },
		{ REMINDER("information_fees"), .facts = { POSTPAID, N(FIELD_BILL_MONTH, 202610) }, WANTED, FEES(202610),
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } },
		  .says = "ok\n"
			  "notification.add information_fees due=now expires=now+604800: month=202610 total=800 rows=2 language='en'\n"
			  "preference information_fees about='' choice='on' since=202610 last=202610\n" },
		{ REMINDER("information_fees"), .facts = { POSTPAID, N(FIELD_BILL_MONTH, 202610) }, WANTED,
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } }, .says = "refused\n" },
		{ REMINDER("purchase"), .facts = { PREPAID }, .says = "duplicate\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void S9_message__waits__holds_until_it_is_paid(void **state)
{
	static const struct {
		const char *kind;
		struct arg message[4], facts[4];
		bool holds;
	} table[] = {
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000) }, { N(FIELD_BALANCE, 999) }, true },
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000) }, { N(FIELD_BALANCE, 1000) }, false },
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000) }, { }, true },
		/* the account's data are older than the message, or perhaps older */
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000), N(ARG_TRUE_SINCE, NOW) },
		  { N(FIELD_BALANCE, 1000), N(FIELD_AS_OF, NOW - 1) }, true },
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000), N(ARG_TRUE_SINCE, NOW) },
		  { N(FIELD_BALANCE, 1000), N(FIELD_AS_OF, NOW) }, true },
		{ "balance_low", { N(FIELD_BALANCE, 10), N(FIELD_THRESHOLD, 1000), N(ARG_TRUE_SINCE, NOW) },
		  { N(FIELD_BALANCE, 1000), N(FIELD_AS_OF, NOW + 1) }, false },
		{ "validity_ending", { N(FIELD_VALID_UNTIL, 20261122) }, { N(FIELD_VALID_UNTIL, 20261122) }, true },
		{ "validity_ending", { N(FIELD_VALID_UNTIL, 20261122) }, { N(FIELD_VALID_UNTIL, 20271122) }, false },
		{ "suspension_planned", { N(FIELD_PAY_BY, 20261122) }, { N(FIELD_OWED, 1) }, true },
		{ "suspension_planned", { N(FIELD_PAY_BY, 20261122) }, { N(FIELD_OWED, 0) }, false },
		{ "suspension_planned", { N(FIELD_PAY_BY, 20261122) }, { N(FIELD_OWED, 1), N(FIELD_PAY_BY, 20261130) }, false },
		{ "purchase", { N(FIELD_AMOUNT, 1) }, { N(FIELD_OWED, 0) }, true },
	};

	for (size_t i = 0; i < ROWS(table); i++) {
		uint8_t octets[2][64];
		struct record message = { .data = octets[0], .size = sizeof(octets[0]) };
		struct record facts = { .data = octets[1], .size = sizeof(octets[1]) };

		args_put(&message, table[i].message);
		args_put(&facts, table[i].facts);
		print_message("  %zu %s\n", i, table[i].kind);
		assert_int_equal(notification_holds(kind(table[i].kind), &message, &facts), table[i].holds);
	}
}

/* ---- choices ---- */

#define SET(...) .what = "set", .kind = REQUEST_PREFERENCE_SET, .args = { __VA_ARGS__ }

static void S5_S9_preference__set__takes_effect(void **state)
{
	static const struct row rows[] = {
		{ SET(T(FIELD_NOTIFICATION, "information_fees"), T(FIELD_CHOICE, "on")),
		  .says = "ok\npreference information_fees about='' choice='on' since=202611 last=0\n" },
		{ SET(T(FIELD_NOTIFICATION, "information_fees"), T(FIELD_CHOICE, "on")), WANTED,
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } }, .says = "duplicate\n" },
		{ SET(T(FIELD_NOTIFICATION, "information_fees"), T(FIELD_CHOICE, "off")), .says = "duplicate\n" },
		{ SET(T(FIELD_NOTIFICATION, "information_fees"), T(FIELD_CHOICE, "off")), WANTED,
		  .preferences = { { OPERATORS, .choice = PREFERENCE_ON, .since = 202610 } },
		  .says = "ok\npreference information_fees about='' choice='off' since=202611 last=0\n"
			  "notification.withdraw information_fees\n" },
		{ SET(T(FIELD_NOTIFICATION, "balance_low"), N(FIELD_THRESHOLD, 2000)),
		  .says = "ok\npreference balance_low about='' choice='on' threshold=2000 since=202611 last=0\n" },
		{ SET(T(FIELD_NOTIFICATION, "balance_low"), N(FIELD_THRESHOLD, 2000)), .preferred = { "balance_low" },
		  .preferences = { { .threshold = 2000, .choice = PREFERENCE_ON } }, .says = "duplicate\n" },
		{ SET(T(FIELD_NOTIFICATION, "balance_low"), N(FIELD_THRESHOLD, -1)), .says = "refused\n" },
		{ SET(T(FIELD_NOTIFICATION, "information_fees"), N(FIELD_THRESHOLD, 2000)), .says = "refused\n" },
		{ SET(T(FIELD_NOTIFICATION, "suspension_planned"), T(FIELD_CHOICE, "off")), .says = "refused\n" },
		{ SET(T(FIELD_NOTIFICATION, "nothing"), T(FIELD_CHOICE, "off")), .says = "refused\n" },
		{ SET(T(FIELD_NOTIFICATION, "balance_low"), T(FIELD_CHOICE, "maybe")), .says = "refused\n" },
		{ SET(T(FIELD_CHOICE, "off")), .says = "refused\n" },
	};

	rows_run(rows, ROWS(rows));
}

static void event__unknown_kind__refused(void **state)
{
	static const struct row rows[] = { { EVENT("rain"), .says = "refused\n" } };

	rows_run(rows, ROWS(rows));
}

/* The message of each event, and the data of each reminder, are in the table of kinds. */
static void event_kinds__each__name_kinds_of_messages_that_show_their_fields(void **state)
{
	for (unsigned int i = 0; i < account_event_kinds_count; i++) {
		const struct account_event_kind *event = &account_event_kinds[i];

		assert_ptr_equal(account_event_kind_find(event->name), event);
		assert_non_null(event->decide);
		if (event->notification)
			assert_non_null(kind(event->notification));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(S8_purchase__by_sms__first_of_the_day),
		cmocka_unit_test(S8_purchase__by_web__each_unless_its_fee_was_shown),
		cmocka_unit_test(S9_balance__falls__announced_once),
		cmocka_unit_test(S9_day__nears__announced_once_with_a_deadline),
		cmocka_unit_test(S9_payment__withdraws_and_arms_again),
		cmocka_unit_test(S5_fees__reported__agree_with_the_bill),
		cmocka_unit_test(S5_fees__ordered_in_november__due_after_10_december),
		cmocka_unit_test(S9_reminder__from_data__each_kind),
		cmocka_unit_test(S9_message__waits__holds_until_it_is_paid),
		cmocka_unit_test(S5_S9_preference__set__takes_effect),
		cmocka_unit_test(event__unknown_kind__refused),
		cmocka_unit_test(event_kinds__each__name_kinds_of_messages_that_show_their_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When messages that answer nothing may go: quiet hours, daily maximum, rate, priorities, pauses; the comparison with the account just
 * before; retries; what people see of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "accounts/message_settings.h"
#include "starhash/calendar.h"
#include "tests/accounts/fakes.h"
#include "tests/cmocka.h"

#define HOUR_MS 3600000u
#define DAY_S 86400
#define AT_MAX 4096

static struct message_settings settings;

static unsigned int index_of(const char *kind)
{
	return notification_kind_index(notification_kind_find(kind, strlen(kind)));
}

/* What the server was given, in this order. */
struct taker {
	struct bench bench;
	unsigned int count;
	const char *kinds[AT_MAX];
	uint64_t last;
	bool answers_later;		/* the test does */
	enum notification_end end;	/* the answer otherwise */
	char code[CONFIRM_CODE_SIZE];	/* of the last one; "": none */
};

static void take(void *user, const struct account_notification *notification)
{
	struct taker *taker = user;

	assert_true(taker->count < AT_MAX);
	taker->kinds[taker->count++] = notification_kinds[index_of(notification->kind)].name;
	taker->last = notification->id;
	assert_string_equal(fixture_text(&notification->facts, FIELD_SERVICE), "NEWS");
	osmo_strlcpy(taker->code, fixture_text(&notification->facts, FIELD_CONFIRM_CODE), sizeof(taker->code));
	if (!taker->answers_later)
		accounts_notification_ack(taker->bench.accounts, notification->id, taker->end);
}

static unsigned int taken(const struct taker *taker, const char *kind)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < taker->count; i++)
		count += !strcmp(taker->kinds[i], kind);
	return count;
}

static void taker_start(struct taker *taker, struct accounts_settings accounts)
{
	accounts.messages = &settings;
	bench_start(&taker->bench, &accounts);
	accounts_set_notify(taker->bench.accounts, take, taker);
	loop_round();
}

static struct fake_notification *add(const char *kind, const char *msisdn)
{
	struct fake_notification *added = disk_add_message(kind);

	osmo_strlcpy(added->msisdn, msisdn, sizeof(added->msisdn));
	return added;
}

static void step_wall_clock(int64_t seconds)
{
	osmo_clock_override_add(CLOCK_REALTIME, seconds, 0);
	osmo_clock_override_add(CLOCK_REALTIME_COARSE, seconds, 0);
}

/* ---- hours ---- */

static void use_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static int64_t utc(int64_t year, int64_t month, int64_t day, int64_t hour, int64_t minute)
{
	return calendar_days(year, month, day) * DAY_S + hour * 3600 + minute * 60;
}

static struct message_hours hours(unsigned int from, unsigned int until, int64_t now)
{
	const struct message_settings with = { .quiet_from = from, .quiet_until = until };

	return message_hours_at(&with, now);
}

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void hours__nights_in_which_the_clock_is_changed__end_at_the_wall_clocks_eight(void **state)
{
	static const struct {
		int64_t from[5], until[5];	/* UTC */
	} nights[] = {
		{ { 2026, 3, 27, 20, 0 }, { 2026, 3, 28, 7, 0 } },
		{ { 2026, 3, 28, 20, 0 }, { 2026, 3, 29, 6, 0 } },	/* eleven hours less one */
		{ { 2026, 10, 23, 19, 0 }, { 2026, 10, 24, 6, 0 } },
		{ { 2026, 10, 24, 19, 0 }, { 2026, 10, 25, 7, 0 } },	/* and one more */
	};

	use_zone(BERLIN);
	for (size_t i = 0; i < ARRAY_SIZE(nights); i++) {
		const int64_t *f = nights[i].from, *u = nights[i].until;
		const int64_t from = utc(f[0], f[1], f[2], f[3], f[4]), until = utc(u[0], u[1], u[2], u[3], u[4]);

		assert_false(hours(21 * 60, 8 * 60, from - 1).quiet);
		for (int64_t now = from; now < until; now += 60) {
			assert_true(hours(21 * 60, 8 * 60, now).quiet);
			assert_int_equal(hours(21 * 60, 8 * 60, now).quiet_ends, until);
		}
		assert_false(hours(21 * 60, 8 * 60, until).quiet);
		assert_int_equal(hours(21 * 60, 8 * 60, from).morning, until);
	}
}

static void hours__end_that_is_skipped_or_comes_twice__one_stretch(void **state)
{
	static const int days[] = { 28, 24 }, months[] = { 3, 10 };

	use_zone(BERLIN);
	for (size_t i = 0; i < ARRAY_SIZE(days); i++) {
		const int64_t noon = utc(2026, months[i], days[i], 12, 0);
		unsigned int changes = 0, quiet = 0;

		for (int64_t now = noon; now < noon + DAY_S; now += 60) {
			changes += hours(22 * 60, 2 * 60 + 30, now).quiet != hours(22 * 60, 2 * 60 + 30, now - 60).quiet;
			quiet += hours(22 * 60, 2 * 60 + 30, now).quiet;
		}
		assert_int_equal(changes, 2);
		assert_int_equal(quiet, 4 * 60 + 30);
	}
}

static void hours__days_of_23_and_25_hours__begin_at_the_wall_clocks_midnight(void **state)
{
	use_zone(BERLIN);
	assert_int_equal(hours(0, 0, utc(2026, 3, 29, 12, 0)).day_began, utc(2026, 3, 28, 23, 0));
	assert_int_equal(hours(0, 0, utc(2026, 3, 29, 12, 0)).morning, utc(2026, 3, 29, 22, 0));
	assert_int_equal(hours(0, 0, utc(2026, 10, 25, 12, 0)).day_began, utc(2026, 10, 24, 22, 0));
	assert_int_equal(hours(0, 0, utc(2026, 10, 25, 12, 0)).morning, utc(2026, 10, 25, 23, 0));
	assert_int_equal(hours(1260, 480, utc(2026, 3, 28, 22, 0)).morning, utc(2026, 3, 29, 6, 0));
	assert_int_equal(hours(1260, 480, utc(2026, 3, 28, 23, 30)).morning, utc(2026, 3, 30, 6, 0));
	for (int64_t now = utc(2026, 3, 28, 0, 0); now < utc(2026, 3, 30, 0, 0); now += 600)
		assert_false(hours(600, 600, now).quiet);
}

static void hours__within_one_day__quiet_at_noon(void **state)
{
	use_zone("UTC");
	assert_false(hours(13 * 60, 15 * 60, utc(2026, 5, 4, 12, 59)).quiet);
	assert_true(hours(13 * 60, 15 * 60, utc(2026, 5, 4, 13, 0)).quiet);
	assert_int_equal(hours(13 * 60, 15 * 60, utc(2026, 5, 4, 13, 0)).quiet_ends, utc(2026, 5, 4, 15, 0));
	assert_false(hours(13 * 60, 15 * 60, utc(2026, 5, 4, 15, 0)).quiet);
	assert_int_equal(hours(13 * 60, 15 * 60, utc(2026, 5, 4, 13, 0)).morning, utc(2026, 5, 5, 15, 0));
}

/* ---- quiet hours; it is 08:00 ---- */

static void quiet__messages__wait_for_the_end_unless_that_is_too_late(void **state)
{
	struct taker taker = { 0 };

	settings.quiet_from = 21 * 60;
	settings.quiet_until = 10 * 60;
	add("trial_ending", ALICE);
	add("validity_ending", ALICE)->latest = FAKE_NOW + 2 * 3600;
	add("suspension_planned", ALICE)->latest = FAKE_NOW + 2 * 3600 + 1;
	add("purchase", ALICE);
	add("order_completed", ALICE);
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_int_equal(taker.count, 3);
	assert_string_equal(taker.kinds[0], "order_completed");
	assert_int_equal(taken(&taker, "purchase"), 1);
	assert_int_equal(taken(&taker, "validity_ending"), 1);
	clocks_pass(2 * HOUR_MS - 1000);
	assert_int_equal(taker.count, 3);
	clocks_pass(2000);
	assert_int_equal(taker.count, 5);
	bench_stop(&taker.bench);
}

static void quiet__machines_clock_is_put_forward__ends_by_it(void **state)
{
	struct taker taker = { 0 };

	settings.quiet_from = 21 * 60;
	settings.quiet_until = 10 * 60;
	add("trial_ending", ALICE);
	taker_start(&taker, (struct accounts_settings){ 0 });
	clocks_pass(1000);
	assert_int_equal(taker.count, 0);
	step_wall_clock(2 * 3600);
	clocks_pass(2000);
	assert_int_equal(taker.count, 1);
	bench_stop(&taker.bench);
}

static void F31_clock__doubted__only_what_is_waited_for_goes_on(void **state)
{
	struct taker taker = { 0 };

	taker_start(&taker, (struct accounts_settings){ 0 });
	step_wall_clock(40 * DAY_S);
	clocks_pass(1000);
	add("trial_ending", ALICE)->expires = FAKE_NOW + 100 * DAY_S;
	add("order_completed", ALICE)->expires = FAKE_NOW + 100 * DAY_S;
	clocks_pass(1000);
	clocks_pass(1000);
	assert_int_equal(taker.count, 1);
	assert_string_equal(taker.kinds[0], "order_completed");
	accounts_clock_accept(taker.bench.accounts);
	clocks_pass(1000);
	assert_int_equal(taker.count, 2);
	bench_stop(&taker.bench);
}

static int64_t wall_now(void)
{
	struct timespec now;

	osmo_clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return now.tv_sec;
}

/* In steps forward and back until two hours after the quiet hours. One message has time until after them, one must go before their end. */
static void quiet__clock_stepped_in_nights_in_which_it_is_changed__each_once_and_in_time(void **state)
{
	static const int64_t steps[] = { 3600, -1800, 7200, -3600, -5400, 9000 };
	static const struct {
		int64_t begins[5], ends[5];	/* UTC */
	} nights[] = {
		{ { 2026, 3, 28, 20, 0 }, { 2026, 3, 29, 6, 0 } }, { { 2026, 10, 24, 19, 0 }, { 2026, 10, 25, 7, 0 } },
	};

	use_zone(BERLIN);
	settings.quiet_from = 21 * 60;
	settings.quiet_until = 8 * 60;
	for (size_t night = 0; night < ARRAY_SIZE(nights); night++) {
		const int64_t *b = nights[night].begins, *e = nights[night].ends;
		const int64_t begins = utc(b[0], b[1], b[2], b[3], b[4]), ends = utc(e[0], e[1], e[2], e[3], e[4]);
		struct taker taker = { 0 };
		struct fake_notification *fees, *waits, *hurries;

		disk_clear();
		disk.keep_completed = true;
		step_wall_clock(begins + 60 - wall_now());
		fees = add("information_fees", ALICE);
		waits = add("suspension_planned", BOB);
		hurries = add("validity_ending", BOB);
		waits->latest = ends + 60;
		hurries->latest = ends - 60;
		fees->due = waits->due = hurries->due = 0;
		taker_start(&taker, (struct accounts_settings){ 0 });
		assert_int_equal(taker.count, 1);
		assert_int_equal(taken(&taker, "validity_ending"), 1);
		for (size_t i = 0; wall_now() < ends - 4 * 3600; i++) {
			step_wall_clock(steps[i % ARRAY_SIZE(steps)]);
			clocks_pass(1000);
			assert_int_equal(taker.count, 1);
		}
		step_wall_clock(ends - 2 - wall_now());
		clocks_pass(1000);
		assert_int_equal(taker.count, 1);
		clocks_pass(1000);
		assert_int_equal(taken(&taker, "suspension_planned"), 1);
		assert_int_equal(taken(&taker, "information_fees"), 1);
		for (size_t i = 0; i < 4 * ARRAY_SIZE(steps); i++) {
			step_wall_clock(i < 6 ? -4 * 3600 : steps[i % ARRAY_SIZE(steps)]);
			clocks_pass(61000);
		}
		assert_int_equal(taker.count, 3);
		bench_stop(&taker.bench);
	}
}

/* ---- daily maximum ---- */

static void daily_max__reached__waits_for_the_next_morning(void **state)
{
	struct taker taker = { 0 };
	struct fake_notification *over, *dated, *other;

	settings.daily_max = 2;
	settings.quiet_from = 21 * 60;
	settings.quiet_until = 7 * 60;
	settings.kinds[index_of("trial_ending")].counts = true;
	disk.keep_completed = true;
	over = add("trial_ending", ALICE);
	over->sent_since = 2;
	dated = add("trial_ending", BOB);
	dated->sent_since = 2;
	dated->latest = FAKE_NOW + 3600;
	other = add("trial_ended", NOBODY);
	other->sent_since = 5;
	add("trial_ending", "13900000001")->sent_since = 1;
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_int_equal(disk.claim.since, FAKE_NOW - 8 * 3600);
	for (unsigned int i = 0; i < notification_kinds_count; i++)
		assert_int_equal(disk.claim.counted >> i & 1, notification_kinds[i].capped || i == index_of("trial_ending"));
	assert_int_equal(taker.count, 3);
	assert_false(over->withdrawn);
	assert_int_equal(over->attempts, 0);
	assert_in_range(over->due, FAKE_NOW + 23 * 3600, FAKE_NOW + 24 * 3600 - 1);
	assert_true(dated->counts);
	assert_false(other->counts);
	bench_stop(&taker.bench);
}

static void daily_max__two_at_once__the_second_waits_for_the_count(void **state)
{
	struct taker taker = { .answers_later = true };
	struct fake_notification *second;

	settings.daily_max = 1;
	settings.kinds[index_of("trial_ending")].counts = settings.kinds[index_of("trial_ended")].counts = true;
	add("trial_ending", ALICE);
	second = add("trial_ending", ALICE);
	add("trial_ended", BOB);
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_int_equal(taker.count, 2);
	assert_in_range(second->due, FAKE_NOW + 1, FAKE_NOW + 60);
	bench_stop(&taker.bench);
}

/* ---- rate, priorities, pauses ---- */

static void rate__many__as_many_a_second_and_none_of_priority_0(void **state)
{
	static const unsigned int rates[] = { 1, 10, 100, 250 };

	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct taker taker = { 0 };

		disk_clear();
		settings.rate = rates[i];
		for (int message = 0; message < 3000; message++)
			add("purchase", ALICE);
		for (int order = 0; order < 100; order++)
			add("order_completed", ALICE);
		taker_start(&taker, (struct accounts_settings){ 0 });
		for (int ms = 0; ms < 10000; ms += 10)
			clocks_pass(10);
		assert_int_equal(taken(&taker, "order_completed"), 100);
		assert_in_range(taken(&taker, "purchase"), rates[i] * 9, rates[i] * 11);
		bench_stop(&taker.bench);
	}
}

static void priorities__more_urgent_first_and_equal_ones_in_turn(void **state)
{
	struct taker taker = { 0 };
	unsigned int first_fees, purchases;

	settings.rate = 20;
	settings.kinds[index_of("trial_ended")].priority = 3;
	for (int i = 0; i < 50; i++) {
		add("trial_ended", ALICE);
		add("information_fees", ALICE);
		add("purchase", ALICE);
		add("trial_ending", ALICE);
		add("order_completed", ALICE);
	}
	taker_start(&taker, (struct accounts_settings){ 0 });
	for (int ms = 0; ms < 9000; ms += 50)
		clocks_pass(50);
	for (unsigned int i = 0; i < 50; i++)
		assert_string_equal(taker.kinds[i], "order_completed");
	/* both kinds of priority 1 come in the first half of them */
	purchases = 0;
	for (unsigned int i = 50; i < 100; i++)
		purchases += !strcmp(taker.kinds[i], "purchase");
	assert_in_range(purchases, 10, 40);
	for (first_fees = 0; strcmp(taker.kinds[first_fees], "information_fees"); first_fees++)
		;
	assert_int_equal(first_fees, 150);
	assert_int_equal(taken(&taker, "trial_ended"), taker.count > 200 ? taker.count - 200 : 0);
	bench_stop(&taker.bench);
}

static void pause__a_kind__waits_until_it_is_resumed(void **state)
{
	struct taker taker = { 0 };

	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_true(accounts_messages_pause(taker.bench.accounts, "purchase", true));
	assert_false(accounts_messages_pause(taker.bench.accounts, "purchases", true));
	assert_false(accounts_messages_pause(taker.bench.accounts, NOTIFICATION_UNANSWERED, true));
	add("purchase", ALICE);
	add("trial_ended", ALICE);
	clocks_pass(5000);
	assert_int_equal(taker.count, 1);
	assert_string_equal(taker.kinds[0], "trial_ended");
	assert_true(accounts_messages_pause(taker.bench.accounts, "purchase", false));
	clocks_pass(1000);
	assert_int_equal(taker.count, 2);
	bench_stop(&taker.bench);
}

/* ---- what a payment makes wrong; the message says that the balance is below 500 ---- */

static void holds__balance__sent_only_while_it_is_low(void **state)
{
	static const struct {
		bool later, unknown;
		int64_t balance;
		unsigned int sent;
	} table[] = {
		{ false, false, 499, 1 }, { true, false, 499, 1 }, { false, false, 500, 0 }, { true, false, 500, 0 }, { true, true, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct taker taker = { 0 };
		struct fake_notification *message;

		disk_clear();
		disk.keep_completed = true;
		disk.later = table[i].later;
		disk.unknown = table[i].unknown;
		disk.balance = table[i].balance;
		message = add("balance_low", ALICE);
		taker_start(&taker, (struct accounts_settings){ 0 });
		clocks_pass(1000);
		assert_int_equal(taker.count, table[i].sent);
		assert_true(llist_empty(&disk.notifications));
		assert_int_equal(message->withdrawn, !table[i].sent);
		bench_stop(&taker.bench);
	}
}

static void holds__cache_too_old__billing_is_asked_and_counts_if_it_answers_in_time(void **state)
{
	for (int answers = 0; answers < 2; answers++) {
		struct taker taker = { 0 };
		struct fake_notification *message;

		disk_clear();
		disk.keep_completed = true;
		message = add("balance_low", ALICE);
		taker_start(&taker, (struct accounts_settings){ .fresh_s[ACCOUNT_PROFILE] = 60 });
		assert_int_equal(taker.bench.billing->asked_count, 1);
		assert_int_equal(taker.count, 0);
		if (answers)
			fake_answer_query(taker.bench.billing, BILLING_OK);
		clocks_pass(6000);
		assert_int_equal(taker.count, !answers);
		assert_int_equal(message->withdrawn, answers);
		bench_stop(&taker.bench);
	}
}

static void holds__passed_again_and_then_sent_after_all__sent_once(void **state)
{
	struct taker taker = { .answers_later = true };

	add("balance_low", ALICE);
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_int_equal(taker.count, 1);
	disk.later = true;
	disk.later_ms = 2000;
	clocks_pass(61000);
	clocks_pass(3000);		/* listed once more, and the profile is being read */
	accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_SENT);
	for (int i = 0; i < 10; i++)
		clocks_pass(1000);
	assert_true(llist_empty(&disk.notifications));
	assert_int_equal(taker.count, 1);
	bench_stop(&taker.bench);
}

/* ---- retries ---- */

static void later__next_try_would_be_too_late__one_before(void **state)
{
	static const struct {
		int64_t expires, latest;	/* from now on */
		int64_t least, most;		/* the next try, likewise */
	} table[] = {
		{ 30000, 0, 3600, 4500 },
		{ 3000, 0, 1200, 2100 },
		{ 30000, 3000, 1200, 2100 },
		{ 30000, -1, 3600, 4500 },	/* it is too late already: the last day is left */
		{ 900, 0, 3600, 4500 },		/* no time is left */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct taker taker = { .answers_later = true };
		struct fake_notification *message;

		disk_clear();
		message = add("purchase", ALICE);
		message->attempts = 4;
		message->expires = FAKE_NOW + table[i].expires;
		message->latest = table[i].latest ? FAKE_NOW + table[i].latest : 0;
		taker_start(&taker, (struct accounts_settings){ 0 });
		assert_int_equal(taker.count, 1);
		accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_LATER);
		assert_int_equal(message->attempts, 5);
		assert_in_range(message->due - FAKE_NOW, table[i].least, table[i].most);
		bench_stop(&taker.bench);
	}
}

/* ---- for people ---- */

static void assert_described(const struct taker *taker, const char *kind, const char *line)
{
	char got[256] = "";

	accounts_messages_describe(taker->bench.accounts, index_of(kind), got, sizeof(got));
	assert_string_equal(got, line);
}

static void describe__many__a_bar_and_an_estimate(void **state)
{
	struct taker taker = { 0 };
	unsigned int waiting, sent, minute;
	char line[256];
	int at;

	settings.rate = 10;
	for (int i = 0; i < 2000; i++)
		add("purchase", ALICE);
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_described(&taker, "trial_ended", "");
	assert_int_equal(accounts_messages_describe(taker.bench.accounts, notification_kinds_count, line, sizeof(line)), -ENOENT);
	for (int ms = 0; ms < 61000; ms += 50)
		clocks_pass(50);
	assert_true(accounts_messages_pause(taker.bench.accounts, "trial_ended", true));
	assert_described(&taker, "trial_ended", "trial_ended          0 waiting, 0 sent, 0 in the last minute, PAUSED");
	accounts_messages_describe(taker.bench.accounts, index_of("purchase"), line, sizeof(line));
	assert_int_equal(sscanf(line, "purchase %u waiting, %u sent, %u in the last minute [%n", &waiting, &sent, &minute, &at), 3);
	assert_in_range(waiting, 1300, 1500);
	assert_int_equal(sent, taker.count);
	assert_in_range(minute, 540, 660);
	assert_int_equal(strspn(line + at, "#"), 20 * sent / (sent + waiting));
	assert_non_null(strstr(line, "-], about 0:02 hours left"));
	bench_stop(&taker.bench);
}

static void describe__search_makes_more__by_its_progress(void **state)
{
	struct taker taker = { 0 };

	for (int i = 0; i < 1000; i++)
		add("information_fees", ALICE)->due = FAKE_NOW + DAY_S;
	disk.searched = 250;
	taker_start(&taker, (struct accounts_settings){ 0 });
	assert_described(&taker, "information_fees",
			 "information_fees     1000 waiting, 0 sent, 0 in the last minute [#####---------------], about 0:00 hours left");
	clocks_pass(2 * HOUR_MS);
	assert_described(&taker, "information_fees",
			 "information_fees     1000 waiting, 0 sent, 0 in the last minute [#####---------------], about 6:00 hours left");
	bench_stop(&taker.bench);
}

static int setup(void **state)
{
	use_zone("UTC");
	settings = message_settings_default();
	return fakes_setup(state);
}

/* ---- one-time codes (S6) ---- */

/* Whether the last text has the code that the store knows. */
static bool code_is_stored(const struct taker *taker)
{
	const struct subscriber owner = { .msisdn = ALICE };
	uint8_t digest[CONFIRM_DIGEST_SIZE];

	accounts_code_digest(taker->bench.accounts, &owner, taker->code, strlen(taker->code), digest);
	assert_true(accounts_code_right(taker->bench.accounts, &owner, digest, taker->code, strlen(taker->code)));
	return !memcmp(digest, disk.code, sizeof(digest));
}

static void code__sent__is_stored_before(void **state)
{
	struct taker taker = {};

	disk.later = true;
	disk.later_ms = 500;
	add("order_code", ALICE);
	taker_start(&taker, (struct accounts_settings){});
	for (int i = 0; i < 20 && !disk.asked[REQUEST_PROPOSAL_CODE]; i++)
		clocks_pass(100);
	assert_int_equal(disk.asked[REQUEST_PROPOSAL_CODE], 1);
	assert_int_equal(taker.count, 0);
	clocks_pass(600);
	assert_int_equal(taker.count, 1);
	assert_int_equal(strlen(taker.code), CONFIRM_CODE_LEN);
	assert_true(code_is_stored(&taker));
	clocks_pass(600);
	assert_true(llist_empty(&disk.notifications));
	bench_stop(&taker.bench);
}

static void code__put_off__each_attempt_has_its_own(void **state)
{
	struct taker taker = { .end = NOTIFICATION_LATER };
	char first[CONFIRM_CODE_SIZE];

	add("order_code", ALICE);
	taker_start(&taker, (struct accounts_settings){});
	assert_int_equal(taker.count, 1);
	memcpy(first, taker.code, sizeof(first));
	taker.end = NOTIFICATION_SENT;
	clocks_pass(40000);
	clocks_pass(1000);
	assert_int_equal(taker.count, 2);
	assert_true(code_is_stored(&taker));
	memcpy(taker.code, first, sizeof(first));
	assert_false(code_is_stored(&taker));
	assert_int_equal(disk.asked[REQUEST_PROPOSAL_CODE], 2);
	bench_stop(&taker.bench);
}

/* A new code would make the one in that text wrong. */
static void code__still_with_the_server__no_new_one(void **state)
{
	struct taker taker = { .answers_later = true };
	struct fake_notification *added = add("order_code", ALICE);

	added->expires = FAKE_NOW + 600;
	taker_start(&taker, (struct accounts_settings){});
	for (int i = 0; i < 500; i++)
		clocks_pass(1000);
	assert_int_equal(taker.count, 1);
	assert_true(code_is_stored(&taker));
	accounts_notification_ack(taker.bench.accounts, taker.last, NOTIFICATION_SENT);
	clocks_pass(1000);
	assert_true(llist_empty(&disk.notifications));
	bench_stop(&taker.bench);
}

static void code__store_fails__tried_later(void **state)
{
	struct taker taker = {};

	disk.code_result = RESULT_UNAVAILABLE;
	add("order_code", ALICE);
	taker_start(&taker, (struct accounts_settings){});
	clocks_pass(1000);
	assert_int_equal(disk.asked[REQUEST_PROPOSAL_CODE], 1);
	assert_int_equal(taker.count, 0);
	disk.code_result = RESULT_OK;
	clocks_pass(31000);
	assert_int_equal(taker.count, 1);
	assert_true(code_is_stored(&taker));
	bench_stop(&taker.bench);
}

static void code__nothing_to_answer_any_more__withdrawn(void **state)
{
	static const enum result results[] = { RESULT_NOT_FOUND, RESULT_DUPLICATE };
	struct taker taker = {};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		disk.keep_completed = true;
		disk.code_result = results[i];
		add("order_code", ALICE);
		taker_start(&taker, (struct accounts_settings){});
		assert_int_equal(taker.count, 0);
		assert_true(llist_empty(&disk.notifications));
		assert_true(llist_first_entry(&disk.sent, struct fake_notification, entry)->withdrawn);
		bench_stop(&taker.bench);
		disk_clear();
	}
}

/* ---- ends ---- */

static void withdrawn__by_the_server__never_counted_as_sent(void **state)
{
	struct taker taker = { .end = NOTIFICATION_WITHDRAWN };
	char said[200];

	disk.keep_completed = true;
	add("push", ALICE);
	taker_start(&taker, (struct accounts_settings){});
	assert_int_equal(taker.count, 1);
	assert_true(llist_empty(&disk.notifications));
	assert_true(llist_first_entry(&disk.sent, struct fake_notification, entry)->withdrawn);
	assert_true(accounts_messages_describe(taker.bench.accounts, index_of("push"), said, sizeof(said)) > 0);
	assert_non_null(strstr(said, " 0 sent"));
	bench_stop(&taker.bench);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fakes_teardown)
	const struct CMUnitTest tests[] = {
		TEST(hours__nights_in_which_the_clock_is_changed__end_at_the_wall_clocks_eight),
		TEST(hours__end_that_is_skipped_or_comes_twice__one_stretch),
		TEST(hours__days_of_23_and_25_hours__begin_at_the_wall_clocks_midnight),
		TEST(hours__within_one_day__quiet_at_noon),
		TEST(quiet__messages__wait_for_the_end_unless_that_is_too_late),
		TEST(quiet__machines_clock_is_put_forward__ends_by_it),
		TEST(quiet__clock_stepped_in_nights_in_which_it_is_changed__each_once_and_in_time),
		TEST(F31_clock__doubted__only_what_is_waited_for_goes_on),
		TEST(daily_max__reached__waits_for_the_next_morning),
		TEST(daily_max__two_at_once__the_second_waits_for_the_count),
		TEST(rate__many__as_many_a_second_and_none_of_priority_0),
		TEST(priorities__more_urgent_first_and_equal_ones_in_turn),
		TEST(pause__a_kind__waits_until_it_is_resumed),
		TEST(holds__balance__sent_only_while_it_is_low),
		TEST(holds__cache_too_old__billing_is_asked_and_counts_if_it_answers_in_time),
		TEST(holds__passed_again_and_then_sent_after_all__sent_once),
		TEST(later__next_try_would_be_too_late__one_before),
		TEST(code__sent__is_stored_before),
		TEST(code__put_off__each_attempt_has_its_own),
		TEST(code__still_with_the_server__no_new_one),
		TEST(code__store_fails__tried_later),
		TEST(code__nothing_to_answer_any_more__withdrawn),
		TEST(withdrawn__by_the_server__never_counted_as_sent),
		TEST(describe__many__a_bar_and_an_estimate),
		TEST(describe__search_makes_more__by_its_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Brakes of password checks: rows A24, A25, A55 and A76 of tests/audit.md. */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/application.h>
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "accounts/brake.h"
#include "starhash/alarm.h"
#include "starhash/log.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/loop.h"

struct bench {
	struct brake *brake;
	struct alarms *alarms;
};

static void bench_open(struct bench *bench, unsigned int checks, unsigned int link_wrong, unsigned int guessing)
{
	struct accounts_settings settings = { .password_checks = checks, .password_link_wrong = link_wrong,
					     .password_guessing = guessing };

	time_stop();
	bench->alarms = settings.alarms = alarms_new(NULL);
	bench->brake = brake_new(NULL, &settings);
	assert_non_null(bench->brake);
}

static void bench_close(struct bench *bench)
{
	brake_free(bench->brake);
	talloc_free(bench->alarms);
	time_go_on();
}

/* From a made-up subscriber; \a trust NULL: absent from the request. */
static struct attempt attempt_by(struct bench *bench, unsigned int number, const char *link, const char *trust)
{
	struct request request;
	char msisdn[MSISDN_SIZE];

	snprintf(msisdn, sizeof(msisdn), "861390%07u", number);
	request = fixture_request(REQUEST_LINE_SUSPEND, msisdn, 1);
	fixture_arg(&request, ARG_CHANNEL, link);
	if (trust)
		fixture_arg(&request, ARG_TRUST, trust);
	return brake_attempt(bench->brake, &request);
}

static bool admits(struct bench *bench, const struct attempt *attempt)
{
	if (!brake_admits(bench->brake, attempt))
		return false;
	brake_begin(bench->brake, attempt);
	return true;
}

static void guess(struct bench *bench, unsigned int number, const char *link, const char *trust)
{
	const struct attempt attempt = attempt_by(bench, number, link, trust);

	assert_true(admits(bench, &attempt));
	brake_wrong(bench->brake, &attempt, false);
}

static const struct alarm_state *alarm_of(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_PASSWORD_GUESSING);
}

/* ---- one subscriber ---- */

static void A55_checks__of_one_subscriber__limited_per_minute(void **state)
{
	struct bench bench;
	struct attempt alice, bob;

	bench_open(&bench, 3, 0, 0);
	alice = attempt_by(&bench, 1, "gsup", "password");
	bob = attempt_by(&bench, 2, "gsup", "password");
	for (int i = 0; i < 3; i++)
		assert_true(admits(&bench, &alice));
	assert_false(admits(&bench, &alice));
	assert_true(admits(&bench, &bob));
	time_pass(60);
	assert_true(admits(&bench, &alice));
	bench_close(&bench);
}

/* Over any link: the limit is the subscriber's. */
static void A55_checks__of_one_subscriber_over_several_links__one_limit(void **state)
{
	struct bench bench;
	struct attempt dialled, texted;

	bench_open(&bench, 2, 0, 0);
	dialled = attempt_by(&bench, 1, "gsup", "password");
	texted = attempt_by(&bench, 1, "sms", "read+code");
	assert_true(admits(&bench, &dialled));
	assert_true(admits(&bench, &texted));
	assert_false(admits(&bench, &dialled));
	bench_close(&bench);
}

/* A lock on untrusted links holds for those alone; a minute later the store is asked again. */
static void S4_lock__reported_by_the_store__remembered_for_a_minute(void **state)
{
	struct bench bench;
	struct attempt dialled, texted;
	int64_t until;

	bench_open(&bench, 1, 0, 0);
	dialled = attempt_by(&bench, 1, "gsup", "password");
	texted = attempt_by(&bench, 1, "sms", "read+code");
	brake_locked(bench.brake, &texted, 1000);
	assert_false(brake_knows_lock(bench.brake, &dialled, 999, &until));
	assert_true(brake_knows_lock(bench.brake, &texted, 999, &until));
	assert_int_equal(until, 1000);
	assert_false(brake_knows_lock(bench.brake, &texted, 1000, &until));
	brake_locked(bench.brake, &dialled, 0);		/* for good, over all links */
	assert_true(brake_knows_lock(bench.brake, &dialled, 2000, &until));
	assert_int_equal(until, 0);
	assert_true(brake_knows_lock(bench.brake, &texted, 2000, &until));
	assert_int_equal(until, 0);
	brake_unlocked(bench.brake, &texted);
	assert_false(brake_knows_lock(bench.brake, &dialled, 999, &until));
	brake_locked(bench.brake, &dialled, 1000);
	time_pass(60);
	assert_false(brake_knows_lock(bench.brake, &dialled, 999, &until));
	bench_close(&bench);
}

/* More subscribers than are remembered: each still gets its checks, and repeated attempts do not get more. */
static void A55_checks__of_many_subscribers__none_is_refused(void **state)
{
	struct bench bench;
	struct attempt attempt;

	bench_open(&bench, 1, 0, 0);
	for (unsigned int i = 0; i < 20000; i++) {
		attempt = attempt_by(&bench, i, "gsup", "password");
		assert_true(admits(&bench, &attempt));
	}
	assert_false(admits(&bench, &attempt));
	bench_close(&bench);
}

static void A55_checks__no_limit_set__unlimited(void **state)
{
	struct bench bench;
	struct attempt attempt;

	bench_open(&bench, 0, 0, 0);
	attempt = attempt_by(&bench, 1, "gsup", "password");
	for (int i = 0; i < 1000; i++)
		assert_true(admits(&bench, &attempt));
	bench_close(&bench);
}

/* ---- one link ---- */

static void A24_wrong__over_an_untrusted_link__limited_per_minute(void **state)
{
	struct bench bench;
	struct attempt more, other, trusted;

	bench_open(&bench, 0, 5, 0);
	for (unsigned int i = 0; i < 5; i++)
		guess(&bench, i, "sms", "read+code");
	more = attempt_by(&bench, 100, "sms", "read");
	other = attempt_by(&bench, 100, "sms2", "read");
	trusted = attempt_by(&bench, 100, "gsup", "password");
	assert_false(admits(&bench, &more));
	assert_true(admits(&bench, &other));
	assert_true(admits(&bench, &trusted));
	time_pass(60);
	assert_true(admits(&bench, &more));
	bench_close(&bench);
}

/* A lock per number is enough there: the link identifies the subscriber. */
static void A24_wrong__over_a_trusted_link__no_limit_of_the_link(void **state)
{
	struct bench bench;

	bench_open(&bench, 0, 5, 0);
	for (unsigned int i = 0; i < 100; i++)
		guess(&bench, i, "gsup", i % 2 ? "password" : NULL);
	bench_close(&bench);
}

/* ---- many numbers ---- */

/* Two of the many numbers share a slot of the brake's memory: then the alarm takes one number more. */
static void guess_until_alarm(struct bench *bench, unsigned int number, const char *link, const char *trust)
{
	for (unsigned int i = number; i < number + 3 && !alarm_of(bench)->raised; i++)
		guess(bench, i, link, trust);
	assert_true(alarm_of(bench)->raised);
}

static void A25_guessing__many_numbers_over_one_link__alarm_that_names_it(void **state)
{
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 40; i++)
		guess(&bench, i % 4, "sms", "read");
	assert_false(alarm_of(&bench)->raised);
	guess_until_alarm(&bench, 4, "sms", "read");
	assert_string_equal(alarm_of(&bench)->text, "wrong passwords for 5 numbers within ten minutes over link sms");
	bench_close(&bench);
}

static void A25_guessing__many_numbers_over_several_links__alarm(void **state)
{
	static const char *const links[] = { "sms", "gsup", "console", "smpp_ussd", "sms2" };
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 4; i++)
		guess(&bench, i, links[i], "password");
	assert_false(alarm_of(&bench)->raised);
	guess_until_alarm(&bench, 4, links[4], "password");
	assert_string_equal(alarm_of(&bench)->text, "wrong passwords or one-time codes for 5 numbers within ten minutes");
	bench_close(&bench);
}

static void A25_guessing__spread_over_a_day__no_alarm(void **state)
{
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 100; i++) {
		guess(&bench, i, "sms", "read");
		time_pass(300);
	}
	assert_int_equal(alarm_of(&bench)->count, 0);
	bench_close(&bench);
}

static void A25_guessing__stopped__alarm_ends_with_the_next_quiet_time(void **state)
{
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 9; i++)	/* a few may share a bit of the set */
		guess(&bench, i, "sms", "read");
	assert_true(alarm_of(&bench)->raised);
	time_pass(601);
	guess(&bench, 1, "sms", "read");
	assert_false(alarm_of(&bench)->raised);
	bench_close(&bench);
}

/* No further mistake is needed on the link of the guesses. */
static void A25_guessing__stopped__alarm_ends_with_a_mistake_over_any_link(void **state)
{
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 9; i++)	/* a few may share a bit of the set */
		guess(&bench, i, "sms", "read");
	time_pass(300);
	guess(&bench, 20, "gsup", "password");
	assert_true(alarm_of(&bench)->raised);
	time_pass(601);
	guess(&bench, 20, "gsup", "password");
	assert_false(alarm_of(&bench)->raised);
	bench_close(&bench);
}

static void A25_guessing__one_time_codes_of_many_numbers__alarm(void **state)
{
	struct subscriber subscriber = {};
	struct bench bench;

	bench_open(&bench, 0, 0, 5);
	for (unsigned int i = 0; i < 9; i++) {		/* a few may share a bit of the set */
		snprintf(subscriber.msisdn, sizeof(subscriber.msisdn), "861390%07u", i);
		brake_wrong_code(bench.brake, &subscriber);
		brake_wrong_code(bench.brake, &subscriber);
	}
	assert_true(alarm_of(&bench)->raised);
	bench_close(&bench);
}

/* ---- counters ---- */

static uint64_t counted(const char *name)
{
	const struct rate_ctr_group *group = rate_ctr_get_group_by_name_idx("password", 0);

	assert_non_null(group);
	return rate_ctr_get_by_name(group, name)->current;
}

static void A76_counters__by_kind_of_link(void **state)
{
	struct bench bench;
	struct attempt texted, dialled;

	bench_open(&bench, 3, 1, 0);
	texted = attempt_by(&bench, 1, "sms", "order+code");
	dialled = attempt_by(&bench, 1, "gsup", "password");
	brake_wrong(bench.brake, &texted, true);
	brake_wrong(bench.brake, &dialled, false);
	brake_wrong(bench.brake, &dialled, true);
	assert_false(admits(&bench, &texted));
	for (int i = 0; i < 5; i++)
		admits(&bench, &dialled);
	assert_int_equal(counted("wrong:untrusted"), 1);
	assert_int_equal(counted("locks:untrusted"), 1);
	assert_int_equal(counted("wrong:trusted"), 2);
	assert_int_equal(counted("locks:trusted"), 1);
	assert_int_equal(counted("refused:link"), 1);
	assert_int_equal(counted("refused:subscriber"), 2);
	bench_close(&bench);
}

/* Links beyond the number of places share the last place. */
static void brake__more_links_than_places__share_one(void **state)
{
	struct bench bench;
	struct attempt attempt = {};
	char name[16];

	bench_open(&bench, 0, 0, 0);
	for (unsigned int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "link%u", i);
		attempt = attempt_by(&bench, 1, name, "read");
		assert_true(attempt.untrusted);
	}
	assert_int_equal(attempt.source, 63);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A55_checks__of_one_subscriber__limited_per_minute),
		cmocka_unit_test(A55_checks__of_one_subscriber_over_several_links__one_limit),
		cmocka_unit_test(S4_lock__reported_by_the_store__remembered_for_a_minute),
		cmocka_unit_test(A55_checks__of_many_subscribers__none_is_refused),
		cmocka_unit_test(A55_checks__no_limit_set__unlimited),
		cmocka_unit_test(A24_wrong__over_an_untrusted_link__limited_per_minute),
		cmocka_unit_test(A24_wrong__over_a_trusted_link__no_limit_of_the_link),
		cmocka_unit_test(A25_guessing__many_numbers_over_one_link__alarm_that_names_it),
		cmocka_unit_test(A25_guessing__many_numbers_over_several_links__alarm),
		cmocka_unit_test(A25_guessing__spread_over_a_day__no_alarm),
		cmocka_unit_test(A25_guessing__stopped__alarm_ends_with_the_next_quiet_time),
		cmocka_unit_test(A25_guessing__stopped__alarm_ends_with_a_mistake_over_any_link),
		cmocka_unit_test(A25_guessing__one_time_codes_of_many_numbers__alarm),
		cmocka_unit_test(A76_counters__by_kind_of_link),
		cmocka_unit_test(brake__more_links_than_places__share_one),
	};

	log_start(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	rate_ctr_init(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

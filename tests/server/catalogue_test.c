/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A66: prices and retention that change too much wait for an operator, at a reload and at a start. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/alarm.h"
#include "starhash/conf.h"
#include "starhash/log.h"
#include "store/sqlite/connection.h"
#include "tests/cmocka.h"
#include "tests/support/accounts.h"
#include "tests/support/database.h"
#include "tests/support/reload.h"

struct bench {
	struct alarms *alarms;
	struct server *server;
	char folder[64];		/* of the menu */
	unsigned int loaded, refused;	/* calls of menu_loaded(), by result */
	int refused_as;			/* the last refusal */
	char file[DATABASE_NAME_SIZE];
};

static struct menu *load_menu(void *user, struct menu_copy **copy, struct problems *problems)
{
	const struct text_limits limits = { text_budget_ussd(160), text_budget_ussd(160) };
	const struct bench *bench = user;
	char path[128];

	snprintf(path, sizeof(path), "%s/menu.cfg", bench->folder);
	return conf_menu_load(path, actions_all(), limits, problems);
}

static void menu_loaded(void *user, int rc, const struct problems *problems, struct menu_copy *copy)
{
	struct bench *bench = user;

	bench->loaded += !rc;
	bench->refused += rc != 0;
	assert_int_equal(problems->errors > 0, rc != 0);
	if (rc)
		bench->refused_as = rc;
}

static void shell(const char *format, const char *argument, const char *folder)
{
	char command[512];

	snprintf(command, sizeof(command), format, argument, folder);
	assert_int_equal(system(command), 0);
}

static void edit_menu(const struct bench *bench, const char *expression)
{
	shell("sed -i '%s' %s/menu.cfg", expression, bench->folder);
}

static void start(struct bench *bench, const char *retention)
{
	const struct accounts_settings with = {
		.store = "sqlite", .file = bench->file, .deadline_ms = 5000, .password_tries = 3, .requests_max = 16,
		.catalogue_change_percent = 50, .retention = retention,
	};
	const struct server_settings settings = { .dialogs_max = 10, .load_menu = load_menu, .menu_loaded = menu_loaded, .user = bench,
						  .alarms = bench->alarms };
	const struct request housekeep = { .kind = REQUEST_HOUSEKEEP };
	struct problems problems = {};
	struct accounts *accounts;

	bench->server = server_new(NULL, &settings);
	server_set_menu(bench->server, load_menu(bench, NULL, &problems));
	assert_int_equal(problems.errors, 0);
	problems_fini(&problems);	/* warnings */
	assert_int_equal(accounts_new(NULL, &with, server_accounts_done, &accounts), 0);
	server_set_accounts(bench->server, accounts);
	accounts_post(accounts, &housekeep);	/* records the retention; complete before the store closes */
}

static void restart(struct bench *bench, const char *retention)
{
	server_free(bench->server);	/* by then the store has written everything */
	start(bench, retention);
}

static void bench_open(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	bench->alarms = alarms_new(NULL);
	database_fixture(bench->file);
	strcpy(bench->folder, "/tmp/starhash-catalogue-test-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	shell("cp %s/engine/fixture/*.cfg %s", FIXTURES, bench->folder);
	shell("chmod %s %s/*", "u+w", bench->folder);
	start(bench, "consents 1000");
}

static void bench_close(struct bench *bench)
{
	server_free(bench->server);
	talloc_free(bench->alarms);
	database_unlink(bench->file);
	shell("rm %s %s", "-r", bench->folder);
}

/* The prices that subscribers are charged, read after the store has closed. */
static int64_t query(const struct bench *bench, const char *sql)
{
	return database_number(bench->file, sql);
}

static int64_t charged(const struct bench *bench)
{
	return query(bench, "SELECT price FROM service WHERE service = 'NEWS'");
}

static int64_t shown(const struct bench *bench)
{
	return catalogue_find(menu_catalogue(bench->server->menu), "NEWS", 4)->price;
}

static bool held(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_CATALOGUE_PENDING)->raised;
}

static int reload(struct bench *bench, char *said, size_t size)
{
	struct problems problems = {};
	const int rc = reload_now(bench->server, &problems);

	said[0] = '\0';
	for (size_t i = 0; i < problems.count; i++)
		if (problems.list[i].severity == PROBLEM_ERROR)
			problem_print(&problems.list[i], said, size);
	problems_fini(&problems);
	return rc;
}

static void F38_reload__price_a_hundred_times_too_high__whole_menu_waits_for_an_operator(void **state)
{
	struct bench bench;
	char said[512];

	bench_open(&bench);
	edit_menu(&bench, "s/price = 300;/price = 400;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), 0);
	assert_false(held(&bench));
	edit_menu(&bench, "s/price = 400;/price = 40000;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EPERM);
	assert_non_null(strstr(said, "service NEWS costs 40000 (month), previously 400 (month)"));
	assert_non_null(strstr(said, "until an operator enters \"catalogue accept\""));
	assert_true(held(&bench));
	assert_int_equal(shown(&bench), 400);
	assert_true(server_catalogue_accept(bench.server));
	assert_false(held(&bench));
	assert_int_equal(shown(&bench), 40000);
	assert_false(server_catalogue_accept(bench.server));
	restart(&bench, "consents 1000");
	assert_false(held(&bench));
	assert_int_equal(charged(&bench), 40000);
	bench_close(&bench);
}

static void F38_reload__mistake_corrected__accepted_and_the_alarm_ends(void **state)
{
	struct bench bench;
	char said[512];

	bench_open(&bench);
	edit_menu(&bench, "s/price = 300;/price = 30000;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EPERM);
	edit_menu(&bench, "s/price = 30000;/price = 310;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), 0);
	assert_false(held(&bench));
	assert_int_equal(shown(&bench), 310);
	bench_close(&bench);
}

static bool old(const struct bench *bench)
{
	return alarm_state(bench->alarms, ALARM_MENU_OLD)->raised;
}

/* The daemon saves a menu, and informs systemd, when it is in service and not before. */
static void reload__each_result__reported_once_and_the_alarm_lasts_until_a_menu_is_in_service(void **state)
{
	struct bench bench;
	char said[512];

	bench_open(&bench);
	assert_int_equal(bench.loaded, 0);
	edit_menu(&bench, "s/price = 300;/price = 300 300;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EINVAL);
	assert_int_equal(bench.refused, 1);
	assert_int_equal(bench.refused_as, -EINVAL);
	assert_true(old(&bench));
	assert_non_null(strstr(alarm_state(bench.alarms, ALARM_MENU_OLD)->text, "menu.cfg:"));
	edit_menu(&bench, "s/price = 300 300;/price = 30000;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EPERM);
	assert_int_equal(bench.refused, 2);
	assert_int_equal(bench.refused_as, -EPERM);
	assert_true(old(&bench));
	assert_int_equal(bench.loaded, 0);
	assert_true(server_catalogue_accept(bench.server));
	assert_int_equal(bench.loaded, 1);
	assert_false(old(&bench));
	assert_int_equal(reload(&bench, said, sizeof(said)), 0);
	assert_int_equal(bench.loaded, 2);
	assert_int_equal(bench.refused, 2);
	bench_close(&bench);
}

/* What waits can still be accepted, and the alarm says so; but then the files have errors that the accepted menu has not. */
static void F38_reload__fails_while_a_menu_waits__it_still_waits(void **state)
{
	struct bench bench;
	char said[512];

	bench_open(&bench);
	edit_menu(&bench, "s/price = 300;/price = 30000;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EPERM);
	edit_menu(&bench, "s/price = 30000;/price = 300 300;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), -EINVAL);
	assert_true(held(&bench));
	assert_true(server_catalogue_accept(bench.server));
	assert_false(held(&bench));
	assert_int_equal(shown(&bench), 30000);
	assert_true(old(&bench));
	edit_menu(&bench, "s/price = 300 300;/price = 30000;/");
	assert_int_equal(reload(&bench, said, sizeof(said)), 0);
	assert_false(old(&bench));
	bench_close(&bench);
}

static void reload__no_descriptor_for_a_thread__reported_counted_and_alarm_raised(void **state)
{
	struct rlimit limit, none;
	struct bench bench;
	char said[512];

	bench_open(&bench);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(reload(&bench, said, sizeof(said)), -EAGAIN);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_non_null(strstr(said, "out of threads"));
	assert_int_equal(bench.refused_as, -EAGAIN);
	assert_int_equal(rate_ctr_group_get_ctr(bench.server->counters, COUNT_RELOADS_FAILED)->current, 1);
	assert_true(old(&bench));
	assert_int_equal(reload(&bench, said, sizeof(said)), 0);
	assert_false(old(&bench));
	bench_close(&bench);
}

/* The previous menu is gone: the new one is served with the prices of the store. */
static void F38_start__price_a_hundred_times_too_high__charged_as_before_until_accepted(void **state)
{
	struct bench bench;

	bench_open(&bench);
	edit_menu(&bench, "s/price = 300;/price = 30000;/");
	restart(&bench, "consents 1000");
	assert_true(held(&bench));
	restart(&bench, "consents 1000");
	assert_true(held(&bench));
	assert_int_equal(charged(&bench), 300);
	assert_true(server_catalogue_accept(bench.server));
	assert_false(held(&bench));
	restart(&bench, "consents 1000");
	assert_false(held(&bench));
	assert_int_equal(charged(&bench), 30000);
	bench_close(&bench);
}

static void F38_start__retention_much_shorter__longer_one_applies_until_accepted(void **state)
{
	struct bench bench;

	bench_open(&bench);
	restart(&bench, "consents 600");
	assert_false(held(&bench));
	restart(&bench, "consents 6");
	assert_true(held(&bench));
	assert_non_null(strstr(alarm_state(bench.alarms, ALARM_CATALOGUE_PENDING)->text,
			       "\"consents\" would be only 6 days instead of 600"));
	assert_int_equal(query(&bench, "SELECT days FROM retention WHERE kind = 'consents'"), 600);
	assert_true(server_catalogue_accept(bench.server));
	assert_false(held(&bench));
	restart(&bench, "consents 6");
	assert_false(held(&bench));
	assert_int_equal(query(&bench, "SELECT days FROM retention WHERE kind = 'consents'"), 6);
	bench_close(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(F38_reload__price_a_hundred_times_too_high__whole_menu_waits_for_an_operator),
		cmocka_unit_test(F38_reload__mistake_corrected__accepted_and_the_alarm_ends),
		cmocka_unit_test(reload__each_result__reported_once_and_the_alarm_lasts_until_a_menu_is_in_service),
		cmocka_unit_test(F38_reload__fails_while_a_menu_waits__it_still_waits),
		cmocka_unit_test(reload__no_descriptor_for_a_thread__reported_counted_and_alarm_raised),
		cmocka_unit_test(F38_start__price_a_hundred_times_too_high__charged_as_before_until_accepted),
		cmocka_unit_test(F38_start__retention_much_shorter__longer_one_applies_until_accepted),
	};
	void *ctx = talloc_named_const(NULL, 0, "catalogue_test");
	int rc;

	log_start(ctx);
	rate_ctr_init(ctx);
	database_start();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	log_fini();
	talloc_free(ctx);
	return rc;
}

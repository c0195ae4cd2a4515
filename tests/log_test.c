/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Masked numbers, rare log lines, and every category named. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <osmocom/core/application.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "starhash/log.h"
#include "tests/cmocka.h"

static void log_masked__numbers__only_both_ends_shown(void **state)
{
	static const struct {
		const char *number, *masked;
	} cases[] = {
		{ "13800138000", "13*******00" },
		{ "262420000000001", "26***********01" },
		{ "10086", "10*86" },
		{ "1008", "****" },
		{ "1", "*" },
		{ "", "" },
		{ "1234567890123456789012345", "12***************89" },
		{ "\n\033BANK\r\x7f", "??****??" },
	};
	char out[MASKED_SIZE];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(log_masked(cases[i].number, out), cases[i].masked);
}

static void log_allowed__many_in_an_interval__first_and_count(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int suppressed = 99;

	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_clock_override_gettimespec(CLOCK_MONOTONIC)->tv_sec = 0;
	assert_true(log_allowed(&limit, 10, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(log_allowed(&limit, 10, &suppressed));
	osmo_clock_override_add(CLOCK_MONOTONIC, 9, 0);
	assert_false(log_allowed(&limit, 10, &suppressed));
	osmo_clock_override_add(CLOCK_MONOTONIC, 2, 0);
	assert_true(log_allowed(&limit, 10, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_false(log_allowed(&limit, 10, &suppressed));
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
}

static void log_categories__every_topic__has_name_and_description(void **state)
{
	int i;

	assert_int_equal(log_categories.num_cat, LOG_TOPIC_COUNT);
	for (i = 0; i < LOG_TOPIC_COUNT; i++) {
		assert_non_null(log_categories.cat[i].name);
		assert_non_null(log_categories.cat[i].description);
	}
}

/* Start logging with standard error in a file, and read what one line looks like there. */
static void log_start__no_terminal__category_level_time_and_no_colour(void **state)
{
	void *ctx = talloc_named_const(NULL, 0, "log_test");
	int saved = dup(STDERR_FILENO), file = memfd_create("log", 0);
	char line[256];
	ssize_t len;

	dup2(file, STDERR_FILENO);
	log_start(ctx);
	LOGP(DMENU, LOGL_NOTICE, "tree 2 is live\n");
	dup2(saved, STDERR_FILENO);
	len = pread(file, line, sizeof(line) - 1, 0);
	assert_true(len > 0);
	line[len] = '\0';
	assert_true(line[0] >= '0' && line[0] <= '9');
	assert_non_null(strstr(line, "DMENU NOTICE tree 2 is live\n"));
	assert_null(strchr(line, '\033'));
	close(saved);
	close(file);
	log_fini();
	talloc_free(ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_masked__numbers__only_both_ends_shown),
		cmocka_unit_test(log_allowed__many_in_an_interval__first_and_count),
		cmocka_unit_test(log_categories__every_topic__has_name_and_description),
		cmocka_unit_test(log_start__no_terminal__category_level_time_and_no_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Masked numbers, rate-limited log lines, and a name for every category. */
#include <fcntl.h>
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

static void log_allowed__many_in_an_interval__first_line_and_count(void **state)
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

/* Start logging with standard error in a file, and read one line of it. libosmocore starts only once in a process: the tests
 * below use this start. */
static void log_start__no_terminal__category_level_time_and_no_colour(void **state)
{
	int saved = dup(STDERR_FILENO), file = memfd_create("log", 0);
	char line[256];
	ssize_t len;

	dup2(file, STDERR_FILENO);
	log_start(NULL);
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
}

static void log_burst__groups_of_lines__limited_and_counted_A40(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int suppressed, i;

	osmo_clock_override_enable(CLOCK_MONOTONIC, true);
	osmo_clock_override_gettimespec(CLOCK_MONOTONIC)->tv_sec = 100;
	for (i = 0; i < 10; i++)
		assert_int_equal(log_burst(&limit, 3, 60, &suppressed), i < 3);
	osmo_clock_override_add(CLOCK_MONOTONIC, 61, 0);
	assert_true(log_burst(&limit, 3, 60, &suppressed));
	assert_int_equal(suppressed, 7);
	assert_true(log_burst(&limit, 3, 60, &suppressed));
	assert_int_equal(suppressed, 0);
	osmo_clock_override_enable(CLOCK_MONOTONIC, false);
}

/* Nobody reads the pipe: if logging blocked, alarm() would end the test. */
static void log__pipe_without_a_reader__drops_counts_and_continues_A41(void **state)
{
	static char all[1 << 20];
	int saved = dup(STDERR_FILENO), ends[2], i;
	size_t len = 0;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	alarm(30);
	for (i = 0; i < 4000; i++)
		LOGP(DMENU, LOGL_NOTICE, "line %d of many that nobody reads\n", i);
	alarm(0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	while ((n = read(ends[0], all + len, sizeof(all) - len)) > 0)
		len += n;
	assert_true(len >= 4096);
	assert_int_equal(all[len - 1], '\n');
	LOGP(DMENU, LOGL_NOTICE, "somebody reads again\n");
	dup2(saved, STDERR_FILENO);
	n = read(ends[0], all, sizeof(all) - 1);
	assert_true(n > 0);
	all[n] = '\0';
	assert_non_null(strstr(all, "log lines were dropped: nobody read them\n"));
	assert_non_null(strstr(all, "DMENU NOTICE somebody reads again\n"));
	close(ends[0]);
	close(saved);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_masked__numbers__only_both_ends_shown),
		cmocka_unit_test(log_allowed__many_in_an_interval__first_line_and_count),
		cmocka_unit_test(log_categories__every_topic__has_name_and_description),
		cmocka_unit_test(log_start__no_terminal__category_level_time_and_no_colour),
		cmocka_unit_test(log_burst__groups_of_lines__limited_and_counted_A40),
		cmocka_unit_test(log__pipe_without_a_reader__drops_counts_and_continues_A41),
	};

	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	log_fini();
	return rc;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When an alarm is texted to those on duty, and how they are configured. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>

#include "daemon/duty.h"
#include "daemon/settings.h"
#include "tests/cmocka.h"

#define HOUR_S INT64_C(3600)
#define NOW INT64_C(1795161600)

static void calls__raised__at_first_and_while_it_lasts(void **state)
{
	static const struct duty_settings settings = { .alarms = 1u << ALARM_TICKETS_LATE, .repeat_s = 24 * HOUR_S };
	static const struct {
		const char *what;
		enum alarm alarm;
		bool raised;
		int64_t since, texted;
		bool calls;
	} table[] = {
		{ "not raised", ALARM_TICKETS_LATE, false, 0, 0, false },
		{ "raised", ALARM_TICKETS_LATE, true, NOW, 0, true },
		{ "another one", ALARM_TICKETS_SOON, true, NOW, 0, false },
		{ "just texted", ALARM_TICKETS_LATE, true, NOW - 10, NOW - 10, false },
		{ "lasts for 23 hours", ALARM_TICKETS_LATE, true, NOW - 23 * HOUR_S, NOW - 23 * HOUR_S, false },
		{ "lasts for 24 hours", ALARM_TICKETS_LATE, true, NOW - 24 * HOUR_S, NOW - 24 * HOUR_S, true },
		{ "again after a minute", ALARM_TICKETS_LATE, true, NOW, NOW - 60, false },
		{ "again after an hour", ALARM_TICKETS_LATE, true, NOW, NOW - HOUR_S, true },
		{ "cleared, and texted before", ALARM_TICKETS_LATE, false, NOW - HOUR_S, NOW - HOUR_S, false },
		{ "texted by a clock that was wrong", ALARM_TICKETS_LATE, true, NOW - HOUR_S, NOW + 24 * HOUR_S, true },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		const struct alarm_state alarm = { .raised = table[i].raised, .since_s = table[i].since };

		if (duty_calls(&settings, table[i].alarm, &alarm, table[i].texted, NOW) != table[i].calls)
			fail_msg("%s", table[i].what);
	}
}

/* Returns the number of mistakes. */
static size_t settings_of(struct configuration *configuration, const char *group)
{
	char path[] = "/tmp/starhash-duty-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	struct problems problems = {};
	size_t errors;

	assert_non_null(file);
	fprintf(file, "menu = \"m\";\naccounts = \"a\";\nsms = { numbers = \"10086\"; };\n%s", group);
	fclose(file);
	*configuration = (struct configuration){ .ctx = talloc_named_const(NULL, 0, "duty test") };
	settings_read(configuration, path, &problems);
	unlink(path);
	errors = problems.errors;
	problems_fini(&problems);
	return errors;
}

static void settings__group__phones_and_alarms(void **state)
{
	static const struct {
		const char *group;
		size_t errors;
		unsigned int numbers;
		uint32_t alarms;
	} table[] = {
		{ "", 0, 0, 0 },
		{ "duty = { numbers = \"8613800138009\"; };", 0, 1, 1u << ALARM_TICKETS_LATE },
		{ "duty = { numbers = \" 8613800138009  8613800138010 \"; alarms = \"menu:old tickets:soon\"; };", 0, 2,
		  1u << ALARM_MENU_OLD | 1u << ALARM_TICKETS_SOON },
		{ "duty = { numbers = \"8613800138009\"; alarms = \"all\"; };", 0, 1, UINT32_MAX },
		{ "duty = { };", 1, 0, 0 },
		{ "duty = { numbers = \"+8613800138009 12 1234567890123456\"; };", 3, 0, 1u << ALARM_TICKETS_LATE },
		{ "duty = { numbers = \"8613800138009\"; alarms = \"tickets\"; };", 1, 1, 0 },
		{ "duty = { numbers = \"1000001 1000002 1000003 1000004 1000005 1000006 1000007 1000008 1000009\"; };", 1, 8,
		  1u << ALARM_TICKETS_LATE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct configuration configuration;
		const size_t errors = settings_of(&configuration, table[i].group);

		if (errors != table[i].errors || configuration.duty.numbers_count != table[i].numbers ||
		    configuration.duty.alarms != table[i].alarms)
			fail_msg("%s: %zu errors, %u numbers, alarms %x", table[i].group, errors, configuration.duty.numbers_count,
				 configuration.duty.alarms);
		settings_fini(&configuration);
		talloc_free(configuration.ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls__raised__at_first_and_while_it_lasts),
		cmocka_unit_test(settings__group__phones_and_alarms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

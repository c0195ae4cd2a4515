/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of menus/README.md agree with the code: actions, fields, system texts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "menu/former.h"
#include "menu/tree.h"
#include "starhash/action.h"
#include "starhash/notification.h"
#include "tests/cmocka.h"

static char manual[256 * 1024];

static void append(char *row, const char *text)
{
	strcat(strcat(strcat(row, "`"), text), "` ");
}

static void append_fields(char *row, const uint16_t *fields, unsigned int max)
{
	for (unsigned int i = 0; i < max && fields[i]; i++)
		append(row, field_info(fields[i])->name);
}

/* | `service.activate` | do | `service` | `done` `already` `refused` | | */
static void print_action(const struct menu_action *action, char *row)
{
	sprintf(row, "| `%s` | %s | ", action->name, action->lists ? "list" : "do");
	append_fields(row, action->params, ACTION_PARAMS_MAX);
	strcat(row, "| ");
	for (unsigned int i = 0; i < ACTION_OUTCOMES_MAX && action->outcomes[i]; i++)
		append(row, action->outcomes[i]);
	strcat(row, "| ");
	append_fields(row, action->fields, ACTION_FIELDS_MAX);
	strcat(row, "|\n");
}

static void expect_row(const char *row)
{
	if (!strstr(manual, row))
		fail_msg("menus/README.md has no row that begins: %s", row);
}

static void manual__actions__all_with_params_outcomes_and_fields(void **state)
{
	char row[512];

	for (const struct menu_action *const *action = actions_all(); *action; action++) {
		print_action(*action, row);
		expect_row(row);
	}
}

static void manual__notifications__all_with_their_facts(void **state)
{
	for (unsigned int i = 0; i < notification_kinds_count; i++) {
		const struct notification_kind *kind = &notification_kinds[i];
		const char *at;
		char row[160];

		if (!notification_has_page(kind))
			continue;
		snprintf(row, sizeof(row), "\n| `%s` | ", kind->name);
		at = strstr(manual, row);
		if (!at)
			fail_msg("menus/README.md has no row of the notification '%s'", kind->name);
		for (unsigned int k = 0; k < NOTIFICATION_FACTS_MAX && kind->facts[k]; k++) {
			snprintf(row, sizeof(row), "`%s`", field_info(kind->facts[k])->name);
			if (!strstr(at, row) || strstr(at, row) > strchr(at + 1, '\n'))
				fail_msg("menus/README.md does not say that '%s' may show '%s'", kind->name, row);
		}
	}
}

static void manual__fields__all_with_type_and_width(void **state)
{
	static const char *const types[] = { "text", "code", "money", "count", "date", "month", "time" };
	char row[160];

	for (enum field field = FIELD_NONE + 1; field < FIELD_COUNT; field++) {
		const struct field_info *info = field_info(field);

		snprintf(row, sizeof(row), "| `%s` | %s | %u | ", info->name, types[info->type], info->width);
		expect_row(row);
	}
}

static void manual__system_texts__all(void **state)
{
	static const char *const names[] = {
#define X(id, name) name,
		SYSTEM_TEXTS(X)
#undef X
	};
	char row[80];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(row, sizeof(row), "| `%s` | ", names[i]);
		expect_row(row);
	}
}

static int read_manual(void **state)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/menus/README.md", srcdir ? srcdir : ".");
	file = fopen(path, "r");
	if (!file)
		return -1;
	manual[fread(manual, 1, sizeof(manual) - 1, file)] = '\0';
	fclose(file);
	return 0;
}

static void former_names__actions__lead_to_present_ones(void **state)
{
	static const char *const former[] = { "service.open", "service.cancel", "service.keep", "trial.keep" };
	struct problems problems = { 0 };
	size_t found = 0;

	for (const struct menu_action *const *action = actions_all(); *action; action++) {
		assert_null(former_name(FORMER_ACTION, (*action)->name));
		for (size_t i = 0; i < sizeof(former) / sizeof(former[0]); i++)
			found += !strcmp(former_name(FORMER_ACTION, former[i]), (*action)->name);
	}
	assert_int_equal(found, sizeof(former) / sizeof(former[0]));
	assert_null(former_name(FORMER_FIELD, "service"));
	assert_false(former_suggest(NULL, FORMER_ENTRY, "page"));
	assert_true(former_suggest(problems_add(&problems, NULL, "unknown name 'notice'"), FORMER_ENTRY, "notice"));
	assert_string_equal(problems.list[0].remedy, "it is now called 'notification'");
	problems_fini(&problems);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual__actions__all_with_params_outcomes_and_fields),
		cmocka_unit_test(manual__notifications__all_with_their_facts),
		cmocka_unit_test(manual__fields__all_with_type_and_width),
		cmocka_unit_test(manual__system_texts__all),
		cmocka_unit_test(former_names__actions__lead_to_present_ones),
	};

	return cmocka_run_group_tests(tests, read_manual, NULL);
}

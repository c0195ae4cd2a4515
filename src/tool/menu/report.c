/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Problems of a menu for people, editors and programs. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "starhash/conf.h"
#include "starhash/text.h"
#include "tool/menu/report.h"

/* https://no-color.org: any value but "" switches colours off. */
static bool wants_colour(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDERR_FILENO) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

static void report_text(const struct problem *problem, bool colour)
{
	char text[PROBLEM_SIZE];
	size_t first;

	problem_print(problem, text, sizeof(text));
	first = strcspn(text, "\n");
	if (colour)
		fprintf(stderr, "\033[1;%dm%.*s\033[0m%s", problem->severity == PROBLEM_ERROR ? 31 : 35, (int)first, text, text + first);
	else
		fputs(text, stderr);
}

/* As GCC does, so that editors find the place: "menu.cfg:7:3: error: text". */
static void report_gcc(const struct problem *problem)
{
	fprintf(stderr, "%s:", problem->file ? problem->file : "starhash-menu");
	if (problem->file)
		fprintf(stderr, "%u:", problem->line ? problem->line : 1);
	if (problem->file && problem->column)
		fprintf(stderr, "%u:", problem->column);
	fprintf(stderr, " %s: %s%s%s\n", problem->severity == PROBLEM_ERROR ? "error" : "warning", problem->text,
		problem->remedy ? ": " : "", problem->remedy ? problem->remedy : "");
}

/* Octets that are not UTF-8, such as those of a file's name, become U+FFFD. */
static json_t *string_or_null(const char *text)
{
	const char *pos = text, *end = text ? text + strlen(text) : NULL;
	char *valid = text ? malloc(3 * (end - text) + 1) : NULL;
	size_t len = 0;
	json_t *json;

	if (!text)
		return json_null();
	if (!valid)
		abort();
	while (pos < end)
		len += text_put(text_next(&pos, end), valid + len);
	json = json_stringn(valid, len);
	free(valid);
	return json;
}

static json_t *number_or_null(unsigned int number)
{
	return number ? json_integer(number) : json_null();
}

static void report_json(const struct problems *problems)
{
	json_t *list = json_array();

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		if (json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "file", string_or_null(problem->file),
							  "line", number_or_null(problem->line), "column",
							  number_or_null(problem->column), "severity",
							  problem->severity == PROBLEM_ERROR ? "error" : "warning", "text",
							  string_or_null(problem->text), "quote", string_or_null(problem->quote), "remedy",
							  string_or_null(problem->remedy))))
			abort();
	}
	if (json_dumpf(list, stdout, JSON_INDENT(2)))
		abort();
	putchar('\n');
	json_decref(list);
}

void report(struct problems *problems, const char *format)
{
	const bool colour = wants_colour();
	char summary[64];

	problems_sort(problems);
	if (!strcmp(format, "json")) {
		report_json(problems);
		return;
	}
	for (size_t i = 0; i < problems->count; i++) {
		if (!strcmp(format, "gcc"))
			report_gcc(&problems->list[i]);
		else
			report_text(&problems->list[i], colour);
	}
	if (problems->count && problems_summary(problems, summary, sizeof(summary)) > 0)
		fprintf(stderr, "%s\n", summary);
}

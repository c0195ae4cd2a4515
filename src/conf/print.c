/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Prints a table of rows as an example file, in which settings with a default are commented out, and prints the problems of a file. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "starhash/conf.h"
#include "starhash/log.h"

struct printer {
	char *out;
	size_t size, len;
	unsigned int indent;
};

static void print(struct printer *printer, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct printer *printer, const char *format, ...)
{
	size_t room = printer->size - printer->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(printer->out + printer->len, room, format, args);
	va_end(args);
	if (len > 0)
		printer->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void print_indent(struct printer *printer)
{
	print(printer, "%*s", (int)printer->indent, "");
}

static void print_type(struct printer *printer, const struct conf_row *row)
{
	switch (row->type) {
	case CONF_INT:
	case CONF_UINT:
		print(printer, "from %lld to %lld%s%s", row->min, row->max, row->unit ? " " : "",
		      row->unit ? row->unit : "");
		break;
	case CONF_PERCENT:
		print(printer, "from %lld to %lld percent, with up to one decimal", row->min, row->max);
		break;
	case CONF_BOOL:
		print(printer, "true or false");
		break;
	case CONF_STRING:
		print(printer, "a string");
		break;
	case CONF_PATH:
		print(printer, "a path");
		break;
	case CONF_SECRET:
		print(printer, "a path of mode 0600 or 0400, or credential:NAME");
		break;
	case CONF_CHOICE:
		print(printer, "one of: %s", row->choices);
		break;
	case CONF_LIST:
		print(printer, "a list");
		break;
	case CONF_GROUP:
		print(printer, "a group");
		break;
	case CONF_GROUPS:
		print(printer, "a group or a list of groups");
		break;
	}
}

/* "Type; default; applied at a reload." */
static void print_facts(struct printer *printer, const struct conf_row *row)
{
	print_type(printer, row);
	if (row->required)
		print(printer, "; required");
	else if (row->fallback)
		print(printer, "; default %s", row->fallback[0] ? row->fallback : "\"\"");
	if (row->reload == CONF_LIVE)
		print(printer, "; applied at a reload");
}

static void print_comment(struct printer *printer, const struct conf_row *row)
{
	print_indent(printer);
	print(printer, "# %s\n", row->help);
	print_indent(printer);
	print(printer, "# (");
	print_facts(printer, row);
	print(printer, ")\n");
}

static void print_value(struct printer *printer, const struct conf_row *row)
{
	const char *value = row->fallback ? row->fallback : "";

	switch (row->type) {
	case CONF_INT:
	case CONF_UINT:
	case CONF_PERCENT:
		if (row->fallback)
			print(printer, "%s", value);
		else
			print(printer, "%lld", row->min);
		break;
	case CONF_BOOL:
		print(printer, "%s", row->fallback ? value : "false");
		break;
	case CONF_LIST:
		print(printer, "( )");
		break;
	case CONF_GROUP:
	case CONF_GROUPS:
		print(printer, "{ }");
		break;
	default:
		print(printer, "\"%s\"", value);
	}
}

/* \a off: the group around them is commented out. */
static void print_rows(struct printer *printer, const struct conf_row *rows, bool off)
{
	for (; rows->name; rows++) {
		const char *mark = off || !rows->required ? "#" : "";

		print_comment(printer, rows);
		print_indent(printer);
		print(printer, "%s%s = ", mark, rows->name);
		if (rows->group) {
			print(printer, "{\n");
			printer->indent++;
			print_rows(printer, rows->group, true);
			printer->indent--;
			print_indent(printer);
			print(printer, "%s}", mark);
		} else {
			print_value(printer, rows);
		}
		print(printer, ";\n");
	}
}

void conf_print_rows(const struct conf_row *rows, unsigned int indent, char *out, size_t size)
{
	struct printer printer = { .out = out, .size = size, .indent = indent };

	if (size == 0)
		return;
	out[0] = '\0';
	print_rows(&printer, rows, false);
}

/* Escape text that troff would read as a request or typeset differently. */
static void print_troff(struct printer *printer, const char *text)
{
	for (bool first = true; *text; text++, first = false) {
		const char letter = first && *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;

		if (first && (letter == '.' || letter == '\''))
			print(printer, "\\&");
		if (letter == '\\')
			print(printer, "\\e");
		else if (letter == '-')
			print(printer, "\\-");
		else
			print(printer, "%c", letter);
	}
}

static void print_manual(struct printer *printer, const struct conf_row *rows)
{
	for (; rows->name; rows++) {
		print(printer, ".TP\n.B %s\n", rows->name);
		print_troff(printer, rows->help);
		print(printer, ".\n.br\n(");
		print_facts(printer, rows);
		print(printer, ")\n");
		if (!rows->group)
			continue;
		print(printer, ".RS\n");
		print_manual(printer, rows->group);
		print(printer, ".RE\n");
	}
}

void conf_print_manual(const struct conf_row *rows, char *out, size_t size)
{
	struct printer printer = { .out = out, .size = size };

	if (size == 0)
		return;
	out[0] = '\0';
	print_manual(&printer, rows);
}

void conf_problems_print(struct problems *problems)
{
	char text[PROBLEM_SIZE];

	problems_sort(problems);
	for (size_t i = 0; i < problems->count; i++) {
		problem_print(&problems->list[i], text, sizeof(text));
		fputs(text, stderr);
	}
	problems_summary(problems, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

/* Returns the number of lines, up to \a most; a problem that has more is cut. */
static size_t log_problem(const struct problem *problem, int topic, size_t most)
{
	char text[PROBLEM_SIZE];
	size_t lines = 0;

	problem_print(problem, text, sizeof(text));
	for (char *rest = text, *line; lines < most && (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		LOGP(topic, problem->severity == PROBLEM_ERROR ? LOGL_ERROR : LOGL_NOTICE, "%s\n", line);
		lines++;
	}
	return lines;
}

void conf_problems_log(struct problems *problems, int topic)
{
	size_t lines = 0, logged = 0;

	problems_sort(problems);
	for (enum severity severity = PROBLEM_ERROR; severity <= PROBLEM_WARNING; severity++) {
		for (size_t i = 0; i < problems->count && lines < PROBLEMS_LOG_LINES; i++) {
			if (problems->list[i].severity != severity)
				continue;
			lines += log_problem(&problems->list[i], topic, PROBLEMS_LOG_LINES - lines);
			logged++;
		}
	}
	if (logged < problems->count)
		LOGP(topic, problems->errors ? LOGL_ERROR : LOGL_NOTICE, "%zu problems more: starhash-menu check shows them\n",
		     problems->count - logged);
}

void conf_problems_summarize(const struct problems *problems, char *out, size_t size)
{
	char line[PROBLEM_SIZE] = "";
	const size_t others = problems->errors - !!problems->errors;
	size_t i = 0;

	while (i < problems->count && problems->list[i].severity != PROBLEM_ERROR)
		i++;
	if (i < problems->count)
		problem_print(&problems->list[i], line, sizeof(line));
	line[strcspn(line, "\n")] = '\0';
	if (others)
		snprintf(out, size, "%s (and %zu more)", line, others);
	else
		snprintf(out, size, "%s", line);
}

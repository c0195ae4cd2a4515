/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Prints a table of rows as an example of the file that it reads, where what has a default stands commented out; and
 * what is wrong with a file. */
#include <stdarg.h>
#include <stdio.h>

#include "starhash/conf.h"

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
		print(printer, "from %lld to %lld%s%s", row->min, row->max, row->unit ? " " : "",
		      row->unit ? row->unit : "");
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
	case CONF_GROUP:
		print(printer, "a group");
		break;
	case CONF_GROUPS:
		print(printer, "a group or a list of groups");
		break;
	}
}

/* "# Help: type; default; when it is taken over." */
static void print_comment(struct printer *printer, const struct conf_row *row)
{
	print_indent(printer);
	print(printer, "# %s\n", row->help);
	print_indent(printer);
	print(printer, "# (");
	print_type(printer, row);
	if (row->required)
		print(printer, "; required");
	else if (row->fallback)
		print(printer, "; default %s", row->fallback);
	print(printer, "; %s)\n", row->reload == CONF_LIVE ? "taken over at a reload" : "needs a restart");
}

static void print_value(struct printer *printer, const struct conf_row *row)
{
	const char *value = row->fallback ? row->fallback : "";

	switch (row->type) {
	case CONF_INT:
		if (row->fallback)
			print(printer, "%s", value);
		else
			print(printer, "%lld", row->min);
		break;
	case CONF_BOOL:
		print(printer, "%s", row->fallback ? value : "false");
		break;
	case CONF_GROUP:
	case CONF_GROUPS:
		print(printer, "{ }");
		break;
	default:
		print(printer, "\"%s\"", value);
	}
}

void conf_print_rows(const struct conf_row *rows, unsigned int indent, char *out, size_t size)
{
	struct printer printer = { .out = out, .size = size, .indent = indent };

	if (size == 0)
		return;
	out[0] = '\0';
	for (; rows->name; rows++) {
		print_comment(&printer, rows);
		print_indent(&printer);
		print(&printer, "%s%s = ", rows->required ? "" : "#", rows->name);
		print_value(&printer, rows);
		print(&printer, ";\n");
	}
}

void conf_problems_print(struct problems *problems)
{
	char line[1024];

	problems_sort(problems);
	for (size_t i = 0; i < problems->count; i++) {
		problem_print(&problems->list[i], line, sizeof(line));
		fputs(line, stderr);
	}
	fprintf(stderr, "%zu problem%s\n", problems->count, problems->count == 1 ? "" : "s");
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads a group of settings according to a table of rows, and reports every mismatch. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/source.h"
#include "starhash/conf.h"
#include "starhash/text.h"

static bool is_known(const struct conf_part *parts, const char *name)
{
	for (; parts->rows; parts++) {
		for (const struct conf_row *row = parts->rows; row->name; row++) {
			if (strcmp(row->name, name) == 0)
				return true;
		}
	}
	return false;
}

static void note_unknown(const struct setting *at, const struct conf_part *parts, struct problems *problems)
{
	struct text_nearest nearest = { 0 };

	for (; parts->rows; parts++)
		for (const struct conf_row *row = parts->rows; row->name; row++)
			text_nearest_try(&nearest, at->name, row->name, strlen(row->name));
	problem_suggest(problems_add(problems, at, "unknown name '%s'", at->name), &nearest);
}

static void note_unknown_names(const struct setting *group, const struct conf_part *parts, struct problems *problems)
{
	const struct setting *child;

	for (child = group->child; child; child = child->next)
		if (!is_known(parts, child->name))
			note_unknown(child, parts, problems);
}

static void *member(void *out, const struct conf_row *row)
{
	return (char *)out + row->offset;
}

static void note_type(const struct setting *at, const struct conf_row *row, const char *wanted,
		      struct problems *problems)
{
	problems_add(problems, at, "\"%s\" must be %s, not %s", row->name, wanted, setting_type_name(at->type));
}

/* ---- one reader per type; \a at: the element in the file, or NULL for the fallback ---- */

static void read_int(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	long long value = row->fallback ? strtoll(row->fallback, NULL, 10) : 0;

	if (at && at->type != SETTING_INT) {
		note_type(at, row, "a whole number", problems);
	} else if (at && (at->number < row->min || at->number > row->max)) {
		problems_add(problems, at, "\"%s\" must be from %lld to %lld%s%s, not %lld", row->name, row->min, row->max,
			     row->unit ? " " : "", row->unit ? row->unit : "", at->number);
	} else if (at) {
		value = at->number;
	}
	if (row->type == CONF_INT)
		*(long long *)member(out, row) = value;
	else
		*(unsigned int *)member(out, row) = (unsigned int)value * (row->scale ? row->scale : 1);
}

static void read_percent(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	double percent = row->fallback ? (double)strtoll(row->fallback, NULL, 10) : 0, tenths;

	if (at && at->type != SETTING_INT && at->type != SETTING_FLOAT) {
		note_type(at, row, "a percentage", problems);
	} else if (at) {
		const double value = at->type == SETTING_INT ? (double)at->number : at->real;

		if (!(value >= (double)row->min && value <= (double)row->max))	/* nor when it is not a number */
			problems_add(problems, at, "\"%s\" must be from %lld to %lld percent, not %g", row->name, row->min,
				     row->max, value);
		else
			percent = value;
	}
	tenths = percent * 10;
	*(unsigned int *)member(out, row) = (unsigned int)(tenths + 0.5);
	if (tenths - (unsigned int)(tenths + 0.5) > 1e-6 || (unsigned int)(tenths + 0.5) - tenths > 1e-6)
		problems_add(problems, at, "\"%s\" has more than one decimal", row->name);
}

static void read_bool(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	bool value = row->fallback && strcmp(row->fallback, "true") == 0;

	if (at && at->type != SETTING_BOOL)
		note_type(at, row, "true or false", problems);
	else if (at)
		value = at->number;
	*(bool *)member(out, row) = value;
}

/* The string of \a at, or the fallback if \a at is absent or wrong. */
static const char *string_value(const struct setting *at, const struct conf_row *row, struct problems *problems)
{
	if (at && at->type != SETTING_STRING)
		note_type(at, row, "a string", problems);
	else if (at && row->min > 0 && at->string[0] == '\0')
		problems_add(problems, at, "\"%s\" must not be empty", row->name);
	else if (at)
		return at->string;
	return row->fallback;
}

static void read_string(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	*(const char **)member(out, row) = string_value(at, row, problems);
}

static __attribute__((format(printf, 2, 3))) char *print(struct arena *arena, const char *format, ...)
{
	char *text, *copy;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	copy = arena_copy(arena, text, strlen(text));
	free(text);
	return copy;
}

/* The path of a credential, see CONF_SECRET in conf.h. NULL after a problem. */
static const char *credential_path(const struct setting *place, struct arena *arena, const char *name, const struct conf_row *row,
				   struct problems *problems)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/')) {
		problems_add(problems, place, "\"%s\": \"%s\" is not the name of a credential", row->name, name);
		return NULL;
	}
	if (folder)
		path = print(arena, "%s/%s", folder, name);
	else
		path = print(arena, "%.*ssecrets/%s", (int)source_folder_len(place->file), place->file, name);
	if (path && folder && access(path, F_OK) < 0)
		path = print(arena, "%s/secret_%s", folder, name);
	return path;
}

/* The new string lives as long as the settings. */
static void read_path(const struct setting *at, const struct setting *group, const struct conf_row *row, void *out,
		      struct problems *problems)
{
	const char *path = string_value(at, row, problems);
	const struct setting *place = at ? at : group;
	size_t folder = place ? source_folder_len(place->file) : 0;

	if (path && row->type == CONF_SECRET && strncmp(path, CONF_CREDENTIAL, strlen(CONF_CREDENTIAL)) == 0)
		path = credential_path(place, setting_arena(group), path + strlen(CONF_CREDENTIAL), row, problems);
	else if (path && path[0] != '\0' && path[0] != '/' && folder > 0)
		path = print(setting_arena(group), "%.*s%s", (int)folder, place->file, path);
	*(const char **)member(out, row) = path;
}

/* Whether \a word is in a blank-separated list. */
static bool is_choice(const char *word, const char *choices)
{
	size_t len = strlen(word);

	while (len > 0 && *choices) {
		size_t span = strcspn(choices, " ");

		if (span == len && strncmp(word, choices, len) == 0)
			return true;
		choices += span;
		choices += strspn(choices, " ");
	}
	return false;
}

static void read_choice(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	struct text_nearest nearest = { 0 };
	const char *value = string_value(at, row, problems);

	if (at && value && value == at->string && !is_choice(value, row->choices)) {
		text_nearest_try_words(&nearest, value, row->choices);
		problem_suggest(problems_add(problems, at, "\"%s\" must be one of: %s; not \"%s\"", row->name, row->choices, value),
				&nearest);
		value = row->fallback;
	}
	*(const char **)member(out, row) = value;
}

static bool is_groups(const struct setting *at)
{
	const struct setting *child;

	if (at->type == SETTING_GROUP)
		return true;
	if (at->type != SETTING_LIST)
		return false;
	for (child = at->child; child; child = child->next) {
		if (child->type != SETTING_GROUP)
			return false;
	}
	return true;
}

static void read_group(const struct setting *at, const struct conf_row *row, void *out, struct problems *problems)
{
	bool fits = at && (row->type == CONF_LIST ? at->type == SETTING_LIST :
			   row->type == CONF_GROUP ? at->type == SETTING_GROUP : is_groups(at));

	if (at && !fits && at->type == SETTING_LIST && row->type == CONF_GROUPS)
		problems_add(problems, at, "\"%s\" must be a list of groups only", row->name);
	else if (at && !fits)
		note_type(at, row, row->type == CONF_LIST ? "a list" : row->type == CONF_GROUP ? "a group" :
			  "a group or a list of groups", problems);
	*(const struct setting **)member(out, row) = fits ? at : NULL;
}

static void read_row(const struct setting *group, const struct conf_row *row, void *out, struct problems *problems)
{
	const struct setting *at = setting_get(group, row->name);

	if (!at && row->required)
		problems_add(problems, group, "\"%s\" is missing: %s", row->name, row->help);
	switch (row->type) {
	case CONF_INT:
	case CONF_UINT:
		read_int(at, row, out, problems);
		break;
	case CONF_PERCENT:
		read_percent(at, row, out, problems);
		break;
	case CONF_BOOL:
		read_bool(at, row, out, problems);
		break;
	case CONF_STRING:
		read_string(at, row, out, problems);
		break;
	case CONF_PATH:
	case CONF_SECRET:
		read_path(at, group, row, out, problems);
		break;
	case CONF_CHOICE:
		read_choice(at, row, out, problems);
		break;
	case CONF_LIST:
	case CONF_GROUP:
	case CONF_GROUPS:
		read_group(at, row, out, problems);
		break;
	}
}

void conf_read_parts(const struct setting *group, const struct conf_part *parts, struct problems *problems)
{
	if (group && group->type == SETTING_GROUP)
		note_unknown_names(group, parts, problems);
	for (; parts->rows; parts++) {
		for (const struct conf_row *row = parts->rows; row->name; row++)
			read_row(group, row, parts->out, problems);
	}
}

void conf_read(const struct setting *group, const struct conf_row *rows, void *out, struct problems *problems)
{
	const struct conf_part parts[] = { { rows, out }, {} };

	conf_read_parts(group, parts, problems);
}

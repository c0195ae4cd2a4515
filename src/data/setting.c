/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finding settings, and the list of problems. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/setting.h"

const struct setting *setting_get(const struct setting *group, const char *name)
{
	const struct setting *child;

	if (!group || group->type != SETTING_GROUP)
		return NULL;
	for (child = group->child; child; child = child->next) {
		if (child->name && strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

const struct setting *setting_at(const struct setting *group, const char *name)
{
	const struct setting *setting = setting_get(group, name);

	return setting ? setting : group;
}

const char *setting_string(const struct setting *group, const char *name, const char *fallback)
{
	const struct setting *found = setting_get(group, name);

	return found && found->type == SETTING_STRING ? found->string : fallback;
}

size_t setting_count(const struct setting *set)
{
	const struct setting *child;
	size_t count = 0;

	if (!set || (set->type != SETTING_GROUP && set->type != SETTING_LIST))
		return 0;
	for (child = set->child; child; child = child->next)
		count++;
	return count;
}

const char *setting_type_name(enum setting_type type)
{
	switch (type) {
	case SETTING_GROUP:
		return "a group";
	case SETTING_LIST:
		return "a list";
	case SETTING_STRING:
		return "a string";
	case SETTING_INT:
		return "a whole number";
	case SETTING_FLOAT:
		return "a number with a fraction";
	case SETTING_BOOL:
		return "true or false";
	}
	return "something unknown";
}

static void *must_have(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void add_formatted(struct problems *problems, const char *file, unsigned int line, const char *format,
			  va_list args)
{
	const size_t count = problems->count, room = count ? 2 * count : 1;
	struct problem *problem;

	/* The capacity doubles whenever the count is a power of two, so it need not be stored. */
	if ((count & (count - 1)) == 0)
		problems->list = must_have(reallocarray(problems->list, room, sizeof(*problems->list)));
	problem = &problems->list[problems->count++];
	problem->file = file ? must_have(strdup(file)) : NULL;
	problem->line = line;
	if (vasprintf(&problem->text, format, args) < 0)
		abort();
}

void problems_add(struct problems *problems, const struct setting *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(problems, at ? at->file : NULL, at ? at->line : 0, format, args);
	va_end(args);
}

void problems_add_at(struct problems *problems, const char *file, unsigned int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_formatted(problems, file, line, format, args);
	va_end(args);
}

/* A problem and its index: qsort() alone may change the order of equal ones. */
struct ranked {
	struct problem problem;
	size_t rank;
};

static int compare_files(const char *a, const char *b)
{
	if (!a || !b)
		return !b - !a;
	return strcmp(a, b);
}

static int compare_ranked(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int files = compare_files(a->problem.file, b->problem.file);

	if (files)
		return files;
	if (a->problem.line != b->problem.line)
		return a->problem.line < b->problem.line ? -1 : 1;
	return a->rank < b->rank ? -1 : 1;
}

void problems_sort(struct problems *problems)
{
	struct ranked *ranked;
	size_t i;

	if (problems->count < 2)
		return;
	ranked = must_have(reallocarray(NULL, problems->count, sizeof(*ranked)));
	for (i = 0; i < problems->count; i++)
		ranked[i] = (struct ranked){ .problem = problems->list[i], .rank = i };
	qsort(ranked, problems->count, sizeof(*ranked), compare_ranked);
	for (i = 0; i < problems->count; i++)
		problems->list[i] = ranked[i].problem;
	free(ranked);
}

int problem_print(const struct problem *problem, char *out, size_t size)
{
	if (!problem->file)
		return snprintf(out, size, "%s\n", problem->text);
	if (problem->line == 0)
		return snprintf(out, size, "%s: %s\n", problem->file, problem->text);
	return snprintf(out, size, "%s:%u: %s\n", problem->file, problem->line, problem->text);
}

void problems_fini(struct problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++) {
		free(problems->list[i].file);
		free(problems->list[i].text);
	}
	free(problems->list);
	*problems = (struct problems){ 0 };
}

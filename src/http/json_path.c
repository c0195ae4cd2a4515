/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compiles paths into JSON documents, and follows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/json.h"

/* A word up to one of \a ends; NULL if empty. */
static const char *word_take(void *ctx, const char **at, const char *ends)
{
	const size_t len = strcspn(*at, ends);
	char *word = len ? talloc_strndup(ctx, *at, len) : NULL;

	*at += len;
	return word;
}

/* The inside of [ ]: an index from 0, or name=value. */
static const char *bracket_take(void *ctx, const char **at, struct json_step *step)
{
	const size_t digits = strspn(*at, "0123456789");

	if (digits > 0 && digits < 7 && (*at)[digits] == ']') {
		step->index = strtoul(*at, NULL, 10);
		*at += digits + 1;
		return NULL;
	}
	step->name = word_take(ctx, at, ".[]=");
	if (!step->name || **at != '=')
		return "[ ] must contain a number or name=value";
	++*at;
	step->value = word_take(ctx, at, "[]");
	if (!step->value || **at != ']')
		return "[name=value] needs a value and a ]";
	++*at;
	return NULL;
}

const char *json_path_compile(void *ctx, const char *text, struct json_path *out)
{
	const char *at = text, *wrong = NULL;

	*out = (struct json_path){ .steps = talloc_zero_array(ctx, struct json_step, JSON_PATH_STEPS_MAX) };
	OSMO_ASSERT(out->steps);
	if (*at++ != '$')
		return "a path must begin with $";
	while (*at && !wrong) {
		struct json_step *step = &out->steps[out->count];
		const char start = *at;

		if (out->count == JSON_PATH_STEPS_MAX)
			return "a path may have at most 16 steps";
		out->count++;
		at++;
		if (start == '[') {
			wrong = bracket_take(out->steps, &at, step);
		} else if (start != '.') {
			wrong = "only . or [ may follow a name";
		} else {
			step->name = word_take(out->steps, &at, ".[]=");
			wrong = step->name ? NULL : "a . must be followed by a name";
		}
	}
	return wrong;
}

static const json_t *element_where(const json_t *list, const char *name, const char *value)
{
	char buffer[JSON_TEXT_SIZE];

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *element = json_array_get(list, i);
		const char *text = json_text(json_object_get(element, name), buffer);

		if (text && !strcmp(text, value))
			return element;
	}
	return NULL;
}

const json_t *json_path_find(const struct json_path *path, const json_t *root)
{
	for (unsigned int i = 0; root && i < path->count; i++) {
		const struct json_step *step = &path->steps[i];

		if (step->value)
			root = element_where(root, step->name, step->value);
		else if (step->name)
			root = json_object_get(root, step->name);
		else
			root = json_array_get(root, step->index);
	}
	return root;
}

void json_put(json_t *root, const char *name, json_t *value)
{
	for (const char *dot; (dot = strchr(name, '.')); name = dot + 1) {
		char part[JSON_NAME_SIZE];
		json_t *next;

		snprintf(part, sizeof(part), "%.*s", (int)(dot - name), name);
		next = json_object_get(root, part);
		if (!json_is_object(next)) {
			next = json_object();
			json_object_set_new(root, part, next);
		}
		root = next;
	}
	json_object_set_new(root, name, value);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Where in a JSON document a value stands: "$.account.balances[type=main].amount", "$.bills[0]", "$". */
#pragma once

#include <jansson.h>

struct json_step {
	const char *name;	/* of a member; NULL: an element of a list */
	const char *value;	/* of a list, the first element whose member \a name is this; NULL: not asked for */
	size_t index;		/* of a list, when there is no name */
};

struct json_path {
	struct json_step *steps;
	unsigned int count;
};

#define JSON_PATH_STEPS_MAX 16

/* Read a path; \a ctx (talloc) owns its parts. NULL, or what is wrong with it. */
const char *json_path_compile(void *ctx, const char *text, struct json_path *out);

/* What stands there; NULL when nothing does. */
const json_t *json_path_find(const struct json_path *path, const json_t *root);

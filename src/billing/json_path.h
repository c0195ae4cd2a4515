/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The place of a value in a JSON document: "$.account.balances[type=main].amount", "$.bills[0]", "$". */
#pragma once

#include <jansson.h>

struct json_step {
	const char *name;	/* of a member; NULL: an element of a list */
	const char *value;	/* of a list: the first element whose member \a name has this value; NULL: no condition */
	size_t index;		/* of a list, if there is no name */
};

struct json_path {
	struct json_step *steps;
	unsigned int count;
};

#define JSON_PATH_STEPS_MAX 16

/* Compile a path; \a ctx (talloc) owns its parts. Returns NULL, or the complaint. */
const char *json_path_compile(void *ctx, const char *text, struct json_path *out);

/* The value at the path; NULL: there is none. */
const json_t *json_path_find(const struct json_path *path, const json_t *root);

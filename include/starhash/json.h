/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Values in the JSON that HTTP services answer: where one is, and what it is in our types, exactly or not at all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "starhash/request.h"

/* The place of a value in a document: "$.account.balances[type=main].amount", "$.bills[0]", "$". */
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

#define JSON_TEXT_SIZE 24

/* A string, whole number or boolean as text; NULL for anything else. */
const char *json_text(const json_t *value, char buffer[static JSON_TEXT_SIZE]);

/* Convert to a number of \a type. Money is in minor units, or, if \a major, in major units with up to two decimals. Whole numbers and
 * decimal text are exact; a JSON number with a fraction must be the double nearest to such a decimal. Dates: "2026-11-30", RFC 3339,
 * 20261130; months: "2026-11", 202611, or of a date; times: RFC 3339, seconds since 1970. 0 or -EINVAL. */
int json_number(const json_t *value, enum field_type type, bool major, int64_t *out);

/* Digits of an MSISDN or IMSI: text with or without a leading +, or a whole number. 0 or -EINVAL. */
int json_digits(const json_t *value, char *out, size_t size);

#define JSON_NAME_SIZE 64

/* Put \a value under a name with dots, "searchCriteria.value": each part but the last is an object; a part has less than JSON_NAME_SIZE
 * octets. Takes the reference. */
void json_put(json_t *root, const char *name, json_t *value);

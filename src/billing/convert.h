/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Converts one JSON value to one of our field types, exactly or not at all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "starhash/request.h"

#define JSON_TEXT_SIZE 24

/* A string, whole number or boolean as text; NULL for anything else. */
const char *json_text(const json_t *value, char buffer[static JSON_TEXT_SIZE]);

/* Convert to a number of \a type. Money is in minor units, or, if \a major, in major units with up to two decimals. Whole numbers and
 * decimal text are exact; a JSON number with a fraction must be the double nearest to such a decimal. Dates: "2026-11-30", RFC 3339,
 * 20261130; months: "2026-11", 202611, or of a date; times: RFC 3339, seconds since 1970. 0 or -EINVAL. */
int json_number(const json_t *value, enum field_type type, bool major, int64_t *out);

/* Digits of an MSISDN or IMSI: text with or without a leading +, or a whole number. 0 or -EINVAL. */
int json_digits(const json_t *value, char *out, size_t size);

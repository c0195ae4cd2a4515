/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One JSON value as one of our field types, exactly or not at all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "starhash/request.h"

#define JSON_TEXT_SIZE 24

/* A string, a whole number, true or false as text; NULL for anything else. */
const char *json_text(const json_t *value, char buffer[static JSON_TEXT_SIZE]);

/* A number of \a type. Money is in minor units, or, when \a major, in major ones with up to two decimals. Whole numbers
 * and decimal text are taken exactly; a number with a fraction only when it is the nearest one to such a decimal. Dates:
 * "2026-11-30", RFC 3339, 20261130; months: "2026-11", 202611, or of a date; times: RFC 3339, seconds since 1970.
 * 0 or -EINVAL. */
int json_number(const json_t *value, enum field_type type, bool major, int64_t *out);

/* Digits of a subscriber's number or IMSI: text with or without a leading +, or a whole number. 0 or -EINVAL. */
int json_digits(const json_t *value, char *out, size_t size);

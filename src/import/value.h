/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers, dates and times in import files. Each reader takes \a len octets and returns whether they are valid. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number with an optional sign. Rejects the number STORED_UNKNOWN, which stands for an unknown one. */
bool value_number(const char *text, size_t len, int64_t *number);

/* 2026-11-30 or 20261130, as yyyymmdd; an existing day from 1900 to 2999. */
bool value_date(const char *text, size_t len, int64_t *date);

/* 2026-11 or 202611, as yyyymm. */
bool value_month(const char *text, size_t len, int64_t *month);

/* RFC 3339, or seconds since 1970; up to the year 2999. */
bool value_time(const char *text, size_t len, int64_t *time);

/* Exactly \a least to \a most digits. */
bool value_digits(const char *text, size_t len, size_t least, size_t most);

/* UTF-8 without control characters, at most \a most octets; blanks only if \a blanks. */
bool value_text(const char *text, size_t len, size_t most, bool blanks);

#define VALUE_TEXT_SIZE 48

/* Print in the form that the readers above accept. Returns \a text. */
const char *value_print_number(int64_t number, char text[static VALUE_TEXT_SIZE]);
const char *value_print_date(int64_t date, char text[static VALUE_TEXT_SIZE]);		/* 2026-11-30 */
const char *value_print_month(int64_t month, char text[static VALUE_TEXT_SIZE]);	/* 2026-11 */
const char *value_print_time(int64_t time, char text[static VALUE_TEXT_SIZE]);		/* 2026-11-30T08:50:00Z */

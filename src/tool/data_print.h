/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the database as JSON Lines, CSV or plain words. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <sqlite3.h>

/* How a column is written: its letter in a shape. */
#define PRINT_NUMBER 'n'
#define PRINT_DATE 'd'		/* yyyymmdd */
#define PRINT_MONTH 'm'		/* yyyymm */
#define PRINT_TIME 't'		/* seconds since 1970 */
#define PRINT_TEXT 's'
#define PRINT_DIGITS 'i'	/* an MSISDN: a number that is a text */
#define PRINT_IMSI 'I'		/* its key: imsi_of_key() */
#define PRINT_MONEY 'M'		/* minor units, for people */

/* The members that are known of a row, by its columns' names, from the column \a first on; \a shape has a letter for
 * each.
 * *\a any: whether there is one before already. */
void print_members(FILE *out, sqlite3_stmt *statement, int first, const char *shape, bool *any);

/* A row of CSV, and the columns' names. */
void print_csv(FILE *out, sqlite3_stmt *statement, const char *shape);
void print_csv_names(FILE *out, sqlite3_stmt *statement);

/* A row between two blanks each, as people read it. */
void print_plain(FILE *out, sqlite3_stmt *statement, const char *shape);

void print_time(FILE *out, int64_t seconds);		/* 2026-11-15 08:50 UTC */
void print_money(FILE *out, int64_t minor);

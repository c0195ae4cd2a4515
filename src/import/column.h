/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The columns of import files by name, how their values get into a row, and out of it again. */
#pragma once

#include "import/row.h"
#include "import/value.h"

/* COLUMN_COUNT when there is none of that name. */
enum import_column column_find(const char *name, size_t len);
const char *column_name(enum import_column column);
bool column_is_list(enum import_column column);
bool column_is_text(enum import_column column);

/* The table that has all these columns and lacks none that it needs; IMPORT_TABLES when there is none. */
enum import_table table_of(uint64_t columns);
uint64_t table_columns(enum import_table table);
const char *table_name(enum import_table table);

/* Names of the columns that \a table needs and \a has lacks; the first one, or NULL. */
const char *column_missing(enum import_table table, uint64_t has);

/* Make it a subscriber's without anything. */
void row_clear(struct import_row *row);

/* Set a column of the row, or of the last element of the list that the column belongs to. \a text is zero-terminated
 * and stays. \a len 0: unknown. Returns NULL, or what a value should be. */
const char *column_set(struct import_row *row, enum import_column column, const char *text, size_t len);

/* ---- writing ---- */

/* The columns of \a table that an export has, in its order; COLUMN_COUNT ends them. */
const enum import_column *table_exports(enum import_table table);

/* Make it the row of an account, or of a service. Elements of lists are to be put one by one where a list's first one is. */
void row_of_account(struct import_row *row, enum import_table table, const struct stored_account *account);
void row_of_service(struct import_row *row, const struct service *service);

/* Whether JSON has it as a number. */
bool column_is_number(enum import_column column);

#define COLUMN_TEXT_SIZE VALUE_TEXT_SIZE

/* What column_set() would be given, in \a text or where the row has it; "": it is not known. */
const char *column_print(const struct import_row *row, enum import_column column, char text[static COLUMN_TEXT_SIZE]);

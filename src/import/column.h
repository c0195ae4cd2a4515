/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The columns of import files by name: storing their values in a row, and printing them. */
#pragma once

#include "import/row.h"
#include "import/value.h"

/* COLUMN_COUNT if there is no column of that name. */
enum import_column column_find(const char *name, size_t len);
const char *column_name(enum import_column column);
bool column_is_list(enum import_column column);
bool column_is_text(enum import_column column);

/* The table that has all these columns and needs no others; IMPORT_TABLES if there is none. */
enum import_table table_of(uint64_t columns);
uint64_t table_columns(enum import_table table);
const char *table_name(enum import_table table);

/* The name of the first column that \a table needs and \a has lacks, or NULL. */
const char *column_missing(enum import_table table, uint64_t has);

/* Reset to an empty row of a subscriber. */
void row_clear(struct import_row *row);

/* Set a column of the row, or of the last element of the list that the column belongs to. \a text is zero-terminated and must outlive the
 * row. \a len 0: unknown. Returns NULL, or the complaint. */
const char *column_set(struct import_row *row, enum import_column column, const char *text, size_t len);

/* ---- writing ---- */

/* The exported columns of \a table in order, ended by COLUMN_COUNT. */
const enum import_column *table_exports(enum import_table table);

/* Make it the row of an account or a service. To print a list, the caller puts its elements one by one in the place of the first. */
void row_of_account(struct import_row *row, enum import_table table, const struct stored_account *account);
void row_of_service(struct import_row *row, const struct service *service);

/* Whether JSON represents it as a number. */
bool column_is_number(enum import_column column);

#define COLUMN_TEXT_SIZE VALUE_TEXT_SIZE

/* The value as column_set() accepts it, in \a text or in the row; "": unknown. */
const char *column_print(const struct import_row *row, enum import_column column, char text[static COLUMN_TEXT_SIZE]);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The columns of import files by name, and how their values get into a row. */
#pragma once

#include "import/row.h"

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

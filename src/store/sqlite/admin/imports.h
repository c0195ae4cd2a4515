/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of the table of imports. */
#pragma once

#include "starhash/store_admin.h"
#include "store/sql/rows.h"

#define IMPORT_COLUMNS_SQL "id, state, kind, file, digest, lines, older, rejected, offset, line, as_of, began, coalesce(ended, 0)"

/* Fill \a import from a row of IMPORT_COLUMNS_SQL; valid as long as the row. */
void import_row_read(struct statement *statement, struct admin_import *import);

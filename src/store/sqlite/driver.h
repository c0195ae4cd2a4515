/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* SQLite behind the interface of the shared SQL code. */
#pragma once

#include <sqlite3.h>

#include "store/sql/db.h"

extern const struct driver sqlite_driver;

/* SQLite's own statement, for what the interface lacks. */
sqlite3_stmt *statement_native(const struct statement *statement);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A service password as a row. */
#pragma once

#include <sqlite3.h>

#include "starhash/account.h"

/* Fill \a password from a row of PASSWORD_READ_SQL. It holds hashes: the caller's to wipe. */
void password_read(sqlite3_stmt *statement, struct password *password);

/* Bind it to PASSWORD_WRITE_SQL, by pointers; what it points to has to live until the bindings are cleared. */
void password_bind(sqlite3_stmt *statement, const struct password *password);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of an account whose rows are all new: one statement for some costs less than one for each. */
#pragma once

#include <sqlite3.h>

#include "starhash/stored.h"

enum { LIST_BILLS, LIST_CHARGES, LIST_POINTS, LISTS };

struct lists {
	sqlite3_stmt *one[LISTS], *some[LISTS];
};

/* \a behind: of the tables' names, "" or "_next". An SQLite result code, as all below; to be finished in any case. */
int lists_prepare(struct lists *lists, sqlite3 *db, const char *behind);
void lists_finish(struct lists *lists);

/* Bills with their charges, and entries of points. */
int lists_add_bills(const struct lists *lists, const struct stored_account *account, int64_t msisdn);
int lists_add_points(const struct lists *lists, const struct stored_account *account, int64_t msisdn);

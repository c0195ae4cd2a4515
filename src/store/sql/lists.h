/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inserts lists of an account whose rows are all new: one statement for several rows is cheaper than one for each. */
#pragma once

#include "starhash/stored.h"

struct connection;
struct statement;

enum { LIST_BILLS, LIST_CHARGES, LIST_POINTS, LISTS };

struct lists {
	struct statement *one[LISTS], *some[LISTS];
};

/* Returns a result code, as do the functions below. To be finished in any case. */
int lists_prepare(struct connection *connection);
void lists_finish(struct lists *lists);

/* Add bills with their charges, or entries of points. */
int lists_add_bills(const struct lists *lists, const struct stored_account *account, int64_t msisdn);
int lists_add_points(const struct lists *lists, const struct stored_account *account, int64_t msisdn);

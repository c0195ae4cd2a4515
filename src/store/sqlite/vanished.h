/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscribers whom a snapshot left out (A65): what is kept of them as rows. Functions return an SQLite result code. */
#pragma once

#include <sqlite3.h>

#include "starhash/account.h"

struct connection;

/* What account_return() says about a subscriber of whom something may be kept. \a same: an operator says that they are the same,
 * unless *\a refusal, which may be NULL otherwise, says why they cannot. */
int vanished_return(struct connection *connection, int64_t msisdn, bool same, const char **refusal);

/* What account_vanish() says about a subscriber who is still there. */
int vanished_keep(struct connection *connection, int64_t msisdn, bool other_owner);

/* Whether something is kept of the number. */
int vanished_find(struct connection *connection, int64_t msisdn, bool *found);

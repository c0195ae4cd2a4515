/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Subscribers whom a snapshot left out (A65): their retained data as rows. Functions return a result code. */
#pragma once

#include "starhash/account.h"

struct connection;

/* Apply account_return() to a subscriber of whom data may be retained. \a same: an operator confirmed that it is the same person; then
 * *\a refusal is NULL, or the reason why nothing was done. Otherwise \a refusal may be NULL. */
int vanished_return(struct connection *connection, int64_t msisdn, bool same, const char **refusal);

/* Apply account_vanish() to a subscriber who has not been removed yet. */
int vanished_keep(struct connection *connection, int64_t msisdn, bool other_owner);

/* Whether data are retained of the number. */
int vanished_find(struct connection *connection, int64_t msisdn, bool *found);

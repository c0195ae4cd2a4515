/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files share that carry a change out: each inside the transaction that is open, in the writer's thread.
 * Functions return an SQLite result code; answers go into the response. */
#pragma once

#include "starhash/account.h"
#include "store/sqlite/connection.h"

/* ---- load.c ---- */

/* Begin the working set: the order that the request names, and the subscriber. */
int account_find(struct connection *connection, const struct request *request, struct account *account);

/* The other parts that it needs. */
int account_load(struct connection *connection, const struct request *request, struct account *account);

/* All that an update needs; account->msisdn is set. */
int account_load_update(struct connection *connection, const struct account_update *update, struct account *account);

/* Of that, for a new subscriber: which of its subscriptions are to services that there are. */
int account_load_services(struct connection *connection, const struct account_update *update, struct account *account);

/* What account_vanish() and account_return() need. */
int account_load_private(struct connection *connection, int64_t msisdn, struct account *account);

/* ---- commit.c ---- */

/* Write what the step says. */
int account_commit(struct connection *connection, const struct account *account, const struct account_step *step);

/* ---- replay.c ---- */

/* *\a found: the request's reference number was used before, and \a response has the answer of then, or that it is another's. */
int replay_find(struct connection *connection, const struct account *account, const struct request *request,
		struct response *response, bool *found);
int replay_add(struct connection *connection, const struct account *account, const struct request *request,
	       const struct response *response);

/* ---- change.c ---- */

/* Load, step and commit for one account; the response as account_step() has it. */
int account_change(struct connection *connection, const struct account_rules *rules, const struct request *request,
		   struct response *response);

/* Load and step for an update. */
int account_update_load(struct connection *connection, const struct account_update *update, struct account *account,
			struct account_step *step);

/* Load, step and commit for an update: step->response, why and older say what became of it. */
int account_merge_write(struct connection *connection, const struct account_update *update, struct account_step *step);

/* ---- housekeep.c ---- */

/* REQUEST_HOUSEKEEP */
int housekeep(struct connection *connection, const struct request *request, struct response *response);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Functions that carry out a change, shared by several files. They run in the writer's thread, inside the open transaction, and return a
 * result code; answers go into the response. */
#pragma once

#include "starhash/account.h"
#include "store/sql/connection.h"

/* ---- load.c ---- */

/* Begin the working set: find the order that the request names, and the subscriber. */
int account_find(struct connection *connection, const struct request *request, struct account *account);

/* Load the other parts that the request needs. */
int account_load(struct connection *connection, const struct request *request, struct account *account);

/* Load all parts that an update needs; account->msisdn is set. */
int account_load_update(struct connection *connection, const struct account_update *update, struct account *account);

/* The same for a new subscriber: only look up which of its subscriptions are to known services. */
int account_load_services(struct connection *connection, const struct account_update *update, struct account *account);

/* Load the parts that account_vanish() and account_return() need. */
int account_load_private(struct connection *connection, int64_t msisdn, struct account *account);

/* ---- commit.c ---- */

/* Write the changes of a step. */
int account_commit(struct connection *connection, const struct account *account, const struct account_step *step);

/* ---- replay.c ---- */

/* *\a found: the request's reference number was used before, and \a response is the answer given then, or account_alien(). */
int replay_find(struct connection *connection, const struct account *account, const struct request *request,
		struct response *response, bool *found);
int replay_add(struct connection *connection, const struct account *account, const struct request *request,
	       const struct response *response);

/* ---- change.c ---- */

/* Load, step and commit for one account; the response is account_step()'s. */
int account_change(struct connection *connection, const struct account_rules *rules, const struct request *request,
		   struct response *response);

/* Load and step for an update. */
int account_update_load(struct connection *connection, const struct account_update *update, struct account *account,
			struct account_step *step);

/* Load, step and commit for an update: step->response, why and older report the outcome. */
int account_merge_write(struct connection *connection, const struct account_update *update, struct account_step *step);

/* ---- housekeep.c ---- */

/* REQUEST_HOUSEKEEP */
int housekeep(struct connection *connection, const struct request *request, struct response *response);

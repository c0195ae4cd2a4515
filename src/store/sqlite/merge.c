/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Merge one subscriber's update from billing, kind by kind, as account_merge() and subscription_merge() decide. */
#include <stdlib.h>
#include <string.h>

#include "starhash/account.h"
#include "starhash/accounts.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"

struct merging {
	struct connection *connection;
	const struct stored_account *account;
	int64_t msisdn;
	bool known;				/* there is a row of that number */
	struct merge merge;
	struct shields shields;
};

static sqlite3_stmt *begin(const struct merging *merging, enum statement which)
{
	sqlite3_stmt *statement = statement_get(merging->connection, which);

	sqlite3_bind_int64(statement, 1, merging->msisdn);
	return statement;
}

static int run(const struct merging *merging, enum statement which)
{
	return statement_step(begin(merging, which));
}

/* A kind's own age, or that of all. */
static int64_t update_as_of(const struct stored_account *account, enum account_kind kind)
{
	const int64_t ages[ACCOUNT_KINDS] = {
		[ACCOUNT_BILLS] = account->bills_as_of,
		[ACCOUNT_POINTS] = account->points_as_of,
		[ACCOUNT_SERVICES] = account->services_as_of,
	};
	const int64_t age = ages[kind];

	if (age && age != STORED_UNKNOWN)
		return age;
	return account->as_of == STORED_UNKNOWN ? 0 : account->as_of;
}

static int judge(struct merging *merging, int64_t now)
{
	struct account_head stored, update = { .owner = merging->account->owner };
	sqlite3_stmt *statement = begin(merging, SQL_STORED);
	int rc = sqlite3_step(statement);

	merging->known = rc == SQLITE_ROW;
	if (merging->known)
		stored.owner = (const char *)sqlite3_column_text(statement, 0);
	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
		update.as_of[kind] = update_as_of(merging->account, kind);
		if (merging->known)
			stored.as_of[kind] = sqlite3_column_int64(statement, 1 + (int)kind);
	}
	merging->merge = account_merge(merging->known ? &stored : NULL, &update, now, false);
	return statement_put(statement, rc);
}

/* F15: the number has another owner, to whom nothing of the former one is shown. */
static int former_remove(const struct merging *merging)
{
	static const enum statement all[] = {
		SQL_FORMER_CONVERSATIONS, SQL_FORMER_ANSWERED, SQL_FORMER_NOTICES, SQL_FORMER_PASSWORD, SQL_FORMER_BILLS,
		SQL_FORMER_POINTS, SQL_FORMER_SERVICES, SQL_FORMER_ORDERS, SQL_FORMER_FACTS, SQL_FORMER_CONSENTS, SQL_PUT_SIMS,
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = run(merging, all[i]);
	return rc;
}

/* ---- the profile ---- */

static int sims_put(const struct merging *merging)
{
	sqlite3_stmt *statement = statement_get(merging->connection, SQL_PUT_SIM);
	int rc = merging->account->imsis[0][0] ? run(merging, SQL_PUT_SIMS) : SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < STORED_IMSIS_MAX && merging->account->imsis[i][0]; i++) {
		int64_t imsi;

		if (!imsi_key(merging->account->imsis[i], &imsi))
			return SQLITE_MISMATCH;
		sqlite3_bind_int64(statement, 1, imsi);
		sqlite3_bind_int64(statement, 2, merging->msisdn);
		rc = statement_step(statement);
	}
	return rc;
}

/* Which facts the update changes. A number that it lacks becomes unknown; a text that it lacks stays: billing may not have that fact. */
static uint64_t facts_said(const struct stored_account *account)
{
	uint64_t said = 0;

	for (int i = 0; i < STORED_FACTS; i++) {
		const struct stored_fact *fact = &stored_facts[i];

		said |= (uint64_t)(!stored_fact_is_text(fact) || *stored_text(account, fact)) << i;
	}
	return said;
}

/* What the other kinds had from as_of they keep: it is the profile alone that grows younger. */
static int facts_put(const struct merging *merging)
{
	const struct stored_account *account = merging->account;
	sqlite3_stmt *statement;
	int rc = run(merging, SQL_PUT_AGES);

	if (rc != SQLITE_OK)
		return rc;
	statement = begin(merging, SQL_PUT_PROFILE);
	statement_bind_text(statement, 2, account->account);
	statement_bind_text(statement, 3, account->brand);
	statement_bind_text(statement, 4, merging->shields.line ? NULL : account->status);
	statement_bind_text(statement, 5, account->language ? account->language : "");
	statement_bind_known(statement, 6, account->bill_month);
	statement_bind_known(statement, 7, account->bill_total);
	sqlite3_bind_int64(statement, 8, update_as_of(account, ACCOUNT_PROFILE));
	facts_bind_changes(statement, 9, account, facts_said(account));
	return statement_step(statement);
}

static int id_pieces_put(const struct merging *merging)
{
	sqlite3_stmt *statement;

	if (!merging->account->id_pieces)
		return SQLITE_OK;
	statement = begin(merging, SQL_PUT_ID_PIECES);
	statement_bind_text(statement, 2, merging->account->id_pieces);
	return statement_step(statement);
}

static int hash_put(const struct merging *merging)
{
	sqlite3_stmt *statement;

	if (!merging->account->hash)
		return SQLITE_OK;
	statement = begin(merging, SQL_PUT_PASSWORD);
	statement_bind_text(statement, 2, merging->account->hash);
	statement_bind_text(statement, 3, merging->account->id_pieces);
	return statement_step(statement);
}

static int profile_put(const struct merging *merging)
{
	int rc = facts_put(merging);

	if (rc == SQLITE_OK)
		rc = sims_put(merging);
	if (rc == SQLITE_OK)
		rc = hash_put(merging);
	return rc == SQLITE_OK ? id_pieces_put(merging) : rc;
}

/* ---- bills and points ---- */

static int bills_put(const struct merging *merging)
{
	sqlite3_stmt *statement;
	int rc = run(merging, SQL_FORMER_BILLS);

	if (rc == SQLITE_OK)
		rc = import_bills(merging->connection, merging->account, merging->msisdn);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(merging, SQL_PUT_BILLS);
	statement_bind_known(statement, 2, merging->account->bill_month);
	statement_bind_known(statement, 3, merging->account->bill_total);
	sqlite3_bind_int64(statement, 4, update_as_of(merging->account, ACCOUNT_BILLS));
	return statement_step(statement);
}

static int points_put(const struct merging *merging)
{
	sqlite3_stmt *statement;
	int rc = run(merging, SQL_FORMER_POINTS);

	if (rc == SQLITE_OK)
		rc = import_points(merging->connection, merging->account, merging->msisdn);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(merging, SQL_PUT_POINTS);
	statement_bind_known(statement, 2, merging->account->points);
	sqlite3_bind_int64(statement, 3, update_as_of(merging->account, ACCOUNT_POINTS));
	return statement_step(statement);
}

/* ---- services ---- */

static int services_put(const struct merging *merging)
{
	const struct stored_account *account = merging->account;
	const struct subscriptions_merge merge = {
		.stored = statement_get(merging->connection, SQL_SUBSCRIPTIONS),
		.write = statement_get(merging->connection, SQL_SUBSCRIPTION_WRITE),
		.remove = statement_get(merging->connection, SQL_SUBSCRIPTION_REMOVE),
		.shields = &merging->shields, .as_of = update_as_of(account, ACCOUNT_SERVICES),
	};
	struct subscription *update = calloc(account->subscriptions_count + 1, sizeof(*update));
	sqlite3_stmt *statement;
	int rc;

	if (!update)
		return SQLITE_NOMEM;
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		update[i] = subscription_of(&account->subscriptions[i]);
	rc = subscriptions_merge(&merge, merging->msisdn, update, account->subscriptions_count);
	free(update);
	if (rc == SQLITE_OK)
		rc = run(merging, SQL_SERVICES);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(merging, SQL_PUT_SERVICES);
	sqlite3_bind_int64(statement, 2, merge.as_of);
	return statement_step(statement);
}

/* ---- all of it ---- */

static int (*const parts[ACCOUNT_KINDS])(const struct merging *) = {
	[ACCOUNT_PROFILE] = profile_put,
	[ACCOUNT_BILLS] = bills_put,
	[ACCOUNT_POINTS] = points_put,
	[ACCOUNT_SERVICES] = services_put,
};

static int kinds_put(struct merging *merging, unsigned int kinds)
{
	int rc = SQLITE_OK;

	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (merging->merge.kinds[kind] != MERGE_TAKE)
			kinds &= ~(1u << kind);
	}
	if (kinds & (1u << ACCOUNT_PROFILE | 1u << ACCOUNT_SERVICES))
		rc = shields_read(statement_get(merging->connection, SQL_ORDERS_UNSEEN), merging->msisdn,
				  update_as_of(merging->account, ACCOUNT_PROFILE),
				  update_as_of(merging->account, ACCOUNT_SERVICES), &merging->shields);
	for (int kind = 0; rc == SQLITE_OK && kind < ACCOUNT_KINDS; kind++) {
		if (kinds & 1u << kind)
			rc = parts[kind](merging);
	}
	return rc;
}

static int owner_put(const struct merging *merging)
{
	sqlite3_stmt *statement = begin(merging, SQL_PUT_OWNER);

	if (!merging->account->owner)
		return SQLITE_OK;
	statement_bind_text(statement, 2, merging->account->owner);
	return statement_step(statement);
}

/* A new subscriber; the kinds of data follow. */
static int newcomer_add(const struct merging *merging)
{
	struct stored_account bare = *merging->account;

	bare.bills_count = bare.points_count = bare.subscriptions_count = 0;
	bare.as_of = bare.bills_as_of = bare.points_as_of = bare.services_as_of = 0;
	memset(bare.imsis, 0, sizeof(bare.imsis));
	bare.hash = NULL;
	bare.account = bare.account ? bare.account : "";
	bare.brand = bare.brand ? bare.brand : "";
	bare.status = bare.status ? bare.status : "active";
	bare.language = bare.language ? bare.language : "";
	return import_account(merging->connection, &bare);
}

/* Whether any kind of it is taken: its owner is taken then, too. */
static bool is_current(const struct merging *merging)
{
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (merging->merge.kinds[kind] == MERGE_TAKE)
			return true;
	}
	return false;
}

int told_write(struct connection *connection, const void *what, struct response *response)
{
	const struct told *told = what;
	struct merging merging = { .connection = connection, .account = &told->account };
	int rc;

	response->result = RESULT_NOT_FOUND;
	if (!msisdn_key(told->account.msisdn, &merging.msisdn))
		return SQLITE_OK;
	rc = judge(&merging, told->now);
	if (rc != SQLITE_OK || (!merging.known && !(told->kinds & 1u << ACCOUNT_PROFILE)))
		return rc;
	response->result = merging.merge.kinds[ACCOUNT_PROFILE] == MERGE_REFUSE ? RESULT_REFUSED : RESULT_OK;
	if (!is_current(&merging))
		return SQLITE_OK;
	if (!merging.known)
		rc = newcomer_add(&merging);
	else if (merging.merge.other_owner)
		rc = former_remove(&merging);
	if (rc == SQLITE_OK)
		rc = owner_put(&merging);
	return rc == SQLITE_OK ? kinds_put(&merging, told->kinds) : rc;
}

/* For the next start, which compares with it. */
static int catalogue_keep(struct connection *connection, const struct service *service)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CATALOGUE_ADD);

	statement_bind_text(statement, 1, service->code);
	sqlite3_bind_int64(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	return statement_step(statement);
}

int catalogue_write(struct connection *connection, const void *what, struct response *response)
{
	const struct catalogue *catalogue = what;
	int rc = statement_run(connection, SQL_WITHDRAW);

	if (rc == SQLITE_OK)
		rc = statement_run(connection, SQL_CATALOGUE_EMPTY);
	for (size_t i = 0; rc == SQLITE_OK && i < catalogue->count; i++) {
		rc = import_service(connection, &catalogue->services[i]);
		if (rc == SQLITE_OK)
			rc = catalogue_keep(connection, &catalogue->services[i]);
	}
	response->result = RESULT_OK;
	return rc;
}

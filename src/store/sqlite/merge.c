/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Merge one subscriber's update from billing, kind by kind, as account_merge() and subscription_merge() decide. */
#include <stdlib.h>
#include <string.h>

#include "starhash/account.h"
#include "starhash/accounts.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/subscriptions.h"

struct telling {
	struct connection *connection;
	const struct stored_account *account;
	sqlite3_int64 msisdn;
	bool known;				/* there is a row of that number */
	struct merge merge;
	struct shields shields;
};

static sqlite3_stmt *begin(const struct telling *telling, enum statement which)
{
	sqlite3_stmt *statement = statement_get(telling->connection, which);

	sqlite3_bind_int64(statement, 1, telling->msisdn);
	return statement;
}

static int step(sqlite3_stmt *statement)
{
	return statement_put(statement, sqlite3_step(statement));
}

static int run(const struct telling *telling, enum statement which)
{
	return step(begin(telling, which));
}

/* A kind's own age, or that of all. */
static int64_t told_as_of(const struct stored_account *account, enum account_kind kind)
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

static int judge(struct telling *telling, int64_t now)
{
	struct account_head stored, update = { .owner = telling->account->owner };
	sqlite3_stmt *statement = begin(telling, SQL_STORED);
	int rc = sqlite3_step(statement);

	telling->known = rc == SQLITE_ROW;
	if (telling->known)
		stored.owner = (const char *)sqlite3_column_text(statement, 0);
	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++) {
		update.as_of[kind] = told_as_of(telling->account, kind);
		if (telling->known)
			stored.as_of[kind] = sqlite3_column_int64(statement, 1 + (int)kind);
	}
	telling->merge = account_merge(telling->known ? &stored : NULL, &update, now, false);
	return statement_put(statement, rc);
}

/* F15: the number has another owner, to whom nothing of the former one is shown. */
static int former_remove(const struct telling *telling)
{
	static const enum statement all[] = {
		SQL_FORMER_CONVERSATIONS, SQL_FORMER_ANSWERED, SQL_FORMER_NOTICES, SQL_FORMER_PASSWORD, SQL_FORMER_BILLS,
		SQL_FORMER_POINTS, SQL_FORMER_SERVICES, SQL_FORMER_ORDERS, SQL_FORMER_FACTS, SQL_FORMER_CONSENTS, SQL_PUT_SIMS,
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = run(telling, all[i]);
	return rc;
}

/* ---- the profile ---- */

static int sims_put(const struct telling *telling)
{
	sqlite3_stmt *statement = statement_get(telling->connection, SQL_PUT_SIM);
	int rc = telling->account->imsis[0][0] ? run(telling, SQL_PUT_SIMS) : SQLITE_OK;

	for (int i = 0; rc == SQLITE_OK && i < STORED_IMSIS_MAX && telling->account->imsis[i][0]; i++) {
		sqlite3_int64 imsi;

		if (!imsi_key(telling->account->imsis[i], &imsi))
			return SQLITE_MISMATCH;
		sqlite3_bind_int64(statement, 1, imsi);
		sqlite3_bind_int64(statement, 2, telling->msisdn);
		rc = step(statement);
	}
	return rc;
}

/* A number that billing does not say is not known any more, a word stays: billing may have none of that kind. */
static uint64_t facts_said(const struct stored_account *account)
{
	uint64_t said = 0;

	for (int i = 0; i < STORED_FACTS; i++) {
		const struct stored_fact *fact = &stored_facts[i];
		const char *const *text = (const void *)((const char *)account + fact->offset);

		said |= (uint64_t)(!stored_fact_is_text(fact) || *text) << i;
	}
	return said;
}

/* What the other kinds had from as_of they keep: it is the profile alone that grows younger. */
static int facts_put(const struct telling *telling)
{
	const struct stored_account *account = telling->account;
	sqlite3_stmt *statement;
	int rc = run(telling, SQL_PUT_AGES);

	if (rc != SQLITE_OK)
		return rc;
	statement = begin(telling, SQL_PUT_PROFILE);
	statement_bind_text(statement, 2, account->account);
	statement_bind_text(statement, 3, account->brand);
	statement_bind_text(statement, 4, telling->shields.line ? NULL : account->status);
	statement_bind_text(statement, 5, account->language ? account->language : "");
	statement_bind_known(statement, 6, account->bill_month);
	statement_bind_known(statement, 7, account->bill_total);
	sqlite3_bind_int64(statement, 8, told_as_of(account, ACCOUNT_PROFILE));
	facts_bind_changes(statement, 9, account, facts_said(account));
	return step(statement);
}

static int id_pieces_put(const struct telling *telling)
{
	sqlite3_stmt *statement;

	if (!telling->account->id_pieces)
		return SQLITE_OK;
	statement = begin(telling, SQL_PUT_ID_PIECES);
	statement_bind_text(statement, 2, telling->account->id_pieces);
	return step(statement);
}

static int hash_put(const struct telling *telling)
{
	sqlite3_stmt *statement;

	if (!telling->account->hash)
		return SQLITE_OK;
	statement = begin(telling, SQL_PUT_PASSWORD);
	statement_bind_text(statement, 2, telling->account->hash);
	statement_bind_text(statement, 3, telling->account->id_pieces);
	return step(statement);
}

static int profile_put(const struct telling *telling)
{
	int rc = facts_put(telling);

	if (rc == SQLITE_OK)
		rc = sims_put(telling);
	if (rc == SQLITE_OK)
		rc = hash_put(telling);
	return rc == SQLITE_OK ? id_pieces_put(telling) : rc;
}

/* ---- bills and points ---- */

static int bills_put(const struct telling *telling)
{
	sqlite3_stmt *statement;
	int rc = run(telling, SQL_FORMER_BILLS);

	if (rc == SQLITE_OK)
		rc = import_bills(telling->connection, telling->account, telling->msisdn);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(telling, SQL_PUT_BILLS);
	statement_bind_known(statement, 2, telling->account->bill_month);
	statement_bind_known(statement, 3, telling->account->bill_total);
	sqlite3_bind_int64(statement, 4, told_as_of(telling->account, ACCOUNT_BILLS));
	return step(statement);
}

static int points_put(const struct telling *telling)
{
	sqlite3_stmt *statement;
	int rc = run(telling, SQL_FORMER_POINTS);

	if (rc == SQLITE_OK)
		rc = import_points(telling->connection, telling->account, telling->msisdn);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(telling, SQL_PUT_POINTS);
	statement_bind_known(statement, 2, telling->account->points);
	sqlite3_bind_int64(statement, 3, told_as_of(telling->account, ACCOUNT_POINTS));
	return step(statement);
}

/* ---- services ---- */

static int services_put(const struct telling *telling)
{
	const struct stored_account *account = telling->account;
	const struct subscriptions_merge merge = {
		.stored = statement_get(telling->connection, SQL_SUBSCRIPTIONS),
		.write = statement_get(telling->connection, SQL_SUBSCRIPTION_WRITE),
		.remove = statement_get(telling->connection, SQL_SUBSCRIPTION_REMOVE),
		.shields = &telling->shields, .as_of = told_as_of(account, ACCOUNT_SERVICES),
	};
	struct subscription *update = calloc(account->subscriptions_count + 1, sizeof(*update));
	sqlite3_stmt *statement;
	int rc;

	if (!update)
		return SQLITE_NOMEM;
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		update[i] = subscription_of(&account->subscriptions[i]);
	rc = subscriptions_merge(&merge, telling->msisdn, update, account->subscriptions_count);
	free(update);
	if (rc == SQLITE_OK)
		rc = run(telling, SQL_SERVICES);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(telling, SQL_PUT_SERVICES);
	sqlite3_bind_int64(statement, 2, merge.as_of);
	return step(statement);
}

/* ---- all of it ---- */

static int (*const parts[ACCOUNT_KINDS])(const struct telling *) = {
	[ACCOUNT_PROFILE] = profile_put,
	[ACCOUNT_BILLS] = bills_put,
	[ACCOUNT_POINTS] = points_put,
	[ACCOUNT_SERVICES] = services_put,
};

static int kinds_put(struct telling *telling, unsigned int kinds)
{
	sqlite3_stmt *unseen = statement_get(telling->connection, SQL_ORDERS_UNSEEN);
	int rc = shields_read(unseen, telling->msisdn, told_as_of(telling->account, ACCOUNT_PROFILE),
			      told_as_of(telling->account, ACCOUNT_SERVICES), &telling->shields);

	for (enum account_kind kind = 0; rc == SQLITE_OK && kind < ACCOUNT_KINDS; kind++) {
		if (kinds & 1u << kind && telling->merge.kinds[kind] == MERGE_TAKE)
			rc = parts[kind](telling);
	}
	return rc;
}

static int owner_put(const struct telling *telling)
{
	sqlite3_stmt *statement = begin(telling, SQL_PUT_OWNER);

	if (!telling->account->owner)
		return SQLITE_OK;
	statement_bind_text(statement, 2, telling->account->owner);
	return step(statement);
}

/* A number that was not known comes with what billing told of it; without a profile it stays unknown. */
static int newcomer_add(const struct telling *telling)
{
	struct stored_account bare = *telling->account;

	bare.bills_count = bare.points_count = bare.subscriptions_count = 0;
	bare.as_of = bare.bills_as_of = bare.points_as_of = bare.services_as_of = 0;
	memset(bare.imsis, 0, sizeof(bare.imsis));
	bare.hash = NULL;
	bare.account = bare.account ? bare.account : "";
	bare.brand = bare.brand ? bare.brand : "";
	bare.status = bare.status ? bare.status : "active";
	bare.language = bare.language ? bare.language : "";
	return import_account(telling->connection, &bare);
}

/* Whether anything of it counts: what it says of the owner does then, too. */
static bool is_current(const struct telling *telling)
{
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (telling->merge.kinds[kind] == MERGE_TAKE)
			return true;
	}
	return false;
}

int told_write(struct connection *connection, const void *what, struct response *response)
{
	const struct told *told = what;
	struct telling telling = { .connection = connection, .account = &told->account };
	int rc;

	response->result = RESULT_NOT_FOUND;
	if (!msisdn_key(told->account.msisdn, &telling.msisdn))
		return SQLITE_OK;
	rc = judge(&telling, told->now);
	if (rc != SQLITE_OK || (!telling.known && !(told->kinds & 1u << ACCOUNT_PROFILE)))
		return rc;
	response->result = telling.merge.kinds[ACCOUNT_PROFILE] == MERGE_REFUSE ? RESULT_REFUSED : RESULT_OK;
	if (!is_current(&telling))
		return SQLITE_OK;
	if (!telling.known)
		rc = newcomer_add(&telling);
	else if (telling.merge.other_owner)
		rc = former_remove(&telling);
	if (rc == SQLITE_OK)
		rc = owner_put(&telling);
	return rc == SQLITE_OK ? kinds_put(&telling, told->kinds) : rc;
}

/* For the next start, which compares with it. */
static int catalogue_keep(struct connection *connection, const struct service *service)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CATALOGUE_ADD);

	statement_bind_text(statement, 1, service->code);
	sqlite3_bind_int64(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	return step(statement);
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

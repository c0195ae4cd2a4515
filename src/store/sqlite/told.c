/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What billing told of one subscriber takes the place of what was known: kind by kind, and never by older than what
 * is there. */
#include <string.h>

#include "starhash/accounts.h"
#include "store/sqlite/connection.h"
#include "starhash/calendar.h"

struct telling {
	struct connection *connection;
	const struct stored_account *account;
	sqlite3_int64 msisdn;
	bool known;				/* there is a row of that number */
	bool same_owner;
	int64_t stored[ACCOUNT_KINDS];		/* as of; 0: by a clock that was wrong, too */
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

/* What is from the future must not keep out the truth until then (F16). */
static int64_t stored_age(sqlite3_stmt *statement, int column, int64_t now)
{
	const int64_t age = sqlite3_column_int64(statement, column);

	return age > now + ACCOUNT_SKEW_S ? 0 : age;
}

static int stored_read(struct telling *telling, int64_t now)
{
	const char *told = telling->account->owner;
	sqlite3_stmt *statement = begin(telling, SQL_STORED);
	int rc = sqlite3_step(statement);
	const char *owner;

	telling->known = rc == SQLITE_ROW;
	telling->same_owner = true;
	if (telling->known) {
		owner = (const char *)sqlite3_column_text(statement, 0);
		telling->same_owner = !owner || !told || !strcmp(owner, told);
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			telling->stored[kind] = stored_age(statement, 1 + kind, now);
	}
	return statement_put(statement, rc);
}

/* F15: the number has another owner, to whom nothing of the former one is shown. */
static int former_remove(struct telling *telling)
{
	static const enum statement all[] = {
		SQL_FORMER_CONVERSATIONS, SQL_FORMER_ANSWERED, SQL_FORMER_NOTICES, SQL_FORMER_PASSWORD, SQL_FORMER_BILLS,
		SQL_FORMER_POINTS, SQL_FORMER_SERVICES, SQL_FORMER_ORDERS, SQL_FORMER_FACTS, SQL_FORMER_CONSENTS, SQL_PUT_SIMS,
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = run(telling, all[i]);
	memset(telling->stored, 0, sizeof(telling->stored));
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
	statement_bind_text(statement, 4, account->status);
	statement_bind_text(statement, 5, account->language);
	statement_bind_known(statement, 6, account->balance);
	statement_bind_known(statement, 7, account->owed);
	statement_bind_known(statement, 8, account->valid_until);
	statement_bind_known(statement, 9, account->bill_month);
	statement_bind_known(statement, 10, account->bill_total);
	sqlite3_bind_int64(statement, 11, told_as_of(account, ACCOUNT_PROFILE));
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

/* Whether an order is about it that billing had not seen yet. */
static int touched(const struct telling *telling, const char *service, bool *is)
{
	sqlite3_stmt *statement = begin(telling, SQL_TOUCHED);
	int rc;

	statement_bind_text(statement, 2, service);
	sqlite3_bind_int64(statement, 3, told_as_of(telling->account, ACCOUNT_SERVICES));
	rc = sqlite3_step(statement);
	*is = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static bool is_told(const struct stored_account *account, const char *service)
{
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		if (!strcmp(account->subscriptions[i].service, service))
			return true;
	}
	return false;
}

/* The subscriber's next service after \a service, in the same memory; "" at the end. */
static int next_service(const struct telling *telling, char service[static SERVICE_CODE_MAX + 1])
{
	sqlite3_stmt *statement = begin(telling, SQL_SUBSCRIBED);
	size_t len = 0;
	int rc;

	sqlite3_bind_text(statement, 2, service, -1, SQLITE_TRANSIENT);
	rc = sqlite3_step(statement);
	if (rc == SQLITE_ROW)
		len = (size_t)sqlite3_column_bytes(statement, 0);
	if (len > SERVICE_CODE_MAX)
		rc = SQLITE_CORRUPT;
	else if (len)
		memcpy(service, sqlite3_column_blob(statement, 0), len);
	service[rc == SQLITE_ROW ? len : 0] = '\0';
	return statement_put(statement, rc);
}

/* Not one that begins later than billing spoke: it cannot know it yet. */
static int unsubscribe(const struct telling *telling, const char *service)
{
	sqlite3_stmt *statement = begin(telling, SQL_UNSUBSCRIBE);

	statement_bind_text(statement, 2, service);
	sqlite3_bind_int64(statement, 3, calendar_date(day_of(told_as_of(telling->account, ACCOUNT_SERVICES), 0)));
	return step(statement);
}

static int services_remove(const struct telling *telling)
{
	char service[SERVICE_CODE_MAX + 1] = "";
	int rc = next_service(telling, service);

	while (rc == SQLITE_OK && service[0]) {
		bool is = is_told(telling->account, service);

		if (!is)
			rc = touched(telling, service, &is);
		if (rc == SQLITE_OK && !is)
			rc = unsubscribe(telling, service);
		if (rc == SQLITE_OK)
			rc = next_service(telling, service);
	}
	return rc;
}

static int subscribe(const struct telling *telling, const struct stored_subscription *subscription)
{
	sqlite3_stmt *statement;
	bool is;
	int rc = touched(telling, subscription->service, &is);

	if (rc != SQLITE_OK || is)
		return rc;
	statement = begin(telling, SQL_SUBSCRIBE);
	statement_bind_text(statement, 2, subscription->service);
	sqlite3_bind_int64(statement, 3, subscription->since);
	statement_bind_known(statement, 4, subscription->trial_until ? subscription->trial_until : STORED_UNKNOWN);
	return step(statement);
}

static int services_put(const struct telling *telling)
{
	sqlite3_stmt *statement;
	int rc = services_remove(telling);

	for (unsigned int i = 0; rc == SQLITE_OK && i < telling->account->subscriptions_count; i++)
		rc = subscribe(telling, &telling->account->subscriptions[i]);
	if (rc == SQLITE_OK)
		rc = run(telling, SQL_SERVICES);
	if (rc != SQLITE_OK)
		return rc;
	statement = begin(telling, SQL_PUT_SERVICES);
	sqlite3_bind_int64(statement, 2, told_as_of(telling->account, ACCOUNT_SERVICES));
	return step(statement);
}

/* ---- all of it ---- */

static int (*const parts[ACCOUNT_KINDS])(const struct telling *) = {
	[ACCOUNT_PROFILE] = profile_put,
	[ACCOUNT_BILLS] = bills_put,
	[ACCOUNT_POINTS] = points_put,
	[ACCOUNT_SERVICES] = services_put,
};

static int kinds_put(const struct telling *telling, unsigned int kinds)
{
	int rc = SQLITE_OK;

	for (enum account_kind kind = 0; rc == SQLITE_OK && kind < ACCOUNT_KINDS; kind++) {
		if (kinds & 1u << kind && told_as_of(telling->account, kind) >= telling->stored[kind])
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

/* An older answer may still be about the former owner. */
static bool is_outdated(const struct telling *telling)
{
	return !telling->same_owner && told_as_of(telling->account, ACCOUNT_PROFILE) < telling->stored[ACCOUNT_PROFILE];
}

int told_write(struct connection *connection, const void *what, struct response *response)
{
	const struct told *told = what;
	struct telling telling = { .connection = connection, .account = &told->account };
	int rc;

	response->result = RESULT_NOT_FOUND;
	if (!msisdn_key(told->account.msisdn, &telling.msisdn))
		return SQLITE_OK;
	rc = stored_read(&telling, told->now);
	if (rc != SQLITE_OK || (!telling.known && !(told->kinds & 1u << ACCOUNT_PROFILE)))
		return rc;
	response->result = RESULT_OK;
	if (is_outdated(&telling))
		return SQLITE_OK;
	if (!telling.known)
		rc = newcomer_add(&telling);
	else if (!telling.same_owner)
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

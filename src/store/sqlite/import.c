/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts and services as rows. */
#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"

int import_service(struct connection *connection, const struct service *service)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ADD_SERVICE);

	statement_bind_text(statement, 1, service->code);
	statement_bind_text(statement, 2, service->family);
	sqlite3_bind_int64(statement, 3, service->price);
	statement_bind_text(statement, 4, service->period);
	sqlite3_bind_int64(statement, 5, service->trial_days);
	sqlite3_bind_int64(statement, 6, service->opens_next_period);
	sqlite3_bind_int64(statement, 7, service->cancels_next_period);
	statement_bind_text(statement, 8, service->account);
	statement_bind_text(statement, 9, service->brand);
	statement_bind_text(statement, 10, service->excludes ? service->excludes : "");
	return statement_step(statement);
}

/* The codes of what is open, between blanks: subscriptions come in the order of their codes. */
static void services_join(const struct stored_account *account, char *out, size_t size)
{
	size_t len = 0;

	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		for (const char *code = account->subscriptions[i].service; *code && len + 2 < size; code++)
			out[len++] = *code;
		if (i + 1 < account->subscriptions_count && len + 2 < size)
			out[len++] = ' ';
	}
	out[len] = '\0';
}

/* As old as the rest when nobody says. */
static void bind_age(sqlite3_stmt *statement, int index, int64_t as_of)
{
	statement_bind_known(statement, index, as_of ? as_of : STORED_UNKNOWN);
}

static int add_subscriber(struct connection *connection, const struct stored_account *account, int64_t msisdn)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ADD_SUBSCRIBER);
	char services[256];

	services_join(account, services, sizeof(services));
	sqlite3_bind_int64(statement, 1, msisdn);
	statement_bind_text(statement, 2, account->account);
	statement_bind_text(statement, 3, account->brand);
	statement_bind_text(statement, 4, account->status);
	statement_bind_text(statement, 5, account->language);
	statement_bind_text(statement, 6, services);
	statement_bind_known(statement, 7, account->bill_month);
	statement_bind_known(statement, 8, account->bill_total);
	statement_bind_known(statement, 9, account->points);
	sqlite3_bind_int64(statement, 10, account->as_of == STORED_UNKNOWN ? 0 : account->as_of);
	bind_age(statement, 11, account->bills_as_of);
	bind_age(statement, 12, account->points_as_of);
	bind_age(statement, 13, account->services_as_of);
	statement_bind_text(statement, 14, account->owner);
	facts_bind(statement, 15, account);
	return statement_step(statement);
}

static int add_sims(struct connection *connection, const struct stored_account *account, int64_t msisdn)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ADD_SIM);
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < STORED_IMSIS_MAX && account->imsis[i][0]; i++) {
		int64_t imsi;

		if (!imsi_key(account->imsis[i], &imsi))
			return SQLITE_MISMATCH;
		sqlite3_bind_int64(statement, 1, imsi);
		sqlite3_bind_int64(statement, 2, msisdn);
		rc = statement_step(statement);
	}
	return rc;
}

static int add_password(struct connection *connection, const struct stored_account *account, int64_t msisdn)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ADD_PASSWORD);

	if (!account->hash)
		return SQLITE_OK;
	sqlite3_bind_int64(statement, 1, msisdn);
	statement_bind_text(statement, 2, account->hash);
	statement_bind_text(statement, 3, account->id_pieces);
	return statement_step(statement);
}

static int add_bills(struct connection *connection, const struct stored_account *account, int64_t msisdn)
{
	return lists_add_bills(&connection->lists, account, msisdn);
}

static int add_points(struct connection *connection, const struct stored_account *account, int64_t msisdn)
{
	return lists_add_points(&connection->lists, account, msisdn);
}

static int add_subscriptions(struct connection *connection, const struct stored_account *account,
			     int64_t msisdn)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_ADD_SUBSCRIPTION);
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < account->subscriptions_count; i++) {
		const struct subscription subscription = subscription_of(&account->subscriptions[i]);

		rc = subscription_write(statement, msisdn, &subscription);
	}
	return rc;
}

int import_account(struct connection *connection, const struct stored_account *account)
{
	static int (*const parts[])(struct connection *, const struct stored_account *, int64_t) = {
		add_subscriber, add_sims, add_password, add_bills, add_points, add_subscriptions,
	};
	int64_t msisdn;
	int rc = msisdn_key(account->msisdn, &msisdn) ? SQLITE_OK : SQLITE_MISMATCH;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(parts) / sizeof(*parts); i++)
		rc = parts[i](connection, account, msisdn);
	return rc;
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

/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "store/sql/change.h"
#include "store/sql/rows.h"
#include "store/sql/vanished.h"

enum { ID_PIECES = PASSWORD_COLUMN_COUNT, OWNER, LANGUAGE, TIME, HAS_PASSWORD };	/* columns of SQL_VANISHED */

int vanished_find(struct connection *connection, int64_t msisdn, bool *found)
{
	struct statement *statement = statement_of(connection, SQL_VANISHED, msisdn);
	const int rc = statement_next(statement);

	*found = rc == DB_ROW;
	return statement_put(statement, rc);
}

static int vanished_load(struct connection *connection, int64_t msisdn, struct vanished *vanished, bool *found)
{
	struct statement *statement = statement_of(connection, SQL_VANISHED, msisdn);
	int rc = statement_next(statement);

	*vanished = (struct vanished){ .has_password = false };
	*found = rc == DB_ROW;
	if (*found) {
		vanished->has_password = column_number(statement, HAS_PASSWORD);
		if (vanished->has_password)
			password_read(statement, &vanished->password);
		column_copy(statement, ID_PIECES, vanished->id_pieces, sizeof(vanished->id_pieces));
		column_copy(statement, OWNER, vanished->owner, sizeof(vanished->owner));
		column_copy(statement, LANGUAGE, vanished->language, sizeof(vanished->language));
		vanished->time = column_number(statement, TIME);
	}
	rc = statement_put(statement, rc);
	if (rc != DB_OK || !*found)
		return rc;
	statement = statement_of(connection, SQL_VANISHED_SUBSCRIPTIONS, msisdn);
	while (vanished->subscriptions_count < ACCOUNT_SUBSCRIPTIONS_MAX && (rc = statement_next(statement)) == DB_ROW)
		subscription_read(statement, &vanished->subscriptions[vanished->subscriptions_count++]);
	return statement_put(statement, rc);
}

int vanished_return(struct connection *connection, int64_t msisdn, bool same, const char **refusal)
{
	struct account_step step = { .changes_count = 0 };
	struct vanished vanished;
	struct account account;
	bool found;
	int rc = vanished_load(connection, msisdn, &vanished, &found);

	if (rc == DB_OK)
		rc = account_load_private(connection, msisdn, &account);
	if (rc == DB_OK && same)
		*refusal = account_give_back_refusal(&account, found ? &vanished : NULL);
	if (rc == DB_OK && found && !(same && *refusal)) {
		account_return(&account, &vanished, same, time(NULL), &step);
		rc = account_commit(connection, &account, &step);
	}
	account_wipe(&account);
	vanished_wipe(&vanished);
	return rc;
}

int vanished_keep(struct connection *connection, int64_t msisdn, bool other_owner)
{
	struct account_step step;
	struct vanished vanished;
	struct account account;
	bool retained;
	int rc = vanished_find(connection, msisdn, &retained);

	if (rc == DB_OK)
		rc = account_load_private(connection, msisdn, &account);
	if (rc == DB_OK) {
		account_vanish(&account, retained, other_owner, time(NULL), &vanished, &step);
		rc = account_commit(connection, &account, &step);
		account_wipe(&account);
		vanished_wipe(&vanished);
	}
	return rc;
}

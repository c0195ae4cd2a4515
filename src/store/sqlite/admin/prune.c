/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Removes old records, and retained data of subscribers whom a snapshot left out. */
#include <stdio.h>
#include <time.h>

#include "starhash/calendar.h"
#include "store/sqlite/admin/admin.h"
#include "store/sql/consent.h"
#include "store/sql/rows.h"
#include "store/sql/vanished.h"

/* ---- old records ---- */

enum age { AGE_SECONDS, AGE_MONTH, AGE_DATE };

#define OLD_BILLS " WHERE (msisdn, month) IN (SELECT msisdn, month FROM bill WHERE month < ?1 ORDER BY msisdn, month LIMIT ?2)"

/* ?1: the age, ?2: the maximum number of rows. */
static const struct {
	enum age age;
	const char *sql;
	const char *first;		/* run first, for dependent rows; NULL: none */
} kinds[] = {
	[ADMIN_BILLS] = { .age = AGE_MONTH, .sql = "DELETE FROM bill" OLD_BILLS, .first = "DELETE FROM bill_line" OLD_BILLS },
	[ADMIN_POINTS] = { .age = AGE_DATE, .sql = "DELETE FROM points_entry WHERE (msisdn, position) IN (SELECT msisdn, position"
			   " FROM points_entry WHERE date < ?1 LIMIT ?2)" },
	[ADMIN_COMPLETED_ORDERS] = { .sql = "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE state <> 'accepted'"
				     " AND accepted < ?1 LIMIT ?2)" },
	[ADMIN_EXPIRED_NOTIFICATIONS] = { .sql = "DELETE FROM notification WHERE id IN (SELECT id FROM notification"
					      " WHERE expires < ?1 LIMIT ?2)" },
	[ADMIN_REPLAYS] = { .sql = "DELETE FROM replay WHERE id IN (SELECT id FROM replay WHERE time < ?1 LIMIT ?2)" },
	[ADMIN_ENDED_IMPORTS] = { .sql = "DELETE FROM import WHERE id IN (SELECT id FROM import WHERE state NOT IN ('running',"
				  " 'switched') AND began < ?1 LIMIT ?2)" },
};

static int rows_delete(struct store_admin *admin, const char *sql, int64_t bound, unsigned int max, int64_t *deleted)
{
	struct statement *statement;
	int rc = statement_prepare(&admin->connection, sql, &statement);

	if (rc == SQLITE_OK) {
		statement_bind_number(statement, 1, bound);
		statement_bind_number(statement, 2, max);
		rc = statement_step(statement);
	}
	*deleted = rc == SQLITE_OK ? connection_changed(&admin->connection) : 0;
	statement_finish(statement);
	return rc;
}

static int rows_prune(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted)
{
	const int64_t date = calendar_date(day_of(before, 0));
	const enum age age = kinds[kind].age;
	const int64_t bound = age == AGE_SECONDS ? before : age == AGE_MONTH ? date / 100 : date;
	int rc = SQLITE_OK;

	if (kinds[kind].first)
		rc = rows_delete(admin, kinds[kind].first, bound, max, deleted);
	return rc == SQLITE_OK ? rows_delete(admin, kinds[kind].sql, bound, max, deleted) : rc;
}

/* Remove consents in order of their ids, so that each chain only loses its beginning. A sealed root records where the rest begins. */
static int consents_prune(struct store_admin *admin, int64_t before, unsigned int max, int64_t *deleted)
{
	struct connection *connection = &admin->connection;
	int old = 0, fresh = 0;
	int rc = consent_anchored_read(connection);

	if (rc == SQLITE_OK)
		rc = ledger_prune(connection, before, (int)max, &old);
	if (rc == SQLITE_OK)
		rc = consent_prune(connection, before, (int)max, &fresh);
	*deleted = old + fresh;
	return rc;
}

int admin_prune(struct store_admin *admin, enum admin_record kind, int64_t before, unsigned int max, int64_t *deleted)
{
	return admin_end(admin, kind == ADMIN_OLD_CONSENTS ? consents_prune(admin, before, max, deleted) :
							    rows_prune(admin, kind, before, max, deleted));
}

int admin_give_back(struct store_admin *admin, int64_t msisdn, const char **refusal)
{
	return admin_end(admin, vanished_return(&admin->connection, msisdn, true, refusal));
}

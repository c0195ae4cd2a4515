/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the process before left in the database. */
#include <inttypes.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>

#include "starhash/request.h"
#include "store/sqlite/before.h"

#define SHORTER 2		/* keeping it for less than one in so many of its days has to be meant */

static int time_read(struct before *before, struct connection *connection)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_CLOCK_LAST);
	const int rc = sqlite3_step(statement);

	before->time = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return statement_put(statement, rc);
}

static int catalogue_read(struct before *before, void *ctx, struct connection *connection)
{
	struct catalogue *catalogue = before->catalogue = talloc_zero(ctx, struct catalogue);
	sqlite3_stmt *statement = statement_get(connection, SQL_CATALOGUE);
	struct service *services = NULL;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		services = talloc_realloc(catalogue, services, struct service, catalogue->count + 1);
		services[catalogue->count++] = (struct service){
			.code = talloc_strdup(catalogue, (const char *)sqlite3_column_text(statement, 0)),
			.price = sqlite3_column_int64(statement, 1),
			.period = talloc_strdup(catalogue, (const char *)sqlite3_column_text(statement, 2)),
		};
	}
	catalogue->services = services;
	return statement_put(statement, rc);
}

/* *\a days: 0 when it is not known. */
static int days_read(struct connection *connection, enum kept kept, int64_t *days)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_RETENTION);
	int rc;

	statement_bind_text(statement, 1, kept_name(kept));
	rc = sqlite3_step(statement);
	*days = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return statement_put(statement, rc);
}

static int days_write(struct connection *connection, enum kept kept, int64_t days)
{
	sqlite3_stmt *statement = statement_get(connection, SQL_RETENTION_KEEP);

	statement_bind_text(statement, 1, kept_name(kept));
	sqlite3_bind_int64(statement, 2, days);
	return statement_put(statement, sqlite3_step(statement));
}

int before_read(struct before *before, void *ctx, struct connection *writer, struct rules *rules)
{
	int rc = time_read(before, writer);

	before->held[0] = '\0';
	before->differs = false;
	if (rc == SQLITE_OK)
		rc = catalogue_read(before, ctx, writer);
	for (enum kept kept = 0; rc == SQLITE_OK && kept < KEPT_KINDS; kept++) {
		int64_t days;

		rc = days_read(writer, kept, &days);
		if (rc == SQLITE_OK && rules->kept_days[kept] * SHORTER < days) {
			snprintf(before->held, sizeof(before->held), "retention would keep \"%s\" for %" PRId64 " days, and was for %" PRId64,
				 kept_name(kept), rules->kept_days[kept], days);
			rules->kept_days[kept] = days;
		}
		before->differs |= rules->kept_days[kept] != days;
	}
	return rc;
}

int retention_write(struct connection *connection, const void *what, struct response *response)
{
	const struct rules *rules = what;
	int rc = SQLITE_OK;

	for (enum kept kept = 0; rc == SQLITE_OK && kept < KEPT_KINDS; kept++)
		rc = days_write(connection, kept, rules->kept_days[kept]);
	response->result = RESULT_OK;
	return rc;
}

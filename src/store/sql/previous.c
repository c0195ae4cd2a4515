/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Records of the previous process in the database. */
#include <inttypes.h>
#include <stdio.h>

#include <osmocom/core/talloc.h>

#include "starhash/request.h"
#include "store/sql/previous.h"

static int catalogue_read(struct before *before, void *ctx, struct connection *connection)
{
	struct catalogue *catalogue = before->catalogue = talloc_zero(ctx, struct catalogue);
	struct statement *statement = statement_get(connection, SQL_CATALOGUE);
	struct service *services = NULL;
	int rc;

	while ((rc = statement_next(statement)) == DB_ROW) {
		services = talloc_realloc(catalogue, services, struct service, catalogue->count + 1);
		services[catalogue->count++] = (struct service){
			.code = talloc_strdup(catalogue, column_text(statement, 0)),
			.price = column_number(statement, 1),
			.period = talloc_strdup(catalogue, column_text(statement, 2)),
			.trial_price = column_number(statement, 3),
		};
	}
	catalogue->services = services;
	return statement_put(statement, rc);
}

/* *\a days: 0 if unknown. */
static int days_read(struct connection *connection, enum retention kind, int64_t *days)
{
	struct statement *statement = statement_get(connection, SQL_RETENTION);
	int rc;

	statement_bind_text(statement, 1, retention_name(kind));
	rc = statement_next(statement);
	*days = rc == DB_ROW ? column_number(statement, 0) : 0;
	return statement_put(statement, rc);
}

int before_read(struct before *before, void *ctx, struct connection *writer, struct account_rules *rules)
{
	struct statement *statement = statement_get(writer, SQL_CLOCK_LAST);
	int rc = statement_next(statement);

	before->time = rc == DB_ROW ? column_number(statement, 0) : 0;
	rc = statement_put(statement, rc);
	before->held[0] = '\0';
	before->differs = false;
	if (rc == DB_OK)
		rc = catalogue_read(before, ctx, writer);
	for (enum retention kind = 0; rc == DB_OK && kind < RETENTION_KINDS; kind++) {
		int64_t days;

		rc = days_read(writer, kind, &days);
		if (rc == DB_OK && retention_shortened(days, rules->retention_days[kind])) {
			snprintf(before->held, sizeof(before->held),
				 "retention of \"%s\" would be only %" PRId64 " days instead of %" PRId64,
				 retention_name(kind), rules->retention_days[kind], days);
			rules->retention_days[kind] = days;
		}
		before->differs |= rules->retention_days[kind] != days;
	}
	return rc;
}

int retention_write(struct connection *connection, const void *what, struct response *response)
{
	const struct account_rules *rules = what;
	struct statement *statement = statement_get(connection, SQL_RETENTION_KEEP);
	int rc = DB_OK;

	for (enum retention kind = 0; rc == DB_OK && kind < RETENTION_KINDS; kind++) {
		statement_bind_text(statement, 1, retention_name(kind));
		statement_bind_number(statement, 2, rules->retention_days[kind]);
		rc = statement_put(statement, statement_next(statement));
	}
	response->result = RESULT_OK;
	return rc;
}

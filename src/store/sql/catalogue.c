/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services as rows: from the menus' catalogue, and from imports. */
#include "store/sql/connection.h"

int service_write(struct connection *connection, const struct service *service)
{
	struct statement *statement = statement_get(connection, SQL_ADD_SERVICE);

	statement_bind_text(statement, 1, service->code);
	statement_bind_text(statement, 2, service->family);
	statement_bind_number(statement, 3, service->price);
	statement_bind_text(statement, 4, service->period);
	statement_bind_number(statement, 5, service->trial_days);
	statement_bind_number(statement, 6, service->activates_next_period);
	statement_bind_number(statement, 7, service->deactivates_next_period);
	statement_bind_text(statement, 8, service->account);
	statement_bind_text(statement, 9, service->brand);
	statement_bind_text(statement, 10, service->excludes ? service->excludes : "");
	statement_bind_number(statement, 11, service->trial_price);
	statement_bind_text(statement, 12, trial_ends_name(service->trial_ends));
	return statement_step(statement);
}

int service_feed(struct connection *connection, const struct service *service)
{
	struct statement *statement = statement_get(connection, SQL_SERVICE_FEED);

	statement_bind_text(statement, 1, service->code);
	statement_bind_number(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	statement_bind_text(statement, 4, service->account);
	statement_bind_text(statement, 5, service->brand);
	return statement_step(statement);
}

/* Record a service of the catalogue for the next start, which compares with it. */
static int catalogue_keep(struct connection *connection, const struct service *service)
{
	struct statement *statement = statement_get(connection, SQL_CATALOGUE_ADD);

	statement_bind_text(statement, 1, service->code);
	statement_bind_number(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	statement_bind_number(statement, 4, service->trial_price);
	return statement_step(statement);
}

int catalogue_write(struct connection *connection, const void *what, struct response *response)
{
	const struct catalogue *catalogue = what;
	int rc = statement_run(connection, SQL_WITHDRAW);

	if (rc == DB_OK)
		rc = statement_run(connection, SQL_CATALOGUE_EMPTY);
	for (size_t i = 0; rc == DB_OK && i < catalogue->count; i++) {
		rc = service_write(connection, &catalogue->services[i]);
		if (rc == DB_OK)
			rc = catalogue_keep(connection, &catalogue->services[i]);
	}
	response->result = RESULT_OK;
	return rc;
}

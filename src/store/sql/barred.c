/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* sql/: accounts in an SQL database, whichever it is. Start with change.c; statements.h has the SQL, and db.h what a database must do.
 *
 * Barred numbers as rows. */
#include "starhash/barring.h"
#include "store/sql/connection.h"
#include "store/sql/rows.h"

void bar_row_read(struct statement *statement, struct bar *bar)
{
	*bar = (struct bar){ .id = column_number(statement, 0), .since = column_number(statement, 2),
			     .until = column_number(statement, 3) };
	column_copy(statement, 1, bar->number, sizeof(bar->number));
	column_copy(statement, 4, bar->reason, sizeof(bar->reason));
	column_copy(statement, 5, bar->staff, sizeof(bar->staff));
}

int barred_read(struct connection *connection, const struct request *request, struct response *response)
{
	struct statement *statement = statement_get(connection, SQL_BARRED);
	uint8_t octets[BAR_ROW_SIZE];
	struct bar bar;
	int rc;

	statement_bind_number(statement, 1, request->id);
	response->result = RESULT_OK;
	while ((rc = statement_next(statement)) == DB_ROW && !response->more) {
		struct record row = { .data = octets, .size = sizeof(octets) };

		bar_row_read(statement, &bar);
		bar_write(&bar, &row);
		response->more = rows_add(&response->rows, &row) < 0;
	}
	return statement_put(statement, rc);
}

int bar_store(struct connection *connection, const void *what, struct response *response)
{
	const struct bar *bar = what;
	struct statement *statement = statement_get(connection, SQL_BAR_REPLACED);
	int rc;

	statement_bind_text(statement, 1, bar->number);
	statement_bind_number(statement, 2, bar->since);
	statement_bind_text(statement, 3, bar->staff);
	rc = statement_step(statement);
	if (rc != DB_OK)
		return rc;
	statement = statement_get(connection, SQL_BAR);
	statement_bind_text(statement, 1, bar->number);
	statement_bind_number(statement, 2, bar->since);
	statement_bind_number(statement, 3, bar->until);
	statement_bind_text(statement, 4, bar->reason);
	statement_bind_text(statement, 5, bar->staff);
	response->result = RESULT_OK;
	return statement_step(statement);
}

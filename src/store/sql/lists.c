/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "store/sql/connection.h"
#include "store/sql/lists.h"

static const struct {
	const char *table, *columns;	/* besides the subscriber; named, since migrations may have appended columns */
	unsigned int columns_count;
	unsigned int at_once;
} shapes[LISTS] = {
	[LIST_BILLS] = { "bill", "month, total", 2, 5 },
	[LIST_CHARGES] = { "bill_line", "month, position, item, amount" LINE_COLUMNS, 4 + LINE_FACT_COUNT, 10 },
	[LIST_POINTS] = { "points_entry", "position, date, change, reason", 4, 4 },
};

/* "INSERT INTO bill (msisdn, month, total) VALUES (?1, ?2, ?3), (?1, ?4, ?5)" */
static int prepare(struct connection *connection, int list, unsigned int rows, struct statement **statement)
{
	unsigned int parameter = 2;
	char sql[2048];
	size_t len = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s (msisdn, %s) VALUES ", shapes[list].table,
				      shapes[list].columns);

	for (unsigned int row = 0; row < rows; row++) {
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "%s(?1", row ? ", " : "");
		for (unsigned int column = 0; column < shapes[list].columns_count; column++)
			len += (size_t)snprintf(sql + len, sizeof(sql) - len, ", ?%u", parameter++);
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, ")");
	}
	return statement_prepare(connection, sql, statement);
}

int lists_prepare(struct connection *connection)
{
	struct lists *lists = &connection->lists;
	int rc = DB_OK;

	memset(lists, 0, sizeof(*lists));
	for (int list = 0; rc == DB_OK && list < LISTS; list++) {
		rc = prepare(connection, list, 1, &lists->one[list]);
		if (rc == DB_OK)
			rc = prepare(connection, list, shapes[list].at_once, &lists->some[list]);
	}
	return rc;
}

void lists_finish(struct lists *lists)
{
	for (int list = 0; list < LISTS; list++) {
		statement_finish(lists->one[list]);
		statement_finish(lists->some[list]);
	}
	memset(lists, 0, sizeof(*lists));
}

/* State while rows are bound: statements for several rows are used while enough rows are left. */
struct filling {
	const struct lists *lists;
	int list;
	int64_t msisdn;
	unsigned int left;		/* rows not bound yet */
	unsigned int bound, room;	/* rows of the statement */
	struct statement *statement;
};

/* Returns the first parameter of the next row. */
static int row_begin(struct filling *filling)
{
	const bool some = filling->left >= shapes[filling->list].at_once;

	if (!filling->bound) {
		filling->statement = some ? filling->lists->some[filling->list] : filling->lists->one[filling->list];
		filling->room = some ? shapes[filling->list].at_once : 1;
		statement_bind_number(filling->statement, 1, filling->msisdn);
	}
	return 2 + (int)(filling->bound * shapes[filling->list].columns_count);
}

static int row_end(struct filling *filling)
{
	filling->left--;
	if (++filling->bound < filling->room)
		return DB_OK;
	filling->bound = 0;
	return statement_step(filling->statement);
}

static int charges_add(struct filling *filling, const struct stored_bill *bill)
{
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < bill->lines_count; i++) {
		const int at = row_begin(filling);

		statement_bind_number(filling->statement, at, bill->month);
		statement_bind_number(filling->statement, at + 1, bill->lines[i].place ? bill->lines[i].place - 1 : i);
		line_bind(filling->statement, at + 2, &bill->lines[i]);
		rc = row_end(filling);
	}
	return rc;
}

int lists_add_bills(const struct lists *lists, const struct stored_account *account, int64_t msisdn)
{
	struct filling bills = { .lists = lists, .list = LIST_BILLS, .msisdn = msisdn, .left = account->bills_count };
	struct filling charges = { .lists = lists, .list = LIST_CHARGES, .msisdn = msisdn };
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < account->bills_count; i++) {
		const int at = row_begin(&bills);

		statement_bind_number(bills.statement, at, account->bills[i].month);
		statement_bind_number(bills.statement, at + 1, account->bills[i].total);
		charges.left += account->bills[i].lines_count;
		rc = row_end(&bills);
	}
	for (unsigned int i = 0; rc == DB_OK && i < account->bills_count; i++)
		rc = charges_add(&charges, &account->bills[i]);
	return rc;
}

int lists_add_points(const struct lists *lists, const struct stored_account *account, int64_t msisdn)
{
	struct filling filling = { .lists = lists, .list = LIST_POINTS, .msisdn = msisdn, .left = account->points_count };
	int rc = DB_OK;

	for (unsigned int i = 0; rc == DB_OK && i < account->points_count; i++) {
		const struct stored_points *entry = &account->points_entries[i];
		const int at = row_begin(&filling);

		statement_bind_number(filling.statement, at, entry->place ? entry->place - 1 : i);
		statement_bind_number(filling.statement, at + 1, entry->date);
		statement_bind_number(filling.statement, at + 2, entry->change);
		statement_bind_text(filling.statement, at + 3, entry->reason);
		rc = row_end(&filling);
	}
	return rc;
}

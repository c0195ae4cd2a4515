/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "store/sqlite/connection.h"
#include "store/sqlite/lists.h"

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
static int prepare(sqlite3 *db, int list, const char *behind, unsigned int rows, sqlite3_stmt **statement)
{
	unsigned int parameter = 2;
	char sql[2048];
	size_t len = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s%s (msisdn, %s) VALUES ", shapes[list].table, behind,
				      shapes[list].columns);

	for (unsigned int row = 0; row < rows; row++) {
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "%s(?1", row ? ", " : "");
		for (unsigned int column = 0; column < shapes[list].columns_count; column++)
			len += (size_t)snprintf(sql + len, sizeof(sql) - len, ", ?%u", parameter++);
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, ")");
	}
	return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

int lists_prepare(struct lists *lists, sqlite3 *db, const char *behind)
{
	int rc = SQLITE_OK;

	memset(lists, 0, sizeof(*lists));
	for (int list = 0; rc == SQLITE_OK && list < LISTS; list++) {
		rc = prepare(db, list, behind, 1, &lists->one[list]);
		if (rc == SQLITE_OK)
			rc = prepare(db, list, behind, shapes[list].at_once, &lists->some[list]);
	}
	return rc;
}

void lists_finish(struct lists *lists)
{
	for (int list = 0; list < LISTS; list++) {
		sqlite3_finalize(lists->one[list]);
		sqlite3_finalize(lists->some[list]);
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
	sqlite3_stmt *statement;
};

/* Returns the first parameter of the next row. */
static int row_begin(struct filling *filling)
{
	const bool some = filling->left >= shapes[filling->list].at_once;

	if (!filling->bound) {
		filling->statement = some ? filling->lists->some[filling->list] : filling->lists->one[filling->list];
		filling->room = some ? shapes[filling->list].at_once : 1;
		sqlite3_bind_int64(filling->statement, 1, filling->msisdn);
	}
	return 2 + (int)(filling->bound * shapes[filling->list].columns_count);
}

static int row_end(struct filling *filling)
{
	filling->left--;
	if (++filling->bound < filling->room)
		return SQLITE_OK;
	filling->bound = 0;
	return statement_step(filling->statement);
}

static int charges_add(struct filling *filling, const struct stored_bill *bill)
{
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < bill->lines_count; i++) {
		const int at = row_begin(filling);

		sqlite3_bind_int64(filling->statement, at, bill->month);
		sqlite3_bind_int64(filling->statement, at + 1, bill->lines[i].place ? bill->lines[i].place - 1 : i);
		line_bind(filling->statement, at + 2, &bill->lines[i]);
		rc = row_end(filling);
	}
	return rc;
}

int lists_add_bills(const struct lists *lists, const struct stored_account *account, int64_t msisdn)
{
	struct filling bills = { .lists = lists, .list = LIST_BILLS, .msisdn = msisdn, .left = account->bills_count };
	struct filling charges = { .lists = lists, .list = LIST_CHARGES, .msisdn = msisdn };
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < account->bills_count; i++) {
		const int at = row_begin(&bills);

		sqlite3_bind_int64(bills.statement, at, account->bills[i].month);
		sqlite3_bind_int64(bills.statement, at + 1, account->bills[i].total);
		charges.left += account->bills[i].lines_count;
		rc = row_end(&bills);
	}
	for (unsigned int i = 0; rc == SQLITE_OK && i < account->bills_count; i++)
		rc = charges_add(&charges, &account->bills[i]);
	return rc;
}

int lists_add_points(const struct lists *lists, const struct stored_account *account, int64_t msisdn)
{
	struct filling filling = { .lists = lists, .list = LIST_POINTS, .msisdn = msisdn, .left = account->points_count };
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < account->points_count; i++) {
		const struct stored_points *entry = &account->points_entries[i];
		const int at = row_begin(&filling);

		sqlite3_bind_int64(filling.statement, at, entry->place ? entry->place - 1 : i);
		sqlite3_bind_int64(filling.statement, at + 1, entry->date);
		sqlite3_bind_int64(filling.statement, at + 2, entry->change);
		statement_bind_text(filling.statement, at + 3, entry->reason);
		rc = row_end(&filling);
	}
	return rc;
}

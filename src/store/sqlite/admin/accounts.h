/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole accounts out of the tables, or of the staged ones. */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>

#include "starhash/stored.h"

/* Charges are rows of bills: they are read behind them. */
enum { ACCOUNT_PROFILE_ROW, ACCOUNT_NUMBER_ROW, ACCOUNT_SIM_ROWS, ACCOUNT_BILL_ROWS, ACCOUNT_CHARGE_ROWS, ACCOUNT_POINTS_ROWS,
       ACCOUNT_SUBSCRIPTION_ROWS, ACCOUNT_ROWS };

struct account_rows {
	sqlite3_stmt *statement;
	int number;			/* the column that says whose a row is */
	bool waits;			/* it is at a row that nobody has taken */
	int rc;				/* of its last step */
};

struct account_reader {
	struct account_rows rows[ACCOUNT_ROWS];
};

/* \a behind: of the tables' names, "" or STAGED. An SQLite result code; to be finished in any case. */
int account_reader_prepare(struct account_reader *reader, sqlite3 *db, const char *behind);
void account_reader_finish(struct account_reader *reader);

/* SQLITE_OK, *\a account NULL when there is none of that number. Its texts and lists lie below \a ctx. */
int account_read(struct account_reader *reader, int64_t msisdn, void *ctx, struct stored_account **account);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads whole accounts from the served tables, or from the staged ones. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/stored.h"

struct connection;
struct statement;

/* Charges belong to bills, so they are read after them. */
enum { ACCOUNT_PROFILE_ROW, ACCOUNT_NUMBER_ROW, ACCOUNT_SIM_ROWS, ACCOUNT_BILL_ROWS, ACCOUNT_CHARGE_ROWS, ACCOUNT_POINTS_ROWS,
       ACCOUNT_SUBSCRIPTION_ROWS, ACCOUNT_ROWS };

struct account_rows {
	struct statement *statement;
	int number;			/* the column with the number */
	bool waits;			/* it is at a row that has not been read */
	int rc;				/* result of its last step */
};

struct account_reader {
	struct account_rows rows[ACCOUNT_ROWS];
};

/* To read through a connection, which belongs to the caller. Returns a result code. To be finished in any case. */
int account_reader_prepare(struct account_reader *reader, struct connection *connection);
void account_reader_finish(struct account_reader *reader);

/* Read one account. SQLITE_OK with *\a account NULL: no account has the number. Texts and lists are allocated below \a ctx. */
int account_read(struct account_reader *reader, int64_t msisdn, void *ctx, struct stored_account **account);

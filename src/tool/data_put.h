/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of import files into the database's tables: into those that are served (a delta), or into the ones that will
 * take their place (a snapshot; see data_stage.h). */
#pragma once

#include "import/row.h"
#include "tool/data_file.h"
#include "store/sqlite/connection.h"

#define PUT_WHY_SIZE 160
#define PUT_SERVICES_MAX 256

enum put_end {
	PUT_TAKEN,
	PUT_OLDER,			/* the database knows it newer already (F27) */
	PUT_REFUSED,			/* put->why says why */
	PUT_FAILED,			/* put->rc is SQLite's */
};

/* Of a snapshot. */
enum put_statement {
	PUT_KNOWN,
	PUT_HERE,
	PUT_ADD,
	PUT_SIM,
	PUT_SIM_DROP,
	PUT_PASSWORD,
	PUT_BILL,
	PUT_LINE,
	PUT_POINTS,
	PUT_SUBSCRIPTION,
	PUT_SERVICES,
	PUT_BILLS_FRESH,
	PUT_POINTS_FRESH,
	PUT_SERVICES_FRESH,
	PUT_MARK,
	PUT_DROP,
	PUT_STATEMENTS
};

struct put {
	struct data_file *file;
	bool snapshot;
	bool force;			/* older data overwrite newer */
	int64_t as_of;			/* of rows that do not say */
	int64_t now;			/* seconds since 1970 */
	int64_t newest;			/* as_of of all rows so far; INT64_MIN: there were none */
	const char *hash_kinds; /* of billing's password hashes that are taken, see password_verify(); NULL: none */
	const uint8_t *key;		/* that makes pieces of identity numbers; NULL: nothing is kept of them */
	bool ids_dropped;		/* some were left out for want of it */
	bool own_hashes;		/* those that starhashd made, too */
	struct connection connection;	/* that a delta is merged over, as the next two say */
	struct account_step step;
	struct response response;
	sqlite3_stmt *service, *service_name;
	sqlite3_stmt *statements[PUT_STATEMENTS];
	struct lists lists;
	char services[PUT_SERVICES_MAX][32];	/* that are known to have a row */
	unsigned int services_count;
	int rc;
	char why[PUT_WHY_SIZE];
};

/* After the tables are there. 0, or 1 after a message. */
int put_begin(struct put *put);
void put_finish(struct put *put);

enum put_end put_row(struct put *put, const struct import_row *row);

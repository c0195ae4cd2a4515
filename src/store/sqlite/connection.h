/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Opens connections to an account database in an SQLite file. Functions return an SQLite result code. */
#pragma once

#include "store/sql/connection.h"
#include "store/sqlite/driver.h"
#include "store/sqlite/own_statements.h"

#define BUSY_MS 2000		/* how long to wait for another process's lock, where waiting is allowed */

enum connection_role {
	CONNECTION_READ,		/* read-only */
	CONNECTION_LOOP,		/* also read-only; caches much of the file */
	CONNECTION_WRITE,		/* writes durably */
};

/* Open an existing file, set and read back the pragmas, prepare the statements. \a vfs NULL: the default. After an error, \a why
 * describes the failed step. To be closed in any case. */
int connection_open(struct connection *connection, const char *file, enum connection_role role, const char *vfs,
		    const char **why);
void connection_close(struct connection *connection);

/* Prepare the statements of a role on connection->db. \a behind: NULL or STAGED. */
int connection_prepare(struct connection *connection, enum connection_role role, const char *behind);

/* Suffix of the names of the tables in which a snapshot is staged. The account rules work on them without change. */
#define STAGED "_next"

/* The first tables replace the served ones; the last one, "password", is merged into the served one. */
enum { TABLES_EXCHANGED = 6, TABLES_STAGED };

extern const char *const staged_tables[TABLES_STAGED];

/* Global settings of SQLite. To be called before any other function of it. */
void database_start(void);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to the account database with its statements, and what the store's parts do with it. Each connection
 * belongs to one thread at a time. Unless said otherwise functions return an SQLite result code. */
#pragma once

#include <stdbool.h>

#include <sqlite3.h>

#include "starhash/account.h"
#include "starhash/stored.h"
#include "store/claims.h"
#include "store/sqlite/lists.h"
#include "store/sqlite/statements.h"

#define BUSY_MS 2000		/* how long another process's lock is waited for, where waiting is allowed */

#define SERVICES_KNOWN 64

struct connection {
	sqlite3 *db;
	sqlite3_stmt *statements[SQL_COUNT];
	struct lists lists;		/* of connections that write */
	struct account_rules rules;	/* set by its owner, as all that follows */
	unsigned int node;		/* of reference numbers: as struct accounts_settings has it */
	const struct consent_key *consent_key;	/* NULL: it adds no consent and prunes none */
	int64_t anchored;		/* id up to which consents have anchors, and may go when retention ends */
	uint64_t consents;		/* added, durable or not */
	bool staged;			/* to the tables of a snapshot, which has no orders yet */
	enum change_kind failed;	/* the last one that could not be written */
	unsigned int services_count;	/* that are known to have a row, in the transaction that is open: none goes, unless it is undone */
	char services[SERVICES_KNOWN][SERVICE_CODE_MAX + 1];
};

enum connection_role {
	CONNECTION_READ,		/* may not change anything */
	CONNECTION_LOOP,		/* nor this one, which keeps much of the file in memory */
	CONNECTION_WRITE,		/* durable changes */
};

/* Open an existing file, set and read back the pragmas, prepare the statements. \a vfs NULL: the
 * default. After an error \a why says in words what was being done. Close it in any case. */
int connection_open(struct connection *connection, const char *file, enum connection_role role, const char *vfs,
		    const char **why);
void connection_close(struct connection *connection);

/* The statements of a role on connection->db. \a behind: of the names of the tables that a snapshot replaces, "" or STAGED. */
int connection_prepare(struct connection *connection, enum connection_role role, const char *behind);

/* Give them up: the database stays open, and the caller's. */
void connection_leave(struct connection *connection);

/* A snapshot is staged in tables of its own, whose names have this behind. Account rules see no difference. */
#define STAGED "_next"

/* The first ones take the place of those that are served; the last one, "password", only gives to it. */
enum { TABLES_EXCHANGED = 6, TABLES_STAGED };

extern const char *const staged_tables[TABLES_STAGED];

/* Prepare one statement, for the tables with \a behind after their names. */
int statement_prepare(sqlite3 *db, const char *sql, const char *behind, sqlite3_stmt **statement);

/* A statement ready for binding. Every statement that was stepped must be given back, or it keeps its locks. */
static inline sqlite3_stmt *statement_get(struct connection *connection, enum statement which)
{
	return connection->statements[which];
}

/* The same with a subscriber's number as ?1. */
static inline sqlite3_stmt *statement_of(struct connection *connection, enum statement which, int64_t msisdn)
{
	sqlite3_stmt *statement = statement_get(connection, which);

	sqlite3_bind_int64(statement, 1, msisdn);
	return statement;
}

/* Give back. \a rc passes through, with SQLITE_ROW and SQLITE_DONE becoming SQLITE_OK. */
static inline int statement_put(sqlite3_stmt *statement, int rc)
{
	sqlite3_reset(statement);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Step what is bound, whatever it finds. */
static inline int statement_step(sqlite3_stmt *statement)
{
	return statement_put(statement, sqlite3_step(statement));
}

static inline void statement_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* One that has no parameters and yields no rows. */
int statement_run(struct connection *connection, enum statement which);

/* One that is too rare to be kept prepared, and yields no rows; with the numbers as ?1 and, where it has that, ?2. */
int statement_run_once(sqlite3 *db, const char *sql, int64_t one, int64_t other);

/* Whom a request is about. */
struct subscriber_row {
	bool known;
	int64_t msisdn;
	int64_t bill_month;
	int64_t orders_after;	/* ids up to which orders, and consents, are a former owner's */
	int64_t consents_after;
	int64_t bills_as_of, points_as_of, services_as_of;
};

/* The statement for MSISDN or IMSI with its key bound; NULL when neither can be anybody's. */
sqlite3_stmt *subscriber_find(struct connection *connection, const struct subscriber *subscriber, enum statement by_msisdn,
			      enum statement by_imsi);

int subscriber_row_read(struct connection *connection, const struct subscriber *subscriber, struct subscriber_row *subject);

/* Bind a text of a request's arguments; NULL when there is none. */
void statement_bind_arg(sqlite3_stmt *statement, int index, const struct record *args, uint16_t id);

/* Append \a count columns of the current row from \a first on, by their fields, to a record; NULL is left out. */
void columns_put(sqlite3_stmt *statement, int first, const uint16_t *fields, int count, struct record *record);

static inline void statement_bind_record(sqlite3_stmt *statement, int index, const struct record *record)
{
	sqlite3_bind_blob(statement, index, record->data, record->len, SQLITE_STATIC);
}

/* 0 becomes NULL. */
static inline void statement_bind_nonzero(sqlite3_stmt *statement, int index, int64_t number)
{
	if (number)
		sqlite3_bind_int64(statement, index, number);
	else
		sqlite3_bind_null(statement, index);
}

/* Numbers that are not known become NULL. */
void statement_bind_known(sqlite3_stmt *statement, int index, int64_t number);

/* Bind the plain facts to FACT_PLACES, whose first parameter is \a first; or to FACT_CHANGES, with the bits (1 << enum
 * stored_fact_index) of those that change. By pointers. */
void facts_bind(sqlite3_stmt *statement, int first, const struct stored_account *account);
void facts_bind_changes(sqlite3_stmt *statement, int first, const struct stored_account *account, uint64_t changes);

/* Bind a charge's item, amount and what else it has, from parameter \a first on. By pointers. */
void line_bind(sqlite3_stmt *statement, int first, const struct stored_line *line);

/* A list of due work. */
struct due_asked {
	enum queue queue;
	struct claim claim;
	unsigned int claimed_count;
	int64_t claimed[CLAIMED_MAX];	/* ids to be passed over */
};

/* A change, as request_write() and update_write() make them inside a transaction; or a read. When it fails the response is to be
 * thrown away. */
typedef int change_make(struct connection *connection, const void *what, struct response *response);

/* \a what: struct request, one that changes nothing. */
change_make request_read;

/* \a what: struct due_asked. */
change_make due_read;

/* Make a change wholly or not at all: inside the transaction that is open, or in one of its own. */
int change_whole(struct connection *connection, change_make *make, const void *what, struct response *response);

/* \a what: struct request. */
change_make request_write;

/* \a what: struct account_update. */
change_make update_write;

/* What becomes of due work, but for what is given back. */
struct item {
	enum queue queue;
	struct completion completion;
};

/* \a what: struct item. */
change_make item_write;

/* \a what: struct catalogue. */
change_make catalogue_write;

/* All of a service's terms, and what an import tells of them. */
int service_write(struct connection *connection, const struct service *service);
int service_feed(struct connection *connection, const struct service *service);

/* SQLite's own settings. To be called before anything else of it. */
void database_start(void);

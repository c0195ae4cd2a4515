/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One connection to the account database with its statements, and the operations on it that the store's files share. Each connection
 * belongs to one thread at a time. Unless stated otherwise, functions return a result code. */
#pragma once

#include <stdbool.h>

#include "starhash/account.h"
#include "starhash/barring.h"
#include "starhash/stored.h"
#include "store/claims.h"
#include "store/sql/db.h"
#include "store/sql/lists.h"
#include "store/sql/statements.h"

#define SERVICES_KNOWN 64

struct connection {
	const struct driver *driver;
	void *db;			/* the driver's */
	const char *behind;		/* suffix of the names of the tables that a snapshot replaces; NULL: none */
	struct statement *statements[SQL_COUNT + SQL_OWN_MAX];	/* those of statements.h, then the driver's own */
	struct lists lists;		/* for connections that write */
	struct account_rules rules;	/* set by its owner, as are all following members */
	unsigned int node;		/* of reference numbers: as in struct accounts_settings */
	const struct consent_key *consent_key;	/* NULL: no consents are added or removed */
	int64_t anchored;		/* consents up to this id have anchors, and may be removed when retention ends */
	uint64_t consents;		/* consents added, committed or not */
	bool staged;			/* connected to the tables of a staged snapshot, which has no orders yet */
	int64_t notification;		/* id of the one added last */
	enum change_kind failed;	/* the last change that could not be written */
	unsigned int services_count;	/* services known to exist in the open transaction: none is removed unless it is rolled back */
	char services[SERVICES_KNOWN][SERVICE_CODE_MAX + 1];
};

/* Prepare a statement for the tables of the connection, to be finished; NULL after an error. */
static inline int statement_prepare(struct connection *connection, const char *sql, struct statement **statement)
{
	return connection->driver->prepare(connection, sql, statement);
}

/* Prepare the statements that read, or also those that write. To be finished in any case, which includes the driver's own. */
int statements_prepare(struct connection *connection, bool writes);
void statements_finish(struct connection *connection);

/* A statement ready for binding. Every statement that was run must be reset by statement_put(), or it holds its locks. */
static inline struct statement *statement_get(struct connection *connection, unsigned int which)
{
	return connection->statements[which];
}

/* The same with a subscriber's number as ?1. */
static inline struct statement *statement_of(struct connection *connection, unsigned int which, int64_t msisdn)
{
	struct statement *statement = statement_get(connection, which);

	statement_bind_number(statement, 1, msisdn);
	return statement;
}

/* How many rows the last write changed, and the id of the row that the last insertion added. A driver that queued them runs them now. */
static inline int64_t connection_changed(struct connection *connection)
{
	return connection->driver->changed(connection);
}

static inline int64_t connection_added(struct connection *connection)
{
	return connection->driver->added(connection);
}

/* Run a statement without parameters or rows. */
int statement_run(struct connection *connection, unsigned int which);

/* The subscriber whom a request is about. */
struct subscriber_row {
	bool known;
	int64_t msisdn;
	int64_t bill_month;
	int64_t orders_after;	/* orders, and consents, up to these ids belong to a former owner */
	int64_t consents_after;
	int64_t bills_as_of, points_as_of, services_as_of;
};

/* The statement for MSISDN or IMSI with its key bound; NULL if neither is a valid key. */
struct statement *subscriber_find(struct connection *connection, const struct subscriber *subscriber, enum sql by_msisdn,
			      enum sql by_imsi);

int subscriber_row_read(struct connection *connection, const struct subscriber *subscriber, struct subscriber_row *subject);

/* Append the profile of a row of SQL_PROFILE. Returns its MSISDN. */
int64_t profile_row_read(struct statement *statement, struct record *facts);

/* Append the profile as REQUEST_PROFILE gives it; nothing for an unknown subscriber. */
int profile_facts_read(struct connection *connection, const struct subscriber *subscriber, struct record *facts);

/* Information fees on the bill of a month, yyyymm, 0: the last billed one; fees->month stays 0 when there is no such bill. */
int fees_read(struct connection *connection, const struct subscriber *subscriber, int64_t month, struct fees *fees);

/* Bind a text of a request's arguments; NULL if it is missing. */
void statement_bind_arg(struct statement *statement, int index, const struct record *args, uint16_t id);

/* Append \a count columns of the current row, from \a first on, to a record as the given fields; NULL is left out. */
void columns_put(struct statement *statement, int first, const uint16_t *fields, int count, struct record *record);

static inline void statement_bind_record(struct statement *statement, int index, const struct record *record)
{
	statement_bind_blob(statement, index, record->data, record->len);
}

/* Bind a number; 0 becomes NULL. */
static inline void statement_bind_nonzero(struct statement *statement, int index, int64_t number)
{
	if (number)
		statement_bind_number(statement, index, number);
	else
		statement_bind_null(statement, index);
}

/* Bind a number; STORED_UNKNOWN becomes NULL. */
void statement_bind_known(struct statement *statement, int index, int64_t number);

/* Bind the plain facts to FACT_PLACES, whose first parameter is \a first; or to FACT_CHANGES, with the bits (1 << enum stored_fact_index)
 * of the facts to change. Texts are bound by pointer. */
void facts_bind(struct statement *statement, int first, const struct stored_account *account);
void facts_bind_changes(struct statement *statement, int first, const struct stored_account *account, uint64_t changes);

/* Bind a charge's item, amount and other columns, from parameter \a first on. Texts are bound by pointer. */
void line_bind(struct statement *statement, int first, const struct stored_line *line);

/* A request for a list of due work. */
struct due_asked {
	enum queue queue;
	struct claim claim;
	unsigned int claimed_count;
	int64_t claimed[CLAIMED_MAX];	/* ids to be skipped */
};

/* A change inside a transaction, such as request_write() and update_write(), or a read. If it fails, the response must be discarded. */
typedef int change_make(struct connection *connection, const void *what, struct response *response);

/* \a what: struct request that changes nothing. */
change_make request_read;

/* \a what: struct due_asked. */
change_make due_read;

/* Make a change entirely or not at all: inside the open transaction, or else in its own. */
int change_whole(struct connection *connection, change_make *make, const void *what, struct response *response);

/* \a what: struct request. */
change_make request_write;

/* \a what: struct account_update. */
change_make update_write;

/* The outcome of an item of due work. */
struct item {
	enum queue queue;
	struct completion completion;
};

/* \a what: struct item. */
change_make item_write;

/* \a what: struct catalogue. */
change_make catalogue_write;

/* \a what: struct bar. */
change_make bar_store;

int barred_read(struct connection *connection, const struct request *request, struct response *response);

/* A row of BAR_COLUMNS. */
void bar_row_read(struct statement *statement, struct bar *bar);

/* Write all terms of a service, or the terms in an import. */
int service_write(struct connection *connection, const struct service *service);
int service_feed(struct connection *connection, const struct service *service);

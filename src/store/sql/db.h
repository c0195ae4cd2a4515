/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the shared SQL code asks of a database. A driver is a table of functions; the inline functions below call those of a statement's
 * driver.
 *
 * A driver MAY
 *  1. queue a statement that yields no rows when it is run, and send it with the next one that does, or with the commit; its error is then
 *     the error of that one;
 *  2. read ahead, and keep the rows of a statement until it is reset.
 * It MUST
 *  3. run statements in the order in which they were run here, also while another one still has rows;
 *  4. keep a parameter until it is bound again or cleared. Texts and blobs are bound by pointer: the caller keeps them until the statement
 *     has been run, no longer. A driver that queues copies them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct connection;
struct driver;

/* Result codes, with SQLite's numbers. All others are the driver's own, and are passed on unchanged; they must differ from these. */
enum {
	DB_OK = 0,
	DB_CORRUPT = 11,		/* a row that cannot be right, or the database says so */
	DB_FULL = 13,
	DB_MISMATCH = 20,		/* a value of another type than expected */
	DB_MISUSE = 21,
	DB_ROW = 100,			/* the statement has a row */
	DB_DONE = 101,			/* it has no further row */
};

/* A prepared statement of one connection, with its parameters, from 1 on, and its row, whose columns count from 0 on. The first member of
 * the driver's own structure. */
struct statement {
	const struct driver *driver;
};

/* A column of the row; octets are valid until the next row, and not zero-terminated. */
struct column {
	enum { COLUMN_NULL, COLUMN_NUMBER, COLUMN_OCTETS } type;
	int64_t number;
	const char *octets;		/* of a text or blob; may be NULL if there are none */
	size_t len;
};

/* The functions that one kind of database needs. Those that return int return a result code. */
struct driver {
	/* NULL after an error; otherwise to be finished. */
	int (*prepare)(struct connection *connection, const char *sql, struct statement **statement);
	void (*finish)(struct statement *statement);

	void (*bind_null)(struct statement *statement, int index);
	void (*bind_number)(struct statement *statement, int index, int64_t number);
	void (*bind_text)(struct statement *statement, int index, const char *text, size_t len);
	void (*bind_blob)(struct statement *statement, int index, const void *octets, size_t len);
	void (*clear)(struct statement *statement);

	int (*next)(struct statement *statement);
	void (*reset)(struct statement *statement);
	int64_t (*column_number)(struct statement *statement, int column);
	const char *(*column_text)(struct statement *statement, int column);
	struct column (*column)(struct statement *statement, int column);

	/* Savepoints, which nest: begin one, inside the open transaction or else in its own; undo what was changed since; and end it. */
	int (*save)(struct connection *connection);
	int (*undo)(struct connection *connection);
	int (*release)(struct connection *connection);
	/* See connection_changed() and connection_added(). */
	int64_t (*changed)(struct connection *connection);
	int64_t (*added)(struct connection *connection);
	/* A view: all reads until its end see the database as of one moment. It is that of the open transaction, if there is one. */
	int (*view_begin)(struct connection *connection);
	void (*view_end)(struct connection *connection);
	const char *(*describe)(int rc);	/* an error, for people */
};

/* ---- parameters: all are NULL at first ---- */

static inline void statement_bind_null(struct statement *statement, int index)
{
	statement->driver->bind_null(statement, index);
}

static inline void statement_bind_number(struct statement *statement, int index, int64_t number)
{
	statement->driver->bind_number(statement, index, number);
}

/* \a text NULL: NULL. */
static inline void statement_bind_chars(struct statement *statement, int index, const char *text, size_t len)
{
	statement->driver->bind_text(statement, index, text, len);
}

/* The same, zero-terminated. */
static inline void statement_bind_text(struct statement *statement, int index, const char *text)
{
	statement->driver->bind_text(statement, index, text, text ? strlen(text) : 0);
}

/* \a octets NULL: NULL. */
static inline void statement_bind_blob(struct statement *statement, int index, const void *octets, size_t len)
{
	statement->driver->bind_blob(statement, index, octets, len);
}

/* All become NULL, so that a secret can be wiped. */
static inline void statement_clear(struct statement *statement)
{
	statement->driver->clear(statement);
}

/* ---- running ---- */

/* Run a statement, or go on to its next row: DB_ROW, DB_DONE, or an error. It must be reset afterwards, or it holds its locks. */
static inline int statement_next(struct statement *statement)
{
	return statement->driver->next(statement);
}

/* Reset a statement. Returns \a rc, with DB_ROW and DB_DONE turned into DB_OK. */
static inline int statement_put(struct statement *statement, int rc)
{
	statement->driver->reset(statement);
	return rc == DB_ROW || rc == DB_DONE ? DB_OK : rc;
}

/* Run a bound statement whose rows, if any, are not needed. */
static inline int statement_step(struct statement *statement)
{
	return statement_put(statement, statement_next(statement));
}

/* May be NULL. */
static inline void statement_finish(struct statement *statement)
{
	if (statement)
		statement->driver->finish(statement);
}

/* ---- the row: valid until the next one ---- */

/* 0 if it is NULL. */
static inline int64_t column_number(struct statement *statement, int column)
{
	return statement->driver->column_number(statement, column);
}

/* Zero-terminated; NULL if it is NULL. */
static inline const char *column_text(struct statement *statement, int column)
{
	return statement->driver->column_text(statement, column);
}

static inline struct column column_get(struct statement *statement, int column)
{
	return statement->driver->column(statement, column);
}

static inline bool column_is_null(struct statement *statement, int column)
{
	return column_get(statement, column).type == COLUMN_NULL;
}

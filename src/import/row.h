/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One line of an import file as plain data: which table it fills, and which columns it has. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "starhash/stored.h"

#define IMPORT_LINE_MAX 131072		/* octets of a line */
#define IMPORT_BILLS_MAX 24		/* of one subscriber in one line; so are the limits below */
#define IMPORT_LINES_MAX 512
#define IMPORT_POINTS_MAX 256
#define IMPORT_SUBSCRIPTIONS_MAX STORED_SUBSCRIPTIONS_MAX

enum import_table {
	IMPORT_SUBSCRIBERS,
	IMPORT_BILLS,
	IMPORT_LINES,
	IMPORT_POINTS,
	IMPORT_SUBSCRIPTIONS,
	IMPORT_SERVICES,
	IMPORT_TABLES
};

#define IN(table) (1u << IMPORT_##table)
#define IN_ALL (IN(SUBSCRIBERS) | IN(BILLS) | IN(LINES) | IN(POINTS) | IN(SUBSCRIPTIONS))

#define IN_BOTH (IN(SUBSCRIPTIONS) | IN(SERVICES))

/* X(id, name, how it is read, tables that have it, tables that require it). They are followed by the columns of LINE_FACTS, for lines,
 * and the plain facts of FIELDS, for subscribers. */
#define IMPORT_COLUMNS(X) \
	X(MSISDN,         "msisdn",         msisdn, IN_ALL, IN_ALL) \
	X(IMSI,           "imsi",           imsi,   IN(SUBSCRIBERS), 0) \
	X(IMSI2,          "imsi2",          imsi,   IN(SUBSCRIBERS), 0) \
	X(ACCOUNT,        "account",        code,   IN(SUBSCRIBERS) | IN(SERVICES), 0) \
	X(BRAND,          "brand",          code,   IN(SUBSCRIBERS) | IN(SERVICES), 0) \
	X(STATUS,         "status",         code,   IN(SUBSCRIBERS), 0) \
	X(LANGUAGE,       "language",       code,   IN(SUBSCRIBERS), 0) \
	X(BILL_MONTH,     "bill_month",     month,  IN(SUBSCRIBERS), 0) \
	X(BILL_TOTAL,     "bill_total",     number, IN(SUBSCRIBERS), 0) \
	X(POINTS,         "points",         number, IN(SUBSCRIBERS), 0) \
	X(AS_OF,          "as_of",          time,   IN_ALL, 0) \
	X(BILLS_AS_OF,    "bills_as_of",    time,   IN(SUBSCRIBERS), 0) \
	X(POINTS_AS_OF,   "points_as_of",   time,   IN(SUBSCRIBERS), 0) \
	X(SERVICES_AS_OF, "services_as_of", time,   IN(SUBSCRIBERS), 0) \
	X(OWNER,          "owner",          text,   IN(SUBSCRIBERS), 0) \
	X(ID_NUMBER,      "id_number",      text,   IN(SUBSCRIBERS), 0) \
	X(PASSWORD_HASH,  "password_hash",  text,   IN(SUBSCRIBERS), 0) \
	X(GONE,           "gone",           truth,  IN(SUBSCRIBERS), 0) \
	X(MONTH,          "month",          month,  IN(BILLS) | IN(LINES), IN(BILLS) | IN(LINES)) \
	X(TOTAL,          "total",          number, IN(BILLS), IN(BILLS)) \
	X(POSITION,       "position",       number, IN(LINES) | IN(POINTS), IN(LINES) | IN(POINTS)) \
	X(ITEM,           "item",           code,   IN(LINES), IN(LINES)) \
	X(AMOUNT,         "amount",         number, IN(LINES), IN(LINES)) \
	X(DATE,           "date",           date,   IN(POINTS), IN(POINTS)) \
	X(CHANGE,         "change",         number, IN(POINTS), IN(POINTS)) \
	X(REASON,         "reason",         code,   IN(POINTS), IN(POINTS)) \
	X(SERVICE,        "service",        code,   IN_BOTH, IN_BOTH) \
	X(SINCE,          "since",          date,   IN(SUBSCRIPTIONS), IN(SUBSCRIPTIONS)) \
	X(TRIAL_UNTIL,    "trial_until",    date,   IN(SUBSCRIPTIONS), 0) \
	X(STATE,          "state",          code,   IN(SUBSCRIPTIONS), 0) \
	X(UNTIL,          "until",          date,   IN(SUBSCRIPTIONS), 0) \
	X(TRIAL_ENDS,     "trial_ends",     code,   IN(SUBSCRIPTIONS), 0) \
	X(PRICE,          "price",          number, IN(SERVICES), IN(SERVICES)) \
	X(PERIOD,         "period",         code,   IN(SERVICES), IN(SERVICES)) \
	/* JSON Lines only: lists of a subscriber */ \
	X(BILLS,          "bills",          list,   IN(SUBSCRIBERS), 0) \
	X(ENTRIES,        "points_entries", list,   IN(SUBSCRIBERS), 0) \
	X(SUBSCRIPTIONS,  "subscriptions",  list,   IN(SUBSCRIBERS), 0) \
	X(BILL_LINES,     "lines",          list,   0, 0)	/* of a bill */

enum import_column {
#define X(id, name, how, tables, needed) COLUMN_##id,
	IMPORT_COLUMNS(X)
#undef X
#define IMPORT_FACT(id, name, type, origin, width, storage) IMPORT_FACT_##storage(id)
#define IMPORT_FACT_OWN(id)
#define IMPORT_FACT_FACT(id) COLUMN_##id,
#define IMPORT_LINE_FACT(id, name) COLUMN_LINE_##id,
	LINE_FACTS(IMPORT_LINE_FACT)
	FIELDS(IMPORT_FACT)
	COLUMN_COUNT,
	COLUMN_FACTS = COLUMN_COUNT - STORED_FACTS,	/* the first of them */
	COLUMN_LINE_FACTS = COLUMN_FACTS - LINE_FACT_COUNT
};

#define HAS(column) (1ull << COLUMN_##column)

/* Texts point into the reader's memory. A row of any table but subscribers is the first element of its list. */
struct import_row {
	enum import_table table;
	uint64_t has;			/* bits of enum import_column; a number that is present may be STORED_UNKNOWN */
	bool gone;			/* the subscriber is no longer a customer */
	int64_t position;
	struct stored_account account;
	struct service service;
	struct stored_bill bills[IMPORT_BILLS_MAX];
	struct stored_line lines[IMPORT_LINES_MAX];
	struct stored_points points[IMPORT_POINTS_MAX];
	struct stored_subscription subscriptions[IMPORT_SUBSCRIPTIONS_MAX];
	unsigned int lines_count;	/* of all bills */
};

static inline bool row_has(const struct import_row *row, uint64_t columns)
{
	return (row->has & columns) != 0;
}

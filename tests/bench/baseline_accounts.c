/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Accounts of the minimal server: one prepared statement, or a hash table with open addressing. */
#include <err.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "bench/baseline.h"

#define SELECT(WHERE) \
	"SELECT sim.imsi, s.account = 'postpaid', coalesce(s.owed, s.balance) FROM sim JOIN subscriber s USING (msisdn) " WHERE
/* A server that was killed a moment ago may still hold the file. */
#define PRAGMAS "PRAGMA busy_timeout = 5000; PRAGMA mmap_size = 68719476736; PRAGMA cache_size = -131072;"

struct slot {
	uint64_t imsi;			/* 0: free */
	int64_t amount_kind;		/* minor units * 2, + 1: postpaid */
};

struct briefs {
	sqlite3 *database;
	sqlite3_stmt *find;
	struct slot *slots;		/* NULL: ask the database */
	uint64_t mask;
};

static struct brief row_read(sqlite3_stmt *statement)
{
	return (struct brief){ .postpaid = sqlite3_column_int(statement, 1), .amount = sqlite3_column_int64(statement, 2) };
}

static uint64_t imsi_pack(uint64_t number)
{
	uint64_t imsi = 0xf;

	for (int i = 0; i < 15; i++, number /= 10)
		imsi = imsi << 4 | number % 10;
	return imsi;
}

static int64_t imsi_number(uint64_t imsi)
{
	int64_t number = 0;

	for (int i = 0; i < 15; i++, imsi >>= 4)
		number = number * 10 + (int64_t)(imsi & 0xf);
	return number;
}

/* Of this IMSI, or where it belongs. */
static struct slot *slot_of(const struct briefs *briefs, uint64_t imsi)
{
	uint64_t at = (imsi ^ imsi >> 32) * 0x9e3779b97f4a7c15 >> 32 & briefs->mask;

	while (briefs->slots[at].imsi && briefs->slots[at].imsi != imsi)
		at = (at + 1) & briefs->mask;
	return &briefs->slots[at];
}

static sqlite3_stmt *statement_new(const struct briefs *briefs, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(briefs->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		errx(1, "%s", sqlite3_errmsg(briefs->database));
	return statement;
}

static void read_all(struct briefs *briefs)
{
	sqlite3_stmt *statement = statement_new(briefs, "SELECT count(*) FROM sim");
	uint64_t slots = 1024;
	int rc;

	if (sqlite3_step(statement) != SQLITE_ROW)
		errx(1, "%s", sqlite3_errmsg(briefs->database));
	while (slots < 2 * (uint64_t)sqlite3_column_int64(statement, 0))
		slots *= 2;
	sqlite3_finalize(statement);
	briefs->mask = slots - 1;
	briefs->slots = calloc(slots, sizeof(*briefs->slots));
	if (!briefs->slots)
		err(1, "accounts");
	statement = statement_new(briefs, SELECT(""));
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const uint64_t imsi = imsi_pack((uint64_t)sqlite3_column_int64(statement, 0));
		const struct brief brief = row_read(statement);

		*slot_of(briefs, imsi) = (struct slot){ imsi, brief.amount * 2 + brief.postpaid };
	}
	if (rc != SQLITE_DONE)
		errx(1, "%s", sqlite3_errmsg(briefs->database));
	sqlite3_finalize(statement);
}

struct briefs *briefs_new(const char *database, bool in_memory)
{
	struct briefs *briefs = calloc(1, sizeof(*briefs));

	if (!briefs)
		err(1, "accounts");
	if (sqlite3_open_v2(database, &briefs->database, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_exec(briefs->database, PRAGMAS, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", database, sqlite3_errmsg(briefs->database));
	if (in_memory)
		read_all(briefs);
	else
		briefs->find = statement_new(briefs, SELECT("WHERE sim.imsi = ?"));
	return briefs;
}

void briefs_free(struct briefs *briefs)
{
	sqlite3_finalize(briefs->find);
	sqlite3_close(briefs->database);
	free(briefs->slots);
	free(briefs);
}

bool briefs_find(struct briefs *briefs, uint64_t imsi, struct brief *brief)
{
	bool known;

	if (briefs->slots) {
		const struct slot *slot = slot_of(briefs, imsi);

		*brief = (struct brief){ .amount = slot->amount_kind >> 1, .postpaid = slot->amount_kind & 1 };
		return slot->imsi;
	}
	sqlite3_bind_int64(briefs->find, 1, imsi_number(imsi));
	known = sqlite3_step(briefs->find) == SQLITE_ROW;
	if (known)
		*brief = row_read(briefs->find);
	sqlite3_reset(briefs->find);
	return known;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A snapshot takes the place of all account data while the daemon serves. */
#include "tool/data_stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#include "store/sqlite/change.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/vanished.h"

#define TABLES 6
#define SQL_SIZE 4096
#define WORK_MAX 16

static const char *const tables[TABLES] = { "subscriber", "sim", "bill", "bill_line", "points_entry", "subscription" };

static int failed(const struct data_file *file, int rc)
{
	return rc == SQLITE_OK ? 0 : data_failed(file->name, "cannot be written", rc);
}

static int run_format(struct data_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int run_format(struct data_file *file, const char *format, ...)
{
	char sql[SQL_SIZE];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	return len < (int)sizeof(sql) ? data_run(file, sql) : SQLITE_TOOBIG;
}

static bool table_exists(struct data_file *file, const char *name)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '%s'", name);
	return data_number(file, sql, 0) != 0;
}

/* ---- making ---- */

/* What stands in the schema, under another name. */
static int table_copy(struct data_file *file, const char *table)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db, "SELECT substr(sql, instr(sql, '(')) FROM sqlite_master"
				    " WHERE type = 'table' AND name = ?1", -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	statement_bind_text(statement, 1, table);
	rc = sqlite3_step(statement);
	rc = rc == SQLITE_ROW	 ? run_format(file, "CREATE TABLE %s_next %s", table,
					      (const char *)sqlite3_column_text(statement, 0))
	     : rc == SQLITE_DONE ? SQLITE_CORRUPT
				 : rc;
	sqlite3_finalize(statement);
	return rc;
}

/* Names of indexes are unique and cannot be changed: the names take turns. */
static int index_copy(struct data_file *file, const char *table, const char *name, const char *rest)
{
	static const char behind[] = "_next";
	const size_t len = strlen(name), tail = strlen(behind);
	const bool has = len > tail && !strcmp(name + len - tail, behind);

	return run_format(file, "CREATE INDEX %.*s%s ON %s_next %s", (int)(has ? len - tail : len), name,
			  has ? "" : behind, table, rest);
}

static int indexes_copy(struct data_file *file, const char *table)
{
	sqlite3_stmt *statement;
	int rc = sqlite3_prepare_v2(file->db,
				    "SELECT name, substr(sql, instr(sql, '(')) FROM sqlite_master"
				    " WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL",
				    -1, &statement, NULL);

	if (rc != SQLITE_OK)
		return rc;
	statement_bind_text(statement, 1, table);
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		rc = index_copy(file, table, (const char *)sqlite3_column_text(statement, 0),
				(const char *)sqlite3_column_text(statement, 1));
		if (rc != SQLITE_OK)
			break;
	}
	sqlite3_finalize(statement);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int trigger_make(struct data_file *file, const char *table, const char *event, const char *row)
{
	return run_format(file,
			  "CREATE TRIGGER next_%s_%s AFTER %s ON %s BEGIN INSERT INTO changed_next SELECT %s.msisdn"
			  " WHERE NOT EXISTS (SELECT 1 FROM changed_next WHERE msisdn = %s.msisdn); END",
			  table, event, event, table, row, row);
}

static int triggers_make(struct data_file *file)
{
	static const char *const all[][3] = {
		{ "subscriber", "INSERT", "new" },
		{ "subscriber", "UPDATE", "new" },
		{ "subscription", "INSERT", "new" },
		{ "subscription", "UPDATE", "new" }, { "subscription", "DELETE", "old" },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = trigger_make(file, all[i][0], all[i][1], all[i][2]);
	return rc;
}

static int triggers_drop(struct data_file *file)
{
	return data_run(
		file,
		"DROP TRIGGER IF EXISTS next_subscriber_INSERT; DROP TRIGGER IF EXISTS next_subscriber_UPDATE;"
		"DROP TRIGGER IF EXISTS next_subscription_INSERT; DROP TRIGGER IF EXISTS next_subscription_UPDATE;"
		"DROP TRIGGER IF EXISTS next_subscription_DELETE");
}

int stage_make(struct data_file *file)
{
	int rc = data_run(
		file,
		"CREATE TABLE password_next (msisdn INTEGER PRIMARY KEY, hash TEXT NOT NULL, id_pieces TEXT) STRICT;"
		"CREATE TABLE changed_next (msisdn INTEGER PRIMARY KEY) STRICT;"
		"CREATE TABLE gone_next (msisdn INTEGER PRIMARY KEY) STRICT");

	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES; i++) {
		rc = table_copy(file, tables[i]);
		if (rc == SQLITE_OK)
			rc = indexes_copy(file, tables[i]);
	}
	if (rc == SQLITE_OK)
		rc = triggers_make(file);
	return failed(file, rc);
}

/* ---- pieces of work in short transactions ---- */

/* Rows of a table by key, in pieces: each statement gets the key behind which it begins as ?1 and the last one as ?2,
 * and \a number as ?3. */
struct walk {
	struct data_file *file;
	const char *keys;		/* the last key of a piece that begins behind ?1 and has ?2 rows */
	const char *const *work;	/* NULL-terminated, at most WORK_MAX */
	int64_t number;
	sqlite3_stmt *next, *statements[WORK_MAX];
	int64_t at;
	int64_t rows;
};

static int walk_prepare(struct walk *walk)
{
	int rc = sqlite3_prepare_v2(walk->file->db, walk->keys, -1, &walk->next, NULL);

	for (unsigned int i = 0; rc == SQLITE_OK && walk->work[i]; i++)
		rc = sqlite3_prepare_v2(walk->file->db, walk->work[i], -1, &walk->statements[i], NULL);
	return rc;
}

static int walk_end(struct walk *walk, bool *more)
{
	int64_t key;
	int rc;

	sqlite3_bind_int64(walk->next, 1, walk->at);
	sqlite3_bind_int64(walk->next, 2, walk->rows);
	rc = sqlite3_step(walk->next);
	*more = rc == SQLITE_ROW && sqlite3_column_type(walk->next, 0) != SQLITE_NULL;
	key = sqlite3_column_int64(walk->next, 0);
	rc = statement_put(walk->next, rc);
	for (unsigned int i = 0; rc == SQLITE_OK && *more && walk->work[i]; i++) {
		sqlite3_bind_int64(walk->statements[i], 1, walk->at);
		sqlite3_bind_int64(walk->statements[i], 2, key);
		if (sqlite3_bind_parameter_count(walk->statements[i]) > 2)
			sqlite3_bind_int64(walk->statements[i], 3, walk->number);
		rc = statement_put(walk->statements[i], sqlite3_step(walk->statements[i]));
	}
	if (*more)
		walk->at = key;
	return rc;
}

/* One transaction; pieces grow and shrink so that it is not much longer than it may be. */
static int walk_some(struct walk *walk, bool *more)
{
	int rc = data_begin(walk->file);

	while (rc == SQLITE_OK && *more && !data_is_long(walk->file)) {
		const double began = data_seconds();

		rc = walk_end(walk, more);
		if (data_seconds() - began > 0.004 && walk->rows > 16)
			walk->rows /= 2;
		else if (data_seconds() - began < 0.001 && walk->rows < 100000)
			walk->rows *= 2;
	}
	if (rc == SQLITE_OK)
		return data_commit(walk->file);
	data_undo(walk->file);
	return rc;
}

static int walk_all(struct data_file *file, const char *keys, const char *const *work, int64_t number)
{
	struct walk walk = { .file = file, .keys = keys, .work = work, .number = number, .at = INT64_MIN, .rows = 64 };
	bool more = true;
	int rc = walk_prepare(&walk);

	while (rc == SQLITE_OK && more)
		rc = walk_some(&walk, &more);
	sqlite3_finalize(walk.next);
	for (unsigned int i = 0; i < WORK_MAX; i++)
		sqlite3_finalize(walk.statements[i]);
	return rc;
}

/* ---- removing tables ---- */

/* Dropping a large one would keep the daemon's changes waiting for as long as that takes. */
static int table_empty(struct data_file *file, const char *table)
{
	const char *key = strncmp(table, "sim_", 4) ? "msisdn" : "imsi";
	char keys[256], deletes[256];
	const char *const work[] = { deletes, NULL };

	snprintf(keys, sizeof(keys), "SELECT max(%s) FROM (SELECT %s FROM %s WHERE %s > ?1 ORDER BY %s LIMIT ?2)", key,
		 key, table, key, key);
	snprintf(deletes, sizeof(deletes), "DELETE FROM %s WHERE %s > ?1 AND %s <= ?2", table, key, key);
	return walk_all(file, keys, work, 0);
}

static int table_drop(struct data_file *file, const char *table)
{
	int rc = SQLITE_OK;

	if (!table_exists(file, table))
		return SQLITE_OK;
	if (file->shared)
		rc = table_empty(file, table);
	return rc == SQLITE_OK ? run_format(file, "DROP TABLE %s", table) : rc;
}

static int tables_drop(struct data_file *file, const char *behind)
{
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s", tables[i], behind);
		rc = table_drop(file, name);
	}
	return rc;
}

static int helpers_drop(struct data_file *file)
{
	int rc = table_drop(file, "password_next");

	if (rc == SQLITE_OK)
		rc = table_drop(file, "gone_next");
	return rc == SQLITE_OK ? table_drop(file, "changed_next") : rc;
}

int stage_drop(struct data_file *file, bool quiet)
{
	int rc = triggers_drop(file);

	if (!quiet)
		fprintf(stderr, "Removing what an unfinished snapshot left.\n");
	if (rc == SQLITE_OK)
		rc = tables_drop(file, "_next");
	return failed(file, rc == SQLITE_OK ? helpers_drop(file) : rc);
}

/* ---- who is gone ---- */

#define NUMBERS_OF(table) \
	"SELECT max(msisdn) FROM (SELECT msisdn FROM " table " WHERE msisdn > ?1 ORDER BY msisdn LIMIT ?2)"

#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text
/* As account_merge() has it: a time in the future was written by a clock that was wrong. */
#define BELIEVED(age) "iif(" age " > unixepoch() + " TEXT_OF(ACCOUNT_SKEW_S) ", 0, " age ")"

/* ?3: the snapshot's age, or the largest number: older data are wanted. Who is newer than the snapshot cannot be in it, and stays; so
 * does an owner who is newer than the snapshot's word about another one. */
static int find_gone(struct data_file *file, int64_t as_of)
{
	static const char *const work[] = {
		"INSERT OR IGNORE INTO gone_next SELECT l.msisdn FROM subscriber l LEFT JOIN subscriber_next n USING "
		"(msisdn)"
		" WHERE l.msisdn > ?1 AND l.msisdn <= ?2 AND ((n.msisdn IS NULL AND " BELIEVED("l.as_of") " <= ?3)"
		" OR (n.owner IS NOT NULL AND l.owner IS NOT NULL AND n.owner <> l.owner"
		" AND (?3 = 9223372036854775807 OR " BELIEVED("l.as_of") " <= n.as_of)))",
		"INSERT OR IGNORE INTO changed_next SELECT l.msisdn FROM subscriber l LEFT JOIN subscriber_next n "
		"USING (msisdn)"
		" WHERE l.msisdn > ?1 AND l.msisdn <= ?2 AND " BELIEVED("l.as_of") " > ?3 AND n.msisdn IS NULL",
		NULL,
	};

	return walk_all(file, NUMBERS_OF("subscriber"), work, as_of);
}

/* In one transaction for each piece: what is kept of those who vanish, then what goes. */
static int private_remove(struct data_file *file)
{
	static const char *const goes[] = {
		"DELETE FROM answered WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= ?2)",
		"DELETE FROM conversation WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn "
		"<= ?2)",
		"DELETE FROM password WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= "
		"?2)",
		"DELETE FROM notice WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= ?2)",
		"UPDATE orders SET state = 'dead', reason = 'other_owner', settled = taken WHERE state = 'taken'"
		" AND msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= ?2)",
		"UPDATE subscriber_next SET orders_after = coalesce((SELECT max(id) FROM orders), 0),"
		" consents_after = coalesce((SELECT max(id) FROM ledger), 0)"
		" WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= ?2)",
		"UPDATE consent_head SET epoch = epoch + 1 WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1"
		" AND msisdn <= ?2)",
		NULL,
	};
	const char *work[WORK_MAX + 1] = { NULL };
	size_t count = 0;

	for (size_t i = 0; vanished_keep[i]; i++)
		work[count++] = vanished_keep[i];
	for (size_t i = 0; goes[i]; i++)
		work[count++] = goes[i];
	return walk_all(file, NUMBERS_OF("gone_next"), work, 0);
}

int stage_look(struct data_file *file, int64_t as_of, bool force, struct stage_loss *loss)
{
	int rc = table_empty(file, "gone_next");

	if (rc == SQLITE_OK)
		rc = find_gone(file, force ? INT64_MAX : as_of);
	loss->all = data_number(file, "SELECT count(*) FROM subscriber", 0);
	loss->vanish = data_number(file, "SELECT count(*) FROM gone_next g LEFT JOIN subscriber_next n USING (msisdn)"
				   " WHERE n.msisdn IS NULL", 0);
	loss->other_owner = data_number(file, "SELECT count(*) FROM gone_next", 0) - loss->vanish;
	return failed(file, rc);
}

/* ---- what is newer than the snapshot ---- */

enum carry_statement {
	CARRY_LOOK,
	CARRY_NEXT,
	CARRY_DONE,
	CARRY_PROFILE,
	CARRY_SIMS,
	CARRY_BILLS,
	CARRY_LINES,
	CARRY_POINTS,
	CARRY_SUBSCRIPTIONS,
	CARRY_DROP,
	CARRY_DROP_SIMS,
	CARRY_DROP_BILLS,
	CARRY_DROP_LINES,
	CARRY_DROP_POINTS,
	CARRY_DROP_SUBSCRIPTIONS,
	CARRY_ADD,
	CARRY_ADD_SIMS,
	CARRY_ADD_BILLS,
	CARRY_ADD_LINES,
	CARRY_ADD_POINTS,
	CARRY_ADD_SUBSCRIPTIONS,
	CARRY_DROP_PASSWORD,
	CARRY_STATEMENTS
};

#define DROP_NEXT(table) "DELETE FROM " table "_next WHERE msisdn = ?1"
#define ADD_NEXT(table) "INSERT OR IGNORE INTO " table "_next SELECT * FROM " table " WHERE msisdn = ?1"

static const char *const carry_texts[CARRY_STATEMENTS] = {
#define AGES(of) of ".as_of, coalesce(" of ".bills_as_of, " of ".as_of), coalesce(" of ".points_as_of, " of ".as_of)," \
		 " coalesce(" of ".services_as_of, " of ".as_of)"
	[CARRY_LOOK] = "SELECT n.msisdn IS NULL, l.owner, " AGES("l") ", n.owner, " AGES("n")
		       " FROM subscriber l LEFT JOIN subscriber_next n USING (msisdn) WHERE l.msisdn = ?1",
	[CARRY_NEXT] = "SELECT msisdn FROM changed_next LIMIT 1",
	[CARRY_DONE] = "DELETE FROM changed_next WHERE msisdn = ?1",
	[CARRY_PROFILE] = "SELECT CAST(msisdn AS TEXT), account, brand, status, language, owner, bill_month, bill_total, points, " AGES("n")
			  FACT_COLUMNS " FROM subscriber_next n WHERE msisdn = ?1",
	[CARRY_SIMS] = "SELECT imsi FROM sim_next WHERE msisdn = ?1",
	[CARRY_BILLS] = "SELECT month, total FROM bill_next WHERE msisdn = ?1 ORDER BY month",
	[CARRY_LINES] = "SELECT item, amount" LINE_COLUMNS ", month, position FROM bill_line_next WHERE msisdn = ?1 ORDER BY month, position",
	[CARRY_POINTS] = "SELECT date, change, reason, position FROM points_entry_next WHERE msisdn = ?1 ORDER BY position",
	[CARRY_SUBSCRIPTIONS] = "SELECT service, since, trial_until, until, state FROM subscription_next WHERE msisdn = ?1",
	[CARRY_DROP] = DROP_NEXT("subscriber"),
	[CARRY_DROP_SIMS] = DROP_NEXT("sim"),
	[CARRY_DROP_BILLS] = DROP_NEXT("bill"),
	[CARRY_DROP_LINES] = DROP_NEXT("bill_line"),
	[CARRY_DROP_POINTS] = DROP_NEXT("points_entry"),
	[CARRY_DROP_SUBSCRIPTIONS] = DROP_NEXT("subscription"),
	[CARRY_ADD] = ADD_NEXT("subscriber"),
	[CARRY_ADD_SIMS] = ADD_NEXT("sim"),
	[CARRY_ADD_BILLS] = ADD_NEXT("bill"),
	[CARRY_ADD_LINES] = ADD_NEXT("bill_line"),
	[CARRY_ADD_POINTS] = ADD_NEXT("points_entry"),
	[CARRY_ADD_SUBSCRIPTIONS] = ADD_NEXT("subscription"),
	[CARRY_DROP_PASSWORD] = DROP_NEXT("password"),		/* of another owner */
};

struct carry {
	struct data_file *file;
	int64_t as_of;
	bool force;
	struct connection connection;	/* to the tables that are served */
	struct account_step step;
	struct response response;
	sqlite3_stmt *statements[CARRY_STATEMENTS];
};

/* A subscriber who is served, compared with the snapshot's. */
struct meeting {
	bool here, missing;
	bool other_owner;		/* whichever of the two is newer */
	struct merge merge;
};

static sqlite3_stmt *carry_begin(const struct carry *carry, enum carry_statement which, int64_t msisdn)
{
	sqlite3_bind_int64(carry->statements[which], 1, msisdn);
	return carry->statements[which];
}

static int carry_run(struct carry *carry, enum carry_statement which, int64_t msisdn)
{
	return statement_step(carry_begin(carry, which, msisdn));
}

static void head_read(sqlite3_stmt *statement, int column, struct account_head *head)
{
	head->owner = column_text(statement, column);
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		head->as_of[kind] = sqlite3_column_int64(statement, column + 1 + kind);
}

/* A subscriber who is missing from the snapshot is compared with the snapshot's age. */
static void judge(const struct carry *carry, sqlite3_stmt *statement, struct meeting *meeting)
{
	struct account_head stored, update = { .owner = NULL };

	meeting->here = true;
	meeting->missing = sqlite3_column_int(statement, 0);
	head_read(statement, 1, &stored);
	if (!meeting->missing)
		head_read(statement, 2 + ACCOUNT_KINDS, &update);
	for (int kind = 0; meeting->missing && kind < ACCOUNT_KINDS; kind++)
		update.as_of[kind] = carry->as_of;
	meeting->other_owner = owners_differ(&stored, &update);
	meeting->merge = account_merge(&stored, &update, time(NULL), carry->force);
}

static int carry_look(struct carry *carry, int64_t msisdn, struct meeting *meeting)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_LOOK, msisdn);
	const int rc = sqlite3_step(statement);

	meeting->here = false;
	if (rc == SQLITE_ROW)
		judge(carry, statement, meeting);
	return statement_put(statement, rc);
}

/* ---- a subscriber of the snapshot as plain data, below one talloc parent ---- */

static const char *text_read(void *ctx, sqlite3_stmt *statement, int column)
{
	return talloc_strdup(ctx, column_text(statement, column));
}

static int64_t number_read(sqlite3_stmt *statement, int column)
{
	return sqlite3_column_type(statement, column) == SQLITE_NULL ? STORED_UNKNOWN : sqlite3_column_int64(statement, column);
}

static int profile_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_PROFILE, msisdn);
	const int rc = sqlite3_step(statement);
	int column = 1;

	if (rc != SQLITE_ROW)
		return statement_put(statement, rc);
	column_copy(statement, 0, account->msisdn, sizeof(account->msisdn));
	account->account = text_read(account, statement, column++);
	account->brand = text_read(account, statement, column++);
	account->status = text_read(account, statement, column++);
	account->language = text_read(account, statement, column++);
	account->owner = text_read(account, statement, column++);
	account->bill_month = number_read(statement, column++);
	account->bill_total = number_read(statement, column++);
	account->points = number_read(statement, column++);
	account->as_of = sqlite3_column_int64(statement, column++);
	account->bills_as_of = sqlite3_column_int64(statement, column++);
	account->points_as_of = sqlite3_column_int64(statement, column++);
	account->services_as_of = sqlite3_column_int64(statement, column++);
	for (int i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			*stored_text(account, &stored_facts[i]) = text_read(account, statement, column++);
		else
			*stored_number(account, &stored_facts[i]) = number_read(statement, column++);
	}
	return statement_put(statement, rc);
}

static int sims_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_SIMS, msisdn);
	int rc = SQLITE_ROW;

	for (int i = 0; i < STORED_IMSIS_MAX && (rc = sqlite3_step(statement)) == SQLITE_ROW; i++)
		imsi_of_key(sqlite3_column_int64(statement, 0), account->imsis[i]);
	return statement_put(statement, rc);
}

static int bills_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_BILLS, msisdn);
	struct stored_bill *bills = NULL;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		bills = talloc_realloc(account, bills, struct stored_bill, account->bills_count + 1);
		bills[account->bills_count++] = (struct stored_bill){
			.month = (uint32_t)sqlite3_column_int64(statement, 0), .total = sqlite3_column_int64(statement, 1),
		};
	}
	account->bills = bills;
	return statement_put(statement, rc);
}

static int lines_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_LINES, msisdn);
	struct stored_bill *bill = (struct stored_bill *)account->bills, *end;
	struct stored_line *lines = NULL;
	int rc;

	if (!bill)
		return SQLITE_OK;
	end = bill + account->bills_count;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		const int64_t month = sqlite3_column_int64(statement, 2 + LINE_FACT_COUNT);

		for (; bill < end && bill->month < month; bill++)
			lines = NULL;
		if (bill == end)
			break;
		lines = talloc_realloc(account, lines, struct stored_line, bill->lines_count + 1);
		lines[bill->lines_count] = (struct stored_line){
			.item = text_read(account, statement, 0), .amount = sqlite3_column_int64(statement, 1),
			.place = (uint32_t)sqlite3_column_int64(statement, 3 + LINE_FACT_COUNT) + 1,
		};
		for (int i = 0; i < LINE_FACT_COUNT; i++)
			*line_fact(&lines[bill->lines_count], i) = text_read(account, statement, 2 + i);
		bill->lines_count++;
		bill->lines = lines;
	}
	return statement_put(statement, rc);
}

static int points_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_POINTS, msisdn);
	struct stored_points *entries = NULL;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		entries = talloc_realloc(account, entries, struct stored_points, account->points_count + 1);
		entries[account->points_count++] = (struct stored_points){
			.date = (uint32_t)sqlite3_column_int64(statement, 0), .change = sqlite3_column_int64(statement, 1),
			.reason = text_read(account, statement, 2), .place = (uint32_t)sqlite3_column_int64(statement, 3) + 1,
		};
	}
	account->points_entries = entries;
	return statement_put(statement, rc);
}

static int subscriptions_read(const struct carry *carry, int64_t msisdn, struct stored_account *account)
{
	sqlite3_stmt *statement = carry_begin(carry, CARRY_SUBSCRIPTIONS, msisdn);
	struct stored_subscription *subscriptions = NULL;
	int rc;

	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		subscriptions = talloc_realloc(account, subscriptions, struct stored_subscription, account->subscriptions_count + 1);
		subscriptions[account->subscriptions_count++] = (struct stored_subscription){
			.service = text_read(account, statement, 0), .since = (uint32_t)sqlite3_column_int64(statement, 1),
			.trial_until = (uint32_t)sqlite3_column_int64(statement, 2), .until = (uint32_t)sqlite3_column_int64(statement, 3),
			.state = text_read(account, statement, 4),
		};
	}
	account->subscriptions = subscriptions;
	return statement_put(statement, rc);
}

/* ---- merging it with the one who is served, and taking the outcome into the snapshot ---- */

static int staged_merge(struct carry *carry, int64_t msisdn)
{
	static int (*const reads[])(const struct carry *carry, int64_t msisdn, struct stored_account *account) = {
		profile_read, sims_read, bills_read, lines_read, points_read, subscriptions_read,
	};
	struct stored_account *account = talloc_zero(NULL, struct stored_account);
	const struct account_update update = {
		.account = account, .kinds = (1u << ACCOUNT_KINDS) - 1, .facts = (UINT64_C(1) << STORED_FACTS) - 1,
		.numbers = UPDATE_BILL_MONTH | UPDATE_BILL_TOTAL | UPDATE_POINTS, .now = time(NULL), .force = carry->force, .import = true,
		.sims = true,
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(reads) / sizeof(*reads); i++)
		rc = reads[i](carry, msisdn, account);
	response_init(&carry->response);
	carry->step.response = &carry->response;
	if (rc == SQLITE_OK)
		rc = account_merge_write(&carry->connection, &update, &carry->step);
	talloc_free(account);
	return rc;
}

/* The account that is served, whole. */
static int carry_whole(struct carry *carry, int64_t msisdn)
{
	int rc = SQLITE_OK;

	for (enum carry_statement which = CARRY_DROP; rc == SQLITE_OK && which <= CARRY_ADD_SUBSCRIPTIONS; which++)
		rc = carry_run(carry, which, msisdn);
	return rc;
}

/* Where the owners differ, the newer one's account stays whole. */
static int carry_one(struct carry *carry, int64_t msisdn)
{
	struct meeting meeting;
	int rc = carry_look(carry, msisdn, &meeting);

	if (rc == SQLITE_OK && meeting.here && (meeting.missing || meeting.other_owner)) {
		if (meeting.merge.kinds[ACCOUNT_PROFILE] == MERGE_KEEP)
			rc = carry_whole(carry, msisdn);
		if (rc == SQLITE_OK && meeting.merge.kinds[ACCOUNT_PROFILE] == MERGE_KEEP)
			rc = carry_run(carry, CARRY_DROP_PASSWORD, msisdn);
	} else if (rc == SQLITE_OK && meeting.here) {
		rc = staged_merge(carry, msisdn);
		if (rc == SQLITE_OK && !carry->step.why)
			rc = carry_whole(carry, msisdn);
		if (rc == SQLITE_OK && carry->step.why)		/* the snapshot's stays as it is, without what was ordered here */
			fprintf(stderr, "starhash-data: %lld: %s\n", (long long)msisdn, carry->step.why);
	}
	return rc == SQLITE_OK ? carry_run(carry, CARRY_DONE, msisdn) : rc;
}

static int carry_next(struct carry *carry, int64_t *msisdn, bool *more)
{
	sqlite3_stmt *statement = carry->statements[CARRY_NEXT];
	const int rc = sqlite3_step(statement);

	*more = rc == SQLITE_ROW;
	*msisdn = *more ? sqlite3_column_int64(statement, 0) : 0;
	return statement_put(statement, rc);
}

/* In the transaction that is open: until nothing is left, or it is getting long. */
static int carry_some(struct carry *carry, bool *more)
{
	int64_t msisdn;
	int rc = carry_next(carry, &msisdn, more);

	while (rc == SQLITE_OK && *more && !data_is_long(carry->file)) {
		rc = carry_one(carry, msisdn);
		if (rc == SQLITE_OK)
			rc = carry_next(carry, &msisdn, more);
	}
	return rc;
}

static int carry_prepare(struct carry *carry)
{
	int rc = connection_use(&carry->connection, carry->file->db);

	for (unsigned int i = 0; rc == SQLITE_OK && i < CARRY_STATEMENTS; i++)
		rc = sqlite3_prepare_v3(carry->file->db, carry_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					&carry->statements[i], NULL);
	return rc;
}

static void carry_end(struct carry *carry)
{
	connection_leave(&carry->connection);
	for (unsigned int i = 0; i < CARRY_STATEMENTS; i++)
		sqlite3_finalize(carry->statements[i]);
	memset(carry->statements, 0, sizeof(carry->statements));
}

/* Subscribers with something that billing does not know: orders on their way, ends that are to come, announcements. */
static int find_changed(struct data_file *file)
{
	return data_run(file,
			"INSERT OR IGNORE INTO changed_next SELECT msisdn FROM orders WHERE state = 'taken';"
			"INSERT OR IGNORE INTO changed_next SELECT msisdn FROM subscription WHERE due IS NOT NULL"
			" AND (reminded OR state = 'closing')");
}

/* ---- the exchange ---- */

static int names_exchange(struct data_file *file)
{
	int rc = triggers_drop(file);

	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES; i++) {
		rc = run_format(file, "ALTER TABLE %s RENAME TO %s_old", tables[i], tables[i]);
		if (rc == SQLITE_OK)
			rc = run_format(file, "ALTER TABLE %s_next RENAME TO %s", tables[i], tables[i]);
	}
	return rc;
}

/* Carry over what changed meanwhile; when that is little, the same transaction exchanges. *\a more: it was not. */
static int exchange_try(struct carry *carry, const char *done, bool *more)
{
	struct data_file *file = carry->file;
	int rc = data_begin(file);

	if (rc == SQLITE_OK)
		rc = carry_some(carry, more);
	/* a transaction that began with much to carry over has lasted long enough */
	if (rc == SQLITE_OK && !*more && data_is_long(file) && file->shared)
		*more = true;
	if (rc == SQLITE_OK && !*more) {
		carry_end(carry);
		rc = names_exchange(file);
		if (rc == SQLITE_OK)
			rc = data_run(file, done);
	}
	if (rc == SQLITE_OK)
		return data_commit(file);
	data_undo(file);
	return rc;
}

int stage_switch(struct data_file *file, int64_t as_of, bool force, const char *done)
{
	struct carry carry = { .file = file, .as_of = as_of, .force = force };
	bool more = true;
	int rc = find_changed(file);

	if (rc == SQLITE_OK)
		rc = private_remove(file);
	if (rc == SQLITE_OK)
		rc = carry_prepare(&carry);
	while (rc == SQLITE_OK && more)
		rc = exchange_try(&carry, done, &more);
	if (rc != SQLITE_OK)
		failed(file, rc);
	carry_end(&carry);
	return rc != SQLITE_OK;
}

/* ---- afterwards ---- */

/* A password that is there stays: its owner may have changed it since. */
static int passwords_take(struct data_file *file)
{
	static const char *const work[] = {
		"INSERT INTO password (msisdn, hash, id_pieces) SELECT p.msisdn, p.hash, p.id_pieces FROM "
		"password_next p"
		" WHERE p.msisdn > ?1 AND p.msisdn <= ?2 AND EXISTS (SELECT 1 FROM subscriber s WHERE s.msisdn = "
		"p.msisdn)"
		" ON CONFLICT DO UPDATE SET hash = iif(hash = '', excluded.hash, hash),"
		" id_pieces = coalesce(excluded.id_pieces, id_pieces)"
		" WHERE id_pieces IS NOT coalesce(excluded.id_pieces, id_pieces) OR (hash = '' AND excluded.hash <> "
		"'')",
		NULL,
	};

	return table_exists(file, "password_next") ? walk_all(file, NUMBERS_OF("password_next"), work, 0) : SQLITE_OK;
}

static int conversations_remove(struct data_file *file)
{
	static const char *const work[] = {
		"DELETE FROM conversation WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn "
		"<= ?2)",
		NULL,
	};

	return table_exists(file, "gone_next") ? walk_all(file, NUMBERS_OF("gone_next"), work, 0) : SQLITE_OK;
}

int stage_clean(struct data_file *file, bool quiet)
{
	int rc = conversations_remove(file);

	if (rc == SQLITE_OK)
		rc = walk_all(file, VANISHED_KEYS, vanished_back, 0);
	if (rc == SQLITE_OK)
		rc = passwords_take(file);
	if (rc == SQLITE_OK)
		rc = helpers_drop(file);
	if (!quiet && file->shared)
		fprintf(stderr, "In use. Removing what was served before.\n");
	return failed(file, rc == SQLITE_OK ? tables_drop(file, "_old") : rc);
}

bool stage_interrupted(struct data_file *file)
{
	return data_number(file, "SELECT count(*) FROM import WHERE kind = 'snapshot' AND state = 'switched'", 0) != 0;
}

int stage_finish(struct data_file *file, bool quiet)
{
	if (!stage_interrupted(file))
		return 0;
	return stage_clean(file, quiet) || data_run(file, "UPDATE import SET state = 'done' WHERE state = 'switched'") != SQLITE_OK;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A snapshot replaces all account data while the daemon serves.
 *
 * Staging tables, named with the suffix STAGED, are filled beside the served ones in short transactions, by the same statements. Triggers
 * note which subscribers change meanwhile. Then those changes, and all data newer than the snapshot, are merged into it, and one short
 * transaction exchanges the names. The tables served before are then removed, again in short transactions. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/talloc.h>

#include "starhash/calendar.h"
#include "store/sqlite/admin/accounts.h"
#include "store/sqlite/admin/admin.h"
#include "store/sqlite/admin/walk.h"
#include "store/sql/change.h"
#include "store/sql/rows.h"
#include "store/sqlite/schema.h"
#include "store/sql/vanished.h"

#define SQL_SIZE 4096

static int run_format(struct store_admin *admin, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int run_format(struct store_admin *admin, const char *format, ...)
{
	char sql[SQL_SIZE];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	return len < (int)sizeof(sql) ? admin_run(admin, sql) : SQLITE_TOOBIG;
}

static bool table_exists(struct store_admin *admin, const char *name)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '%s'", name);
	return admin_number(admin, sql, 0) != 0;
}

/* ---- creating tables ---- */

/* Call \a make for each row of a query about a table. */
static int each_row(struct store_admin *admin, const char *table, const char *sql,
		    int (*make)(struct store_admin *admin, const char *table, struct statement *row))
{
	struct statement *statement;
	int rc = statement_prepare(&admin->connection, sql, &statement);

	if (rc != SQLITE_OK)
		return rc;
	statement_bind_text(statement, 1, table);
	while ((rc = statement_next(statement)) == DB_ROW) {
		rc = make(admin, table, statement);
		if (rc != SQLITE_OK)
			break;
	}
	statement_finish(statement);
	return rc == DB_DONE ? SQLITE_OK : rc;
}

static int table_make(struct store_admin *admin, const char *table, struct statement *row)
{
	return run_format(admin, "CREATE TABLE %s" STAGED " %s", table, column_text(row, 0));
}

/* Names of indexes are unique and cannot be changed, so two names alternate. */
static int index_make(struct store_admin *admin, const char *table, struct statement *row)
{
	const char *name = column_text(row, 0);
	const size_t len = strlen(name), tail = strlen(STAGED);
	const bool has = len > tail && !strcmp(name + len - tail, STAGED);

	return run_format(admin, "CREATE INDEX %.*s%s ON %s" STAGED " %s", (int)(has ? len - tail : len), name, has ? "" : STAGED, table,
			  column_text(row, 1));
}

/* Copy a table's definition from the schema, under the staging name. */
static int table_copy(struct store_admin *admin, const char *table)
{
	const int rc = each_row(admin, table, "SELECT substr(sql, instr(sql, '(')) FROM sqlite_master WHERE type = 'table' AND name = ?1",
				table_make);

	return rc != SQLITE_OK ? rc : each_row(admin, table, "SELECT name, substr(sql, instr(sql, '(')) FROM sqlite_master"
					       " WHERE type = 'index' AND tbl_name = ?1 AND sql IS NOT NULL", index_make);
}

/* Changes noted while a snapshot is staged: of data that it replaces, and new data of subscribers whom it may leave out. */
static const struct {
	const char *table, *event, *row;
} triggers[] = {
	{ "subscriber", "INSERT", "new" }, { "subscriber", "UPDATE", "new" },
	{ "subscription", "INSERT", "new" }, { "subscription", "UPDATE", "new" }, { "subscription", "DELETE", "old" },
	{ "orders", "INSERT", "new" }, { "password", "INSERT", "new" }, { "notification", "INSERT", "new" }, { "consent", "INSERT", "new" },
};

static int triggers_make(struct store_admin *admin)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(triggers) / sizeof(*triggers); i++)
		rc = run_format(admin, "CREATE TRIGGER next_%s_%s AFTER %s ON %s BEGIN INSERT INTO changed_next SELECT %s.msisdn"
				" WHERE NOT EXISTS (SELECT 1 FROM changed_next WHERE msisdn = %s.msisdn); END", triggers[i].table,
				triggers[i].event, triggers[i].event, triggers[i].table, triggers[i].row, triggers[i].row);
	return rc;
}

static int triggers_drop(struct store_admin *admin)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(triggers) / sizeof(*triggers); i++)
		rc = run_format(admin, "DROP TRIGGER IF EXISTS next_%s_%s", triggers[i].table, triggers[i].event);
	return rc;
}

int admin_staging_begin(struct store_admin *admin)
{
	int rc = admin_run(admin, "CREATE TABLE changed_next (msisdn INTEGER PRIMARY KEY) STRICT;"
			   "CREATE TABLE gone_next (msisdn INTEGER PRIMARY KEY) STRICT");

	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES_STAGED; i++)
		rc = table_copy(admin, staged_tables[i]);
	if (rc == SQLITE_OK)
		rc = triggers_make(admin);
	return admin_end(admin, rc);
}

/* ---- filling tables ---- */

struct staging {
	struct connection connection;	/* to the staging tables */
	struct statement *served, *mark;
};

/* The subscriber in the served tables. */
struct served {
	bool known;
	char owner[ACCOUNT_OWNER_SIZE];	/* "": unknown */
	char language[ACCOUNT_CODE_SIZE];
	int64_t as_of[ACCOUNT_KINDS];
	bool unseen;			/* orders that billing may not know, or subscriptions newer than the row */
};

static int staging_prepare(struct store_admin *admin)
{
	static const char served[] =
		"SELECT owner, language, " AGE_COLUMNS("s") ", EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = s.msisdn"
		" AND (o.state = 'accepted' OR o.ended >= ?2) AND o.id > s.orders_after)"
		" OR EXISTS (SELECT 1 FROM subscription o WHERE o.msisdn = s.msisdn AND o.since > ?3)"
		" FROM subscriber s WHERE msisdn = ?1";
	struct staging *staging = admin->staging = talloc_zero(admin, struct staging);
	int rc;

	staging->connection.db = admin->connection.db;
	rc = connection_prepare(&staging->connection, CONNECTION_WRITE, STAGED);

	staging->connection.staged = true;
	if (rc == SQLITE_OK)
		rc = statement_prepare(&admin->connection, served, &staging->served);
	if (rc == SQLITE_OK)
		rc = statement_prepare(&admin->connection, "INSERT OR IGNORE INTO changed_next VALUES (?1)", &staging->mark);
	if (rc != SQLITE_OK)
		return rc;
	/* do not take an IMSI from another subscriber of the snapshot */
	statement_finish(staging->connection.statements[SQL_SIM_SET]);
	return statement_prepare(&staging->connection, "INSERT INTO sim VALUES (?1, ?2)", &staging->connection.statements[SQL_SIM_SET]);
}

void admin_staging_leave(struct store_admin *admin)
{
	struct staging *staging = admin->staging;

	if (!staging)
		return;
	statements_finish(&staging->connection);
	statement_finish(staging->served);
	statement_finish(staging->mark);
	talloc_free(staging);
	admin->staging = NULL;
}

static int served_read(const struct staging *staging, const struct account_update *update, int64_t msisdn, struct served *served)
{
	struct statement *statement = staging->served;
	int rc;

	*served = (struct served){ .known = false };
	statement_bind_number(statement, 1, msisdn);
	statement_bind_number(statement, 2, account_update_since(update));
	statement_bind_number(statement, 3, calendar_date(day_of(account_update_age(update, ACCOUNT_SERVICES), 0)));
	rc = statement_next(statement);
	served->known = rc == DB_ROW;
	if (served->known) {
		column_copy(statement, 0, served->owner, sizeof(served->owner));
		column_copy(statement, 1, served->language, sizeof(served->language));
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			served->as_of[kind] = column_number(statement, 2 + kind);
		served->unseen = column_number(statement, 2 + ACCOUNT_KINDS);
	}
	return statement_put(statement, rc);
}

/* Note the subscriber for carrying over if the served data are newer than the row or unknown to billing. The clock behind these ages may
 * be wrong, so they are compared again later. */
static int mark(const struct staging *staging, const struct account_update *update, int64_t msisdn, const struct served *served)
{
	bool again = served->unseen;

	for (enum account_kind kind = 0; kind < ACCOUNT_KINDS; kind++)
		again |= served->as_of[kind] > account_update_age(update, kind);
	if (!served->known || !again)
		return SQLITE_OK;
	statement_bind_number(staging->mark, 1, msisdn);
	return statement_step(staging->mark);
}

/* Remove the rows of a subscriber with another subscriber's IMSI, unless the number itself is already in the snapshot. */
static int conflict(struct staging *staging, int64_t msisdn, int rc, struct account_step *step)
{
	struct statement *const undo[] = {
		statement_get(&staging->connection, SQL_CLEAR_SIMS), statement_get(&staging->connection, SQL_ACCOUNT_REMOVE),
	};
	const bool number = rc == SQLITE_CONSTRAINT_PRIMARYKEY && staging->connection.failed == CHANGE_ACCOUNT_ADD;

	account_staging_refuse(number ? STAGING_NUMBER_KNOWN : STAGING_IMSI_KNOWN, step);
	rc = SQLITE_OK;
	for (size_t i = 0; !number && rc == SQLITE_OK && i < sizeof(undo) / sizeof(*undo); i++) {
		statement_bind_number(undo[i], 1, msisdn);
		rc = statement_step(undo[i]);
	}
	return rc;
}

/* Served data are ignored here and merged when the snapshot is complete. Exceptions: the language is the one that the subscriber chose
 * here, and a row without an owner has the same owner as before. */
static void keep(struct stored_account *account, const struct served *served)
{
	const struct account_head stored = { .owner = served->owner[0] ? served->owner : NULL }, fresh = { .owner = account->owner };

	if (!served->known || owners_differ(&stored, &fresh))
		return;
	if (served->language[0] && account->language)
		account->language = served->language;
	if (!account->owner)
		account->owner = stored.owner;
}

static int staging_row(struct staging *staging, const struct account_update *update, struct account *account, struct account_step *step)
{
	struct staging_row row;
	struct served served;
	int rc;

	rc = update->single ? account_load_update(&staging->connection, update, account) :
			      account_load_services(&staging->connection, update, account);
	account_staging_row(account, update, &row);
	if (rc == SQLITE_OK)
		rc = served_read(staging, &row.update, account->msisdn, &served);
	if (rc == SQLITE_OK)
		rc = mark(staging, &row.update, account->msisdn, &served);
	if (rc != SQLITE_OK)
		return rc;
	if (!update->single)
		keep(&row.account, &served);
	account_update(account, &row.update, step);
	rc = account_commit(&staging->connection, account, step);
	return (rc & 0xff) == SQLITE_CONSTRAINT && !update->single ? conflict(staging, account->msisdn, rc, step) : rc;
}

int admin_staging_add(struct store_admin *admin, const struct account_update *update, struct account_step *step)
{
	struct account account;
	int rc = admin->staging ? SQLITE_OK : staging_prepare(admin);

	account_begin_update(&account);
	memset(account.as_of, 0, sizeof(account.as_of));
	if (rc != SQLITE_OK)
		return admin_end(admin, rc);
	if (update->gone)
		account_staging_refuse(STAGING_GONE, step);
	else if (!msisdn_key(update->account->msisdn, &account.msisdn))
		account_staging_refuse(STAGING_NO_NUMBER, step);
	else
		rc = staging_row(admin->staging, update, &account, step);
	return admin_end(admin, rc);
}

/* ---- returning subscribers ---- */

static int return_one(struct store_admin *admin, int64_t msisdn, void *user)
{
	return vanished_return(&admin->connection, msisdn, false, NULL);
}

static int private_return(struct store_admin *admin)
{
	return walk_each(admin, "SELECT v.msisdn FROM vanished v JOIN subscriber s USING (msisdn) WHERE v.msisdn > ?1"
			 " ORDER BY v.msisdn LIMIT 1", return_one, NULL);
}

/* ---- removing tables ---- */

/* Empty a table in pieces: dropping a large one would block the daemon's changes until it is done. */
static int table_empty(struct store_admin *admin, const char *table)
{
	const char *key = strncmp(table, "sim_", 4) ? "msisdn" : "imsi";
	char keys[256], deletes[256];
	const char *const work[] = { deletes, NULL };

	snprintf(keys, sizeof(keys), "SELECT max(%s) FROM (SELECT %s FROM %s WHERE %s > ?1 ORDER BY %s LIMIT ?2)", key,
		 key, table, key, key);
	snprintf(deletes, sizeof(deletes), "DELETE FROM %s WHERE %s > ?1 AND %s <= ?2", table, key, key);
	return walk(admin, keys, work);
}

static int table_drop(struct store_admin *admin, const char *table)
{
	int rc = SQLITE_OK;

	if (!table_exists(admin, table))
		return SQLITE_OK;
	if (admin->shared)
		rc = table_empty(admin, table);
	return rc == SQLITE_OK ? run_format(admin, "DROP TABLE %s", table) : rc;
}

static int tables_drop(struct store_admin *admin, const char *behind)
{
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES_EXCHANGED; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s%s", staged_tables[i], behind);
		rc = table_drop(admin, name);
	}
	return rc;
}

static int helpers_drop(struct store_admin *admin)
{
	int rc = table_drop(admin, "password_next");

	if (rc == SQLITE_OK)
		rc = table_drop(admin, "gone_next");
	return rc == SQLITE_OK ? table_drop(admin, "changed_next") : rc;
}

int admin_staging_drop(struct store_admin *admin)
{
	int rc;

	if (!admin_number(admin, "SELECT count(*) FROM sqlite_master WHERE name LIKE '%\\_next' ESCAPE '\\' AND type = 'table'", 0))
		return 0;
	admin_note(admin, "Removing the remains of an unfinished snapshot.");
	admin_staging_leave(admin);
	rc = triggers_drop(admin);
	/* subscribers who are still served get back the data removed before the snapshot ended */
	if (rc == SQLITE_OK)
		rc = private_return(admin);
	if (rc == SQLITE_OK)
		rc = tables_drop(admin, STAGED);
	return admin_end(admin, rc == SQLITE_OK ? helpers_drop(admin) : rc);
}

/* ---- subscribers who vanish or have another owner ---- */

#define NUMBERS_OF(table) \
	"SELECT max(msisdn) FROM (SELECT msisdn FROM " table " WHERE msisdn > ?1 ORDER BY msisdn LIMIT ?2)"

/* Parameters of the SQL function meets(). */
struct judging {
	int64_t as_of, now;
	bool force;
};

/* meets(served owner and age, whether the snapshot has the number, owner and age there) yields 'goes', 'stays' or another word. */
static void meets(sqlite3_context *context, int count, sqlite3_value **values)
{
	static const char *const words[] = {
		[SNAPSHOT_MERGES] = "merges", [SNAPSHOT_STAYS] = "stays", [SNAPSHOT_VANISHES] = "goes", [SNAPSHOT_OTHER_OWNER] = "goes",
	};
	const struct judging *judging = sqlite3_user_data(context);
	const struct account_head served = { (const char *)sqlite3_value_text(values[0]), { sqlite3_value_int64(values[1]) } };
	const struct account_head staged = { (const char *)sqlite3_value_text(values[3]), { sqlite3_value_int64(values[4]) } };
	const enum snapshot_verdict verdict = account_meets_snapshot(&served, sqlite3_value_int(values[2]) ? &staged : NULL,
								     judging->as_of, judging->now, judging->force);

	sqlite3_result_text(context, words[verdict], -1, SQLITE_STATIC);
}

#define MEETS "meets(l.owner, l.as_of, n.msisdn IS NOT NULL, n.owner, n.as_of)"
#define OF_SERVED " FROM subscriber l LEFT JOIN subscriber_next n USING (msisdn) WHERE l.msisdn > ?1 AND l.msisdn <= ?2 AND "

/* Find the subscribers who vanish or whose number has another owner, and those who stay and must be carried over. */
static int find_gone(struct store_admin *admin, int64_t as_of, bool force)
{
	static const char *const work[] = {
		"INSERT OR IGNORE INTO gone_next SELECT l.msisdn" OF_SERVED MEETS " = 'goes'",
		"INSERT OR IGNORE INTO changed_next SELECT l.msisdn" OF_SERVED MEETS " = 'stays'",
		NULL,
	};
	struct judging judging = { as_of, time(NULL), force };
	int rc = sqlite3_create_function(admin->connection.db, "meets", 5, SQLITE_UTF8 | SQLITE_DETERMINISTIC, &judging, meets, NULL, NULL);

	if (rc == SQLITE_OK)
		rc = walk(admin, NUMBERS_OF("subscriber"), work);
	sqlite3_create_function(admin->connection.db, "meets", 5, SQLITE_UTF8, NULL, NULL, NULL, NULL);
	return rc;
}

/* ---- removing the data of these subscribers ---- */

/* Statements about a served number that the snapshot gives to somebody else. */
struct leaving {
	struct statement *staged, *marks;
};

static int leaving_prepare(struct store_admin *admin, struct leaving *leaving)
{
	const int rc = statement_prepare(&admin->connection, "SELECT 1 FROM subscriber_next WHERE msisdn = ?1", &leaving->staged);

	return rc != SQLITE_OK ? rc : statement_prepare(&admin->connection, "UPDATE subscriber_next SET"
							" orders_after = coalesce((SELECT max(id) FROM orders), 0),"
							" consents_after = coalesce((SELECT max(id) FROM ledger), 0)"
							" WHERE msisdn = ?1", &leaving->marks);
}

static void leaving_end(struct leaving *leaving)
{
	statement_finish(leaving->staged);
	statement_finish(leaving->marks);
	*leaving = (struct leaving){ NULL, NULL };
}

/* May be repeated. */
static int leave_one(struct store_admin *admin, int64_t msisdn, void *user)
{
	const struct leaving *leaving = user;
	bool other_owner;
	int rc;

	statement_bind_number(leaving->staged, 1, msisdn);
	rc = statement_next(leaving->staged);
	other_owner = rc == DB_ROW;
	rc = statement_put(leaving->staged, rc);
	if (rc == SQLITE_OK)
		rc = vanished_keep(&admin->connection, msisdn, other_owner);
	if (rc != SQLITE_OK || !other_owner)
		return rc;
	statement_bind_number(leaving->marks, 1, msisdn);
	return statement_step(leaving->marks);
}

static int private_remove(struct store_admin *admin)
{
	struct leaving leaving = { NULL, NULL };
	int rc = leaving_prepare(admin, &leaving);

	if (rc == SQLITE_OK)
		rc = walk_each(admin, "SELECT msisdn FROM gone_next WHERE msisdn > ?1 ORDER BY msisdn LIMIT 1", leave_one, &leaving);
	leaving_end(&leaving);
	return rc;
}

int admin_staging_look(struct store_admin *admin, int64_t as_of, bool force, struct admin_loss *loss, bool *any)
{
	int rc = table_empty(admin, "gone_next");

	if (rc == SQLITE_OK)
		rc = find_gone(admin, as_of, force);
	loss->all = admin_number(admin, "SELECT count(*) FROM subscriber", 0);
	loss->vanish = admin_number(admin, "SELECT count(*) FROM gone_next g LEFT JOIN subscriber_next n USING (msisdn)"
				    " WHERE n.msisdn IS NULL", 0);
	loss->other_owner = admin_number(admin, "SELECT count(*) FROM gone_next", 0) - loss->vanish;
	*any = admin_number(admin, "SELECT EXISTS (SELECT 1 FROM subscriber_next)", 0);
	return admin_end(admin, rc);
}

/* ---- data newer than the snapshot ---- */

enum carry_statement {
	CARRY_LOOK,
	CARRY_NEXT,
	CARRY_DONE,
	CARRY_GONE,
	CARRY_DROP,
	CARRY_DROP_BILLS,
	CARRY_DROP_CHARGES,
	CARRY_DROP_POINTS,
	CARRY_DROP_SUBSCRIPTIONS,
	CARRY_ADD,
	CARRY_ADD_BILLS,
	CARRY_ADD_CHARGES,
	CARRY_ADD_POINTS,
	CARRY_ADD_SUBSCRIPTIONS,
	CARRY_DROP_SIMS,
	CARRY_ADD_SIMS,
	CARRY_DROP_PASSWORD,
	CARRY_STATEMENTS
};

#define DROP_NEXT(table) "DELETE FROM " table " WHERE msisdn = ?1"
#define ADD_NEXT(table) "INSERT OR IGNORE INTO " table " SELECT * FROM main." table " WHERE msisdn = ?1"

/* Statements on the staging tables; "main." refers to the served ones. */
static const char *const carry_texts[CARRY_STATEMENTS] = {
	[CARRY_LOOK] = "SELECT n.msisdn IS NULL, l.owner, " AGE_COLUMNS("l") ", n.owner, " AGE_COLUMNS("n")
		       " FROM main.subscriber l LEFT JOIN subscriber n USING (msisdn) WHERE l.msisdn = ?1",
	[CARRY_NEXT] = "SELECT msisdn FROM changed_next LIMIT 1",
	[CARRY_DONE] = "DELETE FROM changed_next WHERE msisdn = ?1",
	[CARRY_GONE] = "INSERT OR IGNORE INTO gone_next VALUES (?1)",
	[CARRY_DROP] = DROP_NEXT("subscriber"),
	[CARRY_DROP_SIMS] = DROP_NEXT("sim"),
	[CARRY_DROP_BILLS] = DROP_NEXT("bill"),
	[CARRY_DROP_CHARGES] = DROP_NEXT("bill_line"),
	[CARRY_DROP_POINTS] = DROP_NEXT("points_entry"),
	[CARRY_DROP_SUBSCRIPTIONS] = DROP_NEXT("subscription"),
	[CARRY_ADD] = ADD_NEXT("subscriber"),
	/* an IMSI that the snapshot gives to another subscriber stays with that one, unless that one's served account is newer and
	 * retains its own IMSIs */
	[CARRY_ADD_SIMS] = "INSERT INTO sim SELECT imsi, msisdn FROM main.sim WHERE msisdn = ?1 ON CONFLICT DO UPDATE SET"
			   " msisdn = excluded.msisdn WHERE EXISTS (SELECT 1 FROM main.subscriber l JOIN subscriber n USING (msisdn)"
			   " WHERE l.msisdn = sim.msisdn AND l.as_of > n.as_of)",
	[CARRY_ADD_BILLS] = ADD_NEXT("bill"),
	[CARRY_ADD_CHARGES] = ADD_NEXT("bill_line"),
	[CARRY_ADD_POINTS] = ADD_NEXT("points_entry"),
	[CARRY_ADD_SUBSCRIPTIONS] = ADD_NEXT("subscription"),
	[CARRY_DROP_PASSWORD] = DROP_NEXT("password"),
};

struct carry {
	struct store_admin *admin;
	int64_t as_of;
	bool force;
	struct account_reader reader;	/* of the staging tables */
	struct connection staged;	/* to the staging tables */
	struct account_step step;
	struct response response;
	struct statement *statements[CARRY_STATEMENTS];
	struct leaving leaving;
};

static struct statement *carry_begin(const struct carry *carry, enum carry_statement which, int64_t msisdn)
{
	statement_bind_number(carry->statements[which], 1, msisdn);
	return carry->statements[which];
}

static int carry_run(struct carry *carry, enum carry_statement which, int64_t msisdn)
{
	return statement_step(carry_begin(carry, which, msisdn));
}

static void head_read(struct statement *statement, int column, struct account_head *head)
{
	head->owner = column_text(statement, column);
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		head->as_of[kind] = column_number(statement, column + 1 + kind);
}

/* *\a verdict: unchanged if the subscriber is not served. */
static int carry_look(struct carry *carry, int64_t msisdn, enum snapshot_verdict *verdict)
{
	struct statement *statement = carry_begin(carry, CARRY_LOOK, msisdn);
	const int rc = statement_next(statement);
	struct account_head served, staged;

	if (rc == DB_ROW) {
		const bool missing = column_number(statement, 0);

		head_read(statement, 1, &served);
		head_read(statement, 2 + ACCOUNT_KINDS, &staged);
		*verdict = account_meets_snapshot(&served, missing ? NULL : &staged, carry->as_of, time(NULL), carry->force);
	}
	return statement_put(statement, rc);
}

static int carry_run_all(struct carry *carry, enum carry_statement first, enum carry_statement last, int64_t msisdn)
{
	int rc = SQLITE_OK;

	for (enum carry_statement which = first; rc == SQLITE_OK && which <= last; which++)
		rc = carry_run(carry, which, msisdn);
	return rc;
}

static int carry_merged(struct carry *carry, int64_t msisdn)
{
	struct stored_account *fresh;
	struct account account;
	int rc = account_read(&carry->reader, msisdn, NULL, &fresh);
	const struct account_update update = account_update_whole(fresh, time(NULL), carry->force);

	response_init(&carry->response);
	carry->step.response = &carry->response;
	carry->step.why = NULL;
	if (fresh)
		fresh->hash = NULL;		/* it is merged separately, see passwords_take() */
	if (rc == SQLITE_OK && fresh)
		rc = account_update_load(&carry->admin->connection, &update, &account, &carry->step);
	if (rc == SQLITE_OK && fresh && !carry->step.why) {
		/* into the snapshot, where nobody sees it before the exchange; IMSIs and password belong to the profile */
		rc = carry_run_all(carry, CARRY_DROP, CARRY_ADD_SUBSCRIPTIONS, msisdn);
		if (rc == SQLITE_OK && !account_takes_profile(&carry->step))
			rc = carry_run_all(carry, CARRY_DROP_SIMS, CARRY_DROP_PASSWORD, msisdn);
		if (rc == SQLITE_OK)
			rc = account_commit(&carry->staged, &account, &carry->step);
	}
	if (carry->step.why)			/* the snapshot's account stays as it is, without orders placed here */
		admin_note(carry->admin, "%lld: %s", (long long)msisdn, carry->step.why);
	talloc_free(fresh);
	return rc;
}

/* Data that arrived since the removal are removed, too. */
static int carry_gone(struct carry *carry, int64_t msisdn)
{
	const int rc = carry_run(carry, CARRY_GONE, msisdn);

	return rc == SQLITE_OK ? leave_one(carry->admin, msisdn, &carry->leaving) : rc;
}

/* Carry over the whole served account. */
static int carry_stays(struct carry *carry, int64_t msisdn)
{
	return carry_run_all(carry, CARRY_DROP, CARRY_DROP_PASSWORD, msisdn);
}

static int carry_one(struct carry *carry, int64_t msisdn)
{
	static int (*const carries[])(struct carry *carry, int64_t msisdn) = {
		[SNAPSHOT_MERGES] = carry_merged, [SNAPSHOT_STAYS] = carry_stays, [SNAPSHOT_VANISHES] = carry_gone,
		[SNAPSHOT_OTHER_OWNER] = carry_gone,
	};
	enum snapshot_verdict verdict = SNAPSHOT_VANISHES;
	int rc = carry_look(carry, msisdn, &verdict);

	if (rc == SQLITE_OK)
		rc = carries[verdict](carry, msisdn);
	return rc == SQLITE_OK ? carry_run(carry, CARRY_DONE, msisdn) : rc;
}

static int carry_next(struct carry *carry, int64_t *msisdn, bool *more)
{
	struct statement *statement = carry->statements[CARRY_NEXT];
	const int rc = statement_next(statement);

	*more = rc == DB_ROW;
	*msisdn = *more ? column_number(statement, 0) : 0;
	return statement_put(statement, rc);
}

static int carry_prepare(struct carry *carry)
{
	int rc;

	carry->staged.db = carry->admin->connection.db;
	rc = connection_prepare(&carry->staged, CONNECTION_WRITE, STAGED);
	if (rc == SQLITE_OK)
		rc = account_reader_prepare(&carry->reader, &carry->staged);
	for (unsigned int i = 0; rc == SQLITE_OK && i < CARRY_STATEMENTS; i++)
		rc = statement_prepare(&carry->staged, carry_texts[i], &carry->statements[i]);
	return rc == SQLITE_OK ? leaving_prepare(carry->admin, &carry->leaving) : rc;
}

static void carry_end(struct carry *carry)
{
	account_reader_finish(&carry->reader);
	statements_finish(&carry->staged);
	for (unsigned int i = 0; i < CARRY_STATEMENTS; i++)
		statement_finish(carry->statements[i]);
	leaving_end(&carry->leaving);
	memset(carry->statements, 0, sizeof(carry->statements));
}

/* Find subscribers with data unknown to billing: orders in flight, pending ends, announcements, agreements about trials. */
static int find_changed(struct store_admin *admin)
{
	static const char *const ordered[] = {
		"INSERT OR IGNORE INTO changed_next SELECT msisdn FROM orders WHERE state = 'accepted'"
		" AND msisdn > ?1 AND msisdn <= ?2", NULL,
	};
	static const char *const due[] = {
		"INSERT OR IGNORE INTO changed_next SELECT msisdn FROM subscription WHERE due IS NOT NULL"
		" AND (reminded OR trial_ends IS NOT NULL OR state = 'deactivating') AND msisdn > ?1 AND msisdn <= ?2", NULL,
	};
	const int rc = walk(admin, "SELECT max(msisdn) FROM (SELECT msisdn FROM orders WHERE state = 'accepted' AND msisdn > ?1"
			    " ORDER BY msisdn LIMIT ?2)", ordered);

	return rc == SQLITE_OK ? walk(admin, NUMBERS_OF("subscription"), due) : rc;
}

/* ---- the exchange ---- */

static int names_exchange(struct store_admin *admin)
{
	int rc = triggers_drop(admin);

	if (rc == SQLITE_OK)
		rc = admin_run(admin, TOUCHED_DROP);
	for (unsigned int i = 0; rc == SQLITE_OK && i < TABLES_EXCHANGED; i++) {
		rc = run_format(admin, "ALTER TABLE %s RENAME TO %s_old", staged_tables[i], staged_tables[i]);
		if (rc == SQLITE_OK)
			rc = run_format(admin, "ALTER TABLE %s" STAGED " RENAME TO %s", staged_tables[i], staged_tables[i]);
	}
	return rc == SQLITE_OK ? admin_run(admin, TOUCHED_MAKE "INSERT INTO touched (msisdn) VALUES (0)") : rc;
}

/* One transaction: carry over until nothing is left or it becomes too long. If there was little, and \a import is not NULL, also exchange
 * the names. *\a more: more is left to carry over. */
static int carry_try(struct carry *carry, struct admin_import *import, bool *more)
{
	struct store_admin *admin = carry->admin;
	int64_t msisdn;
	int rc = admin_begin(admin);

	if (rc == SQLITE_OK)
		rc = carry_next(carry, &msisdn, more);
	while (rc == SQLITE_OK && *more && !admin_is_long(admin)) {
		rc = carry_one(carry, msisdn);
		if (rc == SQLITE_OK)
			rc = carry_next(carry, &msisdn, more);
	}
	/* a transaction with much to carry over has lasted long enough */
	if (rc == SQLITE_OK && import && !*more && admin_is_long(admin) && admin->shared)
		*more = true;
	if (rc == SQLITE_OK && import && !*more) {
		carry_end(carry);
		rc = names_exchange(admin);
		if (rc == SQLITE_OK)
			rc = import_write(admin, import);
	}
	if (rc == SQLITE_OK)
		return admin_commit(admin);
	admin_undo(admin);
	return rc;
}

static int carry_all(struct carry *carry, struct admin_import *import)
{
	bool more = true;
	int rc = SQLITE_OK;

	while (rc == SQLITE_OK && more)
		rc = carry_try(carry, import, &more);
	return rc;
}

/* Irrevocable deletions come as late as possible, after most data have been carried over. */
int admin_staging_switch(struct store_admin *admin, int64_t as_of, bool force, struct admin_import *import)
{
	struct carry carry = { .admin = admin, .as_of = as_of, .force = force };
	int rc = find_changed(admin);

	admin_staging_leave(admin);
	import->state = ADMIN_IMPORT_SWITCHED;
	if (rc == SQLITE_OK)
		rc = carry_prepare(&carry);
	if (rc == SQLITE_OK)
		rc = carry_all(&carry, NULL);
	if (rc == SQLITE_OK)
		rc = private_remove(admin);
	if (rc == SQLITE_OK)
		rc = carry_all(&carry, import);
	carry_end(&carry);
	return admin_end(admin, rc);
}

/* ---- after the exchange ---- */

/* An existing password stays: the subscriber may have changed it since. */
static int passwords_take(struct store_admin *admin)
{
	static const char *const work[] = {
		"INSERT INTO password (msisdn, hash, id_pieces) SELECT p.msisdn, p.hash, p.id_pieces FROM password_next p"
		" WHERE p.msisdn > ?1 AND p.msisdn <= ?2 AND EXISTS (SELECT 1 FROM subscriber s WHERE s.msisdn = p.msisdn)"
		" ON CONFLICT DO UPDATE SET hash = iif(hash = '', excluded.hash, hash),"
		" id_pieces = coalesce(excluded.id_pieces, id_pieces)"
		" WHERE id_pieces IS NOT coalesce(excluded.id_pieces, id_pieces) OR (hash = '' AND excluded.hash <> '')",
		NULL,
	};

	return table_exists(admin, "password_next") ? walk(admin, NUMBERS_OF("password_next"), work) : SQLITE_OK;
}

static int conversations_remove(struct store_admin *admin)
{
	static const char *const work[] = {
		"DELETE FROM conversation WHERE msisdn IN (SELECT msisdn FROM gone_next WHERE msisdn > ?1 AND msisdn <= ?2)", NULL,
	};

	return table_exists(admin, "gone_next") ? walk(admin, NUMBERS_OF("gone_next"), work) : SQLITE_OK;
}

int admin_staging_clean(struct store_admin *admin)
{
	int rc = conversations_remove(admin);

	if (rc == SQLITE_OK)
		rc = private_return(admin);
	if (rc == SQLITE_OK)
		rc = passwords_take(admin);
	if (rc == SQLITE_OK)
		rc = helpers_drop(admin);
	if (admin->shared)
		admin_note(admin, "The snapshot is in use. Removing the tables served before.");
	return admin_end(admin, rc == SQLITE_OK ? tables_drop(admin, "_old") : rc);
}

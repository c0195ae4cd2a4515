/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows of import files into the database's tables. */
#include "tool/data_put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts/id_pieces.h"
#include "accounts/password_foreign.h"
#include "import/column.h"
#include "starhash/calendar.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/rows.h"

/* '@' stands for what follows a table's name: nothing, or "_next" for a snapshot's. Statements that a delta or a
 * snapshot alone needs are not prepared for the other. */
enum use { BOTH, DELTA, SNAPSHOT };

static const struct {
	enum use use;
	const char *sql;
} texts[PUT_STATEMENTS] = {
	[PUT_KNOWN] = { BOTH,
		       "SELECT owner, language, as_of, coalesce(bills_as_of, as_of), coalesce(points_as_of, as_of),"
		       " coalesce(services_as_of, as_of), EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = s.msisdn"
		       " AND (o.state = 'taken' OR o.settled >= ?2) AND o.id > s.orders_after), orders_after, consents_after,"
		       " EXISTS (SELECT 1 FROM subscription o WHERE o.msisdn = s.msisdn AND o.since > ?3)"
		       " FROM subscriber s WHERE msisdn = ?1" },
	[PUT_HERE] = { BOTH, "SELECT 1 FROM subscriber@ WHERE msisdn = ?1" },
	[PUT_ADD] =
		{ BOTH,
		 "INSERT INTO subscriber@ (msisdn, account, brand, status, language, bill_month, bill_total, points, as_of,"
		 " bills_as_of, points_as_of, services_as_of, owner, services, orders_after, consents_after" FACT_COLUMNS
		 ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, coalesce(?15, (SELECT max(id) FROM orders), 0),"
		 " coalesce(?16, (SELECT max(id) FROM ledger), 0)" FACT_PLACES ")" },
	/* What had no age of its own had the old one. */
	[PUT_CHANGE] = { DELTA,
			"UPDATE subscriber SET account = coalesce(?2, account), brand = coalesce(?3, brand),"
			" status = coalesce(?4, status), bill_month = iif(?14 & 1, ?6, bill_month),"
			" bill_total = iif(?14 & 2, ?7, bill_total), points = iif(?14 & 4, ?8, points), as_of = ?9,"
			" bills_as_of = coalesce(bills_as_of, nullif(as_of, ?9)),"
			" points_as_of = coalesce(points_as_of, nullif(as_of, ?9)),"
			" services_as_of = coalesce(services_as_of, nullif(as_of, ?9)),"
			" owner = coalesce(?13, owner)" FACT_CHANGES " WHERE msisdn = ?1" },
	[PUT_SIM] = { SNAPSHOT, "INSERT INTO sim_next (imsi, msisdn) VALUES (?2, ?1)" },
	[PUT_SIM_DROP] = { SNAPSHOT, "DELETE FROM sim_next WHERE imsi = ?2 AND msisdn = ?1" },
	[PUT_SIM_MOVE] =
		{ DELTA,
		 "INSERT INTO sim (imsi, msisdn) VALUES (?2, ?1) ON CONFLICT DO UPDATE SET msisdn = excluded.msisdn" },
	[PUT_SIMS_DROP] = { DELTA, "DELETE FROM sim WHERE msisdn = ?1 AND imsi IS NOT ?2 AND imsi IS NOT ?3" },
	[PUT_PASSWORD] = { BOTH, "INSERT INTO password@ (msisdn, hash, id_pieces) VALUES (?1, coalesce(?2, ''), ?3)"
				" ON CONFLICT DO UPDATE SET hash = iif(hash = '', excluded.hash, hash),"
				" id_pieces = coalesce(excluded.id_pieces, id_pieces)" },
	[PUT_BILL] = { BOTH, "INSERT INTO bill@ (msisdn, month, total) VALUES (?1, ?2, ?3)"
			    " ON CONFLICT DO UPDATE SET total = excluded.total" },
	[PUT_BILLS_DROP] = { DELTA, "DELETE FROM bill WHERE msisdn = ?1" },
	[PUT_LINE] = { BOTH, "INSERT INTO bill_line@ (msisdn, month, position, item, amount" LINE_COLUMNS ") SELECT ?1, ?2, ?3, ?4, ?5"
			    LINE_PLACES " WHERE EXISTS (SELECT 1 FROM bill@ WHERE msisdn = ?1 AND month = ?2)"
			    " ON CONFLICT DO UPDATE SET item = excluded.item, amount = excluded.amount"
#define LINE_SET(id, name) ", " #name " = excluded." #name
			    LINE_FACTS(LINE_SET) },
	[PUT_LINES_DROP] = { DELTA, "DELETE FROM bill_line WHERE msisdn = ?1" },
	[PUT_POINTS] = { BOTH,
			"INSERT INTO points_entry@ (msisdn, position, date, change, reason) VALUES (?1, ?2, ?3, ?4, ?5)"
			" ON CONFLICT DO UPDATE SET date = excluded.date, change = excluded.change,"
			" reason = excluded.reason" },
	[PUT_POINTS_DROP] = { DELTA, "DELETE FROM points_entry WHERE msisdn = ?1" },
	[PUT_SUBSCRIPTION] = { SNAPSHOT,
			      "INSERT INTO subscription_next (msisdn, " SUBSCRIPTION_COLUMNS ", due)"
			      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET since = excluded.since,"
			      " until = excluded.until, state = excluded.state, trial_until = excluded.trial_until, due = excluded.due" },
	[PUT_SUBSCRIPTIONS_STORED] = { DELTA, SUBSCRIPTIONS_SQL("") },
	[PUT_SUBSCRIPTION_WRITE] = { DELTA, SUBSCRIPTION_WRITE_SQL_OF("") },
	[PUT_SUBSCRIPTION_REMOVE] = { DELTA, SUBSCRIPTION_REMOVE_SQL("") },
	[PUT_SUBSCRIPTIONS_DROP] = { DELTA, "DELETE FROM subscription WHERE msisdn = ?1" },
	[PUT_ORDERS_UNSEEN] = { DELTA, ORDERS_UNSEEN_SQL },
	[PUT_SERVICES] =
		{ BOTH,
		 "UPDATE subscriber@ SET services = coalesce((SELECT group_concat(service, ' ') FROM (SELECT service"
		 " FROM subscription@ WHERE msisdn = ?1 ORDER BY service)), '') WHERE msisdn = ?1" },
	[PUT_SERVICE] = { BOTH,
			 "INSERT INTO service (service, price, period, account, brand) VALUES (?1, ?2, ?3, ?4, ?5)"
			 " ON CONFLICT DO UPDATE SET price = excluded.price, period = excluded.period,"
			 " account = excluded.account, brand = excluded.brand, offered = 1" },
	[PUT_SERVICE_NAME] = { BOTH,
			      "INSERT OR IGNORE INTO service (service, price, period, offered) VALUES (?1, 0, '', 0)" },
	[PUT_BILLS_FRESH] =
		{ BOTH,
		 "UPDATE subscriber@ SET bills_as_of = ?2 WHERE msisdn = ?1 AND coalesce(bills_as_of, as_of) <> ?2" },
	[PUT_POINTS_FRESH] = { BOTH, "UPDATE subscriber@ SET points_as_of = ?2 WHERE msisdn = ?1"
				    " AND coalesce(points_as_of, as_of) <> ?2" },
	[PUT_SERVICES_FRESH] = { BOTH, "UPDATE subscriber@ SET services_as_of = ?2 WHERE msisdn = ?1"
				      " AND coalesce(services_as_of, as_of) <> ?2" },
	[PUT_MARK] = { SNAPSHOT, "INSERT OR IGNORE INTO changed_next VALUES (?1)" },
	[PUT_DROP] = { BOTH, "DELETE FROM subscriber@ WHERE msisdn = ?1" },
	[PUT_PASSWORD_DROP] = { DELTA, "DELETE FROM password WHERE msisdn = ?1" },
	[PUT_CONVERSATION_DROP] = { DELTA, "DELETE FROM conversation WHERE msisdn = ?1" },
	[PUT_ANSWERED_DROP] = { DELTA, "DELETE FROM answered WHERE msisdn = ?1" },
	[PUT_ORDERS_END] =
		{ DELTA, "UPDATE orders SET state = 'dead', reason = 'other_owner', settled = taken WHERE msisdn = ?1"
			" AND state = 'taken'" },
	[PUT_NOTICE_DROP] = { DELTA, "DELETE FROM notice WHERE msisdn = ?1" },
	[PUT_CONSENTS_END] = { DELTA, "UPDATE consent_head SET epoch = epoch + 1 WHERE msisdn = ?1" },
};

/* What the served tables know of the subscriber. */
struct known {
	bool is;			/* known at all */
	char owner[136];		/* "": unknown */
	char language[32];
	int64_t as_of[ACCOUNT_KINDS];
	bool unseen;			/* there are orders that billing may not know of */
	bool begins_later;		/* and subscriptions that begin after the row was made */
	int64_t orders_after, consents_after;	/* those up to there are a former owner's */
};

/* A row on its way. */
struct way {
	struct put *put;
	const struct import_row *row;
	const struct stored_account *account;
	int64_t msisdn;
	struct known known;
	int64_t as_of[ACCOUNT_KINDS];	/* of the row */
	struct merge merge;
	struct shields shields;		/* of a delta's */
};

/* ---- statements ---- */

static void text_expand(const char *text, const char *suffix, char *out, size_t size)
{
	size_t len = 0;

	for (; *text && len + 8 < size; text++) {
		if (*text == '@')
			len += (size_t)snprintf(out + len, size - len, "%s", suffix);
		else
			out[len++] = *text;
	}
	out[len] = '\0';
}

#define LINE_COLUMN_COUNT (4 + LINE_FACT_COUNT)

/* Lists whose rows are all new: one statement for some costs less than one for each. */
static const struct {
	const char *table;		/* and its columns: their order in the table is that of migrations */
	unsigned int columns;		/* beside the subscriber */
	unsigned int at_once;
} lists[PUT_LISTS] = {
	[PUT_LIST_BILLS] = { "bill@ (msisdn, month, total)", 2, 5 },
	[PUT_LIST_LINES] = { "bill_line@ (msisdn, month, position, item, amount" LINE_COLUMNS ")", LINE_COLUMN_COUNT, 10 },
	[PUT_LIST_POINTS] = { "points_entry@ (msisdn, position, date, change, reason)", 4, 4 },
};

/* "INSERT INTO bill (msisdn, month, total) VALUES (?1, ?2, ?3), (?1, ?4, ?5)" */
static int list_prepare(struct put *put, enum put_list list, unsigned int rows, sqlite3_stmt **statement)
{
	char table[256], sql[2048];
	unsigned int parameter = 2;
	size_t len;

	text_expand(lists[list].table, put->snapshot ? "_next" : "", table, sizeof(table));
	len = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES ", table);
	for (unsigned int row = 0; row < rows; row++) {
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, "%s(?1", row ? ", " : "");
		for (unsigned int column = 0; column < lists[list].columns; column++)
			len += (size_t)snprintf(sql + len, sizeof(sql) - len, ", ?%u", parameter++);
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, ")");
	}
	return sqlite3_prepare_v3(put->file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static int lists_prepare(struct put *put)
{
	int rc = SQLITE_OK;

	for (enum put_list list = 0; rc == SQLITE_OK && list < PUT_LISTS; list++) {
		rc = list_prepare(put, list, 1, &put->many[list][0]);
		if (rc == SQLITE_OK)
			rc = list_prepare(put, list, lists[list].at_once, &put->many[list][1]);
	}
	return rc;
}

int put_begin(struct put *put)
{
	const enum use not_used = put->snapshot ? DELTA : SNAPSHOT;
	char sql[2048];

	put->services_count = 0;
	for (unsigned int i = 0; i < PUT_STATEMENTS; i++) {
		if (texts[i].use == not_used)
			continue;
		text_expand(texts[i].sql, put->snapshot ? "_next" : "", sql, sizeof(sql));
		put->rc = sqlite3_prepare_v3(put->file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &put->statements[i],
					     NULL);
		if (put->rc != SQLITE_OK)
			return data_failed(put->file->name, sqlite3_errmsg(put->file->db), put->rc);
	}
	put->rc = lists_prepare(put);
	for (size_t i = 0; put->rc == SQLITE_OK && !put->snapshot && vanished_back[i]; i++)
		put->rc = sqlite3_prepare_v3(put->file->db, vanished_back[i], -1, SQLITE_PREPARE_PERSISTENT, &put->back[i], NULL);
	return put->rc == SQLITE_OK ? 0 : data_failed(put->file->name, sqlite3_errmsg(put->file->db), put->rc);
}

void put_finish(struct put *put)
{
	for (unsigned int i = 0; i < PUT_STATEMENTS; i++)
		sqlite3_finalize(put->statements[i]);
	for (unsigned int i = 0; i < PUT_LISTS; i++) {
		sqlite3_finalize(put->many[i][0]);
		sqlite3_finalize(put->many[i][1]);
	}
	for (size_t i = 0; i < VANISHED_BACK_MAX; i++)
		sqlite3_finalize(put->back[i]);
	memset(put->back, 0, sizeof(put->back));
	memset(put->statements, 0, sizeof(put->statements));
	memset(put->many, 0, sizeof(put->many));
}

/* A statement with the subscriber as first parameter. */
static sqlite3_stmt *begin(const struct way *way, enum put_statement which)
{
	sqlite3_stmt *statement = way->put->statements[which];

	sqlite3_bind_int64(statement, 1, way->msisdn);
	return statement;
}

static int run(const struct way *way, enum put_statement which)
{
	return statement_step(begin(way, which));
}

static enum put_end ended(struct put *put, int rc)
{
	put->rc = rc;
	return rc == SQLITE_OK ? PUT_TAKEN : PUT_FAILED;
}

static enum put_end refuse(struct put *put, const char *why)
{
	snprintf(put->why, sizeof(put->why), "%s", why);
	return PUT_REFUSED;
}

/* ---- what is known ---- */

static int known_read(struct way *way)
{
	const int64_t profile = way->as_of[ACCOUNT_PROFILE], services = way->as_of[ACCOUNT_SERVICES];
	sqlite3_stmt *statement = begin(way, PUT_KNOWN);
	struct known *known = &way->known;
	int rc;

	sqlite3_bind_int64(statement, 2, profile < services ? profile : services);
	sqlite3_bind_int64(statement, 3, calendar_date(day_of(services, 0)));
	rc = sqlite3_step(statement);

	known->is = rc == SQLITE_ROW;
	if (known->is) {
		column_copy(statement, 0, known->owner, sizeof(known->owner));
		column_copy(statement, 1, known->language, sizeof(known->language));
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			known->as_of[kind] = sqlite3_column_int64(statement, 2 + kind);
		known->unseen = sqlite3_column_int(statement, 6);
		known->orders_after = sqlite3_column_int64(statement, 7);
		known->consents_after = sqlite3_column_int64(statement, 8);
		known->begins_later = sqlite3_column_int(statement, 9);
	}
	return statement_put(statement, rc);
}

/* What a delta's row may not touch. known_read() has found that most subscribers have no such order. */
static int unseen_read(struct way *way)
{
	if (way->put->snapshot || !way->known.unseen)
		return SQLITE_OK;
	return shields_read(way->put->statements[PUT_ORDERS_UNSEEN], way->msisdn, way->as_of[ACCOUNT_PROFILE],
			    way->as_of[ACCOUNT_SERVICES], &way->shields);
}

static int64_t known_or(int64_t number, int64_t fallback)
{
	return number == STORED_UNKNOWN ? fallback : number;
}

static void ages_take(struct way *way)
{
	const struct stored_account *account = way->account;
	const int64_t as_of = known_or(account->as_of, way->put->as_of);

	way->as_of[ACCOUNT_PROFILE] = as_of;
	way->as_of[ACCOUNT_BILLS] = known_or(account->bills_as_of, as_of);
	way->as_of[ACCOUNT_POINTS] = known_or(account->points_as_of, as_of);
	way->as_of[ACCOUNT_SERVICES] = known_or(account->services_as_of, as_of);
}

static void judge(struct way *way)
{
	const struct known *known = &way->known;
	struct account_head stored = { .owner = known->owner[0] ? known->owner : NULL };
	struct account_head update = { .owner = way->account->owner };

	memcpy(stored.as_of, known->as_of, sizeof(stored.as_of));
	memcpy(update.as_of, way->as_of, sizeof(update.as_of));
	way->merge = account_merge(known->is ? &stored : NULL, &update, way->put->now, way->put->force);
}

static bool takes(const struct way *way, enum account_kind kind)
{
	return way->merge.kinds[kind] == MERGE_TAKE;
}

/* F15: nothing of who had the number before may be left. Settled orders and the ledger of consent stay: the law wants
 * them, and no menu shows a former owner's. */
static int former_remove(const struct way *way)
{
	static const enum put_statement all[] = {
		PUT_ORDERS_END, PUT_LINES_DROP, PUT_BILLS_DROP, PUT_POINTS_DROP, PUT_PASSWORD_DROP, PUT_CONVERSATION_DROP,
		PUT_ANSWERED_DROP, PUT_NOTICE_DROP, PUT_DROP, PUT_CONSENTS_END,
	};
	sqlite3_stmt *statement = begin(way, PUT_SIMS_DROP);
	int rc = run(way, PUT_SUBSCRIPTIONS_DROP);

	sqlite3_bind_null(statement, 2);
	sqlite3_bind_null(statement, 3);
	if (rc == SQLITE_OK)
		rc = statement_step(statement);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(all) / sizeof(*all); i++)
		rc = run(way, all[i]);
	return rc;
}

/* ---- the subscriber's own row ---- */

static void subscriber_bind(sqlite3_stmt *statement, const struct way *way)
{
	const struct stored_account *account = way->account;

	statement_bind_text(statement, 2, account->account);
	statement_bind_text(statement, 3, account->brand);
	statement_bind_text(statement, 4, account->status);
	statement_bind_known(statement, 6, account->bill_month);
	statement_bind_known(statement, 7, account->bill_total);
	statement_bind_known(statement, 8, account->points);
	sqlite3_bind_int64(statement, 9, way->as_of[ACCOUNT_PROFILE]);
	statement_bind_text(statement, 13, account->owner);
}

static int code_compare(const void *a, const void *b)
{
	const struct stored_subscription *first = a, *second = b;

	return strcmp(first->service, second->service);
}

/* Codes between blanks, in their order. */
static void services_join(const struct stored_account *account, char *out, size_t size)
{
	struct stored_subscription sorted[IMPORT_SUBSCRIPTIONS_MAX];
	size_t len = 0;

	memcpy(sorted, account->subscriptions, account->subscriptions_count * sizeof(*sorted));
	qsort(sorted, account->subscriptions_count, sizeof(*sorted), code_compare);
	out[0] = '\0';
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? " " : "", sorted[i].service);
}

/* An age of its own; NULL when it is the account's. */
static void bind_age(sqlite3_stmt *statement, int index, const struct way *way, enum account_kind kind)
{
	const int64_t age = way->as_of[kind];

	statement_bind_known(statement, index, age == way->as_of[ACCOUNT_PROFILE] ? STORED_UNKNOWN : age);
}

static int subscriber_add(const struct way *way)
{
	sqlite3_stmt *statement = begin(way, PUT_ADD);
	const struct known *known = &way->known;
	const bool same = known->is && !way->merge.other_owner;
	char services[IMPORT_SUBSCRIPTIONS_MAX * 26];

	services_join(way->account, services, sizeof(services));
	subscriber_bind(statement, way);
	statement_bind_text(statement, 5, same ? known->language : way->account->language);
	bind_age(statement, 10, way, ACCOUNT_BILLS);
	bind_age(statement, 11, way, ACCOUNT_POINTS);
	bind_age(statement, 12, way, ACCOUNT_SERVICES);
	if (!way->account->owner && same && known->owner[0])
		statement_bind_text(statement, 13, known->owner);
	statement_bind_text(statement, 14, services);
	statement_bind_known(statement, 15, same ? known->orders_after : STORED_UNKNOWN);
	statement_bind_known(statement, 16, same ? known->consents_after : STORED_UNKNOWN);
	facts_bind(statement, 17, way->account);
	return statement_step(statement);
}

static int subscriber_change(const struct way *way)
{
	static const uint64_t columns[] = {
		HAS(BILL_MONTH), HAS(BILL_TOTAL), HAS(POINTS),
	};
	sqlite3_stmt *statement = begin(way, PUT_CHANGE);
	int mask = 0;

	for (unsigned int i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		mask |= row_has(way->row, columns[i]) << i;
	if (!takes(way, ACCOUNT_POINTS))
		mask &= ~4;
	subscriber_bind(statement, way);
	if (way->shields.line)
		sqlite3_bind_null(statement, 4);
	sqlite3_bind_int(statement, 14, mask);
	facts_bind_changes(statement, 15, way->account, way->row->has >> COLUMN_FACTS);
	return statement_step(statement);
}

static bool complete(struct put *put, const struct stored_account *account)
{
	const char *missing = !account->account ? "account" : !account->brand ? "brand" : !account->status ? "status" :
			      !account->language ? "language" : NULL;

	if (missing)
		snprintf(put->why, sizeof(put->why), "%s: is missing, and a new subscriber needs it", missing);
	return !missing;
}

/* ---- IMSIs ---- */

static int sims_each(const struct way *way, enum put_statement which)
{
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < STORED_IMSIS_MAX; i++) {
		sqlite3_stmt *statement = begin(way, which);
		int64_t imsi;

		if (!imsi_key(way->account->imsis[i], &imsi))
			continue;
		sqlite3_bind_int64(statement, 2, imsi);
		rc = statement_step(statement);
	}
	return rc;
}

/* A delta moves an IMSI from another number; in a snapshot nobody has two owners. */
static int sims_put(const struct way *way)
{
	return sims_each(way, way->put->snapshot ? PUT_SIM : PUT_SIM_MOVE);
}

static int sims_replace(const struct way *way)
{
	sqlite3_stmt *statement = begin(way, PUT_SIMS_DROP);
	int rc;

	for (int i = 0; i < STORED_IMSIS_MAX; i++) {
		int64_t imsi;

		if (imsi_key(way->account->imsis[i], &imsi))
			sqlite3_bind_int64(statement, 2 + i, imsi);
		else
			sqlite3_bind_null(statement, 2 + i);
	}
	rc = statement_step(statement);
	return rc == SQLITE_OK ? sims_put(way) : rc;
}

/* ---- passwords ---- */

/* A hash of our own making names its key: "k1a2b3c4d$argon2id$…". */
static bool hash_is_ours(const char *hash)
{
	return hash[0] == 'k' && strspn(hash + 1, "0123456789abcdef") == 8 && !strncmp(hash + 9, "$argon2id$", 10);
}

static bool hash_judge(struct put *put, const char *hash)
{
	if (!hash || (put->hash_kinds && foreign_accepted(put->hash_kinds, hash)) ||
	    (put->own_hashes && hash_is_ours(hash)))
		return true;
	return refuse(put, "password_hash: of no kind that --password-hashes names") == PUT_TAKEN;
}

/* Without a hash, but with an identity number, the row has an empty one: no password matches it. */
static int password_put(const struct way *way)
{
	const char *id_number = way->account->id_number;
	char msisdn[MSISDN_SIZE], pieces[STORED_ID_PIECES_SIZE] = "";
	sqlite3_stmt *statement;

	way->put->ids_dropped |= id_number && !way->put->key;
	if (id_number && way->put->key) {
		snprintf(msisdn, sizeof(msisdn), "%lld", (long long)way->msisdn);
		id_pieces_make(way->put->key, msisdn, id_number, pieces);
	}
	if (!way->account->hash && !pieces[0])
		return SQLITE_OK;
	statement = begin(way, PUT_PASSWORD);
	statement_bind_text(statement, 2, way->account->hash);
	statement_bind_text(statement, 3, pieces[0] ? pieces : NULL);
	return statement_step(statement);
}

/* ---- lists ---- */

static int bill_put(const struct way *way, const struct stored_bill *bill)
{
	sqlite3_stmt *statement = begin(way, PUT_BILL);

	sqlite3_bind_int64(statement, 2, bill->month);
	sqlite3_bind_int64(statement, 3, bill->total);
	return statement_step(statement);
}

static int line_put(const struct way *way, const struct stored_bill *bill, unsigned int index, int64_t position)
{
	sqlite3_stmt *statement = begin(way, PUT_LINE);

	sqlite3_bind_int64(statement, 2, bill->month);
	sqlite3_bind_int64(statement, 3, position);
	line_bind(statement, 4, &bill->lines[index]);
	return statement_step(statement);
}

static int points_put(const struct way *way, unsigned int index, int64_t position)
{
	const struct stored_points *entry = &way->account->points_entries[index];
	sqlite3_stmt *statement = begin(way, PUT_POINTS);

	sqlite3_bind_int64(statement, 2, position);
	sqlite3_bind_int64(statement, 3, entry->date);
	sqlite3_bind_int64(statement, 4, entry->change);
	statement_bind_text(statement, 5, entry->reason);
	return statement_step(statement);
}

static int service_known(struct put *put, const char *code)
{
	sqlite3_stmt *statement = put->statements[PUT_SERVICE_NAME];

	for (unsigned int i = 0; i < put->services_count; i++) {
		if (!strcmp(put->services[i], code))
			return SQLITE_OK;
	}
	if (put->services_count < PUT_SERVICES_MAX)
		snprintf(put->services[put->services_count++], sizeof(put->services[0]), "%s", code);
	statement_bind_text(statement, 1, code);
	return statement_step(statement);
}

/* Exports of starhash-data say its state and last day, too. */
static struct subscription subscription_at(const struct way *way, unsigned int index)
{
	const struct import_subscription *more = &way->row->more[index];
	struct subscription subscription = subscription_of(&way->account->subscriptions[index]);

	if (more->state)
		subscription.state = subscription_state_by_name(more->state);
	subscription.until = more->until;
	return subscription;
}

static int subscription_put(const struct way *way, unsigned int index)
{
	const struct subscription subscription = subscription_at(way, index);
	const int rc = service_known(way->put, subscription.service);

	return rc == SQLITE_OK ? subscription_write(way->put->statements[PUT_SUBSCRIPTION], way->msisdn, &subscription) : rc;
}

/* Merge a delta's subscriptions: \a partial: those of the row alone, not all of the subscriber. */
static int subscriptions_update(const struct way *way, bool partial)
{
	const struct put *put = way->put;
	const struct subscriptions_merge merge = {
		.stored = put->statements[PUT_SUBSCRIPTIONS_STORED], .write = put->statements[PUT_SUBSCRIPTION_WRITE],
		.remove = put->statements[PUT_SUBSCRIPTION_REMOVE], .partial = partial, .shields = &way->shields,
		.as_of = way->as_of[ACCOUNT_SERVICES],
	};
	struct subscription update[IMPORT_SUBSCRIPTIONS_MAX];
	const unsigned int count = way->account->subscriptions_count;
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < count; i++) {
		update[i] = subscription_at(way, i);
		rc = service_known(way->put, update[i].service);
	}
	return rc == SQLITE_OK ? subscriptions_merge(&merge, way->msisdn, update, count) : rc;
}

/* ---- lists of new rows ---- */

/* The statement for the next rows of those that are \a left; *\a rows: how many it takes. */
static sqlite3_stmt *list_begin(const struct way *way, enum put_list list, unsigned int left, unsigned int *rows)
{
	const bool some = left >= lists[list].at_once;
	sqlite3_stmt *statement = way->put->many[list][some];

	*rows = some ? lists[list].at_once : 1;
	sqlite3_bind_int64(statement, 1, way->msisdn);
	return statement;
}

static int bills_add(const struct way *way)
{
	const struct stored_bill *bills = way->account->bills;
	const unsigned int count = way->account->bills_count;
	unsigned int rows;
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < count; i += rows) {
		sqlite3_stmt *statement = list_begin(way, PUT_LIST_BILLS, count - i, &rows);

		for (unsigned int k = 0; k < rows; k++) {
			sqlite3_bind_int64(statement, 2 * (int)k + 2, bills[i + k].month);
			sqlite3_bind_int64(statement, 2 * (int)k + 3, bills[i + k].total);
		}
		rc = statement_step(statement);
	}
	return rc;
}

/* Lines of all bills lie one behind the other. */
static int lines_add(const struct way *way)
{
	const struct stored_bill *bill = way->account->bills;
	const unsigned int count = way->row->lines_count;
	unsigned int position = 0, rows;
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < count; i += rows) {
		sqlite3_stmt *statement = list_begin(way, PUT_LIST_LINES, count - i, &rows);

		for (unsigned int k = 0; k < rows; k++, position++) {
			const int at = LINE_COLUMN_COUNT * (int)k + 2;

			for (; position == bill->lines_count; position = 0)
				bill++;
			sqlite3_bind_int64(statement, at, bill->month);
			sqlite3_bind_int64(statement, at + 1, position);
			line_bind(statement, at + 2, &bill->lines[position]);
		}
		rc = statement_step(statement);
	}
	return rc;
}

static int bills_put(const struct way *way)
{
	const int rc = bills_add(way);

	return rc == SQLITE_OK ? lines_add(way) : rc;
}

static void points_bind(sqlite3_stmt *statement, int at, unsigned int position, const struct stored_points *entry)
{
	sqlite3_bind_int64(statement, at, position);
	sqlite3_bind_int64(statement, at + 1, entry->date);
	sqlite3_bind_int64(statement, at + 2, entry->change);
	statement_bind_text(statement, at + 3, entry->reason);
}

static int entries_put(const struct way *way)
{
	const unsigned int count = way->account->points_count;
	unsigned int rows;
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < count; i += rows) {
		sqlite3_stmt *statement = list_begin(way, PUT_LIST_POINTS, count - i, &rows);

		for (unsigned int k = 0; k < rows; k++)
			points_bind(statement, 4 * (int)k + 2, i + k, &way->account->points_entries[i + k]);
		rc = statement_step(statement);
	}
	return rc;
}

static int subscriptions_put(const struct way *way)
{
	int rc = SQLITE_OK;

	for (unsigned int i = 0; rc == SQLITE_OK && i < way->account->subscriptions_count; i++)
		rc = subscription_put(way, i);
	return rc;
}

static int age_put(const struct way *way, enum put_statement which, int64_t age)
{
	sqlite3_stmt *statement = begin(way, which);

	sqlite3_bind_int64(statement, 2, age);
	return statement_step(statement);
}

static int bills_replace(const struct way *way)
{
	int rc = run(way, PUT_LINES_DROP);

	if (rc == SQLITE_OK)
		rc = run(way, PUT_BILLS_DROP);
	if (rc == SQLITE_OK)
		rc = bills_put(way);
	return rc == SQLITE_OK ? age_put(way, PUT_BILLS_FRESH, way->as_of[ACCOUNT_BILLS]) : rc;
}

static int entries_replace(const struct way *way)
{
	int rc = run(way, PUT_POINTS_DROP);

	if (rc == SQLITE_OK)
		rc = entries_put(way);
	return rc == SQLITE_OK ? age_put(way, PUT_POINTS_FRESH, way->as_of[ACCOUNT_POINTS]) : rc;
}

static int subscriptions_replace(const struct way *way)
{
	int rc = subscriptions_update(way, false);

	if (rc == SQLITE_OK)
		rc = run(way, PUT_SERVICES);
	return rc == SQLITE_OK ? age_put(way, PUT_SERVICES_FRESH, way->as_of[ACCOUNT_SERVICES]) : rc;
}

/* ---- a subscriber's line ---- */

/* What changes before a snapshot is in use is looked at again then; so is what is newer already, by a clock that may be wrong, too. */
static int snapshot_mark(const struct way *way)
{
	bool again = way->known.unseen || way->known.begins_later;

	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		again |= way->known.as_of[kind] > way->as_of[kind];
	return way->known.is && again ? run(way, PUT_MARK) : SQLITE_OK;
}

/* An IMSI that another subscriber of the snapshot has: undo what was put of this one. */
static enum put_end sim_taken(const struct way *way)
{
	int rc = run(way, PUT_DROP);

	if (rc == SQLITE_OK)
		rc = sims_each(way, PUT_SIM_DROP);
	return rc == SQLITE_OK ? refuse(way->put, "imsi: another subscriber of this snapshot has it")
			       : ended(way->put, rc);
}

static bool is_taken(int rc)
{
	return (rc & 0xff) == SQLITE_CONSTRAINT;
}

static enum put_end subscriber_stage(struct way *way)
{
	static int (*const parts[])(const struct way *) = {password_put, bills_put, entries_put, subscriptions_put,
							   snapshot_mark};
	struct put *put = way->put;
	int rc;

	if (way->row->gone)
		return refuse(put, "gone: in a snapshot those who are gone are left out");
	if (!complete(put, way->account))
		return PUT_REFUSED;
	rc = subscriber_add(way);
	if (is_taken(rc))
		return refuse(put, "msisdn: is in this snapshot already");
	if (rc == SQLITE_OK)
		rc = sims_put(way);
	if (is_taken(rc))
		return sim_taken(way);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(parts) / sizeof(*parts); i++)
		rc = parts[i](way);
	return ended(put, rc);
}

/* A65: the same owner's password and orders, before what the row says of them. Orders in flight are not overwritten. */
static int vanished_return(struct way *way)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && vanished_back[i]; i++) {
		sqlite3_bind_int64(way->put->back[i], 1, way->msisdn - 1);
		sqlite3_bind_int64(way->put->back[i], 2, way->msisdn);
		rc = statement_step(way->put->back[i]);
	}
	if (rc == SQLITE_OK)
		rc = known_read(way);
	return rc == SQLITE_OK ? unseen_read(way) : rc;
}

static int profile_put(struct way *way)
{
	int rc = way->known.is ? subscriber_change(way) : subscriber_add(way);

	if (rc == SQLITE_OK && !way->known.is)
		rc = vanished_return(way);
	if (rc == SQLITE_OK && row_has(way->row, HAS(IMSI) | HAS(IMSI2)))
		rc = sims_replace(way);
	return rc == SQLITE_OK ? password_put(way) : rc;
}

static enum put_end subscriber_update(struct way *way)
{
	struct put *put = way->put;
	int rc = SQLITE_OK;

	if (takes(way, ACCOUNT_PROFILE))
		rc = profile_put(way);
	if (rc == SQLITE_OK && row_has(way->row, HAS(BILLS)) && takes(way, ACCOUNT_BILLS))
		rc = bills_replace(way);
	if (rc == SQLITE_OK && row_has(way->row, HAS(ENTRIES)) && takes(way, ACCOUNT_POINTS))
		rc = entries_replace(way);
	if (rc == SQLITE_OK && row_has(way->row, HAS(SUBSCRIPTIONS)) && takes(way, ACCOUNT_SERVICES))
		rc = subscriptions_replace(way);
	return ended(put, rc);
}

static bool takes_any(const struct way *way)
{
	return takes(way, ACCOUNT_PROFILE) || (row_has(way->row, HAS(BILLS)) && takes(way, ACCOUNT_BILLS)) ||
	       (row_has(way->row, HAS(ENTRIES)) && takes(way, ACCOUNT_POINTS)) ||
	       (row_has(way->row, HAS(SUBSCRIPTIONS)) && takes(way, ACCOUNT_SERVICES));
}

static enum put_end subscriber_put(struct way *way)
{
	const bool leaves = way->row->gone || way->merge.other_owner;

	if (!hash_judge(way->put, way->account->hash))
		return PUT_REFUSED;
	if (way->put->snapshot)
		return subscriber_stage(way);
	if ((leaves && !takes(way, ACCOUNT_PROFILE)) || !takes_any(way))
		return PUT_OLDER;
	if (!way->row->gone && (!way->known.is || leaves) && !complete(way->put, way->account))
		return PUT_REFUSED;
	if (leaves && way->known.is) {
		const int rc = former_remove(way);

		if (rc != SQLITE_OK)
			return ended(way->put, rc);
		way->known = (struct known){ 0 };
		memset(&way->shields, 0, sizeof(way->shields));
		judge(way);
	}
	return way->row->gone ? PUT_TAKEN : subscriber_update(way);
}

/* ---- lines of the other tables ---- */

/* Whether the subscriber is in the tables that are being filled. */
static int is_here(const struct way *way, bool *here)
{
	sqlite3_stmt *statement = begin(way, PUT_HERE);
	const int rc = sqlite3_step(statement);

	*here = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static enum put_end child_end(const struct way *way, int rc, enum put_statement age_of, int64_t age)
{
	if (rc == SQLITE_OK && (!way->put->snapshot || row_has(way->row, HAS(AS_OF))))
		rc = age_put(way, age_of, age);
	return ended(way->put, rc);
}

static enum put_end bill_row(const struct way *way)
{
	return !takes(way, ACCOUNT_BILLS) ? PUT_OLDER :
	       child_end(way, bill_put(way, &way->account->bills[0]), PUT_BILLS_FRESH, way->as_of[ACCOUNT_BILLS]);
}

static enum put_end line_row(const struct way *way)
{
	int rc;

	if (!takes(way, ACCOUNT_BILLS))
		return PUT_OLDER;
	rc = line_put(way, &way->account->bills[0], 0, way->row->position);
	if (rc == SQLITE_OK && !sqlite3_changes(way->put->file->db))
		return refuse(way->put, "month: the subscriber has no bill of that month");
	return child_end(way, rc, PUT_BILLS_FRESH, way->as_of[ACCOUNT_BILLS]);
}

static enum put_end points_row(const struct way *way)
{
	return !takes(way, ACCOUNT_POINTS) ? PUT_OLDER :
	       child_end(way, points_put(way, 0, way->row->position), PUT_POINTS_FRESH, way->as_of[ACCOUNT_POINTS]);
}

static enum put_end subscription_row(const struct way *way)
{
	int rc;

	if (!takes(way, ACCOUNT_SERVICES))
		return PUT_OLDER;
	rc = way->put->snapshot ? subscription_put(way, 0) : subscriptions_update(way, true);
	if (rc == SQLITE_OK)
		rc = run(way, PUT_SERVICES);
	return child_end(way, rc, PUT_SERVICES_FRESH, way->as_of[ACCOUNT_SERVICES]);
}

static enum put_end service_row(struct put *put, const struct service *service)
{
	sqlite3_stmt *statement = put->statements[PUT_SERVICE];

	statement_bind_text(statement, 1, service->code);
	sqlite3_bind_int64(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	statement_bind_text(statement, 4, service->account);
	statement_bind_text(statement, 5, service->brand);
	return ended(put, statement_step(statement));
}

static enum put_end child_put(struct way *way)
{
	static enum put_end (*const rows[IMPORT_TABLES])(const struct way *) = {
		[IMPORT_BILLS] = bill_row, [IMPORT_LINES] = line_row, [IMPORT_POINTS] = points_row,
		[IMPORT_SUBSCRIPTIONS] = subscription_row,
	};
	bool here;
	int rc = is_here(way, &here);

	if (rc == SQLITE_OK && way->put->snapshot)
		rc = snapshot_mark(way);
	if (rc != SQLITE_OK)
		return ended(way->put, rc);
	/* what a snapshot's subscriber had before does not count: it is looked at when all is there */
	if (way->put->snapshot)
		for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
			way->merge.kinds[kind] = MERGE_TAKE;
	return here ? rows[way->row->table](way) : refuse(way->put, "msisdn: no subscriber has this number");
}

enum put_end put_row(struct put *put, const struct import_row *row)
{
	struct way way = { .put = put, .row = row, .account = &row->account };
	enum put_end how;
	int rc;

	if (row->table == IMPORT_SERVICES)
		return service_row(put, &row->service);
	if (!msisdn_key(row->account.msisdn, &way.msisdn))
		return refuse(put, "msisdn: no number");
	ages_take(&way);
	rc = known_read(&way);
	if (rc == SQLITE_OK)
		rc = unseen_read(&way);
	if (rc != SQLITE_OK)
		return ended(put, rc);
	judge(&way);
	if (way.merge.kinds[ACCOUNT_PROFILE] == MERGE_REFUSE)
		return refuse(put, "as_of: lies in the future");
	how = row->table == IMPORT_SUBSCRIBERS ? subscriber_put(&way) : child_put(&way);
	if (how == PUT_TAKEN && way.as_of[ACCOUNT_PROFILE] > put->newest)
		put->newest = way.as_of[ACCOUNT_PROFILE];
	return how;
}

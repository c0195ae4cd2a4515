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
#include "store/sqlite/change.h"
#include "store/sqlite/rows.h"

static const char *const texts[PUT_STATEMENTS] = {
	/* what the served tables know of the subscriber */
	[PUT_KNOWN] = "SELECT owner, language, as_of, coalesce(bills_as_of, as_of), coalesce(points_as_of, as_of),"
		      " coalesce(services_as_of, as_of), EXISTS (SELECT 1 FROM orders o WHERE o.msisdn = s.msisdn"
		      " AND (o.state = 'taken' OR o.settled >= ?2) AND o.id > s.orders_after), orders_after, consents_after,"
		      " EXISTS (SELECT 1 FROM subscription o WHERE o.msisdn = s.msisdn AND o.since > ?3)"
		      " FROM subscriber s WHERE msisdn = ?1",
	[PUT_HERE] = "SELECT 1 FROM subscriber_next WHERE msisdn = ?1",
	[PUT_ADD] = "INSERT INTO subscriber_next (msisdn, account, brand, status, language, bill_month, bill_total, points, as_of,"
		    " bills_as_of, points_as_of, services_as_of, owner, services, orders_after, consents_after" FACT_COLUMNS
		    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, coalesce(?15, (SELECT max(id) FROM orders), 0),"
		    " coalesce(?16, (SELECT max(id) FROM ledger), 0)" FACT_PLACES ")",
	[PUT_SIM] = "INSERT INTO sim_next (imsi, msisdn) VALUES (?2, ?1)",
	[PUT_SIM_DROP] = "DELETE FROM sim_next WHERE imsi = ?2 AND msisdn = ?1",
	[PUT_PASSWORD] = "INSERT INTO password_next (msisdn, hash, id_pieces) VALUES (?1, coalesce(?2, ''), ?3)"
			 " ON CONFLICT DO UPDATE SET hash = iif(hash = '', excluded.hash, hash),"
			 " id_pieces = coalesce(excluded.id_pieces, id_pieces)",
	[PUT_BILL] = "INSERT INTO bill_next (msisdn, month, total) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET total = excluded.total",
	[PUT_LINE] = "INSERT INTO bill_line_next (msisdn, month, position, item, amount" LINE_COLUMNS ") SELECT ?1, ?2, ?3, ?4, ?5"
		     LINE_PLACES " WHERE EXISTS (SELECT 1 FROM bill_next WHERE msisdn = ?1 AND month = ?2)"
		     " ON CONFLICT DO UPDATE SET item = excluded.item, amount = excluded.amount" LINE_FACTS(LINE_SET),
	[PUT_POINTS] = "INSERT INTO points_entry_next (msisdn, position, date, change, reason) VALUES (?1, ?2, ?3, ?4, ?5)"
		       " ON CONFLICT DO UPDATE SET date = excluded.date, change = excluded.change, reason = excluded.reason",
	[PUT_SUBSCRIPTION] = "INSERT INTO subscription_next (msisdn, " SUBSCRIPTION_COLUMNS ", due)"
			     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET since = excluded.since,"
			     " until = excluded.until, state = excluded.state, trial_until = excluded.trial_until, due = excluded.due",
	[PUT_SERVICES] = "UPDATE subscriber_next SET services = coalesce((SELECT group_concat(service, ' ') FROM (SELECT service"
			 " FROM subscription_next WHERE msisdn = ?1 ORDER BY service)), '') WHERE msisdn = ?1",
	[PUT_BILLS_FRESH] = "UPDATE subscriber_next SET bills_as_of = ?2 WHERE msisdn = ?1 AND coalesce(bills_as_of, as_of) <> ?2",
	[PUT_POINTS_FRESH] = "UPDATE subscriber_next SET points_as_of = ?2 WHERE msisdn = ?1 AND coalesce(points_as_of, as_of) <> ?2",
	[PUT_SERVICES_FRESH] = "UPDATE subscriber_next SET services_as_of = ?2 WHERE msisdn = ?1"
			       " AND coalesce(services_as_of, as_of) <> ?2",
	[PUT_MARK] = "INSERT OR IGNORE INTO changed_next VALUES (?1)",
	[PUT_DROP] = "DELETE FROM subscriber_next WHERE msisdn = ?1",
};

static const char service_text[] =
	"INSERT INTO service (service, price, period, account, brand) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT DO UPDATE SET price = excluded.price, period = excluded.period,"
	" account = excluded.account, brand = excluded.brand, offered = 1";
static const char service_name_text[] =
	"INSERT OR IGNORE INTO service (service, price, period, offered) VALUES (?1, 0, '', 0)";

/* What the served tables know of the subscriber. */
struct known {
	bool is;			/* known at all */
	char owner[ACCOUNT_OWNER_SIZE];	/* "": unknown */
	char language[ACCOUNT_CODE_SIZE];
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
	bool other_owner;		/* than the number has by now */
};

/* ---- statements ---- */

static int put_prepare(struct put *put, const char *sql, sqlite3_stmt **statement)
{
	return sqlite3_prepare_v3(put->file->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
}

static int snapshot_prepare(struct put *put)
{
	int rc = put_prepare(put, service_name_text, &put->service_name);

	for (unsigned int i = 0; rc == SQLITE_OK && i < PUT_STATEMENTS; i++)
		rc = put_prepare(put, texts[i], &put->statements[i]);
	return rc == SQLITE_OK ? lists_prepare(&put->lists, put->file->db, "_next") : rc;
}

int put_begin(struct put *put)
{
	put->services_count = 0;
	put->rc = put_prepare(put, service_text, &put->service);
	if (put->rc == SQLITE_OK)
		put->rc = put->snapshot ? snapshot_prepare(put) : connection_use(&put->connection, put->file->db);
	return put->rc == SQLITE_OK ? 0 : data_failed(put->file->name, sqlite3_errmsg(put->file->db), put->rc);
}

void put_finish(struct put *put)
{
	connection_leave(&put->connection);
	sqlite3_finalize(put->service);
	sqlite3_finalize(put->service_name);
	put->service = put->service_name = NULL;
	for (unsigned int i = 0; i < PUT_STATEMENTS; i++)
		sqlite3_finalize(put->statements[i]);
	memset(put->statements, 0, sizeof(put->statements));
	lists_finish(&put->lists);
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
	const bool same = known->is && !way->other_owner;
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

/* Keyed pieces of the identity number; NULL: it is not known, or there is no key. */
static const char *pieces_make(const struct way *way, char pieces[static STORED_ID_PIECES_SIZE])
{
	const char *id_number = way->account->id_number;
	char msisdn[MSISDN_SIZE];

	way->put->ids_dropped |= id_number && !way->put->key;
	if (!id_number || !way->put->key)
		return NULL;
	snprintf(msisdn, sizeof(msisdn), "%lld", (long long)way->msisdn);
	id_pieces_make(way->put->key, msisdn, id_number, pieces);
	return pieces[0] ? pieces : NULL;
}

/* Without a hash, but with an identity number, the row has an empty one: no password matches it. */
static int password_put(const struct way *way)
{
	char buffer[STORED_ID_PIECES_SIZE];
	const char *pieces = pieces_make(way, buffer);
	sqlite3_stmt *statement;

	if (!way->account->hash && !pieces)
		return SQLITE_OK;
	statement = begin(way, PUT_PASSWORD);
	statement_bind_text(statement, 2, way->account->hash);
	statement_bind_text(statement, 3, pieces);
	return statement_step(statement);
}

/* ---- lists ---- */

static int bill_put(const struct way *way)
{
	const struct stored_bill *bill = way->account->bills;
	sqlite3_stmt *statement = begin(way, PUT_BILL);

	sqlite3_bind_int64(statement, 2, bill->month);
	sqlite3_bind_int64(statement, 3, bill->total);
	return statement_step(statement);
}

static int line_put(const struct way *way)
{
	const struct stored_bill *bill = way->account->bills;
	sqlite3_stmt *statement = begin(way, PUT_LINE);

	sqlite3_bind_int64(statement, 2, bill->month);
	sqlite3_bind_int64(statement, 3, way->row->position);
	line_bind(statement, 4, bill->lines);
	return statement_step(statement);
}

static int points_put(const struct way *way)
{
	const struct stored_points *entry = way->account->points_entries;
	sqlite3_stmt *statement = begin(way, PUT_POINTS);

	sqlite3_bind_int64(statement, 2, way->row->position);
	sqlite3_bind_int64(statement, 3, entry->date);
	sqlite3_bind_int64(statement, 4, entry->change);
	statement_bind_text(statement, 5, entry->reason);
	return statement_step(statement);
}

static int service_known(struct put *put, const char *code)
{
	sqlite3_stmt *statement = put->service_name;

	for (unsigned int i = 0; i < put->services_count; i++) {
		if (!strcmp(put->services[i], code))
			return SQLITE_OK;
	}
	if (put->services_count < PUT_SERVICES_MAX)
		snprintf(put->services[put->services_count++], sizeof(put->services[0]), "%s", code);
	statement_bind_text(statement, 1, code);
	return statement_step(statement);
}

static int subscription_put(const struct way *way, unsigned int index)
{
	const struct subscription subscription = subscription_of(&way->account->subscriptions[index]);
	const int rc = service_known(way->put, subscription.service);

	return rc == SQLITE_OK ? subscription_write(way->put->statements[PUT_SUBSCRIPTION], way->msisdn, &subscription) : rc;
}

static int bills_put(const struct way *way)
{
	return lists_add_bills(&way->put->lists, way->account, way->msisdn);
}

static int entries_put(const struct way *way)
{
	return lists_add_points(&way->put->lists, way->account, way->msisdn);
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
		rc = sims_each(way, PUT_SIM);
	if (is_taken(rc))
		return sim_taken(way);
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(parts) / sizeof(*parts); i++)
		rc = parts[i](way);
	return ended(put, rc);
}

/* ---- lines of the other tables ---- */

static int is_here(const struct way *way, bool *here)
{
	sqlite3_stmt *statement = begin(way, PUT_HERE);
	const int rc = sqlite3_step(statement);

	*here = rc == SQLITE_ROW;
	return statement_put(statement, rc);
}

static enum put_end child_end(const struct way *way, int rc, enum put_statement age_of, int64_t age)
{
	if (rc == SQLITE_OK && row_has(way->row, HAS(AS_OF)))
		rc = age_put(way, age_of, age);
	return ended(way->put, rc);
}

static enum put_end bill_row(const struct way *way)
{
	return child_end(way, bill_put(way), PUT_BILLS_FRESH, way->as_of[ACCOUNT_BILLS]);
}

static enum put_end line_row(const struct way *way)
{
	const int rc = line_put(way);

	if (rc == SQLITE_OK && !sqlite3_changes(way->put->file->db))
		return refuse(way->put, "month: the subscriber has no bill of that month");
	return child_end(way, rc, PUT_BILLS_FRESH, way->as_of[ACCOUNT_BILLS]);
}

static enum put_end points_row(const struct way *way)
{
	return child_end(way, points_put(way), PUT_POINTS_FRESH, way->as_of[ACCOUNT_POINTS]);
}

static enum put_end subscription_row(const struct way *way)
{
	int rc = subscription_put(way, 0);

	if (rc == SQLITE_OK)
		rc = run(way, PUT_SERVICES);
	return child_end(way, rc, PUT_SERVICES_FRESH, way->as_of[ACCOUNT_SERVICES]);
}

static enum put_end service_row(struct put *put, const struct service *service)
{
	sqlite3_stmt *statement = put->service;

	statement_bind_text(statement, 1, service->code);
	sqlite3_bind_int64(statement, 2, service->price);
	statement_bind_text(statement, 3, service->period);
	statement_bind_text(statement, 4, service->account);
	statement_bind_text(statement, 5, service->brand);
	return ended(put, statement_step(statement));
}

static enum put_end child_stage(struct way *way)
{
	static enum put_end (*const rows[IMPORT_TABLES])(const struct way *) = {
		[IMPORT_BILLS] = bill_row, [IMPORT_LINES] = line_row, [IMPORT_POINTS] = points_row,
		[IMPORT_SUBSCRIPTIONS] = subscription_row,
	};
	bool here;
	int rc = is_here(way, &here);

	if (rc == SQLITE_OK)
		rc = snapshot_mark(way);
	if (rc != SQLITE_OK)
		return ended(way->put, rc);
	return here ? rows[way->row->table](way) : refuse(way->put, "msisdn: no subscriber has this number");
}

/* What a snapshot's subscriber had before does not count now: it is looked at when all is there. */
static enum put_end row_stage(struct way *way)
{
	const struct known *known = &way->known;
	const int rc = known_read(way);
	const struct account_head stored = { .owner = known->owner[0] ? known->owner : NULL }, update = { .owner = way->account->owner };

	if (rc != SQLITE_OK)
		return ended(way->put, rc);
	way->other_owner = known->is && owners_differ(&stored, &update);
	return way->row->table == IMPORT_SUBSCRIBERS ? subscriber_stage(way) : child_stage(way);
}

/* ---- a delta's line ---- */

/* The kinds of data that a line is about. */
static unsigned int kinds_of(const struct import_row *row)
{
	static const unsigned int kinds[IMPORT_TABLES] = {
		[IMPORT_SUBSCRIBERS] = 1u << ACCOUNT_PROFILE, [IMPORT_BILLS] = 1u << ACCOUNT_BILLS,
		[IMPORT_LINES] = 1u << ACCOUNT_BILLS, [IMPORT_POINTS] = 1u << ACCOUNT_POINTS,
		[IMPORT_SUBSCRIPTIONS] = 1u << ACCOUNT_SERVICES,
	};
	unsigned int all = kinds[row->table];

	if (row->table != IMPORT_SUBSCRIBERS)
		return all;
	all |= row_has(row, HAS(BILLS)) ? 1u << ACCOUNT_BILLS : 0u;
	all |= row_has(row, HAS(ENTRIES)) ? 1u << ACCOUNT_POINTS : 0u;
	return all | (row_has(row, HAS(SUBSCRIPTIONS)) ? 1u << ACCOUNT_SERVICES : 0u);
}

static unsigned int numbers_of(const struct import_row *row)
{
	return (row_has(row, HAS(BILL_MONTH)) ? UPDATE_BILL_MONTH : 0u) | (row_has(row, HAS(BILL_TOTAL)) ? UPDATE_BILL_TOTAL : 0u) |
	       (row_has(row, HAS(POINTS)) ? UPDATE_POINTS : 0u);
}

static enum put_end row_merge(struct way *way)
{
	const struct import_row *row = way->row;
	const bool single = row->table != IMPORT_SUBSCRIBERS;
	char pieces[STORED_ID_PIECES_SIZE];
	struct stored_account account = row->account;
	const struct account_update update = {
		.account = &account, .kinds = kinds_of(row), .facts = row->has >> COLUMN_FACTS, .numbers = numbers_of(row),
		.now = way->put->now, .force = way->put->force, .import = true, .gone = row->gone,
		.sims = row_has(row, HAS(IMSI) | HAS(IMSI2)), .single = single, .charge = row->table == IMPORT_LINES, .position = row->position,
	};
	struct account_step *step = &way->put->step;
	struct response *response = &way->put->response;
	int rc;

	account.as_of = way->as_of[ACCOUNT_PROFILE];
	account.id_pieces = pieces_make(way, pieces);
	response_init(response);
	step->response = response;
	rc = account_merge_write(&way->put->connection, &update, step);
	if (rc != SQLITE_OK)
		return ended(way->put, rc);
	if (step->why)
		return refuse(way->put, step->why);
	return step->older ? PUT_OLDER : PUT_TAKEN;
}

/* ---- any line ---- */

enum put_end put_row(struct put *put, const struct import_row *row)
{
	struct way way = { .put = put, .row = row, .account = &row->account };
	enum put_end how;

	if (row->table == IMPORT_SERVICES)
		return service_row(put, &row->service);
	if (!msisdn_key(row->account.msisdn, &way.msisdn))
		return refuse(put, "msisdn: no number");
	ages_take(&way);
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (way.as_of[kind] > put->now + ACCOUNT_AHEAD_S)
			return refuse(put, "as_of: lies in the future");
	}
	if (row->table == IMPORT_SUBSCRIBERS && !hash_judge(put, row->account.hash))
		return PUT_REFUSED;
	how = put->snapshot ? row_stage(&way) : row_merge(&way);
	if (how == PUT_TAKEN && way.as_of[ACCOUNT_PROFILE] > put->newest)
		put->newest = way.as_of[ACCOUNT_PROFILE];
	return how;
}

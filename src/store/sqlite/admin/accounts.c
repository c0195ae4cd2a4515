/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* admin/: the database as an operator's tool opens it. Start with admin.c; staging.c takes snapshots.
 *
 * Reads whole accounts from the served tables, or from the staged ones. */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "store/sqlite/admin/accounts.h"
#include "store/sqlite/admin/admin.h"
#include "store/sql/rows.h"

#define POOL 65536		/* octets: more than most accounts have */

/* Rows in the order of numbers from ?1 on, so that all tables can be read in parallel. The number is the last column. */
#define ROWS_OF(columns, table, order) "SELECT " columns ", msisdn FROM " table " WHERE msisdn >= ?1 ORDER BY msisdn" order

static const char *const texts[ACCOUNT_ROWS] = {
	[ACCOUNT_PROFILE_ROW] = ROWS_OF("CAST(msisdn AS TEXT), account, brand, status, language, owner,"
					" (SELECT nullif(hash, '') FROM password p WHERE p.msisdn = s.msisdn), bill_month, bill_total,"
					" points, " AGE_COLUMNS("s") FACT_COLUMNS, "subscriber s", ""),
	[ACCOUNT_NUMBER_ROW] = ROWS_OF("CAST(msisdn AS TEXT)", "subscriber", ""),
	[ACCOUNT_SIM_ROWS] = ROWS_OF("imsi", "sim", ", imsi"),
	[ACCOUNT_BILL_ROWS] = ROWS_OF("month, total", "bill", ", month"),
	[ACCOUNT_CHARGE_ROWS] = ROWS_OF("month, position, item, amount" LINE_COLUMNS, "bill_line", ", month, position"),
	[ACCOUNT_POINTS_ROWS] = ROWS_OF("date, change, reason, position", "points_entry", ", position"),
	[ACCOUNT_SUBSCRIPTION_ROWS] = ROWS_OF(SUBSCRIPTION_COLUMNS, "subscription", ", service"),
};

int account_reader_prepare(struct account_reader *reader, struct connection *connection)
{
	int rc = SQLITE_OK;

	*reader = (struct account_reader){ 0 };
	for (int i = 0; rc == SQLITE_OK && i < ACCOUNT_ROWS; i++) {
		rc = statement_prepare(connection, texts[i], &reader->rows[i].statement);
		if (rc == SQLITE_OK)
			reader->rows[i].number = sqlite3_column_count(statement_native(reader->rows[i].statement)) - 1;
	}
	return rc;
}

void account_reader_finish(struct account_reader *reader)
{
	for (int i = 0; i < ACCOUNT_ROWS; i++)
		statement_finish(reader->rows[i].statement);
	*reader = (struct account_reader){ 0 };
}

static void rows_begin(struct account_reader *reader, int64_t msisdn)
{
	for (int i = 0; i < ACCOUNT_ROWS; i++) {
		struct account_rows *rows = &reader->rows[i];

		statement_put(rows->statement, DB_OK);
		statement_bind_number(rows->statement, 1, msisdn);
		rows->waits = false;
		rows->rc = DB_ROW;
	}
}

static void rows_end(struct account_reader *reader)
{
	for (int i = 0; i < ACCOUNT_ROWS; i++)
		statement_put(reader->rows[i].statement, DB_OK);
}

/* The number in the next row; INT64_MAX: no more rows. */
static int64_t row_look(struct account_rows *rows)
{
	if (rows->rc == DB_ROW && !rows->waits)
		rows->rc = statement_next(rows->statement);
	rows->waits = rows->rc == DB_ROW;
	return rows->waits ? column_number(rows->statement, rows->number) : INT64_MAX;
}

/* The next row of \a msisdn; NULL: there is none. Rows of smaller numbers have no subscriber and are skipped. */
static struct statement *row_take(struct account_rows *rows, int64_t msisdn)
{
	int64_t of = row_look(rows);

	while (of < msisdn) {
		rows->waits = false;
		of = row_look(rows);
	}
	if (of != msisdn || !rows->waits)
		return NULL;
	rows->waits = false;
	return rows->statement;
}

static const char *text_read(void *ctx, struct statement *statement, int column)
{
	return talloc_strdup(ctx, column_text(statement, column));
}

static int64_t number_read(struct statement *statement, int column)
{
	return column_is_null(statement, column) ? STORED_UNKNOWN : column_number(statement, column);
}

static void profile_read(struct statement *statement, struct stored_account *account)
{
	const char **const codes[] = {
		&account->account, &account->brand, &account->status, &account->language, &account->owner, &account->hash,
	};
	int64_t *const numbers[] = {
		&account->bill_month, &account->bill_total, &account->points, &account->as_of, &account->bills_as_of,
		&account->points_as_of, &account->services_as_of,
	};
	int column = 1;

	column_copy(statement, 0, account->msisdn, sizeof(account->msisdn));
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		*codes[i] = text_read(account, statement, column++);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		*numbers[i] = number_read(statement, column++);
	for (int i = 0; i < STORED_FACTS; i++) {
		if (stored_fact_is_text(&stored_facts[i]))
			*stored_text(account, &stored_facts[i]) = text_read(account, statement, column++);
		else
			*stored_number(account, &stored_facts[i]) = number_read(statement, column++);
	}
}

static void sims_read(struct account_rows *rows, int64_t msisdn, struct stored_account *account)
{
	struct statement *statement;

	for (int i = 0; i < STORED_IMSIS_MAX && (statement = row_take(rows, msisdn)); i++)
		imsi_of_key(column_number(statement, 0), account->imsis[i]);
}

static void bills_read(struct account_rows *rows, int64_t msisdn, struct stored_account *account)
{
	struct stored_bill *bills = NULL;
	struct statement *statement;

	while ((statement = row_take(rows, msisdn))) {
		bills = talloc_realloc(account, bills, struct stored_bill, account->bills_count + 1);
		bills[account->bills_count++] = (struct stored_bill){
			.month = (uint32_t)column_number(statement, 0), .total = column_number(statement, 1),
		};
	}
	account->bills = bills;
}

static void charge_add(struct statement *statement, struct stored_account *account, struct stored_bill *bill)
{
	struct stored_line *lines = talloc_realloc(account, (void *)bill->lines, struct stored_line, bill->lines_count + 1);
	struct stored_line *line = &lines[bill->lines_count++];

	*line = (struct stored_line){
		.place = (uint32_t)column_number(statement, 1) + 1, .item = text_read(account, statement, 2),
		.amount = column_number(statement, 3),
	};
	for (int i = 0; i < LINE_FACT_COUNT; i++)
		*line_fact(line, i) = text_read(account, statement, 4 + i);
	bill->lines = lines;
}

/* Read charges in the order of the bills. Charges of a month without a bill are skipped. */
static void charges_read(struct account_rows *rows, int64_t msisdn, struct stored_account *account)
{
	struct stored_bill *bill = (struct stored_bill *)account->bills;
	const struct stored_bill *end = bill ? bill + account->bills_count : NULL;
	struct statement *statement;

	while ((statement = row_take(rows, msisdn))) {
		const int64_t month = column_number(statement, 0);

		while (bill < end && bill->month < month)
			bill++;
		if (bill < end && bill->month == month)
			charge_add(statement, account, bill);
	}
}

static void points_read(struct account_rows *rows, int64_t msisdn, struct stored_account *account)
{
	struct stored_points *entries = NULL;
	struct statement *statement;

	while ((statement = row_take(rows, msisdn))) {
		entries = talloc_realloc(account, entries, struct stored_points, account->points_count + 1);
		entries[account->points_count++] = (struct stored_points){
			.date = (uint32_t)column_number(statement, 0), .change = column_number(statement, 1),
			.reason = text_read(account, statement, 2), .place = (uint32_t)column_number(statement, 3) + 1,
		};
	}
	account->points_entries = entries;
}

static void subscriptions_read(struct account_rows *rows, int64_t msisdn, struct stored_account *account)
{
	struct stored_subscription *all = NULL;
	struct subscription subscription;
	struct statement *statement;

	while ((statement = row_take(rows, msisdn))) {
		subscription_read(statement, &subscription);
		all = talloc_realloc(account, all, struct stored_subscription, account->subscriptions_count + 1);
		all[account->subscriptions_count++] = (struct stored_subscription){
			.service = talloc_strdup(account, subscription.service), .since = (uint32_t)subscription.since,
			.trial_until = (uint32_t)subscription.trial_until, .until = (uint32_t)subscription.until,
			.state = subscription_state_name(subscription.state), .trial_ends = trial_ends_name(subscription.trial_ends),
		};
	}
	account->subscriptions = all;
}

#define KIND(kind) (1u << (kind))

/* Returns an SQLite result code. */
static int lists_read(struct account_reader *reader, const struct admin_selection *selection, int64_t msisdn,
		      struct stored_account *account)
{
	static const struct {
		enum account_kind of;
		void (*read)(struct account_rows *rows, int64_t msisdn, struct stored_account *account);
	} lists[ACCOUNT_ROWS] = {
		[ACCOUNT_SIM_ROWS] = { ACCOUNT_PROFILE, sims_read },
		[ACCOUNT_BILL_ROWS] = { ACCOUNT_BILLS, bills_read },
		[ACCOUNT_CHARGE_ROWS] = { ACCOUNT_BILLS, charges_read },
		[ACCOUNT_POINTS_ROWS] = { ACCOUNT_POINTS, points_read },
		[ACCOUNT_SUBSCRIPTION_ROWS] = { ACCOUNT_SERVICES, subscriptions_read },
	};

	for (int i = 0; i < ACCOUNT_ROWS; i++) {
		if (!lists[i].read || !(selection->kinds & KIND(lists[i].of)) ||
		    (i == ACCOUNT_CHARGE_ROWS && selection->totals_alone))
			continue;
		lists[i].read(&reader->rows[i], msisdn, account);
		if (reader->rows[i].rc != DB_ROW && reader->rows[i].rc != DB_DONE)
			return reader->rows[i].rc;
	}
	return SQLITE_OK;
}

/* The rows that determine which accounts exist. */
static struct account_rows *heads(struct account_reader *reader, const struct admin_selection *selection)
{
	return &reader->rows[selection->kinds & KIND(ACCOUNT_PROFILE) ? ACCOUNT_PROFILE_ROW : ACCOUNT_NUMBER_ROW];
}

static int parts_read(struct account_reader *reader, const struct admin_selection *selection, int64_t msisdn, void *ctx,
		      struct stored_account **account)
{
	struct statement *head = row_take(heads(reader, selection), msisdn);
	const int rc = heads(reader, selection)->rc;

	*account = NULL;
	if (!head)
		return rc == DB_ROW || rc == DB_DONE ? SQLITE_OK : rc;
	*account = talloc_zero(ctx, struct stored_account);
	if (selection->kinds & KIND(ACCOUNT_PROFILE))
		profile_read(head, *account);
	else
		column_copy(head, 0, (*account)->msisdn, sizeof((*account)->msisdn));
	return lists_read(reader, selection, msisdn, *account);
}

int account_read(struct account_reader *reader, int64_t msisdn, void *ctx, struct stored_account **account)
{
	const struct admin_selection whole = { .msisdn = msisdn, .kinds = KIND(ACCOUNT_KINDS) - 1 };
	int rc;

	rows_begin(reader, msisdn);
	rc = parts_read(reader, &whole, msisdn, ctx, account);
	rows_end(reader);
	return rc;
}

/* ---- all of them ---- */

/* Visit the account of one number, or all accounts. */
static int visit_each(struct account_reader *reader, const struct admin_selection *selection, void *pool, admin_account_visit *visit,
		      void *user)
{
	struct stored_account *account;
	bool more = true;
	int rc = SQLITE_OK;

	rows_begin(reader, selection->msisdn);
	while (rc == SQLITE_OK && more) {
		const int64_t msisdn = selection->msisdn ? selection->msisdn : row_look(heads(reader, selection));

		rc = parts_read(reader, selection, msisdn, pool, &account);
		more = rc == SQLITE_OK && account && visit(user, account) == 0 && !selection->msisdn;
		talloc_free_children(pool);
	}
	rows_end(reader);
	return rc;
}

/* One read transaction, so that all accounts are of the same moment. */
int admin_accounts(struct store_admin *admin, const struct admin_selection *selection, admin_account_visit *visit, void *user)
{
	const bool alone = sqlite3_get_autocommit(admin->connection.db);
	void *pool = talloc_pool(admin, POOL);
	struct account_reader reader;
	int rc = account_reader_prepare(&reader, &admin->connection);

	if (rc == SQLITE_OK && alone)
		rc = admin_run(admin, "BEGIN");
	if (rc == SQLITE_OK)
		rc = visit_each(&reader, selection, pool, visit, user);
	account_reader_finish(&reader);
	talloc_free(pool);
	if (alone)
		admin_undo(admin);
	return rc == SQLITE_OK ? 0 : admin_failed(admin, "cannot be read", rc);
}

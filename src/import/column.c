/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* import/: rows of import files, CSV and JSON lines. Start with reader.c.
 *
 * The columns of import files by name: storing their values in a row, and printing them. */
#include "import/column.h"

#include <string.h>

#define CODE_MAX 24
#define TEXT_MAX 128

enum how { HOW_msisdn, HOW_imsi, HOW_code, HOW_text, HOW_number, HOW_date, HOW_month, HOW_time, HOW_truth, HOW_list };

static const struct {
	const char *name;
	size_t len;
	enum how how;
	unsigned int tables, needed;
} columns[COLUMN_COUNT] = {
#define X(id, name, how, tables, needed) [COLUMN_##id] = { name, sizeof(name) - 1, HOW_##how, tables, needed },
	IMPORT_COLUMNS(X)
#undef X
#define FACT(id, name, type, origin, width, storage) FACT_##storage(id, name, type)
#define FACT_OWN(id, name, type)
#define FACT_FACT(id, name, type) [COLUMN_##id] = { #name, sizeof(#name) - 1, FACT_HOW_##type, IN(SUBSCRIBERS), 0 },
#define FACT_HOW_CODE HOW_code
#define FACT_HOW_MONEY HOW_number
#define FACT_HOW_DATE HOW_date
	FIELDS(FACT)
#define LINE_FACT(id, name) [COLUMN_LINE_##id] = { #name, sizeof(#name) - 1, HOW_code, IN(LINES), 0 },
	LINE_FACTS(LINE_FACT)
};

static bool is_line_fact(enum import_column column)
{
	return column >= COLUMN_LINE_FACTS && column < COLUMN_FACTS;
}

/* NULL: the column does not hold a plain fact. */
static const struct stored_fact *fact_of(enum import_column column)
{
	return column >= COLUMN_FACTS ? &stored_facts[column - COLUMN_FACTS] : NULL;
}

enum import_column column_find(const char *name, size_t len)
{
	for (enum import_column column = 0; column < COLUMN_COUNT; column++) {
		if (columns[column].len == len && !memcmp(columns[column].name, name, len))
			return column;
	}
	return COLUMN_COUNT;
}

const char *column_name(enum import_column column)
{
	return columns[column].name;
}

bool column_is_list(enum import_column column)
{
	return columns[column].how == HOW_list;
}

bool column_is_text(enum import_column column)
{
	return columns[column].how == HOW_code || columns[column].how == HOW_text;
}

const char *table_name(enum import_table table)
{
	static const char *const names[IMPORT_TABLES] = {
		"subscribers", "bills", "lines", "points", "subscriptions", "services",
	};

	return names[table];
}

const char *column_missing(enum import_table table, uint64_t has)
{
	for (enum import_column column = 0; column < COLUMN_COUNT; column++) {
		if (columns[column].needed & 1u << table && !(has & 1ull << column))
			return columns[column].name;
	}
	return NULL;
}

uint64_t table_columns(enum import_table table)
{
	uint64_t all = 0;

	for (enum import_column column = 0; column < COLUMN_COUNT; column++) {
		if (columns[column].tables & 1u << table)
			all |= 1ull << column;
	}
	return all;
}

/* Subscribers come last: they need the fewest columns. */
enum import_table table_of(uint64_t has)
{
	for (enum import_table table = IMPORT_TABLES; table-- > 0;) {
		if (!(has & ~table_columns(table)) && !column_missing(table, has))
			return table;
	}
	return IMPORT_TABLES;
}

void row_clear(struct import_row *row)
{
	struct stored_account *account = &row->account;

	memset(account, 0, sizeof(*account));
	memset(&row->service, 0, sizeof(row->service));
	stored_facts_clear(account);
	account->points = account->bill_month = account->bill_total = STORED_UNKNOWN;
	account->as_of = account->bills_as_of = account->points_as_of = account->services_as_of = STORED_UNKNOWN;
	account->bills = row->bills;
	account->points_entries = row->points;
	account->subscriptions = row->subscriptions;
	row->table = IMPORT_SUBSCRIBERS;
	row->has = 0;
	row->gone = false;
	row->position = 0;
	row->lines_count = 0;
}

/* Where a number is stored; NULL: in a field of 32 bits, see date_place(). */
static int64_t *number_place(struct import_row *row, enum import_column column)
{
	struct stored_account *account = &row->account;

	if (fact_of(column))
		return stored_number(account, fact_of(column));
	switch (column) {
	case COLUMN_BILL_MONTH: return &account->bill_month;
	case COLUMN_BILL_TOTAL: return &account->bill_total;
	case COLUMN_POINTS: return &account->points;
	case COLUMN_AS_OF: return &account->as_of;
	case COLUMN_BILLS_AS_OF: return &account->bills_as_of;
	case COLUMN_POINTS_AS_OF: return &account->points_as_of;
	case COLUMN_SERVICES_AS_OF: return &account->services_as_of;
	case COLUMN_POSITION: return &row->position;
	case COLUMN_PRICE: return &row->service.price;
	case COLUMN_TOTAL: return &row->bills[account->bills_count - 1].total;
	case COLUMN_AMOUNT: return &row->lines[row->lines_count - 1].amount;
	case COLUMN_CHANGE: return &row->points[account->points_count - 1].change;
	default: return NULL;
	}
}

static uint32_t *date_place(struct import_row *row, enum import_column column)
{
	struct stored_account *account = &row->account;

	switch (column) {
	case COLUMN_MONTH: return &row->bills[account->bills_count - 1].month;
	case COLUMN_DATE: return &row->points[account->points_count - 1].date;
	case COLUMN_SINCE: return &row->subscriptions[account->subscriptions_count - 1].since;
	case COLUMN_TRIAL_UNTIL: return &row->subscriptions[account->subscriptions_count - 1].trial_until;
	default: return &row->subscriptions[account->subscriptions_count - 1].until;
	}
}

static const char **text_place(struct import_row *row, enum import_column column)
{
	struct stored_account *account = &row->account;
	const bool of_service = row->table == IMPORT_SERVICES;

	if (fact_of(column))
		return stored_text(account, fact_of(column));
	if (is_line_fact(column))
		return line_fact(&row->lines[row->lines_count - 1], column - COLUMN_LINE_FACTS);
	switch (column) {
	case COLUMN_ACCOUNT: return of_service ? &row->service.account : &account->account;
	case COLUMN_BRAND: return of_service ? &row->service.brand : &account->brand;
	case COLUMN_STATUS: return &account->status;
	case COLUMN_LANGUAGE: return &account->language;
	case COLUMN_OWNER: return &account->owner;
	case COLUMN_ID_NUMBER: return &account->id_number;
	case COLUMN_PASSWORD_HASH: return &account->hash;
	case COLUMN_ITEM: return &row->lines[row->lines_count - 1].item;
	case COLUMN_REASON: return &row->points[account->points_count - 1].reason;
	case COLUMN_STATE: return &row->subscriptions[account->subscriptions_count - 1].state;
	case COLUMN_TRIAL_ENDS: return &row->subscriptions[account->subscriptions_count - 1].trial_ends;
	case COLUMN_PERIOD: return &row->service.period;
	default: return of_service ? &row->service.code : &row->subscriptions[account->subscriptions_count - 1].service;
	}
}

/* Whether a number, date or time may be unknown. */
static bool may_lack(enum import_column column)
{
	const uint64_t may = HAS(BILL_MONTH) | HAS(BILL_TOTAL) |
			     HAS(POINTS) | HAS(AS_OF) | HAS(BILLS_AS_OF) | HAS(POINTS_AS_OF) | HAS(SERVICES_AS_OF) |
			     HAS(TRIAL_UNTIL) | HAS(UNTIL);

	return fact_of(column) || may & 1ull << column;
}

static const char *number_set(struct import_row *row, enum import_column column, int64_t number)
{
	int64_t *place = number_place(row, column);

	if (column == COLUMN_POSITION && (number < 0 || number > INT32_MAX))
		return "not a position, which is 0 or more";
	if (place)
		*place = number;
	else
		*date_place(row, column) = number == STORED_UNKNOWN ? 0 : (uint32_t)number;
	return NULL;
}

static const char *number_read(struct import_row *row, enum import_column column, const char *text, size_t len)
{
	static bool (*const readers[])(const char *, size_t, int64_t *) = {
		[HOW_number] = value_number,
		[HOW_date] = value_date,
		[HOW_month] = value_month,
		[HOW_time] = value_time,
	};
	static const char *const wanted[] = {
		[HOW_number] = "not a whole number within 64 bits", [HOW_date] = "not a date such as 2026-11-30",
		[HOW_month] = "not a month such as 2026-11",
		[HOW_time] = "not a time such as 2026-11-30T08:50:00Z or seconds since 1970",
	};
	const enum how how = columns[column].how;
	int64_t number = STORED_UNKNOWN;

	if (!len && may_lack(column))
		return number_set(row, column, number);
	return readers[how](text, len, &number) ? number_set(row, column, number) : wanted[how];
}

static bool text_may_lack(const struct import_row *row, enum import_column column)
{
	const uint64_t may = HAS(OWNER) | HAS(ID_NUMBER) | HAS(PASSWORD_HASH) | HAS(STATE) | HAS(TRIAL_ENDS);
	const uint64_t may_of_service = HAS(ACCOUNT) | HAS(BRAND);

	return fact_of(column) || is_line_fact(column) || (may | (row->table == IMPORT_SERVICES ? may_of_service : 0)) & 1ull << column;
}

static const char *text_read(struct import_row *row, enum import_column column, const char *text, size_t len)
{
	const bool code = columns[column].how == HOW_code;

	if (!len && !text_may_lack(row, column))
		return "must not be empty";
	if (fact_of(column) && len > fact_of(column)->width)
		return "too long for its field";
	if (!value_text(text, len, code ? CODE_MAX : TEXT_MAX, !code))
		return code ? "not a code: at most 24 octets of UTF-8 without blanks" :
			      "not text: at most 128 octets of UTF-8 without control characters";
	*text_place(row, column) = len ? text : NULL;
	return NULL;
}

const char *column_set(struct import_row *row, enum import_column column, const char *text, size_t len)
{
	switch (columns[column].how) {
	case HOW_msisdn:
		if (!value_digits(text, len, 3, MSISDN_SIZE - 1) || *text == '0')
			return "not a number of up to 15 digits that begins with the country code";
		memcpy(row->account.msisdn, text, len);
		return NULL;
	case HOW_imsi:
		if (len && !value_digits(text, len, 6, IMSI_SIZE - 1))
			return "not an IMSI of 6 to 15 digits";
		memcpy(row->account.imsis[column == COLUMN_IMSI2], text, len);
		return NULL;
	case HOW_code:
	case HOW_text:
		return text_read(row, column, text, len);
	case HOW_truth:
		row->gone = (len == 1 && *text == '1') || (len == 4 && !memcmp(text, "true", 4));
		return row->gone || !len || (len == 1 && *text == '0') || (len == 5 && !memcmp(text, "false", 5)) ?
			       NULL : "neither true nor false";
	case HOW_list:
		return "not a list";
	default:
		return number_read(row, column, text, len);
	}
}

/* ---- writing ---- */

#define EXPORT_FACT(id, name, type, origin, width, storage) IMPORT_FACT_##storage(id)
#define EXPORT_LINE_FACT(id, name) COLUMN_LINE_##id,

const enum import_column *table_exports(enum import_table table)
{
	static const enum import_column subscribers[] = {
		COLUMN_MSISDN, COLUMN_IMSI, COLUMN_IMSI2, COLUMN_ACCOUNT, COLUMN_BRAND, COLUMN_STATUS, COLUMN_LANGUAGE,
		FIELDS(EXPORT_FACT) COLUMN_BILL_MONTH, COLUMN_BILL_TOTAL, COLUMN_POINTS, COLUMN_AS_OF, COLUMN_BILLS_AS_OF,
		COLUMN_POINTS_AS_OF, COLUMN_SERVICES_AS_OF, COLUMN_OWNER, COLUMN_PASSWORD_HASH, COLUMN_COUNT,
	};
	static const enum import_column bills[] = { COLUMN_MSISDN, COLUMN_MONTH, COLUMN_TOTAL, COLUMN_COUNT };
	static const enum import_column lines[] = {
		COLUMN_MSISDN, COLUMN_MONTH, COLUMN_POSITION, COLUMN_ITEM, COLUMN_AMOUNT, LINE_FACTS(EXPORT_LINE_FACT) COLUMN_COUNT,
	};
	static const enum import_column points[] = {
		COLUMN_MSISDN, COLUMN_POSITION, COLUMN_DATE, COLUMN_CHANGE, COLUMN_REASON, COLUMN_COUNT,
	};
	static const enum import_column subscriptions[] = {
		COLUMN_MSISDN, COLUMN_SERVICE, COLUMN_SINCE, COLUMN_TRIAL_UNTIL, COLUMN_STATE, COLUMN_UNTIL, COLUMN_TRIAL_ENDS,
		COLUMN_COUNT,
	};
	static const enum import_column services[] = {
		COLUMN_SERVICE, COLUMN_PRICE, COLUMN_PERIOD, COLUMN_ACCOUNT, COLUMN_BRAND, COLUMN_COUNT,
	};
	static const enum import_column *const tables[IMPORT_TABLES] = { subscribers, bills, lines, points, subscriptions, services };

	return tables[table];
}

void row_of_account(struct import_row *row, enum import_table table, const struct stored_account *account)
{
	row->table = table;
	row->account = *account;
	row->account.bills_count = row->account.points_count = row->account.subscriptions_count = row->lines_count = 1;
}

void row_of_service(struct import_row *row, const struct service *service)
{
	row->table = IMPORT_SERVICES;
	row->service = *service;
}

bool column_is_number(enum import_column column)
{
	return columns[column].how == HOW_number;
}

/* Other kinds of data are as old as the profile unless they have a time of their own. */
static int64_t age_get(const struct stored_account *account, int64_t age)
{
	return age && age != account->as_of ? age : STORED_UNKNOWN;
}

static int64_t number_get(const struct import_row *row, enum import_column column)
{
	struct import_row *places = (struct import_row *)row;	/* only read */
	const int64_t *place;

	switch (column) {
	case COLUMN_BILLS_AS_OF: return age_get(&row->account, row->account.bills_as_of);
	case COLUMN_POINTS_AS_OF: return age_get(&row->account, row->account.points_as_of);
	case COLUMN_SERVICES_AS_OF: return age_get(&row->account, row->account.services_as_of);
	default: break;
	}
	place = number_place(places, column);
	if (place)
		return *place;
	return *date_place(places, column) ? (int64_t)*date_place(places, column) : STORED_UNKNOWN;
}

static const char *number_print(const struct import_row *row, enum import_column column, char text[static COLUMN_TEXT_SIZE])
{
	static const char *(*const printers[])(int64_t number, char text[static VALUE_TEXT_SIZE]) = {
		[HOW_number] = value_print_number, [HOW_date] = value_print_date, [HOW_month] = value_print_month,
		[HOW_time] = value_print_time,
	};
	const int64_t number = number_get(row, column);

	return number == STORED_UNKNOWN ? "" : printers[columns[column].how](number, text);
}

const char *column_print(const struct import_row *row, enum import_column column, char text[static COLUMN_TEXT_SIZE])
{
	const char *stored;

	switch (columns[column].how) {
	case HOW_msisdn:
		return row->account.msisdn;
	case HOW_imsi:
		return row->account.imsis[column == COLUMN_IMSI2];
	case HOW_code:
	case HOW_text:
		stored = *text_place((struct import_row *)row, column);	/* only read */
		return stored ? stored : "";
	case HOW_truth:
		return row->gone ? "true" : "";
	case HOW_list:
		return "";
	default:
		return number_print(row, column, text);
	}
}

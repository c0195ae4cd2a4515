/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services and whole accounts as JSON Lines that import takes. */
#include "tool/data/jsonl.h"

#include <string.h>

#include "import/column.h"
#include "starhash/account.h"

static void text_write(FILE *out, const char *text)
{
	putc_unlocked('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc_unlocked('\\', out);
		if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)*text);
		else
			putc_unlocked(*text, out);
	}
	putc_unlocked('"', out);
}

/* False when it is not known: nothing is written. */
static bool member_write(FILE *out, const struct import_row *row, enum import_column column, const char *between)
{
	char text[COLUMN_TEXT_SIZE];
	const char *value = column_print(row, column, text);

	if (!*value)
		return false;
	fputs(between, out);
	text_write(out, column_name(column));
	putc_unlocked(':', out);
	if (column_is_number(column))
		fputs(value, out);
	else
		text_write(out, value);
	return true;
}

/* \a without: columns that CSV needs, and that are said by the place in the line. */
static void members_write(FILE *out, const struct import_row *row, uint64_t without)
{
	const char *between = "";

	for (const enum import_column *column = table_exports(row->table); *column < COLUMN_COUNT; column++) {
		if (!(without & 1ull << *column) && member_write(out, row, *column, between))
			between = ",";
	}
}

/* ---- lists ---- */

#define OF_ELEMENTS (HAS(MSISDN) | HAS(POSITION))

static void list_begin(FILE *out, enum import_column column)
{
	fprintf(out, ",\"%s\":[", column_name(column));
}

static void element_begin(FILE *out, unsigned int index)
{
	fputs(index ? ",{" : "{", out);
}

static void lines_write(FILE *out, struct import_row *row, const struct stored_bill *bill)
{
	row->table = IMPORT_LINES;
	list_begin(out, COLUMN_BILL_LINES);
	for (unsigned int i = 0; i < bill->lines_count; i++) {
		row->lines[0] = bill->lines[i];
		element_begin(out, i);
		members_write(out, row, OF_ELEMENTS | HAS(MONTH));
		putc_unlocked('}', out);
	}
	putc_unlocked(']', out);
}

static void bills_write(FILE *out, struct import_row *row, const struct stored_account *account)
{
	list_begin(out, COLUMN_BILLS);
	for (unsigned int i = 0; i < account->bills_count; i++) {
		row->table = IMPORT_BILLS;
		row->bills[0] = account->bills[i];
		element_begin(out, i);
		members_write(out, row, OF_ELEMENTS);
		lines_write(out, row, &account->bills[i]);
		putc_unlocked('}', out);
	}
	putc_unlocked(']', out);
}

static void points_write(FILE *out, struct import_row *row, const struct stored_account *account)
{
	row->table = IMPORT_POINTS;
	list_begin(out, COLUMN_ENTRIES);
	for (unsigned int i = 0; i < account->points_count; i++) {
		row->points[0] = account->points_entries[i];
		element_begin(out, i);
		members_write(out, row, OF_ELEMENTS);
		putc_unlocked('}', out);
	}
	putc_unlocked(']', out);
}

/* Whether import assumes this state where none is given. */
static bool state_goes_without_saying(const struct stored_subscription *subscription)
{
	return !subscription->state || !strcmp(subscription->state, subscription_state_name(subscription->trial_until ?
					       SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE));
}

static void subscriptions_write(FILE *out, struct import_row *row, const struct stored_account *account)
{
	row->table = IMPORT_SUBSCRIPTIONS;
	list_begin(out, COLUMN_SUBSCRIPTIONS);
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		row->subscriptions[0] = account->subscriptions[i];
		element_begin(out, i);
		members_write(out, row, OF_ELEMENTS | (state_goes_without_saying(&row->subscriptions[0]) ? HAS(STATE) : 0));
		putc_unlocked('}', out);
	}
	putc_unlocked(']', out);
}

static void imsis_write(FILE *out, const struct stored_account *account)
{
	list_begin(out, COLUMN_IMSI);
	for (int i = 0; i < STORED_IMSIS_MAX && account->imsis[i][0]; i++) {
		if (i)
			putc_unlocked(',', out);
		text_write(out, account->imsis[i]);
	}
	putc_unlocked(']', out);
}

/* ---- lines ---- */

void jsonl_service(FILE *out, const struct service *service)
{
	struct import_row row;

	row_of_service(&row, service);
	putc_unlocked('{', out);
	members_write(out, &row, 0);
	fputs("}\n", out);
}

void jsonl_account(FILE *out, const struct stored_account *account)
{
	struct import_row row;

	row_of_account(&row, IMPORT_SUBSCRIBERS, account);
	putc_unlocked('{', out);
	members_write(out, &row, HAS(IMSI) | HAS(IMSI2));
	member_write(out, &row, COLUMN_ID_NUMBER, ",");		/* of invented accounts: no store has one */
	imsis_write(out, account);
	bills_write(out, &row, account);
	points_write(out, &row, account);
	subscriptions_write(out, &row, account);
	fputs("}\n", out);
}

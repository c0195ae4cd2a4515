/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Services and whole accounts as JSON Lines, in the format of import. */
#include "tool/data/jsonl.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "import/column.h"
#include "starhash/account.h"

/* One line. */
struct line {
	struct import_row row;
	bool wrong;			/* a text is not UTF-8 */
};

/* Add a member unless it is unknown. */
static void member_add(struct line *line, json_t *object, enum import_column column)
{
	char text[COLUMN_TEXT_SIZE];
	const char *value = column_print(&line->row, column, text);

	if (*value && json_object_set_new(object, column_name(column),
					  column_is_number(column) ? json_integer(strtoll(value, NULL, 10)) : json_string(value)) < 0)
		line->wrong = true;
}

/* \a without: columns that only CSV needs: here the place in the line implies them. */
static json_t *object_of_row(struct line *line, enum import_table table, uint64_t without)
{
	json_t *object = json_object();

	line->row.table = table;
	for (const enum import_column *column = table_exports(table); *column < COLUMN_COUNT; column++) {
		if (!(without & 1ull << *column))
			member_add(line, object, *column);
	}
	return object;
}

static json_t *list_add(json_t *object, enum import_column column)
{
	json_t *list = json_array();

	json_object_set_new(object, column_name(column), list);
	return list;
}

static bool line_write(FILE *out, const struct line *line, json_t *object)
{
	const bool right = !line->wrong && json_dumpf(object, out, JSON_COMPACT) == 0;

	json_decref(object);
	if (right)
		putc('\n', out);
	return right;
}

#define OF_ELEMENTS (HAS(MSISDN) | HAS(POSITION))

static void bills_add(struct line *line, json_t *object, const struct stored_account *account)
{
	json_t *bills = list_add(object, COLUMN_BILLS);

	for (unsigned int i = 0; i < account->bills_count; i++) {
		const struct stored_bill *stored = &account->bills[i];
		json_t *bill, *charges;

		line->row.bills[0] = *stored;
		bill = object_of_row(line, IMPORT_BILLS, OF_ELEMENTS);
		charges = list_add(bill, COLUMN_BILL_LINES);
		for (unsigned int k = 0; k < stored->lines_count; k++) {
			line->row.lines[0] = stored->lines[k];
			json_array_append_new(charges, object_of_row(line, IMPORT_LINES, OF_ELEMENTS | HAS(MONTH)));
		}
		json_array_append_new(bills, bill);
	}
}

static void points_add(struct line *line, json_t *object, const struct stored_account *account)
{
	json_t *entries = list_add(object, COLUMN_ENTRIES);

	for (unsigned int i = 0; i < account->points_count; i++) {
		line->row.points[0] = account->points_entries[i];
		json_array_append_new(entries, object_of_row(line, IMPORT_POINTS, OF_ELEMENTS));
	}
}

/* Whether import assumes this state if none is given. */
static bool state_goes_without_saying(const struct stored_subscription *subscription)
{
	return !subscription->state || !strcmp(subscription->state, subscription_state_name(subscription->trial_until ?
					       SUBSCRIPTION_TRIAL : SUBSCRIPTION_ACTIVE));
}

static void subscriptions_add(struct line *line, json_t *object, const struct stored_account *account)
{
	json_t *list = list_add(object, COLUMN_SUBSCRIPTIONS);

	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const uint64_t state = state_goes_without_saying(&account->subscriptions[i]) ? HAS(STATE) : 0;

		line->row.subscriptions[0] = account->subscriptions[i];
		json_array_append_new(list, object_of_row(line, IMPORT_SUBSCRIPTIONS, OF_ELEMENTS | state));
	}
}

bool jsonl_service(FILE *out, const struct service *service)
{
	struct line line = { .wrong = false };

	row_of_service(&line.row, service);
	return line_write(out, &line, object_of_row(&line, IMPORT_SERVICES, 0));
}

bool jsonl_account(FILE *out, const struct stored_account *account)
{
	struct line line = { .wrong = false };
	json_t *object, *imsis;

	row_of_account(&line.row, IMPORT_SUBSCRIBERS, account);
	object = object_of_row(&line, IMPORT_SUBSCRIBERS, HAS(IMSI) | HAS(IMSI2));
	member_add(&line, object, COLUMN_ID_NUMBER);		/* only invented accounts have it: no store does */
	imsis = list_add(object, COLUMN_IMSI);
	for (int i = 0; i < STORED_IMSIS_MAX && account->imsis[i][0]; i++)
		json_array_append_new(imsis, json_string(account->imsis[i]));
	bills_add(&line, object, account);
	points_add(&line, object, account);
	subscriptions_add(&line, object, account);
	return line_write(out, &line, object);
}

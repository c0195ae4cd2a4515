/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the lines of import files, CSV or JSON Lines, into rows. */
#include "import/reader.h"

#include <stdio.h>
#include <string.h>

#include "import/column.h"
#include "import/json.h"
#include "import/value.h"
#include "text/utf8.h"

bool reader_fail(struct import_reader *reader, const char *what, const char *why)
{
	snprintf(reader->why, sizeof(reader->why), "%s: %s", what, why);
	return false;
}

void import_reader_init(struct import_reader *reader, enum import_format format)
{
	reader->format = format;
	reader->named = false;
	reader->columns_count = 0;
	reader->ended = false;
	reader->end = 0;
	reader->why[0] = '\0';
}

/* ---- CSV ---- */

/* Take the next field from the zero-terminated text, unquoting it in place. Returns the start of the field after it, or NULL: there is
 * none, or this one is malformed, and then \a field is NULL too. */
static char *field_next(char *at, char **field, size_t *len)
{
	char *out = at;
	const bool quoted = *at == '"';

	*field = at;
	if (quoted) {
		for (at++; *at && (*at != '"' || at[1] == '"'); at++) {
			at += *at == '"';
			*out++ = *at;
		}
		if (*at != '"' || (at[1] && at[1] != ',')) {
			*field = NULL;
			return NULL;
		}
		at++;
	} else {
		for (; *at && *at != ',' && *at != '"'; at++)
			out++;
		if (*at == '"') {
			*field = NULL;
			return NULL;
		}
	}
	*len = (size_t)(out - *field);
	at = *at ? at + 1 : NULL;
	*out = '\0';
	return at;
}

static bool name_take(struct import_reader *reader, const char *name, size_t len, uint64_t *has)
{
	const enum import_column column = column_find(name, len);

	if (column == COLUMN_COUNT || column_is_list(column))
		return reader_fail(reader, value_text(name, len, 32, true) && len ? name : "a column",
				   "no column has this name");
	if (*has & 1ull << column)
		return reader_fail(reader, name, "the column appears twice");
	if (reader->columns_count == IMPORT_CSV_COLUMNS_MAX)
		return reader_fail(reader, "columns", "too many");
	*has |= 1ull << column;
	reader->columns[reader->columns_count++] = column;
	return true;
}

static bool names_read(struct import_reader *reader)
{
	uint64_t has = 0;
	size_t len;
	char *field;

	reader->columns_count = 0;
	for (char *next = reader->text; next;) {
		next = field_next(next, &field, &len);
		if (!field)
			return reader_fail(reader, "column names", "a quote is out of place");
		if (!name_take(reader, field, len, &has))
			return false;
	}
	reader->table = table_of(has);
	reader->named = reader->table < IMPORT_TABLES;
	return reader->named || reader_fail(reader, "column names", "they match no table");
}

/* Tables other than subscribers have a list with one element. */
static void list_begin(struct import_row *row, enum import_table table)
{
	struct stored_account *account = &row->account;

	row->table = table;
	account->bills_count = table == IMPORT_BILLS || table == IMPORT_LINES;
	row->lines_count = table == IMPORT_LINES;
	row->bills[0] = (struct stored_bill){ .lines = row->lines, .lines_count = row->lines_count };
	row->lines[0] = (struct stored_line){ 0 };
	row->points[0] = (struct stored_points){ 0 };
	account->points_count = table == IMPORT_POINTS;
	account->subscriptions_count = table == IMPORT_SUBSCRIPTIONS;
	row->subscriptions[0] = (struct stored_subscription){ 0 };
}

static bool csv_read(struct import_reader *reader)
{
	char *next = reader->text, *field;
	unsigned int count = 0;
	size_t len;

	list_begin(&reader->row, reader->table);
	for (; next && count < reader->columns_count; count++) {
		const enum import_column column = reader->columns[count];
		const char *why;

		next = field_next(next, &field, &len);
		if (!field)
			return reader_fail(reader, column_name(column),
					   "a quote is out of place, or missing in this line");
		why = column_set(&reader->row, column, field, len);
		if (why)
			return reader_fail(reader, column_name(column), why);
		reader->row.has |= 1ull << column;
	}
	return (!next && count == reader->columns_count) ||
	       reader_fail(reader, "fields", next ? "more than there are columns" : "fewer than there are columns");
}

/* ---- both ---- */

static size_t blanks(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && (text[at] == ' ' || text[at] == '\t'))
		at++;
	return at;
}

/* Skip leading blanks and \a word. */
static bool pass(const char **text, size_t *len, const char *word)
{
	const size_t before = blanks(*text, *len), all = before + strlen(word);

	if (*len < all || memcmp(*text + before, word, all - before))
		return false;
	*text += all;
	*len -= all;
	return true;
}

/* Strip blanks from both ends. */
static void trim(const char **text, size_t *len)
{
	const size_t before = blanks(*text, *len);

	*text += before;
	*len -= before;
	while (*len && strchr(" \t\r", (*text)[*len - 1]))
		--*len;
}

bool import_end_mark(enum import_format format, const char *line, size_t len, uint64_t *count)
{
	int64_t number;

	trim(&line, &len);
	if (!pass(&line, &len, "# end ")) {
		if (format != IMPORT_JSONL || !pass(&line, &len, "{") || !pass(&line, &len, "\"end\"") || !pass(&line, &len, ":") ||
		    !len || line[--len] != '}')
			return false;
	}
	trim(&line, &len);
	if (!value_number(line, len, &number) || number < 0)
		return false;
	*count = (uint64_t)number;
	return true;
}

/* Checks that involve more than one value. */
static bool row_check(struct import_reader *reader)
{
	static const char *const states[] = { "active", "trial", "activating", "deactivating" };
	const struct stored_account *account = &reader->row.account;

	for (unsigned int i = 1; i < account->bills_count; i++) {
		for (unsigned int k = 0; k < i; k++) {
			if (account->bills[i].month == account->bills[k].month)
				return reader_fail(reader, "bills", "two for the same month");
		}
	}
	for (unsigned int i = 1; i < account->subscriptions_count; i++) {
		for (unsigned int k = 0; k < i; k++) {
			if (!strcmp(account->subscriptions[i].service, account->subscriptions[k].service))
				return reader_fail(reader, "subscriptions", "a service appears twice");
		}
	}
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const char *state = account->subscriptions[i].state;
		unsigned int k = 0;

		while (state && k < 4 && strcmp(state, states[k]))
			k++;
		if (k == 4)
			return reader_fail(reader, "state", "must be active, trial, activating or deactivating");
	}
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const char *ends = account->subscriptions[i].trial_ends;

		if (ends && trial_ends_by_name(ends) == TRIAL_ENDS_UNSAID)
			return reader_fail(reader, "trial_ends", "must be agreement or paid");
	}
	if (account->imsis[0][0] && !strcmp(account->imsis[0], account->imsis[1]))
		return reader_fail(reader, "imsi", "the same IMSI twice");
	return true;
}

/* Copy the line without its carriage return and, in the first line, without the UTF-8 byte order mark. */
static size_t line_take(struct import_reader *reader, const char *line, size_t len)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (len >= 3 && !memcmp(line, mark, 3)) {
		line += 3;
		len -= 3;
	}
	if (len && line[len - 1] == '\r')
		len--;
	memcpy(reader->text, line, len);
	reader->text[len] = '\0';
	return len;
}

enum import_found import_read(struct import_reader *reader, const char *line, size_t len)
{
	bool good, end;

	row_clear(&reader->row);
	if (len > IMPORT_LINE_MAX || memchr(line, '\0', len)) {
		reader_fail(reader, "line", len > IMPORT_LINE_MAX ? "too long" : "contains a zero octet");
		return IMPORT_FOUND_BAD;
	}
	len = line_take(reader, line, len);
	if (strspn(reader->text, " \t") >= len)
		return IMPORT_FOUND_NOTHING;
	end = import_end_mark(reader->format, reader->text, len, &reader->end);
	reader->ended |= end;
	if (end || reader->text[0] == '#')
		return IMPORT_FOUND_NOTHING;
	if (reader->format == IMPORT_CSV && !reader->named)
		return names_read(reader) ? IMPORT_FOUND_NOTHING : IMPORT_FOUND_ALIEN;
	good = (reader->format == IMPORT_CSV ? csv_read(reader) : json_read(reader, len)) && row_check(reader);
	return good ? IMPORT_FOUND_ROW : IMPORT_FOUND_BAD;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Parses the JSON of one line in place. A library would build a tree of each line, which takes longer than storing it (80 us against 4 us
 * for a subscriber with five bills) and is not bounded in size. */
#include "import/json.h"

#include <string.h>

#include "import/column.h"
#include "import/value.h"
#include "text/utf8.h"

struct json {
	struct import_reader *reader;
	char *at;
	char *end;
};

/* A string, decoded and zero-terminated, or a bare word such as a number, not terminated. */
struct token {
	char *text;
	size_t len;
	bool string;
};

static bool malformed(struct json *json, const char *why)
{
	return reader_fail(json->reader, "not JSON", why);
}

static void skip_blanks(struct json *json)
{
	while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\r'))
		json->at++;
}

static bool take_letter(struct json *json, char wanted)
{
	skip_blanks(json);
	if (json->at == json->end || *json->at != wanted)
		return false;
	json->at++;
	return true;
}

/* ---- strings ---- */

static bool hex_read(const struct json *json, const char *at, uint32_t *number)
{
	*number = 0;
	if (json->end - at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		const char digit = at[i];
		const bool letter = (digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F');

		if (!letter && (digit < '0' || digit > '9'))
			return false;
		*number = *number << 4 | (uint32_t)(letter ? (digit & 7) + 9 : digit - '0');
	}
	return true;
}

/* Read a character after "\u". Characters above U+FFFF are written as two. */
static bool unicode_read(struct json *json, char **out)
{
	uint32_t codepoint, low;

	if (!hex_read(json, json->at, &codepoint))
		return malformed(json, "\\u needs four hexadecimal digits");
	json->at += 4;
	if (codepoint >= 0xd800 && codepoint < 0xdc00 && json->end - json->at >= 6 && json->at[0] == '\\' &&
	    json->at[1] == 'u' && hex_read(json, json->at + 2, &low) && low >= 0xdc00 && low < 0xe000) {
		codepoint = 0x10000 + ((codepoint & 0x3ff) << 10 | (low & 0x3ff));
		json->at += 6;
	}
	if (!codepoint || (codepoint >= 0xd800 && codepoint < 0xe000))
		return malformed(json, "\\u names no character");
	*out += utf8_put(codepoint, *out);
	return true;
}

static bool escape_read(struct json *json, char **out)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (json->at == json->end)
		return malformed(json, "the line ends within a string");
	if (*json->at == 'u') {
		json->at++;
		return unicode_read(json, out);
	}
	name = memchr(names, *json->at, sizeof(names) - 1);
	if (!name)
		return malformed(json, "an unknown escape in a string");
	json->at++;
	*(*out)++ = means[name - names];
	return true;
}

/* Decode in place: the decoded string is never longer than the encoded one. */
static bool string_read(struct json *json, struct token *token)
{
	char *out = json->at;

	token->text = out;
	token->string = true;
	while (json->at < json->end && *json->at != '"') {
		if ((unsigned char)*json->at < 0x20)
			return malformed(json, "a control character in a string");
		if (*json->at != '\\')
			*out++ = *json->at++;
		else if (json->at++, !escape_read(json, &out))
			return false;
	}
	if (json->at == json->end)
		return malformed(json, "the line ends within a string");
	json->at++;
	*out = '\0';
	token->len = (size_t)(out - token->text);
	return true;
}

static bool is_bare(char octet)
{
	return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	       octet == '-' || octet == '+' || octet == '.';
}

static bool scalar_read(struct json *json, struct token *token)
{
	if (take_letter(json, '"'))
		return string_read(json, token);
	token->text = json->at;
	token->string = false;
	while (json->at < json->end && is_bare(*json->at))
		json->at++;
	token->len = (size_t)(json->at - token->text);
	return token->len || malformed(json, "a value is missing");
}

/* ---- a row's lists ---- */

static bool bill_add(struct import_row *row)
{
	struct stored_account *account = &row->account;

	if (account->bills_count == IMPORT_BILLS_MAX)
		return false;
	row->bills[account->bills_count++] = (struct stored_bill){ .lines = &row->lines[row->lines_count] };
	return true;
}

static bool line_add(struct import_row *row)
{
	if (row->lines_count == IMPORT_LINES_MAX)
		return false;
	row->lines[row->lines_count++] = (struct stored_line){ 0 };
	row->bills[row->account.bills_count - 1].lines_count++;
	return true;
}

static bool points_add(struct import_row *row)
{
	if (row->account.points_count == IMPORT_POINTS_MAX)
		return false;
	row->points[row->account.points_count++] = (struct stored_points){ 0 };
	return true;
}

static bool subscription_add(struct import_row *row)
{
	const unsigned int at = row->account.subscriptions_count;

	if (at == IMPORT_SUBSCRIPTIONS_MAX)
		return false;
	row->subscriptions[at] = (struct stored_subscription){ 0 };
	row->account.subscriptions_count++;
	return true;
}

static const struct list {
	enum import_column column;
	uint64_t has, needs;
	bool (*add)(struct import_row *row);
} lists[] = {
	{ COLUMN_BILLS, HAS(MONTH) | HAS(TOTAL) | HAS(BILL_LINES), HAS(MONTH) | HAS(TOTAL), bill_add },
#define HAS_LINE_FACT(id, name) | HAS(LINE_##id)
	{ COLUMN_BILL_LINES, HAS(ITEM) | HAS(AMOUNT) LINE_FACTS(HAS_LINE_FACT), HAS(ITEM) | HAS(AMOUNT), line_add },
	{ COLUMN_ENTRIES, HAS(DATE) | HAS(CHANGE) | HAS(REASON), HAS(DATE) | HAS(CHANGE) | HAS(REASON), points_add },
	{ COLUMN_SUBSCRIPTIONS, HAS(SERVICE) | HAS(SINCE) | HAS(TRIAL_UNTIL) | HAS(STATE) | HAS(UNTIL) | HAS(TRIAL_ENDS),
	  HAS(SERVICE) | HAS(SINCE), subscription_add },
};

static bool members_read(struct json *json, uint64_t may, uint64_t *has);

static bool element_read(struct json *json, const struct list *list)
{
	struct import_row *row = &json->reader->row;
	uint64_t has = 0;

	if (!take_letter(json, '{'))
		return reader_fail(json->reader, column_name(list->column), "not a list of objects");
	if (!list->add(row))
		return reader_fail(json->reader, column_name(list->column), "too many");
	if (!members_read(json, list->has, &has))
		return false;
	return !(list->needs & ~has) ||
	       reader_fail(json->reader, column_name(list->column), "an element is incomplete");
}

static bool list_read(struct json *json, enum import_column column)
{
	const struct list *list = lists;

	while (list->column != column)
		list++;
	if (!take_letter(json, '['))
		return reader_fail(json->reader, column_name(column), "not a list");
	if (take_letter(json, ']'))
		return true;
	do {
		if (!element_read(json, list))
			return false;
	} while (take_letter(json, ','));
	return take_letter(json, ']') || malformed(json, "a list does not end");
}

static bool value_set(struct json *json, enum import_column column, const struct token *token)
{
	const bool null = !token->string && token->len == 4 && !memcmp(token->text, "null", 4);
	const char *why = NULL;

	if (!null && !token->string && column_is_text(column))
		return reader_fail(json->reader, column_name(column), "not a string");
	why = column_set(&json->reader->row, column, token->text, null ? 0 : token->len);
	return !why || reader_fail(json->reader, column_name(column), why);
}

static bool imsis_read(struct json *json)
{
	struct token token;

	if (take_letter(json, ']'))
		return true;
	for (enum import_column column = COLUMN_IMSI; column <= COLUMN_IMSI2; column++) {
		if (!scalar_read(json, &token) || !value_set(json, column, &token))
			return false;
		if (!take_letter(json, ','))
			return take_letter(json, ']') || malformed(json, "a list does not end");
	}
	return reader_fail(json->reader, "imsi", "more than two");
}

/* ---- objects ---- */

static bool member_value(struct json *json, enum import_column column)
{
	struct token token;

	if (column_is_list(column))
		return list_read(json, column);
	if (column == COLUMN_IMSI && take_letter(json, '['))
		return imsis_read(json);
	return scalar_read(json, &token) && value_set(json, column, &token);
}

static bool member_read(struct json *json, uint64_t may, uint64_t *has)
{
	struct token name;
	enum import_column column;

	if (!take_letter(json, '"'))
		return malformed(json, "a name is missing");
	if (!string_read(json, &name))
		return false;
	column = column_find(name.text, name.len);
	if (column == COLUMN_COUNT || !(may & 1ull << column))
		return reader_fail(json->reader, value_text(name.text, name.len, 32, true) ? name.text : "a name",
				   "no such member here");
	if (*has & 1ull << column)
		return reader_fail(json->reader, column_name(column), "appears twice");
	*has |= 1ull << column;
	return (take_letter(json, ':') || malformed(json, "a colon is missing")) && member_value(json, column);
}

/* Read the members of an object after its opening brace. */
static bool members_read(struct json *json, uint64_t may, uint64_t *has)
{
	if (take_letter(json, '}'))
		return true;
	do {
		if (!member_read(json, may, has))
			return false;
	} while (take_letter(json, ','));
	return take_letter(json, '}') || malformed(json, "an object does not end");
}

/* A line that begins with "service" is a service; all others are subscribers. */
static bool is_service(const struct json *json)
{
	static const char begin[] = "\"service\"";
	struct json look = *json;

	skip_blanks(&look);
	return look.end - look.at >= (ptrdiff_t)strlen(begin) && !memcmp(look.at, begin, strlen(begin));
}

bool json_read(struct import_reader *reader, size_t len)
{
	struct json json = { .reader = reader, .at = reader->text, .end = reader->text + len };
	const char *missing;

	if (!take_letter(&json, '{'))
		return malformed(&json, "not an object");
	if (is_service(&json))
		reader->row.table = IMPORT_SERVICES;
	if (!members_read(&json, table_columns(reader->row.table), &reader->row.has))
		return false;
	skip_blanks(&json);
	if (json.at < json.end)
		return malformed(&json, "trailing text after the object");
	missing = column_missing(reader->row.table, reader->row.has);
	return !missing || reader_fail(reader, missing, "is missing");
}

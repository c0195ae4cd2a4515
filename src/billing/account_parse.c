/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* billing/: account data and orders over HTTP. Start with billing.c.
 *
 * Reads a mapped JSON document into account data. One invalid value makes it refuse the whole document. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "starhash/json.h"
#include "billing/account_parse.h"

#define SKEW_S 300		/* how far billing's clock may be ahead of ours */

#define WHY_SIZE sizeof(((struct parsed_account *)0)->why)

static int complain(char *why, const char *what, const char *complaint)
{
	snprintf(why, WHY_SIZE, "%s %s", what, complaint);
	return -EBADMSG;
}

/* ---- one value: NULL if valid, otherwise the complaint ---- */

static const char *word_translate(const struct word *words, const char *text)
{
	for (; words && words->theirs; words++) {
		if (!strcmp(words->theirs, text))
			return words->ours;
	}
	return text;
}

/* Codes may not contain blanks, and no text may contain control characters. The JSON parser has already checked UTF-8. */
static bool is_plain(const char *text, bool code)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < ' ' || *at == 0x7f || (code && *at == ' '))
			return false;
	}
	return *text != '\0';
}

static const char *text_read(void *ctx, const struct mapped *mapped, const json_t *value, void *out)
{
	const struct target *target = mapped->target;
	char buffer[JSON_TEXT_SIZE];
	const char *text = json_text(value, buffer);

	if (!text)
		return "is not text";
	text = word_translate(mapped->words, text);
	if (!is_plain(text, target->type == FIELD_TYPE_CODE))
		return "is empty, or contains characters that are not allowed";
	if (strlen(text) > (size_t)target->max)
		return "is too long";
	if (target->choices && !word_in(target->choices, text, strlen(text)))
		return "has an unknown value";
	*(const char **)out = talloc_strdup(ctx, text);
	return NULL;
}

static const char *value_read(void *ctx, const struct mapped *mapped, bool major, const json_t *value, void *out)
{
	const struct target *target = mapped->target;
	int64_t number = 0;

	if (target->as == AS_TEXT)
		return text_read(ctx, mapped, value, out);
	if (target->as == AS_DIGITS)
		return json_digits(value, out, (size_t)target->max + 1) || strlen(out) < (size_t)target->min ?
			       "is not a valid number" : NULL;
	if (json_number(value, target->type, major, &number))
		return "cannot be read";
	if (number < mapped->min)
		return mapped->min ? "is too small" : "is negative";
	if (number > target->max)
		return "is too large";
	if (target->as == AS_DATE)
		*(uint32_t *)out = (uint32_t)number;
	else
		*(int64_t *)out = number;
	return NULL;
}

int fields_read(void *ctx, const struct fields *fields, bool major, const json_t *root, void *out, char *why)
{
	int found = 0;

	for (unsigned int i = 0; i < fields->count; i++) {
		const struct mapped *mapped = &fields->list[i];
		const json_t *value = json_path_find(&mapped->path, root);
		const char *wrong = NULL;

		if (json_is_null(value))
			value = NULL;
		if (value)
			wrong = value_read(ctx, mapped, major, value, (char *)out + mapped->target->offset);
		else if (mapped->target->needed)
			wrong = "is missing";
		if (wrong)
			return complain(why, mapped->target->name, wrong);
		found += value != NULL;
	}
	return found;
}

/* ---- lists ---- */

/* The rows of one list, in a new array. */
struct table {
	const char *name;
	size_t size;			/* of a row */
	unsigned int max;
	char *rows;
	unsigned int count;
};

static int table_read(void *ctx, struct table *table, const struct list *list, bool major, const json_t *root,
		      char *why)
{
	const json_t *rows = json_path_find(&list->rows, root);
	int rc = 0;

	if (!json_is_array(rows) && !json_is_null(rows))
		return complain(why, table->name, "is not a list");
	if (json_array_size(rows) > table->max)
		return complain(why, table->name, "has too many rows");
	table->rows = talloc_zero_size(ctx, table->size * (json_array_size(rows) + 1));
	OSMO_ASSERT(table->rows);
	while (rc >= 0 && table->count < json_array_size(rows)) {
		rc = fields_read(ctx, &list->fields, major, json_array_get(rows, table->count),
				 table->rows + table->size * table->count, why);
		table->count++;
	}
	return rc < 0 ? rc : 0;
}

typedef int row_compare(const void *a, const void *b);

static void rows_swap(char *a, char *b, size_t size)
{
	while (size--) {
		const char octet = *a;

		*a++ = *b;
		*b++ = octet;
	}
}

/* Sort oldest first. Equal rows keep their order, or are reversed if the list came newest first. Lists are short. */
static void table_sort(struct table *table, row_compare *compare)
{
	char *rows = table->rows;
	const size_t size = table->size;

	if (table->count > 1 && compare(rows, rows + size * (table->count - 1)) > 0)
		for (unsigned int i = 0; i < table->count / 2; i++)
			rows_swap(rows + size * i, rows + size * (table->count - 1 - i), size);
	for (unsigned int i = 1; i < table->count; i++)
		for (unsigned int k = i; k > 0 && compare(rows + size * (k - 1), rows + size * k) > 0; k--)
			rows_swap(rows + size * (k - 1), rows + size * k, size);
}

static bool has_twice(const struct table *table, row_compare *compare)
{
	for (unsigned int i = 1; i < table->count; i++) {
		if (!compare(table->rows + table->size * (i - 1), table->rows + table->size * i))
			return true;
	}
	return false;
}

static int compare_months(const void *left, const void *right)
{
	const struct stored_bill *a = left, *b = right;

	return (a->month > b->month) - (a->month < b->month);
}

static int compare_dates(const void *left, const void *right)
{
	const struct stored_points *a = left, *b = right;

	return (a->date > b->date) - (a->date < b->date);
}

static int compare_codes(const void *left, const void *right)
{
	const struct stored_subscription *a = left, *b = right;

	return strcmp(a->service, b->service);
}

static int bills_read(void *ctx, struct stored_account *account, const struct resource *resource, const json_t *root,
		      char *why)
{
	struct table table = { .name = "bills", .size = sizeof(struct stored_bill), .max = PARSED_BILLS_MAX };
	int rc = table_read(ctx, &table, &resource->bills, resource->major, root, why);
	const json_t *rows = json_path_find(&resource->bills.rows, root);
	struct stored_bill *bills = (struct stored_bill *)table.rows;

	for (unsigned int i = 0; !rc && i < table.count; i++) {
		struct table lines = { .name = "lines", .size = sizeof(struct stored_line), .max = PARSED_LINES_MAX };

		rc = table_read(ctx, &lines, &resource->lines, resource->major, json_array_get(rows, i), why);
		bills[i].lines = (const struct stored_line *)lines.rows;
		bills[i].lines_count = lines.count;
	}
	if (rc)
		return rc;
	table_sort(&table, compare_months);
	account->bills = bills;
	account->bills_count = table.count;
	return has_twice(&table, compare_months) ? complain(why, "month", "appears twice") : 0;
}

static int points_read(void *ctx, struct stored_account *account, const struct resource *resource, const json_t *root,
		       char *why)
{
	struct table table = { .name = "points", .size = sizeof(struct stored_points), .max = PARSED_POINTS_MAX };
	int rc = table_read(ctx, &table, &resource->points, resource->major, root, why);

	if (rc)
		return rc;
	table_sort(&table, compare_dates);
	account->points_entries = (const struct stored_points *)table.rows;
	account->points_count = table.count;
	return 0;
}

static int services_read(void *ctx, struct stored_account *account, const struct resource *resource, const json_t *root,
			 char *why)
{
	struct table table = { .name = "services", .size = sizeof(struct stored_subscription),
			       .max = PARSED_SERVICES_MAX };
	int rc = table_read(ctx, &table, &resource->services, resource->major, root, why);

	if (rc)
		return rc;
	table_sort(&table, compare_codes);
	account->subscriptions = (const struct stored_subscription *)table.rows;
	account->subscriptions_count = table.count;
	return has_twice(&table, compare_codes) ? complain(why, "service", "appears twice") : 0;
}

/* ---- the account ---- */

void account_parse_init(struct parsed_account *parsed)
{
	*parsed = (struct parsed_account){ .account = {
		.points = STORED_UNKNOWN,
		.as_of = STORED_UNKNOWN, .bills_as_of = STORED_UNKNOWN, .points_as_of = STORED_UNKNOWN,
		.services_as_of = STORED_UNKNOWN, .bill_month = STORED_UNKNOWN, .bill_total = STORED_UNKNOWN,
	} };
	stored_facts_clear(&parsed->account);
}

/* Whether a number is the known one. An unknown ("") number matches any. */
static bool is_same(const char *known, const char *number)
{
	return !*known || !strcmp(known, number);
}

/* F17: each answer must carry the number that was asked for, and the same number as the answers before it. */
static int identity_check(struct parsed_account *parsed, const struct stored_account *got, const struct subscriber *asked)
{
	struct stored_account *account = &parsed->account;

	if (*got->msisdn && (!is_same(asked->msisdn, got->msisdn) || !is_same(account->msisdn, got->msisdn)))
		return complain(parsed->why, "msisdn", "is not the number that was asked for");
	if (!*asked->msisdn && *got->imsis[0] && strcmp(got->imsis[0], asked->imsi) &&
	    strcmp(got->imsis[1], asked->imsi))
		return complain(parsed->why, "imsi", "is not the one that was asked for");
	if (*got->msisdn)
		memcpy(account->msisdn, got->msisdn, sizeof(account->msisdn));
	if (*got->imsis[0])
		memcpy(account->imsis, got->imsis, sizeof(account->imsis));
	return 0;
}

static int ages_set(struct parsed_account *parsed, unsigned int gives, int64_t as_of, int64_t now)
{
	struct stored_account *account = &parsed->account;
	int64_t *const ages[ACCOUNT_KINDS] = {
		[ACCOUNT_PROFILE] = &account->as_of, [ACCOUNT_BILLS] = &account->bills_as_of,
		[ACCOUNT_POINTS] = &account->points_as_of, [ACCOUNT_SERVICES] = &account->services_as_of,
	};

	if (as_of > now + SKEW_S)
		return complain(parsed->why, "as_of", "is in the future");
	for (unsigned int kind = 0; kind < ACCOUNT_KINDS; kind++) {
		if (gives & 1u << kind)
			*ages[kind] = as_of == STORED_UNKNOWN || as_of > now ? now : as_of;
	}
	parsed->kinds |= gives;
	return 0;
}

static int lists_read(void *ctx, struct parsed_account *parsed, const struct resource *resource, const json_t *root)
{
	struct stored_account *account = &parsed->account;
	int rc = 0;

	if (resource->gives & 1u << ACCOUNT_BILLS)
		rc = bills_read(ctx, account, resource, root, parsed->why);
	if (!rc && resource->gives & 1u << ACCOUNT_POINTS)
		rc = points_read(ctx, account, resource, root, parsed->why);
	if (!rc && resource->gives & 1u << ACCOUNT_SERVICES)
		rc = services_read(ctx, account, resource, root, parsed->why);
	return rc;
}

int account_parse(void *ctx, struct parsed_account *parsed, const struct resource *resource, const struct subscriber *asked,
		  const json_t *root, int64_t now)
{
	struct stored_account got = parsed->account;
	int64_t as_of;
	int rc;

	memset(got.msisdn, 0, sizeof(got.msisdn));
	memset(got.imsis, 0, sizeof(got.imsis));
	got.as_of = STORED_UNKNOWN;
	rc = fields_read(ctx, &resource->facts, resource->major, root, &got, parsed->why);
	if (rc == 0 && resource->gives & 1u << ACCOUNT_PROFILE)
		return complain(parsed->why, "profile", "is missing");
	if (rc < 0 || identity_check(parsed, &got, asked))
		return -EBADMSG;
	as_of = got.as_of;
	memcpy(got.msisdn, parsed->account.msisdn, sizeof(got.msisdn));
	memcpy(got.imsis, parsed->account.imsis, sizeof(got.imsis));
	got.as_of = parsed->account.as_of;
	parsed->account = got;
	rc = ages_set(parsed, resource->gives, as_of, now);
	return rc ? rc : lists_read(ctx, parsed, resource, root);
}

int account_parse_end(struct parsed_account *parsed, const struct subscriber *asked)
{
	struct stored_account *account = &parsed->account;

	if (!*account->msisdn)
		memcpy(account->msisdn, asked->msisdn, sizeof(account->msisdn));
	return *account->msisdn ? 0 : complain(parsed->why, "msisdn", "is not known");
}

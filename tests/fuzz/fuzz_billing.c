/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fuzz target: JSON of a hostile billing. Every accepted account or answer to an order is within all bounds. */
#include "fuzz.h"

#include <string.h>

#include <osmocom/core/talloc.h>

#include "starhash/json.h"
#include "billing/order.h"
#include "billing/account_parse.h"

#define NOW 1794732600
#define AMOUNT_MAX 999999999999ll

static const struct subscriber asked = { .msisdn = "13800138000", .imsi = "001010000000001" };

static void check_text(const char *text, size_t max)
{
	MUST(text && *text && strlen(text) <= max && !strpbrk(text, " \t\r\n\x7f"));
}

static void check_amount(int64_t amount, int64_t least)
{
	MUST(amount == STORED_UNKNOWN || (amount >= least && amount <= AMOUNT_MAX));
}

static void check_date(uint32_t date)
{
	MUST(date == 0 || (date >= 19000101 && date <= 99991231 && date % 100 >= 1 && date % 100 <= 31));
}

static void check_profile(const struct stored_account *account)
{
	MUST(!strcmp(account->account, "prepaid") || !strcmp(account->account, "postpaid"));
	MUST(!strcmp(account->status, "active") || !strcmp(account->status, "suspended"));
	if (account->brand)
		check_text(account->brand, 16);
	check_amount(account->balance, 0);
	check_amount(account->owed, 0);
	check_amount(account->bill_total, 0);
	MUST(account->as_of >= 0 && account->as_of <= NOW);
}

static void check_bills(const struct stored_account *account)
{
	MUST(account->bills_count <= PARSED_BILLS_MAX);
	for (unsigned int i = 0; i < account->bills_count; i++) {
		const struct stored_bill *bill = &account->bills[i];

		MUST(i == 0 || bill->month > account->bills[i - 1].month);
		MUST(bill->month >= 190001 && bill->month <= 999912 && bill->lines_count <= PARSED_LINES_MAX);
		check_amount(bill->total, 0);
		for (unsigned int k = 0; k < bill->lines_count; k++) {
			check_text(bill->lines[k].item, 24);
			check_amount(bill->lines[k].amount, -AMOUNT_MAX);
		}
	}
}

static void check_lists(const struct stored_account *account)
{
	check_bills(account);
	MUST(account->points_count <= PARSED_POINTS_MAX && account->subscriptions_count <= PARSED_SERVICES_MAX);
	for (unsigned int i = 0; i < account->points_count; i++) {
		MUST(i == 0 || account->points_entries[i].date >= account->points_entries[i - 1].date);
		check_date(account->points_entries[i].date);
		check_text(account->points_entries[i].reason, 24);
	}
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		MUST(i == 0 || strcmp(account->subscriptions[i].service, account->subscriptions[i - 1].service) > 0);
		check_text(account->subscriptions[i].service, SERVICE_CODE_MAX);
		check_date(account->subscriptions[i].since);
		check_date(account->subscriptions[i].trial_until);
	}
}

static void check_account(void *ctx, const struct resource *resource, const json_t *root)
{
	struct parsed_account parsed;

	account_parse_init(&parsed);
	if (account_parse(ctx, &parsed, resource, &asked, root, NOW) || account_parse_end(&parsed, &asked)) {
		MUST(*parsed.why && strlen(parsed.why) < sizeof(parsed.why));
		return;
	}
	MUST(parsed.kinds == resource->gives && !strcmp(parsed.account.msisdn, asked.msisdn));
	if (parsed.kinds & 1u << ACCOUNT_PROFILE)
		check_profile(&parsed.account);
	check_lists(&parsed.account);
}

static void check_order(const struct order_mapping *mapping, const char *text, size_t len)
{
	static const long statuses[] = { 200, 202, 422 };
	struct billing_answer answer;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		order_read(mapping, &(struct http_answer){ .status = statuses[i], .body = text, .len = len }, &answer);
		MUST(strlen(answer.reason) < sizeof(answer.reason) && !strpbrk(answer.reason, " \n"));
		MUST(statuses[i] == 200 || answer.result != BILLING_WRONG);
	}
}

/* A path that compiles can be walked. */
static void check_path(void *ctx, const char *text, const json_t *root)
{
	struct json_path path;

	if (!json_path_compile(ctx, text, &path))
		json_path_find(&path, root);
}

static void check_document(const struct mapping *mapping, const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	void *ctx = talloc_named_const(NULL, 0, "document");

	for (unsigned int i = 0; root && i < mapping->count; i++)
		check_account(ctx, &mapping->resources[i], root);
	check_order(&mapping->order, text, len);
	check_path(ctx, text, root);
	json_decref(root);
	talloc_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mapping *mapping;
	struct problems problems = { 0 };
	char *text = malloc(size + 1);

	if (!mapping)
		mapping = mapping_new(NULL, NULL, NULL, &problems);
	MUST(text && problems.count == 0);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	check_document(mapping, text, size);
	free(text);
	return 0;
}

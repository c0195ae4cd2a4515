/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented accounts as lines that import takes. */
#include "tool/data_jsonl.h"

#include <inttypes.h>

static void number(FILE *out, const char *name, int64_t value)
{
	if (value != STORED_UNKNOWN)
		fprintf(out, ",\"%s\":%" PRId64, name, value);
}

static void text(FILE *out, const char *name, const char *value)
{
	if (value)
		fprintf(out, ",\"%s\":\"%s\"", name, value);
}

/* Dates and months, as strings of digits. */
static void date(FILE *out, const char *name, int64_t value)
{
	if (value && value != STORED_UNKNOWN)
		fprintf(out, ",\"%s\":\"%" PRId64 "\"", name, value);
}

void jsonl_service(FILE *out, const struct service *service)
{
	fprintf(out, "{\"service\":\"%s\",\"price\":%" PRId64, service->code, service->price);
	text(out, "period", service->period);
	text(out, "account", service->account);
	text(out, "brand", service->brand);
	fputs("}\n", out);
}

static void bill(FILE *out, const struct stored_bill *bill)
{
	fprintf(out, "{\"month\":\"%" PRIu32 "\",\"total\":%" PRId64 ",\"lines\":[", bill->month, bill->total);
	for (unsigned int i = 0; i < bill->lines_count; i++) {
		fprintf(out, "%s{\"item\":\"%s\",\"amount\":%" PRId64, i ? "," : "", bill->lines[i].item, bill->lines[i].amount);
#define LINE_TEXT(id, name) text(out, #name, bill->lines[i].name);
		LINE_FACTS(LINE_TEXT)
		fputc('}', out);
	}
	fputs("]}", out);
}

static void bills(FILE *out, const struct stored_account *account)
{
	fputs(",\"bills\":[", out);
	for (unsigned int i = 0; i < account->bills_count; i++) {
		if (i)
			fputc(',', out);
		bill(out, &account->bills[i]);
	}
	fputc(']', out);
}

static void points(FILE *out, const struct stored_account *account)
{
	fputs(",\"points_entries\":[", out);
	for (unsigned int i = 0; i < account->points_count; i++) {
		const struct stored_points *entry = &account->points_entries[i];

		fprintf(out, "%s{\"date\":\"%" PRIu32 "\",\"change\":%" PRId64 ",\"reason\":\"%s\"}", i ? "," : "",
			entry->date, entry->change, entry->reason);
	}
	fputc(']', out);
}

static void subscriptions(FILE *out, const struct stored_account *account)
{
	fputs(",\"subscriptions\":[", out);
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		fprintf(out, "%s{\"service\":\"%s\"", i ? "," : "", account->subscriptions[i].service);
		date(out, "since", account->subscriptions[i].since);
		date(out, "trial_until", account->subscriptions[i].trial_until);
		fputc('}', out);
	}
	fputc(']', out);
}

static void imsis(FILE *out, const struct stored_account *account)
{
	fprintf(out, ",\"imsi\":[\"%s\"", account->imsis[0]);
	if (account->imsis[1][0])
		fprintf(out, ",\"%s\"", account->imsis[1]);
	fputc(']', out);
}

#define FACT(id, name, type, origin, width, storage) FACT_##storage(name, type)
#define FACT_OWN(name, type)
#define FACT_FACT(name, type) FACT_##type(out, #name, account->name);
#define FACT_CODE text
#define FACT_MONEY number
#define FACT_DATE date

void jsonl_account(FILE *out, const struct stored_account *account)
{
	fprintf(out, "{\"msisdn\":\"%s\"", account->msisdn);
	imsis(out, account);
	text(out, "account", account->account);
	text(out, "brand", account->brand);
	text(out, "status", account->status);
	text(out, "language", account->language);
	FIELDS(FACT)
	date(out, "bill_month", account->bill_month);
	number(out, "bill_total", account->bill_total);
	number(out, "points", account->points);
	number(out, "as_of", account->as_of);
	text(out, "id_number", account->id_number);
	bills(out, account);
	points(out, account);
	subscriptions(out, account);
	fputs("}\n", out);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented accounts: the same index yields the same account, with dates around the time of its data. */
#include <stdio.h>
#include <string.h>

#include "starhash/calendar.h"
#include "tool/data/invented.h"

#define FIRST_MSISDN 13800138000ull
#define FIRST_IMSI 1010000000001ull
#define SECOND_IMSI 1019000000001ull

/* In the order of the codes, as subscriptions are listed. */
const struct service sample_services[] = {
	{ .code = "CALLID", .price = 200, .period = "month" },
	{ .code = "CRBT", .price = 500, .period = "month" },
	{ .code = "DATA1G", .price = 1000, .period = "month" },
	{ .code = "DATA5G", .price = 3000, .period = "month" },
	{ .code = "MISSED", .price = 100, .period = "month" },
	{ .code = "NEWS", .family = "information", .price = 300, .period = "month" },
	{ .code = "SPORT", .family = "information", .price = 50, .period = "week", .brand = "young" },
	{ .code = "VMAIL", .price = 0, .period = "month", .account = "postpaid" },
	{ .code = "WEATHER", .family = "information", .price = 10, .period = "day" },
};
const unsigned int sample_services_count = sizeof(sample_services) / sizeof(*sample_services);

/* SplitMix64: random enough for realistic accounts, and the same on every machine. */
static uint64_t draw(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
	return mixed ^ mixed >> 31;
}

static int64_t draw_between(uint64_t *state, int64_t least, int64_t most)
{
	return least + (int64_t)(draw(state) % (uint64_t)(most - least + 1));
}

/* \a digits with leading zeros: ten times faster than snprintf(). */
static void write_digits(char *out, unsigned int digits, uint64_t number)
{
	out[digits] = '\0';
	while (digits--) {
		out[digits] = (char)('0' + number % 10);
		number /= 10;
	}
}

/* The month \a months after that of the account's data, as yyyymm. */
static int64_t month_from(const struct stored_account *account, int months)
{
	return month_after(calendar_date(account->as_of / 86400) / 100, months);
}

static int64_t year_of(const struct stored_account *account)
{
	return month_from(account, 0) / 100;
}

static void make_identity(struct sample *sample, unsigned int index, uint64_t *state)
{
	struct stored_account *account = &sample->account;
	uint64_t birth = (uint64_t)draw_between(state, 1950, 2007) * 10000 +
			 (uint64_t)draw_between(state, 1, 12) * 100 + (uint64_t)draw_between(state, 1, 28);

	write_digits(account->msisdn, 11, FIRST_MSISDN + index);
	write_digits(account->imsis[0], 15, FIRST_IMSI + index);
	if (index % 50 == 2)
		write_digits(account->imsis[1], 15, SECOND_IMSI + index);
	memcpy(sample->id_number, "110101", 6);
	write_digits(sample->id_number + 6, 8, birth);
	write_digits(sample->id_number + 14, 3, draw(state) % 1000);
	memcpy(sample->id_number + 17, "X", 2);
	account->id_number = sample->id_number;
}

static void make_kind(struct stored_account *account, unsigned int index)
{
	static const char *const languages[] = { "en", "zh", "ar" };

	account->account = index % 3 == 1 ? "postpaid" : "prepaid";
	account->brand = index % 2 ? "classic" : "young";
	account->status = index % 17 == 9 ? "suspended" : "active";
	account->language = languages[(index + index / 3) % 3];
}

static bool may_have(const struct stored_account *account, const struct service *service)
{
	return (!service->account || !strcmp(service->account, account->account)) &&
	       (!service->brand || !strcmp(service->brand, account->brand));
}

/* Two or three, in the order of their codes. */
static void make_subscriptions(struct sample *sample, uint64_t *state)
{
	const unsigned int wanted = (unsigned int)draw_between(state, 2, 3);
	struct stored_account *account = &sample->account;

	for (unsigned int i = 0; i < sample_services_count && account->subscriptions_count < wanted; i++) {
		const unsigned int left = sample_services_count - i;

		if (!may_have(account, &sample_services[i]) || draw(state) % left >= wanted)
			continue;
		sample->subscriptions[account->subscriptions_count++] = (struct stored_subscription){
			.service = sample_services[i].code,
			.since = (uint32_t)((year_of(account) - 1) * 10000 + draw_between(state, 1, 12) * 100 + 1),
		};
	}
	account->subscriptions = sample->subscriptions;
}

static const struct service *service_of(const struct stored_subscription *subscription)
{
	const struct service *service = sample_services;

	while (strcmp(service->code, subscription->service))
		service++;
	return service;
}

/* A line for each subscription, so that a bill agrees with the list of services. */
static void make_bill(const struct stored_account *account, struct stored_bill *bill, struct stored_line *lines, uint64_t *state)
{
	bill->lines_count = 0;
	lines[bill->lines_count++] = (struct stored_line){ .item = "rent", .amount = 1800 };
	lines[bill->lines_count++] = (struct stored_line){ .item = "calls", .amount = draw_between(state, 0, 4000) };
	lines[bill->lines_count++] = (struct stored_line){ .item = "sms", .amount = draw_between(state, 0, 60) * 10 };
	lines[bill->lines_count++] = (struct stored_line){ .item = "data", .amount = draw_between(state, 0, 2500) };
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		const struct service *service = service_of(&account->subscriptions[i]);

		if (service->price)
			lines[bill->lines_count++] = (struct stored_line){
				.item = "services", .amount = service->price, .charged_service = service->code,
				.fee_class = service->family,
			};
	}
	bill->lines = lines;
	bill->total = 0;
	for (unsigned int i = 0; i < bill->lines_count; i++)
		bill->total += lines[i].amount;
}

static void make_bills(struct sample *sample, bool with_lines, uint64_t *state)
{
	struct stored_account *account = &sample->account;

	account->bills_count = with_lines ? 6 : 5;
	account->bills = sample->bills;
	for (unsigned int i = 0; i < 6; i++) {
		sample->bills[i].month = month_from(account, (int)i - 5);
		make_bill(account, &sample->bills[i], sample->lines[i], state);
		if (!with_lines)
			sample->bills[i].lines_count = 0;
	}
	account->bill_month = month_from(account, -1);
	account->bill_total = sample->bills[4].total;
}

static void make_money(struct sample *sample, unsigned int index, uint64_t *state)
{
	struct stored_account *account = &sample->account;
	const bool postpaid = index % 3 == 1;
	int64_t balance = draw_between(state, 0, 20000);

	account->balance = postpaid ? STORED_UNKNOWN : index ? balance : 1250;
	account->owed = postpaid ? sample->bills[5].total : STORED_UNKNOWN;
	account->pay_by = postpaid ? month_from(account, 1) * 100 + 15 : STORED_UNKNOWN;
	account->tariff = postpaid ? "MONTHLY59" : "DAILY2";
	account->billed = account->bills_count ? "yes" : "no";
	account->registered = index % 10 == 9 ? "no" : "yes";
	if (postpaid)
		account->valid_until = STORED_UNKNOWN;
	else if (index)
		account->valid_until = month_from(account, 2) * 100 + draw_between(state, 1, 28);
	else
		account->valid_until = (year_of(account) + 1) * 10000 + 1231;
}

static void make_points(struct sample *sample, bool with_lines, uint64_t *state)
{
	struct stored_account *account = &sample->account;

	account->points_count = with_lines ? 8 : 3;
	account->points_entries = sample->points;
	account->points = 0;
	for (unsigned int i = 0; i < account->points_count; i++) {
		struct stored_points *entry = &sample->points[i];

		*entry = (struct stored_points){
			.date = month_from(account, (int)i - 10) * 100 + 5, .change = draw_between(state, 10, 200),
			.reason = i % 4 == 1 ? "bonus" : "earned",
		};
		if (i % 4 == 3) {
			entry->change = -(account->points / 2);
			entry->reason = "redeemed";
		}
		account->points += entry->change;
	}
}

void sample_make(struct sample *sample, unsigned int index, bool with_lines, const char *hash, int64_t as_of)
{
	uint64_t state = 10086 + (uint64_t)index * 7919;

	memset(&sample->account, 0, sizeof(sample->account));
	sample->account.as_of = as_of;
	make_identity(sample, index, &state);
	make_kind(&sample->account, index);
	make_subscriptions(sample, &state);
	make_bills(sample, with_lines, &state);
	make_money(sample, index, &state);
	make_points(sample, with_lines, &state);
	sample->account.hash = hash;
}

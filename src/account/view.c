/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An account as its subscriber sees it: rows of lists. */
#include <string.h>

#include "starhash/account.h"
#include "starhash/calendar.h"

static void text_put(struct record *row, uint16_t field, const char *text)
{
	if (text && text[0])
		record_append_text(row, field, text, strlen(text));
}

static void date_put(struct record *row, uint16_t field, int64_t date)
{
	if (date)
		record_append_number(row, field, date);
}

void view_subscription(const struct subscription *subscription, const struct service *service, int64_t today, struct record *row)
{
	text_put(row, FIELD_SERVICE, subscription->service);
	record_append_number(row, FIELD_PRICE, service->price);
	text_put(row, FIELD_PERIOD, service->period);
	record_append_number(row, FIELD_SINCE, subscription->since);
	date_put(row, FIELD_TRIAL_UNTIL, subscription->trial_until);
	date_put(row, FIELD_UNTIL, subscription->until);
	text_put(row, FIELD_STATE, subscription_state_name(subscription_shown(subscription, calendar_date(today))));
}

bool view_offer(const struct service *service, const char *account, const char *brand, int64_t today, struct record *row)
{
	if (!service_is_for(service, account, brand))
		return false;
	text_put(row, FIELD_SERVICE, service->code);
	record_append_number(row, FIELD_PRICE, service->price);
	text_put(row, FIELD_PERIOD, service->period);
	if (service->trial_days)
		record_append_number(row, FIELD_TRIAL_DAYS, service->trial_days);
	record_append_number(row, FIELD_EFFECTIVE, service_begins(service, today));
	return true;
}

void view_order(const struct order *order, struct record *row)
{
	char ref[REF_TEXT_SIZE], kind[ACCOUNT_CODE_SIZE];

	text_put(row, FIELD_KIND, order_field(order->kind, kind));
	text_put(row, FIELD_SERVICE, order->service);
	text_put(row, FIELD_STATE, order_state_name(order->state));
	record_append_number(row, FIELD_ORDERED, order->accepted_at);
	text_put(row, FIELD_ORDER, ref_print(order->ref, ref));
}

int64_t view_retention(const struct account_rules *rules, const char *kind)
{
	static const char *const kinds[RETENTION_KINDS] = {
		[RETENTION_ORDERS] = "orders", [RETENTION_CONSENTS] = "consents", [RETENTION_NOTIFICATIONS] = "messages",
	};

	for (int i = 0; i < RETENTION_KINDS; i++) {
		if (kinds[i] && !strcmp(kinds[i], kind))
			return rules->retention_days[i];
	}
	return 0;
}

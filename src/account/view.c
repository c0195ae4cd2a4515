/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An account as its subscriber sees it: rows of lists. */
#include <stdio.h>
#include <string.h>

#include "account/order.h"
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
	if (subscription->trial_until)
		trial_terms_put(row, service->trial_price, subscription->trial_ends);
	date_put(row, FIELD_UNTIL, subscription->until);
	text_put(row, FIELD_STATE, subscription_state_name(subscription_shown(subscription, calendar_date(today))));
}

/* services_exclude() for each subscribed service. */
static bool is_excluded(const struct service *service, const struct view_subscriber *subscriber)
{
	char code[SERVICE_CODE_MAX + 1];

	if (codes_name(subscriber->excludes, service->code))
		return true;
	for (const char *at = service->excludes; *at; at += strspn(at, " ")) {
		const size_t len = strcspn(at, " ");

		snprintf(code, sizeof(code), "%.*s", (int)len, at);
		if (len < sizeof(code) && codes_name(subscriber->services, code))
			return true;
		at += len;
	}
	return false;
}

static void price_put(const struct service *service, struct record *row)
{
	record_append_number(row, FIELD_PRICE, service->price);
	text_put(row, FIELD_PERIOD, service->period);
}

/* Whether the subscriber could have the service: others are not offered. */
static bool may_have(const struct service *service, bool sold, const struct view_subscriber *subscriber)
{
	return sold && !codes_name(subscriber->services, service->code) &&
	       service_is_for(service, subscriber->account, subscriber->brand) && !is_excluded(service, subscriber);
}

bool view_offer(const struct service *service, bool sold, const struct view_subscriber *subscriber, struct record *row)
{
	if (!may_have(service, sold, subscriber))
		return false;
	text_put(row, FIELD_SERVICE, service->code);
	price_put(service, row);
	if (service->trial_days)
		record_append_number(row, FIELD_TRIAL_DAYS, service->trial_days);
	trial_terms_put(row, service->trial_price, service->trial_ends);
	record_append_number(row, FIELD_EFFECTIVE, service_begins(service, subscriber->today));
	return true;
}

static bool are_related(const struct service *one, const struct service *other, bool family)
{
	return services_exclude(one, other) || (family && one->family && other->family && !strcmp(one->family, other->family));
}

bool view_instead(const struct service *service, bool sold, const struct subscription *replaced, const struct service *replaced_terms,
		  bool family, const struct view_subscriber *subscriber, struct record *row)
{
	if (!strcmp(service->code, replaced->service) || !may_have(service, sold, subscriber) || !subscription_is_stable(replaced) ||
	    !are_related(service, replaced_terms, family))
		return false;
	text_put(row, FIELD_SERVICE, service->code);
	text_put(row, FIELD_INSTEAD, replaced->service);
	price_put(service, row);
	record_append_number(row, FIELD_EFFECTIVE, change_begins(service, replaced, replaced_terms, subscriber->today));
	return true;
}

void view_order(const struct order *order, struct record *row)
{
	char ref[REF_TEXT_SIZE], kind[ACCOUNT_CODE_SIZE];

	text_put(row, FIELD_KIND, order_field(order, kind));
	text_put(row, FIELD_SERVICE, order->service);
	text_put(row, FIELD_INSTEAD, order->instead);
	text_put(row, FIELD_STATE, order_state_name(order->state));
	record_append_number(row, FIELD_ORDERED, order->accepted_at);
	text_put(row, FIELD_ORDER, ref_print(order->ref, ref));
}

int64_t view_retention(const struct account_rules *rules, const char *kind)
{
	static const char *const kinds[RETENTION_KINDS] = {
		[RETENTION_ORDERS] = "orders", [RETENTION_CONSENTS] = "consents", [RETENTION_MESSAGES] = "messages",
		[RETENTION_TICKETS] = "tickets",
	};

	for (int i = 0; i < RETENTION_KINDS; i++) {
		if (kinds[i] && !strcmp(kinds[i], kind))
			return rules->retention_days[i];
	}
	return 0;
}

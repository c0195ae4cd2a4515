/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The subscriptions of a working set, sorted by service. */
#include <stdio.h>
#include <string.h>

#include "account/step.h"

bool in_flight_about(const struct account_order *order, const char *service)
{
	return !strcmp(order->service, service) || (order->instead[0] && !strcmp(order->instead, service));
}

struct subscription *subscription_find(struct account *account, const char *service)
{
	for (unsigned int i = 0; i < account->subscriptions_count; i++) {
		if (!strcmp(account->subscriptions[i].service, service))
			return &account->subscriptions[i];
	}
	return NULL;
}

void subscription_put(struct account *account, const struct subscription *subscription)
{
	struct subscription *stored = subscription_find(account, subscription->service);
	unsigned int at = account->subscriptions_count;

	if (stored) {
		*stored = *subscription;
		return;
	}
	account->too_many |= account->subscriptions_count == ACCOUNT_SUBSCRIPTIONS_MAX;
	if (account->too_many)
		return;
	for (; at && strcmp(account->subscriptions[at - 1].service, subscription->service) > 0; at--)
		account->subscriptions[at] = account->subscriptions[at - 1];
	account->subscriptions[at] = *subscription;
	account->subscriptions_count++;
}

void subscription_drop(struct account *account, const char *service)
{
	struct subscription *stored = subscription_find(account, service);
	struct subscription *end = account->subscriptions + account->subscriptions_count;

	if (!stored)
		return;
	memmove(stored, stored + 1, (size_t)(end - (stored + 1)) * sizeof(*stored));
	account->subscriptions_count--;
}

void services_join(const struct account *account, char out[static ACCOUNT_SERVICES_SIZE])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned int i = 0; i < account->subscriptions_count; i++)
		len += (size_t)snprintf(out + len, ACCOUNT_SERVICES_SIZE - len, "%s%s", i ? " " : "", account->subscriptions[i].service);
}

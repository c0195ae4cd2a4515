/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The counters of the accounts' front. */
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/utils.h>

#include "accounts/counters.h"

#define RESULT(id, name, help) [ACCOUNT_COUNT_RESULTS + RESULT_##id] = { "results:" name, help }

static const struct rate_ctr_desc names[] = {
	[ACCOUNT_COUNT_REQUESTS] = { "requests", "requests submitted" },
	[ACCOUNT_COUNT_LATE] = { "requests:late", "requests answered by their deadline" },
	[ACCOUNT_COUNT_DROPPED] = { "answers:dropped", "answers to requests that nobody waited for any more" },
	[ACCOUNT_COUNT_PROFILES_HERE] = { "profiles:here", "profiles answered from the process's memory" },
	[ACCOUNT_COUNT_PROFILES_READ] = { "profiles:read", "profiles that the store was asked for" },
	[ACCOUNT_COUNT_SPARED] = { "billing:spared", "queries to billing avoided for numbers that it does not know" },
	[ACCOUNT_COUNT_MESSAGES_GIVEN] = { "messages:tried", "attempts to send messages that answer nothing" },
	[ACCOUNT_COUNT_MESSAGES_SENT] = { "messages:sent", "messages accepted by the network" },
	[ACCOUNT_COUNT_MESSAGES_PUT_OFF] = { "messages:put_off", "attempts that failed: tried again later" },
	[ACCOUNT_COUNT_MESSAGES_POSTPONED] = { "messages:postponed", "messages that wait for the next day, or until they can be checked" },
	[ACCOUNT_COUNT_MESSAGES_WITHDRAWN] = { "messages:withdrawn", "messages not sent, since the account has changed" },
	RESULT(OK, "ok", "requests done"),
	RESULT(NOT_FOUND, "not_found", "requests for an unknown subscriber, bill or service"),
	RESULT(CONFLICT, "conflict", "changes that conflict with another one, or with the price shown"),
	RESULT(DUPLICATE, "duplicate", "changes already made or in flight"),
	RESULT(REFUSED, "refused", "requests not allowed for the account"),
	RESULT(WRONG, "wrong", "wrong passwords"),
	RESULT(WEAK, "weak", "new passwords that are too weak"),
	RESULT(LOCKED, "locked", "passwords refused because of a lock"),
	RESULT(BUSY, "busy", "requests refused because of overload"),
	RESULT(UNAVAILABLE, "unavailable", "requests that the store could not answer"),
	RESULT(UNKNOWN, "unknown", "changes whose result was not known in time"),
	RESULT(EXCLUDED, "excluded", "orders of services excluded by a subscribed one"),
	RESULT(USED, "used", "new passwords that were used before"),
	RESULT(TEMPORARY, "temporary", "requests with a temporary password, which must be changed first"),
	RESULT(ACCEPTED, "accepted", "orders accepted, result still to come"),
	RESULT(ALIEN, "alien", "changes under a reference number of another change"),
};

osmo_static_assert(ARRAY_SIZE(names) == ACCOUNT_COUNTERS, a_name_for_each_result);

static const struct rate_ctr_group_desc group = {
	.group_name_prefix = "account", .group_description = "Account requests",
	.num_ctr = ACCOUNT_COUNTERS, .ctr_desc = names,
};

struct rate_ctr_group *accounts_counters_new(void *ctx)
{
	return rate_ctr_group_alloc(ctx, &group, 0);
}

void accounts_count(struct rate_ctr_group *counters, enum accounts_counter counter)
{
	if (counters)
		rate_ctr_inc2(counters, counter);
}

void accounts_count_result(struct rate_ctr_group *counters, enum result result)
{
	accounts_count(counters, ACCOUNT_COUNT_RESULTS + result);
}

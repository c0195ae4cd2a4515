/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The counters of the accounts' front. */
#include <osmocom/core/rate_ctr.h>
#include <osmocom/core/utils.h>

#include "accounts/counters.h"

#define RESULT(id, name, help) [ACCOUNT_COUNT_RESULTS + RESULT_##id] = { "results:" name, help }

static const struct rate_ctr_desc names[] = {
	[ACCOUNT_COUNT_REQUESTS] = { "requests", "requests asked" },
	[ACCOUNT_COUNT_LATE] = { "requests:late", "requests answered by their deadline" },
	[ACCOUNT_COUNT_DROPPED] = { "answers:dropped", "answers that nobody waited for any more" },
	[ACCOUNT_COUNT_SPARED] = { "billing:spared", "questions to billing spared about numbers that it does not know" },
	RESULT(OK, "ok", "requests done"),
	RESULT(NOT_FOUND, "not_found", "requests for a subscriber, bill or service that is not there"),
	RESULT(CONFLICT, "conflict", "changes of what somebody else had changed, or of another price than was shown"),
	RESULT(DUPLICATE, "duplicate", "changes to what was so already"),
	RESULT(REFUSED, "refused", "requests that the account may not make"),
	RESULT(WRONG, "wrong", "wrong passwords"),
	RESULT(WEAK, "weak", "new passwords that break the rules"),
	RESULT(LOCKED, "locked", "passwords while the line is locked"),
	RESULT(BUSY, "busy", "requests refused because of overload"),
	RESULT(UNAVAILABLE, "unavailable", "requests that the store could not answer"),
	RESULT(UNKNOWN, "unknown", "changes whose end was not known in time"),
	RESULT(EXCLUDED, "excluded", "orders of services that another one excludes"),
	RESULT(USED, "used", "new passwords that were used before"),
	RESULT(TEMPORARY, "temporary", "requests with a temporary password, which has to be changed first"),
	RESULT(ACCEPTED, "accepted", "orders accepted, their end to come"),
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

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Results of the requests of subscribers and of the server: a counter for each, among them wrong passwords, locks, refusals and overload,
 * shown by "show counters". */
#pragma once

#include "starhash/request.h"

struct rate_ctr_group;

enum accounts_counter {
	ACCOUNT_COUNT_REQUESTS,
	ACCOUNT_COUNT_LATE,
	ACCOUNT_COUNT_DROPPED,
	ACCOUNT_COUNT_PROFILES_HERE,
	ACCOUNT_COUNT_PROFILES_READ,
	ACCOUNT_COUNT_SPARED,
	ACCOUNT_COUNT_MESSAGES_GIVEN,
	ACCOUNT_COUNT_MESSAGES_SENT,
	ACCOUNT_COUNT_MESSAGES_PUT_OFF,
	ACCOUNT_COUNT_MESSAGES_POSTPONED,
	ACCOUNT_COUNT_MESSAGES_WITHDRAWN,
	ACCOUNT_COUNT_RESULTS,		/* first of the counters for enum result */
	ACCOUNT_COUNTERS = ACCOUNT_COUNT_RESULTS + RESULT_COUNT
};

/* \a ctx: talloc parent; rate_ctr_group_free() frees it. */
struct rate_ctr_group *accounts_counters_new(void *ctx);

/* \a counters may be NULL. */
void accounts_count(struct rate_ctr_group *counters, enum accounts_counter counter);
void accounts_count_result(struct rate_ctr_group *counters, enum result result);

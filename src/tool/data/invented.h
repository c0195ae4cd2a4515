/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented accounts: the same index yields the same account, with dates around the time of its data. */
#pragma once

#include "starhash/stored.h"

#define SAMPLE_SUBSCRIBERS_MAX 10000000
#define SAMPLE_LINES_MAX 100000		/* with more subscribers, bills only have totals */
#define SAMPLE_PASSWORD "246810"

extern const struct service sample_services[];
extern const unsigned int sample_services_count;

/* Account number \a index; \a hash is of the password, which is the same for all. Contains pointers into itself: do not copy.
 * \a as_of: the time of its data, in seconds since 1970; only its dates depend on it. */
struct sample {
	struct stored_account account;
	char id_number[20];
	struct stored_bill bills[6];
	struct stored_line lines[6][7];
	struct stored_points points[8];
	struct stored_subscription subscriptions[3];
};

void sample_make(struct sample *sample, unsigned int index, bool with_lines, const char *hash, int64_t as_of);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a peer can make us count and write into the log: counters under a link's name, and limits for its lines. */
#pragma once

#include <stdbool.h>

#include <osmocom/core/rate_ctr.h>

#include "starhash/log.h"

/* Counters, and for those that count faults a limit of their log lines. */
struct link_counters {
	struct rate_ctr_group *group;
	struct log_limit *limits;	/* one for each counter */
	int category;			/* of the log */
};

/* A group of counters with the next free index, shown under the link's \a name. \a ctx owns the memory. */
void link_counters_init(struct link_counters *counters, void *ctx, int category,
			const struct rate_ctr_group_desc *desc, const char *name);
void link_counters_fini(struct link_counters *counters);

static inline void link_count(struct link_counters *counters, unsigned int counter)
{
	rate_ctr_inc2(counters->group, counter);
}

/* Count what went wrong, and log it, by the counter's description, once a minute for each counter. \a number is the
 * subscriber's. */
void link_fault(struct link_counters *counters, unsigned int counter, const char *number);

/* The log of one link. */
struct link_log {
	int category;
	const char *name;
	struct log_limit lines, malformed;
};

/* Whether a line of the coming and going of a link may be logged now: some a minute, however often the peer makes it come
 * and go. How many were left out is said in a line before. */
bool link_may_log(struct link_log *log);

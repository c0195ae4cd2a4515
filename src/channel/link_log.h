/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Counters and log lines that peers can cause: counters under the link's name, and rate limits for its lines. */
#pragma once

#include <stdbool.h>

#include <osmocom/core/rate_ctr.h>

#include "starhash/log.h"

/* Counters; those that count faults also limit their log lines. */
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

/* Count a fault and log it by the counter's description, at most once a minute per counter. \a number is the subscriber's. */
void link_fault(struct link_counters *counters, unsigned int counter, const char *number);

/* The log of one link. */
struct link_log {
	int category;
	const char *name;
	struct log_limit lines, malformed;
};

/* Whether a line about the link going up or down may be logged now: a few a minute, however often the peer causes them. The
 * number of suppressed lines is logged before the next line. */
bool link_may_log(struct link_log *log);

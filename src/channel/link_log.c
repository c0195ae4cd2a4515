/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libosmocore counters, and rate-limited log lines, so that no peer can flood the log. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/link_log.h"

#define FAULT_LOG_S 60
#define LINK_LINES 12		/* a few ups and downs with their reasons */
#define LINK_LINES_S 60

void link_counters_init(struct link_counters *counters, void *ctx, int category,
			const struct rate_ctr_group_desc *desc, const char *name)
{
	unsigned int index = 0;

	while (rate_ctr_get_group_by_name_idx(desc->group_name_prefix, index))
		index++;
	counters->category = category;
	counters->group = rate_ctr_group_alloc(ctx, desc, index);
	counters->limits = talloc_zero_array(ctx, struct log_limit, desc->num_ctr);
	OSMO_ASSERT(counters->group && counters->limits);
	rate_ctr_group_set_name(counters->group, name);
}

void link_counters_fini(struct link_counters *counters)
{
	rate_ctr_group_free(counters->group);
	talloc_free(counters->limits);
}

void link_fault(struct link_counters *counters, unsigned int counter, const char *number)
{
	const struct rate_ctr_group *group = counters->group;
	char masked[MASKED_SIZE];
	unsigned int suppressed;

	link_count(counters, counter);
	if (log_allowed(&counters->limits[counter], FAULT_LOG_S, &suppressed))
		LOGP(counters->category, LOGL_NOTICE, "%s: %s (%s, %u more since the last such line)\n", group->name,
		     group->desc->ctr_desc[counter].description, log_masked(number, masked), suppressed);
}

bool link_may_log(struct link_log *log)
{
	unsigned int suppressed;

	if (!log_burst(&log->lines, LINK_LINES, LINK_LINES_S, &suppressed))
		return false;
	if (suppressed)
		LOGP(log->category, LOGL_NOTICE, "%s: %u lines about the link going up and down were suppressed\n", log->name,
		     suppressed);
	return true;
}

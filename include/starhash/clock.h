/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time: by libosmocore's clocks, as its timers have it, so that a test may set them. */
#pragma once

#include <stdint.h>

#include "starhash/log.h"

int64_t clock_monotonic_ms(void);	/* since some time in the past */
int64_t clock_wall_ms(void);		/* since 1970 UTC; steps as the machine's clock does */

/* What a process takes for the time of day: it never goes back (F16). When the machine's clock is set back, it goes on
 * from where it was, and says so. Zeroed at first, then read-only for others. */
struct wall_clock {
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;		/* of the operator's wall clock, seconds east */
	int64_t lead_ms;		/* of the latest wall clock that was seen over the monotonic clock */
	int64_t offset_known_s;		/* when utc_offset was looked up */
	struct log_limit limit;
};

void wall_clock_read(struct wall_clock *clock);

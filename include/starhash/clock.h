/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time, from libosmocore's clocks like its timers, so that a test can set it. */
#pragma once

#include <stdint.h>

#include "starhash/log.h"

int64_t clock_monotonic_ms(void);	/* since some time in the past; a few milliseconds coarse */
int64_t clock_monotonic_us(void);	/* the same time, precisely */
int64_t clock_wall_ms(void);		/* since 1970 UTC; steps with the machine's clock */

enum clock_trust {
	CLOCK_RIGHT,
	CLOCK_BEHIND,			/* the machine's clock was set back, by at most a day: our time runs at half speed until it has
					 * caught up */
	CLOCK_DOUBTED,			/* it jumped too far to be trusted, in either direction */
};

/* The time of day used by a process: it never goes back (F16), and never follows the machine's clock by more than a day at once (F31).
 * While the machine's clock is doubted, time continues by the monotonic clock, and nothing irreversible may be done by it. Zeroed at
 * first, then read-only for others. */
struct wall_clock {
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;		/* of the operator's wall clock, seconds east */
	enum clock_trust trust;
	int64_t off_s;			/* the machine's clock minus now */
	int64_t lead_ms;		/* our time minus the monotonic clock */
	int64_t read_ms;		/* last read, by the monotonic clock; 0: never */
	int64_t ahead_max_ms;		/* longest forward jump that is trusted; 0: a day */
	int64_t offset_known_s;		/* when utc_offset was looked up */
	struct log_limit limit;
};

void wall_clock_read(struct wall_clock *clock);
int64_t wall_clock_ms(struct wall_clock *clock);	/* as wall_clock_read(), then since 1970 UTC */

/* The same for a caller that read clock_monotonic_ms() when the loop called it: nothing is read again in that call. */
void wall_clock_at(struct wall_clock *clock, int64_t monotonic_ms);
int64_t wall_clock_ms_at(struct wall_clock *clock, int64_t monotonic_ms);

/* Call before the first read. \a last_s: the last time known to the previous process; 0: not known, then the machine's clock is trusted.
 * The monotonic clock cannot tell how long ago that was: up to \a days_max are believed. */
void wall_clock_start(struct wall_clock *clock, int64_t last_s, unsigned int days_max);

/* An operator confirms that the machine's clock is right. */
void wall_clock_accept(struct wall_clock *clock);

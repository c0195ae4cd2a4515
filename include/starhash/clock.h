/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time: by libosmocore's clocks, as its timers have it, so that a test may set them. */
#pragma once

#include <stdint.h>

#include "starhash/log.h"

int64_t clock_monotonic_ms(void);	/* since some time in the past */
int64_t clock_wall_ms(void);		/* since 1970 UTC; steps as the machine's clock does */

enum clock_trust {
	CLOCK_RIGHT,
	CLOCK_BEHIND,			/* the machine's clock was set back, by a day at most: it is followed at half speed */
	CLOCK_DOUBTED,			/* it jumped further than is believed, in either direction */
};

/* What a process takes for the time of day: it never goes back (F16), and it does not follow the machine's clock further than a
 * day at once (F31). While that clock is doubted, time goes on from where it was by the monotonic clock; nothing that cannot be
 * undone may be done by it. Zeroed at first, then read-only for others. */
struct wall_clock {
	int64_t now;			/* seconds since 1970 UTC */
	int32_t utc_offset;		/* of the operator's wall clock, seconds east */
	enum clock_trust trust;
	int64_t off_s;			/* of the machine's clock over now */
	int64_t lead_ms;		/* of the time that is believed over the monotonic clock */
	int64_t read_ms;		/* by the monotonic clock; 0: never */
	int64_t ahead_max_ms;		/* further than this it is not believed; 0: a day */
	int64_t offset_known_s;		/* when utc_offset was looked up */
	struct log_limit limit;
};

void wall_clock_read(struct wall_clock *clock);
int64_t wall_clock_ms(struct wall_clock *clock);	/* as wall_clock_read(), then since 1970 UTC */

/* Before the first read. \a last_s: the last time that was believed, by the process before; 0: not known, and then the machine's
 * clock is believed. Monotonic clocks do not tell how long ago that was: up to \a days_max are believed. */
void wall_clock_start(struct wall_clock *clock, int64_t last_s, unsigned int days_max);

/* An operator's word: the machine's clock is right, whatever it was before. */
void wall_clock_accept(struct wall_clock *clock);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which dials of a link are admitted, by how long they wait. A burst may wait for twice the target; once the delay has stood above the
 * target for as long as the target, there is more to do than time, and dials that would wait longer are refused at once (see CoDel). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Zeroed but for the target. Times are of one monotonic clock. */
struct delay {
	int64_t target_us;		/* 0: no limit */
	int64_t above_us;		/* since when each one whose turn it was had waited for the target; 0: the last one had not */
	int64_t below_us;		/* likewise, less than an eighth of the target; 0: the last one had waited for longer */
	bool stands;			/* above for the target, so that it is no burst, and not below for as long since */
	int64_t each_ns;		/* from one dial to the next, while others wait; 0: not known */
	int64_t measured_us;		/* since when this is measured; 0: not yet */
	unsigned int begun;		/* since then */
	bool emptied;			/* since then none waited, at some time */
};

/* Whether one more may wait behind \a waiting others. */
bool delay_admits(const struct delay *delay, unsigned int waiting);

/* It is the turn of an input that came at \a came_us. False: it has waited for too long. */
bool delay_serves(struct delay *delay, int64_t came_us, int64_t now_us);

/* After a round in which so many were begun; \a waiting others still wait. */
void delay_measure(struct delay *delay, unsigned int begun, unsigned int waiting, int64_t now_us);

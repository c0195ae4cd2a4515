/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Admission by delay. */
#include "server/delay.h"

#define MEASURE_US 5000
#define SMOOTHING 4			/* a new measurement counts for a quarter */
#define WAITING_MIN 32			/* may always wait: a round of dials.c */

/* While the delay stands, a longer queue would not use more time: it would only leave the processor's caches, and all would wait. */
bool delay_admits(const struct delay *delay, unsigned int waiting)
{
	const int64_t bound_us = delay->stands ? delay->target_us / 4 : delay->target_us * 2;

	return !delay->target_us || waiting < WAITING_MIN || waiting * delay->each_ns < bound_us * 1000;
}

bool delay_serves(struct delay *delay, int64_t came_us, int64_t now_us)
{
	const int64_t age_us = now_us - came_us, target_us = delay->target_us;

	if (!target_us)
		return true;
	if (age_us < target_us)
		delay->above_us = 0;
	else if (!delay->above_us)
		delay->above_us = now_us;
	if (age_us >= target_us / 8)
		delay->below_us = 0;
	else if (!delay->below_us)
		delay->below_us = now_us;
	if (delay->above_us && now_us - delay->above_us >= target_us)
		delay->stands = true;
	else if (delay->below_us && now_us - delay->below_us >= target_us)
		delay->stands = false;
	return age_us < (delay->stands ? target_us : 2 * target_us);
}

/* When none waits any more, there was time for more than were begun: how many is not known, so believe that it was much more. */
void delay_measure(struct delay *delay, unsigned int begun, unsigned int waiting, int64_t now_us)
{
	const int64_t span_us = delay->measured_us ? now_us - delay->measured_us : 0;
	int64_t each_ns;

	if (!delay->measured_us)
		delay->measured_us = now_us;
	delay->begun += begun;
	delay->emptied |= !waiting;
	if (!waiting)
		delay->above_us = 0;
	if (span_us < MEASURE_US)
		return;
	each_ns = span_us * 1000 / (delay->begun ? delay->begun : 1);
	if (delay->emptied)
		delay->each_ns -= delay->each_ns / SMOOTHING;
	else
		delay->each_ns += (each_ns - delay->each_ns) / SMOOTHING;
	delay->measured_us = now_us;
	delay->begun = 0;
	delay->emptied = !waiting;
}

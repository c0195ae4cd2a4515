/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Admission by delay. */
#include "server/delay.h"

#define MEASURE_US 5000
#define SMOOTHING 4			/* a new measurement counts for a quarter */

/* While the delay stands, three quarters of the target leave room for a wrong estimate. */
bool delay_admits(const struct delay *delay, unsigned int waiting)
{
	const int64_t bound_us = delay->stands ? delay->target_us * 3 / 4 : delay->target_us * 2;

	return !delay->target_us || waiting * delay->each_ns < bound_us * 1000;
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
	if (age_us < target_us / 4)
		delay->stands = false;
	else if (delay->above_us && now_us - delay->above_us >= target_us)
		delay->stands = true;
	return age_us < (delay->stands ? target_us : 2 * target_us);
}

void delay_measure(struct delay *delay, unsigned int begun, unsigned int waiting, int64_t now_us)
{
	const int64_t span_us = now_us - delay->measured_us;
	int64_t each_ns;

	delay->begun += begun;
	if (delay->measured_us && span_us >= MEASURE_US) {
		each_ns = span_us * 1000 / (delay->begun ? delay->begun : 1);
		delay->each_ns += delay->each_ns ? (each_ns - delay->each_ns) / SMOOTHING : each_ns;
		delay->measured_us = 0;
	}
	if (!waiting)
		delay->measured_us = 0;
	else if (!delay->measured_us) {
		delay->measured_us = now_us;
		delay->begun = 0;
	}
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Background work waits while subscribers do. */
#include "starhash/clock.h"
#include "starhash/load.h"

#define HIGH_MS 200			/* a flood that is held off lasts for longer, though not each dial waits for the target */

void load_note_high(struct load *load)
{
	load->high_until_ms = clock_monotonic_ms() + HIGH_MS;
}

bool load_defers(const struct load *load, int64_t *since_ms, int64_t patience_ms)
{
	const int64_t now_ms = load ? clock_monotonic_ms() : 0;

	if (!load || now_ms >= load->high_until_ms) {
		*since_ms = 0;
		return false;
	}
	if (!*since_ms)
		*since_ms = now_ms;
	if (now_ms - *since_ms < patience_ms)
		return true;
	*since_ms = 0;
	return false;
}

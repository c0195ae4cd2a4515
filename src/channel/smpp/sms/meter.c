/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Limits the parts sent to one number, in memory that does not grow with the count of numbers.
 *
 * A count-min sketch of leaky buckets: a number has one cell in each of two rows, by a keyed hash, and the emptier of the two counts.
 * Other numbers may share a cell and make it look fuller than it is, but never emptier, so a flood of other numbers cannot make the
 * meter forget one. A table with an entry per number would have to forget some or refuse new ones. */
#include <stdlib.h>

#include "channel/smpp/sms/short_message.h"

#define HOUR_MS (3600u * 1000u)
#define ROWS 2
#define CELLS (1u << 19)

struct sms_meter {
	uint64_t seed;
	uint64_t cost_us;		/* time for one part to leak out */
	uint64_t room_us;		/* time for a full bucket to leak out */
	uint64_t empty_at[ROWS][CELLS];	/* microseconds */
};

/* Half of the hourly limit may come at once, the other half evenly: so no hour, whenever it begins, exceeds the limit. */
struct sms_meter *sms_meter_new(unsigned int parts_per_hour, uint64_t seed)
{
	struct sms_meter *meter = calloc(1, sizeof(*meter));
	const unsigned int half = parts_per_hour > 1 ? parts_per_hour / 2 : 1;

	if (!meter)
		return NULL;
	meter->seed = seed;
	meter->cost_us = HOUR_MS * UINT64_C(1000) / half;
	meter->room_us = meter->cost_us * half;
	return meter;
}

void sms_meter_free(struct sms_meter *meter)
{
	free(meter);
}

bool sms_meter_take(struct sms_meter *meter, uint64_t now, uint64_t to, unsigned int parts)
{
	const uint64_t hash = sms_hash(meter->seed, &to, sizeof(to)), now_us = now * 1000;
	uint64_t *cells[ROWS] = { &meter->empty_at[0][hash % CELLS], &meter->empty_at[1][(hash >> 32) % CELLS] };
	uint64_t after = *cells[0] < *cells[1] ? *cells[0] : *cells[1];

	if (after < now_us)
		after = now_us;
	after += parts * meter->cost_us;
	if (after - now_us > meter->room_us)
		return false;
	for (unsigned int i = 0; i < ROWS; i++)
		if (*cells[i] < after)
			*cells[i] = after;
	return true;
}

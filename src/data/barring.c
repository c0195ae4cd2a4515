/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The set of barred numbers: numbers and prefixes of each length in one index. */
#include <errno.h>
#include <string.h>

#include "starhash/barring.h"
#include "starhash/hash.h"
#include "starhash/request.h"

#define DIGITS_MAX 15
#define PREFIX (UINT64_C(1) << 63)

struct barred {
	uint64_t key;
	struct bar bar;
};

bool bar_number_valid(const char *number)
{
	const size_t digits = strspn(number, "0123456789");

	return digits && digits <= DIGITS_MAX && (!number[digits] || !strcmp(number + digits, "*"));
}

bool bar_is_end(const struct bar *bar)
{
	return bar->until && bar->until <= bar->since;
}

bool bar_holds(const struct bar *bar, int64_t now)
{
	return !bar->until || (bar->until > now && !bar_is_end(bar));
}

void bar_write(const struct bar *bar, struct record *row)
{
	record_append_text(row, FIELD_MSISDN, bar->number, strlen(bar->number));
	record_append_text(row, FIELD_REASON, bar->reason, strlen(bar->reason));
	record_append_text(row, FIELD_STAFF, bar->staff, strlen(bar->staff));
	record_append_number(row, ARG_POSITION, bar->id);
	record_append_number(row, ARG_TIME, bar->since);
	record_append_number(row, ARG_END, bar->until);
}

void bar_read(const struct record *row, struct bar *bar)
{
	*bar = (struct bar){ .id = record_number(row, ARG_POSITION, 0), .since = record_number(row, ARG_TIME, 0),
			     .until = record_number(row, ARG_END, 0) };
	record_text(row, FIELD_MSISDN, bar->number, sizeof(bar->number));
	record_text(row, FIELD_REASON, bar->reason, sizeof(bar->reason));
	record_text(row, FIELD_STAFF, bar->staff, sizeof(bar->staff));
}

/* ---- the set ---- */

void barring_init(struct barring *barring, unsigned int max, uint64_t seed)
{
	*barring = (struct barring){ .max = max, .seed = seed };
	slab_init(&barring->slab, sizeof(struct barred));
}

void barring_fini(struct barring *barring)
{
	slab_fini(&barring->slab);
	index_fini(&barring->index);
}

static uint64_t key_add(uint64_t key, char digit)
{
	return key << 4 | (uint64_t)(digit - '0' + 1);
}

static uint64_t key_of(const char *number, unsigned int *len)
{
	uint64_t key = 0;

	for (*len = 0; number[*len] && number[*len] != '*'; ++*len)
		key = key_add(key, number[*len]);
	return key | (number[*len] ? PREFIX : 0);
}

static uint64_t hash_of(const struct barring *barring, uint64_t key)
{
	return keyed_hash(barring->seed, &key, sizeof(key));
}

static uint32_t item_find(const struct barring *barring, uint64_t key)
{
	const uint64_t hash = hash_of(barring, key);
	uint32_t at = 0, item;

	while ((item = index_next(&barring->index, hash, &at))) {
		const struct barred *barred = slab_at(&barring->slab, item);

		if (barred->key == key)
			break;
	}
	return item;
}

/* The last item takes its place, so that they are always 1 to count. The index has room for it, since its old entry is gone. */
static void item_drop(struct barring *barring, uint32_t item)
{
	const uint32_t last = barring->count--;
	struct barred *barred = slab_at(&barring->slab, item), *moved = slab_at(&barring->slab, last);

	index_drop(&barring->index, hash_of(barring, barred->key), item);
	if (item != last) {
		*barred = *moved;
		index_drop(&barring->index, hash_of(barring, barred->key), last);
		index_add(&barring->index, hash_of(barring, barred->key), item);
	}
	slab_free(&barring->slab, last);
}

static void end_note(struct barring *barring, const struct bar *bar)
{
	if (bar->until && (!barring->ends || bar->until < barring->ends))
		barring->ends = bar->until;
}

void barring_expire(struct barring *barring, int64_t now)
{
	if (!barring->ends || barring->ends > now)
		return;
	barring->ends = 0;
	for (uint32_t item = barring->count; item; item--) {
		const struct barred *barred = slab_at(&barring->slab, item);

		if (bar_holds(&barred->bar, now))
			end_note(barring, &barred->bar);
		else
			item_drop(barring, item);
	}
}

int barring_put(struct barring *barring, const struct bar *bar, int64_t now)
{
	const bool holds = bar_holds(bar, now);
	unsigned int len;
	const uint64_t key = key_of(bar->number, &len);
	uint32_t item;

	if (!barring->index.segments && (!holds || index_init(&barring->index, barring->max)))
		return holds ? -ENOMEM : 0;
	item = item_find(barring, key);
	if (!holds) {
		if (item)
			item_drop(barring, item);
		return 0;
	}
	if (!item && barring->count >= barring->max)
		barring_expire(barring, now);
	if (!item && barring->count >= barring->max)
		return -ENOSPC;
	if (!item) {
		item = slab_new(&barring->slab);
		if (item && index_add(&barring->index, hash_of(barring, key), item)) {
			slab_free(&barring->slab, item);
			item = SLAB_NONE;
		}
		if (!item)
			return -ENOMEM;
		barring->count++;
	}
	*(struct barred *)slab_at(&barring->slab, item) = (struct barred){ key, *bar };
	end_note(barring, bar);
	*(bar->number[len] ? &barring->prefixes : &barring->numbers) |= 1u << len;
	return 0;
}

const struct bar *barring_entry(const struct barring *barring, const char *number)
{
	unsigned int len;
	const uint32_t item = barring->count ? item_find(barring, key_of(number, &len)) : SLAB_NONE;

	return item ? &((const struct barred *)slab_at(&barring->slab, item))->bar : NULL;
}

static const struct bar *holding(const struct barring *barring, uint64_t key, int64_t now)
{
	const uint32_t item = item_find(barring, key);
	const struct barred *barred = item ? slab_at(&barring->slab, item) : NULL;

	return barred && bar_holds(&barred->bar, now) ? &barred->bar : NULL;
}

const struct bar *barring_find(const struct barring *barring, const char *number, int64_t now)
{
	const struct bar *bar = NULL;
	uint64_t key = 0;

	for (unsigned int len = 1; barring->count && !bar && len <= DIGITS_MAX && number[len - 1]; len++) {
		key = key_add(key, number[len - 1]);
		if (barring->prefixes & 1u << len)
			bar = holding(barring, key | PREFIX, now);
		if (!bar && !number[len] && barring->numbers & 1u << len)
			bar = holding(barring, key, now);
	}
	return bar;
}

void barring_visit(const struct barring *barring, bar_visit *visit, void *user)
{
	for (uint32_t item = 1; item <= barring->count; item++) {
		const struct barred *barred = slab_at(&barring->slab, item);

		if (visit(user, &barred->bar))
			return;
	}
}

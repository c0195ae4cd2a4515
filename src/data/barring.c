/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The set of barred numbers: a hash table of numbers and prefixes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "starhash/barring.h"
#include "starhash/hash.h"
#include "starhash/request.h"

#define BUCKETS 4096
#define DIGITS_MAX 15
#define PREFIX (UINT64_C(1) << 63)

struct barred {
	struct barred *next;
	uint64_t key;
	struct bar bar;
};

bool bar_number_valid(const char *number)
{
	const size_t digits = strspn(number, "0123456789");

	return digits && digits <= DIGITS_MAX && (!number[digits] || !strcmp(number + digits, "*"));
}

bool bar_holds(const struct bar *bar, int64_t now)
{
	return !bar->until || bar->until > now;
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
}

void barring_fini(struct barring *barring)
{
	for (size_t i = 0; barring->table && i < BUCKETS; i++) {
		for (struct barred *at = barring->table[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	}
	free(barring->table);
	barring->table = NULL;
	barring->count = 0;
}

static struct barred **place_of(const struct barring *barring, uint64_t key)
{
	struct barred **at = &barring->table[keyed_hash(barring->seed, &key, sizeof(key)) % BUCKETS];

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	return at;
}

static uint64_t key_add(uint64_t key, char digit)
{
	return key << 4 | (uint64_t)(digit - '0' + 1);
}

int barring_put(struct barring *barring, const struct bar *bar, int64_t now)
{
	const bool holds = bar_holds(bar, now);
	struct barred **place, *at;
	unsigned int len = 0;
	uint64_t key = 0;

	if (!barring->table && !holds)
		return 0;
	if (!barring->table)
		barring->table = calloc(BUCKETS, sizeof(*barring->table));
	if (!barring->table)
		return -ENOMEM;
	for (; bar->number[len] && bar->number[len] != '*'; len++)
		key = key_add(key, bar->number[len]);
	*(bar->number[len] ? &barring->prefixes : &barring->numbers) |= 1u << len;
	key |= bar->number[len] ? PREFIX : 0;
	place = place_of(barring, key);
	at = *place;
	if (at && !holds) {
		*place = at->next;
		free(at);
		barring->count--;
	}
	if (!holds)
		return 0;
	if (!at && barring->count >= barring->max)
		return -ENOSPC;
	if (!at) {
		at = calloc(1, sizeof(*at));
		if (!at)
			return -ENOMEM;
		at->key = key;
		*place = at;
		barring->count++;
	}
	at->bar = *bar;
	return 0;
}

const struct bar *barring_find(const struct barring *barring, const char *number, int64_t now)
{
	uint64_t key = 0;

	if (!barring->count)
		return NULL;
	for (unsigned int len = 1; len <= DIGITS_MAX && number[len - 1]; len++) {
		const struct barred *at = NULL;

		key = key_add(key, number[len - 1]);
		if (barring->prefixes & 1u << len)
			at = *place_of(barring, key | PREFIX);
		if ((!at || !bar_holds(&at->bar, now)) && !number[len] && barring->numbers & 1u << len)
			at = *place_of(barring, key);
		if (at && bar_holds(&at->bar, now))
			return &at->bar;
	}
	return NULL;
}

void barring_visit(const struct barring *barring, bar_visit *visit, void *user)
{
	for (size_t i = 0; barring->table && i < BUCKETS; i++)
		for (const struct barred *at = barring->table[i]; at; at = at->next)
			if (visit(user, &at->bar))
				return;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Remembers received texts, so that a message that comes twice acts once (F19). An entry stays for the whole window, whatever else is
 * received: a list by age, and a hash table over it. */
#include <stdlib.h>

#include "channel/smpp/sms/short_message.h"

#define NONE UINT32_MAX

struct trace {
	uint64_t key;
	uint64_t when;
	uint32_t answered;		/* ms after when, at least 1; 0: not yet */
	uint32_t next_in_bucket;
	uint32_t older, younger;	/* list of used entries; in unused ones, younger is the next free entry */
};

struct sms_dedup {
	uint64_t seed;
	uint32_t window_ms;
	uint32_t entries, used;		/* used: entries from there on were never touched and cost no memory */
	uint32_t bucket_mask;
	uint32_t oldest, youngest, free;
	uint32_t *buckets;		/* index + 1; 0: empty */
	struct trace *traces;
};

struct sms_dedup *sms_dedup_new(unsigned int entries, uint32_t window_ms, uint64_t seed)
{
	struct sms_dedup *dedup = calloc(1, sizeof(*dedup));
	uint32_t buckets = 1;

	if (!dedup)
		return NULL;
	*dedup = (struct sms_dedup){ .seed = seed, .window_ms = window_ms, .entries = entries ? entries : 1,
				   .oldest = NONE, .youngest = NONE, .free = NONE };
	while (buckets < dedup->entries && buckets < 1u << 30)
		buckets *= 2;
	dedup->bucket_mask = buckets - 1;
	dedup->buckets = calloc(buckets, sizeof(*dedup->buckets));
	dedup->traces = calloc(dedup->entries, sizeof(*dedup->traces));
	if (dedup->buckets && dedup->traces)
		return dedup;
	sms_dedup_free(dedup);
	return NULL;
}

void sms_dedup_free(struct sms_dedup *dedup)
{
	if (!dedup)
		return;
	free(dedup->buckets);
	free(dedup->traces);
	free(dedup);
}

uint64_t sms_dedup_key(const struct sms_dedup *dedup, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		       size_t len)
{
	uint64_t parts[4] = { from, to, reference, sms_hash(dedup->seed, text, len) };

	return sms_hash(dedup->seed, parts, sizeof(parts));
}

/* ---- the table ---- */

static uint32_t *bucket_of(const struct sms_dedup *dedup, uint64_t key)
{
	return &dedup->buckets[key & dedup->bucket_mask];
}

static struct trace *find(const struct sms_dedup *dedup, uint64_t key)
{
	for (uint32_t next = *bucket_of(dedup, key); next; next = dedup->traces[next - 1].next_in_bucket)
		if (dedup->traces[next - 1].key == key)
			return &dedup->traces[next - 1];
	return NULL;
}

static void drop(struct sms_dedup *dedup, struct trace *trace)
{
	const uint32_t index = (uint32_t)(trace - dedup->traces);
	uint32_t *link = bucket_of(dedup, trace->key);

	while (*link != index + 1)
		link = &dedup->traces[*link - 1].next_in_bucket;
	*link = trace->next_in_bucket;
	*(trace->older == NONE ? &dedup->oldest : &dedup->traces[trace->older].younger) = trace->younger;
	*(trace->younger == NONE ? &dedup->youngest : &dedup->traces[trace->younger].older) = trace->older;
	trace->younger = dedup->free;
	dedup->free = index;
}

static bool is_old(const struct sms_dedup *dedup, const struct trace *trace, uint64_t now)
{
	return now - trace->when >= dedup->window_ms;
}

static void add(struct sms_dedup *dedup, uint64_t now, uint64_t key)
{
	uint32_t *bucket = bucket_of(dedup, key), index;

	if (dedup->free == NONE && dedup->used == dedup->entries)
		drop(dedup, &dedup->traces[dedup->oldest]);
	/* Reuse the most recently freed entry: memory grows with the contents of the window, not with the traffic. */
	index = dedup->free;
	if (index == NONE)
		index = dedup->used++;
	else
		dedup->free = dedup->traces[index].younger;
	dedup->traces[index] = (struct trace){ .key = key, .when = now, .next_in_bucket = *bucket, .older = dedup->youngest,
					      .younger = NONE };
	*bucket = index + 1;
	*(dedup->youngest == NONE ? &dedup->oldest : &dedup->traces[dedup->youngest].younger) = index;
	dedup->youngest = index;
}

/* Drop a few at a time, but faster than new ones come, so that no text waits for the cleanup after a busy hour. */
static void drop_old(struct sms_dedup *dedup, uint64_t now)
{
	for (int i = 0; i < 4 && dedup->oldest != NONE && is_old(dedup, &dedup->traces[dedup->oldest], now); i++)
		drop(dedup, &dedup->traces[dedup->oldest]);
}

/* ---- interface ---- */

bool sms_dedup_full(struct sms_dedup *dedup, uint64_t now)
{
	if (dedup->free != NONE || dedup->used < dedup->entries)
		return false;
	drop_old(dedup, now);
	return dedup->free == NONE;
}

bool sms_dedup_check(struct sms_dedup *dedup, uint64_t now, uint64_t key)
{
	struct trace *trace = find(dedup, key);

	if (trace && !is_old(dedup, trace, now))
		return true;
	if (trace)
		drop(dedup, trace);
	drop_old(dedup, now);
	add(dedup, now, key);
	return false;
}

struct sms_sight sms_dedup_find(const struct sms_dedup *dedup, uint64_t now, uint64_t key)
{
	const struct trace *trace = find(dedup, key);

	if (!trace || is_old(dedup, trace, now))
		return (struct sms_sight){ 0 };
	return (struct sms_sight){ true, trace->when, trace->answered ? trace->when + trace->answered : 0 };
}

void sms_dedup_answered(struct sms_dedup *dedup, uint64_t now, uint64_t key)
{
	struct trace *trace = find(dedup, key);

	if (trace && !trace->answered && !is_old(dedup, trace, now))
		trace->answered = now > trace->when ? (uint32_t)(now - trace->when) : 1;
}

void sms_dedup_forget(struct sms_dedup *dedup, uint64_t key)
{
	struct trace *trace = find(dedup, key);

	if (trace)
		drop(dedup, trace);
}

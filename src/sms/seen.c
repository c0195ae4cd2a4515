/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Remembering what came, so that a message that comes twice acts once (F19). What is remembered keeps its place for the whole
 * window, whatever else comes: a list by age, and a hash table over it. */
#include <stdlib.h>

#include "starhash/sms.h"

#define NONE UINT32_MAX

struct trace {
	uint64_t key;
	uint64_t when;
	uint32_t answered;		/* ms after when, at least 1; 0: not yet */
	uint32_t next_in_bucket;
	uint32_t older, younger;	/* of those in use; younger is the next free one of those that are not */
};

struct sms_seen {
	uint64_t seed;
	uint32_t window_ms;
	uint32_t entries, used;		/* used: those from there on were never touched, and cost no memory */
	uint32_t bucket_mask;
	uint32_t oldest, youngest, free;
	uint32_t *buckets;		/* index + 1; 0: empty */
	struct trace *traces;
};

struct sms_seen *sms_seen_new(unsigned int entries, uint32_t window_ms, uint64_t seed)
{
	struct sms_seen *seen = calloc(1, sizeof(*seen));
	uint32_t buckets = 1;

	if (!seen)
		return NULL;
	*seen = (struct sms_seen){ .seed = seed, .window_ms = window_ms, .entries = entries ? entries : 1,
				   .oldest = NONE, .youngest = NONE, .free = NONE };
	while (buckets < seen->entries && buckets < 1u << 30)
		buckets *= 2;
	seen->bucket_mask = buckets - 1;
	seen->buckets = calloc(buckets, sizeof(*seen->buckets));
	seen->traces = calloc(seen->entries, sizeof(*seen->traces));
	if (seen->buckets && seen->traces)
		return seen;
	sms_seen_free(seen);
	return NULL;
}

void sms_seen_free(struct sms_seen *seen)
{
	if (!seen)
		return;
	free(seen->buckets);
	free(seen->traces);
	free(seen);
}

uint64_t sms_seen_key(const struct sms_seen *seen, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		      size_t len)
{
	uint64_t parts[4] = { from, to, reference, sms_hash(seen->seed, text, len) };

	return sms_hash(seen->seed, parts, sizeof(parts));
}

/* ---- the table ---- */

static uint32_t *bucket_of(const struct sms_seen *seen, uint64_t key)
{
	return &seen->buckets[key & seen->bucket_mask];
}

static struct trace *find(const struct sms_seen *seen, uint64_t key)
{
	for (uint32_t next = *bucket_of(seen, key); next; next = seen->traces[next - 1].next_in_bucket)
		if (seen->traces[next - 1].key == key)
			return &seen->traces[next - 1];
	return NULL;
}

static void drop(struct sms_seen *seen, struct trace *trace)
{
	const uint32_t index = (uint32_t)(trace - seen->traces);
	uint32_t *link = bucket_of(seen, trace->key);

	while (*link != index + 1)
		link = &seen->traces[*link - 1].next_in_bucket;
	*link = trace->next_in_bucket;
	*(trace->older == NONE ? &seen->oldest : &seen->traces[trace->older].younger) = trace->younger;
	*(trace->younger == NONE ? &seen->youngest : &seen->traces[trace->younger].older) = trace->older;
	trace->younger = seen->free;
	seen->free = index;
}

static bool is_old(const struct sms_seen *seen, const struct trace *trace, uint64_t now)
{
	return now - trace->when >= seen->window_ms;
}

/* Used last is used first: memory grows with what the window holds, not with what came. */
static uint32_t take_free(struct sms_seen *seen)
{
	const uint32_t index = seen->free;

	if (index == NONE)
		return seen->used++;
	seen->free = seen->traces[index].younger;
	return index;
}

static void add(struct sms_seen *seen, uint64_t now, uint64_t key)
{
	uint32_t *bucket = bucket_of(seen, key), index;

	if (seen->free == NONE && seen->used == seen->entries)
		drop(seen, &seen->traces[seen->oldest]);
	index = take_free(seen);
	seen->traces[index] = (struct trace){ .key = key, .when = now, .next_in_bucket = *bucket, .older = seen->youngest,
					      .younger = NONE };
	*bucket = index + 1;
	*(seen->youngest == NONE ? &seen->oldest : &seen->traces[seen->youngest].younger) = index;
	seen->youngest = index;
}

/* A few at a time, and more than come, so that nobody waits for the many of a busy hour. */
static void drop_old(struct sms_seen *seen, uint64_t now)
{
	for (int i = 0; i < 4 && seen->oldest != NONE && is_old(seen, &seen->traces[seen->oldest], now); i++)
		drop(seen, &seen->traces[seen->oldest]);
}

/* ---- what is asked ---- */

bool sms_seen_full(struct sms_seen *seen, uint64_t now)
{
	if (seen->free != NONE || seen->used < seen->entries)
		return false;
	drop_old(seen, now);
	return seen->free == NONE;
}

bool sms_seen_before(struct sms_seen *seen, uint64_t now, uint64_t key)
{
	struct trace *trace = find(seen, key);

	if (trace && !is_old(seen, trace, now))
		return true;
	if (trace)
		drop(seen, trace);
	drop_old(seen, now);
	add(seen, now, key);
	return false;
}

struct sms_sight sms_seen_when(const struct sms_seen *seen, uint64_t now, uint64_t key)
{
	const struct trace *trace = find(seen, key);

	if (!trace || is_old(seen, trace, now))
		return (struct sms_sight){ 0 };
	return (struct sms_sight){ true, trace->when, trace->answered ? trace->when + trace->answered : 0 };
}

void sms_seen_answered(struct sms_seen *seen, uint64_t now, uint64_t key)
{
	struct trace *trace = find(seen, key);

	if (trace && !trace->answered && !is_old(seen, trace, now))
		trace->answered = now > trace->when ? (uint32_t)(now - trace->when) : 1;
}

void sms_seen_forget(struct sms_seen *seen, uint64_t key)
{
	struct trace *trace = find(seen, key);

	if (trace)
		drop(seen, trace);
}

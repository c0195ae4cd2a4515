/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Remembering what came, so that a message that comes twice acts once (F19). */
#include <stdlib.h>

#include "sms/sets.h"
#include "starhash/sms.h"

struct trace {
	uint64_t key;
	uint64_t when;		/* 0 where it is free: as old as can be */
};

struct sms_seen {
	uint64_t seed;
	uint32_t window_ms;
	uint32_t set_mask;
	struct trace traces[];
};

struct sms_seen *sms_seen_new(unsigned int entries, uint32_t window_ms, uint64_t seed)
{
	uint32_t sets = sets_for(entries);
	struct sms_seen *seen = calloc(1, sizeof(*seen) + (size_t)sets * SET_WAYS * sizeof(struct trace));

	if (!seen)
		return NULL;
	seen->seed = seed;
	seen->window_ms = window_ms;
	seen->set_mask = sets - 1;
	return seen;
}

void sms_seen_free(struct sms_seen *seen)
{
	free(seen);
}

/* Never 0. */
static uint64_t key_of(const struct sms_seen *seen, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		       size_t len)
{
	uint64_t parts[4] = { from, to, reference, sms_hash(seen->seed, text, len) };

	return sms_hash(seen->seed, parts, sizeof(parts)) | 1;
}

static struct trace *set_of(struct sms_seen *seen, uint64_t key)
{
	return seen->traces + (key >> 32 & seen->set_mask) * SET_WAYS;
}

/* The trace of a key, or else the one that has to make room for it. */
static struct trace *trace_for(struct sms_seen *seen, uint64_t key)
{
	struct trace *set = set_of(seen, key), *oldest = set;

	for (unsigned int i = 0; i < SET_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].when < oldest->when)
			oldest = &set[i];
	}
	return oldest;
}

bool sms_seen_before(struct sms_seen *seen, uint64_t now, uint64_t from, uint64_t to, uint32_t reference,
		     const char *text, size_t len)
{
	uint64_t key = key_of(seen, from, to, reference, text, len);
	struct trace *trace = trace_for(seen, key);

	if (trace->key == key && now - trace->when < seen->window_ms)
		return true;
	*trace = (struct trace){ .key = key, .when = now };
	return false;
}

uint64_t sms_seen_when(struct sms_seen *seen, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		       size_t len)
{
	uint64_t key = key_of(seen, from, to, reference, text, len);
	const struct trace *trace = trace_for(seen, key);

	return trace->key == key ? trace->when : 0;
}

void sms_seen_forget(struct sms_seen *seen, uint64_t from, uint64_t to, uint32_t reference, const char *text,
		     size_t len)
{
	uint64_t key = key_of(seen, from, to, reference, text, len);
	struct trace *trace = trace_for(seen, key);

	if (trace->key == key)
		*trace = (struct trace){ 0 };
}

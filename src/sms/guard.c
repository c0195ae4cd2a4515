/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The loop guard: a machine that answers our answers is not answered for ever (F20). */
#include <stdlib.h>

#include "sms/sets.h"
#include "starhash/sms.h"

#define HOUR_MS (3600u * 1000u)

struct habit {
	uint64_t from;			/* as given */
	uint64_t text;			/* hash of the last text; 0: entry is free */
	uint64_t last;			/* when */
	uint64_t repeat_since, hour_since;
	uint32_t repeats, answers;
	uint8_t logged;			/* bit of each verdict that was */
};

struct sms_guard {
	struct sms_guard_limits limits;
	uint64_t seed;
	uint32_t set_mask;
	struct habit habits[];
};

struct sms_guard *sms_guard_new(const struct sms_guard_limits *limits, uint64_t seed)
{
	uint32_t sets = sets_for(limits->senders);
	struct sms_guard *guard = calloc(1, sizeof(*guard) + (size_t)sets * SET_WAYS * sizeof(struct habit));

	if (!guard)
		return NULL;
	guard->limits = *limits;
	guard->seed = seed;
	guard->set_mask = sets - 1;
	return guard;
}

void sms_guard_free(struct sms_guard *guard)
{
	free(guard);
}

/* The sender's habit; a fresh one takes the place of the one that was silent longest. */
static struct habit *habit_of(struct sms_guard *guard, uint64_t from)
{
	uint64_t key = sms_hash(guard->seed, &from, sizeof(from));
	struct habit *set = guard->habits + (key & guard->set_mask) * SET_WAYS, *oldest = set;

	for (unsigned int i = 0; i < SET_WAYS; i++) {
		if (set[i].text && set[i].from == from)
			return &set[i];
		if (oldest->text && (!set[i].text || set[i].last < oldest->last))
			oldest = &set[i];
	}
	*oldest = (struct habit){ .from = from };
	return oldest;
}

static void count_repeat(struct habit *habit, const struct sms_guard_limits *limits, uint64_t now, uint64_t text)
{
	if (habit->text != text || now - habit->repeat_since >= limits->repeat_ms) {
		habit->text = text;
		habit->repeat_since = now;
		habit->repeats = 0;
		habit->logged &= (uint8_t)~(1u << SMS_STOP_REPEATS);
	}
	habit->repeats += habit->repeats < UINT32_MAX;
}

static void begin_hour(struct habit *habit, uint64_t now)
{
	if (habit->hour_since && now - habit->hour_since < HOUR_MS)
		return;
	habit->hour_since = now;
	habit->answers = 0;
	habit->logged &= (uint8_t)~(1u << SMS_STOP_ANSWERS);
}

static enum sms_verdict judge(const struct habit *habit, const struct sms_guard_limits *limits)
{
	if (limits->repeats > 0 && habit->repeats > limits->repeats)
		return SMS_STOP_REPEATS;
	return limits->answers > 0 && habit->answers >= limits->answers ? SMS_STOP_ANSWERS : SMS_SERVE;
}

enum sms_verdict sms_guard_check(struct sms_guard *guard, uint64_t now, uint64_t from, const char *text, size_t len,
				 bool *log)
{
	uint64_t hash = sms_hash(guard->seed, text, len) | 1;
	struct habit *habit = habit_of(guard, from);
	enum sms_verdict verdict;

	habit->last = now;
	count_repeat(habit, &guard->limits, now, hash);
	begin_hour(habit, now);
	verdict = judge(habit, &guard->limits);
	habit->answers += verdict == SMS_SERVE;
	*log = verdict != SMS_SERVE && !(habit->logged >> verdict & 1);
	habit->logged |= (uint8_t)(1u << verdict);
	return verdict;
}

void sms_guard_forget(struct sms_guard *guard, uint64_t from)
{
	struct habit *habit = habit_of(guard, from);

	habit->repeats -= habit->repeats > 0;
	habit->answers -= habit->answers > 0;
}

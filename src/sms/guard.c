/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The loop guard: a machine that answers our answers is not answered for ever (F20), and a person in a menu always (A50). */
#include <stdlib.h>
#include <string.h>

#include "sms/sets.h"
#include "starhash/sms.h"

#define HOUR_MS (3600u * 1000u)
#define KEY_MAX 4			/* digits of an item's number, or of an amount */

struct habit {
	uint64_t from;			/* as given */
	uint64_t text;			/* hash of the last text; 0: entry is free */
	uint64_t last;			/* when */
	uint64_t page;			/* hash of the page that waits for this sender's answer; 0: none */
	uint64_t answered_page;		/* of the one that the last text answered */
	uint64_t repeat_since, hour_since;
	uint32_t repeats, answers;
	uint32_t reference;		/* the network's number of the last text that had one */
	bool numbered;			/* another one for each text */
	uint8_t said;			/* bit of each verdict that was */
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

static struct habit *set_of(struct sms_guard *guard, uint64_t from)
{
	return guard->habits + (sms_hash(guard->seed, &from, sizeof(from)) & guard->set_mask) * SET_WAYS;
}

static struct habit *habit_find(struct sms_guard *guard, uint64_t from)
{
	struct habit *set = set_of(guard, from);

	for (unsigned int i = 0; i < SET_WAYS; i++)
		if (set[i].text && set[i].from == from)
			return &set[i];
	return NULL;
}

/* The sender's habit; a fresh one takes the place of the one that was silent longest. */
static struct habit *habit_of(struct sms_guard *guard, uint64_t from)
{
	struct habit *habit = habit_find(guard, from), *set = set_of(guard, from), *oldest = set;

	if (habit)
		return habit;
	for (unsigned int i = 0; i < SET_WAYS; i++)
		if (oldest->text && (!set[i].text || set[i].last < oldest->last))
			oldest = &set[i];
	*oldest = (struct habit){ .from = from };
	return oldest;
}

static bool is_key(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr("0123456789*#", text[i], 12))
			return false;
	return len > 0 && len <= KEY_MAX;
}

/* Whether it answers a page, and not the same one with the same words as before. Each page is answered once. */
static bool answers_page(struct habit *habit, const char *text, size_t len)
{
	const bool other = habit->page != habit->answered_page;

	habit->answered_page = habit->page;
	habit->page = 0;
	return habit->answered_page && (other || is_key(text, len));
}

/* A number that stays the same for another text does not number messages. */
static void note_reference(struct habit *habit, uint32_t reference, uint64_t text)
{
	if (!reference)
		return;
	if (habit->reference && reference != habit->reference)
		habit->numbered = true;
	else if (habit->reference && text != habit->text)
		habit->numbered = false;
	habit->reference = reference;
}

static void count_repeat(struct habit *habit, const struct sms_guard_limits *limits, uint64_t now, uint64_t text,
			 bool answers)
{
	if (answers || habit->text != text || now - habit->repeat_since >= limits->repeat_ms) {
		habit->text = text;
		habit->repeat_since = now;
		habit->repeats = 0;
		habit->said &= (uint8_t)~(1u << SMS_STOP_REPEATS);
	}
	habit->repeats += habit->repeats < UINT32_MAX;
}

static void begin_hour(struct habit *habit, uint64_t now)
{
	if (habit->hour_since && now - habit->hour_since < HOUR_MS)
		return;
	habit->hour_since = now;
	habit->answers = 0;
	habit->said &= (uint8_t)~(1u << SMS_STOP_ANSWERS);
}

static enum sms_verdict judge(const struct habit *habit, const struct sms_guard_limits *limits)
{
	if (limits->repeats > 0 && habit->repeats > limits->repeats)
		return SMS_STOP_REPEATS;
	return limits->answers > 0 && habit->answers >= limits->answers ? SMS_STOP_ANSWERS : SMS_SERVE;
}

enum sms_verdict sms_guard_check(struct sms_guard *guard, uint64_t now, uint64_t from, uint32_t reference,
				 const char *text, size_t len, bool *first)
{
	uint64_t hash = sms_hash(guard->seed, text, len) | 1;
	struct habit *habit = habit_of(guard, from);
	enum sms_verdict verdict;

	habit->last = now;
	note_reference(habit, reference, hash);
	count_repeat(habit, &guard->limits, now, hash, answers_page(habit, text, len));
	begin_hour(habit, now);
	verdict = judge(habit, &guard->limits);
	habit->answers += verdict == SMS_SERVE;
	*first = verdict != SMS_SERVE && !(habit->said >> verdict & 1);
	habit->said |= (uint8_t)(1u << verdict);
	return verdict;
}

bool sms_guard_numbered(struct sms_guard *guard, uint64_t from)
{
	const struct habit *habit = habit_find(guard, from);

	return habit && habit->numbered;
}

void sms_guard_asked(struct sms_guard *guard, uint64_t from, const char *page, size_t len)
{
	struct habit *habit = habit_find(guard, from);

	if (habit)
		habit->page = sms_hash(guard->seed, page, len) | 1;
}

void sms_guard_forget(struct sms_guard *guard, uint64_t from)
{
	struct habit *habit = habit_find(guard, from);

	if (!habit)
		return;
	habit->repeats -= habit->repeats > 0;
	habit->answers -= habit->answers > 0;
	habit->page = habit->answered_page;	/* it will be answered by the same text */
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The loop brake stops answering a machine that answers our answers (F20), but always answers a person in a menu (A50). */
#include <stdlib.h>
#include <string.h>

#include "channel/smpp/sms/short_message.h"

#define HOUR_MS (3600u * 1000u)
#define KEY_MAX 4			/* digits of an item's number, or of an amount */
#define SET_WAYS 8			/* senders per set; a new one replaces the oldest of its set */

struct sender_state {
	uint64_t from;			/* as passed in */
	uint64_t text;			/* hash of the last text; 0: entry is free */
	uint64_t last;			/* when it was received */
	uint64_t page;			/* hash of the page that waits for this sender's answer; 0: none */
	uint64_t answered_page;		/* hash of the page that the last text answered */
	uint64_t repeat_since, hour_since;
	uint32_t repeats, answers;
	uint32_t reference;		/* message reference of the last text that had one */
	bool numbered;			/* references differ from text to text */
	uint8_t said;			/* bit of each verdict that was reported as the first */
};

struct sms_loop_brake {
	struct sms_loop_brake_limits limits;
	uint64_t seed;
	uint32_t set_mask;
	struct sender_state senders[];
};

struct sms_loop_brake *sms_loop_brake_new(const struct sms_loop_brake_limits *limits, uint64_t seed)
{
	struct sms_loop_brake *brake;
	uint32_t sets = 1;

	while (sets < 1u << 24 && sets * SET_WAYS < limits->senders)
		sets *= 2;
	brake = calloc(1, sizeof(*brake) + (size_t)sets * SET_WAYS * sizeof(struct sender_state));
	if (!brake)
		return NULL;
	brake->limits = *limits;
	brake->seed = seed;
	brake->set_mask = sets - 1;
	return brake;
}

void sms_loop_brake_free(struct sms_loop_brake *brake)
{
	free(brake);
}

static struct sender_state *set_of(struct sms_loop_brake *brake, uint64_t from)
{
	return brake->senders + (sms_hash(brake->seed, &from, sizeof(from)) & brake->set_mask) * SET_WAYS;
}

static struct sender_state *sender_find(struct sms_loop_brake *brake, uint64_t from)
{
	struct sender_state *set = set_of(brake, from);

	for (unsigned int i = 0; i < SET_WAYS; i++)
		if (set[i].text && set[i].from == from)
			return &set[i];
	return NULL;
}

/* Find or add the sender's state. A new sender replaces the one in its set that has been silent longest. */
static struct sender_state *sender_of(struct sms_loop_brake *brake, uint64_t from)
{
	struct sender_state *sender = sender_find(brake, from), *set = set_of(brake, from), *oldest = set;

	if (sender)
		return sender;
	for (unsigned int i = 0; i < SET_WAYS; i++)
		if (oldest->text && (!set[i].text || set[i].last < oldest->last))
			oldest = &set[i];
	*oldest = (struct sender_state){ .from = from };
	return oldest;
}

static bool is_key(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!memchr("0123456789*#", text[i], 12))
			return false;
	return len > 0 && len <= KEY_MAX;
}

/* Whether the text answers a page, and is not the same text to the same page as before. Each page is answered once. */
static bool answers_page(struct sender_state *sender, const char *text, size_t len)
{
	const bool other = sender->page != sender->answered_page;

	sender->answered_page = sender->page;
	sender->page = 0;
	return sender->answered_page && (other || is_key(text, len));
}

/* A reference that stays the same for a different text does not number messages. */
static void note_reference(struct sender_state *sender, uint32_t reference, uint64_t text)
{
	if (!reference)
		return;
	if (sender->reference && reference != sender->reference)
		sender->numbered = true;
	else if (sender->reference && text != sender->text)
		sender->numbered = false;
	sender->reference = reference;
}

enum sms_verdict sms_loop_brake_check(struct sms_loop_brake *brake, uint64_t now, uint64_t from, uint32_t reference,
				      const char *text, size_t len, bool *first)
{
	const struct sms_loop_brake_limits *limits = &brake->limits;
	uint64_t hash = sms_hash(brake->seed, text, len) | 1;
	struct sender_state *sender = sender_of(brake, from);
	enum sms_verdict verdict = SMS_SERVE;
	bool answers;

	sender->last = now;
	note_reference(sender, reference, hash);
	answers = answers_page(sender, text, len);
	if (answers || sender->text != hash || now - sender->repeat_since >= limits->repeat_ms) {
		sender->text = hash;
		sender->repeat_since = now;
		sender->repeats = 0;
		sender->said &= (uint8_t)~(1u << SMS_STOP_REPEATS);
	}
	sender->repeats += sender->repeats < UINT32_MAX;
	if (!sender->hour_since || now - sender->hour_since >= HOUR_MS) {
		sender->hour_since = now;
		sender->answers = 0;
		sender->said &= (uint8_t)~(1u << SMS_STOP_ANSWERS);
	}
	if (limits->repeats > 0 && sender->repeats > limits->repeats)
		verdict = SMS_STOP_REPEATS;
	else if (limits->answers > 0 && sender->answers >= limits->answers)
		verdict = SMS_STOP_ANSWERS;
	sender->answers += verdict == SMS_SERVE;
	*first = verdict != SMS_SERVE && !(sender->said >> verdict & 1);
	sender->said |= (uint8_t)(1u << verdict);
	return verdict;
}

bool sms_loop_brake_numbered(struct sms_loop_brake *brake, uint64_t from)
{
	const struct sender_state *sender = sender_find(brake, from);

	return sender && sender->numbered;
}

void sms_loop_brake_asked(struct sms_loop_brake *brake, uint64_t from, const char *page, size_t len)
{
	struct sender_state *sender = sender_find(brake, from);

	if (sender)
		sender->page = sms_hash(brake->seed, page, len) | 1;
}

void sms_loop_brake_forget(struct sms_loop_brake *brake, uint64_t from)
{
	struct sender_state *sender = sender_find(brake, from);

	if (!sender)
		return;
	sender->repeats -= sender->repeats > 0;
	sender->answers -= sender->answers > 0;
	sender->page = sender->answered_page;	/* the same text will answer it again */
}

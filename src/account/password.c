/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* When a service password is locked, for how long, and what unlocks it (S4, F23, F34).
 *
 * The state is that of the lock for the link concerned:
 *
 *            ATTEMPTED          RIGHT, CHANGED, REHASHED   RELEASED, GIVEN
 * OPEN       count              clear                      clear all
 * LAST       lock               clear                      clear all
 * OVERRUN    lock               clear                      clear all
 * LOCKED     refuse             clear                      clear all
 * SHUT       refuse             clear                      clear all
 *
 * The last allowed attempt locks before it is compared: a correct password then arrives in state LOCKED and clears it. */
#include <string.h>

#include "starhash/account.h"

enum state {
	OPEN,
	LAST,			/* the next attempt locks */
	OVERRUN,		/* more attempts than allowed: from an earlier version, or under other rules */
	LOCKED,
	SHUT,			/* locked by the lock of trusted links, which applies here, too */
	STATES
};

static enum state state_of(const struct password_rules *rules, const struct password *password, const struct password_input *input)
{
	const struct password_lock *lock = &password->lock[input->link];

	if (input->link == PASSWORD_LINK_UNTRUSTED && password->lock[PASSWORD_LINK_TRUSTED].until > input->now)
		return SHUT;
	if (lock->until > input->now)
		return LOCKED;
	if (lock->attempts >= rules->attempts_max)
		return OVERRUN;
	return lock->attempts + 1 == rules->attempts_max ? LAST : OPEN;
}

/* ---- actions ---- */

typedef void act(const struct password_rules *rules, struct password *password, const struct password_input *input,
		 struct password_step *step);

static void count(const struct password_rules *rules, struct password *password, const struct password_input *input,
		  struct password_step *step)
{
	struct password_lock *lock = &password->lock[input->link];

	step->left = rules->attempts_max - ++lock->attempts;
	lock->until = 0;
}

static void lock(const struct password_rules *rules, struct password *password, const struct password_input *input,
		 struct password_step *step)
{
	struct password_lock *lock = &password->lock[input->link];

	lock->until = lock->locks < rules->locks ? input->now + rules->lock_s[lock->locks] : LOCKED_FOR_GOOD;
	lock->locks++;
	lock->attempts = 0;
	step->locked_until = lock->until;
	step->notification = PASSWORD_SAYS_LOCKED;
}

static void lock_and_refuse(const struct password_rules *rules, struct password *password, const struct password_input *input,
			    struct password_step *step)
{
	lock(rules, password, input, step);
	step->answer = PASSWORD_LOCKED;
}

static void refuse_attempt(const struct password_rules *rules, struct password *password, const struct password_input *input,
			   struct password_step *step)
{
	const enum password_link link = password->lock[PASSWORD_LINK_TRUSTED].until > input->now ? PASSWORD_LINK_TRUSTED : input->link;

	step->locked_until = password->lock[link].until;
	step->answer = PASSWORD_LOCKED;
}

/* Prepend the old hash, if any, to the former ones, of which the oldest may drop out. */
static void past_push(struct password *password)
{
	char older[PASSWORD_PAST_SIZE];
	size_t len = strlen(password->hash);
	const char *at = older;

	if (!len)
		return;
	memcpy(older, password->past, sizeof(older));
	memcpy(password->past, password->hash, len);
	for (int count = 1; *at && count < PASSWORD_PAST_MAX; count++) {
		const size_t word = strcspn(at, " ");

		if (len + 1 + word >= sizeof(password->past))
			break;
		password->past[len++] = ' ';
		memcpy(password->past + len, at, word);
		len += word;
		at += word + (at[word] == ' ');
	}
	memset(password->past + len, 0, sizeof(password->past) - len);
	explicit_bzero(older, sizeof(older));
}

static void hash_take(struct password *password, const char *fresh)
{
	memset(password->hash, 0, sizeof(password->hash));
	strncpy(password->hash, fresh, sizeof(password->hash) - 1);
}

/* Over a trusted link the correct password proves that it is the subscriber: clear the other lock as well. */
static void clear(const struct password_rules *rules, struct password *password, const struct password_input *input,
		  struct password_step *step)
{
	if (strcmp(password->hash, input->compared)) {
		step->answer = PASSWORD_OUTDATED;
		return;
	}
	password->lock[PASSWORD_LINK_UNTRUSTED] = (struct password_lock){ 0 };
	if (input->link == PASSWORD_LINK_TRUSTED)
		password->lock[PASSWORD_LINK_TRUSTED] = (struct password_lock){ 0 };
	step->withdraw_locked = true;
	if (input->event == PASSWORD_CHANGED) {
		past_push(password);
		password->temporary = false;
		step->notification = PASSWORD_SAYS_CHANGED;
	}
	if (input->event != PASSWORD_RIGHT)
		hash_take(password, input->fresh);
}

static void clear_all(const struct password_rules *rules, struct password *password, const struct password_input *input,
		      struct password_step *step)
{
	memset(password->lock, 0, sizeof(password->lock));
	step->withdraw_locked = true;
	if (input->event != PASSWORD_GIVEN)
		return;
	past_push(password);
	hash_take(password, input->fresh);
	password->temporary = true;
}

#define THE_REST \
	[PASSWORD_RIGHT] = clear, [PASSWORD_CHANGED] = clear, [PASSWORD_REHASHED] = clear, \
	[PASSWORD_RELEASED] = clear_all, [PASSWORD_GIVEN] = clear_all

static act *const acts[STATES][PASSWORD_EVENTS] = {
	[OPEN] = { [PASSWORD_ATTEMPTED] = count, THE_REST },
	[LAST] = { [PASSWORD_ATTEMPTED] = lock, THE_REST },
	[OVERRUN] = { [PASSWORD_ATTEMPTED] = lock_and_refuse, THE_REST },
	[LOCKED] = { [PASSWORD_ATTEMPTED] = refuse_attempt, THE_REST },
	[SHUT] = { [PASSWORD_ATTEMPTED] = refuse_attempt, THE_REST },
};

struct password_step password_step(const struct password_rules *rules, struct password *password,
				   const struct password_input *input)
{
	struct password_step step = { .answer = PASSWORD_DONE };

	acts[state_of(rules, password, input)][input->event](rules, password, input, &step);
	return step;
}

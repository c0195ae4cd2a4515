/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Brakes in front of password checks, beside the locks that each number has: how often one subscriber may have a password checked
 * (F36), how many wrong ones a link that is not trusted may bring (F34), and an alarm for guesses at many numbers (F23).
 * They forget when the process ends: what must not be forgotten is counted in the store. Loop only. */
#pragma once

#include "starhash/accounts.h"

struct brake;

/* Who asks for a check, and over which link. */
struct attempt {
	uint64_t who;			/* keyed hash of the subscriber's number */
	uint8_t source;			/* index of the link */
	bool untrusted;			/* the link is not trusted with passwords */
};

enum brake_counter {
	BRAKE_WRONG, BRAKE_WRONG_UNTRUSTED,	/* in this order: see brake_wrong() */
	BRAKE_LOCKS, BRAKE_LOCKS_UNTRUSTED,
	BRAKE_LOCKED, BRAKE_SUBSCRIBER, BRAKE_LINK, BRAKE_BUSY, BRAKE_CODES, BRAKE_CODES_RIGHT, BRAKE_CODES_WRONG,
	BRAKE_COUNTERS
};

/* NULL when memory is short. */
struct brake *brake_new(void *ctx, const struct accounts_settings *settings);
void brake_free(struct brake *brake);	/* NULL is fine */

/* From a request's subscriber, ARG_CHANNEL and ARG_TRUST; without the latter the link is trusted. */
struct attempt brake_attempt(struct brake *brake, const struct request *request);

/* Whether a check may begin now; what does not is BUSY. Nothing is counted but that it may not. */
bool brake_admits(struct brake *brake, const struct attempt *attempt);

/* It begins. */
void brake_begin(struct brake *brake, const struct attempt *attempt);

/* The store answered that the password is locked until then (seconds since 1970; 0: until an operator releases it), or that it is
 * not locked. A check that may not begin in the rest of the minute is answered with that lock instead of BUSY. */
void brake_locked(struct brake *brake, const struct attempt *attempt, int64_t until);
void brake_unlocked(struct brake *brake, const struct attempt *attempt);

/* Whether such a lock lasts at \a now. */
bool brake_knows_lock(struct brake *brake, const struct attempt *attempt, int64_t now, int64_t *until);

/* The password was wrong; \a locks: the last one of a row. */
void brake_wrong(struct brake *brake, const struct attempt *attempt, bool locks);

/* A one-time code was wrong. */
void brake_wrong_code(struct brake *brake, const struct subscriber *subscriber);

void brake_count(struct brake *brake, enum brake_counter counter);

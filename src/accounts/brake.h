/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rate limits of password checks, besides the lock of each number: checks per subscriber (F36), wrong passwords over an untrusted link
 * (F34), and an alarm for guessing at many numbers (F23). Their state ends with the process: persistent counts are in the store. Loop
 * only. */
#pragma once

#include "starhash/accounts.h"

struct brake;

/* The subscriber and the link of a check. */
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

/* NULL when out of memory. */
struct brake *brake_new(void *ctx, const struct accounts_settings *settings);
void brake_free(struct brake *brake);	/* NULL is fine */

/* From the request's subscriber, ARG_CHANNEL and ARG_TRUST; without ARG_TRUST the link is trusted. */
struct attempt brake_attempt(struct brake *brake, const struct request *request);

/* Whether a check may begin now; otherwise answer BUSY. Counts refusals only. */
bool brake_admits(struct brake *brake, const struct attempt *attempt);

/* The check begins. */
void brake_begin(struct brake *brake, const struct attempt *attempt);

/* The store answered that the password is locked until \a until (seconds since 1970; 0: until an operator unlocks it), or that it is not
 * locked. In the rest of the minute a refused check is answered with that lock instead of BUSY. */
void brake_locked(struct brake *brake, const struct attempt *attempt, int64_t until);
void brake_unlocked(struct brake *brake, const struct attempt *attempt);

/* Whether such a lock is known and still lasts at \a now. */
bool brake_knows_lock(struct brake *brake, const struct attempt *attempt, int64_t now, int64_t *until);

/* The password was wrong; \a locks: it was the last allowed attempt. */
void brake_wrong(struct brake *brake, const struct attempt *attempt, bool locks);

/* A one-time code was wrong. */
void brake_wrong_code(struct brake *brake, const struct subscriber *subscriber);

void brake_count(struct brake *brake, enum brake_counter counter);

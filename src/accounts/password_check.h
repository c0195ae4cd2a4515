/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: checking a password, and the new one that is to replace it, in a thread. */
#pragma once

#include "accounts/password_hash.h"
#include "starhash/request.h"
#include "starhash/stored.h"

#define PASSWORD_SIZE 32	/* longer than any valid password: a truncated one matches nothing */
#define PAST_CHECKED 3		/* former passwords that must not be used again */
#define CHECK_RUNS_MAX (2 + PAST_CHECKED)	/* most hashes that one check computes */

struct check {
	const struct keys *keys;
	const char *kinds;		/* see password_verify() */
	bool judges;			/* fresh is to be judged */
	bool changes;			/* and is to replace password */
	char password[PASSWORD_SIZE];
	char fresh[PASSWORD_SIZE];
	char msisdn[MSISDN_SIZE];
	char id_pieces[STORED_ID_PIECES_SIZE];	/* see id_pieces_match(); "": unknown */
	char hash[PASSWORD_HASH_SIZE];
	char past[PASSWORD_PAST_SIZE];		/* former hashes between blanks, newest first */
	/* Results. */
	int verdict;			/* of password: see password_verify() */
	unsigned int took_us;		/* time taken by that */
	enum result result;		/* of a correct password: OK, or what is wrong with fresh */
	char fresh_hash[PASSWORD_HASH_SIZE];	/* of fresh if that is OK, else of password, or "" when hash is up to date */
};

/* The number of hashes it will compute at most, when hash and past are set. Fast. */
unsigned int check_runs(const struct check *check);

/* Slow. Leaves no password in the check or on the thread's stack. */
void check_password(struct check *check);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: what a thread finds out about a password, and about the one that is to take its place. */
#pragma once

#include "accounts/password_hash.h"
#include "starhash/request.h"
#include "starhash/stored.h"

#define PASSWORD_SIZE 32	/* longer than any valid one: what was cut matches nothing */
#define PAST_CHECKED 3		/* former passwords that must not be used again */
#define CHECK_RUNS_MAX (2 + PAST_CHECKED)	/* hashes that one check computes at most */

struct check {
	const struct keys *keys;
	const char *kinds;		/* see password_verify() */
	bool changes;			/* to fresh */
	char password[PASSWORD_SIZE];
	char fresh[PASSWORD_SIZE];
	char msisdn[MSISDN_SIZE];
	char id_pieces[STORED_ID_PIECES_SIZE];	/* see id_pieces_match(); "": unknown */
	char hash[PASSWORD_HASH_SIZE];
	char past[PASSWORD_PAST_SIZE];		/* hashes between blanks, newest first */
	/* What was found. */
	int verdict;			/* of password: see password_verify() */
	unsigned int took_us;		/* to find that out */
	enum result result;		/* of a right one: OK, or what is wrong with fresh */
	char fresh_hash[PASSWORD_HASH_SIZE];	/* of fresh when that is OK, else of password, or "" when hash is good */
};

/* How many hashes it will compute at most, once hash and past are there. Quick. */
unsigned int check_runs(const struct check *check);

/* Takes its time, and leaves no password in the check or on the thread's stack. */
void check_password(struct check *check);

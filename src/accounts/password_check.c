/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* S4: checking a password, in a thread. Only a user who knows the old password learns what is wrong with the new one. */
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "accounts/id_pieces.h"
#include "accounts/password_check.h"
#include "starhash/account.h"

#define STACK_OCTETS 16384	/* more stack than hashing uses */

/* The next of the former hashes, zero-terminated. Returns its length, 0 at the end. */
static size_t past_next(const char **at, char hash[static PASSWORD_HASH_SIZE])
{
	size_t len;

	*at += strspn(*at, " ");
	len = strcspn(*at, " ");
	strncpy(hash, *at, PASSWORD_HASH_SIZE - 1);
	hash[len < PASSWORD_HASH_SIZE ? len : 0] = '\0';
	*at += len;
	return len;
}

/* Compares all, even after a match, so that the time reveals nothing (F23). A hash whose key is gone matches nothing. */
static bool was_used(const struct check *check)
{
	char hash[PASSWORD_HASH_SIZE] = "";
	const char *at = check->past;
	bool used = false;

	for (int i = 0; i < PAST_CHECKED && past_next(&at, hash); i++)
		used |= password_verify(check->keys, check->kinds, check->fresh, hash) == 0;
	return used;
}

unsigned int check_runs(const struct check *check)
{
	char hash[PASSWORD_HASH_SIZE] = "";
	const char *at = check->past;
	unsigned int runs = 1;		/* the present password */

	while (check->judges && runs <= PAST_CHECKED && past_next(&at, hash))
		runs++;
	return runs + (check->changes || password_stale(check->keys, check->hash));
}

static enum result judge_password(const struct check *check)
{
	if (!check->judges)
		return RESULT_OK;
	if (password_weak(check->fresh, check->password, check->msisdn) ||
	    id_pieces_match(check->keys, check->msisdn, check->id_pieces, check->fresh))
		return RESULT_WEAK;
	return was_used(check) ? RESULT_USED : RESULT_OK;
}

/* With the current key hash the new password or, if unchanged, the present one. */
static void make_hash(struct check *check)
{
	const bool replaced = check->changes && check->result == RESULT_OK;
	const char *password = replaced ? check->fresh : check->password;

	if (!replaced && !password_stale(check->keys, check->hash))
		return;
	if (!password_hash(keys_current(check->keys), password, check->fresh_hash))
		return;
	check->fresh_hash[0] = '\0';
	if (replaced)
		check->result = RESULT_UNAVAILABLE;
}

static int verify(struct check *check)
{
	struct timespec began, ended;
	int rc;

	clock_gettime(CLOCK_MONOTONIC, &began);
	rc = password_verify(check->keys, check->kinds, check->password, check->hash);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	check->took_us = (unsigned int)((ended.tv_sec - began.tv_sec) * 1000000 + (ended.tv_nsec - began.tv_nsec) / 1000);
	return rc;
}

void check_password(struct check *check)
{
	check->verdict = verify(check);
	if (check->verdict == 0) {
		check->result = judge_password(check);
		make_hash(check);
	}
	sodium_memzero(check->password, sizeof(check->password));
	sodium_memzero(check->fresh, sizeof(check->fresh));
	sodium_stackzero(STACK_OCTETS);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of service passwords. Six digits can be guessed whatever the hash, so a key that only the server has, the
 * pepper, goes into each: "k1a2b3c4d$argon2id$…" names it, "$argon2id$…" belongs to the first one.
 *
 * Hashes that billing has made have no key of ours: they are accepted where their kind is configured, "argon2id",
 * "bcrypt", "sha256-crypt", "sha512-crypt" or "yescrypt", and only as expensive as a thread can bear. */
#pragma once

#include <stdbool.h>

#include "accounts/password_keys.h"
#include "starhash/account.h"

/* Slow on purpose: not for the loop. Returns 0 or -ENOMEM. */
int password_hash(const uint8_t pepper[static PEPPER_SIZE], const char *password, char hash[static PASSWORD_HASH_SIZE]);

/* Slow as well. \a kinds: those of billing's making that are accepted, between blanks; NULL: none. Returns 0: right,
 * -EACCES: wrong, -ENOKEY: its key or kind is not to be had, -ENOMEM. */
int password_verify(const struct keys *keys, const char *kinds, const char *password, const char *hash);

/* Whether \a hash is not what password_hash() would make now: a right password should be hashed anew. */
bool password_stale(const struct keys *keys, const char *hash);

/* Whether every one of \a kinds is known; else *\a wrong is the first that is not. */
bool password_kinds_known(const char *kinds, const char **wrong);

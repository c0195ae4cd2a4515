/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of service passwords. Six digits can be guessed from any hash, so each includes the pepper, a key that only the server has:
 * "k1a2b3c4d$argon2id$…" names it, "$argon2id$…" uses the first one.
 *
 * Hashes from billing have no key of ours: they are accepted if their type is configured, "argon2id", "bcrypt", "sha256-crypt",
 * "sha512-crypt" or "yescrypt", and their cost is bearable for a thread. */
#pragma once

#include <stdbool.h>

#include "accounts/password_keys.h"
#include "starhash/account.h"

/* Slow by design: not for the loop. Returns 0 or -ENOMEM. */
int password_hash(const uint8_t pepper[static PEPPER_SIZE], const char *password, char hash[static PASSWORD_HASH_SIZE]);

/* Slow as well. \a kinds: foreign types that are accepted, between blanks; NULL: none. Returns 0: correct, -EACCES: wrong, -ENOKEY: its
 * key is not available or its type not accepted, -ENOMEM. */
int password_verify(const struct keys *keys, const char *kinds, const char *password, const char *hash);

/* Whether \a hash is not of the form that password_hash() makes now: rehash a correct password. */
bool password_stale(const struct keys *keys, const char *hash);

/* Whether all of \a kinds are known; else *\a wrong is the first unknown one. */
bool password_kinds_known(const char *kinds, const char **wrong);

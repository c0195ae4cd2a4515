/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of service passwords. Six digits can be guessed whatever the hash, so a key that only the server has, the
 * pepper, goes into each. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PEPPER_SIZE 32
#define PASSWORD_HASH_SIZE 128	/* with the zero; libsodium's crypto_pwhash_STRBYTES */

/* Read the key from a file that nobody else may read; make file and key when there is none. Returns 0, or -errno
 * after a log line. */
int pepper_load(const char *path, uint8_t pepper[static PEPPER_SIZE]);

/* Slow on purpose: not for the loop. Returns 0 or -ENOMEM. */
int password_hash(const uint8_t pepper[static PEPPER_SIZE], const char *password, char hash[static PASSWORD_HASH_SIZE]);
bool password_matches(const uint8_t pepper[static PEPPER_SIZE], const char *password, const char *hash);

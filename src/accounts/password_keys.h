/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of password hashes, and those of consents, from a file that nobody else may read: 32 octets each, one after the other. The
 * last key is current and makes new hashes; the others verify older hashes. The first one also verifies hashes that name no key. */
#pragma once

#include <stdint.h>

#include "starhash/consent.h"

#define PEPPER_SIZE 32
#define KEYS_MAX 64
#define KEY_ID_SIZE 9		/* eight hexadecimal digits of the key's BLAKE2b, and the zero */

struct keys;

/* Creates the file, with one key, when it does not exist. Returns 0, or -errno after logging why. */
int keys_load(const char *path, struct keys **keys);
void keys_free(struct keys *keys);	/* NULL is fine */

/* What is wrong with an open key file; NULL: nothing. Also the rule of keys_load(). */
const char *keys_file_problem(int fd);

/* Draw a key that lives as long as the process. 0 or -errno. */
int keys_draw(struct keys **keys);

/* The keys of consents, which have their own key file. Points to the octets of \a keys. */
void keys_of_consent(const struct keys *keys, struct consent_keys *consent);

const uint8_t *keys_current(const struct keys *keys);
const uint8_t *keys_first(const struct keys *keys);
const uint8_t *keys_find(const struct keys *keys, const char *id);	/* NULL: not found. \a id need not end after 8 digits */

void key_id(const uint8_t key[static PEPPER_SIZE], char id[static KEY_ID_SIZE]);

/* Append a new key and write its id. The file is replaced atomically: after a crash it is the old or the new one. Returns 0, or -errno
 * after logging why. */
int keys_rotate(const char *path, char id[static KEY_ID_SIZE]);

/* The current key only, for programs that only make hashes. As keys_load(). */
int pepper_load(const char *path, uint8_t pepper[static PEPPER_SIZE]);

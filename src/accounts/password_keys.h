/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The keys of password hashes, and those of consents, from a file that nobody else may read: 32 octets each, one behind the
 * other. The last one is the current one, with which new hashes are made; the others verify what was hashed before. The first
 * one also verifies the hashes that name no key. */
#pragma once

#include <stdint.h>

#include "starhash/consent.h"

#define PEPPER_SIZE 32
#define KEYS_MAX 64
#define KEY_ID_SIZE 9		/* eight hexadecimal digits of the key's BLAKE2b, and the zero */

struct keys;

/* Makes the file with a key in it when there is none. Returns 0, or -errno after a log line. */
int keys_load(const char *path, struct keys **keys);
void keys_free(struct keys *keys);	/* NULL is fine */

/* A key that is drawn now and lives as long as the process. 0 or -errno. */
int keys_draw(struct keys **keys);

/* The keys of consents, which have such a file of their own. The octets stay those of \a keys. */
void keys_of_consent(const struct keys *keys, struct consent_keys *consent);

const uint8_t *keys_current(const struct keys *keys);
const uint8_t *keys_first(const struct keys *keys);
const uint8_t *keys_find(const struct keys *keys, const char *id);	/* NULL: not there. \a id need not end behind 8 digits */

void key_id(const uint8_t key[static PEPPER_SIZE], char id[static KEY_ID_SIZE]);

/* Append a new key. The file is replaced as a whole: after a crash it is the old or the new one. Writes the new key's
 * id. Returns 0, or -errno after a log line. */
int keys_rotate(const char *path, char id[static KEY_ID_SIZE]);

/* The current key alone, for programs that only make hashes. As keys_load(). */
int pepper_load(const char *path, uint8_t pepper[static PEPPER_SIZE]);

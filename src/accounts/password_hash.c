/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of service passwords: argon2id over a hash keyed with the pepper. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "accounts/password_foreign.h"
#include "accounts/password_hash.h"

#define MEMORY_OCTETS (19ull << 20)
#define PASSES 2
#define KEYED_SIZE 32
#define MARK 'k'
#define MARKED_LEN KEY_ID_SIZE		/* the prefix, and the key id without its zero */

static const char ours[] = "$argon2id$v=19$m=19456,t=2,p=1$";

static void key(const uint8_t *pepper, const char *password, char keyed[static KEYED_SIZE])
{
	crypto_generichash((unsigned char *)keyed, KEYED_SIZE, (const unsigned char *)password, strlen(password),
			   pepper, PEPPER_SIZE);
}

int password_hash(const uint8_t pepper[static PEPPER_SIZE], const char *password, char hash[static PASSWORD_HASH_SIZE])
{
	char plain[crypto_pwhash_STRBYTES];
	char keyed[KEYED_SIZE];
	char id[KEY_ID_SIZE];
	int rc;

	key(pepper, password, keyed);
	rc = crypto_pwhash_str_alg(plain, keyed, sizeof(keyed), PASSES, MEMORY_OCTETS, crypto_pwhash_ALG_ARGON2ID13);
	sodium_memzero(keyed, sizeof(keyed));
	if (rc)
		return -ENOMEM;
	key_id(pepper, id);
	return snprintf(hash, PASSWORD_HASH_SIZE, "%c%s%s", MARK, id, plain) < PASSWORD_HASH_SIZE ? 0 : -ENOMEM;
}

static int verify_keyed(const uint8_t *pepper, const char *password, const char *hash)
{
	char keyed[KEYED_SIZE];
	int rc;

	key(pepper, password, keyed);
	rc = argon2id_verify(keyed, sizeof(keyed), hash);
	sodium_memzero(keyed, sizeof(keyed));
	return rc;
}

static bool is_marked(const char *hash)
{
	return hash[0] == MARK && strlen(hash) > MARKED_LEN && hash[MARKED_LEN] == '$';
}

static bool is_first(const char *hash)
{
	return !strncmp(hash, ours, strlen(ours));
}

int password_verify(const struct keys *keys, const char *kinds, const char *password, const char *hash)
{
	const uint8_t *pepper;
	int rc = -EACCES;

	if (is_marked(hash)) {
		pepper = keys_find(keys, hash + 1);
		return pepper ? verify_keyed(pepper, password, hash + MARKED_LEN) : -ENOKEY;
	}
	/* Billing's hashes may look like our own from before keys had names. */
	if (is_first(hash))
		rc = verify_keyed(keys_first(keys), password, hash);
	if (rc != -EACCES || (is_first(hash) && !foreign_accepted(kinds, hash)))
		return rc;
	return foreign_verify(kinds, password, hash);
}

bool password_stale(const struct keys *keys, const char *hash)
{
	char id[KEY_ID_SIZE];

	key_id(keys_current(keys), id);
	return !is_marked(hash) || strncmp(hash + 1, id, KEY_ID_SIZE - 1) ||
	       strncmp(hash + MARKED_LEN, ours, strlen(ours));
}

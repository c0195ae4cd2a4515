/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* F34: one-time codes. A million codes can be tried in a second, so the stored digest is keyed: the database without the key file reveals
 * nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "accounts/codes.h"
#include "accounts/password_keys.h"

#define PURPOSE "one-time codes"	/* derives a separate key: the file's own key makes password hashes */

struct code_key {
	uint8_t key[crypto_generichash_KEYBYTES];
};

int code_key_new(const struct accounts_settings *settings, struct code_key **key)
{
	struct code_key *made = sodium_init() < 0 ? NULL : sodium_malloc(sizeof(*made));
	uint8_t pepper[PEPPER_SIZE];
	int rc;

	if (!made)
		return -ENOMEM;
	*key = made;
	if (!settings->pepper_file) {
		randombytes_buf(made->key, sizeof(made->key));
		return 0;
	}
	rc = pepper_load(settings->pepper_file, pepper);
	if (!rc)
		crypto_generichash(made->key, sizeof(made->key), (const uint8_t *)PURPOSE, strlen(PURPOSE), pepper,
				   sizeof(pepper));
	sodium_memzero(pepper, sizeof(pepper));
	return rc;
}

void code_key_free(struct code_key *key)
{
	sodium_free(key);
}

/* Bound to the subscriber: a digest copied from one conversation into another is useless there. */
void code_digest(const struct code_key *key, const struct subscriber *owner, const char *code, size_t len,
		 uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	const char *number = owner->msisdn[0] ? owner->msisdn : owner->imsi;
	crypto_generichash_state state;

	crypto_generichash_init(&state, key->key, sizeof(key->key), CONFIRM_DIGEST_SIZE);
	crypto_generichash_update(&state, (const uint8_t *)number, strlen(number) + 1);
	crypto_generichash_update(&state, (const uint8_t *)code, len);
	crypto_generichash_final(&state, digest, CONFIRM_DIGEST_SIZE);
	sodium_memzero(&state, sizeof(state));
}

void code_make(const struct code_key *key, const struct subscriber *owner, char code[static CONFIRM_CODE_SIZE],
	       uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	snprintf(code, CONFIRM_CODE_SIZE, "%06u", (unsigned int)randombytes_uniform(1000000));
	code_digest(key, owner, code, CONFIRM_CODE_LEN, digest);
}

bool code_right(const struct code_key *key, const struct subscriber *owner, const uint8_t digest[static CONFIRM_DIGEST_SIZE],
		const char *code, size_t len)
{
	uint8_t other[CONFIRM_DIGEST_SIZE];

	code_digest(key, owner, code, len, other);
	return sodium_memcmp(digest, other, CONFIRM_DIGEST_SIZE) == 0;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The seals of consents, and the data that each one covers. */
#include <string.h>

#include <sodium.h>

#include "consent/seal.h"

const struct consent_key *consent_key_current(const struct consent_keys *keys)
{
	return keys && keys->count ? &keys->keys[keys->count - 1] : NULL;
}

const struct consent_key *consent_key_find(const struct consent_keys *keys, const char *id)
{
	for (unsigned int i = keys->count; i > 0; i--) {
		if (!strcmp(keys->keys[i - 1].id, id))
			return &keys->keys[i - 1];
	}
	return NULL;
}

static void begin_seal(crypto_generichash_blake2b_state *state, const uint8_t *key, const char *purpose, size_t size)
{
	unsigned char personal[crypto_generichash_blake2b_PERSONALBYTES] = { 0 };

	for (size_t i = 0; i < sizeof(personal) && purpose[i]; i++)
		personal[i] = (unsigned char)purpose[i];
	crypto_generichash_blake2b_init_salt_personal(state, key, CONSENT_KEY_SIZE, size, NULL, personal);
}

/* Numbers have eight octets and texts are preceded by their length, so that different consents never give the same octets. */
static void add_number(crypto_generichash_blake2b_state *state, uint64_t number)
{
	uint8_t octets[8];

	for (unsigned int i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(number >> (8 * i));
	crypto_generichash_blake2b_update(state, octets, sizeof(octets));
}

static void add_text(crypto_generichash_blake2b_state *state, const void *octets, size_t len)
{
	add_number(state, len);
	crypto_generichash_blake2b_update(state, octets, len);
}

void consent_seal(const uint8_t key[static CONSENT_KEY_SIZE], struct consent_head *head, const struct consent *consent)
{
	crypto_generichash_blake2b_state state;

	head->sequence++;
	begin_seal(&state, key, "consent", CONSENT_HASH_SIZE);
	add_text(&state, head->hash, CONSENT_HASH_SIZE);
	add_number(&state, (uint64_t)head->sequence);
	add_number(&state, (uint64_t)consent->time);
	add_number(&state, (uint64_t)consent->msisdn);
	add_number(&state, (uint64_t)consent->epoch);
	add_number(&state, (uint64_t)consent->ref);
	for (unsigned int i = 0; i < CONSENT_TEXTS; i++)
		add_text(&state, consent->texts[i].octets, consent->texts[i].len);
	crypto_generichash_blake2b_final(&state, head->hash, CONSENT_HASH_SIZE);
}

void consent_seal_root(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, const struct consent_root *root,
		       uint8_t seal[static CONSENT_HASH_SIZE])
{
	crypto_generichash_blake2b_state state;

	begin_seal(&state, key, "consent root", CONSENT_HASH_SIZE);
	add_number(&state, (uint64_t)msisdn);
	add_number(&state, (uint64_t)root->id);
	add_number(&state, (uint64_t)root->head.sequence);
	add_text(&state, root->head.hash, CONSENT_HASH_SIZE);
	crypto_generichash_blake2b_final(&state, seal, CONSENT_HASH_SIZE);
}

void consent_number(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, uint8_t number[static CONSENT_NUMBER_SIZE])
{
	crypto_generichash_blake2b_state state;

	begin_seal(&state, key, "consent number", CONSENT_NUMBER_SIZE);
	add_number(&state, (uint64_t)msisdn);
	crypto_generichash_blake2b_final(&state, number, CONSENT_NUMBER_SIZE);
}

void seal_line(const uint8_t key[static CONSENT_KEY_SIZE], const char *line, size_t len, uint8_t seal[static LINE_SEAL_SIZE])
{
	crypto_generichash_blake2b_state state;

	begin_seal(&state, key, "consent anchor", LINE_SEAL_SIZE);
	add_text(&state, line, len);
	crypto_generichash_blake2b_final(&state, seal, LINE_SEAL_SIZE);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keyed pieces of an identity number: "1a2b3c4d" names the key, then four characters for each piece, sorted, so that their order reveals
 * nothing. 24 bits of each hash are stored: of a million passwords three would be refused by mistake. */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "accounts/id_pieces.h"
#include "starhash/account.h"

#define HASH_SIZE 16
#define CUT_SIZE 3
#define TEXT_SIZE 4		/* of CUT_SIZE octets in base 64 */
#define ID_SIZE (KEY_ID_SIZE - 1)

_Static_assert(ID_SIZE + PASSWORD_PIECES_MAX * TEXT_SIZE < STORED_ID_PIECES_SIZE, "all pieces have room");

static const char purpose[] = "identity number";

static void piece_hash(const uint8_t *key, const char *msisdn, const char *piece, char out[static TEXT_SIZE + 1])
{
	crypto_generichash_state state;
	uint8_t hash[HASH_SIZE];

	msisdn += strspn(msisdn, "+0");
	crypto_generichash_init(&state, key, PEPPER_SIZE, sizeof(hash));
	crypto_generichash_update(&state, (const uint8_t *)purpose, sizeof(purpose));
	crypto_generichash_update(&state, (const uint8_t *)msisdn, strlen(msisdn) + 1);
	crypto_generichash_update(&state, (const uint8_t *)piece, strlen(piece));
	crypto_generichash_final(&state, hash, sizeof(hash));
	sodium_bin2base64(out, TEXT_SIZE + 1, hash, CUT_SIZE, sodium_base64_VARIANT_URLSAFE);
	sodium_memzero(&state, sizeof(state));
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, TEXT_SIZE);
}

void id_pieces_make(const uint8_t key[static PEPPER_SIZE], const char *msisdn, const char *id_number,
		    char pieces[static STORED_ID_PIECES_SIZE])
{
	char parts[PASSWORD_PIECES_MAX][PASSWORD_PIECE_SIZE];
	const unsigned int count = password_id_pieces(id_number, parts);
	char *out = pieces + ID_SIZE;

	pieces[0] = '\0';
	if (count)
		key_id(key, pieces);
	for (unsigned int i = 0; i < count; i++, out += TEXT_SIZE)
		piece_hash(key, msisdn, parts[i], out);
	if (count)
		qsort(pieces + ID_SIZE, count, TEXT_SIZE, compare);
	sodium_memzero(parts, sizeof(parts));
}

static bool has(const char *pieces, const char *one)
{
	for (; strlen(pieces) >= TEXT_SIZE; pieces += TEXT_SIZE) {
		if (!memcmp(pieces, one, TEXT_SIZE))
			return true;
	}
	return false;
}

bool id_pieces_match(const struct keys *keys, const char *msisdn, const char *pieces, const char *password)
{
	char parts[PASSWORD_AS_PIECES][PASSWORD_PIECE_SIZE], one[TEXT_SIZE + 1];
	const uint8_t *key = strlen(pieces) > ID_SIZE ? keys_find(keys, pieces) : NULL;
	bool found = false;

	if (!key)
		return false;
	password_as_pieces(password, parts);
	for (unsigned int i = 0; i < PASSWORD_AS_PIECES; i++) {
		piece_hash(key, msisdn, parts[i], one);
		found |= has(pieces + ID_SIZE, one);
	}
	sodium_memzero(parts, sizeof(parts));
	return found;
}

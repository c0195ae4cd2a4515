/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The door's clients: door.c asks which of them sent a request. A bearer token, the client's certificate, or both prove it. */
#include <string.h>
#include <strings.h>

#include <gnutls/x509.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>
#include <sodium.h>

#include "door/clients.h"
#include "starhash/clock.h"

#define DIGEST_SIZE crypto_generichash_BYTES
#define NAME_SIZE 256

struct entry {
	struct door_client client;
	const char *certificate;	/* NULL: not needed; so is the token without has_token */
	bool has_token;
	unsigned char token[DIGEST_SIZE];
};

struct door_clients {
	struct entry *entries;
	unsigned int count;
	unsigned char key[crypto_generichash_KEYBYTES];	/* of the digests */
};

bool door_bucket_take(struct door_bucket *bucket, unsigned int rate)
{
	const int64_t now_us = clock_monotonic_ms() * 1000, second_us = 1000000;
	const int64_t full_us = bucket->full_us > now_us ? bucket->full_us : now_us;

	if (!rate)
		return true;
	if (full_us - now_us + second_us / rate > second_us)
		return false;
	bucket->full_us = full_us + second_us / rate;
	return true;
}

void door_bucket_charge(struct door_bucket *bucket, unsigned int rate, unsigned int more)
{
	if (rate)
		bucket->full_us += (int64_t)more * 1000000 / rate;
}

/* ---- who a request is from ---- */

static void digest(const struct door_clients *clients, const char *token, size_t len, unsigned char out[static DIGEST_SIZE])
{
	crypto_generichash(out, DIGEST_SIZE, (const unsigned char *)token, len, clients->key, sizeof(clients->key));
}

/* The digest of a bearer token. Returns false when there is none. */
static bool token_take(const struct door_clients *clients, const char *authorization, unsigned char out[static DIGEST_SIZE])
{
	static const char scheme[] = "Bearer ";

	if (!authorization || strncasecmp(authorization, scheme, strlen(scheme)))
		return false;
	authorization += strlen(scheme);
	authorization += strspn(authorization, " ");
	digest(clients, authorization, strcspn(authorization, " \t"), out);
	return true;
}

/* The certificate that the client of a session showed; NULL: none. */
static gnutls_x509_crt_t certificate_of(gnutls_session_t session)
{
	const gnutls_datum_t *chain = NULL;
	gnutls_x509_crt_t certificate;
	unsigned int count = 0;

	if (session)
		chain = gnutls_certificate_get_peers(session, &count);
	if (!chain || !count || gnutls_x509_crt_init(&certificate) < 0)
		return NULL;
	if (gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) == 0)
		return certificate;
	gnutls_x509_crt_deinit(certificate);
	return NULL;
}

static bool same_name(const char *found, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(found, name, len);
}

/* Whole names only: in the certificate of a client, "*" is not a wildcard. */
static bool certificate_names(gnutls_x509_crt_t certificate, const char *name)
{
	char found[NAME_SIZE];
	size_t len = sizeof(found);
	int kind;

	if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, found, &len) == 0 &&
	    same_name(found, len, name))
		return true;
	for (unsigned int i = 0; ; i++) {
		len = sizeof(found);
		kind = gnutls_x509_crt_get_subject_alt_name(certificate, i, found, &len, NULL);
		if (kind == GNUTLS_SAN_DNSNAME && same_name(found, len, name))
			return true;
		if (kind < 0 && kind != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return false;
	}
}

struct door_client *door_clients_find(struct door_clients *clients, const char *authorization, gnutls_session_t session)
{
	unsigned char token[DIGEST_SIZE] = { 0 };
	const bool has_token = token_take(clients, authorization, token);
	gnutls_x509_crt_t certificate = certificate_of(session);
	struct door_client *found = NULL;

	for (unsigned int i = 0; i < clients->count; i++) {
		struct entry *entry = &clients->entries[i];
		const bool token_fits = !sodium_memcmp(entry->token, token, DIGEST_SIZE) && has_token;

		if ((token_fits || !entry->has_token) &&
		    (!entry->certificate || (certificate && certificate_names(certificate, entry->certificate))))
			found = &entry->client;
	}
	if (certificate)
		gnutls_x509_crt_deinit(certificate);
	return found;
}

/* ---- the clients of the configuration ---- */

static int token_load(struct door_clients *clients, struct entry *entry, const char *path)
{
	char token[DOOR_TOKEN_SIZE];
	const int rc = conf_secret_read(path, token, sizeof(token));
	const size_t len = rc ? 0 : strlen(token);
	bool good = len >= DOOR_TOKEN_MIN;

	if (rc)
		LOGP(DDOOR, LOGL_ERROR, "client %s: token file %s: %s\n", entry->client.name, path, conf_secret_problem(rc));
	else if (!good)
		LOGP(DDOOR, LOGL_ERROR, "client %s: token file %s: the token has fewer than %u characters\n", entry->client.name, path,
		     DOOR_TOKEN_MIN);
	if (good)
		digest(clients, token, len, entry->token);
	explicit_bzero(token, sizeof(token));
	entry->has_token = true;
	for (const struct entry *other = clients->entries; good && other < entry; other++) {
		if (!other->has_token || memcmp(other->token, entry->token, DIGEST_SIZE))
			continue;
		LOGP(DDOOR, LOGL_ERROR, "clients %s and %s have the same token\n", other->client.name, entry->client.name);
		good = false;
	}
	return good ? 0 : -1;
}

struct door_clients *door_clients_new(void *ctx, const struct door_settings *settings)
{
	struct door_clients *clients = talloc_zero(ctx, struct door_clients);
	struct problems problems = { 0 };	/* the settings are checked */
	int rc = sodium_init();

	OSMO_ASSERT(clients && rc >= 0);
	randombytes_buf(clients->key, sizeof(clients->key));
	rc = 0;
	for (const struct setting *at = NULL; (at = door_client_next(settings->clients, at));) {
		struct door_client_settings client;
		struct entry *entry;

		clients->entries = talloc_realloc(clients, clients->entries, struct entry, clients->count + 1);
		OSMO_ASSERT(clients->entries);
		entry = &clients->entries[clients->count++];
		conf_read(at, door_client_rows, &client, &problems);
		*entry = (struct entry){ .client = { .name = client.name, .rights = door_rights(client.may, &problems),
						     .providers = client.providers },
					 .certificate = client.certificate };
		if (client.token_file && token_load(clients, entry, client.token_file))
			rc = -1;
	}
	OSMO_ASSERT(!problems.count);
	if (!rc)
		return clients;
	talloc_free(clients);
	return NULL;
}

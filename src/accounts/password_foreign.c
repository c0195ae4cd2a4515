/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Foreign password hashes. A hash states its own cost: one that would block a thread for too long is refused. */
#include <crypt.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "accounts/password_foreign.h"
#include "accounts/password_hash.h"

#define ARGON2_KIBS_MAX 65536
#define ARGON2_PASSES_MAX 10
#define ROUNDS_MAX 200000
#define BCRYPT_COST_MAX 12

/* ---- argon2id ---- */

int argon2id_verify(const char *password, size_t len, const char *hash)
{
	unsigned int version, kibs, passes, lanes;

	if (sscanf(hash, "$argon2id$v=%9u$m=%9u,t=%9u,p=%9u$", &version, &kibs, &passes, &lanes) != 4 ||
	    kibs > ARGON2_KIBS_MAX || passes > ARGON2_PASSES_MAX || lanes > 1)
		return -ENOKEY;
	errno = 0;
	if (!crypto_pwhash_str_verify(hash, password, len))
		return 0;
	return errno == ENOMEM ? -ENOMEM : -EACCES;
}

static int verify_argon2id(const char *password, const char *hash)
{
	return argon2id_verify(password, strlen(password), hash);
}

/* ---- crypt(3) ---- */

static int verify_crypt(const char *password, const char *hash)
{
	struct crypt_data *data = sodium_malloc(sizeof(*data));
	const char *made;
	int rc = -ENOKEY;

	if (!data)
		return -ENOMEM;
	memset(data, 0, sizeof(*data));
	made = crypt_r(password, hash, data);
	if (made && made[0] != '*' && strlen(made) == strlen(hash))
		rc = sodium_memcmp(made, hash, strlen(hash)) ? -EACCES : 0;
	else if (errno == ENOMEM)
		rc = -ENOMEM;
	sodium_free(data);
	return rc;
}

/* "$5$rounds=5000$salt$…"; the default is 5000 rounds. */
static int verify_sha(const char *password, const char *hash)
{
	static const char rounds[] = "rounds=";

	if (!strncmp(hash + 3, rounds, strlen(rounds)) && strtoul(hash + 3 + strlen(rounds), NULL, 10) > ROUNDS_MAX)
		return -ENOKEY;
	return verify_crypt(password, hash);
}

/* "$2b$12$…" */
static int verify_bcrypt(const char *password, const char *hash)
{
	return strtoul(hash + 4, NULL, 10) > BCRYPT_COST_MAX ? -ENOKEY : verify_crypt(password, hash);
}

/* "$y$j9T$salt$…": one character each for flavour, logarithm of the memory, and block size. 'A' means 32 MiB with 'T'. */
static int verify_yescrypt(const char *password, const char *hash)
{
	const char *cost = hash + 3;

	if (strlen(cost) < 4 || cost[0] != 'j' || cost[1] < '.' || cost[1] > 'A' || cost[2] < '.' || cost[2] > 'T' ||
	    cost[3] != '$')
		return -ENOKEY;
	return verify_crypt(password, hash);
}

/* ---- kinds ---- */

static const struct kind {
	const char *name;
	const char *prefix;
	int (*verify)(const char *password, const char *hash);
} known[] = {
	{ "argon2id", "$argon2id$", verify_argon2id },
	{ "bcrypt", "$2a$", verify_bcrypt },
	{ "bcrypt", "$2b$", verify_bcrypt },
	{ "bcrypt", "$2y$", verify_bcrypt },
	{ "sha256-crypt", "$5$", verify_sha },
	{ "sha512-crypt", "$6$", verify_sha },
	{ "yescrypt", "$y$", verify_yescrypt },
};

#define KNOWN_COUNT (sizeof(known) / sizeof(*known))

static const struct kind *kind_of(const char *hash)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (!strncmp(hash, known[i].prefix, strlen(known[i].prefix)))
			return &known[i];
	}
	return NULL;
}

/* The next of words separated by blanks; returns its length, 0 at the end. */
static size_t word_next(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " ");
}

bool foreign_accepted(const char *kinds, const char *hash)
{
	const struct kind *kind = kind_of(hash);
	size_t len;

	for (; kind && kinds && (len = word_next(&kinds)); kinds += len) {
		if (strlen(kind->name) == len && !strncmp(kinds, kind->name, len))
			return true;
	}
	return false;
}

int foreign_verify(const char *kinds, const char *password, const char *hash)
{
	return foreign_accepted(kinds, hash) ? kind_of(hash)->verify(password, hash) : -ENOKEY;
}

static bool is_known(const char *name, size_t len)
{
	for (size_t i = 0; i < KNOWN_COUNT; i++) {
		if (strlen(known[i].name) == len && !strncmp(known[i].name, name, len))
			return true;
	}
	return false;
}

bool password_kinds_known(const char *kinds, const char **wrong)
{
	size_t len;

	for (*wrong = kinds; kinds && (len = word_next(&kinds)); kinds += len) {
		*wrong = kinds;
		if (!is_known(kinds, len))
			return false;
	}
	return true;
}

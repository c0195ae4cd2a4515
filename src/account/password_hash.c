/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Hashes of service passwords: argon2id over a hash keyed with the pepper. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "account/password_hash.h"
#include "starhash/log.h"

#define MEMORY_OCTETS (19ull << 20)
#define PASSES 2
#define KEYED_SIZE 32

_Static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "size of libsodium's hashes");

static int refuse(const char *path, const char *why, int rc)
{
	LOGP(DACCOUNT, LOGL_ERROR, "Key file %s: %s\n", path, why);
	return rc;
}

/* The name of a new file is durable only when its folder is. */
static int sync_folder(const char *path)
{
	char copy[4096];
	int fd;
	int rc;

	if (strlen(path) >= sizeof(copy))
		return -ENAMETOOLONG;
	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int write_key(int fd, const char *path, const uint8_t *pepper)
{
	int rc = 0;

	if (write(fd, pepper, PEPPER_SIZE) != PEPPER_SIZE || fsync(fd) < 0)
		rc = errno ? -errno : -EIO;
	close(fd);
	if (!rc)
		rc = sync_folder(path);
	if (rc < 0)
		unlink(path);
	return rc;
}

static int make(const char *path, uint8_t *pepper)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return refuse(path, strerror(errno), -errno);
	randombytes_buf(pepper, PEPPER_SIZE);
	rc = write_key(fd, path, pepper);
	if (rc < 0)
		return refuse(path, strerror(-rc), rc);
	LOGP(DACCOUNT, LOGL_NOTICE, "Made %s, the key of password hashes: keep it with the database\n", path);
	return 0;
}

static int read_key(int fd, const char *path, uint8_t *pepper)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return refuse(path, strerror(errno), -errno);
	if (!S_ISREG(stat.st_mode) || stat.st_size != PEPPER_SIZE)
		return refuse(path, "not a file of 32 octets", -EINVAL);
	if (stat.st_mode & 077)
		return refuse(path, "others may read it; its mode must be 0600", -EPERM);
	if (read(fd, pepper, PEPPER_SIZE) != PEPPER_SIZE)
		return refuse(path, "cannot be read", -EIO);
	return 0;
}

int pepper_load(const char *path, uint8_t pepper[static PEPPER_SIZE])
{
	int fd;
	int rc;

	if (sodium_init() < 0)
		return refuse(path, "no source of random numbers", -EIO);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return make(path, pepper);
	if (fd < 0)
		return refuse(path, strerror(errno), -errno);
	rc = read_key(fd, path, pepper);
	close(fd);
	return rc;
}

static void key(const uint8_t *pepper, const char *password, char keyed[static KEYED_SIZE])
{
	crypto_generichash((unsigned char *)keyed, KEYED_SIZE, (const unsigned char *)password, strlen(password),
			   pepper, PEPPER_SIZE);
}

int password_hash(const uint8_t pepper[static PEPPER_SIZE], const char *password, char hash[static PASSWORD_HASH_SIZE])
{
	char keyed[KEYED_SIZE];
	int rc;

	key(pepper, password, keyed);
	rc = crypto_pwhash_str_alg(hash, keyed, sizeof(keyed), PASSES, MEMORY_OCTETS, crypto_pwhash_ALG_ARGON2ID13);
	sodium_memzero(keyed, sizeof(keyed));
	return rc ? -ENOMEM : 0;
}

bool password_matches(const uint8_t pepper[static PEPPER_SIZE], const char *password, const char *hash)
{
	char keyed[KEYED_SIZE];
	int rc;

	key(pepper, password, keyed);
	rc = crypto_pwhash_str_verify(hash, keyed, sizeof(keyed));
	sodium_memzero(keyed, sizeof(keyed));
	return rc == 0;
}

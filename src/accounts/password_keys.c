/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key file: creating and reading it, and adding a key. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "accounts/password_keys.h"
#include "starhash/conf.h"
#include "starhash/log.h"

#define PATH_SIZE 4096
#define NEW_END ".new"

/* In locked memory, excluded from core files. */
struct keys {
	unsigned int count;
	uint8_t octets[KEYS_MAX * PEPPER_SIZE];
};

static int refuse_keys(const char *path, const char *why, int rc)
{
	LOGP(DACCOUNT, LOGL_ERROR, "Key file %s: %s\n", path, why);
	return rc;
}

static struct keys *keys_new(void)
{
	struct keys *keys = sodium_init() < 0 ? NULL : sodium_malloc(sizeof(*keys));

	if (keys)
		keys->count = 0;
	return keys;
}

void keys_free(struct keys *keys)
{
	sodium_free(keys);
}

/* ---- writing ---- */

/* A new file is durable only once its folder has been synced. */
static int sync_folder(const char *path)
{
	char copy[PATH_SIZE];
	int fd;
	int rc;

	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static int write_keys(int fd, const struct keys *keys)
{
	const size_t len = (size_t)keys->count * PEPPER_SIZE;
	int rc = 0;

	errno = 0;
	if (write(fd, keys->octets, len) != (ssize_t)len || fsync(fd) < 0)
		rc = errno ? -errno : -EIO;
	close(fd);
	return rc;
}

static int create(const char *path, const struct keys *keys)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = write_keys(fd, keys);
	if (!rc)
		rc = sync_folder(path);
	if (rc < 0)
		unlink(path);
	return rc;
}

static void add_key(struct keys *keys)
{
	randombytes_buf(keys->octets + keys->count++ * PEPPER_SIZE, PEPPER_SIZE);
}

static int make_keys(const char *path, struct keys *keys)
{
	int rc;

	add_key(keys);
	rc = create(path, keys);
	if (rc < 0)
		return refuse_keys(path, strerror(-rc), rc);
	LOGP(DACCOUNT, LOGL_NOTICE, "Created the secret key file %s: store a copy apart from the database\n", path);
	return 0;
}

/* ---- reading ---- */

const char *keys_file_problem(int fd)
{
	struct stat found;

	if (fstat(fd, &found) < 0)
		return strerror(errno);
	return !found.st_size || found.st_size % PEPPER_SIZE || found.st_size > KEYS_MAX * PEPPER_SIZE ?
	       "not a file of 1 to 64 keys of 32 octets" : NULL;
}

static int read_keys(int fd, const char *path, struct keys *keys)
{
	const char *why = keys_file_problem(fd);
	ssize_t len;

	if (why)
		return refuse_keys(path, why, -EINVAL);
	len = read(fd, keys->octets, sizeof(keys->octets));
	if (len < PEPPER_SIZE)
		return refuse_keys(path, len < 0 ? strerror(errno) : "too short", -EIO);
	keys->count = (unsigned int)len / PEPPER_SIZE;
	return 0;
}

/* -ENOENT, without logging, when the file does not exist. */
static int read_file(const char *path, struct keys *keys)
{
	int fd;
	int rc;

	if (strlen(path) + sizeof(NEW_END) > PATH_SIZE)
		return refuse_keys(path, strerror(ENAMETOOLONG), -ENAMETOOLONG);
	fd = conf_secret_open(path, O_NOFOLLOW);
	if (fd == -ENOENT)
		return fd;
	if (fd < 0)
		return refuse_keys(path, fd == -EINVAL ? "not a file" :
				    fd == -EPERM ? "accessible to others; its mode must be 0600" : strerror(-fd), fd);
	rc = read_keys(fd, path, keys);
	close(fd);
	return rc;
}

int keys_load(const char *path, struct keys **keys)
{
	struct keys *made = keys_new();
	int rc;

	if (!made)
		return refuse_keys(path, "no random numbers, or no memory for it", -ENOMEM);
	rc = read_file(path, made);
	if (rc == -ENOENT)
		rc = make_keys(path, made);
	if (rc < 0) {
		keys_free(made);
		return rc;
	}
	*keys = made;
	return 0;
}

int keys_draw(struct keys **keys)
{
	*keys = keys_new();
	if (!*keys)
		return -ENOMEM;
	add_key(*keys);
	return 0;
}

int pepper_load(const char *path, uint8_t pepper[static PEPPER_SIZE])
{
	struct keys *keys;
	int rc = keys_load(path, &keys);

	if (rc < 0)
		return rc;
	memcpy(pepper, keys_current(keys), PEPPER_SIZE);
	keys_free(keys);
	return 0;
}

/* ---- adding a key ---- */

/* The file's owner stays the same: root may add a key to a file that the daemon must read. */
static int take_place(const char *fresh, const char *path)
{
	struct stat old;

	if (stat(path, &old) < 0 || chown(fresh, old.st_uid, old.st_gid) < 0 || rename(fresh, path) < 0)
		return -errno;
	return sync_folder(path);
}

static int replace(const char *path, const struct keys *keys)
{
	char fresh[PATH_SIZE];
	int rc;

	snprintf(fresh, sizeof(fresh), "%s" NEW_END, path);
	unlink(fresh);		/* left by an interrupted run: its key was never used */
	rc = create(fresh, keys);
	if (!rc)
		rc = take_place(fresh, path);
	if (!rc)
		return 0;
	unlink(fresh);
	return refuse_keys(path, strerror(-rc), rc);
}

static int rotate(const char *path, struct keys *keys, char id[static KEY_ID_SIZE])
{
	int rc = read_file(path, keys);

	if (rc == -ENOENT)
		return refuse_keys(path, "does not exist", rc);
	if (rc < 0)
		return rc;
	if (keys->count == KEYS_MAX)
		return refuse_keys(path, "already has 64 keys", -ENOSPC);
	add_key(keys);
	key_id(keys_current(keys), id);
	return replace(path, keys);
}

int keys_rotate(const char *path, char id[static KEY_ID_SIZE])
{
	struct keys *keys = keys_new();
	int rc = keys ? rotate(path, keys, id) : refuse_keys(path, "no random numbers, or no memory for it", -ENOMEM);

	keys_free(keys);
	return rc;
}

/* ---- looking up ---- */

void keys_of_consent(const struct keys *keys, struct consent_keys *consent)
{
	_Static_assert(KEYS_MAX <= CONSENT_KEYS_MAX && PEPPER_SIZE == CONSENT_KEY_SIZE && KEY_ID_SIZE == CONSENT_KEY_ID_SIZE,
		       "keys of consents are as those of passwords");
	consent->count = keys->count;
	for (unsigned int i = 0; i < keys->count; i++) {
		consent->keys[i].octets = keys->octets + i * PEPPER_SIZE;
		key_id(consent->keys[i].octets, consent->keys[i].id);
	}
}

const uint8_t *keys_current(const struct keys *keys)
{
	return keys->octets + (keys->count - 1) * PEPPER_SIZE;
}

const uint8_t *keys_first(const struct keys *keys)
{
	return keys->octets;
}

const uint8_t *keys_find(const struct keys *keys, const char *id)
{
	for (unsigned int i = 0; i < keys->count; i++) {
		const uint8_t *key = keys->octets + i * PEPPER_SIZE;
		char own[KEY_ID_SIZE];

		key_id(key, own);
		if (!strncmp(own, id, KEY_ID_SIZE - 1))
			return key;
	}
	return NULL;
}

void key_id(const uint8_t key[static PEPPER_SIZE], char id[static KEY_ID_SIZE])
{
	uint8_t hash[crypto_generichash_BYTES];

	crypto_generichash(hash, sizeof(hash), key, PEPPER_SIZE, NULL, 0);
	sodium_bin2hex(id, KEY_ID_SIZE, hash, (KEY_ID_SIZE - 1) / 2);
}

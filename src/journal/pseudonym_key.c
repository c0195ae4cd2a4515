/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The key of the journal's pseudonyms, in a file that only our user may read. It is generated when absent. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "journal/journal_internal.h"
#include "starhash/conf.h"
#include "starhash/log.h"

/* The key file appears under its name only when it is complete, so that a process that starts at the same time never reads half a key. */
static int make_key(const char *path, unsigned char *key)
{
	char fresh[4096];
	int fd, rc;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >= (int)sizeof(fresh))
		return -ENAMETOOLONG;
	unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	randombytes_buf(key, JOURNAL_KEY_SIZE);
	rc = write(fd, key, JOURNAL_KEY_SIZE) != JOURNAL_KEY_SIZE || fsync(fd) ? -EIO : 0;
	close(fd);
	if (!rc && link(fresh, path))
		rc = -errno;
	unlink(fresh);
	return rc;
}

static int load(const char *path, unsigned char *key)
{
	const int fd = conf_secret_open(path, O_NOFOLLOW);
	int rc;

	if (fd < 0)
		return fd;
	rc = read(fd, key, JOURNAL_KEY_SIZE) == JOURNAL_KEY_SIZE ? 0 : -EBADMSG;
	close(fd);
	return rc;
}

static const char *reason(int rc)
{
	switch (rc) {
	case -EINVAL:
	case -EPERM:
		return "it must be a file that only its owner may read (mode 0600)";
	case -EBADMSG:
		return "it is too short for a key";
	default:
		return strerror(-rc);
	}
}

const char *journal_key_problem(int fd)
{
	struct stat found;

	return fstat(fd, &found) < 0 ? strerror(errno) : found.st_size < JOURNAL_KEY_SIZE ? reason(-EBADMSG) : NULL;
}

static int complain(const char *path, int rc)
{
	if (rc)
		LOGP(DMAIN, LOGL_ERROR, "key of the journal's pseudonyms, %s: %s\n", path, reason(rc));
	return rc;
}

int journal_key_read(const char *path, unsigned char key[static JOURNAL_KEY_SIZE])
{
	return complain(path, load(path, key));
}

int journal_key_load(const char *path, unsigned char key[static JOURNAL_KEY_SIZE])
{
	int rc = load(path, key);

	if (rc == -ENOENT)
		rc = make_key(path, key);
	if (rc == -EEXIST)
		rc = load(path, key);	/* made by another process meanwhile */
	return complain(path, rc);
}

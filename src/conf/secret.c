/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads a password, a token or a key, once it is sure that the file's mode keeps others away. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starhash/conf.h"

static int mode_check(int fd)
{
	struct stat found;

	if (fstat(fd, &found) < 0)
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	return found.st_mode & (S_IRWXG | S_IRWXO) ? -EPERM : 0;
}

static int line_read(int fd, char *out, size_t size)
{
	const ssize_t n = read(fd, out, size);
	const int rc = n < 0 ? -errno : 0;
	size_t len = 0;

	while (!rc && len < (size_t)n && out[len] && out[len] != '\r' && out[len] != '\n')
		len++;
	if (len == size) {
		explicit_bzero(out, size);
		return -EMSGSIZE;
	}
	explicit_bzero(out + len, size - len);
	return rc;
}

int conf_secret_open(const char *path, int flags)
{
	/* Without O_NONBLOCK a pipe in its place would hold up the loop. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
	int rc;

	if (fd < 0)
		return -errno;
	rc = mode_check(fd);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

int conf_secret_read(const char *path, char *out, size_t size)
{
	const int fd = conf_secret_open(path, 0);
	int rc;

	if (fd < 0)
		return fd;
	rc = line_read(fd, out, size);
	close(fd);
	return rc;
}

const char *conf_secret_problem(int rc)
{
	return rc == -EPERM ? "its mode lets others in; chmod it to 0600 or 0400" :
	       rc == -EMSGSIZE ? "its first line is too long" : strerror(-rc);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads a password, once it is sure that the file's mode keeps others away. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/smpp/password_file.h"

/* The password and its line break, and one more octet to see what is too long. */
#define LINE_MAX_LEN (SMPP_PASSWORD_MAX + 2)

static int mode_check(int fd)
{
	struct stat found;

	if (fstat(fd, &found) < 0)
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	return found.st_mode & (S_IRWXG | S_IRWXO) ? -EPERM : 0;
}

static int line_read(int fd, char out[static SMPP_PASSWORD_MAX + 1])
{
	char line[LINE_MAX_LEN + 1] = "";
	ssize_t n = read(fd, line, LINE_MAX_LEN);
	int rc = n < 0 ? -errno : 0;

	line[strcspn(line, "\r\n")] = '\0';
	if (!rc && strlen(line) > SMPP_PASSWORD_MAX)
		rc = -EMSGSIZE;
	if (!rc)
		memcpy(out, line, SMPP_PASSWORD_MAX + 1);
	explicit_bzero(line, sizeof(line));
	return rc;
}

int password_file_read(const char *path, char out[static SMPP_PASSWORD_MAX + 1])
{
	/* Without O_NONBLOCK a pipe in its place would hold up the loop. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return -errno;
	rc = mode_check(fd);
	if (!rc)
		rc = line_read(fd, out);
	close(fd);
	return rc;
}

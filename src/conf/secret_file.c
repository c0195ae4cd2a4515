/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads a password, token or key from a file, if the file's mode denies access to others. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "starhash/conf.h"

/* systemd stores credentials in a folder that only the daemon's user can enter. */
static bool is_credential(const char *path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	const size_t len = folder ? strlen(folder) : 0;

	return len && !strncmp(path, folder, len) && path[len] == '/' && !strchr(path + len + 1, '/');
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
	/* Without O_NONBLOCK, a pipe in place of the file would block the loop. */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
	const mode_t others = is_credential(path) ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
	struct stat status;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		rc = -errno;
	else if (!S_ISREG(status.st_mode))
		rc = -EINVAL;
	else if (status.st_mode & others)
		rc = -EPERM;
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
	return rc == -EPERM ? "its mode gives others access; chmod it to 0600 or 0400" :
	       rc == -EMSGSIZE ? "its first line is too long" : strerror(-rc);
}

/* The daemon runs as \a reader, perhaps not the user who runs the check. */
static void reader_check(int fd, const char *path, uid_t reader, const struct setting *group, const struct conf_row *row,
			 struct problems *problems)
{
	const char *written = setting_string(group, row->name, "");
	struct stat found;

	if (fstat(fd, &found) < 0)
		return;
	/* systemd reads a credential as root and passes a copy to the daemon. */
	if (reader && found.st_uid != reader && strncmp(written, CONF_CREDENTIAL, strlen(CONF_CREDENTIAL)))
		problems_add(problems, setting_at(group, row->name), "\"%s\": %s belongs to user %u, and the daemon's user %u cannot "
			     "read it: change its owner, or use " CONF_CREDENTIAL "NAME", row->name, path, found.st_uid, reader);
	if (!found.st_size)
		problems_add(problems, setting_at(group, row->name), "\"%s\": %s is empty", row->name, path);
}

void conf_secrets_check(const struct setting *group, const struct conf_row *rows, const void *settings, uid_t reader,
			struct problems *problems)
{
	for (; rows->name; rows++) {
		const char *path = rows->type == CONF_SECRET ? *(const char *const *)((const char *)settings + rows->offset) : NULL;
		int fd;

		if (!path || !*path)
			continue;
		fd = conf_secret_open(path, 0);
		if (fd >= 0) {
			reader_check(fd, path, reader, group, rows, problems);
			close(fd);
		} else if (fd != -ENOENT || !rows->made) {
			problems_add(problems, setting_at(group, rows->name), "\"%s\": %s: %s", rows->name, path,
				     conf_secret_problem(fd));
		}
	}
}

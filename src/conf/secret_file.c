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

ssize_t conf_secret_load(const char *path, char *out, size_t size)
{
	const int fd = conf_secret_open(path, 0);
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, out + used, size - used);
		if (n > 0)
			used += (size_t)n;
	} while (n > 0 && used < size);
	n = n < 0 ? -errno : used == size ? -EFBIG : (ssize_t)used;
	close(fd);
	if (n >= 0)
		out[n] = '\0';
	return n;
}

const char *conf_secret_problem(int rc)
{
	return rc == -EPERM ? "its mode gives others access; chmod it to 0600 or 0400" :
	       rc == -EMSGSIZE ? "its first line is too long" : strerror(-rc);
}

/* ---- checks ---- */

const char *conf_pem_problem(int fd)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	const size_t again = sizeof(begin) - 1;		/* the mark may lie between two reads */
	char text[8192 + sizeof(begin)] = "";
	ssize_t n;

	while ((n = read(fd, text + again, sizeof(text) - again)) > 0) {
		if (memmem(text, again + n, begin, again))
			return NULL;
		memmove(text, text + n, again);
	}
	return n < 0 ? strerror(errno) : "there is no certificate in it (PEM)";
}

/* The daemon runs as \a reader, perhaps not the user who runs the check. */
static void secret_check(int fd, const char *path, uid_t reader, const struct setting *group, const struct conf_row *row,
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

static int path_open(const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

static void file_check(const char *path, uid_t reader, const struct setting *group, const struct conf_row *row, struct problems *problems)
{
	const bool secret = row->type == CONF_SECRET;
	const int fd = secret ? conf_secret_open(path, 0) : path_open(path);
	const size_t before = problems->count;
	const char *why;

	if (fd < 0) {
		if (fd != -ENOENT || !row->made)
			problems_add(problems, setting_at(group, row->name), "\"%s\": %s: %s", row->name, path, conf_secret_problem(fd));
		return;
	}
	if (secret)
		secret_check(fd, path, reader, group, row, problems);
	why = row->file_problem && problems->count == before ? row->file_problem(fd) : NULL;
	if (why)
		problems_add(problems, setting_at(group, row->name), "\"%s\": %s: %s", row->name, path, why);
	close(fd);
}

void conf_files_check(const struct setting *group, const struct conf_row *rows, const void *settings, uid_t reader,
		      struct problems *problems)
{
	for (; rows->name; rows++) {
		const bool is_file = rows->type == CONF_SECRET || (rows->type == CONF_PATH && rows->file_problem);
		const char *path = is_file ? *(const char *const *)((const char *)settings + rows->offset) : NULL;

		if (path && *path)
			file_check(path, reader, group, rows, problems);
	}
}

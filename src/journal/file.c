/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The journal's file: appended to, made durable, and rotated. Runs in a thread: no logging, no talloc. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal/journal_internal.h"

#define NAME_SIZE (PATH_MAX + 16)

/* ---- rotation ---- */

static void name_of(const struct journal_file *file, unsigned int number, char name[static NAME_SIZE])
{
	if (number)
		snprintf(name, NAME_SIZE, "%s.%u", file->path, number);
	else
		snprintf(name, NAME_SIZE, "%s", file->path);
}

/* Rename from the oldest file, which is overwritten, to the current one. Missing numbers are not an error. */
static void rotate(struct journal_file *file)
{
	char from[NAME_SIZE], to[NAME_SIZE];
	unsigned int number;

	journal_file_close(file);
	for (number = file->keep; number; number--) {
		name_of(file, number - 1, from);
		name_of(file, number, to);
		rename(from, to);
	}
	if (!file->keep)
		unlink(file->path);
}

/* ---- writing ---- */

static int open_file(struct journal_file *file)
{
	struct stat status;
	char last;

	file->fd = open(file->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return -errno;
	if (fstat(file->fd, &status))
		return -errno;
	file->size = status.st_size;
	/* End a line that a crash cut off; otherwise it would spoil the next one. */
	if (!file->size || pread(file->fd, &last, 1, file->size - 1) != 1 || last == '\n')
		return 0;
	if (write(file->fd, "\n", 1) != 1)
		return -errno;
	file->size++;
	return 0;
}

/* Returns the octets written; if they are fewer than \a len, errno says why. */
static size_t write_all(int fd, const char *text, size_t len)
{
	size_t done = 0;
	ssize_t rc;

	while (done < len) {
		rc = write(fd, text + done, len - done);
		if (rc <= 0 && errno != EINTR)
			break;
		done += rc > 0 ? rc : 0;
	}
	return done;
}

/* Sets *whole to the octets of whole lines that are in the file. */
static int append(struct journal_file *file, const char *lines, size_t len, size_t *whole)
{
	const char *last;
	size_t done;
	int rc = file->fd < 0 ? open_file(file) : 0;

	if (!rc && file->max && file->size && file->size + (long long)len > file->max) {
		rotate(file);
		rc = open_file(file);
	}
	if (rc)
		return rc;
	errno = 0;
	done = write_all(file->fd, lines, len);
	rc = done < len ? -(errno ? errno : EIO) : 0;
	*whole = len;
	if (rc) {
		last = memrchr(lines, '\n', done);
		*whole = last ? last + 1 - lines : 0;
		if (*whole < done && ftruncate(file->fd, file->size + *whole))
			journal_file_close(file);	/* open_file() will end the line */
	}
	file->size += *whole;
	if (!rc && fdatasync(file->fd))
		rc = -errno;
	return rc;
}

int journal_file_append(struct journal_file *file, const char *lines, size_t len, unsigned int *lost)
{
	size_t whole = 0;
	const int rc = append(file, lines, len, &whole);

	*lost = 0;
	for (const char *at = lines + whole; (at = memchr(at, '\n', lines + len - at)); at++)
		(*lost)++;
	if (rc)
		journal_file_close(file);
	return rc;
}

void journal_file_close(struct journal_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

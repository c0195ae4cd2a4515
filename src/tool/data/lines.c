/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads lines of files of any size in bounded memory, and writes the file of rejected lines. */
#include "tool/data/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REJECT_MAX 65536	/* octets of a rejected line that are written out */

int lines_attach(struct lines *lines, int fd)
{
	*lines = (struct lines){ .fd = fd };
	if (fd < 0)
		return -errno;
	lines->buffer = malloc(LINES_BUFFER);
	return lines->buffer ? 0 : -ENOMEM;
}

int lines_open(struct lines *lines, const char *file, bool follow, uint64_t offset, uint64_t line)
{
	int rc = lines_attach(lines, strcmp(file, "-") ? open(file, O_RDONLY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)) : STDIN_FILENO);

	if (!rc && offset && lseek(lines->fd, (off_t)offset, SEEK_SET) < 0)
		rc = -errno;
	lines->offset = offset;
	lines->line = line;
	return rc;
}

void lines_close(struct lines *lines)
{
	if (lines->fd > STDIN_FILENO)
		close(lines->fd);
	free(lines->buffer);
	lines->buffer = NULL;
	lines->fd = -1;
}

static int fill(struct lines *lines)
{
	ssize_t got;

	memmove(lines->buffer, lines->buffer + lines->start, lines->end - lines->start);
	lines->end -= lines->start;
	lines->start = 0;
	do {
		got = read(lines->fd, lines->buffer + lines->end, LINES_BUFFER - lines->end);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	lines->ended = got == 0;
	lines->end += (size_t)got;
	return 0;
}

/* Skip the rest of a line that was too long. */
static bool skip_rest(struct lines *lines)
{
	const char *feed = memchr(lines->buffer + lines->start, '\n', lines->end - lines->start);
	const size_t all = feed ? (size_t)(feed - lines->buffer) + 1 - lines->start : lines->end - lines->start;

	lines->start += all;
	lines->offset += all;
	lines->skips = !feed;
	return lines->skips;
}

int lines_next(struct lines *lines, const char **text, size_t *len)
{
	size_t seen = 0;

	for (;;) {
		const size_t have = lines->end - lines->start;
		const char *feed;
		int rc;

		if (lines->skips && !skip_rest(lines))
			continue;
		feed = lines->skips ? NULL : memchr(lines->buffer + lines->start + seen, '\n', have - seen);
		if (feed || (!lines->skips && (have >= LINES_BUFFER / 2 || (lines->ended && have)))) {
			const size_t whole = feed ? (size_t)(feed - lines->buffer) - lines->start : have;

			lines->line++;
			lines->skips = !feed && !lines->ended;
			*text = lines->buffer + lines->start;
			*len = whole;
			lines->start += whole + (feed != NULL);
			lines->offset += whole + (feed != NULL);
			return 1;
		}
		if (lines->ended)
			return 0;
		seen = lines->skips ? 0 : have;
		rc = fill(lines);
		if (rc < 0)
			return rc;
	}
}

/* ---- rejects ---- */

/* Others may write to the folder of rejects. Following a symbolic link there would let them overwrite a file of the daemon's. */

/* The line that an entry's comment "# FILE:LINE: reason" is about; 0: not such a comment. */
static uint64_t entry_line(const char *comment, const char *file)
{
	const size_t len = strlen(file);

	if (strncmp(comment, "# ", 2) || strncmp(comment + 2, file, len) || comment[2 + len] != ':')
		return 0;
	return strtoull(comment + 3 + len, NULL, 10);
}

/* The size of the entries up to a line of the file. */
static off_t entries_until(FILE *in, const char *file, uint64_t line)
{
	char *text = NULL;
	size_t size = 0;
	off_t keep = 0;

	while (getline(&text, &size, in) >= 0 && entry_line(text, file) <= line)
		keep = ftello(in);
	free(text);
	return keep;
}

int rejects_begin(struct rejects *rejects, const char *file, const char *folder, uint64_t line)
{
	const char *slash = strrchr(file, '/');
	off_t keep = 0;
	FILE *in;
	int fd, rc;

	if (!strcmp(file, "-"))
		file = "standard-input";
	if (folder)
		snprintf(rejects->name, sizeof(rejects->name), "%s/%s.rejects", folder, slash ? slash + 1 : file);
	else
		snprintf(rejects->name, sizeof(rejects->name), "%s.rejects", file);
	rejects->out = NULL;
	if (!line)
		return unlink(rejects->name) < 0 && errno != ENOENT ? -errno : 0;
	fd = open(rejects->name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	in = fdopen(fd, "r+");
	if (in)
		keep = entries_until(in, file, line);
	rc = !in || (keep ? ftruncate(fd, keep) : unlink(rejects->name)) < 0 ? -errno : 0;
	if (in)
		fclose(in);
	else
		close(fd);
	return rc;
}

int rejects_add(struct rejects *rejects, const char *file, uint64_t number, const char *why, const char *names,
		const char *line, size_t len)
{
	if (!rejects->out) {
		const int fd = open(rejects->name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

		rejects->out = fd < 0 ? NULL : fdopen(fd, "a");
		if (!rejects->out)
			return -errno;
		if (names && lseek(fd, 0, SEEK_END) == 0)
			fprintf(rejects->out, "%s\n", names);
	}
	fprintf(rejects->out, "# %s:%" PRIu64 ": %s\n", file, number, why);
	fwrite(line, 1, len < REJECT_MAX ? len : REJECT_MAX, rejects->out);
	fputc('\n', rejects->out);
	return ferror(rejects->out) ? -EIO : 0;
}

int rejects_end(struct rejects *rejects)
{
	const int rc = rejects->out && fclose(rejects->out) ? -errno : 0;

	rejects->out = NULL;
	return rc;
}

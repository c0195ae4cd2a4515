/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads lines of files of any size in bounded memory, and writes the file of rejected lines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINES_BUFFER (1u << 20)

struct lines {
	int fd;
	bool ended;			/* end of the file */
	bool skips;			/* skipping the rest of a line that is too long */
	char *buffer;
	size_t start, end;		/* octets not returned yet */
	uint64_t offset;		/* octets returned, including line feeds */
	uint64_t line;			/* number of the last line returned */
};

/* Start at an offset. "-" is standard input. \a follow: the file may be a symbolic link. Returns 0 or -errno. */
int lines_open(struct lines *lines, const char *file, bool follow, uint64_t offset, uint64_t line);

/* The same with an open descriptor, which lines_close() closes. Below 0: opening failed with errno. */
int lines_attach(struct lines *lines, int fd);
void lines_close(struct lines *lines);

/* The next line without its line feed, valid until the next call. Of a line longer than LINES_BUFFER / 2, only the beginning is returned.
 * Returns 1: there is a line; 0: the end; -errno. */
int lines_next(struct lines *lines, const char **text, size_t *len);

struct rejects {
	char name[4096];
	FILE *out;			/* NULL: none so far */
};

/* Open the file for rejected lines of \a file. Entries after \a line are discarded, since these lines will be read again; 0: discard all.
 * Returns 0 or -errno. */
int rejects_begin(struct rejects *rejects, const char *file, const char *folder, uint64_t line);

/* Write a line with its reason. \a names: first line of CSV, or NULL. Returns 0 or -errno. */
int rejects_add(struct rejects *rejects, const char *file, uint64_t number, const char *why, const char *names,
		const char *line, size_t len);
int rejects_end(struct rejects *rejects);

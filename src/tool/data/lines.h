/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lines of a file of any size in bounded memory, and the file with the lines that were rejected. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define LINES_BUFFER (1u << 20)

struct lines {
	int fd;
	bool ended;			/* nothing more comes */
	bool skips;			/* the rest of a line that is too long */
	char *buffer;
	size_t start, end;		/* what is not handed out yet */
	uint64_t offset;		/* octets handed out, line feeds included */
	uint64_t line;			/* number of the line handed out last */
};

/* Begin at an offset; 0 or -errno. "-" is standard input. \a follow: it may be a symbolic link. */
int lines_open(struct lines *lines, const char *file, bool follow, uint64_t offset, uint64_t line);
void lines_close(struct lines *lines);

/* The next line without its line feed, valid until the next call. Of one longer than LINES_BUFFER / 2 its beginning is
 * given, and the rest left out. 1: there is one; 0: the end; -errno. */
int lines_next(struct lines *lines, const char **text, size_t *len);

struct rejects {
	char name[4096];
	FILE *out;			/* NULL: none so far */
};

/* Where FILE's lines go. \a line: those behind it are thrown away, they will come again; 0: all are. 0 or -errno. */
int rejects_begin(struct rejects *rejects, const char *file, const char *folder, uint64_t line);

/* Keep a line with its reason; \a names: CSV's first line, NULL when there is none. 0 or -errno. */
int rejects_add(struct rejects *rejects, const char *file, uint64_t number, const char *why, const char *names,
		const char *line, size_t len);
int rejects_end(struct rejects *rejects);

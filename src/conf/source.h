/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The text of a configuration file with everything that it includes, ready for libconfig.
 *
 * libconfig 1.5 takes includes from one fixed folder, ends the process when it gets a folder, wraps numbers that are
 * too large, accepts comments without an end and counts the lines of long strings twice. So files are read and
 * scanned and checked here (syntax.h); libconfig gets one harmless text, and each of its lines is mapped back to its file. */
#pragma once

#include <stddef.h>

struct problems;

#define SOURCE_FILE_MAX (1024 * 1024)		/* octets of one file */
#define SOURCE_TOTAL_MAX (8 * 1024 * 1024)	/* of a file with all its includes */
#define SOURCE_INCLUDES_MAX 10			/* nesting depth of files */
#define SOURCE_DEPTH_MAX 32			/* nesting depth of brackets */

struct source_line {
	const char *file;
	unsigned int line;
};

struct source {
	char *text;			/* zero-terminated */
	size_t len, size;
	struct source_line *lines;	/* origin of each line of text */
	size_t lines_count, lines_size;
	size_t total;			/* octets read */
};

/* Read \a path. NULL after reporting a problem. \a ctx: talloc parent of the source and its file names. */
struct source *source_read(void *ctx, const char *path, struct problems *problems);

/* The origin of a line of the text, counted from 1. */
struct source_line source_where(const struct source *source, unsigned int line);

/* Length of a file's folder, including the last slash; 0: none. Relative names in the file start from there. */
size_t source_folder_len(const char *file);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A configuration file with everything that it includes: as settings, and as one text.
 *
 * The syntax is that of libconfig, but files are read, scanned and checked (syntax.h) here: libconfig compares each name with all others of
 * its group, so that ten thousand pages take a second, knows only the line at which it gave up, takes includes from one fixed folder,
 * ends the process when it gets a folder, wraps numbers that are too large, and leaks. Nothing here uses talloc or logs, so that a thread
 * may call it. */
#pragma once

#include <stddef.h>

#include "starhash/arena.h"

struct problems;
struct setting;

#define SOURCE_FILE_MAX (16 * 1024 * 1024)	/* octets of a file with all its includes */
#define SOURCE_INCLUDES_MAX 10			/* nesting depth of files */
#define SOURCE_DEPTH_MAX 32			/* nesting depth of brackets */

struct source {
	struct arena arena;		/* of the settings and their file names */
	const struct setting *root;
	char *text;			/* zero-terminated, without comments */
	size_t len, size;
	size_t total;			/* octets read */
};

/* Read \a path into a zeroed source; source_fini() frees it in any case. -EINVAL after reporting a problem. */
int source_read(struct source *source, const char *path, struct problems *problems);
void source_fini(struct source *source);

/* Length of a file's folder, including the last slash; 0: none. Relative names in the file start from there. */
size_t source_folder_len(const char *file);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the journal with its rotated files, compressed or not, line by line and oldest file first. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "starhash/journal.h"
#include "tool/data/lines.h"

#define JOURNAL_DEFAULT "/var/log/starhash/journal"
#define JOURNAL_KEY_DEFAULT "/var/lib/starhash/journal.key"

struct data_options;
struct progress;

struct journal_files {
	/* of the last line */
	const char *name;		/* its file */
	const char *text;		/* as it was written */
	size_t len;
	struct cdr_line line;

	uint64_t lines, bad;		/* so far; bad ones were printed and left out */
	int status;			/* exit status so far: 1 if a file could not be read completely */

	struct found *found;		/* in the order of reading */
	size_t count, at;
	struct lines open;
	int decompressor;		/* process; 0: none */
	uint64_t bad_here;		/* in this file */
};

/* The files that the options name, "-" being standard input. All of them are opened at once: the daemon may rotate them while they are
 * read. Returns the exit status: 0, or 1 after a message. To be closed in any case. */
int journal_files_open(struct journal_files *files, const struct data_options *options);
void journal_files_close(struct journal_files *files);

/* The next line that can be parsed. Returns whether there is one. */
bool journal_files_next(struct journal_files *files);

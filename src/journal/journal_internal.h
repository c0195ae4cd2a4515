/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Declarations shared by the files of journal/. */
#pragma once

#include <stddef.h>

#include "starhash/journal.h"

struct journal_settings {
	const char *file;
	const char *key_file;
	const char *numbers;		/* pseudonym, masked, clear */
	long long max_mb;
	long long keep;
	long long flush_ms;
};

/* ---- cdr_pack.c: a call data record as octets, from the loop to the thread ---- */

/* Its path has CDR_PATH_MAX pages at most. Returns the octets used; 0: \a size is too small. \a out is aligned as any object is, and
 * so is what follows the octets used. */
size_t cdr_pack(const struct cdr *cdr, char *out, size_t size);

/* The record that lies at \a octets, into which its texts lead. Returns the octets that it takes. */
size_t cdr_unpack(const char *octets, struct cdr *cdr, const char *path[static CDR_PATH_MAX]);

/* ---- cdr_line.c: a call data record as a line of JSON ---- */

enum numbers { NUMBERS_PSEUDONYM, NUMBERS_MASKED, NUMBERS_CLEAR };

/* How subscribers are written. */
struct number_style {
	enum numbers numbers;
	unsigned char key[JOURNAL_KEY_SIZE];
};

/* Returns the octets written, newline included; 0: \a size or CDR_LINE_MAX is too small. */
size_t line_print(const struct number_style *style, const struct cdr *cdr, char *out, size_t size);

/* ---- pseudonym_key.c ---- */

/* Read a key that only we may read, or make one. 0, or -errno after a log line that says why. */
const char *journal_key_problem(int fd);	/* of an open key file; NULL: nothing is wrong */
int journal_key_load(const char *path, unsigned char key[static JOURNAL_KEY_SIZE]);

/* ---- file.c: in the worker's thread ---- */

struct journal_file {
	const char *path;
	long long max;			/* octets; 0: no limit */
	unsigned int keep;		/* former files: path.1 is the newest */
	int fd;				/* -1: not open */
	long long size;
};

/* Append whole lines and make them durable. Returns 0 or -errno; \a lost: lines that are not in the file. */
int journal_file_append(struct journal_file *file, const char *lines, size_t len, unsigned int *lost);
void journal_file_close(struct journal_file *file);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the lines of import files, CSV (RFC 4180, one record a line) or JSON Lines, into rows. Octets in, data out: no
 * file is touched, no memory asked for, and whatever is in a line, the next one is read as if it had not been there. */
#pragma once

#include "import/row.h"

#define IMPORT_CSV_COLUMNS_MAX 40
#define IMPORT_WHY_SIZE 160

enum import_format {
	IMPORT_JSONL,
	IMPORT_CSV,
};

enum import_found {
	IMPORT_FOUND_ROW,		/* in reader->row */
	IMPORT_FOUND_NOTHING,		/* blank, a comment, the names of the columns, the end's line */
	IMPORT_FOUND_BAD,		/* reader->why says why; the next line is another */
	IMPORT_FOUND_ALIEN,		/* the names of the columns cannot be understood, so no line can be */
};

struct import_reader {
	enum import_format format;
	bool named;			/* CSV: the names of the columns were read */
	enum import_table table;	/* CSV: what they say */
	enum import_column columns[IMPORT_CSV_COLUMNS_MAX];
	unsigned int columns_count;
	bool ended;			/* the end mark was read */
	uint64_t end;			/* its N: how many rows there should be, good and bad ones */
	struct import_row row;
	char text[IMPORT_LINE_MAX + 1];	/* the line, taken to pieces */
	char why[IMPORT_WHY_SIZE];
};

/* Whether a line is the end mark, "# end N" or, in JSON Lines, {"end": N}; *\a count becomes its N. */
bool import_end_mark(enum import_format format, const char *line, size_t len, uint64_t *count);

void import_reader_init(struct import_reader *reader, enum import_format format);

/* Read a line without its line feed. */
enum import_found import_read(struct import_reader *reader, const char *line, size_t len);

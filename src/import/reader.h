/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the lines of import files, CSV (RFC 4180, one record a line) or JSON Lines, into rows. It opens no files, allocates no memory,
 * and recovers from any bad line: the next one is read as if it had not been there. */
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
	IMPORT_FOUND_NOTHING,		/* blank line, comment, column names, or end mark */
	IMPORT_FOUND_BAD,		/* reader->why has the reason; later lines are not affected */
	IMPORT_FOUND_ALIEN,		/* the column names cannot be understood, so no line can be */
};

struct import_reader {
	enum import_format format;
	bool named;			/* CSV: the column names were read */
	enum import_table table;	/* CSV: the table that they name */
	enum import_column columns[IMPORT_CSV_COLUMNS_MAX];
	unsigned int columns_count;
	bool ended;			/* the end mark was read */
	uint64_t end;			/* its N: the expected number of rows, good and bad */
	struct import_row row;
	char text[IMPORT_LINE_MAX + 1];	/* the line, parsed in place */
	char why[IMPORT_WHY_SIZE];
};

/* Whether a line is the end mark, "# end N" or, in JSON Lines, {"end": N}; *\a count becomes its N. */
bool import_end_mark(enum import_format format, const char *line, size_t len, uint64_t *count);

void import_reader_init(struct import_reader *reader, enum import_format format);

/* Read a line without its line feed. */
enum import_found import_read(struct import_reader *reader, const char *line, size_t len);

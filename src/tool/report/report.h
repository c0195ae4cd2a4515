/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The service-quality report (O2): plain data that readers fill, and that writers print. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "starhash/journal.h"
#include "tool/report/histogram.h"
#include "tool/report/words.h"

#define REPORT_ROWS_MAX 512		/* of one table; further names are counted as others */
#define REPORT_NAME_SIZE 64		/* longer names are cut */
#define REPORT_HOURS 24

/* ---- from the journal: add.c ---- */

/* Of all requests, or of those of one link, entry or hour; of a page: of the requests that ended there. */
struct report_tally {
	uint64_t requests;		/* records with an input of the subscriber */
	uint64_t ends[CDR_END_COUNT];	/* of these */
	uint64_t messages;		/* records without one */
	uint64_t shown;			/* pages */
	struct histogram waits;		/* milliseconds, for each page that was shown */
};

struct report_row {
	char name[REPORT_NAME_SIZE];	/* as hostile as the journal */
	struct report_tally tally;
};

struct report_table {
	unsigned int count;
	struct report_row rows[REPORT_ROWS_MAX];
	struct report_row others;	/* without a name */
	uint16_t slots[2 * REPORT_ROWS_MAX];	/* by hash: number of a row, from 1 */
};

/* ---- from the store ---- */

#define REPORT_KINDS_MAX 16
#define REPORT_MONTHS 12		/* whose targets are computed, the last one of the period being the first */

/* Tickets in a time. */
struct report_tickets {
	uint64_t opened;		/* in it */
	uint64_t due, in_time;		/* first answers that were due in it, and those of them that came in time */
	uint64_t closed, resolved;	/* closed in it, and those of them whose subscriber said yes, or was silent */
	uint64_t repeated;		/* opened again by the same subscriber within the time that counts as a repeat */
};

struct report_kind {
	const char *name;		/* in the report's language */
	const char *id;			/* for CSV */
	bool owes;			/* staff must answer, and the subscriber says whether it is resolved */
	struct report_tickets tickets;	/* of the period */
};

#define REPORT_SURVEYS_MAX 64

/* Answers to the question that follows a page (S17). */
struct report_survey {
	char name[REPORT_NAME_SIZE];	/* of the page */
	uint64_t asked, answered, satisfied;
	uint64_t sum;			/* of the scores */
};

enum report_measure {
	MEASURE_IN_TIME,
	MEASURE_RESOLVED,
	MEASURE_REPEATED,
	MEASURE_SATISFIED,
	MEASURE_COUNT
};

enum report_state {
	STATE_MET,
	STATE_MINOR,			/* a minor breach, by the settings */
	STATE_MISSED,
};

struct report_target {
	uint64_t part, whole;		/* measured; whole 0: there was nothing to measure */
	uint32_t permille;		/* the target */
	bool at_most;			/* otherwise at least */
	enum report_state state;
	unsigned int months_missed;	/* running, up to the period's last one; looked at are REPORT_MONTHS */
};

struct report_care {
	bool known;			/* otherwise the report has no sections about tickets, targets and orders */
	struct report_kind kinds[REPORT_KINDS_MAX];
	unsigned int kind_count;
	struct report_survey surveys[REPORT_SURVEYS_MAX];	/* pages for which there is no room count with the last one */
	unsigned int survey_count;
	struct report_target targets[MEASURE_COUNT];
	unsigned int months_marked;	/* a target missed for so many months running is marked */
	uint64_t orders_done, orders_refused, orders_dead;
	uint64_t refunds;
	int64_t refunded;		/* minor units */
};

/* ---- the report ---- */

struct report {
	char period[16];		/* "2026-10", "2026-Q4" */
	int64_t from_s, to_s;		/* since 1970; the end excluded */
	enum report_language language;
	uint64_t lines, bad;		/* of the journal; bad: left out, the only ones that are not in \a lines */
	uint64_t records;		/* of the period */
	int64_t first_ms, last_ms;	/* start of the oldest and of the newest record in the journal, also outside the period; 0: none */
	struct report_tally all, hours[REPORT_HOURS];
	struct report_table links, entries, pages;
	struct report_care care;
	int64_t offset_for;		/* add.c: the quarter of an hour whose offset of local time is known */
	int32_t offset;
};

/* Of a month "2026-10" or a quarter "2026-Q4" on the operator's calendar. NULL without memory, and with *\a why NULL; or because it is
 * neither. To be released with free(). */
struct report *report_new(const char *period, enum report_language language, const char **why);

void report_add(struct report *report, const struct cdr_line *line);

/* Sort the tables, once all has been added. */
void report_finish(struct report *report);

/* Whether the journal has records from an hour after the beginning or earlier to an hour before the end or later. */
bool report_is_whole(const struct report *report);

void report_print_text(const struct report *report, FILE *out);
void report_print_csv(const struct report *report, FILE *out);
void report_print_html(const struct report *report, FILE *out);

/* ---- its tables, for the writers: sheets.c ---- */

enum cell_type {
	CELL_TEXT,
	CELL_NAME,			/* hostile text from a file */
	CELL_COUNT,
	CELL_SHARE,			/* value of whole */
	CELL_MS,
	CELL_MONEY,			/* minor units */
	CELL_TENTHS,			/* nothing to show if whole is 0 */
	CELL_BOUND,			/* value in permille; text: "≥" or "≤" */
};

struct cell {
	enum cell_type type;
	const char *text;
	uint64_t value, whole;		/* CELL_SHARE, CELL_MS: nothing to show if whole is 0 */
	const char *id;			/* CELL_TEXT: for CSV */
};

#define SHEET_COLUMNS_MAX 14

struct sheet {
	const char *id;			/* for CSV */
	enum report_word title;
	unsigned int columns;
	struct {
		const char *id;
		enum report_word word;
	} column[SHEET_COLUMNS_MAX];	/* the first one is the row's name */
};

enum sheet_number {
	SHEET_ALL,
	SHEET_LINKS,
	SHEET_ENTRIES,
	SHEET_PAGES,
	SHEET_HOURS,
	SHEET_TICKETS,
	SHEET_TARGETS,
	SHEET_SURVEYS,
	SHEET_ORDERS,
	SHEET_COUNT
};

struct sheet_ops {
	void (*begin)(void *user, enum sheet_number number, const struct sheet *sheet);
	void (*row)(void *user, const struct sheet *sheet, const struct cell *cells);
	void (*end)(void *user, const struct sheet *sheet);
};

/* All tables that have rows. Of long ones, \a rows_max rows and the sum of the others. */
void report_sheets(const struct report *report, unsigned int rows_max, const struct sheet_ops *ops, void *user);

/* Lines of prose: what the report is about (above the tables), and what its words mean (below). NULL after the last one. \a text is
 * overwritten at each call. *\a number is 0 at first, and advanced; *\a warns: people must not miss the line. */
#define REPORT_PROSE_SIZE 400
const char *report_heading(const struct report *report, unsigned int *number, char text[static REPORT_PROSE_SIZE], bool *warns);
const char *report_footnote(const struct report *report, unsigned int number);

/* 1234567 as 1,234,567; 3 of 7 as 42.9 %. Returns \a out. */
#define FIGURE_SIZE 40
const char *figure_count(uint64_t value, char out[static FIGURE_SIZE]);
const char *figure_share(uint64_t part, uint64_t whole, char out[static FIGURE_SIZE]);

/* A cell for people; "" when there is nothing to show. \a out is overwritten at each call, and not used for texts. */
const char *figure_cell(const struct cell *cell, char out[static FIGURE_SIZE]);

/* ---- hostile texts: clean.c ---- */

enum clean_for { CLEAN_TERMINAL, CLEAN_CSV, CLEAN_HTML };

/* Write without control characters and invalid UTF-8; for HTML with references; for CSV with doubled quotes, and so that no spreadsheet
 * takes it for a formula. */
void clean_print(FILE *out, enum clean_for reader, const char *text);

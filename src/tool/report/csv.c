/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report as CSV: one figure a line, the same names in every language. */
#include <inttypes.h>

#include "tool/report/report.h"

struct csv {
	FILE *out;
	const char *period;
};

static void begin(void *user, enum sheet_number number, const struct sheet *sheet)
{
}

static void print_value(FILE *out, const struct cell *cell)
{
	const uint64_t minor = (int64_t)cell->value < 0 ? -cell->value : cell->value;
	char figure[FIGURE_SIZE];

	if (cell->type == CELL_TEXT && cell->id)
		clean_print(out, CLEAN_CSV, cell->id);
	else if (cell->type == CELL_COUNT || cell->type == CELL_SHARE || (cell->type == CELL_MS && cell->whole))
		fprintf(out, "%" PRIu64, cell->value);
	else if (cell->type == CELL_MONEY)
		fprintf(out, "%s%" PRIu64 ".%02" PRIu64, (int64_t)cell->value < 0 ? "-" : "", minor / 100, minor % 100);
	else if (cell->type == CELL_BOUND)
		fprintf(out, "%" PRIu64 ".%" PRIu64, cell->value / 10, cell->value % 10);
	else
		clean_print(out, CLEAN_CSV, figure_cell(cell, figure));
}

static void row(void *user, const struct sheet *sheet, const struct cell *cells)
{
	const struct csv *csv = user;

	for (unsigned int i = 1; i < sheet->columns; i++) {
		fprintf(csv->out, "%s,%s,\"", csv->period, sheet->id);
		print_value(csv->out, &cells[0]);
		fprintf(csv->out, "\",%s,", sheet->column[i].id);
		print_value(csv->out, &cells[i]);
		fputs("\r\n", csv->out);
	}
}

static void end(void *user, const struct sheet *sheet)
{
}

void report_print_csv(const struct report *report, FILE *out)
{
	static const struct sheet_ops ops = { begin, row, end };
	struct csv csv = { out, report->period };

	fputs("period,section,name,figure,value\r\n", out);
	fprintf(out, "%s,journal,\"\",records,%" PRIu64 "\r\n", report->period, report->records);
	fprintf(out, "%s,journal,\"\",damaged_lines,%" PRIu64 "\r\n", report->period, report->bad);
	fprintf(out, "%s,journal,\"\",covers_period,%s\r\n", report->period, report_is_whole(report) ? "yes" : "no");
	report_sheets(report, REPORT_ROWS_MAX, &ops, &csv);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report as text, in columns. */
#include <stdlib.h>
#include <string.h>

#include "starhash/text.h"
#include "tool/report/report.h"

#define ROWS_MAX 40
#define NAME_WIDTH_MAX 32

/* A table is printed once its widths are known. */
struct table {
	FILE *out;
	const struct report *report;
	char *rows[ROWS_MAX + 3][SHEET_COLUMNS_MAX];	/* the first one: column names */
	unsigned int count;
};

/* Columns of a terminal: two for the characters of East Asian scripts, none for those that combine. */
static unsigned int width_of(const char *text)
{
	const char *end = text + strlen(text);
	unsigned int width = 0;

	while (text < end) {
		const uint32_t codepoint = text_next(&text, end);

		if (codepoint == 0x2066 || codepoint == 0x2069 || (codepoint >= 0x300 && codepoint < 0x370) ||
		    (codepoint >= 0x64b && codepoint < 0x660))
			continue;
		width += (codepoint >= 0x1100 && codepoint < 0x1160) || (codepoint >= 0x2e80 && codepoint < 0xa4d0) ||
			 (codepoint >= 0xac00 && codepoint < 0xd7a4) || (codepoint >= 0xf900 && codepoint < 0xfb00) ||
			 (codepoint >= 0xfe30 && codepoint < 0xfe70) || (codepoint >= 0xff00 && codepoint < 0xff61) ||
			 codepoint >= 0x1f300 ? 2 : 1;
	}
	return width;
}

static char *cleaned(const char *text)
{
	char *clean = NULL;
	size_t size;
	FILE *out = open_memstream(&clean, &size);

	if (!out)
		return strdup("");
	clean_print(out, CLEAN_TERMINAL, text);
	fclose(out);
	return clean;
}

static void begin(void *user, enum sheet_number number, const struct sheet *sheet)
{
	struct table *table = user;

	fprintf(table->out, "\n%s\n", report_word(table->report->language, sheet->title));
	for (unsigned int i = 0; i < sheet->columns; i++)
		table->rows[0][i] = strdup(report_word(table->report->language, sheet->column[i].word));
	table->count = 1;
}

static void row(void *user, const struct sheet *sheet, const struct cell *cells)
{
	struct table *table = user;
	char figure[FIGURE_SIZE];

	for (unsigned int i = 0; i < sheet->columns; i++)
		table->rows[table->count][i] = cleaned(figure_cell(&cells[i], figure));
	table->count++;
}

/* The first column begins on the left, the others end on the right. */
static void print_cell(FILE *out, const char *text, unsigned int width, bool first)
{
	const unsigned int own = width_of(text), fill = width > own ? width - own : 0;

	if (!first)
		fprintf(out, "%*s", (int)fill + 2, "");
	fputs(text, out);
	if (first)
		fprintf(out, "%*s", (int)fill, "");
}

static void end(void *user, const struct sheet *sheet)
{
	struct table *table = user;
	unsigned int widths[SHEET_COLUMNS_MAX] = {};

	for (unsigned int r = 0; r < table->count; r++)
		for (unsigned int i = 0; i < sheet->columns; i++) {
			const unsigned int width = table->rows[r][i] ? width_of(table->rows[r][i]) : 0;

			widths[i] = width > widths[i] ? width : widths[i];
		}
	if (widths[0] > NAME_WIDTH_MAX)
		widths[0] = NAME_WIDTH_MAX;
	for (unsigned int r = 0; r < table->count; r++) {
		fputs("  ", table->out);
		for (unsigned int i = 0; i < sheet->columns; i++) {
			print_cell(table->out, table->rows[r][i] ? table->rows[r][i] : "", widths[i], !i);
			free(table->rows[r][i]);
		}
		fputc('\n', table->out);
	}
}

void report_print_text(const struct report *report, FILE *out)
{
	static const struct sheet_ops ops = { begin, row, end };
	struct table table = { .out = out, .report = report };
	char text[REPORT_PROSE_SIZE];
	unsigned int line = 0;
	const char *prose;
	bool warns;

	fprintf(out, "%s %s\n\n", report_word(report->language, WORD_TITLE), report->period);
	while ((prose = report_heading(report, &line, text, &warns)))
		fprintf(out, "%s\n", prose);
	report_sheets(report, ROWS_MAX, &ops, &table);
	fputc('\n', out);
	for (unsigned int i = 0; (prose = report_footnote(report, i)); i++)
		fprintf(out, "%s\n", prose);
}

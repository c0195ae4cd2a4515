/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A report as one page of HTML without scripts and without anything from elsewhere: charts as inline SVG, and beside each the table with
 * its figures, so that nothing is said by colour or shape alone. Light or dark as the reader prefers; on paper always light. */
#include <inttypes.h>
#include <string.h>

#include "tool/report/report.h"

#define ROWS_MAX 40
#define BARS_MAX 12

/* Of Okabe and Ito's palette, which people with any colour vision can tell apart; shapes have an outline, since some of its colours are
 * faint on white. */
static const char style[] =
	":root{color-scheme:light dark;--ink:#1b1f24;--soft:#59636e;--page:#fff;--card:#f6f8fa;--line:#d1d9e0;--edge:#1b1f24;"
	"--e0:#0072b2;--e1:#56b4e9;--e2:#e69f00;--e3:#cc79a7;--e4:#d55e00;--bad:#b3261e;--warn:#8a5300}\n"
	"@media screen and (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa7b4;--page:#0f1419;--card:#171d24;--line:#343d47;"
	"--edge:#0f1419;--e0:#4aa3e0;--e1:#8fd0f5;--e2:#f0b63a;--e3:#dc97bd;--e4:#f07d33;--bad:#ff8a80;--warn:#f0b63a}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0 auto;padding:2rem 1.25rem;max-width:76rem;background:var(--page);color:var(--ink);"
	"font:15px/1.5 system-ui,\"Noto Sans\",\"Noto Sans SC\",\"Noto Sans CJK SC\",\"Noto Sans Arabic\",sans-serif}\n"
	"h1{margin:0 0 .5rem;font-size:1.7rem}h2{margin:2.5rem 0 .75rem;font-size:1.2rem}\n"
	"p{margin:.15rem 0;color:var(--soft)}p.bad{color:var(--bad);font-weight:600}\n"
	"dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.9rem,1fr));gap:.6rem;margin:1.5rem 0}\n"
	"dl div{padding:.6rem .75rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem}\n"
	"dt{color:var(--soft);font-size:.85rem}dd{margin:0;font-size:1.3rem;font-weight:600;white-space:nowrap;"
	"font-variant-numeric:tabular-nums}\n"
	"figure{margin:0 0 1rem;padding:.9rem;overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.5rem}\n"
	"figcaption{margin-bottom:.5rem;font-weight:600}\n"
	"svg{display:block;width:100%;height:auto;direction:ltr}svg text{fill:var(--soft);font-size:12px}figure>svg{min-width:52rem}\n"
	"svg .name{fill:var(--ink)}svg .grid{stroke:var(--line)}\n"
	".e0{fill:var(--e0)}.e1{fill:var(--e1)}.e2{fill:var(--e2)}.e3{fill:var(--e3)}.e4{fill:var(--e4)}\n"
	"rect{stroke:var(--edge);stroke-width:.6}\n"
	".l0{stroke:var(--e0)}.l1{stroke:var(--e2)}.l2{stroke:var(--e4)}.l0,.l1,.l2{fill:none;stroke-width:2}\n"
	".m0{fill:var(--e0)}.m1{fill:var(--e2)}.m2{fill:var(--e4)}.m0,.m1,.m2{stroke:var(--edge);stroke-width:.6}\n"
	"ul{display:flex;flex-wrap:wrap;gap:.25rem 1.2rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.85rem}\n"
	"li{display:inline-flex;align-items:center;gap:.35rem}li svg{width:.9rem;height:.9rem}\n"
	".wide{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums}\n"
	"th,td{padding:.3rem .5rem;border-bottom:1px solid var(--line);text-align:end;white-space:nowrap}\n"
	"th:first-child{text-align:start}thead th{color:var(--soft);font-weight:600}\n"
	"tbody th{font-weight:400}.state-minor{color:var(--warn);font-weight:600}"
	".state-missed,.marked-yes{color:var(--bad);font-weight:600}\n"
	"footer{margin-top:2.5rem;padding-top:1rem;border-top:1px solid var(--line);font-size:.85rem}\n"
	"@page{size:A4 landscape;margin:12mm}\n"
	"@media print{html{font-size:12px}dl{grid-template-columns:repeat(9,1fr)}body{max-width:none;padding:0;font-size:9pt}\n"
	"h2{margin-top:1.2rem;break-after:avoid}figure,dl,tr{break-inside:avoid}"
	"thead{display:table-header-group}table{font-size:8pt}th,td{padding:.15rem .4rem}.wide{overflow:visible}\n"
	"*{print-color-adjust:exact;-webkit-print-color-adjust:exact}"
	"figure{padding:.5rem}figure>svg{min-width:0;max-height:58mm}}\n";

static const enum report_word ends[CDR_END_COUNT] = {
	[CDR_END_WELL] = WORD_WELL, [CDR_END_REFUSED] = WORD_REFUSED, [CDR_END_ABANDONED] = WORD_ABANDONED,
	[CDR_END_TIMED_OUT] = WORD_TIMED_OUT, [CDR_END_FAILED] = WORD_FAILED,
};

struct html {
	FILE *out;
	const struct report *report;
};

static const char *word_of(const struct html *html, enum report_word word)
{
	return report_word(html->report->language, word);
}

/* ---- parts of charts ---- */

#define CHART_WIDTH 1000
#define PLOT_LEFT 56
#define PLOT_RIGHT 990
#define PLOT_TOP 12
#define PLOT_BOTTOM 230

static double x_of_hour(double hour)
{
	return PLOT_LEFT + (PLOT_RIGHT - PLOT_LEFT) * hour / REPORT_HOURS;
}

/* 1, 2 or 5 times a power of ten, and not below the value. */
static uint64_t round_up(uint64_t value)
{
	uint64_t power = 1;

	while (power < value / 10 + (value % 10 != 0))
		power *= 10;
	return value <= power ? power : value <= 2 * power ? 2 * power : value <= 5 * power ? 5 * power : 10 * power;
}

/* The decimal logarithm, to a fortieth: straight between powers of two. */
static double decades_of(uint32_t value)
{
	const unsigned int power = value < 2 ? 0 : 31 - (unsigned int)__builtin_clz(value);

	return value < 2 ? 0 : (power + (double)value / (double)(1u << power) - 1) * 0.30103;
}

static void begin_chart(const struct html *html, enum report_word title, unsigned int height)
{
	fprintf(html->out, "<figure><figcaption>%s</figcaption>\n<svg viewBox=\"0 0 %d %u\" role=\"img\" aria-label=\"%s\">\n",
		word_of(html, title), CHART_WIDTH, height, word_of(html, title));
}

static void print_line_of_grid(const struct html *html, double y, uint64_t value)
{
	char figure[FIGURE_SIZE];

	fprintf(html->out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>", PLOT_LEFT, PLOT_RIGHT, y, y);
	fprintf(html->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", PLOT_LEFT - 6, y + 4, figure_count(value, figure));
}

static void print_hours(const struct html *html)
{
	for (unsigned int hour = 0; hour < REPORT_HOURS; hour++)
		fprintf(html->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%02u</text>\n", x_of_hour(hour + 0.5),
			PLOT_BOTTOM + 15, hour);
}

static void print_marker(FILE *out, unsigned int line, double x, double y)
{
	if (line == 0)
		fprintf(out, "<circle class=\"m0\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", x, y);
	else if (line == 1)
		fprintf(out, "<rect class=\"m1\" x=\"%.1f\" y=\"%.1f\" width=\"6\" height=\"6\"/>", x - 3, y - 3);
	else
		fprintf(out, "<path class=\"m2\" d=\"M%.1f %.1fl4 7h-8z\"/>", x, y - 4);
}

static void print_legend_of_ends(const struct html *html)
{
	fputs("<ul>", html->out);
	for (enum cdr_end end = 0; end < CDR_END_COUNT; end++)
		fprintf(html->out, "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">"
			"<rect class=\"e%d\" x=\"1\" y=\"1\" width=\"10\" height=\"10\"/></svg>%s</li>", end, word_of(html, ends[end]));
	fputs("</ul>\n", html->out);
}

/* Shown when the pointer rests on it, and read out. */
static void print_bar_title(const struct html *html, const char *name, enum cdr_end end, const struct report_tally *tally)
{
	char count[FIGURE_SIZE], share[FIGURE_SIZE];

	fputs("<title>", html->out);
	clean_print(html->out, CLEAN_HTML, name);
	fprintf(html->out, " · %s: %s (%s)</title>", word_of(html, ends[end]), figure_count(tally->ends[end], count),
		figure_share(tally->ends[end], tally->requests, share));
}

/* ---- charts ---- */

static void hours_chart(const struct html *html)
{
	const struct report *report = html->report;
	uint64_t most = 1;
	char name[8];

	for (unsigned int hour = 0; hour < REPORT_HOURS; hour++)
		most = report->hours[hour].requests > most ? report->hours[hour].requests : most;
	most = round_up(most);
	begin_chart(html, WORD_CHART_HOURS, PLOT_BOTTOM + 24);
	for (unsigned int i = 0; i <= 4 && (i == 0 || most >= 4 || i == 4); i++)
		print_line_of_grid(html, PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * i / 4.0, most * i / 4);
	print_hours(html);
	for (unsigned int hour = 0; hour < REPORT_HOURS; hour++) {
		const struct report_tally *tally = &report->hours[hour];
		uint64_t below = 0;

		snprintf(name, sizeof(name), "%02u", hour);
		for (enum cdr_end end = 0; end < CDR_END_COUNT; below += tally->ends[end++]) {
			const double scale = (PLOT_BOTTOM - PLOT_TOP) / (double)most, height = (double)tally->ends[end] * scale;

			if (!tally->ends[end])
				continue;
			fprintf(html->out, "<rect class=\"e%d\" x=\"%.1f\" y=\"%.2f\" width=\"28\" height=\"%.2f\">", end,
				x_of_hour(hour + 0.5) - 14, PLOT_BOTTOM - (double)below * scale - height, height);
			print_bar_title(html, name, end, tally);
			fputs("</rect>\n", html->out);
		}
	}
	fputs("</svg>\n", html->out);
	print_legend_of_ends(html);
	fputs("</figure>\n", html->out);
}

/* On a logarithmic scale from 1 ms; 0 is drawn as 1. */
static void waits_chart(const struct html *html)
{
	static const struct {
		unsigned int permille;
		enum report_word word;
	} lines[] = { { 500, WORD_MEDIAN }, { 950, WORD_95 }, { 990, WORD_99 } };
	const struct report *report = html->report;
	unsigned int decades = 1;
	uint64_t top = 10;

	for (unsigned int hour = 0; hour < REPORT_HOURS; hour++)
		while (top < histogram_quantile(&report->hours[hour].waits, 990)) {
			top *= 10;
			decades++;
		}
	begin_chart(html, WORD_CHART_WAITS, PLOT_BOTTOM + 24);
	top = 1;
	for (unsigned int i = 0; i <= decades; i++, top *= 10)
		print_line_of_grid(html, PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * (double)i / decades, top);
	print_hours(html);
	for (unsigned int line = 0; line < sizeof(lines) / sizeof(*lines); line++) {
		double x[REPORT_HOURS], y[REPORT_HOURS];
		unsigned int points = 0;

		for (unsigned int hour = 0; hour < REPORT_HOURS; hour++) {
			const struct histogram *waits = &report->hours[hour].waits;

			if (!waits->count)
				continue;
			x[points] = x_of_hour(hour + 0.5);
			y[points++] = PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) *
				      decades_of(histogram_quantile(waits, lines[line].permille)) / decades;
		}
		fprintf(html->out, "<polyline class=\"l%u\" points=\"", line);
		for (unsigned int i = 0; i < points; i++)
			fprintf(html->out, "%s%.1f,%.1f", i ? " " : "", x[i], y[i]);
		fputs("\"/>", html->out);
		for (unsigned int i = 0; i < points; i++)
			print_marker(html->out, line, x[i], y[i]);
		fputc('\n', html->out);
	}
	fputs("</svg>\n<ul>", html->out);
	for (unsigned int line = 0; line < sizeof(lines) / sizeof(*lines); line++) {
		fputs("<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">", html->out);
		print_marker(html->out, line, 6, 6);
		fprintf(html->out, "</svg>%s</li>", word_of(html, lines[line].word));
	}
	fputs("</ul></figure>\n", html->out);
}

#define BARS_LEFT 200
#define BARS_RIGHT 900
#define BAR_HEIGHT 22

/* Bars of the same length: the shares of the ends, with the number of requests. */
static void table_chart(const struct html *html, enum report_word title, const struct report_table *table)
{
	unsigned int rows = 0, row = 0;
	char figure[FIGURE_SIZE];

	for (unsigned int i = 0; i < table->count && rows < BARS_MAX; i++)
		rows += table->rows[i].tally.requests != 0;
	if (!rows)
		return;
	begin_chart(html, title, rows * BAR_HEIGHT + 4);
	for (unsigned int i = 0; i < table->count && row < rows; i++) {
		const struct report_tally *tally = &table->rows[i].tally;
		const char *name = *table->rows[i].name ? table->rows[i].name : word_of(html, WORD_NO_ENTRY);
		uint64_t before = 0;

		if (!tally->requests)
			continue;
		/* a longer name is cut off by the nested frame */
		fprintf(html->out, "<svg x=\"0\" y=\"%u\" width=\"%d\" height=\"%d\"><text class=\"name\" x=\"0\" y=\"15\">",
			row * BAR_HEIGHT, BARS_LEFT - 8, BAR_HEIGHT);
		clean_print(html->out, CLEAN_HTML, name);
		fputs("</text></svg>\n", html->out);
		for (enum cdr_end end = 0; end < CDR_END_COUNT; before += tally->ends[end++]) {
			const double scale = (BARS_RIGHT - BARS_LEFT) / (double)tally->requests;

			if (!tally->ends[end])
				continue;
			fprintf(html->out, "<rect class=\"e%d\" x=\"%.2f\" y=\"%u\" width=\"%.2f\" height=\"%d\">", end,
				BARS_LEFT + (double)before * scale, row * BAR_HEIGHT + 3, (double)tally->ends[end] * scale, BAR_HEIGHT - 6);
			print_bar_title(html, name, end, tally);
			fputs("</rect>\n", html->out);
		}
		fprintf(html->out, "<text x=\"%d\" y=\"%u\" text-anchor=\"end\">%s</text>\n", PLOT_RIGHT, row * BAR_HEIGHT + 15,
			figure_count(tally->requests, figure));
		row++;
	}
	fputs("</svg>\n", html->out);
	print_legend_of_ends(html);
	fputs("</figure>\n", html->out);
}

/* ---- tables ---- */

static void begin(void *user, enum sheet_number number, const struct sheet *sheet)
{
	const struct html *html = user;

	fprintf(html->out, "<section><h2>%s</h2>\n", word_of(html, sheet->title));
	if (number == SHEET_HOURS) {
		hours_chart(html);
		waits_chart(html);
	} else if (number == SHEET_LINKS) {
		table_chart(html, WORD_CHART_LINKS, &html->report->links);
	} else if (number == SHEET_PAGES) {
		table_chart(html, WORD_CHART_PAGES, &html->report->pages);
	}
	fputs("<div class=\"wide\"><table><thead><tr>", html->out);
	for (unsigned int i = 0; i < sheet->columns; i++)
		fprintf(html->out, "<th scope=\"col\">%s</th>", word_of(html, sheet->column[i].word));
	fputs("</tr></thead><tbody>\n", html->out);
}

static void row(void *user, const struct sheet *sheet, const struct cell *cells)
{
	const struct html *html = user;
	char figure[FIGURE_SIZE], count[FIGURE_SIZE];

	fprintf(html->out, "<tr><th scope=\"row\"><bdi%s>", cells[0].type == CELL_NAME ? " dir=\"ltr\"" : "");
	clean_print(html->out, CLEAN_HTML, figure_cell(&cells[0], figure));
	fputs("</bdi></th>", html->out);
	for (unsigned int i = 1; i < sheet->columns; i++) {
		const struct cell *cell = &cells[i];

		if (cell->type == CELL_SHARE && cell->whole)
			fprintf(html->out, "<td title=\"%s\">", figure_count(cell->value, count));
		else if (cell->type == CELL_TEXT)
			fprintf(html->out, "<td class=\"%s-%s\">", sheet->column[i].id, cell->id);
		else
			fputs("<td>", html->out);
		clean_print(html->out, CLEAN_HTML, figure_cell(cell, figure));
		fputs("</td>", html->out);
	}
	fputs("</tr>\n", html->out);
}

static void end(void *user, const struct sheet *sheet)
{
	const struct html *html = user;

	fputs("</tbody></table></div></section>\n", html->out);
}

/* ---- the page ---- */

static void print_tile(const struct html *html, enum report_word word, const char *figure)
{
	fprintf(html->out, "<div><dt>%s</dt><dd>%s</dd></div>\n", word_of(html, word), figure);
}

static void print_tiles(const struct html *html)
{
	const struct report_tally *all = &html->report->all;
	char figure[FIGURE_SIZE];

	fputs("<dl>\n", html->out);
	print_tile(html, WORD_REQUESTS, figure_count(all->requests, figure));
	for (enum cdr_end end = 0; all->requests && end < CDR_END_COUNT; end++)
		print_tile(html, ends[end], figure_share(all->ends[end], all->requests, figure));
	print_tile(html, WORD_MESSAGES, figure_count(all->messages, figure));
	if (all->waits.count) {
		print_tile(html, WORD_MEDIAN, figure_count(histogram_quantile(&all->waits, 500), figure));
		print_tile(html, WORD_95, figure_count(histogram_quantile(&all->waits, 950), figure));
	}
	fputs("</dl>\n", html->out);
}

void report_print_html(const struct report *report, FILE *out)
{
	static const struct sheet_ops ops = { begin, row, end };
	struct html html = { out, report };
	char text[REPORT_PROSE_SIZE];
	unsigned int line = 0;
	const char *prose;
	bool warns;

	fprintf(out, "<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n"
		"<title>%s %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>%s <bdi dir=\"ltr\">%s</bdi></h1>\n",
		report_language_code(report->language), report->language == REPORT_AR ? "rtl" : "ltr", word_of(&html, WORD_TITLE),
		report->period, style, word_of(&html, WORD_TITLE), report->period);
	while ((prose = report_heading(report, &line, text, &warns)))
		fprintf(out, "<p%s>%s</p>\n", warns ? " class=\"bad\"" : "", prose);
	fputs("</header>\n<main>\n", out);
	print_tiles(&html);
	report_sheets(report, ROWS_MAX, &ops, &html);
	fputs("</main>\n<footer>\n", out);
	for (unsigned int i = 0; (prose = report_footnote(report, i)); i++)
		fprintf(out, "<p>%s</p>\n", prose);
	fputs("</footer>\n</body>\n</html>\n", out);
}

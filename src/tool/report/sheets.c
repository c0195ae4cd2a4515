/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tables of a report and its prose, the same for each writer. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tool/report/report.h"

#define TALLY_COLUMNS \
	{ "requests", WORD_REQUESTS }, { "completed", WORD_WELL }, { "refused", WORD_REFUSED }, { "abandoned", WORD_ABANDONED }, \
	{ "timed_out", WORD_TIMED_OUT }, { "failed", WORD_FAILED }, { "messages", WORD_MESSAGES }, { "shown", WORD_PAGES }, \
	{ "median_ms", WORD_MEDIAN }, { "95_percent_ms", WORD_95 }, { "99_percent_ms", WORD_99 }, { "most_ms", WORD_MOST }
#define TALLY_COUNT 13

static const struct sheet sheets[SHEET_COUNT] = {
	[SHEET_ALL] = { "all", WORD_SUMMARY, TALLY_COUNT, { { "name", WORD_NAME }, TALLY_COLUMNS } },
	[SHEET_LINKS] = { "link", WORD_BY_LINK, TALLY_COUNT, { { "name", WORD_LINK }, TALLY_COLUMNS } },
	[SHEET_ENTRIES] = { "entry", WORD_BY_ENTRY, TALLY_COUNT, { { "name", WORD_ENTRY }, TALLY_COLUMNS } },
	[SHEET_HOURS] = { "hour", WORD_BY_HOUR, TALLY_COUNT, { { "name", WORD_HOUR }, TALLY_COLUMNS } },
	[SHEET_PAGES] = { "page", WORD_BY_PAGE, TALLY_COUNT - 1, {
		{ "name", WORD_PAGE }, { "shown", WORD_SHOWN }, { "ended", WORD_ENDED_HERE }, { "completed", WORD_WELL },
		{ "refused", WORD_REFUSED }, { "abandoned", WORD_ABANDONED }, { "timed_out", WORD_TIMED_OUT }, { "failed", WORD_FAILED },
		{ "median_ms", WORD_MEDIAN }, { "95_percent_ms", WORD_95 }, { "99_percent_ms", WORD_99 }, { "most_ms", WORD_MOST } } },
	[SHEET_TICKETS] = { "tickets", WORD_TICKETS, 7, {
		{ "name", WORD_KIND }, { "opened", WORD_OPENED }, { "due", WORD_DUE }, { "in_time", WORD_IN_TIME },
		{ "closed", WORD_CLOSED }, { "resolved", WORD_RESOLVED }, { "repeated", WORD_REPEATED } } },
	[SHEET_TARGETS] = { "target", WORD_TARGETS, 7, {
		{ "name", WORD_MEASURE }, { "cases", WORD_CASES }, { "measured", WORD_MEASURED }, { "target_percent", WORD_TARGET },
		{ "state", WORD_STATE }, { "months_missed", WORD_MONTHS_MISSED }, { "marked", WORD_MARK } } },
	[SHEET_SURVEYS] = { "survey", WORD_SURVEYS, 5, {
		{ "name", WORD_PAGE }, { "asked", WORD_ASKED }, { "answered", WORD_ANSWERED }, { "average", WORD_AVERAGE },
		{ "satisfied", WORD_SATISFIED } } },
	[SHEET_ORDERS] = { "orders", WORD_ORDERS, 6, {
		{ "name", WORD_NAME }, { "done", WORD_ORDERS_DONE }, { "refused", WORD_ORDERS_REFUSED },
		{ "not_delivered", WORD_ORDERS_DEAD }, { "refunds", WORD_REFUNDS }, { "refunded", WORD_REFUNDED } } },
};

/* ---- figures ---- */

const char *figure_count(uint64_t value, char out[static FIGURE_SIZE])
{
	char *at = out + FIGURE_SIZE - 1;

	*at = '\0';
	for (unsigned int digits = 0; value || !digits; value /= 10) {
		if (digits && digits % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + value % 10);
		digits++;
	}
	return memmove(out, at, (size_t)(out + FIGURE_SIZE - at));
}

/* Rounded, but only nothing is 0 % and only all is 100 %. */
const char *figure_share(uint64_t part, uint64_t whole, char out[static FIGURE_SIZE])
{
	uint64_t permille = (uint64_t)((double)part / (double)whole * 1000 + 0.5);

	if (permille == 1000 && part < whole)
		permille = 999;
	if (!permille && part)
		permille = 1;
	snprintf(out, FIGURE_SIZE, "%" PRIu64 ".%" PRIu64 " %%", permille / 10, permille % 10);
	return out;
}

const char *figure_cell(const struct cell *cell, char out[static FIGURE_SIZE])
{
	const bool negative = (int64_t)cell->value < 0;
	const uint64_t minor = negative ? -cell->value : cell->value;
	char units[FIGURE_SIZE];

	switch (cell->type) {
	case CELL_COUNT:
		return figure_count(cell->value, out);
	case CELL_SHARE:
		return cell->whole ? figure_share(cell->value, cell->whole, out) : "";
	case CELL_MS:
		return cell->whole ? figure_count(cell->value, out) : "";
	case CELL_MONEY:
		snprintf(out, FIGURE_SIZE, "%s%.30s.%02" PRIu64, negative ? "-" : "", figure_count(minor / 100, units), minor % 100);
		return out;
	case CELL_TENTHS:
		if (!cell->whole)
			return "";
		snprintf(out, FIGURE_SIZE, "%" PRIu64 ".%" PRIu64, cell->value / 10, cell->value % 10);
		return out;
	case CELL_BOUND:
		snprintf(out, FIGURE_SIZE, "%s %" PRIu64 ".%" PRIu64 " %%", cell->text, cell->value / 10, cell->value % 10);
		return out;
	default:
		return cell->text;
	}
}

/* ---- tables ---- */

struct walk {
	const struct report *report;
	const struct sheet_ops *ops;
	void *user;
	unsigned int rows_max;
};

static const char *word_of(const struct walk *walk, enum report_word word)
{
	return report_word(walk->report->language, word);
}

static const struct sheet *begin(const struct walk *walk, enum sheet_number number)
{
	walk->ops->begin(walk->user, number, &sheets[number]);
	return &sheets[number];
}

static struct cell count_cell(uint64_t value)
{
	return (struct cell){ .type = CELL_COUNT, .value = value };
}

static struct cell share_cell(uint64_t part, uint64_t whole)
{
	return (struct cell){ .type = CELL_SHARE, .value = part, .whole = whole };
}

static void quantile_cells(const struct histogram *waits, struct cell *cells)
{
	static const unsigned int permilles[] = { 500, 950, 990, 1000 };

	for (size_t i = 0; i < sizeof(permilles) / sizeof(*permilles); i++)
		cells[i] = (struct cell){ .type = CELL_MS, .value = histogram_quantile(waits, permilles[i]), .whole = waits->count };
}

static void tally_row(const struct walk *walk, const struct sheet *sheet, struct cell name, const struct report_tally *tally)
{
	struct cell cells[SHEET_COLUMNS_MAX] = { name };
	unsigned int at = 1;

	if (sheet == &sheets[SHEET_PAGES])
		cells[at++] = count_cell(tally->shown);
	cells[at++] = count_cell(tally->requests);
	for (enum cdr_end end = 0; end < CDR_END_COUNT; end++)
		cells[at++] = share_cell(tally->ends[end], tally->requests);
	if (sheet != &sheets[SHEET_PAGES]) {
		cells[at++] = count_cell(tally->messages);
		cells[at++] = count_cell(tally->shown);
	}
	quantile_cells(&tally->waits, cells + at);
	walk->ops->row(walk->user, sheet, cells);
}

static void merge(struct report_tally *sum, const struct report_tally *tally)
{
	sum->requests += tally->requests;
	sum->messages += tally->messages;
	sum->shown += tally->shown;
	for (enum cdr_end end = 0; end < CDR_END_COUNT; end++)
		sum->ends[end] += tally->ends[end];
	histogram_merge(&sum->waits, &tally->waits);
}

static void table_sheet(const struct walk *walk, enum sheet_number number, const struct report_table *table)
{
	struct report_tally others = table->others.tally;
	const struct sheet *sheet;

	if (!table->count)
		return;
	sheet = begin(walk, number);
	for (unsigned int i = 0; i < table->count; i++) {
		const struct report_row *row = &table->rows[i];
		const struct cell name = { .type = CELL_NAME, .text = row->name }, none = {
			.type = CELL_TEXT, .text = word_of(walk, WORD_NO_ENTRY), .id = "",
		};

		if (i < walk->rows_max)
			tally_row(walk, sheet, *row->name ? name : none, &row->tally);
		else
			merge(&others, &row->tally);
	}
	if (others.requests || others.messages || others.shown)
		tally_row(walk, sheet, (struct cell){ .type = CELL_TEXT, .text = word_of(walk, WORD_OTHERS), .id = "(others)" }, &others);
	walk->ops->end(walk->user, sheet);
}

static void hours_sheet(const struct walk *walk)
{
	const struct sheet *sheet = begin(walk, SHEET_HOURS);
	char name[8];

	for (unsigned int hour = 0; hour < REPORT_HOURS; hour++) {
		snprintf(name, sizeof(name), "%02u", hour);
		tally_row(walk, sheet, (struct cell){ .type = CELL_TEXT, .text = name, .id = name }, &walk->report->hours[hour]);
	}
	walk->ops->end(walk->user, sheet);
}

/* ---- from the store ---- */

static void tickets_row(const struct walk *walk, const struct sheet *sheet, const struct report_kind *kind)
{
	const struct report_tickets *tickets = &kind->tickets;
	const struct cell cells[] = {
		{ .type = CELL_TEXT, .text = kind->name, .id = kind->id }, count_cell(tickets->opened), count_cell(tickets->due),
		share_cell(tickets->in_time, tickets->due), count_cell(tickets->closed),
		/* of the others, which staff close, nobody is asked */
		share_cell(tickets->resolved, kind->owes ? tickets->closed : 0), share_cell(tickets->repeated, tickets->opened),
	};

	walk->ops->row(walk->user, sheet, cells);
}

static void tickets_sheet(const struct walk *walk)
{
	const struct report_care *care = &walk->report->care;
	const struct sheet *sheet = begin(walk, SHEET_TICKETS);

	for (unsigned int i = 0; i < care->kind_count; i++)
		tickets_row(walk, sheet, &care->kinds[i]);
	walk->ops->end(walk->user, sheet);
}

static const struct {
	const char *id;
	enum report_word word;
} measures[MEASURE_COUNT] = {
	[MEASURE_IN_TIME] = { "in_time", WORD_IN_TIME }, [MEASURE_RESOLVED] = { "resolved", WORD_RESOLVED },
	[MEASURE_REPEATED] = { "repeated", WORD_REPEATED }, [MEASURE_SATISFIED] = { "satisfied", WORD_SATISFIED },
}, states[] = {
	[STATE_MET] = { "met", WORD_MET }, [STATE_MINOR] = { "minor", WORD_MINOR }, [STATE_MISSED] = { "missed", WORD_MISSED },
};

static bool is_marked(const struct report *report, enum report_measure measure)
{
	return report->care.known && report->care.targets[measure].months_missed >= report->care.months_marked;
}

#define MARK_SIZE 100

static void mark_print(const struct report *report, const char *sign, char out[static MARK_SIZE])
{
	snprintf(out, MARK_SIZE, "%s%s%u%s", sign, report_word(report->language, WORD_MARKED_FROM), report->care.months_marked,
		 report_word(report->language, WORD_MARKED));
}

static void targets_sheet(const struct walk *walk)
{
	const struct sheet *sheet = begin(walk, SHEET_TARGETS);

	for (enum report_measure measure = 0; measure < MEASURE_COUNT; measure++) {
		const struct report_target *target = &walk->report->care.targets[measure];
		const bool marked = is_marked(walk->report, measure);
		char mark[MARK_SIZE] = "";
		const struct cell cells[] = {
			{ .type = CELL_TEXT, .text = word_of(walk, measures[measure].word), .id = measures[measure].id },
			count_cell(target->whole), share_cell(target->part, target->whole),
			{ .type = CELL_BOUND, .text = word_of(walk, target->at_most ? WORD_AT_MOST : WORD_AT_LEAST),
			  .value = target->permille },
			{ .type = CELL_TEXT, .text = target->whole ? word_of(walk, states[target->state].word) : "–",
			  .id = target->whole ? states[target->state].id : "none" },
			count_cell(target->months_missed), { .type = CELL_TEXT, .text = mark, .id = marked ? "yes" : "no" },
		};

		if (marked)
			mark_print(walk->report, "▲ ", mark);
		walk->ops->row(walk->user, sheet, cells);
	}
	walk->ops->end(walk->user, sheet);
}

static void surveys_sheet(const struct walk *walk)
{
	const struct report_care *care = &walk->report->care;
	const struct sheet *sheet;

	if (!care->survey_count)
		return;
	sheet = begin(walk, SHEET_SURVEYS);
	for (unsigned int i = 0; i < care->survey_count; i++) {
		const struct report_survey *survey = &care->surveys[i];
		const uint64_t tenths = survey->answered ? (survey->sum * 20 + survey->answered) / (2 * survey->answered) : 0;
		const struct cell cells[] = {
			{ .type = CELL_NAME, .text = survey->name }, count_cell(survey->asked),
			share_cell(survey->answered, survey->asked), { .type = CELL_TENTHS, .value = tenths, .whole = survey->answered },
			share_cell(survey->satisfied, survey->answered),
		};

		walk->ops->row(walk->user, sheet, cells);
	}
	walk->ops->end(walk->user, sheet);
}

static void orders_sheet(const struct walk *walk)
{
	const struct report_care *care = &walk->report->care;
	const struct sheet *sheet = begin(walk, SHEET_ORDERS);
	const struct cell cells[] = {
		{ .type = CELL_TEXT, .text = word_of(walk, WORD_ALL), .id = "" }, count_cell(care->orders_done),
		count_cell(care->orders_refused), count_cell(care->orders_dead), count_cell(care->refunds),
		{ .type = CELL_MONEY, .value = (uint64_t)care->refunded },
	};

	walk->ops->row(walk->user, sheet, cells);
	walk->ops->end(walk->user, sheet);
}

void report_sheets(const struct report *report, unsigned int rows_max, const struct sheet_ops *ops, void *user)
{
	const struct walk walk = { report, ops, user, rows_max };
	const struct sheet *sheet;

	if (report->care.known) {
		tickets_sheet(&walk);
		targets_sheet(&walk);
		surveys_sheet(&walk);
		orders_sheet(&walk);
	}
	sheet = begin(&walk, SHEET_ALL);
	tally_row(&walk, sheet, (struct cell){ .type = CELL_TEXT, .text = word_of(&walk, WORD_ALL), .id = "" }, &report->all);
	ops->end(user, sheet);
	table_sheet(&walk, SHEET_LINKS, &report->links);
	table_sheet(&walk, SHEET_ENTRIES, &report->entries);
	table_sheet(&walk, SHEET_PAGES, &report->pages);
	hours_sheet(&walk);
}

/* ---- prose ---- */

/* The operator's local time. */
static void print_time(FILE *out, const struct report *report, int64_t ms, const char *format)
{
	const time_t when = (time_t)(ms / 1000);
	struct tm local;
	char time[40];

	strftime(time, sizeof(time), format, localtime_r(&when, &local));
	fprintf(out, "%s%s%s", report_word(report->language, WORD_ISOLATE), time, report_word(report->language, WORD_ISOLATED));
}

static void print_label(FILE *out, const struct report *report, enum report_word word)
{
	fprintf(out, "%s%s", report_word(report->language, word), report_word(report->language, WORD_COLON));
}

static void print_period(FILE *out, const struct report *report)
{
	print_label(out, report, WORD_PERIOD);
	print_time(out, report, report->from_s * 1000, "%Y-%m-%d %H:%M");
	fputs(" – ", out);
	print_time(out, report, report->to_s * 1000, "%Y-%m-%d %H:%M");
	fprintf(out, "%s%s ", report_word(report->language, WORD_OPEN), report_word(report->language, WORD_TIME_ZONE));
	print_time(out, report, report->from_s * 1000, "UTC%z");
	fputs(report_word(report->language, WORD_CLOSE), out);
}

static void print_records(FILE *out, const struct report *report)
{
	char figure[FIGURE_SIZE];

	print_label(out, report, WORD_RECORDS);
	fprintf(out, "%s%s", figure_count(report->records, figure), report_word(report->language, WORD_SEMICOLON));
	print_label(out, report, WORD_BAD);
	fputs(figure_count(report->bad, figure), out);
}

static void print_extent(FILE *out, const struct report *report)
{
	const char *format = report->first_ms ? "%Y-%m-%d %H:%M" : "–";

	print_label(out, report, WORD_FIRST);
	print_time(out, report, report->first_ms, format);
	fputs(report_word(report->language, WORD_SEMICOLON), out);
	print_label(out, report, WORD_LAST);
	print_time(out, report, report->last_ms, format);
}

/* Nothing when no indicator is marked. */
static void print_marked(FILE *out, const struct report *report)
{
	const char *before = "▲ ";
	char mark[MARK_SIZE] = "";

	for (enum report_measure measure = 0; measure < MEASURE_COUNT; measure++) {
		if (!is_marked(report, measure))
			continue;
		fprintf(out, "%s%s", before, report_word(report->language, measures[measure].word));
		before = report_word(report->language, WORD_SEMICOLON);
		mark_print(report, "", mark);
	}
	if (*mark)
		fprintf(out, "%s%s%s", report_word(report->language, WORD_OPEN), mark, report_word(report->language, WORD_CLOSE));
}

static void print_incomplete(FILE *out, const struct report *report)
{
	if (!report_is_whole(report))
		fputs(report_word(report->language, WORD_INCOMPLETE), out);
}

const char *report_heading(const struct report *report, unsigned int *number, char text[static REPORT_PROSE_SIZE], bool *warns)
{
	static const struct {
		void (*print)(FILE *out, const struct report *report);
		bool warns;
	} lines[] = {
		{ print_period, false }, { print_records, false }, { print_extent, false },
		{ print_incomplete, true }, { print_marked, true },
	};

	for (text[0] = '\0'; !text[0] && *number < sizeof(lines) / sizeof(*lines); (*number)++) {
		FILE *out = fmemopen(text, REPORT_PROSE_SIZE, "w");

		*warns = lines[*number].warns;
		if (!out)
			break;
		lines[*number].print(out, report);
		fclose(out);
	}
	return text[0] ? text : NULL;
}

const char *report_footnote(const struct report *report, unsigned int number)
{
	static const enum report_word notes[] = {
		WORD_NOTE_TICKETS, WORD_NOTE_TARGETS, WORD_NOTE_SURVEYS, WORD_NOTE_ENDS,
		WORD_NOTE_PAGES, WORD_NOTE_MESSAGES, WORD_NOTE_WAITS,
	};
	const unsigned int first = report->care.known ? 0 : 3;

	return first + number < sizeof(notes) / sizeof(*notes) ? report_word(report->language, notes[first + number]) : NULL;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* report/: the service-quality report, as text, CSV and HTML. Begin with report.h; sheets.c has its tables.
 *
 * Counts the journal's records. Memory does not grow with them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "starhash/calendar.h"
#include "tool/report/report.h"

#define SLACK_MS (3600 * INT64_C(1000))
#define QUARTER_OF_AN_HOUR 900		/* offsets of local time change at multiples of it */

/* ---- the period ---- */

static int64_t begin_of_month(int64_t year, int64_t month)
{
	struct tm local = { .tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = 1, .tm_isdst = -1 };

	return mktime(&local);
}

struct report *report_new(const char *period, enum report_language language, const char **why)
{
	const bool quarter = calendar_shaped(period, strlen(period), "0000-Q0");
	const int64_t year = calendar_number(period, strlen(period) < 4 ? 0 : 4);
	int64_t month, months = quarter ? 3 : 1;
	struct report *report;

	*why = "not a month, such as 2026-10, nor a quarter, such as 2026-Q4";
	if (!quarter && !calendar_shaped(period, strlen(period), "0000-00"))
		return NULL;
	month = quarter ? (period[6] - '1') * 3 + 1 : calendar_number(period + 5, 2);
	if (year < 1970 || month < 1 || month > 12)
		return NULL;
	*why = NULL;
	report = calloc(1, sizeof(*report));
	if (!report)
		return NULL;
	snprintf(report->period, sizeof(report->period), "%s", period);
	report->language = language;
	report->from_s = begin_of_month(year, month);
	report->to_s = begin_of_month(year, month + months);
	report->offset_for = INT64_MIN;
	return report;
}

bool report_is_whole(const struct report *report)
{
	return report->first_ms && report->first_ms <= report->from_s * 1000 + SLACK_MS &&
	       report->last_ms >= report->to_s * 1000 - SLACK_MS;
}

static unsigned int hour_of(struct report *report, int64_t second)
{
	const time_t when = (time_t)second;
	struct tm local;

	/* A journal is nearly in the order of time: localtime_r() is seldom called. */
	if (report->offset_for != second / QUARTER_OF_AN_HOUR) {
		localtime_r(&when, &local);
		report->offset_for = second / QUARTER_OF_AN_HOUR;
		report->offset = (int32_t)local.tm_gmtoff;
	}
	return (unsigned int)((second + report->offset) % 86400 / 3600);
}

/* ---- tables ---- */

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash;
}

/* The row of a name; of one for which there is no room, that of the others. */
static struct report_tally *row_of(struct report_table *table, const char *name)
{
	const size_t slots = sizeof(table->slots) / sizeof(*table->slots);
	char cut[REPORT_NAME_SIZE];
	size_t at;

	if (memchr(name, '\0', sizeof(cut)) == NULL) {
		memcpy(cut, name, sizeof(cut) - 1);
		cut[sizeof(cut) - 1] = '\0';
		name = cut;
	}
	for (at = hash_of(name) % slots; table->slots[at]; at = (at + 1) % slots) {
		struct report_row *row = &table->rows[table->slots[at] - 1];

		if (!strcmp(row->name, name))
			return &row->tally;
	}
	if (table->count == REPORT_ROWS_MAX)
		return &table->others.tally;
	strcpy(table->rows[table->count].name, name);
	table->slots[at] = (uint16_t)++table->count;
	return &table->rows[table->count - 1].tally;
}

static int by_records(const void *one, const void *other)
{
	const struct report_row *a = one, *b = other;
	const uint64_t size_a = a->tally.requests + a->tally.messages, size_b = b->tally.requests + b->tally.messages;

	return size_a != size_b ? (size_a < size_b ? 1 : -1) : strcmp(a->name, b->name);
}

static int by_shown(const void *one, const void *other)
{
	const struct report_row *a = one, *b = other;

	return a->tally.shown != b->tally.shown ? (a->tally.shown < b->tally.shown ? 1 : -1) : strcmp(a->name, b->name);
}

/* The slots are for report_add() alone. */
void report_finish(struct report *report)
{
	qsort(report->links.rows, report->links.count, sizeof(*report->links.rows), by_records);
	qsort(report->entries.rows, report->entries.count, sizeof(*report->entries.rows), by_records);
	qsort(report->pages.rows, report->pages.count, sizeof(*report->pages.rows), by_shown);
}

/* ---- records ---- */

static void count_end(struct report_tally *tally, const struct cdr *cdr)
{
	if (!cdr->turns) {
		tally->messages++;
		return;
	}
	tally->requests++;
	tally->ends[cdr_outcome_end(cdr->outcome)]++;
}

/* The first of the pages for which the subscriber waited: a notification begins with one that answers no input. */
static unsigned int first_awaited(const struct cdr *cdr)
{
	const unsigned int shown = cdr->path_count + cdr->path_left_out;

	return !cdr->waits_ms ? cdr->path_count : shown > cdr->turns ? shown - cdr->turns : 0;
}

static void count_pages(struct report_tally *tally, const struct cdr *cdr)
{
	tally->shown += cdr->path_count + cdr->path_left_out;
	for (unsigned int i = first_awaited(cdr); i < cdr->path_count; i++)
		histogram_add(&tally->waits, cdr->waits_ms[i]);
}

static void count_by_page(struct report *report, const struct cdr *cdr)
{
	struct report_tally *last = &report->pages.others.tally;	/* with pages left out, it is not known */

	for (unsigned int i = 0; i < cdr->path_count; i++) {
		struct report_tally *page = row_of(&report->pages, cdr->path[i]);

		page->shown++;
		if (i >= first_awaited(cdr))
			histogram_add(&page->waits, cdr->waits_ms[i]);
		if (i + 1 == cdr->path_count && !cdr->path_left_out)
			last = page;
	}
	report->pages.others.tally.shown += cdr->path_left_out;
	if (cdr->path_count)
		count_end(last, cdr);
}

void report_add(struct report *report, const struct cdr_line *line)
{
	const struct cdr *cdr = &line->cdr;
	const int64_t second = cdr->began_ms / 1000;

	report->lines++;
	if (!report->first_ms || cdr->began_ms < report->first_ms)
		report->first_ms = cdr->began_ms;
	if (cdr->began_ms > report->last_ms)
		report->last_ms = cdr->began_ms;
	if (second < report->from_s || second >= report->to_s)
		return;
	report->records++;
	struct report_tally *const tallies[] = {
		&report->all, &report->hours[hour_of(report, second)], row_of(&report->links, cdr->channel),
		row_of(&report->entries, cdr->code),
	};
	for (size_t i = 0; i < sizeof(tallies) / sizeof(*tallies); i++) {
		count_end(tallies[i], cdr);
		count_pages(tallies[i], cdr);
	}
	count_by_page(report, cdr);
}

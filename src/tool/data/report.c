/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* starhash-data report: counts the journal of a month or a quarter, and prints the service-quality report (O2). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool/data/command.h"
#include "tool/data/data.h"
#include "tool/data/journal_files.h"
#include "tool/data/report_care.h"
#include "tool/report/report.h"

#define PROGRESS_STEP 4096

static int count_journal(struct report *report, const struct data_options *options)
{
	struct journal_files files;
	struct progress progress;
	int status = journal_files_open(&files, options);

	progress_begin(&progress, "lines", 0, options->quiet);
	while (!status && journal_files_next(&files)) {
		report_add(report, &files.line);
		if (files.lines % PROGRESS_STEP == 0)
			progress_show(&progress, files.lines);
	}
	progress_end(&progress, files.lines);
	report->bad = files.bad;
	status = status ? status : files.status;
	journal_files_close(&files);
	report_finish(report);
	return status;
}

static void report_print(const struct report *report, const struct data_options *options)
{
	if (options->html)
		report_print_html(report, stdout);
	else if (options->csv)
		report_print_csv(report, stdout);
	else
		report_print_text(report, stdout);
}

int data_report(const struct data_options *options)
{
	enum report_language language = report_language_default();
	struct report *report;
	const char *why;
	int status;

	if (!options->period)
		return data_failed("report", "needs a month (--month 2026-10) or a quarter (--quarter 2026-Q4)");
	if (options->language && !report_language_find(options->language, &language))
		return data_failed(options->language, "reports are in en, zh or ar");
	report = report_new(options->period, language, &why);
	if (!report)
		return data_failed(options->period, why ? why : strerror(ENOMEM));
	status = options->file ? report_care_read(report, options) : 0;
	if (!status)
		status = count_journal(report, options);
	if (!status)
		report_print(report, options);
	free(report);
	return status;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reports: quantiles, bounded tables, periods of local time, hostile names, and the figures of tickets in each form. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/core/utils.h>

#include "tests/cmocka.h"
#include "tool/report/report.h"

static struct report *open_report(const char *period, const char *zone)
{
	const char *why;
	struct report *report;

	setenv("TZ", zone, 1);
	tzset();
	report = report_new(period, REPORT_EN, &why);
	assert_non_null(report);
	return report;
}

/* In \a text, which the caller frees. */
static char *print(const struct report *report, void (*printer)(const struct report *report, FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	printer(report, out);
	fclose(out);
	return text;
}

static void expect(const struct report *report, void (*printer)(const struct report *report, FILE *out), const char *part)
{
	char *text = print(report, printer);

	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
	free(text);
}

static void add(struct report *report, int64_t second, const char *page, unsigned int turns, enum cdr_outcome outcome)
{
	static struct cdr_line line;

	line.path[0] = page;
	line.waits_ms[0] = 7;
	line.cdr = (struct cdr){ .began_ms = second * 1000, .channel = "hlr", .code = "*100#", .language = "en", .turns = turns,
				 .outcome = outcome, .path = line.path, .waits_ms = line.waits_ms, .path_count = 1 };
	report_add(report, &line);
}

/* ---- quantiles ---- */

static void histogram__every_size__at_most_a_sixteenth_too_high(void **state)
{
	struct histogram histogram;

	for (uint64_t value = 0; value <= UINT32_MAX; value += value / 37 + 1) {
		uint32_t found;

		memset(&histogram, 0, sizeof(histogram));
		histogram_add(&histogram, (uint32_t)value);
		histogram.most = UINT32_MAX;		/* which otherwise makes it exact */
		found = histogram_quantile(&histogram, 500);
		assert_true(found >= value && found - value <= value / 16);
	}
	memset(&histogram, 0, sizeof(histogram));
	assert_int_equal(histogram_quantile(&histogram, 500), 0);
	histogram_add(&histogram, UINT32_MAX);
	assert_true(histogram_quantile(&histogram, 1000) == UINT32_MAX);
}

static void histogram__quantiles__the_value_of_that_rank(void **state)
{
	struct histogram histogram = {}, half = {};

	for (uint32_t i = 0; i < 10; i++)
		histogram_add(i % 2 ? &histogram : &half, i);
	histogram_merge(&histogram, &half);
	assert_int_equal(histogram.count, 10);
	assert_int_equal(histogram_quantile(&histogram, 0), 0);
	assert_int_equal(histogram_quantile(&histogram, 500), 4);
	assert_int_equal(histogram_quantile(&histogram, 501), 5);
	assert_int_equal(histogram_quantile(&histogram, 950), 9);
	assert_int_equal(histogram_quantile(&histogram, 1000), 9);
}

/* ---- periods ---- */

static void report__period__of_the_operators_calendar(void **state)
{
	static const struct {
		const char *period, *zone;
		int64_t from, to;
	} cases[] = {
		{ "2026-10", "UTC", 1790812800, 1793491200 },
		{ "2026-10", "CST-8", 1790784000, 1793462400 },
		{ "2026-12", "UTC", 1796083200, 1798761600 },
		{ "2026-Q4", "UTC", 1790812800, 1798761600 },
		{ "2026-Q1", "UTC", 1767225600, 1775001600 },
		/* summer time ends in it */
		{ "2026-10", "CET-1CEST,M3.5.0,M10.5.0/3", 1790805600, 1793487600 },
	};
	static const char *const wrong[] = {
		"", "2026", "2026-13", "2026-00", "2026-Q5", "2026-Q0", "2026-1", "2026-10-01", "abcd-10", "1969-12", "2026-Qx",
	};
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report *report = open_report(cases[i].period, cases[i].zone);

		assert_true(report->from_s == cases[i].from);
		assert_true(report->to_s == cases[i].to);
		free(report);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_null(report_new(wrong[i], REPORT_EN, &why));
		assert_non_null(why);
	}
}

/* Only whole seconds of the period count, and the hour is the one on the wall. */
static void report__edges_and_summer_time__right_hour(void **state)
{
	struct report *report = open_report("2026-10", "CET-1CEST,M3.5.0,M10.5.0/3");

	add(report, report->from_s - 1, "home", 1, CDR_DONE);
	add(report, report->from_s, "home", 1, CDR_DONE);
	add(report, report->to_s - 1, "home", 1, CDR_GONE);
	add(report, report->to_s, "home", 1, CDR_DONE);
	/* 25 October: 02:30 comes twice */
	add(report, 1792888200, "home", 1, CDR_DONE);
	add(report, 1792891800, "home", 1, CDR_DONE);
	assert_int_equal(report->lines, 6);
	assert_int_equal(report->records, 4);
	assert_int_equal(report->all.requests, 4);
	assert_int_equal(report->hours[0].requests, 1);
	assert_int_equal(report->hours[2].requests, 2);
	assert_int_equal(report->hours[23].ends[CDR_END_ABANDONED], 1);
	assert_true(report_is_whole(report));
	free(report);
}

static void report__journal_begins_later_or_ends_earlier__said(void **state)
{
	struct report *report = open_report("2026-10", "UTC");

	expect(report, report_print_text, "does not cover the whole period");
	add(report, report->from_s + 3600, "home", 1, CDR_DONE);
	expect(report, report_print_text, "does not cover the whole period");
	add(report, report->to_s - 3600, "home", 1, CDR_DONE);
	assert_true(report_is_whole(report));
	report->first_ms += 1000;
	expect(report, report_print_html, "<p class=\"bad\">The journal does not cover the whole period");
	expect(report, report_print_csv, "2026-10,journal,\"\",covers_period,no\r\n");
	free(report);
}

/* ---- records ---- */

static void report__outcomes__each_in_its_class(void **state)
{
	static const uint8_t classes[CDR_END_COUNT] = { 5, 2, 2, 1, 4 };
	struct report *report = open_report("2026-10", "UTC");

	for (enum cdr_outcome outcome = CDR_NONE + 1; outcome < CDR_OUTCOME_COUNT; outcome++)
		add(report, report->from_s, "home", 1, outcome);
	add(report, report->from_s, "balance_low", 0, CDR_NOTIFICATION);
	for (enum cdr_end end = 0; end < CDR_END_COUNT; end++)
		assert_int_equal(report->all.ends[end], classes[end]);
	assert_int_equal(report->all.requests, CDR_OUTCOME_COUNT - 1);
	assert_int_equal(report->all.messages, 1);
	assert_int_equal(report->all.waits.count, CDR_OUTCOME_COUNT - 1);	/* nobody waits for a notification */
	free(report);
}

/* It begins with a page that nobody waited for. */
static void report__notification_that_was_answered__only_the_answer_is_timed(void **state)
{
	struct report *report = open_report("2026-10", "UTC");
	static struct cdr_line line;

	line.path[0] = "offer";
	line.path[1] = "thanks";
	line.waits_ms[1] = 40;
	line.cdr = (struct cdr){ .began_ms = report->from_s * 1000, .channel = "sms", .code = "offer", .turns = 1, .outcome = CDR_DONE,
				 .path = line.path, .waits_ms = line.waits_ms, .path_count = 2 };
	report_add(report, &line);
	assert_int_equal(report->all.requests, 1);
	assert_int_equal(report->all.waits.count, 1);
	assert_int_equal(report->all.waits.most, 40);
	assert_int_equal(report->pages.rows[0].tally.waits.count, 0);
	assert_int_equal(report->pages.rows[1].tally.waits.count, 1);
	free(report);
}

static void report__more_names_than_rows__others(void **state)
{
	struct report *report = open_report("2026-10", "UTC");
	uint64_t shown = 0, requests = 0;
	char name[160];

	for (unsigned int i = 0; i < 3 * REPORT_ROWS_MAX; i++) {
		snprintf(name, sizeof(name), "page_%u_%0100u", i, i);	/* cut, and still distinct */
		add(report, report->from_s, name, 1, CDR_DONE);
		add(report, report->from_s, name, 1, CDR_DONE);
	}
	assert_int_equal(report->pages.count, REPORT_ROWS_MAX);
	assert_int_equal(report->pages.others.tally.requests, 4 * REPORT_ROWS_MAX);
	report_finish(report);
	for (unsigned int i = 0; i < report->pages.count; i++) {
		assert_int_equal(report->pages.rows[i].tally.shown, 2);
		shown += report->pages.rows[i].tally.shown;
		requests += report->pages.rows[i].tally.requests;
	}
	assert_int_equal(shown + report->pages.others.tally.shown, report->all.shown);
	assert_int_equal(requests + report->pages.others.tally.requests, report->all.requests);
	expect(report, report_print_csv, "2026-10,page,\"(others)\",shown,2048\r\n");
	/* people see the first ones and the sum of the others */
	expect(report, report_print_text, "\n  Others                            2,992       2,992    100.0 %");
	free(report);
}

static void report__more_pages_than_the_record_has__last_page_not_guessed(void **state)
{
	struct report *report = open_report("2026-10", "UTC");
	static struct cdr_line line;

	line.path[0] = "home";
	line.cdr = (struct cdr){ .began_ms = report->from_s * 1000, .channel = "hlr", .code = "*100#", .turns = 9, .outcome = CDR_DONE,
				 .path = line.path, .path_count = 1, .path_left_out = 8 };
	report_add(report, &line);
	assert_int_equal(report->pages.rows[0].tally.shown, 1);
	assert_int_equal(report->pages.rows[0].tally.requests, 0);
	assert_int_equal(report->pages.others.tally.requests, 1);
	assert_int_equal(report->pages.others.tally.shown, 8);
	assert_int_equal(report->all.shown, 9);
	free(report);
}

static void report__hostile_names__harmless_in_each_form(void **state)
{
	struct report *report = open_report("2026-10", "UTC");

	add(report, report->from_s, "<script>alert('1')</script>&\"", 1, CDR_DONE);
	add(report, report->from_s, "=cmd|' /C calc'!A0", 1, CDR_DONE);
	add(report, report->from_s, "a\"b\n,\x1b[2J\xe2\x80\xae\xff", 1, CDR_DONE);
	report_finish(report);
	expect(report, report_print_html, "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;");
	expect(report, report_print_csv, "2026-10,page,\"'=cmd|' /C calc'!A0\",shown,1\r\n");
	expect(report, report_print_csv, "2026-10,page,\"a\"\"b?,?[2J?\xef\xbf\xbd\",shown,1\r\n");
	expect(report, report_print_text, "a\"b?,?[2J?\xef\xbf\xbd ");
	free(report);
}

static void report__no_records__zeros(void **state)
{
	struct report *report = open_report("2026-10", "UTC");
	char *html;

	report_finish(report);
	expect(report, report_print_text, "  All         0 ");
	expect(report, report_print_csv, "2026-10,all,\"\",requests,0\r\n");
	html = print(report, report_print_html);
	assert_null(strstr(html, "nan"));
	assert_null(strstr(html, "inf"));
	free(html);
	free(report);
}

/* ---- tickets ---- */

static void report__tickets__only_when_known(void **state)
{
	struct report *report = open_report("2026-10", "UTC");
	struct report_care *care = &report->care;
	char *text = print(report, report_print_text);

	assert_null(strstr(text, "Tickets"));
	free(text);
	care->known = true;
	care->kind_count = 1;
	care->kinds[0] = (struct report_kind){ .name = "Complaint", .id = "complaint", .owes = true, .tickets = {
		.opened = 1200, .due = 1000, .in_time = 999, .closed = 900, .resolved = 890, .repeated = 70,
	} };
	care->targets[MEASURE_IN_TIME] = (struct report_target){ .part = 999, .whole = 1000, .permille = 1000, .state = STATE_MISSED,
								 .months_missed = 1 };
	care->targets[MEASURE_RESOLVED] = (struct report_target){ .part = 890, .whole = 900, .permille = 980 };
	care->targets[MEASURE_REPEATED] = (struct report_target){ .part = 70, .whole = 1200, .permille = 30, .at_most = true,
								  .state = STATE_MINOR, .months_missed = 2 };
	care->targets[MEASURE_SATISFIED] = (struct report_target){ .part = 0, .whole = 4, .permille = 950, .state = STATE_MISSED,
								   .months_missed = 4 };
	care->orders_done = 12345;
	care->orders_refused = 67;
	care->orders_dead = 8;
	care->refunds = 9;
	care->refunded = -1234567;
	expect(report, report_print_text, "  Complaint   1,200        1,000            99.9 %     900    98.9 %     5.8 %\n");
	care->months_marked = 3;
	expect(report, report_print_text, "  Answered in time  1,000    99.9 %  ≥ 100.0 %        missed              1  ");
	expect(report, report_print_text, "\n▲ Satisfied (missed 3 or more months running)\n");
	expect(report, report_print_html, "<p class=\"bad\">▲ Satisfied (missed 3 or more months running)</p>");
	expect(report, report_print_text, "  Repeated          1,200     5.8 %    ≤ 3.0 %  minor breach              2  ");
	expect(report, report_print_text,
	       "  Satisfied             4     0.0 %   ≥ 95.0 %        missed              4  ▲ missed 3 or more months running\n");
	expect(report, report_print_text, "  All  12,345       67              8        9  -12,345.67\n");
	expect(report, report_print_csv, "2026-10,orders,\"\",refunded,-12345.67\r\n");
	expect(report, report_print_csv, "2026-10,tickets,\"complaint\",in_time,999\r\n");
	expect(report, report_print_csv, "2026-10,tickets,\"complaint\",due,1000\r\n");
	expect(report, report_print_csv, "2026-10,target,\"repeated\",target_percent,3.0\r\n");
	expect(report, report_print_csv, "2026-10,target,\"repeated\",marked,no\r\n");
	expect(report, report_print_csv, "2026-10,target,\"satisfied\",state,missed\r\n");
	expect(report, report_print_csv, "2026-10,target,\"satisfied\",months_missed,4\r\n");
	expect(report, report_print_csv, "2026-10,target,\"satisfied\",marked,yes\r\n");
	expect(report, report_print_html, "<td class=\"state-minor\">minor breach</td>");
	expect(report, report_print_html,
	       "<td class=\"state-missed\">missed</td><td>4</td><td class=\"marked-yes\">▲ missed 3 or more months running</td>");
	expect(report, report_print_html, "<td title=\"999\">99.9 %</td>");
	report->language = REPORT_ZH;
	expect(report, report_print_text, "▲ 连续 3 个月及以上未达标");
	report->language = REPORT_AR;
	expect(report, report_print_text, "لا يقل عن 98.0 %");
	expect(report, report_print_text, "▲ أشهر متتالية دون الهدف: 3 فأكثر");
	expect(report, report_print_html, "<html lang=\"ar\" dir=\"rtl\">");
	free(report);
}

static void report__words__complete_in_each_language(void **state)
{
	enum report_language language;

	for (enum report_word word = 0; word < WORD_COUNT; word++)
		for (language = 0; language < REPORT_LANGUAGES; language++) {
			assert_non_null(report_word(language, word));
			if (word >= WORD_TITLE && word != WORD_NAME)
				assert_true(strlen(report_word(language, word)) > 0);
		}
	assert_true(report_language_find("zh", &language) && language == REPORT_ZH);
	assert_false(report_language_find("zh_CN", &language));
	unsetenv("LC_ALL");
	unsetenv("LC_MESSAGES");
	setenv("LANG", "ar_EG.UTF-8", 1);
	assert_int_equal(report_language_default(), REPORT_AR);
	setenv("LC_ALL", "zh", 1);
	assert_int_equal(report_language_default(), REPORT_ZH);
	setenv("LC_ALL", "C", 1);
	assert_int_equal(report_language_default(), REPORT_EN);
	unsetenv("LC_ALL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(histogram__every_size__at_most_a_sixteenth_too_high),
		cmocka_unit_test(histogram__quantiles__the_value_of_that_rank),
		cmocka_unit_test(report__period__of_the_operators_calendar),
		cmocka_unit_test(report__edges_and_summer_time__right_hour),
		cmocka_unit_test(report__journal_begins_later_or_ends_earlier__said),
		cmocka_unit_test(report__outcomes__each_in_its_class),
		cmocka_unit_test(report__notification_that_was_answered__only_the_answer_is_timed),
		cmocka_unit_test(report__more_names_than_rows__others),
		cmocka_unit_test(report__more_pages_than_the_record_has__last_page_not_guessed),
		cmocka_unit_test(report__hostile_names__harmless_in_each_form),
		cmocka_unit_test(report__no_records__zeros),
		cmocka_unit_test(report__tickets__only_when_known),
		cmocka_unit_test(report__words__complete_in_each_language),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

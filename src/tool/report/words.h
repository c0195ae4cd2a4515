/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of a report, in the languages of operators. */
#pragma once

#include <stdbool.h>

enum report_language { REPORT_EN, REPORT_ZH, REPORT_AR, REPORT_LANGUAGES };

enum report_word {
	WORD_COLON,
	WORD_SEMICOLON,
	WORD_OPEN,			/* parentheses */
	WORD_CLOSE,
	WORD_ISOLATE,			/* around a date: in text from right to left it would be reversed */
	WORD_ISOLATED,
	WORD_TITLE,
	WORD_PERIOD,
	WORD_TIME_ZONE,
	WORD_RECORDS,
	WORD_BAD,
	WORD_FIRST,
	WORD_LAST,
	WORD_INCOMPLETE,
	WORD_NOTE_ENDS,
	WORD_NOTE_MESSAGES,
	WORD_NOTE_WAITS,
	WORD_NOTE_TICKETS,
	WORD_NOTE_TARGETS,
	WORD_NOTE_PAGES,
	WORD_SUMMARY,
	WORD_BY_LINK,
	WORD_BY_ENTRY,
	WORD_BY_PAGE,
	WORD_BY_HOUR,
	WORD_NAME,
	WORD_LINK,
	WORD_ENTRY,
	WORD_PAGE,
	WORD_HOUR,
	WORD_ALL,
	WORD_OTHERS,
	WORD_NO_ENTRY,
	WORD_REQUESTS,
	WORD_WELL,
	WORD_REFUSED,
	WORD_ABANDONED,
	WORD_TIMED_OUT,
	WORD_FAILED,
	WORD_MESSAGES,
	WORD_PAGES,
	WORD_SHOWN,
	WORD_ENDED_HERE,
	WORD_MEDIAN,
	WORD_95,
	WORD_99,
	WORD_MOST,
	WORD_CHART_HOURS,
	WORD_CHART_WAITS,
	WORD_CHART_LINKS,
	WORD_CHART_PAGES,
	WORD_TICKETS,
	WORD_KIND,
	WORD_OPENED,
	WORD_DUE,
	WORD_CLOSED,
	WORD_CASES,
	WORD_IN_TIME,
	WORD_RESOLVED,
	WORD_REPEATED,
	WORD_TARGETS,
	WORD_MEASURE,
	WORD_MEASURED,
	WORD_TARGET,
	WORD_STATE,
	WORD_SATISFIED,
	WORD_MET,
	WORD_MINOR,
	WORD_MISSED,
	WORD_MONTHS_MISSED,
	WORD_AT_LEAST,
	WORD_AT_MOST,
	WORD_MARK,
	WORD_MARKED_FROM,
	WORD_MARKED,
	WORD_SURVEYS,
	WORD_ASKED,
	WORD_ANSWERED,
	WORD_AVERAGE,
	WORD_NOTE_SURVEYS,
	WORD_ORDERS,
	WORD_ORDERS_DONE,
	WORD_ORDERS_REFUSED,
	WORD_ORDERS_DEAD,
	WORD_REFUNDS,
	WORD_REFUNDED,
	WORD_COUNT
};

const char *report_word(enum report_language language, enum report_word word);

/* The kind of a ticket; \a name itself if there is no word for it. */
const char *report_kind_name(enum report_language language, const char *name);
const char *report_language_code(enum report_language language);	/* "en" */

/* By its code. Returns whether there is one. */
bool report_language_find(const char *code, enum report_language *language);

/* That of the environment (LC_ALL, LC_MESSAGES, LANG), or English. */
enum report_language report_language_default(void);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log categories and how numbers are written into logs. */
#pragma once

#include <osmocom/core/logging.h>

enum log_topic {
	DMAIN,		/* start, stop, configuration */
	DMENU,		/* menu trees and their reload */
	DDIALOG,	/* dialogs and turns */
	DACCOUNT,	/* requests, stores, passwords */
	DBILLING,	/* requests to billing's HTTP interface */
	DGSUP,		/* GSUP links */
	DCONSOLE,	/* console phones */
	DSMPP,		/* SMPP links */
	LOG_TOPIC_COUNT
};

extern const struct log_info log_categories;

/* Start logging to standard error; colour only on a terminal. Never waits: lines that nobody reads are dropped and counted, and
 * the next one that can be written says how many. libosmocore's own categories are silent there, since peers cause their lines
 * without limit and each caller counts and says what it means for us; a VTY can still listen to them. */
void log_start(void *ctx);

/* A subscriber's number for logs and inspection: all but the first two and the last two digits as '*'. Returns
 * \a out. */
#define MASKED_SIZE 20
const char *log_masked(const char *number, char out[static MASKED_SIZE]);

/* Log at most once per interval and place: declare one per kind of event, zeroed. */
struct log_limit {
	long long last;			/* seconds: when the interval began */
	unsigned int lines;		/* in it */
	unsigned int suppressed;
};

/* Whether to log now; *\a suppressed is set to how many were left out since the last time. */
int log_allowed(struct log_limit *limit, unsigned int interval_s, unsigned int *suppressed);

/* The same for at most \a lines in an interval, of events that come in groups. */
int log_burst(struct log_limit *limit, unsigned int lines, unsigned int interval_s, unsigned int *suppressed);

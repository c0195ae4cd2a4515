/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Log categories, masking of numbers, and rate limits for log lines. */
#pragma once

#include <osmocom/core/logging.h>

enum log_topic {
	DMAIN,		/* start, stop, configuration */
	DMENU,		/* menu trees and their reload */
	DDIALOG,	/* dialogs and turns */
	DACCOUNT,	/* requests, stores, passwords */
	DBILLING,	/* requests to billing's HTTP interface */
	DBACKEND,	/* calls of the operator's own HTTP services */
	DDOOR,		/* HTTP requests from the operator's systems */
	DGSUP,		/* GSUP links */
	DCONSOLE,	/* console phones */
	DSMPP,		/* SMPP links */
	LOG_TOPIC_COUNT
};

extern const struct log_info log_categories;

/* Start logging to standard error, in colour only on a terminal. Never blocks: lines that cannot be written are dropped and counted, and
 * the next line says how many. libosmocore's own categories are muted there, since peers can cause any number of their lines and our
 * callers count and log what matters; a VTY can still show them. */
void log_start(void *ctx);

/* A subscriber's number for logs and VTY: all digits but the first two and the last two are '*'. Returns \a out. */
#define MASKED_SIZE 20
const char *log_masked(const char *number, char out[static MASKED_SIZE]);

/* Rate limit of a log line: declare one per kind of event, zeroed. */
struct log_limit {
	long long last;			/* beginning of the interval, in seconds */
	unsigned int lines;		/* logged in the interval */
	unsigned int suppressed;
};

/* Whether to log now, at most once per interval; *\a suppressed is set to the number of lines suppressed since the last one. */
int log_allowed(struct log_limit *limit, unsigned int interval_s, unsigned int *suppressed);

/* The same for at most \a lines per interval, for events that come in bursts. */
int log_burst(struct log_limit *limit, unsigned int lines, unsigned int interval_s, unsigned int *suppressed);

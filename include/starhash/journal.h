/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CDR journal: one line of JSON for each call data record, so that staff can trace what happened to a subscriber (O1). No
 * secret is ever written to it.
 *
 * A thread writes the lines to a file. When the disk is full or slow, lines are lost and counted; turns never wait. starhashd(8)
 * documents the fields. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "starhash/request.h"

struct journal;
struct conf_row;
struct problems;
struct setting;

#define CDR_PATH_MAX 24

/* starhashd(8) explains each. */
enum cdr_outcome {
	CDR_NONE,			/* not written */
	CDR_DONE,
	CDR_BY_MESSAGE,
	CDR_SAVED,
	CDR_NOTIFICATION,
	CDR_LATE,
	CDR_UNKNOWN,
	CDR_STRAY,
	CDR_GONE,
	CDR_REPLACED,
	CDR_SILENCE,
	CDR_CHANGED,
	CDR_UNAVAILABLE,
	CDR_UNCERTAIN,
	CDR_STOPPED,
	CDR_OUTCOME_COUNT
};

const char *cdr_outcome_name(enum cdr_outcome outcome);

/* Whether the subscriber was served, for reports. */
enum cdr_end {
	CDR_END_WELL,			/* answered to the end, or the answer comes by message */
	CDR_END_REFUSED,		/* answered that nothing can be done for this number or input */
	CDR_END_ABANDONED,		/* the subscriber left, which may be after reading all that they wanted */
	CDR_END_TIMED_OUT,		/* the subscriber did not answer */
	CDR_END_FAILED,			/* our fault, or that of a system behind us */
	CDR_END_COUNT
};

enum cdr_end cdr_outcome_end(enum cdr_outcome outcome);

/* Call data record of one dialog, one conversation by short messages, one notification, or one stray input. */
struct cdr {
	int64_t began_ms;		/* since 1970 UTC */
	uint32_t took_ms;		/* from the first turn to the end */
	uint32_t slowest_ms;		/* our slowest answer */
	const char *channel;		/* name of the link */
	const char *code;		/* the entry that was dialled, the short code that was texted, or a notification's kind; never the
					 * input behind it */
	struct subscriber subscriber;	/* written as a keyed pseudonym, or masked */
	const char *language;
	uint32_t menu;			/* menu_fingerprint() */
	unsigned int turns;		/* inputs of the subscriber; 0: a notification that asked nothing or was not answered */
	const char *const *path;	/* names of the first pages that were shown */
	const uint32_t *waits_ms;	/* how long the subscriber waited for each of them: the longest, if it was shown again at once;
					 * NULL: not known */
	unsigned int path_count;
	unsigned int path_left_out;
	enum cdr_outcome outcome;
	const char *ref;		/* of the last order, in printed form; NULL: none */
};

/* The group "journal" of the daemon's configuration: rows, and checks that rows cannot express. */
extern const struct conf_row *const journal_rows;
extern const size_t journal_settings_size;
void journal_check(const void *settings, const struct setting *group, struct problems *problems);

/* NULL after logging why. */
struct journal *journal_new(void *ctx, const void *settings);
void journal_free(struct journal *journal);	/* writes all pending lines; NULL is allowed */

void journal_write(struct journal *journal, const struct cdr *cdr);

/* Reopen the file after it was rotated. */
void journal_reopen(struct journal *journal);

/* One line of state for people. Returns as snprintf(). */
int journal_describe(const struct journal *journal, char *out, size_t size);

/* ---- reading ---- */

#define CDR_LINE_MAX 65536		/* octets of a line; longer ones are not written */

/* A line that was parsed. Its texts are zero-terminated and as hostile as the file: not even their UTF-8 is checked. */
struct cdr_line {
	struct cdr cdr;			/* without the subscriber */
	const char *number;		/* as it was written: a pseudonym, masked or clear; "": none */
	bool by_imsi;			/* the number is an IMSI, not an MSISDN */
	const char *path[CDR_PATH_MAX];
	uint32_t waits_ms[CDR_PATH_MAX];
	char room[CDR_LINE_MAX];	/* of the texts */
};

/* Parse a line without its line feed: the members that the journal writes, in that order and without blanks. Returns NULL, or the name of
 * the first member that is missing or malformed ("end": what follows the last one). */
const char *cdr_line_parse(struct cdr_line *line, const char *text, size_t len);

#define JOURNAL_KEY_SIZE 32
#define JOURNAL_PSEUDONYM_SIZE 17	/* 16 hexadecimal digits and the zero */

/* Read the key of pseudonyms, which must exist. Returns 0, or -errno after a log line that says why. The caller wipes it. */
int journal_key_read(const char *path, unsigned char key[static JOURNAL_KEY_SIZE]);

void journal_pseudonym(const unsigned char key[static JOURNAL_KEY_SIZE], const char *number, char out[static JOURNAL_PSEUDONYM_SIZE]);

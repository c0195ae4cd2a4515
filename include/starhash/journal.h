/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The CDR journal: one line of JSON for each call data record, so that staff can trace what happened to a subscriber (O1). No
 * secret is ever written to it.
 *
 * A thread writes the lines to a file. When the disk is full or slow, lines are lost and counted; turns never wait. starhashd(8)
 * documents the fields. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/request.h"

struct journal;
struct conf_row;
struct problems;
struct setting;

#define CDR_PATH_MAX 24

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
	unsigned int turns;
	const char *const *path;	/* names of the first pages that were shown */
	unsigned int path_count;
	unsigned int path_left_out;
	const char *outcome;		/* "done", "silence", "gone", "unavailable" … */
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

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* O1: one line of JSON for each service contact, so that what happened to a subscriber can be traced; secrets never.
 *
 * Lines go to a file through a thread of their own; a full disk or a slow one costs lines, which are counted, never turns.
 * starhashd(8) documents the fields. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/request.h"

struct journal;
struct conf_row;
struct problems;
struct setting;

#define CONTACT_PATH_MAX 24

struct contact {
	int64_t began_ms;		/* since 1970 UTC */
	uint32_t took_ms;		/* from the first turn to the end */
	uint32_t slowest_ms;		/* answer of ours */
	const char *channel;		/* name of the link */
	const char *code;		/* the entry that was dialled, the number that was texted, or a notification's kind; never
					 * what was typed behind it */
	struct subscriber subscriber;	/* written as a keyed pseudonym, or masked */
	const char *language;
	uint32_t menu;			/* menu_fingerprint() */
	unsigned int turns;
	const char *const *path;	/* names of the pages that were shown, the first ones */
	unsigned int path_count;
	unsigned int path_left_out;
	const char *outcome;		/* "done", "silence", "gone", "unavailable" … */
	const char *ref;		/* of the last order, as people read it; NULL: none */
};

/* The group "journal" of the daemon's configuration: rows, and what they cannot say. */
extern const struct conf_row *const journal_rows;
extern const size_t journal_settings_size;
void journal_check(const void *settings, const struct setting *group, struct problems *problems);

/* NULL after a log line that says why. */
struct journal *journal_new(void *ctx, const void *settings);
void journal_free(struct journal *journal);	/* writes what it has; NULL is fine */

void journal_write(struct journal *journal, const struct contact *contact);

/* After the file was moved away. */
void journal_reopen(struct journal *journal);

/* One line of state for people. As snprintf(). */
int journal_describe(const struct journal *journal, char *out, size_t size);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Patterns of answers: POSIX extended regular expressions without "\", for the whole answer. A pattern matches printable characters of
 * ASCII only, and not "`", which is outside GSM-7; so do "." and "[^a]". Thus it is known how many septets an answer takes.
 *
 * The C library's regexec() stores each state that answers lead to, as long as the menu lives, and there can be 2^n of them: subscribers
 * would decide how much memory and time "[ab]*a[ab]{100}" costs. Here a match takes as many steps as the answer has octets, each over at
 * most PATTERN_POSITIONS_MAX positions, and no memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "starhash/arena.h"

#define PATTERN_OCTETS_MAX 200
#define PATTERN_REPEAT_MAX 160
#define PATTERN_POSITIONS_MAX 256	/* characters that it stands for, with every repetition written out */

struct pattern;

/* Why a pattern is refused: the mistake, the place in the pattern, and how to mend it. */
struct pattern_error {
	const char *what, *remedy;
	const char *at;
	size_t len;
};

/* Compile into the arena. NULL: it is refused. */
const struct pattern *pattern_compile(struct arena *arena, const char *text, struct pattern_error *error);

bool pattern_matches(const struct pattern *pattern, const char *text, size_t len);

#define PATTERN_ANSWER_MAX PATTERN_REPEAT_MAX

/* The longest answer of at most PATTERN_ANSWER_MAX characters, or with \a septets the one that takes the most in GSM-7, zero-terminated.
 * Returns its length. */
size_t pattern_widest(const struct pattern *pattern, bool septets, char out[static PATTERN_ANSWER_MAX + 1]);

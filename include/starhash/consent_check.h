/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Are all consents there, and as they were written? Chains are followed, then anchors are compared with them. Each step costs
 * the same however many consents there are, and memory does not grow with them. Logs nothing: for threads, too. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "starhash/consent_source.h"

/* X(id, name): append. */
#define CONSENT_FAULTS(X) \
	X(REWRITTEN, "rewritten")		/* a consent is not as it was sealed */ \
	X(ALIEN_KEY, "without a key")		/* or its key is not at hand */ \
	X(UNLINKED, "unlinked")			/* it does not follow from the one before */ \
	X(GAP, "gaps")				/* some are missing before another one */ \
	X(CUT, "chains cut")			/* some are missing at the end */ \
	X(ALL_GONE, "chains missing")		/* the head says that there were some, and there are none */ \
	X(HEADLESS, "heads missing")		/* there are some, and no head */ \
	X(FALSE_HEAD, "false heads")		/* the head is not the newest one's */ \
	X(FALSE_ROOT, "false roots")		/* some are missing at the beginning, and it was not retention */ \
	X(ANCHOR_ALONE, "anchored and missing") \
	X(ANCHOR_OTHER, "anchored otherwise")	/* it is another one than was anchored */ \
	X(BAD_LINE, "bad lines")		/* of the anchors' file */ \
	X(LINES_GONE, "gaps in the anchors")	/* lines are missing before another one */ \
	X(LINES_CUT, "anchors cut")		/* lines are missing at the end */

enum consent_fault {
#define X(id, name) CONSENT_##id,
	CONSENT_FAULTS(X)
#undef X
	CONSENT_FAULT_COUNT
};

struct consent_finding {
	enum consent_fault fault;
	int64_t msisdn;			/* 0: not known */
	int64_t first, last;		/* sequence numbers; for LINES_…: ids */
	uint64_t line;			/* of the anchors' file */
};

#define CONSENT_FINDING_SIZE 200

const char *consent_fault_name(enum consent_fault fault);

/* A sentence about it, with the number masked. Returns \a out. */
const char *consent_finding_print(const struct consent_finding *finding, char out[static CONSENT_FINDING_SIZE]);

struct consent_check {
	const struct consent_keys *keys;	/* NULL: seals are not checked, nor who an anchor is about */
	void (*found)(void *user, const struct consent_finding *finding);
	void (*progress)(void *user, uint64_t done);	/* now and then; may be NULL */
	void *user;
	unsigned int names_max;		/* so often a number is looked up by its pseudonym, through all heads */
	uint64_t consents, chains, anchors;	/* counted */
	int64_t before;			/* ids of consents before the first anchor: that file begins later */
	uint64_t retired;		/* anchors of consents that retention is said to have removed */
	int64_t retired_time;		/* of the newest of these */
	uint64_t torn;			/* lines that a full disk or a crash cut off, and that were written again */
};

/* Follow every chain. NULL, or why consents could not be read to their end. */
const char *consent_check_chains(struct consent_source *source, struct consent_check *check);

struct consent_anchors {
	FILE *file;
	long from, to;			/* octets; from in the middle of a line: with the next one */
	int64_t written;		/* the store knows that anchors up to this consent were written */
};

/* Compare each anchor with its consent. \a seals: check the consents' own seals, too, and that no head lies before them. NULL, or
 * why anchors or consents could not be read to their end. */
const char *consent_check_anchors(struct consent_source *source, const struct consent_anchors *anchors, bool seals,
				  struct consent_check *check);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks that all consents are there and unchanged: follows the chains, then compares the anchors with them. The cost per step and the
 * memory do not depend on the number of consents. Logs nothing, so threads can use it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "starhash/consent_source.h"

/* X(id, name): append. */
#define CONSENT_FAULTS(X) \
	X(REWRITTEN, "rewritten")		/* a consent does not match its seal */ \
	X(ALIEN_KEY, "without a key")		/* or its key is not available */ \
	X(UNLINKED, "unlinked")			/* it does not follow from the previous consent */ \
	X(GAP, "gaps")				/* consents are missing in the middle */ \
	X(CUT, "chains cut")			/* consents are missing at the end */ \
	X(ALL_GONE, "chains missing")		/* the head shows that there were consents, and there are none */ \
	X(HEADLESS, "heads missing")		/* there are consents, but no head */ \
	X(FALSE_HEAD, "false heads")		/* the head is not that of the newest consent */ \
	X(FALSE_ROOT, "false roots")		/* consents are missing at the beginning, and not through retention */ \
	X(ANCHOR_ALONE, "anchored and missing") \
	X(ANCHOR_OTHER, "anchored otherwise")	/* the consent is not the one that was anchored */ \
	X(BAD_LINE, "bad lines")		/* of the anchors' file */ \
	X(LINES_GONE, "gaps in the anchors")	/* lines are missing in the middle */ \
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
	int64_t first, last;		/* sequence numbers; LINES_…: ids */
	uint64_t line;			/* of the anchors' file */
};

#define CONSENT_FINDING_SIZE 200

const char *consent_fault_name(enum consent_fault fault);

/* A sentence that describes it, with the number masked. Returns \a out. */
const char *consent_finding_print(const struct consent_finding *finding, char out[static CONSENT_FINDING_SIZE]);

struct consent_check {
	const struct consent_keys *keys;	/* NULL: neither seals nor the subscribers of anchors are checked */
	void (*found)(void *user, const struct consent_finding *finding);
	void (*progress)(void *user, uint64_t done);	/* called now and then; may be NULL */
	void *user;
	unsigned int names_max;		/* how often at most a pseudonym is resolved to its number, by a search of all heads */
	uint64_t consents, chains, anchors;	/* counted */
	int64_t before;			/* number of ids before the first anchor: the file begins later */
	uint64_t retired;		/* anchors of consents that retention removed, according to the store */
	int64_t retired_time;		/* of the newest of these */
	uint64_t torn;			/* lines truncated by a full disk or a crash and written again */
};

/* Follow every chain. NULL, or why the consents could not be read to the end. */
const char *consent_check_chains(struct consent_source *source, struct consent_check *check);

struct consent_anchors {
	FILE *file;
	long from, to;			/* octets; when from is in the middle of a line, the check starts at the next one */
	int64_t written;		/* the store knows that anchors up to this consent were written */
};

/* Compare each anchor with its consent. \a seals: also check the consents' own seals, and that no chain's head is older than its anchor.
 * NULL, or why anchors or consents could not be read to the end. */
const char *consent_check_anchors(struct consent_source *source, const struct consent_anchors *anchors, bool seals,
				  struct consent_check *check);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents as a store keeps them, for what checks and anchors them whichever store it is. A source belongs to one thread at a
 * time. */
#pragma once

#include "starhash/consent.h"

/* A consent as it is stored. What it points to is the source's, until the list's next row. */
struct consent_row {
	int64_t id;
	struct consent consent;
	struct consent_head previous, head;
	char key[CONSENT_KEY_ID_SIZE];	/* which one it is sealed with */
	bool whole;			/* its hashes have their length; one that has not is zero */
	int64_t newest;			/* sequence number of the chain's head, in CONSENTS_BY_ID; 0: there is none */
};

/* The consents of a subscriber: where they end, and where they begin now. */
struct consent_chain {
	int64_t msisdn;
	struct consent_head head;
	struct consent_root root;	/* all zero: retention removed nothing */
	char root_key[CONSENT_KEY_ID_SIZE];
	uint8_t root_seal[CONSENT_HASH_SIZE];
	bool whole;			/* as that of a row */
};

enum consent_list {
	CONSENTS_BY_NUMBER,		/* all rows, by number and then by sequence */
	CONSENTS_BY_ID,			/* the rows behind an id, by id */
	CHAINS_BY_NUMBER,		/* all chains */
	CHAINS_BY_ROOT,			/* those that have a root, the one with the greatest id first */
	CONSENT_LISTS
};

struct consent_source {
	const struct consent_source_ops *ops;
	const char *why;		/* in the store's words: why a list cannot be read to its end. Its user sets it to NULL */
};

struct consent_source_ops {
	/* Begin a list anew. \a after: the id, for CONSENTS_BY_ID. What lists show is of one moment, until release(). */
	void (*begin)(struct consent_source *source, enum consent_list list, int64_t after);
	/* The next one of a list that was begun. False, once: it has ended, or \a why says what happened, here or before. */
	bool (*next_row)(struct consent_source *source, enum consent_list list, struct consent_row *row);
	bool (*next_chain)(struct consent_source *source, enum consent_list list, struct consent_chain *chain);
	/* Give all lists up. */
	void (*release)(struct consent_source *source);
};

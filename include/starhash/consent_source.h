/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Stored consents, for checks and anchors, independent of the store. A source belongs to one thread at a time. */
#pragma once

#include "starhash/consent.h"

/* A consent as stored. Its pointers are valid until the list's next row. */
struct consent_row {
	int64_t id;
	struct consent consent;
	struct consent_head previous, head;
	char key[CONSENT_KEY_ID_SIZE];	/* the key of its seal */
	bool whole;			/* its hashes have the right length; a hash that has not is all zero */
	int64_t newest;			/* CONSENTS_BY_ID: sequence number of the chain's head; 0: no head */
};

/* The end, and the present beginning, of a subscriber's chain. */
struct consent_chain {
	int64_t msisdn;
	struct consent_head head;
	struct consent_root root;	/* all zero: retention has removed nothing */
	char root_key[CONSENT_KEY_ID_SIZE];
	uint8_t root_seal[CONSENT_HASH_SIZE];
	bool whole;			/* as that of a row */
};

enum consent_list {
	CONSENTS_BY_NUMBER,		/* all rows, by MSISDN and sequence number */
	CONSENTS_BY_ID,			/* rows after an id, by id */
	CHAINS_BY_NUMBER,		/* all chains */
	CHAINS_BY_ROOT,			/* chains with a root, greatest id first */
	CONSENT_LISTS
};

struct consent_source {
	const struct consent_source_ops *ops;
	const char *why;		/* why a list could not be read to the end, from the store. The user sets it to NULL */
};

struct consent_source_ops {
	/* Begin a list from its start. \a after: the id, for CONSENTS_BY_ID. All lists show one snapshot until release(). */
	void (*begin)(struct consent_source *source, enum consent_list list, int64_t after);
	/* The next entry of a list that was begun. False at the end, or after an error, here or earlier, that \a why describes; do not
	 * call again after false. */
	bool (*next_row)(struct consent_source *source, enum consent_list list, struct consent_row *row);
	bool (*next_chain)(struct consent_source *source, enum consent_list list, struct consent_chain *chain);
	/* End all lists. */
	void (*release)(struct consent_source *source);
};

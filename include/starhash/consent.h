/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consent: what a subscriber was shown and answered, sealed into a chain of their own, and the anchors of these chains.
 *
 * Each consent has the next sequence number of its subscriber. Its hash is a BLAKE2b-256 over the hash before it and all that
 * was recorded, under a key that is kept apart from the database: without the key nobody can make a chain that holds. The
 * newest hash of each chain, its head, is also written to a file that only grows. Such a line, an anchor, contradicts a chain
 * that was rewritten or cut later, even by somebody who has the key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSENT_HASH_SIZE 32
#define CONSENT_KEY_SIZE 32
#define CONSENT_KEY_ID_SIZE 9		/* eight hexadecimal digits and the zero */

#define CONSENT_KEYS_MAX 64

/* A key with its name. The octets stay their owner's. */
struct consent_key {
	char id[CONSENT_KEY_ID_SIZE];
	const uint8_t *octets;
};

/* The last one seals, the others are for what was sealed before. */
struct consent_keys {
	unsigned int count;
	struct consent_key keys[CONSENT_KEYS_MAX];
};

/* The one that seals; NULL when \a keys is NULL or empty. */
const struct consent_key *consent_key_current(const struct consent_keys *keys);

/* NULL when there is none of that name. */
const struct consent_key *consent_key_find(const struct consent_keys *keys, const char *id);

/* Names in place of a link's, for what was not said over one. The person's name stands where the link's trust does otherwise: seals
 * cover a fixed list of texts, and one more would take another kind of seal. */
#define CONSENT_CHANNEL_STAFF "staff"		/* CONSENT_TRUST: "by NAME" */
#define CONSENT_CHANNEL_BILLING "billing"	/* CONSENT_TRUST: "" */

enum consent_text {
	CONSENT_KIND,			/* request_kind_name() */
	CONSENT_SERVICE,		/* "" when it is not about one */
	CONSENT_CHANNEL,		/* name of the link */
	CONSENT_TRUST,			/* how far the link is trusted; "" when nobody said */
	CONSENT_SHOWN,
	CONSENT_ANSWERED,
	CONSENT_TEXTS
};

struct consent {
	int64_t time;			/* seconds since 1970 */
	int64_t msisdn;
	int64_t epoch;			/* counts the owners of the number */
	int64_t ref;
	struct {
		const void *octets;	/* may be NULL when there are none */
		size_t len;
	} texts[CONSENT_TEXTS];
};

/* The end of a chain; all zero: there is no consent yet. */
struct consent_head {
	int64_t sequence;
	uint8_t hash[CONSENT_HASH_SIZE];
};

/* \a head, the one before this consent, becomes this consent's. */
void consent_seal(const uint8_t key[static CONSENT_KEY_SIZE], struct consent_head *head, const struct consent *consent);

/* Where a chain begins after retention removed what was before. */
struct consent_root {
	struct consent_head head;	/* of the last consent that was removed */
	int64_t id;			/* its id */
};

/* So that nobody without the key can cut a chain at its beginning and call it retention. */
void consent_seal_root(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, const struct consent_root *root,
		       uint8_t seal[static CONSENT_HASH_SIZE]);

/* ---- anchors: lines of a file ---- */

#define CONSENT_NUMBER_SIZE 16
#define CONSENT_ANCHOR_SIZE 240		/* of a line with its newline */

struct consent_anchor {
	int64_t id;			/* of the consent, over all subscribers: grows by one */
	int64_t time;			/* its time */
	uint8_t number[CONSENT_NUMBER_SIZE];	/* a pseudonym, see consent_number() */
	struct consent_head head;
	char key[CONSENT_KEY_ID_SIZE];	/* which key the pseudonym and the line's seal are made with */
};

/* The pseudonym of a subscriber's number in anchors. */
void consent_number(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, uint8_t number[static CONSENT_NUMBER_SIZE]);

/* Octets of the line, newline included. \a anchor->key has to name \a key. */
size_t consent_anchor_print(const uint8_t key[static CONSENT_KEY_SIZE], const struct consent_anchor *anchor,
			    char line[static CONSENT_ANCHOR_SIZE]);

/* Read a line, without its newline. False for whatever consent_anchor_print() cannot have written, but for the seal. */
bool consent_anchor_parse(const char *line, size_t len, struct consent_anchor *anchor);

/* Whether the seal of a line that could be read is the key's. */
bool consent_anchor_sealed(const uint8_t key[static CONSENT_KEY_SIZE], const char *line, size_t len);

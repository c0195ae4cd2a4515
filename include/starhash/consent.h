/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Consents: what each subscriber was shown and answered, sealed in a chain per subscriber, and the anchors of these chains.
 *
 * Each consent has the next sequence number of its subscriber. Its hash is a BLAKE2b-256 over the previous hash and everything recorded,
 * under a key stored apart from the database: without the key nobody can forge a valid chain. The newest hash of each chain, its head, is
 * also written to an append-only file. Such a line, an anchor, exposes a chain that was rewritten or cut later, even by somebody who has
 * the key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSENT_HASH_SIZE 32
#define CONSENT_KEY_SIZE 32
#define CONSENT_KEY_ID_SIZE 9		/* eight hexadecimal digits, with the zero */

#define CONSENT_KEYS_MAX 64

/* A key with its name. Does not own the octets. */
struct consent_key {
	char id[CONSENT_KEY_ID_SIZE];
	const uint8_t *octets;
};

/* The last key seals; the others verify older seals. */
struct consent_keys {
	unsigned int count;
	struct consent_key keys[CONSENT_KEYS_MAX];
};

/* The key that seals; NULL when \a keys is NULL or empty. */
const struct consent_key *consent_key_current(const struct consent_keys *keys);

/* NULL when no key has that name. */
const struct consent_key *consent_key_find(const struct consent_keys *keys, const char *id);

/* Used instead of a link's name for consents not given over a link. The person's name takes the place of the link's trust: seals cover a
 * fixed list of texts, and a further text would need a new kind of seal. */
#define CONSENT_CHANNEL_STAFF "staff"		/* CONSENT_TRUST: "by NAME" */
#define CONSENT_CHANNEL_BILLING "billing"	/* CONSENT_TRUST: "" */

enum consent_text {
	CONSENT_KIND,			/* request_kind_name() */
	CONSENT_SERVICE,		/* "" when it is not about a service */
	CONSENT_CHANNEL,		/* name of the link */
	CONSENT_TRUST,			/* trust in the link; "" when not known */
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
		const void *octets;	/* may be NULL when len is 0 */
		size_t len;
	} texts[CONSENT_TEXTS];
};

/* The end of a chain; all zero: no consent yet. */
struct consent_head {
	int64_t sequence;
	uint8_t hash[CONSENT_HASH_SIZE];
};

/* Advance \a head from the previous consent to this one. */
void consent_seal(const uint8_t key[static CONSENT_KEY_SIZE], struct consent_head *head, const struct consent *consent);

/* The beginning of a chain after retention removed older consents. */
struct consent_root {
	struct consent_head head;	/* of the last removed consent */
	int64_t id;			/* its id */
};

/* Without the key nobody can cut the beginning of a chain and claim that it was retention. */
void consent_seal_root(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, const struct consent_root *root,
		       uint8_t seal[static CONSENT_HASH_SIZE]);

/* ---- anchors: lines of a file ---- */

#define CONSENT_NUMBER_SIZE 16
#define CONSENT_ANCHOR_SIZE 240		/* of a line with its newline */

struct consent_anchor {
	int64_t id;			/* of the consent, across all subscribers: grows by one */
	int64_t time;			/* its time */
	uint8_t number[CONSENT_NUMBER_SIZE];	/* pseudonym, see consent_number() */
	struct consent_head head;
	char key[CONSENT_KEY_ID_SIZE];	/* the key of the pseudonym and of the line's seal */
};

/* The pseudonym of a subscriber's number in anchors. */
void consent_number(const uint8_t key[static CONSENT_KEY_SIZE], int64_t msisdn, uint8_t number[static CONSENT_NUMBER_SIZE]);

/* Returns the length of the line, newline included. \a anchor->key must name \a key. */
size_t consent_anchor_print(const uint8_t key[static CONSENT_KEY_SIZE], const struct consent_anchor *anchor,
			    char line[static CONSENT_ANCHOR_SIZE]);

/* Parse a line, without its newline. False for anything that consent_anchor_print() cannot have written; the seal is not checked. */
bool consent_anchor_parse(const char *line, size_t len, struct consent_anchor *anchor);

/* Whether the seal of a line that could be parsed was made with \a key. */
bool consent_anchor_sealed(const uint8_t key[static CONSENT_KEY_SIZE], const char *line, size_t len);

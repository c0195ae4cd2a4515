/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Telephone numbers: one form per subscriber, and numeric identities that differ whenever the digits differ.
 *
 * Links write the same number in many ways. It is normalized on input, by its type of number (TON), its numbering plan indicator (NPI)
 * and the operator's numbering plan; from then on numbers are compared as text. Sources: SMPP 3.4 clauses 5.2.5 and 5.2.6, ITU-T
 * E.164. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/request.h"

/* ---- identities ---- */

#define PACKED_DIGITS 16
#define PACKED_SIZE (PACKED_DIGITS + 1)

/* Up to 16 digits as a number that is unique to them: leading zeros count. 0 for anything else, including "". */
uint64_t digits_pack(const char *digits);

/* The digits that were packed; "" for 0 and for any value that digits_pack() never returns. */
void digits_unpack(uint64_t packed, char out[static PACKED_SIZE]);

/* ---- the numbering plan ---- */

/* Numbers with this prefix, and this range of lengths including the prefix. */
struct number_rule {
	char prefix[MSISDN_SIZE];	/* "": any */
	uint8_t least, most;
};

#define NUMBER_RULES 32

struct number_rules {
	unsigned int count;
	struct number_rule rules[NUMBER_RULES];
};

struct numbering_plan {
	char country[4];		/* "": national numbers are not known */
	char national_prefix[8];	/* dialled before a national number, "0" in most countries; "": none */
	char international_prefix[8];	/* dialled before an international one: "00" */
	struct number_rules numbers;	/* subscribers' international numbers, country code first */
	struct number_rules shorts;	/* numbers of a private network, left as they are */
};

/* International numbers of 7 to 15 digits; no country, no private numbers. */
extern const struct numbering_plan numbering_default;

/* Parse words separated by blanks, each "LENGTH" or "LEAST-MOST", optionally after "PREFIX:". Returns NULL, or the first word that is
 * malformed or one too many; it points into \a words. */
const char *number_rules_read(struct number_rules *rules, const char *words);

enum number_result {
	NUMBER_OK,
	NUMBER_NAME,			/* letters, or empty: it cannot be answered */
	NUMBER_SHORT,			/* fewer than seven digits, and not a private number of the plan */
	NUMBER_NATIONAL,		/* national, and the plan names no country */
	NUMBER_UNKNOWN,			/* no form, length or range known to the plan */
	NUMBER_RESULTS
};

/* Normalize an address: an international number without "+", or a private one. NPIs other than unknown, E.164, national and private are
 * refused. With TON unknown or network specific the first interpretation known to the plan wins: private, international as it stands,
 * after the international prefix, after the national prefix, national as it stands. Subscriber and abbreviated numbers are private.
 * \a plan NULL: numbering_default. *\a out is "" unless NUMBER_OK. */
enum number_result number_normalize(const struct numbering_plan *plan, uint8_t ton, uint8_t npi, const char *address,
				    char out[static MSISDN_SIZE]);

/* Whether a normalized number is known to the plan, and whether as a private one. */
bool number_in_plan(const struct numbering_plan *plan, const char *msisdn);
bool number_is_private(const struct numbering_plan *plan, const char *msisdn);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Checks billing's JSON about one subscriber: a document is accepted as a whole or not at all (F17). */
#pragma once

#include "billing/mapping.h"
#include "starhash/stored.h"

#define PARSED_BILLS_MAX 120
#define PARSED_LINES_MAX 100
#define PARSED_POINTS_MAX 200
#define PARSED_SERVICES_MAX STORED_SUBSCRIPTIONS_MAX

struct parsed_account {
	struct stored_account account;
	unsigned int kinds;		/* bits of the kinds that were read so far */
	char why[80];			/* the complaint: names of fields, never a value */
};

void account_parse_init(struct parsed_account *parsed);

/* Add the data of one resource. \a ctx (talloc) owns everything that the account points to; \a now: time of the request, seconds since
 * 1970. Returns 0, or -EBADMSG with \a why. */
int account_parse(void *ctx, struct parsed_account *parsed, const struct resource *resource, const struct subscriber *asked,
		  const json_t *root, int64_t now);

/* After the last resource: check that the owner of the account is known. Returns 0, or -EBADMSG with \a why. */
int account_parse_end(struct parsed_account *parsed, const struct subscriber *asked);

/* Read the values of one JSON object into the struct that the fields describe. Returns how many values were present, or -EBADMSG with \a
 * why, which has 80 octets. */
int fields_read(void *ctx, const struct fields *fields, bool major, const json_t *root, void *out, char *why);

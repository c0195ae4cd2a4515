/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What billing's JSON tells of one subscriber, checked: all of a document, or nothing of it (F17). */
#pragma once

#include "billing/mapping.h"
#include "starhash/stored.h"

#define PARSED_BILLS_MAX 120
#define PARSED_LINES_MAX 100
#define PARSED_POINTS_MAX 200
#define PARSED_SERVICES_MAX STORED_SUBSCRIPTIONS_MAX

struct parsed_account {
	struct stored_account account;
	unsigned int kinds;		/* bits of what has been told */
	char why[80];			/* what was wrong: names of fields, never a value */
};

void account_parse_init(struct parsed_account *parsed);

/* Add what a resource tells. \a ctx (talloc) owns what the account points to; \a now: seconds since 1970, when it was
 * asked. 0, or -EBADMSG with \a why. */
int account_parse(void *ctx, struct parsed_account *parsed, const struct resource *resource, const struct subscriber *asked,
		  const json_t *root, int64_t now);

/* After the last one: is it known whose account it is? 0, or -EBADMSG with \a why. */
int account_parse_end(struct parsed_account *parsed, const struct subscriber *asked);

/* Values of one JSON object into the struct that its fields are for. How many there were, or -EBADMSG with \a why, which has
 * 80 octets. */
int fields_read(void *ctx, const struct fields *fields, bool major, const json_t *root, void *out, char *why);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What billing's JSON tells of one subscriber, checked: all of a document, or nothing of it (F17). */
#pragma once

#include "billing/mapping.h"
#include "starhash/stored.h"

#define TOLD_BILLS_MAX 120
#define TOLD_LINES_MAX 100
#define TOLD_POINTS_MAX 200
#define TOLD_SERVICES_MAX STORED_SUBSCRIPTIONS_MAX

struct told {
	struct stored_account account;
	unsigned int kinds;		/* bits of what has been told */
	char why[80];			/* what was wrong: names of fields, never a value */
};

void told_init(struct told *told);

/* Add what a resource tells. \a ctx (talloc) owns what the account points to; \a now: seconds since 1970, when it was
 * asked. 0, or -EBADMSG with \a why. */
int told_add(void *ctx, struct told *told, const struct resource *resource, const struct subscriber *asked,
	     const json_t *root, int64_t now);

/* After the last one: is it known whose account it is? 0, or -EBADMSG with \a why. */
int told_finish(struct told *told, const struct subscriber *asked);

/* Values of one JSON object into the struct that its fields are for. How many there were, or -EBADMSG with \a why, which has
 * 80 octets. */
int fields_read(void *ctx, const struct fields *fields, bool major, const json_t *root, void *out, char *why);

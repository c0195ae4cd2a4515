/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims of one queue, in memory: for a store whose only writer is this process. Used by the loop only. */
#pragma once

#include <osmocom/core/linuxlist.h>

#include "starhash/request.h"

#define CLAIMED_MAX 512		/* claims that the query of a list excludes; claims_end() drops the rest from it */

struct claims {
	struct llist_head held;
	unsigned int reading;		/* lists being read, which may contain items completed since they began */
};

void claims_init(struct claims *claims);
void claims_free(struct claims *claims);

/* Begin to read a list. Forgets the leases that are over. */
void claims_begin(struct claims *claims);

/* The ids of claimed items, which need not be read again. Returns how many, at most \a max. */
unsigned int claims_ids(const struct claims *claims, int64_t *ids, unsigned int max);

/* A list was read: drop from \a response the items that are already claimed or were completed meanwhile, and claim the others. */
void claims_end(struct claims *claims, unsigned int lease_ms, struct response *response);

/* Drop a claim: the item was returned, or its completion or next attempt is on the disk. */
void claims_drop(struct claims *claims, int64_t id);

/* The same for an order that has ended, in whichever of all queues it is. */
void claims_drop_order(struct claims queues[static QUEUES], int64_t id);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Claims of one queue, in memory: for a store whose only writer is this process. They are the loop's. */
#pragma once

#include <osmocom/core/linuxlist.h>

#include "starhash/request.h"

#define CLAIMED_MAX 512		/* that are passed over when a list is read: what is left out then is dropped from it */

struct claims {
	struct llist_head held;
	unsigned int reading;		/* lists that are being read, and may have what was completed since they began */
};

void claims_init(struct claims *claims);
void claims_free(struct claims *claims);

/* A list is going to be read. Forgets the leases that are over. */
void claims_begin(struct claims *claims);

/* The ids of what is claimed, which need not be read again. Returns how many, not more than \a max. */
unsigned int claims_ids(const struct claims *claims, int64_t *ids, unsigned int max);

/* The list was read: claim all that \a response has, and drop from it what is claimed, or was completed meanwhile. */
void claims_end(struct claims *claims, unsigned int lease_ms, struct response *response);

/* Its end, or that it is to be tried again, is on the disk; or it was given back. */
void claims_drop(struct claims *claims, int64_t id);

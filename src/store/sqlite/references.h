/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reference numbers: 10 bits of node, 22 of boot identity, 28 of counting. They are the loop's; no clock is in them.
 *
 * The node tells sites behind one billing apart, the boot identity a process from all others on its database: it is drawn at
 * random, so that a backup that was restored does not go on where the backup was made, and recorded before it is used. */
#pragma once

#include "store/sqlite/connection.h"

#define REFERENCES_PER_BOOT (UINT32_C(1) << 28)

struct references {
	uint64_t base;		/* node and boot identity, in their places */
	uint64_t next;		/* the base that follows when all are used; 0: not there yet */
	uint32_t used;
};

/* Draw and record a boot identity that this database has not had yet, in the transaction that is open. */
int references_draw(struct connection *connection, uint64_t *base);

/* The same as a change, response.references. */
change_make references_draw_more;

/* The first of \a count in a row; 0: there are no more. */
uint64_t references_take(struct references *references, unsigned int count);

/* Whether it is time to draw what follows. */
bool references_low(const struct references *references);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reference numbers: 10 bits of node, 22 of boot identity, 28 of counter. Used by the loop only; they do not depend on a clock.
 *
 * The node distinguishes sites that share one billing system, the boot identity a process from all others on its database. It is drawn at
 * random, so that a restored backup does not repeat the numbers used since the backup, and recorded before it is used. */
#pragma once

#include "store/sql/connection.h"

#define REFERENCES_PER_BOOT (UINT32_C(1) << 28)

struct references {
	uint64_t base;		/* node and boot identity, shifted into place */
	uint64_t next;		/* the base to use when all are used; 0: not drawn yet */
	uint32_t used;
};

/* Draw and record a boot identity that this database has not had yet, in the open transaction. */
int references_draw(struct connection *connection, uint64_t *base);

/* The same as a change; the base is in response.references. */
change_make references_draw_more;

/* Take \a count consecutive references. Returns the first; 0: none are left. */
uint64_t references_take(struct references *references, unsigned int count);

/* Whether it is time to draw the next base. */
bool references_low(const struct references *references);

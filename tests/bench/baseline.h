/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The accounts of a minimal server: looked up in SQLite for each dialog, or all read into memory before the first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the dialog shows of an account. */
struct brief {
	int64_t amount;			/* minor units: the balance, or what a postpaid subscriber has to pay */
	bool postpaid;
};

struct briefs;

/* Of a database of starhash-data. Exits when it cannot be read. */
struct briefs *briefs_new(const char *database, bool in_memory);
void briefs_free(struct briefs *briefs);

/* \a imsi: 15 digits in eight octets as on the wire. False: unknown. */
bool briefs_find(struct briefs *briefs, uint64_t imsi, struct brief *brief);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Numbers that are not served, by order of the operator: data, and a set that finds the entry for a number. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "starhash/index.h"
#include "starhash/record.h"
#include "starhash/slab.h"

#define BAR_NUMBER_SIZE 17
#define BAR_REASON_SIZE 128
#define BAR_STAFF_SIZE 64

struct bar {
	int64_t id;				/* of the store: grows with each change; 0: not stored */
	char number[BAR_NUMBER_SIZE];		/* digits of an MSISDN or IMSI; with a final "*": all that begin with them */
	int64_t since, until;			/* seconds since 1970; until 0: until it is ended by hand, that is by an entry with
						 * both the same */
	char reason[BAR_REASON_SIZE];
	char staff[BAR_STAFF_SIZE];		/* who barred it, or ended that */
};

bool bar_number_valid(const char *number);
bool bar_holds(const struct bar *bar, int64_t now);

#define BAR_ROW_SIZE 320

/* As a row: FIELD_MSISDN, FIELD_REASON, FIELD_STAFF, ARG_POSITION, ARG_TIME, ARG_END. */
void bar_write(const struct bar *bar, struct record *row);
void bar_read(const struct record *row, struct bar *bar);

/* Whether it is an entry that ends another by hand. */
bool bar_is_end(const struct bar *bar);

/* A look-up takes a step for each length that any prefix has, and none when there are no entries. */
struct barring {
	unsigned int count, max;		/* some may have ended since */
	uint64_t seed;
	int64_t ends;				/* none ends before; 0: none ends by itself */
	uint16_t prefixes, numbers;		/* bits: lengths of which there were any */
	struct slab slab;
	struct index index;			/* of the slab's items; no segments: never any */
};

/* \a max: entries, of about 300 octets; \a seed: random. */
void barring_init(struct barring *barring, unsigned int max, uint64_t seed);
void barring_fini(struct barring *barring);

/* Replace the entry of that number; one that does not hold is removed. Those that have ended make room. 0, -ENOSPC or -ENOMEM. */
int barring_put(struct barring *barring, const struct bar *bar, int64_t now);

/* The entry of just that number or prefix; NULL: none. It may have ended. */
const struct bar *barring_entry(const struct barring *barring, const char *number);

/* Remove those that have ended. */
void barring_expire(struct barring *barring, int64_t now);

/* The entry that holds for a number, which may be empty; NULL: none. */
const struct bar *barring_find(const struct barring *barring, const char *number, int64_t now);

/* Returns other than 0 to stop. In no order. */
typedef int bar_visit(void *user, const struct bar *bar);
void barring_visit(const struct barring *barring, bar_visit *visit, void *user);

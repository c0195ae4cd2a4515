/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The sessions that are open on one GSUP link: what an answer's component has to say, and which page awaits one.
 *
 * A hash table of 24 octets an entry that grows and never shrinks; no allocation once it has its size. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Who and which session; user 0 marks a free place. */
struct gsup_session {
	uint64_t user;			/* IMSI, packed */
	uint32_t session;
	int8_t invoke_id;		/* of the operation that the phone began with */
	uint8_t operation;		/* 59 or 19 */
	uint8_t page;			/* number of our last page, from 1; 0: none yet */
	uint8_t digits;			/* of the IMSI, leading zeros counted */
};

struct gsup_sessions {
	struct gsup_session *places;	/* a power of two of them */
	size_t size;
	size_t count;
	uint64_t seed;			/* of the hash */
};

/* \a ctx owns the memory. */
void sessions_init(struct gsup_sessions *sessions, void *ctx);

/* NULL when it is not there. Valid until the next sessions_put() or sessions_drop(). */
struct gsup_session *sessions_find(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

/* Find or add; a new one is zero but for its key. \a user must not be 0. */
struct gsup_session *sessions_put(struct gsup_sessions *sessions, void *ctx, uint64_t user, uint32_t session);

void sessions_drop(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

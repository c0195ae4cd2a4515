/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The open sessions of one GSUP link: the invoke id and operation for the answer, and the page that awaits one.
 *
 * A hash table with 24 octets per entry that grows and never shrinks; no allocation once it is large enough. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* One session of one user; user 0 marks a free slot. */
struct gsup_session {
	uint64_t user;			/* IMSI, packed */
	uint32_t session;
	int8_t invoke_id;		/* of the phone's first operation */
	uint8_t operation;		/* 59 or 19 */
	uint8_t page;			/* number of our last page, from 1; 0: none yet */
};

struct gsup_sessions {
	struct gsup_session *places;	/* a power of two of them */
	size_t size;
	size_t count;
	uint64_t seed;			/* of the hash */
};

/* \a ctx owns the memory. */
void sessions_init(struct gsup_sessions *sessions, void *ctx);

/* NULL when not found. Valid until the next sessions_put() or sessions_drop(). */
struct gsup_session *sessions_find(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

/* Find or add; a new one is zeroed except for its key. \a user must not be 0. */
struct gsup_session *sessions_put(struct gsup_sessions *sessions, void *ctx, uint64_t user, uint32_t session);

void sessions_drop(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

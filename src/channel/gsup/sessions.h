/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The open sessions of one GSUP link: the invoke id and operation for the answer, and the page that awaits one.
 *
 * They take 22 octets each; the memory grows and never shrinks. */
#pragma once

#include "starhash/index.h"
#include "starhash/slab.h"

/* One session of one user. */
struct gsup_session {
	uint64_t user;			/* IMSI, packed */
	uint32_t session;
	int8_t invoke_id;		/* of the phone's first operation */
	uint8_t operation;		/* 59 or 19 */
	uint8_t page;			/* number of our last page, from 1; 0: none yet */
};

struct gsup_sessions {
	struct slab slab;
	struct index index;
	size_t count;
	uint64_t seed;			/* of the hash */
};

void sessions_init(struct gsup_sessions *sessions);
void sessions_fini(struct gsup_sessions *sessions);

/* NULL when not found. Valid until sessions_drop(). */
struct gsup_session *sessions_find(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

/* Find or add; a new one is zeroed except for its key. \a user must not be 0. */
struct gsup_session *sessions_put(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

void sessions_drop(struct gsup_sessions *sessions, uint64_t user, uint32_t session);

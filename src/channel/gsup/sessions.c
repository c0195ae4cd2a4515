/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A hash table with linear probing; removal moves later entries up, so that no tombstones accumulate. */
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/gsup/sessions.h"
#include "channel/link_io.h"
#include "starhash/hash.h"

#define SESSIONS_START 1024

static size_t home_of(const struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	return keyed_hash_pair(sessions->seed, user, session) & (sessions->size - 1);
}

static size_t next_of(const struct gsup_sessions *sessions, size_t at)
{
	return (at + 1) & (sessions->size - 1);
}

/* The entry's slot, or the free slot where it would go. */
static size_t place_of(const struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	size_t at = home_of(sessions, user, session);

	while (sessions->places[at].user &&
	       (sessions->places[at].user != user || sessions->places[at].session != session))
		at = next_of(sessions, at);
	return at;
}

static void places_alloc(struct gsup_sessions *sessions, void *ctx, size_t size)
{
	sessions->places = talloc_zero_array(ctx, struct gsup_session, size);
	OSMO_ASSERT(sessions->places);
	sessions->size = size;
}

void sessions_init(struct gsup_sessions *sessions, void *ctx)
{
	sessions->count = 0;
	sessions->seed = link_seed();
	places_alloc(sessions, ctx, SESSIONS_START);
}

struct gsup_session *sessions_find(struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	struct gsup_session *place = &sessions->places[place_of(sessions, user, session)];

	return place->user ? place : NULL;
}

static void sessions_grow(struct gsup_sessions *sessions, void *ctx)
{
	struct gsup_session *old = sessions->places;
	size_t i, size = sessions->size;

	places_alloc(sessions, ctx, size * 2);
	for (i = 0; i < size; i++) {
		if (old[i].user)
			sessions->places[place_of(sessions, old[i].user, old[i].session)] = old[i];
	}
	talloc_free(old);
}

struct gsup_session *sessions_put(struct gsup_sessions *sessions, void *ctx, uint64_t user, uint32_t session)
{
	struct gsup_session *place = sessions_find(sessions, user, session);

	if (place)
		return place;
	if (sessions->count * 4 >= sessions->size * 3)
		sessions_grow(sessions, ctx);
	place = &sessions->places[place_of(sessions, user, session)];
	*place = (struct gsup_session){ .user = user, .session = session };
	sessions->count++;
	return place;
}

/* Whether an entry with home slot \a home may move from slot \a at to \a hole. */
static bool may_move(const struct gsup_sessions *sessions, size_t home, size_t hole, size_t at)
{
	size_t mask = sessions->size - 1;

	return ((at - home) & mask) >= ((at - hole) & mask);
}

void sessions_drop(struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	struct gsup_session *places = sessions->places;
	size_t hole = place_of(sessions, user, session), at;

	if (!places[hole].user)
		return;
	sessions->count--;
	for (at = next_of(sessions, hole); places[at].user; at = next_of(sessions, at)) {
		if (!may_move(sessions, home_of(sessions, places[at].user, places[at].session), hole, at))
			continue;
		places[hole] = places[at];
		hole = at;
	}
	places[hole].user = 0;
}

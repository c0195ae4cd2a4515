/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sessions in a slab, found by an index. */
#include <osmocom/core/utils.h>

#include "channel/gsup/sessions.h"
#include "channel/link_io.h"
#include "starhash/hash.h"

#define INDEXED 1000000			/* sessions that are found best; more are found, too */

void sessions_init(struct gsup_sessions *sessions)
{
	sessions->count = 0;
	sessions->seed = link_seed();
	slab_init(&sessions->slab, sizeof(struct gsup_session));
	OSMO_ASSERT(!index_init(&sessions->index, INDEXED));
}

void sessions_fini(struct gsup_sessions *sessions)
{
	index_fini(&sessions->index);
	slab_fini(&sessions->slab);
}

static uint32_t item_of(const struct gsup_sessions *sessions, uint64_t hash, uint64_t user, uint32_t session)
{
	uint32_t at = 0, item;

	while ((item = index_next(&sessions->index, hash, &at))) {
		const struct gsup_session *found = slab_at(&sessions->slab, item);

		if (found->user == user && found->session == session)
			break;
	}
	return item;
}

struct gsup_session *sessions_find(struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	const uint32_t item = item_of(sessions, keyed_hash_pair(sessions->seed, user, session), user, session);

	return item ? slab_at(&sessions->slab, item) : NULL;
}

struct gsup_session *sessions_put(struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	const uint64_t hash = keyed_hash_pair(sessions->seed, user, session);
	uint32_t item = item_of(sessions, hash, user, session);
	struct gsup_session *place;

	if (item)
		return slab_at(&sessions->slab, item);
	item = slab_new(&sessions->slab);
	OSMO_ASSERT(item && !index_add(&sessions->index, hash, item));	/* dialogs_max and dials_max together are below INDEX_ITEMS_MAX */
	place = slab_at(&sessions->slab, item);
	*place = (struct gsup_session){ .user = user, .session = session };
	sessions->count++;
	return place;
}

void sessions_drop(struct gsup_sessions *sessions, uint64_t user, uint32_t session)
{
	const uint64_t hash = keyed_hash_pair(sessions->seed, user, session);
	const uint32_t item = item_of(sessions, hash, user, session);

	if (!item)
		return;
	index_drop(&sessions->index, hash, item);
	slab_free(&sessions->slab, item);
	sessions->count--;
}

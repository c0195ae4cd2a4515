/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Chunks of turns and a free list. */
#include <string.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "channel/turn_pool.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)
#define ASAN_UNPOISON_MEMORY_REGION(at, size)
#endif

#define CHUNK 64			/* turns */

void turn_pool_init(struct turn_pool *pool, void *ctx, size_t size)
{
	*pool = (struct turn_pool){ .ctx = ctx, .size = size };
}

static void put(struct turn_pool *pool, void *at)
{
	*(void **)at = pool->free;
	pool->free = at;
	ASAN_POISON_MEMORY_REGION(at, pool->size);
}

struct turn *turn_new(struct turn_pool *pool)
{
	struct turn *turn;

	if (!pool->free) {
		char *chunk = talloc_size(pool->ctx, CHUNK * pool->size);

		OSMO_ASSERT(chunk);
		for (unsigned int i = 0; i < CHUNK; i++)
			put(pool, chunk + i * pool->size);
	}
	turn = pool->free;
	ASAN_UNPOISON_MEMORY_REGION(turn, pool->size);
	pool->free = *(void **)turn;
	pool->open++;
	memset(turn, 0, offsetof(struct turn, text));
	return turn;
}

void turn_free(struct turn_pool *pool, struct turn *turn)
{
	explicit_bzero(turn->text, turn->len);
	pool->open--;
	put(pool, turn);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The turns of one channel: taken for an input and returned with its answer. Once there are enough, nothing is allocated. */
#pragma once

#include "starhash/channel.h"

struct turn_pool {
	void *ctx;
	size_t size;
	void *free;			/* free list in the turns' own memory */
	unsigned int open;		/* turns in use */
};

/* Turns of \a size octets: a struct turn, or a struct that begins with one. \a ctx owns the memory. */
void turn_pool_init(struct turn_pool *pool, void *ctx, size_t size);

/* Take a turn. It is zeroed up to and including len; it has no text yet. */
struct turn *turn_new(struct turn_pool *pool);

/* Return a turn. Its text is wiped: it may have been a password. */
void turn_free(struct turn_pool *pool, struct turn *turn);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The turns of one channel: taken for an input and given back with its answer, without an allocation once there are enough. */
#pragma once

#include "starhash/channel.h"

struct turn_pool {
	void *ctx;
	size_t size;
	void *free;			/* a list through the turns' own memory */
	unsigned int open;		/* that are out */
};

/* Turns of \a size octets: a struct that begins with a struct turn, or that alone. \a ctx owns the memory. */
void turn_pool_init(struct turn_pool *pool, void *ctx, size_t size);

/* A turn that is zero but for what stands behind len: no text is there yet. */
struct turn *turn_new(struct turn_pool *pool);

/* Give it back. Its text is wiped: it may have been a password. */
void turn_free(struct turn_pool *pool, struct turn *turn);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An arena: memory that is freed all at once. It holds a configuration file as settings, or a compiled menu tree. */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;	/* newest first */
	size_t used;			/* octets allocated, for inspection */
};

/* Allocate zeroed memory, aligned for any type. Aborts when out of memory: trees are built at start or reload. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t len);
void arena_fini(struct arena *arena);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The drop folder: what appears there is imported into the account cache by starhash-data, a process of its own. */
#pragma once

struct drop;

/* \a ctx: talloc parent; \a pepper: the file of keys, NULL: none. NULL after a log line that says why. */
struct drop *drop_new(void *ctx, const char *folder, const char *database, const char *pepper);
void drop_free(struct drop *drop);	/* an import that runs is told to end; NULL is fine */

/* A child has ended, ours perhaps. */
void drop_reap(struct drop *drop);

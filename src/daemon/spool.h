/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The spool folder: what appears there is imported into the account cache by starhash-data, a process of its own. */
#pragma once

struct spool;

/* \a ctx: talloc parent; \a pepper: the file of keys, NULL: none. NULL after a log line that says why. */
struct spool *spool_new(void *ctx, const char *folder, const char *database, const char *pepper);
void spool_free(struct spool *spool);	/* terminates an import that is running; NULL is fine */

/* A child has ended, ours perhaps. */
void spool_reap(struct spool *spool);

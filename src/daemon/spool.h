/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The spool folder: files that appear there are imported into the account cache by starhash-data, a separate process. */
#pragma once

struct spool;

/* What is wrong with a folder; NULL: nothing that can be seen before the start. */
const char *spool_problem(const char *folder);

/* \a ctx: talloc parent; \a pepper: the key file, NULL: none. Returns NULL after a log line. */
struct spool *spool_new(void *ctx, const char *folder, const char *database, const char *pepper);
void spool_free(struct spool *spool);	/* terminates a running import; NULL is fine */

/* A child has ended; it may be the import. */
void spool_reap(struct spool *spool);

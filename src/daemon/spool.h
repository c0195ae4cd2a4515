/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The spool folder: files that appear there are imported into the account cache, and events taken, by starhash-data, a separate process. */
#pragma once

struct load;
struct message_rules;

struct spool;

/* What is wrong with a folder; NULL: nothing that can be seen before the start. */
const char *spool_problem(const char *folder);

struct spool_settings {
	const char *folder, *database;
	const char *pepper;				/* the key file; NULL: none */
	const struct message_rules *message_rules;	/* for events */
	const struct load *load;			/* while it is high, no import begins */
};

/* \a ctx: talloc parent. What the settings point to must outlive the spool. Returns NULL after a log line. */
struct spool *spool_new(void *ctx, const struct spool_settings *settings);
void spool_free(struct spool *spool);	/* terminates a running import; NULL is fine */

/* A child has ended; it may be the import. */
void spool_reap(struct spool *spool);

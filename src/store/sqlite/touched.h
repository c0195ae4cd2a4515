/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For what remembers profiles: whose have changed, by the table "touched", which triggers fill. */
#pragma once

#include "starhash/store.h"
#include "store/sqlite/snapshot.h"

struct touched {
	int64_t seen;		/* number of the row read last */
	int64_t pruned;		/* rows before this one are gone, or will be */
	bool look;		/* we have changed something, or rows are left */
	int64_t looked_ms;
};

/* touched() and profiles() of store_ops. */
bool touched_look(struct touched *touched, struct snapshot *snapshot, struct accounts *accounts);
int profiles_give(const char *file, struct profile_sink *sink);

/* A change_make: remove the rows before the one whose number \a what points to. */
int touched_prune(struct connection *writer, const void *what, struct response *response);

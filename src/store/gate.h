/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A gate in front of a store, for tests and transcripts: what is asked goes on to the store at once, later, or not at all.
 * accounts_settings.front sets it up. */
#pragma once

#include "starhash/store.h"

enum gate {
	GATE_OPEN,
	GATE_LATER,		/* the loop's next turn takes it to the store */
	GATE_SHUT,		/* it waits until that changes; then the next turn takes it */
	GATE_DOWN,		/* it is answered UNAVAILABLE, and the store never hears of it */
};

extern const struct store_ops gate_store_ops;

/* What waited is taken in the loop's next turn: what is asked before that through an open gate overtakes it. */
void gate_set(struct store *store, enum gate gate);

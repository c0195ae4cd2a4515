/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A gate in front of a store, for tests and transcripts: operations reach the store at once, later, or not at all.
 * accounts_settings.front sets it up. */
#pragma once

#include "starhash/store.h"

enum gate {
	GATE_OPEN,
	GATE_LATER,		/* operations reach the store in the loop's next turn */
	GATE_SHUT,		/* operations wait until the gate changes, then for the next turn */
	GATE_DOWN,		/* answered UNAVAILABLE without reaching the store */
};

extern const struct store_ops gate_store_ops;

/* Waiting operations reach the store in the loop's next turn: operations started before then through an open gate overtake them. */
void gate_set(struct store *store, enum gate gate);

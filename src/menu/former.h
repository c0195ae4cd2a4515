/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names of the menu language that have changed, for messages. */
#pragma once

#include <stdbool.h>

/* Where a name stands. The same word may be a former name in one place and a present one in another. */
enum former_place {
	FORMER_NONE,
	FORMER_ACTION,		/* "do" and "list" */
	FORMER_ENTRY,		/* a setting of an entry */
	FORMER_NOTIFICATION,	/* a kind of notification */
	FORMER_SERVICE,		/* a setting of a service in the catalogue */
	FORMER_OUTCOME,
	FORMER_FIELD,
	FORMER_STATE,		/* of a service or an order, in conditions and words */
	FORMER_TRANSCRIPT,	/* the first word of a line */
};

/* The present name of what was called \a name; NULL: it never was. */
const char *former_name(enum former_place place, const char *name);

/* Add it to a problem about the name: "it is now called 'service.activate'". Returns whether there is one. */
struct problem;
bool former_suggest(struct problem *problem, enum former_place place, const char *name);

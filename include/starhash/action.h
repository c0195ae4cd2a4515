/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Actions: what a menu can do or list by name. Each family has a file under src/action/ and a line in the table there.
 *
 * An action turns its parameters into a request to the account, and the response into an outcome. It neither waits nor does I/O: the
 * server does, in between. */
#pragma once

#include "starhash/engine.h"

struct action {
	struct menu_action menu;	/* its interface to menus */
	uint8_t outcomes[RESULT_COUNT];	/* 1 + outcome for each result; 0: the usual meaning */
};

/* All actions, NULL-terminated, in alphabetical order: for menu_build(). */
const struct menu_action *const *actions_all(void);

/* Begin a CALL: fill \a request. A NULL action requests the profile. */
void action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request);

/* End a CALL: fill kind, outcome, facts and rows of \a event from \a response; they point into its memory. */
void action_finish(const struct menu_action *action, const struct response *response, struct session_event *event);

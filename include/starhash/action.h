/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Actions: what a menu may do or list by name. One file for each family under src/action/ and one line in the table there.
 *
 * An action turns its parameters into a request for the account, and the response into an outcome. It does not wait and does no
 * I/O: the server does, between the two. */
#pragma once

#include "starhash/engine.h"

struct action {
	struct menu_action menu;	/* what menus know of it */
	enum request_kind request;
	uint8_t outcomes[RESULT_COUNT];	/* 1 + outcome for each result; 0: the usual meaning */
};

/* All of them as menus know them, NULL-terminated, alphabetical: what menu_build() wants. */
const struct menu_action *const *actions_all(void);

/* Begin an effect's CALL (a NULL action asks for the profile): what to ask of the account. */
void action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request);

/* End it: fill \a event's kind, outcome, facts and rows from \a response, whose memory they then point into. */
void action_finish(const struct menu_action *action, const struct response *response, struct session_event *event);

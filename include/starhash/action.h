/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Actions: what a menu's verbs mean. One file for each family under src/action/ and one line in the table there.
 *
 * An action turns a verb's parameters into a request for the account, and the response into an outcome of the verb.
 * It does not wait and does no I/O: the server does, between the two. */
#pragma once

#include "starhash/engine.h"

struct action {
	struct menu_verb verb;
	enum request_kind request;
	uint8_t outcomes[RESULT_COUNT];	/* 1 + outcome of the verb for each result; 0: the usual meaning */
};

/* Every action's verb, NULL-terminated, alphabetical: what menu_build() wants. */
const struct menu_verb *const *action_verbs(void);

/* Begin an effect's CALL (a NULL verb asks for the profile): what to ask of the account. */
void action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request);

/* End it: fill \a event's kind, outcome, facts and rows from \a response, whose memory they then point into. */
void action_finish(const struct menu_verb *verb, const struct response *response, struct session_event *event);

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Actions: what a menu's verbs mean. One file each under src/action/ and one line in the table there.
 *
 * An action turns a verb's parameters into a request for the account, and the response into an outcome of the verb.
 * It does not wait and does no I/O: the server does, between the two. */
#pragma once

#include "starhash/engine.h"

struct action {
	struct menu_verb verb;
	enum request_kind request;

	/* Fill request->args from the verb's parameters; NULL: they are copied as they are. Returns 0, or a positive
	 * number 1 + outcome when the answer is known without asking the account. */
	int (*prepare)(const struct record *args, const struct subscriber *subscriber, struct request *request);

	/* The outcome for a response, or OUTCOME_*; NULL: outcomes[] below says it. */
	int (*finish)(const struct response *response);

	/* For each result, 1 + outcome; 0 means: what action_finish() does by default. */
	uint8_t outcomes[RESULT_COUNT];
};

/* Every action's verb, NULL-terminated, alphabetical: what menu_build() wants. */
const struct menu_verb *const *action_verbs(void);

/* Begin an effect's CALL (a NULL verb asks for the profile). Returns 0 with \a request filled, or 1 with \a event
 * ready because nothing need be asked. */
int action_prepare(const struct effect *effect, const struct subscriber *subscriber, struct request *request,
		   struct event *event);

/* End it: fill \a event from \a response, whose memory \a event then points into. */
void action_finish(const struct menu_verb *verb, const struct response *response, struct event *event);

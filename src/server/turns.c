/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Dispatch turns, the inputs of subscribers, to their dialogs. */
#include <errno.h>

#include "server/server_internal.h"

static const enum dialog_event events[] = {
	[TURN_BEGIN] = ON_BEGIN, [TURN_CONTINUE] = ON_INPUT, [TURN_GONE] = ON_GONE, [TURN_TEXT] = ON_TEXT,
};

/* The dialog of the turn's session. When the subscriber dials, any other one too: it is in the way (F7), or may be resumed. */
static struct dialog *dialog_of(struct server *server, const struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	return dialog || turn->kind != TURN_BEGIN ? dialog : dialog_find_user(server, &turn->peer);
}

/* A short message belongs to its sender's conversation with the short code, which an earlier process may have saved, or begins a new
 * one. */
static int take(struct server *server, struct turn *turn)
{
	const struct dialog_input input = { .event = events[turn->kind], .turn = turn };
	struct dialog *dialog;
	int rc;

	server->pace.turns++;
	if (turn->kind == TURN_GONE) {
		dialog = dialog_find(server, &turn->peer);
		if (!dialog)
			dials_forget(origin_of(turn->peer.channel), &turn->peer);
		server_drop(server, turn, COUNT_GONE);
		if (dialog)
			dialog_step(dialog, &(struct dialog_input){ .event = ON_GONE });
		return 0;
	}
	while ((dialog = dialog_of(server, turn))) {
		rc = dialog_step(dialog, &input);
		if (rc != -ENOENT)
			return rc;
	}
	if (turn->kind == TURN_CONTINUE) {
		server_count(server, COUNT_STRAY);
		cdr_stray(server, turn);
		session_init(&server->scratch, server->menu);
		server_peek(server, server->menu, &turn->limits, EVENT_INPUT, &server->effect);
		server_reply(server, turn, &server->effect);
		return 0;
	}
	dialog = dialog_new(server, turn);
	if (!dialog)
		return -EBUSY;
	server_count(server, COUNT_BEGUN);
	return dialog_step(dialog, &input);
}

int turns_take(void *user, struct turn *turn)
{
	struct origin *origin = user;
	struct server *server = origin->server;
	int rc;

	if (server->stopping || !server->menu)
		return -EBUSY;
	server_wake(server);
	if (server->barring.count && barring_takes(server, turn))
		return 0;
	rc = admit(origin, turn);
	if (rc)
		return rc;
	server_count(server, COUNT_TURNS);
	turn->receipt = 0;
	origin->open++;
	rc = turn->kind == TURN_BEGIN && origin->in_batch ? dials_add(origin, turn) : take(server, turn);
	if (rc)
		origin->open--;
	return rc;
}

int turns_begin(struct turn *turn)
{
	return take(origin_of(turn->peer.channel)->server, turn);
}

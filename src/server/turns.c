/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Turns: what subscribers send, and the dialog that each belongs to. */
#include <errno.h>

#include "server/server_internal.h"

static void drop(struct server *server, struct turn *turn, enum server_counter why)
{
	server_count(server, why);
	drive_wipe(turn);
	if (turn->kept)
		notification_close(server, turn->kept, NOTICE_SENT);
	server_answer(turn, ANSWER_NONE, "", 0);
}

/* The text for a turn that belongs to no dialog, or finds one busy with an order. */
static void answer_beside(struct server *server, struct turn *turn, const struct menu *menu, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = "" };

	clock_stamp(server, &event);
	engine_step(menu, &turn->limits, &server->scratch, &event, &server->effect);
	drive_wipe(turn);
	turn->receipt = turn->kept;
	server_answer(turn, ANSWER_END, server->effect.text, server->effect.len);
}

static void stray(struct server *server, struct turn *turn)
{
	server_count(server, COUNT_STRAY);
	session_init(&server->scratch, server->menu);
	cdr_stray(server, turn);
	answer_beside(server, turn, server->menu, EVENT_INPUT);
}

/* F1, F2: the same input again, or one that crosses the answer to the last. Returns whether that is so. */
static bool repeated(struct dialog *dialog, struct turn *turn)
{
	struct server *server = dialog->server;

	if (dialog->turn || dialog->pending) {
		drop(server, turn, COUNT_CROSSED);
		return true;
	}
	if (!turn->sequence || turn->sequence != dialog->sequence)
		return false;
	server_count(server, COUNT_REPEATED);
	drive_text(dialog, turn, EVENT_REPEAT);
	return true;
}

/* Say that an order is still being carried out. */
static void name_order(struct dialog *dialog, struct turn *turn)
{
	server_count(dialog->server, COUNT_CROSSED);
	dialog_load(dialog);
	answer_beside(dialog->server, turn, dialog->menu, EVENT_BEGIN);
}

/* F7: the subscriber dials while an older dialog is open. An order in flight is named and goes on; anything else is
 * closed as if nobody had answered, and may be offered again. Returns whether the turn has been answered. */
static bool close_older(struct server *server, struct turn *turn)
{
	struct dialog *older = dialog_find_user(server, &turn->peer);

	if (!older || older->parked)
		return false;
	if (dialog_is_order(older)) {
		name_order(older, turn);
		return true;
	}
	notification_put_off(older);
	older->gone = dialog_same_peer(&older->peer, &turn->peer);	/* a last text would end the new dialog */
	drive_kind(older, EVENT_SILENCE);
	return false;
}

static struct dialog *take_up(struct server *server, const struct turn *turn)
{
	struct dialog *parked = dialog_find_user(server, &turn->peer);

	if (!parked)
		return NULL;
	if (parked->menu != server->menu) {
		dialog_free(parked);
		return NULL;
	}
	dialog_unpark(parked, turn);
	server_count(server, COUNT_RESUMED);
	return parked;
}

static int begin(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	if (dialog && repeated(dialog, turn))
		return 0;
	if (close_older(server, turn))
		return 0;
	dialog = take_up(server, turn);
	if (!dialog)
		dialog = dialog_new(server, turn);
	if (!dialog)
		return -EBUSY;
	server_count(server, COUNT_BEGUN);
	drive_text(dialog, turn, EVENT_BEGIN);
	return 0;
}

static void go_on(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	if (!dialog)
		stray(server, turn);
	else if (!repeated(dialog, turn))
		drive_text(dialog, turn, EVENT_INPUT);
}

/* A text that has come again after a crash, and was answered before it: its answer is a notice, if there is one. */
static void drop_repeated(struct dialog *dialog)
{
	struct turn *turn = dialog->turn;

	dialog->turn = NULL;
	text_answered(dialog);
	drop(dialog->server, turn, COUNT_REPEATED);
	dialog_free(dialog);
}

/* What an earlier process acknowledged is kept as a notice: the next answer completes it. */
static void take_text(struct dialog *dialog, struct turn *turn)
{
	if (turn->kept)
		notification_note(dialog, turn->kept);
	drive_text(dialog, turn, EVENT_TEXT);
}

static int text_first(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_new(server, turn);

	if (!dialog)
		return -EBUSY;
	server_count(server, COUNT_BEGUN);
	text_look(server, NULL, turn);
	dialog->turn = turn;
	if (sms_conversation_fetch(dialog))
		turns_fetched(dialog);
	else
		drive_arm(dialog, dialog->peer.channel->timing.answer_ms);
	return 0;
}

void turns_fetched(struct dialog *dialog)
{
	if (text_is_answered(dialog, dialog->turn))
		drop_repeated(dialog);
	else
		take_text(dialog, dialog->turn);
}

/* The menu was replaced while the conversation waited: it begins anew, on the current one. Unlike a dialog, it may wait for
 * hours, and its subscriber may text a keyword that only the new menu has. */
static void renew(struct dialog *dialog)
{
	struct server *server = dialog->server;

	cdr_close(dialog, "changed");
	menu_unref(dialog->menu);
	dialog->menu = menu_ref(server->menu);
	session_init(&server->scratch, server->menu);
	dialog_store(dialog);
	dialog->changed = true;
	dialog->tell_silence = false;
}

/* A short message belongs to the conversation that its sender has with the number, be it one that an earlier process
 * kept, or begins one. One that comes while the last is being worked on is to be sent again; an order that takes long is
 * named. */
static int texted(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	if (dialog && dialog->gone && dialog_is_order(dialog)) {
		name_order(dialog, turn);
		return 0;
	}
	if (dialog && (dialog->turn || dialog->pending))
		return -EAGAIN;
	if (!dialog)
		return text_first(server, turn);
	if (dialog->session->menu != menu_fingerprint(server->menu))
		renew(dialog);
	if (repeated(dialog, turn))
		return 0;
	text_look(server, dialog->session, turn);
	if (text_is_answered(dialog, turn))
		drop(server, turn, COUNT_REPEATED);
	else
		take_text(dialog, turn);
	return 0;
}

/* An order in flight goes on without the subscriber; everything else stops here. */
static void gone(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	drop(server, turn, COUNT_GONE);
	if (!dialog)
		return;
	if (dialog->turn)
		drive_answer(dialog, ANSWER_NONE);
	dialog->gone = true;
	if (!dialog_is_order(dialog) && !notification_unanswered(dialog))
		drive_kind(dialog, EVENT_GONE);
}

static int take(struct server *server, struct turn *turn)
{
	switch (turn->kind) {
	case TURN_BEGIN:
		return begin(server, turn);
	case TURN_CONTINUE:
		go_on(server, turn);
		return 0;
	case TURN_GONE:
		gone(server, turn);
		return 0;
	case TURN_TEXT:
		return texted(server, turn);
	}
	return -EINVAL;
}

int turns_take(void *user, struct turn *turn)
{
	struct way *way = user;
	struct server *server = way->server;
	int rc;

	if (server->stopping || !server->menu)
		return -EBUSY;
	rc = admit(way, turn);
	if (rc)
		return rc;
	server_count(server, COUNT_TURNS);
	turn->receipt = 0;
	way->open++;
	rc = take(server, turn);
	if (rc)
		way->open--;
	return rc;
}

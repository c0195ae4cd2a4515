/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Drives dialogs: turns, results and timers in; the engine's effects carried out. */
#include <errno.h>
#include <string.h>

#include "server/server_internal.h"
#include "starhash/log.h"

#define ORDER_KEPT_MS 3600000	/* an order whose end is not known is waited for so long */

/* ---- time ---- */

static void timer_set(struct dialog *dialog, int64_t now)
{
	const int64_t ms = dialog->due_ms - now;

	dialog->fires_ms = dialog->due_ms;
	osmo_timer_schedule(&dialog->timer, ms / 1000, ms % 1000 * 1000);
}

/* A timer that will fire earlier is left alone and set again when it does: turns come faster than timers run out. */
static void arm(struct dialog *dialog, unsigned int ms)
{
	const int64_t now = clock_monotonic_ms();

	dialog->due_ms = now + ms;
	if (!dialog->fires_ms || dialog->fires_ms > dialog->due_ms)
		timer_set(dialog, now);
}

/* The subscriber has the channel's idle time, but the whole dialogue has its end. */
static void arm_idle(struct dialog *dialog)
{
	const struct channel_timing *timing = &dialog->peer.channel->timing;
	const int64_t left = dialog->began_ms + timing->dialogue_ms - clock_monotonic_ms();

	arm(dialog, left < timing->idle_ms ? (left > 0 ? left : 1) : timing->idle_ms);
}

/* ---- answers ---- */

static void answer(struct dialog *dialog, enum answer_kind kind)
{
	const struct effect *effect = &dialog->server->effect;
	struct turn *turn = dialog->turn;

	dialog->turn = NULL;
	turn_answer(turn, kind, effect->text, effect->len);
}

/* F3: what became of an order, after its subscriber has gone or has been told to wait, goes out as a short message. */
static void deliver(struct dialog *dialog)
{
	const struct server *server = dialog->server;
	const struct channel_text text = { .text = server->effect.text, .len = server->effect.len };
	unsigned int i;

	for (i = 0; i < server->channels_count; i++) {
		struct channel *channel = server->channels[i];

		if (channel->messages && !channel->ops->notify(channel, &dialog->subscriber, &text))
			return;
	}
}

/* A last text goes with the open turn, else by itself. */
static void tell_end(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	struct channel *channel = dialog->peer.channel;

	if (dialog->turn)
		answer(dialog, effect->len ? ANSWER_END : ANSWER_NONE);
	else if (effect->len && !dialog->gone)
		channel->ops->end(channel, &dialog->peer, effect->text, effect->len);
}

static void forget_request(struct dialog *dialog)
{
	if (dialog->pending)
		account_forget(dialog->server->account, dialog->request);
	dialog->pending = dialog->fetching = false;
}

/* Only who was cut off in a dialogue is asked whether to go on, and only on the tree that is still in use. */
static bool may_be_taken_up(const struct dialog *dialog)
{
	const struct server *server = dialog->server;

	return server->effect.parked && server->settings.resume_ms && dialog->menu == server->menu &&
	       !dialog->peer.channel->messages;
}

static void finish(struct dialog *dialog)
{
	struct server *server = dialog->server;

	conversation_forget(dialog);
	tell_end(dialog);
	forget_request(dialog);
	server_count(server, COUNT_ENDED);
	if (may_be_taken_up(dialog)) {
		dialog_park(dialog);
		arm(dialog, server->settings.resume_ms);
	} else {
		dialog_free(dialog);
	}
}

static void ask(struct dialog *dialog)
{
	conversation_keep(dialog);
	answer(dialog, ANSWER_ASK);
	arm_idle(dialog);
}

/* The result of an order that nobody waits for. */
static void finish_order(struct dialog *dialog)
{
	server_count(dialog->server, COUNT_LATE_RESULTS);
	server_count(dialog->server, COUNT_ENDED);
	deliver(dialog);
	dialog_free(dialog);
}

/* ---- one event after another, until the subscriber or the account has to answer ---- */

/* The account knows a number that the channel did not. */
static void note_subscriber(struct dialog *dialog, const struct response *response)
{
	struct subscriber *subscriber = &dialog->subscriber;

	if (!subscriber->msisdn[0])
		record_text(&response->facts, FIELD_MSISDN, subscriber->msisdn, sizeof(subscriber->msisdn));
}

/* Returns whether the result is there already. */
static bool call(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog->server;
	int rc;

	dialog->verb = server->effect.verb;
	action_prepare(&server->effect, &dialog->subscriber, &server->request);
	explicit_bzero(server->effect.args, server->effect.args_len);
	rc = account_submit(server->account, &server->request, dialog, &server->response, &dialog->request);
	explicit_bzero(server->request.args, server->request.args_len);
	if (rc == -EINPROGRESS) {
		dialog->pending = true;
		arm(dialog, dialog->peer.channel->timing.answer_ms);
		return false;
	}
	note_subscriber(dialog, &server->response);
	action_finish(dialog->verb, &server->response, event);
	return true;
}

/* A turn's text may be a secret: it goes as soon as the engine has seen it. */
static void wipe_input(struct turn *turn)
{
	if (!turn)
		return;
	explicit_bzero(turn->text, turn->len);
	turn->len = 0;
}

static void drive(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog->server;
	bool again = true;

	dialog_load(dialog);
	clock_stamp(server, event);
	while (again) {
		engine_step(dialog->menu, &dialog->limits, &server->scratch, event, &server->effect);
		wipe_input(dialog->turn);
		again = server->effect.kind == EFFECT_CALL && call(dialog, event);
	}
	dialog_store(dialog);
	if (server->effect.kind == EFFECT_CALL)
		return;
	if (event->kind == EVENT_RESULT && dialog->gone)
		finish_order(dialog);
	else if (server->effect.kind == EFFECT_ASK)
		ask(dialog);
	else
		finish(dialog);
}

/* Say that the order takes longer, and wait for its end without the subscriber: the session stays as it is. */
static void let_go(struct dialog *dialog)
{
	struct session_event event = { .kind = EVENT_LATE, .text = "" };
	struct server *server = dialog->server;

	dialog_load(dialog);
	clock_stamp(server, &event);
	engine_step(dialog->menu, &dialog->limits, &server->scratch, &event, &server->effect);
	conversation_forget(dialog);
	tell_end(dialog);
	dialog->gone = true;
	arm(dialog, ORDER_KEPT_MS);
}

static bool is_order(const struct dialog *dialog)
{
	return dialog->pending && dialog->verb && dialog->verb->changes;
}

/* ---- turns ---- */

static void drop(struct server *server, struct turn *turn, enum server_counter why)
{
	server_count(server, why);
	wipe_input(turn);
	turn_answer(turn, ANSWER_NONE, "", 0);
}

static void drive_text(struct dialog *dialog, struct turn *turn, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = turn->text, .len = turn->len,
				       .service = turn->service };

	dialog->turn = turn;
	dialog->sequence = turn->sequence;
	dialog->peer = turn->peer;
	drive(dialog, &event);
}

static void drive_kind(struct dialog *dialog, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = "" };

	drive(dialog, &event);
}

/* The text for a turn that belongs to no dialogue, or finds one busy with an order. */
static void answer_beside(struct server *server, struct turn *turn, const struct menu *menu, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = "" };

	clock_stamp(server, &event);
	engine_step(menu, &turn->limits, &server->scratch, &event, &server->effect);
	wipe_input(turn);
	turn_answer(turn, ANSWER_END, server->effect.text, server->effect.len);
}

static void stray(struct server *server, struct turn *turn)
{
	server_count(server, COUNT_STRAY);
	session_init(&server->scratch, server->menu, 0);
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

/* F7: the subscriber dials while an older dialogue is open. An order in flight is named and goes on; anything else is
 * closed as if nobody had answered, and may be offered again. Returns whether the turn has been answered. */
static bool close_older(struct server *server, struct turn *turn)
{
	struct dialog *older = dialog_find_user(server, &turn->peer);

	if (!older || older->parked)
		return false;
	if (is_order(older)) {
		name_order(older, turn);
		return true;
	}
	older->gone = dialog_same_peer(&older->peer, &turn->peer);	/* a last text would end the new dialogue */
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
	if (!dialog) {
		server_count(server, COUNT_REFUSED);
		return -EBUSY;
	}
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

static int text_first(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_new(server, turn);

	server_count(server, dialog ? COUNT_BEGUN : COUNT_REFUSED);
	if (!dialog)
		return -EBUSY;
	dialog->turn = turn;
	if (conversation_fetch(dialog))
		drive_text(dialog, turn, EVENT_TEXT);
	else
		arm(dialog, dialog->peer.channel->timing.answer_ms);
	return 0;
}

/* What was kept is there, or is not to be had: the turn has waited for it. */
static void text_fetched(struct dialog *dialog, const struct response *response)
{
	conversation_fetched(dialog, response);
	drive_text(dialog, dialog->turn, EVENT_TEXT);
}

/* A short message belongs to the conversation that its sender has with the number, be it one that an earlier process
 * kept, or begins one. One that comes while the last is being worked on is to be sent again; an order that takes long is
 * named. */
static int texted(struct server *server, struct turn *turn)
{
	struct dialog *dialog = dialog_find(server, &turn->peer);

	if (dialog && dialog->gone && is_order(dialog)) {
		name_order(dialog, turn);
		return 0;
	}
	if (dialog && (dialog->turn || dialog->pending))
		return -EAGAIN;
	if (!dialog)
		return text_first(server, turn);
	if (!repeated(dialog, turn))
		drive_text(dialog, turn, EVENT_TEXT);
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
		answer(dialog, ANSWER_NONE);
	dialog->gone = true;
	if (!is_order(dialog))
		drive_kind(dialog, EVENT_GONE);
}

int drive_turn(void *user, struct turn *turn)
{
	struct server *server = user;

	if (server->stopping || !server->menu)
		return -EBUSY;
	server_count(server, COUNT_TURNS);
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

/* ---- results and timers ---- */

void drive_result(struct dialog *dialog, const struct response *response)
{
	struct session_event event = {};

	dialog->pending = account_pending(dialog->server->account, dialog->request);
	if (dialog->pending) {
		let_go(dialog);
		return;
	}
	if (dialog->fetching) {
		text_fetched(dialog, response);
		return;
	}
	note_subscriber(dialog, response);
	action_finish(dialog->verb, response, &event);
	drive(dialog, &event);
}

static void time_is_up(struct dialog *dialog)
{
	struct server *server = dialog->server;

	if (dialog->parked) {
		dialog_free(dialog);
	} else if (dialog->fetching) {
		forget_request(dialog);
		drive_text(dialog, dialog->turn, EVENT_TEXT);
	} else if (dialog->pending) {
		server_count(server, COUNT_LATE);
		if (is_order(dialog) && !dialog->gone)
			let_go(dialog);
		else
			drive_kind(dialog, EVENT_LATE);
	} else {
		server_count(server, COUNT_SILENT);
		drive_kind(dialog, dialog->peer.channel->messages ? EVENT_GONE : EVENT_SILENCE);
	}
}

void drive_timer(void *user)
{
	struct dialog *dialog = user;
	const int64_t now = clock_monotonic_ms();

	dialog->fires_ms = 0;
	if (!dialog->menu)
		return;		/* it is over */
	if (dialog->due_ms > now)
		timer_set(dialog, now);
	else
		time_is_up(dialog);
}

void drive_stop(struct dialog *dialog)
{
	const bool unasked = dialog->peer.channel->messages && !dialog->turn;

	drive_kind(dialog, unasked ? EVENT_GONE : EVENT_STOP);
}

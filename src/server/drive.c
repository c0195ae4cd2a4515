/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Drives dialogs: events in, the engine's effects carried out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/server_internal.h"

#define ORDER_KEPT_MS 3600000	/* an order whose end is not known is waited for so long */

/* ---- time ---- */

static void timer_set(struct dialog *dialog, int64_t now)
{
	const int64_t ms = dialog->due_ms - now;

	dialog->fires_ms = dialog->due_ms;
	osmo_timer_schedule(&dialog->timer, ms / 1000, ms % 1000 * 1000);
}

/* A timer that will fire earlier is left alone and set again when it does: turns come faster than timers run out. */
void drive_arm(struct dialog *dialog, unsigned int ms)
{
	const int64_t now = clock_monotonic_ms();

	dialog->due_ms = now + ms;
	if (!dialog->fires_ms || dialog->fires_ms > dialog->due_ms)
		timer_set(dialog, now);
}

/* The subscriber has the channel's idle time, but the whole dialog has its end. */
static void arm_idle(struct dialog *dialog)
{
	const struct channel_timing *timing = &dialog->peer.channel->timing;
	const int64_t left = dialog->began_ms + timing->dialogue_ms - clock_monotonic_ms();

	drive_arm(dialog, left < timing->idle_ms ? (left > 0 ? left : 1) : timing->idle_ms);
}

#define KEPT_LIVE_MS 10000		/* a conversation that the store keeps has a live dialog for so long */

/* Subscribers answer within seconds, or much later: only then the dialog makes room, and the store gives it back (A43). */
static void rest_soon(struct dialog *dialog)
{
	if (!dialog->kept || dialog->due_ms - clock_monotonic_ms() <= KEPT_LIVE_MS)
		return;
	dialog->silent_ms = dialog->due_ms;
	drive_arm(dialog, KEPT_LIVE_MS);
}

/* A network ends its dialogs when it likes: only a conversation by messages can be given a time of its own. */
void drive_await(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;

	dialog->tell_silence = effect->tell_silence;
	if (effect->within_s && dialog->peer.channel->traits.may_wait_long)
		drive_arm(dialog, effect->within_s * 1000);
	else
		arm_idle(dialog);
	dialog_wait(dialog);
	rest_soon(dialog);
}

/* ---- answers ---- */

static void answer_with(struct dialog *dialog, enum answer_kind kind, const char *text, size_t len)
{
	struct turn *turn = dialog->turn;

	dialog->turn = NULL;
	cdr_answered(dialog);
	text_answered(dialog);
	server_answer(turn, kind, text, len);
}

void drive_answer(struct dialog *dialog, enum answer_kind kind)
{
	const struct effect *effect = &dialog->server->effect;

	dialog->turn->receipt = kind == ANSWER_NONE ? 0 : notification_receipt(dialog);
	answer_with(dialog, kind, effect->text, effect->len);
}

/* As a short message that answers nothing. If it does not arrive, a notice that is left does its work later. */
static void deliver(struct dialog *dialog, const char *sender)
{
	const struct effect *effect = &dialog->server->effect;
	const struct channel_text text = { .text = effect->text, .len = effect->len, .sender = sender,
					   .receipt = notification_receipt(dialog) };

	if (push_send(dialog->server, &dialog->subscriber, &text) < 0 && text.receipt)
		notification_close(dialog->server, text.receipt, NOTICE_LATER);
}

static void tell_silence(struct dialog *dialog)
{
	char number[SERVICE_SIZE];

	deliver(dialog, push_number(dialog, number));
}

/* A last text goes with the open turn, else by itself. */
static void tell_end(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	struct channel *channel = dialog->peer.channel;

	if (dialog->turn)
		drive_answer(dialog, effect->len ? ANSWER_END : ANSWER_NONE);
	else if (!effect->len || dialog->gone)
		return;
	else if (channel->traits.can_notify)
		tell_silence(dialog);
	else
		channel->ops->end(channel, &dialog->peer, effect->text, effect->len);
}

static void forget_request(struct dialog *dialog)
{
	if (dialog->pending)
		accounts_forget(dialog->server->accounts, dialog->request);
	dialog->pending = dialog->fetching = dialog->expiring = dialog->looking = false;
}

/* Only who was cut off in a dialog is asked whether to go on, and only on the tree that is still in use. */
static bool may_be_taken_up(const struct dialog *dialog)
{
	const struct server *server = dialog->server;

	return server->effect.parked && server->settings.resume_ms && dialog->menu == server->menu &&
	       !dialog->peer.channel->traits.may_wait_long;
}

static void finish(struct dialog *dialog, const struct session_event *last)
{
	struct server *server = dialog->server;

	sms_conversation_forget(dialog);
	tell_end(dialog);
	cdr_close(dialog, cdr_outcome(last));
	forget_request(dialog);
	server_count(server, COUNT_ENDED);
	if (may_be_taken_up(dialog)) {
		dialog_park(dialog);
		drive_arm(dialog, server->settings.resume_ms);
	} else {
		dialog_free(dialog);
	}
}

/* S6: the question goes as a short message, and so will its answer; this dialog is over. When it cannot be sent, that
 * is said, and nothing is ordered. */
static void ask_by_message(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	struct peer peer;

	if (push_ask(dialog, 0, &peer)) {
		drive_kind(dialog, EVENT_LATE);
		return;
	}
	server_count(dialog->server, COUNT_BY_MESSAGE);
	answer_with(dialog, ANSWER_END, effect->last_text, effect->last_len);
	cdr_close(dialog, "by_message");
	cdr_open(dialog, "", 0);
	push_await(dialog, &peer);
}

static void ask(struct dialog *dialog)
{
	if (dialog->server->effect.by_message && !dialog->peer.channel->traits.may_wait_long) {
		ask_by_message(dialog);
		return;
	}
	sms_conversation_save(dialog, dialog->turn->service);
	drive_answer(dialog, ANSWER_ASK);
	drive_await(dialog);
}

/* F3: the result of an order, after its subscriber has gone or has been told to wait. */
static void finish_order(struct dialog *dialog)
{
	server_count(dialog->server, COUNT_LATE_RESULTS);
	server_count(dialog->server, COUNT_ENDED);
	deliver(dialog, dialog->server->effect.sender);
	cdr_close(dialog, "late");
	dialog_free(dialog);
}

/* ---- one event after another, until the subscriber or the account has to answer ---- */

/* The account knows a number that the channel did not. */
static void note_number(struct dialog *dialog, const struct response *response)
{
	struct subscriber *subscriber = &dialog->subscriber;

	if (subscriber->msisdn[0])
		return;
	record_text(&response->facts, FIELD_MSISDN, subscriber->msisdn, sizeof(subscriber->msisdn));
	by_msisdn_add(dialog);
}

/* The answer of a turn completes the notification about the same event. Two exceptions: an order that is in flight, and a password
 * changed by USSD, since the line must get a text about it that stays (S4). An answer by short message is such a text. */
static void note_notice(struct dialog *dialog, const struct response *response)
{
	const uint64_t id = (uint64_t)response->notification;

	if (id && dialog->verb && response->result != RESULT_TAKEN && (dialog->verb->orders || dialog->peer.channel->traits.texts_stay))
		notification_note(dialog, id);
}

static void take_response(struct dialog *dialog, const struct response *response, struct session_event *event)
{
	note_number(dialog, response);
	note_notice(dialog, response);
	action_finish(dialog->verb, response, event);
}

/* Where it came from, and how far that is trusted: what consent keeps, and what brakes of passwords go by (F34). */
static void add_link(struct request *request, const struct channel *channel, bool by_code)
{
	struct record args = request_args(request);
	char trust[24];

	snprintf(trust, sizeof(trust), "%s%s", trust_name(channel->trust), by_code ? "+code" : "");
	record_append_text(&args, ARG_CHANNEL, channel->name, strlen(channel->name));
	record_append_text(&args, ARG_TRUST, trust, strlen(trust));
	request_set_args(request, &args);
}

/* Returns whether the result is there already. */
static bool call(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog->server;
	int rc;

	dialog->verb = server->effect.verb;
	action_prepare(&server->effect, &dialog->subscriber, &server->request);
	explicit_bzero(server->effect.args, server->effect.args_len);
	if (dialog->verb && dialog->verb->changes) {
		add_link(&server->request, dialog->peer.channel, server->effect.by_code);
		text_mark(dialog, &server->request.answered);
	}
	cdr_ordered(dialog, server->effect.ref);
	rc = accounts_submit(server->accounts, &server->request, dialog, &server->response, &dialog->request);
	explicit_bzero(server->request.args, server->request.args_len);
	if (rc == -EINPROGRESS) {
		dialog->pending = true;
		drive_arm(dialog, dialog->peer.channel->timing.answer_ms);
		return false;
	}
	take_response(dialog, &server->response, event);
	return true;
}

/* A turn's text may be a secret: it goes as soon as the engine has seen it. */
void drive_wipe(struct turn *turn)
{
	if (!turn)
		return;
	explicit_bzero(turn->text, turn->len);
	turn->len = 0;
}

static void carry_out(struct dialog *dialog, const struct session_event *last)
{
	cdr_shown(dialog);
	if (notification_is_told_by(dialog))
		notification_tell(dialog, last);
	else if (last->kind == EVENT_RESULT && dialog->gone)
		finish_order(dialog);
	else if (dialog->server->effect.kind == EFFECT_ASK)
		ask(dialog);
	else
		finish(dialog, last);
}

/* ---- trust (F34) ---- */

static void make_code(void *user, char code[static CONFIRM_CODE_SIZE], uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	struct dialog *dialog = user;

	accounts_code_make(dialog->server->accounts, &dialog->subscriber, code, digest);
}

static bool code_is_right(void *user, const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len)
{
	struct dialog *dialog = user;

	return accounts_code_right(dialog->server->accounts, &dialog->subscriber, digest, code, len);
}

/* Also of the least of the links for short messages; without one nothing comes that way. */
static enum trust trust_of_messages(const struct server *server)
{
	enum trust least = TRUST_PASSWORD;

	for (unsigned int i = 0; i < server->channels_count; i++)
		if (push_asks_by(server->channels[i]) && server->channels[i]->trust < least)
			least = server->channels[i]->trust;
	return least;
}

static void stamp(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog->server;

	clock_stamp(server, event);
	event->trust_messages = trust_of_messages(server);
	event->trust = notification_is_told_by(dialog) ? notification_trust(dialog, event->trust_messages)
						 : dialog->peer.channel->trust;
	server->codes = (struct codes){ make_code, code_is_right, dialog };
	event->codes = server->accounts ? &server->codes : NULL;
}

void drive_event(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog->server;
	bool again = true;

	dialog_load(dialog);
	while (again) {
		stamp(dialog, event);
		engine_step(dialog->menu, &dialog->limits, &server->scratch, event, &server->effect);
		drive_wipe(dialog->turn);
		again = server->effect.kind == EFFECT_CALL && call(dialog, event);
	}
	dialog_store(dialog);
	if (server->effect.kind != EFFECT_CALL)
		carry_out(dialog, event);
}

void drive_text(struct dialog *dialog, struct turn *turn, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = turn->text, .len = turn->len,
				       .service = turn->service, .changed = dialog->changed };

	dialog_hear(dialog, turn);
	dialog->changed = false;
	dialog->limits = turn->limits;
	notification_answered(dialog);
	cdr_turn(dialog, turn);
	drive_event(dialog, &event);
}

void drive_kind(struct dialog *dialog, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = "" };

	drive_event(dialog, &event);
}

/* Say that the order takes longer, and wait for its end without the subscriber: the session stays as it is. */
static void let_go(struct dialog *dialog)
{
	struct session_event event = { .kind = EVENT_LATE, .text = "" };
	struct server *server = dialog->server;

	dialog_load(dialog);
	clock_stamp(server, &event);
	engine_step(dialog->menu, &dialog->limits, &server->scratch, &event, &server->effect);
	sms_conversation_forget(dialog);
	tell_end(dialog);
	dialog->gone = true;
	drive_arm(dialog, ORDER_KEPT_MS);
}

/* ---- results and timers ---- */

void drive_result(struct dialog *dialog, const struct response *response)
{
	struct session_event event = {};

	dialog->pending = accounts_pending(dialog->server->accounts, dialog->request);
	if (dialog->pending) {
		let_go(dialog);
		return;
	}
	if (dialog->fetching) {
		sms_conversation_fetched(dialog, response);
		turns_fetched(dialog);
		return;
	}
	if (dialog->looking) {
		notification_looked(dialog, response);
		return;
	}
	if (dialog->expiring) {
		sms_conversation_expired(dialog, response);
		drive_kind(dialog, EVENT_SILENCE);
		return;
	}
	take_response(dialog, response, &event);
	drive_event(dialog, &event);
}

/* The account takes too long for the turn. */
static void request_is_late(struct dialog *dialog)
{
	server_count(dialog->server, COUNT_LATE);
	if (dialog_is_order(dialog) && !dialog->gone)
		let_go(dialog);
	else
		drive_kind(dialog, EVENT_LATE);
}

static void subscriber_is_silent(struct dialog *dialog)
{
	const bool unasked = dialog->peer.channel->traits.ends_silently && !dialog->tell_silence;

	server_count(dialog->server, COUNT_SILENT);
	if (unasked)
		drive_kind(dialog, EVENT_GONE);
	else if (!dialog->kept || sms_conversation_expire(dialog))
		drive_kind(dialog, EVENT_SILENCE);
	else
		drive_arm(dialog, dialog->peer.channel->timing.answer_ms);
}

/* The first look at a conversation that the store keeps. */
static bool rests(struct dialog *dialog)
{
	const int64_t left = dialog->silent_ms - clock_monotonic_ms();

	if (!dialog->silent_ms || left <= 0)
		return false;
	dialog->silent_ms = 0;
	if (dialog->keep_sure)
		sms_conversation_rest(dialog);
	else
		drive_arm(dialog, left);
	return true;
}

static void time_is_up(struct dialog *dialog)
{
	if (rests(dialog))
		return;
	if (dialog->parked) {
		dialog_free(dialog);
	} else if (dialog->fetching) {
		forget_request(dialog);
		turns_fetched(dialog);
	} else if (dialog->expiring) {
		forget_request(dialog);
		drive_kind(dialog, EVENT_SILENCE);
	} else if (dialog->looking) {
		notification_give_up(dialog);
	} else if (dialog->pending) {
		request_is_late(dialog);
	} else if (!notification_unanswered(dialog)) {
		subscriber_is_silent(dialog);
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
	const bool unasked = dialog->peer.channel->traits.ends_silently && !dialog->turn;

	if (notification_is_told_by(dialog)) {
		notification_give_up(dialog);
		return;
	}
	notification_put_off(dialog);
	drive_kind(dialog, unasked ? EVENT_GONE : EVENT_STOP);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Carry out the engine's effects: ask the account, and show texts: as the answer to a turn, or in a dialog or short message of our own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server/server_internal.h"

#define SAVED_LIVE_MS 10000		/* how long a stored conversation has a live dialog */

/* ---- CALL ---- */

/* The account may know an MSISDN that the channel did not. The answer to a turn completes the notification of the same event, with two
 * exceptions: an order that is in flight, and a password change over a channel whose texts do not stay on the phone, because the line
 * must get a text that does (S4). */
void effect_response(struct dialog *dialog, const struct response *response, struct session_event *event)
{
	const uint64_t id = (uint64_t)response->notification;
	char msisdn[MSISDN_SIZE];
	const struct menu_action *action = dialog->work->action;

	if (!dialog->msisdn && record_text(&response->facts, FIELD_MSISDN, msisdn, sizeof(msisdn)))
		dialog_learn_msisdn(dialog, msisdn);
	if (id && action && response->result != RESULT_ACCEPTED && (action->orders || dialog_channel(dialog)->traits.texts_stay))
		notification_note(dialog, id);
	action_finish(action, response, event);
}

/* F41: facts and rows of an answer are valid during its callback. */
void effect_answer(struct dialog *dialog, const struct backend_answer *answer, struct session_event *event)
{
	const struct backend *backend = dialog->work->action->backend;

	event->kind = EVENT_RESULT;
	event->outcome = answer ? answer->outcome : backend_slow(backend);
	event->facts = answer ? &answer->facts : NULL;
	event->rows = answer && backend->row_count ? &answer->rows : NULL;
}

static void backend_done(void *user, uint64_t id, const struct backend_answer *answer)
{
	struct dialog *dialog = user;	/* its memory lives as long as the server */

	dialog_work(dialog)->call = 0;
	server_wake(dialog_server(dialog));
	dialog_step(dialog, &(struct dialog_input){ .event = ON_RESPONSE, .answer = answer });
}

/* The account may have used up a part of the turn's time. */
static void call_backend(struct dialog *dialog, struct effect *effect)
{
	const uint32_t answer_ms = dialog_channel(dialog)->timing.answer_ms;
	const struct record args = { effect->args, effect->args_len, effect->args_len };
	const struct server *server = dialog_server(dialog);
	struct work *work = dialog_work(dialog);
	const int64_t left = work->heard_ms + answer_ms - server->now_ms;

	work->call = backends_call(server->settings.backends, work->action->backend, &args, backend_done, dialog);
	explicit_bzero(effect->args, effect->args_len);
	dialog_arm_timer(dialog, work->turn ? OSMO_MAX(left, 1) : answer_ms);
}

/* Whether the request, of any action, can be submitted. One that cannot is unavailable: nothing is ordered. */
static bool may_submit(const struct dialog *dialog, struct request *request)
{
	const struct backend *backend = dialog->work->action ? dialog->work->action->backend : NULL;

	/* A13: an earlier process may have made this change for the same text, and the store cannot say yet */
	if (dialog->unsure && dialog->work->action && dialog->work->action->changes)
		return false;
	if (dialog->work->action && dialog->work->action->changes && barring_of_dialog(dialog))
		return false;
	return !backend || (backends_ready(dialog_server(dialog)->settings.backends, backend) && !backends_order_put(backend, request));
}

bool effect_call(struct dialog *dialog, struct effect *effect, struct session_event *event)
{
	const struct channel *channel = dialog_channel(dialog);
	const struct subscriber subscriber = dialog_subscriber(dialog);
	struct server *server = dialog_server(dialog);
	struct record args;
	char trust[24];

	dialog_work(dialog)->action = effect->action;
	if (dialog->work->action && dialog->work->action->backend && !dialog->work->action->changes) {
		call_backend(dialog, effect);
		return false;
	}
	action_prepare(effect, &subscriber, &server->request);
	explicit_bzero(effect->args, effect->args_len);
	if (!may_submit(dialog, &server->request)) {
		explicit_bzero(server->request.args, server->request.args_len);
		response_init(&server->response);
		effect_response(dialog, &server->response, event);
		return true;
	}
	if (dialog->work->action && !dialog->work->action->lists) {
		/* Add the channel and its trust: consent records store them, and password locks, also of checks, depend on them (F34). */
		args = request_args(&server->request);
		snprintf(trust, sizeof(trust), "%s%s", trust_name(channel->trust), effect->by_code ? "+code" : "");
		record_append_text(&args, ARG_CHANNEL, channel->name, strlen(channel->name));
		record_append_text(&args, ARG_TRUST, trust, strlen(trust));
		request_set_args(&server->request, &args);
	}
	if (dialog->work->action && dialog->work->action->changes)
		text_mark(dialog, &server->request.answered);
	if (request_orders(server->request.kind))
		cdr_ordered(dialog, effect->ref);
	if (dialog_submit(dialog, &dialog_work(dialog)->request)) {
		dialog_arm_timer(dialog, channel->timing.answer_ms);
		return false;
	}
	dialog_work(dialog)->request = 0;
	effect_response(dialog, &server->response, event);
	return true;
}

/* ---- ASK ---- */

/* The subscriber has the channel's idle time, within the limit of the whole dialog. The network ends its dialogs when it likes, so only a
 * conversation that may wait long can have a time of its own. Subscribers answer within seconds or much later: only in the latter case
 * does the dialog make room, and the store restores it (A43). */
static void await(struct dialog *dialog, const struct effect *effect)
{
	const struct channel_timing *timing = &dialog_channel(dialog)->timing;
	const uint32_t age = server_tick(dialog_server(dialog)) - dialog->began;
	const int64_t left = timing->dialog_ms - (int64_t)age * WHEEL_TICK_MS;
	int64_t ms = OSMO_MIN((int64_t)timing->idle_ms, OSMO_MAX(left, 1));

	if (effect->within_s && dialog_channel(dialog)->traits.may_wait_long)
		ms = (int64_t)effect->within_s * 1000;
	dialog->notify_silence = effect->notify_silence;
	dialog_wait(dialog);
	if (dialog->saved && ms > SAVED_LIVE_MS) {
		dialog_work(dialog)->silent_ms = dialog_server(dialog)->now_ms + ms;
		ms = SAVED_LIVE_MS;
	}
	dialog_arm_timer(dialog, ms);
}

/* Continue as a text conversation with the subscriber who was asked. End the one that they had with this short code: they have now been
 * asked something else. */
static void converse(struct dialog *dialog, const struct effect *effect, const struct peer *peer)
{
	struct dialog *older = dialog_find(dialog_server(dialog), peer);

	if (older && older != dialog) {
		server_count(dialog_server(older), COUNT_ENDED);
		cdr_close(older, CDR_REPLACED);
		dialog_free(older);
	}
	dialog_move(dialog, peer);
	dialog->saved = true;	/* something may be saved for this short code, even by an earlier process */
	sms_conversation_save(dialog, effect, menu_first_short_code(dialog->menu));
	await(dialog, effect);
}

/* S6: send the question as a short message, which is answered by short message too, and end this dialog. If it cannot be sent, say so and
 * order nothing. */
static bool ask_by_text(struct dialog *dialog, const struct effect *effect, struct session_event *event)
{
	struct peer peer;

	if (unsolicited_ask(dialog, effect, 0, &peer)) {
		*event = (struct session_event){ .kind = EVENT_LATE, .text = "" };
		return false;
	}
	server_count(dialog_server(dialog), COUNT_BY_MESSAGE);
	dialog_answer(dialog, ANSWER_END, effect->last_text, effect->last_len);
	cdr_close(dialog, CDR_BY_MESSAGE);
	cdr_open(dialog, "", 0);
	converse(dialog, effect, &peer);
	return true;
}

static void answer_turn(struct dialog *dialog, const struct effect *effect, enum answer_kind kind)
{
	dialog->work->turn->receipt = kind == ANSWER_NONE ? 0 : notification_receipt(dialog);
	dialog_answer(dialog, kind, effect->text, effect->len);
}

/* ---- END ---- */

/* Send as an unsolicited text. If it does not arrive, its notification, if any, is sent later. */
static void deliver(struct dialog *dialog, const struct effect *effect, const char *sender)
{
	const struct channel_text text = { .text = effect->text, .len = effect->len, .sender = sender,
					   .receipt = notification_receipt(dialog) };
	const struct subscriber subscriber = dialog_subscriber(dialog);

	if (unsolicited_send(dialog_server(dialog), &subscriber, &text) && text.receipt)
		notification_close(dialog_server(dialog), text.receipt, NOTIFICATION_LATER);
}

void effect_end(struct dialog *dialog, const struct effect *effect)
{
	const struct peer peer = dialog_peer(dialog);
	char number[PACKED_SIZE];

	if (dialog->work->turn)
		answer_turn(dialog, effect, effect->len ? ANSWER_END : ANSWER_NONE);
	else if (!effect->len || dialog->state == DIALOG_DETACHED)
		return;
	else if (peer.channel->traits.by_short_code)
		deliver(dialog, effect, unsolicited_short_code(dialog, number));
	else
		peer.channel->ops->end(peer.channel, &peer, effect->text, effect->len);
}

/* Offer to resume only a dialog that was cut off, and only if its menu is still in use. */
static void finish(struct dialog *dialog, const struct effect *effect, const struct session_event *last)
{
	struct server *server = dialog_server(dialog);
	const bool resumable = effect->parked && server->settings.resume_ms && dialog->menu == server->menu &&
			       !dialog_channel(dialog)->traits.may_wait_long;

	sms_conversation_forget(dialog);
	effect_end(dialog, effect);
	cdr_close(dialog, effect->served ? CDR_DONE : cdr_outcome(last));
	dialog_forget_request(dialog);
	server_count(server, COUNT_ENDED);
	if (resumable) {
		dialog_park(dialog);
		dialog_arm_timer(dialog, server->settings.resume_ms);
	} else {
		dialog_free(dialog);
	}
}

/* ---- a notification ---- */

static void end_as(struct dialog *dialog, enum cdr_outcome outcome)
{
	server_count(dialog_server(dialog), COUNT_ENDED);
	cdr_close(dialog, outcome);
	dialog_forget_request(dialog);
	dialog_free(dialog);
}

void effect_put_off(struct dialog *dialog)
{
	notification_complete(dialog, NOTIFICATION_LATER);
	end_as(dialog, CDR_NONE);
}

/* No receipt is requested: the answer to the question serves as one. */
static int show_question(struct dialog *dialog, const struct effect *effect)
{
	const struct channel_text text = { .text = effect->text, .len = effect->len };
	struct channel *channel = unsolicited_channel(dialog_server(dialog), true);
	struct peer peer = { .channel = channel };
	const struct subscriber subscriber = dialog_subscriber(dialog);
	const int rc = channel->ops->begin(channel, &subscriber, &text, &peer);

	if (rc)
		return rc;
	dialog_move(dialog, &peer);
	await(dialog, effect);
	dialog->state = DIALOG_SHOWN;
	return 0;
}

/* S6: while another question waits, a yes could be meant for either. */
static void send_question(struct dialog *dialog, const struct effect *effect)
{
	struct peer peer;
	int rc = dialog->push ? show_question(dialog, effect) : -ENOTSUP;

	if (!rc)
		return;
	dialog->push = false;
	if (rc != -EBUSY)		/* -EBUSY: the phone is in a dialog unknown to us */
		rc = unsolicited_crosses(dialog);
	if (rc == -EINPROGRESS)
		dialog->state = DIALOG_LOOKING;
	else if (rc || unsolicited_ask(dialog, effect, dialog->work->notification, &peer))
		effect_put_off(dialog);
	else {
		dialog_work(dialog)->notification = 0;
		converse(dialog, effect, &peer);
	}
}

/* The menu check ensures that its page makes no request. F29: the subscriber may have dialled while the store was looking. */
static void send_notification(struct dialog *dialog, const struct effect *effect)
{
	const struct channel_text text = { .text = effect->text, .len = effect->len, .sender = effect->sender,
					   .receipt = dialog->work->notification };
	const struct subscriber subscriber = dialog_subscriber(dialog);

	if (effect->kind == EFFECT_END && !effect->len) {
		notification_complete(dialog, NOTIFICATION_WITHDRAWN);
		end_as(dialog, CDR_NONE);
	} else if (dialogs_busy(dialog_server(dialog), subscriber.msisdn, dialog)) {
		effect_put_off(dialog);
	} else if (effect->kind == EFFECT_ASK) {
		send_question(dialog, effect);
	} else if (unsolicited_send(dialog_server(dialog), &subscriber, &text)) {
		effect_put_off(dialog);
	} else {
		dialog_work(dialog)->notification = 0;	/* in flight until its receipt comes */
		end_as(dialog, CDR_NOTIFICATION);
	}
}

/* ---- all of them ---- */

bool effect_show(struct dialog *dialog, const struct effect *effect, struct session_event *event)
{
	cdr_shown(dialog, effect);
	if (dialog->state == DIALOG_NEW || dialog->state == DIALOG_LOOKING) {
		send_notification(dialog, effect);
	} else if (dialog->state == DIALOG_DETACHED && event->kind == EVENT_RESULT) {	/* F3 */
		server_count(dialog_server(dialog), COUNT_LATE_RESULTS);
		deliver(dialog, effect, effect->sender);
		end_as(dialog, CDR_LATE);
	} else if (effect->kind == EFFECT_END || !dialog->work->turn) {
		finish(dialog, effect, event);
	} else if (effect->by_message && !dialog_channel(dialog)->traits.may_wait_long) {
		return ask_by_text(dialog, effect, event);
	} else {
		sms_conversation_save(dialog, effect, dialog->work->turn->short_code);
		answer_turn(dialog, effect, ANSWER_ASK);
		await(dialog, effect);
	}
	return true;
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The dialog state machine: a handler from the table passes the event to the engine, and effects.c carries out the engine's effect. */
#include <errno.h>
#include <string.h>

#include "server/server_internal.h"

#define ORDER_WAIT_MS 3600000	/* how long to wait for the end of an order */

/* ---- every state, every event ---- */

typedef int handler(struct dialog *dialog, const struct dialog_input *input);

static handler begin, fetch, compose, fetched, come_later, dial_again, input_came, text_came, go_on, detach, wait_on, late, silent,
	expired, name_order, take_up, forget, looked, put_off, step_aside, unanswered, hang_up, stop, evict, ignore;

/* Events without a handler are ignored. A turn is then dropped without an answer, because it crossed our own answer. */
static handler *const handlers[DIALOG_STATES][ON_EVENTS] = {
	[DIALOG_FREE] = {},
	[DIALOG_NEW] = { [ON_BEGIN] = begin, [ON_TEXT] = fetch, [ON_NOTIFY] = compose, [ON_TIMER] = put_off, [ON_STOP] = put_off },
	[DIALOG_FETCHING] = { [ON_TEXT] = come_later, [ON_RESPONSE] = fetched, [ON_UNKNOWN] = fetched, [ON_TIMER] = fetched,
			      [ON_GONE] = hang_up, [ON_STOP] = stop },
	[DIALOG_CALLING] = { [ON_BEGIN] = dial_again, [ON_TEXT] = come_later, [ON_RESPONSE] = go_on, [ON_UNKNOWN] = detach,
			     [ON_TIMER] = late, [ON_GONE] = hang_up, [ON_STOP] = stop },
	[DIALOG_WAITING] = { [ON_BEGIN] = dial_again, [ON_INPUT] = input_came, [ON_TEXT] = text_came, [ON_TIMER] = silent,
			     [ON_GONE] = hang_up, [ON_STOP] = stop, [ON_EVICT] = evict },
	[DIALOG_EXPIRING] = { [ON_TEXT] = come_later, [ON_RESPONSE] = expired, [ON_UNKNOWN] = expired, [ON_TIMER] = expired,
			      [ON_STOP] = stop },
	[DIALOG_DETACHED] = { [ON_BEGIN] = name_order, [ON_INPUT] = name_order, [ON_TEXT] = name_order, [ON_RESPONSE] = go_on,
			      [ON_UNKNOWN] = wait_on, [ON_TIMER] = late, [ON_STOP] = stop },
	[DIALOG_PARKED] = { [ON_BEGIN] = take_up, [ON_TIMER] = forget, [ON_EVICT] = forget },
	[DIALOG_LOOKING] = { [ON_BEGIN] = step_aside, [ON_RESPONSE] = looked, [ON_UNKNOWN] = put_off, [ON_TIMER] = put_off,
			     [ON_STOP] = put_off },
	[DIALOG_SHOWN] = { [ON_BEGIN] = dial_again, [ON_INPUT] = input_came, [ON_TIMER] = unanswered, [ON_GONE] = unanswered,
			   [ON_STOP] = stop },
};

int dialog_step(struct dialog *dialog, const struct dialog_input *input)
{
	handler *found = handlers[dialog->state][input->event];
	const int rc = (found ? found : ignore)(dialog, input);

	dialog_rest(dialog);
	return rc;
}

const char *dialog_state_name(const struct dialog *dialog)
{
	static const char *const names[DIALOG_STATES] = {
		[DIALOG_FREE] = "is over", [DIALOG_NEW] = "begins", [DIALOG_FETCHING] = "waits for a saved conversation",
		[DIALOG_CALLING] = "waits for the account", [DIALOG_WAITING] = "waits for the subscriber",
		[DIALOG_EXPIRING] = "was not answered in time", [DIALOG_DETACHED] = "has an order in flight",
		[DIALOG_PARKED] = "dropped, may be resumed",
		[DIALOG_LOOKING] = "has a notification that may have to wait", [DIALOG_SHOWN] = "shows a notification",
	};

	return names[dialog->state];
}

/* ---- through the engine ---- */

static void make_code(void *user, char code[static CONFIRM_CODE_SIZE], uint8_t digest[static CONFIRM_DIGEST_SIZE])
{
	struct dialog *dialog = user;
	const struct subscriber subscriber = dialog_subscriber(dialog);

	accounts_code_make(dialog_server(dialog)->accounts, &subscriber, code, digest);
}

static bool code_is_right(void *user, const uint8_t digest[static CONFIRM_DIGEST_SIZE], const char *code, size_t len)
{
	struct dialog *dialog = user;
	const struct subscriber subscriber = dialog_subscriber(dialog);

	return accounts_code_right(dialog_server(dialog)->accounts, &subscriber, digest, code, len);
}

/* Trust of the link by which the next answer will come (F34). A notification's dialog does not have its own link yet. */
static void trust(struct dialog *dialog, struct session_event *event)
{
	const bool notifies = dialog->state == DIALOG_NEW || dialog->state == DIALOG_LOOKING;
	const struct channel *pushes = notifies && dialog->push ? unsolicited_channel(dialog_server(dialog), true) : NULL;
	struct server *server = dialog_server(dialog);

	event->trust_messages = unsolicited_trust(server);
	event->trust = pushes ? pushes->trust : notifies ? event->trust_messages : dialog_channel(dialog)->trust;
	server->codes = (struct codes){ make_code, code_is_right, dialog };
	event->codes = server->accounts ? &server->codes : NULL;
}

/* Play events until the subscriber or the account has to answer. */
static int play(struct dialog *dialog, struct session_event *event)
{
	struct server *server = dialog_server(dialog);
	struct effect *effect = &server->effect;

	do {
		trust(dialog, event);
		dialog_load(dialog);
		do {
			server_stamp(server, event);
			event->by_message |= dialog->state == DIALOG_DETACHED && event->kind == EVENT_RESULT;
			engine_step(dialog->menu, dialog_limits(dialog), &server->scratch, event, effect);
			server_wipe(dialog->work->turn);
			server_count_more(server, COUNT_VALUES_CUT, effect->cuts);
		} while (effect->kind == EFFECT_CALL && effect_call(dialog, effect, event));
		dialog_store(dialog);
		barring_end(dialog, effect);
	} while (effect->kind != EFFECT_CALL && !effect_show(dialog, effect, event));
	if (effect->secret)
		explicit_bzero(effect->text, effect->len);
	return 0;
}

static int play_kind(struct dialog *dialog, enum event_kind kind)
{
	return play(dialog, &(struct session_event){ .kind = kind, .text = "" });
}

static int play_turn(struct dialog *dialog, struct turn *turn, enum event_kind kind)
{
	struct session_event event = { .kind = kind, .text = turn->text, .len = turn->len,
				       .short_code = turn->short_code, .changed = dialog->changed, .unsure = dialog->unsure };

	dialog_hear(dialog, turn);
	dialog->changed = false;
	cdr_turn(dialog, turn);
	return play(dialog, &event);
}

/* ---- dialled ---- */

static int begin(struct dialog *dialog, const struct dialog_input *input)
{
	return play_turn(dialog, input->turn, EVENT_BEGIN);
}

/* F1: the same input again. */
static bool is_repeated(const struct dialog *dialog, const struct turn *turn)
{
	return turn->sequence && turn->sequence == dialog->sequence && dialog_has_peer(dialog, &turn->peer);
}

static int say_again(struct dialog *dialog, struct turn *turn)
{
	server_count(dialog_server(dialog), COUNT_REPEATED);
	return play_turn(dialog, turn, EVENT_REPEAT);
}

static int input_came(struct dialog *dialog, const struct dialog_input *input)
{
	if (is_repeated(dialog, input->turn))
		return say_again(dialog, input->turn);
	if (dialog->state == DIALOG_SHOWN)
		notification_complete(dialog, NOTIFICATION_SENT);
	return play_turn(dialog, input->turn, EVENT_INPUT);
}

/* F7: the subscriber dials while this dialog is open. If an order is in flight, say so and let it continue. Close anything else as if it
 * had timed out; it may be offered again. F1: or the turn is a retransmission. */
static int dial_again(struct dialog *dialog, const struct dialog_input *input)
{
	const bool same = dialog_has_peer(dialog, &input->turn->peer);

	if (same && dialog->state == DIALOG_CALLING)
		return ignore(dialog, input);
	if (is_repeated(dialog, input->turn))
		return say_again(dialog, input->turn);
	if (dialog_is_order(dialog))
		return name_order(dialog, input);
	if (dialog->state == DIALOG_SHOWN)
		notification_complete(dialog, NOTIFICATION_LATER);
	if (same)
		dialog->state = DIALOG_DETACHED;	/* F10: a last text would end the new dialog */
	play_kind(dialog, EVENT_SILENCE);
	return -ENOENT;
}

static int take_up(struct dialog *dialog, const struct dialog_input *input)
{
	if (dialog->menu != dialog_server(dialog)->menu) {
		dialog_free(dialog);
		return -ENOENT;
	}
	dialog_unpark(dialog, input->turn);
	server_count(dialog_server(dialog), COUNT_RESUMED);
	server_count(dialog_server(dialog), COUNT_BEGUN);
	return begin(dialog, input);
}

static int forget(struct dialog *dialog, const struct dialog_input *input)
{
	dialog_free(dialog);
	return 0;
}

/* ---- texted ---- */

static int fetch(struct dialog *dialog, const struct dialog_input *input)
{
	struct server *server = dialog_server(dialog);

	text_look(server, NULL, input->turn);
	dialog_work(dialog)->turn = input->turn;
	dialog->state = DIALOG_FETCHING;
	if (sms_conversation_fetch(dialog))
		return fetched(dialog, &(struct dialog_input){ .event = ON_RESPONSE, .response = &server->response });
	dialog_arm_timer(dialog, dialog_channel(dialog)->timing.answer_ms);
	return 0;
}

/* A text that an earlier process acknowledged was saved as a notification; the next answer completes it. */
static int take_text(struct dialog *dialog, struct turn *turn)
{
	if (turn->saved_receipt)
		notification_note(dialog, turn->saved_receipt);
	return play_turn(dialog, turn, EVENT_TEXT);
}

/* The saved conversation is here, or cannot be had. A text that was answered before a crash and comes again gets no second answer here: if
 * that answer is still due, it waits as a notification. */
static int fetched(struct dialog *dialog, const struct dialog_input *input)
{
	struct turn *turn = dialog->work->turn;

	if (input->response)
		sms_conversation_fetched(dialog, input->response);
	else
		dialog_forget_request(dialog);
	dialog->unsure = !input->response || (input->response->result != RESULT_OK && input->response->result != RESULT_NOT_FOUND);
	if (!text_is_answered(dialog, turn))
		return take_text(dialog, turn);
	dialog_work(dialog)->turn = NULL;
	text_answered(dialog);
	server_drop(dialog_server(dialog), turn, COUNT_REPEATED);
	dialog_free(dialog);
	return 0;
}

/* If the menu was replaced while the conversation waited, it begins again on the current one. Unlike a USSD dialog, it may wait for
 * hours, and the subscriber may text a keyword that only the new menu has. What a partner asks (S6) is asked again. */
static int text_came(struct dialog *dialog, const struct dialog_input *input)
{
	struct server *server = dialog_server(dialog);
	struct session before;

	dialog->unsure = false;
	if (dialog_session(dialog)->menu != menu_fingerprint(server->menu)) {
		cdr_close(dialog, CDR_CHANGED);
		menu_unref(dialog->menu);
		dialog->menu = menu_ref(server->menu);
		dialog_load(dialog);
		before = server->scratch;
		session_replace(&server->scratch, server->menu, &before);
		session_wipe(&before);
		dialog_store(dialog);
		dialog->changed = true;
		dialog->notify_silence = false;
	}
	if (is_repeated(dialog, input->turn))
		return say_again(dialog, input->turn);
	dialog_load(dialog);
	text_look(server, &server->scratch, input->turn);
	session_wipe(&server->scratch);
	if (!text_is_answered(dialog, input->turn))
		return take_text(dialog, input->turn);
	server_drop(server, input->turn, COUNT_REPEATED);
	return 0;
}

/* F2: the last text is still being worked on. */
static int come_later(struct dialog *dialog, const struct dialog_input *input)
{
	return -EAGAIN;
}

/* ---- the account ---- */

static int go_on(struct dialog *dialog, const struct dialog_input *input)
{
	struct session_event event = {};

	if (input->response)
		effect_response(dialog, input->response, &event);
	else
		effect_answer(dialog, input->answer, &event);
	return play(dialog, &event);
}

/* Say that the order takes longer, and wait for its end without the subscriber. The session does not change. */
static int detach(struct dialog *dialog, const struct dialog_input *input)
{
	struct effect *effect = &dialog_server(dialog)->effect;

	dialog_peek(dialog, dialog_limits(dialog), EVENT_LATE, effect);
	sms_conversation_forget(dialog);
	effect_end(dialog, effect);
	dialog->state = DIALOG_DETACHED;
	return wait_on(dialog, input);
}

static int wait_on(struct dialog *dialog, const struct dialog_input *input)
{
	dialog_arm_timer(dialog, ORDER_WAIT_MS);
	return 0;
}

/* The account or a backend takes too long. */
static int late(struct dialog *dialog, const struct dialog_input *input)
{
	const bool slow = dialog->work->call;

	server_count(dialog_server(dialog), COUNT_LATE);
	if (dialog->state == DIALOG_CALLING && dialog_is_order(dialog))
		return detach(dialog, input);
	dialog_forget_request(dialog);
	return slow ? go_on(dialog, &(struct dialog_input){}) : play_kind(dialog, EVENT_LATE);
}

/* Say that the order is in flight. Once it has ended and only its result page is being composed, make way for the new turn. */
static int name_order(struct dialog *dialog, const struct dialog_input *input)
{
	struct server *server = dialog_server(dialog);

	if (dialog_is_order(dialog)) {
		server_count(server, COUNT_CROSSED);
		dialog_peek(dialog, &input->turn->limits, EVENT_BEGIN, &server->effect);
		server_reply(server, input->turn, &server->effect);
		return 0;
	}
	if (input->event == ON_TEXT)
		return -EAGAIN;
	play_kind(dialog, EVENT_SILENCE);
	return -ENOENT;
}

/* ---- no answer ---- */

/* A stored conversation makes room after SAVED_LIVE_MS (effects.c) and comes back with the next text. */
static int silent(struct dialog *dialog, const struct dialog_input *input)
{
	const int64_t left = dialog->work->silent_ms ? dialog->work->silent_ms - dialog_server(dialog)->now_ms : 0;
	const struct channel *channel = dialog_channel(dialog);

	if (dialog->work->silent_ms)
		dialog->work->silent_ms = 0;
	if (left > 0 && dialog->durable) {
		sms_conversation_rest(dialog);
		return 0;
	}
	if (left > 0) {
		dialog_arm_timer(dialog, left);
		return 0;
	}
	server_count(dialog_server(dialog), COUNT_SILENT);
	if (channel->traits.ends_silently && !dialog->notify_silence)
		return play_kind(dialog, EVENT_GONE);
	if (!dialog->saved || sms_conversation_expire(dialog))
		return play_kind(dialog, EVENT_SILENCE);
	dialog->state = DIALOG_EXPIRING;
	dialog_arm_timer(dialog, channel->timing.answer_ms);
	return 0;
}

static int expired(struct dialog *dialog, const struct dialog_input *input)
{
	if (input->response)
		sms_conversation_expired(dialog, input->response);
	else
		dialog_forget_request(dialog);
	return play_kind(dialog, EVENT_SILENCE);
}

/* An order in flight continues without the subscriber; everything else stops here. */
static int hang_up(struct dialog *dialog, const struct dialog_input *input)
{
	if (dialog->work->turn)
		dialog_answer(dialog, ANSWER_NONE, "", 0);
	dialog->state = DIALOG_DETACHED;
	return dialog_is_order(dialog) ? 0 : play_kind(dialog, EVENT_GONE);
}

static int stop(struct dialog *dialog, const struct dialog_input *input)
{
	const bool silently = dialog_channel(dialog)->traits.ends_silently && !dialog->work->turn;

	if (dialog->state == DIALOG_SHOWN)
		notification_complete(dialog, NOTIFICATION_LATER);
	return play_kind(dialog, silently ? EVENT_GONE : EVENT_STOP);
}

/* A stored conversation continues with the next text anyway. Any other one is dropped without a word. */
static int evict(struct dialog *dialog, const struct dialog_input *input)
{
	const bool unheard = !dialog->notify_silence && !dialog->work->save_request;

	if (!dialog_channel(dialog)->traits.ends_silently || !(dialog->durable || unheard))
		return -ENOTSUP;
	server_count(dialog_server(dialog), COUNT_EVICTED);
	if (!dialog->durable)
		return play_kind(dialog, EVENT_GONE);
	sms_conversation_rest(dialog);
	return 0;
}

static int ignore(struct dialog *dialog, const struct dialog_input *input)
{
	if (!input->turn)
		return -ENOTSUP;
	server_drop(dialog_server(dialog), input->turn, COUNT_CROSSED);
	return 0;
}

/* ---- notifications ---- */

/* What is not a field of the page never enters the dialog's values. */
static void take_facts(const struct record *from, struct record *facts)
{
	struct value value;
	uint16_t pos = 0, id;

	while (record_next(from, &pos, &id, &value)) {
		if (id < ARG_SHOWN || id == ARG_ANSWER)
			record_put(facts, id, &value);
	}
}

static int compose(struct dialog *dialog, const struct dialog_input *input)
{
	const struct account_notification *notification = input->notification;
	struct server *server = dialog_server(dialog);
	uint8_t octets[RESPONSE_ROWS_MAX];
	struct record facts = { .data = octets, .size = sizeof(octets) };
	char room[NOTIFICATION_ENTRY_SIZE];
	const char *entry = notification_entry(notification, room);
	struct rows rows = {};
	struct value brought;
	int rc;

	take_facts(&notification->facts, &facts);
	if (record_get(&notification->facts, ARG_ROWS, &brought) && brought.is_text &&
	    rows_check((const uint8_t *)brought.text, brought.len, &rows.count)) {
		rows.data = (uint8_t *)brought.text;
		rows.len = rows.size = brought.len;
	}
	backends_answer_read(server->settings.backends, &facts);
	dialog_work(dialog)->notification = notification->id;
	dialog->push = menu_pushes(server->menu, entry) && unsolicited_channel(server, true);
	notification_enter(server, notification->id);
	cdr_open(dialog, entry, strlen(entry));
	rc = play(dialog, &(struct session_event){ .kind = EVENT_NOTIFICATION, .text = entry, .len = strlen(entry),
						   .facts = &facts, .rows = &rows, .by_message = !dialog->push });
	explicit_bzero(octets, facts.len);	/* it may have had a one-time code (S6) */
	return rc;
}

static int put_off(struct dialog *dialog, const struct dialog_input *input)
{
	effect_put_off(dialog);
	return 0;
}

/* F29: the subscriber dials while the store looks for another waiting question: send the notification later. */
static int step_aside(struct dialog *dialog, const struct dialog_input *input)
{
	effect_put_off(dialog);
	return -ENOENT;
}

/* Compose the question again: its text was made before the store was asked. */
static int looked(struct dialog *dialog, const struct dialog_input *input)
{
	return sms_conversation_crosses(dialog, input->response) ? put_off(dialog, input) : play_kind(dialog, EVENT_REPEAT);
}

/* F29: the question was refused or not answered: send it as a text. If the network has not ended the dialog, end it. */
static int unanswered(struct dialog *dialog, const struct dialog_input *input)
{
	struct effect *effect = &dialog_server(dialog)->effect;
	const struct peer peer = dialog_peer(dialog);

	if (input->event == ON_TIMER) {
		dialog_peek(dialog, dialog_limits(dialog), EVENT_SILENCE, effect);
		peer.channel->ops->end(peer.channel, &peer, effect->text, effect->len);
	}
	dialog->state = DIALOG_NEW;
	dialog->push = false;
	return play_kind(dialog, EVENT_REPEAT);
}

/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Messages that subscribers get without having asked: how an order ended, that a password was changed, that a trial ends.
 *
 * The account store keeps each until we say that its text is with the network. The text is a page of the menu, made by a
 * session of its own: that may wait for the account and, when the page asks something, goes on as a conversation. A notice
 * that cannot be told now is put off; the account gives it again, less and less often. How an order ended is a notice, too:
 * the answer that tells it settles it. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"
#include "starhash/log.h"

/* ---- which are underway ----
 *
 * A text may be on its way to the network for longer than the account waits before it gives a notice again. */

struct underway {
	struct hlist_node entry;
	uint64_t id;
	uint64_t before;		/* told by the same text; 0: none */
};

static uint64_t key_of(const struct server *server, uint64_t id)
{
	return keyed_hash(server->seed, &id, sizeof(id));
}

static struct underway *underway_find(struct server *server, uint64_t id)
{
	struct underway *underway;

	hash_for_each_possible(server->underway, underway, entry, key_of(server, id))
		if (underway->id == id)
			return underway;
	return NULL;
}

static struct underway *underway_add(struct server *server, uint64_t id)
{
	struct underway *underway = talloc_zero(server, struct underway);

	underway->id = id;
	hash_add(server->underway, &underway->entry, key_of(server, id));
	return underway;
}

static void underway_free(struct underway *underway)
{
	hash_del(&underway->entry);
	talloc_free(underway);
}

/* Returns the one before it. */
static uint64_t underway_drop(struct server *server, uint64_t id)
{
	struct underway *underway = underway_find(server, id);
	const uint64_t before = underway ? underway->before : 0;

	if (underway)
		underway_free(underway);
	return before;
}

void notice_close(struct server *server, uint64_t id, enum notice_end end)
{
	uint64_t before;

	for (; id; id = before) {
		before = underway_drop(server, id);
		server_count(server, end == NOTICE_SENT ? COUNT_NOTICES : COUNT_NOTICES_LATER);
		accounts_notice_settle(server->accounts, id, end);
	}
}

void notice_sent(void *user, uint64_t receipt, int rc)
{
	notice_close(((struct way *)user)->server, receipt, rc ? NOTICE_LATER : NOTICE_SENT);
}

/* ---- a session for each ---- */

bool notice_is_told_by(const struct dialog *dialog)
{
	return dialog->stage == NOTICE_BY_TEXT || dialog->stage == NOTICE_BY_DIALOG;
}

static struct channel *first_channel(const struct server *server, bool begins)
{
	unsigned int i;

	for (i = 0; i < server->channels_count; i++) {
		struct channel *channel = server->channels[i];

		if (begins ? channel->ops->begin != NULL : channel->messages)
			return channel;
	}
	return NULL;
}

enum trust notice_trust(const struct dialog *dialog, enum trust messages)
{
	const struct channel *channel = dialog->stage == NOTICE_BY_DIALOG ? first_channel(dialog->server, true) : NULL;

	return channel ? channel->trust : messages;
}

/* Until its text is there, it is with nobody: no service number is as high as its session. */
static struct dialog *dialog_for(struct server *server, const struct account_notice *notice)
{
	const struct turn nobody = {
		.peer = { .channel = first_channel(server, false), .session = ~notice->id },
		.subscriber = notice->subscriber, .limits = server->settings.limits,
	};
	struct dialog *dialog = dialog_new(server, &nobody);

	if (!dialog)
		return NULL;
	dialog->notice = notice->id;
	contact_begin(dialog, notice->kind, strlen(notice->kind));
	return dialog;
}

static void tell(struct server *server, const struct account_notice *notice)
{
	const bool push = menu_pushes(server->menu, notice->kind) && first_channel(server, true);
	struct session_event event = { .kind = EVENT_NOTICE, .text = notice->kind, .len = strlen(notice->kind),
				       .facts = &notice->facts, .dialog = push };
	struct dialog *dialog = dialog_for(server, notice);

	if (!dialog) {
		notice_close(server, notice->id, NOTICE_LATER);
		return;
	}
	dialog->stage = push ? NOTICE_BY_DIALOG : NOTICE_BY_TEXT;
	underway_add(server, notice->id);
	drive_event(dialog, &event);
}

/* S6: the text was made when the question was asked. */
static void tell_unanswered(struct server *server, const struct account_notice *notice)
{
	const struct message *message = &notice->message;
	const struct channel_text text = {
		.text = message->text, .len = message->len, .sender = message->short_code, .receipt = notice->id,
	};

	if (!message->len) {
		notice_close(server, notice->id, NOTICE_SENT);
		return;
	}
	underway_add(server, notice->id);
	if (message_send(server, &notice->subscriber, &text))
		notice_close(server, notice->id, NOTICE_LATER);
}

static bool is_unanswered(const struct account_notice *notice)
{
	return !strcmp(notice->kind, NOTICE_UNANSWERED);
}

static void warn_once(struct server *server)
{
	if (!server->notices_warned)
		LOGP(DDIALOG, LOGL_ERROR, "there are notices for subscribers, but no link for short messages to send "
		     "them: configure one, such as 'sms'; they wait until they expire\n");
	server->notices_warned = true;
}

void notice_take(void *user, const struct account_notice *notice)
{
	struct server *server = user;

	if (underway_find(server, notice->id))
		return;
	if (server->stopping || !server->menu) {
		notice_close(server, notice->id, NOTICE_LATER);
	} else if (!strcmp(notice->kind, NOTICE_TEXT)) {
		text_take_again(server, notice);
	} else if (!is_unanswered(notice) && !menu_notifies(server->menu, notice->kind)) {
		notice_close(server, notice->id, NOTICE_SENT);
	} else if (!message_possible(server)) {
		warn_once(server);
		notice_close(server, notice->id, NOTICE_LATER);
	} else if (line_talks(server, &notice->subscriber)) {
		notice_close(server, notice->id, NOTICE_LATER);	/* F29 */
	} else if (is_unanswered(notice)) {
		tell_unanswered(server, notice);
	} else {
		tell(server, notice);
	}
}

/* ---- its text ---- */

static void leave(struct dialog *dialog, const char *outcome)
{
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
	server_count(dialog->server, COUNT_ENDED);
	contact_end(dialog, outcome);
	if (dialog->pending)
		accounts_forget(dialog->server->accounts, dialog->request);
	dialog->pending = false;
	dialog_free(dialog);
}

static void leave_with(struct dialog *dialog, enum notice_end end, const char *outcome)
{
	struct server *server = dialog->server;
	const uint64_t id = dialog->notice;

	leave(dialog, outcome);
	notice_close(server, id, end);
}

void notice_give_up(struct dialog *dialog)
{
	leave_with(dialog, NOTICE_LATER, NULL);
}

/* A text that wants no answer. */
static void send_text(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	const struct channel_text text = { .text = effect->text, .len = effect->len, .sender = effect->sender,
					   .receipt = dialog->notice };

	if (message_send(dialog->server, &dialog->subscriber, &text))
		notice_give_up(dialog);
	else
		leave(dialog, "notice");
}

/* S6: while another question waits, nobody could tell which of the two a yes is meant for. */
static void send_question(struct dialog *dialog)
{
	struct peer peer;
	const int crosses = message_crosses(dialog);

	if (crosses == -EINPROGRESS)
		return;
	if (crosses || message_ask(dialog, dialog->notice, &peer)) {
		notice_give_up(dialog);
		return;
	}
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
	dialog->gone = false;
	message_await(dialog, &peer);
}

/* The question once more: its text was not kept meanwhile. */
void notice_looked(struct dialog *dialog, const struct response *response)
{
	dialog->looking = false;
	dialog->nothing_crossed = response->result == RESULT_NOT_FOUND;
	if (dialog->nothing_crossed)
		drive_kind(dialog, EVENT_REPEAT);
	else
		notice_give_up(dialog);
}

/* Nobody asks for a receipt: the answer to the question is one. */
static int show_question(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	const struct channel_text text = { .text = effect->text, .len = effect->len };
	struct channel *channel = first_channel(dialog->server, true);
	struct peer peer = { .channel = channel };
	const int rc = channel->ops->begin(channel, &dialog->subscriber, &text, &peer);

	if (rc)
		return rc;
	dialog->stage = NOTICE_SHOWN;
	dialog_move(dialog, &peer);
	drive_await(dialog);
	return 0;
}

static void ask(struct dialog *dialog)
{
	const int rc = dialog->stage == NOTICE_BY_DIALOG ? show_question(dialog) : -ENOTSUP;

	if (rc == -EBUSY)
		notice_give_up(dialog);		/* the phone is in a dialog that we do not know of */
	else if (rc)
		send_question(dialog);
}

/* Without the account there is nothing to tell: neither its figures nor, for sure, whose they are. */
static bool has_failed(const struct session_event *event)
{
	return event->kind == EVENT_LATE || (event->kind == EVENT_RESULT && event->outcome < 0);
}

/* F29: the subscriber may have dialled while the account was asked. */
void notice_tell(struct dialog *dialog, const struct session_event *event)
{
	const struct effect *effect = &dialog->server->effect;

	if (has_failed(event))
		notice_give_up(dialog);
	else if (effect->kind == EFFECT_END && !effect->len)
		leave_with(dialog, NOTICE_SENT, NULL);
	else if (!dialog->on_line && line_talks(dialog->server, &dialog->subscriber))
		notice_give_up(dialog);
	else if (effect->kind == EFFECT_END)
		send_text(dialog);
	else
		ask(dialog);
}

/* ---- in a dialog of ours ---- */

void notice_answered(struct dialog *dialog)
{
	if (dialog->stage != NOTICE_SHOWN)
		return;
	notice_close(dialog->server, dialog->notice, NOTICE_SENT);
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
}

void notice_put_off(struct dialog *dialog)
{
	if (dialog->stage != NOTICE_SHOWN)
		return;
	notice_close(dialog->server, dialog->notice, NOTICE_LATER);
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
}

/* The network waits for an end of the dialog, while the session goes on. */
static void say_silence(struct dialog *dialog)
{
	struct session_event event = { .kind = EVENT_SILENCE, .text = "" };
	struct server *server = dialog->server;
	struct channel *channel = dialog->peer.channel;

	dialog_load(dialog);
	clock_stamp(server, &event);
	engine_step(dialog->menu, &dialog->limits, &server->scratch, &event, &server->effect);
	channel->ops->end(channel, &dialog->peer, server->effect.text, server->effect.len);
}

/* F29: refused, or left alone: the same question as a short message. */
bool notice_unanswered(struct dialog *dialog)
{
	if (dialog->stage != NOTICE_SHOWN)
		return false;
	if (!dialog->gone)
		say_silence(dialog);
	dialog->stage = NOTICE_BY_TEXT;
	drive_kind(dialog, EVENT_REPEAT);
	return true;
}

/* ---- how an order ended, or that nobody answered, told by an answer ---- */

/* One text may tell how several orders ended: the last one's receipt stands for those before it. */
void notice_note(struct dialog *dialog, uint64_t id)
{
	underway_add(dialog->server, id)->before = dialog->notice;
	dialog->notice = id;
}

uint64_t notice_receipt(struct dialog *dialog)
{
	const uint64_t id = dialog->notice;

	dialog->notice = 0;
	return id;
}

/* Nobody was told: the account gives them again. */
void notice_forget(struct dialog *dialog)
{
	uint64_t id;

	for (id = dialog->stage == NOTICE_NONE ? dialog->notice : 0; id;)
		id = underway_drop(dialog->server, id);
}

void notices_init(struct server *server)
{
	hash_init(server->underway);
}

void notices_fini(struct server *server)
{
	struct underway *underway;
	struct hlist_node *next;
	size_t bucket;

	hash_for_each_safe(server->underway, bucket, next, underway, entry)
		underway_free(underway);
}

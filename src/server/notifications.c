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

/* ---- which are in_flight ----
 *
 * A text may be on its way to the network for longer than the account waits before it gives a notice again. */

struct in_flight {
	struct hlist_node entry;
	struct llist_head told_entry;	/* server->told, once it is with the channel */
	int64_t told_ms;
	uint64_t id;
	uint64_t before;		/* told by the same text; 0: none */
};

static uint64_t key_of(const struct server *server, uint64_t id)
{
	return keyed_hash(server->seed, &id, sizeof(id));
}

static struct in_flight *in_flight_find(struct server *server, uint64_t id)
{
	struct in_flight *in_flight;

	hash_for_each_possible(server->in_flight, in_flight, entry, key_of(server, id))
		if (in_flight->id == id)
			return in_flight;
	return NULL;
}

static struct in_flight *in_flight_add(struct server *server, uint64_t id)
{
	struct in_flight *in_flight = talloc_zero(server, struct in_flight);

	in_flight->id = id;
	INIT_LLIST_HEAD(&in_flight->told_entry);
	hash_add(server->in_flight, &in_flight->entry, key_of(server, id));
	return in_flight;
}

static void in_flight_free(struct in_flight *in_flight)
{
	hash_del(&in_flight->entry);
	llist_del(&in_flight->told_entry);
	talloc_free(in_flight);
}

/* Returns the one before it. */
static uint64_t in_flight_drop(struct server *server, uint64_t id)
{
	struct in_flight *in_flight = in_flight_find(server, id);
	const uint64_t before = in_flight ? in_flight->before : 0;

	if (in_flight)
		in_flight_free(in_flight);
	return before;
}

void notification_close(struct server *server, uint64_t id, enum notice_end end)
{
	uint64_t before;

	for (; id; id = before) {
		before = in_flight_drop(server, id);
		server_count(server, end == NOTICE_SENT ? COUNT_NOTICES : COUNT_NOTICES_LATER);
		accounts_notice_settle(server->accounts, id, end);
	}
}

/* ---- told ----
 *
 * A channel says that a text has gone when it is in its socket's buffer, and the loop writes that a little later. To forget a
 * notice at once would lose it with a process that is killed in between, so it is kept for so long. */

#define FLUSH_MS 50
#define SETTLE_MAX 16		/* at once: those who are in a turn do not wait for all of them */

static struct in_flight *first_told(const struct server *server)
{
	return llist_first_entry_or_null(&server->told, struct in_flight, told_entry);
}

static void arm_told(struct server *server, unsigned int ms)
{
	if (first_told(server) && !osmo_timer_pending(&server->told_timer))
		osmo_timer_schedule(&server->told_timer, 0, (int)ms * 1000);
}

static bool is_flushed(const struct in_flight *in_flight, int64_t now)
{
	return now - in_flight->told_ms >= FLUSH_MS / 2;
}

static void settle_told(void *user)
{
	struct server *server = user;
	const int64_t now = clock_monotonic_ms();
	struct in_flight *in_flight = first_told(server);

	for (unsigned int i = 0; i < SETTLE_MAX && in_flight && is_flushed(in_flight, now); i++) {
		notification_close(server, in_flight->id, NOTICE_SENT);
		in_flight = first_told(server);
	}
	arm_told(server, in_flight && is_flushed(in_flight, now) ? 0 : FLUSH_MS);
}

void notification_sent(void *user, uint64_t receipt, int rc)
{
	struct server *server = ((struct way *)user)->server;
	struct in_flight *in_flight = in_flight_find(server, receipt);

	if (rc) {
		notification_close(server, receipt, NOTICE_LATER);
		return;
	}
	if (!in_flight)
		in_flight = in_flight_add(server, receipt);
	in_flight->told_ms = clock_monotonic_ms();
	llist_move_tail(&in_flight->told_entry, &server->told);
	arm_told(server, FLUSH_MS);
}

/* ---- a session for each ---- */

bool notification_is_told_by(const struct dialog *dialog)
{
	return dialog->stage == NOTICE_BY_TEXT || dialog->stage == NOTICE_BY_DIALOGUE;
}

static struct channel *first_channel(const struct server *server, bool begins)
{
	unsigned int i;

	for (i = 0; i < server->channels_count; i++) {
		struct channel *channel = server->channels[i];

		if (begins ? channel->ops->begin != NULL : channel->traits.can_notify)
			return channel;
	}
	return NULL;
}

enum trust notification_trust(const struct dialog *dialog, enum trust messages)
{
	const struct channel *channel = dialog->stage == NOTICE_BY_DIALOGUE ? first_channel(dialog->server, true) : NULL;

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
	cdr_open(dialog, notice->kind, strlen(notice->kind));
	return dialog;
}

static void tell(struct server *server, const struct account_notice *notice)
{
	const bool push = menu_pushes(server->menu, notice->kind) && first_channel(server, true);
	struct session_event event = { .kind = EVENT_NOTICE, .text = notice->kind, .len = strlen(notice->kind),
				       .facts = &notice->facts, .dialogue = push };
	struct dialog *dialog = dialog_for(server, notice);

	if (!dialog) {
		notification_close(server, notice->id, NOTICE_LATER);
		return;
	}
	dialog->stage = push ? NOTICE_BY_DIALOGUE : NOTICE_BY_TEXT;
	in_flight_add(server, notice->id);
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
		notification_close(server, notice->id, NOTICE_SENT);
		return;
	}
	in_flight_add(server, notice->id);
	if (push_send(server, &notice->subscriber, &text))
		notification_close(server, notice->id, NOTICE_LATER);
}

static bool is_unanswered(const struct account_notice *notice)
{
	return !strcmp(notice->kind, NOTICE_UNANSWERED);
}

static void warn_once(struct server *server)
{
	if (!server->notifications_warned)
		LOGP(DDIALOG, LOGL_ERROR, "there are notices for subscribers, but no link for short messages to send "
		     "them: configure one, such as 'sms'; they wait until they expire\n");
	server->notifications_warned = true;
}

void notification_take(void *user, const struct account_notice *notice)
{
	struct server *server = user;

	if (in_flight_find(server, notice->id))
		return;
	if (server->stopping || !server->menu) {
		notification_close(server, notice->id, NOTICE_LATER);
	} else if (!strcmp(notice->kind, NOTICE_TEXT)) {
		text_take_again(server, notice);
	} else if (!is_unanswered(notice) && !menu_tells(server->menu, notice->kind)) {
		notification_close(server, notice->id, NOTICE_SENT);
	} else if (!push_possible(server)) {
		warn_once(server);
		notification_close(server, notice->id, NOTICE_LATER);
	} else if (by_msisdn_busy(server, &notice->subscriber)) {
		notification_close(server, notice->id, NOTICE_LATER);	/* F29 */
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
	cdr_close(dialog, outcome);
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
	notification_close(server, id, end);
}

void notification_give_up(struct dialog *dialog)
{
	leave_with(dialog, NOTICE_LATER, NULL);
}

/* A text that wants no answer. */
static void send_text(struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;
	const struct channel_text text = { .text = effect->text, .len = effect->len, .sender = effect->sender,
					   .receipt = dialog->notice };

	if (push_send(dialog->server, &dialog->subscriber, &text))
		notification_give_up(dialog);
	else
		leave(dialog, "notice");
}

/* S6: while another question waits, nobody could tell which of the two a yes is meant for. */
static void send_question(struct dialog *dialog)
{
	struct peer peer;
	const int crosses = push_crosses(dialog);

	if (crosses == -EINPROGRESS)
		return;
	if (crosses || push_ask(dialog, dialog->notice, &peer)) {
		notification_give_up(dialog);
		return;
	}
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
	dialog->gone = false;
	push_await(dialog, &peer);
}

/* The question once more: its text was not kept meanwhile. */
void notification_looked(struct dialog *dialog, const struct response *response)
{
	dialog->looking = false;
	dialog->nothing_crossed = response->result == RESULT_NOT_FOUND;
	if (dialog->nothing_crossed)
		drive_kind(dialog, EVENT_REPEAT);
	else
		notification_give_up(dialog);
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
	const int rc = dialog->stage == NOTICE_BY_DIALOGUE ? show_question(dialog) : -ENOTSUP;

	if (rc == -EBUSY)
		notification_give_up(dialog);		/* the phone is in a dialog that we do not know of */
	else if (rc)
		send_question(dialog);
}

/* Without the account there is nothing to tell: neither its figures nor, for sure, whose they are. */
static bool has_failed(const struct session_event *event)
{
	return event->kind == EVENT_LATE || (event->kind == EVENT_RESULT && event->outcome < 0);
}

/* F29: the subscriber may have dialled while the account was asked. */
void notification_tell(struct dialog *dialog, const struct session_event *event)
{
	const struct effect *effect = &dialog->server->effect;

	if (has_failed(event))
		notification_give_up(dialog);
	else if (effect->kind == EFFECT_END && !effect->len)
		leave_with(dialog, NOTICE_SENT, NULL);
	else if (!dialog->has_msisdn && by_msisdn_busy(dialog->server, &dialog->subscriber))
		notification_give_up(dialog);
	else if (effect->kind == EFFECT_END)
		send_text(dialog);
	else
		ask(dialog);
}

/* ---- in a dialog of ours ---- */

void notification_answered(struct dialog *dialog)
{
	if (dialog->stage != NOTICE_SHOWN)
		return;
	notification_close(dialog->server, dialog->notice, NOTICE_SENT);
	dialog->stage = NOTICE_NONE;
	dialog->notice = 0;
}

void notification_put_off(struct dialog *dialog)
{
	if (dialog->stage != NOTICE_SHOWN)
		return;
	notification_close(dialog->server, dialog->notice, NOTICE_LATER);
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
bool notification_unanswered(struct dialog *dialog)
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
void notification_note(struct dialog *dialog, uint64_t id)
{
	in_flight_add(dialog->server, id)->before = dialog->notice;
	dialog->notice = id;
}

uint64_t notification_receipt(struct dialog *dialog)
{
	const uint64_t id = dialog->notice;

	dialog->notice = 0;
	return id;
}

/* Nobody was told: the account gives them again. */
void notification_forget(struct dialog *dialog)
{
	uint64_t id;

	for (id = dialog->stage == NOTICE_NONE ? dialog->notice : 0; id;)
		id = in_flight_drop(dialog->server, id);
}

void notifications_init(struct server *server)
{
	hash_init(server->in_flight);
	INIT_LLIST_HEAD(&server->told);
	osmo_timer_setup(&server->told_timer, settle_told, server);
}

/* Whoever stops in peace has written all. */
void notifications_fini(struct server *server)
{
	struct in_flight *in_flight;
	struct hlist_node *next;
	size_t bucket;

	osmo_timer_del(&server->told_timer);
	while ((in_flight = first_told(server)))
		notification_close(server, in_flight->id, NOTICE_SENT);
	hash_for_each_safe(server->in_flight, bucket, next, in_flight, entry)
		in_flight_free(in_flight);
}

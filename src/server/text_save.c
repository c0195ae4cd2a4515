/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages whose turn takes longer than their SMSC waits, and short messages sent again after a crash (A10, A13).
 *
 * A saved text is a notification in the account store. The answer to it completes the notification; if no answer did, the next process
 * works on the text again. A change made by a text stores the text's digest in the same transaction, so the next process knows that it
 * was made, whether the text was saved or is sent again by the SMSC. Texts that may contain a secret are not saved; the SMSC has them. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"

#define ANSWERED_S 120			/* unless the channel sets its own time for duplicates */
#define NUMBERED_S 86400		/* for texts with a number of the network's */

_Static_assert(ANSWERED_DIGEST_SIZE == sizeof(uint64_t) + TURN_DIGEST_SIZE, "it consists of the server's seed and a turn's digest");

/* A request to save a text. */
struct text_save {
	struct hlist_node entry;	/* server->text_saves */
	uint64_t id;			/* of the request */
	struct dialog *dialog;		/* NULL: its turn has been answered in the meantime */
	bool late;			/* reported to the channel as not saved in time; the outcome is still to come */
};

/* ---- incoming texts ---- */

void text_look(struct server *server, const struct session *session, struct turn *turn)
{
	uint8_t octets[sizeof(turn->reference) + TURN_TEXT_MAX];

	memcpy(octets, &turn->reference, sizeof(turn->reference));
	memcpy(octets + sizeof(turn->reference), turn->text, turn->len);
	accounts_digest(server->accounts, octets, sizeof(turn->reference) + turn->len, turn->digest);
	explicit_bzero(octets, sizeof(octets));
	turn->plain_len = 0;
	if (turn->len > TURN_PLAIN_MAX || !engine_text_plain(server->menu, session, turn->text, turn->len))
		return;
	memcpy(turn->plain, turn->text, turn->len);
	turn->plain_len = turn->len;
	turn->is_plain = true;
}

/* ---- changes ---- */

/* How long the network may repeat a text. */
static unsigned int repeats_s(const struct dialog *dialog)
{
	const unsigned int duplicate_s = dialog_channel(dialog)->duplicate_s;

	return duplicate_s ? duplicate_s : ANSWERED_S;
}

/* Mark a change with the digest of its text, which may come again after a crash. */
void text_mark(const struct dialog *dialog, struct answered *answered)
{
	const struct server *server = dialog_server(dialog);
	const struct turn *turn = dialog->work->turn;

	if (!turn || turn->kind != TURN_TEXT)
		return;
	osmo_strlcpy(answered->short_code, turn->short_code, sizeof(answered->short_code));
	memcpy(answered->digest, &server->seed, sizeof(server->seed));
	memcpy(answered->digest + sizeof(server->seed), turn->digest, TURN_DIGEST_SIZE);
	/* The next process may have another clock. Without a number the same words may soon be meant again. */
	answered->until = server->clock->now + (turn->reference ? NUMBERED_S : repeats_s(dialog));
}

static uint64_t digest_of(const uint8_t *digest)
{
	uint64_t number;

	memcpy(&number, digest, sizeof(number));
	return number;
}

/* Ignore marks of this process, which knows better what it answered: a subscriber who texts "1" to two pages in a row means both. */
uint64_t text_digest_read(const struct server *server, const struct response *response)
{
	const struct conversation_found *found = &response->conversation;

	if (response->part != RESPONSE_CONVERSATION || !found->answered || !memcmp(found->digest, &server->seed, sizeof(server->seed)))
		return 0;
	return digest_of(found->digest + sizeof(server->seed));
}

/* The mark is compared for a while, because another text may come before the repeated one. */
bool text_is_answered(const struct dialog *dialog, const struct turn *turn)
{
	const int64_t age_ms = (int64_t)(server_tick(dialog_server(dialog)) - dialog->began) * WHEEL_TICK_MS;

	return dialog->work->answered && dialog->work->answered == digest_of(turn->digest) &&
	       age_ms < repeats_s(dialog) * INT64_C(1000);
}

/* ---- saving ---- */

static void say_saved(struct turn *turn, int rc)
{
	struct channel *channel = turn->peer.channel;

	channel->ops->text_saved(channel, turn, rc);
}

/* The answer to the text completes the saved notification, even if the save was too late to acknowledge the text. If the answer came
 * before the save, complete it now. */
static void saved(struct server *server, struct dialog *dialog, bool late, const struct response *response)
{
	const uint64_t notification = (uint64_t)response->notification;
	const bool safe = response->result == RESULT_OK && notification;

	if (!dialog) {
		if (safe)
			notification_close(server, notification, NOTIFICATION_SENT);
		return;
	}
	if (safe)
		notification_note(dialog, notification);
	if (late)
		return;
	server_count(server, safe ? COUNT_TEXTS_SAVED : COUNT_TEXTS_NOT_SAVED);
	say_saved(dialog->work->turn, safe ? 0 : -EIO);
}

void text_save(void *user, struct turn *turn)
{
	struct server *server = ((struct origin *)user)->server;
	struct dialog *dialog = dialog_find(server, &turn->peer);
	const struct channel *channel = turn->peer.channel;
	struct request *request = &server->request;
	struct text_save *save;
	uint64_t id;

	if (turn->saved_receipt) {
		say_saved(turn, 0);
		return;
	}
	if (!dialog || dialog->work->turn != turn || !turn->is_plain) {
		server_count(server, COUNT_TEXTS_NOT_SAVED);
		say_saved(turn, -EPERM);
		return;
	}
	if (dialog->work->text_save) {	/* the SMSC has sent the text again: one request saves both */
		dialog->work->text_save->late = false;
		return;
	}
	*request = (struct request){
		.kind = REQUEST_TEXT_SAVE, .subscriber = dialog_subscriber(dialog), .text.reference = turn->reference,
		.text.until = server->clock->now + channel->timing.idle_ms / 1000,
	};
	osmo_strlcpy(request->text.short_code, turn->short_code, sizeof(request->text.short_code));
	osmo_strlcpy(request->text.channel, channel->name, sizeof(request->text.channel));
	request_put_span(request, &request->text.text, turn->plain, turn->plain_len);
	if (!dialog_submit(dialog, &id)) {
		saved(server, dialog, false, &server->response);
		return;
	}
	save = talloc_zero(server, struct text_save);
	save->id = id;
	save->dialog = dialog;
	hash_add(server->text_saves, &save->entry, id);
	dialog_work(dialog)->text_save = save;
}

bool texts_saved(struct server *server, uint64_t id, const struct response *response)
{
	struct text_save *save;

	hash_for_each_possible(server->text_saves, save, entry, id) {
		if (save->id != id)
			continue;
		if (accounts_pending(server->accounts, id)) {
			if (save->dialog && !save->late) {
				server_count(server, COUNT_TEXTS_NOT_SAVED);
				say_saved(save->dialog->work->turn, -EIO);
			}
			save->late = true;
			return true;
		}
		hash_del(&save->entry);
		if (save->dialog)
			save->dialog->work->text_save = NULL;
		saved(server, save->dialog, save->late, response);
		talloc_free(save);
		return true;
	}
	return false;
}

void text_answered(struct dialog *dialog)
{
	if (!dialog->work->text_save)
		return;
	dialog->work->text_save->dialog = NULL;
	dialog->work->text_save = NULL;
}

/* ---- texts that an earlier process acknowledged ---- */

void text_take_again(struct server *server, const struct account_notification *notification)
{
	const struct message *message = &notification->message;
	const struct channel_text text = {
		.text = message->text, .len = message->len, .receipt = notification->id, .reference = message->reference,
	};
	struct channel *channel = NULL;

	wall_clock_at(server->clock, server->now_ms);
	if (!message->text || message->until < server->clock->now) {
		notification_close(server, notification->id, NOTIFICATION_SENT);		/* F19: too late to answer */
		return;
	}
	for (unsigned int i = 0; i < server->channels_count; i++) {
		struct channel *other = server->channels[i];

		if (other->ops->resume_text && (!channel || !strcmp(other->name, message->channel)))
			channel = other;
	}
	if (!channel || channel->ops->resume_text(channel, &notification->subscriber, message->short_code, &text))
		notification_close(server, notification->id, NOTIFICATION_LATER);
	else
		server_count(server, COUNT_TEXTS_AGAIN);
}

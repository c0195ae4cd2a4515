/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts to who is in no dialog: by the first channel for short messages that takes them. A question sent so makes its
 * dialog a conversation, whose answers come as texts. */
#include <errno.h>
#include <string.h>

#include "server/server_internal.h"

bool push_possible(const struct server *server)
{
	unsigned int i;

	for (i = 0; i < server->channels_count; i++)
		if (server->channels[i]->traits.can_notify)
			return true;
	return false;
}

static int send_by_any(const struct server *server, const struct subscriber *to, const struct channel_text *text)
{
	int rc = -ENOTCONN;
	unsigned int i;

	for (i = 0; i < server->channels_count && rc; i++) {
		struct channel *channel = server->channels[i];

		if (channel->traits.can_notify)
			rc = channel->ops->notify(channel, to, text);
	}
	return rc;
}

/* A sender that no link may use is better left out than the text. */
int push_send(const struct server *server, const struct subscriber *to, const struct channel_text *text)
{
	const int rc = send_by_any(server, to, text);
	struct channel_text plain = *text;

	plain.sender = NULL;
	return rc == -ENOTSUP && text->sender ? send_by_any(server, to, &plain) : rc;
}

/* ---- questions ---- */

/* The answer to a text comes to a short code. */
bool push_asks_by(const struct channel *channel)
{
	return channel->traits.can_notify && channel->traits.by_short_code;
}

static struct peer peer_of(struct channel *channel, const struct dialog *dialog, const char *service)
{
	return (struct peer){ .channel = channel, .user = digits_pack(dialog->subscriber.msisdn),
			      .session = digits_pack(service) };
}

int push_crosses(struct dialog *dialog)
{
	const char *service = menu_first_service(dialog->menu);
	struct server *server = dialog->server;
	unsigned int i;

	for (i = 0; service && i < server->channels_count; i++) {
		const struct peer peer = peer_of(server->channels[i], dialog, service);
		const struct dialog *other = peer.channel->traits.by_short_code ? dialog_find(server, &peer) : NULL;

		if (other && other != dialog)
			return 1;
	}
	return service && !dialog->nothing_crossed ? sms_conversation_is_saved(dialog, service) : 0;
}

/* Whoever texts the number now is being answered: a question of ours would cross that. */
static bool is_busy(struct server *server, const struct peer *peer)
{
	const struct dialog *dialog = dialog_find(server, peer);

	return dialog && (dialog->turn || dialog->pending);
}

static int ask_by(struct channel *channel, struct dialog *dialog, const struct channel_text *text, struct peer *peer)
{
	if (!push_asks_by(channel))
		return -ENOTSUP;
	*peer = peer_of(channel, dialog, text->sender);
	if (is_busy(dialog->server, peer))
		return -EBUSY;
	return channel->ops->notify(channel, &dialog->subscriber, text);
}

int push_ask(struct dialog *dialog, uint64_t receipt, struct peer *peer)
{
	struct server *server = dialog->server;
	const struct channel_text text = { .text = server->effect.text, .len = server->effect.len,
					   .sender = menu_first_service(dialog->menu), .receipt = receipt };
	int rc = -ENOTCONN;
	unsigned int i;

	if (!text.sender || !dialog->subscriber.msisdn[0])
		return -ENOTSUP;
	for (i = 0; i < server->channels_count && rc && rc != -EBUSY; i++)
		rc = ask_by(server->channels[i], dialog, &text, peer);
	return rc;
}

/* The conversation that the subscriber had with the number is over: he has been asked something else. */
static void replace(struct dialog *older)
{
	server_count(older->server, COUNT_ENDED);
	cdr_close(older, "replaced");
	dialog_free(older);
}

void push_await(struct dialog *dialog, const struct peer *peer)
{
	struct dialog *older = dialog_find(dialog->server, peer);

	if (older && older != dialog)
		replace(older);
	dialog_move(dialog, peer);
	dialog->kept = true;	/* what was kept for the number before, be it by an earlier process */
	sms_conversation_save(dialog, menu_first_service(dialog->menu));
	drive_await(dialog);
}

const char *push_number(const struct dialog *dialog, char room[static SERVICE_SIZE])
{
	digits_unpack(dialog->peer.session, room);
	return room;
}

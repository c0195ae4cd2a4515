/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts outside a dialog, sent by the first channel that can notify and accepts them. A question sent this way turns its dialog into a
 * conversation, which is answered by text. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/utils.h>

#include "server/server_internal.h"

struct channel *unsolicited_channel(const struct server *server, bool begins)
{
	for (unsigned int i = 0; i < server->channels_count; i++) {
		struct channel *channel = server->channels[i];

		if (begins ? channel->ops->begin != NULL : channel->traits.can_notify)
			return channel;
	}
	return NULL;
}

static int send_by_any(const struct server *server, const struct subscriber *to, const struct channel_text *text)
{
	int rc = -ENOTCONN;

	for (unsigned int i = 0; i < server->channels_count && rc; i++) {
		struct channel *channel = server->channels[i];

		if (channel->traits.can_notify)
			rc = channel->ops->notify(channel, to, text);
	}
	return rc;
}

/* If no link may use the sender, send the text without it rather than not at all. */
int unsolicited_send(const struct server *server, const struct subscriber *to, const struct channel_text *text)
{
	const int rc = send_by_any(server, to, text);
	struct channel_text plain = *text;

	plain.sender = NULL;
	return rc == -ENOTSUP && text->sender ? send_by_any(server, to, &plain) : rc;
}

int server_text(struct server *server, const char *msisdn, const char *text)
{
	const struct channel_text message = { .text = text, .len = strlen(text) };
	struct subscriber to = { .imsi = "" };

	osmo_strlcpy(to.msisdn, msisdn, sizeof(to.msisdn));
	return unsolicited_send(server, &to, &message);
}

/* ---- questions ---- */

/* A question by text needs a short code for its answer. */
static bool asks_by(const struct channel *channel)
{
	return channel->traits.can_notify && channel->traits.by_short_code;
}

/* Without such a link no answer can come by text, so the initial value does not matter. */
enum trust unsolicited_trust(const struct server *server)
{
	enum trust least = TRUST_PASSWORD;

	for (unsigned int i = 0; i < server->channels_count; i++)
		if (asks_by(server->channels[i]) && server->channels[i]->trust < least)
			least = server->channels[i]->trust;
	return least;
}

int64_t unsolicited_idle_s(const struct server *server)
{
	unsigned int most = 0;

	for (unsigned int i = 0; i < server->channels_count; i++)
		if (asks_by(server->channels[i]))
			most = OSMO_MAX(most, server->channels[i]->timing.idle_ms);
	return most / 1000;
}

static struct peer peer_of(struct channel *channel, const struct dialog *dialog, const char *short_code)
{
	return (struct peer){ .channel = channel, .user = dialog->msisdn,
			      .session = digits_pack(short_code) };
}

int unsolicited_crosses(struct dialog *dialog)
{
	const char *short_code = menu_first_short_code(dialog->menu);
	struct server *server = dialog_server(dialog);

	for (unsigned int i = 0; short_code && i < server->channels_count; i++) {
		const struct peer peer = peer_of(server->channels[i], dialog, short_code);
		const struct dialog *other = asks_by(peer.channel) ? dialog_find(server, &peer) : NULL;

		if (other && other != dialog)
			return 1;
	}
	return short_code && dialog->state != DIALOG_LOOKING ? sms_conversation_look(dialog, short_code) : 0;
}

int unsolicited_ask(struct dialog *dialog, const struct effect *effect, uint64_t receipt, struct peer *peer)
{
	struct server *server = dialog_server(dialog);
	const struct channel_text text = { .text = effect->text, .len = effect->len,
					   .sender = menu_first_short_code(dialog->menu), .receipt = receipt };
	const struct subscriber subscriber = dialog_subscriber(dialog);
	int rc = -ENOTCONN;

	if (!text.sender || !dialog->msisdn)
		return -ENOTSUP;
	for (unsigned int i = 0; i < server->channels_count && rc; i++) {
		struct channel *channel = server->channels[i];
		const struct dialog *other;

		if (!asks_by(channel))
			continue;
		*peer = peer_of(channel, dialog, text.sender);
		other = dialog_find(server, peer);
		if (other && other->state != DIALOG_WAITING)
			return -EBUSY;		/* it is busy with a text, which our question would cross */
		rc = channel->ops->notify(channel, &subscriber, &text);
		if (rc == -EBUSY)
			return rc;
	}
	return rc;
}

const char *unsolicited_short_code(const struct dialog *dialog, char room[static PACKED_SIZE])
{
	digits_unpack(dialog->session_id, room);
	return room;
}

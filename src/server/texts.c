/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Short messages whose turn lasts longer than their SMSC waits, and those that it sends again after a crash (A10, A13).
 *
 * A text that is kept is a notice of the account store: the answer to it settles it, and what no answer settled is worked on
 * again by the next process. What it changed, if anything, left its digest in the same transaction: so the next process knows
 * what has been done, be the text kept or sent again by the SMSC. Texts that may hold a secret are not kept: their SMSC has to. */
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "server/server_internal.h"

#define ANSWERED_S 120			/* unless the channel has another time for duplicates */

_Static_assert(ANSWERED_DIGEST_SIZE == sizeof(uint64_t) + TURN_DIGEST_SIZE, "it is the server's seed and a turn's digest");

/* A request to keep a text. */
struct keeping {
	struct hlist_node entry;	/* server->keeping */
	uint64_t id;			/* of the request */
	struct dialog *dialog;		/* NULL: its turn has been answered meanwhile */
};

/* ---- what comes in ---- */

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

/* ---- what it changed ---- */

/* The same text may come again after a crash. */
void text_mark(const struct dialog *dialog, struct answered *answered)
{
	const struct server *server = dialog->server;
	const struct turn *turn = dialog->turn;
	const unsigned int repeats_s = dialog->peer.channel->duplicate_s;

	if (!turn || turn->kind != TURN_TEXT)
		return;
	osmo_strlcpy(answered->short_code, turn->service, sizeof(answered->short_code));
	memcpy(answered->digest, &server->seed, sizeof(server->seed));
	memcpy(answered->digest + sizeof(server->seed), turn->digest, TURN_DIGEST_SIZE);
	answered->until = server->clock->now + (repeats_s ? repeats_s : ANSWERED_S);
}

static uint64_t digest_of(const uint8_t *digest)
{
	uint64_t number;

	memcpy(&number, digest, sizeof(number));
	return number;
}

/* What this process answered it knows by itself, and better: who texts "1" to two pages in a row means both. */
uint64_t text_read_mark(const struct server *server, const struct response *response)
{
	const struct conversation_found *found = &response->conversation;

	if (response->part != RESPONSE_CONVERSATION || !found->answered || !memcmp(found->digest, &server->seed, sizeof(server->seed)))
		return 0;
	return digest_of(found->digest + sizeof(server->seed));
}

/* Another text may have come first. */
bool text_is_answered(const struct dialog *dialog, const struct turn *turn)
{
	return dialog->answered && dialog->answered == digest_of(turn->digest) &&
	       clock_monotonic_ms() - dialog->began_ms < ANSWERED_S * 1000;
}

/* ---- keeping ---- */

static void keep_answer(struct turn *turn, int rc)
{
	struct channel *channel = turn->peer.channel;

	channel->ops->kept(channel, turn, rc);
}

static int submit(struct dialog *dialog, uint64_t *id)
{
	const struct turn *turn = dialog->turn;
	struct server *server = dialog->server;
	struct request *request = &server->request;
	const struct channel *channel = turn->peer.channel;

	*request = (struct request){
		.kind = REQUEST_TEXT_KEEP, .subscriber = dialog->subscriber,
		.text.until = server->clock->now + channel->timing.idle_ms / 1000,
	};
	osmo_strlcpy(request->text.short_code, turn->service, sizeof(request->text.short_code));
	osmo_strlcpy(request->text.channel, channel->name, sizeof(request->text.channel));
	request_put_span(request, &request->text.text, turn->plain, turn->plain_len);
	return accounts_submit(server->accounts, request, dialog, &server->response, id);
}

/* The answer to the text settles what was kept; one that came before is answer enough. */
static void kept(struct server *server, struct dialog *dialog, const struct response *response)
{
	const uint64_t notice = (uint64_t)response->notification;
	const bool safe = response->result == RESULT_OK && notice;

	if (!dialog) {
		if (safe)
			notification_close(server, notice, NOTICE_SENT);
		return;
	}
	if (safe)
		notification_note(dialog, notice);
	server_count(server, safe ? COUNT_TEXTS_KEPT : COUNT_TEXTS_NOT_KEPT);
	keep_answer(dialog->turn, safe ? 0 : -EIO);
}

void text_keep(void *user, struct turn *turn)
{
	struct server *server = ((struct way *)user)->server;
	struct dialog *dialog = dialog_find(server, &turn->peer);
	struct keeping *keeping;
	uint64_t id;

	if (turn->kept) {
		keep_answer(turn, 0);
		return;
	}
	if (!dialog || dialog->turn != turn || !turn->is_plain) {
		server_count(server, COUNT_TEXTS_NOT_KEPT);
		keep_answer(turn, -EPERM);
		return;
	}
	if (!submit(dialog, &id)) {
		kept(server, dialog, &server->response);
		return;
	}
	keeping = talloc_zero(server, struct keeping);
	keeping->id = id;
	keeping->dialog = dialog;
	hash_add(server->keeping, &keeping->entry, id);
	dialog->keeping = keeping;
}

bool texts_kept(struct server *server, uint64_t id, const struct response *response)
{
	struct keeping *keeping;

	hash_for_each_possible(server->keeping, keeping, entry, id) {
		if (keeping->id != id)
			continue;
		hash_del(&keeping->entry);
		if (keeping->dialog)
			keeping->dialog->keeping = NULL;
		kept(server, keeping->dialog, response);
		talloc_free(keeping);
		return true;
	}
	return false;
}

void text_answered(struct dialog *dialog)
{
	if (dialog->keeping)
		dialog->keeping->dialog = NULL;
	dialog->keeping = NULL;
}

/* ---- what an earlier process acknowledged ---- */

static struct channel *channel_for(const struct server *server, const char *name)
{
	struct channel *found = NULL;
	unsigned int i;

	for (i = 0; i < server->channels_count; i++) {
		struct channel *channel = server->channels[i];

		if (channel->ops->again && (!found || !strcmp(channel->name, name)))
			found = channel;
	}
	return found;
}

void text_take_again(struct server *server, const struct account_notice *notice)
{
	const struct message *message = &notice->message;
	const struct channel_text text = { .text = message->text, .len = message->len, .receipt = notice->id };
	struct channel *channel = channel_for(server, message->channel);

	wall_clock_read(server->clock);
	if (!message->text || message->until < server->clock->now) {
		notification_close(server, notice->id, NOTICE_SENT);		/* F19: an answer would surprise now */
		return;
	}
	if (!channel || channel->ops->again(channel, &notice->subscriber, message->short_code, &text))
		notification_close(server, notice->id, NOTICE_LATER);
	else
		server_count(server, COUNT_TEXTS_AGAIN);
}

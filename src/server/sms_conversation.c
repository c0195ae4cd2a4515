/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Conversations by short messages outlive the process, and their dialog: what waits for an answer is kept in the account store.
 *
 * No answer waits for keeping, but the acknowledgement of its text does: so a page that asks is never with its subscriber
 * alone. Once the store has it, a dialog that only waits may go. What cannot be kept or fetched is begun afresh: the next
 * text is then taken as a first one. */
#include <errno.h>
#include <string.h>

#include "server/server_internal.h"

static int64_t lasts_s(const struct dialog *dialog)
{
	const struct effect *effect = &dialog->server->effect;

	return effect->within_s ? effect->within_s : dialog->peer.channel->timing.idle_ms / 1000;
}

/* The server's request for a dialog's subscriber and short code. */
static struct request *request_for(struct dialog *dialog, enum request_kind kind, const char *service)
{
	struct request *request = &dialog->server->request;

	*request = (struct request){ .kind = kind, .subscriber = dialog->subscriber };
	osmo_strlcpy(request->conversation.short_code, service, sizeof(request->conversation.short_code));
	return request;
}

/* ---- keeping ---- */

/* S6: what is said if nobody answers, while everything is known that it tells: a later process may have another menu.
 * Where it does not fit it is told by this process alone. */
static void add_late(struct dialog *dialog, struct request *request)
{
	struct session_event event = { .kind = EVENT_SILENCE, .text = "" };
	struct server *server = dialog->server;
	const struct effect asked = server->effect;

	dialog_load(dialog);
	clock_stamp(server, &event);
	engine_step(dialog->menu, &dialog->limits, &server->scratch, &event, &server->effect);
	session_wipe(&server->scratch);
	request_put_span(request, &request->conversation.late, server->effect.text, server->effect.len);
	server->effect = asked;
}

/* Returns whether it is small enough, and waits where it may be taken up. */
static bool add_session(const struct dialog *dialog, struct request *request)
{
	uint8_t saved[REQUEST_ARGS_MAX];
	const int len = session_save(dialog->session, dialog->menu, saved, sizeof(saved));

	request->conversation.until = dialog->server->clock->now + lasts_s(dialog);
	return len > 0 && !request_put_span(request, &request->conversation.session, saved, (size_t)len);
}

static void keep(struct dialog *dialog)
{
	struct server *server = dialog->server;

	if (!accounts_submit(server->accounts, &server->request, dialog, &server->response, &dialog->keep_request))
		dialog->keep_sure = server->response.result == RESULT_OK;
}

static void settled(struct dialog *dialog)
{
	struct channel *channel = dialog->peer.channel;

	dialog->keep_request = 0;
	if (channel->ops->settled)
		channel->ops->settled(channel, &dialog->peer);
}

void sms_conversation_saved(struct dialog *dialog, const struct response *response)
{
	dialog->keep_sure = dialog->kept && response->result == RESULT_OK;
	settled(dialog);
}

/* Nobody will hear whether the page was kept. The store writes in order: what this dialog had stored since is durable only once the
 * page is, too. */
void sms_conversation_left(struct dialog *dialog)
{
	if (!dialog->keep_request)
		return;
	accounts_forget(dialog->server->accounts, dialog->keep_request);
	settled(dialog);
}

void sms_conversation_save(struct dialog *dialog, const char *service)
{
	const bool was_kept = dialog->kept, was_keeping = dialog->keep_request;
	struct request *request;

	if (!dialog->peer.channel->traits.saves_dialogs)
		return;
	if (dialog->keep_request)
		accounts_forget(dialog->server->accounts, dialog->keep_request);
	dialog->keep_request = 0;
	dialog->keep_sure = false;
	request = request_for(dialog, REQUEST_CONVERSATION_KEEP, service);
	dialog->kept = add_session(dialog, request);
	if (dialog->kept && dialog->server->effect.tell_silence)
		add_late(dialog, request);
	if (dialog->kept)
		keep(dialog);
	else if (was_kept)
		accounts_post(dialog->server->accounts, request);
	if (dialog->turn)
		dialog->turn->keeping = dialog->keep_request;
	if (was_keeping && !dialog->keep_request)
		settled(dialog);
}

void sms_conversation_rest(struct dialog *dialog)
{
	server_count(dialog->server, COUNT_RESTED);
	cdr_close(dialog, "kept");
	dialog_free(dialog);
}

/* A daemon that stops leaves its conversations to the next one; one that fell silent has run out by itself. */
void sms_conversation_forget(struct dialog *dialog)
{
	struct server *server = dialog->server;

	if (!dialog->kept || !dialog->turn || server->stopping)
		return;
	dialog->kept = false;
	accounts_post(server->accounts, request_for(dialog, REQUEST_CONVERSATION_KEEP, dialog->turn->service));
}

/* ---- taking up ---- */

static int fetch(struct dialog *dialog, const char *service, uint64_t *id)
{
	struct server *server = dialog->server;

	return accounts_submit(server->accounts, request_for(dialog, REQUEST_CONVERSATION_FETCH, service), dialog, &server->response, id);
}

bool sms_conversation_fetch(struct dialog *dialog)
{
	struct server *server = dialog->server;

	dialog->verb = NULL;
	if (fetch(dialog, dialog->turn->service, &dialog->request)) {
		dialog->pending = dialog->fetching = true;
		return false;
	}
	sms_conversation_fetched(dialog, &server->response);
	return true;
}

static void take_up(struct dialog *dialog, const struct conversation_found *found)
{
	struct session *scratch = &dialog->server->scratch;
	const int rc = session_load(scratch, dialog->menu, found->session, found->session_len);

	dialog->kept = true;
	dialog->changed = rc == -ESTALE;
	if (!rc)
		server_count(dialog->server, COUNT_RESUMED);
	dialog_store(dialog);
}

void sms_conversation_fetched(struct dialog *dialog, const struct response *response)
{
	dialog->fetching = false;
	dialog->answered = text_read_mark(dialog->server, response);
	if (response->part == RESPONSE_CONVERSATION && response->conversation.session_len)
		take_up(dialog, &response->conversation);
}

int sms_conversation_is_saved(struct dialog *dialog, const char *service)
{
	struct server *server = dialog->server;

	if (!fetch(dialog, service, &dialog->request))
		return server->response.result == RESULT_OK;
	dialog->verb = NULL;
	dialog->pending = dialog->looking = true;
	drive_arm(dialog, dialog->peer.channel->timing.answer_ms);
	return -EINPROGRESS;
}

/* ---- nobody answered ---- */

/* The store leaves a notice that tells it, should our text not arrive. What it does not know of, or cannot say now, is
 * told all the same: rather twice than never. */
void sms_conversation_expired(struct dialog *dialog, const struct response *response)
{
	const uint64_t id = (uint64_t)response->notification;

	dialog->expiring = dialog->kept = false;
	if (id && response->result == RESULT_OK)
		notification_note(dialog, id);
}

bool sms_conversation_expire(struct dialog *dialog)
{
	struct server *server = dialog->server;
	char number[SERVICE_SIZE];
	const struct request *request = request_for(dialog, REQUEST_CONVERSATION_EXPIRE, push_number(dialog, number));

	dialog->verb = NULL;
	if (accounts_submit(server->accounts, request, dialog, &server->response, &dialog->request)) {
		dialog->pending = dialog->expiring = true;
		return false;
	}
	sms_conversation_expired(dialog, &server->response);
	return true;
}
